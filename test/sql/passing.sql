\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What workers pass to their leader through files: the limit beyond which they
-- do is made small here.  The answers are those of one process, and no file
-- stays when a transaction ends, whichever way it ends.
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET search_path = public, cvm;
SELECT plan(21);

CREATE TABLE spell AS
SELECT g AS c, 'customer ' || repeat(md5(g::text), 3) AS name, 'p' || g % 5 AS product, date '2024-01-01' + g * 7919 % 500 AS s, date '2024-01-01' + g * 7919 % 500 + g % 200 + 1 AS e, (g % 50) / 4.0 AS v
FROM generate_series(1, 60000) g;
ANALYZE spell;
CREATE TABLE question AS SELECT * FROM (VALUES
	('retention_agg of numbers', 'retention_agg(c::bigint, s, v, ''month'')'),
	('retention_agg of text', 'retention_agg(name, s, ''month'')'),
	('movement_agg', 'movement_agg(name, product, s, e, v, ''month'', ''2025-06-01'')'),
	('revenue_retention_agg', 'revenue_retention_agg(c::bigint, product, s, e, v, ''month'', ''2025-06-01'')'),
	('cannibalization_agg', 'cannibalization_agg(name, product, s, e, v, ''{p1}'', NULL, ''2025-06-01'', 30, 60, 0)'),
	('segment_flow_agg', 'segment_flow_agg(name, CASE WHEN c % 3 > 0 THEN product END, s, e, CASE WHEN c % 3 = 0 THEN 1 ELSE v END, CASE WHEN c % 3 = 0 THEN ''S'' || c % 4 END, ''month'', ''2025-06-01'', NULL, 1)')) q (title, fold);
CREATE TABLE alone AS SELECT NULL::text AS title, NULL::text AS answer LIMIT 0;
CREATE FUNCTION answer(fold text, source text DEFAULT 'spell') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SELECT string_agg(x::text, '' '' ORDER BY x::text) FROM (SELECT %s AS x FROM %s) s', fold, source) INTO answer;
	RETURN answer;
END
$$;
-- Files for a leader; of other sessions there are none
CREATE FUNCTION files() RETURNS bigint LANGUAGE sql AS $$
SELECT count(*) FROM pg_ls_dir('base/pgsql_tmp', true, false) d (name) WHERE name LIKE '%.4294967295.fileset' $$;

SET max_parallel_workers_per_gather = 0;
INSERT INTO alone SELECT title, answer(fold) FROM question;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET cvm.passed_limit = 20000;
SELECT is(answer(fold), answer, title || ' through files') FROM question JOIN alone USING (title) ORDER BY title;
SELECT is(files(), 0::bigint, 'no file stays after a transaction');
SET parallel_leader_participation = off;
SELECT is(answer(fold), answer, title || ' through the files of workers alone') FROM question JOIN alone USING (title) ORDER BY title;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT is(answer(fold), answer, title || ' of workers that spill') FROM question JOIN alone USING (title) WHERE title LIKE 'retention%text' OR title = 'movement_agg' ORDER BY title;
RESET work_mem;

-- files are really there: while the transaction that made them goes on, the mark is
BEGIN;
SELECT is(answer('retention_agg(name, s, ''month'')'), answer, 'an answer inside of a transaction') FROM alone WHERE title = 'retention_agg of text';
SELECT is(files(), 1::bigint, 'the files of a transaction have a directory while it goes on');
SELECT is((SELECT count(*) FROM pg_ls_dir('base/pgsql_tmp', true, false) d (name), pg_ls_dir('base/pgsql_tmp/' || name) f WHERE name LIKE '%.4294967295.fileset'),
	0::bigint, 'each file goes with the query that has read it');
ROLLBACK;
SELECT is(files(), 0::bigint, 'no file stays after a rollback');
-- a query that fails when workers have written, before anything is read
SELECT throws_ok($$SELECT answer('retention_agg(name, s, ''month'')', '(SELECT name, s, 1 / (c - 59999) FROM spell WHERE 1 / (c - 59999) < 5) t')$$, '22012', 'division by zero', 'a worker that fails ends the query');
SELECT is(files(), 0::bigint, 'no file stays after an error');
SELECT * FROM finish();
DROP TABLE spell, question, alone;
DROP FUNCTION answer, files;
DROP EXTENSION cvm;
DROP EXTENSION pgtap;
