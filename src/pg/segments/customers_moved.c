/*
 * customers_moved.c
 *		The customers behind a line of the waterfall in one period, as rows
 *		(core/segments/customers_moved.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/customers_moved.h"
#include "pg/customer_out.h"
#include "pg/rows_out.h"
#include "pg/segments/move.h"

typedef struct MovedSink
{
	ReturnSetInfo *result;
	MoveNames *names;
	MemoryContext row;
} MovedSink;

static void
label_append(StringInfo text, const Label *label)
{
	appendBinaryStringInfo(text, label->data, (int) label->size);
}

static int
compare_lines(const void *a, const void *b)
{
	const CustomerMovement *const *row_a = a;
	const CustomerMovement *const *row_b = b;

	return strcmp(movement_line_name((*row_a)->line),
				  movement_line_name((*row_b)->line));
}

/* What happened to the customer, in words */
static void
detail_write(StringInfo text, const CustomerMoved *moved, const Label *products)
{
	const CustomerMovement *rows[MOVEMENT_LINES];

	for (int i = 0; i < moved->nrows; i++)
		rows[i] = &moved->rows[i];
	qsort(rows, moved->nrows, sizeof(rows[0]), compare_lines);
	for (int i = 0; i < moved->nrows; i++)
	{
		const CustomerMovement *row = rows[i];

		if (i > 0)
			appendStringInfoString(text, ", ");
		appendStringInfo(text, "%s (%s", movement_line_name(row->line),
						 movement_cause_name(row->cause));
		if (row->product >= 0)
		{
			appendStringInfoString(text, ": ");
			if (row->from_product >= 0)
			{
				label_append(text, &products[row->from_product]);
				appendStringInfoString(text, " to ");
			}
			label_append(text, &products[row->product]);
		}
		appendStringInfoChar(text, ')');
	}
	if (moved->nrows == 0)
		appendStringInfoString(text, "unchanged");
	for (int i = 0; i < moved->nreasons; i++)
	{
		appendStringInfoString(text, i == 0 ? "; said " : ", ");
		label_append(text, &moved->reasons[i]);
	}
}

/* A CustomerMovedEmit */
static void
moved_take(void *arg, const CustomerMoved *moved)
{
	MovedSink *sink = arg;
	MemoryContext old = MemoryContextSwitchTo(sink->row);
	const SegmentCustomers *customers = &sink->names->customers;
	char number[NUMBER_ROOM];
	KeyText name =
		customer_text(customers->spell_buffer->kind, &moved->key, number);
	StringInfoData detail;
	Datum values[4];
	bool nulls[4] = {false};

	initStringInfo(&detail);
	detail_write(&detail, moved, customers->labels);
	values[0] =
		PointerGetDatum(cstring_to_text_with_len(name.data, (int) name.size));
	values[1] = move_amount(sink->names, moved->before);
	values[2] = move_amount(sink->names, moved->after);
	values[3] =
		PointerGetDatum(cstring_to_text_with_len(detail.data, detail.len));
	rows_out_put(sink->result, values, nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(sink->row);
}

/* The line that has this name; false: none */
static bool
line_find(const char *name, MovedAsk *ask)
{
	ask->is_promotion_end =
		strcmp(name, movement_cause_name(CAUSE_PROMOTION_END)) == 0;
	if (ask->is_promotion_end)
	{
		ask->line = LINE_EXPANSION;
		return true;
	}
	for (int line = 0; line < MOVEMENT_LINES; line++)
	{
		const char *known = movement_line_name((MovementLine) line);

		if (known != NULL && strcmp(name, known) == 0)
		{
			ask->line = (MovementLine) line;
			return true;
		}
	}
	return false;
}

/* _customers_moved(ticket, month, segment, line, of_money) */
PG_FUNCTION_INFO_V1(cvm_customers_moved);
Datum
cvm_customers_moved(PG_FUNCTION_ARGS)
{
	MovedSink sink;
	SegmentCustomers customers;
	SegmentReader reader;
	MovedAsk ask;
	text *segment;
	Label name;

	sink.result = rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		PG_ARGISNULL(3) || PG_ARGISNULL(4))
		return (Datum) 0;
	sink.names = move_names(move_ticket_read(PG_GETARG_DATUM(0)));
	sink.row = AllocSetContextCreate(CurrentMemoryContext, "customer who moved",
									 ALLOCSET_SMALL_SIZES);
	customers = sink.names->customers;
	ask.since = checked_day(PG_GETARG_DATEADT(1));
	ask.segment = EVERYBODY;
	ask.of_money = PG_GETARG_BOOL(4);
	segment = PG_GETARG_TEXT_PP(2);
	name = (Label){VARDATA_ANY(segment), VARSIZE_ANY_EXHDR(segment)};
	if (label_compare(&name, &(Label){"(all)", 5}) != 0)
	{
		ask.segment = move_segment_number(&customers, &name);
		if (ask.segment < 0)
			return (Datum) 0;
	}
	if (!line_find(text_to_cstring(PG_GETARG_TEXT_PP(3)), &ask))
		return (Datum) 0;
	reader = customers_moved_open(&customers, &ask, moved_take, &sink);
	segment_customers_each(&customers, &reader, 1);
	return (Datum) 0;
}
