/*
 * ledger.c
 *		movement_agg over raw spells: the waterfall in one pass (core/ledger.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "core/ledger.h"
#include "core/segment_ledger.h"
#include "expanded.h"
#include "holdings.h"
#include "row.h"
#include "segment.h"
#include "state.h"
#include "types.h"

/*
 * The state of the aggregate: a ledger of its own, or what a parallel worker
 * sent, still in its bytes until it is merged.
 */
typedef struct LedgerState
{
	Ledger *ledger;
	bytea *bytes;
	ArrayType *families; /* of segment_flow_agg */
	int span;
} LedgerState;

/* movement_agg(customer, product, started_on, ended_on, mrr, grain, as_of) */
#define ARG_CUSTOMER 1
#define ARG_SPELL 2
#define ARG_GRAIN 6
#define ARG_AS_OF 7

/*
 * segment_flow_agg(customer, product, started_on, ended_on, mrr, segment,
 * grain, as_of [, families, span]): a spell, or where segment is told, a time
 * in it, with the version of the segments in place of mrr
 */
#define ARG_SEGMENT 6
#define ARG_FAMILIES 9
#define ARG_SPAN 10

/* What stays the same from row to row */
static RowForm *
ledger_form(FunctionCallInfo fcinfo, int grain)
{
	RowForm *form = fcinfo->flinfo->fn_extra;
	Oid type;

	if (likely(form != NULL))
		return form;
	form = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RowForm));
	type = get_fn_expr_argtype(fcinfo->flinfo, ARG_CUSTOMER);
	form->customer = ARG_CUSTOMER;
	form->key_kind = type == INT8OID   ? KEY_NUMBER
					 : type == UUIDOID ? KEY_UUID
									   : KEY_TEXT;
	form->grain = grain;
	form->grain_constant = get_fn_expr_arg_stable(fcinfo->flinfo, grain);
	fcinfo->flinfo->fn_extra = form;
	return form;
}

/* The ledger of an aggregate, made for the first row. */
static LedgerState *
ledger_ready(FunctionCallInfo fcinfo, RowForm *form, LedgerState *state,
			 MemoryContext context, Day as_of)
{
	Calendar calendar = row_calendar(form, fcinfo);

	if (state == NULL)
		state = MemoryContextAllocZero(context, sizeof(LedgerState));
	if (state->ledger == NULL)
		state->ledger = ledger_new(context, form->key_kind, calendar, as_of);
	if (unlikely(calendar.grain != state->ledger->calendar.grain ||
				 calendar.week_start != state->ledger->calendar.week_start ||
				 as_of != state->ledger->as_of))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grain or as_of changes from row to row"),
				 errhint("Give the same grain and as_of for every row.")));
	return state;
}

/* Add a row. */
PG_FUNCTION_INFO_V1(cvm_ledger_add);
Datum
cvm_ledger_add(PG_FUNCTION_ARGS)
{
	RowForm *form = ledger_form(fcinfo, ARG_GRAIN);
	LedgerState *state =
		PG_ARGISNULL(0) ? NULL : (LedgerState *) PG_GETARG_POINTER(0);
	MemoryContext context = state_context(fcinfo, "movement_agg");
	SpellRow row;

	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!argument_spell(fcinfo, ARG_SPELL, false, &row))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	state = ledger_ready(fcinfo, form, state, context,
						 argument_day(fcinfo, ARG_AS_OF, "as_of"));
	ledger_add(state->ledger, row_key(form, fcinfo), &row);
	PG_RETURN_POINTER(state);
}

/* What segment_flow_agg() is told of families and span, in its first row */
static LedgerState *
ledger_told(FunctionCallInfo fcinfo, LedgerState *state, MemoryContext context)
{
	if (likely(state != NULL && state->span > 0))
		return state;
	if (state == NULL)
		state = MemoryContextAllocZero(context, sizeof(LedgerState));
	state->span = argument_span(fcinfo, ARG_SPAN);
	if (PG_NARGS() > ARG_FAMILIES && !PG_ARGISNULL(ARG_FAMILIES))
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		state->families = PG_GETARG_ARRAYTYPE_P_COPY(ARG_FAMILIES);
		MemoryContextSwitchTo(old);
	}
	return state;
}

/* The number of a version, given in place of a price */
static int64
row_version(const SpellRow *row)
{
	Wide unit = money_power(row->scale);
	Wide version = row->mrr / unit;

	if (version * unit != row->mrr || (int64) version != version)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("version of a segment is not a whole number"),
						errhint("Number the versions 1, 2, 3 …")));
	return (int64) version;
}

/* Add a row of segment_flow_agg. */
PG_FUNCTION_INFO_V1(cvm_segment_ledger_add);
Datum
cvm_segment_ledger_add(PG_FUNCTION_ARGS)
{
	RowForm *form = ledger_form(fcinfo, ARG_GRAIN + 1);
	LedgerState *state =
		PG_ARGISNULL(0) ? NULL : (LedgerState *) PG_GETARG_POINTER(0);
	MemoryContext context = state_context(fcinfo, "segment_flow_agg");
	SpellRow row;

	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!argument_spell(fcinfo, ARG_SPELL, false, &row))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	state = ledger_told(fcinfo, state, context);
	state = ledger_ready(fcinfo, form, state, context,
						 argument_day(fcinfo, ARG_AS_OF + 1, "as_of"));
	if (PG_ARGISNULL(ARG_SEGMENT))
		ledger_add(state->ledger, row_key(form, fcinfo), &row);
	else
	{
		text *name = PG_GETARG_TEXT_PP(ARG_SEGMENT);
		Label segment = {VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};

		check_segment(&segment);
		ledger_place(state->ledger, row_key(form, fcinfo), row.start, row.end,
					 &segment, row_version(&row));
	}
	PG_RETURN_POINTER(state);
}

/* What goes ahead of the bytes of a ledger: what segment_flow_agg() was told */
typedef struct Told
{
	int span;
	uint32 size; /* of families, which follow */
} Told;

static void
told_write(const LedgerState *state, ByteWriter *writer)
{
	Told told = {state->span, 0};

	if (state->families != NULL)
		told.size = VARSIZE(state->families);
	write_raw(writer, &told, sizeof(told));
	if (told.size > 0)
		write_raw(writer, state->families, told.size);
}

/* How many bytes were told; a state that was told nothing yet takes them. */
static size_t
told_read(LedgerState *state, MemoryContext context, const bytea *bytes)
{
	Told told;

	memcpy(&told, VARDATA(bytes), sizeof(told));
	if (state->span == 0 && told.size > 0)
	{
		state->families = MemoryContextAlloc(context, told.size);
		memcpy(state->families, VARDATA(bytes) + sizeof(told), told.size);
	}
	if (state->span == 0)
		state->span = told.span;
	return sizeof(told) + told.size;
}

/* Add what a parallel worker sent. */
PG_FUNCTION_INFO_V1(cvm_ledger_combine);
Datum
cvm_ledger_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = state_context(fcinfo, "movement_agg");
	LedgerState *into =
		PG_ARGISNULL(0) ? NULL : (LedgerState *) PG_GETARG_POINTER(0);
	LedgerState *more =
		PG_ARGISNULL(1) ? NULL : (LedgerState *) PG_GETARG_POINTER(1);
	size_t told;

	if (more == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	if (more->bytes == NULL)
		elog(ERROR, "state of a parallel worker is not serialized");
	if (into == NULL)
		into = MemoryContextAllocZero(context, sizeof(LedgerState));
	told = told_read(into, context, more->bytes);
	into->ledger =
		ledger_absorb(into->ledger, context, VARDATA(more->bytes) + told,
					  VARSIZE(more->bytes) - VARHDRSZ - told);
	PG_RETURN_POINTER(into);
}

/* The ledger as bytes for another process. */
PG_FUNCTION_INFO_V1(cvm_ledger_serialize);
Datum
cvm_ledger_serialize(PG_FUNCTION_ARGS)
{
	LedgerState *state = (LedgerState *) PG_GETARG_POINTER(0);
	ByteWriter writer;

	state_context(fcinfo, "movement_agg");
	state_open(&writer);
	told_write(state, &writer);
	ledger_encode(state->ledger, &writer);
	return state_close(&writer);
}

/* Nothing is copied: combine reads the bytes where they are. */
PG_FUNCTION_INFO_V1(cvm_ledger_deserialize);
Datum
cvm_ledger_deserialize(PG_FUNCTION_ARGS)
{
	LedgerState *state;

	state_context(fcinfo, "movement_agg");
	state = palloc0(sizeof(LedgerState));
	state->bytes = PG_GETARG_BYTEA_P(0);
	PG_RETURN_POINTER(state);
}

/* The end: walk every customer into a movement. */
PG_FUNCTION_INFO_V1(cvm_ledger_final);
Datum
cvm_ledger_final(PG_FUNCTION_ARGS)
{
	Movement *movement;
	ByteWriter writer;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "movement_agg");
	movement = movement_new(CurrentMemoryContext);
	ledger_finish(((LedgerState *) PG_GETARG_POINTER(0))->ledger, movement);
	state_open(&writer);
	movement_encode(movement, &writer);
	return state_close(&writer);
}

/* The end of segment_flow_agg: walk every customer into a flow. */
PG_FUNCTION_INFO_V1(cvm_segment_ledger_final);
Datum
cvm_segment_ledger_final(PG_FUNCTION_ARGS)
{
	LedgerState *state;
	SegmentFlow *flow;
	ByteWriter writer;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "segment_flow_agg");
	state = (LedgerState *) PG_GETARG_POINTER(0);
	flow = segment_flow_new(CurrentMemoryContext);
	if (state->families != NULL)
		segment_flow_climb(flow, ladder_read(state->families));
	segment_ledger_finish(state->ledger, flow, state->span);
	state_open(&writer);
	segment_flow_encode(flow, &writer);
	return state_close(&writer);
}
