\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Changes of price: what is one and what is not, and what it did.  CVM_WORLDS=200
-- asks so many random worlds how often an interval holds the truth;
-- CVM_REPORT is a file for what they say.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;
\set worlds 10
\set customers 800
\set seed 3
\getenv many CVM_WORLDS
\if :{?many}
	\set worlds :many
	\set customers 1500
\endif
\i test/price_world.sql
SELECT pg_temp.quietly($$SELECT cvm.create_model('pw', tz => 'UTC', currency => 'EUR', as_of => '2024-05-10')$$);
SELECT pg_temp.quietly(format($$SELECT cvm.bind('pw', %L, 'price_world.%s')$$, e, e)) FROM unnest('{subscription,segment_history}'::text[]) e;
CREATE TEMP TABLE price_change AS TABLE pw.price_change;

SELECT results_eq($$SELECT product COLLATE "default", customers, round(mrr_before, 2), uplift_mrr FROM price_change WHERE segment = 'A' AND product <> '(all)' ORDER BY 1$$,
	$$SELECT product, count(*), sum(mrr), sum(round(mrr * 1.1, 2) - mrr) FROM price_world.line WHERE is_touched GROUP BY 1 ORDER BY 1$$,
	'every customer whose price rose is touched, with what each paid before and pays more, and nobody else');
SELECT is_empty($$SELECT row_key FROM price_change WHERE segment = 'B' OR product LIKE '%+'$$, 'the end of a promotion, another plan and a second line are no change of price');
SELECT is_empty($$SELECT row_key FROM price_change WHERE net_mrr <> uplift_mrr + faded_mrr + lost_mrr OR uplift_mrr <> mrr_after - mrr_before$$, 'money adds up as it is shown');
SELECT is_empty($$SELECT row_key FROM price_change WHERE churn_rate <> -left_customers::float8 / customer_months$$, 'the rate is its numerator by its denominator');
SELECT results_eq($$SELECT product COLLATE "default", left_customers FROM price_change WHERE segment = 'A' AND product <> '(all)' ORDER BY 1$$,
	$$SELECT product, -count(*) FILTER (WHERE ended_on <= date '2024-01-01' + 120) FROM price_world.line WHERE is_touched GROUP BY 1 ORDER BY 1$$, 'who left is who left within the four windows that are over');
CREATE TEMP VIEW told AS
SELECT p.*, t.has_effect, CASE WHEN t.has_effect THEN 1 - exp(-0.03) ELSE 0 END AS truth
FROM price_change p
JOIN (SELECT product, bool_or(has_effect) AS has_effect FROM price_world.line GROUP BY 1) t ON t.product = p.product
WHERE p.segment = 'A';
SELECT cmp_ok((SELECT count(*) FROM told WHERE truth NOT BETWEEN conf_low AND conf_high), '<=', (SELECT ceil(0.05 * :worlds + 2 * sqrt(0.0475 * :worlds))::bigint), 'the interval holds the truth as often as it says');
SELECT cmp_ok((SELECT count(*) FROM told WHERE verdict = CASE WHEN has_effect THEN 'accretive' ELSE 'value_destroying' END), '<=', (SELECT floor(0.05 * :worlds)::bigint),
	'at most one verdict of twenty is false');
SELECT is((SELECT verdict FROM price_change WHERE product = '(all)' AND segment = 'A'), 'value_destroying', 'of all worlds together the change costs more than it brings');
SELECT is_empty($$SELECT row_key FROM price_change WHERE (segment, product) = ('A', '(all)') AND (lost_customers NOT BETWEEN lost_low AND lost_high OR net_mrr NOT BETWEEN net_low AND net_high
	OR break_even_month NOT BETWEEN break_even_low AND break_even_high)$$, 'estimates lie within their limits');
SELECT cmp_ok((SELECT avg((p.lost_low <= t.lost AND t.lost <= p.lost_high)::int) FROM told p
	-- who had not left yet without the change
	JOIN (SELECT product, -sum((1 - exp(-0.03 * 4)) * has_effect::int) * 0.93 AS lost FROM price_world.line WHERE is_touched GROUP BY 1) t USING (product)), '>=', 0.8, 'customers lost are about as many as were sent away');

-- long mode: how well, of how many
\getenv report CVM_REPORT
\if :{?report}
\pset tuples_only false
\o :report
SELECT has_effect, count(*) AS worlds, round(avg((truth BETWEEN conf_low AND conf_high)::int), 3) AS coverage, round(avg(excess_churn_rate)::numeric, 5) AS mean, round(truth::numeric, 5) AS truth,
	round(stddev(excess_churn_rate)::numeric, 5) AS scatter, round(avg(std_error)::numeric, 5) AS std_error, count(*) FILTER (WHERE verdict = 'accretive') AS accretive,
	count(*) FILTER (WHERE verdict = 'value_destroying') AS value_destroying, count(*) FILTER (WHERE verdict = 'inconclusive') AS inconclusive, count(*) FILTER (WHERE verdict = 'not_parallel') AS not_parallel
FROM told GROUP BY has_effect, truth ORDER BY 1;
\o
\pset tuples_only true
\endif

-- refusals
CREATE SCHEMA refuse;
CREATE TABLE refuse.subscription AS
-- everybody's price rises: nobody is left to compare with
SELECT i AS customer_id, 'ALL'::text AS product, date '2020-01-01' + i % 300 AS started_on, date '2024-03-01' AS ended_on, 10::numeric AS mrr FROM generate_series(1, 200) i
UNION ALL SELECT i, 'ALL', '2024-03-01', CASE WHEN i % 10 = 0 THEN date '2024-04-01' + i % 20 END, 11 FROM generate_series(1, 200) i
-- too late to tell
UNION ALL SELECT 1000 + i, 'LATE', date '2023-01-01' + i % 300, CASE WHEN i % 2 = 0 THEN date '2024-06-20' END, 10 FROM generate_series(1, 200) i
UNION ALL SELECT 1000 + i, 'LATE', '2024-06-20', NULL, 9 FROM generate_series(2, 200, 2) i
-- nobody leaves
UNION ALL SELECT 2000 + i, 'FEW', date '2023-01-01' + i % 300, CASE WHEN i % 2 = 0 THEN date '2024-02-01' END, 10 FROM generate_series(1, 200) i
UNION ALL SELECT 2000 + i, 'FEW', '2024-02-01', NULL, 9 FROM generate_series(2, 200, 2) i
-- all began the day before
UNION ALL SELECT 3000 + i, 'NEW', '2024-01-09', CASE WHEN i % 2 = 0 THEN date '2024-01-10' WHEN i % 5 = 0 THEN date '2024-02-01' + i % 50 END, 1000 FROM generate_series(1, 200) i
UNION ALL SELECT 3000 + i, 'NEW', '2024-01-10', NULL, 900 FROM generate_series(2, 200, 2) i
-- nobody left before, of either
UNION ALL SELECT 5000 + i, 'CALM', date '2023-01-01' + i % 300, CASE WHEN i % 2 = 0 THEN date '2024-01-20' WHEN i % 9 = 0 THEN date '2024-02-01' + i % 50 END, 7 FROM generate_series(1, 200) i
UNION ALL SELECT 5000 + i, 'CALM', '2024-01-20', CASE WHEN i % 3 = 0 THEN date '2024-02-01' + i % 50 END, 8 FROM generate_series(2, 200, 2) i
-- nineteen are not a change
UNION ALL SELECT 4000 + i, 'DEAL', '2023-01-01', '2024-02-02', 50 FROM generate_series(1, 19) i
UNION ALL SELECT 4000 + i, 'DEAL', '2024-02-02', NULL, 45 FROM generate_series(1, 19) i;
SELECT pg_temp.quietly($$SELECT cvm.create_model('refused', tz => 'UTC', as_of => '2024-07-01')$$);
SELECT pg_temp.quietly($$SELECT cvm.bind('refused', 'subscription', 'refuse.subscription')$$);
SELECT results_eq($$SELECT product COLLATE "default", segment, verdict, excess_churn_rate IS NULL, lost_mrr IS NULL FROM refused.price_change WHERE product NOT IN ('(all)', 'CALM') ORDER BY 1$$,
	$$VALUES ('ALL', '(all)', 'no_control', true, true), ('FEW', '(all)', 'too_few', false, false), ('LATE', '(all)', 'immature', true, true), ('NEW', '(all)', 'no_history', true, true)$$,
	'a change without a control, too small, too young or without a past has no verdict, and the word says why');
SELECT is_empty($$SELECT verdict FROM refused.price_change WHERE reason IS NULL OR reason !~ '\.$'$$, 'each verdict has a sentence for a reason');
SELECT results_eq($$SELECT verdict, conf_low < excess_churn_rate AND excess_churn_rate < conf_high, reason ~ '\(-?\d+\.\d+% to \d+\.\d+%\)' FROM refused.price_change WHERE product = 'CALM'$$,
	$$VALUES ('value_destroying', true, true)$$, 'that nobody left before is no proof that nobody would: the interval has a width');
-- one that is named
SELECT results_eq($$SELECT verdict, customers, mrr_before, excess_churn_rate, conf_low, conf_high, net_so_far, reason FROM cvm.price_change('refused', 'CALM', '2024-01-20')$$,
	$$SELECT verdict, customers, mrr_before, excess_churn_rate, conf_low, conf_high, net_so_far, reason FROM refused.price_change WHERE product = 'CALM'$$, 'a change that is named says what the view says of it');
SELECT results_eq($$SELECT product, segment, customers, uplift_mrr, verdict FROM cvm.price_change('refused', 'DEAL', '2024-02-02')$$, $$VALUES ('DEAL', '(all)', 19::bigint, -95.00, 'no_history')$$, 'one of few customers can be named');
SELECT results_eq($$SELECT product, customers FROM cvm.price_change('pw', NULL, '2024-01-01') WHERE segment = 'A'$$, $$SELECT product::text, customers FROM price_change WHERE segment = 'A' ORDER BY product <> '(all)', product COLLATE "C"$$, 'all products that changed on a day can be asked for');
-- what it brings of margin: who is lost costs nothing either
SELECT is((SELECT count(net_margin) FROM refused.price_change), 0::bigint, 'no margin is told where no product has one');
CREATE TABLE refuse.product AS SELECT * FROM (VALUES ('CALM', 7.5, 2.5), ('FEW', NULL, 4), ('ALL', 10, 3), ('LATE', 10, 3), ('NEW', 1000, 1), ('DEAL', NULL, NULL)) AS p (product, list_price, unit_margin);
SELECT pg_temp.quietly($$SELECT cvm.bind('refused', 'product', 'refuse.product')$$);
SELECT results_eq($$SELECT c.product::text, abs(c.net_margin - (c.net_mrr - c.lost_customers::numeric * k.cost)) < 0.02, abs(c.net_margin_low - (c.net_low - c.lost_low::numeric * k.cost)) < 0.02,
		abs(c.net_margin_high - (c.net_high - c.lost_high::numeric * k.cost)) < 0.02 FROM refused.price_change c
	JOIN (VALUES ('CALM', 5), ('FEW', 6)) AS k (product, cost) ON k.product = c.product::text ORDER BY 1$$, $$VALUES ('CALM', true, true, true), ('FEW', true, true, true)$$,
	'margin is money less what those lost no longer cost, at the price paid, or at that before where no list says one');
SELECT cvm.configure('refused', 'min_group_size', '20') \g /dev/null
SELECT throws_ok(format('SELECT * FROM cvm.price_change(%s)', a), c, m, m) FROM (VALUES
	($$'refused', 'DEAL', '2024-02-02'$$, 'P0002', 'no price of product "DEAL" of model "refused" changed on 2024-02-02 that is shown'),
	($$'refused', 'CLAM', '2024-01-20'$$, 'P0002', 'no price of product "CLAM" of model "refused" changed on 2024-01-20 that is shown'),
	($$'refused', 'CALM', 'infinity'$$, '22023', 'invalid first_day "infinity"'), ($$'refused', 'CALM', NULL$$, '22023', 'invalid first_day "NULL"')) v (a, c, m);
-- the fold itself
SELECT throws_ok(format($$SELECT cvm._price_change_agg(1, 'P', '2024-01-01', NULL, 1, NULL, NULL, '2024-07-01', %L::int[])$$, v.asked), c, m, m)
FROM (VALUES (NULL::int[], '22004', 'what is asked of spells is NULL'), ('{30,1}', '22023', 'what is asked of spells makes no sense')) v (asked, c, m);
CREATE TEMP TABLE price_cell AS
SELECT c.*
FROM (
	SELECT cvm._price_change_agg(v.id, v.product, v.since, v.until, v.mrr, '', v.segment, '2024-07-01', '{30,1,12}') AS cells
	FROM (VALUES (1, 'P', date '2024-01-01', date '2024-03-01', 10, NULL), (1, 'P', '2024-03-01', NULL, 12, NULL), (1, NULL, NULL, '2024-02-10', NULL, 'S'),
		-- no spells: days that are none, nothing paid, no product
		(1, 'P', '-infinity', NULL, 5, NULL), (1, 'P', '2024-02-01', '-infinity', 5, NULL), (1, 'Q', '2024-02-01', NULL, 0, NULL),
		(1, NULL, '2024-02-01', NULL, 5, NULL), (1, NULL, 'infinity', NULL, NULL, 'T'), (1, NULL, '2024-02-20', '-infinity', NULL, 'T')) v (id, product, since, until, mrr, segment)) t,
	unnest(t.cells) c;
SELECT results_eq('SELECT changed_on, observed_months, segment, product, customers, mrr_before, mrr_after FROM price_cell WHERE window_no IS NULL',
	$$VALUES (date '2024-03-01', 4, '(none)', 'P', 1::bigint, 10::numeric, 12::numeric)$$, 'a fold of spells finds a change, and takes no row for a spell that is none');
SELECT results_eq('SELECT segment, array_agg(window_no ORDER BY window_no) FROM price_cell WHERE window_no < 0 GROUP BY 1', $$VALUES ('S', '{-2,-1}'::int[])$$,
	'and a segment of which it is not known since when is that of all days before its end');
SELECT is_empty($$SELECT v.p FROM (SELECT (n * power(10::numeric, n % 30 - 10))::numeric(38,12) AS p FROM generate_series(1, 300) n) v
	CROSS JOIN LATERAL (SELECT cvm._price_change_agg(1, 'P', s.since, s.until, s.mrr, NULL, NULL, '2025-06-01', '{30,1,12}') AS cells
		FROM (VALUES (date '2025-01-01', date '2025-03-01', v.p), ('2025-03-01', NULL, v.p * 2)) s (since, until, mrr)) f
	CROSS JOIN LATERAL unnest(f.cells) c
	WHERE c.is_touched AND c.window_no IS NOT NULL AND c.price_band IS DISTINCT FROM round(ln(v.p::float8) / 0.22)::int$$, 'bands of prices are those of their logarithms, whatever their decimals');
SELECT * FROM finish();
ROLLBACK;
