/*
 * row_buffer.c
 *		Rows in any order, gathered so that those of a customer come together.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/row_buffer.h"

#include <string.h>

#define BLOCK_CHUNKS 16384 /* chunks of a block, at the most */
#define RADIX_FROM 8192 /* customers before a radix directory is considered */
#define SLOTS_EACH \
	8 /* of a radix directory; those of nobody cost nothing here */
#define FILLED_CHUNKS 2 /* of a partition that is worth its place */

/* Begin with no customer and no line. */
void
row_buffer_open(RowBuffer *row_buffer, Context context, KeyKind kind,
				size_t line, bool is_radix)
{
	memset(row_buffer, 0, sizeof(RowBuffer));
	row_buffer->context = context;
	row_buffer->kind = kind;
	row_buffer->line = line;
	key_table_open(&row_buffer->key_table, context, kind, is_radix);
}

/* Give customers and lines back. */
void
row_buffer_close(RowBuffer *row_buffer)
{
	key_table_close(&row_buffer->key_table);
	if (row_buffer->partitions != NULL)
		runtime_free(row_buffer->partitions);
	while (row_buffer->block != NULL)
	{
		void *block = row_buffer->block;

		memcpy(&row_buffer->block, block, sizeof(void *));
		runtime_free(block);
	}
}

/* Begin anew, knowing what kind of customers there are. */
void
row_buffer_forget(RowBuffer *row_buffer)
{
	bool no_radix = row_buffer->no_radix;

	row_buffer_close(row_buffer);
	row_buffer_open(row_buffer, row_buffer->context, row_buffer->kind,
					row_buffer->line, false);
	row_buffer->no_radix = no_radix;
}

static inline size_t
chunk_size(const RowBuffer *row_buffer)
{
	return sizeof(RowChunk) + CHUNK_LINES * row_buffer->line;
}

/* Bytes in use */
size_t
row_buffer_size(const RowBuffer *row_buffer)
{
	return key_table_size(&row_buffer->key_table) +
		   row_buffer->nchunks * chunk_size(row_buffer) +
		   row_buffer->partition_room * sizeof(Partition);
}

/* A block of chunks: half of all so far, between two limits. */
static void
block_add(RowBuffer *row_buffer)
{
	uint32_t room = row_buffer->nchunks / 2 + 1;
	size_t size;
	void *block;

	if (room > BLOCK_CHUNKS)
		room = BLOCK_CHUNKS;
	size = sizeof(void *) + room * chunk_size(row_buffer);
	block = runtime_alloc(row_buffer->context, size);
	memcpy(block, &row_buffer->block, sizeof(void *));
	row_buffer->block = block;
	row_buffer->block_room = room;
	row_buffer->block_used = 0;
}

/* Make room for a partition. */
static void
partitions_reach(RowBuffer *row_buffer, uint32_t number)
{
	if (number >= row_buffer->partition_room)
	{
		uint32_t room =
			row_buffer->partition_room ? row_buffer->partition_room * 2 : 1;

		if (room <= number)
			room = number + 1;
		row_buffer->partitions =
			row_buffer->partitions
				? runtime_realloc(row_buffer->partitions,
								  room * sizeof(Partition))
				: runtime_alloc(row_buffer->context, room * sizeof(Partition));
		memset(row_buffer->partitions + row_buffer->partition_room, 0,
			   (room - row_buffer->partition_room) * sizeof(Partition));
		row_buffer->partition_room = room;
	}
	if (number >= row_buffer->npartitions)
		row_buffer->npartitions = number + 1;
}

/* Give the partition of a customer its next chunk, and the customer its place. */
void *
row_buffer_chunk(RowBuffer *row_buffer, uint32_t slot)
{
	uint32_t number = slot >> PAGE_SHIFT;
	Partition *partition;
	RowChunk *chunk;

	if (number >= row_buffer->npartitions)
		partitions_reach(row_buffer, number);
	partition = &row_buffer->partitions[number];
	if (partition->nlines == UINT32_MAX - (CHUNK_LINES - 1))
		runtime_error(RUNTIME_TOO_LARGE,
					  "Fold the customers in several groups.",
					  "too many rows of neighbouring customers in one state");
	if (row_buffer->block_used == row_buffer->block_room)
		block_add(row_buffer);
	chunk = (RowChunk *) ((char *) row_buffer->block + sizeof(void *) +
						  row_buffer->block_used++ * chunk_size(row_buffer));
	row_buffer->nchunks++;
	chunk->next = NULL;
	if (partition->nlines == 0)
		partition->first = chunk;
	else
		partition->last->next = chunk;
	partition->last = chunk;
	partition->nlines++;
	return chunk->lines;
}

/* Number the customers who have lines on a partition of another gather. */
static bool
partition_number(RowBuffer *row_buffer, const RowBuffer *old, uint32_t number,
				 uint32_t *slots)
{
	bool has_lines[PAGE_ITEMS] = {false};
	PartitionWalk walk = partition_walk(old, number);
	const void *line;
	Key keys[KEY_TABLE_BATCH];
	uint32_t places[KEY_TABLE_BATCH];
	uint32_t numbers[KEY_TABLE_BATCH];
	int nkeys = 0;

	check_interrupts();
	while ((line = partition_next(&walk)) != NULL)
		has_lines[line_head(line) & PAGE_MASK] = true;
	for (uint32_t i = 0; i <= PAGE_ITEMS; i++)
	{
		if (nkeys == KEY_TABLE_BATCH || (i == PAGE_ITEMS && nkeys > 0))
		{
			if (!key_table_number(&row_buffer->key_table, keys, nkeys, numbers))
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

/* Renumber the customers by a radix directory, or by a table again. */
static void
renumber(RowBuffer *row_buffer, bool is_radix)
{
	RowBuffer old = *row_buffer;
	uint32_t slots[PAGE_ITEMS];

	row_buffer_open(row_buffer, old.context, old.kind, old.line, is_radix);
	row_buffer->no_radix = old.no_radix;
	if (is_radix)
		key_table_reach(&row_buffer->key_table, &old.key_table);
	for (uint32_t number = 0; number < old.npartitions; number++)
	{
		PartitionWalk walk = partition_walk(&old, number);
		const void *line;

		if (!partition_number(row_buffer, &old, number, slots))
		{
			/* they lie too far apart after all: stay with the table */
			row_buffer_close(row_buffer);
			*row_buffer = old;
			row_buffer->no_radix = true;
			return;
		}
		while ((line = partition_next(&walk)) != NULL)
		{
			uint32_t slot = slots[line_head(line) & PAGE_MASK];
			uint32_t *moved = row_buffer_place(row_buffer, slot);

			memcpy(moved, line, row_buffer->line);
			*moved = (*moved & ~PAGE_MASK) | (slot & PAGE_MASK);
		}
	}
	row_buffer_close(&old);
}

/* Should the key table of numbers be a radix directory instead of a table? */
void
row_buffer_consider_radix(RowBuffer *row_buffer, uint32_t before)
{
	const KeyTable *key_table = &row_buffer->key_table;

	if (row_buffer->kind != KEY_NUMBER || row_buffer->no_radix ||
		key_table->is_radix || key_table->nslots < RADIX_FROM)
		return;
	/* look at every doubling */
	if (__builtin_clz(before | 1) != __builtin_clz(key_table->nslots) &&
		(key_table_is_dense(key_table, SLOTS_EACH) ||
		 key_table_is_clustered(key_table, SLOTS_EACH)))
		renumber(row_buffer, true);
}

/*
 * Number keys.  False: one lies too far off for the directory, which has been
 * given up, so that all customers have other numbers now; ask again.
 */
bool
row_buffer_assign(RowBuffer *row_buffer, const Key *keys, int nkeys,
				  uint32_t *slots)
{
	KeyTable *key_table = &row_buffer->key_table;

	if (key_table_number(key_table, keys, nkeys, slots))
		return true;
	/* another cluster begins, after others that have been filled */
	if (row_buffer->nchunks >= FILLED_CHUNKS * row_buffer->npartitions &&
		key_table_stretch(key_table, keys, nkeys))
		return key_table_number(key_table, keys, nkeys, slots);
	row_buffer->no_radix = true;
	renumber(row_buffer, false);
	return false;
}

/*
 * Where the lines of each place of a partition begin, once they are sorted.
 * Who puts them there moves it on, to where they end.
 */
void
partition_ends(const RowBuffer *row_buffer, uint32_t number, uint32_t *ends)
{
	PartitionWalk walk = partition_walk(row_buffer, number);
	uint32_t sum = 0;
	const void *line;

	memset(ends, 0, PAGE_ITEMS * sizeof(uint32_t));
	while ((line = partition_next(&walk)) != NULL)
		ends[line_head(line) & PAGE_MASK]++;
	for (uint32_t i = 0; i < PAGE_ITEMS; i++)
	{
		uint32_t count = ends[i];

		ends[i] = sum;
		sum += count;
	}
}
