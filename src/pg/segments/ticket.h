/*
 * ticket.h
 *		A state of an aggregate that several functions read.
 *
 * An aggregate answers with one value, and the rows of all customers may be
 * more than a value holds.  So _customer_move_agg() answers with a ticket for
 * its state, which _customer_moves() reads while the query runs that made it;
 * and _last_day_agg() with one that _last_days() reads.
 * The state stays where it is: a ticket can be kept in a tuplestore, and read
 * several times.  It is made of random bytes, so that nobody who has none can
 * read what a view of somebody else has gathered.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_TICKET_H
#define CVM_PG_SEGMENTS_TICKET_H

#include "postgres.h"

#include "pg/subscriptions/spell_buffer.h"

extern Datum ticket_make_of(MemoryContext context, const char *aggregate,
							void *state);
extern void *ticket_read_of(Datum datum, const char *aggregate);

/* The same of spells that were gathered */
extern const char move_aggregate[];

static inline Datum
ticket_make(MemoryContext context, SpellBufferState *state)
{
	return ticket_make_of(context, move_aggregate, state);
}

static inline SpellBufferState *
ticket_read(Datum datum)
{
	return ticket_read_of(datum, move_aggregate);
}

#endif /* CVM_PG_SEGMENTS_TICKET_H */
