\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What the catalog says of every object of the extension.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(59);

CREATE TEMP VIEW member AS
SELECT classid, objid, pg_describe_object(classid, objid, 0) AS name
FROM pg_depend
WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'cvm');
CREATE TEMP VIEW routine AS
SELECT name, lanname, p.* FROM member JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid JOIN pg_language l ON l.oid = prolang;
CREATE TEMP VIEW aggregate AS
SELECT r.*, a.*, t.typtype AS state_kind FROM routine r JOIN pg_aggregate a ON aggfnoid = r.oid JOIN pg_type t ON t.oid = aggtranstype;
CREATE TEMP VIEW state AS
SELECT t.* FROM member JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid AND typtype = 'b' AND typelem = 0;

-- What breaks a rule.  The rules are kept: at the end each is asked again, with
-- an object in the extension that breaks it, and must find that.
CREATE FUNCTION pg_temp.found(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE format('SELECT string_agg(x::text, E''\n'' ORDER BY x::text) FROM (%s) s (x)', query) INTO found;
	RETURN found;
END
$$;
CREATE TEMP TABLE rule (no int GENERATED ALWAYS AS IDENTITY, name text, query text);
CREATE FUNCTION pg_temp.none(query text, name text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO rule (name, query) VALUES (name, query);
	RETURN is(pg_temp.found(query), NULL, name);
END
$$;

SELECT set_eq('SELECT proname FROM aggregate', '{_base_loss_agg,_campaign_sums_agg,_cancel_reason_agg,_channel_sale_agg,_channel_segment_agg,_contact_beyond_agg,_contact_fatigue_agg,_contact_offer_agg,_contact_pressure_agg,_contact_silence_agg,_customer_move_agg,_customer_risk_agg,_decision_agg,_driver_sums_agg,_last_day_agg,_launch_agg,_launch_matrix_agg,_launch_rate_agg,_paid_since_agg,_price_book_agg,_price_change_agg,_product_migration_agg,_product_movement_agg,_segment_bridge_agg,_segment_cohort_agg,_segment_life_agg,_segment_movement_agg,_segment_promotion_agg,
	_segment_year_agg,_survey_score_agg,_ticket_response_agg,_timelines_agg,_universal_control_agg,_white_space_agg,_worth_agg,activity_agg,cannibalization_agg,cannibalization_matrix_agg,holdings_agg,lifecycle_agg,movement_agg,observed_until_agg,purchases_agg,
	retention_agg,revenue_retention_agg,rollup,sbg_fit,segment_flow_agg,segment_lifecycle_agg,segment_retention_agg,survival_agg}'::text[], 'the aggregates have these names');
SELECT cmp_ok((SELECT count(*) FROM aggregate), '>=', 144::bigint, 'no aggregate is lost');
SELECT set_eq('SELECT typname FROM state', '{activity,cannibalization,cannibalization_matrix,holdings,lifecycle,movement,purchases,retention,revenue_retention,segment_flow,survival,tenure}'::text[],
	'the state types are these');
SELECT cmp_ok((SELECT count(*) FROM routine WHERE lanname = l.name AND prokind <> 'a'), '>=', l.least, 'no function in ' || l.name || ' is lost')
FROM (VALUES ('c', 378::bigint), ('plpgsql', 60), ('sql', 50)) AS l (name, least);

-- Comments
SELECT pg_temp.none($$SELECT name FROM member m WHERE classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_class'::regclass) AND
	obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)::name) IS NULL AND
	NOT EXISTS (SELECT FROM pg_type t WHERE classid = 'pg_type'::regclass AND t.oid = objid AND (typelem <> 0 OR typtype IN ('c', 'm') OR typrelid <> 0)) AND
	NOT EXISTS (SELECT FROM pg_class c WHERE classid = 'pg_class'::regclass AND c.oid = objid AND relkind IN ('i', 'S', 't'))$$,
	'every function, aggregate, type, table and view says what it is');
SELECT isnt(obj_description('cvm'::regnamespace, 'pg_namespace'), NULL, 'the schema says what it is');
SELECT pg_temp.none($$SELECT format('%s: %s', name, d) FROM member, LATERAL (SELECT obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)::name) AS d) s
	WHERE d ~ '^\s|\s$' OR length(d) < 8$$, 'a comment says something');
SELECT is(obj_description('pg_catalog.version()'::regprocedure), 'PostgreSQL version string', 'what is not ours keeps its comment');

-- Functions
SELECT pg_temp.none($$SELECT name FROM routine WHERE prosecdef$$, 'nothing runs with its owner''s rights');
SELECT pg_temp.none($$SELECT name FROM routine WHERE prokind <> 'a' AND lanname IN ('sql', 'plpgsql') AND prosqlbody IS NULL AND
	NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c ~ '^search_path="?(cvm, )?(pg_catalog|cvm)')
	-- a procedure that commits may not have settings: it qualifies every name
	AND prokind <> 'p'$$, 'every function in SQL or PL/pgSQL fixes its search path');
SELECT pg_temp.none($$SELECT name FROM routine, unnest(proconfig) c WHERE c ~ '^search_path=' AND c !~ 'pg_temp"?$'$$,
	'temporary objects come last in it');
SELECT pg_temp.none($$SELECT name FROM routine WHERE lanname = 'c' AND prokind <> 'a' AND provolatile <> 'i' AND proname !~ '^_move_' AND NOT proname IN ('fold_activity', '_check_schema', '_lock_relations', '_register', '_lock_model', '_lock_stored', '_try_lock', 'queue_changes',
	'_relation', '_digest_of_catalog', '_compress_fast',
	-- and those that read a state with a ticket
	'_contact_offers', '_customer_moves', '_customer_risks', '_customers_came', '_customers_moved', '_customers_won', '_first_day', '_is_whole', '_last_days', '_product_migrations', '_product_moves', '_product_pairs', '_segment_losses', '_standing_customers', '_standing_losses', '_standings', '_timelines', '_worths', 'contact_offer_final', 'customer_move_final', 'customer_risk_final', 'last_day_final', 'timelines_final', 'worth_final')$$, 'C functions depend on their arguments only, but for those that read or write tables');
SELECT pg_temp.none($$SELECT name FROM routine WHERE lanname = 'c' AND prokind <> 'a' AND proparallel <> 's' AND proname !~ '^_move_' AND NOT proname IN ('fold_activity', '_lock_relations', '_register', '_lock_model', '_lock_stored', '_try_lock', 'queue_changes', '_compress_fast',
	'_contact_offers', '_customer_moves', '_customer_risks', '_customers_came', '_customers_moved', '_customers_won', '_first_day', '_is_whole', '_last_days', '_product_migrations', '_product_moves', '_product_pairs', '_segment_losses', '_standing_customers', '_standing_losses', '_standings', '_timelines', '_worths', 'contact_offer_final', 'customer_move_final', 'customer_risk_final', 'last_day_final', 'timelines_final', 'worth_final')$$, 'C functions are parallel safe, but for those that read or write tables');
SELECT pg_temp.none($$SELECT name FROM routine WHERE lanname = 'c' AND probin <> '$libdir/cvm'$$, 'C functions come from the extension''s own library');
SELECT pg_temp.none($$SELECT name FROM routine WHERE lanname NOT IN ('c', 'sql', 'plpgsql', 'internal')$$, 'there is no other language');
SELECT pg_temp.none($$SELECT name FROM routine WHERE proretset AND lanname = 'c' AND prorows = 1000$$, 'functions that return rows say how many to expect');
SELECT pg_temp.none($$SELECT name FROM routine r WHERE proargnames IS NOT NULL AND EXISTS (SELECT FROM unnest(proargnames) n WHERE n !~ '^[a-z_0-9]*$')$$,
	'arguments have plain names');

-- Aggregates: what parallel and distributed servers ask of them
SELECT pg_temp.none($$SELECT name FROM aggregate WHERE aggkind <> 'n'$$, 'no aggregate needs an order');
SELECT pg_temp.none($$SELECT name FROM aggregate WHERE aggcombinefn = 0$$, 'every aggregate can be combined');
SELECT pg_temp.none($$SELECT name FROM aggregate WHERE proparallel <> 's'$$, 'every aggregate runs in parallel');
SELECT pg_temp.none($$SELECT name FROM aggregate WHERE agginitval IS NOT NULL$$, 'no aggregate begins with a value that would count once a shard');
SELECT pg_temp.none($$SELECT name FROM aggregate WHERE pronargs = 0$$, 'every aggregate has an argument');
SELECT pg_temp.none($$SELECT name FROM aggregate a, unnest(proargtypes) t JOIN pg_type y ON y.oid = t WHERE typtype = 'p'$$, 'every argument of an aggregate is of a concrete type');
SELECT pg_temp.none($$SELECT name FROM aggregate WHERE proargnames IS NOT NULL OR pronargdefaults > 0 OR provariadic <> 0$$, 'arguments of aggregates have no names or defaults');
SELECT pg_temp.none($$SELECT name FROM aggregate WHERE state_kind = 'p' AND NOT ((proname ~ '^_(base|campaign|cancel|channel|contact|customer|decision|driver|last|launch|price|product|segment|survey|ticket|timelines|universal|white|worth)(_[a-z]+)?_agg$' OR proname IN ('retention_agg', 'movement_agg', 'revenue_retention_agg', 'segment_flow_agg', 'segment_retention_agg', 'lifecycle_agg', 'segment_lifecycle_agg', 'cannibalization_agg', 'cannibalization_matrix_agg')) AND aggserialfn <> 0 AND aggdeserialfn <> 0)$$,
	'only the one-pass aggregates keep an internal state, and can send it');

-- State types
SELECT pg_temp.none($$SELECT typname FROM state WHERE typreceive = 0 OR typsend = 0 OR typlen <> -1 OR typstorage <> 'x'$$, 'every state type travels as text and as bytes');
SELECT pg_temp.none($$SELECT typname FROM state t, unnest('{btree,hash}'::text[]) am WHERE NOT EXISTS (SELECT FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
	WHERE amname = am AND opcintype = t.oid AND opcdefault)$$, 'every state type has an order and a hash');
SELECT pg_temp.none($$SELECT typname FROM state t WHERE typname <> 'tenure' AND (
	NOT EXISTS (SELECT FROM pg_operator WHERE oprname = '||' AND oprleft = t.oid AND oprright = t.oid AND oprresult = t.oid AND oprcom = oid) OR
	NOT EXISTS (SELECT FROM aggregate WHERE proname = 'rollup' AND proargtypes[0] = t.oid AND prorettype = t.oid))$$, 'every state type but tenure adds up by || and rollup');
SELECT pg_temp.none($$SELECT oprname || ' of ' || format_type(oprleft, NULL) FROM member JOIN pg_operator o ON classid = 'pg_operator'::regclass AND o.oid = objid
	WHERE oprname IN ('<', '<=', '=', '<>', '>=', '>') AND (oprcom = 0 OR oprnegate = 0 OR oprrest = 0 OR oprjoin = 0 OR (oprname = '=' AND NOT (oprcanhash AND oprcanmerge)))$$,
	'comparisons know their opposites, and equality hashes and merges');

-- Nothing is left behind
SELECT pg_temp.none($$SELECT name FROM routine WHERE proname ~ '^create_state'$$, 'the procedures that wrote the types are gone');

-- Each rule again, now that the extension has what breaks it
CREATE TYPE cvm.bad;
CREATE FUNCTION cvm.bad_in(cstring) RETURNS cvm.bad LANGUAGE internal IMMUTABLE AS 'int4in';
CREATE FUNCTION cvm.bad_out(cvm.bad) RETURNS cstring LANGUAGE internal IMMUTABLE AS 'int4out';
CREATE TYPE cvm.bad (INPUT = cvm.bad_in, OUTPUT = cvm.bad_out, INTERNALLENGTH = 4, PASSEDBYVALUE);
CREATE LANGUAGE bad_language HANDLER plpgsql_call_handler;
CREATE FUNCTION cvm.bad_owner() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_temp, cvm AS 'BEGIN END';
CREATE FUNCTION cvm.bad_path("Two Words" int) RETURNS int LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION cvm.bad_language() RETURNS int LANGUAGE bad_language AS 'BEGIN END';
CREATE FUNCTION cvm.bad_library() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION cvm.bad_rows() RETURNS SETOF language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION cvm.create_state_bad() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION cvm.bad_less(cvm.bad, cvm.bad) RETURNS boolean LANGUAGE internal IMMUTABLE AS 'int4lt';
CREATE OPERATOR cvm.< (LEFTARG = cvm.bad, RIGHTARG = cvm.bad, FUNCTION = cvm.bad_less);
CREATE AGGREGATE cvm.bad_ordered(ORDER BY int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = UNSAFE);
CREATE AGGREGATE cvm.bad_none(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
CREATE AGGREGATE cvm.bad_any(anyelement) (SFUNC = int8inc_any, STYPE = int8, INITCOND = '0');
CREATE AGGREGATE cvm.bad_state(bad_name int8) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg);
COMMENT ON FUNCTION cvm.bad_path(int) IS 'Short.';
ALTER EXTENSION cvm ADD TYPE cvm.bad;
ALTER EXTENSION cvm ADD FUNCTION cvm.bad_owner();
ALTER EXTENSION cvm ADD FUNCTION cvm.bad_path(int);
ALTER EXTENSION cvm ADD FUNCTION cvm.bad_language();
ALTER EXTENSION cvm ADD FUNCTION cvm.bad_library();
ALTER EXTENSION cvm ADD FUNCTION cvm.bad_rows();
ALTER EXTENSION cvm ADD FUNCTION cvm.create_state_bad();
ALTER EXTENSION cvm ADD OPERATOR cvm.< (cvm.bad, cvm.bad);
ALTER EXTENSION cvm ADD AGGREGATE cvm.bad_ordered(ORDER BY int);
ALTER EXTENSION cvm ADD AGGREGATE cvm.bad_none(*);
ALTER EXTENSION cvm ADD AGGREGATE cvm.bad_any(anyelement);
ALTER EXTENSION cvm ADD AGGREGATE cvm.bad_state(int8);
SELECT matches(pg_temp.found(query), 'bad', 'noticed where it is broken: ' || name) FROM rule ORDER BY no;

-- what reads relations of a model by their names runs what their owner wrote
SELECT is_empty($$
	SELECT p.oid::regprocedure FROM pg_proc p
	WHERE p.pronamespace = 'cvm'::regnamespace AND p.proname NOT LIKE '\_%' AND p.proname NOT IN ('schedule', 'unschedule') AND p.proargnames[1] = 'model'
		AND p.prosrc ~ '\mEXECUTE\M'
		AND p.prosrc !~ '_refuse_superuser\(|_open(_stored)?\([a-z_.]+\)'
$$, 'every function that reads the relations of a model refuses a superuser who does not own it');
-- what composes one view alone looks at nothing else
SELECT is_empty($$
	SELECT b.view, u.need FROM cvm.report_body b CROSS JOIN LATERAL unnest(b.needs) AS u (need)
	WHERE NOT EXISTS (SELECT FROM cvm.report_source r WHERE r.view = b.view AND r.source = split_part(u.need, '.', 1))
$$, 'what a view needs is noted, of every body');
SELECT is_empty($$
	SELECT w.view, u.name FROM cvm.report_use w JOIN cvm.report_part p USING (part) CROSS JOIN LATERAL unnest(p.names) AS u (name)
	WHERE EXISTS (SELECT FROM cvm.report_part q WHERE q.part = u.name) AND NOT EXISTS (SELECT FROM cvm.report_use v WHERE v.view = w.view AND v.part = u.name)
$$, 'of every part it is noted which parts it uses');
SELECT * FROM finish();
ROLLBACK;
