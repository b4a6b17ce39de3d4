/*
 * footing.c
 *		Money rounded to a currency's minor units so that it still adds up.
 *
 * A table of segments and lines cannot have each of its cells rounded to the
 * nearest unit and add up both ways.  Here the rows of the total come first:
 * opening and closing are rounded, the lines too, and what is then left over is
 * put onto the largest line.  The cells of a line are rounded down or up to give
 * the total's line: up go those whose segment has been shown too little so far,
 * so that closings of segments, which are the sums of what is shown, keep within
 * a few units of what they are however many periods there are.  What is 0 stays
 * 0, what is whole units stays as it is, and a period is shown without regard to
 * those after it.
 *
 * Amounts that do not add up exactly are not made to: each is rounded.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/footing.h"

/* Past this many units in excess or short, a segment is not told apart */
#define MAX_DEBT ((Wide) 1000000)

/* Units as parts: how much more is shown than there is */
static Wide
excess(Wide shown, Exact amount)
{
	Wide units = money_subtract(shown, amount.units);

	if (units > MAX_DEBT)
		units = MAX_DEBT;
	if (units < -MAX_DEBT)
		units = -MAX_DEBT;
	return units * EXACT_UNIT - amount.part;
}

/* What foot() is at work on */
typedef struct Work
{
	const FootingColumn *columns;
	int ncolumns;
	const FootingRow *rows;
	const Exact *amounts;
	Wide *shown;
	/* of each segment, and of the total in the last place: its last row */
	ptrdiff_t *last;
	Wide *debts; /* how much more of its closing is shown than there is */
	int nsegments;
	/* of the period at work: cells of a column, or of several */
	Exact *cells;
	size_t *places;
	Wide *favours;
	Wide *parts;
} Work;

static size_t
cell(const Work *work, size_t row, int column)
{
	return row * (size_t) work->ncolumns + (size_t) column;
}

static int
holder(const Work *work, size_t row)
{
	int segment = work->rows[row].segment;

	return segment < 0 ? work->nsegments : segment;
}

static bool
is_line(FootingRole role)
{
	return role == FOOTING_LINE || role == FOOTING_MOVE;
}

static int
column_of(const Work *work, FootingRole role)
{
	for (int c = 0; c < work->ncolumns; c++)
		if (work->columns[c].role == role)
			return c;
	return -1;
}

/* The opening: what was shown of the closing before, where that is the same */
static void
show_opening(Work *work, size_t row)
{
	int opening = column_of(work, FOOTING_OPENING);
	int closing = column_of(work, FOOTING_CLOSING);
	ptrdiff_t before = work->last[holder(work, row)];
	Exact amount;

	if (opening < 0 || closing < 0)
		return;
	amount = work->amounts[cell(work, row, opening)];
	if (before >= 0 &&
		exact_is_same(amount,
					  work->amounts[cell(work, (size_t) before, closing)]))
		work->shown[cell(work, row, opening)] =
			work->shown[cell(work, (size_t) before, closing)];
	else
		work->shown[cell(work, row, opening)] = exact_round(amount);
}

/* Does a row of exact amounts add up? */
static bool
row_foots(const Work *work, size_t row)
{
	int opening = column_of(work, FOOTING_OPENING);
	int closing = column_of(work, FOOTING_CLOSING);
	Exact sum;

	if (opening < 0 || closing < 0)
		return false;
	sum = work->amounts[cell(work, row, opening)];
	for (int c = 0; c < work->ncolumns; c++)
		if (is_line(work->columns[c].role))
			sum = exact_add(sum, work->amounts[cell(work, row, c)]);
	return exact_is_same(sum, work->amounts[cell(work, row, closing)]);
}

/* A row by itself: rounded, and what is left over onto the largest line */
static void
foot_row(Work *work, size_t row)
{
	int opening = column_of(work, FOOTING_OPENING);
	int closing = column_of(work, FOOTING_CLOSING);
	int largest = -1;
	Wide rest;

	show_opening(work, row);
	for (int c = 0; c < work->ncolumns; c++)
	{
		Exact amount = work->amounts[cell(work, row, c)];

		if (c != opening)
			work->shown[cell(work, row, c)] = exact_round(amount);
		if (is_line(work->columns[c].role) && !exact_is_zero(amount) &&
			(largest < 0 ||
			 exact_is_larger(amount, work->amounts[cell(work, row, largest)])))
			largest = c;
	}
	if (largest < 0 || !row_foots(work, row))
		return;
	rest = money_subtract(work->shown[cell(work, row, closing)],
						  work->shown[cell(work, row, opening)]);
	for (int c = 0; c < work->ncolumns; c++)
		if (is_line(work->columns[c].role))
			rest = money_subtract(rest, work->shown[cell(work, row, c)]);
	work->shown[cell(work, row, largest)] =
		money_add(work->shown[cell(work, row, largest)], rest);
}

/*
 * The cells of a column, or of all moves, in the segments of a period: what they
 * make of the total's.  Where the exact ones do not make it each stays as it is,
 * rounded.
 */
static void
share_column(Work *work, size_t from, size_t to, size_t total, int column)
{
	bool is_move = work->columns[column].role == FOOTING_MOVE;
	bool has_debts = is_line(work->columns[column].role);
	size_t count = 0;
	Exact sum = {0, 0};
	Exact whole = {0, 0};
	Wide whole_shown = 0;

	for (int c = column; c < work->ncolumns; c++)
	{
		if (c != column && !(is_move && work->columns[c].role == FOOTING_MOVE))
			continue;
		whole = exact_add(whole, work->amounts[cell(work, total, c)]);
		whole_shown = money_add(whole_shown, work->shown[cell(work, total, c)]);
		for (size_t row = from; row < to; row++)
		{
			if (row == total)
				continue;
			work->places[count] = cell(work, row, c);
			work->cells[count] = work->amounts[work->places[count]];
			sum = exact_add(sum, work->cells[count]);
			work->favours[count] =
				work->cells[count].part -
				(has_debts ? work->debts[holder(work, row)] : 0);
			count++;
		}
	}
	if (!exact_is_same(sum, whole))
		return;
	share_out(work->cells, has_debts ? work->favours : NULL, count, whole_shown,
			  work->parts);
	for (size_t i = 0; i < count; i++)
	{
		size_t row = work->places[i] / (size_t) work->ncolumns;

		work->shown[work->places[i]] = work->parts[i];
		if (has_debts)
			work->debts[holder(work, row)] +=
				excess(work->parts[i], work->cells[i]);
	}
}

/* What a part may be: between 0 and the whole, and the whole where it is */
static void
part_limits(const Work *work, size_t row, int column, Wide *low, Wide *high)
{
	int of = work->columns[column].of;
	Exact part = work->amounts[cell(work, row, column)];
	Wide whole = work->shown[cell(work, row, of)];

	*low = whole < 0 ? whole : 0;
	*high = whole > 0 ? whole : 0;
	if (exact_is_zero(part))
		*low = *high = 0;
	else if (exact_is_same(part, work->amounts[cell(work, row, of)]))
		*low = *high = whole;
}

static Wide
within(Wide value, Wide low, Wide high)
{
	return value < low ? low : value > high ? high : value;
}

/* Parts of a column that is shown already; the total follows where it must */
static void
show_parts(Work *work, size_t from, size_t to, ptrdiff_t total, int column)
{
	Wide low;
	Wide high;
	Wide rest = 0;
	Exact sum = {0, 0};

	for (size_t row = from; row < to; row++)
	{
		Wide *shown = &work->shown[cell(work, row, column)];

		part_limits(work, row, column, &low, &high);
		*shown = within(*shown, low, high);
		if ((ptrdiff_t) row == total)
			continue;
		rest = money_subtract(rest, *shown);
		sum = exact_add(sum, work->amounts[cell(work, row, column)]);
	}
	if (total < 0 || to - from < 2 ||
		!exact_is_same(sum, work->amounts[cell(work, (size_t) total, column)]))
		return;
	rest = money_add(rest, work->shown[cell(work, (size_t) total, column)]);
	/* a unit for each that has room, until it is all given out or none has */
	for (bool is_given = true; rest != 0 && is_given;)
	{
		is_given = false;
		for (size_t row = from; row < to && rest != 0; row++)
		{
			Wide *shown = &work->shown[cell(work, row, column)];
			Wide step = rest > 0 ? 1 : -1;

			if ((ptrdiff_t) row == total)
				continue;
			part_limits(work, row, column, &low, &high);
			if (work->amounts[cell(work, row, column)].part == 0 ||
				within(*shown + step, low, high) != *shown + step)
				continue;
			*shown += step;
			rest -= step;
			is_given = true;
		}
	}
	work->shown[cell(work, (size_t) total, column)] -= rest;
}

/* What a line has taken away so far */
static void
show_stock(Work *work, size_t row, int column)
{
	int of = work->columns[column].of;
	ptrdiff_t before = work->last[holder(work, row)];
	Exact line = work->amounts[cell(work, row, of)];
	Exact stock = work->amounts[cell(work, row, column)];
	Exact was = {0, 0};
	Wide was_shown = 0;

	if (before >= 0)
	{
		was = work->amounts[cell(work, (size_t) before, column)];
		was_shown = work->shown[cell(work, (size_t) before, column)];
	}
	if (exact_is_same(exact_add(stock, line), was))
		work->shown[cell(work, row, column)] =
			money_subtract(was_shown, work->shown[cell(work, row, of)]);
}

/* Stocks of a period; where rates moved them too, segments make the total */
static void
show_stocks(Work *work, size_t from, size_t to, ptrdiff_t total, int column)
{
	Wide rest = 0;

	for (size_t row = from; row < to; row++)
	{
		show_stock(work, row, column);
		if ((ptrdiff_t) row != total)
			rest = money_add(rest, work->shown[cell(work, row, column)]);
	}
	if (total >= 0 && to - from > 1 &&
		rest != work->shown[cell(work, (size_t) total, column)])
		share_column(work, from, to, (size_t) total, column);
}

/* Closings of segments are what opening and lines make as they are shown */
static void
close_segment(Work *work, size_t row)
{
	int opening = column_of(work, FOOTING_OPENING);
	int closing = column_of(work, FOOTING_CLOSING);
	Wide sum;

	if (opening < 0 || closing < 0)
		return;
	if (row_foots(work, row))
	{
		sum = work->shown[cell(work, row, opening)];
		for (int c = 0; c < work->ncolumns; c++)
			if (is_line(work->columns[c].role))
				sum = money_add(sum, work->shown[cell(work, row, c)]);
		work->shown[cell(work, row, closing)] = sum;
	}
	work->debts[holder(work, row)] =
		excess(work->shown[cell(work, row, closing)],
			   work->amounts[cell(work, row, closing)]);
}

/* One period: rows from .. to - 1 */
static void
foot_period(Work *work, size_t from, size_t to)
{
	ptrdiff_t total = -1;
	bool has_moves = false;

	for (size_t row = from; row < to; row++)
		if (work->rows[row].segment < 0)
			total = (ptrdiff_t) row;
	for (size_t row = from; row < to; row++)
		foot_row(work, row);
	for (int c = 0; total >= 0 && to - from > 1 && c < work->ncolumns; c++)
	{
		FootingRole role = work->columns[c].role;

		if (role == FOOTING_MOVE && has_moves)
			continue;
		has_moves = has_moves || role == FOOTING_MOVE;
		if (is_line(role) || role == FOOTING_SUM)
			share_column(work, from, to, (size_t) total, c);
	}
	for (size_t row = from; row < to; row++)
		if ((ptrdiff_t) row != total && total >= 0)
			close_segment(work, row);
	for (int c = 0; c < work->ncolumns; c++)
	{
		if (work->columns[c].role == FOOTING_PART)
			show_parts(work, from, to, total, c);
		if (work->columns[c].role == FOOTING_STOCK)
			show_stocks(work, from, to, total, c);
	}
	for (size_t row = from; row < to; row++)
		work->last[holder(work, row)] = (ptrdiff_t) row;
}

void
foot(const FootingColumn *columns, int ncolumns, const FootingRow *rows,
	 size_t nrows, int nsegments, const Exact *amounts, Wide *shown)
{
	Work work = {.columns = columns,
				 .ncolumns = ncolumns,
				 .rows = rows,
				 .amounts = amounts,
				 .shown = shown,
				 .nsegments = nsegments};
	size_t holders = (size_t) nsegments + 1;
	size_t most = 0;

	work.last = runtime_alloc(NULL, holders * sizeof(*work.last));
	work.debts = runtime_alloc_zero(NULL, holders * sizeof(*work.debts));
	for (size_t i = 0; i < holders; i++)
		work.last[i] = -1;
	for (size_t from = 0, to; from < nrows; from = to)
	{
		for (to = from + 1; to < nrows && rows[to].period == rows[from].period;)
			to++;
		if (to - from > most)
			most = to - from;
	}
	most *= (size_t) ncolumns;
	work.cells = runtime_alloc(NULL, (most + 1) * sizeof(*work.cells));
	work.places = runtime_alloc(NULL, (most + 1) * sizeof(*work.places));
	work.favours = runtime_alloc(NULL, (most + 1) * sizeof(*work.favours));
	work.parts = runtime_alloc(NULL, (most + 1) * sizeof(*work.parts));
	for (size_t from = 0, to; from < nrows; from = to)
	{
		check_interrupts();
		for (to = from + 1; to < nrows && rows[to].period == rows[from].period;)
			to++;
		foot_period(&work, from, to);
	}
	runtime_free(work.last);
	runtime_free(work.debts);
	runtime_free(work.cells);
	runtime_free(work.places);
	runtime_free(work.favours);
	runtime_free(work.parts);
}
