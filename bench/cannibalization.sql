-- SPDX-License-Identifier: PostgreSQL
-- What cannibalization_agg says of product P07, in plain SQL as fast as we know
-- how to write it: levels of what donors bring, from sums over their changes;
-- entries and customers who are watched, with the levels around each day; and
-- the loss rates of those who stayed, weighed by those who entered, who was
-- whole on the day apart from who had lost something before it.
WITH step AS (
	SELECT s.customer_id, s.started_on AS day, s.mrr FROM :spell s WHERE s.product <> 'P07' AND s.started_on <= '2025-01-01'
	UNION ALL
	SELECT s.customer_id, s.ended_on, -s.mrr FROM :spell s WHERE s.product <> 'P07' AND s.ended_on <= '2025-01-01'
), change AS (
	SELECT customer_id, day, sum(mrr) AS mrr FROM step GROUP BY 1, 2 HAVING sum(mrr) <> 0
), level AS (
	SELECT customer_id, day, sum(mrr) OVER w AS mrr, coalesce(lead(day) OVER w, 'infinity') AS next,
		sum(mrr) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
	FROM change WINDOW w AS (PARTITION BY customer_id ORDER BY day)
), paid AS MATERIALIZED (
	SELECT customer_id, day, next, mrr, max(day) FILTER (WHERE coalesce(before, 0) = 0) OVER (PARTITION BY customer_id ORDER BY day) - date '2000-01-01' AS since
	FROM level
), customer AS (
	SELECT customer_id, min(started_on) AS first_day FROM :spell GROUP BY 1
), entry AS MATERIALIZED (
	SELECT f.customer_id, f.started_on AS day, sum(f.mrr) AS mrr, bool_or(c.first_day < f.started_on) AS ever
	FROM :spell f
	JOIN customer c USING (customer_id)
	WHERE f.product = 'P07' AND f.started_on < '2025-01-01' AND NOT EXISTS (
		SELECT FROM :spell p WHERE p.customer_id = f.customer_id AND p.product = 'P07' AND p.started_on < f.started_on AND (p.ended_on IS NULL OR p.ended_on >= f.started_on))
	GROUP BY 1, 2
), entered AS MATERIALIZED (
	-- the most that was brought, on the last such day, and since when, in one number
	SELECT e.customer_id, e.day, e.mrr AS focal, e.ever,
		coalesce(max(((p.mrr * 100)::bigint << 40) | ((p.day - date '2000-01-01')::bigint << 20) | p.since) FILTER (WHERE p.day < e.day AND p.next > e.day - 30), 0) AS best,
		coalesce(max(p.mrr) FILTER (WHERE p.day < e.day AND p.next >= e.day), 0) AS last,
		coalesce(max(p.mrr) FILTER (WHERE p.day <= e.day + 60 AND p.next > e.day + 60), 0) AS after
	FROM entry e
	LEFT JOIN paid p ON p.customer_id = e.customer_id AND p.day <= e.day + 60 AND p.next > e.day - 30
	WHERE e.day + 60 <= '2025-01-01'
	GROUP BY 1, 2, 3, 4
), verdict AS (
	SELECT *, (best >> 40)::numeric / 100 AS before, greatest((best >> 40)::numeric / 100 - after, 0) AS lost FROM entered
), watch AS (
	SELECT (g + interval '14 days')::date AS day FROM generate_series(timestamp '2022-01-01', '2024-11-01', '1 month') g
), watched AS (
	-- until the end of the look-ahead or, who enters before that, the day before
	SELECT p.customer_id, w.day, e.day - w.day AS days, e.day <= w.day + 60 AS enters,
		max(((p.mrr * 100)::bigint << 40) | ((p.day - date '2000-01-01')::bigint << 20) | p.since) FILTER (WHERE p.day < w.day AND p.next > w.day - 30) AS best,
		coalesce(max(p.mrr) FILTER (WHERE p.day <= w.day AND p.next > w.day), 0) AS held,
		coalesce(max(p.mrr) FILTER (WHERE p.day <= least(w.day + 60, e.day - 1) AND p.next > least(w.day + 60, e.day - 1)), 0) AS after
	FROM paid p
	JOIN watch w ON p.day <= w.day + 60 AND p.next > w.day - 30 AND w.day + 60 <= '2025-01-01'
	LEFT JOIN (SELECT customer_id, min(day) AS day FROM entry GROUP BY 1) e ON e.customer_id = p.customer_id
	WHERE e.day IS NULL OR w.day < e.day
	GROUP BY 1, 2, 3, 4
), stayed AS (
	SELECT date_trunc('month', day::timestamp) AS month, width_bucket((day - date '2000-01-01') - (best & 1048575), ARRAY[90, 180, 365, 730]) AS tenure,
		width_bucket((best >> 40) / 100, ARRAY[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]) AS price, held * 100 < best >> 40 AS gone,
		count(*) AS watched, count(*) FILTER (WHERE after * 100 < best >> 40) AS lost,
		-- who enters counts for the days seen, of 60
		sum(CASE WHEN enters AND after * 100 >= best >> 40 THEN days / 60.0 ELSE 1 END)::float8 AS exposed
	FROM watched
	WHERE best >> 40 > 0
	GROUP BY 1, 2, 3, 4
), cell AS (
	SELECT date_trunc('month', day::timestamp) AS month, width_bucket((day - date '2000-01-01') - (best & 1048575), ARRAY[90, 180, 365, 730]) AS tenure,
		width_bucket((best >> 40) / 100, ARRAY[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]) AS price, last < before AS gone, count(*) AS entries
	FROM verdict
	WHERE before > 0
	GROUP BY 1, 2, 3, 4
), by_month AS (
	SELECT month, gone, sum(watched) AS watched, sum(lost) AS lost, sum(exposed) AS exposed FROM stayed GROUP BY 1, 2
), overall AS (
	SELECT gone, sum(watched) AS watched, sum(lost) AS lost, sum(exposed) AS exposed FROM stayed GROUP BY 1
), rated AS (
	-- a cell with fewer than five who stayed borrows from its month, or from all
	SELECT c.gone, sum(c.entries) AS entries,
		sum(c.entries * CASE WHEN s.exposed >= 5 THEN s.lost / s.exposed WHEN m.exposed >= 5 THEN m.lost / m.exposed ELSE o.lost / o.exposed END) / sum(c.entries) AS rate
	FROM cell c
	LEFT JOIN stayed s USING (month, tenure, price, gone)
	LEFT JOIN by_month m ON m.month = c.month AND m.gone = c.gone
	LEFT JOIN overall o ON o.gone = c.gone
	GROUP BY c.gone
), chance AS (
	-- entries of who had gone, did they enter like who had not
	SELECT sum(c.entries * CASE WHEN m.watched >= 5 THEN coalesce(g.watched, 0) / m.watched ELSE (SELECT a.watched FROM overall a WHERE a.gone) / (SELECT b.watched FROM overall b WHERE NOT b.gone) END)::float8 AS entries
	FROM (SELECT month, sum(entries) AS entries FROM cell WHERE NOT gone GROUP BY 1) c
	LEFT JOIN by_month m ON m.month = c.month AND NOT m.gone
	LEFT JOIN by_month g ON g.month = c.month AND g.gone
), control AS (
	SELECT (w.entries * w.rate + g.entries * (g.share * g.rate + (1 - g.share) * w.rate)) / (w.entries + g.entries) AS loss_rate
	FROM (SELECT entries, rate FROM rated WHERE NOT gone) w,
		(SELECT r.entries, r.rate, least(1, (c.entries + 2 * sqrt(c.entries + 1)) / r.entries) AS share FROM rated r, chance c WHERE r.gone) g
)
SELECT v.*, (SELECT count(DISTINCT customer_id) FROM watched WHERE best >> 40 > 0) AS control_customers, c.loss_rate, v.unit_rate - c.loss_rate * v.own_base_share AS corrected_rate
FROM (
	SELECT (SELECT count(*) FROM entry) AS entries, count(*) AS matured, count(*) FILTER (WHERE before = 0 AND NOT ever) AS new, count(*) FILTER (WHERE before = 0 AND ever) AS winback,
		count(*) FILTER (WHERE before > 0 AND lost = 0) AS add, count(*) FILTER (WHERE lost > 0 AND after = 0) AS switch, count(*) FILTER (WHERE lost > 0 AND after > 0) AS partial,
		count(*) FILTER (WHERE before > 0)::float8 / count(*) AS own_base_share, count(*) FILTER (WHERE lost > 0)::float8 / count(*) AS unit_rate,
		sum(focal) AS focal_mrr, sum(lost) AS lost_mrr
	FROM verdict) v, control c;
