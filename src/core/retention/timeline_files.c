/*
 * timeline_files.c
 *		Timelines of many customers in files, when memory does not hold them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/timeline_files.h"

#include <string.h>

#define PIECE_SIZE (8 << 10) /* bytes of a piece, about */

void
timeline_files_open(TimelineFiles *files, Context context, KeyKind kind,
					Budget *budget, int level, OverflowWrite write, void *state)
{
	memset(files, 0, sizeof(TimelineFiles));
	files->kind = kind;
	overflow_open(&files->overflow, context, budget, level, write, state);
}

/* Begin to write customers. */
void
timeline_files_begin(TimelineFiles *files)
{
	overflow_begin(&files->overflow);
	for (int part = 0; part < overflow_nparts(&files->overflow.parts); part++)
		writer_open(&files->writers[part], NULL, 0);
}

static void
piece_put(TimelineFiles *files, int part)
{
	ByteWriter *writer = &files->writers[part];

	overflow_put(&files->overflow, part, writer->data, writer->used);
	files->sizes[part] += writer->used;
	writer->used = 0;
}

void
timeline_write(KeyKind kind, const Key *key, const void *data, size_t size,
			   ByteWriter *writer)
{
	key_write(kind, key, writer);
	write_raw(writer, &size, sizeof(size));
	write_raw(writer, data, size);
}

/* Write what is known of a customer, as canonical bytes. */
void
timeline_files_write(TimelineFiles *files, const Key *key, const void *data,
					 size_t size)
{
	int part =
		overflow_part(&files->overflow.parts, key_hash(files->kind, key));
	ByteWriter *writer = &files->writers[part];

	timeline_write(files->kind, key, data, size, writer);
	if (writer->used >= PIECE_SIZE)
		piece_put(files, part);
}

/* Be done with it for now. */
void
timeline_files_end(TimelineFiles *files)
{
	for (int part = 0; part < overflow_nparts(&files->overflow.parts); part++)
	{
		if (files->writers[part].used > 0)
			piece_put(files, part);
		runtime_free(files->writers[part].data);
	}
}

/* What is written of a customer: in the piece */
typedef struct Known
{
	Key key;
	const void *data;
	size_t size;
} Known;

/* Read it; false at the end of the piece. */
static bool
known_read(ByteReader *reader, KeyKind kind, Known *known)
{
	if (reader->at == reader->end)
		return false;
	known->key = key_read(kind, reader);
	read_raw(reader, &known->size, sizeof(known->size));
	known->data = read_text(reader, known->size);
	return true;
}

/* Write down what a piece has. */
void
timeline_files_copy(TimelineFiles *files, ByteReader *reader)
{
	Known known;

	while (known_read(reader, files->kind, &known))
		timeline_files_write(files, &known.key, known.data, known.size);
}

/* What is known of a customer, in memory; what else is, or NULL */
typedef struct Piece
{
	const struct Piece *next;
	const void *data;
	size_t size;
} Piece;

/* Hand out a customer of some pieces. */
static void
pieces_merge(const Piece *piece, Key key, TimelineEmit take, void *arg)
{
	Activity *activity = activity_decode(piece->data, piece->size);

	while ((piece = piece->next) != NULL)
	{
		Activity *more = activity_decode(piece->data, piece->size);
		Activity *sum = activity_merge(activity, more);

		runtime_free(activity->days);
		runtime_free(activity);
		runtime_free(more->days);
		runtime_free(more);
		activity = sum;
	}
	take(arg, key, activity);
	runtime_free(activity->days);
	runtime_free(activity);
}

/* Hand out the customers of a part that fits into memory. */
static void
part_read(TimelineFiles *files, int part, TimelineEmit take, void *arg)
{
	Context context = files->overflow.context;
	KeyTable key_table;
	ChunkedArray heads; /* by slot: the last piece */
	PieceReader pieces;

	key_table_open(&key_table, context, files->kind, false);
	chunked_array_open(&heads, context, sizeof(Piece *));
	piece_reader_open(&pieces, &files->overflow, &files->overflow.parts, part);
	while (piece_next(&pieces))
	{
		ByteReader reader;
		Known known;

		reader_open(&reader, pieces.data, pieces.size, "activity");
		while (known_read(&reader, files->kind, &known))
		{
			Piece *piece = runtime_alloc(context, sizeof(Piece) + known.size);
			uint32_t slot;
			Piece **head;

			piece->data = piece + 1;
			piece->size = known.size;
			memcpy(piece + 1, known.data, known.size);
			key_table_number(&key_table, &known.key, 1, &slot);
			head = chunked_array_reach(&heads, slot);
			piece->next = *head;
			*head = piece;
		}
	}
	for (uint32_t slot = 0; slot < key_table.nslots; slot++)
	{
		const Piece *piece = *(Piece **) chunked_array_peek(&heads, slot);

		check_interrupts();
		pieces_merge(piece, key_table_key(&key_table, slot), take, arg);
		while (piece != NULL)
		{
			const Piece *next = piece->next;

			runtime_free((void *) piece);
			piece = next;
		}
	}
	chunked_array_close(&heads);
	key_table_close(&key_table);
}

/* Divide a part that is too large, and hand out what that gives. */
static void
part_divide(TimelineFiles *files, int part, TimelineEmit take, void *arg)
{
	TimelineFiles divided;
	PieceReader pieces;

	timeline_files_open(&divided, files->overflow.context, files->kind,
						files->overflow.budget, files->overflow.parts.level + 1,
						NULL, NULL);
	timeline_files_begin(&divided);
	piece_reader_open(&pieces, &files->overflow, &files->overflow.parts, part);
	while (piece_next(&pieces))
	{
		ByteReader reader;

		reader_open(&reader, pieces.data, pieces.size, "activity");
		timeline_files_copy(&divided, &reader);
	}
	timeline_files_end(&divided);
	timeline_files_each(&divided, take, arg);
}

/* Hand out customers part by part, and forget them. */
void
timeline_files_each(TimelineFiles *files, TimelineEmit take, void *arg)
{
	for (int part = 0; part < overflow_nparts(&files->overflow.parts); part++)
		/* a part of the last level is read however large it is */
		if (files->sizes[part] > files->overflow.budget->bytes &&
			files->overflow.parts.level + 1 < OVERFLOW_LEVELS)
			part_divide(files, part, take, arg);
		else
			part_read(files, part, take, arg);
	overflow_close(&files->overflow);
}
