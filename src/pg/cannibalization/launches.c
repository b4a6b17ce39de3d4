/*
 * launches.c
 *		Did what was launched eat the rest, from raw rows in one pass
 *		(core/cannibalization/launches.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/cannibalization/cannibalization_spells.h"
#include "core/cannibalization/launches.h"
#include "core/cannibalization/verdict.h"
#include "pg/agg_state.h"
#include "pg/arguments.h"
#include "pg/label.h"
#include "pg/row_array.h"
#include "pg/segments/paid_spells.h"
#include "pg/state_type.h"
#include "pg/subscriptions/spell_buffer.h"

#define ARG_CUSTOMER 1
#define ARG_PRODUCT 2
#define ARG_SEGMENT 6
#define ARG_AS_OF 7
#define ARG_ASKED 8

/* What is asked, as words; the rest are pairs of a launch and its day */
#define ASKED_LOOK_BACK 0
#define ASKED_LOOK_AHEAD 1
#define ASKED_GAP 2
#define ASKED_DONORS 3
#define ASKED_CONF 4
#define ASKED_LAUNCHES 5

extern const ExpandedType cannibalization_state;
extern const ExpandedType cannibalization_matrix_state;

static void
asked_refuse(const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("what is asked of launches makes no sense"),
					errhint("%s", hint)));
}

/* Days, told one after the other with commas between */
static int
days_read(char *words, int32 **days)
{
	int room = 1;
	int count = 0;

	for (const char *at = words; *at != '\0'; at++)
		room += *at == ',';
	*days = palloc(room * sizeof(int32));
	for (char *word = words; word != NULL;)
	{
		char *comma = strchr(word, ',');

		if (comma != NULL)
			*comma++ = '\0';
		(*days)[count++] = pg_strtoint32(word);
		word = comma;
	}
	return count;
}

/* Read what is asked. */
static LaunchTerms *
asked_read(ArrayType *asked, Day as_of, double *conf)
{
	LaunchTerms *terms = palloc0(sizeof(LaunchTerms));
	Datum *words;
	bool *nulls;
	int count;
	int32 *backs;
	int32 *aheads;
	int nbacks;
	int naheads;

	deconstruct_array(asked, TEXTOID, -1, false, TYPALIGN_INT, &words, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
		if (nulls[i])
			asked_refuse("Give no NULL among the words.");
	if (count < ASKED_LAUNCHES || (count - ASKED_LAUNCHES) % 2 != 0)
		asked_refuse(
			"Give look_back, look_ahead, entry_gap, whether donors are "
			"told apart, conf, and of each launch its name and day.");
	nbacks = days_read(TextDatumGetCString(words[ASKED_LOOK_BACK]), &backs);
	naheads = days_read(TextDatumGetCString(words[ASKED_LOOK_AHEAD]), &aheads);
	terms->windows = palloc(sizeof(Window) * nbacks * naheads);
	for (int i = 0; i < nbacks; i++)
		for (int j = 0; j < naheads; j++)
			terms->windows[terms->nwindows++] = (Window){backs[i], aheads[j]};
	terms->gap = pg_strtoint32(TextDatumGetCString(words[ASKED_GAP]));
	terms->has_donors =
		strcmp(TextDatumGetCString(words[ASKED_DONORS]), "true") == 0;
	*conf = DatumGetFloat8(DirectFunctionCall1(
		float8in, CStringGetDatum(TextDatumGetCString(words[ASKED_CONF]))));
	terms->as_of = as_of;
	terms->launches = palloc(sizeof(Launch) * count);
	for (int i = ASKED_LAUNCHES; i < count; i += 2)
	{
		text *name = DatumGetTextPP(words[i]);

		terms->launches[terms->nlaunches++] =
			(Launch){{VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)},
					 pg_strtoint32(TextDatumGetCString(words[i + 1]))};
	}
	return terms;
}

/*
 * (customer, product, started_on, ended_on, mrr, segment, as_of, asked): a
 * spell; or, where segment is not NULL, a time in a segment.
 */
PG_FUNCTION_INFO_V1(cvm_launch_spells_add);
Datum
cvm_launch_spells_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {.as_of = ARG_AS_OF,
												   .with_as_of = true};
	bool is_membership = !PG_ARGISNULL(ARG_SEGMENT);
	SpellBufferState *state;
	SpellBufferRow row;

	row.state = state =
		PG_ARGISNULL(0) ? NULL : (SpellBufferState *) PG_GETARG_POINTER(0);
	if (unlikely(state == NULL))
		state_context(fcinfo, "launch_spells_add");
	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!(is_membership
			  ? membership_read(fcinfo, &row.spell)
			  : argument_spell(fcinfo, ARG_PRODUCT, 0, 0, &row.spell)))
		PG_RETURN_SPELL_BUFFER(state);
	spell_buffer_customer(fcinfo, &arguments, "launch_spells_add", &row);
	state = row.state;
	if (unlikely(state->span == 0))
	{
		MemoryContext old;

		argument_refuse_null(fcinfo, ARG_ASKED, "asked",
							 "Give look_back, look_ahead and the rest.");
		old = MemoryContextSwitchTo(state_context(fcinfo, "launch_spells_add"));
		state->given = PG_GETARG_ARRAYTYPE_P_COPY(ARG_ASKED);
		state->span = 1;
		MemoryContextSwitchTo(old);
	}
	if (is_membership)
	{
		Label segment = argument_label(fcinfo, ARG_SEGMENT);

		spell_buffer_add_membership(state->spell_buffer, row.key,
									row.spell.start, row.spell.end, &segment,
									0);
	}
	else
	{
		state->has_spells = true;
		spell_buffer_add(state->spell_buffer, row.key, &row.spell);
	}
	PG_RETURN_POINTER(state);
}

/* The end of all: what was asked, and of whom; NULL: there is nobody */
static SpellBuffer *
asked_end(FunctionCallInfo fcinfo, const char *name, LaunchTerms **terms,
		  double *conf)
{
	SpellBufferState *state;

	if (PG_ARGISNULL(0))
		return NULL;
	state_context(fcinfo, name);
	state = (SpellBufferState *) PG_GETARG_POINTER(0);
	if (!state->has_spells)
		return NULL;
	*terms =
		asked_read(state->given, state->spell_buffer->terms.as_of - 1, conf);
	return state->spell_buffer;
}

/* Ask all customers; NULL: there are none. */
static LaunchStates *
states_read(FunctionCallInfo fcinfo, const char *name, LaunchTerms **terms,
			double *conf)
{
	SpellBuffer *spell_buffer = asked_end(fcinfo, name, terms, conf);

	if (spell_buffer == NULL)
		return NULL;
	return launches_read(CurrentMemoryContext, spell_buffer, *terms);
}

/* Of whom a row is: the launch, and the segment, which is NULL for everybody */
static void
whom_put(const LaunchStates *states, const LaunchTerms *terms,
		 const LaunchState *state, int segment_at, Datum *values, bool *nulls)
{
	values[0] = label_datum(&terms->launches[state->launch].focal);
	nulls[segment_at] = state->segment == LAUNCH_EVERYBODY;
	if (!nulls[segment_at])
		values[segment_at] = label_datum(&states->segments[state->segment]);
}

#define STATE_COLUMNS 4

/* The end of _launch_agg: focal, donor (NULL: all), segment, state */
PG_FUNCTION_INFO_V1(cvm_launch_states_final);
Datum
cvm_launch_states_final(PG_FUNCTION_ARGS)
{
	LaunchTerms *terms;
	double conf;
	LaunchStates *states = states_read(fcinfo, "_launch_agg", &terms, &conf);
	RowArray array;

	if (states == NULL)
		PG_RETURN_NULL();
	row_array_open(&array, fcinfo);
	for (int i = 0; i < states->count; i++)
	{
		const LaunchState *state = &states->states[i];
		Datum values[STATE_COLUMNS] = {0};
		bool nulls[STATE_COLUMNS] = {false};

		whom_put(states, terms, state, 2, values, nulls);
		nulls[1] = state->donor == LAUNCH_ALL_DONORS;
		if (!nulls[1])
			values[1] = label_datum(&states->donors[state->donor]);
		values[3] = expanded_flat(&cannibalization_state, state->state);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}

#define RATE_COLUMNS 21

typedef struct RateRow
{
	int at;
	Datum values[RATE_COLUMNS];
	bool nulls[RATE_COLUMNS];
} RateRow;

static void
put_number(RateRow *row, double number)
{
	row->nulls[row->at] = !isfinite(number);
	row->values[row->at++] = Float8GetDatum(number);
}

static void
put_interval(RateRow *row, const Estimate *interval)
{
	put_number(row, interval->rate);
	put_number(row, interval->low);
	put_number(row, interval->high);
}

/* The rates of a segment in a window */
static void
rates_put(RateRow *row, const WindowStats *stats, const Verdict *verdict)
{
	row->at = 2;
	row->values[row->at++] = Int32GetDatum(stats->window.look_back);
	row->values[row->at++] = Int32GetDatum(stats->window.look_ahead);
	row->values[row->at++] = Int64GetDatum(verdict->entries);
	row->values[row->at++] = Int64GetDatum(verdict->matured);
	row->values[row->at++] = Int64GetDatum(stats->kinds[ENTRY_PENDING]);
	put_number(row, verdict->own_base_share);
	put_interval(row, &verdict->unit);
	put_interval(row, &verdict->value);
	row->values[row->at++] = Int64GetDatum(verdict->control.customers);
	put_number(row, verdict->control.loss_rate);
	put_interval(row, &verdict->corrected);
	put_number(row, verdict->step_rate);
	put_number(row, verdict->control.step_rate);
	Assert(row->at == RATE_COLUMNS);
}

/* The end of _launch_rate_agg: what cannibalization_verdict() says of rates */
PG_FUNCTION_INFO_V1(cvm_launch_rates_final);
Datum
cvm_launch_rates_final(PG_FUNCTION_ARGS)
{
	VerdictTerms asked = {NAN, NAN, NAN, NAN, 0, NAN, NAN, false, 0, 1, 0};
	LaunchTerms *terms;
	LaunchStates *states =
		states_read(fcinfo, "_launch_rate_agg", &terms, &asked.conf);
	RowArray array;

	if (states == NULL)
		PG_RETURN_NULL();
	row_array_open(&array, fcinfo);
	for (int i = 0; i < states->count; i++)
	{
		const LaunchState *state = &states->states[i];

		for (int j = 0; j < state->state->nwindow_stats; j++)
		{
			const WindowStats *stats = &state->state->window_stats[j];
			RateRow row = {0};
			Verdict verdict;

			verdict_reach(state->state, stats, &asked, &verdict);
			whom_put(states, terms, state, 1, row.values, row.nulls);
			rates_put(&row, stats, &verdict);
			row_array_put(&array, row.values, row.nulls);
		}
	}
	return row_array_close(&array, fcinfo);
}

/* The end of _launch_matrix_agg: the matrix of each segment of first days */
PG_FUNCTION_INFO_V1(cvm_launch_matrices_final);
Datum
cvm_launch_matrices_final(PG_FUNCTION_ARGS)
{
	LaunchTerms *terms;
	double conf;
	SpellBuffer *spell_buffer =
		asked_end(fcinfo, "_launch_matrix_agg", &terms, &conf);
	SegmentMatrices *matrices;
	RowArray array;

	if (spell_buffer == NULL)
		PG_RETURN_NULL();
	if (terms->nwindows != 1)
		asked_refuse("Give one look_back and one look_ahead.");
	matrices = matrices_read(CurrentMemoryContext, spell_buffer, terms->as_of,
							 terms->gap, terms->windows[0]);
	row_array_open(&array, fcinfo);
	for (int i = 0; i < matrices->count; i++)
	{
		Datum values[2];
		bool nulls[2] = {false, false};

		if (matrices->matrices[i] == NULL)
			continue;
		values[0] = label_datum(&matrices->segments[i]);
		values[1] =
			expanded_flat(&cannibalization_matrix_state, matrices->matrices[i]);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
