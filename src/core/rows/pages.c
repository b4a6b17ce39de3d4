/*
 * pages.c
 *		An array that grows by pages.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/pages.h"

#include <string.h>

#define FIRST_ITEMS 16 /* what the first page starts with */
#define BLOCK_MOST (16 << 20)

/* The next block of pages. */
static void
block_add(Pages *pages)
{
	size_t page = PAGE_ITEMS * pages->item;
	size_t size = pages->is_scattered ? (pages->used / 2 + 1) * page : page;
	size_t align = size <= HOST_LARGE_PAGE ? sizeof(void *) : HOST_LARGE_PAGE;
	void **block;

	if (size > BLOCK_MOST)
		size = BLOCK_MOST / page * page;
	block = host_alloc_block(pages->arena, sizeof(void *) + align + size);
	*block = pages->block;
	pages->block = block;
	pages->next = host_align(block + 1, align);
	pages->left = (uint32_t) (size / page);
}

/* Make room for an item. */
void
pages_make(Pages *pages, uint32_t at)
{
	uint32_t number = at >> PAGE_SHIFT;

	if (number >= pages->room)
	{
		uint32_t room = pages->room ? pages->room : 1;

		while (room <= number)
			room *= 2;
		pages->page = pages->page
						  ? host_realloc(pages->page, room * sizeof(uint8_t *))
						  : host_alloc(pages->arena, room * sizeof(uint8_t *));
		memset(pages->page + pages->room, 0,
			   (room - pages->room) * sizeof(uint8_t *));
		pages->room = room;
	}
	if (number == 0)
	{
		uint32_t first = pages->first ? pages->first : FIRST_ITEMS;

		while (first <= at)
			first *= 2;
		if (pages->first == 0)
			pages->page[0] = host_alloc(pages->arena, first * pages->item);
		else
			pages->page[0] = host_realloc(pages->page[0], first * pages->item);
		memset(pages->page[0] + pages->first * pages->item, 0,
			   (first - pages->first) * pages->item);
		pages->first = first;
		return;
	}
	if (pages->left == 0)
		block_add(pages);
	pages->page[number] = pages->next;
	memset(pages->next, 0, PAGE_ITEMS * pages->item);
	pages->next += PAGE_ITEMS * pages->item;
	pages->left--;
	pages->used++;
}

/* Give everything back. */
void
pages_close(Pages *pages)
{
	while (pages->block != NULL)
	{
		void *block = pages->block;

		memcpy(&pages->block, block, sizeof(void *));
		host_free(block);
	}
	if (pages->first > 0)
		host_free(pages->page[0]);
	if (pages->page != NULL)
		host_free(pages->page);
	pages_open(pages, pages->arena, pages->item);
}
