/*
 * customers_won.c
 *		Who came, through which channel and offer, who of them stays, and what
 *		they earned (customer_readings.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/customer_readings.h"

#include "core/segments/segment_holdings.h"
#include "core/subscriptions/movement_spells.h"

static const Held always = {INT64_MIN, INT64_MAX};

typedef struct Workspace
{
	SegmentCustomers *customers;
	Movement *movement; /* of a customer, used again */
	bool earned;
	WonEmit emit;
	void *arg;
	SegmentHoldings held;
} Workspace;

/* What is not told comes last. */
static int
compare_told(const Label *a, const Label *b)
{
	if (a->data == NULL || b->data == NULL)
		return (a->data == NULL) - (b->data == NULL);
	return label_compare(a, b);
}

/*
 * Of the lines that are paid for on a day, a paused one too, the first; of those
 * of a day the one that brings most, then the first by channel and offer.
 */
static void
line_that_won(const Workspace *workspace, const SegmentCustomer *customer,
			  Day day, Won *won)
{
	const SegmentCustomers *customers = workspace->customers;
	const SpellBuffer *spell_buffer = customers->spell_buffer;
	const NameParts *best_parts = NULL;
	const Line *best = NULL;

	for (uint32_t i = 0; i < customer->nall; i++)
	{
		const Line *line = &customer->all[i];
		const NameParts *parts;
		Wide price;

		if (line_is_membership(line) || line->start > day || line->end <= day)
			continue;
		price = line_pause(spell_buffer, line);
		if (price <= 0)
			continue;
		parts = line_parts(customers, line);
		if (best != NULL)
		{
			Wide best_price = line_pause(spell_buffer, best);
			int order =
				(line->start < best->start) - (line->start > best->start);

			if (order == 0)
				order = (price > best_price) - (price < best_price);
			if (order == 0)
				order = -compare_told(&parts->channel, &best_parts->channel);
			if (order == 0)
				order = -compare_told(&parts->offer, &best_parts->offer);
			if (order <= 0)
				continue;
		}
		best = line;
		best_parts = parts;
	}
	won->channel = won->offer = (Label){NULL, 0};
	if (best == NULL)
		return;
	won->channel = best_parts->channel;
	/* without its letter */
	if (best_parts->offer.data != NULL)
		won->offer =
			(Label){best_parts->offer.data + 1, best_parts->offer.size - 1};
}

/* Give out what each line brought from coming to coming again. */
static void
lines_earned(const Workspace *workspace, const SegmentCustomer *customer,
			 Day first, const Won *won)
{
	const SpellBuffer *spell_buffer = workspace->customers->spell_buffer;
	Day last = spell_buffer->terms.as_of < won->next ? spell_buffer->terms.as_of
													 : won->next;

	for (uint32_t i = 0; i < customer->nlines; i++)
	{
		const Line *line = &customer->lines[i];
		Day from = line->start > first ? line->start : first;
		Day to = line->end < last ? line->end : last;
		Earned earned;

		if (line_is_paused(line) || to <= from)
			continue;
		earned.product = line_name(line);
		earned.price = line_mrr(spell_buffer, line);
		earned.days = to - from;
		if (earned.price > 0)
			workspace->emit(workspace->arg, won, &earned);
	}
}

static bool
cell_is_won(const MovementCell *cell)
{
	return cell->customers[LINE_NEW] > 0 ||
		   cell->customers[LINE_REACTIVATION] > 0;
}

static void
customer_came(Workspace *workspace, const SegmentCustomer *customer, int at)
{
	static const int looks[WON_LOOKS] = {1, 3, 6, 12};
	SegmentCustomers *customers = workspace->customers;
	const Movement *movement = workspace->movement;
	const Holdings *holdings = &workspace->held.holdings;
	const MovementCell *cell = &movement->cells[at];
	Calendar calendar = movement->calendar;
	int64_t end = period_start(calendar, cell->period + 1);
	Day closing = (Day) ((end < movement->as_of ? end : movement->as_of) - 1);
	Won won = {
		.key = key_table_key(&customers->spell_buffer->row_buffer.key_table,
							 customer->all[0].slot),
		.period = cell->period,
		.is_recycled = cell->customers[LINE_REACTIVATION] > 0,
		.next = SPELL_OPEN};

	for (int i = at + 1; i < movement->ncells && won.next == SPELL_OPEN; i++)
		if (cell_is_won(&movement->cells[i]))
			won.next = (Day) period_start(calendar, movement->cells[i].period);
	line_that_won(workspace, customer, closing, &won);
	won.after = holdings_mrr(holdings, closing);
	won.now = holdings_mrr(holdings, movement->as_of - 1);
	for (int i = 0; i < WON_LOOKS; i++)
	{
		end = period_start(calendar, cell->period + 1 + looks[i]);
		won.stays[i] = -1;
		if (end <= movement->as_of)
			won.stays[i] = holdings_mrr(holdings, (Day) (end - 1)) > 0;
	}
	workspace->emit(workspace->arg, &won, NULL);
	if (workspace->earned)
		lines_earned(workspace, customer,
					 (Day) period_start(calendar, cell->period), &won);
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

	movement->ncells = 0;
	movement_add(movement, steps, nsteps, customers->nproducts, &always, 1);
	for (int i = 0; i < movement->ncells; i++)
	{
		if (!cell_is_won(&movement->cells[i]))
			continue;
		if (!is_laid_out)
			segment_holdings_lay_out(&workspace->held, customers, customer);
		is_laid_out = true;
		customer_came(workspace, customer, i);
	}
}

SegmentReader
customers_won_open(SegmentCustomers *customers, bool earned, WonEmit emit,
				   void *arg)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	workspace->customers = customers;
	workspace->movement = movement_of_spells(customers->spell_buffer, NULL);
	workspace->earned = earned;
	workspace->emit = emit;
	workspace->arg = arg;
	return (SegmentReader){workspace_walk, workspace};
}
