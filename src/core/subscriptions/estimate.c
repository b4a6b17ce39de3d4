/*
 * estimate.c
 *		How long customers stay: estimates from a state
 *		(core/subscriptions/survival.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <math.h>
#include <string.h>

#include "core/subscriptions/survival.h"
#include "core/util/money.h"

Limits
limits_of(const char *name, size_t size)
{
	static const char *const names[] = {"plain", "log", "log-log", "logit"};

	for (int i = 0; i < 4; i++)
		if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0)
			return (Limits) i;
	runtime_error(RUNTIME_INVALID_VALUE, "Use plain, log, log-log or logit.",
				  "unknown kind of limits \"%.*s\"",
				  (int) (size > 64 ? 64 : size), name);
}

/* The ages at which customers leave observation. */
int
survival_ages(const Survival *survival, SurvivalAge **ages)
{
	int nages = 0;
	int64_t here = 0;

	*ages = runtime_alloc(NULL, (survival->nmarks + 1) * sizeof(SurvivalAge));
	for (int i = 0; i < survival->nmarks; i++)
		here = survival->marks[i].kind == MARK_ENTERED
				   ? here - survival->marks[i].count
				   : count_add(here, survival->marks[i].count);
	for (int i = 0; i < survival->nmarks;)
	{
		SurvivalAge *at = &(*ages)[nages];
		int64_t entered = 0;

		check_interrupts();
		*at = (SurvivalAge){.age = survival->marks[i].age, .at_risk = here};
		for (; i < survival->nmarks && survival->marks[i].age == at->age; i++)
		{
			int64_t count = survival->marks[i].count;

			if (survival->marks[i].kind == MARK_ENTERED)
				entered = count;
			else if (survival->marks[i].kind == MARK_CENSORED)
				at->censored = count;
			else
				at->events += count;
		}
		here += entered - at->events - at->censored;
		nages += at->events + at->censored > 0;
	}
	return nages;
}

/* Confidence limits of a survival whose variance is survival^2 * sum. */
static void
point_limits(SurvivalPoint *point, double sum, double z, Limits limits)
{
	double s = point->survival;
	double width = z * sqrt(sum);

	point->low = point->high = NAN;
	if (!(s > 0))
		return;
	switch (limits)
	{
		case LIMITS_PLAIN:
			point->low = fmax(s - s * width, 0);
			point->high = fmin(s + s * width, 1);
			break;
		case LIMITS_LOG:
			point->low = s * exp(-width);
			point->high = fmin(s * exp(width), 1);
			break;
		case LIMITS_LOG_LOG:
			if (s == 1)
				break;
			point->low = pow(s, exp(-width / log(s)));
			point->high = pow(s, exp(width / log(s)));
			break;
		case LIMITS_LOGIT:
			if (s == 1)
				break;
			point->low = 1 / (1 + (1 - s) / s * exp(width / (1 - s)));
			point->high = 1 / (1 + (1 - s) / s * exp(-width / (1 - s)));
			break;
	}
}

/* The estimate at each age at which customers leave. */
int
survival_points(const Survival *survival, double z, Limits limits,
				SurvivalPoint **points)
{
	SurvivalAge *ages;
	int nages = survival_ages(survival, &ages);
	double s = 1;
	double sum = 0;
	double hazard = 0;
	double hazard_sum = 0;

	*points = runtime_alloc(NULL, (nages + 1) * sizeof(SurvivalPoint));
	for (int i = 0; i < nages; i++)
	{
		SurvivalPoint *point = &(*points)[i];
		double n = (double) ages[i].at_risk;
		double d = (double) ages[i].events;

		check_interrupts();
		if (d > 0)
		{
			s = ages[i].events == ages[i].at_risk ? 0 : s * (1 - d / n);
			sum += d / (n * (n - d));
			hazard += d / n;
			hazard_sum += d / (n * n);
		}
		point->at = ages[i];
		point->survival = s;
		point->std_error = s > 0 ? s * sqrt(sum) : NAN;
		point->hazard = hazard;
		point->hazard_error = sqrt(hazard_sum);
		point_limits(point, sum, z, limits);
	}
	runtime_free(ages);
	return nages;
}

/*
 * The first ages at which the estimate, and its lower and upper limit, are at
 * or below a level; limits only where z is a number.
 */
void
survival_first(const Survival *survival, double level, double z, Limits limits,
			   int32_t *first, bool *is_found)
{
	SurvivalAge *ages;
	int nages = survival_ages(survival, &ages);
	int wanted = isnan(z) ? 1 : 3;
	double s = 1;
	double sum = 0;

	for (int i = 0; i < 3; i++)
		is_found[i] = false;
	for (int i = 0; i < nages; i++)
	{
		double n = (double) ages[i].at_risk;
		double d = (double) ages[i].events;
		SurvivalPoint point = {.at = ages[i]};
		double reached[3];
		int missing = 0;

		if ((i & 255) == 255)
			check_interrupts();
		if (d > 0)
		{
			s = ages[i].events == ages[i].at_risk ? 0 : s * (1 - d / n);
			sum += d / (n * (n - d));
		}
		point.survival = s;
		point.std_error = s > 0 ? s * sqrt(sum) : NAN;
		if (wanted > 1)
			point_limits(&point, sum, z, limits);
		reached[0] = s;
		reached[1] = point.low;
		reached[2] = point.high;
		for (int j = 0; j < wanted; j++)
		{
			/* NaN is never at or below the level */
			if (!is_found[j] && reached[j] <= level + 1e-12)
			{
				first[j] = ages[i].age;
				is_found[j] = true;
			}
			missing += !is_found[j];
		}
		if (missing == 0)
			break;
	}
	runtime_free(ages);
}

/*
 * The incidence of one cause, with the standard error of Marubini and
 * Valsecchi (1995), whose sums over earlier ages are kept as they go.
 */
int
survival_incidence(const Survival *survival, int cause, Incidence **rows)
{
	SurvivalAge *ages;
	int nages = survival_ages(survival, &ages);
	int mark = 0;
	double s = 1;
	double incidence = 0;
	double w = 0, wi = 0, wii = 0, own = 0, cross = 0, cross_i = 0;

	*rows = runtime_alloc(NULL, (nages + 1) * sizeof(Incidence));
	for (int i = 0; i < nages; i++)
	{
		double n = (double) ages[i].at_risk;
		double d = (double) ages[i].events;
		int64_t events = 0;
		double k;
		double variance;

		check_interrupts();
		for (; mark < survival->nmarks &&
			   survival->marks[mark].age <= ages[i].age;
			 mark++)
			if (survival->marks[mark].kind == MARK_EVENT + cause)
				events = survival->marks[mark].count;
		k = (double) events;
		if (k > 0)
		{
			incidence += s * k / n;
			own += s * s * k * (n - k) / (n * n * n);
			cross += s * k / (n * n);
			cross_i += incidence * s * k / (n * n);
		}
		if (d > 0 && d < n)
		{
			double weight = d / (n * (n - d));

			w += weight;
			wi += weight * incidence;
			wii += weight * incidence * incidence;
		}
		s = ages[i].events == ages[i].at_risk ? 0 : s * (1 - d / n);
		variance = incidence * incidence * w - 2 * incidence * wi + wii + own -
				   2 * (incidence * cross - cross_i);
		(*rows)[i] = (Incidence){ages[i].age, ages[i].at_risk, events,
								 incidence, sqrt(fmax(variance, 0))};
	}
	runtime_free(ages);
	return nages;
}

/*
 * The area under the curve up to an age: the mean time until then.  NaN past
 * the last age seen, unless nobody is left there.
 */
double
survival_mean(const Survival *survival, double until, double *std_error)
{
	SurvivalPoint *points;
	int npoints = survival_points(survival, 1, LIMITS_PLAIN, &points);
	double area = 0;
	double variance = 0;
	double past = until;

	*std_error = NAN;
	if (!(until >= 0) || npoints == 0 ||
		(until > points[npoints - 1].at.age &&
		 points[npoints - 1].survival > 0))
		return NAN;
	/* from the right: the area behind an event says what it weighs */
	for (int i = npoints - 1; i >= 0; i--)
	{
		double n = (double) points[i].at.at_risk;
		double d = (double) points[i].at.events;

		if (points[i].at.age > until)
			continue;
		area += points[i].survival * (past - points[i].at.age);
		past = points[i].at.age;
		if (d < n)
			variance += area * area * d / (n * (n - d));
	}
	runtime_free(points);
	*std_error = sqrt(variance);
	return area + past;
}

/* Upper tail of the chi-square distribution: the regularised gamma function. */
double
chi_square_tail(double x, int degrees)
{
	double a = degrees / 2.0;
	double half = x / 2;
	double front;

	if (!(x > 0))
		return 1;
	front = exp(-half + a * log(half) - lgamma(a));
	if (half < a + 1)
	{
		double term = 1 / a;
		double sum = term;

		for (int i = 1; i < 10000 && term > sum * 1e-17; i++)
		{
			term *= half / (a + i);
			sum += term;
		}
		return fmax(1 - sum * front, 0);
	}
	else
	{
		/* Lentz's way through the continued fraction */
		double b = half + 1 - a;
		double c = 1e300;
		double d = 1 / b;
		double h = d;

		for (int i = 1; i < 10000; i++)
		{
			double factor = -i * (i - a);
			double step;

			b += 2;
			d = 1 / (factor * d + b);
			c = b + factor / c;
			step = d * c;
			h *= step;
			if (fabs(step - 1) < 1e-16)
				break;
		}
		return front * h;
	}
}
