/*
 * ledger.c
 *		What aggregates over raw spells in one pass share (ledger.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg/subscriptions/ledger.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "pg/agg_state.h"
#include "pg/passing.h"
#include "pg/state_type.h"
#include "pg/types.h"

/* The customer is the first argument, and the spell the four after it */
#define ARG_CUSTOMER 1
#define ARG_SPELL 2

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
	form->grain.argument = grain;
	form->grain.is_constant = row_is_constant(fcinfo, grain);
	fcinfo->flinfo->fn_extra = form;
	return form;
}

/* The aggregate's memory goes: close the files first. */
static void
state_shutdown(Datum datum)
{
	LedgerState *state = (LedgerState *) DatumGetPointer(datum);

	if (state->ledger != NULL)
		ledger_close_files(state->ledger);
}

/*
 * How much memory the ledger of a state may take; the state is told when that
 * goes.
 */
size_t
ledger_budget(FunctionCallInfo fcinfo, LedgerState *state)
{
	/* over a window, nobody would tell us when to close files */
	if (AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_AGGREGATE)
		return 0;
	AggRegisterCallback(fcinfo, state_shutdown, PointerGetDatum(state));
	return get_hash_memory_limit();
}

/*
 * Read the row of (customer, product, started_on, ended_on, mrr, ...).  False:
 * it holds no day, and the state stays what it was.
 */
bool
ledger_row(FunctionCallInfo fcinfo, const LedgerArguments *arguments,
		   const char *name, LedgerRow *row)
{
	RowForm *form = ledger_form(fcinfo, arguments->grain);
	LedgerTerms terms = {.clock = CLOCK_CALENDAR};

	row->state = PG_ARGISNULL(0) ? NULL : (LedgerState *) PG_GETARG_POINTER(0);
	if (unlikely(row->state == NULL))
		state_context(fcinfo, name);
	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!argument_spell(fcinfo, ARG_SPELL, 0, arguments->paused, &row->spell))
		return false;
	terms.calendar = grain_calendar(&form->grain, fcinfo);
	terms.as_of = argument_day(fcinfo, arguments->grain + 1, "as_of");
	if (arguments->clock)
		terms.clock = argument_clock(fcinfo, arguments->clock);
	if (arguments->pause_days)
		terms.pause_days = argument_pause(fcinfo, arguments->pause_days);
	if (unlikely(row->state == NULL))
	{
		MemoryContext context = state_context(fcinfo, name);

		row->state = MemoryContextAllocZero(context, sizeof(LedgerState));
		row->state->ledger = ledger_new(context, form->key_kind, &terms,
										ledger_budget(fcinfo, row->state));
	}
	if (unlikely(!ledger_agrees(row->state->ledger, &terms)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grain, as_of, clock or pause_days changes from row to "
						"row"),
				 errhint("Give the same for every row.")));
	row->key = row_key(form, fcinfo);
	return true;
}

/*
 * The step of (customer, product, started_on, ended_on, mrr [, is_paused],
 * grain, as_of [, clock or, with is_paused, pause_days])
 */
PG_FUNCTION_INFO_V1(cvm_ledger_add);
Datum
cvm_ledger_add(PG_FUNCTION_ARGS)
{
	static const LedgerArguments plain = {.grain = 6};
	static const LedgerArguments clocked = {.grain = 6, .clock = 8};
	static const LedgerArguments paused = {
		.grain = 7, .paused = 6, .pause_days = 9};
	LedgerRow row;

	if (ledger_row(fcinfo,
				   PG_NARGS() == 8	 ? &plain
				   : PG_NARGS() == 9 ? &clocked
									 : &paused,
				   "ledger_add", &row))
		ledger_add(row.state->ledger, row.key, &row.spell);
	PG_RETURN_LEDGER(row.state);
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
	MemoryContext context = state_context(fcinfo, "ledger_combine");
	LedgerState *into =
		PG_ARGISNULL(0) ? NULL : (LedgerState *) PG_GETARG_POINTER(0);
	LedgerState *more =
		PG_ARGISNULL(1) ? NULL : (LedgerState *) PG_GETARG_POINTER(1);
	size_t budget = 0; /* of a ledger that is made here */
	Passed passed;
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
	{
		into = MemoryContextAllocZero(context, sizeof(LedgerState));
		budget = ledger_budget(fcinfo, into);
	}
	told = told_read(into, context, more->bytes);
	passed_open(&passed, fcinfo, VARDATA(more->bytes) + told,
				VARSIZE(more->bytes) - VARHDRSZ - told);
	while (passed_next(&passed))
		into->ledger = ledger_absorb(into->ledger, context, passed.data,
									 passed.size, budget);
	PG_RETURN_POINTER(into);
}

/* The ledger as bytes for another process. */
PG_FUNCTION_INFO_V1(cvm_ledger_serialize);
Datum
cvm_ledger_serialize(PG_FUNCTION_ARGS)
{
	LedgerState *state = (LedgerState *) PG_GETARG_POINTER(0);
	ByteWriter writer;
	Sending passing;

	state_context(fcinfo, "ledger_serialize");
	state_open(&writer);
	told_write(state, &writer);
	passing_open(&passing, &writer);
	ledger_encode(state->ledger, &writer);
	passing_close(&passing, &writer);
	return state_close(&writer);
}

/* Nothing is copied: combine reads the bytes where they are. */
PG_FUNCTION_INFO_V1(cvm_ledger_deserialize);
Datum
cvm_ledger_deserialize(PG_FUNCTION_ARGS)
{
	LedgerState *state;

	state_context(fcinfo, "ledger_deserialize");
	state = palloc0(sizeof(LedgerState));
	state->bytes = PG_GETARG_BYTEA_P(0);
	PG_RETURN_POINTER(state);
}
