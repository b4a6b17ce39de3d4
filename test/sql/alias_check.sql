\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Customers who turn out to be one: ids as sources have them, and what is found of
-- aliases that are wrong and of rows that belong to one customer by them.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(22);
CREATE SCHEMA app;
CREATE TABLE app.event (customer_id bigint, occurred_at date, amount int);
INSERT INTO app.event SELECT i, date '2024-01-01' + i, i FROM generate_series(1, 12) i;
-- ids as another system has them
CREATE TABLE app.merge (was text, "is" text, at timestamptz);
INSERT INTO app.merge VALUES ('7', ' 03', '2024-02-01'), ('3', '2', '2024-02-02'), ('9', '9', NULL), ('11', '12', '2024-02-01'), ('11', '10', '2024-03-01');
SELECT cvm.create_model('small', tz => 'UTC') \g /dev/null
SELECT cvm.bind('small', 'event', 'app.event') \g /dev/null
SELECT cvm.bind('small', 'customer_alias', 'app.merge', '{"old_id": "was", "new_id": "is", "since": "at"}') \g /dev/null
CREATE FUNCTION pg_temp.who() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(amount || ' ' || customer_id, ', ' ORDER BY amount) FROM small.event WHERE amount <> customer_id $$;
SELECT is(pg_temp.who(), '3 2, 7 2, 11 10', 'ids of another type are compared as text, who is themselves is, and of two rows the last counts');
SELECT col_type_is('small', 'event', 'customer_id', 'bigint', 'ids keep the type of the source');
CREATE FUNCTION pg_temp.found() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', c.severity, c.problem, c.count, c.samples), ', ' ORDER BY c.problem) FROM cvm.check_model('small') c WHERE c.entity = 'customer_alias' $$;
SELECT is(pg_temp.found(), 'warning duplicate_key 1 {11}', 'an id that became two is found');
INSERT INTO app.merge VALUES ('4', '5', NULL), ('5', '6', NULL), ('6', '4', NULL), ('8', '5', NULL), ('1', 'x-1', NULL), ('99999999999999999999', '1', NULL), (NULL, '1', NULL), ('', '1', NULL), ('12', '1', NULL);
SELECT is(pg_temp.who(), '3 2, 7 2, 11 10, 12 1', 'who is in a circle or leads into one stays, as who becomes what nobody can be');
SELECT is(pg_temp.found(), 'error alias_circle 4 {4,5,6,8}, warning blank_key 1 {" 1"}, warning duplicate_key 1 {11}, error null_key 1 {"NULL 1"}, error unusable_id 2 {"1 x-1","99999999999999999999 1"}', 'each of them is found');
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
SELECT is(pg_temp.found(), NULL, 'each fix takes its problem away');
SELECT is(pg_temp.who(), '3 2, 7 2, 11 10, 12 1', 'the fix of a circle changes nobody');
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
SELECT is((SELECT string_agg(concat_ws(' ', customer_id, name), ', ' ORDER BY customer_id) FROM small.customer WHERE customer_id IN (1, 2, 7, 8, 10, 11)), '1 a, 2 was seven, 8, 10 ten', 'the fix adds whom nobody knows, and nobody twice');
-- what a customer costs is what each of their ids did
CREATE TABLE app.share (customer_id int, month date, pool text, quantity int);
INSERT INTO app.share VALUES (7, '2024-01-01', 'care', 3), (3, '2024-01-01', 'care', 4), (8, '2024-01-01', 'care', 5);
CREATE VIEW app.merge_without_circle AS SELECT * FROM app.merge WHERE was NOT IN ('4', '5', '6', '8');
SELECT cvm.bind('other', 'cost_driver', 'app.share'), cvm.bind('other', 'customer_alias', 'app.merge_without_circle', '{"old_id": "was", "new_id": "is", "since": "at"}') FROM cvm.create_model('other', tz => 'UTC') \g /dev/null
SELECT is((SELECT string_agg(d.customer_id || ' ' || d.quantity, ', ' ORDER BY d.quantity) FROM other.cost_driver d), '2 3, 2 4, 8 5', 'drivers of cost are of who each id is now');
-- views that mend read the source, so that they are not in the way
SELECT lives_ok($$SELECT cvm.unbind('small', 'customer_alias')$$, 'aliases can be taken away from under views that mend');
-- who binds a circle is told which
CREATE FUNCTION pg_temp.refused(source regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	PERFORM cvm.bind('small', 'customer_alias', source, '{"old_id": "was", "new_id": "is", "since": "at"}');
	RETURN 'bound';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ': ' || SQLERRM || ' | ' || hint;
END
$$;
SELECT is(pg_temp.refused('app.merge'), '22000: aliases of app.merge lead in a circle: "5" to "6" to "4" to "5" | Take the row that is wrong out of the source, or bind a view without it. '
	|| '4 ids lead into a circle: SELECT s.* FROM app.merge s WHERE s.was::text IN (''4'', ''5'', ''6'', ''8'');', 'aliases that lead in a circle are refused, with the ids of one');
SELECT is((SELECT count(*) FROM cvm.binding WHERE model = 'small' AND entity = 'customer_alias'), 0::bigint, 'a circle that is refused binds nothing');
CREATE TABLE app."long way's ""round""" AS SELECT 'n' || i AS was, 'n' || CASE WHEN i < 5000 THEN i + 1 ELSE 4900 END AS "is", NULL::date AS at FROM generate_series(1, 5000) i;
SELECT cvm.create_model('named', tz => 'UTC') \g /dev/null
SELECT throws_like($$SELECT cvm.bind('named', 'customer_alias', 'app."long way''s ""round"""', '{"old_id": "was", "new_id": "is", "since": "at"}')$$,
	'aliases of app."long way''s ""round""" lead in a circle: "n49__" to "n49__" to "n49__" to "n49__" to "n49__" to …', 'of a long circle some ids are told');
DELETE FROM app.merge WHERE was = '6';
SELECT is(pg_temp.refused('app.merge'), 'bound', 'once the row that is wrong is gone the rest is bound');
-- what comes later does not stop what has run every night
INSERT INTO app.merge VALUES ('6', '4', NULL);
SELECT is(pg_temp.refused('app.merge'), 'bound', 'aliases that are bound can be bound again though there is a circle now');
SELECT is(pg_temp.found(), 'error alias_circle 4 {4,5,6,8}, warning blank_key 1 {" 1"}, warning duplicate_key 1 {11}, error null_key 1 {"NULL 1"}, error unusable_id 2 {"1 x-1","99999999999999999999 1"}', 'a circle that comes later is found');
-- without their source nobody is taken for another
DROP TABLE app.merge CASCADE;
SELECT is((SELECT string_agg(DISTINCT r.action, ', ') FROM cvm.rebuild('small') r WHERE r.relation IN ('customer_alias', 'event', 'subscription', 'customer')), 'waits', 'where the aliases are gone everything waits for them');

SELECT finish();
ROLLBACK;
