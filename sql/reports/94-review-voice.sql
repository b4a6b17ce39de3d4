-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: what customers say, what they wait for, why they leave.

CREATE FUNCTION cvm._review_voice(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH score AS (
		SELECT s.* FROM jsonb_to_recordset(data -> 'survey_score') AS s (row_key text, segment text, month date, instrument text, driver text,
			kind text, answers bigint,
			score numeric, std_error double precision, conf_low numeric, conf_high numeric, is_enough boolean, is_complete boolean, as_of date)
	), driver AS (
		SELECT d.*, CASE WHEN d.direction = 'down' THEN -1 ELSE 1 END AS sign, d.metric NOT IN ('nps', 'ces') AND abs(d.value) <= 1
			AND coalesce(abs(d.previous_value), 0) <= 1 AS is_share
		FROM jsonb_to_recordset(data -> 'value_driver') AS d (row_key text, segment text, month date, driver text, owner text, metric text,
			observations bigint, value numeric,
			target numeric, gap numeric, direction text, below_floor_customers bigint, mrr_at_stake numeric, quadrant text, previous_value numeric,
				trend_low numeric, trend_high numeric,
			p_value double precision, verdict text, sources text, triangulation text, currency text, is_complete boolean, as_of date)
	), managed AS (
		SELECT m.* FROM jsonb_to_recordset(data -> 'managed_driver') AS m (row_key text, driver text, owner text, metric text, months_measured bigint,
			missing text, is_managed boolean,
			drivers bigint, managed_drivers bigint, managed_share numeric, as_of date)
	), ticket AS (
		SELECT t.*, t.beyond_tickets::numeric / nullif(t.within_tickets + t.beyond_tickets, 0) AS rate
		FROM jsonb_to_recordset(data -> 'ticket_response') AS t (row_key text, segment text, month date, tickets bigint, within_tickets bigint,
			beyond_tickets bigint,
			median_hours numeric, reply_hours int, is_complete boolean, as_of date)
	), idle AS (
		SELECT i.*, -i.churned_customers AS churned, -i.churned_customers::numeric / nullif(i.opening_customers, 0) AS rate
		FROM jsonb_to_recordset(data -> 'inactivity_churn') AS i (row_key text, segment text, month date, idle_days int, opening_customers bigint,
			churned_customers bigint,
			is_complete boolean, is_decided boolean, as_of date)
	)
	SELECT 'perception', concat_ws(' ', nullif(a.kind, '(none)'), a.instrument), a.segment, nullif(a.driver, '(all)'), NULL::text, a.score, b.score,
		CASE WHEN b.month IS NOT NULL THEN a.score - b.score END,
		coalesce(t.conf_low::numeric, a.conf_low), coalesce(t.conf_high::numeric, a.conf_high), a.answers, 'points', NULL::numeric, t.p_value,
		CASE WHEN NOT a.is_complete THEN 'immature' WHEN t.p_value IS NULL THEN 'no_data' END,
		format('%s: %s%s is %s of %s answers in %s%s.', cvm._review_whose(a.segment), concat_ws(' ', nullif(a.kind, '(none)'), upper(a.instrument)),
			CASE WHEN a.driver NOT IN ('(all)', '(none)') THEN ' about ' || a.driver ELSE '' END,
			coalesce(cvm._review_number(a.score, 2), 'not known'), cvm._review_number(a.answers), to_char(a.month, 'YYYY-MM'),
			CASE WHEN NOT a.is_complete THEN ', which is not over' WHEN NOT a.is_enough THEN ', too few to compare'
				ELSE cvm._review_phrase(', %s in %s (change %s)', cvm._review_number(b.score, 2), to_char(b.month, 'YYYY-MM'),
				cvm._review_span(t.conf_low::numeric, t.conf_high::numeric, 2)) END),
		'survey_score', 'score', a.row_key, a.is_complete, a.as_of
	FROM score a
	LEFT JOIN score b ON b.segment = a.segment AND b.instrument = a.instrument AND b.driver = a.driver AND b.kind = a.kind AND b.month < a.month AND a.is_complete
		AND b.is_complete AND a.is_enough AND b.is_enough
	LEFT JOIN LATERAL cvm.mean_difference(b.score::double precision, b.std_error, a.score::double precision, a.std_error, 0.95, 0) t ON true
	WHERE a.month = $2 AND a.answers > 0
		-- what is about a driver is said with it
		AND NOT EXISTS (SELECT FROM driver d WHERE d.segment = a.segment AND d.driver = a.driver AND d.metric = a.instrument)
	UNION ALL
	SELECT 'drivers', 'value', d.segment, d.driver, nullif(d.owner, '(none)'), round(d.value, 8), round(d.previous_value, 8),
		round(d.value - d.previous_value, 8),
		round(CASE WHEN d.sign > 0 THEN d.trend_low ELSE -d.trend_high END, 8), round(CASE WHEN d.sign > 0 THEN d.trend_high ELSE -d.trend_low END, 8),
			d.observations,
		CASE WHEN d.is_share THEN 'share' ELSE 'points' END, d.mrr_at_stake,
		-- late replies are tested with the tickets
		CASE WHEN d.verdict NOT IN ('immature', 'no_data') AND NOT (d.metric = 'late_replies' AND data ? 'ticket_response') THEN d.p_value END,
		CASE WHEN d.verdict IN ('immature', 'no_data') THEN d.verdict WHEN d.p_value IS NULL THEN 'no_data' WHEN d.metric = 'late_replies'
			AND data ? 'ticket_response' THEN 'fact' END,
		format('%s: driver %s (%s) is %s of %s observations in %s%s%s%s%s%s.', cvm._review_whose(d.segment), d.driver, replace(d.metric, '_', ' '),
			CASE WHEN d.is_share THEN cvm._review_share(d.value) ELSE cvm._review_number(d.value, 2) END, cvm._review_number(d.observations), to_char(d.month,
				'YYYY-MM'),
			CASE WHEN d.is_complete THEN cvm._review_phrase(', %s in the months before (change %s)',
				CASE WHEN d.is_share THEN cvm._review_share(d.previous_value) ELSE cvm._review_number(d.previous_value, 2) END,
				CASE WHEN d.is_share THEN cvm._review_points(CASE WHEN d.sign > 0 THEN d.trend_low ELSE -d.trend_high END, CASE
					WHEN d.sign > 0 THEN d.trend_high ELSE -d.trend_low END)
					ELSE cvm._review_span(CASE WHEN d.sign > 0 THEN d.trend_low ELSE -d.trend_high END, CASE WHEN d.sign > 0 THEN d.trend_high ELSE -d.trend_low END, 2) END)
				ELSE ', which is not over' END,
			cvm._review_phrase('; aimed at %s', CASE WHEN d.is_share THEN cvm._review_share(d.target) ELSE cvm._review_number(d.target, 2) END),
			CASE WHEN d.below_floor_customers > 0 THEN cvm._review_phrase('; %s customers got less than they should and pay %s',
				cvm._review_number(d.below_floor_customers),
				cvm._review_money(d.mrr_at_stake, d.currency)) ELSE '' END,
			cvm._review_phrase('; %s', replace(d.quadrant, '_', ' ')), CASE WHEN d.triangulation IN ('triangulated', 'conflict') THEN format('; %s: %s',
				d.sources, d.triangulation) ELSE '' END),
		'value_driver', 'value', d.row_key, d.is_complete, d.as_of
	FROM driver d
	WHERE d.month = $2
	UNION ALL
	SELECT 'drivers', 'managed_share', '(all)', NULL, NULL, round(m.managed_share, 8), NULL, NULL, NULL, NULL, m.drivers, 'share', NULL, NULL, 'fact',
		format('%s of %s drivers are managed: one owner, a target, three months of values and a recent decision.', m.managed_drivers, m.drivers),
		'managed_driver', 'managed_share', m.row_key, NULL, m.as_of
	FROM (SELECT k.* FROM managed k ORDER BY k.row_key COLLATE "C" LIMIT 1) m
	UNION ALL
	SELECT 'drivers', 'unmanaged', '(all)', m.driver, nullif(m.owner, '(none)'), m.months_measured, NULL, NULL, NULL, NULL, NULL, 'months', NULL, NULL,
		'unmanaged',
		format('Driver %s (%s): %s.', m.driver, replace(m.metric, '_', ' '), m.missing), 'managed_driver', 'missing', m.row_key, NULL, m.as_of
	FROM managed m
	-- of the usual ones those that are measured
	WHERE NOT m.is_managed AND (m.months_measured > 0 OR m.missing NOT LIKE '%no target%')
	UNION ALL
	SELECT 'drivers', 'late_replies', a.segment, NULL, NULL, round(a.rate, 8), round(b.rate, 8), round(a.rate - b.rate, 8), t.conf_low::numeric,
		t.conf_high::numeric, a.tickets, 'share', NULL, t.p_value,
		CASE WHEN NOT a.is_complete THEN 'immature' WHEN t.p_value IS NULL THEN 'no_data' END,
		format('%s: %s of tickets waited more than %s hours for a reply in %s%s, %s tickets, median %s hours.', cvm._review_whose(a.segment),
			coalesce(cvm._review_share(a.rate), 'a share not known'), a.reply_hours,
			to_char(a.month, 'YYYY-MM'), cvm._review_phrase(', %s in %s (change %s)', cvm._review_share(b.rate), to_char(b.month, 'YYYY-MM'),
				cvm._review_points(t.conf_low::numeric, t.conf_high::numeric)),
			cvm._review_number(a.tickets), coalesce(cvm._review_number(a.median_hours, 1), 'not known')),
		'ticket_response', 'beyond_rate', a.row_key, a.is_complete, a.as_of
	FROM ticket a
	LEFT JOIN ticket b ON b.segment = a.segment AND b.month < a.month AND a.is_complete AND b.is_complete
	LEFT JOIN LATERAL cvm.proportion_difference(b.beyond_tickets, b.within_tickets + b.beyond_tickets, a.beyond_tickets, a.within_tickets + a.beyond_tickets,
		0.95, 0) t ON true
	WHERE a.month = $2
	UNION ALL
	SELECT 'drivers', 'measured_not_acted_on', '(all)', d.driver, NULL, d.days_measured, NULL, NULL, NULL, NULL, d.customers, 'days', NULL, NULL, 'no_action',
		format('Driver %s: %s customers were asked since %s, and nothing is open on it%s.', d.driver, cvm._review_number(d.customers), d.first_asked_on::text,
			coalesce('; the last decision was on ' || d.last_decision_on::text, '; nothing was ever decided')),
		'measurement_without_action', 'days_measured', d.row_key, NULL, d.as_of
	FROM jsonb_to_recordset(data -> 'measurement_without_action') AS d (row_key text, driver text, customers bigint, first_asked_on date, days_measured int,
		last_decision_on date, as_of date)
	UNION ALL
	SELECT 'retention', 'inactivity_churn_' || a.idle_days, a.segment, NULL, NULL, CASE WHEN a.is_decided THEN round(a.rate, 8) END, round(b.rate, 8),
		round(a.rate - b.rate, 8),
		t.conf_low::numeric, t.conf_high::numeric, a.opening_customers, 'share', NULL, t.p_value, CASE WHEN NOT a.is_decided THEN 'immature'
			WHEN t.p_value IS NULL THEN 'no_data' END,
		format('%s: %s of %s customers had been idle for %s days in %s%s.', cvm._review_whose(a.segment), coalesce(cvm._review_share(a.rate),
			'a share not known'),
			cvm._review_number(a.opening_customers), a.idle_days, to_char(a.month, 'YYYY-MM'),
			CASE WHEN a.is_decided THEN cvm._review_phrase(', %s in %s (change %s)', cvm._review_share(b.rate), to_char(b.month, 'YYYY-MM'),
				cvm._review_points(t.conf_low::numeric, t.conf_high::numeric))
				ELSE ', not decided yet' END),
		'inactivity_churn', 'churn_rate', a.row_key, a.is_complete, a.as_of
	FROM idle a
	LEFT JOIN idle b ON b.segment = a.segment AND b.idle_days = a.idle_days AND b.month < a.month AND a.is_decided AND b.is_decided
	LEFT JOIN LATERAL cvm.proportion_difference(b.churned, b.opening_customers, a.churned, a.opening_customers, 0.95, 0) t ON true
	WHERE a.month = $2 AND a.opening_customers > 0;
$$;
COMMENT ON FUNCTION cvm._review_voice(jsonb, date) IS 'Rows of a review: surveys, tickets, drivers that nobody acts on, customers who fell silent.';

CREATE FUNCTION cvm._review_reasons(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH save AS (
		SELECT s.*, s.saved_requests::numeric / nullif(s.mature_requests, 0) AS rate
		FROM jsonb_to_recordset(data -> 'save_rate') AS s (row_key text, segment text, month date, mature_requests bigint, saved_requests bigint,
			saved_mrr numeric,
			currency text, is_complete boolean, as_of date)
	)
	SELECT 'reasons', CASE WHEN r.is_voluntary THEN 'voluntary' ELSE 'involuntary' END, r.segment, r.reason, NULL::text, r.share, r.previous_share,
		CASE WHEN r.is_complete THEN r.share - r.previous_share END, r.share_low, r.share_high, r.requests, 'share', r.churned_mrr, CASE WHEN r.is_complete
			THEN r.single_p_value END,
		CASE WHEN NOT r.is_complete THEN 'immature' WHEN r.single_p_value IS NULL THEN 'no_data' END,
		format('%s: "%s" is %s of the %s reasons in %s (%s to %s)%s; %s customers left with %s of MRR.', cvm._review_whose(r.segment), r.reason,
			coalesce(cvm._review_share(r.share), 'a share not known'),
			CASE WHEN r.is_voluntary THEN 'voluntary' ELSE 'involuntary' END, to_char(r.month, 'YYYY-MM'), coalesce(cvm._review_share(r.share_low), '?'),
				coalesce(cvm._review_share(r.share_high), '?'),
			cvm._review_phrase(', %s in the months before', cvm._review_share(r.previous_share)), cvm._review_number(abs(r.churned_customers)),
				cvm._review_money(abs(r.churned_mrr), r.currency)),
		'cancel_reason_mix', 'share', r.row_key, r.is_complete, r.as_of
	FROM jsonb_to_recordset(data -> 'cancel_reason_mix') AS r (row_key text, segment text, month date, reason text, is_voluntary boolean, requests bigint,
		churned_customers bigint,
		churned_mrr numeric, share numeric, share_low numeric, share_high numeric, previous_share numeric, single_p_value double precision, currency text,
			is_complete boolean, as_of date)
	UNION ALL
	SELECT 'reasons', 'save_rate', a.segment, NULL, NULL, round(a.rate, 8), round(b.rate, 8), round(a.rate - b.rate, 8), t.conf_low::numeric,
		t.conf_high::numeric, a.mature_requests, 'share',
		a.saved_mrr, t.p_value, CASE WHEN a.mature_requests = 0 OR NOT a.is_complete THEN 'immature' WHEN t.p_value IS NULL THEN 'no_data' END,
		format('%s: %s of %s requests to leave that are old enough were withdrawn in %s%s; that kept %s of MRR.', cvm._review_whose(a.segment),
			cvm._review_number(a.saved_requests),
			cvm._review_number(a.mature_requests), to_char(a.month, 'YYYY-MM'), cvm._review_phrase(' (%s, %s in %s)', cvm._review_share(a.rate),
				cvm._review_share(b.rate), to_char(b.month, 'YYYY-MM')),
			cvm._review_money(a.saved_mrr, a.currency)),
		'save_rate', 'save_rate', a.row_key, a.is_complete, a.as_of
	FROM save a
	LEFT JOIN save b ON b.segment = a.segment AND b.month < a.month AND a.is_complete AND b.is_complete
	LEFT JOIN LATERAL cvm.proportion_difference(b.saved_requests, b.mature_requests, a.saved_requests, a.mature_requests, 0.95, 0) t ON true
	WHERE a.month = $2;
$$;
COMMENT ON FUNCTION cvm._review_reasons(jsonb, date) IS 'Rows of a review: why customers leave, and who was kept.';
