/*
 * planes.h
 *		Which customer was active in which period: one bit each.
 *
 * A plane holds 64 periods of every customer, a word a slot.  Rows that come in
 * the order of time touch one plane at a time, so that two years of days read
 * and write little more memory than two years of months.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_PLANES_H
#define CVM_CORE_ROWS_PLANES_H

#include "core/rows/chunked_array.h"
#include "core/util/calendar.h"

typedef struct Plane
{
	int32_t number;		/* its first period is base + 64 * number */
	ChunkedArray words; /* by slot: uint64_t */
} Plane;

typedef struct Planes
{
	HostArena arena;
	bool has_base;
	int64_t base;
	int nplanes;
	int room;
	Plane *planes; /* ascending */
	int hint;
} Planes;

extern void planes_open(Planes *planes, HostArena arena);
extern void planes_close(Planes *planes);
extern Plane *planes_find(Planes *planes, int32_t number);
extern size_t planes_size(const Planes *planes);

static inline int32_t
plane_number(const Planes *planes, Period period)
{
	return (int32_t) ((period - planes->base) >> 6);
}

/* The plane of a period, made if need be */
static inline Plane *
planes_at(Planes *planes, Period period)
{
	int32_t number = plane_number(planes, period);

	if (planes->hint < planes->nplanes &&
		planes->planes[planes->hint].number == number)
		return &planes->planes[planes->hint];
	return planes_find(planes, number);
}

/*
 * The word of a customer, made if need be.  Where customers with slots up to
 * most are many, the first page is made whole at once, and no word moves any
 * more.
 */
static inline uint64_t *
plane_reach(Plane *plane, uint32_t slot, uint32_t most)
{
	ChunkedArray *words = &plane->words;

	if (slot < PAGE_ITEMS && most >= PAGE_ITEMS && words->first < PAGE_ITEMS)
		chunked_array_make(words, PAGE_MASK);
	if (chunked_array_lack(words, slot))
		chunked_array_make(words, slot);
	return chunked_array_item(words, slot, sizeof(uint64_t));
}

static inline uint64_t
plane_bit(const Planes *planes, Period period)
{
	return UINT64_C(1) << ((period - planes->base) & 63);
}

/* The first period of a plane */
static inline int64_t
plane_first(const Planes *planes, const Plane *plane)
{
	return planes->base + (int64_t) plane->number * 64;
}

/* A customer's word in a plane */
static inline uint64_t
plane_word(const Plane *plane, uint32_t slot)
{
	const uint64_t *word = chunked_array_peek(&plane->words, slot);

	return word ? *word : 0;
}

#endif /* CVM_CORE_ROWS_PLANES_H */
