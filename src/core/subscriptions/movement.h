/*
 * movement.h
 *		What moved from period to period: the waterfall as a state.
 *
 * A customer is looked at when a period closes, that is on its last day, and
 * on the last day observed where a period is not over.  What the customer
 * brought at one closing and at the next decides the line of the waterfall:
 *
 *	 nothing, then something	new, or reactivation if they ever paid before
 *	 something, then nothing	churn
 *	 something, then more		expansion
 *	 something, then less		contraction
 *	 nothing both times			same period, if they paid in between
 *
 * A pause is no churn for pause_days: until then a paused line counts as if it
 * were paid (pause_steps() in steps.c gives it a step that keeps the money and
 * ends after those days).  Its money is not in the closing but in the line
 * "paused", from the day on which the pause begins until it ends or the days are
 * over.  What is not paid again by then is churn or contraction on that day.
 *
 * For a segment, who comes does so in the segment they are in at the closing.
 * What becomes of a customer who pays at the opening belongs to the segment
 * they are in then, wherever they are at the closing: it lost them or what
 * they no longer bring.  Who pays at the closing too, but in another segment,
 * moves there with what they bring by then.  Thus every line of the total is
 * the sum of the lines of the segments, moves cancel, and retention of a
 * segment's opening customers follows from its own lines.
 *
 * Life of a state: empty; growing as customers are added in any order; merged
 * with others of the same grain and as_of; encoded to canonical bytes.  Cells
 * are sorted by period and exist where something moved, so opening and closing
 * are sums over the cells before and never stored.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_MOVEMENT_H
#define CVM_CORE_SUBSCRIPTIONS_MOVEMENT_H

#include "core/retention/lifecycle.h" /* Held */
#include "core/subscriptions/steps.h"

typedef enum MovementLine
{
	/* lines whose money and, but for two, customers add up to the closing */
	LINE_NEW,
	LINE_REACTIVATION,
	LINE_EXPANSION,
	LINE_CONTRACTION,
	LINE_CHURN,
	LINE_MOVED_IN,
	LINE_MOVED_OUT,
	/* parts of those: the same lines at another price, churn that kept a line */
	LINE_PRICE_EXPANSION,
	LINE_PRICE_CONTRACTION,
	LINE_TO_FREE,
	/* customers that no closing has seen */
	LINE_SAME_PERIOD,
	/* what went into pauses, less what came out of them: either sign */
	LINE_PAUSED,
	MOVEMENT_LINES
} MovementLine;

#define WATERFALL_LINES (LINE_MOVED_OUT + 1)

typedef struct MovementCell
{
	Period period;
	int64_t customers[MOVEMENT_LINES];
	Wide mrr[MOVEMENT_LINES]; /* losses are negative */
} MovementCell;

typedef struct Movement
{
	Context context;
	bool adopted; /* calendar and as_of are known */
	Calendar calendar;
	PeriodCache *period_cache;
	Day as_of;			/* first day not observed */
	int32_t pause_days; /* for which a paused line is neither paid nor lost */
	int scale;
	int ncells;
	int room;
	MovementCell *cells;
	int32_t *net; /* by product: lines gained in a period; else zeros */
	int nnet;
} Movement;

/* A row of the waterfall */
typedef struct MovementRow
{
	int64_t period;
	const MovementCell *cell; /* NULL: nothing moved */
	int64_t opening_customers;
	Wide opening;
	int64_t closing_customers;
	Wide closing;
	int64_t paused_customers; /* at the closing */
	Wide paused;
	bool is_complete;
} MovementRow;

typedef void (*MovementEmit)(void *arg, const MovementRow *row);

#define MOVEMENT_VERSION 1

extern Movement *movement_new(Context context);
extern void movement_adopt(Movement *movement, Calendar calendar, Day as_of,
						   int32_t pause_days);
extern void movement_scale(Movement *movement, int scale);
extern void movement_add(Movement *movement, const Step *steps, int nsteps,
						 int nproducts, const Held *held, int nheld);
extern void movement_merge(Movement *into, const Movement *more);
extern void movement_rows(const Movement *movement, MovementEmit take,
						  void *arg);
extern void movement_encode(const Movement *movement, ByteWriter *writer);
extern Movement *movement_decode(Context context, const void *data,
								 size_t size);

#endif /* CVM_CORE_SUBSCRIPTIONS_MOVEMENT_H */
