/*
 * sbg.c
 *		Projection of survival (core/subscriptions/sbg.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"

#include "core/subscriptions/sbg.h"
#include "pg/agg_state.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/survival.h"

/* Add customers counted by period: lost in it, alive after it. */
PG_FUNCTION_INFO_V1(cvm_survival_count);
Datum
cvm_survival_count(PG_FUNCTION_ARGS)
{
	Survival *survival;
	Datum result;
	int64 lost = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	int64 alive = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "sbg_fit");
	if (lost < 0 || alive < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("count of customers is negative"),
						errhint("Give how many were lost in a period, and how "
								"many were last seen alive after it.")));
	survival = survival_step(fcinfo, "sbg_fit", &result);
	survival_add_counts(survival, PG_GETARG_INT32(1), lost, alive);
	PG_RETURN_DATUM(result);
}

#define FIT_COLUMNS 9

/* sbg_fit(survival) */
PG_FUNCTION_INFO_V1(cvm_sbg_fit);
Datum
cvm_sbg_fit(PG_FUNCTION_ARGS)
{
	Sbg fit;
	Datum values[FIT_COLUMNS];
	bool nulls[FIT_COLUMNS] = {false};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sbg_fit(survival_read(PG_GETARG_DATUM(0)), &fit);
	values[0] = Float8GetDatum(fit.alpha);
	values[1] = Float8GetDatum(fit.beta);
	values[2] = Float8GetDatum(fit.alpha_error);
	values[3] = Float8GetDatum(fit.beta_error);
	values[4] = Float8GetDatum(fit.covariance);
	values[5] = Float8GetDatum(fit.log_likelihood);
	values[6] = Int64GetDatum(fit.customers);
	values[7] = Int64GetDatum(fit.lost);
	values[8] = Int32GetDatum(fit.periods);
	return row_out(fcinfo, values, nulls);
}

/* Parameters of a model must be positive numbers. */
static void
check_parameters(double alpha, double beta)
{
	if (!(alpha > 0 && beta > 0) || isinf(alpha) || isinf(beta))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha \"%g\" and beta \"%g\" are not both positive",
						alpha, beta),
				 errhint("Take them from sbg_fit().")));
}

static void
check_count(int32 count)
{
	if (count < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of periods \"%d\" is negative", count),
						errhint("Use 0 or more.")));
}

/* sbg_log_likelihood(survival, alpha, beta) */
PG_FUNCTION_INFO_V1(cvm_sbg_log_likelihood);
Datum
cvm_sbg_log_likelihood(PG_FUNCTION_ARGS)
{
	double alpha = PG_GETARG_FLOAT8(1);
	double beta = PG_GETARG_FLOAT8(2);

	check_parameters(alpha, beta);
	PG_RETURN_FLOAT8(
		sbg_log_likelihood(survival_read(PG_GETARG_DATUM(0)), alpha, beta));
}

/* sbg_survival(alpha, beta, periods) */
PG_FUNCTION_INFO_V1(cvm_sbg_survival);
Datum
cvm_sbg_survival(PG_FUNCTION_ARGS)
{
	check_parameters(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1));
	check_count(PG_GETARG_INT32(2));
	PG_RETURN_FLOAT8(sbg_survival(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1),
								  PG_GETARG_INT32(2)));
}

/* sbg_derl(alpha, beta, discount, renewal) */
PG_FUNCTION_INFO_V1(cvm_sbg_derl);
Datum
cvm_sbg_derl(PG_FUNCTION_ARGS)
{
	double discount = PG_GETARG_FLOAT8(2);
	double lifetime;

	check_parameters(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1));
	check_count(PG_GETARG_INT32(3));
	if (!(discount >= 0) || isinf(discount))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("discount \"%g\" is negative", discount),
						errhint("Give the rate of a period, such as 0.01.")));
	lifetime = sbg_lifetime(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), discount,
							PG_GETARG_INT32(3));
	if (isnan(lifetime))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(lifetime);
}
