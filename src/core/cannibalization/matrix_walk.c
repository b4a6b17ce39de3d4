/*
 * matrix_walk.c
 *		Customers on their way into a matrix of who lives off whom.
 *
 * Most customers have a handful of spells.  Each of their entries is found,
 * and what all other products brought before and bring after, by looking at
 * these few directly: nothing is sorted, and no product is looked at that the
 * customer did not hold.  Whoever has many spells is looked at as a trajectory
 * (entries.h), once for every product held.  Both say the same.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization_matrix.h"

#include <string.h>

#define SMALL_SPELLS 32

void
matrix_walk_open(MatrixWalk *walk, CannibalizationMatrix *matrix, int scale,
				 int nnames, const Label *names)
{
	memset(walk, 0, sizeof(MatrixWalk));
	gap_check(matrix->gap);
	matrix_scale(matrix, scale);
	walk->matrix = matrix;
	walk->scale = scale;
	walk->nnames = nnames;
	walk->names = names;
	walk->numbers = runtime_alloc(NULL, (nnames + 1) * sizeof(int32_t));
	for (int i = 0; i < nnames; i++)
		walk->numbers[i] = -1;
}

void
matrix_walk_close(MatrixWalk *walk)
{
	runtime_free(walk->numbers);
	if (walk->product_roles != NULL)
		runtime_free(walk->product_roles);
	trajectory_close(&walk->trajectory);
}

/* The number of a product in the matrix; its rows may move. */
static inline int32_t
walk_number(MatrixWalk *walk, int32_t product)
{
	if (walk->numbers[product] < 0)
		walk->numbers[product] =
			matrix_product(walk->matrix, &walk->names[product]);
	return walk->numbers[product];
}

/* The row of a product; good until another product is met. */
static inline MatrixRow *
walk_row(MatrixWalk *walk, int32_t product)
{
	int32_t number = walk_number(walk, product);

	return &walk->matrix->rows[number];
}

static inline void
add_money(const MatrixWalk *walk, Wide *sum, Wide mrr)
{
	*sum =
		money_add(*sum, money_rescale(mrr, walk->scale, walk->matrix->scale));
}

/* Put down what donors lost to an entry into a product. */
static void
add_shares(MatrixWalk *walk, int32_t product, const Shares *shares)
{
	for (int i = 0; i < shares->count; i++)
	{
		int32_t number = walk_number(walk, shares->items[i].product);
		DonorLoss *donor =
			matrix_donor(walk->matrix, walk->numbers[product], number);

		donor->entries++;
		donor->lost = money_add(donor->lost, shares->items[i].lost);
	}
}

/* Is the first day of a spell an entry?  Spells are in order of their start. */
static inline bool
is_entry(const Spell *spells, int at, int32_t gap)
{
	for (int i = 0; i < at; i++)
		if (spells[i].product == spells[at].product &&
			(int64_t) spells[at].start - spells[i].end <= gap)
			return false;
	return true;
}

/* The other products around an entry */
typedef struct Around
{
	int nbefore; /* spells in the look-back */
	const Spell *before[SMALL_SPELLS];
	Wide focal; /* of the product itself, on the day */
	Wide after;
} Around;

static inline void
look_around(const Spell *spells, int nspells, const Spell *entry, Window window,
			Around *around)
{
	int64_t first = (int64_t) entry->start - window.look_back;
	int64_t after = (int64_t) entry->start + window.look_ahead;

	around->nbefore = 0;
	around->focal = around->after = 0;
	for (int i = 0; i < nspells && spells[i].start <= after; i++)
	{
		const Spell *spell = &spells[i];

		if (spell->product == entry->product)
		{
			if (spell_holds(spell, entry->start))
				around->focal = money_add(around->focal, spell->mrr);
			continue;
		}
		if (spell->start < entry->start && spell->end > first)
			around->before[around->nbefore++] = spell;
		if (after < spell->end)
			around->after = money_add(around->after, spell->mrr);
	}
	around->focal = paid(around->focal);
	around->after = paid(around->after);
}

/*
 * The most that was brought on a day of the look-back, and the last such day:
 * it is the last of all or one after which something begins or ends.
 */
static Wide
best_before(const Around *around, Day entry, int32_t look_back, Day *peak)
{
	Wide best = 0;

	if (around->nbefore == 1)
	{
		*peak =
			(around->before[0]->end < entry ? around->before[0]->end : entry) -
			1;
		return paid(around->before[0]->mrr);
	}
	for (int i = -1; i < 2 * around->nbefore; i++)
	{
		Day day = entry - 1;
		Wide mrr = 0;

		if (i >= 0)
		{
			const Spell *spell = around->before[i / 2];

			day = (i & 1 ? spell->end : spell->start) - 1;
			if (day >= entry || (int64_t) day < (int64_t) entry - look_back)
				continue;
		}
		for (int j = 0; j < around->nbefore; j++)
			if (spell_holds(around->before[j], day))
				mrr = money_add(mrr, around->before[j]->mrr);
		if (mrr > best || (mrr == best && mrr > 0 && day > *peak))
		{
			best = mrr;
			*peak = day;
		}
	}
	return best;
}

/* Divide what an entry lost among the others. */
static void
add_losses(MatrixWalk *walk, const Spell *spells, int nspells,
		   const Spell *entry, Day peak, Wide lost)
{
	int64_t after = (int64_t) entry->start + walk->matrix->window.look_ahead;
	Shares shares;

	shares_open(&shares, walk->nnames);
	for (int i = 0; i < nspells && spells[i].start <= after; i++)
	{
		const Spell *spell = &spells[i];

		if (spell->product == entry->product)
			continue;
		if (spell_holds(spell, peak))
			shares_drop(&shares, spell->product, spell->mrr);
		if (after < spell->end)
			shares_drop(&shares, spell->product, -spell->mrr);
	}
	shares_divide(&shares, walk->names, lost, walk->scale, walk->matrix->scale);
	add_shares(walk, entry->product, &shares);
	shares_close(&shares);
}

/* A customer with few spells. */
static void
walk_few(MatrixWalk *walk, const Spell *spells, int nspells)
{
	CannibalizationMatrix *matrix = walk->matrix;
	Window window = matrix->window;

	for (int i = 0; i < nspells && spells[i].start < matrix->as_of; i++)
	{
		const Spell *entry = &spells[i];
		MatrixRow *row;
		Around around;
		EntryKind kind;
		Wide before;
		Day peak = entry->start;

		if (!is_entry(spells, i, matrix->gap))
			continue;
		row = walk_row(walk, entry->product);
		if ((int64_t) entry->start + window.look_ahead > matrix->as_of)
		{
			row->kinds[ENTRY_PENDING]++;
			continue;
		}
		look_around(spells, nspells, entry, window, &around);
		before = around.nbefore > 0 ? best_before(&around, entry->start,
												  window.look_back, &peak)
									: 0;
		if (before == 0)
			kind = spells[0].start < entry->start ? ENTRY_WINBACK : ENTRY_NEW;
		else if (around.after >= before)
			kind = ENTRY_ADD;
		else
			kind = around.after > 0 ? ENTRY_PARTIAL : ENTRY_SWITCH;
		row->kinds[kind]++;
		add_money(walk, &row->focal, around.focal);
		if (kind != ENTRY_PARTIAL && kind != ENTRY_SWITCH)
			continue;
		add_money(walk, &row->lost, before - around.after);
		add_losses(walk, spells, nspells, entry, peak, before - around.after);
	}
}

/* A customer's entries into one product. */
static void
walk_trajectory(MatrixWalk *walk, int32_t product)
{
	CannibalizationMatrix *matrix = walk->matrix;

	for (int i = 0; i < walk->trajectory.nruns; i++)
	{
		Entry entry = trajectory_entry(&walk->trajectory, i, matrix->window);
		MatrixRow *row = walk_row(walk, product);
		Shares shares;

		check_interrupts();
		row->kinds[entry.kind]++;
		if (!entry.matured)
			continue;
		add_money(walk, &row->focal, entry.focal);
		add_money(walk, &row->lost, entry.lost);
		if (entry.lost == 0)
			continue;
		entry_shares(&walk->trajectory, &entry, matrix->window, &shares,
					 matrix->scale);
		add_shares(walk, product, &shares);
		shares_close(&shares);
	}
}

/* A customer with many. */
static void
walk_many(MatrixWalk *walk, Spell *spells, int nspells)
{
	CannibalizationMatrix *matrix = walk->matrix;
	Holdings holdings = {.scale = walk->scale,
						 .nnames = walk->nnames,
						 .names = (Label *) walk->names,
						 .nspells = nspells,
						 .spells = spells};
	int32_t *products = runtime_alloc(NULL, (size_t) nspells * sizeof(int32_t));
	int nproducts = 0;

	if (walk->product_roles == NULL)
		walk->product_roles = runtime_alloc_zero(NULL, walk->nnames + 1);
	/* roles tells what is held, each once, until it tells who is a donor */
	for (int i = 0; i < nspells && spells[i].start < matrix->as_of; i++)
	{
		uint8_t *side = &walk->product_roles[spells[i].product];

		if (*side == SIDE_NONE)
			products[nproducts++] = spells[i].product;
		*side = SIDE_DONOR;
	}
	memset(walk->product_roles, SIDE_DONOR, walk->nnames);
	for (int i = 0; i < nproducts; i++)
	{
		check_interrupts();
		walk->product_roles[products[i]] = SIDE_FOCAL;
		trajectory_set(&walk->trajectory, &holdings, walk->product_roles,
					   matrix->as_of, matrix->gap);
		walk_trajectory(walk, products[i]);
		walk->product_roles[products[i]] = SIDE_DONOR;
	}
	memset(walk->product_roles, SIDE_NONE, walk->nnames);
	runtime_free(products);
}

/* Walk a customer, whose spells are in the order of their start. */
void
matrix_walk(MatrixWalk *walk, Spell *spells, int nspells)
{
	if (nspells <= SMALL_SPELLS)
		walk_few(walk, spells, nspells);
	else
		walk_many(walk, spells, nspells);
}

/* Add a customer. */
void
cannibalization_matrix_add(CannibalizationMatrix *matrix,
						   const Holdings *holdings)
{
	MatrixWalk walk;

	matrix_walk_open(&walk, matrix, holdings->scale, holdings->nnames,
					 holdings->names);
	matrix_walk(&walk, holdings->spells, holdings->nspells);
	matrix_walk_close(&walk);
}
