/*
 * instalments.c
 *		Which instalment of a subscription a day is in.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/date.h"
#include "utils/datetime.h"

/*
 * cvm._instalments(start, day, months, days): how many instalments have begun
 * after the first by the end of a day.  Months are added to the start, never
 * to the instalment before: 31 January is followed by 29 February and 31
 * March.  On the day before the start it is -1.
 */
PG_FUNCTION_INFO_V1(cvm_instalments);
Datum
cvm_instalments(PG_FUNCTION_ARGS)
{
	DateADT start = PG_GETARG_DATEADT(0);
	DateADT day = PG_GETARG_DATEADT(1);
	int64 step = PG_GETARG_INT64(2);
	int64 elapsed;

	if (DATE_NOT_FINITE(start) || DATE_NOT_FINITE(day))
		PG_RETURN_NULL();
	if (PG_GETARG_INT64(3) > 0)
	{
		step = PG_GETARG_INT64(3);
		elapsed = (int64) day - start;
	}
	else
	{
		int year, month, mday;
		int start_year, start_month, start_mday;

		j2date(start + POSTGRES_EPOCH_JDATE, &start_year, &start_month,
			   &start_mday);
		j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
		elapsed =
			((int64) year - start_year) * MONTHS_PER_YEAR + month - start_month;
		if (mday < start_mday && mday < day_tab[isleap(year)][month - 1])
			elapsed--;
	}
	step = Max(step, 1);
	PG_RETURN_INT32((int32) (elapsed < 0 ? -1 : elapsed / step));
}

/*
 * cvm._months_since(day, as_of): whole months from a day until another one.  A
 * month is over on the day of the same number: from 31 January on no month is
 * over before March.
 */
PG_FUNCTION_INFO_V1(cvm_months_since);
Datum
cvm_months_since(PG_FUNCTION_ARGS)
{
	DateADT day = PG_GETARG_DATEADT(0);
	DateADT as_of = PG_GETARG_DATEADT(1);
	int year, month, mday;
	int from_year, from_month, from_mday;

	if (DATE_NOT_FINITE(day) || DATE_NOT_FINITE(as_of))
		PG_RETURN_NULL();
	j2date(day + POSTGRES_EPOCH_JDATE, &from_year, &from_month, &from_mday);
	j2date(as_of + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	PG_RETURN_INT32((year - from_year) * MONTHS_PER_YEAR + month - from_month -
					(from_mday > mday ? 1 : 0));
}
