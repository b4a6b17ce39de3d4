/*
 * product tiers.c
 *		Which products are of one family, and which is the highest of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/product_tiers.h"

static int
compare_tier(const void *a, const void *b)
{
	const ProductTier *tier_a = a;
	const ProductTier *tier_b = b;
	int order = label_compare(&tier_a->product, &tier_b->product);

	if (order != 0)
		return order;
	if (tier_a->family != tier_b->family)
		return tier_a->family < tier_b->family ? -1 : 1;
	return tier_a->is_top - tier_b->is_top;
}

/* Put the tiers in order; of a product told twice the first family counts. */
void
product_tiers_sort(ProductTiers *product_tiers)
{
	int ntiers = 0;

	runtime_sort(product_tiers->tiers, product_tiers->ntiers,
				 sizeof(ProductTier), compare_tier);
	for (int i = 0; i < product_tiers->ntiers; i++)
		if (ntiers == 0 ||
			label_compare(&product_tiers->tiers[ntiers - 1].product,
						  &product_tiers->tiers[i].product) != 0)
			product_tiers->tiers[ntiers++] = product_tiers->tiers[i];
	product_tiers->ntiers = ntiers;
}

/* Where a product stands. */
ProductTier
product_tiers_find(const ProductTiers *product_tiers, const Label *product)
{
	int low = 0;
	int high = product_tiers ? product_tiers->ntiers : 0;

	while (low < high)
	{
		int middle = (low + high) / 2;
		int order =
			label_compare(&product_tiers->tiers[middle].product, product);

		if (order == 0)
			return product_tiers->tiers[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (ProductTier){*product, NO_FAMILY, true};
}
