\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Wrong callers: every function of the extension with arguments that nobody
-- should give.  An answer or an error that says what is wrong, never more.
-- With CVM_MUTATIONS they are called twice as often.
\set often 1
\getenv mutations CVM_MUTATIONS
\if :{?mutations}
\set often 2
\endif
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(30);

CREATE FUNCTION pg_temp.hash(n bigint, seed bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashint8extended(n, seed) & 1073741823 $$;

-- what to give for an argument of a type
CREATE TEMP TABLE bait (type regtype, value text);
INSERT INTO bait
SELECT 'cvm.activity', v FROM (SELECT cvm.activity_agg(d, 1.5, d > '2024-01-03', true)::text AS v FROM unnest('{2024-01-01,2024-01-31,2024-03-31}'::date[]) d
	UNION ALL SELECT cvm.activity_agg(d)::text FROM unnest('{4714-11-24 BC,5874897-12-30}'::date[]) d
	UNION ALL SELECT cvm.activity_agg(d, -1e30, false, false)::text FROM unnest('{2024-02-29}'::date[]) d UNION ALL SELECT '020000') s;
INSERT INTO bait
SELECT 'cvm.tenure', cvm.tenure(value::cvm.activity, g, d, c)::text FROM bait, unnest('{week,year}'::text[]) g, unnest('{2024-02-15,1900-01-01}'::date[]) d, unnest('{calendar,anniversary}'::text[]) c
WHERE type = 'cvm.activity'::regtype;
INSERT INTO bait
SELECT 'cvm.retention', cvm.retention_agg(value::cvm.tenure)::text FROM bait WHERE type = 'cvm.tenure'::regtype AND value <> '' GROUP BY md5(value) HAVING true;
INSERT INTO bait SELECT 'cvm.retention', cvm.retention_agg(1::bigint, date '2024-01-01', 'month')::text;
INSERT INTO bait SELECT 'cvm.lifecycle', cvm.lifecycle_agg(value::cvm.activity, 'year', '2024-06-01')::text FROM bait WHERE type = 'cvm.activity'::regtype AND value NOT LIKE '%fffff%' GROUP BY value;
INSERT INTO bait
SELECT t, v FROM (VALUES
	('text'::regtype, '{"",month,week,week:3,year,calendar,anniversary,UTC,America/St_Johns,event,acme,public.nothing,é☃,%s,"a\"b''c","1; DROP TABLE x"}'::text[]),
	('date', '{infinity,-infinity,4714-11-24 BC,2024-02-29,1900-01-01,2300-12-31}'), ('integer', '{0,1,-1,7,8,366,2147483647,-2147483648}'),
	('bigint', '{0,1,-1,9223372036854775807,-9223372036854775808}'), ('numeric', '{0,NaN,Infinity,-Infinity,1e30,-1e-20,1e300,0.00000000000000000000000000000000001}'),
	('boolean', '{t,f}'), ('double precision', '{0,1,0.95,-1,NaN,Infinity,1e-320,1e308}'),
	('timestamp', '{infinity,-infinity,4713-01-01 BC,294276-12-31 23:59:59.999999,2024-02-29 12:00}'),
	('timestamptz', '{infinity,-infinity,4714-11-24 00:00:00+00 BC,294276-12-31 23:59:59.999999+00,2024-02-29 12:00+00}'),
	('uuid', '{00000000-0000-0000-0000-000000000000}'), ('jsonb', '{"{}","[]","null","1","{\"customer_id\":1}","{\"\":\"\"}"}'), ('json', '{"{}","[]"}'),
	('regclass', '{pg_class,0,4294967295}'), ('name', '{"",acme,pg_toast}'), ('cstring', '{"",00,020401fc8801000101,zz}'), ('regtype', '{text,0}'), ('oid', '{0,1}'),
	('int4range', '{empty,"[0,1)","(,)"}'), ('int4range[]', '{"{}","{NULL}","{empty}","{\"[0,1)\"}","{{\"[0,1)\"},{\"[1,2)\"}}","[5:5]={\"[0,9)\"}"}'),
	('datemultirange', '{"{}","{(,)}","{[2024-01-01,2024-02-01)}","{[infinity,infinity]}","{[4714-11-24 BC,5874897-12-31]}"}'),
	('text[]', '{"{}","{NULL}","{{a,b},{c,d}}","{month}"}'), ('date[]', '{"{}","{NULL}","{infinity}"}'), ('numeric[]', '{"{}","{NULL}","{NaN}"}')) w (t, vs), unnest(vs) v;
INSERT INTO bait SELECT 'text', repeat('x', 2000);

CREATE TEMP TABLE call (function regprocedure, arguments text, state text, message text);
CREATE FUNCTION pg_temp.call_all(functions regprocedure[], rounds integer, call text DEFAULT '%s.%I(%s)', rows integer DEFAULT 1) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	f record;
	arguments text;
BEGIN
	FOR f IN SELECT p.oid::regprocedure AS signature, proname, prokind, proretset, array_replace(proargtypes::regtype[], 'anyelement', 'bigint') AS types FROM pg_proc p WHERE p.oid = ANY (functions) LOOP
		FOR n IN 0 .. rounds LOOP
			SELECT string_agg(CASE WHEN value IS NULL THEN 'NULL::' || t ELSE format('%L::%s', value, t) END, ', ' ORDER BY i) INTO arguments
			FROM unnest(f.types) WITH ORDINALITY a (t, i),
				 LATERAL (SELECT CASE WHEN n > 0 AND pg_temp.hash(n * 100 + i, 3) % 8 > 0 THEN
							(SELECT value FROM bait b WHERE b.type = t ORDER BY pg_temp.hash(n * 1000 + i, hashtext(value) + f.signature::oid::int) LIMIT 1) END AS value) v;
			arguments := replace(coalesce(arguments, ''), 'NULL::internal', 'NULL');
			BEGIN
				EXECUTE format('SELECT count(*), max(length(x::text)) FROM (SELECT (' || call || ')::text AS x FROM generate_series(1, ' || rows || ') g) s',
					(SELECT pronamespace::regnamespace FROM pg_proc WHERE oid = f.signature), f.proname, arguments);
				INSERT INTO call VALUES (f.signature, left(arguments, 200), '00000', NULL);
				-- nothing of what it did stays
				RAISE EXCEPTION USING ERRCODE = 'CVM00';
			EXCEPTION WHEN OTHERS THEN
				IF SQLSTATE <> 'CVM00' THEN
					INSERT INTO call VALUES (f.signature, left(arguments, 200), SQLSTATE, SQLERRM);
				ELSE
					INSERT INTO call VALUES (f.signature, left(arguments, 200), '00000', NULL);
				END IF;
			END;
		END LOOP;
	END LOOP;
END
$$;

-- the functions of computing; those of models are called below
CREATE TEMP VIEW callable AS
SELECT p.oid::regprocedure AS function, prokind, 'internal'::regtype = ANY (proargtypes::regtype[]) AS is_internal,
	   (SELECT lanname FROM pg_language l WHERE l.oid = prolang) AS language, prorettype
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'cvm'
WHERE prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype);

SELECT cmp_ok((SELECT count(*) FROM callable WHERE language = 'c'), '>=', 100::bigint, 'there are a hundred functions in C');
SELECT pg_temp.call_all((SELECT array_agg(function) FROM callable WHERE language = 'c' AND prokind = 'f' AND NOT is_internal AND prorettype <> 'internal'::regtype), 13 * :often) \gset _
SELECT is((SELECT string_agg(DISTINCT format('%s(%s): %s %s', function, arguments, state, message), E'\n') FROM call WHERE state LIKE 'XX%' OR state !~ '^(00|22|54|0A|42883|42704|2202E)'),
		  NULL, 'C functions called wrongly answer or say what is wrong');
SELECT ok((SELECT count(*) > 500 FROM call WHERE state = '00000') AND (SELECT count(*) > 500 FROM call WHERE state <> '00000'), 'hundreds of wrong calls answer and hundreds fail');
SELECT is((SELECT string_agg(DISTINCT function || ': ' || message, E'\n') FROM call WHERE message ~ 'internal error|cache lookup|unexpected|could not find|is not a log'), NULL,
		  'no message is about the inside');

-- inside an aggregate only (15.18 finds the function and refuses its argument,
-- later releases do not find it)
TRUNCATE call;
SELECT pg_temp.call_all((SELECT array_agg(function) FROM callable WHERE language = 'c' AND prokind = 'f' AND is_internal), 2) \gset _
SELECT is((SELECT string_agg(DISTINCT format('%s(%s): %s %s', function, arguments, state, message), E'\n') FROM call WHERE state <> '42883' AND message IS DISTINCT FROM 'cannot accept a value of type internal'), NULL,
		  'what takes the inside of an aggregate cannot be called');
SELECT cmp_ok((SELECT count(*) FROM call), '>', 100::bigint, 'the inside of aggregates was called hundreds of times');

-- aggregates over one wrong row
TRUNCATE call;
SELECT pg_temp.call_all((SELECT array_agg(function) FROM callable WHERE prokind = 'a'), 15) \gset _
SELECT is((SELECT string_agg(DISTINCT format('%s(%s): %s %s', function, arguments, state, message), E'\n') FROM call WHERE state LIKE 'XX%' OR state !~ '^(00|22|54)'), NULL,
		  'aggregates over one wrong row answer or say what is wrong');
SELECT ok((SELECT count(*) > 300 FROM call WHERE state = '00000') AND (SELECT count(*) > 300 FROM call WHERE state <> '00000'), 'hundreds of wrong rows are folded and hundreds fail');

-- and over windows, where the state goes on after an answer
TRUNCATE call;
SELECT pg_temp.call_all((SELECT array_agg(function) FROM callable WHERE prokind = 'a'), 8, '%s.%I(%s) OVER (ORDER BY g)', 3) \gset _
SELECT is((SELECT string_agg(DISTINCT format('%s(%s): %s %s', function, arguments, state, message), E'\n') FROM call WHERE state LIKE 'XX%' OR state !~ '^(00|22|54|0A)'), NULL,
		  'aggregates over windows of wrong rows answer or say what is wrong');
SELECT is((SELECT string_agg(DISTINCT function::text, ', ') FROM call WHERE state = '00000' AND function::text ~ '^(cvm\.)?_(contact_offer|customer_move|last_day|timelines|worth)_agg'), NULL,
		  'what answers with a ticket does not over a window');

-- models: whatever is asked, no error from the inside
TRUNCATE call;
SELECT pg_temp.call_all((SELECT array_agg(function) FROM callable WHERE language <> 'c' AND prokind = 'f' AND NOT is_internal), 4 * :often) \gset _
SELECT is((SELECT string_agg(DISTINCT format('%s(%s): %s %s', function, arguments, state, message), E'\n') FROM call WHERE state LIKE 'XX%'), NULL,
		  'the functions of models called wrongly do not fail from the inside');

-- an aggregate of one's own around the steps
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;
CREATE AGGREGATE pg_temp.raw(date) (SFUNC = cvm.activity_add, STYPE = cvm.activity);
CREATE TEMP TABLE log AS SELECT pg_temp.raw(d) AS a FROM unnest('{2024-01-05,2024-01-01,2024-01-05}'::date[]) d;
SELECT is((SELECT a::text::cvm.activity FROM log), (SELECT cvm.activity_agg(d) FROM unnest('{2024-01-05,2024-01-01,2024-01-05}'::date[]) d),
		  'a timeline that was never finished is written as one that was');
SELECT is((SELECT (cvm.first_day(a), cvm.last_day(a), cvm.max_in_window(a, 1))::text FROM log), '(2024-01-01,2024-01-05,2)', 'a timeline that was never finished can be read');
SELECT is((SELECT cvm.rollup(a)::text FROM log), (SELECT cvm.activity_agg(d)::text FROM unnest('{2024-01-05,2024-01-01,2024-01-05}'::date[]) d), 'a timeline that was never finished can be added up');
CREATE AGGREGATE pg_temp.begun(date) (SFUNC = cvm.activity_add, STYPE = cvm.activity, INITCOND = '020401fc8801000101');
SELECT isnt(pg_temp.refusal('SELECT pg_temp.begun(date ''2024-01-01'')::text'), 'accepted', 'a step does not add to what is finished');
SELECT is(pg_temp.refusal('SELECT * FROM cvm.grid(''00''::cvm.retention)'), '22P03', 'bytes of another version are refused');
SELECT is(pg_temp.refusal(format('SELECT %L::cvm.retention', (SELECT cvm.activity_agg(date '2024-01-01')::text))), '22P03', 'bytes of another type are refused');


-- fold_activity believes nothing of what the caller says its rows are
SELECT is(pg_temp.refusal(format($$SELECT * FROM cvm.fold_activity('SELECT 1::bigint, date ''2024-01-01''', 'UTC') AS f (%s)$$, columns)), '42804',
		  format('timelines are not shown as (%s)', columns))
FROM unnest('{"c bigint, a text","c bigint, a bigint","c bigint, a bytea","c bigint, a int[]","c bigint, a cvm.tenure","c bigint, a jsonb","c bigint","c numeric, a cvm.activity","c int, a cvm.activity",
	"c bigint, a cvm.activity, b int","c uuid, a cvm.activity"}'::text[]) columns;
SELECT is(pg_temp.refusal($$SELECT * FROM cvm.fold_activity('SELECT 1::bigint, date ''2024-01-01''; SELECT 2::bigint, date ''2024-01-02''', 'UTC') AS f (c bigint, a cvm.activity)$$), '22023',
		  'two statements are not one query');
SELECT is((SELECT array_agg((c, a)::text) FROM cvm.fold_activity('SELECT c, cvm.last_day(a) FROM cvm.fold_activity(''SELECT 7::bigint, date ''''2024-01-01'''''', ''UTC'') AS f (c bigint, a cvm.activity)', 'UTC')
			AS f (c bigint, a cvm.activity)), '{"(7,020401fc8801000101)"}'::text[], 'a query of timelines may read timelines');

SELECT * FROM finish();
ROLLBACK;
