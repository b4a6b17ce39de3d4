/*
 * ticket.c
 *		A state of an aggregate that several functions read (ticket.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/state_type.h"
#include "pg/ticket.h"

#define TICKET_SIZE 16

/* A state that may be read */
typedef struct Ticket
{
	dlist_node node;
	char bytes[TICKET_SIZE];
	const char *aggregate; /* whose state it is: its name, by where it lies */
	void *state;
	MemoryContextCallback callback;
} Ticket;

static dlist_head tickets = DLIST_STATIC_INIT(tickets);

static void
ticket_forget(void *arg)
{
	dlist_delete(&((Ticket *) arg)->node);
}

/* A ticket for a state, good as long as the context is. */
Datum
ticket_make(MemoryContext context, const char *aggregate, void *state)
{
	Ticket *ticket = MemoryContextAllocZero(context, sizeof(Ticket));
	bytea *bytes = palloc(VARHDRSZ + TICKET_SIZE);

	if (!pg_strong_random(ticket->bytes, TICKET_SIZE))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not generate random values")));
	ticket->aggregate = aggregate;
	ticket->state = state;
	ticket->callback.func = ticket_forget;
	ticket->callback.arg = ticket;
	dlist_push_head(&tickets, &ticket->node);
	MemoryContextRegisterResetCallback(context, &ticket->callback);
	SET_VARSIZE(bytes, VARHDRSZ + TICKET_SIZE);
	memcpy(VARDATA(bytes), ticket->bytes, TICKET_SIZE);
	PG_RETURN_BYTEA_P(bytes);
}

Datum
ticket_final(FunctionCallInfo fcinfo, const char *aggregate)
{
	MemoryContext context = state_context(fcinfo, aggregate);

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return ticket_make(context, aggregate, PG_GETARG_POINTER(0));
}

/* The state of a ticket of an aggregate. */
void *
ticket_read(Datum datum, const char *aggregate)
{
	bytea *bytes = (bytea *) DatumGetPointer(datum);
	dlist_iter at;

	if (unlikely(VARATT_IS_EXTERNAL(bytes) || VARATT_IS_COMPRESSED(bytes)))
		bytes = DatumGetByteaPP(datum);

	if (VARSIZE_ANY_EXHDR(bytes) == TICKET_SIZE)
		dlist_foreach(at, &tickets)
		{
			Ticket *ticket = dlist_container(Ticket, node, at.cur);

			if (ticket->aggregate == aggregate &&
				memcmp(ticket->bytes, VARDATA_ANY(bytes), TICKET_SIZE) == 0)
				return ticket->state;
		}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("no state of %s is read with this ticket", aggregate),
			 errhint("Read it in the query that makes it.")));
}
