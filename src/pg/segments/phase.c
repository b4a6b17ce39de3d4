/*
 * phase.c
 *		Where in its life a customer is (core/segments/phase.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/phase.h"
#include "pg/arguments.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/holdings.h"
#include "pg/timezone.h"
#include "pg/types.h"

/* A number of days, which must not be NULL or negative */
static int32
argument_days(FunctionCallInfo fcinfo, int argument, const char *name)
{
	int32 days = PG_ARGISNULL(argument) ? -1 : PG_GETARG_INT32(argument);

	if (days < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be 0 or more", name),
						errhint("Give a number of days, or leave it out for "
								"the default.")));
	return days;
}

/* lifecycle_phase(holdings, as_of, risk_since, known_from, days …) */
PG_FUNCTION_INFO_V1(cvm_lifecycle_phase);
Datum
cvm_lifecycle_phase(PG_FUNCTION_ARGS)
{
	PhaseTerms terms = {argument_days(fcinfo, 4, "winback_days"),
						argument_days(fcinfo, 5, "reactivated_days"),
						argument_days(fcinfo, 6, "onboarding_days"),
						argument_days(fcinfo, 7, "renewal_days"),
						argument_days(fcinfo, 8, "growth_days"),
						argument_days(fcinfo, 9, "lapse_days")};
	Day as_of = argument_day(fcinfo, 1, "as_of");
	int64 risk_since = NO_DAY;
	Phase phase = PHASE_PROSPECT;
	int64 known_from = as_of;
	int64 since = NO_DAY;
	Datum values[2] = {0};
	bool nulls[2] = {false, true};

	if (!PG_ARGISNULL(2) && !DATE_IS_NOEND(PG_GETARG_DATEADT(2)))
		risk_since = PG_GETARG_DATEADT(2);
	if (!PG_ARGISNULL(3))
		known_from = PG_GETARG_DATEADT(3);
	if (!PG_ARGISNULL(0))
		phase = phase_of(holdings_read(PG_GETARG_DATUM(0)), as_of, risk_since,
						 known_from, &terms, &since);
	values[0] = CStringGetTextDatum(phase_name(phase));
	if (since != NO_DAY)
	{
		nulls[1] = false;
		values[1] = day_datum(since, &nulls[1]);
	}
	return row_out(fcinfo, values, nulls);
}
