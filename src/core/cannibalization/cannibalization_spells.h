/*
 * cannibalization_spells.h
 *		Entries of all customers from raw spells in one pass.
 *
 * The spell buffer's as_of is the day after that of the state: what begins on
 * the first day not observed is still looked at, because a focal run may go on
 * with it (entries.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_SPELLS_H
#define CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_SPELLS_H

#include "core/cannibalization/cannibalization_matrix.h"
#include "core/subscriptions/spell_buffer.h"

extern SpellTerms entries_terms(Day as_of);
extern void matrix_spells_finish(SpellBuffer *spell_buffer,
								 CannibalizationMatrix *matrix);
extern void cannibalization_spells_finish(SpellBuffer *spell_buffer,
										  const uint8_t *product_roles,
										  const Label *stratum,
										  Cannibalization *state);

#endif /* CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_SPELLS_H */
