-- SPDX-License-Identifier: PostgreSQL
-- Report view over movement: why net revenue retention of twelve months is
-- what it is, by the causes of customer_movement.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(153, 'revenue_bridge',
		'Why net revenue retention of twelve months is what it is: from what the customers of twelve months before '
		'brought then to what they bring now, by cause, one row per segment and month. The lines are the changes of '
		'customer_movement in the twelve months, of these customers only, and foot to '
		'subscription_kpi.net_revenue_retention_year_rate.', 'opening_customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('bridge_segments', 1, '{segment_history}', $$
		UNION ALL
		SELECT h.segment, f.customer_id, k.*
		FROM folded f
		CROSS JOIN observed o
		JOIN held h ON h.customer_id = f.customer_id
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12, h.days) k
		WHERE NOT isempty(h.days)$$),
('bridge_segments', 9, '{}', '');

-- Who paid twelve months earlier, and what has moved since
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('moved_in_year', 1, '{}', $$
WITH {spelled}{held}, kept AS {at_customer} (
	SELECT '(all)'::text AS segment, f.customer_id, k.*
		FROM folded f
		CROSS JOIN observed o
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12) k{bridge_segments}
), moved AS {at_customer} (
	SELECT f.customer_id, m.period_start, m.change_mrr,
		CASE WHEN m.line = 'churn' THEN 'churn' WHEN m.line IN ('new', 'reactivation') THEN 'return' WHEN m.cause <> 'plan' THEN m.cause
			WHEN m.line = 'expansion' THEN 'upgrade' ELSE 'downgrade' END AS line
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.customer_movements(f.holdings, 'month', o.as_of, {pause_days}) m
	WHERE m.change_mrr <> 0
), based AS (
	-- the months from which on, and before which, a customer paid twelve months earlier
	SELECT k.segment, k.customer_id, k.customers, k.period_start AS from_month,
		lead(k.period_start) OVER (PARTITION BY k.segment, k.customer_id ORDER BY k.period_start) AS to_month
	FROM kept k
	WHERE k.customers <> 0
)
$$);
-- By how much each month changes who paid twelve months earlier, and what has moved since
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('bridge_delta', 1, '{subscription.currency,fx_rate}', '{bridge_delta_of_each}'),
('bridge_delta', 2, '{distributed subscription}', '{bridge_delta_of_each}'),
('bridge_delta', 9, '{}', $$
WITH {observed}, spell_fold AS MATERIALIZED (
	SELECT cvm._segment_bridge_agg({segment_spells}) AS years
	FROM {segment_spell_rows}
), delta AS MATERIALIZED (
	SELECT b.segment, b.period_start AS month, CASE WHEN b.line = 'opening' THEN b.customers ELSE 0 END AS customers,
		CASE WHEN b.line = 'opening' THEN b.mrr ELSE 0 END AS opening, CASE WHEN b.line = 'net' THEN b.mrr ELSE 0 END AS net, b.line, b.mrr AS change
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.years) b
	WHERE {has_segments} OR b.segment = '(all)'
)
$$),
('bridge_delta_of_each', 1, '{}', $$
{moved_in_year}
, changed AS (
	-- a change is in twelve months, and leaves them again
	SELECT b.segment, x.month, m.line, sum(x.change) AS change
	FROM based b
	JOIN moved m ON m.customer_id = b.customer_id
	CROSS JOIN LATERAL (
		SELECT greatest(b.from_month, m.period_start) AS first_month, least(b.to_month, (m.period_start + interval '12 months')::date) AS end_month) w
	CROSS JOIN LATERAL (VALUES (w.first_month, m.change_mrr), (w.end_month, -m.change_mrr)) AS x (month, change)
	WHERE b.customers = 1 AND w.first_month < w.end_month
	GROUP BY b.segment, x.month, m.line
), delta AS (
	SELECT c.segment, c.month, 0 AS customers, 0 AS opening, 0 AS net, c.line, c.change FROM changed c
	UNION ALL
	SELECT k.segment, k.period_start, sum(k.customers), sum(k.opening_mrr), sum(k.net_retained_mrr), NULL, 0
	FROM kept k
	GROUP BY k.segment, k.period_start
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('revenue_bridge', 1, '{subscription}', $$
{bridge_delta}
, month AS (
	SELECT s.segment, g.month::date AS month
	FROM (SELECT d.segment, min(d.month) AS first_month FROM delta d GROUP BY d.segment) s
	CROSS JOIN observed o
	CROSS JOIN LATERAL generate_series(s.first_month::timestamp, (o.as_of - 1)::timestamp, interval '1 month') AS g (month)
), added AS (
	SELECT m.segment, m.month, coalesce(sum(d.customers), 0) AS customers, coalesce(sum(d.opening), 0) AS opening, coalesce(sum(d.net), 0) AS net,
		coalesce(sum(d.change) FILTER (WHERE d.line = 'churn'), 0) AS churn, coalesce(sum(d.change) FILTER (WHERE d.line = 'return'), 0) AS returned,
		coalesce(sum(d.change) FILTER (WHERE d.line = 'pause'), 0) AS pause, coalesce(sum(d.change) FILTER (WHERE d.line = 'upgrade'), 0) AS upgrade,
		coalesce(sum(d.change) FILTER (WHERE d.line = 'downgrade'), 0) AS downgrade, coalesce(sum(d.change) FILTER (WHERE d.line = 'new_product'), 0) AS new_product,
		coalesce(sum(d.change) FILTER (WHERE d.line = 'left_product'), 0) AS left_product, coalesce(sum(d.change) FILTER (WHERE d.line = 'quantity'), 0) AS quantity,
		coalesce(sum(d.change) FILTER (WHERE d.line = 'promotion'), 0) AS promotion,
			coalesce(sum(d.change) FILTER (WHERE d.line = 'promotion_end'), 0) AS promotion_end,
		coalesce(sum(d.change) FILTER (WHERE d.line = 'price'), 0) AS price
	FROM month m
	LEFT JOIN delta d ON d.segment = m.segment AND d.month = m.month
	GROUP BY m.segment, m.month
), summed AS (
	SELECT a.segment, a.month, sum(a.customers) OVER w AS customers, sum(a.opening) OVER w AS opening, sum(a.net) OVER w AS net,
		ARRAY[sum(a.churn) OVER w, sum(a.returned) OVER w, sum(a.pause) OVER w, sum(a.upgrade) OVER w, sum(a.downgrade) OVER w, sum(a.new_product) OVER w,
			sum(a.left_product) OVER w, sum(a.quantity) OVER w, sum(a.promotion) OVER w, sum(a.promotion_end) OVER w, sum(a.price) OVER w] AS lines
	FROM added a
	WINDOW w AS (PARTITION BY a.segment ORDER BY a.month)
), footed AS (
	-- opening and lines make what is left, and segments the total, as they are shown
	SELECT s.segment, s.month, s.customers, s.opening AS exact_opening, s.net AS exact_net,
		cvm._footed_lines(s.opening || s.lines || s.net, s.segment, {minor_units}) OVER (PARTITION BY s.month ORDER BY s.segment COLLATE "C") AS shown
	FROM summed s
	WHERE s.opening <> 0
)
SELECT cvm.row_key(f.segment, to_char(f.month::timestamp, 'YYYY-MM')) AS row_key,
	f.segment,
	f.month,
	to_char(f.month::timestamp, 'YYYY-MM') AS month_label,
	{currency} AS currency,
	f.customers::bigint AS opening_customers,
	f.shown[1] AS year_opening_mrr,
	f.shown[2] AS year_churn_mrr,
	f.shown[3] AS year_return_mrr,
	f.shown[4] AS year_pause_mrr,
	f.shown[5] AS year_upgrade_mrr,
	f.shown[6] AS year_downgrade_mrr,
	f.shown[7] AS year_new_product_mrr,
	f.shown[8] AS year_left_product_mrr,
	f.shown[9] AS year_quantity_mrr,
	f.shown[10] AS year_promotion_mrr,
	f.shown[11] AS year_promotion_end_mrr,
	f.shown[12] AS year_price_mrr,
	f.shown[13] AS year_net_retained_mrr,
	CASE WHEN c.is_complete THEN f.exact_net::float8 / f.exact_opening::float8 END AS net_revenue_retention_year_rate,
	c.is_complete,
	{pause_days} AS pause_days,
	{time_zone} AS time_zone,
	o.as_of
FROM footed f
CROSS JOIN observed o
CROSS JOIN LATERAL (SELECT (f.month + interval '1 month')::date <= o.as_of AS is_complete) c$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('revenue_bridge', 1, $$
{moved_in_year}
, standing AS (
	SELECT w.row_key, w.month, k.segment, k.customer_id, sum(k.customers) AS customers, sum(k.opening_mrr) AS opening, sum(k.net_retained_mrr) AS net
	FROM wanted w
	JOIN kept k ON k.segment = w.segment AND k.period_start <= w.month
	GROUP BY w.row_key, w.month, k.segment, k.customer_id
	HAVING sum(k.customers) > 0
)
SELECT s.row_key, s.customer_id, 1 AS opening_customers, s.opening AS year_opening_mrr, s.net AS year_net_retained_mrr,
	coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'churn'), 0) AS year_churn_mrr,
		coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'return'), 0) AS year_return_mrr,
	coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'pause'), 0) AS year_pause_mrr,
		coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'upgrade'), 0) AS year_upgrade_mrr,
	coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'downgrade'), 0) AS year_downgrade_mrr,
		coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'new_product'), 0) AS year_new_product_mrr,
	coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'left_product'), 0) AS year_left_product_mrr,
		coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'quantity'), 0) AS year_quantity_mrr,
	coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'promotion'), 0) AS year_promotion_mrr,
		coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'promotion_end'), 0) AS year_promotion_end_mrr,
	coalesce(sum(m.change_mrr) FILTER (WHERE m.line = 'price'), 0) AS year_price_mrr,
	s.opening AS mrr_before, s.net AS mrr_after, string_agg(DISTINCT m.line, ', ' ORDER BY m.line) AS detail
FROM standing s
LEFT JOIN moved m ON m.customer_id = s.customer_id AND m.period_start <= s.month AND m.period_start > s.month - interval '12 months'
GROUP BY s.row_key, s.customer_id, s.opening, s.net$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('revenue_bridge', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('revenue_bridge', 2, 'segment', 'text', 'name', 'segment held at the closing of twelve months before', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('revenue_bridge', 3, 'month', 'date', 'date', 'first day of the month', false,
		'Last of the twelve months that are told.'),
	('revenue_bridge', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('revenue_bridge', 5, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('revenue_bridge', 6, 'opening_customers', 'bigint', 'customers', 'customers who paid at the closing of twelve months before',
		true, 'Whose money this is about.'),
	('revenue_bridge', 7, 'year_opening_mrr', 'numeric(28,2)', 'money a month', 'subscription_kpi.year_opening_mrr; of a segment rounded with the lines', true,
		'What they brought twelve months before.'),
	('revenue_bridge', 8, 'year_churn_mrr', 'numeric(28,2)', 'money a month', 'sum of their churn in the twelve months', true,
		'Lost with those who left, or went on with something free, as a negative number.'),
	('revenue_bridge', 9, 'year_return_mrr', 'numeric(28,2)', 'money a month', 'sum of their reactivation', true,
		'What of them came back brings.'),
	('revenue_bridge', 10, 'year_pause_mrr', 'numeric(28,2)', 'money a month', 'sum of changes with cause pause', true,
		'Gone into pauses, less what came out of them.'),
	('revenue_bridge', 11, 'year_upgrade_mrr', 'numeric(28,2)', 'money a month', 'sum of expansion with cause plan', true,
		'Gained by those who took a dearer product in place of another.'),
	('revenue_bridge', 12, 'year_downgrade_mrr', 'numeric(28,2)', 'money a month', 'sum of contraction with cause plan', true,
		'Lost by those who took a cheaper one, as a negative number.'),
	('revenue_bridge', 13, 'year_new_product_mrr', 'numeric(28,2)', 'money a month', 'sum of changes with cause new_product', true,
		'Gained with products that were added.'),
	('revenue_bridge', 14, 'year_left_product_mrr', 'numeric(28,2)', 'money a month', 'sum of changes with cause left_product',
		true, 'Lost with products given up by those who keep others, as a negative number.'),
	('revenue_bridge', 15, 'year_quantity_mrr', 'numeric(28,2)', 'money a month', 'sum of changes with cause quantity', true,
		'More lines of the same products, less fewer.'),
	('revenue_bridge', 16, 'year_promotion_mrr', 'numeric(28,2)', 'money a month', 'sum of changes with cause promotion', true,
		'Given away by promotions that began, as a negative number.'),
	('revenue_bridge', 17, 'year_promotion_end_mrr', 'numeric(28,2)', 'money a month', 'sum of changes with cause promotion_end',
		true, 'Gained where promotions ended.'),
	('revenue_bridge', 18, 'year_price_mrr', 'numeric(28,2)', 'money a month', 'sum of changes with cause price', true,
		'Gained by dearer prices of the same lines, less what cheaper ones lost.'),
	('revenue_bridge', 19, 'year_net_retained_mrr', 'numeric(28,2)', 'money a month', 'year_opening_mrr and all lines', true,
		'What these customers bring now.'),
	('revenue_bridge', 20, 'net_revenue_retention_year_rate', 'double precision', 'fraction',
		'year_net_retained_mrr / year_opening_mrr', false,
		'NRR from closing to closing of twelve months; NULL while the month is open.'),
	('revenue_bridge', 21, 'is_complete', 'boolean', 'yes or no', 'the month ends before as_of', false, 'Is the month over?'),
	('revenue_bridge', 22, 'pause_days', 'integer', 'days', 'setting of the model', false,
		'For how many days a pause is neither paid nor lost.'),
	('revenue_bridge', 23, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('revenue_bridge', 24, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
