/*
 * price_change.h
 *		Changes of price among raw spells: whom each touched, who was there
 *		untouched, and who of both left in which window of 30 days.
 *
 * A change is found in the spells: as many of a customer's spells of a product
 * end on a day as begin on it, under the same terms and for another price.
 * The first reading of the customers counts changes by product and day, and
 * says which days are looked at; the second follows everybody around those.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_PRICE_CHANGE_H
#define CVM_CORE_SEGMENTS_PRICE_CHANGE_H

#include "core/segments/segment_customers.h"
#include "core/util/count_table.h"

#define PRICE_DAYS 12	/* that are looked at, at most */
#define PRICE_BEFORE 6	/* windows before a change */
#define PRICE_WINDOW 30 /* days of a window */

/* What is asked */
typedef struct PriceTerms
{
	int32_t gap;	/* days not paid for that end no time of paying */
	int64_t least;	/* customers of a product whom a change touches */
	int32_t months; /* windows for which a change is followed */
	bool is_named;	/* one day alone is looked at */
	Day day;
} PriceTerms;

/* Who is counted */
#define PRICE_TOUCHED 1
#define PRICE_CONTROL 2
#define PRICE_MAIN 4	/* the line that counts for the customer */
#define PRICE_EARLIER 8 /* before the change nobody is touched yet */

/* Those of a kind who were there when a window began */
typedef struct PriceCell
{
	int32_t day; /* its number among those looked at */
	int32_t segment;
	int32_t product;
	int32_t band; /* of the price */
	int32_t tenure;
	int32_t window;
	int32_t marks;
	int32_t unused;
	/* the key ends here */
	int64_t customers;
	int64_t left;
	int64_t given_up; /* the line, by customers who stay */
} PriceCell;

/* What those touched paid */
typedef struct PriceTouched
{
	int32_t day;
	int32_t segment;
	int32_t product;
	int32_t marks;
	/* the key ends here */
	int64_t customers;
	Wide before;
	Wide after;
} PriceTouched;

typedef struct PriceChanges
{
	PriceTerms terms;
	SegmentCustomers names; /* products, terms and segments by number */
	const int32_t *order;	/* of products: of two the first is the main one */
	int ndays;
	Day days[PRICE_DAYS];
	int32_t months[PRICE_DAYS]; /* windows that are over */
	CountTable cells;
	CountTable touched;
} PriceChanges;

/* The buffer has as_of with its day: what begins on it is seen. */
extern void price_changes_open(PriceChanges *changes, Context context,
							   SpellBuffer *spell_buffer,
							   const PriceTerms *terms);
extern void price_changes_follow(PriceChanges *changes);

#endif /* CVM_CORE_SEGMENTS_PRICE_CHANGE_H */
