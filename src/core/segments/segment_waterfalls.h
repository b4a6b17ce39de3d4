/*
 * segment_waterfalls.h
 *		Waterfalls of everybody and of each segment from raw spells in one pass,
 *		and sums by segment and period that go with them.
 *
 * Each customer's lines are walked as those of holdings are, once for
 * everybody and once for each segment that the customer was in, so that this
 * way and that by holdings give the same.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_WATERFALLS_H
#define CVM_CORE_SEGMENTS_SEGMENT_WATERFALLS_H

#include "core/segments/segment_customers.h"
#include "core/subscriptions/movement.h"
#include "core/subscriptions/revenue.h"
#include "core/subscriptions/survival.h"

/* Those of everybody come last; NULL: the segment has no customers */
typedef struct SegmentWaterfalls
{
	int nsegments;
	const Label *segments; /* but of everybody */
	Movement **movements;
} SegmentWaterfalls;

/* The same for cohorts, by the segment of the first paid day */
typedef struct SegmentCohorts
{
	int nsegments;
	const Label *segments;
	Revenue **cohorts;
} SegmentCohorts;

/* The same for products; everybody, whatever is held, comes last */
typedef struct ProductWaterfalls
{
	int nproducts;
	const Label *products;
	Movement **movements;
} ProductWaterfalls;

/* Customers who went from one product to another, by both */
typedef struct WentPeriod
{
	Period period;
	int64_t *customers;
} WentPeriod;

typedef struct ProductsWent
{
	Context context;
	Calendar calendar;
	int nproducts;
	const Label *products;
	int nperiods;
	int room;
	WentPeriod *periods; /* ascending */
} ProductsWent;

/*
 * How long customers stay, by segment of the first paid day and by product:
 * those of everybody come after the last segment, and of a customer as such
 * after the last product; NULL: there are none
 */
typedef struct SegmentLives
{
	int nsegments;
	const Label *segments;
	int nproducts;
	const Label *products;
	Survival **lives; /* nproducts + 1 of each */
} SegmentLives;

/* What is added up by segment and period */
typedef enum PeriodLine
{
	/* spells that ended, and those of them whose customers paid on that day */
	PERIOD_ENDED,
	PERIOD_CONTINUED,
	/* by how much a period changes what is kept of a year before */
	PERIOD_OPENING,
	PERIOD_GROSS,
	PERIOD_NET,
	/*
	 * what customers who stayed pay more as a promotion ended; and by how much
	 * a period changes what has moved in the year, of who paid before it
	 */
	PERIOD_PROMOTION_END,
	PERIOD_CHURN,
	PERIOD_RETURN,
	PERIOD_PAUSE,
	PERIOD_UPGRADE,
	PERIOD_DOWNGRADE,
	PERIOD_NEW_PRODUCT,
	PERIOD_LEFT_PRODUCT,
	PERIOD_QUANTITY,
	PERIOD_PROMOTION,
	PERIOD_PRICE,
	PERIOD_LINES
} PeriodLine;

typedef struct PeriodSum
{
	int64_t customers;
	Wide mrr;
} PeriodSum;

typedef struct SegmentPeriod
{
	Period period;
	PeriodSum lines[PERIOD_LINES];
} SegmentPeriod;

typedef struct SegmentPeriods
{
	int nperiods;
	int room;
	SegmentPeriod *periods; /* ascending */
} SegmentPeriods;

/* Everybody comes last */
typedef struct SegmentSums
{
	Context context;
	int scale;
	Calendar calendar;
	int nsegments;
	const Label *segments;
	SegmentPeriods *sums;
} SegmentSums;

extern const char *period_line_name(PeriodLine line);

/* Those that several of can read the customers of a buffer at once */
extern SegmentReader segment_waterfalls_open(SegmentCustomers *customers,
											 Context context,
											 SegmentWaterfalls *waterfalls);
extern SegmentReader segment_promotions_open(SegmentCustomers *customers,
											 Context context,
											 SegmentSums *sums);
extern SegmentReader segment_years_open(SegmentCustomers *customers,
										Context context, int32_t periods,
										SegmentSums *sums);
extern SegmentReader product_waterfalls_open(SegmentCustomers *customers,
											 Context context,
											 ProductWaterfalls *waterfalls);
extern SegmentReader products_went_open(SegmentCustomers *customers,
										Context context, ProductsWent *went);

/* Those that read alone */
extern void segment_cohorts_finish(SpellBuffer *spell_buffer, Context context,
								   SegmentCohorts *cohorts);
extern void segment_lives_finish(SpellBuffer *spell_buffer, Context context,
								 int32_t gap, SegmentLives *lives);
extern void segment_bridges_finish(SpellBuffer *spell_buffer, Context context,
								   int32_t periods, SegmentSums *sums);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_WATERFALLS_H */
