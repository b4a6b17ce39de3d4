/*
 * spell_buffer_overflow.c
 *		A spell buffer that passes its budget of memory, and one as bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

#define CHUNK_PARTITIONS 16		   /* of a chunk for another process */
#define CHUNK_LINES_MAX (32 << 10) /* lines that are written at a time */

/* The partition after those that are written together, from one on. */
static uint32_t
partitions_past(const RowBuffer *row_buffer, uint32_t from)
{
	uint64_t nlines = row_buffer->partitions[from].nlines;
	uint32_t to = from + 1;

	while (to < row_buffer->npartitions &&
		   (nlines += row_buffer->partitions[to].nlines) <= CHUNK_LINES_MAX)
		to++;
	return to;
}

/* Write every line to the part of its customer and forget it. */
void
spell_buffer_overflow(SpellBuffer *spell_buffer)
{
	const RowBuffer *row_buffer = &spell_buffer->row_buffer;
	ByteWriter writers[OVERFLOW_PARTS];
	uint8_t *parts;
	int nparts;

	spell_buffer_flush(spell_buffer);
	overflow_begin(&spell_buffer->overflow);
	nparts = overflow_nparts(&spell_buffer->overflow.parts);
	parts = overflow_divide(&spell_buffer->overflow, &row_buffer->key_table);
	for (int part = 0; part < nparts; part++)
		writer_open(&writers[part], NULL, 0);
	for (uint32_t from = 0, to; from < row_buffer->npartitions; from = to)
	{
		to = partitions_past(row_buffer, from);
		chunks_write(spell_buffer, from, to, parts, writers, nparts);
		for (int part = 0; part < nparts; part++)
		{
			if (writers[part].used > sizeof(ChunkHead))
				overflow_put(&spell_buffer->overflow, part, writers[part].data,
							 writers[part].used);
			writers[part].used = 0;
		}
	}
	for (int part = 0; part < nparts; part++)
		runtime_free(writers[part].data);
	runtime_free(parts);
	spell_buffer_forget(spell_buffer);
	spell_buffer_consider_overflow(spell_buffer);
}

static void
overflow_write(void *state)
{
	spell_buffer_overflow(state);
}

/* A spell buffer whose memory is part of a budget, or NULL. */
SpellBuffer *
spell_buffer_new(Context context, KeyKind kind, const SpellTerms *terms,
				 Budget *budget)
{
	SpellBuffer *spell_buffer =
		runtime_alloc_zero(context, sizeof(SpellBuffer));

	spell_buffer_open(spell_buffer, context, kind, terms);
	overflow_open(&spell_buffer->overflow, context, budget, 0, overflow_write,
				  spell_buffer);
	spell_buffer_consider_overflow(spell_buffer);
	return spell_buffer;
}

/* Say how large the spell buffer is: that may be too much.  Names stay. */
void
spell_buffer_consider_overflow(SpellBuffer *spell_buffer)
{
	size_t size;

	if (spell_buffer->overflow.budget == NULL)
		return;
	size = spell_buffer_size(spell_buffer);
	overflow_say(&spell_buffer->overflow, size,
				 size - sizeof(SpellBuffer) -
					 dictionary_size(&spell_buffer->names) -
					 (spell_buffer->far != NULL ? FAR_DAYS * sizeof(Day) : 0));
}

/* Copy what has overflowed, piece by piece. */
static void
pieces_copy(SpellBuffer *spell_buffer, ByteWriter *writer)
{
	OverflowParts *parts = &spell_buffer->overflow.parts;
	PieceReader reader;

	for (int part = 0; part < overflow_nparts(parts); part++)
	{
		piece_reader_open(&reader, &spell_buffer->overflow, parts, part);
		while (piece_next(&reader))
		{
			write_raw(writer, reader.data, reader.size);
			if (writer_pass(writer))
				spell_buffer_begin(spell_buffer, writer);
		}
	}
}

/* Write a spell buffer for another process of this machine. */
void
spell_buffer_encode(SpellBuffer *spell_buffer, ByteWriter *writer)
{
	uint32_t npartitions;

	spell_buffer_flush(spell_buffer);
	spell_buffer_begin(spell_buffer, writer);
	if (overflow_is_written(&spell_buffer->overflow))
		pieces_copy(spell_buffer, writer);
	npartitions = spell_buffer->row_buffer.npartitions;
	for (uint32_t from = 0; from < npartitions; from += CHUNK_PARTITIONS)
	{
		uint32_t to = from + CHUNK_PARTITIONS;

		chunks_write(spell_buffer, from, to < npartitions ? to : npartitions,
					 NULL, writer, 1);
		if (writer_pass(writer))
			spell_buffer_begin(spell_buffer, writer);
	}
}
