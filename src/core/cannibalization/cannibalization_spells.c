/*
 * cannibalization_spells.c
 *		Entries of all customers from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization_spells.h"

#include <string.h>

#include "core/subscriptions/spell_reader.h"

/* A customer's spells, as holdings have them */
typedef struct SpellWorkspace
{
	const SpellBuffer *spell_buffer;
	const uint8_t
		*product_roles; /* by product: others than SIDE_NONE; NULL: all */
	uint32_t room;
	Spell *spells;
} SpellWorkspace;

/* What a spell buffer gathers for entries as of a day. */
SpellTerms
entries_terms(Day as_of)
{
	SpellTerms terms;

	memset(&terms, 0, sizeof(terms));
	terms.calendar.grain = GRAIN_MONTH;
	terms.calendar.week_start = 1;
	terms.as_of = as_of + 1;
	return terms;
}

/* Lay out a customer's spells in the order of their start. */
static int
workspace_lay(SpellWorkspace *workspace, const Line *lines, uint32_t nlines)
{
	int nspells = 0;

	if (nlines > workspace->room)
	{
		if (workspace->room > 0)
			runtime_free(workspace->spells);
		workspace->room = nlines * 2;
		workspace->spells =
			runtime_alloc(NULL, (size_t) workspace->room * sizeof(Spell));
	}
	for (uint32_t i = 0; i < nlines; i++)
	{
		if (workspace->product_roles != NULL &&
			workspace->product_roles[line_name(&lines[i])] == SIDE_NONE)
			continue;
		workspace->spells[nspells++] =
			line_spell(workspace->spell_buffer, &lines[i]);
	}
	spells_sort(workspace->spells, nspells);
	return nspells;
}

static void
workspace_close(SpellWorkspace *workspace)
{
	if (workspace->room > 0)
		runtime_free(workspace->spells);
}

/* Customers on their way from a spell buffer into a matrix */
typedef struct MatrixWorkspace
{
	SpellWorkspace workspace;
	MatrixWalk walk;
} MatrixWorkspace;

static void
matrix_take(MatrixWorkspace *workspace, const Line *lines, uint32_t nlines)
{
	int nspells = workspace_lay(&workspace->workspace, lines, nlines);

	matrix_walk(&workspace->walk, workspace->workspace.spells, nspells);
}

void
matrix_spells_finish(SpellBuffer *spell_buffer, CannibalizationMatrix *matrix)
{
	MatrixWorkspace workspace = {.workspace = {.spell_buffer = spell_buffer}};
	SpellReader reader;

	matrix_walk_open(&workspace.walk, matrix, spell_buffer->scale,
					 spell_buffer->names.count, spell_buffer->names.labels);
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		matrix_take(&workspace, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	matrix_walk_close(&workspace.walk);
	workspace_close(&workspace.workspace);
}

/* Customers on their way from a spell buffer into a state */
typedef struct TrajectoryWorkspace
{
	SpellWorkspace workspace;
	Holdings holdings;
	Trajectory trajectory;
	Cannibalization *state;
	const Label *stratum;
	DeltaArrays *deltas;
} TrajectoryWorkspace;

static void
trajectory_take(TrajectoryWorkspace *workspace, const Line *lines,
				uint32_t nlines)
{
	workspace->holdings.nspells =
		workspace_lay(&workspace->workspace, lines, nlines);
	if (workspace->holdings.nspells == 0)
		return;
	workspace->holdings.spells = workspace->workspace.spells;
	trajectory_set(&workspace->trajectory, &workspace->holdings,
				   workspace->workspace.product_roles, workspace->state->as_of,
				   workspace->state->gap);
	cannibalization_add(workspace->state, &workspace->trajectory,
						workspace->stratum, workspace->deltas);
}

/* product_roles says what each name of the spell buffer is. */
void
cannibalization_spells_finish(SpellBuffer *spell_buffer,
							  const uint8_t *product_roles,
							  const Label *stratum, Cannibalization *state)
{
	TrajectoryWorkspace workspace = {
		.workspace = {.spell_buffer = spell_buffer,
					  .product_roles = product_roles},
		.holdings = {.scale = spell_buffer->scale,
					 .nnames = spell_buffer->names.count,
					 .names = spell_buffer->names.labels},
		.state = state,
		.stratum = stratum,
		.deltas = delta_arrays_new(state->nwindow_stats)};
	SpellReader reader;

	cannibalization_scale(state, spell_buffer->scale);
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		trajectory_take(&workspace, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	delta_arrays_settle(workspace.deltas, state, stratum);
	trajectory_close(&workspace.trajectory);
	workspace_close(&workspace.workspace);
}
