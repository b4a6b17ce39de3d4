/*
 * customer_lines.c
 *		Lines in any order, handed out customer by customer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/customer_lines.h"

#include <string.h>

#define HEAD 4 /* bytes of a line in the buffer before what it is */
#define PIECE_SIZE (8 << 10) /* bytes of a piece, about */

/* Lines that become longer than they were */
typedef struct Widening
{
	CustomerLines *lines;
	size_t size;
} Widening;

static void write_files(void *state);

/* Open lines whose files are of a level; a budget of 0 is none. */
static void
lines_open(CustomerLines *lines, Context context, KeyKind kind, size_t size,
		   Budget *budget, int level)
{
	memset(lines, 0, sizeof(CustomerLines));
	lines->context = context;
	lines->kind = kind;
	lines->size = size;
	overflow_open(&lines->overflow, context, budget, level,
				  level == 0 ? write_files : NULL, lines);
	batch_open(&lines->batch, context, kind, false, false);
	lines->waiting = runtime_alloc(context, KEY_TABLE_BATCH * size);
	row_buffer_open(&lines->row_buffer, context, kind, HEAD + size, false);
}

void
customer_lines_open(CustomerLines *lines, Context context, KeyKind kind,
					size_t size, size_t budget)
{
	lines_open(lines, context, kind, size, NULL, 0);
	budget_open(&lines->budget, context, budget);
	overflow_open(&lines->overflow, context, &lines->budget, 0, write_files,
				  lines);
}

static void
lines_close(CustomerLines *lines)
{
	row_buffer_close(&lines->row_buffer);
	batch_close(&lines->batch);
	runtime_free(lines->waiting);
}

/* Say how large they are: that may be too much. */
static void
lines_say(CustomerLines *lines)
{
	size_t size = row_buffer_size(&lines->row_buffer);

	overflow_say(&lines->overflow, size, size);
}

/* Write what waits down under its customers. */
void
customer_lines_flush(CustomerLines *lines)
{
	Batch *batch = &lines->batch;
	RowBuffer *row_buffer = &lines->row_buffer;
	uint32_t before = row_buffer->key_table.nslots;
	uint32_t slots[KEY_TABLE_BATCH];
	char *places[KEY_TABLE_BATCH];

	if (batch->used == 0)
		return;
	check_interrupts();
	while (!row_buffer_assign(row_buffer, batch->keys, batch->used, slots))
		;
	/* ask for all places before the first is needed */
	for (int i = 0; i < batch->used; i++)
	{
		places[i] = row_buffer_place(row_buffer, slots[i]);
		__builtin_prefetch(places[i], 1);
	}
	for (int i = 0; i < batch->used; i++)
	{
		*(uint32_t *) places[i] = slots[i] & PAGE_MASK;
		memcpy(places[i] + HEAD, lines->waiting + (size_t) i * lines->size,
			   lines->size);
	}
	batch_clear(batch, row_buffer->key_table.nslots);
	row_buffer_consider_radix(row_buffer, before);
	if (lines->overflow.budget != NULL)
		lines_say(lines);
}

/* Hand out the customers in memory. */
static void
lines_each(CustomerLines *lines, CustomerTake take, void *arg)
{
	const RowBuffer *row_buffer = &lines->row_buffer;
	uint32_t ends[PAGE_ITEMS];
	char *sorted = NULL;
	size_t room = 0;

	for (uint32_t number = 0; number < row_buffer->npartitions; number++)
	{
		uint32_t nlines = row_buffer->partitions[number].nlines;
		PartitionWalk walk = partition_walk(row_buffer, number);
		const char *line;
		uint32_t at = 0;

		check_interrupts();
		if (nlines > room)
		{
			if (sorted != NULL)
				runtime_free(sorted);
			room = (size_t) nlines + nlines / 4;
			sorted = runtime_alloc(NULL, room * lines->size);
		}
		partition_ends(row_buffer, number, ends);
		while ((line = partition_next(&walk)) != NULL)
			memcpy(sorted + (size_t) ends[line_head(line) & PAGE_MASK]++ *
								lines->size,
				   line + HEAD, lines->size);
		for (uint32_t i = 0; i < PAGE_ITEMS; at = ends[i++])
		{
			Key key;

			if (ends[i] == at)
				continue;
			key =
				key_table_key(&row_buffer->key_table, number << PAGE_SHIFT | i);
			take(arg, &key, sorted + (size_t) at * lines->size, ends[i] - at);
		}
	}
	if (sorted != NULL)
		runtime_free(sorted);
}

/* Begin to write files. */
static void
files_begin(CustomerLines *lines)
{
	overflow_begin(&lines->overflow);
	for (int part = 0; part < overflow_nparts(&lines->overflow.parts); part++)
		writer_open(&lines->writers[part], NULL, 0);
}

static void
piece_put(CustomerLines *lines, int part)
{
	ByteWriter *writer = &lines->writers[part];

	overflow_put(&lines->overflow, part, writer->data, writer->used);
	lines->sizes[part] += writer->used;
	writer->used = 0;
}

/* Write the lines of a customer to the part that is theirs. */
static void
files_write(void *arg, const Key *key, void *data, uint32_t nlines)
{
	CustomerLines *lines = arg;
	int part =
		overflow_part(&lines->overflow.parts, key_hash(lines->kind, key));
	ByteWriter *writer = &lines->writers[part];

	key_write(lines->kind, key, writer);
	write_raw(writer, &nlines, sizeof(nlines));
	write_raw(writer, data, nlines * lines->size);
	if (writer->used >= PIECE_SIZE)
		piece_put(lines, part);
}

static void
files_end(CustomerLines *lines)
{
	for (int part = 0; part < overflow_nparts(&lines->overflow.parts); part++)
	{
		if (lines->writers[part].used > 0)
			piece_put(lines, part);
		runtime_free(lines->writers[part].data);
	}
}

/* Write every customer to a file and forget them. */
static void
write_files(void *state)
{
	CustomerLines *lines = state;

	files_begin(lines);
	lines_each(lines, files_write, lines);
	files_end(lines);
	row_buffer_forget(&lines->row_buffer);
	lines_say(lines);
}

static void files_each(CustomerLines *lines, CustomerTake take, void *arg);

/* Read a part; what is in it goes where it is told. */
static void
part_read(CustomerLines *lines, int part, CustomerLines *to, CustomerTake take)
{
	PieceReader pieces;
	char *data = NULL;
	size_t room = 0;

	piece_reader_open(&pieces, &lines->overflow, &lines->overflow.parts, part);
	while (piece_next(&pieces))
	{
		ByteReader reader;

		check_interrupts();
		reader_open(&reader, pieces.data, pieces.size, "lines of a customer");
		while (reader.at < reader.end)
		{
			Key key = key_read(lines->kind, &reader);
			uint32_t nlines;

			read_raw(&reader, &nlines, sizeof(nlines));
			if (nlines * lines->size > room)
			{
				if (data != NULL)
					runtime_free(data);
				room = nlines * lines->size * 2;
				data = runtime_alloc(NULL, room);
			}
			read_raw(&reader, data, nlines * lines->size);
			take(to, &key, data, nlines);
		}
	}
	if (data != NULL)
		runtime_free(data);
}

/* Lines of a part that fits into memory */
static void
part_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	CustomerLines *lines = arg;

	for (uint32_t i = 0; i < nlines; i++)
		memcpy(customer_lines_next(lines, *key),
			   (char *) data + (size_t) i * lines->size, lines->size);
}

/* Hand out customers part by part. */
static void
files_each(CustomerLines *lines, CustomerTake take, void *arg)
{
	Overflow *overflow = &lines->overflow;

	for (int part = 0; part < overflow_nparts(&overflow->parts); part++)
	{
		CustomerLines of;

		/* a part of the last level is read however large it is */
		if (lines->sizes[part] > overflow->budget->bytes &&
			overflow->parts.level + 1 < OVERFLOW_LEVELS)
		{
			lines_open(&of, lines->context, lines->kind, lines->size,
					   overflow->budget, overflow->parts.level + 1);
			files_begin(&of);
			part_read(lines, part, &of, files_write);
			files_end(&of);
			files_each(&of, take, arg);
		}
		else
		{
			lines_open(&of, lines->context, lines->kind, lines->size, NULL, 0);
			part_read(lines, part, &of, part_take);
			customer_lines_flush(&of);
			lines_each(&of, take, arg);
		}
		lines_close(&of);
	}
	overflow_close(overflow);
}

/* To longer lines, whose rest is zero */
static void
line_widen(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Widening *widening = arg;
	CustomerLines *lines = widening->lines;

	for (uint32_t i = 0; i < nlines; i++)
	{
		char *line = customer_lines_next(lines, *key);

		memcpy(line, (char *) data + (size_t) i * widening->size,
			   widening->size);
		memset(line + widening->size, 0, lines->size - widening->size);
	}
}

void
customer_lines_widen(CustomerLines *lines, size_t size)
{
	CustomerLines old = *lines;
	Widening widening = {lines, old.size};

	/* they have moved */
	old.overflow.state = &old;
	if (old.overflow.budget != NULL)
	{
		old.overflow.budget = &old.budget;
		old.overflow.link = &old.budget.states;
		old.budget.states = &old.overflow;
	}
	customer_lines_open(lines, old.context, old.kind, size, old.budget.bytes);
	/* there is no room for many of them and the others beside each other */
	customer_lines_flush(&old);
	if (old.budget.bytes > 0 &&
		row_buffer_size(&old.row_buffer) > old.budget.bytes / 4)
		write_files(&old);
	customer_lines_finish(&old, line_widen, &widening);
}

/* Hand out every customer once, and close. */
void
customer_lines_finish(CustomerLines *lines, CustomerTake take, void *arg)
{
	customer_lines_flush(lines);
	if (overflow_is_written(&lines->overflow))
	{
		write_files(lines);
		files_each(lines, take, arg);
	}
	else
		lines_each(lines, take, arg);
	budget_close(&lines->budget);
	lines_close(lines);
}
