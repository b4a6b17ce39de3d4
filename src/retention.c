/*
 * retention.c
 *		Type retention: cohorts added up (core/retention.h).
 *
 * While an aggregate runs, its state is an expanded object: the decoded
 * triangle, added to in place.  Everywhere else it is canonical bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "core/retention.h"
#include "state.h"
#include "types.h"

static void
retention_rewrite(const void *data, size_t size, ByteWriter *writer)
{
	retention_encode(retention_decode(NULL, data, size), writer);
}

static const StateType retention_type = {"retention", retention_rewrite};

PG_FUNCTION_INFO_V1(cvm_retention_in);
Datum
cvm_retention_in(PG_FUNCTION_ARGS)
{
	return state_input(&retention_type, fcinfo);
}

PG_FUNCTION_INFO_V1(cvm_retention_recv);
Datum
cvm_retention_recv(PG_FUNCTION_ARGS)
{
	return state_receive(&retention_type, fcinfo);
}

#define EXPANDED_MAGIC 0x63766d72

typedef struct ExpandedRetention
{
	ExpandedObjectHeader header;
	int magic;
	Retention *retention;
	ByteWriter flat; /* bytes, when data is not NULL */
} ExpandedRetention;

static Size
expanded_flat_size(ExpandedObjectHeader *header)
{
	ExpandedRetention *expanded = (ExpandedRetention *) header;

	if (expanded->flat.data == NULL)
	{
		writer_open(&expanded->flat, header->eoh_context, VARHDRSZ);
		retention_encode(expanded->retention, &expanded->flat);
		SET_VARSIZE(expanded->flat.data, expanded->flat.used);
	}
	return expanded->flat.used;
}

static void
expanded_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	ExpandedRetention *expanded = (ExpandedRetention *) header;

	Assert(size == expanded->flat.used);
	memcpy(result, expanded->flat.data, size);
}

static const ExpandedObjectMethods expanded_methods = {expanded_flat_size,
													   expanded_flatten};

/* A new expanded state below the aggregate's memory. */
static ExpandedRetention *
expanded_make(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "retention",
												  ALLOCSET_START_SMALL_SIZES);
	ExpandedRetention *expanded =
		MemoryContextAllocZero(context, sizeof(ExpandedRetention));

	EOH_init_header(&expanded->header, &expanded_methods, context);
	expanded->magic = EXPANDED_MAGIC;
	expanded->retention = retention_new(context);
	return expanded;
}

static ExpandedRetention *
expanded_of(Datum datum)
{
	ExpandedRetention *expanded;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
		return NULL;
	expanded = (ExpandedRetention *) DatumGetEOHP(datum);
	return expanded->magic == EXPANDED_MAGIC ? expanded : NULL;
}

/* A state to be read: of an aggregate or flat. */
const Retention *
retention_read(Datum datum)
{
	ExpandedRetention *expanded = expanded_of(datum);
	StateBytes state;

	if (expanded != NULL)
		return expanded->retention;
	state = state_bytes(datum);
	return retention_decode(NULL, state.data, state.size);
}

/* A state as a datum. */
Datum
retention_make(const Retention *retention)
{
	ByteWriter writer;

	state_open(&writer);
	retention_encode(retention, &writer);
	return state_close(&writer);
}

/* The state of an aggregate, ready to be added to. */
static ExpandedRetention *
aggregate_state(FunctionCallInfo fcinfo, const char *name)
{
	MemoryContext context = state_context(fcinfo, name);
	ExpandedRetention *expanded;

	if (PG_ARGISNULL(0))
		return expanded_make(context);
	if (VARATT_IS_EXTERNAL_EXPANDED_RW(PG_GETARG_POINTER(0)))
	{
		expanded = expanded_of(PG_GETARG_DATUM(0));
		if (expanded != NULL)
		{
			if (expanded->flat.data != NULL)
				pfree(expanded->flat.data);
			expanded->flat.data = NULL;
			return expanded;
		}
	}
	expanded = expanded_make(context);
	retention_merge(expanded->retention, retention_read(PG_GETARG_DATUM(0)));
	return expanded;
}

/* Add a customer. */
PG_FUNCTION_INFO_V1(cvm_retention_add);
Datum
cvm_retention_add(PG_FUNCTION_ARGS)
{
	ExpandedRetention *expanded;

	if (PG_ARGISNULL(1))
	{
		state_context(fcinfo, "retention_agg");
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	expanded = aggregate_state(fcinfo, "retention_agg");
	retention_add(expanded->retention, tenure_datum(PG_GETARG_DATUM(1)));
	PG_RETURN_DATUM(EOHPGetRWDatum(&expanded->header));
}

/* Add a state: combine of retention_agg, and rollup. */
PG_FUNCTION_INFO_V1(cvm_retention_rollup);
Datum
cvm_retention_rollup(PG_FUNCTION_ARGS)
{
	ExpandedRetention *expanded;

	if (PG_ARGISNULL(1))
	{
		state_context(fcinfo, "rollup");
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	expanded = aggregate_state(fcinfo, "rollup");
	retention_merge(expanded->retention, retention_read(PG_GETARG_DATUM(1)));
	PG_RETURN_DATUM(EOHPGetRWDatum(&expanded->header));
}

/* Operator || */
PG_FUNCTION_INFO_V1(cvm_retention_merge);
Datum
cvm_retention_merge(PG_FUNCTION_ARGS)
{
	Retention *sum = retention_new(CurrentMemoryContext);

	retention_merge(sum, retention_read(PG_GETARG_DATUM(0)));
	retention_merge(sum, retention_read(PG_GETARG_DATUM(1)));
	return retention_make(sum);
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
	retention_observe(observed, as_of);
	return retention_make(observed);
}

/* as_of(retention): the first day not observed. */
PG_FUNCTION_INFO_V1(cvm_retention_as_of);
Datum
cvm_retention_as_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(retention_read(PG_GETARG_DATUM(0))->as_of);
}
