/*
 * customers_moved.h
 *		The customers behind a line of the waterfall in one period, and why.
 *
 * The line is looked for in a segment, or in the waterfall of everybody; what is
 * told of the customer is the customer's own waterfall, whatever the segment, and
 * the reasons of all spells that ended in the period, also of those that do not
 * count.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_CUSTOMERS_MOVED_H
#define CVM_CORE_SEGMENTS_CUSTOMERS_MOVED_H

#include "core/segments/segment_customers.h"
#include "core/subscriptions/customer_movement.h"

/* What is looked for */
typedef struct MovedAsk
{
	Day since;		 /* first day of the period */
	int32_t segment; /* or EVERYBODY */
	MovementLine line;
	bool
		is_promotion_end; /* of an expansion: that is what it is, or the rest */
	bool of_money;		  /* the money of the line, and not the customers */
} MovedAsk;

typedef struct CustomerMoved
{
	Key key;
	Wide before; /* at the scale of the spell buffer */
	Wide after;
	const CustomerMovement *rows; /* products are numbers of labels */
	int nrows;
	const Label *reasons; /* by name, each once */
	int nreasons;
} CustomerMoved;

typedef void (*CustomerMovedEmit)(void *arg, const CustomerMoved *moved);

extern SegmentReader customers_moved_open(SegmentCustomers *customers,
										  const MovedAsk *ask,
										  CustomerMovedEmit emit, void *arg);

#endif /* CVM_CORE_SEGMENTS_CUSTOMERS_MOVED_H */
