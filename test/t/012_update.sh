#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# ALTER EXTENSION cvm UPDATE from every released version, in TAP: what comes of it
# is what CREATE EXTENSION makes, and a model answers and refreshes as before.
#
# test/update/VERSION holds the install script of that version, for this test
# only.  It is installed for as long as the test runs.
set -uo pipefail
. test/tap.sh

version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)
extensions=$(pg_config --sharedir)/extension
old=cvm_update_old new=cvm_update_new
files=$(mktemp -d)
run() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
gone() {
	dropdb --if-exists --force $old
	dropdb --if-exists --force $new
} >/dev/null 2>&1
cleanup() {
	gone
	run -d postgres -c 'DROP ROLE IF EXISTS cvm_update_owner, cvm_update_reader'
	for from in test/update/[0-9]*; do
		rm -f "$extensions/cvm--${from##*/}.sql"
	done
	rm -rf "$files"
} >/dev/null 2>&1
trap cleanup EXIT
gone
run -d postgres -c 'CREATE ROLE cvm_update_owner LOGIN' -c 'CREATE ROLE cvm_update_reader LOGIN'

# anew WHO FROM: two databases of cvm_update_owner, in one of them WHO installs
# the version FROM, in the other this one
anew() {
	gone
	createdb -O cvm_update_owner $old
	createdb -O cvm_update_owner $new
	run -d $old -U "$1" -c "CREATE EXTENSION cvm VERSION '$2'"
	run -d $new -U "$1" -c 'CREATE EXTENSION cvm'
}
catalog() {
	run -d $1 -f test/update/catalog.sql
}
# every C function: what it is called by, and with
c_functions="SELECT p.prosrc, p.proargtypes::regtype[], p.prorettype::regtype, p.proretset, p.proisstrict FROM pg_proc p
	WHERE p.probin LIKE '%cvm' ORDER BY 1, 2::text"

for from in test/update/[0-9]*; do
	from=${from##*/}
	cat test/update/$from/*.sql >"$extensions/cvm--$from.sql"
	chmod a+r "$extensions/cvm--$from.sql"

	anew postgres $from
	is "$(run -d $old -c 'SELECT extversion FROM pg_extension' | paste -sd' ')" "1.0 $from" "version $from can still be made, every C function that it calls is there"
	run -d $old -f test/update/objects.sql >"$files/objects"
	empty "sql/updates/$from.objects lists what is not replaced" diff "$files/objects" <(grep -v '^#' sql/updates/$from.objects)
	run -d $old -c "$c_functions" >"$files/called"
	run -d $new -c "$c_functions" >"$files/there"
	ok "there are $(wc -l <"$files/called") calls of C functions" [ "$(wc -l <"$files/called")" -ge 370 ]
	empty "none of them is called in another way than version $from does, which may run until it is updated" \
		awk -F'|' 'FNR == NR { now[$1]; has[$0]; next } $1 in now && !($0 in has)' "$files/there" "$files/called"

	for who in postgres cvm_update_owner; do
		[ $who = postgres ] || anew $who $from
		empty "$who updates from $from" run -d $old -U $who -c 'ALTER EXTENSION cvm UPDATE'
		is "$(run -d $old -c "SELECT extversion FROM pg_extension WHERE extname = 'cvm'")" "$version" "it is $version then"
		catalog $new >"$files/new"
		catalog $old >"$files/old"
		ok "the catalog of $version is $(wc -l <"$files/new") lines" [ "$(wc -l <"$files/new")" -ge 3900 ]
		diff "$files/new" "$files/old" >"$files/diff"
		empty "what $who updated from $from is what CREATE EXTENSION makes" cut -c 1-300 "$files/diff"
	done
	# would it be noticed?
	run -d $old <<-'SQL'
		COMMENT ON FUNCTION cvm.version() IS 'Another';
		DROP POLICY readers ON cvm.stored;
		GRANT DELETE ON cvm.model TO PUBLIC;
		DELETE FROM cvm.report_column c WHERE (c.view, c.position) = (SELECT min(d.view), 1 FROM cvm.report_column d);
	SQL
	catalog $old >"$files/old"
	is "$(diff "$files/new" "$files/old" | grep -c '^[<>]')" 6 "a comment, a policy, a right and a row that differ are noticed"
done
done_testing
