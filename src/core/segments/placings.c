/*
 * placings.c
 *		In which segment a customer was from which day on.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/placings.h"

/*
 * Of segments that hold on one day, the one that began last counts, and of
 * those that began together the first by name.  What counts comes last here.
 */
static int
compare_stays(const void *a, const void *b)
{
	const Stay *stay_a = a;
	const Stay *stay_b = b;

	if (stay_a->start != stay_b->start)
		return stay_a->start < stay_b->start ? -1 : 1;
	if (stay_a->segment != stay_b->segment)
		return stay_a->segment > stay_b->segment ? -1 : 1;
	if (stay_a->version != stay_b->version)
		return stay_a->version < stay_b->version ? -1 : 1;
	return (stay_a->end < stay_b->end) - (stay_a->end > stay_b->end);
}

static void
stays_sort(Stay *stays, int nstays)
{
	if (nstays > 16)
	{
		host_sort(stays, nstays, sizeof(Stay), compare_stays);
		return;
	}
	for (int i = 1; i < nstays; i++)
	{
		Stay stay = stays[i];
		int at = i;

		for (; at > 0 && compare_stays(&stays[at - 1], &stay) > 0; at--)
			stays[at] = stays[at - 1];
		stays[at] = stay;
	}
}

/* From a day on a customer is where a stay says; NULL: nowhere. */
static int
placing_push(Placing *placings, int nplacings, Day day, const Stay *stay)
{
	Placing placing = {day, stay ? stay->segment : -1,
					   stay ? stay->version : 0};
	const Placing *last = NULL;

	if (nplacings > 0 && placings[nplacings - 1].day == day)
		nplacings--;
	if (nplacings > 0)
		last = &placings[nplacings - 1];
	if (last == NULL ? stay == NULL
					 : last->segment == placing.segment &&
						   last->version == placing.version)
		return nplacings;
	placings[nplacings] = placing;
	return nplacings + 1;
}

/*
 * Where a customer was from which day on.  Sorts the stays; placings has room
 * for twice as many.
 */
int
placings_of(Stay *stays, int nstays, Placing *placings)
{
	int few[16];
	int *open = few;
	int nopen = 0;
	int nplacings = 0;

	if (nstays > 16)
		open = host_alloc(NULL, nstays * sizeof(int));
	stays_sort(stays, nstays);
	for (int i = 0; i <= nstays; i++)
	{
		int64_t start = i < nstays ? stays[i].start : SPELL_OPEN;

		/* what ends before the next begins gives way to what lies below it */
		while (nopen > 0 && stays[open[nopen - 1]].end <= start &&
			   stays[open[nopen - 1]].end != SPELL_OPEN)
		{
			Day end = stays[open[nopen - 1]].end;

			while (nopen > 0 && stays[open[nopen - 1]].end <= end)
				nopen--;
			nplacings =
				placing_push(placings, nplacings, end,
							 nopen > 0 ? &stays[open[nopen - 1]] : NULL);
		}
		if (i == nstays)
			break;
		open[nopen++] = i;
		nplacings =
			placing_push(placings, nplacings, stays[i].start, &stays[i]);
	}
	if (open != few)
		host_free(open);
	return nplacings;
}
