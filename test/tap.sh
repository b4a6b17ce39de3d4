# TAP for shell: sourced by the tests of test/t, which run in the checkout's
# root.  End with done_testing.
tests=0

# ok NAME COMMAND...: passes when the command does
ok() {
	local name=$1 not=
	shift
	"$@" || not='not '
	tests=$((tests + 1))
	printf '%sok %s - %s\n' "$not" $tests "$name"
}

# is GOT WANTED NAME
is() {
	ok "$3" [ "$1" = "$2" ]
	[ "$1" = "$2" ] || printf '#      got: %s\n#   wanted: %s\n' "$1" "$2"
}

# empty TEXT NAME: passes when there is nothing to complain about
empty() {
	ok "$2" [ -z "$1" ]
	[ -z "$1" ] || printf '#   %s\n' "${1//$'\n'/$'\n'#   }"
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests # SKIP $1"
}

done_testing() {
	echo "1..$tests"
}
