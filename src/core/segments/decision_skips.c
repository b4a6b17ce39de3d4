/*
 * decision_skips.c
 *		Instalments in which all that was due to be delivered was skipped.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/decision_skips.h"
#include "core/util/sorted.h"

#include "core/subscriptions/instalments.h"

static void
skips_reserve(DecisionSkips *skips, uint32_t ndues)
{
	if (ndues <= skips->room)
		return;
	if (skips->room > 0)
	{
		runtime_free(skips->dues);
		runtime_free(skips->ranges);
	}
	skips->room = ndues * 2;
	skips->dues =
		runtime_alloc(NULL, (size_t) skips->room * sizeof(DecisionDue));
	skips->ranges =
		runtime_alloc(NULL, (size_t) skips->room * sizeof(SkipRange));
}

uint32_t
skips_take(DecisionSkips *skips, DecisionLine *facts, uint32_t nfacts)
{
	uint32_t nspells = 0;
	uint32_t ndues = 0;

	skips->ndues = skips->nranges = 0;
	skips->has_skipped = false;
	for (uint32_t i = 0; i < nfacts; i++)
		ndues += (facts[i].member.flags & DECISION_DUE) != 0;
	if (ndues == 0)
		return nfacts;
	skips_reserve(skips, ndues);
	for (uint32_t i = 0; i < nfacts; i++)
	{
		const MemberLine *fact = &facts[i].member;
		bool is_skipped = (fact->flags & DECISION_SKIP) != 0;

		if (fact->flags & DECISION_DUE)
		{
			skips->dues[skips->ndues++] =
				(DecisionDue){fact->day, fact->name, is_skipped};
			skips->has_skipped |= is_skipped;
		}
		else
		{
			if (nspells < i)
				facts[nspells] = facts[i];
			nspells++;
		}
	}
	return nspells;
}

/* An instalment was skipped. */
static void
range_take(DecisionSkips *skips, int32_t number)
{
	if (skips->nranges > 0 && skips->ranges[skips->nranges - 1].next == number)
		skips->ranges[skips->nranges - 1].next++;
	else
		skips->ranges[skips->nranges++] = (SkipRange){number, number + 1};
}

void
skips_of_run(DecisionSkips *skips, const Run *run)
{
	int32_t number = 0;
	bool is_skipped = false;

	skips->nranges = 0;
	if (!skips->has_skipped)
		return;
	for (uint32_t i = sorted_search(skips->dues, (int) skips->ndues,
									sizeof(DecisionDue), run->since);
		 i < skips->ndues && skips->dues[i].day < run->until; i++)
	{
		const DecisionDue *due = &skips->dues[i];
		int32_t at;

		if (due->product >= 0 && due->product != run->product)
			continue;
		check_interrupts();
		/* days are in order, and so are numbers; that of the first is nobody's decision */
		at = instalments_by(run->since, due->day, run->months, run->days);
		if (at <= 0)
			continue;
		if (at != number)
		{
			if (is_skipped)
				range_take(skips, number);
			number = at;
			is_skipped = true;
		}
		is_skipped &= due->is_skipped;
	}
	if (is_skipped)
		range_take(skips, number);
}
