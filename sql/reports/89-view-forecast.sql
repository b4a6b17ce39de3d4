-- SPDX-License-Identifier: PostgreSQL
-- Report views over the base that exists: where it goes, and what it is worth.
--
-- Customers are looked at on the day of as_of and the same day of the months
-- before it.  Who was there on which of these days follows from the months of
-- coming and leaving, so customers are counted by those and only the counts are
-- laid out over months.  An age is months since coming.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(92, 'value_months', 'count', '36', 'Months ahead of which customer_value counts what a customer is expected to pay.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(42, 'forecast',
		'Where the base that exists goes in the next twelve months, customers and money, with nobody new and prices as '
		'they are: one row per segment and month ahead, with limits, and what such forecasts were worth in the '
		'months before.', 'base_customers'),
	(43, 'customer_value',
		'What each paying customer is still worth: what is expected within value_months, discounted, at margin, and '
		'what is at stake. One row per customer.', NULL);

@define passed_months
, passed AS MATERIALIZED (
	-- who was there so many months before as_of, by age, and gone a month later
	SELECT c.segment, m.month, c.age - m.month AS age, sum(c.n) AS at_risk, coalesce(sum(c.n) FILTER (WHERE c.gone = m.month - 1), 0) AS lost
	FROM counted c
	CROSS JOIN LATERAL generate_series(greatest(c.until + 1, 1), c.since) AS m (month)
	GROUP BY 1, 2, 3
)
@end

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('base_losses', 1, '{}', $$
WITH {observed}, {rates}spell_base AS MATERIALIZED (
	SELECT p.*
	FROM (
		SELECT s.customer_id, s.product, s.started_on, CASE WHEN s.ended_on <= o.as_of THEN s.ended_on ELSE o.as_of + 1 END AS ended_on,
			({price}){rate} AS price,
			coalesce({is_paused}, false) AS is_paused, o.as_of
		FROM subscription s
		CROSS JOIN observed o
		WHERE s.customer_id IS NOT NULL AND isfinite(s.started_on) AND s.started_on < o.as_of AND coalesce(s.ended_on > s.started_on, true)
		OFFSET 0) p
	WHERE p.price > 0
), paid_run AS {at_customer} (
	-- a customer's time of paying, and what is paid on the last day
	SELECT r.customer_id, r.run[1] AS joined_on, r.run[2] AS left_on, coalesce(sum(r.price) FILTER (WHERE r.ended_on > r.as_of), 0) AS mrr, r.as_of
	FROM (
		SELECT b.*, cvm._spell_runs(b.started_on, b.ended_on, {lapse_days}) OVER (PARTITION BY b.customer_id ORDER BY b.started_on) AS run
		FROM spell_base b) r
	GROUP BY r.customer_id, r.run[1], r.run[2], r.as_of
)
@use segment_timelines
, piece AS {at_customer} (
	-- the days of a time of paying in a segment, as months before as_of; -1: still there
	SELECT p.customer_id, p.segment, p.mrr, p.as_of, cvm._months_since(p.joined_on, p.as_of) AS age, cvm._months_since(p.since, p.as_of) AS since,
		CASE WHEN p.until > p.as_of THEN -1 ELSE cvm._months_since(p.until, p.as_of) END AS until,
		CASE WHEN p.left_on > p.as_of THEN -1 ELSE cvm._months_since(p.left_on, p.as_of) END AS gone
	FROM (
		SELECT r.customer_id, '(all)'::text AS segment, r.mrr, r.joined_on, r.left_on, r.joined_on AS since, r.left_on AS until, r.as_of
		FROM paid_run r
		WHERE NOT {has_segments}
		UNION ALL
		SELECT r.customer_id, (r.stay).segment, r.mrr, r.joined_on, r.left_on, (r.stay).stay_from AS since, (r.stay).stay_to AS until, r.as_of
		FROM (
			SELECT k.*, cvm._segment_stays(t.timeline, k.joined_on, k.left_on) AS stay
			FROM paid_run k
			LEFT JOIN segment_timeline t ON t.customer_id = k.customer_id
			WHERE {has_segments}) r) p
), counted AS MATERIALIZED (
	SELECT p.segment, p.age, p.since, p.until, p.gone, count(*) AS n, coalesce(sum(p.mrr) FILTER (WHERE p.until < 0), 0) AS mrr,
		coalesce(sum(p.mrr ^ 2) FILTER (WHERE p.until < 0), 0) AS squares
	FROM piece p
	WHERE p.since > p.until
	GROUP BY 1, 2, 3, 4, 5
)
@use passed_months
$$),
-- The same counted in one pass over spells and times in segments, a third of the time, but
-- where Citus has the spells: there each customer is looked at where it lives
('base_counts', 1, '{distributed subscription}', '{base_losses}'),
('base_counts', 9, '{}', $$
WITH {observed}, {rates}base_fold AS MATERIALIZED (
	SELECT cvm._base_loss_agg(r.customer_id, '', r.started_on, r.ended_on, r.price, NULL, r.segment, r.as_of, ARRAY[{lapse_days}]) AS losses
	FROM (
		SELECT s.customer_id, s.started_on, s.ended_on, ({price}){rate} AS price, NULL::text AS segment, (SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, h.valid_from, h.valid_to, NULL, h.segment, (SELECT o.as_of FROM observed o)
		FROM {segment_rows} h) r
), counted AS MATERIALIZED (
	SELECT CASE WHEN {has_segments} THEN l.segment ELSE '(all)' END AS segment, l.age, l.since, l.until, l.gone, l.customers AS n, l.mrr, l.squares
	FROM base_fold f
	CROSS JOIN LATERAL cvm._base_losses(f.losses) l
)
@use passed_months
$$);

-- The segment of customers n on as_of
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('segment_now', 1, '{segment_history}', $$coalesce(h.segment, '(none)')$$),
('segment_now', 9, '{}', $$'(all)'::text$$),
('segment_now_join', 1, '{segment_history}', $$
	LEFT JOIN (
		SELECT DISTINCT ON (h.customer_id) h.customer_id, h.segment
		FROM {segment_rows} h
		CROSS JOIN observed o
		WHERE h.segment IS NOT NULL AND coalesce(h.valid_from <= o.as_of, true) AND coalesce(h.valid_to > o.as_of, true)
		ORDER BY h.customer_id, h.valid_from DESC NULLS LAST, h.segment COLLATE "C") h ON h.customer_id = n.customer_id$$),
('segment_now_join', 9, '{}', '');

-- Losses by age, of months before each cut-off, as lists
@define losses_by_age cutoffs
, losses AS MATERIALIZED (
	SELECT a.segment, a.cutoff, array_agg(coalesce(l.at_risk, 0)::bigint ORDER BY a.age) AS at_risk,
		array_agg(coalesce(l.lost, 0)::bigint ORDER BY a.age) AS lost,
		sum(l.lost) AS all_lost, max(l.months) AS months
	FROM (
		SELECT p.segment, c.cutoff, g.age
		FROM (SELECT p.segment, max(p.age) AS age FROM passed p GROUP BY 1) p
		CROSS JOIN {cutoffs} AS c (cutoff)
		CROSS JOIN LATERAL generate_series(0, p.age) AS g (age)) a
	LEFT JOIN (
		SELECT p.segment, c.cutoff, p.age, sum(p.at_risk) AS at_risk, sum(p.lost) AS lost, max(p.month) - c.cutoff AS months
		FROM passed p
		JOIN {cutoffs} AS c (cutoff) ON p.month > c.cutoff
		GROUP BY 1, 2, 3) l ON l.segment = a.segment AND l.cutoff = a.cutoff AND l.age = a.age
	GROUP BY 1, 2
)
@end

-- Who pays on as_of, how much, since when and where, by kinds of customers who are alike, and the kind of each: Citus looks at
-- each customer where it lives, others read spells and times in segments in one pass
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('value_kinds', 1, '{distributed subscription}', $$
{base_counts}
@use losses_by_age (VALUES (0))
, standing AS {at_customer} (
	SELECT n.customer_id, {segment_now} AS segment, n.mrr, cvm._months_since(n.joined_on, n.as_of) AS age, n.is_known,
		CASE WHEN n.is_known THEN n.margin END AS margin
	FROM (
		SELECT p.customer_id, sum(p.price) FILTER (WHERE p.ended_on > p.as_of) AS mrr,
			cvm._paid_since_agg(p.started_on, p.ended_on, p.as_of, {lapse_days}) AS joined_on, p.as_of,
			sum(l.unit_margin + coalesce(p.price - l.list_price, 0)) FILTER (WHERE p.ended_on > p.as_of) AS margin,
			coalesce(bool_and(l.unit_margin IS NOT NULL) FILTER (WHERE p.ended_on > p.as_of), false) AS is_known
		FROM (
			SELECT s.customer_id, s.product, s.started_on, CASE WHEN s.ended_on <= o.as_of THEN s.ended_on ELSE o.as_of + 1 END AS ended_on,
				({price}){rate} AS price, o.as_of
			FROM subscription s
			CROSS JOIN observed o
			WHERE s.customer_id IS NOT NULL AND isfinite(s.started_on) AND s.started_on < o.as_of AND coalesce(s.ended_on > s.started_on, true)
			OFFSET 0) p
		LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM {product_rows} r GROUP BY r.product) l
			ON l.product = p.product
		WHERE p.price > 0
		GROUP BY p.customer_id, p.as_of
		HAVING bool_or(p.ended_on > p.as_of)) n{segment_now_join}
), kind AS MATERIALIZED (
	SELECT NULL::integer AS kind, s.segment, s.mrr, s.age, s.margin, s.is_known, count(*) AS customers FROM standing s GROUP BY 2, 3, 4, 5, 6
)$$),
('value_kinds', 9, '{}', $$
WITH {observed}, {rates}standing AS MATERIALIZED (
	SELECT cvm._worth_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.price, r.segment, (SELECT o.as_of FROM observed o)) AS state
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, ({price}){rate} AS price, NULL::text AS segment
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, h.valid_from, h.valid_to, NULL, h.segment
		FROM {segment_rows} h) r
), counted AS MATERIALIZED (
	SELECT CASE WHEN {has_segments} THEN l.segment ELSE '(all)' END AS segment, l.age, l.since, l.until, l.gone, l.customers AS n
	FROM standing s
	CROSS JOIN LATERAL cvm._standing_losses(s.state, {lapse_days}) l
)
@use passed_months
@use losses_by_age (VALUES (0))
@use product_margins
, kind AS MATERIALIZED (
	SELECT k.kind, CASE WHEN {has_segments} THEN k.segment ELSE '(all)' END AS segment, k.mrr, k.age, k.margin, k.is_known, k.customers
	FROM standing s
	CROSS JOIN product_margin m
	CROSS JOIN LATERAL cvm._standings(s.state, {lapse_days}, m.products, m.unit_margins, m.list_prices) k
)$$),
('value_ranked', 1, '{distributed subscription}', $$SELECT s.customer_id, k.*
	FROM standing s
	JOIN ranked_kind k ON k.segment = s.segment AND k.age = s.age AND k.mrr = s.mrr AND k.is_known = s.is_known
		AND coalesce(k.product_margin, 0) = coalesce(s.margin, 0)$$),
('value_ranked', 9, '{}', $$SELECT c.customer_id, k.*
	FROM standing s
	CROSS JOIN product_margin m
	CROSS JOIN LATERAL cvm._standing_customers(s.state, {lapse_days}, m.products, m.unit_margins, m.list_prices,
		(SELECT s.customer_id FROM subscription s WHERE false)) c
	JOIN ranked_kind k ON k.kind = c.kind$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('forecast', 1, '{subscription}', $$
{base_counts}
@use losses_by_age generate_series(0, 23)
, standing AS (
	-- who is there, and who was at each cut-off before; what they pay is asked of those who are
	SELECT c.segment, 0 AS cutoff, c.age, sum(c.n) AS n, sum(c.mrr) AS mrr, sum(c.squares) AS squares
	FROM counted c
	WHERE c.until < 0 AND c.since >= 0
	GROUP BY c.segment, c.age
	UNION ALL
	SELECT p.segment, p.month, p.age, p.at_risk, NULL, NULL
	FROM passed p
	WHERE p.month < 24
), base AS (
	SELECT a.segment, a.cutoff, array_agg(coalesce(s.n, 0)::bigint ORDER BY a.age) AS customers, array_agg(coalesce(s.mrr, 0)::float8 ORDER BY a.age) AS mrr,
		array_agg(coalesce(s.squares, 0)::float8 ORDER BY a.age) AS squares, sum(s.n)::bigint AS base_customers, sum(s.mrr) AS base_mrr
	FROM (
		SELECT b.segment, b.cutoff, g.age
		FROM (SELECT s.segment, s.cutoff, max(s.age) AS age FROM standing s GROUP BY 1, 2) b
		CROSS JOIN LATERAL generate_series(0, b.age) AS g (age)) a
	LEFT JOIN standing s ON s.segment = a.segment AND s.cutoff = a.cutoff AND s.age = a.age
	GROUP BY 1, 2
), ahead AS MATERIALIZED (
	SELECT b.segment, b.cutoff, b.base_customers, b.base_mrr, f.step, f.expected_customers, f.customers_variance, f.expected_mrr::numeric AS expected_mrr,
		f.mrr_variance, f.method
	FROM base b
	LEFT JOIN losses l ON l.segment = b.segment AND l.cutoff = b.cutoff
	CROSS JOIN LATERAL cvm._base_forecast(coalesce(l.at_risk, '{}'), coalesce(l.lost, '{}'), b.customers, b.mrr, b.squares, 12) f
	-- before a cut-off half a year must have been seen, and ten have left
	WHERE b.cutoff = 0 OR l.months >= 6 AND l.all_lost >= 10
), came_true AS (
	SELECT k.segment, k.cutoff, m.step, sum(k.n) FILTER (WHERE k.gone < k.cutoff - m.step) AS customers
	FROM (
		SELECT c.segment, m.month AS cutoff, c.gone, sum(c.n) AS n
		FROM counted c
		CROSS JOIN LATERAL generate_series(greatest(c.until + 1, 1), least(c.since, 23)) AS m (month)
		GROUP BY 1, 2, 3) k
	JOIN generate_series(1, 12) AS m (step) ON m.step <= k.cutoff AND m.step > k.cutoff - 12
	GROUP BY 1, 2, 3
), tested AS MATERIALIZED (
	SELECT a.segment, a.cutoff, a.step, a.expected_customers, a.customers_variance, coalesce(c.customers, 0) AS customers
	FROM ahead a
	JOIN came_true c ON c.segment = a.segment AND c.cutoff = a.cutoff AND c.step = a.step
), back_test AS (
	SELECT t.segment, t.step, count(*) AS cutoffs, (sum(t.expected_customers::numeric)::float8 / nullif(sum(t.customers), 0) - 1)::float8 AS error,
		avg((abs(t.expected_customers - t.customers::float8) <= z.conf_high * sqrt(greatest(t.customers_variance, 0)))::int)::float8 AS coverage
	FROM (
		SELECT t.* FROM tested t WHERE {has_segments}
		UNION ALL
		SELECT '(all)', t.cutoff, t.step, sum(t.expected_customers::numeric)::float8, sum(t.customers_variance::numeric)::float8,
			sum(t.customers) FROM tested t GROUP BY 2, 3) t
	CROSS JOIN cvm.mean_difference(0, 0, 0, 1, {conf}) z
	GROUP BY 1, 2
), total AS (
	SELECT a.segment, a.step, a.base_customers, a.base_mrr, a.expected_customers, a.customers_variance, a.expected_mrr, a.mrr_variance, a.method
	FROM ahead a
	WHERE a.cutoff = 0 AND {has_segments}
	UNION ALL
	SELECT '(all)', a.step, sum(a.base_customers)::bigint, sum(a.base_mrr), sum(a.expected_customers::numeric)::float8,
		sum(a.customers_variance::numeric)::float8, sum(a.expected_mrr),
		sum(a.mrr_variance::numeric)::float8,
		CASE WHEN min(a.method) = max(a.method) THEN min(a.method) ELSE 'by segment' END
	FROM ahead a
	WHERE a.cutoff = 0
	GROUP BY a.step
)
SELECT cvm.row_key(t.segment, t.step::text) AS row_key,
	t.segment,
	t.step AS month_no,
	(o.as_of + make_interval(months => t.step))::date AS forecast_on,
	t.base_customers,
	t.base_mrr,
	t.expected_customers AS customers,
	greatest(t.expected_customers - z.conf_high * sqrt(greatest(t.customers_variance, 0)), 0) AS customers_low,
	least(t.expected_customers + z.conf_high * sqrt(greatest(t.customers_variance, 0)), t.base_customers) AS customers_high,
	t.expected_customers / t.base_customers AS survival_rate,
	t.expected_mrr AS mrr,
	greatest(t.expected_mrr::float8 - z.conf_high * sqrt(greatest(t.mrr_variance, 0)), 0)::numeric AS low,
	least(t.expected_mrr::float8 + z.conf_high * sqrt(greatest(t.mrr_variance, 0)), t.base_mrr::float8)::numeric AS high,
	t.method,
	b.error AS back_test_error,
	b.coverage AS back_test_coverage,
	coalesce(b.cutoffs, 0)::int AS back_tests,
	{currency} AS currency,
	true AS is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM total t
CROSS JOIN observed o
CROSS JOIN cvm.mean_difference(0, 0, 0, 1, {conf}) z
LEFT JOIN back_test b ON b.segment = t.segment AND b.step = t.step
WHERE t.base_customers > 0$$),
('customer_value', 1, '{subscription}', $$
{value_kinds}
, expected AS MATERIALIZED (
	SELECT a.segment, a.ages, cvm._expected_periods(l.at_risk, l.lost, a.ages, greatest({value_months}, 1), coalesce({monthly_discount_rate}, 0)) AS months,
		(SELECT sum(1 / (1 + coalesce({monthly_discount_rate}, 0)) ^ g.at ORDER BY g.at)
			FROM generate_series(0, greatest({value_months}, 1) - 1) AS g (at)) AS all_months
	FROM (SELECT k.segment, max(k.age) + 1 AS ages FROM kind k GROUP BY 1) a
	LEFT JOIN losses l ON l.segment = a.segment
), valued AS (
	-- many are alike
	SELECT s.kind, s.segment, s.mrr, s.age, s.margin AS product_margin, s.is_known, s.customers, e.months[s.age + 1] AS expected_months, e.all_months,
		CASE WHEN s.is_known THEN s.margin ELSE s.mrr * {margin_rate}::numeric END AS margin,
		CASE WHEN s.is_known THEN 'product' WHEN {margin_rate} IS NOT NULL THEN 'margin_rate' END AS margin_source
	FROM kind s
	LEFT JOIN expected e ON e.segment = s.segment
), priced AS (
	SELECT v.*, (v.mrr::float8 * v.expected_months)::numeric AS remaining_revenue,
		round((v.mrr::float8 * v.expected_months)::numeric, {minor_units}) AS shown_revenue, (v.margin::float8 * v.expected_months)::numeric AS remaining_value,
		(v.margin::float8 * (v.expected_months - v.all_months))::numeric AS value_at_stake
	FROM valued v
), ranked_kind AS (
	-- equal values, as they are shown, have equal tenths, that of the middle of their ranks
	SELECT p.*, 10 * (2 * (sum(p.customers) OVER (ORDER BY p.shown_revenue) - sum(p.customers) OVER w)::bigint + (sum(p.customers) OVER w)::bigint)
		/ (2 * (sum(p.customers) OVER ())::bigint) AS tenth
	FROM priced p
	WINDOW w AS (PARTITION BY p.shown_revenue)
), ranked AS (
	{value_ranked}
)
SELECT cvm.row_key(r.customer_id::text) AS row_key,
	r.customer_id,
	r.segment,
	r.mrr,
	r.age AS tenure_months,
	r.expected_months,
	r.margin,
	r.margin_source,
	r.remaining_revenue,
	r.remaining_value,
	r.value_at_stake,
	CASE WHEN r.remaining_revenue IS NOT NULL THEN least(r.tenth + 1, 10)::int END AS value_decile,
	{value_months} AS value_months,
	{monthly_discount_rate} AS monthly_discount_rate,
	{currency} AS currency,
	true AS is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM ranked r
CROSS JOIN observed o$$);

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
{base_losses}
SELECT w.row_key, p.customer_id, 1 AS base_customers, p.mrr AS base_mrr, p.mrr AS mrr_before, NULL::numeric AS mrr_after,
	'came ' || p.age || ' months ago' AS detail
FROM piece p
JOIN wanted w ON w.segment IN ('(all)', p.segment)
WHERE p.until < 0$$
FROM cvm.report_body b
WHERE b.view = 'forecast';

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('forecast', 1, 'base_mrr', 'sum', NULL),
	('forecast', 2, 'mrr', 'sum', NULL);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('forecast', 1, 'row_key', 'text', 'key', 'segment|month_no', false, 'One value per row.'),
	('forecast', 2, 'segment', 'text', 'name', 'segment held on as_of', false, 'Segment in which a customer is now; "(all)" is the sum of all.'),
	('forecast', 3, 'month_no', 'integer', 'months', '1 to 12', false, 'How many months ahead.'),
	('forecast', 4, 'forecast_on', 'date', 'date', 'as_of and so many months', false, 'Day for which it is said.'),
	('forecast', 5, 'base_customers', 'bigint', 'customers', 'customers who pay on as_of', true, 'Who is there now.'),
	('forecast', 6, 'base_mrr', 'numeric(28,2)', 'money a month', 'sum of what they pay', true, 'What they pay now.'),
	('forecast', 7, 'customers', 'double precision', 'customers (estimate)', 'sum over ages of customers * share that survives so many months', true,
		'How many of them will still be there.'),
	('forecast', 8, 'customers_low', 'double precision', 'customers (estimate)', 'normal, of what is estimated and of so many customers', false,
		'Lower end of the interval of customers.'),
	('forecast', 9, 'customers_high', 'double precision', 'customers (estimate)', 'normal, of what is estimated and of so many customers', false,
		'Upper end of the interval of customers.'),
	('forecast', 10, 'survival_rate', 'double precision', 'fraction 0..1', 'customers / base_customers', false, 'What share of them will.'),
	('forecast', 11, 'mrr', 'numeric(28,2)', 'money a month (estimate)', 'likewise, of what they pay now', true, 'What they will pay, at the prices of now.'),
	('forecast', 12, 'low', 'numeric(28,2)', 'money a month (estimate)', 'normal', false, 'Lower end of the interval of mrr.'),
	('forecast', 13, 'high', 'numeric(28,2)', 'money a month (estimate)', 'normal', false, 'Upper end of the interval of mrr.'),
	('forecast', 14, 'method', 'text', 'word',
		'shifted-beta-geometric where it has a best fit that Pearson''s test does not refute (p < 0.001), else hazard by age', false,
		'How it was computed; "by segment" where segments differ.'),
	('forecast', 15, 'back_test_error', 'double precision', 'fraction',
		'sum of forecasts made so many months before each of the last twelve cut-offs / sum of what came - 1', false,
		'By how much such forecasts were too high; NULL: none could be made.'),
	('forecast', 16, 'back_test_coverage', 'double precision', 'fraction 0..1', 'of them those whose interval held what came', false,
		'How often such intervals were right.'),
	('forecast', 17, 'back_tests', 'integer', 'forecasts', 'cut-offs before which half a year was seen and ten had left', false,
		'Denominator of back_test_coverage.'),
	('forecast', 18, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('forecast', 19, 'is_complete', 'boolean', 'yes or no', 'true', false, 'All that is used was observed.'),
	('forecast', 20, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('forecast', 21, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),

	('customer_value', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_value', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'subscription.customer_id', false, 'The customer.'),
	('customer_value', 3, 'segment', 'text', 'name', 'segment held on as_of', false, 'Segment, whose customers tell how long this one stays.'),
	('customer_value', 4, 'mrr', 'numeric(28,2)', 'money a month', 'sum of prices held', true, 'What the customer pays, over all products.'),
	('customer_value', 5, 'tenure_months', 'integer', 'months', 'whole months since the customer came, or came back', false, 'For how long.'),
	('customer_value', 6, 'expected_months', 'double precision', 'months', 'sum over value_months of share still there, discounted', false,
		'How many payments are expected, the first of them now; by the method of forecast. NULL: nobody of the segment was ever seen for a month.'),
	('customer_value', 7, 'margin', 'numeric(28,2)', 'money a month',
		'sum of unit_margin + price - list_price; where a product has none, mrr * margin_rate', true, 'What it earns at the price paid; NULL: not known.'),
	('customer_value', 8, 'margin_source', 'text', 'word', 'what margin is made of', false, 'product, or margin_rate; NULL: not known.'),
	('customer_value', 9, 'remaining_revenue', 'numeric(28,2)', 'money', 'mrr * expected_months', true, 'What the customer is expected to pay yet.'),
	('customer_value', 10, 'remaining_value', 'numeric(28,2)', 'money', 'margin * expected_months', true, 'What that is worth at margin.'),
	('customer_value', 11, 'value_at_stake', 'numeric(28,2)', 'money', 'margin * (expected_months - the same if nobody left)', true,
		'What is expected to be lost by leaving within value_months, negative.'),
	('customer_value', 12, 'value_decile', 'integer', 'tenth', 'of remaining_revenue, from 10 (the most) to 1', false,
		'Tenth; equal values are in one, that of the middle of their ranks, so that some may be empty.'),
	('customer_value', 13, 'value_months', 'integer', 'months', 'setting of the model', false, 'How far ahead is counted.'),
	('customer_value', 14, 'monthly_discount_rate', 'double precision', 'fraction per month', 'setting of the model', false,
		'By what it is discounted; NULL: not.'),
	('customer_value', 15, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('customer_value', 16, 'is_complete', 'boolean', 'yes or no', 'true', false, 'All that is used was observed.'),
	('customer_value', 17, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('customer_value', 18, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
