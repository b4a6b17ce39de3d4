/*
 * maximize.h
 *		The maximum of a likelihood of up to four parameters.
 *
 * What is looked for are logarithms of positive parameters.  A model tells its
 * value, gradient and Hessian by the parameters themselves; these are brought
 * to their logarithms here.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_MAXIMIZE_H
#define CVM_CORE_UTIL_MAXIMIZE_H

#include "core/runtime.h"

#define PARAMETERS_MOST 4

/* A likelihood somewhere; of the Hessian only [i][j] with j <= i is told */
typedef struct Slope
{
	double value;
	double gradient[PARAMETERS_MOST];
	double hessian[PARAMETERS_MOST][PARAMETERS_MOST];
} Slope;

typedef struct Maximum
{
	int nparameters;
	/* the way there: where to start, and how far to look, as logarithms */
	double start[PARAMETERS_MOST];
	double low[PARAMETERS_MOST];
	double high[PARAMETERS_MOST];
	int64_t slopes_most; /* that may be asked for; 0: any number */
	/* what was found */
	bool is_found; /* inside, and the parameters can be told apart */
	double parameters[PARAMETERS_MOST];
	double errors[PARAMETERS_MOST]; /* standard errors */
	double covariance[PARAMETERS_MOST][PARAMETERS_MOST];
	double value;
	int steps;
} Maximum;

/* Fills a slope, all zero before, by the parameters. */
typedef void (*SlopeOf)(const void *data, const double *parameters,
						Slope *slope);

extern void maximize(Maximum *maximum, SlopeOf slope_of, const void *data);

#endif /* CVM_CORE_UTIL_MAXIMIZE_H */
