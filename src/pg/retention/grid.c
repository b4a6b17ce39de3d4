/*
 * grid.c
 *		Rows of a retention state: grid, curve, heatmap (core/retention/grid.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/retention/grid.h"
#include "core/retention/heatmap.h"
#include "core/util/wilson.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/types.h"

/* Where rows go, and what they are made with */
typedef struct RowSink
{
	ReturnSetInfo *result;
	const Retention *retention;
	double z;
} RowSink;

/* Open the result of a set-returning function; conf is an argument. */
static void
sink_open(RowSink *sink, FunctionCallInfo fcinfo, int conf)
{
	if (PG_ARGISNULL(conf))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("conf must not be null"),
						errhint("Use a level such as 0.95.")));
	sink->z = conf_to_z(PG_GETARG_FLOAT8(conf));
	sink->result = rows_out_begin(fcinfo);
	sink->retention = NULL;
}

/* Fill in eligible … returned, rate, limits: seven columns from at on. */
static void
row_rates(const GridRow *row, double z, Datum *values, bool *nulls, int at)
{
	double low;
	double high;

	values[at] = Int64GetDatum(row->eligible);
	values[at + 1] = Int64GetDatum(row->retained);
	values[at + 2] = Int64GetDatum(row->retained_or_later);
	values[at + 3] = Int64GetDatum(row->returned);
	if (row->eligible == 0)
	{
		nulls[at + 4] = nulls[at + 5] = nulls[at + 6] = true;
		return;
	}
	wilson(row->retained, row->eligible, z, &low, &high);
	values[at + 4] =
		Float8GetDatum((double) row->retained / (double) row->eligible);
	values[at + 5] = Float8GetDatum(low);
	values[at + 6] = Float8GetDatum(high);
}

/* Fill in value, value_rate, eligible_value from at on. */
static void
row_values(const GridRow *row, const Retention *retention, Datum *values,
		   bool *nulls, int at)
{
	if (!retention->has_value || row->eligible == 0)
	{
		nulls[at] = nulls[at + 1] = nulls[at + 2] = true;
		return;
	}
	values[at] = decimal_make(row->value, retention->scale);
	values[at + 2] = decimal_make(row->base, retention->scale);
	nulls[at + 1] = row->base <= 0;
	if (!nulls[at + 1])
		values[at + 1] =
			Float8GetDatum((double) row->value / (double) row->base);
}

#define GRID_COLUMNS 15

static void
grid_put(RowSink *sink, const GridRow *row)
{
	const RetentionSpec *spec = &sink->retention->spec;
	Datum values[GRID_COLUMNS];
	bool nulls[GRID_COLUMNS] = {false};

	values[0] = day_datum(period_start(spec->calendar, row->cohort), &nulls[0]);
	values[1] = Int32GetDatum(row->period_no);
	values[2] =
		day_datum(period_start(spec->calendar,
							   (int64) row->cohort +
								   retention_spec_low(spec, row->period_no)),
				  &nulls[2]);
	values[3] = Int64GetDatum(row->cohort_customers);
	row_rates(row, sink->z, values, nulls, 4);
	values[11] = BoolGetDatum(row->is_complete);
	row_values(row, sink->retention, values, nulls, 12);
	rows_out_put(sink->result, values, nulls);
}

/* grid(retention, conf, partial) */
PG_FUNCTION_INFO_V1(cvm_grid);
Datum
cvm_grid(PG_FUNCTION_ARGS)
{
	RowSink sink;
	GridReader reader;
	GridRow row;

	sink_open(&sink, fcinfo, 1);
	if (PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("partial must not be null"),
						errhint("Use true or false.")));
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	sink.retention = retention_read(PG_GETARG_DATUM(0));
	grid_open(&reader, sink.retention, PG_GETARG_BOOL(2));
	while (grid_next(&reader, &row))
		grid_put(&sink, &row);
	return (Datum) 0;
}

#define CURVE_COLUMNS 13

static void
curve_put(RowSink *sink, const GridRow *row)
{
	Datum values[CURVE_COLUMNS];
	bool nulls[CURVE_COLUMNS] = {false};

	values[0] = Int32GetDatum(row->period_no);
	values[1] = Int64GetDatum(row->cohorts);
	row_rates(row, sink->z, values, nulls, 2);
	values[9] = BoolGetDatum(row->is_complete);
	row_values(row, sink->retention, values, nulls, 10);
	rows_out_put(sink->result, values, nulls);
}

/* curve(retention, conf) */
PG_FUNCTION_INFO_V1(cvm_curve);
Datum
cvm_curve(PG_FUNCTION_ARGS)
{
	RowSink sink;
	GridRow *rows;
	int64 nrows;

	sink_open(&sink, fcinfo, 1);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	sink.retention = retention_read(PG_GETARG_DATUM(0));
	rows = curve_rows(sink.retention, &nrows);
	for (int64 i = 0; i < nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		curve_put(&sink, &rows[i]);
	}
	return (Datum) 0;
}

static void
line_take(void *arg, const char *line, size_t size)
{
	RowSink *sink = arg;
	Datum value = PointerGetDatum(cstring_to_text_with_len(line, (int) size));
	bool null = false;

	rows_out_put(sink->result, &value, &null);
}

/* heatmap(retention) */
PG_FUNCTION_INFO_V1(cvm_heatmap);
Datum
cvm_heatmap(PG_FUNCTION_ARGS)
{
	RowSink sink;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	sink.result = (ReturnSetInfo *) fcinfo->resultinfo;
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	heatmap_lines(retention_read(PG_GETARG_DATUM(0)),
				  GetDatabaseEncoding() == PG_UTF8, line_take, &sink);
	return (Datum) 0;
}
