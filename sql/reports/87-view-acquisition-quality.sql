-- SPDX-License-Identifier: PostgreSQL
-- Report view over subscriptions: what became of those who were won, by the
-- channel and the offer that won them.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(96, 'acquisition_pools', 'words', '{acquisition}',
		'Pools of cost that are spent to win customers: acquisition_quality shares them out among those who came in the '
		'month. NULL: none.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(28, 'acquisition_quality',
		'What became of those who came: one row per channel, offer and month of coming, with who still pays 1, 3, 6 '
		'and 12 months later, what they earned so far and who had paid before. To come is to pay at the end of a month '
		'and not at its beginning, for the first time or again; a pause is no end.', 'acquired_customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- where Citus has the spells, by customer
('acquisition_folded', 1, '{distributed subscription}', $$
WITH {observed}, {rates}spell AS {at_customer} (
	SELECT s.customer_id, s.product, s.started_on, s.ended_on, {price}{rate} AS price, coalesce({is_paused}, false) AS is_paused, s.channel, s.offer
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
), folded AS (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, s.price, NULL, NULL, s.is_paused) AS holdings
	FROM spell s
	GROUP BY s.customer_id
), came AS {at_customer} (
	SELECT t.*, lead(t.cohort) OVER (PARTITION BY t.customer_id ORDER BY t.cohort) AS next_cohort
	FROM (
		-- a subquery of its own, so that holdings are not sorted
		SELECT f.customer_id, c.period_start AS cohort, c.line = 'reactivation' AS is_recycled, c.mrr_after, o.as_of, k.*,
			cvm.mrr_at(f.holdings, o.as_of - 1) AS mrr_now
		FROM folded f
		CROSS JOIN observed o
		CROSS JOIN LATERAL cvm.customer_movements(f.holdings, 'month', o.as_of, {pause_days}) c
		CROSS JOIN LATERAL (
			SELECT CASE WHEN (c.period_start + interval '2 months')::date <= o.as_of THEN CASE
				WHEN cvm.mrr_at(f.holdings, (c.period_start + interval '2 months')::date - 1) > 0 THEN 1 ELSE 0 END END AS retained_1,
				CASE WHEN (c.period_start + interval '4 months')::date <= o.as_of THEN CASE
					WHEN cvm.mrr_at(f.holdings, (c.period_start + interval '4 months')::date - 1) > 0 THEN 1 ELSE 0 END END AS retained_3,
				CASE WHEN (c.period_start + interval '7 months')::date <= o.as_of THEN CASE
					WHEN cvm.mrr_at(f.holdings, (c.period_start + interval '7 months')::date - 1) > 0 THEN 1 ELSE 0 END END AS retained_6,
				CASE WHEN (c.period_start + interval '13 months')::date <= o.as_of THEN CASE
					WHEN cvm.mrr_at(f.holdings, (c.period_start + interval '13 months')::date - 1) > 0 THEN 1 ELSE 0 END END AS retained_12) k
		WHERE c.line IN ('new', 'reactivation')
		{apart}) t
), source AS (
	-- of the lines held at the end of that month the first, and of those the one that brings most
	SELECT DISTINCT ON (a.customer_id, a.cohort) a.customer_id, a.cohort, s.channel, s.offer
	FROM came a
	JOIN spell s ON s.customer_id = a.customer_id AND s.price > 0
		AND s.started_on < least((a.cohort + interval '1 month')::date, a.as_of)
			AND coalesce(s.ended_on >= least((a.cohort + interval '1 month')::date, a.as_of), true)
	ORDER BY a.customer_id, a.cohort, s.started_on, s.price DESC, s.channel COLLATE "C", s.offer COLLATE "C"
), acquired AS {at_customer} (
	SELECT a.*, coalesce(s.channel, '(unknown)') AS channel, coalesce(s.offer, '(none)') AS offer
	FROM came a
	LEFT JOIN source s ON s.customer_id = a.customer_id AND s.cohort = a.cohort
)
$$),
-- gathered in one pass
('acquisition_folded', 9, '{}', $$
WITH {observed}, {rates}
@use gathered s.offer | s.channel | NULL | {price}{rate}
, acquired AS (
	SELECT a.*, o.as_of
	FROM fold f
	CROSS JOIN LATERAL cvm._customers_won(f.state, (SELECT s.customer_id FROM subscription s WHERE false)) a
	CROSS JOIN observed o
)
$$),
-- who came, counted, and what they pay for by product, for so many months: so much a month is so much a day of 365.25 / 12 days
('acquisition_counted', 1, '{distributed subscription}', $$
{acquisition_folded}
, came_to AS (
	SELECT a.channel, a.offer, a.cohort, a.as_of, count(*) AS customers, count(*) FILTER (WHERE a.is_recycled) AS recycled, sum(a.mrr_after) AS mrr_after,
		sum(a.mrr_now) AS mrr_now, count(*) FILTER (WHERE a.mrr_now > 0) AS current, sum(a.retained_1)::bigint AS retained_1,
		sum(a.retained_3)::bigint AS retained_3, sum(a.retained_6)::bigint AS retained_6, sum(a.retained_12)::bigint AS retained_12
	FROM acquired a
	GROUP BY a.channel, a.offer, a.cohort, a.as_of
), brought AS (
	SELECT a.channel, a.offer, a.cohort, s.product, sum(d.months) AS months, sum(s.price * d.months) AS revenue
	FROM acquired a
	JOIN spell s ON s.customer_id = a.customer_id AND s.started_on IS NOT NULL AND s.price > 0 AND NOT s.is_paused
	CROSS JOIN LATERAL (SELECT (least(coalesce(s.ended_on, 'infinity'), a.as_of, a.next_cohort) - greatest(s.started_on, a.cohort)) / 30.4375 AS months) d
	WHERE d.months > 0
	GROUP BY a.channel, a.offer, a.cohort, s.product
)
$$),
('acquisition_counted', 9, '{}', $$
WITH {observed}, {rates}
@use gathered s.offer | s.channel | NULL | {price}{rate}
, counts AS MATERIALIZED (
	SELECT c.* FROM fold f CROSS JOIN LATERAL cvm._customers_came(f.state) c
), came_to AS (
	SELECT c.channel, c.offer, c.cohort, o.as_of, c.customers, c.recycled, c.mrr_after, c.mrr_now, c.current, c.retained_1, c.retained_3, c.retained_6,
		c.retained_12
	FROM counts c
	CROSS JOIN observed o
	WHERE c.product IS NULL
), brought AS (
	SELECT c.channel, c.offer, c.cohort, c.product, c.months, c.revenue FROM counts c WHERE c.product IS NOT NULL
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('acquisition_quality', 1, '{subscription}', $$
{acquisition_counted}
, earned AS (
	-- at the price paid, where the price is known at which unit_margin is earned
	SELECT e.channel, e.offer, e.cohort, sum(e.revenue) AS revenue, bool_and(l.unit_margin IS NOT NULL) AS is_known,
		sum(l.unit_margin * e.months + coalesce(e.revenue - l.list_price * e.months, 0)) AS margin
	FROM brought e
	LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM {product_rows} r
		GROUP BY r.product) l ON l.product = e.product
	GROUP BY e.channel, e.offer, e.cohort
), kept AS (
	SELECT a.channel, a.offer, a.cohort, a.as_of, a.customers AS acquired_customers, sum(a.customers) OVER (PARTITION BY a.cohort) AS cohort_customers,
		a.recycled AS recycled_customers, a.mrr_after AS acquired_mrr, a.mrr_now AS current_mrr, a.current AS current_customers,
		a.retained_1, a.retained_3, a.retained_6, a.retained_12
	FROM came_to a
), counted AS (
	SELECT k.*, coalesce(e.revenue, 0) AS revenue, CASE WHEN e.is_known IS NOT FALSE THEN coalesce(e.margin, 0) END AS margin
	FROM kept k
	LEFT JOIN earned e ON e.channel = k.channel AND e.offer = k.offer AND e.cohort = k.cohort
), spent AS (
	SELECT date_trunc('month', c.month::timestamp)::date AS month, sum(c.amount) AS amount
	FROM {cost_rows} c
	WHERE c.pool = ANY ({acquisition_pools})
	GROUP BY 1
)
SELECT cvm.row_key(c.channel, c.offer, to_char(c.cohort::timestamp, 'YYYY-MM')) AS row_key,
	c.channel,
	c.offer,
	c.cohort,
	to_char(c.cohort::timestamp, 'YYYY-MM') AS cohort_label,
	c.acquired_customers,
	c.recycled_customers,
	c.recycled_customers / c.acquired_customers::double precision AS recycled_share,
	c.acquired_mrr,
	CASE WHEN c.retained_1 IS NOT NULL THEN c.acquired_customers END AS cohort_1_customers,
	c.retained_1 AS retained_1_customers,
	c.retained_1 / c.acquired_customers::double precision AS retention_1_rate,
	CASE WHEN c.retained_3 IS NOT NULL THEN c.acquired_customers END AS cohort_3_customers,
	c.retained_3 AS retained_3_customers,
	c.retained_3 / c.acquired_customers::double precision AS retention_3_rate,
	CASE WHEN c.retained_6 IS NOT NULL THEN c.acquired_customers END AS cohort_6_customers,
	c.retained_6 AS retained_6_customers,
	c.retained_6 / c.acquired_customers::double precision AS retention_6_rate,
	CASE WHEN c.retained_12 IS NOT NULL THEN c.acquired_customers END AS cohort_12_customers,
	c.retained_12 AS retained_12_customers,
	c.retained_12 / c.acquired_customers::double precision AS retention_12_rate,
	c.current_customers,
	c.current_mrr,
	c.revenue AS revenue_so_far,
	c.margin AS margin_so_far,
	-- rows make what the pools cost, rounded
	cvm._shared_out(t.cost, p.amount, {minor_units}) OVER (PARTITION BY c.cohort ORDER BY c.channel COLLATE "C", c.offer COLLATE "C") AS acquisition_cost,
	c.margin >= t.cost AS is_paid_back,
	CASE WHEN c.margin > 0 THEN (t.cost / (c.margin / ((c.as_of - c.cohort) / 30.4375)))::double precision END AS payback_months,
	(c.cohort + interval '1 month')::date <= c.as_of AS is_complete,
	{pause_days} AS pause_days,
	{currency} AS currency,
	{time_zone} AS time_zone,
	c.as_of
FROM counted c
LEFT JOIN spent p ON p.month = c.cohort
CROSS JOIN LATERAL (SELECT p.amount * c.acquired_customers / c.cohort_customers AS cost) t$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('acquisition_quality', 1, $$
{acquisition_folded}
SELECT w.row_key, a.customer_id, 1 AS acquired_customers, CASE WHEN a.is_recycled THEN 1 ELSE 0 END AS recycled_customers, a.mrr_after AS acquired_mrr,
	CASE WHEN a.retained_1 IS NOT NULL THEN 1 END AS cohort_1_customers, a.retained_1 AS retained_1_customers,
	CASE WHEN a.retained_3 IS NOT NULL THEN 1 END AS cohort_3_customers, a.retained_3 AS retained_3_customers,
	CASE WHEN a.retained_6 IS NOT NULL THEN 1 END AS cohort_6_customers, a.retained_6 AS retained_6_customers,
	CASE WHEN a.retained_12 IS NOT NULL THEN 1 END AS cohort_12_customers, a.retained_12 AS retained_12_customers,
	CASE WHEN a.mrr_now > 0 THEN 1 ELSE 0 END AS current_customers, a.mrr_now AS current_mrr, a.mrr_after AS mrr_before, a.mrr_now AS mrr_after,
	CASE WHEN a.is_recycled THEN 'had paid before' ELSE 'first time' END || CASE WHEN a.mrr_now > 0 THEN ', pays' ELSE ', left' END AS detail
FROM acquired a
JOIN wanted w ON w.channel = a.channel AND w.offer = a.offer AND w.cohort = a.cohort$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('acquisition_quality', 1, 'row_key', 'text', 'key', 'channel|offer|cohort_label', false, 'One value per row.'),
	('acquisition_quality', 2, 'channel', 'text', 'name',
		'channel of the first line held at the end of the month of coming', false,
		'Channel through which they came; "(unknown)" where nobody said.'),
	('acquisition_quality', 3, 'offer', 'text', 'name', 'offer of that line', false,
		'Offer under which they came; "(none)" without one.'),
	('acquisition_quality', 4, 'cohort', 'date', 'date', 'first day of the month of coming', false,
		'Month in which they came.'),
	('acquisition_quality', 5, 'cohort_label', 'text', 'text', 'cohort as text', false,
		'The month as text, safe from time zones of clients.'),
	('acquisition_quality', 6, 'acquired_customers', 'bigint', 'customers',
		'count of customers new or returning in mrr_movement', true, 'Customers who came.'),
	('acquisition_quality', 7, 'recycled_customers', 'bigint', 'customers', 'count of those who had paid before', true,
		'Of these, who had been customers already.'),
	('acquisition_quality', 8, 'recycled_share', 'double precision', 'fraction 0..1',
		'recycled_customers / acquired_customers', false, 'Their share.'),
	('acquisition_quality', 9, 'acquired_mrr', 'numeric(28,2)', 'money a month', 'sum of mrr at the end of the month',
		true, 'What they brought then.'),
	('acquisition_quality', 22, 'current_customers', 'bigint', 'customers', 'count of those who pay at as_of', true,
		'Who pays now.'),
	('acquisition_quality', 23, 'current_mrr', 'numeric(28,2)', 'money a month', 'sum of their mrr', true,
		'What they bring now.'),
	('acquisition_quality', 24, 'revenue_so_far', 'numeric(28,2)', 'money',
		'sum of mrr times months paid, of 30.4375 days, since cohort and until they come again', true,
		'What they brought so far.'),
	('acquisition_quality', 25, 'margin_so_far', 'numeric(28,2)', 'money',
		'sum of unit_margin + mrr - list_price, times months paid', true,
		'What they earned so far; NULL where unit_margin of something is not known.'),
	('acquisition_quality', 26, 'acquisition_cost', 'numeric(28,2)', 'money',
		'cost of acquisition_pools in the month * acquired_customers / all who came in it', true,
		'What it cost to win them; NULL where no cost is bound or none was spent.'),
	('acquisition_quality', 27, 'is_paid_back', 'boolean', 'true or false', 'margin_so_far >= acquisition_cost', false,
		'Have they earned what they cost?'),
	('acquisition_quality', 28, 'payback_months', 'double precision', 'months',
		'acquisition_cost / (margin_so_far / months since cohort)', false,
		'Months until they earn what they cost, at the pace so far; NULL where they earn nothing.'),
	('acquisition_quality', 29, 'is_complete', 'boolean', 'true or false', 'the month ends before as_of', false,
		'Is the month of coming over?'),
	('acquisition_quality', 30, 'pause_days', 'integer', 'days', 'setting of the model', false,
		'For how many days a pause is neither paid nor lost.'),
	('acquisition_quality', 31, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('acquisition_quality', 32, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('acquisition_quality', 33, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
@for n | at
1 | 10
3 | 13
6 | 16
12 | 19
@make
INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('acquisition_quality', {at}, 'cohort_{n}_customers', 'bigint', 'customers',
		'acquired_customers, once the {n}th month after cohort is over', true,
		'Customers who had the chance to pay {n} months later: what retention_{n}_rate stands on.'),
	('acquisition_quality', {at} + 1, 'retained_{n}_customers', 'bigint', 'customers',
		'count of those who pay at the end of the {n}th month after cohort', true, 'Who paid {n} months later.'),
	('acquisition_quality', {at} + 2, 'retention_{n}_rate', 'double precision', 'fraction 0..1',
		'retained_{n}_customers / cohort_{n}_customers', false, 'Share who paid {n} months later.');
@end
