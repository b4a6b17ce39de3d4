/*
 * segment_cells.h
 *		The names and cells of a segment flow: found, made, put in order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_CELLS_H
#define CVM_CORE_SEGMENTS_SEGMENT_CELLS_H

#include "core/segments/segment.h"

/* A state in canonical order, without cells and names that say nothing */
typedef struct SegmentOrder
{
	int nnames;
	Label *names;		/* ascending by bytes */
	SegmentCells flows; /* ascending by period, from, to; and so on */
	SegmentCells stocks;
	SegmentCells outcomes;
	SegmentCells spans;
	SegmentCells overlaps;
} SegmentOrder;

static inline FlowCell *
flow_cell(const SegmentCells *table, int i)
{
	return (FlowCell *) table->cells + i;
}

static inline StockCell *
stock_cell(const SegmentCells *table, int i)
{
	return (StockCell *) table->cells + i;
}

static inline OutcomeCell *
outcome_cell(const SegmentCells *table, int i)
{
	return (OutcomeCell *) table->cells + i;
}

static inline SpanCell *
span_cell(const SegmentCells *table, int i)
{
	return (SpanCell *) table->cells + i;
}

static inline OverlapCell *
overlap_cell(const SegmentCells *table, int i)
{
	return (OverlapCell *) table->cells + i;
}

/* Where any cell is */
static inline CellPlace *
cell_place(const SegmentCells *table, int i)
{
	return (CellPlace *) (table->cells + i * table->size);
}

/* Of cells, for a sort by their two places and then by period */
static inline int
cell_place_compare(const void *x, const void *y)
{
	const CellPlace *cell_x = x;
	const CellPlace *cell_y = y;

	if (cell_x->a != cell_y->a)
		return cell_x->a < cell_y->a ? -1 : 1;
	if (cell_x->b != cell_y->b)
		return cell_x->b < cell_y->b ? -1 : 1;
	return (cell_x->period > cell_y->period) -
		   (cell_x->period < cell_y->period);
}

/* The number of a name, and of those without a segment */
extern int32_t segment_flow_name(SegmentFlow *flow, const Label *name);
extern int32_t segment_flow_nameless(SegmentFlow *flow);

/* The cell of a place in a table, made if need be; good until the next call */
extern void *segment_cell(SegmentFlow *flow, SegmentCells *table, Period period,
						  int32_t a, int32_t b);

extern void segment_flow_order(const SegmentFlow *flow, SegmentOrder *order);

/* The period that is open, or was the last to close, at as_of; is it over? */
extern int64_t segment_flow_last(const SegmentFlow *flow);
extern bool segment_flow_complete(const SegmentFlow *flow, int64_t period);

/* Refuse to give out more rows than somebody could want. */
extern void segment_flow_limit(const SegmentFlow *flow, int64_t nrows);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_CELLS_H */
