/*
 * cannibalization.c
 *		Did the new one eat the old one: adding customers up.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/adding.h"

Cannibalization *
cannibalization_new(Context context)
{
	Cannibalization *state =
		runtime_alloc_zero(context, sizeof(Cannibalization));

	state->context = context;
	state->scale = SHARE_SCALE;
	sorted_dictionary_open(&state->strata, context);
	sorted_dictionary_open(&state->donors, context);
	return state;
}

int
compare_window_stats(const void *a, const void *b)
{
	const Window *window_a = &((const WindowStats *) a)->window;
	const Window *window_b = &((const WindowStats *) b)->window;

	if (window_a->look_back != window_b->look_back)
		return window_a->look_back < window_b->look_back ? -1 : 1;
	return (window_a->look_ahead > window_b->look_ahead) -
		   (window_a->look_ahead < window_b->look_ahead);
}

/* Are these the windows of the state, in any order? */
static bool
same_windows(const Cannibalization *state, const Window *windows, int nwindows)
{
	if (nwindows != state->nwindow_stats)
		return false;
	for (int i = 0; i < nwindows; i++)
	{
		bool found = false;

		for (int j = 0; j < nwindows && !found; j++)
			found = state->window_stats[j].window.look_back ==
						windows[i].look_back &&
					state->window_stats[j].window.look_ahead ==
						windows[i].look_ahead;
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
			runtime_error(
				RUNTIME_INVALID_VALUE, "Use the same as_of for every customer.",
				"cannot add up entries observed until different days");
		if (state->gap != gap || !same_windows(state, windows, nwindows))
			runtime_error(
				RUNTIME_INVALID_VALUE,
				"Use the same look_back, look_ahead and gap for every "
				"customer.",
				"cannot add up entries seen through different windows");
		return;
	}
	if (nwindows > MAX_WINDOW_STATS)
		runtime_error(RUNTIME_TOO_LARGE, "Ask for fewer of them.",
					  "%d pairs of look_back and look_ahead are more than %d",
					  nwindows, MAX_WINDOW_STATS);
	for (int i = 0; i < nwindows; i++)
		window_check(windows[i]);
	state->adopted = true;
	state->as_of = as_of;
	state->gap = gap;
	state->nwindow_stats = nwindows;
	state->window_stats =
		runtime_alloc_zero(state->context, nwindows * sizeof(WindowStats));
	for (int i = 0; i < nwindows; i++)
		state->window_stats[i].window = windows[i];
	runtime_sort(state->window_stats, nwindows, sizeof(WindowStats),
				 compare_window_stats);
}

/* Divide what an entry lost among its donors. */
static void
add_losses(Adding *adding, WindowStats *stats, const Entry *entry)
{
	Cannibalization *state = adding->state;
	Shares shares;

	entry_shares(adding->trajectory, entry, stats->window, &shares,
				 state->scale);
	for (int i = 0; i < shares.count; i++)
	{
		int32_t number =
			sorted_dictionary_intern(&state->donors, shares.items[i].name);
		DonorLoss *donor;

		window_stats_donors(state, stats);
		donor = &stats->donors[number];
		donor->entries++;
		donor->lost = money_add(donor->lost, shares.items[i].lost);
	}
	shares_close(&shares);
}

/* An amount as it is squared: with SQUARE_SCALE decimals. */
static Wide
scaled_for_square(Wide mrr, int scale)
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

/* Does the entry of a run count? */
static bool
run_counts(const Adding *adding, const FocalRun *run)
{
	static const Label none = {NO_CHANNEL, sizeof(NO_CHANNEL) - 1};

	return adding->channel == NULL ||
		   label_compare(
			   adding->channel,
			   run->channel < 0
				   ? &none
				   : &adding->trajectory->holdings->names[run->channel]) == 0;
}

/* Count the customer's entries. */
static void
add_entries(Adding *adding, WindowStats *stats)
{
	const Trajectory *trajectory = adding->trajectory;
	Wide focal = 0;
	Wide lost = 0;
	int64_t matured = 0;
	int64_t losing = 0;

	for (int i = 0; i < trajectory->nruns; i++)
	{
		Entry entry;

		if (!run_counts(adding, &trajectory->runs[i]))
			continue;
		check_interrupts();
		entry = trajectory_entry(trajectory, i, stats->window);
		stats->kinds[entry.kind]++;
		if (!entry.matured)
			continue;
		matured++;
		losing += entry.lost > 0;
		focal = money_add(focal, entry.focal);
		lost = money_add(lost, entry.lost);
		stats->focal_lines += entry.focal_lines;
		if (entry.donor.before == 0)
			continue;
		stats->before_lines += entry.donor.lines;
		stats->before =
			money_add(stats->before, scaled(adding, entry.donor.before));
		add_treated(adding, stats, &entry);
		if (entry.lost > 0)
			add_losses(adding, stats, &entry);
	}
	if (matured == 0)
		return;
	stats->persons++;
	stats->entry_squares = count_add(stats->entry_squares, matured * matured);
	stats->losing_squares = count_add(stats->losing_squares, losing * losing);
	stats->losing_entries = count_add(stats->losing_entries, matured * losing);
	stats->focal = money_add(stats->focal, scaled(adding, focal));
	stats->lost = money_add(stats->lost, scaled(adding, lost));
	focal = scaled_for_square(focal, adding->scale);
	lost = scaled_for_square(lost, adding->scale);
	stats->lost_squares = product_added(stats->lost_squares, lost, lost);
	stats->cross_products = product_added(stats->cross_products, lost, focal);
	stats->focal_squares = product_added(stats->focal_squares, focal, focal);
}

static Adding
adding_of(Cannibalization *state, const Trajectory *trajectory,
		  const Label *stratum)
{
	return (Adding){.state = state,
					.trajectory = trajectory,
					.stratum = stratum,
					.number = -1,
					.scale = trajectory->holdings->scale,
					.months = period_cache_of((Calendar){GRAIN_MONTH, 1})};
}

/* Count the customer's entries, and how long they stay. */
static void
add_focal(Adding *adding)
{
	Cannibalization *state = adding->state;
	const Trajectory *trajectory = adding->trajectory;

	cannibalization_scale(state, adding->scale);
	for (int i = 0; i < trajectory->nruns; i++)
	{
		if (!run_counts(adding, &trajectory->runs[i]))
			continue;
		state->focal_days +=
			trajectory->runs[i].end - trajectory->runs[i].start;
		state->focal_ends += trajectory->runs[i].ended;
	}
	for (int i = 0; i < state->nwindow_stats; i++)
		add_entries(adding, &state->window_stats[i]);
}

/* Add a customer; delta arrays of the stratum, or NULL. */
void
cannibalization_add(Cannibalization *state, const Trajectory *trajectory,
					const Label *stratum, DeltaArrays *deltas)
{
	Adding adding = adding_of(state, trajectory, stratum);

	adding.deltas = deltas;
	add_focal(&adding);
	for (int i = 0; i < state->nwindow_stats; i++)
		add_control(&adding, &state->window_stats[i]);
}

/* Add a customer's entries that were sold in a channel (NULL: all), and nothing else. */
void
cannibalization_add_channel(Cannibalization *state,
							const Trajectory *trajectory, const Label *stratum,
							const Label *channel)
{
	Adding adding = adding_of(state, trajectory, stratum);

	adding.channel = channel;
	add_focal(&adding);
}
