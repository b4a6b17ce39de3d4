/*
 * scan_explain.h
 *		EXPLAIN ANALYZE names the scans that folds read, and says why others are
 *		not read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SCAN_EXPLAIN_H
#define CVM_PG_SCAN_EXPLAIN_H

#include "postgres.h"

extern void scan_explain_init(void);

/*
 * An aggregate reads the scan of a table (reason NULL), or not; table NULL: of
 * none.  Noted once for all groups and all times that a plan is run again.
 */
extern void scan_explain_note(Oid aggregate, const char *table,
							  const char *reason);

#endif /* CVM_PG_SCAN_EXPLAIN_H */
