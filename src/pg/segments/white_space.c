/*
 * white_space.c
 *		Who has which product, by segment, from raw rows in one pass
 *		(core/segments/white_space.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "core/segments/white_space.h"
#include "pg/label.h"
#include "pg/row_array.h"
#include "pg/segments/paid_spells.h"
#include "pg/state_type.h"

#define CELL_COLUMNS 5

/* The end of _white_space_agg: a row for each segment and product. */
PG_FUNCTION_INFO_V1(cvm_white_space_final);
Datum
cvm_white_space_final(PG_FUNCTION_ARGS)
{
	SpellBufferState *state;
	WhiteSpace white_space;
	RowArray array;
	int count;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "_white_space_agg");
	state = (SpellBufferState *) PG_GETARG_POINTER(0);
	white_space_find(&white_space, CurrentMemoryContext, state->spell_buffer,
					 asked_numbers(state->given, 1, 1, &count)[0]);
	row_array_open(&array, fcinfo);
	for (uint32 i = 0; i < white_space.cells.count; i++)
	{
		const WhiteSpaceCell *cell = count_table_item(&white_space.cells, i);
		Datum values[CELL_COLUMNS] = {0};
		bool nulls[CELL_COLUMNS] = {false};

		values[0] = label_datum(&white_space.names.segments[cell->segment]);
		nulls[1] = cell->product == ANY_PRODUCT;
		if (!nulls[1])
			values[1] = label_datum(&white_space.names.labels[cell->product]);
		values[2] = Int64GetDatum(cell->holders);
		values[3] = Int64GetDatum(cell->before_holders);
		values[4] = Int64GetDatum(cell->buyers);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
