/*
 * stays.h
 *		Times in segments beside the events of a fold, and in which segment a
 *		customer was on the first day.
 *
 * Stays and events come in any order, so stays are written down until all are
 * there.  Of each customer is kept what decides: the first day on which an
 * event may start a cohort, and whether any event had a value.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_STAYS_H
#define CVM_CORE_RETENTION_STAYS_H

#include "core/rows/batch.h"
#include "core/util/dictionary.h"

/* The segment of whoever was in none, and its number */
#define STAYS_NOWHERE "(none)"
#define STAYS_NOWHERE_NUMBER 0

typedef struct Stay
{
	uint32_t slot;
	int32_t segment;
	Day from;
	Day to; /* the first day not there */
} Stay;

typedef struct Stays
{
	Context context;
	Dictionary segments;
	uint32_t count;
	ChunkedArray stays;
	ChunkedArray marks; /* by slot: uint32_t, as below */
	Batch batch;		/* keys of those that wait for their slots */
	Stay *waiting;
} Stays;

/*
 * A mark is 0 where a slot is nobody's, and larger the earlier the first day
 * is; its highest bit says that an event had a value.
 */
#define STAY_KNOWN 1u
#define STAY_VALUE (1u << 31)

static inline uint32_t
stay_mark(Day day)
{
	return (uint32_t) (DAY_LAST - (int64_t) day) + STAY_KNOWN + 1;
}

/* Both marks in one */
static inline uint32_t
stay_marks_merge(uint32_t a, uint32_t b)
{
	uint32_t first = a & ~STAY_VALUE;
	uint32_t other = b & ~STAY_VALUE;

	return (first > other ? first : other) | ((a | b) & STAY_VALUE);
}

extern void stays_open(Stays *stays, Context context, KeyKind kind);
extern void stays_forget(Stays *stays);
extern void stays_close(Stays *stays);
extern size_t stays_size(const Stays *stays);
extern void stays_add(Stays *stays, const Stay *stay);
extern void stays_move(Stays *stays, const uint32_t *new_slots);

/* The number of the segment of every slot's first day; to be freed */
extern int32_t *stays_segments(const Stays *stays, uint32_t nslots);

/*
 * The stays of each slot in the order in which they began, of those that began
 * on a day the first by the bytes of its name last; instead of its slot a stay
 * has the rank of that name.
 */
typedef struct StaysOrder
{
	uint32_t *from; /* by slot: where its stays begin, and past the last */
	uint32_t most;	/* stays of a slot */
	Stay *stays;
} StaysOrder;

extern void stays_order(const Stays *stays, uint32_t nslots, StaysOrder *order);
extern void stays_order_free(StaysOrder *order);

/* Take down what an event says of a customer. */
static inline void
stays_mark(Stays *stays, uint32_t slot, uint32_t mark)
{
	uint32_t *marks;

	if (chunked_array_lack(&stays->marks, slot))
		chunked_array_make(&stays->marks, slot);
	marks = chunked_array_item(&stays->marks, slot, sizeof(uint32_t));
	*marks = stay_marks_merge(*marks, mark);
}

/* What is known of a slot */
static inline uint32_t
stays_marks(const Stays *stays, uint32_t slot)
{
	const uint32_t *mark = chunked_array_peek(&stays->marks, slot);

	return mark == NULL ? 0 : *mark;
}

#endif /* CVM_CORE_RETENTION_STAYS_H */
