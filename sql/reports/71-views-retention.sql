-- SPDX-License-Identifier: PostgreSQL
-- Report views over events: who comes back.

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(10, 'retention_week',
		'Cohort retention by week: one row per segment, cohort and number of weeks since. A cohort is the customers '
		'whose first start falls into the same week. A week that has not begun is absent, one that is not over has '
		'no rate.'),
	(11, 'retention_month',
		'Cohort retention by month, of activity in events (of payment: subscription_retention): one row per segment, '
		'cohort and number of months since. A cohort is the customers whose first start falls into the same month. A '
		'month that has not begun is absent, one that is not over has no rate.'),
	(12, 'retention_quarter',
		'Cohort retention by quarter: one row per segment, cohort and number of quarters since. A cohort is the '
		'customers whose first start falls into the same quarter. A quarter that has not begun is absent, one that '
		'is not over has no rate.'),
	(13, 'retention_curve',
		'Retention by month, pooled over cohorts: one row per segment and number of months since. Sums of customers '
		'over sums of customers, never a mean of rates.'),
	(14, 'lifecycle_month',
		'Customers by month by their events, whether they pay or not: one row per segment and month, with who is '
		'new, retained, reactivated, dormant or moved to or from another segment. The lines sum to '
		'closing_customers, everybody who ever started; who pays is in mrr_movement.');

-- how many customers a row is about, for min_group_size
UPDATE cvm.report_view SET group_size = CASE view
	WHEN 'retention_curve' THEN 'eligible_customers'
	WHEN 'lifecycle_month' THEN 'greatest(opening_customers, closing_customers)'
	ELSE 'cohort_customers' END
WHERE position BETWEEN 10 AND 14;

-- What counts as observed, and what is kept of it, with the day on which
-- observation ends.  Where the source is gone, what is kept still answers: each
-- view has a body over events and one over customer_activity.
@define is_observed_event
	WHERE coalesce(cvm.day_of(e.occurred_at, {time_zone}) < {as_of}, true)
@end
@define observed_events
	FROM event e
@use is_observed_event
@end
@define observed_activity
, observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.last_day(f.activity)) + 1 FROM folded f)) AS as_of
)
@end
@define folded_activity
{folded_events}
@use observed_activity
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('folded_events', 1, '{distributed event}', $$folded AS {at_customer} (
	SELECT e.customer_id, cvm.activity_agg({event_row}) AS activity
	FROM event e
	WHERE e.customer_id IS NOT NULL
		AND coalesce(cvm.day_of(e.occurred_at, {time_zone}) < {as_of}, true)
	GROUP BY e.customer_id
)$$),
('folded_events', 9, '{}', $$folded AS MATERIALIZED (
	SELECT t.customer_id, t.activity
	FROM (
		SELECT cvm._timelines_agg(e.customer_id, {event_row}) AS ticket
@use observed_events
	) g
	CROSS JOIN LATERAL cvm._timelines(g.ticket, (SELECT e.customer_id FROM event e WHERE false)) t
)$$);

-- Where Citus has the events each customer is folded where it lives
@define activity_there
folded AS NOT MATERIALIZED (
	SELECT e.customer_id, cvm.activity_agg({event_row}) AS activity
	FROM event e
	WHERE e.customer_id IS NOT NULL
	GROUP BY e.customer_id
)
@use observed_activity
@end
@define kept_activity
folded AS NOT MATERIALIZED (
	SELECT a.customer_id, a.activity FROM customer_activity a
)
@use observed_activity
@end

-- The segment of a customer is the one held on the first day of its life: any
-- other choice lets survivors pick their segment
@define segment_begun
, held AS (
	SELECT DISTINCT ON (f.customer_id) f.customer_id, h.segment
	FROM folded f
	JOIN segment_history h ON h.customer_id = f.customer_id
		AND h.valid_from <= cvm.first_day(f.activity)
		AND coalesce(h.valid_to > cvm.first_day(f.activity), true)
	ORDER BY f.customer_id, h.valid_from DESC, h.segment COLLATE "C"
)
@end

-- The grains, as folds of events name them
@define retention_week_grain
'week:' || {week_start}
@end
@define retention_month_grain
'month'
@end
@define retention_quarter_grain
'quarter'
@end
@define retention_curve_grain
'month'
@end

-- out of what is folded already, or where customers live
@define tenure_states part | first | needs | second | rest | activity | tenure
('{part}', {first}, '{{needs}}', $$(
	WITH
@use {activity}
@use segment_begun
	SELECT s.segment, s.state, s.as_of
	FROM (
		SELECT array_agg((b.segment, b.state)::cvm.segment_retention) AS segments
		FROM (
			SELECT coalesce(held.segment, '(none)') AS segment, cvm.retention_agg(cvm.tenure(f.activity, {tenure})) AS state
			FROM folded f
			CROSS JOIN observed o
			LEFT JOIN held ON held.customer_id = f.customer_id
			GROUP BY 1
		) b
	) b
	CROSS JOIN LATERAL cvm._states(b.segments, NULL) s
) s$$),
('{part}', {second}, '{{rest}}', $$(
	WITH
@use {activity}
	SELECT s.segment, s.state, s.as_of
	FROM (
		SELECT cvm.retention_agg(cvm.tenure(f.activity, {tenure})) AS state
		FROM folded f
		CROSS JOIN observed o
	) c
	CROSS JOIN LATERAL cvm._states(c.state, NULL) s
) s$$)
@end

-- A triangle comes out of one pass over the events, or over events and times in
-- segments: what stands behind FROM, with s (segment, state, as_of)
@for view | tenure
retention_week | 'week', o.as_of, 'calendar', {week_start}
retention_month | 'month', o.as_of
retention_quarter | 'quarter', o.as_of
retention_curve | 'month', o.as_of
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('{view}_states', 1, '{segment_history}', $$(
	SELECT cvm.segment_retention_agg(e.customer_id, {event_row}, e.segment, e.valid_from, e.valid_to,
@use {view}_grain
	) AS segments
	FROM (
		SELECT e.customer_id, e.occurred_at, e.amount, e.kind, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to
		FROM event e
		UNION ALL
		SELECT h.customer_id, NULL AS occurred_at, NULL AS amount, NULL AS kind, h.segment, h.valid_from, h.valid_to
		FROM segment_history h
	) e
	-- not within UNION ALL: there it would have the server project each row twice
@use is_observed_event
) f
CROSS JOIN LATERAL cvm._states(f.segments, {as_of}) s$$),
('{view}_states', 9, '{}', $$(
	SELECT cvm.retention_agg(e.customer_id, {event_row},
@use {view}_grain
	) AS state
@use observed_events
) f
CROSS JOIN LATERAL cvm._states(f.state, {as_of}) s$$),
@use tenure_states {view}_kept_states | 1 | segment_history | 9 | | kept_activity | {tenure}
,
@use tenure_states {view}_states | -2 | segment_history,distributed event | -1 | distributed event | activity_there | {tenure}
;

@end
-- Money is rounded here, and not by cvm._shown() around it, so that \d+ of the
-- view has each column once
@define footed column | n
	(cvm._footed(ARRAY[g.value, g.eligible_value], s.segment, NULL::date, '{sum,sum}', {minor_units}) OVER shown)[{n}]::{money} AS {column},
@end
@define retention_grid view | preference | needs | states | label
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('{view}', {preference}, '{{needs}}', $$
SELECT cvm.row_key(s.segment, to_char(g.cohort::timestamp, {label}), g.period_no::text) AS row_key,
	s.segment,
	g.cohort,
	to_char(g.cohort::timestamp, {label}) AS cohort_label,
	g.period_no,
	g.period_start,
	to_char(g.period_start::timestamp, {label}) AS period_label,
	g.cohort_customers,
	g.eligible_customers,
	g.retained_customers,
	g.retained_or_later_customers,
	g.returned_customers,
	g.retention_rate,
	g.conf_low,
	g.conf_high,
	g.is_complete,
@use footed value | 1
@use footed eligible_value | 2
	g.value_rate,
	{currency} AS currency,
	{time_zone} AS time_zone,
	s.as_of
FROM {{states}}
CROSS JOIN LATERAL cvm.grid(s.state, {conf}) g
WINDOW shown AS (PARTITION BY g.cohort, g.period_no ORDER BY s.segment COLLATE "C")$$);

@end
@for view | label
retention_week | 'YYYY-MM-DD'
retention_month | 'YYYY-MM'
retention_quarter | 'YYYY-"Q"Q'
@make
@use retention_grid {view} | 1 | event | {view}_states | {label}
@use retention_grid {view} | -9 | customer_activity | {view}_kept_states | {label}
@end
@for preference | needs | states
1 | event | retention_curve_states
-9 | customer_activity | retention_curve_kept_states
@make
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('retention_curve', {preference}, '{{needs}}', $$
SELECT cvm.row_key(s.segment, g.period_no::text) AS row_key,
	s.segment,
	g.period_no,
	g.cohorts,
	g.eligible_customers,
	g.retained_customers,
	g.retained_or_later_customers,
	g.returned_customers,
	g.retention_rate,
	g.conf_low,
	g.conf_high,
	g.is_complete,
@use footed value | 1
@use footed eligible_value | 2
	g.value_rate,
	{currency} AS currency,
	{time_zone} AS time_zone,
	s.as_of
FROM {{states}}
CROSS JOIN LATERAL cvm.curve(s.state, {conf}) g
WINDOW shown AS (PARTITION BY g.period_no ORDER BY s.segment COLLATE "C")$$);

@end
@define lived_states part | first | needs | second | rest | activity
('{part}', {first}, '{{needs}}', $$
@use {activity}
@use segment_days
, state AS MATERIALIZED (
	SELECT coalesce(h.segment, '(none)') AS segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of, h.days) AS state, false AS is_sum
	FROM folded f
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = f.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY 1
	UNION ALL
	SELECT '(all)' AS segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of) AS state, true AS is_sum
	FROM folded f
	CROSS JOIN observed o
)$$),
('{part}', {second}, '{{rest}}', $$
@use {activity}
, state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of) AS state, true AS is_sum
	FROM folded f
	CROSS JOIN observed o
)$$)
@end

-- Who was what in which month: out of one pass as well, where everybody is the
-- sum of the segments without what moves between them, or from what is kept
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('lifecycle_states', 1, '{segment_history}', $$folded AS {at_customer} (
	SELECT cvm.segment_lifecycle_agg(e.customer_id, e.occurred_at, {time_zone}{marks}, e.segment, e.valid_from, e.valid_to, 'month', {as_of}) AS segments
	FROM (
		SELECT e.customer_id, e.occurred_at, e.kind, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to
		FROM event e
		UNION ALL
		SELECT h.customer_id, NULL AS occurred_at, NULL AS kind, h.segment, h.valid_from, h.valid_to
		FROM segment_history h
		WHERE h.segment IS NOT NULL
	) e
@use is_observed_event
), by_segment AS MATERIALIZED (
	SELECT b.segment, b.state
	FROM folded f
	CROSS JOIN LATERAL unnest(f.segments) b
), state AS MATERIALIZED (
	SELECT b.segment, b.state, false AS is_sum FROM by_segment b
	UNION ALL
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state, true AS is_sum FROM by_segment b
)$$),
('lifecycle_states', 9, '{}', $$state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, cvm.lifecycle_agg(e.customer_id, e.occurred_at, {time_zone}{marks}, 'month', {as_of}) AS state, true AS is_sum
@use observed_events
)$$),
@use lived_states lifecycle_kept_states | 1 | segment_history | 9 | | kept_activity
,
@use lived_states lifecycle_states | -2 | segment_history,distributed event | -1 | distributed event | activity_there
;

@for preference | needs | states
1 | event | lifecycle_states
-9 | customer_activity | lifecycle_kept_states
@make
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('lifecycle_month', {preference}, '{{needs}}', $$
WITH {{states}}
SELECT cvm.row_key(s.segment, to_char(p.period::timestamp, 'YYYY-MM')) AS row_key,
	s.segment,
	p.period AS month,
	to_char(p.period::timestamp, 'YYYY-MM') AS month_label,
	p.opening_customers,
	p.new_customers,
	CASE WHEN s.is_sum THEN 0 ELSE p.moved_in_customers END AS moved_in_customers,
	CASE WHEN s.is_sum THEN 0 ELSE p.moved_out_customers END AS moved_out_customers,
	p.closing_customers,
	p.retained_customers,
	p.reactivated_customers,
	p.dormant_customers,
	p.is_complete,
	{time_zone} AS time_zone,
	cvm.as_of(s.state) AS as_of
FROM state s
CROSS JOIN LATERAL cvm.lifecycles(s.state) p$$);

@end
-- The customers behind them: the same folds, one by one
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('begun', 1, '{segment_history}', $$
@use segment_begun
$$),
('begun', 9, '{}', ''),
('begun_in_segments', 1, '{segment_history}', $$
	SELECT coalesce(held.segment, '(none)') AS segment, f.customer_id, f.activity
	FROM folded f
	LEFT JOIN held ON held.customer_id = f.customer_id
	WHERE coalesce(held.segment, '(none)') IN (SELECT w.segment FROM wanted w)
	UNION ALL$$),
('begun_in_segments', 9, '{}', ''),
('lived_in_segments', 1, '{segment_history}', $$
	SELECT h.segment, f.customer_id, cvm.lifecycle_agg(f.activity, 'month', o.as_of, h.days) AS state
	FROM folded f
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = f.customer_id
	WHERE NOT isempty(h.days) AND h.segment IN (SELECT w.segment FROM wanted w)
	GROUP BY 1, 2
	UNION ALL$$),
('lived_in_segments', 9, '{}', '');

@define retention_list view | preference | activity | tenure | reading | row
INSERT INTO cvm.report_list (view, preference, list) VALUES
('{view}', {preference}, $$WITH
@use {activity}
{begun}, line AS (
	{begun_in_segments}
	SELECT '(all)'::text AS segment, f.customer_id, f.activity FROM folded f
	WHERE EXISTS (SELECT 1 FROM wanted w WHERE w.segment = '(all)')
), state AS (
	SELECT l.segment, l.customer_id, cvm.retention_agg(cvm.tenure(l.activity, {tenure})) AS state
	FROM line l
	CROSS JOIN observed o
	GROUP BY 1, 2
)
SELECT w.row_key, s.customer_id, g.*, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	CASE WHEN g.retained_customers > 0 THEN 'came back' WHEN g.retained_or_later_customers > 0 THEN 'came back later'
		WHEN g.eligible_customers > 0 THEN 'stayed away' ELSE 'not seen so long' END AS detail
FROM state s
CROSS JOIN LATERAL cvm.{reading}(s.state, {conf}) g
JOIN wanted w ON w.segment = s.segment AND {row}$$);

@end
@for view | tenure | reading | row
retention_week | 'week', o.as_of, 'calendar', {week_start} | grid | w.cohort = g.cohort AND w.period_no = g.period_no
retention_month | 'month', o.as_of | grid | w.cohort = g.cohort AND w.period_no = g.period_no
retention_quarter | 'quarter', o.as_of | grid | w.cohort = g.cohort AND w.period_no = g.period_no
retention_curve | 'month', o.as_of | curve | w.period_no = g.period_no
@make
@use retention_list {view} | 1 | folded_activity | {tenure} | {reading} | {row}
@use retention_list {view} | -9 | kept_activity | {tenure} | {reading} | {row}
@end
@for preference | activity
1 | folded_activity
-9 | kept_activity
@make
INSERT INTO cvm.report_list (view, preference, list) VALUES
('lifecycle_month', {preference}, $$WITH
@use {activity}
{held}, line AS (
	{lived_in_segments}
	SELECT '(all)'::text AS segment, f.customer_id, cvm.lifecycle_agg(f.activity, 'month', o.as_of) AS state
	FROM folded f
	CROSS JOIN observed o
	WHERE EXISTS (SELECT 1 FROM wanted w WHERE w.segment = '(all)')
	GROUP BY f.customer_id
)
SELECT w.row_key, s.customer_id, p.*, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	CASE WHEN p.new_customers > 0 THEN 'new' WHEN p.reactivated_customers > 0 THEN 'reactivated' WHEN p.retained_customers > 0 THEN 'retained' ELSE 'dormant' END
		|| CASE WHEN p.moved_in_customers > 0 THEN ', moved in' ELSE '' END || CASE WHEN p.moved_out_customers <> 0 THEN ', moved out' ELSE '' END AS detail
FROM line s
CROSS JOIN LATERAL cvm.lifecycles(s.state) p
JOIN wanted w ON w.segment = s.segment AND w.month = p.period$$);

@end
INSERT INTO cvm.customer_state (position, state, entity, column_name, type, fold, whole, whole_rows, last_day, tally, comment) VALUES
	(1, 'customer_activity', 'event', 'activity', 'cvm.activity',
		$$cvm.activity_agg(e.occurred_at, {time_zone}, e.amount{marks})$$,
		$$cvm._timelines_agg(e.customer_id, e.occurred_at, {time_zone}, e.amount{marks})$$,
		'cvm._timelines',
		'cvm.last_day(%s)',
		$$SELECT d.day, 'events' AS what, d.events AS rows, d.value FROM cvm.days(%1$s) d WHERE d.day < %2$s$$,
		'One row per customer: the timeline of its events, from which every grain, clock and cut-off can be read.');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment)
SELECT g.view, c.position, c.column_name, c.type, replace(c.unit, '<grain>', g.grain), replace(c.formula, '<grain>', g.grain), c.additive,
	replace(c.comment, '<grain>', g.grain)
FROM (VALUES ('retention_week', 'week'), ('retention_month', 'month'), ('retention_quarter', 'quarter')) AS g (view, grain),
	(VALUES
	(1, 'row_key', 'text', 'key', 'segment|cohort_label|period_no', false, 'One value per row.'),
	(2, 'segment', 'text', 'name', 'segment held on the first day of the customer''s first start', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	(3, 'cohort', 'date', 'date', 'first day of the <grain> of the first start', false,
		'First day of the <grain> in which the cohort''s customers started.'),
	(4, 'cohort_label', 'text', 'text', 'cohort as text', false,
		'The cohort as text, safe from time zones of clients.'),
	(5, 'period_no', 'integer', '<grain>s', '<grain>s from cohort to period_start', false,
		'Number of <grain>s since the cohort started; 0 is its first one.'),
	(6, 'period_start', 'date', 'date', 'cohort + period_no <grain>s', false,
		'First day of the <grain> that the row is about.'),
	(7, 'period_label', 'text', 'text', 'period_start as text', false, 'The <grain> that the row is about, as text.'),
	(8, 'cohort_customers', 'bigint', 'customers', 'count of customers who started in the <grain>', false,
		'Customers in the cohort.'),
	(9, 'eligible_customers', 'bigint', 'customers',
		'count of cohort customers whose whole <grain> lies before as_of', true,
		'Customers who had the chance: what rates stand on. 0 while the <grain> is not over.'),
	(10, 'retained_customers', 'bigint', 'customers',
		'count of eligible customers with a return in the <grain>; in period 0, which holds the start, all of them',
		true, 'Customers who count as retained in this <grain>.'),
	(11, 'retained_or_later_customers', 'bigint', 'customers',
		'count of eligible customers with a return in the <grain> or a later one', true,
		'Customers who count as retained in this <grain> or later; grows as time goes by.'),
	(12, 'returned_customers', 'bigint', 'customers',
		'count of eligible customers with any return in the <grain>, on or after their first day', true,
		'Customers who did something in this <grain> that counts as a return; in period 0 the start itself need '
		'not.'),
	(13, 'retention_rate', 'double precision', 'fraction 0..1', 'retained_customers / eligible_customers', false,
		'Share of the eligible customers who returned in this <grain>.'),
	(14, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, lower end', false,
		'Lower end of the confidence interval of retention_rate.'),
	(15, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, upper end', false,
		'Upper end of the confidence interval of retention_rate.'),
	(16, 'is_complete', 'boolean', 'true or false', 'eligible_customers = cohort_customers', false,
		'Is the <grain> over for the whole cohort?'),
	(17, 'value', 'numeric(28,2)', 'money', 'sum of amount of the eligible customers in the <grain>', true,
		'What the eligible customers brought in this <grain>; NULL without amounts.'),
	(18, 'eligible_value', 'numeric(28,2)', 'money', 'sum of amount of the eligible customers in period 0', true,
		'What the same customers brought in their first <grain>.'),
	(19, 'value_rate', 'double precision', 'fraction', 'value / eligible_value', false,
		'Money kept, compared with the first <grain>; above 1 when customers spend more.'),
	(20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of value; NULL when the model has none.'),
	(21, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	(22, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.')
	) AS c (position, column_name, type, unit, formula, additive, comment);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('retention_curve', 1, 'row_key', 'text', 'key', 'segment|period_no', false, 'One value per row.'),
	('retention_curve', 2, 'segment', 'text', 'name', 'segment held on the first day of the customer''s first start',
		false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('retention_curve', 3, 'period_no', 'integer', 'months', 'months from cohort to the month', false,
		'Number of months since the start; 0 is the first one.'),
	('retention_curve', 4, 'cohorts', 'bigint', 'cohorts', 'count of cohorts with eligible customers', false,
		'Cohorts that the row is pooled from.'),
	('retention_curve', 5, 'eligible_customers', 'bigint', 'customers', 'sum over cohorts of eligible_customers',
		true, 'Customers who had the chance: what rates stand on.'),
	('retention_curve', 6, 'retained_customers', 'bigint', 'customers', 'sum over cohorts of retained_customers',
		true, 'Customers who returned in this month.'),
	('retention_curve', 7, 'retained_or_later_customers', 'bigint', 'customers',
		'sum over cohorts of retained_or_later_customers', true,
		'Customers who returned in this month or later; grows as time goes by.'),
	('retention_curve', 8, 'returned_customers', 'bigint', 'customers', 'sum over cohorts of returned_customers',
		true, 'Customers who did something in this month that counts as a return.'),
	('retention_curve', 9, 'retention_rate', 'double precision', 'fraction 0..1',
		'retained_customers / eligible_customers', false,
		'Share of the eligible customers who returned in this month.'),
	('retention_curve', 10, 'conf_low', 'double precision', 'fraction 0..1',
		'Wilson interval of retention_rate, lower end', false,
		'Lower end of the confidence interval of retention_rate.'),
	('retention_curve', 11, 'conf_high', 'double precision', 'fraction 0..1',
		'Wilson interval of retention_rate, upper end', false,
		'Upper end of the confidence interval of retention_rate.'),
	('retention_curve', 12, 'is_complete', 'boolean', 'true or false',
		'every cohort old enough for this month is complete', false,
		'Is the month over for every cohort that has begun it?'),
	('retention_curve', 13, 'value', 'numeric(28,2)', 'money', 'sum of amount of the eligible customers in the month',
		true, 'What the eligible customers brought in this month; NULL without amounts.'),
	('retention_curve', 14, 'eligible_value', 'numeric(28,2)', 'money',
		'sum of amount of the eligible customers in period 0', true,
		'What the same customers brought in their first month.'),
	('retention_curve', 15, 'value_rate', 'double precision', 'fraction', 'value / eligible_value', false,
		'Money kept, compared with the first month; above 1 when customers spend more.'),
	('retention_curve', 16, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of value; NULL when the model has none.'),
	('retention_curve', 17, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('retention_curve', 18, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),

	('lifecycle_month', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('lifecycle_month', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment then.'),
	('lifecycle_month', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('lifecycle_month', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('lifecycle_month', 5, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', false,
		'Customers who had started before the month and were in the segment when it began.'),
	('lifecycle_month', 6, 'new_customers', 'bigint', 'customers',
		'count of customers whose first start falls into the month', true, 'Customers who started in the month.'),
	('lifecycle_month', 7, 'moved_in_customers', 'bigint', 'customers',
		'count of customers who came from another segment', false,
		'Customers who moved into the segment in the month.'),
	('lifecycle_month', 8, 'moved_out_customers', 'bigint', 'customers',
		'-1 * count of customers who left for another segment', false,
		'Customers who moved out of the segment in the month, as a negative number.'),
	('lifecycle_month', 9, 'closing_customers', 'bigint', 'customers',
		'opening_customers + new_customers + moved_in_customers + moved_out_customers', false,
		'Customers who had started by the end of the month and were in the segment then; new, retained, reactivated '
		'and dormant ones.'),
	('lifecycle_month', 10, 'retained_customers', 'bigint', 'customers',
		'count of customers active in this month and the one before', true,
		'Customers who were active last month too.'),
	('lifecycle_month', 11, 'reactivated_customers', 'bigint', 'customers',
		'count of customers active in this month, not in the one before, and not new', true,
		'Customers active again after a month or more without activity, who may have paid all along: reactivation of '
		'mrr_movement is of payment.'),
	('lifecycle_month', 12, 'dormant_customers', 'bigint', 'customers', 'count of customers not active in this month',
		true, 'Customers who had started earlier and were not active in the month.'),
	('lifecycle_month', 13, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false,
		'Is the month over?'),
	('lifecycle_month', 14, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('lifecycle_month', 15, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');

-- a later return changes these for as long as time goes on
UPDATE cvm.report_column SET settles = false
WHERE column_name IN ('retained_or_later_customers', 'as_of');

INSERT INTO cvm.report_footing (view, position, column_name, role, source)
SELECT v.view, c.position, c.column_name, 'sum', NULL
FROM (VALUES ('retention_week'), ('retention_month'), ('retention_quarter'), ('retention_curve')) AS v (view)
JOIN cvm.report_column c ON c.view = v.view AND c.column_name IN ('value', 'eligible_value');
