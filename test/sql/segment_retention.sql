\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- segment_retention_agg: events and times in segments in one pass give what
-- customer after customer gives, each joined with the segment of the first day.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SET max_parallel_workers_per_gather = 0;
SELECT plan(17);

-- 4 000 customers over two years, of whom some never start and some bring nothing
CREATE TABLE visit AS
SELECT c AS customer, timestamptz '2023-03-25 20:00+00'
		+ ((hashint8extended(c * 37 + v, 5) & 1048575) * interval '1 minute') AS at,
	CASE WHEN c % 7 > 0 THEN ((hashint8extended(c * 41 + v, 6) & 8191) - 1000)::numeric(10,2) / 100 END::numeric(10,2) AS spent,
	(hashint8extended(c * 43 + v, 7) & 3) = 0 AS is_start,
	(hashint8extended(c * 47 + v, 8) & 1) = 0 AS is_return
FROM generate_series(1, 4000) c, generate_series(1, 1 + (c % 13)) v;
INSERT INTO visit VALUES (NULL, '2024-01-01', 1, true, true), (5, NULL, 1, true, true);

-- none, one or several times in segments, that overlap, have gaps, begin on one day, or last for ever
CREATE TABLE stay AS
SELECT c AS customer, 'S' || (hashint8extended(c * 53 + s, 9) & 7) AS segment,
	CASE WHEN c % 11 = 0 THEN date '-infinity' ELSE date '2023-01-01' + (hashint8extended(c * 59 + s / 2, 10) & 511)::int END AS valid_from,
	CASE s % 3 WHEN 0 THEN date '2023-06-01' + (hashint8extended(c * 61 + s, 11) & 1023)::int WHEN 1 THEN date 'infinity' END AS valid_to
FROM generate_series(1, 4100) c, generate_series(1, c % 5) s;
INSERT INTO stay VALUES (NULL, 'nobody', '2023-01-01', NULL), (8, 'never', NULL, NULL);

CREATE VIEW line AS
SELECT customer, at, spent, is_start, is_return, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM visit
UNION ALL
SELECT customer, NULL, NULL, NULL, NULL, segment, valid_from, valid_to FROM stay;

-- the two steps and the join, by grain
CREATE FUNCTION pg_temp.joined(grain text, marked boolean) RETURNS TABLE (segment text, state retention)
LANGUAGE sql SET search_path = cvm, public AS $$
	WITH folded AS MATERIALIZED (
		SELECT customer, CASE WHEN marked THEN activity_agg(at, 'Europe/Vilnius', spent, is_start, is_return) ELSE activity_agg(at, 'Europe/Vilnius', spent) END AS activity
		FROM visit WHERE customer IS NOT NULL GROUP BY customer
	), held AS (
		SELECT DISTINCT ON (f.customer) f.customer, s.segment
		FROM folded f JOIN stay s ON s.customer = f.customer AND s.valid_from <= first_day(f.activity) AND coalesce(s.valid_to > first_day(f.activity), true)
		ORDER BY f.customer, s.valid_from DESC, s.segment COLLATE "C")
	SELECT coalesce(h.segment, '(none)'), retention_agg(tenure(f.activity, grain, '2026-01-01'))
	FROM folded f LEFT JOIN held h USING (customer)
	WHERE first_day(f.activity) IS NOT NULL
	GROUP BY 1
$$;
CREATE TABLE answer AS
SELECT g.grain, m.marked, j.segment, j.state
FROM (VALUES ('day'), ('week'), ('month'), ('quarter'), ('year')) AS g (grain), (VALUES (false), (true)) AS m (marked), pg_temp.joined(g.grain, m.marked) j;
SELECT is((SELECT count(*) FROM answer WHERE grain = 'month' AND NOT marked), 9::bigint, 'eight segments and those in none are seen');

-- how many states differ, or are on one side only
CREATE FUNCTION pg_temp.differing(query text, marked boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	one text;
	n bigint;
	sum bigint := 0;
BEGIN
	FOREACH one IN ARRAY '{day,week,month,quarter,year}'::text[] LOOP
		EXECUTE format('SELECT count(*) FROM (SELECT u.segment COLLATE "C" AS segment, cvm.as_of(u.state, ''2026-01-01'') AS state FROM (%s) q, unnest(q.segments) u) n
			FULL JOIN (SELECT a.segment COLLATE "C" AS segment, a.state FROM answer a WHERE a.grain = %L AND a.marked = %L) a USING (segment)
			WHERE n.state IS NULL OR a.state IS NULL OR n.state <> a.state', replace(query, '{grain}', quote_literal(one)), one, marked) INTO n;
		sum := sum + n;
	END LOOP;
	RETURN sum;
END
$$;

SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(customer, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, false), 0::bigint,
	'customers by number: the same bytes as the two steps, at every grain');
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(customer::bigint << 40, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, false), 0::bigint,
	'numbers far apart: the same bytes');
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(md5(customer::text)::uuid, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, false), 0::bigint,
	'customers by uuid: the same bytes');
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(repeat('x', customer % 300) || customer, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, false), 0::bigint,
	'customers by text, short and long: the same bytes');
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(customer, at, 'Europe/Vilnius', spent, is_start, is_return, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, true), 0::bigint,
	'with starts and returns: the same bytes');
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(customer, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, {grain}) AS segments FROM (SELECT * FROM line ORDER BY hashint8extended(customer, 3), at NULLS FIRST) l$$, false), 0::bigint,
	'times in segments before the events: the same bytes');
SELECT isnt(pg_temp.differing($$SELECT cvm.segment_retention_agg(customer, at, 'Europe/Vilnius', spent, segment, valid_from + 1, valid_to, {grain}) AS segments FROM line$$, false), 0::bigint,
	'times in segments of which each begins a day later: other bytes');

-- with little memory customers, sums and times in segments go to the file
SET LOCAL work_mem = '64kB';
SET LOCAL hash_mem_multiplier = 1;
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(customer, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, false), 0::bigint,
	'with 64 kB of memory: the same bytes');
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(md5(customer::text), at, 'Europe/Vilnius', spent, is_start, is_return, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, true), 0::bigint,
	'with marks, by text: too');
RESET work_mem;
RESET hash_mem_multiplier;

-- three processes, each with some events and some times in segments
ALTER TABLE visit SET (parallel_workers = 2);
ALTER TABLE stay SET (parallel_workers = 2);
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 2;
SELECT is(pg_temp.differing($$SELECT cvm.segment_retention_agg(customer, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, {grain}) AS segments FROM line$$, false), 0::bigint,
	'in parallel: the same bytes');
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		lines := lines || line || E'\n';
	END LOOP;
	RETURN lines;
END
$$;
SELECT matches(pg_temp.plan_of($$SELECT cvm.segment_retention_agg(customer, at, 'Europe/Vilnius', spent, segment, valid_from, valid_to, 'month') FROM line$$), 'Partial Aggregate',
	'segment_retention_agg runs in parallel');
SET LOCAL max_parallel_workers_per_gather = 0;

-- which segment a customer counts in
CREATE FUNCTION pg_temp.where_is(stays text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE format($q$SELECT string_agg(u.segment, ',' ORDER BY u.segment COLLATE "C") FROM (
		SELECT cvm.segment_retention_agg(1, l.day, l.segment, l.valid_from, l.valid_to, 'month') AS segments
		FROM (SELECT date '2024-03-10' AS day, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to
			UNION ALL SELECT '2024-05-01', NULL, NULL, NULL
			UNION ALL SELECT NULL, s.* FROM (VALUES %s) s) l) q, unnest(q.segments) u$q$, stays) INTO found;
	RETURN found;
END
$$;
SELECT is(pg_temp.where_is($$('a', date '2024-01-01', NULL::date), ('b', '2024-03-10', NULL), ('c', '2024-03-11', NULL)$$), 'b', 'the segment that began last by the first day counts');
SELECT is(pg_temp.where_is($$('b', date '2024-01-01', NULL::date), ('B', '2024-01-01', NULL), ('a', '2023-01-01', NULL)$$), 'B', 'of several that began on one day, the first by the bytes of its name');
SELECT is(pg_temp.where_is($$('a', date '2024-01-01', date '2024-03-10'), (NULL, '2024-03-20', NULL)$$), '(none)', 'who left on the first day was in none');
SELECT is(pg_temp.where_is($$('a', date '-infinity', date 'infinity')$$), 'a', 'a time in a segment may be for ever');
SELECT is((SELECT segment_retention_agg(1::bigint, NULL::date, 'a', date '2024-01-01', NULL::date, 'month')), NULL, 'without events there are no segments');

SELECT * FROM finish();
ROLLBACK;
