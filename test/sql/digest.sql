\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The same world, changed in ways that must change nothing, has the same digest
-- in every report view.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(10);
\i test/world.sql
-- A model of all sources in a schema, its views made at once; days of a zone
-- without summer time, which there was not before year 1
CREATE FUNCTION world.model_of(model name, schema name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'UTC', currency => 'EUR');
	PERFORM cvm._register(model, 'insert', 'setting', '{"setting": "segment_schemes", "value": "{region}"}');
	PERFORM cvm._register(model, 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', e.entity, 'source_schema', schema, 'source_name', e.entity, 'columns', '{}'::jsonb))
		FROM cvm.entity e WHERE to_regclass(format('%I.%I', schema, e.entity)) IS NOT NULL));
	PERFORM count(*) FROM cvm.rebuild(model);
END
$$;
DO $$ BEGIN PERFORM world.model_of('w', 'world'); END $$;
ANALYZE;

-- A line with days before year 1 as of so many years later: 1 BC is year 0
CREATE FUNCTION world.later(line text, years int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	line := regexp_replace(regexp_replace(line, '"(\d{4}-\d\d-\d\d) BC"', '\1', 'g'), '(\d{4}-\d\d-\d\d[^",]*) BC', '\1', 'g');
	FOR y IN 2016 .. 2032 LOOP
		line := regexp_replace(line, format('(?<![.\d])%s\M', lpad((years + 1 - y)::text, 4, '0')), y::text, 'g');
	END LOOP;
	RETURN line;
END
$$;
-- What a table of rows says, written down under settings that are always the
-- same, customers as text or as numbers, years moved by so many: a sum over the
-- rows, for which their order is none
CREATE FUNCTION world.digest(years int) RETURNS TABLE (n bigint, digest text) LANGUAGE plpgsql SET DateStyle = 'ISO, YMD' SET extra_float_digits = 3 SET work_mem = '64MB' AS $$
BEGIN
	RETURN QUERY SELECT count(*), sum(hashtextextended(CASE WHEN $1 = 0 THEN x::text ELSE world.later(x::text, $1) END, 0))::text FROM shot x;
END
$$;
-- The digest of each view: its rows are made under the settings of the session
CREATE FUNCTION world.digests(model name, years int = 0, only_views text[] = NULL) RETURNS TABLE (view text, n bigint, digest text) LANGUAGE plpgsql AS $$
BEGIN
	FOR view IN SELECT c.view FROM cvm.catalog(model) c WHERE c."exists" AND coalesce(c.view = ANY (only_views), true) ORDER BY c.view COLLATE "C" LOOP
		EXECUTE format('CREATE TEMP TABLE shot AS TABLE %I.%I', model, view);
		SELECT d.n, d.digest INTO n, digest FROM world.digest(years) d;
		DROP TABLE shot;
		RETURN NEXT;
	END LOOP;
END
$$;
CREATE TEMP TABLE base AS SELECT * FROM world.digests('w');
SELECT is_empty('SELECT view FROM cvm.report_view EXCEPT SELECT view FROM base', 'every view there is is digested');
SELECT is_empty('SELECT view FROM base WHERE n = 0', 'every view has rows to digest');
-- which views have another digest than before
CREATE TEMP TABLE change (views bigint);
CREATE FUNCTION world.changed(model name, years int = 0) RETURNS text LANGUAGE sql AS $$
	WITH d AS MATERIALIZED (SELECT * FROM world.digests(model, years)), noted AS (INSERT INTO change SELECT count(*) FROM d)
	SELECT string_agg(coalesce(b.view, d.view), ', ')
	FROM base b FULL JOIN d ON d.view = b.view
	WHERE (b.n, b.digest) IS DISTINCT FROM (d.n, d.digest)
$$;

SET LOCAL DateStyle = 'SQL, DMY';
SET LOCAL IntervalStyle = 'sql_standard';
SET LOCAL TimeZone = 'Pacific/Auckland';
SET LOCAL timezone_abbreviations = 'Australia';
SET LOCAL lc_numeric = 'C';
SET LOCAL lc_monetary = 'C';
SET LOCAL lc_time = 'C';
SET LOCAL bytea_output = 'escape';
SET LOCAL extra_float_digits = 1;
SET LOCAL search_path = world, public;
SET LOCAL default_text_search_config = 'pg_catalog.german';
SET LOCAL xmloption = document;
SET LOCAL jit = off;
SET LOCAL enable_hashagg = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_memoize = off;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_incremental_sort = off;
SET LOCAL enable_nestloop = off;
SET LOCAL work_mem = '64kB';
SELECT is(world.changed('w'), NULL, '12 settings of the session, and plans by sorting and merging, with 64 kB and without JIT, change no digest');
RESET search_path;
RESET work_mem;
SET LOCAL enable_hashagg = on;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_sort = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_partitionwise_aggregate = on;
SET LOCAL enable_partitionwise_join = on;
RESET enable_nestloop;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
-- a worker beside the leader: each is a process that has to start
SET LOCAL max_parallel_workers_per_gather = 1;
DO $$ BEGIN ALTER TABLE world.subscription_2024 SET (parallel_workers = 3); ALTER TABLE world.event SET (parallel_workers = 3); END $$;
SELECT is(world.changed('w'), NULL, 'parallel plans by hashing, partition by partition, change no digest');
RESET enable_sort;
RESET enable_mergejoin;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SET LOCAL max_parallel_workers_per_gather = 0;

-- the rows of every source in another order, customers as text, and names in
-- another collation
CREATE FUNCTION world.rewrite(relation regclass, columns text, sorted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TEMP TABLE rewritten AS SELECT %s FROM %s t', columns, relation);
	EXECUTE format('DELETE FROM %s', relation);
	EXECUTE format('INSERT INTO %s SELECT * FROM rewritten t ORDER BY %s', relation, sorted);
	DROP TABLE rewritten;
END
$$;
CREATE FUNCTION world.sources() RETURNS SETOF regclass LANGUAGE sql AS $$
	SELECT c.oid::regclass FROM pg_class c JOIN cvm.entity e ON e.entity = c.relname WHERE c.relnamespace = 'world'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY e.position
$$;
DO $$ BEGIN PERFORM world.rewrite(s, '*', 'md5(t::text) DESC') FROM world.sources() s; END $$;
CREATE SCHEMA world_text;
DO $$
DECLARE
	s regclass;
BEGIN
	FOR s IN SELECT * FROM world.sources() LOOP
		EXECUTE format('CREATE VIEW world_text.%I AS SELECT %s FROM %s', (SELECT relname FROM pg_class WHERE oid = s), (
			SELECT string_agg(format(CASE WHEN a.attname = 'customer_id' THEN '%1$I::text COLLATE "C" AS %1$I' WHEN a.atttypid = 'text'::regtype THEN '%1$I COLLATE "lt-x-icu" AS %1$I' ELSE '%1$I' END, a.attname), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = s AND a.attnum > 0 AND NOT a.attisdropped), s);
	END LOOP;
	PERFORM world.model_of('t', 'world_text');
END
$$;
SELECT is(world.changed('t'), NULL, 'rows in another order, customers as text and names in another collation change no digest');

-- what counts until today, were the model's last day told
DO $$ BEGIN PERFORM cvm.configure('w', 'as_of', '2025-01-15'); END $$;
CREATE TEMP TABLE told AS SELECT * FROM world.digests('w', 0, '{initiative_status,loop_closure}');
DO $$ BEGIN PERFORM cvm.configure('w', 'as_of', 'data'); END $$;

-- 2400 years earlier, before 2000 and before year 1: the same weekdays, and
-- months of the same lengths
DO $$
DECLARE
	s regclass;
BEGIN
	FOR s IN SELECT * FROM world.sources() LOOP
		PERFORM world.rewrite(s, (SELECT string_agg(format(CASE a.atttypid WHEN 'date'::regtype THEN '%1$I - 876582 AS %1$I' WHEN 'timestamptz'::regtype THEN '%1$I - interval ''21037968 hours'' AS %1$I' WHEN 'timestamp'::regtype THEN '%1$I - interval ''876582 days'' AS %1$I' ELSE '%1$I' END, a.attname), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = s AND a.attnum > 0 AND NOT a.attisdropped), '1');
	END LOOP;
END
$$;
SELECT is((SELECT min(started_on) > '0400-01-01 BC' AND max(ended_on) < '0300-01-01 BC' FROM world.subscription), true, 'the world lies before year 1');
SELECT is(world.changed('w', 2400), 'initiative_status, loop_closure', '2400 years earlier change no digest but for the year, and but for what counts until today');

-- what counts until today, where the model has a last day
DO $$ BEGIN PERFORM cvm._register('w', 'insert', 'setting', '{"setting": "as_of", "value": "0376-01-15 BC"}'); PERFORM count(*) FROM cvm.rebuild('w'); END $$;
SELECT is_empty($$TABLE told EXCEPT SELECT * FROM world.digests('w', 2400, '{initiative_status,loop_closure}')$$, 'the excepted views are told alike where the model has a last day');

SELECT results_eq('SELECT DISTINCT c.views FROM change c', 'SELECT count(*) FROM base', 'each time all of them');
SELECT is((SELECT count(*) FROM change), 4::bigint, format('1 world, 7 changes in 4 steps, %s views, 0 differences', (SELECT count(*) FROM base)));

SELECT * FROM finish();
ROLLBACK;
