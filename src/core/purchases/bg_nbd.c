/*
 * bg_nbd.c
 *		Buying and dropping out: the BG/NBD model.
 *
 * With x, t and T the frequency, recency and age of a customer the likelihood
 * is a sum over whether the customer is alive still or dropped out after the
 * last purchase; both are kept as logarithms.  Gamma and beta functions come as
 * ratios whose arguments are a whole number apart, so they are products.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/purchases/bg_nbd.h"

#include <math.h>

#include "core/util/gamma.h"

#define TERMS_MOST 1000000

enum
{
	R,
	ALPHA,
	A,
	B
};

/* The slope of ln of rising products that both cases have in common. */
static void
common_slope(double alpha, double r, const Rising *buys, const Rising *stays,
			 const Rising *all, Slope *slope)
{
	*slope =
		(Slope){.value = buys->logs + r * log(alpha) + stays->logs - all->logs};
	slope->gradient[R] = buys->inverses + log(alpha);
	slope->gradient[ALPHA] = r / alpha;
	slope->gradient[A] = -all->inverses;
	slope->gradient[B] = stays->inverses - all->inverses;
	slope->hessian[R][R] = -buys->squares;
	slope->hessian[ALPHA][R] = 1 / alpha;
	slope->hessian[ALPHA][ALPHA] = -r / (alpha * alpha);
	slope->hessian[A][A] = all->squares;
	slope->hessian[B][A] = all->squares;
	slope->hessian[B][B] = all->squares - stays->squares;
}

static void
slope_of(const void *data, const double *parameters, Slope *slope)
{
	const Sample *sample = data;
	double r = parameters[R];
	double alpha = parameters[ALPHA];
	double a = parameters[A];
	double b = parameters[B];
	Rising buys = {.start = r};
	Rising stays = {.start = b};
	Rising all = {.start = a + b};

	for (size_t i = 0; i < sample->ncells;)
	{
		int32_t x = sample->cells[i].frequency;
		double customers = 0;
		Slope common;
		Slope alive = {0};
		Slope gone = {0};

		check_interrupts();
		gone.gradient[A] = 1 / a;
		gone.gradient[B] = -1 / (b + x - 1);
		gone.hessian[A][A] = -1 / (a * a);
		gone.hessian[B][B] = 1 / ((b + x - 1) * (b + x - 1));
		for (; i < sample->ncells && sample->cells[i].frequency == x; i++)
		{
			const SampleCell *cell = &sample->cells[i];
			double to_age = alpha + cell->age;
			double to_last = alpha + cell->recency;

			customers += cell->customers;
			alive.gradient[R] = -log(to_age);
			alive.value = (r + x) * alive.gradient[R];
			alive.hessian[ALPHA][R] = -1 / to_age;
			alive.gradient[ALPHA] = (r + x) * alive.hessian[ALPHA][R];
			alive.hessian[ALPHA][ALPHA] = -alive.gradient[ALPHA] / to_age;
			if (x == 0)
			{
				slope_add(slope, cell->customers, &alive, 4);
				continue;
			}
			gone.gradient[R] = -log(to_last);
			gone.value = log(a / (b + x - 1)) + (r + x) * gone.gradient[R];
			gone.hessian[ALPHA][R] = -1 / to_last;
			gone.gradient[ALPHA] = (r + x) * gone.hessian[ALPHA][R];
			gone.hessian[ALPHA][ALPHA] = -gone.gradient[ALPHA] / to_last;
			slope_mix(slope, cell->customers, &alive, &gone, 4);
		}
		rising_reach(&buys, x);
		rising_reach(&stays, x);
		rising_reach(&all, x);
		common_slope(alpha, r, &buys, &stays, &all, &common);
		slope_add(slope, customers, &common, 4);
	}
}

/* Find the parameters under which the customers are likeliest. */
void
bg_nbd_fit(const Purchases *purchases, double unit_days, PurchaseFit *fit)
{
	Sample sample;

	sample_make(purchases, unit_days, &sample);
	*fit = (PurchaseFit){.customers = sample.customers,
						 .repeaters = sample.repeaters,
						 .reason = sample_lacks(&sample)};
	if (fit->reason != NULL)
		return;
	fit->maximum.start[ALPHA] = log(sample.mean_age / sample.mean_frequency);
	fit_find(fit, 4, slope_of, &sample);
}

double
bg_nbd_log_likelihood(const Purchases *purchases, double unit_days,
					  const double *parameters)
{
	Sample sample;
	Slope slope = {0};

	sample_make(purchases, unit_days, &sample);
	slope_of(&sample, parameters, &slope);
	return slope.value;
}

/* The chance that a customer has not dropped out. */
double
bg_nbd_alive(const double *parameters, int32_t frequency, double recency,
			 double age)
{
	double alpha = parameters[ALPHA];
	double gone;

	if (frequency == 0)
		return 1;
	gone = log(parameters[A] / (parameters[B] + frequency - 1)) +
		   (parameters[R] + frequency) * log((alpha + age) / (alpha + recency));
	return 1 / (1 + exp(gone));
}

/*
 * Purchases expected in a time ahead.  With z = ahead / (alpha + T + ahead) and
 * c = a + b + x - 1, those of a customer who is alive are
 *
 *	 c / (a - 1) (1 - (1 - z)^(r + x) 2F1(r + x, b + x; c; z)),
 *
 * which Euler's transformation makes
 *
 *	 c / (a - 1) (1 - (1 - z)^(a - 1) 2F1(a - 1, a + b - 1 - r; c; z)):
 *
 * the first term of this series and a - 1 in all others cancel what is not
 * defined at a = 1, and c what is not at c = 0.  NaN where it does not end.
 */
double
bg_nbd_purchases(const double *parameters, int32_t frequency, double recency,
				 double age, double ahead)
{
	double r = parameters[R];
	double a = parameters[A];
	double b = parameters[B];
	double c = a + b + frequency - 1;
	double z = ahead / (parameters[ALPHA] + age + ahead);
	double left = log1p(-z);
	double first = a == 1 ? -left : -expm1((a - 1) * left) / (a - 1);
	double term = (a + b - 1 - r) * z;
	double sum = 0;

	for (int32_t k = 1;; k++)
	{
		if (k > TERMS_MOST)
			return NAN;
		sum += term;
		term *= (a + k - 1) * (a + b - 1 - r + k) / ((c + k) * (k + 1)) * z;
		if ((k & 0xffff) == 0)
			check_interrupts();
		if (k > fabs(a + b - 1 - r) &&
			fabs(term) <= fabs(sum) * (1 - z) * 1e-17)
			break;
		if (term == 0)
			break;
	}
	return (c * first - exp((a - 1) * left) * sum) *
		   bg_nbd_alive(parameters, frequency, recency, age);
}
