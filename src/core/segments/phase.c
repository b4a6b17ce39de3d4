/*
 * phase.c
 *		Where in its life a customer is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/phase.h"

const char *
phase_name(Phase phase)
{
	static const char *const names[] = {
		"prospect",	  "winback_target", "lost",	  "at_risk", "reactivated",
		"onboarding", "renewal",		"growth", "mature"};

	return names[phase];
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Is the line of a spell held on when the spell ends, be it at another price? */
static bool
goes_on(const Holdings *holdings, const Spell *spell)
{
	for (int i = 0; i < holdings->nspells; i++)
		if (holdings->spells[i].start == spell->end &&
			holdings->spells[i].product == spell->product)
			return true;
	return false;
}

/*
 * The first end within so many days of what is held; NO_DAY: none.  A new
 * price is no end.  An end before known_from is one that nobody knew of:
 * looking back, it must not turn those who left into customers whose contract
 * was about to end.
 */
static int64_t
next_end(const Holdings *holdings, Day as_of, int32_t days, int64_t known_from)
{
	int64_t end = NO_DAY;

	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		if (spell->start < as_of && spell->end != SPELL_OPEN &&
			spell->end >= as_of && spell->end >= known_from &&
			spell->end <= (int64_t) as_of + days && spell->end < end &&
			!goes_on(holdings, spell))
			end = spell->end;
	}
	return end;
}

/* What a customer has of a product, now and before the day looked at */
typedef struct Lines
{
	int64_t day; /* on which it changed last */
	int32_t held;
	int32_t paid; /* of these, lines with a price */
	int32_t held_before;
	int32_t paid_before;
	bool was_paid; /* at any time since the run began */
} Lines;

/* Was a line bought?  A new price is none, nor is the end of a pause. */
static bool
is_bought(const Lines *lines)
{
	return lines->paid > lines->paid_before &&
		   (lines->held > lines->held_before || !lines->was_paid);
}

/*
 * The last day after a day on which a customer began to pay for a line and
 * thereby to pay more.  What is the same line at a higher price, be it that
 * prices rose or that a promotion ended, is no growth.
 */
static int64_t
last_growth(const Holdings *holdings, const Step *steps, int nsteps, Day start)
{
	Lines *lines =
		runtime_alloc(NULL, ((size_t) holdings->nnames + 1) * sizeof(Lines));
	int64_t growth = NO_DAY;
	Wide mrr = 0;

	for (int i = 0; i <= holdings->nnames; i++)
		lines[i] = (Lines){.day = NO_DAY};
	for (int i = 0; i < nsteps;)
	{
		Day day = steps[i].day;
		Wide before = mrr;
		bool bought = false;
		int first = i;

		for (; i < nsteps && steps[i].day == day; i++)
		{
			Lines *own = &lines[steps[i].product + 1];

			if (own->day != day)
			{
				own->day = day;
				own->held_before = own->held;
				own->paid_before = own->paid;
			}
			own->held += steps[i].lines;
			if (steps[i].lines > 0 ? steps[i].mrr > 0 : steps[i].mrr < 0)
				own->paid += steps[i].lines;
			mrr = money_add(mrr, steps[i].mrr);
		}
		for (int j = first; j < i; j++)
			bought |= is_bought(&lines[steps[j].product + 1]);
		for (int j = first; j < i; j++)
			if (day >= start && lines[steps[j].product + 1].paid > 0)
				lines[steps[j].product + 1].was_paid = true;
		if (day > start && bought && paid(mrr) > paid(before))
			growth = day;
	}
	runtime_free(lines);
	return growth;
}

/* The phase of a customer as seen at the end of the day before as_of. */
Phase
phase_of(const Holdings *holdings, Day as_of, int64_t risk_since,
		 int64_t known_from, const PhaseTerms *terms, int64_t *since)
{
	Step *steps = runtime_alloc(NULL, steps_room(holdings) * sizeof(Step));
	Level *levels = runtime_alloc(NULL, steps_room(holdings) * sizeof(Level));
	Run *runs = runtime_alloc(NULL, steps_room(holdings) * sizeof(Run));
	int nsteps = steps_of(holdings, as_of, steps);
	int nlevels = levels_of(steps, nsteps, levels);
	int nruns = runs_of(levels, nlevels, as_of, terms->gap, runs);
	int64_t end = next_end(holdings, as_of, terms->renewal, known_from);
	int64_t growth;
	int64_t age;
	Run run;

	*since = NO_DAY;
	if (nruns == 0)
		return PHASE_PROSPECT;
	run = runs[nruns - 1];
	if (run.end < as_of)
	{
		*since = run.end;
		if ((int64_t) as_of - run.end <= terms->winback)
			return PHASE_WINBACK_TARGET;
		*since += terms->winback + 1;
		return PHASE_LOST;
	}
	age = (int64_t) as_of - run.start;
	growth = last_growth(holdings, steps, nsteps, run.start);
	runtime_free(steps);
	runtime_free(levels);
	runtime_free(runs);
	*since = run.start;
	if (risk_since < as_of)
	{
		*since = later(*since, risk_since);
		return PHASE_AT_RISK;
	}
	if (nruns > 1 && age <= terms->reactivated)
		return PHASE_REACTIVATED;
	if (age <= terms->onboarding)
		return PHASE_ONBOARDING;
	*since = (int64_t) run.start + terms->onboarding;
	if (end != NO_DAY)
	{
		*since = later(*since, end - terms->renewal);
		return PHASE_RENEWAL;
	}
	if (growth != NO_DAY && (int64_t) as_of - growth <= terms->growth)
	{
		*since = later(*since, growth);
		return PHASE_GROWTH;
	}
	if (growth != NO_DAY)
		*since = later(*since, growth + terms->growth);
	return PHASE_MATURE;
}
