/*
 * revenue_ledger.c
 *		Retention of customers and of money from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/revenue_ledger.h"

#include "core/ledger_steps.h"

/* What is used again for every customer */
typedef struct Desk
{
	Ledger *ledger;
	Revenue *revenue;
	StepDesk steps;
	Level *levels;
	int room;
} Desk;

/* Walk a customer. */
static void
desk_walk(void *taker, uint32_t customer, const Line *lines, uint32_t nlines)
{
	Desk *desk = taker;
	int nsteps = lines_steps(&desk->steps, desk->ledger, lines, nlines);

	(void) customer;
	if (nsteps > desk->room)
	{
		if (desk->room > 0)
			host_free(desk->levels);
		desk->room = nsteps * 2;
		desk->levels = host_alloc(NULL, desk->room * sizeof(Level));
	}
	revenue_add(desk->revenue, desk->levels,
				levels_of(desk->steps.steps, nsteps, desk->levels));
}

void
revenue_ledger_finish(Ledger *ledger, Revenue *revenue)
{
	Desk desk = {ledger, revenue, {0}, NULL, 0};

	revenue_adopt(revenue, ledger->terms.calendar, ledger->terms.clock,
				  ledger->terms.as_of);
	revenue_scale(revenue, ledger->scale);
	ledger_each(ledger, desk_walk, &desk);
	desk_close(&desk.steps);
	if (desk.room > 0)
		host_free(desk.levels);
}
