/*
 * ladder.c
 *		Which products are of one family, and which is the highest of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/ladder.h"

static int
compare_rungs(const void *a, const void *b)
{
	const Rung *rung_a = a;
	const Rung *rung_b = b;
	int order = label_compare(&rung_a->product, &rung_b->product);

	if (order != 0)
		return order;
	if (rung_a->family != rung_b->family)
		return rung_a->family < rung_b->family ? -1 : 1;
	return rung_a->is_top - rung_b->is_top;
}

/* Put the rungs in order; of a product told twice the first family counts. */
void
ladder_sort(Ladder *ladder)
{
	int nrungs = 0;

	host_sort(ladder->rungs, ladder->nrungs, sizeof(Rung), compare_rungs);
	for (int i = 0; i < ladder->nrungs; i++)
		if (nrungs == 0 || label_compare(&ladder->rungs[nrungs - 1].product,
										 &ladder->rungs[i].product) != 0)
			ladder->rungs[nrungs++] = ladder->rungs[i];
	ladder->nrungs = nrungs;
}

/* Where a product stands. */
Rung
ladder_rung(const Ladder *ladder, const Label *product)
{
	int low = 0;
	int high = ladder ? ladder->nrungs : 0;

	while (low < high)
	{
		int middle = (low + high) / 2;
		int order = label_compare(&ladder->rungs[middle].product, product);

		if (order == 0)
			return ladder->rungs[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (Rung){*product, NO_FAMILY, true};
}
