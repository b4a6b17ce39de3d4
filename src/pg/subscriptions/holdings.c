/*
 * holdings.c
 *		Type holdings: one customer's subscription spells
 *		(core/subscriptions/holdings.h).  What can be read from them is in
 *		spells.c.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/arguments.h"
#include "pg/cannibalization/product_roles.h"
#include "pg/label.h"
#include "pg/state_functions.h"
#include "pg/subscriptions/holdings.h"

#define FIRST_ROOM 116 /* bytes of a new log's rows */

/* Read any holdings: canonical bytes, or the log of an aggregate. */
Holdings *
holdings_read(Datum datum)
{
	StateBytes state = state_bytes(datum);

	if (state.size > 0 && state.data[0] == HOLDINGS_LOG)
	{
		/* alignment: a log is always a full varlena, never packed */
		struct varlena *value = PG_DETOAST_DATUM(datum);

		return spell_log_read((HoldingsLog *) VARDATA(value),
							  VARSIZE(value) - VARHDRSZ);
	}
	return holdings_decode(state.data, state.size);
}

static Datum
holdings_make(const Holdings *holdings)
{
	ByteWriter writer;

	state_open(&writer);
	holdings_encode(holdings, &writer);
	return state_close(&writer);
}

/* Names from outside must be text of this database. */
static Holdings *
decode_verified(const void *data, size_t size)
{
	Holdings *holdings = holdings_decode(data, size);

	labels_verify(holdings->names, holdings->nnames);
	return holdings;
}

STATE_INPUT(holdings, decode_verified)

PG_FUNCTION_INFO_V1(cvm_holdings_is_readable);
Datum
cvm_holdings_is_readable(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_is_readable(&holdings_type, PG_GETARG_DATUM(0)));
}

/* Output and send bring a log to canonical bytes first. */
PG_FUNCTION_INFO_V1(cvm_holdings_out);
Datum
cvm_holdings_out(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(
		cvm_state_out, holdings_make(holdings_read(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(cvm_holdings_send);
Datum
cvm_holdings_send(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(
		cvm_state_send, holdings_make(holdings_read(PG_GETARG_DATUM(0))));
}

/* A log as a varlena, holding what another one holds. */
static struct varlena *
log_make(struct varlena *old, size_t room)
{
	size_t size = VARHDRSZ + sizeof(HoldingsLog) + room;
	struct varlena *value;

	if (size > MaxAllocSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("one customer has too many subscription spells"),
						errhint("Fold them in parts and add the parts up with "
								"rollup().")));
	value = palloc0(size);
	if (old != NULL)
		memcpy(value, old, VARSIZE(old));
	SET_VARSIZE(value, size);
	return value;
}

/* Append a row to a customer's log. */
PG_FUNCTION_INFO_V1(cvm_holdings_add);
Datum
cvm_holdings_add(PG_FUNCTION_ARGS)
{
	struct varlena *value = NULL;
	SpellRow row;

	state_context(fcinfo, "holdings_agg");
	if (!PG_ARGISNULL(0))
	{
		value = (struct varlena *) PG_GETARG_POINTER(0);
		if (VARATT_IS_EXTENDED(value) || *VARDATA(value) != HOLDINGS_LOG)
			elog(ERROR, "state of holdings_agg is not a log");
	}
	if (!argument_spell(fcinfo, 1, PG_NARGS() > 5 ? 5 : 0,
						PG_NARGS() > 7 ? 7 : 0, &row))
	{
		if (value == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(value);
	}
	if (value == NULL)
		value = log_make(NULL, Max(FIRST_ROOM, spell_row_size(&row)));
	while (!spell_log_add((HoldingsLog *) VARDATA(value),
						  VARSIZE(value) - VARHDRSZ, &row))
		value = log_make(value, (VARSIZE(value) + spell_row_size(&row)) * 2);
	PG_RETURN_POINTER(value);
}

/* The end of holdings_agg: canonical bytes. */
PG_FUNCTION_INFO_V1(cvm_holdings_final);
Datum
cvm_holdings_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return holdings_make(holdings_read(PG_GETARG_DATUM(0)));
}

/* Put two parts together: combine, rollup and operator ||. */
PG_FUNCTION_INFO_V1(cvm_holdings_merge);
Datum
cvm_holdings_merge(PG_FUNCTION_ARGS)
{
	return holdings_make(holdings_merge(holdings_read(PG_GETARG_DATUM(0)),
										holdings_read(PG_GETARG_DATUM(1))));
}

/* by_offer(holdings, offers): offers as products. */
PG_FUNCTION_INFO_V1(cvm_by_offer);
Datum
cvm_by_offer(PG_FUNCTION_ARGS)
{
	Holdings *holdings;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	holdings = holdings_read(PG_GETARG_DATUM(0));
	return holdings_make(
		holdings_by_offer(holdings, argument_offers(fcinfo, 1, holdings)));
}

/* The steps before as_of. */
int
holdings_steps(const Holdings *holdings, Day as_of, Step **steps)
{
	*steps = palloc(steps_room(holdings) * sizeof(Step));
	return steps_of(holdings, as_of, *steps);
}

/* The same, and what pauses keep for so many days. */
int
holdings_pauses(const Holdings *holdings, int32 days, Day as_of, Step **steps)
{
	*steps = palloc(steps_room(holdings) * 2 * sizeof(Step));
	return steps_with_pauses(holdings, days, as_of, *steps);
}
