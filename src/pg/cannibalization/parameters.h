/*
 * parameters.h
 *		Parameters of aggregates over raw spells in one pass.
 *
 * These aggregates take a customer and a spell, and then parameters, which are
 * the same in every row of a state.  They are kept with the spell buffer, so
 * that they reach the process that ends the aggregate.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CANNIBALIZATION_PARAMETERS_H
#define CVM_PG_CANNIBALIZATION_PARAMETERS_H

#include "postgres.h"

#include "core/cannibalization/cannibalization_spells.h"
#include "fmgr.h"

/* How one aggregate reads its parameters */
typedef struct ParameterReading
{
	const char *name;	  /* of the aggregate */
	int first;			  /* argument of the step with which they begin */
	void *(*blank)(void); /* what they are read into */

	/*
	 * Read them, as arguments of a call; names are those of the products in
	 * the spell buffer.  Returns as_of.
	 */
	Day (*take)(FunctionCallInfo parameters, const Dictionary *names,
				void *arg);
} ParameterReading;

extern Datum parameters_add(const ParameterReading *reading,
							FunctionCallInfo fcinfo);
extern SpellBuffer *parameters_final(const ParameterReading *reading,
									 FunctionCallInfo fcinfo, void *arg);

#endif /* CVM_PG_CANNIBALIZATION_PARAMETERS_H */
