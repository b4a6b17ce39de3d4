\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Who owns a source, or may put things into a model's schema, has others run
-- what they wrote: the superuser who owns a model, the model's owner.  Each
-- trap writes down as whom it was sprung.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET client_min_messages = error;
CREATE ROLE atk_alice;
CREATE ROLE atk_eve;
SELECT format('GRANT CREATE ON DATABASE %I TO atk_alice', current_database()) \gexec
CREATE TABLE public.sprung (who text, what text);
GRANT INSERT, DELETE, SELECT ON public.sprung TO PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;
CREATE SCHEMA eves AUTHORIZATION atk_eve;
GRANT USAGE ON SCHEMA eves TO PUBLIC;
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO PUBLIC;
CREATE TABLE shop.orders (customer_id bigint, occurred_at timestamptz, amount numeric);
INSERT INTO shop.orders SELECT i % 5, timestamptz '2024-01-01 12:00+00' + i * interval '9 days', 10 FROM generate_series(1, 20) i;
GRANT SELECT ON shop.orders TO PUBLIC;

-- what was sprung since this was last asked, not by eve herself
CREATE FUNCTION pg_temp.sprung(OUT said text) LANGUAGE plpgsql AS $$
BEGIN
	SELECT coalesce(string_agg(DISTINCT s.what || ' as ' || s.who, ', '), 'nothing') INTO said FROM public.sprung s WHERE s.who <> 'atk_eve';
	DELETE FROM public.sprung;
END $$;
-- runs a statement as a role: ok, or what it said
CREATE FUNCTION pg_temp.try(query text, role name DEFAULT NULL, OUT said text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', coalesce(role, 'none'), true);
	EXECUTE query;
	PERFORM set_config('role', 'none', true);
	said := 'ok';
EXCEPTION WHEN OTHERS THEN
	PERFORM set_config('role', 'none', true);
	said := SQLSTATE || ': ' || SQLERRM;
END $$;

SET ROLE atk_eve;
CREATE FUNCTION eves.spring(what text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES (current_user, what); RETURN what; END $$;
CREATE TYPE eves.color AS ENUM ('red', 'blue');
CREATE FUNCTION eves.say(eves.color) RETURNS text LANGUAGE sql AS $$ SELECT eves.spring('cast of an enum') $$;
CREATE CAST (eves.color AS text) WITH FUNCTION eves.say(eves.color);
CREATE TYPE eves.pair AS (a int, b int);
CREATE FUNCTION eves.say(eves.pair) RETURNS text LANGUAGE sql AS $$ SELECT eves.spring('cast of a row') $$;
CREATE CAST (eves.pair AS text) WITH FUNCTION eves.say(eves.pair);
CREATE FUNCTION eves.say(eves.color[]) RETURNS text LANGUAGE sql AS $$ SELECT eves.spring('cast of an array') $$;
CREATE CAST (eves.color[] AS text) WITH FUNCTION eves.say(eves.color[]);
CREATE DOMAIN eves.tint AS eves.color;
CREATE TABLE eves.orders (customer_id bigint, occurred_at timestamptz, kind eves.color, tint eves.tint, amount numeric);
INSERT INTO eves.orders SELECT i % 5, timestamptz '2024-01-01 12:00+00' + i * interval '9 days', 'red', 'red', 10 FROM generate_series(1, 20) i;
INSERT INTO eves.orders SELECT * FROM eves.orders LIMIT 1;
CREATE FUNCTION eves.say(eves.orders) RETURNS text LANGUAGE sql AS $$ SELECT eves.spring('cast of the rows of a table') $$;
CREATE CAST (eves.orders AS text) WITH FUNCTION eves.say(eves.orders);
CREATE TABLE eves.customer (customer_id bigint, plain text, color eves.color, tint eves.tint, pair eves.pair, colors eves.color[]);
INSERT INTO eves.customer SELECT i, 'p', 'red', 'red', ROW(1, 2)::eves.pair, '{red}' FROM generate_series(0, 4) i;
GRANT SELECT ON eves.orders, eves.customer TO PUBLIC;
RESET ROLE;

-- ---------------------------------------------------------------------------
-- The owner of a source that is a table
-- ---------------------------------------------------------------------------

SELECT eves.spring('the trap') \g /dev/null
SELECT is(pg_temp.sprung(), 'the trap as ' || current_user, 'a trap that is sprung is seen');
SELECT set_config('cvm.me', current_user, true) \g /dev/null
-- one model of a superuser's, one of alice's, over the same tables
CREATE FUNCTION pg_temp.models() RETURNS TABLE (model name, role name) LANGUAGE sql AS $$ VALUES ('supers'::name, NULL::name), ('alices', 'atk_alice') $$;
SELECT is(pg_temp.try(format($$SELECT cvm.create_model(%L, tz => 'UTC')$$, m.model), m.role), 'ok', format('a model of %s is made', coalesce(m.role, 'a superuser'))) FROM pg_temp.models() m;
SELECT is(pg_temp.try(format($$SELECT cvm.bind(%L, 'event', 'eves.orders', %L)$$, m.model, jsonb_build_object('kind', c)), m.role),
	format('42804: column "%s" of eves.orders has type eves.%s, and column "kind" of entity "event" takes text, varchar, an integer type, uuid or an enum without a cast to text of its own', c, t),
	format('%s: an enum whose cast to text calls a function is not a label, by domain or not (%s)', m.model, c))
FROM pg_temp.models() m, (VALUES ('kind', 'color'), ('tint', 'tint')) AS v (c, t);
SELECT is(pg_temp.try(format($$SELECT cvm.bind(%L, 'event', 'eves.orders', '{"kind": null}'), cvm.bind(%1$L, 'customer', 'eves.customer'), cvm.configure(%1$L, 'segment_schemes', 'plain, color, tint, pair, colors')$$, m.model), m.role),
	'ok', format('%s binds the rest', m.model)) FROM pg_temp.models() m;
SELECT is(pg_temp.try(format($$SELECT count(h) FROM %I.segment_history h$$, m.model), m.role) || '; ' || pg_temp.sprung(), 'ok; nothing',
	format('%s: an attribute with such a cast is no scheme of segments', m.model)) FROM pg_temp.models() m;
SELECT is(pg_temp.try(format($$SELECT count(*) FROM cvm.check_model(%L)$$, m.model), m.role) || '; ' || pg_temp.sprung(), 'ok; nothing',
	format('%s: rows are compared without a cast of the table''s own', m.model)) FROM pg_temp.models() m;
SELECT ok((SELECT fix LIKE '%PARTITION BY ROW(s.*)::text%' FROM cvm.check_model('supers') WHERE problem = 'duplicate_rows'), 'the fix that is proposed compares rows without a cast of the table''s own');
SELECT is(pg_temp.try(format($$SELECT cvm.store(%L, 'customer_activity'), cvm.store(%1$L, 'retention_month'), (SELECT count(*) FROM cvm.refresh_here(%1$L))$$, m.model), m.role) || '; ' || pg_temp.sprung(), 'ok; nothing',
	format('%s is stored and refreshed', m.model)) FROM pg_temp.models() m;

-- ---------------------------------------------------------------------------
-- ... which becomes a view
-- ---------------------------------------------------------------------------

SET ROLE atk_eve;
ALTER TABLE eves.orders RENAME TO rows;
CREATE VIEW eves.orders AS SELECT customer_id, occurred_at, eves.spring('a view') AS kind, amount FROM eves.rows;
GRANT SELECT ON eves.orders TO PUBLIC;
RESET ROLE;
CREATE VIEW shop.over_eves AS SELECT * FROM eves.orders;
SELECT is((SELECT action || ': ' || replace(detail, current_setting('cvm.me'), 'me') FROM cvm.rebuild('supers') WHERE relation = 'event'),
	'waits: eves.orders is a view of role "atk_eve", whose functions the superuser "me" would run', 'a superuser''s model does not read a table that became another''s view');
SELECT is((SELECT problem FROM cvm.check_model('supers') WHERE entity = 'event') || '; ' || pg_temp.sprung(), 'broken_binding; nothing', 'check_model() says so and does not look into it');
SELECT matches(pg_temp.try($$SELECT cvm.refresh_here('supers')$$), '^55000: "customer_activity" of model "supers" waits for entity "event": eves.orders is a view of role', 'a refresh does not read it');
SELECT is(replace(pg_temp.try(format($$SELECT cvm.bind('supers', 'event', %L)$$, s)), current_setting('cvm.me'), 'me'),
	'42501: eves.orders is a view of role "atk_eve", whose functions the superuser "me" would run', format('%s is not bound', s)) FROM unnest('{eves.orders,shop.over_eves}'::text[]) s;
SET ROLE atk_eve;
ALTER TABLE eves.customer RENAME TO persons;
CREATE VIEW eves.customer AS SELECT customer_id, eves.spring('a view of customers') AS plain FROM eves.persons;
GRANT SELECT ON eves.customer TO PUBLIC;
RESET ROLE;
SELECT is(pg_temp.try($$SELECT count(*) FROM cvm.rebuild('supers'); SELECT count(*) FROM cvm.check_model('supers')$$) || '; ' || pg_temp.sprung() || '; ' || coalesce(to_regclass('supers.segment_history')::text, 'no segments'),
	'ok; nothing; no segments', 'segments are not read out of another''s view');
SELECT is(pg_temp.try($$SELECT cvm.bind('supers', 'event', 'shop.orders'), cvm.unbind('supers', 'customer')$$), 'ok', 'the superuser binds a table in its place');
SELECT is(pg_temp.try($$SELECT cvm.bind('alices', 'event', 'eves.orders')$$, 'atk_alice'), 'ok', 'a role that is no superuser binds whom it trusts');
SELECT pg_temp.sprung() \g /dev/null

-- ---------------------------------------------------------------------------
-- Names of columns
-- ---------------------------------------------------------------------------

SET ROLE atk_eve;
CREATE TABLE eves.spells (customer_id bigint, product text, "{old}" date, ", eves.x()) OVER ()) --" date, mrr numeric);
INSERT INTO eves.spells VALUES (1, 'p', '2024-01-01', '2024-06-01', 5), (1, 'p', '2024-02-01', NULL, 6);
GRANT SELECT ON eves.spells TO PUBLIC;
RESET ROLE;
SELECT cvm.bind('supers', 'subscription', 'eves.spells', '{"started_on": "{old}", "ended_on": ", eves.x()) OVER ()) --"}') \g /dev/null
SELECT fix AS fix FROM cvm.check_model('supers') WHERE problem = 'overlapping_spells' \gset
SELECT matches(:'fix'::text, 's\."\{old\}"', 'a column that is called {old} is not the old value');
SELECT is(pg_temp.try(:'fix'), 'ok', 'the fix is SQL, whatever columns are called');
SELECT results_eq($$SELECT ended_on FROM supers.subscription ORDER BY 1$$, $$VALUES (date '2024-02-01'), (NULL)$$, 'the fix mends what it says');
SELECT is(cvm._assign($$coalesce({old}, s."a{old}""{old}", '{old}''{old}', {x}, "{old}", E'\\', {old})$$, '"$1\1"'), $$coalesce("$1\1", s."a{old}""{old}", '{old}''{old}', {x}, "{old}", E'\\', "$1\1")$$, 'only what is not quoted is filled in');

-- ---------------------------------------------------------------------------
-- Who may put things into a model's schema
-- ---------------------------------------------------------------------------

SET ROLE atk_alice;
SELECT cvm.drop_model('alices') \g /dev/null
SELECT cvm.create_model('alices', tz => 'UTC'), cvm.bind('alices', 'event', 'shop.orders'), cvm.store('alices', 'retention_month') \g /dev/null
GRANT ALL ON SCHEMA alices TO atk_eve;
RESET ROLE;
SET ROLE atk_eve;
DO $$ BEGIN
	-- better matches than PostgreSQL's for calls with several texts
	FOR n IN 2 .. 9 LOOP
		EXECUTE format('CREATE FUNCTION alices.format(%s) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN PERFORM eves.spring(''format''); RETURN pg_catalog.format(VARIADIC ARRAY[%s]); END $f$',
			repeat('text, ', n - 1) || 'text', (SELECT string_agg('$' || i, ', ') FROM generate_series(1, n) i));
	END LOOP;
END $$;
RESET ROLE;
SELECT is(pg_temp.try(c, 'atk_alice') || '; ' || pg_temp.sprung(), '42501: schema "alices" holds function alices.format(text,text) of role "atk_eve"; nothing', format('%s calls no function that another role put into the schema', c))
FROM unnest(ARRAY[$$SELECT cvm.configure('alices', 'conf', '0.9')$$, $$SELECT count(*) FROM cvm.rebuild('alices')$$, $$SELECT cvm.refresh_here('alices')$$, $$SELECT cvm.bind('alices', 'event', 'shop.orders')$$]) c;
SET ROLE atk_eve;
DO $$ BEGIN FOR n IN 2 .. 9 LOOP EXECUTE format('DROP FUNCTION alices.format(%s)', repeat('text, ', n - 1) || 'text'); END LOOP; END $$;
CREATE FUNCTION alices.plus(numeric, bigint) RETURNS numeric LANGUAGE sql AS $$ SELECT length(eves.spring('an operator'))::numeric $$;
CREATE OPERATOR alices.* (LEFTARG = numeric, RIGHTARG = bigint, FUNCTION = alices.plus);
ALTER FUNCTION alices.plus SET SCHEMA eves;
RESET ROLE;
SELECT is(pg_temp.try($$SELECT count(*) FROM cvm.rebuild('alices')$$, 'atk_alice'), '42501: schema "alices" holds operator alices.*(numeric,bigint) of role "atk_eve"', 'operators are no other');
DROP OPERATOR alices.* (numeric, bigint);
SET ROLE atk_alice;
CREATE FUNCTION alices.mine() RETURNS int LANGUAGE sql RETURN 1;
RESET ROLE;
SELECT is(pg_temp.try($$SELECT count(*) FROM cvm.rebuild('alices')$$, 'atk_alice'), 'ok', 'the owner''s own functions may be there');
-- a loader takes the views along, and eve is quicker than the rebuild
DROP VIEW alices.event CASCADE;
SET ROLE atk_eve;
CREATE VIEW alices.event AS SELECT o.customer_id, o.occurred_at, eves.spring('a view in the model')::text AS kind, NULL::text AS product, NULL::text AS channel, o.amount, NULL::text AS currency FROM shop.orders o;
GRANT SELECT ON alices.event TO PUBLIC;
RESET ROLE;
SELECT is((SELECT string_agg(problem, ', ') FROM cvm.check_model('supers') WHERE problem = 'lost_view'), NULL, 'views of a model''s owner are there');
SET ROLE atk_alice;
SELECT problem AS problem FROM cvm.check_model('alices') WHERE entity = 'event' AND severity = 'error' \gset
RESET ROLE;
SELECT is(:'problem' || '; ' || pg_temp.sprung(), 'lost_view; nothing', 'check_model() does not take another''s view for the model''s');
DROP VIEW alices.event;
SELECT is(pg_temp.try($$SELECT count(*) FROM cvm.rebuild('alices')$$, 'atk_alice'), 'ok', 'the model''s view is made again when the other''s is gone');
-- and the same with a table that is kept
DROP TABLE alices.retention_month_stored CASCADE;
SET ROLE atk_eve;
CREATE TABLE alices.retention_month_stored (precious int);
CREATE TABLE alices.customer_activity (precious int);
RESET ROLE;
SELECT is(pg_temp.try($$SELECT cvm.unstore('alices', 'retention_month')$$, 'atk_alice') || '; ' || coalesce(to_regclass('alices.retention_month_stored')::text, 'dropped'), 'ok; alices.retention_month_stored', 'unstore() drops no table that cvm did not make');
SET ROLE atk_alice;
SELECT cvm._register('alices', 'insert', 'stored', '{"relation": "customer_activity"}') \g /dev/null
RESET ROLE;
SELECT is(pg_temp.try($$SELECT cvm.drop_model('alices', keep_schema => true)$$, 'atk_alice') || '; ' || coalesce(to_regclass('alices.customer_activity')::text, 'dropped'), 'ok; alices.customer_activity', 'drop_model() drops no table that cvm did not make');

-- ---------------------------------------------------------------------------
-- A superuser beside others' models
-- ---------------------------------------------------------------------------

SELECT is(pg_temp.try($$SELECT cvm.create_model('eves', tz => 'UTC')$$), '42501: a superuser does not work with model "eves", which belongs to role "atk_eve"', 'a superuser makes no model in another''s schema');
SELECT is(pg_temp.try($$ALTER SCHEMA supers OWNER TO atk_eve; SELECT * FROM cvm.check_model('supers')$$), '42501: a superuser does not work with model "supers", which belongs to role "atk_eve"', 'a superuser makes no model of a schema that was given away');
SET ROLE atk_alice;
SELECT cvm.create_model('anew', tz => 'UTC'), cvm.bind('anew', 'event', 'shop.orders') \g /dev/null
RESET ROLE;
SELECT is(pg_temp.try($$SELECT cvm.retype('supers', 'event', 'customer_id', 'text')$$), '42501: a superuser does not work with model "anew", which belongs to role "atk_alice"', 'a column is not changed under the views of another''s model');
SELECT is(pg_temp.try(format('SELECT cvm.%s', c)), '42501: a superuser does not work with model "anew", which belongs to role "atk_alice"', format('%s is for the model''s owner', c))
FROM unnest(ARRAY[$$cron_line('anew')$$, $$systemd_units('anew')$$, $$dbt_hook('anew')$$, $$schedule('anew', '15 4 * * *')$$]) c;
SET ROLE atk_alice;
CREATE VIEW anew.spells AS SELECT 1::bigint AS customer_id, eves.spring('a source') AS product, date '2024-01-01' AS started_on, NULL::date AS ended_on, 5::numeric AS mrr;
SELECT cvm.bind('anew', 'subscription', 'anew.spells') \g /dev/null
RESET ROLE;
SELECT pg_temp.sprung() \g /dev/null
SELECT is(pg_temp.try($$SELECT cvm.launch('anew', '{a source}')$$) || '; ' || pg_temp.sprung(), '42501: a superuser does not work with model "anew", which belongs to role "atk_alice"; nothing', 'launch() reads no other''s model as a superuser');
SELECT is(pg_temp.try(format('SELECT count(*) FROM cvm.%s', c)) || '; ' || pg_temp.sprung(), 'ok; nothing', format('%s reads what is written of a model, and none of its sources', c))
FROM unnest(ARRAY[$$catalog('anew')$$, $$dbt_yaml('anew')$$, $$cube_yaml('anew')$$, $$lookml('anew')$$, $$suggest('anew')$$, 'freshness']) c;
-- what a model's owner writes into the registry is read by who looks at all models
SET ROLE atk_alice;
SELECT cvm.store('anew', 'retention_month') \g /dev/null
SELECT cvm._register('anew', 'insert', 'setting', jsonb_build_object('setting', s, 'value', '1; x')) FROM unnest('{week_start,min_group_size,conf,as_of,start_kinds,segment_schemes,time_zone,currency}'::text[]) s \g /dev/null
RESET ROLE;
SELECT is(pg_temp.try('SELECT * FROM cvm.freshness'), 'ok', 'settings that are none do not keep others from cvm.freshness');
SELECT is(pg_temp.try(format($$SELECT cvm._register('anew', 'update', 'stored', %L)$$, jsonb_build_object('relation', 'retention_month') || v), 'atk_alice') || ', ' || pg_temp.try('SELECT * FROM cvm.freshness'), 'ok, ok', format('a setting %s does not keep others from cvm.freshness', v))
FROM unnest(ARRAY['{"max_staleness": "170000000 years"}', '{"refreshed_at": "-infinity"}', '{"refreshed_at": "infinity"}']::jsonb[]) v;

-- ---------------------------------------------------------------------------
-- Another's view under a name that the model needs
-- ---------------------------------------------------------------------------

CREATE ROLE atk_bob;
CREATE TABLE shop.spells AS SELECT i AS customer_id, 'p' || i % 3 AS product, date '2024-01-01' + i % 100 AS started_on,
	CASE WHEN i % 3 = 0 THEN date '2024-03-01' + i % 100 END AS ended_on, 10.0 AS mrr FROM generate_series(1, 60) i;
GRANT SELECT ON shop.spells TO PUBLIC;
SELECT cvm.create_model('mine', tz => 'UTC'), cvm.bind('mine', 'event', 'shop.orders'), cvm.bind('mine', 'subscription', 'shop.spells') \g /dev/null
GRANT ALL ON SCHEMA mine TO atk_eve;
GRANT USAGE ON SCHEMA mine TO atk_bob;
GRANT SELECT ON ALL TABLES IN SCHEMA mine TO atk_bob;
SET ROLE atk_alice;
SELECT cvm.create_model('hers', tz => 'UTC'), cvm.bind('hers', 'event', 'shop.orders'), cvm.bind('hers', 'subscription', 'shop.spells') \g /dev/null
GRANT ALL ON SCHEMA hers TO atk_eve;
GRANT USAGE ON SCHEMA hers TO atk_bob;
GRANT SELECT ON ALL TABLES IN SCHEMA hers TO atk_bob;
RESET ROLE;
CREATE FUNCTION pg_temp.readers() RETURNS TABLE (model name, role name) LANGUAGE sql AS $$ VALUES ('mine'::name, NULL::name), ('mine', 'atk_bob'), ('hers', 'atk_alice'), ('hers', 'atk_bob') $$;
SELECT is(pg_temp.try(format($$SELECT count(*) FROM cvm.review_pack(%L, '2024-03')$$, m.model), m.role), 'ok', format('%s reviews model %s', coalesce(m.role, 'a superuser'), m.model)) FROM pg_temp.readers() m WHERE m.role = 'atk_bob';
SET ROLE atk_eve;
-- of a name that the model does not have, as a review reads it
SELECT format($$CREATE VIEW %I.benchmark_comparison AS SELECT 'k'::text AS row_key, eves.spring('a review') AS metric, 's'::text AS source, date '2024-01-01' AS published_on, 1::numeric AS low, 1::numeric AS middle,
	1::numeric AS high, date '2024-03-01' AS month, 1::numeric AS value, 1::numeric AS conf_low, 1::numeric AS conf_high, 'b'::text AS band, true AS better, 'gap'::text AS verdict, 'r'::text AS reason, date '2024-04-01' AS as_of$$, m),
	format('GRANT SELECT ON %I.benchmark_comparison TO PUBLIC', m) FROM unnest('{mine,hers}'::name[]) m \gexec
RESET ROLE;
SELECT is(pg_temp.try(format(c, m.model), m.role) || '; ' || pg_temp.sprung(),
	format('42501: %s.benchmark_comparison belongs to role "atk_eve", not to the owner of model "%1$s"; nothing', m.model),
	format('%s: %s does not read a view that another role put into %s', coalesce(m.role, 'a superuser'), substring(c FROM 'cvm\.\w+'), m.model))
FROM pg_temp.readers() m, unnest(ARRAY[$$SELECT count(*) FROM cvm.review_pack(%L, '2024-03')$$, $$SELECT cvm.review_html(%L, '2024-03')$$]) c;
DROP VIEW mine.benchmark_comparison, hers.benchmark_comparison;
-- a loader takes the views along, and eve is quicker than the rebuild
DROP VIEW mine.subscription, hers.subscription, mine.event, hers.event CASCADE;
SET ROLE atk_eve;
SELECT format($$CREATE VIEW %I.subscription AS SELECT s.customer_id, eves.spring('a view of spells') AS product, s.started_on, s.ended_on, s.mrr, NULL::text AS currency, NULL::text AS status, NULL::text AS channel,
		NULL::text AS offer, NULL::text AS end_reason, NULL::text AS subscription_id FROM shop.spells s$$, m),
	format($$CREATE VIEW %I.price_change AS SELECT 'p0'::text AS product, '(all)'::text AS segment, date '2024-03-01' AS changed_on, 0.1::float8 AS excess_churn_rate, 0.1::float8 AS price_change_rate,
		0.01::float8 AS std_error, eves.spring('a view of prices') AS verdict$$, m),
	format($$CREATE VIEW %I.event AS SELECT o.customer_id, o.occurred_at, eves.spring('a view of events') AS kind, NULL::text AS product, NULL::text AS channel, o.amount, NULL::text AS currency FROM shop.orders o$$, m),
	format($$CREATE VIEW %I.retention_month AS SELECT '(all)|2024-01|0'::text AS row_key, 1::bigint AS cohort_customers, eves.spring('a view of cohorts') AS segment, date '2024-04-01' AS as_of$$, m),
	format('GRANT SELECT ON %I.subscription, %1$I.price_change, %1$I.event, %1$I.retention_month TO PUBLIC', m) FROM unnest('{mine,hers}'::name[]) m \gexec
RESET ROLE;
SELECT alike(pg_temp.try(format(c, m.model), m.role) || '; ' || pg_temp.sprung(), '42501: % belongs to %role "atk_eve"%; nothing',
	format('%s: nothing of another role stands in for a view in cvm.%s', coalesce(m.role, 'a superuser'), substring(c FROM 'cvm\.(\w+)')))
FROM pg_temp.readers() m, unnest(ARRAY[$$SELECT cvm.launch(%L, '{a view of spells}')$$, $$SELECT count(*) FROM cvm.price_simulation(%L, NULL, NULL, 0.1)$$,
	$$SELECT count(*) FROM cvm.customer_movement(%L, '2024-03-01')$$, $$SELECT count(*) FROM cvm.customer_action(%L, '2024-03-01')$$, $$SELECT count(*) FROM cvm.price_change(%L, 'x', '2024-03-01')$$,
	$$SELECT count(*) FROM cvm.customers(%L, 'retention_month', '(all)|2024-01|0', 'cohort_customers')$$,
	$$SELECT cvm.store(%L, 'retention_month')$$, $$SELECT cvm.store(%L, 'customer_activity')$$]) c WHERE m.role IS DISTINCT FROM 'atk_bob';

-- ---------------------------------------------------------------------------
-- Words that look like parts of a query, and casts in a fix
-- ---------------------------------------------------------------------------

CREATE TABLE shop.states AS SELECT s.customer_id, s.product, s.started_on, s.ended_on, s.customer_id::numeric AS mrr, (ARRAY['{row}', 's', 'e', '{as_of}', 'active'])[1 + s.customer_id % 5] AS status FROM shop.spells s;
SELECT cvm.create_model('words', tz => 'UTC'), cvm.bind('words', 'subscription', 'shop.states') \g /dev/null
SELECT cvm.configure('words', 'paused_statuses', '{"{row}","{as_of}"}'), cvm.configure('words', 'unpaid_statuses', NULL) \g /dev/null
SELECT results_eq($$SELECT m.opening_mrr FROM words.subscription_kpi m WHERE m.month = '2024-04-01' AND m.segment = '(all)'$$,
	$$SELECT sum(s.mrr) FROM shop.states s WHERE s.started_on < '2024-04-01' AND coalesce(s.ended_on >= '2024-04-01', true) AND s.status NOT IN ('{row}', '{as_of}')$$,
	'a word of a setting that stands in braces is that word');
SET ROLE atk_eve;
CREATE FUNCTION eves.json(eves.color) RETURNS json LANGUAGE sql AS $$ SELECT to_json(eves.spring('cast to json')) $$;
CREATE CAST (eves.color AS json) WITH FUNCTION eves.json(eves.color);
CREATE TABLE eves.people (customer_id int, channel text, color eves.color);
INSERT INTO eves.people VALUES (1, 'web', 'red'), (1, 'shop', 'blue'), (2, 'web', 'red');
GRANT SELECT ON eves.people TO PUBLIC;
RESET ROLE;
SELECT cvm.bind('words', 'customer', 'eves.people') \g /dev/null
SELECT fix AS fix FROM cvm.check_model('words') WHERE problem = 'duplicate_key' \gset
SELECT is(pg_temp.try(:'fix') || ', ' || pg_temp.try('SELECT count(c) FROM words.customer c') || '; ' || pg_temp.sprung(), 'ok, ok; nothing', 'rows with the same key are chosen among without a cast of the table''s own');
SELECT results_eq('SELECT customer_id FROM words.customer ORDER BY 1', 'VALUES (1), (2)', 'one of them is kept');

-- a cast that comes after the binding
SET ROLE atk_eve;
CREATE TYPE eves.state AS ENUM ('active', 'paused');
CREATE TABLE eves.later (customer_id int, occurred_at timestamptz, kind eves.state, amount numeric);
INSERT INTO eves.later SELECT i % 5, timestamptz '2024-01-01 12:00+00' + i * interval '9 days', CASE WHEN i % 4 > 0 THEN (ARRAY['active', 'paused'])[1 + i % 2]::eves.state END, 10 FROM generate_series(1, 20) i;
GRANT SELECT ON eves.later TO PUBLIC;
RESET ROLE;
SELECT cvm.bind('words', 'event', 'eves.later') \g /dev/null
SET ROLE atk_eve;
CREATE FUNCTION eves.say(eves.state) RETURNS text LANGUAGE sql AS $$ SELECT eves.spring('a later cast') $$;
CREATE CAST (eves.state AS text) WITH FUNCTION eves.say(eves.state);
RESET ROLE;
SELECT fix AS fix FROM cvm.check_model('words') WHERE problem = 'broken_binding' AND entity = 'event' \gset
SELECT is(pg_temp.try(:'fix') || ', ' || pg_temp.try('SELECT count(e), count(e.kind) FROM words.event e') || '; ' || pg_temp.sprung(), 'ok, ok; nothing', 'the fix of a binding to a column with such a cast does not call it');
SELECT results_eq('SELECT kind::text, count(*) FROM words.event GROUP BY 1 ORDER BY 1', $$VALUES ('active', 5::bigint), ('paused', 10), (NULL, 5)$$, 'it reads what PostgreSQL prints');

-- a recipe over another's tables
CREATE SCHEMA pay AUTHORIZATION atk_eve;
GRANT USAGE ON SCHEMA pay TO PUBLIC;
SET ROLE atk_eve;
CREATE TABLE pay.price (id text, product eves.state, unit_amount int, currency text, "interval" text);
INSERT INTO pay.price VALUES ('monthly', 'active', 999, 'eur', 'month');
CREATE TABLE pay.subscription_item (subscription_id text, price_id text);
CREATE TABLE pay.subscriptions (id text, customer_id text, status eves.state, created timestamptz, ended_at timestamptz);
INSERT INTO pay.subscriptions SELECT 's' || i, 'c' || i, 'active', timestamptz '2024-01-01 12:00+00' + i * interval '9 days', NULL FROM generate_series(1, 10) i;
INSERT INTO pay.subscription_item SELECT s.id, 'monthly' FROM pay.subscriptions s;
CREATE TABLE pay.customers (id text, created timestamptz, address_country eves.state);
INSERT INTO pay.customers SELECT s.customer_id, s.created, 'paused' FROM pay.subscriptions s;
GRANT SELECT ON ALL TABLES IN SCHEMA pay TO PUBLIC;
RESET ROLE;
SELECT is(pg_temp.try(cvm.recipe('stripe', 'pay', 'striped')) || ', ' || pg_temp.try('SELECT count(s), count(c) FROM striped.subscription s, striped.customer c') || '; ' || pg_temp.sprung(), 'ok, ok; nothing',
	'a recipe calls no cast of another role''s types');
SELECT is((SELECT count(DISTINCT s.product) || ' ' || min(s.product) || ' ' || sum(round(s.mrr, 2)) FROM striped.subscription s), '1 active 99.90', 'it reads what PostgreSQL prints');
SELECT * FROM finish();
ROLLBACK;
