\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What PostgreSQL prints of every function and view can be read again: which
-- is all that pg_upgrade has to go by.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql
CREATE TEMP TABLE printed (what text, definition text);
-- also of the same with states and reports that are stored
SELECT world.model('live') \g /dev/null
SELECT world.model('kept') \g /dev/null
SELECT cvm.store('kept', s.state, mode => 'scan') FROM cvm.customer_state s WHERE s.entity = 'subscription' \g /dev/null
SELECT cvm.store('kept', 'retention_month'), cvm.store('kept', 'segment_kpi') \g /dev/null

-- and with a day for as_of, beside which no aggregate may stand: Citus takes a
-- constant for coalesce(constant, aggregate), and a row for every row
SELECT world.model('dated') \g /dev/null
SELECT cvm.configure('dated', 'as_of', '2024-10-01') \g /dev/null
CREATE FUNCTION pg_temp.beside_constant(definition text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	piece text;
	own text;
	depth int;
	nested int; -- how deep a query of its own begins, in which aggregates may stand
	c text;
BEGIN
	-- what follows COALESCE( and a constant, up to its parenthesis
	FOR piece IN SELECT substr(p, 1, 4000) FROM regexp_split_to_table(definition, 'COALESCE\((?=''[^'']*''::)') WITH ORDINALITY AS s (p, n) WHERE n > 1 LOOP
		own := '';
		depth := 1;
		nested := 0;
		FOR i IN 1 .. length(piece) LOOP
			c := substr(piece, i, 1);
			IF c = '(' THEN
				depth := depth + 1;
				IF nested = 0 AND substr(piece, i, 8) ~ '^\( *(SELECT|WITH)' THEN
					nested := depth;
				END IF;
			ELSIF c = ')' THEN
				IF depth = nested THEN
					nested := 0;
				END IF;
				depth := depth - 1;
				EXIT WHEN depth = 0;
			END IF;
			IF nested = 0 THEN
				own := own || c;
			END IF;
		END LOOP;
		RETURN NEXT own;
	END LOOP;
END
$$;
CREATE TEMP TABLE beside AS
SELECT c.relname, b.own FROM pg_class c CROSS JOIN LATERAL pg_temp.beside_constant(pg_get_viewdef(c.oid)) AS b (own)
WHERE c.relkind = 'v' AND c.relnamespace = 'dated'::regnamespace;
SELECT is_empty($$SELECT relname FROM beside WHERE own ~ '\m(max|min|sum|count|avg|array_agg|bool_and|bool_or|\w+_agg)\('$$, 'no view has an aggregate beside a constant as_of');
SELECT cmp_ok((SELECT count(*) FROM beside WHERE own ~ '2024-10-01'), '>=', 30::bigint, 'what stands beside it was read');
SELECT results_eq($$SELECT own ~ '\mmax\(' FROM pg_temp.beside_constant('SELECT COALESCE(''2024-10-01''::date, (max(e.day) + 1)), COALESCE(''2024-10-01''::date, ( SELECT (max(e.day) + 1)), ''2000-01-01''::date) AS as_of') AS b (own)$$,
	$$VALUES (true), (false)$$, 'an aggregate would be found, that of a query of its own is none');
SELECT cmp_ok((SELECT count(*) FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace = 'dated'::regnamespace AND pg_get_viewdef(c.oid) ~ '2024-10-01'), '>=', 30::bigint, 'most views of a dated model have a constant as_of');

-- sums of floating-point numbers depend on the order of the rows: they are of
-- exact numbers, or in an order that is told
CREATE TEMP TABLE added AS
SELECT c.relname, p.oid::regprocedure AS aggregate, substring(a.piece FROM ':aggorder (<>|\()') AS sorted
FROM pg_class c
JOIN pg_rewrite r ON r.ev_class = c.oid
CROSS JOIN LATERAL string_to_table(r.ev_action::text, ':aggfnoid ') WITH ORDINALITY AS a (piece, n)
JOIN pg_proc p ON p.oid = split_part(a.piece, ' ', 1)::oid
WHERE a.n > 1 AND c.relkind = 'v' AND c.relnamespace = ANY ('{live,dated,kept}'::regnamespace[]) AND p.proname ~ '^(sum|avg|var|stddev|corr|covar|regr)'
	AND p.proargtypes::oid[] && '{float4,float8}'::regtype[]::oid[];
SELECT is_empty($$SELECT DISTINCT relname, aggregate FROM added WHERE sorted IS DISTINCT FROM '('$$, 'no view adds up floating-point numbers in the order of rows');
SELECT cmp_ok((SELECT count(*) FROM added), '>', 5::bigint, 'some views add them up in an order that is told');

-- as pg_dump does: every name of ours must be said with its schema
SET LOCAL search_path = '';
INSERT INTO pg_temp.printed
SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid)
FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND p.prokind <> 'a'
	AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'cvm');
INSERT INTO pg_temp.printed
SELECT c.oid::regclass::text, format('CREATE OR REPLACE VIEW %s%s AS %s', c.oid::regclass, ' WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid))
FROM pg_class c
WHERE c.relkind = 'v' AND c.relnamespace IN ('cvm'::regnamespace, 'live'::regnamespace, 'kept'::regnamespace);
-- what tables carry along
INSERT INTO pg_temp.printed
SELECT format('%s of %s', k.conname, k.conrelid::regclass), format('ALTER TABLE %s ADD CONSTRAINT again_%s %s', k.conrelid::regclass, k.oid, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype IN ('c', 'f') AND c.relnamespace IN ('cvm'::regnamespace, 'live'::regnamespace, 'kept'::regnamespace);
INSERT INTO pg_temp.printed
SELECT format('default of %s.%s', d.adrelid::regclass, a.attname), format('ALTER TABLE %s ALTER %I SET DEFAULT %s', d.adrelid::regclass, a.attname, pg_get_expr(d.adbin, d.adrelid))
FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE a.attgenerated = '' AND c.relnamespace IN ('cvm'::regnamespace, 'live'::regnamespace, 'kept'::regnamespace);
INSERT INTO pg_temp.printed
SELECT format('policy %s of %s', p.polname, p.polrelid::regclass),
	format('ALTER POLICY %I ON %s%s%s', p.polname, p.polrelid::regclass,
		' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = 'cvm'::regnamespace;
INSERT INTO pg_temp.printed
SELECT t.tgrelid::regclass || ' ' || t.tgname, replace(pg_get_triggerdef(t.oid), 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER')
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace IN ('cvm'::regnamespace, 'live'::regnamespace, 'kept'::regnamespace);

-- what an aggregate is made of is functions
CREATE FUNCTION pg_temp.read_back(definition text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE definition;
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TEMP TABLE verdict AS
SELECT p.what, pg_temp.read_back(p.definition) AS problem FROM pg_temp.printed p;
RESET search_path;
SELECT is_empty($$SELECT what, problem FROM verdict WHERE problem IS NOT NULL$$, 'what is printed of every function, view, constraint, default, policy and trigger is read back');
SELECT cmp_ok((SELECT count(*) FROM printed WHERE definition ~ '^CREATE OR REPLACE (FUNCTION|PROCEDURE)'), '>=', 400::bigint, 'hundreds of functions are read back');
SELECT cmp_ok((SELECT count(*) FROM printed WHERE definition ~ '^CREATE OR REPLACE VIEW "?(live|kept)'), '>=', 100::bigint, 'a hundred report views are read back');
SELECT is(pg_temp.read_back($$CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql RETURN f.""$$), '42601 zero-length delimited identifier at or near """"', 'a definition that cannot be read is noticed');

SELECT * FROM finish();
ROLLBACK;
