/*
 * movement_walk.c
 *		Customers into the waterfall: a walk over the days on which something
 *		changes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/movement_cells.h"

#define NEVER INT64_MAX

static inline void
cell_count(MovementCell *cell, MovementLine line, Wide mrr)
{
	cell->customers[line]++;
	cell->mrr[line] = money_add(cell->mrr[line], mrr);
}

/* Count what went into pauses and out of them. */
static void
pauses_count(Movement *movement, Period period, InPause before, InPause after)
{
	MovementCell *cell;

	if (before.mrr == after.mrr && before.all == after.all)
		return;
	cell = movement_cell(movement, period);
	cell->customers[LINE_PAUSED] =
		count_add(cell->customers[LINE_PAUSED], before.all - after.all);
	cell->mrr[LINE_PAUSED] =
		money_add(cell->mrr[LINE_PAUSED], before.mrr - after.mrr);
}

/* What a customer was and is at the two ends of a period */
typedef struct Passage
{
	Wide before;
	Wide after;
	bool in_before; /* in the segment */
	bool in_after;
	bool paid_ever;	   /* on a day before the period */
	bool paid_inside;  /* on a day of it, and then in the segment */
	const Step *first; /* what changed in between */
	const Step *past;
	bool holds; /* any line at the end */
} Passage;

/* Make the list of lines gained or lost long enough for all products. */
static void
net_reach(Movement *movement, int nproducts)
{
	if (nproducts <= movement->nnet)
		return;
	if (movement->net != NULL)
		runtime_free(movement->net);
	movement->nnet = nproducts * 2;
	movement->net =
		runtime_alloc_zero(movement->context, movement->nnet * sizeof(int32_t));
}

/* Are the same products held after the steps, each as many times? */
static bool
keeps_lines(Movement *movement, const Step *first, const Step *past)
{
	int32_t *net = movement->net;
	int differing = 0;

	for (const Step *step = first; step < past; step++)
	{
		int32_t before = net[step->product];

		net[step->product] += step->lines;
		differing += (net[step->product] != 0) - (before != 0);
	}
	if (differing > 0)
		for (const Step *step = first; step < past; step++)
			net[step->product] = 0;
	return differing == 0;
}

/* Put a customer's passage through a period into its line. */
static void
passage_count(Movement *movement, Period period, const Passage *passage)
{
	Wide change = passage->after - passage->before;
	MovementCell *cell;

	if (passage->before == 0)
	{
		if (passage->after == 0)
		{
			if (passage->paid_inside)
				cell_count(movement_cell(movement, period), LINE_SAME_PERIOD,
						   0);
		}
		else if (passage->in_after)
			cell_count(movement_cell(movement, period),
					   passage->paid_ever ? LINE_REACTIVATION : LINE_NEW,
					   passage->after);
		return;
	}
	if (passage->after == 0)
	{
		if (!passage->in_before)
			return;
		cell = movement_cell(movement, period);
		cell_count(cell, LINE_CHURN, change);
		if (passage->holds)
			cell_count(cell, LINE_TO_FREE, change);
		return;
	}
	if (passage->in_before && change != 0)
	{
		MovementLine line = change > 0 ? LINE_EXPANSION : LINE_CONTRACTION;

		cell = movement_cell(movement, period);
		cell_count(cell, line, change);
		if (keeps_lines(movement, passage->first, passage->past))
			cell_count(
				cell,
				change > 0 ? LINE_PRICE_EXPANSION : LINE_PRICE_CONTRACTION,
				change);
	}
	if (passage->in_before && !passage->in_after)
		cell_count(movement_cell(movement, period), LINE_MOVED_OUT,
				   -passage->after);
	else if (passage->in_after && !passage->in_before)
		cell_count(movement_cell(movement, period), LINE_MOVED_IN,
				   passage->after);
}

/* A place in a customer's steps and in the bounds of a segment's days */
typedef struct Walk
{
	const Step *steps;
	int nsteps;
	int at;
	const Held *held;
	int nbounds;
	int bound; /* twice the span's number, plus one for its end */
	bool in;   /* in the segment */
} Walk;

static inline int64_t
walk_bound(const Walk *walk)
{
	const Held *span;

	if (walk->bound == walk->nbounds)
		return NEVER;
	span = &walk->held[walk->bound >> 1];
	return walk->bound & 1 ? span->to : span->from;
}

/* Take the bounds up to, not including, a day. */
static inline void
walk_bounds(Walk *walk, int64_t until)
{
	for (; walk_bound(walk) < until; walk->bound++)
		walk->in = !(walk->bound & 1);
}

/* The next day on which anything changes */
static inline int64_t
walk_day(const Walk *walk)
{
	int64_t bound = walk_bound(walk);

	if (walk->at == walk->nsteps || bound < walk->steps[walk->at].day)
		return bound;
	return walk->steps[walk->at].day;
}

/* Walk through a customer's periods while they are in the segment or not. */
static void
walk_segment(Movement *movement, Walk walk)
{
	const Step *steps = walk.steps;
	int64_t day;
	static const InPause none = {0, false};
	int lines = 0;
	Wide mrr = 0;
	Wide paused = 0;
	bool paid_ever = false;

	walk_bounds(&walk, steps[0].day);
	while ((day = walk_day(&walk)) < movement->as_of &&
		   (walk.at < walk.nsteps || mrr > 0))
	{
		Period period = period_cache_period(movement->period_cache, (Day) day);
		Passage passage = {.before = paid(mrr),
						   .in_before = walk.in,
						   .paid_ever = paid_ever,
						   .first = steps + walk.at};
		InPause before = walk.in ? in_pause(mrr, paused) : none;
		bool paid_any = mrr > 0;

		do
		{
			for (; walk.at < walk.nsteps && steps[walk.at].day == day;
				 walk.at++)
			{
				mrr = money_add(mrr, steps[walk.at].mrr);
				lines += steps[walk.at].lines;
				if (steps[walk.at].lines == 0)
					paused = money_add(paused, steps[walk.at].mrr);
			}
			walk_bounds(&walk, day + 1);
			if (mrr > 0 && !paid_any)
			{
				paid_any = true;
				passage.paid_inside = walk.in;
			}
			day = walk_day(&walk);
		} while (day < movement->as_of &&
				 period_cache_period(movement->period_cache, (Day) day) ==
					 period);

		passage.past = steps + walk.at;
		passage.after = paid(mrr);
		passage.in_after = walk.in;
		passage.holds = lines > 0;
		passage_count(movement, period, &passage);
		paid_ever |= paid_any;
		pauses_count(movement, period, before,
					 walk.in ? in_pause(mrr, paused) : none);
	}
}

/*
 * The line of a passage when no segment comes or goes, by bits, so that the
 * choice is a look and not a branch that is guessed wrong half of the time.
 */
#define PAID_BEFORE 1
#define PAID_AFTER 2
#define PAID_MORE 4
#define PAID_LESS 8
#define PAID_EVER 16
#define PAID_INSIDE 32
#define NO_LINE MOVEMENT_LINES

/* Four times the same, for any PAID_EVER and PAID_INSIDE */
#define ANYWAY(bits, line)                            \
	[(bits)] = (line), [(bits) | PAID_EVER] = (line), \
	[(bits) | PAID_INSIDE] = (line),                  \
	[(bits) | PAID_EVER | PAID_INSIDE] = (line)

static const uint8_t line_of_bits[64] = {
	[0] = NO_LINE,
	[PAID_EVER] = NO_LINE,
	[PAID_INSIDE] = LINE_SAME_PERIOD,
	[PAID_INSIDE | PAID_EVER] = LINE_SAME_PERIOD,
	[PAID_AFTER | PAID_MORE | PAID_INSIDE] = LINE_NEW,
	[PAID_AFTER | PAID_MORE | PAID_INSIDE | PAID_EVER] = LINE_REACTIVATION,
	ANYWAY(PAID_BEFORE | PAID_LESS, LINE_CHURN),
	ANYWAY(PAID_BEFORE | PAID_AFTER | PAID_MORE, LINE_EXPANSION),
	ANYWAY(PAID_BEFORE | PAID_AFTER | PAID_LESS, LINE_CONTRACTION),
	ANYWAY(PAID_BEFORE | PAID_AFTER, NO_LINE),
};

/* Walk through a customer's periods, all of them in the segment. */
static void
walk_always(Movement *movement, const Step *step, const Step *end)
{
	Period next = period_cache_period(movement->period_cache, step->day);
	int lines = 0;
	Wide mrr = 0;
	Wide paused = 0;
	uint32_t paid_ever = 0;

	while (step < end)
	{
		const Step *first = step;
		InPause rest = {0, false};
		Period period = next;
		Wide before = paid(mrr);
		Wide after;
		Wide change;
		int lines_before = lines;
		uint32_t paid_inside = mrr > 0;
		uint32_t line;
		MovementCell *cell;

		if (paused != 0)
			rest = in_pause(mrr, paused);
		do
		{
			Day day = step->day;

			do
			{
				mrr = money_add(mrr, step->mrr);
				lines += step->lines;
				if (step->lines == 0)
					paused = money_add(paused, step->mrr);
				step++;
			} while (step < end && step->day == day);
			paid_inside |= mrr > 0;
			if (step < end)
				next = period_cache_period(movement->period_cache, step->day);
		} while (step < end && next == period);
		after = paid(mrr);
		change = after - before;
		line =
			line_of_bits[(before > 0) * PAID_BEFORE | (after > 0) * PAID_AFTER |
						 (change > 0) * PAID_MORE | (change < 0) * PAID_LESS |
						 paid_ever * PAID_EVER | paid_inside * PAID_INSIDE];
		paid_ever |= paid_inside;
		if (paused != 0 || rest.mrr != 0)
			pauses_count(movement, period, rest, in_pause(mrr, paused));
		if (line == NO_LINE)
			continue;
		cell = movement_cell(movement, period);
		cell_count(cell, line, change);
		if (line == LINE_CHURN && lines > 0)
			cell_count(cell, LINE_TO_FREE, change);
		if (lines == lines_before &&
			(line == LINE_EXPANSION || line == LINE_CONTRACTION) &&
			keeps_lines(movement, first, step))
			cell_count(
				cell,
				change > 0 ? LINE_PRICE_EXPANSION : LINE_PRICE_CONTRACTION,
				change);
	}
}

/*
 * Add a customer: steps before as_of in the order of days, and the days spent
 * in the segment, sorted and apart from each other.
 */
void
movement_add(Movement *movement, const Step *steps, int nsteps, int nproducts,
			 const Held *held, int nheld)
{
	if (nsteps == 0)
		return;
	net_reach(movement, nproducts);
	if (nheld == 1 && held->from == INT64_MIN && held->to == INT64_MAX)
		walk_always(movement, steps, steps + nsteps);
	else
		walk_segment(movement, (Walk){.steps = steps,
									  .nsteps = nsteps,
									  .held = held,
									  .nbounds = nheld * 2});
}
