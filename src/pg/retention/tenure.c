/*
 * tenure.c
 *		Type tenure: one customer, read (core/retention/tenure.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "core/retention/tenure.h"
#include "pg/arguments.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/timezone.h"
#include "pg/types.h"

/* Read a tenure. */
Tenure *
tenure_datum(Datum datum)
{
	StateBytes state = state_bytes(datum);

	return tenure_decode(state.data, state.size);
}

STATE_INPUT(tenure, tenure_decode)

/* A day as a date, NULL past the calendar's end. */
Datum
day_datum(int64 day, bool *isnull)
{
	*isnull = day < DAY_FIRST || day > DAY_LAST;
	return DateADTGetDatum(*isnull ? 0 : (DateADT) day);
}

/* Brackets from an array of ranges. */
static void
argument_brackets(FunctionCallInfo fcinfo, int argument, RetentionSpec *spec)
{
	ArrayType *array;
	TypeCacheEntry *range_type;
	Datum *ranges;
	bool *nulls;
	int count;

	if (PG_ARGISNULL(argument))
		return;
	array = PG_GETARG_ARRAYTYPE_P(argument);
	range_type = lookup_type_cache(ARR_ELEMTYPE(array), TYPECACHE_RANGE_INFO);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("brackets must be a plain list"),
						errhint("Use for example '{\"[0,1)\",\"[1,4)\"}'.")));
	deconstruct_array(array, ARR_ELEMTYPE(array), range_type->typlen,
					  range_type->typbyval, range_type->typalign, &ranges,
					  &nulls, &count);
	if (count == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("brackets must not be empty"),
						errhint("Leave brackets out to read every period.")));
	spec->brackets = palloc(count * sizeof(Bracket));
	spec->nbrackets = count;
	for (int i = 0; i < count; i++)
	{
		RangeBound lower;
		RangeBound upper;
		bool empty;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("brackets must not contain null"),
					 errhint("Use for example '{\"[0,1)\",\"[1,4)\"}'.")));
		range_deserialize(range_type, DatumGetRangeTypeP(ranges[i]), &lower,
						  &upper, &empty);
		if (empty || lower.infinite || upper.infinite)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("bracket \"%s\" has no first or no last offset",
							DatumGetCString(
								OidFunctionCall1(F_RANGE_OUT, ranges[i]))),
					 errhint("Use a range with both ends, such as [1,4).")));
		spec->brackets[i].low = DatumGetInt32(lower.val);
		spec->brackets[i].high = DatumGetInt32(upper.val);
	}
}

/*
 * tenure(activity, grain, as_of, clock, week_start, brackets, min_events,
 * streak)
 */
PG_FUNCTION_INFO_V1(cvm_tenure);
Datum
cvm_tenure(PG_FUNCTION_ARGS)
{
	RetentionSpec spec;
	Tenure tenure;
	ByteWriter writer;
	Day as_of;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	memset(&spec, 0, sizeof(spec));
	spec.calendar = argument_calendar(fcinfo, 1, 4);
	as_of = argument_day(fcinfo, 2, "as_of");
	spec.clock = argument_clock(fcinfo, 3);
	argument_brackets(fcinfo, 5, &spec);
	argument_refuse_null(fcinfo, 6, "min_events", "Use 1 or more.");
	argument_refuse_null(fcinfo, 7, "streak", "Use true or false.");
	spec.min_events = PG_GETARG_INT32(6);
	spec.streak = PG_GETARG_BOOL(7);
	retention_spec_check(&spec);
	tenure_read(&tenure, activity_read(PG_GETARG_DATUM(0)), &spec, as_of);
	state_open(&writer);
	tenure_encode(&tenure, &writer);
	return state_close(&writer);
}

/* cohort_of(activity, grain, week_start): the first day of the cohort. */
PG_FUNCTION_INFO_V1(cvm_cohort_of);
Datum
cvm_cohort_of(PG_FUNCTION_ARGS)
{
	Calendar calendar;
	Activity *activity;
	int start;
	bool isnull;
	Datum day;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	calendar = argument_calendar(fcinfo, 1, 2);
	activity = activity_read(PG_GETARG_DATUM(0));
	start = activity_start(activity);
	if (start < 0)
		PG_RETURN_NULL();
	day = day_datum(
		period_start(calendar, period_of(calendar, activity->days[start].day)),
		&isnull);
	if (isnull)
		PG_RETURN_NULL();
	return day;
}

/* is_active(activity, period_no, grain, clock, week_start, min_events) */
PG_FUNCTION_INFO_V1(cvm_is_active);
Datum
cvm_is_active(PG_FUNCTION_ARGS)
{
	RetentionSpec spec;
	Tenure tenure;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	memset(&spec, 0, sizeof(spec));
	spec.calendar = argument_calendar(fcinfo, 2, 4);
	spec.clock = argument_clock(fcinfo, 3);
	argument_refuse_null(fcinfo, 5, "min_events", "Use 1 or more.");
	spec.min_events = PG_GETARG_INT32(5);
	retention_spec_check(&spec);
	tenure_read(&tenure, activity_read(PG_GETARG_DATUM(0)), &spec, DAY_LAST);
	if (!tenure.started)
		PG_RETURN_NULL();
	for (int i = 0; i < tenure.nperiods; i++)
		if (tenure.periods[i].no == PG_GETARG_INT32(1))
			PG_RETURN_BOOL(tenure.periods[i].retained);
	PG_RETURN_BOOL(false);
}

/* rfm(activity, as_of): recency, frequency, money, active days */
PG_FUNCTION_INFO_V1(cvm_rfm);
Datum
cvm_rfm(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	Day as_of = argument_day(fcinfo, 1, "as_of");
	Datum values[4];
	bool nulls[4] = {true, false, true, false};
	int64 events = 0;
	int64 days = 0;
	Wide money = 0;

	memset(values, 0, sizeof(values));
	for (int i = 0; i < activity->ndays && activity->days[i].day < as_of; i++)
	{
		days++;
		events = count_add(events, activity->days[i].events);
		money = money_add(money, activity->days[i].value);
		values[0] =
			Int32GetDatum((int32) ((int64) as_of - activity->days[i].day));
		nulls[0] = false;
	}
	values[1] = Int64GetDatum(events);
	if (activity->has_value && days > 0)
	{
		values[2] = decimal_make(money, activity->scale);
		nulls[2] = false;
	}
	values[3] = Int64GetDatum(days);
	return row_out(fcinfo, values, nulls);
}
