\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Contacts that may contradict something, in one pass, beside plain SQL; the views over them are compared in worlds and offer_worlds.
-- CVM_WORLDS=200 for so many random worlds.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(14);
SET LOCAL client_min_messages = warning;
\set worlds 6
\i test/random_worlds.sql

-- contacts at one moment, of no offer or of none that is known, for service; what is held begins and ends on their days, or always was
CREATE TABLE sent (customer_id int, day date, at timestamptz, purpose text, channel text, campaign text, offer text, product text);
CREATE TABLE line (customer_id int, product text, started_on date, ended_on date);
CREATE TABLE deal (offer text, product text);
CREATE TABLE part (product text, bundle text);
INSERT INTO deal VALUES ('a', 'TV'), ('b', 'TV'), ('b', 'NET'), ('c', 'ONE'), (NULL, 'TV'), ('d', NULL);
INSERT INTO part VALUES ('NET', 'ALL'), ('TV', 'ALL'), ('TV', 'BOX'), (NULL, 'BOX'), ('ONE', NULL);
CREATE FUNCTION pg_temp.world(world int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE sent, line;
	INSERT INTO sent SELECT CASE WHEN i % 50 > 0 THEN pg_temp.draw(world, 'who', i, 30) END, d.day, d.day::timestamp AT TIME ZONE 'UTC' + pg_temp.draw(world, 'hour', i, 3) * interval '1 hour',
		(ARRAY['marketing', 'Service', NULL])[1 + pg_temp.draw(world, 'for', i, 3)], (ARRAY['web', 'Web', NULL])[1 + pg_temp.draw(world, 'via', i, 3)], (ARRAY['x', NULL])[1 + pg_temp.draw(world, 'in', i, 2)],
		(ARRAY['a', 'b', 'c', 'd', 'z', NULL])[1 + pg_temp.draw(world, 'offer', i, 6)], (ARRAY['TV', 'NET', 'ONE', NULL])[1 + pg_temp.draw(world, 'what', i, 4)]
	FROM generate_series(1, 320) i CROSS JOIN LATERAL (SELECT CASE pg_temp.draw(world, 'odd', i, 30) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE date '2024-01-01' + 2 * pg_temp.draw(world, 'day', i, 125) END AS day) d;
	INSERT INTO line SELECT pg_temp.draw(world, 'holder', i, 34), (ARRAY['TV', 'NET', 'ONE', 'ALL', 'BOX', NULL])[1 + pg_temp.draw(world, 'held', i, 6)],
		CASE pg_temp.draw(world, 'from', i, 12) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE s.day END, CASE pg_temp.draw(world, 'to', i, 4) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE s.day + pg_temp.draw(world, 'days', i, 90) END
	FROM generate_series(1, 70) i CROSS JOIN LATERAL (SELECT date '2023-11-01' + pg_temp.draw(world, 'on', i, 250) AS day) s;
$$;
-- observed until 2024-08-01, near each other within 7 days
CREATE VIEW numbered AS
	SELECT s.*, row_number() OVER (PARTITION BY s.customer_id, s.day ORDER BY s.at, s.channel, s.campaign, s.offer, s.product) AS of_day, s.ctid AS n
	FROM sent s WHERE s.customer_id IS NOT NULL AND coalesce(s.offer, s.product) IS NOT NULL AND lower(s.purpose) IS DISTINCT FROM 'service' AND s.day < '2024-08-01';
CREATE VIEW plain AS
	SELECT s.customer_id, s.day, s.of_day, s.channel, s.campaign, s.offer, s.product FROM numbered s
	WHERE EXISTS (SELECT FROM numbered o WHERE o.customer_id = s.customer_id AND o.n <> s.n AND abs(o.day - s.day) < 7)
		OR (SELECT count(*) FROM deal d WHERE d.offer = s.offer AND d.product IS NOT NULL) > 1
		OR EXISTS (SELECT FROM line l LEFT JOIN part p ON p.bundle = l.product LEFT JOIN deal d ON d.offer = s.offer AND d.product IS NOT NULL
			WHERE l.customer_id = s.customer_id AND l.started_on <= s.day AND coalesce(l.ended_on > s.day, true) AND coalesce(d.product, s.product) IN (l.product, p.product));
CREATE FUNCTION pg_temp.once(who text, prototype text) RETURNS TABLE (customer_id text, day date, of_day bigint, channel text, campaign text, offer text, product text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT c.customer_id::text, c.day, c.of_day, c.channel, c.campaign, c.offer, c.product FROM (
		SELECT cvm._contact_offer_agg(%1$s, day, past, at, purpose, channel, campaign, offer, product, '2024-08-01', 7, (SELECT array_agg(ARRAY[d.offer, d.product]) FROM deal d), (SELECT array_agg(ARRAY[p.product, p.bundle]) FROM part p)) AS ticket
		FROM (SELECT * FROM (SELECT customer_id, day, NULL::date AS past, at, purpose, channel, campaign, offer, product FROM sent
			UNION ALL SELECT customer_id, started_on, ended_on, NULL, NULL, NULL, NULL, NULL, product FROM line) r ORDER BY random()) r) f, cvm._contact_offers(f.ticket, %2$s) c$q$, who, prototype);
END
$$;
CREATE FUNCTION pg_temp.wrong(world int, who text, prototype text, name text) RETURNS TABLE (what text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.world(world);
	RETURN QUERY EXECUTE format($q$WITH plain AS (SELECT (%1$s)::text, day, of_day, channel, campaign, offer, product FROM plain), once AS MATERIALIZED (SELECT * FROM pg_temp.once(%2$L, %3$L))
		SELECT format('world %%s: %%s', %4$s, k) FROM ((TABLE plain EXCEPT ALL TABLE once) UNION ALL (TABLE once EXCEPT ALL TABLE plain)) k$q$, name, who, prototype, world);
END
$$;
SELECT is_empty(format('SELECT w.what FROM generate_series(1, %s) g CROSS JOIN LATERAL pg_temp.wrong(g, %L, %L, %L) w', :worlds, v.who, v.prototype, v.name), 'contacts that may contradict something are found in one pass as one by one: ' || v.title)
FROM (VALUES ('customer_id::bigint', '1::bigint', 'customer_id', 'customers are numbers'), ('customer_id::bigint', '1::int', 'customer_id', 'small ones'), ('md5(customer_id::text)::uuid', 'NULL::uuid', 'md5(customer_id::text)::uuid', 'uuid'),
	('''a customer of a long name '' || customer_id', '''x''::text', '''a customer of a long name '' || customer_id', 'text')) AS v (who, prototype, name, title);
SELECT cmp_ok((SELECT count(*) FROM plain), '<', (SELECT count(*) FROM numbered), 'not every contact does');
SELECT cmp_ok((SELECT count(*) FROM plain), '>', 20::bigint, 'some do');
SELECT cmp_ok((SELECT max(of_day) FROM plain), '>', 1::bigint, 'several contacts of a day are told apart');

-- workers, and rows that do not fit into memory
CREATE TABLE wide AS SELECT r.*, r.customer_id + 1000 * n::bigint AS customer FROM (SELECT customer_id, day, NULL::date AS past, at, purpose, channel, campaign, offer, product FROM sent
	UNION ALL SELECT customer_id, started_on, ended_on, NULL, NULL, NULL, NULL, NULL, product FROM line) r, generate_series(1, 200) n;
ALTER TABLE wide SET (parallel_workers = 3);
CREATE VIEW fold AS SELECT count(*), md5(string_agg(c::text, ' ' ORDER BY c::text)) AS said FROM (
	SELECT cvm._contact_offer_agg(customer, day, past, at, purpose, channel, campaign, offer, product, '2024-08-01', 7, '{{a,TV},{b,TV},{b,NET},{c,ONE}}', '{{NET,ALL},{TV,ALL},{TV,BOX}}') AS ticket FROM wide) f, cvm._contact_offers(f.ticket, 1::bigint) c;
CREATE TABLE alone AS TABLE fold;
SELECT is((SELECT count FROM alone), 200 * (SELECT count(*) FROM plain), 'of many customers each contact is found');
SET LOCAL work_mem = '64kB';
SELECT results_eq('TABLE fold', 'TABLE alone', 'of rows that do not fit into memory the same are found');
RESET work_mem;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 3;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END$$;
SELECT ok(bool_or(l ~ 'Partial Aggregate'), 'workers share the rows') FROM pg_temp.plan_of('TABLE fold') l;
SELECT results_eq('TABLE fold', 'TABLE alone', 'workers find the same');
SELECT is_empty($$SELECT c.* FROM (SELECT cvm._contact_offer_agg(1::bigint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 7, NULL, NULL) AS ticket) f, cvm._contact_offers(f.ticket, 1) c$$, 'of nothing there is nothing');
SELECT throws_ok($$SELECT cvm._contact_offer_agg(1::bigint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)$$, '22004', 'window must not be null', 'the window is needed');
SELECT throws_ok($$SELECT * FROM cvm._contact_offers(decode(repeat('00', 16), 'hex'), 1)$$, '22023', 'no state of _contact_offer_agg is read with this ticket', 'a ticket of somebody else reads nothing');
SELECT * FROM finish();
ROLLBACK;
