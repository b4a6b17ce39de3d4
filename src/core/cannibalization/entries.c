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
		host_fail(HOST_INVALID_VALUE, "Use 1 or more days, such as 30.",
				  "look_back of \"%d\" days is too short", window.look_back);
	if (window.look_ahead < 0)
		host_fail(HOST_INVALID_VALUE, "Use 0 or more days, such as 60.",
				  "look_ahead of \"%d\" days is negative", window.look_ahead);
}

void
gap_check(int32_t gap)
{
	if (gap < 0)
		host_fail(HOST_INVALID_VALUE, "Use 0 or more days.",
				  "gap of \"%d\" days is negative", gap);
}

/* The levels of one side, up to the midnight with which as_of begins. */
static int
side_levels(const Course *course, Side side, SideLevel *levels)
{
	Step *steps = course->steps;
	const Holdings *holdings = course->holdings;
	int nsteps = 0;
	int nlevels = 0;
	int32_t lines = 0;
	Wide mrr = 0;

	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		if (spell->start > course->as_of)
			break;
		if (course->sides[spell->product] != side)
			continue;
		steps[nsteps++] = (Step){spell->start, spell->product, 1, spell->mrr};
		if (spell->end <= course->as_of)
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
find_runs(Course *course, int32_t gap)
{
	const Holdings *holdings = course->holdings;

	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];
		FocalRun *run = &course->runs[course->nruns];
		bool ended = spell->end <= course->as_of;
		Day end = ended ? spell->end : course->as_of;

		if (spell->start > course->as_of)
			break;
		if (course->sides[spell->product] == SIDE_NONE)
			continue;
		if (spell->start < course->first_spell)
			course->first_spell = spell->start;
		if (course->sides[spell->product] != SIDE_FOCAL)
			continue;
		if (course->nruns > 0 && (int64_t) spell->start - run[-1].end <= gap)
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
		if (spell->start == course->as_of)
			continue;
		*run =
			(FocalRun){spell->start, end, ended, spell->channel, spell->offer};
		course->nruns++;
	}
}

/* Make room for a customer's spells. */
static void
course_grow(Course *course, size_t room)
{
	if (room <= course->room)
		return;
	course_close(course);
	course->room = room * 2;
	course->runs = host_alloc(NULL, course->room * sizeof(FocalRun));
	course->steps = host_alloc(NULL, course->room * sizeof(Step));
	course->focal = host_alloc(NULL, course->room * sizeof(SideLevel));
	course->donor = host_alloc(NULL, course->room * sizeof(SideLevel));
}

/* Look at a customer; sides says what each product of the holdings is. */
void
course_set(Course *course, const Holdings *holdings, const uint8_t *sides,
		   Day as_of, int32_t gap)
{
	gap_check(gap);
	course_grow(course, steps_room(holdings));
	course->holdings = holdings;
	course->sides = sides;
	course->as_of = as_of;
	course->first_spell = DAY_LAST;
	course->nruns = course->nfocal = course->ndonor = 0;
	find_runs(course, gap);
	if (course->first_spell == DAY_LAST)
		return;
	if (course->nruns > 0)
		course->nfocal = side_levels(course, SIDE_FOCAL, course->focal);
	course->ndonor = side_levels(course, SIDE_DONOR, course->donor);
}

void
course_close(Course *course)
{
	if (course->room == 0)
		return;
	host_free(course->runs);
	host_free(course->steps);
	host_free(course->focal);
	host_free(course->donor);
	course->room = 0;
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
course_donors(const Course *course, int64_t day)
{
	int before = levels_before(course->donor, course->ndonor, day + 1);

	return before > 0 ? course->donor[before - 1].mrr : 0;
}

/* What the donors brought at best before a day, and bring after it. */
Passing
course_passing(const Course *course, Day day, Window window)
{
	Passing passing = {.peak = day, .since = day};
	int64_t first = (int64_t) day - window.look_back;
	int64_t until = day;

	for (int i = levels_before(course->donor, course->ndonor, day) - 1; i >= 0;
		 i--)
	{
		const SideLevel *level = &course->donor[i];

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
	if (course_matured(course, day, window))
		passing.after =
			course_donors(course, (int64_t) day + window.look_ahead);
	return passing;
}

/* The entry at the start of a run. */
Entry
course_entry(const Course *course, int number, Window window)
{
	const FocalRun *run = &course->runs[number];
	Entry entry = {.day = run->start, .run = run};
	int level =
		levels_before(course->focal, course->nfocal, (int64_t) run->start + 1);

	entry.donor = course_passing(course, run->start, window);
	entry.matured = course_matured(course, run->start, window);
	if (level > 0)
	{
		entry.focal = course->focal[level - 1].mrr;
		entry.focal_lines = course->focal[level - 1].lines;
	}
	if (!entry.matured)
		entry.kind = ENTRY_PENDING;
	else if (entry.donor.before == 0)
		entry.kind =
			course->first_spell < run->start ? ENTRY_WINBACK : ENTRY_NEW;
	else if (entry.donor.after >= entry.donor.before)
		entry.kind = ENTRY_ADD;
	else
	{
		entry.kind = entry.donor.after > 0 ? ENTRY_PARTIAL : ENTRY_SWITCH;
		entry.lost = entry.donor.before - entry.donor.after;
	}
	return entry;
}

/*
 * Divide what an entry lost among the donors, in proportion to what each of
 * them dropped, at another scale.  Opens shares, which the caller closes.
 */
void
entry_shares(const Course *course, const Entry *entry, Window window,
			 Shares *shares, int to_scale)
{
	const Holdings *holdings = course->holdings;
	int64_t after = (int64_t) entry->day + window.look_ahead;

	shares_open(shares, holdings->nnames);
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		if (spell->start > course->as_of)
			break;
		if (course->sides[spell->product] != SIDE_DONOR)
			continue;
		if (spell_holds(spell, entry->donor.peak))
			shares_drop(shares, spell->product, spell->mrr);
		if (spell->start <= after && after < spell->end)
			shares_drop(shares, spell->product, -spell->mrr);
	}
	shares_divide(shares, holdings->names, entry->lost, holdings->scale,
				  to_scale);
}
