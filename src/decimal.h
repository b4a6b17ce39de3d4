/*
 * decimal.h
 *		numeric to money of the cores, and back.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_DECIMAL_H
#define CVM_DECIMAL_H

#include "core/money.h"
#include "fmgr.h"

extern Wide decimal_read(Datum numeric, int *scale);
extern Datum decimal_make(Wide mantissa, int scale);

#endif /* CVM_DECIMAL_H */
