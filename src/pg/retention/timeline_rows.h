/*
 * timeline_rows.h
 *		Rows of a customer and the timeline, as a function answers with them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_RETENTION_TIMELINE_ROWS_H
#define CVM_PG_RETENTION_TIMELINE_ROWS_H

#include "postgres.h"

#include "core/retention/timelines.h"
#include "pg/customer_rows.h"

/* Where timelines go: the result of a function with these two columns */
typedef struct TimelineRows
{
	CustomerRows customers;
	ByteWriter writer;
} TimelineRows;

extern void timeline_rows_open(TimelineRows *rows, ReturnSetInfo *result,
							   KeyKind kind);

/* A TimelineEmit, whose argument are the TimelineRows */
extern void timeline_rows_take(void *arg, Key key, const Activity *activity);

#endif /* CVM_PG_RETENTION_TIMELINE_ROWS_H */
