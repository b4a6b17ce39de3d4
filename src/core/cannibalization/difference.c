/*
 * difference.c
 *		Differences in differences of shares.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/difference.h"

#include <math.h>

static double
share_rate(Share share, double *variance)
{
	double rate;
	double likely;

	if (share.n < 1 || share.hits < 0 || share.hits > share.n)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Give how many were lost, and of how many.",
					  "\"%lld\" of \"%lld\" is not a share",
					  (long long) share.hits, (long long) share.n);
	rate = likely = (double) share.hits / (double) share.n;
	/* none or all of them is no proof that it is always so */
	if (share.hits == 0 || share.hits == share.n)
		likely = ((double) share.hits + 1) / ((double) share.n + 2);
	*variance += likely * (1 - likely) / (double) share.n;
	return rate;
}

/* Four groups of different customers. */
Difference
difference_of(Share treated_before, Share treated_after, Share control_before,
			  Share control_after)
{
	double variance = 0;
	double tb = share_rate(treated_before, &variance);
	double ta = share_rate(treated_after, &variance);
	double cb = share_rate(control_before, &variance);
	double ca = share_rate(control_after, &variance);

	return (Difference){ta - tb, ta - ca, (ta - tb) - (ca - cb),
						sqrt(variance)};
}
