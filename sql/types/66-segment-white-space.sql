-- SPDX-License-Identifier: PostgreSQL
-- Who has which product, by segment, from raw rows in one pass.
CREATE TYPE cvm.white_space_cell AS (segment text, product text, holders bigint, before bigint, buyers bigint);
COMMENT ON TYPE cvm.white_space_cell IS
	'Customers of a segment who have a product, or pay for whatever it is (NULL), on the last day, and so many days before, and who came to buy it since';
CREATE FUNCTION cvm.white_space_final(internal) RETURNS cvm.white_space_cell[]
	AS 'MODULE_PATHNAME', 'cvm_white_space_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.white_space_final(internal) IS 'End of _white_space_agg';
CREATE FUNCTION cvm._white_space_cells(cvm.white_space_cell[]) RETURNS SETOF cvm.white_space_cell
	AS 'array_unnest'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION cvm._white_space_cells(cvm.white_space_cell[]) IS 'What _white_space_agg found, as rows';
@use paid_aggregate white_space | Who has which product, by segment, | how many days before as_of is the other day
