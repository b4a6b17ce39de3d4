/*
 * footing.c
 *		Random waterfalls of money that does not come in whole units: whatever
 *		they are, what is shown of them adds up, and is near what they are.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <stdio.h>
#include <string.h>

#include "core/util/crossfooting.h"
#include "core/util/footing.h"

#define WORLDS 400
#define MAX_SEGMENTS 7
#define MAX_PERIODS 30
#define COLUMNS 10
#define SCALE 20

enum
{
	OPENING,
	COME,
	MORE,
	LESS,
	IN,
	OUT,
	CLOSING,
	PRICE,
	SOLD,
	STORE
};

static const FootingColumn columns[COLUMNS] = {
	[OPENING] = {FOOTING_OPENING, 0}, [COME] = {FOOTING_LINE, 0},
	[MORE] = {FOOTING_LINE, 0},		  [LESS] = {FOOTING_LINE, 0},
	[IN] = {FOOTING_MOVE, 0},		  [OUT] = {FOOTING_MOVE, 0},
	[CLOSING] = {FOOTING_CLOSING, 0}, [PRICE] = {FOOTING_PART, MORE},
	[SOLD] = {FOOTING_SUM, 0},		  [STORE] = {FOOTING_STOCK, LESS}};

typedef struct World
{
	uint32_t seed;
	int nsegments;
	int nperiods;
	int decimals;
	size_t nrows;
	FootingRow rows[(MAX_SEGMENTS + 1) * MAX_PERIODS];
	Wide exact[(MAX_SEGMENTS + 1) * MAX_PERIODS][COLUMNS];
	Exact amounts[(MAX_SEGMENTS + 1) * MAX_PERIODS][COLUMNS];
	Wide shown[(MAX_SEGMENTS + 1) * MAX_PERIODS][COLUMNS];
} World;

static World world;

static uint32_t
draw(uint32_t below)
{
	world.seed = world.seed * 1664525 + 1013904223;
	return (uint32_t) (((uint64_t) world.seed * below) >> 32);
}

/* Nothing, whole units, thirds, or much */
static Wide
amount(void)
{
	Wide unit = money_power(SCALE - world.decimals);

	switch (draw(5))
	{
		case 0:
			return 0;
		case 1:
			return draw(100) * unit;
		case 2:
			return (Wide) draw(1000) * money_power(13) * unit;
		default:
			return draw(10000) * unit / (3 + 4 * draw(2));
	}
}

static void
world_make(uint32_t seed)
{
	Wide closing[MAX_SEGMENTS + 1] = {0};
	Wide store[MAX_SEGMENTS + 1] = {0};

	world.seed = seed;
	world.nsegments = 1 + (int) draw(MAX_SEGMENTS);
	world.nperiods = 1 + (int) draw(MAX_PERIODS);
	world.decimals = (int) draw(4);
	world.nrows = 0;
	for (int p = 0; p < world.nperiods; p++)
	{
		Wide sum[COLUMNS] = {0};
		Wide moved = 0;

		for (int s = 0; s <= world.nsegments; s++)
		{
			Wide *row = world.exact[world.nrows];
			bool is_total = s == world.nsegments;

			world.rows[world.nrows] = (FootingRow){p, is_total ? -1 : s};
			world.nrows++;
			if (is_total)
			{
				memcpy(row, sum, sizeof(sum));
				row[IN] = row[OUT] = 0;
				continue;
			}
			row[OPENING] = closing[s];
			row[COME] = amount();
			row[MORE] = amount();
			row[LESS] = -amount();
			row[PRICE] = draw(3) == 0 ? row[MORE] : draw(2) ? row[MORE] / 7 : 0;
			row[SOLD] = amount();
			/* what leaves a segment comes to the next */
			row[IN] = moved;
			moved = s + 1 < world.nsegments ? amount() : 0;
			row[OUT] = -moved;
			closing[s] +=
				row[COME] + row[MORE] + row[LESS] + row[IN] + row[OUT];
			row[CLOSING] = closing[s];
			store[s] -= row[LESS];
			row[STORE] = store[s];
			for (int c = 0; c < COLUMNS; c++)
				sum[c] += row[c];
		}
	}
	for (size_t r = 0; r < world.nrows; r++)
		for (int c = 0; c < COLUMNS; c++)
			world.amounts[r][c] =
				exact_make(world.exact[r][c], SCALE, world.decimals);
}

static void
check_row(size_t r)
{
	const Wide *shown = world.shown[r];
	const Wide *exact = world.exact[r];
	Wide unit = money_power(SCALE - world.decimals);
	bool is_total = world.rows[r].segment < 0;

	CLAIM(shown[OPENING] + shown[COME] + shown[MORE] + shown[LESS] + shown[IN] +
			  shown[OUT] ==
		  shown[CLOSING]);
	CLAIM(shown[PRICE] >= 0 && shown[PRICE] <= shown[MORE]);
	CLAIM(exact[PRICE] != exact[MORE] || shown[PRICE] == shown[MORE]);
	for (int c = 0; c < COLUMNS; c++)
	{
		Wide off = shown[c] * unit - exact[c];
		Wide units = off < 0 ? -off / unit : off / unit;

		if (c != OPENING && c != CLOSING && c != STORE)
			CLAIM(exact[c] != 0 || shown[c] == 0);
		CLAIM(units <= (c == STORE ? 15 : 4));
		if (is_total && (c == OPENING || c == CLOSING || c == SOLD))
			CLAIM(2 * (off < 0 ? -off : off) <= unit);
	}
}

/* What a world shows adds up, both ways. */
static void
check_world(void)
{
	size_t width = (size_t) world.nsegments + 1;

	for (size_t r = 0; r < world.nrows; r++)
	{
		check_row(r);
		if (r >= width)
			CLAIM(world.shown[r][OPENING] == world.shown[r - width][CLOSING]);
		if (world.rows[r].segment >= 0)
			continue;
		for (int c = 0; c < COLUMNS; c++)
		{
			Wide sum = 0;

			for (size_t s = r - width + 1; s < r; s++)
				sum += world.shown[s][c] + (c == IN ? world.shown[s][OUT] : 0);
			CLAIM(c == OUT || sum == world.shown[r][c]);
		}
	}
}

static void
foot_world(void *arg)
{
	(void) arg;
	foot(columns, COLUMNS, world.rows, world.nrows, world.nsegments,
		 world.amounts[0], world.shown[0]);
}

/* amount * part / whole of products that do not fit */
static void
check_share(void)
{
	for (int i = 0; i < 20000; i++)
	{
		Wide whole = ((Wide) draw(UINT32_MAX) << draw(94)) + 1;
		Wide part = whole / (1 + draw(9));
		Wide amount = ((Wide) draw(UINT32_MAX) << draw(60)) + draw(1000);
		Wide remainder;
		Wide share = money_share(amount, part, whole, &remainder);

		CLAIM(remainder >= 0 && remainder < whole && share <= amount);
		/* without a sign: they wrap, but do not differ */
		CLAIM((UWide) amount * (UWide) part ==
			  (UWide) share * (UWide) whole + (UWide) remainder);
	}
}

#define TABLES 3000
#define MAX_SIDE 9

/* A table with totals, of which each cell is so many parts of a unit */
typedef struct Crossed
{
	int nrows;
	int ncolumns;
	Wide exact[MAX_SIDE * MAX_SIDE];
	Exact amounts[MAX_SIDE * MAX_SIDE];
	Wide shown[MAX_SIDE * MAX_SIDE];
} Crossed;

static Crossed crossed;

static void
crossed_make(uint32_t seed)
{
	int nrows = crossed.nrows = 1 + (int) (seed % MAX_SIDE);
	int ncolumns = crossed.ncolumns = 1 + (int) (seed / MAX_SIDE % MAX_SIDE);

	world.seed = seed;
	world.decimals = (int) draw(4);
	memset(crossed.exact, 0, sizeof(crossed.exact));
	for (int row = 0; row < nrows; row++)
		for (int column = 0; column < ncolumns; column++)
		{
			Wide cell = draw(3) == 0 ? -amount() : amount();
			bool is_total = (row == nrows - 1 && nrows > 1) ||
							(column == ncolumns - 1 && ncolumns > 1);

			if (is_total)
				continue;
			crossed.exact[row * ncolumns + column] += cell;
			if (nrows > 1)
				crossed.exact[(nrows - 1) * ncolumns + column] += cell;
			if (ncolumns > 1)
				crossed.exact[row * ncolumns + ncolumns - 1] += cell;
			if (nrows > 1 && ncolumns > 1)
				crossed.exact[nrows * ncolumns - 1] += cell;
		}
	for (int cell = 0; cell < nrows * ncolumns; cell++)
		crossed.amounts[cell] =
			exact_make(crossed.exact[cell], SCALE, world.decimals);
}

static void
foot_crossed(void *arg)
{
	(void) arg;
	foot_both_ways(crossed.amounts, crossed.nrows, crossed.ncolumns,
				   crossed.shown);
}

/* Both ways it adds up, no cell is off by a unit, and the total is rounded. */
static void
check_crossed(void)
{
	int nrows = crossed.nrows;
	int ncolumns = crossed.ncolumns;
	Wide unit = money_power(SCALE - world.decimals);

	for (int row = 0; row < nrows && ncolumns > 1; row++)
	{
		Wide sum = 0;

		for (int column = 0; column < ncolumns - 1; column++)
			sum += crossed.shown[row * ncolumns + column];
		CLAIM(sum == crossed.shown[row * ncolumns + ncolumns - 1]);
	}
	for (int column = 0; column < ncolumns && nrows > 1; column++)
	{
		Wide sum = 0;

		for (int row = 0; row < nrows - 1; row++)
			sum += crossed.shown[row * ncolumns + column];
		CLAIM(sum == crossed.shown[(nrows - 1) * ncolumns + column]);
	}
	for (int cell = 0; cell < nrows * ncolumns; cell++)
	{
		Wide off = crossed.shown[cell] * unit - crossed.exact[cell];

		off = off < 0 ? -off : off;
		CLAIM(off < unit);
		CLAIM(cell < nrows * ncolumns - 1 || 2 * off <= unit);
	}
}

/* The same amount in each cell of a row is no sum, and is shown the same. */
static void
check_repeated(void)
{
	static const int thirds[] = {1, 4, 1, 6};

	crossed.nrows = 4;
	crossed.ncolumns = 3;
	for (int cell = 0; cell < 12; cell++)
		crossed.amounts[cell] =
			exact_make(thirds[cell / 3] * (money_power(SCALE) / 3), SCALE, 0);
	CLAIM(runtime_run(foot_crossed, NULL) == RUNTIME_DONE);
	for (int cell = 0; cell < 12; cell++)
		CLAIM(crossed.shown[cell] == crossed.shown[cell - cell % 3]);
	CLAIM(crossed.shown[0] + crossed.shown[3] + crossed.shown[6] == 2 &&
		  crossed.shown[9] == 2);
}

int
main(void)
{
	for (uint32_t seed = 1; seed <= WORLDS; seed++)
	{
		world_make(seed);
		CLAIM(runtime_run(foot_world, NULL) == RUNTIME_DONE);
		check_world();
	}
	printf(
		"ok 1 - %d waterfalls add up as they are shown, within units of what "
		"they are\n",
		WORLDS);
	check_share();
	printf("ok 2 - shares of amounts are exact where products do not fit\n");
	for (uint32_t seed = 1; seed <= TABLES; seed++)
	{
		crossed_make(seed);
		CLAIM(runtime_run(foot_crossed, NULL) == RUNTIME_DONE);
		check_crossed();
	}
	check_repeated();
	printf("ok 3 - %d tables add up both ways, each cell within a unit\n",
		   TABLES);
	printf("1..3\n");
	return 0;
}
