/*
 * contact_offers.c
 *		Contacts with an offer that may contradict what a customer has or was
 *		told.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/contact_offers.h"

#include <string.h>

#include "core/util/count_table.h"
#include "core/util/sort_few.h"

#define OFFER_UNKNOWN INT32_MIN /* it is not known what a contact is for */

/* Is what is held something that an offer, or a product, is of? */
typedef struct OfferMatch
{
	int32_t what; /* offer by number; or -1 - number of a product */
	int32_t held; /* product by number */
	/* the key ends here */
	uint64_t is_one;
} OfferMatch;

typedef struct OfferWalk
{
	const MemberLines *members;
	const PartedNames *names;
	int32_t *what; /* by name: as in OfferMatch */
	int32_t *product;
	bool *is_several; /* by name: of several products, which contradict alone */
	CountTable matches;
	OfferEmit emit;
	void *arg;
} OfferWalk;

/* Contacts are sorted by pointer, with what is needed to compare them. */
typedef struct OfferItem
{
	const OfferLine *line;
	const PartedNames *names;
	bool is_near; /* another one */
} OfferItem;

static int
compare_contacts(const void *a, const void *b)
{
	static const int parts[] = {OFFER_CHANNEL, OFFER_CAMPAIGN, OFFER_OFFER,
								OFFER_PRODUCT};
	const OfferLine *line_a = ((const OfferItem *) a)->line;
	const OfferLine *line_b = ((const OfferItem *) b)->line;
	int order = 0;

	if (line_a->member.day != line_b->member.day)
		return line_a->member.day < line_b->member.day ? -1 : 1;
	if (line_a->at != line_b->at)
		return line_a->at < line_b->at ? -1 : 1;
	for (int i = 0; i < OFFER_NAMES && order == 0; i++)
		order = parted_names_compare(((const OfferItem *) a)->names, parts[i],
									 line_a->member.name, line_b->member.name);
	return order;
}

/* A name that tells two things */
static bool
name_is_pair(const Label *name, char letter, Label *one, Label *other)
{
	const char *end = name->data + name->size;
	const char *between;

	if (name->size == 0 || *name->data != letter)
		return false;
	between = memchr(name->data, NAME_PART, name->size);
	if (between == NULL)
		return false;
	*one = (Label){name->data + 1, (uint32_t) (between - name->data - 1)};
	*other = (Label){between + 1, (uint32_t) (end - between - 1)};
	return true;
}

static void
match_put(OfferWalk *walk, int32_t what, int32_t held)
{
	OfferMatch key = {what, held, 0};
	OfferMatch *match = count_table_reach(&walk->matches, &key);

	match->is_one = 1;
}

/* A product and the bundles it is part of are what somebody may hold. */
static void
product_put(OfferWalk *walk, int32_t what, int32_t product,
			const int32_t (*parts)[2], int nparts)
{
	match_put(walk, what, product);
	for (int i = 0; i < nparts; i++)
		if (parts[i][0] == product)
			match_put(walk, what, parts[i][1]);
}

/* Read which offer is of which products, and these are parts of which bundles. */
static void
matches_read(OfferWalk *walk)
{
	const Dictionary *names = &walk->members->names;
	size_t room = (size_t) names->count + 1;
	Dictionary offers;
	Dictionary products;
	int32_t *nproducts = runtime_alloc_zero(NULL, room * sizeof(int32_t));
	int32_t(*parts)[2] = runtime_alloc(NULL, room * sizeof(*parts));
	int nparts = 0;
	Label one;
	Label other;

	dictionary_open(&offers, NULL);
	dictionary_open(&products, NULL);
	for (int i = 0; i < names->count; i++)
		if (name_is_pair(&names->labels[i], OFFER_PART_OF, &one, &other))
		{
			parts[nparts][0] = dictionary_intern(&products, &one);
			parts[nparts++][1] = dictionary_intern(&products, &other);
		}
	for (int i = 0; i < names->count; i++)
		if (name_is_pair(&names->labels[i], OFFER_OF, &one, &other))
		{
			int32_t offer = dictionary_intern(&offers, &one);

			check_interrupts();
			nproducts[offer]++;
			product_put(walk, offer, dictionary_intern(&products, &other),
						(const int32_t(*)[2]) parts, nparts);
		}
	walk->what = runtime_alloc(NULL, room * sizeof(int32_t));
	walk->product = runtime_alloc(NULL, room * sizeof(int32_t));
	walk->is_several = runtime_alloc_zero(NULL, room);
	for (int i = 0; i < names->count; i++)
	{
		const Label *offer = &walk->names->names[OFFER_OFFER][i];
		const Label *product = &walk->names->names[OFFER_PRODUCT][i];

		check_interrupts();
		walk->product[i] =
			product->data == NULL ? -1 : dictionary_intern(&products, product);
		walk->what[i] =
			offer->data == NULL ? -1 : dictionary_intern(&offers, offer);
		if (walk->what[i] >= 0 && (size_t) walk->what[i] < room &&
			nproducts[walk->what[i]] > 0)
		{
			walk->is_several[i] = nproducts[walk->what[i]] > 1;
			continue;
		}
		walk->what[i] = OFFER_UNKNOWN;
		if (walk->product[i] < 0)
			continue;
		walk->what[i] = -1 - walk->product[i];
		product_put(walk, walk->what[i], walk->product[i],
					(const int32_t(*)[2]) parts, nparts);
	}
	runtime_free(nproducts);
	runtime_free(parts);
}

/* Does a customer hold what a contact is for, on its day? */
static bool
offer_is_held(OfferWalk *walk, const MemberLine *contact,
			  const OfferLine *lines, uint32_t nlines)
{
	OfferMatch key = {walk->what[contact->name], 0, 0};

	if (key.what == OFFER_UNKNOWN)
		return false;
	for (uint32_t i = 0; i < nlines; i++)
	{
		const MemberLine *spell = &lines[i].member;

		if (spell->day > contact->day)
			break;
		if (!(spell->flags & OFFER_SPELL) || spell->to <= contact->day)
			continue;
		key.held = walk->product[spell->name];
		if (key.held >= 0 &&
			((const OfferMatch *) count_table_reach(&walk->matches, &key))
					->is_one != 0)
			return true;
	}
	return false;
}

static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	OfferWalk *walk = arg;
	const OfferLine *lines = data;
	int32_t window = walk->members->parameters[OFFER_WINDOW];
	OfferItem few[SORT_FEW];
	OfferItem *items = few;
	uint32_t nitems = 0;
	int64_t number = 0;

	member_lines_sort(walk->members, data, nlines);
	if (nlines > SORT_FEW)
		items = runtime_alloc(NULL, (size_t) nlines * sizeof(OfferItem));
	for (uint32_t i = 0; i < nlines; i++)
		if (!(lines[i].member.flags & OFFER_SPELL))
			items[nitems++] = (OfferItem){&lines[i], walk->names, false};
	sort_few(items, nitems, sizeof(OfferItem), compare_contacts);
	for (uint32_t i = 1; i < nitems; i++)
		if ((int64_t) items[i].line->member.day -
				items[i - 1].line->member.day <
			window)
			items[i].is_near = items[i - 1].is_near = true;
	for (uint32_t i = 0; i < nitems; i++)
	{
		const MemberLine *contact = &items[i].line->member;

		check_interrupts();
		if (i > 0 && contact->day != items[i - 1].line->member.day)
			number = 0;
		number++;
		if (items[i].is_near || walk->is_several[contact->name] ||
			offer_is_held(walk, contact, lines, nlines))
			walk->emit(walk->arg, key, items[i].line, number);
	}
	if (items != few)
		runtime_free(items);
}

void
contact_offers_each(MemberLines *members, const PartedNames *names,
					OfferEmit emit, void *arg)
{
	OfferWalk walk = {
		.members = members, .names = names, .emit = emit, .arg = arg};

	count_table_open(&walk.matches, NULL, offsetof(OfferMatch, is_one),
					 sizeof(OfferMatch));
	matches_read(&walk);
	customer_lines_finish(&members->lines, customer_take, &walk);
}
