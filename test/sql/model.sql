\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(53);

-- what became of a statement: "ok", or SQLSTATE, message and hint
CREATE FUNCTION pg_temp.try(statement text, as_role name DEFAULT current_user) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	me name := current_user;
	hint text;
BEGIN
	BEGIN
		PERFORM set_config('role', as_role, true);
		EXECUTE statement;
		PERFORM set_config('role', me, true);
		RETURN 'ok';
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
		RETURN format('%s: %s (%s)', SQLSTATE, SQLERRM, hint);
	END;
END
$$;

-- create_model
SELECT is(pg_temp.try($$SELECT cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'eur')$$), 'ok',
	'a model is made with a name and a time zone');
SELECT has_schema('acme', 'a model is a schema');
SELECT is(obj_description('acme'::regnamespace, 'pg_namespace'), 'Customer value model. Its views: SELECT * FROM cvm.catalog(''acme'').',
	'the schema says what it is');
SELECT is(cvm._literals('acme') ->> 'currency', $$'EUR'::text$$, 'currencies are kept in capitals');
SELECT is(pg_temp.try($$SELECT cvm.create_model('acme', tz => 'UTC')$$),
	$$42710: model "acme" already exists (Change it with cvm.configure(), or start over after SELECT cvm.drop_model('acme');)$$,
	'a second model of that name is refused');
SELECT is(pg_temp.try($$SELECT cvm.create_model('select', tz => 'europe/berlin')$$), 'ok', 'a model may be called select');
SELECT is((SELECT value FROM cvm.setting WHERE model = 'select' AND setting = 'time_zone'), 'Europe/Berlin',
	'time zones are kept as the server spells them');
SELECT is(pg_temp.try(format('SELECT cvm.create_model(%L, tz => %L)', 'My "Böse" Brand; DROP--', 'UTC')), 'ok',
	'a model may have quotes, spaces, capitals and other letters in its name');
SELECT is(pg_temp.try(format('SELECT cvm.create_model(%L, tz => %L)', repeat('ž', 31) || 'x', 'UTC')), 'ok',
	'a name may be 63 bytes long');
SELECT is(pg_temp.try($$SELECT cvm.create_model('pg_mine', tz => 'UTC')$$),
	'42939: "pg_mine" cannot be the name of a model (Choose a name that is not one of PostgreSQL''s or of the extension.)',
	'names of the server are refused');
SELECT is(pg_temp.try($$SELECT cvm.create_model('$user', tz => 'UTC')$$),
	'42939: "$user" cannot be the name of a model (Choose a name that is not one of PostgreSQL''s or of the extension.)',
	'a name that search_path reads otherwise is refused');
SELECT is(pg_temp.try($$SELECT cvm.create_model('', tz => 'UTC')$$),
	'42602: a model needs a name (The name is that of the schema that will hold its views.)',
	'an empty name is refused');
SELECT is(left(pg_temp.try($$SELECT cvm.create_model('b', tz => 'Europe/Vilnus')$$), 98),
	'22023: invalid value for setting "time_zone": "Europe/Vilnus" (Did you mean "Europe/Vilnius", "Eur',
	'an unknown zone is refused, with those that look like it');
SELECT is(left(pg_temp.try($$SELECT cvm.create_model('b', tz => 'UTC+2')$$), 56),
	'22023: invalid value for setting "time_zone": "UTC+2" (D', 'an offset is no zone: its sign means two things');
SELECT is(pg_temp.try($$SELECT cvm.create_model('b', tz => NULL)$$),
	'22004: invalid value for setting "time_zone": NULL (The zone in which days, weeks and months begin.)', 'a zone is needed');
SELECT is(pg_temp.try($$SELECT cvm.create_model('b', tz => 'UTC', week_start => 8)$$),
	'22023: invalid value for setting "week_start": "8" (Give the ISO day on which weeks begin, 1 (Monday) to 7 (Sunday).)', 'weeks have seven days');
SELECT is(pg_temp.try($$SELECT cvm.create_model('b', tz => 'UTC', currency => 'euro')$$),
	'22023: invalid value for setting "currency": "euro" (Give the three letters of ISO 4217, such as "EUR", or NULL.)', 'a currency has three letters');
SELECT is(pg_temp.try($$SELECT cvm.create_model('b', tz => 'UTC', as_of => '31.01.2025')$$),
	'22023: invalid value for setting "as_of": "31.01.2025" (Give "data", "today" or a date such as "2025-01-31", the first day that is not observed.)',
	'a date is written in one way');
SELECT is(pg_temp.try($$SELECT cvm.create_model('b', tz => 'UTC', as_of => '2025-02-30')$$),
	'22023: invalid value for setting "as_of": "2025-02-30" (Give "data", "today" or a date such as "2025-01-31", the first day that is not observed.)',
	'a date of a setting must exist');
SELECT hasnt_schema('b', 'nothing is left of a model that was refused');

CREATE SCHEMA full_house;
CREATE TABLE full_house.event (x int);
CREATE TABLE full_house.orders (customer_id int, occurred_at date);
SELECT is(pg_temp.try($$SELECT cvm.create_model('full_house', tz => 'UTC')$$),
	'42P07: schema "full_house" already holds relations of names that a model needs: "event" (Choose another name for the model, and bind these relations to it.)',
	'a schema that is in the way is refused');
DROP TABLE full_house.event;
SELECT is(pg_temp.try($$SELECT cvm.create_model('full_house', tz => 'UTC')$$), 'ok', 'a schema of one''s own may become a model');

-- configure
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'week_strat', '7')$$),
	'22023: unknown setting "week_strat" (Settings are ' || (SELECT string_agg(setting, ', ' ORDER BY position) FROM cvm.setting_definition) || '.)',
	'an unknown setting is refused, with a list of those there are');
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'week_start', '7')$$), 'ok', 'weeks may begin on Sunday');
SELECT is(cvm._literals('acme') ->> 'week_start', '7', 'weeks begin on Sunday from then on');
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'start_kinds', 'order, renewal')$$), 'ok', 'kinds are a list');
SELECT is(cvm._literals('acme') ->> 'start_kinds', $$'{order,renewal}'::text[]$$, 'a list of kinds is kept without the spaces');
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'start_kinds', '{"a, b",c}')$$), 'ok', 'kinds of a setting may be an array, for kinds with commas');
SELECT is(cvm._literals('acme') ->> 'start_kinds', $$'{"a, b",c}'::text[]$$, 'kinds with commas stay whole');
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'start_kinds', 'order,,renewal')$$),
	'22023: invalid value for setting "start_kinds": "order,,renewal" (Give words separated by commas, such as "order, renewal", or NULL for every word.)', 'an empty word is refused');
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'start_kinds', NULL)$$), 'ok', 'NULL stands for every kind');
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'conf', '95')$$),
	'22023: invalid value for setting "conf": "95" (Give a number between 0 and 1, such as 0.95.)', 'a confidence is a fraction');
SELECT is(pg_temp.try($$SELECT cvm.configure('acme', 'as_of', '2025-01-31')$$), 'ok', 'observation may end on a fixed day');
SELECT is(cvm._literals('acme') ->> 'as_of', $$'2025-01-31'::date$$, 'the day on which observation ends is a constant of the views');
SELECT is(cvm._literals('select') ->> 'as_of', 'NULL::date', 'as_of may be where the data end');
SELECT is(cvm._fill('{time_zone} {nothing} { {time_zone}', '{"time_zone": "{as_of}", "as_of": "!"}'), '{as_of} {nothing} { {as_of}',
	'what is filled in is not looked at again');
SELECT is(pg_temp.try($$SELECT cvm.configure('acne', 'conf', '0.9')$$), '42704: model "acne" does not exist (Did you mean "acme"?)',
	'an unknown model is refused, with those that look like it');
SELECT is(pg_temp.try($$SELECT cvm.configure('public', 'conf', '0.9')$$),
	'42704: schema "public" is not a model (Make it one with SELECT cvm.create_model(''public'', tz => ...).)', 'a schema is not yet a model');

-- roles
CREATE ROLE cvm_test_ann;
CREATE ROLE cvm_test_bob;
CREATE ROLE cvm_test_team;
GRANT cvm_test_team TO cvm_test_ann;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cvm_test_ann, cvm_test_bob, cvm_test_team', current_database()); END $$;
SELECT is(pg_temp.try($$SELECT cvm.create_model('anns', tz => 'UTC')$$, 'cvm_test_ann'), 'ok', 'any role that may make a schema may make a model');
SELECT schema_owner_is('anns', 'cvm_test_ann', 'who makes a model owns it');
SELECT is(pg_temp.try($$SELECT * FROM cvm.rebuild('anns')$$, 'cvm_test_bob'),
	'42501: permission denied for model "anns" (Only members of role "cvm_test_ann" may work with it: SET ROLE cvm_test_ann, or have it granted to you.)',
	'another role may not rebuild it');
SELECT is(pg_temp.try($$SELECT cvm.create_model('anns', tz => 'UTC')$$, 'cvm_test_bob'),
	'42501: schema "anns" exists and belongs to role "cvm_test_ann" (Choose another name, or SET ROLE cvm_test_ann first.)', 'another role may not make a model of the same name');
SELECT is(pg_temp.try($$INSERT INTO cvm.model VALUES ('bobs', 'cvm_test_ann')$$, 'cvm_test_bob'),
	'42501: permission denied for table model ()', 'nobody can make a model in another''s name');
SELECT is(pg_temp.try($$INSERT INTO cvm.binding VALUES ('anns', 'event', 'pg_catalog', 'pg_class')$$, 'cvm_test_bob'),
	'42501: permission denied for table binding ()', 'nobody can slip a binding into another''s model');
SELECT is(pg_temp.try($$DO 'BEGIN ASSERT NOT EXISTS (SELECT FROM cvm.setting); END'$$, 'cvm_test_bob'), 'ok', 'nobody sees another''s settings');
SELECT is(pg_temp.try($$SELECT cvm.create_model('team', tz => 'UTC')$$, 'cvm_test_team'), 'ok', 'a team may have a model');
SELECT is(pg_temp.try($$SELECT * FROM cvm.rebuild('team')$$, 'cvm_test_ann'), 'ok', 'a model of a team may be rebuilt by its members');
GRANT USAGE ON SCHEMA cvm TO cvm_test_bob;
DO $$ BEGIN EXECUTE (SELECT string_agg(format('ALTER TABLE cvm.%I OWNER TO cvm_test_bob', c.relname), '; ') FROM pg_class c WHERE c.relnamespace = 'cvm'::regnamespace AND c.relrowsecurity); END $$;
SELECT is(left(pg_temp.try($$SELECT * FROM cvm.rebuild('anns')$$, 'cvm_test_bob'), 45), '42501: permission denied for model "anns" (On', 'not even the role that made the extension works on another''s model');
UPDATE cvm.model SET owner = 'cvm_test_gone' WHERE model = 'team';
SELECT is(pg_temp.try($$SELECT * FROM cvm.rebuild('team')$$),
	'42501: model "team" belongs to role "cvm_test_gone", which does not exist (Give it to a role that does: UPDATE cvm.model SET owner = current_user WHERE model = ''team'';)',
	'a model whose owner a restore left behind says so');

-- drop_model
SELECT is(pg_temp.try($$SELECT cvm.drop_model('full_house')$$),
	'2BP01: schema "full_house" holds more than the model (Drop these first, or keep the schema: SELECT cvm.drop_model(''full_house'', keep_schema => true);)',
	'a schema with more in it is not dropped');
SELECT is(pg_temp.try($$SELECT cvm.drop_model('full_house', keep_schema => true)$$), 'ok', 'the model in a schema with more in it may be dropped');
SELECT is(pg_temp.try($$SELECT cvm.drop_model('select')$$), 'ok', 'a model can be dropped');
SELECT hasnt_schema('select', 'the schema of a model is dropped with it');

SELECT * FROM finish();
ROLLBACK;
