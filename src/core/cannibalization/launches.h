/*
 * launches.h
 *		Did what was launched eat the rest: all launches, donors and segments
 *		of raw spells and times in segments, in one reading of customers.
 *
 * A question is a launch and a donor, or all other products.  The segment of a
 * customer is that of the day of the launch or, who came later, of the first
 * day: any later one may be a consequence of it.  Of segments at once the one
 * that began last counts (core/segments/segment_steps.h); who is in none is in
 * "(none)".
 *
 * Donors are what customers of the launch held before (entries.h).  They are
 * found in a reading of their own, of those customers only.  Who never held
 * anything that was launched is the same to all launches; if the segment is
 * too, such a customer is added to what the launches share, and that to each of
 * them at the end.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_LAUNCHES_H
#define CVM_CORE_CANNIBALIZATION_LAUNCHES_H

#include "core/cannibalization/cannibalization_matrix.h"
#include "core/subscriptions/spell_buffer.h"

#define LAUNCH_EVERYBODY (-1) /* in place of a segment */
#define LAUNCH_ALL_DONORS (-1)

typedef struct Launch
{
	Label focal;
	Day launched_on;
} Launch;

/* What is asked */
typedef struct LaunchTerms
{
	int nlaunches;
	Launch *launches;
	int nwindows;
	Window *windows;
	Day as_of;
	int32_t gap;
	bool has_donors; /* each donor is a question too, in the first window */
} LaunchTerms;

/* What a segment says to a question */
typedef struct LaunchState
{
	int launch;
	int32_t donor;	 /* its number in the buffer's names */
	int32_t segment; /* by number among the segments */
	Cannibalization *state;
} LaunchState;

typedef struct LaunchStates
{
	int count;
	LaunchState *states;
	const Label *donors;   /* the buffer's names */
	const Label *segments; /* in the order of their names */
} LaunchStates;

extern LaunchStates *launches_read(Context context, SpellBuffer *spell_buffer,
								   const LaunchTerms *terms);

/* Every product as the new one, without a launch: the segment is that of the first day */
typedef struct SegmentMatrices
{
	int count; /* segments */
	const Label *segments;
	CannibalizationMatrix **matrices; /* NULL: nobody is in it */
} SegmentMatrices;

extern SegmentMatrices *matrices_read(Context context,
									  SpellBuffer *spell_buffer, Day as_of,
									  int32_t gap, Window window);

#endif /* CVM_CORE_CANNIBALIZATION_LAUNCHES_H */
