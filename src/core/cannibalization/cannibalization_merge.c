/*
 * cannibalization_merge.c
 *		Adding two states of cannibalization up, at a common scale.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization.h"

/* Add the statistics of a window of the same windows up. */
static void
window_stats_merge(Cannibalization *into, WindowStats *stats,
				   const Cannibalization *more, const WindowStats *from)
{
	for (int kind = 0; kind < ENTRY_KINDS; kind++)
		stats->kinds[kind] = count_add(stats->kinds[kind], from->kinds[kind]);
	stats->persons = count_add(stats->persons, from->persons);
	stats->entry_squares = count_add(stats->entry_squares, from->entry_squares);
	stats->losing_squares =
		count_add(stats->losing_squares, from->losing_squares);
	stats->losing_entries =
		count_add(stats->losing_entries, from->losing_entries);
	stats->focal_lines = count_add(stats->focal_lines, from->focal_lines);
	stats->before_lines = count_add(stats->before_lines, from->before_lines);
#define ADD_MONEY(field)      \
	stats->field = money_add( \
		stats->field, money_rescale(from->field, more->scale, into->scale))
	ADD_MONEY(focal);
	ADD_MONEY(before);
	ADD_MONEY(lost);
	stats->lost_squares = money_add(stats->lost_squares, from->lost_squares);
	stats->cross_products =
		money_add(stats->cross_products, from->cross_products);
	stats->focal_squares = money_add(stats->focal_squares, from->focal_squares);
	for (int d = 0; d < from->ndonors; d++)
	{
		DonorLoss *donor;
		int32_t number;

		if (from->donors[d].entries == 0)
			continue;
		number = sorted_dictionary_intern(&into->donors,
										  &more->donors.strings.labels[d]);
		window_stats_donors(into, stats);
		donor = &stats->donors[number];
		donor->entries = count_add(donor->entries, from->donors[d].entries);
		donor->lost = money_add(
			donor->lost,
			money_rescale(from->donors[d].lost, more->scale, into->scale));
	}
}

/* Add up the cells of the statistics of a window, or only their controls. */
static void
cells_merge(Cannibalization *into, WindowStats *stats,
			const Cannibalization *more, const WindowStats *from,
			bool is_control)
{
	stats->control_customers =
		count_add(stats->control_customers, from->control_customers);
	window_stats_reserve(into, stats, from->ncells);
	for (int p = 0; p < from->nstratum_months; p++)
	{
		const StratumMonth *source = from->stratum_months[p];
		StratumMonth *stratum_month = NULL;

		check_interrupts();
		for (int band = 0; band < BANDS; band++)
		{
			const Match *cell;
			const Outcome *control;
			const Outcome *treated;
			Outcome rescaled[2];
			Match *target;

			if (source->cells[band] == 0)
				continue;
			cell = &from->cells[source->cells[band] - 1];
			control = &cell->control;
			treated = is_control || cell->treated == 0
						  ? NULL
						  : match_treated(from, cell);
			if (treated == NULL && control->observed == 0)
				continue;
			if (more->scale != into->scale)
			{
				rescaled[0] = *control;
				outcome_rescale(&rescaled[0], more->scale, into->scale);
				control = &rescaled[0];
				if (treated != NULL)
				{
					rescaled[1] = *treated;
					outcome_rescale(&rescaled[1], more->scale, into->scale);
					treated = &rescaled[1];
				}
			}
			if (stratum_month == NULL)
				stratum_month = window_stats_stratum_month(
					into, stats,
					sorted_dictionary_intern(
						&into->strata,
						&more->strata.strings.labels[source->stratum]),
					source->month);
			target = stratum_month_cell(into, stats, stratum_month, band);
			if (treated != NULL)
				outcome_add(match_treat(into, stats, target), treated);
			/* segments have none in common */
			if (target->control.observed == 0)
				target->control = *control;
			else
				outcome_add(&target->control, control);
		}
	}
}

/* Let a state ask what another one asks, at a scale that holds both. */
static void
adopt_from(Cannibalization *into, const Cannibalization *more)
{
	Window *windows =
		runtime_alloc(NULL, (more->nwindow_stats + 1) * sizeof(Window));

	for (int i = 0; i < more->nwindow_stats; i++)
		windows[i] = more->window_stats[i].window;
	cannibalization_adopt(into, more->as_of, more->gap, windows,
						  more->nwindow_stats);
	runtime_free(windows);
	cannibalization_scale(into, more->scale);
}

/* Add another state up. */
void
cannibalization_merge(Cannibalization *into, const Cannibalization *more)
{
	if (!more->adopted)
		return;
	adopt_from(into, more);
	into->focal_days = count_add(into->focal_days, more->focal_days);
	into->focal_ends = count_add(into->focal_ends, more->focal_ends);
	/* both are in the order of their windows */
	for (int i = 0; i < more->nwindow_stats; i++)
	{
		window_stats_merge(into, &into->window_stats[i], more,
						   &more->window_stats[i]);
		cells_merge(into, &into->window_stats[i], more, &more->window_stats[i],
					false);
	}
}

/* Add up the controls of two states; the sum has no entries. */
void
cannibalization_merge_control(Cannibalization *into,
							  const Cannibalization *more)
{
	if (!more->adopted)
		return;
	adopt_from(into, more);
	for (int i = 0; i < more->nwindow_stats; i++)
		cells_merge(into, &into->window_stats[i], more, &more->window_stats[i],
					true);
}
