-- SPDX-License-Identifier: PostgreSQL
-- Changes of price from raw rows in one pass: what price_change says of the demo takes
-- 3 of 5 times less so than by windows and joins over spells (bench/RESULTS.md).
CREATE TYPE cvm.price_cell AS (changed_on date, observed_months integer, segment text, product text, price_band integer, tenure integer, window_no integer,
	is_touched boolean, is_control boolean, is_main boolean, customers bigint, left_customers bigint, given_up_lines bigint, mrr_before numeric,
	mrr_after numeric);
COMMENT ON TYPE cvm.price_cell IS
	'Customers of a kind around a change of price, and how many of them left in a window of 30 days; window_no is NULL: those touched, and what they paid';
@use rows_final price_change | price_cell
@use found_rows price_change | _price_cells | price_cell | 5000
@use paid_aggregate price_change | Whom changes of price touched, and who left of them and of others, \
	| lapse_days, price_customers and price_months, and a day since 2000-01-01 if it alone is looked at
