/*
 * numeric.h
 *		numeric to money of the cores, and back.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_NUMERIC_H
#define CVM_PG_NUMERIC_H

#include "core/util/money.h"
#include "core/util/square_sum.h"
#include "fmgr.h"

extern Wide decimal_read(Datum numeric, int *scale);
extern int decimal_scale(Datum numeric);
extern int decimal_typmod_scale(int32 typmod);
extern Datum decimal_make(Wide mantissa, int scale);
extern Datum square_sum_make(const SquareSum *sum, int scale);

#endif /* CVM_PG_NUMERIC_H */
