-- SPDX-License-Identifier: PostgreSQL
-- Times of paying from raw rows in one pass.
CREATE TYPE cvm.base_loss AS (segment text, age integer, since integer, until integer, gone integer, customers bigint, mrr numeric, squares numeric);
COMMENT ON TYPE cvm.base_loss IS
	'Customers by months before as_of: since they came, were in a segment, were no longer in it, and left (-1: not yet), and what they pay, and its squares';
@use rows_final base_loss | base_loss
@use found_rows base_loss | _base_losses | base_loss | 5000
@use paid_aggregate base_loss | Who is there and leaves, by months and segment, | lapse_days alone
