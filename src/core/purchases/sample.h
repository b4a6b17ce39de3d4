/*
 * sample.h
 *		What models of purchases are fitted to.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_PURCHASES_SAMPLE_H
#define CVM_CORE_PURCHASES_SAMPLE_H

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

/* One of two things that happened, each with the slope of its logarithm */
extern void slope_mix(Slope *sum, double weight, const Slope *one,
					  const Slope *other, int n);
extern void slope_add(Slope *sum, double weight, const Slope *more, int n);

#endif /* CVM_CORE_PURCHASES_SAMPLE_H */
