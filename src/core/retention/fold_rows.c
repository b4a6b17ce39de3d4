/*
 * fold_rows.c
 *		Rows into a fold, a batch at a time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/fold_state.h"

#include <string.h>

#define BASE_SLACK 8 /* periods left before the first one seen */

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

/* Say how the times of the rows to come are read. */
void
fold_set_day_reader(Fold *fold, DayReader reader)
{
	if (reader.read == fold->batch.reader.read &&
		reader.zone == fold->batch.reader.zone)
		return;
	fold_flush(fold);
	fold->batch.reader = reader;
}

/* Add the values of the batch to what its customers brought. */
static void
fold_add_values(Fold *fold, const Period *bits, const uint32_t *slots)
{
	const Batch *batch = &fold->batch;
	Period periods[KEY_TABLE_BATCH];
	uint32_t who[KEY_TABLE_BATCH];
	Wide amounts[KEY_TABLE_BATCH];
	int count = 0;

	for (int i = 0; i < batch->used; i++)
		if (batch->marks[i] & MARK_VALUE && batch->scales[i] > fold->scale)
			fold_rescale(fold, batch->scales[i]);
	for (int i = 0; i < batch->used; i++)
	{
		if (!(batch->marks[i] & MARK_VALUE))
			continue;
		periods[count] = bits[i];
		who[count] = slots[i];
		amounts[count++] =
			money_rescale(batch->values[i], batch->scales[i], fold->scale);
	}
	fold->has_value |= count > 0;
	sum_columns_add(&fold->sums, periods, who, amounts, count,
					fold->key_table.nslots);
}

/* Take down the first days of customers, and who has values. */
static void
fold_mark_customers(Fold *fold, const Day *days, const uint32_t *slots)
{
	const Batch *batch = &fold->batch;
	Memberships *memberships = &fold->memberships;

	for (int i = 0; i < batch->used; i++)
		if (!chunked_array_lack(&memberships->marks, slots[i]))
			__builtin_prefetch(chunked_array_item(&memberships->marks, slots[i],
												  sizeof(uint32_t)),
							   1);
	for (int i = 0; i < batch->used; i++)
	{
		uint8_t marks = batch_marks(batch, i);
		uint32_t mark = MEMBER_KNOWN;

		if (marks & MARK_START)
			mark = member_mark(days[i]);
		if (marks & MARK_VALUE)
			mark |= MEMBER_VALUE;
		memberships_mark(memberships, slots[i], mark);
	}
}

/* Number the memberships that wait. */
static void
fold_flush_memberships(Fold *fold)
{
	Memberships *memberships = &fold->memberships;
	uint32_t slots[KEY_TABLE_BATCH];
	int nrows = memberships->batch.used;

	if (nrows == 0)
		return;
	check_interrupts();
	fold_number(fold, memberships->batch.keys, nrows, slots);
	for (int i = 0; i < nrows; i++)
	{
		memberships->waiting[i].slot = slots[i];
		memberships_add(memberships, &memberships->waiting[i]);
	}
	batch_clear(&memberships->batch, fold->key_table.nslots);
}

/* Number and mark the rows of the batch. */
static void
fold_flush_rows(Fold *fold)
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
		fold_add_values(fold, bits, slots);
	if (fold->has_memberships)
		fold_mark_customers(fold, days, slots);
	batch_clear(batch, fold->key_table.nslots);
	fold_consider_radix(fold, before);
}

/* Work off what waits. */
void
fold_flush(Fold *fold)
{
	fold_flush_rows(fold);
	if (fold->has_memberships)
		fold_flush_memberships(fold);
}
