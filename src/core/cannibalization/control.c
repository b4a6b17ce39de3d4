/*
 * control.c
 *		What donors lose without the focal product.
 *
 * Direct standardisation: the loss rates of the control, weighed by how many
 * treated customers are in the same cell.  A cell with too few controls borrows
 * from its stratum and month, then from the month, then from all.  Customers who
 * had lost something before the day borrow from such customers only.
 *
 * A control who enters before the end of the look-ahead counts for the days
 * before that.  Without them the control would hold too many who left, because
 * customers who leave do not enter.
 *
 * Entries of customers who had lost something before are of two kinds: some had
 * gone anyway, others went because the new product was coming.  Of the former
 * there are as many as come by chance where those who had gone enter no more
 * readily than those who have not; what is beyond is of the latter, and is
 * compared with those who are whole.
 *
 * One customer is observed in several months, whose windows overlap.  The mean
 * of k estimates that may be correlated has at most the variance of one of them,
 * so the variance is multiplied by k: the windows that overlap where months have
 * STEP_DAYS.  Around a February one more may.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/verdict.h"

#include <math.h>
#include <string.h>

#define MIN_CONTROL 5
#define CHANCE 2 /* standard deviations that are chance */

/* Controls of some cells, and the entries that are compared with them */
typedef struct Pool
{
	Outcome control;
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

/* A stratum in a month */
typedef struct StratumPool
{
	Pool pools[2];
	double entered; /* entries of who is whole */
	bool is_treated;
} StratumPool;

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

/* How many were observed; who entered before the end counts for a part. */
static double
exposed(const Outcome *control, Window window)
{
	double exposed = (double) (control->observed - control->censored);

	if (control->censored > 0)
		exposed += (double) control->censored_days / window.look_ahead;
	return exposed;
}

/* The same of their money. */
static double
exposed_money(const Outcome *control, Window window)
{
	double exposed = (double) (control->before - control->censored_before);

	if (control->censored > 0)
		exposed += (double) control->censored_before *
				   (double) control->censored_days /
				   ((double) control->censored * window.look_ahead);
	return exposed;
}

/* Take what a pool says, with the weight it has been given. */
static void
weigh(Weighing *sum, const Pool *pool, Window window)
{
	const Outcome *control = &pool->control;
	double n = exposed(control, window);
	double money = exposed_money(control, window);
	double rate = (double) control->lost / n;
	/* nobody lost is no proof that nobody would */
	double likely = ((double) control->lost + 1) / (n + 2);

	sum->entries += pool->entries;
	sum->loss += pool->entries * rate;
	sum->variance += pool->entries * pool->entries * likely * (1 - likely) / n;
	if (money > 0)
	{
		rate = (double) control->lost_mrr / money;
		likely = (rate * n + 1) / (n + 2);
		sum->money += pool->money;
		sum->money_loss += pool->money * rate;
		sum->money_variance +=
			pool->money * pool->money * likely * (1 - likely) / n;
	}
	if (control->at_risk > 0)
	{
		sum->at_risk += pool->at_risk;
		sum->step_loss += pool->at_risk * ((double) control->step_lost /
										   (double) control->at_risk);
	}
}

static void
pool_lend(Pool *pool, const Pool *to)
{
	pool->entries += to->entries;
	pool->money += to->money;
	pool->at_risk += to->at_risk;
}

/* Pools of all controls, by month. */
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
	double whole = (double) pools[0].control.observed;

	if (whole >= MIN_CONTROL)
		scales->chance += entries * (double) pools[1].control.observed / whole;
	else
		scales->rest += entries;
}

/*
 * Weigh one stratum and month, whose controls are in its pools; what has too few
 * for comparison is lent from those of the month.
 */
static void
weigh_stratum_month(Scales *scales, const StratumMonth *stratum_month,
					StratumPool *own, Pool *lenders)
{
	const WindowStats *stats = scales->stats;
	Pool *pools = own->pools;

	if (!own->is_treated)
		return;
	if (own->entered > 0)
		add_chance(scales, pools, own->entered);
	for (int band = 0; band < BANDS; band++)
	{
		int has_lost = band >= WHOLE_BANDS;
		const Match *cell = cell_at(stats, stratum_month, band);
		const Outcome *treated;
		Pool pool = {0};

		if (cell == NULL || cell->treated == 0)
			continue;
		treated = match_treated(stats, cell);
		pool.control = cell->control;
		pool.entries = (double) treated->observed;
		pool.money = (double) treated->before;
		pool.at_risk = (double) treated->at_risk;
		if (exposed(&cell->control, stats->window) >= MIN_CONTROL)
		{
			weigh(&scales->sums[has_lost], &pool, stats->window);
			scales->matched += pool.entries;
		}
		else if (exposed(&pools[has_lost].control, stats->window) >=
				 MIN_CONTROL)
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

/* Add a stratum and month up. */
static void
stratum_month_pool(const WindowStats *stats, const StratumMonth *stratum_month,
				   StratumPool *own, Compared *compared)
{
	for (int band = 0; band < BANDS; band++)
	{
		const Match *cell = cell_at(stats, stratum_month, band);
		int has_lost = band >= WHOLE_BANDS;
		const Outcome *treated;

		if (cell == NULL)
			continue;
		outcome_add(&own->pools[has_lost].control, &cell->control);
		if (cell->treated == 0)
			continue;
		treated = match_treated(stats, cell);
		own->is_treated = true;
		if (!has_lost)
			own->entered += (double) treated->observed;
		compared[has_lost].entries += (double) treated->observed;
		compared[has_lost].losing += (double) treated->lost;
		compared[has_lost].money += (double) treated->before;
	}
}

/*
 * Weigh all of it, and count who is compared; what nobody is left for is in all.
 */
static void
weigh_all(Scales *scales, Pool *all, Compared *compared)
{
	const WindowStats *stats = scales->stats;
	int npools;
	MonthPool *pools = month_pools(stats, &npools);
	/* cells are many: they are read once, then pools of them */
	StratumPool *own = runtime_alloc_zero(
		NULL, ((size_t) stats->nstratum_months + 1) * sizeof(StratumPool));

	for (int p = 0; p < stats->nstratum_months; p++)
	{
		const StratumMonth *stratum_month = stats->stratum_months[p];
		MonthPool *pool = pool_of(pools, npools, stratum_month->month);

		check_interrupts();
		stratum_month_pool(stats, stratum_month, &own[p], compared);
		for (int has_lost = 0; has_lost < 2; has_lost++)
		{
			const Outcome *control = &own[p].pools[has_lost].control;

			outcome_add(&pool->pools[has_lost].control, control);
			outcome_add(&all[has_lost].control, control);
		}
	}
	for (int p = 0; p < stats->nstratum_months; p++)
		weigh_stratum_month(
			scales, stats->stratum_months[p], &own[p],
			pool_of(pools, npools, stats->stratum_months[p]->month)->pools);
	runtime_free(own);
	for (int p = 0; p < npools; p++)
		for (int has_lost = 0; has_lost < 2; has_lost++)
		{
			const Pool *pool = &pools[p].pools[has_lost];

			if (pool->entries == 0)
				continue;
			if (exposed(&pool->control, stats->window) >= MIN_CONTROL)
				weigh(&scales->sums[has_lost], pool, stats->window);
			else
				pool_lend(&all[has_lost], pool);
		}
	if (scales->rest > 0)
		add_chance(scales, all, scales->rest);
	for (int has_lost = 0; has_lost < 2; has_lost++)
		if (all[has_lost].entries > 0 &&
			exposed(&all[has_lost].control, stats->window) >= MIN_CONTROL)
			weigh(&scales->sums[has_lost], &all[has_lost], stats->window);
	runtime_free(pools);
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

	control.customers = stats->control_customers;
	if (stats->ntreated == 0)
		return control;
	weigh_all(&scales, all, compared);
	entries = compared[0].entries + compared[1].entries;
	money = compared[0].money + compared[1].money;
	if (compared[1].entries > 0)
		share = fmin(1, (scales.chance + CHANCE * sqrt(scales.chance + 1)) /
							compared[1].entries);
	/* who enters is compared, or is not known */
	if (whole->entries == 0 &&
		compared[0].entries + (1 - share) * compared[1].entries > 0)
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
