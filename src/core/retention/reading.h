/*
 * reading.h
 *		How timelines are read: grain, clock, brackets, threshold, cut-off.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_READING_H
#define CVM_CORE_RETENTION_READING_H

#include "core/util/bytes.h"
#include "core/util/calendar.h"

typedef enum Clock
{
	CLOCK_CALENDAR,	  /* periods of the calendar, the same for everybody */
	CLOCK_ANNIVERSARY /* periods from each customer's own first day */
} Clock;

/* A bracket: the offsets from low up to, not including, high */
typedef struct Bracket
{
	int32_t low;
	int32_t high;
} Bracket;

typedef struct Reading
{
	Calendar calendar;
	Clock clock;
	int32_t min_events;
	bool streak;
	int nbrackets; /* 0: every offset is a period of its own */
	Bracket *brackets;
} Reading;

extern Clock clock_of(const char *clock, size_t size);
extern void reading_check(const Reading *reading);
extern bool reading_equal(const Reading *a, const Reading *b);
extern void reading_encode(const Reading *reading, ByteWriter *writer);
extern void reading_decode(Reading *reading, ByteReader *reader);
extern int32_t reading_period(const Reading *reading, int32_t offset);
extern int32_t reading_elapsed(const Reading *reading, int32_t offsets);

/* The first offset of a period, and the first after it */
static inline int32_t
reading_low(const Reading *reading, int32_t period_no)
{
	return reading->nbrackets ? reading->brackets[period_no].low : period_no;
}

static inline int64_t
reading_high(const Reading *reading, int32_t period_no)
{
	return reading->nbrackets ? reading->brackets[period_no].high
							  : (int64_t) period_no + 1;
}

#endif /* CVM_CORE_RETENTION_READING_H */
