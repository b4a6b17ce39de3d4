-- SPDX-License-Identifier: PostgreSQL
-- What aggregates over raw spells in one pass share that have parameters about
-- entries; each has a final function of its own.  The state is internal, for one
-- machine with parallel workers; distributed servers take the two steps by way of
-- holdings.
CREATE FUNCTION cvm.parameters_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_parameters_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.parameters_combine(internal, internal) IS 'Combine of aggregates over raw spells with parameters';
CREATE FUNCTION cvm.parameters_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_parameters_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.parameters_serialize(internal) IS 'Serialization of aggregates over raw spells with parameters';
CREATE FUNCTION cvm.parameters_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_parameters_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.parameters_deserialize(bytea, internal) IS 'Deserialization of aggregates over raw spells with parameters';
