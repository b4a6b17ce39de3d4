-- SPDX-License-Identifier: PostgreSQL
-- Type lifecycle: how many customers were new, retained, reactivated, dormant.
@use state_type lifecycle | state | Customers by period: new, retained, reactivated, moved in and out of a segment

CREATE FUNCTION cvm.lifecycle_rollup(cvm.lifecycle, cvm.lifecycle) RETURNS cvm.lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.lifecycle_rollup(cvm.lifecycle, cvm.lifecycle) IS 'Step of rollup';
@use state_merge lifecycle | lifecycle_rollup

CREATE FUNCTION cvm.lifecycle_add(cvm.lifecycle, cvm.activity, text, date) RETURNS cvm.lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.lifecycle_add(cvm.lifecycle, cvm.activity, text, date) IS 'Step of lifecycle_agg';

CREATE FUNCTION cvm.lifecycle_add(cvm.lifecycle, cvm.activity, text, date, datemultirange)
	RETURNS cvm.lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.lifecycle_add(cvm.lifecycle, cvm.activity, text, date, datemultirange) IS
	'Step of lifecycle_agg';

CREATE AGGREGATE cvm.lifecycle_agg(cvm.activity, text, date) (
	SFUNC = cvm.lifecycle_add, STYPE = cvm.lifecycle,
	COMBINEFUNC = cvm.lifecycle_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.lifecycle_agg(cvm.activity, text, date) IS
	'Customers by period up to as_of: activity, grain, as_of';

CREATE AGGREGATE cvm.lifecycle_agg(cvm.activity, text, date, datemultirange) (
	SFUNC = cvm.lifecycle_add, STYPE = cvm.lifecycle,
	COMBINEFUNC = cvm.lifecycle_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.lifecycle_agg(cvm.activity, text, date, datemultirange) IS
	'Customers of one segment by period: activity, grain, as_of, the days on which the segment holds the customer';

-- The fast way: from raw rows in one pass, as retention_agg does it
CREATE FUNCTION cvm.fold_final_lifecycle(internal) RETURNS cvm.lifecycle
	AS 'MODULE_PATHNAME', 'cvm_fold_final_lifecycle'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_final_lifecycle(internal) IS 'End of the one-pass lifecycle_agg';

CREATE TYPE cvm.segment_lifecycle AS (segment text, state cvm.lifecycle);
COMMENT ON TYPE cvm.segment_lifecycle IS 'A segment with what its customers were, period by period';
CREATE FUNCTION cvm.fold_final_segment_lifecycles(internal) RETURNS cvm.segment_lifecycle[]
	AS 'MODULE_PATHNAME', 'cvm_fold_final_segment_lifecycles'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_final_segment_lifecycles(internal) IS 'End of segment_lifecycle_agg';

@for customer
bigint
text
uuid
@make
@for time | of
date, text        | day, zone (not needed)
timestamp, text   | local time, zone (not needed)
timestamptz, text | moment, zone
@make
@for more | words
                   |
, boolean, boolean | , may start a life, counts as activity
@make
CREATE FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text, date) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text, date) IS 'Step of the one-pass lifecycle_agg';
CREATE AGGREGATE cvm.lifecycle_agg({customer}, {time}{more}, text, date) (
	SFUNC = cvm.fold_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.fold_final_lifecycle,
	COMBINEFUNC = cvm.fold_combine,
	SERIALFUNC = cvm.fold_serialize,
	DESERIALFUNC = cvm.fold_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.lifecycle_agg({customer}, {time}{more}, text, date) IS
	'Customers by period from raw rows in one pass: customer, {of}{words}, grain, as_of (NULL: the day after the last one)';

CREATE FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text, date, date, text, date) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text, date, date, text, date) IS
	'Step of segment_lifecycle_agg';
CREATE AGGREGATE cvm.segment_lifecycle_agg({customer}, {time}{more}, text, date, date, text, date) (
	SFUNC = cvm.fold_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.fold_final_segment_lifecycles,
	COMBINEFUNC = cvm.fold_combine,
	SERIALFUNC = cvm.fold_serialize,
	DESERIALFUNC = cvm.fold_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.segment_lifecycle_agg({customer}, {time}{more}, text, date, date, text, date) IS
	'Customers by period for each segment from raw rows in one pass: customer, {of}{words}, segment, valid_from, '
	'valid_to, grain, as_of. A row is an event, or where its time is NULL a time in a segment; on the last observed '
	'day of a period a customer counts in the segment that began last, of several in the first by name';
@end
@end
@end

CREATE FUNCTION cvm.as_of(cvm.lifecycle) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.as_of(cvm.lifecycle) IS 'The first day not observed';

CREATE FUNCTION cvm.lifecycles(cvm.lifecycle)
	RETURNS TABLE (period date, opening_customers bigint, new_customers bigint,
		moved_in_customers bigint, moved_out_customers bigint,
		closing_customers bigint, retained_customers bigint,
		reactivated_customers bigint, dormant_customers bigint,
		is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_lifecycles'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION cvm.lifecycles(cvm.lifecycle) IS
	'Period by period: closing = opening + new + moved in + moved out (a loss, negative) = new + retained + reactivated + dormant';

CREATE FUNCTION cvm.lifecycle(cvm.activity, grain text, as_of date)
	RETURNS TABLE (period date, status text, is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_lifecycle'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION cvm.lifecycle(cvm.activity, text, date) IS
	'One customer period by period up to as_of: new, retained, reactivated or dormant';
