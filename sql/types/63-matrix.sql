-- SPDX-License-Identifier: PostgreSQL
-- Type cannibalization_matrix: who lives off whom, for every product at once.
@use state_type cannibalization_matrix | state | Who lives off whom: entries into every product, with what they lost divided among all others

CREATE FUNCTION cvm.cannibalization_matrix_rollup(cvm.cannibalization_matrix, cvm.cannibalization_matrix)
	RETURNS cvm.cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_matrix_rollup(cvm.cannibalization_matrix, cvm.cannibalization_matrix) IS
	'Step of rollup';
@use state_merge cannibalization_matrix | cannibalization_matrix_rollup

CREATE FUNCTION cvm.cannibalization_matrix_add(cvm.cannibalization_matrix, cvm.holdings, date)
	RETURNS cvm.cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_matrix_add(cvm.cannibalization_matrix, cvm.holdings, date) IS
	'Step of cannibalization_matrix_agg';
CREATE AGGREGATE cvm.cannibalization_matrix_agg(cvm.holdings, date) (
	SFUNC = cvm.cannibalization_matrix_add, STYPE = cvm.cannibalization_matrix,
	COMBINEFUNC = cvm.cannibalization_matrix_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.cannibalization_matrix_agg(cvm.holdings, date) IS
	'Adds customers up: holdings, as_of (the first day not observed), with look_back 30, look_ahead 60 and gap 0';

CREATE FUNCTION cvm.cannibalization_matrix_add(cvm.cannibalization_matrix, cvm.holdings, date,
	integer, integer, integer)
	RETURNS cvm.cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_matrix_add(cvm.cannibalization_matrix, cvm.holdings, date, integer, integer,
	integer) IS
	'Step of cannibalization_matrix_agg';
CREATE AGGREGATE cvm.cannibalization_matrix_agg(cvm.holdings, date, integer, integer, integer) (
	SFUNC = cvm.cannibalization_matrix_add, STYPE = cvm.cannibalization_matrix,
	COMBINEFUNC = cvm.cannibalization_matrix_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.cannibalization_matrix_agg(cvm.holdings, date, integer, integer, integer) IS
	'Adds customers up: holdings, as_of (the first day not observed), look_back, look_ahead, gap';

CREATE FUNCTION cvm.cannibalization_cells(cvm.cannibalization_matrix)
	RETURNS TABLE (focal text, donor text, entries bigint, matured_entries bigint,
		new_entries bigint, winback_entries bigint, add_entries bigint,
		switch_entries bigint, partial_entries bigint, losing_entries bigint,
		focal_mrr numeric, lost_mrr numeric, value_rate double precision)
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_cells'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION cvm.cannibalization_cells(cvm.cannibalization_matrix) IS
	'A row for every product and each that lost to it, and "(all)" for their sum: the lost money of an entry is '
	'divided in proportion to what each donor dropped. Counts of entries are those of the focal product; '
	'losing_entries of a donor are those in which it dropped';

-- The fast way: from raw spells in one pass.
CREATE FUNCTION cvm.cannibalization_matrix_final(internal) RETURNS cvm.cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_matrix_spell_buffer_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_matrix_final(internal) IS 'End of the one-pass cannibalization_matrix_agg';

@for customer
bigint
text
uuid
@make
@for types | words
                            | with look_back 30, look_ahead 60 and gap 0
, integer, integer, integer | look_back, look_ahead, gap
@make
CREATE FUNCTION cvm.cannibalization_matrix_add(internal, {customer}, text, date, date, numeric, date{types})
	RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_matrix_spell_buffer_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_matrix_add(internal, {customer}, text, date, date, numeric, date{types}) IS
	'Step of the one-pass cannibalization_matrix_agg';
CREATE AGGREGATE cvm.cannibalization_matrix_agg({customer}, text, date, date, numeric, date{types}) (
	SFUNC = cvm.cannibalization_matrix_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.cannibalization_matrix_final,
	COMBINEFUNC = cvm.parameters_combine,
	SERIALFUNC = cvm.parameters_serialize,
	DESERIALFUNC = cvm.parameters_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.cannibalization_matrix_agg({customer}, text, date, date, numeric, date{types}) IS
	'From raw spells in one pass, in any order: customer, product, first day, day after the last (NULL: goes on), '
	'price a month, as_of (the first day not observed), {words}';
@end
@end
