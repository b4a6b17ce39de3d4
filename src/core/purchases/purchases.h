/*
 * purchases.h
 *		Customers without a contract, by how often they bought and when last.
 *
 * All that models of buying and dropping out need of a customer are three
 * numbers: the frequency, days with a purchase after the first one; the
 * recency, days from the first purchase to the last; and the age, days from
 * the first purchase to the last day observed.  Of money they need what the
 * purchases after the first brought.  The state counts customers by these, so
 * it is exact and merges by addition.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_PURCHASES_PURCHASES_H
#define CVM_CORE_PURCHASES_PURCHASES_H

#include "core/retention/activity.h"
#include "core/util/bytes.h"

/* Customers who are alike: 0 <= frequency <= recency <= age, in days */
typedef struct PurchaseCell
{
	int32_t frequency;
	int32_t recency;
	int32_t age;
	int64_t customers;
} PurchaseCell;

/* Customers whose purchases after the first brought as much */
typedef struct SpendCell
{
	int32_t frequency; /* at least 1 */
	int64_t customers;
	Wide value;
} SpendCell;

typedef struct Purchases
{
	Context context;
	int scale;
	/* as they came; those of bytes in order, and each once */
	size_t ncells;
	size_t cell_room;
	PurchaseCell *cells;
	size_t nspends;
	size_t spend_room;
	SpendCell *spends;
} Purchases;

/* One customer */
typedef struct PurchaseSummary
{
	int32_t frequency;
	int32_t recency;
	int32_t age;
	bool has_value;
	Wide value; /* of days after the first */
	int scale;
} PurchaseSummary;

#define PURCHASES_VERSION 1

extern bool purchase_summary(const Activity *activity, Day as_of,
							 PurchaseSummary *summary);

extern Purchases *purchases_new(Context context);
extern void purchases_add(Purchases *purchases, const PurchaseSummary *summary,
						  int64_t customers);
extern void purchases_merge(Purchases *into, const Purchases *more);
extern size_t purchase_cells(const Purchases *purchases, PurchaseCell **cells);
extern size_t spend_cells(const Purchases *purchases, SpendCell **spends);
extern void purchases_encode(const Purchases *purchases, ByteWriter *writer);
extern Purchases *purchases_decode(Context context, const void *data,
								   size_t size);

#endif /* CVM_CORE_PURCHASES_PURCHASES_H */
