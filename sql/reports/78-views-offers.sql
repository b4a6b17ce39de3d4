-- SPDX-License-Identifier: PostgreSQL
-- Report views over what is on sale: offers that nobody should take because a
-- better one is open to them, and whether new products made their family grow.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(59, 'dominated_offer',
		'Offers on sale for which a better one is on sale too: the same product for less, or a bundle that includes '
		'it for no more, in the same channel or in every one, and to whoever may have the offer. One row per offer, '
		'product and channel, with the best that beats it and what is paid under it.', 'lines'),
	(49, 'growth_or_migration',
		'Did a new product make its family grow, or did the family move? One row per new product and family, and per '
		'bundle and part: customers of each on the day before the launch and on the last day. A migration share '
		'above 0.8 is migration, not growth; where the whole grew by more than the new product twice over, or no '
		'faster than before the launch, it is not told.', 'greatest(whole_before, whole_after)');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('bundle_parts', 1, '{bundle_component}', $$bundle AS (SELECT DISTINCT c.bundle, c.product FROM bundle_component c)$$),
('bundle_parts', 9, '{}', $$bundle AS (SELECT NULL::text AS bundle, NULL::text AS product WHERE false)$$),
('launch_catalogue', 1, '{product.family}',
	$$catalogue AS (SELECT p.product, max(p.family) AS family, min(p.launched_on) AS launched_on FROM product p GROUP BY p.product)$$),
('launch_catalogue', 9, '{}', $$catalogue AS (SELECT NULL::text AS product, NULL::text AS family, NULL::date AS launched_on WHERE false)$$);

-- What is on sale on the last day, and which of it is beaten by what
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('offers_beaten', 1, '{}', $$sale AS MATERIALIZED (
	SELECT f.offer, f.product, f.channel, min(f.price) AS price, bool_and(coalesce(f.new_customers_only, false)) AS is_new
	FROM offer f
	CROSS JOIN observed o
	WHERE f.offer IS NOT NULL AND f.product IS NOT NULL AND f.price IS NOT NULL
		AND (f.valid_from IS NULL OR f.valid_from < o.as_of) AND (f.valid_to IS NULL OR f.valid_to >= o.as_of)
	GROUP BY f.offer, f.product, f.channel
), beaten AS (
	SELECT DISTINCT ON (a.offer, a.product, a.channel) a.*, b.offer AS by_offer, b.product AS by_product, b.price AS by_price,
		CASE WHEN b.product = a.product THEN 'cheaper_offer' ELSE 'bundle' END AS kind
	FROM sale a
	JOIN sale b ON (b.channel IS NULL OR b.channel = a.channel) AND (a.is_new OR NOT b.is_new)
		AND ((b.product = a.product AND b.price < a.price)
			OR (b.price <= a.price AND EXISTS (SELECT 1 FROM bundle u WHERE u.bundle = b.product AND u.product = a.product)))
	ORDER BY a.offer, a.product, a.channel, b.price, b.offer COLLATE "C", b.product COLLATE "C"
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('dominated_offer', 1, '{subscription,subscription.offer,offer,offer.product,offer.price}', $$
WITH
{valued}{observed}, {bundle_parts}, {offers_beaten}, paid AS MATERIALIZED (
	SELECT s.offer, s.product, s.mrr, count(*) AS lines
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on >= o.as_of) AND s.mrr > 0
	GROUP BY s.offer, s.product, s.mrr
)
SELECT cvm.row_key(b.offer, b.product, coalesce(b.channel, '(all)')) AS row_key,
	b.offer,
	b.product,
	coalesce(b.channel, '(all)') AS channel,
	b.kind,
	b.price,
	b.by_offer,
	b.by_product,
	b.by_price,
	p.lines,
	p.mrr,
	p.exposed_mrr,
	{currency} AS currency,
	o.as_of
FROM beaten b
CROSS JOIN observed o
CROSS JOIN LATERAL (
	SELECT coalesce(sum(p.lines), 0)::bigint AS lines, coalesce(sum(p.lines * p.mrr), 0) AS mrr,
		coalesce(sum(p.lines * greatest(p.mrr - b.by_price, 0)), 0) AS exposed_mrr
	FROM paid p
	WHERE p.offer = b.offer AND p.product = b.product) p$$);

-- What was launched, and what it is part of; without bundles and families there
-- is nothing to grow
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('launched_members', 1, '{}', $$
{observed_since}, {bundle_parts}, {launch_catalogue}, sold AS NOT MATERIALIZED (
	SELECT s.customer_id, s.product, s.started_on, s.ended_on
	FROM subscription s
	WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
), launch AS MATERIALIZED (
	SELECT b.focal, coalesce(c.launched_on, b.sold_on) AS launched_on, c.family
	FROM (SELECT s.product AS focal, min(s.started_on) AS sold_on FROM sold s GROUP BY s.product) b
	CROSS JOIN observed o
	LEFT JOIN catalogue c ON c.product = b.focal
	WHERE coalesce(c.launched_on, b.sold_on) > o.first_day AND coalesce(c.launched_on, b.sold_on) < o.as_of
), member AS MATERIALIZED (
	-- a customer of a part is who has it alone or in the bundle
	SELECT DISTINCT l.focal, l.launched_on, 'part' AS kind, u.product AS whole, m.product
	FROM launch l
	JOIN bundle u ON u.bundle = l.focal
	CROSS JOIN LATERAL unnest(ARRAY[u.product, u.bundle]) AS m(product)
	UNION ALL
	SELECT l.focal, l.launched_on, 'family', l.family, c.product
	FROM launch l
	JOIN catalogue c ON c.family = l.family
)
$$);
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'growth_or_migration', n.preference, n.needs, $$
WITH
{launched_members}
, asked AS MATERIALIZED (
	-- wholes by a number, which is quick to sort by; as long before the launch as after it, or as was observed
	SELECT dense_rank() OVER (ORDER BY r.focal, r.kind, r.whole) AS no, r.*,
		r.launched_on - least(o.as_of - r.launched_on, r.launched_on - 1 - o.first_day) AS earlier_on
	FROM member r
	CROSS JOIN observed o
), holder AS MATERIALIZED (
	SELECT s.no,
		count(DISTINCT s.customer_id) FILTER (WHERE s.was_earlier) AS whole_earlier,
		count(DISTINCT s.customer_id) FILTER (WHERE s.is_focal AND s.was) AS focal_before,
		count(DISTINCT s.customer_id) FILTER (WHERE s.is_focal AND s.is_now) AS focal_after,
		count(DISTINCT s.customer_id) FILTER (WHERE s.was) AS whole_before,
		count(DISTINCT s.customer_id) FILTER (WHERE s.is_now) AS whole_after
	FROM (
		SELECT a.no, s.customer_id, a.product = a.focal AS is_focal,
			s.started_on < a.earlier_on AND (s.ended_on IS NULL OR s.ended_on >= a.earlier_on) AS was_earlier,
			s.started_on < a.launched_on AND (s.ended_on IS NULL OR s.ended_on >= a.launched_on) AS was,
			s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on >= o.as_of) AS is_now
		FROM asked a
		CROSS JOIN observed o
		JOIN sold s ON s.product = a.product
		OFFSET 0) s
	WHERE s.was_earlier OR s.was OR s.is_now
	GROUP BY s.no
), counted AS (
	SELECT a.focal, a.launched_on, a.kind, a.whole, a.launched_on - a.earlier_on AS days_before, coalesce(h.whole_earlier, 0) AS whole_earlier,
		coalesce(h.focal_before, 0) AS focal_before, coalesce(h.focal_after, 0) AS focal_after,
		coalesce(h.whole_before, 0) AS whole_before, coalesce(h.whole_after, 0) AS whole_after
	FROM (SELECT DISTINCT a.no, a.focal, a.launched_on, a.kind, a.whole, a.earlier_on FROM asked a) a
	LEFT JOIN holder h ON h.no = a.no
)
SELECT cvm.row_key(c.focal, c.kind, c.whole) AS row_key,
	c.focal,
	c.kind,
	c.whole,
	c.launched_on,
	to_char(c.launched_on::timestamp, 'YYYY-MM') AS launch_label,
	c.focal_before,
	c.focal_after,
	c.focal_after - c.focal_before AS focal_growth,
	c.whole_before,
	c.whole_after,
	c.whole_after - c.whole_before AS whole_growth,
	CASE WHEN s.share >= -1 THEN s.share END AS migration_share,
	e.growth AS expected_growth,
	CASE WHEN s.share > 0.8 THEN 'migration' WHEN s.share IS NULL THEN 'no_growth'
		WHEN s.share < -1 OR e.growth > 0 AND c.whole_after - c.whole_before <= e.growth THEN 'not_told' ELSE 'growth' END AS verdict,
	o.as_of
FROM counted c
CROSS JOIN observed o
CROSS JOIN LATERAL (SELECT cvm.migration_share(c.focal_after - c.focal_before, c.whole_after - c.whole_before) AS share) s
-- at the rate of the days before the launch, were there four weeks of them
CROSS JOIN LATERAL (SELECT CASE WHEN c.days_before >= 28 AND c.whole_earlier > 0
	THEN c.whole_before * (c.whole_before - c.whole_earlier)::double precision / c.whole_earlier * (o.as_of - c.launched_on) / c.days_before END AS growth) e$$
FROM (VALUES (1, '{subscription,bundle_component}'::text[]), (2, '{subscription,product.family}')) AS n (preference, needs);

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
WITH
{launched_members}
, holder AS (
	SELECT w.row_key, s.customer_id,
		max(CASE WHEN s.product = m.focal AND s.was THEN 1 ELSE 0 END) AS focal_before,
			max(CASE WHEN s.product = m.focal AND s.is_now THEN 1 ELSE 0 END) AS focal_after,
		max(CASE WHEN s.was THEN 1 ELSE 0 END) AS whole_before, max(CASE WHEN s.is_now THEN 1 ELSE 0 END) AS whole_after,
		sum(s.mrr) FILTER (WHERE s.was) AS mrr_before, sum(s.mrr) FILTER (WHERE s.is_now) AS mrr_after,
		string_agg(DISTINCT s.product COLLATE "C", ', ' ORDER BY s.product COLLATE "C") FILTER (WHERE s.was) AS had,
			string_agg(DISTINCT s.product COLLATE "C", ', ' ORDER BY s.product COLLATE "C") FILTER (WHERE s.is_now) AS has
	FROM wanted w
	JOIN member m ON m.focal = w.focal AND m.kind = w.kind AND m.whole = w.whole
	CROSS JOIN observed o
	CROSS JOIN LATERAL (
		SELECT s.customer_id, s.product, s.mrr, s.started_on < m.launched_on AND (s.ended_on IS NULL OR s.ended_on >= m.launched_on) AS was,
			s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on >= o.as_of) AS is_now
		FROM subscription s
		WHERE s.customer_id IS NOT NULL AND s.product = m.product AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)) s
	GROUP BY w.row_key, s.customer_id
)
SELECT h.row_key, h.customer_id, h.focal_before, h.focal_after, h.focal_after - h.focal_before AS focal_growth,
	h.whole_before, h.whole_after, h.whole_after - h.whole_before AS whole_growth, h.mrr_before, h.mrr_after,
	coalesce(h.had, '(none)') || ' to ' || coalesce(h.has, '(none)') AS detail
FROM holder h$$
FROM cvm.report_body b
WHERE b.view = 'growth_or_migration';

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('dominated_offer', 1, 'row_key', 'text', 'key', 'offer|product|channel', false, 'One value per row.'),
	('dominated_offer', 2, 'offer', 'text', 'name', 'offer on sale on the last day observed', false,
		'The offer that is beaten.'),
	('dominated_offer', 3, 'product', 'text', 'name', 'offer.product', false, 'What it sells.'),
	('dominated_offer', 4, 'channel', 'text', 'name', 'offer.channel', false, 'Where it is sold; "(all)": everywhere.'),
	('dominated_offer', 5, 'kind', 'text', 'cheaper_offer or bundle', 'by_product = product', false,
		'What beats it: the same product for less, or a bundle with it for no more.'),
	('dominated_offer', 6, 'price', 'numeric(28,2)', 'money', 'offer.price', false, 'Its price a month.'),
	('dominated_offer', 7, 'by_offer', 'text', 'name',
		'the cheapest offer on sale to the same customers, in the same channel or in every one', false,
		'The offer that beats it.'),
	('dominated_offer', 8, 'by_product', 'text', 'name', 'offer.product of by_offer', false, 'What that sells.'),
	('dominated_offer', 9, 'by_price', 'numeric(28,2)', 'money', 'offer.price of by_offer', false,
		'Its price a month.'),
	('dominated_offer', 10, 'lines', 'bigint', 'lines',
		'count of paid lines under the offer on the last day, in every channel', true,
		'Lines that are sold under the beaten offer.'),
	('dominated_offer', 11, 'mrr', 'numeric(28,2)', 'money', 'sum of their price', true, 'What they bring a month.'),
	('dominated_offer', 12, 'exposed_mrr', 'numeric(28,2)', 'money', 'sum of max(0, price - by_price)', true,
		'What would be lost if they all took the better one.'),
	('dominated_offer', 13, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of money; NULL when the model has none.'),
	('dominated_offer', 14, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('growth_or_migration', 1, 'row_key', 'text', 'key', 'focal|kind|whole', false, 'One value per row.'),
	('growth_or_migration', 2, 'focal', 'text', 'name', 'product launched after the first day of the data', false,
		'The new product or bundle.'),
	('growth_or_migration', 3, 'kind', 'text', 'family or part', 'product.family or bundle_component', false,
		'What it is held against: its family, or a part of the bundle.'),
	('growth_or_migration', 4, 'whole', 'text', 'name', 'name of the family, or product that is the part', false,
		'Which one.'),
	('growth_or_migration', 5, 'launched_on', 'date', 'date', 'product.launched_on, or the first day sold', false,
		'Day of the launch.'),
	('growth_or_migration', 6, 'launch_label', 'text', 'text', 'launched_on as text', false,
		'Month of the launch, safe from time zones of clients.'),
	('growth_or_migration', 7, 'focal_before', 'bigint', 'customers',
		'count of customers of the new product on the day before the launch', false, 'Customers before.'),
	('growth_or_migration', 8, 'focal_after', 'bigint', 'customers',
		'count of customers of the new product on the last day', false, 'Customers now.'),
	('growth_or_migration', 9, 'focal_growth', 'bigint', 'customers (net)', 'focal_after - focal_before', false,
		'By how many the new product grew.'),
	('growth_or_migration', 10, 'whole_before', 'bigint', 'customers',
		'count of customers of the family, or of the part alone or in the bundle, on the day before the launch',
		false, 'Customers before.'),
	('growth_or_migration', 11, 'whole_after', 'bigint', 'customers', 'the same on the last day', false,
		'Customers now.'),
	('growth_or_migration', 12, 'whole_growth', 'bigint', 'customers (net)', 'whole_after - whole_before', false,
		'By how many the whole grew.'),
	('growth_or_migration', 13, 'migration_share', 'double precision', 'fraction', '1 - whole_growth / focal_growth',
		false,
		'Share of the new product''s growth that the whole did not grow by; above 1 where the whole shrank, below 0 '
		'where it grew by more; NULL where the new product did not grow, and below -1, where the market grew and not '
		'the product.'),
	('growth_or_migration', 14, 'expected_growth', 'double precision', 'customers (estimate)',
		'whole_before * its rate of growth in as many days before the launch as after it, or as were observed', false,
		'By how many the whole would have grown as it did before the launch; NULL where less than 28 days were seen '
		'before it.'),
	('growth_or_migration', 15, 'verdict', 'text', 'migration, growth, no_growth or not_told',
		'migration_share > 0.8; whole_growth > expected_growth', false,
		'What it was: not_told where the share is below -1, or the whole grew no faster than before the launch.'),
	('growth_or_migration', 16, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
