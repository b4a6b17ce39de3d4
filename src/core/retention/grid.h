/*
 * grid.h
 *		Reading a retention state: the grid, the curve, the heat map.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_GRID_H
#define CVM_CORE_RETENTION_GRID_H

#include "core/retention/retention.h"

/* One cell of the triangle, or one point of the curve */
typedef struct GridRow
{
	Period cohort;
	int32_t period_no;
	int64_t cohorts; /* of the curve: how many have eligible members */
	int64_t cohort_customers;
	int64_t eligible;
	int64_t retained;
	int64_t retained_or_later;
	int64_t returned;
	bool is_complete;
	Wide value;
	Wide base; /* what the eligible brought in period 0 */
} GridRow;

typedef void (*GridEmit)(void *arg, const GridRow *row);

extern void grid_rows(const Retention *retention, bool partial, GridEmit take,
					  void *arg);
extern void curve_rows(const Retention *retention, GridEmit take, void *arg);

#endif /* CVM_CORE_RETENTION_GRID_H */
