/*
 * sorted_dictionary.h
 *		A dictionary whose strings are read and written in their order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_SORTED_DICTIONARY_H
#define CVM_CORE_UTIL_SORTED_DICTIONARY_H

#include "core/util/dictionary.h"

typedef struct SortedDictionary
{
	Dictionary strings;
	int room;
	int32_t *sorted; /* numbers, by the bytes of their strings */
} SortedDictionary;

extern void sorted_dictionary_open(SortedDictionary *dictionary,
								   Context context);
extern int32_t sorted_dictionary_intern(SortedDictionary *dictionary,
										const Label *label);
extern void sorted_dictionary_encode(const SortedDictionary *dictionary,
									 ByteWriter *writer);
extern void sorted_dictionary_decode(SortedDictionary *dictionary,
									 ByteReader *reader);

#endif /* CVM_CORE_UTIL_SORTED_DICTIONARY_H */
