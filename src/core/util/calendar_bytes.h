/*
 * calendar_bytes.h
 *		Grain and periods among the bytes of a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_CALENDAR_BYTES_H
#define CVM_CORE_UTIL_CALENDAR_BYTES_H

#include "core/util/bytes.h"
#include "core/util/calendar.h"

/*
 * The grain; with it, where they are more than 0, for how many days a pause is
 * neither paid nor lost, and, where the grain is week, on which day one begins
 */
extern void write_calendar(ByteWriter *writer, Calendar calendar,
						   int32_t pause_days);

/* The same, of a state that knows no pauses where pause_days is NULL */
extern Calendar read_calendar(ByteReader *reader, int32_t *pause_days);

/*
 * Periods that ascend: the first one, for which before is NULL, then how far
 * each is from the one before
 */
static inline void
write_period(ByteWriter *writer, Period period, const Period *before)
{
	if (before == NULL)
		write_signed(writer, period);
	else
		write_unsigned(writer, (uint64_t) ((int64_t) period - *before));
}

/* The same; it may lie outside of the calendar, which the caller looks at. */
static inline int64_t
read_period(ByteReader *reader, const Period *before)
{
	if (before == NULL)
		return read_signed(reader, INT32_MIN, INT32_MAX);
	return *before + (int64_t) read_unsigned(reader, UINT32_MAX);
}

#endif /* CVM_CORE_UTIL_CALENDAR_BYTES_H */
