/*
 * price_book.c
 *		What customers pay for a product on the last day, and since when.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/price_book.h"
#include "core/util/sort_few.h"

#include <string.h>

#define FRONT_MONTHS 3
#define BACK_MONTHS 12
#define MONTHS 12

typedef struct BookWalk
{
	PriceBook *book;
	MemberLines *members;
} BookWalk;

/* A day so many months earlier, or the last one of that month */
static Day
months_before(Day day, int months)
{
	int64_t year;
	int month, mday;
	int64_t first;
	int64_t next;

	civil_of_day(day, &year, &month, &mday);
	month -= months;
	while (month < 1)
	{
		month += MONTHS;
		year--;
	}
	first = day_of_civil(year, month, 1);
	next = month == MONTHS ? day_of_civil(year + 1, 1, 1)
						   : day_of_civil(year, month + 1, 1);
	return (Day) (first + mday <= next ? first + mday - 1 : next - 1);
}

static int
compare_lines(const void *a, const void *b)
{
	const MemberLine *line_a = *(const MemberLine *const *) a;
	const MemberLine *line_b = *(const MemberLine *const *) b;

	if (line_a->name != line_b->name)
		return line_a->name < line_b->name ? -1 : 1;
	return (line_a->day > line_b->day) - (line_a->day < line_b->day);
}

static void
book_rescale(PriceBook *book, int scale)
{
	CountTable old = count_table_renew(&book->counts);

	for (uint32_t i = 0; i < old.count; i++)
	{
		BookCount *count = count_table_item(&old, i);
		int64_t lines = count->lines;

		count->mrr = money_rescale(count->mrr, book->scale, scale);
		count->lines = 0;
		((BookCount *) count_table_reach(&book->counts, count))->lines = lines;
	}
	count_table_close(&old);
	book->scale = scale;
}

/* Count a line that is held on the last day. */
static void
line_count(PriceBook *book, const BookLine *line, int32_t segment, Day since)
{
	BookCount key;

	memset(&key, 0, sizeof(key));
	if (line->scale > book->scale)
		book_rescale(book, line->scale);
	key.mrr = money_rescale(line->mrr, line->scale, book->scale);
	if (key.mrr <= 0)
		return;
	key.product = line->member.name;
	key.segment = segment;
	key.age = since >= book->front_from	  ? BOOK_FRONT
			  : since < book->back_before ? BOOK_BACK
										  : BOOK_BETWEEN;
	((BookCount *) count_table_reach(&book->counts, &key))->lines++;
}

static void
customer_take(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	BookWalk *walk = arg;
	PriceBook *book = walk->book;
	const BookLine *all = lines;
	uint32_t nspells = member_lines_sort(walk->members, lines, nlines);
	const BookLine *few[SORT_FEW];
	const BookLine **sorted = few;
	int32_t segment;

	(void) key;
	if (nspells == 0)
		return;
	segment = member_lines_segment(walk->members, lines, nspells, nlines,
								   book->as_of - 1);
	if (nspells > SORT_FEW)
		sorted = runtime_alloc(NULL, (size_t) nspells * sizeof(BookLine *));
	for (uint32_t i = 0; i < nspells; i++)
		sorted[i] = &all[i];
	sort_few(sorted, nspells, sizeof(BookLine *), compare_lines);
	for (uint32_t i = 0, from = 0; i < nspells; i++)
	{
		const BookLine *line = sorted[i];
		Day since = line->member.day;
		Day until = line->member.to;

		/* from is the first of the spells that follow one another */
		for (from = i; i + 1 < nspells &&
					   sorted[i + 1]->member.name == line->member.name &&
					   sorted[i + 1]->member.day <= until;
			 i++)
			if (sorted[i + 1]->member.to > until)
				until = sorted[i + 1]->member.to;
		for (; from <= i; from++)
			if (sorted[from]->member.to >= book->as_of)
				line_count(book, sorted[from], segment, since);
	}
	check_interrupts();
	if (sorted != few)
		runtime_free(sorted);
}

/* Count the lines of all customers. */
void
price_book_count(PriceBook *book, MemberLines *members, Day as_of)
{
	BookWalk walk = {book, members};

	memset(book, 0, sizeof(*book));
	book->as_of = as_of;
	book->front_from = months_before(as_of, FRONT_MONTHS);
	book->back_before = months_before(as_of, BACK_MONTHS);
	count_table_open(&book->counts, NULL, offsetof(BookCount, lines),
					 sizeof(BookCount));
	customer_lines_finish(&members->lines, customer_take, &walk);
}
