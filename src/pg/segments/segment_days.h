/*
 * segment_days.h
 *		A customer's times in segments, as they come from array_agg().
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_SEGMENT_DAYS_H
#define CVM_PG_SEGMENTS_SEGMENT_DAYS_H

#include "postgres.h"

#include "fmgr.h"

typedef struct StayArrays
{
	Datum *segments;
	bool *no_segment;
	Datum *from;
	bool *no_from;
	Datum *to;
	bool *no_to;
} StayArrays;

extern int stay_arrays(FunctionCallInfo fcinfo, int argument, Oid type,
					   StayArrays *stays);
extern int64 stay_from(Datum day, bool isnull);
extern int64 stay_to(Datum day, bool isnull);

#endif /* CVM_PG_SEGMENTS_SEGMENT_DAYS_H */
