/*
 * timelines.h
 *		The timelines of many customers, folded at once.
 *
 * activity_agg under GROUP BY keeps one aggregate state a customer and looks
 * it up through the executor for every row.  Here rows are gathered under
 * their customers' numbers (row_buffer.h), four bytes a row where a row is no
 * more than a day, and every customer's are put together once, at the end.
 *
 * Life: rows gathered in a batch; each full batch numbered and written as
 * lines; spilled, when they pass the budget of memory, as canonical bytes, to
 * one file for each part of the customers, and begun anew; at the end every
 * customer is handed out once, part by part if there are parts.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_TIMELINES_H
#define CVM_CORE_RETENTION_TIMELINES_H

#include "core/retention/activity.h"
#include "core/rows/batch.h"
#include "core/rows/row_buffer.h"

typedef struct Timelines
{
	Context context;
	KeyKind kind;
	size_t budget; /* bytes; 0: no limit */
	bool is_full;  /* rows come with values or marks */
	bool is_wide;  /* lines are WideLine; else 32 bits: place and day */
	bool has_base;
	int64_t base; /* the day that a line of 32 bits counts from */
	int flushes;
	Batch batch;
	RowBuffer row_buffer;
	TempFile *parts; /* NULL: nothing was spilled */
	size_t *sizes;	 /* of those */
} Timelines;

/* Take a customer's timeline, good until the call returns. */
typedef void (*TimelineEmit)(void *arg, Key key, const Activity *activity);

extern Timelines *timelines_new(Context context, KeyKind kind, bool is_full,
								DayReader reader, size_t budget);
extern void timelines_flush(Timelines *timelines);
extern void timelines_finish(Timelines *timelines, TimelineEmit take,
							 void *arg);

/* Gathering a row. */
static inline void
timelines_take(Timelines *timelines, Key key, int64_t time, uint8_t marks,
			   Wide value, int scale)
{
	if (batch_full(&timelines->batch, &key))
		timelines_flush(timelines);
	batch_take(&timelines->batch, key, time, marks, value, scale);
}

/* timelines_spill.c: parts in files */
extern void timelines_spill(Timelines *timelines);
extern void timelines_parts(Timelines *timelines, TimelineEmit take, void *arg);

/* timelines.c: those in memory */
extern void timelines_each(Timelines *timelines, TimelineEmit take, void *arg);

#endif /* CVM_CORE_RETENTION_TIMELINES_H */
