/*
 * segment_movements.c
 *		The waterfall of one customer in each segment
 *		(core/subscriptions/customer_movement.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/date.h"

#include "pg/arguments.h"
#include "pg/rows_out.h"
#include "pg/segments/segment_timeline.h"
#include "pg/state_type.h"
#include "pg/subscriptions/customer_movement.h"
#include "pg/subscriptions/holdings.h"
#include "pg/subscriptions/movement.h"

/* The memberships of a timeline, all of them */
static SegmentMembership *
read_memberships(const StateBytes *bytes, int *nmemberships)
{
	int room = 8;
	SegmentMembership *memberships = palloc(room * sizeof(SegmentMembership));
	SegmentTimeline timeline;

	*nmemberships = 0;
	segment_timeline_open(&timeline, bytes->data, bytes->size, INT32_MIN,
						  SPELL_OPEN);
	while (segment_timeline_next(&timeline, &memberships[*nmemberships]))
		if (++*nmemberships == room)
		{
			room *= 2;
			memberships =
				repalloc(memberships, room * sizeof(SegmentMembership));
		}
	return memberships;
}

static bool
is_same_segment(const Label *a, const Label *b)
{
	if (a->data == NULL || b->data == NULL)
		return a->data == b->data;
	return label_compare(a, b) == 0;
}

/*
 * Gather the days in the segment of the first of these memberships, which are taken
 * out: the rest moves up.  Returns whether one touches these days.
 */
static bool
take_segment(SegmentMembership *memberships, int *nmemberships, Held *held,
			 int *nheld, int64 first, int64 last)
{
	Label segment = memberships[0].segment;
	bool is_near = false;
	int nrest = 0;

	*nheld = 0;
	for (int i = 0; i < *nmemberships; i++)
	{
		const SegmentMembership *membership = &memberships[i];

		if (!is_same_segment(&membership->segment, &segment))
		{
			memberships[nrest++] = *membership;
			continue;
		}
		held[(*nheld)++] = (Held){
			membership->start == INT32_MIN ? INT64_MIN : membership->start,
			membership->end == SPELL_OPEN ? INT64_MAX : membership->end};
		is_near |= membership->start <= last && membership->end > first;
	}
	*nmemberships = nrest;
	return is_near;
}

/*
 * _customer_movements(holdings, grain, as_of, pause_days, timeline, since,
 * until): in each segment of a timeline and in none, of periods that begin in
 * these days.
 */
PG_FUNCTION_INFO_V1(cvm_customer_movements_by_segment);
Datum
cvm_customer_movements_by_segment(PG_FUNCTION_ARGS)
{
	CustomerSink sink = {.has_segment = true};
	StateBytes bytes = {NULL, 0};
	Calendar calendar;
	Day as_of;
	Day since;
	Day until;
	int64 first;
	int64 last;
	int32 pause_days;
	SegmentMembership *memberships;
	Held *held;
	int nmemberships;
	int nheld;

	sink.result = rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	calendar = argument_calendar(fcinfo, 1, -1);
	as_of = argument_day(fcinfo, 2, "as_of");
	pause_days = argument_pause(fcinfo, 3);
	if (!PG_ARGISNULL(4))
		bytes = state_bytes(PG_GETARG_DATUM(4));
	since = PG_ARGISNULL(5) ? INT32_MIN : PG_GETARG_DATEADT(5);
	until = PG_ARGISNULL(6) ? SPELL_OPEN : PG_GETARG_DATEADT(6);
	/* a period is looked at from the day before it to its last */
	first = (int64) since - 1;
	last = until == SPELL_OPEN || until <= DAY_FIRST
			   ? until
			   : period_start(calendar, period_of(calendar, until - 1) + 1) - 1;
	sink.holdings = holdings_read(PG_GETARG_DATUM(0));
	memberships = read_memberships(&bytes, &nmemberships);
	held = palloc(Max(nmemberships, 1) * sizeof(Held));
	while (nmemberships > 0)
	{
		Label segment = memberships[0].segment;
		Movement *movement;

		CHECK_FOR_INTERRUPTS();
		if (!take_segment(memberships, &nmemberships, held, &nheld, first,
						  last))
			continue;
		sink.segment = segment_datum(&segment);
		movement = movement_new(CurrentMemoryContext);
		movement_adopt(movement, calendar, as_of, pause_days);
		movement_add_holdings(movement, sink.holdings, pause_days, held, nheld);
		sink.movement = movement;
		customer_movements(sink.holdings, movement, since, until,
						   customer_row_take, &sink);
	}
	return (Datum) 0;
}
