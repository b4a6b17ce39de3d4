/*
 * calendar.h
 *		Days, grains and periods.
 *
 * A Day counts from 2000-01-01, as the server counts.  A period is a whole
 * number too: days, weeks, months, quarters or years on an absolute axis, so
 * that offsets are plain differences and no chain of additions drifts.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_CALENDAR_H
#define CVM_CORE_UTIL_CALENDAR_H

#include "core/runtime.h"

typedef int32_t Day;
typedef int32_t Period;

/* Of two days, for a sort */
static inline int
day_compare(const void *a, const void *b)
{
	Day day_a = *(const Day *) a;
	Day day_b = *(const Day *) b;

	return (day_a > day_b) - (day_a < day_b);
}

/* The server's calendar: 4713-11-24 BC to 5874897-12-31 */
#define DAY_FIRST (-2451545)
#define DAY_LAST 2145031948

typedef enum Grain
{
	GRAIN_DAY,
	GRAIN_WEEK,
	GRAIN_MONTH,
	GRAIN_QUARTER,
	GRAIN_YEAR
} Grain;

typedef struct Calendar
{
	Grain grain;
	int week_start; /* ISO day 1 (Monday) to 7; 1 unless grain is week */
} Calendar;

static inline bool
calendar_is(Calendar calendar, Calendar other)
{
	return calendar.grain == other.grain &&
		   calendar.week_start == other.week_start;
}

extern Calendar calendar_of(const char *grain, size_t size, int week_start);
extern const char *grain_name(Grain grain);

/* How many months a period of this grain has; 0 where it is counted in days. */
static inline int
months_per_period(Grain grain)
{
	switch (grain)
	{
		case GRAIN_MONTH:
			return 1;
		case GRAIN_QUARTER:
			return 3;
		case GRAIN_YEAR:
			return 12;
		default:
			return 0;
	}
}

/* Calendar clock: the period a day lies in, and where a period starts */
extern Period period_of(Calendar calendar, Day day);
extern int64_t period_start(Calendar calendar, int64_t period);

/* Anniversary clock: whole periods from origin to day, and back */
extern Period offset_from(Calendar calendar, Day origin, Day day);
extern int64_t anniversary_of(Calendar calendar, Day origin, int64_t offset);

/*
 * An period cache: the periods of a stretch of days, looked up instead of
 * computed.  There is one for each calendar in a process.  It starts empty,
 * grows around the days it is asked for, and stops growing where a table would
 * no longer stay in the cache.
 */
typedef struct PeriodCache
{
	Calendar calendar;
	int64_t first;
	uint32_t ndays;
	Period *periods;
} PeriodCache;

extern PeriodCache *period_cache_of(Calendar calendar);
extern Period period_cache_miss(PeriodCache *period_cache, Day day);

static inline Period
period_cache_period(PeriodCache *period_cache, Day day)
{
	uint64_t at = (uint64_t) (day - period_cache->first);

	return at < period_cache->ndays ? period_cache->periods[at]
									: period_cache_miss(period_cache, day);
}

extern int64_t day_of_civil(int64_t year, int month, int mday);
extern void civil_of_day(int64_t day, int64_t *year, int *month, int *mday);

/*
 * Whole months from a day until another one.  A month is over on the day of the
 * same number: from 31 January on no month is over before March.
 */
extern int32_t months_over(Day since, Day until);

#endif /* CVM_CORE_UTIL_CALENDAR_H */
