/*
 * control.c
 *		What donors lose without the focal product.
 *
 * Direct standardisation: the loss rates of those who stayed, weighed by how
 * many entered from the same cell.  A cell with too few of them borrows from
 * its stratum and month, then from the month, then from all; who is whole on
 * the day from those who are, who had lost something from those who had.
 *
 * Who enters before the end of the look-ahead counts for the part of it that
 * was seen.  Without them the control would hold too many who left: who leaves
 * does not enter.
 *
 * Entries of customers who had lost something before are of two kinds: some had
 * gone anyway, others went because the new product was coming.  Of the former
 * there are as many as come by chance where those who had gone enter no more
 * readily than those who have not; what is beyond is of the latter, and is
 * compared with those who are whole.
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
#define CHANCE 2 /* standard deviations that are chance */

/* Those who stayed in some cells, and the entries that are compared to them */
typedef struct Pool
{
	Outcome stayed;
	double entries;
	double money;
	double at_risk;
} Pool;

/* A month: who was whole on the day, and who had lost something */
typedef struct MonthPool
{
	Period month;
	Pool pools[2];
} MonthPool;

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
	Period month_a = ((const MonthPool *) a)->month;
	Period month_b = ((const MonthPool *) b)->month;

	return (month_a > month_b) - (month_a < month_b);
}

/* How many were watched to the end, those who entered for a part of it. */
static double
exposed(const Outcome *stayed, Window window)
{
	double exposed = (double) (stayed->watched - stayed->censored);

	if (stayed->censored > 0)
		exposed += (double) stayed->censored_days / window.look_ahead;
	return exposed;
}

/* The same of their money. */
static double
exposed_money(const Outcome *stayed, Window window)
{
	double exposed = (double) (stayed->before - stayed->censored_before);

	if (stayed->censored > 0)
		exposed += (double) stayed->censored_before *
				   (double) stayed->censored_days /
				   ((double) stayed->censored * window.look_ahead);
	return exposed;
}

/* Take what a pool says, with the weight it has been given. */
static void
weigh(Weighing *sum, const Pool *pool, Window window)
{
	const Outcome *stayed = &pool->stayed;
	double n = exposed(stayed, window);
	double money = exposed_money(stayed, window);
	double rate = (double) stayed->lost / n;
	/* nobody lost is no proof that nobody would */
	double likely = ((double) stayed->lost + 1) / (n + 2);

	sum->entries += pool->entries;
	sum->loss += pool->entries * rate;
	sum->variance += pool->entries * pool->entries * likely * (1 - likely) / n;
	if (money > 0)
	{
		rate = (double) stayed->lost_mrr / money;
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
static MonthPool *
month_pools(const WindowStats *stats, int *npools)
{
	MonthPool *pools = runtime_alloc_zero(
		NULL, (stats->nstratum_months + 1) * sizeof(MonthPool));
	int count = 0;

	for (int p = 0; p < stats->nstratum_months; p++)
		pools[p].month = stats->stratum_months[p]->month;
	runtime_sort(pools, stats->nstratum_months, sizeof(MonthPool),
				 compare_pools);
	for (int p = 0; p < stats->nstratum_months; p++)
		if (count == 0 || pools[count - 1].month != pools[p].month)
			pools[count++].month = pools[p].month;
	*npools = count;
	return pools;
}

static MonthPool *
pool_of(MonthPool *pools, int npools, Period month)
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

/* What the weighing of a state is about: who is whole, who had lost something */
typedef struct Scales
{
	const WindowStats *stats;
	Weighing sums[2];
	double matched;
	double chance; /* entries of who had gone, where they enter like others */
	double rest;   /* entries of who is whole, in months with nobody else */
} Scales;

/* Entries by chance of customers who had lost something. */
static void
add_chance(Scales *scales, const Pool *pools, double entries)
{
	double whole = (double) pools[0].stayed.watched;

	if (whole >= MIN_STAYED)
		scales->chance += entries * (double) pools[1].stayed.watched / whole;
	else
		scales->rest += entries;
}

/*
 * Weigh one stratum and month; what has too few for comparison is lent from
 * those of the month.
 */
static void
weigh_stratum_month(Scales *scales, const StratumMonth *stratum_month,
					Pool *lenders)
{
	const WindowStats *stats = scales->stats;
	Pool pools[2] = {0};
	double entries = 0;

	for (int band = 0; band < BANDS; band++)
	{
		const Match *cell = cell_at(stats, stratum_month, band);

		if (cell == NULL)
			continue;
		outcome_add(&pools[band >= WHOLE_BANDS].stayed, &cell->stayed);
		if (band < WHOLE_BANDS)
			entries += (double) cell->entered.watched;
	}
	if (entries > 0)
		add_chance(scales, pools, entries);
	for (int band = 0; band < BANDS; band++)
	{
		int has_lost = band >= WHOLE_BANDS;
		const Match *cell = cell_at(stats, stratum_month, band);
		Pool pool = {0};

		if (cell == NULL || cell->entered.watched == 0)
			continue;
		pool.stayed = cell->stayed;
		pool.entries = (double) cell->entered.watched;
		pool.money = (double) cell->entered.before;
		pool.at_risk = (double) cell->entered.at_risk;
		if (exposed(&cell->stayed, stats->window) >= MIN_STAYED)
		{
			weigh(&scales->sums[has_lost], &pool, stats->window);
			scales->matched += pool.entries;
		}
		else if (exposed(&pools[has_lost].stayed, stats->window) >= MIN_STAYED)
			pool_lend(&pools[has_lost], &pool);
		else
			pool_lend(&lenders[has_lost], &pool);
	}
	for (int has_lost = 0; has_lost < 2; has_lost++)
		if (pools[has_lost].entries > 0)
		{
			weigh(&scales->sums[has_lost], &pools[has_lost], stats->window);
			scales->matched += pools[has_lost].entries;
		}
}

/* Weigh all of it; what nobody is left for is in all. */
static void
weigh_all(Scales *scales, Pool *all)
{
	const WindowStats *stats = scales->stats;
	int npools;
	MonthPool *pools = month_pools(stats, &npools);

	for (int p = 0; p < stats->nstratum_months; p++)
	{
		const StratumMonth *stratum_month = stats->stratum_months[p];
		MonthPool *pool = pool_of(pools, npools, stratum_month->month);

		check_interrupts();
		for (int band = 0; band < BANDS; band++)
		{
			const Match *cell = cell_at(stats, stratum_month, band);
			int has_lost = band >= WHOLE_BANDS;

			if (cell == NULL)
				continue;
			outcome_add(&pool->pools[has_lost].stayed, &cell->stayed);
			outcome_add(&all[has_lost].stayed, &cell->stayed);
		}
	}
	for (int p = 0; p < stats->nstratum_months; p++)
		weigh_stratum_month(
			scales, stats->stratum_months[p],
			pool_of(pools, npools, stats->stratum_months[p]->month)->pools);
	for (int p = 0; p < npools; p++)
		for (int has_lost = 0; has_lost < 2; has_lost++)
		{
			const Pool *pool = &pools[p].pools[has_lost];

			if (pool->entries == 0)
				continue;
			if (exposed(&pool->stayed, stats->window) >= MIN_STAYED)
				weigh(&scales->sums[has_lost], pool, stats->window);
			else
				pool_lend(&all[has_lost], pool);
		}
	if (scales->rest > 0)
		add_chance(scales, all, scales->rest);
	for (int has_lost = 0; has_lost < 2; has_lost++)
		if (all[has_lost].entries > 0 &&
			exposed(&all[has_lost].stayed, stats->window) >= MIN_STAYED)
			weigh(&scales->sums[has_lost], &all[has_lost], stats->window);
	runtime_free(pools);
}

/* Who entered, of those who were whole or had lost something. */
static void
find_entered(const WindowStats *stats, Control *control)
{
	for (int p = 0; p < stats->nstratum_months; p++)
		for (int band = 0; band < BANDS; band++)
		{
			const Match *cell = cell_at(stats, stats->stratum_months[p], band);
			Compared *compared = &control->compared[band >= WHOLE_BANDS];

			if (cell == NULL)
				continue;
			compared->entries += (double) cell->entered.watched;
			compared->losing += (double) cell->entered.lost;
			compared->money += (double) cell->entered.before;
		}
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
	Scales scales = {.stats = stats};
	const Weighing *whole = &scales.sums[0];
	const Weighing *gone = &scales.sums[1];
	Compared *compared = control.compared;
	Pool all[2] = {0};
	double overlap = ceil(
		((double) stats->window.look_back + (double) stats->window.look_ahead) /
		STEP_DAYS);
	double entries;
	double money;
	double share = 0; /* of those who had lost something: gone anyway */
	double weight[2];
	double rate[2];

	weigh_all(&scales, all);
	find_entered(stats, &control);
	control.customers = stats->control_customers;
	entries = compared[0].entries + compared[1].entries;
	money = compared[0].money + compared[1].money;
	if (compared[1].entries > 0)
		share = fmin(1, (scales.chance + CHANCE * sqrt(scales.chance + 1)) /
							compared[1].entries);
	/* who enters is compared, or is not known */
	if (entries == 0 ||
		(whole->entries == 0 &&
		 compared[0].entries + (1 - share) * compared[1].entries > 0))
		return control;

	control.matched = scales.matched / (double) window_stats_own_base(stats);
	/* with nobody to compare with, who has gone stays away */
	rate[0] = whole->entries > 0 ? whole->loss / whole->entries : 0;
	rate[1] = gone->entries > 0 ? gone->loss / gone->entries : 1;
	compared[0].rate = rate[0];
	compared[1].rate = share * rate[1] + (1 - share) * rate[0];
	control.loss_rate = (compared[0].entries * compared[0].rate +
						 compared[1].entries * compared[1].rate) /
						entries;
	weight[0] =
		(compared[0].entries + (1 - share) * compared[1].entries) / entries;
	weight[1] = share * compared[1].entries / entries;
	control.loss_variance = 0;
	for (int i = 0; i < 2; i++)
		if (scales.sums[i].entries > 0)
			control.loss_variance +=
				weight[i] * weight[i] * overlap * scales.sums[i].variance /
				(scales.sums[i].entries * scales.sums[i].entries);
	if (money > 0 && (whole->money > 0 || compared[0].money == 0))
	{
		rate[0] = whole->money > 0 ? whole->money_loss / whole->money : 0;
		rate[1] = gone->money > 0 ? gone->money_loss / gone->money : 1;
		weight[0] =
			(compared[0].money + (1 - share) * compared[1].money) / money;
		weight[1] = share * compared[1].money / money;
		control.money_rate = weight[0] * rate[0] + weight[1] * rate[1];
		control.money_variance = 0;
		for (int i = 0; i < 2; i++)
			if (scales.sums[i].money > 0)
				control.money_variance +=
					weight[i] * weight[i] * overlap *
					scales.sums[i].money_variance /
					(scales.sums[i].money * scales.sums[i].money);
	}
	if (whole->at_risk + gone->at_risk > 0)
		control.step_rate = (whole->step_loss + gone->step_loss) /
							(whole->at_risk + gone->at_risk);
	return control;
}
