/*
 * segment_waterfalls.c
 *		Waterfalls of everybody and of each segment from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_waterfalls.h"

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
	const SpellBuffer *spell_buffer = workspace->customers.spell_buffer;
	Movement *movement = workspace->movements[number];

	if (movement == NULL)
	{
		movement = workspace->movements[number] =
			movement_new(workspace->context);
		movement_adopt(movement, spell_buffer->terms.calendar,
					   spell_buffer->terms.as_of,
					   spell_buffer->terms.pause_days);
		movement_scale(movement, spell_buffer->scale);
	}
	movement_add(movement, workspace->customers.steps.steps, nsteps,
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
