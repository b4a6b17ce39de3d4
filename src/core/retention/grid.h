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

/* A triangle on its way out, cohort by cohort, cell by cell */
typedef struct GridReader
{
	const Retention *retention;
	bool partial; /* running periods count as well */
	int next;	  /* cohort */
	const Cohort *cohort;
	int64_t no; /* period within the cohort */
	int64_t begun;
	int64_t over;
	int at; /* cell */
	int64_t later;
	int64_t eligible;
	Wide base;
} GridReader;

extern void grid_open(GridReader *reader, const Retention *retention,
					  bool partial);
extern bool grid_next(GridReader *reader, GridRow *row);

/* The points of the curve, in one piece */
extern GridRow *curve_rows(const Retention *retention, int64_t *nrows);

#endif /* CVM_CORE_RETENTION_GRID_H */
