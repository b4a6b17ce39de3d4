/*
 * spell_buffer_bytes.c
 *		Customers with their lines on the way: to another process, to a file
 *		and back.
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
#define POLL_EVERY 1024		/* lines */
#define CHUNK_PARTITIONS 16 /* of a chunk for another process */

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

/* Number the customers of a chunk; false: begin again. */
static bool
keys_read(SpellBuffer *into, ByteReader *reader, uint32_t nkeys,
		  uint32_t *slots)
{
	Key keys[KEY_TABLE_BATCH];

	for (uint32_t done = 0; done < nkeys;)
	{
		int count = 0;

		check_interrupts();
		for (; count < KEY_TABLE_BATCH && done + count < nkeys; count++)
			keys[count] = key_read(into->kind, reader);
		if (!row_buffer_assign(&into->row_buffer, keys, count, slots + done))
			return false;
		done += count;
	}
	return true;
}

/* Take in a chunk; names, if given, are the numbers here of its names. */
void
chunk_read(SpellBuffer *into, const ChunkHead *head, ByteReader *reader,
		   const int32_t *names)
{
	uint32_t *slots =
		runtime_alloc(NULL, ((size_t) head->nkeys + 1) * sizeof(uint32_t));
	uint32_t before = into->row_buffer.key_table.nslots;
	ByteReader start = *reader;

	if (head->scale > into->scale)
		spell_buffer_scale(into, head->scale);
	while (!keys_read(into, reader, head->nkeys, slots))
		*reader = start;
	for (uint64_t i = 0; i < head->nlines; i++)
	{
		Line line;
		Wide mrr;
		int32_t name;

		if (i % POLL_EVERY == 0)
			check_interrupts();
		read_raw(reader, &line, sizeof(Line));
		mrr = line.mrr;
		if (line.product < 0)
			read_raw(reader, &mrr, sizeof(Wide));
		name = line_name(&line);
		into->has_pauses |= line_is_paused(&line);
		if (!line_is_membership(&line))
			mrr = money_rescale(mrr, head->scale, into->scale);
		spell_buffer_write(
			into, slots[line.slot],
			line_pack(into, names == NULL ? name : names[name],
					  (line_is_membership(&line) ? PACKED_MEMBERSHIP : 0) |
						  (line_is_paused(&line) ? PACKED_PAUSED : 0),
					  line.start, line.end, mrr));
	}
	runtime_free(slots);
	row_buffer_consider_radix(&into->row_buffer, before);
	spell_buffer_consider_spill(into);
}

/* What goes ahead of the chunks for another process */
typedef struct SpellBufferHead
{
	KeyKind kind;
	SpellTerms terms;
	int scale;
	int nnames;
} SpellBufferHead;

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

/* Write a spell buffer for another process of this machine. */
void
spell_buffer_encode(SpellBuffer *spell_buffer, ByteWriter *writer)
{
	Sink sink = {NULL, writer};

	spell_buffer_flush(spell_buffer);
	spell_buffer_begin(spell_buffer, writer);
	spilled_copy(spell_buffer, writer);
	for (uint32_t from = 0; from < spell_buffer->row_buffer.npartitions;
		 from += CHUNK_PARTITIONS)
	{
		uint32_t to = from + CHUNK_PARTITIONS;

		chunks_write(spell_buffer, from,
					 to < spell_buffer->row_buffer.npartitions
						 ? to
						 : spell_buffer->row_buffer.npartitions,
					 NULL, &sink, 1);
		if (writer_pass(writer))
			spell_buffer_begin(spell_buffer, writer);
	}
}

/* Take in the bytes of a spell buffer; into may be NULL. */
SpellBuffer *
spell_buffer_absorb(SpellBuffer *into, Context context, const void *data,
					size_t size, size_t budget)
{
	ByteReader reader;
	SpellBufferHead head;
	int32_t *names;

	reader_open(&reader, data, size, "ledger of spells");
	read_raw(&reader, &head, sizeof(head));
	if (into == NULL)
		into = spell_buffer_new(context, head.kind, &head.terms, budget);
	if (!spell_buffer_agrees(into, &head.terms))
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Give the same grain and as_of for every row.",
					  "cannot fold rows with different grains or ends into one "
					  "state");
	spell_buffer_flush(into);
	if (head.scale > into->scale)
		spell_buffer_scale(into, head.scale);
	names = runtime_alloc(NULL, (head.nnames + 1) * sizeof(int32_t));
	for (int i = 0; i < head.nnames; i++)
	{
		Label label;

		read_raw(&reader, &label.size, sizeof(uint32_t));
		label.data = read_text(&reader, label.size);
		names[i] = names_number(&into->names, &label);
	}
	while (reader.at != reader.end)
	{
		ChunkHead chunk;

		read_raw(&reader, &chunk, sizeof(ChunkHead));
		chunk_read(into, &chunk, &reader, names);
	}
	runtime_free(names);
	return into;
}
