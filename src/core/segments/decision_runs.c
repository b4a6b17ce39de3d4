/*
 * decision_runs.c
 *		The spells of a customer's lines as runs of steps.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/decision_runs.h"

#include <string.h>

#include "core/util/sort_few.h"

/* A spell, or the line of one */
typedef struct DecisionSpell
{
	const DecisionLine *line;
	Label name;
	Wide mrr;
} DecisionSpell;

/* Where a spell begins or ends */
typedef struct Edge
{
	Day day;
	int32_t sign;
	const DecisionSpell *spell;
} Edge;

/* A run that begins or ends on a day */
typedef struct Turn
{
	Day day;
	Wide mrr;
	const Label *name;
	int run;
	const DecisionTerms *terms;
} Turn;

static int
compare_names(const Label *a, const Label *b)
{
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a->size == 0 ? 0 : memcmp(a->data, b->data, a->size);
}

static int
compare_lines(const void *a, const void *b)
{
	return compare_names(&((const DecisionSpell *) a)->name,
						 &((const DecisionSpell *) b)->name);
}

static int
compare_edges(const void *a, const void *b)
{
	Day day_a = ((const Edge *) a)->day;
	Day day_b = ((const Edge *) b)->day;

	return (day_a > day_b) - (day_a < day_b);
}

/* By day, of a day those that pay most first, and of those by name */
static int
compare_turns(const void *a, const void *b)
{
	const Turn *turn_a = a;
	const Turn *turn_b = b;

	if (turn_a->day != turn_b->day)
		return turn_a->day < turn_b->day ? -1 : 1;
	if (turn_a->mrr != turn_b->mrr)
		return turn_a->mrr > turn_b->mrr ? -1 : 1;
	return turn_a->terms->compare(turn_a->terms->arg, turn_a->name,
								  turn_b->name);
}

static void
runs_reserve(DecisionRuns *runs, uint32_t nspells)
{
	size_t room;

	if (nspells <= runs->room)
		return;
	if (runs->room > 0)
	{
		runtime_free(runs->spells);
		runtime_free(runs->edges);
		runtime_free(runs->steps);
		runtime_free(runs->runs);
		runtime_free(runs->begins);
		runtime_free(runs->ends);
	}
	room = runs->room = nspells * 2;
	runs->spells = runtime_alloc(NULL, room * sizeof(DecisionSpell));
	runs->edges = runtime_alloc(NULL, room * 2 * sizeof(Edge));
	runs->steps = runtime_alloc(NULL, room * 2 * sizeof(DecisionStep));
	runs->runs = runtime_alloc(NULL, room * 2 * sizeof(Run));
	runs->begins = runtime_alloc(NULL, room * 2 * sizeof(Turn));
	runs->ends = runtime_alloc(NULL, room * 2 * sizeof(Turn));
}

/* Read a customer's spells, and sort them by line. */
static void
spells_read(DecisionRuns *runs, const DecisionLine *lines, uint32_t nspells,
			int scale)
{
	for (uint32_t i = 0; i < nspells; i++)
	{
		const DecisionLine *line = &lines[i];

		runs->spells[i].line = line;
		runs->spells[i].mrr = money_rescale(line->mrr, line->scale, scale);
		runs->spells[i].name =
			line_name_get(&line->name, runs->names, line->member.name);
	}
	sort_few(runs->spells, nspells, sizeof(DecisionSpell), compare_lines);
}

static int64_t
known_or(int32_t number, int64_t otherwise)
{
	return number == DECISION_UNKNOWN ? otherwise : number;
}

/* A line of one spell, as most are: a run of one step */
static void
run_simple(DecisionRuns *runs, const DecisionSpell *spell)
{
	const DecisionLine *line = spell->line;

	runs->runs[runs->nruns++] = (Run){runs->nsteps,
									  1,
									  spell->name,
									  line->member.day,
									  line->member.to,
									  known_or(line->months, 1),
									  known_or(line->days, 0),
									  line->product,
									  RUN_NONE};
	runs->steps[runs->nsteps++] =
		(DecisionStep){line->member.day,
					   line->member.to,
					   spell->mrr,
					   line->terms,
					   (line->member.flags & DECISION_PAUSED) != 0,
					   (line->member.flags & DECISION_FAILED) != 0};
}

/* The first by name of two products that begin on a day; -1: none has begun yet */
static int32_t
first_product(const DecisionRuns *runs, int32_t a, int32_t b)
{
	if (a < 0 || a == b)
		return b;
	return runs->terms->compare(runs->terms->arg, &runs->names->labels[a],
								&runs->names->labels[b]) < 0
			   ? a
			   : b;
}

/* The most of two that may not be told */
static int32_t
most_of(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* Runs of a line of several spells, out of the days on which they begin and end */
static void
runs_of_line(DecisionRuns *runs, const DecisionSpell *spells, uint32_t nspells)
{
	Edge *edges = runs->edges;
	uint32_t nedges = 0;
	int64_t held = 0;
	int64_t paused = 0;
	int64_t terms = 0;
	Wide mrr = 0;
	Run *run = NULL;

	for (uint32_t i = 0; i < nspells; i++)
	{
		edges[nedges++] = (Edge){spells[i].line->member.day, 1, &spells[i]};
		edges[nedges++] = (Edge){spells[i].line->member.to, -1, &spells[i]};
	}
	sort_few(edges, nedges, sizeof(Edge), compare_edges);
	for (uint32_t from = 0, to; from < nedges; from = to)
	{
		Day day = edges[from].day;
		int32_t months = DECISION_UNKNOWN;
		int32_t days = DECISION_UNKNOWN;
		int32_t product = -1;
		bool is_failed = false;

		for (to = from; to < nedges && edges[to].day == day; to++)
		{
			const DecisionSpell *spell = edges[to].spell;
			const DecisionLine *line = spell->line;
			int32_t sign = edges[to].sign;

			held += sign;
			mrr = money_add(mrr, sign > 0 ? spell->mrr : -spell->mrr);
			terms += (int64_t) sign * line->terms;
			if (line->member.flags & DECISION_PAUSED)
				paused += sign;
			if (sign < 0)
				is_failed |= (line->member.flags & DECISION_FAILED) != 0;
			else
			{
				months = most_of(months, line->months);
				days = most_of(days, line->days);
				if (line->product >= 0)
					product = first_product(runs, product, line->product);
			}
		}
		/* the step before goes on until this day */
		if (run != NULL && run->until == DECISION_OPEN)
		{
			DecisionStep *step = &runs->steps[runs->nsteps - 1];

			if (step->until == DECISION_OPEN)
			{
				step->until = run->until = day;
				step->is_end_failed = is_failed;
			}
		}
		if (held == 0 || day == DECISION_OPEN)
			continue;
		if (run == NULL ||
			(int64_t) day > (int64_t) run->until + runs->terms->lapse_days)
		{
			run = &runs->runs[runs->nruns++];
			*run = (Run){runs->nsteps,		0,
						 spells->name,		day,
						 DECISION_OPEN,		known_or(months, 1),
						 known_or(days, 0), product,
						 RUN_NONE};
		}
		runs->steps[runs->nsteps++] = (DecisionStep){
			day, DECISION_OPEN, mrr, terms, paused == held, false};
		run->nsteps++;
		run->until = DECISION_OPEN;
	}
}

/* Say which runs move to another one: that begins on the day on which they end. */
static void
runs_move(DecisionRuns *runs)
{
	int nbegins = 0;
	int nends = 0;
	int end = 0;

	for (int i = 0; i < runs->nruns; i++)
	{
		const Run *run = &runs->runs[i];

		runs->begins[nbegins++] =
			(Turn){run->since, runs->steps[run->first].mrr, &run->name, i,
				   runs->terms};
		if (run->until != DECISION_OPEN)
			runs->ends[nends++] = (Turn){run->until, last_step(runs, run)->mrr,
										 &run->name, i, runs->terms};
	}
	if (nends == 0)
		return;
	sort_few(runs->begins, nbegins, sizeof(Turn), compare_turns);
	sort_few(runs->ends, nends, sizeof(Turn), compare_turns);
	/* the first of a day's ends moves to the first of its beginnings */
	for (int begin = 0; begin < nbegins; begin++)
	{
		Day day = runs->begins[begin].day;

		if (begin > 0 && runs->begins[begin - 1].day == day)
			continue;
		while (end < nends && runs->ends[end].day < day)
			end++;
		for (int i = 0; begin + i < nbegins && end + i < nends &&
						runs->begins[begin + i].day == day &&
						runs->ends[end + i].day == day;
			 i++)
			runs->runs[runs->ends[end + i].run].moved_to =
				runs->begins[begin + i].run;
	}
}

void
decision_runs_make(DecisionRuns *runs, const DecisionLine *lines,
				   uint32_t nspells, int scale)
{
	runs_reserve(runs, nspells);
	spells_read(runs, lines, nspells, scale);
	runs->nsteps = runs->nruns = 0;
	for (uint32_t from = 0, to; from < nspells; from = to)
	{
		for (to = from + 1;
			 to < nspells && compare_names(&runs->spells[to].name,
										   &runs->spells[from].name) == 0;)
			to++;
		if (to == from + 1)
			run_simple(runs, &runs->spells[from]);
		else
			runs_of_line(runs, &runs->spells[from], to - from);
	}
	if (runs->nruns > 1)
		runs_move(runs);
}
