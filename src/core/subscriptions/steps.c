/*
 * steps.c
 *		A customer's spells as what changes on which day.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/steps.h"
#include "core/util/sort_few.h"

static int
compare_steps(const void *a, const void *b)
{
	Day day_a = ((const Step *) a)->day;
	Day day_b = ((const Step *) b)->day;

	return (day_a > day_b) - (day_a < day_b);
}

/* Sort by day; the order within a day does not matter. */
void
steps_sort(Step *steps, int nsteps)
{
	sort_few(steps, nsteps, sizeof(Step), compare_steps);
}

/* The steps before as_of, by day; steps has room for steps_room(). */
int
steps_of(const Holdings *holdings, Day as_of, Step *steps)
{
	int nsteps = 0;

	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		/* spells are in the order of their start */
		if (spell->start >= as_of)
			break;
		steps[nsteps++] = (Step){spell->start, spell->product, 1, spell->mrr};
		if (spell->end < as_of)
			steps[nsteps++] =
				(Step){spell->end, spell->product, -1, -spell->mrr};
	}
	steps_sort(steps, nsteps);
	return nsteps;
}

static int
compare_pauses(const void *a, const void *b)
{
	const Pause *pause_a = a;
	const Pause *pause_b = b;

	if (pause_a->product != pause_b->product)
		return pause_a->product < pause_b->product ? -1 : 1;
	return (pause_a->start > pause_b->start) -
		   (pause_a->start < pause_b->start);
}

/*
 * Steps of pauses: each keeps the money of its line for so many days after the
 * pause began, which is why a pause is no churn until then.  They count no lines
 * and come in no order; they are twice the pauses at the most.  Pauses of a product
 * that touch are one.
 */
int
pause_steps(Pause *pauses, int npauses, int32_t days, Day as_of, Step *steps)
{
	int nsteps = 0;
	int64_t since = 0;
	Day until = 0;

	runtime_sort(pauses, npauses, sizeof(Pause), compare_pauses);
	for (int i = 0; i < npauses; i++)
	{
		const Pause *pause = &pauses[i];
		int64_t end;

		if (i == 0 || pause->product != pauses[i - 1].product ||
			pause->start > until)
		{
			since = pause->start;
			until = pause->end;
		}
		else if (pause->end > until)
			until = pause->end;
		end = since + days < pause->end ? since + days : pause->end;
		/* a paused discount is none */
		if (end <= pause->start || pause->start >= as_of || pause->mrr <= 0)
			continue;
		steps[nsteps++] = (Step){pause->start, pause->product, 0, pause->mrr};
		if (end < as_of)
			steps[nsteps++] = (Step){(Day) end, pause->product, 0, -pause->mrr};
	}
	return nsteps;
}

/* The steps before as_of, and what pauses keep for so many days, by day */
int
steps_with_pauses(const Holdings *holdings, int32_t days, Day as_of,
				  Step *steps)
{
	int nsteps = steps_of(holdings, as_of, steps);
	Pause *pauses;
	int npauses = 0;

	if (days == 0)
		return nsteps;
	pauses = runtime_alloc(NULL, (holdings->nspells + 1) * sizeof(Pause));
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		if (spell->pause != 0)
			pauses[npauses++] =
				(Pause){spell->product, spell->start, spell->end, spell->pause};
	}
	if (npauses > 0)
	{
		nsteps += pause_steps(pauses, npauses, days, as_of, steps + nsteps);
		steps_sort(steps, nsteps);
	}
	runtime_free(pauses);
	return nsteps;
}

/* What is brought from which day on. */
int
levels_of(const Step *steps, int nsteps, Level *levels)
{
	int nlevels = 0;
	Wide mrr = 0;
	Wide last = 0;

	for (int i = 0; i < nsteps;)
	{
		Day day = steps[i].day;

		for (; i < nsteps && steps[i].day == day; i++)
			mrr = money_add(mrr, steps[i].mrr);
		if (paid(mrr) == last)
			continue;
		last = paid(mrr);
		levels[nlevels++] = (Level){day, last};
	}
	return nlevels;
}

/* Times of paying, bridged over lapses of up to gap days. */
int
runs_of(const Level *levels, int nlevels, Day as_of, int32_t gap, Run *runs)
{
	int nruns = 0;

	for (int i = 0; i < nlevels; i++)
	{
		Day end = i + 1 < nlevels ? levels[i + 1].day : as_of;

		if (levels[i].mrr == 0)
			continue;
		if (nruns > 0 && (int64_t) levels[i].day - runs[nruns - 1].end <= gap)
			runs[nruns - 1].end = end;
		else
			runs[nruns++] = (Run){levels[i].day, end, true};
	}
	if (nruns > 0)
		runs[nruns - 1].churned = (int64_t) as_of - runs[nruns - 1].end > gap;
	return nruns;
}

/* What a customer brings on a day. */
Wide
holdings_mrr(const Holdings *holdings, Day day)
{
	Wide mrr = 0;

	for (int i = 0; i < holdings->nspells; i++)
	{
		if (holdings->spells[i].start > day)
			break;
		if (spell_holds(&holdings->spells[i], day))
			mrr = money_add(mrr, holdings->spells[i].mrr);
	}
	return paid(mrr);
}
