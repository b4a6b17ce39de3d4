/*
 * instalments.c
 *		Which instalment of a subscription a day is in.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "core/subscriptions/instalments.h"

/* cvm._instalments(start, day, months, days) */
PG_FUNCTION_INFO_V1(cvm_instalments);
Datum
cvm_instalments(PG_FUNCTION_ARGS)
{
	DateADT start = PG_GETARG_DATEADT(0);
	DateADT day = PG_GETARG_DATEADT(1);

	if (DATE_NOT_FINITE(start) || DATE_NOT_FINITE(day))
		PG_RETURN_NULL();
	PG_RETURN_INT32(
		instalments_by(start, day, PG_GETARG_INT64(2), PG_GETARG_INT64(3)));
}

/*
 * cvm._months_since(day, as_of): whole months from a day until another one
 */
PG_FUNCTION_INFO_V1(cvm_months_since);
Datum
cvm_months_since(PG_FUNCTION_ARGS)
{
	DateADT day = PG_GETARG_DATEADT(0);
	DateADT as_of = PG_GETARG_DATEADT(1);

	if (DATE_NOT_FINITE(day) || DATE_NOT_FINITE(as_of))
		PG_RETURN_NULL();
	PG_RETURN_INT32(months_over(day, as_of));
}
