/*
 * step_scan.h
 *		The step of an aggregate, called for the rows of the scan below it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_STEP_SCAN_H
#define CVM_PG_STEP_SCAN_H

#include "postgres.h"

#include "fmgr.h"
#include "pg/step_choice.h"

/*
 * Let a step that has just made its state, and returns no other one, be called
 * for the scans below its aggregate, where that comes to the same.  The first
 * row is still the caller's.
 */
extern void step_scan_begin(FunctionCallInfo fcinfo, void *state);

/*
 * The same where rows may wait: the step marks the customers of those that it is
 * given, and the final function calls step_choice_finish().
 */
extern void step_scan_choose(FunctionCallInfo fcinfo, void *state,
							 StepChoice *choice);

#endif /* CVM_PG_STEP_SCAN_H */
