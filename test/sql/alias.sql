\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Customers who turn out to be one: every view is that of a source whose ids
-- were merged by hand, stored or not.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql

-- The world as it is, and one in which the ids were merged by hand.  A quarter of
-- the customers turn out to be another one, who may be another one again.
CREATE TABLE world.customer_alias AS
SELECT i AS old_id, 1 + world.draw('now', i, i - 1) AS new_id, date '2024-11-01' + i AS since FROM generate_series(2, 240) i WHERE world.draw('is', i, 4) = 0;
CREATE TABLE world.customer_now (id int PRIMARY KEY, now int, links int);
CREATE SCHEMA hand;
DO $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT e.entity FROM cvm.entity e WHERE to_regclass('world.' || e.entity) IS NOT NULL AND e.entity <> 'customer_alias' LOOP
		EXECUTE format('CREATE TABLE hand.%1$I (LIKE world.%1$I)', t.entity);
	END LOOP;
END
$$;
CREATE FUNCTION world.merge() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	DELETE FROM world.customer_now;
	INSERT INTO world.customer_now
	WITH RECURSIVE c AS (
		SELECT a.old_id AS id, a.new_id AS now, 1 AS links FROM world.customer_alias a
		UNION ALL SELECT c.id, a.new_id, c.links + 1 FROM c JOIN world.customer_alias a ON a.old_id = c.now)
	SELECT DISTINCT ON (id) id, now, links FROM c ORDER BY id, links DESC;
	FOR t IN SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'customer_id') AND c.relname <> 'customer' AS has_ids FROM pg_class c WHERE c.relnamespace = 'hand'::regnamespace AND c.relkind = 'r' LOOP
		EXECUTE format('DELETE FROM hand.%1$I', t.relname);
		EXECUTE format('INSERT INTO hand.%1$I SELECT * FROM world.%1$I', t.relname);
		IF t.has_ids THEN
			EXECUTE format('UPDATE hand.%I h SET customer_id = n.now FROM world.customer_now n WHERE n.id = h.customer_id', t.relname);
		END IF;
	END LOOP;
	-- of customers the row of the id that stays, or else of the first of the old ones
	DELETE FROM hand.customer h USING world.customer_now n WHERE n.id = h.customer_id AND EXISTS (SELECT FROM hand.customer k WHERE k.customer_id = n.now);
	DELETE FROM hand.customer h USING world.customer_now n WHERE n.id = h.customer_id
		AND EXISTS (SELECT FROM hand.customer k JOIN world.customer_now m ON m.id = k.customer_id WHERE m.now = n.now AND k.customer_id::text COLLATE "C" < h.customer_id::text COLLATE "C");
	UPDATE hand.customer h SET customer_id = n.now FROM world.customer_now n WHERE n.id = h.customer_id;
END
$$;
-- of some of them only the old id is among the customers
DELETE FROM world.customer c WHERE c.customer_id IN (SELECT a.new_id FROM world.customer_alias a) AND c.customer_id % 3 = 0;
DO $$ BEGIN PERFORM world.merge(); END $$;
SELECT cmp_ok((SELECT count(*) FROM world.customer_now), '>=', 50::bigint, 'fifty customers turn out to be another one');
SELECT cmp_ok((SELECT max(links) FROM world.customer_now), '>=', 3, 'by chains of three links and more');
SELECT cmp_ok((SELECT count(*) FROM world.customer_now n WHERE NOT EXISTS (SELECT FROM world.customer c WHERE c.customer_id = n.now)), '>', 3::bigint, 'and some are no customers but under an old id');
-- A model of all sources in a schema, its views made at once
CREATE FUNCTION world.model_of(model name, schema name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2025-02-01');
	PERFORM cvm._register(model, 'insert', 'setting', '{"setting": "segment_schemes", "value": "{region}"}');
	PERFORM cvm._register(model, 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', e.entity, 'source_schema', schema, 'source_name', e.entity, 'columns', '{}'::jsonb))
		FROM cvm.entity e WHERE to_regclass(format('%I.%I', schema, e.entity)) IS NOT NULL));
	PERFORM count(*) FROM cvm.rebuild(model);
END
$$;
CREATE FUNCTION world.digests(model name, pattern text = '') RETURNS TABLE (view text, n bigint, digest text) LANGUAGE plpgsql AS $$
BEGIN
	FOR view IN SELECT c.view FROM cvm.catalog(model) c WHERE c."exists" UNION ALL SELECT b.entity FROM cvm.binding b WHERE b.model = digests.model AND b.entity <> 'customer_alias' ORDER BY 1 LOOP
		CONTINUE WHEN view !~ pattern;
		EXECUTE format($q$SELECT count(*), md5(string_agg(r.row, E'\n' ORDER BY r.row COLLATE "C"))
			FROM (SELECT regexp_replace(to_jsonb(x)::text, '("(?:prior_)?customer_id": )(\d+)', '\1"\2"', 'g') AS row FROM %I.%I x) AS r$q$, model, view)
		INTO n, digest;
		RETURN NEXT;
	END LOOP;
END
$$;
DO $$ BEGIN PERFORM world.model_of('by_hand', 'hand'), world.model_of('merged', 'world'); END $$;
ANALYZE;
-- which views of a model have another digest than by hand, of how many
CREATE FUNCTION world.differ(model name, pattern text = '') RETURNS text LANGUAGE sql AS $$
	SELECT concat(string_agg(coalesce(h.view, d.view), ', ') FILTER (WHERE (h.n, h.digest) IS DISTINCT FROM (d.n, d.digest)) || ' of ', count(*) FILTER (WHERE h.n > 0) >= 3)
	FROM world.digests('by_hand', pattern) h FULL JOIN world.digests(differ.model, pattern) d ON d.view = h.view
$$;
SELECT is(world.differ('merged'), 't', 'every view and entity is that of ids that were merged by hand');

-- What is kept
SELECT cvm.store('merged', 'customer_activity', mode => 'queue'), cvm.store('merged', 'customer_holdings', mode => 'scan') \g /dev/null
\set some '^(retention_month|lifecycle_month|customer_rfm|inactivity_churn|subscription_retention|mrr_movement|segment_kpi|customer_phase|survival|subscription_kpi)$'
SELECT is(world.differ('merged', :'some'), 't', 'views that read states are, too');
-- rows of old ids, and of new ones
CREATE FUNCTION world.more(shift int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO world.event SELECT a.old_id, timestamptz '2025-01-10 12:00+02' + shift * interval '1 hour', 'order', 'TV', 'web', a.old_id + shift FROM world.customer_alias a;
	INSERT INTO world.event SELECT a.new_id, timestamptz '2025-01-11 12:00+02' + shift * interval '1 hour', 'order', 'TV', 'web', a.old_id FROM world.customer_alias a WHERE a.old_id % 5 = 0;
	DELETE FROM world.event e WHERE e.customer_id IN (SELECT a.old_id FROM world.customer_alias a) AND e.customer_id % 7 = shift;
	UPDATE world.subscription s SET mrr = mrr + 1 WHERE s.customer_id IN (SELECT a.old_id FROM world.customer_alias a) AND s.customer_id % 7 = shift;
	SELECT world.merge()
$$;
SELECT world.more(1) \g /dev/null
SELECT is((SELECT string_agg(r.object || ' ' || r.mode, ', ' ORDER BY r.object) FROM cvm.refresh_here('merged') r), 'customer_activity queue, customer_holdings scan', 'a refresh folds again only who has other rows');
SELECT is(world.differ('merged', :'some'), 't', 'and puts rows of old ids to who they are now');
-- one more, one that goes on, and one that was wrong
INSERT INTO world.customer_alias SELECT a.new_id, 1, date '2025-01-20' FROM world.customer_alias a WHERE a.new_id > 1 AND NOT EXISTS (SELECT FROM world.customer_alias b WHERE b.old_id = a.new_id) ORDER BY a.new_id LIMIT 1;
DELETE FROM world.customer_alias a WHERE a.old_id = (SELECT max(b.old_id) FROM world.customer_alias b);
SELECT world.more(2) \g /dev/null
SELECT isnt(world.differ('merged', 'customer_phase|^segment_kpi$'), 't', 'what is kept is of the aliases that there were');
SELECT is((SELECT string_agg(r.object || ' ' || r.mode, ', ' ORDER BY r.object) FROM cvm.refresh_here('merged') r), 'customer_activity full, customer_holdings full', 'other aliases fold all customers again');
SELECT is(world.differ('merged', :'some'), 't', 'who are those of the aliases that there are');
SELECT is((SELECT string_agg(r.object || ' ' || r.mode || ' ' || r.rows_written, ', ' ORDER BY r.object) FROM cvm.refresh_here('merged') r), 'customer_activity queue 0, customer_holdings scan 0', 'and nothing is left to do');
SELECT cvm.store('merged', 'customer_activity', mode => 'watermark', watermark => 'occurred_at', overlap => '30 days') \g /dev/null
INSERT INTO world.event SELECT a.old_id, timestamptz '2025-01-28 12:00+02', 'order', 'TV', 'web', 3 FROM world.customer_alias a;
SELECT world.merge() \g /dev/null
SELECT is((SELECT r.mode FROM cvm.refresh_here('merged', '{customer_activity}') r), 'watermark', 'by a watermark, too, only rows that came are looked at');
SELECT is(world.differ('merged', 'retention_month|lifecycle_month|customer_rfm|inactivity_churn'), 't', 'and put to who they are now');
-- without the aliases they are again who they were
SELECT cvm.unbind('merged', 'customer_alias') \g /dev/null
SELECT is((SELECT r.mode FROM cvm.refresh_here('merged', '{customer_activity}') r), 'full', 'without aliases states are made anew');
SELECT is((SELECT count(*) FROM merged.customer_rfm), (SELECT count(DISTINCT customer_id) FROM world.event), 'of ids as the source has them');

-- What is wrong with aliases
CREATE SCHEMA app;
CREATE TABLE app.event (customer_id bigint, occurred_at date, amount int);
INSERT INTO app.event SELECT i, date '2024-01-01' + i, i FROM generate_series(1, 12) i;
-- ids as another system has them
CREATE TABLE app.merge (was text, "is" text, at timestamptz);
INSERT INTO app.merge VALUES ('7', ' 03', '2024-02-01'), ('3', '2', '2024-02-02'), ('9', '9', NULL), ('11', '12', '2024-02-01'), ('11', '10', '2024-03-01');
SELECT cvm.create_model('small', tz => 'UTC') \g /dev/null
SELECT cvm.bind('small', 'event', 'app.event') \g /dev/null
SELECT cvm.bind('small', 'customer_alias', 'app.merge', '{"old_id": "was", "new_id": "is", "since": "at"}') \g /dev/null
CREATE FUNCTION world.who() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(amount || ' ' || customer_id, ', ' ORDER BY amount) FROM small.event WHERE amount <> customer_id $$;
SELECT is(world.who(), '3 2, 7 2, 11 10', 'ids of another type are compared as text, who is themselves is, and of two rows the last counts');
SELECT col_type_is('small', 'event', 'customer_id', 'bigint', 'ids keep the type of the source');
CREATE FUNCTION world.found() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', c.severity, c.problem, c.count, c.samples), ', ' ORDER BY c.problem) FROM cvm.check_model('small') c WHERE c.entity = 'customer_alias' $$;
SELECT is(world.found(), 'warning duplicate_key 1 {11}', 'an id that became two is found');
INSERT INTO app.merge VALUES ('4', '5', NULL), ('5', '6', NULL), ('6', '4', NULL), ('8', '5', NULL), ('1', 'x-1', NULL), ('99999999999999999999', '1', NULL), (NULL, '1', NULL), ('', '1', NULL), ('12', '1', NULL);
SELECT is(world.who(), '3 2, 7 2, 11 10, 12 1', 'who is in a circle or leads into one stays, as who becomes what nobody can be');
SELECT is(world.found(), 'error alias_circle 4 {4,5,6,8}, warning blank_key 1 {" 1"}, warning duplicate_key 1 {11}, error null_key 1 {"NULL 1"}, error unusable_id 2 {"1 x-1","99999999999999999999 1"}', 'each of them is found');
SELECT ok(c.what LIKE '%in a circle%stay as they are%Take the row that is wrong out of the source%', 'a circle says what to do') FROM cvm.check_model('small') c WHERE c.problem = 'alias_circle';
DO $$
DECLARE
	fix text;
BEGIN
	FOR fix IN SELECT c.fix FROM cvm.check_model('small') c WHERE c.entity = 'customer_alias' LOOP
		EXECUTE fix;
	END LOOP;
END
$$;
SELECT is(world.found(), NULL, 'and each fix takes it away');
SELECT is(world.who(), '3 2, 7 2, 11 10, 12 1', 'which changes nobody');
SELECT is((SELECT count(*) FROM small.customer_alias), 5::bigint, 'the rest of the aliases are there');
-- findings about customers are of who they are now
CREATE TABLE app.customer (id int, name text);
INSERT INTO app.customer VALUES (1, 'a'), (7, 'was seven'), (10, 'ten'), (11, 'eleven');
CREATE TABLE app.sub (cust int, product text, started_on date, ended_on date, mrr int);
INSERT INTO app.sub VALUES (7, 'p', '2024-01-01', '2024-06-01', 120), (2, 'p', '2024-05-01', NULL, 130), (11, 'p', '2024-01-01', NULL, 110), (8, 'p', '2024-01-01', NULL, 80);
SELECT cvm.bind('small', 'customer', 'app.customer', '{"customer_id": "id"}'), cvm.bind('small', 'subscription', 'app.sub', '{"customer_id": "cust"}') \g /dev/null
SELECT is((SELECT string_agg(customer_id || ' ' || name, ', ' ORDER BY customer_id) FROM small.customer), '1 a, 2 was seven, 10 ten', 'a customer is one row, that of the id that stays where there is one');
SELECT is((SELECT string_agg(concat_ws(' ', c.problem, c.count), ', ' ORDER BY c.problem) FROM cvm.check_model('small') c WHERE c.severity <> 'info' AND c.entity = 'subscription'), 'orphan_customer 1, overlapping_spells 1', 'spells that overlap because two are one are found, and whom nobody knows');
DO $$
DECLARE
	fix text;
BEGIN
	FOR fix IN SELECT c.fix FROM cvm.check_model('small') c WHERE c.severity <> 'info' LOOP
		EXECUTE fix;
	END LOOP;
END
$$;
SELECT is((SELECT string_agg(concat_ws(' ', customer_id, started_on, ended_on, mrr), ', ' ORDER BY customer_id, started_on) FROM small.subscription), '2 2024-01-01 2024-05-01 120, 2 2024-05-01 130, 8 2024-01-01 80, 10 2024-01-01 110', 'the fix parts their days');
SELECT is((SELECT string_agg(concat_ws(' ', customer_id, name), ', ' ORDER BY customer_id) FROM small.customer WHERE customer_id IN (1, 2, 7, 8, 10, 11)), '1 a, 2 was seven, 8, 10 ten', 'and adds whom nobody knows, and nobody twice');
-- views that mend read the source, so that they are not in the way
SELECT lives_ok($$SELECT cvm.unbind('small', 'customer_alias')$$, 'aliases can be taken away from under views that mend');
SELECT cvm.bind('small', 'customer_alias', 'app.merge', '{"old_id": "was", "new_id": "is", "since": "at"}') \g /dev/null
-- without their source nobody is taken for another
DROP TABLE app.merge CASCADE;
SELECT is((SELECT string_agg(DISTINCT r.action, ', ') FROM cvm.rebuild('small') r WHERE r.relation IN ('customer_alias', 'event', 'subscription', 'customer')), 'waits', 'where the aliases are gone everything waits for them');

SELECT finish();
ROLLBACK;
