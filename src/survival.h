/*
 * survival.h
 *		Datums of survival.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SURVIVAL_DATUM_H
#define CVM_SURVIVAL_DATUM_H

#include "postgres.h"

#include <math.h>

#include "core/survival.h"
#include "fmgr.h"

extern const Survival *survival_read(Datum datum);
extern Survival *survival_step(FunctionCallInfo fcinfo, const char *name,
							   Datum *result);

/* A number as a datum: NULL where it is not defined. */
static inline Datum
number_datum(double number, bool *isnull)
{
	*isnull = isnan(number) || isinf(number);
	return Float8GetDatum(*isnull ? 0 : number);
}

#endif /* CVM_SURVIVAL_DATUM_H */
