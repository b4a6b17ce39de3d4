/*
 * spell_buffer.h
 *		Aggregates over raw spells in one pass
 *		(core/subscriptions/spell_buffer.h).
 *
 * Their steps read a row with spell_buffer_row() and add it; combine,
 * serialize and deserialize are the same for all of them; each ends in a
 * reading of its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SUBSCRIPTIONS_SPELL_BUFFER_H
#define CVM_PG_SUBSCRIPTIONS_SPELL_BUFFER_H

#include "postgres.h"

#include "core/subscriptions/spell_buffer.h"
#include "pg/passing.h"
#include "pg/row.h"
#include "pg/step_choice.h"
#include "pg/subscriptions/holdings.h"
#include "utils/array.h"

/*
 * The state of the aggregate: a spell buffer of its own, or what a parallel
 * worker sent, still in its bytes until it is merged.
 */
typedef struct SpellBufferState
{
	PassedState passed;
	SpellBuffer *spell_buffer;
	ArrayType *given;	 /* families of segment_flow_agg, or numbers that ask */
	int span;			 /* of segment_flow_agg; 0: neither is known yet */
	bool terms_are_same; /* in every row, as they were in the first */
	void *answers;		 /* of segment_waterfalls.c: what was read of it */
	int decimals;		 /* of segment_moves.c: of prices, without zeros */
	Day first_day;		 /* likewise: of spells, where there are any */
	bool has_spells;
	StepChoice *choice; /* of segment_moves.c: which rows wait, or NULL */
} SpellBufferState;

typedef struct SpellBufferRow
{
	SpellBufferState *state;
	Key key;
	SpellRow spell;
} SpellBufferRow;

/* Where the arguments stand after customer, product, days and price */
typedef struct SpellBufferArguments
{
	int grain; /* then as_of; 0: has none, and as_of is where it says */
	int as_of;
	bool with_as_of; /* what begins on as_of is seen too */
	int clock;		 /* 0, and so the others: has none */
	int paused;		 /* is the line paused? */
	int pause_days;
	int since; /* then until and decimals: of which days customers matter */
} SpellBufferArguments;

/* The bytes of a buffer for another process, piece by piece, at the end of others */
extern void spell_buffer_pass(SpellBuffer *spell_buffer, ByteWriter *writer);

/* Add pieces that another process sent; into may be NULL. */
extern SpellBuffer *spell_buffer_passed(FunctionCallInfo fcinfo,
										MemoryContext context,
										SpellBuffer *into, const void *data,
										size_t size);

extern void spell_buffer_finish_choice(SpellBufferState *state);
extern void spell_buffer_customer(FunctionCallInfo fcinfo,
								  const SpellBufferArguments *arguments,
								  const char *name, SpellBufferRow *row);
extern bool spell_buffer_row(FunctionCallInfo fcinfo,
							 const SpellBufferArguments *arguments,
							 const char *name, SpellBufferRow *row);

/* What a step returns: the state, or NULL while there is none */
#define PG_RETURN_SPELL_BUFFER(state) \
	do                                \
	{                                 \
		if ((state) == NULL)          \
			PG_RETURN_NULL();         \
		PG_RETURN_POINTER(state);     \
	} while (0)

#endif /* CVM_PG_SUBSCRIPTIONS_SPELL_BUFFER_H */
