/*
 * timeline_files.c
 *		Timelines of many customers in files, when memory does not hold them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/timeline_files.h"

#include <string.h>

void
timeline_files_open(TimelineFiles *files, Context context, KeyKind kind,
					size_t budget, int level)
{
	memset(files, 0, sizeof(TimelineFiles));
	files->kind = kind;
	overflow_open(&files->overflow, context, budget, level);
}

/* Write a piece: what is known of a customer, as canonical bytes. */
void
timeline_files_write(TimelineFiles *files, const Key *key, const void *data,
					 size_t size)
{
	int part = overflow_part(key_hash(files->kind, key), files->overflow.level);
	TempFile file;

	overflow_make_files(&files->overflow);
	file = files->overflow.parts[part];
	temp_file_write(file, key, sizeof(Key));
	files->sizes[part] += sizeof(Key) + sizeof(size) + size;
	if (files->kind == KEY_TEXT && key_is_outside(key))
	{
		temp_file_write(file, key->outside.data, key->outside.size);
		files->sizes[part] += key->outside.size;
	}
	temp_file_write(file, &size, sizeof(size));
	temp_file_write(file, data, size);
}

/* A piece of a customer, in memory; the next one of the same, or NULL */
typedef struct Piece
{
	const struct Piece *next;
	const void *data;
	size_t size;
} Piece;

/* Read a piece's key and size; false at the end of the file. */
static bool
piece_begin(TempFile file, KeyKind kind, Key *key, char **text, size_t *size)
{
	*text = NULL;
	if (!overflow_read_head(file, key, sizeof(Key)))
		return false;
	if (kind == KEY_TEXT && key_is_outside(key))
	{
		*text = runtime_alloc(NULL, key->outside.size);
		overflow_read(file, *text, key->outside.size);
		key->outside.data = *text;
	}
	overflow_read(file, size, sizeof(*size));
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
part_read(const TimelineFiles *files, int part, TimelineEmit take, void *arg)
{
	Context context = files->overflow.context;
	TempFile file = files->overflow.parts[part];
	KeyTable key_table;
	ChunkedArray heads; /* by slot: the last piece */
	Key key;
	char *text;
	size_t size;

	key_table_open(&key_table, context, files->kind, false);
	chunked_array_open(&heads, context, sizeof(Piece *));
	temp_file_rewind(file);
	while (piece_begin(file, files->kind, &key, &text, &size))
	{
		Piece *piece = runtime_alloc(context, sizeof(Piece) + size);
		uint32_t slot;
		Piece **head;

		check_interrupts();
		piece->data = piece + 1;
		piece->size = size;
		overflow_read(file, piece + 1, size);
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

/* Divide a part that is too large, and hand out what that gives. */
static void
part_divide(const TimelineFiles *files, int part, TimelineEmit take, void *arg)
{
	TempFile file = files->overflow.parts[part];
	TimelineFiles divided;
	Key key;
	char *text;
	size_t size;

	timeline_files_open(&divided, files->overflow.context, files->kind,
						files->overflow.budget, files->overflow.level + 1);
	temp_file_rewind(file);
	while (piece_begin(file, files->kind, &key, &text, &size))
	{
		void *data = runtime_alloc(NULL, size);

		check_interrupts();
		overflow_read(file, data, size);
		timeline_files_write(&divided, &key, data, size);
		runtime_free(data);
		if (text != NULL)
			runtime_free(text);
	}
	temp_file_close(file);
	files->overflow.parts[part] = NULL;
	timeline_files_each(&divided, take, arg);
}

/* Hand out customers part by part, and close the files. */
void
timeline_files_each(TimelineFiles *files, TimelineEmit take, void *arg)
{
	for (int part = 0; part < OVERFLOW_PARTS; part++)
	{
		/* a part of the last level is read however large it is */
		if (files->sizes[part] > files->overflow.budget &&
			files->overflow.level + 1 < OVERFLOW_LEVELS)
		{
			part_divide(files, part, take, arg);
			continue;
		}
		part_read(files, part, take, arg);
		temp_file_close(files->overflow.parts[part]);
		files->overflow.parts[part] = NULL;
	}
	overflow_close_files(&files->overflow);
}
