#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A day in the life of a model that is stored, in TAP: load, store, a new day,
# late rows, a deletion, refresh under readers, a crash in the middle, recovery,
# refresh again, and all of it equal to a rebuild.  The comments are figures:
# doc/warehouse.md has those of one machine.  CVM_EVENTS makes the shop larger.
set -uo pipefail
. test/tap.sh
. test/cluster.sh

events=${CVM_EVENTS:-400000}
trap cluster_remove EXIT
cluster_start "fsync = off" "shared_buffers = 256MB" "max_wal_size = 4GB" "log_min_messages = fatal" ||
	{ skip "no second cluster"; done_testing; exit; }
createdb shop
run() { psql -XAtq -d shop -v ON_ERROR_STOP=1 "$@"; }

# step NAME COMMAND...: how long it took, as a comment
step() {
	local name=$1 from=${EPOCHREALTIME/./}
	shift
	"$@"
	local status=$? to=${EPOCHREALTIME/./}
	printf '# %-58s %7d ms\n' "$name" $(((to - from) / 1000))
	return $status
}

run <<SQL
CREATE EXTENSION cvm;
CREATE TABLE orders (order_no bigint GENERATED ALWAYS AS IDENTITY, buyer int, at timestamptz, amount numeric(10,2));
-- the same, by month
CREATE TABLE monthly (LIKE orders) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE monthly_%s PARTITION OF monthly FOR VALUES FROM (%L) TO (%L)', to_char(m, 'YYYYMM'), m, m + interval '1 month') FROM generate_series(timestamp '2023-12-01', '2025-09-01', interval '1 month') m \gexec
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
	IF TG_OP <> 'INSERT' THEN DELETE FROM monthly m USING before_rows b WHERE m.order_no = b.order_no AND m.at = b.at; END IF;
	IF TG_OP <> 'DELETE' THEN INSERT INTO monthly SELECT * FROM after_rows; END IF;
	RETURN NULL;
END \$\$;
SELECT setseed(0.5);
SQL
load() {
	run -c "INSERT INTO orders (buyer, at, amount)
		SELECT (hashtext('b' || i) & 2147483647) % ($events / 10), timestamptz '2024-01-01 00:00+02' + i * (interval '600 days' / $events), (hashtext('a' || i) & 1023) / 100.0
		FROM generate_series(1, $events) i" -c "ANALYZE orders"
}
follow() {
	run -c "INSERT INTO monthly SELECT * FROM orders" -c "CREATE INDEX ON monthly (order_no)" -c "ANALYZE monthly" \
		-c "CREATE TRIGGER follow_insert AFTER INSERT ON orders REFERENCING NEW TABLE AS after_rows EXECUTE FUNCTION follow()" \
		-c "CREATE TRIGGER follow_update AFTER UPDATE ON orders REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows EXECUTE FUNCTION follow()" \
		-c "CREATE TRIGGER follow_delete AFTER DELETE ON orders REFERENCING OLD TABLE AS before_rows EXECUTE FUNCTION follow()"
}
bind() {
	run -o /dev/null -c "SELECT cvm.create_model('kept', tz => 'Europe/Vilnius', currency => 'EUR'), cvm.create_model('scanned', tz => 'Europe/Vilnius', currency => 'EUR'), cvm.create_model('live', tz => 'Europe/Vilnius', currency => 'EUR')" \
		-c "SELECT cvm.bind(m, 'event', CASE m WHEN 'scanned' THEN 'monthly' ELSE 'orders' END::regclass, '{\"customer_id\": \"buyer\", \"occurred_at\": \"at\"}') FROM unnest('{kept,scanned,live}'::name[]) m"
}
scan() { run -c "CALL cvm.refresh('scanned')"; }
refresh() { run -c "CALL cvm.refresh('kept')" "$@"; }
figures() {
	run -c "SELECT format('#   %s: %s, %s written, %s removed, %s restated', relation, mode, rows_written, rows_removed, rows_restated)
		FROM cvm.refresh_log WHERE model = 'kept' ORDER BY refresh_id DESC LIMIT 2"
}
scanned() {
	run -c "SELECT format('#   customer_activity: %s, %s written, %s removed, %s restated', mode, rows_written, rows_removed, rows_restated)
		FROM cvm.refresh_log WHERE model = 'scanned' ORDER BY refresh_id DESC LIMIT 1"
	is "$(run -c "SELECT mode FROM cvm.refresh_log WHERE model = 'scanned' ORDER BY refresh_id DESC LIMIT 1")" scan "the partitions that changed are folded again"
	is "$(run -c "SELECT count(*) FROM ((TABLE scanned.customer_activity EXCEPT TABLE kept.customer_activity) UNION ALL (TABLE kept.customer_activity EXCEPT TABLE scanned.customer_activity)) d")" 0 "to the same bytes as by the queue"
}
# equal NAME: what is stored is what the events say
equal() {
	is "$(run -c "SELECT count(*) FROM ((SELECT customer_id, activity::text FROM kept.customer_activity) EXCEPT ALL
			(SELECT customer_id, cvm.activity_agg(occurred_at, 'Europe/Vilnius', amount, true, true)::text FROM live.event GROUP BY 1)) d")" 0 "$1: every state, byte for byte"
	is "$(run -c "SELECT (SELECT md5(string_agg(t::text, E'\n' ORDER BY row_key)) FROM kept.retention_month t) = (SELECT md5(string_agg(t::text, E'\n' ORDER BY row_key)) FROM live.retention_month t)")" t "$1: every cell"
}

step "load $events events" load
ok "a copy of them by month" follow
ok "models are bound" bind
echo "# count(*) of the events: $(run -c '\timing on' -c 'SELECT count(*) FROM orders' | tail -n 1)"
step "retention_month from the events" run -o /dev/null -c 'SELECT * FROM live.retention_month'
step "store customer_activity, fed by a queue" run -o /dev/null -c "SELECT cvm.store('kept', 'customer_activity', mode => 'queue')"
step "store customer_activity, of the table by month" run -o /dev/null -c "SELECT cvm.store('scanned', 'customer_activity', mode => 'scan')"
step "retention_month from the states" run -o /dev/null -c 'SELECT * FROM kept.retention_month'
step "store retention_month" run -o /dev/null -c "SELECT cvm.store('kept', 'retention_month')"
step "retention_month from its table" run -o /dev/null -c 'SELECT * FROM kept.retention_month'
equal "stored"

day() {
	run -c "INSERT INTO orders (buyer, at, amount)
		SELECT (hashtext('c' || i) & 2147483647) % ($events / 10 + 100), timestamptz '2025-08-23 00:00+03' + i * (interval '1 day' / ($events / 600)), 1.5
		FROM generate_series(1, $events / 600 - 1) i"
}
step "append a day" day
step "refresh, queue" refresh
figures
step "refresh, scan" scan
scanned
is "$(run -c "SELECT string_agg(mode, ' ' ORDER BY refresh_id) FROM (SELECT * FROM cvm.refresh_log WHERE model = 'kept' ORDER BY refresh_id DESC LIMIT 2) l")" "queue full" "only those who bought are looked at"
equal "a day later"

late() { run -c "INSERT INTO orders (buyer, at, amount) SELECT i, timestamptz '2024-05-05 12:00+03' + i * interval '1 hour', 3 FROM generate_series(1, 50) i"; }
step "50 orders of last year come late" late
step "refresh, queue" refresh
figures
step "refresh, scan" scan
scanned
ok "the ledger names the customers" [ "$(run -c 'SELECT count(*) FROM kept.customer_activity_restatement')" -gt 0 ]
ok "cells of closed months are restated" [ "$(run -c "SELECT count(*) FROM cvm.restatement WHERE relation = 'retention_month'")" -gt 0 ]
equal "after late orders"

# readers at work while it is refreshed: each sees the old or the new, and
# waits for no lock
digest="SELECT md5(string_agg(t::text, E'\n' ORDER BY row_key)) FROM kept.retention_month t"
before=$(run -c "$digest")
run -c "DELETE FROM orders WHERE buyer % 50 = 7" -c "UPDATE orders SET buyer = buyer + 1 WHERE order_no % 1000 = 1"
# one aggregates, one fetches through a cursor as dashboards do, one copies out
rows="SELECT t::text FROM kept.retention_month t ORDER BY row_key"
export PGOPTIONS='-c lock_timeout=50ms'
read_1() { run -c "$digest"; }
read_2() { printf %s "$(run -v FETCH_COUNT=7 -c "$rows" 2>&1)" | md5sum | cut -d' ' -f1; }
read_3() { printf %s "$(run -c "COPY ($rows) TO STDOUT" 2>&1)" | md5sum | cut -d' ' -f1; }
is "$(read_2) $(read_3)" "$before $before" "three clients read the same"
for client in 1 2 3; do
	while [ ! -e "$cluster/stop" ]; do
		read_$client
	done >"$cluster/read.$client" 2>&1 &
done
unset PGOPTIONS
step "refresh after 2% of the customers were deleted, 3 readers" refresh
figures
sleep 0.3
touch "$cluster/stop"
wait
after=$(run -c "$digest")
is "$(sort -u "$cluster"/read.? | sort)" "$(printf '%s\n' "$before" "$after" | sort)" "three readers saw the table before and after, and nothing between or else"
ok "without waiting ($(cat "$cluster"/read.? | wc -l) reads)" [ "$(cat "$cluster"/read.? | wc -l)" -gt 5 ]
equal "after a deletion"
step "refresh, scan" scan
scanned
step "refresh, scan, nothing changed" scan

# a job that overlaps: a lock on one row holds the first one up in the middle
run -c "INSERT INTO orders (buyer, at, amount) VALUES (1, '2025-08-24 10:00+03', 2), (2, '2025-08-24 10:00+03', 2)"
run >"$cluster/holder" <<'SQL' &
BEGIN;
SELECT 1 FROM kept.customer_activity WHERE customer_id = 1 FOR UPDATE;
SELECT pg_sleep(600);
SQL
holder=$!
waits_for() { # QUERY: until it is true
	for _ in $(seq 200); do
		[ "$(run -c "$1")" = t ] && return
		sleep 0.05
	done
	return 1
}
ok "a row is locked" waits_for "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%')"
refresh >"$cluster/first" 2>&1 &
first=$!
ok "a refresh is in the middle" waits_for "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CALL cvm.refresh%' AND wait_event_type = 'Lock')"
is "$(run -c "SELECT last_attempt FROM cvm.freshness WHERE model = 'kept' AND object = 'customer_activity'")" running "freshness says so"
is "$(refresh 2>&1 | grep -c 'NOTICE:  skipping "customer_activity" of model "kept"')" 1 "a second one skips what the first one is at"
is "$(run -c "SELECT last_attempt, is_stale FROM cvm.freshness WHERE model = 'kept' AND object = 'retention_month'")" "done|f" "and goes on with the rest"

# kill -9 in the middle: the server starts over
was=$(run -c "SELECT last_refreshed_at, data_through FROM cvm.freshness WHERE model = 'kept' AND object = 'customer_activity'")
kill -9 "$(run -c "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL cvm.refresh%' AND wait_event_type = 'Lock'")"
wait $first $holder 2>/dev/null
for _ in $(seq 1200); do
	run -c 'SELECT 1' >/dev/null 2>&1 && break
	sleep 0.1
done
ok "the server is back after kill -9" run -o /dev/null -c 'SELECT 1'
is "$(run -c "SELECT last_attempt, is_stale, reason FROM cvm.freshness WHERE model = 'kept' AND object = 'customer_activity'")" "interrupted|t|last refresh interrupted" "freshness says that it was cut off"
is "$(run -c "SELECT last_refreshed_at, data_through FROM cvm.freshness WHERE model = 'kept' AND object = 'customer_activity'")" "$was" "and that what is there is as old as it was"
step "refresh after the crash" refresh
figures
is "$(run -c "SELECT string_agg(last_attempt || is_stale, ' ') FROM cvm.freshness WHERE model = 'kept'")" "donefalse donefalse" "all is fresh again"
equal "after the crash"

as_server "$own/bin/pg_ctl" -D "$cluster/data" -w -s -m immediate stop
cluster_resume
equal "after a stop without a checkpoint"
kept=$(run -c "SELECT md5(string_agg(t::text, ' ' ORDER BY customer_id)) FROM kept.customer_activity t")
step "refresh, everything anew" run -c "CALL cvm.refresh('kept', \"full\" => true)"
figures
is "$(run -c "SELECT md5(string_agg(t::text, ' ' ORDER BY customer_id)) FROM kept.customer_activity t")" "$kept" "a full rebuild changes nothing"

# errors: one object fails, the others go on, the job fails
run -c 'ALTER TABLE kept.retention_month_stored ADD CONSTRAINT no CHECK (segment <> $$(all)$$) NOT VALID' -c "INSERT INTO orders (buyer, at, amount) VALUES (1, '2024-02-24 12:00+02', 9)"
failure=$(refresh 2>&1)
is $? 1 "a refresh that fails says so to the scheduler"
is "$(grep -c 'WARNING:  "retention_month" of model "kept" was not refreshed' <<<"$failure")" 1 "the warning names which object did not refresh"
is "$(run -c "SELECT string_agg(last_attempt, ' ' ORDER BY object) FROM cvm.freshness WHERE model = 'kept'")" "done failed" "the others are refreshed"
run -c 'ALTER TABLE kept.retention_month_stored DROP CONSTRAINT no'
refresh
equal "in the evening"
done_testing
