/*
 * sample.c
 *		What models of purchases are fitted to.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/purchases/sample.h"

#include <math.h>

/* Customers in the model's unit of time. */
void
sample_make(const Purchases *purchases, double unit_days, Sample *sample)
{
	PurchaseCell *cells;
	double age = 0;
	double frequency = 0;

	*sample = (Sample){.ncells = purchase_cells(purchases, &cells)};
	sample->cells =
		runtime_alloc(NULL, sample->ncells * sizeof(SampleCell) + 1);
	for (size_t i = 0; i < sample->ncells; i++)
	{
		SampleCell *cell = &sample->cells[i];

		check_interrupts();
		cell->frequency = cells[i].frequency;
		cell->recency = cells[i].recency / unit_days;
		cell->age = cells[i].age / unit_days;
		cell->customers = (double) cells[i].customers;
		age += cell->customers * cell->age;
		frequency += cell->customers * cell->frequency;
		sample->customers = count_add(sample->customers, cells[i].customers);
		if (cell->frequency > 0)
			sample->repeaters =
				count_add(sample->repeaters, cells[i].customers);
	}
	if (sample->customers > 0)
	{
		sample->mean_age = age / (double) sample->customers;
		sample->mean_frequency = frequency / (double) sample->customers;
	}
	runtime_free(cells);
}

/* Why no model can be fitted; NULL where one may be. */
const char *
sample_lacks(const Sample *sample)
{
	if (sample->customers == 0)
		return "no customers";
	if (sample->repeaters == 0)
		return "nobody bought again";
	return NULL;
}

void
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
void
slope_mix(Slope *sum, double weight, const Slope *one, const Slope *other,
		  int n)
{
	double gap = other->value - one->value;
	double share = 1 / (1 + exp(-gap));

	if (!(share > 0))
	{
		slope_add(sum, weight, one, n);
		return;
	}
	sum->value += weight * (gap > 0 ? other->value + log1p(exp(-gap))
									: one->value + log1p(exp(gap)));
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
