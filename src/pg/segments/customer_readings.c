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

#include "core/segments/customer_readings.h"
#include "pg/numeric.h"
#include "pg/segments/reading_sink.h"
#include "pg/types.h"

#define WON_COLUMNS 12

/* Who came */
static void
won_take(void *arg, const Won *won, const Earned *earned)
{
	ReadingSink *sink = arg;
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
	values[10] = told_datum(&won->channel, "(unknown)");
	values[11] = told_datum(&won->offer, "(none)");
	MemoryContextSwitchTo(old);
	sink_put(sink, values, nulls);
}

/* _customers_won(ticket, a customer): who came */
PG_FUNCTION_INFO_V1(cvm_customers_won);
Datum
cvm_customers_won(PG_FUNCTION_ARGS)
{
	ReadingSink sink;
	SegmentReader reader;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	customer_out_open(&sink.out, sink.spell_buffer->kind,
					  TupleDescAttr(sink.result->setDesc, 0)->atttypid);
	reader = customers_won_open(&sink.customers, false, won_take, &sink);
	segment_customers_each(&sink.customers, &reader, 1);
	return (Datum) 0;
}

/* _product_moves(ticket): what customers gave up for what */
PG_FUNCTION_INFO_V1(cvm_product_moves);
Datum
cvm_product_moves(PG_FUNCTION_ARGS)
{
	static const Label nothing = {NULL, 0};
	ReadingSink sink;
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
		values[1] = told_datum(
			move->from < 0 ? &nothing : &sink.customers.labels[move->from],
			"(in)");
		values[2] = told_datum(
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
	ReadingSink *sink = arg;
	MemoryContext old = MemoryContextSwitchTo(sink->row_context);
	Datum values[4];
	bool nulls[4] = {false};

	values[0] = told_datum(&sink->customers.labels[move->from], "");
	values[1] = told_datum(&sink->customers.labels[move->to], "");
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
	ReadingSink sink;
	SegmentReader reader;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	reader = product_migrations_open(&sink.customers, migration_put, &sink);
	segment_customers_each(&sink.customers, &reader, 1);
	return (Datum) 0;
}

/* _product_pairs(ticket): who pays for a product, and for another one too */
PG_FUNCTION_INFO_V1(cvm_product_pairs);
Datum
cvm_product_pairs(PG_FUNCTION_ARGS)
{
	ReadingSink sink;
	SegmentReader reader;
	CountTable pairs;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	reader = product_pairs_open(&sink.customers, &pairs);
	segment_customers_each(&sink.customers, &reader, 1);
	for (uint32 i = 0; i < pairs.count; i++)
	{
		const ProductPair *pair = count_table_item(&pairs, i);
		MemoryContext old = MemoryContextSwitchTo(sink.row_context);
		Datum values[5] = {0};
		bool nulls[5] = {false};

		nulls[0] = pair->product < 0;
		if (!nulls[0])
			values[0] = told_datum(&sink.customers.labels[pair->product], "");
		nulls[1] = pair->other < 0;
		if (!nulls[1])
			values[1] = told_datum(&sink.customers.labels[pair->other], "");
		values[2] = Int64GetDatum(pair->customers);
		values[3] = decimal_make(pair->mrr, sink.spell_buffer->scale);
		values[4] = day_datum(pair->since, &nulls[4]);
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
	return (Datum) 0;
}

/* _segment_losses(ticket, gap): how long customers pay and why they leave */
PG_FUNCTION_INFO_V1(cvm_segment_losses);
Datum
cvm_segment_losses(PG_FUNCTION_ARGS)
{
	ReadingSink sink;
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
		values[0] = i == sink.customers.nsegments
						? CStringGetTextDatum("(all)")
						: told_datum(&sink.customers.segments[i], "");
		values[1] = expanded_flat(&survival_state, losses[i]);
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
	return (Datum) 0;
}
