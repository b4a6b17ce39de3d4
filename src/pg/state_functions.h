/*
 * state_functions.h
 *		The functions that every state type has, written for one type.
 *
 * STATE_TYPE(noun) wants noun_new, noun_merge, noun_encode and noun_decode of
 * the core and gives input, receive, rollup and merge, and the ExpandedType
 * noun_state, which a header declares for whoever else reads the type.  A
 * state that holds names is a STATE_TYPE_VERIFIED, which looks closer at bytes
 * from outside.  One that no aggregate adds up in place has only STATE_INPUT, the
 * first two of these functions.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_STATE_FUNCTIONS_H
#define CVM_PG_STATE_FUNCTIONS_H

#include "pg/agg_state.h"
#include "pg/state_type.h"

/* Input and receive: decode_verified(data, size) reads bytes from outside. */
#define STATE_INPUT(noun, decode_verified)                        \
	static void noun##_rewrite(const void *data, size_t size,     \
							   ByteWriter *writer)                \
	{                                                             \
		noun##_encode(decode_verified(data, size), writer);       \
	}                                                             \
	static const StateType noun##_type = {#noun, noun##_rewrite}; \
                                                                  \
	PG_FUNCTION_INFO_V1(cvm_##noun##_in);                         \
	Datum cvm_##noun##_in(PG_FUNCTION_ARGS)                       \
	{                                                             \
		return state_input(&noun##_type, fcinfo);                 \
	}                                                             \
	PG_FUNCTION_INFO_V1(cvm_##noun##_recv);                       \
	Datum cvm_##noun##_recv(PG_FUNCTION_ARGS)                     \
	{                                                             \
		return state_receive(&noun##_type, fcinfo);               \
	}

#define STATE_TYPE(noun)                                        \
	static void *noun##_verified(const void *data, size_t size) \
	{                                                           \
		return noun##_decode(NULL, data, size);                 \
	}                                                           \
	STATE_TYPE_VERIFIED(noun, noun##_verified)

#define STATE_TYPE_VERIFIED(noun, decode_verified)                         \
	static void *noun##_state_make(Context context)                        \
	{                                                                      \
		return noun##_new(context);                                        \
	}                                                                      \
	static void noun##_state_merge(void *into, const void *more)           \
	{                                                                      \
		noun##_merge(into, more);                                          \
	}                                                                      \
	static void noun##_state_encode(const void *state, ByteWriter *writer) \
	{                                                                      \
		noun##_encode(state, writer);                                      \
	}                                                                      \
	static void *noun##_state_decode(Context context, const void *data,    \
									 size_t size)                          \
	{                                                                      \
		return noun##_decode(context, data, size);                         \
	}                                                                      \
	STATE_INPUT(noun, decode_verified)                                     \
                                                                           \
	extern const ExpandedType noun##_state;                                \
	const ExpandedType noun##_state = {                                    \
		#noun, noun##_state_make, noun##_state_merge, noun##_state_encode, \
		noun##_state_decode};                                              \
                                                                           \
	PG_FUNCTION_INFO_V1(cvm_##noun##_rollup);                              \
	Datum cvm_##noun##_rollup(PG_FUNCTION_ARGS)                            \
	{                                                                      \
		return expanded_rollup(&noun##_state, fcinfo);                     \
	}                                                                      \
	PG_FUNCTION_INFO_V1(cvm_##noun##_merge);                               \
	Datum cvm_##noun##_merge(PG_FUNCTION_ARGS)                             \
	{                                                                      \
		return expanded_merge(&noun##_state, fcinfo);                      \
	}

/* noun_field(state): a number that its structure, a Noun, keeps */
#define STATE_FIELD(noun, Noun, field, type)                                  \
	PG_FUNCTION_INFO_V1(cvm_##noun##_##field);                                \
	Datum cvm_##noun##_##field(PG_FUNCTION_ARGS)                              \
	{                                                                         \
		const Noun *state = expanded_read(&noun##_state, PG_GETARG_DATUM(0)); \
                                                                              \
		return type##GetDatum(state->field);                                  \
	}

#endif /* CVM_PG_STATE_FUNCTIONS_H */
