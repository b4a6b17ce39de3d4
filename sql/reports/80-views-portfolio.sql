-- SPDX-License-Identifier: PostgreSQL
-- Report views over owners, concentration and the flavor of an organisation.

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('owned_until', 1, '{subscription}', $$
observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s), '0001-01-01') AS as_of
)
$$),
('owned_until', 9, '{}', $$
observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT greatest(
			max(w.valid_from) FILTER (WHERE w.valid_from <= cvm.day_of(now(), {time_zone})),
			max(w.valid_to) FILTER (WHERE w.valid_to <= cvm.day_of(now(), {time_zone}))) + 1
		FROM owner w)) AS as_of
)
$$),
('sold_products', 1, '{subscription}', $$
sold AS (
	SELECT s.product, min(s.started_on) AS sold_from FROM subscription s GROUP BY s.product
)
$$),
('sold_products', 9, '{}', $$
sold AS (
	SELECT NULL::text AS product, NULL::date AS sold_from WHERE false
)
$$),
('listed_products', 1, '{product}', $$
listed AS (
	SELECT p.product, min(p.launched_on) AS launched_on FROM product p GROUP BY p.product
)
$$),
('listed_products', 9, '{}', $$
listed AS (
	SELECT NULL::text AS product, NULL::date AS launched_on WHERE false
)
$$),
('peopled_segments', 1, '{segment_history}', $$
peopled AS (
	SELECT h.segment, min(h.valid_from) AS valid_from, max(coalesce(h.valid_to, 'infinity')) AS valid_to
	FROM segment_history h
	WHERE h.segment IS NOT NULL
	GROUP BY h.segment
)
$$),
('peopled_segments', 9, '{}', $$
peopled AS (
	SELECT NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to WHERE false
)
$$);

-- Who has to be owned, when, and who owned it
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('owned_subjects', 1, '{}', $$
{owned_until}, {sold_products}, {listed_products}, {peopled_segments},
answered AS (
	SELECT lower(w.subject_kind) AS subject_kind, w.subject, w.owner,
		daterange(w.valid_from, w.valid_to) AS days
	FROM owner w
	WHERE coalesce(w.accountable, true) AND w.subject IS NOT NULL AND w.subject_kind IS NOT NULL AND w.owner IS NOT NULL
		AND coalesce(w.valid_from < w.valid_to, true)
), named AS (
	SELECT a.subject_kind, a.subject, min(lower(a.days)) AS valid_from
	FROM answered a
	GROUP BY a.subject_kind, a.subject
), subject AS MATERIALIZED (
	SELECT u.subject_kind, u.subject,
		daterange(least(coalesce(u.valid_from, o.as_of - 1), o.as_of), least(u.valid_to, o.as_of)) AS days
	FROM observed o
	CROSS JOIN (
		-- what always was is to be owned since anything was sold
		SELECT 'segment' AS subject_kind, p.segment AS subject,
			CASE WHEN isfinite(p.valid_from) AND p.valid_from <> '0001-01-01' THEN p.valid_from ELSE (SELECT min(d.sold_from) FROM sold d) END AS valid_from, p.valid_to
		FROM peopled p
		UNION ALL
		SELECT 'product', coalesce(s.product, l.product), coalesce(l.launched_on, s.sold_from, n.valid_from), 'infinity'
		FROM sold s
		FULL JOIN listed l ON l.product = s.product
		LEFT JOIN named n ON n.subject_kind = 'product' AND n.subject = coalesce(s.product, l.product)
		WHERE coalesce(s.product, l.product) IS NOT NULL
		UNION ALL
		SELECT n.subject_kind, n.subject, n.valid_from, 'infinity'
		FROM named n
		WHERE NOT EXISTS (SELECT 1 FROM peopled p WHERE n.subject_kind = 'segment' AND p.segment = n.subject)
			AND NOT EXISTS (SELECT 1 FROM sold s WHERE n.subject_kind = 'product' AND s.product = n.subject)
			AND NOT EXISTS (SELECT 1 FROM listed l WHERE n.subject_kind = 'product' AND l.product = n.subject)) u
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('owner_gap', 1, '{owner}', $$
WITH
{owned_subjects}
, missing AS (
	SELECT s.subject_kind, s.subject, unnest(datemultirange(s.days) - coalesce(range_agg(a.days), '{}')) AS days
	FROM subject s
	LEFT JOIN answered a ON a.subject_kind = s.subject_kind AND a.subject = s.subject
	GROUP BY s.subject_kind, s.subject, s.days
)
SELECT cvm.row_key(m.subject_kind, m.subject, to_char(lower(m.days)::timestamp, 'YYYY-MM-DD')) AS row_key,
	m.subject_kind,
	m.subject,
	lower(m.days) AS gap_from,
	CASE WHEN upper(m.days) < o.as_of THEN upper(m.days) END AS gap_to,
	upper(m.days) - lower(m.days) AS days,
	upper(m.days) = o.as_of AS is_open,
	o.as_of
FROM missing m
CROSS JOIN observed o$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('owner_conflict', 1, '{owner}', $$
WITH
{owned_subjects}
, ruled AS (
	SELECT a.subject_kind, a.subject, a.owner, range_agg(a.days) AS days
	FROM answered a
	GROUP BY a.subject_kind, a.subject, a.owner
), twice AS (
	SELECT a.subject_kind, a.subject, a.owner, b.owner AS other_owner, unnest(a.days * b.days * datemultirange(daterange(NULL, o.as_of))) AS days
	FROM ruled a
	JOIN ruled b ON b.subject_kind = a.subject_kind AND b.subject = a.subject AND b.owner > a.owner COLLATE "C"
	CROSS JOIN observed o
)
SELECT cvm.row_key(t.subject_kind, t.subject, t.owner, t.other_owner, to_char(lower(t.days)::timestamp, 'YYYY-MM-DD')) AS row_key,
	t.subject_kind,
	t.subject,
	t.owner,
	t.other_owner,
	lower(t.days) AS conflict_from,
	CASE WHEN upper(t.days) < o.as_of THEN upper(t.days) END AS conflict_to,
	upper(t.days) - lower(t.days) AS days,
	upper(t.days) = o.as_of AS is_open,
	o.as_of
FROM twice t
CROSS JOIN observed o$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('owner_stale', 1, '{owner}', $$
WITH
{owned_subjects}
SELECT cvm.row_key(s.subject_kind, s.subject) AS row_key,
	s.subject_kind,
	s.subject,
	l.owner AS last_owner,
	l.ended_on,
	o.as_of - l.ended_on AS days,
	o.as_of
FROM subject s
CROSS JOIN observed o
CROSS JOIN LATERAL (
	SELECT string_agg(DISTINCT a.owner COLLATE "C", ', ' ORDER BY a.owner COLLATE "C") COLLATE "default" AS owner, upper(a.days) AS ended_on
	FROM answered a
	WHERE a.subject_kind = s.subject_kind AND a.subject = s.subject AND upper(a.days) <= o.as_of
	GROUP BY upper(a.days)
	ORDER BY upper(a.days) DESC
	LIMIT 1) l
WHERE NOT isempty(s.days) AND upper(s.days) = o.as_of
	AND NOT EXISTS (SELECT 1 FROM answered a WHERE a.subject_kind = s.subject_kind AND a.subject = s.subject AND a.days @> o.as_of - 1)$$);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- where Citus has the events months are added up where they are: elsewhere days are few
('touched', 1, '{event.product,distributed event}', $$
touch AS MATERIALIZED (
	SELECT date_trunc('month', e.day::timestamp)::date AS month, e.product, count(*)::numeric AS touches
	FROM (
		SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.product
		FROM event e
		WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL) e
	CROSS JOIN observed o
	WHERE e.day < o.as_of
	GROUP BY 1, 2
)
$$),
('touched', 2, '{event.product}', $$
touch AS MATERIALIZED (
	SELECT date_trunc('month', e.day::timestamp)::date AS month, e.product, sum(e.touches) AS touches
	FROM (
		SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.product, count(*) AS touches
		FROM event e
		WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL
		GROUP BY 1, 2) e
	WHERE e.day < (SELECT o.as_of FROM observed o)
	GROUP BY 1, 2
)
$$),
('touched', 9, '{}', $$
touch AS (
	SELECT NULL::date AS month, NULL::text AS product, NULL::bigint AS touches WHERE false
)
$$),
-- of a quarter, by product, and of customers by how many products.
-- Where Citus has the events a quarter of each customer is added up where it lives. Elsewhere
-- days of products are few, and crossed does not carry names from row to row
('contacted', 1, '{event.product,distributed event}', $$
contact AS MATERIALIZED (
	SELECT date_trunc('quarter', e.day::timestamp)::date AS quarter, e.product, count(*)::numeric AS touches
	FROM (
		SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.product
		FROM event e
		WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL) e
	CROSS JOIN observed o
	WHERE e.day < o.as_of
	GROUP BY 1, 2
), crossed AS MATERIALIZED (
	SELECT c.quarter, coalesce(sum(c.touches) FILTER (WHERE c.first < c.last), 0) / sum(c.touches) AS share
	FROM (
		SELECT e.quarter, e.customer_id, count(*) AS touches, min(e.product) AS first, max(e.product) AS last
		FROM (
			SELECT date_trunc('quarter', cvm.day_of(e.occurred_at, {time_zone})::timestamp)::date AS quarter, e.customer_id,
				hashtextextended(e.product, 0) AS product
			FROM event e
			CROSS JOIN observed o
			WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL AND cvm.day_of(e.occurred_at, {time_zone}) < o.as_of) e
		GROUP BY 1, 2) c
	GROUP BY 1
)
$$),
('contacted', 2, '{event.product}', $$
contact AS MATERIALIZED (
	SELECT date_trunc('quarter', e.day::timestamp)::date AS quarter, e.product, sum(e.touches) AS touches
	FROM (
		SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.product, count(*) AS touches
		FROM event e
		WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL
		GROUP BY 1, 2) e
	WHERE e.day < (SELECT o.as_of FROM observed o)
	GROUP BY 1, 2
), crossed AS MATERIALIZED (
	SELECT c.quarter, coalesce(sum(c.touches) FILTER (WHERE c.first < c.last), 0) / sum(c.touches) AS share
	FROM (
		SELECT e.quarter, e.customer_id, count(*) AS touches, min(e.product) AS first, max(e.product) AS last
		FROM (
			SELECT date_trunc('quarter', e.day::timestamp)::date AS quarter, e.customer_id, e.product
			FROM (
				SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.customer_id, hashtextextended(e.product, 0) AS product
				FROM event e
				WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL
				OFFSET 0) e
			WHERE e.day < (SELECT o.as_of FROM observed o)) e
		GROUP BY 1, 2) c
	GROUP BY 1
)
$$),
('contacted', 9, '{}', $$
contact AS (
	SELECT NULL::date AS quarter, NULL::text AS product, NULL::bigint AS touches WHERE false
), crossed AS (
	SELECT NULL::date AS quarter, NULL::numeric AS share WHERE false
)
$$),
('segment_owned_days', 1, '{owner}', $$
owned_days AS MATERIALIZED (
	-- of a month, those with one accountable owner
	SELECT d.segment, d.period_start, count(*) AS days
	FROM (
		SELECT b.segment, b.period_start, g.n
		FROM bridge b
		CROSS JOIN LATERAL generate_series(0, b.closing_day - b.period_start) AS g (n)
		JOIN owner w ON lower(w.subject_kind) = 'segment' AND w.subject = b.segment AND coalesce(w.accountable, true)
			AND coalesce(w.valid_from <= b.period_start + g.n, true) AND coalesce(w.valid_to > b.period_start + g.n, true)
		WHERE b.segment <> '(all)'
		GROUP BY b.segment, b.period_start, g.n
		HAVING count(DISTINCT w.owner) = 1) d
	GROUP BY d.segment, d.period_start
)
$$),
('segment_owned_days', 9, '{}', $$
owned_days AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::bigint AS days WHERE false
)
$$),
('budgeted', 1, '{segment_target}', $$
budget AS MATERIALIZED (
	SELECT DISTINCT t.segment, date_trunc('month', t.month::timestamp)::date AS month
	FROM segment_target t
	WHERE t.target IS NOT NULL
)
$$),
('budgeted', 9, '{}', $$
budget AS (
	SELECT NULL::text AS segment, NULL::date AS month WHERE false
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('concentration', 1, '{subscription,segment_history}', $$
WITH
@use segment_flow 'month' | 1
,
@use segment_bridge
, {touched}, product AS MATERIALIZED (
	SELECT p.* FROM flow f CROSS JOIN LATERAL cvm.segment_products(f.state) p
), item AS (
	SELECT 'revenue by product' AS dimension, p.period_start AS month, p.product AS item, sum(p.mrr) AS value FROM product p GROUP BY 2, 3
	UNION ALL
	SELECT 'customers by product', p.period_start, p.product, sum(p.customers) FROM product p GROUP BY 2, 3
	UNION ALL
	SELECT 'revenue by segment', b.period_start, b.segment, b.closing_mrr FROM bridge b WHERE b.segment <> '(all)'
	UNION ALL
	SELECT 'customers by segment', b.period_start, b.segment, b.closing_customers FROM bridge b WHERE b.segment <> '(all)'
	UNION ALL
	SELECT 'interactions by product', t.month, t.product, sum(t.touches) FROM touch t GROUP BY 2, 3
)
SELECT cvm.row_key(i.dimension, to_char(i.month::timestamp, 'YYYY-MM')) AS row_key,
	i.dimension,
	i.month,
	to_char(i.month::timestamp, 'YYYY-MM') AS month_label,
	c.parts,
	c.total,
	i.top,
	c.top_share,
	c.hhi,
	c.normalised_hhi,
	c.effective_number,
	c.evenness,
	(i.month + interval '1 month')::date <= o.as_of AS is_complete,
	o.as_of
FROM (
	SELECT m.dimension, m.month, array_agg(m.value::numeric) AS items,
		(array_agg(m.item ORDER BY m.value DESC, m.item COLLATE "C"))[1] AS top
	FROM item m
	GROUP BY m.dimension, m.month) i
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.concentration(i.items) c
WHERE c.parts > 0$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('flavor', 1, '{subscription,segment_history}', $$
WITH
@use segment_flow 'month' | 1
,
@use segment_bridge
, {contacted}, {segment_owned}, {segment_owned_days}, {budgeted}, quarter AS (
	-- stocks are those at the quarter's last month end that was seen
	SELECT date_trunc('quarter', b.period_start::timestamp)::date AS quarter, max(b.period_start) AS month,
		(date_trunc('quarter', b.period_start::timestamp) + interval '3 months')::date <= o.as_of AS is_complete, o.as_of
	FROM bridge b
	CROSS JOIN observed o
	WHERE b.segment = '(all)'
	GROUP BY 1, 3, 4
), product AS MATERIALIZED (
	SELECT q.quarter, p.product, sum(p.mrr) AS mrr, sum(p.customers) AS customers
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_products(f.state) p
	JOIN quarter q ON q.month = p.period_start
	GROUP BY 1, 2
), segment_quarter AS (
	-- over the days of the quarter, and how it stands at its end
	SELECT q.quarter, b.segment, sum(b.closing_mrr * b.days) AS mrr, coalesce(sum(b.closing_mrr * d.days) FILTER (WHERE g.segment IS NOT NULL), 0) AS owned_mrr,
		sum(b.days) AS days, coalesce(sum(d.days) FILTER (WHERE g.segment IS NOT NULL), 0) AS owned_days,
		coalesce(sum(b.closing_mrr) FILTER (WHERE b.period_start = q.month), 0) AS closing_mrr,
		max(w.owners) FILTER (WHERE b.period_start = q.month) AS owners, bool_or(g.segment IS NOT NULL AND b.period_start = q.month) AS has_budget
	FROM (SELECT x.*, x.closing_day - x.period_start + 1 AS days FROM bridge x WHERE x.segment <> '(all)') b
	JOIN quarter q ON q.quarter = date_trunc('quarter', b.period_start::timestamp)::date
	LEFT JOIN owned w ON w.segment = b.segment AND w.period_start = b.period_start
	LEFT JOIN owned_days d ON d.segment = b.segment AND d.period_start = b.period_start
	LEFT JOIN budget g ON g.segment = b.segment AND g.month = b.period_start
	GROUP BY q.quarter, b.segment
), owning AS (
	SELECT s.quarter, sum(s.owned_mrr) / nullif(sum(s.mrr), 0) AS share,
		string_agg(s.segment || CASE WHEN coalesce(s.owners, 0) = 0 THEN ' has no owner' WHEN s.owners > 1 THEN ' has ' || s.owners
			|| ' owners' WHEN NOT s.has_budget THEN ' has no budget' ELSE ' had both on ' || s.owned_days || ' of ' || s.days || ' days' END,
			', ' ORDER BY s.closing_mrr DESC, s.segment)
			FILTER (WHERE s.closing_mrr > 0 AND s.owned_days < s.days) AS missing
	FROM segment_quarter s
	GROUP BY s.quarter
), score AS (
	SELECT q.quarter, q.as_of, q.is_complete, r.top, c.top_share::double precision AS top_revenue_share, c.normalised_hhi, c.evenness,
		(r.top_customers / nullif(b.closing_customers, 0)::numeric)::double precision AS top_base_share,
		(b.multi_product_customers / nullif(b.closing_customers, 0)::numeric)::double precision AS multi_product_share,
		(t.top / nullif(t.all_touches, 0))::double precision AS top_interaction_share,
		x.share::double precision AS cross_product_interaction_share,
		coalesce(w.share, 0)::double precision AS owned_revenue_share, w.missing
	FROM quarter q
	JOIN bridge b ON b.segment = '(all)' AND b.period_start = q.month
	JOIN owning w ON w.quarter = q.quarter
	JOIN (
		SELECT p.quarter, array_agg(p.mrr) AS shares,
			(array_agg(p.product ORDER BY p.mrr DESC, p.product COLLATE "C"))[1] AS top,
			(array_agg(p.customers ORDER BY p.mrr DESC, p.product COLLATE "C"))[1] AS top_customers
		FROM product p
		GROUP BY p.quarter) r ON r.quarter = q.quarter
	CROSS JOIN LATERAL cvm.concentration(r.shares) c
	LEFT JOIN LATERAL (
		SELECT sum(t.touches) FILTER (WHERE t.product = r.top) AS top, sum(t.touches) AS all_touches
		FROM contact t
		WHERE t.quarter = q.quarter) t ON true
	LEFT JOIN crossed x ON x.quarter = q.quarter
), judged AS (
	SELECT s.*,
		CASE WHEN s.owned_revenue_share >= 0.8 THEN 'segment-centric'
			WHEN s.top_revenue_share > 0.5 AND s.top_base_share > 0.5 AND coalesce(s.top_interaction_share > 0.5, true) THEN 'product-centric'
			ELSE 'coordinated' END AS flavor
	FROM score s
)
SELECT to_char(j.quarter::timestamp, 'YYYY-"Q"Q') AS row_key,
	j.quarter,
	to_char(j.quarter::timestamp, 'YYYY-"Q"Q') AS quarter_label,
	j.flavor,
	j.top AS top_product,
	j.top_revenue_share,
	j.normalised_hhi,
	j.evenness,
	j.top_base_share,
	j.multi_product_share,
	j.top_interaction_share,
	j.cross_product_interaction_share,
	j.owned_revenue_share,
	CASE j.flavor
		WHEN 'product-centric' THEN format('coordinated: %s alone has %s %% of revenue and %s %% of customers, where half would do', j.top,
			round(100 * j.top_revenue_share::numeric), round(100 * j.top_base_share::numeric))
		WHEN 'coordinated' THEN format('segment-centric: %s %% of revenue lies in segments with one accountable owner and a budget, 80 %% are needed; %s',
			round(100 * j.owned_revenue_share::numeric), coalesce(j.missing, 'nobody owns a segment'))
		END AS next_is_blocked_by,
	j.is_complete,
	j.as_of
FROM judged j$$);
