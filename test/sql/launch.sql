\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(45);

CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(replace(q::text, ''"'', ''''), %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN seen;
END
$$;

-- 400 hold A and never N, one in four leaves in April; of 100 who take N on
-- 10 April half leave A; 100 come for N; Z is sold from the start
CREATE SCHEMA tel;
CREATE TABLE tel.line AS
	SELECT g AS customer_id, p AS product, s::date AS started_on, e::date AS ended_on, m::numeric AS mrr
	FROM (
		SELECT g, 'A'::text, '2023-01-01', CASE WHEN g % 4 = 0 THEN '2024-04-20' END, 30 FROM generate_series(1, 400) g
		UNION ALL SELECT g, 'A', '2023-01-01', CASE WHEN g % 2 = 0 THEN '2024-04-10' END, 30 FROM generate_series(1001, 1100) g
		UNION ALL SELECT g, 'N', '2024-04-10', NULL, 20 FROM generate_series(1001, 1100) g
		UNION ALL SELECT g, 'N', '2024-04-10', NULL, 20 FROM generate_series(2001, 2100) g
		UNION ALL SELECT g, 'Z', '2023-01-01', NULL, 5 FROM generate_series(3001, 3010) g
	) l (g, p, s, e, m);
DO $$
BEGIN
	PERFORM cvm.create_model('acme', tz => 'UTC', currency => 'EUR', as_of => '2024-07-01');
	PERFORM cvm.bind('acme', 'subscription', 'tel.line');
END
$$;

-- without a catalogue
SELECT is(pg_temp.see($$SELECT view, waits_for FROM cvm.catalog('acme') WHERE view LIKE 'cannibalization%'$$),
E'(cannibalization,product)\n(cannibalization_evidence,)\n(cannibalization_sensitivity,)\n(cannibalization_matrix,)', 'a verdict needs products, evidence does not');
SELECT is(pg_temp.see('SELECT focal, kind, count(*), sum(lost_mrr), sum(net_mrr), as_of FROM acme.cannibalization_evidence GROUP BY 1, 2, 6 ORDER BY 2'),
'(N,add,50,0.00,1000.00,2024-07-01)
(N,new,100,0.00,2000.00,2024-07-01)
(N,switch,50,1500.00,-500.00,2024-07-01)', 'what was first sold long after the rest is a launch');
SELECT is(pg_temp.see($$SELECT row_key, customer_id, entered_on, donors_before, donor_mrr_before, donor_mrr_after, focal_mrr, lost_mrr, net_mrr, is_complete FROM acme.cannibalization_evidence WHERE customer_id = 1002$$),
	'(N|1002|2024-04-10,1002,2024-04-10,A,30.00,0.00,20.00,30.00,-10.00,t)', 'the row of a customer');

-- with one
CREATE TABLE tel.product (product text, launched_on date, unit_margin numeric, list_price numeric);
INSERT INTO tel.product VALUES ('A', '2022-01-01', 15, 30), ('N', '2024-04-01', 1, 20), ('Z', '2022-01-01', 1, 5);
DO $$ BEGIN PERFORM cvm.bind('acme', 'product', 'tel.product'); END $$;
SELECT is(pg_temp.see($$SELECT row_key, launched_on, entries, matured_entries, new_entries, add_entries, switch_entries, own_base_share, unit_rate, value_rate, focal_mrr, lost_mrr, net_mrr FROM acme.cannibalization ORDER BY 1$$),
'(N|(all)|(all)|(all),2024-04-01,200,200,100,50,50,0.5,0.25,0.375,4000.00,1500.00,2500.00)
(N|A|(all)|(all),2024-04-01,200,200,100,50,50,0.5,0.25,0.375,4000.00,1500.00,2500.00)', 'a row for each donor and for all of them');
SELECT is(pg_temp.see($$SELECT control_loss_rate, corrected_rate, focal_margin, donor_margin, round(break_even_unit_rate::numeric, 4), round(break_even_value_rate::numeric, 4), net_margin, verdict, as_of, currency FROM acme.cannibalization WHERE donor = 'A'$$),
	'(0.25,0.125,1.00,15.00,0.0667,0.1000,-175.00,inconclusive,2024-07-01,EUR)', 'a launch has control, break-even and verdict');
SELECT matches((SELECT reason FROM acme.cannibalization WHERE donor = '(all)'),
	'^N: 50 of 200 matured entries \(25\.0%, 95% interval 19\.5% to 31\.4%\) left or cut another product; 25\.0% of such customers lose as much without it, which leaves 12\.5% \(6.*\), not clearly on either side of the break-even of 6\.7%\. Margin a month: -175\.00 EUR\.$', 'the verdict has a reason with product, numbers and money');
UPDATE tel.product SET unit_margin = 0.5 WHERE product = 'N';
SELECT matches((SELECT verdict || ' ' || reason FROM acme.cannibalization WHERE donor = 'A'), '^value_destroying N against A: 50 of 200 .*, above the break-even of 3\.3%\. Margin a month: -275\.00 EUR\.$', 'practice 1.14: at half the margin it does not pay, and the donor is named');
UPDATE tel.product SET unit_margin = 8 WHERE product = 'N';
SELECT is(pg_temp.see($$SELECT verdict FROM acme.cannibalization WHERE donor = '(all)'$$), '(accretive)', 'at a better margin it pays');
UPDATE tel.product SET unit_margin = NULL WHERE product = 'N';
SELECT is(pg_temp.see($$SELECT verdict, break_even_unit_rate FROM acme.cannibalization WHERE donor = '(all)'$$), '(not_identified,)', 'without margin nobody can say');
UPDATE tel.product SET unit_margin = 1 WHERE product = 'N';
DO $$ BEGIN PERFORM cvm.configure('acme', 'look_ahead', '90'); END $$;
SELECT is(pg_temp.see($$SELECT verdict, matured_entries, pending_entries, is_complete, look_ahead FROM acme.cannibalization WHERE donor = '(all)'$$), '(immature,0,200,f,90)', 'the look-ahead is a setting of the model');
DO $$ BEGIN PERFORM cvm.configure('acme', 'look_ahead', '60'); PERFORM cvm.configure('acme', 'min_entries', '201'); END $$;
SELECT is(pg_temp.see($$SELECT verdict FROM acme.cannibalization WHERE donor = '(all)'$$), '(no_data)', 'how many entries a verdict needs is a setting of the model');
DO $$ BEGIN PERFORM cvm.configure('acme', 'min_entries', '30'); END $$;
-- sold at 2 less than listed, to customers who paid 3 more; what others pay for A is nothing to it
UPDATE tel.line SET mrr = mrr + CASE product WHEN 'N' THEN -2 WHEN 'A' THEN CASE WHEN customer_id > 1000 THEN 3 ELSE 1000 END ELSE 0 END;
SELECT is(pg_temp.see($$SELECT donor, focal_margin, donor_margin, net_margin = round((-1 - 18 * corrected_rate::numeric) * 200, 2) AS net, round(break_even_unit_rate::numeric, 4) FROM acme.cannibalization ORDER BY 1$$),
	E'((all),-1.00,18.00,t,-0.0556)\n(A,-1.00,18.00,t,-0.0556)', 'practice 1.1: margins of a launch are those at the prices paid: unit_margin + price - list_price');
UPDATE tel.product SET list_price = NULL;
SELECT is(pg_temp.see($$SELECT focal_margin, donor_margin, net_margin FROM acme.cannibalization WHERE donor = 'A'$$), '(1.00,15.00,-175.00)', 'practice 1.1: without list prices unit_margin is taken as it is');
UPDATE tel.product SET list_price = CASE product WHEN 'A' THEN 30 WHEN 'N' THEN 20 ELSE 5 END;
UPDATE tel.line SET mrr = mrr - CASE product WHEN 'N' THEN -2 WHEN 'A' THEN CASE WHEN customer_id > 1000 THEN 3 ELSE 1000 END ELSE 0 END;
SELECT is(pg_temp.see('SELECT look_back, look_ahead, matured_entries, unit_rate, entry_hazard, control_hazard FROM acme.cannibalization_sensitivity WHERE look_back = 30 AND look_ahead <= 90'),
'(30,0,200,0.25,0.5,0)
(30,30,200,0.25,0,0.25)
(30,60,200,0.25,0,0)
(30,90,0,,,)', 'after thirty days nothing more happens');
SELECT is(pg_temp.see($$SELECT focal, donor, entries, losing_entries, focal_mrr, lost_mrr, donor_share FROM acme.cannibalization_matrix ORDER BY 1, 2$$),
'(A,(all),500,0,15000.00,0.00,)
(N,(all),200,50,4000.00,1500.00,)
(N,A,200,50,4000.00,1500.00,1)
(Z,(all),10,0,50.00,0.00,)', 'who lives off whom');

-- with segments
CREATE TABLE tel.tier (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO tel.tier SELECT g, CASE WHEN g % 2 = 0 THEN 'gold' ELSE 'lead' END, '2023-01-01', '2024-04-05' FROM generate_series(1, 1100) g;
INSERT INTO tel.tier SELECT g, 'switched', '2024-04-05', NULL FROM generate_series(1, 1100) g;
DO $$ BEGIN PERFORM cvm.bind('acme', 'segment_history', 'tel.tier'); END $$;
SELECT is(pg_temp.see($$SELECT segment, entries, switch_entries, unit_rate, control_loss_rate FROM acme.cannibalization WHERE donor = 'A' ORDER BY 1$$),
'((all),200,50,0.25,0.25)
((none),100,0,0,)
(gold,50,50,1,0.5)
(lead,50,0,0,0)', 'segments are those held at the launch, not what it made of customers; the total compares like with like');
SELECT is(pg_temp.see($$SELECT segment, entries, lost_mrr FROM acme.cannibalization_matrix WHERE focal = 'N' AND donor = '(all)' ORDER BY 1$$),
E'((all),200,1500.00)\n((none),100,0.00)\n(gold,50,1500.00)\n(lead,50,0.00)', 'segments add up');
SELECT is(pg_temp.see($$SELECT DISTINCT segment FROM acme.cannibalization_sensitivity ORDER BY 1$$), E'((all))\n((none))\n(gold)\n(lead)', 'every view of a launch has all segments');

-- with channels: N was sold to gold customers in shops, to newcomers nobody
-- knows where, and to the rest in both
ALTER TABLE tel.line ADD channel text;
UPDATE tel.line SET channel = CASE WHEN customer_id > 2000 THEN NULL WHEN customer_id % 2 = 0 THEN 'shop' WHEN customer_id % 4 = 1 THEN 'web' ELSE 'shop' END WHERE product = 'N';
DO $$ BEGIN PERFORM cvm.bind('acme', 'subscription', 'tel.line'); END $$;
SELECT is(pg_temp.see($$SELECT channel, segment, entries, new_entries, add_entries, switch_entries, round(unit_rate::numeric, 4), round(control_loss_rate::numeric, 4), round(corrected_rate::numeric, 4), verdict FROM acme.cannibalization WHERE donor = 'A' ORDER BY 1, 2$$),
'((all),(all),200,100,50,50,0.2500,0.2500,0.1250,value_destroying)
((all),(none),100,100,0,0,0.0000,,0.0000,accretive)
((all),gold,50,0,0,50,1.0000,0.5000,0.5000,value_destroying)
((all),lead,50,0,50,0,0.0000,0.0000,0.0000,inconclusive)
((none),(all),100,100,0,0,0.0000,,0.0000,accretive)
((none),(none),100,100,0,0,0.0000,,0.0000,accretive)
(shop,(all),75,0,25,50,0.6667,0.3333,0.3333,value_destroying)
(shop,gold,50,0,0,50,1.0000,0.5000,0.5000,value_destroying)
(shop,lead,25,0,25,0,0.0000,0.0000,0.0000,no_data)
(web,(all),25,0,25,0,0.0000,0.0000,0.0000,no_data)
(web,lead,25,0,25,0,0.0000,0.0000,0.0000,no_data)', 'a channel has its own entries, and the control of all');
SELECT is_empty($$SELECT focal, donor, segment FROM acme.cannibalization GROUP BY 1, 2, 3
	HAVING sum(entries) FILTER (WHERE channel = '(all)') <> sum(entries) FILTER (WHERE channel <> '(all)') OR sum(lost_mrr) FILTER (WHERE channel = '(all)') <> sum(lost_mrr) FILTER (WHERE channel <> '(all)')
		OR sum(matured_entries) FILTER (WHERE channel = '(all)') <> sum(matured_entries) FILTER (WHERE channel <> '(all)')$$, 'channels add up');
SELECT is(pg_temp.see($$SELECT DISTINCT offer, days_between, kind FROM acme.cannibalization_evidence ORDER BY 3$$), E'((none),0,add)\n((none),,new)\n((none),0,switch)', 'how long before, and under which offer');
SELECT is(pg_temp.see($$SELECT channel, segment, kind, count(*) FROM acme.cannibalization_evidence GROUP BY 1, 2, 3 ORDER BY 1, 2$$),
E'((none),(none),new,100)\n(shop,gold,switch,50)\n(shop,lead,add,25)\n(web,lead,add,25)', 'evidence says where each was sold');
SELECT is_empty($$SELECT v.row_key FROM acme.cannibalization v WHERE v.donor = '(all)'
	AND ((v.entries, v.lost_mrr) = (SELECT count(*), coalesce(sum(e.lost_mrr), 0) FROM acme.cannibalization_evidence e
		WHERE e.focal = v.focal AND v.segment IN ('(all)', e.segment) AND v.channel IN ('(all)', e.channel))) IS NOT TRUE$$, 'every row has its evidence');
SELECT is_empty($$SELECT row_key FROM acme.cannibalization WHERE control_customers <> (SELECT w.control_customers FROM acme.cannibalization w
	WHERE w.focal = cannibalization.focal AND w.donor = cannibalization.donor AND w.segment = cannibalization.segment AND w.channel = '(all)')$$, 'the control is the same in every channel');

-- small groups are not told, and cannot be had from the total by segment or channel
DO $$ BEGIN PERFORM cvm.configure('acme', 'min_group_size', '26'); END $$;
SELECT is(pg_temp.see($$SELECT channel, segment, entries FROM acme.cannibalization WHERE donor = 'A' ORDER BY 1, 2$$),
'((all),(all),200)
((all),(none),100)
((all),gold,50)
((all),lead,50)
((none),(all),100)', 'one channel of 25 is left out, and the next with it');
DO $$ BEGIN PERFORM cvm.configure('acme', 'min_group_size', '51'); END $$;
SELECT is(pg_temp.see($$SELECT channel, segment, entries FROM acme.cannibalization WHERE donor = 'A' ORDER BY 1, 2$$),
'((all),(all),200)
((all),(none),100)
((none),(all),100)', 'two segments of 50 are left out, and add up to enough');
SELECT is(pg_temp.see($$SELECT segment, entries FROM acme.cannibalization_matrix WHERE focal = 'N' AND donor = '(all)' ORDER BY 1$$), E'((all),200)\n((none),100)', 'small groups are left out of the matrix too');
DO $$ BEGIN PERFORM cvm.configure('acme', 'min_group_size', '0'); END $$;

-- named in a call
SELECT is_empty($$SELECT v.entries, v.control_customers, v.control_loss_rate, v.corrected_rate, v.corrected_rate_high, v.lost_mrr FROM cvm.cannibalization_verdict(cvm.launch('acme', ARRAY['N'], launched_on => '2024-04-01')) v
	EXCEPT SELECT entries, control_customers, control_loss_rate, corrected_rate, corrected_rate_high, lost_mrr FROM acme.cannibalization WHERE donor = '(all)' AND segment = '(all)' AND channel = '(all)'$$, 'a launch named in a call is the one of the view');
SELECT is(pg_temp.see($$SELECT entries, new_entries, lost_mrr FROM cvm.cannibalization_verdict(cvm.launch('acme', ARRAY['N', 'Z'], ARRAY['A']))$$), '(210,110,1500.00)', 'a launch may be of several products and some donors');
SELECT throws_ok($$SELECT cvm.launch('nobody', ARRAY['N'])$$, '42P01', 'model "nobody" has no subscriptions', 'a launch is of a model that there is');

-- another customer changes no other row
CREATE TEMP TABLE before AS SELECT * FROM acme.cannibalization_evidence;
CREATE TEMP TABLE verdict_before AS SELECT * FROM acme.cannibalization WHERE segment = 'gold';
INSERT INTO tel.line VALUES (5001, 'A', '2023-06-01', '2024-04-12', 30, NULL), (5001, 'N', '2024-04-11', NULL, 20, 'web'), (5001, 'Z', '2023-02-01', NULL, 5, NULL);
SELECT is_empty($$SELECT * FROM before EXCEPT SELECT * FROM acme.cannibalization_evidence$$, 'another customer changes nobody else''s evidence');
SELECT is((SELECT string_agg(customer_id::text || ' ' || kind, '') FROM (SELECT customer_id, kind FROM acme.cannibalization_evidence EXCEPT SELECT customer_id, kind FROM before) x), '5001 partial', 'another customer has a row of evidence');
SELECT is_empty($$SELECT * FROM verdict_before EXCEPT SELECT * FROM acme.cannibalization$$, 'another customer does not change the verdict on another segment');
DELETE FROM tel.line WHERE customer_id = 5001;

-- from stored holdings
CREATE TEMP TABLE matrix_before AS SELECT * FROM acme.cannibalization_matrix;
CREATE TEMP TABLE sensitivity_before AS SELECT * FROM acme.cannibalization_sensitivity;
DO $$ BEGIN PERFORM cvm.store('acme', 'customer_holdings'); END $$;
SELECT ok(pg_get_viewdef('acme.cannibalization_matrix') ~ 'customer_holdings' AND pg_get_viewdef('acme.cannibalization_sensitivity') ~ 'customer_holdings', 'what is stored is read');
SELECT set_eq('TABLE acme.cannibalization_matrix', 'TABLE matrix_before', 'what is stored gives the same matrix');
SELECT set_eq('TABLE acme.cannibalization_sensitivity', 'TABLE sensitivity_before', 'stored holdings give the same rates');
DO $$ BEGIN PERFORM cvm.unstore('acme', 'customer_holdings'); END $$;

-- columns are what they are said to be
SELECT is_empty($$SELECT c.view, c.column_name FROM (SELECT * FROM cvm.report_column WHERE unit <> 'key' OR column_name = 'row_key') c
	LEFT JOIN pg_attribute a ON a.attrelid = to_regclass('acme.' || c.view) AND a.attname = c.column_name AND a.attnum = c.position
	WHERE c.view LIKE 'cannibalization%' AND (a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> c.type)$$, 'every column has the place and type that are written down');
SELECT is_empty($$SELECT a.attrelid::regclass, a.attname FROM pg_attribute a
	WHERE a.attrelid::regclass::text LIKE 'acme.cannibalization%' AND a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NULL$$, 'every column has a comment');
CREATE FUNCTION pg_temp.keys_of(view text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT concat_ws('' '', count(*) > 0, count(*) - count(DISTINCT row_key), count(*) - count(segment), count(*) - count(focal)) FROM acme.%I', view) INTO seen;
	RETURN seen;
END
$$;
SELECT is(pg_temp.keys_of(v), 't 0 0 0', v || ': keys are unique and never null') FROM unnest(ARRAY['cannibalization', 'cannibalization_evidence', 'cannibalization_sensitivity', 'cannibalization_matrix']) v;

-- without an index each customer must not be looked for among all of them
INSERT INTO tel.line SELECT g, 'A', '2023-01-01', NULL, 30, NULL FROM generate_series(10001, 30000) g;
INSERT INTO tel.tier SELECT g, 'gold', '2023-01-01', NULL FROM generate_series(10001, 30000) g;
ANALYZE tel.line, tel.tier;
CREATE FUNCTION pg_temp.plan_of(view text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	l text;
	whole text := '';
BEGIN
	FOR l IN EXECUTE format('EXPLAIN (COSTS OFF) SELECT * FROM acme.%I', view) LOOP whole := whole || l || E'\n'; END LOOP;
	RETURN whole;
END
$$;
SELECT ok(plan ~ 'Hash Cond: .*customer_id = .*customer_id' AND plan !~ 'Join Filter: [^\n]*customer_id = [^\n]*customer_id', v || ' is a hash join of customers, and no loop over them')
	FROM unnest(ARRAY['cannibalization', 'cannibalization_evidence']) v, pg_temp.plan_of(v) plan;
TRUNCATE tel.line;
SELECT is((SELECT count(*) FROM acme.cannibalization) + (SELECT count(*) FROM acme.cannibalization_evidence) + (SELECT count(*) FROM acme.cannibalization_matrix), 0::bigint, 'no subscriptions, no rows, no error');

SELECT * FROM finish();
ROLLBACK;
