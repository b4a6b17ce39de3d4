/*
 * cannibalization_cells.c
 *		The places of a sheet: donors, patches and cells, found or made.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization.h"

#include <string.h>

#define PATCHES_MOST 200000

/* Let a sheet have a place for every donor met. */
void
sheet_donors(const Cannibalization *state, Sheet *sheet)
{
	int count = state->donors.count;
	int room = state->donors.room;

	if (count <= sheet->ndonors)
		return;
	sheet->donors = sheet->donors
						? host_realloc(sheet->donors, room * sizeof(DonorLoss))
						: host_alloc(state->arena, room * sizeof(DonorLoss));
	memset(&sheet->donors[sheet->ndonors], 0,
		   (count - sheet->ndonors) * sizeof(DonorLoss));
	sheet->ndonors = count;
}

/* The patch of a stratum and month, made when it is not there. */
Patch *
sheet_patch(Cannibalization *state, Sheet *sheet, int32_t stratum, Period month)
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
				: host_alloc(state->arena, sheet->patch_room * sizeof(Patch *));
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
			sheet->cells = sheet->cells
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
