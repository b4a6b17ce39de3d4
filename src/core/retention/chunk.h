/*
 * chunk.h
 *		Customers on their way from one fold to another: to another process,
 *		or to a file and back.
 *
 * A chunk is a head, blocks of up to 256 customers with their words of every
 * bitmap column, the sums, in pieces of up to 256 of one period, and the
 * memberships, in pieces of as many.  It says where its bitmap columns begin,
 * for every fold has a base of its own, and what its segments are called.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_CHUNK_H
#define CVM_CORE_RETENTION_CHUNK_H

#include "core/retention/fold_state.h"

/* What goes ahead of the blocks */
typedef struct FoldHead
{
	KeyKind kind;
	Calendar calendar;
	bool is_marked;
	bool has_values;
	bool has_value;
	bool is_empty;
	int scale;
	Day last;
	bool has_as_of;
	Day as_of;
	int32_t nbitmap_columns[2];
	bool has_sums;
	bool has_memberships;
	int32_t nsegments;
	uint32_t ncustomers; /* to make room for; 0: unknown */
} FoldHead;

/* What goes ahead of customers, counted over all blocks, and their sums */
typedef struct SumHead
{
	int32_t count; /* 0: the end */
	Period bit;
	bool is_wide; /* sums have high halves */
} SumHead;

/*
 * A sum as bits that are few where it is small, whatever its sign, and back
 */
static inline UWide
sum_fold(Wide sum)
{
	return ((UWide) sum << 1) ^ (UWide) (sum >> 127);
}

static inline Wide
sum_unfold(UWide bits)
{
	return (Wide) (bits >> 1) ^ -(Wide) (bits & 1);
}

/* chunk_write.c */
extern uint32_t chunk_write(Fold *fold, const uint8_t *parts, int part,
							ByteWriter *writer);

/* chunk_read.c */
extern void chunk_absorb(Fold *into, ByteReader *reader);

/* What is done with customers that are all in memory */
typedef void (*FoldTake)(Fold *fold, void *arg);
extern void fold_each_part(Fold *fold, FoldTake take, void *arg);

#endif /* CVM_CORE_RETENTION_CHUNK_H */
