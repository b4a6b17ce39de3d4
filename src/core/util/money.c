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
