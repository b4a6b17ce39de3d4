/*
 * sample.h
 *		What models of purchases are fitted to.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_PURCHASES_SAMPLE_H
#define CVM_CORE_PURCHASES_SAMPLE_H

#include <math.h>

#include "core/purchases/purchases.h"
#include "core/util/maximize.h"

/* Customers who are alike, in the unit of time of the model */
typedef struct SampleCell
{
	int32_t frequency;
	double recency;
	double age;
	double customers;
} SampleCell;

typedef struct Sample
{
	size_t ncells;
	SampleCell *cells; /* ascending by frequency */
	int64_t customers;
	int64_t repeaters;
	double mean_age;
	double mean_frequency;
} Sample;

/* A fitted model */
typedef struct PurchaseFit
{
	Maximum maximum;
	int64_t customers;
	int64_t repeaters;
	const char *reason; /* why there is none; NULL: there is */
} PurchaseFit;

/* Parameters are looked for within these factors of where one starts */
#define SHAPE_MOST 9.21034 /* ln 10000 */

extern void sample_make(const Purchases *purchases, double unit_days,
						Sample *sample);
extern const char *sample_lacks(const Sample *sample);
extern void fit_find(PurchaseFit *fit, int nparameters, SlopeOf slope_of,
					 const void *data);

/* Here, so that their loops over a few parameters are none. */
static inline void
slope_add(Slope *sum, double weight, const Slope *more, int n)
{
	sum->value += weight * more->value;
	for (int i = 0; i < n; i++)
	{
		sum->gradient[i] += weight * more->gradient[i];
		for (int j = 0; j <= i; j++)
			sum->hessian[i][j] += weight * more->hessian[i][j];
	}
}

/* Add ln(exp(one) + exp(other)), weighted; other may be -infinity. */
static inline void
slope_mix(Slope *sum, double weight, const Slope *one, const Slope *other,
		  int n)
{
	double gap = other->value - one->value;
	double smaller = exp(-fabs(gap));
	double share = (gap > 0 ? 1 : smaller) / (1 + smaller);

	if (!(share > 0))
	{
		slope_add(sum, weight, one, n);
		return;
	}
	sum->value += weight * (fmax(one->value, other->value) + log1p(smaller));
	for (int i = 0; i < n; i++)
	{
		double apart = other->gradient[i] - one->gradient[i];

		sum->gradient[i] += weight * (one->gradient[i] + share * apart);
		for (int j = 0; j <= i; j++)
			sum->hessian[i][j] +=
				weight * ((1 - share) * one->hessian[i][j] +
						  share * other->hessian[i][j] +
						  share * (1 - share) * apart *
							  (other->gradient[j] - one->gradient[j]));
	}
}

#endif /* CVM_CORE_PURCHASES_SAMPLE_H */
