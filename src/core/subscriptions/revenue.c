/*
 * revenue.c
 *		Retention of customers and of money by cohort, as a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/revenue.h"
#include "core/util/sorted.h"

Revenue *
revenue_retention_new(Context context)
{
	return RUNTIME_NEW(Revenue, context);
}

/* Take over how customers are looked at, or check that it is the same. */
void
revenue_adopt(Revenue *revenue, Calendar calendar, Clock clock, Day as_of)
{
	if (!revenue->adopted)
	{
		revenue->adopted = true;
		revenue->calendar = calendar;
		revenue->clock = clock;
		revenue->as_of = as_of;
		revenue->period_cache = period_cache_of(calendar);
		return;
	}
	if (!calendar_is(revenue->calendar, calendar) || revenue->clock != clock)
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"Use the same grain and clock for every customer.",
			"cannot add up customers that were looked at differently");
	if (revenue->as_of != as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same as_of for every customer.",
					  "cannot add up customers observed until different days");
}

static void
retained_money_rescale(RetainedMoney *retained, int from, int to)
{
	retained->base = money_rescale(retained->base, from, to);
	retained->gross = money_rescale(retained->gross, from, to);
	retained->net = money_rescale(retained->net, from, to);
}

/* Bring the state to at least this scale. */
void
revenue_scale(Revenue *revenue, int scale)
{
	if (scale <= revenue->scale)
		return;
	for (int i = 0; i < revenue->ncohorts; i++)
	{
		RevenueCohort *cohort = &revenue->cohorts[i];

		check_interrupts();
		cohort->base = money_rescale(cohort->base, revenue->scale, scale);
		for (int j = 0; j < cohort->ncells; j++)
			retained_money_rescale(&cohort->cells[j].change, revenue->scale,
								   scale);
	}
	revenue->scale = scale;
}

/* Find a cohort, or make it; good until the next call. */
static RevenueCohort *
cohort_at(Revenue *revenue, Period period)
{
	int at;

	revenue->cohorts =
		sorted_reach(revenue->context, revenue->cohorts, &revenue->ncohorts,
					 &revenue->room, sizeof(RevenueCohort), period, &at);
	return &revenue->cohorts[at];
}

/* Find a cohort's cell, or make it; good until the next call. */
static RevenueCell *
cell_at(Revenue *revenue, RevenueCohort *cohort, int32_t no)
{
	int at;

	cohort->cells =
		sorted_reach(revenue->context, cohort->cells, &cohort->ncells,
					 &cohort->room, sizeof(RevenueCell), no, &at);
	return &cohort->cells[at];
}

/* Let customers into a cohort, who bring so much on their first days. */
void
revenue_join(Revenue *revenue, Period period, int64_t members, Wide base)
{
	RevenueCohort *cohort = cohort_at(revenue, period);

	cohort->members = count_add(cohort->members, members);
	cohort->base = money_add(cohort->base, base);
}

/* Change what is kept of a cohort from a period on. */
void
revenue_change(Revenue *revenue, Period period, int32_t no,
			   const RetainedMoney *change)
{
	RevenueCohort *cohort = cohort_at(revenue, period);

	if (!retained_money_is_zero(change))
		retained_money_take(&cell_at(revenue, cohort, no)->change, change);
}

/* The first period at whose look a customer has what begins on a day. */
static inline int64_t
first_look(const Revenue *revenue, Day origin, Period cohort, Day day)
{
	int64_t no;

	if (revenue->clock == CLOCK_CALENDAR)
		return (int64_t) period_cache_period(revenue->period_cache, day) -
			   cohort;
	no = offset_from(revenue->calendar, origin, day);
	return no + (anniversary_of(revenue->calendar, origin, no) < day);
}

/* The first period that is not eligible. */
static inline int64_t
look_end(const Revenue *revenue, Day origin, Period cohort)
{
	if (revenue->clock == CLOCK_CALENDAR)
		return (int64_t) period_cache_period(revenue->period_cache,
											 revenue->as_of) -
			   cohort;
	return (int64_t) offset_from(revenue->calendar, origin,
								 revenue->as_of - 1) +
		   1;
}

/* What is kept of a customer at a level. */
static inline RetainedMoney
level_retained(Wide base, Wide mrr)
{
	return (RetainedMoney){.eligible = 1,
						   .retained = mrr > 0,
						   .base = base,
						   .gross = mrr < base ? mrr : base,
						   .net = mrr};
}

/*
 * Add a customer: levels before as_of, in the order of days.  A cell takes
 * what is kept from its period on less what was kept before.
 */
void
revenue_add(Revenue *revenue, const Level *levels, int nlevels)
{
	RevenueCohort *cohort;
	Period period;
	Day origin;
	int64_t end;
	int64_t look = 0;
	Wide base;
	RetainedMoney before = {0};

	/* the first level is one of paying */
	if (nlevels == 0)
		return;
	origin = levels[0].day;
	base = levels[0].mrr;
	period = period_cache_period(revenue->period_cache, origin);
	revenue_join(revenue, period, 1, base);
	cohort = cohort_at(revenue, period);
	end = look_end(revenue, origin, period);
	for (int i = 0; i < nlevels && look < end; i++)
	{
		int64_t next = end;
		RetainedMoney retained;
		RetainedMoney change;

		if (i + 1 < nlevels)
			next = first_look(revenue, origin, period, levels[i + 1].day);
		/* gone before anybody looked */
		if (next <= look)
			continue;
		retained = level_retained(base, levels[i].mrr);
		change = (RetainedMoney){
			retained.eligible - before.eligible,
			retained.retained - before.retained, retained.base - before.base,
			retained.gross - before.gross, retained.net - before.net};
		retained_money_take(&cell_at(revenue, cohort, (int32_t) look)->change,
							&change);
		before = retained;
		look = next;
	}
	if (before.eligible == 0)
		return;
	before = (RetainedMoney){-before.eligible, -before.retained, -before.base,
							 -before.gross, -before.net};
	retained_money_take(&cell_at(revenue, cohort, (int32_t) end)->change,
						&before);
}

/* Add another state up. */
void
revenue_retention_merge(Revenue *into, const Revenue *more)
{
	if (!more->adopted)
		return;
	revenue_adopt(into, more->calendar, more->clock, more->as_of);
	revenue_scale(into, more->scale);
	for (int i = 0; i < more->ncohorts; i++)
	{
		const RevenueCohort *from = &more->cohorts[i];
		RevenueCohort *cohort = cohort_at(into, from->period);

		check_interrupts();
		cohort->members = count_add(cohort->members, from->members);
		cohort->base = money_add(
			cohort->base, money_rescale(from->base, more->scale, into->scale));
		for (int j = 0; j < from->ncells; j++)
		{
			RetainedMoney change = from->cells[j].change;

			retained_money_rescale(&change, more->scale, into->scale);
			retained_money_take(
				&cell_at(into, cohort, from->cells[j].no)->change, &change);
		}
	}
}

/*
 * Give out a row for every cohort and period: the eligible ones, and under
 * the calendar clock the one that has begun and is not over.
 */
void
revenue_rows(const Revenue *revenue, RevenueEmit take, void *arg)
{
	int64_t nrows = 0;

	for (int i = 0; i < revenue->ncohorts; i++)
	{
		const RevenueCohort *cohort = &revenue->cohorts[i];
		RevenueRow row = {.cohort = cohort};
		int64_t end = cohort->ncells ? cohort->cells[cohort->ncells - 1].no : 0;
		int at = 0;

		if (revenue->clock == CLOCK_CALENDAR)
			end = (int64_t) period_of(revenue->calendar, revenue->as_of - 1) -
				  cohort->period + 1;
		nrows += end;
		if (nrows > ROWS_LIMIT(revenue->ncohorts))
			runtime_error(
				RUNTIME_TOO_LARGE,
				"Use a coarser grain, or look for days far in the past "
				"with cvm.check_model().",
				"retention would have more than %lld rows",
				(long long) ROWS_LIMIT(revenue->ncohorts));
		for (; row.no < end; row.no++)
		{
			check_interrupts();
			for (; at < cohort->ncells && cohort->cells[at].no <= row.no; at++)
				retained_money_take(&row.retained, &cohort->cells[at].change);
			row.is_complete = row.retained.eligible == cohort->members;
			take(arg, &row);
		}
	}
}
