/*
 * forecast.c
 *		How many of those who are there will still be there.
 *
 * Of N customers of one age the share S survives: their number scatters with
 * N S (1 - S) because they are so many, and with the square of its derivatives
 * by what was estimated because that is not known better.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/forecast.h"

#include <math.h>
#include <string.h>

#include "core/subscriptions/sbg.h"

#define FEWEST 30	 /* at risk at an age, for a hazard of its own */
#define MISFIT 0.001 /* so unlikely is what was seen under a model refused */

/* Ages from the first on, until enough were at risk, have one hazard. */
static void
hazards_fit(const AgeLosses *losses, Forecast *forecast)
{
	int32_t n = losses->nages;
	int32_t first = 0;
	int32_t last_group = -1;

	forecast->nages = n;
	forecast->hazard = runtime_alloc_zero(NULL, n * sizeof(double));
	forecast->variance = runtime_alloc_zero(NULL, n * sizeof(double));
	forecast->group = runtime_alloc_zero(NULL, n * sizeof(int32_t));
	while (first < n)
	{
		double at_risk = 0;
		double lost = 0;
		double likely;
		int32_t end = first;

		while (end < n && at_risk < FEWEST)
		{
			at_risk += (double) losses->at_risk[end];
			lost += (double) losses->lost[end];
			end++;
		}
		if (at_risk < FEWEST && first > 0)
		{
			/* too few are left: they go with those before them */
			int32_t from = first;

			while (from > 0 && forecast->group[from - 1] == last_group)
				from--;
			for (int32_t age = from; age < first; age++)
			{
				at_risk += (double) losses->at_risk[age];
				lost += (double) losses->lost[age];
			}
			first = from;
		}
		else
			last_group++;
		likely = at_risk > 0 ? lost / at_risk : 0;
		/* none or all of them is no proof that it is always so */
		if (lost == 0 || lost == at_risk)
			likely = (lost + 1) / (at_risk + 2);
		for (int32_t age = first; age < end; age++)
		{
			forecast->group[age] = last_group;
			forecast->hazard[age] = at_risk > 0 ? lost / at_risk : 0;
			forecast->variance[age] =
				at_risk > 0 ? likely * (1 - likely) / at_risk : 0;
		}
		first = end;
	}
}

/*
 * Were losses of each age as the model has them?  Pearson's test, over ages that
 * have five or more expected losses together.
 */
static bool
sbg_is_refuted(const AgeLosses *losses, const Sbg *fit)
{
	double chi_square = 0;
	double expected = 0;
	double spread = 0;
	double lost = 0;
	int degrees = -2;

	for (int32_t age = 0; age < losses->nages; age++)
	{
		double share = fit->alpha / (fit->alpha + fit->beta + age);

		expected += (double) losses->at_risk[age] * share;
		spread += (double) losses->at_risk[age] * share * (1 - share);
		lost += (double) losses->lost[age];
		if (expected < 5)
			continue;
		chi_square += (lost - expected) * (lost - expected) / spread;
		degrees++;
		expected = spread = lost = 0;
	}
	return degrees > 0 && chi_square_tail(chi_square, degrees) < MISFIT;
}

/*
 * Find what tells best how customers leave.  That the model has no best fit is
 * no failure: what was seen is then projected as it is.
 */
void
forecast_fit(const AgeLosses *losses, Forecast *forecast)
{
	AgeLosses seen = *losses;
	Sbg fit;

	memset(forecast, 0, sizeof(*forecast));
	while (seen.nages > 0 && seen.at_risk[seen.nages - 1] == 0)
		seen.nages--;
	if (seen.nages == 0)
		return;
	if (sbg_fit_counts(seen.nages, seen.at_risk, seen.lost, &fit) &&
		!sbg_is_refuted(&seen, &fit))
	{
		forecast->method = FORECAST_SBG;
		forecast->alpha = fit.alpha;
		forecast->beta = fit.beta;
		forecast->alpha_variance = fit.alpha_error * fit.alpha_error;
		forecast->beta_variance = fit.beta_error * fit.beta_error;
		forecast->covariance = fit.covariance;
		return;
	}
	forecast->method = FORECAST_HAZARD;
	hazards_fit(&seen, forecast);
}

static int32_t
hazard_age(const Forecast *forecast, int32_t age)
{
	return age < forecast->nages ? age : forecast->nages - 1;
}

/* The share of customers of an age that survives the period after it */
double
forecast_retention(const Forecast *forecast, int32_t age)
{
	if (forecast->method == FORECAST_SBG)
		return (forecast->beta + age) /
			   (forecast->alpha + forecast->beta + age);
	return 1 - forecast->hazard[hazard_age(forecast, age)];
}

/*
 * What is expected of those who are there after 1 to steps periods, and its
 * variance.
 */
void
forecast_ahead(const Forecast *forecast, const AgeBase *base, int32_t steps,
			   double *expected, double *variance)
{
	bool is_sbg = forecast->method == FORECAST_SBG;
	/* derivatives of each step's sum by each parameter or hazard */
	int32_t nslopes = is_sbg ? 2 : forecast->nages;
	double *slopes =
		runtime_alloc_zero(NULL, (size_t) steps * nslopes * sizeof(double));
	double *by = runtime_alloc_zero(NULL, nslopes * sizeof(double));

	memset(expected, 0, steps * sizeof(double));
	memset(variance, 0, steps * sizeof(double));
	for (int32_t age = 0; age < base->nages; age++)
	{
		double survival = 1;

		if (base->weights[age] == 0)
			continue;
		check_interrupts();
		memset(by, 0, nslopes * sizeof(double)); /* of ln survival */
		for (int32_t step = 0; step < steps; step++)
		{
			double all = forecast->alpha + forecast->beta + age + step;

			if (is_sbg)
			{
				by[0] -= 1 / all;
				by[1] += 1 / (forecast->beta + age + step) - 1 / all;
			}
			else
			{
				int32_t at = hazard_age(forecast, age + step);

				by[forecast->group[at]] -=
					1 / fmax(1 - forecast->hazard[at], 1e-9);
			}
			survival *= forecast_retention(forecast, age + step);
			expected[step] += base->weights[age] * survival;
			variance[step] += base->squares[age] * survival * (1 - survival);
			for (int32_t i = 0; i < nslopes; i++)
				slopes[step * nslopes + i] +=
					base->weights[age] * survival * by[i];
		}
	}
	for (int32_t step = 0; step < steps; step++)
	{
		const double *slope = slopes + step * nslopes;

		if (is_sbg)
		{
			variance[step] += slope[0] * slope[0] * forecast->alpha_variance +
							  slope[1] * slope[1] * forecast->beta_variance +
							  2 * slope[0] * slope[1] * forecast->covariance;
			continue;
		}
		for (int32_t age = 0; age < forecast->nages; age++)
			if (age == 0 || forecast->group[age] != forecast->group[age - 1])
				variance[step] += slope[forecast->group[age]] *
								  slope[forecast->group[age]] *
								  forecast->variance[age];
	}
	runtime_free(slopes);
	runtime_free(by);
}

/*
 * How many payments are expected of a customer of an age, one now and one
 * after each period survived, of horizon periods, discounted.
 */
double
forecast_periods(const Forecast *forecast, int32_t age, int32_t horizon,
				 double discount)
{
	double share = 1;
	double sum = 0;

	for (int32_t step = 0; step < horizon; step++)
	{
		sum += share;
		share *= forecast_retention(forecast, age + step) / (1 + discount);
	}
	return sum;
}
