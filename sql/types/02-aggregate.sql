-- SPDX-License-Identifier: PostgreSQL
-- What aggregates over raw rows have in common, as macros of the script: nothing
-- is made here.

-- The end of one that answers with rows
@define rows_final name | type
CREATE FUNCTION cvm.{name}_final(internal) RETURNS cvm.{type}[]
	AS 'MODULE_PATHNAME', 'cvm_{name}_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{name}_final(internal) IS 'End of _{name}_agg';
@end

-- Those as rows, about so many: unnest() of a column would be ten to the planner
@define found_rows name | rows | type | count
CREATE FUNCTION cvm.{rows}(cvm.{type}[]) RETURNS SETOF cvm.{type}
	AS 'array_unnest'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS {count};
COMMENT ON FUNCTION cvm.{rows}(cvm.{type}[]) IS 'What _{name}_agg found, as rows';
@end

-- The end of one whose state is read by functions of the same query
@define ticket_final name
CREATE FUNCTION cvm.{name}_final(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_{name}_final'
	LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION cvm.{name}_final(internal) IS 'End of _{name}_agg: a ticket with which its state is read';
@end

-- One over rows of customers, with its step: what comes after the customer, the step in C, whose other functions there are, and what is said of it
@define rows_aggregate name | arguments | step | family
@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.{name}_add(internal, {customer}, {arguments}) RETURNS internal
	AS 'MODULE_PATHNAME', '{step}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{name}_add(internal, {customer}, {arguments}) IS 'Step of _{name}_agg';
CREATE AGGREGATE cvm._{name}_agg({customer}, {arguments}) (
	SFUNC = cvm.{name}_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.{name}_final, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.{family}_combine,
	SERIALFUNC = cvm.{family}_serialize,
	DESERIALFUNC = cvm.{family}_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._{name}_agg({customer}, {arguments}) IS
{body};
@end
@end

-- Over rows and times in segments (69-contacts.sql)
@define member_aggregate name | arguments
@with rows_aggregate {name} | {arguments} | cvm_{name}_add_{customer} | member
{body}
@end
@end

-- Over spells and times in segments (51-spell-buffer.sql), with a step of its own
@define own_spell_aggregate name | arguments
@with rows_aggregate {name} | {arguments} | cvm_{name}_add | spell_buffer
{body}
@end
@end
