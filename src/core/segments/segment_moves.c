/*
 * segment_moves.c
 *		What moved of each customer, in each segment, from raw spells in one
 *		pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_moves.h"

#include "core/segments/segment_holdings.h"
#include "core/subscriptions/movement_spells.h"

typedef struct Workspace
{
	SegmentCustomers *customers;
	Movement *movement; /* of a customer in a segment, used again */
	Day since;			/* periods that begin between these days */
	Day until;
	Day last; /* of the last one of them */
	SegmentMoveEmit emit;
	void *arg;

	/* of the customer at work */
	const SegmentCustomer *customer;
	SegmentHoldings held;
	SegmentMove move;
} Workspace;

/* Does one bring more?  What has no price brings least. */
static int
compare_prices(const Workspace *workspace, const Line *a, const Line *b)
{
	const SpellBuffer *spell_buffer = workspace->customers->spell_buffer;
	bool a_is_unpriced = line_parts(workspace->customers, a)->is_unpriced;
	bool b_is_unpriced = line_parts(workspace->customers, b)->is_unpriced;
	Wide a_price;
	Wide b_price;

	if (a_is_unpriced || b_is_unpriced)
		return b_is_unpriced - a_is_unpriced;
	a_price = line_pause(spell_buffer, a);
	b_price = line_pause(spell_buffer, b);
	return (a_price > b_price) - (a_price < b_price);
}

/*
 * The channel of the first spell that tells one; of those of a day the one that
 * brings most, then the first by name.  What has no first day comes last.
 */
static int32_t
customer_channel(const Workspace *workspace, const SegmentCustomer *customer)
{
	const Line *best = NULL;

	for (uint32_t i = 0; i < customer->nall; i++)
	{
		const Line *line = &customer->all[i];
		const NameParts *parts = line_parts(workspace->customers, line);
		int order;

		if (line_is_stay(line) || parts->channel.data == NULL)
			continue;
		if (best != NULL)
		{
			const NameParts *other = line_parts(workspace->customers, best);

			order = other->is_undated - parts->is_undated;
			if (order == 0)
				order =
					(line->start < best->start) - (line->start > best->start);
			if (order == 0)
				order = compare_prices(workspace, line, best);
			if (order == 0)
				order = -label_compare(&parts->channel, &other->channel);
			if (order <= 0)
				continue;
		}
		best = line;
	}
	return best == NULL ? -1 : line_name(best);
}

/*
 * The reason of what ended in a period; of several of the one that brings most,
 * then of the last, then the first by name.
 */
static int32_t
period_reason(const Workspace *workspace, Period period)
{
	const SegmentCustomer *customer = workspace->customer;
	Calendar calendar = workspace->movement->calendar;
	int64_t start = period_start(calendar, period);
	int64_t end = period_start(calendar, period + 1);
	const Line *best = NULL;

	for (uint32_t i = 0; i < customer->nall; i++)
	{
		const Line *line = &customer->all[i];
		const NameParts *parts;
		int order;

		if (line->end < start || line->end >= end || line_is_stay(line))
			continue;
		parts = line_parts(workspace->customers, line);
		if (parts->reason.data == NULL)
			continue;
		if (best != NULL)
		{
			order = compare_prices(workspace, line, best);
			if (order == 0)
				order = (line->end > best->end) - (line->end < best->end);
			if (order == 0)
				order = -label_compare(
					&parts->reason,
					&line_parts(workspace->customers, best)->reason);
			if (order <= 0)
				continue;
		}
		best = line;
	}
	return best == NULL ? -1 : line_name(best);
}

/* A CustomerMovementEmit: a row of the customer at work. */
static void
row_take(void *arg, const CustomerMovement *row)
{
	Workspace *workspace = arg;
	SegmentMove *move = &workspace->move;

	move->row = *row;
	if (row->product >= 0)
		move->row.product = workspace->held.products[row->product];
	if (row->from_product >= 0)
		move->row.from_product = workspace->held.products[row->from_product];
	move->reason = -1;
	if (row->line == LINE_CHURN || row->line == LINE_CONTRACTION)
		move->reason = period_reason(workspace, row->period);
	workspace->emit(workspace->arg, move);
}

static bool
is_between(const Workspace *workspace, int64_t day)
{
	return day >= workspace->since && day <= workspace->last;
}

/* Does something change on a day of the periods that are read? */
static bool
changes(const Workspace *workspace, const SegmentCustomer *customer,
		const Step *steps, int nsteps)
{
	for (int i = 0; i < nsteps; i++)
		if (is_between(workspace, steps[i].day))
			return true;
	for (int i = 0; i < customer->ndays; i++)
		for (int j = 0; j < customer->days[i].nheld; j++)
			if (is_between(workspace, customer->days[i].held[j].from) ||
				is_between(workspace, customer->days[i].held[j].to))
				return true;
	return false;
}

static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	SegmentCustomers *customers = workspace->customers;
	Movement *movement = workspace->movement;
	bool is_laid_out = false;
	const Step *steps;
	int nsteps = segment_customer_pauses(customers, customer, &steps);

	if (!changes(workspace, customer, steps, nsteps))
		return;
	for (int i = 0; i < customer->ndays; i++)
	{
		const SegmentDays *days = &customer->days[i];

		movement->ncells = 0;
		movement_add(movement, steps, nsteps, customers->nproducts, days->held,
					 days->nheld);
		if (movement->ncells == 0)
			continue;
		if (!is_laid_out)
		{
			segment_holdings_lay_out(&workspace->held, customers, customer);
			workspace->customer = customer;
			workspace->move.key =
				key_table_key(&customers->spell_buffer->row_buffer.key_table,
							  customer->all[0].slot);
			workspace->move.channel = customer_channel(workspace, customer);
			is_laid_out = true;
		}
		workspace->move.segment = days->segment;
		customer_movements(&workspace->held.holdings, movement,
						   workspace->since, workspace->until, row_take,
						   workspace);
	}
}

SegmentReader
segment_moves_open(SegmentCustomers *customers, Day since, Day until,
				   SegmentMoveEmit emit, void *arg)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));
	Calendar calendar = customers->spell_buffer->terms.calendar;

	workspace->customers = customers;
	workspace->movement = movement_of_spells(customers->spell_buffer, NULL);
	workspace->since = since;
	workspace->until = until;
	workspace->last = until;
	if (until > DAY_FIRST && until != SPELL_OPEN)
		workspace->last =
			(Day) (period_start(calendar, period_of(calendar, until - 1) + 1) -
				   1);
	customers->since = since;
	customers->last = workspace->last;
	workspace->emit = emit;
	workspace->arg = arg;
	return (SegmentReader){workspace_walk, workspace};
}
