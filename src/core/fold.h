/*
 * fold.h
 *		The whole triangle from raw rows in one pass.
 *
 * Life of a fold: empty, a few hundred bytes; rows gathered in a batch that
 * grows with the fold; each full batch numbered (roster.h) and marked in
 * bitmaps (planes.h); folds of other processes merged in; spilled, when it
 * passes its budget of memory, to one file for each part of the customers, and
 * begun anew; at the end every customer is read once, part by part if there
 * are parts, and counted into a retention state.
 *
 * Without marks a bit is a period.  With marks (which events may start, which
 * count as a return) a bit is a day, for what happened before the first start
 * does not count, even within its period.  Values are kept per customer and
 * bit, because the cohort they belong to is known only at the end.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_FOLD_H
#define CVM_FOLD_H

#include "core/planes.h"
#include "core/retention.h"
#include "core/roster.h"

typedef struct FoldBatch
{
	int used;
	int room;
	Key *keys;
	Day *days;
	uint8_t *marks;
	Wide *values; /* only when rows come with values */
	char *text;	  /* copies of text keys until they are numbered */
	size_t text_used;
	size_t text_room;
} FoldBatch;

typedef struct Fold
{
	HostArena arena;
	KeyKind kind;
	Calendar calendar;
	bool is_marked;
	bool has_values; /* rows come with values, NULL or not */
	bool has_value;	 /* some value was not NULL */
	int scale;
	Day last; /* last day seen */
	bool is_empty;
	bool no_pages; /* numbers have proved sparse: stay with the table */
	size_t budget; /* bytes; 0: no limit */
	int level;	   /* of the part this fold is; 0: it is whole */
	int flushes;
	HostFile *parts; /* NULL: nothing was spilled */
	FoldBatch batch;
	Almanac *almanac;
	Roster roster;
	Planes returns; /* without marks: every event */
	Planes starts;	/* with marks only */
	Roster sums;	/* numbers a (slot, bit) pair */
	Pages values;	/* by that number: Wide */
} Fold;

#define FOLD_PARTS 32 /* files of a fold that spills */
#define FOLD_LEVELS 6 /* parts of parts of parts, and no further */

#define MARK_START 1
#define MARK_RETURN 2
#define MARK_VALUE 4 /* the row has a value that is not NULL */

extern Fold *fold_new(HostArena arena, KeyKind kind, Calendar calendar,
					  bool is_marked, bool has_values, size_t budget);
extern void fold_free(Fold *fold);
extern void fold_close_files(Fold *fold);
extern void fold_flush(Fold *fold);
extern void fold_keep_text(Fold *fold, KeyText text);
extern void fold_keep_value(Fold *fold, Wide value, int scale);
extern void fold_finish(Fold *fold, Retention *retention);
extern size_t fold_size(const Fold *fold);

/* To another process and into its fold: bytes of this machine, never stored */
extern void fold_encode(Fold *fold, ByteWriter *writer);
extern Fold *fold_absorb(Fold *into, HostArena arena, const void *data,
						 size_t size, size_t budget);

/*
 * Gather a row: make room, keep its value if rows have values, then its key,
 * then take the day and its marks.  In this order: each step may flush what
 * was taken before, and keeps what this row has brought so far.
 */
static inline void
fold_room(Fold *fold)
{
	if (fold->batch.used == fold->batch.room)
		fold_flush(fold);
}

static inline void
fold_keep_key(Fold *fold, Key key)
{
	if (fold->kind == KEY_TEXT)
		fold_keep_text(fold, key.text);
	else
		fold->batch.keys[fold->batch.used] = key;
}

static inline void
fold_take(Fold *fold, Day day, uint8_t marks)
{
	FoldBatch *batch = &fold->batch;

	batch->days[batch->used] = day;
	batch->marks[batch->used] = marks;
	batch->used++;
}

#endif /* CVM_FOLD_H */
