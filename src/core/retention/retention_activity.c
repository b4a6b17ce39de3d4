/*
 * retention_activity.c
 *		A stored timeline straight into a triangle.
 *
 * It gives what a tenure with the default options would give, but reads the
 * bytes as they are, looks periods up in a cache and allocates nothing, so that
 * a million stored customers are cheap to read.  Where the grain is a month or
 * longer, the months at the head of a timeline suffice and its days are skipped.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/retention_activity.h"

#include <string.h>

/* A period of the customer while the walk is in it */
typedef struct Step
{
	int32_t no;
	bool returned;
	Wide value;
} Step;

/* Count a period that the walk has left. */
static inline void
step_count(Retention *retention, Cohort *cohort, const Step *step)
{
	Cell *cell;
	int at;

	if (step->no > 0 && !step->returned && step->value == 0)
		return;
	at = cohort_cell(retention, cohort, step->no);
	cell = &cohort->cells[at];
	cell->retained += step->returned || step->no == 0;
	cell->returned += step->returned;
	if (step->value != 0)
		cell->value = money_add(cell->value, step->value);
}

/* A cell of a cohort; where periods have no gaps it stands at its number. */
static inline Cell *
cell_near(Retention *retention, Cohort *cohort, int32_t no)
{
	int at = no;

	if (at >= cohort->ncells || cohort->cells[at].no != no)
		at = cohort_cell(retention, cohort, no);
	return &cohort->cells[at];
}

/* Count a period in which a customer without marks and values was there. */
static inline Cell *
count_plainly(Retention *retention, Cohort *cohort, int32_t no)
{
	Cell *cell = cell_near(retention, cohort, no);

	cell->retained++;
	cell->returned++;
	return cell;
}

/* The next day of a timeline without marks and values. */
static inline int64_t
next_plainly(ByteReader *reader, int64_t day)
{
	const uint8_t *at = reader->at;
	uint64_t distance;

	/* nearly always one byte for the distance and one for the events */
	if (reader->end - at >= 2 && at[0] - 1u < 0x7f && at[1] - 1u < 0x7f)
	{
		reader->at = at + 2;
		return day + at[0];
	}
	distance = read_unsigned(reader, INT32_MAX);
	if (distance == 0 || day + (int64_t) distance > DAY_LAST ||
		read_unsigned(reader, INT64_MAX) == 0)
		reader_fail(reader);
	return day + (int64_t) distance;
}

/* The cohort of a customer; where periods have no gaps it is found by number. */
static inline Cohort *
cohort_near(Retention *retention, Period period)
{
	int64_t at = retention->ncohorts
					 ? (int64_t) period - retention->cohorts[0].period
					 : -1;
	Cohort *cohort = at >= 0 && at < retention->ncohorts &&
							 retention->cohorts[at].period == period
						 ? &retention->cohorts[at]
						 : retention_cohort(retention, period);

	cohort->members = count_add(cohort->members, 1);
	return cohort;
}

/* Add one customer by its months alone. */
static void
add_months(Retention *retention, const ActivityCursor *cursor,
		   PeriodCache *period_cache)
{
	int each = months_per_period(period_cache->calendar.grain);
	Cohort *cohort = cohort_near(
		retention, period_cache_period(period_cache, cursor->first));
	int32_t no = 0;

	if (each == 1)
		for (uint64_t months = cursor->months & (cursor->months - 1);
			 months != 0; months &= months - 1)
		{
			count_plainly(retention, cohort, no);
			no = __builtin_ctzll(months);
		}
	else
	{
		PeriodCache *monthly = period_cache_of((Calendar){GRAIN_MONTH, 1});
		/* of the month in its period */
		int64_t place = (int64_t) period_cache_period(monthly, cursor->first) -
						(int64_t) cohort->period * each;

		for (uint64_t months = cursor->months; months != 0;
			 months &= months - 1)
		{
			int32_t next = (int32_t) ((place + __builtin_ctzll(months)) / each);

			if (next != no)
			{
				count_plainly(retention, cohort, no);
				no = next;
			}
		}
	}
	count_plainly(retention, cohort, no)->last++;
}

/* Add one customer, without marks and values. */
static void
add_plainly(Retention *retention, ActivityCursor *cursor,
			PeriodCache *period_cache, Day as_of)
{
	ByteReader reader = cursor->reader;
	int64_t day = cursor->first;
	Cohort *cohort;
	int32_t no = 0;

	if (read_unsigned(&reader, INT64_MAX) == 0)
		reader_fail(&reader);
	cohort =
		cohort_near(retention, period_cache_period(period_cache, (Day) day));
	for (size_t left = cursor->left - 1; left > 0; left--)
	{
		int32_t next;

		day = next_plainly(&reader, day);
		if (day >= as_of)
			break;
		next = period_cache_period(period_cache, (Day) day) - cohort->period;
		if (next != no)
		{
			count_plainly(retention, cohort, no);
			no = next;
		}
	}
	count_plainly(retention, cohort, no)->last++;
}

/* Add one customer, whatever there is to the timeline. */
static void
add_fully(Retention *retention, ActivityCursor *cursor,
		  PeriodCache *period_cache, Day as_of)
{
	ActivityDay day;
	Cohort *cohort = NULL;
	Step step = {0, false, 0};
	int32_t last = 0;
	int at;

	while (cursor_next(cursor, &day) && day.day < as_of)
	{
		int32_t no;

		if (cohort == NULL)
		{
			if (day.starts == 0)
				continue;
			cohort = retention_cohort(
				retention, period_cache_period(period_cache, day.day));
			cohort->members = count_add(cohort->members, 1);
		}
		no = period_cache_period(period_cache, day.day) - cohort->period;
		if (no != step.no)
		{
			step_count(retention, cohort, &step);
			step = (Step){no, false, 0};
		}
		if (day.returns > 0)
		{
			step.returned = true;
			last = no;
		}
		if (day.value != 0)
			step.value = money_add(
				step.value,
				money_rescale(day.value, cursor->scale, retention->scale));
	}
	if (cohort == NULL)
		return;
	step_count(retention, cohort, &step);
	at = cohort_cell(retention, cohort, last);
	cohort->cells[at].last++;
}

/* Take over how customers are read, or check that it is how all were. */
static inline void
adopt_near(Retention *retention, Calendar calendar, Day as_of)
{
	const RetentionSpec *known = &retention->spec;
	RetentionSpec spec;

	/* the customer before was read the same way, nearly always */
	if (retention->adopted && retention->is_set && retention->as_of == as_of &&
		known->calendar.grain == calendar.grain &&
		known->calendar.week_start == calendar.week_start &&
		known->clock == CLOCK_CALENDAR && known->min_events == 1 &&
		!known->streak && known->nbrackets == 0)
		return;
	memset(&spec, 0, sizeof(spec));
	spec.calendar = calendar;
	spec.min_events = 1;
	retention_adopt(retention, &spec, as_of, true);
}

/* Add one customer, read with the default options. */
void
retention_add_activity(Retention *retention, const void *data, size_t size,
					   Calendar calendar, Day as_of)
{
	PeriodCache *period_cache = period_cache_of(calendar);
	ActivityCursor cursor;

	cursor_open(&cursor, data, size);
	adopt_near(retention, calendar, as_of);
	if (cursor.months != 0 && cursor.last < as_of &&
		months_per_period(calendar.grain) > 0)
	{
		add_months(retention, &cursor, period_cache);
		return;
	}
	check_interrupts();
	if (cursor.has_value)
		retention_scale(retention, true, cursor.scale);
	if (cursor.is_marked || cursor.has_value)
		add_fully(retention, &cursor, period_cache, as_of);
	else if (cursor.left > 0 && cursor.first < as_of)
		add_plainly(retention, &cursor, period_cache, as_of);
}
