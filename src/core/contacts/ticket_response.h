/*
 * ticket_response.h
 *		How long tickets wait for a reply, and to be solved, by segment and month.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_TICKET_RESPONSE_H
#define CVM_CORE_CONTACTS_TICKET_RESPONSE_H

#include "core/contacts/cell_table.h"
#include "core/contacts/member_lines.h"
#include "core/subscriptions/survival.h"

/* What is told of a ticket */
#define TICKET_STAFF 1 /* nobody waits for a reply to it */
#define TICKET_ANSWERED 2
#define TICKET_SOLVED 4
#define TICKET_REOPENED 8
#define TICKET_WITHIN 16 /* the agreed time */
#define TICKET_BEYOND 32
#define TICKET_TAKES 64 /* its time until it is solved is known */

typedef struct TicketLine
{
	MemberLine member;
	int32_t minutes; /* until the reply, or until now */
	int32_t open_minutes;
} TicketLine;

/*
 * Times of tickets: those that came last are added to the others when they are
 * many, or at the end.
 */
typedef struct TicketTimes
{
	Survival *times; /* NULL: there are none */
	uint32_t *more;	 /* minutes << 1, and whether that was the end */
	uint32_t count;
	uint32_t room;
} TicketTimes;

typedef struct TicketCell
{
	CellKey key;
	int64_t tickets; /* but those of the staff */
	int64_t staff;
	int64_t customers;
	int64_t answered;
	int64_t solved;
	int64_t reopened;
	int64_t within;
	int64_t beyond;
	TicketTimes replies;
	TicketTimes solutions;
} TicketCell;

/*
 * The cells of lines that are a TicketLine each; that of IN_ALL_SEGMENTS is
 * everybody's.  The lines are forgotten.
 */
extern void ticket_cells(MemberLines *members, Context context,
						 CellTable *cells);

#endif /* CVM_CORE_CONTACTS_TICKET_RESPONSE_H */
