/*
 * fold.h
 *		The whole triangle from raw rows in one pass.
 *
 * Life of a fold: empty, a few hundred bytes; rows gathered in a batch that
 * grows with the fold; each full batch numbered (key_table.h) and marked in
 * bitmaps (bitmap_columns.h); folds of other processes merged in; written to a
 * file by part of the customers, and begun anew, when the folds of all groups
 * pass their budget of memory (overflow.h); at the end every customer is read
 * once, part by part if there are parts, and counted into a retention state.
 *
 * Without marks a bit is a period.  With marks (which events may start, which
 * count as a return) a bit is a day, for what happened before the first start
 * does not count, even within its period.  Values are summed per customer and
 * bit (sum_columns.h), because the cohort they belong to is known only at the
 * end.  With memberships (memberships.h) there is a triangle for each segment.
 * The same bits tell who was new, retained or reactivated in a period
 * (lifecycle.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_FOLD_H
#define CVM_CORE_RETENTION_FOLD_H

#include "core/retention/lifecycle.h"
#include "core/retention/memberships.h"
#include "core/retention/retention.h"
#include "core/rows/batch.h"
#include "core/rows/bitmap_columns.h"
#include "core/rows/overflow.h"
#include "core/rows/sum_columns.h"

typedef struct Fold
{
	Context context;
	KeyKind kind;
	Calendar calendar;
	bool is_marked;
	bool has_values; /* rows come with values, NULL or not */
	bool has_value;	 /* some value was not NULL */
	int scale;
	Day last; /* last day seen */
	bool has_as_of;
	Day as_of; /* where has_as_of: the first day that is not observed */
	bool is_empty;
	bool no_radix; /* numbers have proved sparse: stay with the table */
	Overflow overflow;
	Batch batch;
	PeriodCache *period_cache;
	KeyTable key_table;
	BitmapColumns returns; /* without marks: every event */
	BitmapColumns starts;  /* with marks only */
	SumColumns sums;	   /* by bit */
	bool has_memberships;
	Memberships memberships;
} Fold;

extern Fold *fold_new(Context context, KeyKind kind, Calendar calendar,
					  bool is_marked, bool has_values, Budget *budget);
extern void fold_free(Fold *fold);
extern void fold_set_day_reader(Fold *fold, DayReader reader);
extern void fold_flush(Fold *fold);
extern void fold_make_room(Fold *fold);

/* tally.c: the triangle; or by segment, as many as memberships know segments */
extern void fold_finish(Fold *fold, Retention *retention);
extern void fold_expect_memberships(Fold *fold);
extern Retention **fold_finish_segments(Fold *fold, Context context);

/*
 * lifecycle_tally.c: what customers were period by period up to as_of, which is the day after the
 * last one where it was not said: one, or with memberships as many as segments
 */
extern void fold_set_as_of(Fold *fold, Day as_of);
extern Lifecycle **fold_finish_lifecycles(Fold *fold, Context context);
extern size_t fold_size(const Fold *fold);

/* To another process and into its fold: bytes of this machine, never stored */
extern void fold_encode(Fold *fold, ByteWriter *writer);
extern Fold *fold_absorb(Fold *into, Context context, const void *data,
						 size_t size, Budget *budget);

/* Gather a row. */
static inline void
fold_take(Fold *fold, Key key, int64_t time, uint8_t marks, Wide value,
		  int scale)
{
	if (batch_full(&fold->batch, &key))
		fold_make_room(fold);
	batch_take(&fold->batch, key, time, marks, value, scale);
}

/* Gather a membership: a time in a segment. */
static inline void
fold_take_membership(Fold *fold, Key key, const Label *segment, Day from,
					 Day to)
{
	Memberships *memberships = &fold->memberships;

	if (batch_full(&memberships->batch, &key))
		fold_make_room(fold);
	memberships->waiting[memberships->batch.used] = (SlotMembership){
		0, dictionary_intern(&memberships->segments, segment), from, to};
	batch_take(&memberships->batch, key, 0, 0, 0, 0);
}

#endif /* CVM_CORE_RETENTION_FOLD_H */
