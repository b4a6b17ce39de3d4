/*
 * fold_overflow.c
 *		A fold that passes its budget of memory, and a fold as bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

/* Write every customer to the file of its part and forget it. */
void
fold_overflow(Fold *fold)
{
	uint8_t *parts = overflow_divide(&fold->overflow, &fold->key_table);

	overflow_make_files(&fold->overflow);
	for (int part = 0; part < OVERFLOW_PARTS; part++)
	{
		TempFile file = fold->overflow.parts[part];
		ByteWriter writer;

		check_interrupts();
		writer_open(&writer, NULL, 0);
		chunk_write(fold, parts, part, &writer);
		temp_file_write(file, &writer.used, sizeof(writer.used));
		temp_file_write(file, writer.data, writer.used);
		runtime_free(writer.data);
	}
	runtime_free(parts);
	fold_forget(fold);
}

/* Write a fold that has passed its budget to files. */
void
fold_consider_overflow(Fold *fold)
{
	if (overflow_look(&fold->overflow) &&
		overflow_is_due(&fold->overflow, fold_size(fold)))
		fold_overflow(fold);
}

/* Make room for more rows in the batch. */
void
fold_make_room(Fold *fold)
{
	fold_flush(fold);
	fold_consider_overflow(fold);
}

/* Close the files of a fold, and with them what was written. */
void
fold_close_files(Fold *fold)
{
	overflow_close_files(&fold->overflow);
}

/* The next chunk of a file; false at its end. */
bool
chunk_next(TempFile file, ByteReader *reader, uint8_t **data)
{
	size_t size;

	if (!overflow_read_head(file, &size, sizeof(size)))
		return false;
	*data = runtime_alloc(NULL, size);
	overflow_read(file, *data, size);
	reader_open(reader, *data, size, "retention fold");
	return true;
}

/* Copy what is in files, chunk by chunk. */
static void
files_copy(Fold *fold, ByteWriter *writer)
{
	ByteReader reader;
	uint8_t *data;

	for (int part = 0; fold->overflow.parts != NULL && part < OVERFLOW_PARTS;
		 part++)
	{
		temp_file_rewind(fold->overflow.parts[part]);
		while (chunk_next(fold->overflow.parts[part], &reader, &data))
		{
			write_raw(writer, data, (size_t) (reader.end - reader.at));
			runtime_free(data);
			writer_pass(writer);
		}
	}
}

/* Write the customers in memory as chunks that are no more than pieces. */
static void
pieces_write(Fold *fold, ByteWriter *writer)
{
	uint32_t nslots = fold->key_table.nslots;
	size_t nparts = fold_size(fold) / (writer->outbox->limit / 2 + 1) + 1;
	uint8_t *parts = runtime_alloc(NULL, (size_t) nslots + 1);

	if (nparts > UINT8_MAX)
		nparts = UINT8_MAX;
	for (uint32_t slot = 0; slot < nslots; slot++)
		parts[slot] =
			(uint8_t) (key_table_hash(&fold->key_table, slot) % nparts);
	for (size_t part = 0; part < nparts; part++)
	{
		check_interrupts();
		chunk_write(fold, parts, (int) part, writer);
		writer_pass(writer);
	}
	runtime_free(parts);
}

/* Write a fold for another process of this machine. */
void
fold_encode(Fold *fold, ByteWriter *writer)
{
	fold_flush(fold);
	files_copy(fold, writer);
	if (writer->outbox != NULL && fold_size(fold) > writer->outbox->limit)
		pieces_write(fold, writer);
	else
		chunk_write(fold, NULL, 0, writer);
}
