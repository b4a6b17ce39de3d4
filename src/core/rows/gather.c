/*
 * gather.c
 *		Rows in any order, gathered so that those of a customer come together.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/gather.h"

#include <string.h>

#define BLOCK_CHUNKS 16384 /* chunks of a block, at the most */
#define PAGED_FROM 8192	   /* customers before a directory is considered */
#define SLOTS_EACH 8 /* of a directory; those of nobody cost nothing here */

/* Begin with no customer and no line. */
void
gather_open(Gathering *gather, HostArena arena, KeyKind kind, size_t line,
			bool is_paged)
{
	memset(gather, 0, sizeof(Gathering));
	gather->arena = arena;
	gather->kind = kind;
	gather->line = line;
	key_table_open(&gather->key_table, arena, kind, is_paged);
}

/* Give customers and lines back. */
void
gather_close(Gathering *gather)
{
	key_table_close(&gather->key_table);
	if (gather->shelves != NULL)
		host_free(gather->shelves);
	while (gather->block != NULL)
	{
		void *block = gather->block;

		memcpy(&gather->block, block, sizeof(void *));
		host_free(block);
	}
}

/* Begin anew, knowing what kind of customers there are. */
void
gather_forget(Gathering *gather)
{
	bool no_pages = gather->no_pages;

	gather_close(gather);
	gather_open(gather, gather->arena, gather->kind, gather->line, false);
	gather->no_pages = no_pages;
}

static inline size_t
chunk_size(const Gathering *gather)
{
	return sizeof(Chunk) + CHUNK_LINES * gather->line;
}

/* Bytes in use */
size_t
gather_size(const Gathering *gather)
{
	return key_table_size(&gather->key_table) +
		   gather->nchunks * chunk_size(gather) +
		   gather->shelf_room * sizeof(Shelf);
}

/* A block of chunks: half of all so far, between two limits. */
static void
block_add(Gathering *gather)
{
	uint32_t room = gather->nchunks / 2 + 1;
	size_t size;
	void *block;

	if (room > BLOCK_CHUNKS)
		room = BLOCK_CHUNKS;
	size = sizeof(void *) + room * chunk_size(gather);
	block = host_alloc_block(gather->arena, size);
	memcpy(block, &gather->block, sizeof(void *));
	gather->block = block;
	gather->block_room = room;
	gather->block_used = 0;
}

/* Make room for a shelf. */
static void
shelves_reach(Gathering *gather, uint32_t number)
{
	if (number >= gather->shelf_room)
	{
		uint32_t room = gather->shelf_room ? gather->shelf_room * 2 : 1;

		if (room <= number)
			room = number + 1;
		gather->shelves =
			gather->shelves
				? host_realloc(gather->shelves, room * sizeof(Shelf))
				: host_alloc(gather->arena, room * sizeof(Shelf));
		memset(gather->shelves + gather->shelf_room, 0,
			   (room - gather->shelf_room) * sizeof(Shelf));
		gather->shelf_room = room;
	}
	if (number >= gather->nshelves)
		gather->nshelves = number + 1;
}

/* Give the shelf of a customer its next chunk, and the customer its place. */
void *
gather_chunk(Gathering *gather, uint32_t slot)
{
	uint32_t number = slot >> PAGE_SHIFT;
	Shelf *shelf;
	Chunk *chunk;

	if (number >= gather->nshelves)
		shelves_reach(gather, number);
	shelf = &gather->shelves[number];
	if (shelf->nlines == UINT32_MAX - (CHUNK_LINES - 1))
		host_fail(HOST_TOO_LARGE, "Fold the customers in several groups.",
				  "too many rows of neighbouring customers in one state");
	if (gather->block_used == gather->block_room)
		block_add(gather);
	chunk = (Chunk *) ((char *) gather->block + sizeof(void *) +
					   gather->block_used++ * chunk_size(gather));
	gather->nchunks++;
	chunk->next = NULL;
	if (shelf->nlines == 0)
		shelf->first = chunk;
	else
		shelf->last->next = chunk;
	shelf->last = chunk;
	shelf->nlines++;
	return chunk->lines;
}

/* Number the customers who have lines on a shelf of another gather. */
static bool
shelf_number(Gathering *gather, const Gathering *old, uint32_t number,
			 uint32_t *slots)
{
	bool has_lines[PAGE_ITEMS] = {false};
	ShelfWalk walk = shelf_walk(old, number);
	const void *line;
	Key keys[KEY_TABLE_BATCH];
	uint32_t places[KEY_TABLE_BATCH];
	uint32_t numbers[KEY_TABLE_BATCH];
	int nkeys = 0;

	host_poll();
	while ((line = shelf_next(&walk)) != NULL)
		has_lines[line_head(line) & PAGE_MASK] = true;
	for (uint32_t i = 0; i <= PAGE_ITEMS; i++)
	{
		if (nkeys == KEY_TABLE_BATCH || (i == PAGE_ITEMS && nkeys > 0))
		{
			if (!key_table_number(&gather->key_table, keys, nkeys, numbers))
				return false;
			while (nkeys > 0)
			{
				nkeys--;
				slots[places[nkeys]] = numbers[nkeys];
			}
		}
		if (i < PAGE_ITEMS && has_lines[i])
		{
			keys[nkeys] =
				key_table_key(&old->key_table, number << PAGE_SHIFT | i);
			places[nkeys++] = i;
		}
	}
	return true;
}

/* Renumber the customers by a directory, or by a table again. */
static void
renumber(Gathering *gather, bool is_paged)
{
	Gathering old = *gather;
	uint32_t slots[PAGE_ITEMS];

	gather_open(gather, old.arena, old.kind, old.line, is_paged);
	gather->no_pages = old.no_pages;
	if (is_paged)
		key_table_reach(&gather->key_table, &old.key_table);
	for (uint32_t number = 0; number < old.nshelves; number++)
	{
		ShelfWalk walk = shelf_walk(&old, number);
		const void *line;

		if (!shelf_number(gather, &old, number, slots))
		{
			/* they lie too far apart after all: stay with the table */
			gather_close(gather);
			*gather = old;
			gather->no_pages = true;
			return;
		}
		while ((line = shelf_next(&walk)) != NULL)
		{
			uint32_t slot = slots[line_head(line) & PAGE_MASK];
			uint32_t *moved = gather_place(gather, slot);

			memcpy(moved, line, gather->line);
			*moved = (*moved & ~PAGE_MASK) | (slot & PAGE_MASK);
		}
	}
	gather_close(&old);
}

/* Should the key table of numbers be a directory instead of a table? */
void
gather_consider_pages(Gathering *gather, uint32_t before)
{
	const KeyTable *key_table = &gather->key_table;

	if (gather->kind != KEY_NUMBER || gather->no_pages || key_table->is_paged ||
		key_table->nslots < PAGED_FROM)
		return;
	/* look at every doubling */
	if (__builtin_clz(before | 1) != __builtin_clz(key_table->nslots) &&
		key_table_is_dense(key_table, SLOTS_EACH))
		renumber(gather, true);
}

/*
 * Number keys.  False: one lies too far off for the directory, which has been
 * given up, so that all customers have other numbers now; ask again.
 */
bool
gather_number(Gathering *gather, const Key *keys, int nkeys, uint32_t *slots)
{
	if (key_table_number(&gather->key_table, keys, nkeys, slots))
		return true;
	gather->no_pages = true;
	renumber(gather, false);
	return false;
}

/*
 * Where the lines of each place of a shelf begin, once they are sorted.  Who
 * puts them there moves it on, to where they end.
 */
void
shelf_ends(const Gathering *gather, uint32_t number, uint32_t *ends)
{
	ShelfWalk walk = shelf_walk(gather, number);
	uint32_t sum = 0;
	const void *line;

	memset(ends, 0, PAGE_ITEMS * sizeof(uint32_t));
	while ((line = shelf_next(&walk)) != NULL)
		ends[line_head(line) & PAGE_MASK]++;
	for (uint32_t i = 0; i < PAGE_ITEMS; i++)
	{
		uint32_t count = ends[i];

		ends[i] = sum;
		sum += count;
	}
}
