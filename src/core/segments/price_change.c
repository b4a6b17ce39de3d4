/*
 * price_change.c
 *		Changes of price among raw spells.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/price_change.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/subscriptions/spell_runs.h"

#define FEW 16			  /* are sorted where they stand */
#define BAND_STEP 0.22	  /* of the logarithm of a price */
#define SETTLED_DAYS 180  /* after which who was touched is a control again */
#define MANTISSA_EXACT 53 /* bits that a double holds */
#define POWER_EXACT 22	  /* of ten, likewise */
#define BANDS_KEPT 256	  /* prices whose band is known */

static const int tenures[] = {3, 6, 12, 24};

#define NTENURES ((int) (sizeof(tenures) / sizeof(*tenures)))

/* A spell, and what is found out of it */
typedef struct PriceSpell
{
	Day start;
	Day end; /* first day not held; of one that goes on the one after as_of */
	int32_t product;
	int32_t terms;
	Wide mrr;
	RunSpell run;
	Day line_until; /* the last end of the customer's spells of the product */
} PriceSpell;

/* A price that begins or ends */
typedef struct PriceStep
{
	Day day;
	bool is_end;
	int32_t terms;
	Wide mrr;
} PriceStep;

/* A change of one customer's */
typedef struct PriceMove
{
	Day day;
	int32_t product;
	Wide before;
	Wide after;
} PriceMove;

/* How many have a change, by product and day */
typedef struct MoveCount
{
	int32_t product;
	Day day;
	/* the key ends here */
	int64_t customers;
} MoveCount;

/* A customer's line on a day of a change, one a product */
typedef struct PriceLine
{
	const PriceSpell *spell; /* the dearest */
	const PriceMove *move;	 /* NULL: untouched */
} PriceLine;

/* Who is followed from which window to which, and leaves in which */
typedef struct Followed
{
	int32_t day;
	int32_t segment;
	int32_t product;
	int32_t band;
	int32_t age; /* in windows */
	int32_t first;
	int32_t last;
	int32_t left;
	int32_t dropped;
	int32_t marks;
	/* the key ends here */
	int64_t customers;
} Followed;

#define FOLLOWED_KEY offsetof(Followed, customers)

typedef struct BandKept
{
	bool is_known;
	int32_t band;
	Wide mrr;
} BandKept;

typedef struct Walk
{
	PriceChanges *changes;
	SpellBuffer *spell_buffer;
	Day as_of;
	CountTable counts;	 /* of the first reading */
	CountTable followed; /* of the second */
	BandKept bands[BANDS_KEPT];

	/* of a customer */
	uint32_t room;
	PriceSpell *spells;
	uint32_t nspells;
	RunSpell *runs;
	PriceStep *steps;
	PriceMove *moves;
	uint32_t nmoves;
	Day touched_on; /* the last of the days of moves */
	PriceLine *lines;
	Membership *memberships;
	SegmentStep *segment_steps;
	int nsegment_steps;
} Walk;

/* A price as a number, exactly rounded */
static double
price_number(Wide mrr, int scale)
{
	static const double powers[POWER_EXACT + 1] = {
		1e0,  1e1,	1e2,  1e3,	1e4,  1e5,	1e6,  1e7,	1e8,  1e9,	1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	char digits[64];
	int at = sizeof(digits);

	if (mrr < (Wide) 1 << MANTISSA_EXACT && scale <= POWER_EXACT)
		return (double) mrr / powers[scale];
	at -= snprintf(NULL, 0, "e-%d", scale) + 1;
	snprintf(digits + at, sizeof(digits) - at, "e-%d", scale);
	for (; mrr > 0; mrr /= 10)
		digits[--at] = (char) ('0' + (int) (mrr % 10));
	return strtod(digits + at, NULL);
}

/* In which band a price lies, above 0 */
static int32_t
price_band(Walk *walk, Wide mrr)
{
	BandKept *kept = &walk->bands[(uint64_t) mrr % BANDS_KEPT];

	if (!kept->is_known || kept->mrr != mrr)
	{
		double number = price_number(mrr, walk->spell_buffer->scale);

		*kept = (BandKept){true, (int32_t) rint(log(number) / BAND_STEP), mrr};
	}
	return kept->band;
}

static int32_t
window_floor(int64_t days)
{
	int64_t window = days / PRICE_WINDOW;

	return (int32_t) (days % PRICE_WINDOW < 0 ? window - 1 : window);
}

static int32_t
window_ceiling(int64_t days)
{
	int64_t window = days / PRICE_WINDOW;

	return (int32_t) (days % PRICE_WINDOW > 0 ? window + 1 : window);
}

static int
compare_starts(const void *a, const void *b)
{
	const PriceSpell *spell_a = a;
	const PriceSpell *spell_b = b;

	return (spell_a->start > spell_b->start) -
		   (spell_a->start < spell_b->start);
}

static int
compare_products(const void *a, const void *b)
{
	const PriceSpell *spell_a = a;
	const PriceSpell *spell_b = b;

	return (spell_a->product > spell_b->product) -
		   (spell_a->product < spell_b->product);
}

static int
compare_steps(const void *a, const void *b)
{
	const PriceStep *step_a = a;
	const PriceStep *step_b = b;

	return (step_a->day > step_b->day) - (step_a->day < step_b->day);
}

/* Sort few items where they stand: most customers have one or two. */
static void
items_sort(void *items, size_t count, size_t size,
		   int (*compare)(const void *, const void *))
{
	char item[sizeof(PriceSpell)];
	char *all = items;

	if (count > FEW)
	{
		runtime_sort(items, count, size, compare);
		return;
	}
	for (size_t i = 1; i < count; i++)
	{
		size_t at = i;

		if (compare(all + (i - 1) * size, all + i * size) <= 0)
			continue;
		memcpy(item, all + i * size, size);
		for (; at > 0 && compare(all + (at - 1) * size, item) > 0; at--)
			memcpy(all + at * size, all + (at - 1) * size, size);
		memcpy(all + at * size, item, size);
	}
}

static void
walk_reserve(Walk *walk, uint32_t nlines)
{
	size_t room;

	if (nlines <= walk->room)
		return;
	if (walk->room > 0)
	{
		runtime_free(walk->spells);
		runtime_free(walk->runs);
		runtime_free(walk->steps);
		runtime_free(walk->moves);
		runtime_free(walk->lines);
		runtime_free(walk->memberships);
		runtime_free(walk->segment_steps);
	}
	room = walk->room = nlines * 2;
	walk->spells = runtime_alloc(NULL, room * sizeof(PriceSpell));
	walk->runs = runtime_alloc(NULL, room * sizeof(RunSpell));
	walk->steps = runtime_alloc(NULL, room * 2 * sizeof(PriceStep));
	walk->moves = runtime_alloc(NULL, room * 2 * sizeof(PriceMove));
	walk->lines = runtime_alloc(NULL, room * sizeof(PriceLine));
	walk->memberships = runtime_alloc(NULL, room * sizeof(Membership));
	walk->segment_steps = runtime_alloc(NULL, room * 2 * sizeof(SegmentStep));
}

/* Take a customer's spells that are paid for, and the times in segments. */
static int
customer_read(Walk *walk, const Line *lines, uint32_t nlines)
{
	const SegmentCustomers *names = &walk->changes->names;
	int nmemberships = 0;

	walk_reserve(walk, nlines);
	walk->nspells = 0;
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		int32_t name = line_name(line);
		PriceSpell *spell = &walk->spells[walk->nspells];

		if (line_is_membership(line))
		{
			walk->memberships[nmemberships++] =
				(Membership){line->start, line->end, names->ranks[name], 0};
			continue;
		}
		spell->mrr = line_mrr(walk->spell_buffer, line);
		if (spell->mrr <= 0 || line->start >= walk->as_of)
			continue;
		spell->start = line->start;
		spell->end = line->end <= walk->as_of ? line->end : walk->as_of + 1;
		spell->product = names->products[name];
		spell->terms = names->offers[name];
		walk->nspells++;
	}
	return nmemberships;
}

/* The changes among the steps of a product, which are in order */
static void
steps_take(Walk *walk, int32_t product, const PriceStep *steps, uint32_t nsteps)
{
	for (uint32_t from = 0, to; from < nsteps; from = to)
	{
		int64_t more = 0; /* begin than end */
		Wide sums[2] = {0, 0};
		int32_t least[2] = {INT32_MAX, INT32_MAX};
		int32_t most[2] = {INT32_MIN, INT32_MIN};

		for (to = from; to < nsteps && steps[to].day == steps[from].day; to++)
		{
			const PriceStep *step = &steps[to];
			int side = step->is_end ? 0 : 1;

			more += step->is_end ? -1 : 1;
			sums[side] = money_add(sums[side], step->mrr);
			if (step->terms < least[side])
				least[side] = step->terms;
			if (step->terms > most[side])
				most[side] = step->terms;
		}
		if (more == 0 && sums[0] != sums[1] && least[0] == least[1] &&
			most[0] == most[1])
			walk->moves[walk->nmoves++] =
				(PriceMove){steps[from].day, product, sums[0], sums[1]};
	}
}

/* Find a customer's changes, and until when each line is held. */
static void
moves_find(Walk *walk)
{
	PriceSpell *spells = walk->spells;

	walk->nmoves = 0;
	items_sort(spells, walk->nspells, sizeof(PriceSpell), compare_products);
	for (uint32_t from = 0, to; from < walk->nspells; from = to)
	{
		Day until = spells[from].end;
		uint32_t nsteps = 0;

		for (to = from;
			 to < walk->nspells && spells[to].product == spells[from].product;
			 to++)
			if (spells[to].end > until)
				until = spells[to].end;
		for (uint32_t i = from; i < to; i++)
			spells[i].line_until = until;
		if (to - from < 2)
			continue;
		for (uint32_t i = from; i < to; i++)
		{
			walk->steps[nsteps++] = (PriceStep){spells[i].start, false,
												spells[i].terms, spells[i].mrr};
			if (spells[i].end < walk->as_of)
				walk->steps[nsteps++] = (PriceStep){
					spells[i].end, true, spells[i].terms, spells[i].mrr};
		}
		items_sort(walk->steps, nsteps, sizeof(PriceStep), compare_steps);
		steps_take(walk, spells[from].product, walk->steps, nsteps);
	}
}

/* The first reading: count a customer's changes. */
static void
customer_count(void *arg, uint32_t customer, const Line *lines, uint32_t nlines)
{
	Walk *walk = arg;

	(void) customer;
	if (nlines < 2)
		return;
	customer_read(walk, lines, nlines);
	if (walk->nspells < 2)
		return;
	moves_find(walk);
	for (uint32_t i = 0; i < walk->nmoves; i++)
	{
		MoveCount key = {walk->moves[i].product, walk->moves[i].day, 0};
		MoveCount *count = count_table_reach(&walk->counts, &key);

		count->customers++;
	}
}

static int
compare_counts(const void *a, const void *b)
{
	const MoveCount *count_a = a;
	const MoveCount *count_b = b;

	return (count_a->day > count_b->day) - (count_a->day < count_b->day);
}

/* Those of more customers first, of equal ones the later */
static int
compare_days(const void *a, const void *b)
{
	const MoveCount *count_a = a;
	const MoveCount *count_b = b;

	if (count_a->customers != count_b->customers)
		return count_a->customers > count_b->customers ? -1 : 1;
	return (count_a->day < count_b->day) - (count_a->day > count_b->day);
}

/* Say which days are looked at: the one named, or the largest. */
static void
days_choose(PriceChanges *changes, CountTable *table, Day as_of)
{
	MoveCount *counts = (MoveCount *) table->items;
	uint32_t count = 0;

	for (uint32_t i = 0; i < table->count; i++)
		if (changes->terms.is_named
				? counts[i].day == changes->terms.day
				: counts[i].customers >= changes->terms.least)
			counts[count++] = counts[i];
	runtime_sort(counts, count, sizeof(MoveCount), compare_counts);
	table->count = 0;
	for (uint32_t i = 0; i < count; i++)
	{
		if (table->count > 0 && counts[table->count - 1].day == counts[i].day)
			counts[table->count - 1].customers += counts[i].customers;
		else
			counts[table->count++] = counts[i];
	}
	runtime_sort(counts, table->count, sizeof(MoveCount), compare_days);
	changes->ndays =
		table->count < PRICE_DAYS ? (int) table->count : PRICE_DAYS;
	for (int i = 0; i < changes->ndays; i++)
	{
		int32_t months = (as_of - 1 - counts[i].day) / PRICE_WINDOW;

		changes->days[i] = counts[i].day;
		changes->months[i] =
			months < changes->terms.months ? months : changes->terms.months;
		if (changes->months[i] < 0)
			changes->months[i] = 0;
	}
}

/* Keep of a customer's changes those of days that are looked at. */
static void
moves_keep(Walk *walk)
{
	const PriceChanges *changes = walk->changes;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < walk->nmoves; i++)
		for (int day = 0; day < changes->ndays; day++)
			if (walk->moves[i].day == changes->days[day])
			{
				walk->moves[kept++] = walk->moves[i];
				break;
			}
	walk->nmoves = kept;
	walk->touched_on = INT32_MIN;
	for (uint32_t i = 0; i < kept; i++)
		if (walk->moves[i].day > walk->touched_on)
			walk->touched_on = walk->moves[i].day;
}

/* A customer's change of a product on a day: they are in the order of both. */
static const PriceMove *
move_of(const Walk *walk, Day day, int32_t product)
{
	uint32_t low = 0;
	uint32_t high = walk->nmoves;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;
		const PriceMove *move = &walk->moves[middle];

		if (move->product == product && move->day == day)
			return move;
		if (move->product < product ||
			(move->product == product && move->day < day))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The segment of a number among the steps, from -1 on: before the first */
static int32_t
step_segment(const Walk *walk, int step)
{
	if (step < 0 || walk->segment_steps[step].segment < 0)
		return walk->changes->names.nameless;
	return walk->segment_steps[step].segment;
}

static int
step_on(const Walk *walk, Day day)
{
	return segment_step_on(walk->segment_steps, walk->nsegment_steps, day);
}

/*
 * Count one who is followed.  Windows outside of those followed are as good as
 * the one beside them, and an age is as good as the first that is of the last
 * tenure throughout.
 */
static void
followed_add(Walk *walk, Followed key)
{
	Followed *followed;
	int32_t old = tenures[NTENURES - 1] - key.first;

	if (key.age > old)
		key.age = old;
	if (key.left > key.last)
		key.left = key.last + 1;
	if (key.left < key.first)
		key.left = key.first - 1;
	if (key.dropped > key.last || key.dropped < key.first)
		key.dropped = key.first - 1;
	followed = count_table_reach(&walk->followed, &key);
	followed->customers++;
}

/* Follow a line from the day of a change on. */
static void
line_follow(Walk *walk, int32_t day_no, const PriceLine *line, int32_t marks)
{
	PriceChanges *changes = walk->changes;
	const PriceSpell *spell = line->spell;
	Day day = changes->days[day_no];
	int32_t segment = step_segment(walk, step_on(walk, day));
	int32_t dropped = window_floor((int64_t) spell->line_until - 1 - day);
	int32_t last = changes->months[day_no] - 1;

	if (line->move != NULL)
	{
		PriceTouched key = {
			day_no, segment, spell->product, marks & PRICE_MAIN, 0, 0, 0};
		PriceTouched *touched = count_table_reach(&changes->touched, &key);

		touched->customers++;
		touched->before = money_add(touched->before, line->move->before);
		touched->after = money_add(touched->after, line->move->after);
	}
	if (changes->months[day_no] == 0)
		return;
	followed_add(
		walk,
		(Followed){day_no, segment, spell->product,
				   price_band(walk, line->move != NULL ? line->move->before
													   : spell->mrr),
				   window_floor((int64_t) day - spell->run.start_of_run), 0,
				   dropped < last ? dropped : last,
				   window_floor((int64_t) spell->run.end_of_run - 1 - day),
				   dropped, marks, 0});
}

/* Does the line of one come before that of another as what counts? */
static bool
line_is_before(const Walk *walk, const PriceLine *a, const PriceLine *b)
{
	if ((a->move != NULL) != (b->move != NULL))
		return a->move != NULL;
	if (a->move != NULL && a->move->before != b->move->before)
		return a->move->before > b->move->before;
	return walk->changes->order[a->spell->product] <
		   walk->changes->order[b->spell->product];
}

/* Whom a change touched is no control of it, nor for some time of another. */
static int32_t
control_mark(const Walk *walk, int32_t day_no, bool is_touched)
{
	if (is_touched)
		return PRICE_TOUCHED;
	return walk->nmoves == 0 ||
				   walk->touched_on < walk->changes->days[day_no] - SETTLED_DAYS
			   ? PRICE_CONTROL
			   : 0;
}

/* Find the customer's lines on the day of a change, and follow them. */
static void
day_follow(Walk *walk, int32_t day_no)
{
	Day day = walk->changes->days[day_no];
	uint32_t nlines = 0;
	uint32_t main_line = 0;

	/* products come one after the other */
	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		const PriceSpell *spell = &walk->spells[i];
		const PriceMove *move;

		if (spell->start > day || spell->end <= day)
			continue;
		move = move_of(walk, day, spell->product);
		if (move == NULL && spell->start == day)
			continue;
		if (nlines > 0 &&
			walk->lines[nlines - 1].spell->product == spell->product)
		{
			if (spell->mrr > walk->lines[nlines - 1].spell->mrr)
				walk->lines[nlines - 1].spell = spell;
			continue;
		}
		walk->lines[nlines] = (PriceLine){spell, move};
		if (nlines > 0 &&
			line_is_before(walk, &walk->lines[nlines], &walk->lines[main_line]))
			main_line = nlines;
		nlines++;
	}
	for (uint32_t i = 0; i < nlines; i++)
		line_follow(walk, day_no, &walk->lines[i],
					control_mark(walk, day_no, walk->lines[i].move != NULL) |
						(i == main_line ? PRICE_MAIN : 0));
}

/* Count the days of a spell in a segment among those before a change. */
static void
stay_follow(Walk *walk, const PriceSpell *spell, int32_t segment, Day since,
			Day until)
{
	for (int32_t i = 0; i < walk->changes->ndays; i++)
	{
		Day day = walk->changes->days[i];
		Followed key = {i,
						segment,
						spell->product,
						0,
						0,
						0,
						0,
						0,
						0,
						PRICE_MAIN | PRICE_EARLIER,
						0};

		if (since >= day || until <= day - PRICE_BEFORE * PRICE_WINDOW)
			continue;
		key.first = window_ceiling((int64_t) since - day);
		if (key.first < -PRICE_BEFORE)
			key.first = -PRICE_BEFORE;
		key.last = window_floor((int64_t) until - 1 - day);
		if (key.last > -1)
			key.last = -1;
		if (key.first > key.last)
			continue;
		key.band = price_band(walk, spell->mrr);
		key.age = window_floor((int64_t) day - spell->run.start_of_run);
		key.left = window_floor((int64_t) spell->run.end_of_run - 1 - day);
		key.dropped = window_floor((int64_t) spell->line_until - 1 - day);
		followed_add(walk, key);
	}
}

/* Say to which time of paying each spell belongs. */
static void
runs_find(Walk *walk)
{
	items_sort(walk->spells, walk->nspells, sizeof(PriceSpell), compare_starts);
	for (uint32_t i = 0; i < walk->nspells; i++)
		walk->runs[i] =
			(RunSpell){walk->spells[i].start, walk->spells[i].end, 0, 0, false};
	spell_runs(walk->runs, walk->nspells, walk->changes->terms.gap);
	for (uint32_t i = 0; i < walk->nspells; i++)
		walk->spells[i].run = walk->runs[i];
}

/* The second reading: follow a customer. */
static void
customer_follow(void *arg, uint32_t customer, const Line *lines,
				uint32_t nlines)
{
	Walk *walk = arg;
	int nmemberships = customer_read(walk, lines, nlines);

	(void) customer;
	if (walk->nspells == 0)
		return;
	walk->nsegment_steps =
		segment_steps_of(walk->memberships, nmemberships, walk->segment_steps);
	runs_find(walk);
	moves_find(walk);
	moves_keep(walk);
	for (int32_t i = 0; i < walk->changes->ndays; i++)
		day_follow(walk, i);
	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		const PriceSpell *spell = &walk->spells[i];
		Day since = spell->start;

		for (int step = step_on(walk, since);; step++)
		{
			Day until = spell->end;

			if (step + 1 < walk->nsegment_steps &&
				walk->segment_steps[step + 1].day < until)
				until = walk->segment_steps[step + 1].day;
			stay_follow(walk, spell, step_segment(walk, step), since, until);
			since = until;
			if (until == spell->end)
				break;
		}
	}
}

static int
tenure_of(int32_t age)
{
	int tenure = 0;

	while (tenure < NTENURES && age >= tenures[tenure])
		tenure++;
	return tenure;
}

/* Lay those who are followed out over windows. */
static void
followed_lay_out(const Walk *walk)
{
	for (uint32_t i = 0; i < walk->followed.count; i++)
	{
		const Followed *followed = count_table_item(&walk->followed, i);

		check_interrupts();
		for (int32_t at = followed->first; at <= followed->last; at++)
		{
			PriceCell key = {followed->day,
							 followed->segment,
							 followed->product,
							 followed->band,
							 tenure_of(followed->age + at),
							 at,
							 followed->marks,
							 0,
							 0,
							 0,
							 0};
			PriceCell *cell = count_table_reach(&walk->changes->cells, &key);

			cell->customers += followed->customers;
			if (followed->left == at)
				cell->left += followed->customers;
			if (followed->dropped == at && followed->left > at)
				cell->given_up += followed->customers;
		}
	}
}

static Walk *
walk_make(PriceChanges *changes)
{
	Walk *walk = runtime_alloc_zero(NULL, sizeof(Walk));

	walk->changes = changes;
	walk->spell_buffer = changes->names.spell_buffer;
	walk->as_of = walk->spell_buffer->terms.as_of - 1;
	return walk;
}

/* Find the days of changes; products have no order yet. */
void
price_changes_open(PriceChanges *changes, Context context,
				   SpellBuffer *spell_buffer, const PriceTerms *terms)
{
	Walk *walk;

	memset(changes, 0, sizeof(*changes));
	changes->terms = *terms;
	segment_customers_open(&changes->names, context, spell_buffer);
	count_table_open(&changes->cells, context, offsetof(PriceCell, customers),
					 sizeof(PriceCell));
	count_table_open(&changes->touched, context,
					 offsetof(PriceTouched, customers), sizeof(PriceTouched));
	walk = walk_make(changes);
	count_table_open(&walk->counts, NULL, offsetof(MoveCount, customers),
					 sizeof(MoveCount));
	spell_buffer_each(spell_buffer, customer_count, walk);
	days_choose(changes, &walk->counts, walk->as_of);
	count_table_close(&walk->counts);
	runtime_free(walk);
}

/* Follow everybody; order is known now. */
void
price_changes_follow(PriceChanges *changes)
{
	Walk *walk;

	if (changes->ndays == 0)
		return;
	walk = walk_make(changes);
	count_table_open(&walk->followed, NULL, FOLLOWED_KEY, sizeof(Followed));
	spell_buffer_each(walk->spell_buffer, customer_follow, walk);
	followed_lay_out(walk);
	count_table_close(&walk->followed);
	runtime_free(walk);
}
