/*
 * timelines.c
 *		The timelines of many customers, folded at once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/timelines.h"

#include <string.h>

#define FIRST_ROOM 6 /* entries of a new log */
#define PARTS 32
#define LEVELS 6 /* parts of parts of parts, and no further */

/* Where a customer's log is */
typedef struct LogPlace
{
	ActivityLog *log;
	size_t size;
} LogPlace;

Timelines *
timelines_new(HostArena arena, KeyKind kind, bool is_full, DayReader reader,
			  size_t budget)
{
	Timelines *timelines = host_alloc_zero(arena, sizeof(Timelines));

	timelines->arena = arena;
	timelines->kind = kind;
	timelines->is_full = is_full;
	timelines->budget = budget;
	batch_open(&timelines->batch, arena, kind, is_full, is_full);
	timelines->batch.reader = reader;
	roster_open(&timelines->roster, arena, kind, false);
	pages_open(&timelines->logs, arena, sizeof(LogPlace));
	return timelines;
}

/*
 * A log follows four bytes of length where it is a value of the server; here
 * four bytes stand before it too, so that its entries are aligned.
 */
#define LOG_BEFORE 4

static ActivityLog *
log_make(HostArena arena, size_t size)
{
	return (ActivityLog *) ((char *) host_alloc(arena, LOG_BEFORE + size) +
							LOG_BEFORE);
}

static void
log_drop(ActivityLog *log)
{
	host_free((char *) log - LOG_BEFORE);
}

/* Give a log room for one more entry. */
static void
log_extend(Timelines *timelines, LogPlace *place)
{
	size_t room = FIRST_ROOM;
	ActivityLog *log;

	if (place->log != NULL)
	{
		room = place->log->used;
		if (log_tidy(place->log) * 2 <= room)
			return;
		room *= 2;
	}
	timelines->logs_size -= place->size;
	place->size = log_size(timelines->is_full, room);
	timelines->logs_size += place->size;
	log = log_make(timelines->arena, place->size);
	if (place->log == NULL)
		log_open(log, timelines->is_full);
	else
	{
		memcpy(log, place->log, log_size(timelines->is_full, place->log->used));
		log_drop(place->log);
	}
	place->log = log;
}

static void spill(Timelines *timelines);

/* Append the rows of the batch to the logs of their customers. */
void
timelines_flush(Timelines *timelines)
{
	Batch *batch = &timelines->batch;
	uint32_t slots[ROSTER_BATCH];
	Day days[ROSTER_BATCH];

	if (batch->used == 0)
		return;
	host_poll();
	batch_days(batch, days);
	roster_number(&timelines->roster, batch->keys, batch->used, slots);
	for (int i = 0; i < batch->used; i++)
		__builtin_prefetch(pages_reach(&timelines->logs, slots[i]), 1);
	for (int i = 0; i < batch->used; i++)
	{
		const LogPlace *place = pages_peek(&timelines->logs, slots[i]);

		if (place->log != NULL)
			__builtin_prefetch(place->log, 1);
	}
	for (int i = 0; i < batch->used; i++)
	{
		LogPlace *place = pages_peek(&timelines->logs, slots[i]);
		uint8_t marks = batch_marks(batch, i);
		bool has_value = (marks & MARK_VALUE) != 0;
		Wide value = has_value ? batch->values[i] : 0;
		int scale = has_value ? batch->scales[i] : 0;

		while (place->log == NULL ||
			   !log_add(place->log, place->size, days[i],
						(marks & MARK_START) != 0, (marks & MARK_RETURN) != 0,
						value, scale, has_value))
			log_extend(timelines, place);
	}
	batch_clear(batch, timelines->roster.nslots);
	if (timelines->budget > 0 && timelines->level < LEVELS &&
		timelines->logs_size + roster_size(&timelines->roster) +
				pages_size(&timelines->logs) >
			timelines->budget)
		spill(timelines);
}

/* Forget the customers. */
static void
forget(Timelines *timelines)
{
	for (uint32_t slot = 0; slot < timelines->roster.nslots; slot++)
	{
		LogPlace *place = pages_peek(&timelines->logs, slot);

		if (place->log != NULL)
			log_drop(place->log);
	}
	timelines->logs_size = 0;
	pages_close(&timelines->logs);
	roster_close(&timelines->roster);
	roster_open(&timelines->roster, timelines->arena, timelines->kind, false);
}

/* A log as canonical bytes, in a writer that is used again and again. */
static void
log_write(const LogPlace *place, ByteWriter *writer)
{
	Activity *activity = log_read(place->log, place->size);

	writer->used = 0;
	activity_encode(activity, writer);
	host_free(activity->days);
	host_free(activity);
}

/* Write every customer to the file of its part and forget it. */
static void
spill(Timelines *timelines)
{
	ByteWriter writer;

	if (timelines->parts == NULL)
	{
		timelines->parts =
			host_alloc_zero(timelines->arena, PARTS * sizeof(HostFile));
		for (int part = 0; part < PARTS; part++)
			timelines->parts[part] = host_file_make(timelines->arena);
	}
	writer_open(&writer, NULL, 0);
	for (uint32_t slot = 0; slot < timelines->roster.nslots; slot++)
	{
		uint64_t hash = roster_hash(&timelines->roster, slot);
		HostFile file =
			timelines->parts[(hash >> (5 * timelines->level)) % PARTS];
		Key key = roster_key(&timelines->roster, slot);

		host_poll();
		log_write(pages_peek(&timelines->logs, slot), &writer);
		host_file_write(file, &key, sizeof(key));
		if (timelines->kind == KEY_TEXT && key_is_outside(&key))
			host_file_write(file, key.outside.data, key.outside.size);
		host_file_write(file, &writer.used, sizeof(writer.used));
		host_file_write(file, writer.data, writer.used);
	}
	host_free(writer.data);
	forget(timelines);
}

/* Append what a file knows of a customer. */
static void
append(Timelines *timelines, const Key *key, const void *data, size_t size)
{
	ActivityCursor cursor;
	ActivityDay day;
	uint32_t slot;
	LogPlace *place;

	roster_number(&timelines->roster, key, 1, &slot);
	place = pages_reach(&timelines->logs, slot);
	cursor_open(&cursor, data, size);
	while (cursor_next(&cursor, &day))
	{
		while (place->log == NULL || !log_put(place->log, place->size, &day,
											  cursor.scale, cursor.has_value))
			log_extend(timelines, place);
	}
}

static void
read_whole(HostFile file, void *data, size_t size)
{
	if (host_file_read(file, data, size) != size)
		host_fail(HOST_BAD_BYTES, NULL, "temporary file ends too early");
}

/* A part of timelines that have spilled everything. */
static Timelines *
part_read(const Timelines *timelines, int part)
{
	Timelines *whole =
		timelines_new(timelines->arena, timelines->kind, timelines->is_full,
					  timelines->batch.reader, timelines->budget);
	HostFile file = timelines->parts[part];
	Key key;

	whole->level = timelines->level + 1;
	host_file_rewind(file);
	while (host_file_read(file, &key, sizeof(key)) == sizeof(key))
	{
		char *text = NULL;
		uint8_t *data;
		size_t size;

		host_poll();
		if (whole->kind == KEY_TEXT && key_is_outside(&key))
		{
			text = host_alloc(NULL, key.outside.size);
			read_whole(file, text, key.outside.size);
			key.outside.data = text;
		}
		read_whole(file, &size, sizeof(size));
		data = host_alloc(NULL, size);
		read_whole(file, data, size);
		append(whole, &key, data, size);
		host_free(data);
		if (text != NULL)
			host_free(text);
		if (whole->budget > 0 && whole->level < LEVELS &&
			whole->logs_size + roster_size(&whole->roster) > whole->budget)
			spill(whole);
	}
	return whole;
}

/* Hand out every customer once, and close the files. */
void
timelines_finish(Timelines *timelines, TimelineTake take, void *taker)
{
	timelines_flush(timelines);
	if (timelines->parts != NULL)
	{
		spill(timelines);
		for (int part = 0; part < PARTS; part++)
		{
			Timelines *whole = part_read(timelines, part);

			host_file_close(timelines->parts[part]);
			timelines_finish(whole, take, taker);
		}
		timelines->parts = NULL;
	}
	for (uint32_t slot = 0; slot < timelines->roster.nslots; slot++)
	{
		const LogPlace *place = pages_peek(&timelines->logs, slot);
		Activity *activity = log_read(place->log, place->size);

		host_poll();
		take(taker, roster_key(&timelines->roster, slot), activity);
		host_free(activity->days);
		host_free(activity);
	}
	forget(timelines);
	batch_close(&timelines->batch);
	roster_close(&timelines->roster);
	host_free(timelines);
}
