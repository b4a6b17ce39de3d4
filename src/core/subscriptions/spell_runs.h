/*
 * spell_runs.h
 *		Times of paying: spells that follow one another with gaps of up to gap days.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_SPELL_RUNS_H
#define CVM_CORE_SUBSCRIPTIONS_SPELL_RUNS_H

#include "core/subscriptions/holdings.h"

/* A spell, and what is found out of it */
typedef struct RunSpell
{
	Day start;
	Day end; /* first day not held, or SPELL_OPEN */
	Day start_of_run;
	Day end_of_run; /* first day after the run, or SPELL_OPEN */
	bool is_alone;	/* on none of its days another spell is held */
} RunSpell;

extern void spell_runs(RunSpell *spells, int64_t nspells, int gap);

#endif /* CVM_CORE_SUBSCRIPTIONS_SPELL_RUNS_H */
