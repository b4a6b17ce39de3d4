#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# What a distributed server does to states, without one, in TAP: shards that
# fold their own rows, states that travel as text or in binary and are added up
# in any order, and postgres_fdw between two databases.
set -uo pipefail
. test/tap.sh
. scripts/common

here=cvm_shards there=cvm_shards_far
run() { psql -XAtq -d $here -v ON_ERROR_STOP=1 "$@"; }
far() { psql -XAtq -d $there -v ON_ERROR_STOP=1 "$@"; }
files=$(new_dir shards)
cleanup() {
	dropdb --if-exists --force $here
	dropdb --if-exists --force $there
	rm -rf "$files"
} >/dev/null 2>&1
trap cleanup EXIT
dropdb --if-exists --force $here 2>/dev/null
dropdb --if-exists --force $there 2>/dev/null
createdb $here
createdb $there
run -o /dev/null <<'SQL'
CREATE EXTENSION cvm;
SET search_path = public, cvm;
CREATE TABLE public.events AS
SELECT (hashtext('b' || i) & 1023) % 300 AS customer_id, timestamptz '2024-01-01 00:00+02' + (hashtext('a' || i) & 65535) * interval '12 minutes' AS occurred_at,
	CASE WHEN i % 7 > 0 THEN ((hashtext('c' || i) & 4095) - 500) / power(10::numeric, i % 4) END AS amount, i % 8 AS shard
FROM generate_series(1, 6000) i;
CREATE TABLE public.customers AS SELECT customer_id, activity_agg(occurred_at, 'Europe/Vilnius', amount) AS activity FROM public.events GROUP BY 1;
CREATE TABLE public.whole (kind text PRIMARY KEY, state text);
INSERT INTO public.whole
SELECT 'retention', retention_agg(tenure(activity, 'month', '2025-07-01'))::text FROM public.customers
UNION ALL SELECT 'lifecycle', lifecycle_agg(activity, 'month', '2025-07-01')::text FROM public.customers
UNION ALL SELECT 'activity', string_agg(customer_id || ' ' || activity::text, ',' ORDER BY customer_id) FROM public.customers;
SQL
ok "customers are folded" [ "$(run -c 'SELECT count(*) FROM customers')" = 300 ]

# every shard folds its rows; customers are not whole in any of them
run -o /dev/null <<'SQL'
CREATE TABLE part AS SELECT shard, customer_id, cvm.activity_agg(occurred_at, 'Europe/Vilnius', amount) AS activity FROM events GROUP BY 1, 2;
CREATE TABLE by_text (shard int, customer_id int, activity text);
INSERT INTO by_text SELECT shard, customer_id, activity::text FROM part;
CREATE TABLE by_wire (LIKE part);
SQL
run -c "COPY part TO STDOUT (FORMAT binary)" >"$files/part.bin"
run -c "COPY by_wire FROM STDIN (FORMAT binary)" <"$files/part.bin"
for way in by_text by_wire; do
	for order in shard "-shard" "hashtext(shard || 'x')"; do
		is "$(run -c "SELECT (SELECT state FROM whole WHERE kind = 'activity') = string_agg(customer_id || ' ' || activity::text, ',' ORDER BY customer_id)
			FROM (SELECT customer_id, cvm.rollup(activity::cvm.activity ORDER BY $order) AS activity FROM $way GROUP BY 1) c")" t "timelines of 8 shards, $way, added up in order of $order"
	done
	# as a tree: pairs of pairs of pairs, by operator
	is "$(run <<-SQL
		SET search_path = public, cvm;
		WITH one AS (SELECT customer_id, shard / 2 AS n, rollup(activity::activity) AS a FROM $way GROUP BY 1, 2),
			two AS (SELECT customer_id, n / 2 AS n, rollup(a) AS a FROM one GROUP BY 1, 2),
			pair AS (SELECT customer_id, l.a AS l, r.a AS r FROM (SELECT * FROM two WHERE n = 0) l FULL JOIN (SELECT * FROM two WHERE n = 1) r USING (customer_id))
		SELECT (SELECT state FROM whole WHERE kind = 'activity') = string_agg(customer_id || ' ' || coalesce(r || l, l, r)::text, ',' ORDER BY customer_id) FROM pair
	SQL
	)" t "and as a tree"
done

# distributed by customer: each shard has whole customers and sends one state
for kind in retention lifecycle; do
	fold=$([ $kind = retention ] && echo "retention_agg(tenure(activity, 'month', '2025-07-01'))" || echo "lifecycle_agg(activity, 'month', '2025-07-01')")
	run -c "SET search_path = public, cvm" -c "CREATE TABLE ${kind}_part AS SELECT customer_id % 5 AS shard, $fold AS state FROM customers GROUP BY 1" \
		-c "CREATE TABLE ${kind}_wire (LIKE ${kind}_part)"
	run -c "COPY ${kind}_part TO STDOUT (FORMAT binary)" >"$files/$kind.bin"
	run -c "COPY ${kind}_wire FROM STDIN (FORMAT binary)" <"$files/$kind.bin"
	for order in shard "-shard" "hashtext(shard || 'y')"; do
		is "$(run -c "SELECT (SELECT state FROM whole WHERE kind = '$kind') = (SELECT cvm.rollup(state::text::cvm.$kind ORDER BY $order)::text FROM ${kind}_part)")" t "$kind of 5 shards as text, in order of $order"
		is "$(run -c "SELECT (SELECT state FROM whole WHERE kind = '$kind') = (SELECT cvm.rollup(state ORDER BY $order)::text FROM ${kind}_wire)")" t "and in binary"
	done
done

# what every aggregate must be to be pushed down
empty "every aggregate adds up, from arguments of concrete types, in a state that can travel" run <<'SQL'
SELECT a.aggfnoid::regprocedure FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_type t ON t.oid = a.aggtranstype
WHERE p.pronamespace = 'cvm'::regnamespace AND (a.aggcombinefn = 0 OR p.proparallel <> 's' OR p.pronargs = 0 OR a.agginitval IS NOT NULL
	OR EXISTS (SELECT FROM unnest(p.proargtypes) x JOIN pg_type y ON y.oid = x WHERE y.typtype = 'p')
	-- the one-pass aggregates are for one machine
	OR (t.typtype = 'p' AND (t.typname <> 'internal' OR a.aggserialfn = 0 OR p.proargtypes[0] NOT IN ('bigint'::regtype, 'text'::regtype, 'uuid'::regtype) OR p.pronargs < 3)))
SQL
empty "every state has binary input and output and can be compared and hashed" run <<'SQL'
SELECT t.typname FROM pg_type t
WHERE t.typnamespace = 'cvm'::regnamespace AND t.typtype = 'b' AND t.typelem = 0
	AND NOT (t.typreceive <> 0 AND t.typsend <> 0
		AND EXISTS (SELECT FROM pg_opclass o WHERE o.opcintype = t.oid AND o.opcdefault AND o.opcmethod = (SELECT oid FROM pg_am WHERE amname = 'btree'))
		AND EXISTS (SELECT FROM pg_opclass o WHERE o.opcintype = t.oid AND o.opcdefault AND o.opcmethod = (SELECT oid FROM pg_am WHERE amname = 'hash')))
SQL

# names that a distributed server would take for its own aggregates
empty "no aggregate is called as one that they know by name" \
	run -c "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'cvm'::regnamespace AND prokind = 'a' AND proname ~ '^(sum|count|avg|min|max|array_agg|json|jsonb|string_agg|bit_|bool_|every|any_value|hll_|topn_|percentile|mode|stddev|var|corr|cov|regr|range_|xmlagg|worker_|coord_)'"
empty "states are added up by an operator that an upsert may use" \
	run -c "SELECT oprleft::regtype FROM pg_operator JOIN pg_proc p ON p.oid = oprcode WHERE oprname = '||' AND pronamespace = 'cvm'::regnamespace AND NOT (proisstrict AND provolatile = 'i' AND proparallel = 's')"
# readers may not hide from the planner: a subquery that holds one is pushed down
empty "whatever reads a state is immutable" \
	run -c "SELECT oid::regprocedure FROM pg_proc p WHERE pronamespace = 'cvm'::regnamespace AND provolatile <> 'i' AND prokind = 'f'
	AND EXISTS (SELECT FROM unnest(proargtypes) x JOIN pg_type t ON t.oid = x WHERE t.typnamespace = 'cvm'::regnamespace AND t.typtype = 'b')"
# equal content is equal bytes, and the first one says which version they are
run -o /dev/null -c "CREATE TABLE months (customer_id int PRIMARY KEY, activity cvm.activity)" -c "DO \$\$ DECLARE m int; BEGIN FOR m IN 0..23 LOOP
	INSERT INTO months AS t SELECT customer_id, cvm.activity_agg(occurred_at, 'Europe/Vilnius', amount) FROM events
		WHERE date_trunc('month', occurred_at, 'Europe/Vilnius') = date_trunc('month', timestamptz '2024-01-15 00:00+02' + m * interval '1 month', 'Europe/Vilnius') GROUP BY 1
	ON CONFLICT (customer_id) DO UPDATE SET activity = t.activity OPERATOR(cvm.||) excluded.activity; END LOOP; END \$\$"
is "$(run -c "SELECT count(*) FILTER (WHERE m.activity::text = c.activity::text), count(*) FROM months m FULL JOIN customers c USING (customer_id)")" "300|300" "24 months that are added one by one are the whole, byte for byte"
is "$(run -c "SELECT count(DISTINCT get_byte(cvm.activity_send(activity), 0)), min(get_byte(cvm.activity_send(activity), 0)) > 0 FROM customers")" "1|t" "the first byte is the version"

# hash-partitioned by customer, as on workers: each partition folds by itself
run -o /dev/null <<'SQL'
CREATE TABLE dist (customer_id int, occurred_at timestamptz, amount numeric) PARTITION BY HASH (customer_id);
CREATE TABLE dist_0 PARTITION OF dist FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE dist_1 PARTITION OF dist FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO dist SELECT customer_id, occurred_at, amount FROM events;
ANALYZE dist;
SQL
two_steps="SELECT cvm.retention_agg(cvm.tenure(activity, 'month', '2025-07-01'))::text FROM (SELECT customer_id, cvm.activity_agg(occurred_at, 'Europe/Vilnius', amount) AS activity FROM dist GROUP BY customer_id) c"
settings="-c enable_partitionwise_aggregate=on -c max_parallel_workers_per_gather=2 -c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0"
is "$(PGOPTIONS=$settings run -c "EXPLAIN (COSTS off) $two_steps" | grep -cE 'Partial Aggregate|Parallel Append|HashAggregate')" 4 "two partitions are folded apart, in parallel, and added up"
is "$(PGOPTIONS=$settings run -c "$two_steps")" "$(run -c "SELECT state FROM whole WHERE kind = 'retention'")" "to the same bytes"

# really remote: the states of another database through postgres_fdw
if [ "$(run -c "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'")" = 1 ]; then
	run -c "COPY (SELECT customer_id, occurred_at, amount FROM events WHERE customer_id % 2 = 0) TO STDOUT" >"$files/even"
	far -c 'CREATE EXTENSION cvm' -c 'CREATE TABLE events (customer_id int, occurred_at timestamptz, amount numeric)'
	far -c 'COPY events FROM STDIN' <"$files/even"
	far -o /dev/null -c "SELECT cvm.create_model('far', tz => 'Europe/Vilnius'), cvm.bind('far', 'event', 'events')" -c "SELECT cvm.store('far', 'customer_activity')"
	far -c "CREATE VIEW far_retention AS SELECT cvm.retention_agg(cvm.tenure(activity, 'month', '2025-07-01')) AS state FROM far.customer_activity"
	run -o /dev/null <<-SQL
		CREATE EXTENSION postgres_fdw;
		CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$PGHOST', port '${PGPORT:-5432}', dbname '$there', extensions 'cvm');
		CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user '${PGUSER:-postgres}');
		CREATE FOREIGN TABLE far_retention (state cvm.retention) SERVER far;
		CREATE FOREIGN TABLE far_customer (customer_id int, activity cvm.activity) SERVER far OPTIONS (schema_name 'far', table_name 'customer_activity');
	SQL
	is "$(run -c "SELECT cvm.rollup(s.state)::text FROM (SELECT state FROM far_retention UNION ALL
		SELECT cvm.retention_agg(cvm.tenure(activity, 'month', '2025-07-01')) FROM customers WHERE customer_id % 2 = 1) s")" \
		"$(run -c "SELECT state FROM whole WHERE kind = 'retention'")" "half of the customers live in another database; one state travels"
	is "$(run -c "SELECT count(*) FROM far_customer f JOIN customers c USING (customer_id) WHERE f.activity OPERATOR(cvm.=) c.activity")" 150 "timelines travel too"
	ok "what can be added up over there is added up there" grep -q 'Remote SQL: SELECT cvm.rollup(activity) FROM' <<<"$(run -c "EXPLAIN (VERBOSE, COSTS off) SELECT cvm.rollup(activity) FROM far_customer")"
	# holdings likewise
	run -c "\\i test/world.sql" -c "COPY (SELECT customer_id, product, started_on, ended_on, mrr FROM world.subscription WHERE customer_id % 2 = 0) TO STDOUT" >"$files/spells"
	far -c 'CREATE TABLE spells (customer_id int, product text, started_on date, ended_on date, mrr numeric)' -c 'COPY spells FROM STDIN' <"$files/spells"
	far -o /dev/null -c "SELECT cvm.bind('far', 'subscription', 'spells'), cvm.store('far', 'customer_holdings')" \
		-c "CREATE VIEW far_movement AS SELECT cvm.movement_agg(holdings, 'month', '2025-07-01') AS state FROM far.customer_holdings"
	run -c "CREATE FOREIGN TABLE far_movement (state cvm.movement) SERVER far"
	near="SELECT cvm.movement_agg(h.holdings, 'month', '2025-07-01') AS state FROM (SELECT cvm.holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM world.subscription"
	is "$(run -c "SELECT md5(cvm.rollup(s.state)::text) FROM (SELECT state FROM far_movement UNION ALL $near WHERE customer_id % 2 = 1 GROUP BY customer_id) h) s")" \
		"$(run -c "SELECT md5(w.state::text) FROM ($near GROUP BY customer_id) h) w")" "half of the holdings live there too; one waterfall travels"
else
	skip "no postgres_fdw here"
	run -c '\\i test/world.sql'
fi

# every view of a model, wherever the caller looks for names
run -o /dev/null -c "SELECT world.model('every')"
views=$(run -c "SELECT view FROM cvm.catalog('every') WHERE \"exists\"")
for view in $views; do
	echo "SELECT '$view', md5(string_agg(t::text, '' ORDER BY t.row_key)) FROM every.$view t;"
done >"$files/views"
run -f "$files/views" >"$files/plain"
is "$(cut -d'|' -f1 "$files/plain")" "$views" "every view of a model is read"
PGOPTIONS="-c search_path=" run -f "$files/views" >"$files/fenced"
ok "every view can be read without a search path ($(wc -l <"$files/plain"))" cmp -s "$files/plain" "$files/fenced"
# an accessor over an aggregate in the select list would not be pushed down; the times of
# one customer in segments are no state, and are taken apart where that customer's are put together,
# and what is read with a ticket is gathered in one place, never where Citus has the spells
for view in $views; do
	echo "EXPLAIN (VERBOSE, COSTS off) SELECT * FROM every.$view;"
done >"$files/explain"
ok "every view has a plan" run -o "$files/plans" -f "$files/explain"
empty "no view reads a state in its select list" awk '/ProjectSet/ { at = NR + 1 } NR == at && /cvm\.[a-z_]+\(/ && !/cvm\.(_segment_stays|_customer_moves)\(/' "$files/plans"
done_testing
