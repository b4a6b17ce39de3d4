/*
 * customer_moves.c
 *		What moved of each customer, row by row, from what _customer_move_agg()
 *		gathered (core/segments/segment_moves.h).
 *
 * A row has a dozen names and amounts, and there are more rows than spells.  So
 * _customer_moves() gives out each as one value, a move, in which names are
 * numbers, and functions of ticket and move (move_columns.c) read what is asked
 * for: a column that nobody reads costs nothing.  Rows are made some hundred
 * customers at a time and are kept nowhere, but where spells are in files, which
 * are read once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "pg/rows_out.h"
#include "pg/segments/move.h"

/* Who answers for a segment in a period, by both */
typedef struct OwnerTable
{
	int32 *owners; /* numbers of MoveNames + 1; NULL: nobody for any */
	Period first;
	int nperiods;
} OwnerTable;

int
move_segment_number(const SegmentCustomers *customers, const Label *name)
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
		number = move_segment_number(&names->customers, &segment);
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

		rows_out_put(stream->result, &value, &is_null);
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
