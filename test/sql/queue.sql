\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The trigger of a queue is never the reason that a write fails, and what it
-- could not write down is made up for.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET client_min_messages = error;
CREATE ROLE queue_owner;
CREATE ROLE queue_writer;
CREATE SCHEMA wh AUTHORIZATION queue_owner;
CREATE SCHEMA other AUTHORIZATION queue_owner;
-- a writer may write into the source, and nothing else
SELECT format('GRANT CREATE ON DATABASE %I TO queue_owner', current_database()) \gexec
SET ROLE queue_owner;
CREATE TABLE wh.orders (customer_id int, occurred_at date, amount numeric);
CREATE TABLE wh.plans (customer_id int, product text, started_on date, ended_on date, mrr numeric) PARTITION BY RANGE (started_on);
CREATE TABLE wh.plans_all PARTITION OF wh.plans DEFAULT;
INSERT INTO wh.orders SELECT i, date '2024-01-01' + i % 90, i FROM generate_series(1, 60) i;
INSERT INTO wh.plans SELECT i, 'BASIC', date '2024-01-01' + i % 90, NULL, i FROM generate_series(1, 60) i;
GRANT USAGE ON SCHEMA wh, other TO queue_writer;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON wh.orders, wh.plans, wh.plans_all TO queue_writer;
SELECT cvm.create_model('told', tz => 'UTC'), cvm.bind('told', 'event', 'wh.orders'), cvm.bind('told', 'subscription', 'wh.plans'),
	cvm.store('told', 'customer_activity', mode => 'queue'), cvm.store('told', 'customer_holdings', mode => 'queue') \g /dev/null
RESET ROLE;

-- every kind of write, as the writer: NULL, or what went wrong
CREATE FUNCTION pg_temp.write(orders text, plans text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	s text;
BEGIN
	SET LOCAL ROLE queue_writer;
	FOREACH s IN ARRAY ARRAY[
		format('INSERT INTO %s VALUES (1001, %L, 5), (1002, %L, 6)', orders, '2024-03-01', '2024-03-02'),
		format('UPDATE %s SET amount = amount + 1 WHERE amount = 5', orders),
		format('DELETE FROM %s WHERE amount = 6', orders),
		format('INSERT INTO %s SELECT 1003, %L, NULL', orders, '2024-03-02'),
		format('INSERT INTO %s VALUES (1001, %L, %L, NULL, 5)', plans, 'BASIC', '2024-03-01'),
		format('UPDATE %s SET mrr = mrr + 1 WHERE mrr = 5', plans),
		format('DELETE FROM %s WHERE mrr = 6', plans)]
	LOOP
		-- a partitioned source is written to row by row
		CONTINUE WHEN plans IS NULL AND s ~ 'mrr|BASIC';
		BEGIN
			EXECUTE s;
		EXCEPTION WHEN OTHERS THEN
			RESET ROLE;
			RETURN format('%s: %s', s, SQLERRM);
		END;
	END LOOP;
	RESET ROLE;
	RETURN NULL;
END
$$;
-- is what is stored after a refresh what the source says?
CREATE FUNCTION pg_temp.is_true(orders text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	same boolean;
BEGIN
	SET LOCAL ROLE queue_owner;
	PERFORM cvm.refresh_here('told');
	EXECUTE format('SELECT (SELECT (sum(d.events), count(DISTINCT a.customer_id))::text FROM told.customer_activity a CROSS JOIN cvm.days(a.activity) d) = (SELECT (count(*), count(DISTINCT o.customer_id))::text FROM %s o WHERE o.customer_id IS NOT NULL)', orders) INTO same;
	RESET ROLE;
	RETURN same;
END
$$;
SELECT is(pg_temp.write('wh.orders', 'wh.plans'), NULL, 'a role that may write into the source does');
SELECT ok(pg_temp.is_true('wh.orders'), 'a refresh knows what the role wrote');

-- moved into a schema that has not the queue
SET ROLE queue_owner;
ALTER TABLE wh.orders SET SCHEMA other;
ALTER TABLE wh.plans SET SCHEMA other;
REVOKE USAGE ON SCHEMA wh FROM queue_writer;
RESET ROLE;
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'a source is moved to another schema, and the writer writes on');
SET ROLE queue_owner;
SELECT cvm.bind('told', 'event', 'other.orders'), cvm.bind('told', 'subscription', 'other.plans') \g /dev/null
RESET ROLE;
SELECT ok(pg_temp.is_true('other.orders'), 'bound again, a refresh knows of it');

-- grants on the queue taken away, by a review of what PUBLIC may
SET ROLE queue_owner;
REVOKE ALL ON ALL TABLES IN SCHEMA other FROM PUBLIC;
SELECT format('REVOKE ALL ON %I.%I FROM PUBLIC, queue_writer', t.queue_schema, t.queue_name) FROM cvm.stored t WHERE t.model = 'told' \gexec
RESET ROLE;
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'all grants on the queue are taken away, and the writer writes on');
SELECT ok(pg_temp.is_true('other.orders'), 'a refresh knows what the role wrote');

-- columns renamed, of another type, gone
SET ROLE queue_owner;
ALTER TABLE other.orders RENAME customer_id TO buyer;
ALTER TABLE other.plans RENAME customer_id TO holder;
RESET ROLE;
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'columns are renamed, and the writer writes on');
SET ROLE queue_owner;
ALTER TABLE other.orders RENAME buyer TO customer_id;
ALTER TABLE other.plans RENAME holder TO customer_id;
RESET ROLE;
SELECT ok(pg_temp.is_true('other.orders'), 'renamed back, a refresh knows of what came in between');

-- what the fold cannot add up
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'ordinary rows can be written');
INSERT INTO other.orders VALUES (1004, 'infinity', 'NaN');
DELETE FROM other.orders WHERE amount = 'NaN';
SELECT ok(pg_temp.is_true('other.orders'), 'an infinite day and an amount that is no number do not stop a writer either');

-- the queue is gone
SET ROLE queue_owner;
SELECT format('DROP TABLE %I.%I', t.queue_schema, t.queue_name) FROM cvm.stored t WHERE t.model = 'told' \gexec
RESET ROLE;
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'the queues are dropped, and the writer writes on');
SELECT ok(pg_temp.is_true('other.orders'), 'a refresh makes the queues anew, and reads what they missed');

-- the queue's name belongs to somebody else's table
SET ROLE queue_owner;
SELECT format('ALTER TABLE %I.%I RENAME TO %I', t.queue_schema, t.queue_name, t.relation || '_away') FROM cvm.stored t WHERE t.model = 'told' \gexec
RESET ROLE;
SELECT format('CREATE TABLE %I.%I (nothing int)', t.queue_schema, t.queue_name) FROM cvm.stored t WHERE t.model = 'told' \gexec
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'somebody else''s table has the queue''s name, and the writer writes on');
SELECT format('DROP TABLE %I.%I', t.queue_schema, t.queue_name) FROM cvm.stored t WHERE t.model = 'told' \gexec
SELECT format('ALTER TABLE %I.%I RENAME TO %I', t.queue_schema, t.relation || '_away', t.queue_name) FROM cvm.stored t WHERE t.model = 'told' \gexec
SET ROLE queue_owner;
SELECT cvm.refresh_here('told', "full" => true) \g /dev/null
RESET ROLE;

-- a queue with other columns
SET ROLE queue_owner;
SELECT format('ALTER TABLE %I.%I RENAME customer_id TO who', t.queue_schema, t.queue_name) FROM cvm.stored t WHERE t.model = 'told' \gexec
SELECT format('ALTER TABLE %I.%I ADD CHECK (who < 1000)', t.queue_schema, t.queue_name) FROM cvm.stored t WHERE t.model = 'told' \gexec
RESET ROLE;
SELECT is(pg_temp.write('other.orders'), NULL, 'a queue refuses rows, and the writer writes on');
SELECT ok(pg_temp.is_true('other.orders'), 'the refresh makes such a queue anew');

-- schema and model gone, in the way that nobody should
SET ROLE queue_owner;
DROP SCHEMA told CASCADE;
RESET ROLE;
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'the model''s schema is dropped, and the writer writes on');
DELETE FROM cvm.model WHERE model = 'told';
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'the registry forgets the model, and the writer writes on');

-- a model that is dropped leaves nothing on the source
SET ROLE queue_owner;
SELECT cvm.create_model('again', tz => 'UTC'), cvm.bind('again', 'event', 'other.orders'), cvm.store('again', 'customer_activity', mode => 'queue') \g /dev/null
SELECT cvm.drop_model('again') \g /dev/null
RESET ROLE;
SELECT is_empty($$SELECT tgname FROM pg_trigger WHERE tgname LIKE 'again%'$$, 'drop_model takes its triggers off the source');
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'a source without its triggers is written on to');

-- the extension gone
SET ROLE queue_owner;
SELECT cvm.create_model('last', tz => 'UTC'), cvm.bind('last', 'event', 'other.orders'), cvm.store('last', 'customer_activity', mode => 'queue') \g /dev/null
RESET ROLE;
DROP EXTENSION cvm CASCADE;
SELECT is(pg_temp.write('other.orders', 'other.plans'), NULL, 'the extension is dropped, and the writer writes on');
SELECT is_empty($$SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN ('other.orders'::regclass, 'other.plans'::regclass)$$, 'no trigger is left behind');

-- created again, it says what clears the remains, and then a model can be made
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE FUNCTION pg_temp.hint(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE query;
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN hint;
END
$$;
SET ROLE queue_owner;
CREATE TABLE last.mine AS SELECT 1 AS one;
SELECT is(pg_temp.hint($$SELECT cvm.create_model('last', tz => 'UTC')$$), 'Clear it away with DROP VIEW last.event; DROP TABLE last.customer_activity, last.customer_activity_restatement, other.last_customer_activity_queue; or choose another name.',
	'the extension is back: create_model says which command clears what was left, and names nobody else''s table');
DO $$
BEGIN
	EXECUTE substring(pg_temp.hint($q$SELECT cvm.create_model('last', tz => 'UTC')$q$) FROM 'Clear it away with (.*) or choose');
END
$$;
SELECT is(pg_temp.hint($$SELECT cvm.create_model('last', tz => 'UTC'), cvm.bind('last', 'event', 'other.orders'), cvm.store('last', 'customer_activity', mode => 'queue')$$), 'ok', 'the command that clears what was left works: the model is made, bound and stored as before');
RESET ROLE;
SELECT is(pg_temp.write('other.orders'), NULL, 'the writer writes on when the model is made again');

SELECT * FROM finish();
ROLLBACK;
