/*
 * holdings.h
 *		Datums of holdings to what the cores know.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SUBSCRIPTIONS_HOLDINGS_H
#define CVM_PG_SUBSCRIPTIONS_HOLDINGS_H

#include "postgres.h"

#include "core/subscriptions/steps.h"

extern Holdings *holdings_read(Datum datum);
extern int holdings_steps(const Holdings *holdings, Day as_of, Step **steps);
extern int holdings_pauses(const Holdings *holdings, int32 days, Day as_of,
						   Step **steps);

#endif /* CVM_PG_SUBSCRIPTIONS_HOLDINGS_H */
