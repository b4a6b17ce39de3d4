/*
 * timeline_rows.c
 *		Rows of a customer and the timeline, as a function answers with them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "pg/retention/timeline_rows.h"
#include "pg/state_type.h"

void
timeline_rows_open(TimelineRows *rows, ReturnSetInfo *result, KeyKind kind)
{
	customer_rows_open(&rows->customers, result, kind);
	writer_open(&rows->writer, NULL, VARHDRSZ);
}

void
timeline_rows_take(void *arg, Key key, const Activity *activity)
{
	TimelineRows *rows = arg;
	MemoryContext old = MemoryContextSwitchTo(rows->customers.row_context);
	Datum values[2];
	bool nulls[2] = {false, false};

	values[0] = customer_datum(&rows->customers.out, &key);
	MemoryContextSwitchTo(old);
	rows->writer.used = VARHDRSZ;
	activity_encode(activity, &rows->writer);
	values[1] = state_close(&rows->writer);
	customer_rows_put(&rows->customers, values, nulls);
}
