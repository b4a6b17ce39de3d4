\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Why net revenue retention of twelve months is what it is.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

-- planted: everybody pays on 31 January 2024, and one customer for each cause
CREATE TABLE spell (customer_id text, product text, started_on date, ended_on date, mrr numeric, offer text, status text);
INSERT INTO spell VALUES
	('churn', 'A', '2024-01-05', '2024-05-10', 10, NULL, NULL),
	('return', 'A', '2024-01-05', '2024-05-10', 10, NULL, NULL), ('return', 'A', '2024-09-05', NULL, 12, NULL, NULL),
	('pause', 'A', '2024-01-05', '2024-12-20', 10, NULL, NULL), ('pause', 'A', '2024-12-20', NULL, 10, NULL, 'paused'),
	('upgrade', 'A', '2024-01-05', '2024-05-10', 10, NULL, NULL), ('upgrade', 'B', '2024-05-10', NULL, 14, NULL, NULL),
	('downgrade', 'B', '2024-01-05', '2024-05-10', 14, NULL, NULL), ('downgrade', 'A', '2024-05-10', NULL, 9, NULL, NULL),
	('new_product', 'A', '2024-01-05', NULL, 10, NULL, NULL), ('new_product', 'B', '2024-06-10', NULL, 15, NULL, NULL),
	('left_product', 'A', '2024-01-05', NULL, 10, NULL, NULL), ('left_product', 'B', '2024-01-10', '2024-03-10', 13, NULL, NULL),
	('quantity', 'A', '2024-01-05', NULL, 10, NULL, NULL), ('quantity', 'A', '2024-03-10', NULL, 11, NULL, NULL),
	('promotion', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL), ('promotion', 'A', '2024-03-10', NULL, 8, 'SAVE', NULL),
	('promotion_end', 'A', '2024-01-05', '2024-07-10', 5, 'WELCOME', NULL), ('promotion_end', 'A', '2024-07-10', NULL, 10, NULL, NULL),
	('price', 'A', '2024-01-05', '2024-10-01', 10, NULL, NULL), ('price', 'A', '2024-10-01', NULL, 13, NULL, NULL),
	('late', 'A', '2024-02-05', '2024-10-01', 50, NULL, NULL), ('late', 'A', '2024-10-01', NULL, 70, NULL, NULL);
SELECT cvm.create_model('plan', tz => 'UTC', currency => 'EUR', as_of => '2025-02-01') \g /dev/null
SELECT cvm.bind('plan', 'subscription', 'spell') \g /dev/null
SELECT results_eq($$SELECT opening_customers, year_opening_mrr, year_churn_mrr, year_return_mrr, year_pause_mrr, year_upgrade_mrr, year_downgrade_mrr, year_new_product_mrr, year_left_product_mrr,
	year_quantity_mrr, year_promotion_mrr, year_promotion_end_mrr, year_price_mrr, year_net_retained_mrr, net_revenue_retention_year_rate FROM plan.revenue_bridge WHERE month = '2025-01-01'$$,
	$$VALUES (11::bigint, 122.00, -20.00, 12.00, -10.00, 4.00, -5.00, 15.00, -13.00, 11.00, -2.00, 5.00, 3.00, 122.00, 1::float8)$$,
	'each cause has its line, and who came later has none');
CREATE TABLE tier (customer_id text, segment text, valid_from date, valid_to date);
INSERT INTO tier VALUES ('price', 'home', '2024-01-01', '2024-05-01'), ('price', 'work', '2024-05-01', NULL), ('churn', 'work', '2024-01-01', NULL);
SELECT cvm.bind('plan', 'segment_history', 'tier') \g /dev/null
SELECT results_eq($$SELECT segment COLLATE "C", year_opening_mrr, year_churn_mrr, year_price_mrr, year_net_retained_mrr FROM plan.revenue_bridge WHERE month = '2025-01-01' AND segment NOT LIKE '(%' ORDER BY 1$$,
	$$VALUES ('home' COLLATE "C", 10.00, 0.00, 3.00, 13.00), ('work', 10, -10, 0, 0)$$, 'a customer is in the segment of twelve months before, wherever the change found it');
SELECT is_empty($$SELECT month FROM plan.revenue_bridge WHERE segment <> '(all)' GROUP BY month HAVING sum(year_price_mrr) <> (SELECT year_price_mrr FROM plan.revenue_bridge b WHERE b.segment = '(all)' AND b.month = revenue_bridge.month)$$, 'segments add up to the total');

-- of thirds the lines still make the end of it
TRUNCATE spell;
INSERT INTO spell SELECT n::text, 'A', date '2024-01-05', CASE WHEN n % 3 = 0 THEN date '2024-06-01' WHEN n % 3 = 1 THEN date '2024-07-01' END, 10 / 3.0, NULL, NULL FROM generate_series(1, 20) n
UNION ALL SELECT n::text, 'A', date '2024-07-01', NULL::date, 20 / 3.0, NULL, NULL FROM generate_series(1, 20) n WHERE n % 3 = 1;
SELECT is((SELECT year_opening_mrr + year_churn_mrr + year_price_mrr - year_net_retained_mrr FROM plan.revenue_bridge WHERE month = '2025-01-01' AND segment = '(all)'), 0.00, 'what rounding leaves over is on a line');

-- a whole small telecom, beside customer_movement and subscription_kpi
\i test/world.sql
SELECT world.model('w') \g /dev/null
SELECT is_empty($$SELECT row_key FROM w.revenue_bridge WHERE year_opening_mrr + year_churn_mrr + year_return_mrr + year_pause_mrr + year_upgrade_mrr + year_downgrade_mrr + year_new_product_mrr + year_left_product_mrr
	+ year_quantity_mrr + year_promotion_mrr + year_promotion_end_mrr + year_price_mrr <> year_net_retained_mrr$$, 'lines lead from the opening to what is retained');
SELECT is_empty($$SELECT row_key FROM w.revenue_bridge b FULL JOIN (SELECT * FROM w.subscription_kpi WHERE year_opening_mrr <> 0) k USING (row_key)
	WHERE (b.year_opening_mrr, b.year_net_retained_mrr, b.net_revenue_retention_year_rate) IS DISTINCT FROM (k.year_opening_mrr, k.year_net_retained_mrr, k.net_revenue_retention_year_rate)$$,
	'opening, end and rate are those of subscription_kpi, for every segment and month');
CREATE TEMP TABLE moved AS SELECT customer_id, month, line, cause, sum(change) AS change FROM w.customer_movement WHERE line NOT IN ('moved_in', 'moved_out', 'same_period') GROUP BY 1, 2, 3, 4;
CREATE TEMP TABLE base AS
SELECT m::date AS month, s.customer_id, sum(s.mrr) AS mrr, coalesce((SELECT h.segment FROM w.segment_history h WHERE h.customer_id = s.customer_id AND h.valid_from < m - interval '11 months' AND coalesce(h.valid_to >= m - interval '11 months', true)
	ORDER BY h.valid_from DESC, h.segment LIMIT 1), '(none)') AS segment
FROM generate_series('2025-01-01', (SELECT max(month) FROM w.revenue_bridge), interval '1 month') m
JOIN w.subscription s ON s.started_on < m - interval '11 months' AND coalesce(s.ended_on >= m - interval '11 months', true)
WHERE NOT coalesce(lower(s.status) = ANY ('{trial,free,paused}'), false)
GROUP BY m, s.customer_id HAVING sum(s.mrr) > 0;
CREATE TEMP TABLE hand AS
SELECT x.segment, b.month, count(DISTINCT b.customer_id) AS customers,
	coalesce(sum(v.change) FILTER (WHERE v.line = 'churn'), 0) AS churn, coalesce(sum(v.change) FILTER (WHERE v.line = 'reactivation'), 0) AS returned,
	coalesce(sum(v.change) FILTER (WHERE v.line <> 'churn' AND v.cause = 'plan'), 0) AS plan, coalesce(sum(v.change) FILTER (WHERE v.cause = 'new_product'), 0) AS new_product,
	coalesce(sum(v.change) FILTER (WHERE v.cause = 'price'), 0) AS price, coalesce(sum(v.change) FILTER (WHERE v.line NOT IN ('churn', 'reactivation') AND v.cause NOT IN ('plan', 'new_product', 'price')), 0) AS others
FROM base b
CROSS JOIN LATERAL (VALUES ('(all)'), (b.segment)) x (segment)
LEFT JOIN moved v ON v.customer_id = b.customer_id AND v.month <= b.month AND v.month > b.month - interval '12 months'
GROUP BY 1, 2;
SELECT cmp_ok((SELECT count(*) FROM hand WHERE churn <> 0 AND new_product <> 0), '>=', 5::bigint, 'there was much to compare');
SELECT is_empty($$SELECT segment, month FROM hand h FULL JOIN w.revenue_bridge b USING (segment, month) WHERE (h.customers, h.churn, h.returned, h.plan, h.new_product, h.price, h.others)
	IS DISTINCT FROM (b.opening_customers, b.year_churn_mrr, b.year_return_mrr, b.year_upgrade_mrr + b.year_downgrade_mrr, b.year_new_product_mrr, b.year_price_mrr,
		b.year_pause_mrr + b.year_left_product_mrr + b.year_quantity_mrr + b.year_promotion_mrr + b.year_promotion_end_mrr)$$,
	'lines are the sums of customer_movement over twelve months, of the customers who paid before them');

SELECT * FROM finish();
ROLLBACK;
