/*
 * names.h
 *		Names by number: every name gets one, 0, 1, 2, …
 *
 * Products and segments are few and come again in every row, so a name is
 * looked up at once and kept once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_NAMES_H
#define CVM_CORE_UTIL_NAMES_H

#include "core/subscriptions/holdings.h" /* Label */

/* Where a name is found: its hash, or if it has up to 8 bytes, those */
typedef struct NameEntry
{
	uint64_t word;
	uint32_t size;
	uint32_t number; /* + 1; 0: nothing here */
} NameEntry;

typedef struct Names
{
	Context context;
	int count;
	int room;
	Label *labels; /* by number */
	uint32_t table_size;
	NameEntry *table;
	size_t text_size;
} Names;

extern void names_open(Names *names, Context context);
extern int32_t names_number(Names *names, const Label *label);
extern size_t names_size(const Names *names);

#endif /* CVM_CORE_UTIL_NAMES_H */
