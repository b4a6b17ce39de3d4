/*
 * reading_sink.c
 *		What is read of customers whom _customer_move_agg() gathered, on its way
 *		into rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/label.h"
#include "pg/rows_out.h"
#include "pg/segments/move_ticket.h"
#include "pg/segments/reading_sink.h"
#include "pg/types.h"

/* Begin to answer with rows; false: nothing was gathered. */
bool
sink_open(ReadingSink *sink, FunctionCallInfo fcinfo)
{
	sink->result = rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return false;
	sink->spell_buffer = move_ticket_read(PG_GETARG_DATUM(0))->spell_buffer;
	sink->row_context = AllocSetContextCreate(
		CurrentMemoryContext, "row of a reading", ALLOCSET_SMALL_SIZES);
	segment_customers_open(&sink->customers, CurrentMemoryContext,
						   sink->spell_buffer);
	return true;
}

void
sink_put(ReadingSink *sink, const Datum *values, const bool *nulls)
{
	rows_out_put(sink->result, values, nulls);
	MemoryContextReset(sink->row_context);
}

/* A name, or what stands for one that is not told */
Datum
told_datum(const Label *label, const char *none)
{
	if (label->data == NULL)
		return CStringGetTextDatum(none);
	return label_datum(label);
}

Datum
period_datum(const ReadingSink *sink, Period period, bool *null)
{
	return day_datum(period_start(sink->spell_buffer->terms.calendar, period),
					 null);
}
