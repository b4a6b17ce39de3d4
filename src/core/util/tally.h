/*
 * tally.h
 *		Counts by a key of several numbers: a hash table of items that begin
 *		with their key.
 *
 * Items stay in the order in which they came.  A pointer to one is good until
 * the next is reached.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_TALLY_H
#define CVM_CORE_UTIL_TALLY_H

#include "core/runtime.h"

typedef struct Tally
{
	Context context;
	size_t key_size; /* a multiple of 8; keys have no padding that differs */
	size_t item_size;
	uint32_t count;
	uint32_t room;
	char *items;
	uint32_t table_size; /* a power of 2 */
	uint32_t *table;	 /* numbers of items, from 1 on */
} Tally;

extern void tally_open(Tally *tally, Context context, size_t key_size,
					   size_t item_size);
extern void *tally_reach(Tally *tally, const void *key);
extern void tally_close(Tally *tally);

static inline void *
tally_item(const Tally *tally, uint32_t number)
{
	return tally->items + (size_t) number * tally->item_size;
}

#endif /* CVM_CORE_UTIL_TALLY_H */
