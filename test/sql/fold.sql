\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The one-pass fold and the fold of timelines: every way of keeping customers
-- in memory gives the same bytes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SET max_parallel_workers_per_gather = 0;
SELECT plan(24);

-- 4 000 customers over two years, some with many visits on a day
CREATE TABLE visit AS
SELECT c AS customer, timestamptz '2023-03-25 20:00+00'
		+ ((hashint8extended(c * 37 + v, 5) & 1048575) * interval '1 minute') AS at,
	((hashint8extended(c * 41 + v, 6) & 8191) - 1000)::numeric / 100 AS spent,
	(hashint8extended(c * 43 + v, 7) & 3) = 0 AS is_start,
	(hashint8extended(c * 47 + v, 8) & 1) = 0 AS is_return
FROM generate_series(1, 4000) c, generate_series(1, 1 + (c % 13)) v;
INSERT INTO visit SELECT customer, at, NULL, true, true FROM visit WHERE customer % 5 = 0;

-- the two steps, by grain
CREATE TABLE answer AS
SELECT g.grain, (SELECT retention_agg(t) FROM (
	SELECT tenure(activity_agg(at, 'Europe/Vilnius', spent, is_start, is_return), g.grain, '2026-01-01') AS t
	FROM visit GROUP BY customer) c) AS marked,
	(SELECT retention_agg(t) FROM (
	SELECT tenure(activity_agg(at, 'Europe/Vilnius'), g.grain, '2026-01-01') AS t
	FROM visit GROUP BY customer) c) AS plain
FROM (VALUES ('day'), ('week'), ('month'), ('quarter'), ('year')) AS g (grain);

SELECT ok(bool_and(a.plain = as_of((SELECT retention_agg(customer, at, 'Europe/Vilnius', a.grain) FROM visit), '2026-01-01')),
	'customers by number: the same bytes as the two steps, at every grain')
FROM answer a;
SELECT ok(bool_and(a.plain = as_of((SELECT retention_agg(customer::bigint << 40, at, 'Europe/Vilnius', a.grain) FROM visit), '2026-01-01')),
	'numbers far apart: the same bytes')
FROM answer a;
SELECT ok(bool_and(a.plain = as_of((SELECT retention_agg(-customer::bigint, at, 'Europe/Vilnius', a.grain) FROM visit), '2026-01-01')),
	'negative numbers: the same bytes')
FROM answer a;
SELECT ok(bool_and(a.plain = as_of((SELECT retention_agg(md5(customer::text)::uuid, at, 'Europe/Vilnius', a.grain) FROM visit), '2026-01-01')),
	'customers by uuid: the same bytes')
FROM answer a;
SELECT ok(bool_and(a.plain = as_of((SELECT retention_agg(repeat('x', customer % 300) || customer, at, 'Europe/Vilnius', a.grain) FROM visit), '2026-01-01')),
	'customers by text, short and long: the same bytes')
FROM answer a;
SELECT ok(bool_and(a.marked = as_of((SELECT retention_agg(customer, at, 'Europe/Vilnius', spent, is_start, is_return, a.grain) FROM visit), '2026-01-01')),
	'with starts, returns and money: the same bytes')
FROM answer a;
SELECT ok(bool_and(a.plain = (SELECT retention_agg(t.activity, a.grain, '2026-01-01') FROM (
		SELECT activity_agg(at, 'Europe/Vilnius') AS activity FROM visit GROUP BY customer) t)),
	'stored timelines in one walk: the same bytes')
FROM answer a;
SELECT ok(bool_and(a.marked = (SELECT retention_agg(t.activity, a.grain, '2026-01-01') FROM (
		SELECT activity_agg(at, 'Europe/Vilnius', spent, is_start, is_return) AS activity FROM visit GROUP BY customer) t)),
	'stored timelines with marks and money in one walk: the same bytes')
FROM answer a;

-- a directory of dense numbers, from which later numbers run away
CREATE TABLE dense AS
SELECT i::bigint AS customer, date '2024-01-01' + (i % 700)::int AS day FROM generate_series(1, 30000) i
UNION ALL SELECT i::bigint, date '2024-02-01' + (i % 600)::int FROM generate_series(1, 30000) i;
SELECT ok((SELECT retention_agg(customer, day, 'month') FROM dense)
	= (SELECT retention_agg(customer::text, day, 'month') FROM dense),
	'dense numbers move to a directory and nobody is lost');
SELECT ok((SELECT retention_agg(customer, day, 'month') FROM (TABLE dense UNION ALL SELECT customer * 1000003, day FROM dense) d)
	= (SELECT retention_agg(customer::text, day, 'month') FROM (TABLE dense UNION ALL SELECT customer * 1000003, day FROM dense) d),
	'numbers that thin out move back to the table');
SELECT ok((SELECT retention_agg(customer, day, 'month') FROM (SELECT 9223372036854775807 AS customer, date '2024-01-01' AS day UNION ALL SELECT -9223372036854775808, '2024-01-01' UNION ALL TABLE dense) d)
	= (SELECT retention_agg(customer::text, day, 'month') FROM (SELECT 9223372036854775807 AS customer, date '2024-01-01' AS day UNION ALL SELECT -9223372036854775808, '2024-01-01' UNION ALL TABLE dense) d),
	'the largest and the smallest number are customers too');

-- periods far apart: planes come and go
SELECT ok((SELECT as_of(retention_agg(c, d, 'day'), '5000-01-01') FROM (VALUES (1, date '0044-03-15 BC'), (1, '4999-12-31'), (2, '2024-02-29'), (2, '2024-01-01')) v (c, d))
	= (SELECT retention_agg(t) FROM (SELECT tenure(activity_agg(d), 'day', '5000-01-01') AS t FROM (VALUES (1, date '0044-03-15 BC'), (1, '4999-12-31'), (2, '2024-02-29'), (2, '2024-01-01')) v (c, d) GROUP BY c) x),
	'five thousand years of days between two visits');

-- memory
SET work_mem = '64kB';
SELECT ok(bool_and(a.plain = as_of((SELECT retention_agg(md5(customer::text)::uuid, at, 'Europe/Vilnius', a.grain) FROM visit), '2026-01-01')),
	'spilled to files: the same bytes')
FROM answer a;
SELECT ok(bool_and(a.marked = as_of((SELECT retention_agg(repeat('y', customer % 90) || customer, at, 'Europe/Vilnius', spent, is_start, is_return, a.grain) FROM visit), '2026-01-01')),
	'spilled with text, marks and money: the same bytes')
FROM answer a;
SELECT is((SELECT count(DISTINCT s.state) FROM (
		SELECT g, retention_agg(customer, at, 'UTC', 'month') AS state
		FROM visit, generate_series(1, 3) g GROUP BY g) s), 1::bigint,
	'several groups spill side by side');
SELECT is((SELECT sum(cohort_customers) FROM (SELECT retention_agg(customer, at, 'UTC', 'month') AS s FROM visit) v, grid(v.s) g WHERE g.period_no = 0),
	4000::numeric, 'nobody is lost or counted twice');
SET work_mem = '4MB';
CREATE TABLE million AS
SELECT retention_agg(i, date '2024-01-01' + (hashint8extended(i, 1) & 511)::int, 'month') AS state
FROM generate_series(1, 5000000) i;
SET work_mem = '1GB';
SELECT ok((SELECT state FROM million) = (SELECT retention_agg(i, date '2024-01-01' + (hashint8extended(i, 1) & 511)::int, 'month')
		FROM generate_series(1, 5000000) i),
	'five million customers fit into 4 MB of work_mem');
RESET work_mem;

-- timelines at once
CREATE FUNCTION same_timelines(query text, by_hand text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE differ bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM cvm.fold_activity(%L, ''Europe/Vilnius'') AS f (customer text, activity cvm.activity)
		FULL JOIN (%s) h ON h.customer = f.customer WHERE f.activity IS DISTINCT FROM h.activity', query, by_hand) INTO differ;
	RETURN differ;
END $$;
SELECT is(same_timelines('SELECT customer::text, at FROM visit',
	$$SELECT customer::text, activity_agg(at, 'Europe/Vilnius') AS activity FROM visit GROUP BY 1$$),
	0::bigint, 'fold_activity gives what activity_agg gives, customer by customer');
SELECT is(same_timelines('SELECT customer::text, at, spent, is_start, is_return FROM visit',
	$$SELECT customer::text, activity_agg(at, 'Europe/Vilnius', spent, is_start, is_return) AS activity FROM visit GROUP BY 1$$),
	0::bigint, 'fold_activity with money and marks gives what activity_agg gives');
SET work_mem = '64kB';
SELECT is(same_timelines('SELECT customer::text, at, spent FROM visit',
	$$SELECT customer::text, activity_agg(at, 'Europe/Vilnius', spent) AS activity FROM visit GROUP BY 1$$),
	0::bigint, 'fold_activity gives the same when the rows do not fit into memory');
RESET work_mem;
SELECT throws_ok($$SELECT * FROM cvm.fold_activity('SELECT 1, 2', 'UTC') AS f (c bigint, a cvm.activity)$$,
	'42804', 'columns of the query are not those of events', 'a query of other columns is refused');
SELECT throws_ok($$SELECT * FROM cvm.fold_activity('DELETE FROM visit', 'UTC') AS f (c bigint, a cvm.activity)$$,
	NULL, NULL, 'a statement that is not a query is refused');
SELECT throws_ok($$SELECT * FROM cvm.fold_activity('SELECT 1::bigint, now()', 'Mars/Olympus') AS f (c bigint, a cvm.activity)$$,
	'22023', 'time zone "Mars/Olympus" not recognized', 'a zone that nobody knows is refused');
SELECT is_empty($$SELECT * FROM cvm.fold_activity('SELECT 1::bigint, NULL::date', 'UTC') AS f (c bigint, a cvm.activity)$$,
	'rows without a day are nobody''s timeline');

SELECT * FROM finish();
ROLLBACK;
