/*
 * sum_columns.h
 *		What every customer brought in every period: exact sums.
 *
 * A sum column holds one period.  It starts as a list, a slot and an amount
 * for each row: rows that come in the order of time are written one behind the
 * other.  Where rows have become as many as an array of all slots has room
 * for, the list becomes that array, and grows with customers alone.
 *
 * Amounts are mantissas of a scale that the owner keeps, of 64 bits; a column
 * in which an amount or a sum needs more has 128 of them from then on.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_SUM_COLUMNS_H
#define CVM_CORE_ROWS_SUM_COLUMNS_H

#include "core/rows/chunked_array.h"
#include "core/util/calendar.h"
#include "core/util/money.h"

#define SUM_COLUMN_BATCH 256

typedef struct SumColumn
{
	Period period;
	bool is_list;
	bool is_wide;
	uint32_t nlisted;
	ChunkedArray slots;	  /* of a list: uint32_t */
	ChunkedArray amounts; /* by place in the list or by slot: int64_t, Wide */
} SumColumn;

typedef struct SumColumns
{
	Context context;
	int ncolumns;
	int room;
	SumColumn *columns; /* ascending */
} SumColumns;

extern void sum_columns_open(SumColumns *sum_columns, Context context);
extern void sum_columns_close(SumColumns *sum_columns);
extern size_t sum_columns_size(const SumColumns *sum_columns);

/* Add a batch of amounts; there are nslots customers */
extern void sum_columns_add(SumColumns *sum_columns, const Period *periods,
							const uint32_t *slots, const Wide *amounts,
							int count, uint32_t nslots);

/* Give every amount so many more decimals */
extern void sum_columns_enlarge(SumColumns *sum_columns, int by);

/* Customers have other slots now: new_slots by old slot */
extern void sum_columns_move(SumColumns *sum_columns, const uint32_t *new_slots,
							 uint32_t nslots);

/*
 * Read the amounts of a column, a batch at a time, from *next on: how many, 0
 * at the end.  A customer may come several times.
 */
extern int sum_column_read(const SumColumn *column, uint32_t *next,
						   uint32_t *slots, Wide *amounts);

/* What a customer has in a column that is no list */
static inline Wide
sum_column_at(const SumColumn *column, uint32_t slot)
{
	const void *amount = chunked_array_peek(&column->amounts, slot);

	if (amount == NULL)
		return 0;
	return column->is_wide ? *(const Wide *) amount : *(const int64_t *) amount;
}

#endif /* CVM_CORE_ROWS_SUM_COLUMNS_H */
