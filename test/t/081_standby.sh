#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A standby, in TAP: it streams from a primary, answers every view of a model
# that reads the source, of one that reads states and of one that reads tables,
# with what the primary says, and writes nothing; promoted, it goes on.
set -uo pipefail
. test/tap.sh
. test/cluster.sh

files=
trap '[ -z "$files" ] || { as_server "$own/bin/pg_ctl" -D "$files/data" -w -s -m immediate stop; rm -rf "$files"; }; cluster_remove' EXIT
cluster_start "fsync = off" "wal_level = replica" "max_wal_senders = 4" "hot_standby = on" "listen_addresses = ''" ||
	{ skip "no second cluster"; done_testing; exit; }
createdb shop
primary() { PGHOST=$cluster/sock psql -XAtq -d shop -v ON_ERROR_STOP=1 "$@"; }
standby() { PGHOST=$files/sock psql -XAtq -d shop -v ON_ERROR_STOP=1 "$@"; }
primary -o /dev/null <<'SQL'
CREATE EXTENSION cvm;
\i test/world.sql
SELECT world.model(m) FROM unnest('{live,states,kept}'::name[]) m;
SELECT cvm.store(m, 'customer_activity', mode => 'queue'), cvm.store(m, 'customer_holdings', mode => 'scan') FROM unnest('{states,kept}'::name[]) m;
SELECT cvm.store('kept', v.view) FROM cvm.catalog('live') v WHERE v."exists";
SELECT cvm.configure('kept', 'min_group_size', '5');
CALL cvm.refresh('kept');
SQL

files=$(new_dir standby)
chmod 755 "$files"
mkdir -m 700 "$files/sock"
[ "$(id -u)" != 0 ] || chown postgres: "$files" "$files/sock"
ok "a copy is taken from the primary" as_server "$own/bin/pg_basebackup" -h "$cluster/sock" -U postgres -D "$files/data" -R -X stream -c fast --no-sync
# no query gives way to what vacuum on the primary removes
printf '%s\n' "unix_socket_directories = '$files/sock'" 'max_standby_streaming_delay = -1' >>"$files/data/postgresql.auto.conf"
ok "the copy is started as a standby" as_server "$own/bin/pg_ctl" -D "$files/data" -w -s -l "$files/server.log" start
is "$(standby -c 'SELECT pg_is_in_recovery()')" t "the copy is in recovery"

# what comes in later comes by streaming
primary -o /dev/null <<'SQL'
INSERT INTO world.event (customer_id, occurred_at, amount) SELECT 1 + i % 240, timestamptz '2024-05-05 10:00+03' + i * interval '2 days', i FROM generate_series(1, 60) i;
UPDATE world.subscription SET mrr = mrr + 2 WHERE customer_id % 9 = 1;
CALL cvm.refresh('states');
CALL cvm.refresh('kept');
SQL
end=$(primary -c 'SELECT pg_current_wal_flush_lsn()')
for _ in $(seq 200); do
	[ "$(standby -c "SELECT pg_last_wal_replay_lsn() >= '$end'")" = t ] && break
	sleep 0.05
done
is "$(standby -c "SELECT pg_last_wal_replay_lsn() >= '$end'")" t "the standby has what was refreshed since"

views=$(primary -c "SELECT c.oid::regclass FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace IN ('live'::regnamespace, 'states'::regnamespace, 'kept'::regnamespace, 'cvm'::regnamespace) ORDER BY 1")
query() { printf 'SELECT %s, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %s t;\n' "'$1'" "$1"; }
for view in $views; do query "$view"; done >"$files/queries"
primary -f "$files/queries" >"$files/there"
# parallel workers read the source where they cost little; states and tables are
# read without
settings="SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 10; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
grep -v "'live\." "$files/queries" | standby >"$files/here"
{ echo "$settings"; grep "'live\." "$files/queries"; } | standby >"$files/parallel"
ok "$(wc -l <"$files/there") views are read, $(grep -cv '|0|' "$files/there") of them with rows" [ "$(wc -l <"$files/there")" -ge 100 ]
empty "every view of states and of tables says on the standby what it says on the primary" diff <(grep -v '^live\.' "$files/there") "$files/here"
empty "every view of the source says on the standby what it says on the primary" diff <(grep '^live\.' "$files/there") "$files/parallel"
parallel=$({ echo "$settings"; grep "'live\." "$files/queries" | sed 's/^/EXPLAIN (COSTS off) /'; } | standby | grep -c 'Workers Planned')
ok "$parallel times with parallel workers" [ "$parallel" -ge 20 ]
is "$(standby -c 'BEGIN READ ONLY' -c 'SELECT pg_current_xact_id_if_assigned() IS NULL')" t "without a transaction that writes"
# accessors and catalog functions that only read
ok "catalog, dictionary, check_model and the words for other tools too" standby -o /dev/null -c "SELECT * FROM cvm.catalog('kept')" -c "SELECT * FROM cvm.check_model('live')" \
	-c "SELECT cvm.dbt_yaml('kept'), cvm.cube_yaml('kept'), cvm.lookml('kept'), cvm.cron_line('kept')" -c "SELECT cvm.heatmap(cvm.retention_agg(customer_id::bigint, occurred_at, 'UTC', 'month')) FROM live.event"
is "$(standby -c "CALL cvm.refresh('kept')" 2>&1 | grep -c 'read-only transaction')" 1 "what writes is refused"
is "$(standby -c "SELECT cvm.configure('kept', 'conf', '0.9')" 2>&1 | grep -c 'read-only transaction')" 1 "as it should be"

# the primary is lost
as_server "$own/bin/pg_ctl" -D "$cluster/data" -w -s -m immediate stop
ok "the standby takes over" as_server "$own/bin/pg_ctl" -D "$files/data" -w -s promote
standby -o /dev/null <<'SQL'
INSERT INTO world.event (customer_id, occurred_at, amount) VALUES (3, '2024-12-30 10:00+02', 5), (901, '2024-12-30 10:00+02', 5);
DELETE FROM world.subscription WHERE customer_id = 17;
CALL cvm.refresh('states');
SQL
is "$(standby -c "SELECT string_agg(mode, ' ' ORDER BY refresh_id) FROM (SELECT * FROM cvm.refresh_log ORDER BY refresh_id DESC LIMIT 2) l")" "queue scan" "and refreshes from where the primary was"
is "$(standby -c "SELECT count(*) FROM (TABLE states.mrr_movement EXCEPT TABLE live.mrr_movement) d")$(standby -c "SELECT count(*) FROM (TABLE states.retention_month EXCEPT TABLE live.retention_month) d")" 00 "to the same answers"
done_testing
