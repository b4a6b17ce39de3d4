/*
 * row.c
 *		The rows that reach an aggregate, whatever form it was called in.
 *
 * activity_agg and retention_agg exist for several types of time and customer,
 * with and without zone, value and marks.  Each form is an SQL function over
 * one C function, which reads off the argument types where everything stands.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "row.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* Read a form off the types of the function that was called. */
static void
form_read(RowForm *form, Oid function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc proc;
	int nargs;
	int at = 1;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	nargs = proc->pronargs;
	memset(form, 0, sizeof(RowForm));
	form->customer = form->zone = form->value = -1;
	form->is_start = form->is_return = form->grain = -1;

#define ARG(n) ((n) < nargs ? proc->proargtypes.values[n] : InvalidOid)
	if (ARG(0) == INTERNALOID)
	{
		/* (internal, customer, time [, zone] [, value [, marks]], grain) */
		form->customer = at;
		form->key_kind = ARG(at) == INT8OID	  ? KEY_NUMBER
						 : ARG(at) == UUIDOID ? KEY_UUID
											  : KEY_TEXT;
		at++;
		form->grain = --nargs;
	}
	form->time = at;
	form->time_kind = ARG(at) == DATEOID		? TIME_DATE
					  : ARG(at) == TIMESTAMPOID ? TIME_LOCAL
												: TIME_INSTANT;
	at++;
	if (ARG(at) == TEXTOID)
		form->zone = at++;
	if (ARG(at) == NUMERICOID)
		form->value = at++;
	if (ARG(at) == BOOLOID)
	{
		form->is_start = at;
		form->is_return = at + 1;
	}
#undef ARG
	ReleaseSysCache(tuple);
}

/* The form of this call, kept between calls where the caller lets us. */
RowForm *
row_form(FunctionCallInfo fcinfo)
{
	RowForm *form = fcinfo->flinfo->fn_extra;

	if (likely(form != NULL))
		return form;
	form = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(RowForm));
	form_read(form, fcinfo->flinfo->fn_oid);
	fcinfo->flinfo->fn_extra = form;
	return form;
}

/* The zone of this row. */
static Zone *
row_zone(RowForm *form, FunctionCallInfo fcinfo)
{
	text *name;
	const char *data;
	int size;

	if (PG_ARGISNULL(form->zone))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("time zone must not be null"),
				 errhint("Name the zone, for example 'Europe/Vilnius'.")));
	name = PG_GETARG_TEXT_PP(form->zone);
	data = VARDATA_ANY(name);
	size = (int) VARSIZE_ANY_EXHDR(name);
	if (form->zone_seen == NULL || size != form->zone_size ||
		memcmp(data, form->zone_text, size) != 0)
	{
		form->zone_seen = NULL;
		form->zone_size = -1;
		if (size <= (int) sizeof(form->zone_text))
		{
			memcpy(form->zone_text, data, size);
			form->zone_size = size;
		}
		form->zone_seen = zone_named(data, size);
	}
	return form->zone_seen;
}

/* The local day of this row; false when its time is NULL. */
bool
row_day(RowForm *form, FunctionCallInfo fcinfo, Day *day)
{
	Zone *zone = form->zone >= 0 ? row_zone(form, fcinfo) : NULL;

	if (PG_ARGISNULL(form->time))
		return false;
	switch (form->time_kind)
	{
		case TIME_DATE:
			*day = checked_day(PG_GETARG_DATEADT(form->time));
			break;
		case TIME_LOCAL:
			*day = local_day(PG_GETARG_TIMESTAMP(form->time));
			break;
		case TIME_INSTANT:
			*day = zone_day(zone, PG_GETARG_TIMESTAMPTZ(form->time));
			break;
	}
	return true;
}

/* The grain of this row. */
Calendar
row_calendar(RowForm *form, FunctionCallInfo fcinfo)
{
	text *name;
	const char *data;
	int size;

	if (PG_ARGISNULL(form->grain))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("grain must not be null"),
						errhint("Use day, week, month, quarter or year.")));
	name = PG_GETARG_TEXT_PP(form->grain);
	data = VARDATA_ANY(name);
	size = (int) VARSIZE_ANY_EXHDR(name);
	if (!form->grain_seen || size != form->grain_size ||
		memcmp(data, form->grain_text, size) != 0)
	{
		form->grain_seen = false;
		form->calendar = calendar_of(data, size, 1);
		memcpy(form->grain_text, data, size);
		form->grain_size = size;
		form->grain_seen = true;
	}
	return form->calendar;
}

/* The customer of this row, not NULL; text points into the argument. */
Key
row_key(const RowForm *form, FunctionCallInfo fcinfo)
{
	Key key;
	text *name;

	switch (form->key_kind)
	{
		case KEY_NUMBER:
			key.number = PG_GETARG_INT64(form->customer);
			break;
		case KEY_UUID:
			memcpy(key.uuid, PG_GETARG_UUID_P(form->customer)->data,
				   sizeof(key.uuid));
			break;
		default:
			name = PG_GETARG_TEXT_PP(form->customer);
			key.text.data = VARDATA_ANY(name);
			key.text.size = VARSIZE_ANY_EXHDR(name);
			break;
	}
	return key;
}

/* A mark: NULL is no. */
bool
row_flag(FunctionCallInfo fcinfo, int argument)
{
	return !PG_ARGISNULL(argument) && PG_GETARG_BOOL(argument);
}
