/*
 * rows_out.h
 *		Functions that answer with rows, all of them at once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_ROWS_OUT_H
#define CVM_PG_ROWS_OUT_H

#include "postgres.h"

#include "funcapi.h"
#include "nodes/execnodes.h"

/*
 * Make room for rows in the ReturnSetInfo.  The caller knows what rows look
 * like; to read it off the catalog again takes longer than many a customer's
 * rows do.
 */
static inline void
rows_out_begin(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, result != NULL && IsA(result, ReturnSetInfo) &&
										result->expectedDesc != NULL
									? MAT_SRF_USE_EXPECTED_DESC
									: 0);
}

#endif /* CVM_PG_ROWS_OUT_H */
