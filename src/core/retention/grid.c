/*
 * grid.c
 *		Reading a retention state.
 *
 * The denominator of a cell is its eligible members: those whose whole period
 * lies before as_of.  Under the calendar clock that is all of a cohort or
 * nobody; under the anniversary clock each member becomes eligible by itself,
 * and what the others did in their running period is taken out again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/grid.h"

#include <string.h>

/* How many periods of a cohort somebody has begun, by the calendar clock. */
static int64_t
calendar_begun(const Retention *retention, const Cohort *cohort, int64_t *over)
{
	const RetentionSpec *spec = &retention->spec;
	int64_t offsets =
		(int64_t) period_of(spec->calendar, retention->as_of - 1) -
		cohort->period + 1;
	int64_t whole =
		(int64_t) period_of(spec->calendar, retention->as_of) - cohort->period;
	int64_t begun;

	if (spec->nbrackets == 0)
	{
		*over = whole;
		return offsets;
	}
	begun = *over = retention_spec_elapsed(spec, (int32_t) whole);
	if (begun < spec->nbrackets && retention_spec_low(spec, begun) < offsets)
		begun++;
	return begun;
}

/* How many rows a cohort has; by the calendar clock, how many are over. */
static int64_t
cohort_begun(const Retention *retention, const Cohort *cohort, int64_t *over)
{
	int64_t begun = 0;

	*over = 0;
	if (cohort->running == NULL)
		return calendar_begun(retention, cohort, over);
	for (int j = 0; j < cohort->ncells; j++)
	{
		const RunningCell *running = &cohort->running[j];

		if (running->elapsed > 0 && cohort->cells[j].no > begun)
			begun = cohort->cells[j].no;
		if (running->running > 0)
			begun = (int64_t) cohort->cells[j].no + 1;
	}
	return begun;
}

/*
 * Refuse a triangle that no real cohorts have.  A triangle of days may have
 * many rows, but it has many cohorts too.
 */
static void
check_rows(const Retention *retention)
{
	int64_t limit = ROWS_LIMIT(retention->ncohorts);
	int64_t nrows = 0;
	int64_t over;

	for (int i = 0; i < retention->ncohorts; i++)
	{
		nrows += cohort_begun(retention, &retention->cohorts[i], &over);
		if (nrows > limit)
			runtime_error(
				RUNTIME_TOO_LARGE,
				"Use a coarser grain, or look for events with a wrong "
				"year.",
				"retention would have more than %lld rows", (long long) limit);
	}
}

/* Begin with a cohort. */
static void
cohort_open(GridReader *reader, const Cohort *cohort)
{
	reader->cohort = cohort;
	reader->begun = cohort_begun(reader->retention, cohort, &reader->over);
	reader->no = 0;
	reader->at = 0;
	reader->later = 0;
	reader->eligible = cohort->members;
	reader->base = 0;
	for (int j = 0; cohort->running != NULL && j < cohort->ncells; j++)
		reader->base = money_add(reader->base, cohort->running[j].elapsed_base);
	if (cohort->running == NULL && cohort->ncells > 0 &&
		cohort->cells[0].no == 0)
		reader->base = cohort->cells[0].value;
	for (int j = 0; j < cohort->ncells; j++)
		reader->later += cohort->cells[j].last;
}

/* Take out, or with partial count in, who is in the running period. */
static void
row_running(GridReader *reader, const RunningCell *running, GridRow *row)
{
	row->is_complete = reader->eligible == reader->cohort->members;
	row->eligible = reader->eligible;
	row->base = reader->base;
	if (running == NULL)
		return;
	if (reader->partial)
	{
		row->eligible += running->running;
		row->base = money_add(reader->base, running->running_base);
		return;
	}
	row->retained -= running->retained;
	row->retained_or_later -= running->retained;
	row->returned -= running->returned;
	row->value -= running->value;
}

/* The next cell of the cohort, be it there or empty. */
static void
cohort_next(GridReader *reader, GridRow *row)
{
	const Cohort *cohort = reader->cohort;
	const Cell *cell = NULL;
	const RunningCell *running = NULL;

	memset(row, 0, sizeof(*row));
	if (reader->at < cohort->ncells &&
		cohort->cells[reader->at].no == reader->no)
	{
		cell = &cohort->cells[reader->at];
		if (cohort->running != NULL)
			running = &cohort->running[reader->at];
		reader->at++;
	}
	row->cohort = cohort->period;
	row->period_no = (int32_t) reader->no;
	row->cohort_customers = cohort->members;
	row->base = reader->base;
	row->retained_or_later = reader->later;
	if (cell != NULL)
	{
		row->retained = cell->retained;
		row->returned = cell->returned;
		row->value = cell->value;
		reader->later -= cell->last;
	}
	if (running != NULL)
	{
		reader->eligible -= running->elapsed;
		reader->base -= running->elapsed_base;
	}
	if (cohort->running != NULL)
		row_running(reader, running, row);
	else
	{
		row->is_complete = reader->no < reader->over;
		row->eligible =
			row->is_complete || reader->partial ? cohort->members : 0;
	}
	if (row->eligible == 0)
		row->retained = row->retained_or_later = row->returned = 0;
	reader->no++;
}

/* Begin to read a triangle. */
void
grid_open(GridReader *reader, const Retention *retention, bool partial)
{
	check_rows(retention);
	memset(reader, 0, sizeof(*reader));
	reader->retention = retention;
	reader->partial = partial;
}

/* Its next cell; false at the end. */
bool
grid_next(GridReader *reader, GridRow *row)
{
	check_interrupts();
	while (reader->cohort == NULL || reader->no >= reader->begun)
	{
		if (reader->next == reader->retention->ncohorts)
			return false;
		cohort_open(reader, &reader->retention->cohorts[reader->next++]);
	}
	cohort_next(reader, row);
	return true;
}

/* The points of a curve while cohorts are pooled */
typedef struct Pool
{
	GridRow *rows;
	int64_t nrows;
	int64_t room;
} Pool;

/* Add a cell's eligible members to the curve's point. */
static void
pool_add(Pool *pool, const GridRow *row)
{
	GridRow *point;

	while (pool->nrows <= row->period_no)
	{
		if (pool->nrows == pool->room)
		{
			pool->room = pool->room ? pool->room * 2 : 64;
			pool->rows =
				pool->rows
					? runtime_realloc(pool->rows, pool->room * sizeof(GridRow))
					: runtime_alloc(NULL, pool->room * sizeof(GridRow));
		}
		memset(&pool->rows[pool->nrows], 0, sizeof(GridRow));
		pool->rows[pool->nrows].period_no = (int32_t) pool->nrows;
		pool->rows[pool->nrows].is_complete = true;
		pool->nrows++;
	}
	point = &pool->rows[row->period_no];
	point->is_complete &= row->is_complete;
	point->cohort_customers =
		count_add(point->cohort_customers, row->cohort_customers);
	if (row->eligible == 0)
		return;
	point->cohorts++;
	point->eligible = count_add(point->eligible, row->eligible);
	point->retained = count_add(point->retained, row->retained);
	point->retained_or_later =
		count_add(point->retained_or_later, row->retained_or_later);
	point->returned = count_add(point->returned, row->returned);
	point->value = money_add(point->value, row->value);
	point->base = money_add(point->base, row->base);
}

/*
 * The triangle pooled over cohorts: sums of the eligible, never a mean of
 * rates.
 */
GridRow *
curve_rows(const Retention *retention, int64_t *nrows)
{
	Pool pool = {NULL, 0, 0};
	GridReader reader;
	GridRow row;

	grid_open(&reader, retention, false);
	while (grid_next(&reader, &row))
		pool_add(&pool, &row);
	*nrows = pool.nrows;
	return pool.rows;
}
