/*
 * product_roles.h
 *		Parameters about entries: which products are focal and
 *		which are donors, and the windows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CANNIBALIZATION_PRODUCT_ROLES_H
#define CVM_PG_CANNIBALIZATION_PRODUCT_ROLES_H

#include "core/cannibalization/entries.h"
#include "fmgr.h"

extern uint8_t *argument_product_roles(FunctionCallInfo fcinfo, int focal,
									   int donors, const Holdings *holdings);
extern bool *argument_offers(FunctionCallInfo fcinfo, int argument,
							 const Holdings *holdings);
extern int32_t argument_days(FunctionCallInfo fcinfo, int argument,
							 const char *name, const char *hint);
extern int argument_day_list(FunctionCallInfo fcinfo, int argument,
							 const char *name, int32_t **days);
extern Window argument_window(FunctionCallInfo fcinfo, int argument);
extern int argument_windows(FunctionCallInfo fcinfo, int argument,
							Window **windows);
extern int32_t argument_gap(FunctionCallInfo fcinfo, int argument);
extern Label argument_stratum(FunctionCallInfo fcinfo, int argument);

#endif /* CVM_PG_CANNIBALIZATION_PRODUCT_ROLES_H */
