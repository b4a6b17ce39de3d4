\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
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
CREATE TABLE shop.segments (customer_id bigint, segment text, valid_from date, valid_to date);
INSERT INTO shop.segments
SELECT i, CASE WHEN i % 3 = 0 THEN 'gold' ELSE 'silver' END, date '2023-12-01', CASE WHEN i % 5 = 0 THEN date '2024-06-10' END FROM generate_series(0, 50) i
UNION ALL SELECT i, 'gold', '2024-06-10', NULL FROM generate_series(0, 50, 5) i;

CREATE TABLE shop.plans (customer_id bigint, product text, started_on date, ended_on date, mrr numeric, end_reason text, status text);
INSERT INTO shop.plans
SELECT shop.draw('holder', i, 50), 'plan ' || shop.draw('plan', i, 4), date '2024-01-01' + shop.draw('from', i, 300),
	CASE WHEN shop.draw('open', i, 3) > 0 THEN date '2024-01-01' + shop.draw('from', i, 300) + 1 + shop.draw('days', i, 200) END,
	shop.draw('fee', i, 50), CASE WHEN shop.draw('open', i, 3) > 1 THEN 'price' END, CASE WHEN shop.draw('trial', i, 8) = 0 THEN 'trial' END
FROM generate_series(1, 150) i;

CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;
-- reports of a model, as one set
CREATE FUNCTION pg_temp.reports(model name, which text DEFAULT '^(retention_(month|week)|lifecycle_month|mrr_movement|survival)$') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	v text;
BEGIN
	FOR v IN SELECT c.view FROM cvm.catalog(model) c JOIN cvm.report_view r USING (view) WHERE c."exists" AND c.view ~ which LOOP
		RETURN QUERY EXECUTE format('SELECT %L || t::text FROM %I.%I t', v || ' ', model, v);
	END LOOP;
END
$$;
SELECT pg_temp.quietly($$SELECT cvm.create_model('live', tz => 'Europe/Vilnius', currency => 'EUR'),
	cvm.create_model('kept', tz => 'Europe/Vilnius', currency => 'EUR')$$);
SELECT pg_temp.quietly(format($$SELECT cvm.bind(%L, 'event', 'shop.orders', '{"customer_id": "buyer", "occurred_at": "placed_at", "amount": "total", "kind": "what"}')$$, m))
FROM unnest('{live,kept}'::text[]) m;
SELECT pg_temp.quietly(format($$SELECT cvm.bind(%L, 'subscription', 'shop.plans')$$, m)) FROM unnest('{live,kept}'::text[]) m;

-- the same answers, whatever is asked
SELECT is(cvm.store('kept', 'customer_activity')::text, 'kept.customer_activity', 'states are stored in a table of the model');
SELECT ok(pg_get_viewdef('kept.retention_month'::regclass) ~ 'customer_activity' AND pg_get_viewdef('kept.retention_month'::regclass) !~ 'event', 'views read stored states in place of the events');
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'every report says the same from states, without segments');
SELECT is(cvm.store('kept', 'customer_holdings', mode => 'queue')::text, 'kept.customer_holdings', 'holdings are stored too');
SELECT ok(pg_get_viewdef('kept.mrr_movement'::regclass) ~ 'customer_holdings' AND pg_get_viewdef('kept.mrr_movement'::regclass) !~ 'FROM subscription', 'views of subscriptions read stored holdings');
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'views that read stored holdings have the same answers');
SELECT pg_temp.quietly(format($$SELECT cvm.bind(%L, 'segment_history', 'shop.segments')$$, m)) FROM unnest('{live,kept}'::text[]) m;
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'views that read what is stored have the same answers with segments');
SELECT pg_temp.quietly(format($$SELECT cvm.configure(%L, 'as_of', '2024-09-17'), cvm.configure(%1$L, 'week_start', '7')$$, m)) FROM unnest('{live,kept}'::text[]) m;
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'views that read what is stored have the same answers with a cut-off in the past and weeks from Sunday');
SELECT is((SELECT is_stale FROM cvm.freshness WHERE object = 'customer_activity'), false, 'another cut-off needs no states folded again');
SELECT pg_temp.quietly(format($$SELECT cvm.configure(%L, 'start_kinds', 'order'), cvm.configure(%1$L, 'time_zone', 'America/New_York')$$, m)) FROM unnest('{live,kept}'::text[]) m;
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'with another zone, at once: the views read the events again');
SELECT is((SELECT reason FROM cvm.freshness WHERE object = 'customer_activity'), 'settings or binding changed', 'the states say that they are stale after another zone');
SELECT is((SELECT sum(rows_restated) FROM cvm.refresh_here('kept')), 0::numeric, 'states of another zone are folded again; a setting is no restatement');
SELECT ok(pg_get_viewdef('kept.retention_month'::regclass) ~ 'customer_activity', 'states that were folded again are read again');
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'states that were folded again give the same answers');
SELECT is((SELECT count(*) FROM cvm.catalog('kept') WHERE is_stored), 2::bigint, 'the catalog shows what is stored');

-- every report in a table
SELECT lives_ok(format('SELECT cvm.store(%L, %L)', 'kept', v.view), v.view || ' is stored') FROM cvm.catalog('live') v WHERE v."exists" ORDER BY 1;
SELECT is_empty($$SELECT l.view, l.reads, k.reads FROM cvm.catalog('live') l JOIN cvm.catalog('kept') k USING (view)
	WHERE l.reads IS NOT NULL AND NOT coalesce(regexp_split_to_array(l.reads, ', ') <@ regexp_split_to_array(k.reads, ', '), false)$$, 'the catalog says of what is stored too which entities it is made of');
SELECT bag_eq($$SELECT pg_temp.reports('kept', '')$$, $$SELECT pg_temp.reports('live', '')$$, 'every stored report says what its view says');
SELECT is_empty($$SELECT v.view FROM cvm.catalog('live') v WHERE v."exists" AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = ('kept.' || v.view || '_stored')::regclass AND i.indisprimary AND pg_get_indexdef(i.indexrelid) LIKE '%(row_key)')$$, 'each table has its row_key as key');
SELECT is_empty($$SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'kept'::regnamespace AND c.relkind IN ('r', 'v') AND col_description(c.oid, a.attnum) IS NULL$$, 'every column of every table has a comment');
SELECT set_eq($$SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'kept.retention_month'::regclass$$,
	$$SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'live.retention_month'::regclass$$, 'the view has the columns it had');

-- a closed month that changes is written down: which cells, and because of whom
SELECT pg_temp.quietly($$SELECT cvm.configure(m, 'start_kinds', NULL), cvm.configure(m, 'as_of', 'data') FROM unnest('{live,kept}'::name[]) m$$);
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
INSERT INTO shop.orders VALUES (5000, 7, '2024-03-05 12:00+02', 11.00, 'order', nextval('shop.version'));
SELECT is((SELECT rows_restated FROM cvm.refresh_here('kept', '{customer_activity}')), 1::bigint, 'a late order restates one customer');
SELECT is((SELECT (customer_id, day, what, closed_before > day, rows_after - rows_before, value_after - value_before)::text FROM kept.customer_activity_restatement), '(7,2024-03-05,events,t,1,11.00)', 'a restatement says whose, which day, by one order and what it brought');
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SELECT results_eq($$SELECT DISTINCT period, change FROM cvm.restatement WHERE relation = 'retention_month' AND row_key LIKE '(all)%' AND column_name = 'value'$$,
	$$VALUES (date '2024-03-01', 11.00::numeric)$$, 'the cells of March are restated by as much');
SELECT is_empty($$SELECT * FROM cvm.restatement WHERE column_name IN ('retained_or_later_customers', 'as_of')$$, 'what goes on changing by its nature is no restatement');
INSERT INTO shop.orders VALUES (5001, 7, (SELECT max(placed_at) + interval '40 days' FROM shop.orders), 1.00, 'order', nextval('shop.version'));
CREATE TEMP TABLE seen AS SELECT count(*) AS n FROM cvm.restatement;
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SELECT is((SELECT count(*) FROM cvm.restatement), (SELECT n FROM seen), 'a further month is no restatement either');
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'all stored reports are what they would be without tables');

-- users' own materialized views over every report
SELECT lives_ok(format($$CREATE MATERIALIZED VIEW shop.my_%1$s AS SELECT * FROM live.%1$s; CREATE UNIQUE INDEX ON shop.my_%1$s (row_key);
	REFRESH MATERIALIZED VIEW CONCURRENTLY shop.my_%1$s; REFRESH MATERIALIZED VIEW CONCURRENTLY shop.my_%1$s$$, v.view), 'a materialized view over ' || v.view || ' is refreshed concurrently, twice')
FROM cvm.catalog('live') v WHERE v."exists" ORDER BY 1;

-- back again
SELECT lives_ok(format('SELECT cvm.unstore(%L, %L)', 'kept', t.relation), t.relation || ' is stored no longer') FROM cvm.stored t WHERE model = 'kept' ORDER BY relation;
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r'$$, 'no table is left');
SELECT bag_eq($$SELECT pg_temp.reports('kept', '')$$, $$SELECT pg_temp.reports('live', '')$$, 'every report computes what it read');
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'every report says the same with stored states');

-- the queue never makes a write fail
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'customer_activity', mode => 'queue')$$);
SELECT lives_ok($$ALTER TABLE shop.orders RENAME COLUMN buyer TO customer_no$$, 'a column is renamed');
SELECT lives_ok($$INSERT INTO shop.orders VALUES (6000, 1, '2024-08-01', 1, 'order')$$, 'rows still come in after a column was renamed');
SELECT is((SELECT count(*) FROM shop.kept_customer_activity_queue WHERE customer_id IS NULL), 1::bigint, 'a row that comes after its column was renamed is queued as "everybody"');
SELECT throws_ok($$SELECT cvm.refresh_here('kept')$$, '55000', NULL, 'a refresh says that the binding waits');
SELECT isnt((SELECT problem FROM cvm.check_model('kept') LIMIT 1), NULL, 'check_model says that the binding waits, with the fix');
SELECT pg_temp.quietly(c.fix) FROM cvm.check_model('kept') c WHERE c.problem = 'broken_binding';
SELECT is((SELECT mode FROM cvm.refresh_here('kept')), 'full', 'after which it is a full one');
INSERT INTO shop.orders VALUES (6001, 2, '2024-08-01', 'NaN', 'order');
DELETE FROM shop.orders WHERE order_no = 6001;
INSERT INTO shop.orders VALUES (6002, 2, '2024-08-02', 4, 'order');
SELECT is((SELECT mode FROM cvm.refresh_here('kept')), 'queue', 'an amount that is not a number does not stop the writer');
SELECT pg_temp.quietly($$SELECT cvm.bind('live', 'event', 'shop.orders', '{"customer_id": "customer_no", "occurred_at": "placed_at", "amount": "total", "kind": "what"}')$$);
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'a refresh is right after an amount that was not a number');

-- swapped, as loaders do
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'retention_month')$$);
CREATE TABLE shop.orders__new AS SELECT * FROM shop.orders WHERE order_no % 9 > 0;
ALTER TABLE shop.orders RENAME TO orders__backup;
ALTER TABLE shop.orders__new RENAME TO orders;
CREATE TEMP TABLE before AS SELECT * FROM kept.retention_month;
DROP TABLE shop.orders__backup CASCADE;
SELECT bag_eq('SELECT * FROM kept.retention_month', 'SELECT * FROM before', 'a stored report survives DROP ... CASCADE of its source');
SELECT has_table('kept', 'customer_activity', 'stored states survive DROP ... CASCADE of their source');
SELECT pg_temp.quietly($$SELECT cvm.rebuild(m) FROM unnest('{live,kept}'::name[]) m$$);
SELECT is((SELECT string_agg(mode, ' ') FROM cvm.refresh_here('kept')), 'full full', 'rebuild brings the rest back; what is stored is folded from the new table');
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'what is folded from the new table has its answers');
INSERT INTO shop.orders VALUES (7000, 3, '2024-08-03', 4, 'order');
SELECT is((SELECT mode FROM cvm.refresh_here('kept', '{customer_activity}')), 'queue', 'the new table of a source feeds the queue');
-- moved
CREATE SCHEMA lake;
ALTER TABLE shop.orders SET SCHEMA lake;
SELECT pg_temp.quietly($$SELECT cvm.bind(m, 'event', 'lake.orders', '{"customer_id": "customer_no", "occurred_at": "placed_at", "amount": "total", "kind": "what"}') FROM unnest('{live,kept}'::name[]) m$$);
INSERT INTO lake.orders VALUES (7001, 3, '2024-08-04', 4, 'order');
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'bind follows a source to another schema');
-- of another type
CREATE ROLE cvm_store_grantee;
GRANT SELECT ON live.retention_month TO cvm_store_grantee;
SELECT throws_ok('ALTER TABLE lake.orders ALTER placed_at TYPE date USING placed_at::date', '0A000', NULL, 'PostgreSQL refuses another type under a view');
SELECT isnt_empty($$SELECT * FROM cvm.retype('kept', 'event', 'occurred_at', 'date')$$, 'retype changes it, under the views of every model');
SELECT col_type_is('lake', 'orders', 'placed_at', 'date', 'retype changes the type in the source');
SELECT ok(has_table_privilege('cvm_store_grantee', 'live.retention_month', 'SELECT'), 'retype leaves the rights that there were');
SELECT throws_ok($$SELECT cvm.retype('kept', 'event', 'ocurred_at', 'date')$$, '42703', NULL, 'a column that is not bound cannot be retyped');
INSERT INTO lake.orders VALUES (7002, 3, '2024-08-05', 4, 'order');
SELECT is((SELECT mode FROM cvm.refresh_here('kept', '{customer_activity}')), 'full', 'a column of another type is folded from the beginning');
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'a column of another type gives the same answers as ever');

-- small groups
SELECT pg_temp.quietly($$SELECT cvm.configure(m, 'min_group_size', '5') FROM unnest('{live,kept}'::name[]) m$$);
SELECT is_empty($$SELECT * FROM live.retention_month WHERE cohort_customers < 5$$, 'no cohort of fewer than five is shown');
SELECT isnt((SELECT count(*) FROM live.retention_month), 0::bigint, 'cohorts of five or more are shown');
SELECT is_empty($$SELECT period_start, period_no, a.cohort_customers, sum(s.cohort_customers) FROM live.retention_month a LEFT JOIN live.retention_month s USING (period_start, period_no)
	WHERE a.segment = '(all)' AND s.segment <> '(all)' GROUP BY 1, 2, 3 HAVING a.cohort_customers - sum(s.cohort_customers) BETWEEN 1 AND 4$$, 'no group in a stored table can be had by subtraction from the total');
SELECT isnt_empty($$SELECT * FROM live.retention_month WHERE segment <> '(all)'$$, 'segments are shown where nothing can be subtracted');
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SELECT bag_eq($$SELECT pg_temp.reports('kept')$$, $$SELECT pg_temp.reports('live')$$, 'what is stored leaves them out too');

-- a reader has what a dashboard needs, and nothing else
CREATE ROLE cvm_store_reader;
SELECT results_eq($$SELECT view, can_read, needs FROM cvm.grant_reader('kept', 'cvm_store_reader') WHERE view IN ('retention_month', 'retention_week') ORDER BY 1$$,
	$$VALUES ('retention_month', true, NULL), ('retention_week', false, 'SELECT cvm.store(''kept'', ''retention_week''); or rights on the source')$$, 'grant_reader says what can be read, and what that takes');
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'retention_week')$$);
SET ROLE cvm_store_reader;
SELECT lives_ok('SELECT * FROM kept.retention_month', 'a reader reads a stored report');
SELECT lives_ok('SELECT * FROM kept.retention_week', 'a reader reads a report that was stored later');
SELECT throws_ok('SELECT * FROM kept.customer_activity', '42501', NULL, 'a reader does not read customers');
SELECT throws_ok('SELECT * FROM kept.event', '42501', NULL, 'events cannot be read by a reader');
SELECT throws_ok('SELECT * FROM lake.orders', '42501', NULL, 'the source cannot be read by a reader');
SELECT is((SELECT count(*) FROM cvm.binding) + (SELECT count(*) FROM cvm.restatement) + (SELECT count(*) FROM cvm.refresh_log), 0::bigint, 'the registry cannot be read by a reader');
SELECT set_eq('SELECT object, is_stale FROM cvm.freshness', $$VALUES ('customer_activity', false), ('retention_month', false), ('retention_week', false)$$, 'how fresh it all is can be read by a reader');
SELECT throws_ok($$SELECT cvm.refresh_here('kept')$$, '42501', NULL, 'nothing can be changed by a reader');
RESET ROLE;
SELECT pg_temp.quietly($$SELECT cvm.configure('kept', 'min_group_size', '20')$$);
SET ROLE cvm_store_reader;
SELECT throws_ok('SELECT * FROM kept.retention_month_stored', '42501', NULL, 'groups that are too small now are gone at once');
RESET ROLE;
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SET ROLE cvm_store_reader;
SELECT is_empty('SELECT * FROM kept.retention_month WHERE cohort_customers < 20', 'no group is too small after a refresh');
RESET ROLE;
SELECT pg_temp.quietly($$SELECT cvm.revoke_reader('kept', 'cvm_store_reader')$$);
SET ROLE cvm_store_reader;
SELECT throws_ok('SELECT * FROM kept.retention_month', '42501', NULL, 'revoke_reader takes it all back');
RESET ROLE;
-- the model of somebody else
SELECT pg_temp.quietly('CREATE ROLE cvm_store_owner; GRANT CREATE ON DATABASE ' || quote_ident(current_database()) || ' TO cvm_store_owner; GRANT USAGE, CREATE ON SCHEMA lake TO cvm_store_owner; ALTER TABLE lake.orders OWNER TO cvm_store_owner');
SET ROLE cvm_store_owner;
SELECT pg_temp.quietly($$SELECT cvm.create_model('theirs', tz => 'UTC')$$);
SELECT pg_temp.quietly($$SELECT cvm.bind('theirs', 'event', 'lake.orders', '{"customer_id": "customer_no", "occurred_at": "placed_at", "amount": "total", "kind": "what"}')$$);
SELECT lives_ok($$SELECT cvm.store('theirs', 'customer_activity', mode => 'queue'), cvm.store('theirs', 'retention_month')$$, 'an ordinary role stores');
SELECT lives_ok($$INSERT INTO lake.orders VALUES (8000, 3, '2024-08-06', 4, 'order')$$, 'an ordinary role writes to a table with a queue');
SELECT is((SELECT string_agg(mode, ' ') FROM cvm.refresh_here('theirs')), 'queue full', 'a role without other rights refreshes');
RESET ROLE;
SELECT throws_ok($$SELECT cvm.refresh_here('theirs')$$, '42501', 'a superuser does not work with model "theirs", which belongs to role "cvm_store_owner"', 'a superuser does not run the code of others');

-- what is said to who errs
SELECT throws_ok($$SELECT cvm.store('kept', 'retention_moth')$$, '42704', 'unknown state or report view "retention_moth"', 'an unknown name is refused');
SELECT throws_ok($$SELECT cvm.store('kept', 'retention_month', mode => 'queue')$$, '22023', NULL, 'a report has no queue');
SELECT throws_ok($$SELECT cvm.store('kept', 'customer_activity', mode => 'magic')$$, '22023', 'unknown mode "magic"', 'an unknown mode is refused');
SELECT throws_ok($$SELECT cvm.store('kept', 'customer_activity', mode => 'watermark')$$, '22023', NULL, 'a watermark without a column');
SELECT throws_ok($$SELECT cvm.store('kept', 'customer_activity', mode => 'watermark', watermark => 'vershun')$$, '42703', NULL, 'a column that is not there');
SELECT throws_ok($$SELECT cvm.store('kept', 'customer_activity', mode => 'watermark', watermark => 'what')$$, '42804', NULL, 'a column that does not grow');
SELECT throws_ok($$SELECT cvm.store('kept', 'customer_activity', mode => 'watermark', watermark => 'version', overlap => '2 hours')$$, '22023', NULL, 'an overlap that does not fit');
SELECT throws_ok($$SELECT cvm.unstore('kept', 'lifecycle_month')$$, '42704', '"lifecycle_month" of model "kept" is not stored', 'unstore of what is not stored');
SELECT throws_ok($$SELECT cvm.refresh_here('kept', '{lifecycle_month}')$$, '42704', NULL, 'what is not stored is not refreshed');
SELECT throws_ok($$SELECT cvm.grant_reader('kept', 'nobody_of_that_name')$$, '42704', NULL, 'a role that is not there');
CREATE TABLE kept.lifecycle_month_stored ();
SELECT throws_ok($$SELECT cvm.store('kept', 'lifecycle_month')$$, '42P07', NULL, 'a table that is somebody else''s');
DROP TABLE kept.lifecycle_month_stored;

-- what somebody else puts under a name of the model is not taken for the model's
CREATE ROLE cvm_store_stranger;
GRANT USAGE, CREATE ON SCHEMA kept, lake TO cvm_store_stranger;
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'customer_activity', mode => 'queue'), cvm.store('kept', 'retention_month')$$);
DROP VIEW kept.retention_quarter;
DROP TABLE kept.retention_month_stored CASCADE;
SET ROLE cvm_store_stranger;
CREATE VIEW kept.retention_quarter AS SELECT 'mine'::text AS row_key;
CREATE TABLE kept.retention_month_stored (row_key text PRIMARY KEY);
RESET ROLE;
SELECT throws_ok($$SELECT cvm.rebuild('kept')$$, '42P07', 'kept.retention_quarter exists and was not made by cvm', 'a view of another role is not replaced');
DROP VIEW kept.retention_quarter;
SELECT lives_ok($$SELECT cvm.rebuild('kept')$$, 'once it is gone the views come back');
SELECT unalike(pg_get_viewdef('kept.retention_month'::regclass), '%_stored%', 'the views do not read a table of another role');
SELECT throws_ok($$SELECT cvm.refresh_here('kept', '{retention_month}')$$, '42501', 'kept.retention_month_stored belongs to role "cvm_store_stranger", not to the owner of model "kept"', 'a table of another role is not written to');
SELECT throws_ok($$SELECT cvm.store('kept', 'retention_month')$$, '42501', NULL, 'when it is stored again either');
DROP TABLE kept.retention_month_stored;
SELECT pg_temp.quietly($$SELECT cvm.unstore('kept', 'retention_month')$$);
SELECT lives_ok($$SELECT cvm.rebuild('kept')$$, 'the model is whole again');
-- a queue, likewise; and writers are never stopped
DROP TABLE lake.kept_customer_activity_queue;
SELECT lives_ok($$INSERT INTO lake.orders VALUES (9000, 3, '2024-08-07', 4, 'order')$$, 'without its queue a source is written to as before');
SELECT pg_temp.quietly('ALTER TABLE lake.orders OWNER TO ' || quote_ident(current_user));
SELECT is((SELECT mode FROM cvm.refresh_here('kept', '{customer_activity}')), 'full', 'the refresh makes a missing queue and reads everything');
DROP TABLE lake.kept_customer_activity_queue;
SET ROLE cvm_store_stranger;
CREATE TABLE lake.kept_customer_activity_queue (customer_id bigint, delta cvm.activity);
CREATE FUNCTION lake.steal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'with the rights of %', current_user; END $$;
CREATE TRIGGER steal BEFORE INSERT ON lake.kept_customer_activity_queue FOR EACH ROW EXECUTE FUNCTION lake.steal();
GRANT ALL ON lake.kept_customer_activity_queue TO PUBLIC;
RESET ROLE;
SELECT lives_ok($$INSERT INTO lake.orders VALUES (9001, 3, '2024-08-07', 4, 'order')$$, 'a queue of another role is not written to');
SELECT throws_ok($$SELECT cvm.refresh_here('kept', '{customer_activity}')$$, '42809', 'lake.kept_customer_activity_queue exists and was not made by cvm', 'a queue of another role is not read');
DROP TABLE lake.kept_customer_activity_queue;
-- nor does a trigger of the user's own give way
SELECT pg_temp.quietly($$SELECT cvm.unstore('kept', 'customer_activity')$$);
CREATE FUNCTION lake.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER kept_customer_activity_insert AFTER INSERT ON lake.orders EXECUTE FUNCTION lake.nothing();
SELECT throws_ok($$SELECT cvm.store('kept', 'customer_activity', mode => 'queue')$$, '42710', NULL, 'a trigger that has the name already stays');
DROP TRIGGER kept_customer_activity_insert ON lake.orders;
-- long names
SELECT pg_temp.quietly(format($$SELECT cvm.create_model(%1$L, tz => 'UTC'), cvm.bind(%1$L, 'event', 'lake.orders', '{"customer_id": "customer_no", "occurred_at": "placed_at"}'),
	cvm.store(%1$L, 'customer_activity', mode => 'queue')$$, repeat('long', 15)));
INSERT INTO lake.orders VALUES (9002, 4, '2024-08-07', 4, 'order');
SELECT is((SELECT mode || rows_written FROM cvm.refresh_here(repeat('long', 15)::name)), 'queue1', 'a model with a long name has a queue of its own');
SELECT pg_temp.quietly(format('SELECT cvm.drop_model(%L)', repeat('long', 15)));

-- nothing is left
SELECT throws_ok($$SELECT cvm.drop_model('theirs')$$, '42501', NULL, 'a superuser does not drop another role''s model');
SELECT lives_ok($$SELECT cvm.drop_model('kept')$$, 'a model is dropped with what it stored');
ALTER TABLE lake.orders OWNER TO cvm_store_owner;
SET ROLE cvm_store_owner;
SELECT lives_ok($$SELECT cvm.drop_model('theirs')$$, 'another model is dropped by its owner');
RESET ROLE;
SELECT is_empty($$SELECT relname FROM pg_class WHERE relname ~ '^(kept|theirs)_' UNION ALL SELECT tgname FROM pg_trigger WHERE tgname ~ '^(kept|theirs)_'$$, 'queues and triggers go with the model');

SELECT * FROM finish();
ROLLBACK;
