/*
 * segment_moves.h
 *		What moved of each customer, in each segment, from raw spells in one
 *		pass.
 *
 * The rows are those of customer_movement.h, with what the spells tell beside:
 * through which channel the customer came, and for which reason what ended in
 * the period did.  Channels and reasons are fields of names (NameParts), told
 * by spells and notes alike.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_MOVES_H
#define CVM_CORE_SEGMENTS_SEGMENT_MOVES_H

#include "core/segments/segment_customers.h"
#include "core/subscriptions/customer_movement.h"

typedef struct SegmentMove
{
	Key key; /* of the customer */
	int32_t segment;
	CustomerMovement row; /* products are numbers of customers->labels */
	int32_t channel;	  /* of the name that tells it, or -1 */
	int32_t reason;		  /* likewise */
} SegmentMove;

typedef void (*SegmentMoveEmit)(void *arg, const SegmentMove *move);

/* Reads periods that begin between two days. */
extern SegmentReader segment_moves_open(SegmentCustomers *customers, Day since,
										Day until, SegmentMoveEmit emit,
										void *arg);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_MOVES_H */
