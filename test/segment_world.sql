-- SPDX-License-Identifier: PostgreSQL
-- 80 small worlds of twelve customers each, or as many as CVM_WORLDS says.
-- Customers change segment inside a month, leave and come back in another segment, hold several products and
-- lines, pay nothing or less than nothing, pause lines in three worlds of four,
-- and are in no segment or in two.
\set worlds 80
\getenv worlds CVM_WORLDS
CREATE FUNCTION pg_temp.dice(words text, sides int) RETURNS int
LANGUAGE sql IMMUTABLE AS
$$ SELECT (('x' || substr(md5(words), 1, 8))::bit(32)::bigint % sides)::int $$;

CREATE TEMP TABLE world AS
SELECT w AS world, date '2024-04-01' + pg_temp.dice('as_of' || w, 92) AS as_of, (ARRAY[0, 5, 30, 30, 90])[1 + pg_temp.dice('pause_days' || w, 5)] AS pause_days
FROM generate_series(1, :worlds) AS w;

CREATE TEMP TABLE spell AS
SELECT w.world, c.customer, s.n,
	(ARRAY['A', 'B', 'C'])[1 + pg_temp.dice(s.key || 'product', 3)] AS product,
	d.started_on,
	CASE WHEN pg_temp.dice(s.key || 'open', 5) > 0 THEN d.started_on + pg_temp.dice(s.key || 'length', 70) END AS ended_on,
	(ARRAY[10, 20, 15.5, 0, -12.25, 20, 0.01])[1 + pg_temp.dice(s.key || 'price', 7)] AS mrr,
	w.world % 4 > 0 AND pg_temp.dice(s.key || 'paused', 4) = 0 AS is_paused
FROM world w
CROSS JOIN generate_series(1, 10) AS c (customer)
CROSS JOIN LATERAL (
	SELECT n, w.world || ' ' || c.customer || ' ' || n AS key
	FROM generate_series(1, pg_temp.dice(w.world || ' ' || c.customer || ' spells', 6)) AS n) s
CROSS JOIN LATERAL (SELECT date '2023-12-20' + pg_temp.dice(s.key || 'start', 190) AS started_on) d
UNION ALL
-- two more in each world go from A to B, and most of them back
SELECT w.world, c.customer, p.n, p.product, p.f, p.t, p.mrr, w.world % 4 > 0 AND pg_temp.dice(w.world || ' paused ' || c.customer || p.n, 5) = 0
FROM world w
CROSS JOIN generate_series(11, 12) AS c (customer)
CROSS JOIN LATERAL (SELECT date '2023-12-20' + pg_temp.dice(w.world || ' up ' || c.customer, 60) AS day, 20 + pg_temp.dice(w.world || ' on ' || c.customer, 60) AS higher, 15 + pg_temp.dice(w.world || ' off ' || c.customer, 60) AS lower) d
CROSS JOIN LATERAL (VALUES
	(1, 'A', d.day, d.day + higher, 10),
	(2, 'B', d.day + higher, d.day + higher + lower, 10 + 5 * pg_temp.dice(w.world || ' at ' || c.customer, 3)),
	(3, 'A', d.day + higher + lower, NULL, 10)) AS p (n, product, f, t, mrr);

CREATE TEMP TABLE placed AS
SELECT w.world, c.customer, s.n,
	(ARRAY['high', 'low', 'mid'])[1 + pg_temp.dice(s.key || 'segment', 3)] AS segment,
	d.valid_from,
	CASE WHEN pg_temp.dice(s.key || 'open', 3) > 0 THEN d.valid_from + pg_temp.dice(s.key || 'length', 90) END AS valid_to
FROM world w
CROSS JOIN generate_series(1, 12) AS c (customer)
CROSS JOIN LATERAL (
	SELECT n, w.world || ' ' || c.customer || ' place ' || n AS key
	FROM generate_series(1, pg_temp.dice(w.world || ' ' || c.customer || ' places', 5)) AS n) s
CROSS JOIN LATERAL (SELECT date '2023-11-20' + pg_temp.dice(s.key || 'start', 210) AS valid_from) d;

-- by brute force: what a pause keeps on every day of its days of grace, which
-- begin with the first of the days one after another on which the product is
-- in a pause
CREATE TEMP TABLE rest AS
WITH resting AS (
	SELECT s.world, s.customer, s.product, s.mrr, d.day::date AS day
	FROM spell s
	JOIN world w USING (world)
	CROSS JOIN LATERAL generate_series(s.started_on::timestamp, (least(coalesce(s.ended_on, w.as_of), w.as_of) - 1)::timestamp, '1 day') AS d (day)
	WHERE s.is_paused AND s.mrr <> 0
), island AS (
	SELECT world, customer, product, day, min(day) OVER (PARTITION BY world, customer, product, run) AS since
	FROM (SELECT world, customer, product, day, day - (row_number() OVER (PARTITION BY world, customer, product ORDER BY day))::int AS run
		FROM (SELECT DISTINCT world, customer, product, day FROM resting) x) y
)
SELECT r.world, r.customer, r.product, r.day, sum(r.mrr) AS mrr
FROM resting r JOIN island i USING (world, customer, product, day) JOIN world w USING (world)
WHERE r.mrr > 0 AND r.day < i.since + w.pause_days
GROUP BY 1, 2, 3, 4;
CREATE INDEX ON rest (world, customer, day);
ANALYZE rest;

-- every customer on every day: what they pay (mrr), and with what pauses keep
CREATE TEMP TABLE day AS
SELECT x.world, x.customer, x.day, greatest(x.mrr, 0) AS mrr, greatest(x.mrr + coalesce((
	SELECT sum(r.mrr) FROM rest r WHERE r.world = x.world AND r.customer = x.customer AND r.day = x.day), 0), 0) AS kept, x.products
FROM (
SELECT w.world, c.customer, d.day::date AS day,
	coalesce(sum(s.mrr) FILTER (WHERE NOT s.is_paused), 0) AS mrr,
	count(DISTINCT s.product) AS products
FROM world w
CROSS JOIN generate_series(1, 12) AS c (customer)
CROSS JOIN LATERAL generate_series(timestamp '2023-11-30', (w.as_of - 1)::timestamp, '1 day') AS d (day)
LEFT JOIN spell s ON s.world = w.world AND s.customer = c.customer AND s.started_on <= d.day AND coalesce(s.ended_on > d.day, true)
GROUP BY 1, 2, 3) x;
CREATE INDEX ON day (world, customer, day);
CREATE INDEX ON placed (world, customer);
ANALYZE world, spell, placed, day;
CREATE TEMP TABLE closing AS
SELECT x.*, coalesce((
		SELECT p.segment FROM placed p
		WHERE p.world = x.world AND p.customer = x.customer AND p.valid_from <= x.day AND coalesce(p.valid_to > x.day, true)
		ORDER BY p.valid_from DESC, p.segment LIMIT 1), '(none)') AS segment
FROM (
	SELECT DISTINCT ON (d.world, d.customer, date_trunc('month', d.day)) d.*, date_trunc('month', d.day)::date AS month
	FROM day d
	ORDER BY d.world, d.customer, date_trunc('month', d.day), d.day DESC) x;
CREATE INDEX ON closing (world, customer, month);
ANALYZE closing;

CREATE TEMP TABLE passage AS
SELECT b.world, b.customer, b.month, a.kept AS before, b.kept AS after, a.mrr AS paid_before, b.mrr AS paid_after,
	CASE WHEN a.kept > 0 THEN a.segment ELSE '(in)' END AS from_segment,
	CASE WHEN b.kept > 0 THEN b.segment ELSE '(out)' END AS to_segment,
	EXISTS (SELECT FROM day d WHERE d.world = b.world AND d.customer = b.customer AND d.day < b.month AND d.kept > 0) AS paid_ever,
	b.products,
	b.day + 1 - (SELECT max(d.day) + 1 FROM day d WHERE d.world = b.world AND d.customer = b.customer AND d.day <= b.day AND d.kept = 0) AS tenure
FROM closing b
JOIN closing a ON a.world = b.world AND a.customer = b.customer AND a.month = b.month - interval '1 month';
