\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What is known of drivers of value, folded from rows of customers: beside plain SQL
-- over the same rows, and however they come.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
CREATE FUNCTION pg_temp.draw(what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtextextended(what || ' ' || i, 0) & 2147483647)::bigint % below;

-- answers with decimals and without, some of them of more digits than are added up as whole numbers; several at once
CREATE TABLE answer AS
SELECT pg_temp.draw('who', i, 200) AS customer, timestamptz '2024-01-01 00:00+00' + pg_temp.draw('when', i, 180) * interval '1 day' AS at, (ARRAY['NPS', 'csat', 'ces', 'own'])[1 + pg_temp.draw('instrument', i, 4)] AS name,
	(ARRAY['quality', 'price', NULL])[1 + pg_temp.draw('driver', i, 3)] AS driver, (ARRAY['Relational', 'b', NULL])[1 + pg_temp.draw('kind', i, 3)] AS kind, (ARRAY['slow', 'dear', NULL])[1 + pg_temp.draw('theme', i, 3)] AS theme,
	CASE pg_temp.draw('style', i, 30) WHEN 0 THEN 'NaN' WHEN 1 THEN 1 / 3.0::float8 WHEN 2 THEN 2.25 WHEN 3 THEN 1234567.5 WHEN 4 THEN -3.1 WHEN 5 THEN 6.123456789 ELSE pg_temp.draw('score', i, 11) END AS value,
	CASE pg_temp.draw('weigh', i, 6) WHEN 0 THEN NULL WHEN 1 THEN 'Infinity' WHEN 2 THEN 1 / 7.0::float8 ELSE pg_temp.draw('weight', i, 10) / 2.0 END AS importance
FROM generate_series(1, 6000) i;
CREATE TABLE deed AS
SELECT pg_temp.draw('does', i, 200) AS customer, date '2024-01-01' + pg_temp.draw('day', i, 180) AS day, (ARRAY['late_replies', 'assisted_tasks'])[1 + pg_temp.draw('what', i, 2)] AS name, nullif(pg_temp.draw('so', i, 3), 2) AS value,
	CASE WHEN i % 3 > 0 THEN 'reopened_tickets' END AS second, nullif(pg_temp.draw('again', i, 3), 2) AS second_value FROM generate_series(1, 2000) i;
CREATE TABLE tier AS
SELECT pg_temp.draw('in', i, 200) AS customer, chr(65 + pg_temp.draw('tier', i, 3)) AS segment, date '2023-12-01' + pg_temp.draw('from', i, 200) AS valid_from, CASE WHEN i % 2 = 0 THEN date '2024-02-01' + pg_temp.draw('to', i, 200) END AS valid_to FROM generate_series(1, 300) i;
CREATE TABLE spell AS
SELECT pg_temp.draw('pays', i, 200) AS customer, pg_temp.draw('mrr', i, 4000) / (1 + 99.0 * (i % 2)) AS mrr, date '2023-06-01' + pg_temp.draw('start', i, 300) AS valid_from, CASE WHEN i % 3 = 0 THEN date '2024-01-01' + pg_temp.draw('end', i, 200) END AS valid_to FROM generate_series(1, 300) i;
CREATE TABLE raw AS
	SELECT customer::bigint, at::date AS day, at, name, driver, kind, theme, value, importance, NULL::numeric AS mrr, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM answer
	UNION ALL SELECT customer, day, NULL, name, second, NULL, NULL, value, second_value, NULL, NULL, NULL, NULL FROM deed
	UNION ALL SELECT customer, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, segment, valid_from, valid_to FROM tier
	UNION ALL SELECT customer, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, mrr, NULL, valid_from, valid_to FROM spell;
-- those of nobody, and those that are not yet seen
INSERT INTO raw (customer, day, at, name, value) VALUES (NULL, '2024-02-01', '2024-02-01', 'csat', 5), (1, '2024-08-01', '2024-08-01', 'csat', 5);
CREATE FUNCTION pg_temp.fold(key text, rows text) RETURNS text LANGUAGE sql RETURN format($$SELECT c.* FROM (
	SELECT cvm._driver_sums_agg(%s, day, at, name, driver, kind, theme, value, importance, mrr, segment, valid_from, valid_to, '{{nps,1,7},{csat,1,4},{late_replies,-1,0.4},{own,1,6.2}}',
		'{2024-03-17,2024-04-02}', 2, '2024-06-20', true) AS sums FROM %s) f, cvm._driver_sums(f.sums) c$$, key, rows);
SELECT format('CREATE TABLE alone AS %s', pg_temp.fold('customer', 'raw')) \gexec

-- plain SQL: the last answer of each, of the kind that counts
CREATE TABLE seen AS
WITH last AS (
	SELECT DISTINCT ON (a.customer, a.name, a.driver, a.at) a.*, date_trunc('month', a.day)::date AS month
	FROM (SELECT customer, max(at) OVER (PARTITION BY customer, lower(name), driver, date_trunc('month', at)) AS last, at, at::date AS day, lower(name) AS name, coalesce(driver, '(none)') AS driver, theme, value::numeric,
		CASE WHEN importance < 'Infinity' THEN importance::numeric END AS importance FROM answer WHERE kind = 'Relational' AND value < 'NaN' AND at < '2024-06-20') a
	WHERE a.at = a.last ORDER BY a.customer, a.name, a.driver, a.at, a.value, a.importance, a.theme
), one AS (
	SELECT 'survey' AS source, name, driver AS topic, customer, month, day, 1 AS n, CASE name WHEN 'nps' THEN CASE WHEN value >= 9 THEN 100 WHEN value < 7 THEN -100 ELSE 0 END WHEN 'csat' THEN (value >= 4)::int ELSE value END AS y,
		value AS own, importance FROM last
	UNION ALL SELECT 'behaviour', name, '', customer, date_trunc('month', day)::date, max(day), count(*), sum(value), sum(value)::numeric / count(*), NULL
	FROM (SELECT customer, day, name, value FROM deed UNION ALL SELECT customer, day, second, second_value FROM deed) d WHERE name IS NOT NULL AND value IS NOT NULL AND day < '2024-06-20' GROUP BY 2, 4, 5
	UNION ALL SELECT 'words', '', theme, customer, month, max(day), count(*), count(*) FILTER (WHERE value < CASE name WHEN 'nps' THEN 7 WHEN 'csat' THEN 4 ELSE 5 END), NULL, NULL FROM last WHERE theme IS NOT NULL AND name <> 'own' GROUP BY theme, customer, month
)
SELECT o.*, coalesce((SELECT t.segment FROM tier t WHERE t.customer = o.customer AND t.valid_from <= o.day AND coalesce(t.valid_to > o.day, true) ORDER BY t.valid_from DESC, t.segment LIMIT 1), '(none)') AS segment,
	(SELECT coalesce(sum(s.mrr), 0) FROM spell s WHERE s.customer = o.customer AND s.valid_from < least(o.month + interval '1 month', '2024-06-20') AND coalesce(s.valid_to >= least(o.month + interval '1 month', '2024-06-20'), true)) AS mrr
FROM one o;
CREATE VIEW found AS
SELECT source, name, topic, segment, month, what, month_before, overall, number, sum(customers) AS customers, sum(importances) AS importances, sum(n) AS n, sum(y) AS y, sum(yy) AS yy, sum(yn) AS yn, sum(ny) AS ny, sum(nn) AS nn, sum(amount) AS amount
FROM alone GROUP BY source, name, topic, segment, month, what, month_before, overall, number;
CREATE FUNCTION pg_temp.differs(one text, other text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('WITH a AS MATERIALIZED (%s), b AS MATERIALIZED (%s) SELECT d::text FROM ((SELECT * FROM a EXCEPT ALL SELECT * FROM b) UNION ALL (SELECT * FROM b EXCEPT ALL SELECT * FROM a)) d', one, other);
END
$$;
SELECT cmp_ok(count(*), '>=', 10::bigint, 'there are many sums ' || what) FROM found GROUP BY what ORDER BY what;
SELECT is_empty($$SELECT pg_temp.differs('SELECT source, name, topic, segment, month, customers, importances, n, y, yy, yn, nn, amount FROM found WHERE what = ''own''',
	'SELECT source, name, topic, segment, month, count(*), count(importance), sum(n), sum(y), sum(y * y), sum(y * n), sum(n * n), coalesce(sum(importance), 0) FROM seen GROUP BY 1, 2, 3, 4, 5')$$, 'months are those of plain SQL, exactly');
SELECT is_empty($$SELECT pg_temp.differs('SELECT source, name, topic, segment, month, month_before, customers, yy, yn, ny, nn FROM found WHERE what = ''pair''',
	'SELECT s.source, s.name, s.topic, CASE WHEN e.segment = s.segment THEN s.segment END, s.month, e.month, count(*), sum(s.y * e.y), sum(s.y * e.n), sum(s.n * e.y), sum(s.n * e.n) FROM seen s JOIN seen e USING (source, name, topic, customer)
	WHERE e.month < s.month AND e.month >= s.month - interval ''2 months'' AND source <> ''words'' GROUP BY 1, 2, 3, 4, 5, 6')$$, 'so are customers in two months, with those who moved apart');
SELECT is_empty($$SELECT pg_temp.differs('SELECT source, name, topic, segment, month, overall, customers, y, n, yy, nn, yn FROM found WHERE what = ''overall''',
	'SELECT s.source, s.name, s.topic, s.segment, month, o.name, count(*), sum(s.own), sum(o.own), sum(s.own * s.own), sum(o.own * o.own), sum(s.own * o.own) FROM seen s JOIN seen o USING (customer, month)
	WHERE o.topic = ''(none)'' AND s.topic <> ''(none)'' AND s.source <> ''words'' GROUP BY 1, 2, 3, 4, 5, 6')$$, 'so is what they say beside what they say of all');
SELECT is_empty($$SELECT pg_temp.differs('SELECT source, name, topic, segment, month, number, customers, amount FROM found WHERE what = ''below''',
	'SELECT s.source, s.name, s.topic, s.segment, s.month, f.no, count(*), sum(s.mrr) FROM seen s JOIN (VALUES (1, ''nps'', 1, 7), (2, ''csat'', 1, 4), (3, ''late_replies'', -1, 0.4), (4, ''own'', 1, 6.2)) f (no, name, sign, floor) ON f.name = s.name
	WHERE f.sign * s.own < f.sign * f.floor GROUP BY 1, 2, 3, 4, 5, 6')$$, 'so are those below a floor, with what they pay');
SELECT is_empty($$SELECT pg_temp.differs('SELECT source, name, topic, month, number, customers FROM found WHERE what = ''side''',
	'SELECT s.source, s.name, s.topic, m.month, (s.month > m.month)::int, count(DISTINCT s.customer) FROM seen s, (VALUES (date ''2024-03-01''), (''2024-04-01'')) m (month)
	WHERE s.month <> m.month AND s.month BETWEEN m.month - interval ''2 months'' AND m.month + interval ''2 months'' AND s.month < ''2024-06-01'' AND s.source <> ''words'' GROUP BY 1, 2, 3, 4, 5')$$, 'so are those who were seen around a month, in months that are over');

-- however rows come
CREATE FUNCTION pg_temp.as_alone(key text, rows text) RETURNS SETOF text LANGUAGE sql RETURN pg_temp.differs(pg_temp.fold(key, rows), 'TABLE alone');
SELECT is_empty($$SELECT pg_temp.as_alone('md5(customer::text)::uuid', 'raw')$$, 'customers may be uuid');
SELECT is_empty($$SELECT pg_temp.as_alone('''a customer of a long name '' || customer', 'raw')$$, 'customers may be text');
SELECT is_empty($$SELECT pg_temp.as_alone('customer', '(SELECT * FROM raw ORDER BY random()) r')$$, 'rows come in any order');
SELECT is_empty($$SELECT pg_temp.differs('TABLE found', 'SELECT c.source, c.name, c.topic, c.segment, c.month, c.what, c.month_before, c.overall, c.number, sum(c.customers), sum(c.importances), sum(c.n), sum(c.y), sum(c.yy), sum(c.yn),
	sum(c.ny), sum(c.nn), sum(c.amount) FROM (' || replace(pg_temp.fold('customer', 'raw WHERE kind = ''Relational'' OR at IS NULL GROUP BY customer'), '"', '') || ') c GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9')$$,
	'customer by customer, where the kind is chosen, they add up to the same');
-- lines that become longer in the middle of it, as those of no importance do
CREATE FUNCTION pg_temp.unweighed() RETURNS SETOF text LANGUAGE sql RETURN pg_temp.differs(replace(pg_temp.fold('customer', 'raw'), 'true) AS sums', 'false) AS sums'), pg_temp.fold('customer',
	'(SELECT customer, day, at, name, driver, kind, theme, value, CASE WHEN at IS NULL THEN importance END AS importance, mrr, segment, valid_from, valid_to FROM raw) r'));
SELECT is_empty($$SELECT pg_temp.unweighed()$$, 'importance that is not asked does not count');
SET LOCAL work_mem = '64kB';
SELECT is_empty($$SELECT pg_temp.as_alone('customer', 'raw')$$, 'rows that do not fit into memory say the same');
SELECT is_empty($$SELECT pg_temp.unweighed()$$, 'so do those without importance');
RESET work_mem;
ALTER TABLE raw SET (parallel_workers = 3);
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
\i test/plan_of.sql
SELECT matches(pg_temp.plan_of(pg_temp.fold('customer', 'raw')), 'Partial Aggregate', 'workers share the rows');
SELECT is_empty($$SELECT pg_temp.as_alone('customer', 'raw')$$, 'workers find the same');
SELECT is_empty($$SELECT pg_temp.unweighed()$$, 'some of whom have longer lines than others');
RESET max_parallel_workers_per_gather;

-- a reply is late after what was agreed, without what was paused of it
SELECT results_eq($$SELECT cvm._late_reply(m.minutes, m.paused, 60, m.is_answered) FROM (VALUES (1, 61.0::float8, NULL::float8, true), (2, 60, NULL, true), (3, 60, NULL, false), (4, 61, NULL, NULL), (5, 90, 40, true), (6, 90, 40, NULL), (7, 90, -40, true), (8, 30, 40, true),
	(9, -1, 0, true), (10, NULL, 5, true)) m (no, minutes, paused, is_answered) ORDER BY m.no$$, $$VALUES (1::float8), (0), (NULL), (1), (0), (NULL), (1), (0), (NULL), (NULL)$$, 'a reply is late or not, or it is not known yet');

-- what makes no sense
CREATE FUNCTION pg_temp.asked(floors text, moments text, months int) RETURNS bigint LANGUAGE sql AS $$
	SELECT cardinality(cvm._driver_sums_agg(1::bigint, date '2024-01-01', timestamptz '2024-01-01', 'csat', NULL, NULL, NULL, 5, NULL, NULL, NULL, NULL, NULL, floors::text[], moments::date[], months, NULL, true))::bigint;
$$;
SELECT is(pg_temp.asked(NULL, NULL, 0), 1::bigint, 'nothing needs to be asked');
SELECT is(pg_temp.asked('{}', '{NULL,infinity,-infinity}', 3), 1::bigint, 'moments that are none do not count');
SELECT is(pg_temp.asked('{{csat,1,NaN},{csat,-1,-Infinity},{nothing,1,1}}', '{0001-01-01 BC,5874897-01-01}', 3), 3::bigint, 'floors may be at the end of all numbers');
SELECT throws_ok($$SELECT pg_temp.asked(NULL, NULL, NULL)$$, '22004', 'months must not be null', 'the months before must be told');
SELECT throws_ok($$SELECT pg_temp.asked('{csat,1}', NULL, 1)$$, '22023', 'floors make no sense', 'a floor has three parts');
SELECT throws_ok($$SELECT pg_temp.asked('{{csat,1,NULL}}', NULL, 1)$$, '22004', 'a part of a floor must not be null', 'none of which is NULL');
SELECT throws_ok($$SELECT pg_temp.asked('{{csat,up,1}}', NULL, 1)$$, '22P02', NULL, 'a sign is a number');
SELECT throws_ok($$SELECT pg_temp.asked('{{csat,1,high}}', NULL, 1)$$, '22P02', NULL, 'and so is a floor');
SELECT is(cvm._driver_sums_agg(1::bigint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, NULL, NULL), NULL, 'nothing is known of nothing');
SELECT is((SELECT sum(c.customers) FROM cvm._driver_sums(cvm._driver_sums_agg(k, date '2024-01-01', timestamptz '2024-01-01', 'csat', NULL, NULL, NULL, 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, NULL, NULL)) c), 300::numeric, 'each customer counts')
FROM generate_series(1::bigint, 300) k;
SELECT * FROM finish();
ROLLBACK;
