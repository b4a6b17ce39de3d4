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

static HostFile *
parts_make(HostArena arena, size_t **sizes)
{
	HostFile *parts = host_alloc_zero(arena, PARTS * sizeof(HostFile));

	for (int part = 0; part < PARTS; part++)
		parts[part] = host_file_make(arena);
	*sizes = host_alloc_zero(arena, PARTS * sizeof(size_t));
	return parts;
}

/* Write a piece. */
static void
piece_write(HostFile file, size_t *file_size, KeyKind kind, const Key *key,
			const void *data, size_t size)
{
	host_file_write(file, key, sizeof(Key));
	*file_size += sizeof(Key) + sizeof(size) + size;
	if (kind == KEY_TEXT && key_is_outside(key))
	{
		host_file_write(file, key->outside.data, key->outside.size);
		*file_size += key->outside.size;
	}
	host_file_write(file, &size, sizeof(size));
	host_file_write(file, data, size);
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
		timelines->parts = parts_make(timelines->arena, &timelines->sizes);
	writer_open(&spilling.writer, NULL, 0);
	timelines_each(timelines, spill_take, &spilling);
	host_free(spilling.writer.data);
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
read_whole(HostFile file, void *data, size_t size)
{
	if (host_file_read(file, data, size) != size)
		host_fail(HOST_BAD_BYTES, NULL, "temporary file is cut short");
}

/* Read a piece's key and size; false at the end of the file. */
static bool
piece_begin(HostFile file, KeyKind kind, Key *key, char **text, size_t *size)
{
	size_t got = host_file_read(file, key, sizeof(Key));

	*text = NULL;
	if (got == 0)
		return false;
	if (got != sizeof(Key))
		host_fail(HOST_BAD_BYTES, NULL, "temporary file is cut short");
	if (kind == KEY_TEXT && key_is_outside(key))
	{
		*text = host_alloc(NULL, key->outside.size);
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

		host_free(activity->days);
		host_free(activity);
		host_free(more->days);
		host_free(more);
		activity = sum;
	}
	take(arg, key, activity);
	host_free(activity->days);
	host_free(activity);
}

/* Hand out the customers of a part that fits into memory. */
static void
part_read(HostArena arena, KeyKind kind, HostFile file, TimelineEmit take,
		  void *arg)
{
	KeyTable key_table;
	ChunkedArray heads; /* by slot: the last piece */
	Key key;
	char *text;
	size_t size;

	key_table_open(&key_table, arena, kind, false);
	chunked_array_open(&heads, arena, sizeof(Piece *));
	host_file_rewind(file);
	while (piece_begin(file, kind, &key, &text, &size))
	{
		Piece *piece = host_alloc(arena, sizeof(Piece) + size);
		uint32_t slot;
		Piece **head;

		host_poll();
		piece->data = piece + 1;
		piece->size = size;
		read_whole(file, piece + 1, size);
		key_table_number(&key_table, &key, 1, &slot);
		head = chunked_array_reach(&heads, slot);
		piece->next = *head;
		*head = piece;
		if (text != NULL)
			host_free(text);
	}
	for (uint32_t slot = 0; slot < key_table.nslots; slot++)
	{
		const Piece *piece = *(Piece **) chunked_array_peek(&heads, slot);

		host_poll();
		pieces_merge(piece, key_table_key(&key_table, slot), take, arg);
		while (piece != NULL)
		{
			const Piece *next = piece->next;

			host_free((void *) piece);
			piece = next;
		}
	}
	chunked_array_close(&heads);
	key_table_close(&key_table);
}

static void parts_read(const Timelines *timelines, HostFile *parts,
					   size_t *sizes, int level, TimelineEmit take, void *arg);

/* Divide a part that is too large, and hand out what that gives. */
static void
part_divide(const Timelines *timelines, HostFile file, int level,
			TimelineEmit take, void *arg)
{
	size_t *sizes;
	HostFile *parts = parts_make(timelines->arena, &sizes);
	Key key;
	char *text;
	size_t size;

	host_file_rewind(file);
	while (piece_begin(file, timelines->kind, &key, &text, &size))
	{
		int part = part_of(key_hash(timelines->kind, &key), level);
		void *data = host_alloc(NULL, size);

		host_poll();
		read_whole(file, data, size);
		piece_write(parts[part], &sizes[part], timelines->kind, &key, data,
					size);
		host_free(data);
		if (text != NULL)
			host_free(text);
	}
	host_file_close(file);
	parts_read(timelines, parts, sizes, level, take, arg);
}

/* Hand out part by part, and close the files. */
static void
parts_read(const Timelines *timelines, HostFile *parts, size_t *sizes,
		   int level, TimelineEmit take, void *arg)
{
	for (int part = 0; part < PARTS; part++)
	{
		if (sizes[part] > timelines->budget && level + 1 < LEVELS)
		{
			part_divide(timelines, parts[part], level + 1, take, arg);
			continue;
		}
		part_read(timelines->arena, timelines->kind, parts[part], take, arg);
		host_file_close(parts[part]);
	}
	host_free(parts);
	host_free(sizes);
}

void
timelines_parts(Timelines *timelines, TimelineEmit take, void *arg)
{
	parts_read(timelines, timelines->parts, timelines->sizes, 0, take, arg);
	timelines->parts = NULL;
	timelines->sizes = NULL;
}
