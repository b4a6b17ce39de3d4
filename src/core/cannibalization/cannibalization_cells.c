/*
 * cannibalization_cells.c
 *		The places of the statistics of a window: donors, strata by month and
 *		cells, found or made.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization.h"

#include <string.h>

#define MAX_STRATUM_MONTHS 200000

/* Let the statistics of a window have a place for every donor met. */
void
window_stats_donors(const Cannibalization *state, WindowStats *stats)
{
	int count = state->donors.strings.count;
	int room = state->donors.room;

	if (count <= stats->ndonors)
		return;
	stats->donors =
		stats->donors ? runtime_realloc(stats->donors, room * sizeof(DonorLoss))
					  : runtime_alloc(state->context, room * sizeof(DonorLoss));
	memset(&stats->donors[stats->ndonors], 0,
		   (count - stats->ndonors) * sizeof(DonorLoss));
	stats->ndonors = count;
}

/* The statistics of a stratum in a month, made when there are none. */
StratumMonth *
window_stats_stratum_month(Cannibalization *state, WindowStats *stats,
						   int32_t stratum, Period month)
{
	int low = 0;
	int high = stats->nstratum_months;
	StratumMonth *stratum_month;

	/* months are asked for one after the other */
	for (int hint = stats->hint; hint < high && hint <= stats->hint + 1; hint++)
	{
		stratum_month = stats->stratum_months[hint];
		if (stratum_month->month == month && stratum_month->stratum == stratum)
		{
			stats->hint = hint;
			return stratum_month;
		}
	}
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		stratum_month = stats->stratum_months[middle];
		if (stratum_month->stratum < stratum ||
			(stratum_month->stratum == stratum && stratum_month->month < month))
			low = middle + 1;
		else
			high = middle;
	}
	stats->hint = low;
	if (low < stats->nstratum_months)
	{
		stratum_month = stats->stratum_months[low];
		if (stratum_month->stratum == stratum && stratum_month->month == month)
			return stratum_month;
	}
	if (stats->nstratum_months >= MAX_STRATUM_MONTHS)
		runtime_error(
			RUNTIME_TOO_LARGE,
			"Is as_of the first day that was not observed? Look for days "
			"far in the past with cvm.check_model().",
			"entries span more than %d months and strata", MAX_STRATUM_MONTHS);
	if (stats->nstratum_months == stats->stratum_month_room)
	{
		stats->stratum_month_room =
			stats->stratum_month_room ? stats->stratum_month_room * 2 : 16;
		stats->stratum_months =
			stats->stratum_months
				? runtime_realloc(
					  stats->stratum_months,
					  stats->stratum_month_room * sizeof(StratumMonth *))
				: runtime_alloc(state->context, stats->stratum_month_room *
													sizeof(StratumMonth *));
	}
	stratum_month = runtime_alloc_zero(state->context, sizeof(StratumMonth));
	stratum_month->stratum = stratum;
	stratum_month->month = month;
	memmove(&stats->stratum_months[low + 1], &stats->stratum_months[low],
			(stats->nstratum_months - low) * sizeof(StratumMonth *));
	stats->stratum_months[low] = stratum_month;
	stats->nstratum_months++;
	return stratum_month;
}

/* Have room for so many cells more. */
void
window_stats_reserve(Cannibalization *state, WindowStats *stats, int more)
{
	int room = stats->ncells + more;

	if (room <= stats->cell_room)
		return;
	if (room < stats->cell_room * 2)
		room = stats->cell_room * 2;
	if (room < 16)
		room = 16;
	stats->cells =
		stats->cells
			? runtime_realloc(stats->cells, (size_t) room * sizeof(Match))
			: runtime_alloc(state->context, (size_t) room * sizeof(Match));
	stats->cell_room = room;
}

/* A cell of a stratum and month; good until the next call. */
Match *
stratum_month_cell(Cannibalization *state, WindowStats *stats,
				   StratumMonth *stratum_month, int band)
{
	if (stratum_month->cells[band] == 0)
	{
		if (stats->ncells == stats->cell_room)
			window_stats_reserve(state, stats, 1);
		memset(&stats->cells[stats->ncells], 0, sizeof(Match));
		stratum_month->cells[band] = ++stats->ncells;
	}
	return &stats->cells[stratum_month->cells[band] - 1];
}

void
outcome_add(Outcome *into, const Outcome *more)
{
	into->observed = count_add(into->observed, more->observed);
	into->lost = count_add(into->lost, more->lost);
	into->at_risk = count_add(into->at_risk, more->at_risk);
	into->step_lost = count_add(into->step_lost, more->step_lost);
	into->before = money_add(into->before, more->before);
	into->lost_mrr = money_add(into->lost_mrr, more->lost_mrr);
	if (more->censored == 0)
		return;
	into->censored = count_add(into->censored, more->censored);
	into->censored_days = count_add(into->censored_days, more->censored_days);
	into->censored_before =
		money_add(into->censored_before, more->censored_before);
}

/* The treated customers of a cell, to be changed before the next call */
Outcome *
match_treat(const Cannibalization *state, WindowStats *stats, Match *cell)
{
	if (cell->treated == 0)
	{
		if (stats->ntreated == stats->treated_room)
		{
			stats->treated_room =
				stats->treated_room ? stats->treated_room * 2 : 16;
			stats->treated =
				stats->treated
					? runtime_realloc(stats->treated,
									  stats->treated_room * sizeof(Outcome))
					: runtime_alloc(state->context,
									stats->treated_room * sizeof(Outcome));
		}
		memset(&stats->treated[stats->ntreated], 0, sizeof(Outcome));
		cell->treated = ++stats->ntreated;
	}
	return &stats->treated[cell->treated - 1];
}

/* Bring money to another scale. */
void
outcome_rescale(Outcome *outcome, int from, int to)
{
	money_rescale_at(&outcome->before, from, to);
	money_rescale_at(&outcome->lost_mrr, from, to);
	money_rescale_at(&outcome->censored_before, from, to);
}

/* Bring the state to at least this scale. */
void
cannibalization_scale(Cannibalization *state, int scale)
{
	int from = state->scale;

	if (scale <= from)
		return;
	for (int i = 0; i < state->nwindow_stats; i++)
	{
		WindowStats *stats = &state->window_stats[i];

		check_interrupts();
		money_rescale_at(&stats->focal, from, scale);
		money_rescale_at(&stats->before, from, scale);
		money_rescale_at(&stats->lost, from, scale);
		for (int d = 0; d < stats->ndonors; d++)
			money_rescale_at(&stats->donors[d].lost, from, scale);
		for (int c = 0; c < stats->ncells; c++)
			outcome_rescale(&stats->cells[c].control, from, scale);
		for (int c = 0; c < stats->ntreated; c++)
			outcome_rescale(&stats->treated[c], from, scale);
	}
	state->scale = scale;
}
