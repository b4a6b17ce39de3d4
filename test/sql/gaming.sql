\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(48);

CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN seen;
END
$$;

-- broadband at 50, and at 30 for new customers
CREATE SCHEMA net;
CREATE TABLE net.line (customer_id text, product text, started_on date, ended_on date, mrr numeric, offer text, channel text);
INSERT INTO net.line VALUES
	('d1', 'Fiber', '2023-01-01', '2024-02-10', 50, 'STD', 'web'), ('d1', 'Fiber', '2024-02-25', NULL, 30, 'NEW24', 'dealer'),
	('d2', 'Fiber', '2022-06-01', '2024-01-31', 50, 'STD', 'web'), ('d2', 'Fiber', '2024-01-31', NULL, 30, 'NEW24', 'dealer'),
	('d3', 'Fiber', '2022-06-01', '2023-06-30', 50, 'STD', 'web'), ('d3', 'Fiber', '2024-02-15', NULL, 30, 'NEW24', 'web'),
	('d4', 'Fiber', '2024-02-01', NULL, 30, 'NEW24', 'web'), ('d5', 'Fiber', '2024-02-03', NULL, 30, 'NEW24', NULL),
	('d6', 'Fiber', '2021-01-01', '2024-03-05', 50, 'STD', 'web'), ('d6', 'Fiber', '2024-02-20', NULL, 30, 'NEW24', 'web'),
	('d7', 'Fiber', '2023-01-01', '2024-02-01', 50, 'STD', 'web'), ('d7', 'Fiber', '2024-02-20', NULL, 50, 'STD', 'web'),
	('d8', 'Fiber', '2022-01-01', '2024-02-01', 35, 'LOYAL', 'web'), ('d8', 'Fiber', '2024-02-10', NULL, 30, 'NEW24', 'dealer');
CREATE TABLE net.offer (offer text, product text, new_customers_only boolean);
INSERT INTO net.offer VALUES ('STD', 'Fiber', false), ('LOYAL', 'Fiber', false), ('NEW24', 'Fiber', true);
DO $$
BEGIN
	PERFORM cvm.create_model('acme', tz => 'UTC', currency => 'EUR', as_of => '2024-04-01');
	PERFORM cvm.bind('acme', 'subscription', 'net.line');
	PERFORM cvm.bind('acme', 'offer', 'net.offer');
END
$$;
SELECT is(pg_temp.see('SELECT customer_id, kind, gap_days, repriced_mrr, match, channel FROM acme.recycled_acquisition ORDER BY 1'),
'(d1,gap_return,15,20.00,customer,dealer)
(d2,reprice_same_day,0,20.00,customer,dealer)
(d6,pre_emptive,-14,20.00,customer,web)
(d8,gap_return,9,5.00,customer,dealer)', 'four of seven new customers were old ones; who came back at full price is not accused');
SELECT is(pg_temp.see($$SELECT gross_adds, genuine_entries, winback_entries, recycled_entries, round(gaming_rate::numeric, 4), repriced_mrr, repriced_year, reported_mrr, genuine_mrr FROM acme.recycled_acquisition_channel WHERE channel = '(all)'$$),
'(7,2,1,4,0.5714,65.00,780.00,210.00,60.00)', 'of 210 new revenue 60 is genuine, and 65 are lost each month');
SELECT is(pg_temp.see($$SELECT channel, gross_adds, recycled_entries, channel_share FROM acme.recycled_acquisition_channel WHERE channel <> '(all)' ORDER BY 1$$),
'("(none)",1,0,0)
(dealer,3,3,0.75)
(web,3,1,0.25)', 'one channel has three quarters of it');
-- the offer as the new one, and its product under other offers as what it lives off
SELECT is(pg_temp.see($$SELECT customer_id, e.entered_on, e.kind, e.donor_before, e.lost_mrr, e.donors_before, e.channel
	FROM (SELECT customer_id, cvm.holdings_agg(product, started_on, ended_on, mrr, channel, offer) AS h FROM net.line GROUP BY 1) x,
		cvm.entries(cvm.by_offer(h, ARRAY['NEW24']), ARRAY['NEW24'], ARRAY['Fiber'], '2024-07-01') e ORDER BY 1$$),
'(d1,2024-02-25,switch,50,50,{Fiber},dealer)
(d2,2024-01-31,switch,50,50,{Fiber},dealer)
(d3,2024-02-15,winback,0,0,{},web)
(d4,2024-02-01,new,0,0,{},web)
(d5,2024-02-03,new,0,0,{},)
(d6,2024-02-20,switch,50,50,{Fiber},web)
(d8,2024-02-10,switch,35,35,{Fiber},dealer)', 'an offer may be the focal one, and its own product the donor');
SELECT is(pg_temp.see($$SELECT product, offer FROM cvm.spells(cvm.by_offer((SELECT cvm.holdings_agg(product, started_on, ended_on, mrr, channel, offer) FROM net.line WHERE customer_id IN ('d1', 'd8')))) ORDER BY 1$$),
E'(LOYAL,LOYAL)\n(NEW24,NEW24)\n(NEW24,NEW24)\n(STD,STD)', 'all offers may be focal ones');
SELECT throws_ok($$SELECT cvm.by_offer(cvm.holdings_agg(p, '2024-01-01', NULL, 1, NULL, o)) FROM (VALUES ('A', 'B'), ('B', NULL)) v (p, o)$$, '22023', '"B" is the name of an offer and of a product', 'an offer is not named like a product');
DO $$ BEGIN PERFORM cvm.configure('acme', 'as_of', '2024-07-01'); END $$;
SELECT is(pg_temp.see($$SELECT entries, new_entries, winback_entries, switch_entries, focal_mrr, lost_mrr FROM cvm.cannibalization_verdict(cvm.launch('acme', ARRAY['NEW24'], by => 'offer'))$$),
	'(7,2,1,4,210.00,185.00)', 'a model is asked about an offer by its name');
SELECT throws_ok($$SELECT cvm.launch('acme', ARRAY['NEW25'], by => 'offer')$$, '22023', 'no subscription of model "acme" has the offer "NEW25"', 'an offer that a model is asked about must exist');
SELECT throws_ok($$SELECT cvm.launch('acme', ARRAY['Fiber'], by => 'colour')$$, '22023', 'unrecognized value for by: "colour"', 'launch() is about products or offers');
DO $$ BEGIN PERFORM cvm.configure('acme', 'as_of', '2024-04-01'); END $$;
DO $$ BEGIN PERFORM cvm.configure('acme', 'gaming_window', '10'); END $$;
SELECT is(pg_temp.see('SELECT customer_id FROM acme.recycled_acquisition ORDER BY 1'), E'(d2)\n(d6)\n(d8)', 'a shorter window accuses fewer');
DO $$ BEGIN PERFORM cvm.configure('acme', 'gaming_window', '90'); END $$;
-- who does it again
INSERT INTO net.line VALUES ('d9', 'Fiber', '2022-01-01', '2024-01-05', 50, 'STD', 'web'), ('d9', 'Fiber', '2024-01-10', '2024-02-10', 30, 'NEW24', 'dealer'), ('d9', 'Fiber', '2024-02-12', NULL, 28, 'NEW24', 'dealer');
SELECT is(pg_temp.see($$SELECT r.kind, r.entered_on, r.cycle_no, c.repeat_entries, c.channel FROM acme.recycled_acquisition r, acme.recycled_acquisition_channel c WHERE r.customer_id = 'd9' AND c.channel = 'dealer' ORDER BY 2$$),
E'(gap_return,2024-01-10,1,1,dealer)\n(gap_return,2024-02-12,2,1,dealer)', 'a repeater is counted, in the channel that sold it');
DELETE FROM net.line WHERE customer_id = 'd9';
-- who takes a second line at the new price and keeps the old one
INSERT INTO net.line VALUES ('d9', 'Fiber', '2022-01-01', NULL, 50, 'STD', 'web'), ('d9', 'Fiber', '2024-02-01', NULL, 30, 'NEW24', 'web');
SELECT is(pg_temp.see($$SELECT r.kind, r.gap_days, r.repriced_mrr, c.duplicate_line_entries, c.recycled_entries FROM acme.recycled_acquisition r, acme.recycled_acquisition_channel c WHERE r.customer_id = 'd9' AND c.channel = '(all)'$$),
	'(duplicate_line,,20.00,1,5)', 'a duplicate line is one too');
DELETE FROM net.line WHERE customer_id = 'd9';
-- a second life under the same offer, a price step, and a household
INSERT INTO net.line VALUES
	('d4', 'Fiber', '2024-03-20', NULL, 28, 'NEW24', 'web'),
	('e1', 'Fiber', '2023-01-01', NULL, 50, 'STD', 'web'), ('e2', 'Fiber', '2024-03-01', '2024-03-10', 30, 'NEW24', 'web'), ('e2', 'Fiber', '2024-03-10', NULL, 30, 'NEW24', 'web');
SELECT is(pg_temp.see($$SELECT customer_id FROM acme.recycled_acquisition WHERE customer_id IN ('d4', 'e2')$$), NULL, 'a new price under the offer is no new entry, and neighbours are no household');
CREATE TABLE net.customer (customer_id text, household text);
INSERT INTO net.customer SELECT DISTINCT customer_id, CASE WHEN customer_id LIKE 'e%' THEN 'e' END FROM net.line;
DO $$ BEGIN PERFORM cvm.bind('acme', 'customer', 'net.customer'); END $$;
SELECT is(pg_temp.see($$SELECT customer_id, kind, match, prior_customer_id, gap_days, repriced_mrr FROM acme.recycled_acquisition WHERE customer_id LIKE 'e%'$$),
	'(e2,household_swap,household,e1,,20.00)', 'with households, the other member is found');
SELECT is((SELECT count(*) FROM acme.recycled_acquisition), 5::bigint, 'five customers are recycled in all');
-- families
DO $$ BEGIN PERFORM cvm.unbind('acme', 'customer'); END $$;
UPDATE net.line SET product = 'Copper' WHERE customer_id = 'd1' AND offer = 'STD';
SELECT is((SELECT count(*) FROM acme.recycled_acquisition WHERE customer_id = 'd1'), 0::bigint, 'another product is another thing');
CREATE TABLE net.product (product text, family text);
INSERT INTO net.product VALUES ('Fiber', 'broadband'), ('Copper', 'broadband');
DO $$ BEGIN PERFORM cvm.bind('acme', 'product', 'net.product'); END $$;
SELECT is((SELECT prior_product FROM acme.recycled_acquisition WHERE customer_id = 'd1'), 'Copper', 'a product of the same family is found as the prior one');

-- a bundle at 42 of a mobile line at 20 and broadband at 30
CREATE SCHEMA duo;
CREATE TABLE duo.line (customer_id text, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO duo.line VALUES
	('e1', 'Mobile', '2023-01-01', '2024-02-01', 20), ('e1', 'Net', '2023-01-01', '2024-02-01', 30), ('e1', 'Duo', '2024-02-01', NULL, 42),
	('e2', 'Mobile', '2023-01-01', '2024-02-01', 20), ('e2', 'Duo', '2024-02-01', NULL, 42),
	('e3', 'Duo', '2024-02-01', NULL, 42),
	('e4', 'Net', '2023-01-01', '2024-02-01', 30), ('e4', 'Duo', '2024-02-01', NULL, 42),
	('e5', 'Mobile', '2023-01-01', NULL, 20), ('e5', 'Duo', '2024-02-01', NULL, 42),
	('e6', 'Mobile', '2023-01-01', '2024-03-03', 20), ('e6', 'Duo', '2024-02-01', NULL, 42);
CREATE TABLE duo.part (bundle text, product text, standalone_price numeric);
INSERT INTO duo.part VALUES ('Duo', 'Mobile', 20), ('Duo', 'Net', 30);
DO $$
BEGIN
	PERFORM cvm.create_model('twin', tz => 'UTC', as_of => '2024-06-01');
	PERFORM cvm.bind('twin', 'subscription', 'duo.line');
	PERFORM cvm.bind('twin', 'bundle_component', 'duo.part');
END
$$;
SELECT is(pg_temp.see('SELECT customer_id, bundle, product, overlap_from, overlap_to, overlap_days, part_mrr, paid_twice, is_complete FROM twin.bundle_overlap'),
	'(e5,Duo,Mobile,2024-02-01,2024-06-01,121,20.00,79.51,f)', 'one pays for the mobile line beside the bundle; a billing cycle is allowed');
UPDATE duo.line SET ended_on = '2024-03-01' WHERE customer_id = 'e5' AND product = 'Mobile';
INSERT INTO duo.line VALUES ('e5', 'Mobile', '2024-03-01', NULL, 20);
SELECT is(pg_temp.see('SELECT customer_id, overlap_days, paid_twice FROM twin.bundle_overlap'), '(e5,121,79.51)', 'cutting a line in two changes nothing');
SELECT is(pg_temp.see($$SELECT sum(focal_mrr), sum(lost_mrr), sum(net_mrr) FROM (
	SELECT e.* FROM (SELECT cvm.holdings_agg(product, started_on, ended_on, mrr) AS h FROM duo.line WHERE customer_id < 'e6' GROUP BY customer_id) x
	CROSS JOIN cvm.entries(h, ARRAY['Duo'], ARRAY['Mobile', 'Net'], '2024-06-01') e) y$$), '(210,100,110)', 'W15: the bundle brings 210 and takes 100');
SELECT is(pg_temp.see($$SELECT round(value_rate::numeric, 4), donor, v.lost_mrr, d.lost_mrr FROM (SELECT cvm.cannibalization_agg(h, ARRAY['Duo'], ARRAY['Mobile', 'Net'], '2024-06-01') AS s FROM
	(SELECT cvm.holdings_agg(product, started_on, ended_on, mrr) AS h FROM duo.line WHERE customer_id < 'e6' GROUP BY customer_id) x) y, cvm.cannibalization_verdict(s) v, cvm.cannibalization_donors(s) d$$),
E'(0.4762,Mobile,100.00,40.00)\n(0.4762,Net,100.00,60.00)', 'W15: value rate and who lost');
SELECT is(cvm.allocate(42, ARRAY[20, 30]), ARRAY[16.80, 25.20], 'W15: the price of the bundle, divided by what its parts cost alone');
SELECT is(cvm.migration_share(5, 3), 0.4::float8, 'W15: five bundles more and three lines more: two of five were migration');
SELECT is(cvm.migration_share(0, 3), NULL, 'without growth there is no share of migration');
SELECT is(cvm.migration_share(5, -1), 1.2::float8, 'a family that shrinks has a share above 1');

-- growth or migration: five bundles more, three lines of Net more, two of Mobile
SELECT is(pg_temp.see('SELECT focal, kind, whole, launched_on, focal_growth, whole_before, whole_after, whole_growth, round(migration_share::numeric, 4), verdict FROM twin.growth_or_migration ORDER BY row_key'),
E'(Duo,part,Mobile,2024-02-01,6,4,6,2,0.6667,growth)\n(Duo,part,Net,2024-02-01,6,2,6,4,0.3333,growth)', 'a bundle against its parts');
DELETE FROM duo.line WHERE customer_id = 'e6';
SELECT is(pg_temp.see('SELECT whole, focal_growth, whole_growth, migration_share FROM twin.growth_or_migration ORDER BY row_key'),
E'(Mobile,5,2,0.6)\n(Net,5,3,0.4)', 'five bundles more and three lines more: two of five were migration');
CREATE TABLE duo.product (product text, family text);
INSERT INTO duo.product VALUES ('Mobile', 'all'), ('Net', 'all'), ('Duo', 'all');
DO $$ BEGIN PERFORM cvm.bind('twin', 'product', 'duo.product'); END $$;
SELECT is(pg_temp.see($$SELECT whole, focal_growth, whole_before, whole_after, migration_share, verdict FROM twin.growth_or_migration WHERE kind = 'family'$$),
	'(all,5,4,5,0.8,growth)', 'against their family four of five bundles more were migration');

-- offers that are beaten
ALTER TABLE net.offer ADD price numeric, ADD channel text;
UPDATE net.offer SET price = CASE offer WHEN 'STD' THEN 50 WHEN 'LOYAL' THEN 35 ELSE 30 END;
INSERT INTO net.offer VALUES ('WEB', 'Fiber', false, 33, 'web'), ('BOX', 'Box', false, 40, NULL);
DO $$ BEGIN PERFORM cvm.bind('acme', 'offer', 'net.offer'); END $$;
SELECT is(pg_temp.see('SELECT offer, channel, kind, price, by_offer, by_price, lines, mrr, exposed_mrr FROM acme.dominated_offer ORDER BY 1'),
E'(STD,"(all)",cheaper_offer,50.00,LOYAL,35.00,2,100.00,30.00)', 'who may have it pays too much for one; offers for new customers and of one channel do not beat it');
CREATE TABLE net.part (bundle text, product text);
INSERT INTO net.part VALUES ('Box', 'Fiber');
DO $$ BEGIN PERFORM cvm.bind('acme', 'bundle_component', 'net.part'); END $$;
UPDATE net.offer SET price = 33 WHERE offer = 'BOX';
SELECT is(pg_temp.see('SELECT offer, channel, kind, by_offer, by_product, by_price FROM acme.dominated_offer ORDER BY 1'),
E'(LOYAL,"(all)",bundle,BOX,Box,33.00)\n(STD,"(all)",bundle,BOX,Box,33.00)\n(WEB,web,bundle,BOX,Box,33.00)', 'a bundle that includes it for no more beats it too');
SELECT is_empty($$SELECT c.view, c.column_name FROM (SELECT * FROM cvm.report_column WHERE unit <> 'key' OR column_name = 'row_key') c
	LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(CASE c.view WHEN 'dominated_offer' THEN 'acme.' ELSE 'twin.' END || c.view) AND a.attname = c.column_name AND a.attnum = c.position
	WHERE c.view IN ('dominated_offer', 'growth_or_migration') AND (a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> c.type)$$, 'every column has the place and type that are written down');

-- front book and back book, seven lines of one product
CREATE SCHEMA book;
CREATE TABLE book.line AS
	SELECT c::text AS customer_id, 'P'::text AS product, (date '2024-06-01' - make_interval(months => t))::date AS started_on, NULL::date AS ended_on, m AS mrr
	FROM (VALUES (1, 1, 20.0), (2, 2, 22), (3, 1, 20), (4, 14, 30), (5, 40, 35), (6, 25, 31), (7, 60, 20)) v (c, t, m);
DO $$
BEGIN
	PERFORM cvm.create_model('book_model', tz => 'UTC', as_of => '2024-06-01');
	PERFORM cvm.bind('book_model', 'subscription', 'book.line');
END
$$;
SELECT is(pg_temp.see('SELECT lines, front_lines, back_lines, front_price, back_price, round(price_gap::numeric, 4), best_price, exposed_mrr FROM book_model.price_book_gap'),
	'(7,3,4,20.6667,29.0000,0.4032,20.00,36.00)', 'old customers pay 40 % more, and 36 are exposed');
UPDATE book.line SET ended_on = '2024-01-01' WHERE customer_id = '5';
INSERT INTO book.line VALUES ('5', 'P', '2024-01-01', NULL, 35);
SELECT is(pg_temp.see('SELECT back_lines, back_price FROM book_model.price_book_gap'), '(4,29.0000)', 'a new price does not make an old customer a new one');

-- movers by value
SELECT is(pg_temp.see($$SELECT from_product, to_product, value_decile, customers, before_mrr, after_mrr, diluted_customers, dilution_share FROM twin.migration_value ORDER BY row_key$$),
'(Mobile,Duo,"(all)",1,20.00,42.00,0,0)
(Net,Duo,"(all)",2,60.00,84.00,0,0)', 'practice 1.7: movers are paired with the dearest that they left; where all paid the same there are no tenths');

-- from prepaid at 5, 10, ... 50 to a contract at 22, and three of them back
CREATE SCHEMA pay;
CREATE TABLE pay.line AS
	SELECT g AS customer_id, p AS product, s::date AS started_on, e::date AS ended_on, m::numeric AS mrr
	FROM (SELECT g, 'Prepaid'::text, '2023-01-01', '2024-02-10', 5 * g FROM generate_series(1, 10) g
		UNION ALL SELECT g, 'Contract', '2024-02-10', CASE WHEN g < 4 THEN '2024-04-10' END, 22 FROM generate_series(1, 10) g
		UNION ALL SELECT g, 'Prepaid', '2024-04-10', NULL, 5 * g FROM generate_series(1, 3) g) l (g, p, s, e, m);
DO $$
BEGIN
	PERFORM cvm.create_model('payer', tz => 'UTC', as_of => '2024-06-01');
	PERFORM cvm.bind('payer', 'subscription', 'pay.line');
END
$$;
SELECT is(pg_temp.see($$SELECT value_decile, customers, before_mrr, after_mrr, change_mrr, diluted_customers, dilution_share, diluted_mrr FROM payer.migration_value WHERE from_product = 'Prepaid' AND value_decile IN ('(all)', '01', '04', '05', '10') ORDER BY 1$$),
'("(all)",10,275.00,220.00,-55.00,6,0.6,93.00)
(01,1,5.00,22.00,17.00,0,0,0.00)
(04,1,20.00,22.00,2.00,0,0,0.00)
(05,1,25.00,22.00,-3.00,1,1,3.00)
(10,1,50.00,22.00,-28.00,1,1,28.00)', 'a contract brings more from the small and dilutes the best');
SELECT is(pg_temp.see($$SELECT to_product, customers, before_mrr, after_mrr, diluted_customers, diluted_mrr FROM payer.migration_value WHERE from_product = 'Contract' AND value_decile = '(all)'$$),
	'(Prepaid,3,66.00,30.00,3,36.00)', 'the way back from a contract loses');

-- difference in differences
SELECT is(pg_temp.see($$SELECT round(before_after::numeric, 6), round(between_groups::numeric, 6), round(difference::numeric, 6), round(std_error::numeric, 5), round(conf_low::numeric, 5), round(conf_high::numeric, 5)
	FROM cvm.difference_in_differences(55, 1000, 100, 1000, 50, 1000, 60, 1000)$$), '(0.045000,0.040000,0.035000,0.01568,0.00427,0.06573)', 'the difference in differences is 3.5 points, not 4.5 nor 4.0');
SELECT is(pg_temp.see($$SELECT round(unit_rate::numeric, 4), round(c.conf_low::numeric, 3), round(c.conf_high::numeric, 3), verdict
	FROM cvm.difference_in_differences(55, 1000, 100, 1000, 50, 1000, 60, 1000) d, cvm.causal_rate(difference, std_error, 1000, 80, 0.6) c$$),
	'(0.4375,0.053,0.822,inconclusive)', 'seventy of eighty came from donors, but 44 % because of the launch, give or take');
SELECT is(pg_temp.see($$SELECT round(unit_rate::numeric, 4), round(c.conf_low::numeric, 3), round(c.conf_high::numeric, 3), verdict
	FROM cvm.difference_in_differences(1100, 20000, 2000, 20000, 1000, 20000, 1200, 20000) d, cvm.causal_rate(difference, std_error, 20000, 1600, 0.6) c$$),
	'(0.4375,0.352,0.523,accretive)', 'the same rates of twenty times as many say more');
SELECT is(pg_temp.see('SELECT unit_rate, verdict FROM cvm.causal_rate(0.25, 0.001, 100, 50)'), '(0.5,)', 'without a break-even there is no verdict');
SELECT is(pg_temp.see('SELECT unit_rate, verdict FROM cvm.causal_rate(NULL, 0.001, 1000, 80)'), '(,)', 'nothing comes of nothing');
SELECT throws_ok('SELECT cvm.difference_in_differences(2, 1, 1, 1, 1, 1, 1, 1)', '22023', '"2" of "1" is not a share', 'shares are shares');
SELECT throws_ok('SELECT cvm.causal_rate(0.1, -0.01, 1000, 80, 0.1)', '22023', 'std_error "-0.01" is not above 0', 'truth F9: there is no interval with its ends exchanged');
SELECT throws_ok('SELECT cvm.causal_rate(0, 0, 1000, 80, 0.1)', '22023', 'std_error "0" is not above 0', 'truth F9: a standard error of 0 is refused');
SELECT is(pg_temp.see('SELECT round(d.std_error::numeric, 5), round(d.conf_low::numeric, 4), round(d.conf_high::numeric, 4), c.verdict
	FROM cvm.difference_in_differences(0, 30, 0, 30, 0, 30, 0, 30) d, cvm.causal_rate(difference, std_error, 1000, 80, 0.1) c'), '(0.06353,-0.1245,0.1245,inconclusive)', 'truth F9: nobody lost of 120 is no certainty');
SELECT throws_ok('SELECT cvm.causal_rate(0.1, 0.1, 5, 0)', '22023', 'a rate needs entries and donors', 'no rate without entries');
-- the columns say what they are
SELECT is_empty($$SELECT c.view, c.column_name FROM (SELECT * FROM cvm.report_column WHERE unit <> 'key' OR column_name = 'row_key') c LEFT JOIN pg_attribute a ON a.attrelid = to_regclass('acme.' || c.view) AND a.attname = c.column_name
	WHERE c.view LIKE 'recycled%' AND (a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> c.type)$$, 'every column has the type that is written down');
SELECT is_empty($$SELECT c.view, c.column_name FROM (SELECT * FROM cvm.report_column WHERE unit <> 'key' OR column_name = 'row_key') c LEFT JOIN pg_attribute a ON a.attrelid = to_regclass('twin.' || c.view) AND a.attname = c.column_name
	WHERE c.view IN ('bundle_overlap', 'price_book_gap', 'migration_value', 'cannibalization_evidence', 'cannibalization_sensitivity') AND (a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> c.type)$$, 'every column of the views over offers has the type that is written down');

SELECT * FROM finish();
ROLLBACK;
