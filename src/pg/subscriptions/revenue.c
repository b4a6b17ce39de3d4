/*
 * revenue.c
 *		Type revenue_retention: cohorts' customers and money
 *		(core/subscriptions/revenue.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/subscriptions/revenue_spells.h"
#include "core/util/wilson.h"
#include "pg/arguments.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/subscriptions/holdings.h"
#include "pg/subscriptions/spell_buffer.h"
#include "pg/types.h"

STATE_TYPE(revenue_retention)

/* revenue_retention_agg(holdings, grain, as_of [, clock]) */
PG_FUNCTION_INFO_V1(cvm_revenue_retention_add);
Datum
cvm_revenue_retention_add(PG_FUNCTION_ARGS)
{
	Datum result;
	Revenue *revenue;
	Holdings *holdings;
	Step *steps;
	int nsteps;
	Level *levels;
	int nlevels;
	Calendar calendar;
	Clock clock = CLOCK_CALENDAR;
	Day as_of;

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "revenue_retention_agg");
	calendar = argument_calendar(fcinfo, 2, -1);
	as_of = argument_day(fcinfo, 3, "as_of");
	if (PG_NARGS() > 4)
		clock = argument_clock(fcinfo, 4);
	holdings = holdings_read(PG_GETARG_DATUM(1));
	revenue = expanded_step(&revenue_retention_state, fcinfo,
							"revenue_retention_agg", &result);
	revenue_adopt(revenue, calendar, clock, as_of);
	revenue_scale(revenue, holdings->scale);
	nsteps = holdings_steps(holdings, as_of, &steps);
	for (int i = 0; i < nsteps; i++)
		steps[i].mrr =
			money_rescale(steps[i].mrr, holdings->scale, revenue->scale);
	levels = palloc((nsteps + 1) * sizeof(Level));
	nlevels = levels_of(steps, nsteps, levels);
	revenue_add(revenue, levels, nlevels);
	PG_RETURN_DATUM(result);
}

/*
 * revenue_retention_agg(customer, product, started_on, ended_on, mrr, grain,
 * as_of [, clock]): its end
 */
PG_FUNCTION_INFO_V1(cvm_revenue_spell_buffer_final);
Datum
cvm_revenue_spell_buffer_final(PG_FUNCTION_ARGS)
{
	Revenue *revenue;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "revenue_retention_agg");
	revenue = revenue_retention_new(CurrentMemoryContext);
	revenue_spells_finish(
		((SpellBufferState *) PG_GETARG_POINTER(0))->spell_buffer, revenue);
	return expanded_flat(&revenue_retention_state, revenue);
}

/* Where rows go */
typedef struct RowSink
{
	ReturnSetInfo *result;
	const Revenue *revenue;
	double z;
} RowSink;

#define REVENUE_COLUMNS 16

static void
row_take(void *arg, const RevenueRow *row)
{
	RowSink *sink = arg;
	Calendar calendar = sink->revenue->calendar;
	int scale = sink->revenue->scale;
	const RetainedMoney *retained = &row->retained;
	Datum values[REVENUE_COLUMNS] = {0};
	bool nulls[REVENUE_COLUMNS] = {false};

	values[0] =
		day_datum(period_start(calendar, row->cohort->period), &nulls[0]);
	values[1] = Int32GetDatum(row->no);
	values[2] =
		day_datum(period_start(calendar, (int64) row->cohort->period + row->no),
				  &nulls[2]);
	values[3] = Int64GetDatum(row->cohort->members);
	values[4] = Int64GetDatum(retained->eligible);
	values[5] = Int64GetDatum(retained->retained);
	values[9] = decimal_make(row->cohort->base, scale);
	values[10] = decimal_make(retained->base, scale);
	values[15] = BoolGetDatum(row->is_complete);
	if (retained->eligible == 0)
	{
		for (int i = 6; i < 15; i++)
			nulls[i] = i != 9 && i != 10;
	}
	else
	{
		double low;
		double high;

		wilson(retained->retained, retained->eligible, sink->z, &low, &high);
		values[6] = Float8GetDatum((double) retained->retained /
								   (double) retained->eligible);
		values[7] = Float8GetDatum(low);
		values[8] = Float8GetDatum(high);
		values[11] = decimal_make(retained->gross, scale);
		values[12] = decimal_make(retained->net, scale);
		nulls[13] = nulls[14] = retained->base == 0;
		if (retained->base != 0)
		{
			values[13] = Float8GetDatum((double) retained->gross /
										(double) retained->base);
			values[14] = Float8GetDatum((double) retained->net /
										(double) retained->base);
		}
	}
	rows_out_put(sink->result, values, nulls);
}

/* revenue_grid(revenue_retention, conf) */
PG_FUNCTION_INFO_V1(cvm_revenue_grid);
Datum
cvm_revenue_grid(PG_FUNCTION_ARGS)
{
	RowSink sink;

	sink.z = conf_to_z(PG_GETARG_FLOAT8(1));
	sink.result = rows_out_begin(fcinfo);
	sink.revenue = expanded_read(&revenue_retention_state, PG_GETARG_DATUM(0));
	revenue_rows(sink.revenue, row_take, &sink);
	return (Datum) 0;
}
