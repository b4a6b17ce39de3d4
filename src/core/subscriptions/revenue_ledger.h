/*
 * revenue_ledger.h
 *		Retention of customers and of money from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_REVENUE_LEDGER_H
#define CVM_CORE_SUBSCRIPTIONS_REVENUE_LEDGER_H

#include "core/subscriptions/ledger.h"
#include "core/subscriptions/revenue.h"

/* Walk every customer of a ledger into a retention. */
extern void revenue_ledger_finish(Ledger *ledger, Revenue *revenue);

#endif /* CVM_CORE_SUBSCRIPTIONS_REVENUE_LEDGER_H */
