-- SPDX-License-Identifier: PostgreSQL
-- Type retention: customers added up to a triangle.
@use state_type retention | state | Cohorts added up: members, and per period how many were retained, returned, and what they brought

CREATE FUNCTION cvm.retention_rollup(cvm.retention, cvm.retention) RETURNS cvm.retention
	AS 'MODULE_PATHNAME', 'cvm_retention_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.retention_rollup(cvm.retention, cvm.retention) IS 'Step of rollup';
@use state_merge retention | retention_rollup

CREATE FUNCTION cvm.retention_add(cvm.retention, cvm.tenure) RETURNS cvm.retention
	AS 'MODULE_PATHNAME', 'cvm_retention_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.retention_add(cvm.retention, cvm.tenure) IS 'Step of retention_agg(tenure)';

CREATE AGGREGATE cvm.retention_agg(cvm.tenure) (
	SFUNC = cvm.retention_add, STYPE = cvm.retention,
	COMBINEFUNC = cvm.retention_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.retention_agg(cvm.tenure) IS
	'Adds customers up to a retention triangle; they must have been read alike';

CREATE FUNCTION cvm.retention_sweep(cvm.retention, cvm.activity, text, date) RETURNS cvm.retention
	AS 'MODULE_PATHNAME', 'cvm_retention_sweep'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.retention_sweep(cvm.retention, cvm.activity, text, date) IS
	'Step of retention_agg(activity, grain, as_of)';

CREATE AGGREGATE cvm.retention_agg(cvm.activity, text, date) (
	SFUNC = cvm.retention_sweep, STYPE = cvm.retention,
	COMBINEFUNC = cvm.retention_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.retention_agg(cvm.activity, text, date) IS
	'The same as retention_agg(tenure(activity, grain, as_of)), without making tenures';

-- The fast way: from raw rows in one pass.  Its state is internal, for one
-- machine with parallel workers; distributed servers take the two steps.
CREATE FUNCTION cvm.fold_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_combine(internal, internal) IS 'Combine of the one-pass aggregates';
CREATE FUNCTION cvm.fold_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_fold_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_serialize(internal) IS 'Serialization of the one-pass aggregates';
CREATE FUNCTION cvm.fold_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_deserialize(bytea, internal) IS 'Deserialization of the one-pass aggregates';
CREATE FUNCTION cvm.fold_final(internal) RETURNS cvm.retention
	AS 'MODULE_PATHNAME', 'cvm_fold_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_final(internal) IS 'End of the one-pass retention_agg';

CREATE TYPE cvm.segment_retention AS (segment text, state cvm.retention);
COMMENT ON TYPE cvm.segment_retention IS 'A segment with the retention triangle of its customers';
CREATE FUNCTION cvm.fold_final_segments(internal) RETURNS cvm.segment_retention[]
	AS 'MODULE_PATHNAME', 'cvm_fold_final_segments'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_final_segments(internal) IS 'End of segment_retention_agg';

@for customer
bigint
text
uuid
@make
@for time | of
date              | day
timestamp         | local time
date, text        | day, zone (not needed)
timestamp, text   | local time, zone (not needed)
timestamptz, text | moment, zone
@make
@for more | words
                            |
, numeric                   | , value
, numeric, boolean, boolean | , value, may start a cohort, counts as a return
@make
CREATE FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text) IS 'Step of the one-pass retention_agg';
CREATE AGGREGATE cvm.retention_agg({customer}, {time}{more}, text) (
	SFUNC = cvm.fold_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.fold_final,
	COMBINEFUNC = cvm.fold_combine,
	SERIALFUNC = cvm.fold_serialize,
	DESERIALFUNC = cvm.fold_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.retention_agg({customer}, {time}{more}, text) IS
	'The retention triangle from raw rows in one pass: customer, {of}{words}, grain';

CREATE FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text, date, date, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.fold_add(internal, {customer}, {time}{more}, text, date, date, text) IS
	'Step of segment_retention_agg';
CREATE AGGREGATE cvm.segment_retention_agg({customer}, {time}{more}, text, date, date, text) (
	SFUNC = cvm.fold_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.fold_final_segments,
	COMBINEFUNC = cvm.fold_combine,
	SERIALFUNC = cvm.fold_serialize,
	DESERIALFUNC = cvm.fold_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.segment_retention_agg({customer}, {time}{more}, text, date, date, text) IS
	'A retention triangle for each segment from raw rows in one pass: customer, {of}{words}, segment, valid_from, '
	'valid_to, grain. A row is an event, or where its time is NULL a time in a segment; a customer counts in the '
	'segment of the day of the first start, of several the one that began last, and of those the first by name';
@end
@end
@end

CREATE FUNCTION cvm.as_of(cvm.retention, date) RETURNS cvm.retention
	AS 'MODULE_PATHNAME', 'cvm_retention_observe'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.as_of(cvm.retention, date) IS
	'Says until when was observed: the first day not observed';

CREATE FUNCTION cvm.as_of(cvm.retention) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_retention_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.as_of(cvm.retention) IS
	'The first day not observed; the day after the last one folded, unless said otherwise';

CREATE FUNCTION cvm.grid(cvm.retention, conf float8 DEFAULT 0.95,
	partial boolean DEFAULT false)
	RETURNS TABLE (cohort date, period_no integer, period_start date,
		cohort_customers bigint, eligible_customers bigint,
		retained_customers bigint, retained_or_later_customers bigint,
		returned_customers bigint, retention_rate float8,
		conf_low float8, conf_high float8, is_complete boolean,
		value numeric, value_rate float8, eligible_value numeric)
	AS 'MODULE_PATHNAME', 'cvm_grid'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 300;
COMMENT ON FUNCTION cvm.grid(cvm.retention, float8, boolean) IS
	'The cells of a triangle: retention_rate = retained_customers / eligible_customers with its Wilson interval, value_rate = value / eligible_value';

CREATE FUNCTION cvm.curve(cvm.retention, conf float8 DEFAULT 0.95)
	RETURNS TABLE (period_no integer, cohorts bigint,
		eligible_customers bigint, retained_customers bigint,
		retained_or_later_customers bigint, returned_customers bigint,
		retention_rate float8, conf_low float8, conf_high float8,
		is_complete boolean, value numeric, value_rate float8,
		eligible_value numeric)
	AS 'MODULE_PATHNAME', 'cvm_curve'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION cvm.curve(cvm.retention, float8) IS
	'All cohorts pooled: sum of retained over sum of eligible per period, never a mean of rates';

CREATE FUNCTION cvm.heatmap(cvm.retention) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'cvm_heatmap'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION cvm.heatmap(cvm.retention) IS
	'The triangle in per cent as lines of text, for people at a terminal; a dot is a period that is not over';

-- What a view reads: a state for each segment, and everybody's
CREATE FUNCTION cvm._states(folded cvm.segment_retention[], until date) RETURNS TABLE (segment text, state cvm.retention, as_of date)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH by_segment AS MATERIALIZED (
		SELECT b.segment, CASE WHEN _states.until IS NULL THEN b.state ELSE cvm.as_of(b.state, _states.until) END AS state
		FROM unnest(_states.folded) b
	)
	SELECT b.segment, b.state, cvm.as_of(b.state)
	FROM by_segment b
	UNION ALL
	SELECT '(all)', r.state, cvm.as_of(r.state)
	FROM (SELECT cvm.rollup(b.state) AS state FROM by_segment b) r;
END;
COMMENT ON FUNCTION cvm._states(cvm.segment_retention[], date) IS
	'The state of each segment and of all of them, observed until then if it is said, and until when each is.';

CREATE FUNCTION cvm._states(folded cvm.retention, until date) RETURNS TABLE (segment text, state cvm.retention, as_of date)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT '(all)', c.state, cvm.as_of(c.state)
	FROM (SELECT CASE WHEN _states.until IS NULL THEN _states.folded ELSE cvm.as_of(_states.folded, _states.until) END AS state) c;
END;
COMMENT ON FUNCTION cvm._states(cvm.retention, date) IS 'The same where there are no segments.';
