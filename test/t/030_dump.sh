#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A model through pg_dump | psql, in TAP: into an empty database come the same
# views, comments, grants and answers, and models can be worked on as before.
set -uo pipefail
. test/tap.sh

from=cvm_dump_from into=cvm_dump_into own=cvm_dump_own
dir=
run() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
cleanup() {
	dropdb --if-exists --force $from
	dropdb --if-exists --force $into
	dropdb --if-exists --force $own
	[ -z "$dir" ] || rm -rf "$dir"
	run -d postgres -c 'DROP ROLE IF EXISTS cvm_dump_owner, cvm_dump_reader'
} >/dev/null 2>&1
trap cleanup EXIT
cleanup
dir=$(mktemp -d)

run -d postgres -c 'CREATE ROLE cvm_dump_owner LOGIN' -c 'CREATE ROLE cvm_dump_reader LOGIN'
createdb -O cvm_dump_owner $from
createdb $into

# An ordinary role does it all: the extension is trusted
PGOPTIONS='-c client_min_messages=warning' run -d $from -U cvm_dump_owner <<'SQL' >/dev/null
CREATE EXTENSION cvm;
CREATE SCHEMA shop;
CREATE TABLE shop.orders ("Who?" text, at timestamptz, total numeric(10,2));
INSERT INTO shop.orders
SELECT 'c' || i % 50, timestamptz '2024-01-01 00:00+00' + i * i % 300 * interval '1 day', i % 17 FROM generate_series(1, 1000) i;
CREATE TABLE shop.segments (customer_id text, segment text, valid_from date);
INSERT INTO shop.segments SELECT 'c' || i, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END, '2024-01-01' FROM generate_series(0, 49) i;
SELECT cvm.create_model('My "Brand"', tz => 'Europe/Vilnius', week_start => 7, currency => 'EUR');
SELECT cvm.create_model('empty', tz => 'UTC', as_of => 'today');
SELECT cvm.bind('My "Brand"', 'event', 'shop.orders', '{"customer_id": "Who?", "occurred_at": "at", "amount": "total"}');
SELECT cvm.bind('My "Brand"', 'segment_history', 'shop.segments');
CREATE TABLE shop.merges (was text, is_now text, at date);
INSERT INTO shop.merges VALUES ('c7', 'c8', '2024-05-01'), ('c8', 'c9', '2024-06-01');
SELECT cvm.bind('My "Brand"', 'customer_alias', 'shop.merges', '{"old_id": "was", "new_id": "is_now", "since": "at"}');
\i test/world.sql
SELECT world.model('Kept "Brand"');
SELECT cvm.store('Kept "Brand"', 'customer_activity', mode => 'queue'), cvm.store('Kept "Brand"', 'customer_holdings', mode => 'scan');
SELECT cvm.store('Kept "Brand"', v.view) FROM cvm.catalog('Kept "Brand"') v WHERE v."exists" AND NOT v.is_stored;
SELECT count(*) FROM cvm.grant_reader('Kept "Brand"', 'cvm_dump_reader');
INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (7, '2024-03-05 12:00+02', 11.00);
CALL cvm.refresh('Kept "Brand"');
INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (8, '2024-03-06 12:00+02', 5);
GRANT USAGE ON SCHEMA "My ""Brand""" TO cvm_dump_reader;
GRANT SELECT ON "My ""Brand""".retention_month TO cvm_dump_reader;
CREATE VIEW shop.mine AS SELECT cohort, retention_rate FROM "My ""Brand""".retention_month;
SQL
is $? 0 "an ordinary role installs the extension and makes a model"

pg_dump -d $from | run -d $into >/dev/null
is "${PIPESTATUS[*]}" "0 0" "the database is dumped, and restored into an empty one"

# same NAME QUERY: both databases say the same, and say something
same() {
	said_the_same "$1" "$(run -d $from -c "$2" 2>&1)" "$(run -d $into -c "$2" 2>&1)"
}
said_the_same() {
	ok "$1" [ -n "$2" -a "$2" = "$3" ]
	diff <(echo "$2") <(echo "$3") | sed 's/^/#   /'
}
same "the registry is the same" "SELECT (SELECT array_agg(m ORDER BY m) FROM cvm.model m), (SELECT array_agg(s ORDER BY s) FROM cvm.setting s),
	(SELECT array_agg(b ORDER BY b.entity) FROM cvm.binding b), (SELECT array_agg(g ORDER BY g) FROM cvm.generated g)"
same "the views are the same" "SELECT c.relname, c.reloptions, pg_get_viewdef(c.oid), pg_get_userbyid(c.relowner), c.relacl FROM pg_class c
	WHERE c.relnamespace::regnamespace::text IN ('\"My \"\"Brand\"\"\"', 'shop') AND c.relkind = 'v' ORDER BY 1"
same "the comments are the same" "SELECT c.relname, d.objsubid, d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
	WHERE c.relnamespace::regnamespace::text = '\"My \"\"Brand\"\"\"' ORDER BY 1, 2"
for view in retention_week retention_month retention_quarter retention_curve lifecycle_month; do
	same "$view says the same" "SELECT * FROM \"My \"\"Brand\"\"\".$view ORDER BY row_key"
done
is "$(run -d $into -c "SELECT count(DISTINCT customer_id), count(*) FROM \"My \"\"Brand\"\"\".event")" "48|1000" "customers who turned out to be one are one where it was restored"
same "the catalog is the same" "SELECT * FROM cvm.catalog('My \"Brand\"')"
same "the dictionary is the same" "SELECT * FROM cvm.dictionary"

# what is stored: tables, what is known of them, and that refreshing goes on
kept='"Kept ""Brand"""'
same "what is stored is the same" "SELECT t.model, t.relation, t.mode, t.queue_schema, t.queue_name, t.has_parts, t.refreshed_at, t.data_through, t.row_count FROM cvm.stored t ORDER BY 2"
same "how fresh it is has been restored" "SELECT * FROM cvm.freshness ORDER BY 2"
same "the log and the ledger" "SELECT (SELECT array_agg(l ORDER BY l.refresh_id) FROM cvm.refresh_log l), (SELECT md5(array_agg(r ORDER BY r.relation, r.row_key, r.column_name)::text) FROM cvm.restatement r), (SELECT array_agg(p ORDER BY p.part_no) FROM cvm.source_part p)"
same "tables, owners, rights and comments" "SELECT c.relname, c.relkind, pg_get_userbyid(c.relowner), c.relacl, obj_description(c.oid, 'pg_class') FROM pg_class c WHERE c.relnamespace::regnamespace::text = '$kept' ORDER BY 1"
same "the triggers that feed the queue" "SELECT pg_get_triggerdef(g.oid), obj_description(g.oid, 'pg_trigger') FROM pg_trigger g WHERE NOT g.tgisinternal ORDER BY 1"
same "what is in the queue" "SELECT * FROM world.\"Kept \"\"Brand\"\"_customer_activity_queue\""
for state in customer_activity customer_holdings customer_holdings_part customer_activity_restatement; do
	same "$state has the same bytes" "SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)), count(*) FROM $kept.$state t"
done
views=$(run -d $from -c "SELECT view FROM cvm.catalog('Kept \"Brand\"') JOIN cvm.report_view USING (view) WHERE is_stored")
# in one session each: a session has to learn of every view anew
for db in $from $into; do
	mkdir "$dir/$db"
	for view in $views; do
		echo "\o '$dir/$db/$view'"
		echo "SELECT * FROM $kept.$view ORDER BY row_key;"
	done | run -d $db
done
for view in $views; do
	said_the_same "$view is read from its table" "$(cat "$dir/$from/$view")" "$(cat "$dir/$into/$view")"
done
# both go on: the same rows come in, and every answer is what it is without tables
for db in $from $into; do
	run -d $db -U cvm_dump_owner -o /dev/null <<-'SQL'
		SET client_min_messages = warning;
		CALL cvm.refresh('Kept "Brand"');
		INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (9, '2024-04-06 12:00+03', 7), (500, '2024-12-06 12:00+02', 1);
		DELETE FROM world.event WHERE customer_id = 11;
		UPDATE world.subscription SET mrr = mrr + 1 WHERE customer_id = 12;
		CALL cvm.refresh('Kept "Brand"');
	SQL
done
run -d $into -o /dev/null -c "SELECT world.model('live')"
is "$(run -d $into -c "SELECT string_agg(mode || ' ' || rows_written || ' ' || rows_removed, ', ' ORDER BY refresh_id) FROM cvm.refresh_log
	WHERE relation IN ('customer_activity', 'customer_holdings') AND called_at = (SELECT max(called_at) FROM cvm.refresh_log)")" \
	"queue 2 1, scan 1 0" "refreshing goes on where it was restored, in the modes that were chosen"
is "$(run -d $into -c "SELECT count(*) FROM cvm.freshness WHERE is_stale")" 0 "nothing is stale"
# what the source says, computed once
for view in $views; do
	echo "CREATE TEMP TABLE said AS TABLE live.$view;"
	echo "SELECT '$view', count(*) FROM ((TABLE $kept.$view EXCEPT TABLE said) UNION ALL (TABLE said EXCEPT TABLE $kept.$view)) d; DROP TABLE said;"
done | run -d $into >"$dir/differences"
for view in $views; do
	is "$(sed -n "s/^$view|//p" "$dir/differences")" 0 "$view says what the source says"
done
same "as it does where it was dumped" "SELECT md5(string_agg(t::text, ' ' ORDER BY t.customer_id)) FROM $kept.customer_activity t UNION ALL SELECT md5(string_agg(t::text, ' ' ORDER BY t.row_key)) FROM $kept.mrr_movement t"
is "$(run -d $into -U cvm_dump_reader -c "SELECT count(*) > 0 FROM $kept.segment_kpi" 2>&1)" t "a reader reads there too"
is "$(run -d $into -U cvm_dump_reader -c "SELECT count(*) FROM $kept.customer_activity" 2>&1 | grep -c 'permission denied')" 1 "a reader reads no more than before"

# what a database owner without a superuser at hand can do
createdb -O cvm_dump_owner $own
pg_dump -U cvm_dump_owner -d $from | run -d $own -U cvm_dump_owner >/dev/null
is "${PIPESTATUS[*]}" "0 0" "the role that made the extension can dump and restore by itself"
is "$(run -d $own -U cvm_dump_owner -c 'SELECT count(*) FROM cvm.binding')" "$(run -d $from -c 'SELECT count(*) FROM cvm.binding')" "with every binding"

# every format, restored by one job or several, by a superuser or not: the tables
# of the registry may be loaded in any order
registry() {
	run -d "$1" <<-'SQL'
		SELECT format($$SELECT %L || coalesce(md5(string_agg(t::text, E'\n' ORDER BY t::text COLLATE "C")), 'empty') FROM %s t$$, c.oid::regclass || ' ', c.oid::regclass)
		FROM pg_class c WHERE c.relkind = 'r' AND c.oid = ANY ((SELECT extconfig FROM pg_extension WHERE extname = 'cvm')::oid[]) ORDER BY c.relname
		\gexec
	SQL
}
# every view and table of the models, a line each
digests() {
	run -d "$1" <<-'SQL'
		SELECT format($$SELECT %L || count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\n' ORDER BY t::text COLLATE "C")), 'empty') FROM %s t$$, c.oid::regclass || ' ', c.oid::regclass)
		FROM pg_class c WHERE c.relkind IN ('r', 'v') AND c.relnamespace IN (SELECT n.oid FROM pg_namespace n JOIN cvm.model m ON m.model = n.nspname) ORDER BY c.relname, c.oid::regclass::text
		\gexec
	SQL
}
run -d $from -U cvm_dump_owner -o /dev/null -c "SELECT cvm.review_store('Kept \"Brand\"', '2024-06')"
whole=$(registry $from)
said=$(digests $from)
is "$(wc -l <<<"$whole") $(grep -c ' empty$' <<<"$whole")" "10 0" "every table of the registry has rows"
for role in postgres cvm_dump_owner; do
	pg_dump -U $role -Fc -f "$dir/c.$role" $from && pg_dump -U $role -Fd -j 2 -f "$dir/d.$role" $from
	is $? 0 "$role dumps in the formats custom and directory"
done
# each two of format, role, and one job or several
for how in "c postgres 1" "d cvm_dump_owner 1" "d postgres 4" "c cvm_dump_owner 3"; do
	read -r format role jobs <<<"$how"
	dropdb --force $own
	createdb -O cvm_dump_owner $own
	empty "pg_restore -j $jobs by $role from format $format says nothing" pg_restore -U "$role" -j "$jobs" -d $own "$dir/$format.$role"
	is "$(registry $own)" "$whole" "pg_restore brings the whole registry"
	[ "$how" != "c cvm_dump_owner 3" ] || ok "$(wc -l <<<"$said") views and tables say what they said" [ "$(wc -l <<<"$said")" -gt 100 -a "$(digests $own)" = "$said" ] ||
		comment "$(diff <(echo "$said") <(digests $own))"
done
run -d $own -U cvm_dump_owner -o /dev/null <<-'SQL'
	SET client_min_messages = warning;
	CALL cvm.refresh('Kept "Brand"');
	INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (600, '2024-12-06 12:00+02', 1);
	UPDATE world.subscription SET mrr = mrr + 1 WHERE customer_id = 12;
	CALL cvm.refresh('Kept "Brand"');
SQL
is "$(run -d $own -c "SELECT string_agg(mode || ' ' || rows_written || ' ' || rows_removed, ', ' ORDER BY refresh_id) FROM cvm.refresh_log
	WHERE relation IN ('customer_activity', 'customer_holdings') AND called_at = (SELECT max(called_at) FROM cvm.refresh_log)")" \
	"queue 1 0, scan 1 0" "refreshing goes on where it was restored by several jobs"
# as those before did, whose foreign keys lost it
run -d $own -c "DELETE FROM cvm.stored"
is "$(run -d $own -U cvm_dump_owner -c "CALL cvm.refresh('Kept \"Brand\"')" 2>&1 | grep -c 'the registry does not know of tables that model "Kept "Brand"" keeps')" 1 \
	"a refresh of what the registry lost is an error"

is "$(run -d $into -U cvm_dump_owner -c "SELECT string_agg(DISTINCT action, ' ') FROM cvm.rebuild('My \"Brand\"') WHERE action <> 'waits'" 2>&1)" replaced \
	"the owner can rebuild the model where it is now"
is "$(run -d $into -U cvm_dump_owner -c 'DROP TABLE shop.segments CASCADE' -c "SELECT cvm.unbind('My \"Brand\"', 'segment_history')" \
	-c 'SELECT count(DISTINCT segment) FROM "My ""Brand""".retention_month' 2>/dev/null | tail -n 1)" 1 \
	"and change it"
is "$(run -d $into -c "DROP EXTENSION cvm" 2>&1 | grep -c 'cannot drop extension cvm')" 1 \
	"the extension cannot be dropped under the views without CASCADE"
done_testing
