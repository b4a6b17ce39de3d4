/*
 * runtime.c
 *		A host for tests of the plain-C cores: malloc, longjmp and a list of
 *		what to free.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STATE_SIZE ((size_t) 256 << 20)

/* In front of every piece of memory; 16 bytes keep what follows aligned */
typedef struct Piece
{
	struct Piece *next;
	struct Piece **back; /* what points here; NULL: kept for ever */
} Piece;

/* A file in memory: thousands of them are made, and disks do not like that */
typedef struct File
{
	char *data;
	size_t size;
	size_t room;
	size_t at; /* of the next read */
	struct File *next;
} File;

RuntimeError runtime_error_code;
char runtime_message[1024];
long runtime_patience = 1000000;

static char forever;
static Piece *pieces = NULL;
static File *files = NULL;
static jmp_buf *landing = NULL;
static long polls;

static void
leave(int how)
{
	if (landing == NULL)
	{
		printf("Bail out! %s\n", runtime_message);
		exit(1);
	}
	longjmp(*landing, how);
}

void
runtime_error(RuntimeError code, const char *hint, const char *message, ...)
{
	va_list args;

	va_start(args, message);
	vsnprintf(runtime_message, sizeof(runtime_message), message, args);
	va_end(args);
	runtime_error_code = code;
	leave(RUNTIME_FAILED);
	abort();
}

/* Memory that outlives a run */
Context
runtime_forever(void)
{
	return &forever;
}

static void
link_piece(Piece *piece)
{
	piece->next = pieces;
	piece->back = &pieces;
	if (pieces != NULL)
		pieces->back = &piece->next;
	pieces = piece;
}

static void
unlink_piece(Piece *piece)
{
	if (piece->back == NULL)
		return;
	*piece->back = piece->next;
	if (piece->next != NULL)
		piece->next->back = piece->back;
}

void *
runtime_alloc(Context context, size_t size)
{
	Piece *piece = size > MAX_STATE_SIZE ? NULL : malloc(sizeof(Piece) + size);

	if (piece == NULL)
		runtime_error(RUNTIME_TOO_LARGE, NULL, "out of memory");
	piece->back = NULL;
	if (context != &forever)
		link_piece(piece);
	return piece + 1;
}

void *
runtime_alloc_zero(Context context, size_t size)
{
	return memset(runtime_alloc(context, size), 0, size);
}

void *
runtime_realloc(void *pointer, size_t size)
{
	Piece *piece = (Piece *) pointer - 1;
	bool retained = piece->back == NULL;
	Piece *moved;

	unlink_piece(piece);
	moved = size > MAX_STATE_SIZE ? NULL : realloc(piece, sizeof(Piece) + size);
	if (!retained)
		link_piece(moved ? moved : piece);
	if (moved == NULL)
		runtime_error(RUNTIME_TOO_LARGE, NULL, "out of memory");
	return moved + 1;
}

void
runtime_free(void *pointer)
{
	Piece *piece = (Piece *) pointer - 1;

	unlink_piece(piece);
	free(piece);
}

void
runtime_sort(void *items, size_t count, size_t size,
			 int (*compare)(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, size, compare);
}

TempFile
temp_file_make(Context context)
{
	File *file = calloc(1, sizeof(File));

	if (file == NULL)
		runtime_error(RUNTIME_TOO_LARGE, NULL, "no temporary file");
	file->next = files;
	files = file;
	return file;
}

void
temp_file_write(TempFile handle, const void *data, size_t size)
{
	File *file = handle;

	if (file->size + size > file->room)
	{
		size_t room = 2 * (file->size + size);
		char *more = room > MAX_STATE_SIZE ? NULL : realloc(file->data, room);

		if (more == NULL)
			runtime_error(RUNTIME_TOO_LARGE, NULL,
						  "no room for a temporary file");
		file->data = more;
		file->room = room;
	}
	if (size > 0)
		memcpy(file->data + file->size, data, size);
	file->size += size;
}

void
temp_file_seek(TempFile file, uint64_t offset)
{
	((File *) file)->at = offset;
}

size_t
temp_file_read(TempFile handle, void *data, size_t size)
{
	File *file = handle;

	if (size > file->size - file->at)
		size = file->size - file->at;
	if (size > 0)
		memcpy(data, file->data + file->at, size);
	file->at += size;
	return size;
}

void
temp_file_close(TempFile file)
{
	File **at = &files;

	while (*at != file)
		at = &(*at)->next;
	*at = ((File *) file)->next;
	free(((File *) file)->data);
	free(file);
}

void
check_interrupts(void)
{
	if (landing != NULL && ++polls > runtime_patience)
		leave(RUNTIME_CANCELED);
}

RuntimeEnd
runtime_run(void (*run)(void *argument), void *argument)
{
	jmp_buf here;
	volatile RuntimeEnd end = RUNTIME_DONE;

	landing = &here;
	polls = 0;
	switch (setjmp(here))
	{
		case 0:
			run(argument);
			break;
		case RUNTIME_FAILED:
			end = RUNTIME_FAILED;
			break;
		default:
			end = RUNTIME_CANCELED;
	}
	landing = NULL;
	while (files != NULL)
		temp_file_close(files);
	while (pieces != NULL)
		runtime_free(pieces + 1);
	return end;
}
