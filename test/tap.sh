# SPDX-License-Identifier: PostgreSQL
# TAP for shell: sourced by the tests of test/t, which run in the checkout's
# root.  End with done_testing.  No assertion passes because a command failed
# or because nothing was looked at.
tests=0 failures=0

# comment TEXT: on standard output, as TAP wants it
comment() {
	printf '#   %s\n' "${1//$'\n'/$'\n'#   }"
}

# ok NAME COMMAND...: passes when the command does
ok() {
	local name=$1 not=
	shift
	"$@" || not='not ' failures=$((failures + 1))
	tests=$((tests + 1))
	printf '%sok %s - %s\n' "$not" $tests "$name"
	[ -z "$not" ]
}

same_text() {
	[ -n "$2" ] && [ "$1" = "$2" ]
}

# is GOT WANTED NAME.  That two commands both print nothing proves nothing: to
# want nothing, call empty.
is() {
	ok "$3" same_text "$1" "$2" ||
		comment "   got: $1"$'\n'"wanted: ${2:-something}"
}

# empty NAME COMMAND...: passes when the command succeeds and prints nothing,
# not even to standard error
empty() {
	local name=$1 said status
	shift
	said=$("$@" 2>&1)
	status=$?
	ok "$name" [ "$status/$said" = 0/ ] ||
		comment "${said:+$said$'\n'}exit status $status"
}

# none NAME COMMAND...: the same for grep, which succeeds when it finds
# something (0) and says whether it could look at all (2)
none() {
	local name=$1 said status
	shift
	said=$("$@" 2>&1)
	status=$?
	ok "$name" [ "$status/$said" = 1/ ] ||
		comment "${said:+$said$'\n'}exit status $status"
}

# skip REASON
skip() {
	tests=$((tests + 1))
	echo "ok $tests # SKIP ${1:?why}"
}

done_testing() {
	echo "1..$tests"
}
