/*
 * segment_rows.c
 *		How customers and money flow between segments: the rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "core/segment_cells.h"

#define ROWS_MOST 4000000

/* The period that is open, or was the last to close, at as_of. */
static int64_t
last_period(const SegmentFlow *flow)
{
	return period_of(flow->calendar, flow->as_of - 1);
}

static bool
period_complete(const SegmentFlow *flow, int64_t period)
{
	return period_start(flow->calendar, period + 1) <= flow->as_of;
}

static void
check_rows(const SegmentFlow *flow, const SegmentOrder *order, int64_t wide)
{
	if ((last_period(flow) - order->flows[0].period + 1) * wide > ROWS_MOST)
		host_fail(HOST_TOO_LARGE,
				  "Use a coarser grain, or look for days far in the past with "
				  "cvm.check_model().",
				  "segments and periods would give more than %d rows",
				  ROWS_MOST);
}

/* Begin a period: what was the closing is the opening. */
static void
bridge_begin(BridgeRow *row, int64_t period)
{
	row->period = period;
	row->opening_customers = row->closing_customers;
	row->opening = row->closing;
	row->gross_retained = row->closing;
	row->net_retained = row->closing;
	memset(&row->into, 0, sizeof(Flow));
	memset(&row->out, 0, sizeof(Flow));
}

static void
flow_line(Flow *sum, const Flow *flow, FlowLine line)
{
	sum->customers[line] =
		count_add(sum->customers[line], flow->customers[line]);
	sum->mrr[line] = money_add(sum->mrr[line], flow->mrr[line]);
}

/* What a flow does to the segment that it comes from. */
static void
bridge_out(BridgeRow *row, const Flow *flow)
{
	Wide lost = money_add(flow->mrr[FLOW_CHURN], flow->mrr[FLOW_CONTRACTION]);
	Wide change = money_add(lost, flow->mrr[FLOW_EXPANSION]);

	flow_line(&row->out, flow, FLOW_CHURN);
	flow_line(&row->out, flow, FLOW_MOVED);
	flow_line(&row->out, flow, FLOW_EXPANSION);
	flow_line(&row->out, flow, FLOW_CONTRACTION);
	row->closing_customers =
		count_add(row->closing_customers, -flow->customers[FLOW_CHURN] -
											  flow->customers[FLOW_MOVED]);
	row->closing = money_add(row->closing, change);
	row->closing = money_add(row->closing, -flow->mrr[FLOW_MOVED]);
	row->gross_retained = money_add(row->gross_retained, lost);
	row->net_retained = money_add(row->net_retained, change);
}

/* What a flow does to the segment that it goes to. */
static void
bridge_into(BridgeRow *row, const Flow *flow)
{
	static const FlowLine lines[] = {FLOW_NEW, FLOW_REACTIVATION, FLOW_MOVED};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
	{
		flow_line(&row->into, flow, lines[i]);
		row->closing = money_add(row->closing, flow->mrr[lines[i]]);
		row->closing_customers =
			count_add(row->closing_customers, flow->customers[lines[i]]);
	}
	flow_line(&row->into, flow, FLOW_SAME_PERIOD);
}

/* The same flow, for everybody: who moves does not come or go. */
static void
bridge_total(BridgeRow *all, const SegmentCell *cell)
{
	Flow flow = cell->of.flow;

	flow.customers[FLOW_MOVED] = 0;
	flow.mrr[FLOW_MOVED] = 0;
	bridge_out(all, &flow);
	bridge_into(all, &flow);
}

static void
bridge_stock(BridgeRow *row, int64_t *beginning, const Stock *stock)
{
	row->products = count_add(row->products, stock->counts[STOCK_LINES]);
	row->multi_products =
		count_add(row->multi_products, stock->counts[STOCK_HOLDERS]);
	*beginning = count_add(*beginning, stock->counts[STOCK_BEGINNING]);
}

/* Give out a row for every period and segment, and one for everybody. */
void
segment_flow_bridge(const SegmentFlow *flow, BridgeTake take, void *taker)
{
	SegmentOrder order;
	BridgeRow *rows;
	int64_t *beginnings;
	bool *is_segment;
	int flow_at = 0;
	int stock_at = 0;
	int all;

	segment_flow_order(flow, &order);
	if (order.nflows == 0)
		return;
	all = order.nnames;
	is_segment = host_alloc_zero(NULL, all + 1);
	for (int i = 0; i < order.nflows; i++)
	{
		is_segment[order.flows[i].a + 1] = true;
		is_segment[order.flows[i].b + 1] = true;
	}
	check_rows(flow, &order, all + 1);
	rows = host_alloc_zero(NULL, (all + 1) * sizeof(BridgeRow));
	beginnings = host_alloc_zero(NULL, (all + 1) * sizeof(int64_t));
	for (int i = 0; i < all; i++)
		rows[i].segment = &order.names[i];

	for (int64_t period = order.flows[0].period; period <= last_period(flow);
		 period++)
	{
		int64_t end = period_start(flow->calendar, period + 1);

		if (end > flow->as_of)
			end = flow->as_of;
		host_poll();
		for (int i = 0; i <= all; i++)
			bridge_begin(&rows[i], period);
		for (; flow_at < order.nflows && order.flows[flow_at].period == period;
			 flow_at++)
		{
			const SegmentCell *cell = &order.flows[flow_at];

			if (cell->a != OUTSIDE)
				bridge_out(&rows[cell->a], &cell->of.flow);
			if (cell->b != OUTSIDE)
				bridge_into(&rows[cell->b], &cell->of.flow);
			bridge_total(&rows[all], cell);
		}
		for (; stock_at < order.nstocks &&
			   order.stocks[stock_at].period == period;
			 stock_at++)
		{
			const SegmentCell *cell = &order.stocks[stock_at];

			if (cell->b != ALL_PRODUCTS)
				continue;
			bridge_stock(&rows[cell->a], &beginnings[cell->a],
						 &cell->of.stock);
			bridge_stock(&rows[all], &beginnings[all], &cell->of.stock);
		}
		for (int i = 0; i <= all; i++)
		{
			if (i < all && !is_segment[i + 1])
				continue;
			rows[i].tenure_days =
				rows[i].closing_customers * end - beginnings[i];
			rows[i].is_complete = period_complete(flow, period);
			take(taker, &rows[i]);
		}
	}
	host_free(rows);
	host_free(beginnings);
	host_free(is_segment);
}

/* What is left of a segment's opening when the flows out of it are taken */
typedef struct Stayers
{
	int64_t customers; /* at the opening, then of those who stay */
	Wide mrr;
	Wide change;		   /* of those who stay */
	int64_t customers_next; /* at the closing */
	Wide mrr_next;
} Stayers;

static void
matrix_stays(const SegmentFlow *flow, const SegmentOrder *order,
			 Stayers *stayers, int64_t period, MatrixTake take, void *taker)
{
	for (int i = 0; i < order->nnames; i++)
	{
		Stayers *stay = &stayers[i];
		MatrixRow row = {period, &order->names[i], &order->names[i],
						 stay->customers, stay->mrr,
						 money_add(stay->mrr, stay->change),
						 period_complete(flow, period)};

		if (row.customers > 0)
			take(taker, &row);
		stay->customers = stay->customers_next;
		stay->mrr = stay->mrr_next;
		stay->change = 0;
	}
}

static void
matrix_flow(const SegmentFlow *flow, const SegmentOrder *order,
			Stayers *stayers, const SegmentCell *cell, MatrixTake take,
			void *taker)
{
	const Flow *cell_flow = &cell->of.flow;
	MatrixRow row = {cell->period};
	Wide change = money_add(cell_flow->mrr[FLOW_EXPANSION],
							cell_flow->mrr[FLOW_CONTRACTION]);

	row.is_complete = period_complete(flow, cell->period);
	if (cell->a == cell->b)
	{
		stayers[cell->a].change = money_add(stayers[cell->a].change, change);
		stayers[cell->a].mrr_next =
			money_add(stayers[cell->a].mrr_next, change);
		return;
	}
	if (cell->a == OUTSIDE)
	{
		row.customers = count_add(cell_flow->customers[FLOW_NEW],
								  cell_flow->customers[FLOW_REACTIVATION]);
		row.mrr_closing = money_add(cell_flow->mrr[FLOW_NEW],
									cell_flow->mrr[FLOW_REACTIVATION]);
	}
	else
	{
		Stayers *stay = &stayers[cell->a];

		row.from = &order->names[cell->a];
		if (cell->b == OUTSIDE)
		{
			row.customers = cell_flow->customers[FLOW_CHURN];
			row.mrr = -cell_flow->mrr[FLOW_CHURN];
		}
		else
		{
			row.customers = cell_flow->customers[FLOW_MOVED];
			row.mrr_closing = cell_flow->mrr[FLOW_MOVED];
			row.mrr = money_add(row.mrr_closing, -change);
		}
		stay->customers -= row.customers;
		stay->customers_next -= row.customers;
		stay->mrr = money_add(stay->mrr, -row.mrr);
		stay->mrr_next = money_add(stay->mrr_next, -row.mrr);
	}
	if (cell->b != OUTSIDE)
	{
		Stayers *into = &stayers[cell->b];

		row.to = &order->names[cell->b];
		into->customers_next = count_add(into->customers_next, row.customers);
		into->mrr_next = money_add(into->mrr_next, row.mrr_closing);
	}
	if (row.customers > 0)
		take(taker, &row);
}

/* Give out who went where, or stayed, from closing to closing. */
void
segment_flow_matrix(const SegmentFlow *flow, MatrixTake take, void *taker)
{
	SegmentOrder order;
	Stayers *stayers;
	int at = 0;

	segment_flow_order(flow, &order);
	if (order.nflows == 0)
		return;
	check_rows(flow, &order, order.nnames);
	stayers = host_alloc_zero(NULL, (order.nnames + 1) * sizeof(Stayers));
	for (int64_t period = order.flows[0].period; period <= last_period(flow);
		 period++)
	{
		host_poll();
		for (; at < order.nflows && order.flows[at].period == period; at++)
			matrix_flow(flow, &order, stayers, &order.flows[at], take, taker);
		matrix_stays(flow, &order, stayers, period, take, taker);
	}
	host_free(stayers);
}

static int
compare_by_product(const void *x, const void *y)
{
	const SegmentCell *cell_x = x;
	const SegmentCell *cell_y = y;

	if (cell_x->a != cell_y->a)
		return cell_x->a < cell_y->a ? -1 : 1;
	if (cell_x->b != cell_y->b)
		return cell_x->b < cell_y->b ? -1 : 1;
	return (cell_x->period > cell_y->period) -
		   (cell_x->period < cell_y->period);
}

/* Give out what is held of each product in each segment at each closing. */
void
segment_flow_products(const SegmentFlow *flow, ProductTake take, void *taker)
{
	SegmentOrder order;
	ProductRow row = {0};
	int64_t nrows = 0;

	segment_flow_order(flow, &order);
	host_sort(order.stocks, order.nstocks, sizeof(SegmentCell),
			  compare_by_product);
	for (int i = 0; i < order.nstocks; i++)
	{
		const SegmentCell *cell = &order.stocks[i];
		bool goes_on = i + 1 < order.nstocks && cell[1].a == cell->a &&
					   cell[1].b == cell->b;
		int64_t until = goes_on ? cell[1].period : last_period(flow) + 1;

		if (cell->b == ALL_PRODUCTS)
			continue;
		if (row.segment != &order.names[cell->a] ||
			row.product != &order.names[cell->b])
			row = (ProductRow){0, &order.names[cell->a],
							   &order.names[cell->b], 0, 0, 0};
		row.lines = count_add(row.lines, cell->of.stock.counts[STOCK_LINES]);
		row.customers =
			count_add(row.customers, cell->of.stock.counts[STOCK_HOLDERS]);
		row.mrr = money_add(row.mrr, cell->of.stock.mrr);
		if (row.customers == 0)
			continue;
		if ((nrows += until - cell->period) > ROWS_MOST)
			host_fail(HOST_TOO_LARGE, "Use a coarser grain.",
					  "segments, products and periods would give more than "
					  "%d rows",
					  ROWS_MOST);
		for (row.period = cell->period; row.period < until; row.period++)
		{
			host_poll();
			take(taker, &row);
		}
	}
}
