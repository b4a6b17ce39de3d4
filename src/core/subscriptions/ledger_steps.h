/*
 * ledger_steps.h
 *		The lines of a customer as what changes on which day.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_LEDGER_STEPS_H
#define CVM_CORE_SUBSCRIPTIONS_LEDGER_STEPS_H

#include "core/subscriptions/ledger.h"
#include "core/subscriptions/steps.h"

/* What is used again for every customer; zeros to begin with */
typedef struct StepDesk
{
	uint32_t room;
	Step *steps;
	Pause *pauses;
} StepDesk;

extern void desk_reserve(StepDesk *desk, uint32_t nlines);
extern int lines_steps(StepDesk *desk, const Ledger *ledger, const Line *lines,
					   uint32_t nlines);
extern int lines_pauses(StepDesk *desk, const Ledger *ledger, const Line *lines,
						uint32_t nlines, int nsteps);
extern void desk_close(StepDesk *desk);

#endif /* CVM_CORE_SUBSCRIPTIONS_LEDGER_STEPS_H */
