/*
 * row_array.c
 *		Aggregates whose value is an array of rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/row_array.h"

#define FIRST_ROOM 64

void
row_array_open(RowArray *array, FunctionCallInfo fcinfo)
{
	array->type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	if (!OidIsValid(array->type))
		elog(ERROR, "aggregate does not return an array");
	array->desc = lookup_rowtype_tupdesc(array->type, -1);
	array->nrows = 0;
	array->room = FIRST_ROOM;
	array->rows = palloc(array->room * sizeof(Datum));
}

void
row_array_put(RowArray *array, Datum *values, bool *nulls)
{
	CHECK_FOR_INTERRUPTS();
	if (array->nrows == array->room)
	{
		array->room *= 2;
		array->rows = repalloc(array->rows, array->room * sizeof(Datum));
	}
	array->rows[array->nrows++] =
		HeapTupleGetDatum(heap_form_tuple(array->desc, values, nulls));
}

Datum
row_array_close(RowArray *array, FunctionCallInfo fcinfo)
{
	ReleaseTupleDesc(array->desc);
	if (array->nrows == 0)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(construct_array(
		array->rows, array->nrows, array->type, -1, false, TYPALIGN_DOUBLE));
}
