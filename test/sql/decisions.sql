\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What became of each instalment, in one pass, beside SQL that takes lines apart.  CVM_WORLDS=200 for so many random worlds.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
\set worlds 4
\i test/random_worlds.sql

CREATE TABLE line (customer_id int, product text, started_on date, ended_on date, mrr numeric, subscription_id text, status text, end_reason text, end_kind text, quantity numeric,
	billing_interval text, interval_count int, currency text);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
CREATE TABLE parcel (customer_id int, due_on date, outcome text, product text);
-- lines that overlap, lapse, pause, move, go up and down and on after the end of observation; names that are long, or none; days and
-- months of all kinds; prices of many scales, of nothing and below it
CREATE FUNCTION pg_temp.world(world int, has_due boolean) RETURNS void LANGUAGE sql AS $$
	TRUNCATE line, tier, parcel;
	-- what is due of a product or of all, before anything began and after its end; most of it is skipped
	INSERT INTO parcel SELECT nullif(pg_temp.draw(world, 'to', i, 40), 39), CASE pg_temp.draw(world, 'when', i, 60) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity'
			ELSE date '2022-12-01' + pg_temp.draw(world, 'due', i, 640) END,
		(ARRAY['skipped', 'Skip', 'SKIPPED', 'delivered', NULL])[1 + pg_temp.draw(world, 'was', i, 5)], (ARRAY['TV', 'NET', 'ONE', NULL, NULL])[1 + pg_temp.draw(world, 'of', i, 5)]
	FROM generate_series(1, 400) i WHERE has_due;
	INSERT INTO line SELECT pg_temp.draw(world, 'who', i, 40), CASE WHEN pg_temp.draw(world, 'told', i, 20) > 0 THEN (ARRAY['TV', 'NET', 'ONE'])[1 + pg_temp.draw(world, 'what', i, 3)] END,
		CASE pg_temp.draw(world, 'odd', i, 40) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE s.day END,
		CASE pg_temp.draw(world, 'end', i, 5) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE s.day + pg_temp.draw(world, 'for', i, 5) * (1 + pg_temp.draw(world, 'times', i, 40)) END,
		(ARRAY[10, 10, 10, 20, 30.00, 14.99, 3.3333333, 0, -5, NULL])[1 + pg_temp.draw(world, 'fee', i, 10)],
		CASE pg_temp.draw(world, 'line', i, 4) WHEN 0 THEN NULL WHEN 1 THEN 'a line with a name that is so long that it does not lie in the row ' || pg_temp.draw(world, 'no', i, 2) ELSE 'l' || pg_temp.draw(world, 'no', i, 3) END,
		(ARRAY['active', 'Paused', NULL])[1 + pg_temp.draw(world, 'status', i, 3)], (ARRAY['price', 'payment failed', NULL])[1 + pg_temp.draw(world, 'why', i, 3)],
		(ARRAY['involuntary', 'voluntary', NULL])[1 + pg_temp.draw(world, 'kind', i, 3)], (ARRAY[1, 2, NULL])[1 + pg_temp.draw(world, 'quantity', i, 3)],
		(ARRAY['month', 'week', 'year', 'day', NULL])[1 + pg_temp.draw(world, 'interval', pg_temp.draw(world, 'who', i, 40), 5)], (ARRAY[1, 2, 3, NULL])[1 + pg_temp.draw(world, 'count', i, 4)],
		(ARRAY['EUR', 'usd', NULL])[1 + pg_temp.draw(world, 'currency', i, 3)]
	FROM generate_series(1, 160) i CROSS JOIN LATERAL (SELECT date '2023-01-01' + 5 * pg_temp.draw(world, 'on', i, 110) + CASE WHEN i % 7 = 0 THEN 29 ELSE 0 END AS day) s;
	-- what follows on the day on which something ends
	INSERT INTO line SELECT l.customer_id, (ARRAY['TV', 'NET', 'ONE'])[1 + n % 3], l.ended_on, NULL, 15 + n % 3, CASE WHEN n % 2 = 0 THEN l.subscription_id ELSE 'next ' || n END, l.status, NULL, NULL, 1, l.billing_interval, l.interval_count, NULL
	FROM (SELECT l.*, (row_number() OVER (ORDER BY l.*))::int AS n FROM line l WHERE isfinite(l.ended_on)) l WHERE l.n % 3 > 0;
	INSERT INTO tier SELECT pg_temp.draw(world, 'member', i, 36), (ARRAY['gold', 'tin', '(none)', NULL])[1 + pg_temp.draw(world, 'tier', i, 4)],
		CASE pg_temp.draw(world, 'ever', i, 10) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE date '2023-01-01' + pg_temp.draw(world, 'since', i, 500) END,
		CASE WHEN pg_temp.draw(world, 'left', i, 2) = 0 THEN date '2023-01-01' + pg_temp.draw(world, 'since', i, 500) + pg_temp.draw(world, 'stay', i, 200) END FROM generate_series(1, 70) i;
$$;
SELECT pg_temp.world(1, true) \g /dev/null
-- the lines taken apart, with what deliveries say was skipped, and with all that happened spread over its numbers
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('decision_counts', 0, '{}', $part$
{decided_instalments}
, alike AS MATERIALIZED (
	-- many are about the same numbers
	SELECT p.segment, p.outcome, p.first, p.next, count(*) AS instalments, sum(p.mrr) AS mrr, sum(p.next_mrr) AS next_mrr,
		count(*) FILTER (WHERE p.is_only) AS customers
	FROM placed p
	GROUP BY p.segment, p.outcome, p.first, p.next
), alike_customers AS MATERIALIZED (
	-- who has several lines at once is one customer
	SELECT p.segment, p.outcome, lower(p.numbers) AS first, upper(p.numbers) AS next, count(*) AS customers
	FROM (
		SELECT x.segment, q.outcome, q.customer_id, unnest(range_agg(int4range(q.first, q.next))) AS numbers
		FROM placed q
		CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (q.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
		WHERE NOT q.is_only
		GROUP BY x.segment, q.outcome, q.customer_id) p
	GROUP BY p.segment, p.outcome, lower(p.numbers), upper(p.numbers)
), change AS (
	SELECT x.segment, p.outcome, e.number, sum(e.sign * p.instalments) AS instalments, sum(e.sign * p.mrr) AS mrr, sum(e.sign * p.next_mrr) AS next_mrr,
		sum(e.sign * p.customers) AS customers
	FROM alike p
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (p.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	CROSS JOIN LATERAL (VALUES (p.first, 1), (p.next, -1)) AS e (number, sign)
	GROUP BY x.segment, p.outcome, e.number
	UNION ALL
	SELECT p.segment, p.outcome, e.number, 0 AS instalments, 0 AS mrr, 0 AS next_mrr, sum(e.sign * p.customers) AS customers
	FROM alike_customers p
	CROSS JOIN LATERAL (VALUES (p.first, 1), (p.next, -1)) AS e (number, sign)
	GROUP BY p.segment, p.outcome, e.number
), spread AS (
	SELECT b.segment, b.outcome, g.number, 0 AS instalments, 0 AS mrr, 0 AS next_mrr, 0 AS customers
	FROM (SELECT c.segment, c.outcome, min(c.number) AS first, max(c.number) AS last FROM change c GROUP BY c.segment, c.outcome) b
	CROSS JOIN LATERAL generate_series(b.first, b.last) AS g (number)
), counted AS (
	SELECT s.segment, s.outcome, s.number, sum(sum(s.instalments)) OVER w AS instalments, sum(sum(s.mrr)) OVER w AS mrr, sum(sum(s.next_mrr)) OVER w AS next_mrr,
		sum(sum(s.customers)) OVER w AS customers
	FROM (SELECT c.* FROM change c UNION ALL SELECT c.* FROM spread c) s
	GROUP BY s.segment, s.outcome, s.number
	WINDOW w AS (PARTITION BY s.segment, s.outcome ORDER BY s.number)
)$part$);
CREATE FUNCTION pg_temp.model(name text, is_due boolean, has_segments boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(name::name, tz => 'UTC', currency => 'EUR', as_of => '2024-07-01');
	PERFORM cvm.bind(name::name, 'subscription', 'line');
	IF has_segments THEN
		PERFORM cvm.bind(name::name, 'segment_history', 'tier'), cvm.configure(name::name, 'lapse_days', '60');
	END IF;
	IF is_due THEN
		PERFORM cvm.bind(name::name, 'delivery', 'parcel');
	END IF;
END
$$;
SELECT pg_temp.model('apart', true, true), pg_temp.model('bare_apart', true, false) \g /dev/null
DELETE FROM cvm.report_part WHERE part = 'decision_counts' AND preference = 0;
SELECT pg_temp.model('due', true, true), pg_temp.model('bare_due', true, false), pg_temp.model('once', false, true), pg_temp.model('bare', false, false) \g /dev/null
SELECT ok(pg_get_viewdef('apart.decision'::regclass) !~ '_decision_agg' AND pg_get_viewdef('due.decision'::regclass) ~ '_decision_agg', 'lines are taken apart here, and there they are not');
CREATE FUNCTION pg_temp.wrong(world int) RETURNS TABLE (what text) LANGUAGE plpgsql AS $$
DECLARE
	once text;
	apart text;
BEGIN
	FOR once, apart IN VALUES ('due', 'apart'), ('bare_due', 'bare_apart'), ('once', 'apart'), ('bare', 'bare_apart') LOOP
		-- where no delivery is bound there is none
		PERFORM pg_temp.world(world, once LIKE '%due');
		RETURN QUERY EXECUTE format('SELECT format(''world %s, %2$s: %%s'', k) FROM ((SELECT * FROM %2$s.decision EXCEPT ALL SELECT * FROM %3$s.decision)
			UNION ALL (SELECT * FROM %3$s.decision EXCEPT ALL SELECT * FROM %2$s.decision)) k', world, once, apart);
	END LOOP;
END
$$;
SELECT is_empty(format('SELECT w.what FROM generate_series(1, %s) g CROSS JOIN LATERAL pg_temp.wrong(g) w', :worlds), 'instalments are counted in one pass as line by line, in random worlds');
SELECT pg_temp.world(60, true) \g /dev/null
SELECT isnt_empty('SELECT segment, ordinal FROM due.decision WHERE outcome = ''skipped'' EXCEPT SELECT segment, ordinal FROM once.decision WHERE outcome = ''skipped''', 'what deliveries say was skipped is told of numbers of which nothing else was');
SELECT set_eq('SELECT DISTINCT outcome FROM once.decision', '{renewed,upgraded,downgraded,skipped,paused,failed,cancelled}'::text[], 'with all that may become of them');
SELECT set_eq('SELECT DISTINCT segment FROM once.decision', '{(all),(none),gold,tin}'::text[], 'in all segments');
SELECT set_eq('SELECT DISTINCT segment FROM bare.decision', '{(all)}'::text[], 'without segments everybody is in all');

-- keys of other types, workers, and rows that do not fit into memory
CREATE VIEW whole AS
	SELECT l.customer_id, coalesce(l.subscription_id, l.product) AS line, NULL::text AS segment, l.started_on AS day, l.ended_on AS until, l.mrr, l.status = 'Paused' AS paused, l.end_kind = 'involuntary' AS failed,
		hashtext(l.product) AS terms, cvm._interval_months(l.billing_interval) AS months, cvm._interval_days(l.billing_interval) AS days,
		l.product, NULL::boolean AS skipped FROM line l
	UNION ALL SELECT t.customer_id, NULL, t.segment, t.valid_from, t.valid_to, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM tier t
	UNION ALL SELECT p.customer_id, NULL, NULL, p.due_on, NULL, NULL, NULL, NULL, NULL, NULL, NULL, p.product, lower(p.outcome) IN ('skipped', 'skip') FROM parcel p;
CREATE TABLE wide AS SELECT w.*, w.customer_id + 100 * n::bigint AS customer FROM whole w, generate_series(1, 60) n;
ALTER TABLE wide SET (parallel_workers = 3);
CREATE TABLE alone AS
	SELECT c.* FROM (SELECT cvm._decision_agg(customer, line, segment, day, until, mrr, paused, failed, terms, months, days, product, skipped, '2024-07-01', 3) AS counts FROM wide) f, cvm._decision_counts(f.counts) c;
CREATE FUNCTION pg_temp.differs(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('WITH found AS MATERIALIZED (SELECT c.* FROM (%s) f (counts), cvm._decision_counts(f.counts) c) SELECT k::text FROM (
		(SELECT * FROM found EXCEPT ALL SELECT * FROM alone) UNION ALL (SELECT * FROM alone EXCEPT ALL SELECT * FROM found)) k', query);
END
$$;
SELECT cmp_ok((SELECT count(*) FROM alone), '>', 100::bigint, 'many customers have many instalments');
SELECT is_empty($$SELECT pg_temp.differs('SELECT cvm._decision_agg(md5(customer::text)::uuid, line, segment, day, until, mrr, paused, failed, terms, months, days, product, skipped, ''2024-07-01'', 3) FROM wide')$$, 'customers may be uuid');
SELECT is_empty($$SELECT pg_temp.differs('SELECT cvm._decision_agg(''a customer of a long name '' || customer, line, segment, day, until, mrr, paused, failed, terms, months, days, product, skipped, ''2024-07-01'', 3) FROM wide')$$, 'customers may be text');
SELECT is_empty($$SELECT pg_temp.differs('SELECT cvm._decision_agg(customer, line, segment, day, until, mrr, paused, failed, terms, months, days, product, skipped, ''2024-07-01'', 3) FROM (SELECT * FROM wide ORDER BY random()) w')$$, 'rows come in any order');
SET LOCAL work_mem = '64kB';
SELECT is_empty($$SELECT pg_temp.differs('SELECT cvm._decision_agg(customer, line, segment, day, until, mrr, paused, failed, terms, months, days, product, skipped, ''2024-07-01'', 3) FROM wide')$$, 'rows that do not fit into memory say the same');
RESET work_mem;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 3;
\i test/plan_of.sql
SELECT matches(pg_temp.plan_of($$SELECT cvm._decision_agg(customer, line, segment, day, until, mrr, paused, failed, terms, months, days, product, skipped, '2024-07-01', 3) FROM wide$$), 'Partial Aggregate', 'workers share the rows');
SELECT is_empty($$SELECT pg_temp.differs('SELECT cvm._decision_agg(customer, line, segment, day, until, mrr, paused, failed, terms, months, days, product, skipped, ''2024-07-01'', 3) FROM wide')$$, 'workers find the same');
SELECT throws_ok($$SELECT cvm._decision_agg(1::bigint, 'l', NULL, date '2024-01-01', NULL, 5, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, 3)$$, '22004', NULL, 'the end of observation must be told');
SELECT throws_ok($$SELECT cvm._decision_agg(1::bigint, 'l', NULL, date '2024-01-01', NULL, 5, NULL, NULL, 1, NULL, NULL, NULL, NULL, '2024-07-01', NULL)$$, '22004', NULL, 'the days of a lapse must be told');
SELECT * FROM finish();
ROLLBACK;
