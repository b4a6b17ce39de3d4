/*
 * logrank.c
 *		Do groups churn alike?  Mantel's test and its relatives (survival.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/survival.h"

#include <math.h>
#include <string.h>

Weight
weight_of(const char *name, size_t size)
{
	static const char *const names[] = {"logrank", "gehan", "tarone-ware",
										"peto", "fleming"};

	for (int i = 0; i < 5; i++)
		if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0)
			return (Weight) i;
	runtime_error(RUNTIME_INVALID_VALUE,
				  "Use logrank, gehan, tarone-ware, peto or fleming.",
				  "unknown weight \"%.*s\"", (int) (size > 64 ? 64 : size),
				  name);
}

/* Solve a symmetric system by elimination; how many equations it had. */
static int
quadratic_form(double *matrix, double *vector, int size, double *form)
{
	double *least = runtime_alloc(NULL, ((size_t) size + 1) * sizeof(double));
	int rank = 0;

	/* what elimination leaves of a variance that the others determine */
	for (int i = 0; i < size; i++)
		least[i] = matrix[i * size + i] * 1e-10;
	*form = 0;
	for (int i = 0; i < size; i++)
	{
		double pivot = matrix[i * size + i];

		if (!(pivot > least[i]))
			continue;
		rank++;
		*form += vector[i] * vector[i] / pivot;
		for (int j = i + 1; j < size; j++)
		{
			double factor = matrix[j * size + i] / pivot;

			vector[j] -= factor * vector[i];
			for (int k = i + 1; k < size; k++)
				matrix[j * size + k] -= factor * matrix[i * size + k];
		}
	}
	runtime_free(least);
	return rank;
}

/* One group on its way through its ages */
typedef struct GroupWalk
{
	const Survival *survival;
	int mark;
	int64_t here;
	int64_t events; /* at the age looked at */
} GroupWalk;

/* Go to an age: who is at risk at it, and who churns. */
static void
walk_group(GroupWalk *walk, int32_t age)
{
	const SurvivalMark *marks = walk->survival->marks;
	int nmarks = walk->survival->nmarks;

	for (; walk->mark < nmarks && marks[walk->mark].age < age; walk->mark++)
		walk->here += marks[walk->mark].kind == MARK_ENTERED
						  ? marks[walk->mark].count
						  : -marks[walk->mark].count;
	walk->events = 0;
	for (int i = walk->mark; i < nmarks && marks[i].age == age; i++)
		if (marks[i].kind >= MARK_EVENT)
			walk->events += marks[i].count;
}

/* How much an age weighs: at risk and events there, survival before it. */
static double
age_weight(Weight weight, double n, double survival, double modified)
{
	switch (weight)
	{
		case WEIGHT_GEHAN:
			return n;
		case WEIGHT_TARONE_WARE:
			return sqrt(n);
		case WEIGHT_PETO:
			return modified;
		case WEIGHT_FLEMING:
			return survival;
		default:
			return 1;
	}
}

/*
 * Add what a stratum has seen and expected: groups, of which some may be
 * missing.
 */
static void
stratum_add(const Survival *const *groups, int ngroups, Weight weight,
			double *excess, double *variance)
{
	GroupWalk *walks = runtime_alloc_zero(NULL, ngroups * sizeof(GroupWalk));
	int size = ngroups - 1;
	Survival *all = survival_new(NULL);
	Survival *nobody = survival_new(NULL);
	SurvivalAge *ages;
	int nages;
	double survival = 1;
	double modified = 1;

	for (int g = 0; g < ngroups; g++)
	{
		const Survival *group = groups[g] ? groups[g] : nobody;

		walks[g].survival = group;
		for (int i = 0; i < group->nmarks; i++)
			walks[g].here += group->marks[i].kind == MARK_ENTERED
								 ? -group->marks[i].count
								 : group->marks[i].count;
		survival_merge(all, group);
	}
	nages = survival_ages(all, &ages);
	for (int i = 0; i < nages; i++)
	{
		double n = (double) ages[i].at_risk;
		double d = (double) ages[i].events;
		double spread = n > 1 ? d * (n - d) / (n - 1) : 0;
		double w;

		check_interrupts();
		if (d == 0)
			continue;
		modified *= 1 - d / (n + 1);
		w = age_weight(weight, n, survival, modified);
		survival *= 1 - d / n;
		for (int g = 0; g < ngroups; g++)
			walk_group(&walks[g], ages[i].age);
		for (int g = 0; g < size; g++)
		{
			double share = (double) walks[g].here / n;

			excess[g] += w * ((double) walks[g].events - d * share);
			for (int h = 0; h < size; h++)
				variance[g * size + h] +=
					w * w * spread * share *
					((g == h) - (double) walks[h].here / n);
		}
	}
	runtime_free(walks);
}

/* Do the groups differ?  Mantel's log-rank test. */
LogRank
survival_logrank(const Survival *const *groups, int ngroups, int nstrata,
				 Weight weight)
{
	LogRank result = {NAN, 0, NAN};
	int size = ngroups - 1;
	double *excess = runtime_alloc_zero(NULL, ngroups * sizeof(double));
	double *variance =
		runtime_alloc_zero(NULL, (size_t) size * size * sizeof(double) + 1);

	for (int stratum = 0; stratum < nstrata; stratum++)
		stratum_add(groups + (size_t) stratum * ngroups, ngroups, weight,
					excess, variance);
	result.degrees = quadratic_form(variance, excess, size, &result.chi_square);
	if (result.degrees == 0)
		result.chi_square = NAN;
	else
		result.p_value = chi_square_tail(result.chi_square, result.degrees);
	return result;
}
