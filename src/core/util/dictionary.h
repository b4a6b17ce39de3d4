/*
 * dictionary.h
 *		Strings by number: each gets one, 0, 1, 2, …
 *
 * Products and segments are few and come again in every row, so a string is
 * found by its hash and kept once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_DICTIONARY_H
#define CVM_CORE_UTIL_DICTIONARY_H

#include "core/subscriptions/holdings.h" /* Label */

/* Where a string is found: its hash, or if it has up to 8 bytes, those */
typedef struct DictionaryEntry
{
	uint64_t word;
	uint32_t size;
	uint32_t number; /* + 1; 0: nothing here */
} DictionaryEntry;

typedef struct Dictionary
{
	Context context;
	int count;
	int room;
	Label *labels; /* by number */
	uint32_t table_size;
	DictionaryEntry *table;
	size_t text_size;
} Dictionary;

extern void dictionary_open(Dictionary *dictionary, Context context);
extern int32_t dictionary_intern(Dictionary *dictionary, const Label *label);

/*
 * Number labels in the order of their bytes, equal ones alike; how many numbers
 * there are
 */
extern int labels_rank(const Label *labels, int nlabels, int32_t *ranks);
extern size_t dictionary_size(const Dictionary *dictionary);

#endif /* CVM_CORE_UTIL_DICTIONARY_H */
