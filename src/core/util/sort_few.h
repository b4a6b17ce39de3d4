/*
 * sort_few.h
 *		Sorting what there is little of: most customers have one or two spells.
 *
 * Up to sixteen items are put in order where they stand, each before those that
 * come after it, which stay as they are where they are equal.  A call of the
 * runtime's sort takes longer than that.  It is a header so that the comparison
 * and the size of an item are known where it is used.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_SORT_FEW_H
#define CVM_CORE_UTIL_SORT_FEW_H

#include <string.h>

#include "core/runtime.h"

#define SORT_FEW 16
#define SORT_FEW_SIZE 128 /* bytes of an item, at most */

static inline __attribute__((always_inline)) void
sort_few(void *items, size_t count, size_t size,
		 int (*compare)(const void *, const void *))
{
	char item[SORT_FEW_SIZE] __attribute__((aligned(16)));
	char *all = items;

	if (count > SORT_FEW || size > sizeof(item))
	{
		runtime_sort(items, count, size, compare);
		return;
	}
	for (size_t i = 1; i < count; i++)
	{
		size_t at = i;

		if (compare(all + (i - 1) * size, all + i * size) <= 0)
			continue;
		memcpy(item, all + i * size, size);
		for (; at > 0 && compare(all + (at - 1) * size, item) > 0; at--)
			memcpy(all + at * size, all + (at - 1) * size, size);
		memcpy(all + at * size, item, size);
	}
}

#endif /* CVM_CORE_UTIL_SORT_FEW_H */
