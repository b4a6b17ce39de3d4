/*
 * channel_segment.h
 *		What came of customers in each channel: who was approached, who bought,
 *		who still paid some days later and who was satisfied, by the segment that
 *		they were in when it began; from rows in any order.
 *
 * A sale is a line that begins, and is paid for, while the customer has none of
 * the same product that goes on until then.  Of lines that begin on one day the
 * first counts: the one that ends first, of those the cheapest, and of those the
 * first by channel and by offer.  A sale converts who was approached in its
 * channel, or, where the customer was not, in any.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_CHANNEL_SEGMENT_H
#define CVM_CORE_SEGMENTS_CHANNEL_SEGMENT_H

#include "core/contacts/member_lines.h"
#include "core/util/count_table.h"
#include "core/util/money.h"
#include "core/util/parted_names.h"

/* Flags of a line */
#define CHANNEL_KIND 3u		/* what it is: one of these */
#define CHANNEL_APPROACH 0u /* of a customer, or by one; amount is its cost */
#define CHANNEL_SPELL 1u	/* amount is what it brings */
#define CHANNEL_ANSWER 2u	/* amount is its moment */
#define CHANNEL_IS_GOOD 4u	/* a spell that is paid for, a satisfied answer */
#define CHANNEL_RECENT 8u	/* a spell that began among the days told of */
#define CHANNEL_MATURE 16u /* the days in which something may follow are over */
#define CHANNEL_AMOUNT 32u /* amount is told */
#define CHANNEL_MRR 64u	   /* mrr is told */
#define CHANNEL_SCALE 8	   /* bits before the scale of amount */
#define CHANNEL_MRR_SCALE 16
#define CHANNEL_SCALES 255u

#define CHANNEL_OPEN INT32_MAX
#define CHANNEL_NO_START INT32_MIN /* of a spell: it was always there */

/* What a name tells, of an approach the channel alone */
#define CHANNEL_NAME 0
#define CHANNEL_PRODUCT 1
#define CHANNEL_OFFER 2
#define CHANNEL_NAMES 3

/* Parameters of the lines */
#define CHANNEL_ENQUIRY_DAYS 0 /* after an approach, in which one may buy */
#define CHANNEL_KEPT_DAYS 1	   /* after a sale, when one is looked for */

typedef struct ChannelLine
{
	MemberLine member; /* goes on: to is CHANNEL_OPEN */
	Wide amount;
	Wide mrr; /* by which spells that are alike are sorted */
} ChannelLine;

/* An exact sum */
typedef struct ChannelSum
{
	Wide sum;
	int32_t scale;
	bool is_told; /* something was added */
} ChannelSum;

/* Customers of a channel and a segment */
typedef struct ChannelCell
{
	int32_t channel; /* a name by number: see parted_names.h */
	int32_t segment;
	/* the key ends here */
	int64_t customers;
	int64_t approached; /* of whom the days to buy in are over */
	int64_t converted;
	int64_t sales;
	int64_t sold;
	int64_t mature;
	int64_t kept;
	int64_t answers;
	int64_t satisfied;
	ChannelSum mrr;
	ChannelSum cost;
} ChannelCell;

typedef struct ChannelSegments
{
	PartedNames parts;
	CountTable cells;
} ChannelSegments;

/* The cells of lines; the lines are forgotten. */
extern void channel_segments_count(ChannelSegments *channels,
								   MemberLines *members, NameCompare compare,
								   void *arg);

#endif /* CVM_CORE_SEGMENTS_CHANNEL_SEGMENT_H */
