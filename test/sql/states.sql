\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The states of a hash aggregate: as many as there are customers, in one context
-- of memory, so that what the server asks at each new group does not grow with them.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SET enable_sort = off;
SET work_mem = '64MB';
SELECT plan(6);

CREATE TABLE customer AS
SELECT c AS customer, activity_agg(date '2024-01-01' + c % 300) AS a, holdings_agg('P' || c % 7, date '2024-01-01' + c % 300, NULL::date, 10.00) AS h
FROM generate_series(1, 500) c GROUP BY c;
-- looked up while groups are given out
CREATE FUNCTION pg_temp.contexts(aggregate text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	EXECUTE format('SELECT format(''%%s states in %%s'', count(g.state), max(g.n)) FROM (
		SELECT s.state, (SELECT count(*) FROM pg_backend_memory_contexts m WHERE m.name LIKE ''cvm state%%'' AND s.customer IS NOT NULL) AS n
		FROM (SELECT customer, %s AS state FROM customer GROUP BY customer) s OFFSET 0) g', aggregate) INTO said;
	RETURN said;
END
$$;
SELECT is(pg_temp.contexts(a), '500 states in 1', a || ': all states are in one context')
FROM (VALUES ('lifecycle_agg(a, ''month'', ''2025-01-01'')'), ('retention_agg(tenure(a, ''month'', ''2025-01-01''))'), ('movement_agg(h, ''month'', ''2025-01-01'')'),
	('revenue_retention_agg(h, ''month'', ''2025-01-01'')'), ('segment_flow_agg(h, h, ''month'', ''2025-01-01'')')) AS x (a);

-- two aggregates side by side, and a state that outlives its aggregate
SELECT is((SELECT count(*) FROM (SELECT customer, lifecycle_agg(a, 'month', '2025-01-01') AS l, movement_agg(h, 'month', '2025-01-01') AS m FROM customer GROUP BY customer) s,
		lifecycles(s.l) l, movements(s.m) m WHERE l.period = m.period_start),
	(SELECT sum(n) FROM (SELECT (SELECT count(*) FROM lifecycles(lifecycle_agg(a, 'month', '2025-01-01'))) AS n FROM customer GROUP BY customer) s)::bigint,
	'two aggregates side by side keep their states apart');

SELECT * FROM finish();
ROLLBACK;
