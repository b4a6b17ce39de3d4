-- Type cannibalization_matrix: who lives off whom, for every product at once.
CALL create_state_type('cannibalization_matrix',
	'Who lives off whom: entries into every product, with what they lost divided among all others');

CREATE FUNCTION cannibalization_matrix_rollup(cannibalization_matrix, cannibalization_matrix)
	RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_rollup(cannibalization_matrix, cannibalization_matrix) IS 'Step of rollup';
CALL create_state_merge('cannibalization_matrix', 'cannibalization_matrix_rollup');

CREATE FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date)
	RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date) IS
	'Step of cannibalization_matrix_agg';
CREATE AGGREGATE cannibalization_matrix_agg(holdings, date) (
	SFUNC = cannibalization_matrix_add, STYPE = cannibalization_matrix,
	COMBINEFUNC = cannibalization_matrix_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cannibalization_matrix_agg(holdings, date) IS
	'Adds customers up: holdings, as_of (the first day not observed), with look_back 30, look_ahead 60 and gap 0';

CREATE FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date,
	integer, integer, integer)
	RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date, integer, integer, integer) IS
	'Step of cannibalization_matrix_agg';
CREATE AGGREGATE cannibalization_matrix_agg(holdings, date, integer, integer, integer) (
	SFUNC = cannibalization_matrix_add, STYPE = cannibalization_matrix,
	COMBINEFUNC = cannibalization_matrix_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cannibalization_matrix_agg(holdings, date, integer, integer, integer) IS
	'Adds customers up: holdings, as_of (the first day not observed), look_back, look_ahead, gap';

CREATE FUNCTION cannibalization_cells(cannibalization_matrix)
	RETURNS TABLE (focal text, donor text, entries bigint, matured_entries bigint,
		new_entries bigint, winback_entries bigint, add_entries bigint,
		switch_entries bigint, partial_entries bigint, losing_entries bigint,
		focal_mrr numeric, lost_mrr numeric, value_rate double precision)
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_cells'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION cannibalization_cells(cannibalization_matrix) IS
	'A row for every product and each that lost to it, and "(all)" for their sum: the lost money of an entry is divided in proportion to what each donor dropped. Counts of entries are those of the focal product; losing_entries of a donor are those in which it dropped';
