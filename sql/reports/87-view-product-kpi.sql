-- SPDX-License-Identifier: PostgreSQL
-- Report view over subscriptions: what segment_kpi says of a segment, of a
-- product.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(27, 'product_kpi',
		'Products by month: the bridge of the customers who pay for a product and of what it brings, what it earns, '
		'how it keeps them, and who answers for it. Who takes another product in its place has left it and is in '
		'to_other_customers. Money adds up over products; customers may hold several.',
		'greatest(opening_customers, closing_customers)');

-- Spells at one rate, and at the last rate where there are several currencies
@define product_pairs
WITH {observed}, {rates}pair AS {at_customer} (
	SELECT s.customer_id, coalesce(s.product, '(none)') AS product,
		cvm.holdings_agg(coalesce(s.product, '(none)'), s.started_on, s.ended_on, {price}{rate}, s.channel, s.offer, {is_paused}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY 1, 2
)
@end

-- Waterfalls by product and of everybody, lines held, and who went from which
-- product to which: in one pass, but where rates are looked up or Citus has
-- the spells, whose rows then do not travel
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('product_states', 1, '{subscription.currency,fx_rate}', '{product_holdings_states}'),
('product_states', 2, '{distributed subscription}', '{product_holdings_states}'),
('product_holdings_states', 1, '{}', $$
@use product_pairs
, folded AS {at_customer} (
	SELECT p.customer_id, cvm.rollup(p.holdings) AS holdings FROM pair p GROUP BY p.customer_id
), product_state AS (
	SELECT p.product, cvm.movement_agg(p.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM pair p
	CROSS JOIN observed o
	GROUP BY p.product
), paying_state AS (
	SELECT cvm.movement_agg(f.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o
), line_state AS (
	SELECT cvm.segment_flow_agg(f.holdings, NULL::cvm.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o
), went AS MATERIALIZED (
	SELECT m.period_start, m.from_product, m.to_product, count(*) AS customers
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.migrations(f.holdings, 'month', o.as_of) m
	WHERE m.from_product <> '(in)' AND m.to_product <> '(out)'
	GROUP BY 1, 2, 3
)$$),
('product_states', 9, '{}', $$
WITH {observed}, spell_fold AS MATERIALIZED (
	SELECT cvm._product_movement_agg({segment_spells}) AS waterfalls, cvm._product_migration_agg({segment_spells}) AS went
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, {price} AS mrr, {is_paused} AS is_paused, NULL::text AS offer, NULL::text AS segment,
			(SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s
		-- a subquery of its own, so that both aggregates are given the same as_of
		OFFSET 0) r
), product_state AS (
	SELECT b.segment AS product, b.state
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.waterfalls) b
	WHERE b.segment IS NOT NULL
), paying_state AS (
	SELECT b.state
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.waterfalls) b
	WHERE b.segment IS NULL
), line_state AS (
	SELECT cvm.segment_flow_agg(s.customer_id, s.product, s.started_on, s.ended_on, {price}, {is_paused}, NULL, 'month',
		(SELECT o.as_of FROM observed o), NULL, 1, {pause_days}) AS state
	FROM subscription s
), went AS MATERIALIZED (
	SELECT b.period_start, b.from_product, b.to_product, b.customers
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.went) b
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('product_kpi', 1, '{subscription}', $$
{product_states}
, month AS (
	SELECT s.product, m.*, m.opening_customers + m.paused_customers + m.closing_paused_customers AS at_risk_customers,
		m.opening_mrr + m.paused_mrr + m.closing_paused_mrr AS at_risk_mrr,
		least((m.period_start + interval '1 month')::date, o.as_of) - 1 AS closing_day, o.as_of
	FROM product_state s
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.movements(s.state) m
), paying AS (
	SELECT m.period_start, m.closing_customers
	FROM paying_state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
), held AS (
	SELECT h.product, h.period_start, h.lines
	FROM line_state s
	CROSS JOIN LATERAL cvm.segment_products(s.state) h
), arrived AS (
	SELECT w.to_product AS product, w.period_start, sum(w.customers)::bigint AS customers FROM went w GROUP BY 1, 2
), gone AS (
	SELECT w.from_product AS product, w.period_start, sum(w.customers)::bigint AS customers FROM went w GROUP BY 1, 2
), listed AS (
	SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM {product_rows} r GROUP BY r.product
), owned AS (
	SELECT m.product, m.period_start, string_agg(DISTINCT w.owner COLLATE "C", ', ' ORDER BY w.owner COLLATE "C") COLLATE "default" AS owner
	FROM month m
	JOIN {product_owners} w ON w.subject = m.product
		AND coalesce(w.valid_from <= m.closing_day, true) AND coalesce(w.valid_to > m.closing_day, true)
	GROUP BY m.product, m.period_start
)
SELECT cvm.row_key(m.product, to_char(m.period_start::timestamp, 'YYYY-MM')) AS row_key,
	m.product,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	coalesce(w.owner, '(none)') AS owner,
	m.opening_customers,
	m.new_customers,
	m.reactivation_customers AS winback_customers,
	m.churn_customers AS churned_customers,
	m.paused_customers,
	m.closing_customers,
	coalesce(a.customers, 0) AS from_other_customers,
	coalesce(g.customers, 0) AS to_other_customers,
	m.opening_mrr,
	m.new_mrr,
	m.reactivation_mrr,
	m.expansion_mrr,
	m.contraction_mrr,
	m.churn_mrr,
	m.paused_mrr,
	m.closing_mrr,
	m.expansion_customers,
	m.contraction_customers,
	m.same_period_customers,
	m.closing_paused_customers,
	m.closing_paused_mrr,
	m.at_risk_customers,
	m.at_risk_mrr,
	CASE WHEN m.closing_customers > 0 THEN (m.closing_mrr / m.closing_customers)::double precision END AS arpu,
	CASE WHEN m.closing_customers > 0 THEN (e.margin / m.closing_customers)::double precision END AS ampu,
	CASE WHEN m.is_complete THEN -m.churn_customers / nullif(m.at_risk_customers, 0)::double precision END AS churn_rate,
	CASE WHEN m.is_complete THEN i.conf_low END AS churn_rate_low,
	CASE WHEN m.is_complete THEN i.conf_high END AS churn_rate_high,
	CASE WHEN m.is_complete AND m.at_risk_mrr > 0
		THEN ((m.at_risk_mrr + m.contraction_mrr + m.churn_mrr) / m.at_risk_mrr)::double precision END AS gross_revenue_retention_rate,
	CASE WHEN m.is_complete AND m.at_risk_mrr > 0
		THEN ((m.at_risk_mrr + m.expansion_mrr + m.contraction_mrr + m.churn_mrr) / m.at_risk_mrr)::double precision END AS net_revenue_retention_rate,
	coalesce(h.lines, 0) AS lines,
	CASE WHEN sum(m.closing_mrr) OVER of_month > 0 THEN (m.closing_mrr / sum(m.closing_mrr) OVER of_month)::double precision END AS revenue_share,
	CASE WHEN y.closing_customers > 0 THEN m.closing_customers / y.closing_customers::double precision END AS base_share,
	e.margin AS margin,
	{pause_days} AS pause_days,
	m.is_complete,
	{currency} AS currency,
	{time_zone} AS time_zone,
	m.as_of
FROM month m
LEFT JOIN paying y ON y.period_start = m.period_start
LEFT JOIN arrived a ON a.product = m.product AND a.period_start = m.period_start
LEFT JOIN gone g ON g.product = m.product AND g.period_start = m.period_start
LEFT JOIN held h ON h.product = m.product AND h.period_start = m.period_start
LEFT JOIN listed l ON l.product = m.product
LEFT JOIN owned w ON w.product = m.product AND w.period_start = m.period_start
CROSS JOIN LATERAL (
	-- at the price paid, where the price is known at which unit_margin is earned
	SELECT coalesce(h.lines, 0) * l.unit_margin + coalesce(m.closing_mrr - coalesce(h.lines, 0) * l.list_price, 0) AS margin) e
CROSS JOIN LATERAL cvm.proportion_interval(-m.churn_customers, m.at_risk_customers, {conf}) i
WINDOW of_month AS (PARTITION BY m.period_start)$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('product_kpi', 1, $$
@use product_pairs
, folded AS {at_customer} (
	SELECT p.customer_id, cvm.rollup(p.holdings) AS holdings FROM pair p GROUP BY p.customer_id
), state AS MATERIALIZED (
	SELECT p.product, p.customer_id, (array_agg(p.holdings))[1] AS holdings, cvm.movement_agg(p.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM pair p
	CROSS JOIN observed o
	WHERE p.product IN (SELECT w.product FROM wanted w)
	GROUP BY 1, 2
), piece AS (
	SELECT w.row_key, s.customer_id, m.opening_customers, m.new_customers, m.reactivation_customers AS winback_customers, m.churn_customers AS churned_customers,
		m.paused_customers, m.closing_customers, 0 AS from_other_customers, 0 AS to_other_customers,
		m.opening_mrr, m.new_mrr, m.reactivation_mrr, m.expansion_mrr, m.contraction_mrr, m.churn_mrr, m.paused_mrr, m.closing_mrr,
		m.expansion_customers, m.contraction_customers, m.same_period_customers, m.closing_paused_customers, m.closing_paused_mrr,
		m.opening_customers + m.paused_customers + m.closing_paused_customers AS at_risk_customers,
			m.opening_mrr + m.paused_mrr + m.closing_paused_mrr AS at_risk_mrr,
		(
			SELECT string_agg(CASE c.line WHEN 'reactivation' THEN 'winback' ELSE c.line END || ' (' || c.cause || ')', ', ' ORDER BY c.line)
			FROM cvm.customer_movements(s.holdings, 'month', o.as_of, {pause_days}) c
			WHERE c.period_start = w.month) AS words
	FROM state s
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.movements(s.state) m
	JOIN wanted w ON w.product = s.product AND w.month = m.period_start
	UNION ALL
	SELECT w.row_key, f.customer_id, 0, 0, 0, 0, 0, 0, CASE WHEN w.product = m.to_product THEN 1 ELSE 0 END, CASE
		WHEN w.product = m.from_product THEN 1 ELSE 0 END,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		CASE WHEN w.product = m.to_product THEN 'from ' || m.from_product ELSE 'to ' || m.to_product END
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.migrations(f.holdings, 'month', o.as_of) m
	JOIN wanted w ON w.month = m.period_start AND w.product IN (m.from_product, m.to_product)
	WHERE m.from_product <> '(in)' AND m.to_product <> '(out)'
)
SELECT p.row_key, p.customer_id,
	sum(p.opening_customers) AS opening_customers, sum(p.new_customers) AS new_customers, sum(p.winback_customers) AS winback_customers,
		sum(p.churned_customers) AS churned_customers,
	sum(p.paused_customers) AS paused_customers, sum(p.closing_customers) AS closing_customers,
		sum(p.from_other_customers) AS from_other_customers, sum(p.to_other_customers) AS to_other_customers,
	sum(p.opening_mrr) AS opening_mrr, sum(p.new_mrr) AS new_mrr, sum(p.reactivation_mrr) AS reactivation_mrr,
		sum(p.expansion_mrr) AS expansion_mrr, sum(p.contraction_mrr) AS contraction_mrr,
	sum(p.churn_mrr) AS churn_mrr, sum(p.paused_mrr) AS paused_mrr, sum(p.closing_mrr) AS closing_mrr,
		sum(p.expansion_customers) AS expansion_customers, sum(p.contraction_customers) AS contraction_customers,
	sum(p.same_period_customers) AS same_period_customers, sum(p.closing_paused_customers) AS closing_paused_customers,
		sum(p.closing_paused_mrr) AS closing_paused_mrr,
	sum(p.at_risk_customers) AS at_risk_customers, sum(p.at_risk_mrr) AS at_risk_mrr, sum(p.opening_mrr) AS mrr_before, sum(p.closing_mrr) AS mrr_after,
	coalesce(string_agg(p.words, ', ' ORDER BY p.words), 'unchanged') AS detail
FROM piece p
GROUP BY p.row_key, p.customer_id$$);

UPDATE cvm.report_list SET
	moves = '{new_customers,winback_customers,churned_customers,expansion_customers,contraction_customers,same_period_customers,
		from_other_customers,to_other_customers,new_mrr,reactivation_mrr,expansion_mrr,contraction_mrr,churn_mrr}',
	holds = '{opening_customers,closing_customers,opening_mrr,closing_mrr}'
WHERE view = 'product_kpi';

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('product_kpi', 1, 'opening_mrr', 'opening', NULL),
	('product_kpi', 2, 'new_mrr', 'line', NULL),
	('product_kpi', 3, 'reactivation_mrr', 'line', NULL),
	('product_kpi', 4, 'expansion_mrr', 'line', NULL),
	('product_kpi', 5, 'contraction_mrr', 'line', NULL),
	('product_kpi', 6, 'churn_mrr', 'line', NULL),
	('product_kpi', 7, 'paused_mrr', 'line', NULL),
	('product_kpi', 8, 'closing_mrr', 'closing', NULL),
	('product_kpi', 9, 'closing_paused_mrr', 'stock', 'paused_mrr'),
	('product_kpi', 10, 'margin', 'sum', NULL),
	('product_kpi', 11, 'at_risk_mrr', 'formula', '{opening_mrr} + {paused_mrr} + {closing_paused_mrr}');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('product_kpi', 1, 'row_key', 'text', 'key', 'product|month_label', false, 'One value per row.'),
	('product_kpi', 2, 'product', 'text', 'name', 'subscription.product', false, 'The product.'),
	('product_kpi', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('product_kpi', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('product_kpi', 5, 'owner', 'text', 'name', 'owner of the product on the last day of the month', false,
		'Who answers for the product; "(none)" where nobody does.'),
	('product_kpi', 6, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', false,
		'Customers who paid for it when the month began.'),
	('product_kpi', 7, 'new_customers', 'bigint', 'customers', 'count of customers who pay for it for the first time',
		false, 'Customers who took it for the first time, whatever else they hold or held.'),
	('product_kpi', 8, 'winback_customers', 'bigint', 'customers', 'count of customers who had it before', false,
		'Customers who took it again.'),
	('product_kpi', 9, 'churned_customers', 'bigint', 'customers', '-1 * count of customers who no longer pay for it',
		false, 'Customers who gave it up, for another product or for none; negative.'),
	('product_kpi', 10, 'paused_customers', 'bigint', 'customers (net)',
		'customers back from a pause less customers who went into one', false,
		'Customers in a pause are not lost; negative where more went than came back.'),
	('product_kpi', 11, 'closing_customers', 'bigint', 'customers',
		'opening_customers + new_customers + winback_customers + churned_customers + paused_customers', false,
		'Customers who paid for it when the month ended, or at as_of.'),
	('product_kpi', 12, 'from_other_customers', 'bigint', 'customers', 'sum of product_migration.customers to it', false,
		'Customers who took it in the place of another product.'),
	('product_kpi', 13, 'to_other_customers', 'bigint', 'customers', 'sum of product_migration.customers from it', false,
		'Customers who took another product in its place.'),
	('product_kpi', 14, 'opening_mrr', 'numeric(28,2)', 'money a month', 'closing_mrr of the month before', true,
		'What it brought when the month began.'),
	('product_kpi', 15, 'new_mrr', 'numeric(28,2)', 'money a month', 'money of new_customers', true, 'What the new bring.'),
	('product_kpi', 16, 'reactivation_mrr', 'numeric(28,2)', 'money a month', 'money of winback_customers', true,
		'What those who took it again bring.'),
	('product_kpi', 17, 'expansion_mrr', 'numeric(28,2)', 'money a month', 'sum of what customers pay more', true,
		'What who stays pays more for it.'),
	('product_kpi', 18, 'contraction_mrr', 'numeric(28,2)', 'money a month', '-1 * sum of what customers pay less', true,
		'What who stays pays less for it; negative.'),
	('product_kpi', 19, 'churn_mrr', 'numeric(28,2)', 'money a month', '-1 * money of churned_customers', true,
		'What who gave it up brought; negative.'),
	('product_kpi', 20, 'paused_mrr', 'numeric(28,2)', 'money a month', 'money of paused_customers', true,
		'Money that went into pauses (negative) and came back.'),
	('product_kpi', 21, 'closing_mrr', 'numeric(28,2)', 'money a month', 'opening_mrr and the lines that follow', true,
		'What it brings when the month ends; over products the closing of mrr_movement.'),
	('product_kpi', 22, 'expansion_customers', 'bigint', 'customers', 'count of customers who pay more', false,
		'Customers behind expansion_mrr.'),
	('product_kpi', 23, 'contraction_customers', 'bigint', 'customers', 'count of customers who pay less', false,
		'Customers behind contraction_mrr.'),
	('product_kpi', 24, 'same_period_customers', 'bigint', 'customers',
		'count of customers who came and left within the month', false, 'In no line of the bridge.'),
	('product_kpi', 25, 'closing_paused_customers', 'bigint', 'customers', '-1 * sum of paused_customers so far', false,
		'Customers in a pause of it when the month ends.'),
	('product_kpi', 26, 'closing_paused_mrr', 'numeric(28,2)', 'money a month', '-1 * sum of paused_mrr so far', true,
		'What they would bring.'),
	('product_kpi', 27, 'at_risk_customers', 'bigint', 'customers',
		'opening_customers + paused_customers + closing_paused_customers', false,
		'Customers who could be lost: denominator of churn_rate.'),
	('product_kpi', 28, 'at_risk_mrr', 'numeric(28,2)', 'money a month', 'opening_mrr + paused_mrr + closing_paused_mrr',
		true, 'Money that could be lost: denominator of the retention rates.'),
	('product_kpi', 29, 'arpu', 'double precision', 'money per customer and month', 'closing_mrr / closing_customers',
		false, 'What a customer pays for it.'),
	('product_kpi', 30, 'ampu', 'double precision', 'money per customer and month', 'margin / closing_customers', false,
		'What a customer of it earns.'),
	('product_kpi', 31, 'churn_rate', 'double precision', 'fraction 0..1', '-churned_customers / at_risk_customers',
		false, 'Share of its customers who gave it up.'),
	('product_kpi', 32, 'churn_rate_low', 'double precision', 'fraction 0..1', 'Wilson interval of churn_rate, lower end',
		false, 'Lower end of the confidence interval of churn_rate.'),
	('product_kpi', 33, 'churn_rate_high', 'double precision', 'fraction 0..1',
		'Wilson interval of churn_rate, upper end', false, 'Upper end of the confidence interval of churn_rate.'),
	('product_kpi', 34, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1',
		'(at_risk_mrr + contraction_mrr + churn_mrr) / at_risk_mrr', false, 'Money of it that was kept, gains not counted.'),
	('product_kpi', 35, 'net_revenue_retention_rate', 'double precision', 'fraction',
		'(at_risk_mrr + expansion_mrr + contraction_mrr + churn_mrr) / at_risk_mrr', false,
		'Money of it that was kept, with what who stays pays more.'),
	('product_kpi', 36, 'lines', 'bigint', 'lines', 'count of paid lines at the end of the month', true, 'Lines of it.'),
	('product_kpi', 37, 'revenue_share', 'double precision', 'fraction 0..1', 'closing_mrr / its sum over products', false,
		'Share of recurring revenue.'),
	('product_kpi', 38, 'base_share', 'double precision', 'fraction 0..1',
		'closing_customers / customers who pay for anything', false, 'Share of the base that holds it.'),
	('product_kpi', 39, 'margin', 'numeric(28,2)', 'money a month',
		'lines * product.unit_margin + closing_mrr - lines * product.list_price', true,
		'What it earns a month, at the price paid; NULL where unit_margin is not known.'),
	('product_kpi', 40, 'pause_days', 'integer', 'days', 'setting of the model', false,
		'For how many days a pause is neither paid nor lost.'),
	('product_kpi', 41, 'is_complete', 'boolean', 'true or false', 'the month ends before as_of', false,
		'Is the month over?'),
	('product_kpi', 42, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('product_kpi', 43, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('product_kpi', 44, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
