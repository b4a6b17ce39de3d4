-- SPDX-License-Identifier: PostgreSQL
-- What the report views over subscriptions are put together from.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(26, 'pause_days', 'count', '90',
		'For so many days a paused spell is not lost: its money is in the line paused of the waterfall, not in '
		'churn. 0: a pause is the end of paying.');

-- Commitments that ended, the price of the last spells of each, and whether
-- the line or what took its place is paid for on the day after
@define commitments line_price | rate_join
term AS {at_customer} (
	SELECT t.customer_id, t.line, t.due_on, t.last_end, sum(t.mrr) AS mrr
	FROM (
		-- a boolean: of two values that are equal the planner would expect next to none
		SELECT s.customer_id, coalesce(s.subscription_id, s.product) AS line, s.committed_until AS due_on,
			max(coalesce(s.ended_on, 'infinity')) OVER line AS last_end, coalesce(s.ended_on, 'infinity') = max(coalesce(s.ended_on, 'infinity')) OVER line AS is_last,
			{line_price} AS mrr
		FROM subscription s
		CROSS JOIN observed o{rate_join}
		WHERE s.customer_id IS NOT NULL AND s.committed_until < o.as_of AND s.started_on < s.committed_until AND coalesce(s.ended_on > s.started_on, true)
		WINDOW line AS (PARTITION BY s.customer_id, coalesce(s.subscription_id, s.product), s.committed_until)) t
	WHERE t.is_last
	GROUP BY 1, 2, 3, 4
	HAVING sum(t.mrr) > 0
), committed AS {at_customer} (
	SELECT t.customer_id, t.line, t.due_on, t.mrr, count(s.product) > 0 AS stays
	FROM term t
	LEFT JOIN subscription s ON s.customer_id = t.customer_id AND s.started_on <= t.due_on AND coalesce(s.ended_on > t.due_on, true) AND {price} > 0
		AND (coalesce(s.subscription_id, s.product) = t.line OR s.started_on >= t.last_end)
	GROUP BY 1, 2, 3, 4
)
@end

-- What the end of promotions brought: of customers who hold what they held,
-- but no longer under an offer, in the segment of the opening.  Few have one.
@define promotion_ends once | segment | line_price | rate_join
promotion_move AS {at_customer} (
	SELECT f.customer_id, m.period_start, m.change_mrr
	FROM (
		SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {line_price}, NULL, {offered}, {is_paused}) AS holdings
		FROM subscription s{rate_join}
		WHERE s.customer_id IN (SELECT s.customer_id FROM subscription s WHERE ({offered}) IS NOT NULL AND isfinite(s.ended_on))
		GROUP BY s.customer_id) f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.customer_movements(f.holdings, 'month', o.as_of, {pause_days}) m
	WHERE m.cause = 'promotion_end'
), promoted AS {at_customer} (
	SELECT {once} p.customer_id, p.period_start, p.change_mrr AS mrr, {segment} AS segment
	FROM promotion_move p
{body}
), promotion_end AS MATERIALIZED (
	SELECT g.segment, p.period_start, sum(p.mrr) AS mrr, count(*) AS customers
	FROM promoted p
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (p.segment, p.segment <> '(all)')) AS v (segment, is_so) WHERE v.is_so) g
	GROUP BY 1, 2
)
@end
@define promoted_in_segment
	LEFT JOIN (SELECT x.* FROM segment_history x WHERE x.customer_id IN (SELECT m.customer_id FROM promotion_move m)) h ON h.customer_id = p.customer_id
		AND h.segment IS NOT NULL AND h.valid_from < p.period_start AND coalesce(h.valid_to >= p.period_start, true)
	ORDER BY p.customer_id, p.period_start, h.valid_from DESC, h.segment COLLATE "C"
@end

-- Of what a customer paid more, what the end of a promotion brought
@define promoted_of line
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.change_mrr), 0) AS mrr, count(*) AS customers
	FROM cvm.customer_movements(s.holdings, 'month', o.as_of, {pause_days}) c
	WHERE c.period_start = w.month AND c.cause = 'promotion_end' AND {line}.expansion_customers > 0) e
@end

-- Holdings are folded from the spells, or read where they are stored, or, of
-- spells in several currencies, folded at the last rate.
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- The day after the last one seen: ends that lie in the future are plans
('observed', 1, '{}', $$observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s),
		-- nothing observed: nothing before the first day of all
		'0001-01-01') AS as_of
)$$),

-- The same with the first day seen
('observed_since', 1, '{}', $${valued}observed AS MATERIALIZED (
	SELECT d.first_day, coalesce({as_of}, d.seen_until, '0001-01-01') AS as_of
	FROM (
		SELECT min(s.started_on) FILTER (WHERE isfinite(s.started_on)) AS first_day, greatest(
			max(s.started_on) FILTER (WHERE isfinite(s.started_on) AND s.started_on <= t.day),
			max(s.ended_on) FILTER (WHERE isfinite(s.ended_on) AND s.ended_on <= t.day)) + 1 AS seen_until
		FROM subscription s
		CROSS JOIN (SELECT cvm.day_of(now(), {time_zone}) AS day) t
	) d
)$$),

-- Under which promotion a spell s is held, an offer or a discount for some time
('offered', 1, '{subscription.discount_until,subscription.discount}',
	$$CASE WHEN s.discount > 0 AND s.started_on < s.discount_until THEN concat_ws(' ', s.offer, '(discount)') ELSE s.offer END$$),
('offered', 2, '{subscription.offer}', 's.offer'),
('offered', 9, '{}', 'NULL::text'),

-- Of spells s the last rates, where there are several currencies
('rates', 1, '{subscription.currency,fx_rate}', $$rate_now AS MATERIALIZED (
	SELECT c.currency, cvm.known_rate(c.currency, {currency}, o.as_of - 1, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = c.currency AND f.valid_from < o.as_of ORDER BY f.valid_from DESC, f.rate DESC LIMIT 1)) AS rate
	FROM (SELECT DISTINCT s.currency FROM subscription s WHERE s.currency IS NOT NULL) c
	CROSS JOIN observed o
), $$),
('rates', 2, '{}', ''),
('rate', 1, '{subscription.currency,fx_rate}', $$ * coalesce((SELECT r.rate FROM rate_now r WHERE r.currency = s.currency), 1)$$),
('rate', 2, '{}', ''),

-- Subscriptions with their money at the last rate, in the place of the others
('valued', 1, '{subscription.currency,fx_rate}', $$valued_until AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s)) AS as_of
), valued_at AS MATERIALIZED (
	SELECT c.currency, cvm.known_rate(c.currency, {currency}, o.as_of - 1, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = c.currency AND f.valid_from < o.as_of ORDER BY f.valid_from DESC, f.rate DESC LIMIT 1)) AS rate
	FROM (SELECT DISTINCT s.currency FROM subscription s WHERE s.currency IS NOT NULL) c
	CROSS JOIN valued_until o
), subscription AS (
	SELECT s.customer_id, s.product, s.started_on, s.ended_on, s.mrr * coalesce(r.rate, 1) AS mrr, s.subscription_id, s.channel, s.offer, s.status, s.end_reason,
		s.cancel_requested_on, s.currency,
		s.committed_until{valued_quantity}{valued_discount}{valued_discount_until}
		{valued_trial_ends_on}{valued_status_since}{valued_end_kind}{valued_cancel_withdrawn_on}
	FROM subscription s
	LEFT JOIN valued_at r ON r.currency = s.currency
), $$),
('valued', 9, '{}', ''),
('valued_quantity', 1, '{subscription.quantity}', ', s.quantity'),
('valued_quantity', 9, '{}', ''),
('valued_discount', 1, '{subscription.discount}', ', s.discount'),
('valued_discount', 9, '{}', ''),
('valued_discount_until', 1, '{subscription.discount_until}', ', s.discount_until'),
('valued_discount_until', 9, '{}', ''),
('valued_trial_ends_on', 1, '{subscription.trial_ends_on}', ', s.trial_ends_on'),
('valued_trial_ends_on', 9, '{}', ''),
('valued_status_since', 1, '{subscription.status_since}', ', s.status_since'),
('valued_status_since', 9, '{}', ''),
('valued_end_kind', 1, '{subscription.end_kind}', ', s.end_kind'),
('valued_end_kind', 9, '{}', ''),
('valued_cancel_withdrawn_on', 1, '{subscription.cancel_withdrawn_on}', ', s.cancel_withdrawn_on'),
('valued_cancel_withdrawn_on', 9, '{}', ''),

-- The holdings of each customer
('base', 1, '{subscription.currency,fx_rate}', $${observed}, {rates}folded AS {at_customer} (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price} * coalesce(r.rate, 1), NULL, {offered}, {is_paused}) AS holdings
	FROM subscription s
	LEFT JOIN rate_now r ON r.currency = s.currency
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
)$$),
('base', 2, '{customer_holdings}', $$folded AS NOT MATERIALIZED (
	SELECT k.customer_id, k.holdings FROM customer_holdings k
), observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT coalesce(
			greatest(max(s.started_on) FILTER (WHERE s.started_on <= t.day), max(s.ended_on) FILTER (WHERE s.ended_on <= t.day)) + 1,
			'0001-01-01')
		FROM customer_holdings k
		CROSS JOIN LATERAL cvm.spells(k.holdings) s
		CROSS JOIN (SELECT cvm.day_of(now(), {time_zone}) AS day) t)) AS as_of
)$$),
('base', 9, '{}', $$folded AS {at_customer} (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price}, NULL, NULL, {is_paused}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
), {observed}$$),

-- With offers, which tell a promotion that ends from a rise; at the last rate
-- where there are several currencies
('spelled', 1, '{subscription.currency,fx_rate}', '{base}'),
('spelled', 9, '{}', $$folded AS {at_customer} (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price}, s.channel, {offered}, {is_paused}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
), {observed}$$),

-- Spells and times in segments as rows of one fold, which tells everybody and
-- each segment apart; what is asked of it comes first
('segment_spells', 1, '{}', $$r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.is_paused, r.offer, r.segment, 'month',
		r.as_of, {pause_days}$$),
-- as_of is a column: aggregates share a state where their arguments are the same, and two subqueries are not
('segment_spell_rows', 1, '{}', $$(
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, {price} AS mrr, {is_paused} AS is_paused, {offered} AS offer, NULL::text AS segment,
			(SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s
		UNION ALL
		-- one without a name has no days: a condition here would make a subquery of this side
		SELECT h.customer_id, NULL, CASE WHEN h.segment IS NOT NULL THEN h.valid_from END, h.valid_to, NULL, NULL, NULL, h.segment,
			(SELECT o.as_of FROM observed o)
		FROM {segment_rows} h) r$$),

-- The days of each customer in each segment, or in none
('held', 1, '{segment_history}', $$
@use segment_days
$$),
('held', 9, '{}', ''),

-- The segment of each customer on the first day that was paid
('since', 1, '{segment_history}', $$, since AS (
	SELECT DISTINCT ON (f.customer_id) f.customer_id, h.segment
	FROM folded f
	JOIN segment_history h ON h.customer_id = f.customer_id AND h.segment IS NOT NULL
		AND h.valid_from <= cvm.first_paid_day(f.holdings)
		AND coalesce(h.valid_to > cvm.first_paid_day(f.holdings), true)
	ORDER BY f.customer_id, h.valid_from DESC, h.segment COLLATE "C"
)$$),
('since', 9, '{}', ''),
('since_segment', 1, '{segment_history}', $$coalesce(since.segment, '(none)')$$),
('since_segment', 9, '{}', $$'(all)'::text$$),
('since_join', 1, '{segment_history}', $$
	LEFT JOIN since ON since.customer_id = f.customer_id$$),
('since_join', 9, '{}', ''),
('since_segments', 1, '{segment_history}', $$SELECT b.segment, b.state FROM by_segment b
	UNION ALL$$),
('since_segments', 9, '{}', ''),
('since_customers', 1, '{segment_history}', $$SELECT b.segment, b.customer_id, b.state FROM by_segment b
	UNION ALL$$),
('since_customers', 9, '{}', ''),
('committed', 1, '{}', $$
@use commitments {term_price} | {term_rate}
$$),
('term_price', 1, '{subscription.currency,fx_rate}', '{price} * coalesce(r.rate, 1)'),
('term_price', 9, '{}', '{price}'),
('term_rate', 1, '{subscription.currency,fx_rate}', $$
		LEFT JOIN rate_now r ON r.currency = s.currency$$),
('term_rate', 9, '{}', ''),
('promotion', 1, '{}', $$,
@with promotion_ends {promoted_once} | {promoted_segment} | {term_price} | {term_rate}
{promoted_join}
@end
$$),
('promoted_once', 1, '{segment_history}', 'DISTINCT ON (p.customer_id, p.period_start) '),
('promoted_once', 9, '{}', ''),
('promoted_segment', 1, '{segment_history}', $$coalesce(h.segment, '(none)')$$),
('promoted_segment', 9, '{}', $$'(all)'::text$$),
('promoted_join', 1, '{segment_history}', $$
@use promoted_in_segment
$$),
('promoted_join', 9, '{}', ''),

-- The waterfall, from holdings
('waterfall', 1, '{}', $${waterfall_segments}
SELECT '(all)'::text AS segment, cvm.movement_agg(f.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o$$),
('waterfall_segments', 1, '{segment_history}', $$
	SELECT h.segment, cvm.movement_agg(f.holdings, 'month', o.as_of, h.days, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = f.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY h.segment
	UNION ALL$$),
('waterfall_segments', 9, '{}', ''),

-- The same from the fold of spells and times in segments
('folded_waterfall', 1, '{}', $$
SELECT b.segment, b.state
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.waterfalls) b
	WHERE {has_segments} OR b.segment = '(all)'$$),
('folded_promotion', 1, '{}', $$, promotion_end AS MATERIALIZED (
	SELECT b.segment, b.period_start, b.mrr, b.customers
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.promotions) b
)$$),

-- What is said of a customer s in a month w.month: what was paid when it opened
-- and closed, what moved and why, and what the customer said
('said', 1, '{}', $$, said AS MATERIALIZED (
	SELECT jsonb_object_agg(r.customer_id::text || ' ' || r.month_label, r.reasons) AS reasons
	FROM (
		SELECT s.customer_id, to_char(s.ended_on::timestamp, 'YYYY-MM') AS month_label,
			string_agg(DISTINCT s.end_reason COLLATE "C", ', ' ORDER BY s.end_reason COLLATE "C") AS reasons
		FROM subscription s
		WHERE s.end_reason IS NOT NULL AND isfinite(s.ended_on) AND date_trunc('month', s.ended_on::timestamp)::date IN (SELECT w.month FROM wanted w)
			AND s.customer_id IS NOT NULL
		GROUP BY 1, 2) r
)$$),
('why', 1, '{}', $$cvm.mrr_at(s.holdings, w.month - 1) AS mrr_before,
	cvm.mrr_at(s.holdings, least((w.month + interval '1 month')::date, o.as_of) - 1) AS mrr_after,
	coalesce((
		SELECT string_agg(c.line || ' (' || c.cause || coalesce(': ' || c.from_product || ' to ' || c.product, ': ' || c.product, '') || ')', ', ' ORDER BY c.line)
		FROM cvm.customer_movements(s.holdings, 'month', o.as_of, {pause_days}) c
		WHERE c.period_start = w.month), 'unchanged') || coalesce('; said ' || (g.reasons ->> (s.customer_id::text || ' ' || w.month_label)), '') AS detail$$),
('promoted_of_m', 1, '{}', $$
@use promoted_of m
$$),

-- The waterfall of each customer, in the segments that are asked for
('customer_waterfall', 1, '{}', $${customer_waterfall_segments}
	SELECT '(all)'::text AS segment, f.customer_id, (array_agg(f.holdings))[1] AS holdings, cvm.movement_agg(f.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o
	WHERE EXISTS (SELECT 1 FROM wanted w WHERE w.segment = '(all)')
	GROUP BY f.customer_id$$),
('customer_waterfall_segments', 1, '{segment_history}', $$
	SELECT h.segment, f.customer_id, (array_agg(f.holdings))[1] AS holdings, cvm.movement_agg(f.holdings, 'month', o.as_of, h.days, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = f.customer_id
	-- of a list of names the planner expects some rows, of a join with "wanted" one, which it would look up again and again
	WHERE NOT isempty(h.days) AND h.segment = ANY (ARRAY(SELECT w.segment FROM wanted w))
	GROUP BY h.segment, f.customer_id
	UNION ALL$$),
('customer_waterfall_segments', 9, '{}', ''),

-- What is not bound has no rows
('product_rows', 1, '{product.unit_margin}', 'product'),
('product_rows', 2, '{}', '(SELECT NULL::text AS product, NULL::numeric AS unit_margin, NULL::numeric AS list_price WHERE false)'),
('cost_rows', 1, '{cost}', 'cost'),
('cost_rows', 2, '{}', '(SELECT NULL::date AS month, NULL::text AS pool, NULL::numeric AS amount WHERE false)'),
('product_owners', 1, '{owner}', $$(SELECT w.* FROM owner w WHERE lower(w.subject_kind) = 'product' AND coalesce(w.accountable, true))$$),
('product_owners', 2, '{}', '(SELECT NULL::text AS subject, NULL::text AS owner, NULL::date AS valid_from, NULL::date AS valid_to WHERE false)');

INSERT INTO cvm.customer_state (position, state, entity, column_name, type, fold, last_day, tally, comment) VALUES
	(2, 'customer_holdings', 'subscription', 'holdings', 'cvm.holdings',
		$$cvm.holdings_agg(e.product, e.started_on, e.ended_on,
		CASE WHEN {is_held_paused} THEN e.mrr WHEN {is_held_unpaid} THEN 0 ELSE e.mrr END,
		NULL, NULL, {is_held_paused})$$,
		'cvm.last_day(%s, cvm.day_of(now(), {time_zone}))',
		$$SELECT p.started_on AS day, format('%%s until %%s', p.product, least(p.ended_on, %2$s)) AS what, count(*) AS rows, sum(p.mrr) AS value
			FROM cvm.spells(%1$s) p WHERE p.started_on < %2$s GROUP BY 1, 2$$,
		'One row per customer: what it held, from when to when and for how much.');
