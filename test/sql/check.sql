\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(41);

CREATE SCHEMA app;
CREATE TABLE app.cust (id int, name text);
CREATE TABLE app.prod (code text);
CREATE TABLE app.ev (cust bigint, ts timestamptz, amt numeric, cur text);
CREATE TABLE app.sub (id bigint, plan text, a date, b date, fee numeric, line int);
CREATE TABLE app.seg (id int, seg text, vf date, vt date);
CREATE TABLE app.own (k text, s text, o text, vf date, vt date);
DO $$
BEGIN
	PERFORM cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'EUR');
	PERFORM cvm.bind('acme', 'customer', 'app.cust', '{"customer_id":"id"}');
	PERFORM cvm.bind('acme', 'product', 'app.prod', '{"product":"code"}');
	PERFORM cvm.bind('acme', 'segment_history', 'app.seg', '{"customer_id":"id", "segment":"seg", "valid_from":"vf", "valid_to":"vt"}');
	PERFORM cvm.bind('acme', 'owner', 'app.own', '{"subject_kind":"k", "subject":"s", "owner":"o", "valid_from":"vf", "valid_to":"vt"}');
	PERFORM cvm.bind('acme', 'event', 'app.ev', '{"customer_id":"cust", "occurred_at":"ts", "amount":"amt", "currency":"cur"}');
	PERFORM cvm.bind('acme', 'subscription', 'app.sub', '{"customer_id":"id", "product":"plan", "started_on":"a", "ended_on":"b", "mrr":"fee"}');
END
$$;
SELECT is((SELECT array_agg(entity ORDER BY entity) FROM cvm.check_model('acme') WHERE problem = 'empty_source'), '{customer,event,owner,product,segment_history,subscription}',
	'empty sources are found');

-- sound data: nothing to find but indexes
CREATE FUNCTION pg_temp.sound() RETURNS void LANGUAGE sql AS $$
	TRUNCATE app.cust, app.prod, app.ev, app.sub, app.seg, app.own;
	INSERT INTO app.cust SELECT i, 'c' || i FROM generate_series(1, 5) i;
	INSERT INTO app.prod VALUES ('fibre'), ('mobile');
	INSERT INTO app.ev SELECT i, timestamptz '2024-01-10 12:00+00' + i * interval '9 days', 10, CASE WHEN i > 1 THEN 'EUR' END FROM generate_series(1, 5) i;
	INSERT INTO app.sub VALUES (1, 'fibre', '2024-01-01', '2024-03-01', 30, 1), (1, 'fibre', '2024-03-01', NULL, 35, 1), (2, 'mobile', '2024-01-01', NULL, 9, 2);
	INSERT INTO app.seg VALUES (1, 'gold', '2024-01-01', '2024-02-01'), (1, 'silver', '2024-02-01', NULL), (2, 'gold', '2024-01-01', NULL);
	INSERT INTO app.own VALUES ('segment', 'gold', 'Ann', '2024-01-01', '2024-02-01'), ('segment', 'gold', 'Bob', '2024-02-01', NULL), ('segment', 'silver', 'Bob', NULL, NULL);
$$;
DO $$ BEGIN PERFORM pg_temp.sound(); END $$;
SELECT is((SELECT array_agg(severity || ' ' || entity || ' ' || problem) FROM cvm.check_model('acme')),
	'{"info event missing_index","info subscription missing_index","info segment_history missing_index"}', 'sound data have nothing wrong but a missing index');

-- A finding: break the data with a statement, look, run the fix, look again.
-- The fix is that of the finding itself; the sound data and bindings come back.
CREATE FUNCTION pg_temp.finding(breaks text, problem text, entity text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	f record;
	still bigint;

	result text;
BEGIN
	BEGIN
		EXECUTE breaks;
		SELECT c.* INTO f FROM cvm.check_model('acme') c WHERE c.problem = finding.problem AND c.entity = finding.entity;
		IF NOT FOUND THEN
			RETURN 'not found';
		END IF;
		EXECUTE f.fix;
		SELECT count(*) INTO still FROM cvm.check_model('acme') c WHERE c.problem = finding.problem AND c.entity = finding.entity;
		result := format('%s %s %s%s', f.severity, f.count, f.samples, CASE WHEN still > 0 THEN ', and still there after the fix: ' || f.fix ELSE ', mended' END);
		RAISE sqlstate 'CVM00';
	EXCEPTION WHEN sqlstate 'CVM00' THEN
		RETURN result;
	END;
END
$$;
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (NULL, ''2024-02-01 12:00+00'', 1)', 'null_key', 'event'), 'error 1 {"NULL 2024-02-01 12:00:00+00"}, mended', 'events of nobody are found');
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (1, NULL, 1), (2, NULL, 1)', 'null_key', 'event'), 'error 2 {"1 NULL","2 NULL"}, mended', 'events at no time are found');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, ''fibre'', NULL, NULL, 5)', 'null_key', 'subscription'), 'error 1 {"3 fibre NULL"}, mended', 'spells without a start are found');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, ''fibre'', ''2024-01-01'', NULL, NULL)', 'null_value', 'subscription'), 'error 1 {"3 fibre 2024-01-01"}, mended', 'spells without a price are found');
SELECT is(pg_temp.finding('INSERT INTO app.prod VALUES ('' '')', 'blank_key', 'product'), 'warning 1 {" "}, mended', 'products with an empty code');
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (1, ''infinity'', 1)', 'infinite_time', 'event'), 'error 1 {"1 infinity"}, mended', 'events at infinity are found');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, ''fibre'', ''2024-01-01'', ''infinity'', 1)', 'infinite_time', 'subscription'), 'not found', 'spells that end at infinity go on, which is nothing to find');
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (1, ''9999-01-01 00:00+00'', 1)', 'future_time', 'event'), 'error 1 {"1 9999-01-01 00:00:00+00"}, mended', 'events in the future are found');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, ''fibre'', ''9999-01-01'', NULL, 1)', 'future_time', 'subscription'), 'info 1 {"3 fibre 9999-01-01"}, mended', 'spells in the future, which may be meant');
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (1, ''2024-02-01 12:00+00'', ''NaN'')', 'not_a_number', 'event'), 'error 1 {"1 2024-02-01 12:00:00+00"}, mended', 'amounts that are no number');
SELECT is(pg_temp.finding('INSERT INTO app.ev SELECT e.* FROM app.ev e, generate_series(1, 2) WHERE cust = 1', 'duplicate_rows', 'event'), 'warning 2 {"1 2024-01-19 12:00:00+00"}, mended', 'rows that were loaded twice');
SELECT is(pg_temp.finding('INSERT INTO app.cust VALUES (3, ''again'')', 'duplicate_key', 'customer'), 'error 1 {3}, mended', 'customers that stand twice are found');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, ''fibre'', ''2024-03-01'', ''2024-02-01'', 1)', 'inverted_spell', 'subscription'), 'error 1 {"3 fibre 2024-03-01"}, mended', 'spells that end before they start');
SELECT is(pg_temp.finding('INSERT INTO app.seg VALUES (3, ''gold'', ''2024-03-01'', ''2024-02-01'')', 'inverted_spell', 'segment_history'), 'error 1 {"3 gold 2024-03-01"}, mended', 'memberships that end before they start are found');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (2, ''mobile'', ''2024-05-01'', NULL, 9, 3)', 'overlapping_spells', 'subscription'), 'warning 1 {"2 mobile 2024-01-01"}, mended', 'spells of one product that overlap');
SELECT is(pg_temp.finding($$INSERT INTO app.sub VALUES (2, 'mobile', '2024-05-01', NULL, 9, 3);
	DO 'BEGIN PERFORM cvm.bind(''acme'', ''subscription'', ''app.sub'', ''{"customer_id":"id", "product":"plan", "started_on":"a", "ended_on":"b", "mrr":"fee", "subscription_id":"line"}''); END'$$,
	'overlapping_spells', 'subscription'), 'not found', 'two lines of one product do not overlap');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, ''fibre'', ''2024-01-01'', NULL, -5)', 'negative_mrr', 'subscription'), 'error 1 {"3 fibre 2024-01-01"}, mended', 'customers who pay less than nothing');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, '''', ''2024-01-01'', NULL, 5), (4, NULL, ''2024-01-01'', NULL, 5)', 'no_product', 'subscription'), 'error 2 {"3  2024-01-01","4 NULL 2024-01-01"}, mended', 'spells under no product are found');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, '' '', ''2024-01-01'', NULL, 5)', 'unknown_product', 'subscription'), 'not found', 'a product of blanks is none, and not one that is missing');
SELECT is(pg_temp.finding('INSERT INTO app.sub VALUES (3, ''fax'', ''2024-01-01'', NULL, 5)', 'unknown_product', 'subscription'), 'warning 1 {fax}, mended', 'products that nobody knows are found');
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (99, ''2024-02-01 12:00+00'', 1)', 'orphan_customer', 'event'), 'warning 1 {99}, mended', 'customers that nobody knows are found');
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (99999999999, ''2024-02-01 12:00+00'', 1)', 'orphan_customer', 'event'), 'warning 1 {99999999999}, mended', 'customers whose id is too long for the customer table are found');
SELECT is(pg_temp.finding('INSERT INTO app.ev VALUES (1, ''2024-02-01 12:00+00'', 1, ''USD'')', 'mixed_currency', 'event'), 'error 1 {USD}, mended', 'amounts in other currencies are found');
SELECT is(pg_temp.finding('INSERT INTO app.seg VALUES (2, ''silver'', ''2024-06-01'', NULL)', 'segment_overlap', 'segment_history'), 'warning 1 {"2 2024-01-01"}, mended', 'customers in two segments at once');
SELECT is(pg_temp.finding($$INSERT INTO app.seg VALUES (2, 'silver', '2024-06-01', NULL);
	DO 'BEGIN PERFORM cvm.bind(''acme'', ''segment_history'', ''app.seg'', ''{"customer_id":"id", "segment":"seg", "valid_from":"vf", "valid_to":null}''); END'$$,
	'segment_overlap', 'segment_history'), 'warning 2 {"1 2024-01-01","2 2024-01-01"}, mended', 'a history of changes without ends can be mended too');
SELECT is(pg_temp.finding('INSERT INTO app.seg VALUES (3, ''gold'', ''2024-01-01'', ''2024-02-01''), (3, ''gold'', ''2024-03-01'', NULL)', 'segment_gap', 'segment_history'), 'info 1 {"3 2024-02-01"}, mended', 'customers in no segment for a while');
SELECT is(pg_temp.finding('INSERT INTO app.seg VALUES (3, ''(all)'', ''2024-01-01'', NULL)', 'reserved_segment', 'segment_history'), 'error 1 {"3 (all) 2024-01-01"}, mended', 'segments with a name that means something else');
SELECT is(pg_temp.finding('INSERT INTO app.own VALUES (''segment'', ''silver'', ''Ann'', ''2024-03-01'', NULL)', 'two_owners', 'owner'), 'error 1 {"segment silver "}, mended', 'two people who answer for one thing');
SELECT is(pg_temp.finding('SELECT 1', 'missing_index', 'event'), 'info 0 {app.ev}, mended', 'a missing index is found');
SELECT is(pg_temp.finding('DROP VIEW acme.event CASCADE', 'lost_view', 'event'), 'error 1 {acme.event}, mended', 'a view that was lost');
SELECT is(pg_temp.finding('ALTER TABLE app.ev RENAME ts TO ts_utc', 'broken_binding', 'event'), 'error 1 {app.ev}, mended', 'a column that was renamed');
SELECT is(pg_temp.finding('DROP VIEW acme.event CASCADE; ALTER TABLE app.ev ALTER amt TYPE float8', 'broken_binding', 'event'), 'error 1 {app.ev}, mended', 'a column that has another type');
DO $$ BEGIN DROP TABLE app.own CASCADE; END $$;
SELECT is((SELECT severity || ' ' || samples::text FROM cvm.check_model('acme') WHERE problem = 'missing_source'), 'error {app.own}', 'a source that is gone');
CREATE TABLE app.own (k text, s text, o text, vf date, vt date);
DO $$ BEGIN EXECUTE (SELECT fix FROM cvm.check_model('acme') WHERE problem = 'lost_view'); PERFORM pg_temp.sound(); END $$;
SELECT is((SELECT count(*) FROM cvm.check_model('acme') WHERE severity <> 'info'), 0::bigint, 'nothing is wrong after the fix of a source that was gone');

-- everything at once
INSERT INTO app.ev VALUES (NULL, '2024-02-01', 1, 'USD'), (1, 'infinity', 1, NULL), (99, '9999-01-01', 'NaN', 'USD'), (1, '2024-03-01', 1, 'EUR'), (1, '2024-03-01', 1, 'EUR');
INSERT INTO app.sub VALUES (1, NULL, '2024-01-01', 'infinity', -5, 1), (2, 'mobile', '2024-05-01', 'infinity', 9, 3), (98, 'fax', '2024-02-01', '2024-01-01', 'NaN', 4);
INSERT INTO app.seg VALUES (1, '(none)', '2024-01-15', 'infinity'), (97, 'gold', '2024-01-01', NULL);
SELECT is((SELECT string_agg(DISTINCT rank::text || lead::text, ' ') FROM (
		SELECT rank, lead(rank) OVER (ORDER BY n) FROM cvm.check_model('acme') WITH ORDINALITY AS c (severity, entity, problem, count, samples, what, fix, n),
			LATERAL (SELECT array_position('{error,warning,info}', severity)) r (rank)) x WHERE lead < rank), NULL, 'the worst comes first');
DO $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT c.fix FROM cvm.check_model('acme') c WHERE c.severity <> 'info' LOOP
		EXECUTE f.fix;
	END LOOP;
END
$$;
SELECT is((SELECT array_agg(entity || ' ' || problem) FROM cvm.check_model('acme') WHERE severity <> 'info'), NULL, 'running the fixes one after the other mends everything');
SELECT is((SELECT count(*) FROM app.ev), 10::bigint, 'the fixes take no row from a source');

-- no rights
CREATE ROLE cvm_check_ann;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cvm_check_ann', current_database()); END $$;
GRANT USAGE ON SCHEMA app TO cvm_check_ann;
GRANT SELECT ON app.ev TO cvm_check_ann;
SET ROLE cvm_check_ann;
DO $$
BEGIN
	PERFORM cvm.create_model('anns', tz => 'UTC');
	PERFORM cvm.bind('anns', 'event', 'app.ev', '{"customer_id":"cust", "occurred_at":"ts"}');
END
$$;
RESET ROLE;
REVOKE SELECT ON app.ev FROM cvm_check_ann;
CREATE FUNCTION pg_temp.as_ann(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	SET LOCAL ROLE cvm_check_ann;
	EXECUTE query INTO seen;
	RESET ROLE;
	RETURN seen;
END
$$;
SELECT is(pg_temp.as_ann($$SELECT severity || ': ' || what || ' ' || fix FROM cvm.check_model('anns') WHERE problem = 'unreadable_source'$$),
	'error: The source cannot be read: permission denied for table ev. GRANT USAGE ON SCHEMA app TO cvm_check_ann; GRANT SELECT ON app.ev TO cvm_check_ann;', 'a source that cannot be read is a finding, not an error');
DO $$ BEGIN EXECUTE pg_temp.as_ann($q$SELECT fix FROM cvm.check_model('anns') WHERE problem = 'unreadable_source'$q$); END $$;
SELECT is(pg_temp.as_ann($$SELECT count(*)::text FROM cvm.check_model('anns') WHERE problem = 'unreadable_source'$$), '0', 'a source that could not be read can be read after the fix');

SELECT * FROM finish();
ROLLBACK;
