/*
 * fold.c
 *		The state of the whole triangle from raw rows in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/fold_state.h"

#include <string.h>

/* Begin a fold, in memory that is zero. */
void
fold_open(Fold *fold, Context context, KeyKind kind, Calendar calendar,
		  bool is_marked, bool has_values)
{
	fold->context = context;
	fold->kind = kind;
	fold->calendar = calendar;
	fold->is_marked = is_marked;
	fold->has_values = has_values;
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
	overflow_close(&fold->overflow);
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
