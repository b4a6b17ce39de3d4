-- SPDX-License-Identifier: PostgreSQL
-- What the report views over segments are put together from.

-- The fold of spells and of stays in segments, in one pass: of all, and of each
-- customer, for the customers behind a figure
@define flow_observed
{valued}observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s), '0001-01-01') AS as_of
), family AS MATERIALIZED (
	SELECT {families} AS families
)
@end
@define flow_state grain | span
cvm.segment_flow_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.is_paused, r.segment, {grain},
		-- nothing observed: nothing before the first day of all
		coalesce({flow_as_of}, '0001-01-01'), {flow_families}, {span}, {pause_days}) AS state
@end
@define flow_rows of_spell | of_stay
(
		SELECT s.customer_id, s.product, s.started_on, s.ended_on,
			{price} AS mrr, {is_paused} AS is_paused, NULL::text AS segment{of_spell}
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, h.valid_from, h.valid_to, hashtext(h.scheme_version)::numeric, NULL, h.segment{of_stay}
		FROM segment_history h
		WHERE h.segment IS NOT NULL) r
@end
@define segment_flow grain | span
@use flow_observed
, flow AS MATERIALIZED (
	{flow_open}SELECT
@use flow_state {grain} | {span}
	FROM
@use flow_rows |
	{flow_beside}{flow_close}
)
@end
@define customer_flow grain | span
@use flow_observed
, flow AS MATERIALIZED (
	SELECT r.customer_id,
		cvm.holdings_agg(r.product, r.started_on, r.ended_on, r.mrr, r.channel, r.offer, r.is_paused) FILTER (WHERE r.segment IS NULL) AS holdings,
@use flow_state {grain} | {span}
	FROM
@use flow_rows , s.channel, {offered} AS offer | , NULL, NULL
	{flow_beside}
	WHERE r.customer_id IS NOT NULL
{body}
	GROUP BY r.customer_id
)
@end
@define segment_bridge
bridge AS MATERIALIZED (
	SELECT b.*, b.opening_customers + b.paused_customers + b.closing_paused_customers AS at_risk_customers,
		b.opening_mrr + b.paused_mrr + b.closing_paused_mrr AS at_risk_mrr,
		least((b.period_start + interval '1 month')::date, b.as_of) - 1 AS closing_day
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_bridge(f.state) b
)
@end
-- Spells gathered once, to be read with functions that take "state": see src/pg/ticket.h
@define gathered offered | channel | end_reason | told
fold AS MATERIALIZED (
	SELECT cvm._customer_move_agg(s.customer_id, s.product, s.started_on, s.ended_on, {price}{rate}, {is_paused}, {offered}, NULL, 'month',
		(SELECT o.as_of FROM observed o), {pause_days}, {channel}, {end_reason}, {told}) AS state
	FROM subscription s
{body}
)
@end
-- The same with times in segments
@define gathered_in_segments offered | channel | end_reason | told | chosen
fold AS MATERIALIZED (
	SELECT cvm._customer_move_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.is_paused, r.offer, r.segment, 'month',
		(SELECT o.as_of FROM observed o), {pause_days}, r.channel, r.end_reason, r.told_mrr{chosen}) AS state
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, {price}{rate} AS mrr, {is_paused} AS is_paused, {offered} AS offer, NULL::text AS segment,
			{channel} AS channel, {end_reason} AS end_reason, {told} AS told_mrr
		FROM subscription s
		UNION ALL
		-- one without a name has no days: a condition here would make a subquery of this side
		SELECT h.customer_id, NULL, CASE WHEN h.segment IS NOT NULL THEN h.valid_from END, h.valid_to, NULL, NULL, NULL, h.segment, NULL, NULL, NULL
		FROM {segment_rows} h) r
)
@end
-- Commitments that ended, in the segment held when they did
@define segment_due
@use commitments {price} |
, committing AS MATERIALIZED (
	SELECT EXISTS (SELECT 1 FROM subscription s WHERE s.committed_until IS NOT NULL LIMIT 1) AS is_known
), committed_in AS (
	SELECT DISTINCT ON (c.customer_id, c.line, c.due_on) c.customer_id, c.line, c.due_on, c.mrr, c.stays, coalesce(h.segment, '(none)') AS segment
	FROM committed c
	LEFT JOIN segment_history h ON h.customer_id = c.customer_id AND h.segment IS NOT NULL
		AND h.valid_from < c.due_on AND coalesce(h.valid_to >= c.due_on, true)
	ORDER BY c.customer_id, c.line, c.due_on, h.valid_from DESC, h.segment COLLATE "C"
), due AS MATERIALIZED (
	SELECT s.segment, date_trunc('month', c.due_on::timestamp)::date AS month,
		count(*) AS commitments, sum(c.mrr) AS mrr, count(*) FILTER (WHERE c.stays) AS renewed, coalesce(sum(c.mrr) FILTER (WHERE c.stays), 0) AS renewed_mrr,
		-- of a ratio of sums, as segment_bridge() has errors
		CASE WHEN count(*) > 1 THEN sqrt(greatest(coalesce(sum(c.mrr * c.mrr) FILTER (WHERE c.stays),
			0) * power(coalesce(sum(c.mrr) FILTER (WHERE NOT c.stays), 0) / sum(c.mrr), 2)
			+ coalesce(sum(c.mrr * c.mrr) FILTER (WHERE NOT c.stays),
				0) * power(coalesce(sum(c.mrr) FILTER (WHERE c.stays), 0) / sum(c.mrr), 2), 0) * count(*) / (count(*) - 1)) / sum(c.mrr) END AS error
	FROM committed_in c
	CROSS JOIN LATERAL (VALUES (c.segment), ('(all)')) AS s (segment)
	GROUP BY 1, 2
)
@end
-- What the end of promotions brought
@define segment_promotion
@with promotion_ends DISTINCT ON (p.customer_id, p.period_start) | coalesce(h.segment, '(none)') | {price} |
@use promoted_in_segment
@end
@end

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- Where Citus has the spells each customer is folded where it lives, and what
-- travels is a state of each shard
('flow_open', 1, '{distributed subscription}', 'SELECT cvm.rollup(f.state) AS state FROM ('),
('flow_open', 9, '{}', ''),
('flow_close', 1, '{distributed subscription}', ' GROUP BY r.customer_id) f'),
('flow_close', 9, '{}', ''),
('flow_as_of', 1, '{distributed subscription}', 'o.as_of'),
('flow_as_of', 9, '{}', '(SELECT o.as_of FROM observed o)'),
('flow_families', 1, '{distributed subscription}', 'y.families'),
('flow_families', 9, '{}', '(SELECT y.families FROM family y)'),
('flow_beside', 1, '{distributed subscription}', 'CROSS JOIN observed o CROSS JOIN family y'),
('flow_beside', 9, '{}', ''),
-- What the lines held earn
('segment_direct', 1, '{product.unit_margin}', $$
direct AS (
	SELECT s.segment, p.period_start,
		-- at the price paid, where the price is known at which unit_margin is earned
		CASE WHEN bool_and(g.unit_margin IS NOT NULL) THEN sum(p.lines * g.unit_margin + coalesce(p.mrr - p.lines * g.list_price, 0)) END AS margin
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_products(f.state) p
	LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM product r GROUP BY r.product) g ON g.product = p.product
	CROSS JOIN LATERAL (VALUES (p.segment), ('(all)')) AS s (segment)
	GROUP BY p.period_start, s.segment
)
$$),
('segment_direct', 9, '{}', $$
direct AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::numeric AS margin WHERE false
)
$$),
-- Of shared costs, what each segment used of them
('segment_driver', 1, '{cost_driver.customer_id}', $$
driver AS (
	SELECT u.month, u.pool, u.segment, sum(u.quantity) AS quantity
	FROM (
		SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.segment, d.quantity::numeric AS quantity
		FROM cost_driver d
		WHERE d.segment IS NOT NULL
		UNION ALL
		SELECT c.month, c.pool, c.segment, c.quantity
		FROM (
			SELECT DISTINCT ON (d.month, d.pool, d.customer_id) d.month, d.pool, coalesce(h.segment, '(none)') AS segment, d.quantity
			FROM (
				SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.customer_id, sum(d.quantity::numeric) AS quantity
				FROM cost_driver d
				WHERE d.segment IS NULL AND d.customer_id IS NOT NULL
				GROUP BY 1, 2, 3) d
			CROSS JOIN observed o
			LEFT JOIN segment_history h ON h.customer_id = d.customer_id AND h.segment IS NOT NULL
				AND h.valid_from < least((d.month + interval '1 month')::date, o.as_of)
				AND coalesce(h.valid_to >= least((d.month + interval '1 month')::date, o.as_of), true)
			ORDER BY d.month, d.pool, d.customer_id, h.valid_from DESC, h.segment COLLATE "C") c) u
	GROUP BY 1, 2, 3
)
$$),
('segment_driver', 2, '{cost_driver}', $$
driver AS (
	SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.segment, sum(d.quantity::numeric) AS quantity
	FROM cost_driver d
	GROUP BY 1, 2, 3
)
$$),
('segment_driver', 9, '{}', $$
driver AS (
	SELECT NULL::date AS month, NULL::text AS pool, NULL::text AS segment, NULL::numeric AS quantity WHERE false
)
$$),
-- Shared costs by segment
('segment_share', 1, '{cost}', $$
pool AS (
	SELECT date_trunc('month', c.month::timestamp)::date AS month, c.pool, round(sum(c.amount), {minor_units}) AS amount
	FROM cost c
	WHERE c.pool IS NOT NULL AND c.amount IS NOT NULL
	GROUP BY 1, 2
), spread AS (
	SELECT p.month, p.pool, p.amount, coalesce(sum(d.quantity), 0) > 0 AS is_used,
		array_agg(b.segment ORDER BY b.segment COLLATE "C") AS segments,
		array_agg(coalesce(d.quantity, 0) ORDER BY b.segment COLLATE "C") AS used,
		array_agg(b.closing_customers::numeric ORDER BY b.segment COLLATE "C") AS base
	FROM pool p
	JOIN bridge b ON b.period_start = p.month AND b.segment <> '(all)'
	LEFT JOIN driver d ON d.month = p.month AND d.pool = p.pool AND d.segment = b.segment
	GROUP BY p.month, p.pool, p.amount
), share AS MATERIALIZED (
	SELECT s.month, s.pool, s.amount, s.is_used, a.segment, a.used, a.part
	FROM spread s
	CROSS JOIN LATERAL unnest(s.segments, s.used,
		coalesce(cvm.allocate(s.amount, s.used, {minor_units}), cvm.allocate(s.amount, s.base, {minor_units}))) AS a (segment, used, part)
), allocated AS (
	SELECT s.segment, a.month, sum(a.part) AS cost
	FROM share a
	CROSS JOIN LATERAL (VALUES (a.segment), ('(all)')) AS s (segment)
	GROUP BY a.month, s.segment
)
$$),
('segment_share', 9, '{}', $$
allocated AS (
	SELECT NULL::text AS segment, NULL::date AS month, NULL::numeric AS cost WHERE false
)
$$),
-- Who answers for a segment at the end of a month
('segment_owned', 1, '{owner}', $$
owned AS MATERIALIZED (
	SELECT b.segment, b.period_start, string_agg(DISTINCT w.owner COLLATE "C", ', '
		ORDER BY w.owner COLLATE "C") COLLATE "default" AS owner, count(DISTINCT w.owner) AS owners
	FROM bridge b
	JOIN owner w ON lower(w.subject_kind) = 'segment' AND w.subject = b.segment AND coalesce(w.accountable, true)
		AND coalesce(w.valid_from <= b.closing_day, true) AND coalesce(w.valid_to > b.closing_day, true)
	GROUP BY b.segment, b.period_start
)
$$),
('segment_owned', 9, '{}', $$
owned AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::text AS owner, NULL::bigint AS owners WHERE false
)
$$),
-- What a segment is to bring
('segment_aim', 1, '{segment_target}', $$
given AS (
	SELECT t.segment, date_trunc('month', t.month::timestamp)::date AS month, max(t.target)::numeric AS target
	FROM segment_target t
	WHERE t.metric = 'closing_mrr'
	GROUP BY 1, 2
), aim AS (
	SELECT g.segment, g.month, g.target
	FROM given g
	UNION ALL
	-- of everybody, when every segment that has customers was given one
	SELECT '(all)', b.period_start, sum(g.target)
	FROM bridge b
	LEFT JOIN given g ON g.segment = b.segment AND g.month = b.period_start
	WHERE b.segment <> '(all)'
		AND NOT EXISTS (SELECT 1 FROM given x WHERE x.segment = '(all)' AND x.month = b.period_start)
	GROUP BY b.period_start
	HAVING bool_and(g.target IS NOT NULL OR b.closing_customers = 0)
)
$$),
('segment_aim', 9, '{}', $$
aim AS (
	SELECT NULL::text AS segment, NULL::date AS month, NULL::numeric AS target WHERE false
)
$$);
