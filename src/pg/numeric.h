/*
 * numeric.h
 *		numeric to money of the cores, and back.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_NUMERIC_H
#define CVM_PG_NUMERIC_H

#include "core/util/money.h"
#include "fmgr.h"

extern Wide decimal_read(Datum numeric, int *scale);
extern Datum decimal_make(Wide mantissa, int scale);

#endif /* CVM_PG_NUMERIC_H */
