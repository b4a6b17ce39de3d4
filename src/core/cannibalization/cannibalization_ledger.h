/*
 * cannibalization_ledger.h
 *		Entries of all customers from raw spells in one pass.
 *
 * The ledger's as_of is the day after that of the state: what begins on the
 * first day not observed is still looked at, because a focal run may go on
 * with it (entries.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_LEDGER_H
#define CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_LEDGER_H

#include "core/cannibalization/cannibalization_matrix.h"
#include "core/subscriptions/ledger.h"

extern LedgerTerms entries_terms(Day as_of);
extern void matrix_ledger_finish(Ledger *ledger, CannibalizationMatrix *matrix);
extern void cannibalization_ledger_finish(Ledger *ledger,
										  const uint8_t *product_roles,
										  const Label *stratum,
										  Cannibalization *state);

#endif /* CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_LEDGER_H */
