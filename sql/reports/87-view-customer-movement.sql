-- SPDX-License-Identifier: PostgreSQL
-- Report view over movement: the customers behind every line of the waterfall.

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(26, 'customer_movement',
		'Who is behind the waterfall: one row per customer, month and line, with what the customer paid before and '
		'after, why, and who answers. Sums are mrr_movement; months in which nothing moved have no row.');

-- The moves of the fold, where no price has parts of the smallest coin, or where one has
@define moves_read whole | months
(
	SELECT f.state, cvm._customer_moves(f.state, {months}, (SELECT array_agg(w.segment::text) FROM owned w),
		(SELECT array_agg(w.period_start) FROM owned w), (SELECT array_agg(w.owner::text) FROM owned w)) AS move
	FROM fold f
	WHERE {whole} cvm._is_whole(f.state, {minor_units})) p
@end
-- Money as it is, or as it is shown
@define moves_named as_shown
	cvm._move_row_key(p.state, p.move) AS row_key,
	CASE WHEN {has_segments} THEN cvm._move_segment(p.state, p.move) ELSE '(all)' END AS segment,
	cvm._move_customer(p.state, p.move, (SELECT s.customer_id FROM subscription s WHERE false)) AS customer_id,
	cvm._move_month(p.state, p.move) AS period_start,
	cvm._move_month_label(p.state, p.move) AS month_label,
	cvm._move_line(p.state, p.move) AS line,
	cvm._move_customers(p.state, p.move) AS customers,
	cvm._move_change(p.state, p.move){as_shown} AS change_mrr,
	cvm._move_before(p.state, p.move){as_shown} AS mrr_before,
	cvm._move_after(p.state, p.move){as_shown} AS mrr_after,
	cvm._move_cause(p.state, p.move) AS cause,
	cvm._move_product(p.state, p.move) AS product,
	cvm._move_from_product(p.state, p.move) AS from_product,
	cvm._move_reason(p.state, p.move) AS reason,
	cvm._move_channel(p.state, p.move) AS channel,
	cvm._move_owner(p.state, p.move) AS owner,
	{currency} AS currency,
	cvm._move_is_complete(p.state, p.move) AS is_complete
@end
-- What all rows have in common, at the end
@define moves_settings
	{pause_days} AS pause_days, {time_zone} AS time_zone, (SELECT o.as_of FROM observed o) AS as_of
@end

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- The first days of months since and until which movements are looked at, where no other month matters: all.  Of prices with parts
-- of the smallest coin all months are needed to round one.
('movement_months', 1, '{}', 'NULL, NULL'),
-- lines of the waterfall, and those of everybody, in which moves cancel
('line_totals', 1, '{segment_history}', $$
	UNION ALL
	SELECT '(all)' AS segment, p.period_start, CASE WHEN p.line IN ('moved_in', 'moved_out') THEN 'moved' ELSE p.line END, sum(p.change_mrr) AS change
	FROM placed p
	GROUP BY 2, 3$$),
('line_totals', 9, '{}', ''),
-- months in which something may have moved
('moved_months', 1, '{distributed subscription}', '(SELECT DISTINCT p.period_start FROM placed p)'),
('moved_months', 9, '{}', $$(SELECT g.month::date AS period_start
		FROM fold f
		CROSS JOIN observed o
		CROSS JOIN LATERAL generate_series(date_trunc('month', cvm._first_day(f.state)::timestamp), (o.as_of - 1)::timestamp, '1 month') AS g (month))$$),
-- Who moves in such a month, and why, for the customers behind a figure of it: as cvm._customers_query() has them
('customers_moved', 1, '{}', $$
WITH {observed}, {rates}
@use gathered_in_segments {offered} | NULL::text | s.end_reason | s.mrr | , {movement_months}, NULL
SELECT c.customer_id, c.mrr_before, c.mrr_after, c.detail
FROM fold f
CROSS JOIN LATERAL cvm._customers_moved(f.state, {moved}) c
ORDER BY abs(c.mrr_after - c.mrr_before) DESC, c.customer_id COLLATE "C"$$),
('owned', 1, '{owner}', $$, owned AS MATERIALIZED (
	SELECT w.subject AS segment, b.period_start, string_agg(DISTINCT w.owner COLLATE "C", ', ' ORDER BY w.owner COLLATE "C") COLLATE "default" AS owner
	FROM {moved_months} b
	CROSS JOIN observed o
	JOIN owner w ON lower(w.subject_kind) = 'segment' AND coalesce(w.accountable, true)
		AND coalesce(w.valid_from < least((b.period_start + interval '1 month')::date, o.as_of), true)
		AND coalesce(w.valid_to >= least((b.period_start + interval '1 month')::date, o.as_of), true)
	GROUP BY w.subject, b.period_start
)$$),
('owned', 9, '{}', $$, owned AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::text AS owner WHERE false
)$$),
-- Who moved, from spells and times in segments in one pass.  Where no price has parts of the smallest coin its rows are those
-- of the view; else "placed" has them, to be rounded so that they make what mrr_movement shows.
('moves', 1, '{distributed subscription}', $${spelled}
@use segment_timelines
, told AS (
	-- of the spells that ended in a month the one that brought most says why
	SELECT DISTINCT ON (s.customer_id, date_trunc('month', s.ended_on::timestamp)) s.customer_id,
		date_trunc('month', s.ended_on::timestamp)::date AS month, s.end_reason
	FROM subscription s
	WHERE s.end_reason IS NOT NULL AND isfinite(s.ended_on)
	ORDER BY s.customer_id, date_trunc('month', s.ended_on::timestamp), s.mrr DESC NULLS LAST, s.ended_on DESC, s.end_reason COLLATE "C"
), acquired AS (
	SELECT DISTINCT ON (s.customer_id) s.customer_id, s.channel
	FROM subscription s
	WHERE s.channel IS NOT NULL
	ORDER BY s.customer_id, s.started_on, s.mrr DESC NULLS LAST, s.channel COLLATE "C"
), placed AS {at_customer} (
	SELECT cvm.row_key(to_char(m.period_start::timestamp, 'YYYY-MM'), l.line, f.customer_id::text) AS row_key, f.customer_id,
		CASE WHEN {has_segments} THEN m.segment ELSE '(all)' END AS segment, m.period_start,
		to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label, l.line,
		m.customers, m.change_mrr, m.mrr_before, m.mrr_after, m.cause, m.product, m.from_product,
		CASE WHEN l.line IN ('churn', 'contraction') THEN coalesce(x.end_reason, '(unknown)') END AS reason, coalesce(a.channel, '(unknown)') AS channel,
		(m.period_start + interval '1 month')::date <= o.as_of AS is_complete
	FROM folded f
	LEFT JOIN segment_timeline t ON t.customer_id = f.customer_id
	LEFT JOIN acquired a ON a.customer_id = f.customer_id
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm._customer_movements(f.holdings, 'month', o.as_of, {pause_days}, t.timeline, {movement_months}) m
	CROSS JOIN LATERAL (SELECT CASE WHEN m.cause = 'promotion_end' THEN m.cause ELSE m.line END AS line) l
	LEFT JOIN told x ON x.customer_id = f.customer_id AND x.month = m.period_start
)$$),
('moves', 9, '{}', $${observed}, {rates}
@use gathered_in_segments {offered} | s.channel | s.end_reason | s.mrr | , {movement_months}, {minor_units}
$$),
('owned_moves', 1, '{distributed subscription}', ''),
('owned_moves', 9, '{}', $$, placed AS MATERIALIZED (
	SELECT
@use moves_named
	FROM
@use moves_read NOT | NULL, NULL
)$$),
-- What all rows have in common is made with each of them; but not where Citus has them, which would send it
('settings_below', 1, '{distributed subscription}', 'p.is_complete'),
('settings_below', 9, '{}', $${currency} AS currency, p.is_complete,
@use moves_settings
$$),
('settings_above', 1, '{distributed subscription}', $${currency} AS currency, p.is_complete,
@use moves_settings
$$),
('settings_above', 9, '{}', 'p.currency, p.is_complete, p.pause_days, p.time_zone, p.as_of'),
('moves_whole', 1, '{distributed subscription}', ''),
('moves_whole', 9, '{}', $$
	SELECT
@use moves_named ::{money}
	,
@use moves_settings
	FROM
@use moves_read | {movement_months}
	UNION ALL$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('customer_movement', 1, '{subscription}', $$
WITH {moves}{owned}{owned_moves}, line_sum AS (
	SELECT p.segment, p.period_start, p.line, sum(p.change_mrr) AS change
	FROM placed p
	GROUP BY 1, 2, 3{line_totals}
), bridge AS (
	SELECT l.segment, l.period_start, sum(sum(l.change)) OVER (PARTITION BY l.segment ORDER BY l.period_start) AS closing_mrr, sum(l.change) AS change,
		jsonb_object_agg(l.line, l.change) AS lines
	FROM line_sum l
	GROUP BY l.segment, l.period_start
), shown AS MATERIALIZED (
	-- as mrr_movement shows it
	SELECT b.segment, b.period_start, cvm._footed(ARRAY[b.closing_mrr - b.change, (b.lines ->> 'new')::numeric, (b.lines ->> 'reactivation')::numeric,
			(b.lines ->> 'expansion')::numeric, (b.lines ->> 'promotion_end')::numeric, (b.lines ->> 'contraction')::numeric,
				(b.lines ->> 'churn')::numeric, (b.lines ->> 'moved_in')::numeric,
			(b.lines ->> 'moved_out')::numeric, (b.lines ->> 'paused')::numeric, b.closing_mrr], b.segment, b.period_start,
		'{opening,line,line,line,line,line,line,move,move,line,closing}'::text[], {minor_units}) OVER (ORDER BY b.period_start, b.segment COLLATE "C") AS amounts
	FROM bridge b
)
-- Not UNION ALL at the top: columns that nobody reads are not made.  All that is shown is made below it: nothing is then put together twice.
SELECT p.row_key, p.segment, p.customer_id, p.period_start AS month, p.month_label, p.line, p.customers, p.change_mrr AS change, p.mrr_before, p.mrr_after,
	p.cause, p.product, p.from_product, p.reason, p.channel, p.owner, {settings_above}
FROM ({moves_whole}
	SELECT p.row_key, p.segment, p.customer_id, p.period_start, p.month_label, p.line, p.customers,
		cvm._shared_out(p.change_mrr, h.amounts[1 + array_position('{new,reactivation,expansion,promotion_end,contraction,churn,moved_in,moved_out,paused}'::text[],
			p.line)], {minor_units}) OVER (PARTITION BY p.segment, p.period_start, p.line ORDER BY p.customer_id::text COLLATE "C")::{money} AS change_mrr,
		p.mrr_before::{money} AS mrr_before, p.mrr_after::{money} AS mrr_after, p.cause, p.product, p.from_product, p.reason, p.channel, w.owner,
		{settings_below}
	FROM placed p
	LEFT JOIN shown h ON h.segment = p.segment AND h.period_start = p.period_start
	LEFT JOIN owned w ON w.segment = p.segment AND w.period_start = p.period_start) p$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('customer_movement', 1, $$
SELECT w.row_key, w.customer_id, w.customers, w.change, w.mrr_before, w.mrr_after,
	w.line || ' (' || w.cause || coalesce(': ' || w.from_product || ' to ' || w.product, ': ' || w.product, '') || ')'
		|| coalesce('; said ' || nullif(w.reason, '(unknown)'), '') AS detail
FROM wanted w$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('customer_movement', 1, 'row_key', 'text', 'key', 'month_label|line|customer_id', false, 'One value per row.'),
	('customer_movement', 2, 'segment', 'text', 'name',
		'segment held when the month opened for who paid then, and when it closed for who came', false,
		'Segment; "(none)" is who was in none, "(all)" everybody where no segments are bound.'),
	('customer_movement', 3, 'customer_id', 'bigint, integer, text or uuid', 'key', 'subscription.customer_id', false,
		'The customer.'),
	('customer_movement', 4, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('customer_movement', 5, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('customer_movement', 6, 'line', 'text', 'word', 'line of mrr_movement', false,
		'new, reactivation, expansion, promotion_end, contraction, churn, moved_in, moved_out, paused or same_period.'),
	('customer_movement', 7, 'customers', 'bigint', 'customers',
		'1, or -1 for losses; of paused 0 where the customer still pays', true,
		'What the customer counts for in its line.'),
	('customer_movement', 8, 'change', 'numeric(28,2)', 'money a month', 'what the line changed', true,
		'Money of the line; losses are negative. Summed over customers it is the line of mrr_movement.'),
	('customer_movement', 9, 'mrr_before', 'numeric(28,2)', 'money a month',
		'sum of prices held on the day before the month', false,
		'What the customer paid when the month opened, in whatever segment.'),
	('customer_movement', 10, 'mrr_after', 'numeric(28,2)', 'money a month',
		'sum of prices held on the last day of the month that is observed', false,
		'What the customer paid when the month closed.'),
	('customer_movement', 11, 'cause', 'text', 'word', 'cvm.customer_movements()', false,
		'Why: first, return, left, to_free, segment, same_period, pause, plan, new_product, left_product, quantity, '
		'promotion, promotion_end or price.'),
	('customer_movement', 12, 'product', 'text', 'name',
		'of the products that explain the change the one that brings most', false,
		'Product that the change is about.'),
	('customer_movement', 13, 'from_product', 'text', 'name', 'product given up in its place', false,
		'What was held before, where the plan changed; else NULL.'),
	('customer_movement', 14, 'reason', 'text', 'name',
		'end_reason of the spell that ended in the month and brought most', false,
		'Why the customer says to have left or reduced; "(unknown)" where nobody said, NULL on other lines.'),
	('customer_movement', 15, 'channel', 'text', 'name', 'channel of the first spell that tells one', false,
		'Channel through which the customer came; "(unknown)" where nobody said.'),
	('customer_movement', 16, 'owner', 'text', 'name', 'owner of the segment on the last day of the month', false,
		'Who answers for the segment; NULL where nobody does.'),
	('customer_movement', 17, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('customer_movement', 18, 'is_complete', 'boolean', 'yes or no', 'the month ends before as_of', false,
		'Is the month over?'),
	('customer_movement', 19, 'pause_days', 'integer', 'days', 'setting of the model', false,
		'For how many days a pause is neither paid nor lost.'),
	('customer_movement', 20, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('customer_movement', 21, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
