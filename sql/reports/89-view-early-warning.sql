-- SPDX-License-Identifier: PostgreSQL
-- Report view over churn and what was known before it.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(140, 'warning_days', 'count', '30', 'Days before the end from which on a flag comes too late to act on.'),
	(141, 'flag_days', 'count', '180', 'Days before the end in which a poor moment, or silence, is a flag of it.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(184, 'early_warning',
		'Is churn seen coming? By segment and month: how much of the money that was lost had been flagged early enough, by a '
		'poor moment or by silence, how long before, and how many of those who are flagged leave.',
		'greatest(-churned_customers, flagged_customers)');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('moment_silences', 1, '{distributed event}', $$
	UNION ALL
	SELECT e.customer_id, s.day
	FROM (
		SELECT v.customer_id, cvm.activity_agg(v.occurred_at, {time_zone}) AS activity FROM event v
		WHERE v.customer_id IS NOT NULL AND isfinite(v.occurred_at)
		GROUP BY v.customer_id) e
	CROSS JOIN LATERAL unnest(cvm._silences(e.activity, {silence_days})) AS s (day)$$),
('moment_silences', 2, '{event}', $$
	UNION ALL
	SELECT e.customer_id, s.day
	FROM (
		SELECT cvm._timelines_agg(v.customer_id, v.occurred_at, {time_zone}) AS ticket FROM event v
		WHERE isfinite(v.occurred_at)) g
	CROSS JOIN LATERAL cvm._timelines(g.ticket, (SELECT v.customer_id FROM event v WHERE false)) e
	CROSS JOIN LATERAL unnest(cvm._silences(e.activity, {silence_days})) AS s (day)$$),
('moment_silences', 9, '{}', '');

-- Holdings of customers: where Citus has the spells from these, as it does not see that who was lost and who was flagged are
-- one customer where both come from what is stored, and would send everybody
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('warned_base', 1, '{subscription.currency,fx_rate}', '{base}'),
('warned_base', 2, '{distributed subscription}', $$folded AS NOT MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price}, NULL, NULL, {is_paused}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
), {observed}$$),
('warned_base', 9, '{}', '{base}');

-- Who was lost, and who was flagged before
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('warned_customers', 1, '{}', $$
WITH {warned_base},
@use line_steps cvm.row_key(s.product, coalesce(s.subscription_id, '')) | concat(coalesce({offered}, ''){spell_quantity}{spell_discount}) | {at_customer} | 1
, flag AS {at_customer} (
	SELECT DISTINCT m.customer_id, m.day
	FROM (SELECT k.customer_id, k.day FROM (
@use moments_told line_step
		) k{moment_silences}) m
	CROSS JOIN observed o
	WHERE m.customer_id IS NOT NULL AND m.day < o.as_of
), lost AS {at_customer} (
	SELECT f.customer_id, m.period_start AS month, m.mrr_before AS paid, -m.change_mrr AS mrr, coalesce((
		SELECT max(s.ended_on) FROM cvm.spells(f.holdings) s
		WHERE s.ended_on >= m.period_start AND s.ended_on < (m.period_start + interval '1 month')::date), m.period_start) AS ended_on
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.customer_movements(f.holdings, 'month', o.as_of, {pause_days}) m
	WHERE m.line = 'churn'
), warned AS (
	SELECT l.customer_id, l.month, min(g.day) AS flagged_on
	FROM lost l
	JOIN flag g ON g.customer_id = l.customer_id AND g.day < l.ended_on AND g.day >= l.ended_on - {flag_days}
	GROUP BY l.customer_id, l.month
), flagged AS (
	-- the first time in a month, of who pays
	SELECT g.customer_id, date_trunc('month', g.day::timestamp)::date AS month, min(g.day) AS day
	FROM flag g
	JOIN folded f ON f.customer_id = g.customer_id
	WHERE cvm.mrr_at(f.holdings, g.day) > 0
	GROUP BY g.customer_id, date_trunc('month', g.day::timestamp)
), outcome AS (
	SELECT g.customer_id, g.month, g.day, bool_or(l.ended_on > g.day AND l.ended_on <= g.day + {loss_days}) IS TRUE AS is_lost
	FROM flagged g
	LEFT JOIN lost l ON l.customer_id = g.customer_id
	GROUP BY g.customer_id, g.month, g.day
), subject AS {at_customer} (
		SELECT l.customer_id, l.month, l.ended_on - 1 AS day, true AS is_churn, l.paid, l.mrr, l.ended_on - w.flagged_on AS lead_days,
			false AS is_judged, false AS is_lost
		FROM lost l
		LEFT JOIN warned w ON w.customer_id = l.customer_id AND w.month = l.month
		UNION ALL
		SELECT u.customer_id, u.month, u.day, false AS is_churn, NULL AS paid, 0 AS mrr, NULL AS lead_days,
			u.day + {loss_days} < o.as_of AS is_judged, u.is_lost
		FROM outcome u
		CROSS JOIN observed o
)
@use held_on subject
, placed AS {at_customer} (
	SELECT m.*, m.in_segment AS segment FROM member m
)
$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('early_warning', 1, '{subscription}', $$
{warned_customers}
, counted AS (
	SELECT p.segment, p.month, count(*) FILTER (WHERE p.is_churn) AS churned, coalesce(sum(p.mrr) FILTER (WHERE p.is_churn), 0) AS churned_mrr,
		count(*) FILTER (WHERE p.lead_days >= {warning_days}) AS warned,
		coalesce(sum(p.mrr) FILTER (WHERE p.lead_days >= {warning_days}), 0) AS warned_mrr,
		count(*) FILTER (WHERE p.lead_days < {warning_days}) AS late,
		count(*) FILTER (WHERE NOT p.is_churn) AS flagged, count(*) FILTER (WHERE p.is_judged) AS judged,
		count(*) FILTER (WHERE p.is_judged AND p.is_lost) AS lost
	FROM placed p
	GROUP BY p.segment, p.month
), led AS (
	-- few had a flag before they left; those with as many days are counted before they are laid out
	SELECT x.segment, p.month, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.lead_days) AS lead_days
	FROM (
		SELECT p.segment, p.month, p.lead_days, count(*) AS customers
		FROM placed p
		WHERE p.lead_days IS NOT NULL
		GROUP BY p.segment, p.month, p.lead_days) p
	CROSS JOIN LATERAL generate_series(1, p.customers) AS n (n)
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (p.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, p.month
), told AS (
	SELECT c.*, l.lead_days
	FROM (
		SELECT x.segment, c.month, sum(c.churned)::bigint AS churned, sum(c.churned_mrr) AS churned_mrr, sum(c.warned)::bigint AS warned,
			sum(c.warned_mrr) AS warned_mrr, sum(c.late)::bigint AS late, sum(c.flagged)::bigint AS flagged, sum(c.judged)::bigint AS judged,
			sum(c.lost)::bigint AS lost
		FROM counted c
		CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (c.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
		GROUP BY x.segment, c.month) c
	LEFT JOIN led l ON l.segment = c.segment AND l.month = c.month
)
SELECT cvm.row_key(t.segment, to_char(t.month::timestamp, 'YYYY-MM')) AS row_key,
	t.segment,
	t.month,
	to_char(t.month::timestamp, 'YYYY-MM') AS month_label,
	-t.churned AS churned_customers,
	-t.churned_mrr AS churned_mrr,
	-t.warned AS warned_customers,
	-t.warned_mrr AS warned_mrr,
	-t.late AS late_customers,
	CASE WHEN e.is_complete THEN (t.warned_mrr / nullif(t.churned_mrr, 0))::float8 END AS preempted_share,
	CASE WHEN e.is_complete THEN t.warned / nullif(t.churned, 0)::float8 END AS recall_rate,
	CASE WHEN e.is_complete THEN c.conf_low END AS recall_low,
	CASE WHEN e.is_complete THEN c.conf_high END AS recall_high,
	t.lead_days,
	t.flagged AS flagged_customers,
	t.judged AS judged_customers,
	t.lost AS flagged_lost_customers,
	CASE WHEN e.is_complete THEN t.lost / nullif(t.judged, 0)::float8 END AS precision_rate,
	CASE WHEN e.is_complete THEN p.conf_low END AS precision_low,
	CASE WHEN e.is_complete THEN p.conf_high END AS precision_high,
	{currency} AS currency,
	{warning_days} AS warning_days,
	{flag_days} AS flag_days,
	{loss_days} AS loss_days,
	e.is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM told t
CROSS JOIN observed o
CROSS JOIN LATERAL (SELECT (t.month + interval '1 month')::date <= o.as_of AS is_complete) e
CROSS JOIN LATERAL cvm.proportion_interval(t.warned, t.churned, {conf}) c
CROSS JOIN LATERAL cvm.proportion_interval(t.lost, t.judged, {conf}) p$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('early_warning', 1, $$
{warned_customers}
SELECT a.row_key, p.customer_id, -bool_or(p.is_churn)::int AS churned_customers, -sum(p.mrr) AS churned_mrr,
	-coalesce(bool_or(p.lead_days >= {warning_days}), false)::int AS warned_customers,
	-coalesce(sum(p.mrr) FILTER (WHERE p.lead_days >= {warning_days}), 0) AS warned_mrr,
	-coalesce(bool_or(p.lead_days < {warning_days}), false)::int AS late_customers, bool_or(NOT p.is_churn)::int AS flagged_customers,
	bool_or(p.is_judged)::int AS judged_customers, bool_or(p.is_judged AND p.is_lost)::int AS flagged_lost_customers, max(p.paid) AS mrr_before,
	CASE WHEN bool_or(p.is_churn) THEN 0 END AS mrr_after,
	concat_ws(', ', CASE WHEN bool_or(p.is_churn) THEN 'left, ' || coalesce('flagged ' || max(p.lead_days) || ' days before', 'not flagged') END,
		CASE WHEN bool_or(NOT p.is_churn) THEN 'flagged on ' || to_char(min(p.day) FILTER (WHERE NOT p.is_churn)::timestamp, 'YYYY-MM-DD') END) AS detail
FROM placed p
JOIN wanted a ON a.month = p.month AND a.segment IN ('(all)', p.segment)
GROUP BY a.row_key, p.customer_id$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('early_warning', 1, 'churned_mrr', 'sum', NULL),
	('early_warning', 2, 'warned_mrr', 'part', 'churned_mrr');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('early_warning', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('early_warning', 2, 'segment', 'text', 'name', 'segment held on the last day that was paid, or of the flag', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('early_warning', 3, 'month', 'date', 'date', 'first day of the month', false, 'Month in which customers left, or were flagged.'),
	('early_warning', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('early_warning', 5, 'churned_customers', 'bigint', 'customers', 'mrr_movement.churn_customers', true, 'Customers who left, as a loss.'),
	('early_warning', 6, 'churned_mrr', 'numeric(28,2)', 'money a month', 'mrr_movement.churn_mrr, rounded by itself', true, 'What they paid, as a loss.'),
	('early_warning', 7, 'warned_customers', 'bigint', 'customers',
		'of those, flagged within flag_days and warning_days or more before the end', true, 'Of those, who was flagged in time.'),
	('early_warning', 8, 'warned_mrr', 'numeric(28,2)', 'money a month', 'churned_mrr of warned_customers', true, 'What they paid, as a loss.'),
	('early_warning', 9, 'late_customers', 'bigint', 'customers', 'of churned_customers, flagged less than warning_days before the end', true,
		'Of those who left, who was flagged too late.'),
	('early_warning', 10, 'preempted_share', 'double precision', 'fraction 0..1', 'warned_mrr / churned_mrr', false,
		'Share of the lost money that was flagged in time; NULL while the month is not over.'),
	('early_warning', 11, 'recall_rate', 'double precision', 'fraction 0..1', 'warned_customers / churned_customers', false,
		'Share of the lost customers who were flagged in time.'),
	('early_warning', 12, 'recall_low', 'double precision', 'fraction 0..1', 'Wilson interval of recall_rate', false, 'Lower end of the interval.'),
	('early_warning', 13, 'recall_high', 'double precision', 'fraction 0..1', 'Wilson interval of recall_rate', false, 'Upper end of the interval.'),
	('early_warning', 14, 'lead_days', 'double precision', 'days', 'median of the end less the first flag within flag_days', false,
		'How long before the end those who left were flagged, where they were.'),
	('early_warning', 15, 'flagged_customers', 'bigint', 'customers', 'paying customers with a flag in the month', true,
		'Customers who were flagged in the month.'),
	('early_warning', 16, 'judged_customers', 'bigint', 'customers', 'of those, flagged more than loss_days before as_of', true,
		'Of those, of whom it is known what became of them.'),
	('early_warning', 17, 'flagged_lost_customers', 'bigint', 'customers', 'of those, who left within loss_days', true,
		'Of those, who left.'),
	('early_warning', 18, 'precision_rate', 'double precision', 'fraction 0..1', 'flagged_lost_customers / judged_customers', false,
		'Share of the flagged who left.'),
	('early_warning', 19, 'precision_low', 'double precision', 'fraction 0..1', 'Wilson interval of precision_rate', false,
		'Lower end of the interval.'),
	('early_warning', 20, 'precision_high', 'double precision', 'fraction 0..1', 'Wilson interval of precision_rate', false,
		'Upper end of the interval.'),
	('early_warning', 21, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('early_warning', 22, 'warning_days', 'integer', 'days', 'setting of the model', false, 'Days before the end that are in time.'),
	('early_warning', 23, 'flag_days', 'integer', 'days', 'setting of the model', false, 'Days before the end in which flags count.'),
	('early_warning', 24, 'loss_days', 'integer', 'days', 'setting of the model', false, 'Days in which who is flagged is watched.'),
	('early_warning', 25, 'is_complete', 'boolean', 'true or false', 'the month ends before as_of', false, 'Is the month over?'),
	('early_warning', 26, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('early_warning', 27, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
UPDATE cvm.report_column c SET settles = false
WHERE c.view = 'early_warning' AND c.column_name IN ('judged_customers', 'flagged_lost_customers', 'precision_rate', 'precision_low', 'precision_high');
