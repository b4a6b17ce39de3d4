/*
 * cannibalization.c
 *		The states of cannibalization: damaged and hostile bytes are refused, or
 *		a value that can be read, merged and written like any other; and what a
 *		spell buffer gives in one pass is what customer after customer gives.
 *
 * By itself this is a test: it makes states, damages them, the same way in
 * every run, and prints TAP; "seeds" prints states in hexadecimal instead.
 * Built with -DFUZZING it is a target for libFuzzer (test/fuzz/run).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cannibalization/cannibalization_spells.h"
#include "core/cannibalization/verdict.h"

#define KINDS 2 /* cannibalization, cannibalization_matrix */
#define MAX_INPUT 65536
#define AS_OF 9000

typedef struct Input
{
	const uint8_t *data; /* the kind, then bytes of a state */
	size_t size;
	bool accepted;
} Input;

static bool
is_share(double share)
{
	return isnan(share) || (share >= 0 && share <= 1);
}

/* What the statistics of a window says must make sense whatever the bytes said. */
static void
check_verdict(const Cannibalization *state, const WindowStats *stats,
			  const VerdictTerms *terms)
{
	Verdict verdict;

	verdict_reach(state, stats, terms, &verdict);
	CLAIM(verdict.matured <= verdict.entries);
	CLAIM(is_share(verdict.own_base_share));
	CLAIM(is_share(verdict.unit.rate) && is_share(verdict.unit.low) &&
		  is_share(verdict.unit.high));
	CLAIM(verdict.matured == 0 || (verdict.unit.low <= verdict.unit.rate &&
								   verdict.unit.rate <= verdict.unit.high));
	CLAIM(is_share(verdict.control.loss_rate));
	CLAIM(is_share(verdict.control.step_rate));
	CLAIM(is_share(verdict.step_rate));
	CLAIM(!isinf(verdict.value.rate) && !isinf(verdict.corrected.rate));
	CLAIM(memchr(verdict.reason, '\0', sizeof(verdict.reason)) != NULL);
	CLAIM(judgement_name(verdict.judgement) != NULL);
}

static void
check_state(const Cannibalization *state)
{
	static const VerdictTerms terms[] = {{.focal_margin = 4,
										  .donor_margin = 18,
										  .focal_price = 20,
										  .donor_price = 30,
										  .focal_churn = 0.04,
										  .donor_churn = 0.02,
										  .conf = 0.95,
										  .min_entries = 1,
										  .min_matured = 0.5},
										 {.focal_margin = -1,
										  .donor_margin = 1e300,
										  .focal_price = NAN,
										  .donor_price = NAN,
										  .launch_cost = 1e300,
										  .focal_churn = NAN,
										  .donor_churn = NAN,
										  .by_value = true,
										  .conf = 0.5,
										  .min_entries = 1},
										 {.focal_margin = NAN,
										  .donor_margin = NAN,
										  .focal_price = NAN,
										  .donor_price = NAN,
										  .focal_churn = NAN,
										  .donor_churn = NAN,
										  .conf = 0.999,
										  .min_entries = 30,
										  .min_matured = 0.8}};

	for (int i = 0; i < state->nwindow_stats; i++)
		for (int t = 0; t < 3; t++)
			check_verdict(state, &state->window_stats[i], &terms[t]);
}

/* Bytes that this library wrote must be bytes that it reads. */
static void
check_bytes(const Cannibalization *state)
{
	ByteWriter writer;
	ByteWriter again;

	writer_open(&writer, NULL, 0);
	cannibalization_encode(state, &writer);
	writer_open(&again, NULL, 0);
	cannibalization_encode(
		cannibalization_decode(NULL, writer.data, writer.used), &again);
	CLAIM(again.used == writer.used &&
		  memcmp(again.data, writer.data, writer.used) == 0);
}

static void
use_state(const Cannibalization *state)
{
	Cannibalization *sum = cannibalization_new(NULL);
	Cannibalization *control = cannibalization_new(NULL);

	check_state(state);
	cannibalization_merge_control(control, state);
	check_bytes(control);
	for (int i = 0; i < control->nwindow_stats; i++)
		CLAIM(window_stats_matured(&control->window_stats[i]) == 0);
	cannibalization_merge(sum, state);
	cannibalization_merge(sum, state);
	check_bytes(sum);
	check_state(sum);
}

static void
use_matrix(const CannibalizationMatrix *matrix)
{
	CannibalizationMatrix *sum = cannibalization_matrix_new(NULL);
	ByteWriter writer;
	ByteWriter again;

	for (int i = 0; i < matrix->nrows; i++)
		CLAIM(matrix_row_entries(&matrix->rows[i]) >=
			  matrix->rows[i].kinds[ENTRY_PENDING]);
	cannibalization_matrix_merge(sum, matrix);
	cannibalization_matrix_merge(sum, matrix);
	writer_open(&writer, NULL, 0);
	cannibalization_matrix_encode(sum, &writer);
	writer_open(&again, NULL, 0);
	cannibalization_matrix_encode(
		cannibalization_matrix_decode(NULL, writer.data, writer.used), &again);
	CLAIM(again.used == writer.used &&
		  memcmp(again.data, writer.data, writer.used) == 0);
}

/* Read the bytes of one state, of the kind that the first byte says. */
static void
take_input(void *argument)
{
	Input *input = argument;
	const uint8_t *data = input->data + 1;
	size_t size = input->size - 1;
	Cannibalization *state = NULL;
	CannibalizationMatrix *matrix = NULL;
	ByteWriter writer;

	writer_open(&writer, NULL, 0);
	if (input->data[0] % KINDS == 0)
	{
		state = cannibalization_decode(NULL, data, size);
		cannibalization_encode(state, &writer);
	}
	else
	{
		matrix = cannibalization_matrix_decode(NULL, data, size);
		cannibalization_matrix_encode(matrix, &writer);
	}
	/* what is read is what would be written, and nothing else is */
	CLAIM(writer.used == size && memcmp(writer.data, data, size) == 0);
	input->accepted = true;
	if (state != NULL)
		use_state(state);
	else
		use_matrix(matrix);
}

/* Take one input; true if its bytes were accepted. */
static bool
take(const uint8_t *data, size_t size)
{
	Input input = {data, size, false};
	RuntimeEnd end;

	if (size < 1)
		return false;
	runtime_patience = 200000;
	end = runtime_run(take_input, &input);
	if (end == RUNTIME_FAILED)
		/* sums may overflow */
		CLAIM(runtime_error_code == RUNTIME_OUT_OF_RANGE ||
			  runtime_error_code == RUNTIME_TOO_LARGE ||
			  (!input.accepted && runtime_error_code == RUNTIME_BAD_BYTES));
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

static uint32_t random_state = 7;

static uint32_t
draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t) (((uint64_t) random_state * below) >> 32);
}

typedef struct Made
{
	int kind;
	uint8_t data[MAX_INPUT];
	size_t size;
	bool same; /* in one pass and customer by customer */
} Made;

static Label
label(const char *name)
{
	return (Label){name, (uint32_t) strlen(name)};
}

static SpellRow
draw_spell(void)
{
	static const char *const names[] = {"N", "A", "B", "C, a long name", ""};
	static const Wide prices[] = {1000, 2000, 3333, 0, -500};
	SpellRow row = {.start = 7900 + (Day) draw(1150),
					.mrr = prices[draw(5)],
					.scale = draw(9) ? 2 : 5,
					.product = label(names[draw(5)])};

	row.end = draw(4) ? row.start + 1 + (Day) draw(200) : SPELL_OPEN;
	if (draw(12) == 0)
		row.start = AS_OF;
	if (row.end <= row.start)
		row.end = SPELL_OPEN;
	return row;
}

/* What a state asks about, and the same of the whole of a spell buffer. */
static const Window windows[] = {{30, 60}, {1, 0}, {90, 30}};

static Cannibalization *
blank_state(int nwindows)
{
	Cannibalization *state = cannibalization_new(NULL);

	cannibalization_adopt(state, AS_OF, 3, windows, nwindows);
	return state;
}

static CannibalizationMatrix *
blank_matrix(void)
{
	CannibalizationMatrix *matrix = cannibalization_matrix_new(NULL);

	cannibalization_matrix_adopt(matrix, AS_OF, 3, windows[0]);
	return matrix;
}

/* N is focal, B nobody's business. */
static uint8_t *
product_roles_of(const Label *names, int nnames)
{
	uint8_t *product_roles = runtime_alloc(NULL, nnames + 1);

	for (int i = 0; i < nnames; i++)
		product_roles[i] = names[i].size != 1		 ? SIDE_DONOR
						   : names[i].data[0] == 'N' ? SIDE_FOCAL
						   : names[i].data[0] == 'B' ? SIDE_NONE
													 : SIDE_DONOR;
	return product_roles;
}

#define LOG_SIZE 65536

/* Make states of random customers, both ways. */
static void
make(void *argument)
{
	Made *made = argument;
	SpellTerms terms = entries_terms(AS_OF);
	SpellBuffer *spell_buffer =
		spell_buffer_new(NULL, KEY_NUMBER, &terms, NULL);
	Label stratum = label(draw(2) ? "gold" : "");
	int nwindows = 1 + (int) draw(3);
	Cannibalization *by_customer = blank_state(nwindows);
	Cannibalization *at_once = blank_state(nwindows);
	CannibalizationMatrix *matrix = blank_matrix();
	CannibalizationMatrix *whole = blank_matrix();
	int ncustomers = 1 + (int) draw(12);
	Trajectory trajectory = {0};
	ByteWriter writer;
	ByteWriter other;

	for (int c = 0; c < ncustomers; c++)
	{
		HoldingsLog *log = runtime_alloc_zero(NULL, LOG_SIZE);
		int nspells = draw(6) == 0 ? 60 : (int) draw(7);
		Holdings *holdings;
		Key key = {.number = c * 1000003};

		for (int i = 0; i < nspells; i++)
		{
			SpellRow row = draw_spell();

			CLAIM(spell_log_add(log, LOG_SIZE, &row));
			spell_buffer_add(spell_buffer, key, &row);
		}
		if (nspells == 0)
			continue;
		holdings = spell_log_read(log, LOG_SIZE);
		cannibalization_matrix_add(matrix, holdings);
		trajectory_set(&trajectory, holdings,
					   product_roles_of(holdings->names, holdings->nnames),
					   AS_OF, 3);
		cannibalization_add(by_customer, &trajectory, &stratum, NULL);
	}
	matrix_spells_finish(spell_buffer, whole);
	cannibalization_spells_finish(
		spell_buffer,
		product_roles_of(spell_buffer->names.labels, spell_buffer->names.count),
		&stratum, at_once);
	writer_open(&writer, NULL, 0);
	writer_open(&other, NULL, 0);
	if (made->kind == 0)
	{
		cannibalization_encode(by_customer, &writer);
		cannibalization_encode(at_once, &other);
	}
	else
	{
		cannibalization_matrix_encode(matrix, &writer);
		cannibalization_matrix_encode(whole, &other);
	}
	made->same = writer.used == other.used &&
				 memcmp(writer.data, other.data, writer.used) == 0;
	CLAIM(writer.used < MAX_INPUT / 2);
	made->data[0] = (uint8_t) made->kind;
	memcpy(made->data + 1, writer.data, writer.used);
	made->size = writer.used + 1;
}

/* Do a few small things to the bytes. */
static size_t
damage(uint8_t *data, size_t size)
{
	static const uint8_t edges[] = {0, 1, 2, 127, 128, 129, 254, 255};

	for (int times = 1 + (int) draw(3); times > 0 && size > 1; times--)
	{
		size_t at = 1 + draw((uint32_t) size - 1);
		size_t count = 1 + draw(9);

		switch (draw(6))
		{
			case 0:
				data[at] ^= (uint8_t) (1u << draw(8));
				break;
			case 1:
				data[at] = edges[draw(sizeof(edges))];
				break;
			case 2:
				data[at] = (uint8_t) (data[at] + 1 - 2 * draw(2));
				break;
			case 3: /* take some bytes out */
				count = count < size - at ? count : size - at;
				memmove(data + at, data + at + count, size - at - count);
				size -= count;
				break;
			case 4: /* say some bytes twice, or make a number large */
				count = count < size - at ? count : size - at;
				if (size + count > MAX_INPUT)
					break;
				memmove(data + at + count, data + at, size - at);
				if (draw(2))
					memset(data + at, 0xff, count);
				size += count;
				break;
			default: /* the end is missing */
				if (draw(4) == 0)
					size = at;
		}
	}
	return size;
}

int
main(int argc, char **argv)
{
	static const char *const names[KINDS] = {"cannibalization",
											 "cannibalization_matrix"};
	static Made made;
	static uint8_t data[MAX_INPUT];
	int rounds = 150;

	if (argc > 1 && strcmp(argv[1], "seeds") == 0)
	{
		for (int i = 0; i < 60; i++)
		{
			made.kind = i % KINDS;
			CLAIM(runtime_run(make, &made) == RUNTIME_DONE);
			for (size_t at = 0; at < made.size; at++)
				printf("%02x", made.data[at]);
			printf("\n");
		}
		return 0;
	}
	printf("1..%d\n", KINDS * 3);
	for (int kind = 0; kind < KINDS; kind++)
	{
		int same = 0;
		int whole = 0;
		int accepted = 0;
		int refused = 0;

		made.kind = kind;
		for (int round = 0; round < rounds; round++)
		{
			CLAIM(runtime_run(make, &made) == RUNTIME_DONE);
			same += made.same;
			whole += take(made.data, made.size);
			for (int i = 0; i < 150; i++)
			{
				size_t size;

				memcpy(data, made.data, made.size);
				size = damage(data, made.size);
				if (take(data, size))
					accepted++;
				else
					refused++;
			}
		}
		printf(
			"%sok %d - %s: one pass gives what customers give, to the byte\n",
			same == rounds ? "" : "not ", kind * 3 + 1, names[kind]);
		printf("%sok %d - %s: its own bytes are accepted\n",
			   whole == rounds ? "" : "not ", kind * 3 + 2, names[kind]);
		printf("%sok %d - %s: damaged bytes are refused or make a value that "
			   "can be used\n",
			   accepted > rounds && refused > rounds ? "" : "not ",
			   kind * 3 + 3, names[kind]);
		printf("# %d accepted, %d refused\n", accepted, refused);
	}
	return 0;
}

#endif /* FUZZING */
