/*
 * observed.c
 *		Until when was observed: the day after the last one seen.
 *
 * The state is one number, so that it costs nothing to keep: above, the last
 * day seen that is not in the future; below, the first of all.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/date.h"

#define LAST_DAY(state) ((int32) ((state) >> 32))
#define FIRST_DAY(state) ((int32) (uint32) (state))
#define NO_LAST PG_INT32_MIN
#define NO_FIRST PG_INT32_MAX

static int64
observed_state(int32 last, int32 first)
{
	return (int64) ((uint64) (uint32) last << 32 | (uint32) first);
}

/* Step of observed_until_agg(started_on, ended_on, today) */
PG_FUNCTION_INFO_V1(cvm_observed_add);
Datum
cvm_observed_add(PG_FUNCTION_ARGS)
{
	int64 state = PG_ARGISNULL(0) ? observed_state(NO_LAST, NO_FIRST)
								  : PG_GETARG_INT64(0);
	int32 last = LAST_DAY(state);
	int32 first = FIRST_DAY(state);

	if (PG_ARGISNULL(3))
		PG_RETURN_INT64(state);
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
		if (i == 1 && day < first)
			first = day;
	}
	PG_RETURN_INT64(observed_state(last, first));
}

PG_FUNCTION_INFO_V1(cvm_observed_combine);
Datum
cvm_observed_combine(PG_FUNCTION_ARGS)
{
	int64 a = PG_GETARG_INT64(0);
	int64 b = PG_GETARG_INT64(1);

	PG_RETURN_INT64(observed_state(Max(LAST_DAY(a), LAST_DAY(b)),
								   Min(FIRST_DAY(a), FIRST_DAY(b))));
}

PG_FUNCTION_INFO_V1(cvm_observed_final);
Datum
cvm_observed_final(PG_FUNCTION_ARGS)
{
	int64 state = PG_GETARG_INT64(0);

	if (LAST_DAY(state) != NO_LAST)
		PG_RETURN_DATEADT(LAST_DAY(state) + 1);
	if (FIRST_DAY(state) != NO_FIRST)
		PG_RETURN_DATEADT(FIRST_DAY(state) + 1);
	PG_RETURN_NULL();
}
