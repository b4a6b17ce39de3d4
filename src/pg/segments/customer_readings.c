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
#include "core/util/count_table.h"
#include "pg/customer_out.h"
#include "pg/label.h"
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
	sink->spell_buffer = move_ticket_read(PG_GETARG_DATUM(0))->spell_buffer;
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

/* A name, or what stands for one that is not told */
static Datum
told_datum(const Label *label, const char *none)
{
	if (label->data == NULL)
		return CStringGetTextDatum(none);
	return label_datum(label);
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

/* Who came in a month through a channel and an offer */
typedef struct CameCount
{
	int32_t channel; /* of names */
	int32_t offer;
	Period period;
	int32_t unused;
	/* the key ends here */
	int64_t customers;
	int64_t recycled;
	int64_t current; /* pay now */
	int64_t stay[WON_LOOKS];
	bool is_seen[WON_LOOKS];
	Wide after;
	Wide now;
} CameCount;

/* And their lines that are alike */
typedef struct EarnedCount
{
	int32_t channel;
	int32_t offer;
	Period period;
	int32_t product; /* of customers->labels */
	int32_t days;
	int32_t unused[3];
	Wide price;
	/* the key ends here */
	int64_t lines;
	int64_t unused_too;
} EarnedCount;

typedef struct CameCounting
{
	Dictionary names;
	CountTable came;
	CountTable earned;
} CameCounting;

static int32_t
came_name(CameCounting *counting, const Label *label, const char *none)
{
	Label name = *label;

	if (name.data == NULL)
		name = (Label){none, (uint32_t) strlen(none)};
	return dictionary_intern(&counting->names, &name);
}

static void
came_take(void *arg, const Won *won, const Earned *earned)
{
	CameCounting *counting = arg;
	CameCount key;
	CameCount *count;

	(void) earned;
	memset(&key, 0, sizeof(key));
	key.channel = came_name(counting, &won->channel, "(unknown)");
	key.offer = came_name(counting, &won->offer, "(none)");
	key.period = won->period;
	count = count_table_reach(&counting->came, &key);
	count->customers++;
	count->recycled += won->is_recycled;
	count->current += won->now > 0;
	count->after = money_add(count->after, won->after);
	count->now = money_add(count->now, won->now);
	for (int i = 0; i < WON_LOOKS; i++)
	{
		count->is_seen[i] |= won->stays[i] >= 0;
		count->stay[i] += won->stays[i] > 0;
	}
}

static void
came_earned(void *arg, const Won *won, const Earned *earned)
{
	CameCounting *counting = arg;
	EarnedCount key;

	memset(&key, 0, sizeof(key));
	key.channel = came_name(counting, &won->channel, "(unknown)");
	key.offer = came_name(counting, &won->offer, "(none)");
	key.period = won->period;
	key.product = earned->product;
	key.days = earned->days;
	key.price = earned->price;
	((EarnedCount *) count_table_reach(&counting->earned, &key))->lines++;
}

#define CAME_COLUMNS 16

/* A row, of whom: the channel, the offer and the month */
static void
came_begin(const RowSink *sink, const CameCounting *counting, int32_t channel,
		   int32_t offer, Period period, Datum *values, bool *nulls)
{
	memset(nulls, true, CAME_COLUMNS * sizeof(bool));
	values[0] = told_datum(&counting->names.labels[channel], "");
	values[1] = told_datum(&counting->names.labels[offer], "");
	nulls[0] = nulls[1] = false;
	values[2] = period_datum(sink, period, &nulls[2]);
}

/* _customers_came(ticket): who came, and lines of theirs that are alike */
PG_FUNCTION_INFO_V1(cvm_customers_came);
Datum
cvm_customers_came(PG_FUNCTION_ARGS)
{
	RowSink sink;
	CameCounting counting;
	SegmentReader readers[2];
	Datum values[CAME_COLUMNS];
	bool nulls[CAME_COLUMNS];
	MemoryContext old;
	int scale;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	scale = sink.spell_buffer->scale;
	dictionary_open(&counting.names, NULL);
	count_table_open(&counting.came, NULL, offsetof(CameCount, customers),
					 sizeof(CameCount));
	count_table_open(&counting.earned, NULL, offsetof(EarnedCount, lines),
					 sizeof(EarnedCount));
	readers[0] =
		customers_won_open(&sink.customers, false, came_take, &counting);
	readers[1] =
		customers_won_open(&sink.customers, true, came_earned, &counting);
	segment_customers_each(&sink.customers, readers, 2);
	for (uint32 i = 0; i < counting.came.count; i++)
	{
		const CameCount *count = count_table_item(&counting.came, i);

		old = MemoryContextSwitchTo(sink.row_context);
		came_begin(&sink, &counting, count->channel, count->offer,
				   count->period, values, nulls);
		memset(&nulls[3], false, 5 * sizeof(bool));
		values[3] = Int64GetDatum(count->customers);
		values[4] = Int64GetDatum(count->recycled);
		values[5] = decimal_make(count->after, scale);
		values[6] = decimal_make(count->now, scale);
		values[7] = Int64GetDatum(count->current);
		for (int j = 0; j < WON_LOOKS; j++)
		{
			nulls[8 + j] = !count->is_seen[j];
			values[8 + j] = Int64GetDatum(count->stay[j]);
		}
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
	for (uint32 i = 0; i < counting.earned.count; i++)
	{
		const EarnedCount *count = count_table_item(&counting.earned, i);

		old = MemoryContextSwitchTo(sink.row_context);
		came_begin(&sink, &counting, count->channel, count->offer,
				   count->period, values, nulls);
		memset(&nulls[12], false, 4 * sizeof(bool));
		values[12] = told_datum(&sink.customers.labels[count->product], "");
		values[13] = decimal_make(count->price, scale);
		values[14] = Int32GetDatum(count->days);
		values[15] = Int64GetDatum(count->lines);
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
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
	RowSink *sink = arg;
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
						: told_datum(&sink.customers.segments[i], "");
		values[1] = state_close(&writer);
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
	return (Datum) 0;
}
