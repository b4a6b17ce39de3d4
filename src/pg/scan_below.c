/*
 * scan_below.c
 *		The sequential scan below an aggregate, read by its step itself
 *		(pg/scan_below.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg/scan_below.h"

#include "access/tableam.h"
#include "executor/nodeAgg.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

/* The scan is rewound or ended: it is as it was. */
static void
scan_below_gone(Datum datum)
{
	ScanBelow *scan = (ScanBelow *) DatumGetPointer(datum);

	ExecSetExecProcNode(&scan->node->ss.ps, scan->usual);
}

/* What reads a node, which is among those who want to know when it ends */
ScanBelow *
scan_below_of(PlanState *node)
{
	ExprContext_CB *callback = node->ps_ExprContext->ecxt_callbacks;

	while (callback != NULL && callback->function != scan_below_gone)
		callback = callback->next;
	if (callback == NULL)
		elog(ERROR, "scan has no fold");
	return (ScanBelow *) DatumGetPointer(callback->arg);
}

/* Step in for a scan. */
void
scan_below_begin(ScanBelow *scan, SeqScanState *node, PlanState *above,
				 ExecProcNodeMtd next)
{
	PlanState *below = &node->ss.ps;
	Relation relation = node->ss.ss_currentRelation;

	scan->node = node;
	scan->above = above;
	scan->usual = below->ExecProcNodeReal;
	scan->tuple.t_tableOid = RelationGetRelid(relation);
	RegisterExprContextCallback(below->ps_ExprContext, scan_below_gone,
								PointerGetDatum(scan));
	ExecSetExecProcNode(below, next);
	ereport(DEBUG1, (errmsg_internal("fold reads the scan of table \"%s\"",
									 RelationGetRelationName(relation))));
}

/* The scan, begun as the server begins it if no row has been asked for */
TableScanDesc
scan_below_desc(SeqScanState *node)
{
	if (node->ss.ss_currentScanDesc == NULL)
		node->ss.ss_currentScanDesc =
			table_beginscan(node->ss.ss_currentRelation,
							node->ss.ps.state->es_snapshot, 0, NULL);
	return node->ss.ss_currentScanDesc;
}

/* The list of visible rows that a scan has of its page, or NULL */
HeapScanDesc
scan_below_heap(TableScanDesc desc)
{
	return desc->rs_rd->rd_tableam == GetHeapamTableAmRoutine() &&
				   desc->rs_flags & SO_ALLOW_PAGEMODE
			   ? (HeapScanDesc) desc
			   : NULL;
}

/* EXPLAIN ANALYZE counts what was taken as what was handed up. */
static void
rows_count(PlanState *node, uint64 nrows)
{
	if (node != NULL && node->instrument != NULL)
		node->instrument->tuplecount += nrows;
}

/* Hand up the row in the slot, or that there are no more. */
TupleTableSlot *
scan_below_hand(ScanBelow *scan, bool is_handed)
{
	PlanState *node = &scan->node->ss.ps;
	ProjectionInfo *projection = node->ps_ProjInfo;
	TupleTableSlot *slot = scan->node->ss.ss_ScanTupleSlot;

	rows_count(node, scan->nrows);
	rows_count(scan->above, scan->nrows);
	if (!is_handed)
		return ExecClearTuple(
			projection != NULL ? projection->pi_state.resultslot : slot);
	if (projection == NULL)
		return slot;
	node->ps_ExprContext->ecxt_scantuple = slot;
	return ExecProject(projection);
}

/* Are all rows of the aggregate's input this step's? */
static bool
aggregate_is_alone(const AggState *agg)
{
	const Agg *plan = (const Agg *) agg->ss.ps.plan;
	const Aggref *aggref = agg->pertrans[0].aggref;

	return plan->aggstrategy == AGG_PLAIN && plan->groupingSets == NIL &&
		   agg->numtrans == 1 && !DO_AGGSPLIT_COMBINE(agg->aggsplit) &&
		   aggref->aggfilter == NULL && aggref->aggorder == NIL &&
		   aggref->aggdistinct == NIL &&
		   agg->ss.ps.state->es_epq_active == NULL;
}

/* Does the session want it? */
static bool
scans_are_on(void)
{
	const char *setting = GetConfigOption("cvm.fold_scan", true, false);
	bool is_on;

	return setting == NULL || !parse_bool(setting, &is_on) || is_on;
}

/* Look at the scans below an aggregate that are all its own. */
void
scans_below(FunctionCallInfo fcinfo, ScanTry attempt, void *arg)
{
	AggState *agg = (AggState *) fcinfo->context;
	PlanState *below;
	PlanState *above = NULL;
	PlanState **scans = &below;
	int nscans = 1;

	if (agg == NULL || !IsA(agg, AggState) || !aggregate_is_alone(agg) ||
		agg->pertrans[0].transfn_fcinfo != fcinfo || !scans_are_on())
		return;
	below = outerPlanState(agg);
	if (IsA(below, AppendState))
	{
		above = below;
		scans = ((AppendState *) above)->appendplans;
		nscans = ((AppendState *) above)->as_nplans;
	}
	for (int i = 0; i < nscans; i++)
		if (IsA(scans[i], SeqScanState))
			attempt((SeqScanState *) scans[i], above, agg->pertrans[0].aggref,
					arg);
}
