/*
 * price_moves.c
 *		The changes of price among a customer's spells, and the days on which
 *		many have one: the first reading.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/price_moves.h"

#include <string.h>

#include "core/subscriptions/spell_reader.h"
#include "core/util/sort_few.h"

/* A price that begins or ends */
typedef struct PriceStep
{
	Day day;
	bool is_end;
	int32_t terms;
	Wide mrr;
} PriceStep;

void
price_customer_open(PriceCustomer *customer, const SegmentCustomers *names)
{
	memset(customer, 0, sizeof(*customer));
	customer->names = names;
	customer->as_of = names->spell_buffer->terms.as_of - 1;
}

void
price_customer_close(PriceCustomer *customer)
{
	if (customer->room == 0)
		return;
	runtime_free(customer->spells);
	runtime_free(customer->steps);
	runtime_free(customer->moves);
	runtime_free(customer->memberships);
	customer->room = 0;
}

static void
customer_reserve(PriceCustomer *customer, uint32_t nlines)
{
	size_t room;

	if (nlines <= customer->room)
		return;
	price_customer_close(customer);
	room = customer->room = nlines * 2;
	customer->spells = runtime_alloc(NULL, room * sizeof(PriceSpell));
	customer->steps = runtime_alloc(NULL, room * 2 * sizeof(PriceStep));
	customer->moves = runtime_alloc(NULL, room * 2 * sizeof(PriceMove));
	customer->memberships = runtime_alloc(NULL, room * sizeof(Membership));
}

void
price_customer_read(PriceCustomer *customer, const Line *lines, uint32_t nlines)
{
	const SegmentCustomers *names = customer->names;

	customer_reserve(customer, nlines);
	customer->nspells = 0;
	customer->nmemberships = 0;
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		int32_t name = line_name(line);
		PriceSpell *spell = &customer->spells[customer->nspells];

		if (line_is_membership(line))
		{
			customer->memberships[customer->nmemberships++] =
				(Membership){line->start, line->end, names->ranks[name], 0};
			continue;
		}
		spell->mrr = line_mrr(names->spell_buffer, line);
		if (spell->mrr <= 0 || line->start >= customer->as_of)
			continue;
		spell->start = line->start;
		spell->end =
			line->end <= customer->as_of ? line->end : customer->as_of + 1;
		spell->product = names->products[name];
		spell->terms = names->offers[name];
		customer->nspells++;
	}
}

static int
compare_products(const void *a, const void *b)
{
	const PriceSpell *spell_a = a;
	const PriceSpell *spell_b = b;

	return (spell_a->product > spell_b->product) -
		   (spell_a->product < spell_b->product);
}

static int
compare_steps(const void *a, const void *b)
{
	const PriceStep *step_a = a;
	const PriceStep *step_b = b;

	return (step_a->day > step_b->day) - (step_a->day < step_b->day);
}

/* The changes among the steps of a product, which are in order */
static void
steps_take(PriceCustomer *customer, int32_t product, const PriceStep *steps,
		   uint32_t nsteps)
{
	for (uint32_t from = 0, to; from < nsteps; from = to)
	{
		int64_t more = 0; /* begin than end */
		Wide sums[2] = {0, 0};
		int32_t least[2] = {INT32_MAX, INT32_MAX};
		int32_t most[2] = {INT32_MIN, INT32_MIN};

		for (to = from; to < nsteps && steps[to].day == steps[from].day; to++)
		{
			const PriceStep *step = &steps[to];
			int side = step->is_end ? 0 : 1;

			more += step->is_end ? -1 : 1;
			sums[side] = money_add(sums[side], step->mrr);
			if (step->terms < least[side])
				least[side] = step->terms;
			if (step->terms > most[side])
				most[side] = step->terms;
		}
		if (more == 0 && sums[0] != sums[1] && least[0] == least[1] &&
			most[0] == most[1])
			customer->moves[customer->nmoves++] =
				(PriceMove){steps[from].day, product, sums[0], sums[1]};
	}
}

void
price_moves_find(PriceCustomer *customer)
{
	PriceSpell *spells = customer->spells;

	customer->nmoves = 0;
	sort_few(spells, customer->nspells, sizeof(PriceSpell), compare_products);
	for (uint32_t from = 0, to; from < customer->nspells; from = to)
	{
		Day until = spells[from].end;
		uint32_t nsteps = 0;

		for (to = from; to < customer->nspells &&
						spells[to].product == spells[from].product;
			 to++)
			if (spells[to].end > until)
				until = spells[to].end;
		for (uint32_t i = from; i < to; i++)
			spells[i].line_until = until;
		if (to - from < 2)
			continue;
		for (uint32_t i = from; i < to; i++)
		{
			customer->steps[nsteps++] = (PriceStep){
				spells[i].start, false, spells[i].terms, spells[i].mrr};
			if (spells[i].end < customer->as_of)
				customer->steps[nsteps++] = (PriceStep){
					spells[i].end, true, spells[i].terms, spells[i].mrr};
		}
		sort_few(customer->steps, nsteps, sizeof(PriceStep), compare_steps);
		steps_take(customer, spells[from].product, customer->steps, nsteps);
	}
}

/* How many have a change, by product and day */
typedef struct MoveCount
{
	int32_t product;
	Day day;
	/* the key ends here */
	int64_t customers;
} MoveCount;

typedef struct FirstReading
{
	PriceCustomer customer;
	CountTable counts;
} FirstReading;

/* The first reading: count a customer's changes. */
static void
customer_count(FirstReading *reading, const Line *lines, uint32_t nlines)
{
	PriceCustomer *one = &reading->customer;

	if (nlines < 2)
		return;
	price_customer_read(one, lines, nlines);
	if (one->nspells < 2)
		return;
	price_moves_find(one);
	for (uint32_t i = 0; i < one->nmoves; i++)
	{
		MoveCount key = {one->moves[i].product, one->moves[i].day, 0};
		MoveCount *count = count_table_reach(&reading->counts, &key);

		count->customers++;
	}
}

static int
compare_counts(const void *a, const void *b)
{
	const MoveCount *count_a = a;
	const MoveCount *count_b = b;

	return (count_a->day > count_b->day) - (count_a->day < count_b->day);
}

/* Those of more customers first, of equal ones the later */
static int
compare_days(const void *a, const void *b)
{
	const MoveCount *count_a = a;
	const MoveCount *count_b = b;

	if (count_a->customers != count_b->customers)
		return count_a->customers > count_b->customers ? -1 : 1;
	return (count_a->day < count_b->day) - (count_a->day > count_b->day);
}

/* Say which days are looked at: the one named, or the largest. */
static void
days_choose(PriceChanges *changes, CountTable *table, Day as_of)
{
	MoveCount *counts = (MoveCount *) table->items;
	uint32_t count = 0;

	for (uint32_t i = 0; i < table->count; i++)
		if (changes->terms.is_named
				? counts[i].day == changes->terms.day
				: counts[i].customers >= changes->terms.least)
			counts[count++] = counts[i];
	runtime_sort(counts, count, sizeof(MoveCount), compare_counts);
	table->count = 0;
	for (uint32_t i = 0; i < count; i++)
	{
		if (table->count > 0 && counts[table->count - 1].day == counts[i].day)
			counts[table->count - 1].customers += counts[i].customers;
		else
			counts[table->count++] = counts[i];
	}
	runtime_sort(counts, table->count, sizeof(MoveCount), compare_days);
	changes->ndays =
		table->count < PRICE_DAYS ? (int) table->count : PRICE_DAYS;
	for (int i = 0; i < changes->ndays; i++)
	{
		int32_t months = (as_of - 1 - counts[i].day) / PRICE_WINDOW;

		changes->days[i] = counts[i].day;
		changes->months[i] =
			months < changes->terms.months ? months : changes->terms.months;
		if (changes->months[i] < 0)
			changes->months[i] = 0;
	}
}

/* Find the days of changes; products have no order yet. */
void
price_changes_open(PriceChanges *changes, Context context,
				   SpellBuffer *spell_buffer, const PriceTerms *terms)
{
	FirstReading reading;
	SpellReader reader;

	memset(changes, 0, sizeof(*changes));
	changes->terms = *terms;
	segment_customers_open(&changes->names, context, spell_buffer);
	count_table_open(&changes->cells, context, offsetof(PriceCell, customers),
					 sizeof(PriceCell));
	count_table_open(&changes->touched, context,
					 offsetof(PriceTouched, customers), sizeof(PriceTouched));
	price_customer_open(&reading.customer, &changes->names);
	count_table_open(&reading.counts, NULL, offsetof(MoveCount, customers),
					 sizeof(MoveCount));
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		customer_count(&reading, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	days_choose(changes, &reading.counts, reading.customer.as_of);
	count_table_close(&reading.counts);
	price_customer_close(&reading.customer);
}
