-- SPDX-License-Identifier: PostgreSQL
-- Type lifecycle: how many customers were new, retained, reactivated, dormant.
CALL create_state_type('lifecycle',
	'Customers by period: new, retained, reactivated, moved in and out of a segment');

CREATE FUNCTION lifecycle_rollup(lifecycle, lifecycle) RETURNS lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_rollup(lifecycle, lifecycle) IS 'Step of rollup';
CALL create_state_merge('lifecycle', 'lifecycle_rollup');

CREATE FUNCTION lifecycle_add(lifecycle, activity, text, date) RETURNS lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_add(lifecycle, activity, text, date) IS 'Step of lifecycle_agg';

CREATE FUNCTION lifecycle_add(lifecycle, activity, text, date, datemultirange)
	RETURNS lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_add(lifecycle, activity, text, date, datemultirange) IS
	'Step of lifecycle_agg';

CREATE AGGREGATE lifecycle_agg(activity, text, date) (
	SFUNC = lifecycle_add, STYPE = lifecycle,
	COMBINEFUNC = lifecycle_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE lifecycle_agg(activity, text, date) IS
	'Customers by period up to as_of: activity, grain, as_of';

CREATE AGGREGATE lifecycle_agg(activity, text, date, datemultirange) (
	SFUNC = lifecycle_add, STYPE = lifecycle,
	COMBINEFUNC = lifecycle_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE lifecycle_agg(activity, text, date, datemultirange) IS
	'Customers of one segment by period: activity, grain, as_of, the days on which the segment holds the customer';

CREATE FUNCTION lifecycles(lifecycle)
	RETURNS TABLE (period date, opening_customers bigint, new_customers bigint,
		moved_in_customers bigint, moved_out_customers bigint,
		closing_customers bigint, retained_customers bigint,
		reactivated_customers bigint, dormant_customers bigint,
		is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_lifecycles'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION lifecycles(lifecycle) IS
	'Period by period: closing = opening + new + moved in + moved out (a loss, negative) = new + retained + reactivated + dormant';

CREATE FUNCTION lifecycle(activity, grain text, as_of date)
	RETURNS TABLE (period date, status text, is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_lifecycle'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION lifecycle(activity, text, date) IS
	'One customer period by period up to as_of: new, retained, reactivated or dormant';
