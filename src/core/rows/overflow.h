/*
 * overflow.h
 *		What does not fit into memory, in a file, by part of the customers.
 *
 * A state that is told to overflow divides its customers into 32 parts by their
 * hash, writes each part to the file as one more piece, and begins anew with no
 * customers.  At the end the parts are read back one after the other, each with
 * a thirty-second of the customers; a part that is still too large is divided
 * again, by other bits of the hash.  All pieces of a customer are in one part
 * and add up, in any order, so the answer is the same.
 *
 * The states of one aggregation, one a group, share a budget of memory and a
 * file.  Each says what it has in use; when that is too much together, the
 * largest are told to overflow.  So the sum is bounded, not each state, and
 * many states need no more files than one: a piece names the one before it of
 * the same part.  A small state is not divided: it is one part.
 *
 * The state owns what its customers are and how they are written and read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_OVERFLOW_H
#define CVM_CORE_ROWS_OVERFLOW_H

#include "core/rows/key_table.h"
#include "core/util/bytes.h"

#define OVERFLOW_BITS 5
#define OVERFLOW_PARTS (1 << OVERFLOW_BITS)
#define OVERFLOW_LEVELS 6 /* parts of parts of parts, and no further */

/* A file that pieces are added to */
typedef struct PieceFile
{
	Context context;
	TempFile file; /* NULL: nothing was written */
	uint64_t end;
} PieceFile;

struct Overflow;

/* What states share */
typedef struct Budget
{
	size_t bytes; /* 0: no limit */
	size_t used;  /* by all states, as they said */
	size_t
		limit; /* at which they are asked: bytes, or more if that was in vain */
	struct Overflow *states;
	PieceFile pieces;
} Budget;

/* What has been written of a state, or of a part that is divided again */
typedef struct OverflowParts
{
	int level;		/* 0: of the whole */
	int bits;		/* of the number of a part */
	PieceFile own;	/* of a part that is divided again: closed with it */
	uint64_t *last; /* by part: 1 + where its last piece begins, or 0 */
} OverflowParts;

typedef void (*OverflowWrite)(void *state);

/* Of a state */
typedef struct Overflow
{
	Context context;
	Budget *budget;		 /* NULL: no limit */
	OverflowWrite write; /* writes the customers of the state, forgets them */
	void *state;
	struct Overflow *next; /* of the states that share the budget */
	struct Overflow **link;
	size_t used; /* what it has said, and what of it writing gives back */
	size_t gives;
	OverflowParts parts;
} Overflow;

/* A part that is read */
typedef struct PieceReader
{
	PieceFile *pieces;
	uint64_t at; /* 1 + where the next piece begins, or 0 */
	uint8_t *data;
	size_t size;
} PieceReader;

extern void budget_open(Budget *budget, Context context, size_t bytes);
extern void budget_close(Budget *budget);

extern void overflow_open(Overflow *overflow, Context context, Budget *budget,
						  int level, OverflowWrite write, void *state);
extern void overflow_close(Overflow *overflow);
extern void overflow_say(Overflow *overflow, size_t used, size_t gives);
extern void overflow_begin(Overflow *overflow);
extern uint8_t *overflow_divide(const Overflow *overflow,
								const KeyTable *key_table);
extern void overflow_put(Overflow *overflow, int part, const void *data,
						 size_t size);
extern void overflow_descend(Overflow *overflow, OverflowParts *above);
extern void overflow_ascend(Overflow *overflow, OverflowParts *above);
extern void piece_reader_open(PieceReader *reader, Overflow *overflow,
							  OverflowParts *parts, int part);
extern bool piece_next(PieceReader *reader);

static inline int
overflow_nparts(const OverflowParts *parts)
{
	return 1 << parts->bits;
}

/* The part of a customer */
static inline int
overflow_part(const OverflowParts *parts, uint64_t hash)
{
	return (int) (hash >> (OVERFLOW_BITS * parts->level)) &
		   (overflow_nparts(parts) - 1);
}

/* Has something been written? */
static inline bool
overflow_is_written(const Overflow *overflow)
{
	return overflow->parts.last != NULL;
}

#endif /* CVM_CORE_ROWS_OVERFLOW_H */
