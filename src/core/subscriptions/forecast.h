/*
 * forecast.h
 *		How many of those who are there will still be there.
 *
 * From who was at risk and who was lost at each age, counted in periods, follows
 * what share of customers of an age survives the next ones: by the
 * shifted-beta-geometric model (sbg.h) where it has a best fit that the data do
 * not refute, else by the share lost at each age as it was seen, ages of few
 * customers together with those after them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_FORECAST_H
#define CVM_CORE_SUBSCRIPTIONS_FORECAST_H

#include "core/runtime.h"

typedef enum ForecastMethod
{
	FORECAST_NONE, /* nobody was ever at risk */
	FORECAST_SBG,
	FORECAST_HAZARD
} ForecastMethod;

/* Who was at risk and lost in the period after each age, 0 to nages - 1 */
typedef struct AgeLosses
{
	int32_t nages;
	const int64_t *at_risk;
	const int64_t *lost;
} AgeLosses;

/* Who is there, by age: sums of weights (1, or money) and of their squares */
typedef struct AgeBase
{
	int32_t nages;
	const double *weights;
	const double *squares;
} AgeBase;

typedef struct Forecast
{
	ForecastMethod method;
	double alpha;
	double beta;
	double alpha_variance;
	double beta_variance;
	double covariance;
	int32_t nages;
	double *hazard;	  /* FORECAST_HAZARD: of each age */
	int32_t *group;	  /* ages with one number share a hazard */
	double *variance; /* of the hazard */
} Forecast;

extern void forecast_fit(const AgeLosses *losses, Forecast *forecast);
extern double forecast_retention(const Forecast *forecast, int32_t age);
extern void forecast_ahead(const Forecast *forecast, const AgeBase *base,
						   int32_t steps, double *expected, double *variance);
extern double forecast_periods(const Forecast *forecast, int32_t age,
							   int32_t horizon, double discount);

#endif /* CVM_CORE_SUBSCRIPTIONS_FORECAST_H */
