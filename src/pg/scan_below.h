/*
 * scan_below.h
 *		The sequential scan below an aggregate, read by its step itself.
 *
 * On the usual way there are a call of the scan, its projection, the
 * aggregate's expression and a call of its step, for each row.  Who knows what
 * to do with a row of the table steps in for the scan's ExecProcNode instead,
 * takes rows where the scan has them, and hands up what it does not want; when
 * there are no more the aggregate goes on as it always does.
 *
 * The scan stays the server's: planned, opened, shared among workers and ended
 * by it, its rows fetched by table_scan_getnextslot(), its conditions, those of
 * row-level security too, asked by ExecQual().  What is visible is never
 * decided here.  Of a heap's page for which the server has listed the visible
 * rows, those after the first are read by that list.
 *
 * "SET cvm.fold_scan = off" leaves all rows on the usual way.  At DEBUG1 the
 * server's log says which tables are read like this, and EXPLAIN ANALYZE which
 * are not, and why (pg/scan_explain.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SCAN_BELOW_H
#define CVM_PG_SCAN_BELOW_H

#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "pgstat.h"
#include "storage/bufmgr.h"

/* A scan that is read; the reader's own struct begins with it. */
typedef struct ScanBelow
{
	SeqScanState *node;
	PlanState *above; /* the Append between scan and aggregate, or NULL */
	ExecProcNodeMtd usual;
	HeapTupleData tuple;
	BlockNumber block; /* where the row lies that take_header gets */
	OffsetNumber place;
	uint64 nrows; /* taken since the node was called */
} ScanBelow;

/* Take a row as it lies in its page; false: look at it in the slot. */
typedef bool (*ScanTakeHeader)(ScanBelow *scan, HeapTupleHeader header);

/* Take the row in the slot; false: it is for the aggregate. */
typedef bool (*ScanTakeSlot)(ScanBelow *scan, TupleTableSlot *slot);

/*
 * Look at a scan that may be read, under this Append or none; why it is not
 * read, or NULL: it is.
 */
typedef const char *(*ScanTry)(SeqScanState *node, PlanState *above,
							   const Aggref *aggref, void *arg);

extern void scans_below(FunctionCallInfo fcinfo, ScanTry attempt, void *arg);
extern void scan_below_begin(ScanBelow *scan, SeqScanState *node,
							 PlanState *above, ExecProcNodeMtd next);
extern ScanBelow *scan_below_of(PlanState *node);
extern TableScanDesc scan_below_desc(SeqScanState *node);
extern HeapScanDesc scan_below_heap(TableScanDesc desc);
extern TupleTableSlot *scan_below_hand(ScanBelow *scan, bool is_handed);

/* Does a row fulfil the scan's conditions? */
static inline bool
scan_below_qualifies(ScanBelow *scan, TupleTableSlot *slot)
{
	PlanState *node = &scan->node->ss.ps;

	if (node->qual == NULL)
		return true;
	ResetExprContext(node->ps_ExprContext);
	node->ps_ExprContext->ecxt_scantuple = slot;
	if (ExecQual(node->qual, node->ps_ExprContext))
		return true;
	InstrCountFiltered1(node, 1);
	return false;
}

/*
 * Take the rest of the page that the heap has listed.  True: the slot has a row
 * for the aggregate, and the scan stands at it.
 */
static pg_attribute_always_inline bool
scan_below_page(ScanBelow *scan, HeapScanDesc heap, ScanTakeHeader take_header,
				ScanTakeSlot take_slot)
{
	TupleTableSlot *slot = scan->node->ss.ss_ScanTupleSlot;
	bool is_direct = take_header != NULL && scan->node->ss.ps.qual == NULL;
	int first = (int) heap->rs_cindex + 1;
	int last = (int) heap->rs_ntuples;
	int at = first;
	bool is_handed = false;
	Page page;

	if (!heap->rs_inited || first >= last)
		return false;
	page = BufferGetPage(heap->rs_cbuf);
	scan->block = heap->rs_cblock;
	for (; at < last && !is_handed; at++)
	{
		ItemId item = PageGetItemId(page, heap->rs_vistuples[at]);
		HeapTupleHeader header = (HeapTupleHeader) PageGetItem(page, item);

		scan->place = heap->rs_vistuples[at];
		if (is_direct && take_header(scan, header))
			continue;
		scan->tuple.t_data = header;
		scan->tuple.t_len = ItemIdGetLength(item);
		ItemPointerSet(&scan->tuple.t_self, heap->rs_cblock,
					   heap->rs_vistuples[at]);
		ExecStoreBufferHeapTuple(&scan->tuple, slot, heap->rs_cbuf);
		is_handed = scan_below_qualifies(scan, slot) && !take_slot(scan, slot);
	}
	heap->rs_cindex = at - 1;
	pgstat_count_index_tuples(scan->node->ss.ss_currentRelation, at - first);
	return is_handed;
}

/* Take rows until there are no more (false), or one is for the aggregate. */
static pg_attribute_always_inline bool
scan_below_rows(ScanBelow *scan, ScanTakeHeader take_header,
				ScanTakeSlot take_slot)
{
	TupleTableSlot *slot = scan->node->ss.ss_ScanTupleSlot;
	TableScanDesc desc = scan_below_desc(scan->node);
	HeapScanDesc heap = scan_below_heap(desc);

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		ResetExprContext(scan->node->ss.ps.ps_ExprContext);
		if (heap != NULL && scan_below_page(scan, heap, take_header, take_slot))
			return true;
		if (!table_scan_getnextslot(desc, ForwardScanDirection, slot))
			return false;
		if (scan_below_qualifies(scan, slot) && !take_slot(scan, slot))
			return true;
	}
}

/* What stands in for a scan's ExecProcNode: how rows are taken is its own. */
static pg_attribute_always_inline TupleTableSlot *
scan_below_next(PlanState *node, ScanTakeHeader take_header,
				ScanTakeSlot take_slot)
{
	ScanBelow *scan = scan_below_of(node);

	scan->nrows = 0;
	return scan_below_hand(scan, scan_below_rows(scan, take_header, take_slot));
}

#endif /* CVM_PG_SCAN_BELOW_H */
