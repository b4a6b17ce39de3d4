/*
 * lifecycle.c
 *		Type lifecycle: new, retained, reactivated, dormant
 *		(core/retention/lifecycle.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/retention/lifecycle.h"
#include "pg/arguments.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/types.h"

STATE_TYPE(lifecycle)

Datum
lifecycle_make(const Lifecycle *lifecycle)
{
	return expanded_flat(&lifecycle_state, lifecycle);
}

/* as_of(lifecycle): the first day not observed. */
STATE_FIELD(lifecycle, Lifecycle, as_of, DateADT)

/* lifecycle_agg(activity, grain, as_of [, held]) */
PG_FUNCTION_INFO_V1(cvm_lifecycle_add);
Datum
cvm_lifecycle_add(PG_FUNCTION_ARGS)
{
	Datum result;
	Lifecycle *lifecycle;
	Held *held;
	int nheld;

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "lifecycle_agg");
	lifecycle =
		expanded_step(&lifecycle_state, fcinfo, "lifecycle_agg", &result);
	held = argument_held(fcinfo, 4, &nheld);
	lifecycle_add(lifecycle, activity_read(PG_GETARG_DATUM(1)),
				  argument_calendar(fcinfo, 2, -1),
				  argument_day(fcinfo, 3, "as_of"), held, nheld);
	PG_RETURN_DATUM(result);
}

/* Where rows go */
typedef struct LifecycleSink
{
	ReturnSetInfo *result;
	Calendar calendar;
	Day as_of;
} LifecycleSink;

#define LIFECYCLE_COLUMNS 10

static void
row_take(void *arg, const LifecycleRow *row)
{
	LifecycleSink *sink = arg;
	Datum values[LIFECYCLE_COLUMNS];
	bool nulls[LIFECYCLE_COLUMNS] = {false};

	values[0] = day_datum(period_start(sink->calendar, row->period), &nulls[0]);
	values[1] = Int64GetDatum(row->opening);
	values[2] = Int64GetDatum(row->entered);
	values[3] = Int64GetDatum(row->moved_in);
	values[4] = Int64GetDatum(row->moved_out);
	values[5] = Int64GetDatum(row->closing);
	values[6] = Int64GetDatum(row->retained);
	values[7] = Int64GetDatum(row->reactivated);
	values[8] = Int64GetDatum(row->dormant);
	values[9] = BoolGetDatum(row->is_complete);
	rows_out_put(sink->result, values, nulls);
}

/* lifecycles(lifecycle) */
PG_FUNCTION_INFO_V1(cvm_lifecycles);
Datum
cvm_lifecycles(PG_FUNCTION_ARGS)
{
	LifecycleSink sink;
	const Lifecycle *lifecycle;

	sink.result = rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	lifecycle = expanded_read(&lifecycle_state, PG_GETARG_DATUM(0));
	sink.calendar = lifecycle->calendar;
	lifecycle_rows(lifecycle, row_take, &sink);
	return (Datum) 0;
}

static void
status_take(void *arg, Period period, LifecycleStatus status)
{
	static const char *const words[] = {"new", "retained", "reactivated",
										"dormant"};
	LifecycleSink *sink = arg;
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = day_datum(period_start(sink->calendar, period), &nulls[0]);
	values[1] = CStringGetTextDatum(words[status]);
	values[2] = BoolGetDatum(period_start(sink->calendar, (int64) period + 1) <=
							 sink->as_of);
	rows_out_put(sink->result, values, nulls);
}

/* lifecycle(activity, grain, as_of): one customer, period by period */
PG_FUNCTION_INFO_V1(cvm_lifecycle);
Datum
cvm_lifecycle(PG_FUNCTION_ARGS)
{
	LifecycleSink sink;

	sink.calendar = argument_calendar(fcinfo, 1, -1);
	sink.as_of = argument_day(fcinfo, 2, "as_of");
	sink.result = rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	lifecycle_statuses(activity_read(PG_GETARG_DATUM(0)), sink.calendar,
					   sink.as_of, status_take, &sink);
	return (Datum) 0;
}
