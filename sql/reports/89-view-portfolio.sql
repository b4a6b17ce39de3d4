-- SPDX-License-Identifier: PostgreSQL
-- Report views over what segments hold: how alike it is, what its variety
-- costs, what is not sold yet, and how much there is to choose from.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(164, 'white_space_days', 'count', '180',
		'Days before as_of in which white_space watches how many of those without a product came to buy it.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(208, 'portfolio_overlap',
		'How alike is what two segments hold on the last day: products and offers that both have, and how far apart their mixes '
		'of money are. One row per pair of segments.', 'least(customers, other_customers)'),
	(209, 'segment_complexity',
		'What the variety of a segment costs: products, offers and prices that are live on the last day, those that together bring '
		'the last 5 % of its money, and the size at which it would pay for what it costs by itself.', 'customers'),
	(210, 'white_space',
		'Customers of a segment who do not have a product yet, and what they would bring if as many of them came to buy '
		'it as did of those who were like them white_space_days ago. One row per segment and product.', 'candidate_customers'),
	(211, 'choice_load',
		'How many offers are open to a customer at once: on sale on the last day, not for new customers alone, of a product that the '
		'customer has neither by itself nor in a bundle. One row per segment.', 'customers');

-- What was counted by segment, and all of it together
@define with_all counts
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), ({counts}.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
@end

-- What is paid for on the last day, and in which segment
@define portfolio_placed
WITH {observed}, {rates}line AS (
	SELECT s.customer_id, s.product, s.offer, {price}{rate} AS mrr
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of AND s.ended_on > s.started_on, true) AND {price} > 0
		AND coalesce({is_paused}, false) IS FALSE
), membership AS (
	SELECT DISTINCT ON (h.customer_id) h.customer_id, h.segment
	FROM {segment_rows} h
	CROSS JOIN observed o
	WHERE h.customer_id IS NOT NULL AND h.segment IS NOT NULL AND coalesce(h.valid_from < o.as_of, true) AND coalesce(h.valid_to >= o.as_of, true)
	ORDER BY h.customer_id, h.valid_from DESC NULLS LAST, h.segment COLLATE "C"
), placed AS {at_customer} (
	SELECT l.*, coalesce(m.segment, '(none)') AS segment
	FROM line l
	LEFT JOIN membership m ON m.customer_id = l.customer_id
)
@end
-- Lines that are alike, and customers, by segment
@define portfolio_counted
, cell AS MATERIALIZED (
	SELECT p.segment, p.product, p.offer, p.mrr AS price, count(*) AS lines, sum(p.mrr) AS mrr FROM placed p GROUP BY p.segment, p.product, p.offer, p.mrr
), base AS MATERIALIZED (
	SELECT c.segment, count(*) AS customers FROM (SELECT p.customer_id, p.segment FROM placed p GROUP BY p.customer_id, p.segment) c GROUP BY c.segment
)
@end

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('portfolio_overlap', 1, '{subscription,segment_history}', $$
@use portfolio_placed
@use portfolio_counted
, whole AS MATERIALIZED (
	SELECT c.segment, b.customers, sum(c.mrr) AS mrr, count(DISTINCT c.product) AS products, count(DISTINCT c.offer) AS offers
	FROM cell c
	JOIN base b ON b.segment = c.segment
	GROUP BY c.segment, b.customers
), pair AS (
	SELECT a.segment, b.segment AS other_segment, a.customers, b.customers AS other_customers, a.products, b.products AS other_products, a.offers,
		b.offers AS other_offers
	FROM whole a
	JOIN whole b ON b.segment COLLATE "C" > a.segment COLLATE "C"
), share AS MATERIALIZED (
	SELECT c.segment, c.product, sum(c.mrr) / max(w.mrr) AS share
	FROM cell c
	JOIN whole w ON w.segment = c.segment
	GROUP BY c.segment, c.product
), offered AS (
	SELECT DISTINCT c.segment, c.offer FROM cell c WHERE c.offer IS NOT NULL
), shared AS MATERIALIZED (
	-- 1 less what both have is half of what they differ by
	SELECT a.segment, b.segment AS other_segment, count(*) AS products, sum(least(a.share, b.share)) AS overlap
	FROM share a
	JOIN share b ON b.product = a.product AND b.segment COLLATE "C" > a.segment COLLATE "C"
	GROUP BY a.segment, b.segment
), shared_offer AS MATERIALIZED (
	SELECT a.segment, b.segment AS other_segment, count(*) AS offers
	FROM offered a
	JOIN offered b ON b.offer = a.offer AND b.segment COLLATE "C" > a.segment COLLATE "C"
	GROUP BY a.segment, b.segment
)
SELECT cvm.row_key(p.segment, p.other_segment) AS row_key,
	p.segment,
	p.other_segment,
	p.customers,
	p.other_customers,
	p.products,
	p.other_products,
	coalesce(s.products, 0) AS shared_products,
	coalesce(s.products, 0) / (p.products + p.other_products - coalesce(s.products, 0))::float8 AS product_jaccard,
	p.offers,
	p.other_offers,
	coalesce(f.offers, 0) AS shared_offers,
	coalesce(f.offers, 0) / nullif(p.offers + p.other_offers - coalesce(f.offers, 0), 0)::float8 AS offer_jaccard,
	(1 - coalesce(s.overlap, 0))::float8 AS mix_distance,
	o.as_of
FROM pair p
CROSS JOIN observed o
LEFT JOIN shared s ON s.segment = p.segment AND s.other_segment = p.other_segment
LEFT JOIN shared_offer f ON f.segment = p.segment AND f.other_segment = p.other_segment$$),
('segment_complexity', 1, '{subscription,segment_history}', $$
@use portfolio_placed
@use portfolio_counted
, variant AS (
	SELECT x.segment, c.product, coalesce(c.offer, '(none)') AS offer, c.price, o.as_of, sum(c.lines)::bigint AS lines, sum(c.mrr) AS mrr
	FROM cell c
	CROSS JOIN observed o
@use with_all c
	GROUP BY x.segment, c.product, coalesce(c.offer, '(none)'), c.price, o.as_of
), ranked AS (
	-- from the smallest on: what all up to this one bring
	SELECT v.*, sum(v.mrr) OVER w AS up_to, sum(v.mrr) OVER (PARTITION BY v.segment) AS whole
	FROM variant v
	WINDOW w AS (PARTITION BY v.segment ORDER BY v.mrr, v.product, v.offer, v.price ROWS UNBOUNDED PRECEDING)
), counted AS MATERIALIZED (
	SELECT r.segment, r.as_of, count(*) AS variants, count(DISTINCT r.product) AS products, count(*) FILTER (WHERE r.up_to <= r.whole * 0.05) AS tail_variants,
		coalesce(sum(r.mrr) FILTER (WHERE r.up_to <= r.whole * 0.05), 0) AS tail_mrr, sum(r.mrr) AS mrr, sum(r.lines)::bigint AS lines,
		CASE WHEN bool_and(l.unit_margin IS NOT NULL) THEN sum(r.lines * (l.unit_margin + coalesce(r.price - l.list_price, 0))) END AS margin
	FROM ranked r
	LEFT JOIN (SELECT k.product, max(k.unit_margin) AS unit_margin, max(k.list_price) AS list_price FROM {product_rows} k
		GROUP BY k.product) l ON l.product = r.product
	GROUP BY r.segment, r.as_of
), customer AS (
	SELECT x.segment, sum(b.customers)::bigint AS customers
	FROM base b
@use with_all b
	GROUP BY x.segment
), spent AS MATERIALIZED (
	-- what the segment costs by itself, a month: pools of its name
	SELECT t.name, avg(t.amount) AS amount, sum(t.amount) AS whole, count(*) AS months
	FROM (
		SELECT lower(c.pool) AS name, date_trunc('month', c.month::timestamp) AS month, sum(c.amount) AS amount
		FROM {cost_rows} c
		CROSS JOIN observed o
		WHERE c.month < o.as_of AND c.month >= (o.as_of - {channel_months} * interval '1 month')::date
		GROUP BY lower(c.pool), date_trunc('month', c.month::timestamp)) t
	GROUP BY t.name
)
SELECT cvm.row_key(c.segment) AS row_key,
	c.segment,
	b.customers,
	c.lines,
	c.products,
	c.variants,
	c.lines / c.variants::float8 AS lines_per_variant,
	c.tail_variants,
	c.tail_variants / c.variants::float8 AS tail_share,
	c.tail_mrr,
	c.mrr,
	c.margin,
	s.amount AS own_cost,
	(s.amount / nullif(c.margin, 0))::float8 AS own_cost_share,
	-- a mean that was rounded would make 53 customers 54
	CASE WHEN c.margin > 0 THEN ceil(s.whole * b.customers / (c.margin * s.months))::bigint END AS break_even_size,
	b.customers >= CASE WHEN c.margin > 0 THEN ceil(s.whole * b.customers / (c.margin * s.months)) END AS pays_for_itself,
	{currency} AS currency,
	c.as_of
FROM counted c
JOIN customer b ON b.segment = c.segment
LEFT JOIN spent s ON s.name = lower(c.segment)$$);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('white_space_found', 1, '{}', $$
WITH {observed}, {rates}bundled AS MATERIALIZED (
	SELECT b.bundle, array_agg(DISTINCT b.product) AS parts FROM {bundle_rows} b GROUP BY b.bundle
), line AS {at_customer} (
	-- who has a bundle has its parts
	SELECT s.customer_id, u.product, s.started_on, coalesce(s.ended_on, 'infinity') AS ended_on, CASE WHEN u.n = 1 THEN {price}{rate} END AS mrr,
		u.n = 1 AS is_sold
	FROM subscription s
	LEFT JOIN bundled b ON b.bundle = s.product
	CROSS JOIN LATERAL unnest(s.product || b.parts) WITH ORDINALITY AS u (product, n)
	WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND coalesce(s.ended_on > s.started_on, true) AND {price} > 0
), holding AS {at_customer} (
	-- of each product of a customer: held now, held then, and begun since
	SELECT l.customer_id, l.product, bool_or(l.started_on < o.as_of AND l.ended_on >= o.as_of) AS is_now,
		bool_or(l.started_on < d.day AND l.ended_on >= d.day) AS was_then, bool_or(l.is_sold AND l.started_on >= d.day AND l.started_on < o.as_of) AS is_begun
	FROM line l
	CROSS JOIN observed o
	CROSS JOIN LATERAL (SELECT o.as_of - {white_space_days} AS day) d
	GROUP BY l.customer_id, l.product
), owned AS (
	SELECT h.*, bool_or(h.is_now) OVER c AS pays, bool_or(h.was_then) OVER c AS paid, row_number() OVER c = 1 AS is_first
	FROM holding h
	WINDOW c AS (PARTITION BY h.customer_id)
), membership AS (
	SELECT DISTINCT ON (h.customer_id, d.is_now) h.customer_id, d.is_now, h.segment
	FROM {segment_rows} h
	CROSS JOIN observed o
	CROSS JOIN LATERAL (VALUES (o.as_of, true), (o.as_of - {white_space_days}, false)) AS d (day, is_now)
	WHERE h.customer_id IS NOT NULL AND h.segment IS NOT NULL AND coalesce(h.valid_from < d.day, true) AND coalesce(h.valid_to >= d.day, true)
	ORDER BY h.customer_id, d.is_now, h.valid_from DESC NULLS LAST, h.segment COLLATE "C"
), placed AS {at_customer} (
	-- who pays now, and who paid then: a row for each of their products, the first of which stands for the customer
	SELECT w.customer_id, w.product, w.is_first, d.is_now, CASE WHEN d.is_now THEN w.is_now ELSE w.was_then END AS has_it,
		NOT d.is_now AND w.is_begun AND NOT w.was_then AS has_come, coalesce(m.segment, '(none)') AS segment
	FROM owned w
	CROSS JOIN (VALUES (true), (false)) AS d (is_now)
	LEFT JOIN membership m ON m.customer_id = w.customer_id AND m.is_now = d.is_now
	WHERE CASE WHEN d.is_now THEN w.pays ELSE w.paid END
)
$$);

-- The same counted by segment and product, and of those who pay for whatever it is (product NULL): Citus counts customer by
-- customer, others in one pass
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('white_space_cells', 1, '{distributed subscription}', $$
{white_space_found}
, cell AS MATERIALIZED (
	-- who had none of it then and began it since has come to buy it
	SELECT p.segment, p.product, count(*) FILTER (WHERE p.is_now AND p.has_it) AS holders, count(*) FILTER (WHERE NOT p.is_now AND p.has_it) AS before,
		count(*) FILTER (WHERE p.has_come) AS buyers
	FROM placed p
	WHERE p.product IS NOT NULL
	GROUP BY p.segment, p.product
	UNION ALL
	SELECT p.segment, NULL, count(*) FILTER (WHERE p.is_now), count(*) FILTER (WHERE NOT p.is_now), 0
	FROM placed p
	WHERE p.is_first
	GROUP BY p.segment
)
$$),
('white_space_cells', 9, '{}', $$
WITH {observed}, {rates}cell AS MATERIALIZED (
	SELECT c.*
	FROM (
		SELECT cvm._white_space_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.price, r.bundle, r.segment,
			(SELECT o.as_of FROM observed o), ARRAY[{white_space_days}]) AS cells
		FROM (
			SELECT s.customer_id, s.product, greatest(s.started_on, CASE WHEN s.started_on IS NOT NULL THEN date '4714-11-24 BC' END) AS started_on,
				s.ended_on, {price} AS price, NULL::text AS bundle, NULL::text AS segment
			FROM subscription s
			UNION ALL
			-- who has a bundle has its parts
			SELECT s.customer_id, b.product, greatest(s.started_on, CASE WHEN s.started_on IS NOT NULL THEN date '4714-11-24 BC' END), s.ended_on, {price},
				b.bundle, NULL
			FROM subscription s
			JOIN {bundle_rows} b ON b.bundle = s.product
			UNION ALL
			SELECT h.customer_id, NULL, h.valid_from, h.valid_to, NULL, NULL, h.segment
			FROM {segment_rows} h) r) f
	CROSS JOIN LATERAL cvm._white_space_cells(f.cells) c
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('white_space', 1, '{subscription}', $$
{white_space_cells}
, whole AS MATERIALIZED (
	SELECT x.segment, sum(s.holders)::bigint AS customers, sum(s.before)::bigint AS before
	FROM cell s
@use with_all s
	WHERE s.product IS NULL
	GROUP BY x.segment
), sellable AS MATERIALIZED (
	-- what was sold in that time, by its price then
	SELECT s.product, avg({price}{rate}) AS price
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND coalesce(s.ended_on > s.started_on, true) AND {price} > 0
		AND s.started_on > o.as_of - 1 - {white_space_days} AND s.started_on < o.as_of
	GROUP BY s.product
), held AS MATERIALIZED (
	SELECT x.segment, s.product, sum(s.holders)::bigint AS holders, sum(s.before)::bigint AS before, sum(s.buyers)::bigint AS buyers
	FROM cell s
@use with_all s
	WHERE s.product IS NOT NULL
	GROUP BY x.segment, s.product
), told AS (
	SELECT w.segment, s.product, s.price, o.as_of, w.customers, coalesce(h.holders, 0) AS holders, w.customers - coalesce(h.holders, 0) AS candidates,
		w.before - coalesce(h.before, 0) AS watched, coalesce(h.buyers, 0) AS buyers
	FROM whole w
	CROSS JOIN sellable s
	CROSS JOIN observed o
	LEFT JOIN held h ON h.segment = w.segment AND h.product = s.product
)
SELECT cvm.row_key(t.segment, t.product) AS row_key,
	t.segment,
	t.product,
	t.holders AS holder_customers,
	t.holders / nullif(t.customers, 0)::float8 AS penetration,
	t.candidates AS candidate_customers,
	t.watched AS watched_customers,
	t.buyers AS converted_customers,
	t.buyers / nullif(t.watched, 0)::float8 AS conversion_rate,
	i.conf_low,
	i.conf_high,
	t.candidates * (t.buyers / nullif(t.watched, 0)::float8) AS expected_sales,
	t.price AS mean_price,
	(t.candidates * t.buyers)::numeric * t.price / nullif(t.watched, 0) AS expected_mrr,
	(t.candidates * t.buyers)::numeric * l.unit_margin / nullif(t.watched, 0) AS expected_margin,
	{white_space_days} AS white_space_days,
	{currency} AS currency,
	t.as_of
FROM told t
LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin FROM {product_rows} r GROUP BY r.product) l ON l.product = t.product
CROSS JOIN LATERAL cvm.proportion_interval(t.buyers, t.watched, {conf}) i$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('portfolio_overlap', 1, $$
@use portfolio_placed
SELECT w.row_key, p.customer_id, CASE WHEN p.segment = w.segment THEN 1 ELSE 0 END AS customers,
	CASE WHEN p.segment = w.other_segment THEN 1 ELSE 0 END AS other_customers,
	NULL::numeric AS mrr_before, sum(p.mrr) AS mrr_after, string_agg(p.product, ', ' ORDER BY p.product) AS detail
FROM placed p
JOIN wanted w ON p.segment IN (w.segment, w.other_segment)
GROUP BY w.row_key, p.customer_id, p.segment, w.segment, w.other_segment$$),
('segment_complexity', 1, $$
@use portfolio_placed
SELECT w.row_key, p.customer_id, 1 AS customers, sum(p.mrr) AS mrr, NULL::numeric AS mrr_before, sum(p.mrr) AS mrr_after,
	string_agg(p.product, ', ' ORDER BY p.product) AS detail
FROM placed p
JOIN wanted w ON w.segment IN (p.segment, '(all)')
GROUP BY w.row_key, p.customer_id$$),
('white_space', 1, $$
{white_space_found}
SELECT w.row_key, p.customer_id,
	max(CASE WHEN p.is_now AND h.is_now THEN 1 ELSE 0 END) AS holder_customers,
	max(CASE WHEN p.is_now AND h.is_now IS NOT TRUE THEN 1 ELSE 0 END) AS candidate_customers,
	max(CASE WHEN NOT p.is_now AND h.was_then IS NOT TRUE THEN 1 ELSE 0 END) AS watched_customers,
	max(CASE WHEN NOT p.is_now AND h.is_begun AND NOT h.was_then THEN 1 ELSE 0 END) AS converted_customers,
	NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	CASE WHEN bool_or(p.is_now AND h.is_now IS NOT TRUE) THEN 'does not have it' ELSE 'has it, or does not pay any more' END AS detail
FROM placed p
JOIN wanted w ON w.segment IN ('(all)', p.segment)
LEFT JOIN holding h ON h.customer_id = p.customer_id AND h.product = w.product
WHERE p.is_first
GROUP BY w.row_key, p.customer_id$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('segment_complexity', 1, 'mrr', 'sum', NULL),
	('segment_complexity', 2, 'margin', 'sum', NULL);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('portfolio_overlap', 1, 'row_key', 'text', 'key', 'segment|other_segment', false, 'One value per row.'),
	('portfolio_overlap', 2, 'segment', 'text', 'name', 'segment held on the last day', false,
		'The segment that comes first by name; "(none)" those who were in no segment.'),
	('portfolio_overlap', 3, 'other_segment', 'text', 'name', 'segment held on the last day', false, 'The other one.'),
	('portfolio_overlap', 4, 'customers', 'bigint', 'customers', 'count of those who pay on the last day', false,
		'Customers of segment.'),
	('portfolio_overlap', 5, 'other_customers', 'bigint', 'customers', 'likewise', false, 'Customers of other_segment.'),
	('portfolio_overlap', 6, 'products', 'bigint', 'products', 'distinct products paid for', false, 'Products of segment.'),
	('portfolio_overlap', 7, 'other_products', 'bigint', 'products', 'likewise', false, 'Products of other_segment.'),
	('portfolio_overlap', 8, 'shared_products', 'bigint', 'products', 'products of both', false, 'Products that both have.'),
	('portfolio_overlap', 9, 'product_jaccard', 'double precision', 'fraction 0..1',
		'shared_products / products of either', false, 'How alike they are in what is sold: 1 is the same.'),
	('portfolio_overlap', 10, 'offers', 'bigint', 'offers', 'distinct offers of the lines', false, 'Offers of segment.'),
	('portfolio_overlap', 11, 'other_offers', 'bigint', 'offers', 'likewise', false, 'Offers of other_segment.'),
	('portfolio_overlap', 12, 'shared_offers', 'bigint', 'offers', 'offers of both', false, 'Offers that both have.'),
	('portfolio_overlap', 13, 'offer_jaccard', 'double precision', 'fraction 0..1', 'shared_offers / offers of either',
		false, 'How alike they are in offers; NULL where neither has any.'),
	('portfolio_overlap', 14, 'mix_distance', 'double precision', 'fraction 0..1',
		'half the sum over products of the difference of their shares of MRR', false,
		'How far apart the mixes are: 0 is the same, 1 nothing in common.'),
	('portfolio_overlap', 15, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('segment_complexity', 1, 'row_key', 'text', 'key', 'segment', false, 'One value per row.'),
	('segment_complexity', 2, 'segment', 'text', 'name', 'segment held on the last day', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('segment_complexity', 3, 'customers', 'bigint', 'customers', 'count of those who pay on the last day', true,
		'Customers of the segment.'),
	('segment_complexity', 4, 'lines', 'bigint', 'lines', 'lines paid for on the last day', true, 'Their lines.'),
	('segment_complexity', 5, 'products', 'bigint', 'products', 'distinct products', false, 'Products that they have.'),
	('segment_complexity', 6, 'variants', 'bigint', 'variants', 'distinct product, offer and price', false,
		'Variants that are live.'),
	('segment_complexity', 7, 'lines_per_variant', 'double precision', 'lines', 'lines / variants', false,
		'How many lines a variant carries.'),
	('segment_complexity', 8, 'tail_variants', 'bigint', 'variants',
		'variants, the smallest first, that bring no more than 5 % of mrr together', false, 'Variants of the tail.'),
	('segment_complexity', 9, 'tail_share', 'double precision', 'fraction 0..1', 'tail_variants / variants', false,
		'Share of the variants that bring next to nothing.'),
	('segment_complexity', 10, 'tail_mrr', 'numeric(28,2)', 'money a month', 'sum of what they bring', false,
		'What the tail brings. Each segment has one of its own: they do not make that of "(all)".'),
	('segment_complexity', 11, 'mrr', 'numeric(28,2)', 'money a month', 'sum of what all lines bring', true,
		'What the segment brings.'),
	('segment_complexity', 12, 'margin', 'numeric(28,2)', 'money a month', 'sum of unit_margin + price - list_price', true,
		'What it earns; NULL where unit_margin of something is not known.'),
	('segment_complexity', 13, 'own_cost', 'numeric(28,2)', 'money a month',
		'mean cost a month of the pool of the segment''s name in the last channel_months', false,
		'What the segment costs by itself; NULL where nobody says. Not shared out: segments do not make a total.'),
	('segment_complexity', 14, 'own_cost_share', 'double precision', 'fraction', 'own_cost / margin', false,
		'Which part of its margin that takes.'),
	('segment_complexity', 15, 'break_even_size', 'bigint', 'customers (estimate)', 'own_cost / (margin / customers), rounded up',
		false, 'Customers from whom on the segment pays for itself.'),
	('segment_complexity', 16, 'pays_for_itself', 'boolean', 'true or false', 'customers >= break_even_size', false,
		'Does it?'),
	('segment_complexity', 17, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('segment_complexity', 18, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('white_space', 1, 'row_key', 'text', 'key', 'segment|product', false, 'One value per row.'),
	('white_space', 2, 'segment', 'text', 'name', 'segment held on the last day, of those watched on their first', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('white_space', 3, 'product', 'text', 'name', 'products with a line that began in white_space_days', false,
		'A product that is being sold.'),
	('white_space', 4, 'holder_customers', 'bigint', 'customers', 'customers who pay for it, or for a bundle with it', true,
		'Customers who have it.'),
	('white_space', 5, 'penetration', 'double precision', 'fraction 0..1', 'holder_customers / customers who pay', false,
		'Their share.'),
	('white_space', 6, 'candidate_customers', 'bigint', 'customers', 'customers who pay for other things only', true,
		'Customers who do not have it.'),
	('white_space', 7, 'watched_customers', 'bigint', 'customers', 'candidates as of white_space_days ago', true,
		'Customers who did not have it then.'),
	('white_space', 8, 'converted_customers', 'bigint', 'customers', 'those who began a line of it since', true,
		'Of these, who came to buy it.'),
	('white_space', 9, 'conversion_rate', 'double precision', 'fraction 0..1', 'converted_customers / watched_customers',
		false, 'Their share.'),
	('white_space', 10, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of conversion_rate', false,
		'Lower end of the interval.'),
	('white_space', 11, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of conversion_rate', false,
		'Upper end of the interval.'),
	('white_space', 12, 'expected_sales', 'double precision', 'sales (estimate)', 'candidate_customers * conversion_rate', false,
		'How many would buy in as many days.'),
	('white_space', 13, 'mean_price', 'numeric(28,2)', 'money a month', 'mean of the lines that began in that time', false,
		'What it is sold for.'),
	('white_space', 14, 'expected_mrr', 'numeric(28,2)', 'money a month (estimate)', 'expected_sales * mean_price', false,
		'What they would bring a month. Each segment at its own rate: they do not make that of "(all)".'),
	('white_space', 15, 'expected_margin', 'numeric(28,2)', 'money a month (estimate)', 'expected_sales * unit_margin', false,
		'What they would earn, segments as with expected_mrr; NULL where the margin is not known.'),
	('white_space', 16, 'white_space_days', 'integer', 'days', 'setting of the model', false,
		'Days that those were watched.'),
	('white_space', 17, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('white_space', 18, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');

-- What is open to whom
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('choices', 1, '{}', $$
@use portfolio_placed
, {bundle_parts}, {offers_beaten}, open_offer AS MATERIALIZED (
	-- an offer is one, in however many channels; nobody should take it where something beats it in all of them
	SELECT f.product, count(*) AS offers, count(*) FILTER (WHERE f.is_dominated) AS dominated
	FROM (
		SELECT a.offer, a.product, bool_and(b.offer IS NOT NULL) AS is_dominated
		FROM sale a
		LEFT JOIN beaten b ON b.offer = a.offer AND b.product = a.product AND b.channel IS NOT DISTINCT FROM a.channel
		WHERE NOT a.is_new
		GROUP BY a.offer, a.product) f
	GROUP BY f.product
), all_offers AS MATERIALIZED (
	SELECT coalesce(sum(f.offers), 0)::bigint AS offers, coalesce(sum(f.dominated), 0)::bigint AS dominated FROM open_offer f
), choice AS {at_customer} (
	SELECT h.customer_id, h.segment, h.mrr, w.offers - coalesce(h.offers, 0) AS offers, w.dominated - coalesce(h.dominated, 0) AS dominated
	FROM (
		SELECT p.customer_id, p.segment, sum(p.mrr) AS mrr, sum(f.offers) AS offers, sum(f.dominated) AS dominated
		FROM (
			SELECT g.customer_id, g.segment, g.product, sum(g.mrr) AS mrr
			FROM (
				SELECT p.customer_id, p.segment, p.product, p.mrr FROM placed p
				UNION ALL
				SELECT p.customer_id, p.segment, b.product, 0 FROM placed p JOIN bundle b ON b.bundle = p.product) g
			GROUP BY g.customer_id, g.segment, g.product) p
		LEFT JOIN open_offer f ON f.product = p.product
		GROUP BY p.customer_id, p.segment) h
	CROSS JOIN all_offers w
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('choice_load', 1, '{subscription,offer,offer.product,offer.price}', $$
{choices}
, alike AS MATERIALIZED (
	SELECT c.segment, c.offers, c.dominated, count(*) AS customers FROM choice c GROUP BY c.segment, c.offers, c.dominated
), spread AS (
	SELECT x.segment, c.offers, sum(c.customers) AS customers, sum(c.dominated * c.customers) AS dominated
	FROM alike c
@use with_all c
	GROUP BY x.segment, c.offers
), ranked AS (
	SELECT s.*, sum(s.customers) OVER (PARTITION BY s.segment ORDER BY s.offers) AS up_to, sum(s.customers) OVER (PARTITION BY s.segment) AS whole
	FROM spread s
), loaded AS (
	SELECT r.segment, sum(r.customers)::bigint AS customers, coalesce(sum(r.customers) FILTER (WHERE r.offers > 0), 0)::bigint AS eligible,
		sum(r.offers * r.customers)::bigint AS open_offers, min(r.offers) FILTER (WHERE 2 * r.up_to >= r.whole)::bigint AS median,
		min(r.offers) FILTER (WHERE 10 * r.up_to >= 9 * r.whole)::bigint AS p90, max(r.offers)::bigint AS most, sum(r.dominated)::bigint AS dominated
	FROM ranked r
	GROUP BY r.segment
)
SELECT cvm.row_key(l.segment) AS row_key,
	l.segment,
	l.customers,
	w.offers AS offers_on_sale,
	l.eligible AS eligible_customers,
	l.open_offers,
	l.open_offers / l.customers::float8 AS average_offers,
	l.median AS median_offers,
	l.p90 AS p90_offers,
	l.most AS most_offers,
	l.dominated AS dominated_offers,
	l.dominated / nullif(l.open_offers, 0)::float8 AS dominated_share,
	o.as_of
FROM loaded l
CROSS JOIN all_offers w
CROSS JOIN observed o$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('choice_load', 1, $$
{choices}
SELECT w.row_key, c.customer_id, 1 AS customers, CASE WHEN c.offers > 0 THEN 1 ELSE 0 END AS eligible_customers,
	NULL::numeric AS mrr_before, c.mrr AS mrr_after, c.offers || ' offers' AS detail
FROM (
	SELECT x.segment, c.customer_id, c.offers, c.mrr
	FROM choice c
@use with_all c
) c
JOIN wanted w ON w.segment = c.segment$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('choice_load', 1, 'row_key', 'text', 'key', 'segment', false, 'One value per row.'),
	('choice_load', 2, 'segment', 'text', 'name', 'segment_history.segment', false,
		'Segment on the last day; "(all)" is everybody, "(none)" those in none.'),
	('choice_load', 3, 'customers', 'bigint', 'customers', 'customers who pay on the last day', true, 'Customers who pay.'),
	('choice_load', 4, 'offers_on_sale', 'bigint', 'offers',
		'offers with a product and a price, on sale on the last day, not for new customers alone', false,
		'Offers that existing customers may have, of each product one; in however many channels.'),
	('choice_load', 5, 'eligible_customers', 'bigint', 'customers', 'customers with an open offer', true, 'To whom at least one is open.'),
	('choice_load', 6, 'open_offers', 'bigint', 'offers and customers',
		'for each customer the offers on sale whose product is neither held nor part of a bundle that is', true,
		'Offers that are open, counted for each customer.'),
	('choice_load', 7, 'average_offers', 'double precision', 'offers per customer', 'open_offers / customers', false,
		'Among how many a customer chooses.'),
	('choice_load', 8, 'median_offers', 'bigint', 'offers', 'least number that half of the customers do not pass', false,
		'Half of the customers have as many or fewer to choose from.'),
	('choice_load', 9, 'p90_offers', 'bigint', 'offers', 'least number that nine of ten customers do not pass', false,
		'Nine of ten customers have as many or fewer.'),
	('choice_load', 10, 'most_offers', 'bigint', 'offers', 'greatest number', false, 'The most that are open to one customer.'),
	('choice_load', 11, 'dominated_offers', 'bigint', 'offers and customers', 'open_offers that dominated_offer names in each of their channels',
		true, 'Of the open ones, those that nobody should take.'),
	('choice_load', 12, 'dominated_share', 'double precision', 'fraction 0..1', 'dominated_offers / open_offers', false,
		'Share of the choice that is none.'),
	('choice_load', 13, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
