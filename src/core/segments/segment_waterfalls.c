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
	SegmentCustomers *customers;
	Context context;
	Movement **movements;
} Workspace;

/* Add a customer to the waterfall of a segment, or of everybody. */
static void
waterfall_add(Workspace *workspace, int number, const Step *steps, int nsteps,
			  const Held *held, int nheld)
{
	Movement **movement = &workspace->movements[number];

	if (*movement == NULL)
		*movement = movement_of_spells(workspace->customers->spell_buffer,
									   workspace->context);
	movement_add(*movement, steps, nsteps, workspace->customers->nproducts,
				 held, nheld);
}

static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	SegmentCustomers *customers = workspace->customers;
	const Step *steps;
	int nsteps = segment_customer_pauses(customers, customer, &steps);

	waterfall_add(workspace, customers->nsegments, steps, nsteps, &always, 1);
	for (int i = 0; i < customer->ndays; i++)
		waterfall_add(workspace, customer->days[i].segment, steps, nsteps,
					  customer->days[i].held, customer->days[i].nheld);
}

/* Reads the waterfalls of customers. */
SegmentReader
segment_waterfalls_open(SegmentCustomers *customers, Context context,
						SegmentWaterfalls *waterfalls)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	workspace->customers = customers;
	workspace->context = context;
	waterfalls->nsegments = customers->nsegments;
	waterfalls->segments = customers->segments;
	waterfalls->movements = workspace->movements = runtime_alloc_zero(
		context, (waterfalls->nsegments + 1) * sizeof(Movement *));
	return (SegmentReader){workspace_walk, workspace};
}
