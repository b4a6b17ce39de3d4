/*
 * movement_ledger.c
 *		The waterfall from raw spells in one pass.
 *
 * Each customer's lines are walked as those of holdings are, so that both ways
 * give the same bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/movement_ledger.h"

/* What is used again for every customer */
typedef struct Desk
{
	Ledger *ledger;
	Movement *movement;
	Step *steps;
	uint32_t room;
} Desk;

/* Walk a customer. */
static void
desk_walk(void *taker, uint32_t customer, const Line *lines, uint32_t nlines)
{
	static const Held always = {INT64_MIN, INT64_MAX};
	Desk *desk = taker;
	const Ledger *ledger = desk->ledger;
	int nsteps = 0;

	(void) customer;
	if (nlines > desk->room)
	{
		if (desk->steps != NULL)
			host_free(desk->steps);
		desk->room = nlines * 2;
		desk->steps = host_alloc(NULL, (size_t) desk->room * 2 * sizeof(Step));
	}
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		Wide mrr = line_mrr(ledger, line);

		desk->steps[nsteps++] = (Step){line->start, line_name(line), 1, mrr};
		if (line->end < ledger->terms.as_of)
			desk->steps[nsteps++] =
				(Step){line->end, line_name(line), -1, -mrr};
	}
	steps_sort(desk->steps, nsteps);
	movement_add(desk->movement, desk->steps, nsteps, ledger->names.count,
				 &always, 1);
}

void
movement_ledger_finish(Ledger *ledger, Movement *movement)
{
	Desk desk = {ledger, movement, NULL, 0};

	movement_adopt(movement, ledger->terms.calendar, ledger->terms.as_of);
	movement_scale(movement, ledger->scale);
	ledger_each(ledger, desk_walk, &desk);
	if (desk.steps != NULL)
		host_free(desk.steps);
}
