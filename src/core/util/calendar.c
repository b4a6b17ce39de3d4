/*
 * calendar.c
 *		Days, grains and periods.
 *
 * The proleptic Gregorian calendar repeats every 400 years of 146097 days, so
 * a day splits into an era and a day within it; years are counted from March
 * so that the leap day comes last.  Months of an anniversary are added to the
 * origin, never to the previous anniversary: 31 January is followed by 29
 * February and 31 March.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/calendar.h"

#include <string.h>

#define DAYS_PER_ERA 146097
#define MARCH_1_0000 (-730425) /* 0000-03-01 as a Day */
#define FIRST_MONDAY 2		   /* 2000-01-03 */

static const char *const grain_names[] = {"day", "week", "month", "quarter",
										  "year"};

static inline int64_t
floor_div(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

const char *
grain_name(Grain grain)
{
	return grain_names[grain];
}

/*
 * Read a grain: its name, or week:N with N the ISO day a week starts on.
 */
Calendar
calendar_of(const char *grain, size_t size, int week_start)
{
	Calendar calendar = {GRAIN_DAY, week_start};

	if (size == 6 && memcmp(grain, "week:", 5) == 0 && grain[5] >= '1' &&
		grain[5] <= '7')
	{
		calendar.grain = GRAIN_WEEK;
		calendar.week_start = grain[5] - '0';
		return calendar;
	}
	while (strlen(grain_names[calendar.grain]) != size ||
		   memcmp(grain_names[calendar.grain], grain, size) != 0)
	{
		if (calendar.grain == GRAIN_YEAR)
			runtime_error(
				RUNTIME_INVALID_VALUE,
				"Use day, week, month, quarter or year; week:7 is a week "
				"that starts on Sunday.",
				"unknown grain \"%.*s\"", (int) (size > 64 ? 64 : size), grain);
		calendar.grain++;
	}
	if (week_start < 1 || week_start > 7)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use an ISO day: 1 for Monday, up to 7 for Sunday.",
					  "week start \"%d\" is not a day of the week", week_start);
	if (calendar.grain != GRAIN_WEEK)
		calendar.week_start = 1;
	return calendar;
}

int64_t
day_of_civil(int64_t year, int month, int mday)
{
	int64_t march_year = month > 2 ? year : year - 1;
	int64_t era = floor_div(march_year, 400);
	int64_t year_of_era = march_year - era * 400;
	int64_t day_of_year =
		(153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;

	return MARCH_1_0000 + era * DAYS_PER_ERA + year_of_era * 365 +
		   year_of_era / 4 - year_of_era / 100 + day_of_year;
}

void
civil_of_day(int64_t day, int64_t *year, int *month, int *mday)
{
	int64_t since = day - MARCH_1_0000;
	int64_t era = floor_div(since, DAYS_PER_ERA);
	int64_t day_of_era = since - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
						   day_of_era / 146096) /
						  365;
	int day_of_year = (int) (day_of_era - (365 * year_of_era + year_of_era / 4 -
										   year_of_era / 100));
	int march_month = (5 * day_of_year + 2) / 153;

	*mday = day_of_year - (153 * march_month + 2) / 5 + 1;
	*month = march_month < 10 ? march_month + 3 : march_month - 9;
	*year = era * 400 + year_of_era + (*month <= 2);
}

static inline int64_t
month_of_day(int64_t day, int *mday)
{
	int64_t year;
	int month;

	civil_of_day(day, &year, &month, mday);
	return year * 12 + month - 1;
}

int32_t
months_over(Day since, Day until)
{
	int since_mday;
	int mday;
	int64_t since_month = month_of_day(since, &since_mday);
	int64_t month = month_of_day(until, &mday);

	return (int32_t) (month - since_month) - (since_mday > mday ? 1 : 0);
}

/* The day mday of an absolute month, or its last day if it is shorter. */
static int64_t
day_in_month(int64_t month, int mday)
{
	int64_t year = floor_div(month, 12);
	int64_t first = day_of_civil(year, (int) (month - year * 12) + 1, 1);
	int64_t next = month + 1;
	int64_t next_year = floor_div(next, 12);
	int64_t days =
		day_of_civil(next_year, (int) (next - next_year * 12) + 1, 1) - first;

	return first + (mday <= days ? mday : days) - 1;
}

/* The period a day lies in. */
Period
period_of(Calendar calendar, Day day)
{
	int mday;

	switch (calendar.grain)
	{
		case GRAIN_DAY:
			return day;
		case GRAIN_WEEK:
			return (Period) floor_div(
				(int64_t) day - FIRST_MONDAY - (calendar.week_start - 1), 7);
		default:
			return (Period) floor_div(month_of_day(day, &mday),
									  months_per_period(calendar.grain));
	}
}

/* A month and its first day; the same few come again and again. */
typedef struct MonthStart
{
	bool is_known;
	int64_t month;
	int64_t day;
} MonthStart;

#define MONTHS_KEPT 256

static int64_t
first_of_month(int64_t month)
{
	static MonthStart kept[MONTHS_KEPT];
	MonthStart *start = &kept[(uint64_t) month % MONTHS_KEPT];

	if (!start->is_known || start->month != month)
		*start = (MonthStart){true, month, day_in_month(month, 1)};
	return start->day;
}

/* The first day of a period. */
int64_t
period_start(Calendar calendar, int64_t period)
{
	switch (calendar.grain)
	{
		case GRAIN_DAY:
			return period;
		case GRAIN_WEEK:
			return period * 7 + FIRST_MONDAY + (calendar.week_start - 1);
		default:
			return first_of_month(period * months_per_period(calendar.grain));
	}
}

/* The first day of the period that starts offset periods after origin. */
int64_t
anniversary_of(Calendar calendar, Day origin, int64_t offset)
{
	int mday;
	int64_t month;

	switch (calendar.grain)
	{
		case GRAIN_DAY:
			return origin + offset;
		case GRAIN_WEEK:
			return origin + offset * 7;
		default:
			month = month_of_day(origin, &mday);
			return day_in_month(
				month + offset * months_per_period(calendar.grain), mday);
	}
}

/* How many whole periods have passed from origin to day; day >= origin. */
Period
offset_from(Calendar calendar, Day origin, Day day)
{
	int mday;
	int64_t months;
	int64_t offset;

	switch (calendar.grain)
	{
		case GRAIN_DAY:
			return (Period) ((int64_t) day - origin);
		case GRAIN_WEEK:
			return (Period) (((int64_t) day - origin) / 7);
		default:
			months = month_of_day(day, &mday) - month_of_day(origin, &mday);
			offset = months / months_per_period(calendar.grain);
			if (anniversary_of(calendar, origin, offset) > day)
				offset--;
			return (Period) offset;
	}
}

#define PERIOD_CACHE_STEP 512	/* days added around a day that was missing */
#define MAX_PERIOD_CACHE 131072 /* 359 years */

/* The period cache of a calendar. */
PeriodCache *
period_cache_of(Calendar calendar)
{
	static PeriodCache period_caches[GRAIN_YEAR + 1][8];
	PeriodCache *period_cache =
		&period_caches[calendar.grain][calendar.week_start];

	period_cache->calendar = calendar;
	return period_cache;
}

/* The period of a day that the table does not hold yet. */
Period
period_cache_miss(PeriodCache *period_cache, Day day)
{
	int64_t first = (int64_t) day - PERIOD_CACHE_STEP;
	int64_t past = (int64_t) day + PERIOD_CACHE_STEP;
	Period *periods;

	if (period_cache->calendar.grain == GRAIN_DAY)
		return day;
	if (period_cache->ndays > 0)
	{
		int64_t known = period_cache->first + period_cache->ndays;

		first = first < period_cache->first ? first : period_cache->first;
		past = past > known ? past : known;
	}
	if (first < DAY_FIRST || past > DAY_LAST || past - first > MAX_PERIOD_CACHE)
		return period_of(period_cache->calendar, day);
	periods = runtime_alloc(runtime_forever(), (past - first) * sizeof(Period));
	for (int64_t i = first; i < past; i++)
		periods[i - first] = period_of(period_cache->calendar, (Day) i);
	if (period_cache->periods != NULL)
		runtime_free(period_cache->periods);
	period_cache->periods = periods;
	period_cache->first = first;
	period_cache->ndays = (uint32_t) (past - first);
	return period_of(period_cache->calendar, day);
}
