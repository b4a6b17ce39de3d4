/*
 * tally.c
 *		Counts by a key of several numbers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/tally.h"

#include <string.h>

#include "core/util/key.h"

#define FIRST_ROOM 64

void
tally_open(Tally *tally, Context context, size_t key_size, size_t item_size)
{
	memset(tally, 0, sizeof(*tally));
	tally->context = context;
	tally->key_size = key_size;
	tally->item_size = item_size;
	tally->room = FIRST_ROOM;
	tally->items = runtime_alloc(context, FIRST_ROOM * item_size);
	tally->table_size = FIRST_ROOM * 2;
	tally->table =
		runtime_alloc_zero(context, tally->table_size * sizeof(uint32_t));
}

void
tally_close(Tally *tally)
{
	runtime_free(tally->items);
	runtime_free(tally->table);
}

static uint64_t
tally_hash(const Tally *tally, const void *key)
{
	uint64_t hash = UINT64_C(0x9e3779b97f4a7c15);

	for (size_t at = 0; at < tally->key_size; at += sizeof(uint64_t))
	{
		uint64_t word;

		memcpy(&word, (const char *) key + at, sizeof(word));
		hash = key_product(hash ^ word, UINT64_C(0xd6e8feb86659fd93));
	}
	return key_mix(hash);
}

/* Double the room of the items, and find all of them again. */
static void
tally_grow(Tally *tally)
{
	uint32_t mask;

	if (tally->room > UINT32_MAX / 4)
		runtime_error(RUNTIME_TOO_LARGE, NULL,
					  "more than %u different things to count", tally->room);
	tally->room *= 2;
	tally->items =
		runtime_realloc(tally->items, tally->room * tally->item_size);
	runtime_free(tally->table);
	tally->table_size *= 2;
	tally->table = runtime_alloc_zero(
		tally->context, (size_t) tally->table_size * sizeof(uint32_t));
	mask = tally->table_size - 1;
	for (uint32_t i = 0; i < tally->count; i++)
	{
		uint32_t at = (uint32_t) tally_hash(tally, tally_item(tally, i)) & mask;

		while (tally->table[at] != 0)
			at = (at + 1) & mask;
		tally->table[at] = i + 1;
	}
}

/* The item of a key, all zero but for that where there was none. */
void *
tally_reach(Tally *tally, const void *key)
{
	uint32_t mask;
	uint32_t at;
	char *item;

	if (tally->count == tally->room)
		tally_grow(tally);
	mask = tally->table_size - 1;
	at = (uint32_t) tally_hash(tally, key) & mask;
	for (; tally->table[at] != 0; at = (at + 1) & mask)
	{
		item = tally_item(tally, tally->table[at] - 1);
		if (memcmp(item, key, tally->key_size) == 0)
			return item;
	}
	item = tally_item(tally, tally->count++);
	tally->table[at] = tally->count;
	memcpy(item, key, tally->key_size);
	memset(item + tally->key_size, 0, tally->item_size - tally->key_size);
	return item;
}
