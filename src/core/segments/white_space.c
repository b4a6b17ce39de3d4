/*
 * white_space.c
 *		Who has which product, by segment, from raw spells.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/white_space.h"

#include <string.h>

#include "core/subscriptions/spell_reader.h"

/* What a customer has of a product */
#define HELD_NOW 1u
#define HELD_BEFORE 2u
#define BEGUN_SINCE 4u

typedef struct Walk
{
	WhiteSpace *white_space;
	int64_t as_of;	/* the first day not observed */
	int64_t before; /* the same so many days before */

	uint8_t *holding; /* by product; all 0 between customers */
	/* of a customer */
	uint32_t room;
	int32_t *products; /* that it has, or had */
	Membership *memberships;
	SegmentStep *segment_steps;
} Walk;

static void
walk_reserve(Walk *walk, uint32_t nlines)
{
	if (nlines <= walk->room)
		return;
	if (walk->room > 0)
		runtime_free(walk->products);
	walk->room = nlines * 2;
	walk->products = runtime_alloc(NULL, (size_t) walk->room * sizeof(int32_t));
	segment_steps_reserve(&walk->memberships, &walk->segment_steps, walk->room);
}

/* The segment of the day before a first one that is not observed */
static int32_t
segment_before(const Walk *walk, int nsegment_steps, int64_t day)
{
	int step = day <= INT32_MIN
				   ? -1
				   : segment_step_on(walk->segment_steps, nsegment_steps,
									 (Day) (day - 1));

	return segment_step_place(walk->segment_steps, step,
							  walk->white_space->names.nameless);
}

static WhiteSpaceCell *
cell_reach(Walk *walk, int32_t segment, int32_t product)
{
	WhiteSpaceCell key;

	memset(&key, 0, sizeof(key));
	key.segment = segment;
	key.product = product;
	return count_table_reach(&walk->white_space->cells, &key);
}

/* What a spell says of its product */
static uint32_t
spell_holding(const Walk *walk, const Line *line)
{
	bool is_sold = walk->white_space->names.offers[line_name(line)] < 0;
	uint32_t holding = 0;

	if (line->start < walk->as_of && line->end >= walk->as_of)
		holding |= HELD_NOW;
	if (line->start < walk->before && line->end >= walk->before)
		holding |= HELD_BEFORE;
	if (is_sold && line->start >= walk->before && line->start < walk->as_of)
		holding |= BEGUN_SINCE;
	return holding;
}

/* Count what a customer has, in the segments of both days. */
static void
customer_count(Walk *walk, const Line *lines, uint32_t nlines)
{
	const SegmentCustomers *names = &walk->white_space->names;
	uint32_t any = 0;
	uint32_t nproducts = 0;
	int nmemberships = 0;
	int nsegment_steps;
	int32_t now;
	int32_t before;

	walk_reserve(walk, nlines);
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		uint32_t holding;
		int32_t product;

		if (line_is_membership(line))
		{
			walk->memberships[nmemberships++] = (Membership){
				line->start, line->end, names->ranks[line_name(line)], 0};
			continue;
		}
		holding = spell_holding(walk, line);
		product = names->products[line_name(line)];
		if (holding != 0 && walk->holding[product] == 0)
			walk->products[nproducts++] = product;
		walk->holding[product] |= (uint8_t) holding;
		any |= holding;
	}
	if ((any & (HELD_NOW | HELD_BEFORE)) != 0)
	{
		nsegment_steps = segment_steps_of(walk->memberships, nmemberships,
										  walk->segment_steps);
		now = segment_before(walk, nsegment_steps, walk->as_of);
		before = segment_before(walk, nsegment_steps, walk->before);
		if (any & HELD_NOW)
			cell_reach(walk, now, ANY_PRODUCT)->holders++;
		if (any & HELD_BEFORE)
			cell_reach(walk, before, ANY_PRODUCT)->before_holders++;
		for (uint32_t i = 0; i < nproducts; i++)
		{
			uint32_t holding = walk->holding[walk->products[i]];

			if (holding & HELD_NOW)
				cell_reach(walk, now, walk->products[i])->holders++;
			if (holding & HELD_BEFORE)
				cell_reach(walk, before, walk->products[i])->before_holders++;
			else if ((any & HELD_BEFORE) && (holding & BEGUN_SINCE))
				cell_reach(walk, before, walk->products[i])->buyers++;
		}
	}
	for (uint32_t i = 0; i < nproducts; i++)
		walk->holding[walk->products[i]] = 0;
}

void
white_space_find(WhiteSpace *white_space, Context context,
				 SpellBuffer *spell_buffer, int32_t days)
{
	SpellReader reader;
	Walk walk = {.white_space = white_space,
				 .as_of = (int64_t) spell_buffer->terms.as_of - 1};

	walk.before = walk.as_of - days;
	segment_customers_open(&white_space->names, context, spell_buffer);
	walk.holding =
		runtime_alloc_zero(context, (size_t) white_space->names.nproducts + 1);
	count_table_open(&white_space->cells, context,
					 offsetof(WhiteSpaceCell, holders), sizeof(WhiteSpaceCell));
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		customer_count(&walk, reader.lines, reader.nlines);
	spell_reader_close(&reader);
}
