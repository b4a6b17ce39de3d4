\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What segments hold: how alike, what its variety costs, and what is not sold
-- yet; planted values, and random lines beside plain SQL.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
CREATE FUNCTION pg_temp.make(model name, VARIADIC bound text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'UTC', currency => 'EUR', as_of => '2024-07-01');
	PERFORM cvm._register(model, 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', split_part(b, ' ', 1), 'source_schema', 'public', 'source_name', split_part(b, ' ', 2), 'columns', '{}'::jsonb)) FROM unnest(bound) b));
	PERFORM count(*) FROM cvm.rebuild(model);
END
$$;
-- A has P for 60 and Q for 40, B has Q for 30 and R for 70: one of three products, and 40 of 100 are alike at least in 30
CREATE TABLE sub (customer_id int, product text, started_on date, ended_on date, mrr numeric, offer text);
CREATE TABLE seg (customer_id int, segment text, valid_from date, valid_to date);
CREATE TABLE article (product text, unit_margin numeric, list_price numeric);
CREATE TABLE cost (month date, pool text, amount numeric);
CREATE TABLE pack (bundle text, product text);
INSERT INTO seg SELECT n, CASE WHEN n <= 10 THEN 'A' ELSE 'B' END, date '2023-01-01', NULL FROM generate_series(1, 20) n;
INSERT INTO sub SELECT n, 'P', date '2024-01-01', NULL, 6, 'one' FROM generate_series(1, 10) n;
INSERT INTO sub SELECT n, 'Q', date '2024-01-01', NULL, 4, NULL FROM generate_series(1, 10) n;
INSERT INTO sub SELECT n, 'Q', date '2024-01-01', NULL, 3, 'one' FROM generate_series(11, 20) n;
INSERT INTO sub SELECT n, 'R', date '2024-01-01', NULL, 7, 'two' FROM generate_series(11, 20) n;
-- gone, free, and not yet
INSERT INTO sub VALUES (1, 'R', '2024-01-01', '2024-06-30', 99, 'three'), (2, 'R', '2024-01-01', NULL, 0, 'four'), (3, 'R', '2024-07-01', NULL, 99, 'five');
INSERT INTO article VALUES ('P', 3, 5), ('Q', 1, 4), ('R', 2, 7);
INSERT INTO cost VALUES ('2024-05-01', 'b', 40), ('2024-06-01', 'B', 20), ('2024-06-01', 'A', 70), ('2022-06-01', 'A', 7000), ('2024-06-01', 'care', 900);
SELECT pg_temp.make('pf', 'subscription sub', 'segment_history seg', 'product article', 'cost cost') \g /dev/null
SELECT is((SELECT concat_ws(' ', segment, other_segment, customers, other_customers, products, other_products, shared_products, round(product_jaccard::numeric, 4), offers, other_offers, shared_offers, offer_jaccard, mix_distance) FROM pf.portfolio_overlap),
	'A B 10 10 2 2 1 0.3333 1 2 1 0.5 0.7', 'one product of three, one offer of two, and seven tenths of the mix apart');
-- margins of A: 10 of P at 3 + 1, 10 of Q at 1: 50; of B: 10 of Q at 0, 10 of R at 2: 20
SELECT results_eq('SELECT segment COLLATE "default", customers, lines, products, variants, mrr, margin, own_cost, break_even_size, pays_for_itself FROM pf.segment_complexity ORDER BY 1',
	$$VALUES ('(all)', 20::bigint, 40::bigint, 3::bigint, 4::bigint, 200.00, 70.00, NULL::numeric, NULL::bigint, NULL::boolean), ('A', 10, 20, 2, 2, 100.00, 50.00, 70.00, 14, false), ('B', 10, 20, 2, 2, 100.00, 20.00, 30.00, 15, false)$$,
	'a segment that earns 5 a customer and costs 70 pays for itself from 14 on');
SELECT is((SELECT concat_ws(' ', tail_variants, tail_mrr) FROM pf.segment_complexity WHERE segment = '(all)'), '0 0.00', 'where all variants bring much there is no tail');
INSERT INTO sub SELECT n, 'P', date '2024-01-01', NULL, 0.1 * n, 'tail' FROM generate_series(11, 20) n;
-- 1.1 to 2.0: of 215.50 the last five in a hundred are 10.78, of which 1.1 to 1.7 make 9.8
SELECT is((SELECT concat_ws(' ', variants, tail_variants, tail_share, tail_mrr) FROM pf.segment_complexity WHERE segment = '(all)'), '14 7 0.5 9.80', 'the tail are the smallest that bring a twentieth together');
SELECT is((SELECT count(*) FROM cvm.customers('pf', 'portfolio_overlap', 'A|B', 'other_customers')), 10::bigint, 'a segment has its customers');

-- white space beside a count one by one; a bundle is its parts
CREATE TABLE w_sub AS SELECT (hashtext('c' || n) & 127) AS customer_id, (ARRAY['P', 'Q', 'R', 'PACK'])[1 + (hashtext('p' || n) & 3)] AS product, date '2023-10-01' + (hashtext('d' || n) & 255) AS started_on,
	CASE WHEN hashtext('e' || n) & 1 = 0 THEN date '2023-10-01' + (hashtext('d' || n) & 255) + (hashtext('l' || n) & 127) END AS ended_on, (hashtext('m' || n) & 7) AS mrr FROM generate_series(1, 300) n;
CREATE TABLE w_seg AS SELECT n AS customer_id, CASE WHEN n % 3 = 0 THEN 'x' ELSE 'y' END AS segment, date '2023-01-01' AS valid_from, CASE WHEN n % 2 = 0 THEN date '2024-03-01' END AS valid_to FROM generate_series(0, 127) n;
INSERT INTO w_seg SELECT n, 'y', date '2024-03-01', NULL FROM generate_series(0, 127, 2) n;
-- held for ever, and since nobody knows when; a segment likewise
INSERT INTO w_sub VALUES (200, 'P', '-infinity', NULL, 1), (200, 'PACK', NULL, NULL, 3), (201, 'R', '-infinity', '2024-06-30', 1), (201, 'P', '2024-02-01', 'infinity', 1);
INSERT INTO w_seg VALUES (200, 'x', NULL, NULL), (201, 'x', '-infinity', NULL), (201, NULL, '2024-03-01', NULL);
INSERT INTO pack VALUES ('PACK', 'P'), ('PACK', 'Q');
SELECT pg_temp.make('ws', 'subscription w_sub', 'segment_history w_seg', 'bundle_component pack', 'product article') \g /dev/null
CREATE TEMP TABLE by_hand AS
WITH d AS (SELECT date '2024-06-30' AS now, date '2024-06-30' - 180 AS before),
h AS (SELECT DISTINCT s.customer_id, x.product, y.day FROM w_sub s CROSS JOIN d CROSS JOIN LATERAL (VALUES (d.now), (d.before)) y (day)
	CROSS JOIN LATERAL (SELECT s.product UNION SELECT p.product FROM pack p WHERE p.bundle = s.product) x
	WHERE s.mrr > 0 AND s.started_on <= y.day AND coalesce(s.ended_on > greatest(y.day, s.started_on), true)),
k AS (SELECT s.segment, c.customer_id, y.day FROM d CROSS JOIN LATERAL (VALUES (d.now), (d.before)) y (day) JOIN (SELECT DISTINCT customer_id, day FROM h) c ON c.day = y.day
	CROSS JOIN LATERAL (SELECT '(all)' AS segment UNION ALL SELECT g.segment FROM w_seg g WHERE g.customer_id = c.customer_id AND coalesce(g.valid_from <= y.day, true) AND g.segment IS NOT NULL AND coalesce(g.valid_to > y.day, true)) s)
SELECT g.segment, p.product,
	count(*) FILTER (WHERE k.day = d.now AND NOT EXISTS (SELECT FROM h WHERE h.customer_id = k.customer_id AND h.product = p.product AND h.day = k.day)) AS candidates,
	count(*) FILTER (WHERE k.day = d.before AND NOT EXISTS (SELECT FROM h WHERE h.customer_id = k.customer_id AND h.product = p.product AND h.day = k.day)) AS watched,
	count(*) FILTER (WHERE k.day = d.before AND NOT EXISTS (SELECT FROM h WHERE h.customer_id = k.customer_id AND h.product = p.product AND h.day = k.day)
		AND EXISTS (SELECT FROM w_sub s WHERE s.customer_id = k.customer_id AND s.product = p.product AND s.mrr > 0 AND s.started_on > d.before AND s.started_on <= d.now AND coalesce(s.ended_on > s.started_on, true))) AS buyers
FROM d, (SELECT DISTINCT segment FROM k) g, unnest('{P,Q,R,PACK}'::text[]) p (product), k WHERE k.segment = g.segment GROUP BY 1, 2;
SELECT results_eq('SELECT segment COLLATE "default", product COLLATE "default", candidate_customers, watched_customers, converted_customers FROM ws.white_space ORDER BY 1, 2', 'SELECT * FROM by_hand WHERE candidates > 0 ORDER BY 1, 2',
	'candidates, those watched and those who bought are as counted one by one');
SELECT cmp_ok((SELECT count(*) FROM by_hand WHERE buyers > 2 AND candidates > 5), '>=', 6::bigint, 'there are buyers among the random ones');
SELECT is_empty($$SELECT row_key FROM ws.white_space WHERE abs(expected_sales - candidate_customers * converted_customers / watched_customers::float8) > 1e-9
	OR abs(expected_mrr - expected_sales::numeric * mean_price) > 0.01 + expected_sales::numeric * 0.005 OR product IN ('P', 'Q', 'R') AND expected_margin IS NULL$$, 'what is expected is candidates at the rate of those watched');
SELECT throws_ok($$SELECT cvm._white_space_agg(1, 'P', '2024-01-01', NULL, 1, NULL, NULL, '2024-07-01', '{-1}')$$, '22023', 'what is asked of spells makes no sense', 'a day after the last is refused');
SELECT results_eq($$SELECT c.* FROM (SELECT cvm._white_space_agg('a', p, '2024-01-01', e, m, b, NULL, '2024-07-01', '{100}') AS cells FROM (VALUES ('P', NULL, 1, NULL), ('Q', date '2024-04-01', 1, 'PACK'), ('R', NULL, 0, NULL)) v (p, e, m, b)) f,
	cvm._white_space_cells(f.cells) c ORDER BY 2$$, $$VALUES ('(none)', 'P', 1::bigint, 1::bigint, 0::bigint), ('(none)', 'Q', 0, 1, 0), ('(none)', NULL, 1, 1, 0)$$, 'what is paid for counts on both days, of customers by name too');
SELECT is((SELECT count(*)::text FROM cvm.customers('ws', 'white_space', 'x|R', 'candidate_customers')), (SELECT candidates::text FROM by_hand WHERE segment = 'x' AND product = 'R'), 'candidates can be called');

-- six offers are on sale: of P two, of Q one that is dearer than another, of R one, of PACK (P and Q) one; who holds P may have four, who holds PACK one
CREATE TABLE deal (offer text, product text, channel text, price numeric, new_customers_only boolean, valid_from date, valid_to date);
INSERT INTO deal VALUES ('p1', 'P', 'web', 5, false, NULL, NULL), ('p1', 'P', 'shop', 5, NULL, NULL, NULL), ('p2', 'P', NULL, 5, NULL, '2024-01-01', NULL), ('q1', 'Q', NULL, 4, NULL, NULL, NULL), ('q2', 'Q', 'web', 6, NULL, NULL, NULL), ('r1', 'R', NULL, 9, NULL, NULL, NULL),
	('pack', 'PACK', NULL, 8, NULL, NULL, NULL), ('new', 'R', NULL, 1, true, NULL, NULL), ('gone', 'R', NULL, 1, NULL, NULL, '2024-06-30'), ('soon', 'R', NULL, 1, NULL, '2024-07-01', NULL), ('free', 'R', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE holder (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO holder SELECT n, 'P', date '2024-01-01', NULL, 5 FROM generate_series(1, 6) n;
INSERT INTO holder SELECT n, 'PACK', date '2024-01-01', NULL, 8 FROM generate_series(7, 9) n;
INSERT INTO holder VALUES (10, 'P', '2024-01-01', NULL, 5), (10, 'Q', '2024-01-01', NULL, 4), (10, 'R', '2024-01-01', NULL, 4), (10, 'PACK', '2024-01-01', NULL, 4), (11, 'R', '2024-01-01', '2024-05-01', 5);
CREATE TABLE both_parts AS SELECT 'PACK' AS bundle, unnest('{P,Q}'::text[]) AS product;
SELECT pg_temp.make('cl', 'subscription holder', 'segment_history seg', 'offer deal', 'bundle_component both_parts') \g /dev/null
SELECT is((SELECT concat_ws(' ', customers, offers_on_sale, eligible_customers, open_offers, average_offers, median_offers, p90_offers, most_offers, dominated_offers, round(dominated_share::numeric, 4)) FROM cl.choice_load WHERE segment = '(all)'),
	'10 6 9 27 2.7 4 4 4 6 0.2222', 'of six offers who holds one product of two may have four, who holds both in a bundle one, and who holds all none');
SELECT set_eq('SELECT segment COLLATE "default" FROM cl.choice_load', '{(all),A}'::text[], 'by segment');
SELECT is((SELECT count(*) || ' ' || count(*) FILTER (WHERE detail = '4 offers') FROM cvm.customers('cl', 'choice_load', 'A', 'eligible_customers')), '9 6', 'those to whom something is open can be listed');
SELECT * FROM finish();
ROLLBACK;
