/*
 * retention.c
 *		Cohorts added up: the retention triangle as a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/retention.h"
#include "core/util/calendar_bytes.h"
#include "core/util/sorted.h"

#include <string.h>

#define HAS_VALUE 1
#define HAS_RETURNED 2 /* returned differs from retained somewhere */
#define IS_SET 4

Retention *
retention_new(Context context)
{
	return RUNTIME_NEW(Retention, context);
}

/* Take over a reading and an end of observation, or check that they agree. */
void
retention_adopt(Retention *retention, const RetentionSpec *spec, Day as_of,
				bool is_set)
{
	if (!retention->adopted)
	{
		size_t size = spec->nbrackets * sizeof(Bracket);

		retention->adopted = true;
		retention->spec = *spec;
		if (size > 0)
		{
			retention->spec.brackets = runtime_alloc(retention->context, size);
			memcpy(retention->spec.brackets, spec->brackets, size);
		}
		retention->as_of = as_of;
		retention->is_set = is_set;
		return;
	}
	if (!retention_spec_equal(&retention->spec, spec))
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"Read every tenure with the same grain, clock, week start, "
			"brackets, min_events and streak.",
			"cannot add up states of different grain, clock or brackets");
	if (is_set && retention->is_set && as_of != retention->as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Read every tenure with the same as_of.",
					  "cannot add up customers observed until different days");
	if ((retention->is_set && as_of > retention->as_of) ||
		(is_set && retention->as_of > as_of))
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Filter the rows to days before as_of first.",
					  "cannot add up a state with days past the other's as_of");
	if (is_set || as_of > retention->as_of)
		retention->as_of = as_of;
	retention->is_set |= is_set;
}

/* Bring the state to at least this scale. */
void
retention_scale(Retention *retention, bool has_value, int scale)
{
	retention->has_value |= has_value;
	if (scale <= retention->scale)
		return;
	for (int i = 0; i < retention->ncohorts; i++)
	{
		Cohort *cohort = &retention->cohorts[i];

		check_interrupts();
		for (int j = 0; j < cohort->ncells; j++)
		{
			cohort->cells[j].value =
				money_rescale(cohort->cells[j].value, retention->scale, scale);
			if (cohort->running == NULL)
				continue;
			cohort->running[j].value = money_rescale(cohort->running[j].value,
													 retention->scale, scale);
			cohort->running[j].elapsed_base = money_rescale(
				cohort->running[j].elapsed_base, retention->scale, scale);
			cohort->running[j].running_base = money_rescale(
				cohort->running[j].running_base, retention->scale, scale);
		}
	}
	retention->scale = scale;
}

/* Find a cohort, or make it. */
Cohort *
retention_cohort(Retention *retention, Period period)
{
	int at;

	retention->cohorts = sorted_reach(retention->context, retention->cohorts,
									  &retention->ncohorts, &retention->room,
									  sizeof(Cohort), period, &at);
	return &retention->cohorts[at];
}

/* Find the index of a cohort's cell, or make the cell. */
int
cohort_cell(Retention *retention, Cohort *cohort, int32_t no)
{
	int at = sorted_place(cohort->cells, cohort->ncells, sizeof(Cell), no);

	if (sorted_has(cohort->cells, cohort->ncells, sizeof(Cell), at, no))
		return at;
	if (retention->spec.clock == CLOCK_ANNIVERSARY)
	{
		int count = cohort->ncells;
		int room = cohort->room;

		cohort->running = sorted_open(retention->context, cohort->running,
									  &count, &room, sizeof(RunningCell), at);
	}
	cohort->cells =
		sorted_open(retention->context, cohort->cells, &cohort->ncells,
					&cohort->room, sizeof(Cell), at);
	cohort->cells[at].no = no;
	return at;
}

/* Add one customer. */
void
retention_add(Retention *retention, const Tenure *tenure)
{
	Cohort *cohort;
	int32_t last = -1;
	Wide base = 0;
	int at;

	retention_adopt(retention, &tenure->spec, tenure->as_of, true);
	retention_scale(retention, tenure->has_value, tenure->scale);
	if (!tenure->started)
		return;
	cohort = retention_cohort(retention, tenure->cohort);
	cohort->members = count_add(cohort->members, 1);
	for (int i = 0; i < tenure->nperiods; i++)
	{
		const TenurePeriod *period = &tenure->periods[i];
		Wide value =
			money_rescale(period->value, tenure->scale, retention->scale);

		check_interrupts();
		if (!period->retained && !period->returned && value == 0)
			continue;
		at = cohort_cell(retention, cohort, period->no);
		cohort->cells[at].retained += period->retained;
		cohort->cells[at].returned += period->returned;
		cohort->cells[at].value = money_add(cohort->cells[at].value, value);
		if (period->retained)
			last = period->no;
		if (period->no == 0)
			base = value;
		if (tenure->running && period->no == tenure->elapsed)
		{
			RunningCell *running = &cohort->running[at];

			running->retained += period->retained;
			running->returned += period->returned;
			running->value = money_add(running->value, value);
		}
	}
	if (last >= 0)
	{
		at = cohort_cell(retention, cohort, last);
		cohort->cells[at].last++;
	}
	if (retention->spec.clock == CLOCK_ANNIVERSARY)
	{
		at = cohort_cell(retention, cohort, tenure->elapsed);
		cohort->running[at].elapsed++;
		cohort->running[at].elapsed_base =
			money_add(cohort->running[at].elapsed_base, base);
		if (tenure->running)
		{
			cohort->running[at].running++;
			cohort->running[at].running_base =
				money_add(cohort->running[at].running_base, base);
		}
	}
}

/* Add another state; that one stays as it is. */
void
retention_merge(Retention *into, const Retention *more)
{
	if (!more->adopted)
		return;
	retention_adopt(into, &more->spec, more->as_of, more->is_set);
	retention_scale(into, more->has_value, more->scale);
	for (int i = 0; i < more->ncohorts; i++)
	{
		const Cohort *theirs = &more->cohorts[i];
		Cohort *ours = retention_cohort(into, theirs->period);

		ours->members = count_add(ours->members, theirs->members);
		for (int j = 0; j < theirs->ncells; j++)
		{
			const Cell *from = &theirs->cells[j];
			int at = cohort_cell(into, ours, from->no);
			Cell *to = &ours->cells[at];

			check_interrupts();
			to->retained = count_add(to->retained, from->retained);
			to->returned = count_add(to->returned, from->returned);
			to->last = count_add(to->last, from->last);
			to->value =
				money_add(to->value,
						  money_rescale(from->value, more->scale, into->scale));
			if (theirs->running != NULL)
			{
				const RunningCell *run_from = &theirs->running[j];
				RunningCell *run_to = &ours->running[at];

				run_to->elapsed = count_add(run_to->elapsed, run_from->elapsed);
				run_to->running += run_from->running;
				run_to->retained += run_from->retained;
				run_to->returned += run_from->returned;
				run_to->elapsed_base =
					money_add(run_to->elapsed_base,
							  money_rescale(run_from->elapsed_base, more->scale,
											into->scale));
				run_to->running_base =
					money_add(run_to->running_base,
							  money_rescale(run_from->running_base, more->scale,
											into->scale));
				run_to->value = money_add(
					run_to->value,
					money_rescale(run_from->value, more->scale, into->scale));
			}
		}
	}
}

/* Say until when was observed. */
void
retention_set_as_of(Retention *retention, Day as_of)
{
	if (as_of < retention->as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Filter the rows to days before as_of, then fold them.",
					  "as_of is earlier than the last day folded");
	if (as_of > retention->as_of && retention->is_set)
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"Read the tenures, or fold the rows, with the later as_of.",
			"as_of is already set");
	retention->as_of = as_of;
	retention->is_set = true;
}

static inline bool
cell_empty(const Cohort *cohort, int at)
{
	const Cell *cell = &cohort->cells[at];

	return cell->retained == 0 && cell->returned == 0 && cell->value == 0 &&
		   (cohort->running == NULL || cohort->running[at].elapsed == 0);
}

static inline bool
cell_differs(const Cohort *cohort, int at)
{
	return cohort->cells[at].returned != cohort->cells[at].retained ||
		   (cohort->running != NULL &&
			cohort->running[at].returned != cohort->running[at].retained);
}

/* Write canonical bytes. */
void
retention_encode(const Retention *retention, ByteWriter *writer)
{
	bool returned = false;

	for (int i = 0; i < retention->ncohorts && !returned; i++)
		for (int j = 0; j < retention->cohorts[i].ncells && !returned; j++)
			returned = cell_differs(&retention->cohorts[i], j);
	write_byte(writer, RETENTION_VERSION);
	write_byte(writer, (retention->has_value ? HAS_VALUE : 0) |
						   (returned ? HAS_RETURNED : 0) |
						   (retention->is_set ? IS_SET : 0));
	retention_spec_encode(&retention->spec, writer);
	write_signed(writer, retention->as_of);
	if (retention->has_value)
		write_unsigned(writer, retention->scale);
	write_unsigned(writer, retention->ncohorts);
	for (int i = 0; i < retention->ncohorts; i++)
	{
		const Cohort *cohort = &retention->cohorts[i];
		int kept = 0;
		int32_t before = 0;

		write_period(writer, cohort->period, i > 0 ? &cohort[-1].period : NULL);
		write_unsigned(writer, cohort->members);
		for (int j = 0; j < cohort->ncells; j++)
			kept += !cell_empty(cohort, j);
		write_unsigned(writer, kept);
		for (int j = 0; j < cohort->ncells; j++)
		{
			const Cell *cell = &cohort->cells[j];

			check_interrupts();
			if (cell_empty(cohort, j))
				continue;
			write_unsigned(writer, cell->no - before);
			before = cell->no;
			write_unsigned(writer, cell->retained);
			if (returned)
				write_unsigned(writer, cell->returned);
			write_unsigned(writer, cell->last);
			if (retention->has_value)
				write_wide(writer, cell->value);
			if (cohort->running != NULL)
			{
				const RunningCell *running = &cohort->running[j];

				write_unsigned(writer, running->elapsed);
				write_unsigned(writer, running->running);
				write_unsigned(writer, running->retained);
				if (returned)
					write_unsigned(writer, running->returned);
				if (retention->has_value)
				{
					write_wide(writer, running->elapsed_base);
					write_wide(writer, running->running_base);
					write_wide(writer, running->value);
				}
			}
		}
	}
}

/* How many periods may have begun in a cohort: the bound of its cells. */
static int64_t
periods_begun(const Retention *retention, const Cohort *cohort)
{
	Calendar calendar = retention->spec.calendar;
	int64_t first = period_start(calendar, cohort->period);
	int64_t offsets;

	if (first >= retention->as_of)
		return 0;
	offsets = (int64_t) period_of(calendar, retention->as_of - 1) -
			  cohort->period + 1;
	if (retention->spec.nbrackets == 0)
		return offsets;
	return (int64_t) retention_spec_elapsed(
			   &retention->spec,
			   offsets > INT32_MAX ? INT32_MAX : (int32_t) offsets) +
		   1;
}

/*
 * Do a cohort's members add up?  Nobody counts in a period who has not begun
 * it, so that no rate passes 1: what readers divide by is never too small.
 */
static bool
cohort_adds_up(const Retention *retention, const Cohort *cohort, int64_t begun)
{
	int64_t eligible = cohort->members;
	int64_t later = 0;

	if (cohort->running == NULL)
		return true;
	if (retention->spec.nbrackets > 0 && begun > retention->spec.nbrackets)
		begun = retention->spec.nbrackets;
	for (int i = 0; i < cohort->ncells; i++)
		later += cohort->cells[i].last;
	for (int i = 0; i < cohort->ncells; i++)
	{
		const Cell *cell = &cohort->cells[i];
		const RunningCell *running = &cohort->running[i];

		eligible -= running->elapsed;
		if ((running->running > 0 && cell->no >= begun) ||
			cell->retained - running->retained > eligible ||
			cell->returned - running->returned > eligible ||
			later - running->retained > eligible)
			return false;
		later -= cell->last;
	}
	return eligible == 0;
}

/* Read canonical bytes; anything else is refused. */
Retention *
retention_decode(Context context, const void *data, size_t size)
{
	Retention *retention = retention_new(context);
	ByteReader reader = read_state(data, size, "retention", RETENTION_VERSION);
	uint8_t flags;
	int64_t period;
	bool differs = false;

	flags = read_byte(&reader);
	if (flags & ~(HAS_VALUE | HAS_RETURNED | IS_SET))
		reader_fail(&reader);
	retention->adopted = true;
	retention->has_value = (flags & HAS_VALUE) != 0;
	retention->is_set = (flags & IS_SET) != 0;
	retention_spec_decode(&retention->spec, &reader);
	retention->as_of = (Day) read_signed(&reader, DAY_FIRST, DAY_LAST);
	if (retention->has_value)
		retention->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	retention->ncohorts = (int) read_count(&reader, 3);
	retention->room = retention->ncohorts;
	if (retention->room > 0)
		retention->cohorts =
			runtime_alloc_zero(context, retention->ncohorts * sizeof(Cohort));
	for (int i = 0; i < retention->ncohorts; i++)
	{
		Cohort *cohort = &retention->cohorts[i];
		bool anniversary = retention->spec.clock == CLOCK_ANNIVERSARY;
		int64_t no = 0;
		int64_t begun;
		int64_t rest;
		int64_t whole;

		period = read_period(&reader, i > 0 ? &cohort[-1].period : NULL);
		if (period > INT32_MAX || (i > 0 && period == cohort[-1].period) ||
			period < period_of(retention->spec.calendar, DAY_FIRST))
			reader_fail(&reader);
		cohort->period = (Period) period;
		cohort->members = (int64_t) read_unsigned(&reader, INT64_MAX);
		begun = periods_begun(retention, cohort);
		if (cohort->members == 0 || begun == 0)
			reader_fail(&reader);
		rest = whole = cohort->members;
		cohort->ncells = (int) read_count(&reader, 3);
		cohort->room = cohort->ncells;
		if (cohort->room > 0)
		{
			cohort->cells =
				runtime_alloc_zero(context, cohort->room * sizeof(Cell));
			if (anniversary)
				cohort->running = runtime_alloc_zero(
					context, cohort->room * sizeof(RunningCell));
		}
		for (int j = 0; j < cohort->ncells; j++)
		{
			Cell *cell = &cohort->cells[j];

			check_interrupts();
			no += (int64_t) read_unsigned(&reader, INT32_MAX);
			if (no > begun || (no == begun && !anniversary) ||
				(j > 0 && no == cell[-1].no) ||
				(retention->spec.nbrackets > 0 &&
				 no > retention->spec.nbrackets - !anniversary))
				reader_fail(&reader);
			cell->no = (int32_t) no;
			cell->retained = (int64_t) read_unsigned(&reader, cohort->members);
			cell->returned = cell->retained;
			if (flags & HAS_RETURNED)
				cell->returned =
					(int64_t) read_unsigned(&reader, cohort->members);
			cell->last = (int64_t) read_unsigned(
				&reader, rest < cell->retained ? rest : cell->retained);
			rest -= cell->last;
			if (retention->has_value)
				cell->value = read_wide(&reader);
			if (anniversary)
			{
				RunningCell *running = &cohort->running[j];

				running->elapsed = (int64_t) read_unsigned(&reader, whole);
				whole -= running->elapsed;
				running->running =
					(int64_t) read_unsigned(&reader, running->elapsed);
				running->retained = (int64_t) read_unsigned(
					&reader, running->running < cell->last ? running->running
														   : cell->last);
				running->returned = running->retained;
				if (flags & HAS_RETURNED)
					running->returned = (int64_t) read_unsigned(
						&reader, running->running < cell->returned
									 ? running->running
									 : cell->returned);
				if (retention->has_value)
				{
					running->elapsed_base = read_wide(&reader);
					running->running_base = read_wide(&reader);
					running->value = read_wide(&reader);
				}
			}
			differs |= cell_differs(cohort, j);
			if (cell_empty(cohort, j))
				reader_fail(&reader);
		}
		if ((anniversary && cohort->running == NULL) ||
			!cohort_adds_up(retention, cohort, begun))
			reader_fail(&reader);
	}
	if (differs != ((flags & HAS_RETURNED) != 0))
		reader_fail(&reader);
	reader_close(&reader);
	return retention;
}
