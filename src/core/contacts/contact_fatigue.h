/*
 * contact_fatigue.h
 *		What a customer's first, second and further contact within the rolling
 *		window came to, beside the first contacts of the same customer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CONTACT_FATIGUE_H
#define CVM_CORE_CONTACTS_CONTACT_FATIGUE_H

#include "core/contacts/contact_pressure.h"

#define FATIGUE_ORDINALS 10 /* the last one is that of all further contacts */

/* A contact of marketing; flags are those of contact_pressure.h */
typedef struct FatigueLine
{
	MemberLine member;
	int64_t at; /* moment: contacts of one moment have one ordinal */
} FatigueLine;

/* What the contacts of one ordinal came to, of one customer */
typedef struct FatigueTally
{
	uint32_t contacts;
	uint32_t responses;
} FatigueTally;

/*
 * Customers whose contacts of an ordinal came to the same, and their first ones
 * too.  Numbers are the ordinal, and both tallies.
 */
typedef struct FatigueCell
{
	CellKey key;
	int64_t customers;
	int64_t opt_known;
	int64_t opted_out;
} FatigueCell;

static inline FatigueTally
fatigue_tally(const FatigueCell *cell, bool is_first)
{
	uint64_t number = (uint64_t) cell->key.numbers[is_first ? 2 : 1];

	return (FatigueTally){(uint32_t) (number >> 32), (uint32_t) number};
}

/* The cells of lines that are a FatigueLine each; the lines are forgotten. */
extern void fatigue_cells(MemberLines *members, Context context,
						  CellTable *cells);

#endif /* CVM_CORE_CONTACTS_CONTACT_FATIGUE_H */
