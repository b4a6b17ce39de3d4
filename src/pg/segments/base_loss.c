/*
 * base_loss.c
 *		Times of paying from raw rows in one pass (core/segments/base_loss.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "core/segments/base_loss.h"
#include "pg/numeric.h"
#include "pg/row_array.h"
#include "pg/segments/paid_spells.h"
#include "pg/state_type.h"

#define LOSS_COLUMNS 8

/* The end of _base_loss_agg: days in segments by months. */
PG_FUNCTION_INFO_V1(cvm_base_loss_final);
Datum
cvm_base_loss_final(PG_FUNCTION_ARGS)
{
	SpellBufferState *state;
	BaseLosses losses;
	RowArray array;
	int count;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "_base_loss_agg");
	state = (SpellBufferState *) PG_GETARG_POINTER(0);
	base_losses_find(&losses, CurrentMemoryContext, state->spell_buffer,
					 asked_numbers(state->given, 1, 1, &count)[0]);
	row_array_open(&array, fcinfo);
	for (uint32 i = 0; i < losses.losses.count; i++)
	{
		const BaseLoss *loss = count_table_item(&losses.losses, i);
		const Label *segment = &losses.names.segments[loss->segment];
		Datum values[LOSS_COLUMNS];
		bool nulls[LOSS_COLUMNS] = {false};

		values[0] = PointerGetDatum(
			cstring_to_text_with_len(segment->data, (int) segment->size));
		values[1] = Int32GetDatum(loss->age);
		values[2] = Int32GetDatum(loss->since);
		values[3] = Int32GetDatum(loss->until);
		values[4] = Int32GetDatum(loss->gone);
		values[5] = Int64GetDatum(loss->customers);
		values[6] = decimal_make(loss->mrr, state->spell_buffer->scale);
		values[7] =
			square_sum_make(&loss->squares, 2 * state->spell_buffer->scale);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
