/*
 * lifecycle.c
 *		New, retained, reactivated, dormant: customers by period.
 *
 * A state keeps changes, not stocks: opening is the closing of the period
 * before, closing = opening + new + moved in - moved out, and whoever is there
 * and neither new, retained nor reactivated is dormant.  So the bridge foots
 * by construction.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/lifecycle.h"
#include "core/util/calendar_bytes.h"
#include "core/util/sorted.h"

#include <string.h>

/* A walk over the periods in which a customer is active */
typedef struct Walk
{
	const Activity *activity;
	Calendar calendar;
	Day as_of;
	int at; /* next day to look at */
} Walk;

/* The next active period; false at the end. */
static bool
walk_next(Walk *walk, Period *period)
{
	const Activity *activity = walk->activity;
	int64_t past;

	while (walk->at < activity->ndays &&
		   activity->days[walk->at].returns == 0 &&
		   activity->days[walk->at].day < walk->as_of)
		walk->at++;
	if (walk->at == activity->ndays ||
		activity->days[walk->at].day >= walk->as_of)
		return false;
	*period = period_of(walk->calendar, activity->days[walk->at].day);
	past = period_start(walk->calendar, (int64_t) *period + 1);
	while (walk->at < activity->ndays && activity->days[walk->at].day < past)
		walk->at++;
	return true;
}

/* Begin behind the period of the start, which is active by definition. */
static bool
walk_begin(Walk *walk, const Activity *activity, Calendar calendar, Day as_of,
		   Period *cohort)
{
	int start = activity_start(activity);
	int64_t past;

	if (start < 0 || activity->days[start].day >= as_of)
		return false;
	*cohort = period_of(calendar, activity->days[start].day);
	past = period_start(calendar, (int64_t) *cohort + 1);
	*walk = (Walk){activity, calendar, as_of, start};
	while (walk->at < activity->ndays && activity->days[walk->at].day < past)
		walk->at++;
	return true;
}

/* Refuse rows that no real customers have. */
static void
check_periods(int64_t first, int64_t last)
{
	if (last - first >= PERIODS_LIMIT)
		runtime_error(
			RUNTIME_TOO_LARGE,
			"Use a coarser grain, or look for events with a wrong year.",
			"life cycle would have more than %d periods", PERIODS_LIMIT);
}

/* One customer, period by period, up to the one that as_of cuts. */
void
lifecycle_statuses(const Activity *activity, Calendar calendar, Day as_of,
				   StatusEmit take, void *arg)
{
	Walk walk;
	Period before;
	Period active;
	int64_t last;

	if (!walk_begin(&walk, activity, calendar, as_of, &before))
		return;
	take(arg, before, STATUS_NEW);
	last = period_of(calendar, as_of - 1);
	check_periods(before, last);
	while (walk_next(&walk, &active))
	{
		for (int64_t p = (int64_t) before + 1; p < active; p++)
		{
			check_interrupts();
			take(arg, (Period) p, STATUS_DORMANT);
		}
		take(arg, active,
			 active == before + 1 ? STATUS_RETAINED : STATUS_REACTIVATED);
		before = active;
	}
	for (int64_t p = (int64_t) before + 1; p <= last; p++)
	{
		check_interrupts();
		take(arg, (Period) p, STATUS_DORMANT);
	}
}

Lifecycle *
lifecycle_new(Context context)
{
	return RUNTIME_NEW(Lifecycle, context);
}

/* Take over calendar and as_of, or check that they agree. */
void
lifecycle_adopt(Lifecycle *lifecycle, Calendar calendar, Day as_of)
{
	if (!lifecycle->adopted)
	{
		lifecycle->adopted = true;
		lifecycle->calendar = calendar;
		lifecycle->as_of = as_of;
	}
	if (!calendar_is(lifecycle->calendar, calendar) ||
		lifecycle->as_of != as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Give the same grain and as_of for every customer.",
					  "cannot add up states of different grain or as_of");
}

/* The entry of a period, made if need be; valid until the next call. */
LifecyclePeriod *
lifecycle_at(Lifecycle *lifecycle, Period period)
{
	int at;

	lifecycle->periods = sorted_reach(lifecycle->context, lifecycle->periods,
									  &lifecycle->nperiods, &lifecycle->room,
									  sizeof(LifecyclePeriod), period, &at);
	return &lifecycle->periods[at];
}

/* The first period whose last observed day is day or later. */
static int64_t
period_reaching(const Lifecycle *lifecycle, int64_t day, int64_t last)
{
	if (day >= lifecycle->as_of)
		return last + 1;
	return day < DAY_FIRST ? INT32_MIN
						   : period_of(lifecycle->calendar, (Day) day);
}

/* Count the activity between two periods, both included. */
static void
count_membership(Lifecycle *lifecycle, const Activity *activity, int64_t from,
				 int64_t to)
{
	Walk walk;
	Period before = 0;
	Period active;

	if (!walk_begin(&walk, activity, lifecycle->calendar, lifecycle->as_of,
					&before))
		return;
	if (before >= from && before <= to)
		lifecycle_at(lifecycle, before)->entered++;
	while (walk_next(&walk, &active) && active <= to)
	{
		LifecyclePeriod *entry;

		check_interrupts();
		if (active >= from)
		{
			entry = lifecycle_at(lifecycle, active);
			if (active == before + 1)
				entry->retained++;
			else
				entry->reactivated++;
		}
		before = active;
	}
}

/*
 * Add one customer for the days it is held; held is ascending and disjoint.
 * The day that decides is the last one of a period, or the last one observed.
 */
void
lifecycle_add(Lifecycle *lifecycle, const Activity *activity, Calendar calendar,
			  Day as_of, const Held *held, int nheld)
{
	Walk walk;
	Period cohort;
	int64_t last;

	lifecycle_adopt(lifecycle, calendar, as_of);
	if (!walk_begin(&walk, activity, calendar, as_of, &cohort))
		return;
	last = period_of(calendar, as_of - 1);
	for (int i = 0; i < nheld; i++)
	{
		int64_t from = period_reaching(lifecycle, held[i].from, last);
		int64_t to = period_reaching(lifecycle, held[i].to, last) - 1;

		/* several ranges may decide neighbouring periods: one stay */
		for (; i + 1 < nheld &&
			   period_reaching(lifecycle, held[i + 1].from, last) <= to + 1;
			 i++)
			to = period_reaching(lifecycle, held[i + 1].to, last) - 1;
		if (from < cohort)
			from = cohort;
		if (from > to)
			continue;
		if (from > cohort)
			lifecycle_at(lifecycle, (Period) from)->moved_in++;
		if (to < last)
			lifecycle_at(lifecycle, (Period) (to + 1))->moved_out++;
		count_membership(lifecycle, activity, from, to);
	}
}

/* Add what happened in a period. */
void
lifecycle_count(Lifecycle *lifecycle, const LifecyclePeriod *more)
{
	LifecyclePeriod *to = lifecycle_at(lifecycle, more->period);

	to->entered = count_add(to->entered, more->entered);
	to->retained = count_add(to->retained, more->retained);
	to->reactivated = count_add(to->reactivated, more->reactivated);
	to->moved_in = count_add(to->moved_in, more->moved_in);
	to->moved_out = count_add(to->moved_out, more->moved_out);
}

/* Add another state; that one stays as it is. */
void
lifecycle_merge(Lifecycle *into, const Lifecycle *more)
{
	if (!more->adopted)
		return;
	lifecycle_adopt(into, more->calendar, more->as_of);
	for (int i = 0; i < more->nperiods; i++)
	{
		check_interrupts();
		lifecycle_count(into, &more->periods[i]);
	}
}

/* Every period from the first in which something happens to the last. */
void
lifecycle_rows(const Lifecycle *lifecycle, LifecycleEmit take, void *arg)
{
	int64_t last;
	int64_t stock = 0;
	int at = 0;

	if (lifecycle->nperiods == 0)
		return;
	last = period_of(lifecycle->calendar, lifecycle->as_of - 1);
	check_periods(lifecycle->periods[0].period, last);
	for (int64_t p = lifecycle->periods[0].period; p <= last; p++)
	{
		LifecycleRow row;

		check_interrupts();
		memset(&row, 0, sizeof(row));
		row.period = (Period) p;
		row.opening = stock;
		if (at < lifecycle->nperiods && lifecycle->periods[at].period == p)
		{
			const LifecyclePeriod *entry = &lifecycle->periods[at++];

			row.entered = entry->entered;
			row.retained = entry->retained;
			row.reactivated = entry->reactivated;
			row.moved_in = entry->moved_in;
			row.moved_out = -entry->moved_out;
		}
		stock += row.entered + row.moved_in + row.moved_out;
		row.closing = stock;
		row.dormant = stock - row.entered - row.retained - row.reactivated;
		row.is_complete =
			period_start(lifecycle->calendar, p + 1) <= lifecycle->as_of;
		take(arg, &row);
	}
}

/* Write canonical bytes. */
void
lifecycle_encode(const Lifecycle *lifecycle, ByteWriter *writer)
{
	write_byte(writer, LIFECYCLE_VERSION);
	write_byte(writer, (uint8_t) lifecycle->calendar.grain);
	write_byte(writer, (uint8_t) lifecycle->calendar.week_start);
	write_signed(writer, lifecycle->as_of);
	write_unsigned(writer, lifecycle->nperiods);
	for (int i = 0; i < lifecycle->nperiods; i++)
	{
		const LifecyclePeriod *entry = &lifecycle->periods[i];

		check_interrupts();
		write_period(writer, entry->period, i > 0 ? &entry[-1].period : NULL);
		write_unsigned(writer, entry->entered);
		write_unsigned(writer, entry->retained);
		write_unsigned(writer, entry->reactivated);
		write_unsigned(writer, entry->moved_in);
		write_unsigned(writer, entry->moved_out);
	}
}

/* Read canonical bytes; anything else is refused. */
Lifecycle *
lifecycle_decode(Context context, const void *data, size_t size)
{
	Lifecycle *lifecycle = lifecycle_new(context);
	ByteReader reader = read_state(data, size, "lifecycle", LIFECYCLE_VERSION);
	int64_t period;
	int64_t last;
	int64_t stock = 0;

	lifecycle->adopted = true;
	lifecycle->calendar.grain = (Grain) read_byte(&reader);
	lifecycle->calendar.week_start = read_byte(&reader);
	if (lifecycle->calendar.grain > GRAIN_YEAR ||
		lifecycle->calendar.week_start < 1 ||
		lifecycle->calendar.week_start > 7 ||
		(lifecycle->calendar.grain != GRAIN_WEEK &&
		 lifecycle->calendar.week_start != 1))
		reader_fail(&reader);
	lifecycle->as_of = (Day) read_signed(&reader, DAY_FIRST, DAY_LAST);
	last = period_of(lifecycle->calendar, lifecycle->as_of - 1);
	lifecycle->nperiods = (int) read_count(&reader, 6);
	lifecycle->room = lifecycle->nperiods;
	if (lifecycle->room > 0)
		lifecycle->periods =
			runtime_alloc(context, lifecycle->room * sizeof(LifecyclePeriod));
	for (int i = 0; i < lifecycle->nperiods; i++)
	{
		LifecyclePeriod *entry = &lifecycle->periods[i];

		check_interrupts();
		period = read_period(&reader, i > 0 ? &entry[-1].period : NULL);
		if (period > last ||
			period < period_of(lifecycle->calendar, DAY_FIRST) ||
			(i > 0 && period == entry[-1].period))
			reader_fail(&reader);
		entry->period = (Period) period;
		entry->entered = (int64_t) read_unsigned(&reader, INT64_MAX);
		entry->retained = (int64_t) read_unsigned(&reader, INT64_MAX);
		entry->reactivated = (int64_t) read_unsigned(&reader, INT64_MAX);
		entry->moved_in = (int64_t) read_unsigned(&reader, INT64_MAX);
		entry->moved_out = (int64_t) read_unsigned(&reader, INT64_MAX);
		/* nobody leaves who was not there, nobody is active who is not */
		stock = count_add(stock, count_add(entry->entered, entry->moved_in));
		if (entry->moved_out > stock)
			reader_fail(&reader);
		stock -= entry->moved_out;
		if (count_add(entry->entered,
					  count_add(entry->retained, entry->reactivated)) > stock ||
			(entry->entered == 0 && entry->retained == 0 &&
			 entry->reactivated == 0 && entry->moved_in == 0 &&
			 entry->moved_out == 0))
			reader_fail(&reader);
	}
	reader_close(&reader);
	return lifecycle;
}
