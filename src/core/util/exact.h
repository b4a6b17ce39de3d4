/*
 * exact.h
 *		Amounts in minor units and parts of them, and shares that make a total.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_EXACT_H
#define CVM_CORE_UTIL_EXACT_H

#include "core/util/money.h"

/* Parts of a minor unit; what is smaller is cut off */
#define EXACT_DECIMALS 18
#define EXACT_UNIT INT64_C(1000000000000000000)

/* An amount in minor units, rounded down, and what is above them */
typedef struct Exact
{
	Wide units;
	int64_t part; /* 0 .. EXACT_UNIT - 1 */
} Exact;

extern Exact exact_make(Wide mantissa, int scale, int decimals);
extern Wide exact_round(Exact amount);
extern bool exact_is_zero(Exact amount);
extern bool exact_is_same(Exact a, Exact b);
extern bool exact_is_larger(Exact a, Exact b);
extern Exact exact_add(Exact a, Exact b);

extern void share_out(const Exact *amounts, const Wide *favours, size_t count,
					  Wide total, Wide *shown);

#endif /* CVM_CORE_UTIL_EXACT_H */
