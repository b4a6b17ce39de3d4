-- SPDX-License-Identifier: PostgreSQL
-- Report views over money that old customers pay twice, or no longer pay:
-- new-customer offers that are gamed, bundles paid for with their parts, old
-- prices beside new ones, and what movers brought before and bring now.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(35, 'gaming_window', 'count', '90',
		'Days after leaving in which coming back under an offer for new customers counts as gaming, and no longer as '
		'a winback.'),
	(36, 'billing_days', 'count', '31', 'Days of a billing cycle: a bundle and one of its parts may overlap so long.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(53, 'recycled_acquisition',
		'Entries under an offer for new customers by somebody who was one: the same customer, or another of the '
		'household, had the same product or family until less than gaming_window days before, or had it still. One '
		'row per entry.'),
	(54, 'recycled_acquisition_channel',
		'What offers for new customers brought in truth: one row per offer and channel, with gross adds as reported, '
		'genuine ones, winbacks and recycled ones.'),
	(55, 'bundle_overlap',
		'Customers who pay for a bundle and for one of its parts beside it, or did, for longer than a billing cycle: '
		'one row per customer, bundle and part. still_pays says who does.'),
	(56, 'price_book_gap',
		'Front book and back book: what customers of more than twelve months pay for a product, against newcomers of '
		'the last three months, and what repricing could cost. One row per product.'),
	(57, 'migration_value',
		'What movers from one product to another brought before and bring now, by tenths of what they brought before '
		'("(all)": everybody; 10: the best; none where all brought the same). A move is to hold the one at the '
		'closing of a month and the other at the next, as in product_migration; cannibalization counts entries, '
		'whenever the old line ended up to look_ahead days later. One row per pair of products and tenth.');

-- What they share
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('product_families', 1, '{product.family}', $$family AS (
	SELECT p.product, max(p.family) AS family FROM product p GROUP BY p.product
)$$),
('product_families', 9, '{}', $$family AS (
	SELECT NULL::text AS product, NULL::text AS family WHERE false
)$$),
('households', 1, '{customer.household}', $$household AS (SELECT c.customer_id, c.household::text AS household FROM customer c)$$),
('households', 2, '{customer.household_id}', $$household AS (SELECT c.customer_id, c.household_id::text AS household FROM customer c)$$),
('households', 3, '{customer.household_no}', $$household AS (SELECT c.customer_id, c.household_no::text AS household FROM customer c)$$),
('households', 4, '{customer.household_key}', $$household AS (SELECT c.customer_id, c.household_key::text AS household FROM customer c)$$),
('households', 9, '{}', $$household AS (SELECT NULL::text AS customer_id, NULL::text AS household WHERE false)$$),
('list_prices', 1, '{product}', $$catalogue AS MATERIALIZED (SELECT p.product, max(p.list_price) AS list_price FROM product p GROUP BY p.product)$$),
('list_prices', 9, '{}', $$catalogue AS (SELECT NULL::text AS product, NULL::numeric AS list_price WHERE false)$$),
('offer_prices', 1, '{offer,offer.product,offer.price}', $$live AS MATERIALIZED (
	SELECT f.product, min(f.price) AS price
	FROM offer f
	CROSS JOIN observed o
	WHERE f.price > 0 AND coalesce(f.valid_from < o.as_of, true) AND coalesce(f.valid_to >= o.as_of, true)
	GROUP BY f.product
)$$),
('offer_prices', 9, '{}', $$live AS (SELECT NULL::text AS product, NULL::numeric AS price WHERE false)$$),
('placed_now', 1, '{segment_history}', $$placed AS (
	SELECT DISTINCT ON (h.customer_id) h.customer_id, h.segment
	FROM segment_history h
	CROSS JOIN observed o
	WHERE h.segment IS NOT NULL AND h.valid_from < o.as_of AND coalesce(h.valid_to >= o.as_of, true)
	ORDER BY h.customer_id, h.valid_from DESC, h.segment COLLATE "C"
)$$),
('placed_now', 9, '{}', $$placed AS (SELECT s.customer_id, NULL::text AS segment FROM subscription s WHERE false)$$),
-- Spells and times in segments as rows of one fold
('book_rows', 1, '{segment_history}', $$(
		SELECT s.customer_id, s.product, NULL::text AS segment, s.started_on AS day, s.ended_on AS until, s.mrr, (SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s
		UNION ALL
		-- without a first day it is no time: a condition here would make a subquery of this side
		SELECT h.customer_id, NULL, CASE WHEN h.valid_from IS NOT NULL THEN h.segment END, h.valid_from, h.valid_to, NULL, (SELECT o.as_of FROM observed o)
		FROM segment_history h) r$$),
('book_rows', 9, '{}', $$(
		SELECT s.customer_id, s.product, NULL::text AS segment, s.started_on AS day, s.ended_on AS until, s.mrr, (SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s) r$$),
-- lines of the last day that are alike: where Citus has the spells by windows of each customer; else in one fold, a fifth of the time
('book_lines', 1, '{distributed subscription}', $${placed_now}, spell AS (
	SELECT s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, o.as_of,
		coalesce(s.started_on > max(coalesce(s.ended_on, 'infinity')) OVER (PARTITION BY s.customer_id, s.product ORDER BY s.started_on
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS is_first
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
), held AS (
	-- since when without a day between
	SELECT s.*, max(s.started_on) FILTER (WHERE s.is_first) OVER (PARTITION BY s.customer_id, s.product ORDER BY s.started_on ROWS UNBOUNDED PRECEDING) AS since
	FROM spell s
), each AS (
	SELECT h.product, CASE WHEN {has_segments} THEN coalesce(p.segment, '(none)') END AS segment, h.mrr,
		h.since >= (h.as_of - interval '3 months')::date AS is_front, h.since < (h.as_of - interval '12 months')::date AS is_back
	FROM held h
	LEFT JOIN placed p ON p.customer_id = h.customer_id
	WHERE (h.ended_on IS NULL OR h.ended_on >= h.as_of) AND h.mrr > 0
), alike AS MATERIALIZED (
	SELECT l.product, l.segment, l.mrr, l.is_front, l.is_back, count(*) AS lines
	FROM each l
	GROUP BY l.product, l.segment, l.mrr, l.is_front, l.is_back
)$$),
('book_lines', 9, '{}', $$book_fold AS MATERIALIZED (
	SELECT cvm._price_book_agg(r.customer_id, r.product, r.segment, r.day, r.until, r.mrr, r.as_of) AS books
	FROM {book_rows}
), alike AS (
	SELECT p.product, p.segment, p.mrr, p.is_front, p.is_back, p.lines
	FROM book_fold f
	CROSS JOIN LATERAL cvm._price_books(f.books) p
)$$);

-- Every entry under an offer for new customers, with the line that says what it
-- was: one's own before another's, the latest to end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('recycled', 1, '{}', $$
{valued}{observed}, {product_families}, {households},
taker AS MATERIALIZED (
	-- who took such an offer: nobody's lines are looked at but theirs and those of their households
	SELECT DISTINCT s.customer_id::text AS customer
	FROM subscription s
	WHERE s.offer IN (SELECT f.offer FROM offer f WHERE f.new_customers_only)
), relative AS MATERIALIZED (
	SELECT t.customer FROM taker t
	UNION
	SELECT h.customer_id::text FROM household h
	WHERE h.household IN (SELECT k.household FROM household k WHERE k.customer_id::text IN (SELECT t.customer FROM taker t))
), line AS {at_customer} (
	SELECT s.customer_id, coalesce(h.household, 'customer ' || s.customer_id::text) AS household, s.product,
		coalesce(f.family, s.product) AS family, s.offer, s.channel, s.mrr, s.started_on, s.ended_on
	FROM subscription s
	CROSS JOIN observed o
	LEFT JOIN family f ON f.product = s.product
	LEFT JOIN (SELECT k.* FROM household k WHERE k.customer_id::text IN (SELECT r.customer FROM relative r)) h ON h.customer_id::text = s.customer_id::text
	WHERE s.customer_id::text IN (SELECT r.customer FROM relative r)
		AND s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
), entry AS {at_customer} (
	-- the first day of a run under the offer: a new price is no new entry
	SELECT l.customer_id, l.household, l.family, l.offer, l.product, l.started_on AS entered_on, min(l.channel) AS channel, sum(l.mrr) AS mrr
	FROM line l
	WHERE l.offer IN (SELECT f.offer FROM offer f WHERE f.new_customers_only)
		AND NOT EXISTS (
			SELECT FROM line p
			WHERE p.customer_id = l.customer_id AND p.product = l.product AND p.offer = l.offer
				AND p.started_on < l.started_on AND (p.ended_on IS NULL OR p.ended_on >= l.started_on))
	GROUP BY l.customer_id, l.household, l.family, l.offer, l.product, l.started_on
), prior AS (
	SELECT DISTINCT ON (e.offer, e.product, e.customer_id, e.entered_on)
		e.offer, e.product, e.customer_id, e.entered_on, p.customer_id AS prior_customer_id, p.product AS prior_product,
		p.mrr AS prior_mrr, p.started_on AS prior_started_on, CASE WHEN p.ended_on < o.as_of THEN p.ended_on END AS prior_ended_on
	FROM entry e
	CROSS JOIN observed o
	JOIN line p ON p.household = e.household AND p.family = e.family AND p.started_on < e.entered_on
	ORDER BY e.offer, e.product, e.customer_id, e.entered_on,
		(p.ended_on >= e.entered_on - {gaming_window}) IS NOT FALSE DESC, p.customer_id = e.customer_id DESC,
		p.ended_on DESC NULLS FIRST, p.started_on DESC, p.mrr DESC, p.product
), judged AS {at_customer} (
	SELECT e.*, p.prior_customer_id, p.prior_product, p.prior_mrr, p.prior_ended_on, e.entered_on - p.prior_ended_on AS gap_days,
		CASE
			WHEN p.customer_id IS NULL THEN 'genuine_new'
			WHEN e.entered_on - p.prior_ended_on > {gaming_window} THEN
				CASE WHEN p.prior_customer_id = e.customer_id THEN 'winback' ELSE 'genuine_new' END
			WHEN p.prior_customer_id <> e.customer_id THEN 'household_swap'
			WHEN p.prior_ended_on = e.entered_on THEN 'reprice_same_day'
			WHEN p.prior_ended_on < e.entered_on THEN 'gap_return'
			WHEN p.prior_ended_on <= e.entered_on + {look_ahead} THEN 'pre_emptive'
			ELSE 'duplicate_line' END AS kind
	FROM entry e
	LEFT JOIN prior p USING (offer, product, customer_id, entered_on)
), found AS (
	SELECT j.*, j.kind NOT IN ('genuine_new', 'winback') AS is_recycled,
		count(*) FILTER (WHERE j.kind NOT IN ('genuine_new', 'winback')) OVER (
			PARTITION BY j.household ORDER BY j.entered_on, j.offer COLLATE "C", j.product COLLATE "C" ROWS UNBOUNDED PRECEDING) AS cycle_no
	FROM judged j
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('recycled_acquisition', 1, '{subscription,offer,offer.new_customers_only,subscription.offer}', $$
WITH
{recycled}
SELECT cvm.row_key(f.offer, f.product, f.customer_id::text, to_char(f.entered_on::timestamp, 'YYYY-MM-DD')) AS row_key,
	f.customer_id,
	f.offer,
	f.product,
	coalesce(f.channel, '(none)') AS channel,
	f.entered_on,
	to_char(f.entered_on::timestamp, 'YYYY-MM') AS entered_label,
	f.kind,
	CASE WHEN f.prior_customer_id = f.customer_id THEN 'customer' ELSE 'household' END AS match,
	f.prior_customer_id,
	f.prior_product,
	f.prior_ended_on,
	f.gap_days,
	f.prior_mrr,
	f.mrr AS new_mrr,
	greatest(f.prior_mrr - f.mrr, 0) AS repriced_mrr,
	f.cycle_no,
	{currency} AS currency,
	o.as_of
FROM found f
CROSS JOIN observed o
WHERE f.is_recycled$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('recycled_acquisition_channel', 1, '{subscription,offer,offer.new_customers_only,subscription.offer}', $$
WITH
{recycled}
SELECT cvm.row_key(t.offer, t.channel) AS row_key,
	t.offer,
	t.channel,
	t.gross_adds,
	t.genuine_entries,
	t.winback_entries,
	t.recycled_entries,
	t.recycled_entries::double precision / t.gross_adds AS gaming_rate,
	t.reprice_same_day_entries,
	t.gap_return_entries,
	t.pre_emptive_entries,
	t.duplicate_line_entries,
	t.household_swap_entries,
	t.repeat_entries,
	t.recycled_entries::double precision / nullif(sum(t.recycled_entries) FILTER (WHERE t.channel = '(all)') OVER (PARTITION BY t.offer), 0) AS channel_share,
	t.reported_mrr,
	t.genuine_mrr,
	t.repriced_mrr,
	t.repriced_year,
	{currency} AS currency,
	o.as_of
FROM (
	SELECT f.offer, f.channel,
		count(*) AS gross_adds,
		count(*) FILTER (WHERE f.kind = 'genuine_new') AS genuine_entries,
		count(*) FILTER (WHERE f.kind = 'winback') AS winback_entries,
		count(*) FILTER (WHERE f.is_recycled) AS recycled_entries,
		count(*) FILTER (WHERE f.kind = 'reprice_same_day') AS reprice_same_day_entries,
		count(*) FILTER (WHERE f.kind = 'gap_return') AS gap_return_entries,
		count(*) FILTER (WHERE f.kind = 'pre_emptive') AS pre_emptive_entries,
		count(*) FILTER (WHERE f.kind = 'duplicate_line') AS duplicate_line_entries,
		count(*) FILTER (WHERE f.kind = 'household_swap') AS household_swap_entries,
		count(*) FILTER (WHERE f.is_recycled AND f.cycle_no > 1) AS repeat_entries,
		sum(f.mrr) AS reported_mrr,
		coalesce(sum(f.mrr) FILTER (WHERE f.kind = 'genuine_new'), 0) AS genuine_mrr,
		coalesce(sum(greatest(f.prior_mrr - f.mrr, 0)) FILTER (WHERE f.is_recycled), 0) AS repriced_mrr,
		(12 * coalesce(sum(greatest(f.prior_mrr - f.mrr, 0)) FILTER (WHERE f.is_recycled), 0)) AS repriced_year
	-- each entry counts in its channel and in all: distributed servers do not
	-- know grouping sets
	FROM (SELECT x.offer, c.channel, x.kind, x.mrr, x.prior_mrr, x.is_recycled, x.cycle_no
		FROM found x CROSS JOIN LATERAL (VALUES (coalesce(x.channel, '(none)')), ('(all)')) AS c (channel)) f
	GROUP BY f.offer, f.channel) t
CROSS JOIN observed o$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('bundle_overlap', 1, '{subscription,bundle_component}', $$
WITH
{valued}{observed}, bought AS NOT MATERIALIZED (
	SELECT s.customer_id, s.product, s.started_on, s.ended_on, CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END AS mrr
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
), bundle AS (
	SELECT s.customer_id, b.bundle, range_agg(daterange(s.started_on, least(s.ended_on, o.as_of))) AS days
	FROM bought s
	CROSS JOIN observed o
	JOIN (SELECT DISTINCT c.bundle FROM bundle_component c) b ON b.bundle = s.product
	WHERE s.started_on < least(s.ended_on, o.as_of) AND s.mrr > 0
	GROUP BY s.customer_id, b.bundle
), doubled AS (
	SELECT b.customer_id, b.bundle, s.product, range_agg(x.days) AS days,
		sum(d.day_count * s.mrr) / 30.4375 AS paid_twice
	FROM bundle b
	JOIN (SELECT DISTINCT c.bundle, c.product FROM bundle_component c) c ON c.bundle = b.bundle
	JOIN bought s ON s.customer_id = b.customer_id AND s.product = c.product
	CROSS JOIN observed o
	CROSS JOIN LATERAL (SELECT b.days * datemultirange(daterange(s.started_on, greatest(least(s.ended_on, o.as_of), s.started_on))) AS days) m
	CROSS JOIN LATERAL unnest(m.days) AS x(days)
	CROSS JOIN LATERAL (SELECT upper(x.days) - lower(x.days) AS day_count) d
	WHERE s.mrr > 0
	GROUP BY b.customer_id, b.bundle, s.product
), counted AS (
	-- what both cost on the last day of both
	SELECT d.customer_id, d.bundle, d.product, d.days, d.paid_twice, (SELECT sum(upper(x) - lower(x)) FROM unnest(d.days) AS x) AS overlap_days,
		max(s.mrr) FILTER (WHERE s.product = d.bundle) AS bundle_mrr, max(s.mrr) FILTER (WHERE s.product = d.product) AS part_mrr
	FROM doubled d
	JOIN bought s ON s.customer_id = d.customer_id AND s.product IN (d.bundle, d.product)
		AND s.started_on < upper(d.days) AND coalesce(s.ended_on >= upper(d.days), true)
	GROUP BY d.customer_id, d.bundle, d.product, d.days, d.paid_twice
)
SELECT cvm.row_key(d.bundle, d.product, d.customer_id::text) AS row_key,
	d.customer_id,
	d.bundle,
	d.product,
	lower(d.days) AS overlap_from,
	upper(d.days) AS overlap_to,
	d.overlap_days,
	d.bundle_mrr,
	d.part_mrr,
	d.paid_twice,
	upper(d.days) = o.as_of AS still_pays,
	upper(d.days) < o.as_of AS is_complete,
	{currency} AS currency,
	o.as_of
FROM counted d
CROSS JOIN observed o
WHERE d.overlap_days > {billing_days}$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('price_book_gap', 1, '{subscription}', $$
WITH
{valued}{observed}, {product_families}, {list_prices}, {offer_prices}, {book_lines}, line AS MATERIALIZED (
	SELECT a.product, g.segment, a.mrr, a.is_front, a.is_back, a.lines
	FROM alike a
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (a.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) g
), book AS MATERIALIZED (
	SELECT l.product, l.segment, sum(l.lines)::bigint AS lines,
		coalesce(sum(l.lines) FILTER (WHERE l.is_front), 0)::bigint AS front_lines,
		coalesce(sum(l.lines) FILTER (WHERE l.is_back), 0)::bigint AS back_lines,
		sum(l.lines * l.mrr) FILTER (WHERE l.is_front) / sum(l.lines) FILTER (WHERE l.is_front) AS front_price,
		sum(l.lines * l.mrr) FILTER (WHERE l.is_back) / sum(l.lines) FILTER (WHERE l.is_back) AS back_price,
		sum(l.lines * l.mrr) FILTER (WHERE l.is_back) AS back_mrr,
		-- what anybody new pays, in whatever segment
		min(coalesce(least(min(l.mrr) FILTER (WHERE l.is_front), min(v.price)),
			min(c.list_price))) FILTER (WHERE l.segment = '(all)') OVER (PARTITION BY l.product) AS best_price
	FROM line l
	LEFT JOIN catalogue c ON c.product = l.product
	LEFT JOIN live v ON v.product = l.product
	GROUP BY l.product, l.segment
), exposed AS (
	SELECT l.product, l.segment, sum(l.lines * greatest(l.mrr - b.best_price, 0)) AS mrr
	FROM line l
	JOIN book b ON b.product = l.product AND b.segment = l.segment
	WHERE l.is_back
	GROUP BY l.product, l.segment
)
SELECT cvm.row_key(b.product, b.segment) AS row_key,
	b.product,
	coalesce(f.family, '(none)') AS family,
	b.lines,
	b.front_lines,
	b.back_lines,
	b.front_price::numeric(28,4) AS front_price,
	b.back_price::numeric(28,4) AS back_price,
	(b.back_price / nullif(b.front_price, 0) - 1)::double precision AS price_gap,
	b.best_price,
	coalesce(e.mrr, 0) AS exposed_mrr,
	(coalesce(e.mrr, 0) / nullif(b.back_mrr, 0))::double precision AS exposed_share,
	{currency} AS currency,
	b.segment,
	o.as_of
FROM book b
CROSS JOIN observed o
LEFT JOIN exposed e ON e.product = b.product AND e.segment = b.segment
LEFT JOIN family f ON f.product = b.product$$);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- who gave up a product for another one: where Citus has the spells, by customer; else gathered in one pass, a third of the time
('migrated_fold', 1, '{distributed subscription}', ''),
('migrated_fold', 9, '{}', $$fold AS MATERIALIZED (
	SELECT cvm._customer_move_agg(s.customer_id, s.product, s.started_on, s.ended_on, CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END, NULL, NULL, NULL,
		'month', (SELECT o.as_of FROM observed o), 0, NULL, NULL, NULL) AS state
	FROM subscription s
), $$),
('migrated', 1, '{distributed subscription}', $$(
		SELECT m.from_product, m.to_product, m.from_mrr, m.to_mrr
		FROM (
			SELECT cvm.holdings_agg(s.product, s.started_on, s.ended_on, CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) AS holdings
			FROM subscription s
			WHERE s.customer_id IS NOT NULL
			GROUP BY s.customer_id) h
		CROSS JOIN observed o
		CROSS JOIN LATERAL cvm.migrations(h.holdings, 'month', o.as_of) m
		WHERE m.from_product NOT IN ('(in)', '(out)') AND m.to_product NOT IN ('(in)', '(out)'))$$),
('migrated', 9, '{}', '(SELECT p.* FROM fold f CROSS JOIN LATERAL cvm._product_migrations(f.state) p)');
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('migration_value', 1, '{subscription}', $$
WITH
{valued}{observed}, {migrated_fold}moved AS (
	SELECT m.from_product, m.to_product, m.from_mrr, m.to_mrr,
		-- equal amounts are in the same tenth; where all are equal there is none
		CASE WHEN min(m.from_mrr) OVER w < max(m.from_mrr) OVER w
			THEN cvm.mid_quantile(rank() OVER (w ORDER BY m.from_mrr), count(*) OVER (w ORDER BY m.from_mrr), count(*) OVER w, 10) END AS tenth
	FROM {migrated} m
	WINDOW w AS (PARTITION BY m.from_product)
), total AS (
	SELECT m.from_product, m.to_product, t.tenth, count(*) AS customers,
		sum(m.from_mrr) AS before_mrr, sum(m.to_mrr) AS after_mrr,
		count(*) FILTER (WHERE m.to_mrr < m.from_mrr) AS diluted_customers,
		sum(greatest(m.from_mrr - m.to_mrr, 0)) AS diluted_mrr
	FROM moved m
	CROSS JOIN LATERAL (SELECT NULL::int AS tenth UNION ALL SELECT m.tenth WHERE m.tenth IS NOT NULL) AS t
	GROUP BY m.from_product, m.to_product, t.tenth
)
SELECT cvm.row_key(t.from_product, t.to_product, coalesce(to_char(t.tenth, 'FM00'), '(all)')) AS row_key,
	t.from_product,
	t.to_product,
	coalesce(to_char(t.tenth, 'FM00'), '(all)') AS value_decile,
	t.customers,
	t.before_mrr,
	t.after_mrr,
	(t.after_mrr - t.before_mrr) AS change_mrr,
	t.diluted_customers,
	t.diluted_customers::double precision / t.customers AS dilution_share,
	t.diluted_mrr,
	{currency} AS currency,
	o.as_of
FROM total t
CROSS JOIN observed o$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('recycled_acquisition', 1, 'repriced_mrr', 'formula', 'greatest({prior_mrr} - {new_mrr}, 0)'),
	('recycled_acquisition_channel', 1, 'reported_mrr', 'sum', NULL),
	('recycled_acquisition_channel', 2, 'genuine_mrr', 'part', 'reported_mrr'),
	('recycled_acquisition_channel', 3, 'repriced_mrr', 'sum', NULL),
	('recycled_acquisition_channel', 4, 'repriced_year', 'formula', '12 * {repriced_mrr}'),
	('price_book_gap', 1, 'exposed_mrr', 'sum', NULL),
	('migration_value', 1, 'before_mrr', 'sum', NULL),
	('migration_value', 2, 'after_mrr', 'sum', NULL),
	('migration_value', 3, 'diluted_mrr', 'sum', NULL),
	('migration_value', 4, 'change_mrr', 'formula', '{after_mrr} - {before_mrr}');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('recycled_acquisition', 1, 'row_key', 'text', 'key', 'offer|product|customer_id|entered_on', false,
		'One value per row.'),
	('recycled_acquisition', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'customer', false,
		'Who entered as a new customer.'),
	('recycled_acquisition', 3, 'offer', 'text', 'name', 'offer with new_customers_only', false,
		'The offer for new customers.'),
	('recycled_acquisition', 4, 'product', 'text', 'name', 'product sold under the offer', false, 'The product.'),
	('recycled_acquisition', 5, 'channel', 'text', 'name', 'subscription.channel', false,
		'Channel in which it was sold; "(none)" when not told.'),
	('recycled_acquisition', 6, 'entered_on', 'date', 'date', 'first day of a run under the offer', false,
		'Day of the entry.'),
	('recycled_acquisition', 7, 'entered_label', 'text', 'text', 'month of entered_on as text', false,
		'Month of the entry, safe from time zones of clients.'),
	('recycled_acquisition', 8, 'kind', 'text',
		'reprice_same_day, gap_return, pre_emptive, duplicate_line or household_swap',
		'prior_ended_on against entered_on', false,
		'How: the old line ended on the day; up to gaming_window days before; up to look_ahead days after; later or '
		'not at all; or it was another member of the household.'),
	('recycled_acquisition', 9, 'match', 'text', 'customer or household', 'prior customer = customer', false,
		'How strong the evidence is: a household is a weaker key than the customer.'),
	('recycled_acquisition', 10, 'prior_customer_id', 'bigint, integer, text or uuid', 'key', 'customer', false,
		'Whose line it was.'),
	('recycled_acquisition', 11, 'prior_product', 'text', 'name', 'product of the prior line', false,
		'Product held before, of the same family.'),
	('recycled_acquisition', 12, 'prior_ended_on', 'date', 'date', 'first day without the prior line', false,
		'When the prior line ended; NULL while it goes on.'),
	('recycled_acquisition', 13, 'gap_days', 'integer', 'days', 'entered_on - prior_ended_on', false,
		'Days between; below 0 when they overlap.'),
	('recycled_acquisition', 14, 'prior_mrr', 'numeric(28,2)', 'money', 'price of the prior line', true,
		'What was paid before.'),
	('recycled_acquisition', 15, 'new_mrr', 'numeric(28,2)', 'money', 'price under the offer', true,
		'What is paid under the offer.'),
	('recycled_acquisition', 16, 'repriced_mrr', 'numeric(28,2)', 'money', 'max(0, prior_mrr - new_mrr)', true,
		'What the same customer pays less a month.'),
	('recycled_acquisition', 17, 'cycle_no', 'bigint', 'entries', 'count of recycled entries of the household so far',
		false, '2 or more: a repeater.'),
	('recycled_acquisition', 18, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of money; NULL when the model has none.'),
	('recycled_acquisition', 19, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.'),
	('recycled_acquisition_channel', 1, 'row_key', 'text', 'key', 'offer|channel', false, 'One value per row.'),
	('recycled_acquisition_channel', 2, 'offer', 'text', 'name', 'offer with new_customers_only', false,
		'The offer for new customers.'),
	('recycled_acquisition_channel', 3, 'channel', 'text', 'name', 'subscription.channel', false,
		'Channel; "(all)" is the total.'),
	('recycled_acquisition_channel', 4, 'gross_adds', 'bigint', 'entries', 'count of entries under the offer', true,
		'Entries as they are reported.'),
	('recycled_acquisition_channel', 5, 'genuine_entries', 'bigint', 'entries',
		'count of entries of customers and households new to the family', true, 'Entries of new customers.'),
	('recycled_acquisition_channel', 6, 'winback_entries', 'bigint', 'entries',
		'count of entries of customers gone for more than gaming_window days', true,
		'Entries of customers won back.'),
	('recycled_acquisition_channel', 7, 'recycled_entries', 'bigint', 'entries',
		'gross_adds - genuine_entries - winback_entries', true,
		'Entries that only changed the price; deduct as many from churn.'),
	('recycled_acquisition_channel', 8, 'gaming_rate', 'double precision', 'fraction 0..1',
		'recycled_entries / gross_adds', false, 'Share of the entries that are not.'),
	('recycled_acquisition_channel', 9, 'reprice_same_day_entries', 'bigint', 'entries',
		'count of entries of that kind', true, 'The old line ended on the day.'),
	('recycled_acquisition_channel', 10, 'gap_return_entries', 'bigint', 'entries', 'count of entries of that kind',
		true, 'The old line had ended up to gaming_window days before.'),
	('recycled_acquisition_channel', 11, 'pre_emptive_entries', 'bigint', 'entries', 'count of entries of that kind',
		true, 'The old line ended up to look_ahead days after.'),
	('recycled_acquisition_channel', 12, 'duplicate_line_entries', 'bigint', 'entries',
		'count of entries of that kind', true, 'The old line went on.'),
	('recycled_acquisition_channel', 13, 'household_swap_entries', 'bigint', 'entries',
		'count of entries of that kind', true, 'It was another member of the household.'),
	('recycled_acquisition_channel', 14, 'repeat_entries', 'bigint', 'entries',
		'count of recycled entries that are not the first of the household', true, 'Entries of repeaters.'),
	('recycled_acquisition_channel', 15, 'channel_share', 'double precision', 'fraction 0..1',
		'recycled_entries / recycled_entries of "(all)"', false, 'Where gaming is concentrated.'),
	('recycled_acquisition_channel', 16, 'reported_mrr', 'numeric(28,2)', 'money', 'sum of price of all entries',
		true, 'New recurring revenue as reported.'),
	('recycled_acquisition_channel', 17, 'genuine_mrr', 'numeric(28,2)', 'money', 'sum of price of genuine entries',
		true, 'New recurring revenue in truth.'),
	('recycled_acquisition_channel', 18, 'repriced_mrr', 'numeric(28,2)', 'money',
		'sum of max(0, prior_mrr - new_mrr) of recycled entries', true, 'What the same customers pay less a month.'),
	('recycled_acquisition_channel', 19, 'repriced_year', 'numeric(28,2)', 'money', '12 * repriced_mrr', true,
		'The same in a year.'),
	('recycled_acquisition_channel', 20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of money; NULL when the model has none.'),
	('recycled_acquisition_channel', 21, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.'),
	('bundle_overlap', 1, 'row_key', 'text', 'key', 'bundle|product|customer_id', false, 'One value per row.'),
	('bundle_overlap', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'customer', false, 'Who pays twice.'),
	('bundle_overlap', 3, 'bundle', 'text', 'name', 'bundle_component.bundle', false, 'The bundle.'),
	('bundle_overlap', 4, 'product', 'text', 'name', 'bundle_component.product', false, 'The part paid for beside it.'),
	('bundle_overlap', 5, 'overlap_from', 'date', 'date', 'first day of both', false, 'First day of paying twice.'),
	('bundle_overlap', 6, 'overlap_to', 'date', 'date', 'first day after both', false,
		'First day of no longer doing so, or as_of.'),
	('bundle_overlap', 7, 'overlap_days', 'bigint', 'days', 'count of days of both', true, 'Days of paying twice.'),
	('bundle_overlap', 8, 'bundle_mrr', 'numeric(28,2)', 'money',
		'highest price of the bundle on the last day of both', true, 'Price of the bundle a month then.'),
	('bundle_overlap', 9, 'part_mrr', 'numeric(28,2)', 'money', 'highest price of the part on the last day of both',
		true, 'Price of the part a month then: the refund at risk, where still_pays.'),
	('bundle_overlap', 10, 'paid_twice', 'numeric(28,2)', 'money', 'sum of days * price of the part / 30.4375', true,
		'What has been paid twice so far.'),
	('bundle_overlap', 11, 'still_pays', 'boolean', 'true or false', 'overlap_to = as_of', false,
		'Are both paid for on the last day observed?'),
	('bundle_overlap', 12, 'is_complete', 'boolean', 'true or false', 'overlap_to < as_of', false, 'Is it over?'),
	('bundle_overlap', 13, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of money; NULL when the model has none.'),
	('bundle_overlap', 14, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('price_book_gap', 1, 'row_key', 'text', 'key', 'product|segment', false, 'One value per row.'),
	('price_book_gap', 2, 'product', 'text', 'name', 'product', false, 'The product.'),
	('price_book_gap', 3, 'family', 'text', 'name', 'product.family', false, 'Its family; "(none)" when not told.'),
	('price_book_gap', 4, 'lines', 'bigint', 'lines', 'count of paid lines on the last day', true, 'Lines.'),
	('price_book_gap', 5, 'front_lines', 'bigint', 'lines',
		'count of lines of customers who have had the product without a break for up to 3 months', true,
		'Lines of the front book: newcomers. Who had the product before at another price is none.'),
	('price_book_gap', 6, 'back_lines', 'bigint', 'lines',
		'count of lines of customers who have had it for more than 12 months', true, 'Lines of the back book.'),
	('price_book_gap', 7, 'front_price', 'numeric(28,4)', 'money', 'mean price of the front book', false,
		'What new customers pay a month.'),
	('price_book_gap', 8, 'back_price', 'numeric(28,4)', 'money', 'mean price of the back book', false,
		'What old customers pay a month.'),
	('price_book_gap', 9, 'price_gap', 'double precision', 'fraction', 'back_price / front_price - 1', false,
		'How much more old customers pay.'),
	('price_book_gap', 10, 'best_price', 'numeric(28,2)', 'money',
		'least of front book and live offers, else list price', false,
		'Best price at which a new customer can have it.'),
	('price_book_gap', 11, 'exposed_mrr', 'numeric(28,2)', 'money',
		'sum of max(0, price - best_price) of the back book', true,
		'What would be lost if all old customers moved to the best price: the ceiling of gaming.'),
	('price_book_gap', 12, 'exposed_share', 'double precision', 'fraction 0..1',
		'exposed_mrr / revenue of the back book', false, 'The same as a share.'),
	('price_book_gap', 13, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of money; NULL when the model has none.'),
	('price_book_gap', 14, 'segment', 'text', 'name', 'segment held on the last day seen', false,
		'Segment; "(all)" is everybody, "(none)" those in no segment. Only "(all)" where no segments are bound.'),
	('price_book_gap', 15, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('migration_value', 1, 'row_key', 'text', 'key', 'from_product|to_product|value_decile', false,
		'One value per row.'),
	('migration_value', 2, 'from_product', 'text', 'name', 'product held at one closing and not at the next', false,
		'What they left.'),
	('migration_value', 3, 'to_product', 'text', 'name', 'product held at the next closing and not before', false,
		'What they took.'),
	('migration_value', 4, 'value_decile', 'text', 'tenths',
		'cvm.mid_quantile() by from_mrr among movers from the product, in tenths', false,
		'01 to 10, the tenth who brought most; "(all)": everybody, and the only row where all brought the same.'),
	('migration_value', 5, 'customers', 'bigint', 'moves', 'count of moves', true, 'Moves.'),
	('migration_value', 6, 'before_mrr', 'numeric(28,2)', 'money', 'sum of price of what they left', true,
		'What they brought a month.'),
	('migration_value', 7, 'after_mrr', 'numeric(28,2)', 'money', 'sum of price of what they took', true,
		'What they bring a month.'),
	('migration_value', 8, 'change_mrr', 'numeric(28,2)', 'money', 'after_mrr - before_mrr', true, 'What changed.'),
	('migration_value', 9, 'diluted_customers', 'bigint', 'moves', 'count of moves to less', true,
		'Moves that bring less.'),
	('migration_value', 10, 'dilution_share', 'double precision', 'fraction 0..1', 'diluted_customers / customers',
		false, 'Share of the moves that bring less.'),
	('migration_value', 11, 'diluted_mrr', 'numeric(28,2)', 'money', 'sum of max(0, before - after)', true,
		'What those lost.'),
	('migration_value', 12, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of money; NULL when the model has none.'),
	('migration_value', 13, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
