/*
 * segment_days.c
 *		In which segment a customer was, from when to when.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_days.h"

#include <string.h>

/* What counts first: who never began, who began last, the first by name */
static int
stay_order(const void *a, const void *b)
{
	const SegmentDays *x = a;
	const SegmentDays *y = b;

	if (x->from != y->from)
	{
		if (x->from == SEGMENT_DAYS_EVER || y->from == SEGMENT_DAYS_EVER)
			return x->from == SEGMENT_DAYS_EVER ? -1 : 1;
		return x->from > y->from ? -1 : 1;
	}
	return (x->segment > y->segment) - (x->segment < y->segment);
}

/*
 * What is left of a stay by those that count before it, among which it is put:
 * they are in order, and none lies over another.
 */
static int
days_add(SegmentDays *days, int ndays, const SegmentDays *stay)
{
	int count = ndays;
	int64_t from = stay->from;

	for (int i = 0; i < ndays && days[i].from < stay->to; i++)
	{
		if (days[i].from > from)
			days[count++] = (SegmentDays){from, days[i].from, stay->segment};
		if (days[i].to > from)
			from = days[i].to;
	}
	if (from < stay->to)
		days[count++] = (SegmentDays){from, stay->to, stay->segment};
	for (int i = ndays; i < count; i++)
	{
		SegmentDays added = days[i];
		int at = i;

		for (; at > 0 && days[at - 1].from > added.from; at--)
			days[at] = days[at - 1];
		days[at] = added;
	}
	return count;
}

/*
 * All days, from ever until still, in the order of time: in a segment, or in
 * none.  There is room for SEGMENT_DAYS_ROOM(nstays); the stays are sorted.
 */
int
segment_days_settle(SegmentDays *stays, int nstays, SegmentDays *days)
{
	size_t room = SEGMENT_DAYS_ROOM(nstays);
	int64_t until = SEGMENT_DAYS_EVER;
	int ndays = 0;
	int count = 0;
	SegmentDays *from;

	if (nstays > 1)
		runtime_sort(stays, nstays, sizeof(SegmentDays), stay_order);
	for (int i = 0; i < nstays; i++)
	{
		check_interrupts();
		if (stays[i].from < stays[i].to)
			ndays = days_add(days, ndays, &stays[i]);
	}

	/* read from the end of the room, and never overtaken */
	from = days + room - ndays;
	memmove(from, days, sizeof(SegmentDays) * ndays);
	for (int i = 0; i < ndays; i++)
	{
		SegmentDays next = from[i];

		if (next.from > until)
			days[count++] = (SegmentDays){until, next.from, SEGMENT_DAYS_NONE};
		until = next.to;
		if (count > 0 && days[count - 1].segment == next.segment)
			days[count - 1].to = next.to;
		else
			days[count++] = next;
	}
	if (until < SEGMENT_DAYS_STILL)
		days[count++] =
			(SegmentDays){until, SEGMENT_DAYS_STILL, SEGMENT_DAYS_NONE};
	return count;
}
