/*
 * retention.h
 *		Cohorts added up: the retention triangle as a state.
 *
 * Life of a state: empty; adopting the reading of the first customer folded;
 * growing as customers are added in any order; merged with others of the same
 * reading; encoded to canonical bytes.  Cohorts are sorted, and so are the
 * cells of a cohort; a cell exists when something in it is not zero, so that
 * 2 000 years of days cost no more than what happened in them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_RETENTION_H
#define CVM_CORE_RETENTION_RETENTION_H

#include "core/retention/tenure.h"

typedef struct Cell
{
	int32_t no;
	int64_t retained; /* members who count in this period */
	int64_t returned; /* members with any return in it */
	int64_t last;	  /* members whose last retained period this is */
	Wide value;
} Cell;

/*
 * Anniversary clock: each member's periods end by themselves, so a cell also
 * knows the members whose own period it is that still runs, and those for
 * whom so many periods are over.
 */
typedef struct RunningCell
{
	int64_t elapsed;   /* members with exactly this many periods over */
	Wide elapsed_base; /* what those members brought in period 0 */
	int64_t running;   /* of these: members for whom this one still runs */
	Wide running_base; /* what those brought in period 0 */
	int64_t retained;  /* of those: retained in it so far */
	int64_t returned;
	Wide value;
} RunningCell;

typedef struct Cohort
{
	Period period;
	int64_t members;
	int ncells;
	int room;
	Cell *cells;
	RunningCell *running; /* beside cells; NULL under the calendar clock */
} Cohort;

typedef struct Retention
{
	Context context;
	bool adopted; /* reading and as_of are known */
	RetentionSpec spec;
	Day as_of;	 /* first day not observed */
	bool is_set; /* as_of was said; else it is the day after the last seen */
	bool has_value;
	int scale;
	int ncohorts;
	int room;
	Cohort *cohorts;
} Retention;

#define RETENTION_VERSION 1

extern Retention *retention_new(Context context);
extern void retention_adopt(Retention *retention, const RetentionSpec *spec,
							Day as_of, bool is_set);
extern void retention_scale(Retention *retention, bool has_value, int scale);
extern Cohort *retention_cohort(Retention *retention, Period period);
extern int cohort_cell(Retention *retention, Cohort *cohort, int32_t no);
extern void retention_add(Retention *retention, const Tenure *tenure);
extern void retention_merge(Retention *into, const Retention *more);
extern void retention_set_as_of(Retention *retention, Day as_of);
extern void retention_encode(const Retention *retention, ByteWriter *writer);
extern Retention *retention_decode(Context context, const void *data,
								   size_t size);

#endif /* CVM_CORE_RETENTION_RETENTION_H */
