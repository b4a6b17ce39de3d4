-- SPDX-License-Identifier: PostgreSQL
-- Report view over channels: which of them suits a segment.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(162, 'channel_months', 'count', '12', 'Months before as_of that channel_segment is about.');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('contact_approaches', 1, '{contact}', $$
	UNION ALL
	SELECT k.customer_id, k.channel, cvm.day_of(k.occurred_at, {time_zone}) AS day, {contact_cost} AS cost
	FROM contact k
	WHERE k.customer_id IS NOT NULL AND k.channel IS NOT NULL AND lower(k.purpose) IS DISTINCT FROM 'service'$$),
('contact_approaches', 2, '{}', ''),
('contact_cost', 1, '{contact.cost}', 'k.cost'),
('contact_cost', 2, '{}', 'NULL::numeric'),
('csat_rows', 1, '{survey}', $$
	SELECT v.customer_id, cvm.day_of(v.occurred_at, {time_zone}) AS day, v.occurred_at, v.score
	FROM survey v
	WHERE lower(v.instrument) = 'csat' AND v.customer_id IS NOT NULL AND v.score IS NOT NULL AND v.score NOT IN ('NaN', 'Infinity', '-Infinity')$$),
('csat_rows', 2, '{}', $$
	SELECT s.customer_id, NULL::date AS day, NULL::timestamp AS occurred_at, NULL::double precision AS score FROM subscription s WHERE false$$);

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(206, 'channel_segment',
		'Which channel suits a segment: of the last channel_months, one row per channel and segment with the share of '
		'those approached who bought, what a sale cost, who still pays kept_days later, how satisfied they are, and '
		'how far the channel is behind the best one for that segment.', 'customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('channel_segment_seen', 1, '{}', $$
WITH {observed}, {rates}sale AS {at_customer} ({sold_lines}
), approach AS (
	SELECT a.customer_id, a.channel, a.day, a.cost
	FROM (
		SELECT q.customer_id, q.channel, q.day, NULL::numeric AS cost FROM {enquiry} q WHERE {is_enquiry}{contact_approaches}) a
	CROSS JOIN observed o
	WHERE a.day < o.as_of AND a.day >= (o.as_of - {channel_months} * interval '1 month')::date
), approached AS {at_customer} (
	SELECT a.customer_id, a.channel, min(a.day) AS day, sum(a.cost) AS cost FROM approach a GROUP BY a.customer_id, a.channel
), recent AS {at_customer} (
	-- where the customer was not approached in the channel of the sale, all that did have part in it
	SELECT s.customer_id, s.channel, s.day, s.price, a.customer_id IS NOT NULL AS is_approached
	FROM sale s
	CROSS JOIN observed o
	LEFT JOIN approached a ON a.customer_id = s.customer_id AND a.channel = s.channel
	WHERE s.day >= (o.as_of - {channel_months} * interval '1 month')::date
), sold AS {at_customer} (
	SELECT r.customer_id, r.channel, min(r.day) AS day, count(*) AS sales, sum(r.price) AS mrr
	FROM recent r
	WHERE r.channel IS NOT NULL
	GROUP BY r.customer_id, r.channel
), kept AS {at_customer} (
	SELECT DISTINCT b.customer_id, b.channel
	FROM sold b
	JOIN subscription s ON s.customer_id = b.customer_id AND s.started_on <= b.day + {kept_days} AND coalesce(s.ended_on > b.day + {kept_days}, true)
	WHERE {price} > 0
), csat AS {at_customer} ({csat_rows}
), satisfied AS {at_customer} (
	-- the last answer since the sale
	SELECT DISTINCT ON (b.customer_id, b.channel) b.customer_id, b.channel, c.score >= 4 AS is_satisfied
	FROM sold b
	CROSS JOIN observed o
	JOIN csat c ON c.customer_id = b.customer_id AND c.day >= b.day AND c.day < o.as_of
	ORDER BY b.customer_id, b.channel, c.occurred_at DESC, c.score
), converted AS {at_customer} (
	SELECT DISTINCT a.customer_id, a.channel
	FROM approached a
	JOIN recent r ON r.customer_id = a.customer_id AND r.day >= a.day AND r.day < a.day + {enquiry_days} AND (r.channel = a.channel OR NOT r.is_approached)
), told AS (
	-- what is known of a customer and channel, put together without a join, in which Citus would not see that all of it is of one customer
	SELECT u.customer_id, u.channel, min(u.asked_on) AS asked_on, min(u.sold_on) AS sold_on, max(u.cost) AS cost, max(u.sales) AS sales, max(u.mrr) AS mrr,
		coalesce(bool_or(u.is_kept), false) AS is_kept, coalesce(bool_or(u.is_converted), false) AS is_converted, bool_or(u.is_satisfied) AS is_satisfied
	FROM (
		SELECT a.customer_id, a.channel, a.day AS asked_on, NULL::date AS sold_on, a.cost, NULL::bigint AS sales, NULL::numeric AS mrr, NULL::boolean AS is_kept,
			NULL::boolean AS is_converted, NULL::boolean AS is_satisfied
		FROM approached a
		UNION ALL
		SELECT b.customer_id, b.channel, NULL, b.day, NULL, b.sales, b.mrr, NULL, NULL, NULL FROM sold b
		UNION ALL
		SELECT k.customer_id, k.channel, NULL, NULL, NULL, NULL, NULL, true, NULL, NULL FROM kept k
		UNION ALL
		SELECT w.customer_id, w.channel, NULL, NULL, NULL, NULL, NULL, NULL, true, NULL FROM converted w
		UNION ALL
		SELECT f.customer_id, f.channel, NULL, NULL, NULL, NULL, NULL, NULL, NULL, f.is_satisfied FROM satisfied f) u
	GROUP BY u.customer_id, u.channel
), seen AS {at_customer} (
	SELECT t.customer_id, t.channel, least(t.asked_on, t.sold_on) AS day, t.cost, t.sales, t.mrr, o.as_of,
		t.asked_on IS NOT NULL AND t.asked_on + {enquiry_days} <= o.as_of AS is_asked,
		t.asked_on IS NOT NULL AND t.asked_on + {enquiry_days} <= o.as_of AND t.is_converted AS is_converted,
		coalesce(t.sold_on + {kept_days} < o.as_of, false) AS is_mature,
		coalesce(t.sold_on + {kept_days} < o.as_of, false) AND t.is_kept AS is_kept,
		t.is_satisfied
	FROM told t
	CROSS JOIN observed o
)
@use held_on seen
$$);

-- The same by channel and segment: Citus counts customer by customer, others in one pass
@for preference | entity
1 | subscription
2 | contact
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('channel_segment_own', {preference}, '{distributed {entity}}', $$
{channel_segment_seen}
, own AS MATERIALIZED (
	SELECT p.channel, p.in_segment, p.as_of, count(*) AS customers, count(*) FILTER (WHERE p.is_asked) AS asked,
		count(*) FILTER (WHERE p.is_converted) AS converted,
		coalesce(sum(p.sales), 0) AS sales, count(p.sales) AS sold, coalesce(sum(p.mrr), 0) AS mrr, sum(p.cost) AS contact_cost,
		count(*) FILTER (WHERE p.is_mature) AS mature, count(*) FILTER (WHERE p.is_kept) AS kept,
		count(p.is_satisfied) AS answers, count(*) FILTER (WHERE p.is_satisfied) AS satisfied
	FROM member p
	GROUP BY p.channel, p.in_segment, p.as_of
)
$$);
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('csat_reached', 1, '{survey}', $$
			UNION ALL
			SELECT v.customer_id, NULL, NULL, NULL, NULL, NULL, cvm.day_of(v.occurred_at, {time_zone}), NULL, NULL, NULL, NULL, NULL,
				cvm.moment_of(v.occurred_at, {time_zone}), v.score >= 4
			FROM survey v
			WHERE lower(v.instrument) = 'csat' AND v.score NOT IN ('NaN', 'Infinity', '-Infinity')$$),
('csat_reached', 2, '{}', ''),
('contact_reached', 1, '{contact}', $$
			UNION ALL
			SELECT k.customer_id, NULL, NULL, NULL, k.purpose, k.channel, cvm.day_of(k.occurred_at, {time_zone}), NULL, NULL, NULL, {contact_cost}, NULL, NULL, NULL
			FROM contact k$$),
('contact_reached', 2, '{}', ''),
('channel_segment_own', 9, '{}', $$
WITH {observed}, {rates}own AS MATERIALIZED (
	SELECT c.channel, c.segment AS in_segment, o.as_of, c.customers, c.approached AS asked, c.converted, c.sales, c.sold, coalesce(c.mrr, 0) AS mrr,
		c.contact_cost, c.mature, c.kept, c.answers, c.satisfied
	FROM (
		SELECT cvm._channel_segment_agg(r.customer_id, r.segment, r.valid_from, r.valid_to, r.purpose, r.channel, r.day, r.past, r.product, r.offer, r.amount,
			r.mrr, r.at, r.is_good, (SELECT o.as_of FROM observed o),
			(SELECT (o.as_of - {channel_months} * interval '1 month')::date FROM observed o), {enquiry_days}, {kept_days}) AS cells
		FROM (
			SELECT s.customer_id, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to, NULL::text AS purpose, s.channel,
				s.started_on AS day, s.ended_on AS past, s.product, s.offer, {price}{rate} AS amount, s.mrr, NULL::timestamptz AS at, ({price} > 0) IS TRUE AS is_good
			FROM subscription s
			UNION ALL
			SELECT q.customer_id, NULL, NULL, NULL, NULL, q.channel, q.day, NULL, NULL, NULL, NULL, NULL, NULL, NULL
			FROM {enquiry} q
			WHERE {is_enquiry}{contact_reached}{csat_reached}
			UNION ALL
			SELECT h.customer_id, h.segment, h.valid_from, h.valid_to, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
			FROM {segment_rows} h
			WHERE h.segment IS NOT NULL) r) a
	CROSS JOIN LATERAL unnest(a.cells) c
	CROSS JOIN observed o
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('channel_segment', 1, '{subscription.channel}', $$
{channel_segment_own}
, pool AS MATERIALIZED (
	-- what was spent on the channel as such
	SELECT lower(c.pool) AS channel, sum(c.amount) AS amount
	FROM {cost_rows} c
	CROSS JOIN observed o
	WHERE c.month < o.as_of AND c.month >= (o.as_of - {channel_months} * interval '1 month')::date
	GROUP BY lower(c.pool)
), counted AS MATERIALIZED (
	SELECT c.channel, x.segment, c.as_of, sum(c.customers)::bigint AS customers, sum(c.asked)::bigint AS asked, sum(c.converted)::bigint AS converted,
		sum(c.sales)::bigint AS sales, sum(c.sold)::bigint AS sold, sum(c.mrr) AS mrr, sum(c.contact_cost) AS contact_cost, sum(c.mature)::bigint AS mature,
		sum(c.kept)::bigint AS kept, sum(c.answers)::bigint AS answers, sum(c.satisfied)::bigint AS satisfied
	FROM own c
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (c.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY c.channel, x.segment, c.as_of
), rated AS (
	-- the pool of a channel is shared out by customers
	SELECT c.*, coalesce(c.contact_cost + coalesce(s.amount, 0), s.amount) AS cost,
		q.conf_low AS converted_low, q.conf_high AS converted_high, k.conf_low AS kept_low, k.conf_high AS kept_high, f.conf_low AS satisfied_low,
		f.conf_high AS satisfied_high
	FROM counted c
	JOIN counted a ON a.channel = c.channel AND a.segment = '(all)'
	LEFT JOIN pool t ON t.channel = lower(c.channel)
	-- with as many decimals as shares need that add up
	CROSS JOIN LATERAL (SELECT round(t.amount * c.customers, 24) / a.customers AS amount) s
	CROSS JOIN LATERAL cvm.proportion_interval(c.converted, c.asked, {conf}) q
	CROSS JOIN LATERAL cvm.proportion_interval(c.kept, c.mature, {conf}) k
	CROSS JOIN LATERAL cvm.proportion_interval(c.satisfied, c.answers, {conf}) f
), ranked AS (
	-- the best one is the one that is surely good, so that few customers do not make it
	SELECT r.*, first_value(r.channel) OVER w AS best_channel, first_value(r.converted) OVER w AS best_converted, first_value(r.asked) OVER w AS best_asked,
		first_value(r.channel) OVER v AS best_kept_channel, first_value(r.kept) OVER v AS best_kept, first_value(r.mature) OVER v AS best_mature,
		count(*) FILTER (WHERE r.asked > 0) OVER s AS channels, count(*) FILTER (WHERE r.mature > 0) OVER s AS kept_channels
	FROM rated r
	WINDOW s AS (PARTITION BY r.segment),
		w AS (PARTITION BY r.segment ORDER BY r.converted_low DESC NULLS LAST, r.asked DESC, r.channel),
		v AS (PARTITION BY r.segment ORDER BY r.kept_low DESC NULLS LAST, r.mature DESC, r.channel)
)
SELECT cvm.row_key(r.channel, r.segment) AS row_key,
	r.channel,
	r.segment,
	(r.as_of - {channel_months} * interval '1 month')::date AS since,
	r.customers,
	r.asked AS approached_customers,
	r.converted AS converted_customers,
	r.converted / nullif(r.asked, 0)::float8 AS conversion_rate,
	r.converted_low AS conversion_low,
	r.converted_high AS conversion_high,
	r.sales,
	r.sold AS sold_customers,
	r.mrr AS sold_mrr,
	r.cost,
	r.cost / nullif(r.sales, 0) AS cost_per_sale,
	r.mature AS matured_customers,
	r.kept AS retained_customers,
	r.kept / nullif(r.mature, 0)::float8 AS retention_rate,
	r.kept_low AS retention_low,
	r.kept_high AS retention_high,
	r.answers,
	r.satisfied / nullif(r.answers, 0)::float8 AS satisfaction,
	r.satisfied_low AS satisfaction_low,
	r.satisfied_high AS satisfaction_high,
	CASE WHEN r.channels > 0 THEN r.best_channel END AS best_channel,
	CASE WHEN r.channels > 0 THEN r.channels END AS compared_channels,
	CASE WHEN r.asked > 0 THEN greatest(r.best_converted / r.best_asked::float8 - r.converted / r.asked::float8, 0) END AS regret,
	CASE WHEN r.channel <> r.best_channel THEN d.conf_low END AS regret_low,
	CASE WHEN r.channel <> r.best_channel THEN d.conf_high END AS regret_high,
	CASE WHEN r.asked > 0 THEN r.asked * greatest(r.best_converted / r.best_asked::float8 - r.converted / r.asked::float8, 0) END AS regret_sales,
	CASE WHEN r.kept_channels > 0 THEN r.best_kept_channel END AS best_retention_channel,
	CASE WHEN r.mature > 0 THEN greatest(r.best_kept / r.best_mature::float8 - r.kept / r.mature::float8, 0) END AS retention_regret,
	CASE WHEN r.channel <> r.best_kept_channel THEN e.conf_low END AS retention_regret_low,
	CASE WHEN r.channel <> r.best_kept_channel THEN e.conf_high END AS retention_regret_high,
	CASE WHEN r.asked = 0 OR r.channels < 2 THEN 'no_data'
		WHEN r.channel = r.best_channel THEN 'best'
		WHEN d.conf_low > 0 THEN 'behind'
		ELSE 'inconclusive' END AS verdict,
	{enquiry_days} AS enquiry_days,
	{kept_days} AS kept_days,
	{currency} AS currency,
	{time_zone} AS time_zone,
	r.as_of
FROM ranked r
-- any two channels may turn out to be those that are compared
CROSS JOIN LATERAL cvm.proportion_difference(r.converted, r.asked, r.best_converted, r.best_asked,
	1 - (1 - {conf}) / greatest(r.channels * (r.channels - 1) / 2, 1)) d
CROSS JOIN LATERAL cvm.proportion_difference(r.kept, r.mature, r.best_kept, r.best_mature,
	1 - (1 - {conf}) / greatest(r.kept_channels * (r.kept_channels - 1) / 2, 1)) e$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('channel_segment', 1, $$
{channel_segment_seen}
, placed AS (
	SELECT x.segment, m.*
	FROM member m
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (m.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
)
SELECT w.row_key, p.customer_id, 1 AS customers, CASE WHEN p.is_asked THEN 1 ELSE 0 END AS approached_customers,
	CASE WHEN p.is_converted THEN 1 ELSE 0 END AS converted_customers, CASE WHEN p.sales > 0 THEN 1 ELSE 0 END AS sold_customers, coalesce(p.mrr, 0) AS sold_mrr,
	CASE WHEN p.is_mature THEN 1 ELSE 0 END AS matured_customers, CASE WHEN p.is_kept THEN 1 ELSE 0 END AS retained_customers,
	NULL::numeric AS mrr_before, p.mrr AS mrr_after,
	concat_ws(', ', CASE WHEN p.is_converted THEN 'approached, bought' WHEN p.is_asked THEN 'approached' END, p.sales || ' sales',
		CASE WHEN p.is_kept THEN 'still pays' WHEN p.is_mature THEN 'left' END, CASE WHEN p.is_satisfied THEN 'satisfied' END) AS detail
FROM placed p
JOIN wanted w ON w.channel = p.channel AND w.segment = p.segment$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('channel_segment', 1, 'sold_mrr', 'sum', NULL),
	('channel_segment', 2, 'cost', 'sum', NULL);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('channel_segment', 1, 'row_key', 'text', 'key', 'channel|segment', false, 'One value per row.'),
	('channel_segment', 2, 'channel', 'text', 'name', 'subscription.channel, contact.channel, channel of an enquiry', false,
		'The channel.'),
	('channel_segment', 3, 'segment', 'text', 'name', 'segment held when first approached, or sold to', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('channel_segment', 4, 'since', 'date', 'date', 'as_of - channel_months', false, 'First day of what is counted.'),
	('channel_segment', 5, 'customers', 'bigint', 'customers', 'customers approached or sold to in the channel', true,
		'Customers that the row is about.'),
	('channel_segment', 6, 'approached_customers', 'bigint', 'customers',
		'customers with a marketing contact or an enquiry (enquiry_topics), enquiry_days ago or longer', true,
		'Customers who were approached in the channel or asked there, and had the time to buy.'),
	('channel_segment', 7, 'converted_customers', 'bigint', 'customers',
		'those with a sale within enquiry_days, in the channel or in one in which they were not approached', true,
		'Of these, who bought.'),
	('channel_segment', 8, 'conversion_rate', 'double precision', 'fraction 0..1',
		'converted_customers / approached_customers', false, 'Their share.'),
	('channel_segment', 9, 'conversion_low', 'double precision', 'fraction 0..1', 'Wilson interval of conversion_rate',
		false, 'Lower end of the interval.'),
	('channel_segment', 10, 'conversion_high', 'double precision', 'fraction 0..1',
		'Wilson interval of conversion_rate', false, 'Upper end of the interval.'),
	('channel_segment', 11, 'sales', 'bigint', 'sales', 'lines that began, as in channel_price', true,
		'Sales in the channel.'),
	('channel_segment', 12, 'sold_customers', 'bigint', 'customers', 'customers with a sale', true,
		'Customers who bought in the channel, approached or not.'),
	('channel_segment', 13, 'sold_mrr', 'numeric(28,2)', 'money a month', 'sum of what the sales bring', true,
		'What the sales bring a month.'),
	('channel_segment', 14, 'cost', 'numeric(28,2)', 'money',
		'sum of contact.cost + cost of the pool of the channel''s name * customers / all customers of the channel', true,
		'What the channel cost; NULL where neither is known.'),
	('channel_segment', 15, 'cost_per_sale', 'numeric(28,2)', 'money', 'cost / sales', false, 'What a sale cost.'),
	('channel_segment', 16, 'matured_customers', 'bigint', 'customers',
		'sold_customers whose first sale is more than kept_days ago', true, 'Of who bought, who had the time to leave.'),
	('channel_segment', 17, 'retained_customers', 'bigint', 'customers',
		'those who pay for anything kept_days after their first sale', true, 'Of these, who still paid.'),
	('channel_segment', 18, 'retention_rate', 'double precision', 'fraction 0..1',
		'retained_customers / matured_customers', false, 'Their share.'),
	('channel_segment', 19, 'retention_low', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate',
		false, 'Lower end of the interval.'),
	('channel_segment', 20, 'retention_high', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate',
		false, 'Upper end of the interval.'),
	('channel_segment', 21, 'answers', 'bigint', 'answers', 'last csat answer of each since the first sale', true,
		'Answers of who bought.'),
	('channel_segment', 22, 'satisfaction', 'double precision', 'fraction 0..1', 'answers of 4 and 5 / answers', false,
		'Share of them that are satisfied.'),
	('channel_segment', 23, 'satisfaction_low', 'double precision', 'fraction 0..1', 'Wilson interval of satisfaction',
		false, 'Lower end of the interval.'),
	('channel_segment', 24, 'satisfaction_high', 'double precision', 'fraction 0..1', 'Wilson interval of satisfaction',
		false, 'Upper end of the interval.'),
	('channel_segment', 25, 'best_channel', 'text', 'name', 'channel of the segment with the greatest conversion_low',
		false, 'The best channel for the segment; NULL where nobody was approached.'),
	('channel_segment', 26, 'compared_channels', 'bigint', 'channels', 'channels of the segment with approached_customers',
		false, 'Among how many.'),
	('channel_segment', 27, 'regret', 'double precision', 'fraction 0..1',
		'conversion_rate of best_channel - conversion_rate, 0 or more', false,
		'What is missed by not going through the best channel.'),
	('channel_segment', 28, 'regret_low', 'double precision', 'fraction',
		'Newcombe''s hybrid score, at 1 - (1 - conf) / pairs of channels', false,
		'Lower end of the interval of the difference; NULL for the best channel.'),
	('channel_segment', 29, 'regret_high', 'double precision', 'fraction',
		'Newcombe''s hybrid score, at 1 - (1 - conf) / pairs of channels', false,
		'Upper end of the interval of the difference; NULL for the best channel.'),
	('channel_segment', 30, 'regret_sales', 'double precision', 'customers (estimate)', 'regret * approached_customers',
		false, 'Customers more who would have bought.'),
	('channel_segment', 31, 'best_retention_channel', 'text', 'name',
		'channel of the segment with the greatest retention_low', false, 'The channel whose customers stay best.'),
	('channel_segment', 32, 'retention_regret', 'double precision', 'fraction 0..1',
		'retention_rate of best_retention_channel - retention_rate, 0 or more', false, 'How far the channel is behind it.'),
	('channel_segment', 33, 'retention_regret_low', 'double precision', 'fraction', 'as regret_low', false,
		'Lower end of the interval; NULL for that channel.'),
	('channel_segment', 34, 'retention_regret_high', 'double precision', 'fraction', 'as regret_high', false,
		'Upper end of the interval; NULL for that channel.'),
	('channel_segment', 35, 'verdict', 'text', 'word', 'regret_low beside 0', false,
		'best; behind: it is surely not the best; inconclusive; no_data: nobody was approached, or in one channel only.'),
	('channel_segment', 36, 'enquiry_days', 'integer', 'days', 'setting of the model', false,
		'Days in which who was approached may buy.'),
	('channel_segment', 37, 'kept_days', 'integer', 'days', 'setting of the model', false,
		'Days after a sale at which a customer is looked for.'),
	('channel_segment', 38, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('channel_segment', 39, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('channel_segment', 40, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
