\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What came of customers in channels, in one pass, beside plain SQL that asks for each customer and channel.
-- CVM_WORLDS=200 for so many random worlds.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(13);
SET LOCAL client_min_messages = warning;
\set worlds 6
\i test/random_worlds.sql

-- spells that begin together, go on, are for nothing or not priced, some of no product or channel; approaches of many, answers of one moment; times in segments at once
CREATE TABLE line (customer_id int, product text, offer text, channel text, started_on date, ended_on date, mrr numeric, price numeric);
CREATE TABLE approach (customer_id int, channel text, purpose text, day date, cost numeric);
CREATE TABLE answer (customer_id int, day date, at timestamptz, is_good boolean);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
CREATE FUNCTION pg_temp.world(world int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE line, approach, answer, tier;
	INSERT INTO line SELECT CASE WHEN i % 50 > 0 THEN pg_temp.draw(world, 'who', i, 40) END, CASE WHEN pg_temp.draw(world, 'told', i, 20) > 0 THEN (ARRAY['TV', 'NET', 'ONE'])[1 + pg_temp.draw(world, 'what', i, 3)] END,
		(ARRAY['a', 'B', NULL])[1 + pg_temp.draw(world, 'offer', i, 3)], (ARRAY['web', 'Shop', 'shop', NULL])[1 + pg_temp.draw(world, 'via', i, 4)],
		CASE pg_temp.draw(world, 'odd', i, 30) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' WHEN 2 THEN 'infinity' ELSE s.day END,
		CASE pg_temp.draw(world, 'end', i, 5) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE s.day + pg_temp.draw(world, 'for', i, 5) * (1 + pg_temp.draw(world, 'times', i, 40)) END,
		m.mrr, CASE WHEN pg_temp.draw(world, 'free', i, 6) = 0 THEN 0 ELSE m.mrr * (ARRAY[1, 1, 0.9012345])[1 + pg_temp.draw(world, 'rate', i, 3)] END
	FROM generate_series(1, 200) i
	CROSS JOIN LATERAL (SELECT date '2023-01-01' + 5 * pg_temp.draw(world, 'on', i, 110) AS day) s
	CROSS JOIN LATERAL (SELECT (ARRAY[10, 10, 10, 20, 30.00, 14.99, 3.3333333, 0, -5, NULL, 12345678901234567890])[1 + pg_temp.draw(world, 'fee', i, 11)] AS mrr) m;
	INSERT INTO line SELECT 99, (ARRAY['TV', 'NET', 'ONE'])[1 + pg_temp.draw(world, 'w', i, 3)], NULL, (ARRAY['web', 'shop', NULL])[1 + i % 3], date '2023-01-01' + 9 * pg_temp.draw(world, 'd', i, 60),
		date '2023-01-01' + 9 * pg_temp.draw(world, 'd', i, 60) + 1 + pg_temp.draw(world, 'f', i, 200), 10 + i % 3, 10 + i % 3 FROM generate_series(1, 60) i;
	INSERT INTO approach SELECT CASE WHEN i % 60 > 0 THEN pg_temp.draw(world, 'asked', i, 45) END, (ARRAY['web', 'shop', 'mail', 'call', NULL])[1 + pg_temp.draw(world, 'through', i, 5)],
		(ARRAY['marketing', 'Service', 'service', NULL])[1 + pg_temp.draw(world, 'for', i, 4)], CASE pg_temp.draw(world, 'never', i, 40) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE date '2023-03-01' + pg_temp.draw(world, 'day', i, 540) END,
		(ARRAY[0.04, 1, NULL])[1 + pg_temp.draw(world, 'cost', i, 3)] FROM generate_series(1, 260) i;
	INSERT INTO answer SELECT pg_temp.draw(world, 'said', i, 40), s.day, CASE WHEN i % 2 = 0 THEN s.day::timestamp AT TIME ZONE 'UTC' ELSE (s.day + time '12:00') AT TIME ZONE 'UTC' END, pg_temp.draw(world, 'good', i, 2) = 0
	FROM generate_series(1, 200) i CROSS JOIN LATERAL (SELECT date '2023-06-01' + 3 * pg_temp.draw(world, 'spoke', i, 140) AS day) s;
	INSERT INTO tier SELECT pg_temp.draw(world, 'member', i, 36), (ARRAY['gold', 'tin', '(none)', NULL])[1 + pg_temp.draw(world, 'tier', i, 4)],
		CASE pg_temp.draw(world, 'ever', i, 10) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE date '2023-01-01' + 40 * pg_temp.draw(world, 'since', i, 12) END,
		CASE WHEN pg_temp.draw(world, 'left', i, 2) = 0 THEN date '2023-01-01' + pg_temp.draw(world, 'since', i, 500) + pg_temp.draw(world, 'stay', i, 300) END FROM generate_series(1, 70) i;
$$;

-- observed until 2024-07-01, of twelve months, 30 days to buy in, looked for after 90
CREATE VIEW asked AS SELECT * FROM approach WHERE customer_id IS NOT NULL AND channel IS NOT NULL AND lower(purpose) IS DISTINCT FROM 'service' AND day < '2024-07-01' AND day >= '2023-07-01';
CREATE VIEW sale AS
	SELECT s.*, EXISTS (SELECT FROM asked a WHERE a.customer_id = s.customer_id AND a.channel = s.channel) AS is_asked
	FROM (SELECT l.*, row_number() OVER (PARTITION BY l.customer_id, l.product, l.started_on ORDER BY l.ended_on, l.mrr, l.channel, l.offer) AS place
		FROM line l WHERE l.customer_id IS NOT NULL AND isfinite(l.started_on) AND l.started_on < '2024-07-01' AND coalesce(l.ended_on > l.started_on, true)) s
	WHERE s.place = 1 AND s.price > 0 AND s.started_on >= '2023-07-01' AND NOT EXISTS (SELECT FROM line o WHERE o.customer_id = s.customer_id AND o.product IS NOT DISTINCT FROM s.product
		AND isfinite(o.started_on) AND o.started_on < s.started_on AND coalesce(o.ended_on > o.started_on, true) AND coalesce(o.ended_on >= s.started_on, true));
CREATE VIEW reached AS
	SELECT p.customer_id, p.channel, q.asked_on, q.cost, b.sold_on, b.sales, b.mrr,
		(SELECT bool_and(a.is_good) FROM answer a WHERE a.customer_id = p.customer_id AND a.day >= b.sold_on AND a.day < '2024-07-01' AND a.at = (
			SELECT max(l.at) FROM answer l WHERE l.customer_id = p.customer_id AND l.day >= b.sold_on AND l.day < '2024-07-01')) AS is_good
	FROM (SELECT customer_id, channel FROM asked UNION SELECT customer_id, channel FROM sale WHERE channel IS NOT NULL) p
	CROSS JOIN LATERAL (SELECT min(day) AS asked_on, sum(cost) AS cost FROM asked a WHERE a.customer_id = p.customer_id AND a.channel = p.channel) q
	CROSS JOIN LATERAL (SELECT min(started_on) AS sold_on, count(*) AS sales, sum(price) AS mrr FROM sale s WHERE s.customer_id = p.customer_id AND s.channel = p.channel) b;
CREATE VIEW plain AS
	SELECT r.channel, h.segment, count(*) AS customers, count(*) FILTER (WHERE m.asked) AS approached,
		count(*) FILTER (WHERE m.asked AND EXISTS (SELECT FROM sale s WHERE s.customer_id = r.customer_id AND s.started_on - r.asked_on BETWEEN 0 AND 29 AND (s.channel = r.channel OR NOT s.is_asked))) AS converted,
		sum(r.sales)::bigint AS sales, count(*) FILTER (WHERE r.sales > 0) AS sold, trim_scale(sum(r.mrr)) AS mrr, trim_scale(sum(r.cost)) AS cost, count(*) FILTER (WHERE m.sold) AS mature,
		count(*) FILTER (WHERE m.sold AND EXISTS (SELECT FROM line l WHERE l.customer_id = r.customer_id AND l.price > 0 AND l.started_on <= r.sold_on + 90 AND coalesce(l.ended_on > r.sold_on + 90, true))) AS kept,
		count(r.is_good) AS answers, count(*) FILTER (WHERE r.is_good) AS satisfied
	FROM reached r
	CROSS JOIN LATERAL (SELECT coalesce(r.asked_on + 30 <= '2024-07-01', false) AS asked, coalesce(r.sold_on + 90 < '2024-07-01', false) AS sold) m
	CROSS JOIN LATERAL (SELECT coalesce((SELECT t.segment FROM tier t WHERE t.customer_id = r.customer_id AND t.segment IS NOT NULL AND coalesce(t.valid_from <= least(r.asked_on, r.sold_on), true)
		AND coalesce(t.valid_to > least(r.asked_on, r.sold_on), true) ORDER BY t.valid_from DESC NULLS LAST, t.segment COLLATE "C" LIMIT 1), '(none)') AS segment) h
	GROUP BY 1, 2;
CREATE VIEW told AS
	SELECT customer_id, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to, NULL::text AS purpose, channel, started_on AS day, ended_on AS past, product, offer, price AS amount, mrr,
		NULL::timestamptz AS at, price > 0 IS TRUE AS is_good FROM line
	UNION ALL SELECT customer_id, NULL, NULL, NULL, purpose, channel, day, NULL, NULL, NULL, cost, NULL, NULL, NULL FROM approach
	UNION ALL SELECT customer_id, NULL, NULL, NULL, NULL, NULL, day, NULL, NULL, NULL, NULL, NULL, at, is_good FROM answer
	UNION ALL SELECT customer_id, segment, valid_from, valid_to, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM tier WHERE segment IS NOT NULL;
CREATE FUNCTION pg_temp.once(who text) RETURNS TABLE (channel text, segment text, customers bigint, approached bigint, converted bigint, sales bigint, sold bigint, mrr numeric, cost numeric, mature bigint,
	kept bigint, answers bigint, satisfied bigint) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT c.channel, c.segment, c.customers, c.approached, c.converted, c.sales, c.sold, trim_scale(c.mrr), trim_scale(c.contact_cost), c.mature, c.kept, c.answers, c.satisfied
	FROM (SELECT cvm._channel_segment_agg(%s, segment, valid_from, valid_to, purpose, channel, day, past, product, offer, amount, mrr, at, is_good, '2024-07-01', '2023-07-01', 30, 90) AS cells
		FROM (SELECT * FROM told ORDER BY random()) t) f, unnest(f.cells) c$q$, who);
END
$$;
CREATE FUNCTION pg_temp.wrong(world int, who text) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT pg_temp.world(world);
	SELECT format('world %s: plain %s', world, k) FROM (SELECT channel, segment, customers, approached, converted, sales, sold, CASE WHEN sales > 0 THEN mrr END, cost, mature, kept, answers, satisfied FROM plain EXCEPT ALL SELECT * FROM pg_temp.once(who)) k
	UNION ALL
	SELECT format('world %s: once %s', world, k) FROM (SELECT * FROM pg_temp.once(who) EXCEPT ALL SELECT channel, segment, customers, approached, converted, sales, sold, CASE WHEN sales > 0 THEN mrr END, cost, mature, kept, answers, satisfied FROM plain) k
$$;
SELECT is_empty(format('SELECT w.what FROM generate_series(1, %s) g CROSS JOIN LATERAL pg_temp.wrong(g, %L) w', :worlds, v.who), format('what came of customers in channels is counted in one pass as one by one: %s', v.title))
FROM (VALUES ('customer_id::bigint', 'customers are numbers'), ('md5(customer_id::text)::uuid', 'uuid'), ('''a customer of a long name '' || customer_id', 'text')) AS v (who, title);
SELECT set_eq('SELECT DISTINCT channel FROM plain', '{web,shop,Shop,mail,call}'::text[], 'channels are told apart by their letters');
SELECT set_eq('SELECT DISTINCT segment FROM plain', '{(none),gold,tin}'::text[], 'customers of all segments are reached');
SELECT ok(sum(converted) > 0 AND sum(kept) > 0 AND sum(mature) > sum(kept) AND sum(satisfied) > 0 AND sum(answers) > sum(satisfied) AND sum(approached) < sum(customers), 'some of everything is there') FROM plain;
SELECT ok(bool_or(NOT is_asked AND channel IS NOT NULL) AND bool_or(is_asked) AND bool_or(channel IS NULL), 'there are sales in channels with an approach, without one, and in none') FROM sale;

-- workers, and rows that do not fit into memory
CREATE TABLE wide AS SELECT t.*, t.customer_id + 1000 * n::bigint AS customer FROM told t, generate_series(1, 200) n;
ALTER TABLE wide SET (parallel_workers = 3);
CREATE VIEW fold AS SELECT md5(string_agg(c::text, ' ' ORDER BY c::text)) AS said FROM (
	SELECT cvm._channel_segment_agg(customer, segment, valid_from, valid_to, purpose, channel, day, past, product, offer, amount, mrr, at, is_good, '2024-07-01', '2023-07-01', 30, 90) AS cells FROM wide) f, unnest(f.cells) c;
CREATE TABLE alone AS TABLE fold;
SELECT isnt((SELECT said FROM alone), NULL, 'many customers are counted');
SET LOCAL work_mem = '64kB';
SELECT results_eq('TABLE fold', 'TABLE alone', 'rows that do not fit into memory come to the same');
RESET work_mem;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 3;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END$$;
SELECT ok(bool_or(l ~ 'Partial Aggregate'), 'workers share the rows') FROM pg_temp.plan_of('TABLE fold') l;
SELECT results_eq('TABLE fold', 'TABLE alone', 'what workers find comes to the same');
SELECT throws_ok($$SELECT cvm._channel_segment_agg(1::bigint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 90)$$, '22004', 'days must not be null', 'the days after an approach are needed');
SELECT is((SELECT cvm._channel_segment_agg(1::bigint, NULL, NULL, NULL, NULL, 'web', '2024-01-01', NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, 30, 90))::text, NULL, 'before the end of observation is known nobody is reached');
SELECT * FROM finish();
ROLLBACK;
