-- SPDX-License-Identifier: PostgreSQL
-- Which instalment of a subscription a day is in.
CREATE FUNCTION cvm._instalments(start date, day date, months bigint, days bigint) RETURNS int
	AS 'MODULE_PATHNAME', 'cvm_instalments'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._instalments(date, date, bigint, bigint) IS
	'How many instalments have begun by the end of a day, beside the first, which began at start; -1 before start. '
	'An instalment lasts so many days, or so many months where days are 0.';

CREATE FUNCTION cvm._months_since(day date, as_of date) RETURNS int
	AS 'MODULE_PATHNAME', 'cvm_months_since'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._months_since(date, date) IS
	'Whole months from a day until another one: one is over on the day of the same number, of 31 January on 31 March.';
