#!/usr/bin/env bash
# What must be true of the tree itself, in TAP.
set -uo pipefail
. test/tap.sh

version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)
is "$(sed '/"meta-spec"/,$d' META.json | sed -n 's/.*"version": "\(.*\)".*/\1/p' | sort -u)" "$version" \
	"META.json and cvm.control say the same version"

empty "$(grep -L "^## \[\(Unreleased\|$version\)\]" CHANGELOG.md)" \
	"the changelog has a place for this version"

# names DIR EXTENSION: the stems of the files there
names() {
	find "$1" -maxdepth 1 -name "*.$2" -printf '%f\n' 2>/dev/null |
		sed "s/\.$2\$//" | sort
}
is "$(names expected out)" "$(names test/sql sql)" \
	"every test has its expected output, and no output is an orphan"
is "$(names test/isolation/expected out)" "$(names test/isolation/specs spec)" \
	"so have the isolation tests"

empty "$(grep -L '^\\i test/psql.sql$' $(find test/sql -name '*.sql') /dev/null |
	grep -v /dev/null)" "every test reads test/psql.sql"
empty "$(find test/t -type f ! -perm -u+x)" "what is in test/t can be run"
empty "$(for file in scripts/* .ci/run test/tap.sh test/t/*.sh; do
	[[ $(head -n 1 "$file") = *awk* ]] || bash -n "$file"
done 2>&1)" "the shell can read its scripts"

# An install script states; what is there already is an error.  PL/pgSQL that
# makes a user's objects is indented, and may say what it likes.
parts=$(find sql -name '[0-9][0-9]-*.sql' | sort)
empty "$(grep -nE '^CREATE.* (OR REPLACE|IF NOT EXISTS) ' $parts /dev/null)" \
	"the SQL parts neither replace nor tolerate what exists"
empty "$(sed 's/--.*//' $parts /dev/null | grep -niE 'SECURITY[[:space:]]+DEFINER')" \
	"no function runs with its owner's rights"
empty "$(find sql -name '*.sql' | grep -vE '/([0-9]{2}-[a-z0-9-]+|cvm--[^/]+)\.sql$')" \
	"every SQL part has a number"

empty "$(grep -rln PG_VERSION_NUM src | grep -vx src/compat.h)" \
	"only src/compat.h knows versions of PostgreSQL"
empty "$(grep -nE '#[[:space:]]*include[[:space:]]+[<"](postgres|fmgr|utils/|catalog/|access/|lib/|nodes/)' \
	$(find src/core -name '*.[ch]') /dev/null)" "the cores do not know PostgreSQL"

# The one-pass aggregates may: they stay on one machine
empty "$(grep -ln 'get_fn_expr' src/*.c | grep -vxE 'src/(ledger|question)\.c')" "no function that travels needs to be told which types it is called with"
empty "$("${CC:-gcc}" -std=gnu99 -fsyntax-only -Wall -Isrc -Itest/core bench/core.c 2>&1)" \
	"the benchmark of the core compiles"
empty "$(grep -nE '\<(GROUPING SETS|ROLLUP|CUBE) *\(' sql/7*.sql sql/8*.sql)" "no view takes grouping sets, which distributed servers refuse"

# A function of SQL and its pg_finfo, and what the loader looks for: no more
if [ -e cvm.so ]; then
	exported=$(nm -D --defined-only cvm.so | awk '{ print $3 }')
	empty "$(awk '{ has[$1] = 1 }
		END { for (name in has)
			if (name !~ /^(Pg_magic_func|_PG_init|pg_finfo_.*)$/ && !(("pg_finfo_" name) in has))
				print name }' <<<"$exported" | sort)" "cvm.so exports nothing but SQL's functions"
else
	skip "cvm.so is not built here"
fi

text=$(find . -type f \( -path './src/*.[ch]' -o -path './sql/*.sql' -o -path './test/*' \
	-o -path './demo/*' -o -path './doc/*' -o -path './bench/*' -o -path './scripts/*' \
	-o -path './.ci/*' -o -name '*.md' -o -name '*.json' -o -name Makefile \) \
	! -path './test/data/*' ! -name '*.csv' ! -name '*.o' ! -name 'cvm--*' ! -name 010_house.sh)
empty "$(grep -nIE '(^|[^A-Za-z0-9_.])/(home|root|Users|work|mnt|build)/' $text)" \
	"no file knows a path of somebody's machine"
empty "$(grep -lI $'\r' $text)" "lines end as on Unix"
empty "$(grep -nIE '[[:blank:]]+$' $(grep -v '\.md$' <<<"$text") | head -n 20)" \
	"no line ends in blanks"
empty "$(for file in $text; do
	[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || echo "$file"
done 2>/dev/null)" "every file ends with a newline"

done_testing
