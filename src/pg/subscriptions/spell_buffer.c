/*
 * spell_buffer.c
 *		What aggregates over raw spells in one pass share (spell_buffer.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg/subscriptions/spell_buffer.h"
#include "pg/arguments.h"

#include "catalog/pg_type.h"

#include "pg/agg_state.h"
#include "pg/budget.h"
#include "pg/state_type.h"
#include "pg/step_scan.h"

/* The customer is the first argument, and the spell the four after it */
#define ARG_CUSTOMER 1
#define ARG_SPELL 2

/* What stays the same from row to row */
static RowForm *
spell_buffer_form(FunctionCallInfo fcinfo, int grain)
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
	if (form->key_kind == KEY_TEXT)
		row_check_key(fcinfo, ARG_CUSTOMER);
	form->grain.argument = grain;
	if (grain)
		form->grain.is_constant = row_is_constant(fcinfo, grain);
	fcinfo->flinfo->fn_extra = form;
	return form;
}

/* What is asked of a row */
static void
spell_buffer_terms(FunctionCallInfo fcinfo,
				   const SpellBufferArguments *arguments, RowForm *form,
				   SpellTerms *terms)
{
	int as_of = arguments->as_of;

	*terms = (SpellTerms){.clock = CLOCK_CALENDAR};
	if (arguments->grain)
	{
		terms->calendar = grain_calendar(&form->grain, fcinfo);
		as_of = arguments->grain + 1;
	}
	terms->as_of =
		argument_day(fcinfo, as_of, "as_of") + (arguments->with_as_of ? 1 : 0);
	if (arguments->clock)
		terms->clock = argument_clock(fcinfo, arguments->clock);
	if (arguments->pause_days)
		terms->pause_days = argument_pause(fcinfo, arguments->pause_days);
}

/* Is the same asked of every row, so that one look is enough? */
static bool
terms_are_same(FunctionCallInfo fcinfo, const SpellBufferArguments *arguments)
{
	int as_of = arguments->grain ? arguments->grain + 1 : arguments->as_of;

	return (!arguments->grain || row_is_same(fcinfo, arguments->grain)) &&
		   row_is_same(fcinfo, as_of) &&
		   (!arguments->clock || row_is_same(fcinfo, arguments->clock)) &&
		   (!arguments->pause_days ||
			row_is_same(fcinfo, arguments->pause_days));
}

/*
 * Which customers matter, where the first row says so: those for whom something
 * may change in periods that begin between two days
 */
static StepChoice *
spell_buffer_choice(FunctionCallInfo fcinfo,
					const SpellBufferArguments *arguments,
					MemoryContext context, const SpellTerms *terms,
					const RowForm *form)
{
	int at = arguments->since;
	StepChoice *choice;
	Day since;
	Day until;

	if (at == 0 || PG_ARGISNULL(at) || PG_ARGISNULL(at + 1))
		return NULL;
	since = PG_GETARG_DATEADT(at);
	until = PG_GETARG_DATEADT(at + 1);
	if (DATE_NOT_FINITE(since) || DATE_NOT_FINITE(until) || since >= until)
		return NULL;
	since = checked_day(since);
	until = checked_day(until);
	choice = MemoryContextAllocZero(context, sizeof(StepChoice));
	choice->kind = form->key_kind;
	choice->customer = ARG_CUSTOMER;
	choice->start = ARG_SPELL + 1;
	choice->end = ARG_SPELL + 2;
	choice->prices[0] = ARG_SPELL + 3;
	choice->prices[1] = at - 1; /* the price told */
	choice->paused = arguments->paused;
	choice->since = since;
	choice->last =
		(Day) (period_start(terms->calendar,
							period_of(terms->calendar, until - 1) + 1) -
			   1);
	choice->decimals = PG_ARGISNULL(at + 2) ? -1 : PG_GETARG_INT32(at + 2);
	step_choice_open(choice, context);
	return choice;
}

/* The rows that have waited, if their customers matter */
void
spell_buffer_finish_choice(SpellBufferState *state)
{
	StepChoice *choice = state->choice;

	if (choice == NULL || choice->is_over)
		return;
	step_choice_finish(
		choice, choice->decimals >= 0 && state->decimals > choice->decimals);
	if (choice->scale > state->spell_buffer->scale)
		spell_buffer_scale(state->spell_buffer, choice->scale);
}

/* The customer of a row, not NULL, and the state, made if there is none */
void
spell_buffer_customer(FunctionCallInfo fcinfo,
					  const SpellBufferArguments *arguments, const char *name,
					  SpellBufferRow *row)
{
	RowForm *form = spell_buffer_form(fcinfo, arguments->grain);
	SpellTerms terms;

	row->state =
		PG_ARGISNULL(0) ? NULL : (SpellBufferState *) PG_GETARG_POINTER(0);
	row->key = row_key(form, fcinfo);
	if (likely(row->state != NULL && row->state->terms_are_same))
	{
		if (row->state->choice != NULL)
			step_choice_mark(row->state->choice, &row->key);
		return;
	}
	spell_buffer_terms(fcinfo, arguments, form, &terms);
	if (row->state == NULL)
	{
		MemoryContext context = state_context(fcinfo, name);

		row->state = MemoryContextAllocZero(context, sizeof(SpellBufferState));
		row->state->spell_buffer = spell_buffer_new(
			context, form->key_kind, &terms, aggregate_budget(fcinfo));
		row->state->terms_are_same = terms_are_same(fcinfo, arguments);
		/* of others than these there may be no telling later */
		if (row->state->terms_are_same)
			row->state->choice =
				spell_buffer_choice(fcinfo, arguments, context, &terms, form);
		if (row->state->choice != NULL)
			step_choice_mark(row->state->choice, &row->key);
		step_scan_choose(fcinfo, row->state, row->state->choice);
	}
	if (unlikely(!spell_buffer_agrees(row->state->spell_buffer, &terms)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grain, as_of, clock or pause_days changes from row to "
						"row"),
				 errhint("Give the same for every row.")));
}

/*
 * Read the row of (customer, product, started_on, ended_on, mrr, ...).  False:
 * it holds no day, and the state stays what it was.
 */
bool
spell_buffer_row(FunctionCallInfo fcinfo, const SpellBufferArguments *arguments,
				 const char *name, SpellBufferRow *row)
{
	spell_buffer_form(fcinfo, arguments->grain);
	row->state =
		PG_ARGISNULL(0) ? NULL : (SpellBufferState *) PG_GETARG_POINTER(0);
	if (unlikely(row->state == NULL))
		state_context(fcinfo, name);
	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!argument_spell(fcinfo, ARG_SPELL, 0, arguments->paused, &row->spell))
		return false;
	spell_buffer_customer(fcinfo, arguments, name, row);
	return true;
}

/*
 * The step of (customer, product, started_on, ended_on, mrr [, is_paused],
 * grain, as_of [, clock or, with is_paused, pause_days])
 */
PG_FUNCTION_INFO_V1(cvm_spell_buffer_add);
Datum
cvm_spell_buffer_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments plain = {.grain = 6};
	static const SpellBufferArguments clocked = {.grain = 6, .clock = 8};
	static const SpellBufferArguments paused = {
		.grain = 7, .paused = 6, .pause_days = 9};
	SpellBufferRow row;

	if (spell_buffer_row(fcinfo,
						 PG_NARGS() == 8   ? &plain
						 : PG_NARGS() == 9 ? &clocked
										   : &paused,
						 "spell_buffer_add", &row))
		spell_buffer_add(row.state->spell_buffer, row.key, &row.spell);
	PG_RETURN_SPELL_BUFFER(row.state);
}

/*
 * Ahead of the bytes of a spell buffer: what else is asked of it,
 * and what segment_moves.c has seen
 */
typedef struct FlowParameters
{
	int span;
	int decimals;
	Day first_day;
	bool has_spells;
	uint32 size; /* of what was given, which follows */
} FlowParameters;

static void
parameters_write(const SpellBufferState *state, ByteWriter *writer)
{
	FlowParameters parameters;

	/* with what is between them */
	memset(&parameters, 0, sizeof(parameters));
	parameters.span = state->span;
	parameters.decimals = state->decimals;
	parameters.first_day = state->first_day;
	parameters.has_spells = state->has_spells;
	if (state->given != NULL)
		parameters.size = VARSIZE(state->given);
	write_raw(writer, &parameters, sizeof(parameters));
	if (parameters.size > 0)
		write_raw(writer, state->given, parameters.size);
}

/* The bytes of the parameters; a state that has none yet takes them over. */
static size_t
parameters_read(SpellBufferState *state, MemoryContext context,
				const bytea *bytes)
{
	FlowParameters parameters;

	memcpy(&parameters, VARDATA(bytes), sizeof(parameters));
	state->decimals = Max(state->decimals, parameters.decimals);
	if (parameters.has_spells)
		state->first_day = state->has_spells
							   ? Min(state->first_day, parameters.first_day)
							   : parameters.first_day;
	state->has_spells |= parameters.has_spells;
	if (state->span == 0 && parameters.size > 0)
	{
		state->given = MemoryContextAlloc(context, parameters.size);
		memcpy(state->given, VARDATA(bytes) + sizeof(parameters),
			   parameters.size);
	}
	if (state->span == 0)
		state->span = parameters.span;
	return sizeof(parameters) + parameters.size;
}

SpellBuffer *
spell_buffer_passed(FunctionCallInfo fcinfo, MemoryContext context,
					SpellBuffer *into, const void *data, size_t size)
{
	Passed passed;

	passed_open(&passed, fcinfo, data, size);
	while (passed_next(&passed))
		into = spell_buffer_absorb(into, context, passed.data, passed.size,
								   aggregate_budget(fcinfo));
	return into;
}

void
spell_buffer_pass(SpellBuffer *spell_buffer, ByteWriter *writer)
{
	Sending passing;

	passing_open(&passing, writer);
	spell_buffer_encode(spell_buffer, writer);
	passing_close(&passing, writer);
}

/* Add what a parallel worker sent. */
PG_FUNCTION_INFO_V1(cvm_spell_buffer_combine);
Datum
cvm_spell_buffer_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = state_context(fcinfo, "spell_buffer_combine");
	const bytea *more;
	SpellBufferState *into =
		passed_states(fcinfo, context, sizeof(SpellBufferState), &more);
	size_t parameters;

	if (more == NULL)
		return passed_return(fcinfo, into);
	parameters = parameters_read(into, context, more);
	into->spell_buffer = spell_buffer_passed(
		fcinfo, context, into->spell_buffer, VARDATA(more) + parameters,
		VARSIZE(more) - VARHDRSZ - parameters);
	PG_RETURN_POINTER(into);
}

/* The spell buffer as bytes for another process. */
PG_FUNCTION_INFO_V1(cvm_spell_buffer_serialize);
Datum
cvm_spell_buffer_serialize(PG_FUNCTION_ARGS)
{
	SpellBufferState *state = (SpellBufferState *) PG_GETARG_POINTER(0);
	ByteWriter writer;

	state_context(fcinfo, "spell_buffer_serialize");
	state_open(&writer);
	parameters_write(state, &writer);
	spell_buffer_pass(state->spell_buffer, &writer);
	return state_close(&writer);
}

PG_FUNCTION_INFO_V1(cvm_spell_buffer_deserialize);
Datum
cvm_spell_buffer_deserialize(PG_FUNCTION_ARGS)
{
	return passed_deserialize(fcinfo, "spell_buffer_deserialize",
							  sizeof(SpellBufferState));
}
