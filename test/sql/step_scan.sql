\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Aggregates over spells that read the scan below them (src/pg/step_scan.c) say
-- what they say when rows reach them one by one.
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
-- in a schema of its own, which goes at the end
CREATE SCHEMA step_scan;
SET search_path = step_scan, public, cvm;
SET max_parallel_workers_per_gather = 0;
SELECT * FROM no_plan();

-- Spells as nobody should have them: NULLs, texts long, short and toasted, prices of several
-- scales, deleted and updated rows, columns dropped and added after the first rows were there
CREATE TABLE spell (id int, gone text, c bigint, n int, u uuid, word text, product text, started_on date, ended_on date, mrr numeric, status varchar(10), offer text, channel text, reason text);
CREATE FUNCTION fill(first int, last int) RETURNS void LANGUAGE sql
SET search_path = pg_catalog, step_scan AS $$
INSERT INTO spell (id, c, n, u, word, product, started_on, ended_on, mrr, status, offer, channel, reason)
SELECT g, nullif(g % 97, 13), g % 97, md5((g % 97)::text)::uuid, CASE g % 5 WHEN 0 THEN repeat(md5((g % 97)::text), 3) WHEN 1 THEN NULL WHEN 2 THEN '' ELSE 'customer ' || g % 97 END,
	CASE WHEN g % 43 > 0 THEN 'plan ' || g % 5 END, CASE WHEN g % 41 > 0 THEN y.day END,
	CASE g % 9 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN y.day - 1 WHEN 3 THEN '2024-07-01' ELSE y.day + 1 + g * 31 % 200 END,
	CASE WHEN g % 17 > 0 THEN round(g % 23 / 3.0 - 1, g % 4) END, (ARRAY['active', 'Paused', 'trial', NULL])[1 + g % 4], (ARRAY['SAVE', NULL, ''])[1 + g % 3],
	(ARRAY['web', 'shop', NULL])[1 + g % 3], (ARRAY['price', NULL])[1 + g % 2]
FROM generate_series(first, last) g
CROSS JOIN LATERAL (SELECT date '2024-01-01' + g * 7919 % 500 AS day) y;
$$;
SELECT FROM fill(1, 2000);
UPDATE spell SET product = repeat('longer than a page ', 500) || id % 3, mrr = mrr + 0.001 WHERE id % 50 = 7;
ALTER TABLE spell DROP COLUMN gone;
ALTER TABLE spell ADD COLUMN later numeric, ADD COLUMN fixed numeric DEFAULT 2.5;
SELECT FROM fill(2001, 3000);
UPDATE spell SET later = id / 8.0 WHERE id % 3 = 0;
DELETE FROM spell WHERE id % 11 = 5;
CREATE TABLE part (LIKE spell) PARTITION BY HASH (id);
CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 (reason text, word text, mrr numeric, status varchar(10), product text, c bigint, id int, n int, u uuid, ended_on date, started_on date, offer text, channel text, later numeric, fixed numeric);
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO part SELECT * FROM spell;
CREATE TABLE stay AS SELECT (g % 97)::bigint AS c, CASE WHEN g % 13 > 0 THEN 'S' || g % 3 END AS segment, CASE WHEN g % 7 = 0 AND g % 13 > 0 THEN '-infinity' WHEN g % 7 <> 1 THEN date '2023-12-01' + g END AS valid_from,
	CASE WHEN g % 2 = 0 THEN date '2024-06-01' + g END AS valid_to FROM generate_series(0, 300) g;
CREATE TABLE nothing (LIKE spell);
CREATE TABLE observed AS SELECT date '2024-11-20' AS as_of;
ANALYZE;

CREATE FUNCTION answer(is_on boolean, fold text, source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	PERFORM set_config('cvm.fold_scan', is_on::text, true);
	EXECUTE format('SELECT md5(string_agg(x::text, '' '' ORDER BY x::text COLLATE "C")) FROM (SELECT %s AS x FROM %s) s', fold, source) INTO answer;
	RETURN coalesce(answer, '(none)');
END
$$;
-- The rows that a ticket gives
CREATE FUNCTION moves(state bytea) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(m.row, ' ' ORDER BY m.row COLLATE "C")
	FROM (SELECT concat_ws(' ', cvm._move_row_key(state, m), cvm._move_segment(state, m), cvm._move_change(state, m), cvm._move_before(state, m), cvm._move_cause(state, m),
			cvm._move_product(state, m), cvm._move_from_product(state, m), cvm._move_reason(state, m), cvm._move_channel(state, m)) AS row
		FROM cvm._customer_moves(state, NULL, NULL, NULL, NULL, NULL) m) m;
$$;
-- Those of August alone
CREATE FUNCTION moves_of_month(state bytea) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(m.row, ' ' ORDER BY m.row COLLATE "C")
	FROM (SELECT concat_ws(' ', cvm._move_row_key(state, m), cvm._move_segment(state, m), cvm._move_change(state, m), cvm._move_before(state, m), cvm._move_after(state, m),
			cvm._move_cause(state, m), cvm._move_product(state, m), cvm._move_from_product(state, m), cvm._move_reason(state, m), cvm._move_channel(state, m),
			cvm._is_whole(state, 2)) AS row
		FROM cvm._customer_moves(state, '2024-08-01', '2024-08-02', NULL, NULL, NULL) m) m;
$$;
CREATE TABLE question AS SELECT * FROM (VALUES
	('numbers', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'spell'),
	('integers', 'movement_agg(n, product, started_on, ended_on, mrr, ''week:7'', date ''2024-11-20'')', 'spell'),
	('uuids', 'movement_agg(u, product, started_on, ended_on, mrr, ''quarter'', date ''2024-11-20'')', 'spell'),
	('texts, long, empty and toasted', 'revenue_retention_agg(word, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'spell'),
	('prices that were added later', 'movement_agg(c, product, started_on, ended_on, later, ''month'', date ''2024-11-20'')', 'spell'),
	('a default that is in no row', 'movement_agg(c, product, started_on, ended_on, fixed, ''month'', date ''2024-11-20'')', 'spell'),
	('a status that is looked up', 'movement_agg(c, product, started_on, ended_on, CASE WHEN status = ''trial'' THEN 0 ELSE mrr END, _has_status(status, ''{paused}''), ''month'', date ''2024-11-20'', 30)', 'spell'),
	('everything computed', 'movement_agg(c + 1, product || offer, started_on + 1, coalesce(ended_on, ''2030-01-01''), mrr * 2, ''month'', date ''2024-11-20'')', 'spell'),
	('a condition', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'spell WHERE status <> ''trial'' AND id % 4 > 0'),
	('a condition that is never true', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'spell WHERE id < 0'),
	('as_of from a query', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', (SELECT as_of FROM observed))', 'spell'),
	('as_of from a query, less a day', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', (SELECT as_of FROM observed) - 1)', 'spell'),
	('as_of that is a column', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', as_of)', '(SELECT s.*, (SELECT as_of FROM observed) AS as_of FROM spell s) s'),
	('a grain that is no constant', 'movement_agg(c, product, started_on, ended_on, mrr, CASE WHEN id > 0 THEN ''month'' END, date ''2024-11-20'')', 'spell'),
	('a price looked up by a subquery', 'movement_agg(c, product, started_on, ended_on, mrr * (SELECT count(*) FROM observed o WHERE o.as_of > s.started_on), ''month'', date ''2024-11-20'')', 'spell s'),
	('partitions with columns in another order', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'part'),
	('one partition', 'movement_agg(word, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'part_1'),
	('a table without rows', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'nothing'),
	('a FILTER', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'') FILTER (WHERE id % 2 = 0)', 'spell'),
	('another aggregate beside it', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')::text || count(mrr)', 'spell'),
	('groups', 'movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'')', 'spell GROUP BY status'),
	('a window', 'revenue_retention_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'') OVER (ORDER BY id / 1000)', 'spell'),
	('segments', 'segment_flow_agg(c, product, f, t, mrr, is_paused, segment, ''month'', date ''2024-11-20'', NULL, 12, 30)',
		'(SELECT c, product, started_on AS f, ended_on AS t, mrr, status = ''Paused'' AS is_paused, NULL::text AS segment FROM spell UNION ALL SELECT c, NULL, valid_from, valid_to, 7, NULL, segment FROM stay) r'),
	('segments and the scan of an index', 'segment_flow_agg(c, product, f, t, mrr, segment, ''month'', date ''2024-11-20'')',
		'(SELECT c, product, started_on AS f, ended_on AS t, mrr, NULL::text AS segment FROM part UNION ALL SELECT c, NULL, valid_from, valid_to, 7, segment FROM (SELECT * FROM stay ORDER BY c LIMIT 200) h) r'),
	('segments, each with its own first day', 'segment_flow_agg(c, product, f, t, mrr, segment, ''month'', date ''2024-11-20'')',
		'(SELECT c, product, started_on AS f, ended_on AS t, mrr, NULL::text AS segment FROM spell UNION ALL SELECT c, NULL, ''-infinity'', valid_to, 7, segment FROM stay WHERE segment IS NOT NULL UNION ALL SELECT c, ''plan 9'', ''2024-03-03'', NULL, 7, NULL FROM stay) r'),
	('rows of customers', 'moves(_customer_move_agg(c, product, f, t, mrr, is_paused, offer, segment, ''month'', (SELECT as_of FROM observed), 30, channel, reason, told))',
		'(SELECT c, product, started_on AS f, ended_on AS t, CASE WHEN status = ''trial'' THEN 0 ELSE mrr END AS mrr, status = ''Paused'' AS is_paused, offer, NULL::text AS segment, channel, reason, mrr AS told FROM spell
		UNION ALL SELECT c, NULL, CASE WHEN segment IS NOT NULL THEN valid_from END, valid_to, NULL, NULL, NULL, segment, NULL, NULL, NULL FROM stay) r'),
	('rows of customers in one month', 'moves_of_month(_customer_move_agg(c, product, f, t, mrr, is_paused, offer, segment, ''month'', (SELECT as_of FROM observed), 30, channel, reason, told, date ''2024-08-01'', date ''2024-08-02'', NULL))',
		'(SELECT c, product, started_on AS f, ended_on AS t, mrr, _has_status(status, ''{paused}'') AS is_paused, offer, NULL::text AS segment, channel, reason, mrr AS told FROM spell
		UNION ALL SELECT c, NULL, CASE WHEN segment IS NOT NULL THEN valid_from END, valid_to, NULL, NULL, NULL, segment, NULL, NULL, NULL FROM stay) r'),
	('the same of integers, with prices looked at', 'moves_of_month(_customer_move_agg(c, product, f, t, mrr, is_paused, offer, segment, ''month'', (SELECT as_of FROM observed), 30, channel, reason, told, date ''2024-08-01'', date ''2024-08-02'', 4))',
		'(SELECT n::bigint AS c, product, started_on AS f, ended_on AS t, CASE WHEN status = ''trial'' THEN 0 ELSE mrr END AS mrr, _has_status(status, ''{paused}'') AS is_paused, offer, NULL::text AS segment, channel, reason, mrr AS told FROM part
		UNION ALL SELECT c, NULL, valid_from, valid_to, NULL, NULL, NULL, segment, NULL, NULL, NULL FROM stay WHERE segment IS NOT NULL) r'),
	('the same of texts, where a price has more decimals', 'moves_of_month(_customer_move_agg(c, product, f, t, mrr, is_paused, offer, segment, ''month'', (SELECT as_of FROM observed), 30, channel, reason, told, date ''2024-08-01'', date ''2024-08-02'', 2))',
		'(SELECT word AS c, product, started_on AS f, ended_on AS t, mrr, NULL::boolean AS is_paused, offer, NULL::text AS segment, channel, reason, mrr AS told FROM spell WHERE id % 10 > 0
		UNION ALL SELECT ''customer '' || c, NULL, valid_from, valid_to, NULL, NULL, NULL, segment, NULL, NULL, NULL FROM stay WHERE segment IS NOT NULL) r'),
	('the same of uuids with whole prices', 'moves_of_month(_customer_move_agg(u, product, started_on, ended_on, n::numeric, status = ''Paused'', offer, NULL, ''month'', date ''2024-11-20'', 30, channel, reason, n::numeric, date ''2024-08-01'', date ''2024-08-02'', 0))', 'spell'),
	('changes of prices', '_price_change_agg(c, product, f, t, mrr, offer, segment, date ''2024-11-20'', ''{30,90,30,90}'')::text',
		'(SELECT c, product, started_on AS f, ended_on AS t, mrr, offer, NULL::text AS segment FROM spell UNION ALL SELECT c, NULL, valid_from, valid_to, NULL, NULL, segment FROM stay) r'),
	('entries and their control', 'cannibalization_agg(c, product, started_on, ended_on, mrr, ARRAY[''plan 1''], NULL, date ''2024-11-20'', 30, 60, 0)::text', 'spell'),
	('entries of texts at several windows', 'cannibalization_agg(word, product, started_on, ended_on, mrr, ARRAY[''plan 1''], ARRAY[''plan 2'', ''plan 3''], date ''2024-11-20'', ''{30,60}''::int[], ''{60}''::int[], 0)::text', 'spell'),
	('products in turn', 'cannibalization_matrix_agg(c, product, started_on, ended_on, mrr, date ''2024-11-20'')::text', 'spell'),
	('entries of parameters that change', 'cannibalization_agg(c, product, started_on, ended_on, mrr, ARRAY[''plan 1''], NULL, date ''2024-11-20'', 30, 60, 0)::text', 'spell GROUP BY status'),
	('a scan for each row outside', '(SELECT movement_agg(s.c, s.product, s.started_on, s.ended_on, s.mrr * g.g, ''month'', date ''2024-11-20'')::text FROM spell s WHERE s.n % 7 = g.g)', 'generate_series(0, 8) g (g)')
) q (title, fold, source);
SELECT is(answer(true, fold, source), answer(false, fold, source), 'with the scan or without it: ' || title) FROM question;

SET work_mem = '64kB';
SELECT is(count(*) FILTER (WHERE answer(true, fold, source) = answer(false, fold, source)), count(*), 'in little memory each gives the same answer') FROM question;
RESET work_mem;

SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT is(count(*) FILTER (WHERE answer(true, fold, source) = answer(false, fold, source)), count(*), 'workers read their part of the scan, and each gives the same answer') FROM question;
SET max_parallel_workers_per_gather = 0;

-- what is asked must be the same in every row, however they are read
SELECT throws_ok($$SELECT movement_agg(c, product, started_on, ended_on, mrr, 'month', date '2024-11-20' + id % 2) FROM spell$$,
	'grain, as_of, clock or pause_days changes from row to row', 'as_of that changes from row to row is refused');
SELECT throws_ok($$SELECT segment_flow_agg(c, product, f, t, mrr, segment, 'month', as_of) FROM (
		SELECT c, product, started_on AS f, ended_on AS t, mrr, NULL::text AS segment, date '2024-11-20' AS as_of FROM spell
		UNION ALL SELECT c, NULL, valid_from, valid_to, 7, segment, '2024-11-21' FROM stay) r$$,
	'grain, as_of, clock or pause_days changes from row to row', 'as_of that changes from table to table is refused');

-- a cursor, row-level security
SET cvm.fold_scan = on;
BEGIN;
DECLARE c CURSOR FOR SELECT md5(movement_agg(c, product, started_on, ended_on, mrr, 'month', date '2024-11-20')::text) AS x FROM spell;
DELETE FROM spell WHERE id < 1000;
FETCH c \gset cursor_
ROLLBACK;
SELECT is(:'cursor_x', (SELECT answer(false, fold, source) FROM question WHERE title = 'numbers'), 'a cursor sees the rows of its snapshot');
CREATE ROLE regress_step_scan;
GRANT SELECT ON spell TO regress_step_scan;
GRANT USAGE ON SCHEMA cvm, step_scan TO regress_step_scan;
ALTER TABLE spell ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON spell USING (c % 2 = 1);
SET ROLE regress_step_scan;
SELECT md5(movement_agg(c, product, started_on, ended_on, mrr, 'month', date '2024-11-20')::text) AS x FROM spell \gset policy_
RESET ROLE;
SELECT is(:'policy_x', (SELECT answer(false, fold, 'spell WHERE c % 2 = 1') FROM question WHERE title = 'numbers'), 'a policy decides which rows are read');
DROP OWNED BY regress_step_scan;
DROP ROLE regress_step_scan;

-- EXPLAIN counts the rows that were taken
CREATE FUNCTION scanned(source text) RETURNS SETOF numeric LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE format('EXPLAIN (ANALYZE, FORMAT json) SELECT cvm.movement_agg(c, product, started_on, ended_on, mrr, ''month'', date ''2024-11-20'') FROM %s', source) INTO plan;
	RETURN QUERY SELECT (plan #>> '{0,Plan,Plans,0,Actual Rows}')::numeric UNION ALL SELECT (plan #>> '{0,Plan,Plans,0,Rows Removed by Filter}')::numeric;
END
$$;
SELECT results_eq($$SELECT scanned('spell WHERE id % 4 > 0')$$, $$SELECT count(*) FILTER (WHERE id % 4 > 0)::numeric FROM spell UNION ALL SELECT count(*) FILTER (WHERE id % 4 = 0) FROM spell$$,
	'EXPLAIN ANALYZE counts rows read and rows left out');
SELECT is((SELECT scanned('part') LIMIT 1), (SELECT count(*)::numeric FROM part), 'EXPLAIN ANALYZE counts rows of partitions');

-- rows of whom nothing changes in a month wait, and are never asked for
CREATE TABLE few AS SELECT c, 'plan' AS product, d AS started_on, NULL::date AS ended_on, 5.00::numeric(8,2) AS mrr FROM (VALUES (1::bigint, date '2024-08-05'), (2, '2020-01-01'), (1, '2021-03-03'), (3, '2024-08-31')) v (c, d);
SELECT is((SELECT cvm._first_day(cvm._customer_move_agg(c, product, started_on, ended_on, mrr, NULL, NULL, NULL, 'month', date '2024-11-20', 30, NULL, NULL, mrr, date '2024-08-01', date '2024-08-02', 2)) FROM few), '2021-03-03',
	'rows of customers for whom nothing changes in the month are left where they are');
SELECT is((SELECT cvm._first_day(cvm._customer_move_agg(c, product, started_on, ended_on, mrr, NULL, NULL, NULL, 'month', date '2024-11-20', 30, NULL, NULL, mrr, date '2024-08-01', date '2024-08-02', 1)) FROM few), '2020-01-01',
	'not where a price has more decimals');
SELECT is((SELECT cvm._first_day(cvm._customer_move_agg(c, product, started_on, ended_on, mrr, NULL, NULL, NULL, 'month', date '2024-11-20', 30, NULL, NULL, mrr, NULL, NULL, 2)) FROM few), '2020-01-01',
	'nor where no month is told');

-- Which scans are read, and which are not
SET client_min_messages = debug1;
SELECT 'read: a table' AS scan, movement_agg(c, product, started_on, ended_on, mrr, 'month', date '2024-11-20') IS NOT NULL AS x FROM spell;
SELECT 'read: partitions' AS scan, movement_agg(c, product, started_on, ended_on, mrr, 'month', date '2024-11-20') IS NOT NULL AS x FROM part;
SELECT 'read: what is computed' AS scan, movement_agg(c + 1, product, started_on, ended_on, mrr * 2, 'month', date '2024-11-20') IS NOT NULL AS x FROM spell;
SELECT 'read, and rows wait: a month' AS scan, _customer_move_agg(c, product, started_on, ended_on, mrr, NULL, NULL, NULL, 'month', date '2024-11-20', 30, NULL, NULL, mrr, date '2024-08-01', date '2024-08-02', 2) IS NOT NULL AS x FROM few;
SELECT 'read, and none waits: a month, of what is computed' AS scan, _customer_move_agg(c, product, started_on, ended_on, mrr * 2, NULL, NULL, NULL, 'month', date '2024-11-20', 30, NULL, NULL, mrr, date '2024-08-01', date '2024-08-02', 2) IS NOT NULL AS x FROM few;
SELECT 'not read: a subquery for each row' AS scan, movement_agg(c, product, started_on, ended_on, mrr * (SELECT count(*) FROM observed o WHERE o.as_of > s.started_on), 'month', date '2024-11-20') IS NOT NULL AS x FROM spell s;
SELECT 'not read: what changes each time' AS scan, movement_agg(c, product, started_on, ended_on, mrr + random()::numeric, 'month', date '2024-11-20') IS NOT NULL AS x FROM spell s;
SELECT 'not read: another aggregate' AS scan, movement_agg(c, product, started_on, ended_on, mrr, 'month', date '2024-11-20') IS NOT NULL AS x, count(*) > 0 AS y FROM spell;
SET cvm.fold_scan = off;
SELECT 'not read: switched off' AS scan, movement_agg(c, product, started_on, ended_on, mrr, 'month', date '2024-11-20') IS NOT NULL AS x FROM spell;
RESET cvm.fold_scan;
SET client_min_messages = warning;
DROP SCHEMA step_scan CASCADE;
SELECT * FROM finish();
