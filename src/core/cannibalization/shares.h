/*
 * shares.h
 *		What an entry lost, divided among the products that dropped.
 *
 * Each product drops by what it brought before less what it brings after,
 * where that is more than 0.  The loss is divided in proportion to the drops,
 * to the last unit: hundredths or, where the loss has more decimals, its own.
 * Units that are left go to the largest remainders, and among equal ones to
 * the first by name.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_SHARES_H
#define CVM_CORE_CANNIBALIZATION_SHARES_H

#include "core/cannibalization/entries.h"

#define SHARE_SCALE 2 /* decimals, at least, of what is divided */

typedef struct DonorShare
{
	int32_t product;
	const Label *name;
	Wide drop;
	Wide lost;
	Wide remainder; /* of the division */
} DonorShare;

#define SMALL_SHARES 16 /* products that are searched one after the other */

typedef struct Shares
{
	int count;
	int room;
	DonorShare *items; /* of room, or few */
	int32_t *places;   /* by product: place in items + 1; NULL while few */
	int nproducts;
	DonorShare few[SMALL_SHARES];
} Shares;

extern void shares_open(Shares *shares, int nproducts);
extern void shares_close(Shares *shares);
extern DonorShare *shares_more(Shares *shares, int32_t product);
extern void shares_divide(Shares *shares, const Label *names, Wide lost,
						  int scale, int to_scale);
extern void entry_shares(const Trajectory *trajectory, const Entry *entry,
						 Window window, Shares *shares, int to_scale);

/* Let a product drop by that much more; less than 0 where it brings some. */
static inline void
shares_drop(Shares *shares, int32_t product, Wide mrr)
{
	DonorShare *share = NULL;

	if (shares->places == NULL)
	{
		for (int i = 0; i < shares->count && share == NULL; i++)
			if (shares->items[i].product == product)
				share = &shares->items[i];
	}
	else if (shares->places[product] > 0)
		share = &shares->items[shares->places[product] - 1];
	if (share == NULL)
		share = shares_more(shares, product);
	share->drop = money_add(share->drop, mrr);
}

#endif /* CVM_CORE_CANNIBALIZATION_SHARES_H */
