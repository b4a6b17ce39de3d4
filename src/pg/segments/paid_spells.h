/*
 * paid_spells.h
 *		What aggregates over what is paid have in common: their step, and the
 *		numbers that say what is asked.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_PAID_SPELLS_H
#define CVM_PG_SEGMENTS_PAID_SPELLS_H

#include "pg/subscriptions/spell_buffer.h"

extern bool membership_read(FunctionCallInfo fcinfo, SpellRow *row);
extern const int32 *asked_numbers(ArrayType *asked, int least, int most,
								  int *count);

#endif /* CVM_PG_SEGMENTS_PAID_SPELLS_H */
