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
	batch->keys = runtime_alloc(batch->context, room * sizeof(Key));
	batch->times = runtime_alloc(batch->context, room * sizeof(int64_t));
	if (batch->has_marks)
		batch->marks = runtime_alloc(batch->context, room);
	if (batch->has_values)
	{
		batch->values = runtime_alloc(batch->context, room * sizeof(Wide));
		batch->scales = runtime_alloc(batch->context, room);
	}
	batch->room = room;
}

/* Free the arrays. */
static void
batch_drop(Batch *batch)
{
	runtime_free(batch->keys);
	runtime_free(batch->times);
	if (batch->has_marks)
		runtime_free(batch->marks);
	if (batch->has_values)
	{
		runtime_free(batch->values);
		runtime_free(batch->scales);
	}
}

void
batch_open(Batch *batch, Context context, KeyKind kind, bool has_marks,
		   bool has_values)
{
	memset(batch, 0, sizeof(Batch));
	batch->context = context;
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
		runtime_free(batch->text);
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

/* Take as little memory as at first; the batch must be empty. */
void
batch_shrink(Batch *batch)
{
	if (batch->text != NULL)
		runtime_free(batch->text);
	batch->text = NULL;
	batch->text_room = 0;
	if (batch->room == FIRST_ROOM)
		return;
	batch_drop(batch);
	batch_make(batch, FIRST_ROOM);
}

/* Make room for the text of a first row. */
void
batch_text_room(Batch *batch, size_t size)
{
	size_t room = (size_t) batch->room * TEXT_EACH;

	if (batch->text != NULL)
		runtime_free(batch->text);
	batch->text_room = size > room ? size : room;
	batch->text = runtime_alloc(batch->context, batch->text_room);
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
