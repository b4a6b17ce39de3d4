-- SPDX-License-Identifier: PostgreSQL
-- Report views over segments: the row that a segment's owner can be held to.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(40, 'segment_order', 'words', NULL,
		'Segments from the lowest to the highest, separated by commas: what counts as a move up or down. NULL: not '
		'told.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(60, 'segment_kpi',
		'Segments by month: the bridge of customers and of recurring revenue, what the segment earns, how it keeps '
		'its customers, and who answers for it. A customer counts in the segment held at the end of the month. '
		'Opening and the lines that follow add up to closing; segments add up to "(all)". A paused spell is not lost '
		'for pause_days: it is in the line paused.'),
	(61, 'segment_migration',
		'Who went from which segment to which between the ends of two months, or stayed. "(in)": began to pay; '
		'"(out)": ended; "(none)": pays and is in no segment. Who is in a pause stays.'),
	(62, 'segment_cost',
		'Shared costs by segment, month and pool: each pool is shared out by what the segments used of it, and the '
		'parts add up to it to the cent.'),
	(63, 'segment_scorecard', 'Targets of segments: one row per segment, month and metric, with what became of it.'),
	(64, 'segment_shift',
		'What changed in a segment between two months, quarters or years, and was it more than chance? The change of '
		'the total is split into what each segment contributes to it by mix (weights moved) and by rate (segments '
		'changed), without a rest.'),
	(65, 'owner_gap', 'Days on which nobody answered for a segment, a product or a driver.'),
	(66, 'owner_conflict', 'Days on which two people answered for the same segment, product or driver.'),
	(67, 'owner_stale', 'Segments, products and drivers whose owner has gone and was not followed.'),
	(68, 'concentration', 'How concentrated revenue, customers and interactions are: one row per month and dimension.'),
	(69, 'flavor',
		'How customer value is managed, by quarter: product-centric, coordinated or segment-centric, with the four '
		'scores that say so and what stands in the way of the next.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(74, 'segment_migration_12_months',
		'Who was where at the end of a month and twelve months before: for every month end that has such an earlier '
		'one, what segment_migration has between month ends. Rows of months overlap: do not add them up.',
		'customers'),
	(75, 'segment_migration_4_weeks',
		'Who was where at the end of a week and four weeks before, for every week that has such an earlier one. Rows '
		'of weeks overlap: do not add them up.', 'customers');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('segment_kpi', 1, '{subscription,segment_history}', $$
WITH
@use segment_flow 'month' | 1
,
@use segment_bridge
,
@use segment_due
,
@use segment_promotion
, {segment_direct}, {segment_driver}, {segment_share}, {segment_owned}, {segment_aim}
SELECT cvm.row_key(b.segment, to_char(b.period_start::timestamp, 'YYYY-MM')) AS row_key,
	b.segment,
	b.period_start AS month,
	to_char(b.period_start::timestamp, 'YYYY-MM') AS month_label,
	coalesce(w.owner, '(none)') AS owner,
	b.opening_customers,
	b.new_customers,
	b.winback_customers,
	b.moved_in_customers,
	b.moved_out_customers,
	b.redefined_in_customers,
	b.redefined_out_customers,
	b.churned_customers,
	b.paused_customers,
	b.closing_customers,
	b.opening_mrr,
	b.new_mrr,
	b.reactivation_mrr,
	b.expansion_mrr - coalesce(z.mrr, 0) AS expansion_mrr,
	b.contraction_mrr,
	b.churn_mrr,
	b.moved_in_mrr,
	b.moved_out_mrr,
	b.redefined_in_mrr,
	b.redefined_out_mrr,
	b.paused_mrr,
	b.closing_mrr,
	b.expansion_customers - coalesce(z.customers, 0) AS expansion_customers,
	b.contraction_customers,
	b.same_period_customers,
	b.closing_paused_customers,
	b.closing_paused_mrr,
	b.at_risk_customers,
	b.at_risk_mrr,
	CASE WHEN b.closing_customers > 0 THEN (b.closing_mrr / b.closing_customers)::double precision END AS arpu,
	b.arpu_error,
	CASE WHEN b.closing_customers > 0 THEN (e.margin / b.closing_customers)::double precision END AS ampu,
	CASE WHEN b.is_complete AND b.at_risk_customers > 0 THEN -b.churned_customers / b.at_risk_customers::double precision END AS churn_rate,
	CASE WHEN b.is_complete THEN i.conf_low END AS churn_rate_low,
	CASE WHEN b.is_complete THEN i.conf_high END AS churn_rate_high,
	b.gross_retained_mrr,
	CASE WHEN b.is_complete AND b.at_risk_mrr > 0 THEN (b.gross_retained_mrr / b.at_risk_mrr)::double precision END AS gross_revenue_retention_rate,
	CASE WHEN b.is_complete THEN b.gross_retention_error END AS gross_revenue_retention_error,
	b.net_retained_mrr,
	CASE WHEN b.is_complete AND b.at_risk_mrr > 0 THEN (b.net_retained_mrr / b.at_risk_mrr)::double precision END AS net_revenue_retention_rate,
	CASE WHEN b.is_complete THEN b.net_retention_error END AS net_revenue_retention_error,
	b.products,
	CASE WHEN b.closing_customers > 0 THEN b.products / b.closing_customers::double precision END AS products_per_customer,
	b.products_error AS products_per_customer_error,
	b.multi_product_customers,
	CASE WHEN b.closing_customers > 0 THEN b.multi_product_customers / b.closing_customers::double precision END AS multi_product_share,
	CASE WHEN b.closing_customers > 0 THEN b.tenure_days / b.closing_customers::double precision END AS average_tenure_days,
	b.cross_sold_customers,
	CASE WHEN b.is_complete AND b.opening_customers > 0 THEN b.cross_sold_customers / b.opening_customers::double precision END AS cross_sell_rate,
	b.cross_sell_undone_customers,
	b.cross_sold_mrr,
	CASE WHEN y.families IS NOT NULL THEN b.upsell_eligible_customers END AS upsell_eligible_customers,
	CASE WHEN y.families IS NOT NULL THEN b.upsold_customers END AS upsold_customers,
	CASE WHEN b.is_complete AND b.upsell_eligible_customers > 0 THEN b.upsold_customers / b.upsell_eligible_customers::double precision END AS upsell_rate,
	CASE WHEN y.families IS NOT NULL THEN b.upsell_undone_customers END AS upsell_undone_customers,
	CASE WHEN y.families IS NOT NULL THEN b.upsold_mrr END AS upsold_mrr,
	CASE WHEN n.is_known THEN coalesce(u.commitments, 0) END AS due_commitments,
	CASE WHEN n.is_known THEN coalesce(u.renewed, 0) END AS renewed_commitments,
	CASE WHEN b.is_complete THEN u.renewed / u.commitments::double precision END AS renewal_rate,
	CASE WHEN n.is_known THEN coalesce(u.mrr, 0) END AS due_mrr,
	CASE WHEN n.is_known THEN coalesce(u.renewed_mrr, 0) END AS renewed_mrr,
	CASE WHEN b.is_complete THEN (u.renewed_mrr / u.mrr)::double precision END AS renewal_value_rate,
	CASE WHEN b.is_complete THEN u.error::double precision END AS renewal_value_error,
	b.due_spells AS ended_spells,
	b.renewed_spells AS continued_spells,
	CASE WHEN b.is_complete AND b.due_spells > 0 THEN b.renewed_spells / b.due_spells::double precision END AS continuation_rate,
	b.due_mrr AS ended_mrr,
	b.renewed_mrr AS continued_mrr,
	CASE WHEN b.is_complete AND b.due_mrr > 0 THEN (b.renewed_mrr / b.due_mrr)::double precision END AS continuation_value_rate,
	CASE WHEN b.is_complete THEN b.renewal_value_error END AS continuation_value_error,
	CASE WHEN b.is_complete THEN b.cohort_1_customers END AS cohort_1_customers,
	CASE WHEN b.is_complete THEN b.retained_1_customers END AS retained_1_customers,
	CASE WHEN b.is_complete AND b.cohort_1_customers > 0 THEN b.retained_1_customers / b.cohort_1_customers::double precision END AS retention_1_rate,
	CASE WHEN b.is_complete THEN b.cohort_3_customers END AS cohort_3_customers,
	CASE WHEN b.is_complete THEN b.retained_3_customers END AS retained_3_customers,
	CASE WHEN b.is_complete AND b.cohort_3_customers > 0 THEN b.retained_3_customers / b.cohort_3_customers::double precision END AS retention_3_rate,
	CASE WHEN b.is_complete THEN b.cohort_6_customers END AS cohort_6_customers,
	CASE WHEN b.is_complete THEN b.retained_6_customers END AS retained_6_customers,
	CASE WHEN b.is_complete AND b.cohort_6_customers > 0 THEN b.retained_6_customers / b.cohort_6_customers::double precision END AS retention_6_rate,
	CASE WHEN b.is_complete THEN b.cohort_12_customers END AS cohort_12_customers,
	CASE WHEN b.is_complete THEN b.retained_12_customers END AS retained_12_customers,
	CASE WHEN b.is_complete AND b.cohort_12_customers > 0 THEN b.retained_12_customers / b.cohort_12_customers::double precision END AS retention_12_rate,
	b.acquired_customers,
	b.proven_customers,
	CASE WHEN b.is_complete AND b.acquired_customers > 0 THEN b.proven_customers / b.acquired_customers::double precision END AS acquisition_quality_rate,
	b.acquired_mrr,
	b.proven_mrr,
	CASE WHEN b.is_complete AND b.acquired_mrr > 0 THEN (b.proven_mrr / b.acquired_mrr)::double precision END AS acquisition_value_rate,
	CASE WHEN b.is_complete AND b.new_customers + b.winback_customers > 0
		THEN b.winback_customers / (b.new_customers + b.winback_customers)::double precision END AS winback_share,
	CASE WHEN t.closing_mrr > 0 THEN (b.closing_mrr / t.closing_mrr)::double precision END AS revenue_share,
	CASE WHEN t.closing_customers > 0 THEN b.closing_customers / t.closing_customers::double precision END AS base_share,
	e.direct AS product_margin,
	a.cost AS allocated_cost,
	e.margin,
	g.target,
	(b.closing_mrr - g.target) AS variance,
	coalesce(z.mrr, 0) AS promotion_end_mrr,
	coalesce(z.customers, 0) AS promotion_end_customers,
	{pause_days} AS pause_days,
	b.is_complete,
	{currency} AS currency,
	{time_zone} AS time_zone,
	b.as_of
FROM bridge b
CROSS JOIN family y
CROSS JOIN committing n
LEFT JOIN due u ON u.segment = b.segment AND u.month = b.period_start
JOIN bridge t ON t.segment = '(all)' AND t.period_start = b.period_start
LEFT JOIN direct d ON d.segment = b.segment AND d.period_start = b.period_start
LEFT JOIN allocated a ON a.segment = b.segment AND a.month = b.period_start
LEFT JOIN owned w ON w.segment = b.segment AND w.period_start = b.period_start
LEFT JOIN aim g ON g.segment = b.segment AND g.month = b.period_start
LEFT JOIN promotion_end z ON z.segment = b.segment AND z.period_start = b.period_start
CROSS JOIN LATERAL (
	SELECT m.direct, m.direct - coalesce(a.cost, 0) AS margin
	FROM (SELECT CASE WHEN b.closing_customers = 0 AND EXISTS (SELECT 1 FROM direct) THEN 0 ELSE d.margin END AS direct) m) e
CROSS JOIN LATERAL cvm.proportion_interval(-b.churned_customers, b.at_risk_customers, {conf}) i$$);

-- The customers behind it; who never was in a segment is in none of its rows
INSERT INTO cvm.report_list (view, preference, list) VALUES
('segment_kpi', 1, $$
WITH
@with customer_flow 'month' | 1
		AND (EXISTS (SELECT 1 FROM wanted w WHERE w.segment IN ('(all)', '(none)'))
			OR r.customer_id IN (SELECT h.customer_id FROM segment_history h JOIN wanted w ON w.segment = h.segment))
@end
{said}
SELECT w.row_key, s.customer_id, {why},
	b.opening_customers, b.new_customers, b.winback_customers, b.moved_in_customers, b.moved_out_customers, b.redefined_in_customers,
		b.redefined_out_customers, b.churned_customers, b.paused_customers, b.closing_customers,
	b.opening_mrr, b.new_mrr, b.reactivation_mrr, b.expansion_mrr - e.mrr AS expansion_mrr, e.mrr AS promotion_end_mrr, b.contraction_mrr,
		b.churn_mrr, b.moved_in_mrr, b.moved_out_mrr, b.redefined_in_mrr, b.redefined_out_mrr, b.paused_mrr, b.closing_mrr,
	b.expansion_customers - e.customers AS expansion_customers, e.customers AS promotion_end_customers, b.contraction_customers,
		b.same_period_customers, b.closing_paused_customers, b.closing_paused_mrr, b.gross_retained_mrr, b.net_retained_mrr,
	b.multi_product_customers, b.cross_sold_customers, b.cross_sell_undone_customers, b.cross_sold_mrr, b.upsell_eligible_customers,
		b.upsold_customers, b.upsell_undone_customers, b.upsold_mrr,
	b.cohort_1_customers, b.retained_1_customers, b.cohort_3_customers, b.retained_3_customers, b.cohort_6_customers,
		b.retained_6_customers, b.cohort_12_customers, b.retained_12_customers,
	b.acquired_customers, b.proven_customers, b.acquired_mrr, b.proven_mrr,
	b.due_mrr AS ended_mrr, b.renewed_mrr AS continued_mrr,
	b.opening_customers + b.paused_customers + b.closing_paused_customers AS at_risk_customers, b.opening_mrr + b.paused_mrr + b.closing_paused_mrr AS at_risk_mrr
FROM flow s
CROSS JOIN wanted w
CROSS JOIN LATERAL cvm.segment_bridge(s.state, w.segment, w.month) b
CROSS JOIN observed o
CROSS JOIN said g
@use promoted_of b
$$);

UPDATE cvm.report_list SET
	moves = '{new_customers,winback_customers,moved_in_customers,moved_out_customers,redefined_in_customers,redefined_out_customers,
		churned_customers,expansion_customers,contraction_customers,same_period_customers,new_mrr,reactivation_mrr,expansion_mrr,contraction_mrr,
		churn_mrr,moved_in_mrr,moved_out_mrr,redefined_in_mrr,redefined_out_mrr,promotion_end_customers,promotion_end_mrr}',
	holds = '{opening_customers,closing_customers,opening_mrr,closing_mrr,multi_product_customers}'
WHERE view = 'segment_kpi';

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('segment_cost', 1, '{subscription,segment_history,cost}', $$
WITH
@use segment_flow 'month' | 1
,
@use segment_bridge
, {segment_driver}, {segment_share}
SELECT cvm.row_key(a.segment, to_char(a.month::timestamp, 'YYYY-MM'), a.pool) AS row_key,
	a.segment,
	a.month,
	to_char(a.month::timestamp, 'YYYY-MM') AS month_label,
	a.pool,
	a.amount AS pool_amount,
	CASE WHEN a.is_used THEN a.used::double precision END AS driver_quantity,
	CASE WHEN a.is_used THEN 'driver' ELSE 'customers' END AS shared_by,
	a.part AS allocated_cost,
	{currency} AS currency,
	o.as_of
FROM share a
CROSS JOIN observed o$$);

-- Who went where: between month ends, and over spans of four weeks and a year.
-- Without subscriptions whoever is in a segment counts
@define stays_observed
observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT greatest(
			max(h.valid_from) FILTER (WHERE h.valid_from <= cvm.day_of(now(), {time_zone})),
			max(h.valid_to) FILTER (WHERE h.valid_to <= cvm.day_of(now(), {time_zone}))) + 1
		FROM segment_history h)) AS as_of
), family AS MATERIALIZED (
	SELECT NULL::text[] AS families
), history AS (
	SELECT h.customer_id, cvm.holdings_agg(h.segment, greatest(h.valid_from, '4714-11-24 BC'), h.valid_to, 1) AS segments,
		cvm.holdings_agg(h.segment, greatest(h.valid_from, '4714-11-24 BC'), h.valid_to, hashtext(h.scheme_version)::numeric) AS placed
	FROM segment_history h
	WHERE h.customer_id IS NOT NULL AND h.segment IS NOT NULL AND h.valid_from IS NOT NULL
	GROUP BY h.customer_id
)
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('week_grain', 9, '{}', $$'week:' || {week_start}$$),
('migrating_mrr', 1, '{subscription}', $$CASE WHEN m.from_segment = '(in)' THEN m.closing_mrr ELSE m.mrr END$$),
('migrating_mrr', 9, '{}', 'NULL::numeric'),
('migrating_closing_mrr', 1, '{subscription}', 'm.closing_mrr'),
('migrating_closing_mrr', 9, '{}', 'NULL::numeric'),
('migrating_pause_days', 1, '{subscription}', '{pause_days}'),
('migrating_pause_days', 9, '{}', 'NULL::integer');

@for view | flow | grain | span | ends | label | period
segment_migration | monthly_flow | 'month' | 1 | | to_char(m.period_start::timestamp, 'YYYY-MM') | m.period_start AS month, to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label
segment_migration_12_months | yearly_flow | 'month' | 12 | , (m.period_start - interval '11 months')::date AS from_day, least((m.period_start + interval '1 month')::date, o.as_of) AS to_day | to_char(m.period_start::timestamp, 'YYYY-MM') | m.period_start AS month, to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label, m.from_day, m.to_day
segment_migration_4_weeks | weekly_flow | {week_grain} | 4 | , m.period_start - 21 AS from_day, least(m.period_start + 7, o.as_of) AS to_day | to_char(m.from_day::timestamp, 'YYYY-MM-DD') | m.from_day, m.to_day
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('{flow}', 1, '{subscription}', $$
@use segment_flow {grain} | {span}
$$),
('{flow}', 9, '{}', $$
@use stays_observed
, flow AS MATERIALIZED (
	SELECT cvm.segment_flow_agg(h.segments, h.placed, {grain}, o.as_of, NULL, {span}, {pause_days}) AS state
	FROM history h
	CROSS JOIN observed o
	WHERE o.as_of IS NOT NULL
)
$$),
('{flow}_of_customers', 1, '{subscription}', $$
@with customer_flow {grain} | {span}
@end
$$),
('{flow}_of_customers', 9, '{}', $$
@use stays_observed
, flow AS MATERIALIZED (
	SELECT h.customer_id, cvm.segment_flow_agg(h.segments, h.placed, {grain}, o.as_of, NULL, {span}, {pause_days}) AS state
	FROM history h
	CROSS JOIN observed o
	GROUP BY h.customer_id
)
$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('{view}', 1, '{segment_history}', $$
WITH {{flow}}, went AS (
	SELECT m.*{ends}
	FROM flow f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.segment_matrix(f.state) m
)
SELECT cvm.row_key({label}, m.from_segment, m.to_segment) AS row_key,
	{period},
	m.from_segment,
	m.to_segment,
	CASE WHEN m.from_segment = '(in)' THEN 'in' WHEN m.to_segment = '(out)' THEN 'out'
		WHEN m.from_segment = m.to_segment THEN 'stay'
		WHEN m.redefined_customers = m.customers THEN 'redefined'
		WHEN array_position({segment_order}, m.to_segment) > array_position({segment_order}, m.from_segment) THEN 'up'
		WHEN array_position({segment_order}, m.to_segment) < array_position({segment_order}, m.from_segment) THEN 'down'
		ELSE 'move' END AS direction,
	m.customers,
	m.redefined_customers,
	CASE WHEN m.from_segment <> '(in)' THEN (sum(m.customers) OVER (PARTITION BY m.period_start, m.from_segment))::bigint END AS from_customers,
	CASE WHEN m.from_segment <> '(in)' AND m.is_complete
		THEN m.customers / (sum(m.customers) OVER (PARTITION BY m.period_start, m.from_segment))::double precision END AS rate,
	{migrating_mrr} AS mrr,
	{migrating_closing_mrr} AS closing_mrr,
	{migrating_pause_days} AS pause_days,
	m.is_complete,
	{currency} AS currency,
	{time_zone} AS time_zone,
	o.as_of
FROM went m
CROSS JOIN observed o$$);
@end

-- The customers behind them
@define went_list
SELECT w.row_key, f.customer_id, CASE WHEN m.to_segment = w.to_segment THEN m.customers ELSE 0 END AS customers,
	CASE WHEN m.to_segment = w.to_segment THEN m.redefined_customers ELSE 0 END AS redefined_customers, m.customers AS from_customers,
	CASE WHEN m.to_segment = w.to_segment THEN CASE WHEN m.from_segment = '(in)' THEN m.closing_mrr ELSE m.mrr END END AS mrr,
	CASE WHEN m.to_segment = w.to_segment THEN m.closing_mrr END AS closing_mrr, m.mrr AS mrr_before, m.closing_mrr AS mrr_after,
	m.from_segment || ' to ' || m.to_segment AS detail
FROM flow f
@end
INSERT INTO cvm.report_list (view, preference, list) VALUES
('segment_migration', 1, $$
WITH {monthly_flow_of_customers}
@use went_list
CROSS JOIN LATERAL cvm.segment_matrix(f.state) m
JOIN wanted w ON w.from_segment = m.from_segment AND w.month = m.period_start$$);

@for view | flow | grain | span | day
segment_migration_12_months | yearly_flow | 'month' | 12 | w.month
segment_migration_4_weeks | weekly_flow | {week_grain} | 4 | (w.from_day + 21)
@make
INSERT INTO cvm.report_list (view, preference, list) VALUES
('{view}', 1, $$
WITH {{flow}_of_customers}
@use went_list
CROSS JOIN (
	-- rows begin where anybody was seen: long before, in a segment of its own
	SELECT cvm.segment_flow_agg(h.held, h.held, {grain}, o.as_of, y.families, {span}, {pause_days}) AS state
	FROM (SELECT cvm.holdings_agg('(before)', d.day - 1000, d.day - 900, 1) AS held FROM (SELECT min({day}) AS day FROM wanted w) d) h
	CROSS JOIN observed o
	CROSS JOIN family y) a
CROSS JOIN LATERAL cvm.segment_matrix(f.state OPERATOR(cvm.||) a.state) m
JOIN wanted w ON w.from_segment = m.from_segment AND {day} = m.period_start$$);
@end

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('segment_scorecard', 1, '{subscription,segment_history,segment_target}', $$
SELECT cvm.row_key(k.segment, k.month_label, t.metric) AS row_key,
	k.segment,
	k.month,
	k.month_label,
	t.metric,
	k.owner,
	v.value,
	t.target,
	CASE WHEN abs(v.value - t.target) < 1e20 THEN v.value::numeric - t.target::numeric END::numeric(28,8) AS variance,
	CASE WHEN t.target > 0 AND v.value >= 0 THEN CASE WHEN v.better = 'lower' THEN t.target / nullif(v.value, 0) ELSE v.value / t.target END END AS attainment,
	v.better,
	CASE WHEN v.better = 'lower' THEN v.value <= t.target ELSE v.value >= t.target END AS is_met,
	k.is_complete,
	k.as_of
FROM segment_kpi k
JOIN (
	SELECT t.segment, date_trunc('month', t.month::timestamp)::date AS month, t.metric, max(t.target) AS target
	FROM segment_target t
	WHERE t.metric IS NOT NULL
	GROUP BY 1, 2, 3) t ON t.segment = k.segment AND t.month = k.month
LEFT JOIN LATERAL (VALUES
	('opening_customers', 'higher', k.opening_customers::double precision),
	('new_customers', 'higher', k.new_customers),
	('winback_customers', 'higher', k.winback_customers),
	('closing_customers', 'higher', k.closing_customers),
	('new_mrr', 'higher', k.new_mrr),
	('expansion_mrr', 'higher', k.expansion_mrr),
	('closing_mrr', 'higher', k.closing_mrr),
	('arpu', 'higher', k.arpu),
	('ampu', 'higher', k.ampu),
	('churn_rate', 'lower', k.churn_rate),
	('gross_revenue_retention_rate', 'higher', k.gross_revenue_retention_rate),
	('net_revenue_retention_rate', 'higher', k.net_revenue_retention_rate),
	('products_per_customer', 'higher', k.products_per_customer),
	('multi_product_share', 'higher', k.multi_product_share),
	('average_tenure_days', 'higher', k.average_tenure_days),
	('cross_sell_rate', 'higher', k.cross_sell_rate),
	('upsell_rate', 'higher', k.upsell_rate),
	('renewal_rate', 'higher', k.renewal_rate),
	('renewal_value_rate', 'higher', k.renewal_value_rate),
	('retention_1_rate', 'higher', k.retention_1_rate),
	('retention_3_rate', 'higher', k.retention_3_rate),
	('retention_6_rate', 'higher', k.retention_6_rate),
	('retention_12_rate', 'higher', k.retention_12_rate),
	('acquisition_quality_rate', 'higher', k.acquisition_quality_rate),
	('revenue_share', 'higher', k.revenue_share),
	('base_share', 'higher', k.base_share),
	('allocated_cost', 'lower', k.allocated_cost),
	('margin', 'higher', k.margin)) AS v (metric, better, value) ON v.metric = t.metric$$);

-- Shift or noise: closings are compared with what they have in common
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('segment_shift', 1, '{subscription,segment_history}', $$
WITH
@use segment_flow 'month' | 0
, overlap AS MATERIALIZED (
	SELECT v.*
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_overlap(f.state) v
), monthly AS MATERIALIZED (
	-- a rate is hits / n; where hits are money or products, error says how sure
	-- it is, and in n of how many customers or commitments; what happens in a month
	-- is pooled over the months of a quarter and of a year
	SELECT k.segment, k.month, k.month_label, k.owner, k.is_complete, k.as_of, m.*
	FROM segment_kpi k
	CROSS JOIN LATERAL (VALUES
		('churn_rate', true, -k.churned_customers::numeric, k.at_risk_customers::numeric, k.at_risk_customers, NULL::double precision),
		('multi_product_share', false, k.multi_product_customers, k.closing_customers, k.closing_customers, NULL),
		('cross_sell_rate', true, k.cross_sold_customers, k.opening_customers, k.opening_customers, NULL),
		('upsell_rate', true, k.upsold_customers, k.upsell_eligible_customers, k.upsell_eligible_customers, NULL),
		('renewal_rate', true, k.renewed_commitments, k.due_commitments, k.due_commitments, NULL),
		('retention_1_rate', true, k.retained_1_customers, k.cohort_1_customers, k.cohort_1_customers, NULL),
		('retention_3_rate', true, k.retained_3_customers, k.cohort_3_customers, k.cohort_3_customers, NULL),
		('retention_6_rate', true, k.retained_6_customers, k.cohort_6_customers, k.cohort_6_customers, NULL),
		('retention_12_rate', true, k.retained_12_customers, k.cohort_12_customers, k.cohort_12_customers, NULL),
		('acquisition_quality_rate', true, k.proven_customers, k.acquired_customers, k.acquired_customers, NULL),
		('winback_share', true, k.winback_customers, k.new_customers + k.winback_customers, k.new_customers + k.winback_customers, NULL),
		('gross_revenue_retention_rate', false, k.gross_retained_mrr, k.at_risk_mrr, k.at_risk_customers, k.gross_revenue_retention_error),
		('net_revenue_retention_rate', false, k.net_retained_mrr, k.at_risk_mrr, k.at_risk_customers, k.net_revenue_retention_error),
		('renewal_value_rate', false, k.renewed_mrr, k.due_mrr, k.due_commitments, k.renewal_value_error),
		('arpu', false, k.closing_mrr, k.closing_customers, k.closing_customers, k.arpu_error),
		('products_per_customer', false, k.products, k.closing_customers, k.closing_customers, k.products_per_customer_error))
			AS m (metric, is_pooled, hits, whole, n, error)
	WHERE m.n IS NOT NULL
), counted AS (
	SELECT 'month' AS grain, m.segment, m.metric, m.month, m.month_label, m.owner, m.hits, m.whole, m.n, m.error, m.is_complete, m.as_of
	FROM monthly m
	UNION ALL
	SELECT g.grain, m.segment, m.metric, date_trunc(g.grain, m.month::timestamp)::date,
		to_char(date_trunc(g.grain, m.month::timestamp), g.label), (array_agg(m.owner ORDER BY m.month DESC))[1],
		sum(m.hits), sum(m.whole), sum(m.n)::bigint, NULL, true, m.as_of
	FROM monthly m
	CROSS JOIN (VALUES ('quarter', 3, 'YYYY-"Q"Q'), ('year', 12, 'YYYY')) AS g (grain, months, label)
	WHERE m.is_pooled
	GROUP BY g.grain, g.months, g.label, m.segment, m.metric, date_trunc(g.grain, m.month::timestamp), m.as_of
	HAVING count(*) FILTER (WHERE m.is_complete) = g.months
), kpi AS MATERIALIZED (
	SELECT c.*, c.hits / nullif(c.whole, 0)::double precision AS rate,
		c.whole / nullif(max(c.whole) FILTER (WHERE c.segment = '(all)') OVER (PARTITION BY c.grain, c.month, c.metric), 0)::double precision AS weight
	FROM counted c
), pair AS (
	SELECT b.segment, b.metric, b.grain, b.owner, a.month AS from_month, a.month_label AS from_month_label, b.month AS to_month, b.month_label AS to_month_label,
		a.hits AS from_hits, a.n AS from_n, a.rate AS from_rate, a.error AS from_error,
		b.hits AS to_hits, b.n AS to_n, b.rate AS to_rate, b.error AS to_error,
		a.is_complete AND b.is_complete AS is_complete, b.as_of,
		b.metric IN ('gross_revenue_retention_rate', 'net_revenue_retention_rate', 'renewal_value_rate', 'arpu', 'products_per_customer') AS is_mean,
		coalesce(CASE b.metric WHEN 'arpu' THEN v.arpu_correlation WHEN 'products_per_customer' THEN v.products_correlation
			WHEN 'multi_product_share' THEN v.multi_product_correlation END, 0) AS correlation,
		(coalesce(b.weight, 0) - coalesce(a.weight, 0)) * (coalesce(a.rate, b.rate, 0) + coalesce(b.rate, a.rate, 0)) / 2 AS mix,
		coalesce(b.rate - a.rate, 0) * (coalesce(a.weight, 0) + coalesce(b.weight, 0)) / 2 AS own
	FROM kpi b
	JOIN kpi a ON a.segment = b.segment AND a.metric = b.metric AND a.grain = b.grain
		AND a.month < b.month AND a.month >= b.month - interval '24 months'
	LEFT JOIN overlap v ON v.segment = b.segment AND v.from_period = a.month AND v.to_period = b.month
), whole AS (
	SELECT p.*,
		-- as numeric, so that the order of segments makes no difference
		(sum(p.mix::numeric) FILTER (WHERE p.segment <> '(all)') OVER w)::double precision AS all_mix,
		(sum(p.own::numeric) FILTER (WHERE p.segment <> '(all)') OVER w)::double precision AS all_own,
		-- is there a change of the total to contribute to?
		coalesce(bool_and(p.is_complete AND p.from_rate IS NOT NULL AND p.to_rate IS NOT NULL) FILTER (WHERE p.segment = '(all)') OVER w, false) AS is_split
	FROM pair p
	WINDOW w AS (PARTITION BY p.grain, p.metric, p.from_month, p.to_month)
), judged AS (
	SELECT p.*, i.conf_low, i.conf_high, CASE WHEN p.is_complete AND p.from_n >= 30 AND p.to_n >= 30 THEN i.p_value END AS p_value
	FROM whole p
	CROSS JOIN LATERAL (
		SELECT x.* FROM cvm.proportion_difference(p.from_hits::bigint, p.from_n, p.to_hits::bigint, p.to_n, {conf}, p.correlation) x WHERE NOT p.is_mean
		UNION ALL
		SELECT x.* FROM cvm.mean_difference(p.from_rate, p.from_error, p.to_rate, p.to_error, {conf}, p.correlation) x WHERE p.is_mean) i
), ranked AS (
	-- by Benjamini and Hochberg, over all that is looked at when a month is over
	SELECT j.*, count(j.p_value) OVER (PARTITION BY j.grain, j.to_month) AS comparisons,
		count(j.p_value) OVER (PARTITION BY j.grain, j.to_month ORDER BY j.p_value) AS rank
	FROM judged j
), adjusted AS (
	SELECT r.*, min(r.p_value * (r.comparisons::double precision / nullif(r.rank, 0))) OVER (PARTITION BY r.grain, r.to_month
		ORDER BY r.p_value DESC NULLS FIRST) AS p_adjusted
	FROM ranked r
)
SELECT cvm.row_key(p.segment, p.metric, p.from_month_label, p.to_month_label) AS row_key,
	p.segment,
	p.metric,
	p.grain,
	p.from_month,
	p.from_month_label,
	p.to_month,
	p.to_month_label,
	p.owner,
	p.from_n AS from_customers,
	p.to_n AS to_customers,
	p.from_rate,
	p.to_rate,
	CASE WHEN p.is_complete THEN p.to_rate - p.from_rate END AS change,
	CASE WHEN p.is_complete THEN p.conf_low END AS change_low,
	CASE WHEN p.is_complete THEN p.conf_high END AS change_high,
	{conf}::double precision AS conf,
	p.p_value,
	p.comparisons,
	p.p_adjusted,
	CASE WHEN p.is_split THEN CASE WHEN p.segment = '(all)' THEN p.all_mix ELSE p.mix END END AS mix_contribution,
	CASE WHEN p.is_split AND p.to_rate - p.from_rate IS NOT NULL THEN CASE WHEN p.segment = '(all)' THEN p.all_own ELSE p.own END END AS rate_contribution,
	CASE WHEN p.p_adjusted IS NULL THEN 'immature'
		WHEN p.p_adjusted <= 1 - {conf} THEN 'shift'
		ELSE 'noise' END AS verdict,
	p.is_complete,
	p.as_of
FROM adjusted p$$);
