/*
 * movement_ledger.h
 *		The waterfall from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_MOVEMENT_LEDGER_H
#define CVM_MOVEMENT_LEDGER_H

#include "core/ledger.h"
#include "core/movement.h"

/* Walk every customer of a ledger into a movement. */
extern void movement_ledger_finish(Ledger *ledger, Movement *movement);

#endif /* CVM_MOVEMENT_LEDGER_H */
