-- SPDX-License-Identifier: PostgreSQL
-- Random worlds with a change of price, each a product of its own: read by tests
-- with \i after \set worlds (how many; every second one has an effect),
-- \set customers (of each) and \set seed.  On 2024-01-01 segment A pays a tenth
-- more; from then on 3 % more of it leave each month in worlds of odd numbers, or
-- as many as \set effect says of a person p.
-- Segments differ in how many leave anyway, by tenure too.  On the same day
-- promotions end, plans change and second lines begin, of segment B.
\if :{?effect}
\else
\set effect 0.03
\endif
CREATE SCHEMA price_world;
CREATE FUNCTION price_world.draw(what text, i bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN ((hashint8extended(hashint8extended(i, hashtext(what)), 51) & 4294967295) + 0.5) / 4294967296.0;
CREATE TABLE price_world.line AS
WITH person AS (
	SELECT i AS customer_id, 'W' || lpad((i % :worlds)::text, 3, '0') AS product, i % 2 = 1 AS has_effect, CASE
		WHEN price_world.draw('segment', x.id) < 0.4 THEN 'A' ELSE 'B' END AS segment,
		date '2024-01-01' - floor(800 * price_world.draw('joined', x.id))::int + 60 AS started_on, (ARRAY[10, 14, 20])[1
			+ floor(3 * price_world.draw('price', x.id))::int]::numeric AS mrr, x.id
	FROM (SELECT i, i + 1000000007::bigint * :seed AS id FROM generate_series(0, :worlds * :customers - 1) i) x
), life AS (
	-- half a year at twice the risk, then the other; and what the change adds
	SELECT p.*, p.started_on + 1 + least(floor(CASE WHEN e.risk < 6 * 2 * h.hazard THEN e.risk / (2 * h.hazard) ELSE 6 + (e.risk - 12 * h.hazard)
		/ h.hazard END * 30), 5000)::int AS left_on,
		date '2024-01-01' + 1 + least(floor(-ln(price_world.draw('rise', p.id)) / (:effect) * 30), 5000)::int AS fled_on
	FROM person p
	CROSS JOIN LATERAL (SELECT CASE p.segment WHEN 'A' THEN 0.015 ELSE 0.02 END AS hazard) h
	CROSS JOIN LATERAL (SELECT -ln(price_world.draw('stay', p.id)) AS risk) e
)
SELECT l.customer_id, l.product, l.segment, l.mrr, l.started_on, l.has_effect, l.id,
	CASE WHEN l.has_effect AND l.segment = 'A' AND l.started_on < '2024-01-01' AND l.left_on > '2024-01-01' THEN least(l.left_on, l.fled_on)
		ELSE l.left_on END AS ended_on,
	l.segment = 'A' AND l.started_on < '2024-01-01' AND l.left_on > '2024-01-01' AS is_touched, l.segment = 'B' AND l.started_on < '2024-01-01'
		AND l.left_on > '2024-01-01' AS is_other
FROM life l
WHERE l.started_on < '2024-05-10';
CREATE TABLE price_world.subscription AS
SELECT x.customer_id, x.product, x.started_on, nullif(least(x.ended_on, '2024-05-10'), '2024-05-10') AS ended_on, x.mrr, x.offer
FROM (
	SELECT l.customer_id, l.product, l.started_on, CASE WHEN l.is_touched OR l.is_other AND price_world.draw('other', l.id) < 0.3 THEN '2024-01-01'
		ELSE l.ended_on END AS ended_on, l.mrr,
		CASE WHEN l.is_other AND price_world.draw('other', l.id) < 0.2 THEN 'spring' END AS offer FROM price_world.line l
	UNION ALL
	SELECT l.customer_id, l.product, '2024-01-01', l.ended_on, round(l.mrr * 1.1, 2), NULL FROM price_world.line l WHERE l.is_touched
	UNION ALL -- the end of a promotion
	SELECT l.customer_id, l.product, '2024-01-01', l.ended_on, l.mrr * 1.2, NULL FROM price_world.line l WHERE l.is_other
		AND price_world.draw('other', l.id) < 0.2
	UNION ALL -- another plan
	SELECT l.customer_id, l.product || '+', '2024-01-01', l.ended_on, l.mrr * 1.5, NULL FROM price_world.line l WHERE l.is_other
		AND price_world.draw('other', l.id) BETWEEN 0.2 AND 0.25
	UNION ALL -- two in place of one
	SELECT l.customer_id, l.product, '2024-01-01', l.ended_on, l.mrr * 0.9, NULL FROM price_world.line l, generate_series(1, 2) WHERE l.is_other
		AND price_world.draw('other', l.id) BETWEEN 0.25 AND 0.3
) x
WHERE x.started_on < x.ended_on;
CREATE TABLE price_world.segment_history AS SELECT l.customer_id, l.segment, l.started_on AS valid_from, NULL::date AS valid_to FROM price_world.line l;
ANALYZE price_world.subscription;
ANALYZE price_world.segment_history;
