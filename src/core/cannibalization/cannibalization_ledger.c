/*
 * cannibalization_ledger.c
 *		Entries of all customers from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization_ledger.h"

#include <string.h>

#define INSERTION_MOST 16 /* spells for which a simple sort is the fastest */

/* A customer's spells, as holdings have them */
typedef struct SpellDesk
{
	const Ledger *ledger;
	const uint8_t *sides; /* by product: others than SIDE_NONE; NULL: all */
	uint32_t room;
	Spell *spells;
} SpellDesk;

/* What a ledger gathers for questions that are asked as of a day. */
LedgerTerms
entries_terms(Day as_of)
{
	LedgerTerms terms;

	memset(&terms, 0, sizeof(terms));
	terms.calendar.grain = GRAIN_MONTH;
	terms.calendar.week_start = 1;
	terms.as_of = as_of + 1;
	return terms;
}

static int
compare_starts(const void *a, const void *b)
{
	Day start_a = ((const Spell *) a)->start;
	Day start_b = ((const Spell *) b)->start;

	return (start_a > start_b) - (start_a < start_b);
}

/* Lay out a customer's spells in the order of their start. */
static int
desk_lay(SpellDesk *desk, const Line *lines, uint32_t nlines)
{
	int nspells = 0;

	if (nlines > desk->room)
	{
		if (desk->room > 0)
			host_free(desk->spells);
		desk->room = nlines * 2;
		desk->spells = host_alloc(NULL, (size_t) desk->room * sizeof(Spell));
	}
	for (uint32_t i = 0; i < nlines; i++)
	{
		Spell spell = {
			lines[i].start, lines[i].end, line_name(&lines[i]), -1, -1, 0, 0};
		int at = nspells;

		if (desk->sides != NULL && desk->sides[spell.product] == SIDE_NONE)
			continue;
		spell.mrr = line_mrr(desk->ledger, &lines[i]);
		if (nlines <= INSERTION_MOST)
			for (; at > 0 && desk->spells[at - 1].start > spell.start; at--)
				desk->spells[at] = desk->spells[at - 1];
		desk->spells[at] = spell;
		nspells++;
	}
	if (nlines > INSERTION_MOST)
		host_sort(desk->spells, nspells, sizeof(Spell), compare_starts);
	return nspells;
}

static void
desk_close(SpellDesk *desk)
{
	if (desk->room > 0)
		host_free(desk->spells);
}

/* Customers on their way from a ledger into a matrix */
typedef struct MatrixDesk
{
	SpellDesk desk;
	MatrixWalk walk;
} MatrixDesk;

static void
matrix_take(void *taker, uint32_t customer, const Line *lines, uint32_t nlines)
{
	MatrixDesk *desk = taker;
	int nspells = desk_lay(&desk->desk, lines, nlines);

	(void) customer;
	matrix_walk(&desk->walk, desk->desk.spells, nspells);
}

void
matrix_ledger_finish(Ledger *ledger, CannibalizationMatrix *matrix)
{
	MatrixDesk desk = {.desk = {.ledger = ledger}};

	matrix_walk_open(&desk.walk, matrix, ledger->scale, ledger->names.count,
					 ledger->names.labels);
	ledger_each(ledger, matrix_take, &desk);
	matrix_walk_close(&desk.walk);
	desk_close(&desk.desk);
}

/* Customers on their way from a ledger into a state of one question */
typedef struct CourseDesk
{
	SpellDesk desk;
	Holdings holdings;
	Course course;
	Cannibalization *state;
	const Label *stratum;
	Ramps *ramps;
} CourseDesk;

static void
course_take(void *taker, uint32_t customer, const Line *lines, uint32_t nlines)
{
	CourseDesk *desk = taker;

	(void) customer;
	desk->holdings.nspells = desk_lay(&desk->desk, lines, nlines);
	if (desk->holdings.nspells == 0)
		return;
	desk->holdings.spells = desk->desk.spells;
	course_set(&desk->course, &desk->holdings, desk->desk.sides,
			   desk->state->as_of, desk->state->gap);
	cannibalization_add(desk->state, &desk->course, desk->stratum, desk->ramps);
}

/* sides says what each name of the ledger is. */
void
cannibalization_ledger_finish(Ledger *ledger, const uint8_t *sides,
							  const Label *stratum, Cannibalization *state)
{
	CourseDesk desk = {.desk = {.ledger = ledger, .sides = sides},
					   .holdings = {.scale = ledger->scale,
									.nnames = ledger->names.count,
									.names = ledger->names.labels},
					   .state = state,
					   .stratum = stratum,
					   .ramps = ramps_new(state)};

	cannibalization_scale(state, ledger->scale);
	ledger_each(ledger, course_take, &desk);
	ramps_settle(desk.ramps, state, stratum);
	course_close(&desk.course);
	desk_close(&desk.desk);
}
