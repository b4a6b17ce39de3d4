/*
 * timelines_agg.c
 *		_timelines_agg: the timelines of all customers of some rows at once
 *		(core/retention/timelines.h), which _timelines() hands out.
 *
 * What activity_agg and GROUP BY give by a state for each customer, which the
 * executor looks up for every row and copies where memory does not hold them.
 * That is what Citus needs, where customers live on other machines, and what
 * takes rows of workers together; elsewhere views ask for this.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/budget.h"
#include "pg/passing.h"
#include "pg/retention/fold_scan.h"
#include "pg/retention/timeline_rows.h"
#include "pg/row.h"
#include "pg/rows_out.h"
#include "pg/state_type.h"
#include "pg/ticket.h"

static const char name_of_state[] = "_timelines_agg";

/*
 * The state: timelines, or what a parallel worker sent, still in its bytes.
 * There are none any more when they have been handed out.
 */
typedef struct TimelinesState
{
	PassedState passed;
	Timelines *timelines;
} TimelinesState;

static void
make_room(void *timelines)
{
	timelines_flush(timelines);
}

/* Add a row of any form. */
static pg_noinline Datum
timelines_add_row(FunctionCallInfo fcinfo)
{
	MemoryContext context = state_context(fcinfo, name_of_state);
	RowForm *form = day_form(fcinfo);
	TimelinesState *state =
		PG_ARGISNULL(0) ? NULL : (TimelinesState *) PG_GETARG_POINTER(0);
	DayReader reader;
	RowEvent event;

	if (PG_ARGISNULL(form->customer) || PG_ARGISNULL(form->time))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	reader = day_reader(form->time_kind, row_zone(form, fcinfo));
	if (state == NULL)
	{
		state = MemoryContextAllocZero(context, sizeof(TimelinesState));
		state->timelines =
			timelines_new(context, form->key_kind, form->value >= 0, reader,
						  aggregate_budget(fcinfo));
		fold_scan_begin(
			fcinfo, form,
			(FoldRows){&state->timelines->batch, make_room, state->timelines});
	}
	else
		timelines_set_day_reader(state->timelines, reader);
	event = row_event(form, fcinfo);
	timelines_take(state->timelines, row_key(form, fcinfo),
				   row_time(form, fcinfo), event.marks, event.value,
				   event.scale);
	PG_RETURN_POINTER(state);
}

/* Add a row; most are plain and find room in the batch (as in fold.c). */
PG_FUNCTION_INFO_V1(cvm_timelines_add);
Datum
cvm_timelines_add(PG_FUNCTION_ARGS)
{
	if (likely(row_is_plain(fcinfo)))
	{
		TimelinesState *state = (TimelinesState *) PG_GETARG_POINTER(0);

		if (likely(row_take_plain(fcinfo, &state->timelines->batch)))
			PG_RETURN_POINTER(state);
	}
	return timelines_add_row(fcinfo);
}

/* Add a piece of what a parallel worker sent. */
static void
piece_add(FunctionCallInfo fcinfo, MemoryContext context, void *state,
		  const Passed *piece)
{
	TimelinesState *into = state;

	into->timelines = timelines_absorb(into->timelines, context, piece->data,
									   piece->size, aggregate_budget(fcinfo));
}

static void
pieces_encode(void *state, ByteWriter *writer)
{
	timelines_encode(((TimelinesState *) state)->timelines, writer);
}

PASSED_FUNCTIONS(timelines, name_of_state, TimelinesState, piece_add,
				 pieces_encode)

/* The end: a ticket. */
PG_FUNCTION_INFO_V1(cvm_timelines_final);
Datum
cvm_timelines_final(PG_FUNCTION_ARGS)
{
	return ticket_final(fcinfo, name_of_state);
}

/* _timelines(ticket, a customer): a row for each customer */
PG_FUNCTION_INFO_V1(cvm_timelines);
Datum
cvm_timelines(PG_FUNCTION_ARGS)
{
	TimelinesState *state;
	Timelines *timelines;
	TimelineRows rows;
	ReturnSetInfo *result = rows_out_begin(fcinfo);

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	state = ticket_read(PG_GETARG_DATUM(0), name_of_state);
	timelines = state->timelines;
	if (timelines == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("timelines of this ticket have been read"),
			 errhint("Read them once, in a WITH query that is MATERIALIZED.")));
	state->timelines = NULL;
	timeline_rows_open(&rows, result, timelines->kind);
	timelines_finish(timelines, timeline_rows_take, &rows);
	return (Datum) 0;
}
