/*
 * customers_came.c
 *		Who came, and what products brought of them, counted, as rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "core/segments/customer_readings.h"
#include "core/util/count_table.h"
#include "core/util/square_sum.h"
#include "pg/numeric.h"
#include "pg/segments/reading_sink.h"

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

/* And what a product brought of them */
typedef struct BroughtSum
{
	int32_t channel;
	int32_t offer;
	Period period;
	int32_t product; /* of customers->labels */
	/* the key ends here */
	int64_t scale; /* decimals of months */
	Wide months;
	SquareSum revenue; /* prices times months */
} BroughtSum;

/* Days as months of 30.4375 days, with as many decimals as numeric gives them */
typedef struct Months
{
	Wide mantissa; /* 0: not yet computed */
	int scale;
} Months;

typedef struct CameCounting
{
	Dictionary names;
	CountTable came;
	CountTable brought;
	MemoryContext context; /* of one quotient */
	Datum month_days;
	int32_t room;
	Months *months; /* by days */
} CameCounting;

static int32_t
came_name(CameCounting *counting, const Label *label, const char *none)
{
	Label name = *label;

	if (name.data == NULL)
		name = (Label){none, (uint32_t) strlen(none)};
	return dictionary_intern(&counting->names, &name);
}

static Months *
months_of(CameCounting *counting, int32_t days)
{
	Months *months;

	if (days >= counting->room)
	{
		int32_t room = counting->room;

		counting->room = Max(days + 1, 2 * room);
		counting->months =
			room == 0
				? palloc(counting->room * sizeof(Months))
				: repalloc(counting->months, counting->room * sizeof(Months));
		memset(&counting->months[room], 0,
			   (counting->room - room) * sizeof(Months));
	}
	months = &counting->months[days];
	if (months->mantissa == 0)
	{
		MemoryContext old = MemoryContextSwitchTo(counting->context);
		Datum quotient = DirectFunctionCall2(
			numeric_div, DirectFunctionCall1(int4_numeric, Int32GetDatum(days)),
			counting->month_days);

		months->mantissa = decimal_read(quotient, &months->scale);
		MemoryContextSwitchTo(old);
		MemoryContextReset(counting->context);
	}
	return months;
}

/* Lines that are paid for: so much a month is so much for every 30.4375 days. */
static void
came_bring(CameCounting *counting, const Won *won, const Earned *earned)
{
	const Months *months = months_of(counting, earned->days);
	BroughtSum key;
	BroughtSum *sum;
	Wide mantissa;

	memset(&key, 0, sizeof(key));
	key.channel = came_name(counting, &won->channel, "(unknown)");
	key.offer = came_name(counting, &won->offer, "(none)");
	key.period = won->period;
	key.product = earned->product;
	sum = count_table_reach(&counting->brought, &key);
	if (sum->scale < months->scale)
	{
		money_rescale_at(&sum->months, (int) sum->scale, months->scale);
		square_sum_enlarge(&sum->revenue, months->scale - (int) sum->scale);
		sum->scale = months->scale;
	}
	mantissa = money_rescale(months->mantissa, months->scale, (int) sum->scale);
	sum->months = money_add(sum->months, mantissa);
	square_sum_product(&sum->revenue, earned->price, mantissa);
}

static void
came_take(void *arg, const Won *won, const Earned *earned)
{
	CameCounting *counting = arg;
	CameCount key;
	CameCount *count;

	if (earned != NULL)
	{
		came_bring(counting, won, earned);
		return;
	}
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

#define CAME_COLUMNS 15

/* A row, of whom: the channel, the offer and the month */
static void
came_begin(const ReadingSink *sink, const CameCounting *counting,
		   int32_t channel, int32_t offer, Period period, Datum *values,
		   bool *nulls)
{
	memset(nulls, true, CAME_COLUMNS * sizeof(bool));
	values[0] = told_datum(&counting->names.labels[channel], "");
	values[1] = told_datum(&counting->names.labels[offer], "");
	nulls[0] = nulls[1] = false;
	values[2] = period_datum(sink, period, &nulls[2]);
}

/* _customers_came(ticket): who came, and what products brought of them */
PG_FUNCTION_INFO_V1(cvm_customers_came);
Datum
cvm_customers_came(PG_FUNCTION_ARGS)
{
	ReadingSink sink;
	CameCounting counting;
	SegmentReader reader;
	Datum values[CAME_COLUMNS];
	bool nulls[CAME_COLUMNS];
	MemoryContext old;
	int scale;

	if (!sink_open(&sink, fcinfo))
		return (Datum) 0;
	scale = sink.spell_buffer->scale;
	memset(&counting, 0, sizeof(counting));
	dictionary_open(&counting.names, NULL);
	count_table_open(&counting.came, NULL, offsetof(CameCount, customers),
					 sizeof(CameCount));
	count_table_open(&counting.brought, NULL, offsetof(BroughtSum, scale),
					 sizeof(BroughtSum));
	counting.context = sink.row_context;
	counting.month_days =
		DirectFunctionCall3(numeric_in, CStringGetDatum("30.4375"),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	reader = customers_won_open(&sink.customers, true, came_take, &counting);
	segment_customers_each(&sink.customers, &reader, 1);
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
	for (uint32 i = 0; i < counting.brought.count; i++)
	{
		const BroughtSum *sum = count_table_item(&counting.brought, i);

		old = MemoryContextSwitchTo(sink.row_context);
		came_begin(&sink, &counting, sum->channel, sum->offer, sum->period,
				   values, nulls);
		memset(&nulls[12], false, 3 * sizeof(bool));
		values[12] = told_datum(&sink.customers.labels[sum->product], "");
		values[13] = decimal_make(sum->months, (int) sum->scale);
		values[14] = square_sum_make(&sum->revenue, scale + (int) sum->scale);
		MemoryContextSwitchTo(old);
		sink_put(&sink, values, nulls);
	}
	return (Datum) 0;
}
