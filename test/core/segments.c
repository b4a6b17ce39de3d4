/*
 * segments.c
 *		Flows between segments from random customers, in one pass and in two
 *		steps; and damaged bytes of them: refused, or a value that can be read,
 *		merged and written, and what is written is accepted.
 *
 * By itself this is a test and prints TAP.  Built with -DFUZZING it is a
 * target for libFuzzer (test/fuzz/run segments).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/segments/segment_spells.h"
#include "core/segments/segment_waterfalls.h"
#include "core/subscriptions/movement_spells.h"

#define MAX_STATE_SIZE 65536
#define CUSTOMERS 6

typedef struct Input
{
	uint8_t data[MAX_STATE_SIZE];
	size_t size;
	bool is_accepted;
	bool same_bytes; /* in one pass as in two steps */
	bool adds_up;	 /* everybody's waterfall and sums, of segments */
} Input;

/* A bridge foots, whatever the bytes said. */
static void
check_bridge(void *arg, const BridgeRow *row)
{
	const SegmentSum *into = row->into.lines;
	const SegmentSum *out = row->out.lines;
	const SegmentSum *outcomes = row->outcomes.lines;
	BridgeErrors errors = bridge_errors(row, 2);

	/* without a sign: they may pass the end, but not differ */
	UWide opening = (UWide) row->opening + (UWide) row->opening_rest.mrr;
	UWide retained = opening + (UWide) out[FLOW_CHURN].mrr +
					 (UWide) out[FLOW_CONTRACTION].mrr +
					 (UWide) out[FLOW_EXPANSION].mrr;
	UWide came =
		(UWide) into[FLOW_NEW].mrr + (UWide) into[FLOW_REACTIVATION].mrr +
		(UWide) into[FLOW_MOVED].mrr + (UWide) into[FLOW_REDEFINED].mrr;

	CLAIM((UWide) row->net_retained == retained);
	CLAIM((UWide) row->closing + (UWide) row->rest.mrr ==
		  retained + came - (UWide) out[FLOW_MOVED].mrr -
			  (UWide) out[FLOW_REDEFINED].mrr);
	CLAIM((Wide) row->opening_customers + into[FLOW_NEW].customers +
			  into[FLOW_REACTIVATION].customers + into[FLOW_MOVED].customers +
			  into[FLOW_REDEFINED].customers - out[FLOW_MOVED].customers -
			  out[FLOW_REDEFINED].customers - out[FLOW_CHURN].customers +
			  row->opening_rest.customers - row->rest.customers ==
		  row->closing_customers);
	CLAIM(outcomes[OUTCOME_RENEWED].customers <=
		  outcomes[OUTCOME_EXPIRING].customers);
	CLAIM(outcomes[OUTCOME_PROVEN].customers <=
		  outcomes[OUTCOME_ACQUIRED].customers);
	for (int age = 0; age < COHORT_AGES; age++)
		CLAIM(outcomes[OUTCOME_RETAINED + age].customers <=
			  outcomes[OUTCOME_COHORT + age].customers);
	CLAIM(!(errors.arpu < 0) && !(errors.products < 0) && !(errors.gross < 0) &&
		  !(errors.net < 0) && !(errors.renewal < 0));
	(void) arg;
}

static void
check_matrix(void *arg, const MatrixRow *row)
{
	CLAIM(row->customers > 0);
	CLAIM(row->from != NULL || row->to != NULL);
	(void) arg;
}

static void
check_product(void *arg, const ProductRow *row)
{
	CLAIM(row->segment != NULL && row->product != NULL);
	CLAIM(row->customers != 0);
	(void) arg;
}

/* Bytes that this library wrote must be bytes that it reads, and writes. */
static void
check_bytes(const SegmentFlow *flow)
{
	ByteWriter writer;
	ByteWriter again;

	writer_open(&writer, NULL, 0);
	segment_flow_encode(flow, &writer);
	writer_open(&again, NULL, 0);
	segment_flow_encode(segment_flow_decode(NULL, writer.data, writer.used),
						&again);
	CLAIM(writer.used == again.used &&
		  memcmp(writer.data, again.data, writer.used) == 0);
}

/* Each of these may end in an error of its own. */
static void
read_bridge(void *flow)
{
	segment_flow_bridge(flow, check_bridge, NULL);
}

static void
read_matrix(void *flow)
{
	segment_flow_matrix(flow, check_matrix, NULL);
}

static void
check_overlap(void *arg, const OverlapRow *row)
{
	CLAIM(row->from < row->to && row->to <= row->from + OVERLAP_PERIODS);
	CLAIM(row->customers > 0);
	for (int i = 0; i < MEASURES; i++)
		CLAIM(row->correlations[i] >= -1 && row->correlations[i] <= 1);
	(void) arg;
}

static void
read_overlap(void *flow)
{
	segment_flow_overlap(flow, check_overlap, NULL);
}

static void
read_products(void *flow)
{
	segment_flow_products(flow, check_product, NULL);
}

/* What is kept over any span is read in one way, and the rest in three. */
static void
read_flow(SegmentFlow *flow, uint8_t way)
{
	static void (*const reads[])(void *) = {read_bridge, read_matrix,
											read_products};

	if (flow->span == ANY_SPAN)
		read_overlap(flow);
	else
		reads[way % 3](flow);
}

/* Read, use and write a value. */
static void
use(void *argument)
{
	Input *input = argument;
	SegmentFlow *flow;
	SegmentFlow *sum = segment_flow_new(NULL);
	ByteWriter writer;

	input->is_accepted = false;
	flow = segment_flow_decode(NULL, input->data, input->size);
	writer_open(&writer, NULL, 0);
	segment_flow_encode(flow, &writer);
	if (writer.used != input->size ||
		memcmp(writer.data, input->data, input->size) != 0)
		return;
	input->is_accepted = true;
	read_flow(flow, input->data[input->size / 2]);
	segment_flow_merge(sum, flow);
	check_bytes(sum);
	segment_flow_merge(sum, flow);
	check_bytes(sum);
	read_flow(sum, input->data[input->size / 3]);
}

/* Take one input; true if its bytes were accepted. */
static bool
take(Input *input)
{
	RuntimeEnd end;

	runtime_patience = 20000;
	end = runtime_run(use, input);
	if (end != RUNTIME_FAILED)
		return input->is_accepted;
	if (input->is_accepted)
		CLAIM(runtime_error_code == RUNTIME_OUT_OF_RANGE ||
			  runtime_error_code == RUNTIME_TOO_LARGE ||
			  runtime_error_code == RUNTIME_INVALID_VALUE);
	else
		CLAIM(runtime_error_code == RUNTIME_BAD_BYTES ||
			  runtime_error_code == RUNTIME_TOO_LARGE ||
			  runtime_error_code == RUNTIME_OUT_OF_RANGE);
	return input->is_accepted;
}

#ifdef FUZZING

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Input input;

	if (size < 3 || size > MAX_STATE_SIZE)
		return 0;
	memcpy(input.data, data, size);
	input.size = size;
	take(&input);
	return 0;
}

#else

static uint32_t random_state = 1;

static uint32_t
draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t) (((uint64_t) random_state * below) >> 32);
}

static Label
draw_name(const char *const *names, int nnames)
{
	const char *name = names[draw((uint32_t) nnames)];

	return (Label){name, (uint32_t) strlen(name)};
}

/* A product under an offer */
static Label
draw_offered(const Label *product)
{
	char *name = runtime_alloc(NULL, product->size + 3);

	memcpy(name, product->data, product->size);
	name[product->size] = NAME_MARK;
	name[product->size + 1] = NAME_OFFER;
	name[product->size + 2] = (char) ('x' + draw(2));
	return (Label){name, product->size + 2 + draw(2)};
}

/* Everybody's waterfall, and that all segments' add up to it but for moves */
static bool
waterfalls_add_up(SpellBuffer *spells, SpellBuffer *offered)
{
	SegmentCustomers customers;
	SegmentReader reader;
	SegmentWaterfalls waterfalls;
	Movement *whole = movement_new(NULL);
	Movement *sum = movement_new(NULL);
	ByteWriter writer;
	ByteWriter other;

	segment_customers_open(&customers, NULL, offered);
	reader = segment_waterfalls_open(&customers, NULL, &waterfalls);
	segment_customers_each(&customers, &reader, 1);
	movement_spells_finish(spells, whole);
	writer_open(&writer, NULL, 0);
	movement_encode(whole, &writer);
	for (int i = 0; i < waterfalls.nsegments; i++)
		if (waterfalls.movements[i] != NULL)
			movement_merge(sum, waterfalls.movements[i]);
	for (int i = 0; i < sum->ncells; i++)
	{
		MovementCell *cell = &sum->cells[i];

		CLAIM(cell->customers[LINE_MOVED_IN] ==
			  cell->customers[LINE_MOVED_OUT]);
		CLAIM(cell->mrr[LINE_MOVED_IN] == -cell->mrr[LINE_MOVED_OUT]);
		cell->customers[LINE_MOVED_IN] = cell->customers[LINE_MOVED_OUT] = 0;
		cell->mrr[LINE_MOVED_IN] = cell->mrr[LINE_MOVED_OUT] = 0;
	}
	if (waterfalls.movements[waterfalls.nsegments] == NULL)
		return whole->ncells == 0;
	writer_open(&other, NULL, 0);
	movement_encode(waterfalls.movements[waterfalls.nsegments], &other);
	if (writer.used != other.used ||
		memcmp(writer.data, other.data, writer.used) != 0)
		return false;
	writer_open(&other, NULL, 0);
	movement_encode(sum, &other);
	return writer.used == other.used &&
		   memcmp(writer.data, other.data, writer.used) == 0;
}

/* What segments add up to is everybody's, for lines of what just happens */
static bool
sums_add_up(SpellBuffer *spell_buffer)
{
	SegmentCustomers customers;
	SegmentReader readers[2];
	SegmentSums readings[3];
	static const PeriodLine lines[] = {PERIOD_ENDED, PERIOD_CONTINUED,
									   PERIOD_PROMOTION_END};
	Period last =
		period_of(spell_buffer->terms.calendar, spell_buffer->terms.as_of - 1);

	segment_customers_open(&customers, NULL, spell_buffer);
	readers[0] = segment_years_open(&customers, NULL, 2, &readings[0]);
	readers[1] = segment_promotions_open(&customers, NULL, &readings[1]);
	segment_customers_each(&customers, readers, 2);
	segment_bridges_finish(spell_buffer, NULL, 2, &readings[2]);
	for (int n = 0; n < 2; n++)
		for (int line = 0; line < 3; line++)
		{
			int64_t customers = 0;
			Wide mrr = 0;

			for (int i = 0; i <= readings[n].nsegments; i++)
				for (int at = 0; at < readings[n].sums[i].nperiods; at++)
				{
					const PeriodSum *sum =
						&readings[n].sums[i].periods[at].lines[lines[line]];
					int sign = i == readings[n].nsegments ? -1 : 1;

					customers += sign * sum->customers;
					mrr += sign * sum->mrr;
				}
			if (customers != 0 || mrr != 0)
				return false;
		}
	/* from opening to net by what moved, of everybody and of each segment */
	for (int i = 0; i <= readings[2].nsegments; i++)
	{
		Wide rest = 0;

		for (int at = 0; at < readings[2].sums[i].nperiods; at++)
		{
			const SegmentPeriod *period = &readings[2].sums[i].periods[at];
			const PeriodSum *sums = period->lines;

			if (period->period > last)
				break;
			rest += sums[PERIOD_OPENING].mrr - sums[PERIOD_NET].mrr;
			for (int line = PERIOD_PROMOTION_END; line < PERIOD_LINES; line++)
				rest += sums[line].mrr;
			if (rest != 0)
				return false;
		}
	}
	return true;
}

/* Random customers into a flow, in two steps and in one pass. */
static void
make(void *argument)
{
	static const char *const products[] = {"a", "b", "c", "bundle", ""};
	static const char *const segments[] = {"high", "low", "mid", "(none)", ""};
	static const char *const families[] = {"a", "b", "c"};
	Input *input = argument;
	Calendar calendar = {(Grain) draw(5), 1};
	Day as_of = 8600 + (Day) draw(300);
	int span = draw(3) != 0 ? 1 : draw(3) == 0 ? ANY_SPAN : 1 + (int) draw(5);
	SpellTerms terms = {.calendar = calendar,
						.as_of = as_of,
						.pause_days = draw(3) ? (int32_t) draw(120) : 0};
	SpellBuffer *spell_buffer =
		spell_buffer_new(NULL, KEY_NUMBER, &terms, NULL);
	SpellBuffer *spells = spell_buffer_new(NULL, KEY_NUMBER, &terms, NULL);
	SpellBuffer *offered = spell_buffer_new(NULL, KEY_NUMBER, &terms, NULL);
	SegmentFlow *steps = segment_flow_new(NULL);
	SegmentFlow *pass = segment_flow_new(NULL);
	ProductTiers product_tiers = {3,
								  runtime_alloc(NULL, 3 * sizeof(ProductTier))};
	ByteWriter writer;
	ByteWriter other;

	for (int i = 0; i < 3; i++)
		product_tiers.tiers[i] =
			(ProductTier){{families[i], 1}, (int32_t) draw(2), draw(2)};
	product_tiers_sort(&product_tiers);
	segment_flow_adopt(steps, calendar, as_of, span, terms.pause_days);
	segment_flow_set_tiers(steps, &product_tiers);
	segment_flow_set_tiers(pass, &product_tiers);
	for (int customer = 0; customer < CUSTOMERS; customer++)
	{
		HoldingsLog *held = runtime_alloc_zero(NULL, 4096);
		HoldingsLog *placed = runtime_alloc_zero(NULL, 4096);
		Key key = {0};
		int nplaced = (int) draw(5);

		key.number = customer * 7919;
		for (int i = 1 + (int) draw(6); i > 0; i--)
		{
			Day start = 8000 + (Day) draw(700);
			SpellRow row = {.start = start, .mrr = draw(5000), .scale = 2};

			row.scale = (int) draw(4);
			if (draw(8) == 0)
				row.mrr = -row.mrr;
			row.end = draw(3) ? start + 1 + (Day) draw(200) : SPELL_OPEN;
			row.is_paused = draw(3) == 0;
			row.product = draw_name(products, 5);
			spell_log_add(held, 4096, &row);
			spell_buffer_add(spell_buffer, key, &row);
			spell_buffer_add(spells, key, &row);
			if (draw(2))
				row.product = draw_offered(&row.product);
			spell_buffer_add(offered, key, &row);
		}
		for (int i = 0; i < nplaced; i++)
		{
			Day start = 7900 + (Day) draw(700);
			SpellRow row = {.start = start, .mrr = draw(3)};

			row.end = draw(3) ? start + 1 + (Day) draw(200) : SPELL_OPEN;
			row.product = draw_name(segments, 5);
			spell_log_add(placed, 4096, &row);
			spell_buffer_add_membership(spell_buffer, key, row.start, row.end,
										&row.product, (int64_t) row.mrr);
			spell_buffer_add_membership(offered, key, row.start, row.end,
										&row.product, 0);
		}
		segment_flow_add(steps, spell_log_read(held, 4096),
						 nplaced ? spell_log_read(placed, 4096) : NULL);
	}
	segment_spells_finish(spell_buffer, pass, span);
	writer_open(&writer, NULL, 0);
	segment_flow_encode(steps, &writer);
	writer_open(&other, NULL, 0);
	segment_flow_encode(pass, &other);
	input->same_bytes = writer.used == other.used &&
						memcmp(writer.data, other.data, writer.used) == 0;
	input->adds_up = waterfalls_add_up(spells, offered) && sums_add_up(offered);
	CLAIM(writer.used <= MAX_STATE_SIZE);
	memcpy(input->data, writer.data, writer.used);
	input->size = writer.used;
}

int
main(int argc, char **argv)
{
	static Input whole;
	static Input damaged;
	int rounds = argc > 1 ? atoi(argv[1]) : 80;
	int same = 0;
	int added = 0;
	int own = 0;
	int taken = 0;
	int refused = 0;

	for (int round = 0; round < rounds; round++)
	{
		runtime_patience = 1000000;
		CLAIM(runtime_run(make, &whole) == RUNTIME_DONE);
		same += whole.same_bytes;
		added += whole.adds_up;
		own += take(&whole);
		for (int i = 0; i < 300; i++)
		{
			damaged = whole;
			for (uint32_t j = draw(3) + 1; j > 0; j--)
				damaged.data[draw((uint32_t) damaged.size)] =
					(uint8_t) (draw(3) ? draw(256) : 0xff);
			if (draw(8) == 0)
				damaged.size = draw((uint32_t) damaged.size);
			if (damaged.size < 3)
				continue;
			if (take(&damaged))
				taken++;
			else
				refused++;
		}
	}
	printf("1..4\n");
	printf("%sok 1 - one pass gives the bytes of two steps\n",
		   same == rounds ? "" : "not ");
	printf("%sok 2 - segment_flow: its own bytes are accepted\n",
		   own == rounds ? "" : "not ");
	printf("%sok 3 - segment_flow: damaged bytes are refused or can be used\n",
		   taken > rounds && refused > rounds ? "" : "not ");
	printf("%sok 4 - waterfalls and sums of segments add up to everybody's\n",
		   added == rounds ? "" : "not ");
	if (argc > 1)
		printf("# %d whole, %d same, %d taken, %d refused\n", own, same, taken,
			   refused);
	return 0;
}

#endif /* FUZZING */
