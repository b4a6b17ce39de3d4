\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(74);
CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN replace(seen, '"', '');
END
$$;

-- a matrix of migration: fourteen customers, two of them new, three gone
CREATE SCHEMA shop;
CREATE TABLE shop.moves AS
SELECT row_number() OVER () AS customer_id, a, b
FROM (VALUES ('high', 'high'), ('high', 'high'), ('high', 'mid'), ('high', NULL),
	('mid', 'high'), ('mid', 'mid'), ('mid', 'mid'), ('mid', 'low'), ('mid', NULL),
	('low', 'mid'), ('low', 'low'), ('low', NULL), (NULL, 'mid'), (NULL, 'low')) AS v (a, b);
CREATE TABLE shop.subs AS
SELECT customer_id, 'Plan' AS product, CASE WHEN a IS NULL THEN '2024-02-10' ELSE '2024-01-05' END::date AS started_on,
	CASE WHEN b IS NULL THEN '2024-02-20'::date END AS ended_on, 10.00 AS mrr
FROM shop.moves;
CREATE TABLE shop.segments AS
SELECT customer_id, a AS segment, date '2024-01-01' AS valid_from, date '2024-02-15' AS valid_to FROM shop.moves WHERE a IS NOT NULL
UNION ALL
SELECT customer_id, b, '2024-02-15', NULL FROM shop.moves WHERE b IS NOT NULL;
DO $$
BEGIN
	PERFORM cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-03-01');
	PERFORM cvm.configure('acme', 'segment_order', 'low, mid, high');
	PERFORM cvm.bind('acme', 'segment_history', 'shop.segments');
END
$$;
DO $$ BEGIN PERFORM cvm.bind('acme', 'subscription', 'shop.subs'); END $$;
SELECT is(pg_temp.see($$SELECT from_segment, to_segment, direction, customers, from_customers, mrr, closing_mrr FROM acme.segment_migration WHERE month = '2024-02-01' ORDER BY row_key COLLATE "C"$$),
'((in),low,in,1,,10.00,10.00)
((in),mid,in,1,,10.00,10.00)
(high,(out),out,1,4,10.00,0.00)
(high,high,stay,2,4,20.00,20.00)
(high,mid,down,1,4,10.00,10.00)
(low,(out),out,1,3,10.00,0.00)
(low,low,stay,1,3,10.00,10.00)
(low,mid,up,1,3,10.00,10.00)
(mid,(out),out,1,5,10.00,0.00)
(mid,high,up,1,5,10.00,10.00)
(mid,low,down,1,5,10.00,10.00)
(mid,mid,stay,2,5,20.00,20.00)', 'the matrix of fourteen customers');
SELECT is(pg_temp.see($$SELECT direction, sum(customers) FROM acme.segment_migration WHERE month = '2024-02-01' GROUP BY 1 ORDER BY 1$$),
'(down,2)
(in,2)
(out,3)
(stay,5)
(up,2)', 'five of twelve stay, two go up, two down, three out, two come in');
SELECT is(round((SELECT sum(customers) FILTER (WHERE direction = 'stay') / sum(customers) FILTER (WHERE direction <> 'in') FROM acme.segment_migration WHERE month = '2024-02-01'), 4), 0.4167, 'the stay rate is 0.4167');
SELECT is(pg_temp.see($$SELECT segment, opening_customers, new_customers, winback_customers, moved_in_customers, moved_out_customers, churned_customers, closing_customers, closing_mrr, owner FROM acme.segment_kpi WHERE month = '2024-02-01' ORDER BY 1$$),
'((all),12,2,0,0,0,-3,11,110.00,(none))
((none),0,0,0,0,0,0,0,0.00,(none))
(high,4,0,0,1,-1,-1,3,30.00,(none))
(low,3,1,0,1,-1,-1,3,30.00,(none))
(mid,5,1,0,2,-2,-1,5,50.00,(none))', 'the bridges of the same customers');
DO $$ BEGIN PERFORM cvm.unbind('acme', 'subscription'); END $$;
SELECT is(pg_temp.see($$SELECT sum(customers), sum(mrr), bool_or(mrr IS NOT NULL) FROM acme.segment_migration WHERE month = '2024-02-01' AND direction = 'stay'$$),
	'(5,,f)', 'without subscriptions whoever is in a segment migrates, and money is not known');
SELECT is((SELECT waits_for FROM cvm.catalog('acme') WHERE view = 'segment_kpi'), 'subscription', 'without subscriptions segment_kpi says what it waits for');
DO $$ BEGIN PERFORM cvm.bind('acme', 'subscription', 'shop.subs'); END $$;

-- W1 with segments, an own world: waterfall, tenure, products
CREATE TABLE shop.w1 (customer_id text, started_on date, ended_on date, mrr numeric, product text);
INSERT INTO shop.w1 VALUES
	('m1', '2023-06-01', NULL, 100, 'A'), ('m2', '2023-06-01', '2024-03-01', 50, 'A'), ('m3', '2023-06-01', '2024-02-15', 80, 'A'), ('m3', '2024-02-15', NULL, 120, 'A'),
	('m4', '2023-06-01', '2024-02-20', 60, 'A'), ('m4', '2024-04-03', NULL, 60, 'A'), ('m5', '2023-06-01', NULL, 40, 'A'), ('m5', '2023-06-01', '2024-03-10', 25, 'B'),
	('m6', '2024-02-01', NULL, 100, 'A'), ('m7', '2024-02-05', '2024-02-25', 30, 'A'), ('m8', '2024-01-20', '2024-02-03', 0, 'T'), ('m8', '2024-02-03', NULL, 20, 'A'),
	('m9', '2023-06-01', '2024-03-15', 90, 'A'), ('m9', '2024-03-15', NULL, 0, 'F');
CREATE TEMP TABLE waterfall AS
SELECT b.* FROM (
	SELECT cvm.segment_flow_agg(h.holdings, NULL, 'month', '2024-05-01') AS state
	FROM (SELECT customer_id, cvm.holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM shop.w1 GROUP BY 1) h) s
CROSS JOIN LATERAL cvm.segment_bridge(s.state) b;
SELECT is(pg_temp.see($$SELECT period_start, opening_mrr, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr, churn_mrr, closing_mrr, opening_customers, churned_customers, same_period_customers
	FROM waterfall WHERE segment = '(all)' AND period_start >= '2024-01-01' ORDER BY 1$$),
'(2024-01-01,445,0,0,0,0,0,445,6,0,0)
(2024-02-01,445,120,0,40,0,-60,545,6,-1,1)
(2024-03-01,545,0,0,0,-25,-140,380,7,-2,0)
(2024-04-01,380,0,60,0,0,0,440,5,0,0)', 'the waterfall of the worked example');
SELECT is(pg_temp.see($$SELECT DISTINCT segment FROM waterfall ORDER BY 1$$), E'((all))\n((none))', 'who has no segment is "(none)", not lost');
SELECT is(pg_temp.see($$SELECT round(gross_retained_mrr / opening_mrr, 5), round(net_retained_mrr / opening_mrr, 5) FROM waterfall WHERE segment = '(none)' AND period_start >= '2024-02-01' ORDER BY period_start$$),
	E'(0.86517,0.95506)\n(0.69725,0.69725)\n(1.00000,1.00000)', 'gross and net retention of the worked example');
SELECT is(pg_temp.see($$SELECT products, multi_product_customers, tenure_days FROM waterfall WHERE segment = '(all)' AND period_start = '2024-02-01'$$), '(8,1,1426)', 'seven customers, one of them with two products, and their days since they began to pay');

-- the state
CREATE TEMP TABLE state AS
SELECT cvm.segment_flow_agg(h.holdings, p.segments, 'month', '2024-03-01') AS state
FROM (SELECT customer_id, cvm.holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM shop.subs GROUP BY 1) h
JOIN (SELECT customer_id, cvm.holdings_agg(segment, valid_from, valid_to, 0) AS segments FROM shop.segments GROUP BY 1) p USING (customer_id);
SELECT is((SELECT state::text::cvm.segment_flow = state FROM state), true, 'text brings the flow back');
SELECT is((SELECT cvm.as_of(state) FROM state), '2024-03-01', 'the state knows how long it looked');
SELECT is(pg_temp.see('SELECT segment, closing_customers FROM state, LATERAL cvm.segment_bridge(state || state) WHERE period_start = ''2024-02-01'' ORDER BY 1'), E'((all),22)\n((none),0)\n(high,6)\n(low,6)\n(mid,10)', 'twice the state is twice the customers');
SELECT is((SELECT cvm.segment_flow_agg(NULL, NULL, 'month', '2024-03-01')), NULL, 'nobody gives no state');
SELECT is_empty('SELECT cvm.segment_bridge(NULL)', 'no state gives no rows');
SELECT is((SELECT count(*) FROM cvm.segment_bridge((SELECT cvm.segment_flow_agg(h, NULL, 'month', '2020-01-01') FROM (SELECT cvm.holdings_agg(product, started_on, ended_on, mrr) AS h FROM shop.subs) x)) AS b), 0::bigint, 'nobody yet: no rows');
SELECT throws_ok($$SELECT cvm.segment_flow_agg(h, NULL, g, '2024-03-01') FROM (SELECT cvm.holdings_agg('A', '2024-01-01', NULL, 1) AS h) x, (VALUES ('month'), ('week')) AS v (g)$$, '22023', 'cannot add up segments by different grains', 'flows of two grains do not add up');
SELECT throws_ok($$SELECT cvm.segment_flow_agg(h, NULL, 'month', d) FROM (SELECT cvm.holdings_agg('A', '2024-01-01', NULL, 1) AS h) x, (VALUES (date '2024-03-01'), ('2024-03-02')) AS v (d)$$, '22023', 'cannot add up customers observed until different days', 'flows of two as_of do not add up');
SELECT throws_ok($$SELECT cvm.segment_flow_agg(h, g, 'month', '2024-03-01') FROM (SELECT cvm.holdings_agg('A', '2024-01-01', NULL, 1) AS h, cvm.holdings_agg('(all)', '2024-01-01', NULL, 0) AS g) x$$, '42939', '"(all)" cannot be the name of a segment', 'names of totals are reserved');
SELECT throws_ok($$SELECT '0102'::cvm.segment_flow$$, '22P03', NULL, 'a state cut short is refused');
CREATE FUNCTION pg_temp.try(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM count(*) FROM cvm.segment_bridge(encode(bytes, 'hex')::cvm.segment_flow);
	PERFORM count(*) FROM cvm.segment_matrix(encode(bytes, 'hex')::cvm.segment_flow);
	PERFORM count(*) FROM cvm.segment_products(encode(bytes, 'hex')::cvm.segment_flow);
	RETURN true;
EXCEPTION WHEN invalid_binary_representation OR numeric_value_out_of_range OR program_limit_exceeded OR character_not_in_repertoire THEN
	RETURN true;
END
$$;
SELECT is((SELECT bool_and(pg_temp.try(set_byte(d.bytes, i, b))) FROM (SELECT decode(state::text, 'hex') AS bytes FROM state) d, generate_series(0, octet_length(d.bytes) - 1) AS i, (VALUES (0), (1), (127), (255)) AS v (b)), true, 'damage to any byte is found or harmless');
SELECT is((SELECT bool_and(pg_temp.try(substr(d.bytes, 1, i))) FROM (SELECT decode(state::text, 'hex') AS bytes FROM state) d, generate_series(0, octet_length(d.bytes) - 1) AS i), true, 'a state cut anywhere is found or harmless');

-- until when was observed
SELECT is((SELECT cvm.observed_until_agg(f::date, t::date, '2024-03-01') FROM (VALUES ('2024-01-05', NULL), ('2024-01-10', '2024-02-20'), ('2024-02-01', '2025-01-01'), ('2024-06-01', NULL), ('-infinity', 'infinity')) AS v (f, t)), '2024-02-21', 'plans and what never was are not observed');
SELECT is((SELECT cvm.observed_until_agg(f::date, NULL, '2024-03-01') FROM (VALUES ('2024-05-05'), ('2024-04-10')) AS v (f)), NULL, 'where all is planned, nothing is observed');
SELECT is((SELECT cvm.observed_until_agg(NULL, NULL, '2024-03-01')), NULL, 'nothing is nothing');
SELECT is(pg_temp.see($$SELECT round(conf_low::numeric, 4), round(conf_high::numeric, 4) FROM cvm.mean_difference(10, 3, 12, 4)$$), '(-7.7998,11.7998)', 'a difference of means: errors add up as squares');
SELECT throws_ok($$SELECT cvm.mean_difference(10, -1, 12, 4)$$, '22023', 'a standard error is negative', 'errors are not negative');
SELECT throws_ok($$SELECT cvm.lifecycle_phase(NULL, '2024-01-01', renewal_days => -1)$$, '22023', 'renewal_days must be 0 or more', 'days of a phase are not negative');

-- overlaps: what began last counts, of equals the first by name
CREATE TEMP TABLE where_now AS
SELECT d.day, b.segment
FROM generate_series(timestamp '2024-01-01', '2024-01-20', '1 day') AS d (day),
	LATERAL (SELECT cvm.segment_flow_agg(g.holdings, g.segments, 'day', d.day::date + 1) AS state
		FROM (SELECT (SELECT cvm.holdings_agg('A', '2023-12-01', NULL, 1)) AS holdings, cvm.holdings_agg(s, f::date, t::date, 0) AS segments FROM (VALUES
			('gold', '2024-01-02', '2024-01-12'), ('silver', '2024-01-04', '2024-01-06'), ('bronze', '2024-01-04', '2024-01-08'), ('iron', '2024-01-10', NULL), ('tin', '2024-01-14', '2024-01-16')) AS v (s, f, t)) g) s,
	LATERAL cvm.segment_bridge(s.state) b
WHERE b.period_start = d.day AND b.segment <> '(all)' AND b.closing_customers = 1;
SELECT is((SELECT string_agg(segment, ' ' ORDER BY day) FROM where_now),
	'(none) gold gold bronze bronze bronze bronze gold gold iron iron iron iron tin tin iron iron iron iron iron', 'segments that overlap give way to the one that began last');

-- shared costs and margins
CREATE TABLE shop.w9 (customer_id int, segment text, mrr numeric, margin numeric);
INSERT INTO shop.w9 VALUES (1, 'A', 5000, 4000), (2, 'B', 4000, 3000), (3, 'C', 3000, 2000);
CREATE VIEW shop.w9_subs AS SELECT customer_id, segment AS product, date '2024-01-10' AS started_on, NULL::date AS ended_on, mrr FROM shop.w9;
CREATE VIEW shop.w9_product AS SELECT segment AS product, margin AS unit_margin FROM shop.w9;
CREATE VIEW shop.w9_segments AS SELECT customer_id, segment, date '2024-01-01' AS valid_from, NULL::date AS valid_to FROM shop.w9;
CREATE TABLE shop.w9_cost (month date, pool text, amount numeric);
INSERT INTO shop.w9_cost VALUES ('2024-01-01', 'care', 6000), ('2024-01-01', 'billing', 1000), ('2024-01-01', 'network', 3000);
CREATE TABLE shop.w9_driver (month date, pool text, segment text, customer_id int, quantity numeric);
INSERT INTO shop.w9_driver VALUES
	('2024-01-01', 'care', NULL, 1, 10), ('2024-01-01', 'care', NULL, 2, 40), ('2024-01-01', 'care', NULL, 3, 50),
	('2024-01-01', 'billing', 'A', NULL, 1), ('2024-01-01', 'billing', 'B', NULL, 1), ('2024-01-01', 'billing', 'C', NULL, 2),
	('2024-01-01', 'network', 'A', NULL, 60), ('2024-01-01', 'network', 'B', NULL, 30), ('2024-01-01', 'network', 'C', NULL, 10);
CREATE TABLE shop.w9_owner (subject_kind text, subject text, owner text, accountable boolean, valid_from date, valid_to date);
INSERT INTO shop.w9_owner VALUES
	('segment', 'A', 'Ona', true, '2023-01-01', '2024-02-10'), ('segment', 'A', 'Jonas', true, '2024-02-05', NULL), ('segment', 'A', 'Rasa', false, '2023-01-01', NULL),
	('segment', 'B', 'Ieva', true, '2024-01-05', '2024-01-20'), ('product', 'A', 'Tomas', true, '2023-01-01', NULL);
CREATE TABLE shop.w9_target (segment text, month date, metric text, target numeric);
INSERT INTO shop.w9_target VALUES ('A', '2024-01-15', 'closing_mrr', 4500), ('B', '2024-01-01', 'closing_mrr', 4500), ('A', '2024-01-01', 'churn_rate', 0.02), ('C', '2024-01-01', 'closing_customers', 1);
DO $$
BEGIN
	PERFORM cvm.create_model('costs', tz => 'UTC', currency => 'EUR', as_of => '2024-03-01');
	PERFORM cvm.bind('costs', 'subscription', 'shop.w9_subs');
	PERFORM cvm.bind('costs', 'segment_history', 'shop.w9_segments');
END
$$;
SELECT is(pg_temp.see($$SELECT segment, closing_mrr, product_margin, allocated_cost, margin, target, owner FROM costs.segment_kpi WHERE month = '2024-01-01' ORDER BY 1$$),
'((all),12000.00,,,,,(none))
(A,5000.00,,,,,(none))
(B,4000.00,,,,,(none))
(C,3000.00,,,,,(none))', 'what is not bound is not known');
DO $$
BEGIN
	PERFORM cvm.bind('costs', 'product', 'shop.w9_product');
	PERFORM cvm.bind('costs', 'cost', 'shop.w9_cost');
END
$$;
SELECT is(pg_temp.see($$SELECT segment, product_margin, allocated_cost, margin FROM costs.segment_kpi WHERE month = '2024-01-01' ORDER BY 1$$),
'((all),9000.00,10000.00,-1000.00)
(A,4000.00,3333.34,666.66)
(B,3000.00,3333.33,-333.33)
(C,2000.00,3333.33,-1333.33)', 'without drivers a pool is shared out by customers, to the cent');
DO $$
BEGIN
	PERFORM cvm.bind('costs', 'cost_driver', 'shop.w9_driver');
	PERFORM cvm.bind('costs', 'owner', 'shop.w9_owner');
	PERFORM cvm.bind('costs', 'segment_target', 'shop.w9_target');
END
$$;
SELECT is(pg_temp.see($$SELECT segment, product_margin, allocated_cost, margin FROM costs.segment_kpi WHERE month = '2024-01-01' ORDER BY 1$$),
'((all),9000.00,10000.00,-1000.00)
(A,4000.00,2650.00,1350.00)
(B,3000.00,3550.00,-550.00)
(C,2000.00,3800.00,-1800.00)', 'with drivers, of customers and of segments, A earns 1350, B loses 550, C 1800');
SELECT is(pg_temp.see($$SELECT segment, pool, driver_quantity, shared_by, allocated_cost FROM costs.segment_cost WHERE pool = 'care' ORDER BY 1$$),
'(A,care,10,driver,600.00)
(B,care,40,driver,2400.00)
(C,care,50,driver,3000.00)', 'the pool behind a share is told');
SELECT is(pg_temp.see($$SELECT segment, month_label, owner FROM costs.segment_kpi WHERE segment IN ('A', 'B') ORDER BY 1, 2$$),
'(A,2024-01,Ona)
(A,2024-02,Jonas)
(B,2024-01,(none))
(B,2024-02,(none))', 'the owner is the accountable one on the last day of the month');
SELECT is(pg_temp.see($$SELECT segment, target, variance FROM costs.segment_kpi WHERE month = '2024-01-01' ORDER BY 1$$),
'((all),,)
(A,4500.00,500.00)
(B,4500.00,-500.00)
(C,,)', 'a total of targets that are not all there is none');
SELECT is(pg_temp.see($$SELECT segment, metric, value, target, is_met FROM costs.segment_scorecard ORDER BY 1, 2$$),
'(A,churn_rate,,0.02,)
(A,closing_mrr,5000,4500,t)
(B,closing_mrr,4000,4500,f)
(C,closing_customers,1,1,t)', 'targets of every metric; a rate without a denominator is not met, nor missed');
SELECT is(pg_temp.see($$SELECT subject_kind, subject, gap_from, gap_to, days, is_open FROM costs.owner_gap ORDER BY 1, 2, 3$$),
'(product,B,2024-01-10,,51,t)
(product,C,2024-01-10,,51,t)
(segment,B,2024-01-01,2024-01-05,4,f)
(segment,B,2024-01-20,,41,t)
(segment,C,2024-01-01,,60,t)', 'days on which nobody answered');
SELECT is(pg_temp.see($$SELECT subject, owner, other_owner, conflict_from, conflict_to, days FROM costs.owner_conflict$$), '(A,Jonas,Ona,2024-02-05,2024-02-10,5)', 'days on which two did');
SELECT is(pg_temp.see($$SELECT subject_kind, subject, last_owner, ended_on, days FROM costs.owner_stale$$), '(segment,B,Ieva,2024-01-20,41)', 'an owner who went and was not followed');
SELECT is(pg_temp.see($$SELECT dimension, parts, total, top, round(hhi::numeric, 4) FROM costs.concentration WHERE month = '2024-01-01' ORDER BY 1$$),
'(customers by product,3,3.00,A,0.3333)
(customers by segment,3,3.00,A,0.3333)
(revenue by product,3,12000.00,A,0.3472)
(revenue by segment,3,12000.00,A,0.3472)', 'concentration of revenue and customers');
SELECT is(pg_temp.see($$SELECT quarter_label, flavor, next_is_blocked_by, is_complete FROM costs.flavor$$),
	'(2024-Q1,coordinated,segment-centric: 30 % of revenue lies in segments with one accountable owner and a budget, 80 % are needed; A has no budget, B has no owner, C has no owner,f)', 'what stands in the way of the next flavor');
INSERT INTO shop.w9_owner VALUES ('segment', 'B', 'Ieva', true, '2024-01-20', NULL), ('segment', 'C', 'Ieva', true, '2024-02-01', NULL);
INSERT INTO shop.w9_target VALUES ('A', '2024-02-01', 'closing_mrr', 1), ('B', '2024-02-01', 'closing_mrr', 1);
-- of 60 days A had both on 31 + 24, B on 27 + 29, and C, in a month without a target, on none
SELECT is(pg_temp.see($$SELECT flavor, round(owned_revenue_share::numeric, 6) = round((5000 * 55 + 4000 * 56) / (12000 * 60.0), 6), next_is_blocked_by FROM costs.flavor$$),
	'(coordinated,t,segment-centric: 69 % of revenue lies in segments with one accountable owner and a budget, 80 % are needed; A had both on 55 of 60 days, B had both on 56 of 60 days, C has no budget)',
	'the owned share is one over days, not that of the last one');
INSERT INTO shop.w9_target VALUES ('C', '2024-02-01', 'closing_mrr', 1);
SELECT is(pg_temp.see($$SELECT flavor, next_is_blocked_by FROM costs.flavor$$), '(segment-centric,)', 'four in five are');

-- allocation, concentration, quantiles
SELECT is(cvm.allocate(100, '{1,1,1}'), '{33.34,33.33,33.33}', '100.00 over three equals leaves a cent for the first');
SELECT is(cvm.allocate(-100, '{1,1,1}'), '{-33.34,-33.33,-33.33}', 'a credit over three equals leaves a cent for the first');
SELECT is(cvm.allocate(42, '{20,30}'), '{16.80,25.20}', 'a bundle of 42 over 20 and 30');
SELECT is(cvm.allocate(5, '{0,0}'), NULL, 'without weights nothing is allocated');
SELECT is(cvm.allocate(0.02, '{1,NULL,0,1,1}'), '{0.01,0.00,0.00,0.01,0.00}', 'fewer cents than parts go to some of them');
SELECT is(cvm.allocate(1000, '{0.1,0.2,0.7}', 0), '{100,200,700}', 'whole units are allocated exactly');
SELECT throws_ok($$SELECT cvm.allocate(1.005, '{1}')$$, '22023', 'amount "1.005" has more than "2" decimals', 'half a cent cannot be shared out');
SELECT throws_ok($$SELECT cvm.allocate(1, '{1,-1}')$$, '22023', 'a weight is negative or not finite', 'weights are 0 or more');
SELECT is_empty($$
	SELECT n FROM generate_series(1, 300) AS n, LATERAL (SELECT (('x' || substr(md5(n::text), 1, 7))::bit(28)::int / 100.0)::numeric(18,2) AS amount,
		(SELECT array_agg((('x' || substr(md5(n || ' ' || i), 1, 4))::bit(16)::int)::numeric / 7) FROM generate_series(1, 1 + n % 9) AS i) AS weights) x,
		LATERAL (SELECT cvm.allocate(x.amount, x.weights) AS parts) p
	WHERE (SELECT sum(v) FROM unnest(p.parts) v) <> x.amount
		OR EXISTS (SELECT FROM unnest(p.parts, x.weights) AS u (part, weight) WHERE abs(u.part - x.amount * u.weight / (SELECT sum(w) FROM unnest(x.weights) w)) >= 0.01)$$,
	'the parts add up, and none is a cent from its share');
SELECT is(pg_temp.see($$SELECT parts, hhi, round(normalised_hhi::numeric, 4), round(effective_number::numeric, 4) FROM cvm.concentration('{0.70,0.15,0.15}')$$), '(3,0.535,0.3025,1.8692)', 'concentration of 70, 15 and 15');
SELECT is((SELECT round(10000 * hhi::numeric) FROM cvm.concentration('{30,30,20,20}')), 2600::numeric, 'shares of 30, 30, 20 and 20 have 2600 points');
SELECT is(pg_temp.see($$SELECT * FROM cvm.concentration('{5}')$$), '(1,5,1,1,1,1,0)', 'one part is all');
SELECT is((SELECT count(DISTINCT cvm.concentration(ARRAY(SELECT ((x * 7919) % 1013)::numeric / 7 FROM generate_series(1, 100) x ORDER BY hashint4(x + seed))))::int FROM generate_series(1, 50) seed), 1, 'concentration does not depend on the order of parts, to the last digit');
SELECT is(pg_temp.see($$SELECT * FROM cvm.concentration('{}')$$), '(0,0,,,,,)', 'no parts are not concentrated');
SELECT is((SELECT string_agg(cvm.tied_quantile(r, n, 5)::text, ',' ORDER BY x) FROM (SELECT x, count(*) OVER (ORDER BY x) AS r, count(*) OVER () AS n FROM unnest('{1,1,1,1,2,3,3,4,5,9}'::int[]) AS x) v),
	'2,2,2,2,3,4,4,4,5,5', 'fifths keep equals together');
SELECT is(pg_temp.see('SELECT round(conf_low::numeric, 4), round(conf_high::numeric, 4) FROM cvm.proportion_difference(48, 80, 56, 70)'), '(0.0524,0.3339)', 'Newcombe''s first example');
SELECT is(pg_temp.see('SELECT round(conf_low::numeric, 4), round(conf_high::numeric, 4) FROM cvm.proportion_difference(0, 29, 5, 56)'), '(-0.0381,0.1926)', 'Newcombe''s example without a success in one group has his interval');
SELECT is(pg_temp.see('SELECT round(conf_low::numeric, 4), round(conf_high::numeric, 4) FROM cvm.proportion_interval(4, 9)'), '(0.1888,0.7333)', 'Wilson of 4 in 9');
SELECT is(pg_temp.see('SELECT * FROM cvm.proportion_interval(0, 0)'), '(,)', 'none of none is not known');
SELECT throws_ok('SELECT cvm.proportion_interval(2, 1)', '22023', '"2" of "1" is not a proportion', 'more than all is refused');

-- mix and rate: every segment held or improved, and the total fell
CREATE TABLE shop.w22 AS
SELECT n AS customer_id, 'P' AS product,
	CASE WHEN n > 1000 THEN date '2024-02-10' ELSE '2024-01-10' END AS started_on,
	-- February: 50 of 500 in A and 200 of 500 in B leave; then 150 move from A to B and 250 come to B
	-- March: 30 of 300 in A and 266 of 700 in B leave
	CASE WHEN n <= 50 OR n BETWEEN 501 AND 700 THEN date '2024-02-20'
		WHEN n BETWEEN 51 AND 80 OR n BETWEEN 701 AND 966 THEN '2024-03-20' END AS ended_on, 10 AS mrr
FROM generate_series(1, 1250) AS n;
CREATE TABLE shop.w22_segments AS
SELECT n AS customer_id, CASE WHEN n <= 500 THEN 'A' ELSE 'B' END AS segment, date '2024-01-01' AS valid_from, CASE WHEN n BETWEEN 351 AND 500 THEN date '2024-02-15' END AS valid_to FROM generate_series(1, 1250) AS n
UNION ALL
SELECT n, 'B', '2024-02-15', NULL FROM generate_series(351, 500) AS n;
DO $$
BEGIN
	PERFORM cvm.create_model('mix', tz => 'UTC', as_of => '2024-04-01');
	PERFORM cvm.bind('mix', 'subscription', 'shop.w22');
	PERFORM cvm.bind('mix', 'segment_history', 'shop.w22_segments');
END
$$;
SELECT is(pg_temp.see($$SELECT segment, from_customers, to_customers, from_rate, round(to_rate::numeric, 3), round(change::numeric, 3), round(mix_contribution::numeric, 3), round(rate_contribution::numeric, 3), verdict
	FROM mix.segment_shift WHERE metric = 'churn_rate' AND from_month = '2024-02-01' AND to_month = '2024-03-01' ORDER BY 1$$),
'((all),1000,1000,0.25,0.296,0.046,0.058,-0.012,noise)
(A,500,300,0.1,0.100,0.000,-0.020,0.000,noise)
(B,500,700,0.4,0.380,-0.020,0.078,-0.012,noise)', 'the total lost 0.046: 0.058 by mix, less 0.012 by rate');
SELECT is_empty($$
	SELECT grain, metric, from_month, to_month FROM mix.segment_shift GROUP BY 1, 2, 3, 4
	HAVING abs(sum(mix_contribution + coalesce(rate_contribution, 0)) FILTER (WHERE segment <> '(all)') - max(change) FILTER (WHERE segment = '(all)')) > 1e-9
		OR abs(max(mix_contribution + rate_contribution) FILTER (WHERE segment = '(all)') - max(change) FILTER (WHERE segment = '(all)')) > 1e-9$$, 'mix and rate are all of the change, of every rate');
SELECT is((SELECT string_agg(DISTINCT metric, ' ' ORDER BY metric) FROM mix.segment_shift),
	'acquisition_quality_rate arpu churn_rate cross_sell_rate gross_revenue_retention_rate multi_product_share net_revenue_retention_rate products_per_customer retention_12_rate retention_1_rate retention_3_rate retention_6_rate winback_share',
	'every rate is compared; moves up are not known without families, nor renewals without commitments');
SELECT is_empty($$
	SELECT k.row_key FROM mix.segment_kpi k JOIN mix.subscription_kpi s USING (segment, month)
	WHERE (k.ended_spells, k.continued_spells, k.ended_mrr, k.continued_mrr, k.churn_rate, k.net_revenue_retention_rate) IS DISTINCT FROM (s.ended_spells, s.continued_spells, s.ended_mrr, s.continued_mrr, s.logo_churn_rate, s.net_revenue_retention_rate)
		AND k.opening_customers + k.ended_spells > 0$$, 'renewals and rates are those of subscription_kpi');
SELECT is_empty($$
	SELECT k.row_key FROM mix.segment_kpi k
	JOIN mix.subscription_retention r ON r.segment = k.segment AND r.period_no = 1 AND r.cohort = k.month - interval '1 month'
	WHERE (k.cohort_1_customers, k.retained_1_customers) IS DISTINCT FROM (r.eligible_customers, r.retained_customers)$$, 'cohorts are those of subscription_retention');
DO $$ BEGIN PERFORM cvm.configure('mix', 'as_of', '2024-03-15'); END $$;
SELECT is(pg_temp.see($$SELECT DISTINCT verdict, change FROM mix.segment_shift WHERE to_month = '2024-03-01'$$), '(immature,)', 'a month that is not over proves nothing');

-- phases
SELECT is((SELECT string_agg((cvm.lifecycle_phase(h, '2024-07-01', r)).phase, ' ' ORDER BY n) FROM (
	SELECT n, cvm.holdings_agg('A', f::date, t::date, m) AS h, max(r::date) AS r FROM (VALUES
		(1, '2024-01-01', NULL, 0, NULL), (2, '2023-01-01', '2023-07-05', 5, NULL), (3, '2023-01-01', '2023-06-01', 5, NULL), (4, '2023-01-01', '2024-01-01', 5, NULL), (4, '2024-05-01', NULL, 5, NULL),
		(5, '2024-06-10', NULL, 5, NULL), (6, '2023-01-01', '2024-08-01', 5, NULL), (7, '2023-01-01', NULL, 5, '2024-06-20'), (8, '2023-01-01', NULL, 5, NULL), (8, '2024-06-01', NULL, 5, NULL), (9, '2023-01-01', NULL, 5, NULL)) AS v (n, f, t, m, r)
	GROUP BY n) x), 'prospect winback_target lost reactivated onboarding renewal at_risk growth mature', 'the phases of a life, the first that fits');
SELECT is((SELECT string_agg((cvm.lifecycle_phase(h, '2024-07-01', NULL, NULL, w, 90, o)).phase, ' ' ORDER BY n) FROM (SELECT 1 AS n, cvm.holdings_agg('A', '2023-01-01', '2023-07-05', 5) AS h, 30 AS w, 30 AS o UNION ALL SELECT 2, cvm.holdings_agg('A', '2024-06-10', NULL, 5), 365, 10) x), 'lost mature', 'how many days make a phase can be told');
SELECT is((cvm.lifecycle_phase(NULL, '2024-07-01')).phase, 'prospect', 'who never subscribed is a prospect');
SELECT is(pg_temp.see($$SELECT (SELECT count(*) FROM mix.customer_phase), (SELECT sum(customers) FROM mix.phase_flow WHERE segment = '(all)'), (SELECT sum(customers) FROM mix.phase_flow WHERE segment <> '(all)')$$), '(1250,1250,1250)', 'everybody is in one phase');
SELECT is(pg_temp.see($$SELECT decile, ranked_by, customers, value_share FROM costs.value_decile ORDER BY 1 DESC$$), E'(9,margin,1,0.4444444444444444)\n(6,margin,1,0.3333333333333333)\n(2,margin,1,0.2222222222222222)', 'three customers by their margin');
SELECT * FROM finish();
ROLLBACK;
