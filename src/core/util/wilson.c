/*
 * wilson.c
 *		Confidence limits of a proportion.
 *
 * The score interval of Wilson (1927): it keeps its coverage for small n and
 * near 0 and 1, where the textbook interval does not.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/wilson.h"

#include <math.h>

/*
 * The standard normal quantile.  erfc is exact to the last places in the
 * tail, so the root is found there: bisection first, which cannot fail, then
 * Newton for the last digits.
 */
double
normal_quantile(double p)
{
	double tail = p < 0.5 ? p : 1 - p;
	double low = 0;
	double high = 40;
	double z;

	for (int i = 0; i < 40; i++)
	{
		z = (low + high) / 2;
		if (0.5 * erfc(z / M_SQRT2) > tail)
			low = z;
		else
			high = z;
	}
	for (int i = 0; i < 3; i++)
	{
		double density = exp(-z * z / 2) / sqrt(2 * M_PI);

		if (density > 0)
			z += (0.5 * erfc(z / M_SQRT2) - tail) / density;
	}
	return p < 0.5 ? -z : z;
}

/* How many standard errors a two-sided confidence level is wide. */
double
conf_to_z(double conf)
{
	/* of many intervals one after the other the level is the same */
	static double last_conf = 0;
	static double last_z = 0;

	if (!(conf > 0 && conf < 1))
		runtime_error(RUNTIME_INVALID_VALUE, "Use a level such as 0.95.",
					  "confidence level \"%g\" is not between 0 and 1", conf);
	if (conf == last_conf)
		return last_z;
	last_z = -normal_quantile((1 - conf) / 2);
	last_conf = conf;
	return last_z;
}

static void
score_limits(double x, double size, double z, double *low, double *high)
{
	double square = z * z;
	double middle = x + square / 2;
	double reach = z * sqrt(x * (size - x) / size + square / 4);

	*low = x <= 0 ? 0 : (middle - reach) / (size + square);
	*high = x >= size ? 1 : (middle + reach) / (size + square);
	if (*low < 0)
		*low = 0;
	if (*high > 1)
		*high = 1;
}

/* Limits of hits of n; n > 0. */
void
wilson(int64_t hits, int64_t n, double z, double *low, double *high)
{
	score_limits((double) hits, (double) n, z, low, high);
}

/* Limits of a share of a number that need not be whole. */
void
wilson_share(double share, double size, double z, double *low, double *high)
{
	score_limits(share * size, size, z, low, high);
}

/* Two distances whose squares add up, less what goes together in them */
static double
reach_of(double a, double b, double correlation)
{
	return sqrt((a - b) * (a - b) + 2 * (1 - correlation) * a * b);
}

/*
 * Limits of the difference of two proportions, b less a, by Newcombe's hybrid
 * score: the distances of each proportion to its Wilson limits, squared and
 * added, less twice their product times the correlation of the two, where they
 * are partly of the same customers.  Unlike the plain normal interval it holds
 * near 0 and 1.
 */
void
newcombe(int64_t hits_a, int64_t n_a, int64_t hits_b, int64_t n_b, double z,
		 double correlation, double *low, double *high)
{
	double a = (double) hits_a / n_a;
	double b = (double) hits_b / n_b;
	double low_a, high_a, low_b, high_b;

	wilson(hits_a, n_a, z, &low_a, &high_a);
	wilson(hits_b, n_b, z, &low_b, &high_b);
	*low = b - a - reach_of(b - low_b, high_a - a, correlation);
	*high = b - a + reach_of(high_b - b, a - low_a, correlation);
}

/* How likely so great a difference is by chance: where its limit is 0. */
double
newcombe_p(int64_t hits_a, int64_t n_a, int64_t hits_b, int64_t n_b,
		   double correlation)
{
	double difference = (double) hits_b / n_b - (double) hits_a / n_a;
	double inside = 0;
	double outside = 40;

	if (difference == 0)
		return 1;
	for (int i = 0; i < 50; i++)
	{
		double z = (inside + outside) / 2;
		double low, high;

		newcombe(hits_a, n_a, hits_b, n_b, z, correlation, &low, &high);
		if (difference > 0 ? low > 0 : high < 0)
			inside = z;
		else
			outside = z;
	}
	return erfc(inside / M_SQRT2);
}
