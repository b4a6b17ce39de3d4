-- SPDX-License-Identifier: PostgreSQL
-- Report views over movement: the waterfall, and who goes from which product
-- to which.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(20, 'mrr_movement',
		'The waterfall of monthly recurring revenue: one row per segment and month. Opening and the lines sum to '
		'closing, for money and for customers; losses are negative; money in another currency moves at the rate of '
		'the closing, and what rates did to the opening is a line of its own; every line of "(all)" is the sum over '
		'segments, in which moves cancel. A month closes just before the next one begins.',
		'greatest(opening_customers, closing_customers)'),
	(25, 'product_migration',
		'Who goes from which product to which: one row per month and pair. A product''s opening customers plus '
		'arrivals less departures are its closing ones. A move is to hold the one at the closing of a month and the '
		'other at the next: migration_value counts the same; cannibalization counts entries, also where the old '
		'product is given up in a later month.', 'customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- In several currencies each customer's holdings in each; straight from the
-- spells in one pass where nothing asks for holdings
('movement_base', 1, '{subscription.currency,fx_rate}', $${observed}, priced AS {at_customer} (
	SELECT s.customer_id, coalesce(s.currency, {currency}, '(none)') AS currency,
		cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price}, NULL, {offered}, {is_paused}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY 1, 2
), folded AS {at_customer} (
	SELECT p.customer_id, cvm.rollup(p.holdings) AS holdings FROM priced p GROUP BY p.customer_id
)$$),
('movement_base', 2, '{customer_holdings}', '{base}'),
('movement_base', 3, '{distributed subscription,segment_history}', '{base}'),
('movement_base', 4, '{segment_history}', $${observed}, spell_fold AS MATERIALIZED (
	SELECT cvm._segment_movement_agg({segment_spells}) AS waterfalls, cvm._segment_promotion_agg({segment_spells}) AS promotions
	FROM {segment_spell_rows}
)$$),
('movement_base', 9, '{}', '{observed}'),

('movement', 1, '{subscription.currency,fx_rate}', '{waterfall}'),
('movement', 2, '{customer_holdings}', '{waterfall}'),
('movement', 3, '{distributed subscription,segment_history}', '{waterfall}'),
('movement', 4, '{segment_history}', '{folded_waterfall}'),
('movement', 9, '{}', $$
SELECT '(all)'::text AS segment, cvm.movement_agg(s.customer_id, s.product, s.started_on, s.ended_on, {price}, {is_paused}, 'month',
	(SELECT o.as_of FROM observed o), {pause_days}) AS state
	FROM subscription s$$),

-- Customers and their states come from everything that they hold, money from
-- the waterfalls of the currencies, at the rate of the closing
('moved', 1, '{subscription.currency,fx_rate}', $$by_currency AS MATERIALIZED ({by_currency_segments}
	SELECT '(all)'::text AS segment, p.currency, cvm.movement_agg(p.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM priced p
	CROSS JOIN observed o
	GROUP BY p.currency
), money AS (
	SELECT b.segment, m.period_start,
		sum(m.opening_mrr * CASE WHEN m.opening_mrr = 0 THEN 0 ELSE cvm.known_rate(b.currency, {currency}, m.period_start - 1, (
			SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from < m.period_start
				ORDER BY f.valid_from DESC, f.rate DESC LIMIT 1)) END) AS opening_mrr,
		sum(m.new_mrr * r.rate) AS new_mrr,
		sum(m.reactivation_mrr * r.rate) AS reactivation_mrr,
		sum(m.expansion_mrr * r.rate) AS expansion_mrr,
		sum(m.contraction_mrr * r.rate) AS contraction_mrr,
		sum(m.churn_mrr * r.rate) AS churn_mrr,
		sum(m.moved_in_mrr * r.rate) AS moved_in_mrr,
		sum(m.moved_out_mrr * r.rate) AS moved_out_mrr,
		sum(m.price_expansion_mrr * r.rate) AS price_expansion_mrr,
		sum(m.price_contraction_mrr * r.rate) AS price_contraction_mrr,
		sum(m.to_free_mrr * r.rate) AS to_free_mrr,
		sum(m.paused_mrr * r.rate) AS paused_mrr,
		sum(m.closing_paused_mrr * r.rate) AS closing_paused_mrr,
		sum(m.closing_mrr * r.rate) AS closing_mrr,
		sum(m.expansion_customers)::bigint AS expansion_customers,
		sum(m.contraction_customers)::bigint AS contraction_customers
	FROM by_currency b
	CROSS JOIN LATERAL cvm.movements(b.state) m
	CROSS JOIN LATERAL (SELECT least((m.period_start + interval '1 month')::date, cvm.as_of(b.state)) - 1 AS day) d
	CROSS JOIN LATERAL (SELECT cvm.known_rate(b.currency, {currency}, d.day, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from <= d.day ORDER BY f.valid_from DESC, f.rate DESC LIMIT 1)) AS rate OFFSET 0) r
	GROUP BY b.segment, m.period_start
), moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.period_start,
		y.opening_mrr, m.opening_customers,
		y.new_mrr, m.new_customers, y.reactivation_mrr, m.reactivation_customers,
		y.expansion_mrr, y.expansion_customers, y.contraction_mrr, y.contraction_customers,
		y.churn_mrr, m.churn_customers, y.moved_in_mrr, m.moved_in_customers, y.moved_out_mrr, m.moved_out_customers,
		y.closing_mrr, m.closing_customers, m.same_period_customers, y.price_expansion_mrr, y.price_contraction_mrr,
		y.to_free_mrr, m.to_free_customers, y.paused_mrr, m.paused_customers, y.closing_paused_mrr, m.closing_paused_customers, m.is_complete
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
	JOIN money y ON y.segment = s.segment AND y.period_start = m.period_start
)$$),
('moved', 9, '{}', $$moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.*
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
)$$),
-- what the rates did to the opening
('fx_mrr', 1, '{subscription.currency,fx_rate}',
	$$m.closing_mrr - m.opening_mrr - m.new_mrr - m.reactivation_mrr - m.expansion_mrr - m.contraction_mrr - m.churn_mrr - m.moved_in_mrr - m.moved_out_mrr - m.paused_mrr$$),
('fx_mrr', 9, '{}', $$0::numeric$$),

-- Money that moves because a promotion ends: in several currencies by the waterfalls
-- of each, at the rate of the day before the period is over
('movement_promotion', 1, '{subscription.currency,fx_rate}', $$, promoted AS {at_customer} (
	SELECT {promoted_fx_once}p.customer_id, p.period_start, p.mrr, {promoted_segment} AS segment
	FROM (
		SELECT f.customer_id, f.currency, m.period_start, m.change_mrr * cvm.known_rate(f.currency, {currency}, d.day, (
			SELECT x.rate FROM fx_rate x WHERE x.currency = f.currency AND x.valid_from <= d.day ORDER BY x.valid_from DESC, x.rate DESC LIMIT 1)) AS mrr
		FROM priced f
		CROSS JOIN observed o
		CROSS JOIN LATERAL cvm.customer_movements(f.holdings, 'month', o.as_of, {pause_days}) m
		CROSS JOIN LATERAL (SELECT least((m.period_start + interval '1 month')::date, o.as_of) - 1 AS day) d
		WHERE m.cause = 'promotion_end' AND f.customer_id IN (SELECT s.customer_id FROM subscription s
			WHERE ({offered}) IS NOT NULL AND isfinite(s.ended_on))) p{promoted_fx_join}
), promotion_end AS MATERIALIZED (
	SELECT g.segment, p.period_start, sum(p.mrr) AS mrr, count(*) AS customers
	FROM promoted p
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (p.segment, p.segment <> '(all)')) AS v (segment, is_so) WHERE v.is_so) g
	GROUP BY 1, 2
)$$),
('movement_promotion', 2, '{customer_holdings}', '{promotion}'),
('movement_promotion', 3, '{distributed subscription,segment_history}', '{promotion}'),
('movement_promotion', 4, '{segment_history}', '{folded_promotion}'),
('movement_promotion', 9, '{}', '{promotion}'),
-- the days in segments, where the fold does not know them
('movement_held', 1, '{subscription.currency,fx_rate}', '{held}'),
('movement_held', 2, '{customer_holdings}', '{held}'),
('movement_held', 3, '{distributed subscription}', '{held}'),
('movement_held', 9, '{}', ''),
('promoted_fx_once', 1, '{segment_history}', 'DISTINCT ON (p.customer_id, p.currency, p.period_start) '),
('promoted_fx_once', 9, '{}', ''),
('promoted_fx_join', 1, '{segment_history}', $$
	LEFT JOIN segment_history h ON h.customer_id = p.customer_id AND h.segment IS NOT NULL
		AND h.valid_from < p.period_start AND coalesce(h.valid_to >= p.period_start, true)
	ORDER BY p.customer_id, p.currency, p.period_start, h.valid_from DESC, h.segment COLLATE "C"$$),
('promoted_fx_join', 9, '{}', ''),
('by_currency_segments', 1, '{segment_history}', $$
	SELECT h.segment, p.currency, cvm.movement_agg(p.holdings, 'month', o.as_of, h.days, {pause_days}) AS state
	FROM priced p
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = p.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY h.segment, p.currency
	UNION ALL$$),
('by_currency_segments', 9, '{}', '');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('mrr_movement', 1, '{subscription}', $$
WITH {movement_base}{movement_held}, state AS MATERIALIZED ({movement}), {moved}{movement_promotion}
SELECT cvm.row_key(m.segment, to_char(m.period_start::timestamp, 'YYYY-MM')) AS row_key,
	m.segment,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	{currency} AS currency,
	m.opening_mrr,
	m.opening_customers,
	m.new_mrr,
	m.new_customers,
	m.reactivation_mrr,
	m.reactivation_customers,
	m.expansion_mrr - coalesce(e.mrr, 0) AS expansion_mrr,
	m.expansion_customers - coalesce(e.customers, 0) AS expansion_customers,
	m.contraction_mrr,
	m.contraction_customers,
	m.churn_mrr,
	m.churn_customers,
	m.moved_in_mrr,
	m.moved_in_customers,
	m.moved_out_mrr,
	m.moved_out_customers,
	m.paused_mrr,
	m.paused_customers,
	{fx_mrr} AS fx_mrr,
	m.closing_mrr,
	m.closing_customers,
	m.same_period_customers,
	m.price_expansion_mrr - coalesce(e.mrr, 0) AS price_expansion_mrr,
	m.price_contraction_mrr,
	m.to_free_mrr,
	m.to_free_customers,
	m.closing_paused_mrr,
	m.closing_paused_customers,
	coalesce(e.mrr, 0) AS promotion_end_mrr,
	coalesce(e.customers, 0) AS promotion_end_customers,
	m.pause_days,
	m.is_complete,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	m.as_of
FROM moved m
LEFT JOIN promotion_end e ON e.segment = m.segment AND e.period_start = m.period_start$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('mrr_movement', 1, $$
WITH {spelled}{held}{said}, state AS MATERIALIZED ({customer_waterfall})
SELECT w.row_key, s.customer_id, {why}, m.opening_mrr, m.opening_customers, m.new_mrr, m.new_customers, m.reactivation_mrr, m.reactivation_customers,
	m.expansion_mrr - e.mrr AS expansion_mrr, m.expansion_customers - e.customers AS expansion_customers, m.contraction_mrr, m.contraction_customers,
	m.churn_mrr, m.churn_customers, m.moved_in_mrr, m.moved_in_customers, m.moved_out_mrr, m.moved_out_customers, m.paused_mrr, m.paused_customers,
	m.closing_mrr, m.closing_customers, m.same_period_customers, m.price_expansion_mrr - e.mrr AS price_expansion_mrr, m.price_contraction_mrr,
	m.to_free_mrr, m.to_free_customers, m.closing_paused_mrr, m.closing_paused_customers, e.mrr AS promotion_end_mrr, e.customers AS promotion_end_customers
FROM state s
CROSS JOIN LATERAL cvm.movements(s.state) m
JOIN wanted w ON w.segment = s.segment AND w.month = m.period_start
CROSS JOIN observed o
CROSS JOIN said g{promoted_of_m}$$);

UPDATE cvm.report_list SET
	moves = '{new_customers,reactivation_customers,expansion_customers,contraction_customers,churn_customers,moved_in_customers,
		moved_out_customers,new_mrr,reactivation_mrr,expansion_mrr,contraction_mrr,churn_mrr,moved_in_mrr,moved_out_mrr,same_period_customers,
		promotion_end_customers,promotion_end_mrr}',
	holds = '{opening_customers,closing_customers,opening_mrr,closing_mrr}'
WHERE view = 'mrr_movement';

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
@for needs
1, '{customer_holdings}'
2, '{distributed subscription}'
@make
('product_moves', {needs}, $$
WITH {base}, moved AS (
	SELECT m.period_start, m.from_product, m.to_product, count(*) AS customers, sum(m.from_mrr) AS from_mrr, sum(m.to_mrr) AS to_mrr,
		count(*) FILTER (WHERE m.from_product = '(in)' AND NOT coalesce(cvm.mrr_at(f.holdings, m.period_start - 1) > 0, false)) AS entering_customers,
		count(*) FILTER (WHERE m.to_product = '(out)'
			AND NOT coalesce(cvm.mrr_at(f.holdings, least((m.period_start + interval '1 month')::date, o.as_of) - 1) > 0, false)) AS leaving_customers
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.migrations(f.holdings, 'month', o.as_of) m
	GROUP BY m.period_start, m.from_product, m.to_product
)$$),
@end
('product_moves', 9, '{}', $$
WITH {observed}, {rates}
@use gathered NULL | NULL | NULL | NULL
, moved AS (
	SELECT m.*
	FROM fold f
	CROSS JOIN LATERAL cvm._product_moves(f.state) m
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('product_migration', 1, '{subscription}', $$
{product_moves}
SELECT cvm.row_key(to_char(m.period_start::timestamp, 'YYYY-MM'), m.from_product, m.to_product) AS row_key,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	m.from_product,
	m.to_product,
	m.customers,
	m.from_mrr,
	m.to_mrr,
	m.entering_customers,
	m.leaving_customers,
	{currency} AS currency,
	(m.period_start + interval '1 month')::date <= o.as_of AS is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM moved m
CROSS JOIN observed o$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('mrr_movement', 1, 'opening_mrr', 'opening', NULL),
	('mrr_movement', 2, 'new_mrr', 'line', NULL),
	('mrr_movement', 3, 'reactivation_mrr', 'line', NULL),
	('mrr_movement', 4, 'expansion_mrr', 'line', NULL),
	('mrr_movement', 5, 'promotion_end_mrr', 'line', NULL),
	('mrr_movement', 6, 'contraction_mrr', 'line', NULL),
	('mrr_movement', 7, 'churn_mrr', 'line', NULL),
	('mrr_movement', 8, 'moved_in_mrr', 'move', NULL),
	('mrr_movement', 9, 'moved_out_mrr', 'move', NULL),
	('mrr_movement', 10, 'paused_mrr', 'line', NULL),
	('mrr_movement', 11, 'fx_mrr', 'line', NULL),
	('mrr_movement', 12, 'closing_mrr', 'closing', NULL),
	('mrr_movement', 13, 'price_expansion_mrr', 'part', 'expansion_mrr'),
	('mrr_movement', 14, 'price_contraction_mrr', 'part', 'contraction_mrr'),
	('mrr_movement', 15, 'to_free_mrr', 'part', 'churn_mrr'),
	('mrr_movement', 16, 'closing_paused_mrr', 'stock', 'paused_mrr');

INSERT INTO cvm.report_list (view, preference, list) VALUES
('product_migration', 1, $$
WITH {base}
SELECT w.row_key, f.customer_id, count(*) AS customers, sum(m.from_mrr) AS from_mrr, sum(m.to_mrr) AS to_mrr, sum(m.from_mrr) AS mrr_before,
	sum(m.to_mrr) AS mrr_after,
	count(*) FILTER (WHERE m.from_product = '(in)' AND NOT coalesce(cvm.mrr_at(f.holdings, w.month - 1) > 0, false)) AS entering_customers,
	count(*) FILTER (WHERE m.to_product = '(out)'
		AND NOT coalesce(cvm.mrr_at(f.holdings, least((w.month + interval '1 month')::date, o.as_of) - 1) > 0, false)) AS leaving_customers,
	m.from_product || ' to ' || m.to_product AS detail
FROM folded f
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.migrations(f.holdings, 'month', o.as_of) m
JOIN wanted w ON w.month = m.period_start AND w.from_product = m.from_product AND w.to_product = m.to_product
GROUP BY w.row_key, f.customer_id, m.from_product, m.to_product$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('mrr_movement', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('mrr_movement', 2, 'segment', 'text', 'name',
		'segment held when the month opened for who paid then, and when it closed for who came', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('mrr_movement', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('mrr_movement', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('mrr_movement', 5, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('mrr_movement', 6, 'opening_mrr', 'numeric(28,2)', 'money a month', 'closing_mrr of the month before', true,
		'Monthly recurring revenue when the month began.'),
	('mrr_movement', 7, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true,
		'Customers who paid when the month began.'),
	('mrr_movement', 8, 'new_mrr', 'numeric(28,2)', 'money a month',
		'from customers who pay at the closing, did not at the opening and never had', true,
		'Monthly recurring revenue of customers who pay for the first time.'),
	('mrr_movement', 9, 'new_customers', 'bigint', 'customers',
		'from customers who pay at the closing, did not at the opening and never had', true,
		'Number of customers who pay for the first time.'),
	('mrr_movement', 10, 'reactivation_mrr', 'numeric(28,2)', 'money a month',
		'from customers who pay at the closing, did not at the opening and had before', true,
		'Monthly recurring revenue of customers who came back: won back, as winback_customers of segment_kpi.'),
	('mrr_movement', 11, 'reactivation_customers', 'bigint', 'customers',
		'from customers who pay at the closing, did not at the opening and had before', true,
		'Number of customers who came back: winback_customers of segment_kpi.'),
	('mrr_movement', 12, 'expansion_mrr', 'numeric(28,2)', 'money a month',
		'what opening customers bring more at the closing, but for promotion_end', true,
		'Monthly recurring revenue of opening customers who bring more than before.'),
	('mrr_movement', 13, 'expansion_customers', 'bigint', 'customers',
		'what opening customers bring more at the closing, but for promotion_end', true,
		'Number of opening customers who bring more than before. They stay: not part of the sum of customers.'),
	('mrr_movement', 14, 'contraction_mrr', 'numeric(28,2)', 'money a month',
		'what opening customers who still pay bring less at the closing', true,
		'Monthly recurring revenue of opening customers who bring less than before, but something, as a negative '
		'number.'),
	('mrr_movement', 15, 'contraction_customers', 'bigint', 'customers',
		'what opening customers who still pay bring less at the closing', true,
		'Number of opening customers who bring less than before, but something. They stay: not part of the sum of '
		'customers.'),
	('mrr_movement', 16, 'churn_mrr', 'numeric(28,2)', 'money a month',
		'-1 * what opening customers brought who pay nothing at the closing', true,
		'Monthly recurring revenue of opening customers who stopped paying, as a negative number.'),
	('mrr_movement', 17, 'churn_customers', 'bigint', 'customers',
		'-1 * what opening customers brought who pay nothing at the closing', true,
		'Number of opening customers who stopped paying, as a negative number.'),
	('mrr_movement', 18, 'moved_in_mrr', 'numeric(28,2)', 'money a month',
		'from customers who pay at both ends and came from another segment', false,
		'Monthly recurring revenue of customers who came from another segment, at what they bring now; 0 in "(all)".'),
	('mrr_movement', 19, 'moved_in_customers', 'bigint', 'customers',
		'from customers who pay at both ends and came from another segment', false,
		'Number of customers who came from another segment, at what they bring now.'),
	('mrr_movement', 20, 'moved_out_mrr', 'numeric(28,2)', 'money a month',
		'-1 * from customers who pay at both ends and went to another segment', false,
		'Monthly recurring revenue of customers who went to another segment, as a negative number; 0 in "(all)".'),
	('mrr_movement', 21, 'moved_out_customers', 'bigint', 'customers',
		'-1 * from customers who pay at both ends and went to another segment', false,
		'Number of customers who went to another segment, as a negative number.'),
	('mrr_movement', 22, 'paused_mrr', 'numeric(28,2)', 'money a month',
		'paused spells at the opening - paused spells at the closing', true,
		'What went into pauses, as a negative number, less what came out of them, at the prices that are paused. A '
		'pause ends when the spell does, or after pause_days with churn.'),
	('mrr_movement', 23, 'paused_customers', 'bigint', 'customers (net)',
		'customers in pause at the opening - at the closing', true,
		'Customers who went into a pause with all that they pay for, as a negative number, less those who came out '
		'of one.'),
	('mrr_movement', 24, 'fx_mrr', 'numeric(28,2)', 'money a month',
		'opening at the rates of the closing - opening_mrr', true,
		'What exchange rates did to the opening; lines are money at the rates of the closing. 0 unless '
		'subscription.currency and fx_rate are bound.'),
	('mrr_movement', 25, 'closing_mrr', 'numeric(28,2)', 'money a month',
		'opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + promotion_end_mrr + contraction_mrr + churn_mrr + '
		'moved_in_mrr + moved_out_mrr + paused_mrr + fx_mrr', true, 'Monthly recurring revenue when the month ended, or at as_of.'),
	('mrr_movement', 26, 'closing_customers', 'bigint', 'customers',
		'opening_customers + new_customers + reactivation_customers + churn_customers + moved_in_customers + '
		'moved_out_customers + paused_customers', true, 'Customers who paid when the month ended, or at as_of.'),
	('mrr_movement', 27, 'same_period_customers', 'bigint', 'customers',
		'count of customers who paid on some day of the month and at neither end', true,
		'Customers who came and went inside the month; in no other column.'),
	('mrr_movement', 28, 'price_expansion_mrr', 'numeric(28,2)', 'money a month',
		'part of expansion_mrr of customers with the same lines of the same products', true,
		'Expansion by price alone, without promotion_end_mrr; the rest is plan, product or number of lines.'),
	('mrr_movement', 29, 'price_contraction_mrr', 'numeric(28,2)', 'money a month',
		'part of contraction_mrr of customers with the same lines of the same products', true,
		'Contraction by price alone.'),
	('mrr_movement', 30, 'to_free_mrr', 'numeric(28,2)', 'money a month',
		'part of churn_mrr of customers who still hold a line that is free', true,
		'Churn to something free: contraction, where a free plan counts as active.'),
	('mrr_movement', 31, 'to_free_customers', 'bigint', 'customers',
		'part of churn_customers who still hold a line that is free', true,
		'Customers who stopped paying but still hold a free line, as a negative number.'),
	('mrr_movement', 32, 'closing_paused_mrr', 'numeric(28,2)', 'money a month', '-1 * sum of paused_mrr so far',
		true, 'What paused spells would bring when the month ended; not in closing_mrr.'),
	('mrr_movement', 33, 'closing_paused_customers', 'bigint', 'customers', '-1 * sum of paused_customers so far',
		true, 'Customers in pause with all that they pay for when the month ended; not in closing_customers.'),
	('mrr_movement', 34, 'promotion_end_mrr', 'numeric(28,2)', 'money a month',
		'what opening customers bring more who hold what they held, but no longer under an offer or a discount', true,
		'Monthly recurring revenue that the end of promotions brought: neither expansion nor a higher price. 0 unless '
		'subscription.offer or discount_until is bound.'),
	('mrr_movement', 35, 'promotion_end_customers', 'bigint', 'customers', 'count of customers behind promotion_end_mrr', true,
		'Opening customers whose promotion ended and who changed nothing else. They stay: not part of the sum of '
		'customers.'),
	('mrr_movement', 36, 'pause_days', 'integer', 'days', 'setting of the model', false,
		'For so many days a paused spell is not lost.'),
	('mrr_movement', 37, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false,
		'Is the month over?'),
	('mrr_movement', 38, 'unpaid_statuses', 'text', 'words', 'setting of the model', false,
		'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('mrr_movement', 39, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('mrr_movement', 40, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('product_migration', 1, 'row_key', 'text', 'key', 'month_label|from_product|to_product', false,
		'One value per row.'),
	('product_migration', 2, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('product_migration', 3, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('product_migration', 4, 'from_product', 'text', 'name', 'product held at the opening, not at the closing', false,
		'Product that was given up; "(in)" where the new one replaced nothing: entering_customers says of how many new '
		'customers.'),
	('product_migration', 5, 'to_product', 'text', 'name', 'product held at the closing, not at the opening', false,
		'Product taken up; "(out)" where nothing replaced the old one.'),
	('product_migration', 6, 'customers', 'bigint', 'customers', 'count of customers with the pair', true,
		'Customers who went this way. Lost and gained products of one customer are paired by price, so each appears '
		'once.'),
	('product_migration', 7, 'from_mrr', 'numeric(28,2)', 'money a month',
		'sum of mrr of from_product at the opening', true, 'What they brought with the product given up.'),
	('product_migration', 8, 'to_mrr', 'numeric(28,2)', 'money a month', 'sum of mrr of to_product at the closing',
		true, 'What they bring with the product taken up.'),
	('product_migration', 9, 'entering_customers', 'bigint', 'customers',
		'count of customers of "(in)" who paid nothing when the month opened', true,
		'Of "(in)", those who are new or came back; the others paid already and took the product besides.'),
	('product_migration', 10, 'leaving_customers', 'bigint', 'customers',
		'count of customers of "(out)" who pay nothing when the month closes', true,
		'Of "(out)", those who left; the others still pay for something.'),
	('product_migration', 11, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('product_migration', 12, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of',
		false, 'Is the month over?'),
	('product_migration', 13, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('product_migration', 14, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
