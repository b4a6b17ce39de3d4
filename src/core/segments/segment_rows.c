/*
 * segment_rows.c
 *		How customers and money flow between segments: the rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "core/segments/segment_cells.h"

int64_t
segment_flow_last(const SegmentFlow *flow)
{
	return period_of(flow->calendar, flow->as_of - 1);
}

bool
segment_flow_complete(const SegmentFlow *flow, int64_t period)
{
	return period <= flow->last_complete;
}

void
segment_flow_limit(const SegmentFlow *flow, int64_t nrows)
{
	if (nrows > ROWS_LIMIT(flow->names.count))
		runtime_error(
			RUNTIME_TOO_LARGE,
			"Use a coarser grain, or look for days far in the past with "
			"cvm.check_model().",
			"segments and periods would give more than %lld rows",
			(long long) ROWS_LIMIT(flow->names.count));
}

/* Begin a period: what was the closing is the opening. */
static void
bridge_begin(BridgeRow *row, int64_t period)
{
	row->period = period;
	row->opening_customers = row->closing_customers;
	row->opening = row->closing;
	row->opening_rest = row->rest;
	row->gross_retained = money_add(row->closing, row->rest.mrr);
	row->net_retained = row->gross_retained;
	row->opening_below_top = row->below_top;
	row->opening_squares = money_add(row->squares, row->rest.squares);
	memset(&row->into, 0, sizeof(Flow));
	memset(&row->out, 0, sizeof(Flow));
	memset(&row->outcomes, 0, sizeof(OutcomeCounters));
}

static void
flow_line(Flow *sum, const Flow *flow, FlowLine line)
{
	sum->lines[line].customers =
		count_add(sum->lines[line].customers, flow->lines[line].customers);
	sum->lines[line].mrr =
		money_add(sum->lines[line].mrr, flow->lines[line].mrr);
}

/* What a flow does to the segment that it comes from. */
static void
bridge_out(BridgeRow *row, const Flow *flow)
{
	Wide lost = money_add(flow->lines[FLOW_CHURN].mrr,
						  flow->lines[FLOW_CONTRACTION].mrr);
	Wide change = money_add(lost, flow->lines[FLOW_EXPANSION].mrr);

	flow_line(&row->out, flow, FLOW_CHURN);
	flow_line(&row->out, flow, FLOW_MOVED);
	flow_line(&row->out, flow, FLOW_REDEFINED);
	flow_line(&row->out, flow, FLOW_EXPANSION);
	flow_line(&row->out, flow, FLOW_CONTRACTION);
	row->closing = money_add(row->closing, change);
	for (int i = 0; i < 2; i++)
	{
		FlowLine line = i == 0 ? FLOW_MOVED : FLOW_REDEFINED;

		row->closing_customers =
			count_add(row->closing_customers, -flow->lines[line].customers);
		row->closing = money_add(row->closing, -flow->lines[line].mrr);
	}
	row->closing_customers =
		count_add(row->closing_customers, -flow->lines[FLOW_CHURN].customers);
	row->gross_retained = money_add(row->gross_retained, lost);
	row->net_retained = money_add(row->net_retained, change);
}

/* What a flow does to the segment that it goes to. */
static void
bridge_into(BridgeRow *row, const Flow *flow)
{
	static const FlowLine lines[] = {FLOW_NEW, FLOW_REACTIVATION, FLOW_MOVED,
									 FLOW_REDEFINED};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
	{
		flow_line(&row->into, flow, lines[i]);
		row->closing = money_add(row->closing, flow->lines[lines[i]].mrr);
		row->closing_customers =
			count_add(row->closing_customers, flow->lines[lines[i]].customers);
	}
	flow_line(&row->into, flow, FLOW_SAME_PERIOD);
}

/* The same flow, for everybody: who moves does not come or go. */
static void
bridge_total(BridgeRow *all, const Flow *cell)
{
	Flow flow = *cell;

	flow.lines[FLOW_MOVED].customers = 0;
	flow.lines[FLOW_REDEFINED].customers = 0;
	flow.lines[FLOW_MOVED].mrr = 0;
	flow.lines[FLOW_REDEFINED].mrr = 0;
	bridge_out(all, &flow);
	bridge_into(all, &flow);
}

static void
bridge_stock(BridgeRow *row, int64_t *beginning, const Stock *stock)
{
	row->products = count_add(row->products, stock->counts[STOCK_LINES]);
	row->multi_products =
		count_add(row->multi_products, stock->counts[STOCK_HOLDERS]);
	row->below_top = count_add(row->below_top, stock->counts[STOCK_BELOW_TOP]);
	row->product_squares =
		count_add(row->product_squares, stock->counts[STOCK_SQUARES]);
	row->squares = money_add(row->squares, stock->squares);
	*beginning = count_add(*beginning, stock->counts[STOCK_BEGINNING]);
}

/* What goes into pauses goes out of the closing, and comes back. */
static void
bridge_rest(BridgeRow *row, const Rest *rest)
{
	row->rest.customers = count_add(row->rest.customers, rest->customers);
	row->rest.mrr = money_add(row->rest.mrr, rest->mrr);
	row->rest.squares = money_add(row->rest.squares, rest->squares);
	row->closing_customers =
		count_subtract(row->closing_customers, rest->customers);
	row->closing = money_subtract(row->closing, rest->mrr);
}

static void
bridge_outcomes(BridgeRow *row, const OutcomeCounters *outcomes)
{
	for (int line = 0; line < OUTCOME_LINES; line++)
	{
		row->outcomes.lines[line].customers =
			count_add(row->outcomes.lines[line].customers,
					  outcomes->lines[line].customers);
		row->outcomes.lines[line].mrr =
			money_add(row->outcomes.lines[line].mrr, outcomes->lines[line].mrr);
	}
	for (int i = 0; i < OUTCOME_SQUARES; i++)
		row->outcomes.squares[i] =
			money_add(row->outcomes.squares[i], outcomes->squares[i]);
}

/* The bridges of all segments on the way through the periods */
typedef struct Bridges
{
	SegmentOrder order;
	int flow_at;
	int stock_at;
	int outcomes_at;
	int all; /* behind the last segment */
	BridgeRow *rows;
	int64_t *beginnings;
	bool *is_segment;
} Bridges;

static void
bridges_open(Bridges *bridges, const SegmentFlow *flow)
{
	const SegmentCells *flows = &bridges->order.flows;
	const SegmentCells *outcomes = &bridges->order.outcomes;

	bridges->all = bridges->order.nnames;
	bridges->flow_at = bridges->stock_at = bridges->outcomes_at = 0;
	bridges->is_segment = runtime_alloc_zero(NULL, bridges->all + 1);
	for (int i = 0; i < flows->ncells; i++)
	{
		bridges->is_segment[cell_place(flows, i)->a + 1] = true;
		bridges->is_segment[cell_place(flows, i)->b + 1] = true;
	}
	for (int i = 0; i < outcomes->ncells; i++)
		bridges->is_segment[cell_place(outcomes, i)->a + 1] = true;
	bridges->rows =
		runtime_alloc_zero(NULL, (bridges->all + 1) * sizeof(BridgeRow));
	bridges->beginnings =
		runtime_alloc_zero(NULL, (bridges->all + 1) * sizeof(int64_t));
	for (int i = 0; i < bridges->all; i++)
		bridges->rows[i].segment = &bridges->order.names[i];
}

/* Take the cells of a period. */
static void
bridges_period(Bridges *bridges, int64_t period)
{
	const SegmentOrder *order = &bridges->order;
	BridgeRow *rows = bridges->rows;
	int all = bridges->all;

	for (int i = 0; i <= all; i++)
		bridge_begin(&rows[i], period);
	for (; bridges->flow_at < order->flows.ncells; bridges->flow_at++)
	{
		const FlowCell *cell = flow_cell(&order->flows, bridges->flow_at);

		if (cell->place.period > period)
			break;
		if (cell->place.a != OUTSIDE)
			bridge_out(&rows[cell->place.a], &cell->flow);
		if (cell->place.b != OUTSIDE)
			bridge_into(&rows[cell->place.b], &cell->flow);
		bridge_total(&rows[all], &cell->flow);
	}
	for (; bridges->stock_at < order->stocks.ncells; bridges->stock_at++)
	{
		const StockCell *cell = stock_cell(&order->stocks, bridges->stock_at);
		int32_t segment = cell->place.a;

		if (cell->place.period > period)
			break;
		if (cell->place.b != ALL_PRODUCTS)
			continue;
		bridge_stock(&rows[segment], &bridges->beginnings[segment],
					 &cell->stock);
		bridge_stock(&rows[all], &bridges->beginnings[all], &cell->stock);
		bridge_rest(&rows[segment], &cell->rest);
		bridge_rest(&rows[all], &cell->rest);
	}
	for (; bridges->outcomes_at < order->outcomes.ncells;
		 bridges->outcomes_at++)
	{
		const OutcomeCell *cell =
			outcome_cell(&order->outcomes, bridges->outcomes_at);

		if (cell->place.period > period)
			break;
		bridge_outcomes(&rows[cell->place.a], &cell->outcomes);
		bridge_outcomes(&rows[all], &cell->outcomes);
	}
}

/* Days from beginnings, summed, to an end that is the same for everybody */
static int64_t
days_since(int64_t customers, int64_t end, int64_t beginnings)
{
	int64_t ends;
	int64_t days;

	if (__builtin_mul_overflow(customers, end, &ends) ||
		__builtin_sub_overflow(ends, beginnings, &days))
		runtime_error(RUNTIME_OUT_OF_RANGE, NULL, "days out of range");
	return days;
}

/* Give out a row for every period and segment, and one for everybody. */
void
segment_flow_bridge(const SegmentFlow *flow, BridgeEmit take, void *arg)
{
	Bridges bridges;
	int64_t first;

	if (flow->span == ANY_SPAN)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Fold it without a span; segment_overlap() reads this "
					  "one.",
					  "segments folded with span 0 have no bridge");
	if (flow->span > 1)
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"Fold it without a span; segment_matrix() reads this one.",
			"segments folded with span %d have no bridge", flow->span);
	segment_flow_order(flow, &bridges.order);
	if (bridges.order.flows.ncells == 0)
		return;
	bridges_open(&bridges, flow);
	first = cell_place(&bridges.order.flows, 0)->period;
	segment_flow_limit(
		flow, (segment_flow_last(flow) - first + 1) * (bridges.all + 1));
	for (int64_t period = first; period <= segment_flow_last(flow); period++)
	{
		int64_t end = period_start(flow->calendar, period + 1);

		if (end > flow->as_of)
			end = flow->as_of;
		check_interrupts();
		bridges_period(&bridges, period);
		for (int i = 0; i <= bridges.all; i++)
		{
			BridgeRow *row = &bridges.rows[i];

			if (i < bridges.all && !bridges.is_segment[i + 1])
				continue;
			row->tenure_days =
				days_since(row->closing_customers, end, bridges.beginnings[i]);
			row->is_complete = segment_flow_complete(flow, period);
			take(arg, row);
		}
	}
	runtime_free(bridges.rows);
	runtime_free(bridges.beginnings);
	runtime_free(bridges.is_segment);
}

/* Give out what is held of each product in each segment at each closing. */
void
segment_flow_products(const SegmentFlow *flow, ProductEmit take, void *arg)
{
	SegmentOrder order;
	ProductRow row = {0};
	int64_t nrows = 0;

	segment_flow_order(flow, &order);
	runtime_sort(order.stocks.cells, order.stocks.ncells, order.stocks.size,
				 cell_place_compare);
	for (int i = 0; i < order.stocks.ncells; i++)
	{
		const StockCell *cell = stock_cell(&order.stocks, i);
		const CellPlace *place = &cell->place;
		bool goes_on = i + 1 < order.stocks.ncells &&
					   cell[1].place.a == place->a &&
					   cell[1].place.b == place->b;
		int64_t until =
			goes_on ? cell[1].place.period : segment_flow_last(flow) + 1;

		if (place->b == ALL_PRODUCTS)
			continue;
		if (row.segment != &order.names[place->a] ||
			row.product != &order.names[place->b])
			row = (ProductRow){
				0, &order.names[place->a], &order.names[place->b], 0, 0, 0};
		row.lines = count_add(row.lines, cell->stock.counts[STOCK_LINES]);
		row.customers =
			count_add(row.customers, cell->stock.counts[STOCK_HOLDERS]);
		row.mrr = money_add(row.mrr, cell->stock.mrr);
		if (row.customers == 0)
			continue;
		segment_flow_limit(flow, nrows += until - place->period);
		for (row.period = place->period; row.period < until; row.period++)
		{
			check_interrupts();
			take(arg, &row);
		}
	}
}
