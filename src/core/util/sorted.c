/*
 * sorted.c
 *		Arrays of items that begin with an int32_t key, ascending.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/sorted.h"

#include <string.h>

#define FIRST_ROOM 4

/* The first item whose key is not less. */
int
sorted_search(const void *items, int count, size_t size, int32_t key)
{
	int low = 0;
	int high = count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (sorted_key(items, size, middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Make room for an item of zeros at a place; the caller puts the key there.
 * Returns where the items are now.
 */
void *
sorted_open(Context context, void *items, int *count, int *room, size_t size,
			int at)
{
	char *place;

	if (*count == *room)
	{
		int more = *room ? *room * 2 : FIRST_ROOM;

		items = *room ? runtime_realloc(items, (size_t) more * size)
					  : runtime_alloc(context, (size_t) more * size);
		*room = more;
	}
	place = (char *) items + (size_t) at * size;
	memmove(place + size, place, (size_t) (*count - at) * size);
	memset(place, 0, size);
	(*count)++;
	return items;
}
