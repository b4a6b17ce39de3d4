/*
 * purchases.c
 *		Type purchases: customers by how often they bought and when last
 *		(core/purchases/purchases.h), and models fitted to it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/purchases/bg_nbd.h"
#include "core/purchases/gamma_gamma.h"
#include "core/purchases/pareto_nbd.h"
#include "pg/arguments.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/types.h"

STATE_TYPE(purchases)

static const Purchases *
purchases_read(Datum datum)
{
	return expanded_read(&purchases_state, datum);
}

/* purchase_summary(activity, as_of) */
PG_FUNCTION_INFO_V1(cvm_purchase_summary);
Datum
cvm_purchase_summary(PG_FUNCTION_ARGS)
{
	PurchaseSummary summary;
	Datum values[4] = {0};
	bool nulls[4] = {true, true, true, true};

	if (purchase_summary(activity_read(PG_GETARG_DATUM(0)),
						 argument_day(fcinfo, 1, "as_of"), &summary))
	{
		values[0] = Int32GetDatum(summary.frequency);
		values[1] = Int32GetDatum(summary.recency);
		values[2] = Int32GetDatum(summary.age);
		nulls[0] = nulls[1] = nulls[2] = false;
		nulls[3] = !summary.has_value || summary.frequency == 0;
		if (!nulls[3])
			values[3] = decimal_make(summary.value, summary.scale);
	}
	return row_out(fcinfo, values, nulls);
}

/* purchases_agg(activity, as_of) */
PG_FUNCTION_INFO_V1(cvm_purchases_add);
Datum
cvm_purchases_add(PG_FUNCTION_ARGS)
{
	PurchaseSummary summary;
	Purchases *purchases;
	Datum result;

	if (PG_ARGISNULL(1) ||
		!purchase_summary(activity_read(PG_GETARG_DATUM(1)),
						  argument_day(fcinfo, 2, "as_of"), &summary))
		return expanded_skip(fcinfo, "purchases_agg");
	purchases =
		expanded_step(&purchases_state, fcinfo, "purchases_agg", &result);
	purchases_add(purchases, &summary, 1);
	PG_RETURN_DATUM(result);
}

/* purchases_agg(frequency, recency, age, value, customers) */
PG_FUNCTION_INFO_V1(cvm_purchases_count);
Datum
cvm_purchases_count(PG_FUNCTION_ARGS)
{
	PurchaseSummary summary = {0};
	Purchases *purchases;
	int64 customers = PG_ARGISNULL(5) ? 0 : PG_GETARG_INT64(5);
	Datum result;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		return expanded_skip(fcinfo, "purchases_agg");
	if (customers < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("count of customers \"%lld\" is negative",
							   (long long) customers),
						errhint("Give how many customers are alike.")));
	summary.frequency = PG_GETARG_INT32(1);
	summary.recency = PG_GETARG_INT32(2);
	summary.age = PG_GETARG_INT32(3);
	summary.has_value = !PG_ARGISNULL(4);
	if (summary.has_value)
		summary.value = decimal_read(PG_GETARG_DATUM(4), &summary.scale);
	purchases =
		expanded_step(&purchases_state, fcinfo, "purchases_agg", &result);
	purchases_add(purchases, &summary, customers);
	PG_RETURN_DATUM(result);
}

/* purchase_counts(purchases) */
PG_FUNCTION_INFO_V1(cvm_purchase_counts);
Datum
cvm_purchase_counts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	PurchaseCell *cells;
	size_t ncells;

	result = rows_out_begin(fcinfo);
	ncells = purchase_cells(purchases_read(PG_GETARG_DATUM(0)), &cells);
	for (size_t i = 0; i < ncells; i++)
	{
		Datum values[4] = {
			Int32GetDatum(cells[i].frequency), Int32GetDatum(cells[i].recency),
			Int32GetDatum(cells[i].age), Int64GetDatum(cells[i].customers)};
		bool nulls[4] = {false};

		check_interrupts();
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}

/* spend_counts(purchases) */
PG_FUNCTION_INFO_V1(cvm_spend_counts);
Datum
cvm_spend_counts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	const Purchases *purchases;
	SpendCell *cells;
	size_t ncells;

	result = rows_out_begin(fcinfo);
	purchases = purchases_read(PG_GETARG_DATUM(0));
	ncells = spend_cells(purchases, &cells);
	for (size_t i = 0; i < ncells; i++)
	{
		Datum values[3] = {Int32GetDatum(cells[i].frequency),
						   decimal_make(cells[i].value, purchases->scale),
						   Int64GetDatum(cells[i].customers)};
		bool nulls[3] = {false};

		check_interrupts();
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}

#define FIT_MOST (2 * PARAMETERS_MOST + 5)

/*
 * A fit as a row: parameters, their errors, the log-likelihood where climbing
 * ended, customers, those who bought again, steps, and why there is no fit.
 */
static Datum
fit_row(FunctionCallInfo fcinfo, const PurchaseFit *fit, int n)
{
	Datum values[FIT_MOST] = {0};
	bool nulls[FIT_MOST] = {false};
	bool is_found = fit->reason == NULL;

	for (int i = 0; i < n; i++)
	{
		values[i] = Float8GetDatum(fit->maximum.parameters[i]);
		values[n + i] = number_datum(fit->maximum.errors[i], &nulls[n + i]);
		if (!is_found)
			nulls[i] = nulls[n + i] = true;
	}
	values[2 * n] = number_datum(fit->maximum.value, &nulls[2 * n]);
	if (fit->maximum.nparameters == 0)
		nulls[2 * n] = true;
	values[2 * n + 1] = Int64GetDatum(fit->customers);
	values[2 * n + 2] = Int64GetDatum(fit->repeaters);
	values[2 * n + 3] = Int32GetDatum(fit->maximum.steps);
	nulls[2 * n + 4] = is_found;
	if (!is_found)
		values[2 * n + 4] = CStringGetTextDatum(fit->reason);
	return row_out(fcinfo, values, nulls);
}

static double
argument_unit(FunctionCallInfo fcinfo, int argument)
{
	double days = PG_GETARG_FLOAT8(argument);

	if (!(days > 0) || isinf(days))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unit_days \"%g\" is not positive", days),
						errhint("Use 7 for parameters by the week, 1 for "
								"parameters by the day.")));
	return days;
}

static void
arguments_parameters(FunctionCallInfo fcinfo, int from, int n,
					 double *parameters)
{
	for (int i = 0; i < n; i++)
	{
		parameters[i] = PG_GETARG_FLOAT8(from + i);
		if (!(parameters[i] > 0) || isinf(parameters[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("parameter \"%g\" of a model is not positive",
							parameters[i]),
					 errhint("Take parameters from bg_nbd_fit(), "
							 "pareto_nbd_fit() or gamma_gamma_fit().")));
	}
}

/* A customer, in a model's unit of time, and the parameters of the model */
typedef struct Buyer
{
	double parameters[4];
	int32 frequency;
	double recency;
	double age;
} Buyer;

/* The arguments that begin with these */
static Buyer
arguments_buyer(FunctionCallInfo fcinfo)
{
	Buyer buyer;

	arguments_parameters(fcinfo, 0, 4, buyer.parameters);
	buyer.frequency = PG_GETARG_INT32(4);
	buyer.recency = PG_GETARG_FLOAT8(5);
	buyer.age = PG_GETARG_FLOAT8(6);
	if (!(buyer.frequency >= 0 && buyer.recency >= 0 &&
		  buyer.recency <= buyer.age) ||
		isinf(buyer.age) || (buyer.frequency == 0 && buyer.recency > 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("frequency \"%d\", recency \"%g\" and age "
							   "\"%g\" do not belong to one customer",
							   buyer.frequency, buyer.recency, buyer.age),
						errhint("Take them from purchase_summary().")));
	return buyer;
}

static double
argument_ahead(FunctionCallInfo fcinfo, int argument)
{
	double ahead = PG_GETARG_FLOAT8(argument);

	if (!(ahead >= 0) || isinf(ahead))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("time ahead \"%g\" is not 0 or more", ahead),
						errhint("Give it in the unit of the parameters.")));
	return ahead;
}

static Datum
number_result(FunctionCallInfo fcinfo, double number)
{
	if (isnan(number) || isinf(number))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(number);
}

/* NAME_fit(purchases, unit_days), NAME_log_likelihood(purchases, parameters,
   unit_days), NAME_p_alive and NAME_purchases(parameters, frequency, recency,
   age [, ahead]) of the models of buying */
#define BUYING_MODEL(name)                                                     \
	PG_FUNCTION_INFO_V1(cvm_##name##_fit);                                     \
	Datum cvm_##name##_fit(PG_FUNCTION_ARGS)                                   \
	{                                                                          \
		PurchaseFit fit;                                                       \
                                                                               \
		name##_fit(purchases_read(PG_GETARG_DATUM(0)),                         \
				   argument_unit(fcinfo, 1), &fit);                            \
		return fit_row(fcinfo, &fit, 4);                                       \
	}                                                                          \
	PG_FUNCTION_INFO_V1(cvm_##name##_log_likelihood);                          \
	Datum cvm_##name##_log_likelihood(PG_FUNCTION_ARGS)                        \
	{                                                                          \
		double parameters[4];                                                  \
                                                                               \
		arguments_parameters(fcinfo, 1, 4, parameters);                        \
		return number_result(                                                  \
			fcinfo,                                                            \
			name##_log_likelihood(purchases_read(PG_GETARG_DATUM(0)),          \
								  argument_unit(fcinfo, 5), parameters));      \
	}                                                                          \
	PG_FUNCTION_INFO_V1(cvm_##name##_p_alive);                                 \
	Datum cvm_##name##_p_alive(PG_FUNCTION_ARGS)                               \
	{                                                                          \
		Buyer buyer = arguments_buyer(fcinfo);                                 \
                                                                               \
		return number_result(fcinfo,                                           \
							 name##_alive(buyer.parameters, buyer.frequency,   \
										  buyer.recency, buyer.age));          \
	}                                                                          \
	PG_FUNCTION_INFO_V1(cvm_##name##_purchases);                               \
	Datum cvm_##name##_purchases(PG_FUNCTION_ARGS)                             \
	{                                                                          \
		Buyer buyer = arguments_buyer(fcinfo);                                 \
                                                                               \
		return number_result(                                                  \
			fcinfo,                                                            \
			name##_purchases(buyer.parameters, buyer.frequency, buyer.recency, \
							 buyer.age, argument_ahead(fcinfo, 7)));           \
	}

BUYING_MODEL(bg_nbd)
BUYING_MODEL(pareto_nbd)

/* gamma_gamma_fit(purchases) */
PG_FUNCTION_INFO_V1(cvm_gamma_gamma_fit);
Datum
cvm_gamma_gamma_fit(PG_FUNCTION_ARGS)
{
	PurchaseFit fit;

	gamma_gamma_fit(purchases_read(PG_GETARG_DATUM(0)), &fit);
	return fit_row(fcinfo, &fit, 3);
}

/* gamma_gamma_log_likelihood(purchases, p, q, v) */
PG_FUNCTION_INFO_V1(cvm_gamma_gamma_log_likelihood);
Datum
cvm_gamma_gamma_log_likelihood(PG_FUNCTION_ARGS)
{
	double parameters[3];

	arguments_parameters(fcinfo, 1, 3, parameters);
	return number_result(
		fcinfo, gamma_gamma_log_likelihood(purchases_read(PG_GETARG_DATUM(0)),
										   parameters));
}

/* gamma_gamma_value(p, q, v, frequency, mean_value) */
PG_FUNCTION_INFO_V1(cvm_gamma_gamma_value);
Datum
cvm_gamma_gamma_value(PG_FUNCTION_ARGS)
{
	double parameters[3];
	int32 frequency = PG_GETARG_INT32(3);
	double mean = PG_GETARG_FLOAT8(4);

	arguments_parameters(fcinfo, 0, 3, parameters);
	if (frequency < 0 || isnan(mean) || isinf(mean))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("frequency \"%d\" and mean value \"%g\" do not "
							   "belong to one customer",
							   frequency, mean),
						errhint("Give how many days with a purchase after the "
								"first one, and what they brought on "
								"average.")));
	return number_result(
		fcinfo, gamma_gamma_value(parameters, frequency, frequency ? mean : 0));
}
