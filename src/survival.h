/*
 * survival.h
 *		Datums of survival.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SURVIVAL_DATUM_H
#define CVM_SURVIVAL_DATUM_H

#include "core/survival.h"
#include "fmgr.h"

extern const Survival *survival_read(Datum datum);
extern Survival *survival_step(FunctionCallInfo fcinfo, const char *name,
							   Datum *result);

#endif /* CVM_SURVIVAL_DATUM_H */
