/*
 * customer_moves.c
 *		What moved of each customer, row by row, from what _customer_move_agg()
 *		gathered (core/segments/segment_moves.h).
 *
 * A row has a dozen names and amounts, and there are more rows than spells.  So
 * _customer_moves() gives out each as one value, a move, in which names are
 * numbers, and functions of ticket and move read what is asked for: a column
 * that nobody reads costs nothing.  Rows are made some hundred customers at a
 * time and are kept nowhere, but where spells are in files, which are read once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "catalog/pg_type.h"
#include "core/segments/segment_moves.h"
#include "pg/customer_out.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/row_key.h"
#include "pg/rows_out.h"
#include "pg/segments/move_ticket.h"
#include "pg/types.h"

/*
 * A move as bytes, which lie anywhere; the name of a customer follows, if it is
 * longer than a key
 */
typedef struct __attribute__((packed)) Move
{
	Key customer;
	Wide change;
	Wide before;
	Wide after;
	int32 customers;
	Period period;
	int32 segment;
	int32 product; /* this and what follows: a number, or -1 */
	int32 from_product;
	int32 channel;
	int32 reason;
	int32 owner; /* of MoveNames */
	uint8 line;
	uint8 cause;
} Move;

#define AMOUNTS 1024
#define PERIODS 64

/* An amount as a numeric: those that come first are kept, as most come again */
typedef struct Amount
{
	Wide mantissa;
	Datum datum; /* 0: none yet */
} Amount;

/* A period as it is shown */
typedef struct PeriodOut
{
	bool is_known;
	Period period;
	Datum start;
	bool start_is_null;
	bool is_complete;
	Datum label;
	char text[32];
} PeriodOut;

/* What the moves of a state are called, made when it is first asked for */
typedef struct MoveNames
{
	MemoryContext context; /* that of the state */
	SegmentCustomers customers;
	Datum lines[MOVEMENT_LINES];
	Datum causes[MOVEMENT_CAUSES];
	Datum promotion_end;
	Datum unknown;
	Datum *segments; /* by number, or 0 */
	Datum *products;
	Datum *channels; /* by number of the name */
	Datum *reasons;
	Datum *owners; /* in the order in which they were given */
	int nowners;
	Amount amounts[AMOUNTS];
	PeriodOut periods[PERIODS];
} MoveNames;

static MoveNames *
move_names_make(SpellBufferState *state)
{
	MemoryContext context = GetMemoryChunkContext(state);
	MemoryContext old = MemoryContextSwitchTo(context);
	MoveNames *names = palloc0(sizeof(MoveNames));
	size_t count = (size_t) state->spell_buffer->names.count + 1;

	names->context = context;
	segment_customers_open(&names->customers, context, state->spell_buffer);
	for (int i = 0; i < MOVEMENT_LINES; i++)
		if (movement_line_name(i) != NULL)
			names->lines[i] = CStringGetTextDatum(movement_line_name(i));
	for (int i = 0; i < MOVEMENT_CAUSES; i++)
		names->causes[i] = CStringGetTextDatum(movement_cause_name(i));
	names->promotion_end = CStringGetTextDatum("promotion_end");
	names->unknown = CStringGetTextDatum("(unknown)");
	names->segments = palloc0((count + 1) * sizeof(Datum));
	names->products = palloc0(count * sizeof(Datum));
	names->channels = palloc0(count * sizeof(Datum));
	names->reasons = palloc0(count * sizeof(Datum));
	state->answers = names;
	MemoryContextSwitchTo(old);
	return names;
}

static inline MoveNames *
move_names(SpellBufferState *state)
{
	return likely(state->answers != NULL) ? state->answers
										  : move_names_make(state);
}

/* A text that is kept */
static Datum
kept_text(MoveNames *names, Datum *kept, const Label *label)
{
	if (unlikely(*kept == (Datum) 0))
	{
		MemoryContext old = MemoryContextSwitchTo(names->context);

		*kept = label_datum(label);
		MemoryContextSwitchTo(old);
	}
	return *kept;
}

static pg_noinline void
move_refuse(void)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("no move of this state"),
					errhint("Give what _customer_moves() gave out.")));
}

/* What a period is called; in memory of now, but for what is kept. */
static void
period_fill(PeriodOut *out, const SpellTerms *terms, Period period)
{
	int64 start = period_start(terms->calendar, period);
	int year;
	int month;
	int day;

	if (start < DAY_FIRST || start > DAY_LAST)
		move_refuse();
	out->start = day_datum(start, &out->start_is_null);
	out->is_complete =
		period_start(terms->calendar, period + 1) <= terms->as_of;
	j2date((int) start + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	/* as to_char() has it */
	snprintf(out->text, sizeof(out->text), "%04d-%02d",
			 year > 0 ? year : 1 - year, month);
	out->label = CStringGetTextDatum(out->text);
	out->period = period;
	out->is_known = true;
}

/* Most come again; one that is kept stays, as rows may still show it. */
static const PeriodOut *
period_look(MoveNames *names, Period period, PeriodOut *other)
{
	const SpellTerms *terms = &names->customers.spell_buffer->terms;
	PeriodOut *kept = &names->periods[(uint32) period % PERIODS];
	MemoryContext old;

	if (likely(kept->is_known && kept->period == period))
		return kept;
	if (kept->is_known)
	{
		period_fill(other, terms, period);
		return other;
	}
	old = MemoryContextSwitchTo(names->context);
	period_fill(kept, terms, period);
	MemoryContextSwitchTo(old);
	return kept;
}

/* Who answers for a segment in a period, by both */
typedef struct OwnerTable
{
	int32 *owners; /* numbers of MoveNames + 1; NULL: nobody for any */
	Period first;
	int nperiods;
} OwnerTable;

static int
segment_number(const SegmentCustomers *customers, const Label *name)
{
	int low = 0;
	int high = customers->nsegments - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		int order = label_compare(&customers->segments[middle], name);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/* Read lists of segments, first days of periods and owners. */
static void
owners_read(OwnerTable *table, MoveNames *names, FunctionCallInfo fcinfo,
			int first)
{
	static const Oid types[] = {TEXTOID, DATEOID, TEXTOID};
	Calendar calendar = names->customers.spell_buffer->terms.calendar;
	Datum *values[3];
	bool *nulls[3];
	int counts[3];
	Period *periods;
	MemoryContext old;

	table->owners = NULL;
	if (PG_ARGISNULL(first) || PG_ARGISNULL(first + 1) ||
		PG_ARGISNULL(first + 2))
		return;
	for (int i = 0; i < 3; i++)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(first + i), types[i],
						  types[i] == DATEOID ? (int) sizeof(DateADT) : -1,
						  types[i] == DATEOID, TYPALIGN_INT, &values[i],
						  &nulls[i], &counts[i]);
	if (counts[0] == 0)
		return;
	if (counts[1] != counts[0] || counts[2] != counts[0])
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("lists of owners have different lengths"),
						errhint("Make the three with array_agg() over the same "
								"rows.")));
	periods = palloc(counts[0] * sizeof(Period));
	for (int i = 0; i < counts[0]; i++)
	{
		if (nulls[1][i] || DATE_NOT_FINITE(DatumGetDateADT(values[1][i])))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("period of an owner is not known")));
		periods[i] =
			period_of(calendar, checked_day(DatumGetDateADT(values[1][i])));
		if (i == 0 || periods[i] < table->first)
			table->first = periods[i];
		if (i == 0 || periods[i] >= table->first + table->nperiods)
			table->nperiods = periods[i] - table->first + 1;
	}
	/* the first may have come later */
	for (int i = 0; i < counts[0]; i++)
		table->nperiods = Max(table->nperiods, periods[i] - table->first + 1);
	table->owners = MemoryContextAllocExtended(
		CurrentMemoryContext,
		(Size) names->customers.nsegments * table->nperiods * sizeof(int32),
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	old = MemoryContextSwitchTo(names->context);
	names->owners =
		names->owners == NULL
			? palloc(counts[0] * sizeof(Datum))
			: repalloc(names->owners,
					   ((Size) names->nowners + counts[0]) * sizeof(Datum));
	for (int i = 0; i < counts[0]; i++)
	{
		text *name;
		Label segment;
		int number;

		if (nulls[0][i] || nulls[2][i])
			continue;
		name = DatumGetTextPP(values[0][i]);
		segment = (Label){VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
		number = segment_number(&names->customers, &segment);
		if (number < 0)
			continue;
		names->owners[names->nowners++] =
			PointerGetDatum(PG_DETOAST_DATUM_COPY(values[2][i]));
		table->owners[(Size) number * table->nperiods + periods[i] -
					  table->first] = names->nowners;
	}
	MemoryContextSwitchTo(old);
}

/* Rows on their way */
typedef struct MoveStream
{
	SegmentCustomers customers;
	SegmentTurns turns;
	OwnerTable owned;
	KeyKind kind;
	StringInfoData moves; /* values of type bytea, one after the other */
	int at;
	ReturnSetInfo *result; /* where all are put at once; or NULL */
} MoveStream;

/* A SegmentMoveEmit */
static void
move_take(void *arg, const SegmentMove *move)
{
	MoveStream *stream = arg;
	const OwnerTable *owned = &stream->owned;
	const CustomerMovement *what = &move->row;
	Move row;
	KeyText name = {NULL, 0};
	Size size = VARHDRSZ + sizeof(Move);
	char *at;

	row = (Move){.customer = move->key,
				 .change = what->change,
				 .before = what->before,
				 .after = what->after,
				 .customers = (int32) what->customers,
				 .period = what->period,
				 .segment = move->segment,
				 .product = what->product,
				 .from_product = what->from_product,
				 .channel = move->channel,
				 .reason = move->reason,
				 .owner = -1,
				 .line = (uint8) what->line,
				 .cause = (uint8) what->cause};
	if (owned->owners != NULL && what->period >= owned->first &&
		what->period - owned->first < owned->nperiods)
		row.owner = owned->owners[(Size) move->segment * owned->nperiods +
								  what->period - owned->first] -
					1;
	if (stream->kind == KEY_TEXT && key_is_outside(&move->key))
	{
		name = key_text(&move->key);
		row.customer.outside.data = NULL;
		size += name.size;
	}
	enlargeStringInfo(&stream->moves, (int) MAXALIGN(size));
	at = stream->moves.data + stream->moves.len;
	SET_VARSIZE(at, size);
	memcpy(at + VARHDRSZ, &row, sizeof(row));
	if (name.size > 0)
		memcpy(at + VARHDRSZ + sizeof(row), name.data, name.size);
	if (stream->result != NULL)
	{
		Datum value = PointerGetDatum(at);
		bool is_null = false;

		tuplestore_putvalues(stream->result->setResult, stream->result->setDesc,
							 &value, &is_null);
		return;
	}
	stream->moves.len += (int) MAXALIGN(size);
}

static MoveStream *
move_stream_open(FunctionCallInfo fcinfo, SegmentReader *reader)
{
	SpellBufferState *state = move_ticket_read(PG_GETARG_DATUM(0));
	MoveNames *names = move_names(state);
	MoveStream *stream = palloc0(sizeof(MoveStream));

	/* the names are shared, what is used again for every customer is not */
	stream->customers = names->customers;
	stream->kind = state->spell_buffer->kind;
	initStringInfo(&stream->moves);
	owners_read(&stream->owned, names, fcinfo, 3);
	*reader = segment_moves_open(
		&stream->customers, PG_ARGISNULL(1) ? INT32_MIN : PG_GETARG_DATEADT(1),
		PG_ARGISNULL(2) ? SPELL_OPEN : PG_GETARG_DATEADT(2), move_take, stream);
	return stream;
}

/*
 * _customer_moves(ticket, since, until, segments, periods, owners): of periods
 * that begin between these days, with who answers for a segment in a period
 */
PG_FUNCTION_INFO_V1(cvm_customer_moves);
Datum
cvm_customer_moves(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	MoveStream *stream;
	char *move;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;
		SegmentReader reader;

		call = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (!PG_ARGISNULL(0))
		{
			call->user_fctx = stream = move_stream_open(fcinfo, &reader);
			if (!segment_turns_open(&stream->turns, &stream->customers, reader))
			{
				/* files are read from the first to the last */
				MemoryContextSwitchTo(old);
				rows_out_begin(fcinfo);
				MemoryContextSwitchTo(call->multi_call_memory_ctx);
				stream->result = (ReturnSetInfo *) fcinfo->resultinfo;
				segment_customers_each(&stream->customers, &reader, 1);
				MemoryContextSwitchTo(old);
				end_MultiFuncCall(fcinfo, call);
				return (Datum) 0;
			}
		}
		MemoryContextSwitchTo(old);
	}
	call = SRF_PERCALL_SETUP();
	stream = call->user_fctx;
	if (stream == NULL)
		SRF_RETURN_DONE(call);
	while (unlikely(stream->at == stream->moves.len))
	{
		MemoryContext old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		bool is_more;

		stream->at = 0;
		resetStringInfo(&stream->moves);
		is_more = segment_turns_next(&stream->turns);
		MemoryContextSwitchTo(old);
		if (!is_more)
			SRF_RETURN_DONE(call);
	}
	move = stream->moves.data + stream->at;
	stream->at += (int) MAXALIGN(VARSIZE(move));
	SRF_RETURN_NEXT(call, PointerGetDatum(move));
}

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
	const PeriodOut *period = period_look(names, row->period, &other);
	text *line = DatumGetTextPP(move_line_text(names, row));
	Key key = move_key(names, row, more);
	char number[NUMBER_ROOM];
	KeyText name = customer_text(customers->spell_buffer->kind, &key, number);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, period->text);
	appendStringInfoChar(&text, '|');
	appendBinaryStringInfo(&text, VARDATA_ANY(line),
						   (int) VARSIZE_ANY_EXHDR(line));
	appendStringInfoChar(&text, '|');
	row_key_part(&text, name.data, name.size);
	PG_RETURN_TEXT_P(row_key_text(&text));
})

MOVE_COLUMN(segment, {
	int32 at = move_number(row->segment, customers->nsegments);

	PG_RETURN_DATUM(
		kept_text(names, &names->segments[at], &customers->segments[at]));
})

MOVE_COLUMN(month, {
	PeriodOut other;
	const PeriodOut *period = period_look(names, row->period, &other);

	if (period->start_is_null)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(period->start);
})

MOVE_COLUMN(month_label, {
	PeriodOut other;

	PG_RETURN_DATUM(period_look(names, row->period, &other)->label);
})

MOVE_COLUMN(is_complete, {
	PeriodOut other;

	PG_RETURN_BOOL(period_look(names, row->period, &other)->is_complete);
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

static Datum
amount_datum(MoveNames *names, Wide mantissa)
{
	int scale = names->customers.spell_buffer->scale;
	uint64 mixed = (uint64) mantissa * UINT64CONST(0x9e3779b97f4a7c15);
	Amount *amount = &names->amounts[mixed >> 54];
	MemoryContext old;

	StaticAssertStmt(AMOUNTS == 1 << 10, "of ten bits");
	if (amount->datum != (Datum) 0)
		return amount->mantissa == mantissa ? amount->datum
											: decimal_make(mantissa, scale);
	old = MemoryContextSwitchTo(names->context);
	amount->mantissa = mantissa;
	amount->datum = decimal_make(mantissa, scale);
	MemoryContextSwitchTo(old);
	return amount->datum;
}

MOVE_COLUMN(change, { PG_RETURN_DATUM(amount_datum(names, row->change)); })

MOVE_COLUMN(before, { PG_RETURN_DATUM(amount_datum(names, row->before)); })

MOVE_COLUMN(after, { PG_RETURN_DATUM(amount_datum(names, row->after)); })

/* A product, of those in the order of their names */
static Datum
product_datum(MoveNames *names, int32 number)
{
	int32 at = move_number(number, names->customers.nproducts);

	return kept_text(names, &names->products[at], &names->customers.labels[at]);
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
	PG_RETURN_DATUM(
		kept_text(names, &names->reasons[at], &customers->parts[at].reason));
})

MOVE_COLUMN(channel, {
	int32 at;

	if (row->channel == -1)
		PG_RETURN_DATUM(names->unknown);
	at = move_number(row->channel, customers->spell_buffer->names.count);
	PG_RETURN_DATUM(
		kept_text(names, &names->channels[at], &customers->parts[at].channel));
})
