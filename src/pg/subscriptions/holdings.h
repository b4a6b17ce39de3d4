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
#include "pg/label.h"

extern Holdings *holdings_read(Datum datum);
extern int holdings_steps(const Holdings *holdings, Day as_of, Step **steps);
extern int holdings_pauses(const Holdings *holdings, int32 days, Day as_of,
						   Step **steps);

/* A name by its number; NULL: none */
static inline Datum
holdings_name(const Holdings *holdings, int32_t number, bool *is_null)
{
	*is_null = number < 0;
	return *is_null ? (Datum) 0 : label_datum(&holdings->names[number]);
}

#endif /* CVM_PG_SUBSCRIPTIONS_HOLDINGS_H */
