/*
 * fold.c
 *		retention_agg and segment_retention_agg over raw rows: the triangle, or
 *		one for each segment, in one pass (core/retention/fold.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "core/retention/fold.h"
#include "pg/budget.h"
#include "pg/numeric.h"
#include "pg/passing.h"
#include "pg/row.h"
#include "pg/state_type.h"
#include "pg/types.h"

/*
 * The state of the aggregate: a fold of its own, or what a parallel worker
 * sent, still in its bytes until it is merged.
 */
typedef struct FoldState
{
	Fold *fold;
	bytea *bytes;
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
		fold_expect_stays(state->fold);
	return state;
}

/* The fold that a row belongs to, which knows how to read it. */
static FoldState *
fold_ready(FunctionCallInfo fcinfo, RowForm *form)
{
	Zone *zone = form->zone >= 0 ? row_zone(form, fcinfo) : NULL;
	Calendar calendar = grain_calendar(&form->grain, fcinfo);
	FoldState *state = PG_ARGISNULL(0) ? fold_begin(fcinfo, form)
									   : (FoldState *) PG_GETARG_POINTER(0);

	if (unlikely(calendar.grain != state->fold->calendar.grain ||
				 calendar.week_start != state->fold->calendar.week_start))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("grain changes from row to row"),
						errhint("Give the same grain for every row.")));
	fold_listen(state->fold, day_reader(form->time_kind, zone));
	return state;
}

/* Add a time in a segment, which may have been and be for ever. */
static void
fold_add_stay(FunctionCallInfo fcinfo, const RowForm *form, Fold *fold)
{
	DateADT from = PG_GETARG_DATEADT(form->segment + 1);
	DateADT to = DATEVAL_NOEND;
	Label segment = {STAYS_NOWHERE, sizeof(STAYS_NOWHERE) - 1};

	if (!PG_ARGISNULL(form->segment))
	{
		text *name = PG_GETARG_TEXT_PP(form->segment);

		segment = (Label){VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
	}
	if (!PG_ARGISNULL(form->segment + 2))
		to = PG_GETARG_DATEADT(form->segment + 2);
	fold_take_stay(fold, row_key(form, fcinfo), &segment, from, to);
}

/* Is this a row of a time in a segment, and none of an event? */
static inline bool
row_is_stay(FunctionCallInfo fcinfo, const RowForm *form)
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
	uint8_t marks = MARKS_PLAIN;
	Wide value = 0;
	int scale = 0;

	if (PG_ARGISNULL(form->customer) ||
		(PG_ARGISNULL(form->time) && !row_is_stay(fcinfo, form)))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_POINTER(PG_GETARG_POINTER(0));
	}
	/* where zone and grain are constants, the first row has said all */
	if (likely(form->is_constant && !PG_ARGISNULL(0)))
		state = (FoldState *) PG_GETARG_POINTER(0);
	else
		state = fold_ready(fcinfo, form);
	if (PG_ARGISNULL(form->time))
	{
		fold_add_stay(fcinfo, form, state->fold);
		PG_RETURN_POINTER(state);
	}
	if (form->is_start >= 0)
		marks = (row_flag(fcinfo, form->is_start) ? MARK_START : 0) |
				(row_flag(fcinfo, form->is_return) ? MARK_RETURN : 0);
	if (form->value >= 0 && !PG_ARGISNULL(form->value))
	{
		value = decimal_read(PG_GETARG_DATUM(form->value), &scale);
		marks |= MARK_VALUE;
	}
	fold_take(state->fold, row_key(form, fcinfo), row_time(form, fcinfo), marks,
			  value, scale);
	PG_RETURN_POINTER(state);
}

/* Put the key of a plain row where it belongs; false: it takes more than that. */
static inline bool
fold_key(const RowForm *form, FunctionCallInfo fcinfo, Key *key)
{
	const struct varlena *name;

	switch (form->key_kind)
	{
		case KEY_NUMBER:
			key->number = PG_GETARG_INT64(1);
			return true;
		case KEY_UUID:
			memcpy(key, PG_GETARG_UUID_P(1), sizeof(Key));
			return true;
		default:
			name = (const struct varlena *) PG_GETARG_POINTER(1);
			if (VARATT_IS_EXTERNAL(name) || VARATT_IS_COMPRESSED(name) ||
				VARSIZE_ANY_EXHDR(name) > KEY_INSIDE)
				return false;
			key_set_text(key, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
			return true;
	}
}

/* Put the value of a plain row where it belongs. */
static pg_noinline void
fold_value(const RowForm *form, FunctionCallInfo fcinfo, Batch *batch, int at)
{
	int scale;

	batch->marks[at] = MARKS_PLAIN;
	if (PG_ARGISNULL(form->value))
		return;
	batch->marks[at] |= MARK_VALUE;
	batch->values[at] = decimal_read(PG_GETARG_DATUM(form->value), &scale);
	batch->scales[at] = (uint8_t) scale;
}

/*
 * Add a row.  Most are of a plain form with room in the batch: those need no
 * more than what stands here, and no frame on the stack.
 */
PG_FUNCTION_INFO_V1(cvm_fold_add);
Datum
cvm_fold_add(PG_FUNCTION_ARGS)
{
	const RowForm *form = fcinfo->flinfo->fn_extra;

	if (likely(form != NULL && form->is_plain && !PG_ARGISNULL(0) &&
			   !PG_ARGISNULL(1) && !PG_ARGISNULL(2)))
	{
		FoldState *state = (FoldState *) PG_GETARG_POINTER(0);
		Batch *batch = &state->fold->batch;
		int at = batch->used;

		if (likely(at < batch->room &&
				   fold_key(form, fcinfo, &batch->keys[at])))
		{
			batch->times[at] = (int64_t) PG_GETARG_DATUM(2);
			if (form->value >= 0)
				fold_value(form, fcinfo, batch, at);
			batch->used = at + 1;
			PG_RETURN_POINTER(state);
		}
	}
	return fold_add_row(fcinfo);
}

/* Add what a parallel worker sent. */
PG_FUNCTION_INFO_V1(cvm_fold_combine);
Datum
cvm_fold_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = state_context(fcinfo, "retention_agg");
	FoldState *into =
		PG_ARGISNULL(0) ? NULL : (FoldState *) PG_GETARG_POINTER(0);
	FoldState *more =
		PG_ARGISNULL(1) ? NULL : (FoldState *) PG_GETARG_POINTER(1);
	Passed passed;

	if (more == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	if (into == NULL)
		into = MemoryContextAllocZero(context, sizeof(FoldState));
	if (more->bytes == NULL)
		elog(ERROR, "state of a parallel worker is not serialized");
	passed_open(&passed, fcinfo, VARDATA(more->bytes),
				VARSIZE(more->bytes) - VARHDRSZ);
	while (passed_next(&passed))
		into->fold = fold_absorb(into->fold, context, passed.data, passed.size,
								 aggregate_budget(fcinfo));
	PG_RETURN_POINTER(into);
}

/* The fold as bytes for another process. */
PG_FUNCTION_INFO_V1(cvm_fold_serialize);
Datum
cvm_fold_serialize(PG_FUNCTION_ARGS)
{
	FoldState *state = (FoldState *) PG_GETARG_POINTER(0);
	ByteWriter writer;
	Sending passing;

	state_context(fcinfo, "retention_agg");
	state_open(&writer);
	passing_open(&passing, &writer);
	fold_encode(state->fold, &writer);
	passing_close(&passing, &writer);
	return state_close(&writer);
}

/* Nothing is copied: combine reads the bytes where they are. */
PG_FUNCTION_INFO_V1(cvm_fold_deserialize);
Datum
cvm_fold_deserialize(PG_FUNCTION_ARGS)
{
	FoldState *state;

	state_context(fcinfo, "retention_agg");
	state = palloc0(sizeof(FoldState));
	state->bytes = PG_GETARG_BYTEA_P(0);
	PG_RETURN_POINTER(state);
}

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

/*
 * The end of segment_retention_agg: an array of the segments that have
 * customers, each with its retention state; NULL when there are none.
 */
PG_FUNCTION_INFO_V1(cvm_fold_final_segments);
Datum
cvm_fold_final_segments(PG_FUNCTION_ARGS)
{
	Oid type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	TupleDesc row;
	Fold *fold;
	Retention **retentions;
	Datum *segments;
	int nsegments = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "segment_retention_agg");
	if (!OidIsValid(type))
		elog(ERROR, "segment_retention_agg does not return an array");
	fold = ((FoldState *) PG_GETARG_POINTER(0))->fold;
	retentions = fold_finish_segments(fold, CurrentMemoryContext);
	segments = palloc(fold->stays.segments.count * sizeof(Datum));
	row = lookup_rowtype_tupdesc(type, -1);
	for (int i = 0; i < fold->stays.segments.count; i++)
	{
		const Label *label = &fold->stays.segments.labels[i];
		Datum values[2];
		bool nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		if (retentions[i]->ncohorts == 0)
			continue;
		values[0] = PointerGetDatum(
			cstring_to_text_with_len(label->data, (int) label->size));
		values[1] = retention_make(retentions[i]);
		segments[nsegments++] =
			HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
	}
	ReleaseTupleDesc(row);
	if (nsegments == 0)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(
		construct_array(segments, nsegments, type, -1, false, TYPALIGN_DOUBLE));
}
