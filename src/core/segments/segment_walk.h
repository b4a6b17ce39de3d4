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
typedef struct Standing
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
} Standing;

/* A standing, from the closing of a period on */
typedef struct Stand
{
	Period period;
	Standing standing;
} Stand;

/* Something that was sold, and by when it may be undone */
typedef struct Sale
{
	int64_t until; /* negative: nothing was, or it was undone */
	int32_t place; /* to which it was counted */
	Wide gain;
	int32_t products; /* held before */
	int32_t family;
	Wide mrr; /* of the family before */
} Sale;

/* Spells that ended on a day */
typedef struct Due
{
	int64_t spells;
	Wide mrr;
	Wide squares;
} Due;

/* A customer on the way through the periods */
typedef struct Journey
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
	Standing standing; /* at the last closing */

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

	/* over a span: the standings so far, where they change */
	int nstands;
	int stands_room;
	Stand *stands;
} Journey;

/* What a customer pays, if it is more than 0: without what is paused */
static inline Wide
journey_pays(const Journey *journey)
{
	return journey->mrr - journey->paused;
}

/* The family and height of a product that a customer holds */
static inline const ProductTier *
journey_tier(const Journey *journey, int product)
{
	return &journey->flow->tiers[journey->customer->product_names[product]];
}

/* segment_sums.c: what a customer adds to the cells of a period */
extern void journey_due(Journey *journey, Period period, int32_t place,
						const Due *due);
extern void journey_sums(Journey *journey, Period period,
						 const Standing *before, const Standing *after,
						 int32_t paid_in);
extern void journey_ages(Journey *journey, int64_t period);
extern void journey_trial(Journey *journey, int64_t day);

/* segment_span.c: and over spans */
extern bool is_redefined(SegmentFlow *flow, const Standing *before,
						 const Standing *after);
extern void journey_stand(Journey *journey, Period period,
						  const Standing *after);
extern void journey_spans(Journey *journey);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_WALK_H */
