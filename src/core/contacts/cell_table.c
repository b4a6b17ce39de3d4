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

uint32_t
cell_table_hash(const CellKey *key)
{
	uint64_t hash = key_mix((uint64_t) (uint32_t) key->segment << 32 |
							(uint32_t) key->month);

	for (int i = 0; i < CELL_NUMBERS; i++)
		if (key->numbers[i] != 0)
			hash = key_mix(hash + (uint64_t) i + (uint64_t) key->numbers[i]);
	return (uint32_t) hash;
}

/* The place of a cell, or where it would be; without a key: a free one */
static CellPlace *
place_of(const CellTable *table, uint32_t hash, const CellKey *key)
{
	for (uint32_t at = hash;; at++)
	{
		CellPlace *place = &table->places[at & (table->room - 1)];
		const CellKey *cell;

		if (place->number == 0)
			return place;
		if (key == NULL || place->hash != hash)
			continue;
		cell = cell_table_at(table, place->number - 1);
		if (cell->segment == key->segment && cell->month == key->month &&
			memcmp(cell->numbers, key->numbers, sizeof(key->numbers)) == 0)
			return place;
	}
}

static void
table_grow(CellTable *table)
{
	CellTable old = *table;

	table->room = old.room == 0 ? FIRST_ROOM : old.room * 2;
	table->places = runtime_alloc_zero(
		table->context, (size_t) table->room * sizeof(CellPlace));
	for (uint32_t i = 0; i < old.room; i++)
		if (old.places[i].number != 0)
			*place_of(table, old.places[i].hash, NULL) = old.places[i];
	if (old.places != NULL)
		runtime_free(old.places);
	table->cells =
		old.cells == NULL
			? runtime_alloc(table->context, table->room / 2 * table->size)
			: runtime_realloc(old.cells, table->room / 2 * table->size);
}

void *
cell_table_get(CellTable *table, const CellKey *key, uint32_t hash)
{
	CellPlace *place;
	CellKey *cell;

	if (table->count >= table->room / 2)
		table_grow(table);
	place = place_of(table, hash, key);
	if (place->number > 0)
		return cell_table_at(table, place->number - 1);
	cell = cell_table_at(table, table->count);
	*place = (CellPlace){hash, ++table->count};
	memset(cell, 0, table->size);
	*cell = *key;
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
