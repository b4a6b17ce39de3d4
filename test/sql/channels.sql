\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Which channels know of an offer and can sell it, and which suits a segment:
-- planted worlds whose right values are known, and random ones beside plain SQL.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
-- a model with these entities bound, its views made once
CREATE FUNCTION pg_temp.make(model name, as_of text, VARIADIC bound text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'UTC', currency => 'EUR', as_of => as_of);
	PERFORM cvm._register(model, 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', split_part(b, ' ', 1), 'source_schema', 'public', 'source_name', split_part(b, ' ', 2), 'columns', '{}'::jsonb)) FROM unnest(bound) b));
	PERFORM count(*) FROM cvm.rebuild(model);
END
$$;

-- Telemarketing promotes NEW, of which the shop is told late and the partner never; the kiosk cannot sell it.
-- At the web, which is ready, 40 of 100 who ask buy; at the shop 10 of 100, before it was told.
CREATE TABLE sub (customer_id int, product text, started_on date, ended_on date, mrr numeric, channel text, offer text);
CREATE TABLE offer (offer text, product text, channel text, price numeric, valid_from date, valid_to date);
CREATE TABLE cap (offer text, channel text, sellable boolean, briefed_on date);
CREATE TABLE con (customer_id int, occurred_at date, channel text, offer text, purpose text, cost numeric);
CREATE TABLE ask (customer_id int, opened_at timestamptz, channel text, topic text, product text);
CREATE TABLE seg (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO offer VALUES ('NEW', 'P', NULL, 20, '2024-03-01', NULL), ('OLD', 'Q', 'web', 10, '2024-01-01', NULL), ('LATER', 'Q', NULL, 10, '2025-01-01', NULL);
INSERT INTO cap VALUES ('NEW', 'tele', true, '2024-02-20'), ('NEW', 'web', true, '2024-03-01'), ('NEW', 'shop', true, '2024-04-01'), ('NEW', 'partner', true, NULL), ('NEW', 'kiosk', false, '2024-02-01'),
	-- meant for the web alone; not on sale yet
	('OLD', 'web', NULL, '2023-12-01'), ('OLD', 'shop', false, NULL), ('LATER', 'shop', false, NULL);
INSERT INTO con SELECT n, date '2024-03-05', 'tele', 'NEW', 'marketing', 1 FROM generate_series(1, 200) n;
INSERT INTO con SELECT n, date '2024-03-05', 'mail', 'NEW', 'marketing', 0 FROM generate_series(201, 210) n;
INSERT INTO con SELECT n, date '2024-03-05', 'web', 'OLD', 'Service', 0 FROM generate_series(1, 200) n;
INSERT INTO ask SELECT 1000 + n, '2024-03-10 12:00+00', 'shop', 'new', NULL FROM generate_series(1, 100) n;
INSERT INTO ask SELECT 2000 + n, '2024-03-10 12:00+00', 'web', 'Enquiry', 'P' FROM generate_series(1, 100) n;
-- no enquiry; after the shop was told; by who cannot be known yet; twice the same
INSERT INTO ask VALUES (1, '2024-03-10', 'shop', 'fault', 'P'), (4, '2024-03-10', 'booth', 'enquiry', 'P'), (2, '2024-04-02', 'shop', 'NEW', NULL), (3, '2024-06-20', 'partner', 'NEW', NULL), (1001, '2024-03-11', 'shop', 'new', NULL);
INSERT INTO sub SELECT 1000 + n, 'P', '2024-03-20', NULL, 20, 'web', 'NEW' FROM generate_series(1, 10) n;
INSERT INTO sub SELECT 2000 + n, 'P', '2024-03-20', NULL, 20, 'web', CASE WHEN n <= 30 THEN 'NEW' END FROM generate_series(1, 40) n;
-- bought, but too late, and something else
INSERT INTO sub VALUES (1050, 'P', '2024-04-20', NULL, 20, 'web', NULL), (1051, 'Q', '2024-03-20', NULL, 10, 'web', 'OLD'), (3000, 'P', '2024-03-15', NULL, 20, 'shop', 'NEW'), (3001, 'P', '2024-04-15', NULL, 20, 'shop', 'NEW'),
	(3002, 'R', '2024-04-15', NULL, 20, 'market', 'NEW');
SELECT pg_temp.make('ch', '2024-07-01', 'subscription sub', 'channel_capability cap', 'offer offer', 'contact con', 'ticket ask') \g /dev/null
SELECT results_eq('SELECT offer COLLATE "default", channel COLLATE "default", gap, gap_from, gap_to, gap_days, customers, sales, contacts, enquiries, elsewhere_contacts FROM ch.offer_gap ORDER BY 1, 2',
	$$VALUES ('NEW', 'kiosk', 'not_sellable', date '2024-03-01', NULL::date, 122::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 210::bigint),
	('NEW', 'market', 'not_listed', '2024-03-01', NULL, 122, 1, 1, 0, 0, 210),
	('NEW', 'partner', 'not_briefed', '2024-03-01', NULL, 122, 1, 0, 0, 1, 210),
	('NEW', 'shop', 'briefed_late', '2024-03-01', '2024-04-01', 31, 101, 1, 0, 101, 210)$$,
	'a channel that was told late, never, or cannot sell is named, and none that was ready, only advertises, or is not meant');
SELECT is((SELECT concat_ws(' ', asked_customers, unsold_customers, reference_channel, reference_customers, reference_rate, lost_sales, round(lost_sales_low::numeric, 4), round(lost_sales_high::numeric, 4), lost_mrr, currency, is_complete) FROM ch.offer_gap WHERE channel = 'shop'),
	(SELECT concat_ws(' ', 100, 90, 'web', 100, 0.4, 30, round((100 * d.conf_low)::numeric, 4), round((100 * d.conf_high)::numeric, 4), '600.00 EUR t') FROM cvm.proportion_difference(10, 100, 40, 100) d),
	'ten of a hundred bought where forty of a hundred would have: thirty sales of 20, with Newcombe''s limits');
SELECT is((SELECT concat_ws(' ', sales_share, round(enquiry_share::numeric, 4), asked_customers, lost_sales IS NULL) FROM ch.offer_gap WHERE channel = 'partner'), '0 0.0049 0 t', 'of who asked a week ago nothing is known yet');
SELECT is((SELECT string_agg(c.n::text, ' ') FROM (SELECT count(*) AS n FROM cvm.customers('ch', 'offer_gap', 'NEW|shop', 'customers') UNION ALL SELECT count(*) FROM cvm.customers('ch', 'offer_gap', 'NEW|shop', 'unsold_customers')) c),
	'101 90', 'a gap has its customers');
-- nine in ten who ask at the shop are of a segment that seldom buys: beside their own kind they lost less
INSERT INTO seg SELECT c, CASE WHEN n <= 50 THEN 'poor' ELSE 'rich' END, date '2024-01-01', NULL FROM generate_series(1, 100) n, LATERAL (VALUES (2000 + n)) v (c);
INSERT INTO seg SELECT 1000 + n, CASE WHEN n <= 90 THEN 'poor' ELSE 'rich' END, date '2024-01-01', NULL FROM generate_series(1, 100) n;
UPDATE seg SET segment = CASE WHEN customer_id IN (SELECT customer_id FROM sub WHERE customer_id > 2000 ORDER BY customer_id LIMIT 35) OR customer_id BETWEEN 2086 AND 2100 THEN 'rich' ELSE 'poor' END WHERE customer_id > 2000;
SELECT cvm.bind('ch', 'segment_history', 'seg') \g /dev/null
SELECT is((SELECT concat_ws(' ', reference_customers, round(lost_sales::numeric, 6)) FROM ch.offer_gap WHERE channel = 'shop'),
	'100 6.000000', 'beside the same segments: 90 at 5 of 50 and 10 at 35 of 50 are 16 sales, and there were 10');
SELECT is((SELECT count(*) FROM ch.offer_gap WHERE NOT lost_sales BETWEEN lost_sales_low AND lost_sales_high), 0::bigint, 'an estimate lies within its limits');
-- what is not said is no accusation
UPDATE cap SET briefed_on = '2024-02-01', sellable = true;
DELETE FROM sub WHERE channel = 'market';
SELECT is_empty('SELECT row_key FROM ch.offer_gap', 'where everybody was told in time and can sell there is no gap');
ALTER TABLE cap DROP COLUMN briefed_on CASCADE;
SELECT cvm.bind('ch', 'channel_capability', 'cap') \g /dev/null
SELECT is_empty('SELECT row_key FROM ch.offer_gap', 'where nobody says who was told, nobody was not told');

-- random offers at random channels, counted one by one
CREATE TABLE r_sub AS SELECT n AS customer_id, (ARRAY['P', 'Q', 'R'])[1 + (hashtext('p' || n) & 3) % 3] AS product, date '2024-01-01' + (hashtext('d' || n) & 127) AS started_on, NULL::date AS ended_on, 10 AS mrr,
	(ARRAY['a', 'b', 'c', 'd', NULL])[1 + (hashtext('c' || n) & 7) % 5] AS channel, 'O' || (hashtext('o' || n) & 3) AS offer FROM generate_series(1, 300) n;
CREATE TABLE r_con AS SELECT hashtext('x' || n) & 511 AS customer_id, date '2024-01-01' + (hashtext('dd' || n) & 127) AS occurred_at, (ARRAY['a', 'b', 'c', 'mail'])[1 + (hashtext('cc' || n) & 3)] AS channel, 'O' || (hashtext('oo' || n) & 3) AS offer FROM generate_series(1, 300) n;
CREATE TABLE r_ask AS SELECT hashtext('y' || n) & 511 AS customer_id, date '2024-01-01' + (hashtext('de' || n) & 127) AS opened_at, (ARRAY['a', 'b', 'c', 'd'])[1 + (hashtext('ce' || n) & 3)] AS channel, 'O' || (hashtext('oe' || n) & 3) AS topic FROM generate_series(1, 400) n;
CREATE TABLE r_cap AS SELECT 'O' || o AS offer, c AS channel, hashtext('s' || o || c) & 3 > 0 AS sellable, CASE WHEN hashtext('b' || o || c) & 3 > 0 THEN date '2023-12-20' + (hashtext('bd' || o || c) & 63) END AS briefed_on
	FROM generate_series(0, 3) o, unnest('{a,b,c}'::text[]) c;
SELECT pg_temp.make('rg', '2024-04-20', 'subscription r_sub', 'channel_capability r_cap', 'contact r_con', 'ticket r_ask') \g /dev/null
CREATE TEMP TABLE brute AS
WITH e AS (
	SELECT 'sale' AS kind, offer, channel, customer_id, started_on AS day FROM r_sub WHERE started_on < '2024-04-20'
	UNION ALL SELECT 'contact', offer, channel, customer_id, occurred_at FROM r_con WHERE occurred_at < '2024-04-20'
	UNION ALL SELECT 'enquiry', topic, channel, customer_id, opened_at FROM r_ask WHERE opened_at < '2024-04-20'
), p AS (
	SELECT x.offer, x.channel, c.sellable, c.briefed_on, c.offer IS NOT NULL AS is_listed, (SELECT min(e.day) FROM e WHERE e.offer = x.offer AND e.kind <> 'enquiry') AS live
	FROM (SELECT o AS offer, c AS channel FROM unnest('{O0,O1,O2,O3}'::text[]) o, unnest('{a,b,c,d}'::text[]) c) x LEFT JOIN r_cap c USING (offer, channel)
), g AS (
	SELECT p.*, CASE WHEN NOT is_listed THEN 'not_listed' WHEN NOT sellable THEN 'not_sellable' WHEN briefed_on IS NULL THEN 'not_briefed' WHEN briefed_on > live THEN 'briefed_late' END AS gap FROM p
), h AS (
	SELECT g.offer, g.channel, g.gap, (SELECT count(*) FROM e WHERE e.offer = g.offer AND e.channel = g.channel AND e.kind = 'sale' AND e.day >= g.live AND (g.gap <> 'briefed_late' OR e.day < g.briefed_on)) AS sales,
		(SELECT count(*) FROM e WHERE e.offer = g.offer AND e.channel = g.channel AND e.kind = 'contact' AND e.day >= g.live AND (g.gap <> 'briefed_late' OR e.day < g.briefed_on)) AS contacts,
		(SELECT count(DISTINCT e.customer_id) FROM e WHERE e.offer = g.offer AND e.channel = g.channel AND e.day >= g.live AND (g.gap <> 'briefed_late' OR e.day < g.briefed_on)) AS customers,
		(SELECT count(*) FROM e WHERE e.offer = g.offer AND e.channel IS DISTINCT FROM g.channel AND e.kind IN ('sale', 'contact') AND e.day >= g.live AND (g.gap <> 'briefed_late' OR e.day < g.briefed_on)) AS elsewhere, is_listed,
		(SELECT count(*) FROM (SELECT e.customer_id, min(e.day) AS day FROM e WHERE e.offer = g.offer AND e.channel = g.channel AND e.kind = 'enquiry' GROUP BY 1) f
			WHERE f.day >= g.live AND (g.gap <> 'briefed_late' OR f.day < g.briefed_on) AND f.day + 30 <= '2024-04-20'
				AND NOT EXISTS (SELECT FROM r_sub s WHERE s.customer_id = f.customer_id AND s.offer = g.offer AND s.started_on BETWEEN f.day AND f.day + 29)) AS unsold
	FROM g WHERE gap IS NOT NULL
)
SELECT * FROM h WHERE customers > 0 OR is_listed AND elsewhere > 0;
SELECT results_eq('SELECT offer COLLATE "default", channel COLLATE "default", gap, customers, sales, contacts, elsewhere_sales + elsewhere_contacts, unsold_customers FROM rg.offer_gap ORDER BY 1, 2',
	'SELECT offer, channel, gap, customers, sales, contacts, elsewhere, unsold FROM brute ORDER BY 1, 2', 'random gaps are as counted one by one');
SELECT is((SELECT count(DISTINCT gap) FROM brute WHERE unsold > 0), 4::bigint, 'every kind of gap is among the random ones');

-- The web suits the young, the shop the old; a hundred of each were approached in each
CREATE TABLE k_sub (customer_id int, product text, started_on date, ended_on date, mrr numeric, channel text);
CREATE TABLE k_con (customer_id int, occurred_at date, channel text, cost numeric);
CREATE TABLE k_seg (customer_id int, segment text, valid_from date);
CREATE TABLE k_cost (month date, pool text, amount numeric);
CREATE TABLE k_answer (customer_id int, occurred_at date, instrument text, score float8);
INSERT INTO k_seg SELECT n, CASE WHEN n <= 400 THEN 'young' ELSE 'old' END, '2023-01-01' FROM generate_series(1, 800) n;
INSERT INTO k_con SELECT n, '2024-02-01', CASE WHEN n % 2 = 0 THEN 'web' ELSE 'call' END, CASE WHEN n % 2 = 0 THEN 0.1 ELSE 2 END FROM generate_series(1, 800) n;
INSERT INTO k_con SELECT n, '2024-02-02', 'call', 2 FROM generate_series(1, 99, 2) n;
-- young: 60 of 200 at the web, 20 of 200 by phone; old: 10 and 50
INSERT INTO k_sub SELECT 2 * n, 'P', date '2024-02-10', CASE WHEN n <= 15 THEN date '2024-04-01' END, 10, 'web' FROM generate_series(1, 60) n;
INSERT INTO k_sub SELECT 2 * n - 1, 'P', date '2024-02-10', CASE WHEN n <= 10 THEN date '2024-05-11' END, 10, 'shop' FROM generate_series(1, 20) n;
INSERT INTO k_sub SELECT 400 + 2 * n, 'P', date '2024-02-10', NULL, 10, 'web' FROM generate_series(1, 10) n;
INSERT INTO k_sub SELECT 399 + 2 * n, 'P', date '2024-02-10', NULL, 10, 'call' FROM generate_series(1, 50) n;
-- too late, for nothing, and a year ago
INSERT INTO k_sub VALUES (398, 'P', '2024-03-02', NULL, 10, 'web'), (396, 'P', '2024-02-10', NULL, 0, 'web'), (900, 'P', '2022-02-10', NULL, 10, 'web');
INSERT INTO k_cost VALUES ('2024-02-01', 'Web', 700), ('2024-02-01', 'network', 9000), ('2022-02-01', 'web', 50);
INSERT INTO k_answer SELECT 2 * n, '2024-03-01', 'CSAT', CASE WHEN n <= 30 THEN 5 ELSE 2 END FROM generate_series(1, 40) n;
INSERT INTO k_answer VALUES (2, '2024-02-01', 'csat', 1), (4, '2024-03-02', 'csat', 3), (6, '2024-03-02', 'nps', 0);
SELECT pg_temp.make('ck', '2024-07-01', 'subscription k_sub', 'contact k_con', 'segment_history k_seg', 'cost k_cost', 'survey k_answer') \g /dev/null
SELECT results_eq($$SELECT channel COLLATE "default", segment COLLATE "default", approached_customers, converted_customers, conversion_rate, best_channel COLLATE "default", round(regret::numeric, 4), verdict FROM ck.channel_segment WHERE segment <> '(all)' AND approached_customers > 0 ORDER BY 2, 1$$,
	$$VALUES ('call', 'old', 200::bigint, 50::bigint, 0.25::float8, 'call', 0.0000, 'best'), ('web', 'old', 200, 10, 0.05, 'call', 0.2000, 'behind'),
	('call', 'young', 200, 20, 0.1, 'web', 0.2000, 'behind'), ('web', 'young', 200, 60, 0.3, 'web', 0.0000, 'best')$$,
	'the web suits the young, the phone the old, though the shop took what the phone had sold');
SELECT is((SELECT concat_ws(' ', sales, sold_customers, sold_mrr, matured_customers, retained_customers, round(retention_rate::numeric, 4)) FROM ck.channel_segment WHERE channel = 'web' AND segment = 'young'), '61 61 610.00 61 46 0.7541', 'of 61 who bought 15 were gone ninety days later');
SELECT is((SELECT retained_customers || ' of ' || matured_customers FROM ck.channel_segment WHERE channel = 'shop' AND segment = 'young'), '20 of 20', 'the ninetieth day is paid by who leaves on the day after it');
SELECT is((SELECT concat_ws(' ', answers, satisfaction, round(satisfaction_low::numeric, 4), round(satisfaction_high::numeric, 4)) FROM ck.channel_segment WHERE channel = 'web' AND segment = 'young'),
	(SELECT concat_ws(' ', 40, 0.725, round(conf_low::numeric, 4), round(conf_high::numeric, 4)) FROM cvm.proportion_interval(29, 40)), 'satisfied is by the last answer since the sale');
SELECT is((SELECT string_agg(concat_ws(' ', channel, cost, cost_per_sale), ', ' ORDER BY channel COLLATE "C") FROM ck.channel_segment WHERE segment = 'young'),
	'call 500.00, shop, web 370.00 6.07', 'contacts cost what they cost, and the pool of a channel is shared out by its customers');
SELECT is((SELECT concat_ws(' ', round(regret_low::numeric, 4), round(regret_high::numeric, 4), round(regret_sales::numeric, 4)) FROM ck.channel_segment WHERE channel = 'call' AND segment = 'young'),
	(SELECT concat_ws(' ', round(conf_low::numeric, 4), round(conf_high::numeric, 4), '40.0000') FROM cvm.proportion_difference(20, 200, 60, 200)), 'regret has Newcombe''s limits, and is forty customers');
SELECT is_empty($$SELECT channel FROM ck.channel_segment GROUP BY channel HAVING sum(customers) FILTER (WHERE segment <> '(all)') <> sum(customers) FILTER (WHERE segment = '(all)')
	OR sum(converted_customers) FILTER (WHERE segment <> '(all)') <> sum(converted_customers) FILTER (WHERE segment = '(all)')$$, 'segments of a channel add up');
SELECT is((SELECT count(*) FROM cvm.customers('ck', 'channel_segment', 'web|young', 'converted_customers')), 60::bigint, 'a conversion has its customers');
-- channels that are alike: 20 worlds of three, of which no more than chance has it are told apart
CREATE TABLE n_con AS SELECT w * 10000 + n AS customer_id, date '2024-02-01' AS occurred_at, (ARRAY['a', 'b', 'c'])[1 + n % 3] AS channel FROM generate_series(1, 20) w, generate_series(1, 300) n;
CREATE TABLE n_sub AS SELECT customer_id, 'P' AS product, date '2024-02-03' AS started_on, NULL::date AS ended_on, 1 AS mrr, channel FROM n_con WHERE hashtext('n' || customer_id) & 7 = 0;
CREATE TABLE n_seg AS SELECT customer_id, 'w' || customer_id / 10000 AS segment, date '2023-01-01' AS valid_from FROM n_con;
SELECT pg_temp.make('nk', '2024-07-01', 'subscription n_sub', 'contact n_con', 'segment_history n_seg') \g /dev/null
SELECT cmp_ok((SELECT count(DISTINCT segment) FILTER (WHERE verdict = 'behind') FROM nk.channel_segment WHERE segment <> '(all)'), '<=', 3::bigint, 'of twenty segments whose channels are alike no more than chance has it say that one is behind');
SELECT is((SELECT count(DISTINCT segment) FROM nk.channel_segment WHERE verdict = 'inconclusive' AND segment <> '(all)') > 15, true, 'most of them are inconclusive');
SELECT * FROM finish();
ROLLBACK;
