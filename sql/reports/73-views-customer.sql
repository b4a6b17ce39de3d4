-- SPDX-License-Identifier: PostgreSQL
-- Report views with a row per customer, or per rank of customers.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(45, 'winback_days', 'count', '365', 'Days after leaving in which somebody is to be won back, and lost after them.'),
	(46, 'reactivated_days', 'count', '90', 'Days after coming back in which a customer is reactivated.'),
	(47, 'onboarding_days', 'count', '30', 'Days after coming in which a customer is onboarding.'),
	(48, 'renewal_days', 'count', '60', 'Days before the end of something held in which a customer is in renewal.'),
	(49, 'growth_days', 'count', '90', 'Days after beginning to pay more in which a customer is in growth.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(70, 'customer_phase', 'Where in its life each customer is, and where it was a month before.'),
	(71, 'phase_flow', 'Customers by the phase of their life a month before and now, by segment.'),
	(72, 'customer_rfm', 'Recency, frequency and money of each customer over the last 365 days, with scores from 1 (lowest) to 5; equal values have equal scores.'),
	(73, 'value_decile', 'Customers by what they are worth a month, in tenths from 10 (the most) to 1: the whale curve.');

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'customer_phase', x.preference, x.needs, replace(replace($$
WITH observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s)) AS as_of
), known AS (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on,
		CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) AS holdings,
		min(s.cancel_requested_on) FILTER (WHERE s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)) AS risk_since,
		min(s.cancel_requested_on) FILTER (WHERE s.started_on < o.as_of - interval '1 month' AND coalesce(s.ended_on >= o.as_of - interval '1 month', true)) AS risk_before
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
){{everybody}}, placed AS (
	SELECT DISTINCT ON (h.customer_id) h.customer_id, h.segment
	FROM segment_history h
	JOIN observed o ON h.valid_from < o.as_of AND coalesce(h.valid_to >= o.as_of, true)
	WHERE h.segment IS NOT NULL
	ORDER BY h.customer_id, h.valid_from DESC, h.segment COLLATE "C"
)
SELECT cvm.row_key(k.customer_id::text) AS row_key,
	k.customer_id,
	coalesce(p.segment, '(none)') AS segment,
	n.phase,
	n.since,
	b.phase AS previous_phase,
	coalesce(cvm.mrr_at(k.holdings, o.as_of - 1), 0)::numeric(18,2) AS mrr,
	o.as_of
FROM {{who}} k
JOIN observed o ON o.as_of IS NOT NULL
LEFT JOIN placed p ON p.customer_id = k.customer_id
CROSS JOIN LATERAL cvm.lifecycle_phase(k.holdings, o.as_of, k.risk_since, NULL, {winback_days}, {reactivated_days}, {onboarding_days}, {renewal_days}, {growth_days}, {lapse_days}) n
CROSS JOIN LATERAL cvm.lifecycle_phase(k.holdings, (o.as_of - interval '1 month')::date, k.risk_before, o.as_of, {winback_days}, {reactivated_days}, {onboarding_days}, {renewal_days}, {growth_days}, {lapse_days}) b$$,
	'{{everybody}}', x.everybody), '{{who}}', x.who)
FROM (VALUES
	(1, '{subscription,segment_history,customer}'::text[], $$, everybody AS (
	SELECT coalesce(k.customer_id, c.customer_id) AS customer_id, k.holdings, k.risk_since, k.risk_before
	FROM known k
	FULL JOIN (SELECT DISTINCT c.customer_id FROM customer c WHERE c.customer_id IS NOT NULL) c ON c.customer_id = k.customer_id
)$$, 'everybody'),
	(2, '{subscription,segment_history}', '', 'known')) AS x (preference, needs, everybody, who);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('phase_flow', 1, '{subscription,segment_history}', $$
SELECT cvm.row_key(g.segment, g.from_phase, g.to_phase) AS row_key,
	g.segment,
	g.from_phase,
	g.to_phase,
	g.customers,
	g.mrr::numeric(18,2) AS mrr,
	g.as_of
FROM (
	SELECT s.segment,
		c.previous_phase AS from_phase, c.phase AS to_phase, count(*) AS customers, sum(c.mrr) AS mrr, c.as_of
	FROM customer_phase c
	CROSS JOIN LATERAL (VALUES (c.segment), ('(all)')) AS s (segment)
	GROUP BY s.segment, c.previous_phase, c.phase, c.as_of) g$$),

('customer_rfm', 1, '{event}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(e.occurred_at, {time_zone})) + 1 FROM event e)) AS as_of
), folded AS (
	SELECT e.customer_id, o.as_of,
		o.as_of - 1 - max(cvm.day_of(e.occurred_at, {time_zone})) AS recency_days,
		count(*) AS frequency, coalesce(sum(e.amount), 0) AS monetary
	FROM event e
	CROSS JOIN observed o
	WHERE e.customer_id IS NOT NULL
		AND cvm.day_of(e.occurred_at, {time_zone}) < o.as_of AND cvm.day_of(e.occurred_at, {time_zone}) >= o.as_of - 365
	GROUP BY e.customer_id, o.as_of
), scored AS (
	SELECT f.*,
		cvm.tied_quantile(count(*) OVER (ORDER BY f.recency_days DESC), count(*) OVER (), 5) AS r,
		cvm.tied_quantile(count(*) OVER (ORDER BY f.frequency), count(*) OVER (), 5) AS f,
		cvm.tied_quantile(count(*) OVER (ORDER BY f.monetary), count(*) OVER (), 5) AS m
	FROM folded f
)
SELECT cvm.row_key(s.customer_id::text) AS row_key,
	s.customer_id,
	s.recency_days,
	s.frequency,
	s.monetary::numeric(18,2) AS monetary,
	s.r AS recency_score,
	s.f AS frequency_score,
	s.m AS monetary_score,
	s.r::text || s.f || s.m AS rfm,
	s.as_of
FROM scored s$$);

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'value_decile', x.preference, x.needs, replace(replace($$
WITH observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s)) AS as_of
), worth AS (
	SELECT s.customer_id, sum(CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) AS mrr, {{margin}} AS margin, o.as_of
	FROM subscription s
	CROSS JOIN observed o
	{{join}}
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)
	GROUP BY s.customer_id, o.as_of
	HAVING sum(CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) > 0
), ranked AS (
	-- by margin where it is known of everybody
	SELECT w.*, CASE WHEN bool_and(w.margin IS NOT NULL) OVER () THEN w.margin ELSE w.mrr END AS value,
		bool_and(w.margin IS NOT NULL) OVER () AS by_margin
	FROM worth w
), scored AS (
	SELECT r.*, cvm.tied_quantile(count(*) OVER (ORDER BY r.value), count(*) OVER (), 10) AS decile
	FROM ranked r
), decile AS (
	SELECT s.decile, count(*) AS customers, sum(s.mrr) AS mrr, sum(s.margin) AS margin, sum(s.value) AS value, min(s.value) AS least, max(s.value) AS most, s.by_margin, s.as_of
	FROM scored s
	GROUP BY s.decile, s.by_margin, s.as_of
)
SELECT d.decile::text AS row_key,
	d.decile,
	CASE WHEN d.by_margin THEN 'margin' ELSE 'mrr' END AS ranked_by,
	d.customers,
	d.mrr::numeric(18,2) AS mrr,
	d.margin::numeric(18,2) AS margin,
	d.least::numeric(18,2) AS least,
	d.most::numeric(18,2) AS most,
	(d.value / nullif(sum(d.value) OVER (), 0))::double precision AS value_share,
	(sum(d.customers) OVER w / sum(d.customers) OVER ())::double precision AS cumulative_customer_share,
	(sum(d.value) OVER w / nullif(sum(d.value) OVER (), 0))::double precision AS cumulative_value_share,
	d.as_of
FROM decile d
WINDOW w AS (ORDER BY d.decile DESC)$$, '{{margin}}', x.margin), '{{join}}', x.added)
FROM (VALUES
	(1, '{subscription,product.unit_margin}'::text[], 'CASE WHEN bool_and(g.unit_margin IS NOT NULL) THEN sum(g.unit_margin + coalesce(CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END - g.list_price, 0)) END',
		'LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM product r GROUP BY r.product) g ON g.product = s.product'),
	(2, '{subscription}', 'NULL::numeric', '')) AS x (preference, needs, margin, added);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('customer_phase', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_phase', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'subscription.customer_id', false, 'The customer.'),
	('customer_phase', 3, 'segment', 'text', 'name', 'segment held on the last day seen', false, 'Segment; "(none)": in no segment.'),
	('customer_phase', 4, 'phase', 'text', 'word', 'cvm.lifecycle_phase() at as_of, by the settings winback_days, reactivated_days, onboarding_days, renewal_days, growth_days and lapse_days', false, 'prospect, winback_target, lost, reactivated, onboarding, renewal, at_risk, growth or mature.'),
	('customer_phase', 5, 'since', 'date', 'date', 'first day of the phase', false, 'Since when; NULL for a prospect.'),
	('customer_phase', 6, 'previous_phase', 'text', 'word', 'cvm.lifecycle_phase() a month before as_of', false, 'The phase a month before.'),
	('customer_phase', 7, 'mrr', 'numeric(18,2)', 'money a month', 'sum of the lines held', true, 'Recurring revenue on the last day seen.'),
	('customer_phase', 8, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('phase_flow', 1, 'row_key', 'text', 'key', 'segment|from_phase|to_phase', false, 'One value per row.'),
	('phase_flow', 2, 'segment', 'text', 'name', 'segment held on the last day seen', false, 'Segment; "(all)" is everybody, "(none)" those in no segment.'),
	('phase_flow', 3, 'from_phase', 'text', 'word', 'customer_phase.previous_phase', false, 'Phase a month before.'),
	('phase_flow', 4, 'to_phase', 'text', 'word', 'customer_phase.phase', false, 'Phase now.'),
	('phase_flow', 5, 'customers', 'bigint', 'customers', 'count of customers', true, 'Customers who went this way, or stayed.'),
	('phase_flow', 6, 'mrr', 'numeric(18,2)', 'money a month', 'sum of customer_phase.mrr', true, 'Recurring revenue of these customers now.'),
	('phase_flow', 7, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('customer_rfm', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_rfm', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'event.customer_id', false, 'The customer.'),
	('customer_rfm', 3, 'recency_days', 'integer', 'days', 'last day seen - last day with an event', false, 'Days since the last event.'),
	('customer_rfm', 4, 'frequency', 'bigint', 'events', 'count of events in the last 365 days', true, 'Number of events.'),
	('customer_rfm', 5, 'monetary', 'numeric(18,2)', 'money', 'sum of event.amount in the last 365 days', true, 'Money brought.'),
	('customer_rfm', 6, 'recency_score', 'integer', '1..5', 'ceil(5 * cume_dist()) by recency_days, the fewest highest', false, 'Recency in fifths; equals together.'),
	('customer_rfm', 7, 'frequency_score', 'integer', '1..5', 'ceil(5 * cume_dist()) by frequency', false, 'Frequency in fifths; equals together.'),
	('customer_rfm', 8, 'monetary_score', 'integer', '1..5', 'ceil(5 * cume_dist()) by monetary', false, 'Money in fifths; equals together.'),
	('customer_rfm', 9, 'rfm', 'text', 'three digits', 'the three scores', false, 'The scores in a row: 555 is the best.'),
	('customer_rfm', 10, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('value_decile', 1, 'row_key', 'text', 'key', 'decile', false, 'One value per row.'),
	('value_decile', 2, 'decile', 'integer', '1..10', 'ceil(10 * cume_dist()) by value', false, 'Tenth of the customers by value, 10 the most; equals together, so that tenths may be absent or large.'),
	('value_decile', 3, 'ranked_by', 'text', 'word', 'margin where product.unit_margin is known of all that is held, else mrr', false, 'What value is.'),
	('value_decile', 4, 'customers', 'bigint', 'customers', 'count of paying customers', true, 'Customers in the tenth.'),
	('value_decile', 5, 'mrr', 'numeric(18,2)', 'money a month', 'sum of the lines held', true, 'Recurring revenue.'),
	('value_decile', 6, 'margin', 'numeric(18,2)', 'money a month', 'sum over lines held of product.unit_margin + price paid - product.list_price', true, 'Margin at the price paid, before shared costs; where a product has no list_price its unit_margin is taken as it is. NULL when not known.'),
	('value_decile', 7, 'least', 'numeric(18,2)', 'money a month', 'least value in the tenth', false, 'Value of the least valuable customer in it.'),
	('value_decile', 8, 'most', 'numeric(18,2)', 'money a month', 'greatest value in the tenth', false, 'Value of the most valuable customer in it.'),
	('value_decile', 9, 'value_share', 'double precision', 'fraction', 'value of the tenth / value of all', true, 'The tenth''s part of all value.'),
	('value_decile', 10, 'cumulative_customer_share', 'double precision', 'fraction 0..1', 'customers of this tenth and those above / customers', false, 'Whale curve: so many of the customers …'),
	('value_decile', 11, 'cumulative_value_share', 'double precision', 'fraction', 'value of this tenth and those above / value', false, '… bring so much of the value; above 1 where those below cost more than they bring.'),
	('value_decile', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
