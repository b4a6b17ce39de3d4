/*
 * count_table.c
 *		Counts by a key of several numbers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/count_table.h"

#include <string.h>

#include "core/util/key.h"

#define FIRST_ROOM 64

void
count_table_open(CountTable *table, Context context, size_t key_size,
				 size_t item_size)
{
	memset(table, 0, sizeof(*table));
	table->context = context;
	table->key_size = key_size;
	table->item_size = item_size;
	table->room = FIRST_ROOM;
	table->items = runtime_alloc(context, FIRST_ROOM * item_size);
	table->slot_count = FIRST_ROOM * 2;
	table->slots =
		runtime_alloc_zero(context, table->slot_count * sizeof(uint32_t));
}

void
count_table_close(CountTable *table)
{
	runtime_free(table->items);
	runtime_free(table->slots);
}

static uint64_t
count_table_hash(const CountTable *table, const void *key)
{
	uint64_t hash = UINT64_C(0x9e3779b97f4a7c15);

	for (size_t at = 0; at < table->key_size; at += sizeof(uint64_t))
	{
		uint64_t word;

		memcpy(&word, (const char *) key + at, sizeof(word));
		hash = key_product(hash ^ word, UINT64_C(0xd6e8feb86659fd93));
	}
	return key_mix(hash);
}

/* Double the room of the items, and find all of them again. */
static void
count_table_grow(CountTable *table)
{
	uint32_t mask;

	if (table->room > UINT32_MAX / 4)
		runtime_error(RUNTIME_TOO_LARGE, NULL,
					  "more than %u different things to count", table->room);
	table->room *= 2;
	table->items =
		runtime_realloc(table->items, table->room * table->item_size);
	runtime_free(table->slots);
	table->slot_count *= 2;
	table->slots = runtime_alloc_zero(
		table->context, (size_t) table->slot_count * sizeof(uint32_t));
	mask = table->slot_count - 1;
	for (uint32_t i = 0; i < table->count; i++)
	{
		uint32_t at =
			(uint32_t) count_table_hash(table, count_table_item(table, i)) &
			mask;

		while (table->slots[at] != 0)
			at = (at + 1) & mask;
		table->slots[at] = i + 1;
	}
}

/* The item of a key, all zero but for that where there was none. */
void *
count_table_reach(CountTable *table, const void *key)
{
	uint32_t mask;
	uint32_t at;
	char *item;

	if (table->count == table->room)
		count_table_grow(table);
	mask = table->slot_count - 1;
	at = (uint32_t) count_table_hash(table, key) & mask;
	for (; table->slots[at] != 0; at = (at + 1) & mask)
	{
		item = count_table_item(table, table->slots[at] - 1);
		if (memcmp(item, key, table->key_size) == 0)
			return item;
	}
	item = count_table_item(table, table->count++);
	table->slots[at] = table->count;
	memcpy(item, key, table->key_size);
	memset(item + table->key_size, 0, table->item_size - table->key_size);
	return item;
}
