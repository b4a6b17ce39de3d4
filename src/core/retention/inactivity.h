/*
 * inactivity.h
 *		What a customer without a contract adds to each month: who came, who was
 *		decided to have left, and when silence began.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_INACTIVITY_H
#define CVM_CORE_RETENTION_INACTIVITY_H

#include "core/retention/activity.h"
#include "core/segments/segment_steps.h"

/* The lines of the bridge, as cvm.inactivity_churn has them */
typedef enum InactivityLine
{
	LINE_NEW,
	LINE_REVIVED,
	LINE_MOVED_IN,
	LINE_MOVED_OUT,
	LINE_CHURNED,
	LINE_ECONOMIC,
	LINE_UNDECIDED,
} InactivityLine;

/* Segments have numbers: those of all, of none, and of the others */
#define INACTIVITY_ALL 0
#define INACTIVITY_NONE 1
#define INACTIVITY_SEGMENT_LEAST 2
#define INACTIVITY_SEGMENT_MOST ((1 << 20) - 2)
#define INACTIVITY_IDLE_MOST 4096

/*
 * Lines of one customer.  Each is a number: segment, idle days (which of them),
 * line, and months since 2000 from -2^27 on.
 */
typedef struct InactivityLines
{
	int64_t *codes;
	int count;
	int room;
	int idle;
	PeriodCache *months;
	Period month_zero;
	Day as_of;
} InactivityLines;

extern void inactivity_open(InactivityLines *lines, Day as_of);
extern void inactivity_add(InactivityLines *lines, const Activity *activity,
						   int idle, int32_t idle_days,
						   const SegmentStep *steps, int nsteps);

#endif /* CVM_CORE_RETENTION_INACTIVITY_H */
