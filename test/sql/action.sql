\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Whom to call, and why.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

CREATE TABLE spell (customer_id int, product text, started_on date, ended_on date, mrr numeric, subscription_id text, offer text, cancel_requested_on date, committed_until date);
SELECT cvm.create_model('a', tz => 'UTC', currency => 'EUR', as_of => '2024-07-01') \g /dev/null
SELECT cvm.bind('a', 'subscription', 'spell') \g /dev/null

INSERT INTO spell VALUES
	-- notice for one of two lines; a commitment of the other
	(1, 'A', '2024-01-01', NULL, 30, '1a', NULL, '2024-06-20', NULL), (1, 'B', '2024-01-01', NULL, 10, '1b', NULL, NULL, '2024-08-10'),
	-- as little as a day of it: onboarding, and notice all the same
	(2, 'A', '2024-06-25', '2024-07-20', 20, '2', NULL, '2024-06-30', NULL),
	(3, 'A', '2024-01-01', NULL, 20, '3', NULL, NULL, '2024-07-31'), (4, 'A', '2024-01-01', NULL, 21, '4', NULL, NULL, '2024-09-28'), (5, 'A', '2024-01-01', NULL, 21, '5', NULL, NULL, '2024-09-29'),
	(6, 'A', '2024-01-01', '2024-08-01', 10, '6', 'WELCOME', NULL, NULL), (6, 'A', '2024-08-01', NULL, 20, '6', NULL, NULL, NULL),
	(7, 'A', '2024-01-01', '2024-05-01', 20, '7', NULL, NULL, NULL), (7, 'A', '2024-05-01', NULL, 24, '7', NULL, NULL, NULL),
	-- cheaper, gone, not begun, nothing paid: no reason
	(8, 'A', '2024-01-01', '2024-05-01', 20, '8', NULL, NULL, NULL), (8, 'A', '2024-05-01', NULL, 18, '8', NULL, NULL, NULL),
	(9, 'A', '2024-01-01', '2024-06-30', 20, '9', NULL, '2024-06-01', NULL), (10, 'A', '2024-07-01', NULL, 20, '10', NULL, '2024-06-30', NULL), (11, 'A', '2024-01-01', NULL, 0, '11', NULL, '2024-06-30', NULL);
SELECT results_eq($$SELECT customer_id, reasons, mrr_at_risk, notice_mrr, mrr, next_date FROM a.customer_action ORDER BY customer_id$$,
	$$VALUES (1, 'commitment_60, notice_given', 30.00, 30.00, 40.00, date '2024-08-10'), (2, 'notice_given', 20, 20, 20, '2024-07-20'), (3, 'commitment_60', 20, 0, 20, '2024-07-31'),
	(4, 'commitment_90', 21, 0, 21, '2024-09-28'), (6, 'promotion_ending', 10, 0, 10, '2024-08-01'), (7, 'price_moved', 24, 0, 24, NULL)$$,
	'who has a reason is told in any phase, with what was cancelled and not with all that is paid');
SELECT results_eq($$SELECT customer_id, reasons, mrr_at_risk FROM cvm.customer_action('a', '2024-07-02') WHERE customer_id IN ('3', '9', '10', '5') ORDER BY customer_id COLLATE "C"$$,
	$$VALUES ('10', 'notice_given', 20.00), ('3', 'commitment_30', 20.00), ('5', 'commitment_90', 21.00)$$, 'the function says so of another day');
SELECT is((SELECT string_agg(customer_id, ' ' ORDER BY customer_id) FROM cvm.customer_action('a', '2024-06-15') WHERE reasons ~ 'notice'), '9', 'an answer as of a day knows no more than was known on it');
SELECT is((SELECT max(as_of) FROM a.customer_action), date '2024-07-01', 'the model''s own day stays as it is');
SELECT results_eq('SELECT customer_id::text, reasons, mrr_at_risk, loss_rate, priority FROM a.customer_action ORDER BY 1', $$SELECT customer_id, reasons, mrr_at_risk, loss_rate, priority FROM cvm.customer_action('a', '2024-07-01') ORDER BY 1$$, 'as of the model''s day the view and the function say the same');
SELECT throws_ok($$SELECT * FROM cvm.customer_action('a', NULL)$$, '22023', 'invalid as_of "NULL"', 'no day is refused');
SELECT throws_ok($$SELECT * FROM cvm.customer_action('b', '2024-07-01')$$, '42704', NULL, 'no model is refused');
SELECT cvm.create_model('nothing', tz => 'UTC') \g /dev/null
SELECT throws_ok($$SELECT * FROM cvm.customer_action('nothing', '2024-07-01')$$, '55000', 'view "customer_action" of model "nothing" waits for subscription', 'a model without subscriptions says what it waits for');

-- what became of such customers: of 40 whose price rose on 1 March, 10 left and 4 gave up half
TRUNCATE spell;
INSERT INTO spell SELECT n, 'A', date '2024-01-01', date '2024-03-01', 10, 'x' || n, NULL, NULL::date, NULL::date FROM generate_series(1, 40) n
UNION ALL SELECT n, 'A', '2024-03-01', CASE WHEN n <= 10 THEN date '2024-05-15' WHEN n <= 14 THEN date '2024-05-20' END, 12, 'x' || n, NULL, NULL, NULL FROM generate_series(1, 40) n
UNION ALL SELECT n, 'B', '2024-05-20', NULL, 6, 'y' || n, NULL, NULL, NULL FROM generate_series(11, 14) n
UNION ALL SELECT n, 'C', '2024-02-01', NULL, 5, 'z' || n, NULL, NULL, NULL FROM generate_series(15, 16) n
UNION ALL SELECT 50, 'A', '2024-01-01', '2024-06-01', 10, 'v', NULL, NULL, NULL UNION ALL SELECT 50, 'A', '2024-06-01', NULL, 12, 'v', NULL, NULL, NULL;
SELECT results_eq($$SELECT customer_id, loss_reason, loss_customers, lost_customers, loss_rate, priority, round(loss_low::numeric, 6) FROM a.customer_action$$,
	$$SELECT 50, 'price_moved', 80::bigint, 28::bigint, 28 / 80::float8, 12 * (28 / 80::float8), round(conf_low::numeric, 6) FROM cvm.proportion_interval(28, 80)$$,
	'on 2 April and 3 March 40 each had the reason, and 90 days later 14 of them paid less by half of it: priority is money times rate');

-- offers, contacts, tickets, moments, events, segments
CREATE TABLE shown (offer text, product text, price numeric, new_customers_only boolean, valid_from date, valid_to date);
INSERT INTO shown VALUES ('tv', 'TV', 9, false, '2024-01-01', NULL), ('tv dear', 'TV', 11, false, '2024-01-01', NULL), ('more a', 'A', 20, false, '2024-01-01', NULL), ('plus', 'A PLUS', 30, false, '2024-01-01', NULL),
	('duo', 'DUO', 40, false, '2024-01-01', NULL), ('new', 'NET', 50, true, '2024-01-01', NULL), ('past', 'NET', 60, false, '2024-01-01', '2024-06-01'), ('radio', 'RADIO', 4, false, '2024-01-01', NULL);
CREATE TABLE goods (product text, family text);
INSERT INTO goods VALUES ('A', 'mobile'), ('A PLUS', 'mobile'), ('TV', 'home'), ('RADIO', 'home2'), ('NET', 'net'), ('DUO', 'duo');
CREATE TABLE parts (bundle text, product text);
INSERT INTO parts VALUES ('DUO', 'A'), ('DUO', 'TV');
CREATE TABLE said (customer_id int, occurred_at date, purpose text, campaign text, arm text);
CREATE TABLE trouble (customer_id int, opened_at date, solved_at date);
CREATE TABLE poor (customer_id int, at date, kind text, product text);
CREATE TABLE seen (customer_id int, occurred_at date);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
CREATE TABLE boss (subject_kind text, subject text, owner text);
TRUNCATE spell;
INSERT INTO spell SELECT n, 'A', date '2024-01-01', NULL::date, 10, 's' || n, NULL, CASE WHEN n <= 6 THEN date '2024-06-20' END, NULL::date FROM generate_series(1, 9) n;
INSERT INTO spell VALUES (6, 'TV', '2024-01-01', NULL, 9, 't', NULL, NULL, NULL);
INSERT INTO said SELECT 1, date '2024-06-28', 'marketing', 'x', 'target' FROM generate_series(1, 3) UNION ALL SELECT 2, '2024-06-28', 'service', 'x', 'target' FROM generate_series(1, 3) UNION ALL SELECT 3, '2024-06-10', 'marketing', 'x', 'control' UNION ALL SELECT 4, '2024-05-01', 'marketing', 'x', 'control';
INSERT INTO trouble VALUES (3, '2024-06-30', NULL), (4, '2024-06-01', '2024-06-05'), (5, '2024-06-01', '2024-07-01');
INSERT INTO poor VALUES (7, '2024-06-25', 'failed_payment', NULL), (7, '2024-05-01', 'late_delivery', NULL), (8, '2024-06-25', 'late_delivery', 'TV');
INSERT INTO seen VALUES (9, '2024-05-30'), (8, '2024-05-31'), (8, '2024-06-02');
INSERT INTO tier VALUES (1, 'home', '2024-01-01', NULL), (2, 'old', '2024-01-01', '2024-06-30');
INSERT INTO boss VALUES ('segment', 'home', 'Ada');
SELECT cvm.bind('a', 'offer', 'shown'), cvm.bind('a', 'product', 'goods'), cvm.bind('a', 'bundle_component', 'parts'), cvm.bind('a', 'contact', 'said'), cvm.bind('a', 'ticket', 'trouble'),
	cvm.bind('a', 'moment', 'poor'), cvm.bind('a', 'event', 'seen'), cvm.bind('a', 'segment_history', 'tier'), cvm.bind('a', 'owner', 'boss') \g /dev/null
SELECT results_eq($$SELECT customer_id, segment COLLATE "default", owner COLLATE "default", reasons, excluded_because FROM a.customer_action ORDER BY 1$$,
	$$VALUES (1, 'home', 'Ada', 'notice_given', 'contact_pressure'), (2, '(none)', NULL, 'notice_given', NULL), (3, '(none)', NULL, 'notice_given', 'hold_out, open_ticket'), (4, '(none)', NULL, 'notice_given', NULL),
	(5, '(none)', NULL, 'notice_given', 'open_ticket'), (6, '(none)', NULL, 'notice_given', NULL), (7, '(none)', NULL, 'failed_payment', NULL), (9, '(none)', NULL, 'inactive', NULL)$$,
	'who is pressed, held out or waits for an answer is not to be called; moments and silence are reasons');
SELECT results_eq($$SELECT customer_id, suggested_offer COLLATE "default" FROM a.customer_action WHERE customer_id IN (1, 6) ORDER BY 1$$, $$VALUES (1, 'tv'), (6, 'radio')$$,
	'offered is the dearest offer that no other beats, of a product that is not held, nor in the family or bundle of what is');
CREATE TABLE asked (customer_id int, requested_at date, reason text, product text, withdrawn_at date);
INSERT INTO asked VALUES (9, '2024-06-15', 'price', 'A', NULL), (8, '2024-06-15', 'price', 'A', '2024-06-20');
SELECT cvm.bind('a', 'cancellation', 'asked') \g /dev/null
SELECT is((SELECT string_agg(customer_id || ' ' || notice_mrr, ', ') FROM a.customer_action WHERE customer_id > 7), '9 10.00', 'a cancellation that is not withdrawn is notice too');

-- random worlds, beside plain subqueries
CREATE FUNCTION pg_temp.draw(seed int, what text, n int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(seed || what || n) & 2147483647) % below;
CREATE FUNCTION pg_temp.differing(seed int, OUT rows bigint, OUT differ bigint) LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE spell, asked, said, trouble, poor, seen, tier;
	INSERT INTO spell SELECT n % 40, (ARRAY['A', 'TV'])[1 + n % 2], s, CASE WHEN pg_temp.draw(seed, 'e', n, 3) = 0 THEN s + 40 + pg_temp.draw(seed, 'l', n, 200) END, 5 + pg_temp.draw(seed, 'm', n, 9), 's' || n, NULL,
		CASE WHEN pg_temp.draw(seed, 'c', n, 3) = 0 THEN s + 20 + pg_temp.draw(seed, 'q', n, 200) END, CASE WHEN pg_temp.draw(seed, 'b', n, 2) = 0 THEN s + 180 END
	FROM (SELECT n, date '2023-10-01' + pg_temp.draw(seed, 's', n, 200) AS s FROM generate_series(1, 90) n) x;
	INSERT INTO spell SELECT customer_id, product, ended_on, NULL, mrr + 2 - customer_id % 3, subscription_id, NULL, NULL, NULL FROM spell WHERE ended_on IS NOT NULL AND customer_id % 4 = 0;
	INSERT INTO poor SELECT pg_temp.draw(seed, 'w', n, 40), date '2024-01-01' + pg_temp.draw(seed, 'd', n, 180), 'failed_payment', (ARRAY['A', NULL])[1 + n % 2] FROM generate_series(1, 60) n;
	INSERT INTO seen SELECT pg_temp.draw(seed, 'v', n, 40), date '2024-01-01' + pg_temp.draw(seed, 'u', n, 180) FROM generate_series(1, 200) n;
	WITH look AS (SELECT d::date AS day FROM unnest(ARRAY[date '2024-07-01', date '2024-04-02', date '2024-03-03', date '2024-02-02']) d
	), held AS (
		SELECT l.day, s.*, row_number() OVER () AS n,
			(SELECT p.mrr FROM spell p WHERE p.customer_id = s.customer_id AND p.subscription_id = s.subscription_id AND p.ended_on = s.started_on) AS last_mrr
		FROM look l JOIN spell s ON s.started_on < l.day AND coalesce(s.ended_on >= l.day, true)
	), why AS (
		SELECT h.day, h.customer_id, h.n, h.mrr, r.reason FROM held h CROSS JOIN LATERAL (
			SELECT 'notice_given' AS reason WHERE h.cancel_requested_on < h.day
			UNION ALL SELECT 'commitment_' || ((h.committed_until - h.day) / 30 + 1) * 30 WHERE h.committed_until - h.day BETWEEN 0 AND 89 AND coalesce(h.ended_on >= h.committed_until, true)
			UNION ALL SELECT 'price_moved' WHERE h.mrr > h.last_mrr AND h.day - h.started_on <= 90
			UNION ALL SELECT 'failed_payment' WHERE EXISTS (SELECT FROM poor p WHERE p.customer_id = h.customer_id AND coalesce(p.product = h.product, true) AND h.day - p.at BETWEEN 1 AND 30)
			UNION ALL SELECT 'inactive' WHERE h.day - (SELECT max(e.occurred_at) FROM seen e WHERE e.customer_id = h.customer_id AND e.occurred_at < h.day) > 30) r
	), risk AS (SELECT day, customer_id, reason, sum(mrr) AS mrr FROM why GROUP BY 1, 2, 3
	), rate AS (
		SELECT reason, count(*) AS n, count(*) FILTER (WHERE
			(SELECT coalesce(sum(s.mrr), 0) FROM spell s WHERE s.customer_id = r.customer_id AND s.started_on < r.day AND coalesce(s.ended_on >= r.day, true))
			- (SELECT coalesce(sum(s.mrr), 0) FROM spell s WHERE s.customer_id = r.customer_id AND s.started_on < r.day + 90 AND coalesce(s.ended_on >= r.day + 90, true)) >= r.mrr / 2) AS lost
		FROM risk r WHERE day < '2024-07-01' GROUP BY 1
	), hand AS (
		SELECT r.customer_id, string_agg(r.reason, ', ' ORDER BY r.reason COLLATE "C") AS reasons, max(t.lost / t.n::float8) AS rate,
			coalesce(sum(r.mrr) FILTER (WHERE r.reason = 'notice_given'), (SELECT sum(x.mrr) FROM (SELECT DISTINCT w.n, w.mrr FROM why w WHERE w.customer_id = r.customer_id AND w.day = '2024-07-01') x)) AS at_risk
		FROM risk r LEFT JOIN rate t USING (reason) WHERE r.day = '2024-07-01' GROUP BY 1
	)
	SELECT count(*), count(*) FILTER (WHERE (h.reasons, h.at_risk) IS DISTINCT FROM (v.reasons, v.mrr_at_risk) OR abs(coalesce(h.rate, -1) - coalesce(v.loss_rate, -1)) > 1e-9 OR abs(coalesce(v.priority, -1) - coalesce(h.rate * h.at_risk, -1)) > 1e-6)
	INTO rows, differ FROM hand h FULL JOIN a.customer_action v USING (customer_id);
END $$;
CREATE TEMP TABLE walked AS SELECT seed, d.* FROM generate_series(1, 12) seed, pg_temp.differing(seed) d;
SELECT cmp_ok((SELECT sum(rows) FROM walked), '>=', 200::numeric, 'there was much to compare');
SELECT is((SELECT sum(differ) FROM walked), 0::numeric, 'reasons, money at risk and loss rates of random worlds are as counted by hand');

-- where Citus has the events, or the spells, they are joined where they are; here they are read in one pass
CREATE FUNCTION pg_temp.by_customer(entity text, like_reason text, OUT rows bigint, OUT differ bigint) LANGUAGE plpgsql SET search_path = a, public, pg_temp AS $$
DECLARE
	have text[] := cvm._have('a', 'customer_action') || ('distributed ' || entity);
	literals jsonb := cvm._literals('a');
BEGIN
	literals := literals || cvm._part_literals(have, literals, 'customer_action');
	EXECUTE format('CREATE TEMP TABLE there AS %s', (SELECT cvm._shown(b.view, cvm._fill(b.body, literals), (literals ->> 'minor_units')::int)
		FROM cvm.report_body b WHERE b.view = 'customer_action' AND b.needs <@ have ORDER BY b.preference LIMIT 1));
	CREATE TEMP TABLE here AS SELECT * FROM a.customer_action;
	SELECT count(*) INTO rows FROM here WHERE reasons ~ like_reason;
	SELECT count(*) INTO differ FROM ((TABLE here EXCEPT ALL TABLE there) UNION ALL (TABLE there EXCEPT ALL TABLE here)) d;
	DROP TABLE here, there;
END $$;
-- more of a world than can be counted by hand: who asked to leave and took it back, promotions, lines without a name, an end, a price, or with two at once
CREATE FUNCTION pg_temp.crowd(seed int, OUT rows bigint, OUT differ bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.differing(seed);
	UPDATE spell SET offer = 'WELCOME' WHERE pg_temp.draw(seed, 'offer' || subscription_id, customer_id, 3) = 0;
	UPDATE spell SET subscription_id = NULL WHERE pg_temp.draw(seed, 'id' || subscription_id, customer_id, 4) = 0;
	UPDATE spell SET subscription_id = 'a line with a name that is longer than most ' || subscription_id WHERE customer_id % 7 = 0;
	UPDATE spell SET product = NULL WHERE customer_id % 11 = 0;
	UPDATE spell SET mrr = CASE customer_id % 3 WHEN 0 THEN NULL WHEN 1 THEN -1 ELSE 3.3333333333 END WHERE pg_temp.draw(seed, 'fee' || started_on, customer_id, 6) = 0;
	UPDATE spell SET ended_on = 'infinity', committed_until = 'infinity' WHERE ended_on IS NULL AND customer_id % 5 = 0;
	UPDATE spell SET started_on = '-infinity' WHERE pg_temp.draw(seed, 'ever' || started_on, customer_id, 20) = 0;
	INSERT INTO spell SELECT customer_id, product, started_on, ended_on - customer_id % 2, mrr + customer_id % 3 - 1, subscription_id, NULL, NULL, committed_until FROM spell WHERE customer_id % 3 = 0;
	INSERT INTO spell SELECT customer_id, product, ended_on, NULL, mrr + 1, subscription_id, NULL, ended_on + 10, NULL FROM spell WHERE isfinite(ended_on) AND customer_id % 4 = 1;
	-- a customer with more lines, and more reasons, than are sorted where they stand
	INSERT INTO spell SELECT 99, 'P' || n % 20, date '2023-06-01' + pg_temp.draw(seed, 'many', n, 300), NULL, 1 + n % 4, 'x' || n % 30, NULL, NULL, NULL FROM generate_series(1, 60) n;
	INSERT INTO poor SELECT 99, date '2024-01-01' + pg_temp.draw(seed, 'd', n, 182), 'kind ' || n % 40, 'P' || n % 20 FROM generate_series(1, 300) n;
	INSERT INTO poor VALUES (5, '2024-06-20', 'notice_given', NULL), (6, '2024-06-20', 'commitment_30', NULL), (7, '2024-06-20', NULL, NULL);
	INSERT INTO asked SELECT pg_temp.draw(seed, 'who', n, 40), date '2023-12-01' + pg_temp.draw(seed, 'asked', n, 230), 'price', (ARRAY['A', 'TV', NULL])[1 + n % 3],
		CASE WHEN n % 4 = 0 THEN date '2023-12-01' + pg_temp.draw(seed, 'asked', n, 230) + n % 60 END, CASE WHEN n % 5 > 1 THEN date '2023-12-01' + pg_temp.draw(seed, 'asked', n, 230) + pg_temp.draw(seed, 'ends', n, 200) - 20 END
	FROM generate_series(1, 80) n;
	SELECT sum(c.rows), sum(c.differ) INTO rows, differ FROM unnest('{event,subscription}'::text[]) e, pg_temp.by_customer(e, 'notice_given') c;
END $$;
ALTER TABLE asked ADD effective_on date;
SELECT cvm.bind('a', 'cancellation', 'asked') \g /dev/null
\set worlds 8
\getenv worlds CVM_WORLDS
CREATE TEMP TABLE crowded AS SELECT seed, d.* FROM generate_series(1, :worlds) seed, pg_temp.crowd(seed) d;
SELECT cmp_ok((SELECT min(rows) FROM crowded), '>=', 10::bigint, 'many gave notice');
SELECT is_empty('SELECT * FROM crowded WHERE differ > 0', 'what is read in one pass is what windows and joins over spells say, and events that are grouped by customer, in random worlds');
SELECT cmp_ok(rows, '>', 0::bigint, 'some are inactive') FROM pg_temp.by_customer('event', 'inactive');
SET LOCAL work_mem = '64kB';
SELECT is(differ, 0::bigint, 'so it is with little memory, where Citus has each ' || e) FROM unnest('{event,subscription}'::text[]) e, pg_temp.by_customer(e, '');
RESET work_mem;
-- workers, and customers of other types
CREATE TABLE wide AS SELECT s.*, s.customer_id + 1000 * n::bigint AS customer FROM spell s, generate_series(1, 150) n;
ALTER TABLE wide SET (parallel_workers = 3);
CREATE FUNCTION pg_temp.fold(who text, of_type text) RETURNS text LANGUAGE sql RETURN format($$SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM (
	SELECT cvm._customer_risk_agg(%s, coalesce(subscription_id, product), product, started_on, ended_on, mrr, offer IS NOT NULL, cancel_requested_on, committed_until, NULL, NULL) AS state FROM wide) f,
	LATERAL cvm._customer_risks(f.state, NULL::%s, '2024-07-01', 90, 90, 90) t$$, who, of_type);
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	EXECUTE query INTO said;
	RETURN said;
END
$$;
\i test/plan_of.sql
CREATE TEMP TABLE alone AS SELECT q.who, pg_temp.fold(q.who, q.of_type) AS query, pg_temp.answer(pg_temp.fold(q.who, q.of_type)) AS said
FROM (VALUES ('customer', 'bigint'), ('md5(customer::text)::uuid', 'uuid'), ('''a customer of a long name '' || customer', 'text')) AS q (who, of_type);
SELECT isnt(said, NULL, 'a fold of ' || who) FROM alone;
SET LOCAL work_mem = '64kB';
SELECT is(pg_temp.answer(query), said, 'rows that do not fit into memory are the same: ' || who) FROM alone;
RESET work_mem;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 3;
SELECT ok(pg_temp.plan_of(query) ~ 'Partial Aggregate', 'workers share the rows: ' || who) FROM alone;
SELECT is(pg_temp.answer(query), said, 'what workers find is the same: ' || who) FROM alone;
SELECT throws_ok($$SELECT * FROM cvm._customer_risks(decode(repeat('00', 16), 'hex'), 1, '2024-01-01', 90, 90, 90)$$, '22023', 'no state of _customer_risk_agg is read with this ticket',
	'a ticket that nobody made is refused here too');
CREATE FUNCTION pg_temp.read_twice() RETURNS bigint LANGUAGE sql AS $$
	WITH seen AS MATERIALIZED (SELECT cvm._last_day_agg(e.customer_id, e.occurred_at::date, '2024-07-01') AS state FROM seen e)
	SELECT count(*) FROM seen s, generate_series(1, 2) g, LATERAL cvm._last_days(s.state, 1::bigint, ARRAY[date '2024-07-01' - g], 30) t;
$$;
SELECT throws_ok('SELECT pg_temp.read_twice()', '55000', 'state of _last_day_agg has been read', 'what is read once is not read twice');
SELECT throws_ok($$SELECT * FROM cvm._last_days(decode(repeat('00', 16), 'hex'), 1, '{2024-01-01}', 30)$$, '22023', 'no state of _last_day_agg is read with this ticket',
	'a ticket that nobody made is refused');

SELECT * FROM finish();
ROLLBACK;
