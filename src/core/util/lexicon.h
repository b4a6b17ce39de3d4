/*
 * lexicon.h
 *		Names that a state has met, each with a number that stays.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_LEXICON_H
#define CVM_CORE_UTIL_LEXICON_H

#include "core/subscriptions/holdings.h"

typedef struct Lexicon
{
	Context context;
	int count;
	int room;
	Label *labels;	 /* by number */
	int32_t *sorted; /* numbers, by the bytes of their names */
} Lexicon;

extern int32_t lexicon_number(Lexicon *lexicon, const Label *name);
extern void lexicon_encode(const Lexicon *lexicon, ByteWriter *writer);
extern void lexicon_decode(Lexicon *lexicon, ByteReader *reader);

#endif /* CVM_CORE_UTIL_LEXICON_H */
