/*
 * decision_skips.h
 *		Instalments in which all that was due to be delivered was skipped.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_DECISION_SKIPS_H
#define CVM_CORE_SEGMENTS_DECISION_SKIPS_H

#include "core/segments/decision_runs.h"

/* A delivery */
typedef struct DecisionDue
{
	Day day;		 /* the key of core/util/sorted.h */
	int32_t product; /* -1: of everything */
	bool is_skipped;
} DecisionDue;

/* Numbers of instalments */
typedef struct SkipRange
{
	int32_t first;
	int32_t next;
} SkipRange;

/* Of one customer, and of one run; memory is used again for the next */
typedef struct DecisionSkips
{
	uint32_t room;
	uint32_t ndues;
	bool has_skipped;
	DecisionDue *dues; /* by day */
	uint32_t nranges;
	SkipRange *ranges; /* in order */
} DecisionSkips;

/*
 * Take the deliveries out of what happened to a customer, which is in the order
 * of days, and bring the spells to the front; return how many these are.
 */
extern uint32_t skips_take(DecisionSkips *skips, DecisionLine *facts,
						   uint32_t nfacts);

/* Find the instalments of a run that were skipped. */
extern void skips_of_run(DecisionSkips *skips, const Run *run);

#endif /* CVM_CORE_SEGMENTS_DECISION_SKIPS_H */
