/*
 * segment_days.c
 *		In which segment a customer was, from when to when, as rows
 *		(core/segments/segment_days.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "core/segments/segment_days.h"
#include "pg/compat.h"
#include "pg/rows_out.h"
#include "pg/segments/segment_days.h"

/* Days as ranges have them: no bound is another day than an infinite one. */
int64
stay_from(Datum day, bool isnull)
{
	return isnull ? SEGMENT_DAYS_EVER : DatumGetDateADT(day);
}

int64
stay_to(Datum day, bool isnull)
{
	return isnull ? SEGMENT_DAYS_STILL : DatumGetDateADT(day);
}

/* The elements of an array of days or numbers */
static int
elements(FunctionCallInfo fcinfo, int argument, Oid type, Datum **values,
		 bool **nulls)
{
	bool is_text = type == TEXTOID;
	int count;

	if (PG_ARGISNULL(argument))
		return 0;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type,
					  is_text ? -1 : sizeof(int32), !is_text, TYPALIGN_INT,
					  values, nulls, &count);
	return count;
}

/* Where a customer's stays stand: segments, first days, last days. */
int
stay_arrays(FunctionCallInfo fcinfo, int argument, Oid type, StayArrays *stays)
{
	int count =
		elements(fcinfo, argument, type, &stays->segments, &stays->no_segment);

	if (elements(fcinfo, argument + 1, DATEOID, &stays->from,
				 &stays->no_from) != count ||
		elements(fcinfo, argument + 2, DATEOID, &stays->to, &stays->no_to) !=
			count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays of times in segments have unequal lengths"),
				 errhint("Make them with array_agg() over the same rows.")));
	return count;
}

static int
name_order(const void *a, const void *b)
{
	const text *x = *(text *const *) a;
	const text *y = *(text *const *) b;
	int nx = VARSIZE_ANY_EXHDR(x);
	int ny = VARSIZE_ANY_EXHDR(y);
	int order = memcmp(VARDATA_ANY(x), VARDATA_ANY(y), Min(nx, ny));

	return order != 0 ? order : nx - ny;
}

/* What is answered, a segment at a time */
typedef struct Answer
{
	TupleDesc row;
	TypeCacheEntry *type;
	text **names;
	int nnames;
	int next; /* of the names; -1 is none */
	SegmentDays *days;
	int ndays;
} Answer;

static Answer *
answer_make(FunctionCallInfo fcinfo)
{
	Answer *answer = palloc0(sizeof(Answer));
	StayArrays given;
	int ngiven = stay_arrays(fcinfo, 0, TEXTOID, &given);
	SegmentDays *stays = palloc(sizeof(SegmentDays) * Max(ngiven, 1));
	int nstays = 0;

	if (get_call_result_type(fcinfo, NULL, &answer->row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type is not a row");
	answer->row = BlessTupleDesc(answer->row);
	answer->type =
		lookup_type_cache(DATEMULTIRANGEOID, TYPECACHE_MULTIRANGE_INFO);
	answer->names = palloc(sizeof(text *) * Max(ngiven, 1));
	for (int i = 0; i < ngiven; i++)
		if (!given.no_segment[i])
			answer->names[answer->nnames++] = DatumGetTextPP(given.segments[i]);
	if (answer->nnames > 1)
	{
		int count = 0;

		qsort(answer->names, answer->nnames, sizeof(text *), name_order);
		for (int i = 0; i < answer->nnames; i++)
			if (count == 0 ||
				name_order(&answer->names[count - 1], &answer->names[i]) != 0)
				answer->names[count++] = answer->names[i];
		answer->nnames = count;
	}
	for (int i = 0; i < ngiven; i++)
	{
		SegmentDays *stay = &stays[nstays];
		text *name;
		text **found = answer->names;

		if (given.no_segment[i])
			continue;
		name = DatumGetTextPP(given.segments[i]);
		if (answer->nnames > 1)
			found = bsearch(&name, answer->names, answer->nnames,
							sizeof(text *), name_order);
		stay->from = stay_from(given.from[i], given.no_from[i]);
		stay->to = stay_to(given.to[i], given.no_to[i]);
		stay->segment = (int32) (found - answer->names);
		nstays++;
	}
	answer->days = palloc(sizeof(SegmentDays) * SEGMENT_DAYS_ROOM(nstays));
	answer->ndays = segment_days_settle(stays, nstays, answer->days);
	answer->next = SEGMENT_DAYS_NONE;
	return answer;
}

static RangeBound
bound(int64 day, bool lower)
{
	bool infinite = day == (lower ? SEGMENT_DAYS_EVER : SEGMENT_DAYS_STILL);

	return (RangeBound){DateADTGetDatum(infinite ? 0 : (DateADT) day), infinite,
						lower && !infinite, lower};
}

/* The days in a segment, NULL if there are none */
static MultirangeType *
days_of(const Answer *answer, int segment)
{
	RangeType **ranges = palloc(sizeof(RangeType *) * answer->ndays);
	int nranges = 0;

	for (int i = 0; i < answer->ndays; i++)
	{
		RangeBound from = bound(answer->days[i].from, true);
		RangeBound to = bound(answer->days[i].to, false);

		CHECK_FOR_INTERRUPTS();
		if (answer->days[i].segment == segment)
			ranges[nranges++] = range_make(answer->type->rngtype, &from, &to);
	}
	return nranges == 0
			   ? NULL
			   : make_multirange(DATEMULTIRANGEOID, answer->type->rngtype,
								 nranges, ranges);
}

/*
 * cvm._segment_days(segments, first days, days after the last): a row for each
 * segment, and for none, that the customer was in on any day.
 */
PG_FUNCTION_INFO_V1(cvm_segment_days);
Datum
cvm_segment_days(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	Answer *answer;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext outside;

		call = SRF_FIRSTCALL_INIT();
		outside = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		call->user_fctx = answer_make(fcinfo);
		MemoryContextSwitchTo(outside);
	}
	call = SRF_PERCALL_SETUP();
	answer = call->user_fctx;
	while (answer->next < answer->nnames)
	{
		int segment = answer->next++;
		MultirangeType *days = days_of(answer, segment);

		if (days != NULL)
		{
			Datum values[2];
			bool nulls[2] = {false, false};

			values[0] = segment == SEGMENT_DAYS_NONE
							? CStringGetTextDatum("(none)")
							: PointerGetDatum(answer->names[segment]);
			values[1] = MultirangeTypePGetDatum(days);
			SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(
									  answer->row, values, nulls)));
		}
	}
	SRF_RETURN_DONE(call);
}
