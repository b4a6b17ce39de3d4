#!/usr/bin/env bash
# A model through pg_dump | psql, in TAP: into an empty database come the same
# views, comments, grants and answers, and models can be worked on as before.
set -uo pipefail
. test/tap.sh

from=cvm_dump_from into=cvm_dump_into own=cvm_dump_own
run() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
cleanup() {
	dropdb --if-exists --force $from
	dropdb --if-exists --force $into
	dropdb --if-exists --force $own
	run -d postgres -c 'DROP ROLE IF EXISTS cvm_dump_owner, cvm_dump_reader'
} >/dev/null 2>&1
trap cleanup EXIT
cleanup

run -d postgres -c 'CREATE ROLE cvm_dump_owner LOGIN' -c 'CREATE ROLE cvm_dump_reader'
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
GRANT USAGE ON SCHEMA "My ""Brand""" TO cvm_dump_reader;
GRANT SELECT ON "My ""Brand""".retention_month TO cvm_dump_reader;
CREATE VIEW shop.mine AS SELECT cohort, retention_rate FROM "My ""Brand""".retention_month;
SQL
is $? 0 "an ordinary role installs the extension and makes a model"

pg_dump -d $from | run -d $into >/dev/null
is "${PIPESTATUS[*]}" "0 0" "the database is dumped, and restored into an empty one"

# same NAME QUERY: both databases say the same, and say something
same() {
	local there here
	there=$(run -d $from -c "$2" 2>&1)
	here=$(run -d $into -c "$2" 2>&1)
	ok "$1" [ -n "$there" -a "$there" = "$here" ]
	diff <(echo "$there") <(echo "$here") | sed 's/^/#   /'
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
same "the catalog is the same" "SELECT * FROM cvm.catalog('My \"Brand\"')"
same "the dictionary is the same" "SELECT * FROM cvm.dictionary"

# what a database owner without a superuser at hand can do
createdb -O cvm_dump_owner $own
pg_dump -U cvm_dump_owner -d $from | run -d $own -U cvm_dump_owner >/dev/null
is "${PIPESTATUS[*]}" "0 0" "the role that made the extension can dump and restore by itself"
is "$(run -d $own -U cvm_dump_owner -c 'SELECT count(*) FROM cvm.binding')" 2 "with every binding"

is "$(run -d $into -U cvm_dump_owner -c "SELECT string_agg(DISTINCT action, ' ') FROM cvm.rebuild('My \"Brand\"') WHERE action <> 'waits'" 2>&1)" replaced \
	"the owner can rebuild the model where it is now"
is "$(run -d $into -U cvm_dump_owner -c 'DROP TABLE shop.segments CASCADE' -c "SELECT cvm.unbind('My \"Brand\"', 'segment_history')" \
	-c 'SELECT count(DISTINCT segment) FROM "My ""Brand""".retention_month' 2>/dev/null | tail -n 1)" 1 \
	"and change it"
is "$(run -d $into -c "DROP EXTENSION cvm" 2>&1 | grep -c 'cannot drop extension cvm')" 1 \
	"the extension cannot be dropped under the views without CASCADE"
done_testing
