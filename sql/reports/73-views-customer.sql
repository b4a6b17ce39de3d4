-- SPDX-License-Identifier: PostgreSQL
-- Report views with a row per customer, or per rank of customers.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(45, 'winback_days', 'count', '365',
		'Days after leaving in which somebody is to be won back, and lost after them.'),
	(46, 'reactivated_days', 'count', '90', 'Days after coming back in which a customer is reactivated.'),
	(47, 'onboarding_days', 'count', '30', 'Days after coming in which a customer is onboarding.'),
	(48, 'renewal_days', 'count', '60',
		'Days before the end of something held, or of a commitment, in which a customer is in renewal.'),
	(50, 'rfm_money', 'words', '{event,subscription}',
		'What counts as money in customer_rfm: event (amounts of events), subscription (what spells brought), or '
		'both. Where events hold what subscriptions were paid with, leave one out.'),
	(49, 'growth_days', 'count', '90',
		'Days after buying something and so beginning to pay more in which a customer is in growth.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(70, 'customer_phase',
		'Where in its life each customer is, and where it was a month before. Who left keeps the segment and the '
		'money of the last day paid for.'),
	(71, 'phase_flow', 'Customers by the phase of their life a month before and now, by segment.'),
	(72, 'customer_rfm',
		'Recency, frequency and money of each customer over the last 365 days, with scores from 1 (lowest) to 5; '
		'equal values have equal scores, those of the middle of their ranks.'),
	(73, 'value_decile',
		'Customers by what they are worth a month, in tenths from 10 (the most) to 1: the whale curve.');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- what is referred to twice is computed once, but where Citus has it at each customer
('phase_shared', 1, '{distributed subscription}', 'NOT MATERIALIZED '),
('phase_shared', 2, '{distributed event}', 'NOT MATERIALIZED '),
('phase_shared', 9, '{}', ''),
-- Who pays: with event.amount, also those who never had a contract
('phase_payers', 1, '{event.amount}', $$, prepaid AS (
	-- who never had a contract and pays as they go: a spell of activity is one line, at a month's mean of the three
	-- months that end with the last payment
	SELECT p.customer_id, cvm.holdings_agg('(pay as you go)', lower(r), CASE WHEN upper(r) < p.as_of THEN upper(r) END, p.mrr) AS holdings
	FROM (
		SELECT e.customer_id, e.as_of, cvm.activity_agg(e.day) AS activity, sum(e.amount) FILTER (WHERE e.day > (e.last_day - interval '3 months')::date) / 3 AS mrr
		FROM (
			SELECT v.customer_id, v.amount, o.as_of, d.day, max(d.day) OVER (PARTITION BY v.customer_id) AS last_day
			FROM event v
			CROSS JOIN observed o
			CROSS JOIN LATERAL (SELECT cvm.day_of(v.occurred_at, {time_zone}) AS day) d
			WHERE v.amount > 0 AND d.day < o.as_of AND NOT EXISTS (SELECT 1 FROM known k WHERE k.customer_id = v.customer_id)) e
		WHERE e.customer_id IS NOT NULL
		GROUP BY e.customer_id, e.as_of) p
	CROSS JOIN LATERAL unnest(cvm.active_spells(p.activity, ({inactivity_days})[1], p.as_of)) r
	GROUP BY p.customer_id
), payer AS {phase_shared}(
	TABLE known
	UNION ALL
	SELECT p.customer_id, p.holdings, NULL AS at_risk_mrr, NULL AS risk_since, NULL AS risk_before FROM prepaid p
)$$),
('phase_payers', 9, '{}', ''),
('phase_payer', 1, '{event.amount}', 'payer'),
('phase_payer', 9, '{}', 'known'),
-- and with customer, also those who never paid
('phase_everybody', 1, '{customer}', $$, everybody AS (
	SELECT k.* FROM {phase_payer} k
	UNION ALL
	SELECT DISTINCT c.customer_id, NULL::cvm.holdings, NULL::numeric, NULL::date, NULL::date
	FROM customer c
	WHERE c.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {phase_payer} k WHERE k.customer_id = c.customer_id)
)$$),
('phase_everybody', 9, '{}', ''),
('phase_customers', 1, '{customer}', 'everybody'),
('phase_customers', 9, '{}', '{phase_payer}');

-- Until when is observed, and who has a contract: nobody where only events are bound
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('phase_observed', 1, '{subscription}', $${valued}observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s)) AS as_of
)$$),
('phase_observed', 9, '{}', $$observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(e.occurred_at, {time_zone})) + 1 FROM event e)) AS as_of
)$$),
('phase_known', 1, '{subscription}', $$known AS {phase_shared}(
	-- a commitment is one more line, for nothing, that ends with it
	SELECT s.customer_id, cvm.holdings_agg(CASE WHEN t.is_term THEN '(commitment)' ELSE s.product END, s.started_on,
			CASE WHEN t.is_term THEN s.committed_until ELSE s.ended_on END,
			CASE WHEN t.is_term OR ({is_unpaid}) THEN 0 ELSE s.mrr END) AS holdings,
		sum(CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) FILTER (
			WHERE NOT t.is_term AND s.cancel_requested_on < o.as_of AND s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)) AS at_risk_mrr,
		min(s.cancel_requested_on) FILTER (WHERE s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)) AS risk_since,
		min(s.cancel_requested_on) FILTER (WHERE s.started_on < o.as_of - interval '1 month'
			AND coalesce(s.ended_on >= o.as_of - interval '1 month', true)) AS risk_before
	FROM subscription s
	CROSS JOIN observed o
	JOIN (VALUES (false), (true)) AS t (is_term) ON NOT t.is_term OR s.committed_until > s.started_on AND coalesce(s.committed_until <= s.ended_on, true)
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
)$$),
('phase_known', 9, '{}', $$known AS (
	SELECT e.customer_id, NULL::cvm.holdings AS holdings, NULL::numeric AS at_risk_mrr, NULL::date AS risk_since, NULL::date AS risk_before
	FROM event e
	WHERE false
)$$);

-- The segment of each on the last day and a month before: none where there are no segments
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('phase_placed', 1, '{segment_history}', $$
LEFT JOIN (
@use timeline_rows AND h.valid_from IS NOT NULL
) t ON t.customer_id = k.customer_id$$),
('phase_placed', 9, '{}', ''),
('phase_segment', 1, '{segment_history}', $$coalesce(cvm._segment_on(t.timeline, k.last_day), '(none)')$$),
('phase_segment', 9, '{}', $$'(none)'::text$$),
('phase_previous_segment', 1, '{segment_history}', $$coalesce(cvm._segment_on(t.timeline, k.previous_day), '(none)')$$),
('phase_previous_segment', 9, '{}', $$'(none)'::text$$),
-- of a row c of customer_phase
('phase_segments', 1, '{segment_history}', '(VALUES (c.segment), (''(all)''))'),
('phase_segments', 9, '{}', '(VALUES (''(all)''))');

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'customer_phase', n.preference, n.needs, $$
WITH {phase_observed}, {phase_known}{phase_payers}{phase_everybody}, phased AS (
	SELECT k.*, n.phase, n.since, b.phase AS previous_phase, d.previous_day, o.as_of,
		-- the last day, or the last one paid for
		CASE n.phase WHEN 'winback_target' THEN n.since WHEN 'lost' THEN n.since - {winback_days} - 1 ELSE o.as_of END - 1 AS last_day
	FROM {phase_customers} k
	JOIN observed o ON o.as_of IS NOT NULL
	CROSS JOIN LATERAL (SELECT (o.as_of - interval '1 month')::date - 1 AS previous_day) d
	CROSS JOIN LATERAL cvm.lifecycle_phase(k.holdings, o.as_of, k.risk_since, NULL, {winback_days}, {reactivated_days}, {onboarding_days},
		{renewal_days}, {growth_days}, {lapse_days}) n
	CROSS JOIN LATERAL cvm.lifecycle_phase(k.holdings, (o.as_of - interval '1 month')::date, k.risk_before, o.as_of, {winback_days},
		{reactivated_days}, {onboarding_days}, {renewal_days}, {growth_days}, {lapse_days}) b
)
SELECT cvm.row_key(k.customer_id::text) AS row_key,
	k.customer_id,
	{phase_segment} AS segment,
	k.phase,
	k.since,
	k.previous_phase,
	coalesce(cvm.mrr_at(k.holdings, k.as_of - 1), 0) AS mrr,
	CASE WHEN k.phase = 'at_risk' THEN k.at_risk_mrr ELSE 0 END AS at_risk_mrr,
	coalesce(cvm.mrr_at(k.holdings, k.last_day), 0) AS last_mrr,
	{phase_previous_segment} AS previous_segment,
	coalesce(cvm.mrr_at(k.holdings, k.previous_day), 0) AS previous_mrr,
	k.as_of
FROM phased k{phase_placed}$$
FROM (VALUES (1, '{subscription}'::text[]), (2, '{event.amount}')) AS n (preference, needs);

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'phase_flow', n.preference, n.needs, $$
SELECT cvm.row_key(g.segment, g.from_phase, g.to_phase) AS row_key,
	g.segment,
	g.from_phase,
	g.to_phase,
	g.customers,
	g.mrr,
	g.at_risk_mrr,
	g.last_mrr,
	g.previous_mrr,
	g.as_of
FROM (
	SELECT s.segment,
		c.previous_phase AS from_phase, c.phase AS to_phase, count(*) AS customers, sum(c.mrr) AS mrr,
		sum(c.at_risk_mrr) AS at_risk_mrr, sum(c.last_mrr) AS last_mrr, sum(c.previous_mrr) AS previous_mrr, c.as_of
	FROM customer_phase c
	CROSS JOIN LATERAL {phase_segments} AS s (segment)
	GROUP BY s.segment, c.previous_phase, c.phase, c.as_of) g$$
FROM (VALUES (1, '{subscription}'::text[]), (2, '{event.amount}')) AS n (preference, needs);

-- What the spells of each customer brought in the last 365 days
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('brought', 1, '{subscription}', $$
	-- so much a month is so much a day of 365.25 / 12 days
	SELECT s.customer_id, sum({price} * (least(s.ended_on, o.as_of) - greatest(s.started_on, o.as_of - 365))) / 30.4375 AS amount
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND greatest(s.started_on, o.as_of - 365) < least(s.ended_on, o.as_of)
		AND ({is_paused}) IS NOT TRUE
	GROUP BY s.customer_id
$$),
('brought', 9, '{}', 'SELECT e.customer_id, NULL::numeric AS amount FROM event e WHERE false');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('customer_rfm', 1, '{event}', $$
WITH {valued}observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(e.occurred_at, {time_zone})) + 1 FROM event e)) AS as_of
), seen AS (
	SELECT e.customer_id, o.as_of,
		o.as_of - 1 - max(cvm.day_of(e.occurred_at, {time_zone})) AS recency_days,
		count(*) AS frequency, coalesce(sum(e.amount), 0) AS amount
	FROM event e
	CROSS JOIN observed o
	WHERE e.customer_id IS NOT NULL
		AND cvm.day_of(e.occurred_at, {time_zone}) < o.as_of AND cvm.day_of(e.occurred_at, {time_zone}) >= o.as_of - 365
	GROUP BY e.customer_id, o.as_of
), brought AS ({brought}), folded AS (
	SELECT s.customer_id, s.as_of, s.recency_days, s.frequency, s.amount AS event_amount, b.amount AS subscription_amount,
		CASE WHEN 'event' = ANY ({rfm_money}) THEN s.amount ELSE 0 END
			+ CASE WHEN 'subscription' = ANY ({rfm_money}) THEN coalesce(b.amount, 0) ELSE 0 END AS monetary
	FROM seen s
	LEFT JOIN brought b ON b.customer_id = s.customer_id
), scored AS (
	SELECT f.*,
		cvm.mid_quantile(rank() OVER r, count(*) OVER r, count(*) OVER (), 5) AS r,
		cvm.mid_quantile(rank() OVER f, count(*) OVER f, count(*) OVER (), 5) AS f,
		cvm.mid_quantile(rank() OVER m, count(*) OVER m, count(*) OVER (), 5) AS m
	FROM folded f
	WINDOW r AS (ORDER BY f.recency_days DESC), f AS (ORDER BY f.frequency), m AS (ORDER BY f.monetary)
)
SELECT cvm.row_key(s.customer_id::text) AS row_key,
	s.customer_id,
	s.recency_days,
	s.frequency,
	s.monetary,
	s.event_amount,
	s.subscription_amount,
	s.r AS recency_score,
	s.f AS frequency_score,
	s.m AS monetary_score,
	s.r::text || s.f || s.m AS rfm,
	s.as_of
FROM scored s$$);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- Of spells s what they earn at the price paid, where that is known of all
('worth_margin', 1, '{product.unit_margin}',
	'CASE WHEN bool_and(g.unit_margin IS NOT NULL) THEN sum(g.unit_margin + coalesce(CASE WHEN {is_unpaid} THEN '
	'0 ELSE s.mrr END - g.list_price, 0)) END'),
('worth_margin', 9, '{}', 'NULL::numeric'),
('worth_products', 1, '{product.unit_margin}', $$
	LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM product r GROUP BY r.product) g
		ON g.product = s.product$$),
('worth_products', 9, '{}', '');

-- What a unit of each product earns, and at which price, as lists
@define product_margins
, product_margin AS MATERIALIZED (
	SELECT array_agg(g.product) AS products, array_agg(g.unit_margin) AS unit_margins, array_agg(g.list_price) AS list_prices
	FROM (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM {product_rows} r GROUP BY r.product) g
)
@end

-- What each customer is worth
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('worth_now', 1, '{}', $$
WITH {valued}observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s)) AS as_of
), worth AS (
	SELECT s.customer_id, sum(CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) AS mrr, {worth_margin} AS margin, o.as_of
	FROM subscription s
	CROSS JOIN observed o{worth_products}
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)
	GROUP BY s.customer_id, o.as_of
	HAVING sum(CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) > 0
)
$$);
-- Many are worth the same, and are in one tenth: Citus counts customer by customer, others in one pass
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('worth_alike', 1, '{distributed subscription}', $$
{worth_now}
, alike AS (
	SELECT w.mrr, w.margin, w.as_of, count(*) AS customers
	FROM worth w
	GROUP BY w.mrr, w.margin, w.as_of
)$$),
('worth_alike', 9, '{}', $$
WITH {valued}{observed}, worth AS MATERIALIZED (
	SELECT cvm._worth_agg(s.customer_id, s.product, greatest(s.started_on, CASE WHEN s.started_on IS NOT NULL THEN date '4714-11-24 BC' END), s.ended_on,
		CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END, NULL, (SELECT o.as_of FROM observed o)) AS state
	FROM subscription s
)
@use product_margins
, alike AS (
	SELECT w.mrr, w.margin, o.as_of, w.customers
	FROM worth s
	CROSS JOIN observed o
	CROSS JOIN product_margin m
	CROSS JOIN LATERAL cvm._worths(s.state, m.products, m.unit_margins, m.list_prices) w
)$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('value_decile', 1, '{subscription}', $$
{worth_alike}, ranked AS (
	-- by margin where it is known of everybody
	SELECT a.*, CASE WHEN bool_and(a.margin IS NOT NULL) OVER () THEN a.margin ELSE a.mrr END AS value,
		bool_and(a.margin IS NOT NULL) OVER () AS by_margin
	FROM alike a
), scored AS (
	SELECT r.*, cvm.mid_quantile((sum(r.customers) OVER w - sum(r.customers) OVER (PARTITION BY r.value) + 1)::bigint, (sum(r.customers) OVER w)::bigint,
		(sum(r.customers) OVER ())::bigint, 10) AS decile
	FROM ranked r
	WINDOW w AS (ORDER BY r.value)
), decile AS (
	SELECT s.decile, sum(s.customers)::bigint AS customers, sum(s.mrr * s.customers) AS mrr, sum(s.margin * s.customers) AS margin,
		sum(s.value * s.customers) AS value, min(s.value) AS least, max(s.value) AS most, s.by_margin, s.as_of
	FROM scored s
	GROUP BY s.decile, s.by_margin, s.as_of
)
SELECT d.decile::text AS row_key,
	d.decile,
	CASE WHEN d.by_margin THEN 'margin' ELSE 'mrr' END AS ranked_by,
	d.customers,
	-- tenths make what all bring, rounded
	cvm._shared_out(d.mrr, d.all_mrr, {minor_units}) OVER (ORDER BY d.decile) AS mrr,
	cvm._shared_out(d.margin, d.all_margin, {minor_units}) OVER (ORDER BY d.decile) AS margin,
	d.least,
	d.most,
	(d.value / nullif(sum(d.value) OVER (), 0))::double precision AS value_share,
	(sum(d.customers) OVER w / sum(d.customers) OVER ())::double precision AS cumulative_customer_share,
	(sum(d.value) OVER w / nullif(sum(d.value) OVER (), 0))::double precision AS cumulative_value_share,
	d.as_of
FROM (SELECT d.*, sum(d.mrr) OVER () AS all_mrr, sum(d.margin) OVER () AS all_margin FROM decile d) d
WINDOW w AS (ORDER BY d.decile DESC)$$);

-- The customers behind them
INSERT INTO cvm.report_list (view, preference, list)
SELECT 'phase_flow', b.preference, $$
SELECT w.row_key, c.customer_id, 1 AS customers, c.mrr, c.at_risk_mrr, c.last_mrr, c.previous_mrr, c.previous_mrr AS mrr_before, c.mrr AS mrr_after,
	c.previous_phase || ' to ' || c.phase || coalesce(' since ' || c.since, '') AS detail
FROM customer_phase c
CROSS JOIN LATERAL {phase_segments} AS s (segment)
JOIN wanted w ON w.segment = s.segment AND w.from_phase = c.previous_phase AND w.to_phase = c.phase$$
FROM cvm.report_body b WHERE b.view = 'phase_flow';
INSERT INTO cvm.report_list (view, preference, list) VALUES
('value_decile', 1, $$
{worth_now}
, ranked AS (
	SELECT w.*, CASE WHEN bool_and(w.margin IS NOT NULL) OVER () THEN w.margin ELSE w.mrr END AS value
	FROM worth w
), scored AS (
	SELECT r.*, cvm.mid_quantile(rank() OVER (ORDER BY r.value), count(*) OVER (ORDER BY r.value), count(*) OVER (), 10) AS decile
	FROM ranked r
)
SELECT w.row_key, s.customer_id, 1 AS customers, s.mrr, s.margin, s.mrr AS mrr_before, s.mrr AS mrr_after, 'decile ' || s.decile AS detail
FROM scored s
JOIN wanted w ON w.decile = s.decile$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('customer_rfm', 1, 'monetary', 'formula', 'CASE WHEN b.monetary = b.event_amount + coalesce(b.subscription_amount, 0)'
		' THEN {event_amount} + coalesce({subscription_amount}, 0) ELSE {monetary} END');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('customer_phase', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_phase', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'subscription.customer_id', false,
		'The customer.'),
	('customer_phase', 3, 'segment', 'text', 'name',
		'segment held on the last day seen, or the last one paid for by who left', false,
		'Segment; "(none)": in no segment.'),
	('customer_phase', 4, 'phase', 'text', 'word',
		'cvm.lifecycle_phase() at as_of, by the settings winback_days, reactivated_days, onboarding_days, '
		'renewal_days, growth_days and lapse_days', false,
		'The first that fits of prospect, winback_target, lost, at_risk (asked to leave, whatever else), '
		'reactivated, onboarding, renewal, growth (bought something; a price rise or the end of a promotion is none) '
		'and mature.'),
	('customer_phase', 5, 'since', 'date', 'date', 'first day of the phase', false, 'Since when; NULL for a prospect.'),
	('customer_phase', 6, 'previous_phase', 'text', 'word', 'cvm.lifecycle_phase() a month before as_of', false,
		'The phase a month before.'),
	('customer_phase', 7, 'mrr', 'numeric(28,2)', 'money a month', 'sum of the lines held', true,
		'Recurring revenue on the last day seen.'),
	('customer_phase', 8, 'at_risk_mrr', 'numeric(28,2)', 'money a month',
		'sum of the lines held whose cancel_requested_on lies before as_of', true,
		'What was cancelled and is still paid: of several lines only those. 0 in other phases.'),
	('customer_phase', 9, 'last_mrr', 'numeric(28,2)', 'money a month', 'mrr; of who left, on the last day paid for',
		true, 'What they bring, or brought when they left.'),
	('customer_phase', 10, 'previous_segment', 'text', 'name', 'segment held a month before the last day seen', false,
		'Segment then: over a month, who left is counted in it by segment_kpi.churned_customers.'),
	('customer_phase', 11, 'previous_mrr', 'numeric(28,2)', 'money a month',
		'sum of the lines held a month before the last day seen', true,
		'Recurring revenue then; 0 for who came and went since.'),
	('customer_phase', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('phase_flow', 1, 'row_key', 'text', 'key', 'segment|from_phase|to_phase', false, 'One value per row.'),
	('phase_flow', 2, 'segment', 'text', 'name', 'customer_phase.segment', false,
		'Segment; "(all)" is everybody, "(none)" those in no segment. Who left is in the one of the last day paid '
		'for.'),
	('phase_flow', 3, 'from_phase', 'text', 'word', 'customer_phase.previous_phase', false, 'Phase a month before.'),
	('phase_flow', 4, 'to_phase', 'text', 'word', 'customer_phase.phase', false, 'Phase now.'),
	('phase_flow', 5, 'customers', 'bigint', 'customers', 'count of customers', true,
		'Customers who went this way, or stayed.'),
	('phase_flow', 6, 'mrr', 'numeric(28,2)', 'money a month', 'sum of customer_phase.mrr', true,
		'Recurring revenue of these customers now.'),
	('phase_flow', 7, 'at_risk_mrr', 'numeric(28,2)', 'money a month', 'sum of customer_phase.at_risk_mrr', true,
		'Of it, what was cancelled.'),
	('phase_flow', 8, 'last_mrr', 'numeric(28,2)', 'money a month', 'sum of customer_phase.last_mrr', true,
		'What they bring, or brought when they left.'),
	('phase_flow', 9, 'previous_mrr', 'numeric(28,2)', 'money a month', 'sum of customer_phase.previous_mrr', true,
		'Recurring revenue of these customers a month before.'),
	('phase_flow', 10, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('customer_rfm', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_rfm', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'event.customer_id', false,
		'The customer.'),
	('customer_rfm', 3, 'recency_days', 'integer', 'days', 'last day seen - last day with an event', false,
		'Days since the last event.'),
	('customer_rfm', 4, 'frequency', 'bigint', 'events', 'count of events in the last 365 days', true,
		'Number of events.'),
	('customer_rfm', 5, 'monetary', 'numeric(28,2)', 'money',
		'event_amount + subscription_amount, as the setting rfm_money says', true, 'Money brought.'),
	('customer_rfm', 6, 'event_amount', 'numeric(28,2)', 'money', 'sum of event.amount in the last 365 days', true,
		'Of it, amounts of events.'),
	('customer_rfm', 7, 'subscription_amount', 'numeric(28,2)', 'money',
		'sum over spells of price * days in the last 365 days / 30.4375', true,
		'Of it, what subscriptions brought; NULL where there are none.'),
	('customer_rfm', 8, 'recency_score', 'integer', '1..5', 'cvm.mid_quantile() by recency_days, the fewest highest',
		false, 'Recency in fifths; equals together, by the middle of their ranks.'),
	('customer_rfm', 9, 'frequency_score', 'integer', '1..5', 'cvm.mid_quantile() by frequency', false,
		'Frequency in fifths; equals together, by the middle of their ranks.'),
	('customer_rfm', 10, 'monetary_score', 'integer', '1..5', 'cvm.mid_quantile() by monetary', false,
		'Money in fifths; equals together, by the middle of their ranks.'),
	('customer_rfm', 11, 'rfm', 'text', 'three digits', 'the three scores', false,
		'The scores in a row: 555 is the best.'),
	('customer_rfm', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('value_decile', 1, 'row_key', 'text', 'key', 'decile', false, 'One value per row.'),
	('value_decile', 2, 'decile', 'integer', '1..10', 'cvm.mid_quantile() by value, in tenths', false,
		'Tenth of the customers by value, 10 the most; equals are together in the tenth of the middle of their '
		'ranks, so that tenths may be absent or large.'),
	('value_decile', 3, 'ranked_by', 'text', 'word',
		'margin where product.unit_margin is known of all that is held, else mrr', false, 'What value is.'),
	('value_decile', 4, 'customers', 'bigint', 'customers', 'count of paying customers', true,
		'Customers in the tenth.'),
	('value_decile', 5, 'mrr', 'numeric(28,2)', 'money a month', 'sum of the lines held', true, 'Recurring revenue.'),
	('value_decile', 6, 'margin', 'numeric(28,2)', 'money a month',
		'sum over lines held of product.unit_margin + price paid - product.list_price', true,
		'Margin at the price paid, before shared costs; where a product has no list_price its unit_margin is taken '
		'as it is. NULL when not known.'),
	('value_decile', 7, 'least', 'numeric(28,2)', 'money a month', 'least value in the tenth', false,
		'Value of the least valuable customer in it.'),
	('value_decile', 8, 'most', 'numeric(28,2)', 'money a month', 'greatest value in the tenth', false,
		'Value of the most valuable customer in it.'),
	('value_decile', 9, 'value_share', 'double precision', 'fraction', 'value of the tenth / value of all', true,
		'The tenth''s part of all value.'),
	('value_decile', 10, 'cumulative_customer_share', 'double precision', 'fraction 0..1',
		'customers of this tenth and those above / customers', false, 'Whale curve: so many of the customers …'),
	('value_decile', 11, 'cumulative_value_share', 'double precision', 'fraction',
		'value of this tenth and those above / value', false,
		'… bring so much of the value; above 1 where those below cost more than they bring.'),
	('value_decile', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
