-- SPDX-License-Identifier: PostgreSQL
-- What aggregates over raw spells in one pass share: rows in any order are
-- gathered into customers, and each aggregate ends in a reading of its own.
-- The state is internal, for one machine with parallel workers; distributed
-- servers take the two steps by way of holdings.
CREATE FUNCTION cvm.spell_buffer_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_spell_buffer_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.spell_buffer_combine(internal, internal) IS 'Combine of aggregates over raw spells';
CREATE FUNCTION cvm.spell_buffer_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_spell_buffer_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.spell_buffer_serialize(internal) IS 'Serialization of aggregates over raw spells';
CREATE FUNCTION cvm.spell_buffer_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_spell_buffer_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.spell_buffer_deserialize(bytea, internal) IS 'Deserialization of aggregates over raw spells';

@for customer
bigint
text
uuid
@make
@for more
text, date
text, date, text
boolean, text, date, integer
@make
CREATE FUNCTION cvm.spell_buffer_add(internal, {customer}, text, date, date, numeric, {more})
	RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_spell_buffer_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.spell_buffer_add(internal, {customer}, text, date, date, numeric, {more}) IS
	'Step of aggregates over raw spells';
@end
@end

-- An aggregate over raw spells: its name, the types of its arguments after the
-- price, how it ends, and what is said of it.
@define spell_buffer_aggregate name | more | final | description
@for customer
bigint
text
uuid
@make
CREATE AGGREGATE cvm.{name}({customer}, text, date, date, numeric, {more}) (
	SFUNC = cvm.spell_buffer_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.{final},
	COMBINEFUNC = cvm.spell_buffer_combine,
	SERIALFUNC = cvm.spell_buffer_serialize,
	DESERIALFUNC = cvm.spell_buffer_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.{name}({customer}, text, date, date, numeric, {more}) IS '{description}';
@end
@end
