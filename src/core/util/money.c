/*
 * money.c
 *		Exact decimal sums.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/money.h"

void
money_overflow(void)
{
	runtime_error(RUNTIME_OUT_OF_RANGE,
				  "Sums hold 38 digits; round the values to fewer decimals.",
				  "sum of values out of range");
}

/* Ten to the exponent, 0 to 38. */
Wide
money_power(int exponent)
{
	Wide power = 1;

	if (exponent < 0 || exponent > 38)
		money_overflow();
	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* Give a mantissa so many more decimals. */
Wide
money_enlarge(Wide mantissa, int by)
{
	Wide scaled;

	if (mantissa == 0)
		return mantissa;
	if (__builtin_mul_overflow(mantissa, money_power(by), &scaled))
		money_overflow();
	return scaled;
}

/*
 * amount * part / whole, rounded down, and what remains of the division; none is
 * negative, and the part is at most the whole.
 */
Wide
money_share(Wide amount, Wide part, Wide whole, Wide *remainder)
{
	Wide product;
	UWide quotient = 0;
	UWide rest = 0;

	if (!__builtin_mul_overflow(amount, part, &product))
	{
		*remainder = product % whole;
		return product / whole;
	}
	/* bit by bit, with a rest that stays below the whole */
	for (int bit = 126; bit >= 0; bit--)
	{
		quotient *= 2;
		if (rest >= (UWide) whole - rest)
		{
			rest -= (UWide) whole - rest;
			quotient++;
		}
		else
			rest *= 2;
		if (((UWide) amount >> bit & 1) == 0)
			continue;
		if (rest >= (UWide) whole - (UWide) part)
		{
			rest -= (UWide) whole - (UWide) part;
			quotient++;
		}
		else
			rest += (UWide) part;
	}
	*remainder = (Wide) rest;
	return (Wide) quotient;
}
