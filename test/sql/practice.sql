\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What somebody who decides by the numbers disputed, case by case: each right
-- value is counted from the tables themselves by plain SQL.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql
CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;
CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN seen;
END
$$;
-- five with commitments until July: the price changed and they stayed (901),
-- they left on the day (902) or long before (903), took another plan before
-- (904), or left with one line of two (905)
INSERT INTO world.subscription (customer_id, product, started_on, ended_on, mrr, subscription_id, status, committed_until) VALUES
	(901, 'BASIC', '2024-01-05', '2024-03-01', 10, 'C901', 'active', '2024-07-01'), (901, 'BASIC', '2024-03-01', NULL, 12, 'C901', 'active', '2024-07-01'),
	(902, 'BASIC', '2024-01-05', '2024-07-01', 10, 'C902', 'active', '2024-07-01'), (903, 'NET', '2024-01-05', '2024-04-01', 20, NULL, 'active', '2024-07-01'),
	(904, 'PLUS', '2024-01-05', '2024-06-15', 15, NULL, 'active', '2024-07-01'), (904, 'MAX', '2024-06-15', NULL, 12, NULL, 'active', '2025-07-01'),
	(905, 'NET', '2024-01-05', '2024-07-01', 20, NULL, 'active', '2024-07-01'), (905, 'TV', '2024-02-05', NULL, 8, NULL, 'active', NULL);
INSERT INTO world.segment_history SELECT i, 'bound', '2024-01-01', NULL FROM generate_series(901, 905) i;
-- what reads most is bound last, so that views are made once
CREATE FUNCTION pg_temp.model(model name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	e text;
BEGIN
	PERFORM cvm.create_model(model, tz => 'UTC', currency => 'EUR');
	FOREACH e IN ARRAY '{product,segment_history,segment_target,cost,bundle_component,subscription}'::text[] LOOP
		PERFORM cvm.bind(model, e, to_regclass('world.' || e));
	END LOOP;
END
$$;
SELECT pg_temp.quietly($$SELECT pg_temp.model('whole')$$);

-- what everybody holds when each month closes, from the table
CREATE TEMP TABLE closing AS
SELECT m.month, o.as_of, s.*, CASE WHEN s.status IN ('trial', 'paused') THEN 0 ELSE s.mrr END AS paid,
	coalesce((SELECT h.segment FROM world.segment_history h WHERE h.customer_id = s.customer_id AND h.valid_from <= m.day AND (h.valid_to IS NULL OR h.valid_to > m.day)
		ORDER BY h.valid_from DESC, h.segment COLLATE "C" LIMIT 1), '(none)') AS segment
FROM (SELECT max(as_of) AS as_of FROM whole.mrr_movement) o
CROSS JOIN LATERAL (SELECT g::date AS month, least((g + interval '1 month')::date, o.as_of) - 1 AS day FROM generate_series(timestamp '2024-01-01', o.as_of - 1, interval '1 month') g) m
JOIN world.subscription s ON s.started_on <= m.day AND (s.ended_on IS NULL OR s.ended_on > m.day);
DELETE FROM closing c WHERE NOT EXISTS (SELECT FROM closing x WHERE x.month = c.month AND x.customer_id = c.customer_id HAVING sum(x.paid) > 0);

-- 1.1
-- each view is read once: joined with others it would be computed once a row
CREATE TEMP TABLE kpi AS TABLE whole.segment_kpi;
CREATE TEMP TABLE rates AS SELECT * FROM whole.subscription_kpi WHERE segment IN ('(all)', 'bound');
CREATE TEMP TABLE card AS TABLE whole.segment_scorecard;
CREATE TEMP TABLE waterfall AS TABLE whole.mrr_movement;
CREATE TEMP TABLE margins AS
	SELECT s.segment, c.month, sum(p.unit_margin + c.paid - p.list_price) AS margin
	FROM closing c JOIN world.product p USING (product) CROSS JOIN LATERAL (VALUES (c.segment), ('(all)')) s (segment)
	GROUP BY 1, 2;
SELECT cmp_ok((SELECT count(*) FROM closing c JOIN world.product p USING (product) WHERE c.paid <> p.list_price), '>', 300::bigint, 'practice 1.1: many lines of the world are not paid at list price');
SELECT is_empty($$SELECT k.segment, k.month, k.product_margin, m.margin FROM kpi k LEFT JOIN margins m USING (segment, month)
	WHERE k.product_margin <> coalesce(m.margin, 0)$$, 'practice 1.1: product_margin of segment_kpi is unit_margin at the price paid, in every segment and month');
SELECT is_empty($$SELECT k.row_key FROM kpi k
	WHERE k.margin IS DISTINCT FROM k.product_margin - coalesce(k.allocated_cost, 0) OR k.closing_customers > 0 AND abs(k.ampu - k.margin / k.closing_customers) > 0.0051$$, 'practice 1.1: margin and ampu of segment_kpi follow from product_margin');
SELECT is((SELECT sum(margin) FROM whole.value_decile), (SELECT margin FROM margins WHERE segment = '(all)' ORDER BY month DESC LIMIT 1), 'practice 1.1: so do the tenths of value_decile');
UPDATE world.subscription SET mrr = mrr * 1.2;
SELECT is((SELECT sum(margin) FROM whole.value_decile) - (SELECT margin FROM margins WHERE segment = '(all)' ORDER BY month DESC LIMIT 1),
	(SELECT sum(round(paid * 1.2, 2) - paid) FROM closing WHERE month = (SELECT max(month) FROM closing)), 'practice 1.1: a price rise of a fifth is all margin');
UPDATE world.subscription SET mrr = mrr / 1.2;
UPDATE world.product SET list_price = NULL;
SELECT is((SELECT sum(margin) FROM whole.value_decile), (SELECT sum(p.unit_margin) FROM closing c JOIN world.product p USING (product) WHERE c.month = (SELECT max(month) FROM closing)), 'practice 1.1: without list prices unit_margin is taken as it is');
UPDATE world.product p SET list_price = l.list_price FROM (VALUES ('BASIC', 10), ('PLUS', 15), ('MAX', 12), ('TV', 8), ('NET', 20), ('DUO', 24)) l (product, list_price) WHERE l.product = p.product;

-- 1.3
CREATE TEMP TABLE term AS
SELECT s.*, o.as_of, date_trunc('month', s.committed_until)::date AS month, (
		SELECT h.segment FROM world.segment_history h WHERE h.customer_id = s.customer_id AND h.valid_from < s.committed_until AND (h.valid_to IS NULL OR h.valid_to >= s.committed_until)) AS segment,
	EXISTS (SELECT FROM world.subscription n WHERE n.customer_id = s.customer_id AND n.status <> 'trial' AND n.started_on <= s.committed_until AND (n.ended_on IS NULL OR n.ended_on > s.committed_until)
		AND (coalesce(n.subscription_id, n.product) = coalesce(s.subscription_id, s.product) OR n.started_on >= s.ended_on)) AS stays
FROM world.subscription s CROSS JOIN (SELECT max(as_of) AS as_of FROM kpi) o
WHERE s.committed_until < o.as_of AND s.status <> 'trial' AND (s.customer_id, s.started_on) <> (901, '2024-01-05');
CREATE TEMP TABLE renewals AS
SELECT x.segment, t.month, count(*) AS due, count(*) FILTER (WHERE t.stays) AS renewed, sum(t.mrr) AS due_mrr, coalesce(sum(t.mrr) FILTER (WHERE t.stays), 0) AS renewed_mrr
FROM term t CROSS JOIN LATERAL (VALUES (coalesce(t.segment, '(none)')), ('(all)')) x (segment)
GROUP BY 1, 2;
SELECT results_eq($$SELECT segment, due_commitments, renewed_commitments, due_mrr, renewed_mrr, renewal_rate FROM kpi WHERE segment = 'bound' AND month_label = '2024-07'$$,
	$$VALUES ('bound', 5::bigint, 2::bigint, 77.00::numeric(18,2), 27.00::numeric(18,2), 0.4::float8)$$, 'practice 1.3: two commitments of five are renewed; a new price is none that ended, a line beside it no renewal');
SELECT is_empty($$SELECT k.row_key, r FROM kpi k LEFT JOIN renewals r USING (segment, month)
	WHERE (k.due_commitments, k.renewed_commitments, k.due_mrr, k.renewed_mrr) IS DISTINCT FROM (coalesce(r.due, 0), coalesce(r.renewed, 0), coalesce(r.due_mrr, 0), coalesce(r.renewed_mrr, 0))
		OR abs(k.renewal_rate - r.renewed / r.due::numeric) > 1e-9 OR abs(k.renewal_value_rate - r.renewed_mrr / r.due_mrr) > 1e-9 OR k.is_complete AND k.renewal_rate IS NULL AND r.due > 0$$,
	'practice 1.3: renewals of segment_kpi are of commitments that ended, in every segment and month');
SELECT is_empty($$SELECT s.row_key FROM rates s JOIN kpi k USING (segment, month)
	WHERE (k.due_commitments, k.renewed_commitments, k.due_mrr, k.renewed_mrr, k.renewal_rate) IS DISTINCT FROM (s.due_commitments, s.renewed_commitments, s.due_mrr, s.renewed_mrr, s.renewal_rate)
		OR (k.ended_spells, k.continued_spells, k.ended_mrr, k.continued_mrr, k.continuation_rate) IS DISTINCT FROM (s.ended_spells, s.continued_spells, s.ended_mrr, s.continued_mrr, s.continuation_rate)$$,
	'practice 1.3: and so are those of subscription_kpi');
SELECT cmp_ok((SELECT sum(due_commitments) FROM rates WHERE segment = '(all)'), '>', 100::numeric, 'practice 1.3: many commitments ended');
SELECT is_empty($$SELECT k.row_key FROM kpi k LEFT JOIN LATERAL (
		SELECT sqrt(sum((t.mrr * (t.stays::int - k.renewal_value_rate)::numeric) ^ 2) * count(*) / nullif(count(*) - 1, 0)) / sum(t.mrr) AS error FROM term t WHERE t.month = k.month) e ON true
	WHERE k.segment = '(all)' AND k.is_complete AND abs(k.renewal_value_error - e.error) > 1e-9$$, 'practice 1.3: its error is that of a ratio of sums');
SELECT is((SELECT count(DISTINCT metric) FROM whole.segment_shift WHERE metric IN ('renewal_rate', 'renewal_value_rate')), 2::bigint, 'practice 1.3: segment_shift judges renewals where commitments are known');
UPDATE world.subscription SET committed_until = NULL;
SELECT is((SELECT count(*) FROM whole.segment_kpi WHERE num_nonnulls(due_commitments, renewed_commitments, renewal_rate, due_mrr, renewed_mrr, renewal_value_rate) > 0), 0::bigint, 'practice 1.3: without commitments nothing is a renewal');
SELECT is((SELECT count(*) FROM whole.subscription_kpi WHERE num_nonnulls(due_commitments, renewed_commitments, renewal_rate, due_mrr, renewed_mrr, renewal_value_rate) > 0), 0::bigint, 'practice 1.3: nor in subscription_kpi');

-- 1.13
SELECT is_empty($$SELECT c.row_key FROM card c JOIN kpi k USING (segment, month)
	WHERE c.metric = 'closing_mrr' AND (c.variance IS DISTINCT FROM k.closing_mrr - 700 OR c.attainment IS DISTINCT FROM k.closing_mrr::float8 / 700)$$, 'practice 1.13: variance is exact to the cent');
SELECT is_empty($$SELECT c.row_key FROM card c JOIN kpi k USING (segment, month)
	WHERE c.metric = 'churn_rate' AND (abs(c.attainment - 0.05 / nullif(k.churn_rate, 0)) > 1e-9 OR c.better <> 'lower' OR (c.attainment >= 1) <> c.is_met)$$, 'practice 1.13: churn of twice the target reaches half of it');
SELECT cmp_ok((SELECT count(*) FROM card WHERE metric = 'churn_rate' AND attainment < 1), '>', 5::bigint, 'practice 1.13: often enough');

-- 1.16
SELECT is_empty($$SELECT s.row_key FROM rates s JOIN waterfall m USING (segment, month)
	WHERE (s.churned_customers, s.churned_mrr, s.lost_mrr) IS DISTINCT FROM (m.churn_customers, m.churn_mrr, (m.churn_mrr + m.contraction_mrr)::numeric(18,2))
		OR abs(s.logo_churn_rate + m.churn_customers::numeric / nullif(s.at_risk_customers, 0)) > 1e-9 OR s.quick_ratio < 0$$, 'practice 1.16: losses are negative in subscription_kpi too');

SELECT * FROM finish();
ROLLBACK;
