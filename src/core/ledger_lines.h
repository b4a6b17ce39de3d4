/*
 * ledger_lines.h
 *		What the files of the ledger share: its lines, shelf by shelf.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_LEDGER_LINES_H
#define CVM_LEDGER_LINES_H

#include "core/ledger.h"

extern Line *line_make(Ledger *ledger, uint32_t slot);
extern void line_price(Ledger *ledger, Line *line, Wide mrr);
extern void ledger_flush(Ledger *ledger);
extern void ledger_scale(Ledger *ledger, int scale);

/* A walk over the lines of a shelf */
typedef struct ShelfWalk
{
	const Ledger *ledger;
	uint32_t chunk;
	uint32_t next;
	uint32_t at;
	uint32_t nlines;
} ShelfWalk;

static inline ShelfWalk
shelf_walk(const Ledger *ledger, uint32_t number)
{
	const Shelf *shelf = pages_peek(&ledger->shelves, number);

	return (ShelfWalk){ledger, shelf->first, 0, 0, shelf->nlines};
}

/* The next line, or NULL. */
static inline Line *
shelf_next(ShelfWalk *walk)
{
	uint32_t place = walk->at % CHUNK_LINES;

	if (walk->at == walk->nlines)
		return NULL;
	if (place == 0)
	{
		const Pages *lines = &walk->ledger->lines;

		/* ask for the chunk after this one while this one is read */
		if (walk->at > 0)
			walk->chunk = walk->next;
		walk->next =
			*(uint32_t *) pages_peek(&walk->ledger->nexts, walk->chunk);
		for (int line = 0; walk->next != 0 && line < 4; line++)
			__builtin_prefetch(
				(char *) pages_peek(lines, walk->next * CHUNK_LINES) +
				line * 64);
	}
	walk->at++;
	return pages_peek(&walk->ledger->lines, walk->chunk * CHUNK_LINES + place);
}

#endif /* CVM_LEDGER_LINES_H */
