/*
 * movement.c
 *		What moved from period to period: the waterfall as a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/movement_cells.h"
#include "core/util/sorted.h"

Movement *
movement_new(Context context)
{
	return RUNTIME_NEW(Movement, context);
}

/* Take over grain and end of observation, or check that they agree. */
void
movement_adopt(Movement *movement, Calendar calendar, Day as_of,
			   int32_t pause_days)
{
	if (!movement->adopted)
	{
		movement->adopted = true;
		movement->calendar = calendar;
		movement->as_of = as_of;
		movement->pause_days = pause_days;
		movement->period_cache = period_cache_of(calendar);
		return;
	}
	if (!calendar_is(movement->calendar, calendar))
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same grain for every customer.",
					  "cannot add up movements of different grains");
	if (movement->as_of != as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same as_of for every customer.",
					  "cannot add up customers observed until different days");
	if (movement->pause_days != pause_days)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same pause_days for every customer.",
					  "cannot add up customers whose pauses count differently");
}

/* Bring the state to at least this scale. */
void
movement_scale(Movement *movement, int scale)
{
	if (scale <= movement->scale)
		return;
	for (int i = 0; i < movement->ncells; i++)
	{
		check_interrupts();
		for (int line = 0; line < MOVEMENT_LINES; line++)
			movement->cells[i].mrr[line] = money_rescale(
				movement->cells[i].mrr[line], movement->scale, scale);
	}
	movement->scale = scale;
}

/* Make the cell of a period, or find it the long way. */
MovementCell *
movement_cell_make(Movement *movement, Period period)
{
	int at;

	movement->cells =
		sorted_reach(movement->context, movement->cells, &movement->ncells,
					 &movement->room, sizeof(MovementCell), period, &at);
	return &movement->cells[at];
}

/* Add another state up. */
void
movement_merge(Movement *into, const Movement *more)
{
	if (!more->adopted)
		return;
	movement_adopt(into, more->calendar, more->as_of, more->pause_days);
	movement_scale(into, more->scale);
	for (int i = 0; i < more->ncells; i++)
	{
		const MovementCell *from = &more->cells[i];
		MovementCell *cell = movement_cell(into, from->period);

		check_interrupts();
		for (int line = 0; line < MOVEMENT_LINES; line++)
		{
			cell->customers[line] =
				count_add(cell->customers[line], from->customers[line]);
			cell->mrr[line] = money_add(
				cell->mrr[line],
				money_rescale(from->mrr[line], more->scale, into->scale));
		}
	}
}

/* Give out a row for every period from the first that has anything. */
void
movement_rows(const Movement *movement, MovementEmit take, void *arg)
{
	MovementRow row = {0};
	int64_t last;
	int at = 0;

	if (movement->ncells == 0)
		return;
	last = last_period(movement);
	if (last - movement->cells[0].period >= PERIODS_LIMIT)
		runtime_error(
			RUNTIME_TOO_LARGE,
			"Use a coarser grain, or look for days far in the past with "
			"cvm.check_model().",
			"waterfall would have more than %d periods", PERIODS_LIMIT);
	for (row.period = movement->cells[0].period; row.period <= last;
		 row.period++)
	{
		check_interrupts();
		row.cell = NULL;
		if (at < movement->ncells && movement->cells[at].period == row.period)
			row.cell = &movement->cells[at++];
		row.closing = row.opening;
		row.closing_customers = row.opening_customers;
		for (int line = 0; row.cell != NULL && line < WATERFALL_LINES; line++)
		{
			row.closing = money_add(row.closing, row.cell->mrr[line]);
			if (line == LINE_CHURN || line == LINE_MOVED_OUT)
				row.closing_customers = count_add(row.closing_customers,
												  -row.cell->customers[line]);
			else if (line != LINE_EXPANSION && line != LINE_CONTRACTION)
				row.closing_customers =
					count_add(row.closing_customers, row.cell->customers[line]);
		}
		if (row.cell != NULL)
		{
			row.closing = money_add(row.closing, row.cell->mrr[LINE_PAUSED]);
			row.closing_customers = count_add(row.closing_customers,
											  row.cell->customers[LINE_PAUSED]);
			row.paused = money_add(row.paused, -row.cell->mrr[LINE_PAUSED]);
			row.paused_customers = count_add(row.paused_customers,
											 -row.cell->customers[LINE_PAUSED]);
		}
		row.is_complete =
			period_start(movement->calendar, row.period + 1) <= movement->as_of;
		take(arg, &row);
		row.opening = row.closing;
		row.opening_customers = row.closing_customers;
	}
}
