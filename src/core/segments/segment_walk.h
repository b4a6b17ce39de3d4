/*
 * segment_walk.h
 *		What the files of a customer's way between segments share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_WALK_H
#define CVM_CORE_SEGMENTS_SEGMENT_WALK_H

#include "core/segments/segment_cells.h"

/* No day, or one that does not come */
#define NEVER INT64_MAX

/* What a customer holds of a product */
typedef struct Holding
{
	int32_t lines;
	Wide mrr;
	Wide paused; /* of mrr */
} Holding;

/* What a customer is at a closing */
typedef struct ClosingState
{
	int32_t place;
	int64_t version; /* of the segments */
	Wide mrr;		 /* what pauses would bring is in it */
	Wide paid;		 /* but not in this */
	int64_t cents;	 /* of mrr */
	int64_t paid_cents;
	Day paid_since;
	int32_t products;
	bool below_top;
} ClosingState;

/* A closing state, from the closing of a period on */
typedef struct Stand
{
	Period period;
	ClosingState closing;
} Stand;

/* A day before all others: they are negative before 2000 */
#define NOTHING_SOLD INT64_MIN

/* Something that was sold, and by when it may be undone */
typedef struct Sale
{
	int64_t until; /* NOTHING_SOLD: nothing was, or it was undone */
	int32_t place; /* to which it was counted */
	Wide gain;
	int32_t products; /* held before */
	int32_t family;
	Wide mrr; /* of the family before */
} Sale;

/* Spells that ended on a day */
typedef struct Expiring
{
	int64_t spells;
	Wide mrr;
	Wide squares;
} Expiring;

/* A customer on the way through the periods */
typedef struct SegmentWalk
{
	SegmentFlow *flow;
	const Customer *customer;
	int step;
	int segment_step;
	Holding *now;
	Holding *was;
	int32_t segment; /* the state's name */
	int64_t version;
	Wide mrr;
	Wide paused; /* of mrr */
	Day paid_since;
	bool paid_ever;
	ClosingState closing; /* at the last closing */

	/* the first day of paying, and what is still to be seen of it */
	bool acquired;
	bool on_trial;
	int next_age;
	Day origin;
	Period cohort;
	int32_t origin_place;
	Wide origin_mrr;

	Sale cross;
	Sale up;

	/* over a span: the closing states so far, where they change */
	int nstands;
	int stands_room;
	Stand *stands;
} SegmentWalk;

/* What a customer pays, if it is more than 0: without what is paused */
static inline Wide
segment_walk_pays(const SegmentWalk *walk)
{
	return walk->mrr - walk->paused;
}

/* The family and height of a product that a customer holds */
static inline const ProductTier *
segment_walk_tier(const SegmentWalk *walk, int product)
{
	return &walk->flow->tiers[walk->customer->product_names[product]];
}

/* segment_sums.c: what a customer adds to the cells of a period */
extern void segment_walk_expiring(SegmentWalk *walk, Period period,
								  int32_t place, const Expiring *expiring);
extern void segment_walk_sums(SegmentWalk *walk, Period period,
							  const ClosingState *before,
							  const ClosingState *after, int32_t paid_in);
extern void segment_walk_ages(SegmentWalk *walk, int64_t period);
extern void segment_walk_trial(SegmentWalk *walk, int64_t day);

/* segment_span.c: and over spans */
extern bool is_redefined(SegmentFlow *flow, const ClosingState *before,
						 const ClosingState *after);
extern void segment_walk_stand(SegmentWalk *walk, Period period,
							   const ClosingState *after);
extern void segment_walk_spans(SegmentWalk *walk);

/* segment_overlap.c: and over any span */
extern void segment_walk_overlaps(SegmentWalk *walk);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_WALK_H */
