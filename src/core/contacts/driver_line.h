/*
 * driver_line.h
 *		A line of what is known of drivers of value (core/contacts/member_lines.h).
 *
 * Most scores and amounts have room in what every line begins with.  Where one
 * has not, or an answer says how important something is, all lines become
 * longer: there are as many as rows, and short ones fit into memory.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_DRIVER_LINE_H
#define CVM_CORE_CONTACTS_DRIVER_LINE_H

#include <string.h>

#include "core/contacts/driver_names.h"

/* What is told of a line: none of the first three is an answer */
#define DRIVER_SPELL 1u
/* Of behaviour, by up to two metrics: whether it is known, and whether it was so */
#define DRIVER_BEHAVIOUR(metric) (4u << 2 * (metric))
#define DRIVER_IS_SO(metric) (8u << 2 * (metric))
#define DRIVER_WEIGHED 2u /* of an answer: it tells how important that is */
#define DRIVER_LONG 64u	  /* score or amount stand behind */
#define DRIVER_NEGATIVE (1u << 16) /* of an amount that does not */
#define DRIVER_SCORE 16 /* bits before those of a score that does not */

/*
 * An answer, which has a moment; something that was done; or a spell that is paid
 * for, whose scale is in flags, from LINE_HIGH on.  The name of its member is that
 * of the group or metric, or a spell's amount: one that has no room anywhere, or
 * -1 less it.
 */
typedef struct DriverLine
{
	MemberLine member;
	union
	{
		double score;
		int64_t mrr;
	} as;
	double importance;
} DriverLine;

/* The size of a line with nothing behind; that of others is its type's */
#define DRIVER_SHORT sizeof(MemberLine)

/* Note the score of an answer, and what a spell brings a month. */
extern void driver_line_answer(DriverLine *line, double score);
extern void driver_line_pay(MemberLines *members, DriverLine *line, Wide mrr,
							int scale);

/* They are read from a line of which perhaps nothing is there but its member. */
extern double driver_line_score(const DriverLine *line);
extern Wide driver_line_mrr(const DriverNames *names, const DriverLine *line);

static inline int
driver_line_scale(const DriverLine *line)
{
	return (int) (line->member.flags >> LINE_HIGH & 255);
}

/* Write a line down. */
static inline void
driver_line_put(MemberLines *members, Key key, const DriverLine *line)
{
	if ((line->member.flags & (DRIVER_LONG | DRIVER_WEIGHED)) &&
		members->lines.size == DRIVER_SHORT)
		customer_lines_widen(&members->lines, sizeof(DriverLine));
	memcpy(customer_lines_next(&members->lines, key), line,
		   members->lines.size);
}

#endif /* CVM_CORE_CONTACTS_DRIVER_LINE_H */
