-- SPDX-License-Identifier: PostgreSQL
-- What became of each instalment, from raw rows in one pass: what decision says of the demo takes a tenth of the time that
-- windows and joins over spells take (bench/RESULTS.md).
CREATE TYPE cvm.decision_count AS (segment text, outcome text, number integer, instalments bigint, customers bigint, mrr numeric, next_mrr numeric);
COMMENT ON TYPE cvm.decision_count IS
	'Instalments of a number with an outcome in a segment (NULL: of everybody), their customers, and what is paid before and after';

CREATE FUNCTION cvm.decision_final(internal) RETURNS cvm.decision_count[]
	AS 'MODULE_PATHNAME', 'cvm_decision_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.decision_final(internal) IS 'End of _decision_agg';
-- unnest() of a column would be ten rows to the planner
CREATE FUNCTION cvm._decision_counts(cvm.decision_count[]) RETURNS SETOF cvm.decision_count
	AS 'array_unnest'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION cvm._decision_counts(cvm.decision_count[]) IS 'What _decision_agg found, as rows';

@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.decision_add(internal, {customer}, text, text, date, date, numeric, boolean, boolean, integer, bigint, bigint, text, boolean, date, integer)
	RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_decision_add_{customer}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.decision_add(internal, {customer}, text, text, date, date, numeric, boolean, boolean, integer, bigint, bigint, text, boolean, date, integer) IS
	'Step of _decision_agg';
CREATE AGGREGATE cvm._decision_agg({customer}, text, text, date, date, numeric, boolean, boolean, integer, bigint, bigint, text, boolean, date, integer) (
	SFUNC = cvm.decision_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.decision_final, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.member_combine,
	SERIALFUNC = cvm.member_serialize,
	DESERIALFUNC = cvm.member_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._decision_agg({customer}, text, text, date, date, numeric, boolean, boolean, integer, bigint, bigint, text, boolean, date, integer) IS
	'What became of each instalment, by segment and number, from raw rows in one pass: customer, line, segment, first day, day after the last '
	'(NULL: goes on), price a month, whether it is paused, whether nobody wanted its end, a number of its terms, months and days of an '
	'instalment (NULL: one month), product, whether it was skipped, as_of, lapse_days. A row with a segment says that the customer was in it on '
	'these days; one that was skipped or not is a delivery on its first day, of a product (NULL: of all); else it is a spell';
@end
