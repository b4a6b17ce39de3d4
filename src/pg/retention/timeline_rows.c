/*
 * timeline_rows.c
 *		Rows of a customer and the timeline, as a function answers with them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "pg/retention/timeline_rows.h"
#include "pg/state_type.h"

void
timeline_rows_open(TimelineRows *rows, ReturnSetInfo *result, KeyKind kind)
{
	rows->result = result;
	customer_out_open(&rows->customers, kind,
					  TupleDescAttr(result->setDesc, 0)->atttypid);
	rows->row = AllocSetContextCreate(CurrentMemoryContext, "row of a timeline",
									  ALLOCSET_SMALL_SIZES);
	writer_open(&rows->writer, NULL, VARHDRSZ);
}

void
timeline_rows_take(void *arg, Key key, const Activity *activity)
{
	TimelineRows *rows = arg;
	MemoryContext old = MemoryContextSwitchTo(rows->row);
	Datum values[2];
	bool nulls[2] = {false, false};

	values[0] = customer_datum(&rows->customers, &key);
	MemoryContextSwitchTo(old);
	rows->writer.used = VARHDRSZ;
	activity_encode(activity, &rows->writer);
	values[1] = state_close(&rows->writer);
	tuplestore_putvalues(rows->result->setResult, rows->result->setDesc, values,
						 nulls);
	MemoryContextReset(rows->row);
}
