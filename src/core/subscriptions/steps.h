/*
 * steps.h
 *		A customer's spells as what changes on which day.
 *
 * Every question about money over time is answered by a walk over the days on
 * which something changes, never by looking at each day or month: a spell is
 * two steps, up on its first day, down on the day after its last.
 *
 * What a customer brings on a day is the sum of the prices of the lines held,
 * and 0 where discounts make that negative.  A customer pays on a day when it
 * is more than 0.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_STEPS_H
#define CVM_CORE_SUBSCRIPTIONS_STEPS_H

#include "core/subscriptions/holdings.h"

typedef struct Step
{
	Day day;
	int32_t product;
	int32_t lines; /* +1: a line begins; -1: it ends; 0: a pause does */
	Wide mrr;	   /* added to what is held */
} Step;

/* A paused line, and what it would bring */
typedef struct Pause
{
	int32_t product;
	Day start;
	Day end;
	Wide mrr;
} Pause;

/* What a customer brings from a day on, until the next level */
typedef struct Level
{
	Day day;
	Wide mrr;
} Level;

/* A time of paying without a lapse of more than so many days */
typedef struct Run
{
	Day start;
	Day end;	  /* first day not paid */
	bool churned; /* the lapse after it was seen; else it may go on */
} Run;

static inline Wide
paid(Wide mrr)
{
	return mrr > 0 ? mrr : 0;
}

/* What of what a customer would bring lies in pauses */
typedef struct InPause
{
	Wide mrr;
	bool all; /* and nothing is paid */
} InPause;

/* Of a sum of steps, and of those of them that pauses keep */
static inline InPause
in_pause(Wide mrr, Wide paused)
{
	Wide brings = paid(mrr - paused);

	return (InPause){paid(mrr) - brings, mrr > 0 && brings == 0};
}

extern void steps_sort(Step *steps, int nsteps);
extern int steps_of(const Holdings *holdings, Day as_of, Step *steps);
extern int steps_with_pauses(const Holdings *holdings, int32_t days, Day as_of,
							 Step *steps);
extern int pause_steps(Pause *pauses, int npauses, int32_t days, Day as_of,
					   Step *steps);
extern int levels_of(const Step *steps, int nsteps, Level *levels);
extern int runs_of(const Level *levels, int nlevels, Day as_of, int32_t gap,
				   Run *runs);

/* Room that the steps, levels and runs of some spells need; pauses: twice */
static inline size_t
steps_room(const Holdings *holdings)
{
	return (size_t) holdings->nspells * 2 + 1;
}

extern Wide holdings_mrr(const Holdings *holdings, Day day);

static inline bool
spell_holds(const Spell *spell, Day day)
{
	return spell->start <= day &&
		   (spell->end == SPELL_OPEN || day < spell->end);
}

#endif /* CVM_CORE_SUBSCRIPTIONS_STEPS_H */
