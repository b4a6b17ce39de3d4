/*
 * spell_chunk_read.c
 *		Customers with their lines out of bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

#define POLL_EVERY 1024 /* lines */

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
chunk_read(SpellBuffer *into, ByteReader *reader, const int32_t *names)
{
	uint32_t before = into->row_buffer.key_table.nslots;
	uint32_t *slots;
	ChunkHead head;
	ByteReader start;

	read_raw(reader, &head, sizeof(head));
	slots = runtime_alloc(NULL, ((size_t) head.nkeys + 1) * sizeof(uint32_t));
	start = *reader;
	if (head.scale > into->scale)
		spell_buffer_scale(into, head.scale);
	while (!keys_read(into, reader, head.nkeys, slots))
		*reader = start;
	for (uint64_t i = 0; i < head.nlines; i++)
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
		into->has_pauses |= line_is_paused(&line) && !line_is_note(&line);
		if (!line_is_membership(&line) || line_is_note(&line))
			mrr = money_rescale(mrr, head.scale, into->scale);
		spell_buffer_write(
			into, slots[line.slot],
			line_pack(into, names == NULL ? name : names[name],
					  (line_is_membership(&line) ? PACKED_MEMBERSHIP : 0) |
						  (line_is_paused(&line) ? PACKED_PAUSED : 0),
					  line.start, line.end, mrr));
	}
	runtime_free(slots);
	row_buffer_consider_radix(&into->row_buffer, before);
	spell_buffer_consider_overflow(into);
}

/* Take in the bytes of a spell buffer; into may be NULL. */
SpellBuffer *
spell_buffer_absorb(SpellBuffer *into, Context context, const void *data,
					size_t size, Budget *budget)
{
	ByteReader reader;
	SpellBufferHead head;
	int32_t *names;

	reader_open(&reader, data, size, "spell buffer");
	read_raw(&reader, &head, sizeof(head));
	if (into == NULL)
		into = spell_buffer_new(context, head.kind, &head.terms, budget);
	if (!spell_buffer_agrees(into, &head.terms))
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Give the same grain and as_of for every row.",
					  "cannot fold rows with different grain or as_of into one "
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
		names[i] = dictionary_intern(&into->names, &label);
	}
	while (reader.at != reader.end)
		chunk_read(into, &reader, names);
	runtime_free(names);
	return into;
}
