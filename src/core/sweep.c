/*
 * sweep.c
 *		A stored timeline straight into a triangle.
 *
 * The same as reading a tenure with the default options and adding it, but in
 * one walk over the bytes, with periods looked up and nothing allocated: this
 * is what makes reading a million stored customers cheap.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/sweep.h"

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

/* Add one customer, read with the default options. */
void
retention_sweep(Retention *retention, const void *data, size_t size,
				Calendar calendar, Day as_of)
{
	Almanac *almanac = almanac_of(calendar);
	Reading reading;
	ActivityCursor cursor;
	ActivityDay day;
	Cohort *cohort = NULL;
	Step step = {0, false, 0};
	int32_t last = 0;
	int at;

	memset(&reading, 0, sizeof(reading));
	reading.calendar = calendar;
	reading.min_events = 1;
	cursor_open(&cursor, data, size);
	retention_adopt(retention, &reading, as_of, true);
	retention_scale(retention, cursor.has_value, cursor.scale);
	host_poll();
	while (cursor_next(&cursor, &day) && day.day < as_of)
	{
		int32_t no;

		if (cohort == NULL)
		{
			if (day.starts == 0)
				continue;
			cohort = retention_cohort(retention,
									  almanac_period(almanac, day.day));
			cohort->members = count_add(cohort->members, 1);
		}
		no = almanac_period(almanac, day.day) - cohort->period;
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
			step.value = money_add(step.value,
								   money_rescale(day.value, cursor.scale,
												 retention->scale));
	}
	if (cohort == NULL)
		return;
	step_count(retention, cohort, &step);
	at = cohort_cell(retention, cohort, last);
	cohort->cells[at].last++;
}
