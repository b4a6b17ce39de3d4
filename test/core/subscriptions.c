/*
 * subscriptions.c
 *		Damaged bytes of the states of subscriptions and purchases: refused, or a value that
 *		can be read, merged and written, and what is written is accepted.
 *
 * As a test it damages its own values, the same way in every run; built with
 * -DFUZZING it is a target for libFuzzer (test/fuzz/run); with "seeds" it
 * prints values to begin with, one a line in hexadecimal.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/purchases/bg_nbd.h"
#include "core/purchases/gamma_gamma.h"
#include "core/purchases/pareto_nbd.h"
#include "core/subscriptions/migration.h"
#include "core/subscriptions/movement_spells.h"
#include "core/subscriptions/retained_money.h"
#include "core/subscriptions/revenue_spells.h"
#include "core/subscriptions/sbg.h"

#define KINDS 5
#define MAX_STATE_SIZE 65536

typedef struct Input
{
	int kind;
	uint32_t seed;
	uint8_t data[MAX_STATE_SIZE];
	size_t size;
	bool is_accepted;
} Input;

static uint32_t random_state = 1;

static uint32_t
draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t) (((uint64_t) random_state * below) >> 32);
}

static void
skip_movement(void *arg, const MovementRow *row)
{
	(void) arg;
	(void) row;
}

static void
skip_revenue(void *arg, const RevenueRow *row)
{
	if (row->retained.retained > row->retained.eligible)
		abort();
	(void) arg;
}

static void
skip_migration(void *arg, const Migration *move)
{
	(void) arg;
	(void) move;
}

static void
skip_retained(void *arg, const RetainedChange *change)
{
	(void) arg;
	(void) change;
}

/* What was accepted was canonical: it is written as it came. */
static void
check_same(const Input *input, const ByteWriter *writer)
{
	if (writer->used != input->size ||
		memcmp(writer->data, input->data, input->size) != 0)
		abort();
}

/* A fit is numbers, or says why it is none. */
static void
check_fit(const PurchaseFit *fit, int n)
{
	for (int i = 0; i < n && fit->reason == NULL; i++)
		if (!(fit->maximum.parameters[i] > 0 && fit->maximum.errors[i] > 0))
			abort();
}

/* Read, use and write a value; what is written must be readable. */
static void
use(void *argument)
{
	Input *input = argument;
	ByteWriter writer;

	input->is_accepted = false;
	writer_open(&writer, NULL, 0);
	if (input->kind == 0)
	{
		Holdings *holdings = holdings_decode(input->data, input->size);
		Calendar month = {GRAIN_MONTH, 1};
		Held always = {INT64_MIN, INT64_MAX};
		Movement *movement = movement_new(NULL);
		Step *steps =
			runtime_alloc(NULL, steps_room(holdings) * 2 * sizeof(Step));
		Pause *pauses =
			runtime_alloc(NULL, steps_room(holdings) * sizeof(Pause));
		int npauses = 0;
		Level *levels =
			runtime_alloc(NULL, steps_room(holdings) * sizeof(Level));
		Run *runs = runtime_alloc(NULL, steps_room(holdings) * sizeof(Run));
		int nsteps = steps_of(holdings, 9000, steps);
		int nlevels = levels_of(steps, nsteps, levels);

		input->is_accepted = true;
		holdings_encode(holdings, &writer);
		check_same(input, &writer);
		writer_open(&writer, NULL, 0);
		runs_of(levels, nlevels, 9000, 30, runs);
		retained_money_of(levels, nlevels, &always, 1, month, 9000, 12,
						  skip_retained, NULL);
		migrations_of(steps, nsteps, holdings->nnames, month, skip_migration,
					  NULL);
		for (int i = 0; i < holdings->nspells; i++)
			if (holdings->spells[i].pause != 0)
				pauses[npauses++] = (Pause){
					holdings->spells[i].product, holdings->spells[i].start,
					holdings->spells[i].end, holdings->spells[i].pause};
		nsteps += pause_steps(pauses, npauses, 60, 9000, steps + nsteps);
		steps_sort(steps, nsteps);
		movement_adopt(movement, month, 9000, 60);
		movement_add(movement, steps, nsteps, holdings->nnames, &always, 1);
		holdings_encode(holdings_merge(holdings, holdings), &writer);
		holdings_decode(writer.data, writer.used);
	}
	else if (input->kind == 1)
	{
		Movement *movement = movement_decode(NULL, input->data, input->size);
		Movement *sum = movement_new(NULL);

		input->is_accepted = true;
		movement_encode(movement, &writer);
		check_same(input, &writer);
		writer_open(&writer, NULL, 0);
		movement_rows(movement, skip_movement, NULL);
		movement_merge(sum, movement);
		movement_merge(sum, movement);
		movement_encode(sum, &writer);
		movement_decode(NULL, writer.data, writer.used);
	}
	else if (input->kind == 2)
	{
		Revenue *revenue =
			revenue_retention_decode(NULL, input->data, input->size);
		Revenue *sum = revenue_retention_new(NULL);

		input->is_accepted = true;
		revenue_retention_encode(revenue, &writer);
		check_same(input, &writer);
		writer_open(&writer, NULL, 0);
		revenue_rows(revenue, skip_revenue, NULL);
		revenue_retention_merge(sum, revenue);
		revenue_retention_merge(sum, revenue);
		revenue_retention_encode(sum, &writer);
		revenue_retention_decode(NULL, writer.data, writer.used);
	}
	else if (input->kind == 3)
	{
		Survival *survival = survival_decode(NULL, input->data, input->size);
		Survival *sum = survival_new(NULL);
		const Survival *groups[4] = {survival, sum, NULL, survival};
		SurvivalPoint *points;
		Incidence *rows;
		double std_error;

		input->is_accepted = true;
		survival_encode(survival, &writer);
		check_same(input, &writer);
		writer_open(&writer, NULL, 0);
		survival_merge(sum, survival);
		survival_merge(sum, survival);
		survival_points(survival, 1.96, LIMITS_LOG_LOG, &points);
		survival_incidence(survival, 0, &rows);
		survival_mean(survival, 20, &std_error);
		survival_logrank(groups, 2, 2, WEIGHT_PETO);
		survival_encode(sum, &writer);
		survival_decode(NULL, writer.data, writer.used);
	}
	else
	{
		Purchases *purchases = purchases_decode(NULL, input->data, input->size);
		Purchases *sum = purchases_new(NULL);
		PurchaseFit fit;

		input->is_accepted = true;
		purchases_encode(purchases, &writer);
		check_same(input, &writer);
		writer_open(&writer, NULL, 0);
		bg_nbd_fit(purchases, 7, &fit);
		check_fit(&fit, 4);
		pareto_nbd_fit(purchases, 7, &fit);
		check_fit(&fit, 4);
		gamma_gamma_fit(purchases, &fit);
		check_fit(&fit, 3);
		purchases_merge(sum, purchases);
		purchases_merge(sum, purchases);
		purchases_encode(sum, &writer);
		purchases_decode(NULL, writer.data, writer.used);
	}
}

/* Make a value of its kind from random spells. */
static void
make(void *argument)
{
	Input *input = argument;
	ByteWriter writer;
	Revenue *revenue = revenue_retention_new(NULL);
	Survival *survival = survival_new(NULL);
	Purchases *purchases = purchases_new(NULL);
	Calendar month = {GRAIN_MONTH, 1};
	SpellTerms terms = {.calendar = month, .as_of = 9000, .pause_days = 60};
	SpellBuffer *spell_buffer =
		spell_buffer_new(NULL, KEY_NUMBER, &terms, NULL);
	Movement *movement = movement_new(NULL);
	HoldingsLog *log = runtime_alloc_zero(NULL, 4096);

	writer_open(&writer, NULL, 0);
	revenue_adopt(revenue, month, CLOCK_ANNIVERSARY, 9000);
	for (int i = 0; i < 20; i++)
	{
		static const char *const names[] = {"a", "bundle", "tv", ""};
		Day start = 8000 + (Day) draw(900);
		Level level = {start, 1 + draw(100)};
		Label name = {names[draw(4)], 0};
		SpellRow row = {.start = start, .mrr = draw(5000), .scale = 2};
		Label cause = {names[draw(4)], 0};
		PurchaseSummary summary = {.scale = 2};
		Key key;

		name.size = (uint32_t) strlen(name.data);
		cause.size = (uint32_t) strlen(cause.data);
		row.end = draw(3) ? start + 1 + (Day) draw(200) : SPELL_OPEN;
		row.product = name;
		row.is_paused = draw(4) == 0;
		if (draw(2))
			row.channel = name;
		spell_log_add(log, 4096, &row);
		key.number = draw(8);
		spell_buffer_add(spell_buffer, key, &row);
		revenue_add(revenue, &level, 1);
		survival_add(survival, (int32_t) draw(40), draw(2), &cause, NULL);
		summary.frequency = (int32_t) draw(5);
		summary.recency =
			summary.frequency ? summary.frequency + (int32_t) draw(99) : 0;
		summary.age = summary.recency + (int32_t) draw(99);
		summary.has_value = draw(3) != 0;
		summary.value = draw(9000);
		purchases_add(purchases, &summary, 1 + draw(3));
	}
	movement_spells_finish(spell_buffer, movement);
	switch (input->kind)
	{
		case 0:
			holdings_encode(spell_log_read(log, 4096), &writer);
			break;
		case 1:
			movement_encode(movement, &writer);
			break;
		case 2:
			revenue_retention_encode(revenue, &writer);
			break;
		case 3:
			survival_encode(survival, &writer);
			break;
		default:
			purchases_encode(purchases, &writer);
	}
	memcpy(input->data, writer.data, writer.used);
	input->size = writer.used;
}

#ifdef FUZZING

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which kind the others are of. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Input input;

	if (size < 1 || size > MAX_STATE_SIZE)
		return 0;
	input.kind = data[0] % KINDS;
	input.size = size - 1;
	memcpy(input.data, data + 1, size - 1);
	if (runtime_run(use, &input) == RUNTIME_FAILED && input.is_accepted &&
		runtime_error_code == RUNTIME_BAD_BYTES)
		abort();
	return 0;
}

#else

static void
print_seeds(void)
{
	static Input seed;

	for (int i = 0; i < 40; i++)
	{
		seed.kind = i % KINDS;
		if (runtime_run(make, &seed) != RUNTIME_DONE)
			abort();
		printf("%02x", (unsigned) seed.kind);
		for (size_t at = 0; at < seed.size; at++)
			printf("%02x", seed.data[at]);
		printf("\n");
	}
}

int
main(int argc, char **argv)
{
	static const char *const names[KINDS] = {
		"holdings", "movement", "revenue_retention", "survival", "purchases"};
	static Input whole;
	static Input damaged;

	if (argc > 1 && strcmp(argv[1], "seeds") == 0)
	{
		print_seeds();
		return 0;
	}
	printf("1..%d\n", KINDS * 2);
	for (int kind = 0; kind < KINDS; kind++)
	{
		int own = 0;
		int refused = 0;

		whole.kind = kind;
		for (int round = 0; round < 60; round++)
		{
			if (runtime_run(make, &whole) != RUNTIME_DONE)
				abort();
			own +=
				runtime_run(use, &whole) == RUNTIME_DONE && whole.is_accepted;
			for (int i = 0; i < 300; i++)
			{
				damaged = whole;
				for (uint32_t j = draw(4) + 1; j > 0; j--)
					damaged.data[draw((uint32_t) damaged.size)] =
						(uint8_t) (draw(3) ? draw(256) : 0xff);
				if (draw(6) == 0)
					damaged.size = draw((uint32_t) damaged.size);
				/* once taken, a value must not turn out to be damaged */
				if (runtime_run(use, &damaged) == RUNTIME_FAILED &&
					damaged.is_accepted &&
					runtime_error_code == RUNTIME_BAD_BYTES)
				{
					printf("# kind %d: %s\n", kind, runtime_message);
					abort();
				}
				refused += !damaged.is_accepted;
			}
		}
		printf("%sok %d - %s: its own bytes are accepted\n",
			   own == 60 ? "" : "not ", kind * 2 + 1, names[kind]);
		printf("%sok %d - %s: damaged bytes are refused or can be used\n",
			   refused > 1000 ? "" : "not ", kind * 2 + 2, names[kind]);
	}
	return 0;
}

#endif /* FUZZING */
