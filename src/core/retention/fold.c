/*
 * fold.c
 *		The whole triangle from raw rows in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

#define RADIX_FROM 8192 /* customers before a radix directory is considered */
#define SLOTS_EACH 3	/* of a radix directory, at the most */
#define BASE_SLACK 8	/* periods left before the first one seen */

Fold *
fold_new(Context context, KeyKind kind, Calendar calendar, bool is_marked,
		 bool has_values, size_t budget)
{
	Fold *fold = runtime_alloc_zero(context, sizeof(Fold));

	fold->context = context;
	fold->kind = kind;
	fold->calendar = calendar;
	fold->is_marked = is_marked;
	fold->has_values = has_values;
	fold->budget = budget;
	fold->is_empty = true;
	fold->last = DAY_FIRST;
	fold->no_radix = has_values; /* there, every slot must be a customer */
	fold->period_cache = period_cache_of(calendar);
	key_table_open(&fold->key_table, context, kind, false);
	bitmap_columns_open(&fold->returns, context);
	bitmap_columns_open(&fold->starts, context);
	key_table_open(&fold->sums, context, KEY_NUMBER, false);
	chunked_array_open(&fold->values, context, sizeof(Wide));
	batch_open(&fold->batch, context, kind, is_marked || has_values,
			   has_values);
	return fold;
}

/* Forget the customers, not what is known of all of them. */
void
fold_forget(Fold *fold)
{
	key_table_close(&fold->key_table);
	key_table_open(&fold->key_table, fold->context, fold->kind, false);
	bitmap_columns_close(&fold->returns);
	bitmap_columns_close(&fold->starts);
	key_table_close(&fold->sums);
	key_table_open(&fold->sums, fold->context, KEY_NUMBER, false);
	chunked_array_close(&fold->values);
}

/* Give everything back; the batch must be empty. */
void
fold_free(Fold *fold)
{
	fold_forget(fold);
	batch_close(&fold->batch);
	runtime_free(fold);
}

/* Bytes in use */
size_t
fold_size(const Fold *fold)
{
	return sizeof(Fold) + key_table_size(&fold->key_table) +
		   bitmap_columns_size(&fold->returns) +
		   bitmap_columns_size(&fold->starts) + key_table_size(&fold->sums) +
		   chunked_array_size(&fold->values) + batch_size(&fold->batch);
}

/* Bring all values to a larger scale. */
void
fold_rescale(Fold *fold, int scale)
{
	for (uint32_t i = 0; i < fold->sums.nslots; i++)
	{
		Wide *value = chunked_array_peek(&fold->values, i);

		check_interrupts();
		*value = money_rescale(*value, fold->scale, scale);
	}
	fold->scale = scale;
}

/* Add values to what customers brought in a period or on a day. */
void
fold_add_sums(Fold *fold, const Key *pairs, const Wide *values, int npairs)
{
	uint32_t numbers[KEY_TABLE_BATCH];

	key_table_number(&fold->sums, pairs, npairs, numbers);
	for (int i = 0; i < npairs; i++)
	{
		Wide *sum = chunked_array_reach(&fold->values, numbers[i]);

		*sum = money_add(*sum, values[i]);
	}
}

Key
fold_pair(uint32_t slot, int32_t bit)
{
	Key pair;

	pair.number = (int64_t) (((uint64_t) slot << 32) | (uint32_t) bit);
	return pair;
}

/* Give bitmap columns their base before their first bit. */
static void
bitmap_columns_base(BitmapColumns *bitmap_columns, const Period *bits,
					int nbits)
{
	Period least = bits[0];

	if (bitmap_columns->has_base)
		return;
	for (int i = 1; i < nbits; i++)
		if (bits[i] < least)
			least = bits[i];
	bitmap_columns->base = (int64_t) least - BASE_SLACK;
	bitmap_columns->has_base = true;
}

/* Set a bit for each row that has the mark; marks NULL: they all have. */
static void
bitmap_columns_mark(BitmapColumns *bitmap_columns, const Period *bits,
					const uint32_t *slots, const uint8_t *marks, uint8_t mark,
					int nrows)
{
	uint64_t *words[KEY_TABLE_BATCH];
	uint32_t most = 0;

	bitmap_columns_base(bitmap_columns, bits, nrows);
	for (int i = 0; i < nrows; i++)
		most = slots[i] > most ? slots[i] : most;
	for (int i = 0; i < nrows; i++)
	{
		words[i] = NULL;
		if (marks != NULL && !(marks[i] & mark))
			continue;
		words[i] = bitmap_column_reach(
			bitmap_columns_at(bitmap_columns, bits[i]), slots[i], most);
		if (most >= PAGE_ITEMS)
			__builtin_prefetch(words[i], 1);
		else
			*words[i] |= bitmap_column_bit(bitmap_columns, bits[i]);
	}
	for (int i = 0; most >= PAGE_ITEMS && i < nrows; i++)
		if (words[i] != NULL)
			*words[i] |= bitmap_column_bit(bitmap_columns, bits[i]);
}

/* Should the key table of numbers be a radix directory instead of a table? */
void
fold_consider_radix(Fold *fold, uint32_t before)
{
	const KeyTable *key_table = &fold->key_table;

	if (fold->kind != KEY_NUMBER || fold->no_radix || key_table->is_radix ||
		key_table->nslots < RADIX_FROM)
		return;
	/* look at every doubling */
	if (__builtin_clz(before | 1) != __builtin_clz(key_table->nslots) &&
		key_table_is_dense(key_table, SLOTS_EACH))
		chunk_change_index(fold, true);
}

/* Number keys, giving the directory up if one lies too far off for it. */
void
fold_number(Fold *fold, const Key *keys, int nkeys, uint32_t *slots)
{
	if (key_table_number(&fold->key_table, keys, nkeys, slots))
		return;
	fold->no_radix = true;
	chunk_change_index(fold, false);
	key_table_number(&fold->key_table, keys, nkeys, slots);
}

/* Say how the times of the rows to come are read. */
void
fold_listen(Fold *fold, DayReader reader)
{
	if (reader.read == fold->batch.reader.read &&
		reader.zone == fold->batch.reader.zone)
		return;
	fold_flush(fold);
	fold->batch.reader = reader;
}

/* Number and mark the rows of the batch. */
void
fold_flush(Fold *fold)
{
	Batch *batch = &fold->batch;
	uint32_t slots[KEY_TABLE_BATCH];
	Day days[KEY_TABLE_BATCH];
	Period bits[KEY_TABLE_BATCH];
	uint32_t before = fold->key_table.nslots;
	int nrows = batch->used;

	if (nrows == 0)
		return;
	check_interrupts();
	fold->is_empty = false;
	batch_days(batch, days);
	for (int i = 0; i < nrows; i++)
	{
		if (days[i] > fold->last)
			fold->last = days[i];
		bits[i] = fold->is_marked
					  ? days[i]
					  : period_cache_period(fold->period_cache, days[i]);
	}
	fold_number(fold, batch->keys, nrows, slots);
	if (fold->is_marked)
	{
		bitmap_columns_mark(&fold->returns, bits, slots, batch->marks,
							MARK_RETURN, nrows);
		bitmap_columns_mark(&fold->starts, bits, slots, batch->marks,
							MARK_START, nrows);
	}
	else
		bitmap_columns_mark(&fold->returns, bits, slots, NULL, MARK_RETURN,
							nrows);
	if (fold->has_values)
	{
		Key pairs[KEY_TABLE_BATCH];
		Wide values[KEY_TABLE_BATCH];
		int npairs = 0;

		for (int i = 0; i < nrows; i++)
			if (batch->marks[i] & MARK_VALUE)
			{
				if (batch->scales[i] > fold->scale)
				{
					fold_add_sums(fold, pairs, values, npairs);
					npairs = 0;
					fold_rescale(fold, batch->scales[i]);
				}
				pairs[npairs] = fold_pair(slots[i], bits[i]);
				values[npairs++] = money_rescale(batch->values[i],
												 batch->scales[i], fold->scale);
				fold->has_value = true;
			}
		fold_add_sums(fold, pairs, values, npairs);
	}
	batch_clear(batch, fold->key_table.nslots);
	fold_consider_radix(fold, before);
	fold_consider_spill(fold);
}
