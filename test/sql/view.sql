\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(50);

-- a shop of four customers
CREATE SCHEMA shop;
CREATE TABLE shop.orders (customer_id bigint, occurred_at timestamptz, amount numeric, kind text);
INSERT INTO shop.orders VALUES
	(1, '2024-01-05 12:00+02', 10, 'order'), (1, '2024-02-03 12:00+02', 20, 'order'), (1, '2024-03-01 12:00+02', 5, 'visit'),
	(2, '2024-01-20 12:00+02', 10, 'order'), (2, '2024-03-10 12:00+02', 10, 'order'),
	(3, '2024-02-14 12:00+02', 7, 'order'),
	(4, '2024-03-20 12:00+02', 9, 'visit');
CREATE TABLE shop.segments (customer_id bigint, segment text, valid_from date, valid_to date);
INSERT INTO shop.segments VALUES
	(1, 'gold', '2024-01-01', NULL),
	(2, 'silver', '2024-02-01', NULL),
	(3, 'gold', '2024-01-01', '2024-02-10'), (3, 'silver', '2024-02-10', '2024-03-05'), (3, 'gold', '2024-03-05', NULL);
DO $$
BEGIN
	PERFORM cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'EUR');
	PERFORM cvm.bind('acme', 'event', 'shop.orders');
END
$$;

CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN seen;
END
$$;

-- the numbers
SELECT is(pg_temp.see('SELECT row_key, period_start, period_label, cohort_customers, eligible_customers, retained_customers, retention_rate, value, eligible_value, value_rate, is_complete, as_of FROM acme.retention_month ORDER BY 1'),
'("(all)|2024-01|0",2024-01-01,2024-01,2,2,2,1,20.00,20.00,1,t,2024-03-21)
("(all)|2024-01|1",2024-02-01,2024-02,2,2,1,0.5,20.00,20.00,1,t,2024-03-21)
("(all)|2024-01|2",2024-03-01,2024-03,2,0,0,,,,,f,2024-03-21)
("(all)|2024-02|0",2024-02-01,2024-02,1,1,1,1,7.00,7.00,1,t,2024-03-21)
("(all)|2024-02|1",2024-03-01,2024-03,1,0,0,,,,,f,2024-03-21)
("(all)|2024-03|0",2024-03-01,2024-03,1,0,0,,,,,f,2024-03-21)', 'two started in January, one came back in February, March is not over');
SELECT is(pg_temp.see('SELECT row_key, eligible_customers, retained_customers, retention_rate FROM acme.retention_curve WHERE eligible_customers > 0 ORDER BY 1'),
'("(all)|0",3,3,1)
("(all)|1",2,1,0.5)', 'pooled over cohorts, half of those who had the chance came back');
SELECT is(pg_temp.see('SELECT row_key, opening_customers, new_customers, closing_customers, retained_customers, reactivated_customers, dormant_customers, is_complete FROM acme.lifecycle_month ORDER BY 1'),
'("(all)|2024-01",0,2,2,0,0,0,t)
("(all)|2024-02",2,1,3,1,0,1,t)
("(all)|2024-03",3,1,4,1,1,1,f)', 'every customer is new, retained, reactivated or dormant');
SELECT is(pg_temp.see('SELECT DISTINCT currency, time_zone FROM acme.retention_month'), '(EUR,Europe/Vilnius)', 'money says its currency, days their zone');
SELECT is(pg_temp.see('SELECT DISTINCT cohort_label FROM acme.retention_quarter'), '(2024-Q1)', 'quarters have names');
SELECT is(pg_temp.see('SELECT min(cohort), min(cohort_label) FROM acme.retention_week'), '(2024-01-01,2024-01-01)', 'weeks are called by their Monday');

-- settings
CREATE TEMP TABLE plain_month AS SELECT * FROM acme.retention_month;
CREATE TEMP TABLE plain_week AS SELECT * FROM acme.retention_week;
CREATE TEMP TABLE plain_quarter AS SELECT * FROM acme.retention_quarter;
CREATE TEMP TABLE plain_curve AS SELECT * FROM acme.retention_curve;
CREATE TEMP TABLE plain_lifecycle AS SELECT * FROM acme.lifecycle_month;
CREATE FUNCTION pg_temp.set(setting text, value text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM cvm.configure('acme', setting, value); END $$;
DO $$ BEGIN PERFORM pg_temp.set('week_start', '7'); END $$;
SELECT is(pg_temp.see('SELECT min(cohort) FROM acme.retention_week'), '(2023-12-31)', 'weeks are called by their Sunday where they begin on it');
DO $$ BEGIN PERFORM pg_temp.set('as_of', '2024-03-01'); END $$;
SELECT is(pg_temp.see('SELECT row_key, eligible_customers, retained_customers, as_of FROM acme.retention_month ORDER BY 1'),
'("(all)|2024-01|0",2,2,2024-03-01)
("(all)|2024-01|1",2,1,2024-03-01)
("(all)|2024-02|0",1,1,2024-03-01)', 'a fixed day cuts off what comes after it');
DO $$ BEGIN PERFORM pg_temp.set('as_of', 'today'); END $$;
SELECT is(pg_temp.see('SELECT DISTINCT as_of FROM acme.retention_month'), format('(%s)', (now() AT TIME ZONE 'Europe/Vilnius')::date), 'today is today in the model''s zone');
SELECT is(pg_temp.see('SELECT DISTINCT as_of FROM acme.lifecycle_month'), format('(%s)', (now() AT TIME ZONE 'Europe/Vilnius')::date), 'today is the same day in every view');
DO $$ BEGIN PERFORM pg_temp.set('as_of', 'data'); PERFORM pg_temp.set('start_kinds', 'order'); END $$;
SELECT is(pg_temp.see('SELECT sum(cohort_customers) FROM acme.retention_month WHERE period_no = 0'), '(3)', 'who only visits starts no cohort when only orders do');
DO $$ BEGIN PERFORM pg_temp.set('start_kinds', NULL); PERFORM pg_temp.set('return_kinds', 'visit'); PERFORM pg_temp.set('as_of', '2024-04-01'); END $$;
SELECT is(pg_temp.see('SELECT row_key, retained_customers FROM acme.retention_month WHERE retained_customers > 0 AND period_no > 0 ORDER BY 1'),
'("(all)|2024-01|2",1)', 'only visits are returns when that is said');
DO $$ BEGIN PERFORM pg_temp.set('return_kinds', NULL); PERFORM pg_temp.set('conf', '0.5'); END $$;
SELECT ok((SELECT conf_high - conf_low FROM acme.retention_month WHERE row_key = '(all)|2024-01|1') < (SELECT conf_high - conf_low FROM plain_month WHERE row_key = '(all)|2024-01|1'),
	'less confidence, a narrower interval');
DO $$ BEGIN PERFORM pg_temp.set('conf', '0.95'); PERFORM pg_temp.set('as_of', 'data'); PERFORM pg_temp.set('week_start', '1'); END $$;
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		lines := lines || line || E'\n';
	END LOOP;
	RETURN lines;
END
$$;
SELECT unalike(pg_temp.plan('SELECT * FROM acme.retention_month'), '%day_of%', 'no day is computed for a cut-off that is not there');
SELECT alike(pg_temp.plan('SELECT * FROM acme.retention_month'), '%Scan on orders%', 'the events are read');
SELECT is((SELECT count(*) FROM regexp_matches(pg_temp.plan('SELECT * FROM acme.retention_month'), 'Scan on orders', 'g')), 1::bigint, 'the events are read once');

-- segments
DO $$ BEGIN PERFORM cvm.bind('acme', 'segment_history', 'shop.segments'); END $$;
SELECT is(pg_temp.see('SELECT row_key, cohort_customers FROM acme.retention_month WHERE period_no = 0 ORDER BY 1'),
'("(all)|2024-01|0",2)
("(all)|2024-02|0",1)
("(all)|2024-03|0",1)
("(none)|2024-01|0",1)
("(none)|2024-03|0",1)
(gold|2024-01|0,1)
(silver|2024-02|0,1)', 'a cohort''s customers are in the segment of their first day');
SELECT is_empty($$SELECT * FROM plain_month EXCEPT SELECT * FROM acme.retention_month WHERE segment = '(all)'$$, 'in two steps the months are what they are in one');
SELECT is_empty($$SELECT * FROM plain_week EXCEPT SELECT * FROM acme.retention_week WHERE segment = '(all)'$$, 'in two steps the weeks are what they are in one');
SELECT is_empty($$SELECT * FROM plain_quarter EXCEPT SELECT * FROM acme.retention_quarter WHERE segment = '(all)'$$, 'in two steps the quarters are what they are in one');
SELECT is_empty($$SELECT * FROM plain_curve EXCEPT SELECT * FROM acme.retention_curve WHERE segment = '(all)'$$, 'in two steps the curve is what it is in one');
SELECT is_empty($$SELECT * FROM plain_lifecycle EXCEPT SELECT * FROM acme.lifecycle_month WHERE segment = '(all)'$$, 'in two steps the lifecycle is what it is in one');
SELECT is_empty($$SELECT cohort, period_no FROM acme.retention_month GROUP BY 1, 2
	HAVING sum(cohort_customers) FILTER (WHERE segment = '(all)') <> sum(cohort_customers) FILTER (WHERE segment <> '(all)')
		OR sum(retained_customers) FILTER (WHERE segment = '(all)') <> sum(retained_customers) FILTER (WHERE segment <> '(all)')$$, 'segments sum to all');
SELECT is(pg_temp.see('SELECT row_key, opening_customers, new_customers, moved_in_customers, moved_out_customers, closing_customers FROM acme.lifecycle_month WHERE segment <> ''(all)'' ORDER BY 1'),
'("(none)|2024-01",0,1,0,0,1)
("(none)|2024-02",1,0,0,-1,0)
("(none)|2024-03",0,1,0,0,1)
(gold|2024-01,0,1,0,0,1)
(gold|2024-02,1,0,0,0,1)
(gold|2024-03,1,0,1,0,2)
(silver|2024-02,0,1,1,0,2)
(silver|2024-03,2,0,0,-1,1)', 'moves between segments are lines of their own');
SELECT is_empty($$SELECT month FROM acme.lifecycle_month GROUP BY 1
	HAVING sum(closing_customers) FILTER (WHERE segment = '(all)') <> sum(closing_customers) FILTER (WHERE segment <> '(all)')
		OR sum(moved_in_customers + moved_out_customers) <> 0$$, 'moves between segments cancel out, so that segments sum to all');
SELECT is_empty($$SELECT row_key FROM acme.lifecycle_month WHERE closing_customers <> opening_customers + new_customers + moved_in_customers + moved_out_customers
		OR closing_customers <> new_customers + retained_customers + reactivated_customers + dormant_customers$$, 'every line foots, both ways');
INSERT INTO shop.segments VALUES (1, 'bronze', '2024-01-03', NULL), (4, 'gold', '2024-05-01', '2024-04-01'), (NULL, 'x', '2024-01-01', NULL), (1, NULL, '2024-01-04', '2024-01-05');
SELECT is(pg_temp.see('SELECT sum(cohort_customers) FROM acme.retention_month WHERE period_no = 0 AND segment <> ''(all)'''), '(4)', 'segments that overlap or end before they begin count nobody twice');
SELECT lives_ok('SELECT * FROM acme.lifecycle_month', 'segments that overlap or end before they begin stop no view');
INSERT INTO shop.orders VALUES (NULL, '2024-01-01', 5), (5, NULL, 5), (5, '2024-03-01', NULL);
SELECT is(pg_temp.see('SELECT sum(cohort_customers) FROM acme.retention_month WHERE period_no = 0 AND segment = ''(all)'''), '(5)', 'an event of nobody or at no time counts for nobody');
DO $$ BEGIN PERFORM cvm.unbind('acme', 'segment_history'); END $$;
SELECT is(pg_temp.see('SELECT sum(cohort_customers) FROM acme.retention_month WHERE period_no = 0'), '(5)', 'an event of nobody or at no time counts for nobody in one step');
DO $$ BEGIN PERFORM cvm.bind('acme', 'segment_history', 'shop.segments'); END $$;

-- what a client sees
CREATE TEMP VIEW shown AS
	SELECT c.oid, c.relname, a.attname, a.attnum, CASE WHEN a.attname = 'customer_id' THEN 'bigint, integer, text or uuid' ELSE format_type(a.atttypid, a.atttypmod) END AS type
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'acme'::regnamespace AND c.relname IN (SELECT view FROM cvm.report_view);
SELECT is_empty('SELECT relname, attname, type FROM shown EXCEPT SELECT view, "column", type FROM cvm.dictionary', 'the dictionary has every column, with its type');
SELECT is_empty('SELECT view, "column", type FROM cvm.dictionary WHERE view IN (SELECT relname FROM shown) EXCEPT SELECT relname, attname, type FROM shown', 'the dictionary has no other column');
SELECT is_empty('SELECT d.* FROM cvm.report_column d JOIN shown s ON s.relname = d.view AND s.attname = d.column_name WHERE d.position <> s.attnum', 'the dictionary is in the order of the views');
SELECT is_empty($$SELECT * FROM cvm.dictionary WHERE coalesce(unit, '') = '' OR coalesce(formula, '') = '' OR coalesce(comment, '') = '' OR additive IS NULL$$, 'each with a unit, a formula and a meaning');
SELECT is_empty($$SELECT * FROM shown WHERE coalesce(col_description(oid, attnum), '') !~ '[.?] Unit: .+\. Formula: .+\.'$$, 'the column''s comment has unit, formula and meaning');
SELECT is_empty($$SELECT * FROM shown WHERE type ~ 'double' AND col_description(oid, attnum) !~ 'Do not average' AND (relname, attname) NOT IN (SELECT view, "column" FROM cvm.dictionary WHERE additive)$$, 'rates warn of averages');
SELECT is_empty('SELECT relname FROM shown WHERE obj_description(oid) IS NULL', 'every view has a comment');
SELECT is_empty($$SELECT relname, attname, type FROM shown WHERE type NOT IN ('text', 'boolean', 'integer', 'bigint', 'double precision', 'date', 'timestamp with time zone', 'bigint, integer, text or uuid')
	AND NOT type ~ '^numeric\((1\d|2[0-8]|\d),\d+\)$'$$, 'only types that every client can read');
SELECT is_empty($$SELECT relname, attname FROM shown WHERE attname !~ '^[a-z][a-z_]{0,39}$'$$, 'only names that need no quotes');
SELECT is_empty($$SELECT relname FROM shown GROUP BY 1 HAVING (array_agg(attname ORDER BY attnum))[1] <> 'row_key' OR NOT bool_or(attname = 'as_of')$$, 'row_key comes first, as_of is there');
CREATE FUNCTION pg_temp.everywhere(template text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	s record;
	n bigint;
	found text;
BEGIN
	FOR s IN SELECT * FROM pg_temp.shown LOOP
		CONTINUE WHEN template ~ 'NaN' AND s.type !~ 'numeric|double';
		EXECUTE format('SELECT count(*) FROM acme.%I WHERE ' || template, s.relname, s.attname) INTO n;
		IF n > 0 THEN
			found := concat_ws(' ', found, s.relname || '.' || s.attname);
		END IF;
	END LOOP;
	RETURN found;
END
$$;
SELECT is(pg_temp.everywhere($$%I IN ('NaN', 'Infinity', '-Infinity')$$), NULL, 'no number is infinite or none');
SELECT is((SELECT string_agg(view, ' ') FROM (SELECT DISTINCT relname AS view FROM shown) AS v WHERE pg_temp.see(format('SELECT count(*) - count(DISTINCT row_key) FROM acme.%I', view)) <> '(0)'), NULL, 'row_key is unique and never NULL');
SELECT is(pg_temp.see($$SELECT count(*) FROM acme.retention_month WHERE segment IS NULL OR cohort IS NULL OR period_no IS NULL$$), '(0)', 'keys are never NULL');

-- nothing depends on the session
CREATE TEMP TABLE here AS SELECT * FROM acme.retention_week;
SET LOCAL TimeZone = 'Pacific/Kiritimati';
SET LOCAL DateStyle = 'SQL, DMY';
SET LOCAL search_path = '';
SET LOCAL extra_float_digits = -3;
SELECT count(*) AS kiritimati FROM (SELECT * FROM acme.retention_week EXCEPT SELECT * FROM pg_temp.here) x \gset
SET LOCAL TimeZone = 'America/New_York';
SELECT count(*) AS new_york FROM (SELECT * FROM acme.retention_week EXCEPT SELECT * FROM pg_temp.here) x \gset
RESET TimeZone;
RESET DateStyle;
RESET search_path;
RESET extra_float_digits;
SELECT is(:kiritimati, 0, 'another zone, date style and search path change nothing');
SELECT is(:new_york, 0, 'yet another zone changes nothing');

-- T30: row-level security reaches through every view
CREATE ROLE cvm_view_reader;
GRANT USAGE ON SCHEMA acme, shop TO cvm_view_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA acme, shop TO cvm_view_reader;
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY two ON shop.orders TO cvm_view_reader USING (customer_id <= 2);
CREATE FUNCTION pg_temp.reader_sees(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	SET LOCAL ROLE cvm_view_reader;
	EXECUTE query INTO seen;
	RESET ROLE;
	RETURN seen;
END
$$;
SELECT is(pg_temp.reader_sees('SELECT count(DISTINCT customer_id) FROM acme.event'), '2', 'T30: a reader sees its own rows of a canonical view');
SELECT is(pg_temp.reader_sees($$SELECT concat_ws(' ',
	(SELECT sum(cohort_customers) FROM acme.retention_week WHERE segment = '(all)' AND period_no = 0),
	(SELECT sum(cohort_customers) FROM acme.retention_month WHERE segment = '(all)' AND period_no = 0),
	(SELECT sum(cohort_customers) FROM acme.retention_quarter WHERE segment = '(all)' AND period_no = 0),
	(SELECT max(eligible_customers) FROM acme.retention_curve WHERE segment = '(all)' AND period_no = 0),
	(SELECT max(closing_customers) FROM acme.lifecycle_month WHERE segment = '(all)'))$$), '2 2 2 2 2', 'T30: and of every report');
SELECT is(pg_temp.see($$SELECT sum(cohort_customers) FROM acme.retention_month WHERE segment = '(all)' AND period_no = 0$$), '(5)', 'T30: others see theirs');

-- the catalog
DO $$ BEGIN PERFORM cvm.create_model('blank', tz => 'UTC'); END $$;
SELECT is(pg_temp.see($$SELECT view, "exists", waits_for FROM cvm.catalog('blank') WHERE waits_for = 'event' AND view !~ '^(customer|inactivity)'$$),
'(retention_week,f,event)
(retention_month,f,event)
(retention_quarter,f,event)
(retention_curve,f,event)
(lifecycle_month,f,event)', 'the catalog says what a view waits for');
SELECT is(pg_temp.see($$SELECT bool_and("exists"), count(waits_for), count(description) FROM cvm.catalog('acme') WHERE view ~ '^(retention|lifecycle)_'$$), '(t,0,5)', 'the catalog says that a view is there');

-- a triangle for people
SELECT cohort_label, period_no, retention_rate FROM acme.retention_month WHERE segment = '(all)' ORDER BY 1, 2 \crosstabview

SELECT * FROM finish();
ROLLBACK;
