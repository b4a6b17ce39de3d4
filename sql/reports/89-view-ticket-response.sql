-- SPDX-License-Identifier: PostgreSQL
-- Report view over tickets: how long customers wait for a person's reply.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(61, 'reply_hours', 'count', '24', 'Hours within which a person is to reply to a ticket; of business_hours where these are set.'),
	(210, 'staff_creators', 'words', '{agent,bot,system,staff,employee,internal,automation}',
		'Values of ticket.created_by, in any case of letters, of tickets that no customer opened: none waits for a reply to them.');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('is_staff_ticket', 1, '{ticket.created_by}',
	$$coalesce(lower(btrim(t.created_by) COLLATE {staff_creators_collation}) = ANY ({staff_creators_lower}), false)$$),
('is_staff_ticket', 9, '{}', 'false');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(101, 'ticket_response',
		'How long tickets wait for the first reply of a person, by segment and month of creation. A ticket without a '
		'reply has waited until now and counts as such (Kaplan-Meier). Hours are those of the clock, or those of '
		'business_hours where these are set.', 'customers');

-- How long each ticket waited
@define waited_rows times
WITH observed AS MATERIALIZED (
	SELECT o.as_of, cvm.moment_of(o.as_of, {time_zone}) AS until
	FROM (SELECT coalesce({as_of}, (SELECT max(cvm.day_of(t.opened_at, {time_zone})) + 1 FROM ticket t)) AS as_of OFFSET 0) o
), waited AS (
	SELECT t.customer_id, cvm.day_of(t.opened_at, {time_zone}) AS day, {ticket_reopens} AS reopens,
		cvm.moment_of(t.first_reply_at, {time_zone}) < o.until AS is_answered, v.solved_at < o.until AS is_solved,
		{is_staff_ticket} AS is_staff, o.as_of, {ticket_minutes} AS minutes,
@use minutes_until least(coalesce(v.solved_at, o.until), o.until)
			AS open_minutes
	FROM ticket t
	CROSS JOIN {times} o
	CROSS JOIN LATERAL (SELECT {ticket_solved_at} AS solved_at) v
@use waited_minutes
)
@end
-- The same, in the segment of the day
@define waited_tickets
@use waited_rows observed
, seen AS (
	SELECT w.* FROM waited w WHERE w.customer_id IS NOT NULL AND w.day < w.as_of
)
@use held_on seen
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- servers that have tickets distributed count them one by one
('ticket_told', 1, '{distributed ticket}', $$
@use waited_tickets
, told AS (
	SELECT x.segment, date_trunc('month', w.day::timestamp)::date AS month, w.as_of,
		count(*) FILTER (WHERE w.is_staff) AS staff,
		count(*) FILTER (WHERE NOT w.is_staff) AS tickets, count(DISTINCT w.customer_id) FILTER (WHERE NOT w.is_staff) AS customers,
		count(*) FILTER (WHERE NOT w.is_staff AND w.is_answered) AS answered,
		count(*) FILTER (WHERE NOT w.is_staff AND w.is_solved) AS solved,
		count(*) FILTER (WHERE NOT w.is_staff AND w.reopens > 0) AS reopened,
		count(*) FILTER (WHERE NOT w.is_staff AND w.is_answered AND w.minutes <= {reply_hours} * 60) AS within,
		count(*) FILTER (WHERE NOT w.is_staff AND w.minutes > {reply_hours} * 60) AS beyond,
		cvm.survival_agg(floor(least(w.minutes, 100000000) + 0.5)::int, coalesce(w.is_answered, false)) FILTER (WHERE NOT w.is_staff) AS state,
		cvm.survival_agg(floor(least(w.open_minutes, 100000000) + 0.5)::int, coalesce(w.is_solved, false))
			FILTER (WHERE NOT w.is_staff AND w.open_minutes >= 0) AS solved_state
	FROM member w
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (w.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	WHERE w.minutes >= 0
	GROUP BY x.segment, date_trunc('month', w.day::timestamp), w.as_of
	HAVING NOT bool_and(w.is_staff)
)$$),
-- one pass over tickets and times in segments
('ticket_told', 9, '{}', $$
@use waited_rows (SELECT (SELECT k.as_of FROM observed k) AS as_of, (SELECT k.until FROM observed k) AS until)
, told AS (
	SELECT coalesce(c.segment, '(all)') AS segment, c.month, o.as_of, c.staff, c.tickets, c.customers, c.answered, c.solved, c.reopened,
		c.within_tickets AS within, c.beyond_tickets AS beyond, c.replies AS state, c.solutions AS solved_state
	FROM (
		SELECT cvm._ticket_response_agg(r.customer_id, r.day, r.is_staff, r.is_answered, r.is_solved, r.is_reopened, r.minutes, r.open_minutes, {reply_hours} * 60,
			r.segment, r.valid_from, r.valid_to, r.as_of) AS cells
		FROM (
			SELECT w.customer_id, w.day, w.is_staff, w.is_answered, w.is_solved, w.reopens > 0 AS is_reopened, w.minutes, w.open_minutes, NULL::text AS segment,
				NULL::date AS valid_from, NULL::date AS valid_to, w.as_of
			FROM waited w
			UNION ALL
			SELECT h.customer_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.segment, h.valid_from, h.valid_to, NULL
			FROM {segment_rows} h
			WHERE h.segment IS NOT NULL) r) a
	CROSS JOIN LATERAL unnest(a.cells) c
	CROSS JOIN observed o
	WHERE c.segment IS NULL OR {has_segments}
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('ticket_response', 1, '{ticket}', $$
{ticket_told}
SELECT cvm.row_key(to_char(t.month::timestamp, 'YYYY-MM'), t.segment) AS row_key,
	t.segment,
	t.month,
	to_char(t.month::timestamp, 'YYYY-MM') AS month_label,
	t.tickets,
	t.customers,
	t.answered AS answered_tickets,
	t.tickets - t.answered AS unanswered_tickets,
	t.solved AS solved_tickets,
	t.reopened AS reopened_tickets,
	t.staff AS staff_tickets,
	q."time" / 60.0::float8 AS median_hours,
	q.conf_low / 60.0::float8 AS median_hours_low,
	q.conf_high / 60.0::float8 AS median_hours_high,
	cvm._survival_time(t.state, 0.9) / 60.0::float8 AS p90_hours,
	cvm._survival_time(t.solved_state, 0.5) / 60.0::float8 AS solved_median_hours,
	cvm._survival_time(t.solved_state, 0.9) / 60.0::float8 AS solved_p90_hours,
	t.within AS within_tickets,
	t.beyond AS beyond_tickets,
	t.beyond::float8 / nullif(t.within + t.beyond, 0) AS beyond_rate,
	i.conf_low,
	i.conf_high,
	{reply_hours} AS reply_hours,
	(t.month + interval '1 month')::date <= t.as_of AS is_complete,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
CROSS JOIN LATERAL cvm.survival_quantile(t.state, 0.5, {conf}) q
CROSS JOIN LATERAL cvm.proportion_interval(t.beyond, t.within + t.beyond, {conf}) i$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('ticket_response', 1, $$
@use waited_tickets
SELECT a.row_key, w.customer_id, 1 AS customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	count(*) || ' tickets, ' || count(*) FILTER (WHERE w.is_answered) || ' answered' AS detail
FROM member w
JOIN wanted a ON a.month = date_trunc('month', w.day::timestamp)::date AND a.segment IN ('(all)', w.in_segment)
WHERE w.minutes >= 0 AND NOT w.is_staff
GROUP BY a.row_key, w.customer_id$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('ticket_response', 1, 'row_key', 'text', 'key', 'month_label|segment', false, 'One value per row.'),
	('ticket_response', 2, 'segment', 'text', 'name', 'segment held on the day of the ticket', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('ticket_response', 3, 'month', 'date', 'date', 'first day of the month', false,
		'Month in which the tickets were opened.'),
	('ticket_response', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('ticket_response', 5, 'tickets', 'bigint', 'tickets', 'count of tickets opened by customers', true, 'Tickets that customers opened.'),
	('ticket_response', 6, 'customers', 'bigint', 'customers', 'count of distinct customers', false,
		'Customers who opened them.'),
	('ticket_response', 7, 'answered_tickets', 'bigint', 'tickets', 'tickets whose first_reply_at lies before as_of',
		true, 'Tickets that a person has replied to.'),
	('ticket_response', 8, 'unanswered_tickets', 'bigint', 'tickets', 'tickets - answered_tickets', true,
		'Tickets that still wait.'),
	('ticket_response', 9, 'solved_tickets', 'bigint', 'tickets', 'tickets whose solved_at lies before as_of, without a reopened_at since', true,
		'Tickets that are solved.'),
	('ticket_response', 10, 'reopened_tickets', 'bigint', 'tickets', 'tickets with reopens > 0, or a reopened_at where reopens is not told', true,
		'Tickets that were opened again.'),
	('ticket_response', 11, 'staff_tickets', 'bigint', 'tickets', 'tickets whose created_by is in staff_creators', true,
		'Tickets that agents or bots opened, which are in no other column.'),
	('ticket_response', 12, 'median_hours', 'double precision', 'hours', 'median of the Kaplan-Meier estimate', false,
		'Hours after which half have a reply, without those in which they waited for the customer; NULL where that was not seen.'),
	('ticket_response', 13, 'median_hours_low', 'double precision', 'hours', 'log-log limits of the estimate', false,
		'Lower end of its interval.'),
	('ticket_response', 14, 'median_hours_high', 'double precision', 'hours', 'log-log limits of the estimate', false,
		'Upper end of its interval.'),
	('ticket_response', 15, 'p90_hours', 'double precision', 'hours', '90th percentile of the Kaplan-Meier estimate',
		false, 'Hours after which nine of ten have a reply; NULL where that was not seen.'),
	('ticket_response', 16, 'solved_median_hours', 'double precision', 'hours', 'median of the Kaplan-Meier estimate until solved_at', false,
		'Hours from creation after which half are solved and not opened again since, those in which they wait for the customer too; '
		'NULL where that was not seen.'),
	('ticket_response', 17, 'solved_p90_hours', 'double precision', 'hours', '90th percentile of the same estimate', false,
		'Hours after which nine of ten are solved; NULL where that was not seen.'),
	('ticket_response', 18, 'within_tickets', 'bigint', 'tickets', 'replied to within reply_hours', true,
		'Tickets replied to in time.'),
	('ticket_response', 19, 'beyond_tickets', 'bigint', 'tickets', 'replied to later, or still waiting for longer',
		true, 'Tickets that waited for longer than agreed.'),
	('ticket_response', 20, 'beyond_rate', 'double precision', 'fraction 0..1',
		'beyond_tickets / (within_tickets + beyond_tickets)', false,
		'Share beyond the agreed time, of those of which it is known.'),
	('ticket_response', 21, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of beyond_rate', false,
		'Lower end of the interval.'),
	('ticket_response', 22, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of beyond_rate', false,
		'Upper end of the interval.'),
	('ticket_response', 23, 'reply_hours', 'integer', 'hours', 'setting of the model', false, 'The agreed time.'),
	('ticket_response', 24, 'is_complete', 'boolean', 'yes or no', 'the month ends before as_of', false,
		'Is the month over?'),
	('ticket_response', 25, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('ticket_response', 26, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
