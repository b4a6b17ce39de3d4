\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- One customer, read with a grain, a clock and a cut-off.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(73);

CREATE FUNCTION pg_temp.act(VARIADIC days date[]) RETURNS cvm.activity
LANGUAGE sql AS $$ SELECT cvm.activity_agg(d) FROM unnest(days) d $$;
CREATE FUNCTION pg_temp.alone(cvm.tenure) RETURNS cvm.retention
LANGUAGE sql AS $$ SELECT cvm.retention_agg($1) $$;
-- which periods of one customer's life count
CREATE FUNCTION pg_temp.counts(cvm.tenure) RETURNS int[]
LANGUAGE sql AS $$ SELECT coalesce(array_agg(period_no ORDER BY period_no) FILTER (WHERE retained_customers = 1), '{}')
	FROM cvm.grid(pg_temp.alone($1), partial => true) $$;

-- ---------------------------------------------------------------------------
-- W2: one cohort, seven definitions of retention
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE spell (customer text, began date, ended date);
INSERT INTO spell VALUES ('r1', '2024-01-31', NULL), ('r2', '2024-01-15', '2024-03-15'),
	('r3', '2024-01-20', '2024-02-10'), ('r3', '2024-03-25', NULL), ('r4', '2024-01-05', NULL);
CREATE TEMP TABLE held AS
SELECT customer, day::date, (SELECT min(began) FROM spell f WHERE f.customer = s.customer) AS first
FROM spell s, generate_series(began, coalesce(ended, '2024-05-01') - 1, '1 day') day;
-- the day of each monthly anniversary on which somebody holds a subscription
CREATE TEMP TABLE due AS
SELECT customer, day FROM held h
WHERE EXISTS (SELECT FROM generate_series(0, 4) k WHERE (first + k * interval '1 month')::date = day);

CREATE FUNCTION pg_temp.read(days text, clock text, streak boolean, part boolean)
RETURNS TABLE (period_no int, at_risk bigint, retained bigint, later bigint)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT period_no, eligible_customers, retained_customers, retained_or_later_customers
		FROM cvm.grid((SELECT cvm.retention_agg(cvm.tenure(a, ''month'', ''2024-05-01'', %L, streak => %L))
					   FROM (SELECT cvm.activity_agg(day) AS a FROM (%s) d GROUP BY customer) s), partial => %L)',
		clock, streak, days, part);
END
$$;
SELECT results_eq($$SELECT at_risk, retained FROM pg_temp.read('TABLE due', 'anniversary', false, true)$$,
				  'VALUES (4::bigint, 4::bigint), (4, 3), (4, 2), (4, 3)', 'W2, active on the anniversary: 4, 3, 2, 3 of 4; no row for month 4');
SELECT results_eq($$SELECT later FROM pg_temp.read('TABLE due', 'anniversary', false, true)$$,
				  'VALUES (4::bigint), (4), (3), (3)', 'W2, on or after: 4, 4, 3, 3');
SELECT results_eq($$SELECT retained FROM pg_temp.read('TABLE due', 'anniversary', true, true)$$,
				  'VALUES (4::bigint), (3), (2), (2)', 'W2, without a gap: 4, 3, 2, 2');
SELECT results_eq($$SELECT at_risk, retained FROM pg_temp.read(
	'SELECT * FROM held WHERE day = date_trunc(''month'', day) + interval ''1 month - 1 day''', 'calendar', false, false)$$,
				  'VALUES (4::bigint, 4::bigint), (4, 3), (4, 3), (4, 3)', 'W2, at the closing of the month: 4, 3, 3, 3');
SELECT results_eq($$SELECT at_risk, retained FROM pg_temp.read('TABLE held', 'calendar', false, false)$$,
				  'VALUES (4::bigint, 4::bigint), (4, 4), (4, 4), (4, 3)', 'W2, on any day of the month: 4, 4, 4, 3');
SELECT results_eq($$SELECT at_risk, retained FROM pg_temp.read('TABLE held', 'anniversary', false, false)$$,
				  'VALUES (4::bigint, 4::bigint), (4, 3), (4, 3), (0, 0)', 'W2, on any day of an own month: 4, 3, 3, and month 3 is over for nobody');
SELECT results_eq($$SELECT (SELECT retained_customers FROM cvm.grid((SELECT cvm.retention_agg(cvm.tenure(a, 'month', '2024-05-01', 'anniversary',
		brackets => '{"[0,1)","[1,3)"}')) FROM (SELECT cvm.activity_agg(day) AS a FROM held GROUP BY customer) s)) WHERE period_no = 1)$$,
				  'VALUES (4::bigint)', 'W2, in a bracket of months 1 and 2: all 4');

-- ---------------------------------------------------------------------------
-- What each argument does
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE one AS
SELECT pg_temp.act('2024-01-29', '2024-01-30', '2024-02-12', '2024-02-29', '2024-03-14', '2024-04-29') AS a;

SELECT is(pg_temp.counts(cvm.tenure(a, grain, '2024-06-01', clock, ws)), counts, format('the periods that count are right by %s', words))
FROM one, (VALUES
	('day', 'calendar', 1, '{0,1,14,31,45,91}'::int[], 'day'),
	('day', 'anniversary', 1, '{0,1,14,31,45,91}', 'own day'),
	('week', 'calendar', 1, '{0,2,4,6,13}', 'week from Monday'),
	('week', 'calendar', 2, '{0,1,2,5,7,13}', 'week from Tuesday'),
	('week:2', 'calendar', 1, '{0,1,2,5,7,13}', 'week:2, whatever week_start says'),
	('week', 'anniversary', 1, '{0,2,4,6,13}', 'own week'),
	('week', 'anniversary', 5, '{0,2,4,6,13}', 'own week, whatever day weeks start on'),
	('month', 'calendar', 1, '{0,1,2,3}', 'month'),
	('month', 'anniversary', 1, '{0,1,3}', 'own month: the second begins on 29 February'),
	('quarter', 'calendar', 1, '{0,1}', 'quarter'),
	('quarter', 'anniversary', 1, '{0,1}', 'own quarter: the second begins on 29 April'),
	('year', 'calendar', 1, '{0}', 'year'),
	('year', 'anniversary', 1, '{0}', 'own year')) v (grain, clock, ws, counts, words);

SELECT is(pg_temp.counts(cvm.tenure(a, 'month', as_of)), counts, format('as_of %s is the first day not seen', as_of))
FROM one, (VALUES (date '2024-04-30', '{0,1,2,3}'::int[]), ('2024-04-29', '{0,1,2}'), ('2024-01-30', '{0}'), ('2024-01-29', '{}'),
				  ('1900-01-01', '{}')) v (as_of, counts);
SELECT is((SELECT count(*) FROM one, cvm.grid(pg_temp.alone(cvm.tenure(a, 'month', '2024-01-29')))), 0::bigint,
		  'who had not started by as_of is in no cohort');

SELECT is(pg_temp.counts(cvm.tenure(a, 'month', '2024-06-01', min_events => m)), counts,
		  format('returns are right with at least %s events a month', m))
FROM one, (VALUES (1, '{0,1,2,3}'::int[]), (2, '{0,1}'), (3, '{0}'), (2147483647, '{0}')) v (m, counts);
SELECT is(pg_temp.counts(cvm.tenure(a, 'week', '2024-06-01', streak => true)), '{0}', 'a streak ends with the first week that is missed') FROM one;
SELECT is(pg_temp.counts(cvm.tenure(a, 'month', '2024-06-01', streak => true)), '{0,1,2,3}', 'a streak goes on while no month is missed') FROM one;
SELECT is(pg_temp.counts(cvm.tenure(a, 'month', '2024-06-01', streak => true, min_events => 2)), '{0,1}', 'a streak ends in a month with too few events') FROM one;

SELECT is(pg_temp.counts(cvm.tenure(a, 'month', '2024-06-01', brackets => b)), counts, format('brackets %s', b))
FROM one, (VALUES ('{"[0,1)","[1,2)","[2,3)","[3,4)"}'::int4range[], '{0,1,2,3}'::int[]), ('{"[0,0]","[1,3]"}', '{0,1}'), ('{"[1,3)"}', '{0}'),
				  ('{"[4,5)"}', '{}'), ('{"(0,2)","[2,2147483647)"}', '{0,1}')) v (b, counts);
SELECT is(pg_temp.counts(cvm.tenure(a, 'month', '2024-06-01', brackets => '{"[0,1)","[1,3)","[3,4)"}', min_events => 3)), '{0,1}',
		  'a bracket adds its periods up before the threshold') FROM one;
SELECT is((SELECT array_agg((period_no, period_start)::text) FROM one, cvm.grid(pg_temp.alone(cvm.tenure(a, 'month', '2024-06-01',
			brackets => '{"[0,1)","[2,4)","[12,24)"}')))), '{"(0,2024-01-01)","(1,2024-03-01)"}'::text[],
		  'a bracket is shown with the day its first period starts; one nobody has begun is absent');

-- ---------------------------------------------------------------------------
-- What is refused
-- ---------------------------------------------------------------------------
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
SELECT is(pg_temp.refusal(format('SELECT cvm.tenure(a, %s) FROM one', arguments)), refusal, format('tenure(a, %s) is refused', arguments))
FROM (VALUES
	($$'fortnight', '2024-06-01'$$, '22023 with a hint: unknown grain "fortnight"'),
	($$'', '2024-06-01'$$, '22023 with a hint: unknown grain ""'),
	($$'Month', '2024-06-01'$$, '22023 with a hint: unknown grain "Month"'),
	($$'week:0', '2024-06-01'$$, '22023 with a hint: unknown grain "week:0"'),
	($$'week:8', '2024-06-01'$$, '22023 with a hint: unknown grain "week:8"'),
	($$NULL, '2024-06-01'$$, '22004 with a hint: grain must not be null'),
	($$'month', NULL$$, '22004 with a hint: as_of must not be null'),
	($$'month', 'infinity'$$, '22008 with a hint: cannot use infinite date "infinity"'),
	($$'month', '2024-06-01', 'rolling'$$, '22023 with a hint: unknown clock "rolling"'),
	($$'month', '2024-06-01', NULL$$, '22004 with a hint: clock must not be null'),
	($$'week', '2024-06-01', week_start => 0$$, '22023 with a hint: week start "0" is not a day of the week'),
	($$'week', '2024-06-01', week_start => 8$$, '22023 with a hint: week start "8" is not a day of the week'),
	($$'week', '2024-06-01', week_start => NULL$$, '22004 with a hint: week_start must not be null'),
	($$'month', '2024-06-01', min_events => 0$$, '22023 with a hint: min_events "0" is not positive'),
	($$'month', '2024-06-01', min_events => -2147483648$$, '22023 with a hint: min_events "-2147483648" is not positive'),
	($$'month', '2024-06-01', min_events => NULL$$, '22004 with a hint: min_events must not be null'),
	($$'month', '2024-06-01', streak => NULL$$, '22004 with a hint: streak must not be null'),
	($$'month', '2024-06-01', brackets => '{}'$$, '22023 with a hint: brackets must not be empty'),
	($$'month', '2024-06-01', brackets => '{NULL}'$$, '22004 with a hint: brackets must not contain null'),
	($$'month', '2024-06-01', brackets => '{"[0,1)",NULL}'$$, '22004 with a hint: brackets must not contain null'),
	($$'month', '2024-06-01', brackets => '{empty}'$$, '22023 with a hint: bracket "empty" has no first or no last offset'),
	($$'month', '2024-06-01', brackets => '{"[1,)"}'$$, '22023 with a hint: bracket "[1,)" has no first or no last offset'),
	($$'month', '2024-06-01', brackets => '{"(,4)"}'$$, '22023 with a hint: bracket "(,4)" has no first or no last offset'),
	($$'month', '2024-06-01', brackets => '{"[-1,4)"}'$$, '22023 with a hint: bracket "[-1,4)" is not a range of offsets'),
	($$'month', '2024-06-01', brackets => '{"[0,2)","[1,4)"}'$$, '22023 with a hint: bracket "[1,4)" begins before the one ahead of it ends'),
	($$'month', '2024-06-01', brackets => '{"[4,5)","[0,1)"}'$$, '22023 with a hint: bracket "[0,1)" begins before the one ahead of it ends'),
	($$'month', '2024-06-01', brackets => '{{"[0,1)"},{"[1,2)"}}'$$, '2202E with a hint: brackets must be a plain list')) v (arguments, refusal);

SELECT is(cvm.tenure(NULL, 'month', '2024-06-01'), NULL, 'nobody, read, is nobody');

-- ---------------------------------------------------------------------------
-- As a value
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE many AS
SELECT n, cvm.tenure(a, (ARRAY['day', 'week', 'month', 'quarter', 'year'])[1 + n % 5], '2024-03-01',
					 (ARRAY['calendar', 'anniversary'])[1 + n % 2], 1 + n % 7) AS t
FROM (SELECT n, cvm.activity_agg(date '2023-01-01' + n * 3 + m * m, n * 0.5, m <> 0, m <> 2) AS a
	  FROM generate_series(1, 200) n, generate_series(0, 5) m GROUP BY n) s;
SELECT is((SELECT count(*) FROM many WHERE t::text::cvm.tenure <> t), 0::bigint, 'text comes back as it was');
SELECT is((SELECT count(DISTINCT t) FROM many), (SELECT count(DISTINCT t::text) FROM many), 'equal readings have equal text');
SELECT ok((SELECT bool_and((x.t < y.t) = (y.t > x.t) AND (x.t <= y.t) = NOT (x.t > y.t) AND (x.t <> y.t) = NOT (x.t = y.t))
		   FROM many x, many y), 'the operators agree with each other');
SELECT throws_ok($$SELECT '01'::cvm.tenure$$, '22P03', 'invalid bytes for type tenure', 'half a reading is refused');
SELECT throws_ok($$SELECT 'zz'::cvm.tenure$$, '22P02', 'invalid input syntax for type tenure: "zz"', 'text that is no hexadecimal is refused');

SELECT * FROM finish();
ROLLBACK;
