-- SPDX-License-Identifier: PostgreSQL
-- Over which dimensions of its view a column may be summed.  What is not named
-- here counts something twice, or what stood at several closings.

INSERT INTO cvm.report_sum (view, column_name, dimensions)
SELECT c.view, c.column_name, array_agg(regexp_replace(k.key, '_label$', '') ORDER BY k.n)
FROM cvm.report_column c
JOIN cvm.report_column r ON r.view = c.view AND r.column_name = 'row_key'
CROSS JOIN LATERAL unnest(string_to_array(r.formula, '|')) WITH ORDINALITY AS k (key, n)
WHERE c.additive AND (
	-- what has a total, but for rows that are left out where nothing was lost, nobody asked this month, or
	-- few were touched by a price
	k.key IN ('segment', 'channel', 'value_decile') AND c.view NOT IN ('dominated_offer', 'price_change_month')
		AND EXISTS (SELECT FROM cvm.report_column t WHERE t.view = c.view AND t.column_name = k.key AND t.comment LIKE '%"(all)"%')
		AND NOT (c.view = 'cannibalization_matrix' AND c.column_name NOT IN ('losing_entries', 'lost_mrr'))
		AND c.column_name <> 'previous_weight'
	-- a customer is in one cohort
	OR k.key = 'cohort_label' AND c.view IN ('retention_week', 'retention_month', 'retention_quarter', 'subscription_retention')
	-- lines of a waterfall, from its first opening to its last closing
	OR k.key = 'month_label' AND c.view IN ('mrr_movement', 'segment_kpi', 'segment_scheme_kpi')
		AND (c.column_name ~ '^(new|reactivation|expansion|contraction|churn|paused|moved_in|moved_out|promotion_end|fx)_mrr$'
			OR c.column_name ~ '^(new|reactivation|winback|churn|churned|paused)_customers$')
	OR k.key = 'month_label' AND c.view = 'segment_cost' AND c.column_name = 'allocated_cost'
	OR k.key = 'pool' AND c.view = 'segment_cost' AND c.column_name = 'allocated_cost'
	-- what was lost is divided among donors; in cannibalization each is asked by itself
	OR k.key = 'donor' AND c.view = 'cannibalization_matrix' AND c.column_name = 'lost_mrr'
	-- a line is of one product, a customer is lost once, and for one cause
	OR k.key = 'product' AND c.view = 'product_kpi' AND c.column_name IN ('opening_mrr', 'closing_mrr', 'margin')
	OR k.key = 'cause' AND c.view = 'churn_cause'
	OR k.key = 'days' AND c.view IN ('survival', 'churn_cause')
	-- a customer is in one phase and in one tenth
	OR k.key IN ('from_phase', 'to_phase') AND c.view = 'phase_flow'
	OR k.key = 'decile' AND c.view = 'value_decile'
	OR r.formula = 'customer_id')
GROUP BY c.view, c.column_name;
