/*
 * maximize.c
 *		The maximum of a likelihood of up to four parameters.
 *
 * Newton's method with the Hessian shifted until it is negative definite and
 * steps halved until the likelihood rises enough (Levenberg; Armijo).  Every
 * step climbs, so the way ends at a stationary point or runs off to the edge of
 * the parameters, as it does where data have no maximum inside.  Near the
 * maximum a likelihood is flat beyond what its digits tell; its derivatives are
 * not, so the last steps are those that make them smaller.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/maximize.h"

#include <math.h>
#include <string.h>

#define STEPS_MOST 200
#define STEP_LENGTH 2
#define LEAST_PART 1e-12
#define LEAST_PIVOT 1e-9 /* below it two parameters are one */

/* The slope by the logarithms of the parameters. */
static Slope
slope_at(int n, const double *logs, SlopeOf slope_of, const void *data)
{
	Slope slope = {0};
	double parameters[PARAMETERS_MOST];

	check_interrupts();
	for (int i = 0; i < n; i++)
		parameters[i] = exp(logs[i]);
	slope_of(data, parameters, &slope);
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j <= i; j++)
			slope.hessian[i][j] *= parameters[i] * parameters[j];
		slope.gradient[i] *= parameters[i];
		slope.hessian[i][i] += slope.gradient[i];
	}
	return slope;
}

/*
 * The triangle L with L L' = -Hessian + shift * its diagonal, each row scaled
 * to length one; false where it is not definite by at least a pivot.
 */
static bool
factor(const Slope *slope, int n, double shift, double least,
	   double lower[PARAMETERS_MOST][PARAMETERS_MOST], double *scale)
{
	for (int i = 0; i < n; i++)
		scale[i] = sqrt(fmax(fabs(slope->hessian[i][i]), 1e-300));
	for (int i = 0; i < n; i++)
		for (int j = 0; j <= i; j++)
		{
			double sum = -slope->hessian[i][j] / (scale[i] * scale[j]);

			if (i == j)
				sum += shift;
			for (int k = 0; k < j; k++)
				sum -= lower[i][k] * lower[j][k];
			if (i == j && !(sum > least))
				return false;
			lower[i][j] = i == j ? sqrt(sum) : sum / lower[j][j];
		}
	return true;
}

/* The uphill step that Newton's method takes from a place. */
static void
slope_step(const Slope *slope, int n, double *step)
{
	double lower[PARAMETERS_MOST][PARAMETERS_MOST];
	double scale[PARAMETERS_MOST];
	double shift = 0;
	double length = 0;

	memset(step, 0, n * sizeof(double));
	while (!factor(slope, n, shift, 1e-8, lower, scale))
	{
		if (shift > 1e8) /* what is there are no numbers */
			return;
		shift = shift == 0 ? 1e-3 : shift * 4;
	}
	for (int i = 0; i < n; i++)
	{
		double sum = slope->gradient[i] / scale[i];

		for (int k = 0; k < i; k++)
			sum -= lower[i][k] * step[k];
		step[i] = sum / lower[i][i];
	}
	for (int i = n - 1; i >= 0; i--)
	{
		double sum = step[i];

		for (int k = i + 1; k < n; k++)
			sum -= lower[k][i] * step[k];
		step[i] = sum / lower[i][i];
	}
	for (int i = 0; i < n; i++)
	{
		step[i] /= scale[i];
		length = fmax(length, fabs(step[i]));
	}
	if (length > STEP_LENGTH)
		for (int i = 0; i < n; i++)
			step[i] *= STEP_LENGTH / length;
}

static double
slope_size(const Slope *slope, int n)
{
	double size = 0;

	for (int i = 0; i < n; i++)
		size = fmax(size, fabs(slope->gradient[i]));
	return size;
}

static bool
is_inside(const Maximum *maximum, const double *logs)
{
	for (int i = 0; i < maximum->nparameters; i++)
		if (!(logs[i] > maximum->low[i] && logs[i] < maximum->high[i]))
			return false;
	return true;
}

/* The covariance of the logarithms: the inverse of the Hessian, negated. */
static bool
covariance_of(const Slope *slope, int n,
			  double covariance[PARAMETERS_MOST][PARAMETERS_MOST])
{
	double lower[PARAMETERS_MOST][PARAMETERS_MOST];
	double inverse[PARAMETERS_MOST][PARAMETERS_MOST] = {{0}};
	double scale[PARAMETERS_MOST];

	if (!factor(slope, n, 0, LEAST_PIVOT, lower, scale))
		return false;
	/* column i of the inverse of L: L column = the i-th unit vector */
	for (int i = 0; i < n; i++)
		for (int j = i; j < n; j++)
		{
			double sum = i == j;

			for (int k = i; k < j; k++)
				sum -= lower[j][k] * inverse[k][i];
			inverse[j][i] = sum / lower[j][j];
		}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
		{
			double sum = 0;

			for (int k = 0; k < n; k++)
				sum += inverse[k][i] * inverse[k][j];
			covariance[i][j] = sum / (scale[i] * scale[j]);
		}
	return true;
}

/* Find the parameters that are likeliest. */
void
maximize(Maximum *maximum, SlopeOf slope_of, const void *data)
{
	int n = maximum->nparameters;
	double logs[PARAMETERS_MOST];
	double step[PARAMETERS_MOST];
	Slope slope;
	bool is_polishing = false;
	int64_t slopes = 0;

	memcpy(logs, maximum->start, sizeof(logs));
	slope = slope_at(n, logs, slope_of, data);
	for (maximum->steps = 0; maximum->steps < STEPS_MOST; maximum->steps++)
	{
		double next_logs[PARAMETERS_MOST];
		Slope next;
		double rise = 0;
		double part = 1;

		slope_step(&slope, n, step);
		for (int i = 0; i < n; i++)
			rise += slope.gradient[i] * step[i];
		/* what is to be gained is less than the digits tell */
		if (!(rise > 1e-13 * (fabs(slope.value) + 1)))
			is_polishing = true;
		for (; part > LEAST_PART; part /= 2)
		{
			if (maximum->slopes_most > 0 && ++slopes > maximum->slopes_most)
				break;
			for (int i = 0; i < n; i++)
				next_logs[i] = logs[i] + part * step[i];
			next = slope_at(n, next_logs, slope_of, data);
			if (is_polishing ? slope_size(&next, n) < slope_size(&slope, n)
							 : next.value >= slope.value + 1e-4 * part * rise)
				break;
			if (is_polishing)
				part = 0;
		}
		if (maximum->slopes_most > 0 && slopes > maximum->slopes_most)
			break;
		if (!(part > LEAST_PART))
		{
			if (is_polishing)
				break;
			is_polishing = true;
			continue;
		}
		memcpy(logs, next_logs, sizeof(logs));
		slope = next;
		if (!is_inside(maximum, logs))
			break;
	}
	maximum->is_found =
		maximum->steps < STEPS_MOST &&
		(maximum->slopes_most == 0 || slopes <= maximum->slopes_most) &&
		is_inside(maximum, logs) &&
		covariance_of(&slope, n, maximum->covariance);
	maximum->value = slope.value;
	for (int i = 0; i < n; i++)
		maximum->parameters[i] = exp(logs[i]);
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < n; j++)
			maximum->covariance[i][j] *=
				maximum->parameters[i] * maximum->parameters[j];
		maximum->errors[i] = sqrt(maximum->covariance[i][i]);
	}
}
