/*
 * hostile.c
 *		Damaged and hostile bytes of every state: refused, or a value that can
 *		be read, merged and written like any other.
 *
 * By itself this is a test: it damages states that it makes, the same way in
 * every run, and prints TAP.  Built with -DFUZZING it is a target for
 * libFuzzer (test/fuzz/run).  Whatever is accepted must be closed under
 * everything that can be done to it: what comes out is accepted too.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/retention/grid.h"
#include "core/retention/heatmap.h"
#include "core/retention/lifecycle.h"
#include "core/retention/tenure.h"
#include "core/util/wilson.h"

#define KINDS 4 /* activity, tenure, retention, lifecycle */
#define MAX_INPUT 4096

typedef struct Input
{
	const uint8_t *data;
	size_t size;
	bool accepted;
} Input;

/* Are these bytes what the writer holds? */
static bool
same_bytes(const ByteWriter *writer, const uint8_t *data, size_t size)
{
	return writer->used == size && memcmp(writer->data, data, size) == 0;
}

/* A cell must make sense whatever the bytes said. */
static void
check_row(const GridRow *row)
{
	double low;
	double high;

	CLAIM(row->period_no >= 0);
	CLAIM(row->retained >= 0 && row->retained <= row->eligible);
	CLAIM(row->returned >= 0 && row->returned <= row->eligible);
	CLAIM(row->retained_or_later >= 0 &&
		  row->retained_or_later <= row->eligible);
	CLAIM(row->eligible <= row->cohort_customers);
	if (row->eligible == 0)
		return;
	wilson(row->retained, row->eligible, 1.96, &low, &high);
	CLAIM(low >= 0 && low <= high && high <= 1);
}

static void
check_grid(const Retention *retention, bool partial)
{
	GridReader reader;
	GridRow row;

	grid_open(&reader, retention, partial);
	while (grid_next(&reader, &row))
		check_row(&row);
}

static void
check_curve(const Retention *retention)
{
	int64_t nrows;
	GridRow *rows = curve_rows(retention, &nrows);

	for (int64_t i = 0; i < nrows; i++)
		check_row(&rows[i]);
}

static void
check_line(void *arg, const char *line, size_t size)
{
	CLAIM(size == 0 || memchr(line, '\0', size) == NULL);
	(void) arg;
}

static void
check_lifecycle_row(void *arg, const LifecycleRow *row)
{
	CLAIM(row->opening >= 0 && row->entered >= 0 && row->closing >= 0);
	CLAIM(row->retained >= 0 && row->reactivated >= 0 && row->dormant >= 0);
	(void) arg;
}

static void
check_status(void *arg, Period period, LifecycleStatus status)
{
	CLAIM(status >= STATUS_NEW && status <= STATUS_DORMANT);
	(void) arg;
	(void) period;
}

/* Bytes that this library wrote must be bytes that it reads. */
static void
check_retention(const Retention *retention)
{
	ByteWriter writer;
	ByteWriter again;

	writer_open(&writer, NULL, 0);
	retention_encode(retention, &writer);
	writer_open(&again, NULL, 0);
	retention_encode(retention_decode(NULL, writer.data, writer.used), &again);
	CLAIM(same_bytes(&again, writer.data, writer.used));
}

/* Sums may overflow, and a state may belong to other readings. */
static bool
may_fail(void)
{
	return runtime_error_code == RUNTIME_OUT_OF_RANGE ||
		   runtime_error_code == RUNTIME_TOO_LARGE ||
		   runtime_error_code == RUNTIME_INVALID_VALUE;
}

static void
use_retention(const Retention *retention)
{
	Retention *sum = retention_new(NULL);

	check_grid(retention, false);
	check_grid(retention, true);
	heatmap_lines(retention, true, check_line, NULL);
	heatmap_lines(retention, false, check_line, NULL);
	retention_merge(sum, retention);
	retention_merge(sum, retention);
	check_retention(sum);
	check_grid(sum, false);
	sum = retention_new(NULL);
	retention_merge(sum, retention);
	retention_set_as_of(sum, retention->as_of + (!retention->is_set &&
												 retention->as_of < DAY_LAST));
	check_retention(sum);
	check_grid(sum, true);
	check_curve(retention);
}

static void
use_tenure(const Tenure *tenure)
{
	Retention *retention = retention_new(NULL);

	retention_add(retention, tenure);
	retention_add(retention, tenure);
	check_retention(retention);
	check_grid(retention, false);
	check_grid(retention, true);
}

static void
use_lifecycle(const Lifecycle *lifecycle)
{
	Lifecycle *sum = lifecycle_new(NULL);
	ByteWriter writer;
	ByteWriter again;

	lifecycle_rows(lifecycle, check_lifecycle_row, NULL);
	lifecycle_merge(sum, lifecycle);
	lifecycle_merge(sum, lifecycle);
	writer_open(&writer, NULL, 0);
	lifecycle_encode(sum, &writer);
	writer_open(&again, NULL, 0);
	lifecycle_encode(lifecycle_decode(NULL, writer.data, writer.used), &again);
	CLAIM(same_bytes(&again, writer.data, writer.used));
	lifecycle_rows(sum, check_lifecycle_row, NULL);
}

/* Read a timeline in some way that its own bytes choose. */
static void
use_activity(const Activity *activity, uint8_t how)
{
	static const Bracket brackets[] = {{0, 1}, {1, 3}, {5, 9}};
	Activity *sum = activity_merge(activity, activity);
	Lifecycle *lifecycle = lifecycle_new(NULL);
	Held held[2] = {{-400, 100}, {200, 9000}};
	RetentionSpec spec;
	Tenure tenure;
	ByteWriter writer;
	ByteWriter again;
	Day as_of = how & 128 ? DAY_LAST - 1 : 9000;

	writer_open(&writer, NULL, 0);
	activity_encode(sum, &writer);
	writer_open(&again, NULL, 0);
	activity_encode(activity_decode(writer.data, writer.used), &again);
	CLAIM(same_bytes(&again, writer.data, writer.used));
	CLAIM(activity_busiest(activity, 7) >= 0);

	memset(&spec, 0, sizeof(spec));
	spec.calendar.grain = (Grain) (how % 5);
	spec.calendar.week_start =
		1 + (spec.calendar.grain == GRAIN_WEEK) * (how % 7);
	spec.clock = how & 8 ? CLOCK_ANNIVERSARY : CLOCK_CALENDAR;
	spec.min_events = 1 + (how >> 6);
	spec.streak = (how & 16) != 0;
	if (how & 32)
	{
		spec.nbrackets = 3;
		spec.brackets = runtime_alloc(NULL, sizeof(brackets));
		memcpy(spec.brackets, brackets, sizeof(brackets));
	}
	tenure_read(&tenure, activity, &spec, as_of);
	writer.used = 0;
	tenure_encode(&tenure, &writer);
	again.used = 0;
	tenure_encode(tenure_decode(writer.data, writer.used), &again);
	CLAIM(same_bytes(&again, writer.data, writer.used));
	use_tenure(&tenure);

	lifecycle_statuses(activity, spec.calendar, as_of, check_status, NULL);
	lifecycle_add(lifecycle, activity, spec.calendar, as_of, NULL, 0);
	lifecycle_add(lifecycle, activity, spec.calendar, as_of, held, 2);
	use_lifecycle(lifecycle);
}

/* Read the bytes of one state, of the kind that the first byte says. */
static void
take_input(void *argument)
{
	Input *input = argument;
	const uint8_t *data = input->data + 1;
	size_t size = input->size - 1;
	ByteWriter writer;

	writer_open(&writer, NULL, 0);
	switch (input->data[0] % KINDS)
	{
		case 0:
		{
			Activity *activity = activity_decode(data, size);

			activity_encode(activity, &writer);
			if (!same_bytes(&writer, data, size))
				return;
			input->accepted = true;
			use_activity(activity, input->data[0] ^ data[size - 1]);
			return;
		}
		case 1:
		{
			Tenure *tenure = tenure_decode(data, size);

			tenure_encode(tenure, &writer);
			if (!same_bytes(&writer, data, size))
				return;
			input->accepted = true;
			use_tenure(tenure);
			return;
		}
		case 2:
		{
			Retention *retention = retention_decode(NULL, data, size);

			retention_encode(retention, &writer);
			if (!same_bytes(&writer, data, size))
				return;
			input->accepted = true;
			use_retention(retention);
			return;
		}
		case 3:
		{
			Lifecycle *lifecycle = lifecycle_decode(NULL, data, size);

			lifecycle_encode(lifecycle, &writer);
			if (!same_bytes(&writer, data, size))
				return;
			input->accepted = true;
			use_lifecycle(lifecycle);
			return;
		}
	}
}

/* Take one input; true if its bytes were accepted. */
static bool
take(const uint8_t *data, size_t size)
{
	Input input = {data, size, false};
	RuntimeEnd end;

	if (size < 1)
		return false;
	runtime_patience = 20000;
	end = runtime_run(take_input, &input);
	if (end == RUNTIME_FAILED && input.accepted)
	{
		if (!may_fail())
			printf("# %d: %s\n", (int) runtime_error_code, runtime_message);
		CLAIM(may_fail());
	}
	if (end == RUNTIME_FAILED && !input.accepted)
		CLAIM(runtime_error_code == RUNTIME_BAD_BYTES ||
			  runtime_error_code == RUNTIME_TOO_LARGE ||
			  runtime_error_code == RUNTIME_OUT_OF_RANGE);
	return input.accepted;
}

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	take(data, size);
	return 0;
}

#ifndef FUZZING

static uint64_t random_state = 88172645463325252u;

static uint32_t
random_number(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t) (random_state >> 32) % below;
}

typedef struct Seed
{
	uint8_t data[MAX_INPUT];
	size_t size;
	uint8_t kind;
} Seed;

/* A timeline of some days. */
static Activity *
make_activity(void)
{
	Activity *activity = runtime_alloc_zero(NULL, sizeof(Activity));
	Day day = (Day) random_number(9000) - 300;
	bool marked = random_number(2);

	activity->ndays = 1 + (int) random_number(9);
	activity->has_value = random_number(2);
	activity->scale = activity->has_value ? (int) random_number(4) : 0;
	activity->days =
		runtime_alloc_zero(NULL, activity->ndays * sizeof(ActivityDay));
	for (int i = 0; i < activity->ndays; i++)
	{
		ActivityDay *entry = &activity->days[i];

		entry->day = day;
		entry->events = 1 + random_number(3);
		entry->starts = marked ? random_number(2) : entry->events;
		entry->returns = marked ? random_number(2) : entry->events;
		if (activity->has_value)
			entry->value = (Wide) random_number(100000) - 5000;
		day += 1 + (Day) random_number(90);
	}
	return activity;
}

/* A state of the kind that the seed says. */
static void
make_seed(void *argument)
{
	static const Bracket brackets[] = {{0, 1}, {1, 3}, {5, 9}};
	Seed *seed = argument;
	Retention *retention = retention_new(NULL);
	Lifecycle *lifecycle = lifecycle_new(NULL);
	Activity *activity;
	RetentionSpec spec;
	Tenure tenure;
	ByteWriter writer;

	memset(&spec, 0, sizeof(spec));
	spec.calendar.grain = (Grain) random_number(5);
	spec.calendar.week_start =
		spec.calendar.grain == GRAIN_WEEK ? 1 + (int) random_number(7) : 1;
	spec.clock = (Clock) random_number(2);
	spec.min_events = 1 + (int) random_number(2);
	spec.streak = random_number(4) == 0;
	if (random_number(3) == 0)
	{
		spec.nbrackets = 3;
		spec.brackets = runtime_alloc(NULL, sizeof(brackets));
		memcpy(spec.brackets, brackets, sizeof(brackets));
	}
	for (int i = 0; i < 6; i++)
	{
		activity = make_activity();
		tenure_read(&tenure, activity, &spec, 9100);
		retention_add(retention, &tenure);
		lifecycle_add(lifecycle, activity, spec.calendar, 9100, NULL, 0);
	}
	writer_open(&writer, NULL, 0);
	switch (seed->kind)
	{
		case 0:
			activity_encode(activity, &writer);
			break;
		case 1:
			tenure_encode(&tenure, &writer);
			break;
		case 2:
			retention_encode(retention, &writer);
			break;
		default:
			lifecycle_encode(lifecycle, &writer);
	}
	seed->size = writer.used < MAX_INPUT / 2 ? writer.used : 0;
	memcpy(seed->data, writer.data, seed->size);
}

/* Do a few small things to the bytes. */
static size_t
damage(uint8_t *data, size_t size)
{
	static const uint8_t edges[] = {0, 1, 2, 127, 128, 129, 254, 255};
	int times = 1 + (int) random_number(3);

	while (times-- > 0 && size > 1)
	{
		size_t at = 1 + random_number((uint32_t) size - 1);
		size_t count = 1 + random_number(9);

		switch (random_number(7))
		{
			case 0:
				data[at] ^= (uint8_t) (1u << random_number(8));
				break;
			case 1:
				data[at] = edges[random_number(sizeof(edges))];
				break;
			case 2:
				data[at] = (uint8_t) (data[at] + 1 - 2 * random_number(2));
				break;
			case 3: /* take some bytes out */
				count = count < size - at ? count : size - at;
				memmove(data + at, data + at + count, size - at - count);
				size -= count;
				break;
			case 4: /* say some bytes twice */
				count = count < size - at ? count : size - at;
				if (size + count > MAX_INPUT)
					break;
				memmove(data + at + count, data + at, size - at);
				size += count;
				break;
			case 5: /* make a number large */
				if (size + count > MAX_INPUT)
					break;
				memmove(data + at + count, data + at, size - at);
				memset(data + at, 0xff, count);
				size += count;
				break;
			default: /* the end is missing */
				if (random_number(4) == 0)
					size = at;
		}
	}
	return size;
}

int
main(int argc, char **argv)
{
	static const char *const names[KINDS] = {"activity", "tenure", "retention",
											 "lifecycle"};
	long rounds = argc > 1 ? atol(argv[1]) : 150;
	static Seed seed;
	static uint8_t data[MAX_INPUT + 1];

	printf("1..%d\n", KINDS * 2);
	for (int kind = 0; kind < KINDS; kind++)
	{
		long whole = 0;
		long accepted = 0;
		long refused = 0;

		for (long round = 0; round < rounds; round++)
		{
			seed.kind = (uint8_t) kind;
			CLAIM(runtime_run(make_seed, &seed) == RUNTIME_DONE);
			data[0] = (uint8_t) (kind + KINDS * random_number(64));
			memcpy(data + 1, seed.data, seed.size);
			if (seed.size > 0)
				whole += take(data, seed.size + 1);
			else
				whole++;
			for (int i = 0; i < 250; i++)
			{
				size_t size;

				memcpy(data + 1, seed.data, seed.size);
				size = damage(data, seed.size + 1);
				if (take(data, size))
					accepted++;
				else
					refused++;
			}
		}
		printf("%sok %d - %s: its own bytes are accepted\n",
			   whole == rounds ? "" : "not ", kind * 2 + 1, names[kind]);
		printf("%sok %d - %s: damaged bytes are refused or make a value that "
			   "can be used\n",
			   accepted > rounds && refused > rounds ? "" : "not ",
			   kind * 2 + 2, names[kind]);
		if (argc > 1)
			printf("# %ld whole, %ld accepted, %ld refused\n", whole, accepted,
				   refused);
	}
	return 0;
}

#endif /* FUZZING */
