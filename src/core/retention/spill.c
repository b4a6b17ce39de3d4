/*
 * spill.c
 *		A fold that passes its budget of memory.
 *
 * Its customers are divided into 32 parts by their hash, each part is written
 * to a file of its own as one more chunk, and the fold begins anew with no
 * customers.  At the end the parts are read back one after the other, each
 * into a fold that holds a thirty-second of the customers; a part that is
 * still too large is divided again, by other bits of the hash.  Chunks of one
 * customer add up whenever they meet, so the answer is the same.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

#define LOOK_EVERY 16 /* flushes between two looks at the memory in use */

/* Write every customer to the file of its part and forget it. */
static void
spill(Fold *fold)
{
	uint32_t nslots = fold->key_table.nslots;
	uint8_t *parts = runtime_alloc(NULL, nslots);

	if (fold->parts == NULL)
	{
		fold->parts =
			runtime_alloc_zero(fold->context, FOLD_PARTS * sizeof(TempFile));
		for (int part = 0; part < FOLD_PARTS; part++)
			fold->parts[part] = temp_file_make(fold->context);
	}
	for (uint32_t slot = 0; slot < nslots; slot++)
		parts[slot] = (uint8_t) (key_table_hash(&fold->key_table, slot) >>
								 (5 * fold->level)) %
					  FOLD_PARTS;
	for (int part = 0; part < FOLD_PARTS; part++)
	{
		ByteWriter writer;

		check_interrupts();
		writer_open(&writer, NULL, 0);
		chunk_write(fold, parts, part, &writer);
		temp_file_write(fold->parts[part], &writer.used, sizeof(writer.used));
		temp_file_write(fold->parts[part], writer.data, writer.used);
		runtime_free(writer.data);
	}
	runtime_free(parts);
	fold_forget(fold);
}

/* Spill a fold that has passed its budget. */
void
fold_consider_spill(Fold *fold)
{
	if (fold->budget == 0 || fold->level >= FOLD_LEVELS ||
		++fold->flushes % LOOK_EVERY != 0)
		return;
	if (fold_size(fold) > fold->budget)
		spill(fold);
}

/* Close the files of a fold, and with them what was spilled. */
void
fold_close_files(Fold *fold)
{
	for (int part = 0; fold->parts != NULL && part < FOLD_PARTS; part++)
		if (fold->parts[part] != NULL)
			temp_file_close(fold->parts[part]);
	fold->parts = NULL;
}

/* The next chunk of a file; false at its end. */
static bool
chunk_next(TempFile file, ByteReader *reader, uint8_t **data)
{
	size_t size;
	size_t got = temp_file_read(file, &size, sizeof(size));

	if (got == 0)
		return false;
	*data = runtime_alloc(NULL, size);
	reader_open(reader, *data, size, "retention fold");
	if (got != sizeof(size) || temp_file_read(file, *data, size) != size)
		reader_fail(reader);
	return true;
}

/* A part of a fold that has spilled everything, as a fold. */
Fold *
fold_part(Fold *fold, int part)
{
	Fold *whole = fold_new(fold->context, fold->kind, fold->calendar,
						   fold->is_marked, fold->has_values, fold->budget);
	ByteReader reader;
	uint8_t *data;

	whole->level = fold->level + 1;
	temp_file_rewind(fold->parts[part]);
	while (chunk_next(fold->parts[part], &reader, &data))
	{
		chunk_absorb(whole, &reader);
		runtime_free(data);
	}
	return whole;
}

/* Copy what was spilled, chunk by chunk. */
void
spill_copy(Fold *fold, ByteWriter *writer)
{
	ByteReader reader;
	uint8_t *data;

	for (int part = 0; fold->parts != NULL && part < FOLD_PARTS; part++)
	{
		temp_file_rewind(fold->parts[part]);
		while (chunk_next(fold->parts[part], &reader, &data))
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
	spill_copy(fold, writer);
	if (writer->outbox != NULL && fold_size(fold) > writer->outbox->limit)
		pieces_write(fold, writer);
	else
		chunk_write(fold, NULL, 0, writer);
}

/* Take in the bytes of a fold; into may be NULL. */
Fold *
fold_absorb(Fold *into, Context context, const void *data, size_t size,
			size_t budget)
{
	ByteReader reader;

	reader_open(&reader, data, size, "retention fold");
	if (into == NULL)
		into = chunk_fold(context, &reader, budget);
	while (reader.at != reader.end)
		chunk_absorb(into, &reader);
	return into;
}

/* Count the customers of a fold, part by part where it has spilled. */
static void
count(Fold *fold, Retention *retention)
{
	if (fold->parts == NULL)
	{
		tally_count(fold, retention);
		return;
	}
	if (fold->key_table.nslots > 0)
		spill(fold);
	for (int part = 0; part < FOLD_PARTS; part++)
	{
		Fold *whole = fold_part(fold, part);

		count(whole, retention);
		fold_close_files(whole);
		fold_free(whole);
	}
}

/*
 * Count every customer into a retention state.  The fold stays as it was,
 * but for rows that waited in its batch and for where its customers are.
 */
void
fold_finish(Fold *fold, Retention *retention)
{
	RetentionSpec spec;

	fold_flush(fold);
	memset(&spec, 0, sizeof(spec));
	spec.calendar = fold->calendar;
	spec.min_events = 1;
	retention_adopt(retention, &spec, fold->last + 1, false);
	count(fold, retention);
}
