/*
 * channel_segment.c
 *		What came of customers in each channel.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/channel_segment.h"

#include <string.h>

#include "core/segments/parted_spells.h"
#include "core/util/sort_few.h"

/* What is known of a customer in a channel */
typedef struct Reached
{
	int32_t channel;
	bool is_approached;
	bool is_mature; /* since the first approach */
	bool is_converted;
	bool is_sold;
	bool is_sale_mature; /* since the first sale */
	bool is_kept;
	bool is_answered;
	bool is_satisfied;
	Day approached;
	Day sold;
	int64_t sales;
	int64_t answered_at;
	ChannelSum mrr;
	ChannelSum cost;
} Reached;

typedef struct ChannelWalk
{
	ChannelSegments *channels;
	const MemberLines *members;
	uint32_t customer;
	uint32_t *customers; /* by channel: the one that it was last reached by */
	uint32_t *places;	 /* and where that is */
	Reached *reached;
	uint32_t nreached;
	uint32_t room;
	/* of the customer */
	const ChannelLine *lines;
	uint32_t nlines; /* but times in segments */
} ChannelWalk;

/* Spells are sorted by pointer, with what is needed to compare them. */
typedef struct ChannelItem
{
	const ChannelLine *line;
	const PartedNames *parts;
} ChannelItem;

static inline uint32_t
line_kind(const ChannelLine *line)
{
	return line->member.flags & CHANNEL_KIND;
}

static inline int
line_scale(const ChannelLine *line, int shift)
{
	return (int) (line->member.flags >> shift & CHANNEL_SCALES);
}

static void
sum_add(ChannelSum *sum, Wide amount, int scale)
{
	if (scale > sum->scale)
	{
		sum->sum = money_rescale(sum->sum, sum->scale, scale);
		sum->scale = scale;
	}
	sum->sum = money_add(sum->sum, money_rescale(amount, scale, sum->scale));
	sum->is_told = true;
}

static int
compare_money(Wide a, int scale_a, Wide b, int scale_b)
{
	int scale = scale_a > scale_b ? scale_a : scale_b;

	a = money_rescale(a, scale_a, scale);
	b = money_rescale(b, scale_b, scale);
	return (a > b) - (a < b);
}

static int
compare_spells(const void *a, const void *b)
{
	const ChannelLine *line_a = ((const ChannelItem *) a)->line;
	const ChannelLine *line_b = ((const ChannelItem *) b)->line;
	const PartedNames *parts = ((const ChannelItem *) a)->parts;
	int32_t name_a = line_a->member.name;
	int32_t name_b = line_b->member.name;
	bool is_told = (line_a->member.flags & CHANNEL_MRR) != 0;
	int order = parted_spells_compare(parts, CHANNEL_PRODUCT, &line_a->member,
									  &line_b->member);

	if (order != 0)
		return order;
	if (is_told != ((line_b->member.flags & CHANNEL_MRR) != 0))
		return is_told ? -1 : 1;
	order = compare_money(line_a->mrr, line_scale(line_a, CHANNEL_MRR_SCALE),
						  line_b->mrr, line_scale(line_b, CHANNEL_MRR_SCALE));
	if (order == 0)
		order = parted_names_compare(parts, CHANNEL_NAME, name_a, name_b);
	if (order == 0)
		order = parted_names_compare(parts, CHANNEL_OFFER, name_a, name_b);
	return order;
}

/* What is known of the customer in a channel, if something is */
static Reached *
reached_find(const ChannelWalk *walk, int32_t channel)
{
	return walk->customers[channel] == walk->customer
			   ? &walk->reached[walk->places[channel]]
			   : NULL;
}

static Reached *
reached_reach(ChannelWalk *walk, int32_t channel)
{
	Reached *reached = reached_find(walk, channel);

	if (reached != NULL)
		return reached;
	if (walk->nreached == walk->room)
	{
		walk->room *= 2;
		walk->reached =
			runtime_realloc(walk->reached, walk->room * sizeof(Reached));
	}
	walk->customers[channel] = walk->customer;
	walk->places[channel] = walk->nreached;
	reached = &walk->reached[walk->nreached++];
	memset(reached, 0, sizeof(Reached));
	reached->channel = channel;
	return reached;
}

/* Approaches come in the order of days. */
static void
approach_take(ChannelWalk *walk, const ChannelLine *line)
{
	const PartedNames *parts = &walk->channels->parts;
	Reached *reached =
		reached_reach(walk, parts->numbers[CHANNEL_NAME][line->member.name]);

	if (!reached->is_approached)
	{
		reached->is_approached = true;
		reached->approached = line->member.day;
		reached->is_mature = (line->member.flags & CHANNEL_MATURE) != 0;
	}
	if (line->member.flags & CHANNEL_AMOUNT)
		sum_add(&reached->cost, line->amount, line_scale(line, CHANNEL_SCALE));
}

/* Does a sale follow an approach in time? */
static inline bool
sale_follows(const ChannelWalk *walk, Day approached, Day sold)
{
	return sold >= approached &&
		   sold < (int64_t) approached +
					  walk->members->parameters[CHANNEL_ENQUIRY_DAYS];
}

/*
 * Take a sale; true: the customer was not approached in its channel, so that all
 * in which there was an approach may have part in it.
 */
static bool
sale_take(ChannelWalk *walk, const ChannelLine *line)
{
	const PartedNames *parts = &walk->channels->parts;
	int32_t channel = parts->numbers[CHANNEL_NAME][line->member.name];
	Day day = line->member.day;
	Reached *reached;

	if (parts->names[CHANNEL_NAME][channel].data == NULL)
		return true;
	reached = reached_reach(walk, channel);
	if (!reached->is_sold || day < reached->sold)
	{
		reached->sold = day;
		reached->is_sale_mature = (line->member.flags & CHANNEL_MATURE) != 0;
	}
	reached->is_sold = true;
	reached->sales++;
	sum_add(&reached->mrr, line->amount, line_scale(line, CHANNEL_SCALE));
	if (!reached->is_approached)
		return true;
	if (sale_follows(walk, reached->approached, day))
		reached->is_converted = true;
	return false;
}

/* Is a spell, which begins while none of its product goes on, a sale? */
static inline bool
spell_is_sale(const ChannelLine *line)
{
	return (line->member.flags & CHANNEL_RECENT) &&
		   (line->member.flags & CHANNEL_AMOUNT) && line->amount > 0;
}

/* Find the sales among spells; the days of those that all may have part in. */
static uint32_t
sales_take(ChannelWalk *walk, ChannelItem *items, uint32_t nitems, Day *days)
{
	const int32_t *products = walk->channels->parts.numbers[CHANNEL_PRODUCT];
	uint32_t ndays = 0;

	sort_few(items, nitems, sizeof(ChannelItem), compare_spells);
	for (uint32_t from = 0, to; from < nitems; from = to)
	{
		int32_t product = products[items[from].line->member.name];
		Day until = INT32_MIN;

		for (to = from;
			 to < nitems && products[items[to].line->member.name] == product;
			 to++)
		{
			const ChannelLine *line = items[to].line;

			if ((to == from || line->member.day > until) &&
				spell_is_sale(line) && sale_take(walk, line))
				days[ndays++] = line->member.day;
			if (line->member.to > until)
				until = line->member.to;
		}
	}
	return ndays;
}

/* Who was approached has part in sales of channels in which nobody was. */
static void
conversions_find(ChannelWalk *walk, Day *days, uint32_t ndays)
{
	sort_few(days, ndays, sizeof(Day), day_compare);
	for (uint32_t i = 0; i < walk->nreached; i++)
	{
		Reached *reached = &walk->reached[i];
		uint32_t low = 0;
		uint32_t high = ndays;

		if (!reached->is_approached || reached->is_converted)
			continue;
		while (low < high)
		{
			uint32_t middle = low + (high - low) / 2;

			if (days[middle] < reached->approached)
				low = middle + 1;
			else
				high = middle;
		}
		reached->is_converted =
			low < ndays && sale_follows(walk, reached->approached, days[low]);
	}
}

/* Look for all spells whose sales count. */
static void
spells_take(ChannelWalk *walk, uint32_t nspells)
{
	ChannelItem few_items[SORT_FEW];
	Day few_days[SORT_FEW];
	ChannelItem *items = few_items;
	Day *days = few_days;
	uint32_t nitems = 0;

	if (nspells > SORT_FEW)
	{
		items = runtime_alloc(NULL, (size_t) nspells * sizeof(ChannelItem));
		days = runtime_alloc(NULL, (size_t) nspells * sizeof(Day));
	}
	for (uint32_t i = 0; i < walk->nlines; i++)
		if (line_kind(&walk->lines[i]) == CHANNEL_SPELL &&
			walk->lines[i].member.day != CHANNEL_NO_START)
			items[nitems++] =
				(ChannelItem){&walk->lines[i], &walk->channels->parts};
	conversions_find(walk, days, sales_take(walk, items, nitems, days));
	if (nspells > SORT_FEW)
	{
		runtime_free(items);
		runtime_free(days);
	}
}

/* What became of who bought in a channel: do they pay, are they satisfied? */
static void
sold_follow(const ChannelWalk *walk, Reached *reached)
{
	int64_t looked_for =
		(int64_t) reached->sold + walk->members->parameters[CHANNEL_KEPT_DAYS];

	for (uint32_t i = 0; i < walk->nlines; i++)
	{
		const ChannelLine *line = &walk->lines[i];
		bool is_good = (line->member.flags & CHANNEL_IS_GOOD) != 0;

		if ((i & 1023) == 1023)
			check_interrupts();
		if (line_kind(line) == CHANNEL_SPELL)
		{
			if (is_good && line->member.day <= looked_for &&
				(line->member.to == CHANNEL_OPEN ||
				 line->member.to > looked_for))
				reached->is_kept = true;
			continue;
		}
		if (line_kind(line) != CHANNEL_ANSWER ||
			line->member.day < reached->sold)
			continue;
		/* of answers of one moment the worst counts */
		if (!reached->is_answered ||
			(int64_t) line->amount > reached->answered_at)
			reached->is_satisfied = is_good;
		else if ((int64_t) line->amount == reached->answered_at)
			reached->is_satisfied = reached->is_satisfied && is_good;
		else
			continue;
		reached->answered_at = (int64_t) line->amount;
		reached->is_answered = true;
	}
}

/* Add a customer in a channel to its cell. */
static void
cell_add(ChannelWalk *walk, const Reached *reached, int32_t segment)
{
	ChannelCell key;
	ChannelCell *cell;

	memset(&key, 0, sizeof(key));
	key.channel = reached->channel;
	key.segment = segment;
	cell = count_table_reach(&walk->channels->cells, &key);
	cell->customers++;
	cell->approached += reached->is_mature;
	cell->converted += reached->is_mature && reached->is_converted;
	cell->sales += reached->sales;
	cell->sold += reached->is_sold;
	cell->mature += reached->is_sale_mature;
	cell->kept += reached->is_sale_mature && reached->is_kept;
	cell->answers += reached->is_answered;
	cell->satisfied += reached->is_satisfied;
	if (reached->mrr.is_told)
		sum_add(&cell->mrr, reached->mrr.sum, reached->mrr.scale);
	if (reached->cost.is_told)
		sum_add(&cell->cost, reached->cost.sum, reached->cost.scale);
}

static void
customer_take(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	ChannelWalk *walk = arg;
	uint32_t nspells = 0;

	(void) key;
	walk->customer++;
	walk->nreached = 0;
	walk->lines = lines;
	walk->nlines = member_lines_sort(walk->members, lines, nlines);
	for (uint32_t i = 0; i < walk->nlines; i++)
	{
		if (line_kind(&walk->lines[i]) == CHANNEL_APPROACH)
			approach_take(walk, &walk->lines[i]);
		nspells += line_kind(&walk->lines[i]) == CHANNEL_SPELL;
	}
	if (nspells > 0)
		spells_take(walk, nspells);
	for (uint32_t i = 0; i < walk->nreached; i++)
	{
		Reached *reached = &walk->reached[i];
		Day day = reached->approached;

		if (reached->is_sold)
			sold_follow(walk, reached);
		if (!reached->is_approached ||
			(reached->is_sold && reached->sold < day))
			day = reached->sold;
		cell_add(walk, reached,
				 member_lines_segment(walk->members, lines, walk->nlines,
									  nlines, day));
	}
	check_interrupts();
}

void
channel_segments_count(ChannelSegments *channels, MemberLines *members,
					   NameCompare compare, void *arg)
{
	ChannelWalk walk = {.channels = channels, .members = members, .room = 16};
	size_t count = (size_t) members->names.count + 1;

	memset(channels, 0, sizeof(*channels));
	parted_names_read(&channels->parts, CHANNEL_NAMES, &members->names, compare,
					  arg);
	count_table_open(&channels->cells, NULL, offsetof(ChannelCell, customers),
					 sizeof(ChannelCell));
	walk.reached = runtime_alloc(NULL, walk.room * sizeof(Reached));
	walk.customers = runtime_alloc_zero(NULL, count * sizeof(uint32_t));
	walk.places = runtime_alloc(NULL, count * sizeof(uint32_t));
	customer_lines_finish(&members->lines, customer_take, &walk);
}
