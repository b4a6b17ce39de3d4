\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- lifecycle_agg and segment_lifecycle_agg over rows: events and times in segments
-- in one pass give the bytes that customer after customer gives, each with the
-- days on which segments hold it.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SET max_parallel_workers_per_gather = 0;
SELECT plan(25);

-- 1 500 customers over two years, of whom some never start
CREATE TABLE visit AS
SELECT c AS customer, timestamptz '2023-03-25 20:00+00' + ((hashint8extended(c * 37 + v, 5) & 1048575) * interval '1 minute') AS at,
	(hashint8extended(c * 43 + v, 7) & 3) = 0 AS is_start,
	(hashint8extended(c * 47 + v, 8) & 1) = 0 AS is_return
FROM generate_series(1, 1500) c, generate_series(1, 1 + (c % 13)) v;
INSERT INTO visit VALUES (NULL, '2024-01-01', true, true), (5, NULL, true, true);

-- none, one or several times in segments, that overlap, have gaps, begin on one day, last for ever
CREATE TABLE stay AS
SELECT c AS customer, 'S' || (hashint8extended(c * 53 + s, 9) & 7) AS segment,
	CASE WHEN c % 11 = 0 THEN date '-infinity' ELSE date '2023-01-01' + (hashint8extended(c * 59 + s / 2, 10) & 511)::int END AS valid_from,
	CASE s % 3 WHEN 0 THEN date '2023-06-01' + (hashint8extended(c * 61 + s, 11) & 1023)::int WHEN 1 THEN date 'infinity' END AS valid_to
FROM generate_series(1, 1550) c, generate_series(1, CASE WHEN c % 97 = 0 THEN 40 ELSE c % 5 END) s;
INSERT INTO stay VALUES (NULL, 'nobody', '2023-01-01', NULL), (8, 'never', NULL, NULL);

CREATE VIEW line AS
SELECT customer, at, is_start, is_return, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM visit
UNION ALL
SELECT customer, NULL, NULL, NULL, segment, valid_from, valid_to FROM stay;

-- the days of each customer in each segment: those that began earlier give way
CREATE TABLE held AS
SELECT p.customer, p.segment, range_agg(p.days) AS days
FROM (
	SELECT s.customer, s.segment, datemultirange(s.days) - coalesce(range_agg(s.days) OVER (
		PARTITION BY s.customer ORDER BY s.valid_from DESC, s.segment COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS days
	FROM (SELECT customer, segment, valid_from, CASE WHEN valid_to <= valid_from THEN 'empty'::daterange ELSE daterange(valid_from, valid_to) END AS days
		FROM stay WHERE valid_from IS NOT NULL) s) p
GROUP BY 1, 2
UNION ALL
SELECT v.customer, '(none)', '{(,)}'::datemultirange - coalesce((SELECT range_agg(CASE WHEN s.valid_to <= s.valid_from THEN 'empty'::daterange ELSE daterange(s.valid_from, s.valid_to) END)
	FROM stay s WHERE s.customer = v.customer AND s.valid_from IS NOT NULL), '{}')
FROM (SELECT DISTINCT customer FROM visit WHERE customer IS NOT NULL) v;

CREATE TABLE timeline AS
SELECT v.customer, m.marked, CASE WHEN m.marked THEN activity_agg(v.at, 'Europe/Vilnius', NULL::numeric, v.is_start, v.is_return) ELSE activity_agg(v.at, 'Europe/Vilnius') END AS a
FROM visit v, (VALUES (false), (true)) AS m (marked) WHERE v.customer IS NOT NULL GROUP BY 1, 2;
CREATE TABLE answer AS
SELECT g.grain, t.marked, o.as_of, h.segment, lifecycle_agg(t.a, g.grain, o.as_of, h.days) AS state
FROM (VALUES ('day'), ('week:3'), ('month'), ('quarter'), ('year')) AS g (grain), (VALUES (date '2025-03-24'), ('2026-05-05')) AS o (as_of), timeline t
JOIN held h USING (customer)
GROUP BY 1, 2, 3, 4;
DELETE FROM answer a WHERE NOT EXISTS (SELECT FROM lifecycles(a.state));
SELECT is((SELECT count(*) FROM answer WHERE grain = 'month' AND NOT marked AND as_of = '2026-05-05'), 9::bigint, 'eight segments and none have customers');
SELECT is((SELECT max(last_day(a)) + 1 FROM timeline), date '2025-03-24', 'the first as_of is the day after the last event');

-- how many states differ, or are on one side only
CREATE FUNCTION pg_temp.differing(query text, marked boolean, as_of date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	one text;
	n bigint;
	sum bigint := 0;
BEGIN
	FOREACH one IN ARRAY '{day,week:3,month,quarter,year}'::text[] LOOP
		EXECUTE format('SELECT count(*) FROM (SELECT u.segment COLLATE "C" AS segment, u.state FROM (%s) q, unnest(q.segments) u) n
			FULL JOIN (SELECT a.segment COLLATE "C" AS segment, a.state FROM answer a WHERE a.grain = %L AND a.marked = %L AND a.as_of = %L) a USING (segment)
			WHERE n.state IS NULL OR a.state IS NULL OR n.state <> a.state', replace(replace(query, '{grain}', quote_literal(one)), '{as_of}', quote_nullable(as_of) || '::date'), one, marked, coalesce(as_of, '2025-03-24')) INTO n;
		sum := sum + n;
	END LOOP;
	RETURN sum;
END
$$;
CREATE FUNCTION pg_temp.fold(customer text, marks text DEFAULT '', rows text DEFAULT 'line') RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT cvm.segment_lifecycle_agg(%s, at, ''Europe/Vilnius''%s, segment, valid_from, valid_to, {grain}, {as_of}) AS segments FROM %s', customer, marks, rows)
$$;

SELECT is(pg_temp.differing(pg_temp.fold('customer'), false, d), 0::bigint, format('customers by number up to %s: the same bytes as one by one, at every grain', d))
FROM (VALUES (date '2025-03-24'), ('2026-05-05')) AS d (d);
SELECT is(pg_temp.differing(pg_temp.fold('customer'), false, NULL), 0::bigint, 'without as_of it is the day after the last event');
SELECT is(pg_temp.differing(pg_temp.fold('customer::bigint << 40'), false, '2026-05-05'), 0::bigint, 'numbers far apart: the same bytes');
SELECT is(pg_temp.differing(pg_temp.fold('md5(customer::text)::uuid'), false, '2026-05-05'), 0::bigint, 'customers by uuid: the same bytes');
SELECT is(pg_temp.differing(pg_temp.fold('repeat(''x'', customer % 300) || customer'), false, '2026-05-05'), 0::bigint, 'customers by text, short and long: the same bytes');
SELECT is(pg_temp.differing(pg_temp.fold('customer', ', is_start, is_return'), true, d), 0::bigint, format('with starts and returns up to %s: the same bytes', d))
FROM (VALUES (date '2025-03-24'), ('2026-05-05')) AS d (d);
SELECT is(pg_temp.differing(pg_temp.fold('customer', '', '(SELECT * FROM line ORDER BY hashint8extended(customer, 3), at NULLS FIRST) l'), false, '2026-05-05'), 0::bigint,
	'times in segments before the events: the same bytes');
SELECT isnt(pg_temp.differing(replace(pg_temp.fold('customer'), 'valid_to', 'valid_to + 40'), false, '2026-05-05'), 0::bigint,
	'times in segments of which each ends later: other bytes');
SELECT is((SELECT lifecycle_agg(customer::bigint, at, 'Europe/Vilnius', 'month', '2026-05-05') FROM visit),
	(SELECT lifecycle_agg(a, 'month', '2026-05-05') FROM timeline WHERE NOT marked), 'everybody without segments: the same bytes');
SELECT is((SELECT lifecycle_agg(customer::text, at, 'Europe/Vilnius', is_start, is_return, 'week', NULL) FROM visit),
	(SELECT lifecycle_agg(a, 'week', '2025-03-24') FROM timeline WHERE marked), 'everybody without segments, with starts and returns: the same bytes');

-- with little memory customers and times in segments go to the file
SET LOCAL work_mem = '64kB';
SET LOCAL hash_mem_multiplier = 1;
SELECT is(pg_temp.differing(pg_temp.fold('customer'), false, '2026-05-05'), 0::bigint, 'with 64 kB of memory: the same bytes');
SELECT is(pg_temp.differing(pg_temp.fold('md5(customer::text)', ', is_start, is_return'), true, '2026-05-05'), 0::bigint, 'with marks, by text: too');
RESET work_mem;
RESET hash_mem_multiplier;

-- three processes, each with some events and some times in segments
ALTER TABLE visit SET (parallel_workers = 2);
ALTER TABLE stay SET (parallel_workers = 2);
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 2;
SELECT is(pg_temp.differing(pg_temp.fold('customer'), false, d), 0::bigint, format('in parallel up to %s: the same bytes', coalesce(d::text, 'the last event')))
FROM (VALUES (date '2026-05-05'), (NULL)) AS d (d);
SET LOCAL max_parallel_workers_per_gather = 0;

-- as_of is one day for all rows
SELECT throws_ok($$SELECT lifecycle_agg(customer::bigint, at, 'UTC', 'month', '2024-01-01') FROM visit$$,
	'22023', 'as_of is earlier than the last day folded', 'events from as_of on are refused');
SELECT throws_ok($$SELECT lifecycle_agg(customer::bigint, at, 'UTC', 'month', date '2026-01-01' + customer) FROM visit$$,
	'22023', 'as_of changes from row to row', 'two days of as_of are refused');
SELECT throws_ok($$SELECT lifecycle_agg(customer::bigint, at, 'UTC', 'month', CASE WHEN customer < 20 THEN date '2026-01-01' END) FROM visit$$,
	'22023', 'as_of changes from row to row', 'a day of as_of for some rows only is refused');
SELECT is((SELECT as_of(lifecycle_agg(1::bigint, '2024-03-10', 'UTC', 'month', now()::date)) FROM (SELECT) v), current_date, 'as_of may be today');
SELECT is((SELECT as_of(lifecycle_agg(1::bigint, d, 'UTC', 'month', NULL)) FROM (VALUES (date '2024-03-10'), ('2024-03-08')) v (d)), date '2024-03-11', 'as_of() tells which day it was');
SELECT is((SELECT segment_lifecycle_agg(1::bigint, NULL::date, 'UTC', 'a', date '2024-01-01', NULL::date, 'month', '2025-01-01')), NULL, 'without events there are no segments');
SELECT is((SELECT lifecycle_agg(1::bigint, d, 'UTC', 'month', '2025-01-01') FROM (VALUES (date '2024-03-10')) v (d) WHERE false), NULL, 'without rows there is nothing');

SELECT * FROM finish();
ROLLBACK;
