/*
 * tenure.c
 *		One customer, read: from a timeline to the periods that count.
 *
 * A period counts as retained when it holds at least min_events events that
 * may be a return; the period of the first day always counts, for it holds
 * the start.  With streak, the first period that does not count ends the row.
 * A return before the first day never counts, nor does money before it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/tenure.h"

#include <string.h>

#define HAS_VALUE 1
#define IS_STARTED 2

/* From the first day: the cohort, and which of the periods are over. */
static void
tenure_begin(Tenure *tenure)
{
	const RetentionSpec *spec = &tenure->spec;
	int32_t passed;

	tenure->cohort = period_of(spec->calendar, tenure->first_day);
	if (spec->clock == CLOCK_CALENDAR)
		return;
	passed = offset_from(spec->calendar, tenure->first_day, tenure->as_of);
	tenure->elapsed = retention_spec_elapsed(spec, passed);
	tenure->running =
		(spec->nbrackets == 0 || tenure->elapsed < spec->nbrackets) &&
		anniversary_of(spec->calendar, tenure->first_day,
					   retention_spec_low(spec, tenure->elapsed)) <
			tenure->as_of;
}

/* Has a period begun before as_of? */
static bool
tenure_begun(const Tenure *tenure, int64_t no)
{
	const RetentionSpec *spec = &tenure->spec;

	if (spec->nbrackets > 0 && no >= spec->nbrackets)
		return false;
	if (spec->clock == CLOCK_ANNIVERSARY)
		return no < (int64_t) tenure->elapsed + tenure->running;
	return period_start(spec->calendar,
						(int64_t) tenure->cohort +
							retention_spec_low(spec, (int32_t) no)) <
		   tenure->as_of;
}

/* Read a timeline up to as_of; an activity without a start has no cohort. */
void
tenure_read(Tenure *tenure, const Activity *activity, const RetentionSpec *spec,
			Day as_of)
{
	int start = activity_start(activity);
	int64_t returns = 0;
	TenurePeriod *period = NULL;

	memset(tenure, 0, sizeof(Tenure));
	tenure->spec = *spec;
	tenure->as_of = as_of;
	tenure->has_value = activity->has_value;
	tenure->scale = activity->scale;
	if (start < 0 || activity->days[start].day >= as_of)
		return;
	tenure->started = true;
	tenure->first_day = activity->days[start].day;
	tenure_begin(tenure);
	tenure->periods =
		runtime_alloc(NULL, (activity->ndays - start) * sizeof(TenurePeriod));
	for (int i = start; i < activity->ndays; i++)
	{
		const ActivityDay *day = &activity->days[i];
		int32_t offset;
		int32_t no;

		check_interrupts();
		if (day->day >= as_of)
			break;
		offset = spec->clock == CLOCK_CALENDAR
					 ? period_of(spec->calendar, day->day) - tenure->cohort
					 : offset_from(spec->calendar, tenure->first_day, day->day);
		no = retention_spec_period(spec, offset);
		if (no < 0)
			continue;
		if (period == NULL || period->no != no)
		{
			period = &tenure->periods[tenure->nperiods++];
			*period = (TenurePeriod){no, offset == 0, false, 0};
			returns = 0;
		}
		returns = count_add(returns, day->returns);
		period->returned |= returns > 0;
		period->retained |= returns >= spec->min_events;
		period->value = money_add(period->value, day->value);
	}
	if (spec->streak)
	{
		int32_t next = 0;

		for (int i = 0; i < tenure->nperiods; i++)
		{
			period = &tenure->periods[i];
			if (period->retained && period->no == next)
				next++;
			else
				period->retained = false;
		}
	}
}

/* Write a tenure's bytes. */
void
tenure_encode(const Tenure *tenure, ByteWriter *writer)
{
	write_byte(writer, TENURE_VERSION);
	write_byte(writer, (tenure->has_value ? HAS_VALUE : 0) |
						   (tenure->started ? IS_STARTED : 0));
	retention_spec_encode(&tenure->spec, writer);
	write_signed(writer, tenure->as_of);
	if (tenure->has_value)
		write_unsigned(writer, tenure->scale);
	if (!tenure->started)
		return;
	write_signed(writer, tenure->first_day);
	write_unsigned(writer, tenure->nperiods);
	for (int i = 0; i < tenure->nperiods; i++)
	{
		const TenurePeriod *period = &tenure->periods[i];

		check_interrupts();
		write_unsigned(writer,
					   i == 0 ? period->no : period->no - period[-1].no);
		write_byte(writer,
				   (period->retained ? 1 : 0) | (period->returned ? 2 : 0));
		if (tenure->has_value)
			write_wide(writer, period->value);
	}
}

/* Read a tenure's bytes; anything else is refused. */
Tenure *
tenure_decode(const void *data, size_t size)
{
	Tenure *tenure = runtime_alloc_zero(NULL, sizeof(Tenure));
	ByteReader reader = read_state(data, size, "tenure", TENURE_VERSION);
	uint8_t flags;
	int64_t no = 0;

	flags = read_byte(&reader);
	tenure->has_value = (flags & HAS_VALUE) != 0;
	tenure->started = (flags & IS_STARTED) != 0;
	retention_spec_decode(&tenure->spec, &reader);
	tenure->as_of = (Day) read_signed(&reader, DAY_FIRST, DAY_LAST);
	if (tenure->has_value)
		tenure->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	if (flags & ~(HAS_VALUE | IS_STARTED))
		reader_fail(&reader);
	if (!tenure->started)
	{
		reader_close(&reader);
		return tenure;
	}
	tenure->first_day =
		(Day) read_signed(&reader, DAY_FIRST, (int64_t) tenure->as_of - 1);
	tenure_begin(tenure);
	tenure->nperiods = (int) read_count(&reader, 2);
	tenure->periods =
		runtime_alloc(NULL, tenure->nperiods * sizeof(TenurePeriod));
	for (int i = 0; i < tenure->nperiods; i++)
	{
		TenurePeriod *period = &tenure->periods[i];

		check_interrupts();
		no += (int64_t) read_unsigned(&reader, INT32_MAX);
		flags = read_byte(&reader);
		if (no > INT32_MAX || flags > 3 || !tenure_begun(tenure, no) ||
			(i > 0 && no == tenure->periods[i - 1].no))
			reader_fail(&reader);
		*period = (TenurePeriod){(int32_t) no, flags & 1, (flags & 2) != 0, 0};
		if (tenure->has_value)
			period->value = read_wide(&reader);
	}
	reader_close(&reader);
	return tenure;
}
