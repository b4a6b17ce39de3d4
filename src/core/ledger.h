/*
 * ledger.h
 *		The waterfall from raw spells in one pass.
 *
 * Rows come in any order, so a customer's spells are together only at the
 * end.  Until then a ledger writes them down, each with its customer's number
 * (roster.h) and its product's, in shelves of 1024 customers; then it sorts a
 * shelf at a time by customer, by counting, within the processor's cache, and
 * walks each customer as movement.h does.
 *
 * Life of a ledger: empty; a few rows in a batch, whose customers are numbered
 * together; pages of spells; parcels of other processes added; finished into
 * a movement, which changes nothing.  It costs 24 bytes a spell and about 30
 * a customer, and 4 and 4 more while it is finished.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_LEDGER_H
#define CVM_LEDGER_H

#include "core/movement.h"
#include "core/roster.h"

/* Added to the number of a name that is a segment, not a product */
#define LINE_PLACING (1 << 30)

/* A line of the ledger: a spell, or a time in a segment, with its version */
typedef struct Line
{
	uint32_t slot;	 /* the customer's */
	int32_t product; /* its number; ~number when mrr is the number of a Wide */
	Day start;
	Day end;
	int64_t mrr;
} Line;

/* Lines are given out by the chunk; 0 is the first of them, and no next */
#define CHUNK_LINES 64

typedef struct Shelf
{
	uint32_t first; /* chunk */
	uint32_t last;
	uint32_t nlines;
} Shelf;

typedef struct Ledger
{
	HostArena arena;
	KeyKind kind;
	Calendar calendar;
	Day as_of;
	int scale;
	Roster roster;
	uint32_t nlines;
	uint32_t nchunks;
	Pages lines; /* by chunk * CHUNK_LINES + place in it */
	Pages nexts; /* by chunk: the next one of its shelf, or 0 */
	uint32_t nshelves;
	Pages shelves;	 /* by slot >> PAGE_SHIFT */
	uint32_t nwides; /* prices that 64 bits do not hold */
	Pages wides;

	/* products by number, and a hash table of number + 1 */
	int nproducts;
	int room;
	Label *products;
	uint32_t table_size;
	uint32_t *table;

	/* rows whose customers are not numbered yet */
	int used;
	int batch_room;
	Key *keys;
	Line *batch;
	char *text; /* of their keys */
	size_t text_used;
	size_t text_room;
} Ledger;

extern Ledger *ledger_new(HostArena arena, KeyKind kind, Calendar calendar,
						  Day as_of);
extern void ledger_add(Ledger *ledger, Key key, const SpellRow *row);
extern void ledger_place(Ledger *ledger, Key key, Day start, Day end,
						 const Label *segment, int64_t version);
extern void ledger_finish(Ledger *ledger, Movement *movement);

/* Take the lines of a customer, in the order in which they came. */
typedef void (*LedgerTake)(void *taker, uint32_t slot, const Line *const *lines,
						   uint32_t nlines);

extern void ledger_each(Ledger *ledger, LedgerTake take, void *taker);
extern void ledger_encode(Ledger *ledger, ByteWriter *writer);
extern Ledger *ledger_absorb(Ledger *into, HostArena arena, const void *data,
							 size_t size);

/* Is a line a time in a segment? */
static inline bool
line_places(const Line *line)
{
	return line->product >= 0 && (line->product & LINE_PLACING) != 0;
}

/* The price of a line. */
static inline Wide
line_mrr(const Ledger *ledger, const Line *line)
{
	if (line->product >= 0)
		return line->mrr;
	return *(const Wide *) pages_peek(&ledger->wides, (uint32_t) line->mrr);
}

#endif /* CVM_LEDGER_H */
