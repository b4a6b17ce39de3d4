-- SPDX-License-Identifier: PostgreSQL
-- Report views over changes of price: what they brought, and whom they cost.
--
-- A change is found in the spells: as many of a customer's spells of a product
-- end on a day as begin on it, under the same terms and for another price.
-- Customers are followed in windows of 30 days around that day.  Who is at risk
-- in which window follows from the windows of first and last day, so customers
-- are counted by those and only the counts are laid out over windows.  Before
-- the day nobody is touched yet: there each kind of customer (segment, product,
-- price, tenure) counts by the share of its like that was touched later on.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(90, 'price_customers', 'count', '20',
		'A change of price counts as one where so many customers of a product have it on one day.'),
	(91, 'price_months', 'count', '12',
		'For so many windows of 30 days a change of price is followed, and judged by what it brings at their end.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(40, 'price_change',
		'What each change of price did, one row per product, segment and day: who was touched, what it brought, and '
		'how many left beyond what customers tell who were untouched at the time, before and after (difference in '
		'differences by product, tenure and price).', 'customers'),
	(41, 'price_change_month',
		'The windows of 30 days before and after each change of price: who was there and left, beside customers '
		'untouched. Before it the difference should stay as it is; after it, it is what the change did.', 'customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('spell_quantity', 1, '{subscription.quantity}', $$ || ' x' || coalesce(s.quantity, 1)$$),
	('spell_quantity', 2, '{}', ''),
	('spell_discount', 1, '{subscription.discount}', $$ || ' -' || coalesce(s.discount, 0)$$),
	('spell_discount', 2, '{}', '');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- The days of changes: the twelve largest; and of how many customers at least
('price_days', 1, '{}', $$
		SELECT m.day, sum(m.customers) AS customers
		FROM (SELECT m.product, m.day, count(*) AS customers FROM move m GROUP BY 1, 2 HAVING count(*) >= {price_customers}) m
		GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT 12$$),
('price_least', 1, '{}', '{price_customers}');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('price_spells', 1, '{}', $$
WITH {observed}, {rates}spell_base AS (
	SELECT p.*
	FROM (
		SELECT s.customer_id, s.product, s.started_on, CASE WHEN s.ended_on <= o.as_of THEN s.ended_on ELSE o.as_of + 1 END AS ended_on,
			({price}){rate} AS price, coalesce({offered}, ''){spell_quantity}{spell_discount} AS terms, o.as_of
		FROM subscription s
		CROSS JOIN observed o
		WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND isfinite(s.started_on) AND s.started_on < o.as_of
			AND coalesce(s.ended_on > s.started_on, true)
		OFFSET 0) p
	WHERE p.price > 0
), spell AS MATERIALIZED (
	-- the time of paying that a spell is part of; alone: on none of its days is anything else held
	SELECT r.customer_id, r.product, r.started_on, r.ended_on, r.price, r.line_until, r.as_of, r.run[1] AS joined_on, r.run[2] AS left_on,
		round(ln(r.price::float8) / 0.22)::int AS band, r.terms, r.line_spells > 1 AS is_several, r.run[3] IS NOT NULL AS is_alone
	FROM (
		SELECT b.*, cvm._spell_runs(b.started_on, b.ended_on, {lapse_days}) OVER (PARTITION BY b.customer_id ORDER BY b.started_on) AS run,
			max(b.ended_on) OVER l AS line_until, count(*) OVER l AS line_spells
		FROM spell_base b
		WINDOW l AS (PARTITION BY b.customer_id, b.product)) r
)
@use segment_timelines
, move AS (
	-- another price from one day to the next, and nothing else: of a line that has several spells
	SELECT m.customer_id, m.product, m.day, sum(m.price) FILTER (WHERE m.is_end) AS before, sum(m.price) FILTER (WHERE NOT m.is_end) AS after
	FROM (
		SELECT b.customer_id, b.product, b.started_on AS day, b.price, b.terms, false AS is_end FROM spell b WHERE b.is_several
		UNION ALL
		SELECT b.customer_id, b.product, b.ended_on, b.price, b.terms, true FROM spell b WHERE b.is_several AND b.ended_on < b.as_of
	) m
	GROUP BY m.customer_id, m.product, m.day
	HAVING count(*) FILTER (WHERE m.is_end) = count(*) FILTER (WHERE NOT m.is_end)
		AND sum(m.price) FILTER (WHERE m.is_end) <> sum(m.price) FILTER (WHERE NOT m.is_end)
		AND min(m.terms COLLATE "C") FILTER (WHERE m.is_end) = min(m.terms COLLATE "C") FILTER (WHERE NOT m.is_end)
		AND max(m.terms COLLATE "C") FILTER (WHERE m.is_end) = max(m.terms COLLATE "C") FILTER (WHERE NOT m.is_end)
), change_day AS MATERIALIZED (
	SELECT c.day, greatest(least({price_months}, (o.as_of - 1 - c.day) / 30), 0) AS months, o.as_of
	FROM ({price_days}) c
	CROSS JOIN observed o
), touched AS MATERIALIZED (
	SELECT m.*, round(ln(m.before::float8) / 0.22)::int AS band FROM move m JOIN change_day d ON d.day = m.day
), ever AS (
	SELECT t.customer_id, max(t.day) AS day FROM touched t GROUP BY t.customer_id
), seen AS (
	SELECT s.customer_id, s.product, s.line_until, s.joined_on, s.left_on, s.price, s.band, s.started_on, s.ended_on, s.is_alone, e.day AS touched_on
	FROM spell s
	LEFT JOIN ever e ON e.customer_id = s.customer_id
), placed AS MATERIALIZED (
	-- the days of a spell in a segment
	SELECT s.customer_id, s.product, s.line_until, s.joined_on, s.left_on, s.price, s.band, s.started_on, s.is_alone, s.touched_on, '(all)'::text AS segment,
		s.started_on AS since, s.ended_on AS until
	FROM seen s
	WHERE NOT {has_segments}
	UNION ALL
	SELECT s.customer_id, s.product, s.line_until, s.joined_on, s.left_on, s.price, s.band, s.started_on, s.is_alone, s.touched_on, (s.stay).segment,
		(s.stay).stay_from AS since, (s.stay).stay_to AS until
	FROM (
		SELECT k.*, cvm._segment_stays(t.timeline, k.started_on, k.ended_on) AS stay
		FROM seen k
		LEFT JOIN segment_timeline t ON t.customer_id = k.customer_id
		WHERE {has_segments}) s
), held_line AS (
	-- who holds the product on the day, at the price from before; most hold nothing else
	SELECT d.day, d.months, p.customer_id, p.product, p.segment, p.joined_on, p.left_on, p.line_until, p.touched_on, p.price, p.is_alone,
		coalesce(t.band, p.band) AS band, t.customer_id IS NOT NULL AS is_touched, t.before, t.after
	FROM change_day d
	JOIN placed p ON p.since <= d.day AND p.until > d.day
	LEFT JOIN touched t ON t.day = d.day AND t.customer_id = CASE WHEN p.touched_on IS NOT NULL THEN p.customer_id END AND t.product = p.product
	WHERE t.customer_id IS NOT NULL OR p.started_on < d.day
), followed AS MATERIALIZED (
	-- untouched on the day, but by a change not long before or since: no control
	SELECT h.day, h.months, h.customer_id, h.product, h.segment, h.joined_on, h.left_on, h.line_until, h.band, h.is_touched, h.before, h.after,
		NOT h.is_touched AND coalesce(h.touched_on < h.day - 180, true) AS is_control, true AS is_main
	FROM held_line h
	WHERE h.is_alone
	UNION ALL
	SELECT h.day, h.months, h.customer_id, h.product, h.segment, h.joined_on, h.left_on, h.line_until, h.band, h.is_touched, h.before, h.after,
		NOT h.is_touched AND coalesce(h.touched_on < h.day - 180, true) AS is_control,
		row_number() OVER (PARTITION BY h.day, h.customer_id ORDER BY h.is_touched DESC, h.before DESC NULLS LAST, h.product) = 1 AS is_main
	FROM (
		SELECT DISTINCT ON (k.day, k.customer_id, k.product) k.*
		FROM held_line k
		WHERE NOT k.is_alone
		ORDER BY k.day, k.customer_id, k.product, k.price DESC, k.segment COLLATE "C") h
)
$$);

-- Who left in which window, of who is touched and of who is not, beside each other, and
-- what who is touched paid
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('price_counted', 1, '{}', $$
, counted AS MATERIALIZED (
	-- by windows of first and last day, and by that of leaving
	SELECT f.day, f.segment, f.product, f.band, (f.day - f.joined_on) / 30 AS age, 0 AS first_window,
		least(f.months - 1, floor((f.line_until - 1 - f.day) / 30::float8)::int) AS last_window, floor((f.left_on - 1 - f.day) / 30::float8)::int AS left_window,
		floor((f.line_until - 1 - f.day) / 30::float8)::int AS dropped_window, f.is_touched, f.is_control, f.is_main, count(*) AS n
	FROM followed f
	WHERE f.months > 0
	GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	UNION ALL
	SELECT p.day, p.segment, p.product, p.band, p.age, p.first_window, p.last_window, p.left_window, p.dropped_window, NULL, NULL, true, count(*)
	FROM (
		SELECT d.day, p.segment, p.product, p.band, floor((d.day - p.joined_on) / 30::float8)::int AS age,
			greatest(-6, ceil((p.since - d.day) / 30::float8)::int) AS first_window,
			least(-1, floor((p.until - 1 - d.day) / 30::float8)::int) AS last_window, floor((p.left_on - 1 - d.day) / 30::float8)::int AS left_window,
			floor((p.line_until - 1 - d.day) / 30::float8)::int AS dropped_window
		FROM change_day d
		JOIN placed p ON p.since < d.day AND p.until > d.day - 180) p
	WHERE p.first_window <= p.last_window
	GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
), cell AS MATERIALIZED (
	SELECT c.day, c.segment, c.product, c.band, width_bucket(c.age + w.at, '{3,6,12,24}'::int[]) AS tenure, w.at, c.is_touched, c.is_control, c.is_main,
		sum(c.n)::float8 AS n, coalesce(sum(c.n) FILTER (WHERE c.left_window = w.at), 0)::float8 AS x,
		coalesce(sum(c.n) FILTER (WHERE c.dropped_window = w.at AND c.left_window > w.at), 0)::float8 AS y
	FROM counted c
	CROSS JOIN LATERAL generate_series(c.first_window, c.last_window) AS w (at)
	GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
), touched_sum AS (
	SELECT f.day, f.months, f.segment, f.product, f.is_main, count(*) AS customers, sum(f.before) AS mrr_before, sum(f.after) AS mrr_after
	FROM followed f
	WHERE f.is_touched
	GROUP BY 1, 2, 3, 4, 5
)$$),
-- The same in one pass over spells and times in segments, an eighth of the time; who they
-- are only {price_spells} says
('price_day', 1, '{}', ''),
('price_named', 1, '{}', 'true'),
('price_fold', 1, '{}', $$price_fold AS MATERIALIZED (
	SELECT cvm._price_change_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.price, r.terms, r.segment, r.as_of,
		ARRAY[{lapse_days}, {price_customers}, {price_months}{price_day}]) AS cells
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, ({price}){rate} AS price,
			coalesce({offered}, ''){spell_quantity}{spell_discount} AS terms, NULL::text AS segment, (SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, h.valid_from, h.valid_to, NULL, NULL, h.segment, (SELECT o.as_of FROM observed o)
		FROM {segment_rows} h) r
), price_cell AS MATERIALIZED (
	SELECT c.changed_on AS day, c.observed_months AS months, CASE WHEN {has_segments} THEN c.segment ELSE '(all)' END AS segment, c.product,
		c.price_band AS band, c.tenure, c.window_no AS at, c.is_touched, c.is_control, c.is_main, c.customers, c.left_customers, c.given_up_lines,
		c.mrr_before, c.mrr_after
	FROM price_fold f
	CROSS JOIN LATERAL cvm._price_cells(f.cells) c
), cell AS (
	SELECT c.day, c.segment, c.product, c.band, c.tenure, c.at, c.is_touched, c.is_control, c.is_main, c.customers::float8 AS n,
		c.left_customers::float8 AS x, c.given_up_lines::float8 AS y
	FROM price_cell c
	WHERE c.at IS NOT NULL
), touched_sum AS (
	SELECT c.day, c.months, c.segment, c.product, c.is_main, c.customers, c.mrr_before, c.mrr_after
	FROM price_cell c
	WHERE c.at IS NULL
)$$),
-- Where Citus has the spells each customer is followed where it lives
('price_counts', 1, '{distributed subscription}', '{price_spells}{price_counted}'),
('price_counts', 9, '{}', 'WITH {observed}, {rates}{price_fold}'),
('price_counts_too', 1, '{distributed subscription}', '{price_counted}'),
('price_counts_too', 9, '{}', ', {price_fold}');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('price_strata', 1, '{}', $$
, kind AS (
	-- how many of a kind are touched, and how many a control
	SELECT c.day, c.segment, c.product, c.band, c.tenure, (sum(c.n::bigint) FILTER (WHERE c.is_touched))::float8 / sum(c.n::bigint)::float8 AS touched_share,
		(sum(c.n::bigint) FILTER (WHERE c.is_control))::float8 / sum(c.n::bigint)::float8 AS control_share
	FROM cell c
	WHERE c.at = 0
	GROUP BY 1, 2, 3, 4, 5
), weighed AS MATERIALIZED (
	-- sums are of exact numbers, so that their order does not matter: made here, for each goes into several
	SELECT w.day, w.segment, w.product, w.band, w.tenure, w.at, w.is_main, w.q1 > 0 AS is_touched, w.q0 > 0 AS is_control,
		CASE WHEN w.q1 > 0 THEN (w.q1 * w.n)::numeric END AS n1, CASE WHEN w.q1 > 0 THEN (w.q1 * w.x)::numeric END AS x1,
		CASE WHEN w.q1 > 0 THEN (w.q1 * w.y)::numeric END AS y1, CASE WHEN w.q1 > 0 THEN (w.q1 * w.q1 * w.x)::numeric END AS s11,
		CASE WHEN w.q1 > 0 THEN (w.q1 * w.q0 * w.x)::numeric END AS s10, CASE WHEN w.q1 > 0 THEN (w.q1 * w.q1 * w.y)::numeric END AS t11,
		CASE WHEN w.q1 > 0 THEN (w.q1 * w.q0 * w.y)::numeric END AS t10,
		CASE WHEN w.q0 > 0 THEN (w.q0 * w.n)::numeric END AS n0, CASE WHEN w.q0 > 0 THEN (w.q0 * w.x)::numeric END AS x0,
		CASE WHEN w.q0 > 0 THEN (w.q0 * w.y)::numeric END AS y0, CASE WHEN w.q0 > 0 THEN (w.q0 * w.q0 * w.x)::numeric END AS s00,
		CASE WHEN w.q0 > 0 THEN (w.q0 * w.q0 * w.y)::numeric END AS t00
	FROM (
		SELECT c.day, c.segment, c.product, c.band, c.tenure, c.at, c.is_main, c.n, c.x, c.y, coalesce(k.touched_share, c.is_touched::int, 0) AS q1,
			coalesce(k.control_share, c.is_control::int, 0) AS q0
		FROM cell c
		LEFT JOIN kind k ON c.at < 0 AND k.day = c.day AND k.segment = c.segment AND k.product = c.product AND k.band = c.band AND k.tenure = c.tenure) w
), subject AS MATERIALIZED (
	SELECT f.day, f.months, x.product, y.segment,
		coalesce(CASE WHEN x.product = '(all)' THEN sum(f.customers) FILTER (WHERE f.is_main) ELSE sum(f.customers) END, 0)::bigint AS customers,
		sum(f.mrr_before) AS mrr_before, sum(f.mrr_after) AS mrr_after,
		CASE WHEN bool_and(k.unit_margin IS NOT NULL) THEN sum(coalesce(f.customers * k.list_price, f.mrr_before) - f.customers * k.unit_margin) END AS cost
	FROM touched_sum f
	LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM {product_rows} r
		GROUP BY r.product) k ON k.product = f.product
	CROSS JOIN LATERAL (VALUES (f.product), ('(all)')) AS x (product)
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (f.segment, f.segment <> '(all)')) AS v (segment, is_so) WHERE v.is_so) y
	WHERE {price_named}
	GROUP BY 1, 2, 3, 4
	HAVING coalesce(CASE WHEN x.product = '(all)' THEN sum(f.customers) FILTER (WHERE f.is_main) ELSE sum(f.customers) END, 0) >= {price_least}
), touched_stratum AS (
	-- of the same product, price and tenure (level 1), and of the same tenure only (2)
	SELECT s.day, s.product, s.segment, l.level, w.at, w.tenure, CASE l.level WHEN 1 THEN w.product ELSE '' END AS of_product,
		CASE l.level WHEN 1 THEN w.band ELSE 0 END AS of_band, sum(w.n1)::float8 AS n1, sum(w.x1)::float8 AS x1, sum(w.y1)::float8 AS y1,
		sum(w.s11)::float8 AS s11, sum(w.s10)::float8 AS s10, sum(w.t11)::float8 AS t11, sum(w.t10)::float8 AS t10
	FROM weighed w
	CROSS JOIN LATERAL (VALUES (w.product), ('(all)')) AS x (product)
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (w.segment, w.segment <> '(all)')) AS v (segment, is_so) WHERE v.is_so) y
	JOIN subject s ON s.day = w.day AND s.product = x.product AND s.segment = y.segment
	CROSS JOIN (VALUES (1), (2)) AS l (level)
	WHERE w.is_touched AND (w.is_main OR x.product <> '(all)')
	GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), control_stratum AS (
	SELECT w.day, l.level, m.main_only, w.at, w.tenure, CASE l.level WHEN 1 THEN w.product ELSE '' END AS of_product, CASE l.level WHEN 1 THEN w.band
		ELSE 0 END AS of_band,
		sum(w.n0)::float8 AS n0, sum(w.x0)::float8 AS x0, sum(w.y0)::float8 AS y0, sum(w.s00)::float8 AS s00, sum(w.t00)::float8 AS t00
	FROM weighed w
	CROSS JOIN (VALUES (1), (2)) AS l (level)
	CROSS JOIN (VALUES (false), (true)) AS m (main_only)
	WHERE w.is_control AND (w.is_main OR NOT m.main_only)
	GROUP BY 1, 2, 3, 4, 5, 6, 7
), stratum AS (
	SELECT t.*, c.n0, c.x0, c.y0, c.s00, c.t00, t.n1 * c.n0 / (t.n1 + c.n0) AS weight, (t.x1 + c.x0) / (t.n1 + c.n0) AS rate, (t.y1 + c.y0)
		/ (t.n1 + c.n0) AS drop_rate
	FROM touched_stratum t
	LEFT JOIN control_stratum c ON c.day = t.day AND c.level = t.level AND c.main_only = (t.product = '(all)') AND c.at = t.at AND c.tenure = t.tenure
		AND c.of_product = t.of_product AND c.of_band = t.of_band
), window_sum AS MATERIALIZED (
	-- Mantel and Haenszel's weights; n1 counts all, weight those who have a control
	SELECT s.day, s.product, s.segment, s.level, s.at, sum((s.n1)::numeric)::float8 AS n1, sum((s.x1)::numeric)::float8 AS x1,
		sum((s.y1)::numeric)::float8 AS y1,
		coalesce(sum((s.n1)::numeric) FILTER (WHERE s.n0 > 0)::float8, 0) AS covered,
		coalesce(sum((s.n0)::numeric)::float8, 0) AS n0, coalesce(sum((s.x0)::numeric)::float8, 0) AS x0,
			coalesce(sum((s.weight)::numeric)::float8, 0) AS weight,
		coalesce(sum((s.weight * (s.x1 / s.n1 - s.x0 / s.n0))::numeric)::float8, 0) AS rise,
		coalesce(sum((s.weight ^ 2 * (1 - s.rate) * (s.s11 / s.n1 ^ 2 + s.s00 / s.n0 ^ 2 - 2 * s.s10 / (s.n1 * s.n0)))::numeric)::float8, 0) AS spread,
		coalesce(sum((s.weight * (s.y1 / s.n1 - s.y0 / s.n0))::numeric)::float8, 0) AS drop_rise,
		coalesce(sum((s.weight ^ 2 * (1 - s.drop_rate) * (s.t11 / s.n1 ^ 2 + s.t00 / s.n0 ^ 2 - 2 * s.t10 / (s.n1 * s.n0)))::numeric)::float8,
			0) AS drop_spread
	FROM stratum s
	GROUP BY 1, 2, 3, 4, 5
), level AS (
	SELECT DISTINCT ON (w.day, w.product, w.segment) w.day, w.product, w.segment, w.level
	FROM window_sum w
	WHERE w.at >= 0
	GROUP BY 1, 2, 3, 4
	ORDER BY 1, 2, 3, sum(w.covered::numeric) >= sum(w.n1::numeric) / 2 DESC, w.level
)$$);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('price_windows', 1, '{}', $$
{price_strata}
, judged AS MATERIALIZED (
	SELECT s.day, s.product, s.segment, s.months, s.customers, s.mrr_before, s.mrr_after, s.cost, w.level, w.at, w.n1, w.x1, w.n0, w.x0, w.y1, w.weight, w.rise,
		w.spread,
		w.rise / nullif(w.weight, 0) AS difference, w.spread / nullif(w.weight, 0) ^ 2 AS variance, w.drop_rise, w.drop_spread, w.covered
	FROM subject s
	LEFT JOIN (SELECT w.* FROM window_sum w JOIN level l ON l.day = w.day AND l.product = w.product AND l.segment = w.segment AND l.level = w.level) w
		ON w.day = s.day AND w.product = s.product AND w.segment = s.segment
), summed AS MATERIALIZED (
	SELECT j.day, j.product, j.segment, j.months, j.customers, j.mrr_before, j.mrr_after, j.cost, j.level,
		sum((j.n1)::numeric) FILTER (WHERE j.at >= 0)::float8 AS n1, sum((j.x1)::numeric) FILTER (WHERE j.at >= 0)::float8 AS x1,
			sum((j.y1)::numeric) FILTER (WHERE j.at >= 0)::float8 AS y1,
		sum((j.n0)::numeric) FILTER (WHERE j.at >= 0)::float8 AS n0, sum((j.x0)::numeric) FILTER (WHERE j.at >= 0)::float8 AS x0,
			sum((j.covered)::numeric) FILTER (WHERE j.at >= 0)::float8 AS covered,
		max(j.n0) FILTER (WHERE j.at = 0) AS controls,
		sum((j.rise)::numeric) FILTER (WHERE j.at >= 0)::float8 / nullif(sum((j.weight)::numeric) FILTER (WHERE j.at >= 0)::float8, 0) AS after_rise,
		-- none is no proof that there are none
		sum((j.spread)::numeric) FILTER (WHERE j.at >= 0)::float8 / nullif(sum((j.weight)::numeric) FILTER (WHERE j.at >= 0)::float8, 0) ^ 2
			+ CASE WHEN sum((j.x1)::numeric) FILTER (WHERE j.at >= 0)::float8 = 0 THEN 1 / sum((j.n1)::numeric) FILTER (WHERE j.at >= 0)::float8 ^ 2
				ELSE 0 END AS after_variance,
		sum((j.rise)::numeric) FILTER (WHERE j.at < 0)::float8 / nullif(sum((j.weight)::numeric) FILTER (WHERE j.at < 0)::float8, 0) AS before_rise,
		sum((j.spread)::numeric) FILTER (WHERE j.at < 0)::float8 / nullif(sum((j.weight)::numeric) FILTER (WHERE j.at < 0)::float8, 0) ^ 2
			+ CASE WHEN sum((j.x1)::numeric) FILTER (WHERE j.at < 0)::float8 = 0 THEN 1 / sum((j.n1)::numeric) FILTER (WHERE j.at < 0)::float8 ^ 2
				ELSE 0 END AS before_variance,
		sum((j.drop_rise)::numeric) FILTER (WHERE j.at >= 0)::float8 / nullif(sum((j.weight)::numeric) FILTER (WHERE j.at >= 0)::float8, 0)
			- sum((j.drop_rise)::numeric) FILTER (WHERE j.at < 0)::float8
			/ nullif(sum((j.weight)::numeric) FILTER (WHERE j.at < 0)::float8, 0) AS drop_excess,
		sum((j.drop_spread)::numeric) FILTER (WHERE j.at >= 0)::float8 / nullif(sum((j.weight)::numeric) FILTER (WHERE j.at >= 0)::float8, 0) ^ 2
			+ sum((j.drop_spread)::numeric) FILTER (WHERE j.at < 0)::float8
			/ nullif(sum((j.weight)::numeric) FILTER (WHERE j.at < 0)::float8, 0) ^ 2 AS drop_variance,
		count(*) FILTER (WHERE j.at < 0 AND j.weight >= 20) AS placebos,
		-- by how much differences of placebo windows scatter, and whether they rise or fall
		sum((j.difference ^ 2 / j.variance)::numeric) FILTER (WHERE j.at < 0 AND j.variance > 0)::float8
			- sum((j.difference / j.variance)::numeric) FILTER (WHERE j.at < 0 AND j.variance > 0)::float8 ^ 2
			/ nullif(sum((1 / j.variance)::numeric) FILTER (WHERE j.at < 0 AND j.variance > 0)::float8, 0) AS scatter,
		count(*) FILTER (WHERE j.at < 0 AND j.variance > 0) - 1 AS degrees,
		regr_slope(j.difference, j.at ORDER BY j.at) FILTER (WHERE j.at < 0 AND j.variance > 0)
			/ nullif(sqrt(avg(j.variance ORDER BY j.at) FILTER (WHERE j.at < 0 AND j.variance > 0)
				/ nullif(regr_sxx(j.difference, j.at ORDER BY j.at) FILTER (WHERE j.at < 0 AND j.variance > 0), 0)), 0) AS slope_z
	FROM judged j
	GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
), limited AS MATERIALIZED (
	SELECT s.*, s.after_rise - s.before_rise AS excess, sqrt(nullif(greatest(s.after_variance + s.before_variance, 0), 0)) AS std_error, c.conf_low, c.conf_high,
		d.conf_low AS drop_low, d.conf_high AS drop_high,
		s.covered / nullif(s.n1, 0) AS covered_share, s.x1 / nullif(s.n1, 0) AS churn_rate, s.y1 / nullif(s.n1, 0) AS drop_rate
	FROM summed s
	LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(s.before_rise, sqrt(greatest(s.before_variance, 0)), s.after_rise, sqrt(greatest(s.after_variance, 0)),
		{conf})) c ON s.after_variance > 0 AND s.before_variance > 0
	LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(0, 0, s.drop_excess, sqrt(greatest(s.drop_variance, 0)), {conf})) d ON s.drop_variance > 0
), path AS MATERIALIZED (
	-- how many are still there, and would be without the change, with its limits
	SELECT j.day, j.product, j.segment, j.at, j.n1, j.x1, j.n0, j.x0, j.weight, j.difference, j.variance,
		exp(sum(j.log_stayed) OVER w) AS stayed, exp(sum(ln(1 - j.other_rate)) OVER w) AS expected, exp(sum(ln(1 - j.other_low)) OVER w) AS expected_low,
		exp(sum(ln(1 - j.other_high)) OVER w) AS expected_high
	FROM (
		SELECT j.*, ln(1 - least(j.rate, 0.999999)) AS log_stayed,
			CASE WHEN j.excess IS NOT NULL THEN greatest(least(j.rate - j.excess, 0.999999), 0) END AS other_rate,
			CASE WHEN j.conf_low IS NOT NULL THEN greatest(least(j.rate - j.conf_low, 0.999999), 0) END AS other_low,
			CASE WHEN j.conf_high IS NOT NULL THEN greatest(least(j.rate - j.conf_high, 0.999999), 0) END AS other_high
		FROM (
			SELECT j.*, CASE WHEN j.at >= 0 THEN j.x1 / nullif(j.n1, 0) END AS rate, l.excess, l.conf_low, l.conf_high
			FROM judged j
			JOIN limited l ON l.day = j.day AND l.product = j.product AND l.segment = j.segment
			WHERE j.at IS NOT NULL) j) j
	WINDOW w AS (PARTITION BY j.day, j.product, j.segment, j.at >= 0 ORDER BY j.at)
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('price_change', 1, '{subscription}', $$
{price_counts}
{price_windows}
, ended AS MATERIALIZED (
	SELECT p.day, p.product, p.segment, (array_agg(p.stayed ORDER BY p.at DESC))[1] AS stayed, (array_agg(p.expected ORDER BY p.at DESC))[1] AS expected,
		(array_agg(p.expected_low ORDER BY p.at DESC))[1] AS expected_low, (array_agg(p.expected_high ORDER BY p.at DESC))[1] AS expected_high,
		sum(p.stayed ORDER BY p.at) AS stayed_sum, sum(p.expected ORDER BY p.at) AS expected_sum
	FROM path p
	WHERE p.at >= 0
	GROUP BY 1, 2, 3
), valued AS (
	SELECT l.*, e.stayed, e.expected, e.expected_low, e.expected_high, e.stayed_sum, e.expected_sum, ln((l.mrr_after / l.mrr_before)::float8) AS log_rise,
		(1 - l.churn_rate + l.excess) * (1 - (l.mrr_before / l.mrr_after)::float8 ^ (1.0 / greatest({price_months}, 1))) AS break_even_rate,
		CASE WHEN 1 - l.churn_rate + l.excess > 0 AND l.churn_rate < 1 THEN ln((1 - l.churn_rate + l.excess) / (1 - l.churn_rate)) END AS log_loss,
		CASE WHEN 1 - l.churn_rate + l.conf_low > 0 AND l.churn_rate < 1 THEN ln((1 - l.churn_rate + l.conf_low) / (1 - l.churn_rate)) END AS log_loss_low,
		CASE WHEN 1 - l.churn_rate + l.conf_high > 0 AND l.churn_rate < 1 THEN ln((1 - l.churn_rate + l.conf_high) / (1 - l.churn_rate)) END AS log_loss_high,
		CASE WHEN l.degrees > 0 THEN (power(greatest(l.scatter, 0) / l.degrees, 1 / 3.0) - 1 + 2 / (9.0 * l.degrees))
			/ sqrt(2 / (9.0 * l.degrees)) END AS scatter_z
	FROM limited l
	LEFT JOIN ended e ON e.day = l.day AND e.product = l.product AND e.segment = l.segment
), refused AS (
	SELECT v.*, CASE WHEN v.months < 1 THEN 'immature'
		WHEN coalesce(v.covered_share < 0.5, true) OR coalesce(v.controls < {price_customers}, true) THEN 'no_control'
		WHEN v.placebos < 2 THEN 'no_history'
		WHEN v.x1 + v.x0 < 10 OR v.conf_low IS NULL THEN 'too_few'
		WHEN v.scatter_z > 2.3263 OR abs(v.slope_z) > 2.5758 THEN 'not_parallel'
		WHEN v.conf_low > v.break_even_rate THEN 'value_destroying'
		WHEN v.conf_high < v.break_even_rate THEN 'accretive'
		ELSE 'inconclusive' END AS verdict
	FROM valued v
), shown AS (
	-- what has no control is no estimate
	SELECT r.*, r.verdict NOT IN ('immature', 'no_control', 'no_history') AS is_told,
		CASE WHEN r.log_rise * r.log_loss > 0 THEN ceil(r.log_rise / r.log_loss) END AS even_month,
		CASE WHEN r.log_rise * r.log_loss_high > 0 THEN ceil(r.log_rise / r.log_loss_high) END AS even_high,
		CASE WHEN r.log_rise * r.log_loss_low > 0 THEN ceil(r.log_rise / r.log_loss_low) END AS even_low
	FROM refused r
)
SELECT cvm.row_key(s.product, s.segment, to_char(s.day::timestamp, 'YYYY-MM-DD')) AS row_key,
	s.product,
	s.segment,
	s.day AS changed_on,
	s.customers,
	s.mrr_before,
	s.mrr_after,
	s.mrr_after - s.mrr_before AS uplift_mrr,
	(s.mrr_after / s.mrr_before - 1)::float8 AS price_change_rate,
	s.months AS observed_months,
	CASE WHEN s.level = 1 THEN 'same product' WHEN s.level = 2 THEN 'other products' END AS control,
	round(CASE WHEN s.months > 0 THEN s.controls END)::bigint AS control_lines,
	round(s.n1)::bigint AS customer_months,
	-round(s.x1)::bigint AS left_customers,
	s.churn_rate,
	CASE WHEN s.is_told THEN s.churn_rate - s.after_rise END AS control_churn_rate,
	CASE WHEN s.is_told THEN s.before_rise END AS placebo_difference,
	CASE WHEN s.is_told THEN s.excess END AS excess_churn_rate,
	CASE WHEN s.is_told THEN s.std_error END AS std_error,
	CASE WHEN s.is_told THEN s.conf_low END AS conf_low,
	CASE WHEN s.is_told THEN s.conf_high END AS conf_high,
	s.drop_rate AS downgrade_rate,
	CASE WHEN s.is_told THEN s.drop_excess END AS excess_downgrade_rate,
	CASE WHEN s.is_told THEN s.drop_low END AS downgrade_low,
	CASE WHEN s.is_told THEN s.drop_high END AS downgrade_high,
	CASE WHEN s.is_told THEN s.customers * (s.stayed - s.expected) END AS lost_customers,
	CASE WHEN s.is_told THEN s.customers * (s.stayed - s.expected_high) END AS lost_low,
	CASE WHEN s.is_told THEN s.customers * (s.stayed - s.expected_low) END AS lost_high,
	CASE WHEN s.is_told THEN ((s.expected - 1) * (s.mrr_after - s.mrr_before)::float8)::numeric END AS faded_mrr,
	CASE WHEN s.is_told THEN ((s.stayed - s.expected) * s.mrr_after::float8)::numeric END AS lost_mrr,
	CASE WHEN s.is_told THEN (s.stayed * s.mrr_after::float8 - s.expected * s.mrr_before::float8)::numeric END AS net_mrr,
	CASE WHEN s.is_told THEN (s.stayed * s.mrr_after::float8 - s.expected_high * s.mrr_before::float8)::numeric END AS net_low,
	CASE WHEN s.is_told THEN (s.stayed * s.mrr_after::float8 - s.expected_low * s.mrr_before::float8)::numeric END AS net_high,
	CASE WHEN s.is_told THEN (s.stayed_sum * s.mrr_after::float8 - s.expected_sum * s.mrr_before::float8)::numeric END AS net_so_far,
	CASE WHEN s.is_told THEN (s.stayed * (s.mrr_after - s.cost)::float8 - s.expected * (s.mrr_before - s.cost)::float8)::numeric END AS net_margin,
	-- as long as a customer brings something, those lost cost margin
	CASE WHEN s.is_told THEN (s.stayed * (s.mrr_after - s.cost)::float8 - CASE WHEN s.mrr_before >= s.cost THEN s.expected_high ELSE s.expected_low END
		* (s.mrr_before - s.cost)::float8)::numeric END AS net_margin_low,
	CASE WHEN s.is_told THEN (s.stayed * (s.mrr_after - s.cost)::float8 - CASE WHEN s.mrr_before >= s.cost THEN s.expected_low ELSE s.expected_high END
		* (s.mrr_before - s.cost)::float8)::numeric END AS net_margin_high,
	CASE WHEN s.is_told THEN s.break_even_rate END AS break_even_churn_rate,
	CASE WHEN s.is_told AND s.even_month <= 120 THEN s.even_month END::int AS break_even_month,
	CASE WHEN s.is_told AND s.even_high <= 120 THEN s.even_high END::int AS break_even_low,
	CASE WHEN s.is_told AND s.even_low <= 120 THEN s.even_low END::int AS break_even_high,
	s.placebos::int AS placebo_months,
	s.verdict,
	CASE s.verdict WHEN 'immature' THEN 'No 30 days have passed since: ask again.'
		WHEN 'no_control' THEN 'Fewer than half of these customers have an untouched one of their tenure and price beside '
		'them: what they would have done is not known.'
		WHEN 'no_history' THEN 'There are no two windows of 30 days before it in which to see whether they and the untouched go together.'
		WHEN 'too_few' THEN 'Fewer than ten customers have left: nothing can be told of so few.'
		WHEN 'not_parallel' THEN 'They and the untouched did not go together before the change: what came after it is not what it did.'
		ELSE format('Excess churn of %s%% a month (%s%% to %s%%); %s%% would use up the %s within %s months: %s.', round((100 * s.excess)::numeric, 2),
			round((100 * s.conf_low)::numeric, 2),
			round((100 * s.conf_high)::numeric, 2), round((100 * s.break_even_rate)::numeric, 2), CASE WHEN s.mrr_after > s.mrr_before THEN 'rise'
				ELSE 'cut' END, {price_months},
			CASE s.verdict WHEN 'accretive' THEN 'it pays' WHEN 'value_destroying' THEN 'it costs more than it brings'
				ELSE 'both are possible' END) END AS reason,
	{currency} AS currency,
	s.months >= {price_months} AS is_complete,
	{price_months} AS price_months,
	{time_zone} AS time_zone,
	o.as_of
FROM shown s
CROSS JOIN observed o$$),
('price_change_month', 1, '{subscription}', $$
{price_counts}
{price_windows}
SELECT cvm.row_key(p.product, p.segment, to_char(p.day::timestamp, 'YYYY-MM-DD'), (CASE WHEN p.at < 0 THEN p.at ELSE p.at + 1 END)::text) AS row_key,
	p.product,
	p.segment,
	p.day AS changed_on,
	CASE WHEN p.at < 0 THEN p.at ELSE p.at + 1 END AS window_no,
	p.day + 30 * p.at AS window_start,
	p.at < 0 AS is_placebo,
	l.customers,
	p.n1 AS at_risk,
	p.x1 AS gone,
	p.x1 / nullif(p.n1, 0) AS churn_rate,
	p.n0 AS control_at_risk,
	p.x0 AS control_gone,
	p.x1 / nullif(p.n1, 0) - p.difference AS control_churn_rate,
	p.difference,
	p.difference - l.before_rise AS excess_churn_rate,
	c.conf_low,
	c.conf_high,
	CASE WHEN p.at >= 0 THEN (p.stayed * l.mrr_after::float8 - p.expected * l.mrr_before::float8)::numeric END AS net_mrr,
	{currency} AS currency,
	true AS is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM path p
JOIN limited l ON l.day = p.day AND l.product = p.product AND l.segment = p.segment
CROSS JOIN observed o
LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(l.before_rise, 0, p.difference, sqrt(greatest(p.variance, 0)), {conf})) c ON p.variance > 0$$);

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
{price_spells}
SELECT w.row_key, f.customer_id, 1 AS customers,
	-bool_or((w.product <> '(all)' OR f.is_main) AND f.left_on <= f.day + 30 * f.months AND f.line_until > f.day
		+ 30 * ((f.left_on - 1 - f.day) / 30))::int AS left_customers,
	sum(f.before) AS mrr_before, sum(f.after) AS mrr_after,
	string_agg(f.product || ': ' || round(f.before, {minor_units}) || ' to ' || round(f.after, {minor_units}), ', ' ORDER BY f.product COLLATE "C") AS detail
FROM wanted w
JOIN followed f ON f.day = w.changed_on AND w.product IN ('(all)', f.product) AND w.segment IN ('(all)', f.segment)
WHERE f.is_touched
GROUP BY w.row_key, f.customer_id$$
FROM cvm.report_body b
WHERE b.view IN ('price_change', 'price_change_month');

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('price_change', 1, 'uplift_mrr', 'formula', '{mrr_after} - {mrr_before}'),
	('price_change', 2, 'net_mrr', 'formula', '{mrr_after} - {mrr_before} + {faded_mrr} + {lost_mrr}');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('price_change', 1, 'row_key', 'text', 'key', 'product|segment|changed_on', false, 'One value per row.'),
	('price_change', 2, 'product', 'text', 'name', 'subscription.product', false,
		'Product whose price changed; "(all)" is every product that changed on the day, each customer with the dearest line: '
		'products do not make it.'),
	('price_change', 3, 'segment', 'text', 'name', 'segment held on the day', false,
		'Segment; "(all)" is everybody. Segments with fewer than price_customers are left out, and do not make it.'),
	('price_change', 4, 'changed_on', 'date', 'date', 'first day of the new price', false, 'Day of the change.'),
	('price_change', 5, 'customers', 'bigint', 'customers',
		'customers with as many spells of the product that end on the day as begin on it, under the same terms, for another sum', false,
		'Customers touched.'),
	('price_change', 6, 'mrr_before', 'numeric(28,2)', 'money a month', 'sum of prices that ended', false,
		'What they paid for it before.'),
	('price_change', 7, 'mrr_after', 'numeric(28,2)', 'money a month', 'sum of prices that began', false,
		'What they paid for it from the day on.'),
	('price_change', 8, 'uplift_mrr', 'numeric(28,2)', 'money a month', 'mrr_after - mrr_before', false,
		'What the change would bring if nobody left.'),
	('price_change', 9, 'price_change_rate', 'double precision', 'fraction', 'mrr_after / mrr_before - 1', false,
		'By how much the price moved.'),
	('price_change', 10, 'observed_months', 'integer', 'windows of 30 days', 'least(price_months, whole windows from changed_on until as_of)', false,
		'For how many windows the customers were followed.'),
	('price_change', 11, 'control', 'text', 'word',
		'same product where half of those touched have untouched of their product, price and tenure beside them', false,
		'Whom they are compared with: holders of the same product, or of other products, of the same tenure. NULL: nothing was observed.'),
	('price_change', 12, 'control_lines', 'bigint', 'lines', 'untouched lines held on the day in strata that hold touched ones', false,
		'Lines of customers whom no change touched on the day, in the 180 days before, or since.'),
	('price_change', 13, 'customer_months', 'bigint', 'windows of customers',
		'customers touched and still there when a window began, summed over windows', false,
		'Denominator of churn_rate; under "(all)" each customer counts with the dearest line that was touched.'),
	('price_change', 14, 'left_customers', 'bigint', 'customers', 'customers touched who had left altogether when a window ended, negative', false,
		'Numerator of churn_rate; who gave up the line first and left later counts in downgrade_rate.'),
	('price_change', 15, 'churn_rate', 'double precision', 'fraction 0..1 per 30 days', '-left_customers / customer_months', false,
		'How many of those touched left.'),
	('price_change', 16, 'control_churn_rate', 'double precision', 'fraction per 30 days',
		'churn_rate less the difference in strata by product, price band, tenure and window, with the weights of Mantel and Haenszel', false,
		'How many of the untouched left, were they made up as the touched are.'),
	('price_change', 17, 'placebo_difference', 'double precision', 'fraction per 30 days', 'the same difference over up to six windows before the change',
		false,
		'By how much customers of these kinds left more than the others when nothing had changed.'),
	('price_change', 18, 'excess_churn_rate', 'double precision', 'fraction per 30 days', 'churn_rate - control_churn_rate - placebo_difference', false,
		'Churn because of the change: the difference in differences.'),
	('price_change', 19, 'std_error', 'double precision', 'fraction per 30 days',
		'square root of the variances of both differences, of counts as Poisson''s', false,
		'Standard error of it.'),
	('price_change', 20, 'conf_low', 'double precision', 'fraction per 30 days', 'normal', false,
		'Lower end of the interval of excess_churn_rate.'),
	('price_change', 21, 'conf_high', 'double precision', 'fraction per 30 days', 'normal', false,
		'Upper end of the interval of excess_churn_rate.'),
	('price_change', 22, 'downgrade_rate', 'double precision', 'fraction 0..1 per 30 days', 'lines given up by customers who stay / customer_months', false,
		'How many gave up the line and stayed.'),
	('price_change', 23, 'excess_downgrade_rate', 'double precision', 'fraction per 30 days', 'difference in differences of downgrade_rate', false,
		'The same because of the change. Its money is in no column.'),
	('price_change', 24, 'downgrade_low', 'double precision', 'fraction per 30 days', 'normal', false,
		'Lower end of the interval of excess_downgrade_rate.'),
	('price_change', 25, 'downgrade_high', 'double precision', 'fraction per 30 days', 'normal', false,
		'Upper end of the interval of excess_downgrade_rate.'),
	('price_change', 26, 'lost_customers', 'double precision', 'customers (estimate)',
		'customers * (share that stayed - share that would have, window by window at churn_rate - excess_churn_rate)', false,
		'Customers lost because of the change so far, negative; above 0 those it kept.'),
	('price_change', 27, 'lost_low', 'double precision', 'customers (estimate)', 'lost_customers at conf_high', false,
		'Lower end of the interval of lost_customers.'),
	('price_change', 28, 'lost_high', 'double precision', 'customers (estimate)', 'lost_customers at conf_low', false,
		'Upper end of the interval of lost_customers.'),
	('price_change', 29, 'faded_mrr', 'numeric(28,2)', 'money a month (estimate)', 'uplift_mrr * (share that would have stayed - 1)', false,
		'Uplift of those who would have left anyway, negative.'),
	('price_change', 30, 'lost_mrr', 'numeric(28,2)', 'money a month (estimate)', 'lost_customers * mrr_after / customers', false,
		'What those lost because of it would pay, negative.'),
	('price_change', 31, 'net_mrr', 'numeric(28,2)', 'money a month (estimate)', 'uplift_mrr + faded_mrr + lost_mrr', false,
		'What the change brings a month at the end of the last window.'),
	('price_change', 32, 'net_low', 'numeric(28,2)', 'money a month (estimate)', 'net_mrr at conf_high', false,
		'Lower end of the interval of net_mrr.'),
	('price_change', 33, 'net_high', 'numeric(28,2)', 'money a month (estimate)', 'net_mrr at conf_low', false,
		'Upper end of the interval of net_mrr.'),
	('price_change', 34, 'net_so_far', 'numeric(28,2)', 'money (estimate)', 'sum of net_mrr at the ends of the windows', false,
		'What the change has brought since, or cost.'),
	('price_change', 35, 'net_margin', 'numeric(28,2)', 'money a month (estimate)', 'net_mrr - lost_customers * cost of what a customer had', false,
		'What the change brings a month of margin: who is lost costs nothing either. Cost is list_price - unit_margin of the product, '
		'where there is no list price the price before less unit_margin; NULL where a product''s margin is not known.'),
	('price_change', 36, 'net_margin_low', 'numeric(28,2)', 'money a month (estimate)', 'net_margin at conf_high', false,
		'Lower end of the interval of net_margin.'),
	('price_change', 37, 'net_margin_high', 'numeric(28,2)', 'money a month (estimate)', 'net_margin at conf_low', false,
		'Upper end of the interval of net_margin.'),
	('price_change', 38, 'break_even_churn_rate', 'double precision', 'fraction per 30 days',
		'(1 - churn_rate + excess_churn_rate) * (1 - (mrr_before / mrr_after) ^ (1 / price_months))', false,
		'Excess churn at which net_mrr is nil after price_months.'),
	('price_change', 39, 'break_even_month', 'integer', 'windows of 30 days',
		'ceil(ln(mrr_after / mrr_before) / ln((1 - churn_rate + excess_churn_rate) / (1 - churn_rate)))', false,
		'Window at whose end the change of price is used up if the excess goes on; NULL: never, or not within 120.'),
	('price_change', 40, 'break_even_low', 'integer', 'windows of 30 days', 'break_even_month at conf_high', false,
		'The same at the upper end of excess_churn_rate.'),
	('price_change', 41, 'break_even_high', 'integer', 'windows of 30 days', 'break_even_month at conf_low', false,
		'The same at the lower end of it; NULL: never, or not within 120.'),
	('price_change', 42, 'placebo_months', 'integer', 'windows of 30 days', 'windows before the change with a control', false,
		'In how many windows the two were compared before.'),
	('price_change', 43, 'verdict', 'text', 'word', 'interval of excess_churn_rate beside break_even_churn_rate, after what forbids one', false,
		'accretive, value_destroying, inconclusive; immature, no_control, no_history, too_few or not_parallel (p < 0.01 of '
		'scatter or slope of the placebo windows): no verdict can be given.'),
	('price_change', 44, 'reason', 'text', 'text', 'verdict in words', false, 'Why, as a sentence.'),
	('price_change', 45, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('price_change', 46, 'is_complete', 'boolean', 'yes or no', 'observed_months = price_months', false,
		'Are all windows over?'),
	('price_change', 47, 'price_months', 'integer', 'windows of 30 days', 'setting of the model', false,
		'For how many windows a change is followed.'),
	('price_change', 48, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('price_change', 49, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),

	('price_change_month', 1, 'row_key', 'text', 'key', 'product|segment|changed_on|window_no', false,
		'One value per row.'),
	('price_change_month', 2, 'product', 'text', 'name', 'subscription.product', false,
		'Product whose price changed; "(all)" is every product that changed on the day, each customer with the dearest line: '
		'products do not make it.'),
	('price_change_month', 3, 'segment', 'text', 'name', 'segment held on the day', false,
		'Segment; "(all)" is everybody. Segments with fewer than price_customers are left out, and do not make it.'),
	('price_change_month', 4, 'changed_on', 'date', 'date', 'first day of the new price', false, 'Day of the change.'),
	('price_change_month', 5, 'window_no', 'integer', 'windows of 30 days', '-6 to -1 before the change, 1 and so on after it', false,
		'Which window.'),
	('price_change_month', 6, 'window_start', 'date', 'date', 'changed_on and so many times 30 days', false,
		'Its first day.'),
	('price_change_month', 7, 'is_placebo', 'boolean', 'yes or no', 'window_no < 0', false, 'Is it before the change?'),
	('price_change_month', 8, 'customers', 'bigint', 'customers', 'as in price_change', false,
		'Customers touched by the change.'),
	('price_change_month', 9, 'at_risk', 'double precision', 'customers (weighed)',
		'there when the window began; before the change each by the share of its kind that is touched', true,
		'Denominator of churn_rate.'),
	('price_change_month', 10, 'gone', 'double precision', 'customers (weighed)', 'of them gone when it ended', false,
		'Numerator of churn_rate.'),
	('price_change_month', 11, 'churn_rate', 'double precision', 'fraction 0..1', 'gone / at_risk', false,
		'How many left.'),
	('price_change_month', 12, 'control_at_risk', 'double precision', 'lines (weighed)', 'untouched lines there when it began', false,
		'Denominator of the untouched.'),
	('price_change_month', 13, 'control_gone', 'double precision', 'lines (weighed)', 'of them gone when it ended', false,
		'Numerator of the untouched.'),
	('price_change_month', 14, 'control_churn_rate', 'double precision', 'fraction', 'churn_rate - difference', false,
		'How many of the untouched left, were they made up as the touched are.'),
	('price_change_month', 15, 'difference', 'double precision', 'fraction',
		'in strata by product, price band and tenure, with the weights of Mantel and Haenszel', false,
		'Churn of the touched less that of the untouched.'),
	('price_change_month', 16, 'excess_churn_rate', 'double precision', 'fraction', 'difference - placebo_difference of price_change', false,
		'Before the change about 0; after it what it did.'),
	('price_change_month', 17, 'conf_low', 'double precision', 'fraction', 'normal, of the difference', false,
		'Lower end of the interval of excess_churn_rate.'),
	('price_change_month', 18, 'conf_high', 'double precision', 'fraction', 'normal, of the difference', false,
		'Upper end of the interval of excess_churn_rate.'),
	('price_change_month', 19, 'net_mrr', 'numeric(28,2)', 'money a month (estimate)', 'as in price_change, at the end of the window', false,
		'What the change brings a month; NULL before it.'),
	('price_change_month', 20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('price_change_month', 21, 'is_complete', 'boolean', 'yes or no', 'the window ends before as_of', false,
		'Is the window over? Others are not shown.'),
	('price_change_month', 22, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('price_change_month', 23, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
