/*
 * lifecycle_tally.c
 *		Counting the customers of a fold by what they are in each period: new,
 *		retained, reactivated, and moved from segment to segment.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

#define MAX_DENSE (1 << 16) /* entries of all segments in plain arrays: 3 MB */

/* Where customers are counted, and what is known of the one at hand */
typedef struct LifecycleTally
{
	const Fold *fold;
	Lifecycle **lifecycles;
	int nsegments;
	int64_t last; /* the period that as_of cuts, or the last before it */

	/* by segment and period, where these are few: from first on */
	int64_t first;
	int64_t span;
	LifecyclePeriod *dense;

	/* periods in which the customer was active, the first is the cohort's */
	Period *active;
	int nactive;
	int room;
	int at; /* the first that is not counted yet */

	/* the membership that is not counted yet */
	int32_t segment;
	int64_t from;
	int64_t to;
} LifecycleTally;

static void
tally_open(LifecycleTally *tally, const Fold *fold, Lifecycle **lifecycles)
{
	const BitmapColumns *columns = &fold->returns;

	memset(tally, 0, sizeof(LifecycleTally));
	tally->fold = fold;
	tally->lifecycles = lifecycles;
	tally->nsegments =
		fold->has_memberships ? fold->memberships.segments.count : 1;
	tally->last = period_of(fold->calendar, lifecycles[0]->as_of - 1);
	tally->room = 64;
	tally->active = runtime_alloc(NULL, tally->room * sizeof(Period));
	if (columns->nbitmap_columns == 0)
		return;
	tally->first = bitmap_column_first(columns, &columns->bitmap_columns[0]);
	if (fold->is_marked)
		tally->first = period_of(fold->calendar, tally->first < DAY_FIRST
													 ? DAY_FIRST
													 : (Day) tally->first);
	tally->span = tally->last + 1 - tally->first;
	if (tally->span <= 0 || tally->span * tally->nsegments > MAX_DENSE)
		tally->span = 0;
	else
		tally->dense = runtime_alloc_zero(
			NULL, tally->span * tally->nsegments * sizeof(LifecyclePeriod));
}

/* The entry of a period; valid until the next call. */
static inline LifecyclePeriod *
tally_at(LifecycleTally *tally, int32_t segment, int64_t period)
{
	int64_t at = period - tally->first;

	if (at >= 0 && at < tally->span)
		return &tally->dense[segment * tally->span + at];
	return lifecycle_at(tally->lifecycles[segment], (Period) period);
}

/* Add what was counted to the states. */
static void
tally_close(LifecycleTally *tally)
{
	for (int32_t segment = 0; segment < tally->nsegments; segment++)
		for (int64_t at = 0; at < tally->span; at++)
		{
			LifecyclePeriod *from = &tally->dense[segment * tally->span + at];

			from->period = (Period) (tally->first + at);
			check_interrupts();
			if (from->entered != 0 || from->retained != 0 ||
				from->reactivated != 0 || from->moved_in != 0 ||
				from->moved_out != 0)
				lifecycle_count(tally->lifecycles[segment], from);
		}
	if (tally->dense != NULL)
		runtime_free(tally->dense);
	runtime_free(tally->active);
}

static inline void
active_add(LifecycleTally *tally, int64_t period)
{
	if (tally->nactive == tally->room)
	{
		tally->room *= 2;
		tally->active =
			runtime_realloc(tally->active, tally->room * sizeof(Period));
	}
	tally->active[tally->nactive++] = (Period) period;
}

/* The active periods of a customer whose bits are periods. */
static void
read_periods(LifecycleTally *tally, uint32_t slot)
{
	const BitmapColumns *columns = &tally->fold->returns;

	for (int i = 0; i < columns->nbitmap_columns; i++)
	{
		const BitmapColumn *column = &columns->bitmap_columns[i];
		int64_t first = bitmap_column_first(columns, column);

		for (uint64_t word = bitmap_column_word(column, slot); word != 0;
			 word &= word - 1)
			active_add(tally, first + __builtin_ctzll(word));
	}
}

/* The same where bits are days, some of them starts. */
static void
read_days(LifecycleTally *tally, uint32_t slot)
{
	const BitmapColumns *columns = &tally->fold->returns;
	PeriodCache *cache = tally->fold->period_cache;
	int64_t start = bitmap_columns_lowest(&tally->fold->starts, slot);

	if (start == INT64_MIN)
		return;
	active_add(tally, period_cache_period(cache, (Day) start));
	for (int i = 0; i < columns->nbitmap_columns; i++)
	{
		const BitmapColumn *column = &columns->bitmap_columns[i];
		int64_t first = bitmap_column_first(columns, column);

		for (uint64_t word = bitmap_column_word(column, slot); word != 0;
			 word &= word - 1)
		{
			int64_t day = first + __builtin_ctzll(word);
			Period period;

			if (day < start)
				continue;
			period = period_cache_period(cache, (Day) day);
			if (period != tally->active[tally->nactive - 1])
				active_add(tally, period);
		}
	}
}

/* Count the time that waits: who came, went, and was active. */
static void
count_time(LifecycleTally *tally)
{
	const Period *active = tally->active;

	if (tally->from > tally->to)
		return;
	if (tally->from > active[0])
		tally_at(tally, tally->segment, tally->from)->moved_in++;
	if (tally->to < tally->last)
		tally_at(tally, tally->segment, tally->to + 1)->moved_out++;
	for (; tally->at < tally->nactive && active[tally->at] <= tally->to;
		 tally->at++)
	{
		LifecyclePeriod *entry =
			tally_at(tally, tally->segment, active[tally->at]);

		if (tally->at == 0)
			entry->entered++;
		else if (active[tally->at] == active[tally->at - 1] + 1)
			entry->retained++;
		else
			entry->reactivated++;
	}
}

/* Take a membership, that goes on where the one before ended. */
static void
take_time(LifecycleTally *tally, int32_t segment, int64_t from, int64_t to)
{
	if (segment == tally->segment && tally->from <= tally->to)
	{
		tally->to = to;
		return;
	}
	count_time(tally);
	tally->segment = segment;
	tally->from = from;
	tally->to = to;
}

/* The first period whose last observed day is day or later. */
static int64_t
period_reaching(const LifecycleTally *tally, Day day)
{
	if (day >= tally->lifecycles[0]->as_of)
		return tally->last + 1;
	return day < DAY_FIRST
			   ? INT32_MIN
			   : period_cache_period(tally->fold->period_cache, day);
}

/* Memberships that hold the customer at a time, the one that counts on top */
typedef struct StayHeld
{
	int32_t segment;
	int64_t to; /* the last period */
} StayHeld;

/* Take the times from a period up to, not including, another. */
static int64_t
take_until(LifecycleTally *tally, StayHeld *held, int *nheld, int64_t from,
		   int64_t until)
{
	while (from < until)
	{
		int32_t segment = MEMBERSHIP_NONE_NUMBER;
		int64_t to = until - 1;

		while (*nheld > 0 && held[*nheld - 1].to < from)
			(*nheld)--;
		if (*nheld > 0)
		{
			segment = held[*nheld - 1].segment;
			if (held[*nheld - 1].to < to)
				to = held[*nheld - 1].to;
		}
		take_time(tally, segment, from, to);
		from = to + 1;
	}
	return from;
}

/*
 * Count a customer by the memberships, which come in the order in which they
 * began, and of those that began at once the first by name last.
 */
static void
count_memberships(LifecycleTally *tally, const MembershipOrder *order,
				  uint32_t slot, StayHeld *held)
{
	int64_t from = tally->active[0];
	int nheld = 0;

	tally->from = 0;
	tally->to = -1;
	for (uint32_t i = order->from[slot]; i < order->from[slot + 1]; i++)
	{
		const SlotMembership *membership = &order->memberships[i];
		int64_t first = period_reaching(tally, membership->from);
		int64_t past = period_reaching(tally, membership->to);

		if (first > tally->last)
			break;
		if (first >= past || past <= from)
			continue;
		from = take_until(tally, held, &nheld, from, first);
		held[nheld++] = (StayHeld){membership->segment, past - 1};
	}
	take_until(tally, held, &nheld, from, tally->last + 1);
	count_time(tally);
}

/*
 * Count the customers of a fold that is all in memory: into a state, or with
 * memberships into one for each segment.
 */
static void
lifecycle_tally_count(Fold *fold, void *arg)
{
	Lifecycle **lifecycles = arg;
	LifecycleTally tally;
	MembershipOrder order;
	StayHeld *held = NULL;

	tally_open(&tally, fold, lifecycles);
	if (fold->has_memberships)
	{
		memberships_order(&fold->memberships, fold->key_table.nslots, &order);
		held = runtime_alloc(NULL, (order.most + 1) * sizeof(StayHeld));
	}
	for (uint32_t slot = 0; slot < fold->key_table.nslots; slot++)
	{
		if ((slot & 255) == 0)
			check_interrupts();
		tally.nactive = 0;
		tally.at = 0;
		if (fold->is_marked)
			read_days(&tally, slot);
		else
			read_periods(&tally, slot);
		if (tally.nactive == 0)
			continue;
		if (fold->has_memberships)
			count_memberships(&tally, &order, slot, held);
		else
		{
			tally.from = tally.active[0];
			tally.to = tally.last;
			count_time(&tally);
		}
	}
	if (fold->has_memberships)
	{
		memberships_order_free(&order);
		runtime_free(held);
	}
	tally_close(&tally);
}

/* What customers were period by period, for every segment if there are any. */
Lifecycle **
fold_finish_lifecycles(Fold *fold, Context context)
{
	int nsegments =
		fold->has_memberships ? fold->memberships.segments.count : 1;
	Lifecycle **lifecycles =
		runtime_alloc(context, nsegments * sizeof(Lifecycle *));
	Day as_of;

	fold_flush(fold);
	as_of = fold->has_as_of ? fold->as_of : fold->last + 1;
	if (as_of <= fold->last)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Filter the rows to days before as_of, then fold them.",
					  "as_of is earlier than the last day folded");
	for (int i = 0; i < nsegments; i++)
	{
		lifecycles[i] = lifecycle_new(context);
		lifecycle_adopt(lifecycles[i], fold->calendar, as_of);
	}
	if (!fold->is_empty)
		fold_each_part(fold, lifecycle_tally_count, lifecycles);
	return lifecycles;
}
