/*
 * gamma_gamma.c
 *		What customers spend at a purchase: the Gamma-Gamma model.
 *
 * Fitted to what days with a purchase after the first one brought; customers
 * to whom they brought nothing, or less, are left out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/purchases/gamma_gamma.h"

#include <math.h>

#include "core/util/gamma.h"

#define N 3

enum
{
	P,
	Q,
	V
};

typedef struct Spend
{
	int32_t frequency;
	double total;
	double customers;
} Spend;

typedef struct Spends
{
	size_t nspends;
	Spend *spends; /* ascending by frequency */
	int64_t customers;
	double mean; /* of a purchase */
} Spends;

static void
spends_make(const Purchases *purchases, Spends *spends)
{
	SpendCell *cells;
	size_t ncells = spend_cells(purchases, &cells);
	double unit = pow(10, purchases->scale);
	double total = 0;
	double count = 0;

	*spends =
		(Spends){.spends = runtime_alloc(NULL, ncells * sizeof(Spend) + 1)};
	for (size_t i = 0; i < ncells; i++)
	{
		Spend *spend = &spends->spends[spends->nspends];

		check_interrupts();
		if (cells[i].value <= 0)
			continue;
		*spend = (Spend){cells[i].frequency, (double) cells[i].value / unit,
						 (double) cells[i].customers};
		total += spend->total * spend->customers;
		count += spend->frequency * spend->customers;
		spends->customers = count_add(spends->customers, cells[i].customers);
		spends->nspends++;
	}
	if (count > 0)
		spends->mean = total / count;
	runtime_free(cells);
}

static void
slope_of(const void *data, const double *parameters, Slope *slope)
{
	const Spends *spends = data;
	double p = parameters[P];
	double q = parameters[Q];
	double v = parameters[V];
	double first_q;
	double second_q;

	gamma_slopes(q, &first_q, &second_q);
	for (size_t i = 0; i < spends->nspends;)
	{
		int32_t x = spends->spends[i].frequency;
		double shape = p * x;
		double logs = log_gamma(shape + q) - log_gamma(shape) - log_gamma(q);
		double first_both;
		double second_both;
		double first_p;
		double second_p;

		check_interrupts();
		gamma_slopes(shape + q, &first_both, &second_both);
		gamma_slopes(shape, &first_p, &second_p);
		for (; i < spends->nspends && spends->spends[i].frequency == x; i++)
		{
			const Spend *spend = &spends->spends[i];
			double log_total = log(spend->total);
			double log_both = log(v + spend->total);
			double both = 1 / (v + spend->total);
			Slope one = {0};

			one.value = logs + q * log(v) + shape * log_total -
						(log_total - log(x)) - (shape + q) * log_both;
			one.gradient[P] = x * (first_both - first_p + log_total - log_both);
			one.gradient[Q] = first_both - first_q + log(v) - log_both;
			one.gradient[V] = q / v - (shape + q) * both;
			one.hessian[P][P] = (double) x * x * (second_both - second_p);
			one.hessian[Q][P] = x * second_both;
			one.hessian[V][P] = -x * both;
			one.hessian[Q][Q] = second_both - second_q;
			one.hessian[V][Q] = 1 / v - both;
			one.hessian[V][V] = (shape + q) * both * both - q / (v * v);
			slope_add(slope, spend->customers, &one, N);
		}
	}
}

/* Find the parameters under which what was spent is likeliest. */
void
gamma_gamma_fit(const Purchases *purchases, PurchaseFit *fit)
{
	Spends spends;

	spends_make(purchases, &spends);
	*fit = (PurchaseFit){.customers = spends.customers,
						 .repeaters = spends.customers};
	if (spends.customers == 0)
	{
		fit->reason = "nobody spent anything again";
		return;
	}
	fit->maximum.start[Q] = log(2);
	fit->maximum.start[V] = log(spends.mean);
	fit_find(fit, N, slope_of, &spends);
}

double
gamma_gamma_log_likelihood(const Purchases *purchases, const double *parameters)
{
	Spends spends;
	Slope slope = {0};

	spends_make(purchases, &spends);
	slope_of(&spends, parameters, &slope);
	return slope.value;
}

/*
 * What a customer spends at a purchase, given the mean of so many; of one who
 * is not known, the mean of all.  NaN where there is none.
 */
double
gamma_gamma_value(const double *parameters, double frequency, double mean_value)
{
	double p = parameters[P];
	double q = parameters[Q];
	double weight = p * frequency + q - 1;

	if (!(weight > 0))
		return NAN;
	return p * (parameters[V] + frequency * mean_value) / weight;
}
