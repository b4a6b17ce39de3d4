-- SPDX-License-Identifier: PostgreSQL
-- Report view over interactions: what customers do by themselves.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(136, 'portal_channels', 'words', '{portal,web,website,online,app,mobile app,self_service,self-service,selfcare,self-care}',
		'Values of interaction.channel, in any case of letters, in which customers help themselves; in all others somebody helps.'),
	(137, 'contain_hours', 'count', '72',
		'Hours after a task was done in the portal within which asking for help with it tells that it was not.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(181, 'self_serve',
		'What customers do by themselves, by segment and month: the share of tasks done in the portal, of tasks that are '
		'done there and with help; how many customers it reaches; and how many tasks were done for good, without '
		'asking for help afterwards.', 'greatest(customers, active_customers)');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('active_base', 1, '{subscription}', '{base}{held}, '),
	('active_base', 9, '{}', ''),
	('active_rows', 1, '{subscription}', $$(SELECT w.segment, m.period_start AS month, m.closing_customers AS customers
	FROM ({waterfall}) w
	CROSS JOIN LATERAL cvm.movements(w.state) m
	WHERE m.is_complete)$$),
	('active_rows', 9, '{}', '(SELECT NULL::text AS segment, NULL::date AS month, NULL::bigint AS customers WHERE false)'),
	('active_list', 1, '{subscription}', $$
	UNION ALL
	SELECT a.row_key, w.customer_id, 0, 0, 0, m.closing_customers, m.closing_mrr, NULL
	FROM ({customer_waterfall}) w
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.movements(w.state) m
	JOIN wanted a ON a.segment = w.segment AND a.month = m.period_start
	WHERE m.closing_customers > 0$$),
	('active_list', 9, '{}', ''),
	('help_tickets', 1, '{ticket}', $$
	UNION ALL
	SELECT t.customer_id, lower(nullif(btrim(t.topic), '')) AS task, CASE WHEN isfinite(t.opened_at) THEN cvm.moment_of(t.opened_at, {time_zone}) END AS at,
		NULL::date AS month, false AS is_portal, false AS is_done
	FROM ticket t$$),
	('help_tickets', 9, '{}', '');

-- Tasks by customer and month, in the segment of the month
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('served_tasks', 1, '{}', $$
WITH {active_base}seen AS MATERIALIZED (
	SELECT o.as_of, cvm.moment_of(o.as_of, {time_zone}) AS until
	FROM (SELECT coalesce({as_of}, (SELECT max(cvm.day_of(i.at, {time_zone})) + 1 FROM interaction i WHERE isfinite(i.at))) AS as_of) o
), act AS {at_customer} (
	-- what is not said to have failed was done
	SELECT i.customer_id, lower(nullif(btrim(i.task), '')) AS task, CASE WHEN isfinite(i.at) THEN cvm.moment_of(i.at, {time_zone}) END AS at,
		CASE WHEN isfinite(i.at) THEN date_trunc('month', cvm.day_of(i.at, {time_zone})::timestamp)::date END AS month,
		lower(btrim(i.channel) COLLATE {portal_channels_collation}) = ANY ({portal_channels_lower}) AS is_portal, coalesce(i.completed, true) AS is_done
	FROM interaction i
), done_both_ways AS (
	-- tasks that were done in the portal and with help, and since when
	SELECT a.task, greatest(min(a.month) FILTER (WHERE a.is_portal), min(a.month) FILTER (WHERE NOT a.is_portal)) AS since
	FROM act a
	CROSS JOIN seen o
	WHERE a.customer_id IS NOT NULL AND a.is_done AND a.task IS NOT NULL AND a.at < o.until
	GROUP BY a.task
	HAVING bool_or(a.is_portal) AND bool_or(NOT a.is_portal)
), step AS (
	-- Citus joins rows of two tables with what it has counted if neither has a condition of its own
	SELECT u.*, NOT u.is_portal AS is_help
	FROM (SELECT a.* FROM act a{help_tickets}) u
	WHERE u.customer_id IS NOT NULL AND u.at IS NOT NULL AND u.is_portal IS NOT NULL
), swept AS (
	-- from the last to the first: when help was asked for next, with this task, with one that is not named, with any
	SELECT s.*, min(s.at) FILTER (WHERE s.is_help) OVER (PARTITION BY s.customer_id, s.task ORDER BY s.at DESC, s.is_help ROWS UNBOUNDED PRECEDING) AS with_task,
		min(s.at) FILTER (WHERE s.is_help AND s.task IS NULL) OVER c AS with_something, min(s.at) FILTER (WHERE s.is_help) OVER c AS with_any
	FROM step s
	WINDOW c AS (PARTITION BY s.customer_id ORDER BY s.at DESC, s.is_help ROWS UNBOUNDED PRECEDING)
), by_customer AS {at_customer} (
	SELECT s.customer_id, s.month, s.as_of, least((s.month + interval '1 month')::date, s.as_of) - 1 AS day, count(*) AS interactions,
		count(*) FILTER (WHERE s.is_portal) AS portal, count(*) FILTER (WHERE NOT s.is_portal) AS assisted,
		count(*) FILTER (WHERE s.is_portal AND s.is_done AND s.is_both) AS hits,
		count(*) FILTER (WHERE s.is_done AND s.is_both) AS both,
		count(*) FILTER (WHERE s.is_done AND NOT s.is_both) AS left_out,
		count(*) FILTER (WHERE s.is_portal AND NOT s.is_done) AS given_up,
		count(*) FILTER (WHERE s.is_judged) AS judged,
		count(*) FILTER (WHERE s.is_judged AND coalesce(least(s.with_task, s.with_something) > s.at + {contain_hours} * interval '1 hour', true)) AS contained,
		count(*) FILTER (WHERE s.is_judged AND coalesce(s.with_any > s.at + {contain_hours} * interval '1 hour', true)) AS unassisted,
		count(*) FILTER (WHERE s.is_portal AND s.is_done AND NOT s.is_judged) AS pending
	FROM (
		SELECT s.*, o.as_of, b.task IS NOT NULL AS is_both,
			s.is_portal AND s.is_done AND s.at + {contain_hours} * interval '1 hour' <= o.until AS is_judged
		FROM swept s
		CROSS JOIN seen o
		LEFT JOIN done_both_ways b ON b.task = s.task AND b.since <= s.month
		WHERE s.month IS NOT NULL AND s.at < o.until) s
	GROUP BY s.customer_id, s.month, s.as_of
)
@use held_on by_customer
, placed AS {at_customer} (
	SELECT c.*, c.in_segment AS segment, {paid_on_day} AS mrr
	FROM member c{paid_join}
)
$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('self_serve', 1, '{interaction}', $$
{served_tasks}
, told AS (
	SELECT x.segment, p.month, p.as_of, count(*) AS customers, sum(p.interactions) AS interactions, sum(p.portal) AS portal,
		sum(p.assisted) AS assisted, sum(p.hits) AS hits, sum(p.both) AS both, sum(p.left_out) AS left_out, sum(p.given_up) AS given_up,
		sum(p.judged) AS judged, sum(p.contained) AS contained, sum(p.unassisted) AS unassisted, sum(p.pending) AS pending,
		count(*) FILTER (WHERE p.both > 0) AS clusters, sum(p.hits * p.hits) AS hits_hits, sum(p.hits * p.both) AS hits_both,
		sum(p.both * p.both) AS both_both,
		count(*) FILTER (WHERE p.judged > 0) AS judged_clusters,
		sum(p.contained * p.contained) AS contained_contained,
		sum(p.contained * p.judged) AS contained_judged, sum(p.judged * p.judged) AS judged_judged,
		count(*) FILTER (WHERE p.portal > 0) AS portal_customers, count(*) FILTER (WHERE p.portal > 0 AND p.mrr > 0) AS reached
	FROM placed p
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (p.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, p.month, p.as_of
), task_set AS (
	SELECT t.month, count(b.task) AS tasks
	FROM (SELECT DISTINCT c.month FROM by_customer c) t
	LEFT JOIN done_both_ways b ON b.since <= t.month
	GROUP BY t.month
), active AS MATERIALIZED (
	SELECT r.* FROM {active_rows} r
)
SELECT cvm.row_key(t.segment, to_char(t.month::timestamp, 'YYYY-MM')) AS row_key,
	t.segment,
	t.month,
	to_char(t.month::timestamp, 'YYYY-MM') AS month_label,
	t.customers,
	t.interactions::bigint AS interactions,
	s.tasks,
	t.hits::bigint AS portal_tasks,
	(t.both - t.hits)::bigint AS assisted_tasks,
	t.left_out::bigint AS left_out_tasks,
	CASE WHEN e.is_complete THEN t.hits::float8 / nullif(t.both, 0) END AS self_serve_rate,
	CASE WHEN e.is_complete THEN i.conf_low END AS conf_low,
	CASE WHEN e.is_complete THEN i.conf_high END AS conf_high,
	t.given_up::bigint AS abandoned_tasks,
	CASE WHEN e.is_complete THEN t.given_up::float8 / nullif(t.portal, 0) END AS abandoned_rate,
	t.portal_customers,
	CASE WHEN e.is_complete AND a.customers IS NOT NULL THEN t.reached END AS reached_customers,
	CASE WHEN e.is_complete THEN a.customers END AS active_customers,
	CASE WHEN e.is_complete THEN t.reached::float8 / nullif(a.customers, 0) END AS reach,
	CASE WHEN e.is_complete THEN r.conf_low END AS reach_low,
	CASE WHEN e.is_complete THEN r.conf_high END AS reach_high,
	t.judged::bigint AS judged_tasks,
	t.pending::bigint AS pending_tasks,
	t.contained::bigint AS contained_tasks,
	CASE WHEN e.is_complete THEN t.contained::float8 / nullif(t.judged, 0) END AS containment_rate,
	CASE WHEN e.is_complete THEN c.conf_low END AS containment_low,
	CASE WHEN e.is_complete THEN c.conf_high END AS containment_high,
	CASE WHEN e.is_complete THEN t.unassisted::float8 / nullif(t.judged, 0) END AS without_any_help_rate,
	t.assisted::bigint AS assisted_interactions,
	CASE WHEN e.is_complete THEN t.assisted::float8 / nullif(a.customers, 0) END AS assisted_per_customer,
	{contain_hours} AS contain_hours,
	e.is_complete,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
CROSS JOIN LATERAL (SELECT (t.month + interval '1 month')::date <= t.as_of AS is_complete) e
JOIN task_set s ON s.month = t.month
LEFT JOIN active a ON a.segment = t.segment AND a.month = t.month
LEFT JOIN LATERAL cvm._clustered_interval(t.hits, t.both, t.clusters, t.hits_hits, t.hits_both, t.both_both, {conf}) i ON t.both > 0
LEFT JOIN LATERAL cvm._clustered_interval(t.contained, t.judged, t.judged_clusters, t.contained_contained, t.contained_judged, t.judged_judged,
	{conf}) c ON t.judged > 0
LEFT JOIN LATERAL cvm.proportion_interval(t.reached, a.customers, {conf}) r ON a.customers > 0$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('self_serve', 1, $$
{served_tasks}
, listed AS (
	SELECT a.row_key, p.customer_id, 1 AS customers, (p.portal > 0)::int AS portal, (p.portal > 0 AND p.mrr > 0)::int AS reached, 0::bigint AS active, p.mrr,
		format('%s in the portal, %s with help', p.portal, p.assisted) AS detail
	FROM placed p
	JOIN wanted a ON a.month = p.month AND a.segment IN ('(all)', p.segment){active_list}
)
SELECT l.row_key, l.customer_id, max(l.customers) AS customers, max(l.portal) AS portal_customers, max(l.reached) AS reached_customers,
	max(l.active) AS active_customers, NULL::numeric AS mrr_before, max(l.mrr) AS mrr_after, coalesce(max(l.detail), 'no interaction') AS detail
FROM listed l
GROUP BY l.row_key, l.customer_id$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('self_serve', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('self_serve', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('self_serve', 3, 'month', 'date', 'date', 'first day of the month', false, 'Month of the interactions.'),
	('self_serve', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('self_serve', 5, 'customers', 'bigint', 'customers', 'count of distinct customers', true, 'Customers with an interaction.'),
	('self_serve', 6, 'interactions', 'bigint', 'interactions', 'count of interactions in a known channel', true, 'Interactions, done or not.'),
	('self_serve', 7, 'tasks', 'bigint', 'tasks', 'tasks done by anybody in a portal channel and in another one, in this month or before',
		false, 'How many kinds of tasks are compared: those that are done both ways.'),
	('self_serve', 8, 'portal_tasks', 'bigint', 'interactions', 'done in portal_channels, of those tasks', true,
		'Tasks that customers did by themselves.'),
	('self_serve', 9, 'assisted_tasks', 'bigint', 'interactions', 'done in another channel, of those tasks', true,
		'The same tasks, done with help.'),
	('self_serve', 10, 'left_out_tasks', 'bigint', 'interactions', 'done, of tasks that are done in one way only or have no name', true,
		'What is done in one way only, and in no rate.'),
	('self_serve', 11, 'self_serve_rate', 'double precision', 'fraction 0..1', 'portal_tasks / (portal_tasks + assisted_tasks)', false,
		'Share that customers did by themselves; NULL while the month is not over.'),
	('self_serve', 12, 'conf_low', 'double precision', 'fraction 0..1',
		'Wilson interval of self_serve_rate for as many independent tasks as make the variance between customers', false,
		'Lower end of the interval.'),
	('self_serve', 13, 'conf_high', 'double precision', 'fraction 0..1',
		'Wilson interval of self_serve_rate for as many independent tasks as make the variance between customers', false,
		'Upper end of the interval.'),
	('self_serve', 14, 'abandoned_tasks', 'bigint', 'interactions', 'in portal_channels and not completed', true,
		'Tasks that were begun in the portal and not done.'),
	('self_serve', 15, 'abandoned_rate', 'double precision', 'fraction 0..1', 'abandoned_tasks / interactions in portal_channels', false,
		'Share of what was begun in the portal.'),
	('self_serve', 16, 'portal_customers', 'bigint', 'customers', 'distinct customers with an interaction in portal_channels', true,
		'Customers who used the portal.'),
	('self_serve', 17, 'reached_customers', 'bigint', 'customers', 'portal_customers who pay at the end of the month', true,
		'Of those, who pay; NULL where no subscriptions are bound, and while the month is not over.'),
	('self_serve', 18, 'active_customers', 'bigint', 'customers', 'mrr_movement.closing_customers', false,
		'Customers who pay at the end of the month; NULL where no subscriptions are bound, and while the month is not over.'),
	('self_serve', 19, 'reach', 'double precision', 'fraction 0..1', 'reached_customers / active_customers', false,
		'Share of paying customers whom the portal reaches.'),
	('self_serve', 20, 'reach_low', 'double precision', 'fraction 0..1', 'Wilson interval of reach', false, 'Lower end of the interval.'),
	('self_serve', 21, 'reach_high', 'double precision', 'fraction 0..1', 'Wilson interval of reach', false, 'Upper end of the interval.'),
	('self_serve', 22, 'judged_tasks', 'bigint', 'interactions', 'done in portal_channels contain_hours before as_of, or more', true,
		'Tasks done in the portal of which it is known what followed.'),
	('self_serve', 23, 'pending_tasks', 'bigint', 'interactions', 'done in portal_channels later than that', true,
		'Tasks of which it is not known yet.'),
	('self_serve', 24, 'contained_tasks', 'bigint', 'interactions',
		'judged_tasks without an interaction with help with the same task, or a ticket of that topic or of none, within '
		'contain_hours', true,
		'Tasks that needed no help afterwards.'),
	('self_serve', 25, 'containment_rate', 'double precision', 'fraction 0..1', 'contained_tasks / judged_tasks', false,
		'Share done for good.'),
	('self_serve', 26, 'containment_low', 'double precision', 'fraction 0..1',
		'Wilson interval of containment_rate for as many independent tasks as make the variance between customers', false,
		'Lower end of the interval.'),
	('self_serve', 27, 'containment_high', 'double precision', 'fraction 0..1',
		'Wilson interval of containment_rate for as many independent tasks as make the variance between customers', false,
		'Upper end of the interval.'),
	('self_serve', 28, 'without_any_help_rate', 'double precision', 'fraction 0..1',
		'judged_tasks without any interaction with help and any ticket within contain_hours / judged_tasks', false,
		'The same, where help with anything counts: less than containment_rate, and right where topics of tickets are not '
		'called as tasks.'),
	('self_serve', 29, 'assisted_interactions', 'bigint', 'interactions', 'interactions in other channels, of all tasks', true,
		'How often customers asked for help, with anything.'),
	('self_serve', 30, 'assisted_per_customer', 'double precision', 'interactions per customer', 'assisted_interactions / active_customers',
		false, 'Where it falls, help is needed less; where self_serve_rate rises and this does not, help is only hidden.'),
	('self_serve', 31, 'contain_hours', 'integer', 'hours', 'setting of the model', false, 'Hours in which to ask for help tells.'),
	('self_serve', 32, 'is_complete', 'boolean', 'true or false', 'the month ends before as_of', false, 'Is the month over?'),
	('self_serve', 33, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('self_serve', 34, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
UPDATE cvm.report_column c SET settles = false
WHERE c.view = 'self_serve' AND c.column_name IN ('judged_tasks', 'pending_tasks', 'contained_tasks', 'containment_rate', 'containment_low',
	'containment_high', 'without_any_help_rate');
