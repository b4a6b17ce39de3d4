\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- All launches, donors, windows and segments of one reading of customers, beside
-- a fold of each launch, donor and segment.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET search_path = public, cvm;
SELECT plan(22);

-- 80 random portfolios: launches that nobody took, prices of many scales in some, of nothing and below it, spells after the end of
-- observation and ending on it, products that are not told, segments at once, before all days and named as none is
SELECT setseed(0.23) \g /dev/null
CREATE TABLE question AS
	SELECT seed, (ARRAY[1, 7, 30, 60])[1 + floor(random() * 4)::int] AS look_back, (ARRAY[0, 1, 29, 60])[1 + floor(random() * 4)::int] AS look_ahead,
		(ARRAY[0, 0, 1, 10])[1 + floor(random() * 4)::int] AS gap, date '2024-01-01' + floor(40 + random() * 900)::int AS as_of
	FROM generate_series(1, 80) seed;
CREATE TABLE launch AS
	SELECT q.seed, l.focal, least(date '2024-01-01' + floor(random() * 500)::int, q.as_of - 1) AS launched_on
	FROM question q CROSS JOIN LATERAL unnest((ARRAY['{N}', '{N,M}', '{M,N,L}'])[1 + q.seed % 3]::text[]) AS l (focal);
CREATE TABLE spell AS
	SELECT seed, customer::bigint, (ARRAY['A', 'A', 'B', 'C', 'N', 'M', NULL, 'a product with a long name'])[1 + floor(random() * CASE WHEN customer % 3 = 0 THEN 8 ELSE 4 END)::int] AS product,
		date '2024-01-01' + floor(random() * 800)::int AS started_on, NULL::date AS ended_on,
		(ARRAY[10, 10, 20, 30.00, 14.99, 0, -5, NULL, 7.125, 3.3333333])[1 + floor(random() * CASE WHEN seed % 4 = 0 THEN 10 ELSE 8 END)::int] AS mrr, random() AS fate, floor(random() * random() * 600)::int AS length
	FROM generate_series(1, 80) seed, generate_series(1, 24) customer, generate_series(1, 50) n
	WHERE random() + 0 * n * seed < CASE customer WHEN 1 THEN 0.8 ELSE 0.05 END;
UPDATE spell SET ended_on = started_on + length WHERE fate < 0.9;
UPDATE spell SET ended_on = q.as_of FROM question q WHERE q.seed = spell.seed AND fate BETWEEN 0.2 AND 0.25;
UPDATE spell SET started_on = q.as_of, ended_on = NULL FROM question q WHERE q.seed = spell.seed AND fate BETWEEN 0.25 AND 0.3;
UPDATE spell SET started_on = date '1930-01-01' + length WHERE fate BETWEEN 0.3 AND 0.302;
UPDATE spell SET started_on = p.ended_on FROM spell p
	WHERE p.seed = spell.seed AND p.customer = spell.customer AND p.ended_on IS NOT NULL AND p.ctid <> spell.ctid AND spell.fate BETWEEN 0.7 AND 0.9;
DELETE FROM spell WHERE ended_on <= started_on;
CREATE TABLE tier AS
	SELECT seed, customer::bigint, (ARRAY['gold', 'tin', 'A', '(none)'])[1 + floor(random() * 4)::int] AS segment,
		CASE WHEN fate < 0.1 THEN '-infinity' ELSE date '2024-01-01' + floor(fate * 600)::int END AS valid_from,
		CASE WHEN random() < 0.7 THEN date '2024-01-01' + floor(fate * 600 + random() * 200)::int END AS valid_to
	FROM generate_series(1, 80) seed, generate_series(1, 24) customer, generate_series(1, 3) n, LATERAL (SELECT random() + 0 * n * customer * seed AS fate) f
	WHERE customer % 8 > 0;
CREATE TABLE placed AS
	SELECT l.seed, l.focal, b.customer, coalesce((SELECT t.segment FROM tier t WHERE t.seed = b.seed AND t.customer = b.customer AND t.valid_from <= greatest(l.launched_on, b.day)
		AND coalesce(t.valid_to > greatest(l.launched_on, b.day), true) ORDER BY t.valid_from DESC, t.segment COLLATE "C" LIMIT 1), '(none)') AS segment
	FROM launch l JOIN (SELECT seed, customer, min(started_on) AS day FROM spell GROUP BY 1, 2) b USING (seed);

-- a fold of each; segments of those who only come later are not told
CREATE TABLE asked AS
	SELECT l.seed, l.focal, NULL::text AS donor FROM launch l
	UNION
	SELECT l.seed, l.focal, d.donor
	FROM launch l
	JOIN question q USING (seed)
	JOIN (SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM spell GROUP BY 1, 2) h USING (seed)
	CROSS JOIN LATERAL entries(h.holdings, ARRAY[l.focal], NULL, q.as_of, q.look_back, q.look_ahead, q.gap) e
	CROSS JOIN LATERAL unnest(e.donors_before) AS d (donor);
CREATE TABLE each AS
	SELECT a.seed, a.focal, a.donor, p.segment,
		cannibalization_agg(s.customer, s.product, s.started_on, s.ended_on, s.mrr, ARRAY[a.focal], CASE WHEN a.donor IS NOT NULL THEN ARRAY[a.donor] END,
			q.as_of, q.look_back, q.look_ahead, q.gap, p.segment) AS state
	FROM asked a
	JOIN question q USING (seed)
	JOIN placed p USING (seed, focal)
	JOIN spell s ON s.seed = a.seed AND s.customer = p.customer AND s.started_on <= q.as_of AND (a.donor IS NULL OR coalesce(s.product, '(none)') IN (a.focal, a.donor))
	GROUP BY a.seed, a.focal, a.donor, p.segment, q.as_of, q.look_back, q.look_ahead, q.gap;
INSERT INTO each SELECT e.seed, e.focal, e.donor, NULL, rollup(e.state) FROM each e GROUP BY 1, 2, 3;
CREATE TABLE grid AS
	SELECT l.seed, l.focal, p.segment,
		cannibalization_agg(s.customer, s.product, s.started_on, s.ended_on, s.mrr, ARRAY[l.focal], NULL, q.as_of, ARRAY[30, 1, 90], ARRAY[0, 60, 30, 29, 180], q.gap, p.segment) AS state
	FROM launch l JOIN question q USING (seed) JOIN placed p USING (seed, focal) JOIN spell s ON s.seed = l.seed AND s.customer = p.customer AND s.started_on <= q.as_of
	GROUP BY l.seed, l.focal, p.segment, q.as_of, q.gap;
INSERT INTO grid SELECT g.seed, g.focal, NULL, rollup(g.state) FROM grid g GROUP BY 1, 2;

-- and all at once
CREATE TABLE ask AS
	SELECT l.seed, ARRAY[q.look_back::text, q.look_ahead::text, q.gap::text, 'true', '0.95'] || array_agg(w.word ORDER BY l.focal, w.at) AS words,
		ARRAY['30,1,90', '0,60,30,29,180', q.gap::text, 'false', '0.9'] || array_agg(w.word ORDER BY l.focal, w.at) AS grid_words, q.as_of
	FROM launch l JOIN question q USING (seed) CROSS JOIN LATERAL (VALUES (1, l.focal), (2, (l.launched_on - date '2000-01-01')::text)) AS w (at, word)
	GROUP BY l.seed, q.look_back, q.look_ahead, q.gap, q.as_of;
CREATE TABLE line AS
	SELECT seed, customer, product, started_on, ended_on, mrr, NULL::text AS segment FROM spell
	UNION ALL SELECT seed, customer, NULL, valid_from, valid_to, NULL, segment FROM tier;
CREATE VIEW once AS
	SELECT f.seed, s.focal, s.donor, s.segment, s.state
	FROM (SELECT a.seed, cvm._launch_agg(l.customer, l.product, l.started_on, l.ended_on, l.mrr, l.segment, a.as_of, a.words) AS states
		FROM (SELECT * FROM line ORDER BY random()) l JOIN ask a USING (seed) GROUP BY a.seed) f
	CROSS JOIN LATERAL cvm._launch_states(f.states) s;
SELECT cmp_ok((SELECT count(*) FROM each), '>', 700::bigint, 'there is something to compare');
SELECT cmp_ok((SELECT count(*) FROM each WHERE donor IS NOT NULL), '>', 100::bigint, 'donors are told apart');
SELECT is_empty('SELECT seed, focal, donor, segment, md5(state::text) FROM each WHERE seed % 4 > 0 EXCEPT ALL SELECT seed, focal, donor, segment, md5(state::text) FROM once',
	'launches, donors and segments say the same at once, to the byte, in any order');
SELECT is_empty($$SELECT o.seed, o.focal, o.donor, o.segment FROM once o LEFT JOIN each e
	ON e.seed = o.seed AND e.focal = o.focal AND e.donor IS NOT DISTINCT FROM o.donor AND e.segment IS NOT DISTINCT FROM o.segment WHERE e.seed IS NULL$$, 'and nothing else');
-- a state is at the scale of all prices that were read, so that the last digit of a rate is not the same
CREATE FUNCTION pg_temp.verdict(state cannibalization) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(CASE WHEN v.value ~ '^-?[0-9.e-]+$' THEN round(v.value::numeric, 12)::text ELSE coalesce(v.value, '') END, ' ' ORDER BY v.key)
	FROM cannibalization_verdict(state) r CROSS JOIN LATERAL jsonb_each_text(to_jsonb(r)) v
$$;
SELECT is_empty($$SELECT e.seed, e.focal, e.donor, e.segment, pg_temp.verdict(e.state) FROM each e
	EXCEPT ALL SELECT o.seed, o.focal, o.donor, o.segment, pg_temp.verdict(o.state) FROM once o$$, 'verdicts are the same, whatever decimals prices have');
SELECT is_empty($$SELECT e.seed, e.focal, e.donor, e.segment, v.* FROM each e CROSS JOIN LATERAL cannibalization_donors(e.state) v
	EXCEPT ALL SELECT o.seed, o.focal, o.donor, o.segment, v.* FROM once o CROSS JOIN LATERAL cannibalization_donors(o.state) v$$, 'and so are donors');
CREATE TABLE rates AS
	SELECT f.seed, (r).*
	FROM (SELECT a.seed, cvm._launch_rate_agg(l.customer, l.product, l.started_on, l.ended_on, l.mrr, l.segment, a.as_of, a.grid_words) AS rates
		FROM line l JOIN ask a USING (seed) GROUP BY a.seed) f CROSS JOIN LATERAL cvm._launch_rates(f.rates) r;
CREATE TABLE verdicts AS
	SELECT g.seed, g.focal, g.segment, v.look_back, v.look_ahead, v.entries, v.matured_entries, v.pending_entries, v.own_base_share, v.unit_rate, v.unit_rate_low, v.unit_rate_high,
		v.value_rate, v.value_rate_low, v.value_rate_high, v.control_customers, v.control_loss_rate, v.corrected_rate, v.corrected_rate_low, v.corrected_rate_high, v.entry_hazard, v.control_hazard
	FROM grid g CROSS JOIN LATERAL cannibalization_verdict(g.state, conf => 0.9) v;
SELECT cmp_ok((SELECT count(*) FROM verdicts WHERE control_customers > 5), '>', 1000::bigint, 'there is a control in a grid of windows');
SELECT is_empty('(TABLE verdicts EXCEPT ALL TABLE rates) UNION ALL (TABLE rates EXCEPT ALL TABLE verdicts)', 'rates in a grid of windows are those that the verdict tells');

-- every product as a launch, by segment of the first day
CREATE TABLE matrix AS
	SELECT q.seed, p.segment, cannibalization_matrix_agg(s.customer, s.product, s.started_on, s.ended_on, s.mrr, q.as_of, q.look_back, q.look_ahead, q.gap) AS state
	FROM question q
	JOIN (SELECT b.seed, b.customer, coalesce((SELECT t.segment FROM tier t WHERE t.seed = b.seed AND t.customer = b.customer AND t.valid_from <= b.day AND coalesce(t.valid_to > b.day, true)
		ORDER BY t.valid_from DESC, t.segment COLLATE "C" LIMIT 1), '(none)') AS segment FROM (SELECT seed, customer, min(started_on) AS day FROM spell GROUP BY 1, 2) b) p USING (seed)
	JOIN spell s ON s.seed = q.seed AND s.customer = p.customer AND s.started_on <= q.as_of
	GROUP BY q.seed, p.segment, q.as_of, q.look_back, q.look_ahead, q.gap;
CREATE TABLE matrix_once AS
	SELECT f.seed, m.segment, m.state
	FROM (SELECT a.seed, cvm._launch_matrix_agg(l.customer, l.product, l.started_on, l.ended_on, l.mrr, l.segment, a.as_of, a.words[1:5]) AS matrices FROM line l JOIN ask a USING (seed) GROUP BY a.seed) f
	CROSS JOIN LATERAL cvm._launch_matrices(f.matrices) m;
SELECT cmp_ok((SELECT count(*) FROM matrix, cannibalization_cells(state) c WHERE c.donor <> '(all)'), '>', 100::bigint, 'matrices hold something');
SELECT is_empty('(SELECT seed, segment, md5(state::text) FROM matrix WHERE seed % 4 > 0 EXCEPT ALL SELECT seed, segment, md5(state::text) FROM matrix_once)
	UNION ALL (SELECT seed, segment, md5(state::text) FROM matrix_once WHERE seed % 4 > 0 EXCEPT ALL SELECT seed, segment, md5(state::text) FROM matrix)', 'matrices of segments are the same at once, to the byte');
SELECT is_empty('SELECT m.seed, m.segment, c.* FROM matrix m, cannibalization_cells(m.state) c EXCEPT ALL SELECT m.seed, m.segment, c.* FROM matrix_once m, cannibalization_cells(m.state) c',
	'and say the same, whatever decimals prices have');

-- keys of other types, workers, and rows that do not fit into memory
SELECT is_empty($$SELECT seed, focal, donor, segment, md5(state::text) FROM each WHERE seed % 4 > 0 EXCEPT ALL SELECT f.seed, s.focal, s.donor, s.segment, md5(s.state::text)
	FROM (SELECT a.seed, cvm._launch_agg(md5(l.customer::text)::uuid, l.product, l.started_on, l.ended_on, l.mrr, l.segment, a.as_of, a.words) AS states FROM line l JOIN ask a USING (seed) GROUP BY a.seed) f
	CROSS JOIN LATERAL cvm._launch_states(f.states) s$$, 'customers may be uuid');
SELECT is_empty($$SELECT seed, focal, donor, segment, md5(state::text) FROM each WHERE seed % 4 > 0 EXCEPT ALL SELECT f.seed, s.focal, s.donor, s.segment, md5(s.state::text)
	FROM (SELECT a.seed, cvm._launch_agg('customer ' || l.customer, l.product, l.started_on, l.ended_on, l.mrr, l.segment, a.as_of, a.words) AS states FROM line l JOIN ask a USING (seed) GROUP BY a.seed) f
	CROSS JOIN LATERAL cvm._launch_states(f.states) s$$, 'customers may be text');
CREATE TABLE wide AS SELECT l.seed * 100 + l.customer + n * 10000::bigint AS customer, l.product, l.started_on, l.ended_on, l.mrr, l.segment FROM line l, generate_series(1, 8) n;
ALTER TABLE wide SET (parallel_workers = 3);
CREATE TABLE wide_words AS SELECT ARRAY['30', '60', '0', 'true', '0.95', 'N', '8900', 'M', '9000'] AS words;
CREATE TABLE alone AS SELECT cvm._launch_agg(customer, product, started_on, ended_on, mrr, segment, '2025-06-01', (SELECT words FROM wide_words)) AS states FROM wide;
SELECT cmp_ok((SELECT count(*) FROM alone, cvm._launch_states(states)), '>', 30::bigint, 'many customers have many states');
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 3;
\i test/plan_of.sql
SELECT matches(pg_temp.plan_of($$SELECT cvm._launch_agg(customer, product, started_on, ended_on, mrr, segment, '2025-06-01', '{30,60,0,true,0.95,N,8900,M,9000}') FROM wide$$), 'Partial Aggregate',
	'workers share the rows');
SELECT is((SELECT cvm._launch_agg(customer, product, started_on, ended_on, mrr, segment, '2025-06-01', '{30,60,0,true,0.95,N,8900,M,9000}')::text FROM wide), (SELECT states::text FROM alone),
	'workers find the same');
RESET max_parallel_workers_per_gather;
SET LOCAL work_mem = '64kB';
SELECT is((SELECT cvm._launch_agg(customer, product, started_on, ended_on, mrr, segment, '2025-06-01', (SELECT words FROM wide_words))::text FROM wide), (SELECT states::text FROM alone),
	'rows that do not fit into memory say the same');
RESET work_mem;

-- what makes no sense
SELECT is(cvm._launch_agg(1::bigint, 'A', NULL, NULL, 5, NULL, '2024-07-01', '{30,60,0,true,0.95,N,8900}'), NULL, 'without a spell there is nothing to say');
SELECT throws_ok(format($$SELECT cvm._launch_agg(1::bigint, 'A', date '2024-01-01', NULL, 5, NULL, '2024-07-01', %L::text[])$$, v.words), v.code, v.message, v.title)
FROM (VALUES ('{30,60,0}', '22023', 'what is asked of launches makes no sense', 'words that are missing are refused'),
	('{30,60,0,true,NULL,N,8900}', '22023', 'what is asked of launches makes no sense', 'words that are not told are refused'),
	('{0,60,0,true,0.95,N,8900}', '22023', 'look_back of "0" days is too short', 'a look-back of no days is refused'),
	('{30,60,-1,true,0.95,N,8900}', '22023', 'gap of "-1" days is negative', 'a gap of fewer than no days is refused')) AS v (words, code, message, title);
SELECT * FROM finish();
ROLLBACK;
