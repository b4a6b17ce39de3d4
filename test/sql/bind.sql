\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(100);

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
-- a result as one text
CREATE FUNCTION pg_temp.see(query text, as_role name DEFAULT current_user) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	me name := current_user;
	seen text;
BEGIN
	PERFORM set_config('role', as_role, true);
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', ' ', query) INTO seen;
	PERFORM set_config('role', me, true);
	RETURN seen;
END
$$;

CREATE SCHEMA billing;
CREATE SCHEMA app;
CREATE TABLE billing.subs (cust bigint, plan_code varchar(20), start_dt timestamptz, end_dt date, monthly_fee int, extra text);
INSERT INTO billing.subs VALUES (1, 'fibre', '2024-01-31 23:30+00', NULL, 30, 'x');
CREATE TABLE app.events (customer_id bigint, occurred_at timestamptz, kind text, amount numeric(10,2));
INSERT INTO app.events VALUES (1, '2024-01-31 23:30+00', 'order', 10), (2, '2024-02-10 12:00+00', 'visit', NULL);
DO $$ BEGIN PERFORM cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'EUR'); END $$;

-- what fits
SELECT is(pg_temp.see($$SELECT cvm.bind('acme', 'event', 'app.events')$$), '(acme.event)', 'a table with canonical names needs no mapping');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'subscription', 'billing.subs',
	'{"customer_id":"cust", "product":"plan_code", "started_on":"start_dt", "ended_on":"end_dt", "mrr":"monthly_fee"}')$$), 'ok', 'a table of other names needs one');
SELECT is(pg_temp.see('SELECT * FROM acme.subscription'), '(1,fibre,2024-02-01,,30,,,,,,,,)', 'a moment becomes the day that it was in the model''s time zone');
SELECT columns_are('acme', 'subscription', '{customer_id,product,started_on,ended_on,mrr,subscription_id,channel,offer,status,end_reason,cancel_requested_on,committed_until,currency}',
	'a canonical view has every column of its entity');
SELECT col_type_is('acme', 'subscription', 'mrr', 'numeric', 'whole money becomes exact money');
SELECT col_type_is('acme', 'subscription', 'customer_id', 'bigint', 'ids stay as they are');
SELECT col_type_is('acme', 'subscription', 'channel', 'text', 'what is not bound has its type too');
SELECT col_type_is('acme', 'subscription', 'cancel_requested_on', 'date', 'a date that is not bound has its type too');
SELECT is(obj_description('acme.subscription'::regclass), 'One row per spell during which a customer held a product at one price. Reads billing.subs.', 'the view says what it is and reads');
SELECT is(col_description('acme.subscription'::regclass, 2), 'Product that was held. From column "plan_code".', 'the columns of the view say what they are and read');
SELECT is(col_description('acme.subscription'::regclass, 7), 'Channel in which it was sold. Not bound: always NULL.', 'columns that are not bound say what they are');
SELECT is((SELECT count(*) FROM pg_attribute a WHERE a.attrelid IN ('acme.subscription'::regclass, 'acme.event'::regclass) AND a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NULL), 0::bigint,
	'every column has a comment');
SELECT is((SELECT reloptions FROM pg_class WHERE oid = 'acme.event'::regclass), '{security_invoker=true}', 'views read with the rights of the reader');
SELECT is((SELECT count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass WHERE d.deptype = 'e' AND c.relnamespace = 'acme'::regnamespace), 0::bigint,
	'views are the user''s, not the extension''s');

-- attributes
CREATE TABLE app.people (id bigint, tier text, "Birth Year" int, channel text, no_name text, x1 text, x2 text);
COMMENT ON COLUMN app.people.tier IS 'Loyalty tier.';
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'customer', 'app.people', '{"customer_id":"id", "joined_on": null, "age_group":"x1", "no_name": "x2"}')$$), 'ok', 'customers take any attribute');
SELECT columns_are('acme', 'customer', '{customer_id,joined_on,channel,tier,"Birth Year",age_group,no_name}', 'mapped ones by their new name, the rest by their own');
SELECT is(col_description('acme.customer'::regclass, 4), 'Loyalty tier. From column "tier".', 'columns of the view carry the comments of the source');

-- what does not
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'subscriptions', 'billing.subs')$$),
	'22023: unknown entity "subscriptions" (Did you mean "subscription"? Entities are customer_alias, customer, event, subscription, product, bundle_component, offer, segment_history, owner, segment_target, contact, ticket, survey, cost, cost_driver, initiative, review, fx_rate, cancellation, moment, delivery, interaction, driver, channel_capability, campaign, campaign_member, benchmark.)',
	'an unknown entity is refused');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'subscription', 'billing.subs')$$),
	'42703: entity "subscription" needs column "customer_id", and billing.subs has no column of that name (Perhaps it is "cust". Say which one: SELECT cvm.bind(''acme'', ''subscription'', ''billing.subs'', ''{"customer_id": "…"}'');)',
	'a missing column is named, with those that look like it');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'subscription', 'billing.subs', '{"customer_id":"cust", "product":"plan_code", "started_on":"start_dt", "ended_on":"end_dt", "mrr":"monthly_fe"}')$$),
	'42703: column "monthly_fe" of billing.subs does not exist (Did you mean "monthly_fee"? It has "cust", "plan_code", "start_dt", "end_dt", "monthly_fee", "extra".)',
	'a column that the source does not have is refused');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events', '{"occured_at":"occurred_at"}')$$),
	'42703: entity "event" has no column "occured_at" (Did you mean "occurred_at"? It has customer_id, occurred_at, kind, product, channel, amount, currency, quantity, deleted.)',
	'a column that the entity does not have is refused');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events', '{"kind":{"a":1}}')$$),
	'22023: column "kind" of entity "event" takes no option "a" (Its options beside "column": none. Whoever needs an expression makes a view and binds that.)',
	'a mapping is a name, with options that the column takes');
CREATE TABLE app.branded ("Brand" text, no int, placed date);
INSERT INTO app.branded VALUES ('a', 1, '2024-01-01'), ('a|1', 1, '2024-01-01'), ('a', 11, '2024-01-01');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.branded', '{"customer_id": ["Brand", "no"], "occurred_at": "placed"}')$$),
	'22023: column "customer_id" of entity "event" is one column, not several: ["Brand", "no"] (Make one of them and bind the view: CREATE VIEW app.branded_keyed AS SELECT s.*, cvm.row_key(s."Brand"::text, s.no::text) AS customer_id FROM app.branded s;)',
	'a key of several columns is refused with the line that makes one of them');
DO $$ BEGIN EXECUTE substring(pg_temp.try($q$SELECT cvm.bind('acme', 'event', 'app.branded', '{"customer_id": ["Brand", "no"], "occurred_at": "placed"}')$q$) FROM 'CREATE VIEW [^;]+;'); END $$;
SELECT is(pg_temp.see('SELECT count(DISTINCT customer_id) FROM app.branded_keyed'), '(3)', 'the line that is offered makes different keys of different ones');
SELECT is(left(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events', '{"kind":""}')$$), 85), '22023: mapping of column "kind" of entity "event" is not the name of a column: "" (Gi', 'an empty name of a column is refused');
SELECT is(left(pg_temp.try($$SELECT cvm.bind('acme', 'customer', 'app.people', '{"customer_id":"id", "":"x1"}')$$), 67), '22023: mapping of column "" of entity "customer" is not the name of', 'an empty name of an attribute is refused');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events', '["kind"]')$$),
	'22023: columns of entity "event" must be a JSON object, not array (Write {"canonical column": "source column", …}.)', 'a mapping is an object');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events', NULL)$$),
	'22023: columns of entity "event" must be a JSON object, not NULL (Write {"canonical column": "source column", …}.)', 'a mapping is not NULL');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', NULL)$$), '42P01: source of entity "event" does not exist (Name a table, view, materialized view or foreign table that exists.)', 'a source is needed');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events', '{"customer_id": null}')$$),
	'42703: entity "event" needs column "customer_id", which cannot be left out (Perhaps it is "customer_id", "amount". Say which one: SELECT cvm.bind(''acme'', ''event'', ''app.events'', ''{"customer_id": "…"}'');)',
	'what is required cannot be left out');
CREATE TABLE app.bad (customer_id numeric, occurred_at text, amount double precision);
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.bad')$$),
	'42804: column "customer_id" of app.bad has type numeric, and column "customer_id" of entity "event" takes smallint, integer, bigint, text, varchar or uuid (Make a view with a cast and bind the view.)',
	'ids are not fractions');
ALTER TABLE app.bad ALTER customer_id TYPE bigint;
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.bad')$$),
	'42804: column "occurred_at" of app.bad has type text, and column "occurred_at" of entity "event" takes date, timestamp or timestamptz (Make a view with a cast and bind the view.)',
	'times are not text');
ALTER TABLE app.bad ALTER occurred_at TYPE date USING NULL;
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.bad')$$),
	'42804: column "amount" of app.bad has type double precision, and column "amount" of entity "event" takes numeric or an integer type (Money must be exact: make a view with a cast to numeric and bind the view, or leave the column out with {"amount": null}.)',
	'money is not floating point');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.bad', '{"amount": null}')$$), 'ok', 'what is not required can be left out');
SELECT is(pg_temp.see('SELECT pg_typeof(NULL::bigint), count(amount) FROM acme.event'), '(bigint,0)', 'what is left out of the mapping is NULL in the view');
CREATE TABLE app.texts (customer_id text, occurred_at date);
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.texts')$$),
	'42804: customer ids of app.texts are text, those of entity "customer" (app.people) are integers (Make a view with a cast and bind the view, or unbind the other one first: SELECT cvm.unbind(''acme'', ''customer'');)',
	'ids of one model are of one kind');
SELECT is(pg_temp.see($$SELECT source_name FROM cvm.binding WHERE model = 'acme' AND entity = 'event'$$), '(bad)', 'what was refused changed nothing');
CREATE SEQUENCE app.seq;
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.seq')$$), '42809: app.seq is not a table or a view (Bind a table, partitioned table, view, materialized view or foreign table.)', 'a sequence is no source');
CREATE TEMP TABLE fleeting (customer_id bigint, occurred_at date);
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'fleeting')$$), '42809: fleeting is temporary, and a model outlives the session (Bind a permanent table or view.)', 'a temporary table is no source');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'acme.subscription', '{"occurred_at":"started_on"}')$$),
	'42P17: acme.subscription reads the views of model "acme" and cannot be the source of entity "event" (Bind your own tables, or views over them.)', 'a model does not read itself');
CREATE VIEW app.round AS SELECT * FROM acme.event;
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.round')$$),
	'42P17: app.round reads the views of model "acme" and cannot be the source of entity "event" (Bind your own tables, or views over them.)', 'a view over the model is no source either');
DROP VIEW app.round;

-- every type that is said to fit
CREATE TYPE app.mood AS ENUM ('good', 'bad');
CREATE DOMAIN app.cust_no AS varchar(12) CHECK (VALUE <> 'x');
DO $$ BEGIN PERFORM cvm.create_model('types', tz => 'America/New_York'); END $$;
CREATE FUNCTION pg_temp.types(customer text, clock text, kind text, amount text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE 'DROP TABLE IF EXISTS app.typed CASCADE';
	EXECUTE format('CREATE TABLE app.typed (customer_id %s, occurred_at %s, kind %s, amount %s)', customer, clock, kind, amount);
	PERFORM cvm.bind('types', 'event', 'app.typed');
	SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) INTO result
	FROM pg_attribute WHERE attrelid = 'types.event'::regclass AND attname IN ('customer_id', 'occurred_at', 'kind', 'amount');
	PERFORM count(*) FROM types.retention_month;
	PERFORM count(*) FROM types.retention_week;
	PERFORM count(*) FROM types.retention_quarter;
	PERFORM count(*) FROM types.retention_curve;
	PERFORM count(*) FROM types.lifecycle_month;
	RETURN result;
END
$$;
SELECT is(pg_temp.types('smallint', 'date', 'text', 'smallint'), 'smallint, date, text, numeric', 'smallint ids, dates, whole money');
SELECT is(pg_temp.types('integer', 'timestamp', 'varchar(3)', 'integer'), 'integer, timestamp without time zone, text, numeric', 'integer ids and timestamps keep their types');
SELECT is(pg_temp.types('bigint', 'timestamptz(3)', 'app.mood', 'bigint'), 'bigint, timestamp with time zone, text, numeric', 'bigint ids, timestamptz, an enum as kind');
SELECT is(pg_temp.types('text', 'timestamptz', 'char(2)', 'numeric(10,2)'), 'text, timestamp with time zone, text, numeric', 'text ids, char as kind');
SELECT is(pg_temp.types('varchar(9)', 'date', 'integer', 'numeric'), 'text, date, text, numeric', 'varchar ids, numbers as kind');
SELECT is(pg_temp.types('char(9)', 'date', 'uuid', 'numeric'), 'character(9), date, text, numeric', 'char ids keep their type');
SELECT is(pg_temp.types('uuid', 'timestamp(0)', 'text', 'numeric'), 'uuid, timestamp without time zone, text, numeric', 'uuid ids keep their type');
SELECT is(pg_temp.types('app.cust_no', 'date', 'text', 'numeric'), 'text, date, text, numeric', 'a domain is what lies below it');

-- every kind of source
CREATE TABLE app.parts (customer_id bigint, occurred_at date) PARTITION BY HASH (customer_id);
CREATE TABLE app.part0 PARTITION OF app.parts FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE VIEW app.seen AS SELECT * FROM app.parts;
CREATE MATERIALIZED VIEW app.kept AS SELECT * FROM app.parts;
CREATE FOREIGN DATA WRAPPER cvm_bind_fdw;
CREATE SERVER cvm_bind_server FOREIGN DATA WRAPPER cvm_bind_fdw;
CREATE FOREIGN TABLE app.far (customer_id bigint, occurred_at date) SERVER cvm_bind_server;
SELECT is(pg_temp.try($$SELECT cvm.bind('types', 'event', 'app.parts')$$), 'ok', 'a partitioned table is a source');
SELECT is(pg_temp.try($$SELECT cvm.bind('types', 'event', 'app.seen')$$), 'ok', 'a view is a source');
SELECT is(pg_temp.try($$SELECT cvm.bind('types', 'event', 'app.kept')$$), 'ok', 'a materialized view is a source');
SELECT is(pg_temp.try($$SELECT cvm.bind('types', 'event', 'app.far')$$), 'ok', 'a foreign table is a source');

-- hostile names
DO $$ BEGIN PERFORM cvm.create_model('My "Böse" Brand', tz => 'UTC'); END $$;
CREATE SCHEMA "b""; DROP TABLE app.events; --";
CREATE TABLE "b""; DROP TABLE app.events; --"."sel'ect ""x"" %s {time_zone} $$" ("cust ""id""" text, "wh'en %I" date, "SELECT" text, "ünï;--" int);
INSERT INTO "b""; DROP TABLE app.events; --"."sel'ect ""x"" %s {time_zone} $$" VALUES ('ann', '2024-01-01', 'k', 5);
SELECT is(pg_temp.try($t$SELECT cvm.bind('My "Böse" Brand', 'event', '"b""; DROP TABLE app.events; --"."sel''ect ""x"" %s {time_zone} $$"',
	'{"customer_id": "cust \"id\"", "occurred_at": "wh''en %I", "kind": "SELECT", "amount": "ünï;--"}')$t$), 'ok', 'any name will do');
SELECT is(pg_temp.see('SELECT * FROM "My ""Böse"" Brand".event'), '(ann,2024-01-01,k,,,5,,)', 'a source of any name is read by the canonical view');
SELECT is(pg_temp.see('SELECT row_key, cohort_customers FROM "My ""Böse"" Brand".retention_month'), '("(all)|2024-01|0",1)', 'a source of any name is read by the reports');
SELECT is(pg_temp.see('SELECT count(*) FROM app.events'), '(2)', 'names with quotes in them run nothing');
SELECT is(pg_temp.try(format($$SELECT cvm.bind('My "Böse" Brand', 'customer', %L, '{"customer_id": "cust \"id\""}')$$, '"b""; DROP TABLE app.events; --"."sel''ect ""x"" %s {time_zone} $$"')), 'ok', 'names with quotes in them run nothing as attributes');
SELECT is(pg_temp.see('SELECT "wh''en %I", "SELECT", "ünï;--" FROM "My ""Böse"" Brand".customer'), '(2024-01-01,k,5)', 'attributes with quotes keep their names');
SELECT is((SELECT count(*) FROM cvm.rebuild('My "Böse" Brand') WHERE action = 'unchanged' AND relation ~ '^(event|customer|retention|lifecycle)' AND relation !~ '^customer_'), 7::bigint, 'a model whose columns keep their names can be rebuilt');

-- changing one's mind
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events')$$), 'ok', 'a binding can be replaced');
SELECT is(pg_temp.see('SELECT customer_id, amount FROM acme.event ORDER BY 1'), '(1,10.00) (2,)', 'the view of a replaced binding reads the new source');
CREATE ROLE cvm_bind_reader;
GRANT SELECT ON acme.retention_month TO cvm_bind_reader WITH GRANT OPTION;
GRANT SELECT (kind) ON acme.event TO PUBLIC;
CREATE VIEW app.mine AS SELECT cohort, retention_rate FROM acme.retention_month;
SELECT is(pg_temp.see($$SELECT DISTINCT action FROM cvm.rebuild('acme') WHERE action <> 'waits'$$), '(unchanged)', 'a rebuild leaves alone what is as it should be');
SELECT has_view('app', 'mine', 'what users built on top is still there');
SELECT is(has_table_privilege('cvm_bind_reader', 'acme.retention_month', 'SELECT WITH GRANT OPTION'), true, 'grants on a view are still there after bind');

-- a loader drops its table and makes another one
DROP TABLE app.events CASCADE;
SELECT is(pg_temp.see($$SELECT relation, action, detail FROM cvm.rebuild('acme') WHERE action NOT IN ('replaced', 'unchanged') AND relation ~ '^(event|retention|lifecycle)' ORDER BY 1$$),
	'(event,waits,"its source app.events does not exist") (lifecycle_month,waits,event) (retention_curve,waits,event) (retention_month,waits,event) (retention_quarter,waits,event) (retention_week,waits,event)',
	'without its source a relation waits, and reports wait for it');
SELECT is(pg_temp.see($$SELECT DISTINCT "exists", waits_for FROM cvm.catalog('acme') WHERE waits_for ~ 'event' AND waits_for !~ 'allowance' ORDER BY 2$$),
	'(f,"event (its source app.events does not exist)")',
	'the catalog says so too');
CREATE TABLE app.events (occurred_at timestamptz, customer_id bigint, amount numeric, kind varchar(9), channel text);
INSERT INTO app.events VALUES ('2024-01-31 23:30+00', 7, 10, 'order', 'web');
SELECT is(pg_temp.see($$SELECT relation, action FROM cvm.rebuild('acme') WHERE action NOT IN ('replaced', 'unchanged') AND relation ~ '^(event|retention|lifecycle)' ORDER BY 1$$),
	'(event,created) (lifecycle_month,created) (retention_curve,created) (retention_month,created) (retention_quarter,created) (retention_week,created)',
	'once it is back, one call brings everything back');
SELECT is(pg_temp.see('SELECT customer_id, channel FROM acme.event'), '(7,web)', 'the view has the columns that the new table has');
SELECT is(pg_temp.see('SELECT cohort_label FROM acme.retention_month'), '(2024-02)', 'the answers are there with the columns of the new table');

-- other columns than before
GRANT SELECT ON acme.retention_month TO cvm_bind_reader WITH GRANT OPTION;
GRANT SELECT (kind) ON acme.event TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA acme GRANT SELECT ON TABLES TO cvm_bind_reader;
CREATE TABLE app.events_int (customer_id int, occurred_at date);
SELECT is(pg_temp.see($$SELECT source_name FROM cvm.binding WHERE model = 'acme' AND entity = 'event'$$), '(events)', '(before)');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events_int')$$), 'ok', 'a view whose columns change type is made anew');
SELECT col_type_is('acme', 'event', 'customer_id', 'integer', 'the view that is made anew has the new types');
SELECT is(has_table_privilege('cvm_bind_reader', 'acme.retention_month', 'SELECT WITH GRANT OPTION'), true, 'a view with new types has the grants that it had');
SELECT is(has_column_privilege('public', 'acme.event', 'kind', 'SELECT'), true, 'a view with new types has the grants on columns that it had');
SELECT is(has_table_privilege('cvm_bind_reader', 'acme.retention_week', 'SELECT'), false, 'a view with new types has no other grants, whatever new tables are given');
CREATE VIEW app.mine AS SELECT cohort, retention_rate FROM acme.retention_month;
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events')$$),
	'2BP01: views of model "acme" must be dropped, and other objects depend on them (Drop these objects, try again, and create them anew.)',
	'what users built on top is never taken away');
SELECT is(pg_temp.try($$SELECT cvm.unbind('acme', 'event')$$),
	'2BP01: views of model "acme" must be dropped, and other objects depend on them (Drop these objects, try again, and create them anew.)',
	'unbinding drops no view that others depend on either');
DROP VIEW app.mine;
SELECT is(pg_temp.try($$SELECT cvm.unbind('acme', 'event')$$), 'ok', 'a binding can be taken away');
SELECT hasnt_view('acme', 'event', 'the view goes with its binding');
SELECT hasnt_view('acme', 'retention_month', 'the reports that need a binding go with it');
SELECT has_view('acme', 'subscription', 'only reports that need the entity go with the binding');
SELECT is(pg_temp.try($$SELECT cvm.unbind('acme', 'event')$$), '42704: entity "event" of model "acme" is not bound (Bound are customer, subscription.)', 'what is not bound cannot be taken away');

-- a source that changes
ALTER TABLE billing.subs RENAME monthly_fee TO fee_per_month;
SELECT is(pg_temp.see('SELECT mrr FROM acme.subscription'), '(30)', 'a view follows a column that is renamed');
SELECT is(pg_temp.see($$SELECT action, detail FROM cvm.rebuild('acme') WHERE relation = 'subscription'$$), '(waits,"column ""monthly_fee"" of billing.subs does not exist")', 'a binding does not, and says so');
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'subscription', 'billing.subs', '{"customer_id":"cust", "product":"plan_code", "started_on":"start_dt", "ended_on":"end_dt", "mrr":"fee_per_month"}')$$), 'ok', 'until it is told the new name');

-- what is in the way
CREATE TABLE acme.retention_month (x int);
SELECT is(pg_temp.try($$SELECT cvm.bind('acme', 'event', 'app.events')$$),
	'42P07: acme.retention_month exists and was not made by cvm (The name is one that the model needs. Rename it or move it to another schema.)', 'a table of the user''s is never replaced');
SELECT has_table('acme', 'retention_month', 'the user''s table is still there');
DROP TABLE acme.retention_month;

-- rights
CREATE ROLE cvm_bind_ann;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cvm_bind_ann', current_database()); END $$;
GRANT USAGE ON SCHEMA app TO cvm_bind_ann;
SELECT is(pg_temp.try($$SELECT cvm.create_model('anns', tz => 'UTC')$$, 'cvm_bind_ann'), 'ok', 'a role without rights makes a model');
SELECT is(pg_temp.try($$SELECT cvm.bind('anns', 'event', 'app.events')$$, 'cvm_bind_ann'), '42501: permission denied for app.events (Its owner can let you read it: GRANT SELECT ON app.events TO cvm_bind_ann;)', 'a role cannot bind what it may not read');
GRANT SELECT ON app.events TO cvm_bind_ann;
SELECT is(pg_temp.try($$SELECT cvm.bind('anns', 'event', 'app.events')$$, 'cvm_bind_ann'), 'ok', 'a role can bind what it may read');
SELECT is(pg_temp.see('SELECT cohort_label FROM anns.retention_month', 'cvm_bind_ann'), '(2024-01)', 'a role without other rights reads the answers of its model');
SELECT is(pg_temp.try($$SELECT cvm.rebuild('anns')$$),
	'42501: a superuser does not work with model "anns", which belongs to role "cvm_bind_ann" (SET SESSION AUTHORIZATION cvm_bind_ann; or let that role do it.)', 'a superuser does not rebuild what belongs to another role');
CREATE ROLE cvm_bind_member;
GRANT cvm_bind_ann TO cvm_bind_member;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cvm_bind_ann, cvm_bind_member', current_database()); END $$;
SELECT is(pg_temp.see($$SELECT count(*) FROM cvm.rebuild('anns') WHERE action = 'unchanged' AND relation ~ '^(event|retention|lifecycle)'$$, 'cvm_bind_member'), '(6)', 'somebody with the right to may rebuild it for the owner');
SELECT view_owner_is('anns', 'retention_month', 'cvm_bind_ann', 'rebuilt views still belong to the owner');
DROP SCHEMA anns CASCADE;
SELECT is(pg_temp.try($$SELECT cvm.rebuild('anns')$$, 'cvm_bind_member'), 'ok', 'somebody with the right to may rebuild a schema that was lost');
SELECT view_owner_is('anns', 'retention_month', 'cvm_bind_ann', 'views of a schema that was lost are the owner''s again');

-- names of two kinds
CREATE TABLE app.answers AS SELECT 1::bigint AS customer_id, date '2024-02-01' AS answered_at, 'nps'::text AS instrument, 9 AS score;
CREATE TABLE app.mails AS SELECT 1::bigint AS customer_id, date '2024-02-01' AS mailed, 'mail'::text AS channel;
DO $$ BEGIN PERFORM cvm.create_model('named', tz => 'UTC'), cvm.bind('named', 'survey', 'app.answers'), cvm.bind('named', 'contact', 'app.mails', '{"sent_at": "mailed"}'); END $$;
SELECT is((SELECT occurred_at FROM named.survey), '2024-02-01'::date, 'a column of the source may have its other name');
SELECT is((SELECT occurred_at FROM named.contact), '2024-02-01'::date, 'a column of the binding may have its other name');
SELECT is((SELECT columns FROM cvm.binding WHERE model = 'named' AND entity = 'contact'), '{"occurred_at": "mailed"}'::jsonb, 'a column of the binding is kept under the name that it has here');

SELECT * FROM finish();
ROLLBACK;
