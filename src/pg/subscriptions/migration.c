/*
 * migration.c
 *		Moves between products as rows (core/subscriptions/migration.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/subscriptions/migration.h"
#include "pg/arguments.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/holdings.h"
#include "pg/types.h"

/* Where rows go */
typedef struct RowSink
{
	ReturnSetInfo *result;
	const Holdings *holdings;
	Calendar calendar;
} RowSink;

#define MIGRATION_COLUMNS 5

static Datum
product_text(const Holdings *holdings, int32_t number, const char *none)
{
	if (number < 0)
		return PointerGetDatum(cstring_to_text(none));
	return PointerGetDatum(cstring_to_text_with_len(
		holdings->names[number].data, (int) holdings->names[number].size));
}

static void
migration_take(void *arg, const Migration *move)
{
	RowSink *sink = arg;
	Datum values[MIGRATION_COLUMNS];
	bool nulls[MIGRATION_COLUMNS] = {false};

	values[0] =
		day_datum(period_start(sink->calendar, move->period), &nulls[0]);
	values[1] = product_text(sink->holdings, move->from, "(in)");
	values[2] = product_text(sink->holdings, move->to, "(out)");
	values[3] = decimal_make(move->from_mrr, sink->holdings->scale);
	values[4] = decimal_make(move->to_mrr, sink->holdings->scale);
	rows_out_put(sink->result, values, nulls);
}

/* migrations(holdings, grain, as_of) */
PG_FUNCTION_INFO_V1(cvm_migrations);
Datum
cvm_migrations(PG_FUNCTION_ARGS)
{
	RowSink sink;
	Step *steps;
	int nsteps;

	sink.calendar = argument_calendar(fcinfo, 1, -1);
	sink.holdings = holdings_read(PG_GETARG_DATUM(0));
	nsteps =
		holdings_steps(sink.holdings, argument_day(fcinfo, 2, "as_of"), &steps);
	sink.result = rows_out_begin(fcinfo);
	migrations_of(steps, nsteps, sink.holdings->nnames, sink.calendar,
				  migration_take, &sink);
	return (Datum) 0;
}
