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
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/row_array.h"
#include "pg/rows_out.h"
#include "pg/segments/paid_spells.h"
#include "pg/segments/worth.h"
#include "pg/state_type.h"

#define LOSS_COLUMNS 8

/* Days in a segment as a row */
static void
loss_values(const BaseLosses *losses, uint32 at, int scale, Datum *values)
{
	const BaseLoss *loss = count_table_item(&losses->losses, at);

	values[0] = label_datum(&losses->names.segments[loss->segment]);
	values[1] = Int32GetDatum(loss->age);
	values[2] = Int32GetDatum(loss->since);
	values[3] = Int32GetDatum(loss->until);
	values[4] = Int32GetDatum(loss->gone);
	values[5] = Int64GetDatum(loss->customers);
	values[6] = decimal_make(loss->mrr, scale);
	values[7] = square_sum_make(&loss->squares, 2 * scale);
}

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
		Datum values[LOSS_COLUMNS];
		bool nulls[LOSS_COLUMNS] = {false};

		loss_values(&losses, i, state->spell_buffer->scale, values);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}

/* _standing_losses(ticket, lapse_days): the same of what _worth_agg gathered */
PG_FUNCTION_INFO_V1(cvm_standing_losses);
Datum
cvm_standing_losses(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int32 gap = argument_lapse(fcinfo, 1);
	SpellBuffer *spell_buffer;
	BaseLosses losses;

	rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	spell_buffer = worth_spells(fcinfo);
	base_losses_find(&losses, CurrentMemoryContext, spell_buffer, gap);
	for (uint32 i = 0; i < losses.losses.count; i++)
	{
		Datum values[LOSS_COLUMNS];
		bool nulls[LOSS_COLUMNS] = {false};

		loss_values(&losses, i, spell_buffer->scale, values);
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}
