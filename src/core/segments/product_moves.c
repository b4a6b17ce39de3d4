/*
 * product_moves.c
 *		What customers gave up for what, with the money, by period
 *		(customer_readings.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/customer_readings.h"

#include "core/segments/segment_holdings.h"
#include "core/subscriptions/migration.h"

#define FIRST_ROOM 256

typedef struct Workspace
{
	SegmentCustomers *customers;
	MigrationEmit take;
	ProductMoves *moves;
	ProductMoveEmit emit; /* of each by itself */
	void *arg;
	SegmentHoldings held;
	uint32_t room;
	Step *steps; /* with the customer's own numbers of products */
} Workspace;

static uint32_t
place_of(const ProductMoves *moves, Period period, int32_t from, int32_t to)
{
	uint64_t hash = key_mix((uint64_t) (uint32_t) period << 32 ^
							(uint64_t) (uint32_t) from * 0x9e3779b1u ^
							(uint64_t) (uint32_t) to);
	uint32_t mask = moves->room * 2 - 1;
	uint32_t at = (uint32_t) hash & mask;

	for (; moves->table[at] != 0; at = (at + 1) & mask)
	{
		const ProductMove *move = &moves->moves[moves->table[at] - 1];

		if (move->period == period && move->from == from && move->to == to)
			break;
	}
	return at;
}

/* Make room for twice as many. */
static void
moves_grow(ProductMoves *moves)
{
	uint32_t room = moves->room == 0 ? FIRST_ROOM : moves->room * 2;
	ProductMove *grown = runtime_alloc(NULL, (size_t) room * sizeof(*grown));

	if (moves->room > 0)
	{
		memcpy(grown, moves->moves, moves->count * sizeof(*grown));
		runtime_free(moves->moves);
		runtime_free(moves->table);
	}
	moves->moves = grown;
	moves->room = room;
	moves->table =
		runtime_alloc_zero(NULL, (size_t) room * 2 * sizeof(uint32_t));
	for (uint32_t i = 0; i < moves->count; i++)
		moves->table[place_of(moves, grown[i].period, grown[i].from,
							  grown[i].to)] = i + 1;
}

static ProductMove *
moves_reach(ProductMoves *moves, Period period, int32_t from, int32_t to)
{
	uint32_t at;

	if (moves->count == moves->room)
		moves_grow(moves);
	at = place_of(moves, period, from, to);
	if (moves->table[at] == 0)
	{
		moves->moves[moves->count] =
			(ProductMove){.period = period, .from = from, .to = to};
		moves->table[at] = ++moves->count;
	}
	return &moves->moves[moves->table[at] - 1];
}

/* A MigrationEmit */
static void
move_take(void *arg, const Migration *migration)
{
	Workspace *workspace = arg;
	const SpellTerms *terms = &workspace->customers->spell_buffer->terms;
	const int32_t *products = workspace->held.products;
	ProductMove *move =
		moves_reach(workspace->moves, migration->period,
					migration->from < 0 ? -1 : products[migration->from],
					migration->to < 0 ? -1 : products[migration->to]);

	move->customers++;
	move->from_mrr = money_add(move->from_mrr, migration->from_mrr);
	move->to_mrr = money_add(move->to_mrr, migration->to_mrr);
	if (migration->from < 0)
	{
		int64_t start = period_start(terms->calendar, migration->period);

		if (holdings_mrr(&workspace->held.holdings, (Day) (start - 1)) <= 0)
			move->entering++;
	}
	if (migration->to < 0)
	{
		int64_t end = period_start(terms->calendar, migration->period + 1);

		if (end > terms->as_of)
			end = terms->as_of;
		if (holdings_mrr(&workspace->held.holdings, (Day) (end - 1)) <= 0)
			move->leaving++;
	}
}

/* The same of who gave something up for something else, handed on */
static void
migration_take(void *arg, const Migration *migration)
{
	Workspace *workspace = arg;
	const int32_t *products = workspace->held.products;
	ProductMove move = {.period = migration->period,
						.customers = 1,
						.from_mrr = migration->from_mrr,
						.to_mrr = migration->to_mrr};

	if (migration->from < 0 || migration->to < 0)
		return;
	move.from = products[migration->from];
	move.to = products[migration->to];
	workspace->emit(workspace->arg, &move);
}

static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	SegmentHoldings *held = &workspace->held;

	segment_holdings_lay_out(held, workspace->customers, customer);
	if ((uint32_t) customer->nsteps > workspace->room)
	{
		if (workspace->room > 0)
			runtime_free(workspace->steps);
		workspace->room = (uint32_t) customer->nsteps * 2;
		workspace->steps =
			runtime_alloc(NULL, (size_t) workspace->room * sizeof(Step));
	}
	for (int i = 0; i < customer->nsteps; i++)
	{
		workspace->steps[i] = customer->steps[i];
		workspace->steps[i].product =
			segment_holdings_place(held, customer->steps[i].product);
	}
	migrations_of(workspace->steps, customer->nsteps, held->holdings.nnames,
				  workspace->customers->spell_buffer->terms.calendar,
				  workspace->take, workspace);
}

SegmentReader
product_moves_open(SegmentCustomers *customers, ProductMoves *moves)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	*moves = (ProductMoves){0};
	workspace->customers = customers;
	workspace->take = move_take;
	workspace->moves = moves;
	return (SegmentReader){workspace_walk, workspace};
}

SegmentReader
product_migrations_open(SegmentCustomers *customers, ProductMoveEmit emit,
						void *arg)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	workspace->customers = customers;
	workspace->take = migration_take;
	workspace->emit = emit;
	workspace->arg = arg;
	return (SegmentReader){workspace_walk, workspace};
}
