\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What is left of customers' money from closing to closing.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SELECT plan(9);

-- W1: from the closing of January to that of April
CREATE TABLE w1 (customer text, started_on date, ended_on date, mrr numeric);
INSERT INTO w1 VALUES ('m1', '2023-06-01', NULL, 100), ('m2', '2023-06-01', '2024-03-01', 50), ('m3', '2023-06-01', '2024-02-15', 80), ('m3', '2024-02-15', NULL, 120),
	('m4', '2023-06-01', '2024-02-20', 60), ('m4', '2024-04-03', NULL, 60), ('m5', '2023-06-01', NULL, 40), ('m5', '2023-06-01', '2024-03-10', 25),
	('m6', '2024-02-01', NULL, 100), ('m7', '2024-02-05', '2024-02-25', 30), ('m8', '2024-01-20', '2024-02-03', 0), ('m8', '2024-02-03', NULL, 20),
	('m9', '2023-06-01', '2024-03-15', 90), ('m9', '2024-03-15', NULL, 0);
CREATE TABLE w1_told AS SELECT customer, holdings_agg('p', started_on, ended_on, mrr) AS h FROM w1 GROUP BY customer;
SELECT results_eq($$SELECT sum(k.customers)::bigint, sum(k.opening_mrr), sum(k.net_retained_mrr), sum(k.gross_retained_mrr),
		round(sum(k.net_retained_mrr) / sum(k.opening_mrr), 5), round(sum(k.gross_retained_mrr) / sum(k.opening_mrr), 5)
	FROM w1_told, kept_changes(h, 'month', '2024-05-01', 3) k WHERE k.period_start <= '2024-04-01'$$,
	'VALUES (6::bigint, 445::numeric, 320::numeric, 280::numeric, 0.71910, 0.62921)', 'W1: 320 and 280 of 445 after three months, from point to point');

-- Random spells against what each customer brings at the two closings
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE TABLE seed AS SELECT seed, (ARRAY['week', 'month', 'quarter'])[1 + draw(seed, 'grain', 3)] AS grain, 1 + draw(seed, 'periods', 13) AS periods,
	date '2023-11-17' + draw(seed, 'as_of', 330) AS as_of FROM generate_series(1, 210) seed;
CREATE TABLE folded AS
SELECT s.seed, c AS customer, holdings_agg('p' || k, date '2022-10-01' + draw(s.seed, 'start' || c || k, 600),
	CASE WHEN draw(s.seed, 'open' || c || k, 4) > 0 THEN date '2022-10-01' + draw(s.seed, 'start' || c || k, 600) + draw(s.seed, 'days' || c || k, 300) END,
	(ARRAY[0, 5, 9.99, 20, -3])[1 + draw(s.seed, 'price' || c || k, 5)]) AS h
FROM seed s, generate_series(1, 4) c, generate_series(1, 4) k GROUP BY 1, 2;
CREATE TABLE held AS
SELECT seed, customer, datemultirange(daterange(date '2022-10-01' + draw(seed, 'from' || customer, 300), date '2022-10-01' + 300 + draw(seed, 'to' || customer, 200)),
	daterange(date '2023-12-01' + draw(seed, 'again' || customer, 200), NULL)) AS days FROM folded;
CREATE TABLE closing AS
SELECT s.*, p::date AS period_start, least(p::date + CASE grain WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month' ELSE interval '3 months' END, as_of)::date - 1 AS now_on,
	((p - s.periods * CASE grain WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month' ELSE interval '3 months' END)
		+ CASE grain WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month' ELSE interval '3 months' END)::date - 1 AS then_on
FROM seed s, generate_series(date_trunc(s.grain, timestamp '2022-10-01'), s.as_of - 1, CASE s.grain WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month' ELSE interval '3 months' END) p;
CREATE TABLE theirs AS
SELECT c.seed, c.period_start, w.way, count(*) FILTER (WHERE o > 0) AS customers, coalesce(sum(o), 0) AS opening, coalesce(sum(least(o, n)), 0) AS gross, coalesce(sum(n) FILTER (WHERE o > 0), 0) AS net
FROM closing c JOIN folded f USING (seed) JOIN held d USING (seed, customer) CROSS JOIN (VALUES ('all'), ('segment')) w (way),
	LATERAL (SELECT CASE WHEN w.way = 'all' OR d.days @> c.then_on THEN mrr_at(f.h, c.then_on) ELSE 0 END AS o, mrr_at(f.h, c.now_on) AS n) x
GROUP BY 1, 2, 3;
CREATE TABLE ours AS
SELECT seed, way, period_start, sum(k.customers) AS customers, sum(k.opening_mrr) AS opening, sum(k.gross_retained_mrr) AS gross, sum(k.net_retained_mrr) AS net FROM (
	SELECT seed, 'all' AS way, k.* FROM folded JOIN seed USING (seed), kept_changes(h, grain, as_of, periods) k
	UNION ALL SELECT seed, 'segment', k.* FROM folded JOIN seed USING (seed) JOIN held USING (seed, customer), kept_changes(h, grain, as_of, periods, days) k) k GROUP BY 1, 2, 3;
CREATE TABLE compared AS
SELECT t.*, coalesce(sum(o.customers), 0) AS our_customers, coalesce(sum(o.opening), 0) AS our_opening, coalesce(sum(o.gross), 0) AS our_gross, coalesce(sum(o.net), 0) AS our_net
FROM theirs t LEFT JOIN ours o ON o.seed = t.seed AND o.way = t.way AND o.period_start <= t.period_start GROUP BY t.seed, t.period_start, t.way, t.customers, t.opening, t.gross, t.net;
SELECT cmp_ok((SELECT count(*) FROM compared WHERE net > 0 AND gross < net), '>', 1000::bigint, 'there is something to compare');
SELECT is_empty('SELECT * FROM compared WHERE (customers, opening, gross, net) IS DISTINCT FROM (our_customers, our_opening, our_gross, our_net)', 'every closing is that of plain SQL, with segments and without');
SELECT is_empty('SELECT * FROM compared WHERE our_gross > least(our_opening, our_net)', 'gross is never above opening nor above net');
SELECT throws_ok($$SELECT kept_changes(h, 'month', '2024-05-01', 0) FROM w1_told$$, '22023', NULL, 'no periods is not a distance');

-- In the view
CREATE SCHEMA bill;
CREATE TABLE bill.subs AS SELECT customer AS customer_id, 'p' AS product, started_on, ended_on, mrr FROM w1;
INSERT INTO bill.subs VALUES ('m0', 'p', '2022-06-01', NULL, 10);
CREATE TABLE bill.tier AS SELECT DISTINCT customer AS customer_id, CASE WHEN customer < 'm4' THEN 'x' ELSE 'y' END AS segment, date '2022-01-01' AS valid_from, NULL::date AS valid_to FROM w1;
DO $$ BEGIN
	PERFORM cvm.create_model('acme', 'UTC', as_of => '2024-09-01');
	PERFORM cvm.bind('acme', 'subscription', 'bill.subs');
END $$;
SELECT results_eq($$SELECT year_opening_mrr, year_gross_retained_mrr, round(gross_revenue_retention_year_rate::numeric, 5), year_net_retained_mrr, round(net_revenue_retention_year_rate::numeric, 5)
	FROM acme.subscription_kpi WHERE month IN ('2023-05-01', '2024-01-01', '2024-07-01') ORDER BY month$$,
	'VALUES (0::numeric, 0::numeric, NULL::numeric, 0::numeric, NULL::numeric), (10, 10, 1, 10, 1), (455, 290, 0.63736, 330, 0.72527)', 'the rates of a year, with numerator and denominator');
SELECT is((SELECT round(gross_revenue_retention_chained_rate::numeric, 5) FROM acme.subscription_kpi WHERE month = '2024-07-01'), 0.61004, 'the chained rate is lower: who came back is lost to it');
DO $$ BEGIN PERFORM cvm.bind('acme', 'segment_history', 'bill.tier'); END $$;
SELECT results_eq($$SELECT segment, year_opening_mrr, year_gross_retained_mrr, year_net_retained_mrr FROM acme.subscription_kpi WHERE month = '2024-07-01' ORDER BY segment COLLATE "C"$$,
	$$VALUES ('(all)', 455::numeric, 290::numeric, 330::numeric), ('(none)', 10, 10, 10), ('x', 230, 180, 220), ('y', 215, 100, 100)$$, 'retained money is told by the segment in which customers were then');
CREATE TABLE seen AS TABLE acme.subscription_kpi;
DO $$ BEGIN PERFORM cvm.store('acme', 'customer_holdings'); END $$;
SELECT set_eq('TABLE acme.subscription_kpi', 'TABLE seen', 'the same from stored holdings');

SELECT * FROM finish();
ROLLBACK;
