-- SPDX-License-Identifier: PostgreSQL
-- What every state type has: input, output, order, and the operator classes
-- that DISTINCT, UNION, GROUP BY, indexes and partitioning need.  Out is whose
-- output functions it takes: those of all states, or its own where the log of
-- an aggregate may have to be put in order first.
@define state_type type | out | description
CREATE TYPE cvm.{type};
CREATE FUNCTION cvm.{type}_in(cstring) RETURNS cvm.{type}
	AS 'MODULE_PATHNAME', 'cvm_{type}_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.{type}_recv(internal) RETURNS cvm.{type}
	AS 'MODULE_PATHNAME', 'cvm_{type}_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.{type}_out(cvm.{type}) RETURNS cstring
	AS 'MODULE_PATHNAME', 'cvm_{out}_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.{type}_send(cvm.{type}) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_{out}_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE TYPE cvm.{type} (
	INPUT = cvm.{type}_in, OUTPUT = cvm.{type}_out, RECEIVE = cvm.{type}_recv, SEND = cvm.{type}_send,
	INTERNALLENGTH = variable, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE cvm.{type} IS '{description}';
@for word | sign | commutator | negator | selectivity | more
lt | <  | >  | >= | scalarlt |
le | <= | >= | >  | scalarle |
eq | =  | =  | <> | eq       | , HASHES, MERGES
ne | <> | <> | =  | neq      |
ge | >= | <= | <  | scalarge |
gt | >  | <  | <= | scalargt |
@make
CREATE FUNCTION cvm.{type}_{word}(cvm.{type}, cvm.{type}) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_state_{word}'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OPERATOR cvm.{sign} (
	LEFTARG = cvm.{type}, RIGHTARG = cvm.{type}, FUNCTION = cvm.{type}_{word},
	COMMUTATOR = OPERATOR(cvm.{commutator}), NEGATOR = OPERATOR(cvm.{negator}),
	RESTRICT = pg_catalog.{selectivity}sel, JOIN = pg_catalog.{selectivity}joinsel{more}
);
COMMENT ON FUNCTION cvm.{type}_{word}(cvm.{type}, cvm.{type}) IS 'Implementation of {sign}: compares bytes';
@end
CREATE FUNCTION cvm.{type}_cmp(cvm.{type}, cvm.{type}) RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_state_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.{type}_hash(cvm.{type}) RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_state_hash'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.{type}_hash_extended(cvm.{type}, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_state_hash_extended'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OPERATOR CLASS cvm.{type}_ops DEFAULT FOR TYPE cvm.{type} USING btree AS
	OPERATOR 1 cvm.<, OPERATOR 2 cvm.<=, OPERATOR 3 cvm.=, OPERATOR 4 cvm.>=, OPERATOR 5 cvm.>,
	FUNCTION 1 cvm.{type}_cmp(cvm.{type}, cvm.{type});
CREATE OPERATOR CLASS cvm.{type}_hash_ops DEFAULT FOR TYPE cvm.{type} USING hash AS
	OPERATOR 1 cvm.=,
	FUNCTION 1 cvm.{type}_hash(cvm.{type}),
	FUNCTION 2 cvm.{type}_hash_extended(cvm.{type}, bigint);
COMMENT ON FUNCTION cvm.{type}_cmp(cvm.{type}, cvm.{type}) IS 'Orders by bytes, for indexes';
COMMENT ON FUNCTION cvm.{type}_hash(cvm.{type}) IS 'Hashes bytes';
COMMENT ON FUNCTION cvm.{type}_hash_extended(cvm.{type}, bigint) IS 'Hashes bytes with a seed';
COMMENT ON FUNCTION cvm.{type}_in(cstring) IS 'Input: the text of a state, checked';
COMMENT ON FUNCTION cvm.{type}_out(cvm.{type}) IS 'Output: hexadecimal digits; of a large state z and base64, compressed';
COMMENT ON FUNCTION cvm.{type}_recv(internal) IS 'Binary input, checked';
COMMENT ON FUNCTION cvm.{type}_send(cvm.{type}) IS 'Binary output';
@end

-- Operator || and the aggregate rollup of a state type, whose step exists
-- unless it is TYPE_merge(TYPE, TYPE) itself.
@define state_merge type | step
CREATE FUNCTION cvm.{type}_merge(cvm.{type}, cvm.{type}) RETURNS cvm.{type}
	AS 'MODULE_PATHNAME', 'cvm_{type}_merge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{type}_merge(cvm.{type}, cvm.{type}) IS 'Adds two states up, in any order';
CREATE OPERATOR cvm.|| (
	LEFTARG = cvm.{type}, RIGHTARG = cvm.{type}, FUNCTION = cvm.{type}_merge, COMMUTATOR = OPERATOR(cvm.||)
);
COMMENT ON OPERATOR cvm.|| (cvm.{type}, cvm.{type}) IS 'Adds two states up, in any order';
CREATE AGGREGATE cvm.rollup(cvm.{type}) (
	SFUNC = cvm.{step}, STYPE = cvm.{type}, COMBINEFUNC = cvm.{step}, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.rollup(cvm.{type}) IS 'Adds states up, in any order; NULL of no rows';
@end
