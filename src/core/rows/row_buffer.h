/*
 * row_buffer.h
 *		Rows in any order, gathered so that those of a customer come together.
 *
 * A row becomes a line of a fixed size, with its customer's slot (key_table.h).
 * Every 1024 slots share a partition, whose lines are kept in chunks in the order
 * in which they came.  At the end one partition after the other is sorted by
 * slot, with a counting sort that fits the processor's cache.  So memory is
 * written and read almost sequentially, whatever the order of the rows.
 *
 * A line begins with 32 bits, whose low ten are the customer's place on the
 * partition; the rest of it belongs to whoever gathers.
 *
 * Where customers are whole numbers without large gaps, or in clusters, the key
 * table becomes a directory, and every line moves; or back to a table, should
 * they thin out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_ROW_BUFFER_H
#define CVM_CORE_ROWS_ROW_BUFFER_H

#include "core/rows/key_table.h"

#define CHUNK_LINES 64

typedef struct RowChunk
{
	struct RowChunk *next;
	char lines[];
} RowChunk;

typedef struct Partition
{
	RowChunk *first;
	RowChunk *last;
	uint32_t nlines;
} Partition;

typedef struct RowBuffer
{
	Context context;
	KeyKind kind;
	size_t line; /* bytes of one */
	KeyTable key_table;
	bool no_radix; /* numbers have proved sparse: stay with the table */
	uint32_t npartitions;
	uint32_t partition_room;
	Partition *partitions; /* by slot >> PAGE_SHIFT */
	void *block;		   /* of chunks; its first bytes name the one before */
	uint32_t block_used;
	uint32_t block_room; /* chunks */
	uint32_t nchunks;	 /* in use */
} RowBuffer;

extern void row_buffer_open(RowBuffer *row_buffer, Context context,
							KeyKind kind, size_t line, bool is_radix);
extern void row_buffer_close(RowBuffer *row_buffer);
extern void row_buffer_forget(RowBuffer *row_buffer);
extern size_t row_buffer_size(const RowBuffer *row_buffer);
extern bool row_buffer_assign(RowBuffer *row_buffer, const Key *keys, int nkeys,
							  uint32_t *slots);
extern void row_buffer_consider_radix(RowBuffer *row_buffer, uint32_t before);
extern void *row_buffer_chunk(RowBuffer *row_buffer, uint32_t slot);

/*
 * Where the next line of a customer goes.  It must be written before anything
 * is read, but other places may be asked for first.
 */
static inline void *
row_buffer_place(RowBuffer *row_buffer, uint32_t slot)
{
	uint32_t number = slot >> PAGE_SHIFT;
	Partition *partition;
	uint32_t place;

	if (number >= row_buffer->npartitions ||
		row_buffer->partitions[number].nlines % CHUNK_LINES == 0)
		return row_buffer_chunk(row_buffer, slot);
	partition = &row_buffer->partitions[number];
	place = partition->nlines++ % CHUNK_LINES;
	return partition->last->lines + place * row_buffer->line;
}

/* A walk over the lines of a partition */
typedef struct PartitionWalk
{
	size_t line;
	RowChunk *chunk;
	uint32_t at;
	uint32_t nlines;
} PartitionWalk;

static inline PartitionWalk
partition_walk(const RowBuffer *row_buffer, uint32_t number)
{
	const Partition *partition = &row_buffer->partitions[number];

	return (PartitionWalk){row_buffer->line, partition->first, 0,
						   partition->nlines};
}

/* The next line, or NULL. */
static inline void *
partition_next(PartitionWalk *walk)
{
	uint32_t place = walk->at % CHUNK_LINES;

	if (walk->at == walk->nlines)
		return NULL;
	if (place == 0)
	{
		if (walk->at > 0)
			walk->chunk = walk->chunk->next;
		/* ask for the chunk after this one while this one is read */
		for (size_t at = 0; walk->chunk->next != NULL &&
							at < sizeof(RowChunk) + CHUNK_LINES * walk->line;
			 at += 64)
			__builtin_prefetch((char *) walk->chunk->next + at);
	}
	walk->at++;
	return walk->chunk->lines + place * walk->line;
}

/* The head of a line */
static inline uint32_t
line_head(const void *line)
{
	return *(const uint32_t *) line;
}

/* Where the lines of each place of a partition end, once they are sorted */
extern void partition_ends(const RowBuffer *row_buffer, uint32_t number,
						   uint32_t *ends);

#endif /* CVM_CORE_ROWS_ROW_BUFFER_H */
