/*
 * worth.h
 *		What customers are worth a month, from raw spells: what they pay and what
 *		that earns, since when, and in which segment.
 *
 * Many customers are alike in all of this, and are counted by it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_WORTH_H
#define CVM_CORE_SEGMENTS_WORTH_H

#include "core/segments/segment_customers.h"
#include "core/util/count_table.h"
#include "core/util/money.h"

/* What a product earns at its price; at the scale of what is found */
typedef struct ProductMargin
{
	Label product;
	Wide unit_margin;
	Wide list_price;
	bool has_margin;
	bool has_price;
} ProductMargin;

/* Customers who are alike */
typedef struct Worth
{
	Wide mrr;
	Wide margin;	 /* at the price paid; 0 where it is not known */
	int32_t segment; /* or EVERYBODY */
	int32_t age;	 /* whole months that they have paid; 0 where nobody asks */
	int64_t is_known;
	/* the key ends here */
	int64_t customers;
} Worth;

/* What is asked of them */
typedef struct WorthTerms
{
	/*
	 * Who pays on as_of, for how long and in which segment; else whose lines of
	 * the day before bring something together
	 */
	bool is_standing;
	int32_t gap;			/* days after which who pays again has been away */
	ProductMargin *margins; /* in any order; are sorted */
	uint32_t nmargins;
	int scale; /* of money, not less than the buffer's */
} WorthTerms;

typedef struct Worths
{
	WorthTerms terms;
	SegmentCustomers names;
	CountTable kinds;
} Worths;

typedef void (*WorthEmit)(void *arg, const Key *key, uint32_t kind);

/* Count customers by what they are worth; emit, if there is one, takes each. */
extern void worths_find(Worths *worths, Context context,
						SpellBuffer *spell_buffer, const WorthTerms *terms,
						WorthEmit emit, void *arg);

#endif /* CVM_CORE_SEGMENTS_WORTH_H */
