/*
 * cell_table.c
 *		Cells by segment, month and up to three numbers more, in a hash table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/cell_table.h"

#include <string.h>

#define FIRST_ROOM 256

void
cell_table_open(CellTable *table, Context context, size_t size)
{
	memset(table, 0, sizeof(CellTable));
	table->context = context;
	table->size = size;
}

/* The place of a cell, or where it would be */
static CellKey *
place_of(const CellTable *table, const CellKey *key)
{
	uint64_t hash = key_mix((uint64_t) (uint32_t) key->segment << 32 |
							(uint32_t) key->month);

	for (int i = 0; i < CELL_NUMBERS; i++)
		if (key->numbers[i] != 0)
			hash = key_mix(hash + (uint64_t) i + (uint64_t) key->numbers[i]);
	for (uint32_t at = (uint32_t) hash;; at++)
	{
		CellKey *cell = cell_table_at(table, at & (table->room - 1));

		if (!cell->is_used ||
			(cell->segment == key->segment && cell->month == key->month &&
			 memcmp(cell->numbers, key->numbers, sizeof(key->numbers)) == 0))
			return cell;
	}
}

static void
table_grow(CellTable *table)
{
	CellTable old = *table;

	table->room = old.room == 0 ? FIRST_ROOM : old.room * 2;
	table->cells =
		runtime_alloc_zero(table->context, (size_t) table->room * table->size);
	for (uint32_t i = 0; i < old.room; i++)
	{
		const CellKey *cell = cell_table_at(&old, i);

		if (cell->is_used)
			memcpy(place_of(table, cell), cell, table->size);
	}
	if (old.cells != NULL)
		runtime_free(old.cells);
}

void *
cell_table_find(CellTable *table, const CellKey *key)
{
	CellKey *cell;

	if (table->count >= table->room / 2)
		table_grow(table);
	cell = place_of(table, key);
	if (!cell->is_used)
	{
		*cell = *key;
		cell->is_used = true;
		table->count++;
	}
	return cell;
}

/* Go to the month of a day. */
void
month_walk_move(MonthWalk *walk, Day day)
{
	int64_t year;
	int month;
	int mday;

	civil_of_day(day, &year, &month, &mday);
	walk->month = (int32_t) (year * 12 + month - 1);
	walk->first = (Day) (day - (mday - 1));
	walk->past = (Day) (month == 12 ? day_of_civil(year + 1, 1, 1)
									: day_of_civil(year, month + 1, 1));
}

/* The first day of a month; those before the year 0 are negative. */
Day
month_start(int32_t month)
{
	int32_t year = (month - (month < 0 ? 11 : 0)) / 12;

	return (Day) day_of_civil(year, month - year * 12 + 1, 1);
}
