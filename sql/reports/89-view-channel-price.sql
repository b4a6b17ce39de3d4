-- SPDX-License-Identifier: PostgreSQL
-- Report view over subscriptions: what the same product costs where.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(105, 'channel_price',
		'How far apart the prices are at which channels sell the same product: one row per product, month of '
		'the sale and currency. A sale is a line that begins and does not go on with one of the same product; its price is what it '
		'brings a month, net of offers. The best price is that of the cheapest channel for the same term in the same '
		'week, so that prices that moved and longer commitments are no dispersion.', 'customers');

-- What was sold in a week, at which price in which channel
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('priced_sales', 1, '{}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s)) AS as_of
), line AS (
	SELECT s.customer_id, s.product, s.started_on, {price} AS price, coalesce(upper(s.currency), {currency}) AS currency,
		coalesce(s.channel, '(unknown)') AS channel,
		-- months of commitment
		(coalesce(s.committed_until - s.started_on, 0) / 30.4375)::int AS term,
		s.started_on <= max(coalesce(s.ended_on, 'infinity')) OVER (
			PARTITION BY s.customer_id, s.product ORDER BY s.started_on, s.ended_on, s.mrr, s.channel, s.currency, s.committed_until
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS goes_on, o.as_of
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND isfinite(s.started_on) AND s.started_on < o.as_of
		AND coalesce(s.ended_on > s.started_on, true)
), sale AS {at_customer} (
	SELECT l.customer_id, l.product, coalesce(l.currency, '(none)') AS currency, l.channel, l.price, l.term, l.as_of,
		date_trunc('month', l.started_on::timestamp)::date AS month,
		date_trunc('week', l.started_on::timestamp)::date AS week
	FROM line l
	WHERE l.price > 0 AND l.goes_on IS NOT TRUE
), alike AS MATERIALIZED (
	-- many are sold at the same price
	SELECT s.product, s.currency, s.month, s.week, s.term, s.channel, s.price, s.as_of, count(*) AS n
	FROM sale s
	GROUP BY s.product, s.currency, s.month, s.week, s.term, s.channel, s.price, s.as_of
)
$$);
-- Where Citus has the spells so; else the same in one pass, a third of the time
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('counted_sales', 1, '{distributed subscription}', $$
{priced_sales}
, bought AS (
	SELECT d.product, d.currency, d.month, count(*) AS customers
	FROM (SELECT DISTINCT s.product, s.currency, s.month, s.customer_id FROM sale s) d
	GROUP BY d.product, d.currency, d.month
)
$$),
('counted_sales', 9, '{}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT cvm.day_of(now(), {time_zone}))) FROM subscription s)) AS as_of
), sale_fold AS MATERIALIZED (
	SELECT cvm._channel_sale_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, ({price}) IS DISTINCT FROM s.mrr,
		CASE WHEN isfinite(s.started_on) THEN s.committed_until - s.started_on END, s.channel, s.currency, coalesce(upper(s.currency), {currency}),
		(SELECT o.as_of FROM observed o)) AS counts
	FROM subscription s
), counted_sale AS MATERIALIZED (
	SELECT c.product, coalesce(c.currency, '(none)') AS currency, c.month, c.week, c.term, coalesce(c.channel, '(unknown)') AS channel, c.price,
		o.as_of, c.sales AS n, c.customers
	FROM sale_fold f
	CROSS JOIN LATERAL cvm._sale_counts(f.counts) c
	CROSS JOIN observed o
), alike AS (
	SELECT c.product, c.currency, c.month, c.week, c.term, c.channel, c.price, c.as_of, c.n FROM counted_sale c WHERE c.week IS NOT NULL
), bought AS (
	SELECT c.product, c.currency, c.month, c.customers FROM counted_sale c WHERE c.week IS NULL
)
$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('channel_price', 1, '{subscription.channel}', $$
{counted_sales}
, averaged AS (
	-- a channel's price for a term in a week
	SELECT a.*, sum(a.n * a.price) OVER c / sum(a.n) OVER c AS channel_price, row_number() OVER (c ORDER BY a.price) = 1 AS is_channel,
		sum(a.n * a.price) OVER t / sum(a.n) OVER t AS like_price, sum(a.n * a.price) OVER m / sum(a.n) OVER m AS mean_price
	FROM alike a
	WINDOW c AS (PARTITION BY a.product, a.currency, a.month, a.week, a.term, a.channel),
		t AS (PARTITION BY a.product, a.currency, a.month, a.week, a.term), m AS (PARTITION BY a.product, a.currency, a.month)
), priced AS (
	SELECT a.*, min(a.channel_price) OVER t AS best_price, count(*) FILTER (WHERE a.is_channel) OVER t AS channels
	FROM averaged a
	WINDOW t AS (PARTITION BY a.product, a.currency, a.month, a.week, a.term)
), summed AS (
	SELECT p.product, p.currency, p.month, p.as_of, p.mean_price, sum(p.n)::bigint AS sales, count(DISTINCT p.channel) AS channels,
		min(p.price) AS lowest_price, max(p.price) AS highest_price, sum(p.n * p.price) AS sold_mrr,
		sqrt(sum(p.n * ((p.price - p.mean_price) * (p.price - p.mean_price))) / sum(p.n)) AS deviation,
		sqrt(sum(p.n * ((p.price - p.like_price) * (p.price - p.like_price))) / sum(p.n)) AS like_deviation,
		coalesce(sum(p.n) FILTER (WHERE p.channels > 1), 0)::bigint AS compared,
		coalesce(sum(p.n) FILTER (WHERE p.channels > 1 AND p.price > p.best_price), 0)::bigint AS above,
		coalesce(sum(p.n * (p.price - p.best_price)) FILTER (WHERE p.channels > 1 AND p.price > p.best_price), 0) AS above_mrr
	FROM priced p
	GROUP BY p.product, p.currency, p.month, p.as_of, p.mean_price
), counted AS (
	SELECT s.*, b.customers FROM summed s JOIN bought b ON b.product = s.product AND b.currency = s.currency AND b.month = s.month
)
SELECT cvm.row_key(c.product, to_char(c.month::timestamp, 'YYYY-MM'), c.currency) AS row_key,
	c.product,
	c.month,
	to_char(c.month::timestamp, 'YYYY-MM') AS month_label,
	c.sales,
	c.customers,
	c.channels,
	c.sold_mrr,
	c.mean_price,
	c.lowest_price,
	c.highest_price,
	(c.highest_price / c.lowest_price)::float8 AS price_ratio,
	(c.deviation / c.mean_price)::float8 AS variation,
	(c.like_deviation / c.mean_price)::float8 AS like_variation,
	c.compared AS compared_sales,
	c.above AS above_best_sales,
	c.above / nullif(c.compared, 0)::float8 AS above_best_share,
	i.conf_low,
	i.conf_high,
	c.above_mrr AS above_best_mrr,
	nullif(c.currency, '(none)') AS currency,
	(c.month + interval '1 month')::date <= c.as_of AS is_complete,
	c.as_of
FROM counted c
CROSS JOIN LATERAL cvm.proportion_interval(c.above, c.compared, {conf}) i$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('channel_price', 1, $$
{priced_sales}
, offered AS (
	SELECT c.product, c.currency, c.month, c.week, c.term, min(c.channel_price) AS best_price, count(*) AS channels
	FROM (
		SELECT a.product, a.currency, a.month, a.week, a.term, a.channel, sum(a.n * a.price) / sum(a.n) AS channel_price
		FROM alike a GROUP BY a.product, a.currency, a.month, a.week, a.term, a.channel) c
	GROUP BY c.product, c.currency, c.month, c.week, c.term
), priced AS (
	SELECT s.*, o.best_price, o.channels
	FROM sale s
	JOIN offered o ON o.product = s.product AND o.currency = s.currency AND o.month = s.month AND o.week = s.week AND o.term = s.term
)
SELECT w.row_key, p.customer_id, 1 AS customers, sum(p.price) AS sold_mrr,
	coalesce(sum(p.price - p.best_price) FILTER (WHERE p.channels > 1 AND p.price > p.best_price), 0) AS above_best_mrr,
	NULL::numeric AS mrr_before, sum(p.price) AS mrr_after,
	string_agg(p.channel || ' at ' || p.price || CASE WHEN p.channels > 1 AND p.price > p.best_price THEN ', best '
		|| p.best_price::numeric(28,{minor_units}) ELSE '' END, '; '
		ORDER BY p.week, p.channel, p.price) AS detail
FROM priced p
JOIN wanted w ON w.product = p.product AND w.month = p.month AND coalesce(w.currency, '(none)') = p.currency
GROUP BY w.row_key, p.customer_id$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('channel_price', 1, 'row_key', 'text', 'key', 'product|month_label|currency', false, 'One value per row.'),
	('channel_price', 2, 'product', 'text', 'name', 'subscription.product', false, 'The product.'),
	('channel_price', 3, 'month', 'date', 'date', 'first day of the month', false, 'Month in which it was sold.'),
	('channel_price', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('channel_price', 5, 'sales', 'bigint', 'sales', 'count of lines that begin in the month, at a price', true,
		'Lines sold.'),
	('channel_price', 6, 'customers', 'bigint', 'customers', 'count of distinct customers', false, 'Who bought them.'),
	('channel_price', 7, 'channels', 'bigint', 'channels', 'count of distinct channels', false,
		'Channels that sold it; "(unknown)" is one.'),
	('channel_price', 8, 'sold_mrr', 'numeric(28,2)', 'money', 'sum of price', true, 'What they bring a month.'),
	('channel_price', 9, 'mean_price', 'numeric(28,2)', 'money', 'sold_mrr / sales', false, 'Price of a sale.'),
	('channel_price', 10, 'lowest_price', 'numeric(28,2)', 'money', 'least price of a sale', false, 'The lowest price.'),
	('channel_price', 11, 'highest_price', 'numeric(28,2)', 'money', 'greatest price of a sale', false,
		'The highest price.'),
	('channel_price', 12, 'price_ratio', 'double precision', 'fraction', 'highest_price / lowest_price', false,
		'How many times the lowest price the highest is.'),
	('channel_price', 13, 'variation', 'double precision', 'fraction', 'standard deviation of price / mean_price', false,
		'Coefficient of variation over all sales.'),
	('channel_price', 14, 'like_variation', 'double precision', 'fraction',
		'standard deviation of price within the same term and week / mean_price', false,
		'What is left of it among sales of the same term in the same week: dispersion that mix does not explain.'),
	('channel_price', 15, 'compared_sales', 'bigint', 'sales', 'sales of a term and week that two channels sold', true,
		'Sales for which another channel had a price.'),
	('channel_price', 16, 'above_best_sales', 'bigint', 'sales', 'of these, at more than the cheapest channel''s mean',
		true, 'Sales at more than the best price.'),
	('channel_price', 17, 'above_best_share', 'double precision', 'fraction 0..1',
		'above_best_sales / compared_sales', false, 'Their share.'),
	('channel_price', 18, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of above_best_share', false,
		'Lower end of the interval.'),
	('channel_price', 19, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of above_best_share',
		false, 'Upper end of the interval.'),
	('channel_price', 20, 'above_best_mrr', 'numeric(28,2)', 'money', 'sum of price - best price where above it', true,
		'What would be lost a month if these customers bought where it is cheapest.'),
	('channel_price', 21, 'currency', 'text', 'ISO 4217 code', 'subscription.currency, else the setting of the model', false,
		'Currency of the money; NULL when the model has none.'),
	('channel_price', 22, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false,
		'Is the month over?'),
	('channel_price', 23, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
