/*
 * channel_sales.c
 *		What was sold in a week, at which price in which channel.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/channel_sales.h"
#include "core/segments/parted_spells.h"
#include "core/util/sort_few.h"

#include <string.h>

#define WEEK 7
#define TO_MONDAY 5 /* days since Monday of day 0, a Saturday */

typedef struct SaleWalk
{
	ChannelSales *sales;
	uint32_t customer;
} SaleWalk;

/* Lines are sorted by pointer, with what is needed to compare them. */
typedef struct SaleItem
{
	const SaleLine *line;
	Wide mrr;
	const SaleWalk *walk;
} SaleItem;

static int
compare_lines(const void *a, const void *b)
{
	const SaleItem *item_a = a;
	const SaleItem *item_b = b;
	const SaleLine *line_a = item_a->line;
	const SaleLine *line_b = item_b->line;
	const PartedNames *parts = &item_a->walk->sales->parts;
	int32_t name_a = line_a->member.name;
	int32_t name_b = line_b->member.name;
	bool is_priced = (line_a->member.flags & SALE_PRICED) != 0;
	int order = parted_spells_compare(parts, SALE_PRODUCT, &line_a->member,
									  &line_b->member);

	if (order != 0)
		return order;
	if (is_priced != ((line_b->member.flags & SALE_PRICED) != 0))
		return is_priced ? -1 : 1;
	if (item_a->mrr != item_b->mrr)
		return item_a->mrr < item_b->mrr ? -1 : 1;
	order = parted_names_compare(parts, SALE_CHANNEL, name_a, name_b);
	if (order == 0)
		order = parted_names_compare(parts, SALE_TOLD_CURRENCY, name_a, name_b);
	if (order != 0)
		return order;
	return (line_a->committed > line_b->committed) -
		   (line_a->committed < line_b->committed);
}

/* Days as months, rounded; a month has 30.4375 of them */
static int32_t
months_of(int32_t days)
{
	int64_t twice = (int64_t) days * 32;

	if (days == SALE_UNCOMMITTED)
		return 0;
	return (int32_t) (days < 0 ? -((487 - twice) / 974) : (twice + 487) / 974);
}

static Day
monday_of(Day day)
{
	int64_t since = ((int64_t) day + TO_MONDAY) % WEEK;

	return (Day) (day - (since < 0 ? since + WEEK : since));
}

static void
sale_add(SaleWalk *walk, const SaleItem *item)
{
	ChannelSales *sales = walk->sales;
	const SaleLine *line = item->line;
	int32_t name = line->member.name;
	PeriodCache *months = period_cache_of((Calendar){GRAIN_MONTH, 1});
	SaleCount key;
	SaleCount *count;

	memset(&key, 0, sizeof(key));
	key.product = sales->parts.numbers[SALE_PRODUCT][name];
	key.currency = sales->parts.numbers[SALE_CURRENCY][name];
	key.month = (Day) period_start(
		months->calendar, period_cache_period(months, line->member.day));
	count = count_table_reach(&sales->buyers, &key);
	if (count->last != walk->customer)
	{
		count->last = walk->customer;
		count->sales++;
	}
	key.channel = sales->parts.numbers[SALE_CHANNEL][name];
	key.term = months_of(line->committed);
	key.week = monday_of(line->member.day);
	key.price = item->mrr;
	count = count_table_reach(&sales->sales, &key);
	count->sales++;
}

/* A new scale of prices is one of what was counted too. */
static void
sales_rescale(ChannelSales *sales, int scale)
{
	CountTable old = count_table_renew(&sales->sales);

	for (uint32_t i = 0; i < old.count; i++)
	{
		SaleCount *count = count_table_item(&old, i);
		SaleCount *again;

		count->price = money_rescale(count->price, sales->scale, scale);
		again = count_table_reach(&sales->sales, count);
		again->sales = count->sales;
	}
	count_table_close(&old);
	sales->scale = scale;
}

static void
customer_take(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	SaleWalk *walk = arg;
	const int32_t *products = walk->sales->parts.numbers[SALE_PRODUCT];
	SaleLine *all = lines;
	SaleItem few[SORT_FEW];
	SaleItem *items = few;

	(void) key;
	walk->customer++;
	if (nlines > SORT_FEW)
		items = runtime_alloc(NULL, (size_t) nlines * sizeof(SaleItem));
	for (uint32_t i = 0; i < nlines; i++)
		if (all[i].scale > walk->sales->scale)
			sales_rescale(walk->sales, all[i].scale);
	for (uint32_t i = 0; i < nlines; i++)
		items[i] = (SaleItem){
			&all[i],
			money_rescale(all[i].mrr, all[i].scale, walk->sales->scale), walk};
	sort_few(items, nlines, sizeof(SaleItem), compare_lines);
	for (uint32_t from = 0, to; from < nlines; from = to)
	{
		int32_t product = products[items[from].line->member.name];
		Day until = INT32_MIN;

		for (to = from;
			 to < nlines && products[items[to].line->member.name] == product;
			 to++)
		{
			const SaleLine *line = items[to].line;

			if ((to == from || line->member.day > until) && items[to].mrr > 0 &&
				(line->member.flags & (SALE_PRICED | SALE_FREE)) == SALE_PRICED)
				sale_add(walk, &items[to]);
			if (line->member.to > until)
				until = line->member.to;
		}
	}
	check_interrupts();
	if (items != few)
		runtime_free(items);
}

/* Count the sales of all customers. */
void
channel_sales_count(ChannelSales *sales, MemberLines *members,
					NameCompare compare, void *arg)
{
	SaleWalk walk = {sales, 0};

	memset(sales, 0, sizeof(*sales));
	parted_names_read(&sales->parts, SALE_NAMES, &members->names, compare, arg);
	count_table_open(&sales->sales, NULL, offsetof(SaleCount, sales),
					 sizeof(SaleCount));
	count_table_open(&sales->buyers, NULL, offsetof(SaleCount, sales),
					 sizeof(SaleCount));
	customer_lines_finish(&members->lines, customer_take, &walk);
}
