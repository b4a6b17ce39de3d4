/*
 * state_type.c
 *		What all state types share: input, output, order.
 *
 * A state's text has its bytes (state_text.h), so that nothing is lost on the
 * way through a dump or another server.  Whatever comes in is decoded,
 * encoded again and compared: bytes that are not canonical are refused, and
 * every value that exists has been through that gate or was built here, by this
 * version of the library or one before.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/state_text.h"
#include "pg/state_type.h"

/* The bytes of a state that lies elsewhere or is compressed. */
StateBytes
state_bytes_detoast(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	StateBytes bytes = {(const uint8_t *) VARDATA_ANY(value),
						VARSIZE_ANY_EXHDR(value)};

	return bytes;
}

/* Begin writing a state. */
void
state_open(ByteWriter *writer)
{
	writer_open(writer, NULL, VARHDRSZ);
}

/* Make a datum of what was written. */
Datum
state_close(ByteWriter *writer)
{
	SET_VARSIZE(writer->data, writer->used);
	return PointerGetDatum(writer->data);
}

/* Accept bytes from outside, if they are canonical. */
static Datum
state_accept(const StateType *type, const uint8_t *data, size_t size)
{
	ByteWriter writer;

	state_open(&writer);
	type->rewrite(data, size, &writer);
	/* those of an earlier version, which the core reads, become today's */
	if (size > 0 && data[0] < (uint8_t) writer.data[VARHDRSZ])
		return state_close(&writer);
	if (writer.used - VARHDRSZ != size ||
		memcmp(writer.data + VARHDRSZ, data, size) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid bytes for type %s", type->name),
						errdetail("The bytes are not in canonical form.")));
	return state_close(&writer);
}

/*
 * The same where errors are to be told, not raised; NULL where there is none.
 * The cores raise theirs.  Catching them without a subtransaction is sound
 * because decoding takes memory and nothing else: no lock, no file, no catalog.
 */
static ErrorData *
state_try(const StateType *type, const uint8_t *data, size_t size,
		  Datum *result)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData *volatile error = NULL;

	PG_TRY();
	{
		*result = state_accept(type, data, size);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION &&
			error->sqlerrcode != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return error;
}

static Datum
state_accept_softly(const StateType *type, const uint8_t *data, size_t size,
					Node *escontext)
{
	Datum result = (Datum) 0;
	ErrorData *error = state_try(type, data, size, &result);

	if (error != NULL)
		ereturn(
			escontext, (Datum) 0,
			(errcode(error->sqlerrcode), errmsg_internal("%s", error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 error->hint ? errhint("%s", error->hint) : 0));
	return result;
}

/* Can the bytes of a state be read?  Those of a newer version cannot. */
bool
state_is_readable(const StateType *type, Datum datum)
{
	StateBytes state = state_bytes(datum);
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "state read", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	Datum result;
	bool readable = state_try(type, state.data, state.size, &result) == NULL;

	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	return readable;
}

/* Input function. */
Datum
state_input(const StateType *type, FunctionCallInfo fcinfo)
{
	const char *text = PG_GETARG_CSTRING(0);
	size_t size;
	uint8 *data = state_text_read(text, &size);

	if (data == NULL)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%.64s\"",
						type->name, text),
				 errhint("The text of a state comes from its own output "
						 "function only.")));
	return HAS_SOFT_ERRORS(fcinfo)
			   ? state_accept_softly(type, data, size, fcinfo->context)
			   : state_accept(type, data, size);
}

/* Receive function. */
Datum
state_receive(const StateType *type, FunctionCallInfo fcinfo)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int size = message->len - message->cursor;

	return state_accept(type, (const uint8_t *) pq_getmsgbytes(message, size),
						size);
}

/* Output function of every state type. */
PG_FUNCTION_INFO_V1(cvm_state_out);
Datum
cvm_state_out(PG_FUNCTION_ARGS)
{
	StateBytes state = state_bytes(PG_GETARG_DATUM(0));

	PG_RETURN_CSTRING(state_text(state.data, state.size));
}

/* Send function of every state type. */
PG_FUNCTION_INFO_V1(cvm_state_send);
Datum
cvm_state_send(PG_FUNCTION_ARGS)
{
	StateBytes state = state_bytes(PG_GETARG_DATUM(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, (const char *) state.data, (int) state.size);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Order: by bytes.  It has no meaning but is the same everywhere. */
static int
state_compare(FunctionCallInfo fcinfo)
{
	StateBytes a = state_bytes(PG_GETARG_DATUM(0));
	StateBytes b = state_bytes(PG_GETARG_DATUM(1));
	int order = memcmp(a.data, b.data, Min(a.size, b.size));

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

PG_FUNCTION_INFO_V1(cvm_state_cmp);
Datum
cvm_state_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(state_compare(fcinfo));
}

PG_FUNCTION_INFO_V1(cvm_state_eq);
Datum
cvm_state_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_compare(fcinfo) == 0);
}

PG_FUNCTION_INFO_V1(cvm_state_ne);
Datum
cvm_state_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_compare(fcinfo) != 0);
}

PG_FUNCTION_INFO_V1(cvm_state_lt);
Datum
cvm_state_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_compare(fcinfo) < 0);
}

PG_FUNCTION_INFO_V1(cvm_state_le);
Datum
cvm_state_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_compare(fcinfo) <= 0);
}

PG_FUNCTION_INFO_V1(cvm_state_gt);
Datum
cvm_state_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_compare(fcinfo) > 0);
}

PG_FUNCTION_INFO_V1(cvm_state_ge);
Datum
cvm_state_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(state_compare(fcinfo) >= 0);
}

PG_FUNCTION_INFO_V1(cvm_state_hash);
Datum
cvm_state_hash(PG_FUNCTION_ARGS)
{
	StateBytes state = state_bytes(PG_GETARG_DATUM(0));

	return hash_any(state.data, (int) state.size);
}

PG_FUNCTION_INFO_V1(cvm_state_hash_extended);
Datum
cvm_state_hash_extended(PG_FUNCTION_ARGS)
{
	StateBytes state = state_bytes(PG_GETARG_DATUM(0));

	return hash_any_extended(state.data, (int) state.size, PG_GETARG_INT64(1));
}

/* The memory of the aggregate that calls; an error outside of one. */
MemoryContext
state_context(FunctionCallInfo fcinfo, const char *name)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("%s works inside an aggregate only", name)));
	return context;
}
