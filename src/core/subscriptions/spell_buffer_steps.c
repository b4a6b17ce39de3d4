/*
 * spell_buffer_steps.c
 *		The lines of a customer as what changes on which day.
 *
 * Most customers have a few lines.  Their days are put in order by counting
 * for each how many come before it: that takes more comparisons than sorting,
 * but several at once and none that could be guessed wrong.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_steps.h"

#include <string.h>

#define NEVER INT32_MAX /* after all days */

#define SMALL_LINES 4
#define LINES_SOME 8

/* Four days at once */
typedef int32_t Days __attribute__((vector_size(16)));

/*
 * Replace each of so many days by how many come before it, the same day
 * counting where it stands before.
 */
static inline __attribute__((always_inline)) void
days_rank(int32_t *numbers, const int count)
{
	Days days[LINES_SOME / 2];
	Days ranks[LINES_SOME / 2];

#pragma GCC unroll 4
	for (int four = 0; four < count / 4; four++)
	{
		memcpy(&days[four], numbers + four * 4, sizeof(Days));
		ranks[four] = (Days){0, 0, 0, 0};
	}
#pragma GCC unroll 16
	for (int i = 0; i < count; i++)
	{
		Days other = {numbers[i], numbers[i], numbers[i], numbers[i]};

#pragma GCC unroll 4
		for (int four = 0; four < count / 4; four++)
		{
			Days places = {four * 4, four * 4 + 1, four * 4 + 2, four * 4 + 3};
			Days self = {i, i, i, i};

			/* true is -1 */
			ranks[four] -= (days[four] > other) |
						   ((days[four] == other) & (places > self));
		}
	}
#pragma GCC unroll 4
	for (int four = 0; four < count / 4; four++)
		memcpy(numbers + four * 4, &ranks[four], sizeof(Days));
}

void
workspace_close(StepWorkspace *workspace)
{
	if (workspace->room == 0)
		return;
	runtime_free(workspace->steps);
	runtime_free(workspace->pauses);
	workspace->room = 0;
}

/* Make room for the steps of so many lines. */
void
workspace_reserve(StepWorkspace *workspace, uint32_t nlines)
{
	if (nlines <= workspace->room)
		return;
	workspace_close(workspace);
	workspace->room = nlines < LINES_SOME ? LINES_SOME : nlines * 2;
	/* two of each line, and two of each pause */
	workspace->steps =
		runtime_alloc(NULL, (size_t) workspace->room * 4 * sizeof(Step));
	workspace->pauses =
		runtime_alloc(NULL, (size_t) workspace->room * sizeof(Pause));
}

/* The steps of many lines */
static int
many_steps(StepWorkspace *workspace, const SpellBuffer *spell_buffer,
		   const Line *lines, uint32_t nlines)
{
	int nsteps = 0;

	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		Wide mrr = line_mrr(spell_buffer, line);

		workspace->steps[nsteps++] =
			(Step){line->start, line_name(line), 1, mrr};
		if (line->end < spell_buffer->terms.as_of)
			workspace->steps[nsteps++] =
				(Step){line->end, line_name(line), -1, -mrr};
	}
	steps_sort(workspace->steps, nsteps);
	return nsteps;
}

/* Lay out the steps before as_of in the order of days; how many. */
int
lines_steps(StepWorkspace *workspace, const SpellBuffer *spell_buffer,
			const Line *lines, uint32_t nlines)
{
	Day as_of = spell_buffer->terms.as_of;
	int32_t numbers[LINES_SOME * 2]; /* days, then places among them */
	int nsteps = 0;

	workspace_reserve(workspace, nlines);
	if (nlines > LINES_SOME)
		return many_steps(workspace, spell_buffer, lines, nlines);
	for (int i = 0; i < LINES_SOME * 2; i++)
		numbers[i] = NEVER;
	for (uint32_t i = 0; i < nlines; i++)
	{
		bool ends = lines[i].end < as_of;

		numbers[i * 2] = lines[i].start;
		numbers[i * 2 + 1] = ends ? lines[i].end : NEVER;
		nsteps += 1 + ends;
	}
	if (nlines <= SMALL_LINES)
		days_rank(numbers, SMALL_LINES * 2);
	else
		days_rank(numbers, LINES_SOME * 2);
	/* what never ends comes last, and is not counted */
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		Wide mrr = line_mrr(spell_buffer, line);

		workspace->steps[numbers[i * 2]] =
			(Step){line->start, line_name(line), 1, mrr};
		workspace->steps[numbers[i * 2 + 1]] =
			(Step){line->end, line_name(line), -1, -mrr};
	}
	return nsteps;
}

/* Add to the steps what pauses keep; how many there are then. */
int
lines_pauses(StepWorkspace *workspace, const SpellBuffer *spell_buffer,
			 const Line *lines, uint32_t nlines, int nsteps)
{
	int npauses = 0;
	int kept;

	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		Wide pause = line_is_paused(line) ? line_pause(spell_buffer, line) : 0;

		/* what would bring nothing is a free line */
		if (pause != 0)
			workspace->pauses[npauses++] =
				(Pause){line_name(line), line->start, line->end, pause};
	}
	if (npauses == 0)
		return nsteps;
	kept =
		pause_steps(workspace->pauses, npauses, spell_buffer->terms.pause_days,
					spell_buffer->terms.as_of, workspace->steps + nsteps);
	steps_sort(workspace->steps, nsteps + kept);
	return nsteps + kept;
}
