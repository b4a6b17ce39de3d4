/*
 * bitmap_columns.h
 *		Which customer was active in which period: one bit each.
 *
 * A bitmap column holds 64 periods of every customer, a word a slot.  Rows
 * that come in the order of time touch one bitmap column at a time, so that
 * two years of days read and write little more memory than two years of
 * months.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_BITMAP_COLUMNS_H
#define CVM_CORE_ROWS_BITMAP_COLUMNS_H

#include "core/rows/chunked_array.h"
#include "core/util/calendar.h"

typedef struct BitmapColumn
{
	int32_t number;		/* its first period is base + 64 * number */
	ChunkedArray words; /* by slot: uint64_t */
} BitmapColumn;

typedef struct BitmapColumns
{
	Context context;
	bool has_base;
	int64_t base;
	int nbitmap_columns;
	int room;
	BitmapColumn *bitmap_columns; /* ascending */
	int hint;
} BitmapColumns;

extern void bitmap_columns_open(BitmapColumns *bitmap_columns, Context context);
extern void bitmap_columns_close(BitmapColumns *bitmap_columns);
extern BitmapColumn *bitmap_columns_find(BitmapColumns *bitmap_columns,
										 int32_t number);
extern int64_t bitmap_columns_lowest(const BitmapColumns *bitmap_columns,
									 uint32_t slot);
extern size_t bitmap_columns_size(const BitmapColumns *bitmap_columns);

static inline int32_t
bitmap_column_number(const BitmapColumns *bitmap_columns, Period period)
{
	return (int32_t) ((period - bitmap_columns->base) >> 6);
}

/* The bitmap column of a period, made if need be */
static inline BitmapColumn *
bitmap_columns_at(BitmapColumns *bitmap_columns, Period period)
{
	int32_t number = bitmap_column_number(bitmap_columns, period);

	if (bitmap_columns->hint < bitmap_columns->nbitmap_columns &&
		bitmap_columns->bitmap_columns[bitmap_columns->hint].number == number)
		return &bitmap_columns->bitmap_columns[bitmap_columns->hint];
	return bitmap_columns_find(bitmap_columns, number);
}

/*
 * The word of a customer, made if need be.  Where customers with slots up to
 * most are many, the first page is made whole at once, and no word moves any
 * more.
 */
static inline uint64_t *
bitmap_column_reach(BitmapColumn *bitmap_column, uint32_t slot, uint32_t most)
{
	ChunkedArray *words = &bitmap_column->words;

	if (slot < PAGE_ITEMS && most >= PAGE_ITEMS && words->first < PAGE_ITEMS)
		chunked_array_make(words, PAGE_MASK);
	if (chunked_array_lack(words, slot))
		chunked_array_make(words, slot);
	return chunked_array_item(words, slot, sizeof(uint64_t));
}

static inline uint64_t
bitmap_column_bit(const BitmapColumns *bitmap_columns, Period period)
{
	return UINT64_C(1) << ((period - bitmap_columns->base) & 63);
}

/* The first period of a bitmap column */
static inline int64_t
bitmap_column_first(const BitmapColumns *bitmap_columns,
					const BitmapColumn *bitmap_column)
{
	return bitmap_columns->base + (int64_t) bitmap_column->number * 64;
}

/* A customer's word in a bitmap column */
static inline uint64_t
bitmap_column_word(const BitmapColumn *bitmap_column, uint32_t slot)
{
	const uint64_t *word = chunked_array_peek(&bitmap_column->words, slot);

	return word ? *word : 0;
}

#endif /* CVM_CORE_ROWS_BITMAP_COLUMNS_H */
