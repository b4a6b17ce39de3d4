/*
 * fold_overflow.c
 *		A fold that passes its budget of memory, and a fold as bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

/* Write every customer to the part that is theirs and forget them. */
void
fold_overflow(Fold *fold)
{
	uint8_t *parts;

	fold_flush(fold);
	overflow_begin(&fold->overflow);
	parts = overflow_divide(&fold->overflow, &fold->key_table);
	for (int part = 0; part < overflow_nparts(&fold->overflow.parts); part++)
	{
		ByteWriter writer;

		writer_open(&writer, NULL, 0);
		if (chunk_write(fold, parts, part, &writer) > 0)
			overflow_put(&fold->overflow, part, writer.data, writer.used);
		runtime_free(writer.data);
	}
	runtime_free(parts);
	fold_forget(fold);
	batch_shrink(&fold->batch);
	fold_consider_overflow(fold);
}

static void
overflow_write(void *state)
{
	fold_overflow(state);
}

/* A fold whose memory is part of a budget, or NULL. */
Fold *
fold_new(Context context, KeyKind kind, Calendar calendar, bool is_marked,
		 bool has_values, Budget *budget)
{
	Fold *fold = runtime_alloc_zero(context, sizeof(Fold));

	fold_open(fold, context, kind, calendar, is_marked, has_values);
	overflow_open(&fold->overflow, context, budget, 0, overflow_write, fold);
	fold_consider_overflow(fold);
	return fold;
}

/* Say how large the fold is: that may be too much. */
void
fold_consider_overflow(Fold *fold)
{
	size_t size;

	if (fold->overflow.budget == NULL)
		return;
	size = fold_size(fold);
	overflow_say(&fold->overflow, size, size - sizeof(Fold));
}

/* Make room for more rows in the batch. */
void
fold_make_room(Fold *fold)
{
	fold_flush(fold);
	fold_consider_overflow(fold);
}

/* Copy what has overflowed, piece by piece. */
static void
pieces_copy(Fold *fold, ByteWriter *writer)
{
	OverflowParts *parts = &fold->overflow.parts;
	PieceReader reader;

	for (int part = 0; part < overflow_nparts(parts); part++)
	{
		piece_reader_open(&reader, &fold->overflow, parts, part);
		while (piece_next(&reader))
		{
			write_raw(writer, reader.data, reader.size);
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
	if (overflow_is_written(&fold->overflow))
		pieces_copy(fold, writer);
	if (writer->outbox != NULL && fold_size(fold) > writer->outbox->limit)
		pieces_write(fold, writer);
	else
		chunk_write(fold, NULL, 0, writer);
}
