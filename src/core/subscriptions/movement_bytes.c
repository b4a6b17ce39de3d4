/*
 * movement_bytes.c
 *		The bytes of a waterfall.
 *
 * Canonical bytes: version, grain, [pause_days], [week start], as_of, scale,
 * number of cells, and for each cell its distance from the one before, a bit
 * for each line that it has, and for each of those customers and money.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/movement_cells.h"
#include "core/util/calendar_bytes.h"

/* Does anything move in a line of a cell? */
static inline bool
cell_has(const MovementCell *cell, int line)
{
	return cell->customers[line] != 0 || cell->mrr[line] != 0;
}

/* Which lines of a cell have anything; none where pauses cancel out */
static uint32_t
cell_lines(const MovementCell *cell)
{
	uint32_t has = 0;

	for (int line = 0; line < MOVEMENT_LINES; line++)
		has |= (uint32_t) cell_has(cell, line) << line;
	return has;
}

/* Write canonical bytes. */
void
movement_encode(const Movement *movement, ByteWriter *writer)
{
	const MovementCell *last = NULL;
	int ncells = 0;

	write_byte(writer, MOVEMENT_VERSION);
	write_calendar(writer, movement->calendar, movement->pause_days);
	write_signed(writer, movement->as_of);
	write_unsigned(writer, movement->scale);
	for (int i = 0; i < movement->ncells; i++)
		ncells += cell_lines(&movement->cells[i]) != 0;
	write_unsigned(writer, ncells);
	for (int i = 0; i < movement->ncells; i++)
	{
		const MovementCell *cell = &movement->cells[i];
		uint32_t has = cell_lines(cell);

		check_interrupts();
		if (has == 0)
			continue;
		write_period(writer, cell->period, last ? &last->period : NULL);
		last = cell;
		write_unsigned(writer, has);
		for (int line = 0; line < MOVEMENT_LINES; line++)
		{
			if (!(has >> line & 1))
				continue;
			if (line == LINE_PAUSED)
				write_signed(writer, cell->customers[line]);
			else
				write_unsigned(writer, cell->customers[line]);
			if (line != LINE_SAME_PERIOD)
				write_wide(writer, cell->mrr[line]);
		}
	}
}

/* Is money of a line on the side of zero where it belongs? */
static bool
line_sound(MovementLine line, Wide mrr)
{
	switch (line)
	{
		case LINE_CONTRACTION:
		case LINE_CHURN:
		case LINE_MOVED_OUT:
		case LINE_PRICE_CONTRACTION:
		case LINE_TO_FREE:
			return mrr < 0;
		case LINE_SAME_PERIOD:
			return mrr == 0;
		default:
			return mrr > 0;
	}
}

/* Is a part no more than the line it is a part of? */
static bool
part_sound(const MovementCell *cell, MovementLine part, MovementLine whole)
{
	return cell->customers[part] <= cell->customers[whole] &&
		   (cell->mrr[whole] < 0 ? cell->mrr[part] >= cell->mrr[whole]
								 : cell->mrr[part] <= cell->mrr[whole]);
}

/* Read canonical bytes; anything else is refused. */
Movement *
movement_decode(Context context, const void *data, size_t size)
{
	Movement *movement = movement_new(context);
	ByteReader reader = read_state(data, size, "movement", MOVEMENT_VERSION);
	int32_t pause_days;
	Calendar calendar = read_calendar(&reader, &pause_days);
	int64_t period;
	int64_t last;
	int64_t paused_customers = 0;
	Wide paused = 0;

	movement_adopt(movement, calendar,
				   (Day) read_signed(&reader, DAY_FIRST, DAY_LAST), pause_days);
	last = last_period(movement);
	movement->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	movement->ncells = (int) read_count(&reader, 3);
	movement->room = movement->ncells + 1;
	movement->cells =
		runtime_alloc_zero(context, movement->room * sizeof(MovementCell));
	for (int i = 0; i < movement->ncells; i++)
	{
		MovementCell *cell = &movement->cells[i];
		uint64_t has;

		check_interrupts();
		period = read_period(&reader, i > 0 ? &cell[-1].period : NULL);
		has = read_unsigned(&reader, (UINT64_C(1) << MOVEMENT_LINES) - 1);
		if (period > last || has == 0 ||
			period < period_of(calendar, DAY_FIRST) ||
			(i > 0 && cell[-1].period >= period))
			reader_fail(&reader);
		cell->period = (Period) period;
		for (int line = 0; line < MOVEMENT_LINES; line++)
		{
			if (!(has >> line & 1))
				continue;
			if (line == LINE_PAUSED)
			{
				cell->customers[line] =
					read_signed(&reader, -INT64_MAX, INT64_MAX);
				cell->mrr[line] = read_wide(&reader);
				paused_customers =
					count_add(paused_customers, -cell->customers[line]);
				paused = money_add(paused, -cell->mrr[line]);
				if (pause_days == 0 || !cell_has(cell, line) ||
					paused_customers < 0 || paused < 0)
					reader_fail(&reader);
				continue;
			}
			cell->customers[line] = (int64_t) read_unsigned(&reader, INT64_MAX);
			if (line != LINE_SAME_PERIOD)
				cell->mrr[line] = read_wide(&reader);
			if (cell->customers[line] == 0 ||
				!line_sound(line, cell->mrr[line]))
				reader_fail(&reader);
		}
		if (!part_sound(cell, LINE_PRICE_EXPANSION, LINE_EXPANSION) ||
			!part_sound(cell, LINE_PRICE_CONTRACTION, LINE_CONTRACTION) ||
			!part_sound(cell, LINE_TO_FREE, LINE_CHURN))
			reader_fail(&reader);
	}
	reader_close(&reader);
	return movement;
}
