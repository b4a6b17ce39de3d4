/*
 * ledger.h
 *		Aggregates over raw spells in one pass (core/subscriptions/ledger.h).
 *
 * Their steps read a row with ledger_row() and add it; combine, serialize and
 * deserialize are the same for all of them; each ends in a reading of its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SUBSCRIPTIONS_LEDGER_H
#define CVM_PG_SUBSCRIPTIONS_LEDGER_H

#include "postgres.h"

#include "core/subscriptions/ledger.h"
#include "pg/row.h"
#include "pg/subscriptions/holdings.h"
#include "utils/array.h"

/*
 * The state of the aggregate: a ledger of its own, or what a parallel worker
 * sent, still in its bytes until it is merged.
 */
typedef struct LedgerState
{
	Ledger *ledger;
	bytea *bytes;
	ArrayType *families; /* of segment_flow_agg */
	int span;			 /* likewise; 0: not told yet */
} LedgerState;

typedef struct LedgerRow
{
	LedgerState *state;
	Key key;
	SpellRow spell;
} LedgerRow;

/* Where the arguments stand after customer, product, days and price */
typedef struct LedgerArguments
{
	int grain;	/* then as_of */
	int clock;	/* 0, and so the others: has none */
	int paused; /* is the line paused? */
	int pause_days;
} LedgerArguments;

extern size_t ledger_budget(FunctionCallInfo fcinfo, LedgerState *state);
extern bool ledger_row(FunctionCallInfo fcinfo,
					   const LedgerArguments *arguments, const char *name,
					   LedgerRow *row);

/* What a step returns: the state, or NULL while there is none */
#define PG_RETURN_LEDGER(state)   \
	do                            \
	{                             \
		if ((state) == NULL)      \
			PG_RETURN_NULL();     \
		PG_RETURN_POINTER(state); \
	} while (0)

#endif /* CVM_PG_SUBSCRIPTIONS_LEDGER_H */
