/*
 * retained_money.c
 *		What is left of a customer's money after so many periods.
 *
 * What a customer brings at closings is a few steps, so what they bring at one
 * closing and brought at an earlier one is twice as many, however long they
 * stay.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/retained_money.h"

/* From the closing of a period on */
typedef struct Look
{
	int64_t period;
	Wide value; /* what is brought, or whether the segment is held */
} Look;

typedef struct Closings
{
	Look *closings; /* ascending */
	int nclosings;
	int at; /* of those, how many are over */
} Closings;

/* A further look; one of the same period takes its place. */
static void
closings_add(Closings *closings, int64_t period, Wide value)
{
	if (closings->nclosings > 0 &&
		closings->closings[closings->nclosings - 1].period == period)
		closings->nclosings--;
	closings->closings[closings->nclosings++] = (Look){period, value};
}

/* What is so at the closing of a period, never before one asked earlier. */
static Wide
closings_at(Closings *closings, int64_t period)
{
	while (closings->at < closings->nclosings &&
		   closings->closings[closings->at].period <= period)
		closings->at++;
	return closings->at > 0 ? closings->closings[closings->at - 1].value : 0;
}

/* The first period that closes on a day or after it. */
static int64_t
period_at(Calendar calendar, int64_t day)
{
	if (day < DAY_FIRST)
		return INT32_MIN;
	return day > DAY_LAST ? INT32_MAX : period_of(calendar, (Day) day);
}

static int
compare_periods(const void *a, const void *b)
{
	int64_t period_a = *(const int64_t *) a;
	int64_t period_b = *(const int64_t *) b;

	return (period_a > period_b) - (period_a < period_b);
}

/*
 * Give out what changes for a customer; levels before as_of, in the order of
 * days, and the days in the segment, sorted and apart from each other.
 */
void
retained_money_of(const Level *levels, int nlevels, const Held *held, int nheld,
				  Calendar calendar, Day as_of, int32_t periods,
				  RetainedEmit take, void *arg)
{
	int64_t last = period_of(calendar, as_of - 1);
	int64_t *moments =
		runtime_alloc(NULL, ((size_t) nlevels * 2 + (size_t) nheld * 2 + 1) *
								sizeof(int64_t));
	int nmoments = 0;
	Closings now;
	Closings then;
	Closings in = {runtime_alloc(NULL, ((size_t) nheld * 2 + 1) * sizeof(Look)),
				   0, 0};
	RetainedChange before = {0};

	now = (Closings){runtime_alloc(NULL, ((size_t) nlevels + 1) * sizeof(Look)),
					 0, 0};
	for (int i = 0; i < nlevels; i++)
	{
		int64_t period = period_of(calendar, levels[i].day);

		closings_add(&now, period, levels[i].mrr);
		moments[nmoments++] = period;
		moments[nmoments++] = period + periods;
	}
	then = now;
	for (int i = 0; i < nheld; i++)
	{
		closings_add(&in, period_at(calendar, held[i].from), 1);
		closings_add(&in, period_at(calendar, held[i].to), 0);
		moments[nmoments++] = period_at(calendar, held[i].from) + periods;
		moments[nmoments++] = period_at(calendar, held[i].to) + periods;
	}
	runtime_sort(moments, nmoments, sizeof(int64_t), compare_periods);
	for (int i = 0; i < nmoments && moments[i] <= last; i++)
	{
		RetainedChange retained = {.period = (Period) moments[i]};
		RetainedChange change = retained;

		check_interrupts();
		if (i + 1 < nmoments && moments[i + 1] == moments[i])
			continue;
		retained.opening = closings_at(&then, moments[i] - periods);
		retained.net = closings_at(&now, moments[i]);
		if (closings_at(&in, moments[i] - periods) == 0)
			retained.opening = 0;
		retained.customers = retained.opening > 0;
		if (retained.opening == 0)
			retained.net = 0;
		retained.gross =
			retained.net < retained.opening ? retained.net : retained.opening;
		change.customers = retained.customers - before.customers;
		change.opening = retained.opening - before.opening;
		change.gross = retained.gross - before.gross;
		change.net = retained.net - before.net;
		before = retained;
		if (change.customers != 0 || change.opening != 0 || change.gross != 0 ||
			change.net != 0)
			take(arg, &change);
	}
	runtime_free(moments);
	runtime_free(now.closings);
	runtime_free(in.closings);
}
