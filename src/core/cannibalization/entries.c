/*
 * entries.c
 *		A customer's entries into a focal product, and what became of the
 *		donors.
 *
 * Everything is read off two walks over the days on which something changes:
 * one over the focal spells, one over the donors.  Levels that say the same
 * are one level, so a spell that is cut in two, on any day, is the same spell.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/entries.h"

#include <string.h>

const char *
entry_kind_name(EntryKind kind)
{
	static const char *const names[] = {"new",	  "winback", "add",
										"switch", "partial", "pending"};

	return names[kind];
}

void
window_check(Window window)
{
	if (window.look_back < 1)
		runtime_error(RUNTIME_INVALID_VALUE, "Use 1 or more days, such as 30.",
					  "look_back of \"%d\" days is too short",
					  window.look_back);
	if (window.look_ahead < 0)
		runtime_error(RUNTIME_INVALID_VALUE, "Use 0 or more days, such as 60.",
					  "look_ahead of \"%d\" days is negative",
					  window.look_ahead);
}

void
gap_check(int32_t gap)
{
	if (gap < 0)
		runtime_error(RUNTIME_INVALID_VALUE, "Use 0 or more days.",
					  "gap of \"%d\" days is negative", gap);
}

/* The levels of one side, up to the midnight with which as_of begins. */
static int
side_levels(const Trajectory *trajectory, Side side, SideLevel *levels)
{
	Step *steps = trajectory->steps;
	const Holdings *holdings = trajectory->holdings;
	int nsteps = 0;
	int nlevels = 0;
	int32_t lines = 0;
	Wide mrr = 0;

	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		if (spell->start > trajectory->as_of)
			break;
		if (trajectory->product_roles[spell->product] != side)
			continue;
		steps[nsteps++] = (Step){spell->start, spell->product, 1, spell->mrr};
		if (spell->end <= trajectory->as_of)
			steps[nsteps++] =
				(Step){spell->end, spell->product, -1, -spell->mrr};
	}
	steps_sort(steps, nsteps);
	for (int i = 0; i < nsteps;)
	{
		SideLevel *last = nlevels > 0 ? &levels[nlevels - 1] : NULL;
		Day day = steps[i].day;

		for (; i < nsteps && steps[i].day == day; i++)
		{
			lines += steps[i].lines;
			mrr = money_add(mrr, steps[i].mrr);
		}
		if (last != NULL && last->mrr == paid(mrr) && last->lines == lines)
			continue;
		levels[nlevels++] =
			(SideLevel){day, last != NULL && last->mrr > 0 ? last->since : day,
						lines, paid(mrr)};
	}
	return nlevels;
}

/* Of two names that may not be told, the first; numbers are in their order. */
static inline int32_t
first_name(int32_t a, int32_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* The focal runs; spells are in the order of their start. */
static void
find_runs(Trajectory *trajectory, int32_t gap)
{
	const Holdings *holdings = trajectory->holdings;

	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];
		FocalRun *run = &trajectory->runs[trajectory->nruns];
		bool ended = spell->end <= trajectory->as_of;
		Day end = ended ? spell->end : trajectory->as_of;

		if (spell->start > trajectory->as_of)
			break;
		if (trajectory->product_roles[spell->product] == SIDE_NONE)
			continue;
		if (spell->start < trajectory->first_spell)
			trajectory->first_spell = spell->start;
		if (trajectory->product_roles[spell->product] != SIDE_FOCAL)
			continue;
		if (trajectory->nruns > 0 &&
			(int64_t) spell->start - run[-1].end <= gap)
		{
			if (end == run[-1].end)
				run[-1].ended &= ended;
			else if (end > run[-1].end)
			{
				run[-1].end = end;
				run[-1].ended = ended;
			}
			if (spell->start == run[-1].start)
			{
				run[-1].channel = first_name(run[-1].channel, spell->channel);
				run[-1].offer = first_name(run[-1].offer, spell->offer);
			}
			continue;
		}
		/* an entry on as_of is not seen, only that a run goes on */
		if (spell->start == trajectory->as_of)
			continue;
		*run =
			(FocalRun){spell->start, end, ended, spell->channel, spell->offer};
		trajectory->nruns++;
	}
}

/* Make room for a customer's spells. */
static void
trajectory_grow(Trajectory *trajectory, size_t room)
{
	if (room <= trajectory->room)
		return;
	trajectory_close(trajectory);
	trajectory->room = room * 2;
	trajectory->runs = runtime_alloc(NULL, trajectory->room * sizeof(FocalRun));
	trajectory->steps = runtime_alloc(NULL, trajectory->room * sizeof(Step));
	trajectory->focal =
		runtime_alloc(NULL, trajectory->room * sizeof(SideLevel));
	trajectory->donor =
		runtime_alloc(NULL, trajectory->room * sizeof(SideLevel));
}

/* Look at a customer; product_roles says what each product of the holdings is. */
void
trajectory_set(Trajectory *trajectory, const Holdings *holdings,
			   const uint8_t *product_roles, Day as_of, int32_t gap)
{
	gap_check(gap);
	trajectory_grow(trajectory, steps_room(holdings));
	trajectory->holdings = holdings;
	trajectory->product_roles = product_roles;
	trajectory->as_of = as_of;
	trajectory->first_spell = DAY_LAST;
	trajectory->nruns = trajectory->nfocal = trajectory->ndonor = 0;
	find_runs(trajectory, gap);
	if (trajectory->first_spell == DAY_LAST)
		return;
	if (trajectory->nruns > 0)
		trajectory->nfocal =
			side_levels(trajectory, SIDE_FOCAL, trajectory->focal);
	trajectory->ndonor = side_levels(trajectory, SIDE_DONOR, trajectory->donor);
}

void
trajectory_close(Trajectory *trajectory)
{
	if (trajectory->room == 0)
		return;
	runtime_free(trajectory->runs);
	runtime_free(trajectory->steps);
	runtime_free(trajectory->focal);
	runtime_free(trajectory->donor);
	trajectory->room = 0;
}

/* The number of levels that begin before a day. */
static int
levels_before(const SideLevel *levels, int nlevels, int64_t day)
{
	int low = 0;
	int high = nlevels;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (levels[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What the donors bring on a day. */
Wide
trajectory_donors(const Trajectory *trajectory, int64_t day)
{
	int before = levels_before(trajectory->donor, trajectory->ndonor, day + 1);

	return before > 0 ? trajectory->donor[before - 1].mrr : 0;
}

/* What the donors brought at best before a day, and bring after it. */
Passing
trajectory_passing(const Trajectory *trajectory, Day day, Window window)
{
	Passing passing = {.peak = day, .since = day};
	int64_t first = (int64_t) day - window.look_back;
	int64_t until = day;
	int nlevels = levels_before(trajectory->donor, trajectory->ndonor, day);

	if (nlevels > 0)
		passing.last = trajectory->donor[nlevels - 1].mrr;
	for (int i = nlevels - 1; i >= 0; i--)
	{
		const SideLevel *level = &trajectory->donor[i];

		if (level->mrr > passing.before)
		{
			passing.before = level->mrr;
			passing.lines = level->lines;
			passing.peak = (Day) (until - 1);
			passing.since = level->since;
		}
		/* days before the window are those of levels before this one */
		if (level->day <= first)
			break;
		until = level->day;
	}
	if (trajectory_matured(trajectory, day, window))
		passing.after =
			trajectory_donors(trajectory, (int64_t) day + window.look_ahead);
	return passing;
}

/* The entry at the start of a run. */
Entry
trajectory_entry(const Trajectory *trajectory, int number, Window window)
{
	const FocalRun *run = &trajectory->runs[number];
	Entry entry = {.day = run->start, .run = run};
	int level = levels_before(trajectory->focal, trajectory->nfocal,
							  (int64_t) run->start + 1);

	entry.donor = trajectory_passing(trajectory, run->start, window);
	entry.matured = trajectory_matured(trajectory, run->start, window);
	if (level > 0)
	{
		entry.focal = trajectory->focal[level - 1].mrr;
		entry.focal_lines = trajectory->focal[level - 1].lines;
	}
	if (!entry.matured)
		entry.kind = ENTRY_PENDING;
	else if (entry.donor.before == 0)
		entry.kind =
			trajectory->first_spell < run->start ? ENTRY_WINBACK : ENTRY_NEW;
	else if (entry.donor.after >= entry.donor.before)
		entry.kind = ENTRY_ADD;
	else
	{
		entry.kind = entry.donor.after > 0 ? ENTRY_PARTIAL : ENTRY_SWITCH;
		entry.lost = entry.donor.before - entry.donor.after;
	}
	return entry;
}
