/*
 * count_table.h
 *		Counts by a key of several numbers: a hash table of items that begin
 *		with their key.
 *
 * Items stay in the order in which they came.  A pointer to one is good until
 * the next is reached.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_COUNT_TABLE_H
#define CVM_CORE_UTIL_COUNT_TABLE_H

#include "core/runtime.h"

typedef struct CountTable
{
	Context context;
	size_t key_size; /* a multiple of 8; keys have no padding that differs */
	size_t item_size;
	uint32_t count;
	uint32_t room;
	char *items;
	uint32_t slot_count; /* a power of 2 */
	uint32_t *slots;	 /* numbers of items, from 1 on */
} CountTable;

extern void count_table_open(CountTable *table, Context context,
							 size_t key_size, size_t item_size);
extern void *count_table_reach(CountTable *table, const void *key);
extern void count_table_close(CountTable *table);

/* Begin the table anew; what it held is returned, to be closed by the caller. */
static inline CountTable
count_table_renew(CountTable *table)
{
	CountTable old = *table;

	count_table_open(table, old.context, old.key_size, old.item_size);
	return old;
}

static inline void *
count_table_item(const CountTable *table, uint32_t number)
{
	return table->items + (size_t) number * table->item_size;
}

#endif /* CVM_CORE_UTIL_COUNT_TABLE_H */
