/*
 * pages.c
 *		An array that grows by pages.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/pages.h"

#include <string.h>

#define FIRST_ITEMS 16 /* what the first page starts with */
#define BLOCK_MOST (16 << 20)

/*
 * Give memory that was allocated and is not needed any more.  What has been
 * written to once costs nothing to write to again: a page that is new to the
 * process must be cleared by the kernel first.
 */
void
pages_give(Pages *pages, void *memory, size_t size)
{
	if (pages->spare != NULL ||
		size < 4 * PAGE_ITEMS * pages->item + HOST_LARGE_PAGE)
	{
		host_free(memory);
		return;
	}
	pages->spare = memory;
	pages->spare_size = size;
}

/* A block of pages: what was given, else half of all so far. */
static void
block_add(Pages *pages)
{
	size_t page = PAGE_ITEMS * pages->item;
	size_t align = HOST_LARGE_PAGE;
	size_t size = pages->spare_size;
	uint8_t *block = pages->spare;

	if (block == NULL)
	{
		size = (pages->used / 2 + 1) * page;
		if (size > BLOCK_MOST)
			size = BLOCK_MOST / page * page;
		if (size <= HOST_LARGE_PAGE)
			align = sizeof(void *);
		size += sizeof(void *) + align;
		block = host_alloc_block(pages->arena, size);
	}
	pages->spare = NULL;
	pages->spare_size = 0;
	memcpy(block, &pages->block, sizeof(void *));
	pages->block = block;
	pages->next = host_align(block + sizeof(void *), align);
	pages->left = (uint32_t) ((size_t) (block + size - pages->next) / page);
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
	if (pages->spare != NULL)
		host_free(pages->spare);
	if (pages->first > 0)
		host_free(pages->page[0]);
	if (pages->page != NULL)
		host_free(pages->page);
	pages_open(pages, pages->arena, pages->item);
}
