\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Small states that ask for very much: every reading is refused at once, or
-- ends soon, and lets a cancel through.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(24);

CREATE TEMP TABLE event AS SELECT activity_agg(d) AS a FROM unnest('{2024-01-01,2024-01-02}'::date[]) d;
CREATE TEMP TABLE held AS SELECT holdings_agg('p', date '2024-01-01', NULL, 1.5) AS h, holdings_agg('s', date '2024-01-01', NULL, 0) AS s;
CREATE FUNCTION pg_temp.far(days int) RETURNS date LANGUAGE sql AS $$ SELECT date '2024-01-01' + days $$;

CREATE FUNCTION pg_temp.retention(days int, clock text DEFAULT 'calendar') RETURNS retention LANGUAGE sql AS $$
SELECT retention_agg(tenure(a, 'day', pg_temp.far(days), clock)) FROM event $$;
CREATE FUNCTION pg_temp.lifecycle(days int) RETURNS lifecycle LANGUAGE sql AS $$ SELECT lifecycle_agg(a, 'day', pg_temp.far(days)) FROM event $$;
CREATE FUNCTION pg_temp.movement(days int) RETURNS movement LANGUAGE sql AS $$ SELECT movement_agg(h, 'day', pg_temp.far(days)) FROM held $$;
CREATE FUNCTION pg_temp.revenue(days int) RETURNS revenue_retention LANGUAGE sql AS $$ SELECT revenue_retention_agg(h, 'day', pg_temp.far(days)) FROM held $$;
CREATE FUNCTION pg_temp.flow(days int) RETURNS segment_flow LANGUAGE sql AS $$ SELECT segment_flow_agg(h, s, 'day', pg_temp.far(days)) FROM held $$;

CREATE TEMP TABLE reading (title text, query text, message text);
INSERT INTO reading VALUES
	('grid', 'SELECT count(*) FROM grid(pg_temp.retention(%s)) g', 'retention would have more than 1010000 rows'),
	('grid of running periods', 'SELECT count(*) FROM grid(pg_temp.retention(%s), 0.95, true) g', 'retention would have more than 1010000 rows'),
	('grid by anniversary', 'SELECT count(*) FROM grid(pg_temp.retention(%s, ''anniversary'')) g', 'retention would have more than 1010000 rows'),
	('curve', 'SELECT count(*) FROM curve(pg_temp.retention(%s)) c', 'retention would have more than 1010000 rows'),
	('heatmap', 'SELECT count(*) FROM heatmap(pg_temp.retention(%s)) h', 'retention would have more than 1010000 rows'),
	('lifecycle', 'SELECT count(*) FROM lifecycle((SELECT a FROM event), ''day'', pg_temp.far(%s)) l', 'life cycle would have more than 1000000 periods'),
	('lifecycles', 'SELECT count(*) FROM lifecycles(pg_temp.lifecycle(%s)) l', 'life cycle would have more than 1000000 periods'),
	('movements', 'SELECT count(*) FROM movements(pg_temp.movement(%s)) m', 'waterfall would have more than 1000000 periods'),
	('revenue_grid', 'SELECT count(*) FROM revenue_grid(pg_temp.revenue(%s)) r', 'retention would have more than 1010000 rows'),
	('segment_bridge', 'SELECT count(*) FROM segment_bridge(pg_temp.flow(%s)) b', 'segments and periods would give more than 1020000 rows'),
	('segment_matrix', 'SELECT count(*) FROM segment_matrix(pg_temp.flow(%s)) b', 'segments and periods would give more than 1020000 rows'),
	('segment_products', 'SELECT count(*) FROM segment_products(pg_temp.flow(%s)) b', 'segments and periods would give more than 1020000 rows');

SELECT throws_ok(format(query, 2000000000), '54000', message, title || ' of a state that spans five million years is refused') FROM reading
WHERE title <> 'grid by anniversary';

-- An answer as long as is allowed is left within a second of the time given
CREATE FUNCTION pg_temp.left_after(query text) RETURNS interval
LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz := clock_timestamp();
	answer text;
BEGIN
	EXECUTE query INTO answer;
	RETURN NULL; -- it did not take so long
EXCEPTION WHEN query_canceled THEN
	RETURN clock_timestamp() - began;
END
$$;
-- the time begins with a statement of the client, so each has its own
CREATE TEMP TABLE answer (title text, ended interval);
SET LOCAL statement_timeout = '100ms';
SELECT format('INSERT INTO answer SELECT %L, pg_temp.left_after(%L)', title, format(query, 300000)) FROM reading \gexec
INSERT INTO answer SELECT 'sbg_fit', pg_temp.left_after($$SELECT sbg_fit(survival_agg(1 + 99999 * (g % 2), g % 3 > 0)) FROM generate_series(1, 20) g$$);
RESET statement_timeout;
SELECT ok(max(ended) IS NULL OR max(ended) < '1.1 s', title || ' lets a cancel through') FROM answer WHERE title NOT LIKE 'grid %' GROUP BY title ORDER BY title;
-- a waterfall of a million periods, left while it is folded and while its rows are told
CREATE TEMP TABLE late (given interval, ended interval);
SET LOCAL statement_timeout = '200ms';
INSERT INTO late SELECT '200ms', pg_temp.left_after('SELECT count(*) FROM movements(pg_temp.movement(999999)) m');
SET LOCAL statement_timeout = '600ms';
INSERT INTO late SELECT '600ms', pg_temp.left_after('SELECT count(*) FROM movements(pg_temp.movement(999999)) m');
SET LOCAL statement_timeout = '1.2s';
INSERT INTO late SELECT '1.2s', pg_temp.left_after('SELECT count(*) FROM movements(pg_temp.movement(999999)) m');
RESET statement_timeout;
SELECT ok(count(ended) > 0 AND max(ended - given) < '1 s', 'movements of as many periods as may be lets a cancel through at any time') FROM late;
-- a likelihood over most periods, flat enough to wander on
SET LOCAL statement_timeout = '10s';
SELECT lives_ok($sql$DO $do$ BEGIN PERFORM sbg_fit(survival_agg(age, churned)) FROM (VALUES (100000, true), (100000, false), (99999, true), (1, true)) v (age, churned); EXCEPTION WHEN invalid_parameter_value THEN NULL; END $do$ $sql$,
	'sbg_fit of a state with the most periods ends in time');
SELECT * FROM finish();
ROLLBACK;
