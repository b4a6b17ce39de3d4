/*
 * rows_out.h
 *		Functions that answer with rows, all of them at once, or with one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_ROWS_OUT_H
#define CVM_PG_ROWS_OUT_H

#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/tuplestore.h"

/*
 * Make room for rows in the ReturnSetInfo, which is returned.  The caller knows
 * what rows look like; to read it off the catalog again takes longer than many a
 * customer's rows do.
 */
static inline ReturnSetInfo *
rows_out_begin(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, result != NULL && IsA(result, ReturnSetInfo) &&
										result->expectedDesc != NULL
									? MAT_SRF_USE_EXPECTED_DESC
									: 0);
	return result;
}

/* Put a row behind those before it. */
static inline void
rows_out_put(ReturnSetInfo *result, const Datum *values, const bool *nulls)
{
	tuplestore_putvalues(result->setResult, result->setDesc, (Datum *) values,
						 (bool *) nulls);
}

/* A number as a datum: NULL where it is not defined. */
static inline Datum
number_datum(double number, bool *isnull)
{
	*isnull = isnan(number) || isinf(number);
	return Float8GetDatum(*isnull ? 0 : number);
}

/*
 * The one row of a function that answers with a row.  What it looks like is read
 * off the catalog once a call site and kept in fn_extra, which such a function
 * has no other use for: it takes longer than most answers.
 */
static inline Datum
row_out(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	FmgrInfo *function = fcinfo->flinfo;
	TupleDesc desc = function->fn_extra;

	if (unlikely(desc == NULL))
	{
		MemoryContext old = MemoryContextSwitchTo(function->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type is not a row");
		function->fn_extra = desc = BlessTupleDesc(desc);
		MemoryContextSwitchTo(old);
	}
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

#endif /* CVM_PG_ROWS_OUT_H */
