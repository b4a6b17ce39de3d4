/*
 * channel_sales.h
 *		What was sold in a week, at which price in which channel, from rows in
 *		any order.
 *
 * A sale is a line that begins, and is paid for, while the customer has none of
 * the same product that goes on until then.  Of lines that begin on one day the
 * first counts: the one that ends first, of those the cheapest, and of those the
 * first by channel, by currency and by commitment.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_CHANNEL_SALES_H
#define CVM_CORE_SEGMENTS_CHANNEL_SALES_H

#include "core/contacts/member_lines.h"
#include "core/util/count_table.h"
#include "core/util/money.h"
#include "core/util/parted_names.h"

/* Flags of a line */
#define SALE_PRICED 1u /* its price is told */
#define SALE_FREE 2u   /* nothing is paid for it */

#define SALE_OPEN INT32_MAX
#define SALE_UNCOMMITTED INT32_MAX

/* What a name tells */
#define SALE_PRODUCT 0
#define SALE_CHANNEL 1
#define SALE_TOLD_CURRENCY 2
#define SALE_CURRENCY 3 /* as it is shown */
#define SALE_NAMES 4

typedef struct SaleLine
{
	MemberLine member; /* goes on: to is SALE_OPEN */
	Wide mrr;
	int32_t committed; /* days, or SALE_UNCOMMITTED */
	int32_t scale;
} SaleLine;

/* Sales that are alike; in months without a week: customers */
typedef struct SaleCount
{
	int32_t product; /* names by number: see parted_names.h */
	int32_t currency;
	int32_t channel;
	int32_t term; /* months of commitment */
	Day month;
	Day week;
	Wide price;
	/* the key ends here */
	int64_t sales;
	uint32_t last; /* customer who was counted, + 1 */
	uint32_t unused;
} SaleCount;

typedef struct ChannelSales
{
	PartedNames parts;
	int scale;
	CountTable sales;
	CountTable buyers; /* by product, currency and month */
} ChannelSales;

extern void channel_sales_count(ChannelSales *sales, MemberLines *members,
								NameCompare compare, void *arg);

#endif /* CVM_CORE_SEGMENTS_CHANNEL_SALES_H */
