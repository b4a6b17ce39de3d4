-- SPDX-License-Identifier: PostgreSQL
-- Type tenure: one customer, read with a grain, a clock and a cut-off.
@use state_type tenure | state | One customer, read: the cohort and the periods that count

CREATE FUNCTION cvm.tenure(cvm.activity, grain text, as_of date,
	clock text DEFAULT 'calendar', week_start integer DEFAULT 1,
	brackets int4range[] DEFAULT NULL, min_events integer DEFAULT 1,
	streak boolean DEFAULT false) RETURNS cvm.tenure
	AS 'MODULE_PATHNAME', 'cvm_tenure'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.tenure(cvm.activity, text, date, text, integer, int4range[], integer, boolean) IS
	'Reads a timeline up to as_of: grain day, week, month, quarter or year; clock calendar or anniversary';

CREATE FUNCTION cvm.cohort_of(cvm.activity, grain text, week_start integer DEFAULT 1)
	RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_cohort_of'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cohort_of(cvm.activity, text, integer) IS
	'First day of the calendar period a customer started in; NULL without a start';

CREATE FUNCTION cvm.is_active(cvm.activity, period_no integer, grain text,
	clock text DEFAULT 'calendar', week_start integer DEFAULT 1,
	min_events integer DEFAULT 1) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_is_active'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.is_active(cvm.activity, integer, text, text, integer, integer) IS
	'Was the customer retained in this period of its life? NULL without a start';
