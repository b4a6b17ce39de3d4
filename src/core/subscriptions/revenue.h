/*
 * revenue.h
 *		Retention of customers and of money by cohort, as a state.
 *
 * A customer's cohort is the period of the first day on which they pay, and
 * what they bring on that day is what later money is compared with.  Calendar
 * clock: looked at when a period closes, the cohort's own first, as the
 * waterfall does.  Anniversary clock: looked at on the first day and so many
 * whole periods after it, if that day was observed.
 *
 * Net money is what the customers looked at bring by then; gross money counts
 * each with no more than on the first day.
 *
 * Life of a state: as that of movement.h.  A cell holds what changes from one
 * period to the next, so a customer costs as many cells as their price has
 * changed, not as many as they have stayed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_REVENUE_H
#define CVM_CORE_SUBSCRIPTIONS_REVENUE_H

#include "core/retention/retention_spec.h" /* Clock */
#include "core/subscriptions/steps.h"

/* Customers and money, or by how much they change */
typedef struct RetainedMoney
{
	int64_t eligible;
	int64_t retained;
	Wide base; /* what the eligible brought on their first days */
	Wide gross;
	Wide net;
} RetainedMoney;

/* Take a change into what is kept. */
static inline void
retained_money_take(RetainedMoney *retained, const RetainedMoney *change)
{
	retained->eligible = count_add(retained->eligible, change->eligible);
	retained->retained = count_add(retained->retained, change->retained);
	retained->base = money_add(retained->base, change->base);
	retained->gross = money_add(retained->gross, change->gross);
	retained->net = money_add(retained->net, change->net);
}

/* Does nothing change? */
static inline bool
retained_money_is_zero(const RetainedMoney *retained)
{
	return retained->eligible == 0 && retained->retained == 0 &&
		   retained->base == 0 && retained->gross == 0 && retained->net == 0;
}

typedef struct RevenueCell
{
	int32_t no;
	RetainedMoney change;
} RevenueCell;

typedef struct RevenueCohort
{
	Period period;
	int64_t members;
	Wide base;
	int ncells;
	int room;
	RevenueCell *cells; /* ascending */
} RevenueCohort;

typedef struct Revenue
{
	Context context;
	bool adopted;
	Calendar calendar;
	PeriodCache *period_cache;
	Clock clock;
	Day as_of;
	int scale;
	int ncohorts;
	int room;
	RevenueCohort *cohorts; /* ascending */
} Revenue;

typedef struct RevenueRow
{
	const RevenueCohort *cohort;
	int32_t no;
	RetainedMoney retained;
	bool is_complete; /* everybody is eligible */
} RevenueRow;

typedef void (*RevenueEmit)(void *arg, const RevenueRow *row);

#define REVENUE_VERSION 1

extern Revenue *revenue_retention_new(Context context);
extern void revenue_adopt(Revenue *revenue, Calendar calendar, Clock clock,
						  Day as_of);
extern void revenue_scale(Revenue *revenue, int scale);
extern void revenue_join(Revenue *revenue, Period period, int64_t members,
						 Wide base);
extern void revenue_change(Revenue *revenue, Period period, int32_t no,
						   const RetainedMoney *change);
extern void revenue_add(Revenue *revenue, const Level *levels, int nlevels);
extern void revenue_retention_merge(Revenue *into, const Revenue *more);
extern void revenue_rows(const Revenue *revenue, RevenueEmit take, void *arg);
extern void revenue_retention_encode(const Revenue *revenue,
									 ByteWriter *writer);
extern Revenue *revenue_retention_decode(Context context, const void *data,
										 size_t size);

#endif /* CVM_CORE_SUBSCRIPTIONS_REVENUE_H */
