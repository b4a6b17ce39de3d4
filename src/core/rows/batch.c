/*
 * batch.c
 *		Rows gathered until there are enough to number them at once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/batch.h"

#include <string.h>

#define FIRST_ROOM 8 /* rows of the first batch */
#define TEXT_EACH 64 /* bytes of text for each row */

/* Make the arrays anew, of this many rows. */
static void
batch_make(Batch *batch, int room)
{
	batch->keys = host_alloc(batch->arena, room * sizeof(Key));
	batch->times = host_alloc(batch->arena, room * sizeof(int64_t));
	if (batch->has_marks)
		batch->marks = host_alloc(batch->arena, room);
	if (batch->has_values)
	{
		batch->values = host_alloc(batch->arena, room * sizeof(Wide));
		batch->scales = host_alloc(batch->arena, room);
	}
	batch->room = room;
}

/* Free the arrays. */
static void
batch_drop(Batch *batch)
{
	host_free(batch->keys);
	host_free(batch->times);
	if (batch->has_marks)
		host_free(batch->marks);
	if (batch->has_values)
	{
		host_free(batch->values);
		host_free(batch->scales);
	}
}

void
batch_open(Batch *batch, HostArena arena, KeyKind kind, bool has_marks,
		   bool has_values)
{
	memset(batch, 0, sizeof(Batch));
	batch->arena = arena;
	batch->kind = kind;
	batch->has_marks = has_marks;
	batch->has_values = has_values;
	batch_make(batch, FIRST_ROOM);
}

/* Give everything back. */
void
batch_close(Batch *batch)
{
	batch_drop(batch);
	if (batch->text != NULL)
		host_free(batch->text);
	memset(batch, 0, sizeof(Batch));
}

/* The rows have been worked off; there are so many customers by now. */
void
batch_clear(Batch *batch, uint32_t customers)
{
	int room = batch->room * 4;

	batch->used = 0;
	batch->text_used = 0;
	if (batch->room == KEY_TABLE_BATCH || (uint32_t) batch->room > customers)
		return;
	batch_drop(batch);
	batch_make(batch, room < KEY_TABLE_BATCH ? room : KEY_TABLE_BATCH);
}

/* Make room for the text of a first row. */
void
batch_text_room(Batch *batch, size_t size)
{
	size_t room = (size_t) batch->room * TEXT_EACH;

	if (batch->text != NULL)
		host_free(batch->text);
	batch->text_room = size > room ? size : room;
	batch->text = host_alloc(batch->arena, batch->text_room);
}

/* The days of the rows. */
void
batch_days(const Batch *batch, Day *days)
{
	if (batch->reader.read != NULL)
	{
		batch->reader.read(batch->reader.zone, batch->times, batch->used, days);
		return;
	}
	for (int i = 0; i < batch->used; i++)
		days[i] = (Day) batch->times[i];
}

/* Bytes in use */
size_t
batch_size(const Batch *batch)
{
	return batch->room * (sizeof(Key) + sizeof(int64_t) + batch->has_marks +
						  (batch->has_values ? sizeof(Wide) + 1 : 0)) +
		   batch->text_room;
}
