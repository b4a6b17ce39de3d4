/*
 * crossfooting.c
 *		Money rounded to minor units so that it adds up both ways.
 *
 * Controlled rounding: every cell of a table with totals is rounded down or up,
 * whole units stay, and rows and columns make their totals as they are shown.
 * With the totals counted negative each row and column sums to nothing, so that
 * one with a broken cell has another, and from cell to cell along rows and
 * columns in turn there is a cycle of broken ones.  Adding to every other cell of
 * it what is taken from those between leaves all sums as they are; as much is
 * moved as makes one of them whole.  The total of all goes to the nearest, and so
 * does the first total beside it where it can: it may be an opening.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/crossfooting.h"

/* What is nearer to a whole unit is one: parts are cut off */
#define NEARLY INT64_C(1000000000)

typedef struct Table
{
	const Exact *amounts;
	int nrows;
	int ncolumns;
	int64_t *parts; /* 0 .. EXACT_UNIT, above the whole units of a cell */
	int *path;		/* cells from row to column to row ... */
	int *seen;		/* of rows, then columns: their place in the path, or -1 */
} Table;

static bool
is_broken(const Table *table, int cell)
{
	int64_t part = table->parts[cell];

	return part > NEARLY && part < EXACT_UNIT - NEARLY;
}

/* Totals count negative */
static int
sign_of(const Table *table, int cell)
{
	bool is_row = cell / table->ncolumns == table->nrows - 1;
	bool is_column = cell % table->ncolumns == table->ncolumns - 1;

	return is_row == is_column ? 1 : -1;
}

/* Another broken cell of a cell's row or column, or -1 */
static int
next_cell(const Table *table, int cell, bool along_row)
{
	int first =
		along_row ? cell - cell % table->ncolumns : cell % table->ncolumns;
	int step = along_row ? 1 : table->ncolumns;
	int count = along_row ? table->ncolumns : table->nrows;

	for (int i = 0; i < count; i++)
	{
		int other = first + i * step;

		if (other != cell && is_broken(table, other))
			return other;
	}
	return -1;
}

/* Where a cell is left for the next one: a place among rows and columns */
static int
joint_of(const Table *table, int cell, bool along_row)
{
	return along_row ? cell / table->ncolumns
					 : table->nrows + cell % table->ncolumns;
}

static bool
is_rounded_up(Exact amount)
{
	return exact_round(amount) > amount.units;
}

/* How far a cell can go up or down */
static int64_t
room(const Table *table, int cell, bool is_up)
{
	return is_up ? EXACT_UNIT - table->parts[cell] : table->parts[cell];
}

/* Does the ith cell of a cycle go up, if the first one's sum does? */
static bool
goes_up(const Table *table, const int *cycle, int i, bool is_first_up)
{
	bool is_up = (i % 2 == 0) == is_first_up;

	return sign_of(table, cycle[i]) > 0 ? is_up : !is_up;
}

/* Which way to go: that of the total of all, of totals, or the shorter one */
static bool
way_of(const Table *table, const int *cycle, int count)
{
	int corner = table->nrows * table->ncolumns - 1;
	int opening = (table->nrows - 1) * table->ncolumns;
	int votes = 0;
	int64_t up = EXACT_UNIT;
	int64_t down = EXACT_UNIT;

	for (int i = 0; i < count; i++)
	{
		int cell = cycle[i];
		bool is_up = goes_up(table, cycle, i, true);
		bool is_right = is_up == is_rounded_up(table->amounts[cell]);

		if (cell == corner)
			return is_right;
		if (cell == opening)
			votes += is_right ? count : -count;
		else if (sign_of(table, cell) < 0)
			votes += is_right ? 1 : -1;
		if (room(table, cell, is_up) < up)
			up = room(table, cell, is_up);
		if (room(table, cell, !is_up) < down)
			down = room(table, cell, !is_up);
	}
	return votes != 0 ? votes > 0 : up <= down;
}

/* Move as much around a cycle as makes one of its cells whole. */
static void
go_around(Table *table, const int *cycle, int count)
{
	bool is_first_up = way_of(table, cycle, count);
	int64_t most = EXACT_UNIT;

	for (int i = 0; i < count; i++)
	{
		int64_t there =
			room(table, cycle[i], goes_up(table, cycle, i, is_first_up));

		if (there < most)
			most = there;
	}
	for (int i = 0; i < count; i++)
		table->parts[cycle[i]] +=
			goes_up(table, cycle, i, is_first_up) ? most : -most;
}

/* Go from a broken cell until a row or column comes again. */
static void
follow(Table *table, int cell)
{
	int joints = table->nrows + table->ncolumns;
	int count = 0;

	for (int i = 0; i < joints; i++)
		table->seen[i] = -1;
	for (bool along_row = true;; along_row = !along_row)
	{
		int joint = joint_of(table, cell, along_row);

		if (table->seen[joint] >= 0)
		{
			/* its other cell was entered then, and this one closes it */
			int from = table->seen[joint];

			table->path[count++] = cell;
			go_around(table, table->path + from, count - from);
			return;
		}
		table->path[count++] = cell;
		table->seen[joint] = count;
		cell = next_cell(table, cell, along_row);
		if (cell < 0)
		{
			/* what was cut off is all that is broken here */
			int last = table->path[count - 1];

			table->parts[last] =
				table->parts[last] > EXACT_UNIT / 2 ? EXACT_UNIT : 0;
			return;
		}
	}
}

/* Does a line of cells, the last of which is the total, add up? */
static bool
line_adds_up(const Exact *first, int step, int count)
{
	Exact sum = {0, 0};

	for (int i = 0; i < count - 1; i++)
		sum = exact_add(sum, first[i * step]);
	return exact_is_same(sum, first[(count - 1) * step]);
}

static bool
table_adds_up(const Exact *amounts, int nrows, int ncolumns)
{
	for (int row = 0; row < nrows; row++)
		if (!line_adds_up(amounts + row * ncolumns, 1, ncolumns))
			return false;
	for (int column = 0; column < ncolumns; column++)
		if (!line_adds_up(amounts + column, ncolumns, nrows))
			return false;
	return true;
}

/* A line of cells and their total, which is rounded */
static void
show_line(const Exact *first, int step, int count, Wide *shown)
{
	Exact *parts = runtime_alloc(NULL, (size_t) count * sizeof(Exact));
	Wide *shares = runtime_alloc(NULL, (size_t) count * sizeof(Wide));
	Wide total = exact_round(first[(count - 1) * step]);

	for (int i = 0; i < count - 1; i++)
		parts[i] = first[i * step];
	share_out(parts, NULL, (size_t) count - 1, total, shares);
	for (int i = 0; i < count - 1; i++)
		shown[i * step] = shares[i];
	shown[(count - 1) * step] = total;
	runtime_free(parts);
	runtime_free(shares);
}

/*
 * A table that does not add up both ways: each cell is rounded.  Where totals of
 * rows make the total of all they are shown so that they do, and a cell that is
 * the same as its row's total as that is.
 */
static void
show_totals(const Exact *amounts, int nrows, int ncolumns, Wide *shown)
{
	int last = ncolumns - 1;

	for (int cell = 0; cell < nrows * ncolumns; cell++)
		shown[cell] = exact_round(amounts[cell]);
	if (!line_adds_up(amounts + last, ncolumns, nrows))
		return;
	show_line(amounts + last, ncolumns, nrows, shown + last);
	for (int cell = 0; cell < nrows * ncolumns; cell++)
	{
		int total = cell - cell % ncolumns + last;

		if (exact_is_same(amounts[cell], amounts[total]))
			shown[cell] = shown[total];
	}
}

static void
show_table(const Exact *amounts, int nrows, int ncolumns, Wide *shown)
{
	int ncells = nrows * ncolumns;
	Table table = {.amounts = amounts, .nrows = nrows, .ncolumns = ncolumns};

	table.parts = runtime_alloc(NULL, (size_t) ncells * sizeof(*table.parts));
	table.path = runtime_alloc(
		NULL, (size_t) (nrows + ncolumns + 2) * sizeof(*table.path));
	table.seen =
		runtime_alloc(NULL, (size_t) (nrows + ncolumns) * sizeof(*table.seen));
	for (int cell = 0; cell < ncells; cell++)
		table.parts[cell] = amounts[cell].part;
	for (int cell = 0; cell < ncells; cell++)
		while (is_broken(&table, cell))
		{
			check_interrupts();
			follow(&table, cell);
		}
	for (int cell = 0; cell < ncells; cell++)
		shown[cell] = money_add(amounts[cell].units,
								table.parts[cell] > EXACT_UNIT / 2 ? 1 : 0);
	runtime_free(table.parts);
	runtime_free(table.path);
	runtime_free(table.seen);
}

void
foot_both_ways(const Exact *amounts, int nrows, int ncolumns, Wide *shown)
{
	if (nrows > 1 && ncolumns > 1 && table_adds_up(amounts, nrows, ncolumns))
		show_table(amounts, nrows, ncolumns, shown);
	else if (nrows == 1 && line_adds_up(amounts, 1, ncolumns))
		show_line(amounts, 1, ncolumns, shown);
	else
		show_totals(amounts, nrows, ncolumns, shown);
}
