-- SPDX-License-Identifier: PostgreSQL
-- Report view over events, for those who have no contract that could end: who
-- counts as a customer, and since when somebody no longer does.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(64, 'inactivity_days', 'days', '{30,60,90}',
		'Days without activity after which somebody without a contract has left; each has its own rows in '
		'inactivity_churn, and customer_phase takes the smallest.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(15, 'inactivity_churn',
		'Customers without a contract by segment, month and number of idle days after which they count as gone: a '
		'bridge from month to month, dated by the day on which that was decided (reported), and beside it who had '
		'left by the day after the last activity (economic). Who was idle for less is undecided, never retained.',
		'greatest(opening_customers, closing_customers)');

@define inactivity_observed
WITH {inactivity_folded}
, observed AS MATERIALIZED (
	SELECT o.as_of, date_trunc('month', (o.as_of - 1)::timestamp)::date AS last_month
	FROM (SELECT coalesce({as_of}, (SELECT max(cvm.last_day(f.activity)) + 1 FROM folded f)) AS as_of) o
)
@end

-- Where each customer is, for the lists
@define inactivity_lines
@use inactivity_observed
, spell AS {at_customer} (
	-- of each the first day, and the day on which the last idle day is over
	SELECT f.customer_id, w.idle_days, cvm.active_spells(f.activity, w.idle_days, o.as_of) AS days, o.as_of, o.last_month
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN unnest({inactivity_days}) AS w (idle_days)
)
@use segment_days
, piece AS (
	SELECT s.customer_id, s.idle_days, '(all)' AS segment, true AS is_all, s.days, lower(s.days) AS began_on, s.as_of, s.last_month
	FROM spell s
	UNION ALL
	SELECT s.customer_id, s.idle_days, h.segment, false, s.days * h.days, lower(s.days), s.as_of, s.last_month
	FROM spell s
	JOIN held h ON h.customer_id = s.customer_id AND h.days && s.days
), stay AS (
	-- the months at whose end somebody is there; who came and went between has none
	SELECT p.customer_id, p.idle_days, p.segment, p.is_all, date_trunc('month', p.began_on::timestamp)::date AS began_month, p.last_month, d.first_month,
		lower(r) AS began_in, p.as_of,
		CASE WHEN upper(r) >= p.as_of THEN p.last_month ELSE (date_trunc('month', upper(r)::timestamp) - interval '1 month')::date END AS final_month
	FROM piece p
	CROSS JOIN LATERAL unnest(p.days) r
	CROSS JOIN LATERAL (SELECT date_trunc('month', lower(r)::timestamp)::date AS first_month) d
), seen AS (
	SELECT y.*, (y.final_month + interval '1 month')::date AS next_month,
		lag(y.segment) OVER by_month AS from_segment, (lag(y.final_month) OVER by_month + interval '1 month')::date AS from_month,
		lead(y.segment) OVER by_month AS to_segment, lead(y.first_month) OVER by_month AS to_month
	FROM stay y
	WHERE y.final_month >= y.first_month AND y.began_in < y.as_of
	WINDOW by_month AS (PARTITION BY y.customer_id, y.idle_days, y.is_all ORDER BY y.first_month)
), gone_once AS {at_customer} (
	-- by the day after the last activity, once a month; whose idle days are not over yet may come back
	SELECT DISTINCT ON (s.customer_id, s.idle_days, d.month) s.customer_id, s.idle_days, d.month, d.gone_on, upper(r) < s.as_of AS is_decided
	FROM spell s
	CROSS JOIN LATERAL unnest(s.days) r
	CROSS JOIN LATERAL (
		SELECT upper(r) - s.idle_days + 1 AS gone_on, date_trunc('month', (upper(r) - s.idle_days + 1)::timestamp)::date AS month) d
	WHERE d.gone_on < s.as_of
	ORDER BY s.customer_id, s.idle_days, d.month, d.gone_on DESC
), gone AS (
	SELECT '(all)' AS segment, g.customer_id, g.idle_days, g.month, g.is_decided FROM gone_once g
	UNION ALL
	SELECT h.segment, g.customer_id, g.idle_days, g.month, g.is_decided
	FROM gone_once g
	JOIN held h ON h.customer_id = g.customer_id AND h.days @> g.gone_on - 1
)
@end

-- How many of them there are from one closing to the next: the same, counted in C
@define inactivity_bridge
@use inactivity_observed
@use segment_days
, numbered AS MATERIALIZED (
	SELECT s.segment, s.n FROM (VALUES ('(all)'::text, 0), ('(none)', 1)) AS s (segment, n)
	UNION ALL
	SELECT h.segment, 1 + (row_number() OVER (ORDER BY h.segment COLLATE "C"))::int AS n
	FROM (SELECT DISTINCT h.segment FROM {segment_rows} h WHERE h.segment IS NOT NULL) h
), coded AS (
	SELECT c.code, count(*) AS customers
	FROM folded f
	CROSS JOIN observed o
	LEFT JOIN (
		SELECT h.customer_id, array_agg(n.n) AS segments, array_agg(h.valid_from) AS valid_from, array_agg(h.valid_to) AS valid_to
		FROM {segment_rows} h
		JOIN numbered n ON n.segment = h.segment AND n.n > 1
		GROUP BY h.customer_id) h ON h.customer_id = f.customer_id
	CROSS JOIN LATERAL unnest(cvm._inactivity_lines(f.activity, {inactivity_days}, o.as_of, coalesce(h.segments, '{}'), coalesce(h.valid_from, '{}'),
		coalesce(h.valid_to, '{}'), {has_segments})) AS c (code)
	GROUP BY c.code
), line AS (
	SELECT n.segment, ({inactivity_days})[1 + (c.code >> 31 & 4095)::int] AS idle_days,
		('2000-01-01'::date + make_interval(months => (c.code & 268435455)::int - 134217728))::date AS month,
		('{new,revived,moved_in,moved_out,churned,economic,undecided}'::text[])[1 + (c.code >> 28 & 7)::int] AS line, c.customers
	FROM coded c
	JOIN numbered n ON n.n = c.code >> 43
), active AS (
	SELECT a.segment, l.period AS month, l.new_customers + l.retained_customers + l.reactivated_customers AS active_customers
	FROM (
		SELECT '(all)' AS segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of) AS state
		FROM folded f
		CROSS JOIN observed o
		UNION ALL
		SELECT h.segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of, h.days)
		FROM folded f
		JOIN held h ON h.customer_id = f.customer_id AND NOT isempty(h.days)
		CROSS JOIN observed o
		GROUP BY h.segment
	) a
	CROSS JOIN LATERAL cvm.lifecycles(a.state) l
), counted AS (
	SELECT l.segment, l.idle_days, l.month,
		coalesce(sum(l.customers) FILTER (WHERE l.line = 'new'), 0)::bigint AS new_customers,
		coalesce(sum(l.customers) FILTER (WHERE l.line = 'revived'), 0)::bigint AS revived_customers,
		coalesce(sum(l.customers) FILTER (WHERE l.line = 'moved_in'), 0)::bigint AS moved_in_customers,
		-coalesce(sum(l.customers) FILTER (WHERE l.line = 'moved_out'), 0)::bigint AS moved_out_customers,
		-coalesce(sum(l.customers) FILTER (WHERE l.line = 'churned'), 0)::bigint AS churned_customers,
		-coalesce(sum(l.customers) FILTER (WHERE l.line = 'economic'), 0)::bigint AS economic_churned_customers,
		coalesce(sum(l.customers) FILTER (WHERE l.line = 'undecided'), 0)::bigint AS undecided_customers
	FROM line l
	GROUP BY l.segment, l.idle_days, l.month
), bridge AS (
	SELECT d.segment, d.idle_days, m.month::date AS month, d.as_of,
		coalesce(c.new_customers, 0) AS new_customers, coalesce(c.revived_customers, 0) AS revived_customers,
		coalesce(c.moved_in_customers, 0) AS moved_in_customers, coalesce(c.moved_out_customers, 0) AS moved_out_customers,
		coalesce(c.churned_customers, 0) AS churned_customers, coalesce(c.economic_churned_customers, 0) AS economic_churned_customers,
		coalesce(c.undecided_customers, 0) AS undecided_customers,
		(sum(coalesce(c.new_customers + c.revived_customers + c.moved_in_customers + c.moved_out_customers + c.churned_customers, 0))
			OVER (PARTITION BY d.segment, d.idle_days ORDER BY m.month))::bigint AS closing_customers
	FROM (SELECT c.segment, c.idle_days, min(c.month) AS first_month, o.as_of, o.last_month FROM counted c CROSS JOIN observed o GROUP BY 1, 2, 4, 5) d
	CROSS JOIN LATERAL generate_series(d.first_month::timestamp, d.last_month::timestamp, '1 month') AS m (month)
	LEFT JOIN counted c ON c.segment = d.segment AND c.idle_days = d.idle_days AND c.month = m.month::date
)
SELECT cvm.row_key(b.segment, to_char(b.month::timestamp, 'YYYY-MM'), b.idle_days::text) AS row_key,
	b.segment,
	b.month,
	to_char(b.month::timestamp, 'YYYY-MM') AS month_label,
	b.idle_days,
	x.opening_customers,
	b.new_customers,
	b.revived_customers,
	b.moved_in_customers,
	b.moved_out_customers,
	b.churned_customers,
	b.closing_customers,
	coalesce(a.active_customers, 0) AS active_customers,
	CASE WHEN x.is_complete THEN -b.churned_customers / nullif(x.opening_customers, 0)::float8 END AS churn_rate,
	CASE WHEN x.is_complete THEN i.conf_low END AS conf_low,
	CASE WHEN x.is_complete THEN i.conf_high END AS conf_high,
	b.economic_churned_customers,
	b.undecided_customers,
	x.is_complete,
	(b.month + interval '1 month')::date + b.idle_days <= b.as_of AS is_decided,
	{time_zone} AS time_zone,
	b.as_of
FROM bridge b
CROSS JOIN LATERAL (SELECT b.closing_customers - b.new_customers - b.revived_customers - b.moved_in_customers - b.moved_out_customers - b.churned_customers AS opening_customers,
	(b.month + interval '1 month')::date <= b.as_of AS is_complete) x
LEFT JOIN active a ON a.segment = b.segment AND a.month = b.month
CROSS JOIN LATERAL cvm.proportion_interval(-b.churned_customers, x.opening_customers, {conf}) i
@end

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- from what is kept, or from events
('inactivity_folded', 1, '{customer_activity}', $$folded AS NOT MATERIALIZED (
	SELECT a.customer_id, a.activity FROM customer_activity a
)$$),
('inactivity_folded', 2, '{distributed event}', $$folded AS {at_customer} (
	SELECT e.customer_id, cvm.activity_agg(e.occurred_at, {time_zone}{only_marks}) AS activity
	FROM event e
	WHERE e.customer_id IS NOT NULL AND coalesce(cvm.day_of(e.occurred_at, {time_zone}) < {as_of}, true)
	GROUP BY e.customer_id
)$$),
('inactivity_folded', 3, '{event}', $$folded AS MATERIALIZED (
	SELECT t.customer_id, t.activity
	FROM (
		SELECT cvm._timelines_agg(e.customer_id, e.occurred_at, {time_zone}{only_marks}) AS ticket
@use observed_events
	) g
	CROSS JOIN LATERAL cvm._timelines(g.ticket, (SELECT e.customer_id FROM event e WHERE false)) t
)$$),
('inactivity_folded', 9, '{}', '');

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'inactivity_churn', n.preference, n.needs, $$
@use inactivity_bridge
$$
FROM (VALUES (1, '{customer_activity}'::text[]), (2, '{event}')) AS n (preference, needs);

-- The customers behind it: where each is from one closing to the next
INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
@use inactivity_lines
, place AS (
	SELECT w.row_key, y.customer_id, (y.first_month < w.month)::int AS opening_customers, (y.final_month >= w.month)::int AS closing_customers,
		(y.first_month = w.month AND y.from_month IS DISTINCT FROM y.first_month AND y.began_month = y.first_month)::int AS new_customers,
		(y.first_month = w.month AND y.from_month IS DISTINCT FROM y.first_month AND y.began_month < y.first_month)::int AS revived_customers,
		coalesce(y.first_month = w.month AND y.from_month = y.first_month AND y.from_segment <> y.segment, false)::int AS moved_in_customers,
		-coalesce(y.next_month = w.month AND y.to_month = y.next_month AND y.to_segment <> y.segment, false)::int AS moved_out_customers,
		-(y.next_month = w.month AND y.to_month IS DISTINCT FROM y.next_month)::int AS churned_customers,
		0 AS active_customers, 0 AS economic_churned_customers, 0 AS undecided_customers
	FROM seen y
	JOIN wanted w ON w.segment = y.segment AND w.idle_days = y.idle_days AND w.month BETWEEN y.first_month AND y.next_month
	UNION ALL
	SELECT w.row_key, g.customer_id, 0, 0, 0, 0, 0, 0, 0, 0, -g.is_decided::int, (NOT g.is_decided)::int
	FROM gone g
	JOIN wanted w ON w.segment = g.segment AND w.idle_days = g.idle_days AND w.month = g.month
	UNION ALL
	SELECT w.row_key, a.customer_id, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0
	FROM (
		SELECT '(all)' AS segment, f.customer_id, cvm.lifecycle_agg(f.activity, 'month', o.as_of) AS state
		FROM folded f
		CROSS JOIN observed o
		GROUP BY f.customer_id
		UNION ALL
		SELECT h.segment, f.customer_id, cvm.lifecycle_agg(f.activity, 'month', o.as_of, h.days)
		FROM folded f
		JOIN held h ON h.customer_id = f.customer_id AND NOT isempty(h.days)
		CROSS JOIN observed o
		GROUP BY h.segment, f.customer_id) a
	CROSS JOIN LATERAL cvm.lifecycles(a.state) l
	JOIN wanted w ON w.segment = a.segment AND w.month = l.period
	WHERE l.new_customers + l.retained_customers + l.reactivated_customers > 0
)
SELECT p.row_key, p.customer_id, sum(p.opening_customers) AS opening_customers, sum(p.new_customers) AS new_customers,
	sum(p.revived_customers) AS revived_customers,
	sum(p.moved_in_customers) AS moved_in_customers, sum(p.moved_out_customers) AS moved_out_customers, sum(p.churned_customers) AS churned_customers,
	sum(p.closing_customers) AS closing_customers, sum(p.active_customers) AS active_customers,
	sum(p.economic_churned_customers) AS economic_churned_customers, sum(p.undecided_customers) AS undecided_customers,
	NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	CASE WHEN sum(p.churned_customers) < 0 THEN 'left' WHEN sum(p.undecided_customers) > 0 THEN 'undecided' WHEN sum(p.new_customers) > 0 THEN 'new'
		WHEN sum(p.revived_customers) > 0 THEN 'revived' WHEN sum(p.active_customers) > 0 THEN 'active' WHEN sum(p.closing_customers) > 0
			THEN 'idle' ELSE 'gone' END AS detail
FROM place p
GROUP BY p.row_key, p.customer_id$$
FROM cvm.report_body b WHERE b.view = 'inactivity_churn';

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('inactivity_churn', 1, 'row_key', 'text', 'key', 'segment|month_label|idle_days', false, 'One value per row.'),
	('inactivity_churn', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment then.'),
	('inactivity_churn', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('inactivity_churn', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('inactivity_churn', 5, 'idle_days', 'integer', 'days', 'one of the setting inactivity_days', false,
		'Days without activity after which a customer has left. Rows of different idle_days answer the same question '
		'in different ways: never add them up.'),
	('inactivity_churn', 6, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true,
		'The base: who was active within idle_days when the month began.'),
	('inactivity_churn', 7, 'new_customers', 'bigint', 'customers',
		'count of customers in the base at the end of the month who were never active before it', true,
		'Who became a customer in the month.'),
	('inactivity_churn', 8, 'revived_customers', 'bigint', 'customers',
		'count of customers in the base at the end of the month who had left before it', true,
		'Who came back after having been taken for gone.'),
	('inactivity_churn', 9, 'moved_in_customers', 'bigint', 'customers',
		'count of customers of the base who came from another segment', false, 'Who moved into the segment.'),
	('inactivity_churn', 10, 'moved_out_customers', 'bigint', 'customers',
		'-1 * count of customers of the base who left for another segment', false,
		'Who moved out of the segment, as a negative number.'),
	('inactivity_churn', 11, 'churned_customers', 'bigint', 'customers',
		'-1 * count of customers of the base whose idle days ended in the month', true,
		'Who left, by the day on which that was decided: idle_days after the last activity. Negative.'),
	('inactivity_churn', 12, 'closing_customers', 'bigint', 'customers',
		'opening + new + revived + moved in + moved out + churned', true,
		'The base at the end of the month: who was active within idle_days.'),
	('inactivity_churn', 13, 'active_customers', 'bigint', 'customers', 'count of customers active in the month', true,
		'Who was active in the month; the same for all idle_days.'),
	('inactivity_churn', 14, 'churn_rate', 'double precision', 'fraction 0..1',
		'-churned_customers / opening_customers', false,
		'Share of the base that left, as reported; NULL while the month is not over.'),
	('inactivity_churn', 15, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of churn_rate', false,
		'Lower end of the interval.'),
	('inactivity_churn', 16, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of churn_rate', false,
		'Upper end of the interval.'),
	('inactivity_churn', 17, 'economic_churned_customers', 'bigint', 'customers',
		'-1 * count of customers who left, by the day after the last activity, and had no other such day in the month', true,
		'Who left, by the day since which nothing came in. Negative; final once is_decided.'),
	('inactivity_churn', 18, 'undecided_customers', 'bigint', 'customers',
		'count of customers idle since a day of the month whose idle days are not over at as_of', true,
		'Who may have left in the month or may come back: not churned, and not retained.'),
	('inactivity_churn', 19, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false,
		'Is the month over?'),
	('inactivity_churn', 20, 'is_decided', 'boolean', 'true or false',
		'first day of the next month + idle_days <= as_of', false, 'Is everybody of the month decided?'),
	('inactivity_churn', 21, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('inactivity_churn', 22, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');

-- a later return or a later day decides
UPDATE cvm.report_column SET settles = false WHERE view = 'inactivity_churn'
	AND column_name IN ('economic_churned_customers', 'undecided_customers', 'is_decided', 'as_of');
