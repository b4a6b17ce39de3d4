/*
 * segment_matrix.c
 *		How customers and money flow between segments: who went where.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_cells.h"

/* What is left of a segment's opening when the flows out of it are taken */
typedef struct Stayers
{
	int64_t customers; /* at the opening, then of those who stay */
	Wide mrr;
	Wide change;			/* of those who stay */
	int64_t customers_next; /* at the closing */
	Wide mrr_next;
} Stayers;

static void
matrix_memberships(const SegmentFlow *flow, const SegmentOrder *order,
				   Stayers *stayers, int64_t period, MatrixEmit take, void *arg)
{
	for (int i = 0; i < order->nnames; i++)
	{
		Stayers *membership = &stayers[i];
		MatrixRow row = {period,
						 &order->names[i],
						 &order->names[i],
						 membership->customers,
						 0,
						 membership->mrr,
						 money_add(membership->mrr, membership->change),
						 segment_flow_complete(flow, period)};

		if (row.customers > 0)
			take(arg, &row);
		membership->customers = membership->customers_next;
		membership->mrr = membership->mrr_next;
		membership->change = 0;
	}
}

static void
matrix_flow(const SegmentFlow *flow, const SegmentOrder *order,
			Stayers *stayers, const FlowCell *cell, MatrixEmit take, void *arg)
{
	const Flow *cell_flow = &cell->flow;
	int32_t from = cell->place.a;
	int32_t to = cell->place.b;
	MatrixRow row = {.period = cell->place.period};
	Wide change = money_add(cell_flow->lines[FLOW_EXPANSION].mrr,
							cell_flow->lines[FLOW_CONTRACTION].mrr);

	row.is_complete = segment_flow_complete(flow, cell->place.period);
	if (from == to)
	{
		stayers[from].change = money_add(stayers[from].change, change);
		stayers[from].mrr_next = money_add(stayers[from].mrr_next, change);
		return;
	}
	if (from == OUTSIDE)
	{
		row.customers =
			count_add(cell_flow->lines[FLOW_NEW].customers,
					  cell_flow->lines[FLOW_REACTIVATION].customers);
		row.mrr_closing = money_add(cell_flow->lines[FLOW_NEW].mrr,
									cell_flow->lines[FLOW_REACTIVATION].mrr);
	}
	else
	{
		Stayers *membership = &stayers[from];

		row.from = &order->names[from];
		if (to == OUTSIDE)
		{
			row.customers = cell_flow->lines[FLOW_CHURN].customers;
			row.mrr = -cell_flow->lines[FLOW_CHURN].mrr;
		}
		else
		{
			row.redefined = cell_flow->lines[FLOW_REDEFINED].customers;
			row.customers = count_add(cell_flow->lines[FLOW_MOVED].customers,
									  row.redefined);
			row.mrr_closing = money_add(cell_flow->lines[FLOW_MOVED].mrr,
										cell_flow->lines[FLOW_REDEFINED].mrr);
			row.mrr = money_add(row.mrr_closing, -change);
		}
		membership->customers =
			count_add(membership->customers, -row.customers);
		membership->customers_next =
			count_add(membership->customers_next, -row.customers);
		membership->mrr = money_add(membership->mrr, -row.mrr);
		membership->mrr_next = money_add(membership->mrr_next, -row.mrr);
	}
	if (to != OUTSIDE)
	{
		Stayers *into = &stayers[to];

		row.to = &order->names[to];
		into->customers_next = count_add(into->customers_next, row.customers);
		into->mrr_next = money_add(into->mrr_next, row.mrr_closing);
	}
	if (row.customers > 0)
		take(arg, &row);
}

/* Over a span, from the first closing at which anybody was seen on. */
static void
span_rows(const SegmentFlow *flow, SegmentCells *spans, const Label *names,
		  MatrixEmit take, void *arg)
{
	int64_t first = cell_place(spans, 0)->period + (int64_t) flow->span;
	int64_t nrows = 0;
	MatrixRow row = {0};

	runtime_sort(spans->cells, spans->ncells, spans->size, cell_place_compare);
	for (int i = 0; i < spans->ncells; i++)
	{
		const SpanCell *cell = span_cell(spans, i);
		const CellPlace *place = &cell->place;
		const Label *from = place->a == OUTSIDE ? NULL : &names[place->a];
		const Label *to = place->b == OUTSIDE ? NULL : &names[place->b];
		bool goes_on = i + 1 < spans->ncells && cell[1].place.a == place->a &&
					   cell[1].place.b == place->b;
		int64_t until =
			goes_on ? cell[1].place.period : segment_flow_last(flow) + 1;

		if (i == 0 || cell[-1].place.a != place->a ||
			cell[-1].place.b != place->b)
			row = (MatrixRow){.from = from, .to = to};
		row.customers = count_add(row.customers, cell->span.customers);
		row.redefined = count_add(row.redefined, cell->span.redefined);
		row.mrr = money_add(row.mrr, cell->span.mrr);
		row.mrr_closing = money_add(row.mrr_closing, cell->span.mrr_closing);
		if (row.customers <= 0)
			continue;
		segment_flow_limit(flow, nrows += until - place->period);
		for (row.period = place->period > first ? place->period : first;
			 row.period < until; row.period++)
		{
			check_interrupts();
			row.is_complete = segment_flow_complete(flow, row.period);
			take(arg, &row);
		}
	}
}

/* Give out who went where, or stayed, from closing to closing. */
void
segment_flow_matrix(const SegmentFlow *flow, MatrixEmit take, void *arg)
{
	SegmentOrder order;
	Stayers *stayers;
	int64_t first;
	int at = 0;

	segment_flow_order(flow, &order);
	if (order.spans.ncells > 0)
		span_rows(flow, &order.spans, order.names, take, arg);
	if (order.flows.ncells == 0)
		return;
	first = cell_place(&order.flows, 0)->period;
	segment_flow_limit(flow,
					   (segment_flow_last(flow) - first + 1) * order.nnames);
	stayers = runtime_alloc_zero(NULL, (order.nnames + 1) * sizeof(Stayers));
	for (int64_t period = first; period <= segment_flow_last(flow); period++)
	{
		check_interrupts();
		for (; at < order.flows.ncells &&
			   cell_place(&order.flows, at)->period == period;
			 at++)
			matrix_flow(flow, &order, stayers, flow_cell(&order.flows, at),
						take, arg);
		matrix_memberships(flow, &order, stayers, period, take, arg);
	}
	runtime_free(stayers);
}
