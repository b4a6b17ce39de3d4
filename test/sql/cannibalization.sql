\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET search_path = public, cvm;
SELECT plan(70);

CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN seen;
END
$$;

-- ten customers, an old plan at 30 and a new one at 20
CREATE TABLE line (customer text, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO line VALUES
	('c1', 'Classic', '2023-01-10', '2024-03-15', 30), ('c1', 'Lite', '2024-03-15', NULL, 20),
	('c2', 'Classic', '2023-05-01', '2024-03-31', 30), ('c2', 'Lite', '2024-03-10', NULL, 20),
	('c3', 'Classic', '2022-11-01', NULL, 30), ('c3', 'Lite', '2024-04-01', NULL, 20),
	('c4', 'Lite', '2024-03-05', NULL, 20),
	('c5', 'Lite', '2024-03-20', NULL, 20),
	('c6', 'Classic', '2022-01-01', '2023-06-30', 30), ('c6', 'Lite', '2024-04-10', NULL, 20),
	('c7', 'Classic', '2023-02-01', '2024-04-20', 30), ('c7', 'Classic', '2023-02-01', NULL, 30), ('c7', 'Lite', '2024-04-15', NULL, 20),
	('c8', 'Classic', '2023-03-01', '2024-02-20', 30), ('c8', 'Lite', '2024-03-05', NULL, 20),
	('c9', 'Classic', '2023-03-01', '2024-06-25', 30), ('c9', 'Lite', '2024-03-12', NULL, 20),
	('c10', 'Classic', '2023-01-01', NULL, 30), ('c10', 'Lite', '2024-06-10', NULL, 20);
CREATE TABLE held AS SELECT customer, holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM line GROUP BY 1;
CREATE TABLE state AS
	SELECT cannibalization_agg(holdings, ARRAY['Lite'], ARRAY['Classic'], '2024-07-01', 30, 60, 0) AS a,
		cannibalization_agg(holdings, ARRAY['Lite'], ARRAY['Classic'], '2025-01-01', ARRAY[14, 15, 30, 365], ARRAY[10, 60, 120], 0) AS b,
		cannibalization_agg(holdings, ARRAY['Lite'], ARRAY['Classic'], '2024-05-10') AS c
	FROM held;

SELECT is(pg_temp.see($$SELECT entries, matured_entries, pending_entries, new_entries, winback_entries, add_entries, switch_entries, partial_entries, customers,
	round(own_base_share::numeric, 4), round(unit_rate::numeric, 4), round(unit_rate_low::numeric, 4), round(unit_rate_high::numeric, 4), lost_mrr, focal_mrr, net_mrr
	FROM state, cannibalization_verdict(a)$$), '(10,9,1,2,1,2,3,1,9,0.6667,0.4444,0.1888,0.7333,120.00,180.00,60.00)', 'of nine matured entries four came out of the old plan');
SELECT is(pg_temp.see($$SELECT round(value_rate::numeric, 4), round(value_rate_low::numeric, 4), round(value_rate_high::numeric, 4) FROM state, cannibalization_verdict(a)$$),
	'(0.6667,0.2726,1.1712)', 'the value rate has an interval of its own');
SELECT is(pg_temp.see($$SELECT look_back, look_ahead, new_entries, winback_entries, add_entries, switch_entries, partial_entries, round(own_base_share::numeric, 4), round(unit_rate::numeric, 4), lost_mrr, focal_mrr, round(value_rate::numeric, 4)
	FROM state, cannibalization_verdict(b) WHERE look_back = 30 OR look_ahead = 60$$),
'(14,60,2,2,3,2,1,0.6000,0.3000,90.00,200.00,0.4500)
(15,60,2,1,3,3,1,0.7000,0.4000,120.00,200.00,0.6000)
(30,10,2,1,4,2,1,0.7000,0.3000,90.00,200.00,0.4500)
(30,60,2,1,3,3,1,0.7000,0.4000,120.00,200.00,0.6000)
(30,120,2,1,2,4,1,0.7000,0.5000,150.00,200.00,0.7500)
(365,60,2,0,3,4,1,0.8000,0.5000,150.00,200.00,0.7500)', 'a grid of windows in one pass');
SELECT is(pg_temp.see($$SELECT matured_entries, pending_entries, switch_entries, round(unit_rate::numeric, 4) FROM state, cannibalization_verdict(c)$$),
	'(3,6,2,0.6667)', 'two of three, where counting young newcomers would say two of five');
SELECT is(pg_temp.see($$SELECT donor, losing_entries, lost_mrr FROM state, cannibalization_donors(a)$$), '(Classic,4,120.00)', 'donors who lost are named with what they lost');
SELECT is((SELECT as_of(a) FROM state), '2024-07-01', 'the state knows until when it was observed');

-- break-even
SELECT is(round(break_even_rate(25, 40)::numeric, 4), 0.6250, 'at 25 against 40 a margin, five of eight may come over');
SELECT is(round(break_even_rate(25, 40, 5000, 1000)::numeric, 4), 0.5000, 'with 5000 of cost over 1000 entries, half of them may come over');
SELECT is(break_even_rate(25, 0), NULL, 'a donor that brings nothing has no break-even');
SELECT is(pg_temp.see($$SELECT round(break_even_unit_rate::numeric, 4), round(break_even_value_rate::numeric, 4), round(net_margin::numeric, 2), net_margin = 9 * (14 - 18 * corrected_rate), verdict FROM state, cannibalization_verdict(a, 14, 18, min_entries => 9)$$),
	'(0.7778,1.1667,75.28,t,accretive)', 'practice 1.14: monthly it pays a margin of 54, and of what had gone anyway');
SELECT is(pg_temp.see($$SELECT round(break_even_unit_rate::numeric, 4), round(net_margin::numeric, 2), verdict FROM state, cannibalization_verdict(a, 5, 18, min_entries => 9)$$),
	'(0.2778,-5.72,inconclusive)', 'at a lower margin nine entries do not say');
SELECT is(pg_temp.see($$SELECT round(break_even_lifetime_rate::numeric, 4) FROM state, cannibalization_verdict(a, 14, 18, focal_churn => 0.04, donor_churn => 0.02)$$),
	'(0.3889)', 'over the lifetime it does not pay');
SELECT matches((SELECT reason FROM state, cannibalization_verdict(a, 14, 18, min_entries => 9, focal_churn => 0.04, donor_churn => 0.02)),
	'^4 of 9 matured entries \(44.4%, 95% interval 18.9% to 73.3%\) left or cut another product; 19.7% of such customers lose as much without it, which leaves .*, below the break-even of 77.8%; over the lifetime break-even is 38.9%, on the other side; 1 younger entries are not judged\.$', 'the reason says so');
SELECT is(pg_temp.see($$SELECT verdict, round(value_rate::numeric, 4), round(break_even_value_rate::numeric, 4) FROM state, cannibalization_verdict(a, 14, 18, basis => 'value', min_entries => 9)$$),
	'(accretive,0.6667,1.1667)', 'break-even by value is of what is left');
SELECT matches((SELECT reason FROM state, cannibalization_verdict(a, 14, 18, basis => 'value', min_entries => 9)),
	'^Of what 9 matured entries bring, 66.7% was lost by other products \(95% interval 27.3% to 117.1%\); such customers lose 17.1% of what they bring without it, which leaves .* \(.* to .*\), below the break-even of 116.7%', 'the reason of a verdict by value says the interval of the value');
SELECT is(pg_temp.see($$SELECT verdict, reason FROM state, cannibalization_verdict(a, 14, 18)$$),
	'(no_data,"10 entries are fewer than the 30 that a verdict needs.")', 'ten entries are no data');
SELECT is(pg_temp.see($$SELECT verdict, reason FROM state, cannibalization_verdict(c, 14, 18, min_entries => 4)$$),
	'(immature,"Only 3 of 9 entries are 60 days old, fewer than the 4 that a verdict needs: wait before judging; of them 66.7% left or cut another product so far.")', 'practice 1.14: few entries that are old enough make no verdict');
SELECT matches((SELECT verdict || ': ' || reason FROM state, cannibalization_verdict(c, 14, 18, min_entries => 3)),
	'^accretive: 2 of 3 matured entries .* 6 younger entries are not judged\.$', 'practice 1.14: enough entries that are old enough make one, however many came later');
SELECT is(pg_temp.see($$SELECT verdict, reason FROM state, cannibalization_verdict(c, 14, 18, min_entries => 3, min_matured => 0.8)$$),
	'(immature,"Only 3 of 9 entries (33.3%) are 60 days old, less than 80.0%: wait before judging; of them 66.7% left or cut another product so far.")', 'a state is immature when most entries must be old enough');
SELECT is(pg_temp.see($$SELECT verdict, break_even_unit_rate FROM state, cannibalization_verdict(a, 14, min_entries => 3)$$), '(not_identified,)', 'without margins there is no break-even');
SELECT matches((SELECT reason FROM state, cannibalization_verdict(a, 14, min_entries => 3)), 'without the margins of both there is no break-even', 'the reason says that margins are missing');

SELECT is(pg_temp.see($$SELECT verdict, break_even_unit_rate, break_even_value_rate FROM state, cannibalization_verdict(a, 14, 14, 20, 20, min_entries => 3)$$), '(not_identified,1,1)', 'the verdict is not_identified where the new product has price and margin of the old');
SELECT matches((SELECT reason FROM state, cannibalization_verdict(a, 14, 14, 20, 20, min_entries => 3)), 'the price and the margin of the old one', 'the reason says that price and margin are those of the old');

-- the control: of those who hold A and never take N, one in four leaves in April
CREATE TEMP TABLE market AS
	SELECT g AS customer, holdings_agg(p, s::date, e::date, m) AS holdings
	FROM (
		SELECT g, 'A', '2023-01-01', CASE WHEN g % 4 = 0 THEN '2024-04-20' END, 30 FROM generate_series(1, 400) g
		UNION ALL SELECT g, 'A', '2023-01-01', CASE WHEN g % 2 = 0 THEN '2024-04-10' END, 30 FROM generate_series(1001, 1100) g
		UNION ALL SELECT g, 'N', '2024-04-10', NULL, 20 FROM generate_series(1001, 1100) g
		UNION ALL SELECT g, 'N', '2024-04-10', NULL, 20 FROM generate_series(2001, 2100) g
	) l (g, p, s, e, m)
	GROUP BY g;
CREATE TEMP TABLE market_state AS
	SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', 30, 60, 0) AS s FROM market;
SELECT is(pg_temp.see($$SELECT matured_entries, own_base_share, unit_rate, control_matched_share, control_loss_rate, corrected_rate, round(corrected_value_rate::numeric, 6) FROM market_state, cannibalization_verdict(s)$$),
	'(200,0.5,0.25,1,0.25,0.125,0.187500)', 'a quarter would have left anyway, so half of the losses are the new plan''s');
SELECT is(pg_temp.see($$SELECT look_ahead, entry_hazard, control_hazard FROM (SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', ARRAY[30], ARRAY[0, 30, 60], 0) AS s FROM market) x, cannibalization_verdict(s)$$),
'(0,0.5,0)
(30,0,0.25)
(60,0,0)', 'half leave on the day, none of the rest later; others leave in the thirty days after');
SELECT ok(corrected_rate_low < 0.125 AND corrected_rate_high > 0.125 AND corrected_rate_high - corrected_rate_low > unit_rate_high - unit_rate_low,
	'the control widens the interval') FROM market_state, cannibalization_verdict(s);
SELECT is(pg_temp.see($$SELECT verdict FROM market_state, cannibalization_verdict(s, 3, 10)$$), '(accretive)', 'truth F2: a break-even of 30 % is above all that may be left, though not above all that may have been lost');
SELECT is(pg_temp.see($$SELECT verdict FROM market_state, cannibalization_verdict(s, 4, 10)$$), '(accretive)', '40 % is above it');
SELECT is(pg_temp.see($$SELECT verdict FROM market_state, cannibalization_verdict(s, 1, 10)$$), '(inconclusive)', 'truth F2: 10 % lies in the interval of what is left, though below that of what was lost');
SELECT is(pg_temp.see($$SELECT verdict FROM market_state, cannibalization_verdict(s, 0.5, 10)$$), '(value_destroying)', 'a break-even of 5 % lies below the interval');
SELECT is(pg_temp.see($$SELECT control_loss_rate, net_margin, verdict, reason FROM (SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', 30, 60, 0, NULL, '(none)') AS s FROM market) x, cannibalization_verdict(s, 0.5, 10)$$),
	'(,,not_identified,"50 of 200 matured entries (25.0%, 95% interval 19.5% to 31.4%) left or cut another product; no control group says what would have gone anyway, and only that could say more than the break-even of 5.0%, which lies below.")', 'truth F2: without a control nobody is accused');
SELECT is(pg_temp.see($$SELECT verdict FROM (SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', 30, 60, 0, NULL, '(none)') AS s FROM market) x, cannibalization_verdict(s, 4, 10)$$), '(accretive)', 'a verdict that accuses nobody needs no control');
SELECT is(pg_temp.see($$SELECT verdict FROM market_state, cannibalization_verdict(s, 1.5, 10)$$), '(not_identified)', '15 % lies between what was lost and what is left after the control');
SELECT is(pg_temp.see($$SELECT control_customers, control_loss_rate, corrected_rate FROM (SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01') AS s FROM market WHERE customer > 1000) x, cannibalization_verdict(s)$$),
	'(100,0,0.25)', 'before their entry, customers are a control for the months before');
SELECT is(pg_temp.see($$SELECT control_loss_rate, corrected_rate, verdict FROM (SELECT cannibalization_agg(holdings, ARRAY['N'], ARRAY['B'], '2024-07-01') AS s FROM market) x, cannibalization_verdict(s, 1, 10)$$),
	'(,0,accretive)', 'who has nothing to lose needs no control');
SELECT is(pg_temp.see($$SELECT control_loss_rate, corrected_rate FROM (SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', 30, 60, 0, CASE WHEN customer % 4 = 0 THEN 'red' ELSE 'blue' END) AS s FROM market) x, cannibalization_verdict(s)$$),
	'(0.25,0.125)', 'like is compared with like within strata');

-- who had gone: ten leave every day, and the new product changes nothing.  Of
-- those who hold it on the day and do not take the other, as many are gone 60
-- days later as of those who do
CREATE TABLE leaving AS
	SELECT g AS customer, 'Classic' AS product, date '2023-01-01' AS started, date '2024-01-01' + (g * 7919 % 900) AS ended, 30 AS mrr FROM generate_series(1, 9000) g
	UNION ALL
	SELECT g, 'Lite', '2024-04-15', NULL, 20 FROM generate_series(1, 9000) g WHERE date '2024-01-01' + (g * 7919 % 900) > '2024-04-15' AND (g / 3) % 10 = 0;
SELECT is(pg_temp.see($$SELECT lb, round(v.unit_rate::numeric, 4), round(v.control_loss_rate::numeric, 4), round(v.corrected_rate::numeric, 4), corrected_rate_low < 0 AND corrected_rate_high > 0
	FROM unnest('{1,30,60}'::int[]) lb, LATERAL (SELECT cannibalization_agg(customer, product, started, ended, mrr, ARRAY['Lite'], NULL, '2024-08-01', lb, 60, 0) AS s FROM leaving) x, cannibalization_verdict(x.s, 4, 18) v$$),
'(1,0.0750,0.0756,-0.0006,t)
(30,0.0750,0.0756,-0.0006,t)
(60,0.0750,0.0756,-0.0006,t)', 'truth F1: who had gone before the day says nothing of who holds it then, however far one looks back');
SELECT is((SELECT round(avg((l.ended <= '2024-06-14')::int), 4) FROM leaving l WHERE l.product = 'Classic' AND l.ended > '2024-04-15'
	AND NOT EXISTS (SELECT FROM leaving n WHERE n.customer = l.customer AND n.product = 'Lite')), 0.0756, 'truth F1: a count of who holds it and does not take the other says the same');
SELECT is((SELECT v.control_customers FROM (SELECT cannibalization_agg(customer, product, started, ended, mrr, ARRAY['Lite'], NULL, '2024-08-01') AS s FROM leaving) x, cannibalization_verdict(x.s) v), 9000::bigint, 'practice 1.14: the control counts customers, not months');
-- of those who had gone up to 30 days before, one in ten comes back for it as
-- one in ten of the others comes: they had gone anyway
SELECT is(pg_temp.see($$SELECT v.add_entries, v.switch_entries, round(v.unit_rate::numeric, 4), round(v.control_loss_rate::numeric, 4), round(v.corrected_rate::numeric, 4)
	FROM (SELECT cannibalization_agg(customer, product, started, ended, mrr, ARRAY['Lite'], NULL, '2024-08-01') AS s FROM (
		SELECT * FROM leaving UNION ALL SELECT g, 'Lite', '2024-04-15', NULL, 20 FROM generate_series(1, 9000) g WHERE date '2024-01-01' + (g * 7919 % 900) BETWEEN '2024-03-17' AND '2024-04-15' AND (g / 3) % 10 = 0) x) x, cannibalization_verdict(x.s) v$$),
	'(740,90,0.1084,0.1090,-0.0006)', 'truth F1: who had gone and comes back like others had gone anyway');
-- but when all of them come, they had gone for it
SELECT is(pg_temp.see($$SELECT v.add_entries, v.switch_entries, round(v.unit_rate::numeric, 4), round(v.control_loss_rate::numeric, 4), round(v.corrected_rate::numeric, 4)
	FROM (SELECT cannibalization_agg(customer, product, started, ended, mrr, ARRAY['Lite'], NULL, '2024-08-01') AS s FROM (
		SELECT * FROM leaving UNION ALL SELECT g, 'Lite', '2024-04-15', NULL, 20 FROM generate_series(1, 9000) g WHERE date '2024-01-01' + (g * 7919 % 900) BETWEEN '2024-03-17' AND '2024-04-15') x) x, cannibalization_verdict(x.s) v$$),
	'(740,360,0.3273,0.0773,0.2500)', 'truth F1: who had gone and comes much more readily than others had gone for it');
-- who enters later is watched until then: half of the others take it on 1 May
CREATE TABLE entering AS
	SELECT * FROM leaving UNION ALL SELECT g, 'Lite', '2024-05-01', NULL, 20 FROM generate_series(1, 9000) g WHERE date '2024-01-01' + (g * 7919 % 900) > '2024-05-01' AND (g / 3) % 10 IN (1, 3, 5, 7, 9);
SELECT is((SELECT round(v.control_loss_rate::numeric, 10) FROM (SELECT cannibalization_agg(customer, product, started, ended, mrr, ARRAY['Lite'], NULL, '2024-06-20') AS s FROM entering) x, cannibalization_verdict(x.s) v),
	(SELECT round(count(*) FILTER (WHERE c.ended <= '2024-06-14' AND l.customer IS NULL) / sum(CASE WHEN l.customer IS NULL THEN 1 ELSE 16 / 60.0 END), 10)
		FROM entering c LEFT JOIN entering l ON l.customer = c.customer AND l.product = 'Lite'
		WHERE c.product = 'Classic' AND c.ended > '2024-04-15' AND l.started IS DISTINCT FROM '2024-04-15'), 'truth F1: who enters before the end of the look-ahead counts for the days until then');
-- of one mind: 20 customers with five entries each, of whom six lose every time
SELECT is(pg_temp.see($$SELECT v.matured_entries, v.customers, round(v.unit_rate::numeric, 4), round(v.unit_rate_low::numeric, 4), round(v.unit_rate_high::numeric, 4), round(w.conf_low::numeric, 4), round(w.conf_high::numeric, 4)
	FROM (SELECT cannibalization_agg(c, p, s, e, 10, ARRAY['N'], NULL, '2026-01-01') AS s FROM (
		SELECT c, 'A' AS p, date '2023-01-01' + 100 * n - 25 AS s, date '2023-01-01' + 100 * n AS e FROM generate_series(1, 6) c, generate_series(1, 5) n
		UNION ALL SELECT c, 'A', '2022-01-01', NULL FROM generate_series(7, 20) c
		UNION ALL SELECT c, 'N', date '2023-01-01' + 100 * n, date '2023-01-01' + 100 * n + 20 FROM generate_series(1, 20) c, generate_series(1, 5) n) x) x, cannibalization_verdict(x.s) v, proportion_interval(6, 20) w$$),
	'(100,20,0.3000,0.1433,0.5235,0.1455,0.5190)', 'truth F6: a hundred entries of the same twenty are as sure as twenty, less one');

-- where few lose: 1000 worlds of 45 who take it, of whom one in six loses it, at
-- one of four prices, beside the interval of a normal ratio
CREATE TABLE taker AS
	SELECT w, g, ('x' || left(md5(w || ' ' || g), 7))::bit(28)::int % 6 = 0 AS loses, (ARRAY[10, 20, 30, 45])[1 + ('x' || left(md5(g || '/' || w), 7))::bit(28)::int % 4] AS price
	FROM generate_series(1, 1000) w, generate_series(1, 45) g;
CREATE INDEX ON taker (w);
CREATE TABLE chance AS
	SELECT w, cannibalization_agg(g, l.p, l.s, l.e, l.m, ARRAY['N'], NULL, '2025-01-01', 30, 60, 0) AS s
	FROM taker t CROSS JOIN LATERAL (VALUES ('A', date '2023-01-01', CASE WHEN t.loses THEN date '2024-07-01' END, t.price), ('N', '2024-06-01', NULL, 15)) AS l (p, s, e, m) GROUP BY w;
SELECT results_eq($$SELECT avg((26.25 / 6 / 15 BETWEEN v.value_rate_low AND v.value_rate_high)::int) BETWEEN 0.93 AND 0.97,
		avg((26.25 / 6 / 15 BETWEEN n.rate - 1.96 * n.error AND n.rate + 1.96 * n.error)::int) < 0.92, bool_and(abs(v.value_rate - n.rate) < 1e-9)
	FROM chance, cannibalization_verdict(s) v JOIN LATERAL (SELECT r.rate, sqrt(sum((t.loses::int * t.price - 15 * r.rate) ^ 2) * 45 / 44) / (45 * 15) AS error
		FROM taker t, (SELECT sum(y.loses::int * y.price) / (45 * 15.0) AS rate FROM taker y WHERE y.w = chance.w) r WHERE t.w = chance.w GROUP BY r.rate) n ON true$$,
	$$VALUES (true, true, true)$$, 'truth F7: where few lose the interval of the value rate holds the true one in 95 of 100 worlds, and a normal one does not');

-- several donors
SELECT is(pg_temp.see($$SELECT donor, losing_entries, lost_mrr FROM (SELECT cannibalization_agg(h, ARRAY['N'], NULL, '2025-01-01') AS s FROM (
	SELECT holdings_agg(p, s::date, e::date, m) AS h FROM (VALUES ('A', '2024-01-01', '2024-03-01', 20.00), ('B', '2024-01-01', '2024-03-05', 10.00), ('C', '2024-03-01', NULL, 7.99), ('N', '2024-03-01', NULL, 5)) v (p, s, e, m)) x) y, cannibalization_donors(s)$$),
'(A,1,14.67)
(B,1,7.34)', 'what was lost is divided among donors to the cent');

-- laws
CREATE TEMP TABLE part AS
	SELECT customer % 7 AS part, cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', ARRAY[30, 1], ARRAY[60, 0], 0, (customer % 3)::text) AS s FROM market GROUP BY 1;
CREATE TEMP TABLE whole AS
	SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', ARRAY[1, 30], ARRAY[0, 60], 0, (customer % 3)::text ORDER BY customer DESC) AS s FROM market;
SELECT is((SELECT rollup(s ORDER BY part) FROM part), (SELECT s FROM whole), 'parts add up to the whole, to the byte');
SELECT is((SELECT rollup(s ORDER BY part DESC) FROM part), (SELECT s FROM whole), 'parts add up in any order');
SELECT is((SELECT (a.s || b.s) || c.s FROM part a, part b, part c WHERE a.part = 1 AND b.part = 2 AND c.part = 3),
	(SELECT c.s || (b.s || a.s) FROM part a, part b, part c WHERE a.part = 1 AND b.part = 2 AND c.part = 3), '|| is commutative and associative');
SELECT is((SELECT s::text::cannibalization FROM whole), (SELECT s FROM whole), 'text brings it back');
SELECT is(s::text::cannibalization, s, 'text brings a state with no entry back') FROM (SELECT cannibalization_agg(holdings, ARRAY['X'], ARRAY['Y'], '2024-07-01') AS s FROM market) x;
SELECT is((SELECT rollup(NULL::cannibalization)), NULL, 'nothing adds up to nothing');
SELECT is((SELECT cannibalization_agg(NULL, ARRAY['N'], NULL, '2024-07-01')), NULL, 'no customers give no state');
SELECT is((SELECT count(*) FROM cannibalization_verdict(NULL)), 0::bigint, 'no customers give no verdict');
SELECT is(pg_temp.see($$SELECT entries, matured_entries, unit_rate, value_rate, control_loss_rate, corrected_rate, verdict FROM (SELECT cannibalization_agg(holdings, ARRAY['X'], NULL, '2024-07-01') AS s FROM market) x, cannibalization_verdict(s, 1, 2)$$),
	'(0,0,,,,,no_data)', 'a product that nobody took has no rates');
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 2;
CREATE TABLE wide AS SELECT * FROM market;
ALTER TABLE wide SET (parallel_workers = 2);
\i test/plan_of.sql
SELECT matches(pg_temp.plan_of($$SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', ARRAY[1, 30], ARRAY[0, 60], 0, (customer % 3)::text) FROM wide$$),
	'Partial Aggregate', 'cannibalization_agg runs in parallel');
SELECT is((SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', ARRAY[1, 30], ARRAY[0, 60], 0, (customer % 3)::text) FROM wide),
	(SELECT s FROM whole), 'parallel workers give the same bytes');

-- what does not go together, or was damaged
SELECT throws_ok($$SELECT a || c FROM state$$, '22023', 'cannot add up entries observed until different days', 'states of two ends of observation do not add up');
SELECT throws_ok($$SELECT a || cannibalization_agg(holdings, ARRAY['Lite'], NULL, '2024-07-01', 30, 61, 0) FROM state, held GROUP BY a$$, '22023',
	'cannot add up entries seen through different windows', 'states of two pairs of windows do not add up');
SELECT throws_ok($$SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', 0, 60, 0) FROM market$$, '22023', 'look_back of "0" days is too short', 'a look-back has days');
SELECT throws_ok($$SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', ARRAY[30, 30], ARRAY[60], 0) FROM market$$, '22023', 'look_back holds "30" twice', 'a grid has each line once');
SELECT throws_ok($$SELECT cannibalization_agg(holdings, ARRAY['N'], NULL, '2024-07-01', ARRAY[]::int[], ARRAY[60], 0) FROM market$$, '22023', 'look_back holds no number of days', 'a grid has at least one window');
SELECT throws_ok($$SELECT cannibalization_verdict(a, basis => 'gut feeling') FROM state$$, '22023', 'invalid basis "gut feeling"', 'units or value decide');
SELECT throws_ok($$SELECT cannibalization_verdict(a, conf => 1) FROM state$$, '22023', 'confidence level "1" is not between 0 and 1', 'nothing is certain');
SELECT throws_ok($$SELECT cannibalization_verdict(a, 'NaN') FROM state$$, '22023', NULL, 'margins are numbers');
SELECT throws_ok($$SELECT cannibalization_verdict(a, min_matured => 2) FROM state$$, '22023', 'min_matured is not between 0 and 1', 'shares are shares');
SELECT throws_ok($$SELECT ('01' || substr(encode(cannibalization_send(a), 'hex'), 3))::cannibalization FROM state$$, '22P03', 'invalid bytes for type cannibalization: version 1, where this library reads version 2', 'bytes of the version before, which must be folded again');
SELECT throws_ok($$SELECT '00'::cannibalization$$, '22P03', 'invalid bytes for type cannibalization', 'bytes of no version are refused');
SELECT throws_ok($$SELECT (encode(cannibalization_send(a), 'hex') || '00')::cannibalization FROM state$$, '22P03', 'invalid bytes for type cannibalization', 'bytes behind the end are refused');
CREATE FUNCTION pg_temp.survives(whole text, kind text, reader text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	accepted int := 0;
	damaged text;
	again text;
BEGIN
	FOR i IN 0 .. length(whole) / 2 - 1 LOOP
		FOR x IN 1 .. 8 LOOP
			BEGIN
				damaged := overlay(whole PLACING lpad(to_hex((('x' || substr(whole, 2 * i + 1, 2))::bit(8)::int) # (1 << (x - 1))), 2, '0') FROM 2 * i + 1 FOR 2);
				EXECUTE format('SELECT encode(%2$I(%1$L::%3$I), ''hex'')', damaged, kind || '_send', kind) INTO again;
				IF again <> damaged THEN
					RETURN -1;
				END IF;
				EXECUTE format('SELECT count(r::text) FROM %s(%L::%I) r', reader, damaged, kind);
				EXECUTE format('SELECT %1$L::%2$I || %1$L::%2$I', damaged, kind);
				accepted := accepted + 1;
			EXCEPTION WHEN invalid_binary_representation OR numeric_value_out_of_range OR character_not_in_repertoire OR datetime_field_overflow THEN
				NULL;
			END;
		END LOOP;
	END LOOP;
	RETURN accepted;
END
$$;
SELECT cmp_ok((SELECT pg_temp.survives(encode(cannibalization_send(a), 'hex'), 'cannibalization', 'cannibalization_verdict') FROM state), '>', 0, 'any bit may be wrong: refused, or a state that can be read');
SELECT cmp_ok((SELECT pg_temp.survives(encode(cannibalization_matrix_send(cannibalization_matrix_agg(holdings, '2024-07-01')), 'hex'), 'cannibalization_matrix', 'cannibalization_cells') FROM held), '>', 0, 'any bit of a matrix may be wrong: refused, or a state that can be read');

SELECT * FROM finish();
ROLLBACK;
