/*
 * pages.c
 *		An array that grows by pages.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/pages.h"

#include <string.h>

#define FIRST_ITEMS 16 /* what the first page starts with */

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
		pages->page =
			pages->page
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
	pages->page[number] =
		host_alloc_zero(pages->arena, PAGE_ITEMS * pages->item);
	pages->used++;
}

/* Give everything back. */
void
pages_close(Pages *pages)
{
	for (uint32_t i = 0; i < pages->room; i++)
		if (pages->page[i] != NULL)
			host_free(pages->page[i]);
	if (pages->page != NULL)
		host_free(pages->page);
	pages_open(pages, pages->arena, pages->item);
}
