/*
 * migration.c
 *		Who goes from which product to which, period by period.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/migration.h"

#include <string.h>

/* What a customer has of a product */
typedef struct Stock
{
	int32_t product;
	int32_t lines;
	Wide mrr;
} Stock;

/* Dearest first; by number where prices are the same */
static int
compare_stocks(const void *a, const void *b)
{
	const Stock *stock_a = a;
	const Stock *stock_b = b;

	if (stock_a->mrr != stock_b->mrr)
		return stock_a->mrr > stock_b->mrr ? -1 : 1;
	return (stock_a->product > stock_b->product) -
		   (stock_a->product < stock_b->product);
}

/* Give out the moves of a customer, whose steps are in the order of days. */
void
migrations_of(const Step *steps, int nsteps, int nproducts, Calendar calendar,
			  MigrationEmit take, void *arg)
{
	Stock *now = runtime_alloc_zero(NULL, (nproducts + 1) * sizeof(Stock));
	Stock *before = runtime_alloc(NULL, (nproducts + 1) * sizeof(Stock));
	Stock *lost = runtime_alloc(NULL, (nproducts + 1) * sizeof(Stock));
	Stock *gained = runtime_alloc(NULL, (nproducts + 1) * sizeof(Stock));

	for (int i = 0; i < nproducts; i++)
		now[i].product = i;
	for (int at = 0; at < nsteps;)
	{
		Period period = period_of(calendar, steps[at].day);
		int nlost = 0;
		int ngained = 0;

		check_interrupts();
		memcpy(before, now, nproducts * sizeof(Stock));
		for (; at < nsteps && period_of(calendar, steps[at].day) == period;
			 at++)
		{
			Stock *stock = &now[steps[at].product];

			stock->lines += steps[at].lines;
			stock->mrr = money_add(stock->mrr, steps[at].mrr);
		}
		for (int i = 0; i < nproducts; i++)
			if (before[i].lines > 0 && now[i].lines == 0)
				lost[nlost++] = before[i];
			else if (before[i].lines == 0 && now[i].lines > 0)
				gained[ngained++] = now[i];
		runtime_sort(lost, nlost, sizeof(Stock), compare_stocks);
		runtime_sort(gained, ngained, sizeof(Stock), compare_stocks);
		for (int i = 0; i < nlost || i < ngained; i++)
		{
			Migration move = {.period = period, .from = -1, .to = -1};

			if (i < nlost)
			{
				move.from = lost[i].product;
				move.from_mrr = lost[i].mrr;
			}
			if (i < ngained)
			{
				move.to = gained[i].product;
				move.to_mrr = gained[i].mrr;
			}
			take(arg, &move);
		}
	}
	runtime_free(now);
	runtime_free(before);
	runtime_free(lost);
	runtime_free(gained);
}
