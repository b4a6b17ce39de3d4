/*
 * holdings.h
 *		Datums of holdings to what the cores know.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_HOLDINGS_DATUM_H
#define CVM_HOLDINGS_DATUM_H

#include "core/steps.h"
#include "fmgr.h"

extern Holdings *holdings_read(Datum datum);
extern bool argument_spell(FunctionCallInfo fcinfo, int at, bool has_origin,
						   SpellRow *row);
extern int holdings_steps(const Holdings *holdings, Day as_of, Step **steps);

#endif /* CVM_HOLDINGS_DATUM_H */
