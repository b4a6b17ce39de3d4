/*
 * segment_span.c
 *		How customers and money flow between segments: over several periods.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_walk.h"

/* Is a customer elsewhere because the segments are others? */
bool
is_redefined(SegmentFlow *flow, const ClosingState *before,
			 const ClosingState *after)
{
	int32_t nameless = segment_flow_nameless(flow);

	return before->version != after->version && before->place != nameless &&
		   after->place != nameless;
}

/* Put down where a customer stands from a closing on. */
void
segment_walk_stand(SegmentWalk *walk, Period period, const ClosingState *after)
{
	if (walk->nstands == walk->stands_room)
	{
		int room = walk->stands_room ? walk->stands_room * 2 : 16;

		walk->stands = walk->stands_room
						   ? runtime_realloc(walk->stands, room * sizeof(Stand))
						   : runtime_alloc(NULL, room * sizeof(Stand));
		walk->stands_room = room;
	}
	walk->stands[walk->nstands++] = (Stand){period, *after};
}

static void
span_add(SegmentFlow *flow, int64_t period, const ClosingState *before,
		 const ClosingState *after, int sign)
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
 * Pair the closing states at closings that lie a span apart: a pair changes
 * when a closing state does, and when the earlier closing comes to where it
 * did.
 */
void
segment_walk_spans(SegmentWalk *walk)
{
	SegmentFlow *flow = walk->flow;
	ClosingState before = {.place = OUTSIDE};
	ClosingState after = {.place = OUTSIDE};
	int64_t last = period_of(flow->calendar, flow->as_of - 1);
	int early = 0;
	int late = 0;

	for (;;)
	{
		int64_t period = last + 1;

		if (late < walk->nstands)
			period = walk->stands[late].period;
		if (early < walk->nstands &&
			(int64_t) walk->stands[early].period + flow->span < period)
			period = (int64_t) walk->stands[early].period + flow->span;
		if (period > last)
			return;
		span_add(flow, period, &before, &after, -1);
		while (late < walk->nstands && walk->stands[late].period == period)
			after = walk->stands[late++].closing;
		while (early < walk->nstands &&
			   (int64_t) walk->stands[early].period + flow->span == period)
			before = walk->stands[early++].closing;
		span_add(flow, period, &before, &after, 1);
	}
}
