/*
 * activity.c
 *		Type activity: one customer's timeline (core/retention/activity.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "core/retention/activity.h"
#include "pg/numeric.h"
#include "pg/row.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/types.h"

#define FIRST_ROOM 6 /* entries of a new log */

/* Read any activity: canonical bytes, or the log of an aggregate. */
Activity *
activity_read(Datum datum)
{
	StateBytes state = state_bytes(datum);

	if (state.size > 0 && state.data[0] == ACTIVITY_LOG)
	{
		/* alignment: a log is always a full varlena, never packed */
		struct varlena *value = PG_DETOAST_DATUM(datum);

		return log_read((ActivityLog *) VARDATA(value),
						VARSIZE(value) - VARHDRSZ);
	}
	return activity_decode(state.data, state.size);
}

/* An activity as a datum. */
static Datum
activity_make(const Activity *activity)
{
	ByteWriter writer;

	state_open(&writer);
	activity_encode(activity, &writer);
	return state_close(&writer);
}

/* The canonical bytes of any activity. */
StateBytes
activity_bytes(Datum datum)
{
	StateBytes state = state_bytes(datum);

	if (unlikely(state.size > 0 && state.data[0] == ACTIVITY_LOG))
		state = state_bytes(activity_make(activity_read(datum)));
	return state;
}

STATE_INPUT(activity, activity_decode)

PG_FUNCTION_INFO_V1(cvm_activity_is_readable);
Datum
cvm_activity_is_readable(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_is_readable(&activity_type, PG_GETARG_DATUM(0)));
}

/*
 * Output and send bring a log to canonical bytes first: a distributed server
 * may print the state of an aggregate that is not finished.
 */
PG_FUNCTION_INFO_V1(cvm_activity_out);
Datum
cvm_activity_out(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(
		cvm_state_out, activity_make(activity_read(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(cvm_activity_send);
Datum
cvm_activity_send(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(
		cvm_state_send, activity_make(activity_read(PG_GETARG_DATUM(0))));
}

/* A log as a varlena; data is 4-byte aligned, which is all its fields need. */
static struct varlena *
log_make(bool full, size_t room)
{
	size_t size = VARHDRSZ + log_size(full, room);
	struct varlena *value;

	if (size > MaxAllocSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("one customer has too many events"),
						errhint("Fold them in parts and add the parts up with "
								"rollup().")));
	value = palloc0(size);
	SET_VARSIZE(value, size);
	log_open((ActivityLog *) VARDATA(value), full);
	return value;
}

/* Append a row to a customer's log. */
PG_FUNCTION_INFO_V1(cvm_activity_add);
Datum
cvm_activity_add(PG_FUNCTION_ARGS)
{
	RowForm *form = row_form(fcinfo);
	struct varlena *value = NULL;
	ActivityLog *log;
	Day day;
	Wide money = 0;
	int scale = 0;
	bool has_value = false;
	bool is_start = true;
	bool is_return = true;
	bool full = form->value >= 0;

	state_context(fcinfo, "activity_agg");
	if (!PG_ARGISNULL(0))
	{
		value = (struct varlena *) PG_GETARG_POINTER(0);
		if (VARATT_IS_EXTENDED(value) || *VARDATA(value) != ACTIVITY_LOG)
			elog(ERROR, "state of activity_agg is not a log");
	}
	if (!row_day(form, fcinfo, &day))
	{
		if (value == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(value);
	}
	if (form->value >= 0 && !PG_ARGISNULL(form->value))
	{
		money = decimal_read(PG_GETARG_DATUM(form->value), &scale);
		has_value = true;
	}
	if (form->is_start >= 0)
	{
		is_start = row_flag(fcinfo, form->is_start);
		is_return = row_flag(fcinfo, form->is_return);
	}
	if (value == NULL)
		value = log_make(full, FIRST_ROOM);
	log = (ActivityLog *) VARDATA(value);
	if (!log_add(log, VARSIZE(value) - VARHDRSZ, day, is_start, is_return,
				 money, scale, has_value))
	{
		size_t used = log_tidy(log);
		size_t room = log->used;

		if (used * log_size(full, 1) * 2 > VARSIZE(value))
		{
			struct varlena *old = value;

			value = log_make(full, room * 2);
			memcpy(VARDATA(value), VARDATA(old), log_size(full, used));
			log = (ActivityLog *) VARDATA(value);
		}
		log_add(log, VARSIZE(value) - VARHDRSZ, day, is_start, is_return, money,
				scale, has_value);
	}
	PG_RETURN_POINTER(value);
}

/* The end of activity_agg: canonical bytes. */
PG_FUNCTION_INFO_V1(cvm_activity_final);
Datum
cvm_activity_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return activity_make(activity_read(PG_GETARG_DATUM(0)));
}

/* Add two timelines up: combine, rollup and operator ||. */
PG_FUNCTION_INFO_V1(cvm_activity_merge);
Datum
cvm_activity_merge(PG_FUNCTION_ARGS)
{
	return activity_make(activity_merge(activity_read(PG_GETARG_DATUM(0)),
										activity_read(PG_GETARG_DATUM(1))));
}

/* The first day that may start a cohort. */
PG_FUNCTION_INFO_V1(cvm_first_day);
Datum
cvm_first_day(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	int start = activity_start(activity);

	if (start < 0)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(activity->days[start].day);
}

/* The last day of all. */
PG_FUNCTION_INFO_V1(cvm_last_day);
Datum
cvm_last_day(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));

	if (activity->ndays == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(activity->days[activity->ndays - 1].day);
}

/* The most events in any window of so many days. */
PG_FUNCTION_INFO_V1(cvm_max_in_window);
Datum
cvm_max_in_window(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	int32 days = PG_GETARG_INT32(1);

	if (days < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("window of \"%d\" days is not positive", days),
						errhint("Use 1 or more days.")));
	PG_RETURN_INT64(activity_busiest(activity, days));
}

/* The timeline as rows, one a day */
PG_FUNCTION_INFO_V1(cvm_days);
Datum
cvm_days(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	ReturnSetInfo *result;

	result = rows_out_begin(fcinfo);
	for (int i = 0; i < activity->ndays; i++)
	{
		const ActivityDay *day = &activity->days[i];
		Datum values[5] = {0};
		bool nulls[5] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = DateADTGetDatum(day->day);
		values[1] = Int64GetDatum(day->events);
		values[2] = Int64GetDatum(day->starts);
		values[3] = Int64GetDatum(day->returns);
		nulls[4] = !activity->has_value;
		if (!nulls[4])
			values[4] = decimal_make(day->value, activity->scale);
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}
