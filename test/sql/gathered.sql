\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Views that gather spells once give what those by customer do, where Citus is.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

CREATE TABLE gathered_spell (customer_id text, product text, started_on date, ended_on date, mrr numeric, channel text, offer text, status text, end_reason text);
CREATE TABLE gathered_segment (customer_id text, segment text, valid_from date, valid_to date);
CREATE FUNCTION pg_temp.draw(what text, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(what) & 2147483647) % below;
-- spells as nobody should have them: without days, prices or names, ended before they began, at once, under the same name
CREATE FUNCTION pg_temp.fill(seed int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE gathered_spell, gathered_segment;
	INSERT INTO gathered_spell
	SELECT CASE WHEN pg_temp.draw(format('known %s %s', seed, n), 60) > 0 THEN 'customer number ' || pg_temp.draw(format('who %s %s', seed, n), 40) END,
		(ARRAY['A', 'B', 'C', 'D', NULL])[1 + pg_temp.draw(format('product %s %s', seed, n), 5)],
		CASE WHEN pg_temp.draw(format('dated %s %s', seed, n), 40) > 0 THEN y.day END,
		CASE pg_temp.draw(format('ends %s %s', seed, n), 12) WHEN 0 THEN 'infinity' WHEN 1 THEN y.day WHEN 2 THEN y.day - 3 WHEN 3 THEN '2024-07-20' WHEN 4 THEN '2024-03-01'
			WHEN 5 THEN NULL WHEN 6 THEN NULL ELSE y.day + 1 + pg_temp.draw(format('length %s %s', seed, n), 120) END,
		CASE WHEN pg_temp.draw(format('priced %s %s', seed, n), 15) > 0 THEN (pg_temp.draw(format('price %s %s', seed, n), 9) - 1) * CASE WHEN seed % 3 = 0 THEN 3.335 ELSE 2.50 END END,
		(ARRAY['web', 'shop', '', NULL])[1 + pg_temp.draw(format('channel %s %s', seed, n), 4)],
		(ARRAY['SAVE', 'GIFT', NULL, NULL, ''])[1 + pg_temp.draw(format('offer %s %s', seed, n), 5)],
		(ARRAY['active', 'active', 'active', 'paused', 'trial', NULL])[1 + pg_temp.draw(format('status %s %s', seed, n), 6)],
		(ARRAY['price', 'moved', 'service', NULL])[1 + pg_temp.draw(format('reason %s %s', seed, n), 4)]
	FROM generate_series(1, 160) n
	CROSS JOIN LATERAL (SELECT date '2024-01-01' + pg_temp.draw(format('day %s %s', seed, n), 240) AS day) y;
	INSERT INTO gathered_segment
	SELECT 'customer number ' || pg_temp.draw(format('in %s %s', seed, n), 40), (ARRAY['gold', 'silver', 'tin', NULL])[1 + pg_temp.draw(format('segment %s %s', seed, n), 4)], y.day, CASE WHEN pg_temp.draw(format('leaves %s %s', seed, n), 3) > 0 THEN y.day + pg_temp.draw(format('stay %s %s', seed, n), 90) END
	FROM generate_series(1, 60) n
	CROSS JOIN LATERAL (SELECT date '2023-12-01' + pg_temp.draw(format('from %s %s', seed, n), 240) AS day) y;
$$;
SELECT cvm.create_model('g', tz => 'UTC', currency => 'EUR', as_of => '2024-07-10') \g /dev/null
SELECT pg_temp.fill(0) \g /dev/null
SELECT cvm.bind('g', 'subscription', 'gathered_spell') \g /dev/null

-- the rows of a view, as they are with Citus
CREATE FUNCTION pg_temp.by_customer(view name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	have text[] := cvm._have('g', view) || '{distributed subscription}'::text[];
	literals jsonb := cvm._literals('g');
BEGIN
	literals := literals || cvm._part_literals(have, literals, view);
	RETURN (SELECT cvm._shown(b.view, cvm._fill(b.body, literals), (literals ->> 'minor_units')::int)
		FROM cvm.report_body b WHERE b.view = by_customer.view AND b.needs <@ have ORDER BY b.preference LIMIT 1);
END
$$;
CREATE FUNCTION pg_temp.differing(view name, OUT rows bigint, OUT differing bigint) LANGUAGE plpgsql SET search_path = g, public, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE TEMP TABLE here AS SELECT * FROM g.%I', view);
	EXECUTE format('CREATE TEMP TABLE there AS %s', pg_temp.by_customer(view));
	SELECT count(*) INTO rows FROM here;
	SELECT count(*) INTO differing FROM ((TABLE here EXCEPT ALL TABLE there) UNION ALL (TABLE there EXCEPT ALL TABLE here)) d;
	DROP TABLE here, there;
END
$$;
CREATE FUNCTION pg_temp.worlds(first int, last int) RETURNS TABLE (view name, rows bigint, differing bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR seed IN first .. last LOOP
		PERFORM pg_temp.fill(seed);
		RETURN QUERY SELECT v.view, d.* FROM unnest('{customer_movement,acquisition_quality,product_migration,product_pair,churn_cause}'::name[]) v (view)
			CROSS JOIN LATERAL pg_temp.differing(v.view) d;
	END LOOP;
END
$$;
CREATE TEMP TABLE found AS SELECT * FROM pg_temp.worlds(1, 6);
SELECT cvm.bind('g', 'segment_history', 'gathered_segment') \g /dev/null
INSERT INTO found SELECT * FROM pg_temp.worlds(7, 15);
SELECT is(f.differing, 0::numeric, format('%s by spells gathered once has the rows that it has by customer', f.view))
FROM (SELECT view, sum(differing) AS differing FROM found GROUP BY view) f ORDER BY f.view COLLATE "C";
-- workers gather too, and what does not fit into memory is read from files
SET LOCAL work_mem = '64kB';
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT is((SELECT sum(differing) FROM pg_temp.worlds(16, 17)), 0::numeric, 'so it is with workers and little memory');

-- a ticket is good for the query that made it
CREATE TEMP TABLE ticket AS SELECT cvm._customer_move_agg(1::bigint, 'A', date '2024-01-01', NULL, 5, NULL, NULL, NULL, 'month', date '2024-06-01', 0, NULL, NULL, 5) AS ticket;
SELECT throws_ok('SELECT * FROM ticket, cvm._customer_moves(ticket, NULL, NULL, NULL, NULL, NULL)', '22023', 'no state of _customer_move_agg is read with this ticket',
	'a ticket is refused when the query is over that made it');
SELECT throws_ok($$SELECT * FROM cvm._product_moves(decode(repeat('00', 16), 'hex'))$$, '22023', NULL, 'and so is one that nobody made');
SELECT throws_ok($$SELECT cvm._customer_move_agg(1::bigint, 'A', date '2024-01-01', NULL, 5, NULL, NULL, NULL, 'month', date '2024-06-01', 0, NULL, NULL, 5) OVER ()$$,
	'0A000', NULL, 'nor is there one over a window');

-- and so are the moves that are read with it
CREATE FUNCTION pg_temp.read(how text, since date DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('WITH fold AS MATERIALIZED (
		SELECT cvm._customer_move_agg(r.c, r.product, r.f, r.t, r.mrr, NULL, NULL, r.segment, ''month'', date ''2024-06-01'', 0, r.channel, r.reason, r.mrr) AS state
		FROM (VALUES (''a'', ''P'', date ''2024-01-10'', date ''2024-03-05'', 5.0, NULL, ''web'', ''price''),
			(''a customer whose name is longer than a key'', ''Q'', ''2024-01-20'', NULL, 7, NULL, NULL, NULL),
			(''a'', NULL, ''2023-12-01'', NULL, NULL, ''gold'', NULL, NULL)) AS r (c, product, f, t, mrr, segment, channel, reason)), move AS (
		SELECT f.state, cvm._customer_moves(f.state, %L, NULL, ''{gold,(none),gold,tin,NULL}'', ''{2024-01-01,2024-01-01,2024-03-01,2023-01-01,2024-01-01}'',
			''{Ann,Bob,Cat,Dan,Eve}'') AS move FROM fold f)
		SELECT %s FROM move m ORDER BY 1', since, how);
END
$$;
CREATE FUNCTION pg_temp.survives(name name, at int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.read(format('cvm.%I(m.state, set_byte(m.move, %s, 255 - get_byte(m.move, %s)))::text', name, at, at));
	RETURN true;
EXCEPTION WHEN invalid_parameter_value OR character_not_in_repertoire THEN
	RETURN true;
WHEN OTHERS THEN
	RAISE WARNING '% of %: % %', name, at, SQLSTATE, SQLERRM;
	RETURN false;
END
$$;
SELECT results_eq($$SELECT pg_temp.read('concat_ws('' '', cvm._move_row_key(m.state, m.move), cvm._move_customer(m.state, m.move, NULL::text), cvm._move_segment(m.state, m.move),
	cvm._move_month(m.state, m.move), cvm._move_month_label(m.state, m.move), cvm._move_line(m.state, m.move), cvm._move_customers(m.state, m.move),
	cvm._move_change(m.state, m.move), cvm._move_before(m.state, m.move), cvm._move_after(m.state, m.move), cvm._move_cause(m.state, m.move),
	cvm._move_product(m.state, m.move), coalesce(cvm._move_from_product(m.state, m.move), ''-''), coalesce(cvm._move_reason(m.state, m.move), ''-''),
	cvm._move_channel(m.state, m.move), cvm._move_owner(m.state, m.move), cvm._move_is_complete(m.state, m.move))')$$,
	$$VALUES ('2024-01|new|a a gold 2024-01-01 2024-01 new 1 5.0 0.0 5.0 first P - - web Ann t'),
		('2024-01|new|a customer whose name is longer than a key a customer whose name is longer than a key (none) 2024-01-01 2024-01 new 1 7.0 0.0 7.0 first Q - - (unknown) Bob t'),
		('2024-03|churn|a a gold 2024-03-01 2024-03 churn -1 -5.0 5.0 0.0 left P - price web Cat t')$$, 'each column is read of a move');
SELECT is((SELECT array_agg(r) FROM pg_temp.read('cvm._move_row_key(m.state, m.move)', '2024-02-01') r), '{2024-03|churn|a}', 'moves of some months are given out alone');
SELECT throws_ok(format('SELECT pg_temp.read(%L)', x.how), '22023', 'no move of this state', 'bytes that are no move are refused: ' || x.title)
FROM (VALUES ('too few', 'cvm._move_line(m.state, substr(m.move, 1, 20))'), ('none', 'cvm._move_line(m.state, '''')'),
	('a segment that there is not', 'cvm._move_segment(m.state, set_byte(m.move, 75, 127))'),
	('a name that is cut off', 'cvm._move_row_key(m.state, substr(m.move, 1, length(m.move) - 1))')) AS x (title, how);
SELECT is(count(*) FILTER (WHERE pg_temp.survives(f.name, at.n)), count(*), 'no byte of a move that is another one does more than change the answer or be refused')
FROM (SELECT p.proname AS name FROM pg_proc p WHERE p.pronamespace = 'cvm'::regnamespace AND p.proname ~ '^_move_' AND p.pronargs = 2) f, generate_series(0, 97) AS at (n);

SELECT cmp_ok((SELECT min(f.rows) FROM (SELECT sum(rows) AS rows FROM found GROUP BY view) f), '>=', 40::numeric, 'there was much to compare');

SELECT * FROM finish();
ROLLBACK;
