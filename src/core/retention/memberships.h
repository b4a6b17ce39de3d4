/*
 * memberships.h
 *		Times in segments beside the events of a fold, and in which segment a
 *		customer was on the first day.
 *
 * Memberships and events come in any order, so memberships are written down
 * until all are there.  Of each customer is kept what decides: the first day
 * on which an event may start a cohort, and whether any event had a value.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_MEMBERSHIPS_H
#define CVM_CORE_RETENTION_MEMBERSHIPS_H

#include "core/rows/batch.h"
#include "core/util/dictionary.h"

/* The segment of whoever was in none, and its number */
#define MEMBERSHIP_NONE "(none)"
#define MEMBERSHIP_NONE_NUMBER 0

typedef struct SlotMembership
{
	uint32_t slot;
	int32_t segment;
	Day from;
	Day to; /* the first day not there */
} SlotMembership;

typedef struct Memberships
{
	Context context;
	Dictionary segments;
	uint32_t count;
	ChunkedArray memberships;
	ChunkedArray marks; /* by slot: uint32_t, as below */
	Batch batch;		/* keys of those that wait for their slots */
	SlotMembership *waiting;
} Memberships;

/*
 * A mark is 0 where a slot is nobody's, and larger the earlier the first day
 * is; its highest bit says that an event had a value.
 */
#define MEMBER_KNOWN 1u
#define MEMBER_VALUE (1u << 31)

static inline uint32_t
member_mark(Day day)
{
	return (uint32_t) (DAY_LAST - (int64_t) day) + MEMBER_KNOWN + 1;
}

/* Both marks in one */
static inline uint32_t
membership_marks_merge(uint32_t a, uint32_t b)
{
	uint32_t first = a & ~MEMBER_VALUE;
	uint32_t other = b & ~MEMBER_VALUE;

	return (first > other ? first : other) | ((a | b) & MEMBER_VALUE);
}

extern void memberships_open(Memberships *memberships, Context context,
							 KeyKind kind);
extern void memberships_forget(Memberships *memberships);
extern void memberships_close(Memberships *memberships);
extern size_t memberships_size(const Memberships *memberships);
extern void memberships_add(Memberships *memberships,
							const SlotMembership *membership);
extern void memberships_move(Memberships *memberships,
							 const uint32_t *new_slots);

/* The number of the segment of every slot's first day; to be freed */
extern int32_t *memberships_segments(const Memberships *memberships,
									 uint32_t nslots);

/*
 * The memberships of each slot in the order in which they began, of those that
 * began on a day the first by the bytes of its name last; instead of its slot
 * a membership has the rank of that name.
 */
typedef struct MembershipOrder
{
	uint32_t
		*from;	   /* by slot: where its memberships begin, and past the last */
	uint32_t most; /* memberships of a slot */
	SlotMembership *memberships;
} MembershipOrder;

extern void memberships_order(const Memberships *memberships, uint32_t nslots,
							  MembershipOrder *order);
extern void memberships_order_free(MembershipOrder *order);

/* Take down what an event says of a customer. */
static inline void
memberships_mark(Memberships *memberships, uint32_t slot, uint32_t mark)
{
	uint32_t *marks;

	if (chunked_array_lack(&memberships->marks, slot))
		chunked_array_make(&memberships->marks, slot);
	marks = chunked_array_item(&memberships->marks, slot, sizeof(uint32_t));
	*marks = membership_marks_merge(*marks, mark);
}

/* What is known of a slot */
static inline uint32_t
memberships_marks(const Memberships *memberships, uint32_t slot)
{
	const uint32_t *mark = chunked_array_peek(&memberships->marks, slot);

	return mark == NULL ? 0 : *mark;
}

#endif /* CVM_CORE_RETENTION_MEMBERSHIPS_H */
