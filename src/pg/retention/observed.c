/*
 * observed.c
 *		Until when was observed: the day after the last one seen.
 *
 * The state is the last day seen that is not in the future, so that it costs
 * nothing to keep.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/date.h"

#define NO_DAY PG_INT32_MIN

/* Step of observed_until_agg(started_on, ended_on, today) */
PG_FUNCTION_INFO_V1(cvm_observed_add);
Datum
cvm_observed_add(PG_FUNCTION_ARGS)
{
	int64 last = PG_ARGISNULL(0) ? NO_DAY : PG_GETARG_INT64(0);

	if (PG_ARGISNULL(3))
		PG_RETURN_INT64(last);
	for (int i = 1; i <= 2; i++)
	{
		DateADT day;

		if (PG_ARGISNULL(i))
			continue;
		day = PG_GETARG_DATEADT(i);
		if (DATE_NOT_FINITE(day))
			continue;
		if (day <= PG_GETARG_DATEADT(3) && day > last)
			last = day;
	}
	PG_RETURN_INT64(last);
}

PG_FUNCTION_INFO_V1(cvm_observed_combine);
Datum
cvm_observed_combine(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(Max(PG_GETARG_INT64(0), PG_GETARG_INT64(1)));
}

PG_FUNCTION_INFO_V1(cvm_observed_final);
Datum
cvm_observed_final(PG_FUNCTION_ARGS)
{
	int64 last = PG_GETARG_INT64(0);

	if (last == NO_DAY)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT((DateADT) last + 1);
}
