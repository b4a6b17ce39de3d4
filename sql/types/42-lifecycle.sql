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
