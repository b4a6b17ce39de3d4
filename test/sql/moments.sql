\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What poor moments cost, and what becomes of each instalment.  Planted, and
-- against brute force that lays out every instalment of random lines.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

SELECT results_eq($$SELECT d, cvm._instalments('2024-01-31', d, 1, 0), cvm._instalments('2024-01-31', d, 1, 7) FROM unnest('{2024-01-30,2024-01-31,2024-02-28,2024-02-29,2024-03-30,2024-03-31,2024-04-30}'::date[]) d$$,
	$$VALUES (date '2024-01-30', -1, -1), ('2024-01-31', 0, 0), ('2024-02-28', 0, 4), ('2024-02-29', 1, 4), ('2024-03-30', 1, 8), ('2024-03-31', 2, 8), ('2024-04-30', 3, 12)$$,
	'months are added to the first day, and the last day of a short month is the anniversary');
SELECT is_empty($$SELECT s, k, m FROM generate_series(timestamp '2023-10-25', '2024-03-05', '1 day') s, generate_series(0, 30) k, unnest('{1,3}'::int[]) m
	WHERE cvm._instalments(s::date, (s + k * m * interval '1 month')::date, m, 0) <> k OR cvm._instalments(s::date, (s + k * m * interval '1 month')::date - 1, m, 0) <> k - 1$$,
	'an instalment begins on each anniversary, and not the day before');

CREATE TABLE spell (customer_id int, product text, started_on date, ended_on date, mrr numeric, end_reason text, status text);
CREATE TABLE poor (customer_id int, at date, kind text, product text);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
CREATE TABLE box (customer_id int, due_on date, outcome text, delivered_on date, product text);
CREATE TABLE help (customer_id int, opened_at date, reopens int, reopened_at date, product text);
CREATE TABLE said (customer_id int, occurred_at date, instrument text, score int);
CREATE TABLE happened (customer_id int, occurred_at date, kind text, product text);
SELECT cvm.create_model('m', tz => 'UTC', currency => 'EUR', as_of => '2024-06-01') \g /dev/null
SELECT cvm.bind('m', e, e_table) FROM (VALUES ('subscription', 'spell'::regclass), ('moment', 'poor'), ('delivery', 'box'), ('ticket', 'help'), ('survey', 'said'), ('event', 'happened'), ('segment_history', 'tier')) v (e, e_table) \g /dev/null

-- of ten lines of A four are hit in the second instalment, and two of them and one other end with it
INSERT INTO spell SELECT n, 'A', '2024-01-10', CASE WHEN n <= 2 THEN date '2024-03-10' WHEN n = 5 THEN date '2024-03-01' END, 10 FROM generate_series(1, 10) n;
INSERT INTO spell SELECT n, 'B', '2024-01-10', CASE WHEN n = 3 THEN date '2024-03-01' END, 10 FROM generate_series(3, 8) n;
INSERT INTO poor SELECT n, '2024-02-15', 'outage', 'A' FROM generate_series(1, 4) n;
INSERT INTO poor VALUES (1, '2024-02-16', 'outage', 'A'), (9, '2024-05-15', 'outage', 'A'), (1, '2024-04-01', 'outage', 'A'), (1, 'infinity', 'outage', 'A');
SELECT results_eq($$SELECT tenure_band, product_hit, product_lost, is_spill_over, customers, lost_customers, hit_instalments, hit_lost, other_instalments, other_lost, round(relative_risk::numeric, 6), round(conf_low::numeric, 4), round(conf_high::numeric, 4), round(excess_lost::numeric, 4)
	FROM m.poor_moment WHERE tenure_band = '(all)' ORDER BY 2, 3$$,
	$$VALUES ('(all)', '(all)', '(all)', false, 4::bigint, -2::bigint, 4::bigint, 2::bigint, 22::bigint, 1::bigint, 11.0, 1.2799, 94.5369, 1.8182), ('(all)', '(all)', '(other)', true, 2, -1, 2, 1, 13, 0, NULL, NULL, NULL, 1),
	('(all)', 'A', 'A', false, 4, -2, 4, 2, 22, 1, 11.0, 1.2799, 94.5369, 1.8182), ('(all)', 'A', 'B', true, 2, -1, 2, 1, 13, 0, NULL, NULL, NULL, 1)$$,
	'a moment counts once in an instalment that came to its end, and for another product only where both were held');
SELECT results_eq($$SELECT customer_id, detail FROM cvm.customers('m', 'poor_moment', 'outage|(all)|(all)|(other)', 'customers') ORDER BY 1$$, $$VALUES ('3', '1 instalments, lost B'), ('4', '1 instalments')$$, 'the list says who was hit and what was lost');
INSERT INTO spell VALUES (2, 'C', '2024-03-10', NULL, 12);
SELECT is((SELECT concat_ws(' ', hit_instalments, hit_lost) FROM m.poor_moment WHERE row_key = 'outage|(all)|A|A'), '4 1', 'who moves to another product on the day of the end is not lost');

-- moments that other entities tell of
INSERT INTO box VALUES (5, '2024-02-11', 'accepted', '2024-02-13', 'A'), (6, '2024-02-11', 'accepted', '2024-02-11', 'A'), (7, '2024-02-11', 'delayed', '2024-02-19', 'A'), (8, '2024-02-11', 'accepted', NULL, 'A');
INSERT INTO help VALUES (6, '2024-02-01', 1, '2024-02-12', 'A'), (7, '2024-02-12', 0, NULL, 'A'), (8, '2024-02-12', 2, NULL, NULL);
INSERT INTO said VALUES (7, '2024-02-12', 'NPS', 6), (8, '2024-02-12', 'nps', 7), (9, '2024-02-12', 'csat', 1);
INSERT INTO happened VALUES (8, '2024-02-12', 'Payment_Failed', 'A'), (9, '2024-02-12', 'payment', 'A');
INSERT INTO spell VALUES (11, 'A', '2024-01-10', '2024-02-10', 10), (11, 'A', '2024-02-10', NULL, 11), (12, 'A', '2024-01-10', '2024-02-10', 10), (12, 'A', '2024-02-10', NULL, 9);
SELECT results_eq($$SELECT p.kind, string_agg(c.customer_id, ' ' ORDER BY c.customer_id) FROM m.poor_moment p, cvm.customers('m', 'poor_moment', p.row_key, 'customers') c
	WHERE tenure_band = '(all)' AND product_hit = '(all)' AND product_lost = '(all)' AND kind <> 'outage' GROUP BY 1 ORDER BY 1$$,
	$$VALUES ('detractor', '7'), ('failed_payment', '8'), ('late_delivery', '5'), ('price_rise', '11'), ('reopened_ticket', '6 8')$$, 'kinds that other entities tell of are found');

-- what becomes of instalments
TRUNCATE spell, box;
INSERT INTO spell VALUES
	(1, 'A', '2024-01-10', NULL, 10, NULL, NULL), (2, 'A', '2024-01-10', '2024-03-10', 10, NULL, NULL), (3, 'A', '2024-01-10', '2024-03-05', 10, 'Payment Failed', NULL),
	(4, 'A', '2024-01-10', '2024-03-10', 10, NULL, NULL), (4, 'B', '2024-03-10', NULL, 20, NULL, NULL), (5, 'A', '2024-01-10', '2024-03-10', 10, NULL, NULL), (5, 'Z', '2024-03-10', NULL, 5, NULL, NULL),
	(6, 'A', '2024-01-10', '2024-02-20', 10, NULL, NULL), (6, 'A', '2024-02-20', '2024-04-20', 10, NULL, 'paused'), (6, 'A', '2024-04-20', NULL, 12, NULL, NULL);
INSERT INTO box VALUES (1, '2024-03-12', 'skipped', NULL, 'A'), (1, '2024-03-19', 'skipped', NULL, NULL), (1, '2024-04-12', 'skipped', NULL, 'A'), (1, '2024-04-19', 'accepted', NULL, 'A');
SELECT results_eq('SELECT ordinal, outcome, instalments, due_instalments, customers, mrr, next_mrr FROM m.decision WHERE segment = ''(all)'' ORDER BY 1, 2',
	$$VALUES (1, 'renewed', 8::bigint, 8::bigint, 6::bigint, 85.00, 85.00), (2, 'cancelled', 1, 8, 1, 10, 0), (2, 'downgraded', 1, 8, 1, 10, 5), (2, 'failed', 1, 8, 1, 10, 0), (2, 'paused', 1, 8, 1, 10, 0), (2, 'renewed', 2, 8, 2, 25, 25),
	(2, 'skipped', 1, 8, 1, 10, 0), (2, 'upgraded', 1, 8, 1, 10, 20), (3, 'paused', 1, 2, 1, 10, 0), (3, 'renewed', 1, 2, 1, 10, 10), (4, 'renewed', 2, 2, 2, 20, 22)$$,
	'each instalment has one outcome, and only where all that was due in the next one was skipped it is skipped') ;
SELECT results_eq($$SELECT outcome, customer_id, mrr_before, mrr_after FROM m.decision d, cvm.customers('m', 'decision', d.row_key, 'customers') c WHERE segment = '(all)' AND ordinal = 2 AND outcome <> 'renewed' ORDER BY 1$$,
	$$VALUES ('cancelled', '2', 10::numeric, 0::numeric), ('downgraded', '5', 10, 5), ('failed', '3', 10, 0), ('paused', '6', 10, 0), ('skipped', '1', 10, 0), ('upgraded', '4', 10, 20)$$, 'the list says who decided so');
TRUNCATE box, help, said, happened;
SELECT cvm.configure('m', 'as_of', '2024-10-01') \g /dev/null

-- was it seen coming?  1 and 2 leave, 1 was flagged 50 days before and 2 five; 3 was flagged and stayed, 4 left unseen, 5 was flagged too long ago
TRUNCATE spell, poor;
INSERT INTO spell SELECT n, 'A', date '2023-06-01', CASE WHEN n IN (1, 2, 4, 5) THEN date '2024-05-20' END, 10 * n, NULL, NULL FROM generate_series(1, 6) n;
INSERT INTO poor VALUES (1, '2024-03-31', 'outage', 'A'), (1, '2024-05-01', 'outage', 'A'), (2, '2024-05-15', 'outage', 'A'), (3, '2024-03-02', 'outage', 'A'), (5, '2023-10-01', 'outage', NULL), (9, '2024-03-02', 'outage', NULL);
SELECT results_eq($$SELECT month_label, churned_customers, churned_mrr, warned_customers, warned_mrr, late_customers, round(preempted_share::numeric, 6), recall_rate, lead_days, flagged_customers, judged_customers, flagged_lost_customers, precision_rate
	FROM m.early_warning WHERE segment = '(all)' ORDER BY 1$$,
	$$VALUES ('2023-10', 0::bigint, 0.00, 0::bigint, 0.00, 0::bigint, NULL::numeric, NULL::float8, NULL::float8, 1::bigint, 1::bigint, 0::bigint, 0::float8), ('2024-03', 0, 0, 0, 0, 0, NULL, NULL, NULL, 2, 2, 1, 0.5),
	('2024-05', -4, -120, -1, -10, -1, 0.083333, 0.25, 27.5, 2, 2, 2, 1)$$, 'money is pre-empted where the first flag lies in time, and a flag is right where the customer leaves');
SELECT results_eq($$SELECT customer_id, detail FROM cvm.customers('m', 'early_warning', '(all)|2024-05', 'churned_customers') ORDER BY 1$$,
	$$VALUES ('1', 'left, flagged 50 days before, flagged on 2024-05-01'), ('2', 'left, flagged 5 days before, flagged on 2024-05-15'), ('4', 'left, not flagged'), ('5', 'left, not flagged')$$, 'the list says how long before');
INSERT INTO happened (customer_id, occurred_at) VALUES (4, '2024-03-01'), (6, '2024-03-01'), (6, '2024-03-31'), (6, '2024-04-30'), (6, '2024-05-30'), (6, '2024-06-29'), (6, '2024-07-29'), (6, '2024-08-28'), (6, '2024-09-27');
SELECT is((SELECT string_agg(customer_id || ' ' || detail, ', ') FROM cvm.customers('m', 'early_warning', '(all)|2024-04', 'flagged_customers')), '4 flagged on 2024-04-01', 'a month of silence is a flag, thirty days from one event to the next are none');
SELECT is((SELECT warned_customers FROM m.early_warning WHERE row_key = '(all)|2024-05'), -2::bigint, 'who fell silent 49 days before the end was flagged in time');
TRUNCATE happened;

-- random lines, laid out
CREATE TABLE truth (customer_id int, product text, since date, ended date, rise_on date, mrr numeric);
CREATE FUNCTION pg_temp.draw(seed int, what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(seed || what || i) & 2147483647) % below;
CREATE FUNCTION pg_temp.world(seed int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE truth, spell, poor, tier;
	INSERT INTO truth SELECT c, p, since, CASE WHEN pg_temp.draw(seed, 'e' || p, c, 3) > 0 THEN since + 1 + pg_temp.draw(seed, 'l' || p, c, 300) END, NULL, 5 + pg_temp.draw(seed, 'm' || p, c, 9)
	FROM (SELECT c, p, date '2023-06-01' + pg_temp.draw(seed, 's' || p, c, 200) AS since FROM generate_series(1, 25) c, unnest('{A,B,C}'::text[]) p WHERE pg_temp.draw(seed, 'h' || p, c, 3) > 0) x;
	-- some move to another product, once
	INSERT INTO truth SELECT customer_id, 'D', ended, ended + 100, NULL, 4 + customer_id % 8 FROM truth WHERE product = 'A' AND customer_id % 3 = 0 AND ended IS NOT NULL;
	UPDATE truth SET rise_on = since + 40 WHERE customer_id % 4 = 0 AND coalesce(ended > since + 40, true);
	INSERT INTO spell SELECT customer_id, product, since, coalesce(rise_on, ended), mrr FROM truth
	UNION ALL SELECT customer_id, product, rise_on, rise_on + 5, mrr + customer_id % 3 FROM truth WHERE rise_on IS NOT NULL
	UNION ALL SELECT customer_id, product, rise_on + 5, ended, mrr + customer_id % 3 FROM truth WHERE rise_on IS NOT NULL AND coalesce(ended > rise_on + 5, true);
	UPDATE spell s SET ended_on = t.ended FROM truth t WHERE t.customer_id = s.customer_id AND t.product = s.product AND s.ended_on > t.ended;
	INSERT INTO poor SELECT 1 + pg_temp.draw(seed, 'w', n, 25), date '2023-06-15' + pg_temp.draw(seed, 'd', n, 450), (ARRAY['outage', 'bill'])[1 + pg_temp.draw(seed, 'k', n, 2)], (ARRAY['A', 'B', 'D', NULL])[1 + pg_temp.draw(seed, 'p', n, 4)] FROM generate_series(1, 120) n;
	INSERT INTO tier SELECT c, (ARRAY['gold', 'tin'])[1 + c % 2], date '2023-01-01', CASE WHEN c % 5 = 0 THEN date '2023-12-15' END FROM generate_series(1, 22) c UNION ALL SELECT c, 'tin', '2023-12-15', NULL FROM generate_series(5, 22, 5) c;
END
$$;
CREATE TEMP VIEW ended AS SELECT t.*, row_number() OVER (PARTITION BY customer_id, ended ORDER BY mrr + CASE WHEN rise_on IS NULL THEN 0 ELSE customer_id % 3 END DESC, product) AS rank FROM truth t;
CREATE TEMP VIEW begun AS SELECT t.*, row_number() OVER (PARTITION BY customer_id, since ORDER BY mrr DESC, product) AS rank FROM truth t;
CREATE TEMP VIEW laid AS
SELECT t.customer_id, t.product, k, (t.since + (k - 1) * interval '1 month')::date AS first, (t.since + k * interval '1 month')::date AS next, t.ended, t.since, coalesce(t.ended <= (t.since + k * interval '1 month')::date, false) AS is_last,
	coalesce(t.ended < (t.since + k * interval '1 month')::date, false) AS is_cut,
	b.customer_id IS NOT NULL AS is_moved, b.mrr AS moved_mrr, CASE WHEN k - 1 < 3 THEN '0-2' WHEN k - 1 < 12 THEN '3-11' WHEN k - 1 < 24 THEN '12-23' ELSE '24+' END AS band,
	t.mrr + CASE WHEN t.rise_on < t.since + k * interval '1 month' THEN t.customer_id % 3 ELSE 0 END AS mrr_late,
	t.mrr + CASE WHEN t.rise_on <= t.since + (k - 1) * interval '1 month' THEN t.customer_id % 3 ELSE 0 END AS mrr, t.mrr + CASE WHEN t.rise_on <= t.since + k * interval '1 month' THEN t.customer_id % 3 ELSE 0 END AS mrr_next,
	t.mrr + CASE WHEN t.rise_on IS NOT NULL THEN t.customer_id % 3 ELSE 0 END AS mrr_end
FROM ended t
LEFT JOIN begun b ON b.customer_id = t.customer_id AND b.since = t.ended AND b.rank = t.rank
CROSS JOIN generate_series(1, 20) k
WHERE t.since + k * interval '1 month' < '2024-10-01' AND coalesce(t.since + (k - 1) * interval '1 month' < t.ended, true);
CREATE FUNCTION pg_temp.differ(seed int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.world(seed);
	RETURN QUERY
	WITH kind AS (SELECT DISTINCT kind FROM poor UNION SELECT 'price_rise'),
	risky AS (SELECT l.customer_id, l.product, l.k, l.first, l.next, l.ended, l.band, l.is_moved, l.is_last OR c.k IS NOT NULL AS is_last, c.k IS NOT NULL AS is_whole
		FROM laid l LEFT JOIN laid c ON c.customer_id = l.customer_id AND c.product = l.product AND c.is_cut AND c.k = l.k + 1 WHERE NOT l.is_cut), mo AS (SELECT customer_id, at, kind, product FROM poor UNION ALL SELECT customer_id, rise_on, 'price_rise', product FROM truth WHERE rise_on IS NOT NULL AND customer_id % 3 > 0),
	cell AS (
		SELECT kind, '(hit)' AS base, '' AS hit, l.*, EXISTS (SELECT FROM mo m WHERE m.kind = k.kind AND m.customer_id = l.customer_id AND m.at >= l.first AND coalesce(m.at < l.ended, true) AND CASE WHEN l.is_whole THEN (m.at + interval '1 month')::date >= l.ended ELSE m.at < l.next END AND coalesce(m.product = l.product, true)) AS hits
		FROM kind k, risky l
		UNION ALL
		SELECT kind, '(pair)', p.p, l.*, EXISTS (SELECT FROM mo m WHERE m.kind = k.kind AND m.customer_id = l.customer_id AND m.at >= l.first AND coalesce(m.at < l.ended, true) AND CASE WHEN l.is_whole THEN (m.at + interval '1 month')::date >= l.ended ELSE m.at < l.next END AND m.product = p.p)
		FROM kind k, risky l, unnest('{A,B,C,D}'::text[]) p(p) WHERE p.p <> l.product AND EXISTS (SELECT FROM truth t WHERE t.customer_id = l.customer_id AND t.product = p.p AND t.since <= l.first AND coalesce(t.ended > l.first, true))
		UNION ALL
		SELECT kind, '(other)', '', l.*, EXISTS (SELECT FROM mo m WHERE m.kind = k.kind AND m.customer_id = l.customer_id AND m.at >= l.first AND coalesce(m.at < l.ended, true) AND CASE WHEN l.is_whole THEN (m.at + interval '1 month')::date >= l.ended ELSE m.at < l.next END AND m.product <> l.product)
		FROM kind k, risky l WHERE EXISTS (SELECT FROM truth t WHERE t.customer_id = l.customer_id AND t.product <> l.product AND t.since <= l.first AND coalesce(t.ended > l.first, true))),
	row AS (SELECT c.*, b.b, x.h, x.l FROM cell c, LATERAL (VALUES ('(all)'), (c.band)) b (b), LATERAL (SELECT '(all)' AS h, CASE c.base WHEN '(hit)' THEN '(all)' ELSE '(other)' END AS l WHERE c.base <> '(pair)'
		UNION ALL SELECT CASE c.base WHEN '(hit)' THEN c.product ELSE c.hit END, c.product WHERE c.base <> '(other)') x),
	s AS (SELECT kind, b, h, l, product, band, count(*) FILTER (WHERE hits) AS n1, count(*) FILTER (WHERE hits AND is_last AND NOT is_moved) AS a, count(*) FILTER (WHERE NOT hits) AS n0,
		count(*) FILTER (WHERE NOT hits AND is_last AND NOT is_moved) AS c FROM row GROUP BY 1, 2, 3, 4, 5, 6),
	r AS (SELECT kind, b, h, l, sum(n1) AS n1, sum(a) AS a, sum(n0) AS n0, sum(c) AS c, sum(a * n0::float8 / (n1 + n0)) / nullif(sum(c * n1::float8 / (n1 + n0)), 0) AS rr,
		sum((n1 * n0 * (a + c) - a * c * (n1 + n0)) / (n1 + n0)::float8 ^ 2) / nullif(sum(a * n0::float8 / (n1 + n0)) * sum(c * n1::float8 / (n1 + n0)), 0) AS v FROM s WHERE n1 > 0 GROUP BY 1, 2, 3, 4),
	want AS (SELECT kind, b, h, l, n1::bigint, a::bigint, n0::bigint, c::bigint, round(rr::numeric, 7), CASE WHEN rr > 0 THEN round((rr * exp(-1.959963984540054 * sqrt(v)))::numeric, 7) END,
		w.customers FROM r JOIN (SELECT kind, b, h, l, count(DISTINCT customer_id) FILTER (WHERE hits) AS customers FROM row GROUP BY 1, 2, 3, 4) w USING (kind, b, h, l)),
	have AS (SELECT kind, tenure_band, product_hit, product_lost, hit_instalments, hit_lost, other_instalments, other_lost, round(relative_risk::numeric, 7), round(conf_low::numeric, 7), customers FROM m.poor_moment)
	SELECT format('world %s: %s', seed, k) FROM ((SELECT * FROM want EXCEPT SELECT * FROM have) UNION ALL (SELECT * FROM have EXCEPT SELECT * FROM want)) k;
	-- decisions, in segments
	RETURN QUERY
	WITH d AS (SELECT l.customer_id, l.k, CASE WHEN NOT is_last THEN 'renewed' WHEN NOT is_moved THEN 'cancelled' WHEN moved_mrr > mrr_end THEN 'upgraded' WHEN moved_mrr < mrr_end THEN 'downgraded' ELSE 'renewed' END AS outcome,
			CASE WHEN is_last THEN mrr_end ELSE mrr END AS mrr, CASE WHEN NOT is_last THEN mrr_next WHEN is_moved THEN moved_mrr ELSE 0 END AS next_mrr,
			coalesce((SELECT t.segment FROM tier t WHERE t.customer_id = l.customer_id AND t.valid_from <= l.next AND coalesce(t.valid_to > l.next, true)), '(none)') AS segment FROM laid l),
	s AS (SELECT '(all)' AS s, * FROM d UNION ALL SELECT segment, * FROM d),
	want AS (SELECT s, k::int, outcome, count(*), count(DISTINCT customer_id), sum(mrr)::numeric(28,2), sum(next_mrr)::numeric(28,2) FROM s GROUP BY 1, 2, 3),
	have AS (SELECT segment, ordinal, outcome, instalments, customers, mrr, next_mrr FROM m.decision)
	SELECT format('world %s: %s', seed, k) FROM ((SELECT * FROM want EXCEPT SELECT * FROM have) UNION ALL (SELECT * FROM have EXCEPT SELECT * FROM want)) k;
	-- warnings: what was lost is the waterfall's
	RETURN QUERY SELECT format('world %s: %s', seed, e.month) FROM m.early_warning e FULL JOIN (SELECT * FROM m.mrr_movement WHERE churn_customers < 0) w USING (segment, month)
	WHERE segment = '(all)' AND (coalesce(e.churned_customers, 0), coalesce(e.churned_mrr, 0)) IS DISTINCT FROM (coalesce(w.churn_customers, 0), coalesce(w.churn_mrr, 0));
	RETURN QUERY
	WITH flag AS (SELECT DISTINCT customer_id, at AS day FROM poor UNION SELECT customer_id, rise_on FROM truth WHERE rise_on IS NOT NULL AND customer_id % 3 > 0),
	lost AS (SELECT c.customer_id, c.month, -c.change AS mrr, (SELECT max(t.ended) FROM truth t WHERE t.customer_id = c.customer_id AND date_trunc('month', t.ended)::date = c.month) AS ended_on FROM m.customer_movement c WHERE c.line = 'churn'),
	w AS (SELECT l.*, l.ended_on - (SELECT min(f.day) FROM flag f WHERE f.customer_id = l.customer_id AND f.day BETWEEN l.ended_on - 180 AND l.ended_on - 1) AS lead FROM lost l),
	g AS (SELECT f.customer_id, date_trunc('month', f.day)::date AS month, min(f.day) AS day FROM flag f WHERE EXISTS (SELECT FROM truth t WHERE t.customer_id = f.customer_id AND t.since <= f.day AND coalesce(t.ended > f.day, true)) GROUP BY 1, 2),
	a AS (SELECT month, -count(*) FILTER (WHERE lead >= 30) AS warned, -count(*) FILTER (WHERE lead < 30) AS late, -coalesce(sum(mrr) FILTER (WHERE lead >= 30), 0)::numeric(28,2) AS mrr FROM w GROUP BY 1),
	b AS (SELECT month, count(*) AS flagged, count(*) FILTER (WHERE day + 90 < '2024-10-01') AS judged, count(*) FILTER (WHERE day + 90 < '2024-10-01' AND EXISTS (SELECT FROM lost l WHERE l.customer_id = g.customer_id AND l.ended_on BETWEEN g.day + 1 AND g.day + 90)) AS lost FROM g GROUP BY 1),
	want AS (SELECT month, coalesce(warned, 0), coalesce(late, 0), coalesce(mrr, 0), coalesce(flagged, 0), coalesce(judged, 0), coalesce(lost, 0) FROM a FULL JOIN b USING (month)),
	have AS (SELECT month, warned_customers, late_customers, warned_mrr, flagged_customers, judged_customers, flagged_lost_customers FROM m.early_warning WHERE segment = '(all)')
	SELECT format('world %s: warning %s', seed, k) FROM ((SELECT * FROM want EXCEPT SELECT * FROM have) UNION ALL (SELECT * FROM have EXCEPT SELECT * FROM want)) k;
	RETURN QUERY SELECT format('world %s: %s', seed, x) FROM (SELECT segment, ordinal FROM m.decision GROUP BY 1, 2 HAVING sum(instalments) <> min(due_instalments) OR abs(sum(share) - 1) > 1e-9) x;
END
$$;
\set worlds 1
\getenv worlds CVM_WORLDS
SELECT is_empty(format('SELECT d FROM generate_series(1, %s) n, pg_temp.differ(n) d', :worlds), 'random lines, moments and decisions are counted as one by one');
-- of the first of them
SELECT count(*) FROM pg_temp.differ(1) \g /dev/null
SELECT ok(count(*) > 10 AND count(DISTINCT tenure_band) >= 3 AND count(*) FILTER (WHERE is_spill_over AND hit_lost > 0) > 2, 'random moments are of all kinds') FROM m.poor_moment WHERE relative_risk IS NOT NULL;
SELECT is((SELECT string_agg(DISTINCT outcome, ' ' ORDER BY outcome) FROM m.decision), 'cancelled downgraded renewed upgraded', 'random decisions are of the kinds that are drawn');

-- a planted relative risk of 2.5 among lines of which the young are hit, and leave, more often; and a harmless kind
TRUNCATE truth, spell, poor, tier;
INSERT INTO spell
SELECT c, 'A', since, CASE WHEN k IS NOT NULL THEN (since + k * interval '1 month')::date END, 10
FROM (SELECT c, date '2023-01-01' + pg_temp.draw(7, 's', c, 360) AS since FROM generate_series(1, 1500) c) x
LEFT JOIN LATERAL (SELECT min(k) AS k FROM generate_series(1, 20) k WHERE pg_temp.draw(7, 'x' || k, c, 10000) < CASE WHEN k <= 3 THEN 600 ELSE 150 END * CASE WHEN pg_temp.draw(7, 'h' || k, c, 100) < CASE WHEN k <= 3 THEN 30 ELSE 5 END THEN 2.5 ELSE 1 END) e ON true;
INSERT INTO poor SELECT customer_id, (started_on + (k - 1) * interval '1 month')::date + 3, kind FROM spell s, generate_series(1, 20) k, unnest('{outage,harmless}'::text[]) kind
WHERE CASE kind WHEN 'outage' THEN pg_temp.draw(7, 'h' || k, customer_id, 100) ELSE pg_temp.draw(7, 'n' || k, customer_id, 100) END < CASE WHEN k <= 3 THEN 30 ELSE 5 END;
SELECT ok(conf_low < 2.5 AND conf_high > 2.5 AND conf_high < 2 * conf_low, 'a planted relative risk of 2.5 lies within the limits') FROM m.poor_moment WHERE row_key = 'outage|(all)|(all)|(all)';
SELECT ok(conf_low < 1 AND conf_high > 1 AND hit_loss_rate > 1.5 * other_loss_rate, 'what does not harm is not accused, though young lines are hit and leave more often') FROM m.poor_moment WHERE row_key = 'harmless|(all)|(all)|(all)';

-- lines that end on any day: one of twenty a month, after an outage one of ten besides, within thirty days; and a harmless kind
TRUNCATE spell, poor;
CREATE TEMP TABLE life AS SELECT c, date '2023-01-01' + pg_temp.draw(9, 's', c, 300) AS since, (-ln((1 + pg_temp.draw(9, 'e', c, 1000000)) / 1000001.0) * 593)::int + 1 AS days,
	pg_temp.draw(9, 'o', c, 500) AS hit, pg_temp.draw(9, 'n', c, 500) AS grazed FROM generate_series(1, 4000) c;
UPDATE life SET days = hit + 1 + pg_temp.draw(9, 'f', c, 30) WHERE hit < days AND days > hit + 1 + pg_temp.draw(9, 'f', c, 30) AND pg_temp.draw(9, 'w', c, 100) < 10;
INSERT INTO spell SELECT c, 'A', since, since + days, 10 FROM life;
INSERT INTO poor SELECT c, since + hit, 'outage' FROM life WHERE hit < days UNION ALL SELECT c, since + grazed, 'harmless' FROM life WHERE grazed < days;
SELECT ok(conf_low < 2.9 AND conf_high > 2.9 AND conf_low > 2, 'the risk of lines that end within an instalment is found') FROM m.poor_moment WHERE row_key = 'outage|(all)|(all)|(all)';
SELECT ok(conf_low < 1 AND conf_high > 1 AND conf_high < 1.6, 'what does not harm them protects them no more than it harms') FROM m.poor_moment WHERE row_key = 'harmless|(all)|(all)|(all)';
SELECT is((SELECT hit_instalments + other_instalments FROM m.poor_moment WHERE row_key = 'outage|(all)|(all)|(all)'),
	(SELECT sum(k)::bigint FROM (SELECT count(*) - count(*) FILTER (WHERE since + days < (since + k * interval '1 month')::date) AS k FROM life CROSS JOIN generate_series(1, 24) k
		WHERE since + (k - 1) * interval '1 month' < since + days AND since + k * interval '1 month' < '2024-10-01' GROUP BY c) x), 'of a line that ends within an instalment one less is compared');

SELECT * FROM finish();
ROLLBACK;
