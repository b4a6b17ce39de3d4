/*
 * arguments.c
 *		Arguments that many functions take: grain, as_of, clock, pauses, times.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg/arguments.h"

#include "utils/builtins.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

/* Refuse an argument that is NULL. */
void
argument_refuse_null(FunctionCallInfo fcinfo, int argument, const char *name,
					 const char *hint)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name), errhint("%s", hint)));
}

/* The calendar that arguments ask for; week_start -1: not an argument. */
Calendar
argument_calendar(FunctionCallInfo fcinfo, int grain, int week_start)
{
	text *name;

	argument_refuse_null(fcinfo, grain, "grain",
						 "Use day, week, month, quarter or year.");
	if (week_start >= 0)
		argument_refuse_null(
			fcinfo, week_start, "week_start",
			"Use an ISO day: 1 for Monday, up to 7 for Sunday.");
	name = PG_GETARG_TEXT_PP(grain);
	return calendar_of(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
					   week_start < 0 ? 1 : PG_GETARG_INT32(week_start));
}

/* A day that must be there. */
Day
argument_day(FunctionCallInfo fcinfo, int argument, const char *name)
{
	argument_refuse_null(
		fcinfo, argument, name,
		"Give the first day that was not observed, as a date.");
	return checked_day(PG_GETARG_DATEADT(argument));
}

/* For how many days a pause is kept. */
int32
argument_pause(FunctionCallInfo fcinfo, int argument)
{
	int32 days;

	argument_refuse_null(fcinfo, argument, "pause_days",
						 "Use 0 where a pause is the end of paying.");
	days = PG_GETARG_INT32(argument);
	if (days < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("pause_days \"%d\" is negative", days),
						errhint("Use 0 where a pause is the end of paying.")));
	return days;
}

/* The clock that an argument names. */
Clock
argument_clock(FunctionCallInfo fcinfo, int argument)
{
	text *name;

	argument_refuse_null(fcinfo, argument, "clock",
						 "Use calendar or anniversary.");
	name = PG_GETARG_TEXT_PP(argument);
	return clock_of(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

/*
 * The days a customer is held, from a multirange argument; all days when the
 * form has none, no day when it is NULL.
 */
Held *
argument_held(FunctionCallInfo fcinfo, int argument, int *nheld)
{
	MultirangeType *multirange;
	TypeCacheEntry *range_type;
	RangeType **ranges;
	Held *held;

	if (PG_NARGS() <= argument)
	{
		held = palloc(sizeof(Held));
		*held = (Held){INT64_MIN, INT64_MAX};
		*nheld = 1;
		return held;
	}
	*nheld = 0;
	if (PG_ARGISNULL(argument))
		return NULL;
	multirange = PG_GETARG_MULTIRANGE_P(argument);
	range_type = lookup_type_cache(MultirangeTypeGetOid(multirange),
								   TYPECACHE_MULTIRANGE_INFO)
					 ->rngtype;
	multirange_deserialize(range_type, multirange, nheld, &ranges);
	held = palloc(*nheld * sizeof(Held));
	for (int i = 0; i < *nheld; i++)
	{
		RangeBound lower;
		RangeBound upper;
		bool empty;

		range_deserialize(range_type, ranges[i], &lower, &upper, &empty);
		held[i].from = lower.infinite ? INT64_MIN : DatumGetDateADT(lower.val);
		held[i].to = upper.infinite ? INT64_MAX : DatumGetDateADT(upper.val);
	}
	return held;
}
