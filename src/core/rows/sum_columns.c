/*
 * sum_columns.c
 *		What every customer brought in every period.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/sum_columns.h"
#include "core/util/sorted.h"

#include <string.h>

#define LEAST_LIST 16 /* rows that are a list whatever else */

/* Bytes of an amount */
static inline size_t
amount_size(const SumColumn *column)
{
	return column->is_wide ? sizeof(Wide) : sizeof(int64_t);
}

/* An amount that is there */
static inline Wide
amount_at(const SumColumn *column, uint32_t at)
{
	if (column->is_wide)
		return *(Wide *) chunked_array_item(&column->amounts, at, sizeof(Wide));
	return *(int64_t *) chunked_array_item(&column->amounts, at,
										   sizeof(int64_t));
}

/* Does an amount fit into 64 bits? */
static inline bool
amount_is_short(Wide amount)
{
	return (int64_t) amount == amount;
}

void
sum_columns_open(SumColumns *sum_columns, Context context)
{
	memset(sum_columns, 0, sizeof(SumColumns));
	sum_columns->context = context;
}

/* Give everything back. */
void
sum_columns_close(SumColumns *sum_columns)
{
	for (int i = 0; i < sum_columns->ncolumns; i++)
	{
		chunked_array_close(&sum_columns->columns[i].slots);
		chunked_array_close(&sum_columns->columns[i].amounts);
	}
	if (sum_columns->columns != NULL)
		runtime_free(sum_columns->columns);
	sum_columns_open(sum_columns, sum_columns->context);
}

/* Bytes in use */
size_t
sum_columns_size(const SumColumns *sum_columns)
{
	size_t size = sum_columns->room * sizeof(SumColumn);

	for (int i = 0; i < sum_columns->ncolumns; i++)
		size += chunked_array_size(&sum_columns->columns[i].slots) +
				chunked_array_size(&sum_columns->columns[i].amounts);
	return size;
}

/* Find the column of a period, or make it; valid until the next is made. */
static inline SumColumn *
column_at(SumColumns *sum_columns, Period period)
{
	int at = sorted_place(sum_columns->columns, sum_columns->ncolumns,
						  sizeof(SumColumn), period);
	SumColumn *column;

	if (sorted_has(sum_columns->columns, sum_columns->ncolumns,
				   sizeof(SumColumn), at, period))
		return &sum_columns->columns[at];
	sum_columns->columns = sorted_open(
		sum_columns->context, sum_columns->columns, &sum_columns->ncolumns,
		&sum_columns->room, sizeof(SumColumn), at);
	column = &sum_columns->columns[at];
	column->period = period;
	column->is_list = true;
	chunked_array_open(&column->slots, sum_columns->context, sizeof(uint32_t));
	chunked_array_open(&column->amounts, sum_columns->context, sizeof(int64_t));
	return column;
}

/* Make amounts of 64 bits amounts of 128. */
static void
column_widen(SumColumn *column)
{
	ChunkedArray old = column->amounts;

	chunked_array_open(&column->amounts, old.context, sizeof(Wide));
	for (uint32_t page = 0; page < old.room; page++)
	{
		uint32_t items = page == 0 ? old.first : PAGE_ITEMS;

		check_interrupts();
		if (old.page[page] == NULL)
			continue;
		for (uint32_t i = 0; i < items; i++)
			*(Wide *) chunked_array_reach(&column->amounts,
										  (page << PAGE_SHIFT) + i) =
				((const int64_t *) old.page[page])[i];
	}
	column->is_wide = true;
	chunked_array_close(&old);
}

/* Add to an amount that is there. */
static inline void
amount_add(SumColumn *column, uint32_t at, Wide more)
{
	Wide *wide;

	if (!column->is_wide)
	{
		int64_t *amount =
			chunked_array_item(&column->amounts, at, sizeof(int64_t));
		int64_t sum;

		if (amount_is_short(more) &&
			!__builtin_add_overflow(*amount, (int64_t) more, &sum))
		{
			*amount = sum;
			return;
		}
		column_widen(column);
	}
	wide = chunked_array_item(&column->amounts, at, sizeof(Wide));
	*wide = money_add(*wide, more);
}

/* Add to what a slot of an array has. */
static inline void
array_add(SumColumn *column, uint32_t slot, Wide amount)
{
	if (chunked_array_lack(&column->amounts, slot))
		chunked_array_make(&column->amounts, slot);
	amount_add(column, slot, amount);
}

/* Write a row down; the next of the same customer is added to it. */
static inline void
list_add(SumColumn *column, uint32_t slot, Wide amount)
{
	uint32_t at = column->nlisted;

	if (at > 0 && *(uint32_t *) chunked_array_item(&column->slots, at - 1,
												   sizeof(uint32_t)) == slot)
	{
		amount_add(column, at - 1, amount);
		return;
	}
	*(uint32_t *) chunked_array_reach(&column->slots, at) = slot;
	chunked_array_reach(&column->amounts, at);
	column->nlisted++;
	amount_add(column, at, amount);
}

/* Make the list an array. */
static void
list_spread(SumColumn *column)
{
	SumColumn list = *column;
	uint32_t next = 0;
	uint32_t slots[SUM_COLUMN_BATCH];
	Wide amounts[SUM_COLUMN_BATCH];
	int count;

	column->is_list = false;
	column->nlisted = 0;
	chunked_array_open(&column->slots, list.slots.context, sizeof(uint32_t));
	chunked_array_open(&column->amounts, list.amounts.context,
					   amount_size(&list));
	while ((count = sum_column_read(&list, &next, slots, amounts)) > 0)
		for (int i = 0; i < count; i++)
			array_add(column, slots[i], amounts[i]);
	chunked_array_close(&list.slots);
	chunked_array_close(&list.amounts);
}

/* Would an array of all slots take no more than the list does? */
static inline bool
list_is_long(const SumColumn *column, uint32_t nslots)
{
	return column->nlisted >= LEAST_LIST &&
		   column->nlisted * (sizeof(uint32_t) + amount_size(column)) >=
			   nslots * amount_size(column);
}

void
sum_columns_add(SumColumns *sum_columns, const Period *periods,
				const uint32_t *slots, const Wide *amounts, int count,
				uint32_t nslots)
{
	/* ask for the amounts before the first of them is needed */
	for (int i = 0; nslots > PAGE_ITEMS && i < count; i++)
	{
		SumColumn *column = column_at(sum_columns, periods[i]);

		if (!column->is_list && !chunked_array_lack(&column->amounts, slots[i]))
			__builtin_prefetch(chunked_array_item(&column->amounts, slots[i],
												  amount_size(column)),
							   1);
	}
	for (int i = 0; i < count; i++)
	{
		SumColumn *column = column_at(sum_columns, periods[i]);

		if (!column->is_list)
			array_add(column, slots[i], amounts[i]);
		else
		{
			list_add(column, slots[i], amounts[i]);
			if (list_is_long(column, nslots))
				list_spread(column);
		}
	}
}

void
sum_columns_enlarge(SumColumns *sum_columns, int by)
{
	for (int i = 0; i < sum_columns->ncolumns; i++)
	{
		SumColumn *column = &sum_columns->columns[i];

		for (uint32_t page = 0; page < column->amounts.room; page++)
		{
			uint32_t from = page << PAGE_SHIFT;
			uint32_t items = page == 0 ? column->amounts.first : PAGE_ITEMS;

			check_interrupts();
			for (uint32_t j = 0; column->amounts.page[page] && j < items; j++)
			{
				Wide old = amount_at(column, from + j);

				if (old != 0)
					amount_add(column, from + j, money_enlarge(old, by) - old);
			}
		}
	}
}

void
sum_columns_move(SumColumns *sum_columns, const uint32_t *new_slots,
				 uint32_t nslots)
{
	SumColumns old = *sum_columns;
	uint32_t slots[SUM_COLUMN_BATCH];
	Wide amounts[SUM_COLUMN_BATCH];
	Period periods[SUM_COLUMN_BATCH];

	sum_columns_open(sum_columns, old.context);
	for (int i = 0; i < old.ncolumns; i++)
	{
		uint32_t next = 0;
		int count;

		for (int j = 0; j < SUM_COLUMN_BATCH; j++)
			periods[j] = old.columns[i].period;
		while ((count = sum_column_read(&old.columns[i], &next, slots,
										amounts)) > 0)
		{
			check_interrupts();
			for (int j = 0; j < count; j++)
				slots[j] = new_slots[slots[j]];
			sum_columns_add(sum_columns, periods, slots, amounts, count,
							nslots);
		}
	}
	sum_columns_close(&old);
}

/* Read a list on. */
static int
list_read(const SumColumn *column, uint32_t *next, uint32_t *slots,
		  Wide *amounts)
{
	int count = 0;

	for (; *next < column->nlisted && count < SUM_COLUMN_BATCH; (*next)++)
	{
		slots[count] = *(uint32_t *) chunked_array_item(&column->slots, *next,
														sizeof(uint32_t));
		amounts[count++] = amount_at(column, *next);
	}
	return count;
}

/* Read an array on: what is not zero. */
static int
array_read(const SumColumn *column, uint32_t *next, uint32_t *slots,
		   Wide *amounts)
{
	const ChunkedArray *array = &column->amounts;
	int count = 0;

	while (count < SUM_COLUMN_BATCH && *next >> PAGE_SHIFT < array->room)
	{
		if (chunked_array_lack(array, *next))
		{
			*next = ((*next >> PAGE_SHIFT) + 1) << PAGE_SHIFT;
			continue;
		}
		amounts[count] = amount_at(column, *next);
		slots[count] = (*next)++;
		count += amounts[count] != 0;
	}
	return count;
}

int
sum_column_read(const SumColumn *column, uint32_t *next, uint32_t *slots,
				Wide *amounts)
{
	return column->is_list ? list_read(column, next, slots, amounts)
						   : array_read(column, next, slots, amounts);
}
