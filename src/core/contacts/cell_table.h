/*
 * cell_table.h
 *		Cells by segment, month and up to three numbers more, in a hash table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CELL_TABLE_H
#define CVM_CORE_CONTACTS_CELL_TABLE_H

#include "core/util/calendar.h"
#include "core/util/key.h"

#define CELL_NUMBERS 3

/* With this every cell begins */
typedef struct CellKey
{
	int32_t segment;
	int32_t month; /* since January of the year 0 */
	int64_t numbers[CELL_NUMBERS];
} CellKey;

/* Where the hash of a key leads to; number 0: to no cell */
typedef struct CellPlace
{
	uint32_t hash;
	uint32_t number; /* of the cell, counted from 1 */
} CellPlace;

/* Cells lie side by side in the order in which they came. */
typedef struct CellTable
{
	Context context;
	size_t size; /* of a cell, a multiple of 8 */
	char *cells;
	uint32_t count;
	CellPlace *places; /* twice as many as there may be cells */
	uint32_t room;
} CellTable;

extern void cell_table_open(CellTable *table, Context context, size_t size);

extern uint32_t cell_table_hash(const CellKey *key);

/* The cell of a key that has this hash; it is all zero where it is new. */
extern void *cell_table_get(CellTable *table, const CellKey *key,
							uint32_t hash);

static inline void *
cell_table_find(CellTable *table, const CellKey *key)
{
	return cell_table_get(table, key, cell_table_hash(key));
}

static inline void *
cell_table_at(const CellTable *table, uint32_t at)
{
	return table->cells + (size_t) at * table->size;
}

/* Ask for the place of a hash, and for the cell there, before it is needed. */
static inline void
cell_table_ask(const CellTable *table, uint32_t hash)
{
	if (table->room > 0)
		__builtin_prefetch(&table->places[hash & (table->room - 1)]);
}

static inline void
cell_table_ask_cell(const CellTable *table, uint32_t hash)
{
	const CellPlace *place;

	if (table->room == 0)
		return;
	place = &table->places[hash & (table->room - 1)];
	if (place->number == 0)
		return;
	for (size_t at = 0; at < table->size; at += 64)
		__builtin_prefetch(
			(char *) cell_table_at(table, place->number - 1) + at, 1);
}

/* The months of days that come in order */
typedef struct MonthWalk
{
	int32_t month;
	Day first;
	Day past; /* of the next month the first day */
} MonthWalk;

extern void month_walk_move(MonthWalk *walk, Day day);
extern Day month_start(int32_t month);

static inline int32_t
month_walk(MonthWalk *walk, Day day)
{
	if (day < walk->first || day >= walk->past)
		month_walk_move(walk, day);
	return walk->month;
}

#endif /* CVM_CORE_CONTACTS_CELL_TABLE_H */
