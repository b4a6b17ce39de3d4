/*
 * segment_cells.h
 *		The names and cells of a segment flow: found, made, put in order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SEGMENT_CELLS_H
#define CVM_SEGMENT_CELLS_H

#include "core/segment.h"

/* A state in canonical order, without cells and names that say nothing */
typedef struct SegmentOrder
{
	int nnames;
	Label *names; /* ascending by bytes */
	int nflows;
	SegmentCell *flows; /* ascending by period, from, to */
	int nstocks;
	SegmentCell *stocks; /* ascending by period, segment, product */
} SegmentOrder;

/* The number of a name; of those without a segment when name is NULL */
extern int32_t segment_flow_name(SegmentFlow *flow, const Label *name);

/* The cell of a place in a table, made if need be; good until the next call */
extern SegmentCell *segment_cell(SegmentFlow *flow, SegmentCells *table,
								 Period period, int32_t a, int32_t b);

extern void segment_flow_order(const SegmentFlow *flow, SegmentOrder *order);

#endif /* CVM_SEGMENT_CELLS_H */
