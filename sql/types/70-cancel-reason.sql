-- SPDX-License-Identifier: PostgreSQL
-- Why customers leave, from the reasons for which spells ended, in one pass.
CREATE TYPE cvm.cancel_cell AS (segment text, month date, reason text, reasons integer, requests bigint, customers bigint, pending bigint, churned bigint,
	price_moved bigint, cancelled_mrr numeric, churned_mrr numeric);
COMMENT ON TYPE cvm.cancel_cell IS
	'Requests of a month and a segment (NULL: all) that name a reason, and what came of them; or, where reasons is not NULL, those that name so many';
@use rows_final cancel_reason | cancel_cell
@use found_rows cancel_reason | _cancel_cells | cancel_cell | 10000

@with member_aggregate cancel_reason | text, text, date, date, numeric, text, date, date, integer
	'Why customers leave, by month and segment, from raw rows in one pass: customer, line, segment, first day, day after the last (NULL: goes on), price a '
	'month, why it ended, when that was asked for, as_of, and the days in which another price may be what one acts on. A row with a segment says that '
	'the customer was in it on these days; else it is a spell'
@end
