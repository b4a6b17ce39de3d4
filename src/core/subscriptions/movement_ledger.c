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
typedef struct Workspace
{
	Ledger *ledger;
	Movement *movement;
	StepWorkspace steps;
} Workspace;

/* Walk a customer. */
static void
workspace_walk(void *arg, uint32_t customer, const Line *lines, uint32_t nlines)
{
	static const Held always = {INT64_MIN, INT64_MAX};
	Workspace *workspace = arg;
	int nsteps =
		lines_steps(&workspace->steps, workspace->ledger, lines, nlines);

	(void) customer;
	if (workspace->ledger->has_pauses)
		nsteps = lines_pauses(&workspace->steps, workspace->ledger, lines,
							  nlines, nsteps);
	movement_add(workspace->movement, workspace->steps.steps, nsteps,
				 workspace->ledger->names.count, &always, 1);
}

void
movement_ledger_finish(Ledger *ledger, Movement *movement)
{
	Workspace workspace = {ledger, movement, {0}};

	movement_adopt(movement, ledger->terms.calendar, ledger->terms.as_of,
				   ledger->terms.pause_days);
	movement_scale(movement, ledger->scale);
	ledger_each(ledger, workspace_walk, &workspace);
	workspace_close(&workspace.steps);
}
