/*
 * customer_readings.c
 *		What else is read of the customers whom _customer_move_agg() gathered,
 *		as rows (core/segments/customer_readings.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "core/segments/customer_readings.h"
#include "pg/customer_out.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/segments/move_ticket.h"
#include "pg/state_type.h"
#include "pg/types.h"

typedef struct RowSink
{
	ReturnSetInfo *result;
	SpellBuffer *spell_buffer;
	SegmentCustomers customers;
	MemoryContext row_context;
	CustomerOut out;
} RowSink;

/* Begin to answer with rows; false: nothing was gathered. */
static bool
sink_open(RowSink *sink, FunctionCallInfo fcinfo)
{
	rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return false;
	sink->result = (ReturnSetInfo *) fcinfo->resultinfo;
	sink->spell_buffer = ticket_read(PG_GETARG_DATUM(0))->spell_buffer;
	sink->row_context = AllocSetContextCreate(
		CurrentMemoryContext, "row of a reading", ALLOCSET_SMALL_SIZES);
	segment_customers_open(&sink->customers, CurrentMemoryContext,
						   sink->spell_buffer);
	return true;
}

static void
sink_put(RowSink *sink, const Datum *values, const bool *nulls)
{
	tuplestore_putvalues(sink->result->setResult, sink->result->setDesc,
						 (Datum *) values, (bool *) nulls);
	MemoryContextReset(sink->row_context);
}

static Datum
label_datum(const Label *label, const char *none)
{
	if (label->data == NULL)
		return CStringGetTextDatum(none);
	return PointerGetDatum(
		cstring_to_text_with_len(label->data, (int) label->size));
}

static Datum
period_datum(const RowSink *sink, Period period, bool *null)
{
	return day_datum(period_start(sink->spell_buffer->terms.calendar, period),
					 null);
}

#define WON_COLUMNS 12

/* Who came */
static void
won_take(void *arg, const Won *won, const Earned *earned)
{
	RowSink *sink = arg;
	MemoryContext old = MemoryContextSwitchTo(sink->row_context);
	int scale = sink->spell_buffer->scale;
	Datum values[WON_COLUMNS];
	bool nulls[WON_COLUMNS] = {false};

	(void) earned;
	values[0] = customer_datum(&sink->out, &won->key);
	values[1] = period_datum(sink, won->period, &nulls[1]);
	values[2] = BoolGetDatum(won->is_recycled);
	values[3] = decimal_make(won->after, scale);
	for (int i = 0; i < WON_LOOKS; i++)
	{
		nulls[4 + i] = won->stays[i] < 0;
		values[4 + i] = Int32GetDatum(won->stays[i]);
	}
	values[8] = decimal_make(won->now, scale);
	nulls[9] = won->next == SPELL_OPEN;
	values[9] = DateADTGetDatum(won->next);
	values[10] = label_datum(&won->channel, "(unknown)");
	values[11] = label_datum(&won->offer, "(none)");
	MemoryContextSwitchTo(old);
	sink_put(sink, values, nulls);
}

/* What they earned */
static void
earned_take(void *arg, const Won *won, const Earned *earned)
{
	RowSink *sink = arg;
	MemoryContext old = MemoryContextSwitchTo(sink->row_context);
	Datum values[6];
	bool nulls[6] = {false};

	values[0] = label_datum(&won->channel, "(unknown)");
	values[1] = label_datum(&won->offer, "(none)");
	values[2] = period_datum(sink, won->period, &nulls[2]);
	values[3] = label_datum(&sink->customers.labels[earned->product], "");
	values[4] = decimal_make(earned->price, sink->spell_buffer->scale);
	values[5] = Int32GetDatum(earned->days);
	MemoryContextSwitchTo(old);
	sink_put(sink, values, nulls);
}

/* _customers_won(ticket, a customer): who came; and _customers_earned(ticket) */
PG_FUNCTION_INFO_V1(cvm_customers_won);
Datum
cvm_customers_won(PG_FUNCTION_ARGS)
{
	RowSink sink;
	SegmentReader reader;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	customer_out_open(&sink.out, sink.spell_buffer->kind,
					  TupleDescAttr(sink.result->setDesc, 0)->atttypid);
	reader = customers_won_open(&sink.customers, false, won_take, &sink);
	segment_customers_each(&sink.customers, &reader, 1);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(cvm_customers_earned);
Datum
cvm_customers_earned(PG_FUNCTION_ARGS)
{
	RowSink sink;
	SegmentReader reader;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	reader = customers_won_open(&sink.customers, true, earned_take, &sink);
	segment_customers_each(&sink.customers, &reader, 1);
	return (Datum) 0;
}

/* _product_moves(ticket): what customers gave up for what */
PG_FUNCTION_INFO_V1(cvm_product_moves);
Datum
cvm_product_moves(PG_FUNCTION_ARGS)
{
	static const Label nothing = {NULL, 0};
	RowSink sink;
	SegmentReader reader;
	ProductMoves moves;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	reader = product_moves_open(&sink.customers, &moves);
	segment_customers_each(&sink.customers, &reader, 1);
	for (uint32 i = 0; i < moves.count; i++)
	{
		const ProductMove *move = &moves.moves[i];
		MemoryContext old = MemoryContextSwitchTo(sink.row_context);
		Datum values[8];
		bool nulls[8] = {false};

		values[0] = period_datum(&sink, move->period, &nulls[0]);
		values[1] = label_datum(
			move->from < 0 ? &nothing : &sink.customers.labels[move->from],
			"(in)");
		values[2] = label_datum(
			move->to < 0 ? &nothing : &sink.customers.labels[move->to],
			"(out)");
		values[3] = Int64GetDatum(move->customers);
		values[4] = decimal_make(move->from_mrr, sink.spell_buffer->scale);
		values[5] = decimal_make(move->to_mrr, sink.spell_buffer->scale);
		values[6] = Int64GetDatum(move->entering);
		values[7] = Int64GetDatum(move->leaving);
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
	return (Datum) 0;
}

static void
migration_put(void *arg, const ProductMove *move)
{
	RowSink *sink = arg;
	MemoryContext old = MemoryContextSwitchTo(sink->row_context);
	Datum values[4];
	bool nulls[4] = {false};

	values[0] = label_datum(&sink->customers.labels[move->from], "");
	values[1] = label_datum(&sink->customers.labels[move->to], "");
	values[2] = decimal_make(move->from_mrr, sink->spell_buffer->scale);
	values[3] = decimal_make(move->to_mrr, sink->spell_buffer->scale);
	MemoryContextSwitchTo(old);
	sink_put(sink, values, nulls);
}

/* _product_migrations(ticket): who gave up a product for another one */
PG_FUNCTION_INFO_V1(cvm_product_migrations);
Datum
cvm_product_migrations(PG_FUNCTION_ARGS)
{
	RowSink sink;
	SegmentReader reader;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	reader = product_migrations_open(&sink.customers, migration_put, &sink);
	segment_customers_each(&sink.customers, &reader, 1);
	return (Datum) 0;
}

/* _segment_losses(ticket, gap): how long customers pay and why they leave */
PG_FUNCTION_INFO_V1(cvm_segment_losses);
Datum
cvm_segment_losses(PG_FUNCTION_ARGS)
{
	RowSink sink;
	SegmentReader reader;
	Survival **losses;
	Survival *all = NULL;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	losses = palloc0((sink.customers.nsegments + 1) * sizeof(Survival *));
	reader = segment_losses_open(&sink.customers, PG_GETARG_INT32(1), losses);
	segment_customers_each(&sink.customers, &reader, 1);
	for (int i = 0; i <= sink.customers.nsegments; i++)
	{
		MemoryContext old;
		Datum values[2];
		bool nulls[2] = {false, false};
		ByteWriter writer;

		if (i == sink.customers.nsegments)
			losses[i] = all;
		else if (losses[i] != NULL)
		{
			if (all == NULL)
				all = survival_new(NULL);
			survival_merge(all, losses[i]);
		}
		if (losses[i] == NULL)
			continue;
		old = MemoryContextSwitchTo(sink.row_context);
		state_open(&writer);
		survival_encode(losses[i], &writer);
		values[0] = i == sink.customers.nsegments
						? CStringGetTextDatum("(all)")
						: label_datum(&sink.customers.segments[i], "");
		values[1] = state_close(&writer);
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
	return (Datum) 0;
}
