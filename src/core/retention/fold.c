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
	/* a slot without a bit may have a value there, and be a customer */
	fold->no_radix = is_marked && has_values;
	fold->period_cache = period_cache_of(calendar);
	key_table_open(&fold->key_table, context, kind, false);
	bitmap_columns_open(&fold->returns, context);
	bitmap_columns_open(&fold->starts, context);
	sum_columns_open(&fold->sums, context);
	batch_open(&fold->batch, context, kind, is_marked || has_values,
			   has_values);
}

/* Take memberships as well from now on: before the first row. */
void
fold_expect_memberships(Fold *fold)
{
	fold->has_memberships = true;
	memberships_open(&fold->memberships, fold->context, fold->kind);
}

/* Say when observation ends: before the first row. */
void
fold_set_as_of(Fold *fold, Day as_of)
{
	fold->has_as_of = true;
	fold->as_of = as_of;
}

/* Forget the customers, not what is known of all of them. */
void
fold_forget(Fold *fold)
{
	key_table_close(&fold->key_table);
	key_table_open(&fold->key_table, fold->context, fold->kind, false);
	bitmap_columns_close(&fold->returns);
	bitmap_columns_close(&fold->starts);
	sum_columns_close(&fold->sums);
	if (fold->has_memberships)
		memberships_forget(&fold->memberships);
}

/* Give everything back; the batch must be empty. */
void
fold_free(Fold *fold)
{
	fold_forget(fold);
	if (fold->has_memberships)
		memberships_close(&fold->memberships);
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
		   bitmap_columns_size(&fold->starts) + sum_columns_size(&fold->sums) +
		   batch_size(&fold->batch) +
		   (fold->has_memberships ? memberships_size(&fold->memberships) : 0);
}

/* Bring all values to a larger scale. */
void
fold_rescale(Fold *fold, int scale)
{
	sum_columns_enlarge(&fold->sums, scale - fold->scale);
	fold->scale = scale;
}
