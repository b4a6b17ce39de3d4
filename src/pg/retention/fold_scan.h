/*
 * fold_scan.h
 *		Rows for a fold straight from the sequential scan below its aggregate.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_RETENTION_FOLD_SCAN_H
#define CVM_PG_RETENTION_FOLD_SCAN_H

#include "core/rows/batch.h"
#include "pg/row.h"

/* Where rows go: the batch of a fold, which works it off when it is full */
typedef struct FoldRows
{
	Batch *batch;
	void (*make_room)(void *fold);
	void *fold;
} FoldRows;

/*
 * Let a fold that has just begun read the scans below its aggregate, where
 * that comes to the same.  The first row is still the caller's to add.
 */
extern void fold_scan_begin(FunctionCallInfo fcinfo, const RowForm *form,
							FoldRows rows);

#endif /* CVM_PG_RETENTION_FOLD_SCAN_H */
