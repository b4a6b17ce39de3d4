/*
 * budget.c
 *		The memory that the groups of an aggregation share.
 *
 * All states of one aggregation node that live at the same time are in one
 * memory context, which is emptied when the node begins anew: for the next
 * group where rows come sorted, for the next batch where groups are hashed and
 * the server itself has spilled some.  So the budget belongs to that context.
 * It is found by it, since a step of the aggregate has no other place that is
 * shared by all groups and goes with them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/budget.h"
#include "pg/state_type.h"

typedef struct AggregateBudget
{
	Budget budget;
	MemoryContext context;
	MemoryContextCallback gone;
	struct AggregateBudget *next;
} AggregateBudget;

/* Those of all aggregations that run in this backend: few */
static AggregateBudget *budgets = NULL;

/* The memory goes, perhaps after an error: the server has closed the file. */
static void
context_gone(void *argument)
{
	AggregateBudget **at = &budgets;

	while (*at != NULL && *at != argument)
		at = &(*at)->next;
	if (*at != NULL)
		*at = (*at)->next;
}

/* The aggregation begins anew or ends: close the file first. */
static void
aggregation_shutdown(Datum datum)
{
	budget_close(&((AggregateBudget *) DatumGetPointer(datum))->budget);
}

/*
 * The budget of the aggregate that calls.  NULL, no limit, over a window: there
 * nobody would tell us when to close the file.
 */
Budget *
aggregate_budget(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	AggregateBudget *budget;

	if (AggCheckCallContext(fcinfo, &context) != AGG_CONTEXT_AGGREGATE)
		return NULL;
	for (budget = budgets; budget != NULL; budget = budget->next)
		if (budget->context == context)
			return &budget->budget;
	budget = MemoryContextAllocZero(context, sizeof(AggregateBudget));
	budget_open(&budget->budget, context, get_hash_memory_limit());
	budget->context = context;
	budget->gone.func = context_gone;
	budget->gone.arg = budget;
	MemoryContextRegisterResetCallback(context, &budget->gone);
	AggRegisterCallback(fcinfo, aggregation_shutdown, PointerGetDatum(budget));
	budget->next = budgets;
	budgets = budget;
	return &budget->budget;
}
