/*
 * worth.c
 *		What customers are worth a month, from raw spells.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/worth.h"

#include <stdlib.h>
#include <string.h>

#include "core/subscriptions/spell_reader.h"
#include "core/subscriptions/spell_runs.h"
#include "core/util/sort_few.h"

typedef struct Walk
{
	Worths *worths;
	SpellBuffer *spell_buffer;
	Day as_of;
	const ProductMargin **margins; /* by number of a name; NULL: none known */
	WorthEmit emit;
	void *arg;

	/* of a customer */
	uint32_t room;
	RunSpell *runs;
	Membership *memberships;
	SegmentStep *segment_steps;
} Walk;

static void
walk_reserve(Walk *walk, uint32_t nlines)
{
	if (nlines <= walk->room)
		return;
	if (walk->room > 0)
		runtime_free(walk->runs);
	walk->room = nlines * 2;
	walk->runs = runtime_alloc(NULL, (size_t) walk->room * sizeof(RunSpell));
	segment_steps_reserve(&walk->memberships, &walk->segment_steps, walk->room);
}

static int
compare_runs(const void *a, const void *b)
{
	const RunSpell *run_a = a;
	const RunSpell *run_b = b;

	return (run_a->start > run_b->start) - (run_a->start < run_b->start);
}

/* Add what a line brings. */
static void
line_add(const Walk *walk, const Line *line, Worth *worth)
{
	const WorthTerms *terms = &walk->worths->terms;
	const ProductMargin *margin = walk->margins[line_name(line)];
	Wide mrr = money_rescale(line_mrr(walk->spell_buffer, line),
							 walk->spell_buffer->scale, terms->scale);

	worth->mrr = money_add(worth->mrr, mrr);
	if (margin == NULL)
	{
		worth->is_known = false;
		return;
	}
	worth->margin = money_add(worth->margin, margin->unit_margin);
	if (margin->has_price &&
		!walk->worths->names.parts[line_name(line)].is_unpriced)
		worth->margin =
			money_add(worth->margin, money_subtract(mrr, margin->list_price));
}

/* Is the line looked at, and does it go on, so that it is paid for now? */
static bool
line_is_seen(const Walk *walk, const Line *line, bool *goes_on)
{
	*goes_on = line->end > walk->as_of;
	if (walk->worths->terms.is_standing)
		return line->start < walk->as_of &&
			   line_mrr(walk->spell_buffer, line) > 0;
	*goes_on = line->end >= walk->as_of;
	return line->start < walk->as_of && *goes_on;
}

/* Since when the customer has paid, of times of paying up to now, in any order */
static Day
paid_since(const Walk *walk, uint32_t nruns)
{
	const RunSpell *last;

	if (nruns > 1)
		sort_few(walk->runs, nruns, sizeof(RunSpell), compare_runs);
	spell_runs(walk->runs, nruns, walk->worths->terms.gap);
	last = &walk->runs[nruns - 1];
	return last->start_of_run;
}

/* Find what the customer of a reader is worth, and count it. */
static void
customer_count(Walk *walk, const SpellReader *reader)
{
	const SegmentCustomers *names = &walk->worths->names;
	bool is_standing = walk->worths->terms.is_standing;
	uint32_t nruns = 0;
	int nmemberships = 0;
	bool pays = false;
	Worth worth;
	Worth *kind;

	memset(&worth, 0, sizeof(worth));
	worth.segment = EVERYBODY;
	worth.is_known = true;
	walk_reserve(walk, reader->nlines);
	for (uint32_t i = 0; i < reader->nlines; i++)
	{
		const Line *line = &reader->lines[i];
		bool goes_on;

		if (line_is_membership(line))
		{
			walk->memberships[nmemberships++] = (Membership){
				line->start, line->end, names->ranks[line_name(line)], 0};
			continue;
		}
		if (!line_is_seen(walk, line, &goes_on))
			continue;
		walk->runs[nruns++] = (RunSpell){
			line->start, goes_on ? walk->as_of + 1 : line->end, 0, 0, false};
		if (!goes_on)
			continue;
		pays = true;
		line_add(walk, line, &worth);
	}
	if (!pays || worth.mrr <= 0)
		return;
	if (!worth.is_known)
		worth.margin = 0;
	if (is_standing)
	{
		int step =
			segment_step_on(walk->segment_steps,
							segment_steps_of(walk->memberships, nmemberships,
											 walk->segment_steps),
							walk->as_of);

		worth.segment =
			segment_step_place(walk->segment_steps, step, names->nameless);
		worth.age = months_over(paid_since(walk, nruns), walk->as_of);
	}
	kind = count_table_reach(&walk->worths->kinds, &worth);
	kind->customers++;
	if (walk->emit != NULL)
	{
		Key key = key_table_key(&walk->spell_buffer->row_buffer.key_table,
								reader->lines[0].slot);

		walk->emit(walk->arg, &key,
				   (uint32_t) (kind - (Worth *) walk->worths->kinds.items));
	}
}

static int
compare_margins(const void *a, const void *b)
{
	return label_compare(&((const ProductMargin *) a)->product,
						 &((const ProductMargin *) b)->product);
}

/* What is known of the product of a name; NULL: not what it earns */
static const ProductMargin *
margin_find(const WorthTerms *terms, const NameParts *parts)
{
	ProductMargin key = {.product = parts->product};
	const ProductMargin *margin;

	if (parts->is_unnamed || terms->nmargins == 0)
		return NULL;
	margin = bsearch(&key, terms->margins, terms->nmargins,
					 sizeof(ProductMargin), compare_margins);
	return margin != NULL && margin->has_margin ? margin : NULL;
}

void
worths_find(Worths *worths, Context context, SpellBuffer *spell_buffer,
			const WorthTerms *terms, WorthEmit emit, void *arg)
{
	Walk walk = {.worths = worths,
				 .spell_buffer = spell_buffer,
				 .as_of = spell_buffer->terms.as_of - 1,
				 .emit = emit,
				 .arg = arg};
	SpellReader reader;

	worths->terms = *terms;
	if (terms->nmargins > 0)
		runtime_sort(terms->margins, terms->nmargins, sizeof(ProductMargin),
					 compare_margins);
	segment_customers_open(&worths->names, context, spell_buffer);
	walk.margins =
		runtime_alloc(NULL, ((size_t) spell_buffer->names.count + 1) *
								sizeof(ProductMargin *));
	for (int i = 0; i < spell_buffer->names.count; i++)
		walk.margins[i] = margin_find(terms, &worths->names.parts[i]);
	count_table_open(&worths->kinds, context, offsetof(Worth, customers),
					 sizeof(Worth));
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		customer_count(&walk, &reader);
	spell_reader_close(&reader);
}
