/*
 * shares.c
 *		What an entry lost, divided among the products that dropped.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/shares.h"

#include <string.h>

/* Open for drops of products by number, of which there are so many. */
void
shares_open(Shares *shares, int nproducts)
{
	shares->count = 0;
	shares->room = SMALL_SHARES;
	shares->items = shares->few;
	shares->places = NULL;
	shares->nproducts = nproducts;
}

void
shares_close(Shares *shares)
{
	if (shares->places == NULL)
		return;
	runtime_free(shares->places);
	runtime_free(shares->items);
}

/* A share for a product that has none yet. */
DonorShare *
shares_more(Shares *shares, int32_t product)
{
	DonorShare *share;

	if (shares->count == shares->room)
	{
		size_t room = (size_t) shares->room * 2;

		if (shares->places == NULL)
		{
			shares->items = runtime_alloc(NULL, room * sizeof(DonorShare));
			memcpy(shares->items, shares->few, sizeof(shares->few));
			shares->places =
				runtime_alloc_zero(NULL, shares->nproducts * sizeof(int32_t));
			for (int i = 0; i < shares->count; i++)
				shares->places[shares->items[i].product] = i + 1;
		}
		else
			shares->items =
				runtime_realloc(shares->items, room * sizeof(DonorShare));
		shares->room = (int) room;
	}
	share = &shares->items[shares->count++];
	*share = (DonorShare){.product = product};
	if (shares->places != NULL)
		shares->places[product] = shares->count;
	return share;
}

static int
compare_names(const void *a, const void *b)
{
	return label_compare(((const DonorShare *) a)->name,
						 ((const DonorShare *) b)->name);
}

/* Divide an amount in proportion to the drops. */
static void
divide(DonorShare *shares, int nshares, Wide amount)
{
	Wide whole = 0;
	Wide rest = amount;

	for (int i = 0; i < nshares; i++)
		whole = money_add(whole, shares[i].drop);
	for (int i = 0; i < nshares; i++)
	{
		shares[i].lost =
			money_share(amount, shares[i].drop, whole, &shares[i].remainder);
		rest -= shares[i].lost;
	}
	/* fewer units are left than there are shares */
	while (rest > 0)
	{
		int best = 0;

		check_interrupts();
		for (int i = 1; i < nshares; i++)
			if (shares[i].remainder > shares[best].remainder)
				best = i;
		shares[best].lost++;
		shares[best].remainder -= whole;
		rest--;
	}
}

/*
 * Keep the products that dropped, in the order of their names, each with its
 * part of what was lost, which is more than 0: from one scale to another.
 */
void
shares_divide(Shares *shares, const Label *names, Wide lost, int scale,
			  int to_scale)
{
	int kept = 0;

	for (int i = 0; i < shares->count; i++)
	{
		if (shares->items[i].drop <= 0)
			continue;
		shares->items[kept] = shares->items[i];
		shares->items[kept].name = &names[shares->items[i].product];
		kept++;
	}
	shares->count = kept;
	if (kept == 1)
	{
		shares->items[0].lost = money_rescale(lost, scale, to_scale);
		return;
	}
	for (; scale > SHARE_SCALE && lost % 10 == 0; scale--)
		lost /= 10;
	if (scale < SHARE_SCALE)
	{
		lost = money_rescale(lost, scale, SHARE_SCALE);
		scale = SHARE_SCALE;
	}
	runtime_sort(shares->items, kept, sizeof(DonorShare), compare_names);
	divide(shares->items, kept, lost);
	for (int i = 0; i < kept; i++)
		shares->items[i].lost =
			money_rescale(shares->items[i].lost, scale, to_scale);
}

/*
 * Divide what an entry lost among the donors, in proportion to what each of
 * them dropped, at another scale.  Opens shares, which the caller closes.
 */
void
entry_shares(const Trajectory *trajectory, const Entry *entry, Window window,
			 Shares *shares, int to_scale)
{
	const Holdings *holdings = trajectory->holdings;
	int64_t after = (int64_t) entry->day + window.look_ahead;

	shares_open(shares, holdings->nnames);
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		if (spell->start > trajectory->as_of)
			break;
		if (trajectory->product_roles[spell->product] != SIDE_DONOR)
			continue;
		if (spell_holds(spell, entry->donor.peak))
			shares_drop(shares, spell->product, spell->mrr);
		if (spell->start <= after && after < spell->end)
			shares_drop(shares, spell->product, -spell->mrr);
	}
	shares_divide(shares, holdings->names, entry->lost, holdings->scale,
				  to_scale);
}
