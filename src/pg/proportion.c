/*
 * proportion.c
 *		How sure a proportion is, and a difference of two (core/util/wilson.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"

#include "core/util/wilson.h"
#include "pg/rows_out.h"

/* A row of limits, and of p, where it has that column */
static Datum
limits_row(FunctionCallInfo fcinfo, bool known, double low, double high,
		   double p)
{
	Datum values[3];
	bool nulls[3] = {!known, !known, !known};

	values[0] = Float8GetDatum(low);
	values[1] = Float8GetDatum(high);
	values[2] = Float8GetDatum(p);
	return row_out(fcinfo, values, nulls);
}

static void
check_hits(int64 hits, int64 n)
{
	if (hits < 0 || n < hits)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%lld\" of \"%lld\" is not a proportion",
							   (long long) hits, (long long) n),
						errhint("Give a count of 0 or more and how many it is "
								"of.")));
}

/* proportion_interval(hits, n, conf) */
PG_FUNCTION_INFO_V1(cvm_proportion_interval);
Datum
cvm_proportion_interval(PG_FUNCTION_ARGS)
{
	int64 hits = PG_GETARG_INT64(0);
	int64 n = PG_GETARG_INT64(1);
	double z = conf_to_z(PG_GETARG_FLOAT8(2));
	double low = 0;
	double high = 0;

	check_hits(hits, n);
	if (n > 0)
		wilson(hits, n, z, &low, &high);
	return limits_row(fcinfo, n > 0, low, high, 0);
}

/* _share_interval(share, size, conf) */
PG_FUNCTION_INFO_V1(cvm_share_interval);
Datum
cvm_share_interval(PG_FUNCTION_ARGS)
{
	double share = PG_GETARG_FLOAT8(0);
	double size = PG_GETARG_FLOAT8(1);
	double z = conf_to_z(PG_GETARG_FLOAT8(2));
	double low = 0;
	double high = 0;

	if (!(share >= 0 && share <= 1) || !(size >= 0) || isinf(size))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%g\" of \"%g\" is not a share", share, size),
						errhint("Give a share from 0 to 1 and how many it is "
								"of.")));
	if (size > 0)
		wilson_share(share, size, z, &low, &high);
	return limits_row(fcinfo, size > 0, low, high, 0);
}

/*
 * The argument correlation; not there: independent
 */
static double
argument_correlation(FunctionCallInfo fcinfo, int argument)
{
	double correlation = 0;

	if (argument < PG_NARGS())
		correlation = PG_GETARG_FLOAT8(argument);
	if (!(correlation >= -1 && correlation <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("correlation \"%g\" is not between -1 and 1",
							   correlation),
						errhint("Give what segment_overlap() says, or 0 for "
								"other customers.")));
	return correlation;
}

/*
 * proportion_difference(hits before, n before, hits after, n after, conf
 * [, correlation]), with p in the longer form
 */
PG_FUNCTION_INFO_V1(cvm_proportion_difference);
Datum
cvm_proportion_difference(PG_FUNCTION_ARGS)
{
	int64 hits_a = PG_GETARG_INT64(0);
	int64 n_a = PG_GETARG_INT64(1);
	int64 hits_b = PG_GETARG_INT64(2);
	int64 n_b = PG_GETARG_INT64(3);
	double z = conf_to_z(PG_GETARG_FLOAT8(4));
	double correlation = argument_correlation(fcinfo, 5);
	bool known = n_a > 0 && n_b > 0;
	double low = 0;
	double high = 0;
	double p = 1;

	check_hits(hits_a, n_a);
	check_hits(hits_b, n_b);
	if (known)
		newcombe(hits_a, n_a, hits_b, n_b, z, correlation, &low, &high);
	if (known && PG_NARGS() > 5)
		p = newcombe_p(hits_a, n_a, hits_b, n_b, correlation);
	return limits_row(fcinfo, known, low, high, p);
}

/*
 * mean_difference(before, its error, after, its error, conf [, correlation]),
 * with p in the longer form
 */
PG_FUNCTION_INFO_V1(cvm_mean_difference);
Datum
cvm_mean_difference(PG_FUNCTION_ARGS)
{
	double error_before = PG_GETARG_FLOAT8(1);
	double error_after = PG_GETARG_FLOAT8(3);
	double before = PG_GETARG_FLOAT8(0);
	double after = PG_GETARG_FLOAT8(2);
	double change = after - before;
	double z = conf_to_z(PG_GETARG_FLOAT8(4));
	double correlation = argument_correlation(fcinfo, 5);
	double apart = error_after - error_before;
	double error;

	if (!(error_before >= 0 && error_after >= 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a standard error is negative"),
						errhint("Give standard errors of 0 or more.")));
	/* the last digits of a division are no change, however sure */
	if (fabs(change) <= 1e-12 * fmax(fabs(before), fabs(after)))
		change = 0;
	error =
		hypot(apart, sqrt(2 * (1 - correlation) * error_before * error_after));
	return limits_row(fcinfo, isfinite(change) && isfinite(error),
					  change - z * error, change + z * error,
					  change == 0 ? 1 : erfc(fabs(change) / error / M_SQRT2));
}
