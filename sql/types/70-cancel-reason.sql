-- SPDX-License-Identifier: PostgreSQL
-- Why customers leave, from the reasons for which spells ended, in one pass.
CREATE TYPE cvm.cancel_cell AS (segment text, month date, reason text, reasons integer, requests bigint, customers bigint, pending bigint, churned bigint,
	price_moved bigint, cancelled_mrr numeric, churned_mrr numeric);
COMMENT ON TYPE cvm.cancel_cell IS
	'Requests of a month and a segment (NULL: all) that name a reason, and what came of them; or, where reasons is not NULL, those that name so many';
CREATE FUNCTION cvm.cancel_reason_final(internal) RETURNS cvm.cancel_cell[]
	AS 'MODULE_PATHNAME', 'cvm_cancel_reason_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cancel_reason_final(internal) IS 'End of _cancel_reason_agg';
-- unnest() of a column would be ten rows to the planner
CREATE FUNCTION cvm._cancel_cells(cvm.cancel_cell[]) RETURNS SETOF cvm.cancel_cell
	AS 'array_unnest'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 10000;
COMMENT ON FUNCTION cvm._cancel_cells(cvm.cancel_cell[]) IS 'What _cancel_reason_agg found, as rows';

@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.cancel_reason_add(internal, {customer}, text, text, date, date, numeric, text, date, date, integer) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_cancel_reason_add_{customer}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cancel_reason_add(internal, {customer}, text, text, date, date, numeric, text, date, date, integer) IS
	'Step of _cancel_reason_agg';
CREATE AGGREGATE cvm._cancel_reason_agg({customer}, text, text, date, date, numeric, text, date, date, integer) (
	SFUNC = cvm.cancel_reason_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.cancel_reason_final, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.member_combine,
	SERIALFUNC = cvm.member_serialize,
	DESERIALFUNC = cvm.member_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._cancel_reason_agg({customer}, text, text, date, date, numeric, text, date, date, integer) IS
	'Why customers leave, by month and segment, from raw rows in one pass: customer, line, segment, first day, day after the last (NULL: goes on), price a '
	'month, why it ended, when that was asked for, as_of, and the days in which another price may be what one acts on. A row with a segment says that '
	'the customer was in it on these days; else it is a spell';
@end
