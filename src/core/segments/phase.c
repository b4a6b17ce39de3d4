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
		"prospect", "winback_target", "lost",	"reactivated", "onboarding",
		"renewal",	"at_risk",		  "growth", "mature"};

	return names[phase];
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/*
 * The first end within so many days of what is held; NO_DAY: none.  An end
 * before known_from is one that nobody knew of: looking back, it must not
 * turn those who left into customers whose contract was about to end.
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
			spell->end <= (int64_t) as_of + days && spell->end < end)
			end = spell->end;
	}
	return end;
}

/* The last day from a day on, on which a customer began to pay more */
static int64_t
last_rise(const Level *levels, int nlevels, Day start)
{
	int64_t rise = NO_DAY;

	for (int i = 1; i < nlevels; i++)
		if (levels[i].day > start && levels[i].mrr > levels[i - 1].mrr)
			rise = levels[i].day;
	return rise;
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
	int64_t rise;
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
	rise = last_rise(levels, nlevels, run.start);
	runtime_free(steps);
	runtime_free(levels);
	runtime_free(runs);
	*since = run.start;
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
	if (risk_since < as_of)
	{
		*since = later(*since, risk_since);
		return PHASE_AT_RISK;
	}
	if (rise != NO_DAY && (int64_t) as_of - rise <= terms->growth)
	{
		*since = later(*since, rise);
		return PHASE_GROWTH;
	}
	if (rise != NO_DAY)
		*since = later(*since, rise + terms->growth);
	return PHASE_MATURE;
}
