/*
 * quantile.c
 *		In which quantile one is by rank.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"

/* mid_quantile(rank, rank_with_ties, n, quantiles) */
PG_FUNCTION_INFO_V1(cvm_mid_quantile);
Datum
cvm_mid_quantile(PG_FUNCTION_ARGS)
{
	int64 rank = PG_GETARG_INT64(0);
	int64 rank_with_ties = PG_GETARG_INT64(1);
	int64 n = PG_GETARG_INT64(2);
	int32 quantiles = PG_GETARG_INT32(3);
	__int128 middle; /* of the ranks, doubled */

	if (quantiles <= 0 || rank <= 0 || rank > rank_with_ties ||
		rank_with_ties > n)
		PG_RETURN_NULL();
	middle = (__int128) rank - 1 + rank_with_ties;
	PG_RETURN_INT32((int32) (middle * quantiles / (2 * (__int128) n)) + 1);
}
