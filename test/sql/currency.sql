\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Money in several currencies: movements at constant rates, and what the rates
-- did in a line of its own.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(23);

-- W21: 100 EUR that stay 100 EUR, seen in dollars
CREATE SCHEMA bill;
CREATE TABLE bill.subs (customer_id text, product text, started_on date, ended_on date, mrr numeric, status text, currency text);
CREATE TABLE bill.rate (currency text, valid_from date, rate numeric);
INSERT INTO bill.subs VALUES ('a', 'p', '2024-01-10', NULL, 100, NULL, 'EUR');
INSERT INTO bill.rate VALUES ('EUR', '2024-01-01', 1.10), ('EUR', '2024-02-20', 1.05);
DO $$ BEGIN
	PERFORM cvm.create_model('w21', 'UTC', currency => 'USD', as_of => '2024-04-01');
	PERFORM cvm.bind('w21', 'subscription', 'bill.subs');
END $$;
SELECT results_eq('SELECT opening_mrr, new_mrr, contraction_mrr, fx_mrr, closing_mrr FROM w21.mrr_movement ORDER BY month',
	'VALUES (0::numeric, 100::numeric, 0::numeric, 0::numeric, 100::numeric), (100, 0, 0, 0, 100), (100, 0, 0, 0, 100)', 'without rates amounts are what they are');
DO $$ BEGIN PERFORM cvm.bind('w21', 'fx_rate', 'bill.rate'); END $$;
SELECT results_eq('SELECT opening_mrr, new_mrr, expansion_mrr, contraction_mrr, churn_mrr, fx_mrr, closing_mrr FROM w21.mrr_movement ORDER BY month',
	'VALUES (0::numeric, 110::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 110::numeric), (110, 0, 0, 0, 0, -5, 105), (105, 0, 0, 0, 0, 0, 105)',
	'W21: from 1.10 to 1.05 nothing contracts, and the line of rates is -5');
SELECT is((SELECT currency FROM w21.mrr_movement LIMIT 1), 'USD', 'amounts are in the currency of the model');
INSERT INTO bill.subs VALUES ('a', 'q', '2024-02-10', NULL, 20, NULL, 'EUR'), ('b', 'p', '2024-01-10', '2024-02-25', 10, NULL, 'EUR'), ('c', 'p', '2024-02-10', NULL, 7, NULL, NULL), ('d', 'p', '2024-02-10', NULL, 8, NULL, 'USD');
SELECT results_eq($$SELECT opening_mrr, new_mrr, expansion_mrr, churn_mrr, fx_mrr, closing_mrr FROM w21.mrr_movement WHERE month = '2024-02-01'$$,
	'VALUES (121::numeric, 15::numeric, 21::numeric, -10.50::numeric, -5.50::numeric, 141::numeric)', 'growth and loss count at the rate of the closing, and the own currency at 1');
SELECT results_eq($$SELECT net_revenue_retention_rate, closing_mrr FROM w21.subscription_kpi WHERE month = '2024-03-01'$$, 'VALUES (1::float8, 141.00::numeric)', 'rates of other views do not see exchange rates: everything is at the last one');
SELECT results_eq($$SELECT cohort_mrr FROM w21.subscription_retention WHERE cohort = '2024-01-01' AND period_no = 0$$, 'VALUES (115.50::numeric)', 'cohorts are at the last exchange rate too');
SELECT results_eq($$SELECT to_mrr FROM w21.product_migration WHERE month = '2024-02-01' AND to_product = 'q'$$, 'VALUES (21.00::numeric)', 'migrations are shown in the currency');
INSERT INTO bill.subs VALUES ('e', 'p', '2024-02-10', NULL, 7, NULL, 'GBP');
SELECT throws_ok('SELECT * FROM w21.mrr_movement', '22023', 'no rate of currency "GBP" on 2024-02-29', 'a currency without a rate is an error, not a smaller sum');
SELECT throws_ok('SELECT * FROM w21.subscription_kpi', '22023', 'no rate of currency "GBP" on 2024-03-31', 'a currency without a rate is an error in every view');
SELECT is((SELECT formula FROM cvm.dictionary WHERE view = 'mrr_movement' AND "column" = 'fx_mrr'), 'opening at the rates of the closing - opening_mrr', 'the dictionary says how');

-- A random portfolio in four currencies, with pauses and segments
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE TABLE bill.spell AS
SELECT c AS customer_id, 'p' || draw(c, 'product' || k, 3) AS product, date '2023-01-01' + draw(c, 'start' || k, 500) AS started_on,
	CASE WHEN draw(c, 'open' || k, 3) > 0 THEN date '2023-01-01' + draw(c, 'start' || k, 500) + 1 + draw(c, 'days' || k, 200) END AS ended_on,
	5 + draw(c, 'price' || k, 4000) / 100.0 AS mrr, CASE draw(c, 'status' || k, 6) WHEN 0 THEN 'paused' WHEN 1 THEN 'trial' ELSE 'paid' END AS status,
	(ARRAY['EUR', 'USD', 'GBP', 'SEK', NULL])[1 + draw(c, 'currency' || CASE WHEN c % 5 = 0 THEN k ELSE 0 END, 5)] AS currency
FROM generate_series(1, 800) c, generate_series(1, 4) k;
CREATE TABLE bill.daily AS
SELECT currency, d::date AS valid_from, base + (draw(extract(doy FROM d)::int, currency, 1000) - 500) / 5000.0 AS rate
FROM (VALUES ('USD', 0.9), ('GBP', 1.17), ('SEK', 0.19)) v (currency, base), generate_series('2022-12-20'::timestamp, '2024-09-15', '3 days') d;
CREATE TABLE bill.tier AS
SELECT c AS customer_id, 'tier ' || draw(c, 'tier' || k, 2) AS segment, date '2023-01-01' + 150 * k AS valid_from, date '2023-01-01' + 150 * (k + 1) AS valid_to
FROM generate_series(1, 800) c, generate_series(0, 3) k WHERE c % 7 > 0;
DO $$ BEGIN
	PERFORM cvm.create_model('many', 'UTC', currency => 'EUR', as_of => '2024-09-15');
	PERFORM cvm.bind('many', 'subscription', 'bill.spell');
	PERFORM cvm.bind('many', 'fx_rate', 'bill.daily');
END $$;
CREATE TABLE alone AS TABLE many.mrr_movement;
DO $$ BEGIN PERFORM cvm.bind('many', 'segment_history', 'bill.tier'); END $$;
CREATE TABLE tiered AS TABLE many.mrr_movement;
SELECT set_eq('TABLE alone', $$SELECT * FROM tiered WHERE segment = '(all)'$$, 'the total is the same with segments and without');
SELECT is_empty($$SELECT FROM tiered WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr + fx_mrr <> closing_mrr$$, 'every line foots to the cent');
SELECT is_empty($$SELECT FROM tiered WHERE opening_customers + new_customers + reactivation_customers + churn_customers + moved_in_customers + moved_out_customers + paused_customers <> closing_customers$$, 'every line foots in customers');
SELECT is_empty($$SELECT FROM (SELECT opening_mrr, lag(closing_mrr) OVER (PARTITION BY segment ORDER BY month) AS closed FROM tiered) x WHERE opening_mrr <> closed$$, 'an opening is the closing before');
SELECT is_empty($$SELECT month FROM tiered GROUP BY month HAVING abs(sum(closing_mrr) FILTER (WHERE segment = '(all)') - sum(closing_mrr) FILTER (WHERE segment <> '(all)')) > 0.03
	OR abs(sum(fx_mrr) FILTER (WHERE segment = '(all)') - sum(fx_mrr) FILTER (WHERE segment <> '(all)')) > 0.1$$, 'segments add up but for rounding');
SELECT cmp_ok((SELECT count(*) FROM tiered WHERE abs(fx_mrr) > 1 AND paused_mrr <> 0), '>', 40::bigint, 'rates and pauses did something');
-- the closing by plain SQL: spells of the day at the rates of the day
CREATE TABLE closing AS
SELECT m.month, d.day, (SELECT sum(CASE WHEN s.status = 'paid' THEN s.mrr ELSE 0 END * CASE WHEN coalesce(s.currency, 'EUR') = 'EUR' THEN 1 ELSE
		(SELECT r.rate FROM bill.daily r WHERE r.currency = s.currency AND r.valid_from <= d.day ORDER BY r.valid_from DESC LIMIT 1) END)
	FROM bill.spell s WHERE s.started_on <= d.day AND (s.ended_on > d.day OR s.ended_on IS NULL)) AS mrr
FROM (SELECT DISTINCT month FROM alone) m, LATERAL (SELECT least((m.month + interval '1 month')::date, '2024-09-15') - 1 AS day) d;
SELECT is_empty($$SELECT month FROM alone JOIN closing USING (month) WHERE round(closing.mrr, 2) <> closing_mrr$$, 'the closing is that of plain SQL');
SELECT is((SELECT count(*) FROM closing), 21::bigint, 'every month''s closing is that of plain SQL');
-- rates that never change leave the line empty, and only scale the rest
UPDATE bill.daily SET rate = 2;
SELECT is_empty($$SELECT month FROM many.mrr_movement WHERE abs(fx_mrr) > 0.05$$, 'rates that stay do nothing');

-- Pauses in the views
DO $$ BEGIN
	PERFORM cvm.create_model('rest', 'UTC', currency => 'EUR', as_of => '2024-09-15');
	PERFORM cvm.bind('rest', 'subscription', 'bill.spell');
END $$;
CREATE TABLE rested AS TABLE rest.mrr_movement;
SELECT results_eq('SELECT DISTINCT pause_days FROM rested', 'VALUES (90)', 'pauses last 90 days where nobody says otherwise, and the view says so');
DO $$ BEGIN PERFORM cvm.store('rest', 'customer_holdings'); END $$;
SELECT set_eq('TABLE rested', 'TABLE rest.mrr_movement', 'stored holdings know of pauses: the same rows as in one pass');
CREATE TABLE kept AS TABLE rest.subscription_retention;
DO $$ BEGIN PERFORM cvm.unstore('rest', 'customer_holdings'); END $$;
SELECT set_eq('TABLE rest.subscription_retention', 'TABLE kept', 'retention in one pass gives the rows of stored holdings');
DO $$ BEGIN PERFORM cvm.configure('rest', 'pause_days', '0'); END $$;
SELECT ok((SELECT bool_and(r.paused_mrr = 0 AND r.closing_mrr = o.closing_mrr) FROM rest.mrr_movement r JOIN rested o USING (row_key)), 'with 0 days a pause is the end');

SELECT * FROM finish();
ROLLBACK;
