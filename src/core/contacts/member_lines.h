/*
 * member_lines.h
 *		Lines of customers (core/rows/customer_lines.h) of which some say that the
 *		customer was in a segment on some days, and others what happened on one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_MEMBER_LINES_H
#define CVM_CORE_CONTACTS_MEMBER_LINES_H

#include "core/rows/customer_lines.h"
#include "core/util/dictionary.h"

#define IN_NO_SEGMENT 0
#define IN_ALL_SEGMENTS (-1)
#define NO_SEGMENT_NAME "(none)"

/* Of flags: the line says that the customer was in a segment */
#define LINE_IS_MEMBER (1u << 31)
#define LINE_HIGH \
	8 /* bits of flags before the eight of a moment, or of a scale */

/* With this every line begins */
typedef struct MemberLine
{
	uint32_t flags; /* of what happened, whoever gathers says what they are */
	int32_t name;	/* number of a name, of the segment; -1: none */
	Day day;		/* on which it happened, or the first one in the segment */
	Day to;			/* the first one that is not */
} MemberLine;

/* The order of lines by what they are, of flags in the mask, and by name */
static inline int
member_line_compare(const MemberLine *a, const MemberLine *b, uint32_t mask)
{
	if ((a->flags & mask) != (b->flags & mask))
		return (a->flags & mask) < (b->flags & mask) ? -1 : 1;
	return (a->name > b->name) - (a->name < b->name);
}

#define MEMBER_PARAMETERS 2

typedef struct MemberLines
{
	Context context;
	CustomerLines lines;
	Dictionary names;  /* IN_NO_SEGMENT is the number of NO_SEGMENT_NAME */
	size_t other_name; /* where a line has another name's number; 0: nowhere */
	int32_t parameters[MEMBER_PARAMETERS]; /* belong to whoever gathers */
	bool has_last;
	Day last; /* of what happened, also to nobody */
} MemberLines;

extern MemberLines *member_lines_new(Context context, KeyKind kind, size_t size,
									 size_t budget);
extern void member_lines_place(MemberLines *members, Key key,
							   const Label *segment, Day from, Day to);

/*
 * Put what happened to a customer first, in the order of days, and times in
 * segments behind it, those that began last at the end, and of those the first
 * by name; return how much happened.
 */
extern uint32_t member_lines_sort(const MemberLines *members, void *lines,
								  uint32_t nlines);

/* In which segment a customer was on a day */
extern int32_t member_lines_segment(const MemberLines *members,
									const void *lines, uint32_t nfacts,
									uint32_t nlines, Day day);

/*
 * All lines as bytes for another process of this machine, piece by piece: they
 * are forgotten; and what is in such a piece, to be added to lines, which are
 * made if they are NULL.
 */
extern void member_lines_encode(MemberLines *members, ByteWriter *writer);
extern MemberLines *member_lines_absorb(MemberLines *members, Context context,
										size_t budget, const void *data,
										size_t size);

#define LINE_DAY INT64_C(86400000000) /* microseconds */
#define LINE_MOMENTS (INT64_C(1) << 40)

/*
 * Note the moment at which something happened, as what had passed since two days
 * before its day, in to and in flags; false: it is not one of that day.
 */
static inline bool
member_line_place(MemberLine *line, int64_t at)
{
	int64_t passed;

	if (__builtin_sub_overflow(at, (line->day - INT64_C(2)) * LINE_DAY,
							   &passed) ||
		passed < 0 || passed >= LINE_MOMENTS)
		return false;
	line->to = (int32_t) (uint32_t) passed;
	line->flags |= (uint32_t) (passed >> 32) << LINE_HIGH;
	return true;
}

static inline int64_t
member_line_at(const MemberLine *line)
{
	int64_t high = line->flags >> LINE_HIGH & 255;

	return (line->day - INT64_C(2)) * LINE_DAY +
		   (high << 32 | (uint32_t) line->to);
}

/* Something happened on a day, to nobody too. */
static inline void
member_lines_seen(MemberLines *members, Day day)
{
	if (!members->has_last || day > members->last)
		members->last = day;
	members->has_last = true;
}

#endif /* CVM_CORE_CONTACTS_MEMBER_LINES_H */
