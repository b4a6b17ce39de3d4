-- SPDX-License-Identifier: PostgreSQL
-- What is known of drivers of value, from raw rows in one pass: what value_driver says of a million customers takes a tenth of the
-- time that sorts, windows and joins over their answers take (bench/RESULTS.md).
CREATE TYPE cvm.driver_sum AS (source text, name text, topic text, segment text, month date, what text, month_before date, overall text, number integer,
	customers bigint, importances bigint, n numeric, y numeric, yy numeric, yn numeric, ny numeric, nn numeric, amount numeric);
COMMENT ON TYPE cvm.driver_sum IS
	'Sums over customers of a segment (NULL: who moved, or all) in a month, of what a source says of a topic: "own" is what they answered or did, "pair" '
	'that beside month_before, "overall" beside what they say of all (y their own, n of all), "below" those below the floor of the number, with what '
	'they pay, "side" those seen before (0) or after (1) the month';

CREATE FUNCTION cvm._late_reply(minutes float8, paused float8, agreed float8, is_answered boolean) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_late_reply'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm._late_reply(float8, float8, float8, boolean) IS
	'Whether a reply took, or who still waits has waited, longer than agreed (1 or 0), less what was paused of it; NULL where that is not known';

@use rows_final driver_sums | driver_sum
@use found_rows driver_sums | _driver_sums | driver_sum | 5000

@with member_aggregate driver_sums | date, timestamptz, text, text, text, text, float8, float8, numeric, text, date, \
	date, text[], date[], integer, date, boolean
	'What is known of drivers of value, from raw rows in one pass: customer, day, moment of an answer (NULL: something was done), instrument or metric, '
	'driver (NULL: "(none)"), kind (instrument and kind in any case of letters), theme, score or whether it was so (not 0), importance, what a spell '
	'brings a month, segment, valid_from, valid_to, floors (metric, sign and number of each), months around which customers are counted, months before each '
	'with which it is compared, as_of (NULL: all days), whether importance of answers is asked. A row with a segment says that the customer was in it on '
	'these days, one with what it brings that it is a spell of these days; of what was done driver may be a second metric, and importance whether that was so; of answers of a customer in a month '
	'the last one counts'
@end
