\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(32);
CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN replace(seen, '"', '');
END
$$;

CREATE SCHEMA shop;
CREATE TABLE shop.people (customer_id int, brand text, contract int);
INSERT INTO shop.people VALUES (1, 'Red', 12), (2, 'Red', 24), (3, 'Blue', 24), (4, NULL, 24);
CREATE TABLE shop.subs (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO shop.subs VALUES (1, 'P', '2024-01-05', NULL, 10), (2, 'P', '2024-01-06', NULL, 20), (3, 'P', '2024-01-07', NULL, 30), (4, 'P', '2024-01-08', NULL, 40), (5, 'P', '2024-01-09', NULL, 50);
DO $$
BEGIN
	PERFORM cvm.create_model('acme', tz => 'UTC', as_of => '2024-04-01');
	PERFORM cvm.bind('acme', 'subscription', 'shop.subs');
	PERFORM cvm.bind('acme', 'customer', 'shop.people');
END
$$;

-- a column of customer, where no history is bound
SELECT is(pg_temp.see($$SELECT view, waits_for FROM cvm.catalog('acme') WHERE view LIKE 'segment_%' AND waits_for NOT LIKE '%target%' AND view NOT LIKE '%cost' ORDER BY 1$$),
'(segment_complexity,segment_history)
(segment_kpi,segment_history)
(segment_migration,segment_history)
(segment_migration_12_months,segment_history)
(segment_migration_4_weeks,segment_history)
(segment_scheme_kpi,setting segment_schemes)
(segment_scheme_migration,setting segment_schemes)
(segment_shift,segment_history)', 'without segments there are no views of them');
DO $$ BEGIN PERFORM cvm.configure('acme', 'segment_schemes', 'brand, contract, nothing'); END $$;
SELECT is(pg_temp.see($$SELECT * FROM acme.segment_history ORDER BY 1$$),
'(1,Red,-infinity,,brand,)
(2,Red,-infinity,,brand,)
(3,Blue,-infinity,,brand,)
(4,,-infinity,,brand,)', 'the first column of customer that is named is the segment of all views');
SELECT is(pg_temp.see($$SELECT segment, closing_customers, closing_mrr FROM acme.segment_kpi WHERE month = '2024-03-01' ORDER BY segment COLLATE "C"$$),
'((all),5,150.00)
((none),2,90.00)
(Blue,1,30.00)
(Red,2,30.00)', 'who has none is in "(none)", also who is no customer in the table of customers');
SELECT is(pg_temp.see($$SELECT segment, closing_mrr FROM acme.mrr_movement WHERE month = '2024-03-01' ORDER BY segment COLLATE "C"$$),
'((all),150.00)
((none),90.00)
(Blue,30.00)
(Red,30.00)', 'the waterfall is by the same segments');
SELECT is(pg_temp.see($$SELECT scheme, segment, row_key, closing_customers FROM acme.segment_scheme_kpi WHERE month = '2024-03-01' ORDER BY scheme, segment COLLATE "C"$$),
'(brand,(all),brand|(all)|2024-03,5)
(brand,(none),brand|(none)|2024-03,2)
(brand,Blue,brand|Blue|2024-03,1)
(brand,Red,brand|Red|2024-03,2)
(contract,(all),contract|(all)|2024-03,5)
(contract,(none),contract|(none)|2024-03,1)
(contract,12,contract|12|2024-03,1)
(contract,24,contract|24|2024-03,3)', 'schemes side by side, each of all of the base');
CREATE TABLE shop.owners AS SELECT 'segment' AS subject_kind, 'Red' AS subject, 'Ona' AS owner;
DO $$ BEGIN PERFORM cvm.bind('acme', 'owner', 'shop.owners'); END $$;
SELECT is(pg_temp.see($$SELECT subject_kind, subject, gap_from, days FROM acme.owner_gap ORDER BY row_key$$), E'(product,P,2024-01-05,87)\n(segment,Blue,2024-01-05,87)', 'what always was is to be owned since anything was sold');
SELECT is(obj_description('acme.segment_history'::regclass) ~ 'Reads shop.people', true, 'the view says where it comes from');
SELECT is((SELECT count(*) FROM cvm.check_model('acme') WHERE entity = 'segment_history'), 0::bigint, 'there is nothing to check');
SELECT throws_ok($$SELECT cvm.unbind('acme', 'segment_history')$$, '42704', NULL, 'what was not bound cannot be unbound');

-- a history with schemes
CREATE TABLE shop.history (customer_id int, scheme text, segment text, valid_from date, valid_to date);
INSERT INTO shop.history VALUES
	(1, 'value', 'Gold', '2024-01-01', '2024-02-10'), (1, 'value', 'Silver', '2024-02-10', NULL), (2, 'value', 'Silver', '2024-01-01', NULL), (3, 'value', 'Silver', '2024-01-01', NULL), (5, 'value', 'Gold', '2024-01-01', NULL),
	(1, 'age', 'Young', '2024-01-01', NULL), (2, 'age', 'Old', '2024-01-01', NULL);
DO $$ BEGIN PERFORM cvm.bind('acme', 'segment_history', 'shop.history'); END $$;
SELECT is((SELECT string_agg(DISTINCT scheme, ' ' ORDER BY scheme) FROM acme.segment_scheme_kpi), 'brand contract', 'a scheme takes of the history only what is named');
SELECT is((SELECT count(*) FROM acme.segment_history), 0::bigint, 'a scheme of the history that names "nothing" is empty');
DO $$ BEGIN PERFORM cvm.configure('acme', 'segment_schemes', 'value, age, brand'); END $$;
SELECT is((SELECT string_agg(DISTINCT segment, ' ' ORDER BY segment) FROM acme.segment_history), 'Gold Silver', 'the first scheme of the history is that of all views');
SELECT is(pg_temp.see($$SELECT scheme, segment, opening_customers, moved_in_customers, moved_out_customers, closing_customers, closing_mrr FROM acme.segment_scheme_kpi WHERE month = '2024-02-01' ORDER BY scheme, segment COLLATE "C"$$),
'(age,(all),5,0,0,5,150.00)
(age,(none),3,0,0,3,120.00)
(age,Old,1,0,0,1,20.00)
(age,Young,1,0,0,1,10.00)
(brand,(all),5,0,0,5,150.00)
(brand,(none),2,0,0,2,90.00)
(brand,Blue,1,0,0,1,30.00)
(brand,Red,2,0,0,2,30.00)
(value,(all),5,0,0,5,150.00)
(value,(none),1,0,0,1,40.00)
(value,Gold,2,0,-1,1,50.00)
(value,Silver,2,1,0,3,60.00)', 'three schemes, two of a history and one of customers');
SELECT is_empty($$
	SELECT scheme, month FROM acme.segment_scheme_kpi GROUP BY 1, 2
	HAVING sum(closing_customers * CASE segment WHEN '(all)' THEN -1 ELSE 1 END) <> 0 OR sum(closing_mrr * CASE segment WHEN '(all)' THEN -1 ELSE 1 END) <> 0$$, 'in each the segments are all of the base');
SELECT is_empty($$
	(SELECT row_key, to_jsonb(k) - 'row_key' FROM acme.segment_kpi k)
	EXCEPT
	(SELECT substr(row_key, 7), to_jsonb(k) - 'row_key' - 'scheme' FROM acme.segment_scheme_kpi k WHERE scheme = 'value')$$, 'the first scheme is segment_kpi');
SELECT is(pg_temp.see($$SELECT scheme, from_segment, to_segment, customers FROM acme.segment_scheme_migration WHERE month = '2024-02-01' AND direction = 'move'$$), '(value,Gold,Silver,1)', 'who moved in which scheme');
DO $$ BEGIN PERFORM cvm.configure('acme', 'segment_schemes', NULL); END $$;
SELECT is((SELECT string_agg(DISTINCT segment, ' ' ORDER BY segment) FROM acme.segment_history), 'Old Young', 'a scheme that is not told is the first by name');
SELECT is((SELECT string_agg(DISTINCT scheme, ' ' ORDER BY scheme) FROM acme.segment_scheme_kpi), 'age value', 'schemes of the history are side by side');

SELECT is((SELECT count(*) FROM cvm.check_model('acme') WHERE entity = 'segment_history' AND problem IN ('segment_overlap', 'segment_gap')), 0::bigint, 'two schemes at once are no overlap');
INSERT INTO shop.history VALUES (2, 'value', 'Gold', '2024-02-01', NULL), (1, 'age', 'Old', '2024-05-01', NULL), (3, 'age', 'Old', '2024-01-01', '2024-02-01'), (3, 'age', 'Young', '2024-03-01', NULL);
SELECT is(pg_temp.see($$SELECT problem, count, samples FROM cvm.check_model('acme') WHERE entity = 'segment_history' AND problem IN ('segment_overlap', 'segment_gap') ORDER BY problem$$),
'(segment_gap,1,{3 2024-02-01})
(segment_overlap,2,{1 age 2024-01-01,2 value 2024-01-01})', 'overlaps and gaps in any scheme are reported');

-- versions: on 15 February the segments become others
CREATE TABLE shop.versions (customer_id int, segment text, valid_from date, valid_to date, scheme_version text);
INSERT INTO shop.versions VALUES
	(1, 'Gold', '2024-01-01', '2024-02-15', 'v1'), (1, 'Bronze', '2024-02-15', NULL, 'v2'),
	(2, 'Gold', '2024-01-01', '2024-02-15', 'v1'), (2, 'Gold', '2024-02-15', '2024-03-05', 'v2'), (2, 'Bronze', '2024-03-05', NULL, 'v2'),
	(3, 'Iron', '2024-01-01', '2024-02-10', 'v1'), (3, 'Gold', '2024-02-10', NULL, 'v1'),
	(4, 'Iron', '2024-01-01', '2024-02-15', 'v1');
DO $$ BEGIN PERFORM cvm.bind('acme', 'segment_history', 'shop.versions'); END $$;
SELECT is(pg_temp.see($$SELECT month_label, segment, opening_customers AS o, moved_in_customers AS i, moved_out_customers AS u, redefined_in_customers AS ri, redefined_out_customers AS ro, closing_customers AS c, redefined_in_mrr, redefined_out_mrr, closing_mrr
	FROM acme.segment_kpi WHERE month > '2024-01-01' ORDER BY month, segment COLLATE "C"$$),
'(2024-02,(all),5,0,0,0,0,5,0.00,0.00,150.00)
(2024-02,(none),1,1,0,0,0,2,0.00,0.00,90.00)
(2024-02,Bronze,0,0,0,1,0,1,10.00,0.00,10.00)
(2024-02,Gold,2,1,0,0,-1,2,0.00,-10.00,50.00)
(2024-02,Iron,2,0,-2,0,0,0,0.00,0.00,0.00)
(2024-03,(all),5,0,0,0,0,5,0.00,0.00,150.00)
(2024-03,(none),2,0,0,0,0,2,0.00,0.00,90.00)
(2024-03,Bronze,1,1,0,0,0,2,0.00,0.00,30.00)
(2024-03,Gold,2,0,-1,0,0,1,0.00,0.00,30.00)
(2024-03,Iron,0,0,0,0,0,0,0.00,0.00,0.00)', 'a redefinition is no movement; who moves by one version does, and who falls out of all segments');
SELECT is(pg_temp.see($$SELECT month_label, from_segment, to_segment, direction, customers, redefined_customers FROM acme.segment_migration WHERE month > '2024-01-01' AND direction <> 'stay' ORDER BY row_key COLLATE "C"$$),
'(2024-02,Gold,Bronze,redefined,1,1)
(2024-02,Iron,(none),move,1,0)
(2024-02,Iron,Gold,move,1,0)
(2024-03,Gold,Bronze,move,1,0)', 'the matrix says the same');
SELECT is_empty($$SELECT * FROM acme.segment_kpi WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + redefined_in_mrr + redefined_out_mrr <> closing_mrr
	OR opening_customers + new_customers + winback_customers + moved_in_customers + moved_out_customers + redefined_in_customers + redefined_out_customers + churned_customers <> closing_customers$$, 'bridges foot with them');
DO $$ BEGIN PERFORM cvm.unbind('acme', 'subscription'); END $$;
SELECT is(pg_temp.see($$SELECT month_label, from_segment, to_segment, direction FROM acme.segment_migration WHERE direction NOT IN ('stay', 'in') AND month < '2024-04-01' ORDER BY row_key COLLATE "C"$$),
'(2024-02,Gold,Bronze,redefined)
(2024-02,Iron,(out),out)
(2024-02,Iron,Gold,move)
(2024-03,Gold,Bronze,move)', 'schemes have migrations without subscriptions');
DO $$ BEGIN PERFORM cvm.bind('acme', 'subscription', 'shop.subs'); PERFORM cvm.configure('acme', 'as_of', '2025-03-15'); END $$;

-- spans
SELECT is(pg_temp.see($$SELECT month_label, from_day, to_day, from_segment, to_segment, direction, customers, redefined_customers, is_complete FROM acme.segment_migration_12_months WHERE from_segment = 'Gold' OR month = '2025-03-01' ORDER BY row_key COLLATE "C"$$),
'(2025-01,2024-02-01,2025-02-01,Gold,Bronze,redefined,2,2,t)
(2025-02,2024-03-01,2025-03-01,Gold,Bronze,move,1,0,t)
(2025-02,2024-03-01,2025-03-01,Gold,Gold,stay,1,0,t)
(2025-03,2024-04-01,2025-03-15,(none),(none),stay,2,0,f)
(2025-03,2024-04-01,2025-03-15,Bronze,Bronze,stay,2,0,f)
(2025-03,2024-04-01,2025-03-15,Gold,Gold,stay,1,0,f)', 'a year apart, from the first month on');
SELECT is(pg_temp.see($$SELECT to_day, from_segment, to_segment, direction, customers, from_customers, mrr FROM acme.segment_migration_4_weeks WHERE to_day = '2024-03-11' ORDER BY row_key COLLATE "C"$$),
'(2024-03-11,(none),(none),stay,1,1,50.00)
(2024-03-11,Gold,Bronze,redefined,2,3,30.00)
(2024-03-11,Gold,Gold,stay,1,3,30.00)
(2024-03-11,Iron,(none),move,1,1,40.00)', 'migration over four weeks compares closings four weeks apart');
SELECT is((SELECT count(*) FROM (SELECT row_key FROM acme.segment_migration_4_weeks GROUP BY 1 HAVING count(*) > 1) d), 0::bigint, 'a row for each pair');

-- on any day
SELECT is((SELECT string_agg(coalesce(cvm.segment_at(h, d::date), '-'), ' ' ORDER BY d) FROM (SELECT cvm.holdings_agg(segment, valid_from, valid_to, 0) AS h FROM shop.versions WHERE customer_id = 4) x, generate_series(timestamp '2023-12-31', '2024-02-15', '1 day') AS d WHERE d::date IN ('2023-12-31', '2024-01-01', '2024-02-14', '2024-02-15')),
	'- Iron Iron -', 'where somebody was on a day, ends not included');
SELECT throws_ok($$SELECT cvm.segment_flow_agg(1::bigint, 'P', '2024-01-01', NULL, 1, NULL, 'month', '2024-02-01', '{{a,b}}', 1)$$, '2202E', 'families must be rows of three', 'families are told in threes');
SELECT throws_ok($$SELECT cvm.segment_flow_agg(1::bigint, 'P', '2024-01-01', NULL, 1, NULL, 'month', '2024-02-01', NULL, -1)$$, '22023', 'span "-1" is not between 0 and 1000', 'a span has periods');
SELECT throws_ok($$SELECT cvm.segment_bridge(cvm.segment_flow_agg(1::bigint, 'P', '2024-01-01', NULL, 1, NULL, 'month', '2024-02-01', NULL, 2))$$, '22023', 'segments folded with span 2 have no bridge', 'over a span there is a matrix only');
SELECT throws_ok($$SELECT cvm.segment_flow_agg(1::bigint, NULL, '2024-01-01', NULL, 1.5, 'S', 'month', '2024-02-01')$$, '22023', 'version of a segment is not a whole number', 'versions have numbers');
SELECT * FROM finish();
ROLLBACK;
