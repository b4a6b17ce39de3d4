/*
 * overflow.h
 *		What does not fit into memory, in files by part of the customers.
 *
 * A state that passes its budget of memory divides its customers into 32 parts
 * by their hash, writes each part to a file of its own, as one more piece, and
 * begins anew with no customers.  At the end the parts are read back one after
 * the other, each with a thirty-second of the customers; a part that is still
 * too large is divided again, by other bits of the hash.  All pieces of a
 * customer are in one part and add up, so the answer is the same.
 *
 * The state owns the policy: it asks where rows come in whether to overflow,
 * and knows how its customers are written and read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_OVERFLOW_H
#define CVM_CORE_ROWS_OVERFLOW_H

#include "core/rows/key_table.h"

#define OVERFLOW_BITS 5
#define OVERFLOW_PARTS (1 << OVERFLOW_BITS)
#define OVERFLOW_LEVELS 6	   /* parts of parts of parts, and no further */
#define OVERFLOW_LOOK_EVERY 16 /* flushes between two looks at the memory */

typedef struct Overflow
{
	Context context;
	size_t budget; /* bytes; 0: no limit */
	int level;	   /* of the part that is read; 0: it is whole */
	int flushes;
	TempFile *parts; /* NULL: nothing was written */
} Overflow;

extern void overflow_open(Overflow *overflow, Context context, size_t budget,
						  int level);
extern void overflow_make_files(Overflow *overflow);
extern void overflow_close_files(Overflow *overflow);
extern uint8_t *overflow_divide(const Overflow *overflow,
								const KeyTable *key_table);
extern void overflow_read(TempFile file, void *data, size_t size);
extern bool overflow_read_head(TempFile file, void *head, size_t size);

static inline int
overflow_part(uint64_t hash, int level)
{
	return (int) (hash >> (OVERFLOW_BITS * level)) & (OVERFLOW_PARTS - 1);
}

/* May a state of this size overflow?  Its parts may not for ever. */
static inline bool
overflow_is_due(const Overflow *overflow, size_t size)
{
	return overflow->budget > 0 && overflow->level < OVERFLOW_LEVELS &&
		   size > overflow->budget;
}

/* Is it time to look at the memory in use?  Asked after each flush. */
static inline bool
overflow_look(Overflow *overflow)
{
	return overflow->budget > 0 &&
		   ++overflow->flushes % OVERFLOW_LOOK_EVERY == 0;
}

#endif /* CVM_CORE_ROWS_OVERFLOW_H */
