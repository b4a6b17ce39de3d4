#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# ALTER EXTENSION cvm UPDATE from every released version, in TAP: what comes of it
# is what CREATE EXTENSION makes, and models answer and are refreshed as before.
set -uo pipefail
. test/tap.sh
. test/update/versions.sh

version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)
old=cvm_update_old new=cvm_update_new
files=$(mktemp -d)
run() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
owner() { run -d $old -U cvm_update_owner "$@"; }
# compiling the views takes longer than they do
export PGOPTIONS='-c client_min_messages=warning -c jit=off'
gone() {
	dropdb --if-exists --force $old
	dropdb --if-exists --force $new
} >/dev/null 2>&1
cleanup() {
	gone
	run -d postgres -c 'DROP ROLE IF EXISTS cvm_update_owner, cvm_update_reader'
	rm -rf "$files"
} >/dev/null 2>&1
trap cleanup EXIT
cleanup
files=$(mktemp -d)
run -d postgres -c 'CREATE ROLE cvm_update_owner LOGIN' -c 'CREATE ROLE cvm_update_reader LOGIN'
versions_install

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
# answers MODEL DATABASE: of each of its views, what all rows come to, but for
# the last digits of floats, which depend on the order in which they are added up
answers() {
	run -d $2 <<-SQL
		CREATE FUNCTION pg_temp.answer(view text) RETURNS text LANGUAGE plpgsql AS \$\$
		DECLARE
			answer text;
		BEGIN
			EXECUTE format('SELECT count(*) || '' '' || md5(string_agg(r.row, '' '' ORDER BY r.row)) FROM (SELECT regexp_replace(t::text, ''([.][0-9]{9})[0-9]+'', ''\1'', ''g'') AS row FROM %I.%I t) r', '$1', view) INTO answer;
			RETURN answer;
		END \$\$;
		SELECT c.view, pg_temp.answer(c.view) FROM cvm.catalog('$1') c JOIN cvm.report_view v USING (view) WHERE c."exists" ORDER BY 1;
	SQL
}

# same TEXT WANTED NAME: what differs is shown, not all of it
same() {
	ok "$3" [ -n "$1" -a "$1" = "$2" ]
	diff <(echo "$1") <(echo "$2") | sed 's/^/#   /'
}

for from in $versions; do
	anew postgres $from
	is "$(run -d $old -c "SELECT extversion FROM pg_extension WHERE extname = 'cvm'")" $from "version $from can be made: every C function that it calls is there"
	run -d $old -f test/update/objects.sql >"$files/objects"
	empty "sql/updates/$from.objects lists what is not replaced" diff "$files/objects" <(grep -v '^#' sql/updates/$from.objects)
	run -d $old -c "$c_functions" >"$files/called"
	run -d $new -c "$c_functions" >"$files/there"
	ok "version $from calls $(wc -l <"$files/called") C functions" [ "$(wc -l <"$files/called")" -ge 370 ]
	empty "none of them is called in another way than version $from does, which runs until it is updated" \
		awk -F'|' 'FNR == NR { now[$1]; has[$0]; next } $1 in now && !($0 in has)' "$files/there" "$files/called"

	for who in postgres cvm_update_owner; do
		[ $who = postgres ] || anew $who $from
		empty "$who updates from $from" run -d $old -U $who -c 'ALTER EXTENSION cvm UPDATE'
		is "$(run -d $old -c "SELECT extversion FROM pg_extension WHERE extname = 'cvm'")" "$version" "what $who updated is $version"
		catalog $new >"$files/new"
		catalog $old >"$files/old"
		ok "the catalog that CREATE EXTENSION by $who makes is $(wc -l <"$files/new") lines" [ "$(wc -l <"$files/new")" -ge 3900 ]
		diff "$files/new" "$files/old" >"$files/diff"
		empty "the catalog that $who updated from $from is the same" cut -c 1-300 "$files/diff"
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

	# models that were made before
	anew cvm_update_owner $from
	owner -o /dev/null <<-'SQL'
		\i test/world.sql
		SELECT world.model('kept'), world.model('live');
		SELECT cvm.store('kept', 'customer_activity', mode => 'queue'), cvm.store('kept', 'customer_holdings', mode => 'scan');
		SELECT cvm.store('kept', v) FROM unnest('{retention_month,mrr_movement,segment_kpi}'::text[]) v;
		SELECT count(*) FROM cvm.grant_reader('kept', 'cvm_update_reader');
		INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (7, '2024-03-05 12:00+02', 11.00);
		CALL cvm.refresh('kept');
	SQL
	is $? 0 "models are made and stored under $from"
	before=$(answers kept $old)
	ok "views answer $(wc -l <<<"$before") views" [ "$(wc -l <<<"$before")" -ge 35 ]
	owner -c 'ALTER EXTENSION cvm UPDATE'
	same "$(answers kept $old)" "$before" "every view says the same after the update"
	# through the triggers of before
	owner -c "INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (9, '2024-04-06 12:00+03', 7), (500, '2024-12-06 12:00+02', 1)" \
		-c 'DELETE FROM world.event WHERE customer_id = 11' -c 'UPDATE world.subscription SET mrr = mrr + 1 WHERE customer_id = 12'
	is $? 0 "tables that feed what is stored are written to"
	is "$(owner -c "SELECT bool_or(r.action = 'replaced') AND bool_and(r.action IN ('replaced', 'created', 'recreated', 'waits')) FROM cvm.model m, cvm.rebuild(m.model) r")" t \
		"models are rebuilt"
	owner -c "CALL cvm.refresh('kept')"
	is $? 0 "what is stored is refreshed"
	owner -c "INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (600, '2024-12-06 12:00+02', 1)" \
		-c 'UPDATE world.subscription SET mrr = mrr + 1 WHERE customer_id = 13' -c "CALL cvm.refresh('kept')"
	is "$(run -d $old -c "SELECT string_agg(mode || ' ' || rows_written, ', ' ORDER BY refresh_id) FROM cvm.refresh_log
		WHERE relation IN ('customer_activity', 'customer_holdings') AND called_at = (SELECT max(called_at) FROM cvm.refresh_log)")" \
		"queue 1, scan 1" "refreshing goes on in the modes that were chosen"
	same "$(answers kept $old)" "$(answers live $old)" "every view says what the source says"
	is "$(run -d $old -c 'SELECT count(*) FROM cvm.freshness WHERE is_stale')" 0 "nothing is stale"
	is "$(run -d $old -U cvm_update_reader -c 'SELECT count(*) > 0 FROM kept.segment_kpi' 2>&1)" t "a reader still reads"
	is "$(run -d $old -U cvm_update_reader -c "INSERT INTO cvm.model VALUES ('mine')" 2>&1 | grep -c 'permission denied')" 1 "nobody writes the registry any more"

	before=$(answers kept $old)
	dropdb $new
	createdb -O cvm_update_owner $new
	pg_dump -d $old | run -d $new >/dev/null
	is "${PIPESTATUS[*]}" "0 0" "what was updated is dumped, and restored"
	same "$(answers kept $new)" "$before" "every view says the same where it was restored"
done
done_testing
