/*
 * core.c
 *		The fold core by itself: nanoseconds a row, without a server.
 *
 * bench/run core [ROWS [CUSTOMERS]]
 *
 * Rows are made in memory, in the order of time: customers sign up evenly over
 * two years, and each stays for a while of its own.  Then, for every kind of
 * key and every grain, the whole table is read once without folding it (the
 * floor), folded, encoded for another process, absorbed there, and finished.
 * All kinds of keys must give the same bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/retention/fold.h"

#define NDAYS 731
#define ROUNDS 5
#define FIRST_DAY 8766 /* 2024-01-01 */
#define TEXT_SIZE 12

typedef struct Kind
{
	const char *name;
	KeyKind kind;
	bool is_sparse;
} Kind;

static const Kind kinds[] = {{"bigint", KEY_NUMBER, false},
							 {"sparse", KEY_NUMBER, true},
							 {"uuid", KEY_UUID, false},
							 {"text", KEY_TEXT, false}};

static const Grain grains[] = {GRAIN_QUARTER, GRAIN_MONTH, GRAIN_WEEK,
							   GRAIN_DAY};

/* Nanoseconds a row of each step: the median of the rounds */
typedef struct Costs
{
	double floor;
	double fold;
	double encode;
	double absorb;
	double finish;
} Costs;

typedef struct Work
{
	int nrows;
	int ncustomers;
	uint32_t *customers; /* by row */
	Day *days;			 /* by row */
	Key *keys;			 /* by row */
	char *text;
	Kind kind;
	Calendar calendar;
	Costs rounds[ROUNDS];
	size_t fold_bytes;
	uint8_t *answer; /* of the first kind of key; the others' must equal it */
	size_t answer_size;
	uint64_t sum; /* keeps the floor from being optimized away */
} Work;

static double
now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double) at.tv_sec * 1e9 + (double) at.tv_nsec;
}

static uint64_t
scramble(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Rows by day: a customer's first day, and others evenly over the stay. */
static void
make_rows(Work *work)
{
	int per_customer = work->nrows / work->ncustomers;
	int *counts = calloc(NDAYS + 1, sizeof(int));
	Day *day_of = malloc(work->nrows * sizeof(Day));

	for (int i = 0; i < work->nrows; i++)
	{
		uint32_t customer = i / per_customer;
		uint64_t draw = scramble(customer);
		int joined = (int) ((uint64_t) customer * NDAYS / work->ncustomers);
		int membership = 1;

		/* one chance in 2, 4, 8 or 16 each month to leave */
		while (membership < NDAYS - joined &&
			   (scramble(draw + membership) >> 32) % (2u << draw % 4) != 0)
			membership += 30;
		if (membership > NDAYS - joined)
			membership = NDAYS - joined;
		day_of[i] = joined;
		if (i % per_customer != 0)
			day_of[i] +=
				(Day) (scramble(draw ^ (uint64_t) i << 20) % membership);
		counts[day_of[i] + 1]++;
	}
	for (int day = 0; day < NDAYS; day++)
		counts[day + 1] += counts[day];
	for (int i = 0; i < work->nrows; i++)
	{
		int at = counts[day_of[i]]++;

		work->customers[at] = i / per_customer;
		work->days[at] = FIRST_DAY + day_of[i];
	}
	free(counts);
	free(day_of);
}

static void
make_keys(Work *work)
{
	for (int i = 0; i < work->nrows; i++)
	{
		uint32_t customer = work->customers[i];
		char *text = work->text + (size_t) i * TEXT_SIZE;

		switch (work->kind.kind)
		{
			case KEY_NUMBER:
				work->keys[i].number = work->kind.is_sparse
										   ? (int64_t) scramble(customer)
										   : customer + 1;
				break;
			case KEY_UUID:
				work->keys[i].words[0] = scramble(customer);
				work->keys[i].words[1] = scramble(~(uint64_t) customer);
				break;
			default:
				text[0] = 'C';
				for (int j = TEXT_SIZE - 1; j > 0; j--, customer /= 10)
					text[j] = (char) ('0' + customer % 10);
				key_set_text(&work->keys[i], text, TEXT_SIZE);
		}
	}
}

/* What reading the rows costs, whoever reads them */
static double
time_floor(Work *work)
{
	double began = now();

	for (int i = 0; i < work->nrows; i++)
		work->sum += work->keys[i].words[0] + (uint64_t) work->days[i];
	return (now() - began) / work->nrows;
}

static void
check_answer(Work *work, const Retention *retention)
{
	ByteWriter writer;

	writer_open(&writer, NULL, 0);
	retention_encode(retention, &writer);
	if (work->answer == NULL)
	{
		work->answer = malloc(writer.used);
		work->answer_size = writer.used;
		memcpy(work->answer, writer.data, writer.used);
	}
	else if (work->answer_size != writer.used ||
			 memcmp(work->answer, writer.data, writer.used) != 0)
		runtime_error(RUNTIME_BAD_BYTES, NULL,
					  "%s keys by %s give another answer", work->kind.name,
					  grain_name(work->calendar.grain));
}

static void
run_round(Work *work, Costs *costs)
{
	Fold *fold =
		fold_new(NULL, work->kind.kind, work->calendar, false, false, NULL);
	Fold *other;
	Retention *retention = retention_new(NULL);
	ByteWriter writer;
	double began;

	costs->floor = time_floor(work);
	began = now();
	for (int i = 0; i < work->nrows; i++)
		fold_take(fold, work->keys[i], work->days[i], MARKS_PLAIN, 0, 0);
	fold_flush(fold);
	costs->fold = (now() - began) / work->nrows;
	work->fold_bytes = fold_size(fold);

	began = now();
	writer_open(&writer, NULL, 0);
	fold_encode(fold, &writer);
	costs->encode = (now() - began) / work->nrows;
	began = now();
	other = fold_absorb(NULL, NULL, writer.data, writer.used, NULL);
	costs->absorb = (now() - began) / work->nrows;
	runtime_free(writer.data);

	began = now();
	fold_finish(other, retention);
	costs->finish = (now() - began) / work->nrows;
	check_answer(work, retention);
	retention = retention_new(NULL);
	fold_finish(fold, retention);
	check_answer(work, retention);
	fold_free(other);
	fold_free(fold);
}

static void
run_rounds(void *argument)
{
	Work *work = argument;

	for (int i = 0; i < ROUNDS; i++)
		run_round(work, &work->rounds[i]);
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The median over the rounds of the cost at this offset */
static double
median(const Work *work, size_t offset)
{
	double costs[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		costs[i] = *(const double *) ((const char *) &work->rounds[i] + offset);
	qsort(costs, ROUNDS, sizeof(double), compare_doubles);
	return costs[ROUNDS / 2];
}

#define MEDIAN(step) median(&work, offsetof(Costs, step))

int
main(int argc, char **argv)
{
	Work work = {0};

	work.nrows = argc > 1 ? atoi(argv[1]) : 5000000;
	work.ncustomers = argc > 2 ? atoi(argv[2]) : work.nrows / 20;
	if (work.ncustomers < 1 || work.nrows < work.ncustomers)
	{
		fprintf(stderr, "say: bench/run core [ROWS [CUSTOMERS]]\n");
		return 1;
	}
	work.nrows -= work.nrows % work.ncustomers;
	work.customers = malloc(work.nrows * sizeof(uint32_t));
	work.days = malloc(work.nrows * sizeof(Day));
	work.keys = malloc(work.nrows * sizeof(Key));
	work.text = malloc((size_t) work.nrows * TEXT_SIZE);
	runtime_patience = LONG_MAX;
	make_rows(&work);
	printf("%d rows of %d customers by time, ns per row, medians of %d\n\n",
		   work.nrows, work.ncustomers, ROUNDS);
	printf("| key | grain | reading the rows | fold | encode | absorb | finish "
		   "| bytes per customer |\n|---|---|---:|---:|---:|---:|---:|---:|\n");
	for (size_t g = 0; g < sizeof(grains) / sizeof(grains[0]); g++)
	{
		const char *grain = grain_name(grains[g]);

		work.calendar = calendar_of(grain, strlen(grain), 1);
		free(work.answer);
		work.answer = NULL;
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		{
			work.kind = kinds[k];
			make_keys(&work);
			if (runtime_run(run_rounds, &work) != RUNTIME_DONE)
			{
				fprintf(stderr, "%s\n", runtime_message);
				return 1;
			}
			printf("| %s | %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n",
				   work.kind.name, grain, MEDIAN(floor), MEDIAN(fold),
				   MEDIAN(encode), MEDIAN(absorb), MEDIAN(finish),
				   (double) work.fold_bytes / work.ncustomers);
			fflush(stdout);
		}
	}
	return 0;
}
