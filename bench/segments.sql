-- SPDX-License-Identifier: PostgreSQL
-- Customers (psql's :customers) with three spells and five changes of segment each,
-- over 24 months and 12 segments, with owners, targets, shared costs, margins and
-- families of products: model telco, for bench/segments and bench/movement.
SET client_min_messages = warning;
CREATE EXTENSION cvm;
SELECT setseed(0.42);
CREATE SCHEMA bench;
SET search_path = bench, public;
CREATE UNLOGGED TABLE spell AS
SELECT customer_id, product, started_on, CASE WHEN ended_on < '2026-01-01' THEN ended_on END AS ended_on, mrr
FROM (
	SELECT c::bigint AS customer_id, 'P' || (random() * 11)::int AS product, d.started_on,
		CASE WHEN random() < 0.6 THEN d.started_on + 30 + (random() * 500)::int END AS ended_on, (5 + (random() * 40)::int)::numeric(10,2) AS mrr
	FROM generate_series(1, :customers) AS c, generate_series(1, 3), LATERAL (SELECT date '2024-01-01' + (random() * 700)::int AS started_on OFFSET 0 * c) d) s;
CREATE UNLOGGED TABLE placed AS
SELECT x.customer_id, 'S' || (random() * 11)::int AS segment, x.valid_from,
	lead(x.valid_from) OVER (PARTITION BY x.customer_id ORDER BY x.valid_from) AS valid_to
FROM (
	SELECT c::bigint AS customer_id, CASE n WHEN 1 THEN date '2023-12-01' ELSE date '2024-01-01' + (random() * 720)::int END AS valid_from
	FROM generate_series(1, :customers) AS c, generate_series(1, 5) AS n) x;
CREATE TABLE plan AS SELECT 'P' || p AS product, 'F' || p % 3 AS family, 10 + p AS list_price, 2.5 + p / 2.0 AS unit_margin FROM generate_series(0, 11) p;
CREATE TABLE answerer AS SELECT 'segment' AS subject_kind, 'S' || s AS subject, 'Owner ' || s AS owner FROM generate_series(0, 11) s;
CREATE TABLE goal AS SELECT 'S' || s AS segment, m::date AS month, 'closing_mrr' AS metric, 100000 AS target FROM generate_series(0, 11) s, generate_series(timestamp '2024-01-01', '2025-12-01', '1 month') m;
CREATE TABLE pool AS SELECT m::date AS month, p AS pool, 123456.78 AS amount FROM generate_series(timestamp '2024-01-01', '2025-12-01', '1 month') m, unnest('{care,network}'::text[]) p;
CREATE TABLE used AS SELECT month, pool, 'S' || s AS segment, 1 + s AS quantity FROM pool, generate_series(0, 11) s;
VACUUM (ANALYZE) spell;
VACUUM (ANALYZE) placed;
SELECT cvm.create_model('telco', tz => 'UTC', currency => 'EUR');
SELECT cvm.bind('telco', 'subscription', 'spell'), cvm.bind('telco', 'segment_history', 'placed'), cvm.bind('telco', 'product', 'plan'), cvm.bind('telco', 'owner', 'answerer'),
	cvm.bind('telco', 'segment_target', 'goal'), cvm.bind('telco', 'cost', 'pool'), cvm.bind('telco', 'cost_driver', 'used');
