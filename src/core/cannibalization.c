/*
 * cannibalization.c
 *		Did the new one eat the old one: adding customers up.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization.h"

#define WATCH_DAY 14 /* days into a month on which those who stayed are met */

Cannibalization *
cannibalization_new(HostArena arena)
{
	Cannibalization *state = host_alloc_zero(arena, sizeof(Cannibalization));

	state->arena = arena;
	state->scale = SHARE_SCALE;
	state->strata.arena = state->donors.arena = arena;
	return state;
}

int
compare_sheets(const void *a, const void *b)
{
	const Window *window_a = &((const Sheet *) a)->window;
	const Window *window_b = &((const Sheet *) b)->window;

	if (window_a->look_back != window_b->look_back)
		return window_a->look_back < window_b->look_back ? -1 : 1;
	return (window_a->look_ahead > window_b->look_ahead) -
		   (window_a->look_ahead < window_b->look_ahead);
}

/* Are these the windows of the state, in any order? */
static bool
same_windows(const Cannibalization *state, const Window *windows, int nwindows)
{
	if (nwindows != state->nsheets)
		return false;
	for (int i = 0; i < nwindows; i++)
	{
		bool found = false;

		for (int j = 0; j < nwindows && !found; j++)
			found = state->sheets[j].window.look_back == windows[i].look_back &&
					state->sheets[j].window.look_ahead == windows[i].look_ahead;
		if (!found)
			return false;
	}
	return true;
}

/* Take over end of observation, gap and windows, or check that they agree. */
void
cannibalization_adopt(Cannibalization *state, Day as_of, int32_t gap,
					  const Window *windows, int nwindows)
{
	if (state->adopted)
	{
		if (state->as_of != as_of)
			host_fail(HOST_INVALID_VALUE,
					  "Use the same as_of for every customer.",
					  "cannot add up entries observed until different days");
		if (state->gap != gap || !same_windows(state, windows, nwindows))
			host_fail(HOST_INVALID_VALUE,
					  "Use the same look_back, look_ahead and gap for every "
					  "customer.",
					  "cannot add up entries seen through different windows");
		return;
	}
	if (nwindows > SHEETS_MOST)
		host_fail(HOST_TOO_LARGE, "Ask for fewer of them.",
				  "%d pairs of look_back and look_ahead are more than %d",
				  nwindows, SHEETS_MOST);
	for (int i = 0; i < nwindows; i++)
		window_check(windows[i]);
	state->adopted = true;
	state->as_of = as_of;
	state->gap = gap;
	state->nsheets = nwindows;
	state->sheets = host_alloc_zero(state->arena, nwindows * sizeof(Sheet));
	for (int i = 0; i < nwindows; i++)
		state->sheets[i].window = windows[i];
	host_sort(state->sheets, nwindows, sizeof(Sheet), compare_sheets);
}

/* Tenure by days, price by doublings: who is compared with whom. */
static int
band_of(const Course *course, Day day, const Passing *passing)
{
	static const int tenures[TENURE_BANDS - 1] = {90, 180, 365, 730};
	int64_t days = (int64_t) day - passing->since;
	int scale = course->holdings->scale;
	int tenure = 0;
	int doublings = 0;
	Wide price = passing->before;

	while (tenure < TENURE_BANDS - 1 && days >= tenures[tenure])
		tenure++;
	/* small numbers divide faster */
	if (price <= INT64_MAX && scale <= 4)
	{
		static const int64_t powers[] = {1, 10, 100, 1000, 10000};

		price = (int64_t) price / powers[scale];
	}
	else
		price /= money_power(scale);
	for (; price > 0 && doublings < PRICE_BANDS - 1; price >>= 1)
		doublings++;
	return tenure * PRICE_BANDS + doublings;
}

/* Where the customer that is being added goes */
typedef struct Adding
{
	Cannibalization *state;
	const Course *course;
	const Label *stratum;
	int32_t number; /* of the stratum; -1: not yet asked for */
	Almanac *months;
	int scale; /* of the customer's money */
} Adding;

static inline Wide
scaled(const Adding *adding, Wide mrr)
{
	return money_rescale(mrr, adding->scale, adding->state->scale);
}

/* Count a customer who was watched from a day on; steady: brings the same. */
static void
add_outcome(Adding *adding, Sheet *sheet, Day day, Period month,
			const Passing *passing, bool entered, bool steady)
{
	Cannibalization *state = adding->state;
	int64_t step = (int64_t) sheet->window.look_ahead - STEP_DAYS;
	bool lost = passing->after < passing->before;
	Outcome outcome = {.watched = 1, .lost = lost};
	Match *cell;

	outcome.at_risk =
		steady || step < 0 ||
		course_donors(adding->course, day + step) >= passing->before;
	outcome.step_lost = outcome.at_risk && lost;
	outcome.before = scaled(adding, passing->before);
	if (lost)
		outcome.lost_mrr = scaled(adding, passing->before - passing->after);
	if (adding->number < 0)
		adding->number = lexicon_number(&state->strata, adding->stratum);
	cell = patch_cell(state, sheet,
					  sheet_patch(state, sheet, adding->number, month),
					  band_of(adding->course, day, passing));
	outcome_add(entered ? &cell->entered : &cell->stayed, &outcome);
}

/* Divide what an entry lost among its donors. */
static void
add_losses(Adding *adding, Sheet *sheet, const Entry *entry)
{
	Cannibalization *state = adding->state;
	Shares shares;

	entry_shares(adding->course, entry, sheet->window, &shares, state->scale);
	for (int i = 0; i < shares.count; i++)
	{
		int32_t number = lexicon_number(&state->donors, shares.items[i].name);
		DonorLoss *donor;

		sheet_donors(state, sheet);
		donor = &sheet->donors[number];
		donor->entries++;
		donor->lost = money_add(donor->lost, shares.items[i].lost);
	}
	shares_close(&shares);
}

/* An amount as it is squared: with SQUARE_SCALE decimals. */
static Wide
square_root_of(Wide mrr, int scale)
{
	Wide divisor;

	if (scale <= SQUARE_SCALE)
		return money_rescale(mrr, scale, SQUARE_SCALE);
	divisor = money_power(scale - SQUARE_SCALE);
	return (mrr + divisor / 2) / divisor;
}

static Wide
product_added(Wide sum, Wide a, Wide b)
{
	Wide product;

	if (__builtin_mul_overflow(a, b, &product))
		money_overflow();
	return money_add(sum, product);
}

/* Count the customer's entries. */
static void
add_entries(Adding *adding, Sheet *sheet)
{
	const Course *course = adding->course;
	Wide focal = 0;
	Wide lost = 0;
	bool any = false;

	for (int i = 0; i < course->nruns; i++)
	{
		Entry entry = course_entry(course, i, sheet->window);

		host_poll();
		sheet->kinds[entry.kind]++;
		if (!entry.matured)
			continue;
		any = true;
		focal = money_add(focal, entry.focal);
		lost = money_add(lost, entry.lost);
		sheet->focal_lines += entry.focal_lines;
		if (entry.donor.before == 0)
			continue;
		sheet->before_lines += entry.donor.lines;
		sheet->before =
			money_add(sheet->before, scaled(adding, entry.donor.before));
		add_outcome(adding, sheet, entry.day,
					almanac_period(adding->months, entry.day), &entry.donor,
					true, false);
		if (entry.lost > 0)
			add_losses(adding, sheet, &entry);
	}
	if (!any)
		return;
	sheet->persons++;
	sheet->focal = money_add(sheet->focal, scaled(adding, focal));
	sheet->lost = money_add(sheet->lost, scaled(adding, lost));
	focal = square_root_of(focal, adding->scale);
	lost = square_root_of(lost, adding->scale);
	sheet->lost_squares = product_added(sheet->lost_squares, lost, lost);
	sheet->cross_products = product_added(sheet->cross_products, lost, focal);
	sheet->focal_squares = product_added(sheet->focal_squares, focal, focal);
}

/* The same day of the next month: 28 days later, or up to three more. */
static int64_t
next_watch_day(int64_t day)
{
	int64_t year;
	int month;
	int mday;

	civil_of_day(day + 28, &year, &month, &mday);
	return day + 28 + (WATCH_DAY + 1 - mday);
}

/* Watch the customer as long as the focal product is not theirs. */
static void
add_stay(Adding *adding, Sheet *sheet)
{
	const Course *course = adding->course;
	const SideLevel *last;
	int64_t until = (int64_t) course->as_of - sheet->window.look_ahead;
	int64_t day;
	int at = 0;
	Period month;

	if (course->ndonor == 0)
		return;
	last = &course->donor[course->ndonor - 1];
	if (course->nruns > 0 &&
		(int64_t) course->runs[0].start - 1 - sheet->window.look_ahead < until)
		until = (int64_t) course->runs[0].start - 1 - sheet->window.look_ahead;
	/* a while after the last donor went there is nothing left to lose */
	if (last->mrr == 0 &&
		(int64_t) last->day + sheet->window.look_back - 1 < until)
		until = (int64_t) last->day + sheet->window.look_back - 1;
	month = almanac_period(adding->months, course->donor[0].day);
	day = period_start(adding->months->calendar, month) + WATCH_DAY;
	for (; day <= until; day = next_watch_day(day), month++)
	{
		const SideLevel *level;
		Passing passing;
		bool steady;

		host_poll();
		/* the last level that begins before the day */
		while (at + 1 < course->ndonor && course->donor[at + 1].day < day)
			at++;
		level = &course->donor[at];
		steady = level->day <= day - sheet->window.look_back &&
				 (at + 1 == course->ndonor ||
				  course->donor[at + 1].day > day + sheet->window.look_ahead);
		if (steady)
			passing = (Passing){level->mrr, level->mrr, level->lines,
								(Day) (day - 1), level->since};
		else
			passing = course_passing(course, (Day) day, sheet->window);
		if (passing.before > 0)
			add_outcome(adding, sheet, (Day) day, month, &passing, false,
						steady);
	}
}

/* Add a customer. */
void
cannibalization_add(Cannibalization *state, const Course *course,
					const Label *stratum)
{
	Adding adding = {.state = state,
					 .course = course,
					 .stratum = stratum,
					 .number = -1,
					 .scale = course->holdings->scale};

	adding.months = almanac_of((Calendar){GRAIN_MONTH, 1});
	cannibalization_scale(state, adding.scale);
	for (int i = 0; i < course->nruns; i++)
	{
		state->focal_days += course->runs[i].end - course->runs[i].start;
		state->focal_ends += course->runs[i].ended;
	}
	for (int i = 0; i < state->nsheets; i++)
	{
		add_entries(&adding, &state->sheets[i]);
		add_stay(&adding, &state->sheets[i]);
	}
}
