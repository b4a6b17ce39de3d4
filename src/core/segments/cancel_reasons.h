/*
 * cancel_reasons.h
 *		Why customers leave, from the reasons for which spells ended, by month and
 *		segment; from rows in any order.
 *
 * What ends on one day is one request, of the day on which it was asked for, if
 * that was told, in the segment of that day.  A line ends where no spell of it
 * goes on; who takes something else on that day changes, and asks for nothing.
 * Where nobody said anything only who leaves for good asked to.  Of a request
 * with several reasons each is counted, and how many there are.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_CANCEL_REASONS_H
#define CVM_CORE_SEGMENTS_CANCEL_REASONS_H

#include "core/contacts/line_name.h"
#include "core/contacts/member_lines.h"
#include "core/util/count_table.h"
#include "core/util/money.h"

/* Flags of a spell */
#define CANCEL_PRICED 1u /* its price is told */
#define CANCEL_ASKED 2u	 /* the day on which its end was asked for is told */
#define CANCEL_NAMED 4u	 /* its line is */

#define CANCEL_NO_REASON "(unknown)"

/* Parameters of the lines */
#define CANCEL_AS_OF 0
#define CANCEL_PRICE_DAYS 1 /* in which another price may be what one acts on */

/* A spell of a line */
typedef struct CancelLine
{
	MemberLine member; /* its name is the reason; goes on: to is INT32_MAX */
	Wide mrr;
	Day asked;
	int32_t line; /* number of its name, if that is too long; -1: it is not */
	uint8_t scale;
	LineName name;
} CancelLine;

/* Requests of a month and segment that name a reason */
typedef struct CancelCell
{
	int32_t segment; /* or IN_ALL_SEGMENTS */
	Day month;		 /* its first day */
	int32_t reason;
	int32_t reasons; /* of each request; 0: whatever they are */
	/* the key ends here */
	int64_t requests;
	int64_t customers;
	int64_t pending;
	int64_t churned; /* customers who left for good */
	int64_t price_moved;
	Wide cancelled_mrr;
	Wide churned_mrr;
	uint32_t customer; /* the last one who was counted */
	uint32_t left;	   /* and who was counted as churned */
} CancelCell;

typedef struct CancelReasons
{
	Label *reasons; /* by number */
	int scale;		/* of money */
	CountTable cells;
} CancelReasons;

/* The cells of lines; the lines are forgotten. */
extern void cancel_reasons_count(CancelReasons *reasons, MemberLines *members);

#endif /* CVM_CORE_SEGMENTS_CANCEL_REASONS_H */
