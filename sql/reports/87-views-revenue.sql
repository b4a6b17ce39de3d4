-- SPDX-License-Identifier: PostgreSQL
-- The report view of retention of customers and of their money, by cohort.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(21, 'subscription_clock', 'words', '{calendar}',
		'When subscription_retention looks at customers: calendar (when a month closes) or anniversary (whole months '
		'after each one''s first day).');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(22, 'subscription_retention',
		'Retention of customers and of their money, of payment (of activity in events: retention_month): one row per '
		'segment, cohort month and number of months since. A cohort is the customers whose first paid day is in the '
		'same month.', 'cohort_customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- straight from the spells in one pass where nothing asks for holdings
('cohort_base', 1, '{subscription.currency,fx_rate}', '{base}{since}'),
('cohort_base', 2, '{customer_holdings}', '{base}{since}'),
('cohort_base', 3, '{distributed subscription,segment_history}', '{base}{since}'),
('cohort_base', 4, '{segment_history}', '{observed}'),
('cohort_base', 9, '{}', '{observed}'),
('cohorts', 1, '{subscription.currency,fx_rate}', '{folded_cohorts}'),
('cohorts', 2, '{customer_holdings}', '{folded_cohorts}'),
('cohorts', 3, '{distributed subscription,segment_history}', '{folded_cohorts}'),
('cohorts', 4, '{segment_history}', $$spell_fold AS MATERIALIZED (
	SELECT cvm._segment_cohort_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.segment, 'month',
		(SELECT o.as_of FROM observed o), ({subscription_clock})[1]) AS cohorts
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, CASE WHEN {is_paused} THEN 0 ELSE {price} END AS mrr, NULL::text AS segment
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, CASE WHEN h.segment IS NOT NULL THEN h.valid_from END, h.valid_to, NULL, h.segment
		FROM segment_history h) r
), state AS MATERIALIZED (
	SELECT b.segment, b.state
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.cohorts) b
)$$),
('cohorts', 9, '{}', $$state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, cvm.revenue_retention_agg(s.customer_id, s.product, s.started_on, s.ended_on,
		CASE WHEN {is_paused} THEN 0 ELSE {price} END, 'month', (SELECT o.as_of FROM observed o), ({subscription_clock})[1]) AS state
	FROM subscription s
)$$),
('folded_cohorts', 1, '{}', $$by_segment AS MATERIALIZED (
	SELECT {since_segment} AS segment, cvm.revenue_retention_agg(f.holdings, 'month', o.as_of, ({subscription_clock})[1]) AS state
	FROM folded f
	CROSS JOIN observed o{since_join}
	GROUP BY 1
), state AS MATERIALIZED (
	{since_segments}
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('subscription_retention', 1, '{subscription}', $$
WITH {cohort_base}, {cohorts}
SELECT cvm.row_key(s.segment, to_char(g.cohort::timestamp, 'YYYY-MM'), g.period_no::text) AS row_key,
	s.segment,
	g.cohort,
	to_char(g.cohort::timestamp, 'YYYY-MM') AS cohort_label,
	g.period_no,
	g.period_start,
	g.cohort_customers,
	g.eligible_customers,
	g.retained_customers,
	g.retention_rate,
	g.conf_low,
	g.conf_high,
	g.cohort_mrr,
	g.eligible_mrr,
	g.gross_retained_mrr,
	g.net_retained_mrr,
	g.gross_revenue_retention_rate,
	g.net_revenue_retention_rate,
	g.is_complete,
	{currency} AS currency,
	({subscription_clock})[1] AS clock,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.revenue_grid(s.state, {conf}) g$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('subscription_retention', 1, 'cohort_mrr', 'sum', NULL),
	('subscription_retention', 2, 'eligible_mrr', 'sum', NULL),
	('subscription_retention', 3, 'gross_retained_mrr', 'part', 'eligible_mrr'),
	('subscription_retention', 4, 'net_retained_mrr', 'sum', NULL);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('subscription_retention', 1, $$
WITH {base}{since}, by_segment AS {at_customer} (
	SELECT f.customer_id, {since_segment} AS segment, cvm.revenue_retention_agg(f.holdings, 'month', o.as_of, ({subscription_clock})[1]) AS state
	FROM folded f
	CROSS JOIN observed o{since_join}
	GROUP BY 1, 2
), state AS (
	{since_customers}
	SELECT '(all)' AS segment, b.customer_id, b.state FROM by_segment b
)
SELECT w.row_key, g.*, g.eligible_mrr AS mrr_before, g.net_retained_mrr AS mrr_after,
	CASE WHEN g.retained_customers > 0 THEN 'pays' WHEN g.eligible_customers > 0 THEN 'does not pay' ELSE 'not seen so long' END AS detail
FROM (
	-- one grid for each customer, whichever of its cells are asked for
	SELECT s.customer_id, s.segment AS of_segment, g.*
	FROM state s
	CROSS JOIN LATERAL cvm.revenue_grid(s.state, {conf}) g
	WHERE s.segment = ANY (ARRAY(SELECT w.segment FROM wanted w))
	{apart}) g
JOIN wanted w ON w.segment = g.of_segment AND w.cohort = g.cohort AND w.period_no = g.period_no$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('subscription_retention', 1, 'row_key', 'text', 'key', 'segment|cohort_label|period_no', false,
		'One value per row.'),
	('subscription_retention', 2, 'segment', 'text', 'name',
		'segment held on the first day on which the customer paid', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('subscription_retention', 3, 'cohort', 'date', 'date', 'first day of the month of the first paid day', false,
		'First day of the month in which the cohorts customers began to pay.'),
	('subscription_retention', 4, 'cohort_label', 'text', 'text', 'cohort as text', false,
		'The cohort as text, safe from time zones of clients.'),
	('subscription_retention', 5, 'period_no', 'integer', 'months', 'months from cohort to period_start', false,
		'Number of months since; 0 is the cohorts own.'),
	('subscription_retention', 6, 'period_start', 'date', 'date', 'cohort + period_no months', false,
		'First day of the month that the row is about.'),
	('subscription_retention', 7, 'cohort_customers', 'bigint', 'customers',
		'count of customers whose first paid day is in the month', false, 'Customers in the cohort.'),
	('subscription_retention', 8, 'eligible_customers', 'bigint', 'customers',
		'count of cohort customers whose look at this month was observed', true,
		'Customers who had the chance: what rates stand on. 0 while the month is not over.'),
	('subscription_retention', 9, 'retained_customers', 'bigint', 'customers',
		'count of eligible customers who pay at the look', true,
		'Customers who pay at the end of the month; with the anniversary clock, so many months after their first '
		'day.'),
	('subscription_retention', 10, 'retention_rate', 'double precision', 'fraction 0..1',
		'retained_customers / eligible_customers', false, 'Logo retention. Customers who came back count again.'),
	('subscription_retention', 11, 'conf_low', 'double precision', 'fraction 0..1',
		'Wilson interval of retention_rate, lower end', false,
		'Lower end of the confidence interval of retention_rate.'),
	('subscription_retention', 12, 'conf_high', 'double precision', 'fraction 0..1',
		'Wilson interval of retention_rate, upper end', false,
		'Upper end of the confidence interval of retention_rate.'),
	('subscription_retention', 13, 'cohort_mrr', 'numeric(28,2)', 'money a month',
		'sum of mrr on each customers first paid day', false, 'What the cohort brought on its first days.'),
	('subscription_retention', 14, 'eligible_mrr', 'numeric(28,2)', 'money a month',
		'sum of mrr of the eligible on their first paid day', true,
		'What the eligible customers brought on their first days: denominator of the money rates.'),
	('subscription_retention', 15, 'gross_retained_mrr', 'numeric(28,2)', 'money a month',
		'sum over eligible of the lesser of mrr on the first day and at the look', true,
		'What is left of that, gains not counted.'),
	('subscription_retention', 16, 'net_retained_mrr', 'numeric(28,2)', 'money a month',
		'sum over eligible of mrr at the look', true,
		'What the eligible customers bring at the look. Over cohorts, the closing of the month.'),
	('subscription_retention', 17, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1',
		'gross_retained_mrr / eligible_mrr', false, 'Gross retention of money; never above 1.'),
	('subscription_retention', 18, 'net_revenue_retention_rate', 'double precision', 'fraction',
		'net_retained_mrr / eligible_mrr', false, 'Net retention of money.'),
	('subscription_retention', 19, 'is_complete', 'boolean', 'true or false', 'eligible_customers = cohort_customers',
		false, 'Was the look at every customer of the cohort observed?'),
	('subscription_retention', 20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('subscription_retention', 21, 'clock', 'text', 'name', 'setting of the model', false,
		'When customers are looked at: calendar, when a period closes, or anniversary, whole periods after their '
		'first day.'),
	('subscription_retention', 22, 'unpaid_statuses', 'text', 'words', 'setting of the model', false,
		'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('subscription_retention', 23, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('subscription_retention', 24, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
