/*
 * timelines.h
 *		The timelines of many customers, folded at once.
 *
 * The same as activity_agg under GROUP BY customer, on the roster instead of
 * the server's hash table: a row costs two lines of memory that were asked
 * for beforehand.
 *
 * Life: empty; rows gathered in a batch; each customer's events appended to
 * the customer's log; spilled, part by part, when past the budget; at the end
 * every customer handed out once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_TIMELINES_H
#define CVM_TIMELINES_H

#include "core/activity.h"
#include "core/batch.h"

typedef struct Timelines
{
	HostArena arena;
	KeyKind kind;
	bool is_full;  /* rows come with values or marks */
	size_t budget; /* bytes; 0: no limit */
	int level;	   /* of the part this is; 0: it is whole */
	size_t logs_size;
	Batch batch;
	Roster roster;
	Pages logs;		 /* by slot: LogPlace */
	HostFile *parts; /* NULL: nothing was spilled */
} Timelines;

typedef void (*TimelineTake)(void *taker, Key key, const Activity *activity);

extern Timelines *timelines_new(HostArena arena, KeyKind kind, bool is_full,
								DayReader reader, size_t budget);
extern void timelines_flush(Timelines *timelines);
extern void timelines_finish(Timelines *timelines, TimelineTake take,
							 void *taker);

/* Gather a row. */
static inline void
timelines_take(Timelines *timelines, Key key, int64_t time, uint8_t marks,
			   Wide value, int scale)
{
	if (batch_full(&timelines->batch, &key))
		timelines_flush(timelines);
	batch_take(&timelines->batch, key, time, marks, value, scale);
}

#endif /* CVM_TIMELINES_H */
