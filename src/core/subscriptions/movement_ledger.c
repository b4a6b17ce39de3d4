/*
 * movement_ledger.c
 *		The waterfall from raw spells in one pass.
 *
 * Each customer's lines are walked as those of holdings are, so that both ways
 * give the same bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/movement_ledger.h"

#include "core/subscriptions/ledger_steps.h"

/* What is used again for every customer */
typedef struct Desk
{
	Ledger *ledger;
	Movement *movement;
	StepDesk steps;
} Desk;

/* Walk a customer. */
static void
desk_walk(void *taker, uint32_t customer, const Line *lines, uint32_t nlines)
{
	static const Held always = {INT64_MIN, INT64_MAX};
	Desk *desk = taker;
	int nsteps = lines_steps(&desk->steps, desk->ledger, lines, nlines);

	(void) customer;
	if (desk->ledger->has_pauses)
		nsteps =
			lines_pauses(&desk->steps, desk->ledger, lines, nlines, nsteps);
	movement_add(desk->movement, desk->steps.steps, nsteps,
				 desk->ledger->names.count, &always, 1);
}

void
movement_ledger_finish(Ledger *ledger, Movement *movement)
{
	Desk desk = {ledger, movement, {0}};

	movement_adopt(movement, ledger->terms.calendar, ledger->terms.as_of,
				   ledger->terms.pause_days);
	movement_scale(movement, ledger->scale);
	ledger_each(ledger, desk_walk, &desk);
	desk_close(&desk.steps);
}
