/*
 * segment_span.c
 *		How customers and money flow between segments: over several periods.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_walk.h"

/* Is a customer elsewhere because the segments are others? */
bool
is_redefined(SegmentFlow *flow, const Standing *before, const Standing *after)
{
	int32_t nameless = segment_flow_nameless(flow);

	return before->version != after->version && before->place != nameless &&
		   after->place != nameless;
}

/* Put down where a customer stands from a closing on. */
void
journey_stand(Journey *journey, Period period, const Standing *after)
{
	if (journey->nstands == journey->stands_room)
	{
		int room = journey->stands_room ? journey->stands_room * 2 : 16;

		journey->stands =
			journey->stands_room
				? host_realloc(journey->stands, room * sizeof(Stand))
				: host_alloc(NULL, room * sizeof(Stand));
		journey->stands_room = room;
	}
	journey->stands[journey->nstands++] = (Stand){period, *after};
}

static void
span_add(SegmentFlow *flow, int64_t period, const Standing *before,
		 const Standing *after, int sign)
{
	Span *span;

	if (before->place == OUTSIDE && after->place == OUTSIDE)
		return;
	span = &((SpanCell *) segment_cell(flow, &flow->spans, (Period) period,
									   before->place, after->place))
				->span;
	span->customers = count_add(span->customers, sign);
	if (before->place != OUTSIDE && after->place != OUTSIDE &&
		before->place != after->place && is_redefined(flow, before, after))
		span->redefined = count_add(span->redefined, sign);
	span->mrr = money_add(span->mrr, sign * before->mrr);
	span->mrr_closing = money_add(span->mrr_closing, sign * after->mrr);
}

/*
 * Pair the standings at closings that lie a span apart: a pair changes when a
 * standing does, and when the earlier closing comes to where it did.
 */
void
journey_spans(Journey *journey)
{
	SegmentFlow *flow = journey->flow;
	Standing before = {.place = OUTSIDE};
	Standing after = {.place = OUTSIDE};
	int64_t last = period_of(flow->calendar, flow->as_of - 1);
	int early = 0;
	int late = 0;

	for (;;)
	{
		int64_t period = last + 1;

		if (late < journey->nstands)
			period = journey->stands[late].period;
		if (early < journey->nstands &&
			(int64_t) journey->stands[early].period + flow->span < period)
			period = (int64_t) journey->stands[early].period + flow->span;
		if (period > last)
			return;
		span_add(flow, period, &before, &after, -1);
		while (late < journey->nstands &&
			   journey->stands[late].period == period)
			after = journey->stands[late++].standing;
		while (early < journey->nstands &&
			   (int64_t) journey->stands[early].period + flow->span == period)
			before = journey->stands[early++].standing;
		span_add(flow, period, &before, &after, 1);
	}
}
