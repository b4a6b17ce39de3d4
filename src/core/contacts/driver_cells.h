/*
 * driver_cells.h
 *		Sums of what is known of drivers of value, each in its cell.
 *
 * Sums are exact.  Numbers below a million with up to six decimals are added up
 * as whole numbers; of others those that are alike are counted (is_odd).
 *
 * There are more cells than a processor has at hand, and a customer is in others
 * than the one before.  So what is to be added waits until it is some more, and
 * all their cells are asked for before the first is needed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_DRIVER_CELLS_H
#define CVM_CORE_CONTACTS_DRIVER_CELLS_H

#include <string.h>

#include "core/contacts/cell_table.h"
#include "core/util/money.h"

typedef enum DriverWhat
{
	DRIVER_OWN,		/* a month: n, y and so on */
	DRIVER_WEIGHT,	/* importance, where it is odd */
	DRIVER_PAIR,	/* of customers in two months; other is the earlier one */
	DRIVER_OVERALL, /* beside what was said of all; other is its series */
	DRIVER_BELOW,	/* a floor; other is its number */
	DRIVER_SIDE		/* before (other 0) and after (1) a moment, the month */
} DriverWhat;

/* Places of sums; of DRIVER_OVERALL y is own and n what was said of all */
enum
{
	SUM_N,
	SUM_Y,
	SUM_YY,
	SUM_YN,
	SUM_NY,
	SUM_NN,
	SUM_AMOUNT, /* importance, or money */
	DRIVER_SUMS
};

#define DRIVER_DECIMALS 6 /* of a sum; of one of products twice as many */

typedef struct DriverCell
{
	CellKey key;
	DriverWhat what;
	bool is_odd;
	uint8_t
		decimals[DRIVER_SUMS]; /* that the numbers had; of money, its scale */
	int32_t series;
	int32_t other;
	int64_t customers;
	int64_t importances;
	Wide sums[DRIVER_SUMS];
	double odd[2];
	int64_t odd_n; /* not 0: the first one is to be divided by it */
} DriverCell;

#define DRIVER_WAITING 32

typedef struct DriverCells
{
	CellTable *table;
	int nwaiting;
	DriverCell waiting[DRIVER_WAITING]; /* to be added to those of their keys */
} DriverCells;

extern void driver_cells_flush(DriverCells *cells);

/* What is to be added next, all zero yet; good until the next call */
static inline DriverCell *
driver_cells_next(DriverCells *cells)
{
	DriverCell *cell;

	if (cells->nwaiting == DRIVER_WAITING)
		driver_cells_flush(cells);
	cell = &cells->waiting[cells->nwaiting++];
	memset(cell, 0, sizeof(*cell));
	return cell;
}

/* A number as it is added up */
typedef struct Amount
{
	double value;
	int64_t units; /* millionths */
	uint8_t decimals;
	bool is_odd;
} Amount;

extern Amount amount_whole(int64_t number);
extern Amount amount_make(double value);

/* What is one, or an amount that is not odd */
#define AMOUNT_UNIT INT64_C(1000000) /* ten to DRIVER_DECIMALS */

#endif /* CVM_CORE_CONTACTS_DRIVER_CELLS_H */
