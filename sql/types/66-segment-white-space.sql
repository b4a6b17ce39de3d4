-- SPDX-License-Identifier: PostgreSQL
-- Who has which product, by segment, from raw rows in one pass.
CREATE TYPE cvm.white_space_cell AS (segment text, product text, holders bigint, before bigint, buyers bigint);
COMMENT ON TYPE cvm.white_space_cell IS
	'Customers of a segment who have a product, or pay for whatever it is (NULL), on the last day, and so many days before, and who came to buy it since';
@use rows_final white_space | white_space_cell
@use found_rows white_space | _white_space_cells | white_space_cell | 100
@use paid_aggregate white_space | Who has which product, by segment, | how many days before as_of is the other day
