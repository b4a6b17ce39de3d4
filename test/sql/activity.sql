\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- One customer's timeline.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(62);
SELECT setseed(0.5) \gset

-- ---------------------------------------------------------------------------
-- What a timeline says
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE visit (customer integer, day date, value numeric, is_start boolean, is_return boolean);
INSERT INTO visit VALUES
	(1, '2024-01-05', 10.00, false, true), (1, '2024-01-10', 20.50, true, false),
	(1, '2024-01-10', 4, false, true), (1, '2024-03-31', NULL, NULL, true), (1, '2024-02-01', -3.125, true, NULL),
	(2, '2024-02-29', NULL, true, true), (3, '2024-02-29', 7, false, true);
CREATE TEMP VIEW told AS
SELECT customer, cvm.activity_agg(day, value, is_start, is_return) AS a FROM visit GROUP BY customer;

SELECT is((SELECT cvm.first_day(a) FROM told WHERE customer = 1), date '2024-01-10',
		  'the first day is the first that may start a cohort, not the first of all');
SELECT is((SELECT cvm.last_day(a) FROM told WHERE customer = 1), date '2024-03-31', 'the last day is the last of all');
SELECT is((SELECT cvm.first_day(a) FROM told WHERE customer = 3), NULL, 'who never started has no first day');
SELECT is((SELECT cvm.last_day(a) FROM told WHERE customer = 3), date '2024-02-29', 'who never started has a last day');
SELECT is((SELECT cvm.cohort_of(a, 'month') FROM told WHERE customer = 3), NULL, 'who never started belongs to no cohort');
SELECT is((SELECT cvm.is_active(a, 0, 'month') FROM told WHERE customer = 3), NULL, 'who never started is neither active nor inactive');
SELECT is((SELECT cvm.first_day(cvm.activity_agg(day, value, NULL, NULL)) FROM visit), NULL,
		  'a mark that is missing is no');
SELECT is((SELECT r::text FROM told, cvm.rfm(a, '2024-04-01') r WHERE customer = 1), '(1,5,31.375,4)',
		  'recency, frequency, money and active days up to April: 1, 5, 31.375, 4');
SELECT is((SELECT r::text FROM told, cvm.rfm(a, '2024-02-01') r WHERE customer = 1), '(22,3,34.500,2)',
		  'as_of is exclusive: on 1 February what happens that day has not');
SELECT is((SELECT r::text FROM told, cvm.rfm(a, '2024-01-05') r WHERE customer = 1), '(,0,,0)',
		  'before the first event there is nothing, and money is unknown, not 0');
SELECT is((SELECT r::text FROM told, cvm.rfm(a, '2024-03-01') r WHERE customer = 2), '(1,1,,1)',
		  'money nobody told is unknown');
SELECT is((SELECT array_agg(cvm.max_in_window(a, d) ORDER BY d) FROM told, unnest('{1,5,6,22,23,28,82,100000}'::int[]) d
		   WHERE customer = 1), '{2,2,3,3,3,4,4,5}'::bigint[],
		  'the most events in 1, 5, 6, 22, 23, 28, 82 days and in all time');

-- against plain SQL
CREATE TEMP TABLE note AS
SELECT n % 97 AS customer, date '2023-12-01' + (random() * 120)::int AS day, (random() * 1000)::numeric(12, 3) - 200 AS value
FROM generate_series(1, 4000) n;
CREATE TEMP TABLE line AS SELECT customer, cvm.activity_agg(day, value) AS a FROM note GROUP BY customer;

SELECT is((SELECT count(*) FROM line l,
			LATERAL (SELECT date '2024-03-20' - max(day) AS r, count(*) AS f, sum(value) AS m, count(DISTINCT day) AS d
					 FROM note n WHERE n.customer = l.customer AND day < '2024-03-20') e, cvm.rfm(a, '2024-03-20') g
		   WHERE (g.recency_days, g.frequency, g.monetary, g.active_days) IS DISTINCT FROM (e.r, e.f, e.m, e.d)),
		  0::bigint, 'recency, frequency, money and active days are those of plain SQL');
SELECT is((SELECT count(*) FROM line l, unnest('{1,7,30}'::int[]) d
		   WHERE cvm.max_in_window(a, d) <>
				 (SELECT max(c) FROM (SELECT (SELECT count(*) FROM note m WHERE m.customer = n.customer AND
						m.day BETWEEN n.day AND n.day + d - 1) AS c FROM note n WHERE n.customer = l.customer) s)),
		  0::bigint, 'the most events in 1, 7, 30 days are those of plain SQL');
SELECT is((SELECT r.monetary::text FROM cvm.rfm((SELECT cvm.activity_agg(date '2024-01-01', v) FROM
			unnest('{0.1,0.20,1e20,-1e20,0.0003}'::numeric[]) v), '2025-01-01') r), '0.3003',
		  'money is exact, with as many decimals as the longest');
SELECT is((SELECT r.monetary FROM cvm.rfm((SELECT cvm.activity_agg(date '2024-01-01', v) FROM
			unnest('{99999999999999999999999999999999999,-0.001}'::numeric[]) v), '2025-01-01') r),
		  99999999999999999999999999999999998.999, 'thirty-eight digits of money are exact');
SELECT throws_ok($$SELECT cvm.activity_agg(date '2024-01-01', v) FROM unnest('{1e37,1e37,1e37,1e37,1e37,1e37,1e37,1e37,1e37,1e37,
		1e37,1e37,1e37,1e37,1e37,1e37,1e37,1e37}'::numeric[]) v$$, '22003', 'sum of values out of range',
				 'a sum that does not fit is refused, not wrong');
SELECT throws_ok($$SELECT cvm.activity_agg(date '2024-01-01', 'NaN'::numeric)$$, '22003',
				 'value "NaN" is not a number that can be added up', 'NaN is refused');
SELECT throws_ok($$SELECT cvm.activity_agg(date '2024-01-01', '-Infinity'::numeric)$$, '22003',
				 'value "-Infinity" is not a number that can be added up', 'minus infinity is refused');
SELECT throws_ok($$SELECT cvm.activity_agg(date '2024-01-01', 1e-31)$$, '22003',
				 'value has 31 decimals, more than 30', 'a value with too many decimals is refused');
SELECT is((SELECT count(*) FROM (SELECT (random() * 10 ^ (random() * 34 - 6))::numeric * sign(random() - 0.5)::numeric AS v
				FROM generate_series(1, 3000)) s,
				LATERAL (SELECT trunc(v, (random() * 6)::int) AS v) t,
				LATERAL (SELECT monetary AS m FROM cvm.rfm((SELECT cvm.activity_agg(date '2024-01-01', w.v) FROM (VALUES (t.v)) w (v)), '2025-01-01')) r
		   WHERE m IS DISTINCT FROM t.v OR scale(m) <> scale(t.v)),
		  0::bigint, 'a value of any size and scale comes back as it was');

-- ---------------------------------------------------------------------------
-- The aggregate in every position
-- ---------------------------------------------------------------------------
SELECT is((SELECT cvm.activity_agg(day) FROM visit WHERE false), NULL, 'no rows: nothing');
SELECT is((SELECT cvm.activity_agg(NULL::date) FROM visit), NULL, 'only rows without a time: nothing');
SELECT is((SELECT cvm.activity_agg(d) FROM unnest('{NULL,2024-01-01,NULL}'::date[]) d),
		  (SELECT cvm.activity_agg(date '2024-01-01')), 'rows without a time are skipped');
SELECT is((SELECT cvm.activity_agg(date '2024-01-01')::text), '020401fc8801000101', 'one row has these bytes');
SELECT is((SELECT count(DISTINCT a) FROM line), 97::bigint, 'there is a timeline for each of 97 customers');
SELECT is((SELECT cvm.activity_agg(day) FILTER (WHERE day < '2024-02-01') FROM visit WHERE customer = 1),
		  (SELECT cvm.activity_agg(day) FROM visit WHERE customer = 1 AND day < '2024-02-01'), 'FILTER leaves rows out');
SELECT is((SELECT count(*) FROM (SELECT customer, cvm.activity_agg(day, value) AS a FROM note
								 GROUP BY GROUPING SETS ((customer), ())) g
		   LEFT JOIN line l USING (customer)
		   WHERE g.a IS DISTINCT FROM coalesce(l.a, (SELECT cvm.rollup(a) FROM line))),
		  0::bigint, 'grouping sets make the same timelines as separate queries');
SELECT is((SELECT count(*) FROM (
			SELECT customer, day, value, n, cvm.activity_agg(day, value) OVER w AS a
			FROM (SELECT *, row_number() OVER (ORDER BY customer, day, value) AS n FROM note) s
			WINDOW w AS (ORDER BY n ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING)) g
		   WHERE a <> (SELECT cvm.activity_agg(day, value)
					   FROM (SELECT *, row_number() OVER (ORDER BY customer, day, value) AS n FROM note) s
					   WHERE s.n BETWEEN g.n - 5 AND g.n + 2) AND n % 40 = 0),
		  0::bigint, 'a moving window sees the rows of its frame');
SELECT is((SELECT count(*) FROM (
			SELECT day, cvm.activity_agg(day) OVER (ORDER BY day) AS a FROM (SELECT DISTINCT day FROM note) d) g,
			cvm.rfm(a, 'tomorrow') r
		   WHERE r.active_days <> day - (SELECT min(day) FROM note) + 1 - (SELECT count(*) FROM
				generate_series((SELECT min(day) FROM note), g.day, '1 day') x WHERE x NOT IN (SELECT day FROM note))),
		  0::bigint, 'a growing window keeps every earlier result as it was');
SELECT is((SELECT cvm.rollup(a) FROM line WHERE false), NULL, 'rollup of no rows: nothing');
SELECT is((SELECT cvm.rollup(NULL::cvm.activity) FROM line), NULL, 'rollup of nothing but NULL: nothing');
SELECT is((SELECT cvm.rollup(a) FROM unnest(ARRAY[NULL, (SELECT cvm.activity_agg(date '2024-01-01')), NULL]) a),
		  (SELECT cvm.activity_agg(date '2024-01-01')), 'rollup skips NULL');
SELECT is((SELECT cvm.rollup(a) FROM line), (SELECT cvm.activity_agg(day, value) FROM note),
		  'timelines roll up to the timeline of all');
SELECT is((SELECT cvm.activity_agg(day) FROM note) || (SELECT cvm.activity_agg(day, value) FROM note),
		  (SELECT cvm.activity_agg(day, v) FROM (SELECT day, NULL::numeric AS v FROM note UNION ALL SELECT day, value FROM note) s),
		  'a timeline without values and one with values add up');
SELECT is(a || b, b || a, 'the order of adding up does not matter')
FROM (SELECT cvm.activity_agg(day, 1.5) AS a FROM visit) a, (SELECT cvm.activity_agg(day, 2, true, false) AS b FROM visit) b;
SELECT is(a || NULL, NULL, 'adding nothing known is unknown') FROM line a WHERE customer = 1;

-- one customer with very many events
SELECT is((SELECT r::text FROM cvm.rfm((SELECT cvm.activity_agg(date '2000-01-01' + (n * 7919) % 20000, 0.01)
				FROM generate_series(1, 200000) n), '2100-01-01') r), '(16526,200000,2000.00,20000)',
		  'two hundred thousand events of one customer, in no order, are all there');
SELECT is((SELECT count(*) FROM (SELECT cvm.activity_agg(date '2024-01-01' + (n / k) % 50, n) AS a,
				cvm.activity_agg(date '2024-01-01' + (n / k) % 50, n ORDER BY n DESC) AS b
				FROM generate_series(0, 999) n, unnest('{1,3,7,20}'::int[]) k GROUP BY k) s WHERE a <> b),
		  0::bigint, 'rows in any order make the same bytes');

-- ---------------------------------------------------------------------------
-- Text, order, classes
-- ---------------------------------------------------------------------------
SELECT is((SELECT count(*) FROM line WHERE a::text::cvm.activity <> a), 0::bigint, 'text comes back as it was');
SELECT is(upper(a::text)::cvm.activity, a, 'capital digits are digits too') FROM line WHERE customer = 1;
SELECT throws_ok(format('SELECT %L::cvm.activity', t), c, m, 'no timeline: ' || w)
FROM (VALUES ('', '22P03', 'invalid bytes for type activity', 'empty text'),
			 ('02', '22P03', 'invalid bytes for type activity', 'a version and nothing else'),
			 ('020401fc880100010', '22P02', 'invalid input syntax for type activity: "020401fc880100010"', 'an odd number of digits'),
			 ('020401fc88010001010x', '22P02', 'invalid input syntax for type activity: "020401fc88010001010x"', 'a letter past f'),
			 ('030401fc8801000101', '22P03', 'invalid bytes for type activity: version 3, where this library reads versions 1 to 2', 'a later version'),
			 ('000401fc8801000101', '22P03', 'invalid bytes for type activity', 'a log from inside an aggregate'),
			 ('020401fc880100010100', '22P03', 'invalid bytes for type activity', 'a byte too many'),
			 ('020401fc880100018100', '22P03', 'invalid bytes for type activity', 'a number written the long way'),
			 ('020401fc8801000100', '22P03', 'invalid bytes for type activity', 'a day with no events'),
			 ('020001fc880101', '22P03', 'invalid bytes for type activity', 'months left out'),
			 ('020401fc8801000201', '22P03', 'invalid bytes for type activity', 'months that begin before they begin'),
			 ('020401fc8801000301', '22P03', 'invalid bytes for type activity', 'a month without a day'),
			 ('020401fc8801010101', '22P03', 'invalid bytes for type activity', 'a last day that is not the last'),
			 ('020502fc8801001f0101010101', '22P03', 'invalid bytes for type activity', 'months beside values'),
			 ('020400', '22P03', 'invalid bytes for type activity', 'months of nobody')) v (t, c, m, w);
CREATE AGGREGATE pg_temp.unfinished(date) (SFUNC = cvm.activity_add, STYPE = cvm.activity);
SELECT is((SELECT cvm.retention_agg(u, 'month', '2024-04-01') FROM (SELECT pg_temp.unfinished(day) AS u FROM visit GROUP BY customer) s),
		  (SELECT cvm.retention_agg(a, 'month', '2024-04-01') FROM (SELECT cvm.activity_agg(day) AS a FROM visit GROUP BY customer) s),
		  'a timeline that an aggregate of one''s own left unfinished is read like any other');
SELECT ok((SELECT bool_and((x.a < y.a) = (y.a > x.a) AND (x.a <= y.a) = NOT (x.a > y.a) AND (x.a = y.a) = (x.customer = y.customer) AND
						   (x.a <> y.a) = (x.customer <> y.customer) AND (x.a >= y.a) = (y.a <= x.a)) FROM line x, line y),
		  'the operators agree with each other');
SELECT is((SELECT count(DISTINCT a) FROM (SELECT a FROM line UNION SELECT a::text::cvm.activity FROM line) s), 97::bigint,
		  'equal timelines meet in UNION and DISTINCT');
CREATE TEMP TABLE kept (a cvm.activity PRIMARY KEY) PARTITION BY HASH (a);
CREATE TEMP TABLE kept_0 PARTITION OF kept FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE kept_1 PARTITION OF kept FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO kept SELECT a FROM line;
SELECT ok((SELECT count(*) FROM kept_0) > 20 AND (SELECT count(*) FROM kept_1) > 20,
		  'timelines can be a key and divide a table');
SELECT throws_ok($$SELECT cvm.activity_add(NULL, date '2024-01-01')$$, '0A000',
				 'activity_agg works inside an aggregate only', 'the step of the aggregate cannot be called by itself');
SELECT throws_ok($$SELECT cvm.max_in_window(cvm.activity_agg(date '2024-01-01'), 0)$$, '22023',
				 'window of "0" days is not positive', 'a window of no days is refused');

SELECT * FROM finish();
ROLLBACK;
