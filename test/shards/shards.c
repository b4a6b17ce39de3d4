/* SPDX-License-Identifier: PostgreSQL */
/*
 * shards.c
 *		Aggregates over aggregates, as distributed servers run them.
 *
 * One half folds the rows of a shard with another aggregate's transition
 * function and hands the state out, as text or as bytes; the other half takes
 * such states in, combines them and finishes.  Every call of a function of the
 * other aggregate looks it up anew: nothing is remembered between calls
 * (fn_extra), and no expression is known (fn_expr).  A state that is given back
 * in place is kept, any other is copied and the former one freed.
 *
 * For tests only; loaded from the directory where it is built.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

PG_MODULE_MAGIC;

/* A state of the other aggregate, from the first row to the last */
typedef struct Box
{
	Oid trans, combine, final, type;
	int nargs;
	int16 length;
	bool by_value;
	bool is_null;
	Datum value;
} Box;

static Box *
box_open(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	HeapTuple tuple;
	Form_pg_aggregate form;
	Box *box;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "not in an aggregate");
	if (!PG_ARGISNULL(0))
		return (Box *) PG_GETARG_POINTER(0);
	tuple = SearchSysCache1(AGGFNOID, PG_GETARG_DATUM(1));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no such aggregate");
	form = (Form_pg_aggregate) GETSTRUCT(tuple);
	box = MemoryContextAllocZero(context, sizeof(Box));
	box->trans = form->aggtransfn;
	box->combine = form->aggcombinefn;
	box->final = form->aggfinalfn;
	box->type = form->aggtranstype;
	box->is_null = true;
	get_typlenbyval(box->type, &box->length, &box->by_value);
	ReleaseSysCache(tuple);
	return box;
}

/* Take the outcome of a step: in place, or instead of what was there */
static void
box_put(FunctionCallInfo fcinfo, Box *box, Datum value, bool is_null)
{
	MemoryContext context;
	MemoryContext caller;

	AggCheckCallContext(fcinfo, &context);
	if (!box->by_value && !box->is_null && !is_null &&
		DatumGetPointer(value) == DatumGetPointer(box->value))
		return;
	caller = MemoryContextSwitchTo(context);
	if (!is_null && !box->by_value &&
		!(DatumIsReadWriteExpandedObject(value, false, box->length) &&
		  MemoryContextGetParent(DatumGetEOHP(value)->eoh_context) == context))
		value = datumCopy(value, box->by_value, box->length);
	if (!box->is_null && !box->by_value)
	{
		if (DatumIsReadWriteExpandedObject(box->value, false, box->length))
			DeleteExpandedObject(box->value);
		else
			pfree(DatumGetPointer(box->value));
	}
	MemoryContextSwitchTo(caller);
	box->value = value;
	box->is_null = is_null;
}

/*
 * One call of a function that has never been called before.  Of a strict one,
 * a NULL changes nothing, and the first argument that is none is the state.
 */
static Datum
call_anew(FunctionCallInfo fcinfo, Oid function, int nargs,
		  const NullableDatum *args, bool *is_null)
{
	LOCAL_FCINFO(inner, FUNC_MAX_ARGS);
	FmgrInfo info;
	Datum result;

	fmgr_info(function, &info);
	InitFunctionCallInfoData(*inner, &info, nargs, fcinfo->fncollation,
							 fcinfo->context, fcinfo->resultinfo);
	for (int i = nargs - 1; i >= 0; i--)
	{
		inner->args[i] = args[i];
		if (info.fn_strict && args[i].isnull)
		{
			*is_null = args[i > 0 ? 0 : nargs - 1].isnull;
			return args[i > 0 ? 0 : nargs - 1].value;
		}
	}
	result = FunctionCallInvoke(inner);
	*is_null = inner->isnull;
	return result;
}

/* fold(aggregate, arguments ...): a row of a shard */
PG_FUNCTION_INFO_V1(fold);
Datum
fold(PG_FUNCTION_ARGS)
{
	Box *box = box_open(fcinfo);
	NullableDatum args[FUNC_MAX_ARGS];
	bool is_null;
	Datum value;

	args[0].value = box->value;
	args[0].isnull = box->is_null;
	for (int i = 2; i < PG_NARGS(); i++)
		args[i - 1] = fcinfo->args[i];
	value = call_anew(fcinfo, box->trans, PG_NARGS() - 1, args, &is_null);
	box_put(fcinfo, box, value, is_null);
	PG_RETURN_POINTER(box);
}

/* What a shard hands out */
PG_FUNCTION_INFO_V1(fold_text);
Datum
fold_text(PG_FUNCTION_ARGS)
{
	Box *box = PG_ARGISNULL(0) ? NULL : (Box *) PG_GETARG_POINTER(0);
	Oid output;
	bool is_varlena;

	if (box == NULL || box->is_null)
		PG_RETURN_NULL();
	getTypeOutputInfo(box->type, &output, &is_varlena);
	PG_RETURN_TEXT_P(
		cstring_to_text(OidOutputFunctionCall(output, box->value)));
}

PG_FUNCTION_INFO_V1(fold_bytes);
Datum
fold_bytes(PG_FUNCTION_ARGS)
{
	Box *box = PG_ARGISNULL(0) ? NULL : (Box *) PG_GETARG_POINTER(0);
	Oid output;
	bool is_varlena;

	if (box == NULL || box->is_null)
		PG_RETURN_NULL();
	getTypeBinaryOutputInfo(box->type, &output, &is_varlena);
	PG_RETURN_BYTEA_P(OidSendFunctionCall(output, box->value));
}

static Datum
add(FunctionCallInfo fcinfo, Box *box, Datum state)
{
	NullableDatum args[2];
	bool is_null;
	Datum value;

	args[0].value = box->value;
	args[0].isnull = box->is_null;
	args[1].value = state;
	args[1].isnull = false;
	value = call_anew(fcinfo, box->combine, 2, args, &is_null);
	box_put(fcinfo, box, value, is_null);
	PG_RETURN_POINTER(box);
}

/* join(aggregate, state): what a shard handed out; an empty one gave NULL */
PG_FUNCTION_INFO_V1(join_text);
Datum
join_text(PG_FUNCTION_ARGS)
{
	Box *box = box_open(fcinfo);
	Oid input, param;

	if (PG_ARGISNULL(2))
		PG_RETURN_POINTER(box);
	getTypeInputInfo(box->type, &input, &param);
	return add(fcinfo, box,
			   OidInputFunctionCall(
				   input, text_to_cstring(PG_GETARG_TEXT_PP(2)), param, -1));
}

PG_FUNCTION_INFO_V1(join_bytes);
Datum
join_bytes(PG_FUNCTION_ARGS)
{
	Box *box = box_open(fcinfo);
	Oid input, param;
	StringInfoData message;
	bytea *bytes;

	if (PG_ARGISNULL(2))
		PG_RETURN_POINTER(box);
	bytes = PG_GETARG_BYTEA_PP(2);
	/* not closed by a zero, as from PostgreSQL 17 on */
	message.data = palloc(VARSIZE_ANY_EXHDR(bytes) + 1);
	memcpy(message.data, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	message.data[VARSIZE_ANY_EXHDR(bytes)] = 'x';
	message.len = VARSIZE_ANY_EXHDR(bytes);
	message.maxlen = message.len + 1;
	message.cursor = 0;
	getTypeBinaryInputInfo(box->type, &input, &param);
	return add(fcinfo, box, OidReceiveFunctionCall(input, &message, param, -1));
}

PG_FUNCTION_INFO_V1(join_final);
Datum
join_final(PG_FUNCTION_ARGS)
{
	Box *box = PG_ARGISNULL(0) ? NULL : (Box *) PG_GETARG_POINTER(0);
	NullableDatum args[FUNC_MAX_ARGS] = {{0}};
	Oid output, type;
	bool is_varlena;
	bool is_null;
	Datum value;

	if (box == NULL)
		PG_RETURN_NULL();
	value = box->value;
	is_null = box->is_null;
	type = box->type;
	if (OidIsValid(box->final))
	{
		args[0].value = value;
		args[0].isnull = is_null;
		type = get_func_rettype(box->final);
		value = call_anew(fcinfo, box->final, 1, args, &is_null);
	}
	if (is_null)
		PG_RETURN_NULL();
	getTypeOutputInfo(type, &output, &is_varlena);
	PG_RETURN_TEXT_P(cstring_to_text(OidOutputFunctionCall(output, value)));
}
