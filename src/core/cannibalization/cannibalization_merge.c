/*
 * cannibalization_merge.c
 *		Adding two states of cannibalization up, at a common scale.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization.h"

static void
rescale(Wide *mantissa, int from, int to)
{
	*mantissa = money_rescale(*mantissa, from, to);
}

/* Bring the state to at least this scale. */
void
cannibalization_scale(Cannibalization *state, int scale)
{
	int from = state->scale;

	if (scale <= from)
		return;
	for (int i = 0; i < state->nsheets; i++)
	{
		Sheet *sheet = &state->sheets[i];

		host_poll();
		rescale(&sheet->focal, from, scale);
		rescale(&sheet->before, from, scale);
		rescale(&sheet->lost, from, scale);
		for (int d = 0; d < sheet->ndonors; d++)
			rescale(&sheet->donors[d].lost, from, scale);
		for (int c = 0; c < sheet->ncells; c++)
		{
			Match *cell = &sheet->cells[c];

			rescale(&cell->entered.before, from, scale);
			rescale(&cell->entered.lost_mrr, from, scale);
			rescale(&cell->stayed.before, from, scale);
			rescale(&cell->stayed.lost_mrr, from, scale);
		}
	}
	state->scale = scale;
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
#define ADD_MONEY(field)      \
	sheet->field = money_add( \
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
}

/* Add the cells of a sheet up, or only who stayed in them. */
static void
cells_merge(Cannibalization *into, Sheet *sheet, const Cannibalization *more,
			const Sheet *from, bool is_control)
{
	for (int p = 0; p < from->npatches; p++)
	{
		const Patch *source = from->patches[p];
		Patch *patch = NULL;

		host_poll();
		for (int band = 0; band < BANDS; band++)
		{
			Match cell;
			Match *target;

			if (source->cells[band] == 0)
				continue;
			cell = from->cells[source->cells[band] - 1];
			if (is_control)
				cell.entered = (Outcome){0};
			if (cell.entered.watched == 0 && cell.stayed.watched == 0)
				continue;
			rescale(&cell.entered.before, more->scale, into->scale);
			rescale(&cell.entered.lost_mrr, more->scale, into->scale);
			rescale(&cell.stayed.before, more->scale, into->scale);
			rescale(&cell.stayed.lost_mrr, more->scale, into->scale);
			if (patch == NULL)
				patch = sheet_patch(
					into, sheet,
					lexicon_number(&into->strata,
								   &more->strata.labels[source->stratum]),
					source->month);
			target = patch_cell(into, sheet, patch, band);
			outcome_add(&target->entered, &cell.entered);
			outcome_add(&target->stayed, &cell.stayed);
		}
	}
}

/* Let a state ask what another one asks, at a scale that holds both. */
static void
adopt_from(Cannibalization *into, const Cannibalization *more)
{
	Window *windows = host_alloc(NULL, (more->nsheets + 1) * sizeof(Window));

	for (int i = 0; i < more->nsheets; i++)
		windows[i] = more->sheets[i].window;
	cannibalization_adopt(into, more->as_of, more->gap, windows, more->nsheets);
	host_free(windows);
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
	for (int i = 0; i < more->nsheets; i++)
	{
		sheet_merge(into, &into->sheets[i], more, &more->sheets[i]);
		cells_merge(into, &into->sheets[i], more, &more->sheets[i], false);
	}
}

/* Add up those who stayed, without the entries. */
void
cannibalization_merge_control(Cannibalization *into,
							  const Cannibalization *more)
{
	if (!more->adopted)
		return;
	adopt_from(into, more);
	for (int i = 0; i < more->nsheets; i++)
		cells_merge(into, &into->sheets[i], more, &more->sheets[i], true);
}
