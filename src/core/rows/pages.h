/*
 * pages.h
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
#ifndef CVM_CORE_ROWS_PAGES_H
#define CVM_CORE_ROWS_PAGES_H

#include "core/runtime.h"

#define PAGE_SHIFT 10
#define PAGE_ITEMS (1u << PAGE_SHIFT)
#define PAGE_MASK (PAGE_ITEMS - 1)

typedef struct Pages
{
	HostArena arena;
	size_t item;	/* bytes of an item */
	uint32_t room;	/* entries of page */
	uint32_t used;	/* pages that exist, without the first */
	uint32_t first; /* items that the first page has room for */
	uint8_t **page; /* NULL where no item was written yet */
	bool is_scattered;
	void *block;   /* the newest; its first bytes name the one before */
	uint8_t *next; /* where its next page goes */
	uint32_t left; /* pages that it has room for */
} Pages;

static inline void
pages_open(Pages *pages, HostArena arena, size_t item)
{
	*pages = (Pages){.arena = arena, .item = item};
}

extern void pages_make(Pages *pages, uint32_t at);
extern void pages_close(Pages *pages);

/* Is there no room for an item yet? */
static inline bool
pages_lack(const Pages *pages, uint32_t at)
{
	uint32_t number = at >> PAGE_SHIFT;

	return number >= pages->room || pages->page[number] == NULL ||
		   (number == 0 && at >= pages->first);
}

/*
 * Where an item is, making room if need be.  Until the first page is whole,
 * the next call may move it.
 */
static inline void *
pages_reach(Pages *pages, uint32_t at)
{
	uint32_t number = at >> PAGE_SHIFT;

	if (pages_lack(pages, at))
		pages_make(pages, at);
	return pages->page[number] + (at & PAGE_MASK) * pages->item;
}

/* Where an item is, or NULL when its page was never written. */
static inline void *
pages_peek(const Pages *pages, uint32_t at)
{
	if (pages_lack(pages, at))
		return NULL;
	return pages->page[at >> PAGE_SHIFT] + (at & PAGE_MASK) * pages->item;
}

/* Where an item is that exists, for loops that know the size of one */
static inline void *
pages_item(const Pages *pages, uint32_t at, size_t item)
{
	return pages->page[at >> PAGE_SHIFT] + (at & PAGE_MASK) * item;
}

/* Bytes in use: of a block, what has been cut from it */
static inline size_t
pages_size(const Pages *pages)
{
	return ((size_t) pages->used * PAGE_ITEMS + pages->first) * pages->item +
		   pages->room * sizeof(uint8_t *);
}

#endif /* CVM_CORE_ROWS_PAGES_H */
