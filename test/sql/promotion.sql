\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The end of a promotion is a line of the waterfall: neither expansion nor a
-- higher price (practice 1.16).
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(20);

CREATE TABLE spell (customer_id text, product text, started_on date, ended_on date, mrr numeric, offer text, currency text);
INSERT INTO spell VALUES
	('promoted', 'A', '2024-01-05', '2024-03-10', 5, 'SPRING24', 'EUR'), ('promoted', 'A', '2024-03-10', NULL, 10, NULL, 'EUR'),
	('dearer', 'A', '2024-01-05', '2024-03-10', 10, NULL, 'EUR'), ('dearer', 'A', '2024-03-10', NULL, 11, NULL, 'EUR'),
	('more', 'A', '2024-01-05', '2024-03-10', 5, 'SPRING24', 'EUR'), ('more', 'A', '2024-03-10', NULL, 10, NULL, 'EUR'), ('more', 'B', '2024-03-10', NULL, 20, NULL, 'EUR'),
	('other', 'A', '2024-01-05', '2024-03-10', 5, 'SPRING24', 'EUR'), ('other', 'A', '2024-03-10', NULL, 8, 'SUMMER24', 'EUR'),
	('cheaper', 'A', '2024-01-05', '2024-03-10', 12, 'SPRING24', 'EUR'), ('cheaper', 'A', '2024-03-10', NULL, 10, NULL, 'EUR'),
	('mover', 'A', '2024-01-05', '2024-03-10', 5, 'SPRING24', 'EUR'), ('mover', 'A', '2024-03-10', NULL, 10, NULL, 'EUR');
CREATE TABLE tier AS
SELECT DISTINCT customer_id, CASE customer_id WHEN 'mover' THEN 'old' ELSE 'home' END AS segment, date '2024-01-01' AS valid_from, CASE customer_id WHEN 'mover' THEN date '2024-03-20' END AS valid_to FROM spell
UNION ALL SELECT 'mover', 'new', '2024-03-20', NULL;
DO $$ BEGIN
	PERFORM cvm.create_model('m', 'UTC', currency => 'EUR', as_of => '2024-05-01'), cvm.bind('m', 'subscription', 'spell');
END $$;
SELECT results_eq($$SELECT expansion_mrr, expansion_customers, price_expansion_mrr, promotion_end_mrr, promotion_end_customers, contraction_mrr, closing_mrr FROM m.mrr_movement WHERE month = '2024-03-01'$$,
	$$VALUES (26::numeric, 2::bigint, 1::numeric, 13::numeric, 3::bigint, -2::numeric, 79::numeric)$$, 'practice 1.16: a promotion that ends is neither expansion nor a higher price');
SELECT results_eq($$SELECT customer_id COLLATE "default", line, cause, change FROM m.customer_movement WHERE month = '2024-03-01' ORDER BY 1$$,
	$$VALUES ('cheaper', 'contraction', 'price', -2::numeric), ('dearer', 'expansion', 'price', 1), ('more', 'expansion', 'new_product', 25), ('mover', 'promotion_end', 'promotion_end', 5),
		('other', 'promotion_end', 'promotion_end', 3), ('promoted', 'promotion_end', 'promotion_end', 5)$$, 'practice 1.16: customer_movement has the line, of customers who changed nothing else');
SELECT results_eq($$SELECT promotion_end_mrr, net_retained_mrr - gross_retained_mrr, gained_mrr, net_revenue_retention_rate FROM m.subscription_kpi WHERE month = '2024-03-01'$$,
	$$VALUES (13::numeric, 39::numeric, 26::numeric, 79 / 42::float8)$$, 'practice 1.16: it counts in NRR, which has it beside it, and not in what was gained');
DO $$ BEGIN PERFORM cvm.bind('m', 'segment_history', 'tier'); END $$;
SELECT results_eq($$SELECT segment, promotion_end_mrr, promotion_end_customers, expansion_mrr FROM m.mrr_movement WHERE month = '2024-03-01' ORDER BY 1$$,
	$$VALUES ('(all)', 13::numeric, 3::bigint, 26::numeric), ('home', 8, 2, 26), ('new', 0, 0, 0), ('old', 5, 1, 0)$$, 'practice 1.16: it belongs to the segment that had the customer at the opening');
SELECT is_empty($$SELECT k.row_key FROM m.segment_kpi k JOIN m.mrr_movement m USING (row_key)
	WHERE (k.promotion_end_mrr, k.promotion_end_customers, k.expansion_mrr, k.expansion_customers) <> (m.promotion_end_mrr, m.promotion_end_customers, m.expansion_mrr, m.expansion_customers)$$,
	'practice 1.16: segment_kpi says the same');
SELECT results_eq($$SELECT v, k, (SELECT string_agg(c.customer_id, ' ' ORDER BY c.customer_id) FROM cvm.customers('m', v, cvm.row_key('(all)', '2024-03'), k) c)
		FROM unnest('{mrr_movement,mrr_movement,segment_kpi,segment_kpi,subscription_kpi}'::text[], '{promotion_end_customers,expansion_customers,promotion_end_customers,expansion_customers,promotion_end_mrr}'::text[]) AS u(v, k)$$,
	$$VALUES ('mrr_movement', 'promotion_end_customers', 'mover other promoted'), ('mrr_movement', 'expansion_customers', 'dearer more'), ('segment_kpi', 'promotion_end_customers', 'mover other promoted'),
		('segment_kpi', 'expansion_customers', 'dearer more'), ('subscription_kpi', 'promotion_end_mrr', 'mover other promoted')$$, 'practice 1.16: customers() names them');
SELECT results_eq($$SELECT row_key, entering_customers FROM m.product_migration WHERE entering_customers > 0$$, $$VALUES ('2024-01|(in)|A', 6::bigint)$$, 'practice 1.9: who takes a first product enters');
SELECT is((SELECT count(*) FROM cvm.customers('m', 'product_migration', '2024-01|(in)|A', 'entering_customers')), 6::bigint, 'practice 1.9: customers() names them');
SELECT is((SELECT formula FROM cvm.dictionary WHERE view = 'mrr_movement' AND "column" = 'closing_mrr'),
	'opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + promotion_end_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr + fx_mrr', 'the dictionary has the line');

-- In another currency, at the rate of the closing; the other views at the last one
CREATE TABLE rate AS SELECT 'EUR'::text AS currency, v.* FROM (VALUES (date '2024-01-01', 2.0), ('2024-03-15', 3.0), ('2024-04-15', 4.0)) v (valid_from, rate);
DO $$ BEGIN PERFORM cvm.configure('m', 'currency', 'USD'), cvm.bind('m', 'fx_rate', 'rate'); END $$;
SELECT results_eq($$SELECT segment, promotion_end_mrr, expansion_mrr, fx_mrr, closing_mrr FROM m.mrr_movement WHERE month = '2024-03-01' AND segment IN ('(all)', 'old') ORDER BY 1$$,
	$$VALUES ('(all)', 39::numeric, 78::numeric, 42::numeric, 237::numeric), ('old', 15, 0, 5, 0)$$, 'practice 1.16: in another currency at the rate of the closing');
SELECT results_eq($$SELECT promotion_end_mrr FROM m.subscription_kpi WHERE month = '2024-03-01' AND segment = '(all)'$$, $$VALUES (52::numeric)$$, 'other views at the last rate');
SELECT results_eq($$SELECT sum(change) FROM m.customer_movement WHERE line = 'promotion_end'$$, $$VALUES (52::numeric)$$, 'customer_movement is at the last rate too');
DO $$ BEGIN PERFORM cvm.unbind('m', 'fx_rate'), cvm.configure('m', 'currency', 'EUR'); END $$;

-- From stored holdings
DO $$ BEGIN PERFORM cvm.store('m', 'customer_holdings'), cvm.refresh_here('m'); END $$;
SELECT results_eq($$SELECT segment, promotion_end_mrr, promotion_end_customers FROM m.mrr_movement WHERE month = '2024-03-01' AND segment IN ('(all)', 'old') ORDER BY 1$$,
	$$VALUES ('(all)', 13::numeric, 3::bigint), ('old', 5, 1)$$, 'where holdings are stored it is the same');
DO $$ BEGIN PERFORM cvm.unstore('m', 'customer_holdings'); END $$;

-- A discount for some time is a promotion as well, and no offer is needed
CREATE TABLE discounted (customer_id int, product text, started_on date, ended_on date, mrr numeric, discount numeric, discount_until date);
INSERT INTO discounted VALUES (1, 'A', '2024-01-05', NULL, 10, 4, '2024-03-10'), (2, 'A', '2024-01-05', NULL, 10, 4, NULL), (3, 'A', '2024-01-05', NULL, 10, 0, '2024-03-10');
DO $$ BEGIN
	PERFORM cvm.create_model('d', 'UTC', as_of => '2024-05-01'), cvm.bind('d', 'subscription', 'discounted', '{"discount": "discount", "discount_until": "discount_until"}');
END $$;
SELECT results_eq($$SELECT promotion_end_mrr, promotion_end_customers, expansion_mrr, closing_mrr FROM d.mrr_movement WHERE month = '2024-03-01'$$, $$VALUES (4::numeric, 1::bigint, 0::numeric, 26::numeric)$$,
	'practice 1.16: the end of a discount is the end of a promotion');
SELECT results_eq($$SELECT customer_id, line, change FROM d.customer_movement WHERE month = '2024-03-01'$$, $$VALUES (1, 'promotion_end', 4::numeric)$$, 'practice 1.16: the end of a discount is the end of a promotion in customer_movement');

-- In random worlds with offers and pauses the lines add up, beside plain SQL
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE TABLE random AS
SELECT c AS customer_id, 'p' || draw(c, 'product', 2) AS product, date '2023-01-01' + draw(c, 'first', 60) + 40 * k AS started_on,
	CASE WHEN k < 3 THEN date '2023-01-01' + draw(c, 'first', 60) + 40 * (k + 1) END AS ended_on, 5 + draw(c, 'price' || k, 30) / 3.0 AS mrr,
	CASE WHEN draw(c, 'offer' || k, 2) = 0 THEN 'o' || draw(c, 'which' || k, 2) END AS offer
FROM generate_series(1, 200) c, generate_series(0, 3) k;
CREATE TABLE random_tier AS SELECT c AS customer_id, 't' || draw(c, 't' || k, 3) AS segment, date '2023-01-01' + 60 * k AS valid_from, date '2023-01-01' + 60 * (k + 1) AS valid_to FROM generate_series(1, 200) c, generate_series(0, 3) k WHERE c % 5 > 0;
DO $$ BEGIN
	PERFORM cvm.create_model('r', 'UTC', as_of => '2023-10-01'), cvm.bind('r', 'subscription', 'random'), cvm.bind('r', 'segment_history', 'random_tier');
END $$;
SELECT results_eq($$SELECT month, segment, promotion_end_customers FROM r.mrr_movement WHERE promotion_end_customers > 0 ORDER BY 1, 2$$,
	$$SELECT m.month, s.segment, count(*) FROM generate_series('2023-01-01'::timestamp, '2023-09-01', '1 month') g
	CROSS JOIN LATERAL (SELECT g::date AS month, g::date - 1 AS opening, (g + interval '1 month')::date - 1 AS closing) m
	JOIN random a ON a.started_on <= m.opening AND coalesce(a.ended_on > m.opening, true)
	JOIN random b ON b.customer_id = a.customer_id AND b.started_on <= m.closing AND coalesce(b.ended_on > m.closing, true)
	CROSS JOIN LATERAL (SELECT '(all)' AS segment UNION ALL SELECT coalesce((SELECT t.segment FROM random_tier t WHERE t.customer_id = a.customer_id AND t.valid_from <= m.opening AND t.valid_to > m.opening), '(none)')) s
	WHERE a.offer IS NOT NULL AND a.offer IS DISTINCT FROM b.offer AND b.mrr > a.mrr GROUP BY 1, 2 ORDER BY 1, 2$$, 'beside plain SQL: so many promotions ended in each segment and month');
SELECT cmp_ok((SELECT count(*) FROM r.mrr_movement WHERE promotion_end_customers > 0), '>=', 20::bigint, 'there was much to compare');
SELECT is_empty($$SELECT row_key FROM r.mrr_movement WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + promotion_end_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr + fx_mrr <> closing_mrr
	OR NOT price_expansion_mrr BETWEEN 0 AND expansion_mrr OR expansion_customers < 0$$, 'opening and lines make the closing');
SELECT is_empty($$SELECT month FROM r.mrr_movement GROUP BY month HAVING sum(promotion_end_mrr) <> 2 * max(promotion_end_mrr) FILTER (WHERE segment = '(all)')$$, 'segments make the total');
SELECT is_empty($$SELECT m.row_key FROM r.mrr_movement m WHERE m.promotion_end_mrr <> coalesce((SELECT sum(c.change) FROM r.customer_movement c WHERE c.month = m.month AND c.line = 'promotion_end' AND m.segment IN (c.segment, '(all)')), 0)$$,
	'customers make their line');
SELECT * FROM finish();
ROLLBACK;
