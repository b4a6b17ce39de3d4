/*
 * calendar_bytes.c
 *		Grain and periods among the bytes of a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/calendar_bytes.h"

#define HAS_PAUSES 0x10 /* in the byte of the grain */

void
write_calendar(ByteWriter *writer, Calendar calendar, int32_t pause_days)
{
	write_byte(writer,
			   (uint8_t) (calendar.grain | (pause_days > 0 ? HAS_PAUSES : 0)));
	if (pause_days > 0)
		write_unsigned(writer, pause_days);
	if (calendar.grain == GRAIN_WEEK)
		write_byte(writer, (uint8_t) calendar.week_start);
}

Calendar
read_calendar(ByteReader *reader, int32_t *pause_days)
{
	Calendar calendar = {GRAIN_DAY, 1};
	uint8_t grain = read_byte(reader);

	if (pause_days != NULL)
	{
		*pause_days = 0;
		if (grain & HAS_PAUSES)
		{
			*pause_days = (int32_t) read_unsigned(reader, INT32_MAX);
			if (*pause_days == 0)
				reader_fail(reader);
		}
		grain &= ~HAS_PAUSES;
	}
	if (grain > GRAIN_YEAR)
		reader_fail(reader);
	calendar.grain = (Grain) grain;
	if (calendar.grain == GRAIN_WEEK)
		calendar.week_start = read_byte(reader);
	if (calendar.week_start < 1 || calendar.week_start > 7)
		reader_fail(reader);
	return calendar;
}
