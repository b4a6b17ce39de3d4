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

/* The slot that a sum belongs to. */
static inline uint32_t
sum_slot(const Fold *fold, uint32_t sum)
{
	return (uint32_t) ((uint64_t) key_table_key(&fold->sums, sum).number >> 32);
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

/* Write a fold, or one part of it; how many customers that has. */
uint32_t
chunk_write(Fold *fold, const uint8_t *parts, int part, ByteWriter *writer)
{
	FoldHead head;
	Block *block = runtime_alloc(NULL, sizeof(Block));
	uint64_t words[KEY_TABLE_BATCH];
	const BitmapColumns *sets[2] = {&fold->returns, &fold->starts};
	uint32_t *customers = NULL; /* by slot: which of the chunk it is */
	uint32_t ncustomers = 0;
	uint32_t next = 0;
	int32_t none = 0;

	memset(&head, 0, sizeof(head));
	head.kind = fold->kind;
	head.calendar = fold->calendar;
	head.is_marked = fold->is_marked;
	head.has_values = fold->has_values;
	head.has_value = fold->has_value;
	head.is_empty = fold->is_empty;
	head.scale = fold->scale;
	head.last = fold->last;
	if (parts == NULL && !fold->key_table.is_radix)
		head.ncustomers = fold->key_table.nslots;
	head.nbitmap_columns[0] = fold->returns.nbitmap_columns;
	head.nbitmap_columns[1] = fold->starts.nbitmap_columns;
	if (fold->sums.nslots > 0)
		customers =
			runtime_alloc(NULL, fold->key_table.nslots * sizeof(uint32_t));
	for (uint32_t i = 0; i < fold->sums.nslots; i++)
		head.nsums += parts == NULL || parts[sum_slot(fold, i)] == part;
	if (parts == NULL)
		chunk_reserve(fold, writer);
	write_raw(writer, &head, sizeof(head));
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

		for (int i = 0; customers != NULL && i < count; i++)
			customers[block->slots[i]] = ncustomers + (uint32_t) i;
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
	}
	write_raw(writer, &none, sizeof(none));
	for (uint32_t i = 0; i < fold->sums.nslots; i++)
	{
		uint64_t pair = (uint64_t) key_table_key(&fold->sums, i).number;
		uint32_t slot = sum_slot(fold, i);
		Wide value = *(Wide *) chunked_array_peek(&fold->values, i);
		SumHead sum = {customers[slot], (int32_t) (uint32_t) pair,
					   (uint64_t) value, (int64_t) (value >> 64)};

		check_interrupts();
		if (parts == NULL || parts[slot] == part)
			write_raw(writer, &sum, sizeof(sum));
	}
	if (customers != NULL)
		runtime_free(customers);
	runtime_free(block);
	return ncustomers;
}
