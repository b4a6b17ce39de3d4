/*
 * driver_cells.c
 *		Sums of what is known of drivers of value, each in its cell.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/driver_cells.h"

#include <math.h>

Amount
amount_whole(int64_t number)
{
	return (Amount){.value = (double) number, .units = number * AMOUNT_UNIT};
}

Amount
amount_make(double value)
{
	Amount amount = {.value = value};
	double power = 1;

	if (fabs(value) < AMOUNT_UNIT)
		for (int i = 0; i <= DRIVER_DECIMALS; i++, power *= 10)
		{
			double whole = rint(value * power);

			if (whole / power != value)
				continue;
			amount.units = (int64_t) whole * (AMOUNT_UNIT / (int64_t) power);
			amount.decimals = (uint8_t) i;
			return amount;
		}
	amount.is_odd = true;
	return amount;
}

/* Money is of many scales, and there may be much of it. */
static void
amount_add(DriverCell *cell, const DriverCell *more)
{
	int scale = cell->decimals[SUM_AMOUNT];
	int scale_of_more = more->decimals[SUM_AMOUNT];
	int larger = scale > scale_of_more ? scale : scale_of_more;

	cell->sums[SUM_AMOUNT] =
		money_add(money_rescale(cell->sums[SUM_AMOUNT], scale, larger),
				  money_rescale(more->sums[SUM_AMOUNT], scale_of_more, larger));
	cell->decimals[SUM_AMOUNT] = (uint8_t) larger;
}

static void
cell_add(DriverCell *cell, const DriverCell *more)
{
	if (cell->customers == 0)
	{
		*cell = *more;
		return;
	}
	cell->customers += more->customers;
	cell->importances += more->importances;
	if (cell->what == DRIVER_BELOW)
	{
		amount_add(cell, more);
		return;
	}
	for (int i = 0; i < DRIVER_SUMS; i++)
	{
		cell->sums[i] += more->sums[i];
		if (more->decimals[i] > cell->decimals[i])
			cell->decimals[i] = more->decimals[i];
	}
}

/* Add what waits. */
void
driver_cells_flush(DriverCells *cells)
{
	uint32_t hashes[DRIVER_WAITING];

	for (int i = 0; i < cells->nwaiting; i++)
	{
		hashes[i] = cell_table_hash(&cells->waiting[i].key);
		cell_table_ask(cells->table, hashes[i]);
	}
	for (int i = 0; i < cells->nwaiting; i++)
		cell_table_ask_cell(cells->table, hashes[i]);
	for (int i = 0; i < cells->nwaiting; i++)
		cell_add(
			cell_table_get(cells->table, &cells->waiting[i].key, hashes[i]),
			&cells->waiting[i]);
	cells->nwaiting = 0;
}
