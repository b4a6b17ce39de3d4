/*
 * retained_money.c
 *		What is left of customers' money, from closing to closing
 *		(core/subscriptions/retained.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/date.h"

#include "core/subscriptions/retained_money.h"
#include "pg/arguments.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/holdings.h"
#include "pg/types.h"

/* Where rows go */
typedef struct RowSink
{
	ReturnSetInfo *result;
	Calendar calendar;
	int scale;
} RowSink;

#define RETAINED_MONEY_COLUMNS 5

static void
retained_money_take(void *arg, const RetainedChange *change)
{
	RowSink *sink = arg;
	Datum values[RETAINED_MONEY_COLUMNS];
	bool nulls[RETAINED_MONEY_COLUMNS] = {false};

	values[0] =
		day_datum(period_start(sink->calendar, change->period), &nulls[0]);
	values[1] = Int64GetDatum(change->customers);
	values[2] = decimal_make(change->opening, sink->scale);
	values[3] = decimal_make(change->gross, sink->scale);
	values[4] = decimal_make(change->net, sink->scale);
	rows_out_put(sink->result, values, nulls);
}

/* retained_money_changes(holdings, grain, as_of, periods [, held]) */
PG_FUNCTION_INFO_V1(cvm_kept_changes);
Datum
cvm_kept_changes(PG_FUNCTION_ARGS)
{
	RowSink sink;
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));
	Day as_of = argument_day(fcinfo, 2, "as_of");
	int32 periods = PG_GETARG_INT32(3);
	Step *steps;
	int nsteps;
	Level *levels;
	int nlevels;
	Held *held;
	int nheld;

	sink.calendar = argument_calendar(fcinfo, 1, -1);
	if (periods < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of periods \"%d\" is not positive", periods),
				 errhint("Use 1 or more, for example 12 months.")));
	held = argument_held(fcinfo, 4, &nheld);
	sink.scale = holdings->scale;
	nsteps = holdings_steps(holdings, as_of, &steps);
	levels = palloc((nsteps + 1) * sizeof(Level));
	nlevels = levels_of(steps, nsteps, levels);
	sink.result = rows_out_begin(fcinfo);
	retained_money_of(levels, nlevels, held, nheld, sink.calendar, as_of,
					  periods, retained_money_take, &sink);
	return (Datum) 0;
}
