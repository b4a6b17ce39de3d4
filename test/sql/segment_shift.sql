\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Shift or noise: two months of mostly the same customers, and many looks.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SELECT plan(25);

-- differences of what goes together
SELECT results_eq($$SELECT conf_low, conf_high FROM proportion_difference(48, 80, 56, 70, 0.95, 0)$$, $$SELECT conf_low, conf_high FROM proportion_difference(48, 80, 56, 70)$$, 'other customers: Newcombe''s interval as it was');
SELECT results_eq($$SELECT round(conf_low::numeric, 9), round(conf_high::numeric, 9), p_value::numeric(9,7) FROM mean_difference(10, 3, 12, 4, 0.95, 0)$$, $$SELECT round(conf_low::numeric, 9), round(conf_high::numeric, 9), 0.6891565 FROM mean_difference(10, 3, 12, 4)$$, 'the difference of means without an overlap is as it was, with p of 0.4 standard errors');
SELECT is((SELECT round(conf_high::numeric, 4) || ' ' || round(p_value::numeric, 4) FROM mean_difference(10, 3, 12, 4, 0.95, 0.5)), '9.0668 0.5791', 'half together: the root of 9 + 16 - 12');
SELECT is((SELECT conf_low || ' ' || conf_high || ' ' || p_value FROM mean_difference(10, 3, 12, 3, 0.95, 1)), '2 2 0', 'wholly together: the same for everybody is certain');
SELECT is((SELECT p_value FROM mean_difference(9.99::float8 * 3 / 3, 0, 9.99::float8 * 7 / 7 + 1e-15, 0, 0.95, 1)), 1::float8, 'the last digit of a division is no change');
SELECT cmp_ok((SELECT max(abs(CASE WHEN h > 20 THEN i.conf_low ELSE i.conf_high END)) FROM unnest('{12,19,21,28}'::int[]) h, unnest('{0,0.5,0.9}'::float8[]) r, proportion_difference(20, 50, h, 50, 0.95, r) d, proportion_difference(20, 50, h, 50, 1 - d.p_value, r) i), '<', 1e-9::float8, 'at 1 - p the interval touches 0');
SELECT throws_ok($$SELECT mean_difference(10, 3, 12, 3, 0.95, 1.5)$$, '22023', 'correlation "1.5" is not between -1 and 1', 'a correlation is at most 1');
SELECT throws_ok($$SELECT segment_overlap(segment_flow_agg(1::bigint, 'P', '2024-01-01', NULL, 1, NULL, 'month', '2024-02-01'))$$, '22023', 'segments folded with span 1 have no overlap of closings', 'overlaps want span 0');
SELECT throws_ok($$SELECT segment_bridge(segment_flow_agg(1::bigint, 'P', '2024-01-01', NULL, 1, NULL, 'month', '2024-02-01', NULL, 0))$$, '22023', 'segments folded with span 0 have no bridge', 'a flow with span 0 gives overlaps only');

-- worlds in which nothing happens but chance: in each month 4 % leave and as
-- many come, and 6 % change price and products, always to be as all were.  One
-- line of each is paid: lines that end together are not many renewals
CREATE SCHEMA shop;
CREATE TABLE shop.turn AS
SELECT w, slot, m, left('x' || md5(w || ' ' || slot || ' ' || m), 9)::bit(32)::bigint::float8 / 4294967296 AS luck
FROM generate_series(1, 20) w, generate_series(1, 400) slot, generate_series(0, 12) m;
CREATE TABLE shop.life AS
SELECT w, slot, m, w * 1000000 + slot * 100 + life AS customer, run, min(m) OVER (PARTITION BY w, slot, run) = m AS begins, ('x' || left(md5(w || '/' || slot || '/' || run), 7))::bit(28)::int AS kind
FROM (SELECT w, slot, m, count(*) FILTER (WHERE m > 0 AND luck < 0.04) OVER o AS life, count(*) FILTER (WHERE m > 0 AND luck < 0.10) OVER o AS run FROM shop.turn WINDOW o AS (PARTITION BY w, slot ORDER BY m)) t;
CREATE TABLE shop.line AS
SELECT r.w, r.customer AS customer_id, 'P' || p AS product, r.f AS started_on, r.t AS ended_on, CASE p WHEN 1 THEN round((10 + 40 * (r.kind % 1000 / 1000.0) ^ 2)::numeric, 2) ELSE 0 END AS mrr
FROM (SELECT w, customer, run, max(kind) AS kind, date '2023-01-10' + min(m) * interval '1 month' AS f, CASE WHEN max(m) < 12 THEN date '2023-01-10' + (max(m) + 1) * interval '1 month' END AS t FROM shop.life GROUP BY w, slot, customer, run) r
CROSS JOIN LATERAL generate_series(1, 1 + (r.kind / 1000) % 3) p;
CREATE TABLE shop.tier AS
SELECT DISTINCT w, customer AS customer_id, (ARRAY['A', 'A', 'B', 'C'])[1 + slot % 4] AS segment, date '2023-01-01' AS valid_from, NULL::date AS valid_to FROM shop.life;
CREATE INDEX ON shop.line (w);
CREATE INDEX ON shop.tier (w);
CREATE VIEW shop.subs AS SELECT customer_id, product, started_on::date, ended_on::date, mrr FROM shop.line WHERE w = current_setting('shop.world')::int;
CREATE VIEW shop.tiers AS SELECT customer_id, segment, valid_from, valid_to FROM shop.tier WHERE w = current_setting('shop.world')::int;
SET shop.world = 1;
DO $$
BEGIN
	PERFORM create_model('acme', tz => 'UTC', currency => 'EUR', as_of => '2024-01-20');
	PERFORM bind('acme', 'subscription', 'shop.subs');
	PERFORM bind('acme', 'segment_history', 'shop.tiers');
END
$$;
CREATE TEMP TABLE seen (w int, LIKE acme.segment_shift);
DO $$
BEGIN
	FOR w IN 1 .. 20 LOOP
		PERFORM set_config('shop.world', w::text, true);
		INSERT INTO seen SELECT w, s.* FROM acme.segment_shift s WHERE s.is_complete;
	END LOOP;
END
$$;
CREATE TEMP TABLE level AS
SELECT metric, (to_month > from_month + interval '1 month') AS apart, count(*) AS looks, avg((change_low > 0 OR change_high < 0)::int) AS outside,
	sqrt(avg((change / nullif(change_high - change_low, 0) * 3.92) ^ 2)) AS ratio
FROM seen WHERE segment = '(all)' AND grain = 'month' AND metric IN ('arpu', 'products_per_customer', 'multi_product_share') GROUP BY 1, 2;
SELECT is((SELECT count(*) FROM level WHERE looks >= 200), 6::bigint, 'hundreds of changes by chance are looked at, of money, products and shares, next month and later');
SELECT is_empty($$SELECT * FROM level WHERE outside NOT BETWEEN 0.01 AND 0.10$$, 'truth F4: intervals of 95 % leave out about 5 % of them, not none');
SELECT is_empty($$SELECT * FROM level WHERE ratio NOT BETWEEN 0.8 AND 1.2$$, 'truth F4: changes scatter as the interval says, and not by a fifth of it');
SELECT cmp_ok((SELECT count(*) FROM (SELECT w, grain, to_month FROM seen WHERE verdict <> 'immature' GROUP BY 1, 2, 3) x), '>', 250::bigint, 'hundreds of months are judged');
SELECT cmp_ok((SELECT count(*) FROM (SELECT w, grain, to_month FROM seen WHERE verdict = 'shift' GROUP BY 1, 2, 3) x), '<=', 20::bigint, 'truth F5: in few months, of a nominal 5 %, is anything called a shift');
SELECT cmp_ok((SELECT count(*) FROM seen WHERE change_low > 0 OR change_high < 0), '>', 500::bigint, 'truth F5: hundreds of rows by themselves look like one');

-- the guard is Benjamini's and Hochberg's, and says so
CREATE TEMP TABLE guard AS
SELECT row_key, comparisons, p_adjusted, p_value, count(p_value) OVER m AS n, row_number() OVER (PARTITION BY w, grain, to_month ORDER BY p_value, row_key COLLATE "C") AS i, w, grain, to_month, verdict
FROM seen WHERE w <= 3 AND p_value IS NOT NULL WINDOW m AS (PARTITION BY w, grain, to_month);
SELECT is_empty($$SELECT row_key FROM guard g WHERE comparisons <> n OR verdict <> CASE WHEN p_adjusted <= 0.05 THEN 'shift' ELSE 'noise' END
	OR abs(p_adjusted - (SELECT min(h.p_value * h.n / h.i) FROM guard h WHERE h.w = g.w AND h.grain = g.grain AND h.to_month = g.to_month AND h.i >= g.i)) > 1e-12$$, 'truth F5: p_adjusted is that of Benjamini and Hochberg over metrics, segments and earlier months');
SELECT is_empty($$SELECT row_key FROM seen WHERE (verdict = 'immature') <> (p_value IS NULL) OR (p_adjusted < p_value) OR conf <> 0.95$$, 'p_adjusted is not below p_value, and conf is the setting');

-- contributions
SELECT is_empty($$SELECT row_key FROM seen WHERE change IS NULL AND rate_contribution IS NOT NULL OR segment = '(all)' AND change IS NULL AND mix_contribution IS NOT NULL$$, 'practice 1.12: there is no rate without a change, and no mix where the total has none');
SELECT is_empty($$SELECT w, metric, grain, from_month, to_month FROM seen GROUP BY 1, 2, 3, 4, 5
	HAVING abs(sum(mix_contribution + coalesce(rate_contribution, 0)) FILTER (WHERE segment <> '(all)') - max(change) FILTER (WHERE segment = '(all)')) > 1e-9$$, 'practice 1.12: the contributions of segments are all of the change, of months, quarters and years');

-- quarters are pooled from what happens in their months
SELECT set_eq($$SELECT DISTINCT grain FROM seen$$, '{month,quarter}'::text[], 'the only year is compared with none');
SELECT is((SELECT round(change::numeric, 9) || ' ' || from_customers || ' ' || to_customers FROM seen WHERE w = 20 AND row_key = 'A|churn_rate|2023-Q2|2023-Q4'),
	(SELECT round((sum(-churned_customers) FILTER (WHERE month >= '2023-10-01') / sum(at_risk_customers) FILTER (WHERE month >= '2023-10-01') - sum(-churned_customers) FILTER (WHERE month < '2023-07-01') / sum(at_risk_customers) FILTER (WHERE month < '2023-07-01'))::numeric, 9)
		|| ' ' || sum(at_risk_customers) FILTER (WHERE month < '2023-07-01') || ' ' || sum(at_risk_customers) FILTER (WHERE month >= '2023-10-01')
	FROM acme.segment_kpi WHERE segment = 'A' AND (month BETWEEN '2023-04-01' AND '2023-06-01' OR month BETWEEN '2023-10-01' AND '2023-12-01')), 'practice 1.12: a quarter''s churn is that of its months, of customers and months at risk');
SELECT is_empty($$SELECT row_key FROM seen WHERE grain = 'quarter' AND metric IN ('arpu', 'products_per_customer', 'multi_product_share', 'net_revenue_retention_rate')$$, 'practice 1.12: what is so at a closing is not pooled');

-- a price rise of 5 % for everybody
INSERT INTO shop.tier SELECT 21, slot * 100 + n, (ARRAY['A', 'A', 'B', 'C'])[1 + slot % 4], '2023-01-01', NULL FROM generate_series(1, 400) slot, generate_series(0, 1) n;
-- 3 % a month leave and others come; the rest pay as ever, and more from 5 October on
INSERT INTO shop.line
SELECT 21, slot * 100 + n, 'P', greatest(f, x.f0), CASE WHEN t < x.t0 THEN t ELSE x.t0 END, round(x.part * (10 + 40 * (('x' || left(md5(slot || '+' || n), 7))::bit(28)::int % 1000 / 1000.0) ^ 2)::numeric, 2)
FROM (SELECT slot, n, CASE n WHEN 0 THEN date '2023-01-10' ELSE gone END AS f, CASE n WHEN 0 THEN gone END AS t
	FROM (SELECT slot, (date '2023-01-20' + (slot * 7919 % 33) * interval '1 month')::date AS gone FROM generate_series(1, 400) slot) g, generate_series(0, 1) n) l,
	(VALUES (date '2023-01-01', date '2023-10-05', 1), ('2023-10-05', NULL, 1.05)) AS x (f0, t0, part)
WHERE coalesce(f < x.t0, true) AND coalesce(t > x.f0, true);
SET shop.world = 21;
SELECT results_eq($$SELECT DISTINCT verdict FROM acme.segment_shift WHERE metric = 'arpu' AND from_month = '2023-09-01' AND to_month = '2023-10-01'$$, $$VALUES ('shift')$$, 'truth F4: a price rise of 5 % for everybody is a shift, in every segment');
SELECT results_eq($$SELECT p_adjusted < 1e-6 FROM acme.segment_shift WHERE segment = '(all)' AND metric = 'arpu' AND from_month = '2023-09-01' AND to_month = '2023-10-01'$$, $$VALUES (true)$$, 'truth F4: it is one of all segments together, with certainty');
SELECT results_eq($$SELECT DISTINCT verdict FROM acme.segment_shift WHERE metric = 'products_per_customer' AND from_month = '2023-09-01' AND to_month = '2023-10-01'$$, $$VALUES ('noise')$$, 'products are not called a shift');
SELECT * FROM finish();
ROLLBACK;
