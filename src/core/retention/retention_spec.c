/*
 * retention_spec.c
 *		How timelines are read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/retention_spec.h"

#include <string.h>

#define IS_STREAK 1

Clock
clock_of(const char *clock, size_t size)
{
	if (size == 8 && memcmp(clock, "calendar", 8) == 0)
		return CLOCK_CALENDAR;
	if (size == 11 && memcmp(clock, "anniversary", 11) == 0)
		return CLOCK_ANNIVERSARY;
	runtime_error(RUNTIME_INVALID_VALUE, "Use calendar or anniversary.",
				  "unknown clock \"%.*s\"", (int) (size > 64 ? 64 : size),
				  clock);
}

/* Refuse a reading that makes no sense. */
void
retention_spec_check(const RetentionSpec *spec)
{
	if (spec->min_events < 1)
		runtime_error(RUNTIME_INVALID_VALUE, "Use 1 or more.",
					  "min_events \"%d\" is not positive", spec->min_events);
	for (int i = 0; i < spec->nbrackets; i++)
	{
		const Bracket *bracket = &spec->brackets[i];

		if (bracket->low < 0 || bracket->high <= bracket->low)
			runtime_error(
				RUNTIME_INVALID_VALUE,
				"Brackets are ranges of offsets such as [1,4); the first "
				"period is 0.",
				"bracket \"[%d,%d)\" is not a range of offsets", bracket->low,
				bracket->high);
		if (i > 0 && bracket->low < bracket[-1].high)
			runtime_error(
				RUNTIME_INVALID_VALUE,
				"List brackets in ascending order, without overlap.",
				"bracket \"[%d,%d)\" begins before the one ahead of it "
				"ends",
				bracket->low, bracket->high);
	}
}

bool
retention_spec_equal(const RetentionSpec *a, const RetentionSpec *b)
{
	return a->calendar.grain == b->calendar.grain &&
		   a->calendar.week_start == b->calendar.week_start &&
		   a->clock == b->clock && a->min_events == b->min_events &&
		   a->streak == b->streak && a->nbrackets == b->nbrackets &&
		   (a->nbrackets == 0 || memcmp(a->brackets, b->brackets,
										a->nbrackets * sizeof(Bracket)) == 0);
}

void
retention_spec_encode(const RetentionSpec *spec, ByteWriter *writer)
{
	write_byte(writer, (uint8_t) spec->calendar.grain);
	write_byte(writer, (uint8_t) spec->calendar.week_start);
	write_byte(writer, (uint8_t) spec->clock);
	write_byte(writer, spec->streak ? IS_STREAK : 0);
	write_unsigned(writer, spec->min_events);
	write_unsigned(writer, spec->nbrackets);
	for (int i = 0; i < spec->nbrackets; i++)
	{
		write_unsigned(writer, spec->brackets[i].low);
		write_unsigned(writer, spec->brackets[i].high);
	}
}

void
retention_spec_decode(RetentionSpec *spec, ByteReader *reader)
{
	uint8_t flags;

	memset(spec, 0, sizeof(RetentionSpec));
	spec->calendar.grain = (Grain) read_byte(reader);
	spec->calendar.week_start = read_byte(reader);
	spec->clock = (Clock) read_byte(reader);
	flags = read_byte(reader);
	spec->streak = (flags & IS_STREAK) != 0;
	spec->min_events = (int32_t) read_unsigned(reader, INT32_MAX);
	if (spec->calendar.grain > GRAIN_YEAR || spec->calendar.week_start < 1 ||
		spec->calendar.week_start > 7 ||
		(spec->calendar.grain != GRAIN_WEEK &&
		 spec->calendar.week_start != 1) ||
		spec->clock > CLOCK_ANNIVERSARY || (flags & ~IS_STREAK) ||
		spec->min_events < 1)
		reader_fail(reader);
	spec->nbrackets = (int) read_count(reader, 2);
	if (spec->nbrackets == 0)
		return;
	spec->brackets = runtime_alloc(NULL, spec->nbrackets * sizeof(Bracket));
	for (int i = 0; i < spec->nbrackets; i++)
	{
		Bracket *bracket = &spec->brackets[i];

		bracket->low = (int32_t) read_unsigned(reader, INT32_MAX);
		bracket->high = (int32_t) read_unsigned(reader, INT32_MAX);
		if (bracket->high <= bracket->low ||
			(i > 0 && bracket->low < bracket[-1].high))
			reader_fail(reader);
	}
}

/* How many brackets end at or before this offset. */
static int32_t
brackets_before(const RetentionSpec *spec, int32_t offset)
{
	int32_t low = 0;
	int32_t high = spec->nbrackets;

	while (low < high)
	{
		int32_t middle = low + (high - low) / 2;

		if (spec->brackets[middle].high <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The period an offset belongs to, or -1 when no bracket holds it. */
int32_t
retention_spec_period(const RetentionSpec *spec, int32_t offset)
{
	int32_t bracket;

	if (spec->nbrackets == 0)
		return offset;
	bracket = brackets_before(spec, offset);
	if (bracket == spec->nbrackets || spec->brackets[bracket].low > offset)
		return -1;
	return bracket;
}

/* How many periods are over once so many offsets have passed. */
int32_t
retention_spec_elapsed(const RetentionSpec *spec, int32_t offsets)
{
	return spec->nbrackets ? brackets_before(spec, offsets) : offsets;
}
