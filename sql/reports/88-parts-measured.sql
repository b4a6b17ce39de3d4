-- SPDX-License-Identifier: PostgreSQL
-- What views measure by month, for those that compare it: with a benchmark, or
-- with what it was before.

-- A rate has hits of n, a mean its standard error; what has neither has no limits.
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('measured', 1, '{}', $$
measured AS MATERIALIZED (
	SELECT NULL::text AS metric, NULL::text AS definition, NULL::text AS driver, NULL::date AS month, NULL::bigint AS hits, NULL::bigint AS n,
		NULL::double precision AS value, NULL::double precision AS std_error, NULL::text AS better
	WHERE false{measured_subscription}{measured_survey}{measured_ticket}{measured_cancellation}
)$$),
-- Of all customers as subscription_kpi has it, without going through its segments
('measured_subscription', 1, '{subscription}', $$
	UNION ALL
	SELECT m.metric, 'subscription_kpi.' || m.name AS definition, '(none)' AS driver, k.period_start AS month, m.hits, m.n, m.value, NULL AS std_error, m.better
	FROM (
		SELECT y.*, y.opening_customers + y.paused_customers + y.closing_paused_customers AS at_risk_customers,
			(y.opening_mrr + y.paused_mrr + y.closing_paused_mrr)::float8 AS at_risk_mrr
		FROM (
			WITH {base}
			SELECT cvm.movement_agg(f.holdings, 'month', o.as_of, {pause_days}) AS state
			FROM folded f
			CROSS JOIN observed o) x
		CROSS JOIN LATERAL cvm.movements(x.state) y) k
	CROSS JOIN LATERAL (VALUES
		('churn_rate', 'logo_churn_rate', -k.churn_customers, k.at_risk_customers, -k.churn_customers / nullif(k.at_risk_customers, 0)::float8, 'lower'),
		('logo_churn_rate', 'logo_churn_rate', -k.churn_customers, k.at_risk_customers, -k.churn_customers / nullif(k.at_risk_customers, 0)::float8, 'lower'),
		('revenue_churn_rate', 'revenue_churn_rate', NULL, NULL, -k.churn_mrr::float8 / nullif(k.at_risk_mrr, 0), 'lower'),
		('gross_revenue_retention_rate', 'gross_revenue_retention_rate', NULL, NULL,
			(k.at_risk_mrr + k.contraction_mrr::float8 + k.churn_mrr::float8) / nullif(k.at_risk_mrr, 0), 'higher'),
		('net_revenue_retention_rate', 'net_revenue_retention_rate', NULL, NULL,
			(k.at_risk_mrr + k.expansion_mrr::float8 + k.contraction_mrr::float8 + k.churn_mrr::float8) / nullif(k.at_risk_mrr, 0), 'higher'),
		('arpa', 'arpa', NULL, NULL, k.closing_mrr::float8 / nullif(k.closing_customers, 0), 'higher')) m (metric, name, hits, n, value, better)
	WHERE k.is_complete AND m.value IS NOT NULL$$),
('measured_subscription', 2, '{}', ''),
('measured_survey', 1, '{survey}', $$
	UNION ALL
	SELECT s.instrument AS metric, 'survey_score.score' AS definition, s.driver, s.month, CASE WHEN s.instrument = 'csat' THEN s.satisfied END AS hits,
		CASE WHEN s.instrument = 'csat' THEN s.answers END AS n, s.score AS value, s.std_error, 'higher' AS better
	FROM (
		-- of several kinds of surveys that about the whole
		SELECT s.*, first_value(s.kind) OVER (PARTITION BY s.instrument, s.driver ORDER BY s.kind <> 'relational', s.kind <> '(none)', s.kind) AS first_kind
		FROM survey_score s
		WHERE s.segment = '(all)' AND s.is_complete AND s.is_enough) s
	WHERE s.kind = s.first_kind$$),
('measured_survey', 2, '{}', ''),
('measured_ticket', 1, '{ticket}', $$
	UNION ALL
	SELECT m.metric, 'ticket_response.' || m.metric AS definition, '(none)' AS driver, t.month, m.hits, m.n, m.value, NULL AS std_error, 'lower' AS better
	FROM ticket_response t
	CROSS JOIN LATERAL (VALUES
		('beyond_rate', t.beyond_tickets, t.within_tickets + t.beyond_tickets, t.beyond_rate),
		('median_hours', NULL, NULL, t.median_hours)) m (metric, hits, n, value)
	WHERE t.segment = '(all)' AND t.is_complete AND m.value IS NOT NULL$$),
('measured_ticket', 2, '{}', ''),
-- where Citus has the requests only those of everybody are counted: a tenth of what save_rate sends
('measured_cancellation', 1, '{cancellation,distributed cancellation}', $$
	UNION ALL
	SELECT 'save_rate' AS metric, 'save_rate.save_rate' AS definition, '(none)' AS driver, r.month, r.saved AS hits, r.mature AS n,
		r.saved / r.mature::float8 AS value, NULL AS std_error, 'higher' AS better
	FROM (
		{cancel_saved}
		SELECT date_trunc('month', s.day::timestamp)::date AS month, s.as_of, count(*) FILTER (WHERE s.is_mature) AS mature,
			count(*) FILTER (WHERE s.is_saved) AS saved
		FROM saved s
		GROUP BY date_trunc('month', s.day::timestamp), s.as_of) r
	WHERE (r.month + interval '1 month')::date + {save_days} <= r.as_of AND r.mature > 0$$),
('measured_cancellation', 2, '{cancellation}', $$
	UNION ALL
	SELECT 'save_rate' AS metric, 'save_rate.save_rate' AS definition, '(none)' AS driver, r.month, r.saved_requests AS hits, r.mature_requests AS n,
		r.save_rate AS value, NULL AS std_error, 'higher' AS better
	FROM save_rate r
	WHERE r.segment = '(all)' AND r.reason = '(all)' AND r.offer = '(all)' AND r.is_complete AND r.save_rate IS NOT NULL$$),
('measured_cancellation', 9, '{}', '');

-- What customers pay on a day, where that is known
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('paid_base', 1, '{subscription}', '{base}, '),
	('paid_base', 9, '{}', ''),
	('paid_on_day', 1, '{subscription}', 'coalesce(cvm.mrr_at(f.holdings, c.day), 0)'),
	('paid_on_day', 9, '{}', 'NULL::numeric'),
	('paid_join', 1, '{subscription}', $$
	LEFT JOIN folded f ON f.customer_id = c.customer_id$$),
	('paid_join', 9, '{}', '');
