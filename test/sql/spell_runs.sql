\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Times of paying, beside plain SQL over the same spells.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(16);

-- spells that overlap, touch, begin together, and lie apart by a day or ten
CREATE TEMP TABLE spell AS
SELECT s.customer_id, s.n, s.started_on, CASE WHEN s.n % 7 = 0 THEN 'infinity' ELSE s.started_on + 1 + abs(hashint4(s.customer_id * 13 + s.n)) % 25 END AS ended_on
FROM (
	SELECT c.customer_id, n.n, date '2024-01-01' + abs(hashint4(c.customer_id * 31 + n.n)) % 150 AS started_on
	FROM generate_series(1, 400) AS c (customer_id)
	CROSS JOIN LATERAL generate_series(1, c.customer_id % 8) AS n (n)) s;

SELECT results_eq(format($$SELECT s.customer_id, s.n, s.run[1], s.run[2], s.run[3] IS NOT NULL
		FROM (SELECT s.*, cvm._spell_runs(s.started_on, s.ended_on, %1$s) OVER (PARTITION BY s.customer_id ORDER BY s.started_on) AS run FROM spell s) s
		ORDER BY 1, 2$$, gap), format($$
	SELECT r.customer_id, r.n, min(r.started_on) OVER w, max(r.ended_on) OVER w, NOT EXISTS (SELECT FROM spell k WHERE k.customer_id = r.customer_id AND k.n <> r.n
		AND k.started_on < r.ended_on AND k.ended_on > r.started_on)
	FROM (
		SELECT o.*, count(*) FILTER (WHERE coalesce(o.started_on > o.paid_until + %1$s, true)) OVER (PARTITION BY o.customer_id ORDER BY o.started_on) AS run_no
		FROM (
			SELECT s.*, max(s.ended_on) OVER (PARTITION BY s.customer_id ORDER BY s.started_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS paid_until
			FROM spell s) o) r
	WINDOW w AS (PARTITION BY r.customer_id, r.run_no)
	ORDER BY 1, 2$$, gap), format('times of paying are those that windows find where %s days are no gap', gap))
FROM (VALUES (0), (1), (10)) AS g (gap);
SELECT is(cvm._spell_runs(NULL, NULL, 0) OVER (), '{-infinity,infinity,-infinity}'::date[], 'what has no first day was always there, and what has no last day goes on');
SELECT throws_ok($$SELECT cvm._spell_runs('2024-01-01', '2024-02-01', -1) OVER ()$$, '22023', 'gap must be 0 or more', 'gaps of fewer than no days are refused');

SELECT is_empty($$SELECT FROM generate_series(0, 9) r (r), generate_series(0, 9) t (t), generate_series(0, 9) n (n), generate_series(-1, 11) q (q)
	WHERE cvm.mid_quantile(r.r, t.t, n.n, q.q) IS DISTINCT FROM CASE WHEN q.q > 0 AND r.r > 0 AND r.r <= t.t AND t.t <= n.n
		THEN div((r.r::numeric - 1 + t.t) * q.q, 2::numeric * n.n)::integer + 1 END$$, 'the middle of ranks lies in the quantile that numerics find');
SELECT is(cvm.mid_quantile(9223372036854775807, 9223372036854775807, 9223372036854775807, 2147483647), 2147483647, 'the quantile is right for as many rows as there may be');
SELECT is(cvm.day_of(timestamp '2024-02-29 23:59:59.9', 'UTC'), '2024-02-29', 'the day of a local time is its own');
SELECT is(cvm.day_of(date '2024-02-29', NULL), NULL, 'in no time zone there is no day');
-- the one that goes on, without their order
CREATE TEMP TABLE known AS SELECT customer_id, started_on, least(ended_on, date '2024-04-16') AS ended_on FROM spell WHERE started_on < '2024-04-15';
SELECT results_eq(format($$SELECT customer_id, cvm._paid_since_agg(started_on, ended_on, '2024-04-15', %1$s) FROM known GROUP BY 1 ORDER BY 1$$, gap),
	format($$SELECT customer_id, max(run[1]) FILTER (WHERE run[2] > '2024-04-15')
		FROM (SELECT k.*, cvm._spell_runs(k.started_on, k.ended_on, %1$s) OVER (PARTITION BY k.customer_id ORDER BY k.started_on) AS run FROM known k) k GROUP BY 1 ORDER BY 1$$, gap),
	format('an aggregate finds since when a customer has been paying, over gaps of %s days', gap))
FROM (VALUES (0), (1), (10)) AS g (gap);
SELECT is(cvm._paid_since_final(cvm._paid_since_combine(cvm._paid_since_add(cvm._paid_since_add(NULL, '2024-01-01', '2024-01-11', '2024-03-31', 0), '2024-02-01', '2024-04-01', '2024-03-31', 0),
	cvm._paid_since_add(NULL, '2024-01-11', '2024-02-01', '2024-03-31', 0))), '2024-01-01', 'states of several processes become one, and so do times of paying between which the other knows one');
SELECT is(cvm._paid_since_agg(d, d + 5, '2024-06-01', 0), NULL, 'who does not pay any more has not been paying since any day') FROM (VALUES (date '2024-01-01'), (NULL)) v (d);
SELECT throws_ok(q, '22023', m, m) FROM (VALUES ($$SELECT cvm._paid_since_agg('2024-01-01', '2024-02-01', '2024-01-15', -1)$$, 'as_of and gap must be given'),
	($$SELECT cvm._paid_since_final('{1,2,3}')$$, 'this is no state of _paid_since_agg')) v (q, m);
SELECT * FROM finish();
