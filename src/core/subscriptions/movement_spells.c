/*
 * movement_spells.c
 *		The waterfall from raw spells in one pass.
 *
 * Each customer's lines are walked as those of holdings are, so that both ways
 * give the same bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/movement_spells.h"

#include "core/subscriptions/spell_buffer_steps.h"
#include "core/subscriptions/spell_reader.h"

/* What is used again for every customer */
typedef struct Workspace
{
	SpellBuffer *spell_buffer;
	Movement *movement;
	StepWorkspace steps;
} Workspace;

/* Walk a customer. */
static void
workspace_walk(Workspace *workspace, const Line *lines, uint32_t nlines)
{
	static const Held always = {INT64_MIN, INT64_MAX};
	int nsteps =
		lines_steps(&workspace->steps, workspace->spell_buffer, lines, nlines);

	if (workspace->spell_buffer->has_pauses)
		nsteps = lines_pauses(&workspace->steps, workspace->spell_buffer, lines,
							  nlines, nsteps);
	movement_add(workspace->movement, workspace->steps.steps, nsteps,
				 workspace->spell_buffer->names.count, &always, 1);
}

/* Take over what a spell buffer's rows are asked. */
static void
movement_ask(Movement *movement, const SpellBuffer *spell_buffer)
{
	movement_adopt(movement, spell_buffer->terms.calendar,
				   spell_buffer->terms.as_of, spell_buffer->terms.pause_days);
	movement_scale(movement, spell_buffer->scale);
}

Movement *
movement_of_spells(const SpellBuffer *spell_buffer, Context context)
{
	Movement *movement = movement_new(context);

	movement_ask(movement, spell_buffer);
	return movement;
}

void
movement_spells_finish(SpellBuffer *spell_buffer, Movement *movement)
{
	Workspace workspace = {spell_buffer, movement, {0}};
	SpellReader reader;

	movement_ask(movement, spell_buffer);
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		workspace_walk(&workspace, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	workspace_close(&workspace.steps);
}
