/*
 * ladder.h
 *		Which products are of one family, and which is the highest of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_LADDER_H
#define CVM_CORE_SEGMENTS_LADDER_H

#include "core/subscriptions/holdings.h"

/* The family of a product that has none */
#define NO_FAMILY (-1)

typedef struct Rung
{
	Label product;
	int32_t family;
	bool is_top; /* nothing of the family is higher */
} Rung;

typedef struct Ladder
{
	int nrungs;
	Rung *rungs; /* ascending by the names of products, each once */
} Ladder;

extern void ladder_sort(Ladder *ladder);
extern Rung ladder_rung(const Ladder *ladder, const Label *product);

#endif /* CVM_CORE_SEGMENTS_LADDER_H */
