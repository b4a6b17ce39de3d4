/*
 * launches.c
 *		Did what was launched eat the rest: all launches, donors and segments
 *		in one reading of customers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/launches.h"

#include <string.h>

#include "core/cannibalization/control_grid.h"
#include "core/segments/segment_customers.h"
#include "core/segments/segment_steps.h"
#include "core/subscriptions/spell_reader.h"

#define NOBODY (-1) /* no question; no launch: what launches share */

/* A launch and a donor, with a state for each segment that somebody is in */
typedef struct Question
{
	int launch;
	int32_t donor;
	int next; /* with the same donor */
	int last; /* of what launches share: the last question to which it is added */
	uint8_t *product_roles;
	Cannibalization **states;
	ControlGrid **grids;
} Question;

typedef struct LaunchWalk
{
	Context context;
	SpellBuffer *spell_buffer;
	const LaunchTerms *terms;
	GridTerms *grid_terms; /* NULL: windows are no grid */
	int nsegments;
	Label *segments;
	int32_t *ranks; /* of segments, by number in the buffer's names */
	int32_t nameless;
	int32_t *focal; /* by name: which launch it is, or NOBODY */
	bool *is_donor; /* by launch and name */
	int nquestions; /* all donors of each launch come first */
	int nshared;	/* after them */
	Question *questions;
	int *of_donor;	/* by name: the first question, or NOBODY */
	int *shared_of; /* by name: what launches share of the donor, or NOBODY */

	/* of a customer */
	uint32_t room;
	Spell *spells;
	Holdings holdings;
	Membership *memberships;
	SegmentStep *segment_steps;
	int nsegment_steps;
	int32_t *places; /* by launch: the segment */
	bool *took;		 /* by launch */
	uint32_t number;
	uint32_t *seen; /* by name: the last customer who held it */
	Trajectory trajectory;
} LaunchWalk;

/* Number the names as segments, with who is in none, in their order. */
static void
segments_number(LaunchWalk *walk)
{
	const Dictionary *names = &walk->spell_buffer->names;
	size_t count = (size_t) names->count + 1;

	walk->ranks = runtime_alloc(NULL, count * sizeof(int32_t));
	walk->segments = runtime_alloc(walk->context, count * sizeof(Label));
	walk->nsegments = segments_rank(names, walk->ranks, walk->segments);
	walk->nameless = walk->ranks[names->count];
}

/* Say which names are launches. */
static void
launches_find(LaunchWalk *walk)
{
	const Dictionary *names = &walk->spell_buffer->names;

	walk->focal =
		runtime_alloc(NULL, ((size_t) names->count + 1) * sizeof(int32_t));
	for (int i = 0; i < names->count; i++)
	{
		walk->focal[i] = NOBODY;
		for (int l = 0; l < walk->terms->nlaunches; l++)
			if (label_compare(&names->labels[i],
							  &walk->terms->launches[l].focal) == 0)
				walk->focal[i] = l;
	}
}

/* A question, of all donors or of one; launch NOBODY: of what launches share. */
static void
question_make(LaunchWalk *walk, int number, int launch, int32_t donor)
{
	Question *question = &walk->questions[number];
	size_t nnames = (size_t) walk->spell_buffer->names.count;
	size_t nsegments = (size_t) walk->nsegments;

	question->launch = launch;
	question->donor = donor;
	question->next = NOBODY;
	question->product_roles = runtime_alloc_zero(NULL, nnames + 1);
	for (size_t i = 0; i < nnames; i++)
	{
		if (launch != NOBODY && walk->focal[i] == launch)
			question->product_roles[i] = SIDE_FOCAL;
		else if (donor == LAUNCH_ALL_DONORS || donor == (int32_t) i)
			question->product_roles[i] = SIDE_DONOR;
	}
	question->states =
		runtime_alloc_zero(NULL, nsegments * sizeof(Cannibalization *));
	question->grids =
		runtime_alloc_zero(NULL, nsegments * sizeof(ControlGrid *));
}

/* Put the questions together: all donors of each launch, then one by one. */
static void
questions_make(LaunchWalk *walk)
{
	int nnames = walk->spell_buffer->names.count;
	int nlaunches = walk->terms->nlaunches;
	int count = nlaunches;
	int shared;

	walk->of_donor = runtime_alloc(NULL, ((size_t) nnames + 1) * sizeof(int));
	walk->shared_of = runtime_alloc(NULL, ((size_t) nnames + 1) * sizeof(int));
	for (size_t i = 0; i < (size_t) nlaunches * nnames; i++)
		count += walk->is_donor[i];
	walk->questions = runtime_alloc_zero(
		NULL, ((size_t) count + nnames + 1) * sizeof(Question));
	walk->nquestions = nlaunches;
	for (int l = 0; l < nlaunches; l++)
		question_make(walk, l, l, LAUNCH_ALL_DONORS);
	shared = count;
	question_make(walk, shared++, NOBODY, LAUNCH_ALL_DONORS);
	for (int name = 0; name < nnames; name++)
	{
		walk->of_donor[name] = walk->shared_of[name] = NOBODY;
		for (int l = 0; l < nlaunches; l++)
		{
			if (!walk->is_donor[(size_t) l * nnames + name])
				continue;
			question_make(walk, walk->nquestions, l, name);
			walk->questions[walk->nquestions].next = walk->of_donor[name];
			walk->of_donor[name] = walk->nquestions++;
		}
		if (walk->of_donor[name] == NOBODY)
			continue;
		question_make(walk, shared, NOBODY, name);
		walk->shared_of[name] = shared++;
	}
	walk->nshared = shared - count;
}

static void
walk_reserve(LaunchWalk *walk, uint32_t nlines)
{
	if (nlines <= walk->room)
		return;
	if (walk->room > 0)
		runtime_free(walk->spells);
	walk->room = nlines * 2;
	walk->spells = runtime_alloc(NULL, (size_t) walk->room * sizeof(Spell));
	segment_steps_reserve(&walk->memberships, &walk->segment_steps, walk->room);
}

/* Lay a customer's spells out in the order of their start; times in segments. */
static int
customer_lay(LaunchWalk *walk, const Line *lines, uint32_t nlines)
{
	int nspells = 0;
	int nmemberships = 0;

	walk_reserve(walk, nlines);
	for (uint32_t i = 0; i < nlines; i++)
	{
		const Line *line = &lines[i];

		if (line_is_membership(line))
			walk->memberships[nmemberships++] = (Membership){
				line->start, line->end, walk->ranks[line_name(line)], 0};
		else
			walk->spells[nspells++] = line_spell(walk->spell_buffer, line);
	}
	spells_sort(walk->spells, nspells);
	walk->holdings.nspells = nspells;
	walk->holdings.spells = walk->spells;
	return nmemberships;
}

static void
question_look(LaunchWalk *walk, const Question *question)
{
	trajectory_set(&walk->trajectory, &walk->holdings, question->product_roles,
				   walk->terms->as_of, walk->terms->gap);
}

/* Take down which donors a customer held before an entry. */
static void
donors_take(LaunchWalk *walk, int launch)
{
	size_t nnames = (size_t) walk->spell_buffer->names.count;
	const Trajectory *trajectory = &walk->trajectory;

	question_look(walk, &walk->questions[launch]);
	for (int i = 0; i < trajectory->nruns; i++)
	{
		Entry entry = trajectory_entry(trajectory, i, walk->terms->windows[0]);

		for (int j = 0; entry.donor.before > 0 && j < walk->holdings.nspells;
			 j++)
		{
			const Spell *spell = &walk->spells[j];

			if (trajectory->product_roles[spell->product] == SIDE_DONOR &&
				spell_holds(spell, entry.donor.peak))
				walk->is_donor[launch * nnames + spell->product] = true;
		}
	}
}

/* The first reading: a customer who held what was launched */
static void
customer_ask(LaunchWalk *walk, const Line *lines, uint32_t nlines)
{
	bool is_taker = false;

	for (uint32_t i = 0; i < nlines; i++)
		is_taker |= !line_is_membership(&lines[i]) &&
					walk->focal[line_name(&lines[i])] != NOBODY;
	if (!is_taker)
		return;
	customer_lay(walk, lines, nlines);
	for (int l = 0; l < walk->terms->nlaunches; l++)
		donors_take(walk, l);
}

/* Add the customer to a question. */
static void
question_add(LaunchWalk *walk, int number, int32_t segment)
{
	Question *question = &walk->questions[number];
	Cannibalization *state = question->states[segment];

	if (state == NULL)
	{
		state = cannibalization_new(walk->context);
		cannibalization_adopt(state, walk->terms->as_of, walk->terms->gap,
							  walk->terms->windows, walk->terms->nwindows);
		cannibalization_scale(state, walk->spell_buffer->scale);
		question->states[segment] = state;
		question->grids[segment] = control_grid_new();
	}
	question_look(walk, question);
	if (walk->grid_terms == NULL ||
		!control_grid_add(question->grids[segment], walk->grid_terms,
						  &walk->trajectory))
		cannibalization_add(state, &walk->trajectory, &walk->segments[segment],
							NULL);
	else if (walk->trajectory.nruns > 0)
		cannibalization_add_channel(state, &walk->trajectory,
									&walk->segments[segment], NULL);
}

/* Is it the first spell of its product that is looked at? */
static bool
is_first_seen(LaunchWalk *walk, const Spell *spell)
{
	if (walk->seen[spell->product] == walk->number)
		return false;
	walk->seen[spell->product] = walk->number;
	return true;
}

/* The segment of the customer on a day */
static int32_t
segment_on(const LaunchWalk *walk, Day day)
{
	int step = segment_step_on(walk->segment_steps, walk->nsegment_steps, day);

	return segment_step_place(walk->segment_steps, step, walk->nameless);
}

/* In which segment the customer was for each launch; true: in the same one */
static bool
customer_place(LaunchWalk *walk, int nmemberships)
{
	bool is_same = true;

	walk->nsegment_steps =
		segment_steps_of(walk->memberships, nmemberships, walk->segment_steps);
	for (int l = 0; l < walk->terms->nlaunches; l++)
	{
		Day day = walk->terms->launches[l].launched_on;

		if (walk->spells[0].start > day)
			day = walk->spells[0].start;
		walk->places[l] = segment_on(walk, day);
		is_same &= walk->places[l] == walk->places[0];
	}
	return is_same;
}

/* Say which launches the customer took; false: none. */
static bool
launches_took(LaunchWalk *walk)
{
	bool has_taken = false;

	memset(walk->took, 0, walk->terms->nlaunches * sizeof(bool));
	for (int i = 0; i < walk->holdings.nspells; i++)
	{
		int32_t focal = walk->focal[walk->spells[i].product];

		if (focal == NOBODY)
			continue;
		walk->took[focal] = true;
		has_taken = true;
	}
	return has_taken;
}

/* Add who took no launch, and was in one segment, to what launches share. */
static void
shared_add(LaunchWalk *walk)
{
	question_add(walk, walk->nquestions, walk->places[0]);
	for (int i = 0; i < walk->holdings.nspells; i++)
	{
		int shared = walk->shared_of[walk->spells[i].product];

		if (shared != NOBODY && is_first_seen(walk, &walk->spells[i]))
			question_add(walk, shared, walk->places[0]);
	}
}

/* The second reading: add a customer to what is asked. */
static void
customer_add(LaunchWalk *walk, uint32_t customer, const Line *lines,
			 uint32_t nlines)
{
	int nmemberships = customer_lay(walk, lines, nlines);
	int nlaunches = walk->terms->nlaunches;
	bool has_taken;

	if (walk->holdings.nspells == 0)
		return;
	walk->number = customer + 1;
	has_taken = launches_took(walk);
	if (customer_place(walk, nmemberships) && !has_taken && nlaunches > 1)
	{
		shared_add(walk);
		return;
	}
	for (int l = 0; l < nlaunches; l++)
		question_add(walk, l, walk->places[l]);
	/* who took a launch is asked about all its donors */
	for (int q = nlaunches; has_taken && q < walk->nquestions; q++)
		if (walk->took[walk->questions[q].launch])
			question_add(walk, q, walk->places[walk->questions[q].launch]);
	for (int i = 0; i < walk->holdings.nspells; i++)
	{
		if (!is_first_seen(walk, &walk->spells[i]))
			continue;
		for (int q = walk->of_donor[walk->spells[i].product]; q != NOBODY;
			 q = walk->questions[q].next)
			if (!walk->took[walk->questions[q].launch])
				question_add(walk, q, walk->places[walk->questions[q].launch]);
	}
}

static void
questions_settle(LaunchWalk *walk)
{
	for (int q = 0; q < walk->nquestions + walk->nshared; q++)
		for (int segment = 0; segment < walk->nsegments; segment++)
			if (walk->questions[q].states[segment] != NULL)
				control_grid_settle(
					walk->questions[q].grids[segment], walk->grid_terms,
					walk->questions[q].states[segment],
					walk->spell_buffer->scale, &walk->segments[segment]);
}

static void
state_push(LaunchStates *states, const Question *question, int32_t segment,
		   Cannibalization *state)
{
	states->states[states->count++] =
		(LaunchState){question->launch, question->donor, segment, state};
}

/* The number of what launches share of the donors of a question */
static int
question_shared(const LaunchWalk *walk, int number)
{
	int32_t donor = walk->questions[number].donor;

	return donor == LAUNCH_ALL_DONORS ? walk->nquestions
									  : walk->shared_of[donor];
}

/* What a question finds: in each segment, and of everybody. */
static void
question_tell(LaunchWalk *walk, int number, LaunchStates *states)
{
	Question *question = &walk->questions[number];
	int shared = question_shared(walk, number);
	Cannibalization *everybody = cannibalization_new(walk->context);

	cannibalization_adopt(everybody, walk->terms->as_of, walk->terms->gap,
						  walk->terms->windows, walk->terms->nwindows);
	for (int segment = 0; segment < walk->nsegments; segment++)
	{
		Cannibalization *more = walk->questions[shared].states[segment];
		Cannibalization *state = question->states[segment];

		if (state == NULL && more == NULL)
			continue;
		check_interrupts();
		if (more != NULL && walk->questions[shared].last == number)
		{
			/* nobody asks for it again: it has most of the cells */
			if (state != NULL)
				cannibalization_merge(more, state);
			state = more;
		}
		else if (state == NULL)
		{
			state = cannibalization_new(walk->context);
			cannibalization_merge(state, more);
		}
		else if (more != NULL)
			cannibalization_merge(state, more);
		cannibalization_merge(everybody, state);
		state_push(states, question, segment, state);
	}
	state_push(states, question, LAUNCH_EVERYBODY, everybody);
}

/* Ask all customers. */
LaunchStates *
launches_read(Context context, SpellBuffer *spell_buffer,
			  const LaunchTerms *terms)
{
	size_t nnames = (size_t) spell_buffer->names.count;
	size_t nlaunches = (size_t) terms->nlaunches;
	LaunchWalk *walk = runtime_alloc_zero(NULL, sizeof(LaunchWalk));
	LaunchStates *states = runtime_alloc_zero(context, sizeof(LaunchStates));
	SpellReader reader;

	walk->context = context;
	walk->spell_buffer = spell_buffer;
	walk->terms = terms;
	walk->holdings = (Holdings){.scale = spell_buffer->scale,
								.nnames = spell_buffer->names.count,
								.names = spell_buffer->names.labels};
	walk->grid_terms =
		grid_terms_new(terms->windows, terms->nwindows, terms->as_of);
	segments_number(walk);
	launches_find(walk);
	walk->is_donor =
		runtime_alloc_zero(NULL, (nlaunches * nnames + 1) * sizeof(bool));
	walk->places = runtime_alloc(NULL, (nlaunches + 1) * sizeof(int32_t));
	walk->took = runtime_alloc(NULL, (nlaunches + 1) * sizeof(bool));
	walk->seen = runtime_alloc_zero(NULL, (nnames + 1) * sizeof(uint32_t));
	questions_make(walk);
	if (terms->has_donors)
	{
		spell_reader_open(&reader, spell_buffer);
		while (spell_reader_next(&reader))
			customer_ask(walk, reader.lines, reader.nlines);
		spell_reader_close(&reader);
		questions_make(walk);
	}
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		customer_add(walk, reader.customer, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	questions_settle(walk);
	states->donors = spell_buffer->names.labels;
	states->segments = walk->segments;
	states->states = runtime_alloc(
		context, ((size_t) walk->nquestions * (walk->nsegments + 1) + 1) *
					 sizeof(LaunchState));
	for (int q = 0; q < walk->nquestions; q++)
		walk->questions[question_shared(walk, q)].last = q;
	for (int q = 0; q < walk->nquestions; q++)
		question_tell(walk, q, states);
	trajectory_close(&walk->trajectory);
	return states;
}

/* Customers on their way into a matrix for each segment */
typedef struct MatricesWalk
{
	LaunchWalk walk;
	Day as_of;
	int32_t gap;
	Window window;
	SegmentMatrices *told;
	MatrixWalk *walks; /* by segment */
} MatricesWalk;

static void
matrices_take(MatricesWalk *matrices, const Line *lines, uint32_t nlines)
{
	LaunchWalk *walk = &matrices->walk;
	int nmemberships = customer_lay(walk, lines, nlines);
	CannibalizationMatrix **matrix;
	int32_t segment;

	if (walk->holdings.nspells == 0)
		return;
	walk->nsegment_steps =
		segment_steps_of(walk->memberships, nmemberships, walk->segment_steps);
	segment = segment_on(walk, walk->spells[0].start);
	matrix = &matrices->told->matrices[segment];
	if (*matrix == NULL)
	{
		*matrix = cannibalization_matrix_new(walk->context);
		cannibalization_matrix_adopt(*matrix, matrices->as_of, matrices->gap,
									 matrices->window);
		matrix_walk_open(
			&matrices->walks[segment], *matrix, walk->spell_buffer->scale,
			walk->spell_buffer->names.count, walk->spell_buffer->names.labels);
	}
	matrix_walk(&matrices->walks[segment], walk->spells,
				walk->holdings.nspells);
}

/* Ask all customers about every pair of products. */
SegmentMatrices *
matrices_read(Context context, SpellBuffer *spell_buffer, Day as_of,
			  int32_t gap, Window window)
{
	MatricesWalk *matrices = runtime_alloc_zero(NULL, sizeof(MatricesWalk));
	LaunchWalk *walk = &matrices->walk;
	SegmentMatrices *told =
		runtime_alloc_zero(context, sizeof(SegmentMatrices));
	SpellReader reader;

	walk->context = context;
	walk->spell_buffer = spell_buffer;
	segments_number(walk);
	matrices->as_of = as_of;
	matrices->gap = gap;
	matrices->window = window;
	matrices->told = told;
	matrices->walks =
		runtime_alloc_zero(NULL, walk->nsegments * sizeof(MatrixWalk));
	told->count = walk->nsegments;
	told->segments = walk->segments;
	told->matrices = runtime_alloc_zero(
		context, walk->nsegments * sizeof(CannibalizationMatrix *));
	spell_reader_open(&reader, spell_buffer);
	while (spell_reader_next(&reader))
		matrices_take(matrices, reader.lines, reader.nlines);
	spell_reader_close(&reader);
	for (int segment = 0; segment < walk->nsegments; segment++)
		if (told->matrices[segment] != NULL)
			matrix_walk_close(&matrices->walks[segment]);
	return told;
}
