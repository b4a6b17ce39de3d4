\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The triangle as a state: both ways to fold it, in every position an
-- aggregate can stand.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(84);

CREATE FUNCTION pg_temp.hash(n bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashint8extended(n, 42) & 2147483647 $$;
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || CASE WHEN hint <> '' THEN ' with a hint: ' ELSE ': ' END || SQLERRM;
END
$$;

-- ---------------------------------------------------------------------------
-- Six customers by hand
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE bought (customer bigint, day date, amount numeric);
INSERT INTO bought VALUES
	(1, '2024-01-05', 10), (1, '2024-02-05', 5), (1, '2024-03-07', 5), (2, '2024-01-31', 20.50), (2, '2024-03-01', -1),
	(3, '2024-01-01', NULL), (4, '2024-02-29', 8), (4, '2024-03-31', 2.125), (5, '2024-02-01', 0), (6, '2024-04-01', 3),
	(6, '2024-04-01', 4);
CREATE TEMP TABLE by_hand AS
SELECT * FROM (VALUES
	(date '2024-01-01', 0, 3::bigint, 3::bigint, 3::bigint, 3::bigint, 3::bigint, 30.5), ('2024-01-01', 1, 3, 3, 1, 2, 1, 5),
	('2024-01-01', 2, 3, 3, 2, 2, 2, 4), ('2024-01-01', 3, 3, 0, 0, 0, 0, NULL),
	('2024-02-01', 0, 2, 2, 2, 2, 2, 8), ('2024-02-01', 1, 2, 2, 1, 1, 1, 2.125), ('2024-02-01', 2, 2, 0, 0, 0, 0, NULL),
	('2024-04-01', 0, 1, 0, 0, 0, 0, NULL)) v;

SELECT results_eq('SELECT cohort, period_no, cohort_customers, eligible_customers, retained_customers,
		retained_or_later_customers, returned_customers, value
	FROM cvm.grid((SELECT cvm.retention_agg(customer, day, amount, ''month'') FROM bought))',
	'TABLE by_hand', 'one pass counts six customers as a person would');
SELECT results_eq('SELECT cohort, period_no, cohort_customers, eligible_customers, retained_customers,
		retained_or_later_customers, returned_customers, value
	FROM cvm.grid((SELECT cvm.retention_agg(cvm.tenure(a, ''month'', ''2024-04-02''))
				   FROM (SELECT cvm.activity_agg(day, amount) AS a FROM bought GROUP BY customer) s))',
	'TABLE by_hand', 'two steps give the triangle by hand too');
SELECT is((SELECT array_agg(value::text) FROM cvm.grid((SELECT cvm.retention_agg(customer, day, amount, 'month') FROM bought))),
		  '{30.500,5.000,4.000,NULL,8.000,2.125,NULL,NULL}'::text[], 'values have the most decimals that came');
SELECT is((SELECT cvm.as_of(cvm.retention_agg(customer, day, 'month')) FROM bought), date '2024-04-02',
		  'observed until the day after the last day seen');
SELECT is((SELECT count(*) FROM cvm.grid((SELECT cvm.retention_agg(customer, day, 'month') FROM bought)) WHERE value IS NOT NULL),
		  0::bigint, 'without values there is no value');
SELECT is((SELECT count(*) FROM cvm.grid((SELECT cvm.retention_agg(customer, day, NULL::numeric, 'month') FROM bought)) WHERE value IS NOT NULL),
		  0::bigint, 'where all values are NULL there is no value');

-- ---------------------------------------------------------------------------
-- as_of
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE folded AS
SELECT cvm.retention_agg(customer, day, amount, 'month') AS r FROM bought;
SELECT is(cvm.as_of(cvm.as_of(r, '2024-05-01')), date '2024-05-01', 'as_of can be said after folding') FROM folded;
SELECT is((SELECT eligible_customers FROM cvm.grid(cvm.as_of(r, '2024-05-01')) WHERE cohort = '2024-04-01'), 1::bigint,
		  'April is over as of 1 May') FROM folded;
SELECT is((SELECT eligible_customers FROM cvm.grid(cvm.as_of(r, '2024-04-30')) WHERE cohort = '2024-04-01'), 0::bigint,
		  'April is not over on 30 April') FROM folded;
SELECT is((SELECT count(*) FROM cvm.grid(cvm.as_of(r, '2024-05-01')) WHERE cohort = '2024-01-01'), 4::bigint,
		  'May has not begun on 1 May, as_of is exclusive') FROM folded;
SELECT is((SELECT count(*) FROM cvm.grid(cvm.as_of(r, '2024-05-02')) WHERE cohort = '2024-01-01'), 5::bigint,
		  'May has begun on 2 May') FROM folded;
SELECT is(pg_temp.refusal($$SELECT cvm.as_of(r, '2024-04-01') FROM folded$$),
		  '22023 with a hint: as_of is earlier than the last day folded', 'as_of before what was folded is refused');
SELECT is(pg_temp.refusal($$SELECT cvm.as_of(r, NULL) FROM folded$$), '22004 with a hint: as_of must not be null', 'as_of NULL is refused');
SELECT is(pg_temp.refusal($$SELECT cvm.as_of(r, 'infinity') FROM folded$$), '22008 with a hint: cannot use infinite date "infinity"', 'an infinite as_of is refused');
SELECT is(cvm.as_of(NULL, '2024-05-01'), NULL, 'nothing observed is nothing');
SELECT is(cvm.as_of(cvm.as_of(r, '2024-05-01'), '2024-05-01'), cvm.as_of(r, '2024-05-01'), 'saying the same twice changes nothing') FROM folded;

-- ---------------------------------------------------------------------------
-- Both aggregates in every position, against each other
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE sale AS
SELECT n, pg_temp.hash(n) % 700 AS customer, date '2023-01-01' + (pg_temp.hash(n * 3 + 1) % 500)::int AS day,
	   (pg_temp.hash(n + 7) % 10000) / 100.0 AS amount, pg_temp.hash(n + 9) % 4 = 0 AS is_start,
	   pg_temp.hash(n + 11) % 3 > 0 AS is_return, (ARRAY['web', 'shop', 'phone'])[1 + pg_temp.hash(pg_temp.hash(n) % 700 + 13) % 3] AS channel
FROM generate_series(1, 6000) n;
CREATE TEMP TABLE person AS
SELECT customer, channel, cvm.activity_agg(day, amount, is_start, is_return) AS a,
	   cvm.tenure(cvm.activity_agg(day, amount, is_start, is_return), 'week', '2024-07-01') AS t
FROM sale GROUP BY customer, channel;

SELECT is((SELECT cvm.retention_agg(t) FROM person WHERE false), NULL, 'two steps of no rows: nothing');
SELECT is((SELECT cvm.retention_agg(customer, day, 'week') FROM sale WHERE false), NULL, 'one pass of no rows: nothing');
SELECT is((SELECT cvm.rollup(r) FROM folded WHERE false), NULL, 'rollup of no rows: nothing');
SELECT is((SELECT cvm.retention_agg(NULL::cvm.tenure) FROM person), NULL, 'two steps of NULL only: nothing');
SELECT is((SELECT cvm.retention_agg(NULL::bigint, day, 'week') FROM sale), NULL, 'one pass without customers: nothing');
SELECT is((SELECT cvm.retention_agg(customer, NULL::date, 'week') FROM sale), NULL, 'one pass without times: nothing');
SELECT is((SELECT cvm.rollup(NULL::cvm.retention) FROM sale), NULL, 'rollup of NULL only: nothing');
SELECT is((SELECT count(*) FROM cvm.grid(NULL)), 0::bigint, 'nothing has no cells');
SELECT is((SELECT cvm.as_of(cvm.retention_agg(n::bigint, d, 'week'), '2024-07-01') FROM (VALUES (NULL, date '2024-01-01'), (1, NULL), (2, '2024-01-01')) v (n, d)),
		  (SELECT cvm.as_of(cvm.retention_agg(2::bigint, date '2024-01-01', 'week'), '2024-07-01')), 'rows without customer or time are skipped');
SELECT is((SELECT cvm.as_of(cvm.retention_agg(n::bigint, d, v, 'week'), '2024-07-01') FROM (VALUES (NULL, date '2024-01-01', 1.23456), (1, NULL, 2.345),
				(2, '2024-01-01', 1.1)) v (n, d, v)),
		  (SELECT cvm.as_of(cvm.retention_agg(2::bigint, date '2024-01-01', 1.1, 'week'), '2024-07-01')), 'values of rows without customer or time are skipped');
SELECT is((SELECT cvm.as_of(cvm.retention_agg(1::bigint, date '2024-01-01', 'week'), '2024-02-01')),
		  (SELECT cvm.retention_agg(cvm.tenure((SELECT cvm.activity_agg(date '2024-01-01')), 'week', '2024-02-01'))), 'one row gives the same state both ways');

CREATE TEMP TABLE whole AS SELECT cvm.retention_agg(t) AS r FROM person;
SELECT is((SELECT cvm.as_of(cvm.retention_agg(customer, day, amount, is_start, is_return, 'week'), '2024-07-01') FROM sale),
		  (SELECT r FROM whole), 'six thousand rows, both ways, with marks');
SELECT is((SELECT cvm.as_of(cvm.retention_agg(customer, day, amount, is_start, is_return, 'week') FILTER (WHERE channel = 'web'), '2024-07-01') FROM sale),
		  (SELECT cvm.retention_agg(t) FILTER (WHERE channel = 'web') FROM person), 'FILTER gives the same state both ways');
CREATE TEMP TABLE part AS SELECT channel, cvm.retention_agg(t) AS r FROM person GROUP BY channel;
SELECT is((SELECT count(*) FROM (SELECT channel, cvm.as_of(cvm.retention_agg(customer, day, amount, is_start, is_return, 'week'), '2024-07-01') AS r
								 FROM sale GROUP BY channel) s FULL JOIN part USING (channel, r) WHERE s.r IS NULL OR part.r IS NULL),
		  0::bigint, 'groups have the same states both ways');
SELECT is((SELECT cvm.rollup(r) FROM part), (SELECT r FROM whole), 'the groups roll up to the whole');
SELECT is((SELECT count(*) FROM (SELECT channel, day < '2023-06-01' AS early,
					cvm.as_of(cvm.retention_agg(customer, day, amount, is_start, is_return, 'week'), '2024-07-01') AS r
				FROM sale GROUP BY GROUPING SETS ((channel), (channel, (day < '2023-06-01')), ())) g
			WHERE early IS NULL AND r IS DISTINCT FROM coalesce((SELECT r FROM part p WHERE p.channel = g.channel), (SELECT r FROM whole))),
		  0::bigint, 'grouping sets of one pass');
SET LOCAL enable_hashagg = off;
SELECT is((SELECT count(*) FROM (SELECT channel, cvm.as_of(cvm.retention_agg(customer, day, amount, is_start, is_return, 'week'), '2024-07-01') AS r
				FROM sale GROUP BY ROLLUP (channel)) g
			WHERE r IS DISTINCT FROM coalesce((SELECT r FROM part p WHERE p.channel = g.channel), (SELECT r FROM whole))),
		  0::bigint, 'grouping sets of one pass over sorted rows');
SELECT is((SELECT count(*) FROM (SELECT channel, cvm.retention_agg(t) AS r FROM person GROUP BY ROLLUP (channel)) g
			WHERE r IS DISTINCT FROM coalesce((SELECT r FROM part p WHERE p.channel = g.channel), (SELECT r FROM whole))),
		  0::bigint, 'grouping sets of two steps');
RESET enable_hashagg;
SELECT is((SELECT count(*) FROM (SELECT customer, cvm.retention_agg(t) OVER (ORDER BY customer) AS r FROM person WHERE customer < 60) w
		   WHERE r <> (SELECT cvm.retention_agg(t) FROM person p WHERE p.customer <= w.customer)),
		  0::bigint, 'a growing window of two steps keeps every earlier result as it was');
SELECT is((SELECT count(*) FROM (SELECT customer, cvm.retention_agg(t) OVER (ORDER BY customer ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING) AS r
								 FROM person WHERE customer < 60) w
		   WHERE r <> (SELECT cvm.retention_agg(t) FROM (SELECT *, row_number() OVER (ORDER BY customer) AS n FROM person WHERE customer < 60) p,
				(SELECT row_number() OVER (ORDER BY customer) AS m, customer FROM person WHERE customer < 60) q
				WHERE q.customer = w.customer AND n BETWEEN m - 3 AND m + 1)),
		  0::bigint, 'a moving window of two steps sees its frame');
SELECT is((SELECT count(*) FROM (SELECT n, cvm.retention_agg(customer, day, amount, 'week') OVER (ORDER BY n) AS r FROM sale WHERE n <= 300) w
		   WHERE n % 7 = 0 AND r <> (SELECT cvm.retention_agg(customer, day, amount, 'week') FROM sale s WHERE s.n <= w.n)),
		  0::bigint, 'a growing window of one pass keeps every earlier result as it was');
SELECT is((SELECT count(*) FROM (SELECT n, cvm.retention_agg(customer, day, amount, 'week') OVER (ORDER BY n ROWS BETWEEN 20 PRECEDING AND 5 FOLLOWING) AS r
								 FROM sale WHERE n <= 300) w
		   WHERE n % 7 = 0 AND r <> (SELECT cvm.retention_agg(customer, day, amount, 'week') FROM sale s WHERE s.n BETWEEN w.n - 20 AND least(w.n + 5, 300))),
		  0::bigint, 'a moving window of one pass sees its frame');
SELECT is((SELECT count(*) FROM (SELECT channel, cvm.rollup(r) OVER (ORDER BY channel) AS r FROM part) w
		   WHERE r <> (SELECT cvm.rollup(r) FROM part p WHERE p.channel <= w.channel)), 0::bigint, 'a growing window of rollup');
SELECT is((SELECT cvm.retention_agg(t ORDER BY customer DESC) FROM person), (SELECT r FROM whole), 'the order of customers does not matter');
SELECT is((SELECT cvm.as_of(cvm.retention_agg(customer, day, amount, is_start, is_return, 'week' ORDER BY pg_temp.hash(n)), '2024-07-01') FROM sale),
		  (SELECT r FROM whole), 'the order of rows does not matter');
SELECT is((SELECT cvm.retention_agg(t) || cvm.retention_agg(t) FROM person), (SELECT cvm.retention_agg(t) FROM (TABLE person UNION ALL TABLE person) s),
		  'the state of an aggregate can be added to itself');
SELECT is((SELECT count(*) FROM (SELECT cvm.retention_agg(t) AS r, count(*) AS n FROM person GROUP BY channel HAVING cvm.as_of(cvm.retention_agg(t)) = '2024-07-01') s),
		  3::bigint, 'a state can stand in HAVING');
SELECT is((SELECT r FROM whole) || NULL, NULL, 'adding nothing known is unknown');

-- ---------------------------------------------------------------------------
-- States that do not fit together
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE various AS
SELECT name, cvm.retention_agg(v.t) AS r
FROM person, LATERAL (VALUES
	('as it is', cvm.tenure(a, 'month', '2024-07-01')), ('grain', cvm.tenure(a, 'week', '2024-07-01')),
	('week start', cvm.tenure(a, 'week', '2024-07-01', week_start => 7)), ('clock', cvm.tenure(a, 'month', '2024-07-01', 'anniversary')),
	('brackets', cvm.tenure(a, 'month', '2024-07-01', brackets => '{"[0,1)"}')),
	('other brackets', cvm.tenure(a, 'month', '2024-07-01', brackets => '{"[0,2)"}')),
	('threshold', cvm.tenure(a, 'month', '2024-07-01', min_events => 2)), ('streak', cvm.tenure(a, 'month', '2024-07-01', streak => true)),
	('as_of', cvm.tenure(a, 'month', '2024-07-02'))) v (name, t)
GROUP BY name;
SELECT is(pg_temp.refusal(format('SELECT x.r || y.r FROM various x, various y WHERE (x.name, y.name) = (%L, %L)', x.name, y.name)),
		  CASE WHEN 'as_of' IN (x.name, y.name) AND 'as it is' IN (x.name, y.name)
			   THEN '22023 with a hint: cannot add up customers observed until different days'
			   ELSE '22023 with a hint: cannot add up states of different grain, clock or brackets' END,
		  format('no sum of two states that differ: %s', replace(x.name || ' and ' || y.name, 'as it is and ', '')))
FROM various x JOIN various y ON x.name < y.name COLLATE "C" AND (x.name = 'as it is' OR y.name = 'as it is' OR y.name = 'week start')
ORDER BY x.name COLLATE "C", y.name COLLATE "C";
SELECT is(pg_temp.refusal('SELECT cvm.rollup(r) FROM various'), '22023 with a hint: cannot add up states of different grain, clock or brackets',
		  'rollup refuses them too');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(cvm.tenure(a, CASE customer % 2 WHEN 0 THEN 'day' ELSE 'month' END, '2024-07-01')) FROM person$$),
		  '22023 with a hint: cannot add up states of different grain, clock or brackets', 'retention_agg refuses states of different grains');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(cvm.tenure(a, 'month', date '2024-07-01' + customer::int)) FROM person$$),
		  '22023 with a hint: cannot add up customers observed until different days', 'customers must be observed until the same day');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(customer, day, CASE n % 2 WHEN 0 THEN 'day' ELSE 'month' END) FROM sale$$),
		  '22023 with a hint: grain changes from row to row', 'one pass has one grain');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(customer, day, 'fortnight') FROM sale$$), '22023 with a hint: unknown grain "fortnight"', 'a grain that is not known is refused');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(customer, day, NULL) FROM sale$$), '22004 with a hint: grain must not be null', 'a grain that is NULL is refused');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(customer, 'infinity'::date, 'day') FROM sale$$), '22008 with a hint: cannot use infinite date "infinity"', 'a day at infinity is refused');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(customer, '-infinity'::timestamptz, 'UTC', 'day') FROM sale$$),
		  '22008 with a hint: cannot use infinite timestamp "-infinity"', 'a moment before all time is refused');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(customer, day, 'NaN'::numeric, 'day') FROM sale$$),
		  '22003 with a hint: value "NaN" is not a number that can be added up', 'a value that is no number is refused');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_agg(customer, day, 1e37, 'year') FROM sale$$), '22003 with a hint: sum of values out of range',
		  'a sum that does not fit is refused, not wrong');

-- without an explicit as_of, days add up
SELECT is((SELECT cvm.as_of(cvm.rollup(r)) FROM (SELECT cvm.retention_agg(customer, day, 'month') AS r FROM bought GROUP BY customer) s), date '2024-04-02',
		  'one-pass states add up to what was seen last');
SELECT is((SELECT cvm.rollup(r) FROM (SELECT cvm.retention_agg(customer, day, amount, 'month') AS r FROM bought GROUP BY customer) s), (SELECT r FROM folded),
		  'one-pass states add up to the state of all rows, customer by customer');
SELECT is((SELECT (r || cvm.as_of(s, '2024-05-01')) = cvm.as_of(r || s, '2024-05-01') FROM folded,
			(SELECT cvm.retention_agg(customer + 100, day, amount, 'month') AS s FROM bought) x), true,
		  'what was said of one side holds for the sum');
SELECT is(pg_temp.refusal($$SELECT r || s FROM folded, (SELECT cvm.as_of(cvm.retention_agg(9::bigint, date '2024-01-01', 'month'), '2024-02-01') AS s) x$$),
		  '22023 with a hint: cannot add up a state with days past the other''s as_of', 'states do not add up when one was folded past the as_of of the other');

-- ---------------------------------------------------------------------------
-- Timelines straight into a triangle: by their months, or day by day
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE stretch_day AS
SELECT first, months, day
FROM unnest('{0044-03-15 BC,0001-12-31 BC,1969-07-20,1999-12-31,2000-01-01,2024-02-29}'::date[]) first,
	 unnest('{0,1,2,3,11,12,13,62,63,64,65,700}'::int[]) months,
	 LATERAL (SELECT first AS day UNION ALL SELECT (first + make_interval(months => months))::date
			  UNION ALL SELECT (first + make_interval(months => n))::date + abs(hashint4(n * 31 + months)) % 28
			  FROM generate_series(0, months - 2) n WHERE abs(hashint4(n + months * 17)) % 3 = 0) d;
CREATE TEMP TABLE stretch AS SELECT first, months, cvm.activity_agg(day) AS a FROM stretch_day GROUP BY first, months;
SELECT is((SELECT count(*) FROM (
			SELECT cvm.retention_agg(a, grain, as_of) AS swept, cvm.retention_agg(cvm.tenure(a, grain, as_of)) AS read
			FROM stretch, unnest('{day,week,month,quarter,year}'::text[]) grain,
				 LATERAL (SELECT first + n AS as_of FROM unnest('{0,1,40,364,400,1900,1950,30000}'::int[]) n
						  UNION ALL SELECT cvm.last_day(a) + n FROM unnest('{0,1,2}'::int[]) n) o
			GROUP BY grain, as_of) s WHERE swept IS DISTINCT FROM read), 0::bigint,
		  'a timeline of any length is read the same way with tenures and without');
SELECT is((SELECT sum(g.retained_customers) FROM (SELECT cvm.retention_agg(a, 'month', '2100-01-01') AS r FROM stretch) s, cvm.grid(s.r) g),
		  (SELECT count(DISTINCT (first, months, date_trunc('month', day::timestamp))) FROM stretch_day)::numeric, 'namely so many months in which somebody was there');

-- ---------------------------------------------------------------------------
-- As a value
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE kept AS SELECT name, r FROM various UNION ALL SELECT channel, r FROM part UNION ALL SELECT 'folded', r FROM folded;
SELECT is((SELECT count(*) FROM kept WHERE r::text::cvm.retention <> r), 0::bigint, 'text comes back as it was');
SELECT is((SELECT count(*) FROM kept WHERE cvm.as_of(r) IS NULL), 0::bigint, 'a kept state can be read');
SELECT ok((SELECT bool_and((x.r < y.r) = (y.r > x.r) AND (x.r <= y.r) = NOT (x.r > y.r) AND (x.r = y.r) = (x.name = y.name)) FROM kept x, kept y),
		  'the operators agree with each other');
SELECT is(pg_temp.refusal(format('SELECT %L::cvm.retention', t)), '22P03 with a hint: invalid bytes for type retention', 'refused: ' || w)
FROM (VALUES ('', 'empty text'), ('0104020101000100ac8b0101c0fb020a02000a0a0900000400000101', 'bytes that end early'),
			 ('0104020101000100ac8b0101c0fb020a02000a0a0900000400000101' || '00', 'an anniversary state with more retained than had begun'),
			 ('0104020101000100ac8b0101c0fb02808080800402008080808004' || '00' || 'ffffffff0300000400' || '00010100', 'the same with counts past two milliards')) v (t, w);
SELECT is(pg_temp.refusal($$SELECT cvm.retention_add(NULL, cvm.tenure((SELECT cvm.activity_agg(date '2024-01-01')), 'day', '2024-02-01'))$$),
		  '0A000: retention_agg works inside an aggregate only', 'the step of retention_agg cannot be called by itself');
SELECT is(pg_temp.refusal($$SELECT cvm.retention_rollup(r, r) FROM folded$$), '0A000: rollup works inside an aggregate only', 'the step of rollup cannot be called by itself');

SELECT * FROM finish();
ROLLBACK;
