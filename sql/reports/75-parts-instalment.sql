-- SPDX-License-Identifier: PostgreSQL
-- What report views over instalments and poor moments are put together from.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(138, 'late_days', 'count', '0', 'Days after due_on after which a delivery that was accepted came late.'),
	(139, 'failed_payment_kinds', 'words', '{failed_payment,payment_failed,"payment failed","failed payment",payment_failure}',
		'Values of event.kind, in any case of letters, that tell of a payment that failed.');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('instalment_months', 1, '{subscription.billing_interval,subscription.interval_count}',
		'cvm._interval_months(s.billing_interval) * coalesce(s.interval_count, 1)'),
	('instalment_months', 2, '{subscription.billing_interval}', 'cvm._interval_months(s.billing_interval)'),
	('instalment_months', 9, '{}', 'NULL::bigint'),
	('instalment_days', 1, '{subscription.billing_interval,subscription.interval_count}',
		'cvm._interval_days(s.billing_interval) * coalesce(s.interval_count, 1)'),
	('instalment_days', 2, '{subscription.billing_interval}', 'cvm._interval_days(s.billing_interval)'),
	('instalment_days', 9, '{}', 'NULL::bigint'),
	('is_unwanted_end', 1, '{subscription.end_kind}',
		$$(lower(s.end_kind) = 'involuntary' OR lower(s.end_reason COLLATE {involuntary_reasons_collation}) = ANY ({involuntary_reasons_lower})) IS TRUE$$),
	('is_unwanted_end', 9, '{}', '(lower(s.end_reason COLLATE {involuntary_reasons_collation}) = ANY ({involuntary_reasons_lower})) IS TRUE'),

	-- Poor moments, one's own and those that other entities tell of; "rise" are those of prices
	('moment_rows', 1, '{moment}', $$
	UNION ALL
	SELECT m.customer_id, cvm.day_of(m.at, {time_zone}) AS day, m.kind, m.product
	FROM moment m
	WHERE m.kind IS NOT NULL AND isfinite(m.at)$$),
	('moment_rows', 9, '{}', ''),
	('moment_payments', 1, '{event,event.kind}', $$
	UNION ALL
	SELECT e.customer_id, cvm.day_of(e.occurred_at, {time_zone}), 'failed_payment', e.product
	FROM event e
	WHERE lower(e.kind COLLATE {failed_payment_kinds_collation}) = ANY ({failed_payment_kinds_lower}) AND isfinite(e.occurred_at)$$),
	('moment_payments', 9, '{}', ''),
	('moment_deliveries', 1, '{delivery,delivery.delivered_on}', $$
	UNION ALL
	SELECT d.customer_id, d.due_on + 1, 'late_delivery', d.product
	FROM delivery d
	WHERE lower(d.outcome COLLATE {accepted_outcomes_collation}) = ANY ({accepted_outcomes_lower})
		AND d.delivered_on > d.due_on + {late_days} AND isfinite(d.due_on)$$),
	('moment_deliveries', 9, '{}', ''),
	('moment_tickets', 1, '{ticket,ticket.reopened_at}', $$
	UNION ALL
	SELECT t.customer_id, coalesce(cvm.day_of(t.reopened_at, {time_zone}), cvm.day_of(t.opened_at, {time_zone})), 'reopened_ticket', t.product
	FROM ticket t
	WHERE (t.reopens > 0 OR t.reopened_at IS NOT NULL) AND isfinite(t.opened_at) AND coalesce(isfinite(t.reopened_at), true)$$),
	('moment_tickets', 2, '{ticket,ticket.reopens}', $$
	UNION ALL
	SELECT t.customer_id, cvm.day_of(t.opened_at, {time_zone}), 'reopened_ticket', t.product
	FROM ticket t
	WHERE t.reopens > 0 AND isfinite(t.opened_at)$$),
	('moment_tickets', 9, '{}', ''),
	('moment_answers', 1, '{survey}', $$
	UNION ALL
	SELECT v.customer_id, cvm.day_of(v.occurred_at, {time_zone}), 'detractor', NULL
	FROM survey v
	WHERE lower(v.instrument) = 'nps' AND v.score BETWEEN 0 AND 6 AND isfinite(v.occurred_at)$$),
	('moment_answers', 9, '{}', '');

-- Lines of subscriptions as steps at one price (line_steps), and as runs of steps; how many
-- instalments had begun with each step, counted from the beginning of the run.
-- What starts and ends is summed up, so that it does not matter how rows are
-- cut or whether they overlap.
@define line_steps line | terms | kept | number
line_spell AS {kept} (
	SELECT b.*, {number} AS n, count(*) OVER (PARTITION BY b.customer_id, b.line) AS spells
	FROM (
		SELECT s.customer_id, s.product, {line} AS line, s.started_on, CASE WHEN s.ended_on < o.as_of THEN s.ended_on ELSE 'infinity' END AS ended_on, o.as_of,
			({price}){rate} AS mrr, coalesce({is_paused}, false) AS is_paused, {is_unwanted_end} AS is_failed, hashtext({terms})::bigint AS terms,
			{instalment_months} AS months, {instalment_days} AS days
		FROM subscription s
		CROSS JOIN observed o
		WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND isfinite(s.started_on) AND s.started_on < o.as_of
			AND coalesce(s.ended_on > s.started_on, true)
		{apart}) b
	WHERE b.mrr > 0
), line_edge AS (
	SELECT b.customer_id, b.line, e.day, min(b.product) AS product, sum(e.sign) AS held, sum(e.sign * b.mrr) AS mrr, sum(e.sign * b.is_paused::int) AS paused,
		sum(e.sign * b.terms) AS terms, bool_or(e.sign < 0 AND b.is_failed) AS is_failed, max(b.months) FILTER (WHERE e.sign > 0) AS months,
		max(b.days) FILTER (WHERE e.sign > 0) AS days, min(b.n) FILTER (WHERE e.sign > 0) AS n, max(b.as_of) AS as_of
	FROM line_spell b
	CROSS JOIN LATERAL (VALUES (b.started_on, 1), (b.ended_on, -1)) AS e (day, sign)
	WHERE b.spells > 1
	GROUP BY b.customer_id, b.line, e.day
), line_state AS (
	SELECT e.customer_id, e.line, e.product, e.day, lead(e.day) OVER w AS until, lead(e.is_failed) OVER w AS is_failed,
		e.n, e.months, e.days, e.as_of, sum(e.held) OVER w AS held, sum(e.mrr) OVER w AS mrr,
		sum(e.paused) OVER w AS paused, sum(e.terms) OVER w AS terms
	FROM line_edge e
	WINDOW w AS (PARTITION BY e.customer_id, e.line ORDER BY e.day)
), line_step AS (
	SELECT s.*, lag(s.until) OVER w AS last_until,
		(s.day = lag(s.until) OVER w AND s.terms = lag(s.terms) OVER w AND s.mrr > lag(s.mrr) OVER w AND s.paused = 0) IS TRUE AS is_rise
	FROM line_state s
	WHERE s.held > 0
	WINDOW w AS (PARTITION BY s.customer_id, s.line ORDER BY s.day)
)
@end
@define line_runs line | terms
@use line_steps {line} | {terms} | MATERIALIZED | row_number() OVER ()
, line_run AS (
	SELECT s.*, count(*) FILTER (WHERE coalesce(s.day > s.last_until + {lapse_days}, true)) OVER (PARTITION BY s.customer_id, s.line ORDER BY s.day) AS run
	FROM line_step s
), run_step AS MATERIALIZED (
	-- a run by the number of one of its spells; a boolean: of two values that are equal the
	-- planner would expect next to none
	SELECT min(r.n) OVER w AS n, r.customer_id, r.line, r.run, r.product, r.day, r.until, r.as_of, r.held, r.mrr, r.paused, r.terms, r.is_rise,
		r.day = first_value(r.day) OVER w AS is_first, first_value(r.day) OVER w AS since, last_value(r.until) OVER w AS ended_on,
		last_value(r.mrr) OVER w AS end_mrr,
		first_value(r.mrr) OVER w AS start_mrr, last_value(r.is_failed) OVER w AS is_end_failed, coalesce(first_value(r.months) OVER w, 1) AS step_months,
		coalesce(first_value(r.days) OVER w, 0) AS step_days
	FROM line_run r
	WINDOW w AS (PARTITION BY r.customer_id, r.line, r.run ORDER BY r.day ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
	UNION ALL
	-- of one spell, as most are: a run of one step, without any of this
	SELECT b.n, b.customer_id, b.line, 1 AS run, b.product, b.started_on AS day, b.ended_on AS until, b.as_of,
		1 AS held, b.mrr, b.is_paused::int AS paused, b.terms,
		false AS is_rise, true AS is_first, b.started_on AS since, b.ended_on, b.mrr AS end_mrr, b.mrr AS start_mrr, b.is_failed AS is_end_failed,
		coalesce(b.months, 1) AS step_months, coalesce(b.days, 0) AS step_days
	FROM line_spell b
	WHERE b.spells = 1
), moved AS MATERIALIZED (
	-- a line that ends on the day on which another one begins has moved there
	SELECT e.n, b.start_mrr AS next_mrr
	FROM (SELECT r.n, r.customer_id, r.ended_on AS day,
			row_number() OVER (PARTITION BY r.customer_id, r.ended_on ORDER BY r.end_mrr DESC, r.line) AS place
		FROM run_step r WHERE r.is_first AND isfinite(r.ended_on)) e
	JOIN (SELECT r.customer_id, r.since AS day, r.start_mrr,
			row_number() OVER (PARTITION BY r.customer_id, r.since ORDER BY r.start_mrr DESC, r.line) AS place
		FROM run_step r
		WHERE r.is_first AND EXISTS (SELECT 1 FROM run_step k WHERE k.is_first AND k.customer_id = r.customer_id AND k.ended_on = r.since)) b
		ON b.customer_id = e.customer_id AND b.day = e.day AND b.place = e.place
), line AS MATERIALIZED (
	-- one row a run: instalments whose end was seen, and the one with which it ended
	SELECT r.n, r.customer_id, r.line, r.run, r.product, r.since, r.ended_on, r.step_months, r.step_days, r.end_mrr, r.is_end_failed,
		m.next_mrr, m.n IS NOT NULL AS is_moved, i.seen, CASE WHEN i.last <= i.seen THEN i.last END AS last, r.as_of
	FROM run_step r
	LEFT JOIN moved m ON m.n = r.n
	CROSS JOIN LATERAL (SELECT cvm._instalments(r.since, r.as_of - 1, r.step_months, r.step_days) AS seen,
		CASE WHEN isfinite(r.ended_on) THEN cvm._instalments(r.since, r.ended_on - 1, r.step_months, r.step_days) + 1 END AS last) i
	WHERE r.is_first
)
@end

-- Poor moments, with the rises of prices of run_step, or of line_step
@define moments_told step
		SELECT r.customer_id, r.day, 'price_rise'::text AS kind, r.product
		FROM {step} r
		WHERE r.is_rise{moment_rows}{moment_payments}
			{moment_deliveries}{moment_tickets}{moment_answers}
@end
@define moment_list
moments AS MATERIALIZED (
	SELECT DISTINCT m.customer_id, m.day, m.kind, m.product
	FROM (
@use moments_told run_step
		) m
	WHERE m.customer_id IS NOT NULL
)
@end
