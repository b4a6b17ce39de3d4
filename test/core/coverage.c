/*
 * coverage.c
 *		Are intervals of cannibalization as sure as they say, and verdicts right?
 *
 * Worlds are made up in which the truth is known: customers of an old product
 * with hazards of their own of leaving it and of taking a new one, each of them
 * with and without what the new one does.  In every world the state is folded
 * and the verdict reached; over many worlds an interval of 95 % must hold the
 * true rate in about 95 of 100, and a launch that does no harm must not be
 * accused.
 *
 * By itself this is a test of a few worlds, the same in every run.  With
 * arguments it prints the table of the long run (bench/coverage):
 *
 *		coverage WORLDS [SEED [FIRST LAST]]
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "runtime.h"

#include <math.h>
#include <string.h>

#include "core/cannibalization/verdict.h"

#define FIRST_DAY 7000 /* from which on customers may leave */
#define LAUNCH (FIRST_DAY + 120)
#define SALE 90 /* days on which the new product can be taken */
#define AS_OF (LAUNCH + 152)
#define RECENT 30 /* days after leaving in which the alike still take it */
#define DELAY 45

/* What decides who leaves, and who takes the new product */
typedef enum Selection
{
	BY_NOTHING,
	BY_TENURE_PRICE,
	BY_SEASON,
	BY_TENURE_PRICE_SEASON,
	BY_CONTRACT,
	BY_INCLINATION, /* which nobody observes */
	PACKS			/* the same customers come four times */
} Selection;

typedef struct World
{
	const char *name;
	const char *text;
	Selection selection;
	int customers; /* at the launch */
	int newcomers;
	double adopt;  /* share who take it, about */
	double leave;  /* share who leave in 60 days, about */
	double effect; /* share of those who take it who leave for it */
	double focal_margin;
	bool alike;	 /* who left of late takes it like anybody */
	bool spread; /* who leaves for it does so within 45 days */
	int look_back;
	bool is_told; /* a stratum says what decides */
} World;

#define DONOR_MARGIN 18

/* what a world does not say is nothing */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const World worlds[] = {
	{"1", "5 % take it", BY_NOTHING, 2500, 150, .05, .093, .25, 4, 0, 0, 30},
	{"2", "10 % take it", BY_NOTHING, 2000, 150, .10, .093, .25, 4, 0, 0, 30},
	{"3", "40 % take it", BY_NOTHING, 1250, 150, .40, .093, .25, 4, 0, 0, 30},
	{"4", "by tenure and price", BY_TENURE_PRICE, 1900, 150, .05, .14, .25, 4,
	 0, 0, 30},
	{"5", "by season", BY_SEASON, 2000, 150, .10, .14, .25, 4, 0, 0, 30},
	{"6", "by tenure, price, season", BY_TENURE_PRICE_SEASON, 1900, 150, .05,
	 .14, .25, 4, 0, 0, 30},
	{"7", "as 2, leavers alike", BY_NOTHING, 2000, 150, .10, .093, .25, 4, 1, 0,
	 30},
	{"8", "as 6, leavers alike", BY_TENURE_PRICE_SEASON, 1900, 150, .05, .14,
	 .25, 4, 1, 0, 30},
	{"9", "as 3, leavers alike", BY_NOTHING, 1250, 150, .40, .093, .25, 4, 1, 0,
	 30},
	{"10", "ends of contracts", BY_CONTRACT, 1700, 150, .08, .07, .25, 4, 0, 0,
	 30},
	{"11", "inclination, unobserved", BY_INCLINATION, 1600, 150, .08, .07, .25,
	 4, 0, 0, 30},
	{"12", "as 2, within 45 days", BY_NOTHING, 2000, 150, .10, .093, .25, 4, 0,
	 1, 30},
	{"13", "few entries", BY_NOTHING, 220, 20, .10, .093, .25, 4, 0, 0, 30},
	{"2b", "as 2, look_back 1", BY_NOTHING, 2000, 150, .10, .093, .25, 4, 0, 0,
	 1},
	{"3b", "as 3, look_back 1", BY_NOTHING, 1250, 150, .40, .093, .25, 4, 0, 0,
	 1},
	{"14", "as 6, harmless", BY_TENURE_PRICE_SEASON, 1900, 150, .05, .14, 0, .6,
	 0, 0, 30},
	{"15", "as 8, harmless", BY_TENURE_PRICE_SEASON, 1900, 150, .05, .14, 0, .6,
	 1, 0, 30},
	{"16", "as 2, harmless", BY_NOTHING, 2000, 150, .10, .093, 0, 4, 0, 0, 30},
	{"17", "as 9, just below", BY_NOTHING, 1250, 150, .40, .093, .25, 3.24, 1,
	 0, 30},
	{"18", "as 7, just below", BY_NOTHING, 2000, 150, .10, .093, .25, 2.52, 1,
	 0, 30},
	{"19", "as 2, half leave for it", BY_NOTHING, 2000, 150, .10, .093, .5, 4,
	 0, 0, 30},
	{"20", "as 2, two of three do", BY_NOTHING, 2000, 150, .10, .093, .65, 4, 0,
	 0, 30},
	{"21", "as 3, just above", BY_NOTHING, 1250, 150, .40, .093, .25, 2.7, 0, 0,
	 30},
	{"22", "as 11, harmless", BY_INCLINATION, 1600, 150, .08, .07, 0, .6, 0, 0,
	 30},
	{"23", "as 10, harmless", BY_CONTRACT, 1700, 150, .08, .07, 0, .6, 0, 0,
	 30},
	{"24", "as 2, four times as many", BY_NOTHING, 8000, 600, .10, .093, .25, 4,
	 0, 0, 30},
	{"25", "packs, four times each", PACKS, 100, 0, 1, 0, .3, 4, 0, 0, 30},
	{"26", "as 2, 2 % leave, harmless", BY_NOTHING, 2000, 150, .10, .02, 0, .6,
	 0, 0, 30},
	{"10b", "as 10, month of the end told", BY_CONTRACT, 1700, 150, .08, .07,
	 .25, 4, 0, 0, 30, true},
	{"23b", "as 23, month of the end told", BY_CONTRACT, 1700, 150, .08, .07, 0,
	 .6, 0, 0, 30, true},
	{"22b", "as 22, inclination told by fifths", BY_INCLINATION, 1600, 150, .08,
	 .07, 0, .6, 0, 0, 30, true},
};

#define NWORLDS ((int) (sizeof(worlds) / sizeof(worlds[0])))
#define MAX_WORLDS 1000

/* What a rate came to in one world */
typedef struct Seen
{
	Estimate unit;
	Estimate value;
	Estimate corrected;
	double control;
	Judgement judgement;
} Seen;

/* Sums over the worlds of a kind */
typedef struct Sums
{
	const World *world;
	uint64_t seed;
	double entries; /* mature ones: all of them */
	double own;
	double lost;   /* entries that lost something */
	double anyway; /* and would have without the new product */
	double focal;  /* money */
	double lost_money;
	int count;
	Seen seen[MAX_WORLDS];
} Sums;

static uint64_t random_state;

static double
draw(void)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return ((double) (x >> 11) + 0.5) / 9007199254740992.0;
}

static double
draw_normal(void)
{
	return sqrt(-2 * log(draw())) * cos(2 * M_PI * draw());
}

/* What makes hazards of a day higher or lower than those of the mean customer */
static double
times(const World *world, Day day, Day start, int price, double inclination)
{
	double tenure = day - start;
	double times = 1;

	switch (world->selection)
	{
		case BY_TENURE_PRICE_SEASON:
		case BY_TENURE_PRICE:
			times = (0.7 + 2.3 * exp(-tenure / 150)) * (price < 25 ? 1.2 : 0.8);
			if (world->selection == BY_TENURE_PRICE)
				break;
			/* FALLTHROUGH */
		case BY_SEASON:
			times *= 1 + 0.8 * sin(2 * M_PI * (day - LAUNCH) / 120);
			break;
		case BY_CONTRACT:
			times = (int64_t) tenure % 365 < 20 ? 6 : 0.7;
			break;
		case BY_INCLINATION:
			times = exp(0.6 * inclination - 0.18);
			break;
		default:
			break;
	}
	return times;
}

static const Label names[] = {{"Classic", 7}, {"Lite", 4}};
static const uint8_t roles[] = {SIDE_DONOR, SIDE_FOCAL};

/* Customers of a world on their way into a state */
typedef struct Folding
{
	Cannibalization *state;
	Trajectory trajectory;
	Sums *sums;
} Folding;

static Spell
spell_of(int product, Day start, Day end, Wide mrr)
{
	return (Spell){start, end, product, -1, -1, mrr, 0};
}

static void
fold(Folding *folding, Spell *spells, int nspells, const Label *stratum)
{
	static const Label none = {"", 0};
	Holdings holdings = {2, 2, (Label *) names, nspells, spells};

	trajectory_set(&folding->trajectory, &holdings, roles, AS_OF, 0);
	cannibalization_add(folding->state, &folding->trajectory,
						stratum ? stratum : &none, NULL);
}

/* What is told of a customer: when contracts end, or how inclined they are */
static const Label *
stratum_of(const World *world, Day start, double inclination)
{
	static const Label strata[] = {
		{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}, {"f", 1}, {"g", 1},
		{"h", 1}, {"i", 1}, {"j", 1}, {"k", 1}, {"l", 1}, {"m", 1}};
	static const double fifths[] = {-.8416, -.2533, .2533, .8416};
	int i = 0;

	if (!world->is_told)
		return NULL;
	if (world->selection == BY_CONTRACT)
		return &strata[(AS_OF - start) % 365 * 12 / 365];
	while (i < 4 && inclination > fifths[i])
		i++;
	return &strata[i];
}

#define LITE 1500

/* Somebody who takes the new product and had nothing before */
static void
add_newcomer(Folding *folding)
{
	Day day = LAUNCH + (Day) (draw() * SALE);
	Spell spell = spell_of(1, day, SPELL_OPEN, LITE);

	folding->sums->entries++;
	folding->sums->focal += LITE;
	fold(folding, &spell, 1, NULL);
}

/* Somebody who has the old product from a day on */
static void
add_customer(Folding *folding, Day start)
{
	static const int prices[] = {10, 20, 30, 45};
	const World *world = folding->sums->world;
	Sums *sums = folding->sums;
	int price = prices[(int) (draw() * 4)];
	double inclination = world->selection == BY_INCLINATION ? draw_normal() : 0;
	double leave = -log(1 - world->leave) / 60;
	double adopt = -log(1 - world->adopt) / SALE;
	Day from = start > FIRST_DAY ? start : FIRST_DAY;
	Day left = SPELL_OPEN;
	Day taken = SPELL_OPEN;
	Day end;
	Spell spells[2];

	for (Day day = from; day <= AS_OF; day++)
	{
		double factor = times(world, day, start, price, inclination);

		if (left == SPELL_OPEN && day > start && draw() < leave * factor)
			left = day;
		if (left != SPELL_OPEN &&
			(!world->alike || day > left + RECENT || taken != SPELL_OPEN))
			break;
		if (taken == SPELL_OPEN && day >= LAUNCH && day < LAUNCH + SALE &&
			day > start && draw() < adopt * factor)
			taken = day;
	}
	end = left;
	if (taken != SPELL_OPEN)
	{
		if (left > taken && draw() < world->effect)
		{
			end = taken + (world->spread ? (Day) (draw() * DELAY) : 0);
			if (end > left)
				end = left;
		}
		sums->entries++;
		sums->focal += LITE;
		/* who left before the look-back had nothing to lose */
		if (left > taken - world->look_back)
		{
			sums->own++;
			sums->lost += end <= taken + 60;
			sums->anyway += left <= taken + 60;
			sums->lost_money += end <= taken + 60 ? price * 100 : 0;
		}
	}
	spells[0] = spell_of(0, start, end, price * 100);
	spells[1] = spell_of(1, taken, SPELL_OPEN, LITE);
	fold(folding, spells, taken == SPELL_OPEN ? 1 : 2,
		 stratum_of(world, start, inclination));
}

#define TIMES 4

/* Somebody who takes the new product again and again, of one mind */
static void
add_pack_customer(Folding *folding)
{
	Sums *sums = folding->sums;
	bool loses = draw() < sums->world->effect;
	Day day = LAUNCH - 300 + (Day) (draw() * 30);
	Spell spells[2 * TIMES + 1];
	int nspells = 0;

	if (!loses)
		spells[nspells++] = spell_of(0, day - 200, SPELL_OPEN, 3000);
	for (int i = 0; i < TIMES; i++, day += 100)
	{
		if (loses)
			spells[nspells++] = spell_of(0, day - 25, day, 3000);
		spells[nspells++] = spell_of(1, day, day + 20, LITE);
		sums->entries++;
		sums->own++;
		sums->lost += loses;
		sums->focal += LITE;
		sums->lost_money += loses ? 3000 : 0;
	}
	fold(folding, spells, nspells, NULL);
}

/* Make one world, and see what it says. */
static void
make_world(void *argument)
{
	Sums *sums = argument;
	const World *world = sums->world;
	Window window = {world->look_back, 60};
	VerdictTerms terms = {.focal_margin = world->focal_margin,
						  .donor_margin = DONOR_MARGIN,
						  .focal_price = NAN,
						  .donor_price = NAN,
						  .focal_churn = NAN,
						  .donor_churn = NAN,
						  .conf = 0.95,
						  .min_entries = 30,
						  .min_matured = 0.8};
	Folding folding = {.state = cannibalization_new(NULL), .sums = sums};
	Verdict verdict;
	Seen *seen = &sums->seen[sums->count++];
	int before;

	cannibalization_adopt(folding.state, AS_OF, 0, &window, 1);
	if (world->selection == PACKS)
		for (int i = 0; i < world->customers; i++)
			add_pack_customer(&folding);
	else
	{
		/* enough of them that so many are left at the launch */
		before = (int) (world->customers / pow(1 - world->leave, 2));
		for (int i = 0; i < before; i++)
			add_customer(&folding, FIRST_DAY - (Day) (draw() * 1000));
		for (int i = 0; i < before / 5; i++)
			add_customer(&folding, FIRST_DAY + (Day) (draw() * 270));
		for (int i = 0; i < world->newcomers; i++)
			add_newcomer(&folding);
	}
	verdict_reach(folding.state, &folding.state->window_stats[0], &terms,
				  &verdict);
	*seen = (Seen){verdict.unit, verdict.value, verdict.corrected,
				   verdict.control.loss_rate, verdict.judgement};
}

static double
true_unit(const Sums *sums)
{
	return sums->lost / sums->entries;
}

static double
true_value(const Sums *sums)
{
	return sums->lost_money / sums->focal;
}

static double
true_corrected(const Sums *sums)
{
	return (sums->lost - sums->anyway) / sums->entries;
}

/* In how many of the worlds an interval holds the truth. */
static double
cover(const Sums *sums, size_t which, double truth)
{
	int inside = 0;

	for (int i = 0; i < sums->count; i++)
	{
		const Estimate *estimate =
			(const Estimate *) ((const char *) &sums->seen[i] + which);

		inside += estimate->low <= truth && truth <= estimate->high;
	}
	return (double) inside / sums->count;
}

static int
said(const Sums *sums, Judgement judgement)
{
	int count = 0;

	for (int i = 0; i < sums->count; i++)
		count += sums->seen[i].judgement == judgement;
	return count;
}

static double
break_even_of(const World *world)
{
	return world->focal_margin / DONOR_MARGIN;
}

/* How many worlds of a kind say what is not true. */
static int
false_verdicts(const Sums *sums)
{
	return true_corrected(sums) < break_even_of(sums->world)
			   ? said(sums, VALUE_DESTROYING)
			   : said(sums, ACCRETIVE);
}

static void
run(Sums *sums, const World *world, int count, uint64_t seed)
{
	memset(sums, 0, sizeof(*sums));
	sums->world = world;
	sums->seed = random_state = seed;
	for (int i = 0; i < count; i++)
	{
		runtime_patience = INT64_C(1) << 40;
		CLAIM(runtime_run(make_world, sums) == RUNTIME_DONE);
	}
}

#define UNIT offsetof(Seen, unit)
#define VALUE offsetof(Seen, value)
#define CORRECTED offsetof(Seen, corrected)

static void
print_row(const Sums *sums)
{
	const World *world = sums->world;
	double n = sums->count;
	double mean = 0;
	double squares = 0;
	double control = 0;
	double claimed = 0;

	for (int i = 0; i < sums->count; i++)
	{
		const Seen *seen = &sums->seen[i];

		mean += seen->corrected.rate / n;
		squares += seen->corrected.rate * seen->corrected.rate / n;
		control += seen->control / n;
		claimed +=
			(seen->corrected.high - seen->corrected.low) / (2 * 1.959964) / n;
	}
	printf("| %s %s | %lu | %.0f | %.2f | %.3f | %.3f | %.3f → %.3f | %.3f | "
		   "%.1f | %.1f | **%.1f** | %.4f / %.4f | %.3f | %d / %d / %d / %d | "
		   "%.1f |\n",
		   world->name, world->text, (unsigned long) sums->seed,
		   sums->entries / n, sums->own / sums->entries, true_unit(sums),
		   true_corrected(sums), sums->own > 0 ? sums->anyway / sums->own : 0,
		   control, mean, 100 * cover(sums, UNIT, true_unit(sums)),
		   100 * cover(sums, VALUE, true_value(sums)),
		   100 * cover(sums, CORRECTED, true_corrected(sums)),
		   sqrt(fmax(squares - mean * mean, 0)), claimed, break_even_of(world),
		   said(sums, ACCRETIVE), said(sums, VALUE_DESTROYING),
		   said(sums, INCONCLUSIVE), said(sums, NOT_IDENTIFIED),
		   100.0 * false_verdicts(sums) / n);
	fflush(stdout);
}

static void
print_table(int count, uint64_t seed, int first, int last)
{
	static Sums sums;

	printf("| world (%d each) | seed | entries | own base | true unit | true "
		   "corrected | control true → said | mean corrected | cover unit | "
		   "cover value | cover corrected | sd / claimed | break-even | "
		   "accretive / destroying / inconclusive / not identified | false "
		   "verdicts %% |\n",
		   count);
	printf("|---|--:|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|---|--:|\n");
	for (int i = first; i < last && i < NWORLDS; i++)
	{
		run(&sums, &worlds[i], count, seed + (uint64_t) i);
		print_row(&sums);
	}
}

#define TESTED 24 /* worlds of a kind */
#define MIN_COVERED 19

static int tests;

static void
result(bool passed, const Sums *sums, const char *text)
{
	printf("%sok %d - world %s, %s: %s\n", passed ? "" : "not ", ++tests,
		   sums->world->name, sums->world->text, text);
}

/* The same few worlds in every run */
static int
test(void)
{
	static const char *const kinds[] = {"3", "9", "13", "18", "25"};
	static Sums sums;

	printf("1..%d\n", 4 * (int) (sizeof(kinds) / sizeof(kinds[0])));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
	{
		const World *world = worlds;

		while (strcmp(world->name, kinds[i]) != 0)
			world++;
		run(&sums, world, TESTED, 1 + i);
		result(TESTED * cover(&sums, UNIT, true_unit(&sums)) >= MIN_COVERED,
			   &sums, "the interval of the unit rate holds the true one");
		result(TESTED * cover(&sums, VALUE, true_value(&sums)) >= MIN_COVERED,
			   &sums, "that of the value rate does");
		result(TESTED * cover(&sums, CORRECTED, true_corrected(&sums)) >=
				   MIN_COVERED,
			   &sums, "that of the corrected rate does");
		result(false_verdicts(&sums) <= 2, &sums, "no verdict is false");
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0;

	CLAIM(count >= 0 && count <= MAX_WORLDS);
	if (count > 0)
	{
		print_table(count, argc > 2 ? strtoull(argv[2], NULL, 10) : 1,
					argc > 4 ? atoi(argv[3]) : 0,
					argc > 4 ? atoi(argv[4]) : NWORLDS);
		return 0;
	}
	return test();
}
