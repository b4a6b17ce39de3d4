/*
 * square_sum.h
 *		Exact sums of squares of amounts, and of products, however large these are.
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

/* Multiply by ten, so many times. */
extern void square_sum_enlarge(SquareSum *sum, int by);

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

/* Add the product of two amounts, of whose signs nothing is looked at. */
static inline void
square_sum_product(SquareSum *sum, Wide a, Wide b)
{
	UWide left = a < 0 ? -(UWide) a : (UWide) a;
	UWide right = b < 0 ? -(UWide) b : (UWide) b;
	uint64_t low = (uint64_t) left;
	uint64_t high = (uint64_t) (left >> 64);
	uint64_t other_low = (uint64_t) right;
	uint64_t other_high = (uint64_t) (right >> 64);

	square_sum_part(sum, 0, (UWide) low * other_low);
	if (high != 0)
		square_sum_part(sum, 1, (UWide) high * other_low);
	if (other_high != 0)
		square_sum_part(sum, 1, (UWide) low * other_high);
	if (high != 0 && other_high != 0)
		square_sum_part(sum, 2, (UWide) high * other_high);
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
