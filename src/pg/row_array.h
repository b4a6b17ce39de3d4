/*
 * row_array.h
 *		Aggregates whose value is an array of rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_ROW_ARRAY_H
#define CVM_PG_ROW_ARRAY_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "fmgr.h"

typedef struct RowArray
{
	Oid type; /* of the rows */
	TupleDesc desc;
	Datum *rows;
	int nrows;
	int room;
} RowArray;

extern void row_array_open(RowArray *array, FunctionCallInfo fcinfo);
extern void row_array_put(RowArray *array, Datum *values, bool *nulls);

/* The array; NULL where there are no rows. */
extern Datum row_array_close(RowArray *array, FunctionCallInfo fcinfo);

#endif /* CVM_PG_ROW_ARRAY_H */
