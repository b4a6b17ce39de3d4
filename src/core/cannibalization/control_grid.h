/*
 * control_grid.h
 *		The control of customers before they have the focal product, in all windows
 *		of a grid of look-backs and look-aheads at once.
 *
 * A month's observation (cannibalization.h) is the same in most windows.  What
 * was brought before depends on the look-back alone, and goes on for months: it
 * is one more in the first of them and one less after the last.  What is lost at
 * the end of a look-ahead is lost at the end of all longer ones, as long as
 * nothing else changes: it is one more at the first of them.  So a customer costs
 * a few steps for each change, however many months and windows there are.
 *
 * Whoever enters is censored by all look-aheads from the first one on that
 * reaches that day.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_CONTROL_GRID_H
#define CVM_CORE_CANNIBALIZATION_CONTROL_GRID_H

#include "core/cannibalization/cannibalization.h"

/* What is asked: the same for all grids of a reading */
typedef struct GridTerms
{
	int nbacks;
	int32_t *backs; /* from the shortest on */
	int naheads;
	int32_t *aheads;
	Day as_of;
	Period first_month;
	Day days[CONTROL_MONTHS]; /* on which the control is observed */
	int32_t *limits; /* by look-ahead: the first month whose end is not seen */

	/* of a customer */
	int *firsts; /* by look-back: the level of its first day */
	int *afters; /* by look-ahead: the level at its end */
	int *wholes; /* and STEP_DAYS before that */
	struct GridRun *runs;
	int64_t entry; /* the first day in the focal product, or INT64_MAX */
	int left;	   /* the level before it */

	/* of a month: see losses_find() */
	int nturns;
	struct LossTurn *turns;
} GridTerms;

typedef struct ControlGrid ControlGrid;

extern GridTerms *grid_terms_new(const Window *windows, int nwindows,
								 Day as_of);
extern ControlGrid *control_grid_new(void);
extern bool control_grid_add(ControlGrid *grid, GridTerms *terms,
							 const Trajectory *trajectory);
extern void control_grid_settle(ControlGrid *grid, const GridTerms *terms,
								Cannibalization *state, int scale,
								const Label *stratum);

#endif /* CVM_CORE_CANNIBALIZATION_CONTROL_GRID_H */
