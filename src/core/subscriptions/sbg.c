/*
 * sbg.c
 *		Projection of survival: the shifted-beta-geometric model.
 *
 * The chance to survive period t having survived those before is
 * (beta + t - 1) / (alpha + beta + t - 1), so the likelihood is a product over
 * periods of who was at risk, who was lost and who was not; who is still alive
 * counts in every period they lived through, whenever their cohort began.  It
 * needs no gamma functions, and its derivatives are sums of reciprocals.
 *
 * The maximum is looked for by core/util/maximize.h, up to an edge, to which the
 * way runs off when the data have no maximum inside, as when retention does
 * not rise with age: customers are then all alike, and to say so is right.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/sbg.h"

#include <math.h>

#include "core/util/maximize.h"

#define MAX_PERIODS 100000
#define WORK_MOST \
	30000000 /* periods looked at while climbing: a second or two */
#define SUM_TERMS 1000000 /* before another way to a sum is taken */
#define EDGE 9.21034 /* ln 10000: alpha and beta are looked for up to there */

/* Who was at risk and lost in each period, 1 to nperiods */
typedef struct Renewals
{
	int32_t nperiods;
	double *at_risk;
	double *lost;
	double all_lost;
} Renewals;

enum
{
	ALPHA,
	BETA,
	N
};

static void
renewals_of(const Survival *survival, Renewals *renewals)
{
	SurvivalAge *ages;
	int nages = survival_ages(survival, &ages);
	double here = 0;
	int mark = 0;

	renewals->nperiods = nages ? ages[nages - 1].age : 0;
	renewals->all_lost = 0;
	if (nages > 0 && ages[0].age == 0 && ages[0].events > 0)
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"Count periods from 1: who did not renew the first time was "
			"lost in period 1.",
			"customers lost in period 0");
	if (renewals->nperiods > MAX_PERIODS)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Count longer periods, such as months.",
					  "more than %d periods", MAX_PERIODS);
	renewals->at_risk =
		runtime_alloc_zero(NULL, (renewals->nperiods + 1) * sizeof(double));
	renewals->lost =
		runtime_alloc_zero(NULL, (renewals->nperiods + 1) * sizeof(double));
	for (int i = 0; i < survival->nmarks; i++)
		here += survival->marks[i].kind == MARK_ENTERED
					? -(double) survival->marks[i].count
					: (double) survival->marks[i].count;
	for (int32_t t = 0; t <= renewals->nperiods; t++)
	{
		renewals->at_risk[t] = here;
		for (; mark < survival->nmarks && survival->marks[mark].age == t;
			 mark++)
		{
			double count = (double) survival->marks[mark].count;

			if (survival->marks[mark].kind >= MARK_EVENT)
				renewals->lost[t] += count;
			here += survival->marks[mark].kind == MARK_ENTERED ? count : -count;
		}
		renewals->all_lost += renewals->lost[t];
	}
	runtime_free(ages);
}

static void
slope_of(const void *data, const double *parameters, Slope *slope)
{
	const Renewals *renewals = data;
	double alpha = parameters[ALPHA];
	double beta = parameters[BETA];

	slope->value = renewals->all_lost * log(alpha);
	slope->gradient[ALPHA] = renewals->all_lost / alpha;
	slope->hessian[ALPHA][ALPHA] = -renewals->all_lost / (alpha * alpha);
	for (int32_t t = 1; t <= renewals->nperiods; t++)
	{
		double n = renewals->at_risk[t];
		double stayed = n - renewals->lost[t];
		double all = alpha + beta + (t - 1);
		double membership = beta + (t - 1);

		slope->value += stayed * log(membership) - n * log(all);
		slope->gradient[ALPHA] -= n / all;
		slope->gradient[BETA] += stayed / membership - n / all;
		slope->hessian[ALPHA][ALPHA] += n / (all * all);
		slope->hessian[BETA][ALPHA] += n / (all * all);
		slope->hessian[BETA][BETA] +=
			n / (all * all) - stayed / (membership * membership);
	}
}

double
sbg_log_likelihood(const Survival *survival, double alpha, double beta)
{
	Renewals renewals;
	Slope slope = {0};

	renewals_of(survival, &renewals);
	slope_of(&renewals, (double[N]){alpha, beta}, &slope);
	return slope.value;
}

static void
fit_fail(void)
{
	runtime_error(
		RUNTIME_INVALID_VALUE,
		"Retention has to rise with age for it; use a constant churn "
		"rate, or more periods.",
		"no interior maximum: the shifted-beta-geometric model does not "
		"fit these data");
}

/* Find the parameters under which the data are likeliest; false: none are. */
static bool
fit_renewals(const Renewals *renewals, Sbg *fit)
{
	Maximum maximum = {
		.nparameters = N, .low = {-EDGE, -EDGE}, .high = {EDGE, EDGE}};

	if (renewals->nperiods == 0 || renewals->all_lost == 0)
		return false;
	maximum.slopes_most = WORK_MOST / renewals->nperiods;
	maximize(&maximum, slope_of, renewals);
	if (!maximum.is_found)
		return false;
	fit->alpha = maximum.parameters[ALPHA];
	fit->beta = maximum.parameters[BETA];
	fit->alpha_error = maximum.errors[ALPHA];
	fit->beta_error = maximum.errors[BETA];
	fit->covariance = maximum.covariance[BETA][ALPHA];
	fit->log_likelihood = maximum.value;
	fit->lost = (int64_t) renewals->all_lost;
	fit->periods = renewals->nperiods;
	return true;
}

/* The same; that there are none is an error. */
void
sbg_fit(const Survival *survival, Sbg *fit)
{
	Renewals renewals;

	renewals_of(survival, &renewals);
	if (!fit_renewals(&renewals, fit))
		fit_fail();
	fit->customers = 0;
	for (int i = 0; i < survival->nmarks; i++)
		if (survival->marks[i].kind != MARK_ENTERED)
			fit->customers += survival->marks[i].count;
}

/*
 * The same of who was at risk and lost in each period, from the first on: those
 * of whom not all periods were seen count in those that were.
 */
bool
sbg_fit_counts(int32_t nperiods, const int64_t *at_risk, const int64_t *lost,
			   Sbg *fit)
{
	Renewals renewals = {.nperiods = nperiods};

	renewals.at_risk =
		runtime_alloc_zero(NULL, (nperiods + 1) * sizeof(double));
	renewals.lost = runtime_alloc_zero(NULL, (nperiods + 1) * sizeof(double));
	for (int32_t t = 1; t <= nperiods; t++)
	{
		renewals.at_risk[t] = (double) at_risk[t - 1];
		renewals.lost[t] = (double) lost[t - 1];
		renewals.all_lost += renewals.lost[t];
	}
	fit->customers = 0;
	return fit_renewals(&renewals, fit);
}

/* The share that survives so many periods. */
double
sbg_survival(double alpha, double beta, int32_t periods)
{
	double survival = 1;

	if (periods > MAX_PERIODS)
		return exp(lgamma(beta + periods) - lgamma(beta) -
				   lgamma(alpha + beta + periods) + lgamma(alpha + beta));
	for (int32_t t = 0; t < periods; t++)
		survival *= (beta + t) / (alpha + beta + t);
	return survival;
}

/*
 * The sum over i of (b)_i / (c)_i z^i, a hypergeometric function 2F1(1, b; c; z),
 * by the continued fraction of Gauss: where z is near 1 it takes about the
 * square root of the terms that the sum takes.  NaN where it does not end.
 */
static double
gauss_fraction(double b, double c, double z)
{
	double value = 1;
	double up = 1;
	double down = 0;

	/* modified Lentz: 1 / value is the function */
	for (int64_t i = 0; i < INT64_C(20000000); i++)
	{
		double n = (double) (i / 2);
		double k = b / c;
		double change;

		if (i % 2 != 0)
			k = (n + 1) * (c - b + n) / ((c + 2 * n) * (c + 2 * n + 1));
		else if (i > 0)
			k = (b + n) * (c - 1 + n) / ((c + 2 * n - 1) * (c + 2 * n));
		down = 1 / (1 - k * z * down);
		up = 1 - k * z / up;
		change = up * down;
		value *= change;
		if (fabs(change - 1) < 1e-16)
			return 1 / value;
		if ((i & 0xffff) == 0)
			check_interrupts();
	}
	return NAN;
}

/*
 * Discounted payments expected from a customer about to renew for the n-th
 * time, that payment included; of a new customer, who pays at once, when n is
 * 0.  NaN where the sum does not end.
 */
double
sbg_lifetime(double alpha, double beta, double discount, int32_t renewals)
{
	double chance = renewals == 0
						? 1
						: (beta + renewals - 1) / (alpha + beta + renewals - 1);
	double membership = beta + renewals;
	double all = alpha + beta + renewals;
	double factor = 1 / (1 + discount);
	double term = 1;
	double sum = 1;

	if (discount == 0)
		return alpha > 1 ? chance * (all - 1) / (alpha - 1) : NAN;
	for (int32_t i = 0; i < SUM_TERMS; i++)
	{
		term *= (membership + i) / (all + i) * factor;
		sum += term;
		/* what is left is less than a geometric series of this term */
		if (term * factor <= sum * (1 - factor) * 1e-17)
			return chance * sum;
		if ((i & 0xffff) == 0)
			check_interrupts();
	}
	return chance * gauss_fraction(membership, all, factor);
}
