/*
 * driver_sums.c
 *		What is known of drivers of value, added up by segment and month.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/driver_sums.h"

#include <math.h>
#include <string.h>

#define ODD_N 10000 /* quotients of so many have other decimals */
#define QUOTIENT_DECIMALS 20

/* What is known of a customer in a month from a series */
typedef struct Seen
{
	const DriverLine *line; /* of an answer */
	int32_t series;
	int32_t month;
	int32_t segment;
	int32_t before; /* the one before of the series, or -1 */
	Day day;
	int64_t n;
	int64_t is_so;
	Amount y;
	Amount own;
} Seen;

typedef struct Sweep
{
	const MemberLines *members;
	const DriverNames *names;
	DriverCells cells;
	int32_t *last; /* by series, what was seen of it last, or -1 */
	Seen *seen;
	int32_t nseen;
	int32_t room;
	int32_t complete; /* the first month that is not over */

	/* the customer */
	void *lines;
	uint32_t nfacts;
	uint32_t nlines;

	/* what is paid at the end of the month */
	bool is_paid_known;
	Wide mrr;
	int32_t scale;
} Sweep;

static inline const DriverLine *
line_at(const Sweep *sweep, uint32_t at)
{
	return (const DriverLine *) ((const char *) sweep->lines +
								 at * sweep->members->lines.size);
}

static int64_t
bits_of(double value)
{
	int64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* What is to be added to a cell, for one customer */
static DriverCell *
cell_add(Sweep *sweep, DriverWhat what, const Seen *seen, int32_t segment,
		 int32_t other, const Amount *first, const Amount *second,
		 int64_t odd_n)
{
	bool is_odd = first != NULL;
	DriverCell *cell = driver_cells_next(&sweep->cells);

	cell->key.segment = segment;
	cell->key.month = seen->month;
	cell->key.numbers[0] = (int64_t) ((uint64_t) (uint32_t) other << 32 |
									  (uint64_t) (uint32_t) seen->series << 4 |
									  (uint64_t) what << 1 | is_odd);
	if (is_odd)
		cell->key.numbers[1] =
			odd_n != 0 ? seen->is_so << 32 | odd_n : bits_of(first->value);
	if (second != NULL)
		cell->key.numbers[2] = bits_of(second->value);
	cell->what = what;
	cell->is_odd = is_odd;
	cell->series = seen->series;
	cell->other = other;
	if (is_odd)
		cell->odd[0] = first->value;
	if (second != NULL)
		cell->odd[1] = second->value;
	cell->odd_n = odd_n;
	cell->customers = 1;
	return cell;
}

/* A sum is nothing yet. */
static inline void
sum_put(DriverCell *cell, int place, Wide amount, int decimals)
{
	cell->sums[place] = amount;
	cell->decimals[place] = (uint8_t) decimals;
}

static void
own_add(Sweep *sweep, const Seen *seen)
{
	const Amount *y = &seen->y;
	DriverCell *cell = cell_add(sweep, DRIVER_OWN, seen, seen->segment, 0,
								y->is_odd ? y : NULL, NULL, 0);
	Amount importance;

	sum_put(cell, SUM_N, seen->n, 0);
	if (!y->is_odd)
	{
		sum_put(cell, SUM_Y, y->units, y->decimals);
		sum_put(cell, SUM_YY, (Wide) y->units * y->units, 2 * y->decimals);
		sum_put(cell, SUM_YN, (Wide) y->units * seen->n, y->decimals);
		sum_put(cell, SUM_NN, (Wide) seen->n * seen->n, 0);
	}
	if (seen->line == NULL || !(seen->line->member.flags & DRIVER_WEIGHED))
		return;
	importance = amount_make(seen->line->importance);
	if (importance.is_odd)
		cell = cell_add(sweep, DRIVER_WEIGHT, seen, seen->segment, 0,
						&importance, NULL, 0);
	else
		sum_put(cell, SUM_AMOUNT, importance.units, importance.decimals);
	cell->importances = 1;
}

/* The months before, of the same customer */
static void
pairs_add(Sweep *sweep, const Seen *seen)
{
	int64_t since =
		(int64_t) seen->month - sweep->members->parameters[DRIVER_MONTHS];

	for (int32_t i = seen->before; i >= 0 && sweep->seen[i].month >= since;
		 i = sweep->seen[i].before)
	{
		const Seen *before = &sweep->seen[i];
		const Amount *y = &seen->y;
		const Amount *other = &before->y;
		bool is_odd = y->is_odd || other->is_odd;
		DriverCell *cell = cell_add(
			sweep, DRIVER_PAIR, seen,
			before->segment == seen->segment ? seen->segment : IN_ALL_SEGMENTS,
			before->month, is_odd ? y : NULL, is_odd ? other : NULL, 0);

		if (is_odd)
			continue;
		sum_put(cell, SUM_YY, (Wide) y->units * other->units,
				y->decimals + other->decimals);
		sum_put(cell, SUM_YN, (Wide) y->units * before->n, y->decimals);
		sum_put(cell, SUM_NY, (Wide) seen->n * other->units, other->decimals);
		sum_put(cell, SUM_NN, (Wide) seen->n * before->n, 0);
	}
}

static void
overall_add(Sweep *sweep, const Seen *seen, const Seen *overall)
{
	const Amount *x = &seen->own;
	const Amount *z = &overall->own;
	bool is_odd = x->is_odd || z->is_odd;
	DriverCell *cell =
		cell_add(sweep, DRIVER_OVERALL, seen, seen->segment, overall->series,
				 is_odd ? x : NULL, is_odd ? z : NULL,
				 is_odd && seen->line == NULL ? seen->n : 0);

	if (is_odd)
	{
		cell->odd[0] = seen->line == NULL ? (double) seen->is_so : x->value;
		return;
	}
	sum_put(cell, SUM_Y, x->units, x->decimals);
	sum_put(cell, SUM_N, z->units, z->decimals);
	sum_put(cell, SUM_YY, (Wide) x->units * x->units, 2 * x->decimals);
	sum_put(cell, SUM_NN, (Wide) z->units * z->units, 2 * z->decimals);
	sum_put(cell, SUM_YN, (Wide) x->units * z->units,
			x->decimals + z->decimals);
}

/* What the customer pays at the end of a month, or of what is observed */
static void
paid_find(Sweep *sweep, Day past)
{
	Day as_of = sweep->members->parameters[DRIVER_AS_OF];
	Day day = (past < as_of ? past : as_of) - 1;

	sweep->is_paid_known = true;
	sweep->mrr = 0;
	sweep->scale = 0;
	for (uint32_t i = 0; i < sweep->nfacts; i++)
	{
		const DriverLine *line = line_at(sweep, i);
		int scale = driver_line_scale(line);

		if (!(line->member.flags & DRIVER_SPELL) || line->member.day > day ||
			line->member.to <= day)
			continue;
		if (scale > sweep->scale)
		{
			money_rescale_at(&sweep->mrr, sweep->scale, scale);
			sweep->scale = scale;
		}
		sweep->mrr = money_add(
			sweep->mrr, money_rescale(driver_line_mrr(sweep->names, line),
									  scale, sweep->scale));
	}
}

static void
below_add(Sweep *sweep, const Seen *seen, Day past)
{
	const DriverSeries *series = &sweep->names->series[seen->series];

	for (int i = 0; i < series->nfloors; i++)
	{
		const DriverFloor *floor =
			&sweep->names->floors[series->first_floor + i];

		if (floor->sign * seen->own.value >= floor->sign * floor->floor)
			continue;
		if (!sweep->is_paid_known)
			paid_find(sweep, past);
		sum_put(cell_add(sweep, DRIVER_BELOW, seen, seen->segment,
						 floor->number, NULL, NULL, 0),
				SUM_AMOUNT, sweep->mrr, sweep->scale);
	}
}

/* What a month has of a series, which is new where nothing was seen of it */
static Seen *
seen_find(Sweep *sweep, int32_t series, int32_t month, int32_t begin)
{
	int32_t last = sweep->last[series];
	Seen *seen;

	if (last >= begin)
		return &sweep->seen[last];
	if (sweep->nseen == sweep->room)
	{
		sweep->room *= 2;
		sweep->seen =
			runtime_realloc(sweep->seen, (size_t) sweep->room * sizeof(Seen));
	}
	seen = &sweep->seen[sweep->nseen];
	*seen = (Seen){.series = series, .month = month, .before = last};
	sweep->last[series] = sweep->nseen++;
	return seen;
}

/*
 * Does an answer count, and not another one of the same month?  That is the
 * last one; of those of one moment the least.
 */
static bool
answer_counts(const DriverNames *names, const DriverLine *line,
			  const DriverLine *other)
{
	uint32_t is_weighed = line->member.flags & DRIVER_WEIGHED;
	int64_t at = member_line_at(&line->member);
	int64_t other_at = member_line_at(&other->member);
	double score;
	double other_score;

	if (at != other_at)
		return at > other_at;
	score = driver_line_score(line);
	other_score = driver_line_score(other);
	if (score != other_score)
		return score < other_score;
	if (is_weighed != (other->member.flags & DRIVER_WEIGHED))
		return is_weighed;
	if (is_weighed && line->importance != other->importance)
		return line->importance < other->importance;
	return names->collate(names->arg, &names->names[line->member.name].theme,
						  &names->names[other->member.name].theme) < 0;
}

/* Take what was done, by the metrics by which that is known. */
static void
deed_take(Sweep *sweep, const MemberLine *line, int32_t month, int32_t begin)
{
	const DriverName *name = &sweep->names->names[line->name];

	for (int metric = 0; metric < DRIVER_METRICS; metric++)
	{
		Seen *seen;

		if (!(line->flags & DRIVER_BEHAVIOUR(metric)))
			continue;
		seen = seen_find(sweep, metric == 0 ? name->series : name->second,
						 month, begin);
		if (seen->n == 0 || line->day > seen->day)
			seen->day = line->day;
		seen->n++;
		seen->is_so += (line->flags & DRIVER_IS_SO(metric)) != 0;
	}
}

/* Take what happened in a month. */
static void
fact_take(Sweep *sweep, const DriverLine *line, int32_t month, int32_t begin)
{
	int32_t series = sweep->names->names[line->member.name].series;
	Seen *seen;

	if (line->member.flags & (DRIVER_BEHAVIOUR(0) | DRIVER_BEHAVIOUR(1)))
	{
		deed_take(sweep, &line->member, month, begin);
		return;
	}
	if (series < 0)
		return;
	seen = seen_find(sweep, series, month, begin);
	if (seen->n == 0 || answer_counts(sweep->names, line, seen->line))
	{
		seen->n = 1;
		seen->day = line->member.day;
		seen->line = line;
	}
}

/* Add the answer to those with its theme. */
static void
words_take(Sweep *sweep, const DriverLine *line, int32_t month, int32_t begin)
{
	const DriverName *name = &sweep->names->names[line->member.name];
	Seen *words;

	if (name->second < 0)
		return;
	words = seen_find(sweep, name->second, month, begin);
	if (words->n == 0 || line->member.day > words->day)
		words->day = line->member.day;
	words->n++;
	words->is_so +=
		driver_line_score(line) < sweep->names->series[name->series].content;
}

/* Reckon what a customer's month comes to. */
static void
seen_value(const Sweep *sweep, Seen *seen)
{
	const DriverSeries *series = &sweep->names->series[seen->series];

	seen->segment = member_lines_segment(
		sweep->members, sweep->lines, sweep->nfacts, sweep->nlines, seen->day);
	if (seen->line == NULL)
	{
		seen->y = amount_whole(seen->is_so);
		seen->own = (Amount){.value = (double) seen->is_so / (double) seen->n,
							 .units = seen->is_so == 0 ? 0 : AMOUNT_UNIT,
							 .decimals = QUOTIENT_DECIMALS};
		seen->own.is_odd =
			(seen->is_so != 0 && seen->is_so != seen->n) || seen->n >= ODD_N;
		return;
	}
	seen->own = amount_make(driver_line_score(seen->line));
	if (series->score == SCORE_NPS)
		seen->y = amount_whole(seen->own.value >= 9	 ? 100
							   : seen->own.value < 7 ? -100
													 : 0);
	else if (series->score == SCORE_CSAT)
		seen->y = amount_whole(seen->own.value >= 4);
	else
		seen->y = seen->own;
}

/* The end of a month of a customer */
static void
month_end(Sweep *sweep, int32_t begin, int32_t month, Day past)
{
	const DriverSeries *series = sweep->names->series;
	int32_t end = sweep->nseen;

	for (int32_t i = begin; i < end; i++)
		if (sweep->seen[i].line != NULL)
			words_take(sweep, sweep->seen[i].line, month, begin);
	sweep->is_paid_known = false;
	for (int32_t i = begin; i < sweep->nseen; i++)
		seen_value(sweep, &sweep->seen[i]);
	for (int32_t i = begin; i < sweep->nseen; i++)
	{
		const Seen *seen = &sweep->seen[i];

		if ((i & 255) == 255)
			check_interrupts();
		own_add(sweep, seen);
		if (series[seen->series].source == SOURCE_WORDS)
			continue;
		pairs_add(sweep, seen);
		below_add(sweep, seen, past);
		for (int32_t j = begin; !series[seen->series].is_whole && j < end; j++)
			if (series[sweep->seen[j].series].is_whole)
				overall_add(sweep, seen, &sweep->seen[j]);
	}
}

/* Who was seen on which sides of moments, in months that are over */
static void
sides_add(Sweep *sweep, int32_t series)
{
	int64_t months = sweep->members->parameters[DRIVER_MONTHS];

	for (int i = 0; i < sweep->names->nmoments; i++)
	{
		int32_t moment = sweep->names->moments[i];
		bool is_seen[2] = {false, false};

		check_interrupts();
		for (int32_t at = sweep->last[series]; at >= 0;
			 at = sweep->seen[at].before)
		{
			int64_t from = (int64_t) sweep->seen[at].month - moment;

			if (from != 0 && from >= -months && from <= months &&
				sweep->seen[at].month < sweep->complete)
				is_seen[from > 0] = true;
		}
		for (int side = 0; side < 2; side++)
			if (is_seen[side])
			{
				Seen seen = {.series = series, .month = moment};

				cell_add(sweep, DRIVER_SIDE, &seen, IN_ALL_SEGMENTS, side, NULL,
						 NULL, 0);
			}
	}
}

static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Sweep *sweep = arg;
	MonthWalk walk = {0};
	int32_t begin = 0;

	sweep->lines = data;
	sweep->nlines = nlines;
	sweep->nfacts = member_lines_sort(sweep->members, data, nlines);
	sweep->nseen = 0;
	for (uint32_t i = 0; i < sweep->nfacts; i++)
	{
		const DriverLine *line = line_at(sweep, i);

		if ((i & 255) == 255)
			check_interrupts();
		if (line->member.flags & DRIVER_SPELL)
			continue;
		if (line->member.day >= walk.past || line->member.day < walk.first)
		{
			month_end(sweep, begin, walk.month, walk.past);
			begin = sweep->nseen;
			month_walk_move(&walk, line->member.day);
		}
		fact_take(sweep, line, walk.month, begin);
	}
	month_end(sweep, begin, walk.month, walk.past);
	for (int32_t i = sweep->nseen; i-- > 0;)
	{
		int32_t series = sweep->seen[i].series;

		if (sweep->last[series] != i)
			continue;
		if (sweep->names->series[series].source != SOURCE_WORDS)
			sides_add(sweep, series);
		sweep->last[series] = -1;
	}
}

void
driver_sums(MemberLines *members, const DriverNames *names, Context context,
			CellTable *cells)
{
	Sweep sweep = {.members = members,
				   .names = names,
				   .cells.table = cells,
				   .room = 64,
				   .complete = INT32_MAX};
	Day as_of = members->parameters[DRIVER_AS_OF];

	if (as_of != INT32_MAX)
	{
		MonthWalk walk = {0};

		month_walk_move(&walk, as_of);
		sweep.complete = walk.month;
	}
	sweep.last =
		runtime_alloc(context, ((size_t) names->nseries + 1) * sizeof(int32_t));
	for (int i = 0; i < names->nseries; i++)
		sweep.last[i] = -1;
	sweep.seen = runtime_alloc(context, (size_t) sweep.room * sizeof(Seen));
	cell_table_open(cells, context, sizeof(DriverCell));
	customer_lines_finish(&members->lines, customer_take, &sweep);
	driver_cells_flush(&sweep.cells);
}
