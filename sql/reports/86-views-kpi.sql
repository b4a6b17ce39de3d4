-- SPDX-License-Identifier: PostgreSQL
-- The report view of the rates that follow from the waterfall.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(23, 'margin_rate', 'fraction', NULL, 'Margin as a share of revenue, for lifetime values; NULL: not known.'),
	(24, 'monthly_discount_rate', 'fraction', NULL, 'Discount a month, for lifetime values; NULL: none is computed.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(21, 'subscription_kpi',
		'Rates of a month: one row per segment and month, with the numerator and denominator of each.',
		'greatest(opening_customers, closing_customers)');

-- Commitments that ended, by segment
@define kpi_due of_segments
{committed}, due AS MATERIALIZED (
	SELECT e.segment, date_trunc('month', e.due_on::timestamp)::date AS month,
		count(*) AS due_commitments, sum(e.mrr) AS due_mrr,
		count(*) FILTER (WHERE e.stays) AS renewed_commitments,
		coalesce(sum(e.mrr) FILTER (WHERE e.stays), 0) AS renewed_mrr
	FROM (
		SELECT '(all)'::text AS segment, a.due_on, a.mrr, a.stays
		FROM committed a{of_segments}
	) e
	GROUP BY 1, 2
), committing AS MATERIALIZED (
	SELECT EXISTS (SELECT 1 FROM subscription s WHERE s.committed_until IS NOT NULL LIMIT 1) AS is_known
)
@end

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- Spells that ended, and whose customers paid on the day after
('due', 1, '{}', $$ended AS {at_customer} (
	SELECT f.customer_id, p.ended_on, p.mrr, cvm.mrr_at(f.holdings, p.ended_on) > 0 AS stays
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.spells(f.holdings) p
	WHERE p.ended_on < o.as_of AND p.mrr > 0
), followed AS MATERIALIZED (
	SELECT e.segment, date_trunc('month', e.ended_on::timestamp)::date AS month,
		count(*) AS ended_spells, sum(e.mrr) AS ended_mrr,
		count(*) FILTER (WHERE e.stays) AS continued_spells,
		coalesce(sum(e.mrr) FILTER (WHERE e.stays), 0) AS continued_mrr
	FROM (
		SELECT '(all)'::text AS segment, a.ended_on, a.mrr, a.stays
		FROM ended a{followed_segments}
	) e
	GROUP BY 1, 2
),
@use kpi_due {due_segments}
$$),
('due_commitments', 1, '{}', $$
@use kpi_due {placed_commitments}
$$),
('followed_segments', 1, '{segment_history}', $$
		UNION ALL
		SELECT h.segment, a.ended_on, a.mrr, a.stays
		FROM ended a
		JOIN held h ON h.customer_id = a.customer_id AND h.days @> (a.ended_on - 1)$$),
('followed_segments', 9, '{}', ''),
('due_segments', 1, '{segment_history}', $$
		UNION ALL
		SELECT h.segment, a.due_on, a.mrr, a.stays
		FROM committed a
		JOIN held h ON h.customer_id = a.customer_id AND h.days @> (a.due_on - 1)$$),
('due_segments', 9, '{}', ''),
('placed_commitments', 1, '{segment_history}', $$
		UNION ALL
		SELECT coalesce(p.segment, '(none)'), p.due_on, p.mrr, p.stays
		FROM (
			SELECT DISTINCT ON (c.customer_id, c.line, c.due_on) c.due_on, c.mrr, c.stays, h.segment
			FROM committed c
			LEFT JOIN segment_history h ON h.customer_id = c.customer_id AND h.segment IS NOT NULL
				AND h.valid_from < c.due_on AND coalesce(h.valid_to >= c.due_on, true)
			ORDER BY c.customer_id, c.line, c.due_on, h.valid_from DESC NULLS LAST, h.segment COLLATE "C") p$$),
('placed_commitments', 9, '{}', ''),
-- From the closing of twelve months before
('year', 1, '{}', $$year_change AS MATERIALIZED (
	SELECT y.segment, y.period_start, sum(y.opening_mrr) AS opening, sum(y.gross_retained_mrr) AS gross, sum(y.net_retained_mrr) AS net
	FROM (
		SELECT '(all)'::text AS segment, k.*
		FROM folded f
		CROSS JOIN observed o
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12) k{year_segments}
	) y
	GROUP BY 1, 2
)$$),
('year_segments', 1, '{segment_history}', $$
		UNION ALL
		SELECT h.segment, k.*
		FROM folded f
		CROSS JOIN observed o
		JOIN held h ON h.customer_id = f.customer_id
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12, h.days) k
		WHERE NOT isempty(h.days)$$),
('year_segments', 9, '{}', ''),
-- All of it: from holdings, where those are stored, rates are looked up or Citus
-- has the spells, or from the fold of spells and times in segments
('kpi_base', 1, '{subscription.currency,fx_rate}', '{held_kpi_base}'),
('kpi_base', 2, '{customer_holdings}', '{held_kpi_base}'),
('kpi_base', 3, '{distributed subscription}', '{held_kpi_base}'),
('kpi_base', 9, '{}', $${observed}, spell_fold AS MATERIALIZED (
	SELECT cvm._segment_movement_agg({segment_spells}) AS waterfalls, cvm._segment_promotion_agg({segment_spells}) AS promotions,
		cvm._segment_year_agg({segment_spells}) AS years
	FROM {segment_spell_rows}
), years AS MATERIALIZED (
	SELECT b.*
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.years) b
), followed AS MATERIALIZED (
	SELECT y.segment, y.period_start AS month, sum(y.customers) FILTER (WHERE y.line = 'ended')::bigint AS ended_spells,
		sum(y.mrr) FILTER (WHERE y.line = 'ended') AS ended_mrr,
		coalesce(sum(y.customers) FILTER (WHERE y.line = 'continued'), 0)::bigint AS continued_spells,
		coalesce(sum(y.mrr) FILTER (WHERE y.line = 'continued'), 0) AS continued_mrr
	FROM years y
	WHERE y.line IN ('ended', 'continued')
	GROUP BY 1, 2
),{due_commitments}, state AS MATERIALIZED ({folded_waterfall}), year_change AS MATERIALIZED (
	SELECT y.segment, y.period_start, sum(y.mrr) FILTER (WHERE y.line = 'opening') AS opening, sum(y.mrr) FILTER (WHERE y.line = 'gross') AS gross,
		sum(y.mrr) FILTER (WHERE y.line = 'net') AS net
	FROM years y
	WHERE y.line IN ('opening', 'gross', 'net')
	GROUP BY 1, 2
){folded_promotion}$$),
('held_kpi_base', 1, '{}', '{base}{held}, {due}, state AS MATERIALIZED ({waterfall}), {year}{promotion}');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('subscription_kpi', 1, '{subscription}', $$
WITH {kpi_base}, month AS (
	-- who can be lost, and with what: who pays, and who is in a pause
	SELECT s.segment, cvm.as_of(s.state) AS as_of, m.*, r.at_risk_customers, r.at_risk_mrr,
		r.at_risk_mrr + m.contraction_mrr + m.churn_mrr AS gross_retained,
		r.at_risk_mrr + m.expansion_mrr + m.contraction_mrr + m.churn_mrr AS net_retained,
		-- of a month that is not over there is no rate
		CASE WHEN m.is_complete THEN -m.churn_customers / nullif(r.at_risk_customers, 0)::float8 END AS churn,
		m.closing_mrr::float8 / nullif(m.closing_customers, 0) AS arpa
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
	CROSS JOIN LATERAL (SELECT m.opening_customers + m.paused_customers + m.closing_paused_customers AS at_risk_customers,
		m.opening_mrr + m.paused_mrr + m.closing_paused_mrr AS at_risk_mrr) r
), rate AS (
	SELECT m.*,
		CASE WHEN m.is_complete THEN m.gross_retained::float8 / nullif(m.at_risk_mrr::float8, 0) END AS grr,
		CASE WHEN m.is_complete THEN m.net_retained::float8 / nullif(m.at_risk_mrr::float8, 0) END AS nrr
	FROM month m
)
SELECT cvm.row_key(r.segment, to_char(r.period_start::timestamp, 'YYYY-MM')) AS row_key,
	r.segment,
	r.period_start AS month,
	to_char(r.period_start::timestamp, 'YYYY-MM') AS month_label,
	{currency} AS currency,
	r.opening_customers,
	r.at_risk_customers,
	r.churn_customers AS churned_customers,
	r.churn AS logo_churn_rate,
	r.opening_mrr,
	r.at_risk_mrr,
	r.churn_mrr AS churned_mrr,
	CASE WHEN r.is_complete THEN -r.churn_mrr::float8 / nullif(r.at_risk_mrr::float8, 0) END AS revenue_churn_rate,
	r.gross_retained AS gross_retained_mrr,
	r.grr AS gross_revenue_retention_rate,
	r.net_retained AS net_retained_mrr,
	r.nrr AS net_revenue_retention_rate,
	CASE WHEN count(r.grr) OVER year = 12 THEN
		CASE WHEN min(r.grr) OVER year > 0 THEN exp(sum(ln(nullif(r.grr, 0))) OVER year) ELSE 0 END
	END AS gross_revenue_retention_chained_rate,
	CASE WHEN count(r.nrr) OVER year = 12 THEN
		CASE WHEN min(r.nrr) OVER year > 0 THEN exp(sum(ln(nullif(r.nrr, 0))) OVER year) ELSE 0 END
	END AS net_revenue_retention_chained_rate,
	y.opening AS year_opening_mrr,
	y.gross AS year_gross_retained_mrr,
	CASE WHEN r.is_complete THEN y.gross::float8 / nullif(y.opening::float8, 0) END AS gross_revenue_retention_year_rate,
	y.net AS year_net_retained_mrr,
	CASE WHEN r.is_complete THEN y.net::float8 / nullif(y.opening::float8, 0) END AS net_revenue_retention_year_rate,
	r.new_mrr + r.expansion_mrr - coalesce(p.mrr, 0) AS gained_mrr,
	(r.churn_mrr + r.contraction_mrr) AS lost_mrr,
	CASE WHEN r.is_complete THEN (r.new_mrr + r.expansion_mrr - coalesce(p.mrr, 0))::float8
		/ nullif((-r.churn_mrr - r.contraction_mrr)::float8, 0) END AS quick_ratio,
	r.closing_mrr,
	r.closing_customers,
	r.arpa,
	cvm.ltv_naive(r.arpa, r.churn) AS lifetime_revenue,
	cvm.ltv_margin(r.arpa, {margin_rate}, r.churn) AS lifetime_margin,
	cvm.ltv_discounted(r.arpa, {margin_rate}, r.churn, {monthly_discount_rate}) AS lifetime_margin_discounted,
	CASE WHEN n.is_known THEN coalesce(d.due_commitments, 0) END AS due_commitments,
	CASE WHEN n.is_known THEN coalesce(d.renewed_commitments, 0) END AS renewed_commitments,
	CASE WHEN r.is_complete THEN d.renewed_commitments / d.due_commitments::float8 END AS renewal_rate,
	CASE WHEN n.is_known THEN coalesce(d.due_mrr, 0) END AS due_mrr,
	CASE WHEN n.is_known THEN coalesce(d.renewed_mrr, 0) END AS renewed_mrr,
	CASE WHEN r.is_complete THEN d.renewed_mrr::float8 / d.due_mrr::float8 END AS renewal_value_rate,
	coalesce(e.ended_spells, 0) AS ended_spells,
	coalesce(e.continued_spells, 0) AS continued_spells,
	CASE WHEN r.is_complete THEN e.continued_spells / e.ended_spells::float8 END AS continuation_rate,
	coalesce(e.ended_mrr, 0) AS ended_mrr,
	coalesce(e.continued_mrr, 0) AS continued_mrr,
	CASE WHEN r.is_complete THEN e.continued_mrr::float8 / e.ended_mrr::float8 END AS continuation_value_rate,
	coalesce(p.mrr, 0) AS promotion_end_mrr,
	r.is_complete,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{pause_days} AS pause_days,
	{time_zone} AS time_zone,
	r.as_of,
	-- what is not shown, and adds up to what is
	r.new_mrr,
	r.reactivation_mrr,
	r.expansion_mrr - coalesce(p.mrr, 0) AS expansion_mrr,
	r.contraction_mrr,
	r.moved_in_mrr,
	r.moved_out_mrr,
	r.paused_mrr,
	r.closing_paused_mrr
FROM rate r
CROSS JOIN committing n
LEFT JOIN due d ON d.segment = r.segment AND d.month = r.period_start
LEFT JOIN followed e ON e.segment = r.segment AND e.month = r.period_start
LEFT JOIN promotion_end p ON p.segment = r.segment AND p.period_start = r.period_start
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.opening), 0) AS opening, coalesce(sum(c.gross), 0) AS gross, coalesce(sum(c.net), 0) AS net
	FROM year_change c
	WHERE c.segment = r.segment AND c.period_start <= r.period_start
) y
WINDOW year AS (PARTITION BY r.segment ORDER BY r.period_start ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('subscription_kpi', 1, 'opening_mrr', 'opening', NULL),
	('subscription_kpi', 2, 'new_mrr', 'line', NULL),
	('subscription_kpi', 3, 'reactivation_mrr', 'line', NULL),
	('subscription_kpi', 4, 'expansion_mrr', 'line', NULL),
	('subscription_kpi', 5, 'promotion_end_mrr', 'line', NULL),
	('subscription_kpi', 6, 'contraction_mrr', 'line', NULL),
	('subscription_kpi', 7, 'churned_mrr', 'line', NULL),
	('subscription_kpi', 8, 'moved_in_mrr', 'move', NULL),
	('subscription_kpi', 9, 'moved_out_mrr', 'move', NULL),
	('subscription_kpi', 10, 'paused_mrr', 'line', NULL),
	('subscription_kpi', 11, 'closing_mrr', 'closing', NULL),
	('subscription_kpi', 12, 'closing_paused_mrr', 'stock', 'paused_mrr'),
	('subscription_kpi', 13, 'year_opening_mrr', 'sum', NULL),
	('subscription_kpi', 14, 'year_gross_retained_mrr', 'sum', NULL),
	('subscription_kpi', 15, 'year_net_retained_mrr', 'sum', NULL),
	('subscription_kpi', 16, 'due_mrr', 'sum', NULL),
	('subscription_kpi', 17, 'renewed_mrr', 'part', 'due_mrr'),
	('subscription_kpi', 18, 'ended_mrr', 'sum', NULL),
	('subscription_kpi', 19, 'continued_mrr', 'part', 'ended_mrr'),
	('subscription_kpi', 20, 'at_risk_mrr', 'formula', '{opening_mrr} + {paused_mrr} + {closing_paused_mrr}'),
	('subscription_kpi', 21, 'gross_retained_mrr', 'formula',
		'{opening_mrr} + {paused_mrr} + {closing_paused_mrr} + {contraction_mrr} + {churned_mrr}'),
	('subscription_kpi', 22, 'net_retained_mrr', 'formula',
		'{opening_mrr} + {paused_mrr} + {closing_paused_mrr} + {contraction_mrr} + {churned_mrr} + {expansion_mrr} + '
		'{promotion_end_mrr}'),
	('subscription_kpi', 23, 'gained_mrr', 'formula', '{new_mrr} + {expansion_mrr}'),
	('subscription_kpi', 24, 'lost_mrr', 'formula', '{churned_mrr} + {contraction_mrr}');

INSERT INTO cvm.report_list (view, preference, list) VALUES
('subscription_kpi', 1, $$
WITH {spelled}{held}{said}, state AS MATERIALIZED ({customer_waterfall})
SELECT w.row_key, s.customer_id, {why},
	m.opening_customers, m.opening_customers + m.paused_customers + m.closing_paused_customers AS at_risk_customers,
	m.churn_customers AS churned_customers, m.closing_customers,
	m.opening_mrr, m.opening_mrr + m.paused_mrr + m.closing_paused_mrr AS at_risk_mrr, m.churn_mrr AS churned_mrr, m.closing_mrr,
	m.new_mrr + m.expansion_mrr - e.mrr AS gained_mrr, m.churn_mrr + m.contraction_mrr AS lost_mrr, e.mrr AS promotion_end_mrr
FROM state s
CROSS JOIN LATERAL cvm.movements(s.state) m
JOIN wanted w ON w.segment = s.segment AND w.month = m.period_start
CROSS JOIN observed o
CROSS JOIN said g{promoted_of_m}$$);

UPDATE cvm.report_list SET
	moves = '{churned_customers,churned_mrr}',
	holds = '{opening_customers,closing_customers,opening_mrr,closing_mrr}'
WHERE view = 'subscription_kpi';

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('subscription_kpi', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('subscription_kpi', 2, 'segment', 'text', 'name',
		'segment held when the month opened for who paid then, and when it closed for who came', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('subscription_kpi', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('subscription_kpi', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('subscription_kpi', 5, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('subscription_kpi', 6, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true,
		'Customers who paid when the month began.'),
	('subscription_kpi', 7, 'at_risk_customers', 'bigint', 'customers',
		'opening_customers + mrr_movement.paused_customers + closing_paused_customers', true,
		'Customers who paid or were in a pause when the month began: those who can be lost.'),
	('subscription_kpi', 8, 'churned_customers', 'bigint', 'customers',
		'-1 * count of customers who paid or were in a pause at the opening and are neither at the closing', true,
		'Customers of the opening lost, paying or in a pause then, as a negative number: '
		'mrr_movement.churn_customers.'),
	('subscription_kpi', 9, 'logo_churn_rate', 'double precision', 'fraction 0..1',
		'-1 * churned_customers / at_risk_customers', false,
		'Share of the customers of the opening, paying or in a pause, who were lost. cvm.churn_rates() has other '
		'definitions.'),
	('subscription_kpi', 10, 'opening_mrr', 'numeric(28,2)', 'money a month', 'closing_mrr of the month before', true,
		'Monthly recurring revenue when the month began.'),
	('subscription_kpi', 11, 'at_risk_mrr', 'numeric(28,2)', 'money a month',
		'opening_mrr + mrr_movement.paused_mrr + closing_paused_mrr', true,
		'What they brought then, and would have brought without pauses: what can be lost.'),
	('subscription_kpi', 12, 'churned_mrr', 'numeric(28,2)', 'money a month',
		'-1 * what the churned customers brought', true,
		'Recurring revenue of the opening customers lost, as a negative number: mrr_movement.churn_mrr.'),
	('subscription_kpi', 13, 'revenue_churn_rate', 'double precision', 'fraction 0..1',
		'-1 * churned_mrr / at_risk_mrr', false, 'Share of the opening revenue that left with its customers.'),
	('subscription_kpi', 14, 'gross_retained_mrr', 'numeric(28,2)', 'money a month',
		'sum over opening customers of the lesser of opening and closing: at_risk + contraction + churn', true,
		'What is left of the opening revenue, gains not counted; pauses count as kept.'),
	('subscription_kpi', 15, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1',
		'gross_retained_mrr / at_risk_mrr', false, 'GRR of the month; never above 1.'),
	('subscription_kpi', 16, 'net_retained_mrr', 'numeric(28,2)', 'money a month',
		'sum over opening customers of closing: at_risk + expansion + promotion_end + contraction + churn', true,
		'What the opening customers bring at the closing; new and returning customers not counted; pauses count as '
		'kept. Promotions that ended count: for NRR without them take promotion_end_mrr off.'),
	('subscription_kpi', 17, 'net_revenue_retention_rate', 'double precision', 'fraction',
		'net_retained_mrr / at_risk_mrr', false, 'NRR of the month.'),
	('subscription_kpi', 18, 'gross_revenue_retention_chained_rate', 'double precision', 'fraction 0..1',
		'product of gross_revenue_retention_rate of 12 months', false,
		'GRR of the last 12 months, chained; below the rate from point to point.'),
	('subscription_kpi', 19, 'net_revenue_retention_chained_rate', 'double precision', 'fraction',
		'product of net_revenue_retention_rate of 12 months', false, 'NRR of the last 12 months, chained.'),
	('subscription_kpi', 20, 'year_opening_mrr', 'numeric(28,2)', 'money a month',
		'closing_mrr of twelve months before', true,
		'What the customers who paid twelve months before brought then: denominator of the rates of a year.'),
	('subscription_kpi', 21, 'year_gross_retained_mrr', 'numeric(28,2)', 'money a month',
		'sum over those customers of the lesser of then and now', true,
		'What is left of it, no more of each customer than then.'),
	('subscription_kpi', 22, 'gross_revenue_retention_year_rate', 'double precision', 'fraction 0..1',
		'year_gross_retained_mrr / year_opening_mrr', false,
		'GRR from closing to closing of twelve months; who left and came back counts.'),
	('subscription_kpi', 23, 'year_net_retained_mrr', 'numeric(28,2)', 'money a month',
		'sum over those customers of now', true, 'What they bring now.'),
	('subscription_kpi', 24, 'net_revenue_retention_year_rate', 'double precision', 'fraction',
		'year_net_retained_mrr / year_opening_mrr', false, 'NRR from closing to closing of twelve months.'),
	('subscription_kpi', 25, 'gained_mrr', 'numeric(28,2)', 'money a month', 'new_mrr + expansion_mrr', true,
		'Numerator of quick_ratio; who came back and what promotions brought by ending is left out.'),
	('subscription_kpi', 26, 'lost_mrr', 'numeric(28,2)', 'money a month',
		'churn_mrr + contraction_mrr of mrr_movement', true,
		'What churned and what shrank, as a negative number: denominator of quick_ratio.'),
	('subscription_kpi', 27, 'quick_ratio', 'double precision', 'ratio', '-1 * gained_mrr / lost_mrr', false,
		'Revenue gained for each unit lost; NULL where nothing was lost. Do not average.'),
	('subscription_kpi', 28, 'closing_mrr', 'numeric(28,2)', 'money a month', 'sum of mrr on the last day', true,
		'Monthly recurring revenue when the month ended, or at as_of.'),
	('subscription_kpi', 29, 'closing_customers', 'bigint', 'customers', 'count of customers who pay on the last day',
		true, 'Customers who paid when the month ended, or at as_of.'),
	('subscription_kpi', 30, 'arpa', 'double precision', 'money a month per customer',
		'closing_mrr / closing_customers', false, 'Average revenue per paying account. Do not average.'),
	('subscription_kpi', 31, 'lifetime_revenue', 'double precision', 'money', 'arpa / logo_churn_rate', false,
		'Naive lifetime value: revenue until churn if churn stayed as it was this month; NULL without churn. Do not '
		'average.'),
	('subscription_kpi', 32, 'lifetime_margin', 'double precision', 'money', 'arpa * margin_rate / logo_churn_rate',
		false, 'The same as margin; NULL until the setting margin_rate is given. Do not average.'),
	('subscription_kpi', 33, 'lifetime_margin_discounted', 'double precision', 'money',
		'arpa * margin_rate * (1 + d) / (d + logo_churn_rate), d = monthly_discount_rate', false,
		'The same, paid in advance and discounted. Do not average.'),
	('subscription_kpi', 34, 'due_commitments', 'bigint', 'commitments',
		'count of lines of customers whose subscription.committed_until lies in the month', true,
		'Commitments that ended in the month, each once whatever its price became; NULL where committed_until is not '
		'bound. A line is a subscription_id, or a product where there is none.'),
	('subscription_kpi', 35, 'renewed_commitments', 'bigint', 'commitments',
		'count of due_commitments whose line, or a spell that began when it ended or later, is paid for on '
		'committed_until', true,
		'Of those, commitments whose customer went on paying for the line or for what took its place.'),
	('subscription_kpi', 36, 'renewal_rate', 'double precision', 'fraction 0..1',
		'renewed_commitments / due_commitments', false,
		'Renewal rate by count, of commitments that ended; NULL where committed_until is not bound, and while the '
		'month is open. Of spells that ended, whatever for: continuation_rate.'),
	('subscription_kpi', 37, 'due_mrr', 'numeric(28,2)', 'money a month',
		'sum of the prices of due_commitments, those of their last spells', true,
		'Recurring revenue whose commitment ended in the month.'),
	('subscription_kpi', 38, 'renewed_mrr', 'numeric(28,2)', 'money a month',
		'sum of the prices of renewed_commitments', true,
		'Of it, that of commitments that were renewed, at the old price.'),
	('subscription_kpi', 39, 'renewal_value_rate', 'double precision', 'fraction 0..1', 'renewed_mrr / due_mrr',
		false, 'Renewal rate by value.'),
	('subscription_kpi', 40, 'ended_spells', 'bigint', 'spells', 'count of paid spells that ended in the month', true,
		'Spells that ended in the month for whatever reason: left, changed plan, changed price.'),
	('subscription_kpi', 41, 'continued_spells', 'bigint', 'spells',
		'count of ended_spells whose customer paid on the day after', true,
		'Of those, spells whose customer went on paying, for whatever product.'),
	('subscription_kpi', 42, 'continuation_rate', 'double precision', 'fraction 0..1',
		'continued_spells / ended_spells', false,
		'Share of the spells that ended whose customer went on paying. A change of price or plan ends a spell: this '
		'is no renewal rate. NULL while the month is open.'),
	('subscription_kpi', 43, 'ended_mrr', 'numeric(28,2)', 'money a month', 'sum of mrr of ended_spells', true,
		'Recurring revenue of spells that ended in the month.'),
	('subscription_kpi', 44, 'continued_mrr', 'numeric(28,2)', 'money a month', 'sum of mrr of continued_spells',
		true, 'Of it, that of spells whose customer went on paying, at the old price.'),
	('subscription_kpi', 45, 'continuation_value_rate', 'double precision', 'fraction 0..1',
		'continued_mrr / ended_mrr', false, 'The same by value.'),
	('subscription_kpi', 46, 'promotion_end_mrr', 'numeric(28,2)', 'money a month',
		'what opening customers bring more who hold what they held, but no longer under an offer or a discount', true,
		'Monthly recurring revenue that the end of promotions brought: neither expansion nor a higher price. 0 unless '
		'subscription.offer or discount_until is bound.'),
	('subscription_kpi', 47, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false,
		'Is the month over?'),
	('subscription_kpi', 48, 'unpaid_statuses', 'text', 'words', 'setting of the model', false,
		'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('subscription_kpi', 49, 'pause_days', 'integer', 'days', 'setting of the model', false,
		'For so many days a paused spell is not lost.'),
	('subscription_kpi', 50, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('subscription_kpi', 51, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
