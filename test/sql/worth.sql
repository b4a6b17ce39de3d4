\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What customers are worth, which products they have and why they leave: gathered
-- in one pass as they are put together customer by customer, where Citus has the rows.
-- CVM_WORLDS=60 for so many random worlds.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
\set worlds 3
\i test/random_worlds.sql

CREATE TABLE spell (customer_id int, product text, started_on date, ended_on date, mrr numeric, status text, currency text, subscription_id text, end_reason text, cancel_requested_on date);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
CREATE TABLE goods (product text, unit_margin numeric, list_price numeric);
CREATE TABLE pack (bundle text, product text);
CREATE TABLE rate (currency text, valid_from date, rate numeric);
CREATE VIEW spell_of_name AS SELECT 'c' || s.customer_id AS customer_id, s.product, s.started_on, s.ended_on, s.mrr, s.end_reason FROM spell s;
CREATE VIEW priced AS SELECT g.product, 2.125 + length(g.product) AS unit_margin, g.list_price FROM goods g UNION ALL VALUES ('ODD', 1, 2.5);
INSERT INTO rate VALUES ('USD', '2023-01-01', 0.9123), ('USD', '2024-03-01', 0.8);
INSERT INTO goods VALUES ('TV', 2.5, 9), ('NET', 1, 10), ('DUO', 3, NULL), ('ONE', NULL, 4), ('TV', 1, 12), (NULL, 4, 4);
INSERT INTO pack VALUES ('DUO', 'TV'), ('DUO', 'NET'), ('ODD', NULL);
-- some lines have no first day, or one before all others, no price or none to pay, no product, or belong to nobody
CREATE FUNCTION pg_temp.world(world int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE spell, tier;
	INSERT INTO spell SELECT CASE WHEN pg_temp.draw(world, 'nobody', i, 30) > 0 THEN pg_temp.draw(world, 'who', i, 60) END, (ARRAY['TV', 'NET', 'DUO', 'ONE', 'ODD', NULL])[1 + pg_temp.draw(world, 'what', i, 6)], s.day,
		CASE WHEN pg_temp.draw(world, 'end', i, 3) > 0 THEN s.day + pg_temp.draw(world, 'for', i, 200) - 2 WHEN pg_temp.draw(world, 'open', i, 5) = 0 THEN 'infinity' END,
		(ARRAY[NULL, 0, 3.333, -1])[1 + pg_temp.draw(world, 'odd', i, 30)] + CASE pg_temp.draw(world, 'odd', i, 30) WHEN 1 THEN 0 ELSE 7 END,
		CASE WHEN pg_temp.draw(world, 'rest', i, 12) = 0 THEN 'paused' ELSE 'active' END, (ARRAY['EUR', 'USD'])[1 + pg_temp.draw(world, 'in', i, 2)],
		CASE WHEN pg_temp.draw(world, 'id', i, 2) = 0 THEN (ARRAY['s', 'a line with a name that is longer than most ids, number '])[1 + pg_temp.draw(world, 'long', i, 2)] || pg_temp.draw(world, 'no', i, 50) END,
		(ARRAY['too dear', 'moved', 'Unpaid', NULL, ' moved ', ''])[1 + pg_temp.draw(world, 'why', i, 6)], CASE WHEN pg_temp.draw(world, 'asks', i, 4) = 0 THEN s.day + pg_temp.draw(world, 'ask', i, 150) END
	FROM generate_series(1, 170) i CROSS JOIN LATERAL (SELECT CASE pg_temp.draw(world, 'none', i, 50) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE date '2023-01-01' + pg_temp.draw(world, 'on', i, 500) END AS day) s;
	UPDATE spell SET mrr = 5 + pg_temp.draw(world, 'fee', customer_id, 9) + 0.25 * (length(product) % 3) WHERE mrr IS NULL AND customer_id % 4 > 0;
	INSERT INTO tier SELECT pg_temp.draw(world, 'of', i, 60), (ARRAY['gold', 'tin', 'Iron', NULL, '(none)'])[1 + pg_temp.draw(world, 'tier', i, 5)],
		CASE pg_temp.draw(world, 'since', i, 20) WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE date '2022-12-01' + pg_temp.draw(world, 'from', i, 560) END,
		CASE WHEN pg_temp.draw(world, 'until', i, 2) = 0 THEN date '2022-12-01' + pg_temp.draw(world, 'to', i, 700) END FROM generate_series(1, 70) i;
$$;
SELECT pg_temp.world(1) \g /dev/null
CREATE FUNCTION pg_temp.make(model name, VARIADIC bound text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'UTC', currency => 'EUR', as_of => '2024-04-30');
	PERFORM cvm._register(model, 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', split_part(b, ' ', 1), 'source_schema', 'public', 'source_name', split_part(b, ' ', 2), 'columns', '{}'::jsonb)) FROM unnest(bound) b));
	PERFORM count(*) FROM cvm.rebuild(model);
	PERFORM cvm.configure(model, 'margin_rate', '0.4');
END
$$;
SELECT pg_temp.make('wa', 'subscription spell', 'segment_history tier', 'product goods', 'bundle_component pack', 'fx_rate rate'),
	pg_temp.make('wb', 'subscription spell_of_name', 'product priced'), pg_temp.make('wc', 'subscription spell', 'segment_history tier', 'product priced') \g /dev/null
SELECT cvm.configure('wc', 'currency', NULL) \g /dev/null

CREATE TABLE shown (side text, line text);
CREATE TABLE walked (world int, view text, model text, rows bigint, differ bigint);
CREATE FUNCTION pg_temp.walk(world int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v record;
	have text[];
	literals jsonb;
BEGIN
	FOR v IN SELECT w.view, m.model FROM unnest('{cancel_reason_mix,customer_value,value_decile,white_space}'::name[]) w (view), unnest('{wa,wb,wc}'::name[]) m (model) LOOP
		have := cvm._have(v.model, v.view) || '{distributed subscription}'::text[];
		literals := cvm._literals(v.model);
		literals := literals || cvm._part_literals(have, literals, v.view);
		PERFORM set_config('search_path', v.model || ', public, pg_temp', true);
		TRUNCATE public.shown;
		EXECUTE format('INSERT INTO public.shown SELECT ''there'', t::text FROM (%s) t', (SELECT cvm._shown(b.view, cvm._fill(b.body, literals), (literals ->> 'minor_units')::int)
			FROM cvm.report_body b WHERE b.view = v.view AND b.needs <@ have ORDER BY b.preference LIMIT 1));
		EXECUTE format('INSERT INTO public.shown SELECT ''here'', h::text FROM %I.%I h', v.model, v.view);
		INSERT INTO public.walked SELECT world, v.view, v.model, count(*) FILTER (WHERE d.side = 'here'), count(*) FILTER (WHERE d.here <> d.there)
		FROM (SELECT s.side, count(*) FILTER (WHERE s.side = 'here') OVER w AS here, count(*) FILTER (WHERE s.side = 'there') OVER w AS there
			FROM public.shown s WINDOW w AS (PARTITION BY s.line)) d;
	END LOOP;
END $$;
SELECT count(*) FROM (SELECT pg_temp.world(w), pg_temp.walk(w) FROM generate_series(1, :worlds) w) x \g /dev/null
SELECT is((SELECT string_agg(DISTINCT concat_ws(' ', world, view, model), ', ') FROM walked WHERE differ > 0), NULL, 'customers and their kinds are found in one pass as they are one by one');
SELECT is((SELECT count(*) FROM walked WHERE rows < 3), 0::bigint, 'there are some in every view of every model');
SET LOCAL work_mem = '64kB';
TRUNCATE walked;
SELECT pg_temp.world(2), pg_temp.walk(2) \g /dev/null
SELECT is((SELECT sum(differ) FROM walked), 0::numeric, 'so it is with little memory');
RESET work_mem;

SELECT results_eq($$WITH w AS MATERIALIZED (SELECT cvm._worth_agg(c, p, f, t, m, NULL, '2024-01-01') AS state
		FROM (VALUES ('a', 'P', date '2023-01-01', NULL::date, 10), ('a', 'Q', '2023-06-01', '2024-01-01', 5), ('b', 'P', '2023-01-01', '2023-12-31', 10), ('c', 'P', '2023-12-31', NULL, 15)) v (c, p, f, t, m))
	SELECT v.* FROM w, cvm._worths(w.state, '{P}', '{4.5}', '{8}') v ORDER BY 1, 2$$,
	$$VALUES (15.0, 11.5, 1::bigint), (15.0, NULL, 1)$$, 'what is paid on the last day is added up, and what it earns where that is known of all');
SELECT results_eq($$WITH w AS MATERIALIZED (SELECT cvm._worth_agg(c, p, f, t, m, NULL, '2024-01-15') AS state
		FROM (VALUES ('a', 'P', date '2023-01-01', date '2023-06-01', 10), ('a', 'P', '2023-06-20', NULL, 10), ('b', 'P', '2022-01-01', '2023-01-01', 10), ('b', 'P', '2023-02-20', NULL, 10)) v (c, p, f, t, m))
	SELECT c.customer_id, k.age FROM w, cvm._standings(w.state, 30, NULL, NULL, NULL) k, cvm._standing_customers(w.state, 30, NULL, NULL, NULL, NULL::text) c WHERE c.kind = k.kind ORDER BY 1$$,
	$$VALUES ('a', 12), ('b', 10)$$, 'who was away for more than 30 days began anew');
SELECT throws_ok($$SELECT * FROM cvm._worths(decode(repeat('00', 16), 'hex'), NULL, NULL, NULL)$$, '22023', 'no state of _worth_agg is read with this ticket', 'a ticket that nobody made is refused');
SELECT throws_ok($$WITH w AS MATERIALIZED (SELECT cvm._worth_agg(1, 'P', '2024-01-01', NULL, 1, NULL, '2024-07-01') AS state) SELECT v.* FROM w, cvm._worths(w.state, '{P}', '{}', '{}') v$$, '2202E',
	'lists of products have different lengths', 'lists of products belong together');
SELECT throws_ok($$WITH w AS MATERIALIZED (SELECT cvm._worth_agg(1, 'P', '2024-01-01', NULL, 1, NULL, '2024-07-01') AS state) SELECT v.* FROM w, cvm._standing_losses(w.state, -1) v$$, '22023',
	'the days after which who pays again has been away must be given', 'fewer than no days are refused');
SELECT * FROM finish();
ROLLBACK;
