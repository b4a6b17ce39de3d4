/*
 * timelines_spill.c
 *		Timelines that pass their budget of memory.
 *
 * Customers are divided into 32 parts by their hash, and what is known of each
 * is written to the file of its part as a piece: the key and the canonical
 * bytes.  At the end each part is read back as a whole, and the pieces of a
 * customer are merged; a part that is still too large is divided again, by
 * other bits of the hash, which decodes nothing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/timelines.h"

#include <string.h>

#define PART_BITS 5
#define PARTS (1 << PART_BITS)
#define LEVELS 6 /* parts of parts of parts, and no further */

static inline int
part_of(uint64_t hash, int level)
{
	return (int) (hash >> (PART_BITS * level)) & (PARTS - 1);
}

static TempFile *
parts_make(Context context, size_t **sizes)
{
	TempFile *parts = runtime_alloc_zero(context, PARTS * sizeof(TempFile));

	for (int part = 0; part < PARTS; part++)
		parts[part] = temp_file_make(context);
	*sizes = runtime_alloc_zero(context, PARTS * sizeof(size_t));
	return parts;
}

/* Write a piece. */
static void
piece_write(TempFile file, size_t *file_size, KeyKind kind, const Key *key,
			const void *data, size_t size)
{
	temp_file_write(file, key, sizeof(Key));
	*file_size += sizeof(Key) + sizeof(size) + size;
	if (kind == KEY_TEXT && key_is_outside(key))
	{
		temp_file_write(file, key->outside.data, key->outside.size);
		*file_size += key->outside.size;
	}
	temp_file_write(file, &size, sizeof(size));
	temp_file_write(file, data, size);
}

/* Where customers go who are spilled */
typedef struct Spilling
{
	Timelines *timelines;
	ByteWriter writer;
} Spilling;

static void
spill_take(void *arg, Key key, const Activity *activity)
{
	Spilling *spilling = arg;
	Timelines *timelines = spilling->timelines;
	int part = part_of(key_hash(timelines->kind, &key), 0);

	spilling->writer.used = 0;
	activity_encode(activity, &spilling->writer);
	piece_write(timelines->parts[part], &timelines->sizes[part],
				timelines->kind, &key, spilling->writer.data,
				spilling->writer.used);
}

/* Write every customer to the file of its part and forget it. */
void
timelines_spill(Timelines *timelines)
{
	Spilling spilling = {.timelines = timelines};

	if (timelines->parts == NULL)
		timelines->parts = parts_make(timelines->context, &timelines->sizes);
	writer_open(&spilling.writer, NULL, 0);
	timelines_each(timelines, spill_take, &spilling);
	runtime_free(spilling.writer.data);
	row_buffer_forget(&timelines->row_buffer);
}

/* A piece of a customer, in memory; the next one of the same, or NULL */
typedef struct Piece
{
	const struct Piece *next;
	const void *data;
	size_t size;
} Piece;

static void
read_whole(TempFile file, void *data, size_t size)
{
	if (temp_file_read(file, data, size) != size)
		runtime_error(RUNTIME_BAD_BYTES, NULL, "temporary file is cut short");
}

/* Read a piece's key and size; false at the end of the file. */
static bool
piece_begin(TempFile file, KeyKind kind, Key *key, char **text, size_t *size)
{
	size_t got = temp_file_read(file, key, sizeof(Key));

	*text = NULL;
	if (got == 0)
		return false;
	if (got != sizeof(Key))
		runtime_error(RUNTIME_BAD_BYTES, NULL, "temporary file is cut short");
	if (kind == KEY_TEXT && key_is_outside(key))
	{
		*text = runtime_alloc(NULL, key->outside.size);
		read_whole(file, *text, key->outside.size);
		key->outside.data = *text;
	}
	read_whole(file, size, sizeof(*size));
	return true;
}

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
part_read(Context context, KeyKind kind, TempFile file, TimelineEmit take,
		  void *arg)
{
	KeyTable key_table;
	ChunkedArray heads; /* by slot: the last piece */
	Key key;
	char *text;
	size_t size;

	key_table_open(&key_table, context, kind, false);
	chunked_array_open(&heads, context, sizeof(Piece *));
	temp_file_rewind(file);
	while (piece_begin(file, kind, &key, &text, &size))
	{
		Piece *piece = runtime_alloc(context, sizeof(Piece) + size);
		uint32_t slot;
		Piece **head;

		check_interrupts();
		piece->data = piece + 1;
		piece->size = size;
		read_whole(file, piece + 1, size);
		key_table_number(&key_table, &key, 1, &slot);
		head = chunked_array_reach(&heads, slot);
		piece->next = *head;
		*head = piece;
		if (text != NULL)
			runtime_free(text);
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

static void parts_read(const Timelines *timelines, TempFile *parts,
					   size_t *sizes, int level, TimelineEmit take, void *arg);

/* Divide a part that is too large, and hand out what that gives. */
static void
part_divide(const Timelines *timelines, TempFile file, int level,
			TimelineEmit take, void *arg)
{
	size_t *sizes;
	TempFile *parts = parts_make(timelines->context, &sizes);
	Key key;
	char *text;
	size_t size;

	temp_file_rewind(file);
	while (piece_begin(file, timelines->kind, &key, &text, &size))
	{
		int part = part_of(key_hash(timelines->kind, &key), level);
		void *data = runtime_alloc(NULL, size);

		check_interrupts();
		read_whole(file, data, size);
		piece_write(parts[part], &sizes[part], timelines->kind, &key, data,
					size);
		runtime_free(data);
		if (text != NULL)
			runtime_free(text);
	}
	temp_file_close(file);
	parts_read(timelines, parts, sizes, level, take, arg);
}

/* Hand out part by part, and close the files. */
static void
parts_read(const Timelines *timelines, TempFile *parts, size_t *sizes,
		   int level, TimelineEmit take, void *arg)
{
	for (int part = 0; part < PARTS; part++)
	{
		if (sizes[part] > timelines->budget && level + 1 < LEVELS)
		{
			part_divide(timelines, parts[part], level + 1, take, arg);
			continue;
		}
		part_read(timelines->context, timelines->kind, parts[part], take, arg);
		temp_file_close(parts[part]);
	}
	runtime_free(parts);
	runtime_free(sizes);
}

void
timelines_parts(Timelines *timelines, TimelineEmit take, void *arg)
{
	parts_read(timelines, timelines->parts, timelines->sizes, 0, take, arg);
	timelines->parts = NULL;
	timelines->sizes = NULL;
}
