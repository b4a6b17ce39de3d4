/*
 * passing.h
 *		What a parallel worker passes to its leader, however much it is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_PASSING_H
#define CVM_PG_PASSING_H

#include "postgres.h"

#include "core/util/bytes.h"
#include "fmgr.h"
#include "storage/buffile.h"
#include "storage/fileset.h"

#define PASSING_NAME 64

/* Where the bytes are that were too many for a value */
typedef struct PassedFile
{
	FileSet files;
	char name[PASSING_NAME];
} PassedFile;

/* Of who writes */
typedef struct Sending
{
	Outbox outbox;
	PassedFile place;
	BufFile *file; /* NULL: all is in the value so far */
} Sending;

/* Of who reads: piece by piece */
typedef struct Passed
{
	const char *data;
	size_t size;
	BufFile *file; /* NULL: there is one piece, in the value */
	void *piece;
	bool is_first;
} Passed;

/* What the state of an aggregate begins with that workers pass on */
typedef struct PassedState
{
	bytea *bytes; /* as a worker sent it, until it is added; else NULL */
} PassedState;

extern Datum passed_deserialize(FunctionCallInfo fcinfo, const char *name,
								size_t size);
extern void *passed_states(FunctionCallInfo fcinfo, MemoryContext context,
						   size_t size, const bytea **more);
extern Datum passed_return(FunctionCallInfo fcinfo, void *state);

/*
 * Combine and serialize, where nothing but pieces is passed: what adds a piece to
 * the state, and what writes the state as pieces
 */
typedef void (*PassedAdd)(FunctionCallInfo fcinfo, MemoryContext context,
						  void *state, const Passed *piece);
typedef void (*PassedEncode)(void *state, ByteWriter *writer);
extern Datum passed_combine(FunctionCallInfo fcinfo, const char *name,
							size_t size, PassedAdd add);
extern Datum passed_serialize(FunctionCallInfo fcinfo, const char *name,
							  PassedEncode encode);

extern void passing_open(Sending *passing, ByteWriter *writer);
extern void passing_close(Sending *passing, ByteWriter *writer);
extern void passed_open(Passed *passed, FunctionCallInfo fcinfo,
						const char *data, size_t size);
extern bool passed_next(Passed *passed);
extern void passing_init(void);

/*
 * Combine, serialize and deserialize of an aggregate whose State begins with a
 * PassedState; name is for errors.
 */
#define PASSED_FUNCTIONS(noun, name, State, add, encode)         \
	PG_FUNCTION_INFO_V1(cvm_##noun##_combine);                   \
	Datum cvm_##noun##_combine(PG_FUNCTION_ARGS)                 \
	{                                                            \
		return passed_combine(fcinfo, name, sizeof(State), add); \
	}                                                            \
	PG_FUNCTION_INFO_V1(cvm_##noun##_serialize);                 \
	Datum cvm_##noun##_serialize(PG_FUNCTION_ARGS)               \
	{                                                            \
		return passed_serialize(fcinfo, name, encode);           \
	}                                                            \
	PG_FUNCTION_INFO_V1(cvm_##noun##_deserialize);               \
	Datum cvm_##noun##_deserialize(PG_FUNCTION_ARGS)             \
	{                                                            \
		return passed_deserialize(fcinfo, name, sizeof(State));  \
	}

#endif /* CVM_PG_PASSING_H */
