/*
 * movement_cells.h
 *		What the files of the waterfall share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_MOVEMENT_CELLS_H
#define CVM_CORE_SUBSCRIPTIONS_MOVEMENT_CELLS_H

#include "core/subscriptions/movement.h"

extern MovementCell *movement_cell_make(Movement *movement, Period period);

/* The cell of a period; good until the next call. */
static inline MovementCell *
movement_cell(Movement *movement, Period period)
{
	if (movement->ncells > 0)
	{
		int64_t at = (int64_t) period - movement->cells[0].period;

		if (at >= 0 && at < movement->ncells &&
			movement->cells[at].period == period)
			return &movement->cells[at];
	}
	return movement_cell_make(movement, period);
}

/* The period that is open, or was the last to close, at as_of. */
static inline Period
last_period(const Movement *movement)
{
	return period_of(movement->calendar, movement->as_of - 1);
}

#endif /* CVM_CORE_SUBSCRIPTIONS_MOVEMENT_CELLS_H */
