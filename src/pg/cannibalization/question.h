/*
 * question.h
 *		Questions that are asked of raw spells in one pass.
 *
 * Their aggregates take a customer and a spell, and then what is asked, which
 * is the same in every row of a state.  It is kept with the spell buffer, so
 * that it reaches the process that ends the aggregate.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CANNIBALIZATION_QUESTION_H
#define CVM_PG_CANNIBALIZATION_QUESTION_H

#include "postgres.h"

#include "core/cannibalization/cannibalization_spells.h"
#include "fmgr.h"

/* What one aggregate does with its question */
typedef struct Asking
{
	const char *name; /* of the aggregate */
	int first;		  /* argument of the step with which the question begins */
	void *(*blank)(void); /* what takes the question over */

	/*
	 * Take a question over, about products of these names; as_of is returned.
	 * The arguments of the call are those of the question.
	 */
	Day (*ask)(FunctionCallInfo question, const Names *names, void *arg);
} Asking;

extern Datum question_add(const Asking *asking, FunctionCallInfo fcinfo);
extern SpellBuffer *question_final(const Asking *asking,
								   FunctionCallInfo fcinfo, void *arg);

#endif /* CVM_PG_CANNIBALIZATION_QUESTION_H */
