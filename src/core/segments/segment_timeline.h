/*
 * segment_timeline.h
 *		In which segment a customer was from which day on, as bytes.
 *
 * A version byte, and of each step its day, the length of the segment's name
 * plus one, or 0 for none, and the name.  Before the first step a customer is
 * in none.  Timelines live as long as a query does: nothing stores them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_TIMELINE_H
#define CVM_CORE_SEGMENTS_SEGMENT_TIMELINE_H

#include "core/segments/segment_steps.h"
#include "core/util/bytes.h"

/*
 * A membership that began before all days, and one whose beginning is not
 * known: of both at once the first counts.
 */
#define MEMBERSHIP_ALWAYS (DAY_FIRST - 1)
#define MEMBERSHIP_UNKNOWN (DAY_FIRST - 2)

/* A membership of a segment, or in none: data is NULL */
typedef struct SegmentMembership
{
	Day start;
	Day end; /* first day not there, or SPELL_OPEN */
	Label segment;
} SegmentMembership;

/* The memberships of a timeline, one after the other, from a first day to a last */
typedef struct SegmentTimeline
{
	ByteReader reader;
	SegmentMembership next;
	Day until;
	bool is_over;
} SegmentTimeline;

extern void segment_timeline_write(ByteWriter *writer, const Label *names,
								   Membership *memberships, int nmemberships);
extern void segment_timeline_open(SegmentTimeline *timeline, const void *data,
								  size_t size, Day since, Day until);
extern bool segment_timeline_next(SegmentTimeline *timeline,
								  SegmentMembership *membership);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_TIMELINE_H */
