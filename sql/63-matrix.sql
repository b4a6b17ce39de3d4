-- SPDX-License-Identifier: PostgreSQL
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

-- The fast way: from raw spells in one pass.
CREATE FUNCTION cannibalization_matrix_final(internal) RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_matrix_ledger_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_final(internal) IS 'End of the one-pass cannibalization_matrix_agg';

DO $block$
DECLARE
	customer text;
	form record;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		FOR form IN
			SELECT *
			FROM (VALUES
				('', 'with look_back 30, look_ahead 60 and gap 0'),
				(', integer, integer, integer', 'look_back, look_ahead, gap'))
				AS f (types, words)
		LOOP
			EXECUTE format($$
				CREATE FUNCTION cvm.cannibalization_matrix_add(internal, %1$s, text, date, date, numeric, date%2$s)
					RETURNS internal
					AS 'MODULE_PATHNAME', 'cvm_matrix_ledger_add'
					LANGUAGE C IMMUTABLE PARALLEL SAFE;
				COMMENT ON FUNCTION cvm.cannibalization_matrix_add(internal, %1$s, text, date, date, numeric, date%2$s) IS
					'Step of the one-pass cannibalization_matrix_agg';
				CREATE AGGREGATE cvm.cannibalization_matrix_agg(%1$s, text, date, date, numeric, date%2$s) (
					SFUNC = cvm.cannibalization_matrix_add, STYPE = internal, SSPACE = 65536,
					FINALFUNC = cvm.cannibalization_matrix_final,
					COMBINEFUNC = cvm.question_combine,
					SERIALFUNC = cvm.question_serialize,
					DESERIALFUNC = cvm.question_deserialize, PARALLEL = SAFE
				);
				COMMENT ON AGGREGATE cvm.cannibalization_matrix_agg(%1$s, text, date, date, numeric, date%2$s) IS
					'From raw spells in one pass, in any order: customer, product, first day, day after the last (NULL: goes on), price a month, as_of (the first day not observed), %3$s'$$,
				customer, form.types, form.words);
		END LOOP;
	END LOOP;
END
$block$;
