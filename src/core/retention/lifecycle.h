/*
 * lifecycle.h
 *		New, retained, reactivated, dormant: customers by period.
 *
 * A customer is new in the period of the first day; after that retained when
 * active in this period and the one before, reactivated when active in this
 * one only, dormant when not active.  With a segment, a customer counts in the
 * periods on whose last observed day the segment holds it, and comes and goes
 * as moved in and moved out.
 *
 * Life of a state: empty; adopting the calendar and as_of of the first
 * customer; growing as customers are added, only where something changes, so
 * that a long sleep costs nothing; merged; encoded.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_LIFECYCLE_H
#define CVM_CORE_RETENTION_LIFECYCLE_H

#include "core/retention/activity.h"

typedef enum LifecycleStatus
{
	STATUS_NEW,
	STATUS_RETAINED,
	STATUS_REACTIVATED,
	STATUS_DORMANT
} LifecycleStatus;

/* Days on which a segment holds a customer: from, up to not including, to */
typedef struct Held
{
	int64_t from;
	int64_t to;
} Held;

typedef struct LifecyclePeriod
{
	Period period;
	int64_t entered; /* new customers */
	int64_t retained;
	int64_t reactivated;
	int64_t moved_in;
	int64_t moved_out;
} LifecyclePeriod;

typedef struct Lifecycle
{
	Context context;
	bool adopted;
	Calendar calendar;
	Day as_of;
	int nperiods;
	int room;
	LifecyclePeriod *periods; /* ascending, only where something happens */
} Lifecycle;

/* What happened in one period, read back */
typedef struct LifecycleRow
{
	Period period;
	int64_t opening;
	int64_t entered;
	int64_t moved_in;
	int64_t moved_out;
	int64_t closing;
	int64_t retained;
	int64_t reactivated;
	int64_t dormant;
	bool is_complete;
} LifecycleRow;

typedef void (*StatusEmit)(void *arg, Period period, LifecycleStatus status);
typedef void (*LifecycleEmit)(void *arg, const LifecycleRow *row);

#define LIFECYCLE_VERSION 1

extern void lifecycle_statuses(const Activity *activity, Calendar calendar,
							   Day as_of, StatusEmit take, void *arg);
extern Lifecycle *lifecycle_new(Context context);
extern void lifecycle_adopt(Lifecycle *lifecycle, Calendar calendar, Day as_of);
extern LifecyclePeriod *lifecycle_at(Lifecycle *lifecycle, Period period);
extern void lifecycle_count(Lifecycle *lifecycle, const LifecyclePeriod *more);
extern void lifecycle_add(Lifecycle *lifecycle, const Activity *activity,
						  Calendar calendar, Day as_of, const Held *held,
						  int nheld);
extern void lifecycle_merge(Lifecycle *into, const Lifecycle *more);
extern void lifecycle_rows(const Lifecycle *lifecycle, LifecycleEmit take,
						   void *arg);
extern void lifecycle_encode(const Lifecycle *lifecycle, ByteWriter *writer);
extern Lifecycle *lifecycle_decode(Context context, const void *data,
								   size_t size);

#endif /* CVM_CORE_RETENTION_LIFECYCLE_H */
