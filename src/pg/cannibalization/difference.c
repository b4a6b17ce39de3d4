/*
 * difference.c
 *		Differences in differences, and the rate that they stand for.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include <math.h>

#include "core/cannibalization/difference.h"
#include "core/cannibalization/verdict.h"
#include "core/util/wilson.h"
#include "pg/rows_out.h"

static Datum
one_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	ReturnSetInfo *result;

	result = rows_out_begin(fcinfo);
	rows_out_put(result, values, nulls);
	return (Datum) 0;
}

static Share
argument_counts(FunctionCallInfo fcinfo, int argument)
{
	return (Share){PG_GETARG_INT64(argument), PG_GETARG_INT64(argument + 1)};
}

/* difference_in_differences(hits and n of four groups, conf) */
PG_FUNCTION_INFO_V1(cvm_difference_in_differences);
Datum
cvm_difference_in_differences(PG_FUNCTION_ARGS)
{
	Difference result =
		difference_of(argument_counts(fcinfo, 0), argument_counts(fcinfo, 2),
					  argument_counts(fcinfo, 4), argument_counts(fcinfo, 6));
	double reach = conf_to_z(PG_GETARG_FLOAT8(8)) * result.error;
	Datum values[6] = {Float8GetDatum(result.before_after),
					   Float8GetDatum(result.between_groups),
					   Float8GetDatum(result.difference),
					   Float8GetDatum(result.error),
					   Float8GetDatum(result.difference - reach),
					   Float8GetDatum(result.difference + reach)};
	bool nulls[6] = {false};

	return one_row(fcinfo, values, nulls);
}

/* causal_rate(difference, std_error, eligible_donors, focal_entries,
 *			   break_even, conf) */
PG_FUNCTION_INFO_V1(cvm_causal_rate);
Datum
cvm_causal_rate(PG_FUNCTION_ARGS)
{
	Datum values[4] = {0};
	bool nulls[4] = {true, true, true, true};
	double each;
	double rate;
	double reach;
	double even;

	for (int i = 0; i < 4; i++)
		if (PG_ARGISNULL(i))
			return one_row(fcinfo, values, nulls);
	if (!isfinite(PG_GETARG_FLOAT8(0)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("difference \"%g\" is not a number",
							   PG_GETARG_FLOAT8(0)),
						errhint("Use cvm.difference_in_differences().")));
	if (!(PG_GETARG_FLOAT8(1) > 0) || isinf(PG_GETARG_FLOAT8(1)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("std_error \"%g\" is not above 0", PG_GETARG_FLOAT8(1)),
				 errhint("Use that of cvm.difference_in_differences(), which "
						 "is, where nobody was lost too.")));
	if (PG_GETARG_INT64(2) < 1 || PG_GETARG_INT64(3) < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a rate needs entries and donors"),
						errhint("Give the donors of the group that could buy, "
								"and the entries of that group.")));
	if (PG_ARGISNULL(5))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("conf must not be null"),
						errhint("Use a level such as 0.95.")));
	each = (double) PG_GETARG_INT64(2) / (double) PG_GETARG_INT64(3);
	rate = PG_GETARG_FLOAT8(0) * each;
	reach = conf_to_z(PG_GETARG_FLOAT8(5)) * PG_GETARG_FLOAT8(1) * each;
	values[0] = Float8GetDatum(rate);
	values[1] = Float8GetDatum(rate - reach);
	values[2] = Float8GetDatum(rate + reach);
	nulls[0] = nulls[1] = nulls[2] = false;
	if (!PG_ARGISNULL(4))
	{
		even = PG_GETARG_FLOAT8(4);
		nulls[3] = false;
		values[3] = CStringGetTextDatum(
			judgement_name(rate + reach < even	 ? ACCRETIVE
						   : rate - reach > even ? VALUE_DESTROYING
												 : INCONCLUSIVE));
	}
	return one_row(fcinfo, values, nulls);
}
