\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Where the base that exists goes, and what it is worth.  CVM_WORLDS=200 asks so
-- many random bases how often an interval holds what came.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;

-- the function: published figures, and what has no best fit
SELECT results_eq($$SELECT step, round(expected_customers::numeric, 3), method FROM cvm._base_forecast('{1000,631,468,382}', '{369,163,86,56}', '{0,0,0,0,326}', '{0,0,0,0,326}', '{0,0,0,0,326}', 4)$$,
	$$SELECT t, round((1000 * cvm.sbg_survival((m).alpha, (m).beta, 4 + t) / (1000 * cvm.sbg_survival((m).alpha, (m).beta, 4)) * 326)::numeric, 3), 'shifted-beta-geometric'::text
		FROM (SELECT cvm.sbg_fit(y, l, a) AS m FROM (VALUES (1, 369, 0), (2, 163, 0), (3, 86, 0), (4, 56, 326)) v (y, l, a)) f, generate_series(1, 4) t$$,
	'who is there after four years goes on as the model of Fader and Hardie has it');
SELECT results_eq($$SELECT round(expected_customers::numeric, 6), round(customers_variance::numeric, 6), method FROM cvm._base_forecast('{1000,500,250,124}', '{500,250,125,62}', '{1000}', '{1000}', '{1000}', 2)$$,
	$$VALUES (500.000000, round(1000 * 0.25 + 1000.0 ^ 2 * 0.25 / 1000, 6), 'hazard by age'),
		(250.000000, round(1000 * 0.25 * 0.75 + 1000.0 ^ 2 * (0.5 ^ 2 * 0.25 / 1000 + 0.5 ^ 2 * 0.25 / 500), 6), 'hazard by age')$$,
	'customers who are all alike have no best fit: what was seen at each age goes on, with its own error');
SELECT results_eq($$SELECT method, round(expected_customers::numeric) FROM cvm._base_forecast('{10000,9900,9800,9700,9600,4800,4750}', '{100,100,100,100,4800,50,50}', '{0,0,0,0,1000}', '{0}', '{0}', 1)$$,
	$$VALUES ('hazard by age', 500::numeric)$$, 'a model that the data refute is not used: half leave at the fifth month');
SELECT results_eq($$SELECT expected_customers, customers_variance > 0, method FROM cvm._base_forecast('{40,5,0,0}', '{0,0,0,0}', '{10}', '{10}', '{10}', 1)$$, $$VALUES (10::float8, true, 'hazard by age')$$, 'that nobody was lost is no proof that nobody will be');
SELECT is_empty($$SELECT * FROM cvm._base_forecast('{}', '{}', '{10}', '{10}', '{10}', 12)$$, 'of nobody nothing is known');
SELECT throws_ok($$SELECT * FROM cvm._base_forecast('{10}', '{11}', '{1}', '{1}', '{1}', 1)$$, '22023', '"11" of "10" are lost at age 0', 'more than there were are not lost');
SELECT throws_ok($$SELECT * FROM cvm._base_forecast('{10}', '{1}', '{1}', '{1}', '{1}', 0)$$, '22023', NULL, 'no months ahead are refused');
SELECT throws_ok($$SELECT * FROM cvm._base_forecast('{10,NULL}', '{1}', '{1}', '{1}', '{1}', 1)$$, '22023', NULL, 'an age without a number is refused');
SELECT is((SELECT round((cvm._expected_periods('{1000,631,468,382}', '{369,163,86,56}', 1, 1000, 0.1))[1]::numeric, 4)),
	(SELECT round(cvm.sbg_derl((m).alpha, (m).beta, 0.1)::numeric, 4) FROM (SELECT cvm.sbg_fit(y, l, a) AS m FROM (VALUES (1, 369, 0), (2, 163, 0), (3, 86, 0), (4, 56, 326)) v (y, l, a)) f),
	'payments expected of a new customer are the discounted lifetime');
SELECT is((SELECT array_agg(round(x::numeric, 4)) FROM unnest(cvm._expected_periods('{1000,500,250}', '{500,250,125}', 2, 3, 0)) x), '{1.7500,1.7500}', 'within a horizon, one now, a half and a quarter');
SELECT throws_ok($$SELECT cvm._expected_periods('{10}', '{1}', 1, 1, -0.5)$$, '22023', NULL, 'a discount is not negative');

-- bases: customers of one segment each, who leave each month with a chance of
-- their own (beta) or all with the same; a year is hidden from the model
\set worlds 10
\set customers 400
\getenv many CVM_WORLDS
\if :{?many}
	\set worlds :many
	\set customers 1500
\endif
CREATE SCHEMA base;
CREATE FUNCTION base.draw(what text, i bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN ((hashint8extended(hashint8extended(i, hashtext(what)), 51) & 4294967295) + 0.5) / 4294967296.0;
CREATE TABLE base.life AS
SELECT x.i AS customer_id, 'S' || lpad((x.i % :worlds)::text, 3, '0') AS segment, x.joined_on,
	(x.joined_on + make_interval(months => 1 + least(floor(ln(base.draw('stay', x.i)) / ln(1 - CASE WHEN x.i % 2 = 0
		-- alpha 1, beta 15 by the inverse of its distribution
		THEN 1 - base.draw('chance', x.i) ^ (1 / 15.0) ELSE 0.04 END))::int, 500)))::date AS left_on, 10 + 5 * (x.i / 7 % 3) AS mrr
FROM (SELECT i::bigint, date '2022-01-01' + floor(730 * base.draw('joined', i))::int AS joined_on FROM generate_series(0, :worlds * :customers - 1) i) x;
CREATE TABLE base.subscription AS
SELECT l.customer_id, 'P'::text AS product, l.joined_on AS started_on, CASE WHEN l.left_on < '2024-01-01' THEN l.left_on END AS ended_on, l.mrr::numeric AS mrr FROM base.life l;
CREATE TABLE base.segment_history AS SELECT l.customer_id, l.segment, l.joined_on AS valid_from, NULL::date AS valid_to FROM base.life l;
CREATE TABLE base.product AS SELECT 'P'::text AS product, 6::numeric AS unit_margin, 15::numeric AS list_price;
ANALYZE base.subscription;
ANALYZE base.segment_history;
SELECT pg_temp.quietly($$SELECT cvm.create_model('fo', tz => 'UTC', currency => 'EUR', as_of => '2024-01-01')$$);
SELECT pg_temp.quietly(format($$SELECT cvm.bind('fo', %L, 'base.%s')$$, e, e)) FROM unnest('{subscription,segment_history,product}'::text[]) e;
SELECT pg_temp.quietly($$SELECT cvm.configure('fo', 'conf', '0.8')$$);
CREATE TEMP TABLE forecast AS TABLE fo.forecast;
CREATE TEMP TABLE came AS
SELECT l.segment, m.step, count(*) FILTER (WHERE l.left_on > date '2024-01-01' + make_interval(months => m.step)) AS customers,
	coalesce(sum(l.mrr) FILTER (WHERE l.left_on > date '2024-01-01' + make_interval(months => m.step)), 0) AS mrr
FROM base.life l, generate_series(1, 12) AS m (step)
WHERE l.left_on > '2024-01-01' GROUP BY 1, 2;

SELECT results_eq($$SELECT DISTINCT segment COLLATE "default", base_customers, base_mrr FROM forecast WHERE segment <> '(all)' ORDER BY 1$$,
	$$SELECT s.segment, count(*), sum(c.mrr) FROM base.subscription c JOIN base.segment_history s USING (customer_id) WHERE c.ended_on IS NULL GROUP BY 1 ORDER BY 1$$, 'the base is who pays on the last day');
SELECT is_empty($$SELECT month_no FROM forecast GROUP BY month_no HAVING abs(sum(customers) FILTER (WHERE segment = '(all)') - sum(customers) FILTER (WHERE segment <> '(all)')) > 1e-6
	OR sum(base_customers) FILTER (WHERE segment = '(all)') <> sum(base_customers) FILTER (WHERE segment <> '(all)')
	OR sum(mrr) FILTER (WHERE segment = '(all)') <> sum(mrr) FILTER (WHERE segment <> '(all)')$$, 'the total is the sum of the segments, to the cent');
SELECT is_empty($$SELECT row_key FROM forecast WHERE NOT (customers_low <= customers AND customers <= customers_high AND customers_high <= base_customers AND low <= mrr AND mrr <= high AND high <= base_mrr)$$,
	'estimates lie within their limits, and those within the base');
SELECT is_empty($$SELECT row_key FROM (SELECT row_key, customers > lag(customers, 1, base_customers::float8) OVER (PARTITION BY segment ORDER BY month_no) AS grows FROM forecast) f WHERE grows$$, 'who has left does not come back');
SELECT cmp_ok((SELECT avg((c.customers BETWEEN f.customers_low AND f.customers_high)::int) FROM forecast f JOIN came c ON c.segment = f.segment AND c.step = f.month_no), '>=', round(0.80 - 3 * 0.35 / sqrt(:worlds::numeric), 3),
	'the interval of customers holds what came as often as it says');
SELECT cmp_ok((SELECT avg((c.mrr BETWEEN f.low AND f.high)::int) FROM forecast f JOIN came c ON c.segment = f.segment AND c.step = f.month_no), '>=', round(0.80 - 3 * 0.35 / sqrt(:worlds::numeric), 3), 'the interval of money holds what came as often as it says');
SELECT cmp_ok((SELECT abs(sum(f.customers) / sum(c.customers)::float8 - 1) FROM forecast f JOIN came c ON c.segment = f.segment AND c.step = f.month_no), '<=', 0.03::float8, 'the sum of all forecasts is met');
SELECT is((SELECT count(DISTINCT method) FROM forecast WHERE segment <> '(all)'), 2::bigint, 'segments whose customers differ have the model, those whose are alike the hazards');
SELECT is_empty($$SELECT row_key FROM forecast WHERE back_tests > 0 AND (back_test_error IS NULL OR back_test_coverage NOT BETWEEN 0 AND 1) OR back_tests > 12$$, 'back-tests are told beside it');
SELECT cmp_ok((SELECT max(abs(back_test_error)) FROM forecast WHERE segment = '(all)' AND month_no <= 3), '<', 0.03::float8, 'back-tests say that what came was met');
\getenv report CVM_REPORT
\if :{?report}
\pset tuples_only false
\o :report
SELECT f.month_no, round(avg((c.customers BETWEEN f.customers_low AND f.customers_high)::int), 3) AS coverage, round(avg((c.mrr BETWEEN f.low AND f.high)::int), 3) AS of_money,
	round((sum(f.customers) / sum(c.customers) - 1)::numeric, 4) AS bias, round(avg(f.back_test_coverage)::numeric, 3) AS back_test_coverage
FROM forecast f JOIN came c ON c.segment = f.segment AND c.step = f.month_no GROUP BY 1 ORDER BY 1;
\o
\pset tuples_only true
\endif

-- every day answers
SELECT pg_temp.quietly(format($$SELECT cvm.configure('fo', 'as_of', %L); CREATE TEMP TABLE as_of_%s AS SELECT * FROM fo.forecast$$, d, n)) FROM unnest('{2022-01-02,2022-02-28,2023-03-31}'::text[]) WITH ORDINALITY AS x (d, n);
SELECT is((SELECT array_agg(n ORDER BY o) FROM (SELECT 1 AS o, count(*) AS n FROM as_of_1 UNION ALL SELECT 2, (count(*) > 0)::int FROM as_of_2 UNION ALL SELECT 3, count(*) FROM as_of_3) x),
	ARRAY[0, 1, 12 * :worlds + 12]::bigint[], 'the view answers on every day, with no rows before anything was seen');
SELECT pg_temp.quietly($$SELECT cvm.configure('fo', 'as_of', '2024-01-01')$$);

-- what each is worth
CREATE TEMP TABLE customer_value AS TABLE fo.customer_value;
SELECT results_eq($$SELECT count(*), sum(mrr), count(DISTINCT margin - mrr) FROM customer_value$$, $$SELECT count(*), sum(mrr), 1::bigint FROM base.subscription WHERE ended_on IS NULL$$, 'every customer who pays has a value, at the price paid');
SELECT is_empty($$SELECT row_key FROM customer_value WHERE abs(remaining_value - margin::float8 * expected_months) > 0.01 OR abs(remaining_revenue - mrr::float8 * expected_months) > 0.01
	OR abs(value_at_stake - margin::float8 * (expected_months - 36)) > 0.01 OR value_at_stake > 0$$, 'value is margin by expected months, what is at stake the rest of three years');
SELECT is_empty($$SELECT remaining_revenue FROM customer_value GROUP BY 1 HAVING count(DISTINCT value_decile) > 1$$, 'equal values are in one tenth');
SELECT pg_temp.quietly($$SELECT cvm.configure('fo', 'monthly_discount_rate', '0.01')$$);
SELECT is_empty($$SELECT v.row_key FROM fo.customer_value v JOIN customer_value c USING (row_key) WHERE v.expected_months >= c.expected_months$$, 'discounted it is less');
-- the fold beside plain SQL: one spell each, in a segment or in none
CREATE TEMP TABLE lone AS
SELECT i AS customer_id, date '2022-01-01' + i % 700 AS started_on, CASE WHEN i % 3 > 0 THEN date '2022-01-01' + i % 700 + 1 + i * 7 % 500 END AS ended_on, (i % 5 + 0.25) * power(10::numeric, i % 9) AS price,
	date '2022-01-01' + i * 11 % 900 AS valid_from, CASE WHEN i % 4 > 0 THEN date '2022-01-01' + i * 11 % 900 + i % 300 END AS valid_to
FROM generate_series(1, 3000) i;
SELECT results_eq($$SELECT l.*
		FROM (SELECT cvm._base_loss_agg(r.customer_id, '', r.since, r.until, r.price, NULL, r.segment, '2023-07-31', '{30}') AS losses
			FROM (SELECT customer_id, started_on AS since, ended_on AS until, price, NULL::text AS segment FROM lone UNION ALL SELECT customer_id, valid_from, valid_to, NULL, 'S' FROM lone) r) f,
			cvm._base_losses(f.losses) l ORDER BY 1, 2, 3, 4, 5$$,
	$$WITH seen AS (SELECT l.*, least(l.ended_on, '2023-08-01') AS left_on FROM lone l WHERE l.started_on < '2023-07-31'),
	stay AS (
		SELECT s.*, 'S' AS segment, range_agg(daterange(s.started_on, s.left_on) * daterange(s.valid_from, s.valid_to)) AS days FROM seen s WHERE coalesce(s.valid_to > s.valid_from, true) GROUP BY s.customer_id, s.started_on, s.ended_on, s.price, s.valid_from, s.valid_to, s.left_on
		UNION ALL
		SELECT s.*, '(none)', datemultirange(daterange(s.started_on, s.left_on)) - CASE WHEN coalesce(s.valid_to > s.valid_from, true) THEN datemultirange(daterange(s.valid_from, s.valid_to)) ELSE '{}' END FROM seen s),
	piece AS (
		SELECT s.segment, s.price, cvm._months_since(s.started_on, '2023-07-31') AS age, cvm._months_since(lower(d.d), '2023-07-31') AS since,
			CASE WHEN upper(d.d) > '2023-07-31' THEN -1 ELSE cvm._months_since(upper(d.d), '2023-07-31') END AS until,
			CASE WHEN s.left_on > '2023-07-31' THEN -1 ELSE cvm._months_since(s.left_on, '2023-07-31') END AS gone
		FROM stay s, unnest(s.days) d (d))
	SELECT segment, age, since, until, gone, count(*) AS n, coalesce(sum(price) FILTER (WHERE until < 0), 0) AS mrr, coalesce(sum(price * price) FILTER (WHERE until < 0), 0) AS squares
	FROM piece WHERE since > until GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5$$, 'a fold counts times of paying by months and segments as SQL does, and adds up squares exactly');
SELECT throws_ok($$SELECT cvm._base_loss_agg(1, '', '2024-01-01', NULL, 1, NULL, NULL, '2024-07-01', '{-1}')$$, '22023', 'what is asked of spells makes no sense', 'gaps of fewer than no days are refused');
SELECT * FROM finish();
ROLLBACK;
