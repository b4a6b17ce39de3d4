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
	bool is_used;
} CellKey;

typedef struct CellTable
{
	Context context;
	size_t size; /* of a cell, a multiple of 8 */
	char *cells;
	uint32_t room;
	uint32_t count;
} CellTable;

extern void cell_table_open(CellTable *table, Context context, size_t size);

/* The cell of a key; it is all zero where it is new. */
extern void *cell_table_find(CellTable *table, const CellKey *key);

static inline void *
cell_table_at(const CellTable *table, uint32_t at)
{
	return table->cells + (size_t) at * table->size;
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
