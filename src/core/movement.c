/*
 * movement.c
 *		What moved from period to period: the waterfall as a state.
 *
 * Canonical bytes: version, grain, [week start], as_of, scale, number of
 * cells, and for each cell its distance from the one before, a bit for each
 * line that it has, and for each of those customers and money.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/movement.h"
#include "core/sorted.h"

#include <string.h>

#define NEVER INT64_MAX
#define ROWS_MOST 4000000 /* periods that a waterfall may span */

Movement *
movement_new(HostArena arena)
{
	Movement *movement = host_alloc_zero(arena, sizeof(Movement));

	movement->arena = arena;
	return movement;
}

/* Take over grain and end of observation, or check that they agree. */
void
movement_adopt(Movement *movement, Calendar calendar, Day as_of)
{
	if (!movement->adopted)
	{
		movement->adopted = true;
		movement->calendar = calendar;
		movement->as_of = as_of;
		movement->almanac = almanac_of(calendar);
		return;
	}
	if (movement->calendar.grain != calendar.grain ||
		movement->calendar.week_start != calendar.week_start)
		host_fail(HOST_INVALID_VALUE, "Use the same grain for every customer.",
				  "cannot add up movements of different grains");
	if (movement->as_of != as_of)
		host_fail(HOST_INVALID_VALUE, "Use the same as_of for every customer.",
				  "cannot add up customers observed until different days");
}

/* Bring the state to at least this scale. */
void
movement_scale(Movement *movement, int scale)
{
	if (scale <= movement->scale)
		return;
	for (int i = 0; i < movement->ncells; i++)
	{
		host_poll();
		for (int line = 0; line < MOVEMENT_LINES; line++)
			movement->cells[i].mrr[line] = money_rescale(
				movement->cells[i].mrr[line], movement->scale, scale);
	}
	movement->scale = scale;
}

/* Make the cell of a period, or find it the long way. */
static MovementCell *
cell_make(Movement *movement, Period period)
{
	int at = sorted_place(movement->cells, movement->ncells,
						  sizeof(MovementCell), period);

	if (!sorted_has(movement->cells, movement->ncells, sizeof(MovementCell), at,
					period))
	{
		movement->cells =
			sorted_open(movement->arena, movement->cells, &movement->ncells,
						&movement->room, sizeof(MovementCell), at);
		movement->cells[at].period = period;
	}
	return &movement->cells[at];
}

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
	return cell_make(movement, period);
}

static inline void
cell_count(MovementCell *cell, MovementLine line, Wide mrr)
{
	cell->customers[line]++;
	cell->mrr[line] = money_add(cell->mrr[line], mrr);
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
		host_free(movement->net);
	movement->nnet = nproducts * 2;
	movement->net =
		host_alloc_zero(movement->arena, movement->nnet * sizeof(int32_t));
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
	int lines = 0;
	Wide mrr = 0;
	bool paid_ever = false;

	walk_bounds(&walk, steps[0].day);
	while ((day = walk_day(&walk)) < movement->as_of &&
		   (walk.at < walk.nsteps || mrr > 0))
	{
		Period period = almanac_period(movement->almanac, (Day) day);
		Passage passage = {.before = paid(mrr),
						   .in_before = walk.in,
						   .paid_ever = paid_ever,
						   .first = steps + walk.at};
		bool paid_any = mrr > 0;

		do
		{
			for (; walk.at < walk.nsteps && steps[walk.at].day == day;
				 walk.at++)
			{
				mrr = money_add(mrr, steps[walk.at].mrr);
				lines += steps[walk.at].lines;
			}
			walk_bounds(&walk, day + 1);
			if (mrr > 0 && !paid_any)
			{
				paid_any = true;
				passage.paid_inside = walk.in;
			}
			day = walk_day(&walk);
		} while (day < movement->as_of &&
				 almanac_period(movement->almanac, (Day) day) == period);

		passage.past = steps + walk.at;
		passage.after = paid(mrr);
		passage.in_after = walk.in;
		passage.holds = lines > 0;
		passage_count(movement, period, &passage);
		paid_ever |= paid_any;
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
	Period next = almanac_period(movement->almanac, step->day);
	int lines = 0;
	Wide mrr = 0;
	uint32_t paid_ever = 0;

	while (step < end)
	{
		const Step *first = step;
		Period period = next;
		Wide before = paid(mrr);
		Wide after;
		Wide change;
		int lines_before = lines;
		uint32_t paid_inside = mrr > 0;
		uint32_t line;
		MovementCell *cell;

		do
		{
			Day day = step->day;

			do
			{
				mrr = money_add(mrr, step->mrr);
				lines += step->lines;
				step++;
			} while (step < end && step->day == day);
			paid_inside |= mrr > 0;
			if (step < end)
				next = almanac_period(movement->almanac, step->day);
		} while (step < end && next == period);
		after = paid(mrr);
		change = after - before;
		line =
			line_of_bits[(before > 0) * PAID_BEFORE | (after > 0) * PAID_AFTER |
						 (change > 0) * PAID_MORE | (change < 0) * PAID_LESS |
						 paid_ever * PAID_EVER | paid_inside * PAID_INSIDE];
		paid_ever |= paid_inside;
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

/* Add another state up. */
void
movement_merge(Movement *into, const Movement *more)
{
	if (!more->adopted)
		return;
	movement_adopt(into, more->calendar, more->as_of);
	movement_scale(into, more->scale);
	for (int i = 0; i < more->ncells; i++)
	{
		const MovementCell *from = &more->cells[i];
		MovementCell *cell = movement_cell(into, from->period);

		host_poll();
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

/* The period that is open, or was the last to close, at as_of. */
static Period
last_period(const Movement *movement)
{
	return period_of(movement->calendar, movement->as_of - 1);
}

/* Give out a row for every period from the first that has anything. */
void
movement_rows(const Movement *movement, MovementTake take, void *taker)
{
	MovementRow row = {0};
	int64_t last;
	int at = 0;

	if (movement->ncells == 0)
		return;
	last = last_period(movement);
	if (last - movement->cells[0].period >= ROWS_MOST)
		host_fail(HOST_TOO_LARGE,
				  "Use a coarser grain, or look for days far in the past with "
				  "cvm.check_model().",
				  "waterfall would have more than %d periods", ROWS_MOST);
	for (row.period = movement->cells[0].period; row.period <= last;
		 row.period++)
	{
		host_poll();
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
		row.is_complete =
			period_start(movement->calendar, row.period + 1) <= movement->as_of;
		take(taker, &row);
		row.opening = row.closing;
		row.opening_customers = row.closing_customers;
	}
}

/* Write canonical bytes. */
void
movement_encode(const Movement *movement, ByteWriter *writer)
{
	write_byte(writer, MOVEMENT_VERSION);
	write_byte(writer, (uint8_t) movement->calendar.grain);
	if (movement->calendar.grain == GRAIN_WEEK)
		write_byte(writer, (uint8_t) movement->calendar.week_start);
	write_signed(writer, movement->as_of);
	write_unsigned(writer, movement->scale);
	write_unsigned(writer, movement->ncells);
	for (int i = 0; i < movement->ncells; i++)
	{
		const MovementCell *cell = &movement->cells[i];
		uint64_t has = 0;

		host_poll();
		if (i == 0)
			write_signed(writer, cell->period);
		else
			write_unsigned(
				writer, (uint64_t) ((int64_t) cell->period - cell[-1].period));
		for (int line = 0; line < MOVEMENT_LINES; line++)
			has |= (uint64_t) (cell->customers[line] > 0) << line;
		write_unsigned(writer, has);
		for (int line = 0; line < MOVEMENT_LINES; line++)
			if (cell->customers[line] > 0)
			{
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
movement_decode(HostArena arena, const void *data, size_t size)
{
	Movement *movement = movement_new(arena);
	Calendar calendar = {GRAIN_DAY, 1};
	ByteReader reader;
	int64_t period = 0;
	int64_t last;

	reader_open(&reader, data, size, "movement");
	if (read_byte(&reader) != MOVEMENT_VERSION)
		reader_fail(&reader);
	calendar.grain = (Grain) read_byte(&reader);
	if (calendar.grain > GRAIN_YEAR)
		reader_fail(&reader);
	if (calendar.grain == GRAIN_WEEK)
		calendar.week_start = read_byte(&reader);
	if (calendar.week_start < 1 || calendar.week_start > 7)
		reader_fail(&reader);
	movement_adopt(movement, calendar,
				   (Day) read_signed(&reader, DAY_FIRST, DAY_LAST));
	last = last_period(movement);
	movement->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	movement->ncells = (int) read_count(&reader, 3);
	movement->room = movement->ncells + 1;
	movement->cells =
		host_alloc_zero(arena, movement->room * sizeof(MovementCell));
	for (int i = 0; i < movement->ncells; i++)
	{
		MovementCell *cell = &movement->cells[i];
		uint64_t has;

		host_poll();
		if (i == 0)
			period = read_signed(&reader, DAY_FIRST, DAY_LAST);
		else
			period += (int64_t) read_unsigned(&reader, UINT32_MAX);
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
