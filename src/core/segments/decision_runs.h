/*
 * decision_runs.h
 *		The spells of a customer's lines as runs of steps.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_DECISION_RUNS_H
#define CVM_CORE_SEGMENTS_DECISION_RUNS_H

#include "core/segments/decisions.h"

#define RUN_NONE (-1)

/* So long the same is held */
typedef struct DecisionStep
{
	Day day;
	Day until;
	Wide mrr;
	int64_t terms;
	bool is_paused;
	bool is_end_failed;
} DecisionStep;

/* Steps of a line that follow one another */
typedef struct Run
{
	int first; /* step */
	int nsteps;
	Label name;
	Day since;
	Day until;
	int64_t months;
	int64_t days;
	int32_t product; /* with which it began */
	int moved_to;	 /* another run, or RUN_NONE */
} Run;

/* Of one customer; memory is used again for the next */
typedef struct DecisionRuns
{
	const DecisionTerms *terms;
	const Dictionary *names; /* of lines whose names are long */
	DecisionStep *steps;
	int nsteps;
	Run *runs;
	int nruns;

	/* on the way there */
	uint32_t room;
	struct DecisionSpell *spells;
	struct Edge *edges;
	struct Turn *begins;
	struct Turn *ends;
} DecisionRuns;

/* Make runs of spells, with prices at a scale that is not below theirs. */
extern void decision_runs_make(DecisionRuns *runs, const DecisionLine *lines,
							   uint32_t nspells, int scale);

static inline const DecisionStep *
last_step(const DecisionRuns *runs, const Run *run)
{
	return &runs->steps[run->first + run->nsteps - 1];
}

#endif /* CVM_CORE_SEGMENTS_DECISION_RUNS_H */
