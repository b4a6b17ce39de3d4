/*
 * segment_cohorts.c
 *		Retention of customers and of money of everybody and of each segment
 *		from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_waterfalls.h"

typedef struct Workspace
{
	SegmentCustomers customers;
	Context context;
	Revenue **cohorts;
	Level *levels;
	int room;
} Workspace;

static Revenue *
cohorts_of(Workspace *workspace, int number)
{
	const SpellBuffer *spell_buffer = workspace->customers.spell_buffer;
	Revenue *revenue = workspace->cohorts[number];

	if (revenue != NULL)
		return revenue;
	revenue = workspace->cohorts[number] =
		revenue_retention_new(workspace->context);
	revenue_adopt(revenue, spell_buffer->terms.calendar,
				  spell_buffer->terms.clock, spell_buffer->terms.as_of);
	revenue_scale(revenue, spell_buffer->scale);
	return revenue;
}

/* Add a customer to the segment held on the first day of paying. */
static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	int nlevels;

	if (customer->nsteps > workspace->room)
	{
		if (workspace->room > 0)
			runtime_free(workspace->levels);
		workspace->room = customer->nsteps * 2;
		workspace->levels =
			runtime_alloc(NULL, workspace->room * sizeof(Level));
	}
	nlevels = levels_of(customer->steps, customer->nsteps, workspace->levels);
	if (nlevels > 0)
		revenue_add(cohorts_of(workspace, segment_customer_place(
											  &workspace->customers, customer,
											  workspace->levels[0].day)),
					workspace->levels, nlevels);
}

void
segment_cohorts_finish(SpellBuffer *spell_buffer, Context context,
					   SegmentCohorts *cohorts)
{
	Workspace workspace = {.context = context};
	SegmentReader reader = {workspace_walk, &workspace};
	int nsegments;

	segment_customers_open(&workspace.customers, context, spell_buffer);
	nsegments = workspace.customers.nsegments;
	cohorts->nsegments = nsegments;
	cohorts->segments = workspace.customers.segments;
	cohorts->cohorts = workspace.cohorts =
		runtime_alloc_zero(context, (nsegments + 1) * sizeof(Revenue *));
	segment_customers_each(&workspace.customers, &reader, 1);
	for (int i = 0; i < nsegments; i++)
		if (workspace.cohorts[i] != NULL)
			revenue_retention_merge(cohorts_of(&workspace, nsegments),
									workspace.cohorts[i]);
}
