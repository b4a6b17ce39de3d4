-- SPDX-License-Identifier: PostgreSQL
-- Report view over pairs of products that the same customers hold: does anybody
-- answer for what is between them?

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(70, 'pair_share', 'fraction', '0.25',
		'Share of the customers of the smaller of two products who hold both, from which on somebody is to answer '
		'for the pair.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(163, 'product_pair',
		'Pairs of products that the same customers hold, and who coordinates them; is_uncoordinated where they share '
		'much and nobody does.', 'both_customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('coordinating', 1, '{owner}', $$
coordinating AS MATERIALIZED (
	SELECT replace(w.subject, ' ', '') AS subject,
		string_agg(DISTINCT w.owner COLLATE "C", ', ' ORDER BY w.owner COLLATE "C")
			FILTER (WHERE coalesce(w.valid_from < o.as_of, true) AND coalesce(w.valid_to >= o.as_of, true)) COLLATE "default" AS coordinator,
		max(w.valid_to) FILTER (WHERE w.valid_to < o.as_of) AS ended_on, true AS is_asked
	FROM owner w
	CROSS JOIN observed o
	WHERE coalesce(w.accountable, true) AND w.owner IS NOT NULL AND lower(w.subject_kind) IN ('product_pair', 'product pair', 'bundle')
		AND coalesce(w.valid_from < o.as_of, true) AND coalesce(w.valid_from < w.valid_to, true)
	GROUP BY replace(w.subject, ' ', '')
)$$),
('coordinating', 2, '{}', $$
coordinating AS MATERIALIZED (
	SELECT NULL::text AS subject, NULL::text AS coordinator, NULL::date AS ended_on WHERE false
)$$),
('has_owners', 1, '{owner}', 'true'),
('has_owners', 2, '{}', 'NULL::boolean');

-- What customers hold on the last day, and since when, one by one
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('pair_holders', 1, '{}', $$
WITH {valued}observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s), '0001-01-01') AS as_of
), held AS {at_customer} (
	SELECT g.*, count(*) OVER c AS products, row_number() OVER c = 1 AS is_first
	FROM (
		SELECT s.customer_id, s.product, min(s.started_on) AS started_on, sum({price}) AS mrr
		FROM subscription s
		CROSS JOIN observed o
		WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)
			AND {price} > 0 AND ({is_paused}) IS NOT TRUE
		GROUP BY s.customer_id, s.product) g
	WINDOW c AS (PARTITION BY g.customer_id)
), several AS (
	-- not joined with itself: the planner takes what is held for few rows
	SELECT h.customer_id, array_agg(h.product ORDER BY h.product COLLATE "C") AS products,
		array_agg(h.started_on ORDER BY h.product COLLATE "C") AS days, array_agg(h.mrr ORDER BY h.product COLLATE "C") AS mrrs
	FROM held h
	WHERE h.products > 1
	GROUP BY h.customer_id
), both_held AS (
	SELECT s.customer_id, s.products[i.i] AS product, s.products[j.j] AS other_product, greatest(s.days[i.i], s.days[j.j]) AS since,
		s.mrrs[i.i] + s.mrrs[j.j] AS mrr
	FROM several s
	CROSS JOIN LATERAL generate_series(1, cardinality(s.products) - 1) AS i (i)
	CROSS JOIN LATERAL generate_series(i.i + 1, cardinality(s.products)) AS j (j)
)
$$);

-- How many hold them, and two of them together
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- where Citus has the spells, by customer
('pairs_counted', 1, '{distributed subscription}', $$
{pair_holders}
, holders AS MATERIALIZED (
	SELECT h.product, count(*) AS customers, count(*) FILTER (WHERE h.is_first) AS first_customers
	FROM held h
	GROUP BY h.product
), everybody AS (
	SELECT sum(h.first_customers)::bigint AS customers
	FROM holders h
), pair AS (
	SELECT b.product, b.other_product, count(*) AS customers, sum(b.mrr) AS mrr, min(b.since) AS since
	FROM both_held b
	GROUP BY b.product, b.other_product
)
$$),
-- else gathered in one pass, a third of the time
('pairs_counted', 9, '{}', $$
WITH {observed}, {rates}
@with gathered NULL | NULL | NULL | NULL
	WHERE s.product IS NOT NULL
@end
, counted AS MATERIALIZED (
	SELECT c.* FROM fold f CROSS JOIN LATERAL cvm._product_pairs(f.state) c
), holders AS (
	SELECT c.product, c.customers FROM counted c WHERE c.product IS NOT NULL AND c.other_product IS NULL
), everybody AS (
	SELECT c.customers FROM counted c WHERE c.product IS NULL
), pair AS (
	SELECT c.product, c.other_product, c.customers, c.mrr, c.since FROM counted c WHERE c.other_product IS NOT NULL
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('product_pair', 1, '{subscription}', $$
{pairs_counted}
, {coordinating}
, named AS (
	SELECT p.*, replace(p.product || '+' || p.other_product, ' ', '') AS this_way, replace(p.other_product || '+' || p.product, ' ', '') AS that_way
	FROM pair p
), told AS (
	SELECT p.*, x.customers AS product_customers, y.customers AS other_customers,
		p.customers::float8 / least(x.customers, y.customers) AS base_share, coalesce(c.coordinator, d.coordinator) AS coordinator,
		greatest(p.since, c.ended_on, d.ended_on) AS nobody_since,
		-- one in a hundred of all customers: who shares little of a small product is nobody's business
		p.customers >= least(x.customers, y.customers) * {pair_share} AND p.customers * 100 >= e.customers AS is_material, o.as_of
	FROM named p
	JOIN holders x ON x.product = p.product
	JOIN holders y ON y.product = p.other_product
	CROSS JOIN everybody e
	CROSS JOIN observed o
	LEFT JOIN coordinating c ON c.subject = p.this_way
	LEFT JOIN coordinating d ON d.subject = p.that_way
)
SELECT cvm.row_key(t.product, t.other_product) AS row_key,
	t.product,
	t.other_product,
	t.product_customers,
	t.other_customers AS other_product_customers,
	t.customers AS both_customers,
	t.base_share,
	t.mrr AS both_mrr,
	{currency} AS currency,
	t.is_material,
	t.coordinator,
	t.coordinator IS NULL AND t.is_material AND {has_owners} AS is_uncoordinated,
	CASE WHEN t.coordinator IS NULL AND t.is_material AND {has_owners} THEN t.nobody_since END AS uncoordinated_from,
	CASE WHEN t.coordinator IS NULL AND t.is_material AND {has_owners} THEN t.as_of - t.nobody_since END AS days,
	t.as_of
FROM told t$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('product_pair', 1, $$
{pair_holders}
SELECT a.row_key, h.customer_id,
	count(*) FILTER (WHERE h.product = a.product) AS product_customers,
	count(*) FILTER (WHERE h.product = a.other_product) AS other_product_customers,
	CASE WHEN count(*) = 2 THEN 1 ELSE 0 END AS both_customers,
	CASE WHEN count(*) = 2 THEN sum(h.mrr) ELSE 0 END AS both_mrr,
	NULL::numeric AS mrr_before, sum(h.mrr) AS mrr_after, string_agg(h.product, ' and ' ORDER BY h.product COLLATE "C") AS detail
FROM held h
JOIN wanted a ON h.product IN (a.product, a.other_product)
GROUP BY a.row_key, h.customer_id$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('product_pair', 1, 'row_key', 'text', 'key', 'product|other_product', false, 'One value per row.'),
	('product_pair', 2, 'product', 'text', 'name', 'subscription.product', false, 'One of the two; the first by name.'),
	('product_pair', 3, 'other_product', 'text', 'name', 'subscription.product', false, 'The other one.'),
	('product_pair', 4, 'product_customers', 'bigint', 'customers', 'customers who pay for product on the last day', false,
		'Customers of the one.'),
	('product_pair', 5, 'other_product_customers', 'bigint', 'customers', 'customers who pay for other_product on the last day', false,
		'Customers of the other.'),
	('product_pair', 6, 'both_customers', 'bigint', 'customers', 'customers who pay for both on the last day', false, 'Customers of both.'),
	('product_pair', 7, 'base_share', 'double precision', 'fraction 0..1',
		'both_customers / the lesser of product_customers and other_product_customers', false,
		'Share of the smaller product''s customers who hold both.'),
	('product_pair', 8, 'both_mrr', 'numeric(28,2)', 'money a month', 'sum of mrr of the two products of these customers', false,
		'What the customers of both pay for the two.'),
	('product_pair', 9, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of both_mrr.'),
	('product_pair', 10, 'is_material', 'boolean', 'yes or no',
		'base_share >= pair_share, and both_customers one in a hundred of all or more', false, 'Do they share much?'),
	('product_pair', 11, 'coordinator', 'text', 'name',
		'accountable owner of subject_kind "product_pair" whose subject is "A + B", in either order, on the last day', false,
		'Who answers for the pair; NULL: nobody.'),
	('product_pair', 12, 'is_uncoordinated', 'boolean', 'yes or no', 'is_material without a coordinator', false,
		'Do they share much while nobody answers for the pair? NULL: no owners are bound.'),
	('product_pair', 13, 'uncoordinated_from', 'date', 'date', 'the last coordinator''s valid_to, or first day on which one of these customers held both',
		false, 'Since when nobody does.'),
	('product_pair', 14, 'days', 'integer', 'days', 'as_of - uncoordinated_from', false, 'For how many days.'),
	('product_pair', 15, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
