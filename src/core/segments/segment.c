/*
 * segment.c
 *		How customers and money flow between segments: adding and merging.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment.h"

#include <string.h>

#include "core/segments/segment_cells.h"

SegmentFlow *
segment_flow_new(Context context)
{
	SegmentFlow *flow = RUNTIME_NEW(SegmentFlow, context);

	flow->span = 1;
	dictionary_open(&flow->names, context);
	flow->flows.size = sizeof(FlowCell);
	flow->stocks.size = sizeof(StockCell);
	flow->outcomes.size = sizeof(OutcomeCell);
	flow->spans.size = sizeof(SpanCell);
	flow->overlaps.size = sizeof(OverlapCell);
	return flow;
}

/* Take over what is asked of all customers, or check that it agrees. */
void
segment_flow_adopt(SegmentFlow *flow, Calendar calendar, Day as_of, int span,
				   int32_t pause_days)
{
	if (!flow->adopted)
	{
		Period last = period_of(calendar, as_of - 1);

		flow->adopted = true;
		flow->calendar = calendar;
		flow->period_cache = period_cache_of(calendar);
		flow->as_of = as_of;
		flow->span = span;
		flow->pause_days = pause_days;
		flow->last_complete =
			last - (period_start(calendar, (int64_t) last + 1) > as_of);
		return;
	}
	if (!calendar_is(flow->calendar, calendar))
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same grain for every customer.",
					  "cannot add up segments by different grains");
	if (flow->as_of != as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same as_of for every customer.",
					  "cannot add up customers observed until different days");
	if (flow->span != span)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same span for every customer.",
					  "cannot add up segments over different spans");
	if (flow->pause_days != pause_days)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same pause_days for every customer.",
					  "cannot add up customers whose pauses count differently");
}

/* Learn which product is higher than which, before the first customer. */
void
segment_flow_set_tiers(SegmentFlow *flow, const ProductTiers *product_tiers)
{
	flow->product_tiers = product_tiers;
	for (int i = 0; i < flow->names.count; i++)
		flow->tiers[i] =
			product_tiers_find(product_tiers, &flow->names.labels[i]);
}

/* Bring the state to at least this scale. */
void
segment_flow_scale(SegmentFlow *flow, int scale)
{
	if (scale <= flow->scale)
		return;
#define RESCALE(mrr) ((mrr) = money_rescale(mrr, flow->scale, scale))
	for (int i = 0; i < flow->flows.ncells; i++)
		for (int line = 0; line < FLOW_LINES; line++)
			RESCALE(flow_cell(&flow->flows, i)->flow.lines[line].mrr);
	for (int i = 0; i < flow->stocks.ncells; i++)
	{
		RESCALE(stock_cell(&flow->stocks, i)->stock.mrr);
		RESCALE(stock_cell(&flow->stocks, i)->rest.mrr);
	}
	for (int i = 0; i < flow->outcomes.ncells; i++)
		for (int line = 0; line < OUTCOME_LINES; line++)
			RESCALE(outcome_cell(&flow->outcomes, i)->outcomes.lines[line].mrr);
	for (int i = 0; i < flow->spans.ncells; i++)
	{
		Span *span = &span_cell(&flow->spans, i)->span;

		RESCALE(span->mrr);
		RESCALE(span->mrr_closing);
	}
#undef RESCALE
	flow->scale = scale;
}

/* The state's numbers of the holdings' names that serve as products. */
static int32_t *
names_taken(SegmentFlow *flow, const Holdings *holdings)
{
	int32_t *names =
		runtime_alloc(NULL, (holdings->nnames + 1) * sizeof(int32_t));

	memset(names, -1, (holdings->nnames + 1) * sizeof(int32_t));
	for (int i = 0; i < holdings->nspells; i++)
	{
		int32_t *name = &names[holdings->spells[i].product];

		if (*name < 0)
			*name = segment_flow_name(
				flow, &holdings->names[holdings->spells[i].product]);
	}
	return names;
}

/* The version of a membership, which its holdings have in place of a price. */
static int64_t
membership_version(const Holdings *history, const Spell *spell)
{
	Wide unit = money_power(history->scale);
	Wide version = spell->mrr / unit;

	if (version * unit != spell->mrr || (int64_t) version != version)
		runtime_error(RUNTIME_INVALID_VALUE, "Number the versions 1, 2, 3 …",
					  "version of a segment is not a whole number");
	return (int64_t) version;
}

/*
 * Add a customer: what they held, and the segments they were in, as holdings
 * whose products are segments; NULL when they never had one.
 */
void
segment_flow_add(SegmentFlow *flow, const Holdings *holdings,
				 const Holdings *history)
{
	Step *steps = runtime_alloc(NULL, steps_room(holdings) * 2 * sizeof(Step));
	Customer customer = {.steps = steps, .nproducts = holdings->nnames};
	int nmemberships = history ? history->nspells : 0;
	Membership *memberships =
		runtime_alloc(NULL, (nmemberships + 1) * sizeof(Membership));
	SegmentStep *segment_steps =
		runtime_alloc(NULL, (nmemberships * 2 + 1) * sizeof(SegmentStep));

	segment_flow_scale(flow, holdings->scale);
	customer.nsteps =
		steps_with_pauses(holdings, flow->pause_days, flow->as_of, steps);
	for (int i = 0; i < customer.nsteps; i++)
		steps[i].mrr =
			money_rescale(steps[i].mrr, holdings->scale, flow->scale);
	customer.product_names = names_taken(flow, holdings);
	for (int i = 0; i < nmemberships; i++)
		memberships[i] =
			(Membership){history->spells[i].start, history->spells[i].end,
						 history->spells[i].product,
						 membership_version(history, &history->spells[i])};
	customer.segment_steps = segment_steps;
	customer.nsegment_steps =
		segment_steps_of(memberships, nmemberships, segment_steps);
	if (nmemberships > 0)
	{
		customer.segment_names = names_taken(flow, history);
		for (int i = 0; i < customer.nsegment_steps; i++)
			if (segment_steps[i].segment < 0)
				segment_steps[i].segment = history->nnames;
	}
	segment_flow_walk(flow, &customer);

	runtime_free(steps);
	runtime_free(memberships);
	runtime_free(segment_steps);
	runtime_free((void *) customer.product_names);
	if (customer.segment_names != NULL)
		runtime_free(customer.segment_names);
}

/* The cell of one state for a cell of another, whose names have numbers here */
static void *
cell_for(SegmentFlow *into, SegmentCells *table, const CellPlace *place,
		 const int32_t *names)
{
	check_interrupts();
	return segment_cell(into, table, place->period, names[place->a + 1],
						names[place->b + 1]);
}

/* Add another state up. */
void
segment_flow_merge(SegmentFlow *into, const SegmentFlow *more)
{
	int32_t *names;

	if (!more->adopted)
		return;
	segment_flow_adopt(into, more->calendar, more->as_of, more->span,
					   more->pause_days);
	segment_flow_scale(into, more->scale);
	names = runtime_alloc(NULL, (more->names.count + 1) * sizeof(int32_t));
	names[0] = OUTSIDE;
	for (int i = 0; i < more->names.count; i++)
		names[i + 1] = segment_flow_name(into, &more->names.labels[i]);

#define COUNT(sum, count) ((sum) = count_add(sum, count))
#define MONEY(sum, mrr) \
	((sum) = money_add(sum, money_rescale(mrr, more->scale, into->scale)))
	for (int i = 0; i < more->flows.ncells; i++)
	{
		const FlowCell *from = flow_cell(&more->flows, i);
		FlowCell *cell = cell_for(into, &into->flows, &from->place, names);

		for (int line = 0; line < FLOW_LINES; line++)
		{
			COUNT(cell->flow.lines[line].customers,
				  from->flow.lines[line].customers);
			MONEY(cell->flow.lines[line].mrr, from->flow.lines[line].mrr);
		}
	}
	for (int i = 0; i < more->stocks.ncells; i++)
	{
		const StockCell *from = stock_cell(&more->stocks, i);
		StockCell *cell = cell_for(into, &into->stocks, &from->place, names);

		for (int count = 0; count < STOCK_COUNTS; count++)
			COUNT(cell->stock.counts[count], from->stock.counts[count]);
		MONEY(cell->stock.mrr, from->stock.mrr);
		cell->stock.squares =
			money_add(cell->stock.squares, from->stock.squares);
		COUNT(cell->rest.customers, from->rest.customers);
		MONEY(cell->rest.mrr, from->rest.mrr);
		cell->rest.squares = money_add(cell->rest.squares, from->rest.squares);
	}
	for (int i = 0; i < more->outcomes.ncells; i++)
	{
		const OutcomeCell *from = outcome_cell(&more->outcomes, i);
		OutcomeCell *cell =
			cell_for(into, &into->outcomes, &from->place, names);

		for (int line = 0; line < OUTCOME_LINES; line++)
		{
			COUNT(cell->outcomes.lines[line].customers,
				  from->outcomes.lines[line].customers);
			MONEY(cell->outcomes.lines[line].mrr,
				  from->outcomes.lines[line].mrr);
		}
		for (int square = 0; square < OUTCOME_SQUARES; square++)
			cell->outcomes.squares[square] = money_add(
				cell->outcomes.squares[square], from->outcomes.squares[square]);
	}
	for (int i = 0; i < more->spans.ncells; i++)
	{
		const SpanCell *from = span_cell(&more->spans, i);
		SpanCell *cell = cell_for(into, &into->spans, &from->place, names);

		COUNT(cell->span.customers, from->span.customers);
		COUNT(cell->span.redefined, from->span.redefined);
		MONEY(cell->span.mrr, from->span.mrr);
		MONEY(cell->span.mrr_closing, from->span.mrr_closing);
	}
	for (int i = 0; i < more->overlaps.ncells; i++)
	{
		const OverlapCell *from = overlap_cell(&more->overlaps, i);
		OverlapCell *cell;

		check_interrupts();
		cell = segment_cell(into, &into->overlaps, from->place.period,
							names[from->place.a + 1], from->place.b);
		COUNT(cell->overlap.customers, from->overlap.customers);
		for (int measure = 0; measure < MEASURES; measure++)
		{
#define SUM(sum) \
	(cell->overlap.sum = money_add(cell->overlap.sum, from->overlap.sum))
			SUM(first[measure]);
			SUM(second[measure]);
			SUM(products[measure]);
#undef SUM
		}
	}
#undef COUNT
#undef MONEY
	runtime_free(names);
}
