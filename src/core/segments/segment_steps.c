/*
 * segment_steps.c
 *		In which segment a customer was from which day on.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_steps.h"

/*
 * Of segments that hold on one day, the one that began last counts, and of
 * those that began together the first by name.  What counts comes last here.
 */
static int
compare_memberships(const void *a, const void *b)
{
	const Membership *membership_a = a;
	const Membership *membership_b = b;

	if (membership_a->start != membership_b->start)
		return membership_a->start < membership_b->start ? -1 : 1;
	if (membership_a->segment != membership_b->segment)
		return membership_a->segment > membership_b->segment ? -1 : 1;
	if (membership_a->version != membership_b->version)
		return membership_a->version < membership_b->version ? -1 : 1;
	return (membership_a->end < membership_b->end) -
		   (membership_a->end > membership_b->end);
}

static void
memberships_sort(Membership *memberships, int nmemberships)
{
	if (nmemberships > 16)
	{
		runtime_sort(memberships, nmemberships, sizeof(Membership),
					 compare_memberships);
		return;
	}
	for (int i = 1; i < nmemberships; i++)
	{
		Membership membership = memberships[i];
		int at = i;

		for (; at > 0 &&
			   compare_memberships(&memberships[at - 1], &membership) > 0;
			 at--)
			memberships[at] = memberships[at - 1];
		memberships[at] = membership;
	}
}

/* From a day on a customer is where a membership says; NULL: in none. */
static int
segment_step_push(SegmentStep *segment_steps, int nsegment_steps, Day day,
				  const Membership *membership)
{
	SegmentStep segment_step = {day, membership ? membership->segment : -1,
								membership ? membership->version : 0};
	const SegmentStep *last = NULL;

	if (nsegment_steps > 0 && segment_steps[nsegment_steps - 1].day == day)
		nsegment_steps--;
	if (nsegment_steps > 0)
		last = &segment_steps[nsegment_steps - 1];
	if (last == NULL ? membership == NULL
					 : last->segment == segment_step.segment &&
						   last->version == segment_step.version)
		return nsegment_steps;
	segment_steps[nsegment_steps] = segment_step;
	return nsegment_steps + 1;
}

/*
 * Where a customer was from which day on.  Sorts the memberships; steps has
 * room for twice as many.
 */
int
segment_steps_of(Membership *memberships, int nmemberships,
				 SegmentStep *segment_steps)
{
	int few[16];
	int *open = few;
	int nopen = 0;
	int nsegment_steps = 0;

	if (nmemberships > 16)
		open = runtime_alloc(NULL, nmemberships * sizeof(int));
	memberships_sort(memberships, nmemberships);
	for (int i = 0; i <= nmemberships; i++)
	{
		int64_t start = i < nmemberships ? memberships[i].start : SPELL_OPEN;

		/* what ends before the next begins gives way to what lies below it */
		while (nopen > 0 && memberships[open[nopen - 1]].end <= start &&
			   memberships[open[nopen - 1]].end != SPELL_OPEN)
		{
			Day end = memberships[open[nopen - 1]].end;

			while (nopen > 0 && memberships[open[nopen - 1]].end <= end)
				nopen--;
			nsegment_steps = segment_step_push(
				segment_steps, nsegment_steps, end,
				nopen > 0 ? &memberships[open[nopen - 1]] : NULL);
		}
		if (i == nmemberships)
			break;
		open[nopen++] = i;
		nsegment_steps =
			segment_step_push(segment_steps, nsegment_steps,
							  memberships[i].start, &memberships[i]);
	}
	if (open != few)
		runtime_free(open);
	return nsegment_steps;
}

void
segment_steps_reserve(Membership **memberships, SegmentStep **segment_steps,
					  size_t room)
{
	if (*memberships != NULL)
	{
		runtime_free(*memberships);
		runtime_free(*segment_steps);
	}
	*memberships = runtime_alloc(NULL, room * sizeof(Membership));
	*segment_steps = runtime_alloc(NULL, room * 2 * sizeof(SegmentStep));
}
