/*
 * control.c
 *		What donors lose without the focal product.
 *
 * Direct standardisation: the loss rates of those who stayed, weighed by how
 * many entered from the same cell.  A cell with too few of them borrows from
 * its stratum and month, then from the month, then from all.
 *
 * One customer is watched in several months, and windows overlap: as many of
 * them as fit into one.  The variance is multiplied by that number, which is
 * never too small: the mean of k estimates that may be related has at most the
 * variance of one of them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/verdict.h"

#include <math.h>
#include <string.h>

#define MIN_STAYED 5

/* Those who stayed in some cells, and the entries that are compared to them */
typedef struct Pool
{
	Period month;
	Outcome stayed;
	double entries;
	double money;
	double at_risk;
} Pool;

typedef struct Weighing
{
	double entries;
	double loss;
	double variance;
	double money;
	double money_loss;
	double money_variance;
	double at_risk;
	double step_loss;
} Weighing;

static int
compare_pools(const void *a, const void *b)
{
	Period month_a = ((const Pool *) a)->month;
	Period month_b = ((const Pool *) b)->month;

	return (month_a > month_b) - (month_a < month_b);
}

/* Take what a pool says, with the weight it has been given. */
static void
weigh(Weighing *sum, const Pool *pool)
{
	const Outcome *stayed = &pool->stayed;
	double n = (double) stayed->watched;
	double rate = (double) stayed->lost / n;
	/* nobody lost is no proof that nobody would */
	double likely = ((double) stayed->lost + 1) / (n + 2);

	sum->entries += pool->entries;
	sum->loss += pool->entries * rate;
	sum->variance += pool->entries * pool->entries * likely * (1 - likely) / n;
	if (stayed->before > 0)
	{
		rate = (double) stayed->lost_mrr / (double) stayed->before;
		likely = (rate * n + 1) / (n + 2);
		sum->money += pool->money;
		sum->money_loss += pool->money * rate;
		sum->money_variance +=
			pool->money * pool->money * likely * (1 - likely) / n;
	}
	if (stayed->at_risk > 0)
	{
		sum->at_risk += pool->at_risk;
		sum->step_loss += pool->at_risk * ((double) stayed->step_lost /
										   (double) stayed->at_risk);
	}
}

static void
pool_lend(Pool *pool, const Pool *to)
{
	pool->entries += to->entries;
	pool->money += to->money;
	pool->at_risk += to->at_risk;
}

/* Pools of all that stayed, by month. */
static Pool *
month_pools(const WindowStats *stats, int *npools)
{
	Pool *pools =
		runtime_alloc_zero(NULL, (stats->nstratum_months + 1) * sizeof(Pool));
	int count = 0;

	for (int p = 0; p < stats->nstratum_months; p++)
		pools[p].month = stats->stratum_months[p]->month;
	runtime_sort(pools, stats->nstratum_months, sizeof(Pool), compare_pools);
	for (int p = 0; p < stats->nstratum_months; p++)
		if (count == 0 || pools[count - 1].month != pools[p].month)
			pools[count++].month = pools[p].month;
	*npools = count;
	return pools;
}

static Pool *
pool_of(Pool *pools, int npools, Period month)
{
	int low = 0;
	int high = npools - 1;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (pools[middle].month < month)
			low = middle + 1;
		else
			high = middle;
	}
	return &pools[low];
}

static const Match *
cell_at(const WindowStats *stats, const StratumMonth *stratum_month, int band)
{
	return stratum_month->cells[band] > 0
			   ? &stats->cells[stratum_month->cells[band] - 1]
			   : NULL;
}

/* Weigh one stratum and month; what has too few for comparison is lent from pool. */
static void
weigh_stratum_month(Weighing *sum, const WindowStats *stats,
					const StratumMonth *stratum_month, Pool *lender)
{
	Pool stratum_month_pool = {.month = stratum_month->month};

	for (int band = 0; band < BANDS; band++)
	{
		const Match *cell = cell_at(stats, stratum_month, band);

		if (cell != NULL)
			outcome_add(&stratum_month_pool.stayed, &cell->stayed);
	}
	for (int band = 0; band < BANDS; band++)
	{
		const Match *cell = cell_at(stats, stratum_month, band);
		Pool pool = {.month = stratum_month->month};

		if (cell == NULL || cell->entered.watched == 0)
			continue;
		pool.stayed = cell->stayed;
		pool.entries = (double) cell->entered.watched;
		pool.money = (double) cell->entered.before;
		pool.at_risk = (double) cell->entered.at_risk;
		if (cell->stayed.watched >= MIN_STAYED)
			weigh(sum, &pool);
		else if (stratum_month_pool.stayed.watched >= MIN_STAYED)
			pool_lend(&stratum_month_pool, &pool);
		else
			pool_lend(lender, &pool);
	}
	if (stratum_month_pool.entries > 0)
		weigh(sum, &stratum_month_pool);
}

/* What would have been lost anyway. */
Control
control_of(const WindowStats *stats)
{
	Control control = {.matched = NAN,
					   .loss_rate = NAN,
					   .money_rate = NAN,
					   .money_variance = NAN,
					   .step_rate = NAN,
					   .loss_variance = NAN};
	Weighing sum = {0};
	Pool all = {0};
	double matched;
	int npools;
	Pool *pools = month_pools(stats, &npools);
	int32_t days = 0;
	double overlap;

	for (int p = 0; p < stats->nstratum_months; p++)
	{
		const StratumMonth *stratum_month = stats->stratum_months[p];
		Pool *pool = pool_of(pools, npools, stratum_month->month);

		check_interrupts();
		for (int band = 0; band < BANDS; band++)
		{
			const Match *cell = cell_at(stats, stratum_month, band);

			if (cell == NULL)
				continue;
			outcome_add(&pool->stayed, &cell->stayed);
			outcome_add(&all.stayed, &cell->stayed);
		}
	}
	for (int p = 0; p < stats->nstratum_months; p++)
		weigh_stratum_month(
			&sum, stats, stats->stratum_months[p],
			pool_of(pools, npools, stats->stratum_months[p]->month));
	matched = sum.entries;
	for (int p = 0; p < npools; p++)
	{
		if (pools[p].entries == 0)
			continue;
		if (pools[p].stayed.watched >= MIN_STAYED)
			weigh(&sum, &pools[p]);
		else
			pool_lend(&all, &pools[p]);
	}
	if (all.entries > 0 && all.stayed.watched >= MIN_STAYED)
		weigh(&sum, &all);
	runtime_free(pools);

	control.watched = all.stayed.watched;
	if (sum.entries == 0)
		return control;
	days = STEP_DAYS;
	overlap = ceil(
		((double) stats->window.look_back + (double) stats->window.look_ahead) /
		days);
	control.matched = matched / (double) window_stats_own_base(stats);
	control.loss_rate = sum.loss / sum.entries;
	control.loss_variance =
		overlap * sum.variance / (sum.entries * sum.entries);
	if (sum.money > 0)
	{
		control.money_rate = sum.money_loss / sum.money;
		control.money_variance =
			overlap * sum.money_variance / (sum.money * sum.money);
	}
	if (sum.at_risk > 0)
		control.step_rate = sum.step_loss / sum.at_risk;
	return control;
}
