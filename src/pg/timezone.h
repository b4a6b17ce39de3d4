/*
 * timezone.h
 *		Instants to local days, by a zone that is always named.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_TIMEZONE_H
#define CVM_PG_TIMEZONE_H

#include "core/rows/batch.h"
#include "core/util/calendar.h"
#include "datatype/timestamp.h"
#include "pg/compat.h"
#include "pgtime.h"

#define ZONE_SLICE_SHIFT 40

/* A stretch of time in which a zone keeps its distance from UTC */
typedef struct Stretch
{
	TimestampTz until;
	int64 offset; /* microseconds east of UTC */
} Stretch;

typedef struct Zone
{
	struct Zone *next;
	pg_tz *tz;
	int64 first; /* slice of the first entry of slices */
	int64 nslices;
	uint16 *slices; /* the stretch a slice begins in */
	int nstretches;
	int room;
	Stretch *stretches;
	char name[TZ_STRLEN_MAX + 1];
} Zone;

/* What a time is before it is a day */
typedef enum TimeKind
{
	TIME_DATE,
	TIME_LOCAL,	  /* timestamp */
	TIME_INSTANT, /* timestamptz */
} TimeKind;

extern Zone *zone_named(const char *name, size_t size);
extern Day zone_miss(Zone *zone, TimestampTz at);
extern DayReader day_reader(TimeKind kind, Zone *zone);
pg_noreturn extern void refuse_timestamp(Timestamp at);
pg_noreturn extern void refuse_date(int32 date);

static inline Day
zone_local(TimestampTz at, int64 offset)
{
	int64 local = at + offset;

	return (Day) (local / USECS_PER_DAY - (local % USECS_PER_DAY < 0));
}

/* The local day of an instant. */
static inline Day
zone_day(Zone *zone, TimestampTz at)
{
	uint64 slice = (uint64) ((at >> ZONE_SLICE_SHIFT) - zone->first);
	const Stretch *stretch;

	if (unlikely(slice >= (uint64) zone->nslices))
		return zone_miss(zone, at);
	stretch = &zone->stretches[zone->slices[slice]];
	while (at >= stretch->until)
		stretch++;
	return zone_local(at, stretch->offset);
}

/* The day of a timestamp that is local already. */
static inline Day
local_day(Timestamp at)
{
	if (unlikely(TIMESTAMP_NOT_FINITE(at)))
		refuse_timestamp(at);
	return zone_local(at, 0);
}

/* A date, if it is a day. */
static inline Day
checked_day(int32 date)
{
	if (unlikely(date < DAY_FIRST || date >= DAY_LAST))
		refuse_date(date);
	return date;
}

#endif /* CVM_PG_TIMEZONE_H */
