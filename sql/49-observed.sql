-- SPDX-License-Identifier: PostgreSQL
-- Until when was observed.
CREATE FUNCTION observed_add(bigint, date, date, date) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_observed_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION observed_add(bigint, date, date, date) IS 'Step of observed_until_agg';
CREATE FUNCTION observed_combine(bigint, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_observed_combine'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION observed_combine(bigint, bigint) IS 'Combine of observed_until_agg';
CREATE FUNCTION observed_final(bigint) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_observed_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION observed_final(bigint) IS 'End of observed_until_agg';
CREATE AGGREGATE observed_until_agg(date, date, date) (
	SFUNC = observed_add, STYPE = bigint,
	FINALFUNC = observed_final, COMBINEFUNC = observed_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE observed_until_agg(date, date, date) IS
	'The day after the last one on which a spell began or ended: first day, day after the last, today; days after today are plans and do not count, unless there are no others: then the day after the first';
