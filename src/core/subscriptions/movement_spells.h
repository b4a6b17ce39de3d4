/*
 * movement_spells.h
 *		The waterfall from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_MOVEMENT_SPELLS_H
#define CVM_CORE_SUBSCRIPTIONS_MOVEMENT_SPELLS_H

#include "core/subscriptions/movement.h"
#include "core/subscriptions/spell_buffer.h"

/* An empty movement of what a spell buffer's rows are asked */
extern Movement *movement_of_spells(const SpellBuffer *spell_buffer,
									Context context);

/* Walk every customer of a spell buffer into a movement. */
extern void movement_spells_finish(SpellBuffer *spell_buffer,
								   Movement *movement);

#endif /* CVM_CORE_SUBSCRIPTIONS_MOVEMENT_SPELLS_H */
