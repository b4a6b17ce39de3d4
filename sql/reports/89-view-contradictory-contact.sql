-- SPDX-License-Identifier: PostgreSQL
-- Report view over contacts: what a customer should not have been offered.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(120, 'contradictory_contact',
		'Marketing contacts that contradict what the customer has or was told: an offer for a product that is held '
		'on that day, for a part of a bundle that is held, another price for the same product within '
		'contact_window days, or one of another owner in that time. One row per contact and contradiction.', NULL);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('priced_offers', 1, '{contact.offer,offer.product}',
	'(SELECT f.offer, f.product, min(f.price) AS price FROM offer f WHERE f.product IS NOT NULL GROUP BY f.offer, f.product)'),
('priced_offers', 9, '{}', '(SELECT NULL::text AS offer, NULL::text AS product, NULL::numeric AS price WHERE false)');

-- Several contacts of a day are told apart by their number.  But where Citus has them only those are looked at that may contradict
-- something
@for preference | entity
1 | contact
2 | subscription
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('numbered_contacts', {preference}, '{distributed {entity}}', $$(
		SELECT k.customer_id, k.channel, k.campaign, k.offer, k.product, d.day, o.as_of,
			row_number() OVER (PARTITION BY k.customer_id, d.day ORDER BY k.occurred_at, k.channel, k.campaign, k.offer, k.product) AS of_day
		FROM contact k
		CROSS JOIN observed o
		CROSS JOIN LATERAL (SELECT cvm.day_of(k.occurred_at, {time_zone}) AS day) d
		WHERE k.customer_id IS NOT NULL AND coalesce(k.offer, k.product) IS NOT NULL AND lower(k.purpose) IS DISTINCT FROM 'service' AND d.day < o.as_of)$$);
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('numbered_contacts', 9, '{}', $$(
		SELECT n.customer_id, n.channel, n.campaign, n.offer, n.product, n.day, o.as_of, n.of_day
		FROM (
			SELECT cvm._contact_offer_agg(r.customer_id, r.day, r.past, r.at, r.purpose, r.channel, r.campaign, r.offer, r.product,
				(SELECT o.as_of FROM observed o), {contact_window}, (SELECT array_agg(ARRAY[p.offer, p.product]) FROM {priced_offers} p),
				(SELECT array_agg(ARRAY[p.product, p.bundle]) FROM part p)) AS ticket
			FROM (
				SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}) AS day, NULL::date AS past, cvm.moment_of(k.occurred_at, {time_zone}) AS at,
					k.purpose, k.channel, k.campaign, k.offer, k.product
				FROM contact k
				UNION ALL
				SELECT s.customer_id, s.started_on, s.ended_on, NULL, NULL, NULL, NULL, NULL, s.product FROM subscription s) r) t
		CROSS JOIN LATERAL cvm._contact_offers(t.ticket, (SELECT k.customer_id FROM contact k WHERE false)) n
		CROSS JOIN observed o)$$);

@define contradictory_contact preference | needs | bundle
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('contradictory_contact', {preference}, '{needs}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(c.occurred_at, {time_zone})) + 1 FROM contact c)) AS as_of
), part AS (
	{bundle}
), sent AS {at_customer} (
	SELECT c.customer_id, c.day, c.of_day, c.channel, c.campaign, c.offer, coalesce(p.product, c.product) AS product, p.price, c.as_of
	FROM {numbered_contacts} c
	LEFT JOIN {priced_offers} p ON p.offer = c.offer
	WHERE coalesce(p.product, c.product) IS NOT NULL
), answerable AS (
	-- who answers for its campaign, else for its product on that day
	SELECT DISTINCT ON (t.customer_id, t.day, t.of_day, t.product) t.*, t.day - date '2000-01-01' AS n, coalesce(c.owner, w.owner) AS owner
	FROM sent t
	LEFT JOIN (SELECT g.campaign, max(g.owner) AS owner FROM {campaign_rows} g GROUP BY g.campaign) c ON c.campaign = t.campaign
	LEFT JOIN {product_owners} w ON w.subject = t.product AND coalesce(w.valid_from <= t.day, true) AND coalesce(w.valid_to > t.day, true)
	ORDER BY t.customer_id, t.day, t.of_day, t.product, w.valid_from DESC NULLS LAST, w.owner
), told AS (
	SELECT s.*, max(s.price) OVER w AS highest, min(s.price) OVER w AS lowest, min(s.owner) OVER v AS first_owner, max(s.owner) OVER v AS last_owner
	FROM answerable s
	WINDOW w AS (PARTITION BY s.customer_id, s.product ORDER BY s.n RANGE BETWEEN {contact_window} - 1 PRECEDING AND CURRENT ROW),
		v AS (PARTITION BY s.customer_id ORDER BY s.n RANGE BETWEEN {contact_window} - 1 PRECEDING AND CURRENT ROW)
), found AS (
	SELECT DISTINCT t.customer_id, t.day, t.of_day, t.channel, t.campaign, t.offer, t.product, t.price, t.as_of, h.contradiction, h.held, t.owner,
		NULL::text AS other_owner
	FROM told t
	JOIN subscription s ON s.customer_id = t.customer_id AND s.started_on <= t.day AND coalesce(s.ended_on > t.day, true)
	-- where one spell ends and the next begins on the day
	LEFT JOIN subscription b ON b.customer_id = s.customer_id AND b.product = s.product AND b.ended_on = t.day AND b.started_on < t.day AND s.started_on = t.day
	LEFT JOIN part p ON p.product = t.product AND p.bundle = s.product
	CROSS JOIN LATERAL (VALUES
		(CASE WHEN s.product = t.product THEN 'held' WHEN p.bundle IS NOT NULL THEN 'part_of_held_bundle' END, s.product)) AS h (contradiction, held)
	WHERE h.contradiction IS NOT NULL AND (s.started_on < t.day OR b.customer_id IS NOT NULL)
	UNION ALL
	SELECT t.customer_id, t.day, t.of_day, t.channel, t.campaign, t.offer, t.product, t.price, t.as_of, 'two_prices' AS contradiction, NULL AS held, t.owner,
		NULL AS other_owner
	FROM told t
	WHERE t.highest <> t.lowest
	UNION ALL
	SELECT t.customer_id, t.day, t.of_day, t.channel, t.campaign, t.offer, t.product, t.price, t.as_of, 'two_owners' AS contradiction, NULL AS held, t.owner,
		CASE WHEN t.first_owner <> t.owner THEN t.first_owner ELSE t.last_owner END AS other_owner
	FROM told t
	WHERE t.owner IS NOT NULL AND t.first_owner <> t.last_owner
)
SELECT cvm.row_key(to_char(f.day::timestamp, 'YYYY-MM-DD'), f.of_day::text, f.customer_id::text, f.product, f.contradiction, coalesce(f.held, '')) AS row_key,
	f.customer_id,
	f.day AS sent_on,
	coalesce(f.channel, '(unknown)') AS channel,
	coalesce(f.campaign, '(unknown)') AS campaign,
	f.offer,
	f.product,
	f.price,
	f.contradiction,
	f.held AS held_product,
	f.owner,
	f.other_owner,
	{contact_window} AS contact_window,
	{time_zone} AS time_zone,
	f.as_of
FROM found f$$);
@end
@use contradictory_contact 1 | {contact.offer,offer.product,subscription,bundle_component} \
	| SELECT b.bundle, b.product FROM bundle_component b GROUP BY b.bundle, b.product
@use contradictory_contact 2 | {contact.offer,offer.product,subscription} | SELECT NULL::text AS bundle, NULL::text AS product WHERE false
@use contradictory_contact 3 | {contact.product,subscription,bundle_component} | SELECT b.bundle, b.product FROM bundle_component b GROUP BY b.bundle, b.product
@use contradictory_contact 4 | {contact.product,subscription} | SELECT NULL::text AS bundle, NULL::text AS product WHERE false

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('contradictory_contact', 1, 'row_key', 'text', 'key',
		'sent_on|number of the contact on that day|customer_id|product|contradiction|held_product', false, 'One value per row.'),
	('contradictory_contact', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'contact.customer_id', false,
		'The customer.'),
	('contradictory_contact', 3, 'sent_on', 'date', 'date', 'its day in the time zone of the model', false,
		'Day on which it was sent.'),
	('contradictory_contact', 4, 'channel', 'text', 'name', 'contact.channel', false,
		'Channel; "(unknown)" where none was told.'),
	('contradictory_contact', 5, 'campaign', 'text', 'name', 'contact.campaign', false,
		'Campaign; "(unknown)" where none was told.'),
	('contradictory_contact', 6, 'offer', 'text', 'name', 'contact.offer', false, 'Offer that was made, or NULL.'),
	('contradictory_contact', 7, 'product', 'text', 'name', 'offer.product, or contact.product where no product of the offer is known', false,
		'Product that it was for.'),
	('contradictory_contact', 8, 'price', 'numeric(28,2)', 'money', 'offer.price', false,
		'Price that was offered, or NULL.'),
	('contradictory_contact', 9, 'contradiction', 'text', 'word', 'held, part_of_held_bundle, two_prices or two_owners', false,
		'What is wrong: the product is held on that day, since before it; it is part of a bundle that is held; or '
		'the customer was told another price for it, or contacted by another owner, within contact_window days.'),
	('contradictory_contact', 10, 'held_product', 'text', 'name', 'subscription.product', false,
		'Product or bundle that is held; NULL for two prices.'),
	('contradictory_contact', 11, 'owner', 'text', 'name', 'campaign.owner, else owner of the product on that day', false,
		'Who answers for the contact; NULL where nobody does.'),
	('contradictory_contact', 12, 'other_owner', 'text', 'name',
		'owner of another contact of the customer in the contact_window days that end with this one', false,
		'The other owner; NULL but for two_owners.'),
	('contradictory_contact', 13, 'contact_window', 'integer', 'days', 'setting of the model', false,
		'Days within which two prices contradict each other.'),
	('contradictory_contact', 14, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('contradictory_contact', 15, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
