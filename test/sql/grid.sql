\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Reading a triangle: grid, curve, heatmap.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(38);

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

-- January: 100 customers, 40 of whom come back in February, 25 in March, of
-- whom 10 had not been there in February; February: 10, one of whom returns
CREATE TEMP TABLE bought AS
SELECT c::bigint AS customer, date '2024-01-01' + c % 31 AS day, 10.0 AS amount FROM generate_series(0, 99) c
UNION ALL SELECT c, date '2024-02-01' + c % 29, 5 FROM generate_series(0, 39) c
UNION ALL SELECT c, date '2024-03-01' + c % 31, 2.5 FROM generate_series(25, 49) c
UNION ALL SELECT c, '2024-02-11', 1 FROM generate_series(200, 209) c
UNION ALL SELECT 200, '2024-03-12', -4;
CREATE TEMP TABLE tri AS
SELECT cvm.as_of(cvm.retention_agg(customer, day, amount, 'month'), '2024-04-11') AS r FROM bought;
CREATE TEMP TABLE own AS
SELECT cvm.retention_agg(cvm.tenure(a, 'month', '2024-04-11', 'anniversary')) AS r
FROM (SELECT cvm.activity_agg(day, amount) AS a FROM bought GROUP BY customer) s;

-- ---------------------------------------------------------------------------
-- grid
-- ---------------------------------------------------------------------------
SELECT results_eq('SELECT cohort, period_no, period_start, cohort_customers, eligible_customers, retained_customers,
		retained_or_later_customers, is_complete, value, eligible_value, value_rate FROM tri, cvm.grid(r)', $$VALUES
	(date '2024-01-01', 0, date '2024-01-01', 100::bigint, 100::bigint, 100::bigint, 100::bigint, true, 1000.0, 1000.0, 1::float8),
	('2024-01-01', 1, '2024-02-01', 100, 100, 40, 50, true, 200, 1000, 0.2),
	('2024-01-01', 2, '2024-03-01', 100, 100, 25, 25, true, 62.5, 1000, 0.0625),
	('2024-01-01', 3, '2024-04-01', 100, 0, 0, 0, false, NULL, NULL, NULL),
	('2024-02-01', 0, '2024-02-01', 10, 10, 10, 10, true, 10, 10, 1),
	('2024-02-01', 1, '2024-03-01', 10, 10, 1, 1, true, -4, 10, -0.4),
	('2024-02-01', 2, '2024-04-01', 10, 0, 0, 0, false, NULL, NULL, NULL)$$, 'the triangle, cell by cell');
SELECT results_eq('SELECT cohort, period_no, eligible_customers, retained_customers, retained_or_later_customers, retention_rate, is_complete, value
	FROM tri, cvm.grid(r, partial => true) WHERE NOT is_complete', $$VALUES
	(date '2024-01-01', 3, 100::bigint, 0::bigint, 0::bigint, 0::float8, false, 0.0), ('2024-02-01', 2, 10, 0, 0, 0, false, 0)$$,
				  'partial shows the running period of everybody, and says that it is not complete');
SELECT is((SELECT count(*) FROM tri, cvm.grid(r) g WHERE retention_rate <> retained_customers::float8 / nullif(eligible_customers, 0)), 0::bigint,
		  'a rate is retained over eligible');

-- Wilson (1927), against published numbers
CREATE FUNCTION pg_temp.limits(hits int, n int, conf float8) RETURNS text
LANGUAGE sql AS $$
	SELECT format('%s..%s', round(conf_low::numeric, 4), round(conf_high::numeric, 4))
	FROM cvm.grid((SELECT cvm.as_of(cvm.retention_agg(c::bigint, d, 'month'), '2024-03-01')
				   FROM (SELECT c, date '2024-01-01' AS d FROM generate_series(1, $2) c
						 UNION ALL SELECT c, '2024-02-01' FROM generate_series(1, $1) c) s), $3)
	WHERE period_no = 1
$$;
SELECT is(pg_temp.limits(hits, n, conf), limits, format('%s of %s at %s lies in %s', hits, n, conf, limits))
FROM (VALUES (0, 10, .95, '0.0000..0.2775'), (5, 10, .95, '0.2366..0.7634'), (10, 10, .95, '0.7225..1.0000'), (1, 1, .95, '0.2065..1.0000'),
			 (81, 263, .95, '0.2553..0.3662'), (15, 148, .95, '0.0624..0.1605'), (0, 20, .95, '0.0000..0.1611'), (1, 29, .95, '0.0061..0.1718'),
			 (5, 10, .99, '0.1842..0.8158'), (5, 10, .5, '0.3957..0.6043')) v (hits, n, conf, limits);
SELECT is((SELECT conf_low FROM tri, cvm.grid(r) WHERE cohort = '2024-01-01' AND period_no = 1),
		  (SELECT conf_low FROM tri, cvm.grid(r, 0.95) WHERE cohort = '2024-01-01' AND period_no = 1), 'the level is 95 % when not told');
SELECT ok((SELECT bool_and(conf_low >= 0 AND conf_high <= 1 AND conf_low <= conf_high) FROM tri,
			unnest('{1e-300,1e-9,0.5,0.999999999,0.9999999999999999}'::float8[]) c, cvm.grid(r, c) WHERE eligible_customers > 0),
		  'limits stay within 0 and 1 at any level');
SELECT is(pg_temp.refusal(format('SELECT count(*) FROM tri, cvm.%s(r, %s)', f, c)), refusal, format('%s(…, %s) is refused', f, c))
FROM unnest('{grid,curve}'::text[]) f,
	 (VALUES ('0', '22023 with a hint: confidence level "0" is not between 0 and 1'), ('1', '22023 with a hint: confidence level "1" is not between 0 and 1'),
			 ($$'NaN'$$, '22023 with a hint: confidence level "NaN" is not between 0 and 1'), ('95', '22023 with a hint: confidence level "95" is not between 0 and 1'),
			 ('NULL', '22004 with a hint: conf must not be null')) v (c, refusal);
SELECT is(pg_temp.refusal('SELECT count(*) FROM tri, cvm.grid(r, partial => NULL)'), '22004 with a hint: partial must not be null', 'partial is yes or no');

-- own months end one by one
SELECT results_eq('SELECT period_no, eligible_customers, retained_customers, retained_or_later_customers, is_complete, value, eligible_value
	FROM own, cvm.grid(r) WHERE cohort = ''2024-01-01''', $$
	SELECT k, count(*) FILTER (WHERE over), count(*) FILTER (WHERE over AND active), count(*) FILTER (WHERE over AND later), bool_and(over),
		   sum(v) FILTER (WHERE over), sum(v0) FILTER (WHERE over)
	FROM (SELECT k, f + (k + 1) * interval '1 month' <= '2024-04-11' AS over, s.*, k = 0 OR n > 0 AS active, k <= last AS later, coalesce(s_v, 0) AS v, v0
		  FROM generate_series(0, 3) k, (SELECT customer, min(day) AS f FROM bought GROUP BY 1) s (c, f),
			   LATERAL (SELECT count(*) AS n, sum(amount) AS s_v FROM bought WHERE customer = c AND day >= f + k * interval '1 month' AND
						day < f + (k + 1) * interval '1 month') a,
			   LATERAL (SELECT sum(amount) AS v0 FROM bought WHERE customer = c AND day < f + interval '1 month') b,
			   LATERAL (SELECT max(m) AS last FROM generate_series(0, 3) m WHERE EXISTS (SELECT FROM bought WHERE customer = c AND
						day >= f + m * interval '1 month' AND day < f + (m + 1) * interval '1 month')) l
		  WHERE f < '2024-02-01' AND f + k * interval '1 month' < '2024-04-11') x
	GROUP BY k ORDER BY k$$, 'on the anniversary clock every customer becomes eligible by itself');

-- ---------------------------------------------------------------------------
-- curve
-- ---------------------------------------------------------------------------
SELECT results_eq('SELECT period_no, cohorts, eligible_customers, retained_customers, retained_or_later_customers, retention_rate, is_complete,
		value, eligible_value, value_rate FROM tri, cvm.curve(r)', $$VALUES
	(0, 2::bigint, 110::bigint, 110::bigint, 110::bigint, 1::float8, true, 1010.0, 1010.0, 1::float8),
	(1, 2, 110, 41, 51, 41 / 110::float8, true, 196, 1010, 196 / 1010::float8), (2, 1, 100, 25, 25, .25, false, 62.5, 1000, .0625),
	(3, 0, 0, 0, 0, NULL, false, NULL, NULL, NULL)$$, 'the curve pools the eligible: 41 of 110, never the mean of 40 % and 10 %');
SELECT is((SELECT count(*) FROM cvm.curve(NULL)), 0::bigint, 'nothing has no curve');

-- ---------------------------------------------------------------------------
-- heatmap
-- ---------------------------------------------------------------------------
SELECT results_eq('SELECT l FROM tri, cvm.heatmap(r) l', $$VALUES
	('cohort      customers    0    1    2    3'), ('2024-01           100  100█  40▒  25░    ·'), ('2024-02            10  100█  10░    ·')$$,
				  'the heat map shows rates, shades, and a dot where nothing is known yet');
SELECT is((SELECT count(*) FROM cvm.heatmap(NULL)), 0::bigint, 'nothing has no heat map');
SELECT is((SELECT array_agg(l) FROM cvm.heatmap((SELECT cvm.retention_agg(cvm.tenure(a, 'month', '2024-04-11'))
			FROM (SELECT cvm.activity_agg(day, 1, false, true) AS a FROM bought) s)) l),
		  '{"cohort      customers"}'::text[], 'a triangle of nobody is a headline');
SELECT is((SELECT array_agg(left(l, 24)) FROM cvm.heatmap((SELECT cvm.retention_agg(1::bigint, d, g) FROM unnest('{2024-02-29,2024-05-01}'::date[]) d)) l),
		  lines, format('cohorts are called by their %s', g))
FROM (VALUES ('day', '{"cohort      customers   ","2024-02-29          1  1"}'::text[]), ('week', '{"cohort      customers   ","2024-02-26          1  1"}'),
			 ('month', '{"cohort      customers   ","2024-02             1  1"}'), ('quarter', '{"cohort      customers   ","2024-Q1             1  1"}'),
			 ('year', '{"cohort      customers   ","2024                1   "}')) v (g, lines);
SELECT is((SELECT l FROM cvm.heatmap((SELECT cvm.retention_agg(1::bigint, d, 'day') FROM unnest('{2020-01-01,2024-05-01}'::date[]) d)) WITH ORDINALITY h (l, n)
		   ORDER BY n DESC LIMIT 1), '(583 more periods: read cvm.grid())', 'a heat map that is too wide says how much it leaves out');

SELECT * FROM finish();
ROLLBACK;
