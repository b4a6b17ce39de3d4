/*
 * inactivity.c
 *		What those without a contract add to each month
 *		(core/retention/inactivity.h), and when they were silent.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/retention/inactivity.h"
#include "pg/arguments.h"
#include "pg/types.h"

/* The elements of an array of days or numbers */
static int
elements(FunctionCallInfo fcinfo, int argument, Oid type, Datum **values,
		 bool **nulls)
{
	int count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, sizeof(int32),
					  true, TYPALIGN_INT, values, nulls, &count);
	return count;
}

/*
 * In which segment a customer was from which day on, from arguments with
 * numbers of segments, first days and days after the last; the first step says
 * where the customer has been for ever.
 */
static int
argument_steps(FunctionCallInfo fcinfo, int argument, SegmentStep **steps)
{
	Datum *segments, *from, *to;
	bool *no_segment, *no_from, *no_to;
	int count = elements(fcinfo, argument, INT4OID, &segments, &no_segment);
	Membership *memberships = palloc(sizeof(Membership) * Max(count, 1));
	int nmemberships = 0;

	if (elements(fcinfo, argument + 1, DATEOID, &from, &no_from) != count ||
		elements(fcinfo, argument + 2, DATEOID, &to, &no_to) != count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays of times in segments have unequal lengths"),
				 errhint("Make them with array_agg() over the same rows.")));
	for (int i = 0; i < count; i++)
	{
		Membership membership = {.start = DATEVAL_NOBEGIN, .end = SPELL_OPEN};

		if (no_segment[i])
			continue;
		membership.segment = DatumGetInt32(segments[i]);
		if (membership.segment < INACTIVITY_SEGMENT_LEAST ||
			membership.segment > INACTIVITY_SEGMENT_MOST)
			ereport(
				ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("segment has the number \"%d\"", membership.segment),
				 errhint("Number segments from %d to %d.",
						 INACTIVITY_SEGMENT_LEAST, INACTIVITY_SEGMENT_MOST)));
		if (!no_from[i])
			membership.start = DatumGetDateADT(from[i]);
		if (!no_to[i])
			membership.end = DatumGetDateADT(to[i]);
		if (membership.start < membership.end)
			memberships[nmemberships++] = membership;
	}
	*steps = palloc(sizeof(SegmentStep) * (2 * (size_t) nmemberships + 1));
	count = segment_steps_of(memberships, nmemberships, *steps + 1);
	if (count > 0 && (*steps)[1].day == DATEVAL_NOBEGIN)
	{
		(*steps)++;
		return count;
	}
	**steps = (SegmentStep){.day = DATEVAL_NOBEGIN, .segment = -1};
	return count + 1;
}

/*
 * cvm._inactivity_lines(activity, idle_days[], as_of, segments[], first days[],
 * days after the last[], has_segments): what a customer is in the bridge of
 * each idle_days, of all and of the segments.
 */
PG_FUNCTION_INFO_V1(cvm_inactivity_lines);
Datum
cvm_inactivity_lines(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	InactivityLines lines;
	SegmentStep *steps = NULL;
	int nsteps = PG_GETARG_BOOL(6) ? argument_steps(fcinfo, 3, &steps) : 0;
	Datum *idle;
	bool *no_idle;
	int nidle = elements(fcinfo, 1, INT4OID, &idle, &no_idle);
	Datum *codes;

	if (nidle > INACTIVITY_IDLE_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("\"%d\" numbers of idle days are too many", nidle),
				 errhint("Give up to %d.", INACTIVITY_IDLE_MOST)));
	inactivity_open(&lines, argument_day(fcinfo, 2, "as_of"));
	for (int i = 0; i < nidle; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!no_idle[i])
			inactivity_add(&lines, activity, i, DatumGetInt32(idle[i]), steps,
						   nsteps);
	}
	codes = palloc(sizeof(Datum) * Max(lines.count, 1));
	for (int i = 0; i < lines.count; i++)
		codes[i] = Int64GetDatum(lines.codes[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(
		codes, lines.count, INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE));
}

/*
 * cvm._silences(activity, silence_days): the days after which nothing had come
 * in for so many days, one for each time.
 */
PG_FUNCTION_INFO_V1(cvm_silences);
Datum
cvm_silences(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	int32 silence_days = PG_GETARG_INT32(1);
	Datum *days = palloc(sizeof(Datum) * Max(activity->ndays, 1));
	int count = 0;

	for (int i = 0; i < activity->ndays; i++)
	{
		int64 quiet = (int64) activity->days[i].day + silence_days;

		if ((i + 1 < activity->ndays && activity->days[i + 1].day <= quiet) ||
			quiet >= DAY_LAST)
			continue;
		days[count++] = DateADTGetDatum((DateADT) quiet + 1);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(days, count, DATEOID, sizeof(DateADT),
										  true, TYPALIGN_INT));
}
