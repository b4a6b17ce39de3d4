/*
 * segment_spells.c
 *		Segment flows from raw rows in one pass.
 *
 * A spell buffer holds spells and times in segments in the order in which they
 * came.  Sorted by customer, each customer's are walked as those of holdings
 * are, so that both ways give the same bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_spells.h"

#include <string.h>

#include "core/segments/segment_cells.h"
#include "core/subscriptions/spell_buffer_steps.h"
#include "core/subscriptions/spell_reader.h"

/* What is used again for every customer */
typedef struct Workspace
{
	SpellBuffer *spell_buffer;
	SegmentFlow *flow;
	int32_t *names;	   /* the state's number of a name, or -1 */
	int32_t *ranks;	   /* place of a name in the order of bytes */
	int32_t *by_rank;  /* the state's number of a segment, or -1; (none) */
	uint32_t *seen_by; /* by name: the last customer that held it, plus one */
	int32_t *local;	   /* and its number among the customer's products */
	StepWorkspace steps;
	uint32_t room;
	Membership *memberships;
	SegmentStep *segment_steps;
	int32_t *product_names;
} Workspace;

static void
workspace_open(Workspace *workspace, SpellBuffer *spell_buffer,
			   SegmentFlow *flow)
{
	int nnames = spell_buffer->names.count;
	const Label *labels = spell_buffer->names.labels;
	int32_t *ranked = runtime_alloc(NULL, (nnames + 1) * sizeof(int32_t));

	memset(workspace, 0, sizeof(Workspace));
	workspace->spell_buffer = spell_buffer;
	workspace->flow = flow;
	workspace->names = runtime_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	workspace->ranks = runtime_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	workspace->by_rank = runtime_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	workspace->seen_by =
		runtime_alloc_zero(NULL, (nnames + 1) * sizeof(uint32_t));
	workspace->local = runtime_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	labels_rank(labels, nnames, workspace->ranks);
	for (int32_t i = 0; i < nnames; i++)
		ranked[workspace->ranks[i]] = i;
	/* the flow numbers them as they come */
	for (int i = 0; i < nnames; i++)
		workspace->by_rank[i] = workspace->names[ranked[i]] =
			segment_flow_name(flow, &labels[ranked[i]]);
	workspace->by_rank[nnames] = segment_flow_nameless(flow);
	runtime_free(ranked);
}

static void
workspace_grow(Workspace *workspace, uint32_t lines)
{
	workspace_reserve(&workspace->steps, lines);
	if (lines <= workspace->room)
		return;
	if (workspace->room > 0)
		runtime_free(workspace->product_names);
	workspace->room = lines * 2;
	segment_steps_reserve(&workspace->memberships, &workspace->segment_steps,
						  workspace->room);
	workspace->product_names =
		runtime_alloc(NULL, (size_t) workspace->room * sizeof(int32_t));
}

/*
 * Add what pauses keep to a customer's steps, whose products are the customer's
 * own numbers; how many there are then.
 */
static int
workspace_pauses(Workspace *workspace, const Line *lines, uint32_t nlines,
				 int nsteps)
{
	Step *steps = workspace->steps.steps;

	nsteps = lines_pauses(&workspace->steps, workspace->spell_buffer, lines,
						  nlines, nsteps);
	for (int i = 0; i < nsteps; i++)
		if (steps[i].lines == 0)
			steps[i].product = workspace->local[steps[i].product];
	return nsteps;
}

/* Walk a customer. */
static void
workspace_walk(Workspace *workspace, uint32_t who, const Line *lines,
			   uint32_t nlines)
{
	SpellBuffer *spell_buffer = workspace->spell_buffer;
	Customer customer = {0};
	Step *steps;
	int nmemberships = 0;

	workspace_grow(workspace, nlines);
	customer.steps = steps = workspace->steps.steps;
	customer.segment_steps = workspace->segment_steps;
	customer.product_names = workspace->product_names;
	customer.segment_names = workspace->by_rank;

	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];
		int32_t number = line_name(line);
		Wide mrr;

		if (line_is_membership(line))
		{
			workspace->memberships[nmemberships++] = (Membership){
				line->start, line->end, workspace->ranks[number], line->mrr};
			continue;
		}
		if (workspace->seen_by[number] != who + 1)
		{
			workspace->seen_by[number] = who + 1;
			workspace->local[number] = customer.nproducts;
			workspace->product_names[customer.nproducts++] =
				workspace->names[number];
		}
		number = workspace->local[number];
		mrr = line_mrr(spell_buffer, line);
		steps[customer.nsteps++] = (Step){line->start, number, 1, mrr};
		if (line->end < spell_buffer->terms.as_of)
			steps[customer.nsteps++] = (Step){line->end, number, -1, -mrr};
	}
	if (customer.nsteps == 0)
		return;
	steps_sort(steps, customer.nsteps);
	if (spell_buffer->has_pauses)
		customer.nsteps =
			workspace_pauses(workspace, lines, nlines, customer.nsteps);
	customer.nsegment_steps = segment_steps_of(
		workspace->memberships, nmemberships, workspace->segment_steps);
	for (int i = 0; i < customer.nsegment_steps; i++)
		if (workspace->segment_steps[i].segment < 0)
			workspace->segment_steps[i].segment = spell_buffer->names.count;
	segment_flow_walk(workspace->flow, &customer);
}

void
segment_spells_finish(SpellBuffer *spell_buffer, SegmentFlow *flow, int span)
{
	Workspace workspace;
	SpellReader reader;

	segment_flow_adopt(flow, spell_buffer->terms.calendar,
					   spell_buffer->terms.as_of, span,
					   spell_buffer->terms.pause_days);
	segment_flow_scale(flow, spell_buffer->scale);
	workspace_open(&workspace, spell_buffer, flow);
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		workspace_walk(&workspace, reader.customer, reader.lines,
					   reader.nlines);
	spell_reader_close(&reader);
}
