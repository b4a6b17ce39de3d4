/*
 * placings.h
 *		In which segment a customer was from which day on.
 *
 * Histories hold stays, which may overlap and leave gaps; placings follow one
 * another.  A version says of which definition of the segments a stay is: who
 * is in another segment by another definition has not moved.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_PLACINGS_H
#define CVM_CORE_SEGMENTS_PLACINGS_H

#include "core/subscriptions/holdings.h"

/* A time in a segment; segments are numbered in the order of their names */
typedef struct Stay
{
	Day start;
	Day end;
	int32_t segment;
	int64_t version;
} Stay;

/* From a day on, in a segment: its number, or -1 */
typedef struct Placing
{
	Day day;
	int32_t segment;
	int64_t version;
} Placing;

extern int placings_of(Stay *stays, int nstays, Placing *placings);

#endif /* CVM_CORE_SEGMENTS_PLACINGS_H */
