/*
 * segment_losses.c
 *		How long customers pay, and for which reason they leave
 *		(customer_readings.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/customer_readings.h"

#include "core/segments/segment_holdings.h"

/* In place of reasons of which none stands for more money than another */
#define SEVERAL "(several)"

typedef struct Workspace
{
	SegmentCustomers *customers;
	int32_t gap;
	Survival **losses;
	uint32_t room;
	Level *levels;
	Run *runs;
	const Line **told; /* that ended on a day, with a reason */
} Workspace;

static void
workspace_reach(Workspace *workspace, const SegmentCustomer *customer)
{
	size_t room;

	if (customer->nall <= workspace->room)
		return;
	if (workspace->room > 0)
	{
		runtime_free(workspace->levels);
		runtime_free(workspace->runs);
		runtime_free(workspace->told);
	}
	workspace->room = customer->nall * 2;
	room = workspace->room;
	workspace->levels = runtime_alloc(NULL, (room * 2 + 1) * sizeof(Level));
	workspace->runs = runtime_alloc(NULL, (room * 2 + 1) * sizeof(Run));
	workspace->told = runtime_alloc(NULL, room * sizeof(Line *));
}

/*
 * The reason of what ended on a day that stands for the most money; none where
 * nothing was told, SEVERAL where two stand for as much.
 */
static const Label *
reason_of_day(Workspace *workspace, const SegmentCustomer *customer, Day day)
{
	static const Label several = {SEVERAL, sizeof(SEVERAL) - 1};
	const SegmentCustomers *customers = workspace->customers;
	const Label *best = NULL;
	Wide most = 0;
	bool is_tied = false;
	uint32_t ntold = 0;

	for (uint32_t i = 0; i < customer->nall; i++)
	{
		const Line *line = &customer->all[i];

		if (line->end == day && !line_is_stay(line) &&
			line_parts(customers, line)->reason.data != NULL)
			workspace->told[ntold++] = line;
	}
	for (uint32_t i = 0; i < ntold; i++)
	{
		const Label *reason =
			&line_parts(customers, workspace->told[i])->reason;
		bool is_seen = false;
		Wide sum = 0;

		for (uint32_t j = 0; j < ntold && !is_seen; j++)
		{
			const NameParts *parts = line_parts(customers, workspace->told[j]);

			if (label_compare(&parts->reason, reason) != 0)
				continue;
			is_seen = j < i;
			if (!parts->is_unpriced)
				sum = money_add(sum, line_pause(customers->spell_buffer,
												workspace->told[j]));
		}
		if (is_seen || (best != NULL && sum < most))
			continue;
		is_tied = best != NULL && sum == most;
		best = reason;
		most = sum;
	}
	return is_tied ? &several : best;
}

static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	SegmentCustomers *customers = workspace->customers;
	const Run *run;
	const Label *cause = NULL;
	Survival **survival;
	int nlevels;

	workspace_reach(workspace, customer);
	run = &workspace->runs[0];
	nlevels = levels_of(customer->steps, customer->nsteps, workspace->levels);
	if (nlevels == 0 || runs_of(workspace->levels, nlevels,
								customers->spell_buffer->terms.as_of,
								workspace->gap, workspace->runs) == 0)
		return;
	if (run->churned)
		cause = reason_of_day(workspace, customer, run->end);
	survival = &workspace->losses[segment_customer_place(
		customers, customer, workspace->levels[0].day)];
	if (*survival == NULL)
		*survival = survival_new(NULL);
	survival_add(*survival, run->end - run->start, run->churned, cause, NULL);
}

/* Reads them into losses, of which there are as many as segments. */
SegmentReader
segment_losses_open(SegmentCustomers *customers, int32_t gap, Survival **losses)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	workspace->customers = customers;
	workspace->gap = gap;
	workspace->losses = losses;
	return (SegmentReader){workspace_walk, workspace};
}
