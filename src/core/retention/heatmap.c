/*
 * heatmap.c
 *		The triangle as lines of text, for people at a terminal.
 *
 * One line a cohort: its first day, its size, then the percentage retained in
 * each period with a shade behind it.  A dot stands for a period that is not
 * over: nothing is shown that may still change.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/heatmap.h"

#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH 12
#define MAX_PERIODS 1000 /* columns; the rest is said in words */

typedef struct Map
{
	const Retention *retention;
	bool utf8;
	LineEmit take;
	void *arg;
	bool open; /* a line is being written */
	Period cohort;
	ByteWriter line;
	int32_t widest;
} Map;

static void
put(Map *map, const char *text)
{
	while (*text)
		write_byte(&map->line, (uint8_t) *text++);
}

/* The shade of a rate, five steps. */
static const char *
shade(const Map *map, int64_t retained, int64_t eligible)
{
	static const char *const blocks[] = {" ", "\342\226\221", "\342\226\222",
										 "\342\226\223", "\342\226\210"};
	static const char *const signs[] = {" ", ".", ":", "+", "#"};
	int step =
		retained == 0 ? 0 : 1 + (int) ((__int128) retained * 3 / eligible);

	if (retained == eligible)
		step = 4;
	return map->utf8 ? blocks[step] : signs[step];
}

/* How a period is called: as fine as the grain. */
static void
put_period(Map *map, Period period)
{
	Calendar calendar = map->retention->spec.calendar;
	char label[40];
	int64_t year;
	int month;
	int mday;

	civil_of_day(period_start(calendar, period), &year, &month, &mday);
	switch (calendar.grain)
	{
		case GRAIN_YEAR:
			snprintf(label, sizeof(label), "%04lld", (long long) year);
			break;
		case GRAIN_QUARTER:
			snprintf(label, sizeof(label), "%04lld-Q%d", (long long) year,
					 (month + 2) / 3);
			break;
		case GRAIN_MONTH:
			snprintf(label, sizeof(label), "%04lld-%02d", (long long) year,
					 month);
			break;
		default:
			snprintf(label, sizeof(label), "%04lld-%02d-%02d", (long long) year,
					 month, mday);
	}
	put(map, label);
	for (size_t i = strlen(label); i < LABEL_WIDTH; i++)
		put(map, " ");
}

static void
line_end(Map *map)
{
	if (!map->open)
		return;
	while (map->line.used > 0 && map->line.data[map->line.used - 1] == ' ')
		map->line.used--;
	map->take(map->arg, (const char *) map->line.data, map->line.used);
	map->line.used = 0;
	map->open = false;
}

/* First pass: how many columns there are. */
static void
measure(Map *map)
{
	GridReader reader;
	GridRow row;

	grid_open(&reader, map->retention, false);
	while (grid_next(&reader, &row))
		if (row.period_no >= map->widest)
			map->widest = row.period_no + 1;
}

/* Second pass: one cell after the other. */
static void
draw(Map *map, const GridRow *row)
{
	char cell[40];

	if (!map->open || row->period_no == 0)
	{
		line_end(map);
		map->open = true;
		map->cohort = row->cohort;
		put_period(map, row->cohort);
		snprintf(cell, sizeof(cell), "%9lld ",
				 (long long) row->cohort_customers);
		put(map, cell);
	}
	if (row->period_no >= MAX_PERIODS)
		return;
	if (row->eligible == 0)
	{
		put(map, map->utf8 ? "    \302\267" : "    .");
		return;
	}
	snprintf(cell, sizeof(cell), "%4d",
			 (int) (((__int128) row->retained * 200 + row->eligible) /
					((__int128) row->eligible * 2)));
	put(map, cell);
	put(map, shade(map, row->retained, row->eligible));
}

void
heatmap_lines(const Retention *retention, bool utf8, LineEmit take, void *arg)
{
	Map map;
	GridReader reader;
	GridRow row;
	char cell[64];

	memset(&map, 0, sizeof(map));
	map.retention = retention;
	map.utf8 = utf8;
	map.take = take;
	map.arg = arg;
	writer_open(&map.line, NULL, 0);
	measure(&map);
	map.open = true;
	put(&map, "cohort      customers ");
	for (int32_t no = 0; no < map.widest && no < MAX_PERIODS; no++)
	{
		snprintf(cell, sizeof(cell), "%4d ", no);
		put(&map, cell);
	}
	line_end(&map);
	grid_open(&reader, retention, false);
	while (grid_next(&reader, &row))
		draw(&map, &row);
	line_end(&map);
	if (map.widest > MAX_PERIODS)
	{
		snprintf(cell, sizeof(cell), "(%d more periods: read cvm.grid())",
				 map.widest - MAX_PERIODS);
		map.open = true;
		put(&map, cell);
		line_end(&map);
	}
}
