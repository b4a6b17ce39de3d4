/*
 * revenue_spells.c
 *		Retention of customers and of money from raw spells in one pass.
 *
 * Under the calendar clock customers are counted into counters first: what
 * changes by cohort and period in plain arrays of 64-bit numbers, which stay
 * in the cache.  Whom it has no room for goes the long way (revenue.c); both
 * end in the same state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/revenue_spells.h"

#include "core/subscriptions/spell_buffer_steps.h"
#include "core/subscriptions/spell_reader.h"

#define COUNTER_PERIODS 128					 /* the last ones before as_of */
#define COUNTER_CUSTOMERS (INT64_C(1) << 24) /* between two closings */
#define COUNTER_MRR (INT64_C(1) << 38)		 /* of one of them */

/* What changes in one cohort and period */
typedef struct Change
{
	int64_t retained;
	int64_t gross;
	int64_t net;
} Change;

typedef struct CohortCounters
{
	int64_t first; /* period of the first cohort */
	int64_t end;   /* the first period that is not eligible */
	int64_t customers;
	int64_t members[COUNTER_PERIODS];
	int64_t base[COUNTER_PERIODS];
	Change changes[COUNTER_PERIODS]
				  [COUNTER_PERIODS + 1]; /* by cohort, period */
} CohortCounters;

/* What is used again for every customer */
typedef struct Workspace
{
	const SpellBuffer *spell_buffer;
	Revenue *revenue;
	StepWorkspace steps;
	Level *levels;
	int room;
	CohortCounters *counters; /* NULL: every customer goes the long way */
} Workspace;

static void
counters_open(Workspace *workspace)
{
	const Revenue *revenue = workspace->revenue;

	if (revenue->clock != CLOCK_CALENDAR)
		return;
	workspace->counters = runtime_alloc_zero(NULL, sizeof(CohortCounters));
	workspace->counters->end = period_of(revenue->calendar, revenue->as_of);
	workspace->counters->first = workspace->counters->end - COUNTER_PERIODS;
}

/* Add the counters to the state. */
static void
counters_close(Workspace *workspace)
{
	CohortCounters *counters = workspace->counters;

	if (counters == NULL)
		return;
	for (int cohort = 0; cohort < COUNTER_PERIODS; cohort++)
	{
		int end = COUNTER_PERIODS - cohort;
		RetainedMoney eligible = {.eligible = counters->members[cohort],
								  .base = counters->base[cohort]};

		check_interrupts();
		if (eligible.eligible == 0)
			continue;
		for (int no = 0; no <= end; no++)
		{
			const Change *change = &counters->changes[cohort][no];
			RetainedMoney retained = {.retained = change->retained,
									  .gross = change->gross,
									  .net = change->net};

			if (no == 0 || no == end)
			{
				retained.eligible = no ? -eligible.eligible : eligible.eligible;
				retained.base = no ? -eligible.base : eligible.base;
			}
			revenue_change(workspace->revenue,
						   (Period) (counters->first + cohort), no, &retained);
		}
		revenue_join(workspace->revenue, (Period) (counters->first + cohort),
					 eligible.eligible, eligible.base);
	}
	runtime_free(counters);
	workspace->counters = NULL;
}

/* Count a customer as revenue_add() does; false: it takes the long way. */
static bool
counters_add(Workspace *workspace, const Level *levels, int nlevels)
{
	CohortCounters *counters = workspace->counters;
	PeriodCache *period_cache = workspace->revenue->period_cache;
	Period period = period_cache_period(period_cache, levels[0].day);
	int64_t cohort = period - counters->first;
	int64_t end = counters->end - period;
	int64_t base = (int64_t) levels[0].mrr;
	Change before = {0};
	int64_t look = 0;
	Change *changes;

	if (cohort < 0 || cohort >= COUNTER_PERIODS)
		return false;
	for (int i = 0; i < nlevels; i++)
		if (levels[i].mrr > COUNTER_MRR)
			return false;
	if (++counters->customers == COUNTER_CUSTOMERS)
	{
		counters_close(workspace);
		counters_open(workspace);
		counters = workspace->counters;
	}
	counters->members[cohort]++;
	counters->base[cohort] += base;
	changes = counters->changes[cohort];
	for (int i = 0; i < nlevels; i++)
	{
		int64_t mrr = (int64_t) levels[i].mrr;
		int64_t next = end;
		Change now = {mrr > 0, mrr < base ? mrr : base, mrr};

		if (i + 1 < nlevels)
			next =
				period_cache_period(period_cache, levels[i + 1].day) - period;
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
workspace_walk(Workspace *workspace, const Line *lines, uint32_t nlines)
{
	int nsteps =
		lines_steps(&workspace->steps, workspace->spell_buffer, lines, nlines);
	int nlevels;

	if (nsteps > workspace->room)
	{
		if (workspace->room > 0)
			runtime_free(workspace->levels);
		workspace->room = nsteps * 2;
		workspace->levels =
			runtime_alloc(NULL, workspace->room * sizeof(Level));
	}
	nlevels = levels_of(workspace->steps.steps, nsteps, workspace->levels);
	if (nlevels > 0 && (workspace->counters == NULL ||
						!counters_add(workspace, workspace->levels, nlevels)))
		revenue_add(workspace->revenue, workspace->levels, nlevels);
}

void
revenue_spells_finish(SpellBuffer *spell_buffer, Revenue *revenue)
{
	Workspace workspace = {.spell_buffer = spell_buffer, .revenue = revenue};
	SpellReader reader;

	revenue_adopt(revenue, spell_buffer->terms.calendar,
				  spell_buffer->terms.clock, spell_buffer->terms.as_of);
	revenue_scale(revenue, spell_buffer->scale);
	counters_open(&workspace);
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		workspace_walk(&workspace, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	counters_close(&workspace);
	workspace_close(&workspace.steps);
	if (workspace.room > 0)
		runtime_free(workspace.levels);
}
