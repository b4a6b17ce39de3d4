#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Faults in the middle of a store or a refresh, in TAP: cancel, timeout,
# termination, a killed worker, a full disk, no memory, no workers.  Whatever
# ends one half-way, tables and registry are as they were, the server lives, no
# file stays, and the next refresh comes to what the source says.
set -uo pipefail
. test/tap.sh
. test/cluster.sh

small=
finish() {
	cluster_remove
	[ -z "$small" ] || { umount "$small" && rmdir "$small"; }
}
trap finish EXIT
cluster_start "fsync = off" "shared_buffers = 64MB" "max_wal_size = 1GB" "max_worker_processes = 8" "max_parallel_workers = 8" "log_min_messages = log" ||
	{ skip "no second cluster"; done_testing; exit; }
createdb shop
run() { psql -XAtq -d shop -v ON_ERROR_STOP=1 "$@"; }

run -o /dev/null <<'SQL'
CREATE EXTENSION cvm;
CREATE TABLE orders (customer_id int, occurred_at timestamptz, amount numeric(10,2));
INSERT INTO orders SELECT i % 4000, timestamptz '2024-01-01 00:00+00' + i * interval '20 minutes', i % 100 FROM generate_series(1, 40000) i;
SELECT cvm.create_model(m, tz => 'UTC'), cvm.bind(m, 'event', 'orders') FROM unnest('{kept,live}'::name[]) m;
SELECT cvm.store('kept', 'customer_activity', mode => 'queue'), cvm.store('kept', 'retention_month');
ANALYZE;
SQL

# all that a fault must leave as it was
everything="SELECT md5(concat_ws(E'\n',
	(SELECT string_agg(t::text, ',' ORDER BY t::text) FROM kept.customer_activity t),
	(SELECT string_agg(t::text, ',' ORDER BY t::text) FROM kept.retention_month_stored t),
	(SELECT string_agg(t::text, ',' ORDER BY t::text) FROM public.kept_customer_activity_queue t),
	(SELECT string_agg(t::text, ',' ORDER BY t::text) FROM cvm.stored t),
	(SELECT string_agg(t::text, ',' ORDER BY t::text) FROM cvm.generated t),
	(SELECT string_agg(t::text, ',' ORDER BY t::text) FROM cvm.setting t),
	(SELECT string_agg(c.relname || c.relkind::text, ',' ORDER BY c.oid) FROM pg_class c WHERE c.relnamespace IN ('kept'::regnamespace, 'public'::regnamespace)),
	(SELECT string_agg(pg_get_viewdef(c.oid), ',' ORDER BY c.oid) FROM pg_class c WHERE c.relnamespace = 'kept'::regnamespace AND c.relkind = 'v')))"

waits_for() { # QUERY: until it is true
	for _ in $(seq 600); do
		[ "$(run -c "$1" 2>/dev/null)" = t ] && return
		sleep 0.05
	done
	return 1
}
back() {
	for _ in $(seq 600); do
		run -c 'SELECT 1' >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}
# directories in which workers leave files for a leader, and files of the server
files() { find "$cluster/data" "${small:-$cluster/data}" -path '*/pgsql_tmp/*' | sort | head -n 5; }

# recovers NAME: all is as it was, and the next refresh comes to what is wanted
recovers() {
	is "$(run -c "$everything")" "$was" "$1: tables, queue and registry are as they were"
	empty "$1: no temporary file stays" files
	is "$(run -c "SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = 'shop') AND pid <> pg_backend_pid()")" 0 "$1: no lock stays"
	run -c "CALL cvm.refresh('kept')" >"$cluster/said" 2>&1
	is "$?$(cat "$cluster/said")" 0 "$1: the next refresh works"
	is "$(run -c "SELECT count(*) FROM ((SELECT customer_id, activity::text FROM kept.customer_activity) EXCEPT ALL
			(SELECT customer_id, cvm.activity_agg(occurred_at, 'UTC', amount, true, true)::text FROM live.event GROUP BY 1)) d") $(run -c "SELECT (SELECT md5(string_agg(t::text, E'\n' ORDER BY row_key)) FROM kept.retention_month t) = (SELECT md5(string_agg(t::text, E'\n' ORDER BY row_key)) FROM live.retention_month t)")" "0 t" \
		"$1: what is stored is then what the orders say"
	was=$(run -c "$everything")
}

# middle ARGUMENT...: a refresh in the background, held up in the middle by a lock
# on a row; sets $pid, of the server's process
middle() {
	run -c "INSERT INTO orders SELECT i, '2024-02-02', 1 FROM generate_series(1, 20) i"
	was=$(run -c "$everything")
	run >/dev/null 2>&1 <<'SQL' &
BEGIN;
SELECT 1 FROM kept.customer_activity WHERE customer_id = 10 FOR UPDATE;
SELECT pg_sleep(600) AS held;
SQL
	holder=$!
	waits_for "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%AS held%' AND wait_event = 'PgSleep')" || return
	run "$@" >"$cluster/middle" 2>&1 &
	middle=$!
	waits_for "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%cvm.refresh%' AND pid <> pg_backend_pid() AND wait_event_type = 'Lock')" || return
	pid=$(run -c "SELECT pid FROM pg_stat_activity WHERE query LIKE '%cvm.refresh%' AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'")
}
release() {
	run -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%AS held%' AND pid <> pg_backend_pid()" 2>/dev/null
	wait "$holder" "$middle" 2>/dev/null
}

for call in "CALL cvm.refresh('kept')" "SELECT cvm.refresh_here('kept')"; do
	middle -c "$call"
	is "$(run -c "SELECT pg_cancel_backend($pid)")" t "$call is cancelled in the middle"
	release
	is "$(grep -c 'ERROR:  canceling statement due to user request' "$cluster/middle")" 1 "$call says so"
	recovers "$call, cancelled"
done
middle -c "SET statement_timeout = '3s'" -c "CALL cvm.refresh('kept')"
wait "$middle"
is "$(grep -c 'ERROR:  canceling statement due to statement timeout' "$cluster/middle")" 1 "a refresh is left at its timeout"
release
recovers "a refresh, timed out"
middle -c "CALL cvm.refresh('kept')"
is "$(run -c "SELECT pg_terminate_backend($pid)")" t "a refresh is terminated"
release
recovers "a refresh, terminated"

# a store: what it made is gone
run -c "CALL cvm.refresh('kept')"
was=$(run -c "$everything")
for name in customer_activity retention_week; do
	is "$(run -c "SET statement_timeout = '20ms'" -c "SELECT cvm.store('kept', '$name', mode => 'full')" 2>&1 | grep -c 'ERROR:  canceling statement due to statement timeout')" 1 "store of $name is left at its timeout"
	recovers "store of $name, timed out"
done

# workers: one has left its file, another sleeps
run -o /dev/null <<'SQL'
CREATE TABLE spell AS SELECT g AS c, 'customer ' || repeat(md5(g::text), 3) AS name, date '2024-01-01' + g % 500 AS s FROM generate_series(1, 60000) g;
ANALYZE spell;
SQL
parallel="SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off; SET cvm.passed_limit = 20000"
fold="SELECT md5(cvm.retention_agg(name, s, 'month')::text) FROM spell"
alone=$(run -c "SET max_parallel_workers_per_gather = 0" -c "$fold")
is "$(run -c "$parallel" -c "$fold")" "$alone" "workers pass what they have folded through files"
asleep() { # sets $worker and $leader
	run -c "$parallel" -c "$fold WHERE c <> 30000 OR pg_sleep(600) IS NULL" >"$cluster/middle" 2>&1 &
	middle=$!
	for _ in $(seq 600); do
		[ -n "$(find "$cluster/data/base/pgsql_tmp" -name 'cvm.*' 2>/dev/null)" ] && break
		sleep 0.05
	done
	worker=$(run -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND wait_event = 'PgSleep'")
	leader=$(run -c "SELECT leader_pid FROM pg_stat_activity WHERE pid = ${worker:-0}")
}
was=$(run -c "$everything")
asleep
ok "one worker is done and has left a file" [ -n "$(files)" ]
is "$(run -c "SELECT pg_cancel_backend(${leader:-0})")" t "the leader is cancelled"
wait "$middle"
recovers "a parallel fold, cancelled"
asleep
is "$(run -c "SELECT pg_terminate_backend(${leader:-0})")" t "the leader is terminated"
wait "$middle"
for _ in $(seq 100); do [ -n "$(files)" ] && sleep 0.05; done
recovers "a parallel fold, terminated"
asleep
ok "one worker is done and another is killed" kill -9 "$worker"
wait "$middle"
ok "the server is back after a worker was killed" back
recovers "a parallel fold, killed"
is "$(run -c "$parallel" -c "$fold")" "$alone" "workers fold again as they did"
middle -c "CALL cvm.refresh('kept')"
ok "a refresh is killed" kill -9 "$pid"
wait "$holder" "$middle" 2>/dev/null
ok "the server is back after a refresh was killed" back
is "$(run -c "SELECT last_attempt FROM cvm.freshness WHERE model = 'kept' AND object = 'customer_activity'")" interrupted "freshness says that it was cut off"
recovers "a refresh, killed"

# no worker is to be had: the plans are parallel, the answers are the same
is "$(run -c "$parallel; SET parallel_leader_participation = on; SET max_parallel_workers = 0" -c "$fold")" "$alone" "a parallel plan without workers gives the same answer"
is "$(run -c "$parallel; SET parallel_leader_participation = on" -c "EXPLAIN (COSTS off) $fold" | grep -c 'Gather')" 1 "the plan is a parallel one"
run -c "INSERT INTO orders SELECT i, '2024-02-03', 1 FROM generate_series(1, 20) i"
is "$(run -c "$parallel; SET parallel_leader_participation = on; SET max_parallel_workers = 0" -c "CALL cvm.refresh('kept', \"full\" => true)" 2>&1; echo $?)" 0 "a full refresh without workers works"
was=$(run -c "$everything")
recovers "no workers"

# a disk that is full: a file system of its own, where that may be mounted
disk() {
	small=$(mktemp -d "${cluster%/*}/cvm-small.XXXXXX")
	mount -t tmpfs -o size=1m tmpfs "$small" 2>/dev/null || { rmdir "$small"; small=; return 1; }
	chown postgres: "$small" 2>/dev/null || chmod 777 "$small"
}
was=$(run -c "$everything")
if disk; then
	run -c "CREATE TABLESPACE small LOCATION '$small'"
	full="SET temp_tablespaces = small; SET work_mem = '64kB'; SET maintenance_work_mem = '1MB'"
	is "$(run -c "$full" -c "SELECT count(*) FROM (SELECT name, s FROM spell ORDER BY name OFFSET 1) x" 2>&1 | grep -c 'No space left on device')" 1 "a disk of 1 MB is full at once"
	is "$(run -v VERBOSITY=verbose -c "$full" -c "$fold" 2>&1 | grep -c 'ERROR:  53100.*could not write')" 1 "a fold that spills to a full disk says so"
	is "$(run -v VERBOSITY=verbose -c "$full; $parallel" -c "$fold" 2>&1 | grep -c 'ERROR:  53100.*could not write')" 1 "workers that pass files through a full disk say so"
	recovers "a fold on a full disk"
	# the tables themselves
	run -c "ALTER TABLE kept.customer_activity SET TABLESPACE small"
	run -c "INSERT INTO orders SELECT 5000 + i, '2024-03-01', 1 FROM generate_series(1, 20000) i"
	was=$(run -c "$everything")
	is "$(run -c "CALL cvm.refresh('kept')" 2>&1 | grep -c 'WARNING:  "customer_activity" of model "kept" was not refreshed: could not extend file')" 1 "a refresh of a table on a full disk says so"
	is "$(run -c "SELECT (SELECT error LIKE 'could not extend file%' FROM cvm.refresh_log WHERE relation = 'customer_activity' ORDER BY refresh_id DESC LIMIT 1)")" t "the log has its error"
	run -c "ALTER TABLE kept.customer_activity SET TABLESPACE pg_default"
	is "$(run -c "SELECT count(*) FROM kept.customer_activity")" 4000 "its customers are those of before"
	run -c "CALL cvm.refresh('kept')"
	was=$(run -c "$everything")
	recovers "a refresh on a full disk"
else
	limit="SET temp_file_limit = '500kB'; SET work_mem = '64kB'; SET maintenance_work_mem = '1MB'"
	is "$(run -v VERBOSITY=verbose -c "$limit" -c "$fold" 2>&1 | grep -c 'ERROR:  53400')" 1 "a fold that spills beyond temp_file_limit says so"
	is "$(run -v VERBOSITY=verbose -c "$limit; $parallel" -c "$fold" 2>&1 | grep -c 'ERROR:  53400')" 1 "workers that pass files beyond temp_file_limit say so"
	recovers "a fold beyond temp_file_limit"
	skip "tables on a full disk: no file system may be mounted here"
fi

# no memory: the process may grow by 20 MB from where it is.  AddressSanitizer ends
# a process that gets none.
was=$(run -c "$everything")
if [[ ${CVM_WRAP:-} != *libasan* ]] && as_server prlimit --as=unlimited:unlimited true 2>/dev/null; then
	[ "$(id -u)" != 0 ] || export limit="runuser -u postgres --"
	said=$(run -v ON_ERROR_STOP=0 -v VERBOSITY=verbose 2>&1 <<'SQL'
SET max_parallel_workers_per_gather = 0;
SET work_mem = '1GB';
SELECT cvm.retention_agg(1::bigint, date '2024-01-01', 'month') IS NOT NULL;
SELECT pg_backend_pid() AS pid \gset
\setenv pid :pid
\! cd /; $limit prlimit --pid "$pid" --as=$(($(cut -d' ' -f1 /proc/$pid/statm) * 4096 + 20000000))
SELECT cvm.retention_agg(a::bigint * 1000 + b, date '2024-01-01' + b % 500, 'month') IS NULL FROM generate_series(1, 2000) a, generate_series(1, 1000) b;
SELECT cvm.movement_agg(a::bigint * 1000 + b, 'p', date '2024-01-01' + b % 500, NULL, 1, 'month', '2025-06-01') IS NULL FROM generate_series(1, 2000) a, generate_series(1, 1000) b;
SELECT cvm.retention_agg(1::bigint, date '2024-01-01', 'month') IS NOT NULL;
SQL
	)
	is "$(grep -c 'ERROR:  53200: out of memory' <<<"$said")" 2 "folds without memory say so" || comment "$said"
	is "$(tail -n 1 <<<"$said")" t "the session goes on"
	recovers "no memory"
else
	skip "limits of memory cannot be set here"
fi
is "$(grep -c 'was terminated by signal' "$cluster/data/server.log")" 2 "the server lost the two processes that were killed, and no other"
done_testing
