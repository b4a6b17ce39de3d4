/*
 * sorted.h
 *		Arrays of items that begin with an int32_t key, ascending.
 *
 * What grows by periods is kept so: a few dozen items, found at once where
 * periods follow each other without a gap, as they mostly do.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_SORTED_H
#define CVM_CORE_UTIL_SORTED_H

#include "core/runtime.h"

static inline int32_t
sorted_key(const void *items, size_t size, int at)
{
	return *(const int32_t *) ((const char *) items + (size_t) at * size);
}

extern int sorted_search(const void *items, int count, size_t size,
						 int32_t key);
extern void *sorted_open(Context context, void *items, int *count, int *room,
						 size_t size, int at);

/* The place of a key: of its item, or where that would stand */
static inline int
sorted_place(const void *items, int count, size_t size, int32_t key)
{
	if (count > 0)
	{
		int64_t guess = (int64_t) key - sorted_key(items, size, 0);

		if (guess >= 0 && guess < count &&
			sorted_key(items, size, (int) guess) == key)
			return (int) guess;
	}
	return sorted_search(items, count, size, key);
}

static inline bool
sorted_has(const void *items, int count, size_t size, int at, int32_t key)
{
	return at < count && sorted_key(items, size, at) == key;
}

/*
 * The items, among which there is one with the key now, at *at; it is made, all
 * zero but for its key, where there was none.
 */
static inline void *
sorted_reach(Context context, void *items, int *count, int *room, size_t size,
			 int32_t key, int *at)
{
	*at = sorted_place(items, *count, size, key);
	if (sorted_has(items, *count, size, *at, key))
		return items;
	items = sorted_open(context, items, count, room, size, *at);
	*(int32_t *) ((char *) items + (size_t) *at * size) = key;
	return items;
}

#endif /* CVM_CORE_UTIL_SORTED_H */
