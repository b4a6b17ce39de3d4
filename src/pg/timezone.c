/*
 * timezone.c
 *		Instants to local days.
 *
 * A zone is a list of stretches of constant distance from UTC.  The list is
 * taken from the server's own zone data, once per zone and session, around
 * the instants that are asked for; a table of slices of 2^40 microseconds
 * (12.7 days) finds the stretch of an instant without a search.  The local
 * day is then a division: exact wherever clocks change, even at one minute
 * past midnight.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "nodes/primnodes.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "pg/timezone.h"

#define SLICES_AROUND 64 /* 2.2 years on each side of a new instant */
#define MAX_SLICES 16384 /* 570 years; beyond, each instant is looked up */
#define EPOCH_SHIFT \
	((pg_time_t) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* Zones used in this session, which are kept: one a name, and a server has few hundred */
static Zone *zones = NULL;

/* The zone of a name, or an error. */
Zone *
zone_named(const char *name, size_t size)
{
	char copy[TZ_STRLEN_MAX + 1];
	Zone *zone;
	pg_tz *tz = NULL;

	if (size <= TZ_STRLEN_MAX)
	{
		memcpy(copy, name, size);
		copy[size] = '\0';
		for (zone = zones; zone != NULL; zone = zone->next)
			if (strcmp(zone->name, copy) == 0)
				return zone;
		if (strlen(copy) == size)
			tz = pg_tzset(copy);
	}
	if (tz == NULL || !pg_tz_acceptable(tz))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("time zone \"%s\" not recognized",
					pnstrdup(name, Min(size, TZ_STRLEN_MAX))),
			 errhint("SELECT name FROM pg_timezone_names lists the zones.")));
	zone = MemoryContextAllocZero(TopMemoryContext, sizeof(Zone));
	zone->tz = tz;
	strlcpy(zone->name, copy, sizeof(zone->name));
	zone->next = zones;
	zones = zone;
	return zone;
}

/* Seconds since 1970 of an instant, rounded down */
static pg_time_t
unix_seconds(TimestampTz at)
{
	return at / USECS_PER_SEC - (at % USECS_PER_SEC < 0) + EPOCH_SHIFT;
}

/* The offset of one instant, asked from the server. */
static int64
offset_at(const Zone *zone, TimestampTz at)
{
	pg_time_t seconds = unix_seconds(at);
	struct pg_tm *tm = pg_localtime(&seconds, zone->tz);

	if (tm == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	return (int64) tm->tm_gmtoff * USECS_PER_SEC;
}

static void
stretch_add(Zone *zone, TimestampTz until, int64 offset)
{
	if (zone->nstretches == zone->room)
	{
		int room = zone->room ? zone->room * 2 : 16;

		zone->stretches =
			zone->room
				? repalloc(zone->stretches, room * sizeof(Stretch))
				: MemoryContextAlloc(TopMemoryContext, room * sizeof(Stretch));
		zone->room = room;
	}
	zone->stretches[zone->nstretches++] = (Stretch){until, offset};
}

/*
 * Make the table cover an instant too; false when it would get too long.
 */
static bool
zone_cover(Zone *zone, TimestampTz at)
{
	int64 first = (at >> ZONE_SLICE_SHIFT) - SLICES_AROUND;
	int64 past = (at >> ZONE_SLICE_SHIFT) + SLICES_AROUND;
	uint16 *slices;
	TimestampTz from;
	TimestampTz end;
	int stretch = 0;

	if (zone->nslices > 0)
	{
		first = Min(first, zone->first);
		past = Max(past, zone->first + zone->nslices);
	}
	if (past - first > MAX_SLICES ||
		first < (MIN_TIMESTAMP >> ZONE_SLICE_SHIFT) + 1 ||
		past > END_TIMESTAMP >> ZONE_SLICE_SHIFT)
		return false;
	slices =
		MemoryContextAlloc(TopMemoryContext, (past - first) * sizeof(uint16));
	zone->nslices = 0;
	zone->nstretches = 0;
	from = first << ZONE_SLICE_SHIFT;
	end = past << ZONE_SLICE_SHIFT;
	while (from < end)
	{
		pg_time_t seconds = unix_seconds(from);
		pg_time_t boundary;
		long before;
		long after;
		int dst;
		TimestampTz until = end;

		if (pg_next_dst_boundary(&seconds, &before, &dst, &boundary, &after,
								 &dst, zone->tz) > 0 &&
			boundary < unix_seconds(end))
			until = (boundary - EPOCH_SHIFT) * USECS_PER_SEC;
		stretch_add(zone, until, offset_at(zone, from));
		from = until;
	}
	if (zone->nstretches > PG_UINT16_MAX)
	{
		pfree(slices);
		return false;
	}
	for (int64 slice = first; slice < past; slice++)
	{
		while (zone->stretches[stretch].until <= slice << ZONE_SLICE_SHIFT)
			stretch++;
		slices[slice - first] = (uint16) stretch;
	}
	if (zone->slices != NULL)
		pfree(zone->slices);
	zone->slices = slices;
	zone->first = first;
	zone->nslices = past - first;
	return true;
}

/* The local day of an instant that the table does not cover yet. */
Day
zone_miss(Zone *zone, TimestampTz at)
{
	if (TIMESTAMP_NOT_FINITE(at))
		refuse_timestamp(at);
	if (zone_cover(zone, at))
		return zone_day(zone, at);
	return checked_day(zone_local(at, offset_at(zone, at)));
}

#define FIND_SUCH_ROWS \
	"Filter with isfinite(), or run cvm.check_model() to find such rows."

void
refuse_timestamp(Timestamp at)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("cannot use infinite timestamp \"%s\"",
						   TIMESTAMP_IS_NOBEGIN(at) ? "-infinity" : "infinity"),
					errhint(FIND_SUCH_ROWS)));
}

void
refuse_date(int32 date)
{
	if (DATE_NOT_FINITE(date))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("cannot use infinite date \"%s\"",
						DATE_IS_NOBEGIN(date) ? "-infinity" : "infinity"),
				 errhint(FIND_SUCH_ROWS)));
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("date out of range")));
}

/* The zone that a call has seen, and whether there will never be another */
typedef struct ZoneSeen
{
	Zone *zone;
	bool is_constant;
} ZoneSeen;

/* A zone has the name as it is spelt, or is looked up again. */
static pg_noinline Zone *
zone_look(FunctionCallInfo fcinfo, ZoneSeen *seen)
{
	text *name = PG_GETARG_TEXT_PP(1);
	const char *data = VARDATA_ANY(name);
	size_t size = VARSIZE_ANY_EXHDR(name);
	Node *call = fcinfo->flinfo->fn_expr;

	if (seen == NULL)
	{
		seen =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ZoneSeen));
		seen->zone = zone_named(data, size);
		seen->is_constant = call != NULL && IsA(call, FuncExpr) &&
							IsA(lsecond(((FuncExpr *) call)->args), Const);
		fcinfo->flinfo->fn_extra = seen;
	}
	else if (strlen(seen->zone->name) != size ||
			 memcmp(seen->zone->name, data, size) != 0)
		seen->zone = zone_named(data, size);
	return seen->zone;
}

/* day_of(at, tz): the local day of an instant; infinity stays what it is. */
PG_FUNCTION_INFO_V1(cvm_day_of);
Datum
cvm_day_of(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	ZoneSeen *seen = fcinfo->flinfo->fn_extra;
	Zone *zone;

	if (unlikely(TIMESTAMP_NOT_FINITE(at)))
		PG_RETURN_DATEADT(TIMESTAMP_IS_NOBEGIN(at) ? DATEVAL_NOBEGIN
												   : DATEVAL_NOEND);
	zone = likely(seen != NULL && seen->is_constant) ? seen->zone
													 : zone_look(fcinfo, seen);
	PG_RETURN_DATEADT(zone_day(zone, at));
}

/*
 * day_of() of a date and moment_of() of a moment: that itself.  In C, because the
 * server does not inline a strict function in SQL that leaves out an argument.
 */
PG_FUNCTION_INFO_V1(cvm_itself);
Datum
cvm_itself(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* day_of() of a time that is local already */
PG_FUNCTION_INFO_V1(cvm_day_of_local);
Datum
cvm_day_of_local(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(DirectFunctionCall1(timestamp_date, PG_GETARG_DATUM(0)));
}

/* moment_of(at, tz): the instant of a local time. */
PG_FUNCTION_INFO_V1(cvm_moment_of);
Datum
cvm_moment_of(PG_FUNCTION_ARGS)
{
	Timestamp at = PG_GETARG_TIMESTAMP(0);
	text *name = PG_GETARG_TEXT_PP(1);
	Zone *zone = zone_named(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	struct pg_tm tm;
	fsec_t fsec;
	int offset;
	TimestampTz moment;

	if (TIMESTAMP_NOT_FINITE(at))
		PG_RETURN_TIMESTAMPTZ(at);
	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) == 0)
	{
		offset = DetermineTimeZoneOffset(&tm, zone->tz);
		if (tm2timestamp(&tm, fsec, &offset, &moment) == 0)
			PG_RETURN_TIMESTAMPTZ(moment);
	}
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("timestamp out of range")));
}

static void
read_dates(void *zone, const int64_t *times, int ntimes, Day *days)
{
	for (int i = 0; i < ntimes; i++)
		days[i] = checked_day((int32) times[i]);
}

static void
read_locals(void *zone, const int64_t *times, int ntimes, Day *days)
{
	for (int i = 0; i < ntimes; i++)
		days[i] = local_day(times[i]);
}

static void
read_instants(void *zone, const int64_t *times, int ntimes, Day *days)
{
	for (int i = 0; i < ntimes; i++)
		days[i] = zone_day(zone, times[i]);
}

/* What makes days of times of a kind. */
DayReader
day_reader(TimeKind kind, Zone *zone)
{
	DayReader reader = {kind == TIME_DATE	 ? read_dates
						: kind == TIME_LOCAL ? read_locals
											 : read_instants,
						zone};

	return reader;
}
