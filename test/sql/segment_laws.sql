\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = cvm, public;
SELECT plan(26);

\i test/segment_world.sql

CREATE TEMP TABLE expected AS
SELECT world, segment, month,
	sum(opening)::bigint AS opening, sum(fresh)::bigint AS new, sum(winback)::bigint AS winback,
	sum(moved_in)::bigint AS moved_in, sum(moved_out)::bigint AS moved_out, sum(churned)::bigint AS churned, sum(closing)::bigint AS closing,
	sum(opening_mrr) AS opening_mrr, sum(new_mrr) AS new_mrr, sum(winback_mrr) AS winback_mrr, sum(expansion) AS expansion, sum(contraction) AS contraction,
	sum(paused)::bigint AS paused, sum(paused_mrr) AS paused_mrr, sum(resting)::bigint AS resting, sum(resting_mrr) AS resting_mrr,
	sum(churn_mrr) AS churn_mrr, sum(moved_in_mrr) AS moved_in_mrr, sum(moved_out_mrr) AS moved_out_mrr, sum(closing_mrr) AS closing_mrr,
	sum(gross) AS gross, sum(net) AS net, sum(products)::bigint AS products, sum(multi)::bigint AS multi, sum(tenure)::bigint AS tenure
FROM (
	-- a passage seen from the segment that it leaves, from the one that it reaches, and from above
	SELECT p.world, g.segment, p.month,
		(p.paid_before > 0 AND g.leaves)::int AS opening,
		(p.before > 0 AND p.paid_before = 0 AND g.leaves)::int - (p.after > 0 AND p.paid_after = 0 AND g.reaches)::int AS paused,
		CASE WHEN g.leaves THEN p.before - p.paid_before ELSE 0 END - CASE WHEN g.reaches THEN p.after - p.paid_after ELSE 0 END AS paused_mrr,
		(p.after > 0 AND p.paid_after = 0 AND g.reaches)::int AS resting,
		CASE WHEN g.reaches THEN p.after - p.paid_after ELSE 0 END AS resting_mrr,
		(p.before = 0 AND p.after > 0 AND NOT p.paid_ever AND g.reaches)::int AS fresh,
		(p.before = 0 AND p.after > 0 AND p.paid_ever AND g.reaches)::int AS winback,
		(p.before > 0 AND p.after > 0 AND g.reaches AND NOT g.leaves)::int AS moved_in,
		-(p.before > 0 AND p.after > 0 AND g.leaves AND NOT g.reaches)::int AS moved_out,
		-(p.before > 0 AND p.after = 0 AND g.leaves)::int AS churned,
		(p.paid_after > 0 AND g.reaches)::int AS closing,
		CASE WHEN g.leaves THEN p.paid_before ELSE 0 END AS opening_mrr,
		CASE WHEN p.before = 0 AND NOT p.paid_ever AND g.reaches THEN p.after ELSE 0 END AS new_mrr,
		CASE WHEN p.before = 0 AND p.paid_ever AND g.reaches THEN p.after ELSE 0 END AS winback_mrr,
		CASE WHEN p.before > 0 AND p.after > p.before AND g.leaves THEN p.after - p.before ELSE 0 END AS expansion,
		CASE WHEN p.after > 0 AND p.after < p.before AND g.leaves THEN p.after - p.before ELSE 0 END AS contraction,
		CASE WHEN p.after = 0 AND g.leaves THEN -p.before ELSE 0 END AS churn_mrr,
		CASE WHEN p.before > 0 AND p.after > 0 AND g.reaches AND NOT g.leaves THEN p.after ELSE 0 END AS moved_in_mrr,
		CASE WHEN p.before > 0 AND p.after > 0 AND g.leaves AND NOT g.reaches THEN -p.after ELSE 0 END AS moved_out_mrr,
		CASE WHEN g.reaches THEN p.paid_after ELSE 0 END AS closing_mrr,
		CASE WHEN g.leaves THEN least(p.before, p.after) ELSE 0 END AS gross,
		CASE WHEN g.leaves AND p.before > 0 THEN p.after ELSE 0 END AS net,
		CASE WHEN p.paid_after > 0 AND g.reaches THEN p.products ELSE 0 END AS products,
		(p.paid_after > 0 AND g.reaches AND p.products > 1)::int AS multi,
		CASE WHEN p.paid_after > 0 AND g.reaches THEN p.tenure ELSE 0 END AS tenure
	FROM passage p
	CROSS JOIN LATERAL (
		SELECT '(all)' AS segment, true AS leaves, true AS reaches
		UNION ALL
		SELECT s.segment, s.segment = p.from_segment, s.segment = p.to_segment
		FROM (SELECT p.from_segment AS segment UNION SELECT p.to_segment) s
		WHERE s.segment NOT IN ('(in)', '(out)')) g) x
GROUP BY 1, 2, 3;

-- with the extension: one fold
CREATE TEMP TABLE state AS
SELECT w.world, w.as_of, segment_flow_agg(h.holdings, p.segments, 'month', w.as_of, w.pause_days) AS state
FROM world w
JOIN (SELECT world, customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS holdings FROM spell GROUP BY 1, 2) h USING (world)
LEFT JOIN (SELECT world, customer, holdings_agg(segment, valid_from, valid_to, 0) AS segments FROM placed GROUP BY 1, 2) p USING (world, customer)
GROUP BY 1, 2;
CREATE INDEX ON spell (world, customer);
CREATE TEMP TABLE bridge AS SELECT s.world, b.* FROM state s CROSS JOIN LATERAL segment_bridge(s.state) b;
CREATE TEMP TABLE matrix AS SELECT s.world, m.* FROM state s CROSS JOIN LATERAL segment_matrix(s.state) m;

SELECT cmp_ok((SELECT count(*) FROM state), '=', :worlds::bigint, 'there are as many worlds as were asked for');
SELECT cmp_ok((SELECT count(*) FROM passage WHERE before > 0 AND after > 0 AND from_segment <> to_segment), '>', 150::bigint, 'many move between segments');
SELECT cmp_ok((SELECT count(*) FROM passage WHERE before = 0 AND after > 0 AND paid_ever), '>', 90::bigint, 'many come back');
SELECT cmp_ok((SELECT count(*) FROM passage WHERE to_segment = '(none)'), '>', 150::bigint, 'many are in no segment');
SELECT cmp_ok((SELECT count(*) FROM passage WHERE products > 1), '>', 150::bigint, 'many hold several products');
SELECT cmp_ok((SELECT count(*) FROM placed a JOIN placed b ON b.world = a.world AND b.customer = a.customer AND b.n > a.n AND b.segment <> a.segment AND date_trunc('month', b.valid_from) = date_trunc('month', a.valid_from)), '>', 60::bigint, 'many change segment twice inside a month');
SELECT cmp_ok((
	SELECT count(*) FROM passage p
	CROSS JOIN LATERAL (SELECT q.from_segment FROM passage q WHERE q.world = p.world AND q.customer = p.customer AND q.month < p.month AND q.before > 0 AND q.after = 0 ORDER BY q.month DESC LIMIT 1) q
	WHERE p.before = 0 AND p.after > 0 AND q.from_segment <> p.to_segment), '>', 30::bigint, 'many leave and return in another segment');

SELECT cmp_ok((SELECT count(*) FROM passage WHERE after > 0 AND paid_after = 0), '>', 90::bigint, 'many are in a pause');
SELECT cmp_ok((SELECT count(*) FROM passage WHERE before > 0 AND paid_before = 0 AND after = 0), '>', 30::bigint, 'many are lost after a pause');
SELECT is_empty($$
	SELECT x, b
	FROM expected x
	FULL JOIN bridge b ON b.world = x.world AND b.segment = x.segment AND b.period_start = x.month
	WHERE (coalesce(x.paused, 0), coalesce(x.paused_mrr, 0), coalesce(x.resting, 0), coalesce(x.resting_mrr, 0))
		IS DISTINCT FROM (coalesce(b.paused_customers, 0), coalesce(b.paused_mrr, 0), coalesce(b.closing_paused_customers, 0), coalesce(b.closing_paused_mrr, 0))$$,
	'what goes into pauses and lies there is that of brute force');
SELECT is_empty($$
	SELECT coalesce(x.world, b.world), coalesce(x.segment, b.segment), coalesce(x.month, b.period_start), x, b
	FROM expected x
	FULL JOIN bridge b ON b.world = x.world AND b.segment = x.segment AND b.period_start = x.month
	WHERE (coalesce(x.opening, 0), coalesce(x.new, 0), coalesce(x.winback, 0), coalesce(x.moved_in, 0), coalesce(x.moved_out, 0), coalesce(x.churned, 0), coalesce(x.closing, 0))
		IS DISTINCT FROM (coalesce(b.opening_customers, 0), coalesce(b.new_customers, 0), coalesce(b.winback_customers, 0), coalesce(b.moved_in_customers, 0),
			coalesce(b.moved_out_customers, 0), coalesce(b.churned_customers, 0), coalesce(b.closing_customers, 0))$$,
	'the bridge of customers is that of brute force');
SELECT is_empty($$
	SELECT coalesce(x.world, b.world), coalesce(x.segment, b.segment), coalesce(x.month, b.period_start), x, b
	FROM expected x
	FULL JOIN bridge b ON b.world = x.world AND b.segment = x.segment AND b.period_start = x.month
	WHERE (coalesce(x.opening_mrr, 0), coalesce(x.new_mrr, 0), coalesce(x.winback_mrr, 0), coalesce(x.expansion, 0), coalesce(x.contraction, 0),
			coalesce(x.churn_mrr, 0), coalesce(x.moved_in_mrr, 0), coalesce(x.moved_out_mrr, 0), coalesce(x.closing_mrr, 0))
		IS DISTINCT FROM (coalesce(b.opening_mrr, 0), coalesce(b.new_mrr, 0), coalesce(b.reactivation_mrr, 0), coalesce(b.expansion_mrr, 0), coalesce(b.contraction_mrr, 0),
			coalesce(b.churn_mrr, 0), coalesce(b.moved_in_mrr, 0), coalesce(b.moved_out_mrr, 0), coalesce(b.closing_mrr, 0))$$,
	'the waterfall is that of brute force, to the cent');
SELECT is_empty($$
	SELECT x, b
	FROM expected x
	FULL JOIN bridge b ON b.world = x.world AND b.segment = x.segment AND b.period_start = x.month
	WHERE (coalesce(x.gross, 0), coalesce(x.net, 0), coalesce(x.products, 0), coalesce(x.multi, 0), coalesce(x.tenure, 0))
		IS DISTINCT FROM (coalesce(b.gross_retained_mrr, 0), coalesce(b.net_retained_mrr, 0), coalesce(b.products, 0), coalesce(b.multi_product_customers, 0), coalesce(b.tenure_days, 0))$$,
	'retained money, products and tenure are those of brute force');
SELECT is_empty($$
	SELECT x, m
	FROM (
		SELECT p.world, p.month, p.from_segment, p.to_segment, count(*) AS customers, sum(p.before) AS before, sum(p.after) AS after
		FROM passage p
		WHERE p.before > 0 OR p.after > 0
		GROUP BY 1, 2, 3, 4) x
	FULL JOIN matrix m ON m.world = x.world AND m.period_start = x.month AND m.from_segment = x.from_segment AND m.to_segment = x.to_segment
	WHERE (x.customers, x.before, x.after) IS DISTINCT FROM (m.customers, m.mrr, m.closing_mrr)$$,
	'the matrix of migration is that of brute force');
SELECT is_empty($$
	SELECT x, p
	FROM (
		SELECT c.world, c.month, c.segment, s.product, count(DISTINCT c.customer) AS customers, count(*) AS lines, sum(CASE WHEN s.is_paused THEN 0 ELSE s.mrr END) AS mrr
		FROM closing c
		JOIN spell s ON s.world = c.world AND s.customer = c.customer AND s.started_on <= c.day AND coalesce(s.ended_on > c.day, true)
		WHERE c.mrr > 0
		GROUP BY 1, 2, 3, 4) x
	FULL JOIN (SELECT s.world, p.* FROM state s CROSS JOIN LATERAL segment_products(s.state) p) p
		ON p.world = x.world AND p.period_start = x.month AND p.segment = x.segment AND p.product = x.product
	WHERE (x.customers, x.lines, x.mrr) IS DISTINCT FROM (p.customers, p.lines, p.mrr)$$,
	'what each segment holds is that of brute force');
SELECT is_empty($$
	SELECT * FROM bridge b
	WHERE b.same_period_customers <> (
		SELECT count(*) FROM passage p
		WHERE b.segment = '(all)' AND p.world = b.world AND p.month = b.period_start AND p.before = 0 AND p.after = 0
			AND EXISTS (SELECT FROM day d WHERE d.world = p.world AND d.customer = p.customer AND date_trunc('month', d.day) = p.month AND d.kept > 0))
		AND b.segment = '(all)'$$,
	'who came and went inside a month is counted apart');

-- laws
SELECT is_empty($$
	SELECT * FROM bridge b
	WHERE b.opening_customers + b.new_customers + b.winback_customers + b.moved_in_customers + b.moved_out_customers + b.churned_customers + b.paused_customers <> b.closing_customers
		OR b.opening_mrr + b.new_mrr + b.reactivation_mrr + b.expansion_mrr + b.contraction_mrr + b.churn_mrr + b.moved_in_mrr + b.moved_out_mrr + b.paused_mrr <> b.closing_mrr$$,
	'every bridge foots');
SELECT is_empty(replace($$
	SELECT b.world, b.period_start FROM bridge b
	GROUP BY 1, 2
	HAVING sum(b.closing_customers * #) <> 0 OR sum(b.closing_mrr * #) <> 0 OR sum(b.opening_mrr * #) <> 0 OR sum(b.new_mrr * #) <> 0
		OR sum(b.expansion_mrr * #) <> 0 OR sum(b.churn_mrr * #) <> 0 OR sum(b.gross_retained_mrr * #) <> 0 OR sum(b.net_retained_mrr * #) <> 0
		OR sum(b.products * #) <> 0 OR sum(b.tenure_days * #) <> 0 OR sum(b.same_period_customers * #) <> 0
		OR sum(b.paused_customers * #) <> 0 OR sum(b.paused_mrr * #) <> 0 OR sum(b.closing_paused_customers * #) <> 0 OR sum(b.closing_paused_mrr * #) <> 0
		OR sum(b.moved_in_customers + b.moved_out_customers) <> 0 OR sum(b.moved_in_mrr + b.moved_out_mrr) <> 0$$,
	'#', 'CASE WHEN b.segment = ''(all)'' THEN -1 ELSE 1 END'), 'segments partition the base, and moves cancel');
SELECT is_empty($$
	SELECT * FROM bridge b
	CROSS JOIN LATERAL (SELECT b.opening_mrr + b.paused_mrr + b.closing_paused_mrr AS mrr) o
	WHERE b.gross_retained_mrr > o.mrr OR b.gross_retained_mrr > b.net_retained_mrr OR b.gross_retained_mrr < 0
		OR b.gross_retained_mrr <> o.mrr + b.contraction_mrr + b.churn_mrr
		OR -b.churned_customers > b.opening_customers + b.paused_customers + b.closing_paused_customers OR b.closing_paused_mrr < 0 OR b.closing_paused_customers < 0
		OR b.net_retained_mrr <> b.gross_retained_mrr + b.expansion_mrr$$,
	'retention follows from the lines of the segment: gross no more than 1 and than net');
SELECT is_empty($$
	SELECT b.world, b.segment, b.period_start
	FROM bridge b
	JOIN state s USING (world)
	CROSS JOIN LATERAL (
		SELECT movement_agg(h.holdings, 'month', s.as_of, h.days, pause_days(s.state)) AS state
		FROM (
			SELECT x.customer, holdings_agg(x.product, x.started_on, x.ended_on, x.mrr, NULL, NULL, x.is_paused) AS holdings,
				'{(,)}'::datemultirange AS days
			FROM spell x WHERE x.world = b.world GROUP BY 1) h) m
	JOIN LATERAL movements(m.state) v ON v.period_start = b.period_start
	WHERE b.segment = '(all)' AND b.world <= 60
		AND (v.paused_mrr, v.paused_customers, v.closing_paused_mrr, v.closing_paused_customers, v.opening_mrr, v.new_mrr, v.reactivation_mrr, v.expansion_mrr, v.contraction_mrr, v.churn_mrr, v.closing_mrr, v.new_customers, v.reactivation_customers, v.churn_customers, v.closing_customers)
		IS DISTINCT FROM (b.paused_mrr, b.paused_customers, b.closing_paused_mrr, b.closing_paused_customers, b.opening_mrr, b.new_mrr, b.reactivation_mrr, b.expansion_mrr, b.contraction_mrr, b.churn_mrr, b.closing_mrr, b.new_customers, b.winback_customers, b.churned_customers, b.closing_customers)$$,
	'the total is the waterfall of movements()');

-- order, splitting, text
SELECT is_empty($$
	SELECT s.world
	FROM state s
	JOIN (
		SELECT w.world, rollup(w.part) AS state
		FROM (
			SELECT w.world, h.customer % 3, segment_flow_agg(h.holdings, p.segments, 'month', w.as_of, w.pause_days ORDER BY h.customer DESC) AS part
			FROM world w
			JOIN (SELECT world, customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS holdings FROM spell GROUP BY 1, 2) h USING (world)
			LEFT JOIN (SELECT world, customer, holdings_agg(segment, valid_from, valid_to, 0 ORDER BY n DESC) AS segments FROM placed GROUP BY 1, 2) p USING (world, customer)
			GROUP BY 1, 2) w
		GROUP BY 1) m USING (world)
	WHERE s.state <> m.state OR s.state <> s.state::text::segment_flow$$,
	'parts merged in any order give the same bytes, and so does text');
SELECT is_empty($$
	SELECT s.world
	FROM state s
	JOIN (
		SELECT w.world, segment_flow_agg(h.holdings, p.segments, 'month', w.as_of, w.pause_days) AS state
		FROM world w
		JOIN (
			SELECT x.world, x.customer, holdings_agg(x.product, d.f, d.t, x.mrr, NULL, NULL, x.is_paused) AS holdings
			FROM spell x
			CROSS JOIN LATERAL (
				SELECT x.started_on AS f, least(x.ended_on, x.started_on + 17) AS t
				UNION ALL
				SELECT x.started_on + 17, x.ended_on WHERE coalesce(x.ended_on > x.started_on + 17, true)) d
			GROUP BY 1, 2) h USING (world)
		LEFT JOIN (
			SELECT x.world, x.customer, holdings_agg(x.segment, x.valid_from, x.valid_to, 0) AS segments
			FROM placed x
			GROUP BY 1, 2) p USING (world, customer)
		GROUP BY 1) m USING (world)
	CROSS JOIN LATERAL (
		SELECT to_jsonb(b) - '{due_spells,renewed_spells,due_mrr,renewed_mrr,renewal_value_error}'::text[] FROM segment_bridge(s.state) b
		EXCEPT
		SELECT to_jsonb(b) - '{due_spells,renewed_spells,due_mrr,renewed_mrr,renewal_value_error}'::text[] FROM segment_bridge(m.state) b) d$$,
	'splitting a spell changes nothing but how many there are to renew');
SELECT is_empty($$
	SELECT s.world
	FROM state s
	JOIN (
		SELECT w.world, segment_flow_agg(h.holdings, p.segments, 'month', w.as_of + 1461, w.pause_days) AS state
		FROM world w
		JOIN (SELECT world, customer, holdings_agg(product, started_on + 1461, ended_on + 1461, mrr, NULL, NULL, is_paused) AS holdings FROM spell GROUP BY 1, 2) h USING (world)
		LEFT JOIN (SELECT world, customer, holdings_agg(segment, valid_from + 1461, valid_to + 1461, 0) AS segments FROM placed GROUP BY 1, 2) p USING (world, customer)
		GROUP BY 1) m USING (world)
	CROSS JOIN LATERAL (
		(SELECT b.segment, b.period_start + 1461, b.closing_mrr, b.net_retained_mrr, b.tenure_days FROM segment_bridge(s.state) b
		EXCEPT
		SELECT b.segment, b.period_start, b.closing_mrr, b.net_retained_mrr, b.tenure_days FROM segment_bridge(m.state) b)) d$$,
	'four years later all is the same');

-- in one pass
CREATE TEMP VIEW raw AS
SELECT world, customer, product, started_on AS f, ended_on AS t, mrr, is_paused, NULL AS segment FROM spell
UNION ALL
SELECT world, customer, NULL, valid_from, valid_to, NULL, NULL, segment FROM placed;
SELECT is_empty($$
	SELECT s.world
	FROM state s
	JOIN (
		SELECT w.world, segment_flow_agg(r.customer, r.product, r.f, r.t, r.mrr, r.is_paused, r.segment, 'month', w.as_of, NULL, 1, w.pause_days) AS numbers,
			segment_flow_agg('c' || r.customer, r.product, r.f, r.t, r.mrr, r.is_paused, r.segment, 'month', w.as_of, NULL, 1, w.pause_days ORDER BY r.t DESC, r.customer) AS texts
		FROM world w JOIN raw r USING (world) GROUP BY 1) o USING (world)
	WHERE s.state <> o.numbers OR s.state <> o.texts$$,
	'one pass over raw rows in any order gives the same bytes as two steps');
CREATE TABLE big_raw AS SELECT world * 100 + customer AS customer, product, f, t, mrr, is_paused, segment FROM raw;
CREATE TEMP TABLE alone AS SELECT segment_flow_agg(customer, product, f, t, mrr, is_paused, segment, 'week', '2024-06-01', NULL, 1, 30) AS state FROM big_raw;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
SET LOCAL parallel_leader_participation = off;
SELECT is((SELECT segment_flow_agg(customer, product, f, t, mrr, is_paused, segment, 'week', '2024-06-01', NULL, 1, 30) FROM big_raw), (SELECT state FROM alone), 'parallel workers give the same bytes as two steps');
RESET parallel_setup_cost;
RESET max_parallel_workers_per_gather;

-- mix and rate
SELECT is_empty($$
	WITH rate AS (
		SELECT b.world, b.segment, b.period_start, -b.churned_customers AS hits, b.opening_customers + b.paused_customers + b.closing_paused_customers AS n
		FROM bridge b
	), part AS (
		SELECT a.world, a.period_start,
			(y.n / ty.n::float8 - x.n / tx.n::float8) * (coalesce(x.hits / nullif(x.n, 0)::float8, y.hits / nullif(y.n, 0)::float8, 0) + coalesce(y.hits / nullif(y.n, 0)::float8, x.hits / nullif(x.n, 0)::float8, 0)) / 2
			+ coalesce(y.hits / nullif(y.n, 0)::float8 - x.hits / nullif(x.n, 0)::float8, 0) * (y.n / ty.n::float8 + x.n / tx.n::float8) / 2 AS both_effects,
			ty.hits / ty.n::float8 - tx.hits / tx.n::float8 AS change
		FROM rate a
		JOIN rate y ON y.world = a.world AND y.segment = a.segment AND y.period_start = a.period_start
		JOIN rate x ON x.world = a.world AND x.segment = a.segment AND x.period_start = a.period_start - interval '1 month'
		JOIN rate ty ON ty.world = a.world AND ty.segment = '(all)' AND ty.period_start = y.period_start AND ty.n > 0
		JOIN rate tx ON tx.world = a.world AND tx.segment = '(all)' AND tx.period_start = x.period_start AND tx.n > 0
		WHERE a.segment <> '(all)'
	)
	SELECT world, period_start, sum(both_effects), max(change) FROM part GROUP BY 1, 2 HAVING abs(sum(both_effects) - max(change)) > 1e-9$$,
	'mix and rate leave no rest, also where a segment is empty at one end');
SELECT * FROM finish();
ROLLBACK;
