\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Sales by week and channel, and the price book of the last day, in one pass, beside windows over spells.
-- CVM_WORLDS=200 for so many random worlds.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(20);
SET LOCAL client_min_messages = warning;
\set worlds 6
\i test/random_worlds.sql

-- lines that begin together, go on, are not priced, not known or for nothing, with prices of many scales; times in segments at once and for ever
CREATE TABLE line (customer_id int, product text, started_on date, ended_on date, mrr numeric, status text, channel text, currency text, committed_until date);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
CREATE FUNCTION pg_temp.world(world int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE line, tier;
	INSERT INTO line SELECT CASE WHEN i % 50 > 0 THEN pg_temp.draw(world, 'who', i, 40) END, CASE WHEN pg_temp.draw(world, 'told', i, 20) > 0 THEN (ARRAY['TV', 'NET', 'ONE'])[1 + pg_temp.draw(world, 'what', i, 3)] END,
		CASE pg_temp.draw(world, 'odd', i, 40) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE s.day END,
		CASE pg_temp.draw(world, 'end', i, 5) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE s.day + pg_temp.draw(world, 'for', i, 5) * (1 + pg_temp.draw(world, 'times', i, 40)) END,
		(ARRAY[10, 10, 10, 20, 30.00, 14.99, 3.3333333, 0, -5, NULL])[1 + pg_temp.draw(world, 'fee', i, 10)], (ARRAY['active', 'trial', NULL])[1 + pg_temp.draw(world, 'status', i, 3)],
		(ARRAY['web', 'Shop', 'shop', NULL])[1 + pg_temp.draw(world, 'via', i, 4)], (ARRAY['EUR', 'usd', 'USD', NULL])[1 + pg_temp.draw(world, 'currency', i, 4)],
		CASE WHEN pg_temp.draw(world, 'bound', i, 3) > 0 THEN s.day + pg_temp.draw(world, 'term', i, 800) - 20 END
	FROM generate_series(1, 260) i CROSS JOIN LATERAL (SELECT date '2023-01-01' + 5 * pg_temp.draw(world, 'on', i, 110) AS day) s;
	INSERT INTO line SELECT l.customer_id, l.product, l.ended_on + n % 2, NULL, 15 + n % 3, NULL, (ARRAY['web', 'shop'])[1 + n % 2], NULL, NULL
	FROM (SELECT l.*, (row_number() OVER (ORDER BY l.*))::int AS n FROM line l WHERE isfinite(l.ended_on)) l WHERE l.n % 3 > 0;
	-- a customer with more lines than are sorted where they stand
	INSERT INTO line SELECT 99, (ARRAY['TV', 'NET', 'ONE'])[1 + pg_temp.draw(world, 'w', i, 3)], date '2023-01-01' + 9 * pg_temp.draw(world, 'd', i, 60), date '2023-01-01' + 9 * pg_temp.draw(world, 'd', i, 60) + 1 + pg_temp.draw(world, 'f', i, 700),
		10 + i % 3, NULL, (ARRAY['web', 'shop', NULL])[1 + i % 3], NULL, NULL FROM generate_series(1, 60) i;
	INSERT INTO tier SELECT pg_temp.draw(world, 'member', i, 36), (ARRAY['gold', 'tin', '(none)', NULL])[1 + pg_temp.draw(world, 'tier', i, 4)],
		CASE pg_temp.draw(world, 'ever', i, 10) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE date '2023-01-01' + 40 * pg_temp.draw(world, 'since', i, 12) END,
		CASE WHEN pg_temp.draw(world, 'left', i, 2) = 0 THEN date '2023-01-01' + pg_temp.draw(world, 'since', i, 500) + pg_temp.draw(world, 'stay', i, 300) END FROM generate_series(1, 70) i;
$$;

-- sales as windows find them, and who bought
CREATE VIEW sale AS
	SELECT l.customer_id, l.product, coalesce(upper(l.currency), 'EUR') AS currency, l.channel, date_trunc('month', l.started_on::timestamp)::date AS month, date_trunc('week', l.started_on::timestamp)::date AS week,
		(coalesce(l.committed_until - l.started_on, 0) / 30.4375)::int AS term, l.price
	FROM (SELECT l.*, CASE WHEN l.status = 'trial' THEN 0 ELSE l.mrr END AS price, l.started_on <= max(coalesce(l.ended_on, 'infinity')) OVER (
			PARTITION BY l.customer_id, l.product ORDER BY l.started_on, l.ended_on, l.mrr, l.channel, l.currency, l.committed_until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS goes_on
		FROM line l WHERE l.customer_id IS NOT NULL AND l.product IS NOT NULL AND isfinite(l.started_on) AND l.started_on < '2024-07-01' AND coalesce(l.ended_on > l.started_on, true)) l
	WHERE l.price > 0 AND l.goes_on IS NOT TRUE;
CREATE VIEW sold AS
	SELECT product, currency, month, week, term, channel, price, count(*) AS sales, NULL::bigint AS customers FROM sale GROUP BY 1, 2, 3, 4, 5, 6, 7
	UNION ALL SELECT product, currency, month, NULL, NULL, NULL, NULL, NULL, count(DISTINCT customer_id) FROM sale GROUP BY 1, 2, 3;
CREATE FUNCTION pg_temp.sold_once(who text) RETURNS TABLE (product text, currency text, month date, week date, term int, channel text, price numeric, sales bigint, customers bigint) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT c.* FROM (SELECT cvm._channel_sale_agg(%s, product, started_on, ended_on, mrr, CASE WHEN status = 'trial' THEN 0 ELSE mrr END IS DISTINCT FROM mrr, CASE WHEN isfinite(started_on) THEN committed_until - started_on END,
		channel, currency, coalesce(upper(currency), 'EUR'), '2024-07-01') AS counts FROM (SELECT * FROM line ORDER BY random()) l) f, cvm._sale_counts(f.counts) c$q$, who);
END
$$;
-- and the price book
CREATE VIEW book AS
	SELECT l.product, coalesce(p.segment, '(none)') AS segment, l.mrr, l.since >= date '2024-04-01' AS is_front, l.since < date '2023-07-01' AS is_back, count(*) AS lines
	FROM (SELECT s.*, max(s.started_on) FILTER (WHERE s.is_first) OVER (PARTITION BY s.customer_id, s.product ORDER BY s.started_on ROWS UNBOUNDED PRECEDING) AS since
		FROM (SELECT l.*, coalesce(l.started_on > max(coalesce(l.ended_on, 'infinity')) OVER (PARTITION BY l.customer_id, l.product ORDER BY l.started_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS is_first
			FROM line l WHERE l.customer_id IS NOT NULL AND l.product IS NOT NULL AND l.started_on < '2024-07-01' AND (l.ended_on IS NULL OR l.ended_on > l.started_on)) s) l
	LEFT JOIN (SELECT DISTINCT ON (t.customer_id) t.customer_id, t.segment FROM tier t WHERE t.segment IS NOT NULL AND t.valid_from < '2024-07-01' AND coalesce(t.valid_to >= '2024-07-01', true)
		ORDER BY t.customer_id, t.valid_from DESC, t.segment COLLATE "C") p ON p.customer_id = l.customer_id
	WHERE (l.ended_on IS NULL OR l.ended_on >= '2024-07-01') AND l.mrr > 0 GROUP BY 1, 2, 3, 4, 5;
CREATE FUNCTION pg_temp.book_once(who text) RETURNS TABLE (product text, segment text, mrr numeric, is_front boolean, is_back boolean, lines bigint) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT c.product, CASE WHEN c.segment <> '' THEN c.segment END, c.mrr, c.is_front, c.is_back, c.lines FROM (SELECT cvm._price_book_agg(%s, product, segment, day, until, mrr, '2024-07-01') AS books FROM (
		SELECT customer_id, product, NULL::text AS segment, started_on AS day, ended_on AS until, mrr FROM line
		UNION ALL SELECT customer_id, NULL, CASE WHEN valid_from IS NOT NULL THEN segment END, valid_from, valid_to, NULL FROM tier ORDER BY 1, 6) l) f, cvm._price_books(f.books) c$q$, who);
END
$$;
CREATE FUNCTION pg_temp.wrong(world int, who text) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT pg_temp.world(world);
	SELECT format('world %s: sales %s', world, k) FROM ((TABLE sold EXCEPT ALL SELECT * FROM pg_temp.sold_once(who)) UNION ALL (SELECT * FROM pg_temp.sold_once(who) EXCEPT ALL TABLE sold)) k
	UNION ALL
	SELECT format('world %s: book %s', world, k) FROM ((TABLE book EXCEPT ALL SELECT * FROM pg_temp.book_once(who)) UNION ALL (SELECT * FROM pg_temp.book_once(who) EXCEPT ALL TABLE book)) k
$$;
SELECT is_empty(format('SELECT w.what FROM generate_series(1, %s) g CROSS JOIN LATERAL pg_temp.wrong(g, %L) w', :worlds, v.who), format('sales and price books of random worlds are counted in one pass as by windows: %s', v.title))
FROM (VALUES ('customer_id::bigint', 'customers are numbers'), ('md5(customer_id::text)::uuid', 'uuid'), ('''a customer of a long name '' || customer_id', 'text')) AS v (who, title);
SELECT cmp_ok((SELECT count(*) FROM sold), '>', 60::bigint, 'something was sold');
SELECT cmp_ok((SELECT sum(sales) FROM sold), '<', (SELECT count(*) FROM line WHERE mrr > 0 AND status IS DISTINCT FROM 'trial')::numeric, 'not all lines are sales');
SELECT cmp_ok((SELECT count(*) FROM book), '>', 12::bigint, 'something is held');
SELECT set_eq('SELECT DISTINCT is_front::int - is_back::int FROM book', ARRAY[-1, 0, 1], 'lines of all ages');
SELECT set_eq('SELECT DISTINCT segment FROM book', '{(none),gold,tin}'::text[], 'in all segments');

-- the views
SELECT cvm.create_model('seg', tz => 'UTC', currency => 'EUR', as_of => '2024-07-01'), cvm.create_model('bare', tz => 'UTC', as_of => '2024-07-01') \g /dev/null
SELECT cvm.bind(m::name, 'subscription', 'line') FROM unnest('{seg,bare}'::text[]) m \g /dev/null
SELECT cvm.bind('seg', 'segment_history', 'tier') \g /dev/null
SELECT results_eq($$SELECT product, segment, lines, front_lines, back_lines, front_price, back_price FROM seg.price_book_gap ORDER BY product COLLATE "C", segment COLLATE "C"$$,
	$$SELECT b.product, g.segment, sum(b.lines)::bigint, coalesce(sum(b.lines) FILTER (WHERE is_front), 0)::bigint, coalesce(sum(b.lines) FILTER (WHERE is_back), 0)::bigint,
		(sum(b.lines * b.mrr) FILTER (WHERE is_front) / sum(b.lines) FILTER (WHERE is_front))::numeric(28,4), (sum(b.lines * b.mrr) FILTER (WHERE is_back) / sum(b.lines) FILTER (WHERE is_back))::numeric(28,4)
	FROM book b CROSS JOIN LATERAL unnest(ARRAY['(all)', b.segment]) AS g (segment) GROUP BY 1, 2 ORDER BY b.product COLLATE "C", g.segment COLLATE "C"$$, 'the view says the same of lines');
SELECT is_empty($$SELECT g.* FROM seg.price_book_gap g JOIN (
		SELECT b.product, g.segment, coalesce(sum(b.lines * greatest(b.mrr - m.best, 0)) FILTER (WHERE is_back), 0) AS exposed FROM book b LEFT JOIN (SELECT product, min(mrr) AS best FROM book WHERE is_front GROUP BY 1) m USING (product)
		CROSS JOIN LATERAL unnest(ARRAY['(all)', b.segment]) AS g (segment) GROUP BY 1, 2) w USING (product, segment)
	WHERE abs(g.exposed_mrr - w.exposed) > 0.01$$, 'and of what is exposed, rounded so that it adds up');
SELECT set_eq('SELECT DISTINCT segment FROM bare.price_book_gap', '{(all)}'::text[], 'without segments there is one row a product');
SELECT results_eq($$SELECT product, month, currency, sales, customers, sold_mrr FROM seg.channel_price ORDER BY product COLLATE "C", month, currency COLLATE "C"$$,
	$$SELECT product, month, currency, sum(sales)::bigint, sum(customers)::bigint, round(sum(sales * price), 2)::numeric(28,2) FROM sold GROUP BY 1, 2, 3 ORDER BY product COLLATE "C", month, currency COLLATE "C"$$, 'channel_price says the same of sales');
SELECT is((SELECT sum(above_best_sales) FROM seg.channel_price), (SELECT sum(w.above_best) FROM (SELECT count(*) FILTER (WHERE s.price > b.best AND b.channels > 1) AS above_best
	FROM (SELECT s.*, s.product || s.currency || s.week || s.term || s.month AS term_key FROM sale s) s JOIN (SELECT term_key, min(mean) AS best, count(*) AS channels FROM (SELECT s.product || s.currency || s.week || s.term || s.month AS term_key, coalesce(s.channel, '(unknown)'), avg(s.price) AS mean FROM sale s GROUP BY 1, 2) m GROUP BY 1) b USING (term_key)) w)::numeric,
	'and of those above the best price');

-- workers, and rows that do not fit into memory
CREATE TABLE wide AS SELECT l.*, l.customer_id + 1000 * n::bigint AS customer FROM line l, generate_series(1, 200) n;
ALTER TABLE wide SET (parallel_workers = 3);
CREATE FUNCTION pg_temp.fold(name text) RETURNS text LANGUAGE sql RETURN CASE name
	WHEN 'sales' THEN $$SELECT md5(string_agg(c::text, ' ' ORDER BY c::text)) FROM (SELECT cvm._channel_sale_agg(customer, product, started_on, ended_on, mrr, status = 'trial', 3, channel, currency, 'EUR', '2024-07-01') AS counts FROM wide) f, cvm._sale_counts(f.counts) c$$
	ELSE $$SELECT md5(string_agg(c::text, ' ' ORDER BY c::text)) FROM (SELECT cvm._price_book_agg(customer, product, NULL, started_on, ended_on, mrr, '2024-07-01') AS books FROM wide) f, cvm._price_books(f.books) c$$ END;
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	EXECUTE query INTO said;
	RETURN said;
END
$$;
CREATE TABLE alone AS SELECT v.name, pg_temp.answer(pg_temp.fold(v.name)) AS said FROM unnest('{sales,book}'::text[]) v (name);
SET LOCAL work_mem = '64kB';
SELECT is(pg_temp.answer(pg_temp.fold(a.name)), a.said, a.name || ' of rows that do not fit into memory are the same') FROM alone a ORDER BY a.name;
RESET work_mem;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 3;
\i test/plan_of.sql
SELECT ok(pg_temp.plan_of(pg_temp.fold(a.name)) ~ 'Partial Aggregate', a.name || ': workers share the rows') FROM alone a ORDER BY a.name;
SELECT is(pg_temp.answer(pg_temp.fold(a.name)), a.said, a.name || ' that workers find are the same') FROM alone a ORDER BY a.name;
SELECT throws_ok($$SELECT cvm._price_book_agg(1::bigint, 'P', NULL, date '2024-01-01', NULL, 5, NULL)$$, '22004', NULL, 'the end of observation must be told');
SELECT * FROM finish();
ROLLBACK;
