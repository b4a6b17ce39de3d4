/*
 * tenure.h
 *		One customer, read: the cohort and the periods that count.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_TENURE_H
#define CVM_CORE_RETENTION_TENURE_H

#include "core/retention/activity.h"
#include "core/retention/retention_spec.h"

typedef struct TenurePeriod
{
	int32_t no;
	bool retained;
	bool returned;
	Wide value;
} TenurePeriod;

typedef struct Tenure
{
	RetentionSpec spec;
	Day as_of; /* first day not observed */
	bool has_value;
	int scale;
	bool started;	 /* the customer has a cohort; else nothing below counts */
	Day first_day;	 /* of the first event that may start a cohort */
	Period cohort;	 /* the calendar period of the first day */
	int32_t elapsed; /* anniversary clock: periods that are over at as_of */
	bool running;	 /* anniversary clock: period number elapsed has begun */
	int nperiods;
	TenurePeriod *periods; /* ascending, only those with something in them */
} Tenure;

#define TENURE_VERSION 1

extern void tenure_read(Tenure *tenure, const Activity *activity,
						const RetentionSpec *spec, Day as_of);
extern void tenure_encode(const Tenure *tenure, ByteWriter *writer);
extern Tenure *tenure_decode(const void *data, size_t size);

#endif /* CVM_CORE_RETENTION_TENURE_H */
