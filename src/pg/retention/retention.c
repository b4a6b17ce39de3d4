/*
 * retention.c
 *		Type retention: cohorts added up (core/retention/retention.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "core/retention/retention_activity.h"
#include "pg/arguments.h"
#include "pg/row.h"
#include "pg/state_functions.h"
#include "pg/types.h"

STATE_TYPE(retention)

/* A state to be read: of an aggregate or flat. */
const Retention *
retention_read(Datum datum)
{
	return expanded_read(&retention_state, datum);
}

/* A state as a datum. */
Datum
retention_make(const Retention *retention)
{
	return expanded_flat(&retention_state, retention);
}

/* Add a customer. */
PG_FUNCTION_INFO_V1(cvm_retention_add);
Datum
cvm_retention_add(PG_FUNCTION_ARGS)
{
	Datum result;
	Retention *retention;

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "retention_agg");
	retention =
		expanded_step(&retention_state, fcinfo, "retention_agg", &result);
	retention_add(retention, tenure_datum(PG_GETARG_DATUM(1)));
	PG_RETURN_DATUM(result);
}

/* retention_agg(activity, grain, as_of): the two steps without tenures */
PG_FUNCTION_INFO_V1(cvm_retention_sweep);
Datum
cvm_retention_sweep(PG_FUNCTION_ARGS)
{
	GrainForm *grain = fcinfo->flinfo->fn_extra;
	Datum result;
	Retention *retention;
	StateBytes activity;

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "retention_agg");
	if (unlikely(grain == NULL))
		grain = grain_form_make(fcinfo, 2);
	retention =
		expanded_step(&retention_state, fcinfo, "retention_agg", &result);
	activity = activity_bytes(PG_GETARG_DATUM(1));
	retention_add_activity(retention, activity.data, activity.size,
						   grain_calendar(grain, fcinfo),
						   argument_day(fcinfo, 3, "as_of"));
	PG_RETURN_DATUM(result);
}

/* as_of(retention, date): say until when was observed. */
PG_FUNCTION_INFO_V1(cvm_retention_observe);
Datum
cvm_retention_observe(PG_FUNCTION_ARGS)
{
	Retention *observed;
	Day as_of;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	as_of = argument_day(fcinfo, 1, "as_of");
	observed = retention_new(CurrentMemoryContext);
	retention_merge(observed, retention_read(PG_GETARG_DATUM(0)));
	retention_set_as_of(observed, as_of);
	return retention_make(observed);
}

/* as_of(retention): the first day not observed. */
PG_FUNCTION_INFO_V1(cvm_retention_as_of);
Datum
cvm_retention_as_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(retention_read(PG_GETARG_DATUM(0))->as_of);
}
