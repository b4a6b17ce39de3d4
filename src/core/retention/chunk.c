/*
 * chunk.c
 *		Customers on their way from one fold to another: to another process,
 *		to a file and back, or to a fold that numbers them differently.
 *
 * A chunk is a head, blocks of up to 256 customers with their words of every
 * bitmap column, and the values.  It says where its bitmap columns begin, for
 * every fold has a base of its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

/*
 * A block: up to 256 customers on the way.
 */
typedef struct Block
{
	int ncustomers;
	Key keys[KEY_TABLE_BATCH];
	uint32_t slots[KEY_TABLE_BATCH]; /* in the fold they come from */
} Block;

static inline bool
slot_used(const Fold *fold, uint32_t slot)
{
	if (!fold->key_table.is_radix)
		return true;
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
static bool
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
static void
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
static bool
bitmap_column_words(const BitmapColumn *bitmap_column, const Block *block,
					uint64_t *words)
{
	uint64_t any = 0;

	for (int i = 0; i < block->ncustomers; i++)
		any |= words[i] = bitmap_column_word(bitmap_column, block->slots[i]);
	return any != 0;
}

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

/* Read words; false if all are zero. */
static bool
words_read(ByteReader *reader, uint64_t *words, int nwords)
{
	uint8_t bytes[KEY_TABLE_BATCH * sizeof(uint64_t) + sizeof(uint64_t)];
	uint8_t places[KEY_TABLE_BATCH];
	uint64_t mask;
	uint16_t nsome;
	uint8_t width;

	read_raw(reader, &nsome, sizeof(nsome));
	read_raw(reader, &width, sizeof(width));
	if (nsome == 0)
		return false;
	if (nsome < nwords)
	{
		read_raw(reader, places, nsome);
		memset(words, 0, nwords * sizeof(uint64_t));
	}
	read_raw(reader, bytes, (size_t) nsome * width);
	mask = UINT64_MAX >> (64 - 8 * width);
	for (int i = 0; i < nsome; i++)
	{
		uint64_t word;

		memcpy(&word, bytes + i * width, sizeof(word));
		words[nsome < nwords ? places[i] : i] = little_endian(word) & mask;
	}
	return true;
}

/*
 * Renumber the customers by a radix directory, or by a table again.  Folds with
 * values never come here.
 */
void
chunk_change_index(Fold *fold, bool is_radix)
{
	Fold old = *fold;
	Block *block = runtime_alloc(NULL, sizeof(Block));
	uint64_t words[KEY_TABLE_BATCH];
	uint32_t next = 0;

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
			return;
		}
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
}

/* What goes ahead of the blocks */
typedef struct FoldHead
{
	KeyKind kind;
	Calendar calendar;
	bool is_marked;
	bool has_values;
	bool has_value;
	bool is_empty;
	int scale;
	Day last;
	int32_t nbitmap_columns[2];
	uint32_t nsums;
	uint32_t ncustomers; /* to make room for; 0: unknown */
} FoldHead;

typedef struct SumHead
{
	uint32_t customer; /* counted over all blocks */
	int32_t bit;
	uint64_t low;
	int64_t high;
} SumHead;

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

/* Write a fold, or one part of it. */
void
chunk_write(Fold *fold, const uint8_t *parts, int part, ByteWriter *writer)
{
	FoldHead head;
	Block *block = runtime_alloc(NULL, sizeof(Block));
	uint64_t words[KEY_TABLE_BATCH];
	const BitmapColumns *sets[2] = {&fold->returns, &fold->starts};
	uint32_t *customers = NULL; /* by slot: which of the chunk it is */
	uint32_t customer = 0;
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
			customers[block->slots[i]] = customer++;
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
}

/* Make a fold of the kind that a chunk has. */
Fold *
chunk_fold(Context context, const ByteReader *reader, size_t budget)
{
	ByteReader ahead = *reader;
	FoldHead head;

	read_raw(&ahead, &head, sizeof(head));
	return fold_new(context, head.kind, head.calendar, head.is_marked,
					head.has_values, budget);
}

/* Take in a chunk. */
void
chunk_absorb(Fold *into, ByteReader *reader)
{
	FoldHead head;
	Block *block = runtime_alloc(NULL, sizeof(Block));
	uint64_t words[KEY_TABLE_BATCH];
	BitmapColumns *sets[2];
	int64_t *firsts[2];
	ChunkedArray
		slots; /* by customer of the chunk: slot here, if it has sums */
	uint32_t customer = 0;

	read_raw(reader, &head, sizeof(head));
	if (into->calendar.grain != head.calendar.grain ||
		into->calendar.week_start != head.calendar.week_start)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Give the same grain for every row.",
					  "grain changes from row to row");
	fold_flush(into);
	key_table_expect(&into->key_table, head.ncustomers);
	into->is_empty &= head.is_empty;
	into->has_value |= head.has_value;
	if (head.last > into->last)
		into->last = head.last;
	if (head.scale > into->scale)
		fold_rescale(into, head.scale);
	sets[0] = &into->returns;
	sets[1] = &into->starts;
	for (int s = 0; s < 2; s++)
	{
		firsts[s] = runtime_alloc(
			NULL, (head.nbitmap_columns[s] + 1) * sizeof(int64_t));
		read_raw(reader, firsts[s], head.nbitmap_columns[s] * sizeof(int64_t));
	}
	chunked_array_open(&slots, NULL, sizeof(uint32_t));
	for (;;)
	{
		int32_t count;
		uint32_t before = into->key_table.nslots;

		check_interrupts();
		read_raw(reader, &count, sizeof(count));
		if (count == 0)
			break;
		block->ncustomers = count;
		for (int i = 0; i < count; i++)
			block->keys[i] = key_read(into->kind, reader);
		fold_number(into, block->keys, count, block->slots);
		for (int i = 0; head.nsums > 0 && i < count; i++)
			*(uint32_t *) chunked_array_reach(&slots, customer++) =
				block->slots[i];
		for (int s = 0; s < 2; s++)
			for (int i = 0; i < head.nbitmap_columns[s]; i++)
				if (words_read(reader, words, count))
					block_words(sets[s], firsts[s][i], block, words);
		fold_consider_radix(into, before);
		if (head.nsums == 0)
			fold_consider_spill(into);
	}
	for (uint32_t i = 0; i < head.nsums; i++)
	{
		SumHead sum;
		Key pair;
		Wide value;

		check_interrupts();
		read_raw(reader, &sum, sizeof(sum));
		pair = fold_pair(*(uint32_t *) chunked_array_peek(&slots, sum.customer),
						 sum.bit);
		value = (Wide) (((UWide) (uint64_t) sum.high << 64) | sum.low);
		value = money_rescale(value, head.scale, into->scale);
		fold_add_sums(into, &pair, &value, 1);
	}
	fold_consider_spill(into);
	chunked_array_close(&slots);
	runtime_free(firsts[0]);
	runtime_free(firsts[1]);
	runtime_free(block);
}
