\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- A fold that reads the scan below it (src/pg/retention/fold_scan.c) says what it
-- says when rows reach it one by one.
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
-- in a schema of its own, which goes at the end
CREATE SCHEMA fold_scan;
SET search_path = fold_scan, public, cvm;
SET max_parallel_workers_per_gather = 0;
SELECT plan(46);

-- Rows of every kind: NULLs, short, long and toasted texts, decimals of several
-- scales, deleted and updated rows, a column added after the first rows were there
CREATE TABLE event (id int, gone text, c bigint, n int, u uuid, at timestamptz, day date, local timestamp, word text, v numeric, kind text);
CREATE FUNCTION fill(first int, last int) RETURNS void LANGUAGE sql
SET search_path = pg_catalog, fold_scan AS $$
INSERT INTO event (id, c, n, u, at, day, local, word, v, kind)
SELECT g, nullif(g % 97, 13), g % 97, md5((g % 97)::text)::uuid, CASE WHEN g % 41 > 0 THEN timestamptz '2024-01-01 UTC' + g * 7919 % 500 * interval '1 day' END,
	date '2024-01-01' + g * 7919 % 500, timestamp '2024-01-01' + g * 7919 % 500 * interval '1 day',
	CASE g % 5 WHEN 0 THEN repeat(md5((g % 97)::text), 3) WHEN 1 THEN NULL WHEN 2 THEN '' ELSE 'customer ' || g % 97 END,
	CASE WHEN g % 7 > 0 THEN round(g / 7.0, g % 5) END, CASE WHEN g % 3 > 0 THEN 'order' END
FROM generate_series(first, last) g;
$$;
SELECT FROM fill(1, 4000);
UPDATE event SET word = repeat('longer than a page ', 1000) || id, v = v + 0.001 WHERE id % 50 = 7;
ALTER TABLE event DROP COLUMN gone;
ALTER TABLE event ADD COLUMN later numeric, ADD COLUMN fixed numeric DEFAULT 2.5, ADD COLUMN who text COLLATE "C" DEFAULT 'everybody';
SELECT FROM fill(4001, 6000);
UPDATE event SET later = id / 8.0, who = 'w' || c WHERE id % 3 = 0;
DELETE FROM event WHERE id % 11 = 5;
-- Nothing but columns of a fixed length before those that are read, and no NULL
CREATE TABLE fixed AS SELECT coalesce(c, 5) AS c, coalesce(at, 'epoch') AS at, n, u, day, local, coalesce(v, 0.125) AS v FROM event;
CREATE TABLE name_first AS SELECT coalesce(who, 'nobody') AS who, day, c FROM event;
CREATE TABLE part (LIKE event) PARTITION BY HASH (id);
CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 (word text, v numeric, kind text, who text COLLATE "C", c bigint, id int, n int, u uuid, local timestamp, day date, at timestamptz, later numeric, fixed numeric);
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO part SELECT * FROM event;
CREATE TABLE stay AS SELECT g AS c, 'S' || g % 3 AS segment, date '2024-01-01' + g AS valid_from, CASE WHEN g % 2 = 0 THEN date '2025-01-01' END AS valid_to FROM generate_series(0, 96) g;
CREATE TABLE nothing (LIKE event);
ANALYZE;

CREATE FUNCTION answer(is_on boolean, fold text, source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	PERFORM set_config('cvm.fold_scan', is_on::text, true);
	EXECUTE format('SELECT string_agg(x::text, '' '' ORDER BY x::text) FROM (SELECT %s AS x FROM %s) s', fold, source) INTO answer;
	RETURN coalesce(answer, '(none)');
END
$$;
CREATE TABLE question AS SELECT * FROM (VALUES
	('numbers, instants', 'retention_agg(c, at, ''Europe/Vilnius'', ''month'')', 'event'),
	('integers, dates', 'retention_agg(n, day, ''week:7'')', 'event'),
	('integers of a table without NULLs', 'retention_agg(n, day, ''month'')', 'fixed'),
	('uuids, local times', 'retention_agg(u, local, ''quarter'')', 'event'),
	('uuids without NULLs', 'retention_agg(u, local, ''month'')', 'fixed'),
	('texts, long, empty and toasted', 'retention_agg(word, day, ''month'')', 'event'),
	('texts that stand first', 'retention_agg(who, day, ''month'')', 'name_first'),
	('texts that were added later', 'retention_agg(who, day, ''month'')', 'event'),
	('decimals', 'retention_agg(c, at, ''UTC'', v, ''month'')', 'event'),
	('decimals behind columns of a fixed length', 'retention_agg(c, at, ''UTC'', v, ''month'')', 'fixed'),
	('decimals that were added later', 'retention_agg(c, day, later, ''month'')', 'event'),
	('a default that is in no row', 'retention_agg(c, day, fixed, ''day'')', 'event'),
	('a condition', 'retention_agg(c, at, ''UTC'', v, ''month'')', 'event WHERE kind = ''order'' AND id % 4 > 0'),
	('a condition that is never true', 'retention_agg(c, at, ''UTC'', ''month'')', 'event WHERE id < 0'),
	('partitions with columns in another order', 'retention_agg(c, at, ''UTC'', v, ''month'')', 'part'),
	('one partition', 'retention_agg(word, day, v, ''month'')', 'part_1'),
	('a table without rows', 'retention_agg(c, at, ''UTC'', v, ''month'')', 'nothing'),
	('a subquery that is pulled up', 'retention_agg(k, d, ''month'')', '(SELECT n + 0 AS n, c AS k, day AS d FROM event) e'),
	('customers who are computed', 'retention_agg(c + 1, day, ''month'')', 'event'),
	('amounts that are computed', 'retention_agg(c, day, v * 2, ''month'')', 'event'),
	('starts and returns', 'retention_agg(c, day, v, kind = ''order'', kind IS NULL, ''month'')', 'event'),
	('a FILTER', 'retention_agg(c, day, ''month'') FILTER (WHERE id % 2 = 0)', 'event'),
	('another aggregate beside it', 'retention_agg(c, day, ''month'')::text || count(v)', 'event'),
	('groups', 'retention_agg(c, day, ''month'')', 'event GROUP BY kind'),
	('a grain that is no constant', 'retention_agg(c, day, CASE WHEN id > 0 THEN ''month'' END)', 'event'),
	('segments', 'segment_retention_agg(c, at, ''UTC'', v, segment, f, t, ''month'')',
		'(SELECT c, at, v, NULL::text AS segment, NULL::date AS f, NULL::date AS t FROM event UNION ALL SELECT c, NULL, NULL, segment, valid_from, valid_to FROM stay) e'),
	('segments of partitions and conditions', 'segment_retention_agg(c, at, ''UTC'', segment, f, t, ''month'')',
		'(SELECT id, c, at, NULL::text AS segment, NULL::date AS f, NULL::date AS t FROM part UNION ALL SELECT 1, c, NULL, segment, valid_from, valid_to FROM stay) e WHERE id % 3 > 0'),
	('lifecycles', 'lifecycle_agg(c, at, ''UTC'', ''month'', date ''2025-06-01'')', 'event'),
	('a scan for each row outside', '(SELECT retention_agg(e.c, e.day, ''month'')::text FROM event e WHERE e.n % 7 = g.g)', 'generate_series(0, 8) g (g)')
) q (title, fold, source);
SELECT is(answer(true, fold, source), answer(false, fold, source), 'with the scan or without it: ' || title) FROM question;

SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT is(count(*) FILTER (WHERE answer(true, fold, source) = answer(false, fold, source)), count(*), 'workers read their part of the scan, and each gives the same answer') FROM question;
SET max_parallel_workers_per_gather = 0;

-- a cursor, a prepared statement, and a fold that is begun again
SET cvm.fold_scan = on;
BEGIN;
DECLARE c CURSOR FOR SELECT retention_agg(c, day, 'month')::text AS x FROM event;
DELETE FROM event WHERE id < 1000;
FETCH c \gset cursor_
ROLLBACK;
SELECT is(:'cursor_x', answer(false, 'retention_agg(c, day, ''month'')', 'event'), 'a cursor sees the rows of its snapshot');

-- row-level security asks each row
CREATE ROLE regress_fold_scan;
GRANT SELECT ON event TO regress_fold_scan;
GRANT USAGE ON SCHEMA cvm, fold_scan TO regress_fold_scan;
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON event USING (c % 2 = 1);
SET ROLE regress_fold_scan;
SELECT retention_agg(c, day, 'month')::text AS x FROM event \gset policy_
RESET ROLE;
SELECT is(:'policy_x', answer(false, 'retention_agg(c, day, ''month'')', 'event WHERE c % 2 = 1'), 'a policy decides which rows are read');
DROP OWNED BY regress_fold_scan;
DROP ROLE regress_fold_scan;

-- EXPLAIN counts the rows that the fold took
CREATE FUNCTION scanned(source text) RETURNS SETOF numeric LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE format('EXPLAIN (ANALYZE, FORMAT json) SELECT cvm.retention_agg(c, day, ''month'') FROM %s', source) INTO plan;
	RETURN QUERY SELECT (plan #>> '{0,Plan,Plans,0,Actual Rows}')::numeric UNION ALL SELECT (plan #>> '{0,Plan,Plans,0,Rows Removed by Filter}')::numeric;
END
$$;
SELECT results_eq($$SELECT scanned('event WHERE id % 4 > 0')$$, $$SELECT count(*) FILTER (WHERE id % 4 > 0)::numeric FROM event UNION ALL SELECT count(*) FILTER (WHERE id % 4 = 0) FROM event$$,
	'EXPLAIN ANALYZE counts rows read and rows left out');
SELECT is((SELECT scanned('part') LIMIT 1), (SELECT count(*)::numeric FROM part), 'EXPLAIN ANALYZE counts rows of partitions');

-- and says which scans are read, and why others are not
CREATE FUNCTION told(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ' || query LOOP
		IF line LIKE 'Fold Scan:%' THEN
			RETURN NEXT substr(line, 12);
		END IF;
	END LOOP;
END
$$;
CREATE FUNCTION is_told(query text, lines text[], what text) RETURNS text LANGUAGE sql AS $$SELECT is(ARRAY(SELECT told(query)), lines, 'EXPLAIN ANALYZE: ' || what)$$;
SELECT is_told($$SELECT retention_agg(c, day, 'month') FROM event$$, '{retention_agg reads the scan of event}', 'a table that is read');
SELECT is_told($$SELECT retention_agg(c, day, 'month') FROM part$$,
	ARRAY(SELECT 'retention_agg reads the scan of ' || relid::text FROM pg_partition_tree('part') WHERE isleaf ORDER BY 1), 'every partition that is read');
SELECT is_told($$SELECT retention_agg(c + 1, day, 'month') FROM event$$,
	'{"retention_agg does not read the scan of event: an argument is neither a column nor a constant"}', 'an argument that is computed');
SELECT is_told($$SELECT retention_agg(c, day, 'month'), count(*) FROM event$$, '{"retention_agg reads no scan: another aggregate takes the rows too"}', 'another aggregate');
SELECT is_told($$SELECT retention_agg(c, day, 'month') FROM event GROUP BY c % 5$$, '{"retention_agg reads no scan: the query has groups"}', 'groups, once for all of them');
SELECT is_told($$SELECT retention_agg(c, day, 'month') FILTER (WHERE c > 5) FROM event$$, '{"retention_agg reads no scan: it has FILTER, ORDER BY or DISTINCT"}', 'a filter');
SELECT is_told($$SELECT retention_agg(c, day, 'month') FROM event JOIN generate_series(1, 3) g ON g = c$$,
	'{"retention_agg reads no scan: rows do not come from a sequential scan"}', 'a join');
SELECT is_told('SELECT count(*) FROM event', '{}', 'nothing of other aggregates');
SET cvm.fold_scan = off;
SELECT is_told($$SELECT retention_agg(c, day, 'month') FROM event$$, '{"retention_agg reads no scan: cvm.fold_scan is off"}', 'what is switched off');
RESET cvm.fold_scan;
DO $$
DECLARE
	plan json;
BEGIN
	EXECUTE $q$EXPLAIN (ANALYZE, FORMAT json) SELECT cvm.retention_agg(c, day, 'month') FROM event$q$ INTO plan;
	PERFORM set_config('fold_scan.told', plan #>> '{1,Fold Scans,0}', false);
	BEGIN
		EXECUTE $q$EXPLAIN (ANALYZE) SELECT cvm.retention_agg(c, day, 'month'), 1 / 0 * max(c) FROM event$q$;
	EXCEPTION WHEN division_by_zero THEN
	END;
END
$$;
SELECT is(current_setting('fold_scan.told', true), 'retention_agg reads the scan of event', 'EXPLAIN ANALYZE as JSON has a list of them after the plan');
SELECT is_told($$SELECT retention_agg(c, day, 'month') FROM event$$, '{retention_agg reads the scan of event}', 'the next one after one that failed');
SELECT is(ARRAY(SELECT line FROM (SELECT told('SELECT told($q$SELECT retention_agg(c, day, ''month'') FROM event$q$)')) t (line)), '{}',
	'EXPLAIN ANALYZE: nothing of what another one explains within it');

-- Which scans are read, and which are not
SET client_min_messages = debug1;
SELECT 'read: a table' AS scan, retention_agg(c, day, 'month') IS NOT NULL AS x FROM event;
SELECT 'read: partitions' AS scan, retention_agg(c, day, 'month') IS NOT NULL AS x FROM part;
SELECT 'not read: computed customers' AS scan, retention_agg(c + 1, day, 'month') IS NOT NULL AS x FROM event;
SELECT 'not read: another aggregate' AS scan, retention_agg(c, day, 'month') IS NOT NULL AS x, count(*) > 0 AS y FROM event;
SET cvm.fold_scan = off;
SELECT 'not read: switched off' AS scan, retention_agg(c, day, 'month') IS NOT NULL AS x FROM event;
RESET cvm.fold_scan;
SET client_min_messages = warning;
DROP SCHEMA fold_scan CASCADE;
SELECT * FROM finish();
