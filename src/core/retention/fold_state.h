/*
 * fold_state.h
 *		What the files of the fold share: from the state to its triangle, each
 *		knows only those above it here.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_FOLD_STATE_H
#define CVM_CORE_RETENTION_FOLD_STATE_H

#include "core/retention/fold.h"

/* fold.c: the state */
extern void fold_open(Fold *fold, Context context, KeyKind kind,
					  Calendar calendar, bool is_marked, bool has_values);
extern void fold_forget(Fold *fold);
extern void fold_rescale(Fold *fold, int scale);

/* fold_index.c: customers by number */

/* A block: up to 256 customers on the way from one fold to another */
typedef struct Block
{
	int ncustomers;
	Key keys[KEY_TABLE_BATCH];
	uint32_t slots[KEY_TABLE_BATCH]; /* in the fold they come from */
} Block;

extern bool block_next(const Fold *fold, const uint8_t *parts, int part,
					   Block *block, uint32_t *next);
extern void block_words(BitmapColumns *bitmap_columns, int64_t first,
						const Block *block, const uint64_t *words);
extern bool bitmap_column_words(const BitmapColumn *bitmap_column,
								const Block *block, uint64_t *words);
extern void fold_consider_radix(Fold *fold, uint32_t before);
extern void fold_refuse_radix(Fold *fold);

/* Number keys, giving the directory up if one lies too far off for it. */
static inline void
fold_number(Fold *fold, const Key *keys, int nkeys, uint32_t *slots)
{
	if (key_table_number(&fold->key_table, keys, nkeys, slots))
		return;
	fold_refuse_radix(fold);
	key_table_number(&fold->key_table, keys, nkeys, slots);
}

/* fold_overflow.c: parts in a file */
extern void fold_overflow(Fold *fold);
extern void fold_consider_overflow(Fold *fold);

#endif /* CVM_CORE_RETENTION_FOLD_STATE_H */
