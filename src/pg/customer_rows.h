/*
 * customer_rows.h
 *		Functions that answer with rows, each of a customer, who is the first
 *		column.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CUSTOMER_ROWS_H
#define CVM_PG_CUSTOMER_ROWS_H

#include "postgres.h"

#include "pg/customer_out.h"
#include "pg/rows_out.h"
#include "utils/memutils.h"

typedef struct CustomerRows
{
	ReturnSetInfo *result;
	CustomerOut out;
	MemoryContext row_context; /* what a row needs until it is stored */
} CustomerRows;

static inline void
customer_rows_open(CustomerRows *rows, ReturnSetInfo *result, KeyKind kind)
{
	rows->result = result;
	rows->row_context = AllocSetContextCreate(
		CurrentMemoryContext, "row of a customer", ALLOCSET_SMALL_SIZES);
	customer_out_open(&rows->out, kind,
					  TupleDescAttr(result->setDesc, 0)->atttypid);
}

/* Put a row behind those before it, and forget what it needed. */
static inline void
customer_rows_put(CustomerRows *rows, const Datum *values, const bool *nulls)
{
	rows_out_put(rows->result, values, nulls);
	MemoryContextReset(rows->row_context);
}

#endif /* CVM_PG_CUSTOMER_ROWS_H */
