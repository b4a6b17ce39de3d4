/*
 * revenue_ledger.c
 *		Retention of customers and of money from raw spells in one pass.
 *
 * Under the calendar clock customers are counted into a tally first: what
 * changes by cohort and period in plain arrays of 64-bit numbers, which stay
 * in the cache.  Whom it has no room for goes the long way (revenue.c); both
 * end in the same state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/revenue_ledger.h"

#include "core/subscriptions/ledger_steps.h"

#define TALLY_PERIODS 128				   /* the last ones before as_of */
#define TALLY_CUSTOMERS (INT64_C(1) << 24) /* between two closings */
#define TALLY_MRR (INT64_C(1) << 38)	   /* of one of them */

/* What changes in one cohort and period */
typedef struct Change
{
	int64_t retained;
	int64_t gross;
	int64_t net;
} Change;

typedef struct Tally
{
	int64_t first; /* period of the first cohort */
	int64_t end;   /* the first period that is not eligible */
	int64_t customers;
	int64_t members[TALLY_PERIODS];
	int64_t base[TALLY_PERIODS];
	Change changes[TALLY_PERIODS][TALLY_PERIODS + 1]; /* by cohort, period */
} Tally;

/* What is used again for every customer */
typedef struct Desk
{
	const Ledger *ledger;
	Revenue *revenue;
	StepDesk steps;
	Level *levels;
	int room;
	Tally *tally; /* NULL: every customer goes the long way */
} Desk;

static void
tally_open(Desk *desk)
{
	const Revenue *revenue = desk->revenue;

	if (revenue->clock != CLOCK_CALENDAR)
		return;
	desk->tally = host_alloc_zero(NULL, sizeof(Tally));
	desk->tally->end = period_of(revenue->calendar, revenue->as_of);
	desk->tally->first = desk->tally->end - TALLY_PERIODS;
}

/* Take the tally into the state. */
static void
tally_close(Desk *desk)
{
	Tally *tally = desk->tally;

	if (tally == NULL)
		return;
	for (int cohort = 0; cohort < TALLY_PERIODS; cohort++)
	{
		int end = TALLY_PERIODS - cohort;
		Kept eligible = {.eligible = tally->members[cohort],
						 .base = tally->base[cohort]};

		host_poll();
		if (eligible.eligible == 0)
			continue;
		for (int no = 0; no <= end; no++)
		{
			const Change *change = &tally->changes[cohort][no];
			Kept kept = {.retained = change->retained,
						 .gross = change->gross,
						 .net = change->net};

			if (no == 0 || no == end)
			{
				kept.eligible = no ? -eligible.eligible : eligible.eligible;
				kept.base = no ? -eligible.base : eligible.base;
			}
			revenue_change(desk->revenue, (Period) (tally->first + cohort), no,
						   &kept);
		}
		revenue_join(desk->revenue, (Period) (tally->first + cohort),
					 eligible.eligible, eligible.base);
	}
	host_free(tally);
	desk->tally = NULL;
}

/* Count a customer as revenue_add() does; false: it takes the long way. */
static bool
tally_add(Desk *desk, const Level *levels, int nlevels)
{
	Tally *tally = desk->tally;
	Almanac *almanac = desk->revenue->almanac;
	Period period = almanac_period(almanac, levels[0].day);
	int64_t cohort = period - tally->first;
	int64_t end = tally->end - period;
	int64_t base = (int64_t) levels[0].mrr;
	Change before = {0};
	int64_t look = 0;
	Change *changes;

	if (cohort < 0 || cohort >= TALLY_PERIODS)
		return false;
	for (int i = 0; i < nlevels; i++)
		if (levels[i].mrr > TALLY_MRR)
			return false;
	if (++tally->customers == TALLY_CUSTOMERS)
	{
		tally_close(desk);
		tally_open(desk);
		tally = desk->tally;
	}
	tally->members[cohort]++;
	tally->base[cohort] += base;
	changes = tally->changes[cohort];
	for (int i = 0; i < nlevels; i++)
	{
		int64_t mrr = (int64_t) levels[i].mrr;
		int64_t next = end;
		Change now = {mrr > 0, mrr < base ? mrr : base, mrr};

		if (i + 1 < nlevels)
			next = almanac_period(almanac, levels[i + 1].day) - period;
		/* gone before anybody looked */
		if (next <= look)
			continue;
		changes[look].retained += now.retained - before.retained;
		changes[look].gross += now.gross - before.gross;
		changes[look].net += now.net - before.net;
		before = now;
		look = next;
	}
	changes[end].retained -= before.retained;
	changes[end].gross -= before.gross;
	changes[end].net -= before.net;
	return true;
}

/* Walk a customer. */
static void
desk_walk(void *taker, uint32_t customer, const Line *lines, uint32_t nlines)
{
	Desk *desk = taker;
	int nsteps = lines_steps(&desk->steps, desk->ledger, lines, nlines);
	int nlevels;

	(void) customer;
	if (nsteps > desk->room)
	{
		if (desk->room > 0)
			host_free(desk->levels);
		desk->room = nsteps * 2;
		desk->levels = host_alloc(NULL, desk->room * sizeof(Level));
	}
	nlevels = levels_of(desk->steps.steps, nsteps, desk->levels);
	if (nlevels > 0 &&
		(desk->tally == NULL || !tally_add(desk, desk->levels, nlevels)))
		revenue_add(desk->revenue, desk->levels, nlevels);
}

void
revenue_ledger_finish(Ledger *ledger, Revenue *revenue)
{
	Desk desk = {.ledger = ledger, .revenue = revenue};

	revenue_adopt(revenue, ledger->terms.calendar, ledger->terms.clock,
				  ledger->terms.as_of);
	revenue_scale(revenue, ledger->scale);
	tally_open(&desk);
	ledger_each(ledger, desk_walk, &desk);
	tally_close(&desk);
	desk_close(&desk.steps);
	if (desk.room > 0)
		host_free(desk.levels);
}
