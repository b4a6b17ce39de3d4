/*
 * forecast.c
 *		How many will still be there (core/subscriptions/forecast.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/subscriptions/forecast.h"
#include "pg/compat.h"
#include "pg/rows_out.h"

#define MOST_STEPS 1200
#define MOST_AGES 12000

/* The items of an array argument, none of which may be missing */
static Datum *
argument_items(FunctionCallInfo fcinfo, int argument, Oid type, int *count)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argument);
	Datum *items;

	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("counts by age are no plain list"),
				 errhint("Give an array with one number for each age.")));
	deconstruct_array(array, type, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &items,
					  NULL, count);
	if (*count > MOST_AGES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("more than %d ages", MOST_AGES),
						errhint("Count longer periods, such as months.")));
	return items;
}

static void
fit_arguments(FunctionCallInfo fcinfo, Forecast *forecast)
{
	int nages;
	int nlost;
	Datum *at_risk = argument_items(fcinfo, 0, INT8OID, &nages);
	Datum *lost = argument_items(fcinfo, 1, INT8OID, &nlost);
	int64_t *counts = palloc(2 * (nages + 1) * sizeof(int64_t));
	AgeLosses losses = {nages, counts, counts + nages};

	for (int i = 0; i < nages; i++)
	{
		counts[i] = DatumGetInt64(at_risk[i]);
		counts[nages + i] = i < nlost ? DatumGetInt64(lost[i]) : 0;
		if (counts[nages + i] < 0 || counts[nages + i] > counts[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%lld\" of \"%lld\" are lost at age %d",
							(long long) counts[nages + i],
							(long long) counts[i], i),
					 errhint("Give how many were at risk at each age, and how "
							 "many of them were lost.")));
	}
	forecast_fit(&losses, forecast);
}

static int32
argument_steps(FunctionCallInfo fcinfo, int argument)
{
	int32 steps = PG_GETARG_INT32(argument);

	if (steps < 1 || steps > MOST_STEPS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of periods \"%d\" is not between 1 and "
							   "%d",
							   steps, MOST_STEPS),
						errhint("Twelve are a year of months.")));
	return steps;
}

/* _base_forecast(at_risk, lost, customers, mrr, mrr_squares, steps) */
PG_FUNCTION_INFO_V1(cvm_base_forecast);
Datum
cvm_base_forecast(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	Forecast forecast;
	int32 steps = argument_steps(fcinfo, 5);
	int counts[3];
	Datum *items[3];
	double *weights[3];
	double *sums = palloc0(4 * (size_t) steps * sizeof(double));
	AgeBase base;

	items[0] = argument_items(fcinfo, 2, INT8OID, &counts[0]);
	items[1] = argument_items(fcinfo, 3, FLOAT8OID, &counts[1]);
	items[2] = argument_items(fcinfo, 4, FLOAT8OID, &counts[2]);
	result = rows_out_begin(fcinfo);
	fit_arguments(fcinfo, &forecast);
	if (forecast.method == FORECAST_NONE)
		return (Datum) 0;
	base.nages = counts[0];
	for (int i = 0; i < 3; i++)
	{
		weights[i] = palloc0((counts[0] + 1) * sizeof(double));
		for (int age = 0; age < counts[0] && age < counts[i]; age++)
			weights[i][age] = i == 0 ? (double) DatumGetInt64(items[i][age])
									 : DatumGetFloat8(items[i][age]);
	}
	base.weights = base.squares = weights[0];
	forecast_ahead(&forecast, &base, steps, sums, sums + steps);
	base.weights = weights[1];
	base.squares = weights[2];
	forecast_ahead(&forecast, &base, steps, sums + 2 * steps, sums + 3 * steps);
	for (int step = 0; step < steps; step++)
	{
		Datum values[6] = {Int32GetDatum(step + 1)};
		bool nulls[6] = {false};

		for (int i = 0; i < 4; i++)
			values[i + 1] = Float8GetDatum(sums[i * steps + step]);
		values[5] = CStringGetTextDatum(forecast.method == FORECAST_SBG
											? "shifted-beta-geometric"
											: "hazard by age");
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}

/* _expected_periods(at_risk, lost, ages, horizon, discount) */
PG_FUNCTION_INFO_V1(cvm_expected_periods);
Datum
cvm_expected_periods(PG_FUNCTION_ARGS)
{
	Forecast forecast;
	int32 ages = argument_steps(fcinfo, 2);
	int32 horizon = argument_steps(fcinfo, 3);
	double discount = PG_GETARG_FLOAT8(4);
	Datum *values;

	if (!(discount >= 0) || isinf(discount))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("discount \"%g\" is negative", discount),
						errhint("Give the rate of a period, such as 0.01.")));
	fit_arguments(fcinfo, &forecast);
	if (forecast.method == FORECAST_NONE)
		PG_RETURN_NULL();
	values = palloc(ages * sizeof(Datum));
	for (int age = 0; age < ages; age++)
		values[age] =
			Float8GetDatum(forecast_periods(&forecast, age, horizon, discount));
	PG_RETURN_ARRAYTYPE_P(construct_array(values, ages, FLOAT8OID, 8,
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
