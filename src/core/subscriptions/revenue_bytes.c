/*
 * revenue_bytes.c
 *		The bytes of retention of customers and of money.
 *
 * Canonical bytes: version, grain, [week start], clock, as_of, scale, number
 * of cohorts; for each its distance from the one before, members, money of the
 * first days, number of cells; for each of those its distance from the one
 * before and the five changes.  Cells in which nothing changes are left out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/revenue.h"
#include "core/util/calendar_bytes.h"

/* Write canonical bytes. */
void
revenue_retention_encode(const Revenue *revenue, ByteWriter *writer)
{
	write_byte(writer, REVENUE_VERSION);
	write_calendar(writer, revenue->calendar, 0);
	write_byte(writer, (uint8_t) revenue->clock);
	write_signed(writer, revenue->as_of);
	write_unsigned(writer, revenue->scale);
	write_unsigned(writer, revenue->ncohorts);
	for (int i = 0; i < revenue->ncohorts; i++)
	{
		const RevenueCohort *cohort = &revenue->cohorts[i];
		int ncells = 0;
		int32_t last = 0;

		check_interrupts();
		write_period(writer, cohort->period, i > 0 ? &cohort[-1].period : NULL);
		write_unsigned(writer, cohort->members);
		write_wide(writer, cohort->base);
		for (int j = 0; j < cohort->ncells; j++)
			ncells += !retained_money_is_zero(&cohort->cells[j].change);
		write_unsigned(writer, ncells);
		for (int j = 0; j < cohort->ncells; j++)
		{
			const RevenueCell *cell = &cohort->cells[j];

			if (retained_money_is_zero(&cell->change))
				continue;
			write_unsigned(writer, cell->no - last);
			last = cell->no;
			write_signed(writer, cell->change.eligible);
			write_signed(writer, cell->change.retained);
			write_wide(writer, cell->change.base);
			write_wide(writer, cell->change.gross);
			write_wide(writer, cell->change.net);
		}
	}
}

/* Read a cohort's cells; sums of changes must make sense all the way. */
static void
cells_decode(const Revenue *revenue, RevenueCohort *cohort, ByteReader *reader)
{
	RetainedMoney retained = {0};
	int64_t no = 0;

	cohort->ncells = cohort->room = (int) read_count(reader, 6);
	if (cohort->room > 0)
		cohort->cells =
			runtime_alloc(revenue->context, cohort->room * sizeof(RevenueCell));
	for (int i = 0; i < cohort->ncells; i++)
	{
		RevenueCell *cell = &cohort->cells[i];
		uint64_t step = read_unsigned(reader, INT32_MAX);

		check_interrupts();
		no += (int64_t) step;
		if (no > INT32_MAX || (i > 0 && step == 0))
			reader_fail(reader);
		cell->no = (int32_t) no;
		cell->change.eligible = read_signed(reader, -INT64_MAX, INT64_MAX);
		cell->change.retained = read_signed(reader, -INT64_MAX, INT64_MAX);
		cell->change.base = read_wide(reader);
		cell->change.gross = read_wide(reader);
		cell->change.net = read_wide(reader);
		if (retained_money_is_zero(&cell->change))
			reader_fail(reader);
		retained_money_take(&retained, &cell->change);
		if (retained.retained < 0 || retained.retained > retained.eligible ||
			retained.eligible > cohort->members || retained.gross < 0 ||
			retained.gross > retained.net || retained.gross > retained.base ||
			retained.base > cohort->base)
			reader_fail(reader);
	}
	/* at the end nobody is eligible any more */
	if (!retained_money_is_zero(&retained))
		reader_fail(reader);
}

/* Read canonical bytes; anything else is refused. */
Revenue *
revenue_retention_decode(Context context, const void *data, size_t size)
{
	Revenue *revenue = revenue_retention_new(context);
	ByteReader reader =
		read_state(data, size, "revenue_retention", REVENUE_VERSION);
	Calendar calendar = read_calendar(&reader, NULL);
	Clock clock = (Clock) read_byte(&reader);
	int64_t period;
	int64_t last;

	if (clock > CLOCK_ANNIVERSARY)
		reader_fail(&reader);
	revenue_adopt(revenue, calendar, clock,
				  (Day) read_signed(&reader, DAY_FIRST, DAY_LAST));
	last = period_of(calendar, revenue->as_of - 1);
	revenue->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	revenue->ncohorts = (int) read_count(&reader, 4);
	revenue->room = revenue->ncohorts + 1;
	revenue->cohorts =
		runtime_alloc_zero(context, revenue->room * sizeof(RevenueCohort));
	for (int i = 0; i < revenue->ncohorts; i++)
	{
		RevenueCohort *cohort = &revenue->cohorts[i];

		check_interrupts();
		period = read_period(&reader, i > 0 ? &cohort[-1].period : NULL);
		if (period > last || period < period_of(calendar, DAY_FIRST) ||
			(i > 0 && cohort[-1].period >= period))
			reader_fail(&reader);
		cohort->period = (Period) period;
		cohort->members = (int64_t) read_unsigned(&reader, INT64_MAX);
		cohort->base = read_wide(&reader);
		if (cohort->members == 0 || cohort->base <= 0)
			reader_fail(&reader);
		cells_decode(revenue, cohort, &reader);
	}
	reader_close(&reader);
	return revenue;
}
