/*
 * spell_buffer_overflow.c
 *		A spell buffer that passes its budget of memory, and one as bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

#define CHUNK_PARTITIONS 16 /* of a chunk for another process */

/* Write every line to the file of its part and forget it. */
void
spell_buffer_overflow(SpellBuffer *spell_buffer)
{
	const RowBuffer *row_buffer = &spell_buffer->row_buffer;
	uint8_t *parts =
		overflow_divide(&spell_buffer->files, &row_buffer->key_table);
	Sink sinks[OVERFLOW_PARTS];

	overflow_make_files(&spell_buffer->files);
	for (int part = 0; part < OVERFLOW_PARTS; part++)
		sinks[part] = (Sink){spell_buffer->files.parts[part], NULL};
	chunks_write(spell_buffer, 0, row_buffer->npartitions, parts, sinks,
				 OVERFLOW_PARTS);
	runtime_free(parts);
	spell_buffer_forget(spell_buffer);
}

/*
 * Write a spell buffer that has passed its budget to files.  Names stay: where
 * they take it up, only what is a good part of it is worth a chunk for each
 * file.
 */
void
spell_buffer_consider_overflow(SpellBuffer *spell_buffer)
{
	size_t size = spell_buffer_size(spell_buffer);

	if (overflow_is_due(&spell_buffer->files, size) &&
		size - names_size(&spell_buffer->names) >
			spell_buffer->files.budget / 4 &&
		spell_buffer->row_buffer.npartitions > 0)
		spell_buffer_overflow(spell_buffer);
}

/* Close the files of a spell buffer, and with them what was written. */
void
spell_buffer_close_files(SpellBuffer *spell_buffer)
{
	overflow_close_files(&spell_buffer->files);
}

/* The next chunk of a file; false at its end. */
bool
spell_chunk_next(TempFile file, ChunkHead *head, uint8_t **data)
{
	if (!overflow_read_head(file, head, sizeof(ChunkHead)))
		return false;
	*data = runtime_alloc(NULL, head->size);
	overflow_read(file, *data, head->size);
	return true;
}

/* Copy what is in files, chunk by chunk. */
static void
files_copy(SpellBuffer *spell_buffer, ByteWriter *writer)
{
	ChunkHead head;
	uint8_t *data;

	for (int part = 0;
		 spell_buffer->files.parts != NULL && part < OVERFLOW_PARTS; part++)
	{
		temp_file_rewind(spell_buffer->files.parts[part]);
		while (spell_chunk_next(spell_buffer->files.parts[part], &head, &data))
		{
			write_raw(writer, &head, sizeof(ChunkHead));
			write_raw(writer, data, head.size);
			runtime_free(data);
			if (writer_pass(writer))
				spell_buffer_begin(spell_buffer, writer);
		}
	}
}

/* Write a spell buffer for another process of this machine. */
void
spell_buffer_encode(SpellBuffer *spell_buffer, ByteWriter *writer)
{
	Sink sink = {NULL, writer};

	spell_buffer_flush(spell_buffer);
	spell_buffer_begin(spell_buffer, writer);
	files_copy(spell_buffer, writer);
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
