/*
 * billing.c
 *		What an amount that is billed at intervals comes to in a month.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "core/subscriptions/billing_interval.h"
#include "pg/compat.h"

/* what a third of a cent loses, a billion customers do not add up to a cent */
#define PRICE_DECIMALS 10

/* as much of a value as a message shows */
static char *
shown(text *value)
{
	char *data = VARDATA_ANY(value);
	int size = VARSIZE_ANY_EXHDR(value);

	return pnstrdup(data, pg_mbcliplen(data, size, 60));
}

static Datum
whole(int64 number)
{
	return NumericGetDatum(int64_to_numeric(number));
}

/* per_month(amount, billing_interval, interval_count) */
PG_FUNCTION_INFO_V1(cvm_per_month);
Datum
cvm_per_month(PG_FUNCTION_ARGS)
{
	Datum amount = PG_GETARG_DATUM(0);
	text *word = PG_GETARG_TEXT_PP(1);
	int64 count = PG_GETARG_INT64(2);
	BillingInterval interval;

	if (!billing_interval_read(VARDATA_ANY(word), VARSIZE_ANY_EXHDR(word),
							   &interval))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a billing interval", shown(word)),
				 errhint("Intervals are day, week, month, quarter, year and "
						 "their usual forms; cvm.check_model() lists the rows "
						 "with others.")));
	if (count < 1 || count > 10000)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("interval_count \"" INT64_FORMAT
							   "\" is not from 1 to 10000",
							   count),
						errhint("cvm.check_model() lists the rows with "
								"others.")));
	interval.denominator *= count;
	if (interval.denominator == 1 && interval.numerator == 1)
		PG_RETURN_DATUM(amount);
	amount =
		DirectFunctionCall2(numeric_mul, amount, whole(interval.numerator));
	amount =
		DirectFunctionCall2(numeric_div, amount, whole(interval.denominator));
	amount = DirectFunctionCall2(numeric_round, amount,
								 Int32GetDatum(PRICE_DECIMALS));
	PG_RETURN_DATUM(DirectFunctionCall1(numeric_trim_scale, amount));
}

/* is_billing_interval(billing_interval, interval_count) */
PG_FUNCTION_INFO_V1(cvm_is_billing_interval);
Datum
cvm_is_billing_interval(PG_FUNCTION_ARGS)
{
	text *word = PG_GETARG_TEXT_PP(0);
	int64 count = PG_GETARG_INT64(1);
	BillingInterval interval;

	PG_RETURN_BOOL(count >= 1 && count <= 10000 &&
				   billing_interval_read(VARDATA_ANY(word),
										 VARSIZE_ANY_EXHDR(word), &interval));
}

/* interval_months(billing_interval), interval_days(billing_interval) */
static Datum
length_of(FunctionCallInfo fcinfo, int64_t (*length)(const BillingInterval *))
{
	text *word = PG_GETARG_TEXT_PP(0);
	BillingInterval interval;

	if (!billing_interval_read(VARDATA_ANY(word), VARSIZE_ANY_EXHDR(word),
							   &interval) ||
		length(&interval) == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(length(&interval));
}

PG_FUNCTION_INFO_V1(cvm_interval_months);
Datum
cvm_interval_months(PG_FUNCTION_ARGS)
{
	return length_of(fcinfo, billing_interval_months);
}

PG_FUNCTION_INFO_V1(cvm_interval_days);
Datum
cvm_interval_days(PG_FUNCTION_ARGS)
{
	return length_of(fcinfo, billing_interval_days);
}
