/*
 * chunked_array.h
 *		An array that grows by pages.
 *
 * Doubling a large array copies it and needs both copies at once; pages do
 * not.  The first page starts small and doubles, so that ten thousand small
 * arrays stay small.  Items start as zeros.
 *
 * An array whose items are visited in no order, and every item of a large one
 * in a page of memory of its own, says is_scattered: its pages are cut from
 * blocks that lie in large pages of memory, each block half of all before, up
 * to a limit.  What is not cut yet is not touched either.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_CHUNKED_ARRAY_H
#define CVM_CORE_ROWS_CHUNKED_ARRAY_H

#include "core/runtime.h"

#define PAGE_SHIFT 10
#define PAGE_ITEMS (1u << PAGE_SHIFT)
#define PAGE_MASK (PAGE_ITEMS - 1)

typedef struct ChunkedArray
{
	Context context;
	size_t item;	/* bytes of an item */
	uint32_t room;	/* entries of page */
	uint32_t used;	/* pages that exist, without the first */
	uint32_t first; /* items that the first page has room for */
	uint8_t **page; /* NULL where no item was written yet */
	bool is_scattered;
	void *block;   /* the newest; its first bytes name the one before */
	uint8_t *next; /* where its next page goes */
	uint32_t left; /* pages that it has room for */
} ChunkedArray;

static inline void
chunked_array_open(ChunkedArray *array, Context context, size_t item)
{
	*array = (ChunkedArray){.context = context, .item = item};
}

extern void chunked_array_make(ChunkedArray *array, uint32_t at);
extern void chunked_array_close(ChunkedArray *array);

/* Is there no room for an item yet? */
static inline bool
chunked_array_lack(const ChunkedArray *array, uint32_t at)
{
	uint32_t number = at >> PAGE_SHIFT;

	return number >= array->room || array->page[number] == NULL ||
		   (number == 0 && at >= array->first);
}

/*
 * Where an item is, making room if need be.  Until the first page is whole,
 * the next call may move it.
 */
static inline void *
chunked_array_reach(ChunkedArray *array, uint32_t at)
{
	uint32_t number = at >> PAGE_SHIFT;

	if (chunked_array_lack(array, at))
		chunked_array_make(array, at);
	return array->page[number] + (at & PAGE_MASK) * array->item;
}

/* Where an item is, or NULL when its page was never written. */
static inline void *
chunked_array_peek(const ChunkedArray *array, uint32_t at)
{
	if (chunked_array_lack(array, at))
		return NULL;
	return array->page[at >> PAGE_SHIFT] + (at & PAGE_MASK) * array->item;
}

/* Where an item is that exists, for loops that know the size of one */
static inline void *
chunked_array_item(const ChunkedArray *array, uint32_t at, size_t item)
{
	return array->page[at >> PAGE_SHIFT] + (at & PAGE_MASK) * item;
}

/* Bytes in use: of a block, what has been cut from it */
static inline size_t
chunked_array_size(const ChunkedArray *array)
{
	return ((size_t) array->used * PAGE_ITEMS + array->first) * array->item +
		   array->room * sizeof(uint8_t *);
}

#endif /* CVM_CORE_ROWS_CHUNKED_ARRAY_H */
