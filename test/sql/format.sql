\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- States that earlier versions of the library wrote are read, and those of later
-- versions do not stand in the way of a full refresh.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT no_plan();

CREATE TABLE spell AS
SELECT c, (ARRAY['N', 'A', 'B', 'C'])[1 + (c * n * 31) % 4] AS product, date '2024-01-01' + (c * n * 7919) % 150 AS s,
	CASE WHEN (c + n) % 3 > 0 THEN date '2024-01-02' + (c * n * 7919) % 150 + (c * n) % 60 END AS e, (ARRAY[10, 20.5, 0, 3, 7.125])[1 + (c + n) % 5] AS v
FROM generate_series(1, 6) c, generate_series(1, 3) n;
CREATE VIEW customer AS SELECT c, activity_agg(s) AS a, holdings_agg(product, s, e, v) AS h FROM spell GROUP BY c;
CREATE VIEW finished AS SELECT c, holdings_agg(product, s, e, v) AS h, holdings_agg('S' || c % 3, s, e, 0) AS p FROM spell WHERE c = 2 AND e IS NOT NULL GROUP BY c;

-- what the library of 0.1.0 wrote for the same rows
CREATE TABLE written (type text, what text, fold text, source text, bytes text);
INSERT INTO written VALUES
	('activity', 'activity', $$activity_agg(s)$$, 'spell', '02040ca689017c1f01050210010a01050215020a021a030501100105010501'),
	('activity', 'activity, valued', $$activity_agg(s, v)$$, 'spell', '0201030ca6890101a8c0020502ca8b021001aa6f0a01a8c0020502d4de011502f02e0a02e05d1a03c0b8020501001001f02e0501000501a8c002'),
	('activity', 'activity, marked', $$activity_agg(s, v, c > 2, c < 5)$$, 'spell', '0203030ca68901010101a8c00205020102ca8b0210010100aa6f0a010101a8c00205020102d4de0115020201f02e0a020002e05d1a030202c0b802050100010010010100f02e050101000005010100a8c002'),
	('activity', 'activity, long', $$activity_agg(date '2000-01-01' + c * 700)$$, 'spell', '020006f80a03bc0503bc0503bc0503bc0503bc0503'),
	('tenure', 'tenure', $$tenure(activity_agg(s, v), 'month', '2024-07-01')$$, 'spell', '0103020100000100e88b0103a68901050003f2cb040103a68e050103d08c010103c0b802010398ef02'),
	('retention', 'retention', $$retention_agg(c::bigint, s, v, 'month')$$, 'spell', '0101020100000100a08b010303c0fb020304000300f2cb04010200d2af03010201f02e010202c0b802010203000200d4de01010200e05d0102020003010100010198ef02'),
	('lifecycle', 'lifecycle', $$lifecycle_agg(a, 'week', '2024-07-01')$$, 'customer', '010101e88b010ace130300000000030100000000010000010000010100010000030000020000010000020000040000030000010000010000020100000000010001000000'),
	('holdings', 'holdings', $$holdings_agg(product, s, e, v)$$, 'spell', '01000304014101420143014e12a689010002a8c002050503aa6f000503a09c01100001aa6f0a0003a8c002050400aa6f000400aa6f150d0300000d03f02e0a0001f02e000001f02e1a070100000701a09c01000701a09c0105020200101000f02e050b0100050002a8c002'),
	('movement', 'movement', $$movement_agg(h, 'month', '2024-07-01')$$, 'customer', '0102e88b010305c0fb020103f2cb0401950102d4de0102b2930201a96f0188a401010e01f02e01f02e02e3af01010c02c0b80201ef2e010901a8c00202bfb802'),
	('revenue_retention', 'revenue_retention', $$revenue_retention_agg(h, 'month', '2024-07-01')$$, 'customer', '010200e88b010303c0fb0203f2cb0406000606f2cb04f2cb04f2cb0401000100a96f88a40101000200f02eb94001000000ba40c0b80201000000b940bfb802020505f1cb04b78b04bfaf050102d4de0104000404d4de01d4de01d4de0101000000b940c9110100000000ef2e030303d3de01999e01999e010301f02e02000202f02ef02ea8c002020101ef2eef2ea7c002'),
	('survival', 'survival', $$survival_agg(c, c % 3 > 0, product)$$, 'spell', '0104014101420143014e0b010201000301000401010302000501010103010503010201000301000401010103'),
	('purchases', 'purchases', $$purchases_agg(a, '2024-07-01')$$, '(SELECT activity_agg(s, v) AS a FROM spell GROUP BY c) t', '010306020a2e01002a9b0101000a7c01000a8b010100109b01010005a001010402f02e020090cb010100ca8b020100a8c00202'),
	('cannibalization', 'cannibalization', $$cannibalization_agg(h, '{N}'::text[], NULL::text[], '2024-07-01')$$, 'customer', '0101e88b010003990103010000011e3c020101000000030802e2fa04aa6f00000088d69fcfe105000300c2fb0201050201000100a8c0020000c4fb0202030301000100aa6f0001010000aa6fba40050201010000d2af03aa6f00c6fb0202020201000100f02e00050201000100a8c00200'),
	('cannibalization_matrix', 'cannibalization_matrix', $$cannibalization_matrix_agg(h, '2024-07-01')$$, 'customer', '0101e88b01001e3c0304014101420143014e010001000001d4de010000010101010001aae902aa6f010001aa6f010001000001a8c0020000020101000000e2fa040000'),
	('segment_flow', 'segment_flow', $$segment_flow_agg(h, p, 'month', '2024-07-01')$$, 'finished', '0102e88b010103030142014e02533204c0fb0200030801aa6f0103002001a96f0200031001a09c0101030020019f9c0108c0fb0203005502b089010280f13d000302230202aa6f0103005501af890101fff03d000302230101a96f0203005502e08a010280897a000301230202a09c010103005501df8a0101ff887a0003012301019f9c0103c2fb0203001101aa6f01aa6f3d80f13d80f13d80f13d80f13d80f13d020300ac0401aa6f01a09c0101aa6f01a09c01000103000101a09c013d80897a80897a80897a80897a80897a00');
CREATE FUNCTION pg_temp.fold(fold text, source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SELECT %s FROM %s', fold, source) INTO answer;
	RETURN answer;
END
$$;
CREATE FUNCTION pg_temp.read(type text, bytes text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SELECT %L::cvm.%I', bytes, type) INTO answer;
	RETURN answer;
END
$$;
SELECT is(pg_temp.read(type, bytes), pg_temp.fold(fold, source), format('what %s wrote of %s is read, and what is written today', CASE type WHEN 'purchases' THEN '0.2.0' ELSE '0.1.0' END, what)) FROM written WHERE type <> 'cannibalization';
-- matched cells know since version 2 who had left already: that cannot be told of older ones
SELECT throws_ok(format('SELECT %L::cvm.%I', bytes, type), '22P03', 'invalid bytes for type cannibalization: version 1, where this library reads version 2', 'what 0.1.0 wrote of cannibalization is refused by its version') FROM written WHERE type = 'cannibalization';
SELECT is(array_agg(DISTINCT w.type), (
		SELECT array_agg(t.typname::text ORDER BY t.typname) FROM pg_type t JOIN pg_proc p ON p.oid = t.typinput JOIN pg_language l ON l.oid = p.prolang
		WHERE t.typnamespace = 'cvm'::regnamespace AND l.lanname = 'c' AND t.typelem = 0),
	'every type of state was asked') FROM written w;

-- timelines of version 1 of their format, without months and then with them
CREATE TABLE early (what text, bytes text);
INSERT INTO early VALUES
	('activity', '01000ca6890101050210010a01050215020a021a030501100105010501'),
	('activity', '01040ca689017c1f01050210010a01050215020a021a030501100105010501'),
	('activity, valued', '0101030ca6890101a8c0020502ca8b021001aa6f0a01a8c0020502d4de011502f02e0a02e05d1a03c0b8020501001001f02e0501000501a8c002'),
	('activity, marked', '0103030ca68901010101a8c00205020102ca8b0210010100aa6f0a010101a8c00205020102d4de0115020201f02e0a020002e05d1a030202c0b802050100010010010100f02e050101000005010100a8c002'),
	('activity, long', '010006f80a03bc0503bc0503bc0503bc0503bc0503');
SELECT is(e.bytes::activity::text, w.bytes, format('version 1 of %s is read, and becomes version 2 (%s)', what, row_number() OVER (ORDER BY what, e.bytes)))
FROM early e JOIN written w USING (what);

-- as they lie in a table, into which no input function put them
CREATE TYPE raw;
CREATE FUNCTION raw_in(cstring) RETURNS raw LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION raw_out(raw) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE TYPE raw (INPUT = raw_in, OUTPUT = raw_out, INTERNALLENGTH = variable, ALIGNMENT = double, STORAGE = extended);
CREATE CAST (raw AS cvm.activity) WITHOUT FUNCTION;
CREATE CAST (raw AS cvm.holdings) WITHOUT FUNCTION;
CREATE CAST (cvm.activity AS raw) WITHOUT FUNCTION;
CREATE CAST (cvm.holdings AS raw) WITHOUT FUNCTION;
-- the bytes with another version
CREATE FUNCTION pg_temp.as_version(r raw, version int) RETURNS raw LANGUAGE sql AS $$ SELECT set_byte(r::text::bytea, 0, version)::text::raw $$;
CREATE FUNCTION pg_temp.version(r raw) RETURNS int LANGUAGE sql AS $$ SELECT get_byte(r::text::bytea, 0) $$;
CREATE TABLE lying AS
SELECT row_number() OVER (ORDER BY what, e.bytes) AS no, what, ('\x' || e.bytes)::raw::activity AS old, w.bytes::activity AS new FROM early e JOIN written w USING (what);
SELECT ok(old <> new, format('%s lies there in the old form (%s)', what, no)) FROM lying;
SELECT is(old::text, new::text, format('%s is printed in the new form (%s)', what, no)) FROM lying;
SELECT bag_eq(format('SELECT (days(old)).* FROM lying WHERE no = %s', no), format('SELECT (days(new)).* FROM lying WHERE no = %s', no), format('days of %s are the same (%s)', what, no)) FROM lying;
SELECT is(ROW(first_day(old), last_day(old), max_in_window(old, 10), old || old, tenure(old, 'month', '2024-07-01'))::text,
	ROW(first_day(new), last_day(new), max_in_window(new, 10), new || new, tenure(new, 'month', '2024-07-01'))::text, format('%s is read by every function as the new form is (%s)', what, no)) FROM lying;
SELECT is(retention_agg(old, grain, date '2024-07-01')::text, retention_agg(new, grain, date '2024-07-01')::text, format('stored timelines of version 1 count in retention by %s as those of version 2 do', grain))
FROM lying, unnest('{day,week,month,quarter}'::text[]) grain GROUP BY grain ORDER BY grain;
SELECT is(rollup(old)::text, rollup(new)::text, 'rollup adds them up likewise') FROM lying;

-- a model that has stored such timelines
CREATE SCHEMA shop;
CREATE TABLE shop.orders (customer_id bigint, occurred_at date, version bigint);
INSERT INTO shop.orders SELECT c, s, row_number() OVER () FROM spell;
CREATE TABLE shop.plans (customer_id bigint, product text, started_on date, ended_on date, mrr numeric) PARTITION BY LIST (product);
CREATE TABLE shop.plans_new PARTITION OF shop.plans FOR VALUES IN ('N');
CREATE TABLE shop.plans_old PARTITION OF shop.plans DEFAULT;
INSERT INTO shop.plans SELECT c, product, s, e, v FROM spell;
CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;
SELECT pg_temp.quietly($$SELECT cvm.create_model('kept', tz => 'UTC', as_of => '2024-07-01')$$);
SELECT pg_temp.quietly($$SELECT cvm.bind('kept', 'event', 'shop.orders'), cvm.bind('kept', 'subscription', 'shop.plans')$$);
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'customer_activity', mode => 'watermark', watermark => 'version'), cvm.store('kept', 'customer_holdings', mode => 'queue')$$);
CREATE TABLE report AS SELECT t::text AS line FROM kept.retention_month t UNION ALL SELECT t::text FROM kept.mrr_movement t;
SELECT cmp_ok(count(*), '>', 15::bigint, 'the reports have rows') FROM report;
CREATE FUNCTION pg_temp.reports() RETURNS SETOF text LANGUAGE sql AS $$ SELECT t::text FROM kept.retention_month t UNION ALL SELECT t::text FROM kept.mrr_movement t $$;
CREATE FUNCTION pg_temp.versions() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' and ', (SELECT string_agg(DISTINCT pg_temp.version(activity::raw)::text, ',') FROM kept.customer_activity),
		(SELECT string_agg(DISTINCT pg_temp.version(holdings::raw)::text, ',') FROM kept.customer_holdings)) $$;
CREATE FUNCTION pg_temp.become(activity_version int, holdings_version int) RETURNS void LANGUAGE sql AS $$
	UPDATE kept.customer_activity SET activity = pg_temp.as_version(activity::raw, activity_version)::activity;
	UPDATE kept.customer_holdings SET holdings = pg_temp.as_version(holdings::raw, holdings_version)::holdings;
$$;
SELECT is(pg_temp.versions(), '2 and 1', 'states are stored in today''s versions');
SELECT pg_temp.quietly('SELECT pg_temp.become(1, 1)');
SELECT is(pg_temp.versions(), '1 and 1', 'timelines are stored in version 1');
SELECT bag_eq('SELECT pg_temp.reports()', 'SELECT line FROM report', 'reports say the same from stored timelines of version 1');
INSERT INTO shop.orders VALUES (1, '2024-06-20', 100);
SELECT results_eq($$SELECT object, mode, rows_written FROM cvm.refresh_here('kept')$$, $$VALUES ('customer_activity', 'watermark', 2::bigint), ('customer_holdings', 'queue', 0)$$,
	'a refresh goes on from timelines of version 1');
SELECT results_eq($$SELECT object, rows_written, rows_restated FROM cvm.refresh_here('kept', "full" => true)$$, $$VALUES ('customer_activity', 4::bigint, 0::bigint), ('customer_holdings', 0, 0)$$,
	'a full refresh writes the others in version 2, which is no restatement');
SELECT is(pg_temp.versions(), '2 and 1', 'all are of version 2 then');
DELETE FROM shop.orders WHERE version = 100;
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept', "full" => true)$$);
SELECT bag_eq('SELECT pg_temp.reports()', 'SELECT line FROM report', 'reports say the same from them');

-- states of a version that is not known: a newer library wrote them
CREATE FUNCTION pg_temp.complaint(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE query;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' ', SQLSTATE, SQLERRM, hint);
END
$$;
SELECT is(pg_temp.complaint($$SELECT '030401fc8801000101'::activity$$),
	'22P03 invalid bytes for type activity: version 3, where this library reads versions 1 to 2 '
	'Another version of cvm wrote them. Where a model stores them, CALL cvm.refresh(..., "full" => true) folds all customers again.',
	'what is of a later version is refused with both versions and the next command');
SELECT is(pg_temp.complaint(format($$SELECT %L::%I$$, overlay(bytes PLACING '63' FROM 1 FOR 2), type)) ~ format('^22P03 invalid bytes for type %s: version 99, where this library reads version', type), true,
	format('a later version of %s is told as one', type)) FROM (SELECT DISTINCT ON (type) * FROM written ORDER BY type, what) w;
SELECT pg_temp.quietly('SELECT pg_temp.become(9, 9)');
SELECT matches(pg_temp.complaint('SELECT count(*) FROM kept.retention_month'), '^22P03 .* activity: version 9, .* CALL cvm.refresh', 'a view over such states says so');
SELECT matches(pg_temp.complaint('SELECT count(*) FROM kept.mrr_movement'), '^22P03 .* holdings: version 9, .* CALL cvm.refresh', 'a view over such holdings says so');
SET LOCAL client_min_messages = error;
SELECT results_eq($$SELECT object, mode, rows_written, rows_restated FROM cvm.refresh_here('kept', "full" => true)$$,
	$$VALUES ('customer_activity', 'full', 6::bigint, 0::bigint), ('customer_holdings', 'full', 6, 0)$$, 'a full refresh does not read them');
SELECT bag_eq('SELECT pg_temp.reports()', 'SELECT line FROM report', 'reports say the same after it');
SELECT pg_temp.quietly('SELECT pg_temp.become(9, 9)');
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'customer_activity', mode => 'full'), cvm.store('kept', 'customer_holdings', mode => 'full')$$);
SELECT is(pg_temp.versions(), '2 and 1', 'store in another mode makes them anew');
SELECT pg_temp.quietly('SELECT pg_temp.become(9, 9)');
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept')$$);
SELECT bag_eq('SELECT pg_temp.reports()', 'SELECT line FROM report', 'a refresh in mode full does not read them either');
-- in scans too, where states of parts are kept beside
SELECT pg_temp.quietly($$SELECT cvm.store('kept', 'customer_holdings', mode => 'scan')$$);
SELECT pg_temp.quietly('SELECT pg_temp.become(9, 9)');
UPDATE kept.customer_holdings_part SET holdings = pg_temp.as_version(holdings::raw, 9)::holdings;
SELECT pg_temp.quietly($$SELECT cvm.refresh_here('kept', "full" => true)$$);
SELECT bag_eq('SELECT pg_temp.reports()', 'SELECT line FROM report', 'a full refresh in mode scan does not read old states');
SELECT is(string_agg(DISTINCT pg_temp.version(holdings::raw)::text, ','), '1', 'states of parts are of today''s version') FROM kept.customer_holdings_part;

SELECT * FROM finish();
ROLLBACK;
