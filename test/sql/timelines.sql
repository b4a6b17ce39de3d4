\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Timelines of all customers that one aggregate gathers are those that activity_agg gives by customer.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

CREATE TEMP TABLE happened AS
SELECT n, CASE WHEN n % 50 > 0 THEN 'customer ' || repeat('x', CASE WHEN n % 7 = 0 THEN 40 ELSE 0 END) || n * 7919 % 400 END AS name, n * 7919 % 400 AS number,
	('00000000-0000-4000-8000-' || lpad((n * 7919 % 400)::text, 12, '0'))::uuid AS id,
	CASE WHEN n % 60 > 0 THEN timestamptz '2024-03-30 20:00+00' + n * interval '37 minutes' END AS at,
	CASE WHEN n % 4 > 0 THEN (n % 900 - 40)::numeric / (ARRAY[1, 10, 1000])[1 + n % 3] END AS amount, n % 3 = 0 AS starts, CASE WHEN n % 11 > 0 THEN n % 5 > 0 END AS returns
FROM generate_series(1, 6000) n;
CREATE FUNCTION pg_temp.timelines(customer text, rest text, type text, of_table text DEFAULT 'happened') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	differing bigint;
BEGIN
	EXECUTE format($q$
		WITH here AS MATERIALIZED (
			SELECT t.customer_id, t.activity FROM (SELECT cvm._timelines_agg(%1$s, %2$s) AS ticket FROM %4$I) f, cvm._timelines(f.ticket, NULL::%3$s) t
		), there AS MATERIALIZED (
			SELECT (%1$s)::%3$s AS customer_id, cvm.activity_agg(%2$s) AS activity FROM %4$I WHERE (%1$s) IS NOT NULL GROUP BY 1)
		SELECT count(*) + (SELECT CASE WHEN count(*) < 390 THEN 1000000 ELSE 0 END FROM here)
		FROM ((SELECT customer_id, activity::text FROM here EXCEPT ALL SELECT customer_id, activity::text FROM there WHERE activity IS NOT NULL)
			UNION ALL (SELECT customer_id, activity::text FROM there WHERE activity IS NOT NULL EXCEPT ALL SELECT customer_id, activity::text FROM here)) d$q$,
		customer, rest, type, of_table) INTO differing;
	RETURN differing;
END
$$;
CREATE TEMP TABLE asked AS SELECT * FROM (VALUES ('name', 'text'), ('number', 'bigint'), ('number', 'int'), ('id', 'uuid'), ('name', 'varchar'), ('name', 'name')) AS c (customer, type)
CROSS JOIN (VALUES ($$at, 'Europe/Vilnius'$$), ($$at::date, 'UTC'$$), ($$at AT TIME ZONE 'UTC', 'UTC', amount$$), ($$at, 'America/New_York', amount, starts, returns$$),
	($$at, CASE WHEN n % 2 = 0 THEN 'UTC' ELSE 'Asia/Tokyo' END$$)) AS r (rest);
SET LOCAL max_parallel_workers_per_gather = 0;
RESET work_mem;
SELECT is((SELECT sum(pg_temp.timelines(customer, rest, type)) FROM asked), 0::numeric, 'timelines of all customers at once are those of activity_agg by customer');
SET LOCAL work_mem = '64kB';
SELECT is((SELECT sum(pg_temp.timelines(customer, rest, type)) FROM asked), 0::numeric, 'timelines that do not fit into memory are the same');
CREATE TABLE happened_here AS TABLE happened;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT is((SELECT sum(pg_temp.timelines(customer, rest, type, 'happened_here')) FROM asked), 0::numeric, 'timelines that workers gather are the same');
SELECT throws_ok($$SELECT t.* FROM (SELECT cvm._timelines_agg(1::bigint, date '2024-01-01', 'UTC') AS ticket OFFSET 0) f, generate_series(1, 2) g, cvm._timelines(f.ticket, g::bigint) t$$,
	'55000', 'timelines of this ticket have been read', 'timelines are handed out once');
SELECT throws_ok($$SELECT t.* FROM (SELECT cvm._timelines_agg(1::bigint, date '2024-01-01', 'UTC') AS ticket) f, cvm._product_moves(f.ticket) t$$, '22023', NULL,
	'a ticket of one aggregate is none of another');
SELECT throws_ok($$SELECT cvm._timelines_agg(1::bigint, date '2024-01-01', 'UTC') OVER ()$$, '0A000', NULL, 'timelines are not gathered over a window');
SELECT is((SELECT count(*) FROM (SELECT cvm._timelines_agg(NULL::bigint, date '2024-01-01', 'UTC') AS ticket) f, cvm._timelines(f.ticket, 1::bigint) t), 0::bigint,
	'where there are no events nobody has a timeline');

-- no row goes its usual way here, or all do
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL cvm.fold_scan = off;
SELECT is((SELECT sum(pg_temp.timelines(customer, rest, type, 'happened_here')) FROM asked), 0::numeric, 'timelines of rows that the server hands over are the same');

SELECT * FROM finish();
ROLLBACK;
