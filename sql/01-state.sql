-- SPDX-License-Identifier: PostgreSQL
-- What every state type has: input, output, order, and the operator classes
-- that DISTINCT, UNION, GROUP BY, indexes and partitioning need.  This
-- procedure writes them for one type; 99-epilogue.sql drops it again.
CREATE PROCEDURE create_state_type(type_name text, description text)
LANGUAGE plpgsql
SET search_path = cvm, pg_catalog, pg_temp
AS $procedure$
DECLARE
	comparison record;
BEGIN
	EXECUTE format('CREATE TYPE %I', type_name);
	EXECUTE format($$
		CREATE FUNCTION %1$I(cstring) RETURNS %3$I
			AS 'MODULE_PATHNAME', 'cvm_%3$s_in'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %2$I(internal) RETURNS %3$I
			AS 'MODULE_PATHNAME', 'cvm_%3$s_recv'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %4$I(%3$I) RETURNS cstring
			AS 'MODULE_PATHNAME', 'cvm_%5$s_out'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %6$I(%3$I) RETURNS bytea
			AS 'MODULE_PATHNAME', 'cvm_%5$s_send'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE TYPE %3$I (
			INPUT = %1$I, OUTPUT = %4$I, RECEIVE = %2$I, SEND = %6$I,
			INTERNALLENGTH = variable, ALIGNMENT = double, STORAGE = extended
		)$$,
		type_name || '_in', type_name || '_recv', type_name, type_name || '_out',
		-- the log of an aggregate may have to be put in order first
		CASE WHEN type_name IN ('activity', 'holdings') THEN type_name ELSE 'state' END,
		type_name || '_send');
	EXECUTE format('COMMENT ON TYPE %I IS %L', type_name, description);

	FOR comparison IN
		SELECT *
		FROM (VALUES ('lt', '<',  '>',  '>=', 'scalarltsel',   'scalarltjoinsel'),
					 ('le', '<=', '>=', '>',  'scalarlesel',   'scalarlejoinsel'),
					 ('eq', '=',  '=',  '<>', 'eqsel',         'eqjoinsel'),
					 ('ne', '<>', '<>', '=',  'neqsel',        'neqjoinsel'),
					 ('ge', '>=', '<=', '<',  'scalargesel',   'scalargejoinsel'),
					 ('gt', '>',  '<',  '<=', 'scalargtsel',   'scalargtjoinsel'))
			 AS c (word, sign, commutator, negator, restrict_fn, join_fn)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION %1$I(%2$I, %2$I) RETURNS boolean
				AS 'MODULE_PATHNAME', 'cvm_state_%3$s'
				LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
			CREATE OPERATOR %4$s (
				LEFTARG = %2$I, RIGHTARG = %2$I, FUNCTION = %1$I,
				COMMUTATOR = %5$s, NEGATOR = %6$s,
				RESTRICT = %7$s, JOIN = %8$s%9$s
			)$$,
			type_name || '_' || comparison.word, type_name, comparison.word,
			comparison.sign, comparison.commutator, comparison.negator,
			comparison.restrict_fn, comparison.join_fn,
			CASE comparison.word WHEN 'eq' THEN ', HASHES, MERGES' ELSE '' END);
		EXECUTE format('COMMENT ON FUNCTION %I(%I, %2$I) IS %L',
					   type_name || '_' || comparison.word, type_name,
					   'Implementation of ' || comparison.sign || ': compares bytes');
	END LOOP;

	EXECUTE format($$
		CREATE FUNCTION %1$I(%2$I, %2$I) RETURNS integer
			AS 'MODULE_PATHNAME', 'cvm_state_cmp'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %3$I(%2$I) RETURNS integer
			AS 'MODULE_PATHNAME', 'cvm_state_hash'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %4$I(%2$I, bigint) RETURNS bigint
			AS 'MODULE_PATHNAME', 'cvm_state_hash_extended'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE OPERATOR CLASS %5$I DEFAULT FOR TYPE %2$I USING btree AS
			OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
			FUNCTION 1 %1$I(%2$I, %2$I);
		CREATE OPERATOR CLASS %6$I DEFAULT FOR TYPE %2$I USING hash AS
			OPERATOR 1 =,
			FUNCTION 1 %3$I(%2$I),
			FUNCTION 2 %4$I(%2$I, bigint);
		COMMENT ON FUNCTION %1$I(%2$I, %2$I) IS 'Orders by bytes, for indexes';
		COMMENT ON FUNCTION %3$I(%2$I) IS 'Hashes bytes';
		COMMENT ON FUNCTION %4$I(%2$I, bigint) IS 'Hashes bytes with a seed';
		COMMENT ON FUNCTION %7$I(cstring) IS 'Input: the hexadecimal text of a state, checked';
		COMMENT ON FUNCTION %8$I(%2$I) IS 'Output: hexadecimal text';
		COMMENT ON FUNCTION %9$I(internal) IS 'Binary input, checked';
		COMMENT ON FUNCTION %10$I(%2$I) IS 'Binary output'$$,
		type_name || '_cmp', type_name, type_name || '_hash',
		type_name || '_hash_extended', type_name || '_ops', type_name || '_hash_ops',
		type_name || '_in', type_name || '_out', type_name || '_recv',
		type_name || '_send');
END
$procedure$;

-- Operator || and the aggregate rollup of a state type whose functions
-- TYPE_merge(TYPE, TYPE) and, for the aggregate, TYPE_rollup exist.
CREATE PROCEDURE create_state_merge(type_name text, step_function text)
LANGUAGE plpgsql
SET search_path = cvm, pg_catalog, pg_temp
AS $procedure$
BEGIN
	EXECUTE format($$
		CREATE FUNCTION %1$I(%2$I, %2$I) RETURNS %2$I
			AS 'MODULE_PATHNAME', 'cvm_%2$s_merge'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		COMMENT ON FUNCTION %1$I(%2$I, %2$I) IS 'Adds two states up, in any order';
		CREATE OPERATOR || (
			LEFTARG = %2$I, RIGHTARG = %2$I, FUNCTION = %1$I, COMMUTATOR = ||
		);
		COMMENT ON OPERATOR || (%2$I, %2$I) IS 'Adds two states up, in any order'$$,
		type_name || '_merge', type_name);
	EXECUTE format($$
		CREATE AGGREGATE rollup(%1$I) (
			SFUNC = %2$I, STYPE = %1$I, COMBINEFUNC = %2$I, PARALLEL = SAFE
		);
		COMMENT ON AGGREGATE rollup(%1$I) IS 'Adds states up, in any order; NULL of no rows'$$,
		type_name, step_function);
END
$procedure$;
