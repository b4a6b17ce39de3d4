/*
 * move_ticket.h
 *		A ticket for spells that _customer_move_agg() has gathered.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_MOVE_TICKET_H
#define CVM_PG_SEGMENTS_MOVE_TICKET_H

#include "postgres.h"

#include "pg/subscriptions/spell_buffer.h"
#include "pg/ticket.h"

extern const char move_aggregate[]; /* segment_moves.c */

static inline Datum
move_ticket_make(MemoryContext context, SpellBufferState *state)
{
	return ticket_make(context, move_aggregate, state);
}

static inline SpellBufferState *
move_ticket_read(Datum datum)
{
	return ticket_read(datum, move_aggregate);
}

#endif /* CVM_PG_SEGMENTS_MOVE_TICKET_H */
