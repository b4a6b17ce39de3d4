/*
 * channel_sales.c
 *		What was sold in a week, at which price in which channel, from raw rows
 *		in one pass (core/segments/channel_sales.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/channel_sales.h"
#include "pg/arguments.h"
#include "pg/contacts/member_state.h"
#include "pg/numeric.h"
#include "pg/parted_names.h"
#include "pg/state_type.h"

enum
{
	ARG_PRODUCT = ARG_CUSTOMER + 1,
	ARG_FIRST,
	ARG_LAST,
	ARG_MRR,
	ARG_IS_FREE,
	ARG_COMMITTED,
	ARG_CHANNEL,
	ARG_TOLD_CURRENCY,
	ARG_CURRENCY,
	ARG_AS_OF
};

/* A row: (customer, product, first day, day after the last, price, …) */
static inline void
channel_sale_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	DateADT first;
	DateADT last = SALE_OPEN;
	NameBuffer name;
	SaleLine *line;
	Wide mrr = 0;
	int scale = 0;

	if (PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_PRODUCT) ||
		PG_ARGISNULL(ARG_FIRST))
		return;
	first = PG_GETARG_DATEADT(ARG_FIRST);
	if (!PG_ARGISNULL(ARG_LAST))
		last = Min(PG_GETARG_DATEADT(ARG_LAST), SALE_OPEN - 1);
	if (DATE_NOT_FINITE(first) ||
		first >= state->members->parameters[MEMBER_AS_OF] || last <= first)
		return;
	if (!PG_ARGISNULL(ARG_MRR))
		mrr = decimal_read(PG_GETARG_DATUM(ARG_MRR), &scale);
	parted_name_begin(&name);
	for (int part = 0; part < SALE_NAMES; part++)
	{
		static const int arguments[] = {ARG_PRODUCT, ARG_CHANNEL,
										ARG_TOLD_CURRENCY, ARG_CURRENCY};

		parted_name_put(fcinfo, &name, arguments[part]);
	}
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	line->member = (MemberLine){
		.flags = (PG_ARGISNULL(ARG_MRR) ? 0 : SALE_PRICED) |
				 (row_flag(fcinfo, ARG_IS_FREE) ? SALE_FREE : 0),
		.name = dictionary_intern(&state->members->names, &name.label),
		.day = first,
		.to = last};
	line->mrr = mrr;
	line->committed = PG_ARGISNULL(ARG_COMMITTED)
						  ? SALE_UNCOMMITTED
						  : PG_GETARG_INT32(ARG_COMMITTED);
	line->scale = scale;
}

MEMBER_STEPS(channel_sale,
			 member_state_until(fcinfo, kind, sizeof(SaleLine), ARG_AS_OF));

#define SALE_COLUMNS 9

/* The end: sales that are alike, and where the week is NULL who bought. */
PG_FUNCTION_INFO_V1(cvm_channel_sale_final);
Datum
cvm_channel_sale_final(PG_FUNCTION_ARGS)
{
	Oid collation = label_collation(fcinfo);
	MemberLines *members;
	ChannelSales sales;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_end(fcinfo, &array);
	channel_sales_count(&sales, members, label_collate, &collation);
	for (int i = 0; i < 2; i++)
	{
		const CountTable *table = i == 0 ? &sales.sales : &sales.buyers;

		for (uint32 j = 0; j < table->count; j++)
		{
			const SaleCount *count = count_table_item(table, j);
			Datum values[SALE_COLUMNS] = {0};
			bool nulls[SALE_COLUMNS] = {false};

			values[0] = parted_name_datum(&sales.parts, SALE_PRODUCT,
										  count->product, &nulls[0]);
			values[1] = parted_name_datum(&sales.parts, SALE_CURRENCY,
										  count->currency, &nulls[1]);
			values[2] = DateADTGetDatum(count->month);
			nulls[3] = nulls[4] = nulls[5] = nulls[6] = nulls[7] = i == 1;
			nulls[8] = i == 0;
			if (i == 0)
			{
				values[3] = DateADTGetDatum(count->week);
				values[4] = Int32GetDatum(count->term);
				values[5] = parted_name_datum(&sales.parts, SALE_CHANNEL,
											  count->channel, &nulls[5]);
				values[6] = decimal_make(count->price, sales.scale);
				values[7] = Int64GetDatum(count->sales);
			}
			else
				values[8] = Int64GetDatum(count->sales);
			row_array_put(&array, values, nulls);
		}
	}
	return row_array_close(&array, fcinfo);
}
