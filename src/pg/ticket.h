/*
 * ticket.h
 *		A state of an aggregate that several functions read.
 *
 * An aggregate answers with one value, and the rows of all customers may be
 * more than a value holds.  So _customer_move_agg() answers with a ticket for
 * its state, which _customer_moves() reads while the query runs that made it;
 * _last_day_agg() with one that _last_days() reads, and _timelines_agg() with
 * one for _timelines().
 * The state stays where it is: a ticket can be kept in a tuplestore, and read
 * several times.  It is made of random bytes, so that nobody who has none can
 * read what a view of somebody else has gathered.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_TICKET_H
#define CVM_PG_TICKET_H

#include "postgres.h"

#include "fmgr.h"

extern Datum ticket_make(MemoryContext context, const char *aggregate,
						 void *state);

/* The end of an aggregate whose state is read by its ticket. */
extern Datum ticket_final(FunctionCallInfo fcinfo, const char *aggregate);

extern void *ticket_read(Datum datum, const char *aggregate);

#endif /* CVM_PG_TICKET_H */
