/*
 * agg_state.h
 *		The state of an aggregate while it runs: decoded, added to in place.
 *
 * A rollup aggregate has a named type, whose values are canonical bytes.  To
 * decode and encode them for every row would be slow, so between rows the
 * state is an expanded object of the server, which holds the core's structure
 * and turns into bytes when somebody asks for them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_AGG_STATE_H
#define CVM_PG_AGG_STATE_H

#include "core/util/bytes.h"
#include "fmgr.h"

/* What the core offers for one type; context is the memory the state lives in */
typedef struct ExpandedType
{
	const char *name;
	void *(*make)(Context context);
	void (*merge)(void *into, const void *more);
	void (*encode)(const void *state, ByteWriter *writer);
	void *(*decode)(Context context, const void *data, size_t size);
} ExpandedType;

/*
 * The state in argument 0 of an aggregate's step, ready to be added to, and
 * the datum to return.  name is for the error outside of an aggregate.
 */
extern void *expanded_step(const ExpandedType *type, FunctionCallInfo fcinfo,
						   const char *name, Datum *result);

/* Keep the state as it is: for rows that do not count. */
extern Datum expanded_skip(FunctionCallInfo fcinfo, const char *name);

/* A step that adds argument 1, a state of the same type: combine, rollup. */
extern Datum expanded_rollup(const ExpandedType *type, FunctionCallInfo fcinfo);

/* Operator ||, of two states. */
extern Datum expanded_merge(const ExpandedType *type, FunctionCallInfo fcinfo);

extern const void *expanded_read(const ExpandedType *type, Datum datum);
extern Datum expanded_flat(const ExpandedType *type, const void *state);

#endif /* CVM_PG_AGG_STATE_H */
