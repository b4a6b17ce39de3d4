/*
 * customers_moved.c
 *		The customers behind a line of the waterfall in one period, and why.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/customers_moved.h"

#include "core/segments/segment_holdings.h"
#include "core/subscriptions/movement_spells.h"

typedef struct Workspace
{
	SegmentCustomers *customers;
	MovedAsk ask;
	Movement *movement; /* of a customer, used again */
	int64_t end;		/* first day after the period */
	CustomerMovedEmit emit;
	void *arg;

	/* of the customer at work */
	SegmentHoldings held;
	int64_t count; /* of the line, in the segment */
	Wide change;
	CustomerMovement rows[MOVEMENT_LINES];
	int nrows;
	int room; /* for reasons */
	Label *reasons;
} Workspace;

/* A CustomerMovementEmit: add a row up, if it is of the line. */
static void
line_take(void *arg, const CustomerMovement *row)
{
	Workspace *workspace = arg;

	if (row->line != workspace->ask.line)
		return;
	workspace->count += row->customers;
	workspace->change = money_add(workspace->change, row->change);
}

/* A CustomerMovementEmit: keep a row of the customer's own waterfall. */
static void
row_take(void *arg, const CustomerMovement *row)
{
	Workspace *workspace = arg;
	CustomerMovement *kept = &workspace->rows[workspace->nrows++];

	*kept = *row;
	if (row->product >= 0)
		kept->product = workspace->held.products[row->product];
	if (row->from_product >= 0)
		kept->from_product = workspace->held.products[row->from_product];
}

/* The customer's waterfall in the period, on these days */
static void
waterfall_read(Workspace *workspace, const Step *steps, int nsteps,
			   const Held *held, int nheld, CustomerMovementEmit take)
{
	Movement *movement = workspace->movement;

	movement->ncells = 0;
	movement_add(movement, steps, nsteps, workspace->customers->nproducts, held,
				 nheld);
	if (movement->ncells > 0)
		customer_movements(&workspace->held.holdings, movement,
						   workspace->ask.since, workspace->ask.since + 1, take,
						   workspace);
}

/* Is the line what is asked for?  An end of a promotion is no expansion. */
static bool
is_meant(const Workspace *workspace)
{
	int64_t count = workspace->count;
	Wide change = workspace->change;
	int64_t promotion_count = 0;
	Wide promotion_change = 0;

	if (workspace->ask.line == LINE_EXPANSION)
	{
		for (int i = 0; i < workspace->nrows && count > 0; i++)
			if (workspace->rows[i].cause == CAUSE_PROMOTION_END)
			{
				promotion_count++;
				promotion_change =
					money_add(promotion_change, workspace->rows[i].change);
			}
		count = workspace->ask.is_promotion_end ? promotion_count
												: count - promotion_count;
		change = workspace->ask.is_promotion_end ? promotion_change
												 : change - promotion_change;
	}
	return workspace->ask.of_money ? change != 0 : count != 0;
}

/* The reasons of what ended in the period, by name, each once; how many. */
static int
reasons_gather(Workspace *workspace, const SegmentCustomer *customer)
{
	int count = 0;

	if ((int) customer->nall > workspace->room)
	{
		if (workspace->room > 0)
			runtime_free(workspace->reasons);
		workspace->room = (int) customer->nall * 2;
		workspace->reasons =
			runtime_alloc(NULL, (size_t) workspace->room * sizeof(Label));
	}
	for (uint32_t i = 0; i < customer->nall; i++)
	{
		const Line *line = &customer->all[i];
		const Label *reason;
		int order = -1;
		int at;

		if (line_is_stay(line) || line->end < workspace->ask.since ||
			line->end >= workspace->end)
			continue;
		reason = &line_parts(workspace->customers, line)->reason;
		if (reason->data == NULL)
			continue;
		for (at = count; at > 0; at--)
		{
			order = label_compare(&workspace->reasons[at - 1], reason);
			if (order <= 0)
				break;
		}
		if (at > 0 && order == 0)
			continue;
		for (int from = count++; from > at; from--)
			workspace->reasons[from] = workspace->reasons[from - 1];
		workspace->reasons[at] = *reason;
	}
	return count;
}

static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	static const Held always = {INT64_MIN, INT64_MAX};
	Workspace *workspace = arg;
	SegmentCustomers *customers = workspace->customers;
	const Held *held = &always;
	int nheld = 1;
	const Step *steps;
	int nsteps;
	int64_t closing = workspace->end;
	CustomerMoved moved;

	if (workspace->ask.segment != EVERYBODY)
	{
		nheld = 0;
		for (int i = 0; i < customer->ndays; i++)
			if (customer->days[i].segment == workspace->ask.segment)
			{
				held = customer->days[i].held;
				nheld = customer->days[i].nheld;
			}
		if (nheld == 0)
			return;
	}
	nsteps = segment_customer_pauses(customers, customer, &steps);
	segment_holdings_lay_out(&workspace->held, customers, customer);
	workspace->count = 0;
	workspace->change = 0;
	waterfall_read(workspace, steps, nsteps, held, nheld, line_take);
	if (workspace->count == 0 && workspace->change == 0)
		return;
	workspace->nrows = 0;
	waterfall_read(workspace, steps, nsteps, &always, 1, row_take);
	if (!is_meant(workspace))
		return;
	if (closing > workspace->movement->as_of)
		closing = workspace->movement->as_of;
	moved.key = key_table_key(&customers->spell_buffer->row_buffer.key_table,
							  customer->all[0].slot);
	moved.before =
		holdings_mrr(&workspace->held.holdings, workspace->ask.since - 1);
	moved.after = holdings_mrr(&workspace->held.holdings, (Day) (closing - 1));
	moved.rows = workspace->rows;
	moved.nrows = workspace->nrows;
	moved.nreasons = reasons_gather(workspace, customer);
	moved.reasons = workspace->reasons;
	workspace->emit(workspace->arg, &moved);
}

SegmentReader
customers_moved_open(SegmentCustomers *customers, const MovedAsk *ask,
					 CustomerMovedEmit emit, void *arg)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));
	Calendar calendar = customers->spell_buffer->terms.calendar;

	workspace->customers = customers;
	workspace->ask = *ask;
	workspace->movement = movement_of_spells(customers->spell_buffer, NULL);
	workspace->end =
		period_start(calendar, (int64_t) period_of(calendar, ask->since) + 1);
	workspace->emit = emit;
	workspace->arg = arg;
	customers->since = ask->since;
	customers->last = (Day) (workspace->end - 1);
	return (SegmentReader){workspace_walk, workspace};
}
