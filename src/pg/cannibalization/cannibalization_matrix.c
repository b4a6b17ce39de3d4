/*
 * cannibalization_matrix.c
 *		Type cannibalization_matrix: who lives off whom
 *		(core/cannibalization/cannibalization_matrix.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/cannibalization/cannibalization_spells.h"
#include "pg/arguments.h"
#include "pg/cannibalization/parameters.h"
#include "pg/cannibalization/product_roles.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/subscriptions/holdings.h"

/* Names from outside must be text of this database. */
static CannibalizationMatrix *
decode_verified(const void *data, size_t size)
{
	CannibalizationMatrix *matrix =
		cannibalization_matrix_decode(NULL, data, size);

	labels_verify(matrix->products.strings.labels,
				  matrix->products.strings.count);
	return matrix;
}

extern const ExpandedType cannibalization_matrix_state;

STATE_TYPE_VERIFIED(cannibalization_matrix, decode_verified)

/* cannibalization_matrix_agg(holdings, as_of
 *							  [, look_back, look_ahead, gap]) */
PG_FUNCTION_INFO_V1(cvm_cannibalization_matrix_add);
Datum
cvm_cannibalization_matrix_add(PG_FUNCTION_ARGS)
{
	Datum result;
	CannibalizationMatrix *matrix;
	Day as_of = argument_day(fcinfo, 2, "as_of");
	Window window = argument_window(fcinfo, 3);
	int32_t gap = argument_gap(fcinfo, 5);

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "cannibalization_matrix_agg");
	matrix = expanded_step(&cannibalization_matrix_state, fcinfo,
						   "cannibalization_matrix_agg", &result);
	cannibalization_matrix_adopt(matrix, as_of, gap, window);
	cannibalization_matrix_add(matrix, holdings_read(PG_GETARG_DATUM(1)));
	PG_RETURN_DATUM(result);
}

/* Read the parameters: as_of [, look_back, look_ahead, gap]. */
static Day
matrix_take(FunctionCallInfo fcinfo, const Dictionary *names, void *state)
{
	CannibalizationMatrix *matrix = state;
	Day as_of = argument_day(fcinfo, 0, "as_of");
	int32_t gap = argument_gap(fcinfo, 3);

	gap_check(gap);
	cannibalization_matrix_adopt(matrix, as_of, gap,
								 argument_window(fcinfo, 1));
	return as_of;
}

static void *
matrix_blank(void)
{
	return cannibalization_matrix_new(CurrentMemoryContext);
}

static const ParameterReading matrix_reading = {"cannibalization_matrix_agg", 6,
												matrix_blank, matrix_take};

/* cannibalization_matrix_agg(customer, product, started_on, ended_on, mrr,
 *							  as_of [, look_back, look_ahead, gap]) */
PG_FUNCTION_INFO_V1(cvm_matrix_spell_buffer_add);
Datum
cvm_matrix_spell_buffer_add(PG_FUNCTION_ARGS)
{
	return parameters_add(&matrix_reading, fcinfo);
}

/* The end of it: every customer into a matrix. */
PG_FUNCTION_INFO_V1(cvm_matrix_spell_buffer_final);
Datum
cvm_matrix_spell_buffer_final(PG_FUNCTION_ARGS)
{
	CannibalizationMatrix *matrix = matrix_blank();
	SpellBuffer *spell_buffer =
		parameters_final(&matrix_reading, fcinfo, matrix);

	if (spell_buffer == NULL)
		PG_RETURN_NULL();
	matrix_spells_finish(spell_buffer, matrix);
	return expanded_flat(&cannibalization_matrix_state, matrix);
}

#define CELL_COLUMNS 13

/* Put a row of counts out; donor NULL: the total of a product. */
static void
put_cell(ReturnSetInfo *result, const CannibalizationMatrix *matrix,
		 const MatrixRow *row, const Label *focal, const Label *donor,
		 const DonorLoss *loss)
{
	Datum values[CELL_COLUMNS];
	bool nulls[CELL_COLUMNS] = {false};
	int64 entries = matrix_row_entries(row);
	int64 matured = entries - row->kinds[ENTRY_PENDING];

	values[0] = PointerGetDatum(
		cstring_to_text_with_len(focal->data, (int) focal->size));
	values[1] = donor == NULL ? CStringGetTextDatum("(all)")
							  : PointerGetDatum(cstring_to_text_with_len(
									donor->data, (int) donor->size));
	values[2] = Int64GetDatum(entries);
	values[3] = Int64GetDatum(matured);
	for (int kind = ENTRY_NEW; kind <= ENTRY_PARTIAL; kind++)
		values[4 + kind] = Int64GetDatum(row->kinds[kind]);
	values[9] = Int64GetDatum(loss->entries);
	values[10] = decimal_make(row->focal, matrix->scale);
	values[11] = decimal_make(loss->lost, matrix->scale);
	values[12] = Float8GetDatum(
		row->focal > 0 ? (double) loss->lost / (double) row->focal : 0);
	nulls[12] = row->focal == 0;
	rows_out_put(result, values, nulls);
}

/* cannibalization_cells(cannibalization_matrix) */
PG_FUNCTION_INFO_V1(cvm_cannibalization_cells);
Datum
cvm_cannibalization_cells(PG_FUNCTION_ARGS)
{
	const CannibalizationMatrix *matrix =
		expanded_read(&cannibalization_matrix_state, PG_GETARG_DATUM(0));
	const SortedDictionary *products = &matrix->products;
	ReturnSetInfo *result;

	result = rows_out_begin(fcinfo);
	for (int i = 0; i < products->strings.count; i++)
	{
		int32_t focal = products->sorted[i];
		const MatrixRow *row = &matrix->rows[focal];
		DonorLoss total = {row->kinds[ENTRY_SWITCH] + row->kinds[ENTRY_PARTIAL],
						   row->lost};

		if (matrix_row_entries(row) == 0)
			continue;
		put_cell(result, matrix, row, &products->strings.labels[focal], NULL,
				 &total);
		for (int j = 0; j < products->strings.count; j++)
		{
			int32_t donor = products->sorted[j];

			if (donor < row->ndonors && row->donors[donor].entries > 0)
				put_cell(result, matrix, row, &products->strings.labels[focal],
						 &products->strings.labels[donor], &row->donors[donor]);
		}
	}
	return (Datum) 0;
}
