/*
 * movement_ledger.h
 *		The waterfall from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_MOVEMENT_LEDGER_H
#define CVM_CORE_SUBSCRIPTIONS_MOVEMENT_LEDGER_H

#include "core/subscriptions/ledger.h"
#include "core/subscriptions/movement.h"

/* Walk every customer of a ledger into a movement. */
extern void movement_ledger_finish(Ledger *ledger, Movement *movement);

#endif /* CVM_CORE_SUBSCRIPTIONS_MOVEMENT_LEDGER_H */
