\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- New, retained, reactivated, dormant: one customer, everybody, and by segment.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SELECT plan(21);

SELECT results_eq(
	$$SELECT period, status, is_complete FROM lifecycle((SELECT activity_agg(d) FROM (VALUES (date '2024-01-31'), ('2024-02-01'), ('2024-05-05')) v (d)), 'month', '2024-06-15')$$,
	$$VALUES (date '2024-01-01', 'new', true), ('2024-02-01', 'retained', true), ('2024-03-01', 'dormant', true),
		('2024-04-01', 'dormant', true), ('2024-05-01', 'reactivated', true), ('2024-06-01', 'dormant', false)$$,
	'one customer, month by month, up to a month that is not over');
SELECT is_empty($$SELECT * FROM lifecycle((SELECT activity_agg(date '2024-06-15')), 'month', '2024-06-15')$$,
	'who starts on the day of as_of has no life yet');
SELECT results_eq(
	$$SELECT period, status FROM lifecycle((SELECT activity_agg(d, NULL::numeric, s, r) FROM (VALUES
		(date '2024-01-10', false, true), ('2024-02-10', true, false), ('2024-03-10', false, false), ('2024-04-10', false, true)) v (d, s, r)), 'month', '2024-05-01')$$,
	$$VALUES (date '2024-02-01', 'new'), ('2024-03-01', 'dormant'), ('2024-04-01', 'reactivated')$$,
	'with marks, life begins at a start, and only returns are activity');
SELECT is_empty($$SELECT * FROM lifecycle(NULL, 'month', '2024-06-15')$$, 'nobody has no life');
SELECT throws_ok($$SELECT * FROM lifecycle((SELECT activity_agg(date '2024-01-01')), 'month', NULL)$$,
	'22004', 'as_of must not be null', 'as_of must be said');
SELECT throws_ok($$SELECT * FROM lifecycle((SELECT activity_agg(date '2024-01-01')), 'fortnight', '2024-02-01')$$,
	'22023', 'unknown grain "fortnight"', 'an unknown grain is refused');

-- random customers, and the same counted by plain SQL
CREATE TABLE visit AS
SELECT c AS customer, date '2024-01-01' + (hashint8extended(c * 100 + v, 1) & 511)::int AS day,
	(hashint8extended(c * 100 + v, 2) & 3) <> 0 AS is_start, (hashint8extended(c * 100 + v, 3) & 3) <> 0 AS is_return
FROM generate_series(1, 90) c, generate_series(1, 1 + (c % 17)) v;
CREATE TABLE timeline AS
SELECT customer, activity_agg(day, NULL::numeric, is_start, is_return) AS a FROM visit GROUP BY customer;
CREATE TABLE stay AS
SELECT c AS customer, (ARRAY['low', 'mid', 'high'])[1 + (hashint8extended(c * 10 + n, 4) & 1) + (n % 2)] AS segment,
	date '2023-12-01' + (n * 97 + (hashint8extended(c * 10 + n, 5) & 63))::int AS valid_from,
	date '2023-12-01' + ((n + 1) * 97 + (hashint8extended(c * 10 + n + 1, 5) & 63))::int - CASE WHEN c % 7 = 0 THEN 20 ELSE 0 END AS valid_to
FROM generate_series(1, 90) c, generate_series(0, 5) n;
CREATE TABLE held AS
SELECT customer, segment, range_agg(daterange(valid_from, valid_to)) AS days FROM stay WHERE valid_to > valid_from GROUP BY 1, 2
UNION ALL
SELECT t.customer, '(none)', '{(,)}'::datemultirange - coalesce(range_agg(daterange(valid_from, valid_to)) FILTER (WHERE valid_to > valid_from), '{}')
FROM timeline t LEFT JOIN stay s USING (customer) GROUP BY 1;

-- the period of a day, its last observed day, and what everybody was in it
CREATE FUNCTION first_of(d date, grain text) RETURNS date LANGUAGE sql IMMUTABLE AS
	$$SELECT CASE grain WHEN 'week:7' THEN d - extract(dow FROM d)::int WHEN 'day' THEN d ELSE date_trunc(grain, d::timestamp)::date END$$;
CREATE FUNCTION brute(grain text, as_of date) RETURNS TABLE (segment text, period date, opening bigint, entered bigint,
	moved_in bigint, moved_out bigint, closing bigint, retained bigint, reactivated bigint, dormant bigint)
LANGUAGE sql AS $$
	WITH start AS (
		SELECT customer, min(day) AS day, first_of(min(day), grain) AS period
		FROM visit WHERE is_start AND day < as_of GROUP BY 1
	), axis AS (
		SELECT DISTINCT first_of(d::date, grain) AS period
		FROM generate_series(date '2024-01-01', as_of - 1, '1 day') d
	), numbered AS (
		SELECT period, lead(period) OVER (ORDER BY period) AS next, row_number() OVER (ORDER BY period) AS n FROM axis
	), life AS (
		SELECT s.customer, x.n, x.period, x.period = s.period AS entered,
			x.period = s.period OR EXISTS (SELECT FROM visit v WHERE v.customer = s.customer AND v.is_return AND v.day >= s.day
				AND v.day < as_of AND first_of(v.day, grain) = x.period) AS active,
			coalesce(x.next, as_of) - 1 AS snapshot
		FROM start s JOIN numbered x ON x.period >= s.period
	), status AS (
		SELECT l.*, lag(active) OVER (PARTITION BY customer ORDER BY n) AS before FROM life l
	), placed AS (
		SELECT s.*, h.segment, EXISTS (SELECT FROM status b JOIN held k ON k.customer = b.customer AND k.segment = h.segment
				AND k.days @> b.snapshot WHERE b.customer = s.customer AND b.n = s.n - 1) AS was_here
		FROM status s JOIN held h ON h.customer = s.customer AND h.days @> s.snapshot
	)
	SELECT g.segment, x.period,
		(SELECT count(*) FROM placed p WHERE p.segment = g.segment AND p.n = x.n - 1),
		count(p.customer) FILTER (WHERE p.entered),
		count(p.customer) FILTER (WHERE NOT p.entered AND NOT p.was_here),
		-(SELECT count(*) FROM placed b WHERE b.segment = g.segment AND b.n = x.n - 1
			AND NOT EXISTS (SELECT FROM placed p WHERE p.segment = g.segment AND p.n = x.n AND p.customer = b.customer)),
		count(p.customer),
		count(p.customer) FILTER (WHERE p.active AND NOT p.entered AND p.before),
		count(p.customer) FILTER (WHERE p.active AND NOT p.entered AND NOT p.before),
		count(p.customer) FILTER (WHERE NOT p.active)
	FROM (SELECT DISTINCT segment FROM held) g CROSS JOIN numbered x
	LEFT JOIN placed p ON p.segment = g.segment AND p.n = x.n
	GROUP BY g.segment, x.period, x.n
$$;
CREATE FUNCTION folded(grain text, as_of date) RETURNS TABLE (segment text, period date, opening bigint, entered bigint,
	moved_in bigint, moved_out bigint, closing bigint, retained bigint, reactivated bigint, dormant bigint)
LANGUAGE sql AS $$
	SELECT s.segment, r.period, r.opening_customers, r.new_customers, r.moved_in_customers, r.moved_out_customers,
		r.closing_customers, r.retained_customers, r.reactivated_customers, r.dormant_customers
	FROM (SELECT h.segment, cvm.lifecycle_agg(t.a, grain, as_of, h.days) AS state
		FROM timeline t JOIN held h USING (customer) GROUP BY 1) s, cvm.lifecycles(s.state) r
$$;
SELECT is_empty(format($$(SELECT * FROM folded(%1$L, %2$L)) EXCEPT SELECT * FROM brute(%1$L, %2$L)$$, grain, as_of),
	format('by %s up to %s: every line of every segment is that of plain SQL', grain, as_of))
FROM (VALUES ('month', '2025-07-01'), ('month', '2024-08-15'), ('week', '2024-09-01'), ('week:7', '2024-06-19'),
	('quarter', '2025-02-11'), ('year', '2025-03-01')) g (grain, as_of);
SELECT is((SELECT count(*) FROM folded('month', '2025-07-01')), (SELECT count(*) FROM brute('month', '2025-07-01') b
		WHERE b.period >= (SELECT min(f.period) FROM folded('month', '2025-07-01') f WHERE f.segment = b.segment)),
	'lifecycles() has every line that plain SQL has');

SELECT is((SELECT count(*) FROM folded('month', '2025-07-01') WHERE closing <> opening + entered + moved_in + moved_out
		OR closing <> entered + retained + reactivated + dormant), 0::bigint, 'the bridge foots in every segment and month');
SELECT is((SELECT array_agg((period, closing)::text ORDER BY period) FROM (SELECT period, sum(closing) AS closing FROM folded('month', '2025-07-01') GROUP BY 1) s),
	(SELECT array_agg((period, closing_customers)::text ORDER BY period) FROM lifecycles((SELECT lifecycle_agg(a, 'month', '2025-07-01') FROM timeline))),
	'segments add up to everybody');
SELECT is((SELECT sum(moved_in + moved_out) FROM folded('month', '2025-07-01')), 0::numeric, 'who moves out of one segment moves into another');

SELECT is((SELECT rollup(state) FROM (SELECT customer % 5 AS part, lifecycle_agg(a, 'month', '2025-07-01') AS state FROM timeline GROUP BY 1) p),
	(SELECT lifecycle_agg(a, 'month', '2025-07-01') FROM timeline), 'parts add up to the whole, byte for byte');
SELECT is((SELECT (state::text)::lifecycle FROM (SELECT lifecycle_agg(a, 'month', '2025-07-01') AS state FROM timeline) s),
	(SELECT lifecycle_agg(a, 'month', '2025-07-01') FROM timeline), 'text brings a lifecycle back');
SELECT is((SELECT lifecycle_agg(a, 'month', '2025-07-01') FROM timeline WHERE false), NULL, 'of nobody there is no state');
SELECT throws_ok($$SELECT lifecycle_agg(a, CASE WHEN customer % 2 = 0 THEN 'month' ELSE 'week' END, '2025-07-01') FROM timeline$$,
	'22023', 'cannot add up states of different grain or as_of', 'two grains do not mix');
SELECT is((SELECT count(*) FROM (SELECT lifecycle_agg(a, 'month', '2025-07-01', NULL) AS s FROM timeline) x, lifecycles(x.s)), 0::bigint,
	'who is held on no day is in no line');

SELECT * FROM finish();
ROLLBACK;
