/*
 * price_change.c
 *		Changes of price from raw rows in one pass
 *		(core/segments/price_change.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/price_change.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/row_array.h"
#include "pg/segments/paid_spells.h"
#include "pg/state_type.h"

#define ASKED_LEAST 3 /* lapse_days, price_customers, price_months */
#define ASKED_MOST 4  /* and a day */

static PriceTerms
asked_read(ArrayType *asked)
{
	int count;
	const int32 *numbers =
		asked_numbers(asked, ASKED_LEAST, ASKED_MOST, &count);
	PriceTerms terms = {0};

	terms.gap = numbers[0];
	terms.least = numbers[1];
	terms.months = numbers[2];
	if (count == ASKED_MOST)
	{
		terms.is_named = true;
		terms.day = numbers[ASKED_LEAST];
	}
	return terms;
}

typedef struct LabelOrder
{
	const Label *labels;
	Oid collation;
} LabelOrder;

static int
compare_labels(const void *a, const void *b, void *arg)
{
	LabelOrder *order = arg;

	return label_collate(&order->collation, &order->labels[*(const int32 *) a],
						 &order->labels[*(const int32 *) b]);
}

/* The places of products in the order of their names, as SQL sorts them */
static const int32 *
products_order(const SegmentCustomers *names, Oid collation)
{
	LabelOrder order = {names->labels, collation};
	int32 *sorted = palloc(sizeof(int32) * (names->nproducts + 1));
	int32 *places = palloc(sizeof(int32) * (names->nproducts + 1));

	for (int i = 0; i < names->nproducts; i++)
		sorted[i] = i;
	qsort_arg(sorted, names->nproducts, sizeof(int32), compare_labels, &order);
	for (int i = 0; i < names->nproducts; i++)
		places[sorted[i]] = i;
	return places;
}

#define CELL_COLUMNS 15

/* Of whom a row is: the day, and what they hold and where */
static void
kind_put(const PriceChanges *changes, int32 day, int32 segment, int32 product,
		 int32 marks, Datum *values, bool *nulls)
{
	bool is_earlier = (marks & PRICE_EARLIER) != 0;

	values[0] = DateADTGetDatum(changes->days[day]);
	values[1] = Int32GetDatum(changes->months[day]);
	values[2] = label_datum(&changes->names.segments[segment]);
	values[3] = label_datum(&changes->names.labels[product]);
	nulls[7] = nulls[8] = is_earlier;
	values[7] = BoolGetDatum((marks & PRICE_TOUCHED) != 0);
	values[8] = BoolGetDatum((marks & PRICE_CONTROL) != 0);
	values[9] = BoolGetDatum((marks & PRICE_MAIN) != 0);
}

/*
 * The end of _price_change_agg: kinds of customers by window, and what those
 * touched paid, where the window is NULL.
 */
PG_FUNCTION_INFO_V1(cvm_price_change_final);
Datum
cvm_price_change_final(PG_FUNCTION_ARGS)
{
	SpellBufferState *state;
	PriceChanges changes;
	PriceTerms terms;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "_price_change_agg");
	state = (SpellBufferState *) PG_GETARG_POINTER(0);
	terms = asked_read(state->given);
	price_changes_open(&changes, CurrentMemoryContext, state->spell_buffer,
					   &terms);
	changes.order = products_order(&changes.names, label_collation(fcinfo));
	price_changes_follow(&changes);
	row_array_open(&array, fcinfo);
	for (uint32 i = 0; i < changes.cells.count; i++)
	{
		const PriceCell *cell = count_table_item(&changes.cells, i);
		Datum values[CELL_COLUMNS] = {0};
		bool nulls[CELL_COLUMNS] = {false};

		kind_put(&changes, cell->day, cell->segment, cell->product, cell->marks,
				 values, nulls);
		values[4] = Int32GetDatum(cell->band);
		values[5] = Int32GetDatum(cell->tenure);
		values[6] = Int32GetDatum(cell->window);
		values[10] = Int64GetDatum(cell->customers);
		values[11] = Int64GetDatum(cell->left);
		values[12] = Int64GetDatum(cell->given_up);
		nulls[13] = nulls[14] = true;
		row_array_put(&array, values, nulls);
	}
	for (uint32 i = 0; i < changes.touched.count; i++)
	{
		const PriceTouched *touched = count_table_item(&changes.touched, i);
		Datum values[CELL_COLUMNS] = {0};
		bool nulls[CELL_COLUMNS] = {false};

		kind_put(&changes, touched->day, touched->segment, touched->product,
				 touched->marks | PRICE_TOUCHED, values, nulls);
		nulls[4] = nulls[5] = nulls[6] = nulls[11] = nulls[12] = true;
		values[10] = Int64GetDatum(touched->customers);
		values[13] = decimal_make(touched->before, state->spell_buffer->scale);
		values[14] = decimal_make(touched->after, state->spell_buffer->scale);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
