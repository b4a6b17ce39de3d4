/*
 * spell_chunk_write.c
 *		Customers with their lines as bytes: to another process or to a file.
 *
 * A chunk is a head, the keys of customers, and lines that name them by their
 * place among those.  Names are written once, ahead of all chunks; in the file of
 * what has overflowed they are those of the spell buffer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

#define NO_PLACE UINT32_MAX

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

/* Give every customer who has lines a place in a chunk, and count those. */
static void
chunks_count(const SpellBuffer *spell_buffer, const uint8_t *parts,
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

			partition_places[packed->head & PAGE_MASK] = 0;
			heads[part_of(parts, line.slot)].nlines++;
		}
		for (uint32_t i = 0; i < PAGE_ITEMS; i++)
			if (partition_places[i] != NO_PLACE)
			{
				uint32_t slot = number << PAGE_SHIFT | i;

				partition_places[i] = heads[part_of(parts, slot)].nkeys++;
			}
	}
}

/*
 * Write a chunk of some partitions to each writer; parts, if given, tells which
 * for each slot.
 */
void
chunks_write(const SpellBuffer *spell_buffer, uint32_t from, uint32_t to,
			 const uint8_t *parts, ByteWriter *writers, int nwriters)
{
	ChunkHead *heads = runtime_alloc_zero(NULL, nwriters * sizeof(ChunkHead));
	Range range = {from, to, NULL};

	range.places = runtime_alloc(
		NULL, (size_t) (to - from) * PAGE_ITEMS * sizeof(uint32_t));
	chunks_count(spell_buffer, parts, heads, &range);
	for (int i = 0; i < nwriters; i++)
	{
		heads[i].scale = spell_buffer->scale;
		write_raw(&writers[i], &heads[i], sizeof(ChunkHead));
	}
	for (uint32_t number = from; number < to; number++)
		for (uint32_t i = 0; i < PAGE_ITEMS; i++)
			if (range_places(&range, number)[i] != NO_PLACE)
			{
				uint32_t slot = number << PAGE_SHIFT | i;
				Key key =
					key_table_key(&spell_buffer->row_buffer.key_table, slot);

				key_write(spell_buffer->kind, &key,
						  &writers[part_of(parts, slot)]);
			}
	for (uint32_t number = from; number < to; number++)
	{
		PartitionWalk walk = partition_walk(&spell_buffer->row_buffer, number);
		const Packed *packed;

		check_interrupts();
		while ((packed = partition_next(&walk)) != NULL)
		{
			Line line = line_unpack(spell_buffer, number, packed);
			ByteWriter *writer = &writers[part_of(parts, line.slot)];

			line.slot = range_places(&range, number)[line.slot & PAGE_MASK];
			write_raw(writer, &line, sizeof(Line));
			if (line.product < 0)
				write_raw(writer, &packed_wide(spell_buffer, packed)->mrr,
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
