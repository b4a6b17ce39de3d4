-- SPDX-License-Identifier: PostgreSQL
-- Times of paying from raw rows in one pass.
CREATE TYPE cvm.base_loss AS (segment text, age integer, since integer, until integer, gone integer, customers bigint, mrr numeric, squares numeric);
COMMENT ON TYPE cvm.base_loss IS
	'Customers by months before as_of: since they came, were in a segment, were no longer in it, and left (-1: not yet), and what they pay, and its squares';
CREATE FUNCTION cvm.base_loss_final(internal) RETURNS cvm.base_loss[]
	AS 'MODULE_PATHNAME', 'cvm_base_loss_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.base_loss_final(internal) IS 'End of _base_loss_agg';
-- unnest() of a column would be ten rows to the planner
CREATE FUNCTION cvm._base_losses(cvm.base_loss[]) RETURNS SETOF cvm.base_loss
	AS 'array_unnest'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 5000;
COMMENT ON FUNCTION cvm._base_losses(cvm.base_loss[]) IS 'What _base_loss_agg found, as rows';
@use paid_aggregate base_loss | Who is there and leaves, by months and segment, | lapse_days alone
