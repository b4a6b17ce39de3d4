/*
 * segment_ledger.c
 *		Segment flows from raw rows in one pass.
 *
 * A ledger holds spells and times in segments in the order in which they came.
 * Sorted by customer, each customer's are walked as those of holdings are, so
 * that both ways give the same bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_ledger.h"

#include <string.h>

#include "core/segments/segment_cells.h"
#include "core/subscriptions/ledger_steps.h"

/* What is used again for every customer */
typedef struct Desk
{
	Ledger *ledger;
	SegmentFlow *flow;
	int32_t *names;	   /* the state's number of a name, or -1 */
	int32_t *ranks;	   /* place of a name in the order of bytes */
	int32_t *by_rank;  /* the state's number of a segment, or -1; (none) */
	uint32_t *seen_by; /* by name: the last customer that held it, plus one */
	int32_t *local;	   /* and its number among the customer's products */
	StepDesk steps;
	uint32_t room;
	Stay *stays;
	Placing *placings;
	int32_t *product_names;
} Desk;

static int
compare_named(const void *a, const void *b)
{
	return label_compare(*(const Label *const *) a, *(const Label *const *) b);
}

static void
desk_open(Desk *desk, Ledger *ledger, SegmentFlow *flow)
{
	int nnames = ledger->names.count;
	const Label **sorted = host_alloc(NULL, (nnames + 1) * sizeof(Label *));

	memset(desk, 0, sizeof(Desk));
	desk->ledger = ledger;
	desk->flow = flow;
	desk->names = host_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	desk->ranks = host_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	desk->by_rank = host_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	desk->seen_by = host_alloc_zero(NULL, (nnames + 1) * sizeof(uint32_t));
	desk->local = host_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	for (int i = 0; i < nnames; i++)
		sorted[i] = &ledger->names.labels[i];
	host_sort(sorted, nnames, sizeof(Label *), compare_named);
	for (int i = 0; i < nnames; i++)
	{
		int32_t number = (int32_t) (sorted[i] - ledger->names.labels);

		desk->ranks[number] = i;
		desk->names[number] = segment_flow_name(flow, sorted[i]);
		desk->by_rank[i] = desk->names[number];
	}
	desk->by_rank[nnames] = segment_flow_nameless(flow);
	host_free(sorted);
}

static void
desk_grow(Desk *desk, uint32_t lines)
{
	desk_reserve(&desk->steps, lines);
	if (lines <= desk->room)
		return;
	if (desk->room > 0)
	{
		host_free(desk->stays);
		host_free(desk->placings);
		host_free(desk->product_names);
	}
	desk->room = lines * 2;
	desk->stays = host_alloc(NULL, (size_t) desk->room * sizeof(Stay));
	desk->placings =
		host_alloc(NULL, (size_t) desk->room * 2 * sizeof(Placing));
	desk->product_names =
		host_alloc(NULL, (size_t) desk->room * sizeof(int32_t));
}

/*
 * Add what pauses keep to a customer's steps, whose products are the customer's
 * own numbers; how many there are then.
 */
static int
desk_pauses(Desk *desk, const Line *lines, uint32_t nlines, int nsteps)
{
	Step *steps = desk->steps.steps;

	nsteps = lines_pauses(&desk->steps, desk->ledger, lines, nlines, nsteps);
	for (int i = 0; i < nsteps; i++)
		if (steps[i].lines == 0)
			steps[i].product = desk->local[steps[i].product];
	return nsteps;
}

/* Walk a customer. */
static void
desk_walk(void *taker, uint32_t who, const Line *lines, uint32_t nlines)
{
	Desk *desk = taker;
	Ledger *ledger = desk->ledger;
	Customer customer = {0};
	Step *steps;
	int nstays = 0;

	desk_grow(desk, nlines);
	customer.steps = steps = desk->steps.steps;
	customer.placings = desk->placings;
	customer.product_names = desk->product_names;
	customer.segment_names = desk->by_rank;

	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		int32_t number = line_name(line);
		Wide mrr;

		if (line_is_placing(line))
		{
			desk->stays[nstays++] =
				(Stay){line->start, line->end, desk->ranks[number], line->mrr};
			continue;
		}
		if (desk->seen_by[number] != who + 1)
		{
			desk->seen_by[number] = who + 1;
			desk->local[number] = customer.nproducts;
			desk->product_names[customer.nproducts++] = desk->names[number];
		}
		number = desk->local[number];
		mrr = line_mrr(ledger, line);
		steps[customer.nsteps++] = (Step){line->start, number, 1, mrr};
		if (line->end < ledger->terms.as_of)
			steps[customer.nsteps++] = (Step){line->end, number, -1, -mrr};
	}
	if (customer.nsteps == 0)
		return;
	steps_sort(steps, customer.nsteps);
	if (ledger->has_pauses)
		customer.nsteps = desk_pauses(desk, lines, nlines, customer.nsteps);
	customer.nplacings = placings_of(desk->stays, nstays, desk->placings);
	for (int i = 0; i < customer.nplacings; i++)
		if (desk->placings[i].segment < 0)
			desk->placings[i].segment = ledger->names.count;
	segment_flow_walk(desk->flow, &customer);
}

void
segment_ledger_finish(Ledger *ledger, SegmentFlow *flow, int span)
{
	Desk desk;

	segment_flow_adopt(flow, ledger->terms.calendar, ledger->terms.as_of, span,
					   ledger->terms.pause_days);
	segment_flow_scale(flow, ledger->scale);
	desk_open(&desk, ledger, flow);
	ledger_each(ledger, desk_walk, &desk);
}
