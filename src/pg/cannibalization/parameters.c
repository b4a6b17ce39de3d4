/*
 * parameters.c
 *		Parameters of aggregates over raw spells in one pass.
 *
 * They are kept as bytes: for each whether it is NULL, and its value, of four
 * bytes or with a length of its own.  A row that has other parameters than the
 * rows before it is an error; where they are constants of the query, one look
 * at them is enough.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg/cannibalization/parameters.h"
#include "pg/arguments.h"

#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "utils/lsyscache.h"

#include "pg/budget.h"
#include "pg/passing.h"
#include "pg/row.h"
#include "pg/state_type.h"
#include "pg/step_scan.h"
#include "pg/subscriptions/spell_buffer.h"

#define ARG_CUSTOMER 1
#define ARG_SPELL 2
#define MAX_PARAMETERS 7 /* of an aggregate */

/* The state of the aggregate: that of a spell buffer, and the parameters */
typedef struct ParameterState
{
	SpellBufferState held;
	char *parameters;
	size_t parameters_size;
} ParameterState;

/* What stays the same from row to row */
typedef struct ParameterForm
{
	RowForm row; /* of the customer */
	int nargs;
	bool is_long[MAX_PARAMETERS]; /* has a length of its own */
	bool is_constant;			  /* the same in every row of a state */
} ParameterForm;

/* Are the parameters of the aggregate constants of the query? */
static bool
is_constant(FunctionCallInfo fcinfo, int first)
{
	Aggref *aggref = AggGetAggref(fcinfo);

	if (aggref == NULL)
		return false;
	/* the aggregate's arguments do not count the state */
	for (int i = first - 1; i < list_length(aggref->args); i++)
	{
		TargetEntry *entry = list_nth_node(TargetEntry, aggref->args, i);

		if (!IsA(entry->expr, Const) && !IsA(entry->expr, Param))
			return false;
	}
	return true;
}

static ParameterForm *
parameters_form(FunctionCallInfo fcinfo, int first)
{
	ParameterForm *form = fcinfo->flinfo->fn_extra;
	Oid *types;
	int ntypes;

	if (likely(form != NULL))
		return form;
	form =
		MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ParameterForm));
	/* whoever calls need not know the types of its arguments */
	get_func_signature(fcinfo->flinfo->fn_oid, &types, &ntypes);
	form->row.customer = ARG_CUSTOMER;
	form->row.key_kind = types[ARG_CUSTOMER] == INT8OID	  ? KEY_NUMBER
						 : types[ARG_CUSTOMER] == UUIDOID ? KEY_UUID
														  : KEY_TEXT;
	if (form->row.key_kind == KEY_TEXT)
		row_check_key(fcinfo, ARG_CUSTOMER);
	form->nargs = PG_NARGS() - first;
	if (form->nargs > MAX_PARAMETERS)
		elog(ERROR, "aggregate has too many parameters");
	for (int i = 0; i < form->nargs; i++)
		form->is_long[i] =
			types[first + i] != INT4OID && types[first + i] != DATEOID;
	pfree(types);
	form->is_constant = is_constant(fcinfo, first);
	fcinfo->flinfo->fn_extra = form;
	return form;
}

/* Write the parameters of a row. */
static void
parameters_write(FunctionCallInfo fcinfo, const ParameterForm *form, int first,
				 ByteWriter *writer)
{
	write_byte(writer, (uint8) form->nargs);
	for (int i = 0; i < form->nargs; i++)
	{
		struct varlena *value;
		int32 number;

		write_byte(writer, PG_ARGISNULL(first + i) ? 0
						   : form->is_long[i]	   ? 2
												   : 1);
		if (PG_ARGISNULL(first + i))
			continue;
		if (form->is_long[i])
		{
			value = PG_DETOAST_DATUM(PG_GETARG_DATUM(first + i));
			write_raw(writer, value, VARSIZE(value));
			continue;
		}
		number = PG_GETARG_INT32(first + i);
		write_raw(writer, &number, sizeof(number));
	}
}

/* Has this row other parameters? */
static bool
parameters_differ(FunctionCallInfo fcinfo, const ParameterForm *form, int first,
				  const ParameterState *state)
{
	const char *at = state->parameters + 1;

	if (likely(form->is_constant))
		return false;
	for (int i = 0; i < form->nargs; i++)
	{
		struct varlena *value;
		int32 number;
		uint32 size;

		if (PG_ARGISNULL(first + i) != (*at++ == 0))
			return true;
		if (PG_ARGISNULL(first + i))
			continue;
		if (!form->is_long[i])
		{
			number = PG_GETARG_INT32(first + i);
			if (memcmp(at, &number, sizeof(number)) != 0)
				return true;
			at += sizeof(number);
			continue;
		}
		/* the size of a value is in its head */
		value = PG_DETOAST_DATUM(PG_GETARG_DATUM(first + i));
		size = VARSIZE(value);
		if (memcmp(at, value, VARHDRSZ) != 0 || memcmp(at, value, size) != 0)
			return true;
		at += size;
	}
	return false;
}

static void
parameters_refuse(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("aggregate parameters must be the same for all rows"),
			 errhint("Give the same focal, donors, as_of, look_back, "
					 "look_ahead, gap and stratum for every row, or GROUP BY "
					 "what differs.")));
}

/* Give the parameters to whoever reads them. */
static Day
parameters_put(const ParameterReading *reading, const ParameterState *state,
			   const Dictionary *names, void *arg)
{
	LOCAL_FCINFO(call, MAX_PARAMETERS);
	const char *at = state->parameters;
	int nargs = *at++;

	InitFunctionCallInfoData(*call, NULL, nargs, InvalidOid, NULL, NULL);
	for (int i = 0; i < nargs; i++)
	{
		char kind = *at++;

		call->args[i].isnull = kind == 0;
		call->args[i].value = (Datum) 0;
		if (kind == 1)
		{
			int32 number;

			memcpy(&number, at, sizeof(number));
			call->args[i].value = Int32GetDatum(number);
			at += sizeof(number);
		}
		else if (kind == 2)
		{
			struct varlena head;
			struct varlena *value;

			memcpy(&head, at, VARHDRSZ);
			value = palloc(VARSIZE(&head));
			memcpy(value, at, VARSIZE(&head));
			call->args[i].value = PointerGetDatum(value);
			at += VARSIZE(value);
		}
	}
	return reading->take(call, names, arg);
}

/* A step: (state, customer, product, started_on, ended_on, mrr, parameters) */
Datum
parameters_add(const ParameterReading *reading, FunctionCallInfo fcinfo)
{
	ParameterForm *form = parameters_form(fcinfo, reading->first);
	MemoryContext context = state_context(fcinfo, reading->name);
	ParameterState *state =
		PG_ARGISNULL(0) ? NULL : (ParameterState *) PG_GETARG_POINTER(0);
	SpellRow row;

	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!argument_spell(fcinfo, ARG_SPELL, 0, 0, &row))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (unlikely(state == NULL))
	{
		Dictionary none = {0};
		SpellTerms terms;
		ByteWriter writer;

		state = MemoryContextAllocZero(context, sizeof(ParameterState));
		writer_open(&writer, context, 0);
		parameters_write(fcinfo, form, reading->first, &writer);
		state->parameters = (char *) writer.data;
		state->parameters_size = writer.used;
		terms = entries_terms(
			parameters_put(reading, state, &none, reading->blank()));
		state->held.spell_buffer = spell_buffer_new(
			context, form->row.key_kind, &terms, aggregate_budget(fcinfo));
		step_scan_begin(fcinfo, state);
	}
	else if (unlikely(parameters_differ(fcinfo, form, reading->first, state)))
		parameters_refuse();
	spell_buffer_add(state->held.spell_buffer, row_key(&form->row, fcinfo),
					 &row);
	PG_RETURN_POINTER(state);
}

/* Add what a parallel worker sent. */
PG_FUNCTION_INFO_V1(cvm_parameters_combine);
Datum
cvm_parameters_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = state_context(fcinfo, "parameters_combine");
	const bytea *more;
	ParameterState *into =
		passed_states(fcinfo, context, sizeof(ParameterState), &more);
	const char *data;
	uint32 size;

	if (more == NULL)
		return passed_return(fcinfo, into);
	data = VARDATA(more);
	memcpy(&size, data, sizeof(size));
	data += sizeof(size);
	if (into->parameters == NULL)
	{
		into->parameters = MemoryContextAlloc(context, size);
		memcpy(into->parameters, data, size);
		into->parameters_size = size;
	}
	else if (into->parameters_size != size ||
			 memcmp(into->parameters, data, size) != 0)
		parameters_refuse();
	data += size;
	into->held.spell_buffer =
		spell_buffer_passed(fcinfo, context, into->held.spell_buffer, data,
							VARDATA(more) + (VARSIZE(more) - VARHDRSZ) - data);
	PG_RETURN_POINTER(into);
}

/* Parameters and spell buffer as bytes for another process. */
PG_FUNCTION_INFO_V1(cvm_parameters_serialize);
Datum
cvm_parameters_serialize(PG_FUNCTION_ARGS)
{
	ParameterState *state = (ParameterState *) PG_GETARG_POINTER(0);
	uint32 size = (uint32) state->parameters_size;
	ByteWriter writer;

	state_context(fcinfo, "parameters_serialize");
	state_open(&writer);
	write_raw(&writer, &size, sizeof(size));
	write_raw(&writer, state->parameters, size);
	spell_buffer_pass(state->held.spell_buffer, &writer);
	return state_close(&writer);
}

PG_FUNCTION_INFO_V1(cvm_parameters_deserialize);
Datum
cvm_parameters_deserialize(PG_FUNCTION_ARGS)
{
	return passed_deserialize(fcinfo, "parameters_deserialize",
							  sizeof(ParameterState));
}

/* The end: give the parameters to their reader; NULL when there was no row. */
SpellBuffer *
parameters_final(const ParameterReading *reading, FunctionCallInfo fcinfo,
				 void *arg)
{
	ParameterState *state;

	state_context(fcinfo, reading->name);
	if (PG_ARGISNULL(0))
		return NULL;
	state = (ParameterState *) PG_GETARG_POINTER(0);
	parameters_put(reading, state, &state->held.spell_buffer->names, arg);
	return state->held.spell_buffer;
}
