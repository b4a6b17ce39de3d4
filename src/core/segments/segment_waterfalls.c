/*
 * segment_waterfalls.c
 *		Waterfalls of everybody and of each segment from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_waterfalls.h"

#include "core/subscriptions/movement_spells.h"

static const Held always = {INT64_MIN, INT64_MAX};

typedef struct Workspace
{
	SegmentCustomers customers;
	Context context;
	Movement **movements;
} Workspace;

/* Add a customer to the waterfall of a segment, or of everybody. */
static void
waterfall_add(Workspace *workspace, int number, int nsteps, const Held *held,
			  int nheld)
{
	Movement **movement = &workspace->movements[number];

	if (*movement == NULL)
		*movement = movement_of_spells(workspace->customers.spell_buffer,
									   workspace->context);
	movement_add(*movement, workspace->customers.steps.steps, nsteps,
				 workspace->customers.nproducts, held, nheld);
}

static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	SegmentCustomers *customers = &workspace->customers;
	int nsteps = segment_customer_pauses(customers, customer);

	waterfall_add(workspace, customers->nsegments, nsteps, &always, 1);
	for (int i = 0; i < customer->ndays; i++)
		waterfall_add(workspace, customer->days[i].segment, nsteps,
					  customer->days[i].held, customer->days[i].nheld);
}

void
segment_waterfalls_finish(SpellBuffer *spell_buffer, Context context,
						  SegmentWaterfalls *waterfalls)
{
	Workspace workspace = {.context = context};

	segment_customers_open(&workspace.customers, spell_buffer);
	waterfalls->nsegments = workspace.customers.nsegments;
	waterfalls->segments = workspace.customers.segments;
	waterfalls->movements = workspace.movements = runtime_alloc_zero(
		context, (waterfalls->nsegments + 1) * sizeof(Movement *));
	segment_customers_each(&workspace.customers, workspace_walk, &workspace);
}
