/*
 * timelines.c
 *		The timelines of many customers, folded at once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/timelines.h"

#include <string.h>

/* A line of 32 bits: above the customer's place, days since the base */
#define DAY_BITS (32 - PAGE_SHIFT)
#define DAY_MIDDLE ((int64_t) 1 << (DAY_BITS - 1))

/* Of a wide line, above the place: marks, then the scale of the value */
#define MARKS_SHIFT PAGE_SHIFT
#define SCALE_SHIFT (PAGE_SHIFT + 3)

typedef struct WideLine
{
	uint32_t head;
	Day day;
	Wide value;
} WideLine;

static inline size_t
line_size(bool is_wide)
{
	return is_wide ? sizeof(WideLine) : sizeof(uint32_t);
}

static inline uint32_t
wide_head(uint32_t slot, uint8_t marks, int scale)
{
	return (slot & PAGE_MASK) | (uint32_t) marks << MARKS_SHIFT |
		   (uint32_t) scale << SCALE_SHIFT;
}

/* Make wide lines of all: a day has come that 32 bits do not reach. */
static void
widen(Timelines *timelines)
{
	RowBuffer old = timelines->row_buffer;
	RowBuffer *row_buffer = &timelines->row_buffer;

	timelines->is_wide = true;
	row_buffer->line = line_size(true);
	row_buffer->npartitions = 0;
	row_buffer->partition_room = 0;
	row_buffer->partitions = NULL;
	row_buffer->block = NULL;
	row_buffer->block_used = 0;
	row_buffer->block_room = 0;
	row_buffer->nchunks = 0;
	for (uint32_t number = 0; number < old.npartitions; number++)
	{
		PartitionWalk walk = partition_walk(&old, number);
		const uint32_t *line;

		check_interrupts();
		while ((line = partition_next(&walk)) != NULL)
		{
			uint32_t slot = number << PAGE_SHIFT | (*line & PAGE_MASK);
			WideLine *wide = row_buffer_place(row_buffer, slot);

			*wide =
				(WideLine){wide_head(slot, MARKS_PLAIN, 0),
						   (Day) (timelines->base + (*line >> PAGE_SHIFT)), 0};
		}
	}
	key_table_open(&old.key_table, old.context, old.kind,
				   false); /* it has moved */
	row_buffer_close(&old);
}

/* Do 32 bits reach these days? */
static bool
days_near(Timelines *timelines, const Day *days, int ndays)
{
	uint64_t far = 0;

	if (!timelines->has_base)
	{
		timelines->base = days[0] - DAY_MIDDLE;
		timelines->has_base = true;
	}
	for (int i = 0; i < ndays; i++)
		far |= (uint64_t) (days[i] - timelines->base) >> DAY_BITS;
	return far == 0;
}

/* What is used again for every partition and every customer */
typedef struct Workspace
{
	void *sorted; /* lines */
	size_t room;
	Activity activity;
	size_t days_room;
} Workspace;

/* Put the lines of a customer together: those from one on, before another. */
static void
workspace_read(Workspace *workspace, const Timelines *timelines, uint32_t from,
			   uint32_t past)
{
	Activity *activity = &workspace->activity;
	ActivityDay *day;

	if (past - from > workspace->days_room)
	{
		if (activity->days != NULL)
			runtime_free(activity->days);
		workspace->days_room = (size_t) (past - from) * 2;
		activity->days =
			runtime_alloc(NULL, workspace->days_room * sizeof(ActivityDay));
	}
	activity->has_value = false;
	activity->scale = 0;
	activity->ndays = (int) (past - from);
	day = activity->days;
	if (!timelines->is_wide)
	{
		const uint32_t *line = (const uint32_t *) workspace->sorted + from;

		for (uint32_t i = from; i < past; i++, line++)
		{
			Day at = (Day) (timelines->base + (*line >> PAGE_SHIFT));

			if (day > activity->days && day[-1].day == at)
			{
				day[-1].events++;
				day[-1].starts++;
				day[-1].returns++;
			}
			else
				*day++ = (ActivityDay){at, 1, 1, 1, 0};
		}
		activity->ndays = (int) (day - activity->days);
	}
	else
	{
		const WideLine *lines = (const WideLine *) workspace->sorted + from;

		for (uint32_t i = 0; i < past - from; i++)
		{
			int scale = (int) (lines[i].head >> SCALE_SHIFT);

			if (lines[i].head >> MARKS_SHIFT & MARK_VALUE)
				activity->has_value = true;
			if (scale > activity->scale)
				activity->scale = scale;
		}
		for (uint32_t i = 0; i < past - from; i++)
		{
			uint32_t marks = lines[i].head >> MARKS_SHIFT;

			*day++ = (ActivityDay){
				lines[i].day, 1, (marks & MARK_START) != 0,
				(marks & MARK_RETURN) != 0,
				money_rescale(lines[i].value, lines[i].head >> SCALE_SHIFT,
							  activity->scale)};
		}
	}
	activity_tidy(activity);
}

/* Sort the lines of a partition by customer. */
static void
workspace_sort(Workspace *workspace, const Timelines *timelines,
			   uint32_t number, uint32_t *ends)
{
	const RowBuffer *row_buffer = &timelines->row_buffer;
	uint32_t nlines = row_buffer->partitions[number].nlines;
	PartitionWalk walk = partition_walk(row_buffer, number);
	const void *line;

	if (nlines > workspace->room)
	{
		if (workspace->sorted != NULL)
			runtime_free(workspace->sorted);
		workspace->room = (size_t) nlines + nlines / 4;
		workspace->sorted =
			runtime_alloc(NULL, workspace->room * row_buffer->line);
	}
	partition_ends(row_buffer, number, ends);
	if (!timelines->is_wide)
		while ((line = partition_next(&walk)) != NULL)
			((uint32_t *)
				 workspace->sorted)[ends[line_head(line) & PAGE_MASK]++] =
				*(const uint32_t *) line;
	else
		while ((line = partition_next(&walk)) != NULL)
			((WideLine *)
				 workspace->sorted)[ends[line_head(line) & PAGE_MASK]++] =
				*(const WideLine *) line;
}

/* Hand out the customers in memory. */
static void
timelines_each(Timelines *timelines, TimelineEmit take, void *arg)
{
	const RowBuffer *row_buffer = &timelines->row_buffer;
	uint32_t ends[PAGE_ITEMS];
	Workspace workspace = {0};

	for (uint32_t number = 0; number < row_buffer->npartitions; number++)
	{
		uint32_t at = 0;

		check_interrupts();
		workspace_sort(&workspace, timelines, number, ends);
		for (uint32_t i = 0; i < PAGE_ITEMS; at = ends[i++])
		{
			if (ends[i] == at)
				continue;
			workspace_read(&workspace, timelines, at, ends[i]);
			take(
				arg,
				key_table_key(&row_buffer->key_table, number << PAGE_SHIFT | i),
				&workspace.activity);
		}
	}
	if (workspace.sorted != NULL)
		runtime_free(workspace.sorted);
	if (workspace.activity.days != NULL)
		runtime_free(workspace.activity.days);
}

/* Say how large they are: that may be too much. */
static void
timelines_say(Timelines *timelines)
{
	size_t size = row_buffer_size(&timelines->row_buffer);

	overflow_say(&timelines->files.overflow, size, size);
}

/* Where customers go that are written to the file */
typedef struct ToFiles
{
	TimelineFiles *files;
	ByteWriter writer;
} ToFiles;

static void
to_files(void *arg, Key key, const Activity *activity)
{
	ToFiles *to = arg;

	to->writer.used = 0;
	activity_encode(activity, &to->writer);
	timeline_files_write(to->files, &key, to->writer.data, to->writer.used);
}

/* Write every customer to the part that is theirs and forget them. */
static void
write_files(void *state)
{
	Timelines *timelines = state;
	ToFiles to = {.files = &timelines->files};

	writer_open(&to.writer, NULL, 0);
	timeline_files_begin(&timelines->files);
	timelines_each(timelines, to_files, &to);
	timeline_files_end(&timelines->files);
	runtime_free(to.writer.data);
	row_buffer_forget(&timelines->row_buffer);
	timelines_say(timelines);
}

Timelines *
timelines_new(Context context, KeyKind kind, bool is_full, DayReader reader,
			  Budget *budget)
{
	Timelines *timelines = RUNTIME_NEW(Timelines, context);

	timelines->kind = kind;
	timeline_files_open(&timelines->files, context, kind, budget, 0,
						write_files, timelines);
	timelines->is_full = is_full;
	timelines->is_wide = is_full;
	batch_open(&timelines->batch, context, kind, is_full, is_full);
	timelines->batch.reader = reader;
	row_buffer_open(&timelines->row_buffer, context, kind, line_size(is_full),
					false);
	return timelines;
}

/* Read times otherwise from now on. */
void
timelines_set_day_reader(Timelines *timelines, DayReader reader)
{
	Batch *batch = &timelines->batch;

	if (reader.read == batch->reader.read && reader.zone == batch->reader.zone)
		return;
	timelines_flush(timelines);
	batch->reader = reader;
}

/* Write the rows of the batch down under their customers. */
void
timelines_flush(Timelines *timelines)
{
	Batch *batch = &timelines->batch;
	RowBuffer *row_buffer = &timelines->row_buffer;
	uint32_t before = row_buffer->key_table.nslots;
	uint32_t slots[KEY_TABLE_BATCH];
	Day days[KEY_TABLE_BATCH];
	void *places[KEY_TABLE_BATCH];

	if (batch->used == 0)
		return;
	check_interrupts();
	batch_days(batch, days);
	if (!timelines->is_wide && !days_near(timelines, days, batch->used))
		widen(timelines);
	while (!row_buffer_assign(row_buffer, batch->keys, batch->used, slots))
		;
	/* ask for all places before the first is needed */
	for (int i = 0; i < batch->used; i++)
	{
		places[i] = row_buffer_place(row_buffer, slots[i]);
		__builtin_prefetch(places[i], 1);
	}
	if (!timelines->is_wide)
		for (int i = 0; i < batch->used; i++)
			*(uint32_t *) places[i] =
				(slots[i] & PAGE_MASK) | (uint32_t) (days[i] - timelines->base)
											 << PAGE_SHIFT;
	else
		for (int i = 0; i < batch->used; i++)
		{
			uint8_t marks = batch_marks(batch, i);
			bool has_value = (marks & MARK_VALUE) != 0;

			*(WideLine *) places[i] = (WideLine){
				wide_head(slots[i], marks, has_value ? batch->scales[i] : 0),
				days[i], has_value ? batch->values[i] : 0};
		}
	batch_clear(batch, row_buffer->key_table.nslots);
	row_buffer_consider_radix(row_buffer, before);
	timelines_say(timelines);
}

/*
 * A piece for another process: what it is of, and customers as in files.  What
 * was written to files goes as it is.
 */
static void
piece_begin(const Timelines *timelines, ByteWriter *writer)
{
	write_byte(writer, (uint8_t) timelines->kind);
	write_byte(writer, timelines->is_full);
}

/* Is it enough for a piece?  Then the next one begins. */
static void
piece_pass(const Timelines *timelines, ByteWriter *writer)
{
	if (writer_pass(writer))
		piece_begin(timelines, writer);
}

static void
pieces_copy(Timelines *timelines, ByteWriter *writer)
{
	Overflow *overflow = &timelines->files.overflow;
	PieceReader pieces;

	for (int part = 0; part < overflow_nparts(&overflow->parts); part++)
	{
		piece_reader_open(&pieces, overflow, &overflow->parts, part);
		while (piece_next(&pieces))
		{
			write_raw(writer, pieces.data, pieces.size);
			piece_pass(timelines, writer);
		}
	}
}

/* Where customers go that are sent */
typedef struct ToProcess
{
	const Timelines *timelines;
	ByteWriter *writer;
	ByteWriter bytes;
} ToProcess;

static void
to_process(void *arg, Key key, const Activity *activity)
{
	ToProcess *to = arg;

	to->bytes.used = 0;
	activity_encode(activity, &to->bytes);
	timeline_write(to->timelines->kind, &key, to->bytes.data, to->bytes.used,
				   to->writer);
	piece_pass(to->timelines, to->writer);
}

/* Write them for another process of this machine. */
void
timelines_encode(Timelines *timelines, ByteWriter *writer)
{
	ToProcess to = {.timelines = timelines, .writer = writer};

	timelines_flush(timelines);
	piece_begin(timelines, writer);
	if (overflow_is_written(&timelines->files.overflow))
		pieces_copy(timelines, writer);
	writer_open(&to.bytes, NULL, 0);
	timelines_each(timelines, to_process, &to);
	runtime_free(to.bytes.data);
}

/* Take in a piece; into may be NULL. */
Timelines *
timelines_absorb(Timelines *into, Context context, const void *data,
				 size_t size, Budget *budget)
{
	ByteReader reader;
	KeyKind kind;
	bool is_full;

	reader_open(&reader, data, size, "timelines");
	kind = (KeyKind) read_byte(&reader);
	is_full = read_byte(&reader) != 0;
	if (into == NULL)
		into = timelines_new(context, kind, is_full, (DayReader){0}, budget);
	timeline_files_begin(&into->files);
	timeline_files_copy(&into->files, &reader);
	timeline_files_end(&into->files);
	return into;
}

/* Hand out every customer once. */
void
timelines_finish(Timelines *timelines, TimelineEmit take, void *arg)
{
	timelines_flush(timelines);
	if (overflow_is_written(&timelines->files.overflow))
	{
		write_files(timelines);
		timeline_files_each(&timelines->files, take, arg);
	}
	else
	{
		timelines_each(timelines, take, arg);
		overflow_close(&timelines->files.overflow);
	}
	row_buffer_close(&timelines->row_buffer);
	batch_close(&timelines->batch);
	runtime_free(timelines);
}
