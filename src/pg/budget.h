/*
 * budget.h
 *		The memory that the groups of an aggregation share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_BUDGET_H
#define CVM_PG_BUDGET_H

#include "postgres.h"

#include "core/rows/overflow.h"
#include "fmgr.h"

extern Budget *aggregate_budget(FunctionCallInfo fcinfo);

#endif /* CVM_PG_BUDGET_H */
