/*
 * segment_customers.c
 *		Customers of a spell buffer, each with the days in each segment.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_customers.h"

#include <string.h>

#include "core/segments/segment.h" /* NO_SEGMENT */

int
segments_rank(const Dictionary *names, int32_t *ranks, Label *segments)
{
	size_t count = (size_t) names->count + 1;
	Label *labels = runtime_alloc(NULL, count * sizeof(Label));
	int nsegments;

	if (names->count > 0)
		memcpy(labels, names->labels, (count - 1) * sizeof(Label));
	labels[count - 1] = (Label){NO_SEGMENT, strlen(NO_SEGMENT)};
	nsegments = labels_rank(labels, (int) count, ranks);
	for (size_t i = 0; i < count; i++)
		segments[ranks[i]] = labels[i];
	runtime_free(labels);
	return nsegments;
}

/* Take a name apart. */
static NameParts
name_parts(const Label *name)
{
	NameParts parts;
	const char *end = name->data + name->size;
	const char *at = name->size ? memchr(name->data, NAME_MARK, name->size) : 0;

	memset(&parts, 0, sizeof(parts));
	if (at == NULL)
		at = end;
	parts.product = (Label){name->data, (uint32_t) (at - name->data)};
	while (at < end)
	{
		const char *letter = at + 1;
		const char *next =
			letter < end ? memchr(letter, NAME_MARK, (size_t) (end - letter))
						 : NULL;
		Label value;

		if (letter >= end)
			break;
		at = next != NULL ? next : end;
		value = (Label){letter + 1, (uint32_t) (at - letter - 1)};
		switch (*letter)
		{
			case NAME_OFFER:
				parts.offer = (Label){letter, value.size + 1};
				break;
			case NAME_CHANNEL:
				parts.channel = value;
				break;
			case NAME_REASON:
				parts.reason = value;
				break;
			case NAME_UNPRICED:
				parts.is_unpriced = true;
				break;
			case NAME_UNDATED:
				parts.is_undated = true;
				break;
			case NAME_UNNAMED:
				parts.is_unnamed = true;
				break;
		}
	}
	return parts;
}

/*
 * Number the products, offers and segments among the names of a buffer; what
 * they are called is kept in context.
 */
void
segment_customers_open(SegmentCustomers *customers, Context context,
					   SpellBuffer *spell_buffer)
{
	const Dictionary *names = &spell_buffer->names;
	int count = names->count;
	size_t room = (size_t) count + 1;
	Label *labels = runtime_alloc(NULL, room * sizeof(Label));

	memset(customers, 0, sizeof(SegmentCustomers));
	customers->spell_buffer = spell_buffer;
	customers->since = INT32_MIN;
	customers->last = INT32_MAX;
	customers->products = runtime_alloc(NULL, room * sizeof(int32_t));
	customers->offers = runtime_alloc(NULL, room * sizeof(int32_t));
	customers->ranks = runtime_alloc(NULL, room * sizeof(int32_t));
	customers->segments = runtime_alloc_zero(context, room * sizeof(Label));
	customers->parts = runtime_alloc(NULL, room * sizeof(NameParts));

	for (int i = 0; i < count; i++)
	{
		customers->parts[i] = name_parts(&names->labels[i]);
		labels[i] = customers->parts[i].offer;
		if (labels[i].data == NULL)
			labels[i] = (Label){"", 0};
	}
	labels_rank(labels, count, customers->offers);
	for (int i = 0; i < count; i++)
	{
		if (labels[i].size == 0)
			customers->offers[i] = -1;
		labels[i] = customers->parts[i].product;
	}
	customers->nproducts = labels_rank(labels, count, customers->products);
	customers->labels = runtime_alloc(context, room * sizeof(Label));
	for (int i = 0; i < count; i++)
		customers->labels[customers->products[i]] = labels[i];

	runtime_free(labels);
	customers->nsegments =
		segments_rank(names, customers->ranks, customers->segments);
	customers->nameless = customers->ranks[count];
}

static void
customers_reserve(SegmentCustomers *customers, uint32_t nlines)
{
	size_t room;

	if (nlines <= customers->room)
		return;
	if (customers->room > 0)
	{
		runtime_free(customers->lines);
		runtime_free(customers->line_offers);
		runtime_free(customers->spans);
		runtime_free(customers->days);
		runtime_free(customers->span_held);
		runtime_free(customers->held);
	}
	customers->room = nlines * 2;
	room = customers->room;
	customers->lines = runtime_alloc(NULL, room * sizeof(Line));
	customers->line_offers = runtime_alloc(NULL, room * sizeof(int32_t));
	segment_steps_reserve(&customers->memberships, &customers->segment_steps,
						  room);
	/* a span for each step, and one more */
	room = room * 2 + 1;
	customers->spans = runtime_alloc(NULL, room * sizeof(SegmentDays));
	customers->days = runtime_alloc(NULL, room * sizeof(SegmentDays));
	customers->span_held = runtime_alloc(NULL, room * sizeof(Held));
	customers->held = runtime_alloc(NULL, room * sizeof(Held));
}

/* The same line of a product by another number */
static inline Line
line_renamed(Line line, int32_t product)
{
	int32_t name = line.product < 0 ? ~line.product : line.product;

	name = (name & LINE_ON_PAUSE) | product;
	line.product = line.product < 0 ? ~name : name;
	return line;
}

/* A membership of a segment, of which only what is seen is kept */
static int
span_push(SegmentCustomers *customers, int nspans, int32_t segment,
		  int64_t from, int64_t to, int64_t first)
{
	Held *held = &customers->span_held[nspans];
	int64_t as_of = customers->spell_buffer->terms.as_of;

	if (to <= first || from >= as_of || to <= from)
		return nspans;
	held->from = from <= first ? INT64_MIN : from;
	held->to = to >= as_of ? INT64_MAX : to;
	customers->spans[nspans] = (SegmentDays){segment, 1, held};
	return nspans + 1;
}

/* Put the times in the order of segments. */
static int
spans_gather(SegmentCustomers *customers, int nspans)
{
	Held *held = customers->held;
	int ndays = 0;

	for (int i = 0; i < nspans; i++)
	{
		SegmentDays *days = &customers->days[ndays];

		if (customers->spans[i].nheld == 0)
			continue;
		*days = (SegmentDays){customers->spans[i].segment, 0, held};
		for (int j = i; j < nspans; j++)
		{
			SegmentDays *span = &customers->spans[j];

			if (span->nheld == 0 || span->segment != days->segment)
				continue;
			/* "(none)" may be the name of a segment too */
			if (days->nheld > 0 && held[-1].to == span->held->from)
				held[-1].to = span->held->to;
			else
			{
				*held++ = *span->held;
				days->nheld++;
			}
			span->nheld = 0;
		}
		ndays++;
	}
	return ndays;
}

/* Where a customer was, of the times in segments in customers->memberships */
static int
customer_days(SegmentCustomers *customers, int nmemberships, int64_t first)
{
	int32_t segment = customers->nameless;
	int64_t from = INT64_MIN;
	int nspans = 0;
	int nsegment_steps;

	nsegment_steps = segment_steps_of(customers->memberships, nmemberships,
									  customers->segment_steps);
	for (int i = 0; i < nsegment_steps; i++)
	{
		const SegmentStep *step = &customers->segment_steps[i];

		nspans = span_push(customers, nspans, segment, from, step->day, first);
		segment = step->segment < 0 ? customers->nameless : step->segment;
		from = step->day;
	}
	nspans = span_push(customers, nspans, segment, from, INT64_MAX, first);
	return spans_gather(customers, nspans);
}

typedef struct Handing
{
	SegmentCustomers *customers;
	const SegmentReader *readers;
	int nreaders;
} Handing;

/* May something change in the days that are looked at? */
static bool
lines_may_change(const SegmentCustomers *customers, const Line *lines,
				 uint32_t nlines)
{
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];

		if ((line->start >= customers->since &&
			 line->start <= customers->last) ||
			(line->end >= customers->since && line->end <= customers->last) ||
			(line_is_paused(line) && !line_is_note(line)))
			return true;
	}
	return false;
}

/* Hand a customer on. */
static void
customer_hand(Handing *handing, const Line *lines, uint32_t nlines)
{
	SegmentCustomers *customers = handing->customers;
	SegmentCustomer customer = {0};
	int nmemberships = 0;

	if (!lines_may_change(customers, lines, nlines))
		return;
	customers_reserve(customers, nlines);
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		int32_t name = line_name(line);

		if (line_is_note(line))
			continue;
		if (line_is_membership(line))
		{
			customers->memberships[nmemberships++] =
				(Membership){line->start, line->end, customers->ranks[name], 0};
			continue;
		}
		customers->line_offers[customer.nlines] = customers->offers[name];
		customers->lines[customer.nlines++] =
			line_renamed(*line, customers->products[name]);
	}
	if (customer.nlines == 0)
		return;
	customer.nsteps = lines_steps(&customers->steps, customers->spell_buffer,
								  customers->lines, customer.nlines);
	customer.steps = customers->steps.steps;
	customer.lines = customers->lines;
	customer.offers = customers->line_offers;
	customer.all = lines;
	customer.nall = nlines;
	customer.ndays =
		customer_days(customers, nmemberships, customer.steps[0].day);
	customer.days = customers->days;
	customers->npaused = -1;
	for (int i = 0; i < handing->nreaders; i++)
		if (handing->readers[i].take != NULL)
			handing->readers[i].take(handing->readers[i].arg, &customer);
}

/* Hand out every customer who holds anything, to each reader, and close. */
void
segment_customers_each(SegmentCustomers *customers,
					   const SegmentReader *readers, int nreaders)
{
	Handing handing = {customers, readers, nreaders};
	SpellReader spells;
	bool is_read = false;

	for (int i = 0; i < nreaders; i++)
		is_read |= readers[i].take != NULL;
	if (is_read)
	{
		spell_reader_open(&spells, customers->spell_buffer);
		while (spell_reader_next(&spells))
			customer_hand(&handing, spells.lines, spells.nlines);
		spell_reader_close(&spells);
	}
	workspace_close(&customers->steps);
	workspace_close(&customers->paused);
}

#define TURN_CUSTOMERS 1024

bool
segment_turns_open(SegmentTurns *turns, SegmentCustomers *customers,
				   SegmentReader reader)
{
	turns->customers = customers;
	turns->reader = reader;
	spell_reader_open(&turns->spells, customers->spell_buffer);
	return spell_reader_is_in_memory(&turns->spells);
}

bool
segment_turns_next(SegmentTurns *turns)
{
	Handing handing = {turns->customers, &turns->reader, 1};

	for (int i = 0; i < TURN_CUSTOMERS; i++)
	{
		if (!spell_reader_next(&turns->spells))
		{
			if (i > 0)
				return true;
			spell_reader_close(&turns->spells);
			workspace_close(&turns->customers->steps);
			workspace_close(&turns->customers->paused);
			return false;
		}
		customer_hand(&handing, turns->spells.lines, turns->spells.nlines);
	}
	return true;
}

/* The customer's steps with what pauses keep; how many there are. */
int
segment_customer_pauses(SegmentCustomers *customers,
						const SegmentCustomer *customer, const Step **steps)
{
	bool is_paused = false;

	*steps = customer->steps;
	if (!customers->spell_buffer->has_pauses)
		return customer->nsteps;
	for (uint32_t i = 0; i < customer->nlines; i++)
		is_paused |= line_is_paused(&customer->lines[i]);
	if (!is_paused)
		return customer->nsteps;
	if (customers->npaused < 0)
	{
		workspace_reserve(&customers->paused, customer->nlines);
		memcpy(customers->paused.steps, customer->steps,
			   (size_t) customer->nsteps * sizeof(Step));
		customers->npaused =
			lines_pauses(&customers->paused, customers->spell_buffer,
						 customer->lines, customer->nlines, customer->nsteps);
	}
	*steps = customers->paused.steps;
	return customers->npaused;
}

/* The segment of a customer on a day on which spells are seen */
int32_t
segment_customer_place(const SegmentCustomers *customers,
					   const SegmentCustomer *customer, int64_t day)
{
	for (int i = 0; i < customer->ndays; i++)
		for (int j = 0; j < customer->days[i].nheld; j++)
			if (customer->days[i].held[j].from <= day &&
				day < customer->days[i].held[j].to)
				return customer->days[i].segment;
	return customers->nameless;
}
