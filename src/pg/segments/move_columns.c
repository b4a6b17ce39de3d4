/*
 * move_columns.c
 *		The columns of a move, each a function of ticket and move
 *		(customer_moves.c gives moves out).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "pg/customer_out.h"
#include "pg/row_key.h"
#include "pg/segments/move.h"

/* The bytes of a move, and how many follow it */
static inline const Move *
move_read(Datum datum, Size *more)
{
	struct varlena *bytes = (struct varlena *) DatumGetPointer(datum);

	if (unlikely(VARATT_IS_EXTERNAL(bytes) || VARATT_IS_COMPRESSED(bytes)))
		bytes = pg_detoast_datum_packed(bytes);
	if (unlikely(VARSIZE_ANY_EXHDR(bytes) < sizeof(Move)))
		move_refuse();
	*more = VARSIZE_ANY_EXHDR(bytes) - sizeof(Move);
	return (const Move *) VARDATA_ANY(bytes);
}

/* A number that is below so many */
static inline int32
move_number(int32 number, int32 count)
{
	if (unlikely(number < 0 || number >= count))
		move_refuse();
	return number;
}

static inline Datum
move_line_text(const MoveNames *names, const Move *row)
{
	Datum line = names->lines[move_number(row->line, MOVEMENT_LINES)];

	if (row->cause == CAUSE_PROMOTION_END)
		return names->promotion_end;
	if (unlikely(line == (Datum) 0))
		move_refuse();
	return line;
}

/* The customer as a key; a long name is in the move. */
static Key
move_key(const MoveNames *names, const Move *row, Size more)
{
	Key key = row->customer;
	KeyText name;

	if (names->customers.spell_buffer->kind != KEY_TEXT)
		return key;
	if (key_is_outside(&key))
	{
		key.outside.data = (const char *) row + sizeof(Move);
		if (key.outside.size != more)
			move_refuse();
	}
	else if (key.inside.size > KEY_INSIDE)
		move_refuse();
	name = key_text(&key);
	pg_verifymbstr(name.data, (int) name.size, false);
	return key;
}

/* _move_customer(ticket, move, a customer), which is for its type only */
PG_FUNCTION_INFO_V1(cvm_move_customer);
Datum
cvm_move_customer(PG_FUNCTION_ARGS)
{
	CustomerOut *out = fcinfo->flinfo->fn_extra;
	const MoveNames *names;
	KeyKind kind;
	Size more;
	const Move *row;
	Key key;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	names = move_names(move_ticket_read(PG_GETARG_DATUM(0)));
	row = move_read(PG_GETARG_DATUM(1), &more);
	kind = names->customers.spell_buffer->kind;
	if (unlikely(out == NULL || out->kind != kind))
	{
		out = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(CustomerOut));
		customer_out_open(out, kind, get_fn_expr_rettype(fcinfo->flinfo));
		fcinfo->flinfo->fn_extra = out;
	}
	key = move_key(names, row, more);
	return customer_datum(out, &key);
}

/* The other columns, each a function of ticket and move */
#define MOVE_COLUMN(column, ...)                                             \
	PG_FUNCTION_INFO_V1(cvm_move_##column);                                  \
	Datum cvm_move_##column(PG_FUNCTION_ARGS)                                \
	{                                                                        \
		MoveNames *names = move_names(move_ticket_read(PG_GETARG_DATUM(0))); \
		const SegmentCustomers *customers = &names->customers;               \
		Size more;                                                           \
		const Move *row = move_read(PG_GETARG_DATUM(1), &more);              \
                                                                             \
		(void) customers;                                                    \
		__VA_ARGS__                                                          \
	}

MOVE_COLUMN(row_key, {
	PeriodOut other;
	const PeriodOut *period = move_period(names, row->period, &other);
	text *line = DatumGetTextPP(move_line_text(names, row));
	Key key = move_key(names, row, more);
	char number[NUMBER_ROOM];
	KeyText name = customer_text(customers->spell_buffer->kind, &key, number);
	StringInfo text = &names->key;

	resetStringInfo(text);
	appendStringInfoString(text, period->text);
	appendStringInfoChar(text, '|');
	appendBinaryStringInfo(text, VARDATA_ANY(line),
						   (int) VARSIZE_ANY_EXHDR(line));
	appendStringInfoChar(text, '|');
	row_key_part(text, name.data, name.size);
	PG_RETURN_TEXT_P(row_key_text(text));
})

MOVE_COLUMN(segment, {
	int32 at = move_number(row->segment, customers->nsegments);

	PG_RETURN_DATUM(
		move_kept_text(names, &names->segments[at], &customers->segments[at]));
})

MOVE_COLUMN(month, {
	PeriodOut other;
	const PeriodOut *period = move_period(names, row->period, &other);

	if (period->start_is_null)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(period->start);
})

MOVE_COLUMN(month_label, {
	PeriodOut other;

	PG_RETURN_DATUM(move_period(names, row->period, &other)->label);
})

MOVE_COLUMN(is_complete, {
	PeriodOut other;

	PG_RETURN_BOOL(move_period(names, row->period, &other)->is_complete);
})

MOVE_COLUMN(line, { PG_RETURN_DATUM(move_line_text(names, row)); })

MOVE_COLUMN(customers, { PG_RETURN_INT64(row->customers); })

MOVE_COLUMN(cause, {
	PG_RETURN_DATUM(names->causes[move_number(row->cause, MOVEMENT_CAUSES)]);
})

MOVE_COLUMN(owner, {
	if (row->owner == -1)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(names->owners[move_number(row->owner, names->nowners)]);
})

MOVE_COLUMN(change, { PG_RETURN_DATUM(move_amount(names, row->change)); })

MOVE_COLUMN(before, { PG_RETURN_DATUM(move_amount(names, row->before)); })

MOVE_COLUMN(after, { PG_RETURN_DATUM(move_amount(names, row->after)); })

/* A product, of those in the order of their names */
static Datum
product_datum(MoveNames *names, int32 number)
{
	int32 at = move_number(number, names->customers.nproducts);

	return move_kept_text(names, &names->products[at],
						  &names->customers.labels[at]);
}

MOVE_COLUMN(product, {
	if (row->product == -1)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(product_datum(names, row->product));
})

MOVE_COLUMN(from_product, {
	if (row->from_product == -1)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(product_datum(names, row->from_product));
})

MOVE_COLUMN(reason, {
	int32 at;

	if (row->line != LINE_CHURN && row->line != LINE_CONTRACTION)
		PG_RETURN_NULL();
	if (row->reason == -1)
		PG_RETURN_DATUM(names->unknown);
	at = move_number(row->reason, customers->spell_buffer->names.count);
	PG_RETURN_DATUM(move_kept_text(names, &names->reasons[at],
								   &customers->parts[at].reason));
})

MOVE_COLUMN(channel, {
	int32 at;

	if (row->channel == -1)
		PG_RETURN_DATUM(names->unknown);
	at = move_number(row->channel, customers->spell_buffer->names.count);
	PG_RETURN_DATUM(move_kept_text(names, &names->channels[at],
								   &customers->parts[at].channel));
})
