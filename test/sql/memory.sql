\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The groups of an aggregation share one budget of memory: what they take
-- together is looked at when all rows are in, and compared with a count.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(17);

CREATE TABLE spell AS
SELECT g::bigint * 7919 % 20000 AS c, g % 1000 AS n, 'p' || g % 5 AS product, date '2024-01-01' + g % 400 AS s, date '2024-01-01' + g % 400 + g % 200 + 1 AS e, (g % 50) / 4.0 AS v
FROM generate_series(1, 40000) g;
ANALYZE spell;
CREATE TABLE fold AS SELECT * FROM (VALUES
	('count', 'count(c)'),
	('retention_agg of numbers', 'retention_agg(c, s, v, ''month'')'),
	('retention_agg of text', 'retention_agg(''customer '' || c, s, ''month'')'),
	('movement_agg', 'movement_agg(c, product, s, e, v, ''month'', ''2025-06-01'')'),
	('cannibalization_agg', 'cannibalization_agg(c, product, s, e, v, ''{p1}'', NULL, ''2025-06-01'', 30, 60, 0)')) f (title, fold);
CREATE TABLE answer (title text, ngroups int, work_mem text, bytes bigint, answer text);

-- Memory of this backend when all groups have their rows and the first is read
CREATE PROCEDURE answer(memory text) LANGUAGE plpgsql AS $$
DECLARE
	asked record;
BEGIN
	PERFORM set_config('work_mem', memory, true);
	FOR asked IN SELECT * FROM fold, unnest('{1,40,1000}'::int[]) ngroups LOOP
		EXECUTE format('INSERT INTO answer SELECT %L, %s, %L, max(bytes), md5(string_agg(x, '','' ORDER BY x)) FROM (
			SELECT md5(%s::text) AS x, (SELECT sum(total_bytes) FROM pg_backend_memory_contexts) AS bytes FROM spell GROUP BY n %% %2$s) s',
			asked.title, asked.ngroups, memory, asked.fold);
	END LOOP;
END
$$;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL enable_sort = off;
SET LOCAL hash_mem_multiplier = 1;
CALL answer('1GB');
CALL answer('1MB');
CREATE VIEW more AS
SELECT a.title, a.ngroups, a.work_mem, a.bytes - c.bytes AS bytes, a.answer
FROM answer a JOIN answer c ON c.title = 'count' AND (c.ngroups, c.work_mem) = (a.ngroups, a.work_mem) WHERE a.title <> 'count';

SELECT cmp_ok(min(bytes), '>', 2 * 1024 * 1024::bigint, 'with enough memory forty groups take more than two megabytes') FROM more WHERE work_mem = '1GB' AND ngroups = 40;
SELECT cmp_ok(bytes, '<', 2 * 1024 * 1024::bigint, format('%s in %s groups takes less than two megabytes where work_mem is one', title, ngroups))
FROM more WHERE work_mem = '1MB' ORDER BY title, ngroups;
SELECT is(s.answer, m.answer, s.title || ' of many groups that overflow gives the same answers')
FROM more m JOIN more s USING (title, ngroups) WHERE m.work_mem = '1GB' AND s.work_mem = '1MB' AND ngroups = 40 ORDER BY title;
SELECT * FROM finish();
ROLLBACK;
