/*
 * movement.c
 *		Type movement: the waterfall (core/subscriptions/movement.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/subscriptions/movement_spells.h"
#include "pg/arguments.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/subscriptions/holdings.h"
#include "pg/subscriptions/movement.h"
#include "pg/subscriptions/spell_buffer.h"
#include "pg/types.h"

STATE_TYPE(movement)

/* Add a customer to a waterfall that has adopted its terms. */
void
movement_add_holdings(Movement *movement, const Holdings *holdings,
					  int32 pause_days, const Held *held, int nheld)
{
	Step *steps;
	int nsteps;

	movement_scale(movement, holdings->scale);
	nsteps = holdings_pauses(holdings, pause_days, movement->as_of, &steps);
	for (int i = 0; i < nsteps; i++)
		steps[i].mrr =
			money_rescale(steps[i].mrr, holdings->scale, movement->scale);
	movement_add(movement, steps, nsteps, holdings->nnames, held, nheld);
}

/*
 * movement_agg(holdings, grain, as_of [, held] [, pause_days]): where the last
 * two are among the arguments, past the end if they are not
 */
static Datum
movement_step(FunctionCallInfo fcinfo, int held_at, int pause_at)
{
	Datum result;
	Movement *movement;
	Holdings *holdings;
	Held *held;
	int nheld;
	Calendar calendar;
	Day as_of;
	int32 pause_days = 0;

	if (PG_ARGISNULL(1) || (PG_NARGS() > held_at && PG_ARGISNULL(held_at)))
		return expanded_skip(fcinfo, "movement_agg");
	calendar = argument_calendar(fcinfo, 2, -1);
	as_of = argument_day(fcinfo, 3, "as_of");
	held = argument_held(fcinfo, held_at, &nheld);
	if (PG_NARGS() > pause_at)
		pause_days = argument_pause(fcinfo, pause_at);
	holdings = holdings_read(PG_GETARG_DATUM(1));
	movement = expanded_step(&movement_state, fcinfo, "movement_agg", &result);
	movement_adopt(movement, calendar, as_of, pause_days);
	movement_add_holdings(movement, holdings, pause_days, held, nheld);
	PG_RETURN_DATUM(result);
}

/* (holdings, grain, as_of [, held [, pause_days]]) */
PG_FUNCTION_INFO_V1(cvm_movement_add);
Datum
cvm_movement_add(PG_FUNCTION_ARGS)
{
	return movement_step(fcinfo, 4, 5);
}

/* (holdings, grain, as_of, pause_days) */
PG_FUNCTION_INFO_V1(cvm_movement_add_paused);
Datum
cvm_movement_add_paused(PG_FUNCTION_ARGS)
{
	return movement_step(fcinfo, 5, 4);
}

/*
 * movement_agg(customer, product, started_on, ended_on, mrr [, is_paused],
 * grain, as_of [, pause_days]): its end
 */
PG_FUNCTION_INFO_V1(cvm_movement_spell_buffer_final);
Datum
cvm_movement_spell_buffer_final(PG_FUNCTION_ARGS)
{
	Movement *movement;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "movement_agg");
	movement = movement_new(CurrentMemoryContext);
	movement_spells_finish(
		((SpellBufferState *) PG_GETARG_POINTER(0))->spell_buffer, movement);
	return expanded_flat(&movement_state, movement);
}

/* Where rows go */
typedef struct RowSink
{
	ReturnSetInfo *result;
	const Movement *movement;
} RowSink;

#define MOVEMENT_COLUMNS 29

static void
row_take(void *arg, const MovementRow *row)
{
	static const MovementCell nothing;
	RowSink *sink = arg;
	const MovementCell *cell = row->cell ? row->cell : &nothing;
	int scale = sink->movement->scale;
	Calendar calendar = sink->movement->calendar;
	Datum values[MOVEMENT_COLUMNS];
	bool nulls[MOVEMENT_COLUMNS] = {false};
	int at = 0;

	values[at] = day_datum(period_start(calendar, row->period), &nulls[at]);
	at++;
	values[at++] = decimal_make(row->opening, scale);
	values[at++] = Int64GetDatum(row->opening_customers);
	for (int line = 0; line < WATERFALL_LINES; line++)
	{
		int64 customers = cell->customers[line];

		if (line == LINE_CHURN || line == LINE_MOVED_OUT)
			customers = -customers;
		values[at++] = decimal_make(cell->mrr[line], scale);
		values[at++] = Int64GetDatum(customers);
	}
	values[at++] = decimal_make(row->closing, scale);
	values[at++] = Int64GetDatum(row->closing_customers);
	values[at++] = Int64GetDatum(cell->customers[LINE_SAME_PERIOD]);
	values[at++] = decimal_make(cell->mrr[LINE_PRICE_EXPANSION], scale);
	values[at++] = decimal_make(cell->mrr[LINE_PRICE_CONTRACTION], scale);
	values[at++] = decimal_make(cell->mrr[LINE_TO_FREE], scale);
	values[at++] = Int64GetDatum(-cell->customers[LINE_TO_FREE]);
	values[at++] = decimal_make(cell->mrr[LINE_PAUSED], scale);
	values[at++] = Int64GetDatum(cell->customers[LINE_PAUSED]);
	values[at++] = decimal_make(row->paused, scale);
	values[at++] = Int64GetDatum(row->paused_customers);
	values[at++] = BoolGetDatum(row->is_complete);
	Assert(at == MOVEMENT_COLUMNS);
	rows_out_put(sink->result, values, nulls);
}

/* movements(movement) */
PG_FUNCTION_INFO_V1(cvm_movements);
Datum
cvm_movements(PG_FUNCTION_ARGS)
{
	RowSink sink;

	sink.result = rows_out_begin(fcinfo);
	sink.movement = expanded_read(&movement_state, PG_GETARG_DATUM(0));
	movement_rows(sink.movement, row_take, &sink);
	return (Datum) 0;
}

/* as_of(movement): the first day not observed. */
STATE_FIELD(movement, Movement, as_of, DateADT)

/* pause_days(movement): for how many days a pause is neither paid nor lost. */
STATE_FIELD(movement, Movement, pause_days, Int32)
