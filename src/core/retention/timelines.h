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
 * lines; written as canonical bytes to a file by part of the customers, and begun
 * anew, when they pass the budget of memory (timeline_files.h); at the end every
 * customer is handed out once, part by part if there are parts.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_TIMELINES_H
#define CVM_CORE_RETENTION_TIMELINES_H

#include "core/retention/timeline_files.h"
#include "core/rows/batch.h"
#include "core/rows/row_buffer.h"

typedef struct Timelines
{
	Context context;
	KeyKind kind;
	bool is_full; /* rows come with values or marks */
	bool is_wide; /* lines are WideLine; else 32 bits: place and day */
	bool has_base;
	int64_t base; /* the day that a line of 32 bits counts from */
	Batch batch;
	RowBuffer row_buffer;
	TimelineFiles files;
} Timelines;

extern Timelines *timelines_new(Context context, KeyKind kind, bool is_full,
								DayReader reader, Budget *budget);
extern void timelines_set_day_reader(Timelines *timelines, DayReader reader);
extern void timelines_flush(Timelines *timelines);

/*
 * To another process and into its timelines, whose budget has a limit: bytes of
 * this machine
 */
extern void timelines_encode(Timelines *timelines, ByteWriter *writer);
extern Timelines *timelines_absorb(Timelines *into, Context context,
								   const void *data, size_t size,
								   Budget *budget);

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

#endif /* CVM_CORE_RETENTION_TIMELINES_H */
