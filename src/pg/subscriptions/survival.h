/*
 * survival.h
 *		Datums of survival.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SUBSCRIPTIONS_SURVIVAL_H
#define CVM_PG_SUBSCRIPTIONS_SURVIVAL_H

#include "postgres.h"

#include <math.h>

#include "core/subscriptions/survival.h"
#include "fmgr.h"

extern const Survival *survival_read(Datum datum);
extern Survival *survival_step(FunctionCallInfo fcinfo, const char *name,
							   Datum *result);

#endif /* CVM_PG_SUBSCRIPTIONS_SURVIVAL_H */
