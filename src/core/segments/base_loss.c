/*
 * base_loss.c
 *		Times of paying from raw spells, counted by months.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/base_loss.h"

#include <string.h>

#include "core/subscriptions/spell_reader.h"
#include "core/subscriptions/spell_runs.h"
#include "core/util/sort_few.h"

#define MONTHS_OF_YEAR 12

/* A spell that is paid for */
typedef struct PaidSpell
{
	Day start;
	Day end; /* first day not held; of one that goes on the one after as_of */
	Wide mrr;
} PaidSpell;

typedef struct Walk
{
	BaseLosses *losses;
	SpellBuffer *spell_buffer;
	int32_t gap;
	Day as_of;
	int32_t as_of_month; /* of all years */
	int as_of_mday;

	/* of a customer */
	uint32_t room;
	PaidSpell *spells;
	RunSpell *runs;
	Membership *memberships;
	SegmentStep *segment_steps;
	int nsegment_steps;
} Walk;

static int
compare_spells(const void *a, const void *b)
{
	const PaidSpell *spell_a = a;
	const PaidSpell *spell_b = b;

	return (spell_a->start > spell_b->start) -
		   (spell_a->start < spell_b->start);
}

/* Whole months from a day until as_of: one is over on the day of its number. */
static int32_t
months_since(const Walk *walk, Day day)
{
	int64_t year;
	int month;
	int mday;

	civil_of_day(day, &year, &month, &mday);
	return walk->as_of_month - (int32_t) (year * MONTHS_OF_YEAR + month) -
		   (mday > walk->as_of_mday ? 1 : 0);
}

static int32_t
months_until(const Walk *walk, Day day)
{
	return day > walk->as_of ? STILL_THERE : months_since(walk, day);
}

static void
walk_reserve(Walk *walk, uint32_t nlines)
{
	if (nlines <= walk->room)
		return;
	if (walk->room > 0)
	{
		runtime_free(walk->spells);
		runtime_free(walk->runs);
	}
	walk->room = nlines * 2;
	walk->spells = runtime_alloc(NULL, (size_t) walk->room * sizeof(PaidSpell));
	walk->runs = runtime_alloc(NULL, (size_t) walk->room * sizeof(RunSpell));
	segment_steps_reserve(&walk->memberships, &walk->segment_steps, walk->room);
}

/* Count a time of paying, in each segment by itself. */
static void
run_count(Walk *walk, const RunSpell *run, Wide mrr)
{
	const SegmentCustomers *names = &walk->losses->names;
	int step = segment_step_on(walk->segment_steps, walk->nsegment_steps,
							   run->start_of_run);
	BaseLoss key;
	Day since = run->start_of_run;

	memset(&key, 0, sizeof(key));
	key.age = months_since(walk, run->start_of_run);
	key.gone = months_until(walk, run->end_of_run);
	for (; since < run->end_of_run; step++)
	{
		Day until = run->end_of_run;
		BaseLoss *loss;

		if (step + 1 < walk->nsegment_steps &&
			walk->segment_steps[step + 1].day < until)
			until = walk->segment_steps[step + 1].day;
		key.segment =
			segment_step_place(walk->segment_steps, step, names->nameless);
		key.since = months_since(walk, since);
		key.until = months_until(walk, until);
		since = until;
		if (key.since <= key.until)
			continue;
		loss = count_table_reach(&walk->losses->losses, &key);
		loss->customers++;
		if (key.until == STILL_THERE)
		{
			loss->mrr = money_add(loss->mrr, mrr);
			square_sum_add(&loss->squares, mrr);
		}
	}
}

/* Count a customer's times of paying. */
static void
customer_count(Walk *walk, const Line *lines, uint32_t nlines)
{
	uint32_t nspells = 0;
	int nmemberships = 0;

	walk_reserve(walk, nlines);
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		PaidSpell *spell = &walk->spells[nspells];

		if (line_is_membership(line))
		{
			walk->memberships[nmemberships++] =
				(Membership){line->start, line->end,
							 walk->losses->names.ranks[line_name(line)], 0};
			continue;
		}
		spell->mrr = line_mrr(walk->spell_buffer, line);
		spell->start = line->start;
		spell->end = line->end <= walk->as_of ? line->end : walk->as_of + 1;
		nspells += spell->mrr > 0 && spell->start < walk->as_of;
	}
	if (nspells == 0)
		return;
	walk->nsegment_steps =
		segment_steps_of(walk->memberships, nmemberships, walk->segment_steps);
	sort_few(walk->spells, nspells, sizeof(PaidSpell), compare_spells);
	for (uint32_t i = 0; i < nspells; i++)
		walk->runs[i] =
			(RunSpell){walk->spells[i].start, walk->spells[i].end, 0, 0, false};
	spell_runs(walk->runs, nspells, walk->gap);
	for (uint32_t from = 0, to; from < nspells; from = to)
	{
		Wide mrr = 0;

		for (to = from; to < nspells && walk->runs[to].start_of_run ==
											walk->runs[from].start_of_run;
			 to++)
			if (walk->spells[to].end > walk->as_of)
				mrr = money_add(mrr, walk->spells[to].mrr);
		run_count(walk, &walk->runs[from], mrr);
	}
}

/* Count the times of paying of all customers. */
void
base_losses_find(BaseLosses *losses, Context context, SpellBuffer *spell_buffer,
				 int32_t gap)
{
	Walk walk = {.losses = losses,
				 .spell_buffer = spell_buffer,
				 .gap = gap,
				 .as_of = spell_buffer->terms.as_of - 1};
	int64_t year;
	int month;
	SpellReader reader;

	civil_of_day(walk.as_of, &year, &month, &walk.as_of_mday);
	walk.as_of_month = (int32_t) (year * MONTHS_OF_YEAR + month);
	segment_customers_open(&losses->names, context, spell_buffer);
	count_table_open(&losses->losses, context, offsetof(BaseLoss, customers),
					 sizeof(BaseLoss));
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		customer_count(&walk, reader.lines, reader.nlines);
	spell_reader_close(&reader);
}
