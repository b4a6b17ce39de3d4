/*
 * fold.c
 *		The whole triangle from raw rows in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/parcel.h"

#include <string.h>

#define FIRST_ROOM 8	/* rows of the first batch */
#define PAGED_FROM 8192 /* customers before a directory is considered */
#define BASE_SLACK 8	/* periods left before the first one seen */

/*
 * Make the batch larger, up to what the roster numbers at once.  While there
 * are few customers, all of them are in the cache and a small batch will do.
 */
static void
batch_grow(Fold *fold)
{
	FoldBatch *batch = &fold->batch;
	int room = batch->room ? batch->room * 4 : FIRST_ROOM;

	if (batch->room == ROSTER_BATCH ||
		(batch->room > 0 && (uint32_t) batch->room > fold->roster.nslots))
		return;
	if (room > ROSTER_BATCH)
		room = ROSTER_BATCH;
	if (batch->room > 0)
	{
		host_free(batch->keys);
		host_free(batch->days);
		host_free(batch->marks);
		if (batch->values)
			host_free(batch->values);
	}
	batch->keys = host_alloc(fold->arena, room * sizeof(Key));
	batch->days = host_alloc(fold->arena, room * sizeof(Day));
	batch->marks = host_alloc(fold->arena, room);
	if (fold->has_values)
		batch->values = host_alloc(fold->arena, room * sizeof(Wide));
	batch->room = room;
}

Fold *
fold_new(HostArena arena, KeyKind kind, Calendar calendar, bool is_marked,
		 bool has_values, size_t budget)
{
	Fold *fold = host_alloc_zero(arena, sizeof(Fold));

	fold->arena = arena;
	fold->kind = kind;
	fold->calendar = calendar;
	fold->is_marked = is_marked;
	fold->has_values = has_values;
	fold->budget = budget;
	fold->is_empty = true;
	fold->last = DAY_FIRST;
	fold->no_pages = has_values; /* there, every slot must be a customer */
	fold->almanac = almanac_of(calendar);
	roster_open(&fold->roster, arena, kind, false);
	planes_open(&fold->returns, arena);
	planes_open(&fold->starts, arena);
	roster_open(&fold->sums, arena, KEY_NUMBER, false);
	pages_open(&fold->values, arena, sizeof(Wide));
	batch_grow(fold);
	return fold;
}

/* Forget the customers, not what is known of all of them. */
void
fold_forget(Fold *fold)
{
	roster_close(&fold->roster);
	roster_open(&fold->roster, fold->arena, fold->kind, false);
	planes_close(&fold->returns);
	planes_close(&fold->starts);
	roster_close(&fold->sums);
	roster_open(&fold->sums, fold->arena, KEY_NUMBER, false);
	pages_close(&fold->values);
}

/* Give everything back; the batch must be empty. */
void
fold_free(Fold *fold)
{
	fold_forget(fold);
	host_free(fold->batch.keys);
	host_free(fold->batch.days);
	host_free(fold->batch.marks);
	if (fold->batch.values != NULL)
		host_free(fold->batch.values);
	if (fold->batch.text != NULL)
		host_free(fold->batch.text);
	host_free(fold);
}

/* Bytes in use */
size_t
fold_size(const Fold *fold)
{
	return sizeof(Fold) + roster_size(&fold->roster) +
		   planes_size(&fold->returns) + planes_size(&fold->starts) +
		   roster_size(&fold->sums) + pages_size(&fold->values) +
		   fold->batch.text_room +
		   fold->batch.room * (sizeof(Key) + sizeof(Day) + 1);
}

/* The key of the next row is this text, which is copied. */
void
fold_keep_text(Fold *fold, KeyText text)
{
	FoldBatch *batch = &fold->batch;
	char *copy;

	/* flushing the batch leaves the value kept for this row behind */
	if (text.size > batch->text_room - batch->text_used)
	{
		Wide value = fold->has_values ? batch->values[batch->used] : 0;
		size_t room;

		fold_flush(fold);
		room = batch->room * 64;
		if (fold->has_values)
			batch->values[0] = value;
		if (room < text.size)
			room = text.size;
		if (room > batch->text_room)
		{
			if (batch->text)
				host_free(batch->text);
			batch->text = host_alloc(fold->arena, room);
			batch->text_room = room;
		}
	}
	copy = batch->text + batch->text_used;
	memcpy(copy, text.data, text.size);
	batch->keys[batch->used].text = (KeyText){copy, text.size};
	batch->text_used += text.size;
}

/* Bring all values to a larger scale. */
void
fold_rescale(Fold *fold, int scale)
{
	fold_flush(fold);
	for (uint32_t i = 0; i < fold->sums.nslots; i++)
	{
		Wide *value = pages_peek(&fold->values, i);

		host_poll();
		*value = money_rescale(*value, fold->scale, scale);
	}
	fold->scale = scale;
}

/* The value of the next row. */
void
fold_keep_value(Fold *fold, Wide value, int scale)
{
	FoldBatch *batch = &fold->batch;

	if (scale > fold->scale)
		fold_rescale(fold, scale);
	fold->has_value = true;
	batch->values[batch->used] = money_rescale(value, scale, fold->scale);
}

/* Add values to what customers brought in a period or on a day. */
void
fold_add_sums(Fold *fold, const Key *pairs, const Wide *values, int npairs)
{
	uint32_t numbers[ROSTER_BATCH];

	roster_number(&fold->sums, pairs, npairs, numbers);
	for (int i = 0; i < npairs; i++)
	{
		Wide *sum = pages_reach(&fold->values, numbers[i]);

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

/* Give planes their base before their first bit. */
static void
planes_base(Planes *planes, const Period *bits, int nbits)
{
	Period least = bits[0];

	if (planes->has_base)
		return;
	for (int i = 1; i < nbits; i++)
		if (bits[i] < least)
			least = bits[i];
	planes->base = (int64_t) least - BASE_SLACK;
	planes->has_base = true;
}

/* Set a bit for each row that has the mark. */
static void
planes_mark(Planes *planes, const Period *bits, const uint32_t *slots,
			const uint8_t *marks, uint8_t mark, int nrows)
{
	planes_base(planes, bits, nrows);
	for (int i = 0; i < nrows; i++)
	{
		Plane *plane;

		if (!(marks[i] & mark))
			continue;
		plane = planes_at(planes, bits[i]);
		__builtin_prefetch(pages_reach(&plane->words, slots[i]), 1);
	}
	for (int i = 0; i < nrows; i++)
	{
		uint64_t *word;

		if (!(marks[i] & mark))
			continue;
		word = pages_peek(&planes_at(planes, bits[i])->words, slots[i]);
		*word |= plane_bit(planes, bits[i]);
	}
}


/* Should the roster of numbers be a directory instead of a table? */
void
fold_consider_pages(Fold *fold, uint32_t before)
{
	const Roster *roster = &fold->roster;

	if (fold->kind != KEY_NUMBER || fold->no_pages || roster->is_paged ||
		roster->nslots < PAGED_FROM)
		return;
	/* look at every doubling */
	if (__builtin_clz(before | 1) != __builtin_clz(roster->nslots) &&
		roster_is_dense(roster))
		parcel_repage(fold, true);
}

/* Number keys, giving the directory up if one lies too far off for it. */
void
fold_number(Fold *fold, const Key *keys, int nkeys, uint32_t *slots)
{
	if (roster_number(&fold->roster, keys, nkeys, slots))
		return;
	fold->no_pages = true;
	parcel_repage(fold, false);
	roster_number(&fold->roster, keys, nkeys, slots);
}

/* Number and mark the rows of the batch. */
void
fold_flush(Fold *fold)
{
	FoldBatch *batch = &fold->batch;
	uint32_t slots[ROSTER_BATCH];
	Period bits[ROSTER_BATCH];
	uint32_t before = fold->roster.nslots;
	int nrows = batch->used;

	if (nrows == 0)
		return;
	host_poll();
	fold->is_empty = false;
	for (int i = 0; i < nrows; i++)
	{
		if (batch->days[i] > fold->last)
			fold->last = batch->days[i];
		bits[i] = fold->is_marked
					  ? batch->days[i]
					  : almanac_period(fold->almanac, batch->days[i]);
	}
	fold_number(fold, batch->keys, nrows, slots);
	planes_mark(&fold->returns, bits, slots, batch->marks, MARK_RETURN, nrows);
	if (fold->is_marked)
		planes_mark(&fold->starts, bits, slots, batch->marks, MARK_START,
					nrows);
	if (fold->has_values)
	{
		Key pairs[ROSTER_BATCH];
		Wide values[ROSTER_BATCH];
		int npairs = 0;

		for (int i = 0; i < nrows; i++)
			if (batch->marks[i] & MARK_VALUE)
			{
				pairs[npairs] = fold_pair(slots[i], bits[i]);
				values[npairs++] = batch->values[i];
			}
		fold_add_sums(fold, pairs, values, npairs);
	}
	batch->used = 0;
	batch->text_used = 0;
	batch_grow(fold);
	fold_consider_pages(fold, before);
	fold_consider_spill(fold);
}

