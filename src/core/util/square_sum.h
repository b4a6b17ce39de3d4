/*
 * square_sum.h
 *		Exact sums of squares of amounts, however large these are.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_SQUARE_SUM_H
#define CVM_CORE_UTIL_SQUARE_SUM_H

#include "core/util/bytes.h"

#define SQUARE_LIMBS 5	  /* a square of 127 bits, as often as there are rows */
#define SQUARE_DIGITS 100 /* of its decimals at most, and the end of the text */

typedef struct SquareSum
{
	uint64_t limbs[SQUARE_LIMBS]; /* the least first */
} SquareSum;

extern const char *square_sum_digits(const SquareSum *sum, char *text);

static inline void
square_sum_part(SquareSum *sum, int at, UWide part)
{
	for (; part != 0 && at < SQUARE_LIMBS; at++)
	{
		part += sum->limbs[at];
		sum->limbs[at] = (uint64_t) part;
		part >>= 64;
	}
}

/* Add the square of an amount. */
static inline void
square_sum_add(SquareSum *sum, Wide amount)
{
	UWide size = amount < 0 ? -(UWide) amount : (UWide) amount;
	uint64_t low = (uint64_t) size;
	uint64_t high = (uint64_t) (size >> 64);

	square_sum_part(sum, 0, (UWide) low * low);
	if (high != 0)
	{
		square_sum_part(sum, 1, (UWide) low * high);
		square_sum_part(sum, 1, (UWide) low * high);
		square_sum_part(sum, 2, (UWide) high * high);
	}
}

#endif /* CVM_CORE_UTIL_SQUARE_SUM_H */
