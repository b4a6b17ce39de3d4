-- Report views over segments: the row that a segment's owner can be held to.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(40, 'segment_order', 'words', NULL, 'Segments from the lowest to the highest, separated by commas: what counts as a move up or down. NULL: not told.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(60, 'segment_kpi', 'Segments by month: the bridge of customers and of recurring revenue, what the segment earns, how it keeps its customers, and who answers for it. A customer counts in the segment held at the end of the month. Opening and the lines that follow add up to closing; segments add up to "(all)".'),
	(61, 'segment_migration', 'Who went from which segment to which between the ends of two months, or stayed. "(in)": began to pay; "(out)": ended; "(none)": pays and is in no segment.'),
	(62, 'segment_cost', 'Shared costs by segment, month and pool: each pool is shared out by what the segments used of it, and the parts add up to it to the cent.'),
	(63, 'segment_scorecard', 'Targets of segments: one row per segment, month and metric, with what became of it.'),
	(64, 'segment_shift', 'What changed in a segment between two months, and was it more than chance? The change of the total is split into mix (weights moved) and rate (segments changed), without a rest.'),
	(65, 'owner_gap', 'Days on which nobody answered for a segment, a product or a driver.'),
	(66, 'owner_conflict', 'Days on which two people answered for the same segment, product or driver.'),
	(67, 'owner_stale', 'Segments, products and drivers whose owner has gone and was not followed.'),
	(68, 'concentration', 'How concentrated revenue, customers and interactions are: one row per month and dimension.'),
	(69, 'flavor', 'How customer value is managed, by quarter: product-centric, coordinated or segment-centric, with the four scores that say so and what stands in the way of the next.');

-- The parts from which bodies are put together.  A part that a model lacks is
-- replaced by one that gives no rows, so that each view exists as soon as what
-- it needs at least is there.
CREATE TABLE cvm.segment_part (part text, choice int, needs text[], body text);
INSERT INTO cvm.segment_part VALUES
('flow', 1, '{subscription,segment_history}', $$
observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT coalesce(greatest(
				nullif(max(s.started_on) FILTER (WHERE s.started_on <= (SELECT (now() AT TIME ZONE {time_zone})::date)), '-infinity'),
				nullif(max(s.ended_on) FILTER (WHERE s.ended_on <= (SELECT (now() AT TIME ZONE {time_zone})::date)), '-infinity')),
			min(s.started_on) FILTER (WHERE isfinite(s.started_on))) + 1
		FROM subscription s)) AS as_of
), flow AS MATERIALIZED (
	SELECT cvm.segment_flow_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.segment, 'month', o.as_of) AS state
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on,
			CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END AS mrr, NULL::text AS segment
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, greatest(h.valid_from, '0001-01-01'), h.valid_to, NULL, h.segment
		FROM segment_history h
		WHERE h.segment IS NOT NULL AND h.valid_from IS NOT NULL) r
	CROSS JOIN observed o
	WHERE o.as_of IS NOT NULL
), bridge AS MATERIALIZED (
	SELECT b.*, least((b.period_start + interval '1 month')::date, b.as_of) - 1 AS closing_day
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_bridge(f.state) b
)$$),

('margin', 1, '{product.unit_margin}', $$
direct AS (
	SELECT CASE WHEN grouping(p.segment) = 1 THEN '(all)' ELSE p.segment END AS segment, p.period_start,
		CASE WHEN bool_and(g.unit_margin IS NOT NULL) THEN sum(p.lines * g.unit_margin) END AS margin
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_products(f.state) p
	LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin FROM product r GROUP BY r.product) g ON g.product = p.product
	GROUP BY GROUPING SETS ((p.period_start, p.segment), (p.period_start))
)$$),
('margin', 2, '{}', $$
direct AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::numeric AS margin WHERE false
)$$),

('driver', 1, '{cost_driver.customer_id}', $$
driver AS (
	SELECT u.month, u.pool, u.segment, sum(u.quantity)::numeric AS quantity
	FROM (
		SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.segment, d.quantity
		FROM cost_driver d
		WHERE d.segment IS NOT NULL
		UNION ALL
		SELECT c.month, c.pool, c.segment, c.quantity
		FROM (
			SELECT DISTINCT ON (d.month, d.pool, d.customer_id) d.month, d.pool, coalesce(h.segment, '(none)') AS segment, d.quantity
			FROM (
				SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.customer_id, sum(d.quantity) AS quantity
				FROM cost_driver d
				WHERE d.segment IS NULL AND d.customer_id IS NOT NULL
				GROUP BY 1, 2, 3) d
			CROSS JOIN observed o
			LEFT JOIN segment_history h ON h.customer_id = d.customer_id AND h.segment IS NOT NULL
				AND h.valid_from < least((d.month + interval '1 month')::date, o.as_of)
				AND coalesce(h.valid_to >= least((d.month + interval '1 month')::date, o.as_of), true)
			ORDER BY d.month, d.pool, d.customer_id, h.valid_from DESC, h.segment COLLATE "C") c) u
	GROUP BY 1, 2, 3
)$$),
('driver', 2, '{cost_driver}', $$
driver AS (
	SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.segment, sum(d.quantity)::numeric AS quantity
	FROM cost_driver d
	GROUP BY 1, 2, 3
)$$),
('driver', 3, '{}', $$
driver AS (
	SELECT NULL::date AS month, NULL::text AS pool, NULL::text AS segment, NULL::numeric AS quantity WHERE false
)$$),

('cost', 1, '{cost}', $$
pool AS (
	SELECT date_trunc('month', c.month::timestamp)::date AS month, c.pool, round(sum(c.amount), 2) AS amount
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
	CROSS JOIN LATERAL unnest(s.segments, s.used, coalesce(cvm.allocate(s.amount, s.used), cvm.allocate(s.amount, s.base))) AS a (segment, used, part)
), allocated AS (
	SELECT CASE WHEN grouping(a.segment) = 1 THEN '(all)' ELSE a.segment END AS segment, a.month, sum(a.part) AS cost
	FROM share a
	GROUP BY GROUPING SETS ((a.month, a.segment), (a.month))
)$$),
('cost', 2, '{}', $$
allocated AS (
	SELECT NULL::text AS segment, NULL::date AS month, NULL::numeric AS cost WHERE false
)$$),

('owner', 1, '{owner}', $$
owned AS (
	SELECT b.segment, b.period_start, string_agg(DISTINCT w.owner, ', ' ORDER BY w.owner) AS owner, count(DISTINCT w.owner) AS owners
	FROM bridge b
	JOIN owner w ON lower(w.subject_kind) = 'segment' AND w.subject = b.segment AND coalesce(w.accountable, true)
		AND coalesce(w.valid_from <= b.closing_day, true) AND coalesce(w.valid_to > b.closing_day, true)
	GROUP BY b.segment, b.period_start
)$$),
('owner', 2, '{}', $$
owned AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::text AS owner, NULL::bigint AS owners WHERE false
)$$),

('target', 1, '{segment_target}', $$
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
		AND NOT EXISTS (SELECT FROM given x WHERE x.segment = '(all)' AND x.month = b.period_start)
	GROUP BY b.period_start
	HAVING bool_and(g.target IS NOT NULL OR b.closing_customers = 0)
)$$),
('target', 2, '{}', $$
aim AS (
	SELECT NULL::text AS segment, NULL::date AS month, NULL::numeric AS target WHERE false
)$$);

-- Every combination of the parts named, the richest first
CREATE FUNCTION cvm.put_segment_bodies(view text, parts text[], body text) RETURNS void
LANGUAGE sql
AS $function$
	WITH RECURSIVE choice AS (
		SELECT 0 AS n, '{}'::text[] AS needs, ''::text AS with_parts, '{}'::int[] AS choices
		UNION ALL
		SELECT c.n + 1, c.needs || p.needs, c.with_parts || CASE WHEN c.n > 0 THEN ', ' ELSE '' END || p.body, c.choices || p.choice
		FROM choice c
		JOIN cvm.segment_part p ON p.part = parts[c.n + 1]
	)
	INSERT INTO cvm.report_body (view, preference, needs, body)
	SELECT view, row_number() OVER (ORDER BY cardinality(c.needs) DESC, c.choices),
		c.needs, 'WITH ' || c.with_parts || body
	FROM choice c
	WHERE c.n = cardinality(parts);
$function$;

SELECT cvm.put_segment_bodies('segment_kpi', '{flow,margin,driver,cost,owner,target}', $$
SELECT b.segment || '|' || to_char(b.period_start::timestamp, 'YYYY-MM') AS row_key,
	b.segment,
	b.period_start AS month,
	to_char(b.period_start::timestamp, 'YYYY-MM') AS month_label,
	coalesce(w.owner, '(none)') AS owner,
	b.opening_customers,
	b.new_customers,
	b.winback_customers,
	b.moved_in_customers,
	b.moved_out_customers,
	b.churned_customers,
	b.closing_customers,
	b.opening_mrr::numeric(18,2) AS opening_mrr,
	b.new_mrr::numeric(18,2) AS new_mrr,
	b.reactivation_mrr::numeric(18,2) AS reactivation_mrr,
	b.expansion_mrr::numeric(18,2) AS expansion_mrr,
	b.contraction_mrr::numeric(18,2) AS contraction_mrr,
	b.churn_mrr::numeric(18,2) AS churn_mrr,
	b.moved_in_mrr::numeric(18,2) AS moved_in_mrr,
	b.moved_out_mrr::numeric(18,2) AS moved_out_mrr,
	b.closing_mrr::numeric(18,2) AS closing_mrr,
	b.expansion_customers,
	b.contraction_customers,
	b.same_period_customers,
	CASE WHEN b.closing_customers > 0 THEN (b.closing_mrr / b.closing_customers)::double precision END AS arpu,
	CASE WHEN b.closing_customers > 0 THEN (e.margin / b.closing_customers)::double precision END AS ampu,
	CASE WHEN b.is_complete AND b.opening_customers > 0 THEN -b.churned_customers / b.opening_customers::double precision END AS churn_rate,
	CASE WHEN b.is_complete THEN i.conf_low END AS churn_rate_low,
	CASE WHEN b.is_complete THEN i.conf_high END AS churn_rate_high,
	b.gross_retained_mrr::numeric(18,2) AS gross_retained_mrr,
	CASE WHEN b.is_complete AND b.opening_mrr > 0 THEN (b.gross_retained_mrr / b.opening_mrr)::double precision END AS gross_revenue_retention_rate,
	b.net_retained_mrr::numeric(18,2) AS net_retained_mrr,
	CASE WHEN b.is_complete AND b.opening_mrr > 0 THEN (b.net_retained_mrr / b.opening_mrr)::double precision END AS net_revenue_retention_rate,
	b.products,
	CASE WHEN b.closing_customers > 0 THEN b.products / b.closing_customers::double precision END AS products_per_customer,
	b.multi_product_customers,
	CASE WHEN b.closing_customers > 0 THEN b.multi_product_customers / b.closing_customers::double precision END AS multi_product_share,
	CASE WHEN b.closing_customers > 0 THEN b.tenure_days / b.closing_customers::double precision END AS average_tenure_days,
	CASE WHEN t.closing_mrr > 0 THEN (b.closing_mrr / t.closing_mrr)::double precision END AS revenue_share,
	CASE WHEN t.closing_customers > 0 THEN b.closing_customers / t.closing_customers::double precision END AS base_share,
	e.direct::numeric(18,2) AS product_margin,
	a.cost::numeric(18,2) AS allocated_cost,
	e.margin::numeric(18,2) AS margin,
	g.target::numeric(18,2) AS target,
	(b.closing_mrr - g.target)::numeric(18,2) AS variance,
	b.is_complete,
	{currency} AS currency,
	{time_zone} AS time_zone,
	b.as_of
FROM bridge b
JOIN bridge t ON t.segment = '(all)' AND t.period_start = b.period_start
LEFT JOIN direct d ON d.segment = b.segment AND d.period_start = b.period_start
LEFT JOIN allocated a ON a.segment = b.segment AND a.month = b.period_start
LEFT JOIN owned w ON w.segment = b.segment AND w.period_start = b.period_start
LEFT JOIN aim g ON g.segment = b.segment AND g.month = b.period_start
CROSS JOIN LATERAL (
	SELECT m.direct, m.direct - coalesce(a.cost, 0) AS margin
	FROM (SELECT CASE WHEN b.closing_customers = 0 AND EXISTS (SELECT FROM direct) THEN 0 ELSE d.margin END AS direct) m) e
CROSS JOIN LATERAL cvm.proportion_interval(-b.churned_customers, b.opening_customers, {conf}) i$$);

SELECT cvm.put_segment_bodies('segment_cost', '{flow,driver,cost}', $$
SELECT a.segment || '|' || to_char(a.month::timestamp, 'YYYY-MM') || '|' || a.pool AS row_key,
	a.segment,
	a.month,
	to_char(a.month::timestamp, 'YYYY-MM') AS month_label,
	a.pool,
	a.amount::numeric(18,2) AS pool_amount,
	CASE WHEN a.is_used THEN a.used::double precision END AS driver_quantity,
	CASE WHEN a.is_used THEN 'driver' ELSE 'customers' END AS shared_by,
	a.part::numeric(18,2) AS allocated_cost,
	{currency} AS currency,
	o.as_of
FROM share a
CROSS JOIN observed o$$);
DELETE FROM cvm.report_body b WHERE b.view = 'segment_cost' AND NOT 'cost' = ANY (b.needs);

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'segment_migration', s.preference, s.needs, 'WITH ' || s.flow || $$, went AS (
	SELECT m.*
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_matrix(f.state) m
)
SELECT to_char(m.period_start::timestamp, 'YYYY-MM') || '|' || m.from_segment || '|' || m.to_segment AS row_key,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	m.from_segment,
	m.to_segment,
	CASE WHEN m.from_segment = '(in)' THEN 'in' WHEN m.to_segment = '(out)' THEN 'out'
		WHEN m.from_segment = m.to_segment THEN 'stay'
		WHEN array_position({segment_order}, m.to_segment) > array_position({segment_order}, m.from_segment) THEN 'up'
		WHEN array_position({segment_order}, m.to_segment) < array_position({segment_order}, m.from_segment) THEN 'down'
		ELSE 'move' END AS direction,
	m.customers,
	CASE WHEN m.from_segment <> '(in)' THEN (sum(m.customers) OVER (PARTITION BY m.period_start, m.from_segment))::bigint END AS from_customers,
	CASE WHEN m.from_segment <> '(in)' AND m.is_complete THEN m.customers / (sum(m.customers) OVER (PARTITION BY m.period_start, m.from_segment))::double precision END AS rate,
	$$ || s.mrr || $$ AS mrr,
	$$ || s.closing || $$ AS closing_mrr,
	m.is_complete,
	{currency} AS currency,
	{time_zone} AS time_zone,
	o.as_of
FROM went m
CROSS JOIN observed o$$
FROM (
	SELECT 1 AS preference, p.needs, p.body AS flow,
		$$(CASE WHEN m.from_segment = '(in)' THEN m.closing_mrr ELSE m.mrr END)::numeric(18,2)$$ AS mrr, $$m.closing_mrr::numeric(18,2)$$ AS closing
	FROM cvm.segment_part p WHERE p.part = 'flow'
	UNION ALL
	-- without subscriptions whoever is in a segment counts
	SELECT 2, '{segment_history}', $$
observed AS MATERIALIZED (
	SELECT coalesce({as_of}, greatest(
		max(h.valid_from) FILTER (WHERE h.valid_from <= (now() AT TIME ZONE {time_zone})::date),
		max(h.valid_to) FILTER (WHERE h.valid_to <= (now() AT TIME ZONE {time_zone})::date)) + 1) AS as_of
	FROM segment_history h
), history AS (
	SELECT cvm.holdings_agg(h.segment, greatest(h.valid_from, '0001-01-01'), h.valid_to, 1) AS segments
	FROM segment_history h
	WHERE h.customer_id IS NOT NULL AND h.segment IS NOT NULL AND h.valid_from IS NOT NULL
	GROUP BY h.customer_id
), flow AS MATERIALIZED (
	SELECT cvm.segment_flow_agg(h.segments, h.segments, 'month', o.as_of) AS state
	FROM history h
	CROSS JOIN observed o
	WHERE o.as_of IS NOT NULL
)$$, 'NULL::numeric(18,2)', 'NULL::numeric(18,2)') s;

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('segment_scorecard', 1, '{subscription,segment_history,segment_target}', $$
SELECT k.segment || '|' || k.month_label || '|' || t.metric AS row_key,
	k.segment,
	k.month,
	k.month_label,
	t.metric,
	k.owner,
	v.value,
	t.target,
	v.value - t.target AS variance,
	v.value / nullif(t.target, 0) AS attainment,
	CASE WHEN v.better = 'lower' THEN v.value <= t.target ELSE v.value >= t.target END AS is_met,
	k.is_complete,
	k.as_of
FROM segment_kpi k
JOIN (
	SELECT t.segment, date_trunc('month', t.month::timestamp)::date AS month, t.metric, max(t.target) AS target
	FROM segment_target t
	WHERE t.metric IS NOT NULL
	GROUP BY 1, 2, 3) t ON t.segment = k.segment AND t.month = k.month
LEFT JOIN LATERAL (VALUES
	('opening_customers', 'higher', k.opening_customers::double precision),
	('new_customers', 'higher', k.new_customers),
	('winback_customers', 'higher', k.winback_customers),
	('closing_customers', 'higher', k.closing_customers),
	('new_mrr', 'higher', k.new_mrr),
	('expansion_mrr', 'higher', k.expansion_mrr),
	('closing_mrr', 'higher', k.closing_mrr),
	('arpu', 'higher', k.arpu),
	('ampu', 'higher', k.ampu),
	('churn_rate', 'lower', k.churn_rate),
	('gross_revenue_retention_rate', 'higher', k.gross_revenue_retention_rate),
	('net_revenue_retention_rate', 'higher', k.net_revenue_retention_rate),
	('products_per_customer', 'higher', k.products_per_customer),
	('multi_product_share', 'higher', k.multi_product_share),
	('average_tenure_days', 'higher', k.average_tenure_days),
	('revenue_share', 'higher', k.revenue_share),
	('base_share', 'higher', k.base_share),
	('allocated_cost', 'lower', k.allocated_cost),
	('margin', 'higher', k.margin)) AS v (metric, better, value) ON v.metric = t.metric$$),

('segment_shift', 1, '{subscription,segment_history}', $$
WITH kpi AS MATERIALIZED (
	SELECT k.segment, k.month, k.month_label, k.owner, k.is_complete, k.as_of, m.metric, m.hits, m.n,
		m.hits / nullif(m.n, 0)::double precision AS rate,
		m.n / nullif(max(m.n) FILTER (WHERE k.segment = '(all)') OVER (PARTITION BY k.month, m.metric), 0)::double precision AS weight
	FROM segment_kpi k
	CROSS JOIN LATERAL (VALUES
		('churn_rate', -k.churned_customers, k.opening_customers),
		('multi_product_share', k.multi_product_customers, k.closing_customers)) AS m (metric, hits, n)
), pair AS (
	SELECT b.segment, b.metric, b.owner, a.month AS from_month, a.month_label AS from_month_label, b.month AS to_month, b.month_label AS to_month_label,
		a.hits AS from_hits, a.n AS from_n, a.rate AS from_rate, coalesce(a.weight, 0) AS from_weight,
		b.hits AS to_hits, b.n AS to_n, b.rate AS to_rate, coalesce(b.weight, 0) AS to_weight,
		a.is_complete AND b.is_complete AS is_complete, b.as_of,
		(coalesce(b.weight, 0) - coalesce(a.weight, 0)) * (coalesce(a.rate, b.rate, 0) + coalesce(b.rate, a.rate, 0)) / 2 AS mix,
		coalesce(b.rate - a.rate, 0) * (coalesce(a.weight, 0) + coalesce(b.weight, 0)) / 2 AS own
	FROM kpi b
	JOIN kpi a ON a.segment = b.segment AND a.metric = b.metric
		AND a.month < b.month AND a.month >= b.month - interval '24 months'
), whole AS (
	SELECT p.*,
		-- as numeric, so that the order of segments makes no difference
		(sum(p.mix::numeric) FILTER (WHERE p.segment <> '(all)') OVER w)::double precision AS all_mix,
		(sum(p.own::numeric) FILTER (WHERE p.segment <> '(all)') OVER w)::double precision AS all_own,
		-- as many looks as there are segments: each has to be surer
		CASE WHEN p.segment = '(all)' THEN {conf}
			ELSE 1 - (1 - {conf}) / greatest(count(*) FILTER (WHERE p.segment <> '(all)' AND p.from_n > 0 AND p.to_n > 0) OVER w, 1) END AS conf
	FROM pair p
	WINDOW w AS (PARTITION BY p.metric, p.from_month, p.to_month)
)
SELECT p.segment || '|' || p.metric || '|' || p.from_month_label || '|' || p.to_month_label AS row_key,
	p.segment,
	p.metric,
	p.from_month,
	p.from_month_label,
	p.to_month,
	p.to_month_label,
	p.owner,
	p.from_n AS from_customers,
	p.to_n AS to_customers,
	p.from_rate,
	p.to_rate,
	CASE WHEN p.is_complete THEN p.to_rate - p.from_rate END AS change,
	CASE WHEN p.is_complete THEN i.conf_low END AS change_low,
	CASE WHEN p.is_complete THEN i.conf_high END AS change_high,
	p.conf,
	CASE WHEN p.is_complete THEN CASE WHEN p.segment = '(all)' THEN p.all_mix ELSE p.mix END END AS mix_effect,
	CASE WHEN p.is_complete THEN CASE WHEN p.segment = '(all)' THEN p.all_own ELSE p.own END END AS rate_effect,
	CASE WHEN NOT p.is_complete OR p.from_n < 30 OR p.to_n < 30 THEN 'immature'
		WHEN i.conf_low > 0 OR i.conf_high < 0 THEN 'shift'
		ELSE 'noise' END AS verdict,
	p.is_complete,
	p.as_of
FROM whole p
CROSS JOIN LATERAL cvm.proportion_difference(p.from_hits, p.from_n, p.to_hits, p.to_n, p.conf) i$$);
