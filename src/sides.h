/*
 * sides.h
 *		Arguments that say which products are focal and which are donors.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SIDES_H
#define CVM_SIDES_H

#include "core/entries.h"
#include "fmgr.h"

extern uint8_t *argument_sides(FunctionCallInfo fcinfo, int focal, int donors,
							   const Holdings *holdings);
extern int32_t argument_days(FunctionCallInfo fcinfo, int argument,
							 const char *name, const char *hint);
extern int argument_day_list(FunctionCallInfo fcinfo, int argument,
							 const char *name, int32_t **days);

#endif /* CVM_SIDES_H */
