/*
 * timelines.c
 *		Timelines folded at once are those of the log, customer by customer:
 *		with far days, values and marks, in a radix directory or not, spilled
 *		once, twice or not at all, and in one process or in two.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/retention/timelines.h"

#define WORLDS 240

typedef struct Row
{
	uint32_t customer;
	Day day;
	uint8_t marks;
	int scale;
	int64_t value;
} Row;

/* A world of rows, and what was found */
typedef struct World
{
	int number;
	uint64_t random;
	KeyKind kind;
	bool is_full;
	int nrows;
	Row *rows;
	uint32_t customers;
	uint8_t *seen; /* by customer */
	int handed_out;
	bool same;
	bool has_spilled;
	bool has_radix;
	bool has_widened;
	bool has_passed;
} World;

static uint32_t
draw(World *world, uint32_t below)
{
	return draw_below(&world->random, below);
}

static uint32_t
customer_of(const World *world, const Key *key)
{
	KeyText text;

	if (world->kind == KEY_NUMBER)
		return (uint32_t) key->number;
	if (world->kind == KEY_UUID)
		return (uint32_t) (key->words[1] * UINT64_C(0xf1de83e19937733d));
	text = key_text(key);
	return (uint32_t) strtoul(text.data, NULL, 10);
}

/* The same by the log, from the rows of one customer. */
static Activity *
by_log(const World *world, uint32_t customer)
{
	size_t size = log_size(true, world->nrows);
	char *block = runtime_alloc(NULL, size + 4);
	ActivityLog *log = (ActivityLog *) (block + 4); /* entries are aligned */
	Activity *activity;

	log_open(log, true);
	for (int i = 0; i < world->nrows; i++)
	{
		const Row *row = &world->rows[i];

		if (row->customer == customer)
			log_add(log, size, row->day, row->marks & MARK_START,
					row->marks & MARK_RETURN, row->value, row->scale,
					row->marks & MARK_VALUE);
	}
	activity = log_read(log, size);
	runtime_free(block);
	return activity;
}

static void
check_timeline(void *arg, Key key, const Activity *activity)
{
	World *world = arg;
	uint32_t customer = customer_of(world, &key);
	Activity *expected;
	ByteWriter writers[2];

	world->handed_out++;
	if (customer >= world->customers || world->seen[customer] != 1)
	{
		world->same = false;
		return;
	}
	world->seen[customer] = 2;
	if (customer % 8 != 0 && world->customers > 1000)
		return; /* finding a customer's rows takes long */
	expected = by_log(world, customer);
	writer_open(&writers[0], NULL, 0);
	writer_open(&writers[1], NULL, 0);
	activity_encode(activity, &writers[0]);
	activity_encode(expected, &writers[1]);
	world->same &=
		writers[0].used == writers[1].used &&
		memcmp(writers[0].data, writers[1].data, writers[0].used) == 0;
	runtime_free(writers[0].data);
	runtime_free(writers[1].data);
	runtime_free(expected->days);
	runtime_free(expected);
}

/* What comes out of an outbox: pieces, the size of each before it */
typedef struct Sent
{
	Outbox outbox;
	ByteWriter log;
} Sent;

static void
send_piece(Outbox *outbox, const void *data, size_t size)
{
	Sent *sent = (Sent *) outbox;

	write_raw(&sent->log, &size, sizeof(size));
	write_raw(&sent->log, data, size);
}

/* Pass timelines in pieces of any size to others, or those too to a third. */
static Timelines *
pass(World *world, Timelines *from, Timelines *into, Budget *budget)
{
	size_t limit = 100 + draw(world, 3000);
	Sent sent = {.outbox = {0, limit, send_piece}};
	bool is_third = world->number % 7 == 0;
	ByteWriter writer;
	ByteReader reader;

	writer_open(&sent.log, NULL, 0);
	writer_open(&writer, NULL, 0);
	writer.outbox = &sent.outbox;
	timelines_encode(from, &writer);
	if (is_third)
	{
		send_piece(&sent.outbox, writer.data, writer.used);
		writer.used = 0;
		timelines_encode(into, &writer);
		into = NULL;
	}
	send_piece(&sent.outbox, writer.data, writer.used);
	reader_open(&reader, sent.log.data, sent.log.used, "pieces");
	while (reader.at != reader.end)
	{
		size_t size;

		read_raw(&reader, &size, sizeof(size));
		into = timelines_absorb(into, NULL, read_text(&reader, size), size,
								budget);
	}
	world->has_passed = true;
	return into;
}

static void
run_world(void *argument)
{
	World *world = argument;
	bool is_large = world->number % 40 == 0;
	bool has_two = world->number % 7 < 3;
	Timelines *there;
	int expected = 0;
	Timelines *timelines;
	Budget budget;

	world->random = 88172645463325252u + (uint64_t) world->number;
	world->kind = (KeyKind) (world->number % 3);
	world->is_full = world->number / 3 % 2;
	if (is_large)
		world->kind = KEY_NUMBER;
	world->customers = is_large ? 9000 : 1 + draw(world, 300);
	world->nrows = is_large ? 20000 : 1 + (int) draw(world, 2000);
	world->rows = runtime_alloc(NULL, world->nrows * sizeof(Row));
	world->seen = runtime_alloc_zero(NULL, world->customers);
	budget_open(&budget, NULL,
				world->number % 4 == 1	 ? 20000
				: world->number % 4 == 2 ? 900
				: has_two				 ? (size_t) 1 << 30
										 : 0);
	timelines = timelines_new(NULL, world->kind, world->is_full,
							  (DayReader){NULL, NULL}, &budget);
	there = has_two ? timelines_new(NULL, world->kind, world->is_full,
									(DayReader){NULL, NULL}, &budget)
					: timelines;
	for (int i = 0; i < world->nrows; i++)
	{
		Row *row = &world->rows[i];
		char text[64];

		*row = (Row){
			is_large && i < 9000 ? (uint32_t) i : draw(world, world->customers),
			9000 + (Day) draw(world, 60), MARKS_PLAIN, 0, 0};
		if (world->number % 5 == 0 && i > world->nrows / 2)
			row->day = draw(world, 2) ? DAY_FIRST : DAY_LAST;
		if (world->is_full)
		{
			row->marks = (uint8_t) draw(world, 8);
			if (row->marks & MARK_VALUE)
			{
				row->scale = (int) draw(world, 4);
				row->value = (int64_t) draw(world, 1000) - 300;
			}
		}
		expected += world->seen[row->customer] == 0;
		world->seen[row->customer] = 1;
		timelines_take(i % 3 == 0 ? there : timelines,
					   customer_key(world->kind, row->customer, text), row->day,
					   row->marks, row->value, row->scale);
	}
	timelines_flush(timelines);
	if (has_two)
		timelines = pass(world, there, timelines, &budget);
	world->has_spilled = overflow_is_written(&timelines->files.overflow);
	world->has_radix = timelines->row_buffer.key_table.is_radix;
	world->has_widened = timelines->is_wide && !world->is_full;
	world->same = true;
	timelines_finish(timelines, check_timeline, world);
	budget_close(&budget);
	world->same &= world->handed_out == expected;
}

int
main(void)
{
	int good = 0;
	int spilled = 0;
	int is_radix = 0;
	int widened = 0;
	int passed = 0;

	runtime_patience = 1L << 40;
	for (int i = 0; i < WORLDS; i++)
	{
		World world = {.number = i};

		if (runtime_run(run_world, &world) != RUNTIME_DONE)
			printf("# world %d: %s\n", i, runtime_message);
		else if (!world.same)
			printf("# world %d differs\n", i);
		else
			good++;
		spilled += world.has_spilled;
		is_radix += world.has_radix;
		widened += world.has_widened;
		passed += world.has_passed;
	}
	ok(1, "timelines are those of the log", good == WORLDS);
	ok(2, "some had spilled", spilled > 0);
	ok(3, "some customers were in a directory", is_radix > 0);
	ok(4, "some days were too far for short lines", widened > 0);
	ok(5, "some came from another process", passed > 0);
	printf("# %d spilled, %d in a directory, %d widened, %d passed\n", spilled,
		   is_radix, widened, passed);
	printf("1..5\n");
	return 0;
}
