/*
 * batch.h
 *		Rows gathered until there are enough to number them at once.
 *
 * A row is a customer, a day, what the event may do, and perhaps a value.
 * The batch grows with the number of customers: while they are few all of
 * them are in the cache, and a small batch will do.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_BATCH_H
#define CVM_BATCH_H

#include "core/calendar.h"
#include "core/money.h"
#include "core/roster.h"

#define MARK_START 1  /* the event may start a cohort */
#define MARK_RETURN 2 /* the event counts as a return */
#define MARK_VALUE 4  /* the event has a value that is not NULL */

typedef struct Batch
{
	HostArena arena;
	KeyKind kind;
	bool has_values;
	int used;
	int room;
	Key *keys;
	Day *days;
	uint8_t *marks;
	Wide *values; /* only where rows have values, and so the scales */
	uint8_t *scales;
	char *text; /* copies of text keys */
	size_t text_used;
	size_t text_room;
} Batch;

extern void batch_open(Batch *batch, HostArena arena, KeyKind kind,
					   bool has_values);
extern void batch_close(Batch *batch);
extern void batch_clear(Batch *batch, uint32_t customers);
extern void batch_text_room(Batch *batch, size_t size);
extern size_t batch_size(const Batch *batch);

/* Must the batch be worked off before it can take this key? */
static inline bool
batch_full(const Batch *batch, const Key *key)
{
	return batch->used == batch->room ||
		   (batch->kind == KEY_TEXT && batch->used > 0 &&
			key->text.size > batch->text_room - batch->text_used);
}

/* Take a row; the batch is not full. */
static inline void
batch_take(Batch *batch, Key key, Day day, uint8_t marks, Wide value,
		   int scale)
{
	int at = batch->used++;

	if (batch->kind == KEY_TEXT)
	{
		char *copy;

		if (key.text.size > batch->text_room - batch->text_used)
			batch_text_room(batch, key.text.size);
		copy = batch->text + batch->text_used;
		__builtin_memcpy(copy, key.text.data, key.text.size);
		batch->text_used += key.text.size;
		key.text.data = copy;
	}
	batch->keys[at] = key;
	batch->days[at] = day;
	batch->marks[at] = marks;
	if (batch->has_values)
	{
		batch->values[at] = value;
		batch->scales[at] = (uint8_t) scale;
	}
}

#endif /* CVM_BATCH_H */
