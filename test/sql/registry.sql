\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Who may say what in the registry, and what others do because of it: nothing.
-- eve has no right on alice's tables, and tries what a role of a database can.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET client_min_messages = error;
CREATE ROLE reg_alice;
CREATE ROLE reg_eve;
CREATE ROLE reg_loader;
CREATE ROLE reg_admin;
SELECT format('GRANT CREATE ON DATABASE %I TO reg_alice', current_database()) \gexec
CREATE SCHEMA store AUTHORIZATION reg_alice;
GRANT USAGE ON SCHEMA store TO reg_eve, reg_loader;
SET ROLE reg_alice;
CREATE TABLE store.orders (customer_id bigint, occurred_at timestamptz, amount numeric);
INSERT INTO store.orders SELECT i % 50, timestamptz '2024-01-05 12:00+00' + i * interval '1 day', 100 FROM generate_series(0, 49) i;
GRANT INSERT ON store.orders TO reg_loader;
SELECT cvm.create_model('alices', tz => 'UTC'), cvm.bind('alices', 'event', 'store.orders'), cvm.store('alices', 'customer_activity', mode => 'queue'), cvm.store('alices', 'retention_month') \g /dev/null
RESET ROLE;

-- runs a statement as a role: ok, or what it said
CREATE FUNCTION pg_temp.try(query text, role name, OUT said text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	EXECUTE query;
	RESET ROLE;
	said := 'ok';
EXCEPTION WHEN OTHERS THEN
	RESET ROLE;
	said := SQLSTATE || ': ' || SQLERRM;
END
$$;

-- ---------------------------------------------------------------------------
-- Nobody writes the tables
-- ---------------------------------------------------------------------------

SELECT is_empty($$SELECT c.relname, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x
	WHERE c.relnamespace = 'cvm'::regnamespace AND x.grantee = 0 AND x.privilege_type <> 'SELECT'$$, 'PUBLIC may read tables of cvm, and nothing else');
SELECT is_empty($$SELECT conname FROM pg_constraint JOIN pg_class c ON c.oid = conrelid WHERE contype = 'f' AND connamespace = 'cvm'::regnamespace AND c.relrowsecurity$$, 'no table of the registry has a foreign key, which pg_restore -j would break');
SELECT is(pg_temp.try(format($$INSERT INTO cvm.%I DEFAULT VALUES$$, c.relname), 'reg_eve'), format('42501: permission denied for table %s', c.relname), format('nobody inserts into cvm.%s', c.relname))
FROM pg_class c WHERE c.relnamespace = 'cvm'::regnamespace AND c.relrowsecurity ORDER BY c.relname;
SELECT is(pg_temp.try(format($$DELETE FROM cvm.%I$$, c.relname), 'reg_alice'), format('42501: permission denied for table %s', c.relname), format('nobody deletes from cvm.%s, not even their own', c.relname))
FROM pg_class c WHERE c.relnamespace = 'cvm'::regnamespace AND c.relrowsecurity ORDER BY c.relname;
SELECT is(pg_temp.try(format($$SELECT cvm._register('alices', %L, %L, %L)$$, a, c.relname, '[{"relation": "x", "entity": "event", "setting": "conf", "role": "reg_eve"}]'), 'reg_eve'), '42501: permission denied for model "alices"',
	format('%s of %s is for who has the rights of the owner', a, c.relname))
FROM pg_class c, unnest('{insert,delete}'::text[]) a WHERE c.relnamespace = 'cvm'::regnamespace AND c.relname IN ('generated') ORDER BY 1;
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'delete', 'model', '[{}]')$$, 'reg_eve'), '42501: permission denied for model "alices"', 'another''s model is not deleted');
SELECT is(pg_temp.try($$SELECT cvm._try_lock('alices', 'retention_month')$$, 'reg_eve'), '42501: permission denied for model "alices"', 'another''s model is not locked');
SELECT is(pg_temp.try($$SELECT cvm._lock_model('alices')$$, 'reg_eve'), '42501: permission denied for model "alices"', 'another''s model is locked in neither way');
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'insert', 'setting', '[{"model": "other", "setting": "conf", "value": "0.9"}]')$$, 'reg_alice'),
	'22023: column "model" of "setting" is not given', 'whose a row is, is not for its writer to say');
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'update', 'stored', '[{"relation": "retention_month", "model": "other"}]')$$, 'reg_alice'),
	'22023: column "model" of "stored" is not given', 'a row of the registry cannot be given to another model');
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'insert', 'refresh_log', '[{"relation": "y", "refresh_id": 7}]')$$, 'reg_alice'),
	'22023: column "refresh_id" of "refresh_log" is not given', 'the log numbers its rows itself');
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'insert', 'customer_state', '[{}]')$$, 'reg_alice'), '22023: "customer_state" is not a table of the registry', 'other tables are not written');
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'insert', 'setting', '"conf"')$$, 'reg_alice'), '22023: a row of the registry is an object, several are an array of objects', 'a row is an object');
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'update', 'restatement', '[{"period": "2024-01-01"}]')$$, 'reg_alice'), '22023: cannot do "update" to "restatement" of the registry', 'the ledger is only added to');

-- ---------------------------------------------------------------------------
-- Names are not squatted
-- ---------------------------------------------------------------------------

SELECT is(pg_temp.try($$SELECT cvm._register('finance', 'insert', 'model', '[{}]')$$, 'reg_eve'), '3F000: schema "finance" does not exist', 'who may not make schemas keeps no name of a model');
SELECT is(pg_temp.try($$SELECT cvm._register('store', 'insert', 'model', '[{}]')$$, 'reg_eve'), '42501: permission denied for schema "store"', 'who may not make schemas keeps no name of another''s schema');
CREATE SCHEMA lost AUTHORIZATION reg_eve;
SELECT is(pg_temp.try($$SELECT cvm.create_model('lost', tz => 'UTC')$$, 'reg_eve'), 'ok', 'who owns a schema makes it a model');
DROP SCHEMA lost;
CREATE SCHEMA lost AUTHORIZATION reg_alice;
SELECT is(pg_temp.try($$SELECT cvm.create_model('lost', tz => 'UTC')$$, 'reg_alice'), 'ok', 'the name of a model is free when its schema is gone');
SELECT is((SELECT owner FROM cvm.model WHERE model = 'lost'), 'reg_alice', 'a name of a model that is free goes to the schema''s new owner');
SELECT is(pg_temp.try($$SELECT cvm.drop_model('lost')$$, 'reg_alice'), 'ok', 'who may drop it');

-- ---------------------------------------------------------------------------
-- The registry's owner runs nothing with another's rights
-- ---------------------------------------------------------------------------

CREATE ROLE reg_installer;
CREATE TABLE public.caught (who text, what text);
GRANT INSERT ON public.caught TO PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;
CREATE FUNCTION public.catch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (current_user, TG_NAME); RETURN NULL; END $$;
SELECT format('ALTER TABLE cvm.%I OWNER TO reg_installer', c.relname) FROM pg_class c WHERE c.relnamespace = 'cvm'::regnamespace AND c.relrowsecurity \gexec
CREATE TRIGGER catch AFTER INSERT ON cvm.model FOR EACH ROW EXECUTE FUNCTION public.catch();
SELECT cvm.create_model('watched', tz => 'UTC') \g /dev/null
SELECT results_eq('SELECT who, what FROM public.caught', $$VALUES ('reg_installer', 'catch')$$, 'a trigger on the registry runs as the registry''s owner, not as the superuser who makes a model');
DROP TRIGGER catch ON cvm.model;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON cvm.model DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.catch();
SELECT is(pg_temp.try($$SELECT cvm.create_model('watched_too', tz => 'UTC')$$, 'reg_alice'), '55000: trigger "later" of cvm.model is deferrable', 'one that would wait for the end of the transaction is refused');
DROP TRIGGER later ON cvm.model;
SELECT is(current_user::text, session_user::text, 'the caller is who it was');
SELECT is(pg_temp.try($$SELECT cvm._register('watched', 'insert', 'setting', '[{"nothing": 1}]')$$, session_user::name), '42703: column "nothing" of relation "setting" does not exist', 'an unknown column is an error');
SELECT is(current_user::text || current_setting('search_path'), session_user::text || '"$user", public', 'after which the caller is who it was, with the path that it had');
SELECT format('ALTER TABLE cvm.%I OWNER TO CURRENT_USER', c.relname) FROM pg_class c WHERE c.relnamespace = 'cvm'::regnamespace AND c.relrowsecurity \gexec

-- ---------------------------------------------------------------------------
-- A queue takes rows from its source alone
-- ---------------------------------------------------------------------------

SELECT t.queue_schema, t.queue_name FROM cvm.stored t WHERE t.model = 'alices' AND t.mode = 'queue' \gset
CREATE FUNCTION pg_temp.customers() RETURNS text LANGUAGE sql AS $$
	SELECT format('%s customers, %s', count(DISTINCT a.customer_id), sum(d.value)) FROM alices.customer_activity a CROSS JOIN cvm.days(a.activity) d $$;
SET ROLE reg_alice;
SELECT cvm.refresh_here('alices') \g /dev/null
RESET ROLE;
SELECT is(pg_temp.customers(), '50 customers, 5000', 'there are fifty customers');
SELECT is(pg_temp.try(format($$INSERT INTO %I.%I SELECT c, cvm.activity_agg(timestamptz '2024-02-10', 'UTC', 1000000::numeric) FROM generate_series(1, 1000) c GROUP BY c$$, :'queue_schema', :'queue_name'), r), '42501: permission denied for table ' || :'queue_name',
	format('%s writes no states into the queue', r)) FROM unnest('{reg_eve,reg_loader}'::name[]) r;
SELECT is(pg_temp.try(format('INSERT INTO %I.%I VALUES (NULL, NULL)', :'queue_schema', :'queue_name'), r), '42501: permission denied for table ' || :'queue_name',
	format('%s makes no refresh a full one', r)) FROM unnest('{reg_eve,reg_loader}'::name[]) r;
SELECT is(pg_temp.try($$INSERT INTO store.orders VALUES (7, '2024-03-01', 10)$$, 'reg_loader'), 'ok', 'who may write into the source does');
SET ROLE reg_alice;
SELECT is((SELECT mode || ' ' || rows_written FROM cvm.refresh_here('alices', '{customer_activity}')), 'queue 1', 'a refresh adds what the writer wrote');
RESET ROLE;
SELECT is(pg_temp.customers(), '50 customers, 5010', 'no more customers are seen than that');
-- a trigger of the same name and arguments on a table of eve's own
CREATE SCHEMA eves AUTHORIZATION reg_eve;
SET ROLE reg_eve;
CREATE TABLE eves.orders (customer_id bigint, occurred_at timestamptz, amount numeric);
RESET ROLE;
SELECT replace(replace(pg_get_triggerdef(g.oid), 'store.orders', 'eves.orders'), 'CREATE TRIGGER', 'CREATE TRIGGER') AS definition FROM pg_trigger g WHERE g.tgrelid = 'store.orders'::regclass AND g.tgname LIKE '%insert' \gset
SELECT is(pg_temp.try(:'definition', 'reg_eve'), 'ok', 'eve makes the same trigger on a table of her own');
SELECT is(pg_temp.try($$INSERT INTO eves.orders VALUES (1, '2024-02-10', 1000000), (NULL, 'infinity', 'NaN')$$, 'reg_eve'), 'ok', 'eve writes into her own table through her trigger');
SELECT is_empty(format('SELECT * FROM %I.%I', :'queue_schema', :'queue_name'), 'the queue does not take it');
-- a trigger with other words on the source
GRANT TRIGGER ON store.orders TO reg_eve;
SELECT format($$CREATE TRIGGER forged AFTER INSERT ON store.orders REFERENCING NEW TABLE AS after_rows EXECUTE FUNCTION cvm.queue_changes(%L, %L, 's.customer_id::bigint', %L, '{}', 'reg_alice')$$, :'queue_schema', :'queue_name',
	$$SELECT c::bigint, cvm.activity_agg(timestamptz '2024-02-10', 'UTC', 1000000::numeric) FROM generate_series(1, 1000) c GROUP BY c$$) AS forged \gset
SELECT is(pg_temp.try(:'forged', 'reg_eve'), 'ok', 'eve makes a trigger with other arguments on the source');
SELECT is(pg_temp.try($$INSERT INTO store.orders VALUES (8, '2024-03-01', 10)$$, 'reg_loader'), 'ok', 'eve''s trigger does not stop the loader');
SET ROLE reg_alice;
SELECT is((SELECT mode || ' ' || rows_written FROM cvm.refresh_here('alices', '{customer_activity}')), 'queue 1', 'the queue takes nothing from that either');
DROP TRIGGER forged ON store.orders;
RESET ROLE;
SELECT is(pg_temp.customers(), '50 customers, 5020', 'the numbers are those of the source');
SELECT is(pg_temp.try($$SELECT cvm.queue_changes()$$, 'reg_eve'), '39P01: cvm.queue_changes() is a trigger that cvm.store() makes', 'the trigger cannot be called');

-- ---------------------------------------------------------------------------
-- A superuser does nothing for others, and cvm drops what it made
-- ---------------------------------------------------------------------------

CREATE TABLE public.payroll (employee text);
INSERT INTO public.payroll VALUES ('bob');
CREATE SCHEMA evemodel AUTHORIZATION reg_eve;
SET ROLE reg_eve;
SELECT cvm.create_model('evemodel', tz => 'UTC') \g /dev/null
CREATE FUNCTION eves.spy(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (current_user, 'spy'); RETURN $1; END $$;
CREATE VIEW eves.spied AS SELECT eves.spy(customer_id) AS customer_id, occurred_at, amount FROM eves.orders;
SELECT cvm.bind('evemodel', 'event', 'eves.spied') \g /dev/null
SELECT cvm._register('evemodel', 'insert', 'stored', '[{"relation": "retention_month", "mode": "full", "refreshed_at": "2024-01-01", "queue_schema": "public", "queue_name": "payroll"}]') \g /dev/null
RESET ROLE;
TRUNCATE public.caught;
SELECT is(pg_temp.try(query, session_user::name), '42501: a superuser does not work with model "evemodel", which belongs to role "reg_eve"', 'a superuser is refused: ' || query)
FROM unnest(ARRAY[$$SELECT cvm.rebuild('evemodel')$$, $$SELECT cvm.configure('evemodel', 'conf', '0.9')$$, $$SELECT cvm.bind('evemodel', 'event', 'eves.spied')$$, $$SELECT cvm.unbind('evemodel', 'event')$$,
	$$SELECT cvm.store('evemodel', 'retention_month')$$, $$SELECT cvm.unstore('evemodel', 'retention_month')$$, $$SELECT cvm.drop_model('evemodel')$$, $$SELECT * FROM cvm.check_model('evemodel')$$,
	$$CALL cvm.refresh('evemodel')$$, $$SELECT cvm.refresh_here('evemodel')$$, $$SELECT cvm.grant_reader('evemodel', 'reg_loader')$$, $$SELECT cvm.revoke_reader('evemodel', 'reg_loader')$$,
	$$SELECT cvm.retype('evemodel', 'event', 'amount', 'numeric')$$]) AS u (query);
SELECT is_empty('SELECT * FROM public.caught', 'the superuser has run none of the owner''s code');
SELECT is(pg_temp.try($$SELECT cvm.unstore('evemodel', 'retention_month')$$, 'reg_eve'), 'ok', 'the owner takes back what was said of a queue');
SELECT is(pg_temp.try($$SELECT cvm._register('evemodel', 'insert', 'stored', '[{"relation": "retention_month", "mode": "full", "refreshed_at": "2024-01-01", "queue_schema": "public", "queue_name": "payroll"}]')$$, 'reg_eve'), 'ok', 'what was said of a queue can be said again');
GRANT reg_eve TO reg_alice;
ALTER TABLE public.payroll OWNER TO reg_alice;
SELECT is(pg_temp.try($$SELECT cvm.rebuild('evemodel')$$, 'reg_alice'), 'ok', 'somebody who has the rights of both rebuilds');
SELECT is(pg_temp.try($$SELECT cvm.drop_model('evemodel')$$, 'reg_alice'), 'ok', 'somebody who has the rights of both drops the model');
SELECT results_eq('SELECT employee FROM public.payroll', $$VALUES ('bob')$$, 'a table that the registry calls a queue, and cvm did not make, stays');
REVOKE reg_eve FROM reg_alice;

-- ---------------------------------------------------------------------------
-- Members
-- ---------------------------------------------------------------------------

CREATE ROLE reg_heir NOINHERIT IN ROLE reg_alice;
SELECT CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'GRANT reg_alice TO reg_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE' ELSE 'SELECT' END \gexec
SELECT is(pg_temp.try($$SELECT cvm.configure('alices', 'conf', '0.9')$$, r), '42501: permission denied for model "alices"', format('membership without the rights is not enough: %s', r)) FROM unnest('{reg_heir,reg_admin}'::name[]) r;
SELECT is(pg_temp.try($$SELECT cvm._register('alices', 'insert', 'setting', '[{"setting": "conf", "value": "0.9"}]')$$, r), '42501: permission denied for model "alices"', format('membership without the rights is not enough to write the registry: %s', r)) FROM unnest('{reg_heir,reg_admin}'::name[]) r;
SELECT is(pg_temp.try($$SELECT 1 / (1 - count(*)) FROM cvm.model m WHERE m.model = 'alices'$$, r), 'ok', format('nor to see whose it is: %s', r)) FROM unnest('{reg_heir,reg_admin}'::name[]) r;

-- ---------------------------------------------------------------------------
-- The log, the locks, and what a registry does not know
-- ---------------------------------------------------------------------------

SELECT is((SELECT count(*) FROM (SELECT cvm._lock_id(o.name::name) FROM (SELECT state FROM cvm.customer_state UNION ALL SELECT view FROM cvm.report_view) AS o (name) GROUP BY 1 HAVING count(*) > 1) twice), 0::bigint, 'no two objects of a model have the same lock');
SET ROLE reg_eve;
SELECT count(pg_advisory_xact_lock(1129729351, hashtext(o))) FROM unnest('{alices.retention_month,alices.customer_activity}'::text[]) o \g /dev/null
RESET ROLE;
SET ROLE reg_alice;
SELECT is((SELECT count(*) FROM cvm.refresh_here('alices')), 2::bigint, 'what another role locks keeps no refresh away');
RESET ROLE;
SELECT is((SELECT count(*) FROM pg_locks l WHERE l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
	AND l.classid = 'cvm.stored'::regclass AND l.objid = 'alices'::regnamespace AND l.objsubid = cvm._lock_id('retention_month')), 1::bigint, 'a refresh holds a lock of its model''s schema');
DELETE FROM cvm.stored WHERE model = 'alices';
SELECT is(pg_temp.try($$SELECT cvm.refresh_here('alices')$$, 'reg_alice'), '55000: the registry does not know of tables that model "alices" keeps: "customer_activity", "retention_month_stored"', 'a refresh of what the registry lost is an error');
DELETE FROM cvm.model WHERE model = 'alices';
SELECT is(pg_temp.try($$SELECT cvm.refresh_here('alices')$$, 'reg_alice'), '42704: schema "alices" is not a model', 'a refresh of a model that the registry does not know is an error');

SELECT * FROM finish();
ROLLBACK;
