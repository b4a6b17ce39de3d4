/*
 * holdings.c
 *		One customer's subscription spells: canonical bytes and merging.
 *
 * Canonical bytes: version, flags, scale, the names (sorted, each in use), and
 * for each spell its distance from the start before, its length in days or 0
 * when it goes on, product, price, [channel, offer], [price when not paused].
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/holdings.h"

#include <string.h>

#include "core/util/sort_few.h"

#define HAS_ORIGIN 1 /* some spell has a channel or an offer */
#define HAS_PAUSE 2	 /* some spell is paused */

/* Order names by their bytes: the same on every machine. */
int
label_compare(const Label *a, const Label *b)
{
	uint32_t size = a->size < b->size ? a->size : b->size;
	int order = memcmp(a->data, b->data, size);

	return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static int
compare_starts(const void *a, const void *b)
{
	Day start_a = ((const Spell *) a)->start;
	Day start_b = ((const Spell *) b)->start;

	return (start_a > start_b) - (start_a < start_b);
}

void
spells_sort(Spell *spells, int nspells)
{
	sort_few(spells, nspells, sizeof(Spell), compare_starts);
}

static int
compare_names(const void *a, const void *b)
{
	return label_compare(a, b);
}

#define ORDER_BY(field)                                      \
	do                                                       \
	{                                                        \
		if (spell_a->field != spell_b->field)                \
			return spell_a->field < spell_b->field ? -1 : 1; \
	} while (0)

static int
compare_spells(const void *a, const void *b)
{
	const Spell *spell_a = a;
	const Spell *spell_b = b;

	ORDER_BY(start);
	ORDER_BY(end);
	ORDER_BY(product);
	ORDER_BY(mrr);
	ORDER_BY(channel);
	ORDER_BY(offer);
	ORDER_BY(pause);
	return 0;
}

/* The number of a name in a sorted list that has it. */
static int32_t
name_number(const Holdings *holdings, const Label *name)
{
	int low = 0;
	int high = holdings->nnames - 1;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (label_compare(&holdings->names[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Put loose holdings, whose list of names has doubles, in order: sort the
 * names, let spells point to them, sort the spells.
 */
void
holdings_settle(Holdings *holdings)
{
	Label *loose = runtime_alloc(NULL, (holdings->nnames + 1) * sizeof(Label));
	int kept = 0;

	memcpy(loose, holdings->names, holdings->nnames * sizeof(Label));
	runtime_sort(holdings->names, holdings->nnames, sizeof(Label),
				 compare_names);
	for (int i = 0; i < holdings->nnames; i++)
		if (kept == 0 ||
			label_compare(&holdings->names[kept - 1], &holdings->names[i]) != 0)
			holdings->names[kept++] = holdings->names[i];
	holdings->nnames = kept;
	for (int i = 0; i < holdings->nspells; i++)
	{
		Spell *spell = &holdings->spells[i];

		check_interrupts();
		spell->product = name_number(holdings, &loose[spell->product]);
		if (spell->channel >= 0)
			spell->channel = name_number(holdings, &loose[spell->channel]);
		if (spell->offer >= 0)
			spell->offer = name_number(holdings, &loose[spell->offer]);
	}
	runtime_sort(holdings->spells, holdings->nspells, sizeof(Spell),
				 compare_spells);
	runtime_free(loose);
}

/* Read canonical bytes; anything else is refused. */
Holdings *
holdings_decode(const void *data, size_t size)
{
	Holdings *holdings = runtime_alloc_zero(NULL, sizeof(Holdings));
	ByteReader reader = read_state(data, size, "holdings", HOLDINGS_VERSION);
	uint8_t flags;
	int64_t start = 0;
	bool *in_use;
	bool has_origin = false;
	bool has_pause = false;

	flags = read_byte(&reader);
	if (flags & ~(HAS_ORIGIN | HAS_PAUSE))
		reader_fail(&reader);
	holdings->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	holdings->nnames = (int) read_count(&reader, 1);
	holdings->names =
		runtime_alloc(NULL, (holdings->nnames + 1) * sizeof(Label));
	in_use = runtime_alloc_zero(NULL, holdings->nnames + 1);
	for (int i = 0; i < holdings->nnames; i++)
	{
		Label *name = &holdings->names[i];

		name->size = (uint32_t) read_count(&reader, 1);
		name->data = read_text(&reader, name->size);
		if (i > 0 && label_compare(name - 1, name) >= 0)
			reader_fail(&reader);
	}
	holdings->nspells = (int) read_count(&reader, 4);
	holdings->spells =
		runtime_alloc(NULL, (holdings->nspells + 1) * sizeof(Spell));
	for (int i = 0; i < holdings->nspells; i++)
	{
		Spell *spell = &holdings->spells[i];
		uint64_t length;

		check_interrupts();
		if (i == 0)
			start = read_signed(&reader, DAY_FIRST, DAY_LAST);
		else
			start += (int64_t) read_unsigned(&reader, UINT32_MAX);
		length = read_unsigned(&reader, UINT32_MAX);
		if (start > DAY_LAST || start + (int64_t) length > DAY_LAST)
			reader_fail(&reader);
		spell->start = (Day) start;
		spell->end = length ? (Day) (start + (int64_t) length) : SPELL_OPEN;
		spell->product = (int32_t) read_unsigned(&reader, INT32_MAX);
		spell->mrr = read_wide(&reader);
		spell->channel = spell->offer = -1;
		if (flags & HAS_ORIGIN)
		{
			spell->channel = (int32_t) read_unsigned(&reader, INT32_MAX) - 1;
			spell->offer = (int32_t) read_unsigned(&reader, INT32_MAX) - 1;
		}
		spell->pause = 0;
		if (flags & HAS_PAUSE)
			spell->pause = read_wide(&reader);
		has_pause |= spell->pause != 0;
		if ((spell->pause != 0 && spell->mrr != 0) ||
			spell->product >= holdings->nnames ||
			spell->channel >= holdings->nnames ||
			spell->offer >= holdings->nnames ||
			(i > 0 && compare_spells(spell - 1, spell) > 0))
			reader_fail(&reader);
		in_use[spell->product] = true;
		if (spell->channel >= 0)
			in_use[spell->channel] = has_origin = true;
		if (spell->offer >= 0)
			in_use[spell->offer] = has_origin = true;
	}
	for (int i = 0; i < holdings->nnames; i++)
		if (!in_use[i])
			reader_fail(&reader);
	if (has_origin != ((flags & HAS_ORIGIN) != 0) ||
		has_pause != ((flags & HAS_PAUSE) != 0))
		reader_fail(&reader);
	reader_close(&reader);
	runtime_free(in_use);
	return holdings;
}

/* Write canonical bytes. */
void
holdings_encode(const Holdings *holdings, ByteWriter *writer)
{
	bool has_origin = false;
	bool has_pause = false;

	for (int i = 0; i < holdings->nspells; i++)
	{
		has_origin |=
			holdings->spells[i].channel >= 0 || holdings->spells[i].offer >= 0;
		has_pause |= holdings->spells[i].pause != 0;
	}
	write_byte(writer, HOLDINGS_VERSION);
	write_byte(writer,
			   (has_origin ? HAS_ORIGIN : 0) | (has_pause ? HAS_PAUSE : 0));
	write_unsigned(writer, holdings->scale);
	write_unsigned(writer, holdings->nnames);
	for (int i = 0; i < holdings->nnames; i++)
	{
		write_unsigned(writer, holdings->names[i].size);
		write_raw(writer, holdings->names[i].data, holdings->names[i].size);
	}
	write_unsigned(writer, holdings->nspells);
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		check_interrupts();
		if (i == 0)
			write_signed(writer, spell->start);
		else
			write_unsigned(writer, (uint64_t) ((int64_t) spell->start -
											   holdings->spells[i - 1].start));
		write_unsigned(writer,
					   spell->end == SPELL_OPEN
						   ? 0
						   : (uint64_t) ((int64_t) spell->end - spell->start));
		write_unsigned(writer, spell->product);
		write_wide(writer, spell->mrr);
		if (has_origin)
		{
			write_unsigned(writer, spell->channel + 1);
			write_unsigned(writer, spell->offer + 1);
		}
		if (has_pause)
			write_wide(writer, spell->pause);
	}
}

/* Put two parts of one customer's spells together. */
Holdings *
holdings_merge(const Holdings *a, const Holdings *b)
{
	Holdings *sum = runtime_alloc_zero(NULL, sizeof(Holdings));
	const Holdings *parts[2] = {a, b};

	sum->scale = a->scale > b->scale ? a->scale : b->scale;
	sum->names = runtime_alloc(
		NULL, ((size_t) a->nnames + b->nnames + 1) * sizeof(Label));
	sum->spells = runtime_alloc(
		NULL, ((size_t) a->nspells + b->nspells + 1) * sizeof(Spell));
	for (int p = 0; p < 2; p++)
	{
		for (int i = 0; i < parts[p]->nspells; i++)
		{
			Spell *spell = &sum->spells[sum->nspells++];

			*spell = parts[p]->spells[i];
			spell->mrr = money_rescale(spell->mrr, parts[p]->scale, sum->scale);
			spell->pause =
				money_rescale(spell->pause, parts[p]->scale, sum->scale);
			spell->product += sum->nnames;
			if (spell->channel >= 0)
				spell->channel += sum->nnames;
			if (spell->offer >= 0)
				spell->offer += sum->nnames;
		}
		memcpy(sum->names + sum->nnames, parts[p]->names,
			   parts[p]->nnames * sizeof(Label));
		sum->nnames += parts[p]->nnames;
	}
	holdings_settle(sum);
	return sum;
}

/* Add a name of other holdings to a loose list; its number, or -1. */
static int32_t
carry_name(Holdings *loose, const Holdings *from, int32_t name)
{
	if (name < 0)
		return -1;
	loose->names[loose->nnames] = from->names[name];
	return loose->nnames++;
}

/*
 * Take each spell that was sold under one of some offers for a product of the
 * offer's name; is_taken is by name.
 */
Holdings *
holdings_by_offer(const Holdings *holdings, const bool *is_taken)
{
	Holdings *turned = runtime_alloc_zero(NULL, sizeof(Holdings));
	size_t room = (size_t) holdings->nspells;

	turned->scale = holdings->scale;
	turned->names = runtime_alloc(NULL, (3 * room + 1) * sizeof(Label));
	turned->spells = runtime_alloc(NULL, (room + 1) * sizeof(Spell));
	for (int i = 0; i < holdings->nspells; i++)
	{
		Spell *spell = &turned->spells[turned->nspells++];

		*spell = holdings->spells[i];
		if (spell->offer >= 0 && is_taken[spell->offer])
			spell->product = spell->offer;
		else if (is_taken[spell->product])
			runtime_error(RUNTIME_INVALID_VALUE,
						  "Give the offer another name in a view.",
						  "\"%.*s\" is the name of an offer and of a product",
						  (int) holdings->names[spell->product].size,
						  holdings->names[spell->product].data);
		spell->product = carry_name(turned, holdings, spell->product);
		spell->channel = carry_name(turned, holdings, spell->channel);
		spell->offer = carry_name(turned, holdings, spell->offer);
	}
	holdings_settle(turned);
	return turned;
}
