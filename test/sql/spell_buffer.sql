\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Raw spells in one pass: however customers are kept in memory and in files,
-- every reading gives the bytes of the two steps by way of holdings.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SET max_parallel_workers_per_gather = 0;
SELECT plan(42);

CREATE FUNCTION draw(seed bigint, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;

-- 4 000 customers: overlaps, gaps, free and negative prices, more decimals as
-- rows go by, many spells of a few, and a few that begin after the end
CREATE TABLE spell AS
SELECT c AS customer, 'plan ' || k % 5 || CASE WHEN k = 3 THEN ' with a rather long name' ELSE '' END AS product,
	date '2023-01-01' + draw(c * 50 + k, 'start', 700) AS started_on,
	CASE WHEN draw(c * 50 + k, 'open', 4) > 0 THEN date '2023-01-01' + draw(c * 50 + k, 'start', 700) + draw(c * 50 + k, 'days', 200) END AS ended_on,
	CASE draw(c * 50 + k, 'price', 6) WHEN 0 THEN 0 WHEN 1 THEN -2.5 WHEN 2 THEN 9.999 ELSE draw(c * 50 + k, 'money', 40) END AS mrr
FROM generate_series(1, 4000) c, generate_series(1, CASE WHEN c % 500 = 0 THEN 40 ELSE 1 + c % 5 END) k;
CREATE TABLE stay AS
SELECT c AS customer, 'segment ' || draw(c * 3 + k, 'segment', 4) AS segment,
	date '2023-01-01' + k * 200 + draw(c * 3 + k, 'from', 90) AS valid_from,
	date '2023-01-01' + k * 200 + 90 + draw(c * 3 + k, 'to', 110) AS valid_to
FROM generate_series(1, 4000) c, generate_series(0, 2) k;
CREATE TABLE folded AS SELECT customer, holdings_agg(product, started_on, ended_on, mrr) AS h FROM spell GROUP BY customer;
CREATE TABLE answer AS
SELECT g.grain, movement_agg(h, g.grain, '2024-09-15') AS movement, revenue_retention_agg(h, g.grain, '2024-09-15') AS revenue,
	revenue_retention_agg(h, g.grain, '2024-09-15', 'anniversary') AS anniversary
FROM folded, (VALUES ('day'), ('week'), ('week:7'), ('month'), ('quarter'), ('year')) AS g (grain)
GROUP BY g.grain;
CREATE TABLE flow AS
SELECT segment_flow_agg(f.h, s.segments, 'month', '2024-09-15') AS state
FROM folded f LEFT JOIN (SELECT customer, holdings_agg(segment, valid_from, valid_to, 0) AS segments FROM stay GROUP BY customer) s USING (customer);

-- The readings of the spells of a query whose first column is the customer
CREATE FUNCTION same(spells text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	same boolean := true;
	one record;
	expected record;
BEGIN
	FOR expected IN SELECT * FROM answer LOOP
		EXECUTE format('SELECT cvm.movement_agg(c, product, started_on, ended_on, mrr, %1$L, date ''2024-09-15'') AS movement,
			cvm.revenue_retention_agg(c, product, started_on, ended_on, mrr, %1$L, date ''2024-09-15'') AS revenue,
			cvm.revenue_retention_agg(c, product, started_on, ended_on, mrr, %1$L, date ''2024-09-15'', ''anniversary'') AS anniversary
			FROM (%2$s) AS s (c)', expected.grain, spells) INTO one;
		same := same AND one.movement = expected.movement AND one.revenue = expected.revenue AND one.anniversary = expected.anniversary;
	END LOOP;
	RETURN same;
END $$;
-- Blocks that the query writes to temporary files
CREATE FUNCTION spilled(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' || query INTO plan;
	RETURN (plan -> 0 -> 'Plan' ->> 'Temp Written Blocks')::bigint;
END $$;

SELECT ok(same('SELECT customer::bigint, product, started_on, ended_on, mrr FROM spell'), 'customers by number: every reading gives the bytes of the two steps');
SELECT ok(same('SELECT customer::bigint << 40, product, started_on, ended_on, mrr FROM spell'), 'customers by numbers far apart give the same bytes');
SELECT ok(same('SELECT -customer::bigint, product, started_on, ended_on, mrr FROM spell ORDER BY started_on'), 'negative numbers, in the order of days');
SELECT ok(same('SELECT md5(customer::text)::uuid, product, started_on, ended_on, mrr FROM spell ORDER BY mrr'), 'customers by uuid give the same bytes');
SELECT ok(same($$SELECT repeat('x', customer % 300) || customer, product, started_on, ended_on, mrr FROM spell$$), 'customers by text, short and long');
SELECT ok((SELECT state FROM flow) = (SELECT segment_flow_agg(c, product, started_on, ended_on, mrr, segment, 'month', '2024-09-15') FROM (
		SELECT customer::bigint AS c, product, started_on, ended_on, mrr, NULL::text AS segment FROM spell
		UNION ALL SELECT customer, NULL, valid_from, valid_to, NULL, segment FROM stay) s),
	'flows between segments have the same bytes');

-- What the packed lines do not hold
CREATE FUNCTION great(price text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE same boolean;
BEGIN
	EXECUTE format('SELECT cvm.movement_agg(customer::bigint, product, started_on, ended_on, %1$s, ''month'', date ''2024-09-15'') = (
			SELECT cvm.movement_agg(h, ''month'', ''2024-09-15'') FROM (SELECT cvm.holdings_agg(product, started_on, ended_on, %1$s) AS h FROM spell GROUP BY customer) x)
		AND cvm.revenue_retention_agg(customer::bigint, product, started_on, ended_on, %1$s, ''month'', date ''2024-09-15'') = (
			SELECT cvm.revenue_retention_agg(h, ''month'', ''2024-09-15'') FROM (SELECT cvm.holdings_agg(product, started_on, ended_on, %1$s) AS h FROM spell GROUP BY customer) x)
		FROM spell', price) INTO same;
	RETURN same;
END $$;
SELECT ok(great('mrr * 1000000'), 'prices of more than 32 bits');
SELECT ok(great('mrr * 1e15 + 0.00001'), 'prices of more than 64 bits');
SELECT ok(great('CASE WHEN customer = 4000 THEN mrr + 0.000000000001 ELSE mrr * 1e6 END'), 'many decimals in the last rows');
SELECT ok(great('abs(mrr) * 3e9'), 'retention counts great prices the long way');
SELECT is((SELECT closing_customers || ' ' || closing_mrr FROM movements((SELECT movement_agg(n % 1000003, 'line ' || n, '2024-01-01', NULL, 1, 'month', '2024-02-01')
		FROM generate_series(1::bigint, 2200000) n)) m), '1000003 2200000', 'two million products are counted');

-- A directory of dense numbers, from which later numbers run away
CREATE TABLE dense AS
SELECT i::bigint AS customer, 'p' AS product, date '2024-01-01' + (i % 700)::int AS started_on, date '2024-03-01' + (i % 800)::int AS ended_on, i % 7 AS mrr
FROM generate_series(1, 30000) i
UNION ALL SELECT i::bigint, 'q', date '2024-02-01' + (i % 600)::int, NULL, i % 5 FROM generate_series(1, 30000) i;
CREATE FUNCTION agree(spells text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE same boolean;
BEGIN
	EXECUTE format('SELECT cvm.movement_agg(customer, product, started_on, ended_on, mrr, ''month'', date ''2025-09-15'')
		= cvm.movement_agg(customer::text, product, started_on, ended_on, mrr, ''month'', date ''2025-09-15'') FROM (%s) d', spells) INTO same;
	RETURN same;
END $$;
SELECT ok(agree('TABLE dense'), 'dense numbers move to a directory and nobody is lost');
SELECT ok(agree('SELECT * FROM dense ORDER BY md5(customer::text)'), 'rows in any order give the same bytes');
SELECT ok(agree('TABLE dense UNION ALL SELECT customer * 1000003, product, started_on, ended_on, mrr FROM dense'), 'numbers that thin out move back to the table');
SELECT ok(agree($$TABLE dense UNION ALL SELECT 9223372036854775807, 'p', '2024-01-01', NULL, 1 UNION ALL SELECT -9223372036854775808, 'p', '2024-01-01', NULL, 1 UNION ALL TABLE dense$$),
	'the largest and the smallest number are customers too');
CREATE VIEW clusters AS SELECT d.customer + k * 1000000 AS customer, d.product, d.started_on, d.ended_on, d.mrr FROM generate_series(-2, 3) k, dense d;
SELECT ok(agree('TABLE clusters'), 'numbers in clusters, one after the other');
SELECT ok(agree('SELECT * FROM clusters ORDER BY md5(customer::text)'), 'the same in any order');
SELECT ok(agree('TABLE clusters UNION ALL SELECT customer % 17 * 1000003, product, started_on, ended_on, mrr FROM dense'), 'numbers in clusters agree with others between them');
SELECT ok(agree('TABLE clusters UNION ALL SELECT customer * 1000003, product, started_on, ended_on, mrr FROM dense'), 'numbers in clusters agree with others that thin out');

-- Days at the edges of the calendar, alone and among others
SELECT ok((SELECT movement_agg(1, 'p', s, e, 1, 'year', '5000-01-01') FROM (VALUES (date '4713-11-24 BC', date '2024-01-01'), ('2024-01-01', NULL), ('4999-12-31', '5874897-12-30')) v (s, e))
	= (SELECT movement_agg(h, 'year', '5000-01-01') FROM (SELECT holdings_agg('p', s, e, 1) AS h FROM (VALUES (date '4713-11-24 BC', date '2024-01-01'), ('2024-01-01', NULL), ('4999-12-31', '5874897-12-30')) v (s, e)) x),
	'the first day of the calendar and the last one');

-- Memory: a budget, and files beyond it
SET work_mem = '1GB';
SELECT is(spilled($$SELECT movement_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') FROM spell$$), 0::bigint, 'with enough memory no file is written');
SET work_mem = '64kB';
SELECT cmp_ok(spilled($$SELECT movement_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') FROM spell$$), '>', 20::bigint, 'beyond the budget lines of movement_agg go to a temporary file');
SELECT cmp_ok(spilled($$SELECT revenue_retention_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') FROM spell$$), '>', 20::bigint, 'beyond the budget lines of revenue_retention_agg go to a temporary file');
SELECT cmp_ok(spilled($$SELECT segment_flow_agg(customer::bigint, product, started_on, ended_on, mrr, NULL, 'month', '2024-09-15') FROM spell$$), '>', 20::bigint, 'beyond the budget lines of segment_flow_agg go to a temporary file');
SELECT ok(same('SELECT customer::bigint, product, started_on, ended_on, mrr FROM spell'), 'spilled: the same bytes, by number');
SELECT ok(same('SELECT md5(customer::text)::uuid, product, started_on, ended_on, mrr FROM spell'), 'spilled: the same bytes, by uuid');
SELECT ok(same($$SELECT repeat('y', customer % 90) || customer, product, started_on, ended_on, mrr FROM spell$$), 'spilled: the same bytes, by text');
SELECT ok(great('mrr * 1e15 + 0.00001'), 'spilled: the same bytes, with prices of more than 64 bits');
SELECT ok(great('CASE WHEN customer % 4 = 0 THEN mrr + 0.000000000001 ELSE mrr * 1e6 END'), 'spilled: the same bytes, with decimals that grow between two chunks');
SELECT ok((SELECT state FROM flow) = (SELECT segment_flow_agg(c, product, started_on, ended_on, mrr, segment, 'month', '2024-09-15') FROM (
		SELECT customer::bigint AS c, product, started_on, ended_on, mrr, NULL::text AS segment FROM spell
		UNION ALL SELECT customer, NULL, valid_from, valid_to, NULL, segment FROM stay) s),
	'flows between segments spill too');
SELECT ok(agree('TABLE dense UNION ALL SELECT customer * 1000003, product, started_on, ended_on, mrr FROM dense'), 'a directory that is spilled begins as a table again');
SELECT is((SELECT count(DISTINCT (s.movement, s.revenue)) FROM (
		SELECT g, movement_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') AS movement,
			revenue_retention_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') AS revenue
		FROM spell, generate_series(1, 3) g GROUP BY g) s), 1::bigint, 'several groups spill side by side, and both readings take the same files');
SELECT ok((SELECT movement FROM answer WHERE grain = 'month') = (SELECT rollup(state) FROM (
		SELECT movement_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') AS state FROM spell GROUP BY customer % 7) x), 'parts add up to the whole');
SELECT is((SELECT count(DISTINCT m) FROM (SELECT movement_agg(1 + customer % 2, product, started_on, ended_on, mrr, 'month', '2024-09-15') AS m FROM spell
		UNION ALL SELECT movement_agg(h, 'month', '2024-09-15') FROM (SELECT holdings_agg(product, started_on, ended_on, mrr) AS h FROM spell GROUP BY customer % 2) y) z), 1::bigint,
	'two customers with six thousand lines each cannot be divided, and are counted all the same');
RESET work_mem;

-- Windows, where nobody would close files, and a look at every row
SELECT ok((SELECT bool_and(one = two) FROM (
		SELECT movement_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') OVER (ORDER BY customer) AS one,
			(SELECT movement_agg(h, 'month', '2024-09-15') FROM folded f WHERE f.customer <= s.customer) AS two
		FROM spell s WHERE customer <= 60) w), 'two customers with six thousand lines each are counted over a window');

-- Parallel workers
ALTER TABLE spell SET (parallel_workers = 3);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || query INTO plan;
	RETURN plan::text;
END $$;
SELECT matches(plan_of($$SELECT revenue_retention_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15') FROM spell$$), 'Partial', 'workers write parts of the spell buffer');
SELECT ok(same('SELECT customer::bigint, product, started_on, ended_on, mrr FROM spell'), 'parallel workers give the same bytes');
SELECT ok(great('mrr * 1e15 + 0.00001'), 'parallel workers give the same bytes with great prices');
SET work_mem = '64kB';
SELECT ok(same($$SELECT 'c' || customer, product, started_on, ended_on, mrr FROM spell$$), 'parallel workers that spill give the same bytes');
SELECT ok(great('mrr * 1e15 + 0.00001'), 'parallel workers that spill give the same bytes with great prices');
RESET work_mem;

SELECT throws_ok($$SELECT revenue_retention_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15', CASE WHEN customer = 9 THEN 'anniversary' ELSE 'calendar' END) FROM spell$$,
	'22023', NULL, 'the clock is the same for every row');
SELECT throws_ok($$SELECT revenue_retention_agg(customer::bigint, product, started_on, ended_on, mrr, 'month', '2024-09-15', 'moon') FROM spell$$, '22023', NULL, 'a clock that is neither calendar nor anniversary is refused');

SELECT * FROM finish();
ROLLBACK;
