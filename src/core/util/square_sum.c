/*
 * square_sum.c
 *		Exact sums of squares as decimals.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/square_sum.h"

#include "core/util/money.h"

/* The digits of a sum, at the end of text, which has room for SQUARE_DIGITS. */
const char *
square_sum_digits(const SquareSum *sum, char *text)
{
	SquareSum rest = *sum;
	char *at = text + SQUARE_DIGITS;
	bool is_zero;

	*--at = '\0';
	do
	{
		UWide digit = 0;

		is_zero = true;
		for (int i = SQUARE_LIMBS - 1; i >= 0; i--)
		{
			digit = digit << 64 | rest.limbs[i];
			rest.limbs[i] = (uint64_t) (digit / 10);
			digit %= 10;
			is_zero &= rest.limbs[i] == 0;
		}
		*--at = (char) ('0' + (int) digit);
	} while (!is_zero);
	return at;
}

void
square_sum_enlarge(SquareSum *sum, int by)
{
	for (; by > 0; by--)
	{
		UWide carry = 0;

		for (int i = 0; i < SQUARE_LIMBS; i++)
		{
			carry += (UWide) sum->limbs[i] * 10;
			sum->limbs[i] = (uint64_t) carry;
			carry >>= 64;
		}
		if (carry != 0)
			money_overflow();
	}
}
