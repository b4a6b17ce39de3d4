/*
 * instalments.c
 *		Which instalment of a subscription a day is in.
 *
 * Months are added to the start, never to the instalment before: 31 January is
 * followed by 29 February and 31 March.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/instalments.h"

#define MONTHS 12

static bool
is_last_of_month(Day day)
{
	int64_t year;
	int month, mday;

	civil_of_day((int64_t) day + 1, &year, &month, &mday);
	return mday == 1;
}

int32_t
instalments_by(Day start, Day day, int64_t months, int64_t days)
{
	int64_t step = days > 0 ? days : months;
	int64_t elapsed = (int64_t) day - start;

	if (days <= 0)
	{
		int64_t year, start_year;
		int month, mday;
		int start_month, start_mday;

		civil_of_day(start, &start_year, &start_month, &start_mday);
		civil_of_day(day, &year, &month, &mday);
		elapsed = (year - start_year) * MONTHS + month - start_month;
		if (mday < start_mday && !is_last_of_month(day))
			elapsed--;
	}
	if (step < 1)
		step = 1;
	return (int32_t) (elapsed < 0 ? -1 : elapsed / step);
}
