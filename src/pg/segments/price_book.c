/*
 * price_book.c
 *		What customers pay for a product on the last day, and since when, from
 *		raw rows in one pass (core/segments/price_book.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/price_book.h"
#include "pg/arguments.h"
#include "pg/contacts/member_state.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/state_type.h"

enum
{
	ARG_PRODUCT = ARG_CUSTOMER + 1,
	ARG_SEGMENT, /* from and to, which are those of a spell too */
	ARG_FIRST,
	ARG_LAST,
	ARG_MRR,
	ARG_AS_OF
};

/* A row: a spell; or, where segment is not NULL, a membership. */
static inline void
price_book_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	DateADT first;
	DateADT last = BOOK_OPEN;
	BookLine *line;
	Label product;
	Wide mrr = 0;
	int scale = 0;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_PRODUCT) ||
		PG_ARGISNULL(ARG_FIRST))
		return;
	first = PG_GETARG_DATEADT(ARG_FIRST);
	if (!PG_ARGISNULL(ARG_LAST))
		last = PG_GETARG_DATEADT(ARG_LAST);
	if (first >= state->members->parameters[MEMBER_AS_OF] || last <= first)
		return;
	if (!PG_ARGISNULL(ARG_MRR))
		mrr = decimal_read(PG_GETARG_DATUM(ARG_MRR), &scale);
	product = argument_label(fcinfo, ARG_PRODUCT);
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	line->member = (MemberLine){
		.name = dictionary_intern(&state->members->names, &product),
		.day = first,
		.to = last};
	line->mrr = mrr;
	line->scale = scale;
	line->unused = 0;
}

MEMBER_STEPS(price_book,
			 member_state_until(fcinfo, kind, sizeof(BookLine), ARG_AS_OF));

static Datum
name_datum(const MemberLines *members, int32 name)
{
	return label_datum(&members->names.labels[name]);
}

#define BOOK_COLUMNS 6

/* The end: lines of a product and segment at a price */
PG_FUNCTION_INFO_V1(cvm_price_book_final);
Datum
cvm_price_book_final(PG_FUNCTION_ARGS)
{
	MemberLines *members;
	PriceBook book;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_end(fcinfo, &array);
	price_book_count(&book, members, members->parameters[MEMBER_AS_OF]);
	for (uint32 i = 0; i < book.counts.count; i++)
	{
		const BookCount *count = count_table_item(&book.counts, i);
		Datum values[BOOK_COLUMNS];
		bool nulls[BOOK_COLUMNS] = {false};

		values[0] = name_datum(members, count->product);
		values[1] = name_datum(members, count->segment);
		values[2] = decimal_make(count->mrr, book.scale);
		values[3] = BoolGetDatum(count->age == BOOK_FRONT);
		values[4] = BoolGetDatum(count->age == BOOK_BACK);
		values[5] = Int64GetDatum(count->lines);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
