/*
 * chunked_array.c
 *		An array that grows by pages.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/chunked_array.h"

#include <string.h>

#define FIRST_ITEMS 16 /* what the first page starts with */
#define MAX_BLOCK (16 << 20)

/* The next block of pages. */
static void
block_add(ChunkedArray *array)
{
	size_t page = PAGE_ITEMS * array->item;
	size_t size = array->is_scattered ? (array->used / 2 + 1) * page : page;
	size_t align = size <= LARGE_PAGE ? sizeof(void *) : LARGE_PAGE;
	void **block;

	if (size > MAX_BLOCK)
		size = MAX_BLOCK / page * page;
	block = runtime_alloc(array->context, sizeof(void *) + align + size);
	*block = array->block;
	array->block = block;
	array->next = runtime_align(block + 1, align);
	array->left = (uint32_t) (size / page);
}

/* Make room for an item. */
void
chunked_array_make(ChunkedArray *array, uint32_t at)
{
	uint32_t number = at >> PAGE_SHIFT;

	if (number >= array->room)
	{
		uint32_t room = array->room ? array->room : 1;

		while (room <= number)
			room *= 2;
		array->page =
			array->page
				? runtime_realloc(array->page, room * sizeof(uint8_t *))
				: runtime_alloc(array->context, room * sizeof(uint8_t *));
		memset(array->page + array->room, 0,
			   (room - array->room) * sizeof(uint8_t *));
		array->room = room;
	}
	if (number == 0)
	{
		uint32_t first = array->first ? array->first : FIRST_ITEMS;

		while (first <= at)
			first *= 2;
		if (array->first == 0)
			array->page[0] = runtime_alloc(array->context, first * array->item);
		else
			array->page[0] =
				runtime_realloc(array->page[0], first * array->item);
		memset(array->page[0] + array->first * array->item, 0,
			   (first - array->first) * array->item);
		array->first = first;
		return;
	}
	if (array->left == 0)
		block_add(array);
	array->page[number] = array->next;
	memset(array->next, 0, PAGE_ITEMS * array->item);
	array->next += PAGE_ITEMS * array->item;
	array->left--;
	array->used++;
}

/* Give everything back. */
void
chunked_array_close(ChunkedArray *array)
{
	while (array->block != NULL)
	{
		void *block = array->block;

		memcpy(&array->block, block, sizeof(void *));
		runtime_free(block);
	}
	if (array->first > 0)
		runtime_free(array->page[0]);
	if (array->page != NULL)
		runtime_free(array->page);
	chunked_array_open(array, array->context, array->item);
}
