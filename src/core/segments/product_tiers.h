/*
 * product tiers.h
 *		Which products are of one family, and which is the highest of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_PRODUCT_TIERS_H
#define CVM_CORE_SEGMENTS_PRODUCT_TIERS_H

#include "core/subscriptions/holdings.h"

/* The family of a product that has none */
#define NO_FAMILY (-1)

typedef struct ProductTier
{
	Label product;
	int32_t family;
	bool is_top; /* nothing of the family is higher */
} ProductTier;

typedef struct ProductTiers
{
	int ntiers;
	ProductTier *tiers; /* ascending by the names of products, each once */
} ProductTiers;

extern void product_tiers_sort(ProductTiers *product_tiers);
extern ProductTier product_tiers_find(const ProductTiers *product_tiers,
									  const Label *product);

#endif /* CVM_CORE_SEGMENTS_PRODUCT_TIERS_H */
