\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The waterfall: worked by hand, and against plain SQL.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(61);

-- W1: nine customers, worked by hand
CREATE TABLE w1 (product text, customer text, started_on date, ended_on date, mrr numeric);
INSERT INTO w1 VALUES
	('a1', 'm1', '2023-06-01', NULL, 100),
	('a2', 'm2', '2023-06-01', '2024-03-01', 50),
	('a3', 'm3', '2023-06-01', '2024-02-15', 80), ('a3b', 'm3', '2024-02-15', NULL, 120),
	('a4', 'm4', '2023-06-01', '2024-02-20', 60), ('a4', 'm4', '2024-04-03', NULL, 60),
	('a5', 'm5', '2023-06-01', NULL, 40), ('a5b', 'm5', '2023-06-01', '2024-03-10', 25),
	('a6', 'm6', '2024-02-01', NULL, normalise_mrr(1200, 'year')),
	('a7', 'm7', '2024-02-05', '2024-02-25', 30),
	('a8', 'm8', '2024-01-20', '2024-02-03', 0), ('a8', 'm8', '2024-02-03', NULL, 20),
	('a9', 'm9', '2023-06-01', '2024-03-15', 90), ('a9', 'm9', '2024-03-15', NULL, 0);
CREATE TABLE w1_holdings AS
	SELECT customer, holdings_agg(product, started_on, ended_on, mrr) AS h FROM w1 GROUP BY customer;
CREATE TABLE w1_months AS
	SELECT m.* FROM movements((SELECT movement_agg(h, 'month', '2024-05-01') FROM w1_holdings)) m;
SELECT results_eq(
	$$SELECT to_char(period_start, 'YYYY-MM'), opening_mrr, new_mrr, reactivation_mrr, expansion_mrr,
		contraction_mrr, churn_mrr, closing_mrr, opening_customers, -churn_customers
	FROM w1_months WHERE period_start >= '2024-01-01'$$,
	$$VALUES ('2024-01', 445::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 445::numeric, 6::bigint, 0::bigint),
		('2024-02', 445, 120, 0, 40, 0, -60, 545, 6, 1),
		('2024-03', 545, 0, 0, 0, -25, -140, 380, 7, 2),
		('2024-04', 380, 0, 60, 0, 0, 0, 440, 5, 0)$$,
	'W1: the waterfall of nine customers is the one worked by hand');
SELECT results_eq(
	$$SELECT same_period_customers FROM w1_months WHERE period_start >= '2024-01-01'$$,
	$$VALUES (0::bigint), (1), (0), (0)$$,
	'W1: m7, who came and went inside February, is counted there and nowhere else');
SELECT results_eq(
	$$SELECT round((opening_mrr + contraction_mrr + churn_mrr) / opening_mrr, 5),
		round((opening_mrr + expansion_mrr + contraction_mrr + churn_mrr) / opening_mrr, 5),
		round((opening_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr) / opening_mrr, 5),
		round((new_mrr + expansion_mrr) / nullif(-churn_mrr - contraction_mrr, 0), 4)
	FROM w1_months WHERE period_start >= '2024-01-01'$$,
	$$VALUES (1.00000, 1.00000, 1.00000, NULL::numeric), (0.86517, 0.95506, 0.95506, 2.6667),
		(0.69725, 0.69725, 0.69725, 0.0000), (1.00000, 1.00000, 1.15789, NULL)$$,
	'W1: gross and net retention and the quick ratio of each month');
SELECT results_eq(
	$$SELECT churn_mrr - to_free_mrr, contraction_mrr + to_free_mrr, -churn_customers + to_free_customers, opening_customers
	FROM w1_months WHERE period_start = '2024-03-01'$$,
	$$VALUES (-50::numeric, -115::numeric, 1::bigint, 7::bigint)$$,
	'W1: where a free plan counts as active, March has churn -50, contraction -115 and 1 of 7 logos lost');
SELECT results_eq(
	$$SELECT sum(mrr_at(h, '2024-01-31')),
		round(sum(mrr_at(h, '2024-04-30')) FILTER (WHERE mrr_at(h, '2024-01-31') > 0) / sum(mrr_at(h, '2024-01-31')), 5),
		round(sum(mrr_kept(h, '2024-01-31', '2024-04-30')) / sum(mrr_at(h, '2024-01-31')), 5),
		count(*) FILTER (WHERE mrr_at(h, '2024-01-31') > 0 AND mrr_at(h, '2024-04-30') = 0),
		count(*) FILTER (WHERE mrr_at(h, '2024-01-31') > 0)
	FROM w1_holdings$$,
	$$VALUES (445::numeric, 0.71910, 0.62921, 2::bigint, 6::bigint)$$,
	'W1: from January to April point to point, NRR is 0.71910, GRR 0.62921, and 2 of 6 logos are lost');
SELECT results_eq(
	$$SELECT round(exp(sum(ln((opening_mrr + expansion_mrr + contraction_mrr + churn_mrr) / opening_mrr))), 5),
		round(exp(sum(ln((opening_mrr + contraction_mrr + churn_mrr) / opening_mrr))), 5)
	FROM w1_months WHERE period_start >= '2024-02-01'$$,
	$$VALUES (0.66591, 0.60324)$$, 'W1: chained they are 0.66591 and 0.60324');

-- W21: a change inside a month
SELECT results_eq(
	$$SELECT closing_mrr, expansion_mrr, price_expansion_mrr
	FROM movements((SELECT movement_agg(h, 'month', '2024-07-01') FROM (
		SELECT holdings_agg('p', s, e, m) AS h FROM (VALUES
			(date '2024-05-01', date '2024-06-11', 60::numeric), ('2024-06-11', NULL, 90)) AS v (s, e, m)) AS x))
	WHERE period_start = '2024-06-01'$$,
	$$VALUES (90::numeric, 30::numeric, 30::numeric)$$,
	'W21: from 60 to 90 on 11 June, the closing of June is 90 and the 30 are a change of price');
SELECT results_eq(
	$$SELECT round(sum(closing_mrr) / count(*), 2) FROM movements((SELECT movement_agg(h, 'day', '2024-07-01') FROM (
		SELECT holdings_agg('p', s, e, m) AS h FROM (VALUES
			(date '2024-05-01', date '2024-06-11', 60::numeric), ('2024-06-11', NULL, 90)) AS v (s, e, m)) AS x))
	WHERE period_start >= '2024-06-01'$$,
	$$VALUES (80.00)$$, 'W21: weighted by days June brought 80');

-- What published packages get wrong (each row a customer of its own)
CREATE FUNCTION waterfall(spells text, until date DEFAULT '2024-07-01') RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT to_char(m.period_start, 'MM') || concat(
		CASE WHEN new_mrr <> 0 THEN ' new ' || new_mrr END,
		CASE WHEN reactivation_mrr <> 0 THEN ' reactivation ' || reactivation_mrr END,
		CASE WHEN expansion_mrr <> 0 THEN ' expansion ' || expansion_mrr END,
		CASE WHEN contraction_mrr <> 0 THEN ' contraction ' || contraction_mrr END,
		CASE WHEN churn_mrr <> 0 THEN ' churn ' || churn_mrr END,
		CASE WHEN same_period_customers <> 0 THEN ' same period' END,
		' = ' || closing_mrr)
	FROM movements((
		SELECT movement_agg(h, 'month', until) FROM (
			SELECT holdings_agg(split_part(s, ' ', 1), split_part(s, ' ', 2)::date,
				nullif(split_part(s, ' ', 3), '-')::date, split_part(s, ' ', 4)::numeric) AS h
			FROM unnest(string_to_array(spells, ', ')) AS s) AS x)) AS m;
$$;
SELECT results_eq($$SELECT waterfall('a 2024-01-10 2024-02-10 30', '2024-03-01')$$,
	$$VALUES ('01 new 30 = 30'), ('02 churn -30 = 0')$$,
	'dbt_zuora, dbt_recurly: from 30 to 0 is churn, never contraction');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 2024-02-10 30, a 2024-03-05 - 30', '2024-04-01')$$,
	$$VALUES ('01 new 30 = 30'), ('02 churn -30 = 0'), ('03 reactivation 30 = 30')$$,
	'dbt_zuora, dbt_recurly, dbt_stripe: from 0 back to 30 is reactivation, never expansion');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 - 30', '2024-05-01')$$,
	$$VALUES ('01 new 30 = 30'), ('02 = 30'), ('03 = 30'), ('04 = 30')$$,
	'dbt_recurly: months without an invoice are there, with what the customer still brings');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 - 100', '2024-02-01')$$,
	$$VALUES ('01 new 100 = 100')$$, 'mrr-playbook: a customer with an open subscription only does not vanish');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 2024-02-15 20, a 2024-02-15 - 20', '2024-04-01')$$,
	$$VALUES ('01 new 20 = 20'), ('02 = 20'), ('03 = 20')$$,
	'mrr-playbook: a subscription that ended and one that goes on are no churn while the customer pays');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 - 20', '2024-03-01')$$,
	$$VALUES ('01 new 20 = 20'), ('02 = 20')$$,
	'mrr-playbook: nobody churns because the data end');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 - 20, b 2024-01-10 - 30', '2024-03-01')$$,
	$$VALUES ('01 new 50 = 50'), ('02 = 50')$$,
	'mrr-playbook: two parallel subscriptions are one customer, without false moves');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 2024-01-20 20', '2024-03-01')$$,
	$$VALUES ('01 same period = 0'), ('02 = 0')$$,
	'mrr-playbook: a spell inside one month does not vanish');
SELECT results_eq($$SELECT waterfall('a 2024-01-10 - 20, b 2024-01-10 2024-03-31 30', '2024-05-01')$$,
	$$VALUES ('01 new 50 = 50'), ('02 = 50'), ('03 contraction -30 = 20'), ('04 = 20')$$,
	'killbill: months without churn are there, and cancelling one of two lines is contraction');
SELECT results_eq($$SELECT m.opening_customers::int, abs(m.churn_customers)::int FROM movements((
		SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', '2024-03-01') FROM (VALUES
			(1::bigint, 'year', date '2023-01-01', NULL::date, 10.0), (1, 'year', '2023-05-01', NULL, 10), (1, 'extra', '2023-05-01', NULL, 5),
			(2, 'year', '2023-01-01', '2024-02-10', 10)) AS v (customer, product, started_on, ended_on, mrr))) m WHERE m.period_start = '2024-02-01'$$,
	$$VALUES (2, 1)$$, 'killbill: a customer with several yearly charges is one in the denominator of churn');
SELECT results_eq($$SELECT waterfall('a 2024-01-01 2024-02-01 20', '2024-03-01')$$,
	$$VALUES ('01 new 20 = 20'), ('02 churn -20 = 0')$$,
	'a spell that ends on 1 February is in the closing of January and churns in February');
SELECT results_eq($$SELECT waterfall('a 2024-02-01 - 20', '2024-03-01')$$,
	$$VALUES ('02 new 20 = 20')$$, 'a spell that starts on 1 February is new in February');
SELECT is_empty($$SELECT waterfall('a 2024-02-01 - 20', '2024-02-01')$$, 'before the first day seen there are no rows');

-- Bad input
SELECT throws_ok($$SELECT movement_agg(h, 'fortnight', '2024-01-01') FROM w1_holdings$$, '22023', NULL, 'an unknown grain is an error');
SELECT throws_ok($$SELECT movement_agg(h, 'month', NULL) FROM w1_holdings$$, '22004', NULL, 'as_of must be told');
SELECT throws_ok($$SELECT movement_agg(h, 'month', 'infinity') FROM w1_holdings$$, '22008', NULL, 'as_of must be a day');
SELECT throws_ok($$SELECT movement_agg(h, 'month', '2024-01-01') || movement_agg(h, 'year', '2024-01-01') FROM w1_holdings$$,
	'22023', NULL, 'states of different grains are not added up');
SELECT throws_ok($$SELECT movement_agg(h, 'month', '2024-01-01') || movement_agg(h, 'month', '2024-02-01') FROM w1_holdings$$,
	'22023', NULL, 'states observed until different days are not added up');
SELECT is((SELECT movement_agg(h, 'month', '2024-01-01') FROM w1_holdings WHERE false), NULL, 'no rows give NULL');
SELECT is((SELECT movement_agg(NULL::holdings, 'month', '2024-01-01') FROM w1_holdings), NULL, 'rows of NULL give NULL');

-- Random portfolios against plain SQL that looks at every customer on every
-- day: overlaps, gaps, free and negative prices, doubles, hand-overs on one
-- day, empty and inverted spells, segments that change or are not known
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE TABLE seed AS
	SELECT seed, (ARRAY['day', 'week', 'week:7', 'month', 'month', 'quarter', 'year'])[1 + draw(seed, 'grain', 7)] AS grain,
		date '2023-11-17' + draw(seed, 'as_of', 330) AS as_of
	FROM generate_series(1, 240) AS seed;
CREATE TABLE spell AS
	SELECT s.seed, c AS customer, (ARRAY['a', 'b', 'c'])[1 + draw(s.seed, 'product' || c || k, 3)] AS product,
		(CASE WHEN draw(s.seed, 'hand' || c || k, 3) = 0 AND k > 1
			THEN date '2023-10-01' + draw(s.seed, 'start' || c || (k - 1), 250) + draw(s.seed, 'days' || c || (k - 1), 120) - 1
			ELSE date '2023-10-01' + draw(s.seed, 'start' || c || k, 250) END) AS started_on,
		CASE WHEN draw(s.seed, 'open' || c || k, 4) > 0
			THEN date '2023-10-01' + draw(s.seed, 'start' || c || k, 250) + draw(s.seed, 'days' || c || k, 120) - 1 END AS ended_on,
		(ARRAY[0, 5, 9.99, 20, 20, 30, -3])[1 + draw(s.seed, 'price' || c || k, 7)] AS mrr
	FROM seed AS s, generate_series(1, 7) AS c, LATERAL generate_series(1, draw(s.seed, 'spells' || c, 6)) AS k;
INSERT INTO spell SELECT * FROM spell WHERE draw(seed, 'double' || customer || product, 6) = 0;
CREATE TABLE stay AS
	SELECT seed, customer, (ARRAY['x', 'y', 'z'])[1 + draw(seed, 'segment' || customer || k, 3)] AS segment,
		date '2023-10-01' + (k - 1) * 60 + draw(seed, 'enter' || customer || k, 60) AS valid_from,
		CASE WHEN draw(seed, 'known' || customer || k, 4) = 0
			THEN date '2023-10-01' + least((k - 1) * 60 + draw(seed, 'enter' || customer || k, 60) + 20,
				k * 60 + draw(seed, 'enter' || customer || (k + 1), 60))
			WHEN k < 5 THEN date '2023-10-01' + k * 60 + draw(seed, 'enter' || customer || (k + 1), 60) END AS valid_to
	FROM seed, generate_series(1, 7) AS customer, generate_series(1, 5) AS k;
CREATE INDEX ON spell (seed, customer);
CREATE INDEX ON stay (seed, customer);
ANALYZE spell, stay, seed;

CREATE TABLE ours AS
WITH folded AS MATERIALIZED (
	SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr) AS h FROM spell GROUP BY seed, customer
), held AS MATERIALIZED (
	SELECT seed, customer, segment, range_agg(daterange(valid_from, valid_to)) AS days FROM stay GROUP BY 1, 2, 3
	UNION ALL
	SELECT seed, customer, '(none)', '{(,)}'::datemultirange - range_agg(daterange(valid_from, valid_to)) FROM stay GROUP BY 1, 2
), states AS (
	SELECT seed, segment, movement_agg(h, grain, as_of, days) AS state
	FROM folded JOIN seed USING (seed) JOIN held USING (seed, customer) GROUP BY seed, segment
	UNION ALL
	SELECT seed, '(all)', movement_agg(h, grain, as_of) FROM folded JOIN seed USING (seed) GROUP BY seed
)
SELECT seed, segment, m.* FROM states, movements(state) AS m;

CREATE TABLE theirs AS
WITH day AS MATERIALIZED (
	SELECT s.seed, s.as_of, c.customer, d::date AS day,
		CASE WHEN s.grain LIKE 'week%' THEN d::date - (extract(isodow FROM d)::int - coalesce(nullif(split_part(s.grain, ':', 2), '')::int, 1) + 7) % 7
			ELSE date_trunc(s.grain, d)::date END AS period
	FROM seed AS s, generate_series(1, 7) AS c (customer), generate_series('2023-09-30'::timestamp, s.as_of - 1, '1 day') AS d
), held AS MATERIALIZED (
	SELECT p.seed, p.customer, d::date AS day, sum(p.mrr) AS mrr, array_agg(p.product ORDER BY p.product) AS lines
	FROM spell AS p JOIN seed AS s USING (seed),
		generate_series(p.started_on::timestamp, least(p.ended_on, s.as_of) - 1, '1 day') AS d
	GROUP BY 1, 2, 3
), place AS MATERIALIZED (
	SELECT t.seed, t.customer, d::date AS day, t.segment
	FROM stay AS t JOIN seed AS s USING (seed),
		generate_series(t.valid_from::timestamp, least(t.valid_to, s.as_of) - 1, '1 day') AS d
), worth AS MATERIALIZED (
	SELECT day.*, greatest(coalesce(h.mrr, 0), 0) AS mrr, h.lines, coalesce(p.segment, '(none)') AS segment
	FROM day LEFT JOIN held AS h USING (seed, customer, day) LEFT JOIN place AS p USING (seed, customer, day)
), edge AS MATERIALIZED (
	-- each period's last day, or the last one seen
	SELECT seed, customer, period, max(mrr) AS most, (array_agg(segment ORDER BY day) FILTER (WHERE mrr > 0))[1] AS first_segment,
		max(day) AS day
	FROM worth GROUP BY 1, 2, 3
), fact AS MATERIALIZED (
	SELECT e.seed, e.period, w.mrr, w.lines, w.segment, w.lines IS NOT NULL AS holds,
		lag(w.mrr, 1, 0.0) OVER c AS before, lag(w.lines) OVER c AS lines_before, lag(w.segment) OVER c AS segment_before,
		coalesce(max(e.most) OVER (c ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS ever,
		CASE WHEN w.mrr = 0 AND lag(w.mrr, 1, 0.0) OVER c = 0 THEN e.first_segment END AS visited
	FROM edge AS e JOIN worth AS w USING (seed, customer, period, day)
	WINDOW c AS (PARTITION BY e.seed, e.customer ORDER BY e.period)
), line AS (
	SELECT seed, period, f.segment, 'new' AS line, mrr AS money FROM fact AS f WHERE before = 0 AND mrr > 0 AND NOT ever
	UNION ALL SELECT seed, period, f.segment, 'reactivation', mrr FROM fact AS f WHERE before = 0 AND mrr > 0 AND ever
	UNION ALL SELECT seed, period, segment_before, 'churn', -before FROM fact WHERE before > 0 AND mrr = 0
	UNION ALL SELECT seed, period, segment_before, 'to_free', -before FROM fact WHERE before > 0 AND mrr = 0 AND holds
	UNION ALL SELECT seed, period, segment_before, 'expansion', mrr - before FROM fact WHERE before > 0 AND mrr > before
	UNION ALL SELECT seed, period, segment_before, 'contraction', mrr - before FROM fact WHERE mrr > 0 AND mrr < before
	UNION ALL SELECT seed, period, segment_before, 'price_expansion', mrr - before FROM fact WHERE before > 0 AND mrr > before AND lines = lines_before
	UNION ALL SELECT seed, period, segment_before, 'price_contraction', mrr - before FROM fact WHERE mrr > 0 AND mrr < before AND lines = lines_before
	UNION ALL SELECT seed, period, segment, 'moved_in', mrr FROM fact WHERE before > 0 AND mrr > 0 AND segment <> segment_before
	UNION ALL SELECT seed, period, segment_before, 'moved_out', -mrr FROM fact WHERE before > 0 AND mrr > 0 AND segment <> segment_before
	UNION ALL SELECT seed, period, visited, 'same_period', 0 FROM fact WHERE visited IS NOT NULL
	UNION ALL SELECT seed, period, segment, 'closing', mrr FROM fact WHERE mrr > 0
	UNION ALL SELECT seed, period, segment_before, 'opening', before FROM fact WHERE before > 0
), total AS (
	SELECT seed, period, segment, line, sum(money) AS money, count(*) AS customers FROM line GROUP BY 1, 2, 3, 4
	UNION ALL
	SELECT seed, period, '(all)', line, sum(money), count(*) FROM line WHERE line NOT LIKE 'moved%' GROUP BY 1, 2, 4
)
SELECT * FROM total;

CREATE TABLE ours_lines AS
	SELECT seed, period_start AS period, segment, line, money, abs(customers) AS customers
	FROM ours, LATERAL (VALUES ('opening', opening_mrr, opening_customers), ('new', new_mrr, new_customers),
		('reactivation', reactivation_mrr, reactivation_customers), ('expansion', expansion_mrr, expansion_customers),
		('contraction', contraction_mrr, contraction_customers), ('churn', churn_mrr, churn_customers),
		('moved_in', moved_in_mrr, moved_in_customers), ('moved_out', moved_out_mrr, moved_out_customers),
		('closing', closing_mrr, closing_customers), ('same_period', 0, same_period_customers),
		('price_expansion', price_expansion_mrr, NULL), ('price_contraction', price_contraction_mrr, NULL),
		('to_free', to_free_mrr, to_free_customers)) AS l (line, money, customers)
	WHERE money <> 0 OR customers <> 0;
SELECT ok((SELECT count(*) > 10000 AND count(DISTINCT seed) >= 200 FROM theirs), 'there is much to compare, from more than 200 seeds');
SELECT is_empty(
	$$SELECT seed, period, segment, line, money, CASE WHEN line NOT LIKE 'price%' THEN customers END FROM ours_lines
	EXCEPT SELECT seed, period, segment, line, money, CASE WHEN line NOT LIKE 'price%' THEN customers END FROM theirs
	ORDER BY 1, 3, 2 LIMIT 5$$,
	'every line of every random waterfall is in that of plain SQL');
SELECT is_empty(
	$$SELECT seed, period, segment, line, money, CASE WHEN line NOT LIKE 'price%' THEN customers END FROM theirs
	EXCEPT SELECT seed, period, segment, line, money, CASE WHEN line NOT LIKE 'price%' THEN customers END FROM ours_lines
	ORDER BY 1, 3, 2 LIMIT 5$$,
	'every line of plain SQL is in every random waterfall');
SELECT is_empty(
	$$SELECT FROM ours WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr
		+ moved_in_mrr + moved_out_mrr <> closing_mrr
		OR opening_customers + new_customers + reactivation_customers + churn_customers
		+ moved_in_customers + moved_out_customers <> closing_customers$$,
	'opening and the lines sum to closing, for money and customers, everywhere');
SELECT is_empty(
	$$SELECT seed, segment, period_start FROM (
		SELECT *, lag(closing_mrr) OVER w AS closed, lag(period_start) OVER w AS last FROM ours WINDOW w AS (PARTITION BY seed, segment ORDER BY period_start)) AS x
	WHERE opening_mrr <> coalesce(closed, 0)$$,
	'a period opens with what the one before closed with');
SELECT is_empty(
	$$SELECT seed, period, line FROM ours_lines GROUP BY seed, period, line
	HAVING sum(money) FILTER (WHERE segment <> '(all)') IS DISTINCT FROM
		CASE WHEN line LIKE 'moved%' THEN sum(money) FILTER (WHERE segment <> '(all)') ELSE sum(money) FILTER (WHERE segment = '(all)') END$$,
	'every line of the total is the sum of the lines of the segments');
SELECT is_empty(
	$$SELECT f.seed, f.period, f.segment FROM (
		SELECT seed, segment, period_start AS period, opening_mrr + contraction_mrr + churn_mrr AS kept FROM ours) AS f
	WHERE kept < 0$$,
	'what is kept of an opening, segment by segment, is never less than nothing');
SELECT is_empty(
	$$SELECT seed, period FROM ours_lines WHERE line LIKE 'moved%' GROUP BY seed, period HAVING sum(money) <> 0$$,
	'moves between segments cancel');
SELECT is_empty(
	$$SELECT FROM ours JOIN seed USING (seed) WHERE is_complete <> (CASE WHEN grain LIKE 'week%' THEN period_start + 7
		ELSE (period_start + ('1 ' || replace(grain, 'quarter', 'month'))::interval * CASE grain WHEN 'quarter' THEN 3 ELSE 1 END)::date END <= as_of)$$,
	'a period is complete when its last day was observed');

-- Laws
CREATE TABLE customer_state AS
	SELECT seed, customer, grain, as_of, holdings_agg(product, started_on, ended_on, mrr) AS h
	FROM spell JOIN seed USING (seed) GROUP BY seed, customer, grain, as_of;
SELECT is_empty(
	$$SELECT seed FROM customer_state GROUP BY seed
	HAVING movement_agg(h, grain, as_of) <> movement_agg(h, grain, as_of ORDER BY md5(customer::text))$$,
	'the order of customers does not matter');
SELECT is_empty(
	$$SELECT seed FROM customer_state GROUP BY seed
	HAVING movement_agg(h, grain, as_of) <> (movement_agg(h, grain, as_of) FILTER (WHERE customer > 4)
		|| (movement_agg(h, grain, as_of) FILTER (WHERE customer < 3) || movement_agg(h, grain, as_of) FILTER (WHERE customer IN (3, 4))))$$,
	'parts of the customers add up to the whole, to the byte');
SELECT is_empty(
	$$SELECT seed FROM (SELECT seed, customer % 3 AS part, grain, as_of, movement_agg(h, grain, as_of) AS state FROM customer_state GROUP BY 1, 2, 3, 4) AS p
	GROUP BY seed, grain, as_of HAVING rollup(state) <> (SELECT movement_agg(h, p.grain, p.as_of) FROM customer_state AS c WHERE c.seed = p.seed)$$,
	'rollup of parts is the whole');
SELECT is_empty(
	$$SELECT FROM (SELECT movement_agg(h, grain, as_of) AS state FROM customer_state GROUP BY seed) AS x WHERE state::text::movement <> state$$,
	'a state comes back from its text');
SELECT is_empty(
	$$SELECT seed FROM customer_state JOIN (
		SELECT seed, customer, holdings_agg(product, s, e, mrr) AS split FROM (
			SELECT seed, customer, product, mrr, started_on AS s, CASE WHEN coalesce(ended_on > started_on + 5, true) THEN started_on + 5 ELSE ended_on END AS e FROM spell
			UNION ALL
			SELECT seed, customer, product, mrr, started_on + 5, ended_on FROM spell WHERE coalesce(ended_on > started_on + 5, true)) AS x GROUP BY 1, 2) AS y USING (seed, customer)
	GROUP BY seed HAVING movement_agg(h, grain, as_of) <> movement_agg(split, grain, as_of)$$,
	'splitting spells at the same price changes nothing');
CREATE TABLE big AS SELECT h FROM customer_state, generate_series(1, 20);
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT movement_agg(h, 'month', '2024-08-01') AS state FROM big;
SET LOCAL max_parallel_workers_per_gather = 3;
ALTER TABLE big SET (parallel_workers = 3);
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
	RETURN plan;
END $$;
SELECT matches(plan_of($$SELECT movement_agg(h, 'month', '2024-08-01') FROM big$$), 'Partial Aggregate', 'workers fold parts');
SELECT is((SELECT movement_agg(h, 'month', '2024-08-01') FROM big), (SELECT state FROM serial), 'workers give the same bytes');

-- The same from raw spells in one pass
CREATE TABLE raw AS SELECT s.seed, (s.seed * 1000003 + s.customer)::bigint AS customer, s.product, s.started_on, s.ended_on, s.mrr, d.grain, d.as_of
	FROM spell AS s JOIN seed AS d USING (seed);
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT is_empty(
	$$SELECT seed FROM raw JOIN customer_state AS c USING (seed, grain, as_of) WHERE raw.customer = seed * 1000003 + c.customer GROUP BY seed, grain, as_of
	HAVING (SELECT movement_agg(r.customer, r.product, r.started_on, r.ended_on, r.mrr, r.grain, r.as_of) FROM raw AS r WHERE r.seed = raw.seed)
		<> (SELECT movement_agg(s.h, s.grain, s.as_of) FROM customer_state AS s WHERE s.seed = raw.seed)$$,
	'one pass gives the bytes of the two steps, for every random portfolio');
CREATE TABLE two_step AS SELECT movement_agg(h, 'month', '2024-06-15') AS state FROM (
	SELECT holdings_agg(product, started_on, ended_on, mrr) AS h FROM raw GROUP BY customer) AS x;
SELECT is((SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', '2024-06-15') FROM raw), (SELECT state FROM two_step), 'one pass over all portfolios together gives the bytes of the two steps');
SELECT is((SELECT movement_agg('c' || customer, product, started_on, ended_on, mrr, 'month', '2024-06-15') FROM raw), (SELECT state FROM two_step), 'one pass by text gives the bytes of the two steps');
SELECT is((SELECT movement_agg(md5(customer::text)::uuid, product, started_on, ended_on, mrr, 'month', '2024-06-15') FROM raw), (SELECT state FROM two_step), 'one pass by uuid gives the bytes of the two steps');
SELECT is((SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', '2024-06-15' ORDER BY md5(customer::text || started_on), product DESC) FROM raw), (SELECT state FROM two_step), 'one pass in any order gives the same bytes');
SELECT is((SELECT rollup(state) FROM (SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', '2024-06-15') AS state FROM raw GROUP BY seed % 7) AS x),
	(SELECT state FROM two_step), 'parts roll up to the bytes of one pass');
SELECT is((SELECT movement_agg(customer, product, started_on, ended_on, mrr * 1e15 + 0.00001, 'month', '2024-06-15') FROM raw WHERE mrr > 0),
	(SELECT movement_agg(h, 'month', '2024-06-15') FROM (SELECT holdings_agg(product, started_on, ended_on, mrr * 1e15 + 0.00001) AS h FROM raw WHERE mrr > 0 GROUP BY customer) AS x), 'prices that 64 bits do not hold give the bytes of the two steps');
SET LOCAL max_parallel_workers_per_gather = 3;
ALTER TABLE raw SET (parallel_workers = 3);
SELECT matches(plan_of($$SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', '2024-06-15') FROM raw$$), 'Partial Aggregate', 'workers write parts of the ledger');
SELECT is((SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', '2024-06-15') FROM raw), (SELECT state FROM two_step), 'parallel workers give the same bytes');
SELECT is((SELECT movement_agg('c' || customer, product, started_on, ended_on, mrr * 1e15 + 0.00001, 'month', '2024-06-15') FROM raw WHERE mrr > 0),
	(SELECT movement_agg(h, 'month', '2024-06-15') FROM (SELECT holdings_agg(product, started_on, ended_on, mrr * 1e15 + 0.00001) AS h FROM raw WHERE mrr > 0 GROUP BY customer) AS x), 'parallel workers give the same bytes with text keys and great prices');
SELECT is((SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', '2024-06-15') FROM raw WHERE false), NULL, 'no rows: nothing');
SELECT is((SELECT movement_agg(NULL::bigint, product, started_on, ended_on, mrr, 'month', '2024-06-15') FROM raw), NULL, 'rows of nobody: nothing');
SELECT throws_ok($$SELECT movement_agg(customer, product, started_on, ended_on, mrr, grain, '2024-06-15') FROM raw$$, '22023', NULL, 'the grain is the same for every row');
SELECT throws_ok($$SELECT movement_agg(customer, product, started_on, ended_on, mrr, 'month', NULL) FROM raw$$, '22004', NULL, 'as_of must not be NULL');

-- Hostile bytes: an error, or a value that every reader can take
CREATE FUNCTION survivors(seed int, state text, reader text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	bytes bytea := decode(state, 'hex');
	mutant bytea;
	taken int := 0;
BEGIN
	FOR i IN 1..1500 LOOP
		mutant := bytes;
		FOR j IN 0..draw(i, 'times', 3) LOOP
			mutant := set_byte(mutant, draw(seed + i, 'at' || j, length(mutant)), draw(seed + i, 'to' || j, 256));
		END LOOP;
		IF draw(i, 'cut', 5) = 0 THEN mutant := substr(mutant, 1, draw(i, 'length', length(mutant))); END IF;
		BEGIN
			EXECUTE reader USING encode(mutant, 'hex');
			taken := taken + 1;
		EXCEPTION WHEN invalid_binary_representation OR numeric_value_out_of_range OR program_limit_exceeded OR character_not_in_repertoire THEN
			NULL;
		END;
	END LOOP;
	RETURN taken;
END $$;
SELECT ok(survivors(1, (SELECT state::text FROM serial),
	'SELECT count(*) FROM movements(($1::cvm.movement || $1::cvm.movement))') BETWEEN 0 AND 1500,
	'mutated bytes of a movement are refused or readable');
SELECT throws_ok($$SELECT '01zz'::movement$$, '22P02', NULL, 'text that is not hexadecimal is refused');
SELECT throws_ok($$SELECT ''::movement$$, '22P03', NULL, 'an empty value is refused');

SELECT * FROM finish();
ROLLBACK;
