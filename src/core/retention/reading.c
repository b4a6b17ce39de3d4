/*
 * reading.c
 *		How timelines are read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/reading.h"

#include <string.h>

#define IS_STREAK 1

Clock
clock_of(const char *clock, size_t size)
{
	if (size == 8 && memcmp(clock, "calendar", 8) == 0)
		return CLOCK_CALENDAR;
	if (size == 11 && memcmp(clock, "anniversary", 11) == 0)
		return CLOCK_ANNIVERSARY;
	host_fail(HOST_INVALID_VALUE, "Use calendar or anniversary.",
			  "unknown clock \"%.*s\"", (int) (size > 64 ? 64 : size), clock);
}

/* Refuse a reading that makes no sense. */
void
reading_check(const Reading *reading)
{
	if (reading->min_events < 1)
		host_fail(HOST_INVALID_VALUE, "Use 1 or more.",
				  "min_events \"%d\" is not positive", reading->min_events);
	for (int i = 0; i < reading->nbrackets; i++)
	{
		const Bracket *bracket = &reading->brackets[i];

		if (bracket->low < 0 || bracket->high <= bracket->low)
			host_fail(HOST_INVALID_VALUE,
					  "Brackets are ranges of offsets such as [1,4); the first "
					  "period is 0.",
					  "bracket \"[%d,%d)\" is not a range of offsets",
					  bracket->low, bracket->high);
		if (i > 0 && bracket->low < bracket[-1].high)
			host_fail(HOST_INVALID_VALUE,
					  "List brackets in ascending order, without overlap.",
					  "bracket \"[%d,%d)\" begins before the one ahead of it "
					  "ends",
					  bracket->low, bracket->high);
	}
}

bool
reading_equal(const Reading *a, const Reading *b)
{
	return a->calendar.grain == b->calendar.grain &&
		   a->calendar.week_start == b->calendar.week_start &&
		   a->clock == b->clock && a->min_events == b->min_events &&
		   a->streak == b->streak && a->nbrackets == b->nbrackets &&
		   (a->nbrackets == 0 || memcmp(a->brackets, b->brackets,
										a->nbrackets * sizeof(Bracket)) == 0);
}

void
reading_encode(const Reading *reading, ByteWriter *writer)
{
	write_byte(writer, (uint8_t) reading->calendar.grain);
	write_byte(writer, (uint8_t) reading->calendar.week_start);
	write_byte(writer, (uint8_t) reading->clock);
	write_byte(writer, reading->streak ? IS_STREAK : 0);
	write_unsigned(writer, reading->min_events);
	write_unsigned(writer, reading->nbrackets);
	for (int i = 0; i < reading->nbrackets; i++)
	{
		write_unsigned(writer, reading->brackets[i].low);
		write_unsigned(writer, reading->brackets[i].high);
	}
}

void
reading_decode(Reading *reading, ByteReader *reader)
{
	uint8_t flags;

	memset(reading, 0, sizeof(Reading));
	reading->calendar.grain = (Grain) read_byte(reader);
	reading->calendar.week_start = read_byte(reader);
	reading->clock = (Clock) read_byte(reader);
	flags = read_byte(reader);
	reading->streak = (flags & IS_STREAK) != 0;
	reading->min_events = (int32_t) read_unsigned(reader, INT32_MAX);
	if (reading->calendar.grain > GRAIN_YEAR ||
		reading->calendar.week_start < 1 || reading->calendar.week_start > 7 ||
		(reading->calendar.grain != GRAIN_WEEK &&
		 reading->calendar.week_start != 1) ||
		reading->clock > CLOCK_ANNIVERSARY || (flags & ~IS_STREAK) ||
		reading->min_events < 1)
		reader_fail(reader);
	reading->nbrackets = (int) read_count(reader, 2);
	if (reading->nbrackets == 0)
		return;
	reading->brackets = host_alloc(NULL, reading->nbrackets * sizeof(Bracket));
	for (int i = 0; i < reading->nbrackets; i++)
	{
		Bracket *bracket = &reading->brackets[i];

		bracket->low = (int32_t) read_unsigned(reader, INT32_MAX);
		bracket->high = (int32_t) read_unsigned(reader, INT32_MAX);
		if (bracket->high <= bracket->low ||
			(i > 0 && bracket->low < bracket[-1].high))
			reader_fail(reader);
	}
}

/* How many brackets end at or before this offset. */
static int32_t
brackets_before(const Reading *reading, int32_t offset)
{
	int32_t low = 0;
	int32_t high = reading->nbrackets;

	while (low < high)
	{
		int32_t middle = low + (high - low) / 2;

		if (reading->brackets[middle].high <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The period an offset belongs to, or -1 when no bracket holds it. */
int32_t
reading_period(const Reading *reading, int32_t offset)
{
	int32_t bracket;

	if (reading->nbrackets == 0)
		return offset;
	bracket = brackets_before(reading, offset);
	if (bracket == reading->nbrackets ||
		reading->brackets[bracket].low > offset)
		return -1;
	return bracket;
}

/* How many periods are over once so many offsets have passed. */
int32_t
reading_elapsed(const Reading *reading, int32_t offsets)
{
	return reading->nbrackets ? brackets_before(reading, offsets) : offsets;
}
