-- SPDX-License-Identifier: PostgreSQL
-- Aggregates over what is paid, from raw rows in one pass.
@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.paid_spells_add(internal, {customer}, text, date, date, numeric, text, text, date, integer[]) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_paid_spells_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.paid_spells_add(internal, {customer}, text, date, date, numeric, text, text, date, integer[]) IS 'Step of aggregates over what is paid';
@end
@define paid_aggregate name | words | asked
@for customer
bigint
text
uuid
@make
CREATE AGGREGATE cvm._{name}_agg({customer}, text, date, date, numeric, text, text, date, integer[]) (
	SFUNC = cvm.paid_spells_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.{name}_final,
	COMBINEFUNC = cvm.spell_buffer_combine,
	SERIALFUNC = cvm.spell_buffer_serialize,
	DESERIALFUNC = cvm.spell_buffer_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._{name}_agg({customer}, text, date, date, numeric, text, text, date, integer[]) IS
	'{words} from raw rows in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, terms, segment, as_of, and '
	'{asked}. A row with a segment says that the customer was in it on these days; a row without one is a spell of a product';
@end
@end
