/*
 * subtransaction.h
 *		What may fail without the transaction.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SUBTRANSACTION_H
#define CVM_PG_SUBTRANSACTION_H

#include "postgres.h"

/*
 * Run something in a subtransaction, which then is part of the transaction, or,
 * where that failed, gone.  Returns the error that it failed with, or NULL.
 */
extern ErrorData *subtransaction_run(void (*run)(void *arg), void *arg);

#endif /* CVM_PG_SUBTRANSACTION_H */
