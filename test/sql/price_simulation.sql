\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What the next change of price would bring.  CVM_WORLDS=200 asks a tenth as many past
-- changes how often the limits of a tenure hold the truth.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
\set worlds 6
\set customers 500
\set seed 2
\i test/price_world.sql
-- what is true of odd worlds only: 3 % more of segment A leave each month
CREATE VIEW price_world.odd AS SELECT * FROM price_world.subscription WHERE left(product, 4) IN ('W001', 'W003', 'W005') OR product LIKE '%+';
SELECT cvm.create_model('ps', tz => 'UTC', currency => 'EUR', as_of => '2024-05-10') \g /dev/null
SELECT cvm.bind('ps', 'subscription', 'price_world.odd') \g /dev/null
SELECT cvm.bind('ps', 'segment_history', 'price_world.segment_history') \g /dev/null
CREATE TEMP TABLE event AS SELECT * FROM ps.price_change WHERE segment = 'A' AND product <> '(all)' AND verdict IN ('accretive', 'value_destroying', 'inconclusive');
CREATE TEMP TABLE told AS SELECT * FROM cvm.price_simulation('ps', '(all)', 'A', 0.2);
SELECT cmp_ok((SELECT count(*) FROM event), '>=', 3::bigint, 'there are past changes to learn from');
SELECT results_eq('SELECT DISTINCT events, scope FROM told', 'SELECT count(*)::int, ''segment'' FROM event', 'the past changes of the segment are taken');

-- the same, in a loop: DerSimonian and Laird
CREATE FUNCTION pg_temp.pool(leave int, OUT mean float8, OUT spread float8) LANGUAGE plpgsql AS $$
DECLARE
	y float8[] := (SELECT array_agg(excess_churn_rate / ln(1 + price_change_rate) ORDER BY product) FROM pg_temp.event);
	v float8[] := (SELECT array_agg((std_error / ln(1 + price_change_rate)) ^ 2 ORDER BY product) FROM pg_temp.event);
	w float8 := 0; w2 float8 := 0; m float8 := 0; q float8 := 0; k int := 0; tau2 float8 := 0;
BEGIN
	FOR i IN 1 .. cardinality(y) LOOP
		CONTINUE WHEN i = leave;
		w := w + 1 / v[i]; w2 := w2 + 1 / v[i] ^ 2; m := m + y[i] / v[i]; k := k + 1;
	END LOOP;
	m := m / w;
	FOR i IN 1 .. cardinality(y) LOOP
		q := q + CASE WHEN i = leave THEN 0 ELSE (y[i] - m) ^ 2 / v[i] END;
	END LOOP;
	IF k > 1 THEN
		tau2 := greatest(0, (q - (k - 1)) / (w - w2 / w));
	END IF;
	w := 0; mean := 0;
	FOR i IN 1 .. cardinality(y) LOOP
		CONTINUE WHEN i = leave;
		w := w + 1 / (v[i] + tau2); mean := mean + y[i] / (v[i] + tau2);
	END LOOP;
	mean := mean / w;
	spread := 1 / w + tau2;
END
$$;
SELECT is_empty($$SELECT DISTINCT t.excess_churn_rate, t.conf_low, t.conf_high FROM told t, pg_temp.pool(0) p
	WHERE abs(t.excess_churn_rate - p.mean * ln(1.2)) > 1e-9 OR abs(t.conf_high - t.conf_low - 2 * 1.959963985 * sqrt(p.spread) * ln(1.2)) > 1e-8$$, 'the elasticity is their mean, the limits are those of one more');
SELECT is_empty($$SELECT DISTINCT t.back_test_error FROM told t WHERE abs(t.back_test_error - (SELECT avg(abs(e.excess_churn_rate - p.mean * ln(1 + e.price_change_rate)))
	FROM (SELECT *, row_number() OVER (ORDER BY product)::int AS n FROM event) e, pg_temp.pool(e.n) p)) > 1e-9$$, 'each past change is foretold by the others');
SELECT ok(bool_and(conf_low < -ln(1.2) / ln(1.1) * expm1 AND -ln(1.2) / ln(1.1) * expm1 < conf_high AND back_test_coverage BETWEEN 0 AND 1), 'the limits hold what was planted, twice as much for twice the rise')
FROM told, (SELECT exp(-0.03) - 1 AS expm1) x;

-- the money, by hand: who is there, and how many of them left in windows of 30 days
CREATE TEMP TABLE line AS
SELECT s.customer_id, s.started_on, coalesce(s.ended_on, '2024-05-11') AS ended_on, s.mrr, min(s.started_on) OVER w AS joined_on, max(coalesce(s.ended_on, '2024-05-11')) OVER w AS left_on
FROM price_world.odd s JOIN price_world.segment_history h USING (customer_id) WHERE h.segment = 'A' WINDOW w AS (PARTITION BY s.customer_id);
SELECT results_eq($$SELECT DISTINCT customers, mrr FROM told WHERE dimension = '(all)'$$, $$SELECT count(*)::float8, sum(mrr) FROM line WHERE ended_on > '2024-05-10'$$, 'the base is who pays on as_of');
CREATE TEMP TABLE hazard AS SELECT tenure, sum(x) / sum(n) AS rate, sum(n) AS n FROM (
	SELECT CASE WHEN age < 3 THEN 0 WHEN age < 6 THEN 1 WHEN age < 12 THEN 2 WHEN age < 24 THEN 3 ELSE 4 END AS tenure, 1.0::float8 AS n, (left_on <= day + 30)::int::float8 AS x
	FROM (SELECT l.*, date '2024-05-10' - 30 * k AS day, (date '2024-05-10' - 30 * k - joined_on) / 30 AS age FROM line l, generate_series(1, 12) k) a
	WHERE started_on <= day AND ended_on > day) r GROUP BY tenure;
SELECT is_empty('SELECT tenure FROM hazard WHERE n < 100', 'there are enough of every tenure');
CREATE FUNCTION pg_temp.paid(change float8, excess float8, months int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	paid float8 := 0;
	one record;
	age int;
	stays float8;
BEGIN
	FOR one IN SELECT sum(mrr) AS mrr, (date '2024-05-10' - joined_on) / 30 AS age FROM pg_temp.line WHERE ended_on > '2024-05-10' GROUP BY 2 LOOP
		stays := 1;
		FOR k IN 0 .. months - 1 LOOP
			age := one.age + k;
			stays := stays * (1 - excess - (SELECT rate FROM pg_temp.hazard WHERE tenure = CASE WHEN age < 3 THEN 0 WHEN age < 6 THEN 1 WHEN age < 12 THEN 2 WHEN age < 24 THEN 3 ELSE 4 END));
		END LOOP;
		paid := paid + one.mrr * (1 + change) * stays;
	END LOOP;
	RETURN paid;
END
$$;
SELECT is_empty($$SELECT month_no FROM told WHERE dimension = '(all)' AND month_no IN (1, 3) AND (abs(without_mrr - pg_temp.paid(0, 0, month_no)) > 0.006
	OR abs(net_mrr - (pg_temp.paid(0.2, excess_churn_rate, month_no) - pg_temp.paid(0, 0, month_no))) > 0.006
	OR abs(net_low - (pg_temp.paid(0.2, conf_high, month_no) - pg_temp.paid(0, 0, month_no))) > 0.006)$$, 'money after one and three months is that of a loop over ages');
SELECT is((SELECT count(DISTINCT month_no) FROM told), 24::bigint, 'a simulation looks 24 months ahead');
SELECT is_empty($$SELECT t.month_no, t.dimension FROM told t JOIN told a ON a.dimension = '(all)' AND a.month_no = t.month_no
	GROUP BY t.month_no, t.dimension, a.mrr, a.without_mrr, a.net_mrr, a.net_low, a.net_high, a.net_so_far, a.customers
	HAVING (sum(t.mrr), sum(t.without_mrr), sum(t.net_mrr), sum(t.net_low), sum(t.net_high), sum(t.net_so_far), sum(t.customers))
		<> (a.mrr, a.without_mrr, a.net_mrr, a.net_low, a.net_high, a.net_so_far, a.customers)$$, 'segments, tenures and prices add up to all');
SELECT is_empty($$SELECT month_no FROM told WHERE net_mrr NOT BETWEEN net_low AND net_high OR lost_customers >= 0$$, 'estimates lie within their limits, and losses are negative');
SELECT is(count(DISTINCT verdict || reason), 1::bigint, 'the verdict lays the limits beside what would use the change up') FROM told
WHERE dimension = '(all)' AND verdict = CASE WHEN conf_low > break_even_churn_rate THEN 'value_destroying' WHEN conf_high < break_even_churn_rate THEN 'accretive' ELSE 'inconclusive' END;

-- of one change, and of none
SELECT is((SELECT concat_ws(' ', t.events, t.scope, round((t.excess_churn_rate - e.excess_churn_rate)::numeric, 12), round((t.conf_low - e.conf_low)::numeric, 4), t.back_test_error, left(t.reason, 40))
	FROM cvm.price_simulation('ps', 'W001', 'A', 0.1, 12) t JOIN event e ON e.product = 'W001' WHERE t.dimension = '(all)' AND t.month_no = 12),
	'1 product and segment 0.000000000000 0.0000 One past change, whose spread is not kno', 'of one change it says that again, with its limits, and that the spread is not known');
SELECT is((SELECT scope FROM cvm.price_simulation('ps', 'W001', 'B', 0.1, 1) LIMIT 1), 'product', 'a segment without changes learns from the others that hold the product');
CREATE VIEW price_world.calm AS SELECT * FROM price_world.subscription WHERE product LIKE '%+';
SELECT cvm.create_model('calm', tz => 'UTC', currency => 'EUR', as_of => '2024-05-10') \g /dev/null
SELECT cvm.bind('calm', 'subscription', 'price_world.calm') \g /dev/null
CREATE TEMP TABLE unknown AS SELECT * FROM cvm.price_simulation('calm', NULL, NULL, 0.08, 12);
SELECT results_eq('SELECT DISTINCT verdict, events, count(net_mrr), count(conf_low), count(without_mrr) > 0 FROM unknown GROUP BY 1, 2', $$VALUES ('not_known', 0, 0::bigint, 0::bigint, true)$$, 'where no change was nothing is assumed');
SELECT is_empty($$SELECT * FROM unknown WHERE month_no = 12 AND abs(mrr * 1.08 * (1 - churn_rate - break_even_churn_rate) ^ 12 - without_mrr) > 0.01$$, 'the answer is the excess churn that uses the change up');
SELECT is(left(reason, 50), 'No past change of price tells what this one would ', 'the reason says that no past change of price tells') FROM unknown LIMIT 1;
SELECT ok(bool_and(break_even_churn_rate < 0), 'of a cut the churn that it has to save') FROM cvm.price_simulation('calm', NULL, NULL, -0.08, 12);

-- a rise sends away who came in the last year, and few of the others
CREATE TEMP TABLE before AS TABLE told;
SELECT cvm.drop_model(m) FROM unnest('{ps,calm}'::name[]) m \g /dev/null
DROP SCHEMA price_world CASCADE;
\set effect 'CASE WHEN p.started_on > date ''2023-01-01'' THEN 0.06 ELSE 0.01 END'
\set customers 3000
\set worlds 4
\getenv many CVM_WORLDS
\if :{?many}
	SELECT greatest(4, :many / 5) AS worlds \gset
\endif
\i test/price_world.sql
SELECT cvm.create_model('ps', tz => 'UTC', currency => 'EUR', as_of => '2024-05-10') \g /dev/null
SELECT cvm.bind('ps', 'subscription', 'price_world.subscription'), cvm.bind('ps', 'segment_history', 'price_world.segment_history') \g /dev/null
CREATE TEMP TABLE by_value AS
SELECT p.product AS event, t.*, 1 - exp(CASE value WHEN '3-5 months' THEN -0.06 WHEN '6-11 months' THEN -0.06 WHEN '24 months and more' THEN -0.01 END) AS truth
FROM (SELECT DISTINCT l.product FROM price_world.line l WHERE l.has_effect) p
CROSS JOIN LATERAL cvm.price_simulation('ps', p.product, 'A', 0.1, 1) t;
SELECT is(count(*), 5::bigint * count(DISTINCT event), 'each tenure has a row') FROM by_value WHERE dimension = 'tenure';
SELECT cmp_ok(count(*) FILTER (WHERE truth NOT BETWEEN conf_low AND conf_high), '<=', ceil(0.05 * count(*) + 2 * sqrt(0.0475 * count(*)))::bigint,
	'what a change does to a tenure lies within its limits as often as they say') FROM by_value WHERE truth IS NOT NULL;
SELECT cmp_ok(avg((n.excess_churn_rate > 2 * o.excess_churn_rate)::int), '>=', 0.8, 'it is told apart from what it does to another') FROM by_value n
JOIN by_value o ON o.event = n.event AND o.value = '12-23 months' WHERE n.value = '6-11 months';
SELECT is_empty($$SELECT v.event, v.dimension FROM by_value v JOIN by_value a ON a.event = v.event AND a.dimension = '(all)'
	GROUP BY v.event, v.dimension, a.customers, a.excess_churn_rate, a.conf_low, a.conf_high
	HAVING abs(sum(v.customers * v.excess_churn_rate) - a.customers * a.excess_churn_rate) > 1e-6 OR abs(sum(v.customers * v.conf_low) - a.customers * a.conf_low) > 1e-6
		OR abs(sum(v.customers * v.conf_high) - a.customers * a.conf_high) > 1e-6$$, 'segments, tenures and prices make the excess churn of all');
SELECT is_empty('SELECT value FROM before WHERE dimension = ''tenure'' AND abs(excess_churn_rate - (SELECT min(excess_churn_rate) FROM before WHERE dimension = ''(all)'')) > 1e-9',
	'where tenures and prices do not differ beyond chance one elasticity holds for all');
\getenv report CVM_REPORT
\if :{?report}
\pset tuples_only false
\o :report
SELECT value, count(*) AS changes, round(avg((truth BETWEEN conf_low AND conf_high)::int), 3) AS coverage, round(avg(excess_churn_rate)::numeric, 4) AS mean, round(truth::numeric, 4) AS truth
FROM by_value WHERE truth IS NOT NULL GROUP BY value, truth ORDER BY 1;
\o
\pset tuples_only true
\endif

SELECT throws_ok(format('SELECT * FROM cvm.price_simulation(%s)', a), c, m, m) FROM (VALUES
	($$'ps', '(all)', 'A', 0$$, '22023', 'change "0" is no change of price'), ($$'ps', '(all)', 'A', -1$$, '22023', 'change "-1" is no change of price'),
	($$'ps', '(all)', 'A', NULL$$, '22023', 'change NULL is no change of price'), ($$'ps', '(all)', 'A', 0.1, 0$$, '22023', 'months "0" is not between 1 and 120'),
	($$'ps', '(all)', 'A', 0.1, 12, 1$$, '22023', 'conf "1" is not between 0 and 1'), ($$'ps', 'W01', 'A', 0.1$$, '22023', 'no subscription of model "ps" has the product "W01"'),
	($$'ps', 'W001', 'C', 0.1$$, 'P0002', 'nobody holds product "W001" in segment "C" of model "ps"')) v (a, c, m);
SELECT cvm.create_model('bare', tz => 'UTC') \g /dev/null
SELECT throws_ok($$SELECT * FROM cvm.price_simulation('bare', NULL, NULL, 0.1)$$, '42P01', 'model "bare" has no view "price_change"', 'a model without subscriptions says what it waits for');

SELECT * FROM finish();
ROLLBACK;
