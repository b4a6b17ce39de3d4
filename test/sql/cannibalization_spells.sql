\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET search_path = public, cvm;
SELECT plan(25);

-- 240 random portfolios: prices of many scales, of nothing and below it, spells
-- after the end of observation and ending on it, products that are not told,
-- and a customer in each with more spells than are looked at directly
SELECT setseed(0.17) \g /dev/null
CREATE TABLE question AS
	SELECT seed, (ARRAY[1, 7, 30, 60])[1 + floor(random() * 4)::int] AS look_back, (ARRAY[0, 1, 29, 60])[1 + floor(random() * 4)::int] AS look_ahead,
		(ARRAY[0, 0, 1, 10])[1 + floor(random() * 4)::int] AS gap, date '2024-01-01' + floor(40 + random() * 900)::int AS as_of,
		(ARRAY['{N}', '{N,M}', '{M}'])[1 + floor(random() * 3)::int]::text[] AS focal,
		CASE WHEN random() < 0.4 THEN ARRAY[(ARRAY['A', 'B', 'C'])[1 + floor(random() * 3)::int]] END AS donors,
		(ARRAY['', 'gold'])[1 + floor(random() * 2)::int] AS stratum
	FROM generate_series(1, 240) seed;
CREATE TABLE spell AS
	SELECT seed, customer::bigint, (ARRAY['A', 'A', 'B', 'C', 'N', 'M', NULL, 'a product with a long name'])[1 + floor(random() * 8)::int] AS product,
		date '2024-01-01' + floor(random() * 800)::int AS started_on, NULL::date AS ended_on,
		(ARRAY[10, 10, 20, 30.00, 14.99, 0, -5, 7.125, 3.3333333, NULL])[1 + floor(random() * 10)::int] AS mrr, random() AS fate, floor(random() * random() * 200)::int AS length
	FROM generate_series(1, 240) seed, generate_series(1, 16) customer, generate_series(1, 70) n
	WHERE random() + 0 * n * seed < CASE customer WHEN 1 THEN 0.8 ELSE 0.06 END;
UPDATE spell SET ended_on = started_on + length WHERE fate < 0.9;
UPDATE spell SET ended_on = q.as_of FROM question q WHERE q.seed = spell.seed AND fate BETWEEN 0.2 AND 0.25;
UPDATE spell SET started_on = q.as_of, ended_on = NULL FROM question q WHERE q.seed = spell.seed AND fate BETWEEN 0.25 AND 0.3;
UPDATE spell SET started_on = p.ended_on FROM spell p
	WHERE p.seed = spell.seed AND p.customer = spell.customer AND p.ended_on IS NOT NULL AND p.ctid <> spell.ctid AND spell.fate BETWEEN 0.75 AND 0.9;
CREATE TABLE held AS
	SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM spell GROUP BY 1, 2;
SELECT cmp_ok((SELECT max(n) FROM (SELECT count(*) AS n FROM spell GROUP BY seed, customer) x), '>', 40::bigint, 'some customers have many spells');

-- two steps and one
CREATE TABLE two AS
	SELECT q.seed, cannibalization_matrix_agg(h.holdings, q.as_of, q.look_back, q.look_ahead, q.gap) AS matrix,
		cannibalization_agg(h.holdings, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap, q.stratum) AS state,
		cannibalization_agg(h.holdings, q.focal, q.donors, q.as_of, ARRAY[1, 30, 90], ARRAY[0, 30, 60, 120], q.gap, q.stratum) AS grid
	FROM held h JOIN question q USING (seed) GROUP BY q.seed;
CREATE TABLE one AS
	SELECT q.seed, cannibalization_matrix_agg(s.customer, s.product, s.started_on, s.ended_on, s.mrr, q.as_of, q.look_back, q.look_ahead, q.gap) AS matrix,
		cannibalization_agg(s.customer, s.product, s.started_on, s.ended_on, s.mrr, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap, q.stratum) AS state,
		cannibalization_agg(s.customer, s.product, s.started_on, s.ended_on, s.mrr, q.focal, q.donors, q.as_of, ARRAY[1, 30, 90], ARRAY[0, 30, 60, 120], q.gap, q.stratum) AS grid
	FROM (SELECT * FROM spell ORDER BY random()) s JOIN question q USING (seed) GROUP BY q.seed;
SELECT is((SELECT count(*) FROM one JOIN two USING (seed) WHERE one.matrix = two.matrix), 240::bigint, 'a matrix is the same in one pass, to the byte, in any order');
SELECT is((SELECT count(*) FROM one JOIN two USING (seed) WHERE one.state = two.state), 240::bigint, 'a state is the same in one pass, to the byte, in any order');
SELECT is((SELECT count(*) FROM one JOIN two USING (seed) WHERE one.grid = two.grid), 240::bigint, 'a grid of windows is the same in one pass, to the byte, in any order');
SELECT cmp_ok((SELECT count(*) FROM two, cannibalization_cells(matrix) c WHERE donor <> '(all)'), '>', 1500::bigint, 'the states that are compared hold something');
SELECT cmp_ok((SELECT sum(control_customers) FROM two, cannibalization_verdict(state)), '>', 1000::numeric, 'the states compared have a control');

-- keys of other types
SELECT is((SELECT count(*) FROM two JOIN (
	SELECT q.seed, cannibalization_matrix_agg(md5(s.customer::text)::uuid, s.product, s.started_on, s.ended_on, s.mrr, q.as_of, q.look_back, q.look_ahead, q.gap) AS m,
		cannibalization_agg(md5(s.customer::text)::uuid, s.product, s.started_on, s.ended_on, s.mrr, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap, q.stratum) AS s
	FROM spell s JOIN question q USING (seed) GROUP BY q.seed) x USING (seed) WHERE two.matrix = x.m AND two.state = x.s), 240::bigint, 'customers may be uuid');
SELECT is((SELECT count(*) FROM two JOIN (
	SELECT q.seed, cannibalization_matrix_agg('customer ' || s.customer, s.product, s.started_on, s.ended_on, s.mrr, q.as_of, q.look_back, q.look_ahead, q.gap) AS m,
		cannibalization_agg('customer ' || s.customer, s.product, s.started_on, s.ended_on, s.mrr, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap, q.stratum) AS s
	FROM spell s JOIN question q USING (seed) GROUP BY q.seed) x USING (seed) WHERE two.matrix = x.m AND two.state = x.s), 240::bigint, 'customers may be text');
SELECT is((SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') FROM spell WHERE seed = 3),
	(SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01', 30, 60, 0) FROM spell WHERE seed = 3), 'windows need not be told');
SELECT is((SELECT cannibalization_agg(customer, product, started_on, ended_on, mrr, '{N}', NULL, '2025-01-01') FROM spell WHERE seed = 3),
	(SELECT cannibalization_agg(customer, product, started_on, ended_on, mrr, '{N}', NULL, '2025-01-01', ARRAY[30], ARRAY[60], 0, NULL) FROM spell WHERE seed = 3), 'windows of a state need not be told');

-- workers
CREATE TABLE wide AS SELECT seed * 100 + customer AS customer, product, started_on, ended_on, mrr FROM spell;
ALTER TABLE wide SET (parallel_workers = 3);
CREATE TABLE alone AS
	SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') AS m,
		cannibalization_agg(customer, product, started_on, ended_on, mrr, '{N}', '{A,B}', '2025-01-01', 30, 60, 0, 'x') AS s,
		cannibalization_agg('c' || customer, product, started_on, ended_on, mrr, '{N}', NULL, '2025-01-01', ARRAY[30, 7], ARRAY[60], 0) AS g FROM wide;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 3;
\i test/plan_of.sql
SELECT matches(pg_temp.plan_of($$SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') FROM wide$$), 'Partial Aggregate', 'the one-pass cannibalization_matrix_agg runs in parallel');
SELECT is((SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') FROM wide), (SELECT m FROM alone), 'parallel workers give the same matrix');
SELECT is((SELECT cannibalization_agg(customer, product, started_on, ended_on, mrr, '{N}', '{A,B}', '2025-01-01', 30, 60, 0, 'x') FROM wide), (SELECT s FROM alone), 'parallel workers give the same state');
SELECT is((SELECT cannibalization_agg('c' || customer, product, started_on, ended_on, mrr, '{N}', NULL, '2025-01-01', ARRAY[7, 30], ARRAY[60], 0) FROM wide), (SELECT g FROM alone), 'workers give the same grid');
SET LOCAL max_parallel_workers_per_gather = 0;

-- what is cut is the same; what is added changes nobody else
SELECT is((SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') FROM (
		SELECT customer, product, started_on, least(ended_on, started_on + 40) AS ended_on, mrr FROM wide
		UNION ALL SELECT customer, product, started_on + 40, ended_on, mrr FROM wide WHERE coalesce(ended_on > started_on + 40, true)) x), (SELECT m FROM alone), 'spells cut in two are the same to a matrix');
SELECT is((SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') FROM wide WHERE customer <= 12000)
	|| (SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') FROM wide WHERE customer > 12000), (SELECT m FROM alone), 'customers add up, each for itself');

-- with its control, a verdict is what plain SQL says that was written apart
\set plain `cat bench/cannibalization.sql`
\set spell sold
CREATE TABLE sold AS
	SELECT c::bigint AS customer_id, 'P' || lpad(p::text, 2, '0') AS product, s AS started_on, CASE WHEN fate < 0.55 THEN s + 10 + (fate * 900)::int END AS ended_on, (p % 9 + 5)::numeric(10,2) AS mrr
	FROM (SELECT c, floor(random() * 9 + c * n * 0)::int AS p, date '2022-01-01' + floor(random() * 1000 + c * n * 0)::int AS s, random() + c * n * 0 AS fate FROM generate_series(1, 1500) c, generate_series(1, 3) n OFFSET 0) x;
CREATE TABLE said AS :plain
SELECT results_eq($$SELECT v.entries, matured_entries, new_entries, winback_entries, add_entries, switch_entries, partial_entries, round(own_base_share::numeric, 12), round(unit_rate::numeric, 12), v.focal_mrr, v.lost_mrr,
		control_customers, round(control_loss_rate::numeric, 12), round(corrected_rate::numeric, 12)
	FROM (SELECT cannibalization_agg(customer_id, product, started_on, ended_on, mrr, '{P07}', NULL, '2025-01-01') AS s FROM sold) x, cannibalization_verdict(s) v$$,
	$$SELECT entries, matured, new, winback, add, switch, partial, round(own_base_share::numeric, 12), round(unit_rate::numeric, 12), focal_mrr, lost_mrr, control_customers::bigint, round(loss_rate::numeric, 12), round(corrected_rate::numeric, 12) FROM said$$,
	'plain SQL finds the same losses, and the same without the product');

-- nothing, and what does not go together
SELECT is((SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01') FROM wide WHERE false), NULL, 'no rows, no matrix');
SELECT is((SELECT cannibalization_agg(NULL::bigint, product, started_on, ended_on, mrr, '{N}', NULL, '2025-01-01') FROM wide), NULL, 'rows without a customer do not count');
SELECT throws_ok($$SELECT cannibalization_agg(customer, product, started_on, ended_on, mrr, ARRAY[product], NULL, '2025-01-01') FROM wide WHERE product IS NOT NULL$$, '22023', 'aggregate parameters must be the same for all rows', 'cannibalization_agg refuses donors that differ from row to row');
SELECT throws_ok($$SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, started_on) FROM wide$$, '22023', 'aggregate parameters must be the same for all rows', 'cannibalization_matrix_agg refuses an as_of that differs from row to row');
SELECT throws_ok($$SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, '2025-01-01', 0, 60, 0) FROM wide$$, '22023', 'look_back of "0" days is too short', 'a look-back has days');
SELECT throws_ok($$SELECT cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr, NULL) FROM wide$$, '22004', NULL, 'as_of must not be NULL');
SELECT throws_ok($$SELECT cannibalization_agg(customer, product, started_on, ended_on, mrr, '{N}', '{N}', '2025-01-01') FROM wide$$, '22023', 'product "N" is both focal and a donor', 'a focal product is no donor');
SELECT throws_ok($$SELECT cannibalization_agg(customer, product, started_on, ended_on, mrr, '{N}', NULL, '2025-01-01', 30, 60, -1) FROM wide$$, '22023', 'gap of "-1" days is negative', 'a gap is not negative');

SELECT * FROM finish();
ROLLBACK;
