/*
 * segment_holdings.h
 *		The lines of a customer as holdings.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_HOLDINGS_H
#define CVM_CORE_SEGMENTS_SEGMENT_HOLDINGS_H

#include "core/segments/segment_customers.h"

/* Used again for every customer; zeros at first */
typedef struct SegmentHoldings
{
	Holdings holdings; /* products are numbered in the order of their names */
	uint32_t room;
	int32_t *products; /* by that number: that of customers->labels */
} SegmentHoldings;

extern void segment_holdings_lay_out(SegmentHoldings *laid_out,
									 const SegmentCustomers *customers,
									 const SegmentCustomer *customer);

extern int32_t segment_holdings_place(const SegmentHoldings *laid_out,
									  int32_t product);

/* What the name of a line as it is in the buffer tells */
static inline const NameParts *
line_parts(const SegmentCustomers *customers, const Line *line)
{
	return &customers->parts[line_name(line)];
}

static inline bool
line_is_stay(const Line *line)
{
	return line_is_membership(line) && !line_is_note(line);
}

#endif /* CVM_CORE_SEGMENTS_SEGMENT_HOLDINGS_H */
