\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Do deliveries come as often as customers want them, and what do customers do
-- by themselves?  Planted, and against brute force over random rows.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

CREATE TABLE box (customer_id int, due_on date, outcome text, delivered_on date, product text, preferred_days int);
CREATE TABLE spell (customer_id int, product text, started_on date, ended_on date, mrr numeric);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
SELECT cvm.create_model('c', tz => 'UTC', currency => 'EUR', as_of => '2024-04-01') \g /dev/null
SELECT cvm.bind('c', 'delivery', 'box') \g /dev/null

-- 1 takes each week, 2 every second week, 3 wants it after 20 days and not 28, 4 is not known, 5 takes none, 6 says 21 of 14
INSERT INTO box SELECT 1, date '2024-01-01' + 7 * n, 'accepted', NULL, 'A' FROM generate_series(0, 11) n;
INSERT INTO box SELECT 2, date '2024-01-01' + 7 * n, CASE WHEN n % 2 = 0 THEN 'Accepted' ELSE 'skipped' END, NULL, 'A' FROM generate_series(0, 11) n;
INSERT INTO box SELECT 3, date '2024-01-01' + 28 * n, 'pulled_forward', date '2024-01-01' + 20 * n, 'A' FROM generate_series(0, 3) n;
INSERT INTO box SELECT 4, date '2024-03-01' + 7 * n, 'sent', NULL, 'A' FROM generate_series(0, 1) n;
INSERT INTO box SELECT 5, date '2024-03-01' + 7 * n, 'paused', NULL, 'A' FROM generate_series(0, 2) n;
INSERT INTO box SELECT 6, date '2024-03-01' + 14 * n, 'accepted', NULL, 'A', 21 FROM generate_series(0, 2) n;
INSERT INTO box VALUES (1, '2024-04-02', 'skipped', NULL, 'A', NULL), (NULL, '2024-03-02', 'skipped', NULL, 'A', NULL), (1, 'infinity', 'skipped', NULL, 'A', NULL);
SELECT results_eq('SELECT month_label, customers, deliveries, accepted_deliveries, too_fast_deliveries, too_slow_deliveries, other_deliveries, judged_customers, fitting_customers,
	too_fast_customers, too_slow_customers, planned_days, preferred_days FROM c.cadence_fit ORDER BY month',
	$$VALUES ('2024-01', 3::bigint, 12::bigint, 8::bigint, 2::bigint, 2::bigint, 0::bigint, 2::bigint, 1::bigint, 1::bigint, 0::bigint, 7::float8, 10.5::float8),
	('2024-02', 3, 9, 6, 2, 1, 0, 3, 1, 1, 1, 7, 14), ('2024-03', 6, 13, 7, 5, 1, 2, 5, 1, 3, 1, 7, 17)$$,
	'too fast and too slow are told apart, a preferred interval from three cycles on, and what is due later is not counted');
SELECT results_eq($$SELECT customer_id, detail FROM cvm.customers('c', 'cadence_fit', '(all)|2024-03', 'too_fast_customers') ORDER BY 1$$,
	$$VALUES ('2', '1 of 3 accepted, every 14.0 days for 7.0 planned'), ('5', '0 of 3 accepted, every no days for 7.0 planned'), ('6', '3 of 3 accepted, every 21.0 days for 14.0 planned')$$,
	'the list has the interval that each customer prefers, and who takes nothing finds it too fast');
SELECT is((SELECT too_fast_mrr FROM c.cadence_fit WHERE month = '2024-03-01'), NULL, 'money is not known without subscriptions');
INSERT INTO spell SELECT n, 'A', '2024-01-01', CASE WHEN n = 5 THEN date '2024-03-20' END, 10 * n FROM generate_series(1, 6) n;
SELECT cvm.bind('c', 'subscription', 'spell') \g /dev/null
SELECT results_eq('SELECT month_label, too_fast_mrr, too_slow_mrr FROM c.cadence_fit ORDER BY 1', $$VALUES ('2024-01', 20.00, 0.00), ('2024-02', 20, 30), ('2024-03', 80, 30)$$,
	'money in misfit is what is paid at the end of the month');
SELECT cvm.configure('c', 'as_of', '2024-03-20') \g /dev/null
SELECT is((SELECT concat_ws(' ', is_complete, deliveries, fit_rate, conf_low, customer_fit_rate) FROM c.cadence_fit WHERE month = '2024-03-01'), 'f 11', 'a month that is not over has counts and no rates');
SELECT cvm.configure('c', 'too_fast_outcomes', 'skipped, Sent'), cvm.configure('c', 'as_of', '2024-04-01') \g /dev/null
SELECT is((SELECT concat_ws(' ', too_fast_deliveries, other_deliveries) FROM c.cadence_fit WHERE month = '2024-03-01'), '4 3', 'words of outcomes are settings, in any case of letters');
SELECT cvm.configure('c', 'too_fast_outcomes', 'skipped, delayed, paused') \g /dev/null

-- an interval of as many customers as there are where each does always the same
SELECT results_eq('SELECT round(conf_low::numeric, 6), round(conf_high::numeric, 6) FROM cvm._clustered_interval(50, 100, 10, 500, 500, 1000, 0.95)',
	'SELECT round(w.conf_low::numeric, 6), round(w.conf_high::numeric, 6) FROM cvm._clustered_interval(4.5, 9, 10, 4.05, 4.05, 8.1, 0.95) w', 'ten customers who always or never do are no hundred');
SELECT ok(abs(a.conf_low - w.conf_low) < 0.002 AND abs(a.conf_high - w.conf_high) < 0.002, 'one thing of each customer has the limits of Wilson')
FROM cvm._clustered_interval(81, 263, 263, 81, 81, 263, 0.95) a, cvm.proportion_interval(81, 263) w;
SELECT results_eq('SELECT round(a.conf_low::numeric, 9), round(a.conf_high::numeric, 9) FROM cvm._clustered_interval(0, 20, 20, 0, 0, 20, 0.95) a', 'SELECT round(conf_low::numeric, 9), round(conf_high::numeric, 9) FROM cvm.proportion_interval(0, 20)',
	'none of 20 has the published limits');
SELECT results_eq('SELECT conf_low, conf_high FROM cvm._clustered_interval(0, 0, 0, 0, 0, 0, 0.95)', 'VALUES (NULL::float8, NULL::float8)', 'no deliveries have no limits');

-- random deliveries against one query a customer and month
CREATE FUNCTION pg_temp.draw(seed int, what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(seed || what || i) & 2147483647) % below;
CREATE FUNCTION pg_temp.brute(until date) RETURNS TABLE (customer_id int, month date, fit bigint, fast bigint, slow bigint, other bigint, is_judged bool, is_fast bool, is_slow bool) LANGUAGE sql AS $$
	WITH b AS (SELECT *, row_number() OVER (ORDER BY customer_id, product, due_on, delivered_on, outcome) AS n, date_trunc('month', due_on)::date AS month FROM box WHERE due_on < until),
	g AS (SELECT b.*, CASE WHEN outcome = 'accepted' THEN due_on WHEN outcome IN ('skipped', 'delayed', 'paused', 'pulled_forward') AND delivered_on < until THEN delivered_on END AS got_on FROM b),
	p AS (SELECT g.*, nullif(g.due_on - (SELECT x.due_on FROM g x WHERE x.customer_id = g.customer_id AND x.product = g.product AND x.n < g.n ORDER BY x.n DESC LIMIT 1), 0) AS planned,
		g.got_on - (SELECT max(x.got_on) FROM g x WHERE x.customer_id = g.customer_id AND x.product = g.product AND x.n < g.n) AS got FROM g),
	l AS (SELECT k.customer_id, k.month, k.product, max(k.n) AS n FROM p k GROUP BY 1, 2, 3),
	j AS (SELECT l.customer_id, l.month, w.* FROM l, LATERAL (SELECT count(*) AS cycles, count(x.got_on) AS received, percentile_cont(0.5) WITHIN GROUP (ORDER BY x.planned) AS planned,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY x.got) FILTER (WHERE x.got > 0) AS preferred
		FROM (SELECT * FROM p x WHERE x.customer_id = l.customer_id AND x.product = l.product AND x.n <= l.n ORDER BY x.n DESC LIMIT 6) x) w),
	t AS (SELECT j.customer_id, j.month, bool_or(CASE WHEN preferred IS NULL THEN received = 0 ELSE preferred / planned > 1.2 END) AS is_fast, bool_or(coalesce(preferred / planned < 0.8, false)) AS is_slow
		FROM j WHERE cycles >= 3 AND planned > 0 AND (preferred > 0 OR received = 0) GROUP BY 1, 2)
	SELECT b.customer_id, b.month, count(*) FILTER (WHERE outcome = 'accepted'), count(*) FILTER (WHERE outcome IN ('skipped', 'delayed', 'paused')), count(*) FILTER (WHERE outcome = 'pulled_forward'),
		count(*) FILTER (WHERE outcome IS NULL), t.customer_id IS NOT NULL, coalesce(t.is_fast, false), coalesce(t.is_slow AND NOT t.is_fast, false)
	FROM b LEFT JOIN t USING (customer_id, month) GROUP BY b.customer_id, b.month, t.customer_id, t.is_fast, t.is_slow
$$;
CREATE FUNCTION pg_temp.world(seed int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE box, spell, tier;
	INSERT INTO box SELECT c, d, o, CASE WHEN o = 'delayed' THEN d + 1 + pg_temp.draw(seed, 'g', c * 100 + n, 9) WHEN o = 'pulled_forward' THEN d - pg_temp.draw(seed, 'g', c * 100 + n, 9) END, p
	FROM (SELECT c, n, date '2024-01-01' + pg_temp.draw(seed, 's', c, 60) + n * (5 + pg_temp.draw(seed, 'i', c, 20)) + pg_temp.draw(seed, 'j', c * 100 + n, 3) AS d,
		(ARRAY['accepted', 'accepted', 'skipped', 'delayed', 'pulled_forward', NULL])[1 + (pg_temp.draw(seed, 'o', c * 100 + n, 6) * (c % 4)) % 6] AS o, (ARRAY['A', 'B'])[1 + pg_temp.draw(seed, 'p', c * 100 + n, 1 + c % 2)] AS p
		FROM generate_series(1, 40) c, generate_series(0, 9) n) x;
	INSERT INTO spell SELECT c, 'A', date '2024-01-01' + pg_temp.draw(seed, 'f', c, 50), CASE WHEN c % 3 = 0 THEN date '2024-04-01' + pg_temp.draw(seed, 'e', c, 50) END, 5 + pg_temp.draw(seed, 'm', c, 20) FROM generate_series(1, 45) c;
	INSERT INTO tier SELECT c, (ARRAY['gold', 'tin'])[1 + pg_temp.draw(seed, 't', c, 2)], date '2024-01-01', CASE WHEN c % 5 = 0 THEN date '2024-03-15' END FROM generate_series(1, 38) c
	UNION ALL SELECT c, 'tin', '2024-03-15', NULL FROM generate_series(10, 38, 10) c;
END
$$;
SELECT cvm.bind('c', 'segment_history', 'tier'), cvm.configure('c', 'as_of', '2024-07-01') \g /dev/null
CREATE FUNCTION pg_temp.differ(seed int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.world(seed);
	RETURN QUERY
	WITH b AS (SELECT x.*, coalesce((SELECT t.segment FROM tier t WHERE t.customer_id = x.customer_id AND t.valid_from < x.month + interval '1 month' AND coalesce(t.valid_to >= x.month + interval '1 month', true)), '(none)') AS segment,
		coalesce((SELECT sum(s.mrr) FROM spell s WHERE s.customer_id = x.customer_id AND s.started_on < x.month + interval '1 month' AND coalesce(s.ended_on >= x.month + interval '1 month', true)), 0) AS mrr
		FROM pg_temp.brute('2024-07-01') x),
	s AS (SELECT segment AS s, * FROM b UNION ALL SELECT '(all)', * FROM b),
	r AS (SELECT s, month, count(*) AS customers, sum(fit)::bigint AS fit, sum(fast)::bigint AS fast, sum(slow)::bigint AS slow, sum(other)::bigint AS other, count(*) FILTER (WHERE is_judged) AS judged,
		count(*) FILTER (WHERE is_fast) AS fast_customers, count(*) FILTER (WHERE is_slow) AS slow_customers, coalesce(sum(mrr) FILTER (WHERE is_fast), 0) AS fast_mrr, coalesce(sum(mrr) FILTER (WHERE is_slow), 0) AS slow_mrr FROM s GROUP BY 1, 2)
	SELECT format('world %s: %s', seed, k) FROM (
		(SELECT s COLLATE "C", month, customers, fit, fast, slow, other, judged, fast_customers, slow_customers, fast_mrr, slow_mrr FROM r
		EXCEPT SELECT segment, month, customers, accepted_deliveries, too_fast_deliveries, too_slow_deliveries, other_deliveries, judged_customers, too_fast_customers, too_slow_customers, too_fast_mrr, too_slow_mrr FROM c.cadence_fit)
		UNION ALL
		(SELECT segment, month, customers, accepted_deliveries, too_fast_deliveries, too_slow_deliveries, other_deliveries, judged_customers, too_fast_customers, too_slow_customers, too_fast_mrr, too_slow_mrr FROM c.cadence_fit
		EXCEPT SELECT s COLLATE "C", month, customers, fit, fast, slow, other, judged, fast_customers, slow_customers, fast_mrr, slow_mrr FROM r)) k;
END
$$;
\set worlds 2
\getenv worlds CVM_WORLDS
SELECT is_empty(format('SELECT d FROM generate_series(1, %s) n, pg_temp.differ(n) d', :worlds), 'random deliveries are judged as one by one');
SELECT cmp_ok((SELECT sum(least(too_fast_customers, too_slow_customers, fitting_customers)) FROM c.cadence_fit WHERE segment = '(all)'), '>=', 2::numeric, 'random customers are of all kinds');

-- what customers do by themselves
CREATE TABLE act (customer_id int, at timestamp, task text, channel text, completed bool);
CREATE TABLE ask (customer_id int, opened_at timestamp, topic text);
SELECT cvm.create_model('p', tz => 'UTC', as_of => '2024-04-01'), cvm.bind('p', 'interaction', 'act') \g /dev/null
INSERT INTO act VALUES
	(1, '2024-01-02 10:00', 'address', 'app', true), (1, '2024-01-05 09:59', 'Address ', 'phone', true),
	(2, '2024-01-02 10:00', 'address', 'app', true), (2, '2024-01-05 10:01', 'address', 'phone', true),
	(3, '2024-01-03', 'bill', 'Portal', true), (4, '2024-01-03', 'bill', 'portal', false), (4, '2024-01-03 02:00', 'move', 'shop', true), (5, '2024-01-03', 'bill', NULL, true),
	(3, '2024-03-31', 'bill', 'portal', true), (4, '2024-03-03', 'bill', 'shop', NULL), (NULL, '2024-03-03', 'bill', 'shop', NULL), (4, 'infinity', 'bill', 'shop', NULL), (4, '2024-04-01', 'bill', 'shop', NULL);
SELECT results_eq('SELECT month_label, customers, interactions, tasks, portal_tasks, assisted_tasks, left_out_tasks, self_serve_rate, abandoned_tasks, portal_customers, reach, judged_tasks, pending_tasks, contained_tasks, containment_rate FROM p.self_serve ORDER BY 1',
	$$VALUES ('2024-01', 4::bigint, 7::bigint, 1::bigint, 2::bigint, 2::bigint, 2::bigint, 0.5::float8, 1::bigint, 4::bigint, NULL::float8, 3::bigint, 0::bigint, 2::bigint, 2::float8 / 3),
	('2024-03', 2, 2, 2, 1, 1, 0, 0.5, 0, 1, NULL, 0, 1, 0, NULL)$$, 'only tasks that are done both ways are compared, and help after 72 hours tells nothing');
SELECT cvm.bind('p', 'ticket', 'ask'), cvm.bind('p', 'subscription', 'spell') \g /dev/null
TRUNCATE spell;
INSERT INTO spell SELECT n, 'A', '2024-01-01', CASE WHEN n = 1 THEN date '2024-01-31' END, 10 FROM generate_series(1, 10) n;
INSERT INTO ask VALUES (2, '2024-01-03', 'BILL'), (3, '2024-01-04', NULL);
SELECT results_eq('SELECT month_label, contained_tasks, without_any_help_rate, portal_customers, reached_customers, active_customers, reach, assisted_interactions FROM p.self_serve ORDER BY 1',
	$$VALUES ('2024-01', 1::bigint, 0::float8, 4::bigint, 3::bigint, 9::bigint, 3::float8 / 9, 3::bigint), ('2024-03', 0, NULL, 1, 1, 9, 1::float8 / 9, 1)$$,
	'a ticket of the topic or of none is help with the task, of another topic with something else, and reach is of those who pay');
SELECT results_eq($$SELECT customer_id FROM cvm.customers('p', 'self_serve', '(all)|2024-01', 'active_customers') ORDER BY customer_id::int$$, 'SELECT n::text FROM generate_series(2, 10) n', 'who pays is listed, with an interaction or without');
CREATE FUNCTION pg_temp.differ_acts(seed int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.world(seed);
	TRUNCATE act, ask;
	INSERT INTO act SELECT 1 + pg_temp.draw(seed, 'c', n, 30), timestamp '2024-01-01' + pg_temp.draw(seed, 'a', n, 24 * 120) * interval '1 hour', (ARRAY['x', 'y', 'z', NULL])[1 + pg_temp.draw(seed, 'k', n, 4)],
		CASE WHEN pg_temp.draw(seed, 'k', n, 4) = 2 AND n < 300 THEN 'app' ELSE (ARRAY['app', 'phone', NULL])[1 + pg_temp.draw(seed, 'v', n, 3)] END, (ARRAY[true, false, NULL])[1 + pg_temp.draw(seed, 'd', n, 3)] FROM generate_series(1, 400) n;
	INSERT INTO ask SELECT 1 + pg_temp.draw(seed, 'q', n, 30), timestamp '2024-01-01' + pg_temp.draw(seed, 'r', n, 24 * 120) * interval '1 hour', (ARRAY['x', 'Y', NULL])[1 + pg_temp.draw(seed, 'u', n, 3)] FROM generate_series(1, 60) n;
	RETURN QUERY
	WITH a AS (SELECT *, date_trunc('month', at)::date AS month, channel = 'app' AS portal, completed IS NOT FALSE AS done FROM act WHERE channel IS NOT NULL AND at < '2024-04-01'),
	e AS (SELECT a.*, done AND task IS NOT NULL AND EXISTS (SELECT FROM a x WHERE x.task = a.task AND x.done AND x.portal AND x.month <= a.month)
			AND EXISTS (SELECT FROM a x WHERE x.task = a.task AND x.done AND NOT x.portal AND x.month <= a.month) AS is_both,
		portal AND done AND at + interval '72 hours' <= '2024-04-01' AS judged,
		NOT EXISTS (SELECT FROM act x WHERE x.channel = 'phone' AND x.customer_id = a.customer_id AND (x.task IS NULL OR x.task = a.task) AND x.at > a.at AND x.at <= a.at + interval '72 hours')
			AND NOT EXISTS (SELECT FROM ask x WHERE x.customer_id = a.customer_id AND (x.topic IS NULL OR lower(x.topic) = a.task) AND x.opened_at > a.at AND x.opened_at <= a.at + interval '72 hours') AS contained,
		NOT EXISTS (SELECT FROM act x WHERE x.channel = 'phone' AND x.customer_id = a.customer_id AND x.at > a.at AND x.at <= a.at + interval '72 hours')
			AND NOT EXISTS (SELECT FROM ask x WHERE x.customer_id = a.customer_id AND x.opened_at > a.at AND x.opened_at <= a.at + interval '72 hours') AS alone,
		coalesce((SELECT t.segment FROM tier t WHERE t.customer_id = a.customer_id AND t.valid_from < a.month + interval '1 month' AND coalesce(t.valid_to >= a.month + interval '1 month', true)), '(none)') AS segment,
		EXISTS (SELECT FROM spell s WHERE s.customer_id = a.customer_id AND s.started_on < a.month + interval '1 month' AND coalesce(s.ended_on >= a.month + interval '1 month', true)) AS pays FROM a),
	s AS (SELECT segment AS s, * FROM e UNION ALL SELECT '(all)', * FROM e),
	r AS (SELECT s COLLATE "C", month, count(DISTINCT customer_id) AS customers, count(*) AS n, count(*) FILTER (WHERE is_both AND portal) AS hits, count(*) FILTER (WHERE is_both AND NOT portal) AS misses,
		count(*) FILTER (WHERE done AND NOT is_both) AS left_out, count(*) FILTER (WHERE portal AND NOT done) AS given_up, count(DISTINCT customer_id) FILTER (WHERE portal) AS portal,
		count(DISTINCT customer_id) FILTER (WHERE portal AND pays) AS reached, count(*) FILTER (WHERE judged) AS judged, count(*) FILTER (WHERE judged AND contained) AS contained,
		count(*) FILTER (WHERE judged AND alone)::float8 / nullif(count(*) FILTER (WHERE judged), 0) AS alone FROM s GROUP BY 1, 2),
	v AS (SELECT segment, month, customers, interactions, portal_tasks, assisted_tasks, left_out_tasks, abandoned_tasks, portal_customers, reached_customers, judged_tasks, contained_tasks, without_any_help_rate FROM p.self_serve)
	SELECT format('world %s: %s', seed, k) FROM ((SELECT * FROM r EXCEPT SELECT * FROM v) UNION ALL (SELECT * FROM v EXCEPT SELECT * FROM r)) k;
	RETURN QUERY SELECT format('world %s: %s', seed, m) FROM p.self_serve v JOIN p.mrr_movement m USING (segment, month) WHERE v.active_customers <> m.closing_customers;
END
$$;
SELECT cvm.bind('p', 'segment_history', 'tier') \g /dev/null
SELECT is_empty(format('SELECT d FROM generate_series(1, %s) n, pg_temp.differ_acts(n) d', :worlds), 'random interactions are counted as one by one');
-- of one world, whatever their number: not each of them has all
SELECT count(*) FROM pg_temp.differ_acts(2) \g /dev/null
SELECT cmp_ok((SELECT min(least(portal_tasks, assisted_tasks, left_out_tasks, contained_tasks, judged_tasks - contained_tasks)) FROM p.self_serve WHERE segment = '(all)'), '>=', 1::bigint, 'random interactions are of all kinds');

SELECT * FROM finish();
ROLLBACK;
