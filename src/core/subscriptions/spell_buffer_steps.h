/*
 * spell_buffer_steps.h
 *		The lines of a customer as what changes on which day.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_STEPS_H
#define CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_STEPS_H

#include "core/subscriptions/spell_buffer.h"
#include "core/subscriptions/steps.h"

/* What is used again for every customer; zeros to begin with */
typedef struct StepWorkspace
{
	uint32_t room;
	Step *steps;
	Pause *pauses;
} StepWorkspace;

extern void workspace_reserve(StepWorkspace *workspace, uint32_t nlines);
extern int lines_steps(StepWorkspace *workspace,
					   const SpellBuffer *spell_buffer, const Line *lines,
					   uint32_t nlines);
extern int lines_pauses(StepWorkspace *workspace,
						const SpellBuffer *spell_buffer, const Line *lines,
						uint32_t nlines, int nsteps);
extern void workspace_close(StepWorkspace *workspace);

#endif /* CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_STEPS_H */
