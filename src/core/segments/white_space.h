/*
 * white_space.h
 *		Who has which product, by segment: on the last day, and so many days
 *		before; and who had none of it then and began it since.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_WHITE_SPACE_H
#define CVM_CORE_SEGMENTS_WHITE_SPACE_H

#include "core/segments/segment_customers.h"
#include "core/util/count_table.h"

/* In place of a product: whatever they pay for */
#define ANY_PRODUCT (-1)

/* Customers of a segment who have a product */
typedef struct WhiteSpaceCell
{
	int32_t segment; /* of the last day, or of the day before */
	int32_t product; /* or ANY_PRODUCT */
	/* the key ends here */
	int64_t holders;		/* on the last day */
	int64_t before_holders; /* so many days before */
	int64_t buyers;			/* who paid then, had none, and began it since */
} WhiteSpaceCell;

typedef struct WhiteSpace
{
	SegmentCustomers names;
	CountTable cells;
} WhiteSpace;

/*
 * The buffer has as_of with its day: what begins on it is seen.  A spell with an
 * offer is none that was sold.
 */
extern void white_space_find(WhiteSpace *white_space, Context context,
							 SpellBuffer *spell_buffer, int32_t days);

#endif /* CVM_CORE_SEGMENTS_WHITE_SPACE_H */
