/*
 * bitmap_columns.c
 *		Which customer was active in which period.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/bitmap_columns.h"
#include "core/util/sorted.h"

#include <string.h>

void
bitmap_columns_open(BitmapColumns *bitmap_columns, Context context)
{
	memset(bitmap_columns, 0, sizeof(BitmapColumns));
	bitmap_columns->context = context;
}

/* Give everything back. */
void
bitmap_columns_close(BitmapColumns *bitmap_columns)
{
	for (int i = 0; i < bitmap_columns->nbitmap_columns; i++)
		chunked_array_close(&bitmap_columns->bitmap_columns[i].words);
	if (bitmap_columns->bitmap_columns != NULL)
		runtime_free(bitmap_columns->bitmap_columns);
	bitmap_columns_open(bitmap_columns, bitmap_columns->context);
}

/* Find a bitmap column, or make it. */
BitmapColumn *
bitmap_columns_find(BitmapColumns *bitmap_columns, int32_t number)
{
	int at = sorted_place(bitmap_columns->bitmap_columns,
						  bitmap_columns->nbitmap_columns, sizeof(BitmapColumn),
						  number);

	if (!sorted_has(bitmap_columns->bitmap_columns,
					bitmap_columns->nbitmap_columns, sizeof(BitmapColumn), at,
					number))
	{
		bitmap_columns->bitmap_columns =
			sorted_open(bitmap_columns->context, bitmap_columns->bitmap_columns,
						&bitmap_columns->nbitmap_columns, &bitmap_columns->room,
						sizeof(BitmapColumn), at);
		bitmap_columns->bitmap_columns[at].number = number;
		chunked_array_open(&bitmap_columns->bitmap_columns[at].words,
						   bitmap_columns->context, sizeof(uint64_t));
	}
	bitmap_columns->hint = at;
	return &bitmap_columns->bitmap_columns[at];
}

/* The lowest bit of a customer, or INT64_MIN when there is none. */
int64_t
bitmap_columns_lowest(const BitmapColumns *bitmap_columns, uint32_t slot)
{
	for (int i = 0; i < bitmap_columns->nbitmap_columns; i++)
	{
		uint64_t word =
			bitmap_column_word(&bitmap_columns->bitmap_columns[i], slot);

		if (word != 0)
			return bitmap_column_first(bitmap_columns,
									   &bitmap_columns->bitmap_columns[i]) +
				   __builtin_ctzll(word);
	}
	return INT64_MIN;
}

/* Bytes in use */
size_t
bitmap_columns_size(const BitmapColumns *bitmap_columns)
{
	size_t size = bitmap_columns->room * sizeof(BitmapColumn);

	for (int i = 0; i < bitmap_columns->nbitmap_columns; i++)
		size += chunked_array_size(&bitmap_columns->bitmap_columns[i].words);
	return size;
}
