\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Incremental equals full: what a refresh does in each mode.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();

-- a shop whose history is drawn from a hash, not from random()
CREATE SCHEMA shop;
CREATE FUNCTION shop.draw(what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (hashtext(what || i) & 2147483647) % below;
CREATE TABLE shop.orders (order_no int PRIMARY KEY, buyer bigint, placed_at timestamptz, total numeric(10,2), what text, version bigint);
CREATE SEQUENCE shop.version;
INSERT INTO shop.orders
SELECT i, shop.draw('buyer', i, 60), timestamptz '2024-01-01 00:00+02' + shop.draw('at', i, 24 * 400) * interval '1 hour',
	CASE WHEN shop.draw('total', i, 9) > 0 THEN shop.draw('total', i, 5000) / 100.0 END,
	CASE shop.draw('what', i, 4) WHEN 0 THEN 'visit' ELSE 'order' END, nextval('shop.version')
FROM generate_series(1, 900) i;
CREATE TABLE shop.plans (customer_id bigint, product text, started_on date, ended_on date, mrr numeric, end_reason text, status text);
INSERT INTO shop.plans
SELECT shop.draw('holder', i, 50), 'plan ' || shop.draw('plan', i, 4), date '2024-01-01' + shop.draw('from', i, 300),
	CASE WHEN shop.draw('open', i, 3) > 0 THEN date '2024-01-01' + shop.draw('from', i, 300) + 1 + shop.draw('days', i, 200) END,
	shop.draw('fee', i, 50), CASE WHEN shop.draw('open', i, 3) > 1 THEN 'price' END, CASE WHEN shop.draw('trial', i, 8) = 0 THEN 'trial' END
FROM generate_series(1, 150) i;

CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;

-- incremental equals full, byte for byte, on random histories; four types of
-- ids; ordinary tables, partitioned ones and one that others inherit from
CREATE FUNCTION pg_temp.history(mode text, ids text, kind text, rounds int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	model text := format('h_%s_%s_%s', mode, ids, kind);
	id text := CASE ids WHEN 'uuid' THEN 'md5((%s)::text)::uuid' WHEN 'text' THEN '''c'' || (%s)' ELSE '(%s)' END;
	modes text[] := '{}';
	done text;
	op int;
	wrong bigint;
BEGIN
	EXECUTE format('CREATE TABLE shop.%I (n int, who %s, at timestamptz, total numeric, version bigint) %s', model, ids,
		CASE kind WHEN 'parts' THEN 'PARTITION BY RANGE (at)' ELSE '' END);
	IF kind = 'parts' THEN
		EXECUTE format('CREATE TABLE shop.%1$I PARTITION OF shop.%2$I FOR VALUES FROM (MINVALUE) TO (%3$L); CREATE TABLE shop.%4$I PARTITION OF shop.%2$I DEFAULT',
			model || '_old', model, '2024-06-01', model || '_new');
	END IF;
	IF kind = 'heirs' THEN
		EXECUTE format('CREATE TABLE shop.%1$I () INHERITS (shop.%2$I); CREATE RULE elsewhere AS ON INSERT TO shop.%2$I WHERE new.n %% 2 = 0 DO INSTEAD INSERT INTO shop.%1$I VALUES (new.*)', model || '_even', model);
	END IF;
	PERFORM cvm.create_model(model, tz => 'Europe/Vilnius');
	PERFORM cvm.bind(model, 'event', format('shop.%I', model)::regclass, '{"customer_id": "who", "occurred_at": "at", "amount": "total"}');
	IF mode = 'watermark' THEN
		PERFORM cvm.store(model, 'customer_activity', mode => mode, watermark => 'version');
	ELSE
		PERFORM cvm.store(model, 'customer_activity', mode => mode);
	END IF;
	FOR i IN 1..rounds LOOP
		-- a statement or three, then a refresh
		FOR j IN 0..shop.draw(model || 'many', i, 3) LOOP
			op := CASE WHEN i = 1 THEN 0 ELSE shop.draw(model || 'what', 10 * i + j, CASE mode WHEN 'watermark' THEN 4 ELSE 8 END) END;
			CASE op
			WHEN 0, 1, 7 THEN
				EXECUTE format('INSERT INTO shop.%I SELECT k, %s, timestamptz %L + shop.draw(%L, k, 9000) * interval ''1 hour'', nullif(shop.draw(%4$L, k, 700), 5) / power(10::numeric, shop.draw(%4$L, k + 1, 3)), nextval(%5$L) FROM generate_series(%6$s, %7$s) k',
					model, format(id, format('shop.draw(%L, k, 40)', model || 'who')), '2024-01-01 00:00+02', model, 'shop.version', 1000 * i + 100 * j, 1000 * i + 100 * j + shop.draw(model, i, 90));
			WHEN 2 THEN
				EXECUTE format('UPDATE shop.%I SET total = total + 1, version = nextval(%L) WHERE n %% 7 = %s', model, 'shop.version', shop.draw(model, i + j, 7));
			WHEN 3 THEN
				EXECUTE format('UPDATE shop.%I SET at = at + interval ''70 days'', version = nextval(%L) WHERE n %% 11 = %s', model, 'shop.version', shop.draw(model, i + j, 11));
			WHEN 4 THEN
				EXECUTE format('UPDATE shop.%I SET who = %s WHERE n %% 13 = %s', model, format(id, shop.draw(model, i, 45)), shop.draw(model, i + j, 13));
			WHEN 5 THEN
				EXECUTE format('DELETE FROM shop.%I WHERE n %% 5 = %s', model, shop.draw(model, i + j, 5));
			WHEN 6 THEN
				EXECUTE format('DELETE FROM shop.%I WHERE who = %s', model, format(id, shop.draw(model, i + j, 40)));
				IF i % 5 = 0 THEN
					EXECUTE format('TRUNCATE shop.%I', model);
				ELSIF kind = 'parts' AND mode = 'scan' THEN
					-- a partition goes and comes back
					EXECUTE CASE WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = format('shop.%I', model || '_old')::regclass)
						THEN format('ALTER TABLE shop.%I DETACH PARTITION shop.%I', model, model || '_old')
						ELSE format('WITH d AS (DELETE FROM shop.%2$I WHERE at < %3$L RETURNING *) INSERT INTO shop.%4$I SELECT * FROM d; ALTER TABLE shop.%1$I ATTACH PARTITION shop.%4$I FOR VALUES FROM (MINVALUE) TO (%3$L)',
							model, model || '_new', '2024-06-01', model || '_old') END;
				END IF;
			END CASE;
		END LOOP;
		SELECT r.mode INTO done FROM cvm.refresh_here(model) r;
		modes := modes || done;
		EXECUTE format($q$SELECT count(*) FROM (
			SELECT customer_id, activity::text FROM %1$I.customer_activity) k
			FULL JOIN (SELECT customer_id, cvm.activity_agg(occurred_at, 'Europe/Vilnius', amount, true, true)::text AS activity FROM %1$I.event WHERE customer_id IS NOT NULL GROUP BY 1) f
			USING (customer_id) WHERE k.activity IS DISTINCT FROM f.activity$q$, model) INTO wrong;
		IF wrong > 0 THEN
			RETURN NEXT format('round %s: %s customers differ', i, wrong);
		END IF;
	END LOOP;
	-- the first one after an empty table may be full, the others are not
	IF (SELECT count(*) FROM unnest(modes) m WHERE m = history.mode) < rounds / 2 THEN
		RETURN NEXT 'done in modes ' || modes::text;
	END IF;
END
$$;
SELECT is_empty(format('SELECT pg_temp.history(%L, %L, %L, 14)', h.mode, h.ids, h.kind),
	format('incremental by %s equals full, byte for byte: %s, %s ids', h.mode, h.kind, h.ids))
FROM (VALUES ('queue', 'bigint', 'table'), ('queue', 'uuid', 'table'), ('queue', 'text', 'parts'), ('queue', 'integer', 'parts'),
	('watermark', 'bigint', 'table'), ('watermark', 'text', 'parts'), ('full', 'uuid', 'table'),
	('scan', 'uuid', 'parts'), ('scan', 'integer', 'parts'), ('scan', 'text', 'parts'), ('scan', 'bigint', 'heirs')) AS h (mode, ids, kind);
SELECT is_empty($$SELECT q.* FROM shop.h_queue_bigint_table_customer_activity_queue q$$, 'the queue is empty afterwards');

CREATE FUNCTION pg_temp.wrong(model name) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE format($q$SELECT count(*) FROM (SELECT customer_id, activity::text FROM %1$I.customer_activity) k
		FULL JOIN (SELECT customer_id, cvm.activity_agg(occurred_at, 'Europe/Vilnius', amount, true, true)::text AS activity FROM %1$I.event WHERE customer_id IS NOT NULL GROUP BY 1) f
		USING (customer_id) WHERE k.activity IS DISTINCT FROM f.activity$q$, model) INTO n;
	RETURN n;
END
$$;
-- how often the table was read while a query ran
CREATE FUNCTION pg_temp.scans(relation regclass, query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	was bigint := pg_stat_get_xact_numscans(relation);
BEGIN
	EXECUTE query;
	RETURN pg_stat_get_xact_numscans(relation) - was;
END
$$;

-- pure appends merge: what a row adds is known when it comes in
SELECT pg_temp.quietly($$SELECT cvm.create_model('kept', tz => 'Europe/Vilnius', currency => 'EUR');
	SELECT cvm.bind('kept', 'event', 'shop.orders', '{"customer_id": "buyer", "occurred_at": "placed_at", "amount": "total"}'), cvm.bind('kept', 'subscription', 'shop.plans');
	SELECT cvm.store('kept', 'customer_activity', mode => 'queue')$$);
INSERT INTO shop.orders SELECT 2000 + i, i, timestamptz '2024-03-01 10:00+02' + i * interval '9 days', 1.25, 'order', nextval('shop.version') FROM generate_series(1, 40) i;
SELECT is(pg_temp.scans('shop.orders', $$SELECT cvm.refresh_here('kept')$$), 0::bigint, 'rows that were only added, late ones too, are merged without reading the source');
SELECT is((SELECT (mode, rows_written, rows_removed)::text FROM cvm.refresh_log ORDER BY refresh_id DESC LIMIT 1), '(queue,40,0)', 'merged states are there for each of the forty customers');
SELECT is(pg_temp.wrong('kept'), 0::bigint, 'events that are added are merged to the bytes of a full fold');
UPDATE shop.orders SET total = total + 1 WHERE order_no = 2001;
SELECT ok(pg_temp.scans('shop.orders', $$SELECT cvm.refresh_here('kept')$$) > 0, 'a change has the source read');
SELECT is(pg_temp.wrong('kept'), 0::bigint, 'a source that is read again gives the same result');

-- a scan reads a part that did not change once, for its fingerprint
CREATE TABLE shop.parts (who int, at timestamptz, amount numeric) PARTITION BY RANGE (at);
CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE shop.parts_2 PARTITION OF shop.parts FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO shop.parts SELECT i % 30, timestamptz '2024-01-01 12:00+02' + i % 55 * interval '1 day', i FROM generate_series(1, 500) i;
SELECT pg_temp.quietly($$SELECT cvm.create_model('parts', tz => 'Europe/Vilnius');
	SELECT cvm.bind('parts', 'event', 'shop.parts', '{"customer_id": "who", "occurred_at": "at"}');
	SELECT cvm.store('parts', 'customer_activity', mode => 'scan')$$);
SELECT set_eq($$SELECT part FROM cvm.source_part WHERE model = 'parts'$$, '{shop.parts_1,shop.parts_2}'::text[], 'the parts of a partitioned table are its partitions');
INSERT INTO shop.parts VALUES (7, '2024-02-10 12:00+02', 3);
SELECT is(pg_temp.scans('shop.parts_1', $$SELECT cvm.refresh_here('parts')$$), 1::bigint, 'a partition that did not change is read once, for its fingerprint');
INSERT INTO shop.parts VALUES (8, '2024-02-10 12:00+02', 3);
SELECT is(pg_temp.scans('shop.parts_2', $$SELECT cvm.refresh_here('parts')$$), 2::bigint, 'one that did is folded');
SELECT is((SELECT (mode, rows_written, rows_removed)::text FROM cvm.refresh_log ORDER BY refresh_id DESC LIMIT 1), '(scan,1,0)', 'the refresh writes one customer');
SELECT is((SELECT count(*) FROM parts.customer_activity_part), (SELECT count(*) FROM (SELECT DISTINCT tableoid, who FROM shop.parts) d), 'a state is kept per partition and customer');
UPDATE shop.parts SET at = at - interval '29 days' WHERE who = 9 AND at >= '2024-02-01';
SELECT is((SELECT (mode, rows_written)::text FROM cvm.refresh_here('parts')), '(scan,1)', 'rows that move to another partition are one customer');
SELECT is(pg_temp.wrong('parts'), 0::bigint, 'a customer who moved to another partition is right in both');
-- what a row says can change without the row
ALTER TABLE shop.parts ADD other timestamptz;
UPDATE shop.parts SET other = at + interval '1 day';
SELECT is((SELECT rows_written FROM cvm.refresh_here('parts')), 0::bigint, 'a column that is not read changes no state');
CREATE TEMP TABLE told AS SELECT count(*) FROM parts.customer_activity;
SELECT pg_temp.quietly($$SELECT cvm.unbind('parts', 'event');
	ALTER TABLE shop.parts RENAME at TO was; ALTER TABLE shop.parts RENAME other TO at;
	SELECT cvm.bind('parts', 'event', 'shop.parts', '{"customer_id": "who", "occurred_at": "at"}')$$);
SELECT is((SELECT mode FROM cvm.refresh_here('parts')), 'full', 'two columns that swapped names are noticed');
SELECT is(pg_temp.wrong('parts'), 0::bigint, 'everything is folded again after two columns swapped names');
CREATE TYPE shop.plan AS ENUM ('S', 'M');
CREATE TABLE shop.held (customer_id int, product shop.plan, started_on date, ended_on date, mrr numeric) PARTITION BY HASH (customer_id);
CREATE TABLE shop.held_0 PARTITION OF shop.held FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.held_1 PARTITION OF shop.held FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO shop.held SELECT i, CASE WHEN i % 2 = 0 THEN 'S' ELSE 'M' END::shop.plan, date '2024-01-01' + i, NULL, i FROM generate_series(1, 30) i;
SELECT pg_temp.quietly($$SELECT cvm.bind('parts', 'subscription', 'shop.held'); SELECT cvm.store('parts', 'customer_holdings', mode => 'scan')$$);
ALTER TYPE shop.plan RENAME VALUE 'M' TO 'L';
SELECT is((SELECT (mode, rows_written)::text FROM cvm.refresh_here('parts', '{customer_holdings}')), '(scan,15)', 'a renamed word of an enum is noticed');
-- other modes and back
SELECT lives_ok($$SELECT cvm.store('parts', 'customer_activity', mode => 'queue')$$, 'the mode is changed');
SELECT hasnt_table('parts', 'customer_activity_part', 'the tables of the old mode go');
SELECT lives_ok($$SELECT cvm.store('parts', 'customer_activity', mode => 'scan')$$, 'the mode is changed back');
INSERT INTO shop.parts (who, was, at, amount) VALUES (8, '2024-02-10 12:00+02', '2024-02-10 12:00+02', 3);
SELECT is((SELECT mode FROM cvm.refresh_here('parts', '{customer_activity}')), 'scan', 'a mode that is changed back scans again');
SELECT is(pg_temp.wrong('parts'), 0::bigint, 'a mode that is changed back scans rightly');
SELECT pg_temp.quietly($$SELECT cvm.unstore('parts', 'customer_activity')$$);
CREATE TABLE parts.customer_activity_part ();
SELECT pg_temp.quietly($$SELECT cvm.store('parts', 'customer_activity')$$);
SELECT throws_ok($$SELECT cvm.store('parts', 'customer_activity', mode => 'scan')$$, '42P07', NULL, 'a table that is somebody else''s is not taken');
SELECT pg_temp.quietly($$SELECT cvm.unstore('parts', 'customer_activity')$$);
SELECT has_table('parts', 'customer_activity_part', 'a table that is somebody else''s is not dropped');
DROP TABLE parts.customer_activity_part;
-- row-level security: partitions do not have that of their parent
CREATE ROLE cvm_scan_owner;
GRANT USAGE ON SCHEMA shop TO cvm_scan_owner;
GRANT SELECT ON shop.parts, shop.parts_1, shop.parts_2 TO cvm_scan_owner;
ALTER TABLE shop.parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON shop.parts TO cvm_scan_owner USING (who < 10);
SELECT pg_temp.quietly(format('GRANT CREATE ON DATABASE %I TO cvm_scan_owner', current_database()));
SET ROLE cvm_scan_owner;
SELECT pg_temp.quietly($$SELECT cvm.create_model('few', tz => 'UTC'); SELECT cvm.bind('few', 'event', 'shop.parts', '{"customer_id": "who", "occurred_at": "at"}')$$);
SELECT throws_ok($$SELECT cvm.store('few', 'customer_activity', mode => 'scan')$$, '0A000', NULL, 'a scan does not read past row-level security');
SELECT lives_ok($$SELECT cvm.store('few', 'customer_activity')$$, 'a full fold obeys it');
SELECT is((SELECT count(*) FROM few.customer_activity), 10::bigint, 'a full fold has ten customers');
RESET ROLE;

-- holdings too
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'customer_holdings', mode => 'queue')$$);
INSERT INTO shop.plans SELECT shop.draw('h2', i, 55), 'plan ' || i % 4, date '2024-03-01' + i, date '2024-03-01' + i + shop.draw('d2', i, 90), i, 'price', NULL FROM generate_series(1, 40) i;
SELECT is((SELECT mode || ' ' || (rows_written BETWEEN 20 AND 40) FROM cvm.refresh_here('kept', '{customer_holdings}')), 'queue true', 'spells that are added are merged');
CREATE FUNCTION pg_temp.wrong_holdings() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM kept.customer_holdings k FULL JOIN (
		SELECT customer_id, cvm.holdings_agg(product, started_on, ended_on, CASE WHEN status = 'trial' THEN 0 ELSE mrr END) AS holdings FROM kept.subscription GROUP BY 1) f USING (customer_id)
	WHERE k.holdings::text IS DISTINCT FROM f.holdings::text$$;
SELECT is(pg_temp.wrong_holdings(), 0::bigint, 'spells that are added are merged to the bytes of a full fold');
UPDATE shop.plans SET ended_on = '2024-12-01', end_reason = 'moved' WHERE ended_on IS NULL AND customer_id % 2 = 0;
DELETE FROM shop.plans WHERE customer_id % 7 = 1;
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SELECT is(pg_temp.wrong_holdings(), 0::bigint, 'ends and deletions are folded to the bytes of a full fold');
SELECT isnt_empty($$SELECT * FROM kept.customer_holdings_restatement WHERE what ~ 'plan . until' AND rows_after < rows_before AND day < closed_before$$, 'spells that are gone from the past are written down as restatements');
SELECT throws_ok($$SELECT cvm.store('kept', 'customer_holdings', mode => 'scan')$$, '42809', 'shop.plans has no partitions, and mode "scan" goes by partitions', 'a table without partitions is not scanned');
SELECT pg_temp.quietly($$SELECT cvm.unstore('kept', 'customer_holdings'), cvm.unbind('kept', 'subscription')$$);
ALTER TABLE shop.plans RENAME TO plans_all;
CREATE TABLE shop.plans (LIKE shop.plans_all) PARTITION BY RANGE (started_on);
CREATE TABLE shop.plans_old PARTITION OF shop.plans FOR VALUES FROM (MINVALUE) TO ('2024-05-01');
CREATE TABLE shop.plans_new PARTITION OF shop.plans DEFAULT;
INSERT INTO shop.plans TABLE shop.plans_all;
SELECT pg_temp.quietly($$SELECT cvm.bind('kept', 'subscription', 'shop.plans'), cvm.store('kept', 'customer_holdings', mode => 'scan')$$);
INSERT INTO shop.plans SELECT shop.draw('h3', i, 55), 'plan ' || i % 4, date '2024-03-01' + i, date '2024-03-01' + i + shop.draw('d2', i, 90), i, 'price', NULL FROM generate_series(1, 40) i;
UPDATE shop.plans SET started_on = started_on - 40 WHERE customer_id % 9 = 2;
DELETE FROM shop.plans WHERE customer_id % 7 = 3;
SELECT is((SELECT mode FROM cvm.refresh_here('kept', '{customer_holdings}')), 'scan', 'spells are scanned by partition');
SELECT is(pg_temp.wrong_holdings(), 0::bigint, 'spells that are scanned by partition give the bytes of a full fold');

SELECT * FROM finish();
ROLLBACK;
