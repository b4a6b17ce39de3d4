\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- In which segment a customer was when, beside plain SQL over the same memberships.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(14);

-- memberships that overlap, touch, contain one another, begin together, never began, never end or last no day
CREATE TEMP TABLE history AS
SELECT c.customer_id, CASE WHEN n.n % 11 <> 0 THEN (ARRAY['gold', 'silver', 'bronze', 'Ärzte', ''])[1 + abs(hashint4(c.customer_id * 31 + n.n)) % 5] END AS segment,
	CASE abs(hashint4(c.customer_id * 7 + n.n)) % 13 WHEN 0 THEN NULL WHEN 1 THEN '-infinity'
		ELSE date '2024-01-01' + abs(hashint4(c.customer_id + n.n * 1000)) % 40 END AS valid_from,
	CASE abs(hashint4(c.customer_id * 5 + n.n)) % 9 WHEN 0 THEN NULL WHEN 1 THEN 'infinity'
		ELSE date '2024-01-01' + abs(hashint4(c.customer_id * 3 + n.n * 77)) % 40 + n.n END AS valid_to
FROM generate_series(1, 90) AS c (customer_id)
CROSS JOIN LATERAL generate_series(1, c.customer_id % 6) AS n (n);
INSERT INTO history SELECT 1000, 'segment ' || n % 7, date '2024-01-01' + n % 50, date '2024-01-01' + n % 50 + n % 9 FROM generate_series(1, 200) n;
CREATE TEMP TABLE timeline AS
SELECT h.customer_id, cvm._segment_timeline(array_agg(h.segment), array_agg(h.valid_from), array_agg(h.valid_to)) AS timeline
FROM history h GROUP BY h.customer_id;
CREATE TEMP VIEW held AS
SELECT c.customer_id, d.day::date AS day, (
	SELECT h.segment FROM history h
	WHERE h.customer_id = c.customer_id AND h.segment IS NOT NULL AND coalesce(h.valid_from <= d.day, true) AND coalesce(h.valid_to > d.day, true)
	ORDER BY h.valid_from DESC NULLS LAST, h.segment COLLATE "C" LIMIT 1) AS segment
FROM timeline c
CROSS JOIN generate_series(date '2023-12-20', date '2024-03-10', interval '1 day') AS d (day);

SELECT results_eq('SELECT customer_id, day, segment FROM held ORDER BY 1, 2',
	'SELECT h.customer_id, h.day, cvm._segment_on(t.timeline, h.day) FROM held h JOIN timeline t USING (customer_id) ORDER BY 1, 2',
	'of segments at once the one that began last counts on every day, of those the first by name');
SELECT results_eq($$SELECT customer_id, day, coalesce(segment, '(none)') FROM held WHERE day >= '2024-01-05' AND day < '2024-02-20' ORDER BY 1, 2$$,
	$$SELECT t.customer_id, d.day::date, s.segment
	FROM timeline t
	CROSS JOIN LATERAL cvm._segment_stays(t.timeline, '2024-01-05', '2024-02-20') s
	CROSS JOIN LATERAL generate_series(s.stay_from, s.stay_to - 1, interval '1 day') AS d (day)
	ORDER BY 1, 2$$,
	'stays between two days cover each of them once, with its segment');
SELECT is_empty($$SELECT FROM (
		SELECT s.*, lag(s.segment) OVER (PARTITION BY t.customer_id ORDER BY s.stay_from) AS before
		FROM timeline t CROSS JOIN LATERAL cvm._segment_stays(t.timeline, '-infinity', 'infinity') s) s
	WHERE s.segment = s.before OR s.stay_from >= s.stay_to$$, 'a stay ends where another segment begins, and no stay lasts no day');
SELECT results_eq($$SELECT (x.stay).segment, (x.stay).stay_from, (x.stay).stay_to
	FROM (SELECT cvm._segment_stays(cvm._segment_timeline('{gold}', '{2024-02-01}', '{NULL}'), '2024-01-01', 'infinity') AS stay) x$$,
	$$VALUES ('(none)', date '2024-01-01', date '2024-02-01'), ('gold', '2024-02-01', 'infinity')$$,
	'in a select list stays are rows of the same columns, and the last goes on');
SELECT results_eq($$SELECT * FROM cvm._segment_stays(NULL, '2024-01-01', '2024-02-01')$$, $$VALUES ('(none)', date '2024-01-01', date '2024-02-01')$$,
	'who has no memberships is in none all the time');
SELECT is_empty($$SELECT * FROM cvm._segment_stays(NULL, '2024-01-01', '2024-01-01')$$, 'between a day and itself nothing is held');
SELECT is_empty($$SELECT * FROM cvm._segment_stays(NULL, NULL, '2024-01-01')$$, 'between days that are not known nothing is held');
SELECT is(cvm._segment_on(cvm._segment_timeline('{}', '{}', '{}'), '2024-01-01'), NULL, 'of no memberships there is no segment');
SELECT is(cvm._segment_on(cvm._segment_timeline('{a,b}', '{NULL,-infinity}', '{NULL,NULL}'), '2024-01-01'), 'b',
	'what began before all days began after what began nobody knows when');
SELECT throws_ok($$SELECT cvm._segment_timeline('{a,b}', '{2024-01-01}', '{2024-01-01}')$$, '2202E', NULL, 'lists of different lengths are refused');
SELECT throws_ok($$SELECT cvm._segment_on('\x', '2024-01-01')$$, '22P03', NULL, 'bytes without a version are refused');
SELECT throws_ok($$SELECT cvm._segment_on('\x0100ff', '2024-01-01')$$, '22P03', NULL, 'a name that is longer than the bytes is refused');
SELECT throws_ok($$SELECT cvm._segment_on('\x010002ff', '2024-01-01')$$, '22021', NULL, 'a name that is no text of the database is refused');

SELECT is_empty($$SELECT FROM generate_series(date '2023-11-01', date '2025-04-01', interval '1 day') a (a), (VALUES (date '2025-03-31'), ('2025-04-01'), ('2024-02-29')) b (b)
	WHERE cvm._months_since(a.a::date, b.b) <> (extract(year FROM b.b) * 12 + extract(month FROM b.b) - extract(year FROM a.a) * 12 - extract(month FROM a.a))::int
		- CASE WHEN extract(day FROM a.a) > extract(day FROM b.b) THEN 1 ELSE 0 END$$, 'a month is over on the day of the same number');
SELECT * FROM finish();
