/*
 * chunk_read.c
 *		Customers of a fold out of bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

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

/* Make a fold of the kind that a chunk has. */
static Fold *
chunk_fold(Context context, const ByteReader *reader, Budget *budget)
{
	ByteReader ahead = *reader;
	FoldHead head;
	Fold *fold;

	read_raw(&ahead, &head, sizeof(head));
	fold = fold_new(context, head.kind, head.calendar, head.is_marked,
					head.has_values, budget);
	if (head.has_memberships)
		fold_expect_memberships(fold);
	if (head.has_as_of)
		fold_set_as_of(fold, head.as_of);
	return fold;
}

/* Take in the sums of a chunk; slots: by customer of the chunk, slot here. */
static void
sums_absorb(Fold *into, ByteReader *reader, const ChunkedArray *slots,
			int scale)
{
	SumHead head;
	uint32_t who[SUM_COLUMN_BATCH];
	uint64_t low[SUM_COLUMN_BATCH];
	uint64_t high[SUM_COLUMN_BATCH];
	Period periods[SUM_COLUMN_BATCH];
	Wide sums[SUM_COLUMN_BATCH];

	for (;;)
	{
		check_interrupts();
		read_raw(reader, &head, sizeof(head));
		if (head.count == 0)
			return;
		read_raw(reader, who, head.count * sizeof(uint32_t));
		if (!words_read(reader, low, head.count))
			memset(low, 0, sizeof(low));
		if (!head.is_wide || !words_read(reader, high, head.count))
			memset(high, 0, sizeof(high));
		for (int i = 0; i < head.count; i++)
		{
			Wide sum = sum_unfold(((UWide) high[i] << 64) | low[i]);

			who[i] = *(uint32_t *) chunked_array_peek(slots, who[i]);
			periods[i] = head.bit;
			sums[i] = money_rescale(sum, scale, into->scale);
		}
		sum_columns_add(&into->sums, periods, who, sums, head.count,
						into->key_table.nslots);
	}
}

/* The segments of a chunk, by their numbers there: their numbers here. */
static int32_t *
segments_absorb(Fold *into, ByteReader *reader, int nsegments)
{
	int32_t *segments =
		runtime_alloc(NULL, ((size_t) nsegments + 1) * sizeof(int32_t));

	for (int i = 0; i < nsegments; i++)
	{
		Label label;

		read_raw(reader, &label.size, sizeof(label.size));
		if ((size_t) (reader->end - reader->at) < label.size)
			reader_fail(reader);
		label.data = (const char *) reader->at;
		reader->at += label.size;
		segments[i] = dictionary_intern(&into->memberships.segments, &label);
	}
	return segments;
}

/* Take in the memberships of a chunk. */
static void
memberships_absorb(Fold *into, ByteReader *reader, const ChunkedArray *slots,
				   const int32_t *segments)
{
	SlotMembership piece[KEY_TABLE_BATCH];
	int32_t count;

	for (;;)
	{
		check_interrupts();
		read_raw(reader, &count, sizeof(count));
		if (count == 0)
			return;
		read_raw(reader, piece, count * sizeof(SlotMembership));
		for (int i = 0; i < count; i++)
		{
			piece[i].slot =
				*(uint32_t *) chunked_array_peek(slots, piece[i].slot);
			piece[i].segment = segments[piece[i].segment];
			memberships_add(&into->memberships, &piece[i]);
		}
	}
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
	int32_t *segments = NULL;
	bool has_more; /* than bits */

	read_raw(reader, &head, sizeof(head));
	if (!calendar_is(into->calendar, head.calendar))
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Give the same grain for every row.",
					  "grain changes from row to row");
	if (into->has_as_of != head.has_as_of || into->as_of != head.as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Give the same as_of for every row.",
					  "as_of changes from row to row");
	fold_flush(into);
	has_more = head.has_sums || head.has_memberships;
	if (has_more)
		fold_refuse_radix(into); /* slots are remembered until the end */
	if (head.has_memberships)
		segments = segments_absorb(into, reader, head.nsegments);
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
		for (int i = 0; has_more && i < count; i++)
			*(uint32_t *) chunked_array_reach(&slots, customer++) =
				block->slots[i];
		for (int s = 0; s < 2; s++)
			for (int i = 0; i < head.nbitmap_columns[s]; i++)
				if (words_read(reader, words, count))
					block_words(sets[s], firsts[s][i], block, words);
		if (head.has_memberships && words_read(reader, words, count))
			for (int i = 0; i < count; i++)
				memberships_mark(&into->memberships, block->slots[i],
								 (uint32_t) words[i]);
		fold_consider_radix(into, before);
		if (!has_more)
			fold_consider_overflow(into);
	}
	if (head.has_sums)
		sums_absorb(into, reader, &slots, head.scale);
	if (head.has_memberships)
	{
		memberships_absorb(into, reader, &slots, segments);
		runtime_free(segments);
	}
	fold_consider_overflow(into);
	chunked_array_close(&slots);
	runtime_free(firsts[0]);
	runtime_free(firsts[1]);
	runtime_free(block);
}

/* Take in the bytes of a fold; into may be NULL. */
Fold *
fold_absorb(Fold *into, Context context, const void *data, size_t size,
			Budget *budget)
{
	ByteReader reader;

	reader_open(&reader, data, size, "retention fold");
	if (into == NULL)
		into = chunk_fold(context, &reader, budget);
	while (reader.at != reader.end)
		chunk_absorb(into, &reader);
	return into;
}

/* A part of a fold that is all in the file, as a fold. */
static Fold *
fold_part(Fold *fold, int part)
{
	Fold *whole =
		fold_new(fold->context, fold->kind, fold->calendar, fold->is_marked,
				 fold->has_values, fold->overflow.budget);
	PieceReader pieces;

	whole->overflow.parts.level = fold->overflow.parts.level + 1;
	if (fold->has_memberships)
	{
		fold_expect_memberships(whole);
		whole->memberships.segments = fold->memberships.segments;
	}
	if (fold->has_as_of)
		fold_set_as_of(whole, fold->as_of);
	piece_reader_open(&pieces, &fold->overflow, &fold->overflow.parts, part);
	while (piece_next(&pieces))
	{
		ByteReader reader;

		reader_open(&reader, pieces.data, pieces.size, "retention fold");
		chunk_absorb(whole, &reader);
	}
	return whole;
}

/*
 * Hand over the fold, or where it has overflowed part by part: each time a fold
 * that is all in memory.
 */
void
fold_each_part(Fold *fold, FoldTake take, void *arg)
{
	if (!overflow_is_written(&fold->overflow))
	{
		take(fold, arg);
		return;
	}
	if (fold->key_table.nslots > 0)
		fold_overflow(fold);
	for (int part = 0; part < overflow_nparts(&fold->overflow.parts); part++)
	{
		Fold *whole = fold_part(fold, part);

		fold_each_part(whole, take, arg);
		fold_free(whole);
	}
}
