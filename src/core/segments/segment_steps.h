/*
 * segment_steps.h
 *		In which segment a customer was from which day on.
 *
 * Histories hold memberships, which may overlap and leave gaps; steps follow one
 * another.  A version says of which definition of the segments one is: who
 * is in another segment by another definition has not moved.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_STEPS_H
#define CVM_CORE_SEGMENTS_SEGMENT_STEPS_H

#include "core/subscriptions/holdings.h"

/* A time in a segment; segments are numbered in the order of their names */
typedef struct Membership
{
	Day start;
	Day end;
	int32_t segment;
	int64_t version;
} Membership;

/* From a day on, in a segment: its number, or -1 */
typedef struct SegmentStep
{
	Day day;
	int32_t segment;
	int64_t version;
} SegmentStep;

/*
 * Memory for so many memberships and for the steps that they may make, two each;
 * what there was before is given back, and is NULL at first.
 */
extern void segment_steps_reserve(Membership **memberships,
								  SegmentStep **segment_steps, size_t room);
extern int segment_steps_of(Membership *memberships, int nmemberships,
							SegmentStep *segment_steps);

/* The last step that has begun on a day, or -1 */
static inline int
segment_step_on(const SegmentStep *segment_steps, int nsegment_steps, Day day)
{
	int low = 0;
	int high = nsegment_steps;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (segment_steps[middle].day <= day)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

/* The segment of a step; before the first, and in none, that of who is in none */
static inline int32_t
segment_step_place(const SegmentStep *segment_steps, int step, int32_t nameless)
{
	return step < 0 || segment_steps[step].segment < 0
			   ? nameless
			   : segment_steps[step].segment;
}

#endif /* CVM_CORE_SEGMENTS_SEGMENT_STEPS_H */
