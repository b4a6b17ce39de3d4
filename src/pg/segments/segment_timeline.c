/*
 * segment_timeline.c
 *		In which segment a customer was when
 *		(core/segments/segment_timeline.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "nodes/execnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "pg/segments/segment_timeline.h"
#include "pg/state_type.h"

#define IN_NO_SEGMENT "(none)"

/* A name with the membership that it is of, while names are numbered */
typedef struct Named
{
	Label name;
	int membership;
} Named;

static int
compare_named(const void *a, const void *b)
{
	return label_compare(&((const Named *) a)->name,
						 &((const Named *) b)->name);
}

/* Number the segments of memberships in the order of their names. */
static Label *
number_names(Named *named, Membership *memberships, int count)
{
	Label *names = palloc(sizeof(Label) * Max(count, 1));
	int last = -1;

	if (count > 1)
		qsort(named, count, sizeof(Named), compare_named);
	for (int i = 0; i < count; i++)
	{
		if (last < 0 || label_compare(&names[last], &named[i].name) != 0)
			names[++last] = named[i].name;
		memberships[named[i].membership].segment = last;
	}
	return names;
}

/* _segment_timeline(segments, valid_from, valid_to): lists of memberships */
PG_FUNCTION_INFO_V1(cvm_segment_timeline);
Datum
cvm_segment_timeline(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, DATEOID, DATEOID};
	Datum *values[3];
	bool *nulls[3];
	int counts[3];
	Membership *memberships;
	Named *named;
	ByteWriter writer;
	int count = 0;

	for (int i = 0; i < 3; i++)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(i), types[i],
						  i == 0 ? -1 : (int) sizeof(DateADT), i > 0,
						  TYPALIGN_INT, &values[i], &nulls[i], &counts[i]);
	if (counts[1] != counts[0] || counts[2] != counts[0])
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("lists of memberships have different lengths: %d "
						"segments, %d first days, %d last days",
						counts[0], counts[1], counts[2]),
				 errhint("Make the three with array_agg() over the same "
						 "rows.")));
	memberships = palloc(sizeof(Membership) * Max(counts[0], 1));
	named = palloc(sizeof(Named) * Max(counts[0], 1));
	for (int i = 0; i < counts[0]; i++)
	{
		Membership *membership = &memberships[count];
		text *name;

		if (nulls[0][i])
			continue;
		membership->start =
			nulls[1][i] ? MEMBERSHIP_UNKNOWN : DatumGetDateADT(values[1][i]);
		membership->end =
			nulls[2][i] ? SPELL_OPEN : DatumGetDateADT(values[2][i]);
		if (!nulls[1][i] && DATE_IS_NOBEGIN(membership->start))
			membership->start = MEMBERSHIP_ALWAYS;
		if (membership->end <= membership->start)
			continue;
		membership->version = 0;
		name = DatumGetTextPP(values[0][i]);
		named[count].name = (Label){VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
		named[count].membership = count;
		count++;
	}
	state_open(&writer);
	segment_timeline_write(&writer, number_names(named, memberships, count),
						   memberships, count);
	return state_close(&writer);
}

/* The name of a membership's segment, which may come from outside */
Datum
segment_datum(const Label *segment)
{
	if (segment->data == NULL)
		return PointerGetDatum(cstring_to_text(IN_NO_SEGMENT));
	pg_verifymbstr(segment->data, (int) segment->size, false);
	return PointerGetDatum(
		cstring_to_text_with_len(segment->data, (int) segment->size));
}

/* _segment_on(timeline, day): the segment held on it; NULL: none is */
PG_FUNCTION_INFO_V1(cvm_segment_on);
Datum
cvm_segment_on(PG_FUNCTION_ARGS)
{
	StateBytes bytes = state_bytes(PG_GETARG_DATUM(0));
	DateADT day = PG_GETARG_DATEADT(1);
	SegmentTimeline timeline;
	SegmentMembership membership;

	if (DATE_IS_NOEND(day))
		PG_RETURN_NULL();
	segment_timeline_open(&timeline, bytes.data, bytes.size, day, day + 1);
	if (!segment_timeline_next(&timeline, &membership) ||
		membership.segment.data == NULL)
		PG_RETURN_NULL();
	return segment_datum(&membership.segment);
}

/*
 * _segment_stays(timeline, since, until): the segments held between two days,
 * and "(none)" where none is; of no timeline that alone.  One row at a time:
 * most customers have few.
 */
PG_FUNCTION_INFO_V1(cvm_segment_stays);
Datum
cvm_segment_stays(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	FuncCallContext *call;
	SegmentMembership membership;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;
		StateBytes bytes = {NULL, 0};
		SegmentTimeline *timeline;

		call = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		timeline = palloc0(sizeof(SegmentTimeline));
		if (!PG_ARGISNULL(0))
			bytes = state_bytes(PG_GETARG_DATUM(0));
		if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
			timeline->is_over = true;
		else
			segment_timeline_open(timeline, bytes.data, bytes.size,
								  PG_GETARG_DATEADT(1), PG_GETARG_DATEADT(2));
		call->user_fctx = timeline;
		/* the caller knows what rows look like */
		if (result != NULL && IsA(result, ReturnSetInfo) &&
			result->expectedDesc != NULL)
			call->tuple_desc = BlessTupleDesc(result->expectedDesc);
		else if (get_call_result_type(fcinfo, NULL, &call->tuple_desc) !=
				 TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type is not a row");
		MemoryContextSwitchTo(old);
	}
	call = SRF_PERCALL_SETUP();
	if (segment_timeline_next(call->user_fctx, &membership))
	{
		Datum values[3] = {segment_datum(&membership.segment),
						   DateADTGetDatum(membership.start),
						   DateADTGetDatum(membership.end)};
		bool nulls[3] = {false, false, false};

		SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(
								  call->tuple_desc, values, nulls)));
	}
	SRF_RETURN_DONE(call);
}
