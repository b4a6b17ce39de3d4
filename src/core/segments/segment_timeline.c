/*
 * segment_timeline.c
 *		In which segment a customer was from which day on, as bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_timeline.h"

#include <string.h>

#define TIMELINE_VERSION 1

/*
 * Write where a customer was.  Segments are numbered in the order of their
 * names.  Sorts the memberships.
 */
void
segment_timeline_write(ByteWriter *writer, const Label *names,
					   Membership *memberships, int nmemberships)
{
	SegmentStep few[16];
	SegmentStep *steps = few;
	int nsteps;

	if (nmemberships > 8)
		steps = runtime_alloc(NULL, 2 * (size_t) nmemberships * sizeof(*steps));
	nsteps = segment_steps_of(memberships, nmemberships, steps);
	write_byte(writer, TIMELINE_VERSION);
	for (int i = 0; i < nsteps; i++)
	{
		const Label *name;

		write_signed(writer, steps[i].day);
		if (steps[i].segment < 0)
		{
			write_byte(writer, 0);
			continue;
		}
		name = &names[steps[i].segment];
		write_unsigned(writer, (uint64_t) name->size + 1);
		write_raw(writer, name->data, name->size);
	}
	if (steps != few)
		runtime_free(steps);
}

/* Read the step with which the next membership begins, if there is one. */
static void
read_step(SegmentTimeline *timeline)
{
	ByteReader *reader = &timeline->reader;
	size_t size;

	timeline->next.start =
		(Day) read_signed(reader, MEMBERSHIP_UNKNOWN, SPELL_OPEN);
	if (timeline->next.start <= MEMBERSHIP_ALWAYS)
		timeline->next.start = INT32_MIN;
	size = read_unsigned(reader, (uint64_t) (reader->end - reader->at));
	timeline->next.segment = (Label){NULL, 0};
	if (size > 0)
		timeline->next.segment = (Label){read_text(reader, size - 1), size - 1};
}

/* What was between two days; of no timeline (data is NULL) all of it is in none. */
void
segment_timeline_open(SegmentTimeline *timeline, const void *data, size_t size,
					  Day since, Day until)
{
	memset(timeline, 0, sizeof(*timeline));
	timeline->next.start = since;
	timeline->until = until;
	timeline->is_over = since >= until;
	reader_open(&timeline->reader, data, size, "timeline of segments");
	if (data != NULL)
		read_version(&timeline->reader, TIMELINE_VERSION, TIMELINE_VERSION);
}

/* The next membership between these days; false after the last. */
bool
segment_timeline_next(SegmentTimeline *timeline, SegmentMembership *membership)
{
	while (!timeline->is_over)
	{
		Day since = timeline->next.start;
		ByteReader *reader = &timeline->reader;

		*membership = timeline->next;
		if (reader->at == reader->end)
		{
			timeline->is_over = true;
			membership->end = timeline->until;
			return true;
		}
		read_step(timeline);
		if (timeline->next.start >= timeline->until)
		{
			timeline->is_over = true;
			membership->end = timeline->until;
			return true;
		}
		if (timeline->next.start > since)
		{
			membership->end = timeline->next.start;
			return true;
		}
		/* what began before the first day is what holds on it */
		timeline->next.start = since;
	}
	return false;
}
