/*
 * chunk_write.c
 *		Customers of a fold as bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

/*
 * Write words: how many are not zero, which, if they are few, and of each no
 * more bytes than the largest needs.  Bitmap columns of days are mostly zeros,
 * and months of two years have 24 bits.
 */
static void
words_write(ByteWriter *writer, const uint64_t *words, int nwords)
{
	uint8_t bytes[KEY_TABLE_BATCH * sizeof(uint64_t) + sizeof(uint64_t)];
	uint8_t places[KEY_TABLE_BATCH];
	uint16_t nsome = 0;
	uint64_t any = 0;
	uint8_t width;

	for (int i = 0; i < nwords; i++)
		any |= words[i];
	width = any == 0 ? 0 : (uint8_t) (8 - __builtin_clzll(any) / 8);
	for (int i = 0; i < nwords; i++)
	{
		uint64_t word = little_endian(words[i]);

		/* what is too much is overwritten by the next */
		memcpy(bytes + nsome * width, &word, sizeof(word));
		places[nsome] = (uint8_t) i;
		nsome += words[i] != 0;
	}
	write_raw(writer, &nsome, sizeof(nsome));
	write_raw(writer, &width, sizeof(width));
	if (nsome < nwords)
		write_raw(writer, places, nsome);
	write_raw(writer, bytes, (size_t) nsome * width);
}

/*
 * Make about as much room as a fold will need: to grow by doubling would copy
 * and touch more.  A bitmap column of many is mostly zeros.
 */
static void
chunk_reserve(const Fold *fold, ByteWriter *writer)
{
	int nbitmap_columns =
		fold->returns.nbitmap_columns + fold->starts.nbitmap_columns;
	size_t key = fold->kind == KEY_NUMBER ? sizeof(int64_t) : sizeof(Key);
	size_t each =
		key + sizeof(uint64_t) * (nbitmap_columns < 2 ? nbitmap_columns : 2);
	size_t room = fold->key_table.nslots * each;

	if (room < (BYTES_LIMIT - writer->used) / 4)
		writer_make_room(writer, room);
}

/* Write sums of one period. */
static void
sums_write_piece(ByteWriter *writer, Period bit, const uint32_t *customers,
				 const Wide *sums, int count)
{
	SumHead head;
	uint64_t low[SUM_COLUMN_BATCH];
	uint64_t high[SUM_COLUMN_BATCH];
	uint64_t any = 0;

	for (int i = 0; i < count; i++)
	{
		UWide bits = sum_fold(sums[i]);

		low[i] = (uint64_t) bits;
		any |= high[i] = (uint64_t) (bits >> 64);
	}
	memset(&head, 0, sizeof(head));
	head.count = count;
	head.bit = bit;
	head.is_wide = any != 0;
	write_raw(writer, &head, sizeof(head));
	write_raw(writer, customers, count * sizeof(uint32_t));
	words_write(writer, low, count);
	if (head.is_wide)
		words_write(writer, high, count);
}

/* Write what the customers of a list have, those of the chunk. */
static void
sums_write_list(ByteWriter *writer, const SumColumn *column,
				const uint8_t *parts, int part, const uint32_t *customers)
{
	uint32_t slots[SUM_COLUMN_BATCH];
	Wide sums[SUM_COLUMN_BATCH];
	uint32_t next = 0;
	int count;

	while ((count = sum_column_read(column, &next, slots, sums)) > 0)
	{
		int ours = 0;

		check_interrupts();
		for (int i = 0; i < count; i++)
			if (parts == NULL || parts[slots[i]] == part)
			{
				sums[ours] = sums[i];
				slots[ours++] = customers[slots[i]];
			}
		if (ours > 0)
			sums_write_piece(writer, column->period, slots, sums, ours);
	}
}

/* Write what the customers of the chunk have in a column that is no list. */
static void
sums_write_array(ByteWriter *writer, const SumColumn *column,
				 const uint32_t *slots, uint32_t ncustomers)
{
	uint32_t customers[SUM_COLUMN_BATCH];
	Wide sums[SUM_COLUMN_BATCH];

	for (uint32_t from = 0; from < ncustomers; from += SUM_COLUMN_BATCH)
	{
		uint32_t past = from + SUM_COLUMN_BATCH;
		int count = 0;

		check_interrupts();
		for (uint32_t i = from; i < past && i < ncustomers; i++)
		{
			customers[count] = i;
			sums[count] = sum_column_at(column, slots[i]);
			count += sums[count] != 0;
		}
		if (count > 0)
			sums_write_piece(writer, column->period, customers, sums, count);
	}
}

/* Write the sums of the customers of the chunk. */
static void
sums_write(ByteWriter *writer, const SumColumns *sums, const uint8_t *parts,
		   int part, const uint32_t *customers, const uint32_t *slots,
		   uint32_t ncustomers)
{
	SumHead end;

	for (int i = 0; i < sums->ncolumns; i++)
	{
		const SumColumn *column = &sums->columns[i];

		if (column->is_list)
			sums_write_list(writer, column, parts, part, customers);
		else
			sums_write_array(writer, column, slots, ncustomers);
	}
	memset(&end, 0, sizeof(end));
	write_raw(writer, &end, sizeof(end));
}

/* Write the memberships of the customers of the chunk. */
static void
memberships_write(ByteWriter *writer, const Memberships *memberships,
				  const uint8_t *parts, int part, const uint32_t *customers)
{
	SlotMembership piece[KEY_TABLE_BATCH];
	int32_t count = 0;

	for (uint32_t i = 0; i < memberships->count; i++)
	{
		const SlotMembership *membership = chunked_array_item(
			&memberships->memberships, i, sizeof(SlotMembership));

		if (parts == NULL || parts[membership->slot] == part)
		{
			piece[count] = *membership;
			piece[count++].slot = customers[membership->slot];
		}
		if (count < KEY_TABLE_BATCH)
			continue;
		check_interrupts();
		write_raw(writer, &count, sizeof(count));
		write_raw(writer, piece, count * sizeof(SlotMembership));
		count = 0;
	}
	if (count > 0)
	{
		write_raw(writer, &count, sizeof(count));
		write_raw(writer, piece, count * sizeof(SlotMembership));
		count = 0;
	}
	write_raw(writer, &count, sizeof(count));
}

/* What the segments are called */
static void
segments_write(ByteWriter *writer, const Dictionary *segments)
{
	for (int i = 0; i < segments->count; i++)
	{
		const Label *label = &segments->labels[i];

		write_raw(writer, &label->size, sizeof(label->size));
		write_raw(writer, label->data, label->size);
	}
}

/* Write a fold, or one part of it; how many customers that has. */
uint32_t
chunk_write(Fold *fold, const uint8_t *parts, int part, ByteWriter *writer)
{
	FoldHead head;
	Block *block = runtime_alloc(NULL, sizeof(Block));
	uint64_t words[KEY_TABLE_BATCH];
	const BitmapColumns *sets[2] = {&fold->returns, &fold->starts};
	uint32_t *customers = NULL; /* by slot: which of the chunk it is */
	uint32_t *slots = NULL;		/* by which of the chunk it is */
	uint32_t ncustomers = 0;
	uint32_t next = 0;
	int32_t none = 0;
	bool has_more; /* than bits */

	memset(&head, 0, sizeof(head));
	head.kind = fold->kind;
	head.calendar = fold->calendar;
	head.is_marked = fold->is_marked;
	head.has_values = fold->has_values;
	head.has_value = fold->has_value;
	head.is_empty = fold->is_empty;
	head.scale = fold->scale;
	head.last = fold->last;
	head.has_as_of = fold->has_as_of;
	head.as_of = fold->as_of;
	if (parts == NULL && !fold->key_table.is_radix)
		head.ncustomers = fold->key_table.nslots;
	head.nbitmap_columns[0] = fold->returns.nbitmap_columns;
	head.nbitmap_columns[1] = fold->starts.nbitmap_columns;
	head.has_sums = fold->sums.ncolumns > 0;
	head.has_memberships = fold->has_memberships;
	head.nsegments =
		fold->has_memberships ? fold->memberships.segments.count : 0;
	has_more = head.has_sums || head.has_memberships;
	if (has_more)
	{
		size_t size = fold->key_table.nslots * sizeof(uint32_t);

		customers = runtime_alloc(NULL, size);
		slots = runtime_alloc(NULL, size);
	}
	if (parts == NULL)
		chunk_reserve(fold, writer);
	write_raw(writer, &head, sizeof(head));
	if (head.has_memberships)
		segments_write(writer, &fold->memberships.segments);
	for (int s = 0; s < 2; s++)
		for (int i = 0; i < sets[s]->nbitmap_columns; i++)
		{
			int64_t first =
				bitmap_column_first(sets[s], &sets[s]->bitmap_columns[i]);

			write_raw(writer, &first, sizeof(first));
		}
	while (block_next(fold, parts, part, block, &next))
	{
		int32_t count = block->ncustomers;

		for (int i = 0; has_more && i < count; i++)
		{
			customers[block->slots[i]] = ncustomers + (uint32_t) i;
			slots[ncustomers + (uint32_t) i] = block->slots[i];
		}
		ncustomers += (uint32_t) count;
		write_raw(writer, &count, sizeof(count));
		for (int i = 0; i < count; i++)
			key_write(fold->kind, &block->keys[i], writer);
		for (int s = 0; s < 2; s++)
			for (int i = 0; i < sets[s]->nbitmap_columns; i++)
			{
				bitmap_column_words(&sets[s]->bitmap_columns[i], block, words);
				words_write(writer, words, count);
			}
		for (int i = 0; head.has_memberships && i < count; i++)
			words[i] = memberships_marks(&fold->memberships, block->slots[i]);
		if (head.has_memberships)
			words_write(writer, words, count);
	}
	write_raw(writer, &none, sizeof(none));
	runtime_free(block);
	if (head.has_sums)
		sums_write(writer, &fold->sums, parts, part, customers, slots,
				   ncustomers);
	if (head.has_memberships)
		memberships_write(writer, &fold->memberships, parts, part, customers);
	if (has_more)
	{
		runtime_free(customers);
		runtime_free(slots);
	}
	return ncustomers;
}
