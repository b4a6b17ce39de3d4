/*
 * fold_index.c
 *		The slots of a fold's customers, by a hash table or a radix directory.
 *
 * Customers move in blocks of up to 256, with their words of every bitmap
 * column, whatever the base these count from.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/fold_state.h"

#include <string.h>

#define RADIX_FROM 8192 /* customers before a radix directory is considered */
#define SLOTS_EACH 3	/* of a radix directory, at the most */

static inline bool
slot_used(const Fold *fold, uint32_t slot)
{
	if (!fold->key_table.is_radix)
		return true;
	if (fold->has_memberships)
		return memberships_marks(&fold->memberships, slot) != 0;
	for (int i = 0; i < fold->returns.nbitmap_columns; i++)
		if (bitmap_column_word(&fold->returns.bitmap_columns[i], slot) != 0)
			return true;
	for (int i = 0; i < fold->starts.nbitmap_columns; i++)
		if (bitmap_column_word(&fold->starts.bitmap_columns[i], slot) != 0)
			return true;
	return false;
}

/*
 * Gather the next customers of a fold, of one part if parts says which part
 * each slot belongs to; false at the end.
 */
bool
block_next(const Fold *fold, const uint8_t *parts, int part, Block *block,
		   uint32_t *next)
{
	block->ncustomers = 0;
	while (*next < fold->key_table.nslots &&
		   block->ncustomers < KEY_TABLE_BATCH)
	{
		uint32_t slot = (*next)++;

		if ((parts != NULL && parts[slot] != part) || !slot_used(fold, slot))
			continue;
		block->keys[block->ncustomers] = key_table_key(&fold->key_table, slot);
		block->slots[block->ncustomers++] = slot;
	}
	check_interrupts();
	return block->ncustomers > 0;
}

/*
 * Set words of 64 periods from first on, whatever the base they came from.
 */
void
block_words(BitmapColumns *bitmap_columns, int64_t first, const Block *block,
			const uint64_t *words)
{
	int shift;
	int32_t number;

	if (!bitmap_columns->has_base)
	{
		bitmap_columns->base = first;
		bitmap_columns->has_base = true;
	}
	number = (int32_t) ((first - bitmap_columns->base) >> 6);
	shift = (int) ((first - bitmap_columns->base) & 63);
	for (int i = 0; i < block->ncustomers; i++)
		if (words[i] << shift)
		{
			BitmapColumn *bitmap_column =
				bitmap_columns_find(bitmap_columns, number);

			*(uint64_t *) chunked_array_reach(
				&bitmap_column->words, block->slots[i]) |= words[i] << shift;
		}
	for (int i = 0; shift != 0 && i < block->ncustomers; i++)
		if (words[i] >> (64 - shift))
		{
			BitmapColumn *bitmap_column =
				bitmap_columns_find(bitmap_columns, number + 1);

			*(uint64_t *) chunked_array_reach(&bitmap_column->words,
											  block->slots[i]) |=
				words[i] >> (64 - shift);
		}
}

/* The words of a bitmap column for the customers of a block; false if all are zero */
bool
bitmap_column_words(const BitmapColumn *bitmap_column, const Block *block,
					uint64_t *words)
{
	uint64_t any = 0;

	for (int i = 0; i < block->ncustomers; i++)
		any |= words[i] = bitmap_column_word(bitmap_column, block->slots[i]);
	return any != 0;
}

/* Renumber the customers by a radix directory, or by a table again. */
static void
change_index(Fold *fold, bool is_radix)
{
	Fold old = *fold;
	Block *block = runtime_alloc(NULL, sizeof(Block));
	uint64_t words[KEY_TABLE_BATCH];
	uint32_t *new_slots = NULL;
	uint32_t next = 0;

	if (fold->has_values || fold->has_memberships)
		new_slots =
			runtime_alloc(NULL, old.key_table.nslots * sizeof(uint32_t));
	key_table_open(&fold->key_table, fold->context, fold->kind, is_radix);
	if (is_radix)
		key_table_reach(&fold->key_table, &old.key_table);
	bitmap_columns_open(&fold->returns, fold->context);
	bitmap_columns_open(&fold->starts, fold->context);
	while (block_next(&old, NULL, 0, block, &next))
	{
		Block theirs = *block;

		if (!key_table_number(&fold->key_table, block->keys, block->ncustomers,
							  block->slots))
		{
			/* they lie too far apart after all: stay with the table */
			fold->no_radix = true;
			key_table_close(&fold->key_table);
			bitmap_columns_close(&fold->returns);
			bitmap_columns_close(&fold->starts);
			fold->key_table = old.key_table;
			fold->returns = old.returns;
			fold->starts = old.starts;
			runtime_free(block);
			if (new_slots != NULL)
				runtime_free(new_slots);
			return;
		}
		for (int i = 0; new_slots != NULL && i < block->ncustomers; i++)
			new_slots[theirs.slots[i]] = block->slots[i];
		for (int i = 0; i < old.returns.nbitmap_columns; i++)
			if (bitmap_column_words(&old.returns.bitmap_columns[i], &theirs,
									words))
				block_words(&fold->returns,
							bitmap_column_first(&old.returns,
												&old.returns.bitmap_columns[i]),
							block, words);
		for (int i = 0; i < old.starts.nbitmap_columns; i++)
			if (bitmap_column_words(&old.starts.bitmap_columns[i], &theirs,
									words))
				block_words(&fold->starts,
							bitmap_column_first(&old.starts,
												&old.starts.bitmap_columns[i]),
							block, words);
	}
	key_table_close(&old.key_table);
	bitmap_columns_close(&old.returns);
	bitmap_columns_close(&old.starts);
	runtime_free(block);
	if (new_slots == NULL)
		return;
	sum_columns_move(&fold->sums, new_slots, fold->key_table.nslots);
	if (fold->has_memberships)
		memberships_move(&fold->memberships, new_slots);
	runtime_free(new_slots);
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
		change_index(fold, true);
}

/* Number by the table from now on, whose slots stay what they are. */
void
fold_refuse_radix(Fold *fold)
{
	fold->no_radix = true;
	if (fold->key_table.is_radix)
		change_index(fold, false);
}
