/*
 * spell_reader.h
 *		A spell buffer read customer by customer.
 *
 *		SpellReader reader;
 *
 *		spell_reader_open(&reader, spell_buffer);
 *		while (spell_reader_next(&reader))
 *			... reader.lines, reader.nlines of reader.customer ...
 *		spell_reader_close(&reader);
 *
 * Lines are sorted by customer a partition at a time, by counting; where the
 * buffer has overflowed, its parts are read back one after the other.  That
 * changes no content and may be done again, but not before the end of a buffer
 * that has overflowed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_SPELL_READER_H
#define CVM_CORE_SUBSCRIPTIONS_SPELL_READER_H

#include "core/subscriptions/spell_buffer.h"

/* Parts that are read, of the whole or of a part that was divided again */
typedef struct ReaderLevel
{
	OverflowParts parts;
	int part; /* the one that is read; -1: none yet */
} ReaderLevel;

typedef struct SpellReader
{
	/* what is read: all lines of a customer, in no particular order */
	uint32_t customer; /* counts from 0, each comes once */
	const Line *lines;
	uint32_t nlines; /* at least one */

	SpellBuffer *spell_buffer;
	uint32_t ncustomers;
	uint32_t partition;	 /* the next one */
	uint32_t npartition; /* lines of the one that is read */
	uint32_t at;		 /* of those */
	uint32_t place;		 /* of the next customer in it */
	uint32_t ends[PAGE_ITEMS];
	Line *sorted; /* used again; NULL at first */
	size_t room;
	int nlevels;
	ReaderLevel levels[OVERFLOW_LEVELS + 1];
} SpellReader;

extern void spell_reader_open(SpellReader *reader, SpellBuffer *spell_buffer);
extern bool spell_reader_next(SpellReader *reader);
extern void spell_reader_close(SpellReader *reader);

/* Is what has just been opened in memory, so that it need not be read to its end? */
static inline bool
spell_reader_is_in_memory(const SpellReader *reader)
{
	return reader->nlevels == 0;
}

#endif /* CVM_CORE_SUBSCRIPTIONS_SPELL_READER_H */
