-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: segments and products against the month before.

CREATE FUNCTION cvm._review_segments(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH kpi AS (
		SELECT k.* FROM jsonb_to_recordset(data -> 'segment_kpi') AS k (
			row_key text, segment text, month date, owner text, currency text, opening_customers bigint, closing_customers bigint, opening_mrr numeric,
			closing_mrr numeric, arpu numeric, margin numeric, target numeric, variance numeric, is_complete boolean, as_of date)
		WHERE k.month = $2
	), shift AS (
		SELECT s.*, k.currency, to_char($2, 'YYYY-MM') AS label, to_char($2 - 1, 'YYYY-MM') AS label_before,
			-- what the change of a rate comes to, of those whom it is about this month
			CASE WHEN s.metric = 'churn_rate' THEN -s.change * k.opening_mrr
				WHEN s.metric IN ('gross_revenue_retention_rate', 'net_revenue_retention_rate') THEN s.change * k.opening_mrr
				WHEN s.metric = 'arpu' THEN s.change * k.closing_customers
				WHEN s.metric = 'acquisition_quality_rate' THEN s.change * s.to_customers * k.arpu END AS money,
			CASE s.metric WHEN 'arpu' THEN coalesce(k.currency, 'money') WHEN 'products_per_customer' THEN 'products' ELSE 'share' END AS unit
		FROM jsonb_to_recordset(data -> 'segment_shift') AS s (
			row_key text, segment text, metric text, owner text, from_customers bigint, to_customers bigint, from_rate numeric, to_rate numeric,
			change numeric, change_low numeric, change_high numeric, p_value double precision, is_complete boolean, as_of date)
		LEFT JOIN kpi k ON k.segment = s.segment
		-- retention has a section of its own
		WHERE s.metric NOT LIKE 'retention%' AND (s.from_rate IS NOT NULL OR s.to_rate IS NOT NULL)
	), word AS (
		SELECT s.*, v.was, v.now_is, CASE WHEN s.unit = 'share' THEN cvm._review_points(s.change_low, s.change_high) ELSE cvm._review_span(s.change_low,
			s.change_high, CASE s.unit WHEN 'products' THEN 3 ELSE 2 END) END AS span
		FROM shift s
		CROSS JOIN LATERAL (SELECT CASE s.unit WHEN 'share' THEN cvm._review_share(s.from_rate) WHEN 'products' THEN cvm._review_number(s.from_rate, 3)
				ELSE cvm._review_money(s.from_rate, s.currency) END,
			CASE s.unit WHEN 'share' THEN cvm._review_share(s.to_rate) WHEN 'products' THEN cvm._review_number(s.to_rate, 3) ELSE cvm._review_money(s.to_rate,
				s.currency) END) AS v (was, now_is)
	)
	SELECT 'segments', s.metric, s.segment, NULL::text, s.owner, s.to_rate, s.from_rate, s.change, s.change_low, s.change_high, s.to_customers, s.unit,
		round(s.money, cvm.minor_units(s.currency)), s.p_value, CASE WHEN s.p_value IS NULL THEN 'immature' END,
		format('%s: %s is %s in %s, %s in %s%s.', cvm._review_whose(s.segment), CASE s.metric WHEN 'arpu' THEN 'MRR per customer' ELSE replace(s.metric, '_',
			' ') END, coalesce(s.now_is, 'not known'), s.label, coalesce(s.was, 'not known'), s.label_before,
			cvm._review_phrase(' (change %s, %s customers)', s.span, cvm._review_number(s.to_customers)))
			|| cvm._review_phrase(' That is %s of MRR a month.', cvm._review_signed(s.money, s.currency)),
		'segment_shift', 'change', s.row_key, s.is_complete, s.as_of
	FROM word s
	UNION ALL
	SELECT 'segments', 'target', k.segment, NULL, k.owner, k.closing_mrr, NULL, k.variance, NULL, NULL, k.closing_customers, coalesce(k.currency, 'money'),
		k.variance, NULL,
		CASE WHEN NOT k.is_complete THEN 'immature' WHEN k.variance < 0 THEN 'below_target' ELSE 'on_target' END,
		format('%s: %s of MRR at the end of %s, %s against the target of %s.', cvm._review_whose(k.segment), cvm._review_money(k.closing_mrr, k.currency),
			to_char(k.month, 'YYYY-MM'),
			cvm._review_signed(k.variance, k.currency), cvm._review_money(k.target, k.currency)),
		'segment_kpi', 'variance', k.row_key, k.is_complete, k.as_of
	FROM kpi k
	WHERE k.variance IS NOT NULL
	UNION ALL
	-- a model without segments
	SELECT 'segments', 'churn_rate', a.segment, NULL, NULL, round(a.churned::numeric / nullif(a.opening_customers, 0), 8),
		round(b.churned::numeric / nullif(b.opening_customers, 0), 8),
		round(a.churned::numeric / nullif(a.opening_customers, 0) - b.churned::numeric / nullif(b.opening_customers, 0), 8), t.conf_low::numeric,
			t.conf_high::numeric,
		a.opening_customers, 'share', round(-(a.churned::numeric / nullif(a.opening_customers, 0) - b.churned::numeric / nullif(b.opening_customers,
			0)) * a.opening_mrr, cvm.minor_units(a.currency)),
		t.p_value, CASE WHEN t.p_value IS NULL THEN 'immature' END,
		format('%s: churn rate is %s in %s, %s in %s.', cvm._review_whose(a.segment),
			coalesce(cvm._review_share(a.churned::numeric / nullif(a.opening_customers, 0)), 'not known'),
			to_char(a.month, 'YYYY-MM'), coalesce(cvm._review_share(b.churned::numeric / nullif(b.opening_customers, 0)), 'not known'), to_char($2 - 1,
				'YYYY-MM')),
		'subscription_kpi', 'logo_churn_rate', a.row_key, a.is_complete, a.as_of
	FROM (SELECT u.*, -u.churned_customers AS churned FROM jsonb_to_recordset(data -> 'subscription_kpi') AS u (row_key text, segment text, month date,
		currency text,
		opening_customers bigint, churned_customers bigint, opening_mrr numeric, is_complete boolean, as_of date)) a
	LEFT JOIN (SELECT u.*, -u.churned_customers AS churned FROM jsonb_to_recordset(data -> 'subscription_kpi') AS u (segment text, month date,
		opening_customers bigint, churned_customers bigint, is_complete boolean)) b ON b.segment = a.segment AND b.month < a.month AND a.is_complete
			AND b.is_complete
	LEFT JOIN LATERAL cvm.proportion_difference(b.churned, b.opening_customers, a.churned, a.opening_customers, 0.95, 0) t ON true
	WHERE a.month = $2 AND a.opening_customers > 0;
$$;
COMMENT ON FUNCTION cvm._review_segments(jsonb, date) IS 'Rows of a review: rates of segments against the month before, and targets.';

CREATE FUNCTION cvm._review_products(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH kpi AS (
		SELECT k.*, -k.churned_customers AS churned, -k.churned_customers::numeric / nullif(k.opening_customers, 0) AS rate
		FROM jsonb_to_recordset(data -> 'product_kpi') AS k (row_key text, product text, month date, owner text, currency text, opening_customers bigint,
			churned_customers bigint, opening_mrr numeric, closing_mrr numeric, is_complete boolean, as_of date)
		WHERE k.product <> '(all)'
	), pair AS (
		SELECT a.*, b.rate AS rate_before, b.month AS month_before, t.*, round((b.rate - a.rate) * a.opening_mrr, cvm.minor_units(a.currency)) AS money
		FROM kpi a
		LEFT JOIN kpi b ON b.product = a.product AND b.month < a.month AND a.is_complete AND b.is_complete AND b.currency IS NOT DISTINCT FROM a.currency
		LEFT JOIN LATERAL cvm.proportion_difference(b.churned, b.opening_customers, a.churned, a.opening_customers, 0.95, 0) t ON true
		WHERE a.month = $2
	)
	SELECT 'products', 'churn_rate', '(all)', p.product, p.owner, round(p.rate, 8), round(p.rate_before, 8), round(p.rate - p.rate_before, 8),
		p.conf_low::numeric, p.conf_high::numeric,
		p.opening_customers, 'share', p.money, p.p_value, CASE WHEN p.p_value IS NULL THEN 'immature' END,
		format('%s: %s of %s customers left it in %s (%s), %s in %s%s.', cvm._review_whose('(all)', p.product), cvm._review_number(p.churned),
			cvm._review_number(p.opening_customers),
			to_char(p.month, 'YYYY-MM'), cvm._review_share(p.rate), coalesce(cvm._review_share(p.rate_before), 'not known'), to_char(p.month - 1, 'YYYY-MM'),
			cvm._review_phrase(' (change %s)', cvm._review_points(p.conf_low::numeric, p.conf_high::numeric)))
			|| cvm._review_phrase(' That is %s of MRR a month.', cvm._review_signed(p.money, p.currency)),
		'product_kpi', 'churn_rate', p.row_key, p.is_complete, p.as_of
	FROM pair p
	WHERE p.opening_customers > 0
	UNION ALL
	SELECT 'products', 'closing_mrr', '(all)', p.product, p.owner, p.closing_mrr, p.opening_mrr, CASE WHEN p.is_complete
		THEN p.closing_mrr - p.opening_mrr END, NULL, NULL, NULL,
		coalesce(p.currency, 'money'), p.closing_mrr - p.opening_mrr, NULL, CASE WHEN p.is_complete THEN 'fact' ELSE 'immature' END,
		format('%s: %s of MRR at the end of %s, %s since its beginning.', cvm._review_whose('(all)', p.product), cvm._review_money(p.closing_mrr, p.currency),
			to_char(p.month, 'YYYY-MM'),
			cvm._review_signed(p.closing_mrr - p.opening_mrr, p.currency)),
		'product_kpi', 'closing_mrr', p.row_key, p.is_complete, p.as_of
	FROM pair p;
$$;
COMMENT ON FUNCTION cvm._review_products(jsonb, date) IS 'Rows of a review: products against the month before.';
