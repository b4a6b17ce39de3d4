/*
 * spell_chunk_write.c
 *		Customers with their lines as bytes: to another process or to a file.
 *
 * A chunk is a head, the keys of customers, and lines that name them by their
 * place among those.  Names are told once, ahead of all chunks; in the files
 * of a spell buffer they are its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

#define NO_PLACE UINT32_MAX

static inline void
sink_put(const Sink *sink, const void *data, size_t size)
{
	if (sink->writer != NULL)
		write_raw(sink->writer, data, size);
	else
		temp_file_write(sink->file, data, size);
}

static inline size_t
key_size(KeyKind kind, const Key *key)
{
	return kind == KEY_TEXT		? sizeof(uint32_t) + key_text(key).size
		   : kind == KEY_NUMBER ? 8
								: 16;
}

static void
key_put(const Sink *sink, KeyKind kind, const Key *key)
{
	KeyText text;

	if (kind != KEY_TEXT)
	{
		sink_put(sink, key, key_size(kind, key));
		return;
	}
	text = key_text(key);
	sink_put(sink, &text.size, sizeof(uint32_t));
	sink_put(sink, text.data, text.size);
}

/* Where the chunk of a slot goes */
static inline int
part_of(const uint8_t *parts, uint32_t slot)
{
	return parts == NULL ? 0 : parts[slot];
}

/* Some partitions, and where their customers stand in the chunks */
typedef struct Range
{
	uint32_t from;
	uint32_t to;
	uint32_t *places; /* by slot, from the first one on; or NO_PLACE */
} Range;

static inline uint32_t *
range_places(const Range *range, uint32_t number)
{
	return range->places + ((size_t) (number - range->from) << PAGE_SHIFT);
}

/* Give every customer who has lines a place in a chunk, and measure those. */
static void
chunks_measure(const SpellBuffer *spell_buffer, const uint8_t *parts,
			   ChunkHead *heads, const Range *range)
{
	for (uint32_t number = range->from; number < range->to; number++)
	{
		PartitionWalk walk = partition_walk(&spell_buffer->row_buffer, number);
		uint32_t *partition_places = range_places(range, number);
		const Packed *packed;

		check_interrupts();
		for (uint32_t i = 0; i < PAGE_ITEMS; i++)
			partition_places[i] = NO_PLACE;
		while ((packed = partition_next(&walk)) != NULL)
		{
			Line line = line_unpack(spell_buffer, number, packed);
			ChunkHead *head = &heads[part_of(parts, line.slot)];

			partition_places[packed->head & PAGE_MASK] = 0;
			head->nlines++;
			head->size += sizeof(Line) + (line.product < 0 ? sizeof(Wide) : 0);
		}
		for (uint32_t i = 0; i < PAGE_ITEMS; i++)
			if (partition_places[i] != NO_PLACE)
			{
				uint32_t slot = number << PAGE_SHIFT | i;
				ChunkHead *head = &heads[part_of(parts, slot)];
				Key key =
					key_table_key(&spell_buffer->row_buffer.key_table, slot);

				partition_places[i] = head->nkeys++;
				head->size += key_size(spell_buffer->kind, &key);
			}
	}
}

/*
 * Write a chunk of some partitions to each sink; parts, if given, tells which
 * for each slot.
 */
void
chunks_write(const SpellBuffer *spell_buffer, uint32_t from, uint32_t to,
			 const uint8_t *parts, const Sink *sinks, int nsinks)
{
	ChunkHead *heads = runtime_alloc_zero(NULL, nsinks * sizeof(ChunkHead));
	Range range = {from, to, NULL};

	range.places = runtime_alloc(
		NULL, (size_t) (to - from) * PAGE_ITEMS * sizeof(uint32_t));
	chunks_measure(spell_buffer, parts, heads, &range);
	for (int i = 0; i < nsinks; i++)
	{
		heads[i].scale = spell_buffer->scale;
		sink_put(&sinks[i], &heads[i], sizeof(ChunkHead));
	}
	for (uint32_t number = from; number < to; number++)
		for (uint32_t i = 0; i < PAGE_ITEMS; i++)
			if (range_places(&range, number)[i] != NO_PLACE)
			{
				uint32_t slot = number << PAGE_SHIFT | i;
				Key key =
					key_table_key(&spell_buffer->row_buffer.key_table, slot);

				key_put(&sinks[part_of(parts, slot)], spell_buffer->kind, &key);
			}
	for (uint32_t number = from; number < to; number++)
	{
		PartitionWalk walk = partition_walk(&spell_buffer->row_buffer, number);
		const Packed *packed;

		check_interrupts();
		while ((packed = partition_next(&walk)) != NULL)
		{
			Line line = line_unpack(spell_buffer, number, packed);
			const Sink *sink = &sinks[part_of(parts, line.slot)];

			line.slot = range_places(&range, number)[line.slot & PAGE_MASK];
			sink_put(sink, &line, sizeof(Line));
			if (line.product < 0)
				sink_put(sink, &packed_overflow(spell_buffer, packed)->mrr,
						 sizeof(Wide));
		}
	}
	runtime_free(heads);
	runtime_free(range.places);
}

/* Begin a piece: chunks follow. */
void
spell_buffer_begin(const SpellBuffer *spell_buffer, ByteWriter *writer)
{
	SpellBufferHead head;

	memset(&head, 0, sizeof(head));
	head.kind = spell_buffer->kind;
	head.terms = spell_buffer->terms;
	head.scale = spell_buffer->scale;
	head.nnames = spell_buffer->names.count;
	write_raw(writer, &head, sizeof(head));
	for (int i = 0; i < head.nnames; i++)
	{
		const Label *label = &spell_buffer->names.labels[i];

		write_raw(writer, &label->size, sizeof(uint32_t));
		write_raw(writer, label->data, label->size);
	}
}
