#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# What must be true of the tree itself, in TAP.
set -uo pipefail
. test/tap.sh

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
checkout=${CVM_CHECKOUT:-.}
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)

# What belongs to the tree: what git knows, or where there is no git all that is
# not made by a build or a test
tree() {
	git -C "$checkout" ls-files 2>/dev/null | grep . ||
		find . -type f ! -path './.git/*' ! -path './results/*' ! -path './output_iso/*' \
			! -name '*.o' ! -name '*.d' ! -name '*.so' ! -name '*.bc' ! -name '*.list' ! -name 'regression.*' \
			! -name .demo ! -name "cvm-*.zip" ! -path './sql/cvm--*.sql' -printf '%P\n'
}

# unfit FILE...: which are no text of at most 200 kB
unfit() {
	local file
	for file in "$@"; do
		[ -f "$file" ] && [ ! -L "$file" ] || { echo "$file: no plain file"; continue; }
		[ "$(stat -c %s "$file")" -le 204800 ] || echo "$file: over 200 kB"
		[ ! -s "$file" ] || grep -qI . "$file" || echo "$file: binary"
	done
}

tree >"$files/tree"
mapfile -t tree <"$files/tree"
ok "the tree has its ${#tree[@]} files" [ "${#tree[@]}" -ge 300 ]
empty "no file of the tree is binary or over 200 kB" unfit "${tree[@]}"

# would anything be noticed?
head -c 204801 /dev/zero | tr '\0' x >"$files/large"
printf '\177ELF\0\1' >"$files/program"
is "$(unfit "$files/large" "$files/program" "$files/gone" Makefile | sed 's,.*/,,')" \
	$'large: over 200 kB\nprogram: binary\ngone: no plain file' "a large file, a program and one that is missing are noticed"

if git -C "$checkout" ls-files --error-unmatch Makefile >/dev/null 2>&1; then
	ok "make dist makes the archive" make -s -C "$checkout" dist "DIST=$files/cvm.tar"
	ok "the archive can be unpacked" tar -x -f "$files/cvm.tar" -C "$files"
	mv "$files"/cvm-*/ "$files/dist"
	(cd "$files/dist" && find . ! -type d -printf '%P\n') >"$files/archived"
	mapfile -t archived <"$files/archived"
	ok "the archive has its ${#archived[@]} files" [ "${#archived[@]}" -ge 300 ]
	unfit_there() {
		cd "$files/dist" && unfit "${archived[@]}"
	}
	empty "no file of the archive is binary or over 200 kB" unfit_there
else
	skip "make dist: this is not a git checkout"
fi

# One line of licence in what is source
unlicensed() {
	local file
	for file in "${tree[@]}"; do
		case $file in
		*.md | *.out | *.json | *.csv | LICENSE | .git* | .editorconfig | .clang-format | cvm.control | test/fuzz/seeds | test/data/* | debian/*) ;;
		*) grep -qF 'SPDX-License-Identifier: PostgreSQL' "$file" || echo "$file" ;;
		esac
	done
}
empty "every source file names its licence" unlicensed

is "$(sed '/"meta-spec"/,$d' META.json | sed -n 's/.*"version": "\(.*\)".*/\1/p' | sort -u)" "$version" \
	"META.json and cvm.control say the same version"

is "$(sed -n '1s/^cvm (\(.*\)-[0-9]*) .*/\1/p' debian/changelog)" "$version" \
	"the newest Debian package says the same version"

ok "the changelog has a place for this version" grep -q "^## \[\(Unreleased\|$version\)\]" CHANGELOG.md

# names DIR EXTENSION: the stems of the files there
names() {
	[ ! -d "$1" ] || find "$1" -maxdepth 1 -name "*.$2" -printf '%f\n' |
		sed "s/\.$2\$//" | sort
}
empty "every test has its expected output, and no output is an orphan" \
	diff <(names expected out) <(names test/sql sql)
empty "every isolation test has its expected output, and no output is an orphan" \
	diff <(names test/isolation/expected out) <(names test/isolation/specs spec)
ok "there are $(names test/sql sql | wc -l) tests in SQL" [ "$(names test/sql sql | wc -l)" -ge 40 ]

grep -L '^\\i test/psql.sql$' test/sql/*.sql >"$files/unset"
empty "every test in SQL reads test/psql.sql" cat "$files/unset"
empty "what is in test/t can be run" find test/t -type f ! -perm -u+x
syntax() {
	local file
	for file in scripts/* .ci/run test/tap.sh test/t/*.sh; do
		[[ $(head -n 1 "$file") = *awk* ]] || bash -n "$file"
	done
}
empty "the shell can read its scripts" syntax

# An install script states; what is there already is an error.  PL/pgSQL that
# makes a user's objects is indented, and may say what it likes.
mapfile -t parts < <(find sql -name '[0-9][0-9]-*.sql' | sort)
ok "there are ${#parts[@]} parts of the install script" [ ${#parts[@]} -ge 40 ]
none "the SQL parts neither replace nor tolerate what exists" \
	grep -nE '^CREATE.* (OR REPLACE|IF NOT EXISTS) ' "${parts[@]}"
sed 's/--.*//' "${parts[@]}" >"$files/parts"
none "no function runs with its owner's rights" grep -niE 'SECURITY[[:space:]]+DEFINER' "$files/parts"
# What a promise is proved by is there
proofs=$(grep -ohE '`(test|scripts)/[a-z0-9_./-]+' SECURITY.md doc/reliability.md | tr -d '`' | sort -u)
ok "$(wc -w <<<"$proofs") tests and scripts are named as proofs" [ "$(wc -w <<<"$proofs")" -ge 40 ]
empty "each of them is there" sh -c 'for it; do [ -e "$it" ] || echo "$it"; done' sh $proofs
empty "every SQL part has a number" \
	find sql -regextype posix-extended -name '*.sql' ! -path 'sql/updates/*' ! -regex '.*/([0-9]{2}-[a-z0-9-]+|cvm--[^/]+)\.sql'
is "$(names sql/updates objects)" "$(names sql/updates sql)" \
	"of every version that is updated from it is listed what is not replaced"
is "$(find test/update -name '[0-9]*' -prune -printf '%f\n' | sort)" "$(names sql/updates sql)" \
	"of every version that is updated from the install script is kept for the test"

is "$(grep -rl PG_VERSION_NUM src)" src/pg/compat.h "only src/pg/compat.h knows versions of PostgreSQL"
none "the cores do not know PostgreSQL" \
	grep -rnE '#[[:space:]]*include[[:space:]]+[<"](postgres|fmgr|utils/|catalog/|access/|lib/|nodes/)' --include='*.[ch]' src/core

empty "no files of src call each other in a circle" perl test/circles.pl
empty "no two cores have one name, under which their objects would lie" sh -c 'find src/core -name "*.c" | sed "s,.*/,," | sort | uniq -d'

# The one-pass aggregates may: they stay on one machine
empty "no function that travels needs to be told which types it is called with" \
	comm -23 <(grep -rlE 'get_fn_expr_(arg|ret)type' src --include='*.c' | sort) <(printf '%s\n' src/pg/segments/move_columns.c src/pg/subscriptions/spell_buffer.c)
empty "the benchmark of the core compiles" \
	"${CC:-gcc}" -std=gnu99 -fsyntax-only -Wall -Isrc -Itest/core bench/core.c
none "no view takes grouping sets, which distributed servers refuse" \
	grep -nE '\<(GROUPING SETS|ROLLUP|CUBE) *\(' sql/reports/*.sql

# A function of SQL and its pg_finfo, and what the loader looks for: no more
if [ -e cvm.so ]; then
	nm -D --defined-only cvm.so | awk '{ print $3 }' >"$files/exported"
	ok "cvm.so exports SQL's functions" [ "$(wc -l <"$files/exported")" -ge 300 ]
	empty "cvm.so exports nothing but SQL's functions" awk '{ has[$1] = 1 }
		END { for (name in has)
			if (name !~ /^(Pg_magic_func|_PG_init|pg_finfo_.*)$/ && !(("pg_finfo_" name) in has))
				print name }' "$files/exported"
else
	skip "cvm.so is not built here"
fi

mapfile -t text < <(find . -type f \( -path './src/*.[ch]' -o -path './sql/*.sql' -o -path './test/*' \
	-o -path './demo/*' -o -path './doc/*' -o -path './bench/*' -o -path './scripts/*' \
	-o -path './.ci/*' -o -name '*.md' -o -name '*.json' -o -name Makefile \) \
	! -path './test/data/*' ! -name '*.csv' ! -name '*.o' ! -name 'cvm--*' ! -name 010_house.sh)
ok "there are ${#text[@]} files of text" [ ${#text[@]} -ge 300 ]
none "no file knows a path of somebody's machine" \
	grep -nIE '(^|[^A-Za-z0-9_.])/(home|root|Users|work|mnt|build)/' "${text[@]}"
none "lines end as on Unix" grep -lI $'\r' "${text[@]}"
mapfile -t code < <(printf '%s\n' "${text[@]}" | grep -vE '\.(md|out)$')
none "no line ends in blanks" grep -nIE '[[:blank:]]+$' "${code[@]}"
unended() {
	local file
	for file in "$@"; do
		[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || echo "$file"
	done 2>/dev/null
}
empty "every file ends with a newline" unended "${text[@]}"

# Other versions lay some lines out in other ways
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	empty "clang-format has nothing to change" clang-format --dry-run -Werror src/*/*.[ch] src/*/*/*.[ch] test/*/*.[ch]
else
	skip "no clang-format 14 here"
fi

# one way to put a view together: parts and macros
surgery() {
	perl -ne 'print "$ARGV: $_" if /(split_part|replace)\([a-z]+\.(body|list)/ || /CREATE TABLE cvm\.(?!report_part)[a-z]+_part\b/' sql/reports/*.sql
}
empty "no body of a view is cut out of another, or made by replacing words in it" surgery

done_testing
