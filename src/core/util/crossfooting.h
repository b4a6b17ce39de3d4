/*
 * crossfooting.h
 *		Money rounded to minor units so that it adds up both ways.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_CROSSFOOTING_H
#define CVM_CORE_UTIL_CROSSFOOTING_H

#include "core/util/exact.h"

/*
 * A table of rows by columns, of which the last row and the last column are
 * totals.
 */
extern void foot_both_ways(const Exact *amounts, int nrows, int ncolumns,
						   Wide *shown);

#endif /* CVM_CORE_UTIL_CROSSFOOTING_H */
