/*
 * pareto_nbd.c
 *		Buying and dropping out: the Pareto/NBD model.
 *
 * With x, t and T the frequency, recency and age of a customer the likelihood
 * is, but for factors that both cases have,
 *
 *	 (alpha + T)^-(r + x) (beta + T)^-s
 *		 + s * the integral from t to T of f(u) du,
 *	 f(u) = (alpha + u)^-(r + x) (beta + u)^-(s + 1):
 *
 * alive still, or dropped out at u.  The textbooks write the integral as a
 * difference of two hypergeometric functions 2F1, which cancel; here it is
 * added up from positive parts.  It depends on x and on two days, so for each x
 * it is made once from day to day, down from the last: all customers with that
 * x read it at their two days.  With it go the integrals of f by the gradient
 * and Hessian of ln f, which give those of the likelihood.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/purchases/pareto_nbd.h"

#include <math.h>

#include "core/util/gamma.h"

#define N 4
#define PIECES_MOST 100000
#define LN_NOTHING 45 /* e to its negative is below the last digit */

enum
{
	R,
	ALPHA,
	S,
	BETA
};

/* Gauss and Legendre's nodes, of one side, and weights */
typedef struct Rule
{
	int nnodes;
	double nodes[4];
	double weights[4];
} Rule;

static const Rule rules[] = {{2,
							  {0.3399810435848562648, 0.8611363115940525752},
							  {0.6521451548625461426, 0.3478548451374538574}},
							 {4,
							  {0.1834346424956498049, 0.5255324099163289858,
							   0.7966664774136267395, 0.9602898564975362317},
							  {0.3626837833783619830, 0.3137066458778872873,
							   0.2223810344533744705, 0.1012285362903762592}}};

/* Integrals of f, by f at the day from which they reach */
typedef struct Tail
{
	double day;
	double log_a; /* ln(alpha + day) */
	double log_b; /* ln(beta + day) */
	double log_f;
	Slope slope; /* value: of f; gradient, hessian: of its own */
} Tail;

static double
log_density(const double *p, int32_t x, double u)
{
	return -(p[R] + x) * log(p[ALPHA] + u) - (p[S] + 1) * log(p[BETA] + u);
}

/* Add a piece of the integral: f at u by f at the start, and its slope. */
static void
node_add(const double *p, int32_t x, double u, double log_start, double width,
		 Slope *sum)
{
	double log_a = log(p[ALPHA] + u);
	double log_b = log(p[BETA] + u);
	double a = 1 / (p[ALPHA] + u);
	double b = 1 / (p[BETA] + u);
	double f =
		width * exp(-(p[R] + x) * log_a - (p[S] + 1) * log_b - log_start);
	double g[N] = {-log_a, -(p[R] + x) * a, -log_b, -(p[S] + 1) * b};

	sum->value += f;
	for (int i = 0; i < N; i++)
	{
		sum->gradient[i] += f * g[i];
		for (int j = 0; j <= i; j++)
			sum->hessian[i][j] += f * g[i] * g[j];
	}
	sum->hessian[ALPHA][R] -= f * a;
	sum->hessian[ALPHA][ALPHA] += f * (p[R] + x) * a * a;
	sum->hessian[BETA][S] -= f * b;
	sum->hessian[BETA][BETA] += f * (p[S] + 1) * b * b;
}

/* ln of f in the variable ln(least + u), from which the width of a piece follows */
static double
log_density_by_ln(const double *p, int32_t x, double least, double v)
{
	return v + log_density(p, x, exp(v) - least);
}

/*
 * How far in that variable the integral has to go: it is concave there, so where
 * it has fallen to nothing it stays so, and falls at most as exp(-exp()) does.
 */
static double
width_of(const double *p, int32_t x, double least, double low, double width)
{
	double bottom = log_density_by_ln(p, x, least, low) - LN_NOTHING;
	double below = 0;

	if (!(log_density_by_ln(p, x, least, low + width) < bottom))
		return width;
	for (int i = 0; i < 60; i++)
	{
		double middle = (below + width) / 2;

		if (log_density_by_ln(p, x, least, low + middle) < bottom)
			width = middle;
		else
			below = middle;
	}
	return width;
}

/*
 * The integral from one time to another, by f at the first.  The variable is
 * ln(min(alpha, beta) + u), in which f falls about as exp does, in pieces short
 * enough for the nodes; what is below the last digit is left out.
 */
static void
integrate(const double *p, int32_t x, double from, double to, Slope *sum)
{
	double least = fmin(p[ALPHA], p[BETA]);
	double low = log(least + from);
	double width = log1p((to - from) / (least + from));
	double log_start = log_density(p, x, from);
	double fall = fmax(width, (log_start - log_density(p, x, to)) / 2);
	double pieces;
	double half;
	const Rule *rule = &rules[fall > 0.05];

	if (fall > 2 * LN_NOTHING)
	{
		width = width_of(p, x, least, low, width);
		fall = fmin(fall, fmax(8 * width, 2 * LN_NOTHING));
	}
	pieces = fmin(fmax(ceil(fall), 1), PIECES_MOST);
	half = width / pieces / 2;
	for (int32_t i = 0; i < pieces; i++)
	{
		double middle = low + (2 * i + 1) * half;
		double before = sum->value;

		if ((i & 0xfff) == 0)
			check_interrupts();
		for (int j = 0; j < rule->nnodes; j++)
			for (int side = -1; side <= 1; side += 2)
			{
				double reach = exp(middle + side * half * rule->nodes[j]);

				node_add(p, x, reach - least, log_start,
						 half * rule->weights[j] * reach, sum);
			}
		/* nor is there more to come of what is no number */
		if (!((sum->value - before) * (pieces - i) >= sum->value * 1e-18 &&
			  sum->value > 0))
			break;
	}
}

/* Make of a tail the one that begins earlier. */
static void
tail_reach(const double *p, int32_t x, double day, Tail *tail)
{
	Slope slope = {0};
	double log_a = log(p[ALPHA] + day);
	double log_b = log(p[BETA] + day);
	double log_f = -(p[R] + x) * log_a - (p[S] + 1) * log_b;

	if (day < tail->day)
	{
		integrate(p, x, day, tail->day, &slope);
		slope_add(&slope, exp(tail->log_f - log_f), &tail->slope, N);
	}
	tail->day = day;
	tail->log_a = log_a;
	tail->log_b = log_b;
	tail->log_f = log_f;
	tail->slope = slope;
}

/* The slope of ln of the integral between two days; false: it is nothing. */
static bool
between(const double *p, const Tail *from, const Tail *to, Slope *slope)
{
	Slope rest = from->slope;

	slope_add(&rest, -exp(to->log_f - from->log_f), &to->slope, N);
	if (!(rest.value > 0))
		return false;
	slope->value = log(p[S]) + from->log_f + log(rest.value);
	for (int i = 0; i < N; i++)
	{
		slope->gradient[i] = rest.gradient[i] / rest.value;
		for (int j = 0; j <= i; j++)
			slope->hessian[i][j] = rest.hessian[i][j] / rest.value -
								   slope->gradient[i] * slope->gradient[j];
	}
	slope->gradient[S] += 1 / p[S];
	slope->hessian[S][S] -= 1 / (p[S] * p[S]);
	return true;
}

/* A customer who is alive still. */
static void
alive_slope(const double *p, int32_t x, double age, double log_a, double log_b,
			Slope *slope)
{
	double a = 1 / (p[ALPHA] + age);
	double b = 1 / (p[BETA] + age);

	slope->gradient[R] = -log_a;
	slope->gradient[ALPHA] = -(p[R] + x) * a;
	slope->gradient[S] = -log_b;
	slope->gradient[BETA] = -p[S] * b;
	slope->value = (p[R] + x) * slope->gradient[R] + p[S] * slope->gradient[S];
	slope->hessian[ALPHA][R] = -a;
	slope->hessian[ALPHA][ALPHA] = (p[R] + x) * a * a;
	slope->hessian[BETA][S] = -b;
	slope->hessian[BETA][BETA] = p[S] * b * b;
}

/* Customers with as many purchases, and the days that they ask for */
typedef struct Group
{
	size_t from;
	size_t to;
	size_t ndays;
	double *days; /* descending, each once */
} Group;

typedef struct Prepared
{
	Sample sample;
	size_t ngroups;
	Group *groups;
	size_t most_days;
	/* where the days of each customer stand among those of the group */
	uint32_t *recency_at;
	uint32_t *age_at;
	Tail *tails; /* of one group */
} Prepared;

static int
compare_days(const void *a, const void *b)
{
	double day_a = *(const double *) a;
	double day_b = *(const double *) b;

	return (day_a < day_b) - (day_a > day_b);
}

static uint32_t
day_at(const Group *group, double day)
{
	size_t low = 0;
	size_t high = group->ndays - 1;

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if (group->days[middle] > day)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint32_t) low;
}

static void
prepare(const Purchases *purchases, double unit_days, Prepared *prepared)
{
	Sample *sample = &prepared->sample;
	double *days;

	*prepared = (Prepared){0};
	sample_make(purchases, unit_days, sample);
	prepared->groups =
		runtime_alloc(NULL, (sample->ncells + 1) * sizeof(Group));
	prepared->recency_at =
		runtime_alloc(NULL, (sample->ncells + 1) * sizeof(uint32_t));
	prepared->age_at =
		runtime_alloc(NULL, (sample->ncells + 1) * sizeof(uint32_t));
	days = runtime_alloc(NULL, (sample->ncells + 1) * 2 * sizeof(double));
	for (size_t i = 0; i < sample->ncells;)
	{
		Group *group = &prepared->groups[prepared->ngroups++];
		size_t ndays = 0;

		*group = (Group){.from = i, .days = days};
		for (; i < sample->ncells && sample->cells[i].frequency ==
										 sample->cells[group->from].frequency;
			 i++)
		{
			days[ndays++] = sample->cells[i].recency;
			days[ndays++] = sample->cells[i].age;
		}
		group->to = i;
		runtime_sort(days, ndays, sizeof(double), compare_days);
		for (size_t j = 0; j < ndays; j++)
			if (j == 0 || days[j] != days[j - 1])
				group->days[group->ndays++] = days[j];
		days += ndays;
		if (group->ndays > prepared->most_days)
			prepared->most_days = group->ndays;
		for (size_t j = group->from; j < group->to; j++)
		{
			prepared->recency_at[j] = day_at(group, sample->cells[j].recency);
			prepared->age_at[j] = day_at(group, sample->cells[j].age);
		}
	}
	prepared->tails =
		runtime_alloc(NULL, (prepared->most_days + 1) * sizeof(Tail));
}

static void
slope_of(const void *data, const double *p, Slope *slope)
{
	const Prepared *prepared = data;
	Rising buys = {.start = p[R]};

	for (size_t g = 0; g < prepared->ngroups; g++)
	{
		const Group *group = &prepared->groups[g];
		int32_t x = prepared->sample.cells[group->from].frequency;
		Tail tail = {.day = group->days[0]};
		Slope common = {0};
		double customers = 0;

		for (size_t i = 0; i < group->ndays; i++)
		{
			check_interrupts();
			tail_reach(p, x, group->days[i], &tail);
			prepared->tails[i] = tail;
		}
		for (size_t i = group->from; i < group->to; i++)
		{
			const SampleCell *cell = &prepared->sample.cells[i];
			const Tail *age = &prepared->tails[prepared->age_at[i]];
			Slope alive = {0};
			Slope gone = {0};

			alive_slope(p, x, cell->age, age->log_a, age->log_b, &alive);
			customers += cell->customers;
			if (between(p, &prepared->tails[prepared->recency_at[i]], age,
						&gone))
				slope_mix(slope, cell->customers, &alive, &gone, N);
			else
				slope_add(slope, cell->customers, &alive, N);
		}
		rising_reach(&buys, x);
		common.value = buys.logs + p[R] * log(p[ALPHA]) + p[S] * log(p[BETA]);
		common.gradient[R] = buys.inverses + log(p[ALPHA]);
		common.gradient[ALPHA] = p[R] / p[ALPHA];
		common.gradient[S] = log(p[BETA]);
		common.gradient[BETA] = p[S] / p[BETA];
		common.hessian[R][R] = -buys.squares;
		common.hessian[ALPHA][R] = 1 / p[ALPHA];
		common.hessian[ALPHA][ALPHA] = -p[R] / (p[ALPHA] * p[ALPHA]);
		common.hessian[BETA][S] = 1 / p[BETA];
		common.hessian[BETA][BETA] = -p[S] / (p[BETA] * p[BETA]);
		slope_add(slope, customers, &common, N);
	}
}

/* Find the parameters under which the customers are likeliest. */
void
pareto_nbd_fit(const Purchases *purchases, double unit_days, PurchaseFit *fit)
{
	Prepared prepared;

	prepare(purchases, unit_days, &prepared);
	*fit = (PurchaseFit){.customers = prepared.sample.customers,
						 .repeaters = prepared.sample.repeaters,
						 .reason = sample_lacks(&prepared.sample)};
	if (fit->reason != NULL)
		return;
	fit->maximum.start[ALPHA] =
		log(prepared.sample.mean_age / prepared.sample.mean_frequency);
	fit->maximum.start[BETA] = log(prepared.sample.mean_age);
	fit_find(fit, N, slope_of, &prepared);
}

double
pareto_nbd_log_likelihood(const Purchases *purchases, double unit_days,
						  const double *parameters)
{
	Prepared prepared;
	Slope slope = {0};

	prepare(purchases, unit_days, &prepared);
	slope_of(&prepared, parameters, &slope);
	return slope.value;
}

/* The chance that a customer has not dropped out. */
double
pareto_nbd_alive(const double *parameters, int32_t frequency, double recency,
				 double age)
{
	Slope gone = {0};
	Slope alive = {0};

	if (!(age > recency))
		return 1;
	integrate(parameters, frequency, recency, age, &gone);
	alive_slope(parameters, frequency, age, log(parameters[ALPHA] + age),
				log(parameters[BETA] + age), &alive);
	return 1 / (1 + parameters[S] * gone.value *
						exp(log_density(parameters, frequency, recency) -
							alive.value));
}

/* Purchases expected in a time ahead; s = 1 is no exception. */
double
pareto_nbd_purchases(const double *parameters, int32_t frequency,
					 double recency, double age, double ahead)
{
	double s = parameters[S];
	double b = parameters[BETA] + age;
	double left = -log1p(ahead / b);
	double alive_time = s == 1 ? -left : -expm1((s - 1) * left) / (s - 1);

	return (parameters[R] + frequency) / (parameters[ALPHA] + age) * b *
		   alive_time * pareto_nbd_alive(parameters, frequency, recency, age);
}
