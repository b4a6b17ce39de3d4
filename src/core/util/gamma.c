/*
 * gamma.c
 *		The gamma function's logarithm and what it rises by.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/gamma.h"

#include <math.h>

#define SERIES_FROM 12
#define FACTORS_MOST 1000 /* more are a difference of two gamma functions */

/* lgamma() writes a global variable. */
double
log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* The first two derivatives of ln of the gamma function, for x above 0 */
void
gamma_slopes(double x, double *first, double *second)
{
	double inverse;
	double square;

	*first = *second = 0;
	for (; x < SERIES_FROM; x++)
	{
		*first -= 1 / x;
		*second += 1 / (x * x);
	}
	inverse = 1 / x;
	square = inverse * inverse;
	*first +=
		log(x) - inverse / 2 -
		square * (1 / 12.0 -
				  square * (1 / 120.0 -
							square * (1 / 252.0 -
									  square * (1 / 240.0 - square / 132.0))));
	*second +=
		inverse + square / 2 +
		square * inverse *
			(1 / 6.0 -
			 square * (1 / 30.0 -
					   square * (1 / 42.0 -
								 square * (1 / 30.0 - square * 5 / 66.0))));
}

/* Grow to so many factors. */
void
rising_reach(Rising *rising, int32_t at)
{
	double low[2];
	double high[2];

	if (at - rising->at > FACTORS_MOST)
	{
		gamma_slopes(rising->start + rising->at, &low[0], &low[1]);
		gamma_slopes(rising->start + at, &high[0], &high[1]);
		rising->logs += log_gamma(rising->start + at) -
						log_gamma(rising->start + rising->at);
		rising->inverses += high[0] - low[0];
		rising->squares += low[1] - high[1];
		rising->at = at;
	}
	for (; rising->at < at; rising->at++)
	{
		double term = rising->start + rising->at;

		rising->logs += log(term);
		rising->inverses += 1 / term;
		rising->squares += 1 / (term * term);
	}
}
