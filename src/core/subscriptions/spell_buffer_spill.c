/*
 * spell_buffer_spill.c
 *		A spell buffer that passes its budget of memory, and the reading of one.
 *
 * Its customers are divided into 32 parts by their hash, the lines of each
 * part are written to a file of its own as one more chunk, and the spell
 * buffer begins anew with no customers.  Parts are read back one after the
 * other, each into the same spell buffer; a part that is still too large is
 * divided again, by other bits of the hash.  All lines of a customer meet in
 * one part, so the answer is the same.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

#define PART_BITS 5
#define PARTS (1 << PART_BITS)
#define LEVELS 6 /* parts of parts of parts, and no further */

/* Write every line to the file of its part and forget it. */
static void
spill(SpellBuffer *spell_buffer)
{
	uint32_t nslots = spell_buffer->row_buffer.npartitions << PAGE_SHIFT;
	uint8_t *parts = runtime_alloc_zero(NULL, nslots);
	Sink sinks[PARTS];

	if (spell_buffer->parts == NULL)
	{
		spell_buffer->parts =
			runtime_alloc_zero(spell_buffer->context, PARTS * sizeof(TempFile));
		for (int part = 0; part < PARTS; part++)
			spell_buffer->parts[part] = temp_file_make(spell_buffer->context);
	}
	if (nslots > spell_buffer->row_buffer.key_table.nslots)
		nslots = spell_buffer->row_buffer.key_table.nslots;
	for (uint32_t slot = 0; slot < nslots; slot++)
		parts[slot] =
			(uint8_t) (key_table_hash(&spell_buffer->row_buffer.key_table,
									  slot) >>
					   (PART_BITS * spell_buffer->level)) %
			PARTS;
	for (int part = 0; part < PARTS; part++)
		sinks[part] = (Sink){spell_buffer->parts[part], NULL};
	chunks_write(spell_buffer, 0, spell_buffer->row_buffer.npartitions, parts,
				 sinks, PARTS);
	runtime_free(parts);
	spell_buffer_forget(spell_buffer);
}

/*
 * Spill a spell buffer that has passed its budget.  Names stay: where they
 * take it up, only what is a good part of it is worth a chunk for each file.
 */
void
spell_buffer_consider_spill(SpellBuffer *spell_buffer)
{
	size_t size = spell_buffer_size(spell_buffer);

	if (spell_buffer->budget > 0 && spell_buffer->level < LEVELS &&
		size > spell_buffer->budget &&
		size - names_size(&spell_buffer->names) > spell_buffer->budget / 4 &&
		spell_buffer->row_buffer.npartitions > 0)
		spill(spell_buffer);
}

/* Close the files of a spell buffer, and with them what was spilled. */
void
spell_buffer_close_files(SpellBuffer *spell_buffer)
{
	if (spell_buffer->parts == NULL)
		return;
	for (int part = 0; part < PARTS; part++)
		if (spell_buffer->parts[part] != NULL)
			temp_file_close(spell_buffer->parts[part]);
	runtime_free(spell_buffer->parts);
	spell_buffer->parts = NULL;
}

/* The next chunk of a file; false at its end. */
static bool
chunk_next(TempFile file, ChunkHead *head, uint8_t **data)
{
	size_t got = temp_file_read(file, head, sizeof(ChunkHead));

	if (got == 0)
		return false;
	if (got == sizeof(ChunkHead))
	{
		*data = runtime_alloc(NULL, head->size);
		got = temp_file_read(file, *data, head->size);
		if (got == head->size)
			return true;
	}
	runtime_error(RUNTIME_BAD_BYTES, NULL, "temporary file is cut short");
}

/* Read a part back into a spell buffer that has spilled everything. */
static void
part_read(SpellBuffer *spell_buffer, TempFile part)
{
	ChunkHead head;
	uint8_t *data;

	temp_file_rewind(part);
	while (chunk_next(part, &head, &data))
	{
		ByteReader reader;

		reader_open(&reader, data, head.size, "ledger of spells");
		chunk_read(spell_buffer, &head, &reader, NULL);
		runtime_free(data);
	}
}

/* Copy what was spilled, chunk by chunk. */
void
spilled_copy(SpellBuffer *spell_buffer, ByteWriter *writer)
{
	ChunkHead head;
	uint8_t *data;

	for (int part = 0; spell_buffer->parts != NULL && part < PARTS; part++)
	{
		temp_file_rewind(spell_buffer->parts[part]);
		while (chunk_next(spell_buffer->parts[part], &head, &data))
		{
			write_raw(writer, &head, sizeof(ChunkHead));
			write_raw(writer, data, head.size);
			runtime_free(data);
			if (writer_pass(writer))
				spell_buffer_begin(spell_buffer, writer);
		}
	}
}

/* Who takes customers, and how many have been handed out */
typedef struct Handout
{
	SpellEmit take;
	void *arg;
	uint32_t customer;
	Line *sorted;
	size_t room;
} Handout;

/* Hand out a partition: its lines sorted by customer, by counting. */
static void
partition_hand_out(const SpellBuffer *spell_buffer, uint32_t number,
				   Handout *handout)
{
	uint32_t nlines = spell_buffer->row_buffer.partitions[number].nlines;
	PartitionWalk walk = partition_walk(&spell_buffer->row_buffer, number);
	uint32_t ends[PAGE_ITEMS];
	uint32_t at = 0;
	const Packed *packed;

	check_interrupts();
	if (nlines > handout->room)
	{
		if (handout->sorted != NULL)
			runtime_free(handout->sorted);
		handout->room = (size_t) nlines + nlines / 4;
		handout->sorted = runtime_alloc(NULL, handout->room * sizeof(Line));
	}
	partition_ends(&spell_buffer->row_buffer, number, ends);
	while ((packed = partition_next(&walk)) != NULL)
		handout->sorted[ends[packed->head & PAGE_MASK]++] =
			line_unpack(spell_buffer, number, packed);
	for (uint32_t i = 0; i < PAGE_ITEMS && at < nlines; at = ends[i++])
		if (ends[i] > at)
			handout->take(handout->arg, handout->customer++,
						  handout->sorted + at, ends[i] - at);
}

/* Hand out a spell buffer, part by part where it has spilled. */
static void
hand_out(SpellBuffer *spell_buffer, Handout *handout)
{
	TempFile *parts = spell_buffer->parts;

	if (parts == NULL)
	{
		for (uint32_t i = 0; i < spell_buffer->row_buffer.npartitions; i++)
			partition_hand_out(spell_buffer, i, handout);
		return;
	}
	if (spell_buffer->row_buffer.npartitions > 0)
		spill(spell_buffer);
	spell_buffer->level++;
	for (int part = 0; part < PARTS; part++)
	{
		spell_buffer->parts = NULL;
		part_read(spell_buffer, parts[part]);
		hand_out(spell_buffer, handout);
		spell_buffer_close_files(spell_buffer);
		spell_buffer_forget(spell_buffer);
	}
	spell_buffer->level--;
	spell_buffer->parts = parts;
}

/* Give out the lines customer by customer. */
void
spell_buffer_each(SpellBuffer *spell_buffer, SpellEmit take, void *arg)
{
	Handout handout = {take, arg, 0, NULL, 0};

	spell_buffer_flush(spell_buffer);
	hand_out(spell_buffer, &handout);
	if (handout.sorted != NULL)
		runtime_free(handout.sorted);
}
