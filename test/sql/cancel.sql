\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Why customers ask to leave, and who is saved.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

CREATE TABLE spell (customer_id int, product text, started_on date, ended_on date, mrr numeric, end_reason text, cancel_requested_on date);
CREATE TABLE asked (customer_id int, requested_at timestamp, reason text, product text, withdrawn_at timestamp, effective_on date, offer text, voluntary boolean);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
SELECT cvm.create_model('c', tz => 'UTC', currency => 'EUR', as_of => '2024-07-01') \g /dev/null
SELECT cvm.bind('c', 'subscription', 'spell'), cvm.bind('c', 'cancellation', 'asked'), cvm.bind('c', 'segment_history', 'tier') \g /dev/null
SELECT cvm.create_model('r', tz => 'UTC', as_of => '2024-07-01') \g /dev/null
SELECT cvm.bind('r', 'subscription', 'spell') \g /dev/null
SELECT cvm.create_model('alone', tz => 'UTC', as_of => '2024-07-01') \g /dev/null
SELECT cvm.bind('alone', 'cancellation', 'asked') \g /dev/null

-- planted
INSERT INTO spell VALUES
	(1, 'A', '2024-01-01', '2024-05-20', 30, 'price', '2024-05-05'), (1, 'B', '2024-01-01', '2024-05-20', 10, 'not needed', '2024-05-06'),
	(2, 'A', '2024-01-01', '2024-04-15', 20, NULL, NULL), (2, 'A', '2024-04-15', '2024-05-25', 24, 'price', NULL), (2, 'B', '2024-01-01', NULL, 8, NULL, NULL),
	(3, 'A', '2024-01-01', '2024-05-10', 20, 'unpaid', NULL),
	(4, 'A', '2024-01-01', '2024-05-10', 20, 'plan change', NULL), (4, 'B', '2024-05-10', NULL, 12, NULL, NULL),
	(5, 'A', '2024-01-01', '2024-05-11', 20, NULL, NULL),
	(6, 'A', '2024-01-01', NULL, 20, NULL, '2024-06-20');
INSERT INTO asked VALUES
	(1, '2024-05-05 10:00', 'price', 'A', NULL, '2024-05-20', NULL, NULL), (1, '2024-05-05 10:00', 'service', 'A', NULL, '2024-05-20', NULL, NULL), (1, '2024-05-05 10:01', 'not needed', 'B', NULL, '2024-05-20', NULL, NULL),
	(2, '2024-05-06 10:00', 'price', 'A', '2024-05-08 09:00', NULL, 'STAY', NULL),
	(3, '2024-05-10 10:00', 'Payment Failed', NULL, NULL, '2024-05-10', NULL, NULL),
	(4, '2024-05-11 10:00', '  ', NULL, NULL, NULL, 'STAY', NULL),
	(6, '2024-06-20 10:00', 'price', NULL, NULL, NULL, NULL, NULL);
INSERT INTO tier VALUES (1, 'home', '2024-01-01', NULL), (2, 'home', '2024-01-01', NULL);
SELECT results_eq($$SELECT reason, is_voluntary, requests, churned_customers, churned_mrr, cancelled_mrr, round(weight::numeric, 4), round(share::numeric, 4), price_moved_requests
	FROM c.cancel_reason_mix WHERE segment = '(all)' AND month = '2024-05-01' ORDER BY is_voluntary, reason$$,
	$$VALUES ('Payment Failed' COLLATE "C", false, 1::bigint, -1::bigint, -20.00, -20.00, 1.0000, 1.0000, 0::bigint),
	('(unknown)', true, 1, 0, 0, 0, 1.0000, 0.3333, 0), ('not needed', true, 1, -1, -10, -10, 0.3333, 0.1111, 0),
	('price', true, 2, -1, -15, -15, 1.3333, 0.4444, 1), ('service', true, 1, -1, -15, -15, 0.3333, 0.1111, 0)$$,
	'k reasons of a request weigh 1/k each and share its money, who failed to pay is apart, and nothing said is a row');
SELECT results_eq($$SELECT segment, requests, round(weight::numeric, 4) FROM c.cancel_reason_mix WHERE reason = 'price' AND month = '2024-05-01' ORDER BY 1$$,
	$$VALUES ('(all)' COLLATE "C", 2::bigint, 1.3333), ('home', 2, 1.3333)$$, 'a request is in the segment of its day');
SELECT is((SELECT share FROM c.cancel_reason_mix WHERE segment = '(all)' AND month = '2024-06-01' AND reason = 'price'), 1::float8, 'a reason that everybody gives has the whole share');
SELECT results_eq($$SELECT reason, offer, requests, saved_customers, saved_mrr, save_rate, kept_requests FROM c.save_rate WHERE segment = '(all)' AND month = '2024-05-01' AND reason IN ('price', '(all)') ORDER BY 1, 2$$,
	$$VALUES ('(all)' COLLATE "C", '(all)' COLLATE "C", 4::bigint, 1::bigint, 24.00, 0.25::float8, 0::bigint), ('(all)', '(none)', 2, 0, 0, 0, 0), ('(all)', 'STAY', 2, 1, 24, 0.5, 0),
	('price', '(all)', 2, 1, 24, 0.5, 0), ('price', '(none)', 1, 0, 0, 0, 0), ('price', 'STAY', 1, 1, 24, 1, 0)$$, 'a request with several reasons is one in the total, and an offer is told by itself');
SELECT results_eq($$SELECT save_rate, mature_requests, pending_requests FROM c.save_rate WHERE segment = '(all)' AND month = '2024-06-01' AND reason = '(all)' AND offer = '(all)'$$,
	$$VALUES (NULL::float8, 0::bigint, 1::bigint)$$, 'a request of eleven days ago is pending, in no rate');
SELECT results_eq($$SELECT reason, is_voluntary, requests, churned_customers, cancelled_mrr, weight FROM r.cancel_reason_mix ORDER BY is_voluntary, reason$$,
	$$VALUES ('unpaid' COLLATE "C", false, 1::bigint, -1::bigint, -20.00, 1::float8), ('(unknown)', true, 1, -1, -20, 1), ('not needed', true, 1, -1, -10, 0.5), ('price', true, 2, -1, -54, 1.5)$$,
	'without cancellations the lines that end on one day are a request, a change of plan is none, and who leaves without a word is one');
SELECT results_eq($$SELECT reason, requests, churned_customers, round(share::numeric, 4) FROM alone.cancel_reason_mix WHERE month = '2024-05-01' AND reason = 'price'$$,
	$$VALUES ('price' COLLATE "C", 2::bigint, NULL::bigint, 0.4444)$$, 'without subscriptions who left is not told');
SELECT is((SELECT count(*) FROM alone.save_rate WHERE saved_mrr IS NULL AND kept_rate IS NULL), (SELECT count(*) FROM alone.save_rate), 'without subscriptions no money saved is told');

-- the test and Holm's correction, by hand: 60 of 100, 25 and 15, after 40, 40 and 20 of 100
TRUNCATE spell, asked;
INSERT INTO asked SELECT n, CASE WHEN n <= 100 THEN timestamp '2024-04-02' ELSE timestamp '2024-05-02' END,
	CASE WHEN n <= 40 THEN 'a' WHEN n <= 80 THEN 'b' WHEN n <= 100 THEN 'c' WHEN n <= 160 THEN 'a' WHEN n <= 185 THEN 'b' ELSE 'c' END FROM generate_series(1, 200) n;
SELECT results_eq($$SELECT reason, share, previous_share, round(single_p_value::numeric, 6), comparisons, round(p_value::numeric, 6), verdict FROM alone.cancel_reason_mix WHERE month = '2024-05-01' ORDER BY 1$$,
	$$VALUES ('a' COLLATE "C", 0.6::float8, 0.4::float8, 0.004678, 3::bigint, 0.014033, 'shift'), ('b', 0.25, 0.4, 0.023540, 3, 0.047080, 'shift'), ('c', 0.15, 0.2, 0.352120, 3, 0.352120, 'noise')$$,
	'the smallest of three p values is multiplied by three, the next one by two');
SELECT results_eq($$SELECT round(share_low::numeric, 6), round(share_high::numeric, 6) FROM alone.cancel_reason_mix WHERE month = '2024-05-01' AND reason = 'a'$$,
	$$SELECT round(conf_low::numeric, 6), round(conf_high::numeric, 6) FROM cvm.proportion_interval(60, 100)$$, 'limits are Wilson''s');
SELECT is((SELECT string_agg(DISTINCT verdict, ' ') FROM alone.cancel_reason_mix WHERE month = '2024-04-01'), 'immature', 'the first month has nothing to be compared with');
DELETE FROM asked WHERE reason = 'c' AND requested_at >= '2024-05-01';
SELECT is((SELECT (requests, share)::text FROM alone.cancel_reason_mix WHERE month = '2024-05-01' AND reason = 'c'), '(0,0)', 'a reason that nobody gives any more is a row');

-- random worlds, beside a count that loops over customers and days
CREATE FUNCTION pg_temp.draw(seed int, what text, n int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(seed || what || n) & 2147483647) % below;
CREATE FUNCTION pg_temp.fill(seed int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE spell, asked, tier;
	INSERT INTO spell SELECT n % 25, (ARRAY['A', 'B', 'C'])[1 + n % 3], date '2024-01-01' + pg_temp.draw(seed, 's', n, 120), NULLIF(date '2024-01-01' + pg_temp.draw(seed, 's', n, 120) + pg_temp.draw(seed, 'l', n, 120), '2024-06-15'), 5 + pg_temp.draw(seed, 'm', n, 9),
		(ARRAY['price', 'moved', 'unpaid', NULL, ' '])[1 + pg_temp.draw(seed, 'r', n, 5)], CASE WHEN pg_temp.draw(seed, 'c', n, 2) = 0 THEN date '2024-01-01' + pg_temp.draw(seed, 's', n, 120) + pg_temp.draw(seed, 'l', n, 100) END FROM generate_series(1, 70) n;
	-- lines that go on at another price
	INSERT INTO spell SELECT customer_id, product, ended_on, ended_on + 30 + pg_temp.draw(seed, 'k', customer_id, 60), mrr + 1 - customer_id % 2, 'price', NULL FROM spell WHERE customer_id % 4 = 0;
	INSERT INTO asked SELECT pg_temp.draw(seed, 'w', n / 2, 25), timestamp '2024-02-01 12:00' + pg_temp.draw(seed, 'd', n / 2, 160) * interval '1 day' + n % 2 * interval '1 hour', (ARRAY['price', 'moved', 'unpaid', NULL])[1 + pg_temp.draw(seed, 'q', n, 4)],
		(ARRAY['A', 'B', NULL])[1 + pg_temp.draw(seed, 'p', n, 3)], CASE WHEN pg_temp.draw(seed, 'y', n / 2, 3) = 0 THEN timestamp '2024-02-05' + pg_temp.draw(seed, 'd', n / 2, 160) * interval '1 day' + pg_temp.draw(seed, 'z', n, 40) * interval '1 day' END,
		CASE WHEN pg_temp.draw(seed, 'e', n, 2) = 0 THEN date '2024-02-20' + pg_temp.draw(seed, 'd', n / 2, 160) END, (ARRAY['STAY', 'LESS', NULL, NULL])[1 + pg_temp.draw(seed, 'o', n, 4)], (ARRAY[true, false, NULL, NULL])[1 + pg_temp.draw(seed, 'v', n, 4)]
	FROM generate_series(2, 61) n;
	INSERT INTO tier SELECT n % 25, (ARRAY['x', 'y'])[1 + pg_temp.draw(seed, 't', n, 2)], date '2024-01-01' + pg_temp.draw(seed, 'f', n, 150), CASE WHEN n % 3 = 0 THEN date '2024-06-10' END FROM generate_series(1, 30) n;
$$;
-- what a customer pays on a day, and whether a line goes on
CREATE FUNCTION pg_temp.pays(c int, d date) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT coalesce(sum(mrr), 0) FROM spell WHERE customer_id = c AND started_on <= d AND coalesce(ended_on > d, true) AND started_on < '2024-07-01' $$;
CREATE FUNCTION pg_temp.line_end(c int, p text, d date) RETURNS date LANGUAGE plpgsql STABLE AS $$
DECLARE e date;
BEGIN
	LOOP
		SELECT max(coalesce(ended_on, 'infinity')) INTO e FROM spell WHERE customer_id = c AND product = p AND started_on <= d AND started_on < '2024-07-01' AND coalesce(ended_on > started_on, true) AND coalesce(ended_on >= d, true);
		EXIT WHEN e IS NOT DISTINCT FROM d;
		d := e;
	END LOOP;
	RETURN d;
END $$;
CREATE FUNCTION pg_temp.price_moved(c int, d date) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM spell a JOIN spell b ON b.customer_id = a.customer_id AND b.product = a.product AND b.started_on = a.ended_on AND b.mrr <> a.mrr
		WHERE a.customer_id = c AND a.started_on < a.ended_on AND coalesce(b.ended_on > b.started_on, true) AND b.started_on > d - 90 AND b.started_on <= d AND b.started_on < '2024-07-01') $$;
CREATE FUNCTION pg_temp.tier_of(c int, d date) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT segment FROM tier WHERE customer_id = c AND valid_from <= d AND coalesce(valid_to > d, true) ORDER BY valid_from DESC, segment LIMIT 1), '(none)') $$;
CREATE FUNCTION pg_temp.by_hand() RETURNS TABLE (segment text, month date, reason text, is_voluntary boolean, requests bigint, customers bigint, withdrawn bigint, churned bigint, cancelled numeric, churned_mrr numeric, weight numeric) LANGUAGE plpgsql AS $$
DECLARE
	q record; w record; l record; k int; over boolean; ends date; lost boolean; gone boolean; part numeric; n int;
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS hand (segment text, day date, customer int, reason text, is_voluntary boolean, weight numeric, mrr numeric, over boolean, lost boolean, gone boolean);
	TRUNCATE hand;
	FOR q IN SELECT DISTINCT customer_id AS c, requested_at::date AS d FROM asked WHERE requested_at < '2024-07-01' LOOP
		SELECT count(DISTINCT (coalesce(a.reason, ''), coalesce(voluntary, a.reason IS DISTINCT FROM 'unpaid'))), bool_and(coalesce(withdrawn_at < '2024-07-01', false)), max(effective_on)
		INTO k, over, ends FROM asked a WHERE customer_id = q.c AND requested_at::date = q.d;
		IF ends IS NULL THEN
			SELECT max(pg_temp.line_end(q.c, s.product, q.d)) INTO ends FROM spell s JOIN asked a ON a.customer_id = s.customer_id AND a.requested_at::date = q.d AND (a.product IS NULL OR a.product = s.product)
			WHERE s.customer_id = q.c AND s.started_on < q.d AND coalesce(s.ended_on >= q.d, true) AND coalesce(s.ended_on > s.started_on, true);
		END IF;
		lost := NOT over AND coalesce(ends < '2024-07-01', false);
		gone := lost AND pg_temp.pays(q.c, ends) <= 0;
		FOR w IN SELECT DISTINCT coalesce(a.reason, '(unknown)') AS r, coalesce(voluntary, a.reason IS DISTINCT FROM 'unpaid') AS v FROM asked a WHERE customer_id = q.c AND requested_at::date = q.d LOOP
			part := 0;
			FOR l IN SELECT s.product, s.mrr FROM spell s WHERE s.customer_id = q.c AND s.started_on < q.d AND coalesce(s.ended_on >= q.d, true) AND coalesce(s.ended_on > s.started_on, true) LOOP
				SELECT count(DISTINCT (coalesce(a.reason, '(unknown)'), coalesce(voluntary, a.reason IS DISTINCT FROM 'unpaid'))) INTO n FROM asked a WHERE customer_id = q.c AND requested_at::date = q.d AND (a.product IS NULL OR a.product = l.product);
				IF EXISTS (SELECT FROM asked a WHERE customer_id = q.c AND requested_at::date = q.d AND (a.product IS NULL OR a.product = l.product) AND coalesce(a.reason, '(unknown)') = w.r AND coalesce(voluntary, a.reason IS DISTINCT FROM 'unpaid') = w.v) THEN
					part := part + l.mrr / n;
				END IF;
			END LOOP;
			INSERT INTO hand SELECT s, q.d, q.c, w.r, w.v, 1.0 / k, part, over, lost, gone FROM unnest(ARRAY['(all)', pg_temp.tier_of(q.c, q.d)]) s;
		END LOOP;
	END LOOP;
	RETURN QUERY SELECT h.segment, date_trunc('month', day)::date, h.reason, h.is_voluntary, count(*), count(DISTINCT customer), count(*) FILTER (WHERE h.over),
		-count(DISTINCT customer) FILTER (WHERE h.gone), -coalesce(sum(mrr) FILTER (WHERE h.lost), 0), -coalesce(sum(mrr) FILTER (WHERE h.gone), 0), sum(h.weight) FROM hand h GROUP BY 1, 2, 3, 4;
END $$;
CREATE TEMP VIEW save_differs AS SELECT v.row_key FROM (
	SELECT date_trunc('month', d)::date AS month, count(*) AS requests, count(*) FILTER (WHERE d + 30 <= '2024-07-01') AS mature,
		count(*) FILTER (WHERE d + 30 <= '2024-07-01' AND over AND day < d + 30) AS saved, count(*) FILTER (WHERE d + 30 <= '2024-07-01' AND over AND day < d + 30 AND day + 90 < '2024-07-01') AS known,
		count(*) FILTER (WHERE d + 30 <= '2024-07-01' AND over AND day < d + 30 AND day + 90 < '2024-07-01' AND EXISTS (SELECT FROM spell p WHERE p.customer_id = c AND p.started_on <= day + 90 AND coalesce(p.ended_on > day + 90, true) AND coalesce(p.ended_on > p.started_on, true)
			AND (p.started_on >= d OR EXISTS (SELECT FROM spell s JOIN asked a ON a.customer_id = s.customer_id AND a.requested_at::date = d AND (a.product IS NULL OR a.product = s.product)
				WHERE s.customer_id = c AND s.product = p.product AND s.started_on < d AND coalesce(s.ended_on >= d, true) AND coalesce(s.ended_on > s.started_on, true))))) AS kept
	FROM (SELECT customer_id AS c, requested_at::date AS d, bool_and(coalesce(withdrawn_at < '2024-07-01', false)) AS over, max(withdrawn_at)::date AS day FROM asked WHERE requested_at < '2024-07-01' GROUP BY 1, 2) q GROUP BY 1) h
	FULL JOIN (SELECT * FROM c.save_rate WHERE segment = '(all)' AND reason = '(all)' AND offer = '(all)') v USING (month)
	WHERE (h.requests, h.mature, h.saved, h.known, h.kept) IS DISTINCT FROM (v.requests, v.mature_requests, v.saved_requests, v.kept_known_requests, v.kept_requests);
CREATE FUNCTION pg_temp.differing(seed int, OUT rows bigint, OUT differ bigint, OUT saves bigint, OUT kept bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.fill(seed);
	SELECT count(*), count(*) FILTER (WHERE (v.requests, v.customers, v.withdrawn_requests, v.churned_customers) IS DISTINCT FROM (h.requests, h.customers, h.withdrawn, h.churned)
		OR abs(v.cancelled_mrr - h.cancelled) > 0.006 OR abs(v.churned_mrr - h.churned_mrr) > 0.006 OR abs(v.weight - h.weight) > 1e-6 OR v.row_key IS NULL OR h.reason IS NULL) INTO rows, differ
	FROM (SELECT * FROM c.cancel_reason_mix WHERE requests > 0) v FULL JOIN pg_temp.by_hand() h USING (segment, month, reason, is_voluntary);
	SELECT count(*) INTO saves FROM save_differs;
	SELECT sum(kept_requests) INTO kept FROM c.save_rate WHERE segment = '(all)' AND reason = '(all)' AND offer = '(all)';
END $$;
CREATE TEMP TABLE seen AS SELECT seed, d.* FROM generate_series(1, 10) seed, pg_temp.differing(seed) d;
SELECT cmp_ok((SELECT sum(rows) FROM seen), '>=', 500::numeric, 'there was much to compare');
SELECT is((SELECT sum(differ) FROM seen), 0::numeric, 'requests, customers, money and weights of random worlds are as counted by hand');
-- shares of a kind add up, and those before are the months before
SELECT is_empty($$SELECT segment, month, is_voluntary FROM c.cancel_reason_mix WHERE is_complete GROUP BY 1, 2, 3 HAVING abs(sum(share) - 1) > 1e-9 OR abs(sum(weight) - min(weight_of_all)) > 1e-9$$, 'shares of voluntary reasons add up to one, and those of involuntary ones');
SELECT is_empty($$SELECT v.row_key FROM c.cancel_reason_mix v LEFT JOIN LATERAL (SELECT sum(b.weight) FILTER (WHERE b.reason = v.reason) AS part, sum(b.weight) AS whole FROM pg_temp.by_hand() b
	WHERE b.segment = v.segment AND b.is_voluntary = v.is_voluntary AND b.month < v.month AND b.month >= v.month - interval '3 months') p ON true
	WHERE v.month = '2024-05-01' AND (abs(coalesce(v.previous_share, -1) - coalesce(coalesce(p.part, 0) / p.whole, -1)) > 1e-9)$$, 'previous_share is of the three months before together');
SELECT cmp_ok((SELECT sum(kept) FROM seen), '>', 0::numeric, 'somebody was kept');
SELECT is((SELECT sum(saves) FROM seen), 0::numeric, 'who is saved, and still there after 90 days, is as counted by hand');
SELECT throws_ok($$SELECT cvm.configure('c', 'save_days', 'soon')$$, '22023', NULL, 'a number of days is a number');

-- words of a setting, in any case of letters
DO $$ BEGIN PERFORM cvm.configure('c', 'involuntary_reasons', (SELECT upper(min(r.reason COLLATE "C")) FROM c.cancel_reason_mix r WHERE r.reason <> '(unknown)')); END $$;
SELECT ok((SELECT bool_or(NOT r.is_voluntary) FROM c.cancel_reason_mix r WHERE r.reason = (SELECT lower((s.value::text[])[1]) FROM cvm.setting s WHERE s.model = 'c' AND s.setting = 'involuntary_reasons')), 'a setting in capitals has the reasons in small letters');

SELECT * FROM finish();
ROLLBACK;
