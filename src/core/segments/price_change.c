/*
 * price_change.c
 *		Who was touched by a change of price, who was not, and who left in which
 *		window: the second reading.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/price_moves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/subscriptions/spell_reader.h"
#include "core/util/sort_few.h"

#define BAND_STEP 0.22	  /* of the logarithm of a price */
#define SETTLED_DAYS 180  /* after which who was touched is a control again */
#define MANTISSA_EXACT 53 /* bits that a double holds */
#define POWER_EXACT 22	  /* of ten, likewise */
#define BANDS_KEPT 256	  /* prices whose band is known */

static const int tenures[] = {3, 6, 12, 24};

#define NTENURES ((int) (sizeof(tenures) / sizeof(*tenures)))

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
	CountTable followed;
	BandKept bands[BANDS_KEPT];

	PriceCustomer customer;
	Day touched_on; /* the last of the days of the customer's moves */

	/* of as many lines */
	uint32_t room;
	RunSpell *runs;
	PriceLine *lines;
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
		double number =
			price_number(mrr, walk->changes->names.spell_buffer->scale);

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

/* Room for as many lines as a customer may have */
static void
lines_reserve(Walk *walk)
{
	size_t room = walk->customer.room;

	if (walk->room == walk->customer.room)
		return;
	if (walk->room > 0)
	{
		runtime_free(walk->runs);
		runtime_free(walk->lines);
		runtime_free(walk->segment_steps);
	}
	walk->room = walk->customer.room;
	walk->runs = runtime_alloc(NULL, room * sizeof(RunSpell));
	walk->lines = runtime_alloc(NULL, room * sizeof(PriceLine));
	walk->segment_steps = runtime_alloc(NULL, room * 2 * sizeof(SegmentStep));
}

/* Keep of a customer's changes those of days that are looked at. */
static void
moves_keep(Walk *walk)
{
	const PriceChanges *changes = walk->changes;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < walk->customer.nmoves; i++)
		for (int day = 0; day < changes->ndays; day++)
			if (walk->customer.moves[i].day == changes->days[day])
			{
				walk->customer.moves[kept++] = walk->customer.moves[i];
				break;
			}
	walk->customer.nmoves = kept;
	walk->touched_on = INT32_MIN;
	for (uint32_t i = 0; i < kept; i++)
		if (walk->customer.moves[i].day > walk->touched_on)
			walk->touched_on = walk->customer.moves[i].day;
}

/* A customer's change of a product on a day: they are in the order of both. */
static const PriceMove *
move_of(const Walk *walk, Day day, int32_t product)
{
	uint32_t low = 0;
	uint32_t high = walk->customer.nmoves;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;
		const PriceMove *move = &walk->customer.moves[middle];

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
	return segment_step_place(walk->segment_steps, step,
							  walk->changes->names.nameless);
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
	return walk->customer.nmoves == 0 ||
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
	for (uint32_t i = 0; i < walk->customer.nspells; i++)
	{
		const PriceSpell *spell = &walk->customer.spells[i];
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
	sort_few(walk->customer.spells, walk->customer.nspells, sizeof(PriceSpell),
			 compare_starts);
	for (uint32_t i = 0; i < walk->customer.nspells; i++)
		walk->runs[i] = (RunSpell){walk->customer.spells[i].start,
								   walk->customer.spells[i].end, 0, 0, false};
	spell_runs(walk->runs, walk->customer.nspells, walk->changes->terms.gap);
	for (uint32_t i = 0; i < walk->customer.nspells; i++)
		walk->customer.spells[i].run = walk->runs[i];
}

/* The second reading: follow a customer. */
static void
customer_follow(Walk *walk, const Line *lines, uint32_t nlines)
{
	price_customer_read(&walk->customer, lines, nlines);
	if (walk->customer.nspells == 0)
		return;
	lines_reserve(walk);
	walk->nsegment_steps =
		segment_steps_of(walk->customer.memberships,
						 walk->customer.nmemberships, walk->segment_steps);
	runs_find(walk);
	price_moves_find(&walk->customer);
	moves_keep(walk);
	for (int32_t i = 0; i < walk->changes->ndays; i++)
		day_follow(walk, i);
	for (uint32_t i = 0; i < walk->customer.nspells; i++)
	{
		const PriceSpell *spell = &walk->customer.spells[i];
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

/* Follow everybody; order is known now. */
void
price_changes_follow(PriceChanges *changes)
{
	Walk *walk;
	SpellReader reader;

	if (changes->ndays == 0)
		return;
	walk = runtime_alloc_zero(NULL, sizeof(Walk));
	walk->changes = changes;
	price_customer_open(&walk->customer, &changes->names);
	count_table_open(&walk->followed, NULL, FOLLOWED_KEY, sizeof(Followed));
	spell_reader_open(&reader, changes->names.spell_buffer);
	while (spell_reader_next(&reader))
		customer_follow(walk, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	followed_lay_out(walk);
	count_table_close(&walk->followed);
	price_customer_close(&walk->customer);
	runtime_free(walk);
}
