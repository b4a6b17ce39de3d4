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
#include "pg/row.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/numeric.h"

/* Read a form off the types of the function that was called. */
static void
form_read(RowForm *form, Oid function, bool has_grain)
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
	form->is_start = form->is_return = form->grain.argument = -1;
	form->segment = form->as_of = -1;

#define ARG(n) ((n) < nargs ? proc->proargtypes.values[n] : InvalidOid)
	if (ARG(0) == INTERNALOID)
	{
		/*
		 * (internal, customer, time [, zone] [, value [, marks]]
		 * [, segment, valid_from, valid_to] [, grain [, as_of]])
		 */
		form->customer = at;
		form->key_kind = ARG(at) == INT8OID	  ? KEY_NUMBER
						 : ARG(at) == UUIDOID ? KEY_UUID
											  : KEY_TEXT;
		at++;
		if (ARG(nargs - 1) == DATEOID)
			form->as_of = --nargs;
		if (has_grain)
			form->grain.argument = --nargs;
	}
	form->time = at;
	form->time_kind = ARG(at) == DATEOID		? TIME_DATE
					  : ARG(at) == TIMESTAMPOID ? TIME_LOCAL
												: TIME_INSTANT;
	at++;
	if (ARG(at) == TEXTOID && ARG(at + 1) != DATEOID)
		form->zone = at++;
	if (ARG(at) == NUMERICOID)
		form->value = at++;
	if (ARG(at) == BOOLOID)
	{
		form->is_start = at++;
		form->is_return = at++;
	}
	if (ARG(at) == TEXTOID)
		form->segment = at;
#undef ARG
	ReleaseSysCache(tuple);
}

/* Is an argument of the aggregate a constant of the query? */
bool
row_is_constant(FunctionCallInfo fcinfo, int argument)
{
	Aggref *aggref = AggGetAggref(fcinfo);
	TargetEntry *entry;

	/* the aggregate's arguments do not count the state */
	if (aggref == NULL || argument < 1 || argument > list_length(aggref->args))
		return false;
	entry = list_nth_node(TargetEntry, aggref->args, argument - 1);
	return IsA(entry->expr, Const);
}

/* Is an argument of the aggregate the same for every row, as now() is? */
bool
row_is_same(FunctionCallInfo fcinfo, int argument)
{
	Aggref *aggref = AggGetAggref(fcinfo);
	Node *expr;

	if (aggref == NULL || argument < 1 || argument > list_length(aggref->args))
		return false;
	expr =
		(Node *) list_nth_node(TargetEntry, aggref->args, argument - 1)->expr;
	return !contain_var_clause(expr) && !contain_volatile_functions(expr);
}

/* Refuse a collation under which keys are equal without equal bytes. */
void
key_check_collation(Oid collation)
{
	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("nondeterministic collations are not supported for "
						"customers"),
				 errdetail("Customers are told apart by the bytes of their "
						   "keys, which this collation does not compare."),
				 errhint("Fold with lower(customer COLLATE \"default\"), or "
						 "whatever makes equal keys the same.")));
}

/*
 * Refuse text keys that are equal without equal bytes: by their collation, or
 * by their type, which is cast to text on the way here (citext).
 */
void
row_check_key(FunctionCallInfo fcinfo, int argument)
{
	Aggref *aggref = AggGetAggref(fcinfo);
	Node *key;
	Oid type;
	char category;
	bool is_preferred;

	key_check_collation(PG_GET_COLLATION());
	if (aggref == NULL || argument < 1 || argument > list_length(aggref->args))
		return;
	key = (Node *) list_nth_node(TargetEntry, aggref->args, argument - 1)->expr;
	type = getBaseType(exprType(strip_implicit_coercions(key)));
	get_type_category_preferred(type, &category, &is_preferred);
	if (category == TYPCATEGORY_STRING && type >= FirstNormalObjectId)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("type %s is not supported for customers",
						format_type_be(type)),
				 errdetail("Customers are told apart by the bytes of their "
						   "keys, which this type may not compare."),
				 errhint("Fold with lower(customer::text), or whatever makes "
						 "equal keys the same.")));
}

/* Put the value of a plain row where it belongs. */
void
row_put_value(Batch *batch, int at, Datum value, bool is_null)
{
	int scale;

	batch->marks[at] = MARKS_PLAIN;
	if (is_null)
		return;
	batch->marks[at] |= MARK_VALUE;
	batch->values[at] = decimal_read(value, &scale);
	batch->scales[at] = (uint8_t) scale;
}

/* The form of this call. */
RowForm *
row_form_make(FunctionCallInfo fcinfo, bool has_grain)
{
	RowForm *form =
		MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(RowForm));

	form_read(form, fcinfo->flinfo->fn_oid, has_grain);
	form->zone_constant = row_is_constant(fcinfo, form->zone);
	form->grain.is_constant = row_is_constant(fcinfo, form->grain.argument);
	form->is_constant = (!has_grain || form->grain.is_constant) &&
						(form->zone < 0 || form->zone_constant) &&
						(form->as_of < 0 || row_is_same(fcinfo, form->as_of));
	form->is_plain = form->is_constant && form->is_start < 0;
	if (form->customer >= 0 && form->key_kind == KEY_TEXT)
		row_check_key(fcinfo, form->customer);
	fcinfo->flinfo->fn_extra = form;
	return form;
}

/* Look at the zone of this row. */
Zone *
row_zone_look(RowForm *form, FunctionCallInfo fcinfo)
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

/* The grain of a call that has nothing else to remember. */
GrainForm *
grain_form_make(FunctionCallInfo fcinfo, int argument)
{
	GrainForm *form =
		MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(GrainForm));

	form->argument = argument;
	form->is_constant = row_is_constant(fcinfo, argument);
	fcinfo->flinfo->fn_extra = form;
	return form;
}

/* Look at the grain of this row. */
Calendar
grain_look(GrainForm *form, FunctionCallInfo fcinfo)
{
	text *name;
	const char *data;
	int size;

	if (PG_ARGISNULL(form->argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("grain must not be null"),
						errhint("Use day, week, month, quarter or year.")));
	name = PG_GETARG_TEXT_PP(form->argument);
	data = VARDATA_ANY(name);
	size = (int) VARSIZE_ANY_EXHDR(name);
	if (!form->is_seen || size != form->size ||
		memcmp(data, form->text, size) != 0)
	{
		form->is_seen = false;
		form->calendar = calendar_of(data, size, 1);
		memcpy(form->text, data, size);
		form->size = size;
		form->is_seen = true;
	}
	return form->calendar;
}
