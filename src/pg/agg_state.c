/*
 * agg_state.c
 *		The state of an aggregate while it runs.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "pg/agg_state.h"
#include "pg/state_type.h"

typedef struct ExpandedState
{
	ExpandedObjectHeader header;
	const ExpandedType *type;
	void *state;
	ByteWriter flat; /* its bytes, when data is not NULL */
} ExpandedState;

static Size
flat_size(ExpandedObjectHeader *header)
{
	ExpandedState *expanded = (ExpandedState *) header;

	if (expanded->flat.data == NULL)
	{
		ByteWriter writer;
		MemoryContext caller = MemoryContextSwitchTo(header->eoh_context);

		/* a tuplesort asks in a context in which nothing can be freed */
		writer_open(&writer, header->eoh_context, VARHDRSZ);
		expanded->type->encode(expanded->state, &writer);
		MemoryContextSwitchTo(caller);
		SET_VARSIZE(writer.data, writer.used);
		expanded->flat = writer;
	}
	return expanded->flat.used;
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size size)
{
	ExpandedState *expanded = (ExpandedState *) header;

	Assert(size == expanded->flat.used);
	memcpy(result, expanded->flat.data, size);
}

static const ExpandedObjectMethods methods = {flat_size, flatten_into};

#define STATES_NAME "cvm states"

/*
 * The memory of all states below an aggregate's: the newest child, if that is
 * it.  A context of its own for each state would make a hash aggregate
 * quadratic, which at every new group asks how much all contexts have.  The
 * server frees states with the aggregate's memory only, for a step returns the
 * state that it was given.
 */
static MemoryContext
states_context(MemoryContext parent)
{
	MemoryContext newest = parent->firstchild;

	if (newest != NULL && strcmp(newest->name, STATES_NAME) == 0)
		return newest;
	return AllocSetContextCreate(parent, STATES_NAME,
								 ALLOCSET_START_SMALL_SIZES);
}

/* A new state below the aggregate's memory. */
static ExpandedState *
expanded_make(const ExpandedType *type, MemoryContext parent)
{
	MemoryContext context = states_context(parent);
	ExpandedState *expanded =
		MemoryContextAllocZero(context, sizeof(ExpandedState));

	EOH_init_header(&expanded->header, &methods, context);
	expanded->type = type;
	expanded->state = type->make(context);
	return expanded;
}

/* A datum's expanded state, if it is one of ours. */
static ExpandedState *
expanded_of(const ExpandedType *type, Datum datum)
{
	ExpandedState *expanded;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
		return NULL;
	expanded = (ExpandedState *) DatumGetEOHP(datum);
	return expanded->header.eoh_methods == &methods && expanded->type == type
			   ? expanded
			   : NULL;
}

const void *
expanded_read(const ExpandedType *type, Datum datum)
{
	ExpandedState *expanded = expanded_of(type, datum);
	StateBytes state;

	if (expanded != NULL)
		return expanded->state;
	state = state_bytes(datum);
	return type->decode(CurrentMemoryContext, state.data, state.size);
}

Datum
expanded_flat(const ExpandedType *type, const void *state)
{
	ByteWriter writer;

	state_open(&writer);
	type->encode(state, &writer);
	return state_close(&writer);
}

void *
expanded_step(const ExpandedType *type, FunctionCallInfo fcinfo,
			  const char *name, Datum *result)
{
	ExpandedState *expanded = NULL;

	/* one that may be written to was made inside an aggregate */
	if (!PG_ARGISNULL(0) &&
		VARATT_IS_EXTERNAL_EXPANDED_RW(PG_GETARG_POINTER(0)))
		expanded = expanded_of(type, PG_GETARG_DATUM(0));
	if (expanded == NULL)
	{
		expanded = expanded_make(type, state_context(fcinfo, name));
		if (!PG_ARGISNULL(0))
			type->merge(expanded->state,
						expanded_read(type, PG_GETARG_DATUM(0)));
	}
	if (expanded->flat.data != NULL)
	{
		pfree(expanded->flat.data);
		expanded->flat.data = NULL;
	}
	*result = EOHPGetRWDatum(&expanded->header);
	return expanded->state;
}

Datum
expanded_skip(FunctionCallInfo fcinfo, const char *name)
{
	state_context(fcinfo, name);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

Datum
expanded_rollup(const ExpandedType *type, FunctionCallInfo fcinfo)
{
	Datum result;
	void *state;

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "rollup");
	state = expanded_step(type, fcinfo, "rollup", &result);
	type->merge(state, expanded_read(type, PG_GETARG_DATUM(1)));
	PG_RETURN_DATUM(result);
}

Datum
expanded_merge(const ExpandedType *type, FunctionCallInfo fcinfo)
{
	void *sum = type->make(CurrentMemoryContext);

	type->merge(sum, expanded_read(type, PG_GETARG_DATUM(0)));
	type->merge(sum, expanded_read(type, PG_GETARG_DATUM(1)));
	return expanded_flat(type, sum);
}
