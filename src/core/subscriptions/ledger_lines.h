/*
 * ledger_lines.h
 *		What the files of the ledger share: its lines, partition by partition.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_LEDGER_LINES_H
#define CVM_CORE_SUBSCRIPTIONS_LEDGER_LINES_H

#include "core/subscriptions/ledger.h"

/* The head of a packed line */
#define PACKED_MEMBERSHIP (1u << PAGE_SHIFT)
#define PACKED_PAUSED (2u << PAGE_SHIFT)
#define PACKED_MARKS (PACKED_MEMBERSHIP | PACKED_PAUSED)
#define PACKED_NAME_SHIFT (PAGE_SHIFT + 2)
#define PACKED_ODD (UINT32_MAX >> PACKED_NAME_SHIFT) /* for a name: see mrr */

/* ledger.c: lines in memory */
extern void ledger_forget(Ledger *ledger);
extern size_t ledger_size(const Ledger *ledger);
extern void ledger_flush(Ledger *ledger);
extern void ledger_scale(Ledger *ledger, int scale);
extern void ledger_write(Ledger *ledger, uint32_t slot, Packed line);

/* ledger_bytes.c: customers with their lines on the way */
typedef struct Sink
{
	HostFile file;		/* either */
	ByteWriter *writer; /* or */
} Sink;

typedef struct ChunkHead
{
	size_t size; /* of what follows */
	uint64_t nlines;
	uint32_t nkeys;
	int scale;
} ChunkHead;

extern void chunks_write(const Ledger *ledger, uint32_t from, uint32_t to,
						 const uint8_t *parts, const Sink *sinks, int nsinks);
extern void chunk_read(Ledger *into, const ChunkHead *head, ByteReader *reader,
					   const int32_t *names);

/* ledger_spill.c */
extern void ledger_consider_spill(Ledger *ledger);
extern void ledger_begin(const Ledger *ledger, ByteWriter *writer);
extern void spilled_copy(Ledger *ledger, ByteWriter *writer);

static inline uint32_t
packed_slot(uint32_t partition, const Packed *packed)
{
	return partition << PAGE_SHIFT | (packed->head & PAGE_MASK);
}

static inline bool
packed_is_odd(const Packed *packed)
{
	return packed->head >> PACKED_NAME_SHIFT == PACKED_ODD;
}

static inline Odd *
packed_odd(const Ledger *ledger, const Packed *packed)
{
	return chunked_array_peek(&ledger->odds, (uint32_t) packed->mrr);
}

/* A line to be kept, of a customer not known yet; marks or 0. */
static inline Packed
line_pack(Ledger *ledger, int32_t name, uint32_t marks, Day start, Day end,
		  Wide mrr)
{
	Packed packed = {marks | (uint32_t) name << PACKED_NAME_SHIFT, start, end,
					 (int32_t) mrr};

	if ((uint32_t) name >= PACKED_ODD || packed.mrr != mrr)
	{
		packed.head = marks | PACKED_ODD << PACKED_NAME_SHIFT;
		packed.mrr = (int32_t) ledger->nodds;
		*(Odd *) chunked_array_reach(&ledger->odds, ledger->nodds++) =
			(Odd){name, mrr};
	}
	return packed;
}

/* A line as it is handed out. */
static inline Line
line_unpack(const Ledger *ledger, uint32_t partition, const Packed *packed)
{
	uint32_t marks = (packed->head & PACKED_MEMBERSHIP ? LINE_MEMBERSHIP : 0) |
					 (packed->head & PACKED_PAUSED ? LINE_ON_PAUSE : 0);
	Line line = {packed_slot(partition, packed),
				 (int32_t) (packed->head >> PACKED_NAME_SHIFT | marks),
				 packed->start, packed->end, packed->mrr};

	if (packed_is_odd(packed))
	{
		const Odd *odd = packed_odd(ledger, packed);

		line.product = odd->name | (int32_t) marks;
		line.mrr = (int64_t) odd->mrr;
		if (line.mrr != odd->mrr)
		{
			line.product = ~line.product;
			line.mrr = packed->mrr;
		}
	}
	return line;
}

#endif /* CVM_CORE_SUBSCRIPTIONS_LEDGER_LINES_H */
