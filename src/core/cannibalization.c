/*
 * cannibalization.c
 *		Did the new one eat the old one: adding customers up.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization.h"

#include <string.h>

#define WATCH_DAY 14 /* days into a month on which those who stayed are met */
#define PATCHES_MOST 200000

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

static void
raise(Wide *mantissa, int from, int to)
{
	*mantissa = money_rescale(*mantissa, from, to);
}

/* Bring the state to at least this scale. */
static void
reach_scale(Cannibalization *state, int scale)
{
	int from = state->scale;

	if (scale <= from)
		return;
	for (int i = 0; i < state->nsheets; i++)
	{
		Sheet *sheet = &state->sheets[i];

		host_poll();
		raise(&sheet->focal, from, scale);
		raise(&sheet->before, from, scale);
		raise(&sheet->lost, from, scale);
		for (int d = 0; d < sheet->ndonors; d++)
			raise(&sheet->donors[d].lost, from, scale);
		for (int c = 0; c < sheet->ncells; c++)
		{
			Match *cell = &sheet->cells[c];

			raise(&cell->entered.before, from, scale);
			raise(&cell->entered.lost_mrr, from, scale);
			raise(&cell->stayed.before, from, scale);
			raise(&cell->stayed.lost_mrr, from, scale);
		}
	}
	state->scale = scale;
}

/* Let a sheet have a place for every donor met. */
void
sheet_donors(const Cannibalization *state, Sheet *sheet)
{
	int count = state->donors.count;
	int room = state->donors.room;

	if (count <= sheet->ndonors)
		return;
	sheet->donors =
		sheet->donors
			? host_realloc(sheet->donors, room * sizeof(DonorLoss))
			: host_alloc(state->arena, room * sizeof(DonorLoss));
	memset(&sheet->donors[sheet->ndonors], 0,
		   (count - sheet->ndonors) * sizeof(DonorLoss));
	sheet->ndonors = count;
}

/* The patch of a stratum and month, made when it is not there. */
Patch *
sheet_patch(Cannibalization *state, Sheet *sheet, int32_t stratum,
			Period month)
{
	int low = 0;
	int high = sheet->npatches;
	Patch *patch;

	/* months are asked for one after the other */
	for (int hint = sheet->hint; hint < high && hint <= sheet->hint + 1; hint++)
	{
		patch = sheet->patches[hint];
		if (patch->month == month && patch->stratum == stratum)
		{
			sheet->hint = hint;
			return patch;
		}
	}
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		patch = sheet->patches[middle];
		if (patch->stratum < stratum ||
			(patch->stratum == stratum && patch->month < month))
			low = middle + 1;
		else
			high = middle;
	}
	sheet->hint = low;
	if (low < sheet->npatches)
	{
		patch = sheet->patches[low];
		if (patch->stratum == stratum && patch->month == month)
			return patch;
	}
	if (sheet->npatches >= PATCHES_MOST)
		host_fail(HOST_TOO_LARGE,
				  "Is as_of the first day that was not observed? Look for days "
				  "far in the past with cvm.check_model().",
				  "entries span more than %d months and strata", PATCHES_MOST);
	if (sheet->npatches == sheet->patch_room)
	{
		sheet->patch_room = sheet->patch_room ? sheet->patch_room * 2 : 16;
		sheet->patches =
			sheet->patches
				? host_realloc(sheet->patches,
							   sheet->patch_room * sizeof(Patch *))
				: host_alloc(state->arena,
							 sheet->patch_room * sizeof(Patch *));
	}
	patch = host_alloc_zero(state->arena, sizeof(Patch));
	patch->stratum = stratum;
	patch->month = month;
	memmove(&sheet->patches[low + 1], &sheet->patches[low],
			(sheet->npatches - low) * sizeof(Patch *));
	sheet->patches[low] = patch;
	sheet->npatches++;
	return patch;
}

/* A cell of a patch; good until the next call. */
Match *
patch_cell(Cannibalization *state, Sheet *sheet, Patch *patch, int band)
{
	if (patch->cells[band] == 0)
	{
		if (sheet->ncells == sheet->cell_room)
		{
			sheet->cell_room = sheet->cell_room ? sheet->cell_room * 2 : 16;
			sheet->cells =
				sheet->cells
					? host_realloc(sheet->cells,
								   sheet->cell_room * sizeof(Match))
					: host_alloc(state->arena,
								 sheet->cell_room * sizeof(Match));
		}
		memset(&sheet->cells[sheet->ncells], 0, sizeof(Match));
		patch->cells[band] = ++sheet->ncells;
	}
	return &sheet->cells[patch->cells[band] - 1];
}

void
outcome_add(Outcome *into, const Outcome *more)
{
	into->watched = count_add(into->watched, more->watched);
	into->lost = count_add(into->lost, more->lost);
	into->at_risk = count_add(into->at_risk, more->at_risk);
	into->step_lost = count_add(into->step_lost, more->step_lost);
	into->before = money_add(into->before, more->before);
	into->lost_mrr = money_add(into->lost_mrr, more->lost_mrr);
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
add_losses(Adding *adding, Sheet *sheet, Entry entry)
{
	Cannibalization *state = adding->state;
	const Holdings *holdings = adding->course->holdings;
	Wide *drops = host_alloc(NULL, 2 * holdings->nnames * sizeof(Wide));
	Wide *shares = drops + holdings->nnames;
	int scale = adding->scale > SHARE_SCALE ? adding->scale : SHARE_SCALE;

	entry.lost = money_rescale(entry.lost, adding->scale, scale);
	entry_shares(adding->course, &entry, sheet->window, drops, shares);
	for (int i = 0; i < holdings->nnames; i++)
	{
		int32_t number;

		if (drops[i] == 0)
			continue;
		number = lexicon_number(&state->donors, &holdings->names[i]);
		sheet_donors(state, sheet);
		sheet->donors[number].entries++;
		sheet->donors[number].lost =
			money_add(sheet->donors[number].lost,
					  money_rescale(shares[i], scale, state->scale));
	}
	host_free(drops);
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
			add_losses(adding, sheet, entry);
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
	Adding adding = {.state = state, .course = course, .stratum = stratum,
					 .number = -1, .scale = course->holdings->scale};

	adding.months = almanac_of((Calendar){GRAIN_MONTH, 1});
	reach_scale(state, adding.scale);
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

/* Add a sheet of the same windows up. */
static void
sheet_merge(Cannibalization *into, Sheet *sheet, const Cannibalization *more,
			const Sheet *from)
{
	for (int kind = 0; kind < ENTRY_KINDS; kind++)
		sheet->kinds[kind] = count_add(sheet->kinds[kind], from->kinds[kind]);
	sheet->persons = count_add(sheet->persons, from->persons);
	sheet->focal_lines = count_add(sheet->focal_lines, from->focal_lines);
	sheet->before_lines = count_add(sheet->before_lines, from->before_lines);
#define ADD_MONEY(field)                                                       \
	sheet->field = money_add(                                                  \
		sheet->field, money_rescale(from->field, more->scale, into->scale))
	ADD_MONEY(focal);
	ADD_MONEY(before);
	ADD_MONEY(lost);
	sheet->lost_squares = money_add(sheet->lost_squares, from->lost_squares);
	sheet->cross_products =
		money_add(sheet->cross_products, from->cross_products);
	sheet->focal_squares = money_add(sheet->focal_squares, from->focal_squares);
	for (int d = 0; d < from->ndonors; d++)
	{
		DonorLoss *donor;
		int32_t number;

		if (from->donors[d].entries == 0)
			continue;
		number = lexicon_number(&into->donors, &more->donors.labels[d]);
		sheet_donors(into, sheet);
		donor = &sheet->donors[number];
		donor->entries = count_add(donor->entries, from->donors[d].entries);
		donor->lost = money_add(
			donor->lost,
			money_rescale(from->donors[d].lost, more->scale, into->scale));
	}
	for (int p = 0; p < from->npatches; p++)
	{
		const Patch *source = from->patches[p];
		Patch *patch = sheet_patch(
			into, sheet,
			lexicon_number(&into->strata, &more->strata.labels[source->stratum]),
			source->month);

		host_poll();
		for (int band = 0; band < BANDS; band++)
		{
			Match cell;
			Match *target;

			if (source->cells[band] == 0)
				continue;
			cell = from->cells[source->cells[band] - 1];
			raise(&cell.entered.before, more->scale, into->scale);
			raise(&cell.entered.lost_mrr, more->scale, into->scale);
			raise(&cell.stayed.before, more->scale, into->scale);
			raise(&cell.stayed.lost_mrr, more->scale, into->scale);
			target = patch_cell(into, sheet, patch, band);
			outcome_add(&target->entered, &cell.entered);
			outcome_add(&target->stayed, &cell.stayed);
		}
	}
}

/* Add another state up. */
void
cannibalization_merge(Cannibalization *into, const Cannibalization *more)
{
	Window *windows;

	if (!more->adopted)
		return;
	windows = host_alloc(NULL, (more->nsheets + 1) * sizeof(Window));
	for (int i = 0; i < more->nsheets; i++)
		windows[i] = more->sheets[i].window;
	cannibalization_adopt(into, more->as_of, more->gap, windows,
						  more->nsheets);
	host_free(windows);
	reach_scale(into, more->scale);
	into->focal_days = count_add(into->focal_days, more->focal_days);
	into->focal_ends = count_add(into->focal_ends, more->focal_ends);
	/* both are in the order of their windows */
	for (int i = 0; i < more->nsheets; i++)
		sheet_merge(into, &into->sheets[i], more, &more->sheets[i]);
}
