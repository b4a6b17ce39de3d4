/*
 * segment_days.h
 *		In which segment a customer was, from when to when.
 *
 * Times in segments may overlap: of segments at once the one that began last
 * counts, of those the first by name.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_DAYS_H
#define CVM_CORE_SEGMENTS_SEGMENT_DAYS_H

#include "core/util/calendar.h"

/* No first day, no last one */
#define SEGMENT_DAYS_EVER INT64_MIN
#define SEGMENT_DAYS_STILL INT64_MAX

/* The segment of whoever is in none */
#define SEGMENT_DAYS_NONE (-1)

typedef struct SegmentDays
{
	int64_t from;
	int64_t to;		 /* the first day not there */
	int32_t segment; /* numbers are in the order of names */
} SegmentDays;

/* How many there may be of so many stays */
#define SEGMENT_DAYS_ROOM(nstays) (4 * (size_t) (nstays) + 1)

extern int segment_days_settle(SegmentDays *stays, int nstays,
							   SegmentDays *days);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_DAYS_H */
