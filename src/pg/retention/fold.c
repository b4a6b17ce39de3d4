/*
 * fold.c
 *		retention_agg and segment_retention_agg over raw rows: the triangle, or
 *		one for each segment, in one pass (core/retention/fold.h); lifecycle_agg
 *		and segment_lifecycle_agg likewise.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/retention/fold.h"
#include "pg/arguments.h"
#include "pg/budget.h"
#include "pg/label.h"
#include "pg/passing.h"
#include "pg/retention/fold_scan.h"
#include "pg/row.h"
#include "pg/row_array.h"
#include "pg/state_type.h"
#include "pg/types.h"

/*
 * The state of the aggregate: a fold of its own, or what a parallel worker
 * sent, still in its bytes until it is merged.
 */
typedef struct FoldState
{
	PassedState passed;
	Fold *fold;
} FoldState;

/* Begin a fold: what it is follows from the form it was called in. */
static FoldState *
fold_begin(FunctionCallInfo fcinfo, RowForm *form)
{
	MemoryContext context = state_context(fcinfo, "retention_agg");
	FoldState *state = MemoryContextAllocZero(context, sizeof(FoldState));

	state->fold = fold_new(
		context, form->key_kind, grain_calendar(&form->grain, fcinfo),
		form->is_start >= 0, form->value >= 0, aggregate_budget(fcinfo));
	if (form->segment >= 0)
		fold_expect_memberships(state->fold);
	if (form->as_of >= 0 && !PG_ARGISNULL(form->as_of))
		fold_set_as_of(state->fold, argument_day(fcinfo, form->as_of, "as_of"));
	return state;
}

/* Is as_of of this row that of those before? */
static bool
as_of_agrees(FunctionCallInfo fcinfo, const RowForm *form, const Fold *fold)
{
	if (form->as_of < 0)
		return true;
	if (PG_ARGISNULL(form->as_of))
		return !fold->has_as_of;
	return fold->has_as_of &&
		   fold->as_of == argument_day(fcinfo, form->as_of, "as_of");
}

static void
make_room(void *fold)
{
	fold_make_room(fold);
}

/* The fold that a row belongs to, which knows how to read it. */
static FoldState *
fold_ready(FunctionCallInfo fcinfo, RowForm *form)
{
	Zone *zone = form->zone >= 0 ? row_zone(form, fcinfo) : NULL;
	Calendar calendar = grain_calendar(&form->grain, fcinfo);
	FoldState *state = PG_ARGISNULL(0) ? fold_begin(fcinfo, form)
									   : (FoldState *) PG_GETARG_POINTER(0);

	if (unlikely(!calendar_is(calendar, state->fold->calendar)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("grain changes from row to row"),
						errhint("Give the same grain for every row.")));
	if (unlikely(!as_of_agrees(fcinfo, form, state->fold)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("as_of changes from row to row"),
						errhint("Give the same as_of for every row.")));
	fold_set_day_reader(state->fold, day_reader(form->time_kind, zone));
	if (PG_ARGISNULL(0))
		fold_scan_begin(
			fcinfo, form,
			(FoldRows){&state->fold->batch, make_room, state->fold});
	return state;
}

/* Add a membership, which may have been and be for ever. */
static void
fold_add_membership(FunctionCallInfo fcinfo, const RowForm *form, Fold *fold)
{
	DateADT from = PG_GETARG_DATEADT(form->segment + 1);
	DateADT to = DATEVAL_NOEND;
	Label segment = {MEMBERSHIP_NONE, sizeof(MEMBERSHIP_NONE) - 1};

	if (!PG_ARGISNULL(form->segment))
	{
		text *name = PG_GETARG_TEXT_PP(form->segment);

		segment = (Label){VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
	}
	if (!PG_ARGISNULL(form->segment + 2))
		to = PG_GETARG_DATEADT(form->segment + 2);
	fold_take_membership(fold, row_key(form, fcinfo), &segment, from, to);
}

/* Is this a row of a membership, and none of an event? */
static inline bool
row_is_membership(FunctionCallInfo fcinfo, const RowForm *form)
{
	return form->segment >= 0 && PG_ARGISNULL(form->time) &&
		   !PG_ARGISNULL(form->segment + 1);
}

/* Add a row of any form. */
static pg_noinline Datum
fold_add_row(FunctionCallInfo fcinfo)
{
	RowForm *form = row_form(fcinfo);
	FoldState *state;
	RowEvent event;

	if (PG_ARGISNULL(form->customer) ||
		(PG_ARGISNULL(form->time) && !row_is_membership(fcinfo, form)))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_POINTER(PG_GETARG_POINTER(0));
	}
	/* where zone, grain and as_of are constants, the first row has said all */
	if (likely(form->is_constant && !PG_ARGISNULL(0)))
		state = (FoldState *) PG_GETARG_POINTER(0);
	else
		state = fold_ready(fcinfo, form);
	if (PG_ARGISNULL(form->time))
	{
		fold_add_membership(fcinfo, form, state->fold);
		PG_RETURN_POINTER(state);
	}
	event = row_event(form, fcinfo);
	fold_take(state->fold, row_key(form, fcinfo), row_time(form, fcinfo),
			  event.marks, event.value, event.scale);
	PG_RETURN_POINTER(state);
}

/*
 * Add a row.  Most are of a plain form with room in the batch: those need no
 * more than what stands here, and no frame on the stack.
 */
PG_FUNCTION_INFO_V1(cvm_fold_add);
Datum
cvm_fold_add(PG_FUNCTION_ARGS)
{
	if (likely(row_is_plain(fcinfo)))
	{
		FoldState *state = (FoldState *) PG_GETARG_POINTER(0);

		if (likely(row_take_plain(fcinfo, &state->fold->batch)))
			PG_RETURN_POINTER(state);
	}
	return fold_add_row(fcinfo);
}

/* Add a piece of what a parallel worker sent. */
static void
piece_add(FunctionCallInfo fcinfo, MemoryContext context, void *state,
		  const Passed *piece)
{
	FoldState *into = state;

	into->fold = fold_absorb(into->fold, context, piece->data, piece->size,
							 aggregate_budget(fcinfo));
}

static void
pieces_encode(void *state, ByteWriter *writer)
{
	fold_encode(((FoldState *) state)->fold, writer);
}

PASSED_FUNCTIONS(fold, "retention_agg", FoldState, piece_add, pieces_encode)

/* The end: count every customer into a retention state. */
PG_FUNCTION_INFO_V1(cvm_fold_final);
Datum
cvm_fold_final(PG_FUNCTION_ARGS)
{
	Retention *retention;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "retention_agg");
	retention = retention_new(CurrentMemoryContext);
	fold_finish(((FoldState *) PG_GETARG_POINTER(0))->fold, retention);
	return retention_make(retention);
}

/* The state of a segment by its number, or 0 when it has no customers */
typedef Datum (*SegmentState)(void *states, int segment);

static Datum
segment_retention(void *states, int segment)
{
	Retention *retention = ((Retention **) states)[segment];

	return retention->ncohorts == 0 ? (Datum) 0 : retention_make(retention);
}

static Datum
segment_lifecycle(void *states, int segment)
{
	Lifecycle *lifecycle = ((Lifecycle **) states)[segment];

	return lifecycle->nperiods == 0 ? (Datum) 0 : lifecycle_make(lifecycle);
}

/*
 * An array of the segments that have customers, each with its state; NULL when
 * there are none.
 */
static Datum
segments_return(FunctionCallInfo fcinfo, const Dictionary *names,
				SegmentState state, void *states)
{
	RowArray array;

	row_array_open(&array, fcinfo);
	for (int i = 0; i < names->count; i++)
	{
		Datum values[2];
		bool nulls[2] = {false, false};

		values[1] = state(states, i);
		if (values[1] == (Datum) 0)
			continue;
		values[0] = label_datum(&names->labels[i]);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}

/* The end of segment_retention_agg: a triangle for each segment. */
PG_FUNCTION_INFO_V1(cvm_fold_final_segments);
Datum
cvm_fold_final_segments(PG_FUNCTION_ARGS)
{
	Fold *fold;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "segment_retention_agg");
	fold = ((FoldState *) PG_GETARG_POINTER(0))->fold;
	return segments_return(fcinfo, &fold->memberships.segments,
						   segment_retention,
						   fold_finish_segments(fold, CurrentMemoryContext));
}

/* The end of lifecycle_agg over rows: what customers were, period by period. */
PG_FUNCTION_INFO_V1(cvm_fold_final_lifecycle);
Datum
cvm_fold_final_lifecycle(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "lifecycle_agg");
	return lifecycle_make(fold_finish_lifecycles(
		((FoldState *) PG_GETARG_POINTER(0))->fold, CurrentMemoryContext)[0]);
}

/* The end of segment_lifecycle_agg: the same for each segment. */
PG_FUNCTION_INFO_V1(cvm_fold_final_segment_lifecycles);
Datum
cvm_fold_final_segment_lifecycles(PG_FUNCTION_ARGS)
{
	Fold *fold;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "segment_lifecycle_agg");
	fold = ((FoldState *) PG_GETARG_POINTER(0))->fold;
	return segments_return(fcinfo, &fold->memberships.segments,
						   segment_lifecycle,
						   fold_finish_lifecycles(fold, CurrentMemoryContext));
}
