/*
 * revenue_spells.h
 *		Retention of customers and of money from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_REVENUE_SPELLS_H
#define CVM_CORE_SUBSCRIPTIONS_REVENUE_SPELLS_H

#include "core/subscriptions/revenue.h"
#include "core/subscriptions/spell_buffer.h"

/* Walk every customer of a spell buffer into a retention. */
extern void revenue_spells_finish(SpellBuffer *spell_buffer, Revenue *revenue);

#endif /* CVM_CORE_SUBSCRIPTIONS_REVENUE_SPELLS_H */
