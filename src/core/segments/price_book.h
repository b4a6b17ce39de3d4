/*
 * price_book.h
 *		What customers pay for a product on the last day, and since when they have
 *		it, from rows in any order.
 *
 * A line is held since the first day of the spells of its product that follow
 * one another without a day between.  The front book are lines held for up to
 * three months, the back book those of more than twelve.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_PRICE_BOOK_H
#define CVM_CORE_SEGMENTS_PRICE_BOOK_H

#include "core/contacts/member_lines.h"
#include "core/util/count_table.h"
#include "core/util/money.h"

#define BOOK_OPEN INT32_MAX

/* A spell; its name is the product */
typedef struct BookLine
{
	MemberLine member; /* goes on: to is BOOK_OPEN */
	Wide mrr;		   /* 0 where nothing is told */
	int32_t scale;
	int32_t unused;
} BookLine;

typedef enum BookAge
{
	BOOK_FRONT,
	BOOK_BETWEEN,
	BOOK_BACK
} BookAge;

/* Lines at a price */
typedef struct BookCount
{
	int32_t product; /* names by number */
	int32_t segment; /* held on the last day */
	int32_t age;
	int32_t unused;
	Wide mrr;
	/* the key ends here */
	int64_t lines;
	int64_t unused_too;
} BookCount;

typedef struct PriceBook
{
	Day as_of;
	Day front_from;
	Day back_before;
	int scale;
	CountTable counts;
} PriceBook;

extern void price_book_count(PriceBook *book, MemberLines *members, Day as_of);

#endif /* CVM_CORE_SEGMENTS_PRICE_BOOK_H */
