-- SPDX-License-Identifier: PostgreSQL
-- What became of each instalment, from raw rows in one pass: what decision says of the demo takes a tenth of the time that
-- windows and joins over spells take (bench/RESULTS.md).
CREATE TYPE cvm.decision_count AS (segment text, outcome text, number integer, instalments bigint, customers bigint, mrr numeric, next_mrr numeric);
COMMENT ON TYPE cvm.decision_count IS
	'Instalments of a number with an outcome in a segment (NULL: of everybody), their customers, and what is paid before and after';

@use rows_final decision | decision_count
@use found_rows decision | _decision_counts | decision_count | 1000

@with member_aggregate decision | text, text, date, date, numeric, boolean, boolean, integer, bigint, bigint, text, boolean, date, integer
	'What became of each instalment, by segment and number, from raw rows in one pass: customer, line, segment, first day, day after the last '
	'(NULL: goes on), price a month, whether it is paused, whether nobody wanted its end, a number of its terms, months and days of an '
	'instalment (NULL: one month), product, whether it was skipped, as_of, lapse_days. A row with a segment says that the customer was in it on '
	'these days; one that was skipped or not is a delivery on its first day, of a product (NULL: of all); else it is a spell'
@end
