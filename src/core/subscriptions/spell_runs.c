/*
 * spell_runs.c
 *		Times of paying: spells that follow one another with gaps of up to gap days.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_runs.h"

/*
 * The run of each of a customer's spells, which come in the order of their first
 * days: another one begins where more than gap days were not paid for.
 */
void
spell_runs(RunSpell *spells, int64_t nspells, int gap)
{
	int64_t from = 0;

	for (int64_t i = 0; i < nspells; i++)
	{
		Day last = i > 0 ? spells[i - 1].end_of_run : spells[i].end;

		/* the end of all before: runs are in order */
		spells[i].is_alone =
			(i == 0 || last <= spells[i].start) &&
			(i + 1 == nspells || spells[i + 1].start >= spells[i].end);
		if (i > 0 && last != SPELL_OPEN &&
			(int64_t) spells[i].start > (int64_t) last + gap)
			from = i;
		spells[i].start_of_run = spells[from].start;
		spells[i].end_of_run =
			from == i || spells[i].end > last ? spells[i].end : last;
	}
	/* what lasts longest in a run is its end */
	for (int64_t i = nspells - 2; i >= 0; i--)
		if (spells[i].start_of_run == spells[i + 1].start_of_run)
			spells[i].end_of_run = spells[i + 1].end_of_run;
}
