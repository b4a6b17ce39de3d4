/*
 * retention_spec.h
 *		How timelines are read: grain, clock, brackets, threshold, cut-off.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_RETENTION_SPEC_H
#define CVM_CORE_RETENTION_RETENTION_SPEC_H

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

typedef struct RetentionSpec
{
	Calendar calendar;
	Clock clock;
	int32_t min_events;
	bool streak;
	int nbrackets; /* 0: every offset is a period of its own */
	Bracket *brackets;
} RetentionSpec;

extern Clock clock_of(const char *clock, size_t size);
extern void retention_spec_check(const RetentionSpec *spec);
extern bool retention_spec_equal(const RetentionSpec *a,
								 const RetentionSpec *b);
extern void retention_spec_encode(const RetentionSpec *spec,
								  ByteWriter *writer);
extern void retention_spec_decode(RetentionSpec *spec, ByteReader *reader);
extern int32_t retention_spec_period(const RetentionSpec *spec, int32_t offset);
extern int32_t retention_spec_elapsed(const RetentionSpec *spec,
									  int32_t offsets);

/* The first offset of a period, and the first after it */
static inline int32_t
retention_spec_low(const RetentionSpec *spec, int32_t period_no)
{
	return spec->nbrackets ? spec->brackets[period_no].low : period_no;
}

static inline int64_t
retention_spec_high(const RetentionSpec *spec, int32_t period_no)
{
	return spec->nbrackets ? spec->brackets[period_no].high
						   : (int64_t) period_no + 1;
}

#endif /* CVM_CORE_RETENTION_RETENTION_SPEC_H */
