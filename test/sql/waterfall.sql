\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Waterfalls, cohorts and sums by segment from raw rows in one pass: they say
-- what two steps do by way of holdings and the days in segments.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SET max_parallel_workers_per_gather = 0;
SELECT plan(16);

CREATE FUNCTION draw(seed bigint, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;

-- 600 customers: overlaps, gaps, free, negative and paused lines, offers that
-- end, times in segments that overlap, touch, are empty, have no name or no end
CREATE TABLE spell AS
SELECT c AS customer, 'plan ' || draw(n, 'plan', 4) AS product, s.day AS started_on, CASE WHEN draw(n, 'open', 4) > 0 THEN s.day + draw(n, 'days', 300) END AS ended_on,
	CASE draw(n, 'price', 8) WHEN 0 THEN 0 WHEN 1 THEN -2.5 WHEN 2 THEN 9.999 ELSE 5 * draw(n, 'money', 6) END AS mrr, draw(n, 'pause', 5) = 0 AS is_paused,
	CASE draw(n, 'offer', 4) WHEN 0 THEN 'spring' WHEN 1 THEN '' END AS offer
FROM generate_series(1, 600) c, generate_series(1, 1 + c % 5) k, LATERAL (SELECT c * 50 + k AS n) x, LATERAL (SELECT date '2023-01-01' + draw(n, 'start', 800) AS day) s;
-- the same line again, without the offer, or under one
INSERT INTO spell
SELECT customer, product, ended_on, ended_on + 90, mrr + CASE WHEN offer IS NULL THEN -1 ELSE 1 END, false, CASE WHEN offer IS NULL THEN 'autumn' END
FROM spell WHERE ended_on IS NOT NULL AND mrr > 0 AND draw(customer, 'again', 3) > 0;
CREATE TABLE stay AS
SELECT c AS customer, CASE draw(n, 'segment', 6) WHEN 0 THEN 'Zoe' WHEN 1 THEN NULL ELSE 'segment ' || draw(n, 'name', 3) END AS segment, f.day AS valid_from,
	CASE draw(n, 'end', 4) WHEN 0 THEN NULL WHEN 1 THEN date 'infinity' ELSE f.day + draw(n, 'to', 200) END AS valid_to
FROM generate_series(1, 600) c, generate_series(1, c % 4) k, LATERAL (SELECT c * 50 + k AS n) x,
	LATERAL (SELECT CASE WHEN draw(n, 'ever', 9) = 0 THEN date '-infinity' ELSE date '2022-11-01' + 30 * draw(n, 'from', 28) END AS day) f;

-- By way of holdings and the days in segments
CREATE TABLE folded AS SELECT customer, holdings_agg(product, started_on, ended_on, mrr, NULL, offer, is_paused) AS holdings FROM spell GROUP BY customer;
CREATE TABLE membership AS
SELECT customer, segment, valid_from, CASE WHEN valid_to <= valid_from THEN 'empty'::daterange ELSE daterange(valid_from, valid_to) END AS days FROM stay WHERE segment IS NOT NULL;
CREATE TABLE held AS
SELECT p.customer, p.segment, range_agg(p.days) AS days
FROM (SELECT h.customer, h.segment, datemultirange(h.days) - coalesce(range_agg(h.days) OVER (
	PARTITION BY h.customer ORDER BY h.valid_from DESC NULLS LAST, h.segment COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS days FROM membership h) p
GROUP BY p.customer, p.segment
UNION ALL
SELECT f.customer, '(none)', '{(,)}'::datemultirange - coalesce(range_agg(m.days), '{}') FROM folded f LEFT JOIN membership m USING (customer) GROUP BY f.customer
UNION ALL
SELECT f.customer, '(all)', '{(,)}' FROM folded f;
CREATE TABLE waterfall AS
SELECT s.segment, m.* FROM (SELECT h.segment, movement_agg(f.holdings, 'month', '2025-03-15', h.days, 60) AS state FROM folded f JOIN held h USING (customer)
	WHERE NOT isempty(h.days) GROUP BY h.segment) s, LATERAL movements(s.state) m;
CREATE TABLE placed AS
SELECT DISTINCT ON (f.customer) f.customer, f.holdings, coalesce(h.segment, '(none)') AS segment
FROM folded f LEFT JOIN held h ON h.customer = f.customer AND h.segment <> '(all)' AND h.days @> first_paid_day(f.holdings)
	-- what begins after the end is not seen
	AND first_paid_day(f.holdings) < '2025-03-15';
CREATE TABLE cohort AS
SELECT c.clock, s.segment, g.* FROM (VALUES ('calendar'), ('anniversary')) AS c (clock), LATERAL (
	SELECT p.segment, revenue_retention_agg(p.holdings, 'month', '2025-03-15', c.clock) AS state FROM placed p GROUP BY 1
	UNION ALL SELECT '(all)', revenue_retention_agg(p.holdings, 'month', '2025-03-15', c.clock) FROM placed p) s, LATERAL revenue_grid(s.state) g;
CREATE TABLE moved AS
SELECT f.customer, m.* FROM folded f, LATERAL customer_movements(f.holdings, 'month', '2025-03-15', 60) m;
CREATE TABLE kept AS
SELECT h.segment, h.customer, k.* FROM folded f JOIN held h USING (customer), LATERAL kept_changes(f.holdings, 'month', '2025-03-15', 12, h.days) k WHERE NOT isempty(h.days);
CREATE TABLE sum_of AS
SELECT 'promotion' AS reading, h.segment, m.period_start, 'promotion_end' AS line, count(*) AS customers, sum(m.change_mrr) AS mrr
FROM moved m JOIN held h ON h.customer = m.customer AND h.days @> (m.period_start - 1)
WHERE m.cause = 'promotion_end'
GROUP BY 2, 3
UNION ALL
SELECT r.reading, k.segment, k.period_start, l.line, sum(l.customers), sum(l.mrr)
FROM (VALUES ('year'), ('bridge')) AS r (reading), kept k, LATERAL (VALUES ('opening', k.customers, k.opening_mrr), ('gross', 0, k.gross_retained_mrr), ('net', 0, k.net_retained_mrr)) AS l (line, customers, mrr)
GROUP BY 1, 2, 3, 4
UNION ALL
SELECT 'year', h.segment, date_trunc('month', s.ended_on::timestamp)::date, l.line, count(*), sum(s.mrr)
FROM folded f, LATERAL spells(f.holdings) s, LATERAL (SELECT 'ended' AS line UNION ALL SELECT 'continued' WHERE mrr_at(f.holdings, s.ended_on) > 0) l, held h
WHERE s.ended_on < '2025-03-15' AND s.mrr > 0 AND h.customer = f.customer AND h.days @> (s.ended_on - 1)
GROUP BY 2, 3, 4
UNION ALL
SELECT 'bridge', b.segment, x.month, CASE WHEN m.line = 'churn' THEN 'churn' WHEN m.line IN ('new', 'reactivation') THEN 'return' WHEN m.cause <> 'plan' THEN m.cause
	WHEN m.line = 'expansion' THEN 'upgrade' ELSE 'downgrade' END, 0, sum(x.change)
FROM (SELECT k.segment, k.customer, k.customers, k.period_start AS from_month, lead(k.period_start) OVER (PARTITION BY k.segment, k.customer ORDER BY k.period_start) AS to_month
	FROM kept k WHERE k.customers <> 0) b
JOIN moved m ON m.customer = b.customer,
LATERAL (SELECT greatest(b.from_month, m.period_start) AS first_month, least(b.to_month, (m.period_start + interval '12 months')::date) AS end_month) w,
LATERAL (VALUES (w.first_month, m.change_mrr), (w.end_month, -m.change_mrr)) AS x (month, change)
WHERE b.customers = 1 AND w.first_month < w.end_month AND m.change_mrr <> 0
GROUP BY 2, 3, 4;
DELETE FROM sum_of WHERE customers = 0 AND mrr = 0;
-- of a product a pause is no end of paying
CREATE TABLE life AS
WITH first AS (
	SELECT f.customer, '(all)' AS product, r.days, r.is_churned FROM folded f, LATERAL runs(f.holdings, '2025-03-15', 30) r WHERE r.run_no = 1
	UNION ALL
	SELECT f.customer, f.product, r.days, r.is_churned
	FROM (SELECT customer, product, holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM spell GROUP BY 1, 2) f, LATERAL runs(f.holdings, '2025-03-15', 30) r WHERE r.run_no = 1)
SELECT s.segment, f.product, survival_agg(f.days, f.is_churned)::text AS state FROM first f JOIN placed p USING (customer), LATERAL (VALUES (p.segment), ('(all)')) AS s (segment) GROUP BY 1, 2;
CREATE TABLE product AS
SELECT s.product, m.* FROM (
	SELECT p.product, movement_agg(p.holdings, 'month', '2025-03-15', 60) AS state
	FROM (SELECT product, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS holdings FROM spell GROUP BY customer, product) p GROUP BY p.product
	UNION ALL SELECT NULL, movement_agg(f.holdings, 'month', '2025-03-15', 60) FROM folded f) s, LATERAL movements(s.state) m;
CREATE TABLE went AS
SELECT m.period_start, m.from_product, m.to_product, count(*) AS customers
FROM folded f, LATERAL migrations(f.holdings, 'month', '2025-03-15') m WHERE m.from_product <> '(in)' AND m.to_product <> '(out)' GROUP BY 1, 2, 3;

-- Rows that two queries do not have in common
CREATE FUNCTION differing(one text, other text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('WITH a AS (%1$s), b AS (%2$s) SELECT (SELECT count(*) FROM (TABLE a EXCEPT ALL TABLE b) x) + (SELECT count(*) FROM (TABLE b EXCEPT ALL TABLE a) x)', one, other) INTO n;
	RETURN n;
END $$;
-- The answers of one pass, of customers by a key, in an order
CREATE FUNCTION answers(key text, sorted text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	rows text := format('(SELECT x.* FROM (SELECT %1$s AS c, product, started_on, ended_on, mrr, is_paused, offer, NULL::text AS segment FROM spell
		UNION ALL SELECT %1$s, NULL, CASE WHEN segment IS NOT NULL THEN valid_from END, valid_to, NULL, NULL, NULL, segment FROM stay) x ORDER BY %2$s) r', key, sorted);
	args text := $a$c, product, started_on, ended_on, mrr, is_paused, offer, segment, 'month', date '2025-03-15', 60$a$;
BEGIN
	RETURN concat_ws(' ',
		differing('TABLE waterfall', format('SELECT s.segment, m.* FROM (SELECT _segment_movement_agg(%s) AS states FROM %s) f, LATERAL unnest(f.states) s, LATERAL movements(s.state) m', args, rows)),
		differing('TABLE cohort', format($q$SELECT c.clock, s.segment, g.* FROM (VALUES ('calendar'), ('anniversary')) AS c (clock), LATERAL (
			SELECT _segment_cohort_agg(c, product, started_on, ended_on, CASE WHEN is_paused THEN 0 ELSE mrr END, segment, 'month', date '2025-03-15', c.clock) AS states FROM %s) f,
			LATERAL unnest(f.states) s, LATERAL revenue_grid(s.state) g$q$, rows)),
		differing('TABLE sum_of', format($q$WITH f AS MATERIALIZED (SELECT _segment_promotion_agg(%1$s) AS p, _segment_year_agg(%1$s) AS y, _segment_bridge_agg(%1$s) AS b FROM %2$s)
			SELECT 'promotion', u.* FROM f, LATERAL unnest(f.p) u UNION ALL SELECT 'year', u.* FROM f, LATERAL unnest(f.y) u
			UNION ALL SELECT 'bridge', u.* FROM f, LATERAL unnest(f.b) u$q$, args, rows)),
		differing('TABLE life', format('SELECT s.segment, s.product, s.state::text FROM (SELECT _segment_life_agg(%s) AS lives FROM %s) f, LATERAL unnest(f.lives) s', replace(args, '60', '30'), rows)),
		differing('TABLE product', format('SELECT s.segment, m.* FROM (SELECT _product_movement_agg(%s) AS states FROM %s) f, LATERAL unnest(f.states) s, LATERAL movements(s.state) m', args, rows)),
		differing('TABLE went', format('SELECT s.* FROM (SELECT _product_migration_agg(%s) AS went FROM %s) f, LATERAL unnest(f.went) s', args, rows)));
END $$;

SELECT cmp_ok((SELECT count(DISTINCT segment) FROM waterfall), '=', 6::bigint, 'customers are in four segments, in none, and everybody');
SELECT set_eq($$SELECT DISTINCT line FROM sum_of WHERE segment <> '(all)'$$, '{ended,continued,opening,gross,net,promotion_end,churn,return,pause,upgrade,downgrade,new_product,left_product,quantity,promotion,price}'::text[],
	'every line has something in it, in some segment');
SELECT cmp_ok((SELECT count(*) FROM waterfall WHERE moved_in_customers > 0 AND segment <> '(all)'), '>', 20::bigint, 'many customers move between segments');
SELECT is(answers('customer::bigint', 'c'), '0 0 0 0 0 0', 'one pass says what two steps do: waterfalls, cohorts, sums, lives and products');
SELECT is(answers('customer::bigint << 40', 'md5(c::text)'), '0 0 0 0 0 0', 'of customers far apart, in any order');
SELECT is(answers('md5(customer::text)::uuid', 'started_on, product'), '0 0 0 0 0 0', 'of customers by uuid, in the order of days');
SELECT is(answers($$repeat('x', customer % 300) || customer$$, 'segment, started_on DESC'), '0 0 0 0 0 0', 'of customers by text, first times in segments');
SET LOCAL work_mem = '64kB';
SET LOCAL hash_mem_multiplier = 1;
SELECT is(answers('customer::bigint', 'md5(c::text || started_on)'), '0 0 0 0 0 0', 'waterfalls from temporary files are the same');
RESET work_mem;
RESET hash_mem_multiplier;

-- In parallel
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SELECT is(answers('customer::bigint', '1') , '0 0 0 0 0 0', 'workers give the same waterfalls');
RESET max_parallel_workers_per_gather;

-- Ends
SELECT is((SELECT _segment_movement_agg(1::bigint, 'a', '2024-01-01', NULL, 1, false, NULL, NULL, 'month', '2024-03-01', 0) FROM spell WHERE false), NULL, 'nobody has no waterfall');
SELECT is((SELECT _segment_movement_agg(NULL::bigint, 'a', '2024-01-01', NULL, 1, false, NULL, NULL, 'month', '2024-03-01', 0)), NULL, 'a customer without a name has no waterfall either');
SELECT is((SELECT _segment_year_agg(1::bigint, NULL, '2024-01-01', NULL, NULL, NULL, NULL, 'A', 'month', '2024-03-01', 0)), NULL, 'who is in a segment and holds nothing adds nothing');
SELECT is((SELECT array_agg(s.segment ORDER BY s.segment COLLATE "C") FROM unnest((SELECT _segment_movement_agg(1::bigint, 'a', '2024-01-01', NULL, 1, false, NULL, NULL, 'month', '2024-03-01', 0))) s),
	'{(all),(none)}', 'who is in none is told apart');
SELECT is((SELECT array_agg(s.segment ORDER BY s.segment COLLATE "C") FROM unnest((SELECT _segment_movement_agg(1::bigint, p, d, NULL, 1, false, NULL, s, 'month', '2024-03-01', 0)
	FROM (VALUES ('a', date '2024-01-01', NULL), (NULL, '2023-01-01', 'A')) v (p, d, s))) s), '{(all),A}', 'a segment that holds on all days seen is the only one');
SELECT is((SELECT array_agg(s.segment || ' ' || m.closing_customers ORDER BY s.segment COLLATE "C") FROM unnest((SELECT _segment_movement_agg(1::bigint, p, d, e, 1, false, NULL, s, 'month', '2024-03-01', 0)
	FROM (VALUES ('a', date '2024-01-01', NULL::date, NULL), (NULL, '2023-01-01', '2024-01-15', '(none)')) v (p, d, e, s))) s, LATERAL movements(s.state) m WHERE m.period_start = '2024-02-01'),
	'{"(all) 1","(none) 1"}', 'a segment of the name of who is in none is none');
SELECT throws_ok($$SELECT _segment_movement_agg(1::bigint, 'a', '2024-01-01', NULL, 1, false, NULL, NULL, g, '2024-03-01', 0) FROM (VALUES ('month'), ('week')) v (g)$$, '22023', NULL,
	'a grain that changes from row to row is refused');

SELECT finish();
ROLLBACK;
