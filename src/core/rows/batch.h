/*
 * batch.h
 *		Rows gathered until there are enough to number them at once.
 *
 * A row is a customer, a time, what the event may do, and perhaps a value.
 * Times are kept as they came and made days all at once, so that taking a row
 * costs little more than two stores.  The batch grows with the number of
 * customers: while they are few all of them are in the cache, and a small
 * batch will do.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_BATCH_H
#define CVM_CORE_ROWS_BATCH_H

#include "core/rows/key_table.h"
#include "core/util/calendar.h"
#include "core/util/money.h"

#define MARK_START 1  /* the event may start a cohort */
#define MARK_RETURN 2 /* the event counts as a return */
#define MARK_VALUE 4  /* the event has a value that is not NULL */
#define MARKS_PLAIN (MARK_START | MARK_RETURN)

/* What makes local days of times; read NULL: they are days already */
typedef struct DayReader
{
	void (*read)(void *zone, const int64_t *times, int ntimes, Day *days);
	void *zone;
} DayReader;

typedef struct Batch
{
	Context context;
	KeyKind kind;
	bool has_marks; /* else every row has MARKS_PLAIN */
	bool has_values;
	int used;
	int room;
	DayReader reader;
	Key *keys;
	int64_t *times;
	uint8_t *marks;
	Wide *values; /* only where rows have values, and so the scales */
	uint8_t *scales;
	char *text; /* copies of long texts */
	size_t text_used;
	size_t text_room;
} Batch;

extern void batch_open(Batch *batch, Context context, KeyKind kind,
					   bool has_marks, bool has_values);
extern void batch_close(Batch *batch);
extern void batch_clear(Batch *batch, uint32_t customers);
extern void batch_shrink(Batch *batch);
extern void batch_text_room(Batch *batch, size_t size);
extern void batch_days(const Batch *batch, Day *days);
extern size_t batch_size(const Batch *batch);

/* Must the batch be worked off before it can take this key? */
static inline bool
batch_full(const Batch *batch, const Key *key)
{
	return batch->used == batch->room ||
		   (batch->kind == KEY_TEXT && batch->used > 0 && key_is_outside(key) &&
			key->outside.size > batch->text_room - batch->text_used);
}

/* Copy a long text to where it stays until its row is worked off. */
static inline void
batch_keep(Batch *batch, Key *key)
{
	char *copy;

	if (key->outside.size > batch->text_room - batch->text_used)
		batch_text_room(batch, key->outside.size);
	copy = batch->text + batch->text_used;
	memcpy(copy, key->outside.data, key->outside.size);
	batch->text_used += key->outside.size;
	key->outside.data = copy;
}

/* Take a row; the batch is not full. */
static inline void
batch_take(Batch *batch, Key key, int64_t time, uint8_t marks, Wide value,
		   int scale)
{
	int at = batch->used++;

	if (batch->kind == KEY_NUMBER)
		batch->keys[at].number = key.number;
	else
	{
		batch->keys[at] = key;
		if (batch->kind == KEY_TEXT && key_is_outside(&key))
			batch_keep(batch, &batch->keys[at]);
	}
	batch->times[at] = time;
	if (batch->has_marks)
		batch->marks[at] = marks;
	if (batch->has_values)
	{
		batch->values[at] = value;
		batch->scales[at] = (uint8_t) scale;
	}
}

/* What the event of a row may do */
static inline uint8_t
batch_marks(const Batch *batch, int row)
{
	return batch->has_marks ? batch->marks[row] : MARKS_PLAIN;
}

#endif /* CVM_CORE_ROWS_BATCH_H */
