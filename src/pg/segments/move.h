/*
 * move.h
 *		What moved of a customer, as one value, and what its columns are called.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_MOVE_H
#define CVM_PG_SEGMENTS_MOVE_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "core/segments/segment_moves.h"
#include "pg/segments/move_ticket.h"

/*
 * A move as bytes, which lie anywhere; the name of a customer follows, if it is
 * longer than a key
 */
typedef struct __attribute__((packed)) Move
{
	Key customer;
	Wide change;
	Wide before;
	Wide after;
	int32 customers;
	Period period;
	int32 segment;
	int32 product; /* this and what follows: a number, or -1 */
	int32 from_product;
	int32 channel;
	int32 reason;
	int32 owner; /* of MoveNames */
	uint8 line;
	uint8 cause;
} Move;

#define AMOUNTS 1024
#define PERIODS 64

/* An amount as a numeric: those that come first are kept, as most come again */
typedef struct Amount
{
	Wide mantissa;
	Datum datum; /* 0: none yet */
} Amount;

/* A period as it is shown */
typedef struct PeriodOut
{
	bool is_known;
	Period period;
	Datum start;
	bool start_is_null;
	bool is_complete;
	Datum label;
	char text[32];
} PeriodOut;

/* What the moves of a state are called, made when it is first asked for */
typedef struct MoveNames
{
	MemoryContext context; /* that of the state */
	SegmentCustomers customers;
	Datum lines[MOVEMENT_LINES];
	Datum causes[MOVEMENT_CAUSES];
	Datum promotion_end;
	Datum unknown;
	Datum *segments; /* by number, or 0 */
	Datum *products;
	Datum *channels; /* by number of the name */
	Datum *reasons;
	Datum *owners; /* in the order in which they were given */
	int nowners;
	StringInfoData key; /* a row_key is made in it, one after the other */
	Amount amounts[AMOUNTS];
	PeriodOut periods[PERIODS];
} MoveNames;

extern MoveNames *move_names_make(SpellBufferState *state);

static inline MoveNames *
move_names(SpellBufferState *state)
{
	return likely(state->answers != NULL) ? state->answers
										  : move_names_make(state);
}

/* A text that is kept from the first time on */
extern Datum move_kept_text(MoveNames *names, Datum *kept, const Label *label);

/* What a period is called: of those that are kept, or in other */
extern const PeriodOut *move_period(MoveNames *names, Period period,
									PeriodOut *other);
/* The number of a segment, or -1 */
extern int move_segment_number(const SegmentCustomers *customers,
							   const Label *name);
extern Datum move_amount(MoveNames *names, Wide mantissa);
extern void move_refuse(void) __attribute__((noreturn));

#endif /* CVM_PG_SEGMENTS_MOVE_H */
