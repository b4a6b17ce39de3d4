/*
 * sample.c
 *		What models of purchases are fitted to.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/purchases/sample.h"

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

/* Find the parameters that are likeliest, from where the fit starts. */
void
fit_find(PurchaseFit *fit, int nparameters, SlopeOf slope_of, const void *data)
{
	Maximum *maximum = &fit->maximum;

	maximum->nparameters = nparameters;
	for (int i = 0; i < nparameters; i++)
	{
		maximum->low[i] = maximum->start[i] - SHAPE_MOST;
		maximum->high[i] = maximum->start[i] + SHAPE_MOST;
	}
	maximize(maximum, slope_of, data);
	if (!maximum->is_found)
		fit->reason = "no interior maximum";
}
