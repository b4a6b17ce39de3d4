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

#include "pg/scan_explain.h"

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

/* Why not all rows of the aggregate's input are this step's; NULL: they are */
static const char *
aggregate_shares(const AggState *agg)
{
	const Agg *plan = (const Agg *) agg->ss.ps.plan;
	const Aggref *aggref = agg->pertrans[0].aggref;

	if (plan->aggstrategy != AGG_PLAIN || plan->groupingSets != NIL)
		return "the query has groups";
	if (agg->numtrans != 1)
		return "another aggregate takes the rows too";
	if (aggref->aggfilter != NULL || aggref->aggorder != NIL ||
		aggref->aggdistinct != NIL)
		return "it has FILTER, ORDER BY or DISTINCT";
	if (agg->ss.ps.state->es_epq_active != NULL)
		return "a row is looked at again after an update";
	return NULL;
}

/* Does the session want it? */
static bool
scans_are_on(void)
{
	const char *setting = GetConfigOption("cvm.fold_scan", true, false);
	bool is_on;

	return setting == NULL || !parse_bool(setting, &is_on) || is_on;
}

/* The aggregate whose step is called */
static const Aggref *
aggregate_called(const AggState *agg, FunctionCallInfo fcinfo)
{
	for (int i = 0; i < agg->numtrans; i++)
		if (agg->pertrans[i].transfn_fcinfo == fcinfo)
			return agg->pertrans[i].aggref;
	return NULL;
}

/* Read what is below an aggregate if it is a scan and attempt wants it. */
static void
scan_below_try(PlanState *node, PlanState *above, const Aggref *aggref,
			   ScanTry attempt, void *arg)
{
	const char *table = NULL;
	const char *reason = "rows do not come from a sequential scan";

	if (IsA(node, SeqScanState))
	{
		SeqScanState *scan = (SeqScanState *) node;

		table = RelationGetRelationName(scan->ss.ss_currentRelation);
		reason = attempt(scan, above, aggref, arg);
	}
	scan_explain_note(aggref->aggfnoid, table, reason);
}

/* Look at the scans below an aggregate that are all its own. */
void
scans_below(FunctionCallInfo fcinfo, ScanTry attempt, void *arg)
{
	AggState *agg = (AggState *) fcinfo->context;
	const Aggref *aggref;
	const char *reason;
	PlanState *below;

	if (agg == NULL || !IsA(agg, AggState) ||
		DO_AGGSPLIT_COMBINE(agg->aggsplit))
		return;
	aggref = aggregate_called(agg, fcinfo);
	if (aggref == NULL)
		return;
	reason = scans_are_on() ? aggregate_shares(agg) : "cvm.fold_scan is off";
	below = outerPlanState(agg);
	if (reason != NULL)
		scan_explain_note(aggref->aggfnoid, NULL, reason);
	else if (IsA(below, AppendState))
	{
		const AppendState *append = (AppendState *) below;

		for (int i = 0; i < append->as_nplans; i++)
			scan_below_try(append->appendplans[i], below, aggref, attempt, arg);
	}
	else
		scan_below_try(below, NULL, aggref, attempt, arg);
}
