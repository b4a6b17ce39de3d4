/*
 * fold.c
 *		The fold core by itself: rows in any order, in any parts, merged in any
 *		order, spilled or not, give the bytes that one customer after the other
 *		gives.
 *
 * A script of bytes says what is folded: the kind of keys, grain, marks and
 * values, the budget of memory, and then rows, bursts of rows, and parts that
 * are sent through a chunk.  By itself this is a test, which runs scripts of
 * its own; built with -DFUZZING it is a target for libFuzzer (test/fuzz/run).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/retention/activity.h"
#include "core/retention/fold.h"
#include "core/retention/retention_activity.h"

#define FOLDS 4
#define FIRST_DAY 8700
#define MAX_SCRIPT 600

typedef struct Row
{
	uint32_t customer;
	Day day;
	uint8_t marks;
	int scale;
	Wide value;
} Row;

typedef struct Script
{
	const uint8_t *at;
	const uint8_t *end;
	uint32_t bursts; /* the longest burst of rows */
	uint64_t random;
	bool same;		/* what it was all for */
	bool has_radix; /* what came up on the way */
	bool has_spilled;
	bool has_wide;		  /* a column of 128 bits, */
	bool has_list;		  /* one that is a list, */
	bool has_array;		  /* one that is none, */
	bool has_radix_array; /* and that in a directory */
} Script;

typedef struct World
{
	KeyKind kind;
	bool is_marked;
	bool has_values;
	bool is_sparse;
	Calendar calendar;
	Budget budget; /* of all folds */
	Fold *folds[FOLDS];
	Row *rows;
	int nrows;
	int room;
} World;

static uint32_t
draw(uint64_t *random, uint32_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t) (*random >> 32) % below;
}

static uint32_t
next_byte(Script *script)
{
	return script->at < script->end ? *script->at++ : 0;
}

/* The key of a customer: texts of all lengths, long ones alike at both ends. */
static Key
make_key(const World *world, uint32_t customer, char *text)
{
	Key key = {.words = {0, 0}};
	uint32_t size = customer % 41;

	switch (world->kind)
	{
		case KEY_NUMBER:
			key.number =
				world->is_sparse
					? (int64_t) (customer * UINT64_C(0x9e3779b97f4a7c15))
					: (int64_t) customer - 5;
			break;
		case KEY_UUID:
			key.words[0] = world->is_sparse ? 7 : customer;
			key.words[1] = customer * UINT64_C(0xd6e8feb86659fd93);
			break;
		default:
			memset(text, 'x', 64);
			size += (uint32_t) snprintf(text + size / 2, 24, "%u", customer);
			text[size / 2 + strlen(text + size / 2)] = 'x';
			key_set_text(&key, text, size);
	}
	return key;
}

static void
take_row(World *world, Fold *fold, const Row *row)
{
	char text[96];
	Key key = make_key(world, row->customer, text);

	if (world->nrows == world->room)
	{
		world->room = world->room ? world->room * 2 : 64;
		world->rows =
			world->nrows
				? runtime_realloc(world->rows, world->room * sizeof(Row))
				: runtime_alloc(NULL, world->room * sizeof(Row));
	}
	world->rows[world->nrows++] = *row;
	fold_take(fold, key, row->day, row->marks, row->value, row->scale);
	memset(text, 'z', sizeof(text));
}

/* A row of four numbers. */
static Row
make_row(const World *world, uint32_t customer, uint32_t day, uint32_t flags)
{
	Row row = {customer, FIRST_DAY + (Day) day, MARKS_PLAIN, 0, 0};

	if (world->is_marked)
		row.marks = flags & (MARK_START | MARK_RETURN);
	if (world->has_values && (flags & 4))
	{
		row.marks |= MARK_VALUE;
		row.scale = (int) (flags >> 3 & 3);
		row.value = (int64_t) (flags * 37 % 1000) - 100;
		if (day % 7 == 0 && (flags & 32))
			row.value *= INT64_MAX / 300;
		else if (day % 61 == 0 && (flags & 64))
			row.value *= INT64_MAX;
	}
	return row;
}

/* See what has come up in a fold. */
static void
look(const Fold *fold, Script *script)
{
	script->has_radix |= fold->key_table.is_radix;
	script->has_spilled |= fold->overflow.parts.last != NULL;
	for (int i = 0; i < fold->sums.ncolumns; i++)
	{
		const SumColumn *column = &fold->sums.columns[i];

		script->has_wide |= column->is_wide;
		script->has_list |= column->is_list;
		script->has_array |= !column->is_list;
		script->has_radix_array |= !column->is_list && fold->key_table.is_radix;
	}
}

static void
run_step(World *world, Script *script)
{
	uint32_t step = next_byte(script);
	Fold **fold = &world->folds[step % FOLDS];

	if (step < 200)
	{
		uint32_t customer = next_byte(script);
		uint32_t day = next_byte(script) * (1 + step % 3);
		Row row = make_row(world, customer, day, next_byte(script));

		take_row(world, *fold, &row);
	}
	else if (step < 220)
	{
		uint32_t first = next_byte(script) << 6;
		uint32_t customers = 1 + (next_byte(script) << 6);
		uint32_t rows = 1 + next_byte(script) * script->bursts / 255;

		for (uint32_t i = 0; i < rows; i++)
		{
			Row row = make_row(world, first + draw(&script->random, customers),
							   draw(&script->random, step % 2 ? 400 : 40),
							   draw(&script->random, 256));

			take_row(world, *fold, &row);
		}
	}
	else if (step < 230)
		fold_make_room(*fold);
	else
	{
		/* send one to another, and begin anew */
		Fold **into = &world->folds[next_byte(script) % FOLDS];
		ByteWriter writer;

		if (into == fold)
			return;
		look(*fold, script);
		writer_open(&writer, NULL, 0);
		fold_encode(*fold, &writer);
		fold_absorb(*into, NULL, writer.data, writer.used, &world->budget);
		runtime_free(writer.data);
		fold_free(*fold);
		*fold = fold_new(NULL, world->kind, world->calendar, world->is_marked,
						 world->has_values, &world->budget);
	}
}

static int
compare_rows(const void *a, const void *b)
{
	const Row *x = a;
	const Row *y = b;

	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	return x->day < y->day ? -1 : x->day > y->day;
}

/* One customer after the other, each by its timeline. */
static void
fold_plainly(const World *world, Retention *retention)
{
	Day last = DAY_FIRST;

	for (int i = 0; i < world->nrows; i++)
		if (world->rows[i].day > last)
			last = world->rows[i].day;
	runtime_sort(world->rows, world->nrows, sizeof(Row), compare_rows);
	for (int from = 0, past; from < world->nrows; from = past)
	{
		size_t size;
		ActivityLog *log;
		ByteWriter writer;

		for (past = from;
			 past < world->nrows &&
			 world->rows[past].customer == world->rows[from].customer;)
			past++;
		size = log_size(true, past - from);
		/* where its entries are aligned, as behind the length of a value */
		log = (ActivityLog *) ((char *) runtime_alloc(NULL, size + 4) + 4);
		log_open(log, true);
		for (int i = from; i < past; i++)
		{
			const Row *row = &world->rows[i];

			log_add(log, size, row->day, row->marks & MARK_START,
					row->marks & MARK_RETURN, row->value, row->scale,
					row->marks & MARK_VALUE);
		}
		writer_open(&writer, NULL, 0);
		activity_encode(log_read(log, size), &writer);
		retention_add_activity(retention, writer.data, writer.used,
							   world->calendar, last + 1);
	}
}

static void
run_script(void *argument)
{
	Script *script = argument;
	World world = {0};
	uint32_t shape = next_byte(script);
	uint32_t budget = next_byte(script);
	Retention *retention = retention_new(NULL);
	Retention *plain = retention_new(NULL);
	ByteWriter writers[2];

	world.kind = (KeyKind) (shape % 3);
	world.is_marked = shape / 3 % 2;
	world.has_values = shape / 6 % 2;
	world.is_sparse = shape / 12 % 2;
	world.calendar.grain = (Grain) (shape / 24 % 5);
	world.calendar.week_start =
		world.calendar.grain == GRAIN_WEEK ? 1 + (int) (budget % 7) : 1;
	budget_open(&world.budget, NULL, budget < 128 ? 0 : (size_t) budget << 8);
	for (int i = 0; i < FOLDS; i++)
		world.folds[i] =
			fold_new(NULL, world.kind, world.calendar, world.is_marked,
					 world.has_values, &world.budget);
	script->random = 88172645463325252u + shape;
	while (script->at < script->end)
		run_step(&world, script);
	for (int i = 0; i < FOLDS; i++)
		look(world.folds[i], script);
	for (int i = 1; i < FOLDS; i++)
	{
		ByteWriter writer;

		writer_open(&writer, NULL, 0);
		fold_encode(world.folds[i], &writer);
		fold_absorb(world.folds[0], NULL, writer.data, writer.used,
					&world.budget);
	}
	if (world.nrows == 0)
	{
		script->same = true;
		return;
	}
	fold_finish(world.folds[0], retention);
	retention_set_as_of(retention, retention->as_of);
	fold_plainly(&world, plain);
	writer_open(&writers[0], NULL, 0);
	writer_open(&writers[1], NULL, 0);
	retention_encode(retention, &writers[0]);
	retention_encode(plain, &writers[1]);
	script->same =
		writers[0].used == writers[1].used &&
		memcmp(writers[0].data, writers[1].data, writers[0].used) == 0;
}

static bool
run_bytes(Script *script, const uint8_t *data, size_t size, uint32_t bursts)
{
	memset(script, 0, sizeof(Script));
	script->at = data;
	script->end = data + size;
	script->bursts = bursts;
	runtime_patience = 1L << 40;
	if (runtime_run(run_script, script) != RUNTIME_DONE)
		printf("# %s\n", runtime_message);
	return script->same;
}

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Script script;

	if (!run_bytes(&script, data, size, 300))
		abort();
	return 0;
}

#ifndef FUZZING

#define SMALL_SCRIPTS 720
#define LARGE_SCRIPTS 120

/* In how many scripts something came up */
typedef struct Seen
{
	int radix;
	int spilled;
	int wide;
	int list;
	int array;
	int radix_array;
} Seen;

/* Scripts of random bytes: how many went well */
static int
run_scripts(int count, uint32_t steps, uint32_t bursts, Seen *seen)
{
	uint64_t random = 362436069362436069u + bursts;
	int good = 0;

	for (int i = 0; i < count; i++)
	{
		uint8_t data[MAX_SCRIPT];
		size_t size = 8 + draw(&random, steps);
		Script script;

		for (size_t at = 0; at < size; at++)
			data[at] = (uint8_t) draw(&random, 256);
		data[0] = (uint8_t) (i % 120);
		if (bursts > 1000)
			memcpy(data + 2, (uint8_t[]){200, 0, 255, 255}, 4);
		if (run_bytes(&script, data, size, bursts))
			good++;
		else
			printf("# script %d of %u bytes gives another answer\n", i,
				   (unsigned) size);
		seen->radix += script.has_radix;
		seen->spilled += script.has_spilled;
		seen->wide += script.has_wide;
		seen->list += script.has_list;
		seen->array += script.has_array;
		seen->radix_array += script.has_radix_array;
	}
	return good;
}

static void
ok(int number, const char *what, bool truth)
{
	printf("%sok %d - %s\n", truth ? "" : "not ", number, what);
}

int
main(void)
{
	Seen seen = {0};
	int good = run_scripts(SMALL_SCRIPTS, MAX_SCRIPT - 8, 300, &seen);

	ok(1, "folds in parts give what customer after customer gives",
	   good == SMALL_SCRIPTS);
	good = run_scripts(LARGE_SCRIPTS, 60, 30000, &seen);
	ok(2, "so do folds of many customers", good == LARGE_SCRIPTS);
	ok(3, "some of them were in a directory", seen.radix > 0);
	ok(4, "some of them had spilled", seen.spilled > 0);
	ok(5, "some sums were lists and some arrays",
	   seen.list > 0 && seen.array > 0);
	ok(6, "some sums were arrays by slots of a directory",
	   seen.radix_array > 0);
	ok(7, "some sums had passed 64 bits", seen.wide > 0);
	printf("# %d in a directory, %d spilled, sums: %d listed, %d by slot, %d "
		   "of them in a directory, %d wide\n",
		   seen.radix, seen.spilled, seen.list, seen.array, seen.radix_array,
		   seen.wide);
	printf("1..7\n");
	return 0;
}

#endif
