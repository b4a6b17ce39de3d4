/*
 * footing.h
 *		Money rounded to a currency's minor units so that it still adds up.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_FOOTING_H
#define CVM_CORE_UTIL_FOOTING_H

#include "core/util/exact.h"

/* What a column of a waterfall is, and of which other one it tells */
typedef enum FootingRole
{
	FOOTING_SUM,	 /* adds up over segments, and that is all */
	FOOTING_OPENING, /* the closing of the period before */
	FOOTING_LINE,	 /* opening and lines make the closing */
	FOOTING_MOVE,	 /* a line that goes from segment to segment */
	FOOTING_CLOSING,
	FOOTING_PART, /* a part of the column "of" */
	FOOTING_STOCK /* what the line "of" has taken away so far */
} FootingRole;

typedef struct FootingColumn
{
	FootingRole role;
	int of;
} FootingColumn;

/* A row of it: a segment, or all of them, in a period */
typedef struct FootingRow
{
	int64_t period;
	int segment; /* 0 .. segments - 1, -1: the total */
} FootingRow;

/*
 * Amounts and what is shown of them are tables of rows by columns; rows are in
 * the order of their periods.
 */
extern void foot(const FootingColumn *columns, int ncolumns,
				 const FootingRow *rows, size_t nrows, int nsegments,
				 const Exact *amounts, Wide *shown);

#endif /* CVM_CORE_UTIL_FOOTING_H */
