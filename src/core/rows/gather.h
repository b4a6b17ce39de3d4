/*
 * gather.h
 *		Rows in any order, gathered so that those of a customer come together.
 *
 * A row becomes a line of a fixed size under its customer's number
 * (key_table.h).  Lines stand on shelves of 1024 customers, in chunks, in the
 * order in which they came; at the end one shelf at a time is sorted by
 * customer, by counting, within the processor's cache.  So memory is written
 * and read almost in order, however the rows came.
 *
 * A line begins with 32 bits, whose low ten are the customer's place on the
 * shelf; the rest of it belongs to whoever gathers.
 *
 * Where customers are whole numbers without large gaps, the key table becomes a
 * directory, and every line moves; or back to a table, should they thin out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_GATHER_H
#define CVM_CORE_ROWS_GATHER_H

#include "core/rows/key_table.h"

#define CHUNK_LINES 64

typedef struct Chunk
{
	struct Chunk *next;
	char lines[];
} Chunk;

typedef struct Shelf
{
	Chunk *first;
	Chunk *last;
	uint32_t nlines;
} Shelf;

typedef struct Gathering
{
	HostArena arena;
	KeyKind kind;
	size_t line; /* bytes of one */
	KeyTable key_table;
	bool no_pages; /* numbers have proved sparse: stay with the table */
	uint32_t nshelves;
	uint32_t shelf_room;
	Shelf *shelves; /* by slot >> PAGE_SHIFT */
	void *block;	/* of chunks; its first bytes name the one before */
	uint32_t block_used;
	uint32_t block_room; /* chunks */
	uint32_t nchunks;	 /* in use */
} Gathering;

extern void gather_open(Gathering *gather, HostArena arena, KeyKind kind,
						size_t line, bool is_paged);
extern void gather_close(Gathering *gather);
extern void gather_forget(Gathering *gather);
extern size_t gather_size(const Gathering *gather);
extern bool gather_number(Gathering *gather, const Key *keys, int nkeys,
						  uint32_t *slots);
extern void gather_consider_pages(Gathering *gather, uint32_t before);
extern void *gather_chunk(Gathering *gather, uint32_t slot);

/*
 * Where the next line of a customer goes.  It must be written before anything
 * is read, but other places may be asked for first.
 */
static inline void *
gather_place(Gathering *gather, uint32_t slot)
{
	uint32_t number = slot >> PAGE_SHIFT;
	Shelf *shelf;
	uint32_t place;

	if (number >= gather->nshelves ||
		gather->shelves[number].nlines % CHUNK_LINES == 0)
		return gather_chunk(gather, slot);
	shelf = &gather->shelves[number];
	place = shelf->nlines++ % CHUNK_LINES;
	return shelf->last->lines + place * gather->line;
}

/* A walk over the lines of a shelf */
typedef struct ShelfWalk
{
	size_t line;
	Chunk *chunk;
	uint32_t at;
	uint32_t nlines;
} ShelfWalk;

static inline ShelfWalk
shelf_walk(const Gathering *gather, uint32_t number)
{
	const Shelf *shelf = &gather->shelves[number];

	return (ShelfWalk){gather->line, shelf->first, 0, shelf->nlines};
}

/* The next line, or NULL. */
static inline void *
shelf_next(ShelfWalk *walk)
{
	uint32_t place = walk->at % CHUNK_LINES;

	if (walk->at == walk->nlines)
		return NULL;
	if (place == 0)
	{
		if (walk->at > 0)
			walk->chunk = walk->chunk->next;
		/* ask for the chunk after this one while this one is read */
		for (size_t at = 0; at < sizeof(Chunk) + CHUNK_LINES * walk->line;
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

/* Where the lines of each place of a shelf end, once they are sorted */
extern void shelf_ends(const Gathering *gather, uint32_t number,
					   uint32_t *ends);

#endif /* CVM_CORE_ROWS_GATHER_H */
