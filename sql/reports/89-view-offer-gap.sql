-- SPDX-License-Identifier: PostgreSQL
-- Report view over channels: offers that are on the market where nobody knows
-- of them, or is able to sell them.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(160, 'enquiry_topics', 'words', '{enquiry,inquiry,quote,sales,visit}',
		'Topics of tickets and kinds of events, in any case, by which a customer asks for the product that they name. NULL: every '
		'one.'),
	(161, 'enquiry_days', 'count', '30',
		'Days after a customer was approached or asked within which a subscription that begins is a sale of it.');

-- Lines that begin, at a price, and do not go on with one of the same product;
-- what was bound besides, or no rows of its types
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('sold_lines', 1, '{}', $$
	SELECT l.customer_id, l.product, l.offer, l.channel, l.price, l.day
	FROM (
		SELECT s.customer_id, s.product, s.offer, s.channel, {price}{rate} AS price, s.started_on AS day, o.as_of,
			s.started_on <= max(coalesce(s.ended_on, 'infinity')) OVER (
				PARTITION BY s.customer_id, s.product ORDER BY s.started_on, s.ended_on, s.mrr, s.channel, s.offer
				ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS goes_on
		FROM subscription s
		CROSS JOIN observed o
		WHERE s.customer_id IS NOT NULL AND isfinite(s.started_on) AND coalesce(s.ended_on > s.started_on, true) AND s.started_on < o.as_of) l
	WHERE l.price > 0 AND l.goes_on IS NOT TRUE$$),
('offer_rows', 1, '{offer}', 'offer'),
('offer_rows', 2, '{}',
	$$(SELECT NULL::text AS offer, NULL::text AS product, NULL::text AS channel, NULL::numeric AS price, NULL::date AS valid_from,
		NULL::date AS valid_to WHERE false)$$),
('contact_offers', 1, '{contact.offer}', $$
	UNION ALL
	SELECT 'contact' AS kind, k.offer, coalesce(k.channel, '(unknown)') AS channel, k.customer_id,
		cvm.day_of(k.occurred_at, {time_zone}) AS day, true AS is_named
	FROM contact k
	WHERE k.offer IS NOT NULL AND k.customer_id IS NOT NULL AND lower(k.purpose) IS DISTINCT FROM 'service'$$),
('contact_offers', 2, '{}', ''),
-- who asked for what: conditions stand outside, in a side of UNION ALL Citus could not join them
('enquiry_rows', 1, '{ticket.channel,event.channel,event.product,event.kind}', $$(
		SELECT t.customer_id, t.channel, lower(t.topic) AS topic, t.product, cvm.day_of(t.opened_at, {time_zone}) AS day, true AS is_ticket
		FROM ticket t
		UNION ALL
		SELECT e.customer_id, e.channel, lower(e.kind) AS topic, e.product, cvm.day_of(e.occurred_at, {time_zone}) AS day, false AS is_ticket
		FROM event e)$$),
('enquiry_rows', 2, '{ticket.channel}', $$(
		SELECT t.customer_id, t.channel, lower(t.topic) AS topic, t.product, cvm.day_of(t.opened_at, {time_zone}) AS day, true AS is_ticket
		FROM ticket t)$$),
('enquiry_rows', 3, '{event.channel,event.product,event.kind}', $$(
		SELECT e.customer_id, e.channel, lower(e.kind) AS topic, e.product, cvm.day_of(e.occurred_at, {time_zone}) AS day, false AS is_ticket
		FROM event e)$$),
('enquiry_rows', 9, '{}', $$(
		SELECT s.customer_id, NULL::text AS channel, NULL::text AS topic, NULL::text AS product, NULL::date AS day, false AS is_ticket
		FROM subscription s
		WHERE false)$$),
('enquiry', 1, '{}', $$(
		SELECT r.customer_id, r.channel, r.topic, r.product, r.day
		FROM {enquiry_rows} r
		WHERE r.customer_id IS NOT NULL AND r.channel IS NOT NULL AND (r.is_ticket OR r.product IS NOT NULL))$$),
('is_enquiry', 1, '{}', 'coalesce(lower(q.topic COLLATE {enquiry_topics_collation}) = ANY ({enquiry_topics_lower}), {enquiry_topics} IS NULL)'),
('is_briefing_told', 1, '{channel_capability.briefed_on}', 'true'),
('is_briefing_told', 2, '{}', 'false');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(205, 'offer_gap',
		'Offers on the market at channels that are not ready for them: sold, advertised or asked for where nobody is '
		'briefed or able to sell, or advertised and sold elsewhere meanwhile. One row per offer and channel, with '
		'what happened in the gap and the sales that it may have cost beside a channel that was ready.',
		'CASE WHEN customers > 0 THEN customers ELSE 2147483647 END');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('offer_gap_found', 1, '{}', $$
WITH {observed}, {rates}sale AS {at_customer} ({sold_lines}
), capability AS MATERIALIZED (
	SELECT c.offer, c.channel, bool_and(c.sellable IS NOT FALSE) AS sellable, min(c.briefed_on) AS briefed_on
	FROM channel_capability c
	WHERE c.offer IS NOT NULL AND c.channel IS NOT NULL
	GROUP BY c.offer, c.channel
), promoted AS (
	SELECT DISTINCT f.offer, f.product FROM {offer_rows} f WHERE f.offer IS NOT NULL AND f.product IS NOT NULL
), evidence AS {at_customer} (
	SELECT e.kind, e.offer, e.channel, e.customer_id, e.day, e.is_named, o.as_of
	FROM (
		SELECT 'sale'::text AS kind, s.offer, coalesce(s.channel, '(unknown)') AS channel, s.customer_id, s.day, true AS is_named
			FROM sale s WHERE s.offer IS NOT NULL{contact_offers}
		-- asked for by its code, or by the name of its product
		UNION ALL
		SELECT 'enquiry' AS kind, c.offer, q.channel, q.customer_id, q.day, true AS is_named
		FROM (SELECT DISTINCT x.offer FROM (SELECT a.offer FROM capability a UNION SELECT p.offer FROM promoted p) x) c
		JOIN {enquiry} q ON q.topic = lower(c.offer)
		UNION ALL
		SELECT 'enquiry' AS kind, p.offer, q.channel, q.customer_id, q.day, false AS is_named
		FROM promoted p
		JOIN {enquiry} q ON q.product = p.product
		WHERE {is_enquiry} AND q.topic IS DISTINCT FROM lower(p.offer)) e
	CROSS JOIN observed o
	WHERE e.day < o.as_of
), happened AS MATERIALIZED (
	SELECT e.kind, e.offer, e.channel, e.is_named, min(e.day) AS first_day FROM evidence e GROUP BY e.kind, e.offer, e.channel, e.is_named
), life AS MATERIALIZED (
	-- when each offer is on the market; by what happened where nobody says
	SELECT x.offer, coalesce(f.valid_from, x.first_day) AS live_from, f.valid_to AS live_to, coalesce(f.is_everywhere, true) AS is_everywhere, f.channels, f.price
	FROM (
		SELECT p.offer, min(e.first_day) FILTER (WHERE e.kind <> 'enquiry') AS first_day
		FROM (SELECT c.offer FROM capability c UNION SELECT e.offer FROM happened e) p
		LEFT JOIN happened e ON e.offer = p.offer
		GROUP BY p.offer) x
	LEFT JOIN (
		SELECT f.offer, CASE WHEN bool_and(f.valid_from IS NOT NULL) THEN min(f.valid_from) END AS valid_from,
			CASE WHEN bool_and(f.valid_to IS NOT NULL) THEN max(f.valid_to) END AS valid_to, bool_or(f.channel IS NULL) AS is_everywhere,
			array_agg(f.channel) AS channels, min(f.price) AS price
		FROM {offer_rows} f
		GROUP BY f.offer) f ON f.offer = x.offer
), pair AS MATERIALIZED (
	-- a channel that only advertises is none that could sell, and who asks for a product may mean another offer
	SELECT p.offer, p.channel, c.offer IS NOT NULL AS is_listed, c.sellable, c.briefed_on, l.live_from, l.live_to, l.price, o.as_of,
		l.is_everywhere OR p.channel = ANY (l.channels) AS is_meant,
		CASE WHEN c.offer IS NULL THEN 'not_listed'
			WHEN NOT c.sellable THEN 'not_sellable'
			WHEN NOT {is_briefing_told} THEN NULL
			WHEN coalesce(c.briefed_on >= o.as_of, true) THEN 'not_briefed'
			WHEN c.briefed_on > l.live_from THEN 'briefed_late' END AS gap
	FROM (
		SELECT c.offer, c.channel FROM capability c
		UNION
		SELECT e.offer, e.channel FROM happened e
		WHERE e.is_named AND e.channel IN (SELECT c.channel FROM capability c UNION SELECT s.channel FROM happened s
			WHERE s.kind <> 'contact') AND e.channel <> '(unknown)') p
	CROSS JOIN observed o
	JOIN life l ON l.offer = p.offer
	LEFT JOIN capability c ON c.offer = p.offer AND c.channel = p.channel
	WHERE l.live_from < o.as_of
), gap AS MATERIALIZED (
	SELECT p.*, p.live_from AS gap_from, CASE WHEN p.gap = 'briefed_late' THEN least(p.briefed_on, p.live_to) ELSE p.live_to END AS gap_to
	FROM pair p
	WHERE p.gap IS NOT NULL AND coalesce(p.live_to > p.live_from, true)
)
$$),
-- who first asked when, and whether the next sale to them was soon enough to be meant
('asked_and_sold', 1, '{}', $$
, enquiry_or_sale AS (
	SELECT e.offer, e.channel, e.customer_id, min(e.day) AS day, false AS is_sale
	FROM evidence e
	WHERE e.kind = 'enquiry'
	GROUP BY e.offer, e.channel, e.customer_id
	UNION ALL
	SELECT s.offer, NULL, s.customer_id, s.day, true FROM sale s WHERE s.offer IS NOT NULL
	UNION ALL
	SELECT p.offer, NULL, s.customer_id, s.day, true FROM sale s JOIN promoted p ON p.product = s.product
), asked AS (
	SELECT q.offer, q.channel, q.customer_id, q.day, coalesce(q.sold_on < q.day + {enquiry_days}, false) AS is_sold
	FROM (
		SELECT u.*, min(u.day) FILTER (WHERE u.is_sale) OVER (PARTITION BY u.customer_id, u.offer ORDER BY u.day
			RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS sold_on
		FROM enquiry_or_sale u) q
	WHERE NOT q.is_sale
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('offer_gap', 1, '{channel_capability,subscription}', $$
{offer_gap_found}
, here AS MATERIALIZED (
	SELECT g.offer, g.channel, count(DISTINCT e.customer_id) AS customers, count(*) FILTER (WHERE e.kind = 'sale') AS sales,
		count(*) FILTER (WHERE e.kind = 'contact') AS contacts, count(*) FILTER (WHERE e.kind = 'enquiry') AS enquiries
	FROM gap g
	JOIN evidence e ON e.offer = g.offer AND e.channel = g.channel AND e.day >= g.gap_from AND coalesce(e.day < g.gap_to, true)
	GROUP BY g.offer, g.channel
), by_day AS (
	SELECT e.offer, e.channel, e.kind, e.day, count(*) AS n FROM evidence e GROUP BY e.offer, e.channel, e.kind, e.day
), elsewhere AS MATERIALIZED (
	SELECT g.offer, g.channel, coalesce(sum(d.n) FILTER (WHERE d.kind = 'sale' AND d.channel <> g.channel), 0)::bigint AS sales,
		coalesce(sum(d.n) FILTER (WHERE d.kind = 'contact' AND d.channel <> g.channel), 0)::bigint AS contacts,
		sum(d.n) FILTER (WHERE d.kind = 'sale') AS all_sales, sum(d.n) FILTER (WHERE d.kind = 'enquiry') AS all_enquiries
	FROM gap g
	JOIN by_day d ON d.offer = g.offer AND d.day >= g.gap_from AND coalesce(d.day < g.gap_to, true)
	GROUP BY g.offer, g.channel
){asked_and_sold}, outcome AS (
	-- of who asked long enough ago, who bought; in the gap, or where all was ready
	SELECT a.offer, a.channel, a.customer_id, a.day, g.gap IS NOT NULL AND a.day >= g.gap_from AND coalesce(a.day < g.gap_to, true) AS is_gap, a.is_sold
	FROM asked a
	CROSS JOIN observed o
	LEFT JOIN gap g ON g.offer = a.offer AND g.channel = a.channel
	WHERE a.day + {enquiry_days} <= o.as_of
)
@use held_on outcome
, stratum AS MATERIALIZED (
	SELECT x.offer, x.channel, x.is_gap, x.in_segment AS segment, count(*) AS n, count(*) FILTER (WHERE x.is_sold) AS hits
	FROM member x
	GROUP BY x.offer, x.channel, x.is_gap, x.in_segment
), reference AS MATERIALIZED (
	-- of the channels that were ready, the one where most were asked
	SELECT DISTINCT ON (s.offer) s.offer, s.channel, s.n, s.hits
	FROM (SELECT t.offer, t.channel, sum(t.n)::bigint AS n, sum(t.hits)::bigint AS hits FROM stratum t WHERE NOT t.is_gap GROUP BY t.offer, t.channel) s
	ORDER BY s.offer, s.n DESC, s.channel
), expected AS MATERIALIZED (
	-- who asked in the gap, at the rate of their segment in that channel
	SELECT s.offer, s.channel, max(r.channel) AS reference_channel, sum(s.n)::bigint AS n, sum(s.hits)::bigint AS hits, max(r.n) AS reference_n,
		sum((s.n * coalesce(t.hits / t.n::float8, r.hits / r.n::float8))::numeric)::float8 / sum(s.n) AS rate,
		sqrt(sum(((s.n * (coalesce(t.hits / t.n::float8, r.hits / r.n::float8) - i.conf_low)) ^ 2)::numeric)::float8) / sum(s.n) AS below,
		sqrt(sum(((s.n * (i.conf_high - coalesce(t.hits / t.n::float8, r.hits / r.n::float8))) ^ 2)::numeric)::float8) / sum(s.n) AS above
	FROM stratum s
	LEFT JOIN reference r ON r.offer = s.offer
	LEFT JOIN stratum t ON t.offer = r.offer AND t.channel = r.channel AND NOT t.is_gap AND t.segment = s.segment
	CROSS JOIN LATERAL cvm.proportion_interval(coalesce(t.hits, r.hits, 0), coalesce(t.n, r.n, 0), {conf}) i
	WHERE s.is_gap
	GROUP BY s.offer, s.channel
), priced AS MATERIALIZED (
	SELECT s.offer, s.channel, avg(s.price) AS price FROM sale s WHERE s.offer IS NOT NULL GROUP BY s.offer, s.channel
	UNION ALL
	SELECT s.offer, '(all)' AS channel, avg(s.price) AS price FROM sale s WHERE s.offer IS NOT NULL GROUP BY s.offer
)
SELECT cvm.row_key(g.offer, g.channel) AS row_key,
	g.offer,
	g.channel,
	g.gap,
	g.sellable,
	g.briefed_on,
	g.gap_from,
	g.gap_to,
	(least(g.gap_to, g.as_of) - g.gap_from)::bigint AS gap_days,
	coalesce(h.customers, 0) AS customers,
	coalesce(h.sales, 0) AS sales,
	coalesce(h.contacts, 0) AS contacts,
	coalesce(h.enquiries, 0) AS enquiries,
	e.sales AS elsewhere_sales,
	e.contacts AS elsewhere_contacts,
	coalesce(h.sales, 0) / nullif(e.all_sales, 0)::float8 AS sales_share,
	coalesce(h.enquiries, 0) / nullif(e.all_enquiries, 0)::float8 AS enquiry_share,
	coalesce(x.n, 0) AS asked_customers,
	coalesce(x.n - x.hits, 0) AS unsold_customers,
	x.reference_channel,
	x.reference_n AS reference_customers,
	x.rate AS reference_rate,
	x.n * x.rate - x.hits AS lost_sales,
	x.n * (x.rate - x.hits / x.n::float8 - sqrt(x.below ^ 2 + (w.conf_high - x.hits / x.n::float8) ^ 2)) AS lost_sales_low,
	x.n * (x.rate - x.hits / x.n::float8 + sqrt(x.above ^ 2 + (x.hits / x.n::float8 - w.conf_low) ^ 2)) AS lost_sales_high,
	((x.n * x.rate - x.hits)::numeric * coalesce(p.price, q.price, g.price)) AS lost_mrr,
	{enquiry_days} AS enquiry_days,
	{currency} AS currency,
	coalesce(g.gap_to + {enquiry_days} <= g.as_of, false) AS is_complete,
	{time_zone} AS time_zone,
	g.as_of
FROM gap g
JOIN elsewhere e ON e.offer = g.offer AND e.channel = g.channel
LEFT JOIN here h ON h.offer = g.offer AND h.channel = g.channel
LEFT JOIN expected x ON x.offer = g.offer AND x.channel = g.channel
LEFT JOIN priced p ON p.offer = x.offer AND p.channel = x.reference_channel
LEFT JOIN priced q ON q.offer = g.offer AND q.channel = '(all)'
CROSS JOIN LATERAL cvm.proportion_interval(coalesce(x.hits, 0), coalesce(x.n, 0), {conf}) w
WHERE h.customers > 0 OR (g.is_listed AND g.is_meant AND e.sales + e.contacts > 0)$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('offer_gap', 1, $$
{offer_gap_found}{asked_and_sold}, outcome AS (
	SELECT a.offer, a.channel, a.customer_id, a.is_sold
	FROM asked a
	CROSS JOIN observed o
	JOIN gap g ON g.offer = a.offer AND g.channel = a.channel AND a.day >= g.gap_from AND coalesce(a.day < g.gap_to, true)
	WHERE a.day + {enquiry_days} <= o.as_of
)
SELECT w.row_key, e.customer_id, 1 AS customers, CASE WHEN count(x.customer_id) > 0 THEN 1 ELSE 0 END AS asked_customers,
	CASE WHEN bool_or(NOT x.is_sold) THEN 1 ELSE 0 END AS unsold_customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	string_agg(DISTINCT e.kind || ' on ' || to_char(e.day::timestamp, 'YYYY-MM-DD'), ', ') AS detail
FROM wanted w
JOIN evidence e ON e.offer = w.offer AND e.channel = w.channel AND e.day >= w.gap_from AND coalesce(e.day < w.gap_to, true)
LEFT JOIN outcome x ON x.offer = e.offer AND x.channel = e.channel AND x.customer_id = e.customer_id
GROUP BY w.row_key, e.customer_id$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('offer_gap', 1, 'row_key', 'text', 'key', 'offer|channel', false, 'One value per row.'),
	('offer_gap', 2, 'offer', 'text', 'name', 'channel_capability.offer', false, 'The offer.'),
	('offer_gap', 3, 'channel', 'text', 'name', 'channel_capability.channel', false, 'The channel that was not ready.'),
	('offer_gap', 4, 'gap', 'text', 'word', 'not_sellable, not_briefed, briefed_late or not_listed', false,
		'What is wrong: the channel cannot sell the offer, was not told of it, was told after it went on sale, or '
		'nobody ever said that it may sell it.'),
	('offer_gap', 5, 'sellable', 'boolean', 'true or false', 'channel_capability.sellable, NULL: yes', false,
		'Is the channel able to sell it? NULL where it is not listed.'),
	('offer_gap', 6, 'briefed_on', 'date', 'date', 'first channel_capability.briefed_on', false,
		'Since when the channel knows of it; NULL: not yet.'),
	('offer_gap', 7, 'gap_from', 'date', 'date', 'first offer.valid_from, else first day of a sale or contact', false,
		'First day of the gap: when the offer went on sale.'),
	('offer_gap', 8, 'gap_to', 'date', 'date', 'briefed_on, where that was late, or last offer.valid_to', false,
		'First day after the gap; NULL: it is open.'),
	('offer_gap', 9, 'gap_days', 'bigint', 'days', 'gap_to, or as_of before it, - gap_from', false,
		'Days of the gap so far.'),
	('offer_gap', 10, 'customers', 'bigint', 'customers', 'distinct customers of sales, contacts and enquiries', false,
		'Customers who bought the offer, were offered it or asked for it in this channel in the gap.'),
	('offer_gap', 11, 'sales', 'bigint', 'sales', 'lines that began under the offer in the channel', false,
		'Sales in this channel in the gap.'),
	('offer_gap', 12, 'contacts', 'bigint', 'contacts', 'marketing contacts with the offer in the channel', false,
		'Contacts that advertised it in this channel in the gap.'),
	('offer_gap', 13, 'enquiries', 'bigint', 'enquiries',
		'tickets and events of the channel whose topic is the offer, or of enquiry_topics whose product it is for',
		false, 'How often it was asked for in this channel in the gap.'),
	('offer_gap', 14, 'elsewhere_sales', 'bigint', 'sales', 'the same in other channels', false,
		'Sales of it in other channels meanwhile.'),
	('offer_gap', 15, 'elsewhere_contacts', 'bigint', 'contacts', 'the same in other channels', false,
		'Contacts that advertised it in other channels meanwhile.'),
	('offer_gap', 16, 'sales_share', 'double precision', 'fraction 0..1', 'sales / (sales + elsewhere_sales)', false,
		'Share of the sales of the offer meanwhile that were made in this channel.'),
	('offer_gap', 17, 'enquiry_share', 'double precision', 'fraction 0..1', 'enquiries / those of all channels', false,
		'Share of the enquiries meanwhile that came to this channel.'),
	('offer_gap', 18, 'asked_customers', 'bigint', 'customers',
		'customers whose first enquiry is in the gap, enquiry_days ago or longer', false,
		'Customers who asked, of whom it is known whether they bought.'),
	('offer_gap', 19, 'unsold_customers', 'bigint', 'customers',
		'those without a line of the offer or its product that began within enquiry_days', false,
		'Of these, who did not buy, in no channel.'),
	('offer_gap', 20, 'reference_channel', 'text', 'name', 'the ready channel where most customers asked', false,
		'Channel that was ready, whose rate is compared; NULL: there is none.'),
	('offer_gap', 21, 'reference_customers', 'bigint', 'customers elsewhere', 'asked_customers of that channel', false,
		'How many its rate stands on.'),
	('offer_gap', 22, 'reference_rate', 'double precision', 'fraction 0..1',
		'share who bought of those who asked there, by segment, weighted by who asked here', false,
		'What share would have bought there.'),
	('offer_gap', 23, 'lost_sales', 'double precision', 'sales (estimate)',
		'asked_customers * reference_rate - customers who bought', false,
		'Sales that the gap may have cost; below 0 where more was sold than there.'),
	('offer_gap', 24, 'lost_sales_low', 'double precision', 'sales (estimate)',
		'hybrid of Wilson limits of both rates, by segment', false, 'Lower end of the interval.'),
	('offer_gap', 25, 'lost_sales_high', 'double precision', 'sales (estimate)',
		'hybrid of Wilson limits of both rates, by segment', false, 'Upper end of the interval.'),
	('offer_gap', 26, 'lost_mrr', 'numeric(28,2)', 'money a month (estimate)',
		'lost_sales * mean price of the offer in the reference channel, else in all, else offer.price', false,
		'The same in money.'),
	('offer_gap', 27, 'enquiry_days', 'integer', 'days', 'setting of the model', false,
		'Days in which who asked may buy.'),
	('offer_gap', 28, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('offer_gap', 29, 'is_complete', 'boolean', 'true or false', 'gap_to + enquiry_days is not after as_of', false,
		'Is the gap over, and known what became of who asked?'),
	('offer_gap', 30, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('offer_gap', 31, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
