/*
 * base_loss.h
 *		Times of paying from raw spells, and who is there and leaves by age.
 *
 * A time of paying goes on over gaps of so many days.  Its days in each segment
 * are told as whole months before as_of, and counted by these.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_BASE_LOSS_H
#define CVM_CORE_SEGMENTS_BASE_LOSS_H

#include "core/segments/segment_customers.h"
#include "core/util/count_table.h"
#include "core/util/square_sum.h"

/* In place of a month before as_of: it goes on */
#define STILL_THERE (-1)

/* Days in a segment, and how many have them */
typedef struct BaseLoss
{
	int32_t segment;
	int32_t age;   /* months since the time of paying began */
	int32_t since; /* and since these days did */
	int32_t until; /* months since they were over, or STILL_THERE */
	int32_t gone;  /* months since the time of paying was, likewise */
	int32_t unused;
	/* the key ends here */
	int64_t customers;
	Wide mrr; /* of who is still there, and so the squares */
	SquareSum squares;
} BaseLoss;

typedef struct BaseLosses
{
	SegmentCustomers names;
	CountTable losses;
} BaseLosses;

/* The buffer has as_of with its day: what begins on it is seen. */
extern void base_losses_find(BaseLosses *losses, Context context,
							 SpellBuffer *spell_buffer, int32_t gap);

#endif /* CVM_CORE_SEGMENTS_BASE_LOSS_H */
