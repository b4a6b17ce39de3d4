\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = cvm, public;
SELECT plan(20);

\i test/segment_world.sql

-- A and B are of one family, B is the highest; C is one by itself
CREATE TEMP TABLE rung AS SELECT * FROM (VALUES ('A', 'f', false), ('B', 'f', true), ('C', 'g', true)) AS v (product, family, is_top);
CREATE FUNCTION pg_temp.segment_on(world int, customer int, on_day date) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT coalesce((
		SELECT p.segment FROM placed p
		WHERE p.world = $1 AND p.customer = $2 AND p.valid_from <= $3 AND coalesce(p.valid_to > $3, true)
		ORDER BY p.valid_from DESC, p.segment LIMIT 1), '(none)')
$$;

-- what came to its proof: a row for each thing, in the segment and month to
-- which it is counted
CREATE TEMP TABLE first_day AS
SELECT d.world, d.customer, min(d.day) AS day, pg_temp.segment_on(d.world, d.customer, min(d.day)) AS segment, w.as_of
FROM day d JOIN world w USING (world) WHERE d.mrr > 0 GROUP BY d.world, d.customer, w.as_of;
CREATE TEMP TABLE family AS
SELECT c.world, c.customer, c.month, sum(h.lines) AS lines, sum(h.mrr + h.kept) AS mrr, coalesce(bool_or(h.product = 'A'), false) AS below_top, coalesce(bool_or(h.product = 'B'), false) AS top
FROM closing c
LEFT JOIN LATERAL (
	SELECT s.product, count(*) AS lines, coalesce(sum(s.mrr) FILTER (WHERE NOT s.is_paused), 0) AS mrr,
		coalesce((SELECT r.mrr FROM rest r WHERE r.world = c.world AND r.customer = c.customer AND r.product = s.product AND r.day = c.day), 0) AS kept
	FROM spell s
	WHERE s.world = c.world AND s.customer = c.customer AND s.started_on <= c.day AND coalesce(s.ended_on > c.day, true) AND s.product IN ('A', 'B')
	GROUP BY 1) h ON true
GROUP BY 1, 2, 3;
CREATE INDEX ON family (world, customer, month);
CREATE TEMP TABLE way AS
SELECT b.world, b.customer, b.month, b.day, a.segment, a.kept AS before, b.kept AS after, a.mrr AS paid_before, b.mrr AS paid_after, a.products AS products_before, b.products AS products_after,
	coalesce(f.lines, 0) AS lines_before, coalesce(g.lines, 0) AS lines_after, coalesce(f.mrr, 0) AS family_before, coalesce(g.mrr, 0) AS family_after, f.below_top,
	a.mrr > 0 AND b.mrr > 0 AND b.products > a.products AS cross_sold,
	a.mrr > 0 AND b.mrr > 0 AND f.below_top AND NOT f.top AND g.top AND g.lines <= f.lines AND g.mrr > f.mrr AS upsold
FROM closing b
JOIN closing a ON a.world = b.world AND a.customer = b.customer AND a.month = b.month - interval '1 month'
JOIN family f ON f.world = a.world AND f.customer = a.customer AND f.month = a.month
JOIN family g ON g.world = b.world AND g.customer = b.customer AND g.month = b.month;
CREATE INDEX ON way (world, customer, month);
ANALYZE way, family, first_day;

CREATE TEMP TABLE thing AS
SELECT s.world, date_trunc('month', s.ended_on)::date AS month, pg_temp.segment_on(s.world, s.customer, s.ended_on - 1) AS segment, 'due' AS what, s.mrr,
	d.mrr > 0 AS is_hit, CASE WHEN d.mrr > 0 THEN s.mrr ELSE 0 END AS hit_mrr
FROM spell s
JOIN world w USING (world)
JOIN day d ON d.world = s.world AND d.customer = s.customer AND d.day = s.ended_on
WHERE s.mrr > 0 AND NOT s.is_paused AND s.ended_on > s.started_on AND s.ended_on < w.as_of
UNION ALL
SELECT f.world, date_trunc('month', (f.day + 90)::timestamp)::date, f.segment, 'acquired', a.mrr, d.mrr > 0, d.mrr
FROM first_day f
JOIN day a ON a.world = f.world AND a.customer = f.customer AND a.day = f.day
JOIN day d ON d.world = f.world AND d.customer = f.customer AND d.day = f.day + 90
UNION ALL
SELECT f.world, c.month, f.segment, 'cohort_' || n, NULL, c.mrr > 0, NULL
FROM first_day f
CROSS JOIN unnest(ARRAY[1, 3, 6, 12]) AS n
JOIN closing c ON c.world = f.world AND c.customer = f.customer AND c.month = date_trunc('month', f.day) + n * interval '1 month'
WHERE c.month + interval '1 month' <= f.as_of
UNION ALL
SELECT w.world, w.month, w.segment, 'cross', w.paid_after - w.paid_before, false, NULL FROM way w WHERE w.cross_sold
UNION ALL
SELECT w.world, w.month, s.segment, 'cross', NULL, true, NULL
FROM way w
JOIN LATERAL (SELECT x.* FROM way x WHERE x.world = w.world AND x.customer = w.customer AND x.month < w.month AND x.cross_sold ORDER BY x.month DESC LIMIT 1) s ON true
WHERE (w.after = 0 OR w.products_after <= s.products_before) AND w.day <= s.day + 90
	AND NOT EXISTS (SELECT FROM way u WHERE u.world = w.world AND u.customer = w.customer AND u.month > s.month AND u.month < w.month AND (u.after = 0 OR u.products_after <= s.products_before))
UNION ALL
SELECT w.world, w.month, w.segment, 'eligible', NULL, false, NULL FROM way w WHERE w.paid_before > 0 AND w.below_top
UNION ALL
SELECT w.world, w.month, w.segment, 'up', w.family_after - w.family_before, false, NULL FROM way w WHERE w.upsold
UNION ALL
SELECT w.world, w.month, s.segment, 'up', NULL, true, NULL
FROM way w
JOIN LATERAL (SELECT x.* FROM way x WHERE x.world = w.world AND x.customer = w.customer AND x.month < w.month AND x.upsold ORDER BY x.month DESC LIMIT 1) s ON true
WHERE (w.after = 0 OR w.family_after <= s.family_before) AND w.day <= s.day + 90
	AND NOT EXISTS (SELECT FROM way u WHERE u.world = w.world AND u.customer = w.customer AND u.month > s.month AND u.month < w.month AND (u.after = 0 OR u.family_after <= s.family_before));

CREATE TEMP TABLE expected AS
SELECT t.world, g.segment, t.month, t.what, count(*) AS n, coalesce(sum(t.mrr), 0) AS mrr, count(*) FILTER (WHERE t.is_hit) AS hits, coalesce(sum(t.hit_mrr), 0) AS hit_mrr
FROM thing t CROSS JOIN LATERAL (VALUES (t.segment), ('(all)')) AS g (segment)
GROUP BY 1, 2, 3, 4;

-- with the extension: one fold
CREATE TEMP TABLE ladder AS SELECT array_agg(ARRAY[product, family, is_top::text]) AS families FROM rung;
CREATE TEMP TABLE state AS
SELECT w.world, w.as_of, segment_flow_agg(h.holdings, p.segments, 'month', w.as_of, l.families, 1, w.pause_days) AS state
FROM world w
CROSS JOIN ladder l
JOIN (SELECT world, customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS holdings FROM spell GROUP BY 1, 2) h USING (world)
LEFT JOIN (SELECT world, customer, holdings_agg(segment, valid_from, valid_to, 0) AS segments FROM placed GROUP BY 1, 2) p USING (world, customer)
GROUP BY 1, 2;
CREATE TEMP TABLE bridge AS SELECT s.world, b.* FROM state s CROSS JOIN LATERAL segment_bridge(s.state) b;
CREATE TEMP TABLE measured AS
SELECT b.world, b.segment, b.period_start AS month, m.*
FROM bridge b
CROSS JOIN LATERAL (VALUES
	('due', b.due_spells, b.due_mrr, b.renewed_spells, b.renewed_mrr),
	('acquired', b.acquired_customers, b.acquired_mrr, b.proven_customers, b.proven_mrr),
	('cohort_1', b.cohort_1_customers, 0, b.retained_1_customers, 0),
	('cohort_3', b.cohort_3_customers, 0, b.retained_3_customers, 0),
	('cohort_6', b.cohort_6_customers, 0, b.retained_6_customers, 0),
	('cohort_12', b.cohort_12_customers, 0, b.retained_12_customers, 0),
	('cross', b.cross_sold_customers + b.cross_sell_undone_customers, b.cross_sold_mrr, b.cross_sell_undone_customers, 0),
	('eligible', b.upsell_eligible_customers, 0, 0, 0),
	('up', b.upsold_customers + b.upsell_undone_customers, b.upsold_mrr, b.upsell_undone_customers, 0)) AS m (what, n, mrr, hits, hit_mrr);

CREATE FUNCTION pg_temp.differs(what text) RETURNS text LANGUAGE sql AS $$
	SELECT format($q$SELECT x, m FROM (SELECT * FROM expected WHERE what LIKE %1$L) x FULL JOIN (SELECT * FROM measured WHERE what LIKE %1$L AND (n, mrr, hits, hit_mrr) <> (0, 0, 0, 0)) m
		USING (world, segment, month, what) WHERE (x.n, x.mrr, x.hits, x.hit_mrr) IS DISTINCT FROM (m.n, m.mrr, m.hits, m.hit_mrr)$q$, what)
$$;
SELECT is((SELECT count(DISTINCT world) FROM state), :worlds::bigint, 'there are as many worlds as were asked for');
SELECT is((SELECT string_agg(what || ' ' || (n >= 20), ', ' ORDER BY what COLLATE "C") FROM (SELECT what, count(*) AS n FROM thing WHERE what NOT IN ('cohort_6', 'cohort_12') GROUP BY 1) t),
	'acquired true, cohort_1 true, cohort_3 true, cross true, due true, eligible true, up true', 'every measure has enough worlds');
SELECT cmp_ok((SELECT count(*) FROM thing WHERE what = 'up' AND is_hit), '>', 5::bigint, 'moves up are undone');
SELECT is_empty(pg_temp.differs('due'), 'renewals, customers and money, are those of brute force');
SELECT is_empty(pg_temp.differs('acquired'), 'the quality of acquisition, on the 90th day, is that of brute force');
SELECT is_empty(pg_temp.differs('cohort%'), 'retention of the cohorts that come to an age is that of brute force');
SELECT is_empty(pg_temp.differs('cross'), 'further products sold and undone are those of brute force');
SELECT is_empty(pg_temp.differs('eligible'), 'who can go up is as brute force says');
SELECT is_empty(pg_temp.differs('up'), 'moves up and back are those of brute force');

-- how sure
SELECT is_empty($$
	SELECT x, b
	FROM (
		SELECT c.world, g.segment, c.month, count(*) AS n, (stddev_samp(c.mrr) / sqrt(count(*)))::float8 AS arpu, (stddev_samp(c.products) / sqrt(count(*)))::float8 AS products
		FROM closing c CROSS JOIN LATERAL (VALUES (c.segment), ('(all)')) AS g (segment)
		WHERE c.mrr > 0 GROUP BY 1, 2, 3) x
	JOIN bridge b ON b.world = x.world AND b.segment = x.segment AND b.period_start = x.month
	WHERE x.n <> b.closing_customers OR abs(coalesce(x.arpu, -1) - coalesce(b.arpu_error, -1)) > 1e-6 OR abs(coalesce(x.products, -1) - coalesce(b.products_error, -1)) > 1e-9$$,
	'errors of means are those of the customers');
SELECT is_empty($$
	SELECT x, b
	FROM (
		SELECT w.world, w.segment, w.month, n, sqrt(sum((least(before, after) - gross * before) ^ 2) * n / nullif(n - 1, 0)) / whole AS gross, sqrt(sum((after - net * before) ^ 2) * n / nullif(n - 1, 0)) / whole AS net
		FROM (
			SELECT w.world, g.segment, w.month, w.before, w.after, count(*) OVER g AS n, sum(w.before) OVER g AS whole,
				sum(least(w.before, w.after)) OVER g / sum(w.before) OVER g AS gross, sum(w.after) OVER g / sum(w.before) OVER g AS net
			FROM way w CROSS JOIN LATERAL (VALUES (w.segment), ('(all)')) AS g (segment)
			WHERE w.before > 0
			WINDOW g AS (PARTITION BY w.world, g.segment, w.month)) w
		GROUP BY w.world, w.segment, w.month, n, whole) x
	JOIN bridge b ON b.world = x.world AND b.segment = x.segment AND b.period_start = x.month
	WHERE x.n <> b.opening_customers + b.paused_customers + b.closing_paused_customers OR abs(coalesce(x.gross, -1) - coalesce(b.gross_retention_error, -1)) > 1e-6 OR abs(coalesce(x.net, -1) - coalesce(b.net_retention_error, -1)) > 1e-6$$,
	'errors of retained money are those of its customers');

-- laws
SELECT is_empty($$SELECT world, month, what FROM measured GROUP BY 1, 2, 3 HAVING sum(n * CASE segment WHEN '(all)' THEN -1 ELSE 1 END) <> 0 OR sum(mrr * CASE segment WHEN '(all)' THEN -1 ELSE 1 END) <> 0 OR sum(hits * CASE segment WHEN '(all)' THEN -1 ELSE 1 END) <> 0$$,
	'segments add up to the total');
SELECT is_empty($$SELECT * FROM bridge WHERE cross_sold_customers > opening_customers OR upsold_customers > upsell_eligible_customers OR upsell_eligible_customers > opening_customers OR renewed_spells > due_spells OR proven_customers > acquired_customers OR renewed_mrr > due_mrr$$,
	'no part is more than its whole');
SELECT is_empty($$
	SELECT s.world
	FROM state s
	JOIN (
		SELECT w.world, segment_flow_agg(r.customer, r.product, r.f, r.t, r.mrr, r.is_paused, r.segment, 'month', w.as_of, l.families, 1, w.pause_days) AS one_pass
		FROM world w CROSS JOIN ladder l
		JOIN (SELECT world, customer, product, started_on AS f, ended_on AS t, mrr, is_paused, NULL AS segment FROM spell
			UNION ALL SELECT world, customer, NULL, valid_from, valid_to, NULL, NULL, segment FROM placed) r USING (world)
		GROUP BY 1) o USING (world)
	WHERE s.state <> o.one_pass OR s.state <> s.state::text::segment_flow$$,
	'one pass over raw rows gives the same bytes as two steps, and so does text');

-- over spans
CREATE TEMP TABLE apart AS
SELECT b.world, 'month' AS grain, b.month AS period, a.segment AS from_segment, b.segment AS to_segment, a.kept AS before, b.kept AS after
FROM closing b JOIN closing a ON a.world = b.world AND a.customer = b.customer AND a.month = b.month - interval '3 months'
WHERE a.kept > 0 OR b.kept > 0
UNION ALL
SELECT x.world, 'week', x.week, pg_temp.segment_on(x.world, x.customer, x.a_day), pg_temp.segment_on(x.world, x.customer, x.b_day), x.before, x.after
FROM (
	SELECT w.world, b.customer, k.week::date AS week, a.day AS a_day, b.day AS b_day, a.kept AS before, b.kept AS after
	FROM world w
	CROSS JOIN LATERAL generate_series(timestamp '2023-12-25', w.as_of - 1, '7 days') AS k (week)
	JOIN day b ON b.world = w.world AND b.day = least(k.week::date + 7, w.as_of) - 1
	JOIN day a ON a.world = w.world AND a.customer = b.customer AND a.day = k.week::date + 6 - 28
	WHERE w.world <= 60 AND (a.kept > 0 OR b.kept > 0)) x;
CREATE TEMP TABLE spans AS
SELECT w.world, g.grain, m.*
FROM world w
CROSS JOIN (VALUES ('month', 3), ('week', 4)) AS g (grain, span)
CROSS JOIN LATERAL (
	SELECT segment_flow_agg(r.customer, r.product, r.f, r.t, r.mrr, r.is_paused, r.segment, g.grain, w.as_of, NULL, g.span, w.pause_days) AS state
	FROM (SELECT customer, product, started_on AS f, ended_on AS t, mrr, is_paused, NULL AS segment FROM spell s WHERE s.world = w.world
		UNION ALL SELECT customer, NULL, valid_from, valid_to, NULL, NULL, segment FROM placed p WHERE p.world = w.world) r) s
CROSS JOIN LATERAL segment_matrix(s.state) m
WHERE g.grain = 'month' OR w.world <= 60;
-- from the first closing on at which anybody pays
CREATE TEMP TABLE seen AS
SELECT w.world, (SELECT min(c.month) FROM closing c WHERE c.world = w.world AND c.kept > 0) AS month,
	(SELECT min(date_trunc('week', d.day))::date FROM day d WHERE d.world = w.world AND d.kept > 0 AND (extract(isodow FROM d.day) = 7 OR d.day = w.as_of - 1)) AS week
FROM world w;
SELECT cmp_ok((SELECT count(*) FROM spans), '>', 5000::bigint, 'there are thousands of pairs over spans');
SELECT is_empty($$
	SELECT x, s
	FROM (
		SELECT a.world, a.grain, a.period, CASE WHEN a.before > 0 THEN a.from_segment ELSE '(in)' END AS from_segment, CASE WHEN a.after > 0 THEN a.to_segment ELSE '(out)' END AS to_segment,
			count(*) AS customers, sum(a.before) AS mrr, sum(a.after) AS closing_mrr
		FROM apart a
		JOIN seen f ON f.world = a.world
		WHERE a.period >= CASE a.grain WHEN 'month' THEN f.month + interval '3 months' ELSE f.week + 28 END
		GROUP BY 1, 2, 3, 4, 5) x
	FULL JOIN spans s ON s.world = x.world AND s.grain = x.grain AND s.period_start = x.period AND s.from_segment = x.from_segment AND s.to_segment = x.to_segment
	WHERE (x.customers, x.mrr, x.closing_mrr) IS DISTINCT FROM (s.customers, s.mrr, s.closing_mrr)$$,
	'who was where three months and four weeks before is as by brute force');

-- over any span: who pays at both of two closings, and how the means go
-- together
CREATE TEMP TABLE wide AS
SELECT w.world, w.as_of, segment_flow_agg(h.holdings, p.segments, 'month', w.as_of, NULL, 0, w.pause_days) AS state
FROM world w
JOIN (SELECT world, customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS holdings FROM spell GROUP BY 1, 2) h USING (world)
LEFT JOIN (SELECT world, customer, holdings_agg(segment, valid_from, valid_to, 0) AS segments FROM placed GROUP BY 1, 2) p USING (world, customer)
GROUP BY 1, 2;
SELECT is_empty($$
	SELECT s.world
	FROM wide s
	JOIN (
		SELECT w.world, segment_flow_agg(r.customer, r.product, r.f, r.t, r.mrr, r.is_paused, r.segment, 'month', w.as_of, NULL, 0, w.pause_days) AS one_pass
		FROM world w
		JOIN (SELECT world, customer, product, started_on AS f, ended_on AS t, mrr, is_paused, NULL AS segment FROM spell
			UNION ALL SELECT world, customer, NULL, valid_from, valid_to, NULL, NULL, segment FROM placed) r USING (world)
		GROUP BY 1) o USING (world)
	WHERE s.state <> o.one_pass OR s.state <> s.state::text::segment_flow$$, 'one pass, two steps and text give the same bytes');
CREATE TEMP TABLE stands AS
SELECT c.world, c.customer, c.month, g.segment, c.mrr, c.products, (c.products > 1)::int AS multi
FROM closing c CROSS JOIN LATERAL (VALUES (c.segment), ('(all)')) AS g (segment) WHERE c.mrr > 0;
CREATE TEMP TABLE means AS
SELECT world, segment, month, count(*) AS n, avg(mrr) AS mrr, avg(products) AS products, avg(multi) AS multi, var_pop(mrr) AS var_mrr, var_pop(products) AS var_products, var_pop(multi) AS var_multi
FROM stands GROUP BY 1, 2, 3;
CREATE TEMP TABLE brute AS
SELECT a.world, a.segment, a.month AS from_month, b.month AS to_month, count(*) AS customers,
	coalesce(sum((a.mrr - x.mrr) * (b.mrr - y.mrr)) / nullif(sqrt(x.n * x.var_mrr * y.n * y.var_mrr), 0), 0) AS mrr,
	coalesce(sum((a.products - x.products) * (b.products - y.products)) / nullif(sqrt(x.n * x.var_products * y.n * y.var_products), 0), 0) AS products,
	coalesce(sum((a.multi - x.multi) * (b.multi - y.multi)) / nullif(sqrt(x.n * x.var_multi * y.n * y.var_multi), 0), 0) AS multi
FROM stands a
JOIN stands b ON b.world = a.world AND b.customer = a.customer AND b.segment = a.segment AND b.month > a.month
JOIN means x ON x.world = a.world AND x.segment = a.segment AND x.month = a.month
JOIN means y ON y.world = b.world AND y.segment = b.segment AND y.month = b.month
GROUP BY 1, 2, 3, 4, x.n, x.var_mrr, x.var_products, x.var_multi, y.n, y.var_mrr, y.var_products, y.var_multi;
CREATE TEMP TABLE found AS SELECT s.world, o.* FROM wide s CROSS JOIN LATERAL segment_overlap(s.state) o;
SELECT cmp_ok((SELECT count(*) FROM brute WHERE mrr <> 0 AND segment <> '(all)'), '>', 200::bigint, 'there are hundreds of pairs of months that go together');
SELECT is_empty($$
	SELECT b, f FROM (SELECT * FROM brute) b FULL JOIN found f ON f.world = b.world AND f.segment = b.segment AND f.from_period = b.from_month AND f.to_period = b.to_month
	WHERE b.customers IS DISTINCT FROM f.customers
		OR abs(b.mrr - f.arpu_correlation::numeric) > 1e-6 OR abs(b.products - f.products_correlation::numeric) > 1e-6 OR abs(b.multi - f.multi_product_correlation::numeric) > 1e-6$$,
	'who is in both months, and how the means go together, is as by brute force');
SELECT is_empty($$
	WITH whole AS (SELECT as_of, segment_flow_agg(s.customer_of, NULL, 'month', s.as_of, NULL, 0, 30) AS state
		FROM (SELECT w.as_of, holdings_agg(s.product, s.started_on, s.ended_on, s.mrr, NULL, NULL, s.is_paused) AS customer_of FROM world w JOIN spell s USING (world) WHERE w.pause_days = 30 GROUP BY w.as_of, w.world, s.customer) s GROUP BY 1),
	parts AS (SELECT as_of, rollup(state) AS state FROM (SELECT s.as_of, s.world, segment_flow_agg(s.customer_of, NULL, 'month', s.as_of, NULL, 0, 30) AS state
		FROM (SELECT w.as_of, w.world, holdings_agg(s.product, s.started_on, s.ended_on, s.mrr, NULL, NULL, s.is_paused) AS customer_of FROM world w JOIN spell s USING (world) WHERE w.pause_days = 30 GROUP BY w.as_of, w.world, s.customer) s GROUP BY 1, 2) p GROUP BY 1)
	SELECT as_of FROM whole JOIN parts USING (as_of) WHERE whole.state <> parts.state$$, 'states of overlaps merge to the same bytes');
SELECT * FROM finish();
ROLLBACK;
