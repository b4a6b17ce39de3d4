\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Running states that the executor makes flat wherever it likes: in a sort
-- (since PostgreSQL 17 in memory in which nothing can be freed), a hash table,
-- a window, a join, a file.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(157);

CREATE TABLE spell AS
SELECT g % 7 AS k, c, (ARRAY['N', 'A', 'B', 'C'])[1 + (c * n * 31) % 4] AS product, date '2024-01-01' + (c * n * 7919) % 150 AS s,
	CASE WHEN (c + n) % 3 > 0 THEN date '2024-01-02' + (c * n * 7919) % 150 + (c * n) % 60 END AS e, (ARRAY[10, 20.5, 0, 3, 7.125])[1 + (c + n) % 5] AS v
FROM (SELECT c, n, c AS g FROM generate_series(1, 60) c, generate_series(1, 4) n) g;

-- what makes a state of each type, of the rows of a group
CREATE TEMP TABLE maker (type text, fold text, source text);
INSERT INTO maker VALUES
	('activity', 'activity_agg(s, v)', 'spell'),
	('activity', 'rollup(a)', '(SELECT k, c, activity_agg(s) AS a FROM spell GROUP BY k, c) t'),
	('retention', 'retention_agg(c::bigint, s, v, ''month'')', 'spell'),
	('retention', 'retention_agg(tenure(a, ''month'', ''2024-07-01'', ''anniversary''))', '(SELECT k, c, activity_agg(s) AS a FROM spell GROUP BY k, c) t'),
	('lifecycle', 'lifecycle_agg(a, ''week'', ''2024-07-01'')', '(SELECT k, c, activity_agg(s) AS a FROM spell GROUP BY k, c) t'),
	('holdings', 'holdings_agg(product, s, e, v)', 'spell'),
	('movement', 'movement_agg(h, ''month'', ''2024-07-01'')', '(SELECT k, c, holdings_agg(product, s, e, v) AS h FROM spell GROUP BY k, c) t'),
	('movement', 'movement_agg(c::bigint, product, s, e, v, ''month'', ''2024-07-01'')', 'spell'),
	('revenue_retention', 'revenue_retention_agg(h, ''month'', ''2024-07-01'')', '(SELECT k, c, holdings_agg(product, s, e, v) AS h FROM spell GROUP BY k, c) t'),
	('survival', 'survival_agg(c, c % 3 > 0, product)', 'spell'),
	('purchases', 'purchases_agg(a, ''2024-07-01'')', '(SELECT k, c, activity_agg(s, v) AS a FROM spell GROUP BY k, c) t'),
	('cannibalization', 'cannibalization_agg(h, ''{N}''::text[], NULL::text[], ''2024-07-01'')', '(SELECT k, c, holdings_agg(product, s, e, v) AS h FROM spell GROUP BY k, c) t'),
	('cannibalization', 'cannibalization_agg(c::bigint, product, s, e, v, ''{N}'', ''{A,B}'', ''2024-07-01'', ARRAY[7, 30], ARRAY[30, 60], 0)', 'spell'),
	('cannibalization_matrix', 'cannibalization_matrix_agg(h, ''2024-07-01'')', '(SELECT k, c, holdings_agg(product, s, e, v) AS h FROM spell GROUP BY k, c) t'),
	('segment_flow', 'segment_flow_agg(h, p, ''month'', ''2024-07-01'')', '(SELECT k, c, holdings_agg(product, s, e, v) AS h, holdings_agg(''S'' || c % 3, s, e, 0) AS p FROM spell GROUP BY k, c) t');

-- The same states, made flat in ways that differ, must be the same
CREATE FUNCTION pg_temp.differ(fold text, source text, query text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	answer bigint;
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS plain; CREATE TEMP TABLE plain AS SELECT k, (%s)::text AS x FROM %s GROUP BY k', fold, source);
	EXECUTE format('WITH folded AS (%s) SELECT count(*) FROM folded FULL JOIN plain USING (k) WHERE folded.x::text IS DISTINCT FROM plain.x',
		replace(replace(query, '<fold>', fold), '<source>', source)) INTO answer;
	RETURN answer;
END
$$;

SELECT is(pg_temp.differ(fold, source, query), 0::bigint, format('%s by %s is the same %s', type, left(fold, 30), way))
FROM maker, (VALUES
	(1, 'through ORDER BY', 'SELECT * FROM (SELECT k, <fold> AS x FROM <source> GROUP BY k ORDER BY count(*), 1 OFFSET 0) s'),
	(2, 'through ORDER BY of itself', 'SELECT * FROM (SELECT k, <fold> AS x FROM <source> GROUP BY k ORDER BY 2 DESC OFFSET 0) s'),
	(3, 'through GROUP BY of itself', 'SELECT min(k) AS k, x FROM (SELECT k, <fold> AS x FROM <source> GROUP BY k OFFSET 0) s GROUP BY k, x'),
	(4, 'through DISTINCT', 'SELECT DISTINCT ON (x, k) k, x FROM (SELECT k, <fold> AS x FROM <source> GROUP BY k OFFSET 0) s ORDER BY x, k'),
	(5, 'through a window', 'SELECT k, lag(x, 0) OVER (ORDER BY x, k ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS x FROM (SELECT k, <fold> AS x FROM <source> GROUP BY k) s'),
	(6, 'as a moving aggregate', 'SELECT DISTINCT k, <fold> OVER (PARTITION BY k) AS x FROM <source>'),
	(7, 'through a union', 'SELECT k, <fold> AS x FROM <source> GROUP BY k UNION SELECT k, <fold> FROM <source> GROUP BY k')) w (n, way, query)
ORDER BY type, fold, n;

-- joins of themselves
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_nestloop = off;
SELECT is(pg_temp.differ(fold, source, 'SELECT a.k, b.x FROM (SELECT k, <fold> AS x FROM <source> GROUP BY k) a JOIN (SELECT k, <fold> AS x FROM <source> GROUP BY k) b ON a.x = b.x AND a.k = b.k'),
	0::bigint, 'merge join on ' || type) FROM (SELECT DISTINCT ON (type) * FROM maker ORDER BY type, fold) m ORDER BY type;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = off;
SELECT is(pg_temp.differ(fold, source, 'SELECT a.k, b.x FROM (SELECT k, <fold> AS x FROM <source> GROUP BY k) a JOIN (SELECT k, <fold> AS x FROM <source> GROUP BY k) b ON a.x = b.x AND a.k = b.k'),
	0::bigint, 'hash join on ' || type) FROM (SELECT DISTINCT ON (type) * FROM maker ORDER BY type, fold) m ORDER BY type;

-- Through the partitions of a table and through files, as text and as bytes
CREATE FUNCTION pg_temp.moved(type text, fold text, source text) RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
DECLARE
	answer bigint;
	file text := current_setting('data_directory') || '/cvm_flatten';
BEGIN
	EXECUTE format('CREATE TEMP TABLE moved (k int, x %s) PARTITION BY HASH (x)', type);
	CREATE TEMP TABLE moved_0 PARTITION OF moved FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE TEMP TABLE moved_1 PARTITION OF moved FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	EXECUTE format('INSERT INTO moved SELECT k, %s FROM %s GROUP BY k', fold, source);
	RETURN QUERY SELECT pg_temp.differ(fold, source, 'SELECT * FROM moved');
	EXECUTE format('COPY (SELECT k, %s FROM %s GROUP BY k ORDER BY count(*)) TO %L', fold, source, file);
	TRUNCATE moved;
	EXECUTE format('COPY moved FROM %L', file);
	EXECUTE format('COPY (SELECT k + 100, %s FROM %s GROUP BY k ORDER BY count(*)) TO %L (FORMAT binary)', fold, source, file);
	EXECUTE format('COPY moved FROM %L (FORMAT binary)', file);
	COPY (SELECT WHERE false) TO PROGRAM 'cat >cvm_flatten_empty; rm cvm_flatten cvm_flatten_empty';
	RETURN QUERY SELECT pg_temp.differ(fold, source, 'SELECT k % 100 AS k, x FROM moved');
	DROP TABLE moved;
END
$$;
SELECT is(n, 0::bigint, type || ' by ' || left(fold, 30) || ' is the same in partitions and files')
FROM (SELECT type, fold, pg_temp.moved(type, fold, source) AS n FROM maker) m ORDER BY type, fold;
SELECT * FROM finish();
ROLLBACK;
