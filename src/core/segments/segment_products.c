/*
 * segment_products.c
 *		Products from raw spells in one pass: the waterfall of each, who went
 *		from one to another, and how long it is paid for.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_waterfalls.h"
#include "core/subscriptions/migration.h"
#include "core/subscriptions/movement_spells.h"
#include "core/util/sorted.h"

#include <string.h>

static const Held always = {INT64_MIN, INT64_MAX};

typedef struct Workspace
{
	SegmentCustomers *customers;
	Context context;
	Movement **movements;
	ProductsWent *went;
	SegmentLives *lives;
	int32_t gap;

	/* the customer's products, ascending, and what is held of one of them */
	uint32_t room;
	int32_t *products;
	int nproducts;
	Line *lines;
	StepWorkspace steps;
	Step *own; /* with products by their place among the customer's */
	Level *levels;
	Run *runs;
} Workspace;

/* Find the customer's products. */
static void
products_find(Workspace *workspace, const SegmentCustomer *customer)
{
	if (customer->nlines > workspace->room)
	{
		size_t room = (size_t) customer->nlines * 2;

		if (workspace->room > 0)
		{
			runtime_free(workspace->products);
			runtime_free(workspace->lines);
			runtime_free(workspace->own);
			runtime_free(workspace->levels);
			runtime_free(workspace->runs);
		}
		workspace->room = (uint32_t) room;
		workspace->products = runtime_alloc(NULL, room * sizeof(int32_t));
		workspace->lines = runtime_alloc(NULL, room * sizeof(Line));
		workspace->own = runtime_alloc(NULL, room * 2 * sizeof(Step));
		workspace->levels = runtime_alloc(NULL, room * 2 * sizeof(Level));
		workspace->runs = runtime_alloc(NULL, room * 2 * sizeof(Run));
	}
	workspace->nproducts = 0;
	for (uint32_t i = 0; i < customer->nlines; i++)
	{
		int32_t product = line_name(&customer->lines[i]);
		int32_t *products = workspace->products;
		int count = workspace->nproducts;
		int at = sorted_place(products, count, sizeof(int32_t), product);

		if (sorted_has(products, count, sizeof(int32_t), at, product))
			continue;
		memmove(products + at + 1, products + at,
				(size_t) (count - at) * sizeof(int32_t));
		products[at] = product;
		workspace->nproducts++;
	}
}

/* The customer's lines of a product */
static uint32_t
product_lines(Workspace *workspace, const SegmentCustomer *customer,
			  int32_t product)
{
	uint32_t nlines = 0;

	for (uint32_t i = 0; i < customer->nlines; i++)
		if (line_name(&customer->lines[i]) == product)
			workspace->lines[nlines++] = customer->lines[i];
	return nlines;
}

static void
waterfall_add(Workspace *workspace, int number, const Step *steps, int nsteps)
{
	Movement **movement = &workspace->movements[number];

	if (*movement == NULL)
		*movement = movement_of_spells(workspace->customers->spell_buffer,
									   workspace->context);
	movement_add(*movement, steps, nsteps, workspace->customers->nproducts,
				 &always, 1);
}

static void
waterfall_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	const SpellBuffer *spell_buffer = workspace->customers->spell_buffer;
	const Step *steps;
	int nsteps =
		segment_customer_pauses(workspace->customers, customer, &steps);

	waterfall_add(workspace, workspace->customers->nproducts, steps, nsteps);
	products_find(workspace, customer);
	if (workspace->nproducts == 1)
	{
		waterfall_add(workspace, workspace->products[0], steps, nsteps);
		return;
	}
	for (int i = 0; i < workspace->nproducts; i++)
	{
		uint32_t nlines =
			product_lines(workspace, customer, workspace->products[i]);

		nsteps = lines_steps(&workspace->steps, spell_buffer, workspace->lines,
							 nlines);
		if (spell_buffer->has_pauses)
			nsteps = lines_pauses(&workspace->steps, spell_buffer,
								  workspace->lines, nlines, nsteps);
		waterfall_add(workspace, workspace->products[i], workspace->steps.steps,
					  nsteps);
	}
}

/* Reads the waterfall of each product's customers, and of everybody. */
SegmentReader
product_waterfalls_open(SegmentCustomers *customers, Context context,
						ProductWaterfalls *waterfalls)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	workspace->customers = customers;
	workspace->context = context;
	waterfalls->nproducts = customers->nproducts;
	waterfalls->products = customers->labels;
	waterfalls->movements = workspace->movements = runtime_alloc_zero(
		context, (waterfalls->nproducts + 1) * sizeof(Movement *));
	return (SegmentReader){waterfall_walk, workspace};
}

static void
migration_take(void *arg, const Migration *move)
{
	Workspace *workspace = arg;
	ProductsWent *went = workspace->went;
	WentPeriod *period;
	int at;

	if (move->from < 0 || move->to < 0)
		return;
	went->periods =
		sorted_reach(went->context, went->periods, &went->nperiods, &went->room,
					 sizeof(WentPeriod), move->period, &at);
	period = &went->periods[at];
	if (period->customers == NULL)
		period->customers = runtime_alloc_zero(
			went->context,
			(size_t) went->nproducts * went->nproducts * sizeof(int64_t));
	period
		->customers[(size_t) workspace->products[move->from] * went->nproducts +
					workspace->products[move->to]]++;
}

static void
migration_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;

	products_find(workspace, customer);
	if (workspace->nproducts < 2)
		return;
	for (int i = 0; i < customer->nsteps; i++)
	{
		int place = 0;

		while (workspace->products[place] != customer->steps[i].product)
			place++;
		workspace->own[i] = customer->steps[i];
		workspace->own[i].product = place;
	}
	migrations_of(workspace->own, customer->nsteps, workspace->nproducts,
				  workspace->went->calendar, migration_take, workspace);
}

/* Reads who went from which product to which. */
SegmentReader
products_went_open(SegmentCustomers *customers, Context context,
				   ProductsWent *went)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	workspace->customers = customers;
	workspace->context = context;
	workspace->went = went;
	*went = (ProductsWent){.context = context,
						   .calendar = customers->spell_buffer->terms.calendar,
						   .nproducts = customers->nproducts,
						   .products = customers->labels};
	return (SegmentReader){migration_walk, workspace};
}

/* Count a first time of paying, if there is one. */
static void
life_count(Workspace *workspace, int32_t segment, int32_t product,
		   const Step *steps, int nsteps)
{
	SegmentLives *lives = workspace->lives;
	int nlevels = levels_of(steps, nsteps, workspace->levels);
	int nruns = runs_of(workspace->levels, nlevels,
						workspace->customers->spell_buffer->terms.as_of,
						workspace->gap, workspace->runs);
	const Run *run = &workspace->runs[0];
	Survival **survival =
		&lives->lives[segment * (lives->nproducts + 1) + product];

	if (nruns == 0)
		return;
	if (*survival == NULL)
		*survival = survival_new(workspace->context);
	survival_add(*survival, run->end - run->start, run->churned, NULL, NULL);
}

/* In the segment held on the first day on which the customer pays. */
static void
life_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	const SpellBuffer *spell_buffer = workspace->customers->spell_buffer;
	int32_t segment = workspace->customers->nameless;
	bool is_paused = false;
	int nlevels;

	products_find(workspace, customer);
	nlevels = levels_of(customer->steps, customer->nsteps, workspace->levels);
	if (nlevels > 0)
		segment = segment_customer_place(workspace->customers, customer,
										 workspace->levels[0].day);
	life_count(workspace, segment, workspace->customers->nproducts,
			   customer->steps, customer->nsteps);
	for (uint32_t i = 0; i < customer->nlines; i++)
		is_paused |= line_is_paused(&customer->lines[i]);
	if (workspace->nproducts == 1 && !is_paused)
	{
		life_count(workspace, segment, workspace->products[0], customer->steps,
				   customer->nsteps);
		return;
	}
	for (int i = 0; i < workspace->nproducts; i++)
	{
		uint32_t nlines =
			product_lines(workspace, customer, workspace->products[i]);
		int nsteps = 0;

		/* of a product a pause is no end */
		workspace_reserve(&workspace->steps, nlines);
		for (uint32_t j = 0; j < nlines; j++)
		{
			const Line *line = &workspace->lines[j];
			Wide mrr = line_pause(spell_buffer, line);

			workspace->steps.steps[nsteps++] =
				(Step){line->start, workspace->products[i], 1, mrr};
			if (line->end < spell_buffer->terms.as_of)
				workspace->steps.steps[nsteps++] =
					(Step){line->end, workspace->products[i], -1, -mrr};
		}
		steps_sort(workspace->steps.steps, nsteps);
		life_count(workspace, segment, workspace->products[i],
				   workspace->steps.steps, nsteps);
	}
}

/*
 * The first time of paying of each customer, and of each customer and product,
 * bridged over lapses of so many days.
 */
void
segment_lives_finish(SpellBuffer *spell_buffer, Context context, int32_t gap,
					 SegmentLives *lives)
{
	SegmentCustomers customers;
	Workspace workspace = {.customers = &customers,
						   .context = context,
						   .lives = lives,
						   .gap = gap};
	SegmentReader reader = {life_walk, &workspace};
	int each;

	segment_customers_open(&customers, context, spell_buffer);
	lives->nsegments = customers.nsegments;
	lives->segments = customers.segments;
	lives->nproducts = customers.nproducts;
	lives->products = customers.labels;
	each = lives->nproducts + 1;
	lives->lives = runtime_alloc_zero(
		context, (size_t) each * (lives->nsegments + 1) * sizeof(Survival *));
	segment_customers_each(&customers, &reader, 1);
	workspace_close(&workspace.steps);
	for (int at = 0; at < each * lives->nsegments; at++)
	{
		Survival **whole = &lives->lives[each * lives->nsegments + at % each];

		if (lives->lives[at] == NULL)
			continue;
		if (*whole == NULL)
			*whole = survival_new(context);
		survival_merge(*whole, lives->lives[at]);
	}
}
