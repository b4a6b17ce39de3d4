-- SPDX-License-Identifier: PostgreSQL
-- What aggregates over raw spells in one pass share that have parameters about
-- entries; each has a final function of its own.  The state is internal, for one
-- machine with parallel workers; distributed servers take the two steps by way of
-- holdings.
CREATE FUNCTION cvm.question_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_question_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.question_combine(internal, internal) IS 'Combine of questions about raw spells';
CREATE FUNCTION cvm.question_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_question_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.question_serialize(internal) IS 'Serialization of questions about raw spells';
CREATE FUNCTION cvm.question_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_question_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.question_deserialize(bytea, internal) IS 'Deserialization of questions about raw spells';
