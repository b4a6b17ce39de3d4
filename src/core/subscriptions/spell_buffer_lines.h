/*
 * spell_buffer_lines.h
 *		What the files of the spell buffer share: its lines, partition by
 *		partition.  Each file knows only those above it here.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_LINES_H
#define CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_LINES_H

#include "core/subscriptions/spell_buffer.h"

/* The head of a packed line */
#define PACKED_MEMBERSHIP (1u << PAGE_SHIFT)
#define PACKED_PAUSED (2u << PAGE_SHIFT)
#define PACKED_MARKS (PACKED_MEMBERSHIP | PACKED_PAUSED)
#define PACKED_NAME_SHIFT (PAGE_SHIFT + 2)
#define PACKED_WIDE (UINT32_MAX >> PACKED_NAME_SHIFT) /* for a name: see mrr */

/* spell_buffer.c: lines in memory */
extern void spell_buffer_open(SpellBuffer *spell_buffer, Context context,
							  KeyKind kind, const SpellTerms *terms);
extern void spell_buffer_forget(SpellBuffer *spell_buffer);
extern size_t spell_buffer_size(const SpellBuffer *spell_buffer);
extern void spell_buffer_flush(SpellBuffer *spell_buffer);
extern bool far_pack(SpellBuffer *spell_buffer, Day day, uint16_t *number);
extern void spell_buffer_write(SpellBuffer *spell_buffer, uint32_t slot,
							   Packed line);

/* spell_chunk_write.c: customers with their lines on the way */
typedef struct ChunkHead
{
	uint64_t nlines;
	uint32_t nkeys;
	int scale;
} ChunkHead;

/* What goes ahead of the chunks for another process */
typedef struct SpellBufferHead
{
	KeyKind kind;
	SpellTerms terms;
	int scale;
	int nnames;
} SpellBufferHead;

extern void chunks_write(const SpellBuffer *spell_buffer, uint32_t from,
						 uint32_t to, const uint8_t *parts, ByteWriter *writers,
						 int nwriters);
extern void spell_buffer_begin(const SpellBuffer *spell_buffer,
							   ByteWriter *writer);

/* spell_buffer_overflow.c: parts in a file */
extern void spell_buffer_overflow(SpellBuffer *spell_buffer);
extern void spell_buffer_consider_overflow(SpellBuffer *spell_buffer);

/* spell_chunk_read.c */
extern void chunk_read(SpellBuffer *into, ByteReader *reader,
					   const int32_t *names);

static inline uint32_t
packed_slot(uint32_t partition, const Packed *packed)
{
	return partition << PAGE_SHIFT | (packed->head & PAGE_MASK);
}

static inline bool
packed_is_wide(const Packed *packed)
{
	return packed->head >> PACKED_NAME_SHIFT == PACKED_WIDE;
}

static inline WideEntry *
packed_wide(const SpellBuffer *spell_buffer, const Packed *packed)
{
	return chunked_array_peek(&spell_buffer->wide, (uint32_t) packed->mrr);
}

/* The number of a day; false: there are too many others already. */
static inline bool
day_pack(SpellBuffer *spell_buffer, Day day, uint16_t *number)
{
	if ((uint32_t) day - (uint32_t) NEAR_FIRST < NEAR_DAYS)
		*number = (uint16_t) (day - NEAR_FIRST);
	else if (day == SPELL_OPEN)
		*number = UINT16_MAX;
	else
		return far_pack(spell_buffer, day, number);
	return true;
}

static inline Day
day_unpack(const SpellBuffer *spell_buffer, uint16_t number)
{
	if (number < NEAR_DAYS)
		return NEAR_FIRST + number;
	return number == UINT16_MAX ? SPELL_OPEN
								: spell_buffer->far[number - NEAR_DAYS];
}

/* A line to be kept, of a customer not known yet; marks or 0. */
static inline Packed
line_pack(SpellBuffer *spell_buffer, int32_t name, uint32_t marks, Day start,
		  Day end, Wide mrr)
{
	Packed packed = {marks | (uint32_t) name << PACKED_NAME_SHIFT, 0, 0,
					 (int32_t) mrr};

	if ((uint32_t) name >= PACKED_WIDE || packed.mrr != mrr ||
		!day_pack(spell_buffer, start, &packed.start) ||
		!day_pack(spell_buffer, end, &packed.end))
	{
		packed.head = marks | PACKED_WIDE << PACKED_NAME_SHIFT;
		packed.mrr = (int32_t) spell_buffer->nwide;
		*(WideEntry *) chunked_array_reach(&spell_buffer->wide,
										   spell_buffer->nwide++) =
			(WideEntry){name, start, end, mrr};
	}
	return packed;
}

/* A line as it is handed out. */
static inline Line
line_unpack(const SpellBuffer *spell_buffer, uint32_t partition,
			const Packed *packed)
{
	uint32_t marks = (packed->head & PACKED_MEMBERSHIP ? LINE_MEMBERSHIP : 0) |
					 (packed->head & PACKED_PAUSED ? LINE_ON_PAUSE : 0);
	Line line = {packed_slot(partition, packed),
				 (int32_t) (packed->head >> PACKED_NAME_SHIFT | marks),
				 day_unpack(spell_buffer, packed->start),
				 day_unpack(spell_buffer, packed->end), packed->mrr};

	if (packed_is_wide(packed))
	{
		const WideEntry *entry = packed_wide(spell_buffer, packed);

		line.product = entry->name | (int32_t) marks;
		line.start = entry->start;
		line.end = entry->end;
		line.mrr = (int64_t) entry->mrr;
		if (line.mrr != entry->mrr)
		{
			line.product = ~line.product;
			line.mrr = packed->mrr;
		}
	}
	return line;
}

#endif /* CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_LINES_H */
