/*
 * activity.h
 *		One customer's timeline: the days something happened.
 *
 * Nothing about grain, clock or cut-off is decided here: all that is chosen
 * when the timeline is read (tenure.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_ACTIVITY_H
#define CVM_CORE_RETENTION_ACTIVITY_H

#include "core/util/calendar.h"
#include "core/util/money.h"

/* What happened on one day */
typedef struct ActivityDay
{
	Day day;
	int64_t events;
	int64_t starts;	 /* events that may start a cohort */
	int64_t returns; /* events that count as a return */
	Wide value;
} ActivityDay;

typedef struct Activity
{
	bool has_value; /* some event came with a value */
	int scale;
	int ndays;
	ActivityDay *days; /* ascending, one entry a day */
} Activity;

/*
 * Reading a timeline, straight from its bytes: first its head, then day by
 * day.  The months say all that the usual question asks, which customer was
 * there in which month; they are known where every event counts alike, none
 * came with a value, and all lie within 64 months.
 */
typedef struct ActivityCursor
{
	ByteReader reader;
	bool has_value;
	bool is_marked;
	int scale;
	size_t left;	 /* days still to come */
	Day first;		 /* if there are any */
	uint64_t months; /* bit k: there in the month k after that; 0: unknown */
	Day last;		 /* where months are known */
	int64_t day;	 /* the day before; at first, the first */
	bool begun;
} ActivityCursor;

#define ACTIVITY_MONTHS 64

extern void cursor_open(ActivityCursor *cursor, const void *data, size_t size);

/* The next day; false, and nothing may follow, at the end. */
static inline bool
cursor_next(ActivityCursor *cursor, ActivityDay *day)
{
	ByteReader *reader = &cursor->reader;

	if (cursor->left == 0)
	{
		reader_close(reader);
		return false;
	}
	cursor->left--;
	if (cursor->begun)
	{
		uint64_t distance = read_unsigned(reader, INT32_MAX);

		cursor->day += (int64_t) distance;
		if (distance == 0 || cursor->day > DAY_LAST)
			reader_fail(reader);
	}
	cursor->begun = true;
	day->day = (Day) cursor->day;
	day->events = (int64_t) read_unsigned(reader, INT64_MAX);
	if (day->events == 0)
		reader_fail(reader);
	day->starts = day->returns = day->events;
	if (cursor->is_marked)
	{
		day->starts = (int64_t) read_unsigned(reader, day->events);
		day->returns = (int64_t) read_unsigned(reader, day->events);
	}
	day->value = cursor->has_value ? read_wide(reader) : 0;
	return true;
}

extern Activity *activity_decode(const void *data, size_t size);
extern void activity_encode(const Activity *activity, ByteWriter *writer);
extern void activity_tidy(Activity *activity);
extern Activity *activity_merge(const Activity *a, const Activity *b);
extern int activity_start(const Activity *activity);

/* Days in a row, the last one excluded */
typedef struct ActiveSpell
{
	Day from;
	Day to;
} ActiveSpell;

extern int activity_spells(const Activity *activity, int32_t idle_days,
						   Day as_of, ActiveSpell *spells);
extern int64_t activity_busiest(const Activity *activity, int32_t window);

/*
 * The log: how an aggregate collects a timeline.
 *
 * Life of a log: empty with room for a few entries; growing as rows are
 * appended, in any order; when full, tidied in place (sorted, one entry a
 * day) if that frees half of it, else doubled; at the end turned into the
 * canonical bytes.  It is a flat value whose size is all of its room, so it
 * may be copied, sent to another process and merged like any other, and being
 * appended to in place stays safe.
 *
 *	 byte 0      1      2     3      4          8        12
 *	 +-------+-------+------+------+----------+--------+-------------
 *	 | 0=log | shape | value| scale| used     | unused | entries ...
 *	 +-------+-------+------+------+----------+--------+-------------
 *
 * The shape says whether an entry is a LogDay or a LogEvent.
 */
typedef struct LogDay
{
	Day day;
	uint32_t events;
} LogDay;

typedef struct LogEvent
{
	Day day;
	uint32_t events;
	uint32_t starts;
	uint32_t returns;
	uint64_t value_low;
	int64_t value_high;
} LogEvent;

typedef struct ActivityLog
{
	uint8_t version; /* 0: a log, not canonical bytes */
	uint8_t full;	 /* entries are LogEvent, else LogDay */
	uint8_t has_value;
	uint8_t scale;
	uint32_t used;
	uint32_t unused; /* zero */
	char entries[];
} ActivityLog;

#define ACTIVITY_LOG 0
#define ACTIVITY_VERSION 2
/* the same, but months may be missing: read, and written anew by a refresh */
#define ACTIVITY_OLDEST_VERSION 1

extern size_t log_size(bool full, size_t room);
extern void log_open(ActivityLog *log, bool full);
extern bool log_add(ActivityLog *log, size_t size, Day day, bool is_start,
					bool is_return, Wide value, int scale, bool has_value);
extern size_t log_tidy(ActivityLog *log);
extern Activity *log_read(const ActivityLog *log, size_t size);

#endif /* CVM_CORE_RETENTION_ACTIVITY_H */
