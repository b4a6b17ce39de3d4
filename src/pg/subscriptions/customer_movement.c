/*
 * customer_movement.c
 *		The waterfall of one customer as rows
 *		(core/subscriptions/customer_movement.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "pg/arguments.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/customer_movement.h"
#include "pg/subscriptions/holdings.h"
#include "pg/subscriptions/movement.h"
#include "pg/types.h"

#define CUSTOMER_MOVEMENT_COLUMNS 9

void
customer_row_take(void *arg, const CustomerMovement *row)
{
	CustomerSink *sink = arg;
	int scale = sink->movement->scale;
	Datum columns[CUSTOMER_MOVEMENT_COLUMNS + 1];
	bool nulls_of[CUSTOMER_MOVEMENT_COLUMNS + 1] = {false};
	Datum *values = columns + 1;
	bool *nulls = nulls_of + 1;
	int first = sink->has_segment ? 0 : 1;

	columns[0] = sink->segment;
	values[0] = day_datum(period_start(sink->movement->calendar, row->period),
						  &nulls[0]);
	values[1] = CStringGetTextDatum(movement_line_name(row->line));
	values[2] = Int64GetDatum(row->customers);
	values[3] = decimal_make(row->change, scale);
	values[4] = decimal_make(row->before, sink->holdings->scale);
	values[5] = decimal_make(row->after, sink->holdings->scale);
	values[6] = CStringGetTextDatum(movement_cause_name(row->cause));
	values[7] = holdings_name(sink->holdings, row->product, &nulls[7]);
	values[8] = holdings_name(sink->holdings, row->from_product, &nulls[8]);
	rows_out_put(sink->result, columns + first, nulls_of + first);
}

/* customer_movements(holdings, grain, as_of, pause_days [, held]) */
PG_FUNCTION_INFO_V1(cvm_customer_movements);
Datum
cvm_customer_movements(PG_FUNCTION_ARGS)
{
	CustomerSink sink = {0};
	Movement *movement = movement_new(CurrentMemoryContext);
	Day as_of = argument_day(fcinfo, 2, "as_of");
	int32 pause_days = argument_pause(fcinfo, 3);
	Held *held;
	int nheld;

	sink.holdings = holdings_read(PG_GETARG_DATUM(0));
	sink.movement = movement;
	held = argument_held(fcinfo, 4, &nheld);
	movement_adopt(movement, argument_calendar(fcinfo, 1, -1), as_of,
				   pause_days);
	movement_add_holdings(movement, sink.holdings, pause_days, held, nheld);
	sink.result = rows_out_begin(fcinfo);
	customer_movements(sink.holdings, movement, INT32_MIN, SPELL_OPEN,
					   customer_row_take, &sink);
	return (Datum) 0;
}
