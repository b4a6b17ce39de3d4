/*
 * state_type.h
 *		What all state types share: input, output, order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_STATE_TYPE_H
#define CVM_PG_STATE_TYPE_H

#include "core/util/bytes.h"
#include "fmgr.h"
#include "pg/compat.h"

/* A state type: decode bytes that may be hostile and encode them again */
typedef struct StateType
{
	const char *name;
	void (*rewrite)(const void *data, size_t size, ByteWriter *writer);
} StateType;

/* A state's bytes, detoasted; valid as long as the memory context */
typedef struct StateBytes
{
	const uint8_t *data;
	size_t size;
} StateBytes;

extern StateBytes state_bytes_detoast(Datum datum);
extern void state_open(ByteWriter *writer);
extern Datum state_close(ByteWriter *writer);
extern Datum state_input(const StateType *type, FunctionCallInfo fcinfo);
extern Datum state_receive(const StateType *type, FunctionCallInfo fcinfo);
extern bool state_is_readable(const StateType *type, Datum datum);
extern Datum cvm_state_out(PG_FUNCTION_ARGS);
extern Datum cvm_state_send(PG_FUNCTION_ARGS);
extern MemoryContext state_context(FunctionCallInfo fcinfo, const char *name);

/* The bytes of a state. */
static inline StateBytes
state_bytes(Datum datum)
{
	const struct varlena *value =
		(const struct varlena *) DatumGetPointer(datum);

	if (unlikely(VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value)))
		return state_bytes_detoast(datum);
	return (StateBytes){(const uint8_t *) VARDATA_ANY(value),
						VARSIZE_ANY_EXHDR(value)};
}

#endif /* CVM_PG_STATE_TYPE_H */
