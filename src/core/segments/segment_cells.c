/*
 * segment_cells.c
 *		The names and cells of a segment flow: found, made, put in order.
 *
 * Cells and names lie in the order in which they came; a table of places with
 * open addressing finds them.  Bytes and rows want them sorted, which is done
 * once, at the end.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_cells.h"

#include <string.h>

#define FIRST_PLACES 16

static inline uint64_t
cell_hash(Period period, int32_t a, int32_t b)
{
	uint64_t hash = (uint64_t) (uint32_t) period * UINT64_C(0x9e3779b97f4a7c15);

	hash += (uint64_t) (uint32_t) a * UINT64_C(0xc2b2ae3d27d4eb4f);
	hash += (uint64_t) (uint32_t) b * UINT64_C(0x165667b19e3779f9);
	return hash ^ hash >> 32;
}

/* Places twice as many as the things they lead to; 0 leads nowhere. */
static int32_t *
places_make(Context context, int32_t *old, int nplaces)
{
	if (old != NULL)
		runtime_free(old);
	return runtime_alloc_zero(context, nplaces * sizeof(int32_t));
}

/* The number of a name, whose tier is found when it comes first. */
int32_t
segment_flow_name(SegmentFlow *flow, const Label *name)
{
	int before = flow->names.count;
	int32_t number = dictionary_intern(&flow->names, name);

	if (number < before)
		return number;
	if (number == flow->tiers_room)
	{
		int room = number ? number * 2 : FIRST_PLACES / 2;

		flow->tiers =
			number ? runtime_realloc(flow->tiers, room * sizeof(ProductTier))
				   : runtime_alloc(flow->context, room * sizeof(ProductTier));
		flow->tiers_room = room;
	}
	flow->tiers[number] =
		product_tiers_find(flow->product_tiers, &flow->names.labels[number]);
	return number;
}

int32_t
segment_flow_nameless(SegmentFlow *flow)
{
	static const Label nameless = {NO_SEGMENT, sizeof(NO_SEGMENT) - 1};

	if (flow->nameless == 0)
		flow->nameless = segment_flow_name(flow, &nameless) + 1;
	return flow->nameless - 1;
}

static void
cells_grow(SegmentFlow *flow, SegmentCells *table)
{
	int room = table->room ? table->room * 2 : FIRST_PLACES / 2;

	table->cells = table->room
					   ? runtime_realloc(table->cells, room * table->size)
					   : runtime_alloc(flow->context, room * table->size);
	table->room = room;
	table->nplaces = room * 2;
	table->places = places_make(flow->context, table->places, table->nplaces);
	for (int i = 0; i < table->ncells; i++)
	{
		const CellPlace *cell = cell_place(table, i);
		uint64_t at = cell_hash(cell->period, cell->a, cell->b);

		while (table->places[at & (table->nplaces - 1)] != 0)
			at++;
		table->places[at & (table->nplaces - 1)] = i + 1;
	}
}

void *
segment_cell(SegmentFlow *flow, SegmentCells *table, Period period, int32_t a,
			 int32_t b)
{
	uint64_t at;
	int32_t *place;
	CellPlace *cell;

	if (table->ncells == table->room)
		cells_grow(flow, table);
	for (at = cell_hash(period, a, b);; at++)
	{
		place = &table->places[at & (table->nplaces - 1)];
		if (*place == 0)
			break;
		cell = cell_place(table, *place - 1);
		if (cell->period == period && cell->a == a && cell->b == b)
			return cell;
	}
	cell = cell_place(table, table->ncells++);
	*place = table->ncells;
	memset(cell, 0, table->size);
	*cell = (CellPlace){period, a, b};
	return cell;
}

static bool
any_count(const int64_t *counts, int ncounts)
{
	for (int i = 0; i < ncounts; i++)
		if (counts[i] != 0)
			return true;
	return false;
}

static bool
any_sum(const SegmentSum *sums, int nsums)
{
	for (int i = 0; i < nsums; i++)
		if (sums[i].customers != 0)
			return true;
	return false;
}

static bool
flow_says(const void *cell)
{
	return any_sum(((const FlowCell *) cell)->flow.lines, FLOW_LINES);
}

static bool
stock_says(const void *cell)
{
	const Stock *stock = &((const StockCell *) cell)->stock;
	const Rest *rest = &((const StockCell *) cell)->rest;

	return any_count(stock->counts, STOCK_COUNTS) || stock->mrr != 0 ||
		   stock->squares != 0 || rest->customers != 0 || rest->mrr != 0 ||
		   rest->squares != 0;
}

static bool
outcomes_says(const void *cell)
{
	const OutcomeCounters *outcomes = &((const OutcomeCell *) cell)->outcomes;

	for (int i = 0; i < OUTCOME_SQUARES; i++)
		if (outcomes->squares[i] != 0)
			return true;
	return any_sum(outcomes->lines, OUTCOME_LINES);
}

static bool
span_says(const void *cell)
{
	const Span *span = &((const SpanCell *) cell)->span;

	return span->customers != 0 || span->redefined != 0 || span->mrr != 0 ||
		   span->mrr_closing != 0;
}

static bool
overlap_says(const void *cell)
{
	const Overlap *overlap = &((const OverlapCell *) cell)->overlap;

	for (int i = 0; i < MEASURES; i++)
		if (overlap->first[i] != 0 || overlap->second[i] != 0 ||
			overlap->products[i] != 0)
			return true;
	return overlap->customers != 0;
}

static int
compare_cells(const void *x, const void *y)
{
	const CellPlace *cell_x = x;
	const CellPlace *cell_y = y;

	if (cell_x->period != cell_y->period)
		return cell_x->period < cell_y->period ? -1 : 1;
	if (cell_x->a != cell_y->a)
		return cell_x->a < cell_y->a ? -1 : 1;
	return (cell_x->b > cell_y->b) - (cell_x->b < cell_y->b);
}

static int
compare_labels(const void *x, const void *y)
{
	const Label *const *label_x = x;
	const Label *const *label_y = y;

	return label_compare(*label_x, *label_y);
}

/*
 * The cells of a table that say something, and which names they use: of the
 * last of their two places, too, if it is a name.
 */
static SegmentCells
cells_taken(const SegmentCells *table, bool (*says)(const void *), bool *used,
			bool is_named)
{
	SegmentCells taken = {.size = table->size};

	taken.cells = runtime_alloc(NULL, (table->ncells + 1) * table->size);
	for (int i = 0; i < table->ncells; i++)
	{
		const CellPlace *cell = cell_place(table, i);

		check_interrupts();
		if (!says(cell))
			continue;
		used[cell->a + 1] = true;
		if (is_named)
			used[cell->b + 1] = true;
		memcpy(cell_place(&taken, taken.ncells++), cell, table->size);
	}
	return taken;
}

static void
cells_sort(SegmentCells *table, const int32_t *rank, bool is_named)
{
	for (int i = 0; i < table->ncells; i++)
	{
		CellPlace *cell = cell_place(table, i);

		cell->a = rank[cell->a + 1];
		if (is_named)
			cell->b = rank[cell->b + 1];
	}
	runtime_sort(table->cells, table->ncells, table->size, compare_cells);
}

void
segment_flow_order(const SegmentFlow *flow, SegmentOrder *order)
{
	bool *used = runtime_alloc_zero(NULL, flow->names.count + 1);
	int32_t *rank =
		runtime_alloc(NULL, (flow->names.count + 1) * sizeof(int32_t));
	const Label **sorted =
		runtime_alloc(NULL, (flow->names.count + 1) * sizeof(Label *));

	order->flows = cells_taken(&flow->flows, flow_says, used, true);
	order->stocks = cells_taken(&flow->stocks, stock_says, used, true);
	order->outcomes = cells_taken(&flow->outcomes, outcomes_says, used, true);
	order->spans = cells_taken(&flow->spans, span_says, used, true);
	order->overlaps = cells_taken(&flow->overlaps, overlap_says, used, false);
	order->nnames = 0;
	for (int i = 0; i < flow->names.count; i++)
		if (used[i + 1])
			sorted[order->nnames++] = &flow->names.labels[i];
	runtime_sort(sorted, order->nnames, sizeof(Label *), compare_labels);
	order->names = runtime_alloc(NULL, (order->nnames + 1) * sizeof(Label));
	rank[0] = OUTSIDE; /* and ALL_PRODUCTS */
	for (int i = 0; i < order->nnames; i++)
	{
		order->names[i] = *sorted[i];
		rank[sorted[i] - flow->names.labels + 1] = i;
	}
	cells_sort(&order->flows, rank, true);
	cells_sort(&order->stocks, rank, true);
	cells_sort(&order->outcomes, rank, true);
	cells_sort(&order->spans, rank, true);
	cells_sort(&order->overlaps, rank, false);
	runtime_free(used);
	runtime_free(rank);
	runtime_free(sorted);
}
