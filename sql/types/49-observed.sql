-- SPDX-License-Identifier: PostgreSQL
-- Until when was observed.
CREATE FUNCTION cvm.observed_add(bigint, date, date, date) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_observed_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.observed_add(bigint, date, date, date) IS 'Step of observed_until_agg';
CREATE FUNCTION cvm.observed_combine(bigint, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_observed_combine'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.observed_combine(bigint, bigint) IS 'Combine of observed_until_agg';
CREATE FUNCTION cvm.observed_final(bigint) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_observed_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.observed_final(bigint) IS 'End of observed_until_agg';
CREATE AGGREGATE cvm.observed_until_agg(date, date, date) (
	SFUNC = cvm.observed_add, STYPE = bigint,
	FINALFUNC = cvm.observed_final, COMBINEFUNC = cvm.observed_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.observed_until_agg(date, date, date) IS
	'The day after the last one on which a spell began or ended: first day, day after the last, today; days after '
	'today are plans and do not count; NULL where there are no others';
